#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures one daemon under one load: starts it, waits until it listens, runs the senders, waits
until the work is done (a condition, never a time), and says what it cost.

    measure.py --name NAME --daemon CMD --listen tcp:PORT|udp:PORT --output FILE --expect N
               [--unit 1000000] -- SENDER...

The work is done when FILE holds N lines, or has stopped growing for --settle seconds after the
senders ended (then something was lost, and the line says how much). As a module, measure() takes
any other condition: for eogd, that the journal has committed N records and the KPI engine has
applied them.

CPU is user + system of the daemon and its threads out of /proc/PID/stat, from just before the
senders start until the work is done. Peak memory is VmHWM. Drops are the socket's own counter.
"""
import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import time

TICKS = os.sysconf("SC_CLK_TCK")


class Failure(Exception):
    """What stopped a measurement, in words."""


def wait_until(condition, timeout_s, what, alive=None):
    """Polls condition() until it is true; a Failure after timeout_s or when alive() is not."""
    until = time.monotonic() + timeout_s
    while True:
        result = condition()
        if result:
            return result
        if alive and not alive():
            raise Failure(f"the daemon ended while waiting until {what}")
        if time.monotonic() > until:
            raise Failure(f"{timeout_s} s passed without: {what}")
        time.sleep(0.01)


def is_listening(kind, port):
    """Does any process of this machine listen on the port?"""
    for name in (
        ("/proc/net/tcp", "/proc/net/tcp6")
        if kind == "tcp"
        else ("/proc/net/udp", "/proc/net/udp6")
    ):
        try:
            with open(name) as table:
                for line in table:
                    word = line.split()
                    if word[1].endswith(f":{port:04X}") and (kind == "udp" or word[3] == "0A"):
                        return True
        except OSError:
            pass
    return False


def udp_drops(port):
    """Datagrams that the kernel dropped because the socket's buffer was full."""
    drops = 0
    for name in ("/proc/net/udp", "/proc/net/udp6"):
        with open(name) as table:
            drops += sum(
                int(line.split()[-1]) for line in table if line.split()[1].endswith(f":{port:04X}")
            )
    return drops


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as stat:
        word = stat.read().rsplit(")", 1)[1].split()
    return (int(word[11]) + int(word[12])) / TICKS


def peak_rss_mb(pid):
    with open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return 0.0


class LineCounter:
    """Counts the lines of a growing file; reads each byte once."""

    def __init__(self, path):
        self.path, self.at, self.lines = path, 0, 0

    def __call__(self):
        try:
            with open(self.path, "rb") as file:
                file.seek(self.at)
                while chunk := file.read(1 << 20):
                    self.at += len(chunk)
                    self.lines += chunk.count(b"\n")
        except FileNotFoundError:
            pass
        return self.lines


class Daemon:
    """A process under measurement; ended by its own id, and with the `with` block."""

    def __init__(self, command, listen, env=None, log=None, timeout_s=20):
        self.kind, port = listen.split(":")
        self.port = int(port)
        if is_listening(self.kind, self.port):
            raise Failure(f"{listen} is in use by somebody else")
        self.log_path = log or os.devnull
        with open(self.log_path, "ab") as out:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, **(env or {})},
            )
        try:
            wait_until(
                lambda: is_listening(self.kind, self.port),
                timeout_s,
                f"{listen} is open",
                self.is_alive,
            )
        except Failure as failure:
            self.stop()
            raise Failure(f"{failure}: {self.log_tail()}") from None

    def log_tail(self):
        try:
            with open(self.log_path, errors="replace") as file:
                return file.read()[-2000:].strip()
        except OSError:
            return ""

    def is_alive(self):
        return self.process.poll() is None

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        if self.is_alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def measure(daemon, senders, done, expect, settle_s=1.5, timeout_s=240, unit=1000000):
    """Runs the senders against a started daemon. done() -> how many messages are through; the work
    is over at `expect`, or when done() stood still for settle_s after the senders ended.
    expect None: it is taken from the senders' own "offered N"."""
    drops_before = udp_drops(daemon.port) if daemon.kind == "udp" else 0
    start_count, start_cpu = done(), cpu_s(daemon.pid)
    begun = time.monotonic()
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for command in senders
    ]
    count, moved, ended = 0, begun, None
    while True:
        if not daemon.is_alive():
            raise Failure(f"the daemon died: {daemon.log_tail()}")
        now_count = done() - start_count
        now = time.monotonic()
        if now_count != count:
            count, moved = now_count, now
        if ended is None and all(sender.poll() is not None for sender in running):
            ended = now
        if expect is not None and count >= expect and ended is not None:
            break
        if ended is not None and now - max(moved, ended) > settle_s:
            break
        if now - begun > timeout_s:
            break
        time.sleep(0.02)
    cpu = cpu_s(daemon.pid) - start_cpu
    said = [sender.communicate()[0].strip() for sender in running]
    offered = sum(int(line.split()[1]) for line in said if line.startswith("offered"))
    wall = max(moved - begun, 1e-9)
    return {
        "through": count,
        "offered": offered,
        "lost": max(offered - count, 0),
        "wall_s": round(wall, 2),
        "per_s": round(count / wall),
        "cpu_s": round(cpu, 2),
        "cpu_per_unit": round(cpu * unit / max(count, 1), 2),
        "unit": unit,
        "rss_mb": round(peak_rss_mb(daemon.pid)),
        "kernel_drops": udp_drops(daemon.port) - drops_before if daemon.kind == "udp" else 0,
        "senders": said,
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--name", default="")
    parser.add_argument("--daemon", required=True)
    parser.add_argument("--listen", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--expect", type=int)
    parser.add_argument("--unit", type=int, default=1000000)
    parser.add_argument("--settle", type=float, default=1.5)
    parser.add_argument("sender", nargs="+")
    args = parser.parse_args()
    if os.path.exists(args.output):
        os.unlink(args.output)
    with Daemon(shlex.split(args.daemon), args.listen) as daemon:
        result = measure(
            daemon,
            [args.sender],
            LineCounter(args.output),
            args.expect,
            args.settle,
            unit=args.unit,
        )
    print(json.dumps({"name": args.name, **result}))
    return 0 if result["lost"] == 0 else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"measure.py: {failure}")
