#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""R11: mixed messages by TCP, TLS, RELP, UDP and as SNMP notifications, all at once and for long,
through the journal to a core that counts their numbers. Nothing may be lost, doubled or in another
order; the daemon's memory and descriptors stay what they were.

    soak.py [--seconds 600] [--rate 10000] [--flap] [--steady]

rate: messages a second by TCP, TLS, RELP and as notifications, and half as many again by UDP.
--flap, and from half an hour on without --steady: the core, the RELP and the TLS sender go away and
come back, eogd is killed with -9, at random but the same each time. What was acknowledged arrives
all the same; of the other streams a kill takes what was under way, once and in one piece.
"""
import argparse
import os
import random
import re
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
from harness import Failed, Gateway, check, check_equal, free_port, say  # noqa: E402
from soak_peers import Core, Sender  # noqa: E402
from tls import Certificates  # noqa: E402

RELP, NAMES = "r", {"t": "TCP", "s": "TLS", "r": "RELP", "n": "notifications", "u": "UDP"}
JUDGED_S = 300  # what is shorter is a trial: memory and descriptors are told, not judged
FLAP_S = 1800
GROWTH_MAX = 0.05
SEED = 11


class Looks:
    """What the daemon has of memory and descriptors, looked at each second."""

    def __init__(self, gw):
        self.gw, self.rows, self.young_until = gw, [], 0.0
        self.begun = time.monotonic()

    def settle(self, seconds):
        """It has begun anew: what it has is not judged for so long."""
        self.young_until = time.monotonic() + seconds

    def look(self):
        pid = self.gw.process.pid
        with open(f"/proc/{pid}/status") as file:
            text = file.read()
        resident = int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) / 1024
        if time.monotonic() > self.young_until:
            self.rows.append((resident, len(os.listdir(f"/proc/{pid}/fd"))))

    def thirds(self, number):
        """Of memory (0) or descriptors (1): the rows' in the first third, in the last one."""
        check(self.rows, "it was killed so often that it never was as it is in the long run")
        third = max(1, len(self.rows) // 3)
        return [[row[number] for row in part] for part in (self.rows[:third], self.rows[-third:])]


class Weather:
    """What goes away and comes back, a thing at a time. kills: how often eogd was killed."""

    def __init__(self, gw, core, senders, looks):
        self.gw, self.core, self.senders, self.looks = gw, core, senders, looks
        self.chance, self.at, self.until, self.what = random.Random(SEED), 0.0, 0.0, None
        self.counts = {"core": 0, RELP: 0, "s": 0, "eogd": 0}

    def step(self, now):
        if self.what and now >= self.until:
            self.back()
            self.at = now + self.chance.uniform(2, 20)
        elif not self.what and now >= self.at > 0:
            self.go(self.chance.choices(list(self.counts), (3, 4, 4, 1))[0], now)
        self.at = self.at or now + 5

    def go(self, what, now):
        self.what, self.until = what, now + self.chance.uniform(0.1, 10)
        self.counts[what] += 1
        if what == "core":
            self.core.tell("down")
        elif what == "eogd":
            self.gw.kill()
            self.gw.start()
            self.looks.settle(60)
            self.until = now
        else:
            self.senders[what].away.set()

    def back(self):
        if self.what == "core":
            self.core.tell("up")
        elif self.what in self.senders:
            self.senders[self.what].away.clear()
        self.what = None

    @property
    def kills(self):
        return self.counts["eogd"]


def gateway(certificates, core_port, ports):
    extra = certificates.section(ports["s"]) + (
        f'<syslog-relp address="127.0.0.1:{ports[RELP]}"/>'
        '<journal max-size="2G" replay-window="1m"/>'
        f'<feed name="core" address="127.0.0.1:{core_port}" from="oldest" raw="yes"/>')
    return Gateway("soak", extra=extra)


def make_senders(gw, certificates, ports, rate):
    parts = {"t": ("tcp", gw.port["syslog"], 0.3), "s": ("tls", ports["s"], 0.3),
             RELP: ("relp", ports[RELP], 0.3), "n": ("trap", gw.port["trap"], 0.1),
             "u": ("udp", gw.port["syslog"], 0.5)}
    return {stream: Sender(stream, rate * part, by=by, port=port, certificates=certificates)
            for stream, (by, port, part) in parts.items()}


def run(gw, core, senders, looks, args):
    """Returns the weather there was."""
    weather = Weather(gw, core, senders, looks)
    begun = time.monotonic()
    looks.settle(min(60, args.seconds / 4))
    while (now := time.monotonic()) < begun + args.seconds:
        check(gw.is_alive(), f"eogd has ended:\n{gw.log_tail()}")
        for sender in senders.values():
            check(sender.is_alive(), f"the sender by {NAMES[sender.stream]} has ended")
        looks.look()
        if args.flap:
            weather.step(now)
        time.sleep(0.5 if args.flap else 1)
    if weather.what:
        weather.back()
    return weather


def arrived(gw, core, senders, args):
    """All that is in the journal is at the core. Returns its figures."""
    for sender in senders.values():
        sender.stop()
        check(not sender.is_alive(), f"the sender by {NAMES[sender.stream]} does not end")

    def drained():
        goal = gw.committed()
        feed = gw.status()["feeds"][0]
        check(feed["cursor"] >= goal, f"the core has {feed['cursor']} of {goal}")
        return True

    received = gw.counter("received")
    gw.wait_for(lambda: gw.counter("received") == received, "it is quiet")
    gw.wait_for(drained, "the core has all", 60 + args.seconds / 4)
    return core.tell("figures")


def judge_stream(stream, seen, sender, kills):
    """Returns what there is to complain about."""
    lost = sum(end - begin for begin, end in seen["gaps"])
    missing = max(0, sender.n - seen["next"])
    say(f"| {NAMES[stream]} | {sender.n} | {seen['next'] - lost} | {lost + missing} |"
        f" {seen['resent']} | {seen['again']} |")
    wrong = []
    if seen["again"]:
        wrong.append(f"{seen['again']} came twice or in another order")
    if stream == RELP and lost:
        wrong.append(f"{lost} lost: {seen['gaps'][:5]}")
    if missing and not kills:
        wrong.append(f"the last {missing} did not arrive")
    if stream != RELP and len(seen["gaps"]) > kills:
        wrong.append(f"{len(seen['gaps'])} gaps with {kills} kills: {seen['gaps'][:5]}")
    if stream == RELP and missing:
        wrong.append(f"{missing} acknowledged did not arrive")
    return [f"{NAMES[stream]}: {text}" for text in wrong]


def spread(numbers):
    return f"{min(numbers):.4g} to {max(numbers):.4g}, mostly {statistics.median(numbers):.4g}"


def judge(figures, senders, looks, weather, seconds):
    wrong = []
    say("| by | sent (RELP: acknowledged) | arrived | lost | came again, marked | twice |\n"
        "|---|---|---|---|---|---|")
    for stream, sender in senders.items():
        check(stream in figures["streams"], f"nothing came by {NAMES[stream]}")
        wrong += judge_stream(stream, figures["streams"][stream], sender, weather.kills)
    # What leaks is always there; more than that is there for moments: a session beside the broken one
    # that it follows, the next segment beside the last, what a start reads.
    memory, memory_last = looks.thirds(0)
    growth = statistics.median(memory_last) / statistics.median(memory) - 1
    descriptors, descriptors_last = looks.thirds(1)
    say(f"\n{sum(s.n for s in senders.values()) / seconds:.0f} messages a second;"
        f" {figures['records']} records at the core, {figures['repeats']} came to it twice;"
        f" resident {spread(memory)} MB in the first third, {spread(memory_last)} MB in the last"
        f" ({growth:+.1%}); descriptors {spread(descriptors)} in the first third,"
        f" {spread(descriptors_last)} in the last")
    if any(weather.counts.values()):
        say("went away: " + ", ".join(
            f"{NAMES.get(what, what)} {n} times" for what, n in weather.counts.items()))
    if seconds >= JUDGED_S and growth > GROWTH_MAX:
        wrong.append(f"memory grew from {spread(memory)} to {spread(memory_last)} MB")
    if seconds >= JUDGED_S and statistics.median(descriptors_last) > statistics.median(descriptors) + 1:
        wrong.append(f"descriptors grew from {spread(descriptors)} to {spread(descriptors_last)}")
    return wrong


def soak(args):
    ports = {"s": free_port(), RELP: free_port()}
    core = Core(free_port())
    core.start()
    with Certificates() as certificates, gateway(certificates, core.port, ports) as gw:
        core.tell("up")
        gw.start()
        looks = Looks(gw)
        senders = make_senders(gw, certificates, ports, args.rate)
        for sender in senders.values():
            sender.start()
        try:
            weather = run(gw, core, senders, looks, args)
            figures = arrived(gw, core, senders, args)
            wrong = judge(figures, senders, looks, weather, args.seconds)
            if not args.flap:
                for name in ("dropped_kernel", "dropped_full", "dropped_frame", "dropped_snmp"):
                    check_equal(gw.counter(name), 0, name)
        finally:
            for sender in senders.values():
                sender.kill()
            core.kill()
        check("runtime error:" not in gw.log_text(), gw.log_tail())
    check(not wrong, "\n".join(wrong))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--rate", type=float, default=10000)
    parser.add_argument("--flap", action="store_true")
    parser.add_argument("--steady", action="store_true")
    args = parser.parse_args()
    args.flap |= args.seconds >= FLAP_S and not args.steady
    try:
        soak(args)
    except Failed as failed:
        say(f"FAIL  {failed}")
        sys.exit(1)
    say("ok")


if __name__ == "__main__":
    main()
