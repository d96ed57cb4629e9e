#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""v2c informs: answered when they are on disk; a repeated one is answered again and journaled
once."""
import socket

import ber
from harness import Gateway, check, check_equal, kind_of, main, run, tool
from usm import DISCOVERY

LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"
IF_INDEX = "1.3.6.1.2.1.2.2.1.1.7"


def ask(sock, gw, packet, tries=20):
    """Send until there is a response, as a sender of informs does."""
    sock.settimeout(0.5)
    for _ in range(tries):
        sock.sendto(packet, ("127.0.0.1", gw.port["trap"]))
        try:
            return ber.read_v2(sock.recv(65535))
        except socket.timeout:
            continue
    return None


def wait_answer(gw, sock, packet, what):
    """sock is connected: an answer from elsewhere does not come."""
    sock.settimeout(0.2)

    def look():
        sock.send(packet)
        try:
            return sock.recv(65535)
        except socket.timeout:
            return None

    return gw.wait_for(look, f"an answer to {what} from {sock.getpeername()[0]}")


def link_records(gw):
    return [event for event in gw.records() if kind_of(event) == "link.down"]


def test_snmpinform():
    """snmpinform of the net-snmp tools gets its response"""
    with Gateway("inform") as gw:
        gw.start()
        run(
            [
                tool("snmpinform"),
                "-v2c",
                "-c",
                "public",
                "-m",
                "",
                "-t",
                "2",
                "-r",
                "3",
                f"127.0.0.1:{gw.port['trap']}",
                "",
                LINK_DOWN,
                IF_INDEX,
                "i",
                "7",
            ]
        )
        check_equal(len(link_records(gw)), 1, "link.down records after one inform")


def test_repeated():
    """The same request-id again: answered again, journaled once, counted as repeated"""
    with Gateway("inform") as gw, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        gw.start()
        packet = ber.v2_notification(
            LINK_DOWN, [(IF_INDEX, ber.integer(7))], request_id=4242, tag=ber.INFORM
        )
        for turn in range(3):
            answer = ask(sock, gw, packet)
            check(answer, f"inform {turn + 1} got no response")
            check_equal(
                (answer["tag"], answer["request_id"], answer["error"]),
                (ber.RESPONSE, 4242, 0),
                "response: tag, request-id, error-status",
            )
            check_equal(answer["community"], b"public", "community of the response")
        check_equal(len(link_records(gw)), 1, "link.down records after the same inform three times")
        check(
            gw.counter("repeated_informs") >= 2,
            f"repeated informs counted: {gw.counter('repeated_informs')}",
        )


def test_other_is_new():
    """Another request-id, or other content under the same one, is another inform"""
    with Gateway("inform") as gw, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        gw.start()
        for request_id, index in ((1, 7), (2, 7), (2, 8)):
            packet = ber.v2_notification(
                LINK_DOWN, [(IF_INDEX, ber.integer(index))], request_id=request_id, tag=ber.INFORM
            )
            check(ask(sock, gw, packet), "no response")
        check_equal(len(link_records(gw)), 3, "link.down records after three different informs")


def test_on_disk():
    """What was answered survives kill -9 at once after the response"""
    with Gateway("inform") as gw, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        gw.start()
        for number in range(1, 51):
            packet = ber.v2_notification(
                LINK_DOWN, [(IF_INDEX, ber.integer(number))], request_id=number, tag=ber.INFORM
            )
            check(ask(sock, gw, packet), f"inform {number} got no response")
        gw.kill()
        gw.start()
        check_equal(
            len(link_records(gw)),
            50,
            "link.down records after 50 answered informs, kill -9 and a new start",
        )


def test_wrong_community():
    """An inform of a wrong community gets no response and is counted"""
    with Gateway("inform") as gw, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        gw.start()
        packet = ber.v2_notification(
            LINK_DOWN,
            [(IF_INDEX, ber.integer(7))],
            request_id=1,
            tag=ber.INFORM,
            community="secret",
        )
        sock.settimeout(0.3)
        sock.sendto(packet, ("127.0.0.1", gw.port["trap"]))
        gw.wait_for(lambda: gw.counter("dropped_snmp") >= 1, "the datagram is counted as refused")
        try:
            check(not sock.recv(65535), "it was answered")
        except socket.timeout:
            pass
        check_equal(len(link_records(gw)), 0, "link.down records")


def test_own_address():
    """Where it listens on all addresses, the answer comes from the one that the inform was sent to;
    by version 3 a report, too"""
    inform = ber.v2_notification(LINK_DOWN, [(IF_INDEX, ber.integer(7))], tag=ber.INFORM)
    for family, listen, addresses in (
        (socket.AF_INET, "0.0.0.0", ("127.0.0.1", "127.0.0.2")),
        (socket.AF_INET6, "[::]", ("::1", "::ffff:127.0.0.1", "::ffff:127.0.0.2")),
    ):
        with Gateway("inform", sections={"notifications": ""}) as gw:
            gw.extra = f'<notifications address="{listen}:{gw.port["trap"]}" community="public"/>'
            gw.write_config()
            gw.start()
            for address in addresses:
                with socket.socket(family, socket.SOCK_DGRAM) as sock:
                    # Takes what comes from there alone, as a firewall on the way does.
                    sock.connect((address, gw.port["trap"]))
                    for question, what in ((inform, "an inform"), (inform, "its repeat"),
                                           (DISCOVERY, "a discovery")):
                        wait_answer(gw, sock, question, what)


main(test_snmpinform, test_repeated, test_other_is_new, test_on_disk, test_wrong_community,
     test_own_address)
