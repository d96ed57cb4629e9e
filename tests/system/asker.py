# SPDX-License-Identifier: GPL-3.0-or-later
"""Raw SNMP requests to the agent, and a gateway with something in every table to ask for."""
import itertools
import socket

import ber
import messages
from harness import Gateway, check, check_equal, read_root

HOSTS = [f"wks-{i:02d}" for i in range(1, 21)]
NO_ERROR, NO_SUCH_NAME, NO_ACCESS = 0, 2, 6


def arcs(text):
    return tuple(int(arc) for arc in text.split("."))


def dotted(numbers):
    return ".".join(str(number) for number in numbers)


ROOT = arcs(read_root())


class Asker:
    """Raw requests to the agent, by datagrams."""

    def __init__(self, gw, version=1):
        self.version, self.ids = version, itertools.count(1000)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", gw.port["agent"]))
        self.size = 0  # of the last answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data, timeout_s=5.0):
        """The answer's bytes; None: silence."""
        self.socket.settimeout(timeout_s)
        self.socket.send(data)
        try:
            return self.socket.recv(65535)
        except socket.timeout:
            return None

    def ask(self, tag, *names, counts=(0, 0), value=None, **more):
        """(error-status, [(oid, tag, content)]); Failed when there is no answer."""
        number = next(self.ids)
        pairs = [(name, value or ber.wrap(ber.NULL, b"")) for name in names]
        data = ber.request(tag, pairs, number, version=self.version, counts=counts, **more)
        answer = self.send(data)
        check(answer is not None, f"no answer to request {tag:#x} of {names}")
        self.size = len(answer)
        kind, answered, error, found = ber.read_pdu(answer)
        check_equal((kind, answered), (ber.RESPONSE, number), "PDU type and request id")
        return error, found

    def get(self, name):
        error, found = self.ask(ber.GET, name)
        check_equal((error, len(found), found[0][0]), (0, 1, name), f"GET of {name}")
        return found[0][1], ber.value_of(*found[0][1:])

    def walk(self, top):
        """[(arcs, tag, content)] by GETNEXT, one at a time."""
        at, found = top, []
        while True:
            error, (pair,) = self.ask(ber.GETNEXT, dotted(at))
            if error == NO_SUCH_NAME and self.version == 0:
                return found
            check_equal(error, NO_ERROR, f"error of GETNEXT after {dotted(at)}")
            name = arcs(pair[0])
            if pair[1] == ber.END_OF_MIB_VIEW or name[: len(top)] != top:
                return found
            check(name > at, f"{pair[0]} comes after {dotted(at)}: not increasing")
            found.append((name, *pair[1:]))
            at = name

    def bulk_walk(self, top, repetitions):
        at, found = top, []
        while True:
            error, pairs = self.ask(ber.GETBULK, dotted(at), counts=(0, repetitions))
            check(error == NO_ERROR and pairs, f"GETBULK after {dotted(at)}: error {error}")
            for text, tag, content in pairs:
                name = arcs(text)
                if tag == ber.END_OF_MIB_VIEW or name[: len(top)] != top:
                    return found
                check(name > at, f"{text} comes after {dotted(at)}: not increasing")
                found.append((name, tag, content))
                at = name


def inventory():
    rows = ["site,name,role"] + [f"default,{host},host" for host in HOSTS]
    return "\n".join(rows + ["default,osce01,product", "default,osce02,product"]) + "\n"


def feed(gw):
    """Something in every table."""
    gw.receive(
        *[messages.pattern_status(host) for host in HOSTS],
        messages.pattern_status("osce01", status=4),
        messages.pattern_status("osce02", connection=0),
        *[messages.virus("WORM_DOWNAD.AD", host) for host in HOSTS[:6]],
        "<13>no product sends this",
    )
    gw.wait_state(11, "outbreak", "default", "warning")
    gw.wait_state(2, "pattern-outdated", "default/osce01", "warning")
    gw.wait_for(lambda: gw.walk("eogAlertTable"), "alerts are open")
    gw.settle()
    walks = [None]

    def is_steady():
        with Asker(gw) as asker:
            walks.append([name for name, _, _ in asker.walk((1, 3))])
        return walks[-1] == walks[-2]

    gw.wait_for(is_steady, "two walks find the same rows")


def gateway(**more):
    """A gateway with an inventory; see feed()."""
    files = {"inventory.csv": inventory(), **more.pop("files", {})}
    extra = '<inventory file="inventory.csv"/><feed name="file" kind="file" file="out"/>'
    extra += more.pop("extra", "")
    return Gateway("snmp", extra=extra, files=files, **more)
