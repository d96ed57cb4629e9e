#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""While more datagrams wait than are read at once, the threads that read them go before the rest of
the machine, and no longer; what several read keeps its order."""
import os
import re
import signal

import ber
from harness import Gateway, Skipped, check, check_equal, kind_of, main, say

FIRST = -10
DATAGRAMS = 20000  # a turn reads 1,024
TRAPS, LINK_DOWN = 3000, "1.3.6.1.6.3.1.1.5.3"
BURSTS_MAX, TAKES_PART_NS = 20, 2000000


def threads(gw, name):
    """Of each thread of that name: niceness, nanoseconds it ran."""
    found = []
    for thread in os.listdir(f"/proc/{gw.process.pid}/task"):
        with open(f"/proc/{gw.process.pid}/task/{thread}/stat") as file:
            head, _, rest = file.read().rpartition(")")
        if head.partition("(")[2] == name:
            with open(f"/proc/{gw.process.pid}/task/{thread}/schedstat") as file:
                found.append((int(rest.split()[16]), int(file.read().split()[0])))
    return found


def niceness(gw, name):
    """Of the threads of that name, the most urgent."""
    return min(nice for nice, _ in threads(gw, name))


def hold_and_send(gw, first=0):
    """All of them wait at once, as after a burst."""
    os.kill(gw.process.pid, signal.SIGSTOP)
    gw.send_udp(*(f"<14>host app: {i}" for i in range(first, first + DATAGRAMS)))
    os.kill(gw.process.pid, signal.SIGCONT)


def test_pressed():
    """First with a queue of datagrams, as all others when it is empty"""
    if os.geteuid() != 0:
        raise Skipped("only root may go first")
    if len(os.sched_getaffinity(0)) == 1:
        raise Skipped("with one processor nobody goes first")
    with Gateway("pressed") as gw:
        gw.start()
        check_equal(niceness(gw, "intake"), os.getpriority(os.PRIO_PROCESS, 0), "usual niceness")
        check_equal(niceness(gw, "journal"), FIRST, "niceness of the thread that writes the journal")
        hold_and_send(gw)
        gw.wait_for(lambda: niceness(gw, "intake") == FIRST, "it goes first")
        gw.wait_for(lambda: gw.counter("received") == DATAGRAMS, "all are read")
        gw.wait_for(lambda: niceness(gw, "intake") == os.getpriority(os.PRIO_PROCESS, 0),
                    "it takes its turn again")


def test_order():
    """Two threads read one socket, and each datagram is on disk once, in the order it came"""
    with Gateway("pressed-order", sections={"gateway": '<gateway id="gw1" threads="2"/>'}) as gw:
        gw.start()
        before = [ran for _, ran in threads(gw, "intake")]
        sent, bursts, least = 0, 0, 0
        # The second one comes when it gets a processor: on a busy machine after a small burst.
        while bursts < BURSTS_MAX and least < TAKES_PART_NS:
            hold_and_send(gw, sent)
            sent, bursts = sent + DATAGRAMS, bursts + 1
            gw.wait_for(
                lambda n=sent: gw.counter("received") + gw.counter("dropped_kernel") >= n,
                "all are read",
            )
            least = min(ran - old for (_, ran), old in zip(threads(gw, "intake"), before))
        check(least >= TAKES_PART_NS, f"one of the threads read for {least} ns only")
        gw.settle()
        raws = [event.get("raw_data", "") for event in gw.records(sent + 100)]
        numbers = [int(raw.rpartition(": ")[2]) for raw in raws if "app: " in raw]
        lost = gw.counter("dropped_kernel")
        astray = [i for i, (a, b) in enumerate(zip(numbers, numbers[1:])) if a >= b]
        check_equal(astray, [], "places where a later one comes first, or one twice")
        check_equal(len(numbers), sent - lost, "records")


def test_dropped():
    """What the kernel dropped is counted, also when nothing comes behind it"""
    with Gateway("pressed-dropped") as gw:
        port = gw.port["syslog"]
        gw.sections["syslog-udp"] = f'<syslog-udp address="127.0.0.1:{port}" receive-buffer="64k"/>'
        gw.write_config()
        gw.start()
        hold_and_send(gw)
        gw.wait_for(lambda: gw.counter("received") + gw.counter("dropped_kernel") >= DATAGRAMS, "all are counted")
        check(gw.counter("dropped_kernel") > 0, "there was room for all of them")
        check_equal(gw.counter("received") + gw.counter("dropped_kernel"), DATAGRAMS, "received or dropped")


def test_stop():
    """What waits in the kernel when it is to stop is recorded, or told to be dropped"""
    if os.geteuid() != 0:
        raise Skipped("only root may have so large a receive buffer")
    with Gateway("pressed-stop") as gw:
        gw.start()
        os.kill(gw.process.pid, signal.SIGSTOP)
        gw.send_udp(*(f"<14>host app: {i}" for i in range(DATAGRAMS)))
        for i in range(TRAPS):
            gw.send_packet(ber.v2_notification(LINK_DOWN, [], i))
        gw.process.send_signal(signal.SIGTERM)
        os.kill(gw.process.pid, signal.SIGCONT)
        gw.stop()
        told = re.findall(r"they came while all stops .*dropped=(\d+)", gw.log_text())
        gw.start()
        events = gw.records(DATAGRAMS + TRAPS + 100)
        seen = (sum("app: " in event.get("raw_data", "") for event in events),
                sum(kind_of(event) == "link.down" for event in events))
        say(f"      {seen} of {DATAGRAMS, TRAPS} recorded, dropped: {told}")
        check_equal(sum(seen) + sum(map(int, told)), DATAGRAMS + TRAPS, "recorded or told")


if __name__ == "__main__":
    main(test_pressed, test_order, test_dropped, test_stop)
