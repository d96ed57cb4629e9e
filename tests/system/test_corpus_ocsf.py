#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real messages through `eogctl decode --format ocsf`: one line out for each line in, each valid.

Always: lines no message should be made of (empty, binary, huge, not JSON). With $EOG_SHARED: the
vendor's messages in corpus/trendmicro, of which every line of Apex Central and Control Manager must
be typed (not status or untranslatable), CEF and notifications alike. Where the corpus tells what
another reader made of a line (.expected.json), its time must be ours, and no text that it took out
of the line may be missing in our record.
"""

import collections
import datetime
import json
import os
import subprocess
import sys

TOP = os.environ.get("top_srcdir", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.environ.get("top_builddir", ".")
CORPUS = os.path.join(os.environ.get("EOG_SHARED") or os.path.join(TOP, "..", "shared"), "corpus")
EOGCTL = os.environ.get("EOGCTL", os.path.join(BUILD, "eogctl"))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TOP, "tests", "ocsf"))
import validate

MUST_BE_TYPED = ("apex-central", "control-manager")
# How a line of these begins that must be typed.
TYPED_STARTS = (b"CEF:", b"TMCM:", b"SLF_INCIDENT_EVT_")
UNTYPED = ("none", "system.status", "gateway.untranslatable", "gateway.error")
SCHEMA = validate.Schema()


def decode(text, *options):
    command = [EOGCTL, "decode", "--data", TOP, *options]
    return subprocess.run(command, input=text, stdout=subprocess.PIPE, check=True).stdout


def count_lines(text):
    return text.count(b"\n") + (not text.endswith(b"\n") and text != b"")


def check(name, text, *options):
    """Failures, and the kinds that came out in order."""
    lines = decode(text, *options).split(b"\n")
    failures = int(lines[-1] != b"")
    if len(lines) - 1 != count_lines(text):
        print(f"{name}: {count_lines(text)} lines in, {len(lines) - 1} out")
        failures += 1
    kinds = []
    for n, line in enumerate(lines[:-1], 1):
        event, problems = validate.check_line(SCHEMA, line)
        for p in problems:
            print(f"{name}:{n}: {p.path}: {p.kind}: {p.text}")
            failures += 1
        labels = event["metadata"]["labels"] if event else ["eog.kind:none"]
        kinds.append(labels[0].removeprefix("eog.kind:"))
    return failures, kinds


def leaves(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield str(value)


def check_expected(name, text, path):
    """What another reader took from the same lines: its time, and every text of four characters on
    that stands in the line as it is (numbers it turned into its own words do not)."""
    failures, compared = 0, 0
    with open(path, encoding="utf-8") as f:
        cases = json.load(f)
    records = [json.loads(line) for line in decode(text).splitlines()]
    for case in cases:
        record = records[case["line"] - 1]
        raw = record.pop("raw_data")
        ours = [v.lower() for v in leaves(record)]
        time = case["expected"].get("@timestamp")
        if time:
            ms = datetime.datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp() * 1000
            compared += 1
            if ms != record["time"]:
                print(f"{name}:{case['line']}: time {record['time']}, expected {time}")
                failures += 1
        for text_expected in set(leaves(case["expected"])):
            if len(text_expected) < 4 or text_expected not in raw:
                continue
            compared += 1
            if not any(text_expected.lower() in v for v in ours):
                print(f"{name}:{case['line']}: lost {text_expected!r}")
                failures += 1
    print(f"{name}: {compared} of another reader's values compared, {failures} lost")
    return failures + int(compared == 0)


def check_hostile():
    failures = 0
    lines = [b"", b"\0", b"\xff\xfe", b"<192>x", b"<13>", b"<999999999999>x", b"x" * 65536, b"<34>1 - - - - - [",
             b"CEF:0|", b"CEF:0|a|b|c|d|e|f|" + b"k=v " * 20000, b"\\", b'"', b"{", b"\r", b"a\rb",
             b"<13>Oct 11 22:14:15 h t: " + "病毒".encode("gb18030"), b"%s%n", b"\x1b[31m"]
    text = b"\n".join(lines)
    failures += check("hostile", text)[0]
    failures += check("hostile, strict", text, "--strict")[0]
    failures += check("hostile, cut", text[:-3])[0]
    failures += check("nothing", b"")[0]
    bad = [b"", b"null", b"[]", b"{}", b"1", b'"ok"', b'{"input":1}',
           b'{"input":"x","input_encoding":"rot13"}', b'"\\ud800"',
           '{"input":"\\u0100","input_encoding":"latin-1"}'.encode(), b'"\\u0000"',
           b'{"input":"a\\nb"}', b"\xff", b"[" * 100000]
    failures += check("hostile JSON", b"\n".join(bad) + b"\n", "--input", "json")[0]
    traps = [b"", b"{}", b'{"version":"v2c"}',
             b'{"version":"v1","generic":6,"enterprise":"1.3","specific":-1}',
             b'{"version":"v2c","trap_oid":"1.3.6.1.6.3.1.1.5.3","varbinds":[[1]]}',
             b'{"version":"v2c","varbinds":{"a":1}}',
             b'{"version":"v2c","trap_oid":"x","varbinds":[["1.3.6",null,{"a":[]}],'
             b'["1.3.6","i",1.5],["1.3.6","t",true]]}',
             json.dumps({"version": "v2c", "trap_oid": "1.3.6.1.6.3.1.1.5.1",
                         "varbinds": [[f"1.3.6.1.{i}", "s", "x" * 90] for i in range(400)]}).encode()]
    failures += check("hostile traps", b"\n".join(traps) + b"\n", "--input", "trap")[0]
    for form in ("cef", "fields"):
        out = decode(text, "--format", form)
        if out.count(b"\n") != count_lines(text):
            print(f"{form}: {count_lines(text)} lines in, {out.count(bytes([10]))} out")
            failures += 1
    for line in decode(text, "--input", "frames").split(b"\n")[:-1]:
        if not isinstance(json.loads(line), list):
            print(f"frames: {line!r} is no array")
            failures += 1
    print(f"hostile: {failures} failures")
    return failures


def check_corpus():
    failures, n = 0, 0
    for folder in sorted(os.listdir(os.path.join(CORPUS, "trendmicro"))):
        path = os.path.join(CORPUS, "trendmicro", folder)
        for name in sorted(os.listdir(path)) if os.path.isdir(path) else []:
            if not name.endswith((".log", ".txt", ".jsonl")):
                continue
            with open(os.path.join(path, name), "rb") as f:
                text = f.read()
            found, kinds = check(f"{folder}/{name}", text)
            untyped = [i for i, kind in enumerate(kinds) if kind in UNTYPED]
            if folder in MUST_BE_TYPED:
                lines = text.split(b"\n")
                for i in [i for i in untyped if any(start in lines[i] for start in TYPED_STARTS)]:
                    print(f"{folder}/{name}:{i + 1}: not typed: {lines[i][:120]!r}")
                    found += 1
                n += len(kinds)
                expected = os.path.join(path, name.rsplit(".", 1)[0] + ".expected.json")
                if os.path.exists(expected):
                    found += check_expected(f"{folder}/{name}", text, expected)
            print(f"{folder}/{name}: {len(kinds)} lines, {len(kinds) - len(untyped)} typed, "
                  f"{dict(collections.Counter(kinds))}")
            failures += found
    if n < 20:
        print("too little was read")
        failures += 1
    return failures


def main():
    if not os.access(EOGCTL, os.X_OK):
        print(f"{EOGCTL} is not built")
        return 1
    failures = check_hostile()
    if os.path.isdir(os.path.join(CORPUS, "trendmicro")):
        failures += check_corpus()
    else:
        print(f"SKIPPED: the vendor's messages (no corpus in {CORPUS})")
    return 1 if failures else 0


sys.exit(main())
