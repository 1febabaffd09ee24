#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""Relative links in Markdown files lead somewhere: the file is there, and so
is the heading that a #fragment names."""

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


def check(tree):
    for path in tree.paths:
        if not path.endswith(".md"):
            continue
        text = blank(SPAN, blank(FENCE, tree.text(path)))
        for pattern in (INLINE, REFERENCE):
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
    ("out of the tree", {**GOOD, "x.md": "[a](../y.md)\n"}, "out of the tree"),
]

if __name__ == "__main__":
    sys.exit(lint.main(check, CASES))
