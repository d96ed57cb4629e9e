#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the daemon's CPU goes under each main load: the first 25 functions, kept as text beside the
benchmarks' figures, in tests/bench/profiles/LOAD.txt.

    profiles.py [--only LOAD,...] [--scale 1.0]      `make profiles`

By perf's sampling of the processor's clock, for the time of the load; all threads, the kernel's part
on their behalf included. Functions of one's own machine code (PCRE2's) have no names. Needs
Debian's linux-perf and the right to use it.
"""
import argparse
import contextlib
import datetime
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "system"))
import changing  # noqa: E402
import harness  # noqa: E402
import notifications  # noqa: E402
import relp  # noqa: E402
from harness import Failed, Gateway, Skipped, check, program, say, tool  # noqa: E402

OUT = os.path.join(HERE, "profiles")
FIRST, HERTZ, PAGES = 25, 1999, 512


class Load:
    """What a load needs: a folder, a gateway, its messages; the words of relp.py's bench."""

    def __init__(self, scale):
        self.work = tempfile.mkdtemp(prefix="eog-profiles-")
        self.args = argparse.Namespace(messages=int(1000000 * scale), seconds=8 * scale)

    def close(self):
        shutil.rmtree(self.work, ignore_errors=True)

    def cef(self):
        path = os.path.join(self.work, "cef.log")
        with open(path, "wb") as out:
            subprocess.run([program("gen_cef"), "-n", str(self.args.messages)], stdout=out, check=True)
        return path


def run(*command):
    text = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True,
                          check=True).stdout.strip()
    say(f"      {text}")
    return text


# ---- perf ----


@contextlib.contextmanager
def recorded(pid, path):
    """Samples of the process as long as the block runs."""
    process = subprocess.Popen(
        [tool("perf"), "record", "-q", "-e", "cpu-clock", "-F", str(HERTZ), "-m", str(PAGES), "-p",
         str(pid), "-o", path], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        harness.wait_for(lambda: os.path.exists(path), "perf samples", alive=lambda: process.poll() is None)
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def report(path, *more):
    text = subprocess.run(
        [tool("perf"), "report", "--stdio", "-i", path, "--no-children", *more],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout
    samples = re.search(r"# Samples: (\S+)", text)
    check(samples, "perf saw nothing")
    lines = [re.sub(r"( +-)+$", "", line.rstrip()) for line in text.splitlines() if re.match(r" +\d+\.\d+%", line)]
    check(lines, "perf names no function")
    return samples.group(1), lines


def write(name, what, path, pid):
    samples, functions = report(path, "--sort", "dso,symbol")
    _, objects = report(path, "--sort", "dso")
    _, threads = report(path, "--sort", "comm")
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), "unknown processor")
    commit = subprocess.run(["git", "-C", HERE, "rev-parse", "--short", "HEAD"], text=True, check=False,
                            stdout=subprocess.PIPE).stdout.strip()
    when = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    load = " ".join(f"{x:.2f}" for x in os.getloadavg())
    os.makedirs(OUT, exist_ok=True)
    with open(os.path.join(OUT, f"{name}.txt"), "w", encoding="utf-8") as out:
        out.write(f"# {what}\n# {when}, commit {commit}, {os.cpu_count()} x {model}, Linux"
                  f" {platform.release()}, load {load}\n# profiles.py --only {name}: perf record -e"
                  f" cpu-clock -F {HERTZ} -p EOGD; perf report --no-children --sort dso,symbol\n"
                  f"# {samples} samples\n\n")
        out.write("objects\n" + "\n".join(objects[:8]) + "\n\nthreads\n" + "\n".join(threads[:10])
                  + f"\n\nfunctions, the first {FIRST}\n" + "\n".join(functions[:FIRST]) + "\n")
    say(f"written: {name}.txt, {samples} samples")


# ---- the loads ----


def cef_tcp_feed(load, record):
    """CEF over one TCP connection, 1,000,000 messages, fed to a file as OCSF"""
    extra = '<feed name="f" from="oldest" kind="file" file="out.jsonl"/>'
    path = load.cef()
    with Gateway("profile", extra=extra) as gw:
        gw.start()
        with record(gw):
            run(program("blast_tcp"), path, "127.0.0.1", gw.port["syslog"])
            gw.wait_for(lambda: gw.counter("received") >= load.args.messages, "all is received", 300)
            goal = gw.committed()
            gw.wait_for(lambda: gw.status()["feeds"][0]["cursor"] >= goal, "all is fed", 300)


def rfc5424_relp(load, record):
    """RFC 5424 lines over RELP, one session of window 4096, 1,000,000 messages"""
    port = harness.free_port()
    with Gateway("profile", extra=f'<syslog-relp address="127.0.0.1:{port}"/>') as gw:
        gw.start()
        path = relp.make_plain(load)
        with record(gw):
            run(*relp.sender(port, load.args.messages, path))
            gw.settle()


def notified(load, record, version, form, rate):
    with Gateway("profile", extra=notifications.USER, files=notifications.SECRETS) as gw:
        gw.start()
        with record(gw):
            run(*notifications.blaster(version, form, rate, load.args.seconds, gw.port["trap"]))
            gw.settle()


def trap_v2c(load, record):
    """v2c notifications, linkDown, 100,000 a second for 8 s"""
    notified(load, record, "2c", "link", 100000)


def trap_v3(load, record):
    """v3 notifications, authPriv SHA-256 and AES-128, 16 engines, 15,000 a second for 8 s"""
    notified(load, record, "3", "link", notifications.V3_GOAL)


def bulk_walk(load, record):
    """GETBULK(20) of eogKpiTable's 5,000 rows by v2c, 16 requests under way, for 8 s"""
    files = {"inventory.csv": changing.inventory()}
    with Gateway("profile", extra='<inventory file="inventory.csv"/>', files=files) as gw:
        gw.start()
        gw.wait_for(lambda: len(gw.status()["kpis"]) >= changing.ROWS, f"{changing.ROWS} rows exist")
        with record(gw):
            run(program("snmp_load"), "-o", "bulk", "-m", 20, "-w", 16, "-t", load.args.seconds,
                "127.0.0.1", gw.port["agent"], gw.oids["eogKpiState"])


LOADS = {"cef-tcp-feed": cef_tcp_feed, "rfc5424-relp": rfc5424_relp, "trap-v2c": trap_v2c,
         "trap-v3": trap_v3, "bulk-walk": bulk_walk}


def profile(name, load):
    path = os.path.join(load.work, "perf.data")
    if os.path.exists(path):
        os.unlink(path)
    pids = []

    def record(gw):
        pids.append(gw.process.pid)
        return recorded(gw.process.pid, path)

    LOADS[name](load, record)
    write(name, " ".join(LOADS[name].__doc__.split()), path, pids[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default=",".join(LOADS))
    parser.add_argument("--scale", type=float, default=1.0, help="of messages and seconds")
    args = parser.parse_args()
    load = Load(args.scale)
    try:
        for name in args.only.split(","):
            profile(name, load)
    finally:
        load.close()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Failed, Skipped) as failed:
        sys.exit(f"profiles.py: {failed}")
