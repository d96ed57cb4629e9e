#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is delivered for monitoring systems: made of the catalogue as it is now, and the handler of
notifications forges nothing. The real systems are tried by make nms."""
import glob
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile

from harness import SOURCE, check, check_equal, main, program, read_oids, read_root, run

sys.path.insert(0, os.path.join(SOURCE, "deploy"))
sys.dont_write_bytecode = True
import catalogue  # noqa: E402

OIDS, ROOT = read_oids(), read_root()
BUILD = os.environ.get("EOG_BUILD") or os.environ["top_builddir"]
HANDLER = os.path.join(BUILD, "deploy/nagios/eog-traphandle")
ZABBIX_HANDLER = os.path.join(BUILD, "deploy/zabbix/eog-zabbix-traps")


def test_generated():
    """Files that are made of the KPI catalogue are what is made now"""
    found = sorted(glob.glob(os.path.join(SOURCE, "deploy", "*", "generate.py")))
    check(len(found) >= 3, f"generators: {found}")
    for path in found:
        done = subprocess.run([sys.executable, "-B", path, "--check"], stdout=subprocess.PIPE, check=False)
        check_equal(done.returncode, 0, f"{path} --check: {done.stdout.decode()}")


def spaced(text):
    """Lines are folded by length, which the root's length changes."""
    return " ".join(text.split())


def test_prometheus():
    """snmp.yml is what the real generator makes; the rules are sound, and fire as they should"""
    folder_ours = os.path.join(SOURCE, "deploy", "prometheus")
    with tempfile.TemporaryDirectory(prefix="eog-deploy-") as folder:
        if shutil.which("prometheus-snmp-generator"):
            for path in glob.glob(os.path.join(SOURCE, "tests", "system", "mibs", "*")):
                shutil.copy(path, folder)
            shutil.copy(os.path.join(BUILD, "mibs", "EOG-GATEWAY-MIB.txt"), os.path.join(folder, "EOG-GATEWAY-MIB"))
            shutil.copy(os.path.join(folder_ours, "generator.yml"), folder)
            subprocess.run(["prometheus-snmp-generator", "generate"], cwd=folder, check=True,
                           env={**os.environ, "MIBDIRS": folder}, stderr=subprocess.DEVNULL)
            with open(os.path.join(folder, "snmp.yml"), encoding="utf-8") as made, \
                    open(os.path.join(BUILD, "deploy/prometheus/snmp.yml"), encoding="utf-8") as built:
                text = built.read().split("\n", 1)[1]  # behind the licence
                check_equal(spaced(text), spaced(made.read()), "snmp.yml")
        if shutil.which("promtool"):
            rules = sorted(glob.glob(os.path.join(folder_ours, "eog-rules-*.yml")))
            check_equal(len(rules), 4, "files of rules")
            subprocess.run(["promtool", "check", "rules", *rules], check=True, stdout=subprocess.DEVNULL)
            shutil.copy(os.path.join(folder_ours, "eog-rules-snmp.yml"), folder)
            path = os.path.join(folder, "test.yml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(RULE_TESTS)
            subprocess.run(["promtool", "test", "rules", path], check=True, stdout=subprocess.DEVNULL)


# ok, warning, critical, unknown, ok: a minute each. Then a gateway that is down.
RULE_TESTS = """
rule_files: [eog-rules-snmp.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: 'eogKpiState{eogKpiSummaryKey="outbreak",eogKpiScope="hq",instance="gw"}'
        values: '0 1 2 3 0'
      - series: 'up{job="eog",instance="gw"}'
        values: '1 1 1 1 1 0 0 0 0 0'
    promql_expr_test:
      - {expr: 'ALERTS', eval_time: 0m}
      - expr: 'ALERTS'
        eval_time: 1m
        exp_samples:
          - labels: 'ALERTS{alertname="EogOutbreak",alertstate="firing",severity="warning",LABELS}'
            value: 1
      - expr: 'ALERTS'
        eval_time: 2m
        exp_samples:
          - labels: 'ALERTS{alertname="EogOutbreak",alertstate="firing",severity="critical",LABELS}'
            value: 1
      - {expr: 'ALERTS', eval_time: 3m}
      - {expr: 'ALERTS', eval_time: 4m}
      - expr: 'ALERTS'
        eval_time: 8m
        exp_samples:
          - labels: 'ALERTS{alertname="EogGatewayDown",alertstate="firing",severity="critical",DOWN}'
            value: 1
""".replace(
    "LABELS", 'category="%s",kpi="outbreak",eogKpiSummaryKey="outbreak",eogKpiScope="hq",instance="gw"'
    % next(kpi.category for kpi in catalogue.kpis() if kpi.key == "outbreak")
).replace("DOWN", 'category="gateway",job="eog",instance="gw"')


def handed(notification=1, **values):
    """What snmptrapd hands to a handler."""
    values = {"KpiKey": "outbreak", "Scope": "hq", "NewState": "2", "AlertNumber": "7",
              "ValueText": "12 hosts", "Reason": "", **values}
    lines = ["nms.example", "UDP: [192.0.2.1]:1->[192.0.2.2]:162", ".1.3.6.1.2.1.1.3.0 0:0:00:14.03",
             f".1.3.6.1.6.3.1.1.4.1.0 .{values.pop('root', ROOT)}.0.{notification}",
             f".{OIDS['eogGatewayName']}.0 \"{values.pop('gateway', 'gw-hq')}\""]
    for name, value in values.items():
        quoted = value if name in ("OldState", "NewState", "AlertNumber") else f'"{value}"'
        lines.append(f".{OIDS['eogNotify' + name]}.0 {quoted}")
    return "\n".join(lines).encode() + b"\n"


class Told:
    """The handler with a folder of its own; what it wrote into the command pipe and the system's log."""

    def __init__(self, folder):
        self.folder, self.command = folder, os.path.join(folder, "cmd")
        self.state, self.log = os.path.join(folder, "state"), os.path.join(folder, "log")
        os.mkdir(os.path.join(folder, "bin"))
        with open(os.path.join(folder, "bin", "logger"), "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nprintf "%s\\n" "$*" >>{self.log}\n')
        os.chmod(file.name, 0o755)
        # What a timeout bounds is not waited for.
        with open(os.path.join(folder, "bin", "timeout"), "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nshift\nexec {shutil.which("timeout")} 1 "$@"\n')
        os.chmod(file.name, 0o755)
        os.mkfifo(self.command)

    def handle(self, notification=1, host=None, values=None, **more):
        path = f"{os.path.join(self.folder, 'bin')}:{os.environ['PATH']}"
        subprocess.run(["sh", HANDLER, self.command, self.state] + ([host] if host else []), timeout=30,
                       input=handed(notification, **(values or {})), env={**os.environ, "PATH": path},
                       **{"check": True, **more})

    def tell(self, notification=1, host=None, is_full=False, **values):
        def fill():
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

        pipe = os.open(self.command, os.O_RDWR | os.O_NONBLOCK)
        try:
            # SIGXFSZ stays ignored, as Python has it: a write into a file fails, one into a pipe does not.
            self.handle(notification, host, values, check=not is_full, preexec_fn=fill if is_full else None,
                        restore_signals=not is_full)
            return os.read(pipe, 65536).decode().splitlines()
        except BlockingIOError:
            return []
        finally:
            os.close(pipe)

    def logged(self):
        if not os.path.exists(self.log):
            return ""
        with open(self.log, encoding="utf-8") as file:
            text = file.read()
        os.unlink(self.log)
        return text


def results(lines):
    return [line.split("] ", 1)[1] for line in lines]


def test_handler():
    """The worst of the open alerts of an indicator, until the last is cleared; of each gateway its own"""
    with tempfile.TemporaryDirectory(prefix="eog-deploy-") as folder:
        told, head = Told(folder), "PROCESS_SERVICE_CHECK_RESULT;gw-hq;EOG outbreak;"
        check_equal(results(told.tell(NewState="1")), [head + "1;hq: 12 hosts (1 open)"], "raised")
        check_equal(results(told.tell(AlertNumber="8", Scope="plant", Reason="grows")),
                    [head + "2;plant: 12 hosts, grows (2 open)"], "a second scope")
        check_equal(results(told.tell(4, AlertNumber="8", Scope="plant", NewState="0")),
                    [head + "1;hq: 12 hosts (1 open)"], "the second is cleared")
        other = results(told.tell(gateway="gw-2", NewState="2"))
        check(other[0].startswith(head.replace("gw-hq", "gw-2") + "2;"), str(other))
        check_equal(results(told.tell(4, NewState="0")), [head + "0;no alert is open (0 open)"], "all cleared")
        check(results(told.tell(host="named"))[0].startswith("PROCESS_SERVICE_CHECK_RESULT;named;"), "named host")


def test_lost():
    """An alert whose end was lost is over when its scope has a later one; of other scopes none is"""
    with tempfile.TemporaryDirectory(prefix="eog-deploy-") as folder:
        told, head = Told(folder), "PROCESS_SERVICE_CHECK_RESULT;gw-hq;EOG outbreak;"
        told.tell(Scope="hq/a*")
        told.tell(AlertNumber="8", Scope="hq/ab", NewState="1")
        check_equal(results(told.tell(AlertNumber="10", Scope="hq/a*", NewState="1")),
                    [head + "1;hq/a*: 12 hosts (2 open)"], "raised anew, not as bad")
        check_equal(results(told.tell(Scope="hq/a*")), [head + "2;hq/a*: 12 hosts (3 open)"], "an old one late")
        check_equal(results(told.tell(4, AlertNumber="11", Scope="hq/a*", NewState="0")),
                    [head + "1;hq/ab: 12 hosts (1 open)"], "the end of one that was not heard of")


def test_full():
    """What cannot be kept is told all the same; what was kept badly is not known, and no field is empty"""
    with tempfile.TemporaryDirectory(prefix="eog-deploy-") as folder:
        told, head = Told(folder), "PROCESS_SERVICE_CHECK_RESULT;gw-hq;EOG outbreak;"
        told.tell(NewState="1")
        check_equal(results(told.tell(is_full=True)), [head + "2;hq: 12 hosts (1 open)"], "worse, on a full disk")
        check_equal(results(told.tell(is_full=True, AlertNumber="9", Scope="plant")),
                    [head + "2;plant: 12 hosts (2 open)"], "raised on a full disk")
        check_equal(sorted(os.listdir(told.state)), ["gw-hq.outbreak.7", "lock"], "what is kept")
        with open(os.path.join(told.state, "gw-hq.outbreak.7"), "w", encoding="utf-8"):
            pass
        check_equal(results(told.tell(4, AlertNumber="9", NewState="0")),
                    [head + "3;an alert that is open could not be read (1 open)"], "an empty file")


def test_nobody_reads():
    """A pipe that nobody reads, or that is none, holds nobody up for ever, and the system's log says so"""
    with tempfile.TemporaryDirectory(prefix="eog-deploy-") as folder:
        told = Told(folder)
        told.handle()
        check("nobody reads" in told.logged(), "a pipe without a reader")
        os.unlink(told.command)
        told.handle()
        check("no pipe" in told.logged(), "no pipe")
        check(not os.path.exists(told.command), "a file in place of the pipe")
        os.mkfifo(told.command)
        check_equal(len(told.tell()), 1, "told when it is read again")


def test_gateway_names():
    """A gateway of any name is told of by a given host; what has no host's name is said in the log"""
    with tempfile.TemporaryDirectory(prefix="eog-deploy-") as folder:
        told, head = Told(folder), "PROCESS_SERVICE_CHECK_RESULT;named;EOG outbreak;"
        check_equal(results(told.tell(host="named", gateway="gw hq")), [head + "2;hq: 12 hosts (1 open)"], "a blank")
        check_equal(results(told.tell(host="named", gateway="网关")), [head + "2;hq: 12 hosts (1 open)"], "Chinese")
        check_equal(results(told.tell(4, host="named", gateway="网关", NewState="0")),
                    [head + "0;no alert is open (0 open)"], "cleared, of the other the alert stays open")
        check_equal(told.logged(), "", "the log")
        check_equal(told.tell(gateway="gw hq"), [], "no host's name")
        check("gw hq" in told.logged(), "what was refused")
        check_equal(told.tell(root="1.3.6.1.4.1.99999"), [], "somebody else's notification")
        check_equal(told.logged(), "", "the log")


def test_hostile():
    """Names that are none are nothing; texts end no line and begin no field; hexadecimal is read"""
    with tempfile.TemporaryDirectory(prefix="eog-deploy-") as folder:
        told = Told(folder)
        for bad in ({"gateway": "../x"}, {"gateway": "a;b"}, {"KpiKey": "a/b"}, {"KpiKey": ""},
                    {"AlertNumber": "7 8"}, {"NewState": "4"}, {"NewState": "0x2"}):
            check_equal(told.tell(**bad), [], f"said for {bad}")
        said = told.tell(Scope=f"hq\n.{OIDS['eogNotifyNewState']}.0 0")
        check(results(said)[0].startswith("PROCESS_SERVICE_CHECK_RESULT;gw-hq;EOG outbreak;2;"), str(said))
        told.tell(4, NewState="0")
        lines = told.tell(Scope="hq;0;all is well", Reason="a|b\n[1] SHUTDOWN_PROGRAM\n", ValueText="x" * 5000)
        check_equal(len(lines), 1, f"lines: {lines}")
        check_equal(lines[0].count(";"), 4, f"fields of {lines[0]}")
        check("|" not in lines[0] and len(lines[0]) < 1200, lines[0])
        said = told.tell(Reason="E4 B8 AD E6 96 87 ", KpiKey="grayware")
        check("中文" in said[0], said[0])
        files = os.listdir(os.path.join(folder, "state"))
        check(all("/" not in name for name in files), str(files))
        check_equal(sorted(os.listdir(folder)), ["bin", "cmd", "log", "state"], "files beside its own")


class Records:
    """The handler for Zabbix; the records that it adds to SNMPTrapperFile."""

    def __init__(self, folder):
        self.file, self.state = os.path.join(folder, "traps"), os.path.join(folder, "state")
        self.command, self.n = ["sh", ZABBIX_HANDLER, self.file, self.state], 0

    def write(self, *arguments, **values):
        """(line that Zabbix looks for, what stands in the other), or None."""
        subprocess.run(self.command, input=handed(*arguments, **values), check=True)
        return self.read()

    def read(self):
        with open(self.file, "rb") if os.path.exists(self.file) else open(os.devnull, "rb") as file:
            text = file.read()[self.n:].decode()
        self.n += len(text.encode())
        if not text:
            return None
        lines = text.split("\n")
        check(len(lines) == 3 and not lines[2], f"one record of two lines: {text}")
        check(text.count("ZBXTRAP") == 1, f"one record: {text}")
        check(re.fullmatch(r"\d\d:\d\d:\d\d \d{4}/\d\d/\d\d ZBXTRAP \S+", lines[0]), lines[0])
        check(lines[1].startswith('EOG {"gateway":"'), lines[1])
        return lines[0].split()[-1], json.loads(lines[1][4:])


def test_zabbix_records():
    """A record of one notification, whole, by the sender's address or the one that is given"""
    with tempfile.TemporaryDirectory(prefix="eog-deploy-") as folder:
        records = Records(folder)
        address, said = records.write(OldState="0", Reason="grows", Time="07 EA 0B 1D 09 16 36 04 2B 08 00 ")
        check_equal(address, "192.0.2.1", "the sender")
        wanted = {"gateway": "gw-hq", "event": "raised", "alert": 7, "state": 2, "kpi": "outbreak", "scope": "hq",
                  "old_state": 0, "value_text": "12 hosts", "reason": "grows", "time": "2026-11-29T09:22:54+08:00"}
        check_equal(said, wanted, "the record")
        for number, event in ((2, "changed"), (3, "acknowledged"), (4, "cleared"), (5, "fault"), (6, "faultcleared"),
                              (7, "statechange")):
            said = records.write(number, NewState="1", AlertNumber="8")[1]
            check_equal(said["event"], event, f"notification {number}")
        with open(os.path.join(folder, "addresses"), "w", encoding="utf-8") as file:
            file.write("gw-2 192.0.2.77\n")
        records.command.append(file.name)
        check_equal(records.write(gateway="gw-2")[0], "192.0.2.77", "the address that was given")
        check_equal(records.write(gateway="gw-22")[0], "192.0.2.1", "of another there is none")


def test_zabbix_repeated():
    """What is told again is no second problem; what is new is one, whatever was open under its number"""
    with tempfile.TemporaryDirectory(prefix="eog-deploy-") as folder:
        records = Records(folder)

        def event(*arguments, **values):
            return records.write(*arguments, **values)[1]["event"]

        for values, expected in (
                ({"OldState": "0", "Uid": "u1"}, "raised"),
                ({"OldState": "0", "Uid": "u1"}, "repeated"),  # an inform whose answer was lost
                ({"OldState": "2", "Uid": "u2"}, "repeated"),  # nobody acknowledged it
                ({"OldState": "2", "Uid": "u2", "gateway": "gw-2"}, "raised"),
                ({"OldState": "2", "Uid": "u3", "AlertNumber": "8"}, "raised"),  # the first was lost
                ({"OldState": "0", "Uid": "u4"}, "raised")):  # a new folder of the gateway
            check_equal(event(**values), expected, str(values))
        check_equal(event(2, OldState="2", NewState="1", Uid="u5"), "changed", "another state")
        check_equal(event(4, OldState="1", NewState="0", Uid="u6"), "cleared", "over")
        check_equal(event(OldState="2", Uid="u7"), "raised", "open no more")
        for i in range(3):
            check_equal(event(5, AlertNumber="0", KpiKey="journal", OldState="0", Uid="f1"),
                        "repeated" if i else "fault", "a fault")
        many = [f'"gw" {i} 2 u{i}\n' for i in range(5000)]
        with open(os.path.join(records.state, "open"), "w", encoding="utf-8") as file:
            file.writelines(many)
        check_equal(event(gateway="gw", AlertNumber="4999", OldState="2"), "repeated", "of the last 2000")
        with open(file.name, encoding="utf-8") as file:
            check_equal(len(file.readlines()), 2000, "alerts that are remembered")


def test_zabbix_hostile():
    """No text begins a record, ends a line or is another object; many at once stay whole"""
    with tempfile.TemporaryDirectory(prefix="eog-deploy-") as folder:
        records = Records(folder)
        forged = f'a\\"b\n.{OIDS["eogNotifyNewState"]}.0 0\n09:00:00 2026/01/01 ZBXTRAP 192.0.2.9 x\\\\'
        check_equal(records.write(Scope=forged)[1]["state"], 2, "the state")
        check_equal(records.write(Scope=forged)[1]["scope"],
                    f'a"b\n.{OIDS["eogNotifyNewState"]}.0 0\n09:00:00 2026/01/01 ZBXTRAP 192.0.2.9 x\\', "the text")
        check_equal(records.write(Reason="E4 B8 AD E6 96 87 ")[1]["reason"], "中文", "hexadecimal")
        check_equal(records.write(Reason="AB CD")[1]["reason"], "AB CD", "a text like it")
        joined = " ".join(f"{byte:02X}" for byte in b"a ZBX\xffTRAP 192.0.2.9 \xf0ZBXTRAP b") + " "
        check_equal(records.write(Reason=joined)[1]["reason"], "a ZBXTRAP 192.0.2.9 ZBXTRAP b",
                    "a word that comes of what is left out")
        long = records.write(Reason="中" * 5000, Note="x" * 60000)[1]
        check(long["reason"].strip("中") == "..." and 400 < len(long["reason"].encode()) <= 503, long["reason"])
        check(len(long["note"]) <= 503, long["note"])
        for bad in ({"gateway": ""}, {"KpiKey": ""}, {"AlertNumber": "7 8"}, {"NewState": "4"},
                    {"root": "1.3.6.1.4.1.99999"}):
            check_equal(records.write(**bad), None, f"said for {bad}")
        running = [subprocess.Popen(records.command, stdin=subprocess.PIPE) for _ in range(20)]
        for i, process in enumerate(running):
            process.stdin.write(handed(AlertNumber=str(100 + i), Reason="y" * 400))
            process.stdin.close()
        check_equal([process.wait() for process in running], [0] * 20, "exit codes")
        with open(records.file, encoding="utf-8") as file:
            lines = file.read().splitlines()[-40:]
        check_equal(sorted(json.loads(line[4:])["alert"] for line in lines[1::2]), list(range(100, 120)), "alerts")


def test_zabbix():
    """Zabbix' templates know all indicators by name and advice, name only OIDs that there are, have each id once"""
    found = sorted(glob.glob(os.path.join(SOURCE, "deploy/zabbix/*.yaml*")))
    check_equal(len(found), 6, "templates")
    oids = {number for name, number in OIDS.items()}
    ids = {}
    for path in found:
        language = "zh" if "-zh" in path else "en"
        with open(path, encoding="utf-8") as file:
            text = file.read().replace("@ENTERPRISE_OID@", ROOT)
        try:
            import yaml  # not everywhere
            check(yaml.safe_load(text)["zabbix_export"]["templates"], path)
        except ImportError:
            pass
        for kpi in catalogue.kpis():
            for said in (kpi.key, kpi.name[language], kpi.advice[language]):
                check(said.replace('"', '\\\\\\"') in text, f"{path} lacks {said}")
        numbers = re.findall(re.escape(ROOT) + r"(?:\.\d+)+", text)
        check(len(numbers) > 60 or "notifications" in path, f"{path}: {len(numbers)} OIDs")
        for number in numbers:
            bare = number[:-2] if number.endswith(".0") else number
            check(bare in oids or any(one.startswith(bare + ".") for one in oids), f"{path}: {number} is no object")
        here = re.findall(r'uuid: "(\w+)"', text)
        check(all(re.fullmatch("[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}", one) for one in here), f"{path}: ids")
        check_equal(len(here), len(set(here)), f"{path}: ids that are there twice")
        ids.setdefault(language, set()).update(here)
    check_equal(len(ids["en"] & ids["zh"]), 1, "ids of both languages: the group's")


def test_packages():
    """The packages' configuration is sound, as delivered and with its comments made options; their version is ours;
    the unit's rights are few"""
    folder_ours = os.path.join(SOURCE, "deploy", "debian")
    command = [program("eogd"), "--check", "--data", SOURCE, "--config"]
    path = os.path.join(folder_ours, "eogd.xml")
    check_equal(run([*command, path]), "", "--check of the configuration")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    # A comment that holds nothing but options is a proposal.
    proposed, n = re.subn(r"<!--\n((?: *<[a-z].*\n(?: +[a-z-]+=.*\n)*)+) *-->", r"\1", text)
    check(n >= 4 and "<feed " in proposed, f"proposals: {n}")
    proposed = proposed.replace('  <agent mode="agentx" master="/var/agentx/master"/>\n', "")
    with tempfile.TemporaryDirectory(prefix="eog-deploy-") as folder:
        write(folder, "eogd.xml", proposed)
        write(folder, "inventory.csv", "site,name,role\nhq,pc-1,host\n")
        for name in re.findall(r'(?:file|auth-file|privacy-file|password-file)="([a-z.]+)"', proposed):
            if not name.endswith(".csv"):
                write(folder, name, "words-enough\n")
        for name in ("gw", "ca"):
            run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-days", "90",
                 "-keyout", os.path.join(folder, name + ".key"), "-out", os.path.join(folder, name + ".pem")])
        check_equal(run([*command, os.path.join(folder, "eogd.xml")]), "", "--check of what it proposes")
    with open(os.path.join(folder_ours, "changelog"), encoding="utf-8") as file:
        version = re.match(r"eog-gateway \(([0-9.]+)\) ", file.read())
    check_equal(version and "eogd " + version.group(1), run([program("eogd"), "--version"]).strip(), "version")
    judge = shutil.which("systemd-analyze")
    if judge:
        unit = os.path.join(folder_ours, "eog-gateway.service")
        said = run([judge, "security", "--offline=true", "--no-pager", unit])
        level = re.search(r"exposure level for eog-gateway.service: ([0-9.]+)", said)
        check(level and float(level.group(1)) <= 2.0, said)


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        os.chmod(file.fileno(), 0o600)
        file.write(text)


def guide(name):
    """Its table's rows, and its commands without what stands in comments."""
    with open(os.path.join(SOURCE, "deploy", "guides", name + ".md"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("| ")]
    return rows, [re.sub(r"<!--.*", "", line).rstrip() for line in lines if line.startswith("    ")]


def test_guides():
    """Both languages have the same rows, versions and commands; no cell is empty"""
    for name in ("consoles", "network"):
        (rows, commands), (rows_zh, commands_zh) = guide(name), guide(name + "-zh")
        check(len(rows) >= 8, f"{name}: {len(rows)} rows")
        check_equal(len(rows_zh), len(rows), f"rows of {name}-zh")
        for row, row_zh in list(zip(rows, rows_zh))[1:]:
            check(len(row) == len(rows[0]) and all(map(str.strip, row + row_zh)), f"cells: {row}, {row_zh}")
            check_equal(re.findall(r"[0-9.]+", row_zh[0]), re.findall(r"[0-9.]+", row[0]), "versions")
            check_equal(re.split("[ ,、，]", row_zh[0].strip())[0],
                        re.split("[ ,]", row[0].strip())[0], "product")
        check_equal(commands_zh, commands, f"commands of {name}-zh")


if __name__ == "__main__":
    main(test_generated, test_prometheus, test_zabbix, test_handler, test_lost, test_full, test_nobody_reads,
         test_gateway_names, test_hostile, test_packages,
         test_guides, test_zabbix_records, test_zabbix_repeated, test_zabbix_hostile)
