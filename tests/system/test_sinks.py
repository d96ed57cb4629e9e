#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notifications out, as traps and informs of version 2c and 3, to the real snmptrapd: all that is
promised of them arrives, in order; sinks that are dead, refuse or come later hold up nobody."""
import os
import time

import ber
import messages
from asker import Asker, feed, gateway
from harness import Failed, Sink, check, check_equal, free_port, main, run, stretch, tool
from trapd import AUTH, ENGINE, PRIVACY, Trapd

PAIRS = [("SHA-256", "AES-128"), ("SHA-512", "AES-256")]


def sequences(uids):
    return [int(uid.rsplit(".", 1)[1]) for uid in uids]


def v3_sink(port, kind, digest, cipher, user="eog", more=""):
    return (f'<sink address="127.0.0.1:{port}" version="3" kind="{kind}" user="{user}"'
            f' auth="{digest}" auth-file="auth" privacy="{cipher}" privacy-file="privacy" {more}/>')


def v2c_sink(port, kind, more=""):
    return (f'<sink address="127.0.0.1:{port}" version="2c" kind="{kind}" community="public"'
            f' {more}/>')


QUICK = 'timeout="300ms"'


def told(*sinks, **more):
    """A gateway with these sinks, and with a live one for traps of version 2c."""
    gw = gateway(extra="\n".join(sinks), files={"auth": AUTH + "\n", "privacy": PRIVACY + "\n"},
                 **more)
    for name in ("auth", "privacy"):
        os.chmod(os.path.join(gw.folder, name), 0o600)
    return gw


def row(gw, port):
    rows = [r for r in gw.status()["sinks"] if r["address"] == f"127.0.0.1:{port}"]
    check_equal(len(rows), 1, f"rows of the sink at {port}")
    return rows[0]


def own_uids(gw, sink):
    """What the live sink of traps has got."""
    return [sink.text(n, "eogNotifyUid") for n in list(sink.received)]


def wait_same(gw, sink, trapd, what):
    """Both have the same notifications in the same order, and at least one."""
    def look():
        live, seen = own_uids(gw, sink), trapd.uids()
        check_equal(seen, live, what)
        return live
    return gw.wait_for(look, what)


def engine_of(gw):
    with open(os.path.join(gw.state, "snmp", "engine")) as file:
        return file.read().split()[1]


def learn_engine(gw):
    """A receiver of traps must know our engine before; it is made at the first start."""
    gw.start()
    gw.stop()
    return engine_of(gw)


def tell_more(gw, turn=0):
    """Something to tell of: a second product gets outdated, and well again."""
    gw.receive(messages.pattern_status("osce02", status=1 if turn % 2 else 4))


def test_version_2c():
    """Traps and informs of version 2c"""
    for kind in ("trap", "inform"):
        with Trapd() as trapd, told(v2c_sink(trapd.port, kind)) as gw, Sink(gw) as sink:
            gw.start()
            feed(gw)
            live = wait_same(gw, sink, trapd, f"version 2c, {kind}")
            check_equal(live, sorted(live, key=lambda u: int(u.rsplit(".", 1)[1])), "order")
            gw.wait_for(lambda: row(gw, trapd.port)["waiting"] == 0, "none waits for its answer")
            seen = row(gw, trapd.port)
            acknowledged = len(live) if kind == "inform" else 0
            check_equal((seen["sent"], seen["acknowledged"], seen["failed"]), (len(live), acknowledged, 0),
                        f"counters of {kind}")


def test_version_3_inform():
    """Informs of version 3: the receiver's engine is learned, each is acknowledged once"""
    for digest, cipher in PAIRS:
        with Trapd(users=[("eog", digest, cipher, None)]) as trapd, told(
            v3_sink(trapd.port, "inform", digest, cipher)
        ) as gw, Sink(gw) as sink:
            gw.start()
            feed(gw)
            live = wait_same(gw, sink, trapd, f"informs by {digest} and {cipher}")
            gw.wait_for(lambda: row(gw, trapd.port)["acknowledged"] == len(live),
                        "each is acknowledged")
            seen = row(gw, trapd.port)
            check_equal((seen["sent"], seen["failed"], seen["waiting"], seen["engine"]),
                        (len(live), 0, 0, ENGINE[2:]), "counters, and the engine")


def test_version_3_trap():
    """Traps of version 3, of our engine; also after a restart, when its boots have grown"""
    for digest, cipher in PAIRS:
        port = free_port()
        with told(v3_sink(port, "trap", digest, cipher)) as gw:
            engine = learn_engine(gw)
            with Trapd(port, [("eog", digest, cipher, engine)]) as trapd, Sink(gw) as sink:
                gw.start()
                feed(gw)
                wait_same(gw, sink, trapd, f"traps by {digest} and {cipher}")
                gw.stop()
                gw.start()
                before = len(sink.received)
                tell_more(gw)
                gw.wait_for(lambda: len(sink.received) > before, "something is told")
                wait_same(gw, sink, trapd, f"traps after a restart by {digest}")


def test_wrong_keys():
    """Wrong passphrases: told by their reason, given up after the retries, counted"""
    cases = [
        ("wrong authentication passphrase", {"auth": "other authentication"}),
        ("no answer", {"privacy": "other privacy words"}),
        ("does not know this user", {"users": [("other", *PAIRS[0], None)]}),
    ]
    for words, change in cases:
        change = {"users": [("eog", *PAIRS[0], None)], **change}
        with Trapd(**change) as trapd, told(
            v3_sink(trapd.port, "inform", *PAIRS[0], more=QUICK + ' retries="2"')
        ) as gw, Sink(gw) as sink:
            gw.start()
            feed(gw)
            gw.wait_for(lambda: row(gw, trapd.port)["failed"] > 0, "one is given up")
            seen = row(gw, trapd.port)
            check(words in seen["trouble"], f"the trouble is {seen['trouble']!r}, not {words!r}")
            check_equal((seen["acknowledged"], trapd.uids()), (0, []), "what came")
            check(seen["resent"] >= 2, f"resent {seen['resent']}")
            check(words in gw.log_text(), f"the log does not say {words!r}")
            check(gw.counter("notifications_failed") > 0, "not counted as failed")
            check(len(sink.received) >= 2, "the sink beside it did not get them")


def test_comes_later():
    """A receiver that comes up later gets all that waited for it, in order"""
    for port, make, users in (
        (free_port(), lambda p: v2c_sink(p, "inform", QUICK), []),
        (free_port(), lambda p: v3_sink(p, "inform", *PAIRS[0], more=QUICK),
         [("eog", *PAIRS[0], None)]),
    ):
        with told(make(port)) as gw, Sink(gw) as sink:
            gw.start()
            feed(gw)
            gw.wait_for(lambda: row(gw, port)["trouble"], "the sink is in trouble")
            gw.wait_for(lambda: "does not get notifications" in gw.log_text(), "that is logged")
            check(row(gw, port)["waiting"] >= 2, "nothing waits")
            with Trapd(port, users) as trapd:
                live = wait_same(gw, sink, trapd, "what waited")
                gw.wait_for(lambda: row(gw, port)["acknowledged"] == len(live), "acknowledged")
                seen = row(gw, port)
                check_equal((seen["sent"], seen["failed"], seen["waiting"], seen["trouble"]),
                            (len(live), 0, 0, ""), "counters")
                check("takes notifications again" in gw.log_text(), "that is not logged")


def test_receiver_restarts():
    """A receiver that begins anew with another engine, or with the same one and earlier boots"""
    port, users = free_port(), [("eog", *PAIRS[0], None)]
    with told(v3_sink(port, "inform", *PAIRS[0], more=QUICK)) as gw:
        with Trapd(port, users) as trapd:
            gw.start()
            feed(gw)
            gw.wait_for(trapd.uids, "the first ones")
            gw.wait_for(lambda: row(gw, port)["waiting"] == 0, "nothing waits")
        with Trapd(port, users) as trapd:  # its state is gone: boots is 1 again
            tell_more(gw)
            gw.wait_for(trapd.uids, "one after the receiver forgot its boots")
        trapd = Trapd(port, users)
        other = ENGINE[:-2] + "ee"
        trapd.write("snmptrapd.conf", f'exactEngineID {other}\ndisableAuthorization yes\n'
                    f'createUser eog SHA-256 "{AUTH}" AES "{PRIVACY}"\n')
        with trapd:
            tell_more(gw, 1)
            gw.wait_for(trapd.uids, "one to another engine")
            gw.wait_for(lambda: row(gw, port)["engine"] == other[2:], "the engine is shown")


def test_sends_too():
    """A receiver of informs that is a sender of notifications, of one engine and name: when informs
    to it fail its own are taken as before"""
    port, users = free_port(), [("eog", *PAIRS[0], None)]
    sender = ('<notification-user name="eog" auth="SHA-256" auth-file="auth" privacy="AES-128"'
              ' privacy-file="privacy"/>')
    with told(v3_sink(port, "inform", *PAIRS[0], more=QUICK), sender) as gw:

        def send():
            run([tool("snmptrap"), "-v3", "-u", "eog", "-l", "authPriv", "-m", "", "-a", "SHA-256",
                 "-A", AUTH, "-x", "AES", "-X", PRIVACY, "-e", ENGINE,
                 f"127.0.0.1:{gw.port['trap']}", "42", "1.3.6.1.6.3.1.1.5.3"])

        with Trapd(port, users) as trapd:
            gw.start()
            feed(gw)
            gw.wait_for(trapd.uids, "the first ones")
            gw.wait_for(lambda: row(gw, port)["waiting"] == 0, "nothing waits")
            before = gw.counter("received")
            send()
            gw.wait_for(lambda: gw.counter("received") == before + 1, "one of its own")
        tell_more(gw)
        gw.wait_for(lambda: row(gw, port)["trouble"] and not row(gw, port)["engine"], "forgotten")
        before = gw.counter("received")
        send()
        gw.wait_for(lambda: gw.counter("received") == before + 1, "one more of its own")
        check_equal(gw.counter("dropped_snmp"), 0, "refused")


def forge(gw, engine):
    """A notification of version 3 that names the user eog of an engine, and is signed by nobody."""
    security = (ber.octets(engine) + ber.integer(1) + ber.integer(1) + ber.octets("eog")
                + ber.octets(bytes(24)) + ber.octets(""))
    head = ber.integer(7) + ber.integer(65507) + ber.octets(b"\x01") + ber.integer(3)
    pdu = ber.wrap(ber.TRAP_V2, ber.integer(7) + ber.integer(0) + ber.integer(0) + ber.varbinds(
        [(ber.UPTIME, ber.wrap(ber.NULL, b""))]))
    gw.send_packet(ber.wrap(ber.SEQUENCE, ber.integer(3) + ber.wrap(ber.SEQUENCE, head)
                            + ber.octets(ber.wrap(ber.SEQUENCE, security)) + ber.wrap(
                                ber.SEQUENCE, ber.octets(engine) + ber.octets("") + pdu)))


def test_forged_sender():
    """Who forges notifications of a sink's own engine and user, and of hundreds of others, keeps no
    inform from it"""
    port, users = free_port(), [("eog", *PAIRS[0], None)]
    sender = '<notification-user name="eog" auth="SHA-256" auth-file="other"/>'
    with told(v3_sink(port, "inform", *PAIRS[0], more=QUICK), sender) as gw, \
            Trapd(port, users) as trapd:
        gw.write_file("other", "quite other words\n")
        gw.start()
        feed(gw)
        gw.wait_for(trapd.uids, "the first ones")
        many = [bytes([128, 0, 0, 1]) + i.to_bytes(2, "big") * 2 for i in range(300)]
        total = 0
        for turn, engines in enumerate([[bytes.fromhex(ENGINE[2:])], many]):
            for engine in engines:
                forge(gw, engine)
            total += len(engines)
            gw.wait_for(lambda: gw.counter("dropped_snmp") == total, "all are refused")
            told_before = len(trapd.uids())
            tell_more(gw, turn)
            gw.wait_for(lambda: len(trapd.uids()) > told_before, "informs are sent as before")
            gw.wait_for(lambda: row(gw, port)["waiting"] == 0, "none waits")
            check_equal(row(gw, port)["failed"], 0, "failed")


def worst_poll(gw, seconds):
    """The longest answer to a GET, in seconds, over that time; and how many there were."""
    worst, n, until = 0.0, 0, time.monotonic() + seconds
    with Asker(gw) as asker:
        while time.monotonic() < until:
            begun = time.monotonic()
            asker.get(gw.oids["eogGatewayName"] + ".0")
            worst = max(worst, time.monotonic() - begun)
            n += 1
    return worst, n


def test_dead():
    """A dead sink of informs by version 3 delays neither the one beside it nor polls"""
    dead = free_port()
    with told(v3_sink(dead, "inform", *PAIRS[0], more=QUICK)) as gw, Sink(gw) as sink:
        gw.start()
        feed(gw)
        sink.find("eogAlertRaised", "outbreak")
        gw.wait_for(lambda: row(gw, dead)["waiting"] >= 2, "informs wait")
        # Attempts get rarer; the first ten seconds hold five. A machine that is busy elsewhere is
        # asked again; who waits for the sink waits for its timeout of 0.3 s.
        rounds = []
        for _ in range(5):
            rounds.append(worst_poll(gw, 3.0))
            if rounds[-1][0] < 0.050:
                break
        check(min(rounds)[0] < min(0.25, 0.050 * stretch()), f"the longest polls, of how many: {rounds}")
        check(row(gw, dead)["trouble"], "the dead sink was not asked meanwhile")


def test_reload():
    """A reload takes and gives sinks; what waits for those that stay is kept"""
    kept, gone = free_port(), free_port()
    with told(v3_sink(kept, "inform", *PAIRS[0], more=QUICK), v2c_sink(gone, "inform")) as gw:
        with Sink(gw) as sink:
            gw.start()
            feed(gw)
            gw.wait_for(lambda: row(gw, kept)["waiting"] >= 2, "some wait")
            waiting = row(gw, gone)["waiting"]
            with Trapd() as fresh, Trapd(kept, [("eog", *PAIRS[0], None)]) as trapd:
                gw.extra = "\n".join(['<inventory file="inventory.csv"/>',
                                      v3_sink(kept, "inform", *PAIRS[0], more=QUICK),
                                      v2c_sink(fresh.port, "inform")])
                gw.write_config()
                gw.reload()
                gw.wait_for(lambda: "reload: done" in gw.log_text(), "the reload is done")
                check(gw.counter("notifications_dropped") >= waiting > 0, "not counted as dropped")
                live = wait_same(gw, sink, trapd, "what waited for the one that stayed")
                tell_more(gw)
                gw.wait_for(fresh.uids, "the new sink is told")
                check(not set(fresh.uids()) & set(live), "the new sink was told old ones")


def test_mended():
    """A sink of version 3 with a wrong passphrase, mended by a reload: what waited is told"""
    port = free_port()
    with Trapd(port, [("eog", *PAIRS[0], None)], auth="other authentication") as trapd:
        with told(v3_sink(port, "inform", *PAIRS[0], more=QUICK)) as gw, Sink(gw) as sink:
            gw.start()
            feed(gw)
            gw.wait_for(lambda: "wrong authentication" in row(gw, port)["trouble"], "the trouble")
            with open(os.path.join(gw.folder, "auth"), "w") as file:
                file.write("other authentication\n")
            gw.reload()
            live = wait_same(gw, sink, trapd, "what waited")
            gw.wait_for(lambda: row(gw, port)["acknowledged"] == len(live), "acknowledged")
            check_equal(gw.counter("notifications_dropped"), 0, "dropped")


def test_restart():
    """kill -9 while informs wait: after the start they are told, none is missing"""
    port = free_port()
    with told(v2c_sink(port, "inform", QUICK)) as gw, Sink(gw) as sink:
        gw.start()
        feed(gw)
        gw.wait_for(lambda: row(gw, port)["waiting"] >= 2, "some wait")
        live = own_uids(gw, sink)
        gw.kill()
        gw.start()
        with Trapd(port) as trapd:
            def look():
                missing = set(live) - set(trapd.uids())
                check(not missing, f"{missing} did not come")
                return True
            gw.wait_for(look, "all that waited came after the restart")
            seen = trapd.uids()
            check_equal(sequences(seen), sorted(sequences(seen)), "order")


def test_check():
    """Mistakes are told with their line by --check"""
    cases = {
        '<sink address="127.0.0.1:162" version="3"/>': "no user's name",
        '<sink address="127.0.0.1:162" version="3" user="a"/>': "needs auth-file=",
        '<sink address="127.0.0.1:162" version="3" community="a" user="a" auth-file="auth"/>':
            "no community",
        '<sink address="127.0.0.1:162" community="a" user="a"/>': 'want version="3"',
        '<sink address="127.0.0.1:162" version="3" user="a" auth-file="auth" engine="0x80"/>':
            "no engine id",
        '<sink address="127.0.0.1:162" version="3" user="a" auth-file="auth"'
        ' engine="0x8000000001"/>': "is of the receiver of informs",
        '<sink address="127.0.0.1:162" version="3" user="a" auth-file="auth"/>'
        '<user name="a" auth-file="privacy"/>': "has a 'a' too",
        '<sink address="127.0.0.1:162" community="a" kind="inform" retries="-1"/>': "retries",
    }
    for xml, words in cases.items():
        with told(xml) as gw:
            text = ""
            try:
                run(gw.command("--check"))
            except Failed as failed:
                text = str(failed)
            check(words in text, f"{xml}: --check does not say {words!r}: {text}")
            gw.write_config("<eog-gateway/>")


main(test_version_2c, test_version_3_inform, test_version_3_trap, test_wrong_keys,
     test_comes_later, test_receiver_restarts, test_sends_too, test_forged_sender, test_dead,
     test_reload, test_mended, test_restart, test_check)
