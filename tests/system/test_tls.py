#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Syslog over TLS: a real rsyslog with mutual authentication, certificates that must be refused and
why, reload, PROXY headers, a sender that hangs up at once; and RELP over TLS."""
import glob
import json
import os
import re
import shutil
import socket
import ssl
import struct
import subprocess

import messages
from disk import WallClock
from harness import (
    Failed,
    Gateway,
    Skipped,
    check,
    check_equal,
    free_port,
    main,
    tool,
    wait_for,
)
from tls import Certificates, counted

# name of the certificate that a client shows -> what the log says of it
REFUSED = {
    "expired": "expired on 2021-01-01",
    "early": "not valid before 2048-01-01",
    "revoked": "is revoked",
    "unknown": "of an unknown CA",
    "self": "signed by itself",
    "wrong": "for another name: elsewhere.example.org",
    "second": "for another name: second.example.net",
    "nameless": "no DNS name or address",
    "nul": "has a NUL in it",
    "many": "1000 names, more than 256",
    "long": "certificate or greeting of more than",
    "wide": "too wide a wildcard",
    "serveronly": "not for this use",
    "weak": "key too weak",
    None: "no client certificate",
}


def read(path):
    with open(path, errors="replace") as file:
        return file.read()


def transports(gw):
    """transport -> messages received by it"""
    found = {}
    for row in json.loads(gw.ctl("sources", "--json"))["sources"]:
        found[row["transport"]] = found.get(row["transport"], 0) + row["received"]
    return found


class Listening(Gateway):
    """A gateway that listens for TLS on self.tls."""

    def __init__(self, certificates, name, more="", **options):
        self.tls = free_port()
        self.certificates = certificates
        super().__init__(name, extra=certificates.section(self.tls, more=more), **options)

    def send_tls(self, *lines, name="client"):
        with self.certificates.connect(self.tls, name) as sender:
            sender.sendall(b"".join(counted(line) for line in lines))
            sender.unwrap()

    def receive_tls(self, *lines, name="client"):
        goal = self.counter("received") + len(lines)
        self.send_tls(*lines, name=name)
        self.wait_for(lambda: self.counter("received") >= goal, f"{goal} messages are received")

    def failures(self):
        """peer -> reason, of the log's refusals"""
        found = re.findall(
            r"TLS handshake failed address=\S+ peer=(\S+) name=\S* failed=\d+ reason=(.*)",
            self.log_text(),
        )
        return dict(found)


def rsyslog_config(gw, certificates, folder, source, peer):
    """A file followed and forwarded by TLS with both sides' certificates checked by name."""
    return f"""
global(workDirectory="{folder}" maxMessageSize="64k"
       defaultNetstreamDriverCAFile="{certificates.path('ca.pem')}"
       defaultNetstreamDriverCertFile="{certificates.path('client.pem')}"
       defaultNetstreamDriverKeyFile="{certificates.path('client.key')}")
module(load="imfile")
template(name="raw" type="string" string="%rawmsg%")
input(type="imfile" file="{source}" tag="t" ruleset="out" freshStartTail="off")
ruleset(name="out") {{
  action(type="omfwd" target="127.0.0.1" port="{gw.tls}" protocol="tcp" template="raw"
         tcp_framing="octet-counted" streamDriver="ossl" streamDriverMode="1"
         streamDriverAuthMode="x509/name" streamDriverPermittedPeers="{peer}"
         action.resumeRetryCount="-1" action.resumeInterval="1")
}}
"""


def start_rsyslog(gw, certificates, lines, peer):
    folder = os.path.join(gw.folder, "rsyslog")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    source = gw.write_file("rsyslog/in.log", "".join(line + "\n" for line in lines))
    config = gw.write_file(
        "rsyslog/rsyslog.conf", rsyslog_config(gw, certificates, folder, source, peer)
    )
    log = open(os.path.join(folder, "log"), "wb")  # pylint: disable=consider-using-with
    with log:
        return subprocess.Popen(
            [tool("rsyslogd"), "-n", "-f", config, "-i", os.path.join(folder, "pid")],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def stop(process):
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:  # it may wait for a peer that it has not accepted
        process.kill()
        process.wait()


def test_rsyslog():
    """rsyslog's omfwd by its OpenSSL driver, each side checks the other's name: all arrive, as tls;
    one that expects another gateway breaks off"""
    tool("rsyslogd")
    if not glob.glob("/usr/lib/*/rsyslog/lmnsd_ossl.so"):
        raise Skipped("rsyslog-openssl is not installed")
    lines = [messages.virus("TROJ_GEN.A", f"pc-{i}") for i in range(2000)]
    with Certificates() as certificates, Listening(
        certificates,
        "tls-rsyslog",
        sections={"gateway": '<gateway id="gw-test" site="default" log-level="debug"/>'},
    ) as gw:
        gw.start()
        process = start_rsyslog(gw, certificates, lines, "server.example.net")
        try:
            gw.wait_for(
                lambda: transports(gw).get("tls", 0) >= len(lines), "rsyslog's lines are received", 60
            )
        except Failed as failed:
            log = read(os.path.join(gw.folder, "rsyslog/log"))
            raise Failed(f"{failed}\n-- rsyslog: {log[-1000:]}") from None
        finally:
            stop(process)
        # omfwd sends again what it is not sure of when its connection breaks.
        received = transports(gw)
        check_equal(list(received), ["tls"], "transports")
        gw.settle()
        texts = {event["raw_data"] for event in gw.records(3000) if "raw_data" in event}
        check(set(lines) <= texts, f"{len(set(lines) - texts)} lines are not as they were sent")

        begun = gw.log_text().count("TLS begins")
        process = start_rsyslog(gw, certificates, lines, "other.example.net")
        try:
            # It looks at the name after the handshake, goes, and tries again.
            gw.wait_for(lambda: gw.log_text().count("TLS begins") > begun + 1, "it tries again", 60)
        finally:
            stop(process)
        # When the handshake took it two steps, it may send a message or two before it looks.
        more = transports(gw)["tls"] - received["tls"]
        check(more < len(lines) // 100, f"{more} messages from one that expects another gateway")


def s_client(gw, certificates, name, source, data=b"", more=()):
    """openssl s_client; its words. It shows even what a careful client would not load."""
    command = [tool("openssl"), "s_client", "-connect", f"127.0.0.1:{gw.tls}", "-bind", source,
               "-CAfile", certificates.path("ca.pem"), "-cipher", "DEFAULT@SECLEVEL=0", *more]
    if name:
        command += ["-cert", certificates.path(f"{name}.pem")]
        command += ["-key", certificates.path(f"{name}.key")]
    done = subprocess.run(
        command, input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30,
        check=False,
    )
    return done.stdout.decode(errors="replace")


def test_refused():
    """each certificate that is not in order is refused, with the reason in the log, and counted;
    nothing of it is received; so are clients that speak no TLS or an old one"""
    with Certificates() as certificates, Listening(certificates, "tls-refused") as gw:
        gw.start()
        expected, line = {}, counted(messages.virus("TROJ_GEN.A", "refused"))
        for i, (name, reason) in enumerate(REFUSED.items()):
            source = f"127.0.0.{i + 10}"
            expected[source] = reason
            s_client(gw, certificates, name, source, line, ("-tls1_2",) if i % 2 else ())
        expected["127.0.0.101"] = "TLS version below 1.2"
        s_client(gw, certificates, "client", "127.0.0.101", line, ("-tls1_1",))
        expected["127.0.0.102"] = "no TLS"
        with socket.create_connection(("127.0.0.1", gw.tls), 10, ("127.0.0.102", 0)) as sender:
            sender.sendall(line)
            gw.wait_for(lambda: "127.0.0.102" in gw.failures(), "plain text is refused")
        expected["127.0.0.104"] = "the peer refused: "
        with socket.create_connection(("127.0.0.1", gw.tls), 10, ("127.0.0.104", 0)) as raw:
            try:
                certificates.context().wrap_socket(raw, server_hostname="other.example.net")
                check(False, "a client found the certificate of another name good")
            except ssl.SSLCertVerificationError:
                pass
        # Who connects and goes is no handshake: a port's watcher comes every minute.
        socket.create_connection(("127.0.0.1", gw.tls), 10, ("127.0.0.103", 0)).close()
        gw.wait_for(
            lambda: gw.counter("handshakes_failed") >= len(expected), "all refusals are counted"
        )
        seen = gw.failures()
        for source, reason in expected.items():
            check(reason in seen.get(source, ""), f"{reason}: the log says {seen.get(source)}")
        check_equal(gw.counter("handshakes_failed"), len(expected), "failed handshakes")
        check_equal(gw.get("eogTrafficHandshakesFailed"), str(len(expected)), "of the MIB")
        check(f"failed handshakes {len(expected)}" in gw.ctl("status"), gw.ctl("status")[:400])
        check_equal(gw.counter("received"), 0, "messages of refused senders")
        gw.receive_tls(messages.virus("TROJ_GEN.A", "accepted"))
        wait_for(lambda: gw.counter("connections_open") == 0, "no connection is left")


def shown_by(gw, certificates):
    with certificates.connect(gw.tls) as sender:
        return dict(pair[0] for pair in sender.getpeercert()["subject"])["commonName"]


def test_reload():
    """a reload shows new certificates to new connections and old ones go on; with a key that is not
    the certificate's it changes nothing; --check names file, line and reason"""
    with Certificates() as certificates, Listening(certificates, "tls-reload") as gw:
        gw.start()
        for end in ("pem", "key"):
            shutil.copy(certificates.path(f"server.{end}"), certificates.path(f"now.{end}"))
        gw.extra = certificates.section(gw.tls, name="now")
        gw.write_config()

        def reload(word, n):
            gw.reload()
            gw.wait_for(lambda: gw.log_text().count(word) >= n, f"{word} is logged")

        reload("reload: done", 1)
        with certificates.connect(gw.tls) as old:
            check_equal(shown_by(gw, certificates), "server.example.net", "before")
            # One for localhost too, else Python's client would not have it.
            shutil.copy(certificates.path("spare.pem"), certificates.path("now.pem"))
            done = subprocess.run(
                gw.command("--check"), capture_output=True, text=True, timeout=30, check=False
            )
            check_equal(done.returncode, 2, f"--check\n{done.stdout}")
            check(
                re.search(
                    rf"^{re.escape(gw.config_path)}:\d+: <syslog-tls address=\"127.0.0.1:{gw.tls}\">: "
                    r"key: '.*now.key' is not the key of the certificate in '.*now.pem'$",
                    done.stdout,
                    re.M,
                ),
                f"--check says: {done.stdout}",
            )
            reload("reload: refused", 1)
            check_equal(shown_by(gw, certificates), "server.example.net", "after a refused reload")
            shutil.copy(certificates.path("spare.key"), certificates.path("now.key"))
            reload("reload: done", 2)
            check_equal(shown_by(gw, certificates), "spare.example.net", "after a reload")
            goal = gw.counter("received") + 1
            old.sendall(counted(messages.virus("TROJ_GEN.A", "old-connection")))
            gw.wait_for(lambda: gw.counter("received") == goal, "the old connection goes on")
        gw.extra = certificates.section(gw.tls, name="ending")
        gw.write_config()
        done = subprocess.run(
            gw.command("--check"), capture_output=True, text=True, timeout=30, check=False
        )
        check_equal(done.returncode, 0, f"--check\n{done.stdout}")
        check("ends soon: renew it" in done.stderr, f"--check of one that ends: {done.stderr}")


def test_end():
    """A certificate that comes near its end while the gateway runs is told of, though its file is new
    by then: what is shown counts until the reload"""
    with Certificates() as certificates, Listening(certificates, "tls-end") as gw:
        clock = WallClock(gw.folder)
        gw.env = clock.env
        gw.start()
        check("ends soon" not in gw.log_text(), f"at its start: {gw.log_tail()}")
        clock.set(65 * 86400)  # of 90 days
        gw.wait_for(
            lambda: "ends soon: renew it and reload what=cert days=24" in gw.log_text(), "the warning"
        )


def test_proxy():
    """a PROXY header before TLS, by itself and with the greeting in one segment; per-source bounds
    count the real sender before his handshake"""
    header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack(
        ">H4s4sHH", 12, bytes([192, 0, 2, 7]), bytes([192, 0, 2, 1]), 4000, 6514
    )
    more = 'proxy="yes" max-connections-per-source="1"'
    with Certificates() as certificates, Listening(certificates, "tls-proxy", more) as gw:
        gw.start()
        for is_together in (False, True):
            goal = gw.counter("received") + 1
            raw = socket.create_connection(("127.0.0.1", gw.tls), 20)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, is_together)
            raw.sendall(header)
            if not is_together:
                with socket.create_connection(("127.0.0.1", gw.tls), 20) as second:
                    gw.wait_for(lambda: '"192.0.2.7"' in gw.ctl("sources", "--json"), "it is known")
                    second.sendall(header)
                    second.settimeout(20)
                    check_equal(second.recv(1), b"", "a second connection of one sender")
            context = certificates.context()
            with context.wrap_socket(raw, server_hostname="localhost") as sender:
                sender.sendall(counted(messages.virus("TROJ_GEN.A", "proxied")))
                sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, False)
                gw.wait_for(lambda: gw.counter("received") == goal, "it is received")
            gw.wait_for(lambda: gw.counter("connections_open") == 0, "it is closed")
        check_equal(gw.counter("connections_refused"), 1, "refused connections")
        rows = json.loads(gw.ctl("sources", "--json"))["sources"]
        check_equal(
            [row["transport"] for row in rows if row["peer"] == "192.0.2.7"], ["tls"], f"{rows}"
        )


def test_hang_up():
    """senders that write much, read nothing and hang up at once lose nothing"""
    lines = [messages.virus("TROJ_GEN.A", f"pc-{i}") for i in range(2000)]
    with Certificates() as certificates, Listening(certificates, "tls-hangup") as gw:
        gw.start()
        for _ in range(5):
            sender = certificates.connect(gw.tls)
            sender.sendall(b"".join(counted(line) for line in lines))
            sender.close()
        gw.wait_for(
            lambda: gw.counter("received") >= 5 * len(lines),
            f"all of {5 * len(lines)} are received ({gw.counter('received')} at first)",
        )


def test_relp():
    """RELP over TLS: acknowledged, and closed in order; sources say relp"""
    with Certificates() as certificates:
        port = free_port()
        with Gateway("tls-relp", extra=certificates.section(port, "syslog-relp")) as gw:
            gw.start()
            with certificates.connect(port) as sender:
                sender.sendall(b"1 open 30 relp_version=0\ncommands=syslog\n")
                check(sender.recv(1000).startswith(b"1 rsp "), "no answer to open")
                text = messages.virus("TROJ_GEN.A", "by-relp").encode()
                sender.sendall(b"2 syslog %d %s\n" % (len(text), text))
                check_equal(sender.recv(1000)[:15], b"2 rsp 6 200 OK\n", "the answer")
                sender.sendall(b"3 close 0\n")
                check(sender.recv(1000).startswith(b"3 rsp "), "no answer to close")
            check_equal(transports(gw), {"relp": 1}, "messages by transport")


OMRELP = """
global(workDirectory="{folder}")
module(load="imfile")
module(load="omrelp" tls.tlslib="openssl")
template(name="raw" type="string" string="%msg%")
input(type="imfile" file="{source}" tag="t" ruleset="out" freshStartTail="off")
ruleset(name="out") {{
  action(type="omrelp" target="127.0.0.1" port="{port}" template="raw" windowSize="2048" tls="on"
         tls.caCert="{ca}" tls.myCert="{client}.pem" tls.myPrivKey="{client}.key"
         tls.authMode="name" tls.permittedPeer=["{peer}"]
         action.resumeInterval="1" action.resumeRetryCount="-1")
}}
"""


def test_omrelp():
    """rsyslog's omrelp by TLS, each side checks the other's name: all is acknowledged; to one that
    expects another gateway nothing comes"""
    if not glob.glob("/usr/lib/*/rsyslog/omrelp.so"):
        raise Skipped("rsyslog-relp is not installed")
    lines = [messages.virus("TROJ_GEN.A", f"pc-{i}") for i in range(3000)]
    with Certificates() as certificates:
        port = free_port()
        section = certificates.section(port, "syslog-relp")
        with Gateway("tls-omrelp", extra=section) as gw:
            gw.start()
            for peer, goal in (("other.example.net", 0), ("server.example.net", len(lines))):
                folder = os.path.join(gw.folder, "rsyslog-" + peer)
                os.makedirs(folder)
                source = gw.write_file(f"rsyslog-{peer}/in.log", "\n".join(lines) + "\n")
                config = gw.write_file(f"rsyslog-{peer}/conf", OMRELP.format(
                    folder=folder, source=source, port=port, ca=certificates.path("ca.pem"),
                    client=certificates.path("client"), peer=peer))
                log = os.path.join(folder, "log")
                with open(log, "wb") as out:
                    process = subprocess.Popen(
                        [tool("rsyslogd"), "-n", "-f", config, "-i", os.path.join(folder, "pid")],
                        stdin=subprocess.DEVNULL, stdout=out, stderr=out)
                try:
                    if goal:
                        gw.wait_for(lambda: transports(gw).get("relp", 0) >= len(lines), "all", 60)
                    else:
                        gw.wait_for(lambda: "authentication error" in read(log), "it refuses us", 60)
                finally:
                    stop(process)
                if not goal:
                    more = transports(gw).get("relp", 0)
                    check(more < len(lines) // 100, f"{more} messages to a stranger")
            gw.settle()
            texts = {event["raw_data"] for event in gw.records(4000) if "raw_data" in event}
            check(set(lines) <= texts, f"{len(set(lines) - texts)} lines are not as they were sent")


main(test_rsyslog, test_refused, test_reload, test_end, test_proxy, test_hang_up, test_relp, test_omrelp)
