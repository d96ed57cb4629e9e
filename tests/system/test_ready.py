#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service manager is told by its own protocol: when the gateway runs, reloads, refuses to and
stops; that it lives, and no longer when its main loop stands."""
import contextlib
import os
import signal
import socket
import time

from harness import PATIENCE_S, Gateway, check, check_equal, main

NAME = f"\0eog-ready-{os.getpid()}"
PERIOD_S = 1


class Manager:
    """The socket that NOTIFY_SOCKET names; an abstract one, as in a container."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(NAME)
        self.socket.settimeout(PATIENCE_S)
        self.environment = {
            "NOTIFY_SOCKET": "@" + NAME[1:], "WATCHDOG_USEC": str(PERIOD_S * 1000000)}

    def next(self, with_life=False):
        while True:
            text = self.socket.recv(4096).decode()
            if with_life or text != "WATCHDOG=1":
                return text

    def is_silent(self, for_s):
        """What came before is read away."""
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while self.socket.recv(4096):
                pass
        self.socket.settimeout(for_s)
        try:
            return not self.socket.recv(4096)
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(PATIENCE_S)


def stands(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read().rpartition(") ")[2].startswith("T")


def test_life():
    """Running, alive at half of the period, reloaded, a reload refused, stopping"""
    manager = Manager()
    with manager.socket, Gateway("ready", env=manager.environment) as gw:
        gw.start(is_ready=False)
        check_equal(manager.next(), "READY=1\nSTATUS=gw-test, configuration 1", "told first")
        check(gw.status(), "it answers as soon as it has told")
        seen = []
        for _ in range(4):
            check_equal(manager.next(with_life=True), "WATCHDOG=1", "a sign of life")
            seen.append(time.monotonic())
        check(seen[3] - seen[0] >= 3 * PERIOD_S / 2 - 0.5, f"signs of life too often: {seen}")

        before = time.monotonic_ns() // 1000
        gw.reload()
        first, second = manager.next().split("\n")
        check_equal(first, "RELOADING=1", "told when it reloads")
        began = int(second.removeprefix("MONOTONIC_USEC="))
        check(before - 1000 <= began <= time.monotonic_ns() // 1000, f"{second} of {before}")
        check_equal(manager.next(), "READY=1\nSTATUS=gw-test, configuration 2", "reloaded")

        gw.write_config("<eog-gateway>")
        gw.reload()
        check(manager.next().startswith("RELOADING=1\n"), "told when it reloads")
        check_equal(manager.next(), "READY=1\nSTATUS=gw-test, configuration 2; the last reload was "
                    "refused, the log says why", "a reload refused")

        os.kill(gw.process.pid, signal.SIGSTOP)
        try:
            gw.wait_for(lambda: stands(gw.process.pid), "it stands still")
            check(manager.is_silent(PERIOD_S), "a sign of life of a gateway that stands still")
        finally:
            os.kill(gw.process.pid, signal.SIGCONT)
        check_equal(manager.next(with_life=True), "WATCHDOG=1", "alive again")
        gw.stop()
        check_equal(manager.next(), "STOPPING=1\nSTATUS=stopping", "told last")


def test_not_started():
    """Who asks why it does not run reads the first mistake"""
    manager = Manager()
    with manager.socket, Gateway("ready", extra="<sytem/>", env=manager.environment) as gw:
        gw.start(is_ready=False)
        check_equal(gw.process.wait(PATIENCE_S), 2, "exit code")
        text = manager.next()
        check(text.startswith(f"STATUS=not started: {gw.config_path}:") and "sytem" in text, text)
        gw.process.returncode = 0  # as it should be


def test_nobody():
    """A manager that is not there keeps nothing from running"""
    with Gateway("ready", env={"NOTIFY_SOCKET": "/nonexistent/notify"}) as gw:
        gw.start()
        check("the service manager was not told what=READY=1" in gw.log_text(), gw.log_text())


main(test_life, test_not_started, test_nobody)
