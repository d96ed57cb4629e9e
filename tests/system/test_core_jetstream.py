#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The core of many gateways: two of them feed a JetStream stream of a real server, deploy/core's
consumer takes it into PostgreSQL. Every record of both is a row once, the consumer killed with -9
in between; what is no record does no harm."""
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from unittest import mock

import messages
from core import kind_name
from core_script import SCRIPT, Core
from harness import BUILD, IS_LONG, SOURCE, Gateway, Skipped, check, check_equal, main, say, \
    tool, wait_for
from nats import Client, Cluster

MESSAGES = 50000 if IS_LONG else 3000
OWN = ("gateway.tick", "gateway.config", "kpi.value")
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


def tear(core):
    """What a writer killed in the middle of a line has left, of a time when nobody writes now."""
    spool = os.path.join(core.folder, "spool")
    path = os.path.join(spool, f"{int(time.time()) - 600}.torn")
    with open(path, "w") as file:
        file.write(' {}\n {"torn')
    os.chown(path, os.stat(spool).st_uid, -1)
    return path


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
                torn = tear(core)
                consumer.start()
                for gw, site in ((north, "north"), (south, "south")):
                    goal = journal(gw)
                    check(len(goal) > MESSAGES, f"only {len(goal)} records")
                    wait_for(lambda goal=goal, site=site: len(rows(core, site)) >= len(goal),
                             f"all of {site} are rows", 60)
                    check_equal(rows(core, site), goal, f"rows of {site}")
                wait_for(lambda: len(core.rows("select 1 from refused")) >= len(HOSTILE) + 2,
                         "what is no record is kept apart", 60)
                wait_for(lambda: not os.path.exists(torn), "the torn file is gone", 60)
                check_equal(core.rows("select text from refused where text like '%torn%'"),
                            [['{"torn']], "the line that was torn")
                check_equal(core.rows("select uid from record where uid like 'forged%'"), [],
                            "a record inside another's text")
                check("malware.quarantined" in core.do("query", "south"), "the query answers")
                check_equal(consumer.end(signal.SIGTERM), 0, "exit code after SIGTERM")
            say(f"      {core.count()} rows; the consumer killed with {before} of them there")


def test_refusing_disk():
    """A disk that refuses in the middle of a line, and takes the next: that one is whole"""
    sys.dont_write_bytecode = True
    sys.path.insert(0, os.path.join(SOURCE, "deploy", "core"))
    import jetstream
    folder = tempfile.mkdtemp(prefix="eog-spool-")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with mock.patch("time.time", lambda: 1e9):  # within one second
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limit[1]))
            try:
                jetstream.Spool(folder).keep([("", b"first " * 500)])
                check(False, "the disk did not refuse")
            except OSError:
                pass
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, limit)
            jetstream.Spool(folder).keep([("", b"second")])
        found = []
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as file:
                found += file.readlines()
        check(b" second\n" in found, f"the second line: {found}")
    finally:
        shutil.rmtree(folder)


def test_no_stream():
    """A stream that is not there: asked for less and less often; SIGTERM ends the wait at once"""
    folder = tempfile.mkdtemp(prefix="eog-spool-")
    try:
        with Cluster(1) as cluster:
            consumer = subprocess.Popen(
                [tool("python3"), os.path.join(SOURCE, "deploy", "core", "jetstream.py"),
                 "--server", cluster.address(), "--spool", folder],
                stdout=subprocess.PIPE, text=True)
            try:
                told = [(consumer.stdout.readline(), time.monotonic()) for _ in range(5)]
                consumer.send_signal(signal.SIGTERM)  # it waits 3.2 s now
                ended = time.monotonic()
                check_equal(consumer.wait(60), 0, "exit code after SIGTERM")
                ended = time.monotonic() - ended
            finally:
                consumer.kill()
                consumer.wait()
                consumer.stdout.close()
        check("stream not found" in told[-1][0], told)
        check(told[-1][1] - told[-2][1] > 1.5, f"the last pause of 1.6 s: {told}")
        check(ended < 3, f"SIGTERM took {ended:.1f} s")
    finally:
        shutil.rmtree(folder)


def test_large():
    """A batch of large messages is taken in parts: memory has a bound"""
    folder = tempfile.mkdtemp(prefix="eog-spool-")
    count, size = 30, 1000000
    try:
        with Cluster(1) as cluster:
            check(cluster.request("$JS.API.STREAM.CREATE.EOG",
                                  '{"name":"EOG","subjects":["eog.>"],"storage":"file"}'), "stream")
            publish(cluster, *([b"\xff" * size] * count))
            consumer = subprocess.Popen(
                [tool("python3"), os.path.join(SOURCE, "deploy", "core", "jetstream.py"),
                 "--server", cluster.address(), "--spool", folder], stdout=subprocess.DEVNULL)
            try:
                def is_taken():
                    info = cluster.request("$JS.API.CONSUMER.INFO.EOG.core")
                    return info and info["ack_floor"]["stream_seq"] == count
                wait_for(is_taken, "all are acknowledged", 60)
                with open(f"/proc/{consumer.pid}/status") as file:
                    peak_kb = int(next(l for l in file if l.startswith("VmHWM")).split()[1])
            finally:
                consumer.kill()
                consumer.wait()
        lines = 0
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "rb") as file:
                lines += sum(1 for _ in file)
        check(lines >= count, f"{lines} lines of {count}")
        check(peak_kb < 180000, f"it took {peak_kb} KB")
        say(f"      {count} messages of {size} bytes: {peak_kb // 1024} MB at most")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(test_two_gateways, test_refusing_disk, test_no_stream, test_large)
