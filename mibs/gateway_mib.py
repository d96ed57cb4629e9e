# SPDX-License-Identifier: GPL-3.0-or-later
"""EOG-GATEWAY-MIB read from its text, as far as this module's own style goes, for all that is made
of it or compared with it; and its golden file mibs/EOG-GATEWAY-MIB.oids: what pollers rely on, one
definition a line, with ROOT for the module's root. What was released never moves; after adding to
the module write both files anew:

    python3 mibs/gateway_mib.py > mibs/EOG-GATEWAY-MIB.oids
    python3 mibs/page.py > mibs/EOG-GATEWAY-MIB.md
"""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TEXT = os.path.join(HERE, "EOG-GATEWAY-MIB.txt.in")
GOLDEN = os.path.join(HERE, "EOG-GATEWAY-MIB.oids")
PAGE = os.path.join(HERE, "EOG-GATEWAY-MIB.md")
ROOT_NAME = "eogGatewayMIB"
MACROS = (
    "OBJECT-TYPE|NOTIFICATION-TYPE|OBJECT-GROUP|NOTIFICATION-GROUP|MODULE-COMPLIANCE|"
    "OBJECT IDENTIFIER"
)


class Definition:
    """name, oid (arcs behind the root), macro, description; of objects syntax, unit, access, index,
    of others list."""

    def __init__(self, name, macro, body, strings):
        self.name, self.macro, self.oid = name, macro, None
        self.syntax = self._clause(r"SYNTAX\s+(.*?)\s+(?:UNITS|MAX-ACCESS)", body)
        self.access = self._clause(r"MAX-ACCESS\s+(\S+)", body)
        self.status = self._clause(r"STATUS\s+(\S+)", body)
        self.unit = strings.get(self._clause(r'UNITS\s+("\d+")', body), "")
        self.description = strings.get(self._clause(r'DESCRIPTION\s+("\d+")', body), "")
        self.index = self._names(r"INDEX\s*\{(.*?)\}", body)
        self.objects = self._names(r"(?:OBJECTS|NOTIFICATIONS|MANDATORY-GROUPS)\s*\{(.*?)\}", body)

    @staticmethod
    def _clause(pattern, body):
        found = re.search(pattern, body, re.S)
        return " ".join(found.group(1).split()) if found else None

    @staticmethod
    def _names(pattern, body):
        found = re.search(pattern, body, re.S)
        return found.group(1).replace(",", " ").split() if found else []

    def is_read(self):
        return self.access == "read-only"

    def line(self):
        where = ".".join(["ROOT", *map(str, self.oid)])
        if self.macro == "OBJECT-TYPE":
            index = f" INDEX {{ {', '.join(self.index)} }}" if self.index else ""
            return f"{where} {self.name} {self.access} {self.syntax}{index}"
        return f"{where} {self.name} {self.macro} {{ {', '.join(self.objects)} }}"


def paragraphs(string):
    """A description's text: its lines joined, its paragraphs kept."""
    return "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", string))


class Module:
    """description; objects: name -> Definition, in the order of their OIDs; conventions: name ->
    syntax, described: name -> description."""

    def __init__(self, path=TEXT):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        strings = {}

        def keep(found):
            strings[f'"{len(strings)}"'] = paragraphs(found[1])
            return f'"{len(strings) - 1}"'

        text = re.sub(r'"([^"]*)"', keep, text)
        text = re.sub(r"--[^\n]*|@MODULE_NODES@", "", text)
        self.description = strings[re.search(r'MODULE-IDENTITY.*?DESCRIPTION\s+("\d+")', text, re.S)[1]]
        self.conventions, self.described = {}, {}
        for name, description, syntax in re.findall(
            r'^(\w+) ::= TEXTUAL-CONVENTION.*?DESCRIPTION\s+("\d+")\s+'
            r"SYNTAX\s+(\w+(?:\s*\{.*?\}|\s*\(.*?\))?)", text, re.S | re.M,
        ):
            self.conventions[name] = " ".join(syntax.split())
            self.described[name] = strings[description]
        # (parent, number) of each name; the root has no arcs whatever it is set to.
        places, found = {ROOT_NAME: ()}, []
        pattern = rf"^(\w+)\s+({MACROS})\b(.*?)::=\s*\{{\s*(\w+)\s+(\d+)\s*\}}"
        for name, macro, body, parent, number in re.findall(pattern, text, re.S | re.M):
            definition = Definition(name, macro, body, strings)
            if parent not in places:
                raise ValueError(f"{name}: its parent {parent} is not defined before it")
            definition.oid = places[name] = (*places[parent], int(number))
            found.append(definition)
        self.objects = {d.name: d for d in sorted(found, key=lambda d: d.oid)}

    def definitions(self):
        return [d for d in self.objects.values() if d.macro != "OBJECT IDENTIFIER"]

    def notifications(self):
        return [d for d in self.objects.values() if d.macro == "NOTIFICATION-TYPE"]

    def golden(self):
        lines = [d.line() for d in self.definitions()]
        return lines + [f"{name} ::= {syntax}" for name, syntax in self.conventions.items()]

    def base(self, definition):
        """Syntax without ranges and names of conventions: what is on the wire."""
        syntax = self.conventions.get(definition.syntax, definition.syntax)
        return re.match(r"[A-Za-z0-9]+", syntax).group(0)

    def labels(self, syntax):
        """{number: label} of an enumeration or of a convention that is one; else nothing."""
        pairs = re.findall(r"(\w+)\((-?\d+)\)", self.conventions.get(syntax, syntax))
        return {int(number): label for label, number in pairs}


if __name__ == "__main__":
    sys.stdout.write("".join(line + "\n" for line in Module().golden()))
