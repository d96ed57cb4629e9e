#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole chain, senders by RELP to the core, on bad days: a core behind 50 ms and 1 Mbit/s slows
no sender and loses nothing; SIGTERM under load is over in 5 s and loses nothing acknowledged; what
kill -9 leaves is what a twin that was never killed has, since when included.
What each kill repeats at the core: test_feed_kill.py. make check-chain has the long form."""
import datetime
import re
import subprocess
import time

import messages
from core import Relp, record_of
from harness import IS_LONG, Gateway, check, check_equal, free_port, main, program, say, stretch
from relp_sender import RelpSender
from slow_link import SlowLink

RATE = 2000
SLOW_S = 120 if IS_LONG else 2
KILLS = 10 if IS_LONG else 2
TICK_S = 6  # ticks of two gateways come at different times
SETTINGS = dict(
    extra='<inventory file="inventory.csv"/>',
    files={"inventory.csv": "site,name,role\n"
           + "".join(f"default,wks-{number:03d},host\n" for number in range(200))
           + "default,osce01,product\n"},
    sections={"engine": '<engine clear-hold="10m"/>'},
)
ID = re.compile(rb"eogid\W+(\d{9})")


class Chain(Gateway):
    """A gateway with a RELP listener, and a feed to a port."""

    def __init__(self, name, core_port=None, **more):
        self.relp = free_port()
        feed = f'<feed name="core" address="127.0.0.1:{core_port}" from="oldest"/>'
        listener = f'<syslog-relp address="127.0.0.1:{self.relp}"/>'
        extra = listener + (feed if core_port else "") + more.pop("extra", "")
        super().__init__(name, extra=extra, **more)

    def feed(self):
        return next(row for row in self.status()["feeds"] if row["name"] == "core")

    def numbers(self):
        """Of the messages in the journal, in order."""
        found = []
        with subprocess.Popen(
            [program("eogctl"), "journal", "cat", "--state", self.state], stdout=subprocess.PIPE
        ) as cat:
            for line in cat.stdout:
                match = ID.search(line)
                if match:
                    found.append(int(match.group(1)))
        check_equal(cat.returncode, 0, "exit code of eogctl journal cat")
        return found

    def wait_drained(self):
        goal = self.committed()
        self.wait_for(lambda: self.feed()["cursor"] >= goal, f"{goal} is acknowledged", 300)


def payload(count, begin=0):
    """Their times: the last ten minutes, the same for the same begin and count."""
    start = int(time.time()) - 600
    return [
        messages.virus(
            ("WORM_DOWNAD.AD", "TROJ_GEN.A")[number % 2],
            f"wks-{number % 200:03d}",
            action="File quarantined" if number % 5 else "Unable to clean file",
            source=f"srv{number % 5}",
            when_s=start + 590 * number // count,
        )
        + f" eogid={number:09d}"
        for number in range(begin, begin + count)
    ]


def arrived(core):
    """Numbers of the messages that the core has, repeats dropped by uid; and those repeats."""
    with core.lock:
        lines = list(core.messages)
    by_uid = {record_of(line)["metadata"]["uid"]: line.encode() for line in lines}
    found = [ID.search(line) for line in by_uid.values()]
    return [int(match.group(1)) for match in found if match], len(lines) - len(by_uid)


def check_all(found, count, what):
    missing = set(range(count)) - set(found)
    check(not missing, f"{what}: {len(missing)} of {count} are missing: {sorted(missing)[:3]}")


def test_slow_core():
    """R7: the core is 50 ms and 1 Mbit/s away: no sender is slowed, nothing is lost"""
    with Relp() as core, SlowLink(core.port) as link, Chain("slow", link.port) as gw:
        core.start()
        gw.start()
        count = RATE * SLOW_S
        begun = time.monotonic()
        sender = RelpSender(gw.relp, payload(count), RATE)
        check(sender.join(SLOW_S * 3 + 30), f"acknowledged {sender.acked} of {count}")
        took = time.monotonic() - begun
        behind = gw.feed()["backlog_records"]
        check(behind > count // 2, f"the link was no narrow one: {behind} records wait")
        check(took < (SLOW_S * 1.5 + 2) * stretch(), f"{count} messages took {took:.1f} s at {RATE}/s")
        check(sender.slowest_s < 1, f"a sender waited {sender.slowest_s:.2f} s for its answer")
        carried = link.carried / took
        check(carried <= 140000, f"{carried:.0f} bytes/s went over the link")
        link.widen()
        gw.wait_drained()
        found, repeats = arrived(core)
        check_all(found, count, "at the core")
        row = gw.feed()
        check_equal([len(found), row["refused"]], [count, 0], "messages, refused")
        # A session may break on such a link; then what was in flight is repeated, by uid.
        most = 128 * (row["connects"] - 1)
        check(repeats <= most, f"{repeats} repeats, at most {most}")
        say(f"      {count} messages in {took:.1f} s, slowest answer {sender.slowest_s * 1000:.0f}"
            f" ms; {behind} records waited for the link, {carried / 1000:.0f} kB/s over it,"
            f" {row['connects']} sessions, {repeats} repeats")


def test_sigterm():
    """R23: SIGTERM under load and with a slow core: over in 5 s, what was acknowledged is there"""
    with Relp() as core, SlowLink(core.port) as link, Chain("term", link.port) as gw:
        core.start()
        gw.start()
        lines = payload(20000)
        sender = RelpSender(gw.relp, lines)
        gw.wait_for(lambda: sender.acked > 2000, "the load is under way", 60)
        begun = time.monotonic()
        gw.stop(within_s=30)
        took = time.monotonic() - begun
        acked = sender.acked
        check(acked < len(lines), "the load is over before SIGTERM")
        check(took <= 5 * stretch(), f"SIGTERM took {took:.1f} s")
        check_all(gw.numbers(), acked, "acknowledged and in the journal")
        gw.start()
        check(sender.join(120), f"acknowledged {sender.acked} of {len(lines)}")
        link.widen()
        gw.wait_drained()
        found, _ = arrived(core)
        check_all(found, len(lines), "at the core")
        say(f"      {acked} were acknowledged, stopped in {took:.2f} s")


def rows(gw):
    """(kpi, scope) -> state and value; the same -> since, in seconds."""
    gw.settle()
    begun = gw.committed()
    gw.wait_for(lambda: gw.evaluated() > begun, "a tick is judged", 30)
    found = {(row["key"], row["scope"]): row for row in gw.status()["kpis"]}
    words = {key: (row["state"], row["value_text"]) for key, row in found.items()}
    since = {
        key: datetime.datetime.fromisoformat(row["since"].replace("Z", "+00:00")).timestamp()
        for key, row in found.items()
    }
    return words, since


def send_with_kills(gw, lines):
    """What is on disk after a kill is the beginning of what was sent; the next sender goes on
    behind it, so that each message is in the journal once. Returns where the kills hit."""
    hits, done = [], 0
    for turn in range(KILLS + 1):
        sender = RelpSender(gw.relp, lines[done:], RATE)
        if turn < KILLS:
            goal = len(lines) * (turn + 1) // (KILLS + 1) - done
            gw.wait_for(lambda: sender.acked >= goal, "the load is under way", 60)
            gw.kill()
            sender.is_stopped.set()
            acked = done + sender.acked
            gw.start()
            sender.stop()
            numbers = gw.numbers()
            check(numbers == list(range(len(numbers))), "the journal is the beginning of the load")
            check(acked <= len(numbers) < len(lines), f"{acked} acknowledged, {len(numbers)} held")
            done = len(numbers)
            hits.append(done)
        else:
            check(sender.join(120), f"acknowledged {sender.acked} of {len(lines) - done}")
    check_equal(len(gw.numbers()), len(lines), "messages in the journal")
    return hits


def test_twin():
    """R10: after kill -9 under load every indicator is as a twin has it that was never killed:
    state and value the same, since within the time that the kills took"""
    lines = payload(4000 if not IS_LONG else 60000)
    with Chain("killed", **SETTINGS) as killed, Chain("twin", **SETTINGS) as twin:
        killed.start()
        twin.start()
        begun = time.monotonic()
        twins = RelpSender(twin.relp, lines, RATE)
        hits = send_with_kills(killed, lines)
        check(twins.join(120), "the twin has all")
        took = time.monotonic() - begun
        (ours, ours_since), (theirs, theirs_since) = rows(killed), rows(twin)
        check(len(theirs) >= 28, f"only {len(theirs)} rows")
        check_equal({state for state, _ in theirs.values()} >= {"ok", "critical"}, True, "states")
        for key in sorted(set(ours) | set(theirs)):
            check_equal(ours.get(key), theirs.get(key), f"{key}: state and value")
            apart = abs(ours_since[key] - theirs_since[key])
            check(apart <= took + TICK_S, f"{key}: since is {apart:.1f} s apart")
        say(f"      {len(theirs)} rows; killed with {hits} of {len(lines)} on disk")


main(test_slow_core, test_sigterm, test_twin)
