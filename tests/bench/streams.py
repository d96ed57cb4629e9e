# SPDX-License-Identifier: GPL-3.0-or-later
"""Syslog over one TCP connection, LF framing: messages in CEF, and lines of RFC 5424 that have no
body format, of usual length and as long as those in CEF. The peers write JSON to memory; eogd has its
journal on the disk, judges its indicators, and in rows of their own writes JSON too, or fills its
store."""
import json
import os
import shutil
import time

import harness
import peer
import relp
from measure import Daemon, Failure, LineCounter, measure

STORELESS = '<store enabled="no"/>'
FEED = '<feed name="f" from="oldest" kind="file" file="{out}" raw="no"/>'
CEF = "eogd: CEF typed, journal on disk and synced, KPI engine"
CEF_FED = "eogd: the same, and OCSF JSON of it to a file, as the peers' without the raw text"
CEF_STORED = "eogd: journal, KPI engine and the store of the reports, until all is stored"
PLAIN = "eogd: journal on disk and synced, KPI engine"
PLAIN_FED = "eogd: the same, and OCSF JSON of it to a file"
FLOOR = "the bytes alone (floor.c): received, written, synced, read twice, as long JSON written"
RSYSLOG_CEF = "rsyslog: CEF by mmnormalize, JSON file, 2 workers"
RSYSLOG_RAW = "rsyslog: no CEF, JSON file"
SYSLOG_NG_CEF = "syslog-ng: CEF by csv and kv parser, JSON file, 1 connection"
SYSLOG_NG_RAW = "syslog-ng: no CEF, JSON file"


class Through:
    """How many received messages are through: counted by intake, on disk, applied by the KPI engine,
    and, where asked for, fed and stored. Journal records of the gateway's own (ticks, loads) are not
    messages, so the count is the intake's, once the last reader has reached the journal's end; before
    that it is what is not behind. What the journal did not take is not among those received. Asked at
    most ten times a second: asking costs the daemon too."""

    def __init__(self, gateway, is_fed=False, is_stored=False):
        self.gateway, self.is_fed, self.is_stored = gateway, is_fed, is_stored
        self.at, self.count = 0.0, 0

    def __call__(self):
        if time.monotonic() - self.at >= 0.1:
            status = self.gateway.status()
            received, staged = status["counters"]["received"], status["journal"]["staged"]
            # All are the number of a record: the last staged, the last judged, fed.
            behind = [staged - status["evaluated_sequence"]]
            if self.is_fed:
                behind.append(staged - status["feeds"][0]["cursor"])
            if self.is_stored:  # it waits between turns for more
                left = json.loads(self.gateway.ctl("store", "--json"))["backlog_records"]
                behind.append(left if left > 2 else 0)
            self.count = max(received - max(behind + [0]), 0)
            self.at = time.monotonic()
        return self.count


def blast(file, port, *more):
    return [[harness.program("blast_tcp"), *more, file, "127.0.0.1", str(port)]]


def of_eogd(bench, file, extra, **readers):
    out = peer.output(bench.work)
    gateway, daemon, _ = bench.eogd("tcp", "tcp", extra.format(out=out))
    with gateway:
        result = measure(daemon, blast(file, gateway.port["syslog"]), Through(gateway, **readers),
                         bench.args.messages, settle_s=5)
        result["journal_bytes"] = gateway.status()["journal"]["bytes"]
        result["unclassified"] = gateway.counter("unclassified")
    shutil.rmtree(gateway.folder, ignore_errors=True)
    if os.path.exists(out):
        os.unlink(out)
    return result


def of_floor(bench, file):
    port, out, journal = harness.free_port(), peer.output(bench.work), os.path.join(bench.journals, "floor")
    command = [harness.program("floor"), str(port), journal, out]
    try:
        with Daemon(command, f"tcp:{port}") as daemon:
            return measure(daemon, blast(file, port), LineCounter(out), bench.args.messages)
    finally:
        os.unlink(journal)
        os.unlink(out)


def of_rsyslog(bench, file, what, workers):
    port = harness.free_port()
    daemon, done = bench.rsyslog(f"rsyslog-tcp-{what}.conf", port, WORKERS=workers)
    with daemon:
        return measure(daemon, blast(file, port), done, bench.args.messages)


def of_syslog_ng(bench, file, what, connections):
    port = harness.free_port()
    daemon, done = peer.start_syslog_ng(bench.work, f"syslog-ng-{what}.conf", "tcp", port)
    with daemon:
        return measure(daemon, blast(file, port, "-k", str(connections)), done, bench.args.messages)


def run(bench, section, ours, theirs):
    for _ in range(bench.args.runs):
        for name, once in ([] if bench.args.peers_only else ours) + theirs:
            try:
                result = once()
            except peer.Missing as missing:
                bench.notes.append(f"{missing} is not installed: {name} was not measured")
                continue
            if result["through"] != bench.args.messages:
                raise Failure(f"{name}: {result['through']} of {bench.args.messages} messages came"
                              " through")
            bench.note(section, {"name": name, **result})


def tcp(bench):
    file = bench.file
    run(bench, "tcp",
        [(CEF, lambda: of_eogd(bench, file, STORELESS)),
         (CEF_FED, lambda: of_eogd(bench, file, STORELESS + FEED, is_fed=True)),
         (CEF_STORED, lambda: of_eogd(bench, file, "", is_stored=True))],
        [(FLOOR, lambda: of_floor(bench, file)),
         (RSYSLOG_CEF, lambda: of_rsyslog(bench, file, "cef", 2)),
         ("rsyslog: CEF by mmnormalize, JSON file, 1 worker", lambda: of_rsyslog(bench, file, "cef", 1)),
         (RSYSLOG_RAW, lambda: of_rsyslog(bench, file, "raw", 1)),
         (SYSLOG_NG_CEF, lambda: of_syslog_ng(bench, file, "cef", 1)),
         ("syslog-ng: CEF by csv and kv parser, JSON file, 2 connections",
          lambda: of_syslog_ng(bench, file, "cef", 2)),
         (SYSLOG_NG_RAW, lambda: of_syslog_ng(bench, file, "raw", 1))])


def plain(bench):
    run_lines(bench, "plain", relp.make_plain(bench))


def long(bench):
    """Each as long as the message in CEF in its place."""
    with open(bench.file, "rb") as file:
        path = relp.make_plain(bench, "long.log", (len(line) - 1 for line in file))
    run_lines(bench, "long", path)


def run_lines(bench, section, file):
    run(bench, section,
        [(PLAIN, lambda: of_eogd(bench, file, STORELESS)),
         (PLAIN_FED, lambda: of_eogd(bench, file, STORELESS + FEED, is_fed=True))],
        [(RSYSLOG_RAW, lambda: of_rsyslog(bench, file, "raw", 1)),
         (SYSLOG_NG_RAW, lambda: of_syslog_ng(bench, file, "raw", 1))])


# ---- the report ----


def ratios(grouped, median, ours, theirs):
    lines = [f"- **{them.split(':')[0]} / eogd = "
             f"{median(grouped[them], 'cpu_per_unit') / median(grouped[us], 'cpu_per_unit'):.1f}**:"
             f" \"{them}\" to \"{us}\"\n"
             for us in ours for them in theirs if us in grouped and them in grouped]
    return "\nCPU per message, same run:\n\n" + "".join(lines) if lines else ""


def report_section(bench, section, title, words, pairs):
    medians, median, table = words
    grouped = medians(bench.rows.get(section, []))
    if not grouped:
        return ""
    rows = [(name, f"{median(r, 'cpu_per_unit'):.2f}", f"{median(r, 'per_s'):,.0f}",
             median(r, "rss_mb"), len(r)) for name, r in grouped.items()]
    text = f"## {title}\n\n" + table(
        ["daemon", "CPU s per million (median)", "messages/s, wall", "peak RSS MB", "runs"], rows)
    return text + ratios(grouped, median, *pairs)


def report(bench, *words):
    text = report_section(bench, "tcp", "CEF over TCP", words,
                          ([CEF_FED, CEF], [RSYSLOG_CEF, SYSLOG_NG_CEF]))
    ours = [row for row in bench.rows.get("tcp", []) if row["name"] == CEF]
    if ours:
        size = os.path.getsize(bench.file)
        text += (f"\nJournal: {ours[0]['journal_bytes'] / size:.2f} x the raw bytes ({size:,} bytes"
                 f" sent). Messages that no mapping knew: {ours[0]['unclassified']:,}.\n")
    pairs = ([PLAIN, PLAIN_FED], [RSYSLOG_RAW, SYSLOG_NG_RAW])
    parts = [text, report_section(bench, "plain", "RFC 5424 lines over TCP", words, pairs),
             report_section(bench, "long", "RFC 5424 lines as long as CEF over TCP", words, pairs)]
    return "".join(part + "\n" for part in parts if part)
