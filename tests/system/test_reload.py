#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reload is all or nothing. Broken XML of each kind: --check exits 2 with file:line, a SIGHUP
logs the same and changes nothing, and connections stay open through both."""
import ctypes
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import time

import messages
from harness import Gateway, SOURCE, check, check_equal, main, program, stretch, wait_for

# name -> what takes the place of the configuration's end, and a word that the message must hold
BROKEN = {
    "not well-formed: a tag is not closed": ("<site id='x'", None),
    "not well-formed: a wrong end tag": ("<engine></motor>", None),
    "not well-formed: an unknown entity": ("<site id='&nothing;'/>", None),
    "not well-formed: two attributes of one name": ("<site id='a' id='b'/>", None),
    "not UTF-8": (b"<site id='\xff\xfe'/>", None),
    "an unknown element": ("<sytem/>", "sytem"),
    "an unknown attribute": ("<site id='x' colour='red'/>", "colour"),
    "a missing attribute": ("<site name='no id'/>", "id"),
    "a number that is none": ("<site id='x' hosts='many'/>", "many"),
    "a duration without a unit": ("<journal replay-window='24'/>", "24"),
    "a word that is no choice": ("<gateway log-level='loud'/>", "loud"),
    "an unknown character set": ("<source address='192.0.2.1' charset='KOI-9'/>", "KOI-9"),
    "an unknown time zone": ("<source address='192.0.2.1' zone='Mars/Olympus'/>", "Mars/Olympus"),
    "a network that is none": ("<source address='192.0.2.1/33'/>", "192.0.2.1/33"),
    "two listeners at one port": (
        "<syslog-tcp address='127.0.0.1:9'/><syslog-relp address='0.0.0.0:9'/>",
        "listens there already",
    ),
    "a site that is not declared": ("<source address='192.0.2.1' site='nowhere'/>", "nowhere"),
    "a site twice, in other letters": ("<site id='dup'/><site id='DUP'/>", "declared twice"),
    "a site's id with a line end": ("<site id='a&#10;b'/>", "<site id"),
    "a site's id with a mark of direction": ("<site id='a&#x202e;b'/>", "<site id"),
    "a site's name with a line end": ("<site id='x' name='a&#10;b'/>", "<site name"),
    "a site's name with a mark of direction": ("<site id='x' name='a&#x202e;b'/>", "<site name"),
    "a network twice": ("<source address='192.0.2.9'/><source address='192.0.2.9/32'/>", "declared twice"),
    "a local source twice": ("<source address='unix:/a'/><source address='unix:/a'/>", "declared twice"),
    "an unknown indicator": ("<kpi key='world-peace'/>", "world-peace"),
    "a level that is always reached": ("<kpi key='outbreak' warning='0'/>", "always"),
    "a level in hundredths": ("<kpi key='install-rate' warning='9500'/>", "percent"),
    "a level above all that is counted": ("<kpi key='infection-level' critical='2147483647'/>", "percent"),
    "levels the wrong way round": ("<kpi key='install-rate' warning='80' critical='90'/>", "before"),
    "a maintenance window without an end": ("<maintenance days='sat' from='22:00'/>", "from and to"),
    "a day that is none": ("<maintenance days='caturday' from='1:00' to='02:00'/>", "days: write"),
    "a time that is none": ("<maintenance days='sat' from='25:00' to='02:00'/>", "from and to"),
    "a window that ends before it begins": (
        "<maintenance begin='2026-12-01T22:00' end='2026-12-01T21:00'/>", "the later one last"),
    "a window of no site": ("<maintenance site='no' days='all' from='00:00' to='02:00'/>", "no such site"),
    "a window of a scope with * inside": (
        "<maintenance scope='h*q/a' days='all' from='00:00' to='02:00'/>", "scope: a *"),
    "a version that is none": ("<newest id='2048' version='new'/>", "version: write"),
    "certificates without TLS": ("<feed name='a' address='192.0.2.1:9' ca='ca.pem'/>", 'tls="yes"'),
    "a key that hashes nothing": (
        "<feed name='a' address='192.0.2.1:9' hash-key-file='short'/>", "without hash"),
    "a passphrase without a protocol": (
        "<user name='u' auth-file='eog-gateway.xml' privacy-file='eog-gateway.xml'/>", 'privacy="AES-128"'),
    "a sink in the clear with a passphrase": (
        "<sink address='192.0.2.1:9' community='c' privacy='AES-128' privacy-file='p'/>", 'version="3"'),
    "a feed to the gateway itself": (
        "<syslog-relp address='0.0.0.0:9'/><feed name='a' address='localhost:9'/>", "to itself"),
    "a feed into what is followed": (
        "<follow file='a.log'/><feed name='a' kind='file' file='a.log'/>", "to itself"),
    "two feeds into one file": (
        "<feed name='a' kind='file' file='a'/><feed name='b' kind='file' file='a'/>", "writes it"),
    "a socket where a file is": ("<syslog-unix path='eog-gateway.xml'/>", "is no socket"),
    "a socket's path that is too long": (f"<syslog-unix path='{'x' * 108}'/>", "at most 107"),
    "a token that is not there": ("<web address='127.0.0.1:9' token-file='missing'/>", "<web token-file>"),
    "a token that is too short": ("<web address='127.0.0.1:9' token-file='short'/>", "16 bytes"),
    "a folder of mappings that is not there": ("<data mappings='missing'/>", "<data mappings>"),
    "a page that is nowhere": ("<web cert='gw.pem' token-file='token'/>", "address"),
    "a followed file that is a folder": ("<follow file='.'/>", "no plain file"),
    "a character set without a name": ("<source address='192.0.2.9' charset=''/>", "is empty"),
    "a followed file without its folder": ("<source address='file:a.log'/>", "file:/"),
    "a file that is not there": ("<inventory file='missing.csv'/>", "missing.csv"),
}


def broken_config(gw, fragment):
    good = gw.config_text().encode()
    fragment = fragment if isinstance(fragment, bytes) else fragment.encode()
    end = good.index(b"</eog-gateway>")
    return good[:end] + b"  " + fragment + b"\n" + good[end:]


def run_check(gw):
    done = subprocess.run(
        gw.command("--check"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=30 * stretch(),
        check=False,
    )
    return done.returncode, done.stdout.decode(errors="replace")


def positions(text, path):
    return re.findall(re.escape(path) + r":(\d+): (.+)", text)


def check_refused(gw, what, word, path):
    code, text = run_check(gw)
    check_equal(code, 2, f"--check of {what}: exit code\n{text}\n")
    found = positions(text, path)
    check(found, f"--check of {what} names no {path}:LINE: {text!r}")
    check(
        not word or any(word in line for _, line in found),
        f"--check of {what} does not name {word!r}: {text!r}",
    )
    return found


def test_good():
    """--check of a good configuration exits 0 and starts nothing"""
    gw = Gateway("check")
    with gw:
        code, text = run_check(gw)
        check_equal(code, 0, f"exit code\n{text}\n")
        check(
            not os.path.exists(os.path.join(gw.state, "control.sock")),
            "--check left a control socket",
        )


def test_broken_config():
    """Each kind of broken configuration: --check exits 2 and names file, line and cause"""
    with Gateway("check", files={"short": "fifteen bytes..\n"}) as gw:
        for what, (fragment, word) in BROKEN.items():
            data = broken_config(gw, fragment)
            gw.write_file("eog-gateway.xml", data)
            found = check_refused(gw, what, word, gw.config_path)
            last = data.count(b"\n")
            check(
                all(1 <= int(line) <= last + 1 for line, _ in found),
                f"{what}: line out of the file: {found}",
            )
            if word and word != "id" and word != "missing.csv":
                want = data[: data.index(fragment.encode())].count(b"\n") + 1
                check(
                    any(int(line) == want for line, _ in found),
                    f"{what}: line {want} expected, seen {found}",
                )


def test_default_site():
    """Sites are declared, and the default one in force is none of them: said at the first <site>"""
    with Gateway("check") as gw:
        data = b"<eog-gateway>\n  <gateway/>\n\n  <site id='hq'/>\n</eog-gateway>\n"
        gw.write_file("eog-gateway.xml", data)
        found = check_refused(gw, "an undeclared default", '<gateway site="hq">', gw.config_path)
        gw.write_file("eog-gateway.xml", data.replace(b"  <gateway/>\n", b""))
        found += check_refused(gw, "no <gateway> at all", '<gateway site="hq">', gw.config_path)
        check_equal([line for line, _ in found], ["2", "3"], "lines")


def test_gateway_id():
    """A gateway's name, which is in each record's uid, is there, and no longer than all can carry"""
    with Gateway("check") as gw:
        for name in ("", "x" * 65, "a&#10;b", "a&#x7f;", "a&#x85;", "a&#x202e;b"):
            gw.write_file("eog-gateway.xml", f"<eog-gateway>\n<gateway id='{name}'/></eog-gateway>".encode())
            found = check_refused(gw, repr(name), "1 to 64 bytes" if name else "is empty", gw.config_path)
            check_equal([line for line, _ in found], ["2"], "lines")
        gw.write_file("eog-gateway.xml", f"<eog-gateway><gateway id='{'x' * 64}'/></eog-gateway>".encode())
        check_equal(run_check(gw), (0, ""), "64 bytes")


def test_master():
    """Where a subagent finds its master is a path or an address, or the start would fail"""
    with Gateway("check") as gw:
        for place in ("", "agentx.sock", "tcp:", "tcp:127.0.0.1", "tcp:127.0.0.1:99999", "udp:127.0.0.1:705"):
            gw.write_file("eog-gateway.xml", f"<eog-gateway>\n<agent mode='agentx' master='{place}'/></eog-gateway>")
            found = check_refused(gw, repr(place), "tcp:127.0.0.1:705" if place else "is empty", gw.config_path)
            check_equal([line for line, _ in found], ["2"], "lines")
        for place in ("/var/agentx/master", "tcp:127.0.0.1:705", "tcp6:[::1]:705", "tcp:snmpd.example.net:705"):
            gw.write_file("eog-gateway.xml", f"<eog-gateway><agent mode='agentx' master='{place}'/></eog-gateway>")
            check_equal(run_check(gw), (0, ""), place)


def test_taken():
    """What would listen where another does: said of the one behind, whichever of them it is"""
    agent = '<agent address="{}"/>'.format
    taken = {
        "agent and listener": agent("udp:127.0.0.1:9") + '\n<notifications address="0.0.0.0:9"/>',
        "the agent by default": '\n<syslog-udp address="127.0.0.1:1161"/>',
        "an agent twice": "\n" + agent("udp:127.0.0.1:9,tcp:127.0.0.1:9,udp:0.0.0.0:9"),
        "agent and page": agent("tcp:127.0.0.1:9") + '\n<web address="127.0.0.1:9"/>',
        "page and listener": '<web address="127.0.0.1:9"/>\n<syslog-relp address="[::]:9"/>',
    }
    free = {
        "agent of both families": agent("udp:0.0.0.0:9,udp6:[::]:9,tcp:0.0.0.0:9"),
        "[::] of the agent": agent("udp6:[::]:9") + '<syslog-udp address="0.0.0.0:9"/>',
        "datagrams and streams": agent("udp:127.0.0.1:9") + '<web address="127.0.0.1:9"/>',
        "no agent of its own": '<agent mode="off"/><syslog-udp address="127.0.0.1:1161"/>',
        "a core at the port of ours": '<syslog-relp address="0.0.0.0:9"/><feed name="a" address="192.0.2.1:9"/>',
        "a log host beside us": '<syslog-udp address="127.0.0.1:9"/>'
                                '<feed name="a" kind="syslog" address="127.0.0.1:9"/>',
    }
    with Gateway("check") as gw:
        for what, text in taken.items():
            gw.write_file("eog-gateway.xml", f"<eog-gateway>{text}</eog-gateway>".encode())
            found = check_refused(gw, what, "listens there already", gw.config_path)
            check_equal([line for line, _ in found], ["2"], f"{what}: lines")
        for what, text in free.items():
            gw.write_file("eog-gateway.xml", f"<eog-gateway>{text}</eog-gateway>".encode())
            check_equal(run_check(gw), (0, ""), what)


def signals(gw, which):
    """SigBlk or SigIgn of the process: a bit each, from 1 on."""
    with open(f"/proc/{gw.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1], 16) for line in status if line.startswith(which + ":"))


def test_reload_at_start():
    """A SIGHUP that comes while the start still reads its files is a reload when it is done"""
    with Gateway("early") as gw:
        gw.start(is_ready=False)
        wait_for(lambda: signals(gw, "SigIgn") >> (signal.SIGPIPE - 1) & 1, "it runs", 10)
        until = time.monotonic() + 0.1
        while time.monotonic() < until and not signals(gw, "SigBlk") & 1:
            time.sleep(0.001)
        gw.reload()
        gw.wait_ready()
        gw.wait_for(lambda: "reload: done" in gw.log_text(), "the reload is done")


def test_several_errors():
    """All errors of one file in one run"""
    with Gateway("check") as gw:
        fragments = "\n".join(
            BROKEN[name][0]
            for name in (
                "an unknown attribute",
                "a number that is none",
                "an unknown character set",
            )
        )
        gw.write_file("eog-gateway.xml", broken_config(gw, fragments))
        _, text = run_check(gw)
        check(
            len(positions(text, gw.config_path)) >= 2, f"only one of three errors is told: {text!r}"
        )


def test_empty():
    """An empty file, a file that is no XML, another root element, no file at all"""
    with Gateway("check") as gw:
        for what, data in (
            ("an empty file", b""),
            ("text", b"hello\n"),
            ("another root", b"<config/>\n"),
            ("binary", bytes(range(256))),
        ):
            gw.write_file("eog-gateway.xml", data)
            code, text = run_check(gw)
            check_equal(code, 2, f"--check of {what}: exit code\n{text}\n")
            check(gw.config_path in text, f"--check of {what} does not name the file: {text!r}")
        os.unlink(gw.config_path)
        code, text = run_check(gw)
        check_equal(code, 2, f"--check of no file: exit code\n{text}\n")


def knowledge(folder):
    """A copy of what is delivered, to break; of Trend Micro's mappings alone, which load faster."""
    source, target = os.path.join(SOURCE, "mappings"), os.path.join(folder, "mappings")
    shutil.copytree(os.path.join(source, "trendmicro"), os.path.join(target, "trendmicro"))
    for name in os.listdir(source):
        if os.path.isfile(os.path.join(source, name)):
            shutil.copy(os.path.join(source, name), target)
    return target


def break_file(path, what):
    """Damages an XML file in one of several ways; returns the bytes that were there."""
    with open(path, "rb") as file:
        good = file.read()
    data = {
        "cut in the middle": good[: len(good) // 2],
        "an element of another language": good.replace(b"</", b"<intruder/></", 1),
        "an unknown field or key": re.sub(
            rb'(field|kind|kinds)="[^"]*"', rb'\1="no.such.thing"', good, count=1
        ),
        "empty": b"",
    }[what]
    with open(path, "wb") as file:
        file.write(data)
    return good


def first_mapping(mappings):
    for folder, _, files in sorted(os.walk(os.path.join(mappings, "trendmicro"))):
        for name in sorted(files):
            if name.endswith(".xml"):
                return os.path.join(folder, name)
    raise AssertionError("no mapping")


WAYS = ("cut in the middle", "an element of another language", "an unknown field or key", "empty")


def test_broken_knowledge():
    """Broken mappings, catalogue, watchlist and inventory: --check names file and line; SIGHUP
    changes nothing"""
    gw = Gateway("knowledge", files={"inventory.csv": "site,name,role\ndefault,wks-1,host\n"})
    mappings = knowledge(gw.folder)
    gw.sections["data"] = (
        '<data mappings="mappings" catalogue="mappings/kpi.xml"'
        ' watchlist="mappings/watchlist.xml"/>'
    )
    gw.extra = '<inventory file="inventory.csv"/>'
    gw.write_config()
    with gw:
        gw.start()
        generation = gw.status()["generation"]
        targets = [
            (first_mapping(mappings), WAYS),
            (os.path.join(mappings, "kpi.xml"), WAYS),
            (os.path.join(mappings, "watchlist.xml"), (WAYS[0], WAYS[1], WAYS[3])),
        ]
        for path, ways in targets:
            for way in ways:
                good = break_file(path, way)
                what = f"{os.path.basename(path)}, {way}"
                code, text = run_check(gw)
                check_equal(code, 2, f"--check with {what}: exit code\n{text}\n")
                check(
                    re.search(re.escape(os.path.basename(path)) + r"(:\d+)?: ", text),
                    f"--check with {what}: {text!r}",
                )
                expect_refused_reload(gw, what, os.path.basename(path))
                with open(path, "wb") as file:
                    file.write(good)
        for text in (
            "site,name\ndefault,wks-1\n",
            "site,name,role\ndefault,wks-1,spaceship\n",
            'site,name,role\n"open\n',
        ):
            gw.write_file("inventory.csv", text)
            code, said = run_check(gw)
            check_equal(code, 2, f"--check with the inventory {text!r}: exit code\n{said}\n")
            expect_refused_reload(gw, f"inventory {text!r}", "inventory.csv")
        check_equal(
            gw.status()["generation"], generation, "generation of the rules after refused reloads"
        )
        alive(gw)


def expect_refused_reload(gw, what, name):
    before = len(gw.log_text())
    gw.reload()
    gw.wait_for(
        lambda: re.search(re.escape(name) + r"(:\d+)?: ", gw.log_text()[before:]),
        f"the log tells of {what}",
    )


def alive(gw):
    """A message still comes out typed."""
    before = gw.counter("unclassified")
    gw.receive(messages.virus("TROJ_GEN.A", "wks-1"))
    check_equal(gw.counter("unclassified"), before, "unclassified messages after the reload")


def test_reload():
    """SIGHUP: a broken file is refused with file:line in the log and the old configuration
    serves on; a good
    one is applied; a TCP connection lives through both"""
    with Gateway("reload") as gw:
        gw.start()
        generation = gw.status()["generation"]
        with gw.connect() as sock:
            sock.sendall(messages.virus("TROJ_GEN.A", "wks-1").encode() + b"\n")
            gw.wait_for(lambda: gw.counter("received") == 1, "the first message is received")
            for what, (fragment, _) in BROKEN.items():
                gw.write_file("eog-gateway.xml", broken_config(gw, fragment))
                before = len(gw.log_text())
                gw.reload()
                gw.wait_for(
                    lambda: positions(gw.log_text()[before:], gw.config_path),
                    f"the log tells of {what} by file:line",
                )
            check_equal(
                gw.status()["generation"],
                generation,
                "generation of the rules after refused reloads",
            )
            sock.sendall(messages.virus("TROJ_GEN.A", "wks-2").encode() + b"\n")
            gw.wait_for(
                lambda: gw.counter("received") == 2,
                "the same connection serves after refused reloads",
            )

            gw.extra = '<kpi key="outbreak" warning="2" critical="3"/>'
            gw.write_config()
            gw.reload()
            gw.wait_for(
                lambda: gw.status()["generation"] > generation, "the good configuration is applied"
            )
            sock.sendall(
                b"".join(messages.virus("WORM_X.A", f"wks-{i}").encode() + b"\n" for i in range(3))
            )
            row = gw.wait_state(11, "outbreak", "default", "critical")
            check_equal((row["warning"], row["critical"]), (2, 3), "levels after the reload")
            check_equal(
                gw.counter("received"),
                5,
                "messages over the connection that lived through all reloads",
            )


OWN = """<kpi-catalogue>
  <kpi id="1001" key="own" category="own" sources="*">
    <name lang="en">Own</name><name lang="zh">Own</name>
    <advice lang="en">Ask.</advice><advice lang="zh">Ask.</advice>
    <test measure="max-group" input="infection" group="host" window="1h" warning="90"/>
  </kpi>
</kpi-catalogue>
"""


class Opened:
    """How often each of the files is opened, while it lasts."""

    # Ends are asked for too: the kernel makes one of two equal events that follow each other.
    IN_OPEN, IN_CLOSE, EVENT = 0x20, 0x18, struct.Struct("iIII")

    def __init__(self, *paths):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.fd = self.libc.inotify_init1(os.O_NONBLOCK)
        self.watches = {
            self.libc.inotify_add_watch(self.fd, os.fsencode(path), self.IN_OPEN | self.IN_CLOSE): path
            for path in paths
        }

    def counts(self):
        found = {path: 0 for path in self.watches.values()}
        data = os.read(self.fd, 65536)
        while data:
            watch, mask, _, length = self.EVENT.unpack_from(data)
            found[self.watches[watch]] += bool(mask & self.IN_OPEN)
            data = data[self.EVENT.size + length :]
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)


def test_restart_named():
    """What waits for a restart is said by each reload until then, and not when it is taken back"""
    with Gateway("restart") as gw:
        gw.start()
        for turn, (threads, is_told) in enumerate((("2", True), ("2", True), ("0", False)), 1):
            gw.sections["gateway"] = f'<gateway id="gw-test" site="default" threads="{threads}"/>'
            gw.write_config()
            before = len(gw.log_text())
            gw.reload()
            gw.wait_for(lambda: gw.log_text().count("reload: done") == turn, "reloaded")
            check_equal("<gateway threads>" in gw.log_text()[before:], is_told, f"turn {turn}: told")


def test_new_id():
    """A new id waits for a restart: until then the journal too says of records whose they are"""
    with Gateway("reload") as gw:
        gw.start()
        gw.receive(messages.virus("TROJ_GEN.A", "wks-1"))
        gw.sections["gateway"] = '<gateway id="gw-new" site="default"/>'
        gw.write_config()
        generation = gw.status()["generation"]
        gw.reload()
        gw.wait_for(lambda: gw.status()["generation"] > generation, "it is taken")
        gw.receive(messages.virus("TROJ_GEN.A", "wks-2"))
        check_equal([uid.split(".")[0] for uid in uids(gw)], ["gw-test"] * 2, "gateways of the records")
        gw.stop()
        gw.start()
        gw.receive(messages.virus("TROJ_GEN.A", "wks-3"))
        check_equal([uid.split(".")[0] for uid in uids(gw)], ["gw-test"] * 2 + ["gw-new"], "after a restart")


def uids(gw):
    found = gw.ctl("journal", "cat", "--kind", "malware").splitlines()
    return [json.loads(line)["metadata"]["uid"] for line in found]


def test_read_once():
    """What is checked is what is journaled: each file is read once, whatever changes it meanwhile"""
    files = {
        "inventory.csv": "site,name,role\ndefault,wks-1,host\n",
        "own.xml": OWN,
    }
    for name in ("kpi.xml", "watchlist.xml"):
        with open(os.path.join(SOURCE, "mappings", name), encoding="utf-8") as file:
            files[name] = file.read()
    data = '<data catalogue="kpi.xml" own-catalogue="own.xml" watchlist="watchlist.xml"/>'
    inventory = '<inventory file="inventory.csv"/>'
    with Gateway("once", sections={"data": data}, extra=inventory, files=files) as gw:
        paths = [os.path.join(gw.folder, name) for name in files]
        with Opened(*paths) as opened:
            code, text = run_check(gw)
            check_equal(code, 0, text)
            check_equal(opened.counts(), {path: 1 for path in paths}, "reads")


def test_refuses_to_start():
    """eogd with a broken configuration does not start, and says why as --check does"""
    with Gateway("start") as gw:
        gw.write_file("eog-gateway.xml", broken_config(gw, "<sytem/>"))
        done = subprocess.run(
            [program("eogd"), *gw.command("--foreground")[1:]],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=30 * stretch(),
            check=False,
        )
        check(done.returncode != 0, "it started")
        check(
            positions(done.stdout.decode(errors="replace"), gw.config_path),
            f"no file:line: {done.stdout!r}",
        )


main(
    test_good,
    test_broken_config,
    test_default_site,
    test_gateway_id,
    test_master,
    test_taken,
    test_several_errors,
    test_empty,
    test_read_once,
    test_refuses_to_start,
    test_reload_at_start,
    test_reload,
    test_restart_named,
    test_new_id,
    test_broken_knowledge,
)
