# SPDX-License-Identifier: GPL-3.0-or-later
"""The sections "trap" and "v3" of bench.py, notifications of each version without loss, and "busy" and
"notified", the time to an answer of the agent beside syslog and beside notifications."""
import os
import shutil
import tempfile

import harness
import peer
from measure import Daemon, LineCounter, measure

LADDER = [10000, 20000, 30000, 50000, 100000, 150000, 200000, 300000, 400000]
LADDER_V3 = [2500, 5000, 10000, 15000, 20000, 25000, 30000, 40000, 60000]
V3_GOAL = 15000
# As blast_v3.c has them.
USER = '<notification-user name="nms" auth-file="auth" privacy="AES-128" privacy-file="privacy"/>'
SECRETS = {"auth": "authentication\n", "privacy": "privacy words\n"}
WAYS = (("2c", "link", "v2c linkDown"), ("1", "text", "v1, OfficeScan text"))
WAYS_V3 = (("3", "link", "v3 authPriv SHA-256/AES-128, 16 engines, linkDown"),)


def snmptrapd(bench, port):
    out = peer.output(bench.work, "traps.log")
    form = r"%#y-%#02.2m-%#02.2l %#02.2h:%#02.2j:%#02.2k %B [%b]: %N %w %q %W %v\n"
    command = [peer.find("snmptrapd"), "-f", "-n", "-On", "-C", "-c",
               os.path.join(peer.HERE, "peers", "snmptrapd.conf"), "-Lf", out, "-F", form,
               f"udp:127.0.0.1:{port}"]
    folder = tempfile.mkdtemp(dir=bench.work)  # of its own: boots and times of engines stay nowhere
    env = {"MIBS": "", "MIBDIRS": "/nonexistent", "SNMP_PERSISTENT_DIR": folder}
    daemon = Daemon(command, f"udp:{port}", env=env, log=os.path.join(bench.work, "snmptrapd.log"))
    return daemon, LineCounter(out)


def eogd(bench, name):
    gateway, daemon, done = bench.eogd(name, "udp", extra=USER, files=SECRETS)
    daemon.port = gateway.port["trap"]
    return gateway, daemon, done


def blaster(version, form, rate, seconds, port):
    who = ["-c", "nms"] if version == "3" else []
    return [harness.program("blast_trap"), "-v", version, "-f", form, "-r", str(rate), "-t",
            str(seconds), *(["-g"] if rate > 100000 else []), *who, "127.0.0.1", str(port)]


def ladders(bench, section, ways, steps):
    def start_peer():
        port = harness.free_port()
        daemon, done = snmptrapd(bench, port)
        return daemon, done, port, daemon

    def start_ours():
        gateway, daemon, done = eogd(bench, "trap")
        return daemon, done, gateway.port["trap"], gateway

    for version, form, what in ways:

        def sender(rate, port, version=version, form=form):
            return blaster(version, form, rate, bench.args.seconds, port)

        if not bench.args.peers_only:
            bench.ladder(section, f"eogd, {what}", start_ours, sender, steps)
        bench.ladder(section, f"snmptrapd, tuned, {what}", start_peer, sender, steps)


def trap(bench):
    """v1 and v2c notifications at fixed offered rates."""
    ladders(bench, "trap", WAYS, LADDER)


def v3(bench):
    """The same, authPriv."""
    ladders(bench, "v3", WAYS_V3, LADDER_V3)


def poller(bench, gateway):
    return [harness.program("snmp_load"), "-o", "bulk", "-m", "20", "-r", "100", "-w", "4", "-t",
            str(bench.args.seconds), "127.0.0.1", str(gateway.port["agent"]),
            gateway.oids["eogKpiState"]]


def answered(bench, section, loads):
    """Time to an answer beside each load: (name, its command or None, "syslog" or "trap")."""
    for name, load, port in loads:
        gateway, daemon, done = eogd(bench, "busy")
        daemon.port = gateway.port[port]
        with gateway:
            senders = [poller(bench, gateway)] + ([load(gateway)] if load else [])
            result = measure(daemon, senders, done, None, settle_s=3)
        shutil.rmtree(gateway.folder, ignore_errors=True)
        bench.note(section, {"name": name, **result})


def busy(bench):
    """Beside rates that eogd takes without loss on a machine of its own, and beside none."""

    def syslog(rate):
        return lambda gateway: [harness.program("blast_udp"), "-r", str(rate), "-t",
                                str(bench.args.seconds), bench.file, "127.0.0.1",
                                str(gateway.port["syslog"])]

    if not bench.args.peers_only:
        answered(bench, "busy", [("nothing", None, "syslog"),
                                 ("50,000 CEF messages/s", syslog(50000), "syslog"),
                                 ("100,000 CEF messages/s", syslog(100000), "syslog")])


def notified(bench):
    def notifications(version, form, rate):
        return lambda gateway: blaster(version, form, rate, bench.args.seconds, gateway.port["trap"])

    if not bench.args.peers_only:
        answered(bench, "notified", [
            ("nothing", None, "trap"),
            ("5,000 v3 authPriv/s", notifications("3", "link", 5000), "trap"),
            (f"{V3_GOAL:,} v3 authPriv/s", notifications("3", "link", V3_GOAL), "trap"),
            ("100,000 v2c/s", notifications("2c", "link", 100000), "trap"),
            ("100,000 v1/s", notifications("1", "text", 100000), "trap")])


def report_answers(bench, section, title, table):
    rows = bench.rows.get(section, [])
    if not rows:
        return ""
    text = f"## {title}\n\n100 GETBULK(20) a second for {bench.args.seconds:g} s.\n\n"
    return text + table(["beside", "answers", "messages lost"],
                        [(r["name"], r["senders"][0], f"{r['lost']:,}") for r in rows]) + "\n"
