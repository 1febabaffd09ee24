#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""Floors: a file of src/ includes only its own floor and those below it,
public headers know nothing of src/, and no include runs in a circle. Public
headers have floors too; one that is about a single object includes no other,
and what is in weir/inline/ is included by the header of its name alone. No
include hides behind a macro or a path."""

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

# The floor of each public header, and with it of its inline part. The ring is
# an exception: its layout is the queue's; and the wheel: its links are timers'. The explorer is below nothing: no
# floor knows of it.
FLOOR_OF = {"base": "base", "atomic": "base", "annotate": "base",
            "mutex": "futex", "rmutex": "futex", "cond": "futex",
            "barrier": "futex", "queue": "futex",
            "sem": "futex", "event": "futex",
            "rwlock": "futex",
            "token": "futex", "wait": "thread",
            "trace": "base", "thread": "thread",
            "timer": "thread",
            "latch": "futex", "once": "futex", "seqlock": "futex",
            "explore": "explore"}
# What an object contains, or is always used with.
CONTAINS = {"rmutex": {"mutex"}, "cond": {"mutex", "rmutex"},
            "wait": {"event", "latch", "mutex", "queue", "sem", "thread"}}
# What calls of every kind of object take.
TAKEN = {"token"}
EXCEPTIONS = {("src/atomics/ring.h", "include/weir/queue.h"),
              ("src/atomics/wheel.h", "include/weir/timer.h")}
UMBRELLA = "include/weir/weir.h"
# The seam may be replaced from the command line.
COMPUTED = {("include/weir/inline/atomic.h", "WEIR_ATOMIC_SEAM")}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.MULTILINE)
MACRO = re.compile(r'^\s*#\s*(?:(include_next)\b|include\b\s*([^<"\s]\S*))',
                   re.MULTILINE)


def resolve(tree, path, quote, name):
    """The path in the tree that an include names, or None for a system's."""
    places = [posixpath.normpath("include/" + name),
              posixpath.normpath("src/" + name)]
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


def stem(path):
    """What a file is about: mutex of mutex.c, mutex.h and mutex_tsan.h."""
    name = posixpath.splitext(posixpath.basename(path))[0]
    return name[:-len("_tsan")] if name.endswith("_tsan") else name


def wrong_header(path, name, target):
    """What is wrong with an include of a public header."""
    if not target.startswith("include/weir/"):
        return "a public header includes %s" % name
    if stem(path) not in FLOOR_OF:
        return "%s has no floor in tests/lint/floors.py" % path
    inline = target.startswith("include/weir/inline/")
    if stem(target) == "atomic" and stem(path) == "base" or \
            inline and stem(target) == stem(path) or \
            not inline and FLOOR_OF.get(stem(target)) == "base" or \
            not inline and stem(target) in TAKEN or \
            not inline and stem(target) in CONTAINS.get(stem(path), ()):
        return None
    return "%s is not for %s" % (name, path)


def wrong_floor(path, name, target):
    if path == UMBRELLA:
        return None
    if path.startswith("include/"):
        return wrong_header(path, name, target)
    floor = path.split("/")[1]
    if floor not in MAY:
        return "src/%s is no floor that tests/lint/floors.py knows" % floor
    if (path, target) in EXCEPTIONS:
        return None
    below = target.split("/")[1]
    if target.startswith("include/weir/"):
        below = FLOOR_OF.get(stem(target))
    if target.startswith("include/weir/inline/") and below != "base":
        return "%s is included by the header of its name alone" % name
    if below in MAY[floor]:
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
                if quote == '"' or name.startswith("weir/"):
                    yield path, line, 'nothing is called "%s"' % name
                elif ".." in name:
                    yield path, line, "a path instead of a name: %s" % name
                continue
            graph[path].append((line, target))
            sentence = wrong_floor(path, name, target)
            if sentence:
                yield path, line, sentence
        for match in MACRO.finditer(tree.text(path)):
            what = match.group(1) or match.group(2)
            if (path, what) not in COMPUTED:
                yield (path, tree.text(path).count("\n", 0, match.start()) + 1,
                       "an include that nobody can read: %s" % what)
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
    ("a private header by a path through the public ones",
     {**BASE, "src/base/cpu.c": '#include <weir/../../src/futex/sys.h>\n',
      "src/futex/sys.h": ""}, "floor base includes"),
    ("a path to elsewhere", {**BASE, "src/base/cpu.c":
                             '#include <../tests/x.h>\n'}, "a path instead"),
    ("base includes the header of a primitive",
     {**BASE, "src/base/spin.c": '#include <weir/mutex.h>\n',
      "include/weir/mutex.h": ""}, "floor base includes weir/mutex.h"),
    ("a floor that knows the explorer",
     {**BASE, "src/futex/sem.c": '#include <weir/explore.h>\n',
      "include/weir/explore.h": '#include <weir/base.h>\n'},
     "floor futex includes weir/explore.h"),
    ("the ring's exception", {**BASE, "include/weir/queue.h": "",
                              "src/atomics/ring.h":
                              '#include <weir/queue.h>\n'}, None),
    ("another's inline part",
     {**BASE, "src/futex/sem.c": '#include <weir/inline/mutex.h>\n',
      "include/weir/inline/mutex.h": ""}, "of its name alone"),
    ("one primitive's header in another's",
     {**BASE, "include/weir/queue.h": '#include <weir/mutex.h>\n',
      "include/weir/mutex.h": ""}, "weir/mutex.h is not for"),
    ("an object in another",
     {**BASE, "include/weir/rmutex.h": '#include <weir/mutex.h>\n',
      "include/weir/mutex.h": ""}, None),
    ("the inline part of an object in another",
     {**BASE, "include/weir/rmutex.h": '#include <weir/inline/mutex.h>\n',
      "include/weir/inline/mutex.h": ""}, "weir/inline/mutex.h is not for"),
    ("an inline part that reaches further",
     {**BASE, "include/weir/inline/queue.h": '#include <weir/mutex.h>\n',
      "include/weir/mutex.h": ""}, "weir/mutex.h is not for"),
    ("a header and its inline part",
     {**BASE, "include/weir/mutex.h": '#include <weir/base.h>\n'
      '#include <weir/inline/mutex.h>\n',
      "include/weir/inline/mutex.h": ""}, None),
    ("a public header without a floor",
     {**BASE, "include/weir/rcu.h": '#include <weir/base.h>\n'},
     "rcu.h has no floor"),
    ("an include in a macro",
     {**BASE, "src/base/a.c": "#include WHAT\n"}, "nobody can read: WHAT"),
    ("the next one of that name",
     {**BASE, "src/base/a.c": "#include_next <stdio.h>\n"},
     "nobody can read: include_next"),
    ("a public header that is not there",
     {**BASE, "src/base/a.c": "#include <weir/sem.h>\n"},
     "nothing is called"),
    ("missing file", {"src/base/a.c": '#include "base/b.h"\n'},
     "nothing is called"),
]

if __name__ == "__main__":
    sys.exit(lint.main(check, CASES))
