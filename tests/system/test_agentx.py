#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Behind Debian's snmpd, by AgentX: the same rows as standalone; a new snmpd finds them again."""
import contextlib
import json
import signal
import socket
import subprocess
import time

import messages
from harness import PATIENCE_S, Failed, Gateway, Sink, check, check_equal, main, program, say
from snmpd import Master

PING_S, BUSY_S = 5, 15  # the interval of gateway/snmp/session.c; what a busy machine may add
HOSTS = [f"wks-{i:02d}" for i in range(1, 11)]


def can_connect(host, port):
    try:
        socket.create_connection((host, port), timeout=1).close()
        return True
    except OSError:
        return False


def walk_all(gw):
    tables = {
        name: gw.walk(name)
        for name in ("eogKpiSummaryTable", "eogKpiTable", "eogProductTable", "eogAlertTable")
    }
    # An age in seconds is another one by the second walk.
    age = f"{gw.column('eogProductPatternAge')}."
    products = tables["eogProductTable"]
    tables["eogProductTable"] = {k: v for k, v in products.items() if not k.startswith(age)}
    return tables


def feed(gw):
    gw.receive(
        *[messages.pattern_status(host) for host in HOSTS],
        messages.pattern_status("osce01", status=4),
        *[messages.virus("WORM_DOWNAD.AD", host) for host in HOSTS[:6]],
        '<11>1 2026-11-24T04:12:20Z host app 7 ID [a@32473 x="1" y="2"] a grave message',
    )


def walk_messages(gw):
    """SYSLOG-MSG-MIB, which has a root of its own."""
    return gw.snmp("snmpwalk", "1.3.6.1.2.1.192").splitlines()


def files():
    return {
        "inventory.csv": (
            "site,name,role\n"
            + "".join(f"default,{host},host\n" for host in HOSTS)
            + "default,osce01,product\n"
        )
    }


def test_same_rows():
    """The walk through snmpd equals the walk of the same journal standalone"""
    with Gateway(
        "agentx", extra='<inventory file="inventory.csv"/><syslog-mib rows="5"/>', files=files()
    ) as gw, Master() as master:
        gw.start()
        feed(gw)
        gw.wait_state(11, "outbreak", "default", "warning")
        before = walk_all(gw)
        gw.wait_for(lambda: gw.counter("messages_listed") == 1, "a message is a row")
        listed = walk_messages(gw)
        check_equal(len(listed), 2 + 10 + 2, "instances of SYSLOG-MSG-MIB")
        gw.stop()
        gw.sections["agent"] = f'<agent mode="agentx" master="{master.agentx}"/>'
        gw.port["agent"] = master.port
        gw.write_config()
        gw.start()
        gw.wait_for(lambda: reachable(gw), "snmpd serves the gateway's objects")
        after = walk_all(gw)
        for name, table in before.items():
            check(table, f"{name} is empty")
            check_equal(set(after[name]), set(table), f"rows of {name} through snmpd")
            check_equal(after[name], table, f"{name} through snmpd")
        gw.wait_for(lambda: walk_messages(gw) == listed, "the messages through snmpd are the same")


def reachable(gw):
    try:
        return gw.get("eogGatewayName") == "gw-test"
    except Failed:
        return False


@contextlib.contextmanager
def load(gw, rate):
    """Messages at a rate, until the block ends; all of them are taken."""
    path = gw.write_file("load.log", "".join(
        messages.pattern_status(host) + "\n" for host in HOSTS * 10))
    before = gw.counter("received")
    sender = subprocess.Popen(
        [program("eogctl"), "send", "--json", "--loop", "--rate", str(rate), "--to",
         f"127.0.0.1:{gw.port['syslog']}", path], stdout=subprocess.PIPE, text=True)
    try:
        gw.wait_for(lambda: gw.counter("received") > before, "the load has begun")
        yield
    finally:
        sender.send_signal(signal.SIGINT)
        sent = json.loads(sender.communicate(timeout=PATIENCE_S)[0])["sent"]
    gw.wait_for(lambda: gw.counter("received") >= before + sent, f"all of {sent} are received")


def test_master_restarts():
    """kill -9 of snmpd under load, a new one: rows back within the ping interval, intake never
    stopped, the notification sent meanwhile is there"""
    with Master() as master, Gateway(
        "agentx", sections={"agent": f'<agent mode="agentx" master="{master.agentx}"/>'}
    ) as gw, Sink(gw) as sink:
        gw.port["agent"] = master.port
        gw.start()
        gw.wait_for(lambda: reachable(gw), "snmpd serves the gateway's objects")
        with load(gw, 2000):
            master.kill()
            gw.receive(*[messages.virus("WORM_DOWNAD.AD", host) for host in HOSTS[:6]])
            sink.find("eogAlertRaised", "outbreak", has_ticks=True)
            check(not reachable(gw), "there is no master yet")
            begun = time.monotonic()
            master.start()
            gw.wait_for(lambda: reachable(gw), "the new snmpd serves them too", 40)
            took = time.monotonic() - begun
        say(f"      back after {took:.1f} s")
        check(took < PING_S + BUSY_S, "within the ping interval")
        check_equal(
            len(gw.walk("eogKpiSummaryTable", columns={gw.column("eogKpiSummaryKey")})),
            28,
            "summary rows",
        )
        check_equal(gw.kpi(11, "default"), "1", "outbreak, as the new master has it")


def test_without_master():
    """Without a master the gateway starts, receives and says so; it registers when one comes"""
    master = Master()
    with Gateway(
        "agentx", sections={"agent": f'<agent mode="agentx" master="{master.agentx}"/>'}
    ) as gw:
        gw.port["agent"] = master.port
        gw.start()
        gw.receive(messages.virus("TROJ_GEN.A", "wks-01"))
        with master:
            gw.wait_for(
                lambda: reachable(gw), "snmpd, started later, serves the gateway's objects", 40
            )


main(test_same_rows, test_master_restarts, test_without_master)
