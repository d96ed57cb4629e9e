#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that collectors wrap in JSON: every mapping's sample is of the same product and kind in a
wrapper as without it."""
import glob
import json
import os
import re
import subprocess

from harness import SOURCE, check, main, program, stretch

ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|.)")
ESCAPED = {b"t": b"\t", b"n": b"\n", b"r": b"\r", b"\\": b"\\"}

WRAPPERS = {
    "Filebeat": lambda line: json.dumps({"@timestamp": "2026-03-02T08:01:02.289Z", "host": {"name": "h"},
                                         "agent": {"type": "filebeat"}, "message": line}),
    "a container's log, as UTF-8": lambda line: json.dumps({"log": line, "stream": "stdout"},
                                                           ensure_ascii=False),
    "a collector with a header": lambda line: "<13>1 2026-03-02T08:01:02Z c logstash - - - " + json.dumps(
        {"message": line, "type": "syslog"}),
}


def unescape(text):
    def of(found):
        name = found[1]
        return bytes([int(name[1:], 16)]) if name[:1] == b"x" and len(name) == 3 else ESCAPED.get(name, found[0])
    return ESCAPE.sub(of, text)


def sample_lines():
    """Of the samples that are messages in UTF-8."""
    for path in sorted(glob.glob(os.path.join(SOURCE, "mappings", "*", "*.samples"))):
        with open(path, "rb") as file:
            samples = re.split(rb"^sample ", file.read(), flags=re.M)[1:]
        for sample in samples:
            lines = re.findall(rb"^message (?!= )(.*)$", sample, re.M)
            if lines and not re.search(rb"^charset ", sample, re.M):
                yield os.path.relpath(path, SOURCE), unescape(b"\n".join(lines)).decode("utf-8")


def decode(lines):
    """Product and kind of each."""
    text = "".join(json.dumps({"input": line}) + "\n" for line in lines)
    done = subprocess.run([program("eogctl"), "decode", "--input", "json", "--data", SOURCE],
                          input=text.encode(), stdout=subprocess.PIPE, timeout=120 * stretch(), check=True)
    events = [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]
    check(len(events) == len(lines), f"{len(events)} events of {len(lines)} lines")
    return [(event["metadata"]["product"]["name"],
             [label for label in event["metadata"]["labels"] if label.startswith("eog.kind:")])
            for event in events]


def test_samples():
    """Every sample of a mapping is the same in a collector's wrapper"""
    paths, lines = zip(*sample_lines())
    check(len(lines) > 3000, f"{len(lines)} samples")
    plain = decode(lines)
    unknown = ["eog.kind:gateway.untranslatable"]
    for name, wrap in WRAPPERS.items():
        wrong = [(path, line, was, became)
                 for path, line, was, became in zip(paths, lines, plain, decode([wrap(line) for line in lines]))
                 if was != became and was[1] != unknown]
        # A wrapped body must begin its line's text: not behind the half of a host name with a blank.
        wrong = [one for one in wrong if " relay host CEF:" not in one[1]]
        check(not wrong, f"{name}: {len(wrong)}, the first {wrong[:3]}")


main(test_samples)
