#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people complain about in others' SNMP (deploy/nms.md): the tests that its table names are
there; what no other test holds is held here: notifications as they are on the wire, out and in."""
import os
import re

import ber
import messages
import mib
from asker import gateway
from harness import SOURCE, Sink, check, check_equal, main

TABLE = os.path.join(SOURCE, "deploy", "nms.md")
TRAP_ADDRESS = "1.3.6.1.6.3.18.1.3.0"
LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"


def test_table():
    """Sixteen complaints, each with tests that there are"""
    with open(TABLE, encoding="utf-8") as file:
        rows = re.findall(r"^\| (\d+) \|(.*)\|(.*)\|(.*)\|$", file.read(), re.M)
    check_equal([int(row[0]) for row in rows], list(range(1, 17)), "numbers of the complaints")
    for number, _, _, held in rows:
        named = re.findall(r"`(\S+) (\w+)`", held)
        check(named, f"complaint {number} names no test")
        for path, name in named:
            with open(os.path.join(SOURCE, "tests", path), encoding="utf-8") as file:
                check(re.search(rf"^(def|static void) {name}\(", file.read(), re.M),
                      f"complaint {number}: {path} has no {name}")


def check_wire(gw, seen):
    """Every object of the module's list once, in its order, between the two that come first and
    snmpTrapAddress.0."""
    notification = {d.name: d for d in mib.Module().definitions()}["eogAlertRaised"]
    wanted = [gw.oids[name] + ".0" for name in notification.objects]
    names = list(seen["varbinds"])
    check_equal(names, [ber.UPTIME, ber.TRAP_OID, *wanted, TRAP_ADDRESS], "variables")


def test_pair():
    """An alert and its end: one number, one scope, states that differ, whom it is about; all in own variables"""
    module = mib.Module()
    lists = {tuple(d.objects) for d in module.definitions() if d.macro == "NOTIFICATION-TYPE"}
    check_equal(len(lists), 1, "lists of objects of the notifications")
    rows = "site,name,role,address\ndefault,osce02,product,192.0.2.9\n"
    with gateway(files={"inventory.csv": rows}) as gw, Sink(gw) as sink:
        gw.start()
        gw.receive(messages.pattern_status("osce02"))
        gw.wait_state(2, "pattern-outdated", "default/osce02", "ok")
        found = []
        for status, name in ((4, "eogAlertRaised"), (1, "eogAlertCleared")):
            gw.receive(messages.pattern_status("osce02", status=status))
            seen = sink.find(name, "pattern-outdated", "default/osce02", has_ticks=True)
            check_wire(gw, seen)
            found.append({what: sink.text(seen, "eogNotify" + what) for what in
                          ("AlertNumber", "Scope", "OldState", "NewState", "Uid", "Origin")})
            for what in (found[-1]["Origin"], seen["varbinds"][TRAP_ADDRESS]):
                check_equal(what, "192.0.2.9", f"whom {name} is about")
        raised, cleared = found
        check(raised["AlertNumber"] > 0 and raised["Uid"] != cleared["Uid"], f"{raised}, {cleared}")
        check_equal(cleared["AlertNumber"], raised["AlertNumber"], "number of the alert that is cleared")
        check_equal((raised["OldState"], raised["NewState"], cleared["NewState"]), (0, 1, 0), "states")


def test_relayed():
    """A notification that another passed on: of the device that snmpTrapAddress.0 names; an unknown
    one is counted and kept whole"""
    with gateway() as gw:
        gw.start()
        address = (TRAP_ADDRESS, ber.wrap(ber.IP_ADDRESS, bytes((192, 0, 2, 7))))
        before = gw.counter("unclassified")
        for number, oid in enumerate((LINK_DOWN, "1.3.6.1.4.1.99999.0.77")):
            pairs = [("1.3.6.1.4.1.99999.1.1.0", ber.octets("nobody knows this")), address]
            gw.send_packet(ber.v2_notification(oid, pairs, request_id=number + 1))
        gw.wait_for(lambda: gw.counter("received") == 2, "both are received")
        gw.settle()
        records = gw.records()
        known = [r for r in records if "linkDown" in str(r)]
        unknown = [r for r in records if "nobody knows this" in str(r) and r not in known]
        check_equal((len(known), len(unknown)), (1, 1), f"records: {records}")
        check_equal(gw.counter("unclassified") - before, 1, "unclassified")
        check_equal(known[0]["device"]["ip"], "192.0.2.7", "the device")
        check_equal(unknown[0]["unmapped"]["snmp.agent_address"], "192.0.2.7", "the unknown one's origin")
        check(b"nobody knows this".hex() in unknown[0]["raw_data"], "the unknown one is not whole")


main(test_table, test_pair, test_relayed)
