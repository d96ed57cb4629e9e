#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text in the sender's own character set comes out as right UTF-8: in eogctl tail and in the
record."""
import json

import ber
import messages
from harness import Gateway, Tail, check, check_equal, kind_of, main

TEXT_OID = "1.3.6.1.4.1.6101.141"

# charset as configured, codec, computer, malware's file name, domain
CASES = [
    ("GB18030", "gb18030", "财务部-电脑01", "工资表㐀.exe", "总公司"),
    ("Big5", "big5", "財務部電腦01", "薪資表.exe", "總公司"),
    ("CP932", "cp932", "経理部-パソコン①", "給与表.exe", "本社"),
]


def source(charset):
    return {"source": f'<source address="127.0.0.0/8" site="default" charset="{charset}"/>'}


def notification_text(computer, file, domain):
    """The OfficeScan template, as the administrator's console fills it."""
    return (
        f"Virus/Malware: TROJ_GEN.R002C0DKA21 Computer: {computer} Domain: {domain} File:"
        f" C:\\{file} Date/Time: 11/24/2026 04:12:20 Result: File quarantined"
    )


def holds(event, text):
    """The text stands somewhere in the record, and nothing was replaced."""
    dump = json.dumps(event, ensure_ascii=False)
    return text in dump


def one_charset(charset, codec, computer, file, domain):
    with Gateway(f"charset-{codec}", sections=source(charset)) as gw:
        gw.start()
        with Tail(gw) as tail:
            text = notification_text(computer, file, domain)
            gw.send_packet(
                ber.v2_notification(
                    "1.3.6.1.4.1.6101.141.0.1", [(TEXT_OID, ber.octets(text.encode(codec)))]
                )
            )
            event = tail.find(
                lambda e: (kind_of(e) or "").startswith("malware.") and holds(e, computer),
                f"the notification with {computer}",
            )
            check_equal(
                event.get("device", {}).get("hostname"),
                computer,
                "device.hostname of the notification",
            )
            check(
                holds(event, file) and holds(event, domain),
                f"file and domain of the notification: {event}",
            )
            check("\ufffd" not in json.dumps(event, ensure_ascii=False), "a byte was replaced")

            line = messages.virus("TROJ_GEN.R002C0DKA21", computer, file=file)
            gw.send_tcp(line.encode(codec))
            event = tail.find(
                lambda e: e.get("metadata", {}).get("log_format") != "snmp"
                and holds(e, file)
                and holds(e, "devicePayloadId") | holds(e, "apexcentral01"),
                f"the syslog line with {file}",
            )
            check_equal(
                event.get("device", {}).get("hostname"),
                computer,
                "device.hostname of the syslog line",
            )
            check("\ufffd" not in json.dumps(event, ensure_ascii=False), "a byte was replaced")
        shown = "".join(read_tail(gw))
        check(
            computer in shown,
            f"eogctl tail, as a person sees it, does not show {computer}: {shown[-500:]}",
        )


def read_tail(gw):
    """eogctl tail without --json: what a person sees."""
    import subprocess
    from harness import program, wait_for

    process = subprocess.Popen(
        [program("eogctl"), "tail", "-n", "20", "--state", gw.state],
        stdout=subprocess.PIPE,
        env={"LC_ALL": "C.UTF-8"},
    )
    lines = []
    try:

        def look():
            lines.append(process.stdout.readline().decode("utf-8"))
            return "TROJ_GEN" in lines[-1]

        wait_for(look, "the detection is shown")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    return lines


def test_gb18030():
    """GB18030: a varbind's text and a syslog line in Chinese, a four-byte character among them"""
    one_charset(*CASES[0])


def test_big5():
    """Big5, declared for the source"""
    one_charset(*CASES[1])


def test_cp932():
    """CP932, declared for the source; with one of its Windows extensions"""
    one_charset(*CASES[2])


def test_mixed():
    """A source declared GB18030 that sends UTF-8 is read as UTF-8"""
    with Gateway("charset-mixed", sections=source("GB18030")) as gw:
        gw.start()
        with Tail(gw) as tail:
            gw.send_tcp(messages.virus("TROJ_GEN.A", "财务部-电脑02"))
            event = tail.find(lambda e: holds(e, "财务部-电脑02"), "the UTF-8 line")
            check_equal(event["device"]["hostname"], "财务部-电脑02", "device.hostname")


def test_replaced():
    """A byte that is no character is U+FFFD, and the record says so: in a varbind as in a line"""

    def flags(event):
        return [label for label in event["metadata"]["labels"] if label == "eog.flag:replaced"]

    with Gateway("charset-replaced", sections=source("GB18030")) as gw:
        gw.start()
        with Tail(gw) as tail:
            for number, octets, expected in (
                (1, b"all is well with this text", []),
                (2, b"not all is well\xff with this text", ["eog.flag:replaced"]),
                (3, b"all is well again with this text", []),
            ):
                name = f"1.3.6.1.4.1.99999.{number}"
                gw.send_packet(ber.v2_notification(name + ".0.1", [(name, ber.octets(octets))]))
                event = tail.find(
                    lambda e: holds(e, name), f"the notification {name}"
                )  # noqa: B023
                check_equal(flags(event), expected, f"flags of {octets!r} in a varbind")
                gw.send_tcp(b"<13>line %d: " % number + octets)
                event = tail.find(
                    lambda e: holds(e, f"line {number}: "), f"line {number}"  # noqa: B023
                )
                check_equal(flags(event), expected, f"flags of {octets!r} in a line")


def test_undeclared():
    """Of no declared set, text is what is likely, the record says so, and a person is told what to
    write; what is UTF-8 stays, and is not marked"""
    undeclared = {"source": '<source address="127.0.0.0/8" site="default"/>'}
    with Gateway("charset-undeclared", sections=undeclared) as gw:
        gw.start()
        with Tail(gw) as tail:
            for charset, codec, computer, file, _ in CASES + [("", "utf-8", "销售部-01", "x.exe", "")]:
                line = messages.virus("TROJ_GEN.A", computer, file=file)
                gw.send_tcp(line.encode(codec))
                event = tail.find(lambda e: holds(e, file), f"the line in {codec}")  # noqa: B023
                check_equal(event["device"]["hostname"], computer, f"device.hostname in {codec}")
                check_equal(
                    "eog.flag:guessed" in event["metadata"]["labels"], charset != "", f"told in {codec}"
                )
                if charset:
                    check(
                        f'<source address="127.0.0.1" charset="{charset}"/>' in gw.ctl("sources"),
                        f"eogctl sources does not say what to write for {charset}",
                    )
            name = "1.3.6.1.4.1.99999.1"
            text = "发现病毒 W97M".encode("gb18030")
            gw.send_packet(ber.v2_notification(name + ".0.1", [(name, ber.octets(text))]))
            event = tail.find(lambda e: holds(e, name), "the notification")
            check(holds(event, "发现病毒 W97M"), f"its text: {event}")
        check("read as Big5, which is likely" in gw.log_text(), "the log does not tell of it")


main(test_replaced, test_gb18030, test_big5, test_cp932, test_mixed, test_undeclared)
