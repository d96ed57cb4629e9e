#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks events against the OCSF class data in 1.8.0/classes.json; standard library alone.

    validate.py [--quiet] [FILE...]      one JSON event a line; exit 1 when one is not valid

As a module: Schema().check(event) gives a list of Problem(path, kind, text, is_warning). Kinds:
unknown, required, type, enum, range, max_len, regex, profile, at_least_one, just_one, value, json;
as warnings deprecated and sibling. How: 1.8.0/README.md.
"""

import collections
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
Problem = collections.namedtuple("Problem", "path kind text is_warning")
INTEGERS = ("integer_t", "long_t")


class Schema:
    def __init__(self, folder=os.path.join(HERE, "1.8.0")):
        with open(os.path.join(folder, "classes.json"), encoding="utf-8") as f:
            data = json.load(f)
        self.version = data["ocsf_version"]
        self.types = data["types"]
        self.objects = data["objects"]
        self.profiles = set(data["profiles"])
        self.classes = {c["uid"]: c for c in data["classes"].values()}
        self.regexes = {n: re.compile(t["regex"]) for n, t in self.types.items() if "regex" in t}

    def check(self, event):
        """All problems of one event; an empty list, or warnings alone, means valid."""
        found = []

        def say(path, kind, text, is_warning=False):
            found.append(Problem(path, kind, text, is_warning))

        if not isinstance(event, dict):
            say(".", "type", "an event is an object")
            return found
        uid = event.get("class_uid")
        if not is_integer(uid) or uid not in self.classes:
            say("class_uid", "unknown", f"no class {uid!r}")
            return found
        cls = self.classes[uid]
        metadata = event.get("metadata")
        claimed = metadata.get("profiles", []) if isinstance(metadata, dict) else []
        profiles = set(p for p in claimed if isinstance(p, str)) if isinstance(claimed, list) else set()
        for p in profiles - (set(cls["profiles"]) & self.profiles):
            say("metadata.profiles", "profile", f"{p} is no profile of class {uid}")
        self._object(event, cls, "", profiles, say)
        activity, type_uid = event.get("activity_id"), event.get("type_uid")
        if is_integer(activity) and is_integer(type_uid) and type_uid != uid * 100 + activity:
            say("type_uid", "value", f"{type_uid} is not {uid} * 100 + {activity}")
        if is_integer(event.get("category_uid")) and event["category_uid"] != cls["category_uid"]:
            say("category_uid", "value", f"{event['category_uid']} is not {cls['category_uid']}")
        if isinstance(metadata, dict) and "version" in metadata and metadata["version"] != self.version:
            say("metadata.version", "value", f"{metadata['version']!r} is not {self.version}")
        return found

    def _object(self, value, spec, path, profiles, say):
        attributes = spec.get("attributes")
        if not attributes:
            return  # takes anything: `unmapped`
        for key, item in value.items():
            at = f"{path}.{key}" if path else key
            if key not in attributes:
                say(at, "unknown", "no such attribute")
                continue
            attribute = attributes[key]
            if not is_allowed(attribute, profiles):
                say(at, "profile", f"needs one of the profiles {attribute['profiles']}")
            self._attribute(item, attribute, at, profiles, say)
            if "deprecated_since" in attribute:
                say(at, "deprecated", f"since {attribute['deprecated_since']}", True)
            sibling = attribute.get("sibling")
            ids = item if isinstance(item, list) else [item]
            if sibling and 99 in ids and sibling not in value:
                say(at, "sibling", f"99 without {sibling}", True)
            elif sibling and sibling in value and "enum" in attribute:
                names = value[sibling] if isinstance(value[sibling], list) else [value[sibling]]
                wanted = [attribute["enum"].get(str(i)) if i != 99 else name for i, name in zip(ids, names)]
                if len(ids) != len(names) or wanted != names:
                    say(at, "sibling", f"{names!r:.60} is not what {ids!r:.60} is called", True)
        for key, attribute in attributes.items():
            if attribute["requirement"] == "required" and key not in value and is_allowed(attribute, profiles):
                say(f"{path}.{key}" if path else key, "required", "missing")
        for kind, paths in (spec.get("constraints") or {}).items():
            n = sum(1 for p in paths if has_path(value, p))
            if n == 0 or (kind == "just_one" and n != 1):
                say(path or ".", kind, f"{n} of {', '.join(paths)}")

    def _attribute(self, value, attribute, path, profiles, say):
        if not attribute.get("is_array"):
            self._item(value, attribute, path, profiles, say)
        elif not isinstance(value, list):
            say(path, "type", "is an array")
        else:
            for i, item in enumerate(value):
                self._item(item, attribute, f"{path}[{i}]", profiles, say)

    def _item(self, value, attribute, path, profiles, say):
        name = attribute["type"]
        if name == "object_t":
            if not isinstance(value, dict):
                say(path, "type", "is an object")
            else:
                self._object(value, self.objects[attribute["object_type"]], path, profiles, say)
            return
        spec = self.types[name]
        if not has_base(value, spec["base"]):
            say(path, "type", f"{value!r:.60} is no {name}")
            return
        if "enum" in attribute and str(value) not in attribute["enum"]:
            say(path, "enum", f"{value!r:.60} is no value of it")
        if "range" in spec and not spec["range"][0] <= value <= spec["range"][1]:
            say(path, "range", f"{value} is not in {spec['range']}")
        if "max_len" in spec and isinstance(value, str) and len(value) > spec["max_len"]:
            say(path, "max_len", f"{len(value)} characters of {spec['max_len']}")
        if name in self.regexes and not self.regexes[name].search(value):
            say(path, "regex", f"{value!r:.60} is no {name}")


def is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def has_base(value, base):
    if base == "json_t":
        return True
    if base == "boolean_t":
        return isinstance(value, bool)
    if base in INTEGERS:
        return is_integer(value) and -(2**63) <= value < 2**63
    if base == "float_t":
        return is_integer(value) or isinstance(value, float)
    return isinstance(value, str)


def is_allowed(attribute, profiles):
    return not attribute.get("profiles") or bool(profiles & set(attribute["profiles"]))


def has_path(value, path):
    for part in path.split("."):
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return True


def refuse_repeats(pairs):
    """A key that stands twice is legal JSON and loses data in most readers: not for us."""
    result = dict(pairs)
    if len(result) != len(pairs):
        seen = [k for k, _ in pairs]
        raise ValueError("repeated key " + repr(next(k for k in seen if seen.count(k) > 1)))
    return result


def refuse_constant(name):
    raise ValueError(f"{name} is no JSON")


def parse_line(line):
    """One event of bytes; raises ValueError when they are no JSON in UTF-8."""
    return json.loads(line.decode("utf-8"), object_pairs_hook=refuse_repeats, parse_constant=refuse_constant)


def check_line(schema, line):
    try:
        event = parse_line(line)
    except ValueError as error:
        return None, [Problem(".", "json", str(error), False)]
    return event, schema.check(event)


def main(arguments):
    quiet = "--quiet" in arguments
    files = [a for a in arguments if not a.startswith("--")]
    schema, n, bad, warned = Schema(), 0, 0, 0
    for stream in [open(f, "rb") for f in files] or [sys.stdin.buffer]:
        for line in stream:
            n += 1
            _, problems = check_line(schema, line)
            bad += any(not p.is_warning for p in problems)
            warned += any(p.is_warning for p in problems)
            for p in problems:
                if not (quiet and p.is_warning):
                    print(f"{n}: {'warning' if p.is_warning else 'error'}: {p.path}: {p.kind}: {p.text}")
    print(f"{n} events, {bad} not valid, {warned} with warnings")
    return 1 if bad or n == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
