#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages of version 3 that claim to be authentic and are not: the library hands on what they say in
the clear, and nobody may believe it."""
import os
import socket
import threading

import ber
from asker import feed, gateway
from harness import check, check_equal, main, program, run
from trapd import AUTH

ENGINE = bytes.fromhex("80001f8805aabbccdd")
UNKNOWN_ENGINES = "1.3.6.1.6.3.15.1.1.4.0"
REPORT = 0xA8


def message(number, flags, user, pdu, engine=ENGINE):
    """digest: zeros, where flags say that there is one."""
    security = (ber.octets(engine) + ber.integer(1) + ber.integer(1) + ber.octets(user)
                + ber.octets(bytes(24 if flags else 0)) + ber.octets(""))
    head = number + ber.integer(65507) + ber.octets(bytes([flags])) + ber.integer(3)
    return ber.wrap(ber.SEQUENCE, ber.integer(3) + ber.wrap(ber.SEQUENCE, head)
                    + ber.octets(ber.wrap(ber.SEQUENCE, security)) + ber.wrap(
                        ber.SEQUENCE, ber.octets(engine) + ber.octets("") + pdu))


def parts(data):
    """The encodings that stand one behind another."""
    found = []
    while data:
        rest = ber.take(data)[2]
        found.append(data[:len(data) - len(rest)])
        data = rest
    return found


def inside(encoding):
    return parts(ber.take(encoding)[1])


class Forger:
    """Tells its engine to who asks, and answers all else with success and zeros, without a key."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port, self.answered = self.socket.getsockname()[1], 0
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            try:
                request, peer = self.socket.recvfrom(65535)
            except OSError:
                return
            if request:
                self.socket.sendto(self._answer(request), peer)

    def _answer(self, request):
        _, head, security, scoped = inside(request)
        number = inside(head)[0]
        engine, _, _, user = (ber.take(one)[1] for one in inside(ber.take(security)[1])[:4])
        if not engine:
            return message(number, 0, "", ber.wrap(REPORT, ber.integer(0) * 3 + ber.varbinds(
                [(UNKNOWN_ENGINES, ber.integer(1, ber.COUNTER32))])))
        self.answered += 1
        request_id, _, _, items = inside(inside(scoped)[2])
        names = [ber.oid_text(ber.take(inside(item)[0])[1]) for item in inside(items)]
        return message(number, 1, user, ber.wrap(ber.RESPONSE, request_id + ber.integer(0) * 2
                                                 + ber.varbinds([(n, ber.integer(0)) for n in names])))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def files(gw):
    os.chmod(os.path.join(gw.folder, "auth"), 0o600)
    return gw


def test_sink():
    """Who answers an inform without the user's key has not acknowledged it"""
    with Forger() as forger, gateway(
        extra=f'<sink address="127.0.0.1:{forger.port}" version="3" kind="inform" user="eog"'
              ' auth="SHA-256" auth-file="auth" timeout="300ms"/>', files={"auth": AUTH + "\n"}) as gw:
        files(gw).start()
        feed(gw)
        gw.wait_for(lambda: forger.answered >= 3, "it has answered more than once")
        row = next(row for row in gw.status()["sinks"] if row["address"].endswith(f":{forger.port}"))
        check_equal(row["acknowledged"], 0, "acknowledged")
        check(row["waiting"] > 0, f"they wait on: {row}")


def test_plugin():
    """Nor is what it says of an indicator believed"""
    with Forger() as forger, gateway(files={"auth": AUTH + "\n"}) as gw:
        said = run([program("check_eog"), "-H", f"127.0.0.1:{forger.port}", "-k", "outbreak", "-P", "3",
                    "-u", "eog", "-a", "SHA-256", "--auth-file",
                    os.path.join(files(gw).folder, "auth"), "-t", "3"], ok=(0, 1, 2, 3))
        check(forger.answered > 0, f"it was asked: {said}")
        check("UNKNOWN" in said and "answer" in said, f"what the plugin says: {said}")


main(test_sink, test_plugin)
