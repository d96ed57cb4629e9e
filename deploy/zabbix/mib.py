# SPDX-License-Identifier: GPL-3.0-or-later
"""What the MIB says of each object: the arc below the root, the syntax, the unit, the description."""
import dataclasses
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
MODULE = os.path.join(HERE, "..", "..", "mibs", "EOG-GATEWAY-MIB.txt.in")
ROOT = "@ENTERPRISE_OID@"


@dataclasses.dataclass
class Object:
    name: str
    oid: str  # with the root as configure will fill it in
    syntax: str
    unit: str
    is_unknown_at_minus_one: bool
    description: str


def objects():
    with open(MODULE, encoding="utf-8") as file:
        text = file.read()
    found, arcs = {}, {"eogGatewayMIB": ROOT}
    for block in text.replace("@MODULE_NODES@", "").split("\n\n"):
        for row in re.finditer(r"^(eog\w+) +OBJECT IDENTIFIER ::= \{ (\w+) (\d+) \}", block, re.MULTILINE):
            arcs[row[1]] = f"{arcs[row[2]]}.{row[3]}"
        match = re.match(r"(eog\w+) OBJECT-TYPE\n", block)
        if not match:
            continue
        parent, number = re.search(r"::= \{ (\w+) (\d+) \}", block).groups()
        arcs[match[1]] = f"{arcs[parent]}.{number}"
        unit = re.search(r'UNITS "([^"]*)"', block)
        found[match[1]] = Object(
            match[1], arcs[match[1]], re.search(r"SYNTAX (\w+)", block)[1], unit[1] if unit else "",
            re.search(r"SYNTAX \w+ \(-1\.\.", block) is not None,
            " ".join(re.search(r'DESCRIPTION\s+"([^"]*)"', block)[1].split()))
    return found
