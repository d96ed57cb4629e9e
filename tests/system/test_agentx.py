#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Behind Debian's snmpd, by AgentX: the same rows as standalone; a new snmpd finds them again."""
import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

import messages
from harness import (PATIENCE_S, Failed, Gateway, Sink, check, check_equal, free_port, main, program,
                     run, say, stretch, tool)
from snmpd import Master

PING_S, BUSY_S = 5, 15  # the interval of gateway/snmp/master.c; what a busy machine may add
HANGS_S = 15  # several such intervals
OPEN, REGISTER, RESPONSE = 1, 3, 18
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
        check(took < (PING_S + BUSY_S) * stretch(), "within the ping interval")
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


@contextlib.contextmanager
def hanging(master):
    """Nobody takes what comes to snmpd, nor can more than the queue of its socket come."""
    with contextlib.ExitStack() as stack:
        master.process.send_signal(signal.SIGSTOP)
        stack.callback(master.process.send_signal, signal.SIGCONT)
        while True:
            probe = stack.enter_context(socket.socket(socket.AF_UNIX))
            probe.setblocking(False)
            if probe.connect_ex(master.agentx):
                break
        yield


def test_master_hangs():
    """A master that is there and says nothing holds up nobody: informs of version 3 are
    acknowledged, sinks told; when it goes on it has the rows again"""
    sender = '<notification-user name="dsm" auth="SHA-256" auth-file="auth"/>'
    with Master() as master, Gateway(
        "agentx", extra=sender, files={"auth": "first-authentication\n"},
        sections={"agent": f'<agent mode="agentx" master="{master.agentx}"/>'}
    ) as gw, Sink(gw) as sink:
        os.chmod(os.path.join(gw.folder, "auth"), 0o600)
        gw.port["agent"] = master.port
        gw.start()
        gw.wait_for(lambda: reachable(gw), "snmpd serves the gateway's objects")
        with hanging(master):
            begun, turn, before = time.monotonic(), 0, gw.counter("received")
            while time.monotonic() < begun + HANGS_S:
                run([tool("snmpinform"), "-v3", "-u", "dsm", "-l", "authNoPriv", "-a", "SHA-256",
                     "-A", "first-authentication", "-m", "", "-t", "5", "-r", "0",
                     f"127.0.0.1:{gw.port['trap']}", "42", "1.3.6.1.6.3.1.1.5.3"])
                turn += 1
                time.sleep(0.3)
            check_equal(gw.counter("received") - before, turn, "informs")
            gw.receive(*[messages.virus("WORM_DOWNAD.AD", host) for host in HOSTS[:6]])
            sink.find("eogAlertRaised", "outbreak", has_ticks=True)
            gw.wait_for(lambda: "does not answer" in gw.log_text(), "it is said")
            gw.stop(within_s=PATIENCE_S / 2)
            gw.start()
        gw.wait_for(lambda: reachable(gw), "snmpd has the objects again", 40)
        check_equal(gw.kpi(11, "default"), "1", "outbreak, as the master has it")


def test_named_master_hangs():
    """The same of one that is given by its host's name: it is left, and joined when it goes on"""
    with Master(f"tcp:localhost:{free_port()}") as master, Gateway(
        "agentx", sections={"agent": f'<agent mode="agentx" master="{master.agentx}"/>'}
    ) as gw:
        gw.port["agent"] = master.port
        gw.start()
        gw.wait_for(lambda: reachable(gw), "snmpd serves the gateway's objects")
        master.process.send_signal(signal.SIGSTOP)
        try:
            gw.wait_for(lambda: "AgentX master does not answer" in gw.log_text(), "it is said")
        finally:
            master.process.send_signal(signal.SIGCONT)
        gw.wait_for(lambda: reachable(gw), "snmpd has the objects again", 40)


class Mute:
    """A master (RFC 2741) that answers all but what registers."""

    def __init__(self, path):
        self.seen, self.lock = [], threading.Lock()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection = self.socket.accept()[0]
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError):
            while len(head := connection.recv(20, socket.MSG_WAITALL)) == 20:
                order = ">" if head[2] & 0x10 else "<"
                *ids, length = struct.unpack(f"{order}4x4I", head)
                connection.recv(length, socket.MSG_WAITALL)
                with self.lock:
                    self.seen.append(head[1])
                if head[1] != REGISTER:
                    connection.sendall(struct.pack(f"{order}4B5I2H", 1, RESPONSE, head[2] & 0x10, 0,
                                                   *ids, 8, 0, 0, 0))

    def count(self, what):
        with self.lock:
            return self.seen.count(what)


def test_registration_unanswered():
    """A master that does not answer a registration is joined anew, until it does"""
    with tempfile.TemporaryDirectory(prefix="eog-mute-") as folder:
        mute = Mute(os.path.join(folder, "agentx"))
        with Gateway("agentx", sections={
                "agent": f'<agent mode="agentx" master="{folder}/agentx"/>'}) as gw:
            gw.start()
            gw.wait_for(lambda: mute.count(REGISTER) >= 2, "a second registration", 40)
            check("does not answer a registration" in gw.log_text(), "it is said")
            check_equal(mute.count(OPEN), mute.count(REGISTER), "each in a session of its own")
        mute.socket.close()


main(test_same_rows, test_master_restarts, test_without_master, test_master_hangs,
     test_named_master_hangs, test_registration_unanswered)
