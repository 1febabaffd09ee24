#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""Floors: a file of src/ includes only its own floor and those below it,
public headers know nothing of src/, and no include runs in a circle."""

import posixpath
import re
import sys

import lint

# What each floor may include, beside the public headers weir/*.h.
MAY = {
    "base": {"base"},
    "atomics": {"base", "atomics"},
    "futex": {"base", "atomics", "futex"},
    "thread": {"base", "atomics", "futex", "thread"},
    "process": {"base", "atomics", "futex", "thread", "process"},
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.MULTILINE)


def resolve(tree, path, quote, name):
    """The path in the tree that an include names, or None for a system's."""
    places = ["include/" + name, "src/" + name]
    if quote == '"':
        beside = posixpath.join(posixpath.dirname(path), name)
        places.insert(0, posixpath.normpath(beside))
    return next((p for p in places if p in tree.paths), None)


def includes(tree, path):
    text = tree.text(path)
    for match in INCLUDE.finditer(text):
        quote, name = match.groups()
        yield (text.count("\n", 0, match.start()) + 1, quote, name,
               resolve(tree, path, quote, name))


def wrong_floor(path, name, target):
    if path.startswith("include/"):
        if target.startswith("include/weir/"):
            return None
        return "a public header includes %s" % name
    floor = path.split("/")[1]
    if floor not in MAY:
        return "src/%s is no floor that tests/lint/floors.py knows" % floor
    if target.startswith("include/weir/"):
        return None
    below = target.split("/")[1]
    if target.startswith("src/") and below in MAY[floor]:
        return None
    return "floor %s includes %s" % (floor, name)


def cycles(graph):
    """Each cycle once, as a list of paths."""
    state = {}

    def visit(path, trail):
        state[path] = "open"
        for _, target in graph.get(path, ()):
            if state.get(target) == "open":
                yield trail[trail.index(target):] + [target]
            elif target not in state:
                yield from visit(target, trail + [target])
        state[path] = "done"

    for path in sorted(graph):
        if path not in state:
            yield from visit(path, [path])


def check(tree):
    graph = {}
    for path in tree.code("src/", "include/"):
        graph[path] = []
        for line, quote, name, target in includes(tree, path):
            if target is None:
                if quote == '"':
                    yield path, line, 'nothing is called "%s"' % name
                continue
            graph[path].append((line, target))
            sentence = wrong_floor(path, name, target)
            if sentence:
                yield path, line, sentence
    for cycle in cycles(graph):
        yield cycle[0], 1, "includes in a circle: %s" % " > ".join(cycle)


BASE = {"include/weir/base.h": "", "src/base/atomic.h": "",
        "src/atomics/ring.h": '#include "base/atomic.h"\n',
        "src/futex/queue.c": '#include <weir/base.h>\n'
                             '#include "atomics/ring.h"\n'}
CASES = [
    ("good tree", BASE, None),
    ("base reaches up",
     {**BASE, "src/base/cpu.c": '#include "futex/sys.h"\n',
      "src/futex/sys.h": ""}, "floor base includes futex/sys.h"),
    ("atomics includes futex, by a relative path",
     {**BASE, "src/atomics/ring.c": '#include "../futex/sys.h"\n',
      "src/futex/sys.h": ""}, "floor atomics includes"),
    ("public header includes a private one",
     {**BASE, "include/weir/mutex.h": '#include "base/atomic.h"\n'},
     "a public header includes"),
    ("a folder that is no floor", {"src/util/x.c": '#include <weir/a.h>\n',
                                   "include/weir/a.h": ""}, "no floor"),
    ("circle", {"src/base/a.h": '#include "base/b.h"\n',
                "src/base/b.h": '#include "base/a.h"\n'}, "in a circle"),
    ("missing file", {"src/base/a.c": '#include "base/b.h"\n'},
     "nothing is called"),
]

if __name__ == "__main__":
    sys.exit(lint.main(check, CASES))
