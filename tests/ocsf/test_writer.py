#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway's OCSF writer against the schema: what test_ocsf prints must be valid, every line.

Run in the build folder (make check does). Also compares kinds.def with event-map.json, and the
writer's own checks of addresses with Python's.
"""

import collections
import ipaddress
import json
import os
import random
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import validate

PROGRAM = os.environ.get("TEST_OCSF", "./tests/gateway/schema/test_ocsf")


def run(*arguments, text=b""):
    return subprocess.run([PROGRAM, *arguments], input=text, stdout=subprocess.PIPE, check=True).stdout


def check_events(schema):
    """Every event valid, and every class of the map reached in its own right."""
    failures, classes, kinds = 0, collections.Counter(), set()
    lines = run("--print").split(b"\n")[:-1]
    for n, line in enumerate(lines, 1):
        event, problems = validate.check_line(schema, line)
        for p in problems:
            failures += 1
            if failures <= 20:
                print(f"{n}: {p.path}: {p.kind}: {p.text}: {line[:160]!r}")
        if event:
            classes[event["class_uid"]] += 1
            kinds.add(event["metadata"]["labels"][0])
    print(f"{len(lines)} events, {len(kinds)} kinds, {len(classes)} classes, {failures} problems")
    if len(kinds) < 60 or len(classes) < 16:
        print("too little was printed")
        failures += 1
    return failures


def check_kinds():
    with open(os.path.join(validate.HERE, "1.8.0", "event-map.json"), encoding="utf-8") as f:
        expected = {k["kind"]: (k["class_uid"], k["activity_id"]) for k in json.load(f)["kinds"]}
    have = {}
    for line in run("--kinds").decode().splitlines():
        kind, class_uid, activity_id = line.split()
        have[kind] = (int(class_uid), int(activity_id))
    failures = 0
    for kind, value in expected.items():
        if have.get(kind) != value:
            print(f"{kind}: kinds.def has {have.get(kind)}, event-map.json {value}")
            failures += 1
    print(f"{len(expected)} kinds of event-map.json compared, {failures} differ")
    return failures + (len(expected) < 45)


def addresses():
    dice = random.Random(8)
    yield from ("192.0.2.1", "0.0.0.0", "255.255.255.255", "256.1.1.1", "1.2.3", "1.2.3.4.", "01.2.3.4", "::", "::1",
                "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":1", "1:", ":::", "::1:",
                "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:192.0.2.1", "::192.0.2.1", "::ffff:192.0.2.1",
                "1:2:3:4:5:6:7:192.0.2.1", "::192.0.2.256", "12345::", "fe80::1%eth0", "fe80::1%", "g::", "", "-", " ")
    for _ in range(2000):
        number = dice.getrandbits(128) & dice.getrandbits(128) & dice.getrandbits(128)
        address = ipaddress.IPv6Address(number)
        yield address.compressed
        yield address.exploded
        yield str(ipaddress.IPv4Address(dice.getrandbits(32)))
    for _ in range(4000):
        yield "".join(dice.choice("0123456789abf::::....") for _ in range(dice.randrange(2, 24)))


def others():
    yield from ("00:1A:2b:3c:4d:5e", "00-1A-2b-3c-4d-5e", "001A.2b3c.4d5e", "00:1A:2b:3c:4d", "00:1A:2b:3c:4d:5g",
                "a@b.c", "a@b", "@b.c", "a@", "a b@c.d", "a@b..c", "a@.b", "a@b.", "A.b+c@x-y.example.com", "a,b@c.d",
                "a@b_c.d", "\u00e9@b.c", "a@b@c.d")
    dice = random.Random(9)
    for _ in range(4000):
        yield "".join(dice.choice("aZ09@@..-_+ ,!~\"(") for _ in range(dice.randrange(3, 12)))


def check_checks(schema):
    """Whatever ours accept, the schema accepts; of addresses that Python accepts we refuse none."""
    values = list(dict.fromkeys([*addresses(), *others()]))
    answers = run("--checks", text="".join(v + "\n" for v in values).encode()).decode().split("\n")[:-1]
    failures = int(len(answers) != len(values))
    for value, answer in zip(values, answers):
        ours = dict(zip(("ip_t", "mac_t", "email_t"), (a == "1" for a in answer)))
        schemas = {name: bool(schema.regexes[name].search(value)) for name in ours}
        wrong = [name for name in ours if ours[name] and not schemas[name]]
        wrong += [name for name in ("mac_t", "email_t") if schemas[name] and not ours[name]]
        if ours["ip_t"] != is_address(value):
            wrong.append("ip_t as Python reads it")
        for name in wrong:
            print(f"{name}: {value!r}: ours {ours}, the schema's {schemas}")
            failures += 1
    print(f"{len(values)} texts, {failures} disagreements")
    return failures


def is_address(value):
    try:
        return bool(ipaddress.ip_address(value)) or True
    except ValueError:
        return False


def main():
    schema = validate.Schema()
    failures = check_events(schema) + check_kinds() + check_checks(schema)
    return 1 if failures else 0


sys.exit(main())
