#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""State words: each atomic field of a public type has a WORD block in src/,
which says what its bits mean and who may change them."""

import re
import sys

import lint

FIELD = re.compile(r"\bWEIR_ATOMIC\s*\(")
DECLARATOR = re.compile(r"\s*(\w+)\s*(?:\[[^\]]*\]\s*)*;")
WORD = re.compile(r"\bWORD\s+(\w+)\.(\w+)")


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
    for match in re.finditer(r"\b(typedef\s+)?struct\b([^;{}()]*)\{", code):
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
                yield name, declarator.group(1), line


def check(tree):
    described = set()
    for path in tree.code("src/"):
        described.update(WORD.findall(lint.split(tree.text(path))[1]))
    headers = {path: lint.split(tree.text(path))[0]
               for path in tree.code("include/weir/")}
    typedefs = aliases("\n".join(headers.values()))
    for path, code in headers.items():
        for name, field, line in fields(code, typedefs):
            if (name, field) not in described:
                yield (path, line,
                       "no block 'WORD %s.%s' in src/" % (name, field))


HEADER = """typedef struct weir_mutex {
    WEIR_ALIGNED(8) WEIR_ATOMIC(uint32_t) state;
    struct { WEIR_ATOMIC(uint64_t) slots[4]; } rest;
} weir_mutex_t;
WEIR_ATOMIC(int) global;
"""
BLOCKS = "/* WORD weir_mutex_t.state, 32 bits\n */\n" \
         "/* WORD weir_mutex_t.slots */\n"
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
    ("a struct whose typedef stands in another header",
     {"include/weir/q.h": "typedef struct weir_queue weir_queue_t;\n",
      "include/weir/inline/q.h":
      "struct weir_queue { WEIR_ATOMIC(int) head; };\n"},
     "WORD weir_queue_t.head"),
]

if __name__ == "__main__":
    sys.exit(lint.main(check, CASES))
