# SPDX-License-Identifier: GPL-3.0-or-later
"""What the MIB says of each object: the arc below the root, the syntax, the unit, the description."""
import dataclasses
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "mibs"))
import gateway_mib  # noqa: E402

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
    return {
        d.name: Object(d.name, ".".join([ROOT, *map(str, d.oid)]), d.syntax.split()[0], d.unit,
                       "(-1.." in d.syntax, " ".join(d.description.split()))
        for d in gateway_mib.Module().definitions() if d.macro == "OBJECT-TYPE"}
