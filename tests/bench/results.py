# SPDX-License-Identifier: GPL-3.0-or-later
"""RESULTS.md as a head and sections, so that a run of some of them keeps the others."""
import os
import re


def split(text):
    """The head, then heading -> section with its heading, in the file's order."""
    head, *parts = re.split(r"^(?=## )", text, flags=re.M)
    return head, {part.split("\n", 1)[0]: part.rstrip() + "\n" for part in parts}


def with_origin(text, origin):
    """text is sections alone: each says under its heading where its figures come from."""
    return re.sub(r"^(## .*\n)\n", rf"\1\n{origin}\n\n", text, flags=re.M)


def update(path, text):
    """Put the sections of text in place of those of their names in the file, new ones last."""
    kept = {}
    if os.path.exists(path):
        with open(path) as file:
            kept = split(file.read())[1]
    head, made = split(text)
    kept.update(made)
    with open(path, "w") as out:
        out.write("\n".join([head.rstrip() + "\n", *kept.values()]))
