# SPDX-License-Identifier: GPL-3.0-or-later
"""A core that is away while messages keep coming, and comes back: what the test and the benchmark
of the feed share. Load is paced; nothing here decides by the clock but the length of the outage."""
import os
import re
import threading
import time

from harness import check, check_equal, wait_for


class Load:
    """`rate` messages a second over one TCP connection, of a file's lines in turn, until stopped.
    Remembers when how many were sent."""

    def __init__(self, gw, path, rate):
        with open(path, "rb") as file:
            self.lines = file.read().splitlines(keepends=True)
        self.gw, self.rate, self.sent = gw, rate, 0
        self.marks = [(time.monotonic(), 0)]
        self.ended = threading.Event()
        self.failure = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        begun = time.monotonic()
        try:
            with self.gw.connect() as sock:
                while not self.ended.wait(0.02):
                    due = int((time.monotonic() - begun) * self.rate)
                    while self.sent < due:
                        n = min(due - self.sent, 500)
                        at = self.sent % len(self.lines)
                        part = self.lines[at : at + n]
                        sock.sendall(b"".join(part))
                        self.sent += len(part)
                    self.marks.append((time.monotonic(), self.sent))
        except OSError as error:
            self.failure = error

    def lag_s(self, received):
        """How long ago so few had been sent; 0: all that was sent is received."""
        now, marks = time.monotonic(), self.marks
        for when, sent in reversed(marks[-2000:]):
            if sent <= received:
                return now - when if sent < marks[-1][1] else 0.0
        return now - marks[0][0]

    def stop(self):
        self.ended.set()
        self.thread.join()
        check(self.failure is None, f"the sender failed: {self.failure}")


class Uids:
    """Sequences of the uids in a file of records, looked at once: order and repeats."""

    def __init__(self, path):
        self.n = self.last = self.repeats = 0
        pattern = re.compile(rb'"uid":"[^"]*\.(\d+)"')
        with open(path, "rb") as file:
            for line in file:
                number = int(pattern.search(line).group(1))
                if number <= self.last:
                    self.repeats += 1
                self.last = max(self.last, number)
                self.n += 1


def memory_mb(gw, name="VmHWM"):
    with open(f"/proc/{gw.process.pid}/status") as file:
        return int(re.search(rf"{name}:\s+(\d+) kB", file.read()).group(1)) / 1024


def p99(values):
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))] if values else 0.0


def row_of(gw):
    status = gw.status()
    return status["feeds"][0], status["counters"]["received"], status["journal"]["committed"]


def run_outage(gw, core, path, rate, down_s):
    """The gateway runs with one feed to core, which is not started yet; path: lines to send.
    Returns figures."""
    load = Load(gw, path, rate)
    gw.wait_for(lambda: load.sent >= rate * down_s or load.failure, "outage", down_s * 3 + 60)
    row, _, committed = row_of(gw)
    check(row["acknowledged"] == 0 and row["state"] in ("ok", "warning", "critical"), f"{row}")
    waiting, from_cursor = row["backlog_records"], row["cursor"]
    check(waiting >= 0.9 * rate * down_s, f"backlog: {row}")
    core.start()
    # The back-off of up to 30 s is over when it is over; the last look before that is the begin.
    begun, lags = time.monotonic(), []

    def is_connected():
        nonlocal begun
        now = time.monotonic()
        if row_of(gw)[0]["standing"] == "connected":
            return True
        begun = now
        return False

    gw.wait_for(is_connected, "connected", 60)

    def is_caught_up():
        seen, received, _ = row_of(gw)
        lags.append(load.lag_s(received))
        return seen if seen["cursor"] >= committed and seen["backlog_records"] < rate / 2 else None

    row = gw.wait_for(is_caught_up, "the backlog is drained", down_s * 3 + 60)
    seconds = time.monotonic() - begun
    load.stop()
    gw.wait_for(lambda: row_of(gw)[1] >= load.sent, "all is received", 60)
    goal = gw.committed()
    gw.wait_for(lambda: row_of(gw)[0]["cursor"] >= goal, "all is acknowledged", 60)
    # The row is of after the wait: what came meanwhile was sent too.
    figures = {
        "waiting": waiting,
        "seconds": seconds,
        "drained_s": (row["cursor"] - from_cursor) / seconds,
        "lag_p99_s": p99(lags),
        "looks": len(lags),
        "rss_mb": memory_mb(gw),
        "sent": load.sent,
    }
    wait_for(lambda: os.path.exists(core.relp.path), "the core's file")
    return figures


def judge_order(core, at_least):
    """Everything arrived, in the journal's order, once."""
    uids = Uids(core.relp.path)
    check_equal(uids.repeats, 0, "records repeated or out of order")
    check(uids.n >= at_least, f"{uids.n} records at the core, {at_least} sent")
    return uids.n
