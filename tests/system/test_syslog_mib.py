#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Received syslog as SYSLOG-MSG-MIB (RFC 5676), to net-snmp's own snmpwalk."""
import re
import time

from harness import Gateway, check, check_equal, main, run, tool

ROOT = ".1.3.6.1.2.1.192"
TABLE, PARAMS = ROOT + ".1.2.1", ROOT + ".1.3.1"
FACILITY, SEVERITY, VERSION, TIME, HOST, APP, PROC, MSGID, COUNT, MSG = range(2, 12)


def line(severity=3, facility=16, app="app", data="-", text="text", host="host.example"):
    pri = facility * 8 + severity
    return f"<{pri}>1 2026-11-24T04:12:20.123456+05:30 {host} {app} 77 ID1 {data} {text}"


def walk(gw, root=ROOT, *options):
    """Every instance below root, in the order it came; snmpwalk itself refuses one out of order."""
    seen = {}
    for row in gw.snmp("snmpwalk", root, options=options).splitlines():
        found = re.match(r"(\.[\d.]+) = ?(.*)$", row)
        if found:
            seen[found[1]] = found[2]
        else:  # the rest of a text of several lines
            seen[list(seen)[-1]] += "\n" + row
    return seen


def column(gw, number):
    """Index -> value of a column of syslogMsgTable."""
    base = f"{TABLE}.{number}."
    return {int(name[len(base):]): value for name, value in walk(gw, base[:-1]).items()
            if name.startswith(base)}


def texts(gw):
    return [value.split(": ", 1)[1].strip('"') for value in column(gw, MSG).values()]


def wait_texts(gw, expected):
    """Once a walk has been over for a second, the next one sees what is new."""
    def look():
        seen = texts(gw)
        if seen != expected:
            time.sleep(1.1)
        return seen == expected
    gw.wait_for(look, f"the table's messages are {expected}")


def refused(gw, *what):
    answer = run([tool("snmpset"), "-v2c", "-c", "public", "-m", "", "-On",
                  f"127.0.0.1:{gw.port['agent']}", *what], ok=(2,))
    check("noAccess" in answer or "notWritable" in answer or answer == "", answer)


def mib(**options):
    words = " ".join(f'{name.replace("_", "-")}="{value}"' for name, value in options.items())
    return f"<syslog-mib {words}/>"


def test_off():
    """Off unless it is asked for: no such object"""
    with Gateway("no-syslog-mib") as gw:
        gw.start()
        gw.receive(line())
        seen = gw.snmp("snmpget", ROOT + ".1.1.1.0")
        check("No Such Object" in seen, seen)
        check("No Such Object" in gw.snmp("snmpwalk", ROOT), "something is walked")


def test_table():
    """A line becomes a row with all its parts; filters, bound, circles; the same after a restart"""
    with Gateway("syslog-mib", mib(rows=3, facilities="local0 4", **{"from": "127.0.0.0/8"})) as gw:
        gw.start()
        check_equal(walk(gw), {ROOT + ".1.1.1.0": "Gauge32: 3", ROOT + ".1.1.2.0": "INTEGER: 2"},
                    "an empty table")
        gw.receive(
            line(data='[a@32473 x="1" y="say \\"2\\""][b@32473 z=""]', text="first"),
            line(severity=4, text="not grave"),
            line(facility=17, text="not of the facility"),
            line(data='[snmp ctxName=""]', text="was a notification"),
            line(app="eog-gateway", host="gw-test", text="of our own"),
            line(app="eog-gateway", host="another", text="second"),
            "<34>Oct 11 22:14:15 mymachine su: 'su root' failed",
        )
        wait_texts(gw, ["first", "second", "'su root' failed"])
        index = list(column(gw, MSG))
        check_equal(index, sorted(index), "indexes")
        for number, value in {
            FACILITY: "INTEGER: 16", SEVERITY: "INTEGER: 3", VERSION: "Gauge32: 1",
            TIME: "Hex-STRING: 07 EA 0B 18 04 0C 14 01 E2 40 2B 05 1E ",
            HOST: 'STRING: "host.example"', APP: 'STRING: "app"', PROC: 'STRING: "77"',
            MSGID: 'STRING: "ID1"', COUNT: "Gauge32: 3",
        }.items():
            check_equal(column(gw, number)[index[0]], value, f"column {number}")
        names = [f"{PARAMS}.4.{index[0]}.{i}.7." + ".".join(str(c) for c in key) for i, key in (
            (1, b"a@32473\x01x"), (2, b"a@32473\x01y"), (3, b"b@32473\x01z"))]
        check_equal(walk(gw, PARAMS),
                    dict(zip(names, ('STRING: "1"', 'STRING: "say \\"2\\""', '""'))), "parameters")
        check_equal([column(gw, n)[index[2]] for n in (VERSION, APP, PROC)],
                    ["Gauge32: 0", 'STRING: "su"', '""'], "of RFC 3164")
        check_equal((gw.counter("messages_listed"), gw.counter("messages_circular")), (3, 2),
                    "counters")
        before = walk(gw)
        gw.stop()
        gw.start()
        gw.wait_for(lambda: walk(gw) == before, "the table is as before the restart")
        check_equal(gw.counter("messages_listed"), 0, "counted twice")
        gw.receive(line(text="the oldest goes"))
        wait_texts(gw, ["second", "'su root' failed", "the oldest goes"])
        gw.extra = mib(rows=3, severity="warning")
        gw.write_config()
        gw.reload()
        gw.receive(line(severity=4, facility=1, text="a reload"))
        wait_texts(gw, ["'su root' failed", "the oldest goes", "a reload"])
        refused(gw, ROOT + ".1.1.1.0", "u", "5")
        refused(gw, ROOT + ".1.1.2.0", "i", "1")


main(test_off, test_table)
