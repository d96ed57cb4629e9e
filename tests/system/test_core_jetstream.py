#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The core of many gateways: two of them feed a JetStream stream of a real server, deploy/core's
consumer takes it into PostgreSQL. Every record of both is a row once, the consumer killed with -9
in between; what is no record does no harm."""
import os
import signal
import subprocess

import messages
from core import kind_name
from core_script import SCRIPT, Core
from harness import BUILD, IS_LONG, Gateway, Skipped, check, check_equal, main, say, wait_for
from nats import Client, Cluster

MESSAGES = 50000 if IS_LONG else 3000
OWN = ("gateway.tick", "gateway.config")
HOSTILE = [
    b"no JSON",
    b"\xff\xfe\x00",
    b"\\.",
    # Two records in one message would be two lines.
    b'{"a":1}\n {"metadata":{"uid":"forged.0123456789abcdef.1","labels":["eog.kind:x"]},"time":1}',
]


class Consumer:
    """core.sh jetstream, until the end of the block."""

    def __init__(self, core, server):
        self.core, self.server, self.process = core, server, None

    def start(self):
        command = ["sh", SCRIPT, "jetstream", "--server", "127.0.0.1:1", "--server", self.server,
                   "--stream", "EOG", "--batch", "200", "--ack-wait", "2"]
        with open(os.path.join(self.core.folder, "..", "jetstream.log"), "ab") as log:
            self.process = subprocess.Popen(
                command, env={**os.environ, **self.core.env}, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log)

    def end(self, how):
        """Its exit code."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(40) if self.process else None
        self.process = None
        return code

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.end(signal.SIGKILL)


def need_nats():
    with open(os.path.join(BUILD, "config.h")) as header:
        if "#define HAVE_NATS 1" not in header.read():
            raise Skipped("configured without nats")


def fed(site, server):
    return Gateway(
        site,
        extra=f'<feed name="core" kind="nats" address="{server}" create="yes" replicas="1"'
        ' from="oldest"/>',
        sections={
            "gateway": f'<gateway id="gw-{site}" site="{site}"/>',
            "site": f'<site id="{site}" name="{site}" hosts="0"/>',
            "source": f'<source address="127.0.0.0/8" site="{site}"/>',
        },
    )


def journal(gw):
    return {event["metadata"]["uid"]: kind_name(event) for event in gw.records(4 * MESSAGES)
            if kind_name(event) not in OWN}


def publish(cluster, *payloads):
    client = Client(cluster.ports[0])
    for data in payloads:
        client.socket.sendall(b"PUB eog.x.y %d\r\n%s\r\n" % (len(data), data))
    client.request("$JS.API.INFO")
    client.close()


def rows(core, site):
    return dict(core.rows(f"select uid, kind from record where gateway = 'gw-{site}'"))


def test_two_gateways():
    """Two gateways, one stream, one table; the consumer killed -9 and started again"""
    need_nats()
    with Cluster(1) as cluster:
        server = cluster.address()
        with fed("north", server) as north, fed("south", server) as south, \
                Core(os.path.join(north.folder, "core")) as core:
            core.env["EOG_CORE_TLS"] = "no"
            core.do("start")
            for gw in (north, south):
                gw.start()
                gw.receive(messages.virus("TROJ_GEN.A", "first"))
            with Consumer(core, server) as consumer:
                wait_for(lambda: rows(core, "north") and rows(core, "south"), "the first rows", 60)
                for gw in (north, south):
                    gw.receive(*(messages.virus("WORM_DOWNAD.AD", f"wks-{number:05d}")
                                 for number in range(MESSAGES)))
                wait_for(lambda: core.count() > MESSAGES // 4, "it is in the middle", 60)
                before = core.count()
                consumer.end(signal.SIGKILL)
                publish(cluster, *HOSTILE)
                consumer.start()
                for gw, site in ((north, "north"), (south, "south")):
                    goal = journal(gw)
                    check(len(goal) > MESSAGES, f"only {len(goal)} records")
                    wait_for(lambda goal=goal, site=site: len(rows(core, site)) >= len(goal),
                             f"all of {site} are rows", 60)
                    check_equal(rows(core, site), goal, f"rows of {site}")
                wait_for(lambda: len(core.rows("select 1 from refused")) >= len(HOSTILE),
                         "what is no record is kept apart", 60)
                check_equal(core.rows("select uid from record where uid like 'forged%'"), [],
                            "a record inside another's text")
                check("malware.quarantined" in core.do("query", "south"), "the query answers")
                check_equal(consumer.end(signal.SIGTERM), 0, "exit code after SIGTERM")
            say(f"      {core.count()} rows; the consumer killed with {before} of them there")


if __name__ == "__main__":
    main(test_two_gateways)
