#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""State words: each atomic field of a public type, and each atomic variable
that a header declares, has a WORD block in src/, which says what its bits mean
and who may change them; other atomic objects in src/ have a block, or a
comment. A block is of something that exists, tells its width and whether
threads sleep on it, and its bits are apart, fit, and have names in the code.
"""

import re
import sys

import lint

FIELD = re.compile(r"\bWEIR_ATOMIC\s*\(")
DECLARATOR = re.compile(r"\s*(\w+)\s*(?:\[[^\]]*\]\s*)*;")
VARIABLE = re.compile(r"^(?!\s*(?:extern|typedef)\b)[^()\n]*\bWEIR_ATOMIC\("
                      r"\w+\)\s+(\w+)[^();]*;", re.MULTILINE)
EXTERN = re.compile(r"\bextern\s+WEIR_ATOMIC\(u?int(\d+)_t\)\s+(\w+)")
WORD = re.compile(r"\bWORD\s+(\w+(?:\.\w+)?)(?:\[\])?")
WIDTH = re.compile(r"WORD\s+[\w.]+(?:\[\])?,\s+(\d+)\s+bits,")
BITS = re.compile(r"^\s*\*\s{1,3}(\d+)(?:-(\d+))?\s{2,}([A-Z][A-Z_]+)\b",
                  re.MULTILINE)
TYPE = re.compile(r"\(\s*(?:u?int(\d+)_t|([\w *]+))\s*\)")


def matching(text, at, pair):
    """Index just past the bracket that closes the one at text[at]."""
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] == pair[0]) - (text[i] == pair[1])
        if depth == 0:
            return i + 1
    return len(text)


def aliases(code):
    """{struct tag: typedef} of the typedefs that stand apart."""
    return dict(re.findall(r"\btypedef\s+struct\s+(\w+)\s+(\w+)\s*;", code))


def types(code, typedefs):
    """(type's name, its body, offset of the body) of each struct."""
    for match in re.finditer(r"\b(typedef\s+)?struct\b((?:[^;{}()]|\w\([^()]*\))*)\{", code):
        start = match.end() - 1
        end = matching(code, start, "{}")
        after = re.match(r"[^;]*?(\w+)\s*;", code[end:])
        tag = re.findall(r"\w+", match.group(2))
        if match.group(1) and after:
            yield after.group(1), code[start:end], start
        elif tag:
            yield typedefs.get(tag[-1], tag[-1]), code[start:end], start


def fields(code, typedefs):
    for name, body, offset in types(code, typedefs):
        for match in FIELD.finditer(body):
            end = matching(body, match.end() - 1, "()")
            declarator = DECLARATOR.match(body, end)
            if declarator:
                line = code.count("\n", 0, offset + match.start()) + 1
                width = TYPE.match(body, match.end() - 1).group(1)
                yield name + "." + declarator.group(1), width, line


def declared(path, code, typedefs):
    """(name, width, line) of all that a file declares for others."""
    yield from fields(code, typedefs)
    for match in EXTERN.finditer(code if path.startswith("include/") else ""):
        yield (match.group(2), match.group(1),
               code.count("\n", 0, match.start()) + 1)


def blocks(comments):
    """(name, line, text) of each WORD block: up to an empty comment line."""
    starts = list(WORD.finditer(comments))
    for match in starts:
        text = comments[match.start():]
        end = re.search(r"^\s*\*\s*$|\*/|(?<!^)\bWORD\b", text[4:],
                        re.MULTILINE)
        if "WORD block" not in text[:12]:
            yield (match.group(1), comments.count("\n", 0, match.start()) + 1,
                   text[:end.start() + 4] if end else text)


def check_block(path, name, line, text, width, code):
    said = WIDTH.match(text)
    if not said:
        yield path, line, "WORD %s does not tell its width" % name
        return
    if width and said.group(1) != width:
        yield path, line, "WORD %s has %s bits" % (name, width)
    if not re.search(r"slept\s*(?:\*\s*)?on|futex\s*(?:\*\s*)?word", text):
        yield path, line, "WORD %s: is it slept on?" % name
    used = 0
    for first, last, bit in BITS.findall(text):
        mask = sum(1 << n for n in range(int(first), int(last or first) + 1))
        if used & mask or mask >> int(said.group(1)):
            yield path, line, "WORD %s: bits of %s overlap" % (name, bit)
        used |= mask
        if not re.search(r"\b\w*%s\w*\b" % bit, code):
            yield path, line, "WORD %s: no %s in the code" % (name, bit)


def commented(code, comments, at):
    """A comment on the line at this offset, or above its group of lines."""
    line = code.count("\n", 0, at)
    code, comments = code.split("\n"), comments.split("\n")
    if comments[line].strip():
        return True
    while line > 0 and code[line - 1].strip():
        line -= 1
        if comments[line].strip():
            return True
    return line > 0 and bool(comments[line - 1].strip())


def check(tree):
    split = {path: lint.split(tree.text(path))
             for path in tree.code("src/", "include/weir/")}
    typedefs = aliases("\n".join(code for code, _ in split.values()))
    described, here = {}, {}
    for path, (_, comments) in split.items():
        for name, line, text in blocks(comments):
            described[name] = (path, line, text)
    for path, (code, comments) in split.items():
        for name, width, line in declared(path, code, typedefs):
            here[name] = width
            if name not in described:
                yield path, line, "no block 'WORD %s' in src/" % name
        for match in VARIABLE.finditer(code) if path.startswith("src/") else ():
            here.setdefault(match.group(1), None)
            if match.group(1) not in described and \
                    not commented(code, comments, match.start()):
                yield (path, code.count("\n", 0, match.start()) + 1,
                       "neither block nor comment: %s" % match.group(1))
    for name, (path, line, text) in described.items():
        if name not in here:
            yield path, line, "WORD %s: there is no such object" % name
            continue
        yield from check_block(path, name, line, text, here[name],
                               split[path][0])


HEADER = """typedef struct weir_mutex {
    WEIR_ALIGNED(8) WEIR_ATOMIC(uint32_t) state;
    struct { WEIR_ATOMIC(uint64_t) slots[4]; } rest;
} weir_mutex_t;
WEIR_ATOMIC(int) global;
"""
BLOCKS = """/* Top.
 * WORD weir_mutex_t.state, 32 bits, futex word: yes
 *  bits  name     meaning
 *  0     LOCKED   held
 *  2-31  COUNT    of those who wait
 *  If stale: no harm.
 *
 * WORD weir_mutex_t.slots, 64 bits, not slept on: numbers
 */
#define LOCKED 1u
#define COUNT_ONE 4u
"""
CASES = [
    ("good tree", {"include/weir/mutex.h": HEADER,
                   "src/futex/mutex.c": BLOCKS}, None),
    ("no block at all", {"include/weir/mutex.h": HEADER},
     "WORD weir_mutex_t.state"),
    ("an array in a nested struct, without a block",
     {"include/weir/mutex.h": HEADER,
      "src/futex/mutex.c": BLOCKS.replace(".slots", ".slot")},
     "WORD weir_mutex_t.slots"),
    ("a block of another type",
     {"include/weir/mutex.h": HEADER,
      "src/futex/mutex.c": BLOCKS.replace("mutex_t", "sem_t")},
     "WORD weir_mutex_t.state"),
    ("a WORD block that is code, not comment",
     {"include/weir/mutex.h": HEADER,
      "src/futex/mutex.c": BLOCKS.replace("/*", "").replace("*/", "")},
     "WORD weir_mutex_t.state"),
    ("a width that is not the field's",
     {"include/weir/mutex.h": HEADER,
      "src/futex/mutex.c": BLOCKS.replace("32 bits", "64 bits")},
     "WORD weir_mutex_t.state has 32 bits"),
    ("no width", {"include/weir/mutex.h": HEADER, "src/futex/mutex.c":
                  BLOCKS.replace("state, 32 bits", "state")},
     "does not tell its width"),
    ("slept on or not", {"include/weir/mutex.h": HEADER, "src/futex/mutex.c":
                         BLOCKS.replace(", not slept on", ", never")},
     "weir_mutex_t.slots: is it slept on"),
    ("bits that overlap", {"include/weir/mutex.h": HEADER, "src/futex/mutex.c":
                           BLOCKS.replace("2-31", "0-31")},
     "bits of COUNT overlap"),
    ("bits that do not fit", {"include/weir/mutex.h": HEADER,
                              "src/futex/mutex.c":
                              BLOCKS.replace("2-31", "2-32")},
     "bits of COUNT overlap"),
    ("a bit that the code does not know",
     {"include/weir/mutex.h": HEADER, "src/futex/mutex.c":
      BLOCKS.replace("define LOCKED", "define HELD")},
     "no LOCKED in the code"),
    ("a block of nothing", {"include/weir/mutex.h": HEADER,
                            "src/futex/mutex.c": BLOCKS +
                            "/* WORD weir_sem_t.count, 32 bits, slept on */\n"
                            }, "no such object"),
    ("a variable without a word", {"src/base/spin.c":
                                   "static WEIR_ATOMIC(int) spinners;\n"},
     "neither block nor comment: spinners"),
    ("a variable with one", {"src/base/spin.c": "/* Now. */\n"
                             "static WEIR_ATOMIC(int) spinners;\n"}, None),
    ("a variable of a header", {"include/weir/m.h":
                                "extern WEIR_ATOMIC(uint64_t) slots[4];\n"},
     "no block 'WORD slots'"),
    ("an atomic field in src", {"src/base/x.h":
                                "struct x { WEIR_ATOMIC(uint32_t) n; };\n"},
     "no block 'WORD x.n'"),
    ("a struct whose typedef stands in another header",
     {"include/weir/q.h": "typedef struct weir_queue weir_queue_t;\n",
      "include/weir/inline/q.h":
      "struct weir_queue { WEIR_ATOMIC(int) head; };\n"},
     "WORD weir_queue_t.head"),
]

if __name__ == "__main__":
    sys.exit(lint.main(check, CASES))
