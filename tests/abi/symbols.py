#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""What libweir.so exports is what symbols.txt lists: kind and name, sorted.
And each exported variable can be preempted: inline code in a program reads
the program's copy, so the library must reach the same one (no -Bsymbolic, no
protected visibility). In the static library, where nothing is hidden, all
names that a program could meet begin with weir_.

usage: symbols.py NM READELF LIBRARY symbols.txt [--update | --self-test]
       symbols.py NM --static ARCHIVE [--self-test]

A line added to the list is a promise, a line removed breaks programs. After
a meant change, write it anew with --update.
"""

import difflib
import re
import subprocess
import sys

KINDS = {"T": "function", "W": "function", "D": "data", "B": "data",
         "V": "data", "R": "constant"}


def output(*command):
    return subprocess.run(command, capture_output=True, text=True,
                          check=True).stdout


# Of musl's start files, which libraries contain.
STARTUP = {"_init", "_fini"}
# Of all probes (src/base/probe.h), whoever made them: hidden, and united.
PROBES = {"_.stapsdt.base"}


def exported(nm, library):
    lines = []
    for line in output(nm, "--dynamic", "--defined-only", "--format=posix",
                       library).splitlines():
        name, kind = line.split()[:2]
        if name not in STARTUP:
            lines.append("%s %s" % (KINDS.get(kind, "kind-" + kind), name))
    return sorted(lines)


def listed(path):
    with open(path, encoding="utf-8") as file:
        return [line for line in file.read().splitlines()
                if line and not line.startswith("#")]


def differ(want, have):
    """Print how they differ, and say whether they do."""
    diff = list(difflib.unified_diff(want, have, "listed", "exported",
                                     lineterm="", n=0))
    print("\n".join(diff) if diff else "%d symbols, as listed" % len(have))
    return bool(diff)


def bound(have, relocations):
    """Variables that the library reaches without asking the linker."""
    asked = set(re.findall(r"\s(\w+) \+ [0-9a-f]+$", relocations,
                           re.MULTILINE))
    names = [line.split()[1] for line in have if line.startswith("data ")]
    return [name for name in names if name not in asked]


def check(want, have, relocations):
    wrong = differ(want, have)
    for name in bound(have, relocations):
        print("%s cannot be preempted by a program's copy" % name)
        wrong = True
    return wrong


def strangers(listing):
    """Global names that an archive defines and that are not weir_'s."""
    found = set()
    for line in listing.splitlines():
        fields = line.split()
        if len(fields) >= 2 and fields[1] in "TWDBVRC" and \
                not fields[0].startswith("weir_") and \
                fields[0] not in PROBES:
            found.add(fields[0])
    return sorted(found)


def check_static(nm, archive, self_test):
    listing = output(nm, "--defined-only", "--extern-only", "--format=posix",
                     archive)
    assert re.search(r"^weir_version T", listing, re.MULTILINE), "no archive?"
    if self_test:
        assert strangers("clamp T 0 4\n") == ["clamp"], "a stranger passed"
        assert strangers("usable B 0 4\nweir_x T 0\n") == ["usable"]
        assert not strangers("weir_x_ T 0 4\nlib.a[x.o]:\n")
    for name in strangers(listing):
        print("%s is in everybody's name space" % name)
    return 1 if strangers(listing) else 0


def update(path, have):
    with open(path, "w", encoding="utf-8") as file:
        file.write("# What libweir.so exports; held by tests/abi/symbols.py\n")
        file.write("\n".join(have) + "\n")


def self_test(have, relocations):
    """One more, one less, a change of kind and a bound variable all fail."""
    other = have[0].replace("data", "function")
    for bad in (have + ["function weir_x"], have[1:], [other] + have[1:]):
        assert check(sorted(bad), have, relocations), bad
    assert any(line.startswith("data ") for line in have), "no variable"
    assert check(have, have, "none at all"), "a bound variable passed"
    assert not check(have, have, relocations), "what is right failed"


def main():
    if len(sys.argv) in (4, 5) and sys.argv[2] == "--static":
        return check_static(sys.argv[1], sys.argv[3], len(sys.argv) == 5)
    if len(sys.argv) not in (5, 6):
        print(__doc__, file=sys.stderr)
        return 2
    nm, readelf, library, path = sys.argv[1:5]
    option = sys.argv[5] if len(sys.argv) == 6 else None
    have = exported(nm, library)
    relocations = output(readelf, "--relocs", "--wide", library)
    if option == "--update":
        update(path, have)
    elif option == "--self-test":
        self_test(have, relocations)
    else:
        return 1 if check(listed(path), have, relocations) else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
