#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 under load, and again, then start: the KPI walk equals that of a twin that was not
killed.

What makes the comparison exact:
- Every message carries a number, goes over one TCP connection, and names its event time. What the
  killed gateway has on disk is a prefix of what was sent (one connection, one order), and its
  journal says how long that is; the sender resumes behind it. So both gateways got the same
  messages once each.
- The twin that was never killed gets the same messages in one go. Columns that speak of the wall
  clock of the receiver (since, last change) are left out there; state, value, levels, reason and
  count are not.
- A second twin is a gateway started on a copy of the killed one's journal alone, without its
  checkpoint: it must come to the same walk by replaying everything, all columns included.
"""
import json
import os
import random
import shutil
import tempfile
import threading
import time

import messages
from harness import IS_LONG, Gateway, Tail, check, check_equal, main, say

HOSTS = [f"wks-{i:03d}" for i in range(200)]
MALWARE = ["WORM_DOWNAD.AD", "TROJ_GEN.A", "BKDR_COBEACON.SMA", "PUA.Win32.InstallCore.D"]
MESSAGES = 200000 if IS_LONG else 30000
KILLS = 20 if IS_LONG else 4
CLOCK_COLUMNS = ("eogKpiSince", "eogKpiLastChange")


def inventory():
    return (
        "site,name,role\n"
        + "".join(f"default,{host},host\n" for host in HOSTS)
        + "default,osce01,product\n"
    )


def make_messages(count):
    """The same for the same count but for the time: all event times lie in the last ten minutes."""
    chance = random.Random(7)
    begin = time.time() - 600
    lines = []
    for number in range(count):
        when = begin + 590 * number / count
        host = HOSTS[chance.randrange(len(HOSTS))]
        turn = chance.random()
        if turn < 0.4:
            line = messages.pattern_status(
                host,
                status=1 if chance.random() < 0.93 else 4,
                connection=1 if chance.random() < 0.95 else 0,
                when_s=when,
            )
        elif turn < 0.5:
            line = messages.engine_status(
                host, status=1 if chance.random() < 0.97 else 2, when_s=when
            )
        elif turn < 0.6:
            line = messages.suspected(host, when_s=when)
        else:
            line = messages.virus(
                MALWARE[chance.randrange(4)],
                host,
                when_s=when,
                source=f"srv{chance.randrange(5)}" if chance.random() < 0.5 else None,
            )
        lines.append(
            line.replace("cnt=1", f"cnt={1 + number % 3}") + f" TMCMLogSerial={number:08d}"
        )
    return lines


def serial_of(event):
    """The message's number out of its raw text; -1 for the gateway's own records."""
    raw = event.get("raw_data") or json.dumps(event)
    at = raw.find("TMCMLogSerial=")
    return int(raw[at + 14 : at + 22]) if at >= 0 else -1


def count_on_disk(gw):
    """How many messages the journal holds; they must be the first so many, each once."""
    committed = gw.committed()
    with Tail(gw, MESSAGES * 4 + 10000) as tail:
        gw.wait_for(
            lambda: tail.events and tail.last_sequence() >= committed,
            "the tail is at the journal's end",
            60,
        )
        serials = [n for n in (serial_of(event) for event in list(tail.events)) if n >= 0]
    check_equal(serials, list(range(len(serials))), "messages in the journal after kill -9")
    return len(serials)


def send_from(gw, lines, start, stop):
    """Sends until the end or until the connection breaks; stop is set when it ends."""
    try:
        with gw.connect() as sock:
            for at in range(start, len(lines), 20):
                sock.sendall(("\n".join(lines[at : at + 20]) + "\n").encode())
    except OSError:
        pass
    stop.set()


def feed_with_kills(gw, lines):
    """Feeds all lines, killing the daemon KILLS times in the middle. Returns where the kills
    hit."""
    chance = random.Random(os.getpid())
    hits, done = [], 0
    for turn in range(KILLS + 1):
        ended = threading.Event()
        sender = threading.Thread(target=send_from, args=(gw, lines, done, ended))
        before = gw.committed()
        sender.start()
        if turn < KILLS:
            # By what is on disk, not by the clock: each kill hits a different place of the load.
            goal = before + 1 + chance.randrange(max(1, (MESSAGES - done) // (KILLS + 1 - turn)))
            gw.wait_for(
                lambda: gw.committed() >= goal or ended.is_set(), "the load is under way", 60
            )
            gw.kill()
            sender.join()
            gw.start()
            done = count_on_disk(gw)
            hits.append(done)
        else:
            sender.join()
    gw.wait_for(lambda: count_on_disk(gw) == len(lines), "all messages are on disk", 60)
    gw.settle()
    return hits


def names_of(gw, without=()):
    return {
        gw.column(name): name
        for name in gw.oids
        if name.startswith("eogKpi")
        and not name.startswith("eogKpiSummary")
        and name not in ("eogKpiId", "eogKpiScope", "eogKpiTable")
        and gw.oids[name].startswith(gw.oids["eogKpiTable"] + ".")
        and name not in without
    }


def compare(one, other, without, what):
    """Both walks, after a tick of each that is newer than all messages."""
    columns = names_of(one, without)
    tables = [gw.walk("eogKpiTable", columns=set(columns)) for gw in (one, other)]
    check(len(tables[0]) > 100, f"the walk is short: {len(tables[0])} cells")
    for index in sorted(set(tables[0]) | set(tables[1])):
        column = columns[int(index.split(".")[0])]
        check_equal(
            tables[1].get(index), tables[0].get(index), f"{what}: {column} of row {row_name(index)}"
        )


def row_name(index):
    arcs = index.split(".")
    return f"{arcs[1]} " + bytes(int(arc) for arc in arcs[3:]).decode(errors="replace")


def wait_tick(gw):
    """The engine has judged a tick that is younger than this call: windows are as of now."""
    begun = gw.committed()
    gw.wait_for(lambda: gw.evaluated() > begun, "a tick is judged", 30)


def settings():
    return dict(
        extra='<inventory file="inventory.csv"/>',
        files={"inventory.csv": inventory()},
        sections={"engine": '<engine clear-hold="10m"/>'},
    )


def test_twins():
    """After kill -9 in the middle of the load the walk equals the twins' walks"""
    lines = make_messages(MESSAGES)
    with Gateway("killed", **settings()) as killed, Gateway("twin", **settings()) as twin:
        twin.start()
        killed.start()
        hits = feed_with_kills(killed, lines)
        check(
            any(0 < hit < len(lines) for hit in hits), f"no kill hit the middle of the load: {hits}"
        )
        say(
            f"      {len(lines)} messages, killed with {', '.join(str(hit) for hit in hits)} of"
            " them on disk"
        )
        twin.receive(*lines)
        for gw in (killed, twin):
            wait_tick(gw)
        compare(twin, killed, CLOCK_COLUMNS, "killed against never killed")
        compare_alerts(twin, killed)
        killed.stop()
        replay(killed)


def compare_alerts(twin, killed):
    """The same alerts are open, each once: a restart raises none again. What was bad only between
    two looks in the middle of the load (its alert rests in the clear hold) is no part of it: the
    twin got the load between other ticks."""
    tables = [
        sorted((a["key"], a["scope"]) for a in gw.status()["alerts"] if a["state"] != "ok")
        for gw in (twin, killed)
    ]
    check_equal(tables[1], tables[0], "open alerts")


def replay(killed):
    """The journal alone, without the checkpoint, gives the same walk."""
    folder = tempfile.mkdtemp(prefix="eog-replay-")
    try:
        copy = Gateway("replay", folder=folder, **settings())
        shutil.copytree(os.path.join(killed.state, "journal"), os.path.join(copy.state, "journal"))
        with copy:
            copy.start()
            killed.start()
            for gw in (killed, copy):
                wait_tick(gw)
            compare(killed, copy, (), "from the checkpoint against from the journal alone")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_idle():
    """kill -9 of an idle gateway: the next start serves the same walk, and raises no alert again"""
    with Gateway("idle", **settings()) as gw:
        gw.start()
        gw.receive(*[messages.virus("WORM_DOWNAD.AD", host) for host in HOSTS[:12]])
        gw.wait_state(11, "outbreak", "default", "critical")
        before = gw.walk("eogKpiTable", columns=set(names_of(gw)))
        alerts = [(a["id"], a["key"], a["scope"]) for a in gw.status()["alerts"]]
        gw.kill()
        gw.start()
        after = gw.walk("eogKpiTable", columns=set(names_of(gw)))
        check_equal(after, before, "the walk after kill -9")
        check_equal(
            [(a["id"], a["key"], a["scope"]) for a in gw.status()["alerts"]],
            alerts,
            "alerts after kill -9",
        )


main(test_idle, test_twins)
