#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""5,000 rows walked while about 1,000 records a second change them, by version 2c, version 3 and
AgentX: strictly increasing, and each column has every row. Half of the products come and go well,
so that states and times differ from one snapshot to the next."""
import os
import time

import ber
from asker import Asker, arcs, dotted
from changing import changes, inventory, standing_rows, walked
from harness import Gateway, IS_LONG, check, main, run, say, tool
from snmpd import Master

WALKS = 10 if IS_LONG else 2
USER = '<user name="nms" auth-file="auth" privacy="AES-128" privacy-file="privacy"/>'


def gateway(**more):
    files = {
        "inventory.csv": inventory(),
        "auth": "authentication\n",
        "privacy": "privacy words\n",
    }
    return Gateway("changing", extra='<inventory file="inventory.csv"/>' + USER, files=files,
                   **more)


def check_walk(gw, expected, port, what, *options):
    _, n, took = walked(gw, expected, port, what, *options)
    say(f"      {what}: {n:,} varbinds in {took:.2f} s")


V3 = ("-v3", "-u", "nms", "-l", "authPriv", "-a", "SHA-256", "-A", "authentication", "-x", "AES",
      "-X", "privacy words")


def get_at(gw, port, name):
    text = run([tool("snmpget"), "-v2c", "-c", "public", "-m", "", "-On", "-Oqv",
                f"127.0.0.1:{port}", gw.oids[name] + ".0"])
    return text.strip()


def walk_under_changes(gw, port, ways):
    rows = standing_rows(gw, port)
    generation, taken = int(get_at(gw, port, "eogGatewayGeneration")), gw.counter("received")
    begun = time.monotonic()
    with changes(gw) as sent:
        for _ in range(WALKS):
            for what, options in ways:
                check_walk(gw, rows, port, what, *options)
    say(f"      {sent[0] / (time.monotonic() - begun):,.0f} changes a second")
    check(sent[0] > 0, "nothing was sent")
    gw.wait_for(lambda: gw.counter("received") >= taken + sent[0], "all changes were received")
    # A walk sees the moment it began with; another is shown when it has been quiet for a second.
    gw.wait_for(lambda: int(get_at(gw, port, "eogGatewayGeneration")) > generation,
                "the tables changed meanwhile")


def test_standalone():
    """Standing alone, by version 2c and 3"""
    with gateway() as gw:
        os.chmod(os.path.join(gw.folder, "auth"), 0o600)
        gw.start()
        walk_under_changes(gw, gw.port["agent"], [("2c", ("-v2c", "-c", "public")), ("3", V3)])


def test_swaps():
    """A walk that pauses until the tables are others, again and again: nothing twice or missing"""
    with gateway() as gw:
        gw.start()
        port, name = gw.port["agent"], gw.oids["eogGatewayGeneration"] + ".0"
        top = arcs(gw.oids["eogKpiTable"] + ".1.6")
        rows = standing_rows(gw, port)
        with changes(gw), Asker(gw) as asker:
            at, found, seen = top, [], [asker.get(name)[1]]

            def is_other():
                seen.append(asker.get(name)[1])
                return seen[-1] != seen[-2]

            while at[: len(top)] == top:
                if len(found) // 1000 > len(set(seen)) - 2:
                    gw.wait_for(is_other, "the tables are others")
                error, pairs = asker.ask(ber.GETBULK, dotted(at), counts=(0, 50))
                check(error == 0 and pairs, f"error {error} after {dotted(at)}")
                for text, _, _ in pairs:
                    check(arcs(text) > at, f"{text} comes after {dotted(at)}")
                    at = arcs(text)
                    found.append(at)
        check(len(set(seen)) >= 5, f"generations seen: {sorted(set(seen))}")
        missing = rows - {row[len(top) :] for row in found if row[: len(top)] == top}
        check(not missing, f"{len(missing)} rows are missing")


def test_agentx():
    """Behind snmpd, by AgentX"""
    with Master() as master:
        section = f'<agent mode="agentx" master="{master.agentx}"/>'
        with gateway(sections={"agent": section}) as gw:
            gw.start()
            gw.wait_for(lambda: get_at(gw, master.port, "eogGatewayName") == '"gw-test"',
                        "snmpd answers for us")
            walk_under_changes(gw, master.port, [("AgentX", ("-v2c", "-c", "public"))])


main(test_standalone, test_swaps, test_agentx)
