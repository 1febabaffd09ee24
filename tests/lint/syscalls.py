#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""One file issues futex and membarrier calls, only it and base/ make system
calls by number, and the library never synchronizes through libc."""

import re
import sys

import lint

SYS = "src/futex/sys.c"

FUTEX = re.compile(r"\b(?:SYS_futex\w*|__NR_futex\w*|SYS_membarrier|"
                   r"__NR_membarrier|FUTEX_[A-Z]\w*|MEMBARRIER_CMD_\w+)")
SYSCALL = re.compile(r"\bsyscall\s*\(")
LIBC = re.compile(r"\b(?:pthread_(?:mutex|cond|rwlock|barrier|spin)\w*|"
                  r"sem_(?:init|open|wait|trywait|timedwait|clockwait|post)|"
                  r"(?:mtx|cnd)_\w+|sem_t)\b")


def check(tree):
    for path in tree.code("src/", "include/"):
        for number, line in enumerate(lint.code_lines(tree.text(path)), 1):
            if path != SYS:
                for match in FUTEX.finditer(line):
                    yield path, number, "%s outside %s" % (match.group(), SYS)
                if SYSCALL.search(line) and not path.startswith("src/base/"):
                    yield path, number, "syscall() outside base/ and %s" % SYS
            for match in LIBC.finditer(line):
                yield path, number, "libc's %s in the library" % match.group()


CASES = [
    ("good tree", {SYS: "long r = syscall(SYS_futex, p, FUTEX_WAIT);\n",
                   "src/base/cpu.c": "syscall(SYS_gettid);\n",
                   "src/futex/mutex.c": "/* SYS_futex, syscall(1) */\n"
                                        "/* unlike pthread_mutex_lock */\n"},
     None),
    ("futex outside", {"src/futex/mutex.c": "x(SYS_futex);\n"},
     "SYS_futex outside"),
    ("membarrier in base", {"src/base/cpu.c": "syscall(__NR_membarrier);\n"},
     "__NR_membarrier outside"),
    ("a futex operation in a header", {"src/futex/sys.h":
                                       "#define WAIT FUTEX_WAIT_BITSET\n"},
     "FUTEX_WAIT_BITSET outside"),
    ("syscall in atomics", {"src/atomics/ring.c": "syscall(1);\n"},
     "syscall() outside"),
    ("pthread mutex", {"src/base/cpu.c": "pthread_mutex_t m;\n"},
     "libc's pthread_mutex_t"),
    ("semaphore in sys.c", {SYS: "sem_post(&s);\n"}, "libc's sem_post"),
]

if __name__ == "__main__":
    sys.exit(lint.main(check, CASES))
