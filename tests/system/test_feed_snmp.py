#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notifications as structured syslog (RFC 5675): a real snmptrap's reach a real rsyslog, which takes
them apart; two gateways that feed each other exchange nothing endless."""
import os
import re

import harness
import messages
from core import Rsyslog
from harness import Gateway, check, check_equal, main

CONFIG = """
module(load="imtcp")
template(name="parts" type="string"
         string="%syslogfacility%|%syslogseverity%|%app-name%|%structured-data%\\n")
input(type="imtcp" address="127.0.0.1" port="{tcp}" ruleset="all")
input(type="imtcp" address="127.0.0.1" port="{relp}" ruleset="all")
ruleset(name="all") {{ action(type="omfile" file="{folder}/parts.log" template="parts") }}
"""
ENTERPRISE = "1.3.6.1.4.1.32473.1"


def send(gw, *arguments):
    port = gw.port["trap"]
    harness.run([harness.tool("snmptrap"), *arguments[:2], "-c", "public", f"127.0.0.1:{port}"]
                + list(arguments[2:]))


def feed(name, port):
    return (
        f'<feed name="{name}" kind="syslog" address="127.0.0.1:{port}" format="rfc5675" '
        'from="oldest"/>'
    )


def row_of(gw):
    return gw.status()["feeds"][0]


def drained(gw):
    goal = gw.committed()
    gw.wait_for(lambda: row_of(gw)["cursor"] >= goal, "the feed is at the journal's end")
    return row_of(gw)


def lines_of(path):
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return file.read().splitlines()


def test_rsyslog():
    """rsyslog gets notifications of versions 1 and 2c, and no message that came by syslog"""
    with Gateway("snmp") as gw, Rsyslog(os.path.join(gw.folder, "core")) as core:
        with open(core.config, "w") as file:
            file.write(
                CONFIG.format(folder=core.folder, tcp=core.tcp_port, relp=core.relp_port)
            )
        core.start()
        gw.extra = feed("traps", core.tcp_port)
        gw.write_config()
        gw.start()
        gw.receive(messages.virus("WORM_DOWNAD.AD", "wks-00001"))
        send(gw, "-v", "2c", "4711", ENTERPRISE + ".0.1", ENTERPRISE + ".2", "s", 'a]"\\',
             ENTERPRISE + ".3", "i", "-5")
        send(gw, "-v", "1", ENTERPRISE, "192.0.2.7", "6", "9", "4712", ENTERPRISE + ".2", "c", "7")
        path = os.path.join(core.folder, "parts.log")
        gw.wait_for(lambda: len(lines_of(path)) >= 2, "both are written")
        check_equal(drained(gw)["refused"], 0, "refused: only notifications are tried")
        lines = lines_of(path)
        check_equal(len(lines), 2, "lines")
        second, first = sorted(lines, key=lambda line: "192.0.2.7" not in line)
        for line in lines:
            check(line.startswith("3|5|eog-gateway|[snmp "), line)
            check("public" not in line, f"the community is told: {line}")
        check(f'v2="1.3.6.1.6.3.1.1.4.1.0" o2="{ENTERPRISE}.0.1"' in first, first)
        check('x3="615d225c" a3="a\\]\\"\\\\"' in first and 'd4="-5"' in first, first)
        check('[origin ip="127.0.0.1"]' in first, first)
        check(f'o2="{ENTERPRISE}.0.9"' in second and 'c3="7"' in second, second)
        check(re.search(r'\[origin ip="192\.0\.2\.7"\]', second), second)


def test_ring():
    """of two gateways that feed each other, one sends one message for one notification"""
    with Gateway("ring-a") as a, Gateway("ring-b") as b:
        a.extra = feed("ring", b.port["syslog"])
        b.extra = feed("ring", a.port["syslog"])
        for gw in (a, b):
            gw.write_config()
            gw.start()
        send(a, "-v", "2c", "1", ENTERPRISE + ".0.1")
        a.wait_for(lambda: row_of(a)["sent"] == 1, "the notification is sent")
        b.wait_for(lambda: any("[snmp " in str(r) for r in b.records(100)), "and arrives")
        row = drained(b)
        check_equal([row["sent"], row["refused"]], [0, 0], "sent back, refused")
        send(a, "-v", "2c", "2", "1.3.6.1.2.1.192.0.1")
        send(a, "-v", "2c", "3", ENTERPRISE + ".0.2")
        a.wait_for(lambda: row_of(a)["sent"] >= 2, "the second is sent")
        check_equal(drained(a)["sent"], 2, "syslogMsgNotification is not sent")


main(test_rsyslog, test_ring)
