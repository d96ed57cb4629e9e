#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The store's figures are those of the journal, counted here: after kill -9 in the middle of a load,
after a rebuild, by the daemon and by its next start. A store whose disk is full holds nobody up."""
import collections
import json
import os
import random
import threading

import messages
from disk import Tmpfs, enter_namespace
from figures import open_store
from harness import IS_LONG, Gateway, Skipped, check, check_equal, kind_of, main, program, run, say
from senders import Informs

MESSAGES = 60000 if IS_LONG else 6000
KILLS = 3
# What is counted as a detection, as far as the load has it.
COUNTED = ("malware.quarantined", "malware.cleaned", "malware.clean_failed", "malware.suspected")
SHANGHAI_MS = 8 * 3600 * 1000
SITE = {"site": '<site id="default" name="Default site" zone="Asia/Shanghai"/>'}


def load(count):
    """Detections of some names, computers and sources, a tenth told twice; what nobody knows, and
    what counts as nothing."""
    chance = random.Random(11)
    lines = []
    for number in range(count):
        host = f"wks-{chance.randrange(300):03d}"
        turn = chance.random()
        if turn < 0.5:
            action = chance.choice(["File quarantined", "File cleaned", "Unable to clean file"])
            line = messages.virus(
                f"TROJ_GEN.{chance.randrange(40):03d}",
                host,
                action=action,
                source=f"srv{chance.randrange(9)}" if chance.random() < 0.5 else None,
                when_s=messages.time.time() - chance.randrange(3 * 86400),
            ).replace("cnt=1 ", f"cnt={1 + number % 3} ")
        elif turn < 0.6:
            line = messages.suspected(host)
        elif turn < 0.7 and lines:
            line = chance.choice(lines)
        elif turn < 0.8:
            line = f"<13>no mapping knows {number}"
        else:
            line = messages.pattern_status(host)
        lines.append(line)
    return lines


def events(gw):
    """Every record of the journal, offline."""
    text = run([program("eogctl"), "journal", "cat", "--state", gw.state], timeout_s=120)
    return [json.loads(line) for line in text.splitlines()]


def count(gw):
    """(day, kind, product, malware, source, computer, action) -> findings, and (day, sender) ->
    messages that no mapping knew."""
    found, unknown, seen = collections.Counter(), collections.Counter(), set()
    for event in events(gw):
        kind = kind_of(event)
        day = (min(event["time"], event["metadata"]["logged_time"]) + SHANGHAI_MS) // 86400000
        if kind == "gateway.untranslatable":
            unknown[day, event["metadata"]["reporter"]["ip"]] += 1
        if kind not in COUNTED:
            continue
        key = (kind, event["metadata"]["original_event_uid"])
        if key in seen:
            continue
        seen.add(key)
        origin = event["evidences"][0].get("src_endpoint", {})
        found[
            day,
            kind,
            event["metadata"]["product"]["name"],
            event["malware"][0]["name"],
            origin.get("hostname", "https:" if "name" in origin else None),
            event["device"]["hostname"],
            event["disposition_id"],
        ] += event.get("count", 1)
    return dict(found), dict(unknown)


def kinds():
    """Number -> name."""
    path = os.path.join(messages.harness.SOURCE, "gateway/schema/kinds.def")
    with open(path) as table:
        rows = [line.split(",") for line in table if line.startswith("GW_KIND(")]
    return {int(row[0][8:]): row[2].strip().strip('"') for row in rows}


FIGURES = """
SELECT {time}, kind, p.text, m.text, s.text, c.key, action, sum(n) FROM {table}
LEFT JOIN name p ON p.id = product LEFT JOIN name m ON m.id = malware
LEFT JOIN name s ON s.id = source LEFT JOIN computer c ON c.id = detection.computer
GROUP BY 1, 2, 3, 4, 5, 6, 7"""


def stored(path):
    """The same out of the database."""
    name_of = kinds()
    with open_store(path) as db:
        rows = db.execute(FIGURES.format(time="day", table="detection_day detection")).fetchall()
        hours = db.execute("SELECT sum(n) FROM detection_hour").fetchone()[0]
        unknown = db.execute(
            "SELECT day, f.text, sum(unknown) FROM unknown_day JOIN name f ON f.id = sender"
            " GROUP BY 1, 2 HAVING sum(unknown) > 0"
        ).fetchall()
    db.close()
    found = {(row[0], name_of[row[1]], *row[2:5], row[5][2:], row[6]): row[7] for row in rows}
    check_equal(hours or 0, sum(found.values()), "hours and days add up to the same")
    return found, {row[:2]: row[2] for row in unknown}


TABLES = {
    "hours": FIGURES.format(time="hour", table="detection_hour detection"),
    "days": FIGURES.format(time="day", table="detection_day detection"),
    "states": "SELECT kpi, scope, from_ms, until_ms, state, value FROM kpi_state ORDER BY id",
    "alerts": "SELECT * FROM alert ORDER BY id",
    "alert events": "SELECT * FROM alert_event ORDER BY sequence",
}


def dump(path):
    with open_store(path) as db:
        rows = {name: db.execute(sql).fetchall() for name, sql in TABLES.items()}
    db.close()
    return rows


def path_of(gw):
    return os.path.join(gw.state, "store.db")


def store_of(gw):
    return gw.status()["store"]


def wait_in(gw, goal=None):
    """Every record up to goal, else what is there now, is in the store."""
    goal = goal or gw.committed()
    gw.wait_for(
        lambda: store_of(gw)["cursor"] >= goal and not store_of(gw)["filling"],
        f"record {goal} is in the store",
        60,
    )


def send(gw, lines, ended):
    try:
        with gw.connect() as sock:
            for at in range(0, len(lines), 20):
                sock.sendall(("\n".join(lines[at : at + 20]) + "\n").encode())
    except OSError:
        pass
    ended.set()


def feed_with_kills(gw, lines):
    """Parts of the load, a kill in the middle of each but the last. What is lost in a socket is not
    sent again: what the journal has is what counts. Returns where the store was at the kills."""
    part, at = len(lines) // (KILLS + 1), []
    for turn in range(KILLS + 1):
        ended = threading.Event()
        before = gw.committed()
        sender = threading.Thread(
            target=send, args=(gw, lines[turn * part : (turn + 1) * part], ended)
        )
        sender.start()
        if turn < KILLS:
            gw.wait_for(
                lambda: gw.committed() >= before + part // 2 or ended.is_set(), "under way", 60
            )
            # The second kill hits while the store writes: its first commit behind the load.
            if turn == 1:
                gw.wait_for(lambda: store_of(gw)["cursor"] > before, "the store is at it", 60)
            at.append(store_of(gw)["backlog_records"])
            gw.kill()
        sender.join()
        if turn < KILLS:
            gw.start()
    gw.wait_for(lambda: gw.counter("received") >= part, "the last part is received", 60)
    return at


def test_kills():
    """Killed three times under load the figures are the journal's; rebuilt they are the same"""
    with Gateway("store", sections=SITE) as gw:
        gw.start()
        backlogs = feed_with_kills(gw, load(MESSAGES))
        wait_in(gw)
        found, unknown = count(gw)
        check(len(found) > 500 and len(unknown) > 0, f"{len(found)} rows are few")
        seen, seen_unknown = stored(path_of(gw))
        for key in found.keys() | seen.keys():
            check_equal(seen.get(key), found.get(key), f"figure of {key}")
        check_equal(seen_unknown, unknown, "what was not understood")
        check(store_of(gw)["repeats"] > 0, "no repeats among them")
        say(
            f"      {sum(found.values())} findings in {len(found)} rows; {backlogs} records were"
            " not in the store yet when it was killed"
        )
        gw.ctl("store", "verify")
        check_equal(os.stat(path_of(gw)).st_mode & 0o777, 0o600, "mode of store.db")
        before = dump(path_of(gw))
        goal = gw.committed()
        text = gw.ctl("store", "rebuild")
        check("filled anew" in text, text)
        wait_in(gw, goal)
        compare(dump(path_of(gw)), before, "rebuilt")
        gw.stop()
        check("next start" in gw.ctl("store", "rebuild"), "without a gateway")
        check(not os.path.exists(path_of(gw)), "it is not set aside")
        gw.start()
        wait_in(gw)
        compare(dump(path_of(gw)), before, "filled by the next start")


def compare(seen, before, what):
    """What came meanwhile (states, alerts) is behind what was there."""
    for name, rows in before.items():
        if name in ("hours", "days", "alert events"):
            check_equal(seen[name][: len(rows)], rows, f"{name}, {what}")
    begun = lambda rows: [row[:3] for row in rows]  # pylint: disable=unnecessary-lambda-assignment
    check(before["states"], "no states were recorded")
    check_equal(
        begun(seen["states"])[: len(before["states"])], begun(before["states"]), f"states, {what}"
    )
    check(len(before["alerts"]) > 0, "no alert was raised")
    check_equal(
        [row[:7] for row in seen["alerts"]][: len(before["alerts"])],
        [row[:7] for row in before["alerts"]],
        f"alerts, {what}",
    )


def test_full():
    """The store's disk is full: informs are answered, the status says why; room: it catches up"""
    with Gateway("store-full", sections=SITE) as gw:
        folder = os.path.join(gw.folder, "small")
        os.mkdir(folder)
        disk = Tmpfs(folder, "2m")
        os.symlink(os.path.join(folder, "store.db"), path_of(gw))
        try:
            gw.start()
            gw.receive(*load(200))
            wait_in(gw)
            filler = disk.fill()
            with Informs(gw) as informs:
                gw.receive(*load(2000))
                gw.wait_for(lambda: "full" in store_of(gw)["trouble"], "it tells", 30)
                answered = informs.n
                gw.receive(*load(200))
                gw.wait_for(lambda: informs.n > answered + 20, "informs are answered")
            check(store_of(gw)["backlog_records"] >= 2000, "records wait")
            check_equal(store_of(gw)["state"], "warning", "state of the store")
            check(not gw.status()["journal"]["failing"], "the journal fails")
            check("full" in gw.ctl("store"), "eogctl store does not say why")
            os.unlink(filler)
            wait_in(gw)
            check_equal(store_of(gw)["trouble"], "", "trouble")
            check_equal(store_of(gw)["rebuilds"], 0, "rebuilds")
            found, unknown = count(gw)
            check_equal(stored(path_of(gw)), (found, unknown), "figures after it was full")
            gw.stop()
        finally:
            if gw.is_alive():
                gw.kill()
            disk.close()


try:
    enter_namespace()
except Skipped as reason:
    say(f"no namespace: {reason}")
    main(test_kills)
else:
    main(test_kills, test_full)
