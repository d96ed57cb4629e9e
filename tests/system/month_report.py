# SPDX-License-Identifier: GPL-3.0-or-later
"""What `eogctl report` says of the simulated past, beside what was planted."""
import collections
import datetime
import json
import time

from harness import SOURCE, run, program
from month_truth import STATES
from month_world import BEGIN, KEYS

from month import DAY, LOOK, SLACK, is_near, periods

KINDS = ("malware", "source", "computer")


def date(day):
    return str(datetime.date(1970, 1, 1) + datetime.timedelta(days=day))


def report(month, site, days, *more):
    command = [program("eogctl"), "report", "--state", month.gw.state, "--data", SOURCE,
               "--from", date(days.start), "--to", date(days.stop - 1), *more]
    return run(command + (["--site", site] if site else []), timeout_s=60)


def ms(text):
    return None if text is None else round(datetime.datetime.fromisoformat(text).timestamp() * 1000)


def compare_tops(month, site, days, before, said):
    wrong = []
    for kind in KINDS:
        top = next(t for t in said["tables"] if (t["by"], t["of"]) == (kind, "infections"))
        expected = month.world.truth.top_of_days(kind, site, days, before)
        rows = [(row["name"], row["n"], row["before"]) for row in top["rows"]]
        if said["is_before_part"] and top["total_before"] is None:  # not known: nothing was there before the gateway
            rows = [(name, n, 0) for name, n, told in rows if told is None]
        sums = (top["names"], top["total"], len(rows))
        if rows != expected[:10] or sums != (len(expected), sum(r[1] for r in expected), min(10, len(expected))):
            wrong.append(f"report of {site}, {days}: {kind}: expected {expected[:10]}, seen {rows}")
    return wrong


def compare_alerts(month, said, expected):
    """Those of a whole: each as it was planted, and what is counted of them."""
    end, wrong = ms(said["end"]), []
    seen = [(a["kpi"], a["scope"], ms(a["opened"]), ms(a["closed"]), STATES.index(a["worst"])) for a in said["alerts"]]
    rows = [row for row in expected if row.opened < end]
    for row in rows:
        fit = next((other for other in seen if other[:2] == row[:2] and other[4] == row[4]
                    and is_near(row[0], other[2], row[2], end) and is_near(row[0], other[3], row[3], end)), None)
        if fit:
            seen.remove(fit)
        else:
            wrong.append(f"not in the report: {row}")
    wrong += [f"nobody planted, but the report has: {row}" for row in seen]
    counts = said["alert_counts"]
    still = sum(row.closed is None or row.closed >= end for row in rows)
    if (counts["opened"], counts["open_at_end"]) != (len(rows), still):
        wrong.append(f"counts of the report: {counts}, expected {len(rows)} and {still}")
    return wrong


def compare_states(said, bands):
    """For how long each scope was in warning and in critical."""
    begin, end, wrong = ms(said["begin"]), ms(said["end"]), []
    spent, n = collections.Counter(), collections.Counter()
    for (kpi, scope), rows in bands.items():
        for first, last, state in rows:
            last = end if last is None else min(last, end)
            if last > max(first, begin):
                spent[kpi, scope, state] += last - max(first, begin)
                n[kpi, scope, state] += 1
    for kpi in said["indicators"]:
        for line in kpi["scopes"]:
            for state in (1, 2):
                key = (kpi["id"], line["scope"], state)
                seen, expected = line["ms_in"][STATES[state]], spent.pop(key, 0)
                if abs(seen - expected) > n[key] * 2 * (LOOK + SLACK.get(kpi["id"], 0)):
                    wrong.append(f"{KEYS[key[0] - 1]} {key[1]} {STATES[state]}: {seen} ms, expected {expected}")
    return wrong + [f"not in the report: {key}" for key in spent]


def compare_reports(month, alerts, bands):
    """Reports of each day, week and the whole for all sites, of the whole for each site, in JSON; of
    the whole for a person in each language. What differs; how many were made."""
    begun, wrong, made = time.monotonic(), [], 0
    whole = range(BEGIN // DAY, BEGIN // DAY + month.world.days)
    asked = [(None, *both) for both in periods(month.world)]
    asked += [(site, *both) for site in month.world.sites for both in periods(month.world) if both[0] == whole]
    for site, days, before in asked:
        said = json.loads(report(month, site, days, "--json"))
        wrong += compare_tops(month, site, days, before, said)
        made += 1
        if site is None:
            wrong += compare_states(said, bands)
        if site is None and days == whole:
            wrong += compare_alerts(month, said, alerts)
    month.timed(f"{made} reports made", begun)
    for form in ("html", "pdf", "csv"):
        begun = time.monotonic()
        report(month, None, whole, "--lang", "zh", "--format", form, "-o", f"{month.gw.folder}/whole.{form}")
        month.timed(f"the whole as {form}", begun)
    return wrong, made
