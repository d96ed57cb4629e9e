#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stays the same when a message changes: of the mappings' samples, and of the corpus where it is.

    ends     CR LF, NUL, a byte order mark around it: the record is the same
    relays   a relay's header before it, and before its PRI: its mapping and kind are the same
    IPv4     each address is another: the record is the same but for the address
    IPv6     the same with IPv6, in brackets before a port
    port     each port is another
    name     each user's name has a domain, letters of China, digits alone, a quote, blanks

Fails where fewer per cent than a relation's bar agree; --show prints the records that do not. What cannot agree is
left: a name that the text has as another word too, one that nothing ends, an address inside a URL.
"""

import argparse
import collections
import glob
import ipaddress
import json
import os
import re
import sys

sys.dont_write_bytecode = True
import corpus

ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)", re.S)
CHANGING = re.compile(r"(metadata\.(uid|logged_time|original_time|labels.*|loggers.*)|raw_data|finding_info\.uid|"
                      r"(start_|end_)?time|message|finding_info\.title|unmapped\..*|.*url_string)$")
# Relation, per cent that agree at least.
BARS = {"ends": 100, "relays": 98.5, "IPv4": 99.9, "IPv6": 99.5, "port": 99.5, "name, domain": 97, "name, letters": 97,
        "name, digits": 98.5, "name, quote": 96.5, "name, blanks": 83}
NAMES = [("domain", "j.doe@corp.example"), ("letters", "张伟"), ("digits", "10023"), ("quote", "o'neil"),
         ("blanks", "Anna van Berg")]


def samples():
    """Messages of one line of the mappings' samples that are sent as UTF-8."""
    for path in sorted(glob.glob(os.path.join(corpus.TOP, "mappings", "*", "*.samples"))):
        with open(path, encoding="utf-8") as file:
            for block in file.read().split("\nsample ")[1:]:
                lines = re.findall(r"^message (?!= )(.*)$", block, re.M)
                if len(lines) == 1 and "\ncharset " not in block and "\\x" not in lines[0]:
                    yield ESCAPE.sub(lambda m: {"t": "\t", "n": "\n", "\\": "\\"}.get(m[1], m[0]), lines[0])


def captures():
    for folder in ("network/*", "trendmicro/*"):
        for name, data in corpus.messages(folder):
            for line in data.split(b"\n") if name.endswith(".log") else ():
                try:
                    yield line.decode("utf-8")
                except UnicodeDecodeError:
                    continue


def one_of_a_shape(texts):
    """Messages that differ in numbers alone say nothing new."""
    return {re.sub(r"[\w.]*\d[\w.]*", "0", text): text for text in texts if text.strip()}.values()


def decode(texts):
    lines = "".join(json.dumps({"input": text}) + "\n" for text in texts).encode()
    return [json.loads(line) for line in corpus.eogctl("decode", lines, "--input", "json").splitlines()]


def flat(value, path=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from flat(inner, f"{path}[{i}]")
    elif not CHANGING.match(path):
        yield path, value


def labels(record):
    return {label for label in record["metadata"].get("labels", []) if label.startswith(("eog.kind", "eog.mapping"))}


def whole(value):
    return re.compile(r"(?<![\w.\-@\\/:$])" + re.escape(value) + r"(?![\w\-@\\$]|\.\w)")


def is_ipv4(value):
    try:
        address = ipaddress.IPv4Address(value)
    except ValueError:
        return False
    return not (address.is_multicast or address.is_loopback or address.is_reserved or address.is_unspecified)


def other_ipv4(value):
    number = int(ipaddress.IPv4Address(value))
    return str(ipaddress.IPv4Address((number & 0xFFFF0000) + 0x1E20 + number % 100))


def other_ipv6(value):
    number = int(ipaddress.IPv4Address(value))
    return str(ipaddress.IPv6Address(f"2001:db8:{number >> 16:x}::{(number & 0xFFF) + 0x1000:x}:{number % 90 + 1:x}"))


def replaced(text, record):
    """(relation, changed text, expression, new value) for each value of the record that stands in the text."""
    for value in dict.fromkeys(v for _, v in flat(record) if isinstance(v, str) and is_ipv4(v)):
        word = re.compile(r"(?<![\w.])" + re.escape(value) + r"(?![\w]|\.\w)")
        new, new6 = other_ipv4(value), other_ipv6(value)
        if word.search(text):
            yield "IPv4", word.sub(new, text), word, new
            yield "IPv6", word.sub(new6, re.sub(word.pattern + r"(?=:\d)", f"[{new6}]", text)), word, new6
    for value in dict.fromkeys(str(v) for path, v in flat(record) if path.endswith(".port") and v > 1023):
        word = re.compile(r"(?<![\w.-])" + value + r"(?![\w-]|\.\d)")
        if len(word.findall(text)) == 1:
            yield "port", word.sub("31337", text), word, "31337"
    for value in dict.fromkeys(v for path, v in flat(record) if path.endswith("user.name")):
        if len(value) > 2 and len(whole(value).findall(text)) == 1 and text.lower().count(value.lower()) == 1:
            for name, new in NAMES:
                yield f"name, {name}", whole(value).sub(new, text), whole(value), new


def around(text):
    """(relation, changed text) that must be read as the same."""
    for changed in (text + "\r\n", text + "\0", "\ufeff" + text):
        yield "ends", changed
    if "\n" in text or re.match(r"(<\d+>)?1 \d{4}-", text):
        return
    pri = re.match(r"<\d{1,3}>", text)
    text, pri = (text[pri.end():], pri[0]) if pri else (text, "<189>")
    yield "relays", pri + "Mar  2 08:01:02 relay1 " + text
    yield "relays", pri + "1 2026-03-02T08:01:02Z relay1 - - - - " + text
    yield "relays", "<13>2026-03-02T08:01:02+08:00 relay1 " + pri + text


def differences(before, after, word, new):
    """What is not as it was, but for the value that was replaced."""
    def as_expected(value):
        if isinstance(value, str):
            return word.sub(new, value)
        return int(new) if isinstance(value, int) and word.fullmatch(str(value)) else value
    expected = {path: as_expected(value) if word else value for path, value in flat(before)}
    found = dict(flat(after))
    changed = [(path, expected.get(path), found.get(path)) for path in sorted(set(expected) | set(found))
               if expected.get(path) != found.get(path)]
    return changed + [("labels", labels(before), labels(after))] * (labels(before) != labels(after))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", metavar="RELATION", help="print what does not agree")
    args = parser.parse_args()
    if not os.access(corpus.EOGCTL, os.X_OK):
        print(f"{corpus.EOGCTL} is not built")
        return 1
    texts = list(one_of_a_shape([*samples(), *captures()]))  # captures: none without a corpus
    records = decode(texts)
    changes = [(record, relation, changed, None, None) for text, record in zip(texts, records)
               for relation, changed in around(text)]
    changes += [(record, *change) for text, record in zip(texts, records) for change in replaced(text, record)]
    agree, differ = collections.Counter(), collections.Counter()
    for (record, relation, changed, word, new), after in zip(changes, decode([change[2] for change in changes])):
        differs = labels(record) != labels(after) if relation == "relays" else differences(record, after, word, new)
        (differ if differs else agree)[relation] += 1
        if differs and relation == args.show:
            print(f"{changed!r}\n    {differs if relation != 'relays' else (labels(record), labels(after))}")
    failures = 0 if len(texts) > 1000 else 1
    print(f"{len(texts)} messages\n{'relation':14} {'changed':>8} {'agree':>7} {'bar':>5}")
    for relation, bar in BARS.items():
        total = agree[relation] + differ[relation]
        share = 100 * agree[relation] / max(total, 1)
        print(f"{relation:14} {total:8} {share:7.2f} {bar:5}{'  BELOW' if share < bar else ''}")
        failures += share < bar
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
