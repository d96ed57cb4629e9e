#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gear behind a relay, a real rsyslog: its messages are its own, as if it had sent them straight; who
is no relay is believed nothing. In a network namespace of its own, since senders need addresses of
which none is this machine's 127.0.0.0/8."""
import json
import os
import socket

import messages
import namespace
from forwarders import Rsyslog
from harness import SOURCE, Gateway, check, check_equal, free_port, main

CONSOLE, SWITCH, CONSOLE6 = "192.0.2.7", "192.0.2.8", "2001:db8::7"
RELAY, STRANGER = "192.0.2.250", "192.0.2.66"
LINK_DOWN = ("<188>Nov 24 2026 08:00:00 core-sw1 %%01IFNET/4/LINK_STATE(l)[7]:The line protocol IP on "
             "the interface GigabitEthernet0/0/1 has entered the DOWN state.")


def send(sender, port, *texts):
    family = socket.AF_INET6 if ":" in sender else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as source:
        source.bind((sender, 0))
        for text in texts:
            data = text if isinstance(text, bytes) else text.encode()
            source.sendto(data, ("::1" if ":" in sender else "127.0.0.1", port))


class Relayed(Gateway):
    """A gateway that believes RELAY on its RELP port, and nobody on its UDP port."""

    def __init__(self, name):
        self.relp = free_port()
        port = free_port()
        sources = (f'<site id="hq"/><site id="plant"/>'
                   f'<source address="{CONSOLE}" site="hq" charset="GB18030"/>'
                   f'<source address="{CONSOLE6}" site="hq"/>'
                   f'<source address="{SWITCH}" site="plant" zone="Asia/Shanghai"/>')
        super().__init__(name, extra=sources, sections={
            "syslog-tcp": f'<syslog-relp address="0.0.0.0:{self.relp}" relays="198.51.100.0/24'
                          f' {RELAY}"/>',
            "syslog-udp": f'<syslog-udp address="[::]:{port}"/>'})
        self.port["syslog"] = port

    def sources(self):
        return {(row["peer"], row["transport"]): row
                for row in json.loads(self.ctl("sources", "--json"))["sources"]}

    def wait_received(self, n):
        self.wait_for(lambda: self.counter("received") >= n, f"{n} messages are received")
        self.settle()

    def messages(self):
        return [event for event in self.records()
                if "raw_data" in event and "reporter" in event["metadata"]]


def essence(event):
    """A record without what differs by how it came."""
    event = json.loads(json.dumps(event))
    for name in ("uid", "sequence", "loggers", "logged_time", "processed_time",
                 "transmit_time", "log_provider"):
        event["metadata"].pop(name, None)
    event.pop("time" if "original_time" not in event["metadata"] else "", None)
    return event


def test_relay():
    """Through rsyslog by RELP: record, site and charset are the sender's, the relay is named; kill -9,
    a replay of the whole journal and renormalize change nothing"""
    virus = messages.virus("WORM_测试.AD", "wks-00").encode("gb18030")
    bare = messages.virus("WORM_DOWNAD.AD", "wks-99").split("> ", 1)[-1].split(" ", 4)[-1]
    straight = [(CONSOLE, virus), (SWITCH, LINK_DOWN), (CONSOLE6, "<14>tool: no time\tat all"),
                (CONSOLE, bare)]
    with Relayed("relay") as gw:
        gw.start()
        for sender, text in straight:
            send(sender, gw.port["syslog"], text)
        gw.wait_received(len(straight))
        with Rsyslog(os.path.join(gw.folder, "relay"), RELAY, gw.relp) as relay:
            for sender, text in straight:
                send(sender, relay.port, text)
            gw.wait_received(2 * len(straight))
            seen = gw.messages()
            check_equal(len(seen), 2 * len(straight), "messages")
            by_raw = {}
            for event in seen:
                by_raw.setdefault(event["raw_data"], []).append(event)
            for raw, pair in by_raw.items():
                check_equal(len(pair), 2, f"records of {raw!r}")
                check_equal(essence(pair[1]), essence(pair[0]), "a record through the relay")
                check_equal([row["name"] for row in pair[0]["metadata"]["loggers"]],
                            ["eog-gateway"], "loggers of what came straight")
                way = pair[1]["metadata"]["loggers"][1]
                check_equal([way["name"], way["device"]["ip"]], ["relay", RELAY], "the relay")
                check(abs(way["logged_time"] - pair[1]["metadata"]["logged_time"]) < 60000,
                      f"the relay's time: {way}")
            check(any("测试" in raw for raw in by_raw), "GB18030 was not read")
            rows = gw.sources()
            check_equal([rows[CONSOLE, "relp"][k] for k in ("received", "via", "relayed")],
                        [2, RELAY, 0], "the console's row")
            check_equal(rows[CONSOLE, "udp"]["via"], "", "the way straight")
            check_equal([rows[RELAY, "relp"][k] for k in ("received", "via", "relayed")],
                        [0, "", 4], "the relay's row")
            index = ".".join(str(n) for n in [len(CONSOLE), *CONSOLE.encode(), 4])
            check_equal(gw.get("eogSourceVia", index), RELAY, "eogSourceVia")
            check("VIA" in gw.ctl("sources"), "eogctl sources has no column for the way")
            # What only came through the relay judges the sender's site.
            send(CONSOLE, relay.port, *[messages.virus("WORM_DOWNAD.AD", f"wks-{n:02d}")
                                        for n in range(12)])
            gw.wait_state(11, "outbreak", "hq", "critical")
            check_equal(gw.kpi(11, "plant"), "3", "outbreak where nobody speaks of viruses")
        gw.settle()
        rows = gw.walk(columns=(gw.column("eogKpiState"),))
        gw.kill()
        for name in os.listdir(gw.state):
            if name.startswith("kpi.checkpoint"):
                os.unlink(os.path.join(gw.state, name))
        gw.start()
        gw.settle()
        check_equal(gw.walk(columns=(gw.column("eogKpiState"),)), rows, "indicators after a replay")
        report = json.loads(gw.ctl("renormalize", "--from", "2020-01-01", "--to", "2199-01-01",
                                   "--dry-run", "--json", "--config", gw.config_path,
                                   "--data", SOURCE))
        check_equal([report["unchanged"], report["changed"]], [20, 0], "renormalize")


def test_stranger():
    """[origin ip] of who is no relay changes nothing; a relay's that is no address is counted"""
    claim = f'<14>1 - relay rsyslog - relayed [origin ip="{CONSOLE}"] <14>app: hello'
    with Relayed("stranger") as gw:
        gw.start()
        send(STRANGER, gw.port["syslog"], claim)
        send(RELAY, gw.port["syslog"], claim)  # a relay by RELP alone: a datagram may be forged
        gw.wait_received(2)
        check_equal([event["metadata"]["reporter"]["ip"] for event in gw.messages()],
                    [STRANGER, RELAY], "senders")
        check_equal([event["raw_data"] for event in gw.messages()], [claim] * 2, "texts")
        check(all(not row["via"] and not row["relayed"] for row in gw.sources().values()),
              "somebody was believed")
        check_equal(gw.counter("bad_origins"), 0, "origins of others are not judged")
        bad = claim.replace(CONSOLE, "console.example.net").encode()
        with socket.socket() as relay:
            relay.bind((RELAY, 0))
            relay.connect(("127.0.0.1", gw.relp))
            relay.sendall(b"1 open 30 relp_version=0\ncommands=syslog\n"
                          + b"2 syslog %d " % len(bad) + bad + b"\n")
            gw.wait_received(3)
        check_equal([gw.counter("bad_origins"), gw.sources()[RELAY, "relp"]["bad_origins"]], [1, 1],
                    "origins that are no address")
        event = gw.messages()[-1]
        check_equal([event["raw_data"], event["metadata"]["reporter"]["ip"]],
                    ["<14>app: hello", RELAY], "its record")
        check("1 messages" in gw.ctl("status"), "eogctl status does not tell")


namespace.enter(CONSOLE, SWITCH, RELAY, STRANGER, CONSOLE6)
main(test_relay, test_stranger)
