#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""check_eog: states turned by real messages give the exit codes that they promise; a gateway that
cannot be asked is unknown, with the reason; an agent that lies forges nothing."""
import calendar
import contextlib
import os
import re
import socket
import subprocess
import threading
import time

import ber
import messages
from harness import (
    PATIENCE_S,
    Gateway,
    Skipped,
    check,
    check_equal,
    free_port,
    main,
    program,
    read_oids,
    tool,
    wait_for,
)

OK, WARNING, CRITICAL, UNKNOWN = range(4)
NAMES = ["OK", "WARNING", "CRITICAL", "UNKNOWN"]
HOSTS = [f"wks-{i:02d}" for i in range(1, 21)]
# 'label'=value[UOM];[warn];[crit];[min];[max], as the guidelines write it
PERFORMANCE = re.compile(
    r"'[A-Za-z0-9_./-]+'=(U|-?[0-9.]+(%|c|s|KB)?);(@?[0-9.:~-]+)?;(@?[0-9.:~-]+)?;0(;100)?"
)
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202e]")


class Said:
    """Output and exit code, checked for the form that every output must have."""

    def __init__(self, *arguments, timeout_s=None):
        begun = time.monotonic()
        done = subprocess.run(
            [program("check_eog"), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            timeout=timeout_s or 3 * PATIENCE_S,
            check=False,
        )
        self.took_s = time.monotonic() - begun
        self.code = done.returncode
        self.text = done.stdout.decode("utf-8")  # strict: it is UTF-8, whatever the agent says
        self.all = f"{' '.join(arguments)}: exit {self.code}: {self.text}{done.stderr.decode()}"
        check(self.code in range(4), self.all)
        check_equal(done.stderr, b"", "standard error")
        check(not CONTROL.search(self.text), f"control characters in {self.all!r}")
        self.line, self.values = (self.text.split("\n")[0].split(" | ") + [""])[:2]
        check(
            f" {NAMES[self.code]}: " in self.line, f"the line and the exit code differ: {self.all}"
        )
        check(self.text.count("|") <= 1, f"more than one bar: {self.all}")
        # A shell-like split is wrong on purpose: labels of ours never hold a blank.
        for item in self.values.split():
            check(PERFORMANCE.fullmatch(item), f"no performance data: {item!r} in {self.all}")

    def value(self, label):
        found = re.search(rf"'{re.escape(label)}'=([^ ]*)", self.values)
        check(found, f"no value {label}: {self.all}")
        return found.group(1)


def expect(code, words, *arguments):
    said = Said(*arguments)
    check_equal(said.code, code, f"exit code of {said.all}")
    for word in words:
        check(word in said.line, f"'{word}' is not in {said.all}")
    return said


def at(gw):
    return ("-H", f"127.0.0.1:{gw.port['agent']}")


@contextlib.contextmanager
def gateway(**more):
    """Twenty hosts, all well, and two products; windows as delivered."""
    inventory = ["site,name,role"] + [f"default,{host},host" for host in HOSTS]
    inventory += ["default,osce01,product", "default,osce02,product"]
    with Gateway(
        "check",
        extra='<inventory file="inventory.csv"/>' + more.pop("extra", ""),
        files={"inventory.csv": "\n".join(inventory) + "\n", **more.pop("files", {})},
        **more,
    ) as gw:
        gw.start()
        gw.receive(
            *[messages.pattern_status(host) for host in HOSTS],
            messages.pattern_status("osce01"),
            messages.pattern_status("osce02"),
        )
        gw.wait_state(11, "outbreak", "default", "ok")
        yield gw


def test_states():
    """ok, warning, critical and unknown, each turned by messages; a KPI by key and by number"""
    with gateway() as gw:
        for kpi in ("outbreak", "OUTBREAK", "11"):
            said = expect(OK, ["OUTBREAK OK: default"], *at(gw), "-k", kpi, "-s", "default")
            check_equal(said.value("outbreak"), "0;5;10;0", "performance data")
        gw.receive(*[messages.virus("WORM_DOWNAD.AD", host) for host in HOSTS[:5]])
        gw.wait_state(11, "outbreak", "default", "warning")
        said = expect(WARNING, ["OUTBREAK WARNING: default", "5 hosts"], *at(gw), "-k", "outbreak")
        check_equal(said.value("outbreak"), "5;5;10;0", "performance data")
        check("\nadvice: " in said.text, f"no advice: {said.all}")
        gw.receive(*[messages.virus("WORM_DOWNAD.AD", host) for host in HOSTS[5:10]])
        gw.wait_state(11, "outbreak", "default", "critical")
        expect(CRITICAL, ["10 hosts"], *at(gw), "-k", "outbreak", "-s", "Default")
        # Not enabled in the delivered catalogue.
        said = expect(UNKNOWN, ["GRAYWARE UNKNOWN", "not enabled"], *at(gw), "-k", "grayware")
        check(said.value("grayware").startswith("U;"), f"a value of nothing: {said.all}")
        said = expect(CRITICAL, ["gw-test: "], *at(gw), "-k", "all")
        check("\ncritical: outbreak" in said.text, said.all)
        check(int(said.value("unknown").split(";")[0]) > 10, said.all)


def test_asked_all_the_time():
    """Who asks again and again, each time with a walk, sees a state as soon as eogctl does"""
    with gateway() as gw:
        ask = (*at(gw), "-k", "outbreak", "-s", "default")

        def asked_again():
            """What is said as soon as eogctl has it."""
            Said(*ask)
            rows = [row for row in gw.status()["kpis"] if row["key"] == "outbreak"]
            return Said(*ask) if rows[0]["state"] == "critical" else None

        check(not asked_again(), "it is critical already")
        gw.receive(*[messages.virus("WORM_DOWNAD.AD", host) for host in HOSTS])
        check_equal(gw.wait_for(asked_again, "the outbreak is seen").code, CRITICAL, "the code")


def test_percent():
    """A share is shown in percent; one that must not fall has ranges as levels"""
    with gateway() as gw:
        gw.wait_state(4, "install-rate", "default", "ok")
        said = expect(OK, ["INSTALL-RATE OK"], *at(gw), "-k", "install-rate")
        check_equal(said.value("install-rate"), "100.00%;95.00:;85.00:;0;100", "performance data")


def test_worst_scope():
    """Without -s the worst of all scopes counts, is named, and the scopes are counted"""
    with gateway() as gw:
        gw.receive(messages.pattern_status("osce02", status=4))
        gw.wait_state(2, "pattern-outdated", "default/osce02", "warning")
        said = expect(
            WARNING,
            ["PATTERN-OUTDATED WARNING: default/osce02", "1 warning"],
            *at(gw),
            "-k",
            "pattern-outdated",
        )
        check_equal(said.value("warning"), "1;;;0", "scopes in warning")
        gw.receive(messages.pattern_status("osce01", status=6))
        gw.wait_state(2, "pattern-outdated", "default/osce01", "critical")
        expect(CRITICAL, ["default/osce01", "1 critical"], *at(gw), "-k", "pattern-outdated")
        expect(WARNING, ["default/osce02"], *at(gw), "-k", "2", "-s", "default/osce02")
        expect(OK, ["default"], *at(gw), "-k", "2", "-s", "default")


def test_ranges():
    """Levels of the command line in place of the gateway's, as ranges"""
    with gateway() as gw:
        gw.wait_state(4, "install-rate", "default", "ok")
        rate = (*at(gw), "-k", "install-rate", "-s", "default")
        said = expect(OK, ["INSTALL-RATE OK"], *rate, "-w", "98:", "-c", "90:")
        check_equal(said.value("install-rate"), "100.00%;98:;90:;0;100", "performance data")
        expect(WARNING, ["INSTALL-RATE WARNING"], *rate, "-w", "50")
        expect(CRITICAL, ["INSTALL-RATE CRITICAL"], *rate, "-w", "50", "-c", "@99.5:100")
        # Each scope is judged by them: to the gateway all of them are ok yet.
        gw.receive(messages.pattern_status("osce02", status=3))
        gw.wait_for(lambda: " 2 versions" in Said(*at(gw), "-k", "2", "-s", "default/osce02").line, "a lag")
        expect(OK, ["PATTERN-OUTDATED OK"], *at(gw), "-k", "2")
        said = expect(WARNING, ["WARNING: default/osce02", "1 warning"], *at(gw), "-k", "2", "-w", "1", "-c", "5")
        check_equal(said.value("warning"), "1;;;0", "scopes in warning")
        expect(CRITICAL, ["CRITICAL: default/osce02", "1 critical"], *at(gw), "-k", "2", "-c", "1")
        expect(OK, ["PATTERN-OUTDATED OK"], *at(gw), "-k", "2", "-w", "2", "-c", "5")
        # What is not known stays so, whatever the levels.
        expect(UNKNOWN, ["GRAYWARE UNKNOWN"], *at(gw), "-k", "grayware", "-w", "0:", "-c", "0:")


def test_products():
    """Products, all, of one site, one alone; feeds, and what has none; the gateway itself"""
    files = '<feed name="file" kind="file" file="feed.ndjson"/>'
    with gateway(extra=files) as gw:
        gw.receive(messages.pattern_status("osce02", status=4))
        gw.wait_state(2, "pattern-outdated", "default/osce02", "warning")
        said = expect(WARNING, ["PRODUCTS WARNING", "default/osce02 is warning"], *at(gw), "--products")
        check("\ndefault/osce02 warning: osce02, pattern " in said.text, said.all)
        one = expect(WARNING, ["1 warning", " of 1 products"], *at(gw), "--products", "-s", "default/OSCE02")
        check(", heard " in one.text, one.all)
        site = expect(WARNING, [said.line[-40:]], *at(gw), "--products", "-s", "default")
        check_equal(site.values, said.values, "the products of the only site")
        for name in ("default/osce0", "defaul", "hq"):
            expect(UNKNOWN, [f"no '{name}' among its products"], *at(gw), "--products", "-s", name)
        said = expect(OK, ["FEEDS OK"], *at(gw), "--feeds", "-s", "file")
        check(re.fullmatch("[0-9]+;;;0", said.value("backlog")), said.all)
        check("records wait" in said.text, said.all)
        expect(UNKNOWN, ["no 'core' among its feeds"], *at(gw), "--feeds", "-s", "core")
        said = expect(OK, ["GATEWAY OK: gw-test", "receives and judges"], *at(gw), "--gateway")
        check(int(said.value("received").split("c")[0]) >= 22, said.all)


def test_feeds():
    """A feed whose core is away is not ok, and says so"""
    away = f'<feed name="core" kind="syslog" address="127.0.0.1:{free_port()}" warning="1s"/>'
    with gateway(extra=away) as gw:
        wait_for(lambda: Said(*at(gw), "--feeds").code == WARNING, "the feed's core is missed")
        said = expect(WARNING, ["FEEDS WARNING", "1 warning", "core is warning"], *at(gw), "--feeds")
        check("; last trouble: " in said.text, said.all)


def test_names():
    """An indicator or scope that is not there is unknown, and those that are there are named"""
    with gateway() as gw:
        expect(UNKNOWN, ["no indicator 'outbreaks'", " outbreak "], *at(gw), "-k", "outbreaks")
        expect(UNKNOWN, ["no indicator 29"], *at(gw), "-k", "29")
        expect(UNKNOWN, ["no indicator 4294967295"], *at(gw), "-k", "4294967295")
        expect(UNKNOWN, ["1 or more"], *at(gw), "-k", "4294967296")
        expect(UNKNOWN, ["no scope 'hq'", "default"], *at(gw), "-k", "outbreak", "-s", "hq")


def test_unreachable():
    """Nobody there is unknown at once; a silent host after the time; a name without address"""
    port = free_port()
    for more in ((), ("-P", "3", "-u", "nms", "--auth-file", __file__)):
        said = expect(
            UNKNOWN, ["refuses", f"127.0.0.1:{port}"], "-H", f"127.0.0.1:{port}", "-k", "1", *more
        )
        check(said.took_s < 5, f"it took {said.took_s:.1f} s to see a port that refuses")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{silent.getsockname()[1]}"
        for more in ((), ("-P", "3", "-u", "nms", "--auth-file", __file__)):
            said = expect(
                UNKNOWN, ["no answer", where, "1 s"], "-H", where, "-k", "1", "-t", "1", *more
            )
            check(0.9 < said.took_s < 1 + PATIENCE_S / 4, f"-t 1 took {said.took_s:.1f} s")
    expect(UNKNOWN, ["'nosuch.invalid'"], "-H", "nosuch.invalid", "-k", "1")


def test_stopped_and_killed():
    """A gateway that is stopped or killed is unknown, and asked again when it is back"""
    with gateway() as gw:
        expect(OK, [], *at(gw), "-k", "outbreak")
        gw.kill()
        expect(UNKNOWN, ["refuses"], *at(gw), "-k", "outbreak")
        for mode in ("--products", "--feeds", "--gateway"):
            expect(UNKNOWN, ["refuses"], *at(gw), mode)
        gw.start()
        expect(OK, [], *at(gw), "-k", "outbreak")


def test_community():
    """A wrong community is told from a dead agent"""
    with gateway(files={"community": "monitoring\n"}) as gw:
        expect(UNKNOWN, ["is there", "community"], *at(gw), "-k", "1", "-C", "private", "-t", "2")
        path = os.path.join(gw.folder, "community")
        expect(UNKNOWN, ["community"], *at(gw), "-k", "1", "--community-file", path, "-t", "2")
        gw.sections["community"] = '<community file="community" source="127.0.0.0/8"/>'
        gw.write_config()
        gw.reload()
        wait_for(
            lambda: Said(*at(gw), "-k", "outbreak", "--community-file", path, "-t", "2").code == OK,
            "the community of the file is taken",
        )
        expect(UNKNOWN, ["community"], *at(gw), "-k", "outbreak", "-t", "2")


def test_ipv6():
    """Over IPv6, by address; a community bound to an IPv6 network, and to another one"""
    if not has_ipv6():
        raise Skipped("no ::1 here")
    with gateway() as gw:
        for source, code in (("::1", OK), ("any6", OK), ("any", OK), ("2001:db8::/32", UNKNOWN)):
            address = f"udp:127.0.0.1:{gw.port['agent']},udp6:[::1]:{gw.port['agent']}"
            address += f",tcp6:[::1]:{gw.port['agent']}"
            gw.sections["agent"] = f'<agent mode="standalone" address="{address}"/>'
            gw.sections["community"] = (
                f'<community name="six" source="{source}"/>'
                '<community name="public" source="127.0.0.0/8"/>'
            )
            gw.write_config()
            gw.stop()
            gw.start()
            gw.wait_state(11, "outbreak", "default", "ok")
            where = f"[::1]:{gw.port['agent']}"
            patience = "10" if code == OK else "1"
            said = expect(code, [], "-H", where, "-k", "outbreak", "-C", "six", "-t", patience)
            check(code == OK or f"{where} is there" in said.line, said.all)
            # The same decision over a stream.
            command = [tool("snmpget"), "-v2c", "-c", "six", "-m", "", "-r", "0", "-t", patience]
            done = subprocess.run(
                [*command, f"tcp6:{where}", "1.3.6.1.2.1.1.1.0"],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
            check_equal(
                done.returncode == 0, code == OK, f"snmpget over TCP from {source}: {done.stdout}"
            )


def test_several_addresses():
    """A name of two addresses, one of which nobody answers at; IPv4 written as IPv6"""
    if not has_ipv6():
        raise Skipped("no ::1 here")
    with gateway() as gw:
        port = gw.port["agent"]
        expect(OK, ["receives and judges"], "-H", f"[::ffff:127.0.0.1]:{port}", "--gateway")
        hosts = gw.write_file("hosts", "::1 two.example\n127.0.0.1 two.example\n127.0.0.2 two.example\n")
        command = [tool("unshare"), "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
        script = 'mount --bind "$1" /etc/hosts && shift && exec "$@"'
        if subprocess.run([*command, "sh", "-c", script, "sh", hosts, "true"], stderr=subprocess.DEVNULL,
                          check=False).returncode:
            raise Skipped("no mount namespace may be made here")
        # Over IPv6 nobody is there, then somebody who is silent.
        for is_silent in (False, True):
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as silent:
                if is_silent:
                    silent.bind(("::1", port))
                done = subprocess.run([*command, "sh", "-c", script, "sh", hosts, program("check_eog"), "-H",
                                       f"two.example:{port}", "--gateway", "-t", "4"],
                                      stdout=subprocess.PIPE, check=False)
            check_equal(done.returncode, OK, f"silent: {is_silent}: {done.stdout.decode()}")


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def test_users():
    """Version 3: right keys, wrong ones of each kind, an unknown user, too weak a level"""
    files = {"auth": "authentication\n", "privacy": "privacy words\n", "wrong": "wrong words\n"}
    user = '<user name="nms" auth="{}" auth-file="auth" privacy="{}" privacy-file="privacy"/>'
    with gateway(extra=user.format("SHA-256", "AES-128"), files=files) as gw:
        path = {name: os.path.join(gw.folder, name) for name in files}

        def ask(code, words, auth="auth", privacy="privacy", name="nms", more=()):
            arguments = ["-k", "outbreak", "-P", "3", "-u", name, "--auth-file", path[auth]]
            if privacy:
                arguments += ["--privacy-file", path[privacy]]
            return expect(code, words, *at(gw), *arguments, *more)

        ask(OK, ["OUTBREAK OK"])
        ask(UNKNOWN, ["'nms'", "authentication passphrase"], auth="wrong")
        ask(UNKNOWN, ["'nms'", "authentication passphrase"], more=("-a", "SHA-512"))
        ask(UNKNOWN, ["'nms'", "privacy"], privacy="wrong", more=("-t", "2"))
        ask(UNKNOWN, ["no user 'eve'"], name="eve")
        ask(UNKNOWN, ["'nms'", "level of security"], privacy=None)
        # Words that are arguments would be seen by everybody: there is no option that takes them.
        check("authentication" not in " ".join(at(gw)), "a passphrase is an argument")


def test_all_protocols():
    """Every authentication and privacy protocol that the gateway knows, against it"""
    auths = "MD5 SHA SHA-224 SHA-256 SHA-384 SHA-512".split()
    privacies = "none DES AES-128 AES-192 AES-256 AES-192-C AES-256-C".split()
    pairs = [(a, p) for a in auths for p in privacies]
    users = "".join(
        f'<user name="{a}.{p}" auth="{a}" auth-file="auth" privacy="{p}"'
        + (' privacy-file="privacy"' if p != "none" else "")
        + "/>"
        for a, p in pairs
    )
    with gateway(
        extra=users, files={"auth": "authentication\n", "privacy": "privacy words\n"}
    ) as gw:
        path = {name: os.path.join(gw.folder, name) for name in ("auth", "privacy")}
        for a, p in pairs:
            more = ["--privacy-file", path["privacy"]] if p != "none" else []
            user = ["-P", "3", "-u", f"{a}.{p}", "-a", a, "-x", p, "--auth-file", path["auth"]]
            expect(OK, [], *at(gw), "-k", "outbreak", *user, *more)


def test_usage():
    """Mistakes on the command line are unknown and say what is wrong; help has examples"""
    expect(UNKNOWN, ["-H is missing"])
    expect(UNKNOWN, ["-k is missing"], "-H", "127.0.0.1")
    expect(UNKNOWN, ["'/nowhere'"], *"-H gw -k 1 -P 3 -u nms --auth-file /nowhere".split())
    for option in ("-h", "--help"):
        done = subprocess.run([program("check_eog"), option], stdout=subprocess.PIPE, check=False)
        text = done.stdout.decode()
        check_equal(done.returncode, UNKNOWN, "the guidelines' exit code of help")
        check("examples:" in text and "-k outbreak" in text, text)


class Liar:
    """An agent that says what it is told to. `cells`: OID -> encoded value; `bend` may change an
    answer before it is sent, None says nothing."""

    def __init__(self, cells, bend=None):
        self.cells, self.bend = cells, bend or (lambda answer: answer)
        self.order = sorted(cells, key=lambda name: [int(arc) for arc in name.split(".")])
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.1)
        self.is_open = True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def after(self, name):
        arcs = [int(arc) for arc in name.split(".")]
        return [key for key in self.order if [int(arc) for arc in key.split(".")] > arcs]

    def answer(self, data):
        _, body, _ = ber.take(data)
        _, version, rest = ber.take(body)
        if version != b"\x01":
            return None
        _, community, rest = ber.take(rest)
        tag, pdu, _ = ber.take(rest)
        _, request_id, rest = ber.take(pdu)
        _, _, rest = ber.take(rest)
        _, repetitions, rest = ber.take(rest)
        _, items, _ = ber.take(rest)
        pairs = []
        while items:
            _, item, items = ber.take(items)
            _, name, _ = ber.take(item)
            text = ber.oid_text(name)
            if tag == ber.GET:
                pairs.append((text, self.cells.get(text, ber.wrap(0x81, b""))))
            else:
                found = self.after(text)[: int.from_bytes(repetitions, "big")]
                pairs += [(key, self.cells[key]) for key in found]
                if not found:
                    pairs.append((text, ber.wrap(0x82, b"")))
        head = ber.wrap(ber.INTEGER, request_id) + ber.integer(0) + ber.integer(0)
        return self.bend(
            ber.message(1, community, ber.wrap(ber.RESPONSE, head + ber.varbinds(pairs)))
        )

    def run(self):
        while self.is_open:
            try:
                data, peer = self.socket.recvfrom(65535)
            except socket.timeout:
                continue
            answer = self.answer(data)
            if answer is not None:
                self.socket.sendto(answer, peer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.is_open = False
        self.thread.join()
        self.socket.close()

    def at(self):
        return ("-H", f"127.0.0.1:{self.socket.getsockname()[1]}", "-t", "2")


def date(when_s):
    t = time.gmtime(when_s)
    year = t.tm_year.to_bytes(2, "big")
    return ber.octets(year + bytes([t.tm_mon, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, 0]))


def cells(scope="default", text=None, **changes):
    """The tables of a gateway with one indicator, critical. text: said wherever text is."""
    oids, now = read_oids(), time.time()
    index = ".".join(str(n) for n in [11, len(scope.encode()), *scope.encode()])

    def say(words):
        return ber.octets(words if text is None else text)

    summary = {
        "Key": say("outbreak"),
        "Name": say("Outbreak"),
        "WorstState": ber.integer(2),
        "Ok": ber.integer(0, ber.GAUGE32),
        "Warning": ber.integer(0, ber.GAUGE32),
        "Critical": ber.integer(1, ber.GAUGE32),
        "Unknown": ber.integer(0, ber.GAUGE32),
        "WorstScope": ber.octets(scope),
    }
    row = {
        "State": ber.integer(2),
        "Value": ber.integer(12),
        "ValueText": say("12 hosts"),
        "Unit": say("hosts"),
        "WarningLevel": ber.integer(5),
        "CriticalLevel": ber.integer(10),
        "Since": date(now),
        "ScopeKey": say(scope),
        "ScopeName": say("Head office"),
        "Reason": say("WORM_X on 12 hosts"),
        "Advice": say("Isolate them"),
    }
    found = {
        oids["eogGatewayName"] + ".0": say("gw"),
        oids["eogGatewaySnapshotTime"] + ".0": date(now),
        oids["eogGatewayWorstState"] + ".0": ber.integer(2),
    }
    found.update({f"{oids['eogKpiSummary' + name]}.11": value for name, value in summary.items()})
    found.update({f"{oids['eogKpi' + name]}.{index}": value for name, value in row.items()})
    for name, value in changes.items():
        key = next(k for k in found if k.startswith(oids[name] + "."))
        if value is None:
            del found[key]
        else:
            found[key] = value
    return found


def test_lies():
    """Texts that would forge lines, performance data or a terminal's state do not"""
    with Liar(cells()) as agent:
        said = expect(
            CRITICAL,
            ["OUTBREAK CRITICAL: default (Head office): 12 hosts"],
            *agent.at(),
            "-k",
            "outbreak",
        )
        check_equal(said.value("outbreak"), "12;5;10;0", "performance data")
    for text in (
        "a | 'outbreak'=0;;;0",
        "OUTBREAK OK: all is well\n| 'x'=1",
        "\x1b[31m\x1b]0;title\x07\r\n\x00\x85",
        b"\xff\xfe\xc2\x9b31m\xe2\x80\xae|",
        "x" * 5000,
        "",
    ):
        with Liar(cells(text=text)) as agent:
            for kpi in ("11", "all"):
                said = Said(*agent.at(), "-k", kpi)
                check_equal(said.code, CRITICAL, said.all[:500])
                check(len(said.text.splitlines()) <= 4, said.all[:500])
                check(len(said.line) < 1500, said.all[:500])
    with Liar(cells(scope="a|b\nc")) as agent:
        check_equal(Said(*agent.at(), "-k", "11").code, CRITICAL, "a scope of strange bytes")


def test_nonsense():
    """States that are none, wrong types, old tables, other objects: unknown, in words"""
    for changes, words in (
        ({"eogKpiSummaryWorstState": ber.integer(4)}, ["a state that is none"]),
        ({"eogKpiSummaryWorstState": ber.integer(-1)}, ["a state that is none"]),
        ({"eogKpiSummaryWorstState": ber.octets("2")}, ["a state that is none"]),
        ({"eogKpiState": ber.integer(7)}, ["a state that is none"]),
        ({"eogKpiState": ber.integer(0)}, ["change faster"]),
        ({"eogGatewayName": None}, ["no EOG-GATEWAY-MIB"]),
        ({"eogGatewaySnapshotTime": date(time.time() - 301)}, [" s old: it judges no more"]),
        ({"eogGatewaySnapshotTime": date(time.time() + 330)}, ["ahead of this machine's clock"]),
        ({"eogGatewaySnapshotTime": date(calendar.timegm((1, 1, 1, 0, 0, 0)))}, ["judged nothing"]),
        ({"eogGatewaySnapshotTime": ber.octets("")}, ["judged nothing"]),
        ({"eogGatewaySnapshotTime": ber.octets(b"\xff" * 8)}, ["judged nothing"]),
    ):
        with Liar(cells(**changes)) as agent:
            said = expect(UNKNOWN, words, *agent.at(), "-k", "outbreak")
            check(not said.values, f"performance data of nothing: {said.all}")
    with Liar(cells(eogGatewaySnapshotTime=date(time.time() - 301))) as agent:
        expect(CRITICAL, [], *agent.at(), "-k", "outbreak", "-m", "0")
        expect(CRITICAL, [], *agent.at(), "-k", "outbreak", "-m", "1000")
    with Liar(cells(eogGatewaySnapshotTime=date(time.time() + 330))) as agent:
        expect(CRITICAL, [], *agent.at(), "-k", "outbreak", "-m", "0")
    with Liar(cells(eogKpiSummaryWorstScope=ber.octets(""))) as agent:
        expect(CRITICAL, ["no scope"], *agent.at(), "-k", "outbreak")
    with Liar({}) as agent:
        for kpi in ("outbreak", "11", "all"):
            expect(UNKNOWN, ["no EOG-GATEWAY-MIB"], *agent.at(), "-k", kpi)


def test_all_and_the_journal():
    """-k all is not ok while the journal is not, and says so; nor while a state is none"""
    oids = read_oids()
    for state, failure, held_by, code, words in (
        (0, "", "", OK, "0 warning, 0 unknown, 1 ok of 1 indicators"),
        (1, "", "feed-core", WARNING, "1 ok of 1 indicators; the journal grows, waiting for feed-core"),
        (2, "No space left on device", "", CRITICAL, "nothing is acknowledged: No space left on device"),
    ):
        found = cells(eogKpiSummaryWorstState=ber.integer(0), eogGatewayWorstState=ber.integer(state))
        found[oids["eogJournalState"] + ".0"] = ber.integer(state)
        found[oids["eogJournalFailure"] + ".0"] = ber.octets(failure)
        found[oids["eogJournalHeldBy"] + ".0"] = ber.octets(held_by)
        with Liar(found) as agent:
            expect(code, [words], *agent.at(), "-k", "all")
        if state == 2:  # time stands still then: that is no reason to know less
            found[oids["eogGatewaySnapshotTime"] + ".0"] = date(time.time() - 1000)
            for question in (("-k", "all"), ("--gateway",)):
                with Liar(found) as agent:
                    expect(code, ["nothing is acknowledged: No space"], *agent.at(), *question)
    # Who may see the states alone is told of them alone; what contradicts itself is not believed.
    with Liar(cells(eogKpiSummaryWorstState=ber.integer(1), eogGatewayWorstState=None)) as agent:
        expect(WARNING, ["1 warning"], *agent.at(), "-k", "all")
    with Liar(cells(eogKpiSummaryWorstState=ber.integer(7))) as agent:
        expect(UNKNOWN, ["cannot be understood"], *agent.at(), "-k", "all")


def test_many():
    """Of more rows than are listed the worst are, in whatever order they come"""
    oids = read_oids()
    found = cells()
    states = [3] * 10 + [1] * 10 + [2] * 10  # unknown, warning, critical
    for n, state in enumerate(states):
        name = f"default/p{n:02d}"
        index = ".".join(str(octet) for octet in [len(name), *name.encode()])
        found[f"{oids['eogProductState']}.{index}"] = ber.integer(state)
        for column in ("Name", "PatternVersion", "EngineVersion"):
            found[f"{oids['eogProduct' + column]}.{index}"] = ber.octets(name)
        found[f"{oids['eogProductLastSeen']}.{index}"] = date(time.time())
    with Liar(found) as agent:
        said = expect(CRITICAL, ["10 critical, 10 warning, 10 unknown"], *agent.at(), "--products")
        listed = re.findall("^default/p.. ([a-z]+):", said.text, re.M)
        check_equal(listed, ["critical"] * 10 + ["warning"] * 10, "what is listed")


def with_error(status):
    """The answer with an error-status: the first INTEGER of one octet after the request id."""

    def bend(answer):
        body = bytearray(answer)
        place = body.index(b"\x02\x01\x00\x02\x01\x00\x30")
        body[place + 2] = status
        return bytes(body)

    return bend


def other_name(answer):
    """Objects that were not asked for: an arc of each name changed."""
    return answer.replace(b"\x2b\x06\x01\x04\x01", b"\x2b\x06\x01\x04\x02")


def other_request(answer):
    """The answer to another request: its id changed (RFC 3416 section 4.2)."""
    return re.sub(
        rb"(\xa2\x82..\x02\x04)....", lambda m: m.group(1) + b"\1" * 4, answer, flags=re.S
    )


def test_bent():
    """Answers that are cut, of another request, of other objects, out of order, or errors"""
    for bend, words in (
        (with_error(1), ["tooBig"]),
        (with_error(5), ["genErr"]),
        (with_error(16), ["authorizationError"]),
        (other_name, ["not asked for"]),
        (lambda answer: answer[:-1], ["no answer"]),
        (lambda answer: answer + b"\x00", ["no answer"]),
        (lambda answer: b"", ["no answer"]),
        (lambda answer: b"\x30\x82\xff\xff" + answer, ["no answer"]),
        (lambda answer: None, ["no answer"]),
        (other_request, ["no answer"]),
    ):
        with Liar(cells(), bend) as agent:
            expect(UNKNOWN, words, *agent.at(), "-k", "11", "-t", "1")
    with Liar(cells()) as agent:
        agent.after = lambda name: [agent.order[0]]  # for ever the same
        expect(UNKNOWN, ["out of order"], *agent.at(), "-k", "outbreak")


main(
    test_states,
    test_asked_all_the_time,
    test_percent,
    test_worst_scope,
    test_ranges,
    test_products,
    test_feeds,
    test_names,
    test_unreachable,
    test_stopped_and_killed,
    test_community,
    test_ipv6,
    test_several_addresses,
    test_users,
    test_all_protocols,
    test_usage,
    test_lies,
    test_nonsense,
    test_all_and_the_journal,
    test_many,
    test_bent,
)
