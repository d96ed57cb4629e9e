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
# Of the table; of the definitions of corpus/trap-definitions.jsonl.
TYPED_AT_LEAST = {"table": 3600, "definitions, v2c": 1180, "definitions, v1": 1180}
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TOP, "tests", "ocsf"))
import validate

SCHEMA = validate.Schema()


def table():
    """The table of the tree, read by other code than the gateway's: {oid: name} of each sort, and the
    objects whose values have a field."""
    notifications, objects, placed, base = {}, {}, set(), None
    with open(os.path.join(TOP, "mappings", "notifications.txt"), encoding="ascii") as lines:
        for line in lines:
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            if len(words) == 1:
                base = words[0]
            elif words[0].startswith("."):
                is_object = len(words) == 2 or words[2][0] in "=@"
                (objects if is_object else notifications)[base + words[0]] = words[1]
                if is_object and any(word[0] == "=" for word in words[2:]):
                    placed.add(base + words[0])
    return notifications, objects, placed


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


def check(oid, names, carried, objects, placed, line):
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
    missing = [o for o in carried if is_unmapped and o not in placed and objects[o] + ".3" not in unmapped]
    if missing:
        found.append(f"varbinds are not there by name: {missing}")
    return kind, [f"{oid} {names[0]}: {text}" for text in found]


def run(what, cases, form, names, objects, placed):
    kinds, wrong = collections.Counter(), []
    for (oid, carried), line in zip(cases, decode([form(*case) for case in cases])):
        kind, found = check(oid, names[oid], carried, objects, placed, line)
        kinds[kind] += 1
        wrong += found
    more = sum(n for kind, n in kinds.items() if kind != "system.status")
    print(f"{what}: {len(cases)} notifications, {len(cases) - len({w.split(':')[0] for w in wrong})} named and "
          f"valid, {more} with a kind beyond system.status: "
          + ", ".join(f"{kind} {n}" for kind, n in kinds.most_common()))
    if more < TYPED_AT_LEAST[what]:
        wrong.append(f"{what}: {more} say more than system.status, expected {TYPED_AT_LEAST[what]}")
    return wrong


# Varbinds of notifications that no mapping knows, and where they belong.
PLACES = [
    ("1.3.6.1.4.1.9.9.276.0.1", [("1.3.6.1.2.1.2.2.1.8.5", "INTEGER", "2"),
                                 ("1.3.6.1.2.1.2.2.1.2.5", "OCTET STRING", "GigabitEthernet1/5")],
     {"interface.name": "GigabitEthernet1/5", "interface.index": "5"}),
    ("1.3.6.1.4.1.9.9.187.0.2", [("1.3.6.1.2.1.15.3.1.2.203.0.113.9", "INTEGER", "1")],
     {"neighbor": "203.0.113.9"}),
    ("1.3.6.1.4.1.318.0.5", [("1.3.6.1.4.1.318.2.3.3.0", "OCTET STRING", "UPS: on battery power")],
     {"message": "UPS: on battery power"}),
    ("1.3.6.1.4.1.2636.4.5.0.1", [("1.3.6.1.4.1.2636.3.18.1.7.1.5.1", "OCTET STRING", "op src=192.0.2.9")],
     {"user.name": "op src=192.0.2.9", "src.ip": None}),
    ("1.3.6.1.4.1.2636.3.39.1.2.1.0.1", [("1.3.6.1.4.1.2636.3.39.1.2.1.1.2.1.0", "OCTET STRING", "mallory"),
                                          ("1.3.6.1.4.1.2636.3.39.1.2.1.1.2.4.0", "IpAddress", "192.0.2.77")],
     {"user.name": "mallory", "src.ip": "192.0.2.77"}),
    # An InetAddress comes as octets.
    ("1.3.6.1.4.1.25506.2.30.1.6.1.2", [("1.3.6.1.4.1.25506.2.30.1.1.1.9.1", "OCTET STRING", "0xc0000263")],
     {"neighbor": "192.0.2.99"}),
]


def places():
    cases = [{"version": "v2c", "trap_oid": oid, "varbinds": [list(v) for v in varbinds]}
             for oid, varbinds, _ in PLACES]
    text = "".join(json.dumps(case) + "\n" for case in cases).encode()
    command = [EOGCTL, "decode", "--data", TOP, "--input", "trap", "--format", "ocsf"]
    wrong = []
    lines = subprocess.run(command, input=text, stdout=subprocess.PIPE, check=True).stdout.splitlines()
    for (oid, _, expected), line in zip(PLACES, lines):
        event = json.loads(line)
        known = dict(find_all(event))
        for field, value in expected.items():
            if known.get(field) != value:
                wrong.append(f"{oid}: {field} is {known.get(field)!r}, expected {value!r}")
    return wrong


def find_all(event):
    """What the record says of some fields, by their names in the gateway."""
    unmapped = event.get("unmapped", {})
    interface = event.get("device", {}).get("network_interfaces", [{}])[0]
    yield "interface.name", interface.get("name")
    yield "interface.index", interface.get("uid")
    yield "neighbor", unmapped.get("neighbor")
    yield "message", event.get("message")
    yield "user.name", event.get("actor", {}).get("user", {}).get("name") or event.get("user", {}).get("name")
    yield "src.ip", event.get("src_endpoint", {}).get("ip")


def unknown():
    """A number nobody named stays one, a varbind of a known object has its name all the same."""
    case = {"version": "v2c", "trap_oid": "1.3.6.1.4.1.32473.1.0.1", "varbinds": [
        ["1.3.6.1.2.1.2.2.1.8.3", "INTEGER", "2"], ["1.3.6.1.4.1.32473.5.0", "INTEGER", "1"]]}
    event = json.loads(decode([case])[0])
    unmapped = event.get("unmapped", {})
    seen = (kind_of(event), unmapped.get("ifOperStatus.3"), unmapped.get("1.3.6.1.4.1.32473.5.0"))
    return [] if seen == ("gateway.untranslatable", "2", "1") else [f"unknown: {seen}"]


PAIRED = {"hardware.fault": "hardware.ok", "link.down": "link.up", "net.neighbor_down": "net.neighbor_up",
          "service.stop": "service.start", "protection.off": "protection.on"}
ENDS = [("Resume", ""), ("Cleared", "Set"), ("ResetSuccess", "Reset"), ("ResetDone", "Reset"),
        ("Clear", ""), ("Cleared", ""), ("Recovery", ""), ("Restored", ""), ("Up", "Down"),
        ("OK", "Failure"), ("Ok", "Fail"), ("Normal", "Abnormal"), ("Inserted", "Removed"), ("Insert", "Remove"),
        ("Online", "Offline"), ("PowerOn", "PowerOff"), ("Available", "Unavailable"), ("TunnelStart", "TunnelStop"),
        ("Repaired", "Failed"), ("Resume", "Down")]
# What names alone decide, one of each sort, told by people.
MEANINGS = {
    "linkDown": "link.down medium", "linkUp": "link.up informational", "coldStart": "device.restart medium",
    "upsTrapOnBattery": "hardware.fault high", "bgpBackwardTransNotification": "net.neighbor_down high",
    "upsOnBattery": "hardware.fault high", "lowBattery": "hardware.fault critical",
    "powerRestored": "hardware.ok informational", "xupstdUtilityPowerRestored": "hardware.ok informational",
    "cpmCPURisingThreshold": "system.status medium", "ciscoConfigManEvent": "config.change low",
    "ciscoIpsSgTunnelStop": "net.neighbor_down medium", "cErrDisableInterfaceEvent": "link.down medium",
    "fgTrapVpnTunDown": "net.neighbor_down medium", "fgTrapAvVirus": "malware.found high",
    "fgTrapIpsSignature": "ips.detect high", "fgTrapIpsPkgUpdate": "content.update_ok informational",
    "hwMacLimitOverThresholdAlarmResume": "system.status informational", "hwFanFail": "hardware.fault high",
    "hwFanFailResume": "hardware.ok informational", "hwCssPortUpDownAlarm": "system.status medium",
    "hwL2tpTunnelUpOrDown": "system.status medium", "hh3cEntityExtTemperatureTooUp": "hardware.fault high",
    "hh3cEponUniLinkUpTrap": "link.up informational", "jnxFruOK": "hardware.ok informational",
    "hwBoardFwdResLack": "system.status medium", "bigipAuthFailed": "auth.logon_fail medium",
    "fanRepaired": "hardware.ok informational", "shelfFault": "hardware.fault high",
    "overTemp": "hardware.fault high", "asfTrapOverTemperature": "hardware.fault high",
    "volumeRepaired": "system.status informational", "hwEntityRegSuccess": "hardware.ok informational",
    "ospfIfAuthFailure": "system.status medium", "hwUserLogout": "auth.logoff informational",
}


def meanings():
    """The table is what its own rules make of it; a fault and its all-clear meet; people agree."""
    path = os.path.join(TOP, "mappings", "notifications.txt")
    made = subprocess.run([os.path.join(TOP, "mibs", "names.py"), path], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, check=True).stdout
    with open(path, "rb") as table_file:
        wrong = [] if table_file.read() == made else ["notifications.txt is not what mibs/names.py makes of it"]
    families, seen = collections.defaultdict(dict), {}
    base = ""
    for words in (row.split() for row in made.decode().splitlines()):
        base = words[0] if len(words) == 1 else base
        if len(words) == 4 and words[0].startswith(".") and words[2][0] not in "=@":
            families[".".join((base + words[0]).split(".")[:-1][:9])][words[1]] = words[2:]
            seen[words[1]] = " ".join(words[2:])
    wrong += [f"{name}: {seen.get(name)}, expected {words}" for name, words in MEANINGS.items()
              if seen.get(name) != words]
    met = 0
    for family in families.values():
        for name, (kind, severity) in family.items():
            for again, broken in ENDS:
                other = family.get(name.replace(again, broken)) if again in name else None
                if other and other[0] in PAIRED:
                    met += 1
                    if (kind, severity) != (PAIRED[other[0]], "informational"):
                        wrong.append(f"{name} is {kind} {severity}, but {name.replace(again, broken)} {other[0]}")
                elif other and kind in PAIRED.values():
                    wrong.append(f"{name} is {kind}, but {name.replace(again, broken)} {other[0]}")
    print(f"meanings: {met} faults meet their all-clears")
    return wrong + ([] if met > 550 else [f"only {met} faults meet their all-clears"])


def main():
    notifications, objects, placed = table()
    known = [oid for oid in objects if oid not in placed][:3]
    assert len(notifications) > 4000 and len(known) == 3
    wrong = meanings() + places() + unknown() + run("table", [(oid, known) for oid in notifications], as_v2,
                            {oid: [name] for oid, name in notifications.items()}, objects, placed)
    path = SHARED and os.path.join(SHARED, "corpus", "trap-definitions.jsonl")
    if path and os.path.exists(path):
        with open(path, encoding="utf-8") as lines:
            definitions = [json.loads(line) for line in lines]
        names = collections.defaultdict(list)
        for d in definitions:
            names[d["oid"]].append(d["name"])
        cases = [(d["oid"], [o[2] for o in d.get("objects", []) if len(o) > 2 and o[2]]) for d in definitions]
        wrong += run("definitions, v2c", cases, as_v2, names, objects, placed)
        # Some have a sister whose number is theirs with the 0 that RFC 3584 puts in: v1 says as much of her.
        for oid in list(names):
            head, last = oid.rsplit(".", 1)
            names[oid] = names[oid] + names.get(f"{head}.0.{last}", [])
        wrong += run("definitions, v1", cases, as_v1, names, objects, placed)
    for text in wrong[:40]:
        print(text, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
