#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
"""Every source names its licence and holder in its first lines."""

import os
import re
import sys

import lint

NAMED = re.compile(r"(CMakeLists\.txt|\.(c|h|cc|cpp|hpp|py|sh|cmake|in|map|gp|"
                   r"gnuplot|css|js))$")
LINES = ("SPDX-License-Identifier: MIT",
         "SPDX-FileCopyrightText: 2026 The weir authors")


def is_source(tree, path):
    if NAMED.search(path):
        return True
    if os.path.splitext(path)[1]:
        return False
    return tree.text(path).startswith("#!")


def check(tree):
    for path in tree.paths:
        if is_source(tree, path):
            top = tree.text(path).split("\n")[:5]
            for wanted in LINES:
                if not any(wanted in line for line in top):
                    yield path, 1, "'%s' is missing at the top" % wanted


TOP = "/* %s\n * %s */\n" % LINES
CASES = [
    ("good tree", {"src/a.c": TOP, "README.md": "", "data.json": "{}",
                   "scripts/test": "#!/bin/bash\n# %s\n# %s\n" % LINES}, None),
    ("no lines in C", {"src/a.c": "int x;\n"}, "License-Identifier"),
    ("no holder", {"src/a.c": TOP.replace(LINES[1], "")}, "CopyrightText"),
    ("no lines in a script", {"scripts/test": "#!/bin/bash\n"},
     "License-Identifier"),
    ("too far down", {"src/a.c": "\n" * 9 + TOP}, "License-Identifier"),
    ("another licence", {"src/a.c": TOP.replace("MIT", "GPL-2.0")},
     "License-Identifier"),
]

if __name__ == "__main__":
    sys.exit(lint.main(check, CASES))
