#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many connections that dribble a byte a second, half of them within their TLS handshake, and some
of those with the longest greeting that is let in: an honest sender keeps nine tenths of its rate, no
connection takes more than 64 KB, and handshakes end within their time.

200 connections; EOG_LONG=1 (make check-slow): 1,000, for a minute."""
import math
import multiprocessing
import os
import resource
import socket
import ssl
import time

import messages
from harness import Gateway, IS_LONG, check, free_port, main, say, stretch
from tls import Certificates, counted

CONNECTIONS = 1000 if IS_LONG else 200
ATTACK_S = 60 if IS_LONG else 0
LINES = 30000
HANDSHAKE_S = min(30, math.ceil(4 * stretch()))
MEMORY_MAX = 64 * 1024
KEPT = 0.9
PAIRS = 20
# The longest message that the handshake admits, less its end.
LONGEST = b"\x16\x03\x01\x3f\xff\x01\x00\x4f\xff" + bytes(16379) + b"\x16\x03\x01\x10\x00" + bytes(4000)


def greeting():
    """What a client says first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


class Shaker:
    """Its handshake never ends; when it is hung up on, it comes again."""

    def __init__(self, port, first):
        self.port, self.first, self.hello, self.sock = port, first, greeting(), None

    def step(self):
        try:
            if self.sock and self.sock.recv(100) == b"":
                self.sock = None
        except BlockingIOError:
            pass
        except OSError:
            self.sock = None
        if not self.sock:
            self.sock = socket.create_connection(("127.0.0.1", self.port), 20)
            self.sock.setblocking(False)
            self.left = self.first or self.hello
            if self.first:
                self.sock.send(self.left)
                return
        try:
            self.sock.send(self.left[:1])
            self.left = self.left[1:]
        except OSError:
            self.sock = None


class Talker:
    """One long message, a byte a record."""

    def __init__(self, certificates, port):
        self.sock = certificates.connect(port)
        self.sock.send(b"60000 ")

    def step(self):
        self.sock.send(b"x")


def attack(certificates, port, is_ready, is_over):
    """In a process of its own."""
    half = CONNECTIONS // 2
    all_ = [Talker(certificates, port) for _ in range(half)]
    all_ += [Shaker(port, LONGEST if i % 2 else None) for i in range(CONNECTIONS - half)]
    while not is_over.is_set():
        begun = time.monotonic()
        for one in all_:
            one.step()
        is_ready.set()
        is_over.wait(max(0.0, 1 - (time.monotonic() - begun)))


def memory(gw):
    with open(f"/proc/{gw.process.pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon"))


def cpu_s(gw):
    with open(f"/proc/{gw.process.pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rate(gw, port, certificates, data):
    """Messages a second of an honest sender, until the last is received."""
    goal = gw.counter("received") + LINES
    begun = time.monotonic()
    with certificates.connect(port) as sender:
        sender.sendall(data)
    gw.wait_for(lambda: gw.counter("received") >= goal, f"{goal} messages are received", 60)
    return LINES / (time.monotonic() - begun)


def compared(attacked, calm, certificates, data):
    """The honest sender's best rates beside the attack and where there is none, taken by turns: other
    programs that use this machine come and go for both alike. Not more of them than needed."""
    beside, alone = 0, 0
    for _ in range(PAIRS):
        alone = max(alone, rate(*calm, certificates, data))
        beside = max(beside, rate(*attacked, certificates, data))
        if beside >= KEPT * alone:
            break
    return beside, alone


def under_attack(attacked, calm, certificates, data, quiet):
    gw, half = attacked[0], CONNECTIONS // 2
    # Those that are hung up on come again when the attack's turn comes round, which may take longer.
    gw.wait_for(lambda: gw.counter("connections_open") >= CONNECTIONS - half // 2, "they are connected")
    per_connection = (memory(gw) - quiet) / (CONNECTIONS - half // 2)
    begun, cpu = time.monotonic(), cpu_s(gw)
    time.sleep(1 + ATTACK_S)  # a span to measure in, not a wait
    share = (cpu_s(gw) - cpu) / (time.monotonic() - begun)
    beside, alone = compared(attacked, calm, certificates, data)
    gw.wait_for(
        lambda: gw.counter("handshakes_failed") >= CONNECTIONS - half, "handshakes that last end"
    )
    say(
        f"{CONNECTIONS} connections: {per_connection / 1024:.1f} KB each, {100 * share:.1f} % of a core;"
        f" honest sender {alone:.0f}/s alone, {beside:.0f}/s beside them"
    )
    check(per_connection <= MEMORY_MAX, f"{per_connection / 1024:.1f} KB a connection")
    check(gw.counter("connections_open") >= half, "established connections were closed")
    check("not done in time" in gw.log_text(), gw.log_tail())
    check(beside >= KEPT * alone, f"the honest sender has {beside:.0f}/s beside them, {alone:.0f}/s alone")


def test_slow():
    """connections that dribble cost little, and no honest sender his rate"""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(limit[1], 16384), limit[1]))
    line = counted(messages.virus("TROJ_GEN.A", "honest"))
    data, ports = line * LINES, (free_port(), free_port())
    with Certificates() as certificates:
        listeners = [certificates.section(port, more=f'handshake="{HANDSHAKE_S}s"') for port in ports]
        with Gateway("slow-tls", extra=listeners[0]) as gw, \
                Gateway("slow-tls-calm", extra=listeners[1]) as other:
            gw.start()
            other.start()
            attacked, calm = (gw, ports[0]), (other, ports[1])
            rate(*attacked, certificates, data)  # what is allocated once is
            gw.wait_for(lambda: gw.counter("connections_open") == 0, "the honest one has gone")
            quiet = memory(gw)
            is_ready, is_over = multiprocessing.Event(), multiprocessing.Event()
            process = multiprocessing.Process(
                target=attack, args=(certificates, ports[0], is_ready, is_over)
            )
            process.start()
            try:
                gw.wait_for(is_ready.is_set, "the attack begins", 60)
                under_attack(attacked, calm, certificates, data, quiet)
            finally:
                is_over.set()
                process.join(20 * stretch())
                if process.is_alive():
                    process.kill()
            gw.wait_for(lambda: gw.counter("connections_open") == 0, "all have gone")
            check(process.exitcode == 0, "the attack broke down")


if __name__ == "__main__":
    main(test_slow)
