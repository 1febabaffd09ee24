# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""What the lints share: walking the tree, telling code from comments, and a
main() that either checks a tree or proves on bad input that the lint fails.

A lint is a function check(tree) that yields findings (path, line, sentence),
and a list of CASES: (name, {path: text}, substring of the finding expected,
or None where the input is good).
"""

import os
import re
import sys
import tempfile

SKIPPED_DIRS = {"build", "__pycache__"}
CODE = (".c", ".h", ".cc", ".cpp", ".hpp")


class Tree:
    """The files under a directory, read once each, paths relative to it."""

    def __init__(self, root):
        self.root = root
        self.paths = []
        for folder, dirs, names in os.walk(root):
            # Dot directories are tools' own, except the one with our CI.
            dirs[:] = sorted(d for d in dirs if d not in SKIPPED_DIRS
                             and (d == ".ci" or not d.startswith(".")))
            for name in sorted(names):
                full = os.path.join(folder, name)
                self.paths.append(os.path.relpath(full, root))
        self._texts = {}

    def text(self, path):
        if path not in self._texts:
            with open(os.path.join(self.root, path), encoding="utf-8",
                      errors="replace") as file:
                self._texts[path] = file.read()
        return self._texts[path]

    def code(self, *prefixes):
        """Paths of C and C++ files below any of the prefixes."""
        return [p for p in self.paths
                if p.endswith(CODE) and p.startswith(prefixes or ("",))]


TOKEN = re.compile(
    r"""//[^\n]* | /\*.*?\*/ | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'""",
    re.VERBOSE | re.DOTALL)


def split(text):
    """Two texts with the lines of the first: its code alone (comments and
    what strings hold blanked) and its comments alone."""
    code, comments, at = [], [], 0

    def blank(piece):
        return re.sub(r"[^\n]", " ", piece)

    for match in TOKEN.finditer(text):
        before, token = text[at:match.start()], match.group()
        code.append(before)
        comments.append(blank(before))
        if token.startswith("/"):
            code.append(blank(token))
            comments.append(token)
        else:
            code.append(token[0] + blank(token[1:-1]) + token[-1])
            comments.append(blank(token))
        at = match.end()
    code.append(text[at:])
    comments.append(blank(text[at:]))
    return "".join(code), "".join(comments)


def code_lines(text):
    return split(text)[0].split("\n")


def _self_test(check, cases):
    wrong = 0
    for name, files, expected in cases:
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                full = os.path.join(root, path)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, "w", encoding="utf-8") as file:
                    file.write(text)
            findings = ["%s:%d: %s" % f for f in check(Tree(root))]
        if expected is None:
            good = not findings
        else:
            good = any(expected in f for f in findings)
        print("%s  %s" % ("ok  " if good else "FAIL", name))
        if not good:
            wrong += 1
            print("      expected: %s" % (expected or "no finding"))
            print("      found:    %s" % (findings or "nothing"))
    return 1 if wrong else 0


def main(check, cases):
    if len(sys.argv) != 2:
        print("usage: %s ROOT | --self-test" % sys.argv[0], file=sys.stderr)
        return 2
    if sys.argv[1] == "--self-test":
        return _self_test(check, cases)
    tree = Tree(sys.argv[1])
    findings = sorted(set(check(tree)))
    for path, line, sentence in findings:
        print("%s:%d: %s" % (path, line, sentence))
    print("%d findings in %d files" % (len(findings), len(tree.paths)))
    return 1 if findings else 0
