#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Received syslog as SYSLOG-MSG-MIB (RFC 5676), to net-snmp's own snmpwalk and
snmptrapd."""
import json
import re
import time

import ber
import messages
from harness import Failed, Gateway, Sink, check, check_equal, main, run, tool
from trapd import Trapd

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


def column(seen, number):
    """Index -> value of a column of syslogMsgTable in what was walked."""
    base = f"{TABLE}.{number}."
    return {int(name[len(base):]): value for name, value in seen.items() if name.startswith(base)}


def wait_texts(gw, expected):
    """Walks until these are the messages; a walk after a pause of a second sees what is new."""
    def look():
        seen = walk(gw)
        texts = [value.split(": ", 1)[1].strip('"') for value in column(seen, MSG).values()]
        if texts == expected:
            return seen
        time.sleep(1.1)
        raise Failed(f"{texts}")
    return gw.wait_for(look, f"the table's messages are {expected}")


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
        gw.receive(
            line(data='[a@32473 x="1" y="say \\"2\\""][b@32473 z=""]', text="first"),
            line(severity=4, text="not grave"),
            line(facility=17, text="not of the facility"),
            line(data='[snmp ctxName=""]', text="was a notification"),
            line(app="eog-gateway", host="gw-test", text="of our own"),
            line(app="eog-gateway", host="another", text="second"),
            "<34>Oct 11 22:14:15 mymachine su: 'su root' failed",
        )
        gw.wait_for(lambda: gw.counter("messages_listed") == 3, "three are rows")
        seen = wait_texts(gw, ["first", "second", "'su root' failed"])
        check_equal((seen[ROOT + ".1.1.1.0"], seen[ROOT + ".1.1.2.0"]),
                    ("Gauge32: 3", "INTEGER: 2"), "the control objects")
        index = list(column(seen, MSG))
        check_equal(index, sorted(index), "indexes")
        for number, value in {
            FACILITY: "INTEGER: 16", SEVERITY: "INTEGER: 3", VERSION: "Gauge32: 1",
            TIME: "Hex-STRING: 07 EA 0B 18 04 0C 14 01 E2 40 2B 05 1E ",
            HOST: 'STRING: "host.example"', APP: 'STRING: "app"', PROC: 'STRING: "77"',
            MSGID: 'STRING: "ID1"', COUNT: "Gauge32: 3",
        }.items():
            check_equal(column(seen, number)[index[0]], value, f"column {number}")
        names = [f"{PARAMS}.4.{index[0]}.{i}.7." + ".".join(str(c) for c in key) for i, key in (
            (1, b"a@32473\x01x"), (2, b"a@32473\x01y"), (3, b"b@32473\x01z"))]
        check_equal({name: seen[name] for name in seen if name.startswith(PARAMS)},
                    dict(zip(names, ('STRING: "1"', 'STRING: "say \\"2\\""', '""'))), "parameters")
        check_equal([column(seen, n)[index[2]] for n in (VERSION, APP, PROC)],
                    ["Gauge32: 0", 'STRING: "su"', '""'], "of RFC 3164")
        check_equal((gw.counter("messages_listed"), gw.counter("messages_circular")), (3, 2),
                    "counters")
        gw.stop()
        gw.start()
        check_equal(wait_texts(gw, ["first", "second", "'su root' failed"]), seen,
                    "the table after a restart")
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


def test_sent_on():
    """What a relay put a header before, or a collector wrapped, is the sender's row; circles too"""
    relay = "<13>Nov 24 04:12:20 relay "
    wrapper = {"host": {"name": "web-8"}, "process": {"name": "sshd", "pid": 77},
               "log": {"syslog": {"priority": 35}}}
    failed = "Failed password for root from 192.0.2.9 port 22 ssh2"
    circles = [line(data='[snmp ctxName=""]'), line(app="eog-gateway", host="gw-test")]
    with Gateway("syslog-mib", mib(rows=10)) as gw:
        gw.start()
        gw.receive(
            *[relay + circle for circle in circles],
            *["<35>Nov 24 04:12:20 relay " + json.dumps({"message": c}) for c in circles],
            relay + line(facility=4, host="web-7", app="sshd", text="behind a header"),
            json.dumps({"message": failed, **wrapper}),
            json.dumps({"message": f"{failed} of no PRI"}),
            '<35>Nov 24 04:12:20 web-9 app: {"message": "of its own"}',
        )
        seen = wait_texts(gw, ["behind a header", failed, '{\\"message\\": \\"of its own\\"}'])
        columns = [column(seen, n) for n in (FACILITY, SEVERITY, HOST, APP, PROC)]
        rows = [tuple(c[i].rsplit(": ")[-1].strip('"') for c in columns) for i in columns[0]]
        check_equal(rows, [("4", "3", "web-7", "sshd", "77"), ("4", "3", "web-8", "sshd", "77"),
                           ("4", "3", "web-9", "app", "")], "whose they are")
        check_equal(gw.counter("messages_circular"), 4, "circular")


def told(trapd):
    """The MSG of each syslogMsgNotification, in the order they came; nothing else came."""
    seen = trapd.text().split(".1.3.6.1.6.3.1.1.4.1.0 = ")[1:]
    for one in seen:
        check(one.startswith("OID: .1.3.6.1.2.1.192.0.1\t"), f"no syslogMsgNotification: {one}")
    return [re.search(re.escape(TABLE) + r'\.11\.\d+ = STRING: "([^"]*)"', one)[1] for one in seen]


def sink(port, tells="messages"):
    return f'<sink address="127.0.0.1:{port}" community="public" tells="{tells}"/>'


def test_notifications():
    """Told to the sinks that ask for it, at a bounded rate; no circles; not again after a restart"""
    with Trapd() as trapd, Gateway(
        "syslog-told", mib(rows=1000, notifications="yes", max_rate=5) + sink(trapd.port)
    ) as gw, Sink(gw) as alerts:
        gw.start()
        gw.receive(
            line(data='[snmp ctxName=""]', text="was a notification"),
            line(app="eog-gateway", host="gw-test", text="of our own"),
            line(app="eog-gateway", host="another", text="for another to tell"),
            line(severity=4, text="not grave"),
            line(data='[a@32473 x="1"]', text="first"),
        )
        gw.wait_for(lambda: told(trapd) == ["first"], "the first is told, and that alone")
        name, value = list(walk(gw, PARAMS).items())[0]
        received = trapd.text()
        check(f"{name} = {value}" in received, f"no {name} in {received}")
        for number in range(2, 12):
            check(f"{TABLE}.{number}.{name.split('.')[12]} = " in received, f"no column {number}")
        check(".1.3.6.1.6.3.18.1.3.0 = IpAddress: 127.0.0.1" in received, received)
        check("INTEGER: 1" in walk(gw, ROOT + ".1.1.2.0")[ROOT + ".1.1.2.0"], "enabled")
        gw.receive(*(line(text=f"flood {i}") for i in range(200)))
        gw.wait_for(lambda: gw.counter("messages_listed") == 202, "all are rows")
        gw.wait_for(lambda: gw.counter("messages_told") + gw.counter("messages_untold") == 201,
                    "each is told or counted")
        check(gw.counter("messages_untold") > 100, "the rate has no bound")
        check_equal(gw.counter("messages_circular"), 2, "circular")
        gw.wait_for(lambda: len(told(trapd)) == gw.counter("messages_told"), "all are received")
        check("flood 0" in told(trapd), "the burst is not told")
        check(f"sink 127.0.0.1:{trapd.port}, trap of version 2c, tells messages: sent"
              in gw.ctl("status"), "eogctl status")
        before = told(trapd)
        gw.stop()
        gw.start()
        gw.receive(line(text="the last"))
        gw.wait_for(lambda: told(trapd) == before + ["the last"], "the last is told")
        gw.receive(messages.pattern_status("osce01", status=4))
        gw.wait_for(lambda: alerts.received, "an alert is told to who asks for alerts")
        check(all(one["varbinds"][ber.TRAP_OID] != ROOT[1:] + ".0.1" for one in alerts.received),
              "messages are told to who asks for alerts")
        check_equal(told(trapd), before + ["the last"], "after the alert")


def test_check():
    """--check tells what is wrong, and what would never be told"""
    with Gateway("syslog-mib-check") as gw:
        for extra, word in (
            (mib(rows=10001), "10001"),
            (mib(rows=5, facilities="local9"), "local9"),
            (mib(rows=5, **{"from": "192.0.2.1/24"}), "192.0.2.1/24"),
            (mib(notifications="yes") + sink(1162, "all"), "rows="),
            (mib(rows=5, notifications="yes"), "tells="),
            (mib(rows=5) + sink(1162), "notifications="),
        ):
            gw.extra = extra
            gw.write_config()
            try:
                run(gw.command("--check"))
            except Failed as failed:
                check(word in str(failed), f"{extra}: {failed}")
            else:
                raise Failed(f"{extra}: not refused")
        gw.extra = mib(rows=5, notifications="yes") + sink(1162, "all")
        gw.write_config()
        run(gw.command("--check"))


main(test_off, test_table, test_sent_on, test_notifications, test_check)
