#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The core's end as deploy/core runs it: senders by RELP, the gateway, its feed through TLS with
certificates on both sides, rsyslog, the spool, PostgreSQL. Every record of the journal is a row of
the core's once, whoever is killed with -9 in between; corrections replace; questions are
answered."""
import json
import os
import ssl
import subprocess

import messages
from core import kind_name
from core_script import CUT_LINE, Core
from harness import IS_LONG, Gateway, check, check_equal, free_port, main, program, say, wait_for
from relp_sender import RelpSender

MESSAGES = 200000 if IS_LONG else 20000
ROUNDS = 5 if IS_LONG else 1
CUT = 20  # lines that stand unfinished in the spool after each of the core's deaths
RATE = 5000  # a second: so that kills hit the middle
OWN = ("gateway.tick", "gateway.config", "kpi.value")


class Fed(Gateway):
    """A gateway that takes RELP and feeds the core through TLS."""

    def __init__(self, name):
        super().__init__(
            name,
            sections={
                "gateway": '<gateway id="gw-test" site="branch-7"/>',
                "site": '<site id="branch-7" name="Branch 7" hosts="0"/>',
                "source": '<source address="127.0.0.0/8" site="branch-7"/>',
            },
        )
        self.relp = free_port()

    def configure(self, core):
        self.extra = (
            f'<syslog-relp address="127.0.0.1:{self.relp}"/>'
            f'<feed name="core" kind="relp" address="localhost:{core.port}" from="oldest" tls="yes"'
            ' ca="core/tls/ca.pem" cert="core/tls/gw-test.pem" key="core/tls/gw-test.key"/>'
        )
        self.write_config()

    def feed(self):
        return next(row for row in self.status()["feeds"] if row["name"] == "core")

    def journal(self):
        """uid -> kind, of all that a feed without a filter gets."""
        found = {}
        with subprocess.Popen(
            [program("eogctl"), "journal", "cat", "--state", self.state], stdout=subprocess.PIPE
        ) as cat:
            for line in cat.stdout:
                event = json.loads(line)
                if kind_name(event) not in OWN:
                    check(event["metadata"]["uid"] not in found, "a uid stands in it twice")
                    found[event["metadata"]["uid"]] = kind_name(event)
        check_equal(cat.returncode, 0, "exit code of eogctl journal cat")
        return found

    def wait_stored(self, core):
        """The feed is drained, and what it sent are rows."""
        goal = self.committed()

        def look():
            row = self.feed()
            check(row["cursor"] >= goal, f"feed: {row}")
            return row

        row = self.wait_for(look, f"the core acknowledged all up to {goal}", 120)
        self.wait_for(lambda: core.waits() == 0, "the spool is loaded", 120)
        return row


def payload(count):
    return [
        messages.virus(
            "WORM_DOWNAD.AD" if number % 3 else "TROJ_GEN.A",
            f"wks-{number % 500:03d}",
            source="srv1" if number % 2 else "10.9.9.9",
            file="o'brien\\\\n.docm",  # what SQL or COPY would stumble over
        )
        + f" eogid={number:06d}"
        for number in range(count)
    ]


def client_tls(core, has_certificate=True):
    tls = os.path.join(core.folder, "tls")
    context = ssl.create_default_context(cafile=os.path.join(tls, "ca.pem"))
    if has_certificate:
        context.load_cert_chain(os.path.join(tls, "gw-test.pem"), os.path.join(tls, "gw-test.key"))
    return context


def by_hand(core, *lines):
    """Lines to the core without a gateway."""
    sender = RelpSender(core.port, lines, tls=client_tls(core))
    check(sender.join(60), f"the core acknowledged {sender.acked} of {len(lines)}")
    wait_for(lambda: core.waits() == 0, "the spool is loaded", 60)


def syslog(text):
    return b"<134>1 2026-03-31T04:12:20Z gw-test eog-gateway - - - " + text


def send_and_kill(gw, core, lines):
    """Parts of the load; in the middle of each the core or the gateway is killed, and starts."""
    size = len(lines) // (2 * ROUNDS)
    for part in range(2 * ROUNDS):
        sender = RelpSender(gw.relp, lines[part * size : (part + 1) * size], RATE)
        try:
            gw.wait_for(lambda: sender.acked >= size // 3, "the load is under way", 60)
            check(sender.acked < size, "the load is over before the kill")
            if part % 2 == 0:
                core.kill()
                core.cut_lines(CUT)
                core.do("start")
            else:
                gw.kill()
                gw.start()
            check(sender.join(120), f"acknowledged {sender.acked} of {size}")
        finally:
            sender.stop()


def judge(gw, core):
    """Each record of the journal is a row, once; nothing else is."""
    wanted = gw.journal()
    seen = dict(core.rows("select uid, kind from record"))
    check_equal(len(seen), core.count(), "rows and uids")  # the key says so too
    missing = sorted(set(wanted) - set(seen))
    check(not missing, f"{len(missing)} of {len(wanted)} are missing: {missing[:3]}")
    check(set(seen) == set(wanted), f"never in the journal: {sorted(set(seen) - set(wanted))[:3]}")
    check_equal(seen, wanted, "kinds")
    # A kill in the middle of a write leaves the beginning of a record, which comes again whole.
    check_equal(core.rows(f"select count(*) from refused where text = '{CUT_LINE}'"),
                [[str(CUT * ROUNDS)]], "lines that were cut")
    strange = core.rows(
        f"select * from refused where text <> '{CUT_LINE}' and not exists"
        " (select from record where starts_with(raw::text, text) and raw::text <> text)"
    )
    check_equal(strange, [], "refused, and not the beginning of a record")
    ids = core.rows(
        "select count(distinct raw -> 'unmapped' ->> 'eogid') from record"
        " where kind = 'malware.quarantined'"
    )
    check_equal(ids, [[str(MESSAGES)]], "different messages that are rows")
    return len(seen)


def test_questions(gw, core):
    """What a site sent, the top tens, each gateway's newest, what runs"""
    everything = core.count()
    malware = core.rows("select count(*) from record where kind = 'malware.quarantined'")[0][0]
    text = core.do("query", "branch-7")
    line = next(l for l in text.splitlines() if "malware.quarantined" in l).split("|")
    check_equal([line[3].strip(), line[4].strip()], [malware, "500"], f"records, hosts: {text}")
    check("(0 rows)" in core.do("query", "branch-7", "2001-01-01"), "another day has none")
    check("(0 rows)" in core.do("query", "x' or true --"), "a hostile site is a site")
    core.do("query", "branch-7", "tomorrow", ok=(1,))
    top = core.do("top")
    for name in ("WORM_DOWNAD.AD", "TROJ_GEN.A", "srv1", "10.9.9.9", "wks-"):
        check(name in top, f"{name} in the top tens: {top}")
    check("(0 rows)" in core.do("top", "", "nowhere"), "no such site")
    status = core.do("status")
    check(f"records     {everything}\n" in status and "gw-test" in status, status)
    check_equal(status.count(" runs\n"), 3, f"what runs: {status}")


def test_corrections(core):
    """A higher revision replaces, a lower one or a repeat does not; what is no record is refused"""
    uid, raw = core.rows("select uid, raw from record where kind = 'malware.quarantined'"
                         " order by sequence limit 1")[0]
    event = json.loads(raw.replace("\\\\", "\\"))  # COPY doubles them
    before = core.count()

    def revised(number, host, **more):
        event["metadata"]["labels"] = ["eog.kind:malware.cleaned"] + (
            [f"eog.revision:{number}"] if number > 1 else [])
        event["device"]["hostname"] = host
        event.update(more)
        return syslog(json.dumps(event).encode())

    look = f"select revision, kind, host, site from record where uid = '{uid}'"
    by_hand(core, revised(3, "third"), revised(2, "second"), revised(1, "first"))
    check_equal(core.rows(look), [["3", "malware.cleaned", "third", ""]], "after 3, 2, 1")
    by_hand(core, revised(4, "fourth"), revised(4, "again"), revised(3, "third"))
    check_equal(core.rows(look), [["4", "malware.cleaned", "fourth", ""]], "after 4, 4, 3")
    check_equal(core.count(), before, "rows")
    bad = [rb"\.", b"no JSON", b"{}", b'{"metadata":{"uid":"x"}}', b"\xff\xfe {",
           b"'; drop table record; --",
           rb'{"metadata":{"uid":"gw.1.2"},"message":"\ud83d"}']
    refused = len(core.rows("select * from refused"))
    by_hand(core, *(syslog(text) for text in bad),
            revised(5, "fifth", message="nul \x00"))
    check_equal(len(core.rows("select * from refused")) - refused, len(bad), "refused")
    check_equal(core.rows(look)[0][:1], ["5"], "NUL in a text is a record")
    check_equal(core.count(), before, "rows")
    stranger = RelpSender(core.port, [syslog(b"{}")], tls=client_tls(core, False))
    check(not stranger.join(1) and stranger.acked == 0, "without a certificate")
    stranger.stop()


def test_core():
    """Every record is a row once, the core and the gateway killed with -9 in between"""
    with Fed("core") as gw, Core(os.path.join(gw.folder, "core")) as core:
        core.do("certificates", "gw-test")
        core.do("start")
        core.do("start")  # changes nothing
        gw.configure(core)
        gw.start()
        send_and_kill(gw, core, payload(MESSAGES))
        gw.wait_stored(core)
        rows = judge(gw, core)
        say(f"      {MESSAGES} messages, {rows} rows; core and gateway killed {ROUNDS} times each")
        test_questions(gw, core)
        test_corrections(core)
        core.do("stop")
        check_equal(core.pids(), [], "what runs after stop")


main(test_core)
