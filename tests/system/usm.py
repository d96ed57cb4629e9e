# SPDX-License-Identifier: GPL-3.0-or-later
"""SNMP version 3 by hand: what a tool does not send, as fast as it would not."""
import hashlib
import hmac
import socket

import ber
from harness import check

# Reportable, no engine id, no user, an empty GET: as short as can be.
DISCOVERY = bytes.fromhex(
    "3038020103300e020101020300ffe30401040201030410300e040002010002010004000400040030110400"
    "0400a00b0201010201000201003000")


class Source:
    """Datagrams from one address to one port, answers counted as they come."""

    def __init__(self, address, to, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((address, 0))
        self.socket.connect((to, port))

    def ask(self, data, timeout_s=20.0):
        self.socket.settimeout(timeout_s)
        self.socket.send(data)
        return self.socket.recv(65535)

    def flood(self, data, n):
        for _ in range(n):
            self.socket.send(data)

    def answers(self):
        """What is there by now."""
        found = []
        self.socket.setblocking(False)
        while True:
            try:
                found.append(self.socket.recv(65535))
            except BlockingIOError:
                return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


PASSPHRASE = b"authentication words"


class Sessions:
    """Sessions of version 3 as a poller opens one for each item: a discovery, then a GET that proves
    who asks (RFC 3414, RFC 7860: HMAC-SHA-256 cut to 24 octets)."""

    def __init__(self, source):
        self.source = source
        whole = hashlib.sha256((PASSPHRASE * (1 + 1048576 // len(PASSPHRASE)))[:1048576]).digest()
        engine, _, _ = self.discover()
        self.key = hashlib.sha256(whole + engine + whole).digest()

    def discover(self):
        """The engine's id, boots and time."""
        rest, found = ber.take(self.source.ask(DISCOVERY))[1], []
        for _ in range(3):
            _, content, rest = ber.take(rest)
        rest = ber.take(content)[1]
        for _ in range(3):
            _, content, rest = ber.take(rest)
            found.append(content)
        return found[0], *(int.from_bytes(number, "big") for number in found[1:])

    def message(self, engine, boots, seconds, digest, names=(ber.UPTIME,), tag=ber.GET, counts=(0, 0),
                max_size=65507):
        security = (ber.octets(engine) + ber.integer(boots) + ber.integer(seconds) + ber.octets("nms")
                    + ber.octets(digest) + ber.octets(""))
        head = ber.integer(7) + ber.integer(max_size) + ber.octets(b"\x05") + ber.integer(3)
        pdu = ber.wrap(tag, ber.integer(7) + ber.integer(counts[0]) + ber.integer(counts[1]) + ber.varbinds(
            [(name, ber.wrap(ber.NULL, b"")) for name in names]))
        return ber.wrap(ber.SEQUENCE, ber.integer(3) + ber.wrap(ber.SEQUENCE, head)
                        + ber.octets(ber.wrap(ber.SEQUENCE, security))
                        + ber.wrap(ber.SEQUENCE, ber.octets(engine) + ber.octets("") + pdu))

    def signed(self, engine, **what):
        """A GET that proves who asks; engine: as discover() gives it. what: as message() takes it."""
        plain = self.message(*engine, bytes(24), **what)
        return self.message(*engine, hmac.new(self.key, plain, hashlib.sha256).digest()[:24], **what)

    def get(self, engine=None):
        answer = self.source.ask(self.signed(engine or self.discover()))
        check(bytes([ber.RESPONSE]) in answer and ber.oid(ber.UPTIME) in answer, f"an answer: {answer.hex()}")
