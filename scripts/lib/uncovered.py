#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""Holds gcovr's results against the list of what need not run.

usage: uncovered.py COVERAGE_JSON LIST ROOT | --self-test

The list has entries of this form, for lines that did not run and for lines
with a branch that was not taken:

    src/base/cpu.c
      > text of a source line, without its indentation
      > text of the line before if (that is needed) return 0;
      the reason, in as many lines as it takes

An entry whose line is not in the source any more is an error, too; one that
did run this time is none, since much here depends on the schedule.  A branch
at a compare-and-swap need not be in the list: it is that of a race which was
won every time.
"""

import json
import os
import sys


class Mistake(Exception):
    pass


def parse(text):
    """{(path, line): reason}"""
    entries, path, lines, reason = {}, None, [], []

    def finish():
        if lines and not reason:
            raise Mistake("no reason: %s: %s" % (path, lines[0]))
        for line in lines:
            entries[(path, line)] = " ".join(reason)
        lines.clear()
        reason.clear()

    for line in text.splitlines():
        if line.startswith("#"):
            continue
        if not line.strip():
            finish()
        elif not line.startswith(" "):
            finish()
            path = line.strip()
        elif line.startswith("  > "):
            if reason:
                finish()
            lines.append(line[4:].strip())
        else:
            reason.append(line.strip())
    finish()
    return entries


def with_line_before(texts, number):
    before = texts[number - 2].strip() if number > 1 else ""
    return before + " " + texts[number - 1].strip()


def missed(coverage, source):
    """(path, number, text, what) for each line of which something is
    missing."""
    for file in coverage["files"]:
        texts = source(file["file"])
        for line in file["lines"]:
            if line.get("gcovr/noncode") or line.get("gcovr/excluded"):
                continue
            branches = line.get("branches", ())
            left = sum(1 for branch in branches if branch["count"] == 0)
            text = texts[line["line_number"] - 1].strip()
            if line["count"] == 0:
                yield file["file"], line["line_number"], text, "did not run"
            elif left and "weir_cas_" not in text:
                yield (file["file"], line["line_number"], text,
                       "%d of %d branches not taken" % (left, len(branches)))


def check(coverage, entries, source):
    """Findings, as sentences."""
    for path, number, text, what in missed(coverage, source):
        longer = with_line_before(source(path), number)
        if (path, text) not in entries and (path, longer) not in entries:
            yield "%s:%d: %s: %s" % (path, number, what, text)
    for path, text in entries:
        texts = source(path)
        if not any(text in (line.strip(), with_line_before(texts, i + 1))
                   for i, line in enumerate(texts)):
            yield "%s: no such line, but it is in the list: %s" % (path, text)


def reader(root):
    texts = {}

    def source(path):
        if path not in texts:
            with open(os.path.join(root, path), encoding="utf-8") as file:
                texts[path] = file.read().splitlines()
        return texts[path]
    return source


def self_test():
    text = ["if (a)", "    b();", "while (!weir_cas_rlx_(x))"]

    def found(listed, *lines):
        coverage = {"files": [{"file": "a.c", "lines": [
            {"line_number": n, "count": count,
             "branches": [{"count": c} for c in branches]}
            for n, count, branches in lines]}]}
        return list(check(coverage, parse(listed), lambda path: text))

    good = [(1, 4, (2, 2)), (2, 2, ())]
    cases = [
        ("all ran", found("", *good), 0),
        ("a line", found("", *good, (2, 0, ())), 1),
        ("a branch", found("", (1, 4, (4, 0))), 1),
        ("a race", found("", (3, 4, (4, 0))), 0),
        ("a race that never began", found("", (3, 0, (0, 0))), 1),
        ("listed", found("a.c\n  > b();\n  why\n", (2, 0, ())), 0),
        ("listed, and ran", found("a.c\n  > b();\n  why\n", *good), 0),
        ("listed, and gone", found("a.c\n  > c();\n  why\n", *good), 1),
        ("listed with the line before",
         found("a.c\n  > if (a) b();\n  why\n", (2, 0, ())), 0),
        ("listed with another line before",
         found("a.c\n  > if (c) b();\n  why\n", (2, 0, ())), 2),
        ("two for one reason",
         found("# x\na.c\n  > if (a)\n  > b();\n  why\n  not\n",
               (1, 1, (1, 0)), (2, 0, ())), 0),
    ]
    failed = 0
    for name, findings, count in cases:
        if len(findings) != count:
            failed += 1
            print("FAIL  %s: %s" % (name, findings))
    try:
        parse("a.c\n  > b();\n")
        failed += 1
        print("FAIL  no reason")
    except Mistake:
        pass
    return 1 if failed else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    results, listed, root = sys.argv[1:]
    with open(results, encoding="utf-8") as file:
        coverage = json.load(file)
    with open(listed, encoding="utf-8") as file:
        try:
            entries = parse(file.read())
        except Mistake as mistake:
            print("%s: %s" % (listed, mistake))
            return 1
    findings = list(check(coverage, entries, reader(root)))
    for finding in findings:
        print(finding)
    print("%d not covered and not in %s" % (len(findings), listed))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
