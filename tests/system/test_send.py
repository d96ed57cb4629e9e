#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""eogctl send into eogd: what the tool says it sent is what the gateway received, by each
transport and framing; old messages replayed with --retime count in today's windows."""
import json
import re

import messages
from harness import Gateway, Tail, check, check_equal, kind_of, main, program, run

OLD = 1400000000  # May 2014


def lines(count, **more):
    return (
        "\n".join(messages.virus("TROJ_GEN.A", f"wks-{i:03d}", **more) for i in range(count)) + "\n"
    )


def send(gw, path, *options, port="syslog"):
    target = f"127.0.0.1:{gw.port[port]}"
    said = run([program("eogctl"), "send", *options, "--to", target, path])
    found = re.match(r"sent (\d+) messages, (\d+) bytes in [0-9.]+ s", said)
    check(found, f"eogctl send said {said!r}")
    return int(found.group(1)), said


def test_transports():
    """TCP with LF, with octet counts, over four connections, and UDP at a rate: all is received"""
    with Gateway("send") as gw:
        gw.start()
        path = gw.write_file("lines.log", lines(500))
        received = 0
        for options in (
            ("--tcp",),
            ("--tcp", "--framing", "octet"),
            ("--tcp", "--connections", "4"),
            ("--tcp", "--count", "1200"),
            ("--udp", "--rate", "5000"),
        ):
            sent, _ = send(gw, path, *options)
            received += sent
            gw.wait_for(
                lambda: gw.counter("received") == received, f"{received} messages are received"
            )
        check_equal(gw.counter("unclassified"), 0, "messages that no mapping knew")
        check_equal(gw.counter("malformed"), 0, "malformed messages")


def test_notifications():
    """--trap sends v1 and v2c notifications, --inform waits until each is answered"""
    notifications = [
        {
            "version": "v2c",
            "trap_oid": "1.3.6.1.6.3.1.1.5.3",
            "varbinds": [["1.3.6.1.2.1.2.2.1.1.7", "INTEGER", 7]],
        },
        {
            "version": "v1",
            "enterprise": "1.3.6.1.4.1.9.1.1208",
            "generic": 3,
            "specific": 0,
            "agent_addr": "192.0.2.7",
        },
    ]
    with Gateway("send") as gw:
        gw.start()
        path = gw.write_file("traps.jsonl", "".join(json.dumps(n) + "\n" for n in notifications))
        send(gw, path, "--trap", port="trap")
        gw.wait_for(lambda: gw.counter("received") == 2, "both notifications are received")
        check_equal(
            sorted(filter(None, (kind_of(e) for e in gw.records())))[-2:],
            ["link.down", "link.up"],
            "kinds of the two notifications",
        )
        path = gw.write_file("inform.jsonl", json.dumps(notifications[0]) + "\n")
        _, said = send(gw, path, "--inform", "--count", "300", port="trap")
        check("300 answered" in said, f"eogctl send --inform said {said!r}")
        check_equal(gw.counter("received"), 302, "notifications received")


def test_json():
    """send --json prints its final figures as one object, also when it ends early"""
    with Gateway("send") as gw:
        gw.start()
        path = gw.write_file("lines.log", lines(40))
        target = f"127.0.0.1:{gw.port['syslog']}"
        said = json.loads(run([program("eogctl"), "send", "--json", "--to", target, path]))
        check_equal(sorted(said), sorted(("sent", "bytes", "elapsed_ms", "per_s", "answered",
                                          "refused", "complete", "error")), "members")
        check_equal((said["sent"], said["bytes"]), (40, len(lines(40)) - 40), "messages and bytes")
        check_equal((said["answered"], said["refused"], said["complete"], said["error"]),
                    (None, 0, True, None), "the rest")
        gw.wait_for(lambda: gw.counter("received") == 40, "all are received")
        good = json.dumps({"version": "v2c", "trap_oid": "1.3.6.1.6.3.1.1.5.3", "varbinds": []})
        path = gw.write_file("informs.jsonl", f"{good}\nnonsense\n{good}\n")
        target = f"127.0.0.1:{gw.port['trap']}"
        said = json.loads(run([program("eogctl"), "send", "--inform", "--json", "--to", target, path],
                              ok=(1,)))
        check_equal((said["sent"], said["answered"], said["refused"], said["complete"]),
                    (2, 2, 1, False), "two informs and a line that is none")
        said = json.loads(run([program("eogctl"), "send", "--inform", "--json", "--wait", "0.1", "--to",
                               f"127.0.0.1:{gw.port['sink']}", path], ok=(3,)))
        check(said["answered"] == 0 and said["error"], f"nobody answers: {said}")


def test_retime():
    """Messages of 2014 replayed with --retime carry times up to now, an hour apart as they were"""
    with Gateway("send") as gw:
        gw.start()
        hosts = ("wks-old", "wks-new")
        old = [
            messages.virus("TROJ_GEN.A", host, when_s=OLD + 3600 * i)
            for i, host in enumerate(hosts)
        ]
        path = gw.write_file("old.log", "\n".join(old) + "\n")
        with Tail(gw) as tail:
            send(gw, path, "--retime")
            times = {}
            for host in hosts:
                event = tail.find(
                    lambda e: e.get("device", {}).get("hostname") == host, f"the record of {host}"
                )
                times[host] = event["time"]
                check(
                    event["time"] <= event["metadata"]["logged_time"] + 1000,
                    f"{host} is in the future: {event}",
                )
        check_equal(times["wks-new"] - times["wks-old"], 3600000, "milliseconds between the two")
        check(event["metadata"]["logged_time"] - times["wks-new"] < 30000, "the last is not now")


main(test_transports, test_notifications, test_json, test_retime)
