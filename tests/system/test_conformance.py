#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parsers against others' test suites, through `eogctl decode --format fields`.

Reads $EOG_SHARED/corpus: syslog-conformance.jsonl, cef-leef-conformance.jsonl, traps.jsonl; how the
cases are meant stands beside them in CONFORMANCE.md. Prints agreement a suite and each disagreement
with its id. Cases of the RFCs and of go-syslog are the standard and must all hold; those of
rsyslog, syslog-ng, beats and fluentd show what lenient receivers do, which differ among each other.
Exit: 0, 1 below the bars at the end, 77 without the corpus.
"""

import collections
import datetime
import json
import os
import re
import subprocess
import sys

TOP = os.environ.get("top_srcdir", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.environ.get("top_builddir", ".")
CORPUS = os.path.join(os.environ.get("EOG_SHARED") or os.path.join(TOP, "..", "shared"), "corpus")
EOGCTL = os.environ.get("EOGCTL", os.path.join(BUILD, "eogctl"))

# Share of cases that must hold; never lowered.
BARS = {"standard": 1.0, "lenient": 0.95, "framing": 1.0, "CEF": 0.97, "LEEF": 0.95, "trap": 1.0,
        "RFC 3584": 1.0}
# RFC 5424 section 6.3.3 against go-syslog: a backslash before another character is kept, not refused.
AGAINST_RFC = {"sys-influxdata-go-syslog-116"}
LENIENT = ("rsyslog", "syslog-ng", "elastic", "fluent")

# Where we differ, and why: a line a case, or all of its end that is a pattern. With these, nearly all
# must hold (EXPLAINED).
EXPLAINED = 0.98
REASONS = [
    (r"beats-fork-andrewkro-038", "'word: text' behind a time is a program that names no host: of such lines "
     "of gear in the corpus all but addresses and ASAs are; nothing tells this word from theirs"),
    (r"syslog-ng-syslog-ng-031", "a number in brackets behind a tag is its process id, however long"),
    (r"syslog-ng-syslog-ng-057", "an SD-ELEMENT without parameters is there (RFC 5424, 6.3.1), as go-syslog has it"),
    (r"rsyslog-rsyslog-011", "syslogd's mark is a text; rsyslog takes its '--' for a program"),
    (r"fluentd-009", "'test foo:bar': the same form as beats' 'mon message', which is text there"),
    (r"vrl-10", "\\r is a carriage return"),
    (r"elastic-beats-35", "blanks at the end of a value are stripped, as vrl does"),
    (r"metron-04", "sev=6 and cn1 are separate in the message; upstream's reader ran on"),
]

# Cases that nobody can hold together with the other: the same form, another answer.
CONTRADICTED = {
    "sys-syslog-ng-syslog-ng-031": "sys-syslog-ng-syslog-ng-042",
    "sys-syslog-ng-syslog-ng-057": "sys-influxdata-go-syslog-087",
    "sys-fluent-fluentd-009": "sys-elastic-beats-fork-andrewkro-002",
    "cef-elastic-beats-35": "cef-vectordotdev-vrl-11",
    "cef-vectordotdev-vrl-10": "cef-logstash-plugins-logstas-07",
}
# Of syslog, framing, CEF and LEEF together, without these.
ALL_BAR = 0.99


def reason(case):
    return next((why for pattern, why in REASONS if re.search(pattern + "$", case["id"])), None)


def decode(lines, *options):
    """One answer a line, or the program broke its promise."""
    command = [EOGCTL, "decode", "--data", TOP, *options]
    text = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    answer = subprocess.run(command, input=text, stdout=subprocess.PIPE, check=True).stdout
    answers = [json.loads(line) for line in answer.split(b"\n")[:-1]]
    if len(answers) != len(lines):
        sys.exit(f"{' '.join(command)}: {len(lines)} lines in, {len(answers)} out")
    return answers


def read(name):
    with open(os.path.join(CORPUS, name), encoding="utf-8") as f:
        return [json.loads(line) for line in f]


# ---- syslog ----

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
BSD_TIME = re.compile(r"([A-Z][a-z]{2}) +(\d+) (?:(\d{4}) )?(\d\d:\d\d:\d\d)$")
TIME = re.compile(r"(?:(\d{4})-)?(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)?$")


def as_iso(text):
    """"Aug  7 06:30:00" and milliseconds since 1970 in the form of the others."""
    found = BSD_TIME.match(text or "")
    if found and found[1] in MONTHS:
        year = found[3] + "-" if found[3] else ""
        return f"{year}{MONTHS.index(found[1]) + 1:02}-{int(found[2]):02}T{found[4]}"
    if re.fullmatch(r"\d{13}", text or ""):
        time = datetime.datetime.fromtimestamp(int(text) / 1000, datetime.timezone.utc)
        return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return text


def instant(text, has_year, has_zone):
    """Comparable form of a time: in UTC where both have a zone; to the millisecond."""
    found = TIME.match(text or "")
    if not found:
        return text
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    time = datetime.datetime(int(year or 2000), int(month), int(day), int(hour), int(minute), min(int(second), 59),
                             int(((fraction or "") + "000")[:3]) * 1000)
    if zone and zone != "Z" and has_zone:
        sign = -1 if zone[0] == "+" else 1
        time += sign * datetime.timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return time.isoformat() if year and has_year else time.isoformat()[5:]


def same_time(ours, theirs):
    ours, theirs = as_iso(ours), as_iso(theirs)
    has_year = all(re.match(r"\d{4}-\d\d-", t or "") for t in (ours, theirs))
    has_zone = has_year and all(re.search(r"(Z|[+-]\d\d:?\d\d)$", t) for t in (ours, theirs))
    return instant(ours, has_year, has_zone) == instant(theirs, has_year, has_zone)


def same_text(key, ours, theirs, case):
    ours, theirs = ours or "", theirs or ""
    if key == "msg":
        ours, theirs = ours.lstrip("\ufeff"), theirs.lstrip("\ufeff")
        if "raw_tag" in case:
            ours, theirs = ours.removeprefix(" "), theirs.removeprefix(" ")
    return ours == theirs


def unescape(value):
    """Some expectations still hold the escapes of the message (RFC 5424 section 6.3.3)."""
    if isinstance(value, dict):
        return {k: unescape(v) for k, v in value.items()}
    return re.sub(r'\\([\\"\]])', r"\1", value) if isinstance(value, str) else value


def syslog_differences(case, seen, expect):
    found = []
    for key, theirs in expect.items():
        ours = seen["syslog"].get(key)
        if key == "timestamp":
            same = case.get("timestamp_checked") is False or same_time(ours, theirs)
        elif isinstance(theirs, str) or isinstance(ours, str):
            same = same_text(key, ours, theirs, case)
        else:
            same = (ours or None) == (theirs or None) or ours == theirs
            same = same or (key == "structured_data" and ours == unescape(theirs))
        if not same:
            found.append(f"{key}: {ours!r}, expected {theirs!r}")
    return found


def check_syslog(report):
    cases = [c for c in read("syslog-conformance.jsonl") if c.get("kind") != "framing"]
    loose = decode(cases, "--input", "json", "--format", "fields")
    strict = decode(cases, "--input", "json", "--format", "fields", "--strict")
    for case, seen, refused in zip(cases, loose, strict):
        suite = "lenient" if case["source"].startswith(LENIENT) else "standard"
        if "expect_error" in case:
            is_fine = refused["error"] or case["id"] in AGAINST_RFC
            found = [] if is_fine else ["a strict reader must refuse it"]
        else:
            found = syslog_differences(case, seen, case["expect"])
            for other in case.get("also", []): # what else it may be; the text then begins elsewhere
                same = {k: case["expect"][k] for k in ("pri", "facility", "severity", "version")}
                if not syslog_differences(case, seen, {**same, **other}):
                    found = []
            if suite == "standard" and refused["error"] and "also" not in case:
                found.append(f"refused when strict: {refused['error']}")
        report(suite, case, found)


def check_framing(report):
    cases = [c for c in read("syslog-conformance.jsonl") if c.get("kind") == "framing"]
    for case, seen in zip(cases, decode(cases, "--input", "frames")):
        frames = [f for f in seen if isinstance(f, str)]
        found = [] if frames == case["expect_frames"] else [f"{frames}, expected {case['expect_frames']}"]
        if "expect_error" in case and len(frames) == len(seen):
            found.append("no damage reported")
        report("framing", case, found)


# ---- CEF and LEEF ----

def resolve_labels(extensions):
    resolved = dict(extensions)
    for key, value in extensions.items():
        if key + "Label" in extensions:
            resolved[extensions[key + "Label"]] = value
    return resolved


def same_value(ours, theirs):
    """Typed values of some suites against our text."""
    if isinstance(theirs, bool):
        return str(ours).lower() == str(theirs).lower()
    if isinstance(theirs, (int, float)) and ours is not None:
        try:
            return float(ours) == float(theirs)
        except ValueError:
            return False
    if ours and isinstance(theirs, str) and TIME.match(theirs):
        return same_time(ours, theirs)
    return (ours or "") == ("" if theirs in (None, "None") else theirs)


def cef_differences(case, seen):
    header, extensions = seen["header"], seen["extensions"]
    found = [f"header {key}: {header.get(key)!r}, expected {theirs!r}"
             for key, theirs in case["expect"]["header"].items()
             if not same_value(header.get(key), theirs)]
    expected = case["expect"]["extensions"]
    if expected is None:
        return found  # keys by their full names and values typed: another layer's work
    if case.get("labelled"):
        extensions = resolve_labels(extensions)
    found += [f"{key}: {extensions.get(key)!r}, expected {theirs!r}"
              for key, theirs in expected.items() if not same_value(extensions.get(key), theirs)]
    if not case.get("extensions_partial"):
        found += [f"{key}: {value!r}, not expected"
                  for key, value in extensions.items() if value and key not in expected]
    for key, theirs in case.get("syslog", {}).items():
        ours = seen["syslog"].get(key)
        if not (same_time(ours, theirs) if key == "timestamp" else ours == theirs):
            found.append(f"syslog {key}: {ours!r}, expected {theirs!r}")
    return found


def check_cef(report):
    cases = read("cef-leef-conformance.jsonl")
    loose = decode(cases, "--input", "json", "--format", "fields")
    strict = decode(cases, "--input", "json", "--format", "fields", "--strict")
    for case, seen, refused in zip(cases, loose, strict):
        if "expect_error" in case and "prefer accept" in case.get("note", ""):
            found = ["refused"] if refused["error"] or seen["error"] else []
        elif "expect_error" in case:
            found = [] if refused["error"] else ["a strict reader must refuse it"]
        else:
            found = cef_differences(case, seen)
            if seen["format"] != case["format"].lower():
                found = [f"read as {seen['format']}"]
        report(case["format"], case, found)


# ---- notifications ----

def check_traps(report):
    cases = [c for c in read("traps.jsonl") if "kind" not in c]
    for case, seen in zip(cases, decode(cases, "--input", "trap", "--format", "fields")):
        header, found = seen["header"], []
        if seen["format"] != "varbinds" or seen["error"]:
            found.append(f"read as {seen['format']}: {seen['error']}")
        # JUNIPER-MIB's v1 traps lack the 0 that RFC 3584 puts in: its own MIB is the exception.
        standard = {case["trap_oid"], case.get("as_v2", {}).get("trap_oid", case["trap_oid"])}
        if case["version"] == "v1" and case["generic"] == 6:
            standard.add(f"{case['enterprise']}.0.{case['specific']}")
        if case["trap_oid"] and header.get("trap_oid") not in standard:
            found.append(f"trap_oid {header.get('trap_oid')}, expected {case['trap_oid']}")
        expected = {}
        for oid, _, value, *_ in case["varbinds"]:
            expected.setdefault(oid.lstrip("."), "" if value is None else str(value))
        found += [f"{oid}: {seen['extensions'].get(oid)!r}, expected {value!r}"
                  for oid, value in expected.items() if seen["extensions"].get(oid) != value]
        report("trap", case, found)


def check_directions(report):
    """RFC 3584: a v1 trap and the v2 one it becomes have one name (3.1); the v1 trap that a v2 one
    becomes (3.2) says its enterprise and number, which is all that v1 keeps of the name."""
    cases, others = [], []
    for case in read("traps.jsonl"):
        if case.get("as_v2"):
            cases.append((case, case["as_v2"]["trap_oid"]))
            others.append({"version": "v2c", **case["as_v2"]})
        if case.get("as_v1"):
            v1 = case["as_v1"]
            cases.append((case, case["trap_oid"] if v1["generic"] < 6 else f"{v1['enterprise']}.0.{v1['specific']}"))
            others.append({"version": "v1", "agent_addr": "192.0.2.10", "varbinds": [], **v1})
    for (case, expected), seen in zip(cases, decode(others, "--input", "trap", "--format", "fields")):
        name = seen["header"].get("trap_oid")
        found = [] if name == expected else [f"trap_oid {name}, expected {expected}"]
        if seen["error"]:
            found.append(seen["error"])
        if case.get("as_v2") and seen["header"].get("agent_addr") != case["agent_addr"]:
            found.append(f"agent_addr {seen['header'].get('agent_addr')}, expected {case['agent_addr']}")
        report("RFC 3584", case, found)


def main():
    if not os.path.isdir(CORPUS):
        print(f"SKIP: no corpus in {CORPUS}")
        return 77
    if not os.access(EOGCTL, os.X_OK):
        print(f"{EOGCTL} is not built")
        return 1
    held, known, total = collections.Counter(), collections.Counter(), collections.Counter()
    missed = {}

    def report(suite, case, found):
        total[suite] += 1
        held[suite] += not found
        if found:
            missed[case["id"]] = suite
            known[suite] += reason(case) is not None
            print(f"{suite}: {case['id']}: {'; '.join(found)[:300]}\n    {reason(case) or 'NO REASON'}")

    for check in (check_syslog, check_framing, check_cef, check_traps, check_directions):
        check(report)
    status = 0
    for suite in total:
        share, bar = held[suite] / total[suite], BARS.get(suite, 0)
        print(f"{suite}: {held[suite]} of {total[suite]} agree ({share:.1%}, bar {bar:.0%}); "
              f"{known[suite]} differ for a reason")
        status |= share < bar or held[suite] + known[suite] < EXPLAINED * total[suite]
    # A contradiction counts only while the other side of it holds.
    excused = [case for case, other in CONTRADICTED.items() if case in missed and other not in missed]
    messages = [suite for suite in total if suite not in ("trap", "RFC 3584")]
    count = sum(total[suite] for suite in messages) - len(excused)
    share = sum(held[suite] for suite in messages) / count
    print(f"messages: {sum(held[suite] for suite in messages)} of {count} agree ({share:.1%}, bar {ALL_BAR:.0%}); "
          f"{len(excused)} more contradict another case")
    status |= share < ALL_BAR
    return int(status or sum(total.values()) < 400)


sys.exit(main())
