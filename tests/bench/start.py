#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a start takes with a large journal: from exec to the first answer by SNMP, and until the
indicators have caught up; after a clean stop and after kill -9 under load. The journal's pages are
dropped from the cache before each start. `make check-start`; EOG_BIG_GIB (10), EOG_BIG_DIR
(/var/tmp) say how much and where."""
import os
import shutil
import socket
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
import ber  # noqa: E402
import messages  # noqa: E402
from harness import Failed, Gateway, check, main, say  # noqa: E402

GIB = float(os.environ.get("EOG_BIG_GIB") or 10)
FOLDER = os.environ.get("EOG_BIG_DIR") or "/var/tmp"
GOAL_S = 1.0
FILLER = "x" * 3500


def fill(gw, to_bytes):
    """Real messages with much text, over one connection, until the journal has so many bytes."""
    begun = shown = time.monotonic()
    turn = 0
    with gw.connect() as sock:
        while True:
            lines = [
                messages.virus("TROJ_GEN.A", f"wks-{turn % 500:03d}") + f" msg={FILLER}\n"
                for turn in range(turn, turn + 16)
            ]
            turn += 16
            for _ in range(64):
                sock.sendall("".join(lines).encode())
            if time.monotonic() - shown > 1:
                shown = time.monotonic()
                size = gw.status()["journal"]["bytes"]
                if size >= to_bytes:
                    say(f"      {size / 2**30:.2f} GiB in {shown - begun:.0f} s")
                    return


def drop_cache(gw):
    for folder, _, names in os.walk(gw.state):
        for name in names:
            if name.endswith(".sock"):
                continue
            fd = os.open(os.path.join(folder, name), os.O_RDONLY)
            os.fsync(fd)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(fd)


def first_answer(gw, begun):
    """Asks for eogGatewayName every 5 ms until somebody answers."""
    pdu = ber.wrap(
        ber.GET,
        ber.integer(1) + ber.integer(0) + ber.integer(0)
        + ber.varbinds([(gw.oids["eogGatewayName"] + ".0", ber.wrap(ber.NULL, b""))]),
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.005)
        while time.monotonic() - begun < 120:
            try:
                sock.sendto(ber.message(1, "public", pdu), ("127.0.0.1", gw.port["agent"]))
                sock.recv(65535)
                return time.monotonic() - begun
            except OSError:
                time.sleep(0.005)
    raise Failed("no answer in 120 s")


def timed_start(gw, what):
    drop_cache(gw)
    begun = time.monotonic()
    gw.start(is_ready=False)
    answered = first_answer(gw, begun)
    gw.wait_for(lambda: gw.status()["catching_up"] is False, "it has caught up", 600)
    caught_up = time.monotonic() - begun
    status = gw.status()["journal"]
    say(
        f"      {what}: first answer after {answered:.2f} s, caught up after {caught_up:.2f} s"
        f" ({status['bytes'] / 2**30:.2f} GiB, {status['records']} records)"
    )
    return answered


def test_start():
    """Starts on a large journal answer within a second"""
    folder = tempfile.mkdtemp(prefix="eog-big-", dir=FOLDER)
    try:
        with Gateway("big", folder=folder) as gw:
            gw.start()
            fill(gw, GIB * 2**30)
            gw.stop(60)
            took = [timed_start(gw, "after a clean stop")]
            gw.receive(*[messages.virus("TROJ_GEN.A", "wks-001") for _ in range(1000)])
            gw.kill()
            took.append(timed_start(gw, "after kill -9"))
            fill(gw, GIB * 2**30 + 40 * 2**20)
            gw.kill()
            took.append(timed_start(gw, "after kill -9 under load"))
            gw.stop(60)
            check(max(took) <= GOAL_S, f"the first answer took {max(took):.2f} s")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main(test_start)
