# SPDX-License-Identifier: GPL-3.0-or-later
"""RELP: messages acknowledged a second. eogd acknowledges what is on disk and synced; rsyslog's
imrelp what is in its queue, in memory, or on disk when its queue is told to. The sender is the same
for both, eogctl send --relp, over one session."""
import re
import shutil

import harness
from measure import Failure, measure

WINDOW = 4096
OURS = "eogd: CEF typed, acknowledged when on disk and synced, KPI engine"
MEMORY = "rsyslog imrelp: no CEF, JSON file, acknowledged from memory"
DISK = "the same, disk queue synced each message"


def relp(bench):
    total = bench.args.messages
    runs = [(MEMORY, total, lambda n: of_rsyslog(bench, "", n)),
            (DISK, total // 50, lambda n: of_rsyslog(
                bench, 'queue.type="Disk" queue.filename="q" queue.maxDiskSpace="4g" '
                       'queue.syncQueueFiles="on" queue.checkpointInterval="1"', n))]
    if not bench.args.peers_only:
        runs.insert(0, (OURS, total, lambda n: of_eogd(bench, n)))
    for _ in range(bench.args.runs):
        for name, n, run in runs:
            result = run(n)
            said = re.search(r" (\d+) messages/s, (\d+) acknowledged", result["senders"][0])
            if not said or int(said.group(2)) != n or result["through"] != n:
                raise Failure(f"{name}: {result['senders'][0]!r}, {result['through']} of {n}"
                              " came through")
            bench.note("relp", {"name": name, "n": n, "acknowledged_per_s": int(said.group(1)),
                                **result})


def sender(bench, port, n):
    return [harness.program("eogctl"), "send", "--relp", "--window", str(WINDOW), "--count", str(n),
            "--wait", "60", "--to", f"127.0.0.1:{port}", bench.file]


def of_rsyslog(bench, queue, n):
    port = harness.free_port()
    daemon, done = bench.rsyslog("rsyslog-relp-raw.conf", port, QUEUE=queue)
    with daemon:
        return measure(daemon, [sender(bench, port, n)], done, n)


def of_eogd(bench, n):
    port = harness.free_port()
    gateway, daemon, done = bench.eogd(
        "relp", "tcp", extra=f'<syslog-relp address="127.0.0.1:{port}"/>')
    with gateway:
        result = measure(daemon, [sender(bench, port, n)], done, n, settle_s=5)
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
