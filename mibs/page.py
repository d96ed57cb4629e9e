#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints EOG-GATEWAY-MIB as a page for people: mibs/page.py > mibs/EOG-GATEWAY-MIB.md"""
import sys

sys.dont_write_bytecode = True
from gateway_mib import ROOT_NAME, Module  # noqa: E402

HEAD = """<!-- SPDX-License-Identifier: GPL-3.0-or-later -->
<!-- Made by mibs/page.py of the module's text. -->
# EOG-GATEWAY-MIB

{description}

`{root}` stands for the module's root: 1.3.6.1.4.1.8072.9999.9999.28, unless `configure
--with-enterprise-oid` said otherwise. Where the module is installed, net-snmp's tools know the name:

    snmpget -v2c -c public -m +EOG-GATEWAY-MIB 192.0.2.10 EOG-GATEWAY-MIB::eogGatewayWorstState.0
    snmpbulkwalk -v2c -c public -m +EOG-GATEWAY-MIB 192.0.2.10 EOG-GATEWAY-MIB::eogKpiTable

Behind a column's OID comes the row: each part of its index in turn, a number as it is, text as its
length and its octets (`hq` is `2.104.113`).
"""


def cell(text):
    return " ".join(text.split()).replace("|", "\\|")


def row(*cells):
    return "| " + " | ".join(map(cell, cells)) + " |"


def head(*cells):
    return ["", row(*cells), "|" + "---|" * len(cells)]


class Page:
    def __init__(self):
        self.module = Module()
        self.objects = [d for d in self.module.objects.values() if d.macro == "OBJECT-TYPE"]

    def oid(self, arcs, behind=""):
        return "`" + ".".join([ROOT_NAME, *map(str, arcs)]) + behind + "`"

    def type(self, definition):
        labels = self.module.labels(definition.syntax)
        if definition.syntax in self.module.conventions or not labels:
            return definition.syntax
        return definition.syntax.split()[0] + ": " + ", ".join(f"{n} {label}" for n, label in labels.items())

    def below(self, arcs):
        return [d for d in self.objects if d.oid[: len(arcs)] == arcs]

    def states(self):
        for name, syntax in self.module.conventions.items():
            yield f"\n## {name}\n\n{self.module.described[name]}"
            yield from head("value", "name")
            yield from (row(str(n), label) for n, label in self.module.labels(syntax).items())

    def scalars(self, group):
        yield f"\n## {group.name}\n\nOne value each, {self.oid(group.oid)}."
        yield from head("OID", "object", "type", "unit", "access", "meaning")
        for d in self.below(group.oid):
            yield row(self.oid(d.oid, ".0"), d.name, self.type(d), d.unit, d.access, d.description)

    def table(self, table):
        entry, *columns = [d for d in self.below(table.oid) if d is not table]
        yield f"\n## {table.name}\n\n{table.description}\n"
        yield f"A table, {self.oid(table.oid)}; index: {', '.join(entry.index)}."
        yield from head("OID", "column", "type", "unit", "access", "meaning")
        for d in columns:
            yield row(self.oid(d.oid), d.name, self.type(d), d.unit, d.access, d.description)

    def notifications(self):
        told = self.module.notifications()
        lists = {tuple(d.objects) for d in told}
        assert len(lists) == 1, "notifications with lists of their own"
        yield "\n## Notifications"
        yield from head("OID", "notification", "meaning")
        yield from (row(self.oid(d.oid), d.name, d.description) for d in told)
        yield "\nEach carries, behind sysUpTime.0 and snmpTrapOID.0 and before snmpTrapAddress.0, in this order:"
        yield from head("", "OID", "object", "type", "unit", "access", "meaning")
        for n, name in enumerate(lists.pop(), 1):
            d = self.module.objects[name]
            yield row(str(n), self.oid(d.oid, ".0"), d.name, self.type(d), d.unit, d.access, d.description)

    def lines(self):
        yield HEAD.format(description=self.module.description, root=ROOT_NAME).rstrip()
        yield from self.states()
        groups = [d for d in self.module.objects.values() if len(d.oid) == 2 and d.oid[0] == 1]
        for group in groups:
            if group.macro == "OBJECT-TYPE":
                yield from self.table(group)
            elif any(d.is_read() for d in self.below(group.oid)):
                yield from self.scalars(group)
        yield from self.notifications()


if __name__ == "__main__":
    sys.stdout.write("\n".join(Page().lines()) + "\n")
