#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The feed to NATS JetStream: a real cluster of three; the stream's leader is killed under load and
comes back. All that the gateway's journal has is in the stream, once."""
import os
import re
import socket
import subprocess
import time

import messages
from core import Load, kind_name, make_certificates, wait_cursor
from harness import (
    BUILD,
    IS_LONG,
    Gateway,
    Skipped,
    check,
    check_equal,
    free_port,
    main,
    say,
    tool,
    wait_for,
)
from nats import Cluster, Nkey

RECORDS = 20000 if IS_LONG else 1500
KILLS = 4 if IS_LONG else 1


def payload(count):
    return [messages.virus("WORM_DOWNAD.AD", f"wks-{number:06d}") for number in range(count)]


def need(kind):
    """Skips when this build does not have the driver, or dies of it (tests/Makefile.inc)."""
    if kind == "kafka" and "thread" in os.environ.get("GW_INSTRUMENTED", ""):
        raise Skipped("the thread sanitizer does not see Kafka's threads begin")
    with open(os.path.join(BUILD, "config.h")) as header:
        if f"#define HAVE_{kind.upper()} 1" not in header.read():
            raise Skipped(f"configured without {kind}")


def expected_uids(gw):
    return {
        event["metadata"]["uid"]
        for event in gw.records(4 * RECORDS)
        if kind_name(event) not in ("gateway.tick", "gateway.config", "kpi.value")
    }


class Secure:
    """One server that speaks TLS only, for one user and one nkey; its certificate is for 127.0.0.1."""

    def __init__(self, gw, host, nkey):
        self.path, self.port, self.folder = tool("nats-server"), free_port(), gw.folder
        self.host = host
        self.config = gw.write_file(
            f"nats-{host}.conf",
            f"""listen: "{host}:{self.port}"
jetstream {{ store_dir: "{self.folder}/jetstream-{host}", max_mem: 64M, max_file: 1G }}
tls {{ cert_file: "{self.folder}/server.pem", key_file: "{self.folder}/server.key" }}
authorization {{ users: [
    {{ user: eog, password: "not a real secret" }}
    {{ nkey: {nkey.public} }}
] }}
""",
        )

    def __enter__(self):
        if not os.path.exists(os.path.join(self.folder, "server.pem")):
            make_certificates(self.folder)
        with open(os.path.join(self.folder, "nats.log"), "ab") as log:
            self.process = subprocess.Popen([self.path, "-c", self.config], stdout=log, stderr=log)
        try:
            wait_for(self.is_listening, "the server listens")
        except BaseException:
            self.__exit__()
            raise
        return self

    def is_listening(self):
        try:
            socket.create_connection((self.host, self.port), 5).close()
        except OSError:
            return False
        return True

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def test_leader_killed():
    """The stream's leader killed -9 under load and restarted: every record is in it, none twice"""
    need("nats")
    with Cluster() as cluster, Gateway("nats") as gw:
        gw.extra = (
            f'<feed name="core" kind="nats" address="{cluster.address()}" create="yes"'
            ' from="oldest" ack-timeout="3s"/>'
        )
        gw.write_config()
        gw.start()
        gw.receive(*payload(10))
        wait_cursor(gw, gw.committed(), "the first are acknowledged")
        info = cluster.stream("EOG")
        check_equal(
            [info["config"][name] for name in ("subjects", "storage", "num_replicas")],
            [["eog.>"], "file", 3],
            "the stream that was created",
        )
        load = Load(gw, payload(RECORDS))
        for turn in range(KILLS):
            goal = RECORDS * (turn + 1) // (KILLS + 2)
            gw.wait_for(
                lambda goal=goal: cluster.stream("EOG")["state"]["messages"] >= goal, "load", 60
            )
            cluster.wait_whole("EOG")  # two of three must live
            leader = cluster.leader("EOG")
            check(leader is not None, "the stream has a leader")
            cluster.kill(leader)
            gw.wait_for(
                lambda old=leader: cluster.leader("EOG") not in (None, old), "a new leader", 60
            )
            cluster.start(leader)
        load.thread.join()
        wait_cursor(gw, gw.committed(), "everything is acknowledged")
        cluster.wait_whole("EOG")
        found = cluster.messages("EOG")
        uids = [data["metadata"]["uid"] for _, _, data in found]
        goal = expected_uids(gw)
        check(len(goal) > RECORDS, f"only {len(goal)} records")
        check(goal <= set(uids), f"missing: {sorted(goal - set(uids))[:5]} of {len(goal)}")
        check_equal(len(uids), len(set(uids)), "records, each once")
        for subject, headers, data in found:
            check_equal(
                re.search(r"Nats-Msg-Id: *(\S+)", headers).group(1), data["metadata"]["uid"], "id"
            )
            check(
                re.fullmatch(rf"eog\.[A-Za-z0-9_-]+\.{re.escape(kind_name(data))}", subject),
                f"subject {subject}",
            )
        say(f"      {len(uids)} records, {KILLS} kills of the leader")


def test_tls():
    """By TLS with user and password, or an nkey: only to a server whose certificate is for its address"""
    need("nats")
    known, unknown = Nkey(), Nkey()
    with Gateway("natstls") as gw, Secure(gw, "127.0.0.1", known) as right, Secure(
        gw, "127.0.0.2", known
    ) as other:
        gw.write_file("good.pass", "not a real secret\n")
        gw.write_file("bad.pass", "wrong\n")
        gw.write_file("known.nk", known.seed + "\n")
        gw.write_file("unknown.nk", unknown.seed + "\n")

        def feed(name, server, who='user="eog" password-file="good.pass"'):
            return (
                f'<feed name="{name}" kind="nats" address="{server.host}:{server.port}" tls="yes"'
                f' ca="ca.pem" {who} stream="S{name}" subject="{name}" create="yes" replicas="1"'
                ' from="oldest"/>'
            )

        refused = {
            "other": feed("other", other),
            "stranger": feed("stranger", right, 'user="eog" password-file="bad.pass"'),
            "unknown": feed("unknown", right, f'user="{unknown.public}" nkey-file="unknown.nk"'),
            # a public key that is not its seed's
            "mixed": feed("mixed", right, f'user="{known.public}" nkey-file="unknown.nk"'),
        }
        gw.extra = feed("core", right)
        gw.extra += feed("nkey", right, f'user="{known.public}" nkey-file="known.nk"')
        gw.extra += "".join(refused.values())
        gw.write_config()
        gw.start()
        gw.receive(*payload(20))
        for name in ("core", "nkey"):
            wait_cursor(gw, gw.committed(), f"everything is acknowledged to {name}", name)
        for name in refused:
            row = gw.wait_for(
                lambda name=name: next(
                    (row for row in gw.status()["feeds"] if row["name"] == name and row["trouble"]),
                    None,
                ),
                f"{name} is refused",
            )
            check_equal([row["connects"], row["acknowledged"]], [0, 0], f"feed {name}: {row}")
            say(f"      {name}: {row['trouble']}")
        for secret in ("not a real secret", known.seed, unknown.seed):
            check(secret not in gw.log_text(), "a secret is in the log")


def test_nobody():
    """Brokers that are not there: said with the reason, waited for; the gateway stops in time"""
    need("nats")
    need("kafka")
    with Gateway("nobody") as gw:
        port = free_port()
        gw.extra = "".join(
            f'<feed name="{kind}" kind="{kind}" address="127.0.0.1:{port}" from="oldest"/>'
            for kind in ("nats", "kafka")
        )
        gw.write_config()
        gw.start()
        gw.receive(*payload(20))
        for kind in ("nats", "kafka"):
            row = gw.wait_for(
                lambda kind=kind: next(
                    (row for row in gw.status()["feeds"] if row["name"] == kind and row["trouble"]),
                    None,
                ),
                f"{kind} has a reason",
            )
            check_equal([row["connects"], row["sent"]], [0, 0], f"feed {kind}: {row}")
            say(f"      {kind}: {row['trouble']}")
        begun = time.monotonic()
        gw.stop()
        say(f"      stopped within {time.monotonic() - begun:.1f} s")


main(test_leader_killed, test_tls, test_nobody)
