# SPDX-License-Identifier: GPL-3.0-or-later
"""The section "feed" of bench.py: how fast a backlog goes to a file and to a real rsyslog, what a
feed costs intake while it runs, and an outage of the core (R6: --outage 600)."""
import os
import shutil
import subprocess
import time

import harness
from core import Rsyslog
from outage import judge_order, run_outage

RATE = 5000
KINDS = (
    ("file", 'kind="file" file="out.jsonl"'),
    ("RELP, window 128", 'kind="relp" address="127.0.0.1:{relp}"'),
    ("RELP, window 1024", 'kind="relp" window="1024" address="127.0.0.1:{relp}"'),
    ("syslog over TCP", 'kind="syslog" address="127.0.0.1:{tcp}"'),
)


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as file:
        word = file.read().rsplit(")", 1)[1].split()
    return (int(word[11]) + int(word[12])) / os.sysconf("SC_CLK_TCK")


def blast(bench, gw):
    """All messages over one TCP connection; seconds until they are received and judged."""
    begun = time.monotonic()
    subprocess.run(
        [harness.program("blast_tcp"), bench.file, "127.0.0.1", str(gw.port["syslog"])],
        stdout=subprocess.DEVNULL, check=True,
    )
    gw.wait_for(lambda: gw.counter("received") >= bench.args.messages, "all is received", 300)
    seconds = time.monotonic() - begun
    gw.settle()
    return seconds


def configure(gw, core, options):
    options = options.format(relp=core.relp_port, tcp=core.tcp_port)
    gw.extra = f'<feed name="f" from="oldest" {options}/>'
    gw.write_config()


def drained(gw, goal):
    def look():
        rows = gw.status()["feeds"]
        return rows and rows[0]["cursor"] >= goal

    gw.wait_for(look, f"record {goal} is acknowledged", 600)


def of_backlog(bench, name, options, row):
    """A journal full of records, then a feed."""
    gw, _, _ = bench.eogd("feed", "tcp")
    with gw, Rsyslog(os.path.join(gw.folder, "core")) as core:
        core.start()
        row["intake_alone"] = bench.args.messages / blast(bench, gw)
        goal, used = gw.committed(), cpu_s(gw.process.pid)
        theirs = cpu_s(core.process.pid)
        configure(gw, core, options)
        begun = time.monotonic()
        gw.reload()
        drained(gw, goal)
        per_million = 1e6 / bench.args.messages
        row["drained"] = bench.args.messages / (time.monotonic() - begun)
        row["cpu"] = (cpu_s(gw.process.pid) - used) * per_million
        row["their_cpu"] = (cpu_s(core.process.pid) - theirs) * per_million
        row["bytes"] = gw.status()["feeds"][0]["bytes"] / bench.args.messages
    shutil.rmtree(gw.folder, ignore_errors=True)


def of_live(bench, name, options, row):
    """The feed runs while messages come as fast as they are taken."""
    gw, _, _ = bench.eogd("feed", "tcp")
    with gw, Rsyslog(os.path.join(gw.folder, "core")) as core:
        core.start()
        configure(gw, core, options)
        gw.reload()
        gw.wait_for(lambda: gw.status()["feeds"], "the feed runs")
        row["intake_with"] = bench.args.messages / blast(bench, gw)
        drained(gw, gw.committed())
    shutil.rmtree(gw.folder, ignore_errors=True)


def feed(bench):
    for name, options in KINDS:
        row = {"name": name}
        of_backlog(bench, name, options, row)
        of_live(bench, name, options, row)
        bench.note("feed", row)
    if bench.args.outage:
        outage(bench)


def outage(bench):
    gw, _, _ = bench.eogd("outage", "tcp")
    with gw, Rsyslog(os.path.join(gw.folder, "core")) as core:
        configure(gw, core, 'kind="relp" address="127.0.0.1:{relp}"')
        gw.reload()
        gw.wait_for(lambda: gw.status()["feeds"], "the feed runs")
        figures = run_outage(gw, core, bench.file, RATE, bench.args.outage)
        figures["arrived"] = judge_order(core, figures["sent"])
    shutil.rmtree(gw.folder, ignore_errors=True)
    bench.note("outage", {"name": f"{bench.args.outage} s at {RATE}/s", **figures})


def report(bench, table):
    rows = bench.rows.get("feed", [])
    if not rows:
        return ""
    text = "## The feed\n\n" + table(
        ["target", "records/s out of a backlog", "CPU s per million, eogd", "rsyslog's",
         "bytes a record", "messages/s in, without", "messages/s in, while it feeds"],
        [
            [row["name"], f"{row['drained']:,.0f}", f"{row['cpu']:.2f}", f"{row['their_cpu']:.2f}",
             f"{row['bytes']:,.0f}", f"{row['intake_alone']:,.0f}", f"{row['intake_with']:,.0f}"]
            for row in rows
        ],
    )
    text += (
        "\nOCSF as JSON, without raw text; rsyslog writes each message to a file before it answers"
        " (direct queue), and shares the two cores. The last two columns: as fast as one TCP"
        " connection is taken, to the last message received.\n"
    )
    for row in bench.rows.get("outage", []):
        text += (
            f"\nThe core away for {row['name']}: {row['waiting']:,} records waited; drained in"
            f" {row['seconds']:.1f} s at {row['drained_s']:,.0f}/s"
            f" (**{row['drained_s'] / RATE:.1f} times the live rate**) while messages went on"
            f" coming, p99 {row['lag_p99_s'] * 1000:.0f} ms until received ({row['looks']} looks);"
            f" {row['arrived']:,} records arrived, in order, none twice; peak RSS"
            f" {row['rss_mb']:.0f} MB.\n"
        )
    return text + "\n"
