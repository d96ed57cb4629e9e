#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The live top tens: `eogctl top` and eogTopTable agree with a count of what was sent, after
kill -9 too."""
import json
import time

import messages
from harness import Gateway, check, check_equal, main

KINDS = ("malware", "source", "computer")
PERIODS = ("day", "week", "month")
# More than ten of each, so that somebody is left out; counts that no two share, so that the order
# is told.
MALWARE = [(f"WORM_TOP.{chr(65 + i)}", 3 + 2 * i) for i in range(14)]
EVIL = "TROJ_<b>\x1b[31m.A"


def expected():
    """What make_lines() amounts to."""
    count = {kind: {} for kind in KINDS}
    for i, (name, times) in enumerate(MALWARE):
        count["malware"][name] = times
        count["source"][f"share-{i:02d}"] = times
        count["computer"][f"pc-{i:02d}"] = times
    return {
        kind: sorted(found.items(), key=lambda item: -item[1])[:10] for kind, found in count.items()
    }


def make_lines():
    lines = []
    now = time.time()
    for i, (name, times) in enumerate(MALWARE):
        host = f"pc-{i:02d}"
        # Half of it as one record that says how often.
        lines.append(
            messages.virus(name, host, source=f"share-{i:02d}", when_s=now).replace(
                "cnt=1", f"cnt={times - 2}"
            )
        )
        lines.append(messages.virus(name, host, source=f"share-{i:02d}", when_s=now))
        lines.append(messages.virus(name, host.upper(), source=f"share-{i:02d}", when_s=now))
        # What is suspected is no infection, nor is a source that is none.
        lines.append(messages.suspected(host, when_s=now))
    return lines


def asked(gateway, *options):
    answer = json.loads(gateway.ctl("top", "--json", *options))
    return {
        (top["period"], top["kind"]): [(row["name"], row["count"]) for row in top["rows"]]
        for top in answer["tops"]
    }


def walked(gateway):
    """(period, kind) -> rows by rank, of eogTopTable."""
    table = gateway.walk("eogTopTable")
    found = {}
    name_column, count_column = gateway.column("eogTopName"), gateway.column("eogTopCount")
    for index, value in table.items():
        column, period, kind, rank = (int(arc) for arc in index.split("."))
        row = found.setdefault((PERIODS[period - 1], KINDS[kind - 1]), {}).setdefault(rank, {})
        row[column] = value.strip('"')
    return {
        key: [(row[name_column], int(row[count_column])) for _, row in sorted(rows.items())]
        for key, rows in found.items()
    }


def expect_tops(gateway):
    want = {(p, k): rows for k, rows in expected().items() for p in PERIODS}
    gateway.wait_for(lambda: asked(gateway) == want, f"the tops are {want[('day', 'malware')]}")
    gateway.wait_for(lambda: walked(gateway) == want, "eogTopTable has them too")


def test_counts():
    """Malware, sources and computers are counted, by eogctl and by SNMP, and survive kill -9"""
    with Gateway("top") as gateway:
        gateway.start()
        check_equal(asked(gateway).get(("day", "malware"), []), [], "before anything was found")
        lines = make_lines()
        gateway.receive(*lines)
        expect_tops(gateway)
        gateway.kill()
        gateway.start()
        expect_tops(gateway)
        one = asked(gateway, "--period", "week", "--kind", "source")
        check_equal(list(one), [("week", "source")], "one list asked for")


def test_person():
    """The table for people: ranks, names, and hostile text inert"""
    with Gateway("top-text") as gateway:
        gateway.start()
        gateway.receive(messages.virus(EVIL, "pc-1", source="share-1"))
        gateway.wait_for(lambda: asked(gateway).get(("day", "malware")), "it is counted")
        text = gateway.ctl("top")
        check("TROJ_" in text and "share-1" in text and "pc-1" in text, f"names are shown: {text}")
        check("\x1b" not in text, f"no escape sequence comes through: {text!r}")
        gateway.ctl("top", "--period", "year", ok=(2,))


if __name__ == "__main__":
    main(test_counts, test_person)
