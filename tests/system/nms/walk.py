#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""5,000 rows of indicators walked over and over, by snmpbulkwalk and by snmp_exporter at once, for a
minute ($EOG_WALK_S) while 1,000 messages a second turn states and reloads add rows: names increase, and
no row is missing that was there before the walk began. Prints what was seen."""
import os
import re
import statistics
import threading
import time
import urllib.request

from nms import Table, check, deliver, folder, free_port, need, started, wait_for, write
from changing import PRODUCTS, changes, inventory, standing_rows, walked
from harness import Gateway

DURATION_S = float(os.environ.get("EOG_WALK_S", "60"))
MORE, EVERY_S = 20, 5  # products that each reload adds
LABELS = re.compile(r'eogKpiScope="([^"]*)",eogKpiSummaryKey="([^"]*)"')


class Exporter(threading.Thread):
    """Scrapes as often as it can; states: of its last scrape, by row."""

    def __init__(self, url):
        super().__init__()
        self.url, self.is_over = url, threading.Event()
        self.states, self.took, self.turned, self.error = {}, [], 0, None

    def scrape(self):
        begun = time.monotonic()
        with urllib.request.urlopen(self.url, timeout=60) as answer:
            text = answer.read().decode()
        self.took.append(time.monotonic() - begun)
        states = {}
        for line in text.splitlines():
            if line.startswith("eogKpiState{"):
                name, value = line.rsplit(" ", 1)
                states[LABELS.search(name).groups()] = float(value)
        missing = set(self.states) - set(states)
        check(not missing, f"snmp_exporter: {len(missing)} rows are missing, such as {sorted(missing)[:3]}")
        self.turned += sum(states[row] != state for row, state in self.states.items())
        self.states = states

    def run(self):
        try:
            while not self.is_over.is_set():
                self.scrape()
        except Exception as error:  # pylint: disable=broad-except
            self.error = error


def spread(seconds):
    return f"{min(seconds):.2f} / {statistics.median(seconds):.2f} / {max(seconds):.2f} s"


def grow(gw, reloads):
    gw.write_file("inventory.csv", inventory(PRODUCTS + MORE * reloads))
    gw.reload()


def walk_under_changes(gw, known, exporter):
    """Until the time is over; the rows at the end, the walks' seconds, variables, reloads."""
    port, took, variables, reloads = gw.port["agent"], [], 0, 0
    begun = time.monotonic()
    while time.monotonic() < begun + DURATION_S and not exporter.error:
        if time.monotonic() > begun + EVERY_S * (reloads + 1):
            reloads += 1
            grow(gw, reloads)
        rows, n, seconds = walked(gw, known, port, "snmpbulkwalk", "-v2c", "-c", "public")
        known, variables = known | rows, variables + n
        took.append(seconds)
    return known, took, variables, reloads


def trial(table, gw, exporter):
    known = standing_rows(gw, gw.port["agent"])
    exporter.scrape()
    first, begun, generation = len(known), time.monotonic(), int(gw.get("eogGatewayGeneration"))
    check(len(exporter.states) == first, f"snmp_exporter sees {len(exporter.states)} of {first} rows")
    with changes(gw) as sent:
        exporter.start()
        try:
            known, took, variables, reloads = walk_under_changes(gw, known, exporter)
        finally:
            exporter.is_over.set()
            exporter.join()
        rate = sent[0] / (time.monotonic() - begun)
    if exporter.error:
        raise exporter.error
    wait_for(lambda: len(gw.status()["kpis"]) >= first + 3 * MORE * reloads, "the rows of all reloads are there", 60)
    changed = int(gw.get("eogGatewayGeneration")) - generation
    check(len(known) > first and exporter.turned and changed > 3, "nothing changed: the trial shows nothing")
    table.seen("rows: first, last walked", None, f"{first:,}, {len(known):,} ({reloads} reloads)")
    table.seen("messages a second; tables published anew", None, f"{rate:,.0f}; {changed}")
    table.seen("states turned, from one scrape to the next", None, f"{exporter.turned:,}")
    table.seen("snmpbulkwalk: walks, each", None, f"{len(took)}, {variables // len(took):,} variables, {spread(took)}")
    table.seen("snmp_exporter: scrapes, each", None, f"{len(exporter.took)}, {spread(exporter.took)}")
    table.seen("names that did not increase, rows that were missing", None, "none")


def main():
    need("prometheus-snmp-exporter")
    table, port = Table("walk"), free_port()
    with folder("walk") as path, Gateway(
        "walk", extra='<inventory file="inventory.csv"/>', files={"inventory.csv": inventory()}
    ) as gw:
        gw.start()
        with open(deliver("prometheus/snmp.yml"), encoding="utf-8") as file:
            write(f"{path}/snmp.yml", file.read())
        base = f"http://127.0.0.1:{port}"
        command = ["prometheus-snmp-exporter", f"--config.file={path}/snmp.yml",
                   f"--web.listen-address=127.0.0.1:{port}"]

        def is_up():
            try:
                return urllib.request.urlopen(base + "/", timeout=5).status == 200
            except OSError:
                return False

        with started(command, f"{path}/exporter.log", ready=is_up):
            trial(table, gw, Exporter(f"{base}/snmp?module=eog&target=127.0.0.1:{gw.port['agent']}"))


if __name__ == "__main__":
    main()
