#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the daemon needs when a customer is as large as promised: 100,000 computers, 1,000 consoles
and 1,000 devices at 1,000 sites, every indicator on. Each computer reports pattern, engine and an
infection, which puts it into every window that counts computers; each console and device speaks.
Prints the daemon's resident set, now and at its highest, and the time of a look and of a restart.

    scale.py [--hosts 100000] [--sites 1000] [--calm]      --calm: one computer in a hundred infected
"""
import argparse
import os
import re
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
import messages  # noqa: E402
from harness import SOURCE, Failed, Gateway, say  # noqa: E402

GOAL_MB = 128


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hosts", type=int, default=100000)
    parser.add_argument("--sites", type=int, default=1000)
    parser.add_argument("--calm", action="store_true")
    return parser.parse_args()


def address(site):
    """Each site sends from an address of its own; all of 127.0.0.0/8 is this machine's."""
    return f"127.1.{site // 250}.{site % 250 + 1}"


def inventory(hosts, sites):
    yield "site,name,role,license_end,uplinks,address\n"
    for site in range(sites):
        yield f"s{site:04d},console-{site:04d},product,2036-01-01,,\n"
        yield f"s{site:04d},switch-{site:04d},device,,GigabitEthernet0/1,\n"
    for host in range(hosts):
        yield f"s{host % sites:04d},wks-{host:06d},host,,,\n"


def configuration(sites):
    with open(os.path.join(SOURCE, "mappings", "kpi.xml"), encoding="utf-8") as catalogue:
        keys = re.findall(r'<kpi id="\d+" key="([^"]+)"', catalogue.read())
    lines = [f'<site id="s{site:04d}"/>' for site in range(sites)]
    lines += [f'<source address="{address(site)}" site="s{site:04d}"/>' for site in range(sites)]
    lines += [f'<kpi key="{key}"/>' for key in keys]
    return "\n".join(lines + ['<inventory file="inventory.csv"/>'])


def site_lines(site, args):
    console = f"console-{site:04d}"
    for host in range(site, args.hosts, args.sites):
        name, ip = f"wks-{host:06d}", f"10.{host >> 16}.{host >> 8 & 255}.{host & 255}"
        more = {"address": ip, "console": console}
        yield messages.pattern_status(name, **more)
        yield messages.engine_status(name, **more)
        if not args.calm or host // args.sites % 100 == 0:
            yield messages.virus(f"TROJ_GEN.{host % 5000}", name, source=f"wks-{host ^ 1:06d}", **more)
    for change in ("down", "up", "down"):
        yield (
            messages.header(f"switch-{site:04d}", 189)
            + f"%LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to {change}"
        )


def send(gw, site, args):
    sent = 0
    with socket.create_connection(
        ("127.0.0.1", gw.port["syslog"]), timeout=60, source_address=(address(site), 0)
    ) as sock:
        lines = [line.replace("osce01", f"console-{site:04d}") for line in site_lines(site, args)]
        sock.sendall(("\n".join(lines) + "\n").encode())
        sent = len(lines)
    return sent


def memory_mb(gw):
    with open(f"/proc/{gw.process.pid}/status", encoding="ascii") as status:
        text = status.read()
    return [int(re.search(rf"{name}:\s+(\d+)", text).group(1)) / 1024 for name in ("VmRSS", "VmHWM")]


def cpu_s(gw):
    with open(f"/proc/{gw.process.pid}/stat", encoding="ascii") as stat:
        words = stat.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def report(gw, what):
    now, highest = memory_mb(gw)
    status = gw.status()
    states = {}
    for row in status["kpis"]:
        states[row["state"]] = states.get(row["state"], 0) + 1
    say(
        f"{what}: resident {now:.1f} MB, highest {highest:.1f} MB; {len(status['kpis'])} rows"
        f" ({', '.join(f'{n} {state}' for state, n in sorted(states.items()))}),"
        f" {len(status['alerts'])} alerts"
    )
    return highest


def main():
    args = arguments()
    sections = {
        "gateway": '<gateway id="gw-test" site="s0000"/>',
        "site": configuration(args.sites),
        "source": None,
        "engine": '<engine remind="0s"/>',
        "sink": None,
    }
    files = {"inventory.csv": "".join(inventory(args.hosts, args.sites))}
    with Gateway("scale", sections=sections, files=files) as gw:
        gw.start()
        report(gw, "started")
        begun, sent = time.monotonic(), 0
        for site in range(args.sites):
            sent += send(gw, site, args)
        while gw.evaluated() < sent:  # asked seldom: the answer has every row
            gw.wait_for(lambda: True, "it lives")
            time.sleep(2)
        say(f"{sent} messages in {time.monotonic() - begun:.0f} s")
        time.sleep(70)  # a checkpoint, and looks without traffic: what memory does in peace
        before, begun = cpu_s(gw), time.monotonic()
        time.sleep(30)
        share = (cpu_s(gw) - before) / (time.monotonic() - begun)
        highest = report(gw, "full")
        say(f"without traffic: {100 * share:.1f} % of a core")
        gw.stop(60)
        begun = time.monotonic()
        gw.start()
        say(f"restarted and caught up in {time.monotonic() - begun:.1f} s")
        highest = max(highest, report(gw, "restarted"))
    say(f"{'within' if highest <= GOAL_MB else 'ABOVE'} the goal of {GOAL_MB} MB")
    return 0 if highest <= GOAL_MB else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        sys.exit(str(failed))
