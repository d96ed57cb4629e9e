# SPDX-License-Identifier: GPL-3.0-or-later
"""The indicators of the KPI catalogue, for what is made of them here: templates and services of
monitoring systems. Those files are in the tree as they are made; tests compare them."""
import dataclasses
import os
import sys
import xml.etree.ElementTree as ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
CATALOGUE = os.path.join(HERE, "..", "mappings", "kpi.xml")


@dataclasses.dataclass
class Kpi:
    number: int
    key: str
    category: str
    is_on: bool  # as delivered
    name: dict  # "en", "zh"
    advice: dict


def kpis():
    """In the order of their numbers."""

    def words(element, tag):
        return {found.get("lang"): " ".join(found.text.split()) for found in element.findall(tag)}

    root = ElementTree.parse(CATALOGUE).getroot()
    rows = [
        Kpi(
            int(element.get("id")),
            element.get("key"),
            element.get("category"),
            element.get("enabled") != "no",
            words(element, "name"),
            words(element, "advice"),
        )
        for element in root.iter("kpi")
    ]
    return sorted(rows, key=lambda row: row.number)


def main(files):
    """files: path below deploy -> text. Writes them; with --check says which are old, exit code 1."""
    old = []
    for path, text in files.items():
        full = os.path.join(HERE, path)
        there = open(full, encoding="utf-8").read() if os.path.exists(full) else None
        if there == text:
            continue
        old.append(path)
        if "--check" not in sys.argv[1:]:
            with open(full, "w", encoding="utf-8") as out:
                out.write(text)
    for path in old:
        print(f"deploy/{path}: {'is not what is made now' if '--check' in sys.argv[1:] else 'written'}")
    sys.exit(1 if old and "--check" in sys.argv[1:] else 0)
