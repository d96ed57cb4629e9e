#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The feed to the core: a real rsyslog by RELP and by TCP, and a file, get every record of the
journal, in order; targets that are dead, mute or refuse hold up nobody; backlogs are seen; reloads
add, change and remove targets."""
import os
import re
import time

import ber
import messages
from core import Lines, Relp, Rsyslog, kind_name, make_certificates, sequence_of
from harness import Gateway, Sink, check, check_equal, free_port, main, wait_for

OWN = ("gateway.tick", "gateway.config", "kpi.value")


def feed_of(gw, name):
    """The row of eogctl status; None: there is no such feed."""
    return next((row for row in gw.status()["feeds"] if row["name"] == name), None)


def wait_row(gw, name, condition, what):
    def look():
        row = feed_of(gw, name)
        check(row is not None, f"no feed {name}")
        check(condition(row), f"{what}: {row}")
        return row

    return gw.wait_for(look, f"feed {name}: {what}")


def wait_drained(gw, name):
    """Everything that is in the journal now was acknowledged."""
    goal = gw.committed()
    return wait_row(gw, name, lambda row: row["cursor"] >= goal, f"acknowledged up to {goal}")


def expected(gw, first=1):
    """Sequences that a feed without a filter gets, from first on; read by eogctl tail."""
    return [
        sequence_of(event)
        for event in gw.records(20000)
        if kind_name(event) not in OWN and sequence_of(event) >= first
    ]


def told_of(sink, gw, name):
    """The reason in the first notification of that name about a feed."""
    for seen in list(sink.received):
        if (
            seen["varbinds"].get(ber.TRAP_OID) == gw.oids[name]
            and sink.text(seen, "eogNotifyKpiKey") == "feed"
        ):
            return sink.text(seen, "eogNotifyReason")
    return None


def viruses(count, first=0):
    return [
        messages.virus("WORM_DOWNAD.AD", f"wks-{number:05d}")
        for number in range(first, first + count)
    ]


def feeds(*rows):
    return "\n  ".join(f"<feed {row}/>" for row in rows)


def test_rsyslog():
    """rsyslog by RELP, by TCP, and a file get every record, alerts too, in the journal's order"""
    with Gateway("core") as gw, Rsyslog(os.path.join(gw.folder, "core")) as core:
        core.start()
        gw.extra = feeds(
            f'name="relp" kind="relp" address="localhost:{core.relp_port}" from="oldest"',
            f'name="tcp" kind="syslog" address="127.0.0.1:{core.tcp_port}" from="oldest"',
            'name="file" kind="file" file="out.jsonl" from="oldest"',
        )
        gw.write_config()
        gw.start()
        gw.receive(*viruses(3000))
        gw.wait_state(11, "outbreak", "default", "critical")
        for name in ("relp", "tcp", "file"):
            row = wait_drained(gw, name)
            check_equal(
                [row["state"], row["standing"], row["resent"], row["refused"]],
                ["ok", "connected", 0, 0],
                f"feed {name}",
            )
        goal = expected(gw)
        check(len(goal) > 3000, f"only {len(goal)} records")
        out = Lines(os.path.join(gw.folder, "out.jsonl"))
        for name, lines in (("relp", core.relp), ("tcp", core.tcp), ("file", out)):
            gw.wait_for(lambda: len(lines.look()) >= len(goal), f"{name}: all are written")
            # ticks of the wait may have brought more
            check_equal(lines.sequences()[: len(goal)], goal, f"{name}: records in order")
            kinds = {kind_name(record) for record in lines.records}
            check(
                {"malware.quarantined", "alert.raised"} <= kinds
                and not kinds & set(OWN),
                f"{name}: kinds {sorted(kinds)}",
            )
            check("raw_data" not in lines.records[0], f"{name}: raw text was not asked for")
        with open(core.relp.path) as file:
            check_equal(
                bool(re.match(r"<13\d>1 \S+T\S+Z gw-test eog-gateway - \S+ - \{", file.readline())),
                True,
                "the syslog header",
            )


def test_dead():
    """A dead target and a mute one beside a live one: it gets all at once; their backlog is seen by
    SNMP and eogctl, gets critical with its age, and is sent when they come back"""
    with Gateway("dead") as gw, Relp() as live, Relp() as dead, Relp() as mute, Sink(gw) as sink:
        live.start()
        mute.answers = "none"
        mute.start()
        gw.extra = feeds(
            f'name="live" address="127.0.0.1:{live.port}" window="16"',
            f'name="dead" address="127.0.0.1:{dead.port}" warning="1s" critical="2s"',
            f'name="mute" address="127.0.0.1:{mute.port}" window="4" ack-timeout="300ms"',
        )
        gw.write_config()
        gw.start()
        gw.receive(*viruses(500))
        wait_drained(gw, "live")
        check_equal(len(set(live.sequences())), len(live.sequences()), "each came once")
        check(len(live.sequences()) >= 500, f"{len(live.sequences())} records")
        # A mute one is connected to again and again; never more than its window is in flight.
        row = wait_row(gw, "mute", lambda row: row["connects"] >= 2, "is connected to again")
        words = ("nothing acknowledged", "is mute at record")  # the second when it was tried more often
        check(any(word in row["trouble"] for word in words), f"its trouble: {row}")
        check(row["in_flight"] <= 4 and row["acknowledged"] == 0, f"its window: {row}")
        row = wait_row(gw, "dead", lambda row: row["state"] == "critical", "is critical")
        check(row["backlog_records"] >= 500 and row["backlog_seconds"] >= 2, f"backlog: {row}")
        check("refused" in row["trouble"], f"its trouble: {row}")
        index = ".".join(str(n) for n in [4, *b"dead"])
        check_equal(gw.get("eogFeedState", index), "2", "eogFeedState of dead")
        check(int(gw.get("eogFeedBacklogRecords", index)) >= 500, "eogFeedBacklogRecords")
        check(int(gw.get("eogFeedBacklogAge", index)) >= 2, "eogFeedBacklogAge")
        check("feed dead, relp" in gw.ctl("status"), "eogctl status has a line of it")
        check("dead" in gw.ctl("feed"), "eogctl feed has a row of it")
        gw.wait_for(
            lambda: "records wait for too long feed=dead" in gw.log_text(), "the log says so"
        )
        fault = gw.wait_for(lambda: told_of(sink, gw, "eogGatewayFault"), "the fault is told")
        check("records wait for feed dead" in fault, f"the fault's reason: {fault}")
        mute.answers = "ok"
        dead.start()
        for name, server in (("dead", dead), ("mute", mute)):
            wait_drained(gw, name)
            wait_row(gw, name, lambda row: row["state"] == "ok", "is ok again")
            check_equal(sorted(set(server.sequences())), sorted(set(live.sequences())), name)
        repeats = len(mute.messages) - len(set(mute.sequences()))
        most = 4 * feed_of(gw, "mute")["connects"]
        check(0 < repeats <= most, f"{repeats} repeats to the mute one, at most {most}")
        check_equal(dead.sequences(), live.sequences(), "in order")
        gw.wait_for(lambda: told_of(sink, gw, "eogGatewayFaultCleared"), "its end is told")


def test_fault_over_a_restart():
    """A fault that was told is taken back, though its end came while the gateway was down: by kill -9
    as by a stop; and it is not told again by a restart while it lasts"""
    dead = feeds(f'name="dead" address="127.0.0.1:{free_port()}" warning="1s" critical="2s"')
    with Gateway("fault") as gw, Sink(gw) as sink:
        for end in (gw.kill, gw.stop):
            sink.received.clear()
            gw.extra = dead
            gw.write_config()
            gw.start()
            gw.receive(*viruses(1))
            gw.wait_for(lambda: told_of(sink, gw, "eogGatewayFault"), "the fault is told")
            end()
            sink.received.clear()
            gw.start()
            wait_row(gw, "dead", lambda row: row["state"] == "critical", "is critical")
            time.sleep(2)
            check_equal(told_of(sink, gw, "eogGatewayFault"), None, "told again")
            end()
            gw.extra = ""
            gw.write_config()
            gw.start()
            gw.wait_for(lambda: told_of(sink, gw, "eogGatewayFaultCleared"), "its end is told")
            gw.ctl("feed", "forget", "dead")
            end()


def test_refused():
    """A record that the target refuses for ever is counted, named in the log and passed over; one
    that is too long is cut; the rest arrives"""
    with Gateway("refused") as gw, Relp() as core:
        core.answers, core.refused = "refuse", "wks-00005"
        core.start()
        gw.extra = feeds(f'name="core" address="127.0.0.1:{core.port}" max-message="2k"')
        gw.write_config()
        gw.start()
        gw.receive(*viruses(10), messages.virus("WORM_DOWNAD.AD", "wks-9", file="x" * 3000))
        row = wait_drained(gw, "core")
        check_equal(row["refused"], 1, "refused")
        check("not this one" in row["trouble"], f"trouble: {row}")
        check("record passed over feed=core" in gw.log_text(), "the log names it")
        texts = "\n".join(core.messages)
        for number in range(10):
            check(f"wks-{number:05d}" in texts, f"wks-{number:05d} arrived")
        cut = [text for text in core.messages if "xxxx" in text]
        check_equal((len(cut), "wks-9" in cut[0], '"is_truncated":true' in cut[0]), (1, True, True),
                    "the long one was cut")
        check(len(cut[0]) <= 2048, f"{len(cut[0])} bytes")


def dies(answers):
    with Gateway(answers) as gw, Relp() as core:
        core.answers, core.refused = answers, "wks-00005"
        core.start()
        gw.extra = feeds(f'name="core" address="127.0.0.1:{core.port}" ack-timeout="1s"')
        gw.write_config()
        gw.start()
        gw.receive(*viruses(10))
        wait_row(gw, "core", lambda row: "hangs up or is mute at record" in row["trouble"], "the trouble is said")

        def is_passed_over():
            gw.receive(*viruses(1))
            row = next(row for row in gw.status()["feeds"] if row["name"] == "core")
            check(row["refused"] == 1, f"{row}")
            return row

        gw.wait_for(is_passed_over, "others pass, and it is passed over", 120)
        check_equal(wait_drained(gw, "core")["refused"], 1, "refused")
        check("record passed over feed=core" in gw.log_text(), "the log names it")
        texts = "\n".join(core.messages)
        for number in range(10):
            check_equal(f"wks-{number:05d}" in texts, number != 5, f"wks-{number:05d} arrived")


def test_dying():
    """A record that the target dies of is found among those that came with it, and passed over when
    others have passed; these arrive before, and all that comes later"""
    dies("die")


def test_sticking():
    """So is one that it never answers, though it stays on the line"""
    dies("stick")


def test_rotation():
    """A file is rotated by its size; no record is lost or torn between two; old ones go"""
    with Gateway(
        "rotation",
        extra=feeds('name="f" kind="file" file="out.jsonl" rotate-size="64k" keep="3"'),
    ) as gw:
        gw.start()
        path = os.path.join(gw.folder, "out.jsonl")
        seen = {}
        # Not all at once: each batch is a look at its size.
        for batch in range(6):
            gw.receive(*viruses(60, first=batch * 60))
            wait_drained(gw, "f")
            for name in sorted(os.listdir(gw.folder)):
                if name.startswith("out.jsonl"):
                    lines = Lines(os.path.join(gw.folder, name))
                    for record in lines.look():
                        seen[sequence_of(record)] = record
                    check_equal(lines.torn, 0, f"torn lines in {name}")
        wait_drained(gw, "f")
        for record in Lines(path).look():
            seen[sequence_of(record)] = record
        hosts = [r for r in seen.values() if kind_name(r) == "malware.quarantined"]
        check_equal(len(hosts), 360, "records in all files")
        names = sorted(name for name in os.listdir(gw.folder) if name.startswith("out.jsonl"))
        check_equal(names, ["out.jsonl"] + [f"out.jsonl.{n}" for n in (1, 2, 3)], "files")
        # Somebody else moved it away: it is begun anew.
        os.rename(path, path + ".moved")
        gw.receive(*viruses(1, first=999))
        wait_drained(gw, "f")
        check("wks-00999" in open(path).read(), "the new file has it")


def test_reload():
    """A reload adds, changes and removes targets; a removed one keeps its place until it is
    forgotten"""
    with Gateway("reload") as gw, Relp() as one, Relp() as two:
        one.start()
        two.start()

        def configure(*rows):
            before = gw.log_text().count("reload: done")
            gw.extra = feeds(*rows)
            gw.write_config()
            gw.reload()
            gw.wait_for(lambda: gw.log_text().count("reload: done") > before, "reloaded")

        gw.start()
        check_equal(gw.status()["feeds"], [], "feeds at first")
        configure(f'name="core" address="127.0.0.1:{one.port}"')
        gw.receive(*viruses(5))
        wait_drained(gw, "core")
        sent = feed_of(gw, "core")["sent"]
        # To another address: from where it was, counters go on.
        configure(f'name="core" address="127.0.0.1:{two.port}"')
        gw.receive(*viruses(5, first=5))
        wait_drained(gw, "core")
        check(feed_of(gw, "core")["sent"] > sent, "counters go on")
        check_equal(set(one.sequences()) & set(two.sequences()), set(), "sent to both")
        check(
            "wks-00004" in "".join(one.messages) and "wks-00005" in "".join(two.messages),
            "each got its half",
        )
        refusal = gw.ctl("feed", "forget", "core", ok=(3,))
        check_equal(refusal, "", "a feed that is configured is not forgotten")
        configure()
        row = feed_of(gw, "core")
        check_equal([row["standing"], row["state"]], ["removed", "warning"], "after its removal")
        check("eogctl feed forget core" in gw.log_text(), "the log says how to give it up")
        gw.receive(*viruses(5, first=10))
        # It comes back: nothing is missing.
        configure(f'name="core" address="127.0.0.1:{two.port}"')
        wait_drained(gw, "core")
        check("wks-00010" in "".join(two.messages), "what came meanwhile was kept for it")
        configure()
        check("forgotten" in gw.ctl("feed", "forget", "core"), "forget answers")
        check_equal(gw.status()["feeds"], [], "feeds at last")
        check_equal(os.listdir(os.path.join(gw.state, "journal", "cursors")).count("feed-core"), 0,
                    "its cursor's file")
        # A broken one is refused as a whole.
        gw.extra = feeds('name="a b" kind="kafka" kinds="nothing." hide="hat" sites="mars"')
        gw.write_config()
        gw.reload()
        # Of Kafka a build that has it says what is wrong, another that it has it not.
        kafka = ("needs one server or more", "does not have it")
        gw.wait_for(lambda: any(text in gw.log_text() for text in kafka), f"the log says {kafka}")
        for text in ("1 to 32 letters", "no kind begins with 'nothing.'", "'hat' is not one of",
                     "no such site"):
            gw.wait_for(lambda: text in gw.log_text(), f"the log says {text}")
        check_equal(gw.status()["feeds"], [], "feeds after a refused reload")


def test_reload_in_flight():
    """What was sent and not acknowledged when a feed was changed is sent again, and counted so"""
    with Gateway("inflight") as gw, Relp() as core:
        core.start()
        core.answers = "none"

        def configure(window):
            gw.extra = feeds(f'name="core" address="127.0.0.1:{core.port}" kinds="malware." window="{window}"')
            gw.write_config()

        configure(100)
        gw.start()
        gw.receive(*viruses(5))
        wait_row(gw, "core", lambda row: row["sent"] == 5, "five are sent")
        configure(200)
        gw.reload()
        row = wait_row(gw, "core", lambda row: row["resent"] == 5, "they are sent again")
        check_equal(row["sent"], 5, "sent for the first time")
        core.answers = "ok"
        core.stop()
        core.start()
        gw.receive(*viruses(1, first=5))
        wait_drained(gw, "core")
        row = feed_of(gw, "core")
        check_equal((row["sent"], row["acknowledged"]), (6, 6), "sent and acknowledged")


def test_privacy():
    """What is hidden or hashed leaves in no field and no text; equal values stay equal"""
    with Gateway("privacy", files={"key": "0123456789abcdef0123\n"}) as gw, Relp() as core:
        core.start()
        gw.extra = feeds(
            f'name="core" address="127.0.0.1:{core.port}" kinds="malware." hide="user file"'
            ' hash="host ip" hash-key-file="key"'
        )
        gw.write_config()
        gw.start()
        gw.receive(
            *[
                messages.virus("WORM_DOWNAD.AD", host, address="10.9.8.7", file="payslip.docm")
                + f" msg=ACME\\\\jsmith opened payslip.docm on {host} (10.9.8.7)"
                for host in ("wks-secret", "WKS-SECRET", "wks-other")
            ]
        )
        wait_drained(gw, "core")
        text = "\n".join(core.messages).lower()
        for word in ("jsmith", "payslip", "wks-secret", "wks-other", "10.9.8.7"):
            check(word not in text, f"{word} left: {text[:2000]}")
        hosts = re.findall(r'"hostname":"(h-[0-9a-f]{32})"', text)
        check(len(hosts) >= 3, f"hashed hosts: {hosts}")
        check_equal(len(set(hosts)), 2, "different hosts, whatever their case")
        # The same key in the same file: the connection is as good as it was.
        gw.reload()
        gw.wait_for(lambda: "reload: done generation=2" in gw.log_text(), "reloaded")
        check_equal(core.sessions, 1, "sessions after a reload that changed nothing")
        # Another one is in force with the next reload, as it is after a restart.
        gw.write_file("key", "another key of the hashes\n")
        gw.reload()
        gw.wait_for(lambda: "reload: done generation=3" in gw.log_text(), "reloaded")
        gw.receive(messages.virus("WORM_DOWNAD.AD", "wks-secret"))
        wait_drained(gw, "core")
        last = re.findall(r'"hostname":"(h-[0-9a-f]{32})"', core.messages[-1].lower())
        check(last and last[0] not in hosts, f"hashed by the new key: {last}, before: {hosts}")


def test_tls():
    """rsyslog by RELP and by TCP through TLS, both with certificates; one of a wrong name, of
    another CA, or that knows no TLS is refused in words"""
    with Gateway("tls") as gw, Relp() as plain:
        with Rsyslog(os.path.join(gw.folder, "core"), has_tls=True) as core:
            core.start()
            plain.start()
            other = os.path.join(gw.folder, "other")
            os.makedirs(other)
            make_certificates(other)
            os.chmod(os.path.join(gw.folder, "core", "client.key"), 0o644)
            ours = f'tls="yes" ca="core/ca.pem" cert="core/client.pem" key="core/client.key"'
            gw.extra = feeds(
                f'name="relp" kind="relp" address="localhost:{core.relp_port}" {ours}',
                f'name="tcp" kind="syslog" address="127.0.0.1:{core.tcp_port}" {ours}',
                f'name="name" address="127.0.0.1:{core.relp_port}" peers="core.example.net" {ours}',
                f'name="ca" address="localhost:{core.relp_port}" tls="yes" ca="other/ca.pem"',
                f'name="plain" address="127.0.0.1:{plain.port}" connect-timeout="300ms" {ours}',
            )
            gw.write_config()
            gw.start()
            gw.receive(*viruses(2000))
            for name, lines in (("relp", core.relp), ("tcp", core.tcp)):
                wait_drained(gw, name)
                gw.wait_for(lambda: len(lines.look()) >= 2000, f"{name}: all are written")
                check_equal(lines.sequences(), sorted(set(lines.sequences())), name)
            for name, word in (("name", "name"), ("ca", "CA"), ("plain", "no connection within")):
                row = wait_row(
                    gw, name, lambda row: word.lower() in row["trouble"].lower(), f"says {word}"
                )
                check_equal(row["sent"], 0, f"{name}: sent")
            check_equal(plain.messages, [], "in the clear")
            gw.wait_for(lambda: plain.sessions >= 4, "it is tried again and again")
            check_equal(gw.log_text().count("everybody may read this key"), 4, "told once of each feed")


main(test_rsyslog, test_tls, test_dead, test_fault_over_a_restart, test_refused, test_dying, test_sticking,
     test_rotation, test_reload, test_reload_in_flight, test_privacy)
