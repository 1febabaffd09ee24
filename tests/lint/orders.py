#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""Memory orders: what is weaker than seq_cst says why it may be.

An operation of the atomic seam with _acq or _rel in its name carries a tag
like [M1] and the word acquire or release; one that is _rlx alone carries a
licence word, or a tag and the word relaxed. Both stand in a comment on the
statement or directly above it; "INIT, both" or "[M1], all" goes on to the
statements below, up to a blank line. A full fence carries a tag, or names a
proof ("see 2. of"); a compiler barrier carries a comment. A tag stands in its
file at least twice or names its partner elsewhere as file.c:[M1], which must
exist. A file with tags ends its top comment with an ORDERS table: one row for
each tag, no row without code; a row says "pairs with", and each partner's row
says so of this one. Nothing goes round the seam: no other name of an atomic
operation, no assembly, no operation in a macro or behind a pointer.
"""

import collections
import posixpath
import re
import sys

import lint

SEAM = {"include/weir/inline/atomic.h", "src/base/atomic.h",
        "include/weir/inline/explore_atomic.h"}  # takes their place
# The pause of a spinning thread; a nop with a note.
ASSEMBLY = {"src/base/compiler.h", "src/base/probe.h"}
LICENCES = re.compile(r"\b(HINT|OWNED|UNDER|COUNT|INIT|FENCED)\b")

# What a comment says of an order, in either way.
WORDS = {"rlx": ("relaxed", "rlx"), "acq": ("acquire", "acq_rel"),
         "rel": ("release", "acq_rel")}

CALL = re.compile(r"\b([a-z]\w*?_(?:rlx|acq|rel)_?)\s*\(")
RAW = re.compile(r"\b(memory_order_\w+|__ATOMIC_[A-Z_]+|__atomic_\w+|"
                 r"__sync_\w+|__c11_atomic_\w+|_mm_[lsm]fence|"
                 r"__builtin_ia32_[lsm]fence|std::atomic\w*|"
                 r"atomic_(?:load|store|exchange|compare|fetch|thread_fence|"
                 r"signal_fence|flag|init)\w*|(?:__)?asm(?:__)?)\b")
# Of one that other threads change: a volatile object, not a volatile pointee
# of somebody's parameter.
VOLATILE = re.compile(r"(?<!\bconst )\bvolatile\b(?!\s+void\b)")
POINTER = re.compile(r"\b(weir_\w+_(?:rlx|acq|rel|sc)_)(?!\w|\s*\()")
FENCE = re.compile(r"\b(weir_fence_\w+|weir_compiler_barrier_)\s*\(")
NAME = r"[A-Z]{1,4}\d{1,2}[a-z]?"
TAG = re.compile(r"(?<![\w:])\[(%s)\]" % NAME)
FOREIGN = re.compile(r"\b([\w/]+(?:\.[ch])?):\[?(%s)\b\]?" % NAME)
MORE = re.compile(r"(?:\[%s\]|%s), (?:both|all)\b" % (NAME, LICENCES.pattern))
PROOF = re.compile(r"\bsee \d")
PAIRS = re.compile(r"\bpairs\s*(?:\*\s*)?with\b(.*)", re.DOTALL)
ROW = re.compile(r"^\s*\*?\s*\[?(%s)\]?\s" % NAME)


class Source:
    """A file as this lint sees it: lines of code, lines of comment, and how
    many of them make up the top comment."""

    def __init__(self, text):
        code, comments = lint.split(text)
        self.code = [line.rstrip().rstrip("\\").strip()
                     for line in code.split("\n")]
        self.comments = comments.split("\n")
        self.top = next((i for i, line in enumerate(self.code) if line),
                        len(self.code))

    def ends(self, i):
        """Whether line i ends a statement, or no statement reaches past it."""
        line = self.code[i]
        return not line or line[0] == "#" or line[-1] in ";{}:"

    def above(self, i):
        """The comment that ends on the line above line i."""
        first = i
        while (first > 0 and not self.code[first - 1]
               and self.comments[first - 1].strip()):
            first -= 1
        return "\n".join(self.comments[first:i])

    def about(self, i):
        """The comments on the statement of line i, directly above it, and
        above the statements before it if they say that they go on."""
        first = last = i
        while first > 0 and not self.ends(first - 1):
            first -= 1
        while last + 1 < len(self.code) and not self.ends(last):
            last += 1
        found = [self.above(first)] + self.comments[first:last + 1]
        while first > 0 and self.code[first - 1]:
            first -= 1
        if MORE.search(self.above(first)):
            found.append(self.above(first))
        return "\n".join(found)

    def blocks(self):
        """(line number, text) of each run of comment lines below the top."""
        start, run = 0, []
        for i, line in enumerate(self.comments[self.top:], self.top):
            if line.strip():
                start = start if run else i
                run.append(line)
            elif run:
                yield start + 1, "\n".join(run)
                run = []
        if run:
            yield start + 1, "\n".join(run)

    def table(self):
        """{tag: (line number, row)} of ORDERS, or None where there is none."""
        rows, tag = {}, None
        lines = iter(list(enumerate(self.comments[:self.top], 1)))
        if not any(re.match(r"^\s*/?\*?\s*ORDERS\b", text)
                   for _, text in lines):
            return None
        for number, text in lines:
            match = ROW.match(text)
            if match and match.group(1) != tag:
                tag = match.group(1)
                rows[tag] = (number, text)
            elif tag and text.strip(" */"):
                rows[tag] = (rows[tag][0], rows[tag][1] + "\n" + text)
            elif tag:
                break
        return rows


def operations(source):
    for i, line in enumerate(source.code):
        for match in CALL.finditer(line):
            if not line.startswith("#"):
                yield i, match.group(1)


def missing(name, about):
    """What the comment on an operation of this name fails to say."""
    orders = [order for order in WORDS if "_%s_" % order in name + "_"]
    if orders == ["rlx"]:
        if LICENCES.search(about):
            return None
        if not TAG.search(about):
            return "neither tag nor licence"
    elif not TAG.search(about):
        return "no partner by tag"
    for order in orders:
        # Of a compare-and-swap, the order of its success must be named.
        if order == "rlx" and len(orders) > 1:
            continue
        if not any(word in about for word in WORDS[order]):
            return "no word '%s'" % WORDS[order][0]
    return None


def check_operations(path, source):
    for i, name in operations(source):
        lack = missing(name, source.about(i))
        if lack:
            yield path, i + 1, "%s: %s" % (name, lack)
    for i, line in enumerate(source.code):
        for match in FENCE.finditer(line):
            about = source.about(i)
            name = match.group(1)
            if "fence" in name and not (TAG.search(about)
                                        or PROOF.search(about)):
                yield path, i + 1, "%s: no partner by tag" % name
            elif not about.strip():
                yield path, i + 1, "%s: not a word about it" % name


def check_seam(path, source):
    for i, line in enumerate(source.code):
        for match in RAW.finditer(line):
            if "asm" not in match.group() or path not in ASSEMBLY:
                yield path, i + 1, "%s goes round the seam" % match.group()
        for match in POINTER.finditer(line):
            yield path, i + 1, "%s is not called here" % match.group(1)
        if VOLATILE.search(line) and path not in ASSEMBLY:
            yield path, i + 1, "volatile is no memory order"
        for match in CALL.finditer(line):
            if line.startswith("#"):
                yield path, i + 1, "%s in a macro" % match.group(1)


def named_as(path, name):
    """Whether a reference's file name means this path."""
    return name in (path, posixpath.basename(path),
                    posixpath.splitext(posixpath.basename(path))[0],
                    "/".join(path.split("/")[-2:]))


def partners(row, path, sources):
    """{(path, tag)} that a row of ORDERS pairs with, or None if it says
    nothing of the kind."""
    match = PAIRS.search(row)
    if not match:
        return None
    found = {(path, tag) for tag in TAG.findall(match.group(1))}
    for name, tag in FOREIGN.findall(match.group(1)):
        found.update((other, tag) for other in sources if
                     named_as(other, name))
    return found


def check_mirrors(sources):
    pairs, lines = {}, {}
    for path, source in sources.items():
        for tag, (number, row) in (source.table() or {}).items():
            pairs[path, tag] = partners(row, path, sources)
            lines[path, tag] = number
    for (path, tag), others in pairs.items():
        line = lines[path, tag]
        if others is None:
            yield path, line, "row [%s] pairs with nothing" % tag
            continue
        for other in sorted(others):
            back = pairs.get(other)
            if back is not None and (path, tag) not in back:
                yield (path, line, "row [%s] pairs with %s:[%s], which does "
                       "not say so" % (tag, other[0], other[1]))


def foreign(text, sources):
    """Broken references of a text to tags of other files."""
    for name, tag in FOREIGN.findall(text):
        stem = posixpath.basename(name)
        targets = [s for p, s in sources.items()
                   if stem in (posixpath.basename(p),
                               posixpath.splitext(posixpath.basename(p))[0])]
        found = any(tag in TAG.findall("\n".join(s.comments[s.top:]))
                    for s in targets)
        if not found:
            yield "%s:[%s]" % (name, tag)


def check_tags(path, source, sources):
    seen = collections.Counter()
    first, elsewhere = {}, set()
    for number, text in source.blocks():
        tags = TAG.findall(text)
        seen.update(tags)
        for tag in tags:
            first.setdefault(tag, number)
            if FOREIGN.search(text):
                elsewhere.add(tag)
        for reference in foreign(text, sources):
            yield path, number, "%s is not there" % reference
    rows = source.table()
    if rows is None:
        if seen:
            yield path, 1, "has tags, but no ORDERS table in its top comment"
        rows = {}
    for tag, (number, row) in rows.items():
        if tag not in seen:
            yield path, number, "row [%s] of ORDERS has no code" % tag
        if FOREIGN.search(row):
            elsewhere.add(tag)
        for reference in foreign(row, sources):
            yield path, number, "%s is not there" % reference
    for tag, number in first.items():
        if rows and tag not in rows:
            yield path, number, "[%s] has no row in ORDERS" % tag
        if seen[tag] < 2 and tag not in elsewhere:
            yield path, number, "[%s] has no mirror" % tag


def check(tree):
    paths = tree.code("src/", "include/")
    sources = {path: Source(tree.text(path)) for path in paths}
    for path, source in sources.items():
        if path in SEAM:
            continue
        yield from check_operations(path, source)
        yield from check_seam(path, source)
        # A header that has none may cite papers, whose keys look like tags.
        if path.startswith("src/") or any(operations(source)):
            yield from check_tags(path, source, sources)
    yield from check_mirrors(sources)


GOOD = """/* Top.
 * ORDERS
 *   tag   what
 *   [M1]  lock    acquire, pairs with [M2]
 *   [M2]  unlock  release, pairs with [M1]
 *   [M3]  wake    release, pairs with other.c:[X1],
 *         which sleeps
 */
int lock(void)
{
    /* [M1] acquire; pairs with [M2] */
    if (likely(weir_cas_acq_(&m, &e, 1)))
        return 0;
    /* HINT: looked at again */
    seen = load_rlx(&m);
    store_rel(&m, 0); /* [M2] release; pairs with [M1] */
    do {
        x++;
        /* [M3] release; pairs with other.c:[X1] */
    } while (!cas_rel(&w,
                      &e, 2));
    load_sc(&m);
}
"""
OTHER = """/* ORDERS
 * X1 sleep, acquire, pairs with mutex.c:[M3] */
int x = load_acq(&w); /* [X1] acquire; pairs with mutex.c:[M3] */
"""


def variant(name, old, new, expected):
    assert old in GOOD
    return (name, {"src/futex/mutex.c": GOOD.replace(old, new),
                   "src/futex/other.c": OTHER}, expected)


CASES = [
    variant("good tree", "load_sc", "load_sc", None),
    variant("acquire without comment", "/* [M1] acquire; pairs with [M2] */",
            "", "weir_cas_acq_: no partner"),
    variant("acquire with a licence only",
            "/* [M1] acquire; pairs with [M2] */", "/* HINT */",
            "weir_cas_acq_: no partner"),
    variant("relaxed without licence", "HINT: looked", "looked",
            "load_rlx: neither"),
    variant("a release made relaxed, the comment left alone",
            "store_rel(", "store_rlx(", "store_rlx: no word 'relaxed'"),
    variant("an order that the comment does not name",
            "[M1] acquire;", "[M1] release;", "no word 'acquire'"),
    variant("a comment too far above", "/* HINT: looked at again */\n",
            "/* HINT: looked at again */\n\n    x = 1;\n",
            "load_rlx: neither"),
    variant("no mirror", "release; pairs with [M1] */", "release */",
            "[M1] has no mirror"),
    variant("row without code", " */\nint lock", " *   [M9] no */\nint lock",
            "row [M9]"),
    variant("tag without row", " *   [M1]  lock    acquire, pairs with [M2]\n",
            "", "[M1] has no row"),
    variant("no table", " * ORDERS\n", "", "no ORDERS table"),
    variant("partner file without the tag", "pairs with other.c:[X1] */",
            "pairs with other.c:[X2] */", "other.c:[X2] is not there"),
    variant("a partner that does not know of it",
            "[M2]  unlock  release, pairs with [M1]",
            "[M2]  unlock  release, pairs with [M3]",
            "row [M1] pairs with src/futex/mutex.c:[M2], which does not"),
    variant("a partner elsewhere that does not know of it",
            "[M3]  wake    release, pairs with other.c:[X1],",
            "[M3]  wake    release, pairs with [M1],",
            "row [X1] pairs with src/futex/mutex.c:[M3], which does not"),
    variant("a row without partner", "acquire, pairs with [M2]", "acquire",
            "row [M1] pairs with nothing"),
    variant("a full fence without tag", "    load_sc(&m);",
            "    weir_fence_sc_();", "weir_fence_sc_: no partner"),
    variant("a full fence with one", "    load_sc(&m);",
            "    /* [M1] fence */\n    weir_fence_sc_();", None),
    variant("a compiler barrier without a word", "    load_sc(&m);",
            "    weir_compiler_barrier_();", "not a word"),
    variant("an operation in a macro", "int lock(void)",
            "#define PEEK(m) load_rlx(&(m)->word)\nint lock(void)",
            "load_rlx in a macro"),
    variant("an operation behind a pointer", "load_sc(&m);",
            "f = weir_load_rlx_;", "weir_load_rlx_ is not called"),
    variant("assembly", "load_sc(&m);", '__asm__ volatile("mfence");',
            "__asm__ goes round the seam"),
    variant("a flag", "load_sc(&m)", "atomic_flag_clear(&m)",
            "goes round the seam"),
    variant("volatile for atomic", "int lock(void)",
            "static volatile int ready;\nint lock(void)",
            "volatile is no memory order"),
    ("a public header", {"include/weir/mutex.h":
                         "int x(int *m) { return load_acq(m); }\n"},
     "include/weir/mutex.h:1: load_acq: no partner"),
    variant("raw order", "load_sc(&m)",
            "atomic_load_explicit(&m, memory_order_relaxed)",
            "goes round the seam"),
    ("a licence that goes on", {"src/a.c": "{\n    /* INIT, both: new */\n"
                                "    store_rlx(&a, 0);\n"
                                "    store_rlx(&b, 0);\n}\n"}, None),
    ("a licence that does not", {"src/a.c": "{\n    /* INIT: new */\n"
                                 "    store_rlx(&a, 0);\n"
                                 "    store_rlx(&b, 0);\n}\n"},
     "src/a.c:4: store_rlx: neither"),
    ("a licence that went on to a blank line",
     {"src/a.c": "{\n    /* INIT, both: new */\n    store_rlx(&a, 0);\n\n"
                 "    store_rlx(&b, 0);\n}\n"},
     "src/a.c:5: store_rlx: neither"),
    ("seam itself", {"src/base/atomic.h": "#define load_rlx(p) "
                     "atomic_load_explicit(p, memory_order_relaxed)\n"}, None),
]

if __name__ == "__main__":
    sys.exit(lint.main(check, CASES))
