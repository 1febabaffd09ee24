#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""One file makes system calls by number, futex and membarrier among them; the
library never synchronizes through libc; and it knows no clock that can be set
(hazard B49)."""

import re
import sys

import lint

SYS = "src/futex/sys.c"
# Not to wait for what a thread does, but for its last steps through our code,
# which may be unloaded then.
REAPS = {("src/thread/timer_thread.c", "pthread_join")}

FUTEX = re.compile(r"\b(?:SYS_futex\w*|__NR_futex\w*|SYS_membarrier|"
                   r"__NR_membarrier|FUTEX_[A-Z]\w*|MEMBARRIER_CMD_\w+)")
# The name alone: a macro or a pointer would hide the call.
SYSCALL = re.compile(r"\bsyscall\b|\b(?:SYS|__NR)_\w+|"
                     r"<(?:linux/futex|linux/membarrier)\.h>")
LIBC = re.compile(r"\b(?:pthread_(?:mutex|cond|rwlock|barrier|spin|once|join|"
                  r"kill|sigqueue)\w*|"
                  r"sem_(?:init|open|wait|trywait|timedwait|clockwait|post)|"
                  r"(?:mtx|cnd|thrd)_\w+|sem_t|call_once|(?:un)?lockf|flock|"
                  r"eventfd|epoll_\w+|sig(?:suspend|wait\w*|timedwait))\b")
CLOCK = re.compile(r"\b(?:(?:FUTEX_)?CLOCK_(?:REALTIME|TAI)\w*|gettimeofday|"
                   r"timespec_get|ftime|time\s*\(\s*(?:NULL|&|0))")


def check(tree):
    for path in tree.code("src/", "include/"):
        for number, line in enumerate(lint.code_lines(tree.text(path)), 1):
            if path != SYS:
                for match in FUTEX.finditer(line):
                    yield path, number, "%s outside %s" % (match.group(), SYS)
                for match in SYSCALL.finditer(line):
                    yield path, number, "%s outside %s" % (match.group(), SYS)
            for match in CLOCK.finditer(line):
                yield path, number, "a clock that jumps: %s" % match.group()
            for match in LIBC.finditer(line):
                if (path, match.group()) in REAPS:
                    continue
                yield path, number, "libc's %s in the library" % match.group()


CASES = [
    ("good tree", {SYS: "long r = syscall(SYS_futex, p, FUTEX_WAIT);\n",
                   "src/base/cpu.c": "clock_gettime(CLOCK_MONOTONIC, &t);\n",
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
     "syscall outside"),
    ("syscall in base", {"src/base/cpu.c": "syscall(39);\n"},
     "syscall outside"),
    ("syscall behind a macro", {"src/futex/mutex.c": "#define CALL syscall\n"},
     "syscall outside"),
    ("the kernel's names", {"src/futex/mutex.c": "#include <linux/futex.h>\n"},
     "<linux/futex.h> outside"),
    ("once", {"src/base/cpu.c": "pthread_once(&o, f);\n"},
     "libc's pthread_once"),
    ("the wall clock", {"src/base/time.c":
                        "clock_gettime(CLOCK_REALTIME, &t);\n"},
     "a clock that jumps: CLOCK_REALTIME"),
    ("a futex on the wall clock", {SYS: "op |= FUTEX_CLOCK_REALTIME;\n"},
     "a clock that jumps"),
    ("pthread mutex", {"src/base/cpu.c": "pthread_mutex_t m;\n"},
     "libc's pthread_mutex_t"),
    ("a join", {"src/thread/thread.c": "pthread_join(t, NULL);\n"},
     "libc's pthread_join"),
    ("the timer thread is reaped", {"src/thread/timer_thread.c":
                                    "pthread_join(t, NULL);\n"}, None),
    ("semaphore in sys.c", {SYS: "sem_post(&s);\n"}, "libc's sem_post"),
]

if __name__ == "__main__":
    sys.exit(lint.main(check, CASES))
