# SPDX-License-Identifier: GPL-3.0-or-later
"""RELP: messages acknowledged a second. eogd acknowledges what is on disk and synced; rsyslog's
imrelp what is in its queue, in memory, or on disk when its queue is told to. The sender is the same
for both, eogctl send --relp, over one session."""
import itertools
import os
import re
import shutil

import harness
from measure import Failure, measure

WINDOW = 4096
OURS = "eogd: CEF typed, acknowledged when on disk and synced, KPI engine"
OURS_PLAIN = "eogd: RFC 5424 lines without a body format, the same"
MEMORY = "rsyslog imrelp: CEF not parsed, JSON file, acknowledged from memory"
MEMORY_PLAIN = "rsyslog imrelp: RFC 5424 lines, the same"
DISK = "rsyslog imrelp: CEF not parsed, disk queue told to sync each message"
SYNCED = ('queue.type="Disk" queue.filename="q" queue.maxDiskSpace="4g" queue.syncQueueFiles="on"'
          ' queue.checkpointInterval="1"')


WORDS = " that says at usual length what a program did, to whom, when and why, and how it ended"


def make_plain(bench, name="plain.log", lengths=itertools.repeat(0)):
    """About 170 bytes each, as programs' lines are, or as many as lengths say."""
    path = os.path.join(bench.work, name)
    with open(path, "w") as out:
        for i, length in zip(range(bench.args.messages), lengths):
            line = (f"<134>1 2026-11-28T20:24:{i % 60:02}Z host{i % 100:03} app {i} - - message"
                    f" {i}{WORDS}")
            more = length - len(line)
            out.write(line + (WORDS * (more // len(WORDS) + 1))[:max(more, 0)] + "\n")
    return path


def relp(bench):
    total, plain = bench.args.messages, make_plain(bench)
    runs = [(MEMORY, total, lambda n: of_rsyslog(bench, "", n, bench.file)),
            (MEMORY_PLAIN, total, lambda n: of_rsyslog(bench, "", n, plain)),
            (DISK, total // 50, lambda n: of_rsyslog(bench, SYNCED, n, bench.file))]
    if not bench.args.peers_only:
        runs.insert(0, (OURS, total, lambda n: of_eogd(bench, n, bench.file)))
        runs.insert(2, (OURS_PLAIN, total, lambda n: of_eogd(bench, n, plain)))
    for _ in range(bench.args.runs):
        for name, n, run in runs:
            result = run(n)
            said = re.search(r" (\d+) messages/s, (\d+) acknowledged", result["senders"][0])
            if not said or int(said.group(2)) != n or result["through"] != n:
                raise Failure(f"{name}: {result['senders'][0]!r}, {result['through']} of {n}"
                              " came through")
            bench.note("relp", {"name": name, "n": n, "acknowledged_per_s": int(said.group(1)),
                                **result})


def sender(port, n, file):
    return [harness.program("eogctl"), "send", "--relp", "--window", str(WINDOW), "--count", str(n),
            "--wait", "60", "--to", f"127.0.0.1:{port}", file]


def of_rsyslog(bench, queue, n, file):
    port = harness.free_port()
    daemon, done = bench.rsyslog("rsyslog-relp-raw.conf", port, QUEUE=queue)
    with daemon:
        return measure(daemon, [sender(port, n, file)], done, n)


def of_eogd(bench, n, file):
    port = harness.free_port()
    gateway, daemon, done = bench.eogd(
        "relp", "tcp", extra=f'<syslog-relp address="127.0.0.1:{port}"/>')
    with gateway:
        result = measure(daemon, [sender(port, n, file)], done, n, settle_s=5)
    shutil.rmtree(gateway.folder, ignore_errors=True)
    return result


def report(bench, medians, median, table):
    grouped = medians(bench.rows.get("relp", []))
    if not grouped:
        return ""
    rows = [(name, f"{median(r, 'acknowledged_per_s'):,.0f}", f"{median(r, 'cpu_per_unit'):.2f}",
             median(r, "rss_mb"), f"{r[0]['n']:,}", len(r)) for name, r in grouped.items()]
    return (
        "## RELP\n\nOne session of `eogctl send --relp`, window " + str(WINDOW) + "; the same sender"
        " for both, and it takes its share of the machine.\n\n"
        + table(["daemon", "acknowledged/s", "CPU s per million (median)", "peak RSS MB", "messages",
                 "runs"], rows)
        + "\nrsyslog's omrelp as a sender, to eogd: with messages of 42 bytes 1,170/s by default,"
        " 86,000/s with windowSize=\"2048\"; with messages of 600 bytes 11,000 to 18,000/s by default,"
        " 24,000/s with windowSize=\"1024\". librelp corks its socket for a batch of the queue (1,024"
        " messages); with a window below that omrelp waits for answers to what lies in the corked"
        " socket until the kernel sends it, 200 ms later (strace). A window of at least the batch"
        " avoids it.\n\n"
    )
