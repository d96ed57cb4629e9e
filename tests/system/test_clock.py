#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wall clock steps by an hour, by a day, to 1970 and to 2038, while messages come: nothing
stalls, nothing is lost, nothing is judged by a window that runs backwards, and the journal alone
comes to the same table."""
import os
import shutil
import tempfile
import time

import messages
from disk import WallClock
from harness import IS_LONG, Gateway, check, check_equal, main, say

HOUR, DAY = 3600, 86400
CLOCK_COLUMNS = ("eogKpiSince", "eogKpiLastChange")
PROMPT_S = 60.0  # whoever waits for the old time again waits for an hour at least


def to_year(year):
    return time.mktime((year, 1, 19, 3, 14, 8, 0, 0, 0)) - time.time()


def steps():
    """Each is left again at once by the one behind it."""
    short = [HOUR, -HOUR, DAY, 60 - time.time(), to_year(2038), 0]
    more = [-DAY, 1, -1, to_year(2038) + 10, -HOUR, 0, 7 * DAY, -7 * DAY, 0, 60 - time.time(), 0]
    return short + (more if IS_LONG else [])


def send_some(gw, clock, turn):
    """Messages of the time that it is now for the daemon, as its senders have it."""
    hosts = [f"wks-{n:03d}" for n in range(12)]
    when = clock.now()
    return gw.receive(
        *[messages.virus("WORM_DOWNAD.AD", host, when_s=when) for host in hosts],
        *[messages.pattern_status(host, status=1 + turn % 4, when_s=when) for host in hosts],
    )


def check_sane(gw, what):
    rows = gw.status()["kpis"]
    check(rows, f"{what}: no rows")
    for row in rows:
        check(row["value"] >= -1, f"{what}: {row}")
        check("-" not in row["value_text"].replace("->", ""), f"{what}: {row}")
    oldest = int(gw.get("eogJournalOldestAge"))
    check(0 <= oldest < 2**32, f"{what}: eogJournalOldestAge {oldest}")


def table(gw, without=()):
    columns = {
        gw.column(name)
        for name in gw.oids
        if name.startswith("eogKpi")
        and not name.startswith("eogKpiSummary")
        and gw.oids[name].startswith(gw.oids["eogKpiTable"] + ".")
        and name not in ("eogKpiScope", *without)
    }
    return gw.walk("eogKpiTable", columns=columns)


def wait_tick(gw):
    """One comes a second after traffic."""
    gw.receive(messages.virus("TROJ_GEN.A", "wks-001"))
    begun = gw.committed()
    gw.wait_for(lambda: gw.evaluated() > begun, "a tick is judged", 30)


def settings():
    return dict(sections={"engine": '<engine clear-hold="10m"/>'})


def replay_equals(gw):
    """A gateway on a copy of the journal alone: the same table."""
    folder = tempfile.mkdtemp(prefix="eog-replay-")
    try:
        copy = Gateway("replay", folder=folder, **settings())
        shutil.copytree(os.path.join(gw.state, "journal"), os.path.join(copy.state, "journal"))
        with copy:
            copy.start()
            gw.start()
            for one in (gw, copy):
                wait_tick(one)
            check_equal(table(copy, CLOCK_COLUMNS), table(gw, CLOCK_COLUMNS), "replayed and lived")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_steps():
    """Steps of the clock: no stall, no negative value; the journal alone gives the same table"""
    with Gateway("clock", **settings()) as gw:
        clock = WallClock(gw.folder)
        gw.env = clock.env
        gw.start()
        worst, received = 0.0, 0
        for turn, ahead in enumerate(steps()):
            send_some(gw, clock, turn)
            clock.set(ahead)
            begun = time.monotonic()
            send_some(gw, clock, turn)
            generation = gw.status()["evaluated"]
            gw.wait_for(lambda: gw.status()["evaluated"] != generation,
                        f"it is judged on after a step to {ahead} s", PROMPT_S)
            worst = max(worst, time.monotonic() - begun)
            check_sane(gw, f"{ahead} s ahead")
            received += 48
        say(f"      {len(steps())} steps, {received} messages, at most {worst:.1f} s to go on")
        check_equal(gw.counter("received"), received, "messages taken")
        clock.set(0)
        gw.wait_state(11, "outbreak", "default", "critical")
        gw.stop()
        check("kpi: checkpoint refused" not in gw.log_text(), gw.log_tail())
        replay_equals(gw)


def test_start():
    """Starts in 1970 and in 2038: up, judging, and well when the clock is right again"""
    with Gateway("clock-start", **settings()) as gw:
        clock = WallClock(gw.folder)
        gw.env = clock.env
        for turn, ahead in enumerate((60 - time.time(), to_year(2038), 0)):
            clock.set(ahead)
            gw.start()
            send_some(gw, clock, turn)
            check_sane(gw, f"started {ahead} s ahead")
            if ahead == 0:
                gw.wait_state(11, "outbreak", "default", "critical")
            gw.stop()
        check_equal(len({n for n in os.listdir(os.path.join(gw.state, "journal"))
                         if n.endswith(".seg")}), 3, "segments kept")


main(test_steps, test_start)
