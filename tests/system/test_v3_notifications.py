#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""SNMPv3 notifications in, by the net-snmp tools: traps and informs of every protocol pair, wrong
keys refused by name, passphrases changed by reload."""
import json
import os
import re
import socket
import threading
import time

import ber
from disk import slow
from harness import IS_LONG, Failed, Gateway, check, check_equal, kind_of, main, run, tool
from usm import Source

LINK_DOWN, IF_INDEX = "1.3.6.1.6.3.1.1.5.3", "1.3.6.1.2.1.2.2.1.1.7"
AUTHS = ["MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512"]
PRIVS = ["DES", "AES-128", "AES-192", "AES-256", "AES-192-C", "AES-256-C"]


def user(name, auth, priv, more=""):
    privacy = f'privacy="{priv}" privacy-file="priv"' if priv else ""
    return (f'<notification-user name="{name}" auth="{auth}" auth-file="auth" {privacy} {more}/>')


def gateway(*users, agent_users=""):
    gw = Gateway("v3", extra="\n".join(users) + agent_users,
                 files={"auth": "first-authentication\n", "priv": "first-privacy\n"})
    for name in ("auth", "priv"):
        os.chmod(os.path.join(gw.folder, name), 0o600)
    return gw


def send(gw, name, auth, priv, inform=False, engine="0x8000000001020304",
         auth_key="first-authentication", priv_key="first-privacy", level=None, ok=(0,)):
    level = level or ("authPriv" if priv else "authNoPriv")
    # Who is to be answered waits for as long as a busy machine may take.
    who = ["-v3", "-u", name, "-l", level, "-m", "", "-t", "10" if ok == (0,) else "2", "-r", "2"]
    if level != "noAuthNoPriv":
        who += ["-a", auth, "-A", auth_key]
    if level == "authPriv":
        who += ["-x", "AES" if priv == "AES-128" else priv, "-X", priv_key]
    if not inform:
        who += ["-e", engine]
    run([tool("snmpinform" if inform else "snmptrap"), *who, f"127.0.0.1:{gw.port['trap']}", "42",
         LINK_DOWN, IF_INDEX, "i", "7"], ok=ok, timeout_s=60,
        env={"SNMP_PERSISTENT_DIR": gw.folder, "SNMPCONFPATH": gw.folder})  # nobody else's engine


def links(gw):
    return [event for event in gw.records() if kind_of(event) == "link.down"]


def test_pairs():
    """Every authentication and privacy protocol of the library, as trap and as inform"""
    pairs = [(auth, priv) for auth in AUTHS for priv in [None, *PRIVS]]
    users = [user(f"u{i}", *pair) for i, pair in enumerate(pairs)]
    with gateway(*users) as gw:
        gw.start()
        for i, (auth, priv) in enumerate(pairs):
            send(gw, f"u{i}", auth, priv, engine=f"0x80000000010203{i:02x}")
            send(gw, f"u{i}", auth, priv, inform=True)
        gw.wait_for(lambda: gw.counter("received") == 2 * len(pairs),
                    f"{2 * len(pairs)} notifications were taken")
        seen = {(e["unmapped"]["snmp.version"], e["unmapped"]["snmp.user"]) for e in links(gw)}
        check_equal(seen, {("3", f"u{i}") for i in range(len(pairs))}, "version and user")
        check_equal(gw.counter("dropped_snmp"), 0, "refused notifications")


def test_refused():
    """Wrong keys, weaker protection, unknown users: refused, counted, named in the log"""
    cases = [
        ("wrong authentication passphrase", {"auth_key": "wrong-authentication"}),
        ("cannot be decrypted", {"priv_key": "wrong-privacy"}),
        ("weaker protection", {"level": "authNoPriv"}),
        ("weaker protection", {"level": "noAuthNoPriv"}),
        ("unknown user or engine", {"name": "nobody"}),
        ("unknown user or engine", {"name": "bound", "engine": "0x8000000009090909"}),
    ]
    for why, change in cases:
        bound = user("bound", "SHA-256", "AES-128", 'engine="0x8000000001020304"')
        with gateway(user("dsm", "SHA-256", "AES-128"), bound) as gw:
            gw.start()
            send(gw, **{"name": "dsm", "auth": "SHA-256", "priv": "AES-128", **change})
            gw.wait_for(lambda: gw.counter("dropped_snmp") == 1, f"{change} is counted")
            gw.wait_for(lambda: why in gw.log_text(), f"the log says '{why}'")
            send(gw, "dsm", "SHA-256", "AES-128", engine="0x8000000005060708")
            gw.wait_for(lambda: len(links(gw)) == 1, "the next good one is taken")
            rows = json.loads(gw.ctl("sources", "--json"))["engines"]
            good = [row for row in rows if row["engine"] == "8000000005060708"]
            check_equal([(row["user"], row["received"], row["refused"]) for row in good],
                        [("dsm", 1, 0)], "the good sender's row")
            check("unknown" in why or any(why in row["refusal"] for row in rows),
                  f"no row says {why!r}: {rows}")


def test_forged_in_the_clear():
    """A wrong digest is refused where nothing is encrypted too: no passphrase, no record"""
    with gateway(user("plain", "SHA-256", None)) as gw:
        gw.start()
        for inform in (False, True):
            before = gw.counter("dropped_snmp")
            send(gw, "plain", "SHA-256", None, inform=inform, auth_key="wrong-authentication", ok=(0, 1))
            gw.wait_for(lambda: gw.counter("dropped_snmp") > before, "it is refused")
        gw.wait_for(lambda: "wrong authentication passphrase" in gw.log_text(), "the log says why")
        send(gw, "plain", "SHA-256", None)
        gw.wait_for(lambda: len(links(gw)) == 1, "the next good one is taken")
        check_equal(gw.counter("received"), 1, "notifications taken")


def forged(user_name, engine):
    """A trap of version 3 with a digest that is made up."""
    security = (ber.octets(engine) + ber.integer(1) + ber.integer(1) + ber.octets(user_name)
                + ber.octets(bytes(24)) + ber.octets(""))
    head = ber.integer(7) + ber.integer(65507) + ber.octets(b"\x01") + ber.integer(3)
    pdu = ber.wrap(0xA7, ber.integer(7) + ber.integer(0) + ber.integer(0) + ber.varbinds([]))
    return ber.wrap(ber.SEQUENCE, ber.integer(3) + ber.wrap(ber.SEQUENCE, head)
                    + ber.octets(ber.wrap(ber.SEQUENCE, security))
                    + ber.wrap(ber.SEQUENCE, ber.octets(engine) + ber.octets("") + pdu))


def recorded(gw, **what):
    """The datagram of a trap as whoever listens on the way would have it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.bind(("127.0.0.1", 0))
        way.settimeout(20)
        real, gw.port["trap"] = gw.port["trap"], way.getsockname()[1]
        try:
            send(gw, "dsm", "SHA-256", **what)
        finally:
            gw.port["trap"] = real
        return way.recv(65535)


def test_replayed():
    """A trap that was recorded on the way is taken once: not again at once, not with others between,
    not from elsewhere, not after a reload; EOG_LONG=1: nor when its time is long over"""
    for priv in ("AES-128", None):
        with gateway(user("dsm", "SHA-256", priv)) as gw:
            gw.start()
            trap = recorded(gw, priv=priv)
            gw.send_packet(trap)
            gw.wait_for(lambda: len(links(gw)) == 1, "it is taken")
            for n, between in enumerate((lambda: None, lambda: send(gw, "dsm", "SHA-256", priv), gw.reload,
                                         lambda: time.sleep(170 if IS_LONG else 0)), 1):
                taken = gw.counter("received")
                between()
                gw.wait_for(lambda t=taken, n=n: gw.counter("received") == t + (n == 2), "what is between")
                gw.send_packet(trap)
                gw.wait_for(lambda n=n: gw.counter("dropped_snmp") == n, f"replay {n} is counted")
            check_equal(len(links(gw)), 2, "records: of the trap, and of the one between")
            gw.wait_for(lambda: "replay" in gw.log_text(), "the log says why")


def memory(gw):
    with open(f"/proc/{gw.process.pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon"))


def test_invented_engines():
    """Of engines that a forger invents nothing is kept: memory does not grow, honest ones go on"""
    with gateway(user("dsm", "SHA-256", None)) as gw, Source("127.0.0.1", "127.0.0.1", gw.port["trap"]) as s:
        gw.start()
        def flood(n):
            goal = gw.counter("dropped_snmp") + n
            while gw.counter("dropped_snmp") < goal:
                for _ in range(200):
                    s.socket.send(forged("dsm", b"\x80\0\0\0\5" + os.urandom(20)))
        send(gw, "dsm", "SHA-256", None)
        flood(5000)
        before = memory(gw)
        flood(20000)
        check(memory(gw) - before < 1000000, f"{memory(gw) - before} bytes more for 20,000 forged traps")
        send(gw, "dsm", "SHA-256", None)
        gw.wait_for(lambda: len(links(gw)) == 2, "the honest one is taken before and after")


def test_inform_wrong_key():
    """An inform of a wrong key gets a report, is counted, and is not journaled"""
    with gateway(user("dsm", "SHA-256", "AES-128")) as gw:
        gw.start()
        send(gw, "dsm", "SHA-256", "AES-128", inform=True, auth_key="wrong-passphrase", ok=(1,))
        gw.wait_for(lambda: gw.counter("dropped_snmp") >= 1, "it is counted")
        check_equal(len(links(gw)), 0, "records of it")


def test_reader_is_no_sender():
    """A user that may read may not notify, and the other way round"""
    reader = '<user name="nms" auth="SHA-256" auth-file="auth"/>'
    with gateway(user("dsm", "SHA-256", None), agent_users=reader) as gw:
        gw.start()
        send(gw, "nms", "SHA-256", None, inform=True, ok=(0, 1))
        gw.wait_for(lambda: gw.counter("dropped_snmp") >= 1, "the reader's inform is refused")
        check_equal(len(links(gw)), 0, "records of it")
        get = [tool("snmpget"), "-v3", "-u", "dsm", "-l", "authNoPriv", "-a", "SHA-256", "-A",
               "first-authentication", "-m", "", "-t", "1", "-r", "0",
               f"127.0.0.1:{gw.port['agent']}", "1.3.6.1.2.1.1.1.0"]
        try:
            text = run(get)
        except Failed as failed:
            text = str(failed)
        check("eog-gateway" not in text, f"the sender could read: {text}")


def test_reload():
    """A passphrase changed by reload: the old one is refused, the new one taken, for traps too"""
    with gateway(user("dsm", "SHA-256", "AES-128")) as gw:
        gw.start()
        send(gw, "dsm", "SHA-256", "AES-128")
        send(gw, "dsm", "SHA-256", "AES-128", inform=True)
        gw.wait_for(lambda: len(links(gw)) == 2, "both are taken")
        gw.write_file("auth", "second-authentication\n")
        gw.reload()
        gw.wait_for(lambda: "reload: done" in gw.log_text(), "the reload is done")
        send(gw, "dsm", "SHA-256", "AES-128")
        gw.wait_for(lambda: gw.counter("dropped_snmp") == 1, "the old passphrase is refused")
        send(gw, "dsm", "SHA-256", "AES-128", auth_key="second-authentication")
        send(gw, "dsm", "SHA-256", "AES-128", auth_key="second-authentication", inform=True)
        gw.wait_for(lambda: len(links(gw)) == 4, "the new one is taken")


def test_boots():
    """kill -9 and start: a sender that knows the old boots is told the new ones; nothing is lost"""
    with gateway(user("dsm", "SHA-256", "AES-128")) as gw:
        for turn in range(3):
            gw.start()
            send(gw, "dsm", "SHA-256", "AES-128", inform=True)
            gw.kill()
            with open(os.path.join(gw.state, "snmp", "engine")) as engine:
                boots = re.findall(r"^boots (\d+)$", engine.read(), re.M)
                check_equal(boots, [str(turn + 1)], "boots on disk")
        gw.start()
        check_equal(len(links(gw)), 3, "answered informs after three kills")


def test_stop():
    """The gateway stops while an inform waits for the disk: it is answered once it is there"""
    with gateway(user("u", "SHA", None)) as gw:
        gw.env = slow(400)
        gw.start()
        codes = []
        def inform():
            try:
                send(gw, "u", "SHA", None, inform=True)
                codes.append(0)
            except Failed as failure:
                codes.append(failure)
        thread = threading.Thread(target=inform)
        thread.start()
        gw.wait_for(lambda: gw.counter("received") == 1, "it is taken")
        gw.stop()
        thread.join()
        check_equal(codes, [0], "how snmpinform ended")


def test_check():
    """Mistakes are told with their line by --check"""
    bad = [user("dsm", "SHA-256", "AES-128", 'engine="0x12"'),
           user("twice", "SHA-256", None), user("twice", "SHA-256", None)]
    with gateway(*bad) as gw:
        text = ""
        try:
            run(gw.command("--check"))
        except Failed as failed:
            text = str(failed)
        for words in ("'0x12' is no engine id", "notification-user 'twice' is there twice"):
            check(words in text, f"--check does not say {words!r}: {text}")
        gw.write_config("<eog-gateway/>")


def test_no_boots():
    """Where boots of our engine cannot be kept eogd does not start, and says why: they must not go back"""
    with gateway() as gw:
        os.makedirs(os.path.join(gw.state, "snmp", "engine"))
        gw.start(is_ready=False)
        check_equal(gw.process.wait(60), 1, "exit code")
        gw.process = None
        check("engine file cannot be read" in gw.log_text(), gw.log_tail())


main(test_pairs, test_refused, test_forged_in_the_clear, test_replayed, test_invented_engines,
     test_inform_wrong_key, test_reader_is_no_sender, test_reload, test_boots, test_no_boots,
     test_stop, test_check)
