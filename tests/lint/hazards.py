#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""Hazards: docs/hazards.md and the tests name each other. A row of the map
names tests, as `test_x.c: name` or `kit.h`, or says why there is none. Each
of them exists, and names the row in a comment; each row that a comment in
tests/ names is in the map, with that file. The rows B1, B2, ... have no gap.
"""

import re
import sys

import lint

MAP = "docs/hazards.md"
ROW = re.compile(r"^\|\s*([BK]\d+)\s*\|(.*)\|\s*$")
TEST = re.compile(r"`((?:[\w-]+/)*[\w-]+\.[ch])(?:: (\w+))?`")
NAMED = re.compile(r"\b[Hh]azards?\s+[BK]\d+\b[^.]*|(?<=\* )B\d+:")
WITHOUT = re.compile(r"\*(?:Not yet|Never)\*|[Ee]xplorer|weir-bench")
LAST = 64


def named_in(text):
    """{row: line number} of the hazards that the comments name: after the
    word, up to the end of the sentence; or as the begin of a line, "B56:"."""
    found = {}
    for match in lint.TOKEN.finditer(text):
        if not match.group().startswith("/"):
            continue
        for name in NAMED.finditer(match.group()):
            line = text.count("\n", 0, match.start() + name.start()) + 1
            for row in re.findall(r"\b[BK]\d+\b", name.group()):
                found.setdefault(row, line)
    return found


def rows(text):
    """[(line number, row, last cell)] of the tables."""
    for number, line in enumerate(text.split("\n"), 1):
        match = ROW.match(line)
        if match:
            yield number, match.group(1), match.group(2).split(" | ")[-1]


def check_row(tree, number, row, cell, names):
    tests = TEST.findall(cell)
    if not tests and not WITHOUT.search(cell):
        yield MAP, number, "%s names no test, and does not say why" % row
    for name, test in tests:
        path = "tests/" + name
        if path not in tree.paths:
            yield MAP, number, "%s: there is no %s" % (row, path)
            continue
        if name.endswith(".c") and not test and name.startswith("test_"):
            yield MAP, number, "%s: which test of %s?" % (row, name)
        code = lint.split(tree.text(path))[0]
        if test and not re.search(r"START_TEST\(%s\)" % test, code):
            yield MAP, number, "%s: %s has no test %s" % (row, path, test)
        if row not in names[path]:
            yield MAP, number, "%s: %s does not name it" % (row, path)


def check(tree):
    names = {path: named_in(tree.text(path)) for path in tree.code("tests/")}
    if MAP not in tree.paths:
        yield MAP, 1, "is not there"
        return
    files, seen = {}, []
    for number, row, cell in rows(tree.text(MAP)):
        if row in files:
            yield MAP, number, "%s is there twice" % row
        files[row] = {"tests/" + name for name, _ in TEST.findall(cell)}
        seen.append(row)
        yield from check_row(tree, number, row, cell, names)
    for number in range(1, LAST + 1):
        if "B%d" % number not in files:
            yield MAP, 1, "B%d is missing" % number
    for path, found in names.items():
        for row, line in found.items():
            if row not in files:
                yield path, line, "%s is not in %s" % (row, MAP)
            elif path not in files[row]:
                yield path, line, "%s of %s does not name this" % (row, MAP)


def table(first="`test_a.c: one`, `kit.h`", rest="*Not yet*: no"):
    lines = ["| row | mistake | held by |", "|---|---|---|",
             "| B1 | a b | %s |" % first]
    lines += ["| B%d | c | %s |" % (n, rest) for n in range(2, LAST + 1)]
    return "\n".join(lines) + "\n"


SUITE = "/* Hazard B1: so and so. */\nSTART_TEST(one)\n{\n}\n"
GOOD = {MAP: table(), "tests/test_a.c": SUITE, "tests/kit.h":
        "/* The means (hazards B1). */\n"}
CASES = [
    ("good tree", GOOD, None),
    ("two rows over a line's end",
     {**GOOD, "tests/test_a.c": SUITE + "/* (hazards B1 and\n * B65) */\n"},
     "B65 is not in"),
    ("a word between two rows",
     {**GOOD, "tests/test_a.c": SUITE + "/* Hazards B1 (each) and B65. */\n"},
     "B65 is not in"),
    ("a row that is not in the map",
     {**GOOD, "tests/test_a.c": SUITE + "/* hazards B1, B70 */\n"},
     "tests/test_a.c:5: B70 is not in"),
    ("a test that the map does not name",
     {**GOOD, "tests/test_b.c": SUITE}, "test_b.c:1: B1 of"),
    ("a row that begins a comment",
     {**GOOD, "tests/main.c": "/* x\n *\n * B1: two objects. */\n"},
     "main.c:3: B1 of"),
    ("a test that is gone", {**GOOD, "tests/test_a.c":
                             SUITE.replace("(one)", "(two)")},
     "has no test one"),
    ("a test in a comment only",
     {**GOOD, "tests/test_a.c": "/* Hazard B1: START_TEST(one) */\n"},
     "has no test one"),
    ("a file that is gone", {MAP: table(), "tests/kit.h": GOOD["tests/kit.h"]},
     "there is no tests/test_a.c"),
    ("a test that does not name its row",
     {**GOOD, "tests/test_a.c": SUITE.replace("B1", "B2")},
     "test_a.c does not name it"),
    ("a suite without its test", {**GOOD, MAP: table("`test_a.c`, `kit.h`")},
     "which test of"),
    ("no reason", {**GOOD, MAP: table(rest="nothing")}, "does not say why"),
    ("a missing row", {**GOOD, MAP: table().replace("| B7 |", "| B6 |")},
     "B7 is missing"),
    ("a row that is there twice",
     {**GOOD, MAP: table().replace("| B7 |", "| B6 |")}, "B6 is there twice"),
    ("no map", {"tests/test_a.c": ""}, "is not there"),
]

if __name__ == "__main__":
    sys.exit(lint.main(check, CASES))
