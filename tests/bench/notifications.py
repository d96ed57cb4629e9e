# SPDX-License-Identifier: GPL-3.0-or-later
"""The sections "trap" and "busy" of bench.py: notifications of each version without loss, and the
time to an answer of the agent beside such loads and beside syslog."""
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
WAYS = (("2c", "link", "v2c linkDown"), ("1", "text", "v1, OfficeScan text"),
        ("3", "link", "v3 authPriv SHA-256/AES-128, 16 engines, linkDown"))


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


def trap(bench):
    """v1, v2c and v3 notifications at fixed offered rates."""

    def start_peer():
        port = harness.free_port()
        daemon, done = snmptrapd(bench, port)
        return daemon, done, port, daemon

    def start_ours():
        gateway, daemon, done = eogd(bench, "trap")
        return daemon, done, gateway.port["trap"], gateway

    for version, form, what in WAYS:

        def sender(rate, port, version=version, form=form):
            return blaster(version, form, rate, bench.args.seconds, port)

        ladder = LADDER_V3 if version == "3" else LADDER
        if not bench.args.peers_only:
            bench.ladder("trap", f"eogd, {what}", start_ours, sender, ladder)
        bench.ladder("trap", f"snmptrapd, tuned, {what}", start_peer, sender, ladder)


def poller(bench, gateway):
    return [harness.program("snmp_load"), "-o", "bulk", "-m", "20", "-r", "100", "-w", "4", "-t",
            str(bench.args.seconds), "127.0.0.1", str(gateway.port["agent"]),
            gateway.oids["eogKpiState"]]


def busy(bench):
    """Time to an answer beside loads that eogd takes without loss, and beside more."""
    if bench.args.peers_only:
        return
    seconds = bench.args.seconds

    def syslog(rate):
        return lambda gateway: [harness.program("blast_udp"), "-r", str(rate), "-t", str(seconds),
                                bench.file, "127.0.0.1", str(gateway.port["syslog"])]

    def notifications(version, form, rate):
        return lambda gateway: blaster(version, form, rate, seconds, gateway.port["trap"])

    loads = [("nothing", None), ("50,000 CEF messages/s", syslog(50000)),
             ("100,000 CEF messages/s", syslog(100000)),
             ("5,000 v3 authPriv notifications/s", notifications("3", "link", 5000)),
             (f"{V3_GOAL:,} v3 authPriv notifications/s", notifications("3", "link", V3_GOAL)),
             ("100,000 v2c notifications/s", notifications("2c", "link", 100000)),
             ("100,000 v1 notifications/s", notifications("1", "text", 100000))]
    for name, load in loads:
        gateway, daemon, done = eogd(bench, "busy")
        if "CEF" in name:
            daemon.port = gateway.port["syslog"]
        with gateway:
            senders = [poller(bench, gateway)] + ([load(gateway)] if load else [])
            result = measure(daemon, senders, done, None, settle_s=3)
        shutil.rmtree(gateway.folder, ignore_errors=True)
        bench.note("busy", {"name": name, **result})


def report_busy(bench, table):
    rows = bench.rows.get("busy", [])
    if not rows:
        return ""
    text = ("## Polling under load\n\n100 GETBULK(20) a second while messages come in over UDP, for"
            f" {bench.args.seconds:g} s.\n\n")
    # The sender of the load says "offered", too; the poller is the first.
    return text + table(["beside", "answers", "messages lost"],
                        [(r["name"], r["senders"][0], f"{r['lost']:,}") for r in rows]) + "\n"
