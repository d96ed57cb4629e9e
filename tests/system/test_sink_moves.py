#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway's own address changes while it runs (DHCP, a move to another network): sinks are told
on, and of the address that it has now. In a network namespace of its own."""
import socket
import subprocess
import threading

import ber
import messages
import namespace
from harness import Gateway, check_equal, free_port, main

SINK, BEFORE, AFTER = "192.0.2.10", "192.0.2.1", "192.0.2.2"
# Of these two and nothing else there is something to tell.
PRODUCTS = "site,name,role\ndefault,osce01,product\ndefault,osce02,product\n"
TRAP_ADDRESS = "1.3.6.1.6.3.18.1.3.0"


def go_by(source):
    """What goes to the sink leaves by that address from now on."""
    subprocess.run(["ip", "route", "replace", "local", SINK, "dev", "lo", "table", "local", "src",
                    source], check=True)


class Receiver:
    """Takes notifications at the sink's address, and acknowledges informs."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((SINK, free_port()))
        self.socket.settimeout(0.1)
        self.received = []  # (from, snmpTrapAddress.0)
        self.is_open = True
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    @property
    def port(self):
        return self.socket.getsockname()[1]

    def _read(self):
        while self.is_open:
            try:
                data, peer = self.socket.recvfrom(65535)
            except socket.timeout:
                continue
            seen = ber.read_v2(data)
            if seen["tag"] == ber.INFORM:
                pairs = [(TRAP_ADDRESS, ber.wrap(ber.NULL, b""))]
                self.socket.sendto(ber.request(ber.RESPONSE, pairs, seen["request_id"]), peer)
            self.received.append((peer[0], seen["varbinds"][TRAP_ADDRESS]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.is_open = False
        self.thread.join()
        self.socket.close()


def tell_of(gw, product):
    """By IPv6, so that the sender's address is none that snmpTrapAddress.0 could carry."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender:
        sender.sendto(messages.pattern_status(product, status=4).encode(), ("::1", gw.port["six"]))


def test_address_changes():
    """Traps and informs go on from another address of ours, and name it in snmpTrapAddress.0"""
    for kind in ("trap", "inform"):
        go_by(BEFORE)
        with Receiver() as receiver:
            gw = Gateway("moves", files={"inventory.csv": PRODUCTS})
            gw.port["six"] = free_port()
            gw.extra = (
                f'<inventory file="inventory.csv"/><syslog-udp address="[::1]:{gw.port["six"]}"/>'
                f'<sink address="{SINK}:{receiver.port}" version="2c" kind="{kind}"'
                ' community="public" timeout="200ms"/>')
            gw.write_config()
            with gw:
                gw.start()
                tell_of(gw, "osce01")
                gw.wait_for(lambda: receiver.received, f"the first {kind}")
                go_by(AFTER)
                subprocess.run(["ip", "addr", "del", f"{BEFORE}/32", "dev", "lo"], check=True)
                tell_of(gw, "osce02")
                gw.wait_for(lambda: receiver.received[-1][0] == AFTER, f"a {kind} from there")
                check_equal(set(receiver.received), {(BEFORE, BEFORE), (AFTER, AFTER)},
                            f"where {kind}s come from, and what they say")
                subprocess.run(["ip", "addr", "add", f"{BEFORE}/32", "dev", "lo"], check=True)


if __name__ == "__main__":
    namespace.enter(SINK, BEFORE, AFTER)
    main(test_address_changes)
