#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated week of 3 sites, with `make month` (EOG_MONTH=1) a month of 20 sites and five million
records: everything that was planted turns the right indicator at the right time and raises its
alert, nothing else does, and the store's figures are those that were planted and those that the
journal has, though the gateway was killed three times while it took them in."""
import collections
import os

from harness import Sink, check, check_equal, main, say
from month import (
    Month,
    compare_alerts,
    compare_bands,
    compare_periods,
    counted,
    differences,
    planted,
    stored,
    table,
)
from month_report import compare_reports
from month_truth import HOUR
from month_world import KEYS, World

IS_MONTH = os.environ.get("EOG_MONTH") == "1"
KILLS = (("stored", 10), ("stored", 80), ("judged", 40))  # per cent of the journal


def world():
    return World(31, 20, 1000, 30000) if IS_MONTH else World(7, 3, 340, 30000)


def test_month():
    """What was planted is seen in states, alerts and figures, and nothing else, after three kills"""
    plan = world()
    with Month(plan) as month, Sink(month.gw) as sink:
        made = month.make()
        say(f"      {made}")
        begun = len(sink.received)  # what was told while the past began
        at = month.run(KILLS)
        say(f"      killed when {'; '.join(at)}")
        bands = plan.truth.bands()
        check_equal(
            {KEYS[kpi - 1] for kpi, _ in bands}, set(KEYS), "indicators that something is planted for"
        )
        wrong = [f"not as planted: {what}" for what in table(month, bands)]
        wrong += compare_bands(month, bands)
        alerts = plan.truth.alerts(bands)
        wrong += compare_alerts(month, alerts)
        figures = planted(plan)
        wrong += differences(stored(month), figures, "the store")
        found, records = counted(month)
        wrong += differences(found, figures, "the journal")
        wrong += differences(month.tops(), month.planted_tops(), "a top ten")
        unlike, tops = compare_periods(month)
        wrong += unlike
        unlike, reports = compare_reports(month, alerts, bands)
        wrong += unlike
        check(not wrong, f"{len(wrong)} things differ:\n" + "\n".join(wrong[:60]))
        check_equal(records, plan.records, "records of the journal")
        month.gw.ctl("store", "verify", timeout_s=600)
        say(
            f"      {records} records, {len(alerts)} alerts, {sum(map(len, bands.values()))} times a"
            f" state was bad, {sum(figures.values())} findings in {len(figures)} rows, {tops} top tens,"
            f" {reports} reports: all as planted"
        )
        say("      " + ", ".join(f"{what} {took:.1f} s" for what, took in month.times.items()))
        check_told(month, sink, begun, alerts)
        month.gw.stop(60)


def check_told(month, sink, begun, alerts):
    """Nobody is told of what is long over; of what is still bad everybody is, once."""
    hour_ago, text = month.world.end - HOUR, sink.text
    about = [(text(n, "eogNotifyKpiKey"), text(n, "eogNotifyScope")) for n in sink.received]
    told = collections.Counter(about[begun:])
    name = lambda alert: (KEYS[alert.kpi - 1], alert.scope)  # pylint: disable=C3001
    still = {name(alert) for alert in alerts if alert.closed is None}
    lately = {name(alert) for alert in alerts if (alert.closed or 0) > hour_ago}
    check(still, "nothing is bad at the end")
    check(still <= set(about), f"not told of what is bad: {still - set(about)}")
    check(all(told[key] <= 1 for key in still), f"told twice: {told}")
    check(told.keys() <= still | lately, f"told of what is over: {told.keys() - still - lately}")
    say(f"      {sum(told.values())} notifications, {len(still)} alerts are open")


main(test_month)
