#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read modules of MIBs (SMIv1, SMIv2) and print the notifications they define, one JSON object a line.

    mibs/definitions.py VENDOR-MIB.txt ... | mibs/names.py mappings/notifications.txt > new.txt

Give the modules that they import from as well; what cannot be resolved to numbers is named on
standard error and left out. A TRAP-TYPE gets the number that RFC 3584 section 3.1 gives its trap.
"""
import json
import re
import sys

COMMENT = re.compile(r'"[^"]*"|--.*?(?:--|$)', re.MULTILINE)
MODULE = re.compile(r"([A-Z][\w-]*)\s+DEFINITIONS\s*::=\s*BEGIN")
IMPORTS = re.compile(r"\bIMPORTS\b(.*?);", re.DOTALL)
SYMBOL = re.compile(
    r"(?<![\w-])([a-z][\w-]*)\s+(OBJECT\s+IDENTIFIER|MODULE-IDENTITY|OBJECT-IDENTITY|OBJECT-TYPE"
    r"|NOTIFICATION-TYPE|TRAP-TYPE)\b((?:(?!::=).)*)::=\s*(\{[^}]*\}|\d+)", re.DOTALL)
LISTED = re.compile(r"(?:OBJECTS|VARIABLES)\s*\{([^}]*)\}")
ENTERPRISE = re.compile(r"ENTERPRISE\s*\{?\s*([\w-]+)")
ARC = re.compile(r"([a-zA-Z][\w-]*)(?:\s*\((\d+)\))?|(\d+)")
ROOTS = {"ccitt": (0,), "iso": (1,), "joint-iso-ccitt": (2,), "org": (1, 3), "dod": (1, 3, 6),
         "internet": (1, 3, 6, 1), "enterprises": (1, 3, 6, 1, 4, 1), "mib-2": (1, 3, 6, 1, 2, 1),
         "snmpModules": (1, 3, 6, 1, 6, 3), "snmp": (1, 3, 6, 1, 2, 1, 11)}


class Modules:
    def __init__(self):
        self.symbols = {}   # (module, name): (kind, body, value)
        self.imports = {}   # (module, name): module
        self.anywhere = {}  # name: the first module that defines it
        self.known = {}

    def read(self, text):
        text = COMMENT.sub(lambda m: '""' if m.group().startswith('"') else " ", text)
        starts = [*MODULE.finditer(text)]
        for n, start in enumerate(starts):
            end = starts[n + 1].start() if n + 1 < len(starts) else len(text)
            self.read_module(start.group(1), text[start.end():end])

    def read_module(self, module, text):
        for block in IMPORTS.findall(text):
            for names, source in re.findall(r"([^;]*?)\bFROM\s+([A-Z][\w-]*)", block):
                for name in re.findall(r"[\w-]+", names):
                    self.imports[module, name] = source
        for name, kind, body, value in SYMBOL.findall(IMPORTS.sub("", text)):
            self.symbols.setdefault((module, name), (kind, body, value))
            self.anywhere.setdefault(name, module)

    def home(self, module, name):
        for at in (module, self.imports.get((module, name)), self.anywhere.get(name)):
            if (at, name) in self.symbols:
                return at
        return None

    def number(self, module, name, depth=0):
        """Its OID as a tuple, or None."""
        if name in ROOTS:
            return ROOTS[name]
        at = self.home(module, name)
        if at is None or depth > 60:
            return None
        if (at, name) not in self.known:
            kind, body, value = self.symbols[at, name]
            self.known[at, name] = None
            if kind == "TRAP-TYPE":
                enterprise = ENTERPRISE.search(body)
                above = enterprise and self.number(at, enterprise.group(1), depth + 1)
                oid = above and above + (0, int(value)) if value.isdigit() else None
            else:
                oid = self.arcs(at, value, depth)
            self.known[at, name] = oid
        return self.known[at, name]

    def arcs(self, module, value, depth):
        oid = ()
        for n, (name, named, number) in enumerate(ARC.findall(value)):
            if number or named:
                oid += (int(number or named),)
            else:
                above = self.number(module, name, depth + 1) if n == 0 else None
                if above is None:
                    return None
                oid = above
        return oid

    def notifications(self):
        for (module, name), (kind, body, _) in sorted(self.symbols.items()):
            if kind not in ("NOTIFICATION-TYPE", "TRAP-TYPE"):
                continue
            oid = self.number(module, name)
            if not oid or oid[:-1] == ROOTS["snmp"] + (0,):
                if not oid:
                    print(f"{module}::{name}: nobody says where it is", file=sys.stderr)
                continue
            listed = LISTED.search(body)
            objects = []
            for variable in re.findall(r"[\w-]+", listed.group(1)) if listed else []:
                number = self.number(module, variable)
                if number:
                    objects.append([self.home(module, variable), variable, dotted(number)])
            yield {"module": module, "name": name, "oid": dotted(oid), "objects": objects}


def dotted(oid):
    return ".".join(map(str, oid))


def main():
    modules = Modules()
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8", errors="replace") as stream:
            modules.read(stream.read())
    for found in modules.notifications():
        print(json.dumps(found))


if __name__ == "__main__":
    main()
