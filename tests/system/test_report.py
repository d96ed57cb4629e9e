#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`eogctl report` beside a running gateway and without one: every format has the numbers that `eogctl
top` has; JSON and CSV are read by others' parsers; what comes of strangers is inert."""
import csv
import io
import json
import os
import re
import stat
from datetime import datetime, timedelta, timezone

import messages
from harness import SOURCE, Gateway, check, check_equal, main, program, run

OFFSET_H = 12 - datetime.now(timezone.utc).hour  # about noon: no day ends in the middle
ZONE = f"Etc/GMT{-OFFSET_H:+d}" if OFFSET_H else "Etc/GMT"  # the sign is POSIX's: west is +
TODAY = datetime.now(timezone(timedelta(hours=OFFSET_H))).strftime("%Y-%m-%d")
FORMULAS = ("=cmd' /C calc'!A0", "+1+1", "-2+3", "@SUM(1+1)", '=HYPERLINK("http://192.0.2.66/")')
KINDS = ("malware", "source", "computer")


def gateway():
    site = f'<site id="default" name="Default site" zone="{ZONE}"/>'
    return Gateway("report", sections={"site": site})


def report(gw, *options, ok=(0,)):
    data = os.path.join(SOURCE, "")
    return gw.ctl("report", "--data", data, *options, ok=ok)


def found():
    sent = [messages.virus(name, f"wks-{n:02d}", source="filesrv01")
            for n, name in enumerate(FORMULAS) for _ in range(n + 1)]
    sent += [messages.virus("TROJ_GEN.07", "wks-07", source="filesrv02") for _ in range(7)]
    sent.append(messages.virus("<script>alert(1)</script>", "wks-08"))
    sent.append(messages.suspected("wks-09"))
    return sent


def tops(gw):
    answer = json.loads(gw.ctl("top", "--period", "day", "--json"))["tops"]
    return {top["kind"]: [(row["name"], row["count"]) for row in top["rows"]] for top in answer}


def fill(gw):
    sent = found()
    gw.receive(*sent)
    gw.receive("something that no mapping knows")
    gw.settle()
    goal = gw.committed()
    gw.wait_for(lambda: gw.status()["store"]["cursor"] >= goal, "all is in the store")
    return len(sent)


def check_json(gw, n):
    whole = json.loads(report(gw, "--period", "day", "--date", TODAY, "--json"))
    check_equal((whole["from"], whole["to"], whole["zone"]), (TODAY, TODAY, ZONE), "days and zone")
    check_equal((whole["is_part"], whole["is_empty"]), (True, False), "part, empty")
    shown = {(table["by"], table["of"]): table for table in whole["tables"]}
    live = tops(gw)
    for kind in KINDS:
        rows = [(row["name"], row["n"]) for row in shown[kind, "infections"]["rows"]]
        check(rows, f"the report has no {kind}")
        check_equal(rows, live[kind], f"{kind}, beside eogctl top")
    check_equal(shown["kind", "detections"]["total"], n, "detections in all")
    check_equal(sum(hour["detections"] for hour in whole["course"]), n, "and of its hours")
    check_equal(sum(hour["infections"] for hour in whole["course"]), n - 1, "infections")
    check(whole["not_understood"]["unknown"] >= 1, "what no mapping knew is not told")
    keys = {kpi["key"] for kpi in whole["indicators"]}
    check({"outbreak", "install-rate"} <= keys, f"indicators are missing: {keys}")
    return whole


def check_csv(gw, n):
    path = os.path.join(gw.folder, "day.csv")
    report(gw, "--period", "day", "--date", TODAY, "-o", path)
    with open(path, "rb") as file:
        data = file.read()
    check(data.startswith(b"\xef\xbb\xbf"), "the CSV has no mark")
    check(not re.search(rb"(?<!\r)\n", data), "a line of the CSV does not end with CR LF")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    for cell in (cell for row in rows for cell in row):
        check(not cell.startswith(("=", "+", "-", "@", "\t", "\r")), f"a cell is a formula: {cell!r}")
    counts = {row[0]: row[2] for row in rows if len(row) == 4}
    for count, name in enumerate(FORMULAS, 1):
        check_equal(counts.get("'" + name), str(count), f"{name} in the CSV")
    check_equal(counts["TROJ_GEN.07"], "7", "a name that is no formula")
    (head,) = [i for i, row in enumerate(rows) if row[1:] == ["Detections", "Infections"]]
    course = rows[head + 1 : rows.index([], head) if [] in rows[head:] else None]
    check_equal(sum(int(row[1]) for row in course), n, "the course of the CSV")


def check_pages(gw):
    page = report(gw, "--period", "day", "--date", TODAY, "--format", "html", "--lang", "zh")
    check("<script>alert" not in page and "&lt;script&gt;alert" in page, "the page has a script")
    check("安全日报" in page, "the page is not Chinese")
    path = os.path.join(gw.folder, "day.pdf")
    report(gw, "--period", "day", "--date", TODAY, "-o", path)
    with open(path, "rb") as file:
        check(file.read(5) == b"%PDF-", "no PDF")
    check_equal(stat.S_IMODE(os.stat(path).st_mode), 0o640, "mode of the PDF")
    left = [name for name in os.listdir(gw.folder) if name.startswith("day.") and name.count(".") > 1]
    check_equal(left, [], "what is left of writing")


def test_formats():
    """All formats have the numbers that were sent, while the gateway runs and when it does not"""
    with gateway() as gw:
        gw.start()
        n = fill(gw)
        whole = check_json(gw, n)
        check_csv(gw, n)
        check_pages(gw)
        gw.stop()
        again = json.loads(report(gw, "--period", "day", "--date", TODAY, "--json"))
        check_equal(again["tables"], whole["tables"], "without the gateway")


def test_refusals():
    """What cannot be made says why, and writes nothing"""
    with gateway() as gw:
        path = os.path.join(gw.folder, "no.html")
        wrong = (("--period", "year"), ("--date", "2026-02-30"), ("--from", TODAY), ("--lang", "de"),
                 ("--format", "doc"), ("--from", "2026-03-02", "--to", "2026-03-01"), ("word",))
        run([program("eogctl"), "report", "--state", gw.state, "-o", path], ok=(3,))
        gw.start()
        gw.wait_for(lambda: gw.status()["store"]["cursor"] > 1, "the store has begun")
        for options in wrong:
            report(gw, *options, "-o", path, ok=(2,))
        report(gw, "--json", "-o", os.path.join(gw.folder, "none", "no.json"), ok=(3,))
        check(not os.path.exists(path), "a file was written")
        empty = json.loads(report(gw, "--from", "2020-01-01", "--to", "2020-01-07", "--json"))
        check_equal((empty["is_empty"], empty["is_part"], len(empty["course"])), (True, True, 7),
                    "a week before the gateway was")
        page = report(gw, "--from", "2020-01-01", "--to", "2020-01-07", "--format", "html")
        check("Nothing is known of this period" in page, "the empty page does not say so")


main(test_formats, test_refusals)
