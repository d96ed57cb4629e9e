#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every notification of a collection of definitions, sent as v2c, has its name, and its varbinds theirs.

Always: each notification of mappings/notifications.txt. With $EOG_SHARED: each of
corpus/trap-definitions.jsonl with all its objects, as v2c and as the v1 trap it is by RFC 3584. Each record
must be valid OCSF and typed: system.status or more. Prints how many say more than that.
"""

import collections
import json
import os
import subprocess
import sys

TOP = os.environ.get("top_srcdir", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.environ.get("top_builddir", ".")
SHARED = os.environ.get("EOG_SHARED")
EOGCTL = os.environ.get("EOGCTL", os.path.join(BUILD, "eogctl"))
TYPED_AT_LEAST = 430
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TOP, "tests", "ocsf"))
import validate

SCHEMA = validate.Schema()


def table():
    """The table of the tree, read by other code than the gateway's: {oid: name} of each sort."""
    notifications, objects, base = {}, {}, None
    with open(os.path.join(TOP, "mappings", "notifications.txt"), encoding="ascii") as lines:
        for line in lines:
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            if len(words) == 1:
                base = words[0]
            elif words[0].startswith("."):
                (notifications if len(words) == 4 else objects)[base + words[0]] = words[1]
    return notifications, objects


def as_v2(oid, objects):
    return {"version": "v2c", "trap_oid": oid,
            "varbinds": [[o + ".3", "INTEGER", "7"] for o in objects]}


def as_v1(oid, objects):
    head, specific = oid.rsplit(".", 1)
    return {"version": "v1", "enterprise": head.removesuffix(".0"), "generic": 6,
            "specific": int(specific), "agent_addr": "192.0.2.10",
            "varbinds": [[o + ".3", "INTEGER", "7"] for o in objects]}


def decode(notifications):
    text = "".join(json.dumps(n) + "\n" for n in notifications).encode()
    command = [EOGCTL, "decode", "--data", TOP, "--input", "trap"]
    lines = subprocess.run(command, input=text, stdout=subprocess.PIPE, check=True).stdout.splitlines()
    assert len(lines) == len(notifications), f"{len(lines)} lines of {len(notifications)}"
    return lines


def kind_of(event):
    labels = event["metadata"]["labels"]
    return next(label[9:] for label in labels if label.startswith("eog.kind:"))


def check(oid, names, carried, objects, line):
    """(kind, what is wrong)"""
    event, problems = validate.check_line(SCHEMA, line)
    if event is None:
        return None, problems
    found = [str(p) for p in problems]
    kind, unmapped = kind_of(event), event.get("unmapped", {})
    texts = {unmapped.get("event.name"), event.get("message", "").split(" ")[0],
             event.get("metadata", {}).get("event_name")}
    if kind in ("none", "gateway.untranslatable"):
        found.append(f"kind {kind}")
    if not any(name in json.dumps(event) for name in names) or (
            kind == "system.status" and not texts & set(names)):
        found.append(f"none of {names} in it")
    if any(key[:-2] in objects for key in unmapped):
        found.append("a varbind without its name")
    is_unmapped = event["metadata"]["product"]["name"] == "SNMP agent"
    missing = [o for o in carried if is_unmapped and objects[o] + ".3" not in unmapped]
    if missing:
        found.append(f"varbinds are not there by name: {missing}")
    return kind, [f"{oid} {names[0]}: {text}" for text in found]


def run(what, cases, form, names, objects):
    kinds, wrong = collections.Counter(), []
    for (oid, carried), line in zip(cases, decode([form(*case) for case in cases])):
        kind, found = check(oid, names[oid], carried, objects, line)
        kinds[kind] += 1
        wrong += found
    more = sum(n for kind, n in kinds.items() if kind != "system.status")
    print(f"{what}: {len(cases)} notifications, {len(cases) - len({w.split(':')[0] for w in wrong})} named and "
          f"valid, {more} with a kind beyond system.status: "
          + ", ".join(f"{kind} {n}" for kind, n in kinds.most_common()))
    if more < TYPED_AT_LEAST:
        wrong.append(f"{what}: {more} say more than system.status, expected {TYPED_AT_LEAST}")
    return wrong


def unknown():
    """A number nobody named stays one, a varbind of a known object has its name all the same."""
    case = {"version": "v2c", "trap_oid": "1.3.6.1.4.1.32473.1.0.1", "varbinds": [
        ["1.3.6.1.2.1.2.2.1.8.3", "INTEGER", "2"], ["1.3.6.1.4.1.32473.5.0", "INTEGER", "1"]]}
    event = json.loads(decode([case])[0])
    unmapped = event.get("unmapped", {})
    seen = (kind_of(event), unmapped.get("ifOperStatus.3"), unmapped.get("1.3.6.1.4.1.32473.5.0"))
    return [] if seen == ("gateway.untranslatable", "2", "1") else [f"unknown: {seen}"]


def main():
    notifications, objects = table()
    known = list(objects)[:3]
    assert len(notifications) > 4000 and len(known) == 3
    wrong = unknown() + run("table", [(oid, known) for oid in notifications], as_v2,
                            {oid: [name] for oid, name in notifications.items()}, objects)
    path = SHARED and os.path.join(SHARED, "corpus", "trap-definitions.jsonl")
    if path and os.path.exists(path):
        with open(path, encoding="utf-8") as lines:
            definitions = [json.loads(line) for line in lines]
        names = collections.defaultdict(list)
        for d in definitions:
            names[d["oid"]].append(d["name"])
        cases = [(d["oid"], [o[2] for o in d.get("objects", []) if len(o) > 2 and o[2]]) for d in definitions]
        wrong += run("definitions, v2c", cases, as_v2, names, objects)
        # Some have a sister whose number is theirs with the 0 that RFC 3584 puts in: v1 says as much of her.
        for oid in list(names):
            head, last = oid.rsplit(".", 1)
            names[oid] = names[oid] + names.get(f"{head}.0.{last}", [])
        wrong += run("definitions, v1", cases, as_v1, names, objects)
    for text in wrong[:40]:
        print(text, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
