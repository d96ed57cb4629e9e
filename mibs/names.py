#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make mappings/notifications.txt, the names of notifications and objects, from definitions.

    mibs/definitions.py VENDOR-MIB ... | mibs/names.py mappings/notifications.txt > new.txt
    mibs/names.py mappings/notifications.txt < /dev/null > new.txt

A table of before is kept; what each of its names means is asked of meanings.py
and places.py anew. Each line of
the input is an object with name, oid (of a notification) and objects, a list of [module, name,
oid]. Only numbers and names are taken. The same input gives the same bytes.
"""
import collections
import json
import sys

sys.dont_write_bytecode = True
import meanings
import places

VENDORS = {
    "1.3.6.1.2.1": "IETF",
    "1.3.6.1.4.1.9": "Cisco",
    "1.3.6.1.4.1.11": "Hewlett Packard Enterprise",
    "1.3.6.1.4.1.43": "3Com",
    "1.3.6.1.4.1.171": "D-Link",
    "1.3.6.1.4.1.207": "Allied Telesis",
    "1.3.6.1.4.1.232": "Hewlett Packard Enterprise",
    "1.3.6.1.4.1.318": "APC",
    "1.3.6.1.4.1.476": "Vertiv",
    "1.3.6.1.4.1.534": "Eaton",
    "1.3.6.1.4.1.674": "Dell",
    "1.3.6.1.4.1.705": "Eaton",
    "1.3.6.1.4.1.789": "NetApp",
    "1.3.6.1.4.1.850": "Tripp Lite",
    "1.3.6.1.4.1.935": "Megatec",
    "1.3.6.1.4.1.1588": "Brocade",
    "1.3.6.1.4.1.1916": "Extreme Networks",
    "1.3.6.1.4.1.1991": "Brocade",
    "1.3.6.1.4.1.2011": "Huawei",
    "1.3.6.1.4.1.2021": "Net-SNMP",
    "1.3.6.1.4.1.2604": "Sophos",
    "1.3.6.1.4.1.2606": "Rittal",
    "1.3.6.1.4.1.2620": "Check Point",
    "1.3.6.1.4.1.2636": "Juniper Networks",
    "1.3.6.1.4.1.3097": "WatchGuard",
    "1.3.6.1.4.1.3183": "Dell",
    "1.3.6.1.4.1.3375": "F5",
    "1.3.6.1.4.1.3808": "CyberPower",
    "1.3.6.1.4.1.3884": "SonicWall",
    "1.3.6.1.4.1.4526": "Netgear",
    "1.3.6.1.4.1.4555": "Socomec",
    "1.3.6.1.4.1.5528": "APC",
    "1.3.6.1.4.1.5951": "Citrix",
    "1.3.6.1.4.1.6027": "Dell",
    "1.3.6.1.4.1.6101": "Trend Micro",
    "1.3.6.1.4.1.6302": "Vertiv",
    "1.3.6.1.4.1.6527": "Nokia",
    "1.3.6.1.4.1.6876": "VMware",
    "1.3.6.1.4.1.8072": "Net-SNMP",
    "1.3.6.1.4.1.8239": "Juniper Networks",
    "1.3.6.1.4.1.8714": "SonicWall",
    "1.3.6.1.4.1.8741": "SonicWall",
    "1.3.6.1.4.1.10734": "TippingPoint",
    "1.3.6.1.4.1.12356": "Fortinet",
    "1.3.6.1.4.1.12532": "Pulse Secure",
    "1.3.6.1.4.1.14179": "Cisco",
    "1.3.6.1.4.1.14823": "Aruba",
    "1.3.6.1.4.1.14988": "MikroTik",
    "1.3.6.1.4.1.17163": "Riverbed",
    "1.3.6.1.4.1.21067": "Sophos",
    "1.3.6.1.4.1.21239": "Vertiv",
    "1.3.6.1.4.1.21796": "HW group",
    "1.3.6.1.4.1.25049": "Opengear",
    "1.3.6.1.4.1.25053": "Ruckus",
    "1.3.6.1.4.1.25461": "Palo Alto Networks",
    "1.3.6.1.4.1.25506": "H3C",
    "1.3.6.1.4.1.29671": "Cisco Meraki",
    "1.3.6.1.4.1.30065": "Arista",
    "1.3.6.1.4.1.31023": "Veeam",
    "1.3.6.1.4.1.33049": "Mellanox",
    "1.3.6.1.6.3": "IETF",
}

# Beside those that definitions list.
STANDARD_OBJECTS = {
    "1.3.6.1.2.1.1.1": "sysDescr",
    "1.3.6.1.2.1.1.2": "sysObjectID",
    "1.3.6.1.2.1.31.1.1.1.1": "ifName",
    "1.3.6.1.2.1.31.1.1.1.18": "ifAlias",
    "1.3.6.1.2.1.33.1.2.2": "upsSecondsOnBattery",
    "1.3.6.1.2.1.33.1.2.3": "upsEstimatedMinutesRemaining",
}

def arcs(oid):
    return tuple(int(arc) for arc in oid.split("."))


def family(oid):
    """Whose names are each other's siblings: a MIB's, more or less."""
    return ".".join(oid.split(".")[:-1][:9])


def meaning(oid, names, siblings):
    """Two definitions of one number that do not mean the same: nobody can say which it is."""
    found = {meanings.meaning(oid, name, siblings) for name in names}
    return found.pop() if len(found) == 1 else ("system.status", "informational")


def read_table(path, notifications, objects):
    """The names of a table of before; what they mean is asked anew."""
    base = ""
    with open(path, encoding="ascii") as rows:
        for row in rows:
            words = row.split()
            if row.startswith("# also "):
                notifications[words[2]].append(words[3])
            elif len(words) == 1:
                base = words[0]
            elif words and words[0].startswith(".") and len(words) == 4 and words[2][0] not in "=@":
                notifications.setdefault(base + words[0], []).append(words[1])
            elif words and words[0].startswith("."):
                objects.setdefault(base + words[0], words[1])


def read(stream, notifications, objects):
    """Names by OID, the surest first."""
    definitions = [json.loads(line) for line in stream]
    for d in sorted(definitions, key=lambda d: not d.get("verified")):
        names = notifications.setdefault(d["oid"], [])
        if d["name"] not in names:
            names.append(d["name"])
        for found in d.get("objects", []):
            if len(found) > 2 and found[2]:
                objects.setdefault(found[2], found[1])


def lines(notifications, objects):
    """In order of the OIDs' numbers; ".2.3 name" stands below the last line that is digits alone."""
    base, families = None, collections.defaultdict(set)
    for oid, names in notifications.items():
        families[family(oid)].update(names)
    for oid in sorted({*VENDORS, *objects, *notifications}, key=arcs):
        if oid in VENDORS:
            yield f"{oid} {VENDORS[oid]}"
        if oid not in notifications and oid not in objects:
            continue
        if base is None or not oid.startswith(base + "."):
            base = oid.rsplit(".", 2)[0]
            yield base
        if oid in notifications:
            names = notifications[oid]
            yield " ".join([oid[len(base):], names[0], *meaning(oid, names, families[family(oid)])])
            for name in names[1:]:
                yield f"# also {oid} {name}"
        else:
            yield " ".join([oid[len(base):], objects[oid], *places.places(oid, objects[oid])])


def main():
    notifications, objects = {}, dict(STANDARD_OBJECTS)
    for path in sys.argv[1:]:
        read_table(path, notifications, objects)
    read(sys.stdin, notifications, objects)
    print("# SPDX-License-Identifier: GPL-3.0-or-later")
    print("# Made by mibs/names.py; lines may be added. OID vendor; OID alone, and below it")
    print("# .N object =field-of-its-value @field-of-its-instance, or .N notification kind severity.")
    print("# In the order of the OIDs' numbers.")
    for row in lines(notifications, objects):
        print(row)


if __name__ == "__main__":
    main()
