#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent sends to an address that did not ask (a forged one cannot be told from an honest
one): bytes in and out, bounded a source, while this machine itself and other sources are served.
In a network namespace of its own, since 127.0.0.0/8 has no bound."""
import hashlib
import hmac
import socket
import time

import ber
import namespace
from harness import Gateway, check, check_equal, main

OFF_SITE, OTHER = "192.0.2.1", "192.0.2.2"
MAX_RATE, REPORTS_MAX, DATAGRAM_MAX, HEADERS = 20, 100, 1472, 28
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

    def message(self, engine, boots, seconds, digest):
        security = (ber.octets(engine) + ber.integer(boots) + ber.integer(seconds) + ber.octets("nms")
                    + ber.octets(digest) + ber.octets(""))
        head = ber.integer(7) + ber.integer(65507) + ber.octets(b"\x05") + ber.integer(3)
        pdu = ber.wrap(ber.GET, ber.integer(7) + ber.integer(0) + ber.integer(0) + ber.varbinds(
            [(ber.UPTIME, ber.wrap(ber.NULL, b""))]))
        return ber.wrap(ber.SEQUENCE, ber.integer(3) + ber.wrap(ber.SEQUENCE, head)
                        + ber.octets(ber.wrap(ber.SEQUENCE, security))
                        + ber.wrap(ber.SEQUENCE, ber.octets(engine) + ber.octets("") + pdu))

    def get(self):
        engine = self.discover()
        plain = self.message(*engine, bytes(24))
        answer = self.source.ask(self.message(
            *engine, hmac.new(self.key, plain, hashlib.sha256).digest()[:24]))
        check(bytes([ber.RESPONSE]) in answer and ber.oid(ber.UPTIME) in answer, f"an answer: {answer.hex()}")


def get_bulk(community="public"):
    """As CVE-2008-4309's: as much as there is, of everything."""
    pair = [("1.3.6.1", ber.wrap(ber.NULL, b""))]
    return ber.request(ber.GETBULK, pair, 1, version=1, counts=(0, 0x7FFFFFFF), community=community)


def gateway(**more):
    gw = Gateway("agent-rate", **more)
    port = gw.port["agent"]
    gw.sections["agent"] = (
        f'<agent address="udp:127.0.0.1:{port},udp:{OFF_SITE}:{port}" max-rate="{MAX_RATE}"/>')
    gw.extra += '<community name="public" source="192.0.2.0/24"/>'
    gw.write_config()
    return gw


def flood(gw, source, data, n, most_per_s):
    """n at once: answers up to the bound, the others counted. Returns the answers. No more than the
    smallest of receive buffers holds: what the kernel drops nobody can answer."""
    before = gw.counter("agent_limited")
    begun = time.monotonic()
    source.flood(data, n)
    found = []

    def look():
        found.extend(source.answers())
        return len(found) + gw.counter("agent_limited") - before == n

    gw.wait_for(look, f"each of {n} requests is answered or counted")
    most = most_per_s * (1 + time.monotonic() - begun) + 1
    check(most_per_s - 1 <= len(found) <= most, f"{len(found)} of {n} are answered, at most {most}")
    check(len(found) < n, f"all of {n} are answered: nothing is shown")
    return found


def test_replies():
    """GETBULK of everything: so many answers a second, none longer than a frame; then again"""
    with gateway() as gw, Source(OFF_SITE, OFF_SITE, gw.port["agent"]) as off_site:
        gw.start()
        request = get_bulk()
        found = flood(gw, off_site, request, 250, MAX_RATE)
        check(all(len(answer) <= DATAGRAM_MAX for answer in found), "an answer fits a frame")
        check(max(len(answer) for answer in found) > 10 * len(request), "there was much to say")
        check("beyond the agent's max-rate source=192.0.2.1" in gw.log_text(), gw.log_tail())
        limited = gw.counter("agent_limited")
        check_equal(int(gw.get("eogTrafficAgentLimited")), limited, "the MIB's counter")
        check(f"polls not answered: {limited}" in gw.ctl("status"), gw.ctl("status"))
        with Source(OTHER, OFF_SITE, gw.port["agent"]) as other:
            off_site.flood(request, 100)
            other.ask(request)  # others are not held back for it
        with Source("127.0.0.1", "127.0.0.1", gw.port["agent"]) as local:
            for _ in range(10 * MAX_RATE):
                local.ask(request)  # nor is this machine at all

        def asked_again():
            off_site.answers()
            off_site.socket.send(request)
            time.sleep(0.1)
            return off_site.answers()

        gw.wait_for(asked_again, "it is answered again")


def test_silence():
    """An unknown community gets no byte, and uses up nobody's bound"""
    with gateway() as gw, Source(OFF_SITE, OFF_SITE, gw.port["agent"]) as off_site:
        gw.start()
        off_site.flood(get_bulk("wrong"), 10 * MAX_RATE)
        off_site.ask(get_bulk())  # comes after them
        check_equal(off_site.answers(), [], "other answers")
        check_equal(gw.counter("agent_limited"), 0, "limited")


def test_no_bound():
    """max-rate 0, by reload: everything is answered"""
    with gateway() as gw, Source(OFF_SITE, OFF_SITE, gw.port["agent"]) as off_site:
        gw.start()
        gw.sections["agent"] = gw.sections["agent"].replace(f'"{MAX_RATE}"', '"0"')
        gw.write_config()
        gw.reload()
        gw.wait_for(lambda: "reload" in gw.log_text(), "it is reloaded")
        for _ in range(20 * MAX_RATE):
            off_site.ask(get_bulk())
        check_equal(gw.counter("agent_limited"), 0, "limited")


def reports(port, **more):
    with gateway(**more) as gw, Source("127.0.0.1", "127.0.0.1", gw.port[port]) as source:
        gw.start()
        report = source.ask(DISCOVERY)
        check(len(report) + HEADERS <= 1.5 * (len(DISCOVERY) + HEADERS),
              f"{len(DISCOVERY)} bytes bring {len(report)}")
        found = flood(gw, source, DISCOVERY, 300, REPORTS_MAX)
        check(all(len(answer) <= 2 * len(DISCOVERY) for answer in found), "the length of reports")
        check("a report is not sent, the source gets too many source=127.0.0.1" in gw.log_text(),
              gw.log_tail())
        with Source("127.0.0.3", "127.0.0.1", gw.port[port]) as other:
            source.flood(DISCOVERY, 100)
            other.ask(DISCOVERY)


def test_reports():
    """Version 3's reports, from the agent: bounded whatever is configured, this machine's too"""
    reports("agent")


def test_reports_of_sessions():
    """Who proves himself after each discovery is told all: Zabbix opens a session for each item when
    a gateway is back, and a report it waits for in vain makes it take the gateway for dead again"""
    with gateway(files={"auth": PASSPHRASE.decode() + "\n"}, extra='<user name="nms" auth="SHA-256" auth-file="auth"/>'
                 ) as gw, Source("127.0.0.1", "127.0.0.1", gw.port["agent"]) as source:
        gw.start()
        sessions = Sessions(source)
        for _ in range(10 * REPORTS_MAX):
            sessions.get()
        check_equal(gw.counter("agent_limited"), 0, "limited")
        flood(gw, source, DISCOVERY, 300, REPORTS_MAX)  # who proves nothing has what there was before


def test_reports_of_receiver():
    """The same from the port of notifications, whose informs begin with a discovery"""
    reports("trap", files={"auth": "authentication\n"},
            extra='<notification-user name="ap" auth-file="auth"/>')


namespace.enter(OFF_SITE, OTHER)
main(test_replies, test_silence, test_no_bound, test_reports, test_reports_of_sessions,
     test_reports_of_receiver)
