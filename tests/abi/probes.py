#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""The USDT probes of libweir.so, as `readelf -n` lists them: each that
weir/trace.h names is there, by the provider weir and with two arguments in
registers, no other is, and each stands on a nop.

usage: probes.py READELF LIBRARY HEADER [--self-test]
"""

import re
import subprocess
import sys

# One probe, as readelf prints it.
PROBE = re.compile(
    r"stapsdt\s.*?Provider: (\S+)\s+Name: (\S+)\s+Location: 0x([0-9a-f]+), "
    r"Base: 0x([0-9a-f]+), Semaphore: 0x([0-9a-f]+)\s+Arguments: ([^\n]*)",
    re.DOTALL)
NAMES = re.compile(r"on x86-64 and AArch64:([^.]*)\.")
ARGUMENTS = re.compile(r"^8@%?\w+ 8@%?\w+$")
# What x86-64 and AArch64 have for it.
NOPS = (b"\x90", b"\x1f\x20\x03\xd5")


def output(*command):
    return subprocess.run(command, capture_output=True, text=True,
                          check=True).stdout


def promised(header):
    text = re.sub(r"\n \*", " ", NAMES.search(header).group(1))
    return {name.strip() for name in text.split(",")}


def file_offset(segments, address):
    """Where in the file the byte at an address is."""
    for offset, start, size in segments:
        if start <= address < start + size:
            return offset + address - start
    return None


def segments_of(text):
    """(offset, address, size) of what is loaded."""
    return [tuple(int(n, 16) for n in found) for found in re.findall(
        r"LOAD\s+0x([0-9a-f]+) 0x([0-9a-f]+) 0x[0-9a-f]+ 0x([0-9a-f]+)",
        text)]


def check(notes, header, segments, content):
    wrong = []
    found = set()
    for provider, name, where, base, semaphore, arguments in \
            PROBE.findall(notes):
        found.add(name)
        offset = file_offset(segments, int(where, 16))
        if provider != "weir":
            wrong.append("%s: a probe of %s" % (name, provider))
        if not ARGUMENTS.match(arguments.strip()):
            wrong.append("%s: arguments %s" % (name, arguments))
        if int(base, 16) == 0 or int(semaphore, 16) != 0:
            wrong.append("%s: base %s, semaphore %s" % (name, base, semaphore))
        if offset is None or not content[offset:].startswith(NOPS):
            wrong.append("%s: no nop at %s" % (name, where))
    wrong += ["%s is not there" % name for name in promised(header) - found]
    wrong += ["%s is not promised" % name for name in found - promised(header)]
    return wrong


def self_test(notes, header, segments, content):
    assert not check(notes, header, segments, content)
    assert check(notes.replace("Provider: weir", "Provider: x", 1), header,
                 segments, content), "another provider passed"
    assert check(notes.replace("Name: wake", "Name: woke"), header, segments,
                 content), "another name passed"
    assert check(notes, header, segments, bytes(len(content))), "no nop passed"
    assert check("", header, segments, content), "no probes at all passed"


def main():
    if len(sys.argv) not in (4, 5):
        print(__doc__, file=sys.stderr)
        return 2
    readelf, library, header = sys.argv[1:4]
    notes = output(readelf, "--notes", "--wide", library)
    segments = segments_of(output(readelf, "--segments", "--wide", library))
    with open(header, encoding="utf-8") as file:
        text = file.read()
    with open(library, "rb") as file:
        content = file.read()
    if len(sys.argv) == 5:
        self_test(notes, text, segments, content)
        return 0
    wrong = check(notes, text, segments, content)
    print("\n".join(wrong) or "%d probes" % len(PROBE.findall(notes)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
