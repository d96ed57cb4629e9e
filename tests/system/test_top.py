#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The top tens of a running gateway: `eogctl top` and a walk of eogTopTable say the same, and what
was found; after a stop, after kill -9 and from the journal alone, too.

The first site's zone is one in which it is about noon, so that no day ends in the middle."""
import json
import os
import shutil
import subprocess
import tempfile
from datetime import datetime, timedelta, timezone

import messages
from harness import Gateway, check, check_equal, main, program

PERIODS = ("day", "week", "month")
KINDS = ("malware", "source", "computer")
OFFSET_H = 12 - datetime.now(timezone.utc).hour
ZONE = timezone(timedelta(hours=OFFSET_H))
ZONE_NAME = f"Etc/GMT{-OFFSET_H:+d}" if OFFSET_H else "Etc/GMT"  # the sign is POSIX's: west is +


def gateway(name, **more):
    site = f'<site id="default" name="Default site" zone="{ZONE_NAME}"/>'
    return Gateway(name, sections={"site": site}, **more)


def asked(gw, *options):
    return json.loads(gw.ctl("top", "--json", *options))


def rows_of(answer):
    """{(period, kind, rank): (name, count, error, site)}, numbers as in the MIB"""
    return {
        (PERIODS.index(top["period"]) + 1, KINDS.index(top["kind"]) + 1, row["rank"]): (
            row["name"],
            row["count"],
            row["error"],
            row.get("site", ""),
        )
        for top in answer["tops"]
        for row in top["rows"]
    }


def walked(gw):
    """The same of the agent."""
    columns = [gw.column(f"eogTop{name}") for name in ("Name", "Count", "Error", "Site")]
    table = gw.walk("eogTopTable")
    indexes = sorted({tuple(int(arc) for arc in name.split(".")[1:]) for name in table})
    rows = {}
    for index in indexes:
        cells = [table.get(".".join(str(arc) for arc in (c, *index))) for c in columns]
        check(None not in cells, f"row {index} lacks a column: {cells}")
        name, count, error, site = (cell.strip().strip('"') for cell in cells)
        rows[index] = (name, int(count), int(error), site)
    return rows


def counts(gw, period, kind):
    (top,) = asked(gw, "--period", period, "--kind", kind)["tops"]
    return [(row["name"], row["count"]) for row in top["rows"]]


def infections():
    """20 that count, of now; and what does not."""
    found = [messages.virus(f"TROJ_GEN.{number:02d}", f"wks-{number:02d}", source="filesrv01")
             for number in range(12)]
    found += [messages.virus("WORM_DOWNAD.AD", "wks-00", source=r"\\\\FILESRV02\\share")
              for _ in range(5)]
    found.append(messages.virus("WORM_DOWNAD.AD", "wks-01", source="WKS-01").replace("cnt=1", "cnt=3"))
    found += [found[-1]] * 3  # said again, found once
    found.append(messages.suspected("wks-02"))
    return found


def test_counts():
    """What is found is counted: by kind, once where it is repeated, in the day that it happened in"""
    with gateway("top") as gw:
        gw.start()
        gw.receive(*infections())
        gw.wait_for(lambda: counts(gw, "day", "malware")[:1] == [("WORM_DOWNAD.AD", 8)],
                    "the worm is found eight times")
        check_equal(counts(gw, "day", "malware")[1:],
                    [(f"TROJ_GEN.{n:02d}", 1) for n in range(9)], "ties by name, ten in all")
        check_equal(counts(gw, "day", "source"), [("filesrv01", 12), ("FILESRV02", 5)], "sources")
        check_equal(counts(gw, "day", "computer")[:3], [("wks-00", 6), ("wks-01", 4), ("wks-02", 1)],
                    "computers")
        answer = asked(gw)
        check_equal(len(answer["tops"]), 9, "lists without options")
        check_equal((answer["zone"], answer["catching_up"]), (ZONE_NAME, False), "zone, catching up")
        now = datetime.now(ZONE)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        begins = (midnight, midnight - timedelta(days=now.weekday()), midnight.replace(day=1))
        for top in answer["tops"]:
            begin = datetime.fromisoformat(top["begin"].replace("Z", "+00:00"))
            check_equal(begin, begins[PERIODS.index(top["period"])], f"begin of {top['period']}")
            check_equal(top["missed"], 0, "what was missed")
        yesterday = midnight - timedelta(hours=2)
        gw.receive(*[messages.virus("RANSOM_LATE", "wks-50", when_s=yesterday.timestamp() + n)
                     for n in range(21)])
        for period, begin in zip(PERIODS[1:], begins[1:]):
            expected = [("RANSOM_LATE", 21)] if begin <= yesterday else [("WORM_DOWNAD.AD", 8)]
            gw.wait_for(lambda: counts(gw, period, "malware")[:1] == expected,
                        f"yesterday's are in the {period}, if it had begun")
        check_equal(counts(gw, "day", "malware")[0], ("WORM_DOWNAD.AD", 8), "yesterday is over")


def agreed(gw, what):
    """The rows that both show; twice in a row the same, as they are asked one after the other."""
    def look():
        one, table, other = rows_of(asked(gw)), walked(gw), rows_of(asked(gw))
        return one if one and one == table == other else None
    return gw.wait_for(look, f"eogctl top and the walk agree {what}")


def test_agree():
    """eogctl top and eogTopTable agree, before and after a stop, kill -9, a replay of the journal"""
    folder = tempfile.mkdtemp(prefix="eog-top-")
    try:
        with gateway("top") as gw:
            gw.start()
            gw.receive(*infections())
            gw.wait_for(lambda: counts(gw, "day", "malware")[:1] == [("WORM_DOWNAD.AD", 8)],
                        "all are counted")
            before = agreed(gw, "at first")
            check_equal(before[1, 3, 1], ("wks-00", 6, 0, "default"), "the most infected computer")
            check_equal(len(before), 3 * (10 + 2 + 10), "rows")
            gw.stop()
            gw.start()
            check_equal(agreed(gw, "after a stop"), before, "rows after a stop")
            gw.receive(messages.virus("TROJ_GEN.11", "wks-11"))
            gw.kill()
            gw.start()
            after = agreed(gw, "after kill -9")
            check_equal(after[1, 1, 2], ("TROJ_GEN.11", 2, 0, ""), "what came before kill -9")
            gw.kill()
            copy = gateway("replay", folder=folder)
            shutil.copytree(os.path.join(gw.state, "journal"), os.path.join(copy.state, "journal"))
            gw.start()
            with copy:
                copy.start()
                check_equal(agreed(copy, "from the journal alone"), after, "rows without a checkpoint")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_people():
    """A table for people; words that mean nothing are refused, by either side"""
    with gateway("top") as gw:
        gw.start()
        check("found 0 times" in gw.ctl("top"), "nothing is found yet")
        gw.receive(*infections())
        gw.wait_for(lambda: "found 20 times" in gw.ctl("top", "--kind", "malware"), "all are counted")
        text = gw.ctl("top")
        check_equal([word in text for word in ("Malware of the day", "Infection sources", "default")],
                    [True] * 3, f"words of {text}")
        check("week" not in text and "week" in gw.ctl("top", "--period", "all"), "the day by default")
        check("Malware" not in gw.ctl("top", "--kind=computer"), "computers alone")
        for wrong in (("--period", "year"), ("--kind", "all of them"), ("--kind",), ("day",)):
            done = subprocess.run([program("eogctl"), "top", *wrong, "--state", gw.state],
                                  capture_output=True, check=False, timeout=30)
            check_equal((done.returncode, done.stdout), (2, b""), f"eogctl top {wrong}")
            check(done.stderr, f"eogctl top {wrong} is refused without a word")


if not os.path.exists(os.path.join("/usr/share/zoneinfo", ZONE_NAME)):
    print(f"no zoneinfo here: {ZONE_NAME}")
    raise SystemExit(77)
main(test_counts, test_agree, test_people)
