#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The validator itself: accepts every good example, refuses every bad one for the right reason."""

import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import validate


def read(name):
    with open(os.path.join(validate.HERE, "1.8.0", name), encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def main():
    schema, failures = validate.Schema(), 0
    good, bad = read("examples.jsonl"), read("bad-examples.jsonl")
    for i, event in enumerate(good):
        for p in schema.check(event):
            print(f"example {i + 1}: {p}")
            failures += not p.is_warning
    for i, case in enumerate(bad):
        found = [(p.path, p.kind) for p in schema.check(case["event"]) if not p.is_warning]
        if tuple(case["expect"]) not in found:
            print(f"bad example {i + 1}: expected {case['expect']}, found {found}")
            failures += 1
    for line in (b"", b"[]", b"{", b'{"a":1,"a":2}', b'{"a":"\xff"}', b'{"a":NaN}', b"null"):
        if not any(not p.is_warning for p in validate.check_line(schema, line)[1]):
            print(f"accepted: {line!r}")
            failures += 1
    print(f"{len(good)} good, {len(bad)} bad, {failures} failures")
    return 1 if failures or len(good) < 29 or len(bad) < 24 else 0


sys.exit(main())
