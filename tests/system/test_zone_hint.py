#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A sender in China whose zone nobody declared is found out, and right once it is declared."""
import calendar
import datetime
import json
import time

from harness import Gateway, check, check_equal, main

SOURCE = '<source address="127.0.0.0/8" site="default"{}/>'
LINES = 8


def lines(first):
    """As a console at UTC+8 writes them, now."""
    there = datetime.datetime.utcfromtimestamp(time.time()) + datetime.timedelta(hours=8)
    stamp = f"{calendar.month_abbr[there.month]} {there.day:2} {there:%H:%M:%S}"
    return [f"<134>{stamp} console01 app: line {n}" for n in range(first, first + LINES)]


def hint(gw):
    rows = json.loads(gw.ctl("sources", "--json"))["sources"]
    return [row["zone_hint_s"] for row in rows if row["received"]]


def test_undeclared():
    """Eight hours ahead, again and again: the log says it once, eogctl sources as long as it lasts"""
    with Gateway("zone-hint", sections={"source": SOURCE.format("")}) as gw:
        gw.start()
        gw.receive(*lines(1))
        check_equal(hint(gw), [8 * 3600], "what is known of the sender")
        shown = gw.ctl("sources")
        check("127.0.0.1: 8:00 h ahead of their receipt" in shown, f"eogctl sources: {shown}")
        check_equal(
            gw.log_text().count("times without a zone are 8:00 h ahead of"), 1, "times it is told"
        )
        text = gw.config_text()
        gw.write_config(text.replace(SOURCE.format(""), SOURCE.format(' zone="Asia/Shanghai"')))
        gw.reload()
        gw.wait_for(lambda: "reload: done" in gw.log_text(), "the reload is done")
        gw.receive(*lines(LINES + 1))
        check_equal(hint(gw), [0], "what is known of the sender, whose zone is declared")
        shown = gw.ctl("sources")
        check("ahead of their receipt" not in shown, f"eogctl sources: {shown}")


main(test_undeclared)
