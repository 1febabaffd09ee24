#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""Relative links in Markdown files lead somewhere: the file is there, and so
is the heading that a #fragment names. So do images and HTML links, and [a][b].
Keys of papers, there and in the sources, are in docs/references.md, and each
one there is used. Files of this tree that comments and pages name are there.
"""

import os
import posixpath
import re
import sys
import urllib.parse

import lint

FENCE = re.compile(r"^\s*(```|~~~).*?^\s*\1\s*$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`[^`\n]*`")
INLINE = re.compile(r"\]\(\s*<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^\s{0,3}\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*\s*$", re.MULTILINE)
ANCHOR = re.compile(r"<a\s+(?:name|id)=\"([^\"]+)\"")
HTML = re.compile(r"<(?:a|img)\b[^>]*?\b(?:href|src)=\"([^\"]+)\"")
USED = re.compile(r"\[[^\]\n]+\]\[([^\]\n]+)\]")
DEFINED = re.compile(r"^\s{0,3}\[([^\]]+)\]:", re.MULTILINE)
REFERENCES = "docs/references.md"
KEY = re.compile(r"(?<![\w:])\[([A-Z][A-Za-z]{1,11}\d{2})\]")
NAMED = re.compile(r"(?<![\w./-])((?:src|include|docs|tests|bench|examples|"
                   r"scripts|cmake)/[\w./-]+\.(?:c|h|cc|md|py|txt|cmake))\b")
EXTERNAL = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:")


def blank(pattern, text):
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def anchors(text):
    """Heading fragments as the usual renderers make them."""
    seen = {}
    found = set(ANCHOR.findall(text))
    for heading in HEADING.findall(blank(FENCE, text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        found.add(slug if count == 0 else "%s-%d" % (slug, count))
    return found


def problem(tree, path, link):
    name, _, fragment = urllib.parse.unquote(link).partition("#")
    target = path
    if name:
        target = posixpath.normpath(
            posixpath.join(posixpath.dirname(path), name))
        if target.startswith(".."):
            return "%s leads out of the tree" % link
        if not os.path.exists(os.path.join(tree.root, target)):
            return "%s leads nowhere" % link
    if fragment and target.endswith(".md"):
        if fragment not in anchors(tree.text(target)):
            return "%s has no heading #%s" % (target, fragment)
    return None


def prose(tree, path):
    """What people read of a file: a page, or the comments of a source."""
    if path.endswith(".md"):
        return blank(FENCE, tree.text(path))
    if path.endswith(lint.CODE):
        return lint.split(tree.text(path))[1]
    return ""


def check_keys(tree):
    """Each key of a paper is known, and each known one is used."""
    if REFERENCES not in tree.paths:
        return
    known, used = set(ANCHOR.findall(tree.text(REFERENCES))), set()
    for path in tree.paths:
        if path == REFERENCES or path.startswith("tests/lint/"):
            continue
        text = prose(tree, path)
        for match in KEY.finditer(text):
            used.add(match.group(1))
            if match.group(1) not in known:
                yield (path, text.count("\n", 0, match.start()) + 1,
                       "[%s] is not in %s" % (match.group(1), REFERENCES))
    for key in sorted(known - used):
        yield REFERENCES, 1, "nobody cites [%s]" % key


def check_names(tree):
    for path in tree.paths:
        text = prose(tree, path)
        for match in NAMED.finditer(text):
            here = posixpath.join(posixpath.dirname(path), match.group(1))
            if match.group(1) not in tree.paths and here not in tree.paths:
                yield (path, text.count("\n", 0, match.start()) + 1,
                       "there is no %s" % match.group(1))


def check(tree):
    yield from check_keys(tree)
    yield from check_names(tree)
    for path in tree.paths:
        if not path.endswith(".md"):
            continue
        text = blank(SPAN, blank(FENCE, tree.text(path)))
        defined = {name.lower() for name in DEFINED.findall(text)}
        for match in USED.finditer(text):
            if match.group(1).lower() not in defined:
                yield (path, text.count("\n", 0, match.start()) + 1,
                       "[%s] is defined nowhere" % match.group(1))
        for pattern in (INLINE, REFERENCE, HTML):
            for match in pattern.finditer(text):
                link = match.group(1)
                if EXTERNAL.match(link) or link.startswith("//"):
                    continue
                sentence = problem(tree, path, link)
                if sentence:
                    line = text.count("\n", 0, match.start(1)) + 1
                    yield path, line, sentence


GOOD = {"README.md": "# A\n[b](docs/b.md#two-words) [up](#a) [x](https://a.b)\n"
                     "```\n[no](nowhere)\n```\n`[no](nowhere)`\n[d](docs/)\n",
        "docs/b.md": "## Two words\n[a](../README.md)\n\n[r]: b.md\n"}
CASES = [
    ("good tree", GOOD, None),
    ("dead link", {**GOOD, "x.md": "[a](docs/c.md)\n"}, "leads nowhere"),
    ("dead reference", {**GOOD, "x.md": "[a]: docs/c.md\n"}, "leads nowhere"),
    ("dead fragment", {**GOOD, "x.md": "[a](docs/b.md#three)\n"},
     "no heading #three"),
    ("an image that is not there",
     {**GOOD, "x.md": '<img src="docs/a.png">\n'}, "leads nowhere"),
    ("a reference without a definition", {**GOOD, "x.md": "[a][b]\n"},
     "[b] is defined nowhere"),
    ("a paper that nobody knows",
     {**GOOD, "docs/references.md": '<a id="Dice06"></a>[Dice06]\n',
      "src/a.c": "/* [Dice06] [Dice07] */\n"},
     "src/a.c:1: [Dice07] is not in"),
    ("a paper that nobody cites",
     {**GOOD, "docs/references.md": '<a id="Dice06"></a>[Dice06]\n'},
     "nobody cites [Dice06]"),
    ("a page that a comment names",
     {**GOOD, "src/a.c": "/* see docs/b.md and docs/c.md. */\n"},
     "src/a.c:1: there is no docs/c.md"),
    ("out of the tree", {**GOOD, "x.md": "[a](../y.md)\n"}, "out of the tree"),
]

if __name__ == "__main__":
    sys.exit(lint.main(check, CASES))
