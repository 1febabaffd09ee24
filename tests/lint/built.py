#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""No source is forgotten: each .c, .cc and .cpp file is named in a
CMakeLists.txt of its folder or one above it, by its path from there, or by
its name alone (test_mutex.c as mutex, example work_queue.c as work_queue);
or its folder's builds all that are there (*.c in a file(GLOB))."""

import os
import posixpath
import re
import sys

import lint

COMMENT = re.compile(r"#[^\n]*")
TOKEN = re.compile(r'[^\s()"]+')
VARIABLE = re.compile(r"^\$\{\w+\}/")


def folders(path):
    """The folder of a file and those above it."""
    folder = posixpath.dirname(path)
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
    yield ""


def tokens(tree, folder):
    path = posixpath.join(folder, "CMakeLists.txt")
    if path not in tree.paths:
        return set()
    text = COMMENT.sub("", tree.text(path))
    return {VARIABLE.sub("", token) for token in TOKEN.findall(text)}


def named(tree, path):
    stem = os.path.splitext(posixpath.basename(path))[0]
    short = {stem, re.sub("^test_", "", stem)}
    here = posixpath.dirname(path)
    for folder in folders(path):
        found = tokens(tree, folder)
        if posixpath.relpath(path, folder or ".") in found:
            return True
        if folder == here and short & found:
            return True
        if folder == here and "GLOB" in found and \
                "*" + os.path.splitext(path)[1] in found:
            return True
    return False


def check(tree):
    for path in tree.code():
        if path.endswith((".c", ".cc", ".cpp")) and not named(tree, path):
            yield path, 1, "named in no CMakeLists.txt, so never built"


GOOD = {"CMakeLists.txt": "add_library(x src/base/cpu.c)\n",
        "src/base/cpu.c": "",
        "tests/CMakeLists.txt": "foreach(s IN ITEMS mutex)\n"
                                'run("${HERE}/sizes.c")\n',
        "tests/test_mutex.c": "", "tests/sizes.c": ""}
CASES = [
    ("good tree", GOOD, None),
    ("a forgotten source", {**GOOD, "src/base/spin.c": ""}, "spin.c:1"),
    ("a forgotten suite", {**GOOD, "tests/test_queue.c": ""},
     "test_queue.c:1"),
    ("named in a comment only",
     {**GOOD, "CMakeLists.txt": "# src/base/cpu.c\n"}, "cpu.c:1"),
    ("all of a folder",
     {**GOOD, "tests/steps/main.c": "", "tests/steps/CMakeLists.txt":
      'file(GLOB s CONFIGURE_DEPENDS "${HERE}/*.c")\n'}, None),
    ("all of a folder, but not below it",
     {**GOOD, "tests/steps/x/main.c": "", "tests/steps/CMakeLists.txt":
      'file(GLOB s "${HERE}/*.c")\n'}, "x/main.c:1"),
    ("all of another kind",
     {**GOOD, "tests/steps/main.cc": "", "tests/steps/CMakeLists.txt":
      'file(GLOB s "${HERE}/*.c")\n'}, "main.cc:1"),
    ("named in another folder",
     {**GOOD, "bench/mutex.cc": ""}, "bench/mutex.cc:1"),
]

if __name__ == "__main__":
    sys.exit(lint.main(check, CASES))
