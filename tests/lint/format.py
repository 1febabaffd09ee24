#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""clang-format is the only judge of layout. Without it this lint is skipped
(exit 77), since another version would judge differently."""

import os
import re
import shutil
import subprocess
import sys

import lint

STYLE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                     "..", "..", ".clang-format")
FINDING = re.compile(r"^(.*?):(\d+):\d+: error: (.*)$", re.MULTILINE)
SKIP = 77


def program():
    for name in ("clang-format-14", "clang-format"):
        path = shutil.which(name)
        if path:
            shown = subprocess.run([path, "--version"], capture_output=True,
                                   text=True, check=True).stdout
            if re.search(r"version 14\.", shown):
                return path
    return None


def check(tree):
    paths = tree.code()
    if not paths:
        return
    result = subprocess.run(
        [program(), "--style=file:" + STYLE, "--dry-run", "-Werror"] + paths,
        cwd=tree.root, capture_output=True, text=True)
    for path, line, sentence in FINDING.findall(result.stderr):
        yield path, int(line), sentence
    if result.returncode != 0 and not FINDING.search(result.stderr):
        yield ".clang-format", 1, result.stderr.strip()


GOOD = "int main(void)\n{\n    return 0;\n}\n"
CASES = [
    ("good tree", {"src/a.c": GOOD}, None),
    ("brace on the wrong line", {"src/a.c": GOOD.replace("\n{", " {")},
     "code should be clang-formatted"),
    ("tab", {"bench/a.cc": GOOD.replace("    ", "\t")}, "clang-formatted"),
    ("a long line", {"src/a.c": "int f(int %s, int b);\n" % ("a" * 70)},
     "clang-formatted"),
]

if __name__ == "__main__":
    if not program():
        print("skipped: clang-format 14 is not installed")
        sys.exit(SKIP)
    sys.exit(lint.main(check, CASES))
