#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""Makes copies of the sources in which every mutant of mutants.txt is there,
chosen at run time: weir_explore_mutant_ is the number of the one that lives,
and 0 is the library as it is.

  mutate.py ROOT MUTANTS OUT          write the copies and OUT/mutants.inc
  mutate.py ROOT MUTANTS --files      print what would be copied
  mutate.py --self-test

An expression becomes (weir_explore_mutant_ == N ? (new) : (old)), statements
an if with an else. Each old text must be found exactly once, in the function
that is named or in the file; mutants may share a text, or lie inside that of
another. Lines keep their numbers. A setting is there
always, in place of the old text."""

import os
import re
import sys
import tempfile

KEYS = ("mutant", "setting", "file", "in", "old", "new", "by", "wrong", "row")
NEEDED = ("mutant", "file", "old", "by", "wrong")
SWITCH = "weir_explore_mutant_"


class Wrong(Exception):
    pass


def parse(text):
    """The mutants, as dictionaries, numbered from 1."""
    found, key, count = [], None, 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("#") or not line.strip():
            key = None
            continue
        if line[0].isspace():
            if key is None:
                raise Wrong("line %d continues nothing" % number)
            found[-1][key] = (found[-1][key] + "\n" + line.strip()).strip()
            continue
        key, _, value = line.partition(" ")
        if key not in KEYS:
            raise Wrong("line %d: no such key: %s" % (number, key))
        if key == "mutant":
            count += 1
            found.append({"number": count})
        elif key == "setting":
            found.append({"number": 0, "mutant": value, "by": "all of them"})
        elif not found or key in found[-1]:
            raise Wrong("line %d: %s is misplaced" % (number, key))
        found[-1][key] = value.strip()
    check(found)
    return found


def check(mutants):
    names = [m["mutant"] for m in mutants]
    for m in mutants:
        for key in NEEDED:
            if not m.get(key):
                raise Wrong("%s: no %s" % (m["mutant"], key))
        if "new" not in m:
            raise Wrong("%s: no new" % m["mutant"])
        if m["number"] and len(m["by"].split()) != 2:
            raise Wrong("%s: by names a primitive and a program"
                        % m["mutant"])
        if names.count(m["mutant"]) != 1:
            raise Wrong("%s: two have this name" % m["mutant"])


def function_range(text, name):
    """Where the body of a function begins and ends."""
    head = re.compile(r"^[A-Za-z_][^;{}#]*?\b%s\([^;{}]*\)\s*\n\{"
                      % re.escape(name), re.MULTILINE)
    found = [m for m in head.finditer(text)]
    if len(found) != 1:
        raise Wrong("%d functions %s" % (len(found), name))
    end = text.find("\n}", found[0].end())
    return found[0].end(), end


def locate(text, mutant):
    """Where the old text begins and ends."""
    first, last = 0, len(text)
    if "in" in mutant:
        first, last = function_range(text, mutant["in"])
    old = r"\s+".join(re.escape(word) for word in mutant["old"].split())
    # No part of a longer word.
    old = (r"(?<!\w)" if mutant["old"][0].isalnum() else "") + old
    old += r"(?!\w)" if mutant["old"][-1].isalnum() else ""
    found = [m for m in re.compile(old).finditer(text, first, last)]
    if len(found) != 1:
        raise Wrong("the old text is found %d times" % len(found))
    return found[0].span()


def is_statement(mutant):
    code = re.sub(r"/\*.*?\*/", "", mutant["old"], flags=re.DOTALL).strip()
    return code.endswith(";") and \
        not mutant["old"].startswith(("bool ", "while "))


def switched(old, mutants):
    """The old text with all the mutants that share it."""
    for m in reversed(mutants):
        new = " ".join(m["new"].split())
        if m["number"] == 0:
            return new
        test = "%s == %d" % (SWITCH, m["number"])
        if is_statement(m):
            old = "{ if (%s) { %s } else { %s } }" % (test, new, old)
        elif m["old"].startswith("else if ("):
            # The condition alone.
            condition = old[len("else if ("):-1]
            changed = new[len("else if ("):-1]
            old = "else if (%s ? (%s) : (%s))" % (test, changed, condition)
        elif m["old"].startswith("while "):
            condition = old[len("while ("):-2]
            changed = new[len("while ("):-2]
            old = "while (%s ? (%s) : (%s));" % (test, changed, condition)
        elif m["old"].startswith("bool "):
            name, _, value = old.rstrip(";").partition(" = ")
            changed = new.rstrip(";").partition(" = ")[2]
            old = "%s = %s ? (%s) : (%s);" % (name, test, changed, value)
        else:
            old = "(%s ? (%s) : (%s))" % (test, new, old)
    return old


def rewrite(text, first, last, places):
    """text[first:last] with the mutants at places, {(begin, end): mutants};
    those that lie inside others come first."""
    inside = [p for p in places if first <= p[0] and p[1] <= last
              and p != (first, last)]
    outer = [p for p in inside
             if not any(q != p and q[0] <= p[0] and p[1] <= q[1]
                        for q in inside)]
    out, at = [], first
    for begin, end in sorted(outer):
        if begin < at:
            raise Wrong("overlaps another: %s"
                        % places[(begin, end)][0]["mutant"])
        out.append(text[at:begin])
        out.append(switched(rewrite(text, begin, end, places),
                            places[(begin, end)]))
        at = end
    out.append(text[at:last])
    return "".join(out)


def mutated(text, path, mutants):
    places = {}
    for m in mutants:
        try:
            places.setdefault(locate(text, m), []).append(m)
        except Wrong as wrong:
            raise Wrong("%s: %s: %s" % (m["mutant"], path, wrong))
    return ("extern int %s; /* generated from %s */\n#line 1 \"%s\"\n"
            % (SWITCH, path, path)) + rewrite(text, 0, len(text), places)


def by_file(mutants):
    files = {}
    for m in mutants:
        files.setdefault(m["file"], []).append(m)
    return files


def quoted(text):
    text = " ".join(text.split())
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')


def table(mutants):
    rows = ["    {%d, %s, %s, %s, %s, %s}," % (
        m["number"], quoted(m["mutant"]), quoted(m["by"].split()[0]),
        quoted(m["by"].split()[1]), quoted(m["wrong"]),
        quoted(m.get("row", ""))) for m in mutants if m["number"]]
    return "/* generated */\n" + "\n".join(rows) + "\n"


def write(path, text):
    """Only if it changes, so that nothing is built again in vain."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def generate(root, mutants, out):
    for path, some in by_file(mutants).items():
        with open(os.path.join(root, path), encoding="utf-8") as file:
            write(os.path.join(out, path), mutated(file.read(), path, some))
    write(os.path.join(out, "mutants.inc"), table(mutants))


# -- Self-test --------------------------------------------------------------

SOURCE = """static int f(int a)
{
    if (a & 1)
        g(a);
    return a + 1;
}

static int h(int a)
{
    return a + 1;
}
"""
GOOD = "mutant a.b\nfile x.c\nin f\nold a & 1\nnew a & 2\nby x y\nwrong It.\n"
CASES = [
    ("an expression", GOOD,
     "if ((weir_explore_mutant_ == 1 ? (a & 2) : (a & 1)))"),
    ("a statement", GOOD.replace("a & 1", "g(a);").replace("a & 2", "h(a);"),
     "{ if (weir_explore_mutant_ == 1) { h(a); } else { g(a); } }"),
    ("nothing instead", GOOD.replace("a & 1", "g(a);").replace("a & 2", ""),
     "{ if (weir_explore_mutant_ == 1) {  } else { g(a); } }"),
    ("a setting", GOOD.replace("mutant", "setting").replace("by x y", ""),
     "if (a & 2)"),
    ("two of one text", GOOD + "\n" + GOOD.replace("a.b", "a.c"),
     "(weir_explore_mutant_ == 1 ? (a & 2) : "
     "((weir_explore_mutant_ == 2 ? (a & 2) : (a & 1))))"),
    ("one inside another", GOOD + "\n" + GOOD.replace("a.b", "a.c").replace(
        "a & 1", "if (a & 1) g(a);"),
     "{ if (weir_explore_mutant_ == 2) { a & 2 } else { if ("),
    ("missing", GOOD.replace("a & 1", "a & 4"), "is found 0 times"),
    ("ambiguous", GOOD.replace("in f\n", "").replace("a & 1", "a + 1"),
     "is found 2 times"),
    ("no such function", GOOD.replace("in f", "in k"), "0 functions k"),
    ("part of a word", GOOD.replace("old a & 1", "old retur"),
     "is found 0 times"),
    ("no sentence", GOOD.replace("wrong It.", ""), "no wrong"),
    ("a name twice", GOOD + "\n" + GOOD, "two have this name"),
    ("an unknown key", "what x\n", "no such key"),
    ("overlapping", GOOD + "\n" + GOOD.replace("a.b", "a.c").replace(
        "a & 1", "1) g(a);"), "overlaps another"),
]


def self_test():
    wrong = 0
    for name, text, expected in CASES:
        try:
            result = mutated(SOURCE, "x.c", parse(text))
            with tempfile.TemporaryDirectory() as root:
                write(os.path.join(root, "x.c"), SOURCE)
                generate(root, parse(text), os.path.join(root, "out"))
            if result.count("\n") != SOURCE.count("\n") + 2:
                result = "lines were lost"
        except Wrong as error:
            result = str(error)
        good = expected in result
        wrong += not good
        print("%s  %s" % ("ok  " if good else "FAIL", name))
        if not good:
            print(result)
    return 1 if wrong else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with open(sys.argv[2], encoding="utf-8") as file:
            mutants = parse(file.read())
        if sys.argv[3] == "--files":
            print(";".join(sorted(by_file(mutants))), end="")
        else:
            generate(sys.argv[1], mutants, sys.argv[3])
    except Wrong as wrong:
        print("mutants: %s" % wrong, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
