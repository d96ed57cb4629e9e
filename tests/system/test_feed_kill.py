#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of the core and of the gateway under load: every record of the journal reaches the core
at least once; a kill repeats no more than the window (of the gateway: and a batch of
acknowledgements), and nothing is left of it once repeats are dropped by uid. Order is kept but for
what is repeated."""
import os
import random

import messages
from core import Load, Rsyslog, kind_name, sequence_of, wait_cursor
from harness import IS_LONG, Gateway, check, check_equal, main, say

KILLS = 20 if IS_LONG else 4
RECORDS = 100000 if IS_LONG else 15000
WINDOW = 64


def uid_of(record):
    return record["metadata"]["uid"]


def payload(count):
    return [messages.virus("WORM_DOWNAD.AD", f"wks-{number:06d}") for number in range(count)]


def in_order(records):
    """First occurrences are in the journal's order."""
    seen, last = set(), 0
    for record in records:
        number = sequence_of(record)
        if number not in seen:
            check(number > last, f"record {number} came first after {last}")
            seen.add(number)
            last = number
    return seen


def wanted(gw):
    return {
        sequence_of(event)
        for event in gw.records(4 * RECORDS)
        if kind_name(event) not in ("gateway.tick", "gateway.config", "kpi.value")
    }


def configured(gw, core, kind="relp"):
    port = core.relp_port if kind == "relp" else core.tcp_port
    gw.extra = (
        f'<feed name="core" kind="{kind}" address="127.0.0.1:{port}" from="oldest"'
        f' window="{WINDOW}"/>'
    )
    gw.write_config()


def judge(gw, core, most, what):
    """Compare what came with what is in the journal."""
    wait_cursor(gw, gw.committed(), "everything is acknowledged")
    goal = wanted(gw)
    gw.wait_for(lambda: goal <= set(core.relp.sequences()), "the core has all", 60)
    records = core.relp.look()
    seen = in_order(records)
    repeats = len(records) - len(seen)
    check_equal(len({uid_of(record) for record in records}), len(seen), "uids")
    check(len({uid_of(record).rsplit(".", 1)[0] for record in records}) == 1, "one epoch")
    check(goal <= seen, f"missing: {sorted(goal - seen)[:5]} of {len(goal)}")
    check(repeats <= most, f"{repeats} repeats, at most {most}")
    check_equal(core.relp.torn, 0, "torn lines")
    say(f"      {len(seen)} records, {what}, {repeats} repeats")


def test_core_killed():
    """The core killed while idle and under load: at least once, a kill repeats a window at most"""
    with Gateway("corekill") as gw, Rsyslog(os.path.join(gw.folder, "core")) as core:
        core.start()
        configured(gw, core)
        gw.start()
        gw.receive(*payload(10))
        wait_cursor(gw, gw.committed(), "the first are acknowledged")
        core.kill()
        gw.receive(*payload(10))
        core.start()
        wait_cursor(gw, gw.committed(), "what came while it was away is acknowledged")
        load = Load(gw, payload(RECORDS))
        chance = random.Random(7)
        for turn in range(KILLS):
            goal = len(core.relp.look()) + 1 + chance.randrange(RECORDS // (KILLS + 2))
            gw.wait_for(lambda: len(core.relp.look()) >= goal or load.ended.is_set(), "load", 60)
            core.kill()
            core.start()
        load.thread.join()
        judge(gw, core, (KILLS + 1) * WINDOW, f"{KILLS + 1} kills of the core")


def test_gateway_killed():
    """The gateway killed under load: at least once, a kill repeats at most window and batch"""
    with Gateway("gwkill") as gw, Rsyslog(os.path.join(gw.folder, "core")) as core:
        core.start()
        configured(gw, core)
        gw.start()
        load = Load(gw, payload(RECORDS))
        chance = random.Random(11)
        for turn in range(KILLS):
            goal = len(core.relp.look()) + 1 + chance.randrange(RECORDS // (KILLS + 2))
            gw.wait_for(lambda: len(core.relp.look()) >= goal or load.ended.is_set(), "load", 60)
            gw.kill()
            gw.start()
        load.thread.join()
        # Window: in flight. Batch: answered and not yet noted.
        judge(gw, core, KILLS * 2 * WINDOW, f"{KILLS} kills of the gateway")


def test_stopped():
    """SIGTERM under load: what is in flight is waited for, nothing is repeated"""
    with Gateway("stop") as gw, Rsyslog(os.path.join(gw.folder, "core")) as core:
        core.start()
        configured(gw, core)
        gw.start()
        load = Load(gw, payload(3000))
        gw.wait_for(lambda: len(core.relp.look()) >= 100, "load", 60)
        gw.stop()
        gw.start()
        load.thread.join()
        judge(gw, core, 0, "stopped once")


main(test_core_killed, test_gateway_killed, test_stopped)
