#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""Users' programs under ThreadSanitizer: right uses are not reported, races
and wrong lock orders beside the library's objects are.

The programs of this folder are compiled with -fsanitize=thread whatever the
build they are run from, and linked with a library that was compiled with it
and with one that was not.  The last round, in which the annotations are left
out, must report right uses as races: it proves that the rounds before could
have failed.

usage: run.py CC WRAPPER SOURCE_DIR SOURCES URCU_INCLUDE URCU PROGRAM...
  WRAPPER  runs a program (scripts/lib/no-aslr)
  SOURCES  of the library, below SOURCE_DIR, with commas between them
  URCU     the libraries of liburcu, with commas between them
  PROGRAM  a source in this folder
"""

import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SKIPPED = 77
TSAN = "-fsanitize=thread"
BASE = ["-std=c11", "-D_GNU_SOURCE", "-g", "-pthread", "-Wall", "-Wextra",
        "-Wpedantic", "-Wno-tsan", "-Wno-unknown-warning-option", "-Werror"]
OPTIONS = "halt_on_error=1:exitcode=66:second_deadlock_stack=1"

# name, library, flags of the programs, the programs if not all
ROUNDS = (
    ("ordinary library, -O2", "ordinary", ["-O2"], ()),
    ("ordinary library, -O0", "ordinary", ["-O0"], ()),
    ("ordinary library, owned", "ordinary", ["-O2", "-DWEIR_TSAN_OWNED"],
     ("mutex", "rmutex", "cond")),
    ("instrumented library, -O1", "instrumented", ["-O1"], ()),
    ("instrumented library, not annotated", "instrumented",
     ["-O1", "-DWEIR_NO_ANNOTATIONS"], ()),
)
# What needs the annotations, and is a false alarm without them.
BLIND = {"mutex": ("tried", "timed"), "rmutex": ("contended", "timed"),
         "cond": ("turns", "timed"), "rwlock": ("tried", "timed"),
         "barrier": ("phases", "action"), "queue": ("large", "batches"),
         "sem": ("woken", "at_once"), "event": ("woken",),
         "latch": ("arrivals", "waited"), "once": ("called",),
         "seqlock": ("writers", "cancelled"), "thread": ("results", "polled"),
         "timer": ("joined", "periodic"), "token": ("looked", "ended", "got"),
         "wait_any": ("locked", "each", "put")}


class Failure(Exception):
    pass


def call(command, **more):
    return subprocess.run(command, capture_output=True, text=True,
                          errors="replace", check=False, **more)


def compile_(cc, flags, inputs, output):
    command = [cc, *BASE, *flags, "-o", output, *inputs]
    result = call(command)
    if result.returncode != 0:
        raise Failure(" ".join(command) + "\n" + result.stderr)


def why_not(cc, wrapper, folder):
    """Why this machine cannot run this test; None if it can."""
    source = os.path.join(folder, "probe.c")
    program = os.path.join(folder, "probe")
    with open(source, "w", encoding="utf-8") as file:
        file.write("#include <sanitizer/tsan_interface.h>\n"
                   "int main(void) { return 0; }\n")
    try:
        compile_(cc, [TSAN], [source], program)
    except Failure as failure:
        return "%s has no ThreadSanitizer\n%s" % (cc, failure)
    result = call([wrapper, program])
    if result.returncode != 0:
        return "ThreadSanitizer does not run here\n" + result.stderr
    return None


def build(cc, top, sources, urcu, folder):
    """Both libraries, as paths by name."""
    include = ["-I", os.path.join(top, "include"),
               "-I", os.path.join(top, "src"), "-isystem", urcu[0]]
    inputs = [os.path.join(top, source) for source in sources] + urcu[1:]
    libraries = {}
    for name, flags in (("ordinary", []), ("instrumented", [TSAN])):
        place = os.path.join(folder, name)
        os.mkdir(place)
        libraries[name] = place
        compile_(cc, ["-O2", "-fPIC", "-shared", "-fvisibility=hidden",
                      "-DWEIR_NO_ANNOTATIONS", *flags, *include],
                 inputs, os.path.join(place, "libweir.so"))
    return libraries


def found(result):
    """What the sanitizer says, in a word or two."""
    match = re.search(r"WARNING: ThreadSanitizer: ([^(\n]+)", result.stderr)
    if match:
        return match.group(1).strip()
    return "nothing" if result.returncode == 0 else "no report, status %d" % (
        result.returncode)


class Runner:
    def __init__(self, cc, wrapper, top, programs, libraries, folder):
        self.cc, self.wrapper, self.top = cc, wrapper, top
        self.programs = programs
        self.libraries, self.folder = libraries, folder
        self.pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
        self.failed = 0

    def program(self, name, number, library, flags):
        path = os.path.join(self.folder, "%s-%d" % (name, number))
        place = self.libraries[library]
        compile_(self.cc, [TSAN, *flags, "-I", os.path.join(self.top, "include")],
                 [os.path.join(HERE, name + ".c"), "-L", place, "-lweir",
                  "-Wl,-rpath," + place], path)
        return path

    def case(self, path, case):
        environment = dict(os.environ, TSAN_OPTIONS=OPTIONS)
        return call([self.wrapper, path, case], env=environment)

    def cases(self, path):
        listed = call([self.wrapper, path, "--list"])
        if listed.returncode != 0 or not listed.stdout:
            raise Failure("no list: " + listed.stderr)
        return [line.split(": ") for line in listed.stdout.splitlines()]

    def round(self, name, jobs):
        """jobs: (program, path, case, what must be found)."""
        print("== %s" % name, flush=True)
        results = self.pool.map(lambda job: self.case(*job[1:3]), jobs)
        for (program, _, case, wanted), result in zip(jobs, results):
            got = found(result)
            good = got == wanted
            print("%s  %s: %s: %s" % ("ok  " if good else "FAIL", program,
                                      case, got))
            if not good:
                self.failed += 1
                print("must find: %s\n%s" % (wanted, result.stderr))

    def run(self):
        rounds = list(ROUNDS) + [(
            "ordinary library, not annotated: false alarms", "ordinary",
            ["-O2", "-DWEIR_NO_ANNOTATIONS"], tuple(BLIND))]
        wanted = [(program, number, library, flags)
                  for number, (_, library, flags, programs) in enumerate(rounds)
                  for program in programs or self.programs]
        paths = {job[:2]: path for job, path in zip(
            wanted, self.pool.map(lambda job: self.program(*job), wanted))}
        for number, (name, _, _, programs) in enumerate(rounds):
            jobs = []
            for program in programs or self.programs:
                path = paths[program, number]
                if number < len(ROUNDS):
                    cases = self.cases(path)
                else:
                    cases = [(case, "data race") for case in BLIND[program]]
                jobs += [(program, path, *case) for case in cases]
            self.round(name, jobs)
        return 1 if self.failed else 0


def main():
    if len(sys.argv) < 8:
        print(__doc__, file=sys.stderr)
        return 2
    cc, wrapper, top, sources = sys.argv[1:5]
    urcu = [sys.argv[5]] + sys.argv[6].split(",")
    programs = [os.path.splitext(name)[0] for name in sys.argv[7:]]
    with tempfile.TemporaryDirectory() as folder:
        reason = why_not(cc, wrapper, folder)
        if reason:
            print("SKIPPED: " + reason)
            return SKIPPED
        try:
            libraries = build(cc, top, sources.split(","), urcu, folder)
            return Runner(cc, wrapper, top, programs, libraries, folder).run()
        except Failure as failure:
            print("FAIL: %s" % failure)
            return 1


if __name__ == "__main__":
    sys.exit(main())
