#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""While more datagrams wait than are read at once, the thread that reads them goes before the rest
of the machine, and no longer."""
import os
import signal

from harness import Gateway, Skipped, check_equal, main

FIRST = -10
DATAGRAMS = 20000  # a turn reads 1,024


def niceness(gw, name):
    """Of the threads of that name, the most urgent."""
    found = []
    for thread in os.listdir(f"/proc/{gw.process.pid}/task"):
        with open(f"/proc/{gw.process.pid}/task/{thread}/stat") as file:
            head, _, rest = file.read().rpartition(")")
        if head.partition("(")[2] == name:
            found.append(int(rest.split()[16]))
    return min(found)


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
        os.kill(gw.process.pid, signal.SIGSTOP)
        gw.send_udp(*(f"<14>host app: {i}" for i in range(DATAGRAMS)))
        os.kill(gw.process.pid, signal.SIGCONT)
        gw.wait_for(lambda: niceness(gw, "intake") == FIRST, "it goes first")
        gw.wait_for(lambda: gw.counter("received") == DATAGRAMS, "all are read")
        gw.wait_for(lambda: niceness(gw, "intake") == os.getpriority(os.PRIO_PROCESS, 0),
                    "it takes its turn again")


if __name__ == "__main__":
    main(test_pressed)
