#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent sends to an address that did not ask (a forged one cannot be told from an honest
one): bytes in and out, bounded a source, while this machine itself and other sources are served.
In a network namespace of its own, since 127.0.0.0/8 has no bound."""
import socket
import threading
import time

import ber
import messages
import namespace
from harness import Gateway, check, check_equal, main
from usm import DISCOVERY, PASSPHRASE, Sessions, Source

SYS_NAME = "1.3.6.1.2.1.1.5.0"
OFF_SITE, OTHER = "192.0.2.1", "192.0.2.2"
SIX = ("fd00::1", "fd00::2")
MAX_RATE, STRANGERS_MAX, REPORTS_MAX, DATAGRAM_MAX, HEADERS = 20, 100, 100, 1472, 28


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


def test_strangers():
    """A community for any: who is in no other one's network gets its default by 2c, whatever
    max-rate is; who is, by a reload too, and who asks by version 3, get as much as they ask for"""
    with gateway(files={"auth": PASSPHRASE.decode() + "\n"},
                 extra='<user name="nms" auth="SHA-256" auth-file="auth"/>') as gw, \
            Source(OFF_SITE, OFF_SITE, gw.port["agent"]) as off_site:
        gw.sections["agent"] = gw.sections["agent"].replace(f'"{MAX_RATE}"', '"100000"')
        named = gw.extra
        gw.extra = named.replace("192.0.2.0/24", "any4")
        gw.write_config()
        gw.start()
        flood(gw, off_site, get_bulk(), 250, STRANGERS_MAX)
        limited, sessions = gw.counter("agent_limited"), Sessions(off_site)
        for _ in range(3 * STRANGERS_MAX):
            sessions.get()
        gw.extra = named
        gw.write_config()
        gw.reload()
        gw.wait_for(lambda: "reload" in gw.log_text(), "it is reloaded")
        for _ in range(5 * STRANGERS_MAX):
            off_site.ask(get_bulk())
        check_equal(gw.counter("agent_limited"), limited, "limited")


def acknowledge(receiver, until):
    """A receiver of informs of version 2c."""
    receiver.settimeout(0.1)
    while not until.is_set():
        try:
            data, sender = receiver.recvfrom(65535)
        except TimeoutError:
            continue
        at = data.index(b"public") + len("public")
        receiver.sendto(data[:at] + bytes([ber.RESPONSE]) + data[at + 1:], sender)


def test_answers():
    """Who asks too much in a receiver's name does not keep its acknowledgements from us"""
    receiver, until = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), threading.Event()
    receiver.bind((OFF_SITE, 0))
    sink = (f'<sink address="{OFF_SITE}:{receiver.getsockname()[1]}" kind="inform"'
            ' community="public" timeout="500ms"/>')
    with gateway(extra=sink) as gw, Source(OFF_SITE, OFF_SITE, gw.port["agent"]) as forger:
        gw.sections["agent"] = gw.sections["agent"].replace(f'"{MAX_RATE}"', '"1"')
        gw.write_config()
        gw.start()
        threads = [threading.Thread(target=acknowledge, args=(receiver, until))]

        def forge():
            while not until.wait(0.002):
                forger.socket.send(get_bulk())
                forger.answers()

        threads.append(threading.Thread(target=forge))
        for thread in threads:
            thread.start()
        try:
            gw.wait_for(lambda: gw.counter("agent_limited") > 100, "the forger is held back")
            gw.receive(*[messages.virus("WORM_DOWNAD.AD", f"wks-{n:03d}") for n in range(12)])
            gw.wait_state(11, "outbreak", "default", "critical")
            seen = gw.wait_for(lambda: next((row for row in gw.status()["sinks"]
                                             if row["acknowledged"] and not row["waiting"]), None),
                               "an acknowledgement")
        finally:
            until.set()
            for thread in threads:
                thread.join()
        check_equal(seen["resent"], 0, "informs sent again")
    receiver.close()


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


def test_own_address():
    """Where it listens on all addresses, the answer comes from the one that was asked"""
    gw = Gateway("agent-all")
    port = gw.port["agent"]
    gw.sections["agent"] = f'<agent address="udp:0.0.0.0:{port},udp6:[::]:{port}"/>'
    gw.sections["community"] = "".join(
        f'<community name="public" source="{source}"/>' for source in ("0.0.0.0/0", "::/0"))
    gw.write_config()
    get = ber.request(ber.GET, [(SYS_NAME, ber.wrap(ber.NULL, b""))])
    with gw:
        gw.start()
        for family, addresses in ((socket.AF_INET, (OFF_SITE, OTHER)), (socket.AF_INET6, SIX)):
            for own in addresses:  # whose neighbour the kernel would take this for
                for asked in addresses:
                    for question in (get, DISCOVERY):
                        with socket.socket(family, socket.SOCK_DGRAM) as sock:
                            sock.bind((own, 0))
                            sock.settimeout(20)
                            sock.sendto(question, (asked, port))
                            check_equal(sock.recvfrom(65535)[1][0], asked, f"who answers {own}")


namespace.enter(OFF_SITE, OTHER, *SIX)
main(test_replies, test_silence, test_no_bound, test_strangers, test_answers, test_reports,
     test_reports_of_sessions, test_reports_of_receiver, test_own_address)
