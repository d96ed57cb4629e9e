# SPDX-License-Identifier: GPL-3.0-or-later
"""Senders that know what they sent and what of it was acknowledged; and what is on disk of it."""
import socket
import threading
import time

import ber
from harness import check_equal, kind_of

LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"
IF_INDEX = "1.3.6.1.2.1.2.2.1.1.7"


class Informs:
    """A sender of informs, one at a time, each until it is answered, as a good sender is."""

    def __init__(self, gw):
        self.gw, self.n, self.answered, self.is_open = gw, 0, [], True
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(0.2)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while self.is_open:
            number = self.n + 1
            packet = ber.v2_notification(
                LINK_DOWN, [(IF_INDEX, ber.integer(number))], request_id=number, tag=ber.INFORM
            )
            self.socket.sendto(packet, ("127.0.0.1", self.gw.port["trap"]))
            try:
                answer = ber.read_v2(self.socket.recv(65535))
            except OSError:
                continue
            if answer["request_id"] == number:
                self.n = number
                self.answered.append(number)
            time.sleep(0.002)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_open = False
        self.thread.join()
        self.socket.close()


class Lines:
    """One TCP connection with numbered lines, as fast as it is read from."""

    def __init__(self, gw):
        self.socket, self.sent, self.is_open = gw.connect(), 0, True
        self.socket.settimeout(0.2)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        rest = b""
        while self.is_open or rest:
            if not rest:
                self.sent += 1
                rest = f"<134>Nov 24 04:12:20 sw1 line: {self.sent:08d} {'x' * 200}\n".encode()
            try:
                rest = rest[self.socket.send(rest) :]
            except socket.timeout:
                pass
            time.sleep(0.001)

    def is_held(self):
        """Nothing could be sent for a while."""
        sent = self.sent
        time.sleep(0.6)
        return self.sent == sent

    def stop(self):
        self.is_open = False
        self.thread.join()
        self.socket.close()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        if self.is_open:
            self.stop()


def numbers_on_disk(gw):
    """Numbers of the lines, and of the informs, in the journal, in order."""
    lines, informs = [], []
    for event in gw.records(1000000):
        raw = event.get("raw_data") or ""
        if " line: " in raw:
            lines.append(int(raw.split(" line: ")[1][:8]))
        elif kind_of(event) == "link.down":
            informs.append(int(event["device"]["network_interfaces"][0]["uid"]))
    return lines, informs


def expect_informs(gw, informs):
    """All that was answered is there, each once."""
    seen = numbers_on_disk(gw)[1]
    check_equal([n for n in informs.answered if n not in seen], [], "answered and not on disk")
    check_equal(len(seen), len(set(seen)), "informs journaled, and different ones")
