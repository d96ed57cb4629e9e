#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input over the real protocols: after each piece the next good message is whole and
counted, what was bad is counted, and the daemon lives."""
import gzip
import os
import random
import resource
import socket
import zlib

import ber
import messages
from harness import (
    Failed,
    Gateway,
    Tail,
    check,
    free_port,
    kind_of,
    main,
    program,
    run,
    wait_for,
)
from outage import memory_mb
from relp_sender import RelpSender

LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"


class Probe:
    """Sends a marked good message after something bad and waits until it came out whole."""

    def __init__(self, gw, tail):
        self.gw, self.tail, self.n = gw, tail, 0

    def marker(self):
        self.n += 1
        return f"host-after-{self.n:04d}"

    def expect(self, host, what):
        self.gw.wait_for(
            lambda: any(
                event.get("device", {}).get("hostname") == host
                and (kind_of(event) or "").startswith("malware.")
                for event in list(self.tail.events)
            ),
            f"the good message after {what} comes out whole",
        )

    def good_tcp(self, sock, what, is_counted=False):
        host = self.marker()
        line = messages.virus("TROJ_GEN.A", host).encode()
        sock.sendall(b"%d " % len(line) + line if is_counted else line + b"\n")
        self.expect(host, what)

    def good_udp(self, what):
        host = self.marker()
        self.gw.send_udp(messages.virus("TROJ_GEN.A", host))
        self.expect(host, what)

    def good_trap(self, what):
        self.n += 1
        before = self.gw.counter("received")
        self.gw.send_packet(
            ber.v2_notification(LINK_DOWN, [("1.3.6.1.2.1.2.2.1.1.7", ber.integer(self.n))], self.n)
        )
        self.gw.wait_for(
            lambda: self.gw.counter("received") > before,
            f"the good notification after {what} is counted",
        )


class Session:
    """A gateway, its tail, and a probe."""

    def __init__(self, name, extra="", max_message="64k"):
        self.gw = Gateway(name, extra)
        for by in ("udp", "tcp"):
            self.gw.sections[f"syslog-{by}"] = (
                f'<syslog-{by} address="127.0.0.1:{self.gw.port["syslog"]}"'
                f' max-message="{max_message}"/>'
            )
        self.gw.write_config()

    def __enter__(self):
        self.gw.__enter__()
        self.gw.start()
        self.tail = Tail(self.gw).__enter__()
        return self.gw, Probe(self.gw, self.tail)

    def __exit__(self, *what):
        self.tail.__exit__(*what)
        self.gw.__exit__(*what)


LINES = {
    "a NUL inside": b"<134>Nov 24 04:12:20 host app: a\0b\0c",
    "NULs alone": b"\0" * 100,
    "a line of 64 KiB": b"<134>Nov 24 04:12:20 host app: " + b"x" * 65536,
    "a line of 1 MiB": b"<134>Nov 24 04:12:20 host app: " + b"y" * (1 << 20),
    "PRI 192": b"<192>Nov 24 04:12:20 host app: no such facility",
    "PRI of twenty digits": b"<11111111111111111111>Nov 24 04:12:20 host app: text",
    "PRI without an end": b"<134",
    "an empty PRI": b"<>text",
    "a CEF header that ends in an escape": (
        b"<134>Nov 24 04:12:20 host CEF:0|Trend Micro|Apex Central|2019|AV:\\"
    ),
    "a CEF header without its pipes": b"<134>Nov 24 04:12:20 host CEF:0|Trend Micro",
    "ten thousand CEF keys": (
        b"<134>Nov 24 04:12:20 host CEF:0|Trend Micro|Apex Central|2019|AV:x|y|3|"
        + b" ".join(b"k%d=v" % i for i in range(7000))
    ),
    "broken UTF-8": b"<134>Nov 24 04:12:20 host app: \xff\xfe\xc0\x80\xed\xa0\x80",
    "an escape sequence for terminals": b"<134>Nov 24 04:12:20 host app: \x1b[2J\x1b]0;x\x07",
    "an RFC 5424 header of NILs": b"<134>1 - - - - - -",
    "RFC 5424 structured data without an end": b'<134>1 - - - - - [x y="',
    "a year that is none": b"<134>1 99999-99-99T99:99:99Z h a p m - text",
}


def test_lines_tcp():
    """Bad lines over TCP: the next line of the same connection is whole"""
    with Session("bad-tcp") as (gw, probe):
        for what, line in LINES.items():
            before = gw.counter("received")
            with gw.connect() as sock:
                sock.sendall(line + b"\n")
                probe.good_tcp(sock, what)
            check(
                gw.counter("received") >= before + 2 or line.strip(b"\0") == b"",
                f"{what}: the line itself is not counted",
            )


def test_lines_udp():
    """Bad datagrams: the next one is whole"""
    with Session("bad-udp") as (gw, probe):
        for what, line in LINES.items():
            gw.send_udp(line[:65000])
            probe.good_udp(what)
        gw.send_udp(b"", b"\n", b"\0", b"\r\n\r\n", b" ")
        probe.good_udp("datagrams of nothing")


def test_octet_counts():
    """Octet counts that lie: counted; the next connection, and after a resync the same one, is
    whole"""
    counts = {
        "a count of twenty digits": b"99999999999999999999 <134>x\n",
        "a count of zero": b"0 ",
        "a count with a leading zero": b"010 <134>12345",
        "a count beyond the limit": b"99999999 <134>text",
        "a count without a blank": b"12345<134>text\n",
        "a count and nothing": b"500 ",
        "a negative count": b"-5 <134>text\n",
    }
    with Session("bad-count") as (gw, probe):
        for what, data in counts.items():
            before = gw.counter("received")
            with gw.connect() as sock:
                sock.sendall(data)
                sock.shutdown(socket.SHUT_WR)
                wait_closed(sock, what)
            with gw.connect() as sock:
                probe.good_tcp(sock, what, is_counted=True)
            gw.wait_for(lambda: gw.counter("received") == before + 2, f"{what}: a record of it")
        check(gw.counter("dropped_frame") == 0, "what is in the journal is counted as lost")
        with gw.connect() as sock:
            sock.sendall(b"99 <134>Nov 24 04:12:20 host app: cut here")
        event = gw.wait_for(
            lambda: next((event for event in list(probe.tail.events)
                          if "cut here" in event.get("raw_data", "")), None),
            "the record of a frame that the connection's end cut",
        )
        said = event["metadata"]
        check("eog.flag:malformed" in said["labels"] and "framing" in str(said["debug"]), f"{said}")


def wait_closed(sock, what):
    sock.settimeout(10)
    try:
        while sock.recv(4096):
            pass
    except ConnectionResetError:
        pass
    except socket.timeout:
        raise Failed(f"{what}: the gateway does not close after our end of stream") from None


def test_cut_in_pieces():
    """A good stream in pieces of one byte, LF and octet-counted, and a connection that breaks in
    the middle"""
    with Session("bad-pieces") as (gw, probe):
        for is_counted in (False, True):
            host = probe.marker()
            line = messages.virus("TROJ_GEN.A", host).encode()
            data = b"%d " % len(line) + line if is_counted else line + b"\n"
            with gw.connect() as sock:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for i in range(len(data)):
                    sock.sendall(data[i : i + 1])
                probe.expect(host, "a stream in single bytes")
            with gw.connect() as sock:
                sock.sendall(data[: len(data) // 2])
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            with gw.connect() as sock:
                probe.good_tcp(sock, "a connection that was reset")


def bad_packets():
    """name -> datagram for the notification port."""
    good = ber.v2_notification(LINK_DOWN, [("1.3.6.1.2.1.2.2.1.1.7", ber.integer(7))])
    long_oid = "1.3.6.1.4.1." + ".".join(str(4294967295 - i) for i in range(122))
    deep = b""
    for _ in range(2000):
        deep = ber.wrap(ber.SEQUENCE, deep)[:65000]
    packets = {
        "v1 trap with an enterprise OID of 128 arcs": ber.v1_trap(long_oid, 6, 1, []),
        "v1 trap with an enterprise OID of 300 arcs": ber.v1_trap(long_oid + ".1" * 172, 6, 1, []),
        "v1 trap with generic 99": ber.v1_trap("1.3.6.1.4.1.6101.141", 99, 1, []),
        "v1 trap without varbinds": ber.v1_trap("1.3.6.1.4.1.6101.141", 6, 26, []),
        "v1 trap with an agent address of 3 octets": ber.message(
            0,
            "public",
            ber.wrap(
                ber.TRAP_V1,
                ber.oid("1.3.6.1.4.1.1")
                + ber.octets(b"abc", ber.IP_ADDRESS)
                + ber.integer(6)
                + ber.integer(1)
                + ber.integer(1, ber.TIME_TICKS)
                + ber.varbinds([]),
            ),
        ),
        "v2c without varbinds": ber.message(
            1,
            "public",
            ber.wrap(
                ber.TRAP_V2, ber.integer(1) + ber.integer(0) + ber.integer(0) + ber.varbinds([])
            ),
        ),
        "a GET on the notification port": ber.message(
            1,
            "public",
            ber.wrap(ber.GET, ber.integer(1) + ber.integer(0) + ber.integer(0) + ber.varbinds([])),
        ),
        "version 7": ber.message(7, "public", ber.wrap(ber.TRAP_V2, b"")),
        "version 3 with nothing behind": ber.message(3, "public", b""),
        "a community of 60,000 octets": ber.message(1, "c" * 60000, ber.wrap(ber.TRAP_V2, b"")),
        "an indefinite length": b"\x30\x80" + good[2:] + b"\0\0",
        "a length of 2^32 - 1": b"\x30\x84\xff\xff\xff\xff" + good[2:],
        "a length of nine octets": b"\x30\x89" + b"\x01" * 9,
        "sequences 2,000 deep": deep,
        "an integer of 60,000 octets": ber.wrap(
            ber.SEQUENCE, ber.wrap(ber.INTEGER, b"\x01" * 60000)
        ),
        "an OID that ends inside an arc": ber.v2_notification(
            LINK_DOWN, [("1.3.6.1", ber.wrap(ber.OID, b"\x2b\x86\x80"))]
        ),
        "an OID of no octets": ber.v2_notification(
            LINK_DOWN, [("1.3.6.1", ber.wrap(ber.OID, b""))]
        ),
        "a Counter64 of nine octets": ber.v2_notification(
            LINK_DOWN, [("1.3.6.1", ber.wrap(0x46, b"\xff" * 9))]
        ),
        "3,000 varbinds": ber.v2_notification(
            LINK_DOWN, [(f"1.3.6.1.4.1.{i}", ber.integer(i)) for i in range(3000)]
        )[:65000],
        "text with NULs and escapes": ber.v2_notification(
            "1.3.6.1.4.1.6101.141.0.1",
            [("1.3.6.1.4.1.6101.141", ber.octets(b"Virus/Malware: \0\x1b[2J\xff Computer: \0"))],
        ),
    }
    for at in range(len(good)):
        packets[f"a good notification cut at {at}"] = good[:at]
    noise = random.Random(1)
    for i in range(60):
        packets[f"garbage {i}"] = bytes(
            noise.randrange(256) for _ in range(noise.randrange(1, 600))
        )
    return packets


def test_packets():
    """Bad SNMP packets on the notification port: the next notification is counted"""
    with Session("bad-snmp") as (gw, probe):
        for i, (what, packet) in enumerate(bad_packets().items()):
            gw.send_packet(packet)
            if i < 25 or i % 20 == 0:
                probe.good_trap(what)
        probe.good_trap("all of them")
        check(gw.counter("dropped_snmp") > 0, "no refused datagram was counted")


def test_agent_packets():
    """The same packets, and every bit of a good request flipped, on the agent's port: it answers
    on"""
    with Session("bad-agent") as (gw, _):
        good = ber.message(
            1,
            "public",
            ber.wrap(
                ber.GET,
                ber.integer(9)
                + ber.integer(0)
                + ber.integer(0)
                + ber.varbinds([(gw.oids["eogGatewayName"] + ".0", ber.wrap(ber.NULL, b""))]),
            ),
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            target = ("127.0.0.1", gw.port["agent"])
            for i, packet in enumerate(bad_packets().values()):
                sender.sendto(packet, target)
                if i % 25 == 0:
                    check(gw.get("eogGatewayName") == "gw-test", "the agent answers wrongly")
            for bit in range(len(good) * 8):
                flipped = bytearray(good)
                flipped[bit // 8] ^= 1 << bit % 8
                sender.sendto(bytes(flipped), target)
                if bit % 100 == 0:
                    check(gw.get("eogGatewayName") == "gw-test", "the agent answers wrongly")
        check(gw.get("eogGatewayName") == "gw-test", "the agent answers wrongly")


ROOM_MB, SANITIZED_MB = 16, 100000  # less than a bomb unpacked; sanitizers map terabytes


def bombs():
    """Twenty megabytes of one message, packed into as little as a sender may."""
    line = b"<134>Nov 24 04:12:20 host app: " + b"z" * (20 << 20)
    deflated = zlib.compress(line, 9)
    return {
        "zlib behind a 'z', as rsyslog's omfwd packs": b"z" + deflated,
        "zlib": deflated,
        "gzip": gzip.compress(line, 9, mtime=0),
        "gzip in gzip": gzip.compress(gzip.compress(line, 9, mtime=0), 9, mtime=0),
    }


def test_bombs():
    """Packed messages stay what they are, bytes: nothing is unpacked, by UDP, by lines or counted,
    and the daemon grows by less than 8 MB, and could not by as much as one unpacked"""
    with Session("bad-bombs") as (gw, probe):
        probe.good_udp("nothing")
        with gw.connect() as sock:
            probe.good_tcp(sock, "nothing")
        before, mapped = memory_mb(gw), memory_mb(gw, "VmSize")
        if mapped < SANITIZED_MB:  # what is mapped beyond this is refused
            most = int(mapped + ROOM_MB) << 20
            resource.prlimit(gw.process.pid, resource.RLIMIT_AS, (most, most))
        for what, bomb in bombs().items():
            check(len(bomb) < 65000, f"{what}: {len(bomb)} bytes are no datagram")
            gw.send_udp(bomb)
            probe.good_udp(what)
            with gw.connect() as sock:
                sock.sendall(b"%d " % len(bomb) + bomb)
                probe.good_tcp(sock, what, is_counted=True)
            with gw.connect() as sock:
                # A NUL with '<' behind it would be taken for the mark between messages.
                sock.sendall(bomb.replace(b"\n", b"").replace(b"\0", b"") + b"\n")
                probe.good_tcp(sock, what)
        grown = memory_mb(gw) - before
        check(grown < 8, f"the daemon grew by {grown:.1f} MB")
        kept = [e for e in probe.tail.events if len(e.get("raw_data", "")) > 1 << 20]
        check(not kept, f"{len(kept)} records hold more than a message may")


def test_oversize():
    """A message beyond max-message is cut there, says so and how long it was; the next is whole"""
    limit, port = 8192, free_port()
    with Session(
        "bad-size",
        extra=f'<syslog-relp address="127.0.0.1:{port}" max-message="8k"/>',
        max_message="8k",
    ) as (gw, probe):
        line = b"<134>Nov 24 04:12:20 host app: long " + b"z" * 60000
        for what in ("a datagram", "a line", "a counted frame", "a RELP frame"):
            before = gw.counter("truncated")
            text = line.replace(b"long", what.encode())
            if what == "a datagram":
                gw.send_udp(text)
                probe.good_udp(what)
            elif what == "a RELP frame":
                sender = RelpSender(port, [text, messages.virus("TROJ_GEN.A", "whole")])
                check(sender.join(20), "both frames are acknowledged")
                probe.expect("whole", what)
            else:
                with gw.connect() as sock:
                    is_counted = what == "a counted frame"
                    sock.sendall(b"%d %s" % (len(text), text) if is_counted else text + b"\n")
                    probe.good_tcp(sock, what, is_counted)
            check(gw.counter("truncated") == before + 1, f"{what}: not counted as truncated")
            event = next(e for e in probe.tail.events if what in e.get("raw_data", ""))
            metadata = event["metadata"]
            check(metadata.get("is_truncated") is True, f"{what}: not marked: {metadata}")
            check(metadata["untruncated_size"] == len(text), f"{what}: {metadata}")
            check(len(event["raw_data"]) == limit, f"{what}: {len(event['raw_data'])} bytes kept")


def outcome(gw, probe, keys):
    """The record of a console's message with these keys."""
    host = probe.marker()
    gw.send_tcp(messages.cef("AV:File cleaned", "Eicar_test_file", {}) + f" shost={host} {keys}")
    return gw.wait_for(
        lambda: next((event for event in list(probe.tail.events)
                      if host in event.get("raw_data", "")), None),
        f"the record with {keys!r}",
    )


def test_forged():
    """Text in CEF sets no other field where it is escaped; an outcome that stands twice is none: it
    was found, and both are kept"""
    with Session("bad-forged") as (gw, probe):
        for keys, kind in {
            "act=Passed": "malware.passed",
            "act=Blocked": "malware.blocked",
            r"msg=evil act\=Passed act=Blocked": "malware.blocked",
            "act=Blocked msg=evil act=Passed": "malware.found",
            "msg=evil act=Blocked act=Passed": "malware.found",
        }.items():
            event = outcome(gw, probe, keys)
            check(kind_of(event) == kind, f"{keys} is {kind_of(event)}")
            if kind == "malware.found":
                kept = {event["status_detail"], event["unmapped"].get("act")}
                check(kept == {"Blocked", "Passed"}, f"{keys}: kept is {kept}")


def test_decode_survives():
    """eogctl decode gives exactly one line for each bad line"""
    lines = [line.replace(b"\n", b"") for line in LINES.values()]
    text = run(
        [program("eogctl"), "decode", "--format", "fields"],
        data=b"\n".join(lines) + b"\n",
        env={
            "EOG_DATA": os.environ.get("EOG_DATA") or os.path.dirname(
                os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
            )
        },
    )
    check(text.count("\n") == len(lines), f"{text.count(chr(10))} lines out for {len(lines)} in")


main(
    test_lines_tcp,
    test_lines_udp,
    test_octet_counts,
    test_cut_in_pieces,
    test_packets,
    test_agent_packets,
    test_bombs,
    test_oversize,
    test_forged,
    test_decode_survives,
)
