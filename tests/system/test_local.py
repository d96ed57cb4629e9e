#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sources of this machine, and those behind a load balancer: a Unix socket, followed files through
rotation, truncation and kill -9, the PROXY protocol."""
import ipaddress
import os
import socket
import struct
import time

from harness import Failed, Gateway, check, check_equal, main, run, tool


def texts(gw):
    return [event["raw_data"] for event in gw.records() if "raw_data" in event]


def numbered(gw):
    return [line for line in texts(gw) if line.startswith("line ")]


def virus_records(gw):
    """Those with 病毒 as UTF-8; the gateway's own records have the word too."""
    return [e for e in gw.records()
            if e.get("raw_data", "").startswith("<14>app") and "病毒" in str(e)]


def append(path, *lines, end="\n"):
    with open(path, "a") as file:
        file.write("".join(f"line {line}{end}" for line in lines))


def test_unix():
    """A program of this machine sends by a Unix socket; its source has its own charset"""
    with Gateway("unix") as gw:
        path = os.path.join(gw.folder, "log.sock")
        gw.extra = (f'<syslog-unix path="{path}" max-message="1M"/>'
                    f'<source address="unix:{path}" charset="Big5"/>')
        gw.write_config()
        gw.start()
        run([tool("logger"), "-u", path, "--socket-errors=on", "-t", "app", "by logger"])
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"<14>app: " + "病毒".encode("big5"), path)
        gw.wait_for(lambda: gw.counter("received") == 2, "both are taken")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            sender.sendto(b"<14>app: " + b"z" * 150000, path)
        gw.wait_for(lambda: gw.counter("truncated") == 1, "one beyond the largest is taken too")
        cut = next(e for e in gw.records() if "zzz" in e.get("raw_data", ""))
        check_equal((len(cut["raw_data"]), cut["metadata"]["untruncated_size"]), (65536, 150009),
                    "bytes kept, and sent")
        check(any("by logger" in text for text in texts(gw)), "logger's message is not there")
        check_equal(len(virus_records(gw)), 1, "records with the Big5 text in UTF-8")
        rows = [line for line in gw.ctl("sources").splitlines() if "unix" in line]
        check_equal(len(rows), 1, "rows of eogctl sources")
        gw.kill()
        gw.start()  # over the socket that the dead one left
        check_equal(len(virus_records(gw)), 1, "after kill -9")


def test_follow():
    """A followed file: lines as they come, rotation, truncation, kill -9: none lost, none twice"""
    with Gateway("follow") as gw:
        path = os.path.join(gw.folder, "app.log")
        gw.extra = f'<follow file="{path}"/><engine clear-hold="1s"/>'
        gw.sections = {"engine": None}
        gw.write_config()
        append(path, 1, 2)
        gw.start()
        gw.wait_for(lambda: len(numbered(gw)) == 2, "what is there is read")
        append(path, "half", end="")
        append(path, 3)  # completes the line before
        gw.wait_for(lambda: len(numbered(gw)) == 3, "a half line waits for its end")
        os.rename(path, path + ".1")
        append(path + ".1", 4)  # the writer has not noticed yet
        append(path, 5)
        gw.wait_for(lambda: len(numbered(gw)) == 5, "rotated: old one to its end, then the new one")
        with open(path, "w"):
            pass
        gw.wait_for(lambda: "cut short" in gw.log_text(), "the truncation is seen")
        append(path, 6)
        gw.wait_for(lambda: len(numbered(gw)) == 6, "truncated: begun anew")
        expected = ["line 1", "line 2", "line halfline 3", "line 4", "line 5", "line 6"]
        check_equal(numbered(gw), expected, "lines in order")


def test_follow_restart():
    """Stopped, killed, rotated meanwhile: it goes on where the journal ends"""
    with Gateway("follow") as gw:
        path = os.path.join(gw.folder, "app.log")
        gw.extra = f'<follow file="{path}"/>'
        gw.write_config()
        append(path, *range(1, 11))
        gw.start()
        gw.wait_for(lambda: len(numbered(gw)) == 10, "ten lines are read")
        gw.stop()
        append(path, *range(11, 21))
        os.rename(path, path + ".1")
        append(path, *range(21, 31))
        gw.start()
        gw.wait_for(lambda: len(numbered(gw)) == 30, "the renamed one is read on, then the new one")
        check_equal(numbered(gw), [f"line {i}" for i in range(1, 31)], "lines in order")
        for turn in range(3):
            append(path, *range(31 + 10 * turn, 41 + 10 * turn))
            gw.wait_for(lambda: f"line {40 + 10 * turn}" in numbered(gw), "more lines are read")
            gw.kill()
            gw.start()
        gw.wait_for(lambda: len(set(numbered(gw))) == 60, "nothing is lost by kill -9")


def test_path_twice():
    """--check refuses two readers of one path, with the line"""
    for element, attribute in (("follow", "file"), ("syslog-unix", "path")):
        with Gateway("twice") as gw:
            one, two = (f'<{element} {attribute}="{gw.folder}/{name}"' for name in ("one", "two"))
            gw.extra = f"{one}/>\n{two}/>\n{one}/>"
            gw.write_config()
            with open(gw.config_path) as file:
                lines = [n for n, line in enumerate(file, 1) if one in line]
            text = ""
            try:
                run(gw.command("--check"))
            except Failed as failed:
                text = str(failed)
            wanted = f"{one}>: <{element}> of line {lines[0]} has it already"
            check(f":{lines[1]}" in text and wanted in text, f"--check does not say {wanted!r}: {text}")


def proxied(address, port=4711):
    ip = ipaddress.ip_address(address)
    family, own = (0x11, "192.0.2.250") if ip.version == 4 else (0x21, "2001:db8::ffff")
    body = ip.packed + ipaddress.ip_address(own).packed + struct.pack("!HH", port, 514) + b"\x04\0\0"
    return b"\r\n\r\n\0\r\nQUIT\n" + struct.pack("!BBH", 0x21, family, len(body)) + body


def test_proxy():
    """Behind a load balancer: the record's peer is the client; without the header nothing is taken"""
    with Gateway("proxy") as gw:
        gw.sections = {"syslog-tcp":
                       f'<syslog-tcp address="127.0.0.1:{gw.port["syslog"]}" proxy="yes"/>'}
        gw.extra = ('<source address="192.0.2.7" charset="GB18030" site="default"/>'
                    '<source address="2001:db8::7" charset="UTF-8" site="default"/>')
        gw.write_config()
        gw.start()
        where = ("127.0.0.1", gw.port["syslog"])
        message = b"<14>app: " + "病毒".encode("gb18030") + b"\n"
        for head in (proxied("192.0.2.7"), proxied("2001:db8::7")):
            with socket.create_connection(where) as sender:
                for byte in head + message:  # every split of the header
                    sender.sendall(bytes([byte]))
        gw.wait_for(lambda: gw.counter("received") == 2, "both are taken")
        peers = sorted(e["metadata"]["reporter"]["ip"] for e in gw.records()
                       if "raw_data" in e and "reporter" in e["metadata"])
        check_equal(peers, ["192.0.2.7", "2001:db8::7"], "peers of the records")
        check_equal(len(virus_records(gw)), 1, "GB18030 by its source")
        for bad in (message, b"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\x0c" + bytes(12),
                    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x04abcd", proxied("192.0.2.7")[:20]):
            before = gw.counter("dropped_frame")
            with socket.create_connection(where) as sender:
                sender.sendall(bad)
                sender.shutdown(socket.SHUT_WR)
                sender.settimeout(10)
                try:
                    check_equal(sender.recv(1), b"", "the connection is closed")
                except ConnectionError:
                    pass
            gw.wait_for(lambda: gw.counter("dropped_frame") == before + 1, f"{bad!r} is counted")
        check_equal(gw.counter("received"), 2, "messages taken")
        before = gw.counter("dropped_frame")
        for _ in range(5):  # a balancer looks whether somebody listens
            with socket.create_connection(where) as sender:
                sender.shutdown(socket.SHUT_WR)
                check_equal(sender.recv(1), b"", "the connection is closed")
        check_equal(gw.counter("dropped_frame"), before, "connections that said nothing are no frames")
        for _ in range(200):  # one that speaks for itself, and has reset its connection when it is read
            with socket.create_connection(where) as sender:
                sender.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                time.sleep(0.002)
                sender.sendall(b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0<14>app: spoken for itself\n")
        gw.wait_for(lambda: gw.counter("received") > 2, "some are taken")
        gw.settle()
        own = [e for e in gw.records() if "spoken for itself" in e.get("raw_data", "")]
        check(own, "no record")
        check_equal({e["metadata"].get("reporter", {}).get("ip") for e in own}, {"127.0.0.1"}, "peers")


main(test_unix, test_follow, test_follow_restart, test_path_twice, test_proxy)
