#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""Each public header compiles alone, without a warning, as C11 and as C++17,
with every gcc and clang that is there; and sizes.c holds in both languages.

usage: headers.py INCLUDE_DIR SIZES_FILE CC CXX
"""

import os
import shutil
import subprocess
import sys
import tempfile

# As it is; nothing inline; as ThreadSanitizer sees it.
VARIANTS = ((), ("-DWEIR_NO_INLINE",), ("-fsanitize=thread",),
            ("-fsanitize=thread", "-DWEIR_TSAN_OWNED"),
            ("-fsanitize=thread", "GNU"))
# What a compiler has by itself, where the standard is not held to: GNU.
DIALECTS = {"c": "-std=gnu11", "c++": "-std=gnu++17"}
# What users, too, compile with.
FLAGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion",
         "-Wsign-conversion", "-Wundef", "-Wcast-align", "-Wwrite-strings",
         "-Wmissing-declarations", "-Werror", "-O2", "-fsyntax-only"]


def compilers(cc, cxx):
    """(command, language flags) of each compiler, this build's own first."""
    found = {}
    for names, flags in (((cc, "gcc", "clang"), ("-x", "c", "-std=c11",
                                                 "-Wstrict-prototypes")),
                         ((cxx, "g++", "clang++"),
                          ("-x", "c++", "-std=c++17"))):
        for name in names:
            path = shutil.which(name)
            if path:
                found[(os.path.realpath(path), flags[1])] = (path, flags)
    return list(found.values())


def compiles(compiler, include, source, more=()):
    path, flags = compiler
    more = [DIALECTS[flags[1]] if flag == "GNU" else flag for flag in more]
    command = [path, *flags, *FLAGS, *more, "-I", include, source]
    result = subprocess.run(command, capture_output=True, text=True)
    return result.returncode == 0, " ".join(command) + "\n" + result.stderr


def headers(include):
    top = os.path.join(include, "weir")
    return sorted(name for name in os.listdir(top) if name.endswith(".h"))


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def main():
    if len(sys.argv) != 5:
        print(__doc__, file=sys.stderr)
        return 2
    include, sizes, cc, cxx = sys.argv[1:]
    failed = 0

    def report(good, what, output):
        nonlocal failed
        print("%s  %s" % ("ok  " if good else "FAIL", what))
        if not good:
            failed += 1
            print(output)

    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "alone.c")
        for compiler in compilers(cc, cxx):
            label = "%s %s" % (compiler[0], compiler[1][2])
            for name in headers(include):
                for more in VARIANTS:
                    # Twice: the guard is part of standing alone.
                    write(source, "#include <weir/%s>\n" % name * 2 +
                          "extern int nothing_else;\n")
                    good, output = compiles(compiler, include, source, more)
                    report(good, " ".join([label, name, *more]), output)
            good, output = compiles(compiler, include, sizes)
            report(good, label + " " + os.path.basename(sizes), output)
            # This test can fail: a wrong size must not compile.
            good, _ = compiles(compiler, include, sizes, ("-DWRONG_SIZE=1",))
            report(not good, label + " refuses a wrong size", "it compiled")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
