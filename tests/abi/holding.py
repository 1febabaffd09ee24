#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""clang's thread-safety analysis follows the locks of the public headers: a
right program compiles without a warning, and each mistake that is switched on
in it is diagnosed in the words that the program names.

usage: holding.py INCLUDE_DIR PROGRAM
"""

import re
import shutil
import subprocess
import sys

SKIPPED = 77
LANGUAGES = (("clang", "-x", "c", "-std=c11"),
             ("clang++", "-x", "c++", "-std=c++17"))
# Inline or not; and as ThreadSanitizer sees them, where other functions stand
# behind the names.
VARIANTS = ((), ("-DWEIR_NO_INLINE",), ("-fsanitize=thread",))
MISTAKE = re.compile(r"/\* WRONG (\d+)( in C\+\+)?: (.*?) \*/")


def check(compiler, include, program, wrong, more):
    command = [*compiler, "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
               "-Wthread-safety", "-Wno-unused-variable", *more,
               "-DWRONG=%d" % wrong, "-I", include, program]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    include, program = sys.argv[1:]
    if not shutil.which("clang"):
        print("SKIPPED: there is no clang here")
        return SKIPPED
    with open(program, encoding="utf-8") as file:
        mistakes = [(0, "", "")] + [
            (int(n), cxx, text) for n, cxx, text in MISTAKE.findall(file.read())]
    failed = 0
    for compiler in LANGUAGES:
        for more in VARIANTS:
            for wrong, only_cxx, text in mistakes:
                if only_cxx and "c++" not in compiler:
                    continue
                result = check(compiler, include, program, wrong, more)
                lines = [line for line in result.stderr.splitlines()
                         if "error:" in line]
                good = bool(lines) == bool(wrong) and all(
                    "-Wthread-safety" in line for line in lines) and \
                    text in result.stderr
                print("%s  %s: %s" % ("ok  " if good else "FAIL",
                                      " ".join([*compiler[2:], *more]),
                                      text or "nothing wrong"))
                if not good:
                    failed += 1
                    print(result.stderr)
    return 1 if failed or len(mistakes) < 2 else 0


if __name__ == "__main__":
    sys.exit(main())
