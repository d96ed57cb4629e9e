#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How cost grows: CPU a message and memory of the running daemon, over what a customer has more or
less of. One thing grows at a time; all else is as by default, the store and every mapping with it.

    curves.py [--only NAME,...] [--runs 3] [--quick]      `make curves`

Writes tests/bench/curves/NAME.jsonl, a point a line; curves_draw.py draws them as NAME.svg.
CPU is user + system of all threads by the scheduler's own count (/proc/PID/task/*/schedstat, in
nanoseconds), from before the first message until all are received, judged and stored and the daemon
rests; the median of the runs, which go round by round over the points, so that what else the machine
does falls on all. It is CPU, not time: other work on the machine makes it dearer by its use of the
cache, and by smaller batches.
"""
import argparse
import glob
import json
import os
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "system"))
import ber  # noqa: E402
from harness import SOURCE, Failed, Gateway, check, program, say  # noqa: E402

OUT = os.path.join(HERE, "curves")
RESTS_BELOW = 0.05  # of a core: looks and ticks of a large customer go on
IP_PKTINFO = 8  # linux/in.h: the socket module has no name for it
BEGIN = int(time.time()) - 1800


# ---- the daemon's cost ----


def cpu_us(pid):
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        try:
            with open(path, encoding="ascii") as file:
                total += int(file.read().split()[0])
        except OSError:
            continue  # a thread that ended since
    return total / 1000


def memory_mb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        words = dict(line.split(":", 1) for line in file if line.startswith(("VmRSS", "VmHWM")))
    return [int(words[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM")]


def received(gw):
    """By one GET: `eogctl status` would have the daemon write all its rows."""
    oid = gw.oids["eogTrafficReceived"] + ".0"
    question = ber.request(ber.GET, [(oid, ber.wrap(ber.NULL, b""))])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(2)
        sock.sendto(question, ("127.0.0.1", gw.port["agent"]))
        return int.from_bytes(ber.read_pdu(sock.recv(65535))[3][0][2], "big")


def behind(gw):
    """Records that the store has not taken yet: its thread is the last, and waits between turns."""
    return json.loads(gw.ctl("store", "--json"))["backlog_records"]


def rest(gw):
    """Waits until the daemon does nothing but look at its clock; the CPU used until then."""
    gw.wait_for(lambda: time.sleep(0.25) or behind(gw) <= 2, "the store has all", 240)
    used, since, is_quiet = cpu_us(gw.process.pid), time.monotonic(), False
    until = since + 120
    while not is_quiet:
        time.sleep(0.25)
        now, at = cpu_us(gw.process.pid), time.monotonic()
        is_quiet = (now - used) / 1e6 < RESTS_BELOW * (at - since)
        used, since = now, at
        check(at < until, "the daemon does not rest")
    return used


def measure(gw, messages, load):
    """load() sends so many messages."""
    before = rest(gw)
    goal = received(gw) + messages
    load(gw)
    gw.wait_for(lambda: received(gw) >= goal, f"{messages} messages are received", 240)
    used = rest(gw) - before
    now, peak = memory_mb(gw.process.pid)
    return {"cpu_us": used / messages, "rss_mb": now, "peak_mb": peak}


# ---- senders ----


def by_tcp(path):
    def load(gw):
        subprocess.run(
            [program("blast_tcp"), path, "127.0.0.1", str(gw.port["syslog"])],
            stdout=subprocess.DEVNULL, check=True)

    return load


def address(number):
    """All of 127.0.0.0/8 is this machine's."""
    return f"127.{1 + number // 62500}.{number // 250 % 250}.{number % 250 + 1}"


def by_udp(lines, sources, rate=30000):
    """The lines in turn from so many addresses, out of one socket, at a steady rate."""

    def load(gw):
        to = ("127.0.0.1", gw.port["syslog"])
        control = [
            [(socket.IPPROTO_IP, IP_PKTINFO, struct.pack("i4s4s", 0, socket.inet_aton(address(i)), b""))]
            for i in range(sources)]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            begun = time.monotonic()
            for i, line in enumerate(lines):
                sock.sendmsg([line], control[i % sources], 0, to)
                if i % 32 == 31:
                    time.sleep(max(0, begun + i / rate - time.monotonic()))

    return load


def by_connections(lines, count, each=8):
    """Turn by turn over open connections, so many lines at once."""

    def load(gw):
        socks = []
        for _ in range(count):
            socks.append(socket.create_connection(("127.0.0.1", gw.port["syslog"]), timeout=60))
        try:
            for i in range(0, len(lines), each):
                socks[i // each % count].sendall(b"".join(lines[i:i + each]))
            gw.wait_for(lambda: received(gw) >= len(lines), "all are received", 120)
            rest(gw)  # with all of them open
        finally:
            for sock in socks:
                sock.close()

    return load


# ---- messages ----


class Work:
    """Files of lines, made once each."""

    def __init__(self, scale):
        self.folder = tempfile.mkdtemp(prefix="eog-curves-")
        self.scale = scale

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def cef(self, lines, hosts=3000):
        """Path of so many lines of gen_cef, of the last half hour."""
        path = self.path(f"cef-{lines}-{hosts}")
        if not os.path.exists(path):
            with open(path, "wb") as out:
                subprocess.run(
                    [program("gen_cef"), "-n", str(lines), "-H", str(hosts), "-b", str(BEGIN), "-r",
                     str(max(1, lines // 1800))], stdout=out, check=True)
        return path

    def cef_lines(self, lines, hosts=3000):
        with open(self.cef(lines, hosts), "rb") as file:
            return file.readlines()

    def sized(self, lines, size):
        """Lines of Apex Central of about so many bytes: text of one field is what grows."""
        path = self.path(f"sized-{size}")
        if not os.path.exists(path):
            with open(path, "w", encoding="ascii") as out:
                for i in range(lines):
                    line = (f"<134>Nov 29 04:05:06 c1 CEF:0|Trend Micro|Apex Central|2019|AV:File cleaned"
                            f"|T{i % 97}|3|dhost=h{i % 3000}")
                    words = " msg=" + "some words of text " * (size // 19 + 1)
                    out.write((line + words[:max(0, size - len(line) - 1)]).rstrip() + "\n")
        return path

    def text(self, lines):
        """What no mapping knows."""
        path = self.path(f"text-{lines}")
        if not os.path.exists(path):
            with open(path, "w", encoding="ascii") as out:
                out.writelines(f"<134>Nov 29 04:05:06 h{i % 3000} program{i % 50}[{i}]: {i} things of a kind"
                               " that nobody has told us of were done to nobody by nobody\n"
                               for i in range(lines))
        return path


# ---- the curves: name -> points, each (x, gateway's arguments, messages, load) ----


def plain(**more):
    return {"sections": {"sink": None, **more}}


def sizes(work):
    for size in (100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 65000):
        lines = max(4000, min(100000, 160000000 // size)) // work.scale
        yield size, plain(), lines, by_tcp(work.sized(lines, size))


def sources(work):
    lines = work.cef_lines(60000 // work.scale)
    for count in (1, 3, 10, 30, 100, 300, 1000, 3000, 10000):
        yield count, plain(), len(lines), by_udp(lines, count)


def hosts(work):
    lines = 200000 // work.scale
    for count in (10, 100, 1000, 3000, 10000, 30000, 100000):
        yield count, plain(), lines, by_tcp(work.cef(lines, count))


def kpi_keys():
    with open(os.path.join(SOURCE, "mappings", "kpi.xml"), encoding="utf-8") as file:
        return [line.split('key="')[1].split('"')[0] for line in file if "<kpi id=" in line]


OWN = """<kpi id="{id}" key="own-{id}" category="endpoint" enabled="yes" sources="*">
<name lang="en">Own {id}</name><name lang="zh">{id}</name>
<advice lang="en">None.</advice><advice lang="zh">None.</advice>
<input id="own-{id}" kinds="malware.found malware.cleaned malware.quarantined"/>
<test measure="count" scope="site" input="own-{id}" window="1h" unit="findings" warning="{id}"
critical="100000"/></kpi>
"""


def kpis(work):
    lines = 100000 // work.scale
    load, keys = by_tcp(work.cef(lines)), kpi_keys()
    for count in (1, 2, 4, 8, 14, 20, 28):
        rows = [f'<kpi key="{key}" enabled="{"yes" if i < count else "no"}"/>' for i, key in enumerate(keys)]
        yield count, {**plain(), "extra": "\n".join(rows)}, lines, load
    for own in (30, 100):
        rows = [f'<kpi key="{key}" enabled="yes"/>' for key in keys]
        text = "".join(OWN.format(id=1001 + i) for i in range(own))
        yield len(keys) + own, {
            **plain(data='<data own-catalogue="own.xml"/>'), "extra": "\n".join(rows),
            "files": {"own.xml": f"<kpi-catalogue>{text}</kpi-catalogue>"}}, lines, load


def sites(work):
    lines = work.cef_lines(60000 // work.scale)
    for count in (1, 3, 10, 30, 100, 300, 1000):
        site = [f'<site id="s{i}"/>' for i in range(count)]
        source = [f'<source address="{address(i)}" site="s{i}"/>' for i in range(count)]
        on = [f'<kpi key="{key}" enabled="yes"/>' for key in kpi_keys()]
        sections = {"gateway": '<gateway id="gw-test" site="s0"/>', "site": "\n".join(site),
                    "source": "\n".join(source)}
        yield count, {**plain(**sections), "extra": "\n".join(on)}, len(lines), by_udp(lines, count)


def mapping_files():
    """The two of the messages first, then vendor after vendor."""
    found = sorted(path for path in glob.glob(os.path.join(SOURCE, "mappings", "*", "*.xml"))
                   if not path.endswith("/vendor.xml"))
    first = [os.path.join(SOURCE, "mappings", "trendmicro", name + ".xml") for name in
             ("apex-central", "deep-security")]
    return first + [path for path in found if path not in first]


def mappings_folder(work, count):
    into = work.path(f"mappings-{count}")
    if not os.path.exists(into):
        os.makedirs(into)
        top = os.path.join(SOURCE, "mappings")
        for name in ("mapping.rng", "kpi.xml", "kpi.rng", "watchlist.xml", "watchlist.rng", "notifications.txt"):
            if os.path.exists(os.path.join(top, name)):
                shutil.copy(os.path.join(top, name), into)
        for path in mapping_files()[:count]:
            folder = os.path.join(into, os.path.basename(os.path.dirname(path)))
            os.makedirs(folder, exist_ok=True)
            shutil.copy(path, folder)
            vendor = os.path.join(os.path.dirname(path), "vendor.xml")
            if os.path.exists(vendor):
                shutil.copy(vendor, folder)
    return into


def mappings_of(work, make):
    lines = 80000 // work.scale
    for count in (2, 5, 10, 30, 60, len(mapping_files())):
        folder = mappings_folder(work, count)
        data = f'<data mappings="{folder}" catalogue="{folder}/kpi.xml" watchlist="{folder}/watchlist.xml"/>'
        yield count, plain(data=data), lines, by_tcp(make(lines))


def mappings(work):
    return mappings_of(work, work.cef)


def mappings_text(work):
    return mappings_of(work, work.text)


def watchlist(work):
    lines = 80000 // work.scale
    for count in (0, 10, 100, 1000, 10000, 100000):
        entries = "".join(
            f'<entry pattern="TROJ_{i:06d}.{"*" if i % 10 == 0 else "A"}"/>\n' for i in range(count))
        yield count, {**plain(data='<data watchlist="list.xml"/>'),
                      "files": {"list.xml": f"<watchlist>{entries}</watchlist>"}}, lines, \
            by_tcp(work.cef(lines))


def connections(work):
    lines = work.cef_lines(80000 // work.scale)
    for count in (1, 3, 10, 30, 100, 300, 1000, 3000, 9000):
        yield count, plain(), len(lines), by_connections(lines, count)


CURVES = {
    "size": sizes, "sources": sources, "hosts": hosts, "kpis": kpis, "sites": sites,
    "mappings": mappings, "mappings-text": mappings_text, "watchlist": watchlist,
    "connections": connections,
}


def run_point(name, point):
    x, arguments, messages, load = point
    with Gateway(f"curve-{name}", **arguments) as gw:
        gw.start()
        started = memory_mb(gw.process.pid)[0]
        seen = {**measure(gw, messages, load), "started_mb": started}
        lost = gw.counter("dropped_kernel") + gw.counter("dropped_full")
        check(lost == 0, f"{name} {x}: {lost} messages were lost")
        gw.stop(60)
    return seen


def draw_curve(name, runs, work):
    points = list(CURVES[name](work))
    seen = {point[0]: [] for point in points}
    for _ in range(runs):
        for point in points:
            seen[point[0]].append(run_point(name, point))
            say(f"{name} {point[0]}: " + ", ".join(f"{k} {v:.2f}" for k, v in seen[point[0]][-1].items()))
    if work.scale > 1:
        return
    os.makedirs(OUT, exist_ok=True)
    with open(os.path.join(OUT, f"{name}.jsonl"), "w", encoding="ascii") as out:
        for x, _, messages, _ in points:
            row = {key: round(statistics.median(run[key] for run in seen[x]), 2) for key in seen[x][0]}
            row["cpu_us_runs"] = [round(run["cpu_us"], 2) for run in seen[x]]
            out.write(json.dumps({"curve": name, "x": x, "messages": messages, **row}) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default=",".join(CURVES))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a tenth of the messages; nothing is written")
    args = parser.parse_args()
    work = Work(10 if args.quick else 1)
    try:
        for name in args.only.split(","):
            draw_curve(name, args.runs, work)
    finally:
        work.close()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        sys.exit(f"curves.py: {failed}")
