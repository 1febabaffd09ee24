#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""No source is forgotten: each .c, .cc and .cpp file is named in a
CMakeLists.txt of its folder or one above it (or in a .cmake file there that
some CMakeLists.txt includes), by its path from there, or by its name alone (test_mutex.c as mutex, example work_queue.c as work_queue);
or its folder's builds all that are there (*.c in a file(GLOB))."""

import os
import posixpath
import re
import sys

import lint

COMMENT = re.compile(r"#[^\n]*")
TOKEN = re.compile(r'[^\s()"]+')
INCLUDE = re.compile(r"include\(([^\s()$]+[.]cmake)\)")
VARIABLE = re.compile(r"^\$\{\w+\}/")


def folders(path):
    """The folder of a file and those above it."""
    folder = posixpath.dirname(path)
    while folder:
        yield folder
        folder = posixpath.dirname(folder)
    yield ""


def recipe(tree, path):
    return COMMENT.sub("", tree.text(path))


def included(tree):
    """The .cmake files that are."""
    for path in tree.paths:
        if posixpath.basename(path) == "CMakeLists.txt":
            for name in INCLUDE.findall(recipe(tree, path)):
                yield posixpath.join(posixpath.dirname(path), name)


def recipes(tree, folder):
    for path in [posixpath.join(folder, "CMakeLists.txt"), *included(tree)]:
        if path in tree.paths and posixpath.dirname(path) == folder:
            yield path


def tokens(tree, folder):
    return {VARIABLE.sub("", token) for path in recipes(tree, folder)
            for token in TOKEN.findall(recipe(tree, path))}


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
    ("in a file that is included",
     {**GOOD, "bench/CMakeLists.txt": "include(peers/peers.cmake)\n",
      "bench/peers/peers.cmake": "peer(nsync.cc)\n",
      "bench/peers/nsync.cc": ""}, None),
    ("in a file that is not",
     {**GOOD, "bench/CMakeLists.txt": "# include(peers/peers.cmake)\n",
      "bench/peers/peers.cmake": "peer(nsync.cc)\n",
      "bench/peers/nsync.cc": ""}, "nsync.cc:1"),
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
