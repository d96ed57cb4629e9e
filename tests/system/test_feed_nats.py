#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The feed to NATS JetStream: a real cluster of three; the stream's leader is killed under load and
comes back. All that the gateway's journal has is in the stream, once."""
import re

import messages
from core import Load, kind_name, wait_cursor
from harness import IS_LONG, Gateway, check, check_equal, main, say
from nats import Cluster

RECORDS = 20000 if IS_LONG else 1500
KILLS = 10 if IS_LONG else 1


def payload(count):
    return [messages.virus("WORM_DOWNAD.AD", f"wks-{number:06d}") for number in range(count)]


def expected_uids(gw):
    return {
        event["metadata"]["uid"]
        for event in gw.records(4 * RECORDS)
        if kind_name(event) not in ("gateway.tick", "gateway.config")
    }


def test_leader_killed():
    """The stream's leader killed -9 under load and restarted: every record is in it, none twice"""
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


main(test_leader_killed)
