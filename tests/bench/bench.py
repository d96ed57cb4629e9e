#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures eogd beside its peers in one run and writes tests/bench/RESULTS.md.

    bench.py [--only SECTION,...] [--messages N] [--seconds S] [--runs R] [--peers-only]
    [--no-write]

Peers write to memory (/dev/shm), so that their disk is not what is measured; eogd's journal is
on the disk and synced, because that is what it promises. A peer that is not installed is named,
not hidden. CPU is per million messages (user + system of the daemon's process); wall figures
include the sender, which shares the machine.
"""
import argparse
import datetime
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "..", "system"))
import feeds  # noqa: E402
import harness  # noqa: E402
import mappings  # noqa: E402
import notifications  # noqa: E402
import peer  # noqa: E402
import relp  # noqa: E402
import results  # noqa: E402
import streams  # noqa: E402
import walks  # noqa: E402
from measure import Daemon, Failure, LineCounter, measure  # noqa: E402

OUT = "/dev/shm"
LADDER_UDP = [25000, 50000, 100000, 150000, 200000, 300000, 400000]


class Bench:
    def __init__(self, args):
        self.args = args
        self.work = tempfile.mkdtemp(prefix="eog-bench-", dir=OUT)
        self.journals = tempfile.mkdtemp(
            prefix="eog-bench-", dir=os.environ.get("EOG_BENCH_DISK", "/var/tmp")
        )
        self.file = os.path.join(self.work, "cef.log")
        self.rows = {}
        self.notes = []

    def close(self):
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.rmtree(self.journals, ignore_errors=True)

    def make_file(self):
        """Times of the last half hour, so that the records count in the windows they belong to."""
        per_second = max(1, self.args.messages // 1800)
        begin = int(time.time()) - self.args.messages // per_second
        with open(self.file, "wb") as out:
            subprocess.run(
                [
                    harness.program("gen_cef"),
                    "-n",
                    str(self.args.messages),
                    "-b",
                    str(begin),
                    "-r",
                    str(per_second),
                ],
                stdout=out,
                check=True,
            )

    def note(self, section, row):
        self.rows.setdefault(section, []).append(row)
        print(section, row, flush=True)

    # ---- the daemons ----

    def rsyslog(self, config, port, **words):
        out = peer.output(self.work)
        words = {"WORK": self.work, "HERE": os.path.join(HERE, "peers"), **words}
        path = peer.configuration(self.work, config, OUT=out, PORT=port, **words)
        kind = "udp" if "udp" in config else "tcp"
        command = [peer.find("rsyslogd"), "-n", "-i", os.path.join(self.work, "rsyslog.pid"), "-f"]
        daemon = Daemon(
            command + [path], f"{kind}:{port}", log=os.path.join(self.work, "rsyslog.log")
        )
        return daemon, LineCounter(out)

    def eogd(self, name, kind, extra="", files=None):
        """A started gateway, as something that measure() takes, and what it has judged so far."""
        gateway = harness.Gateway(
            name, extra=extra, files=files, folder=tempfile.mkdtemp(dir=self.journals)
        )
        gateway.start()
        return gateway, Running(gateway, kind), streams.Through(gateway)

    # ---- the sections ----

    def ladder(self, section, name, start, sender, steps):
        """Step by step up: the highest rate at which not one message was lost, and the first
        with loss."""
        for rate in steps:
            try:
                result = self.one_step(start, sender, rate)
            except peer.Missing as missing:
                self.notes.append(f"{missing} is not installed: {name} was not measured")
                return
            said = re.search(r"= (\d+)/s", result["senders"][0])
            result["asked"], result["sent_per_s"] = rate, int(said.group(1)) if said else 0
            self.note(section, {"name": name, **result})
            if result["lost"] > 0 or result["sent_per_s"] < rate * 0.8:
                return

    def one_step(self, start, sender, rate):
        daemon, done, port, close = start()
        with close:
            return measure(
                daemon, [sender(rate, port)], done, int(rate * self.args.seconds), settle_s=4
            )

    def udp(self):
        """CEF over UDP at fixed offered rates."""

        def sender(rate, port):
            gso = ["-g"] if rate > 100000 else []
            return [
                harness.program("blast_udp"),
                "-r",
                str(rate),
                "-t",
                str(self.args.seconds),
                *gso,
                self.file,
                "127.0.0.1",
                str(port),
            ]

        def rsyslog():
            port = harness.free_port()
            daemon, done = self.rsyslog("rsyslog-udp-cef.conf", port)
            return daemon, done, port, daemon

        def syslog_ng():
            port = harness.free_port()
            daemon, done = peer.start_syslog_ng(self.work, "syslog-ng-cef.conf", "udp", port)
            return daemon, done, port, daemon

        def eogd():
            gateway, daemon, done = self.eogd("udp", "udp")
            return daemon, done, gateway.port["syslog"], gateway

        if not self.args.peers_only:
            self.ladder("udp", "eogd", eogd, sender, self.args.rates)
        self.ladder("udp", "rsyslog, CEF by mmnormalize", rsyslog, sender, self.args.rates)
        self.ladder("udp", "syslog-ng, CEF by csv and kv parser", syslog_ng, sender, self.args.rates)

    # ---- the report ----

    def write(self):
        path = os.path.join(HERE, "RESULTS.md")
        results.update(path, report(self))
        print(f"written: {path}")


class Running:
    """A gateway in the shape that measure() takes."""

    def __init__(self, gateway, kind):
        self.gateway, self.kind, self.port, self.pid = (
            gateway,
            kind,
            gateway.port["syslog"],
            gateway.process.pid,
        )

    def is_alive(self):
        return self.gateway.is_alive()

    def log_tail(self):
        return self.gateway.log_tail()


def machine():
    model = "unknown processor"
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    with open("/proc/meminfo") as info:
        memory = int(info.readline().split()[1]) // 1048576
    return f"{os.cpu_count()} x {model}, {memory} GiB, Linux {platform.release()}"


def version_of(command, pattern, env=None):
    try:
        text = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env={**os.environ, **(env or {})},
        ).stdout
    except FileNotFoundError:
        return "not installed"
    found = re.search(pattern, text)
    return found.group(1) if found else "unknown version"


def syslog_ng_version(bench):
    try:
        program, env = peer.syslog_ng(bench.work)
    except peer.Missing:
        return "not installed"
    return version_of([program, "--version"], r"\(([0-9.]+)\)", env)


def medians(rows):
    """name -> rows of that name, in order of first sight."""
    grouped = {}
    for row in rows:
        grouped.setdefault(row["name"], []).append(row)
    return grouped


def median(rows, key):
    return statistics.median(row[key] for row in rows)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return (
        "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])
        + "\n"
    )


def report_ladder(bench, section, title):
    grouped = medians(bench.rows.get(section, []))
    if not grouped:
        return ""
    seconds = bench.args.seconds
    text = (
        f"## {title}\n\n{seconds:g} s at each rate; loss is what was offered and did not come"
        " through. A daemon that takes in faster than it works has the rest in memory: a rate is"
        " sustained when the work ended with the sending (within a tenth).\n\n"
    )
    rows, best = [], []
    for name, steps in grouped.items():
        clean = [step for step in steps if step["lost"] == 0]
        kept_up = [step for step in clean if step["wall_s"] <= seconds * 1.1 + 0.2]
        best.append((name, highest_rate(clean), highest_rate(kept_up)))
        rows += [
            (
                name,
                f"{step['asked']:,}",
                f"{step['sent_per_s']:,}",
                f"{step['lost']:,} ({100 * step['lost'] / max(step['offered'], 1):.1f} %)",
                f"{step['kernel_drops']:,}",
                f"{max(step['wall_s'] - seconds, 0):.1f}",
                f"{step['cpu_per_unit']:.2f}",
                step["rss_mb"],
            )
            for step in steps
        ]
    head = ["daemon", "asked/s", "sent/s", "lost", "kernel drops", "s behind at the end"]
    head += ["CPU s per million", "peak RSS MB"]
    best_head = ["daemon", "highest rate without loss", "of these sustained"]
    return text + table(best_head, best) + "\n" + table(head, rows) + "\n"


def highest_rate(steps):
    return f"{max(step['sent_per_s'] for step in steps):,}/s" if steps else "none"


def origin(bench):
    """Stands under the heading of each section of this run."""
    commit = version_of(["git", "-C", HERE, "rev-parse", "--short", "HEAD"], r"^(\w+)")
    when = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    niced = f"nice -n {os.nice(0)} " if os.nice(0) else ""
    return (
        f"{when}, commit {commit}, load before the run {bench.load}:"
        f" `{niced}{' '.join(['bench.py'] + sys.argv[1:])}`"
    )


def report(bench):
    head = (
        "# Benchmarks\n\nEach section says when and by which command it was measured; a run of some"
        " sections (`run.sh BUILD --only walk`) leaves the others as they were. Do not edit.\n\n-"
        f" Machine: {machine()}\n- Peers: rsyslog"
        f" {version_of(['rsyslogd', '-v'], r'rsyslogd +([0-9.]+)')},"
        f" syslog-ng {syslog_ng_version(bench)},"
        f" net-snmp {version_of(['snmpget', '-V'], r'version: ([0-9.]+)')}\n- Work file: `gen_cef"
        f" -n {bench.args.messages}`, {os.path.getsize(bench.file):,} bytes\n- Peers write to"
        " memory; eogd's journal is on the disk and synced. Sender and daemon share the machine,"
        " so CPU per message is the figure to compare; wall figures vary by a quarter between"
        " runs.\n"
    )
    head += "".join(f"- **Missing:** {note}\n" for note in sorted(set(bench.notes)))
    sections = (
        streams.report(bench, medians, median, table)
        + mappings.report(bench, medians, median, table)
        + relp.report(bench, medians, median, table)
        + report_ladder(bench, "udp", "Syslog over UDP without loss")
        + report_ladder(bench, "trap", "Notifications without loss")
        + report_ladder(bench, "v3", "Notifications of version 3 without loss")
        + walks.report(bench)
        + notifications.report_answers(bench, "busy", "Polling under load", table)
        + notifications.report_answers(bench, "notified", "Polling beside notifications", table)
        + feeds.report(bench, table)
    )
    return head + "\n" + results.with_origin(sections, bench.origin)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="tcp,plain,long,mappings,relp,udp,trap,v3,walk,busy,notified,feed")
    parser.add_argument("--messages", type=int, default=1000000)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rates", type=int, nargs="+", default=LADDER_UDP, help="of section udp")
    parser.add_argument("--outage", type=int, default=60)
    parser.add_argument("--peers-only", action="store_true")
    parser.add_argument("--no-write", action="store_true")
    bench = Bench(parser.parse_args())
    bench.load = " ".join(f"{x:.2f}" for x in os.getloadavg())
    bench.origin = origin(bench)  # now: the tree may move on while it runs
    try:
        for name in peer.missing(bench.work):
            bench.notes.append(f"{name} is not installed")
            print(f"missing: {name}; what needs it is not measured", flush=True)
        bench.make_file()
        for section in bench.args.only.split(","):
            print(f"== {section}", flush=True)
            others = {
                "walk": walks.walk,
                "feed": feeds.feed,
                "tcp": streams.tcp,
                "plain": streams.plain,
                "long": streams.long,
                "relp": relp.relp,
                "mappings": mappings.mappings,
                "trap": notifications.trap,
                "v3": notifications.v3,
                "busy": notifications.busy,
                "notified": notifications.notified,
            }
            others[section](bench) if section in others else getattr(bench, section)()
        if bench.args.no_write:
            print(report(bench))
        else:
            bench.write()
    finally:
        bench.close()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Failure, harness.Failed, harness.Skipped) as failure:
        sys.exit(f"bench.py: {failure}")
