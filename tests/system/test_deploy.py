#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is delivered for monitoring systems: made of the catalogue as it is now, and the handler of
notifications forges nothing. The real systems are tried by make nms."""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

from harness import SOURCE, check, check_equal, main, read_oids, read_root

sys.path.insert(0, os.path.join(SOURCE, "deploy"))
sys.dont_write_bytecode = True
import catalogue  # noqa: E402

OIDS, ROOT = read_oids(), read_root()
BUILD = os.environ.get("EOG_BUILD") or os.environ["top_builddir"]
HANDLER = os.path.join(BUILD, "deploy/nagios/eog-traphandle")


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


class Told:
    """The handler with a folder of its own; what it wrote into the command file."""

    def __init__(self, folder):
        self.folder, self.command = folder, os.path.join(folder, "cmd")

    def tell(self, notification=1, host=None, **values):
        values = {"KpiKey": "outbreak", "Scope": "hq", "NewState": "2", "AlertNumber": "7",
                  "ValueText": "12 hosts", "Reason": "", **values}
        lines = ["nms.example", "UDP: [192.0.2.1]:1->[192.0.2.2]:162", ".1.3.6.1.2.1.1.3.0 0:0:00:14.03",
                 f".1.3.6.1.6.3.1.1.4.1.0 .{ROOT}.0.{notification}",
                 f".{OIDS['eogGatewayName']}.0 \"{values.pop('gateway', 'gw-hq')}\""]
        for name, value in values.items():
            quoted = value if name in ("NewState", "AlertNumber") else f'"{value}"'
            lines.append(f".{OIDS['eogNotify' + name]}.0 {quoted}")
        open(self.command, "w").close()
        arguments = ["sh", HANDLER, self.command, os.path.join(self.folder, "state")] + ([host] if host else [])
        subprocess.run(arguments, input="\n".join(lines).encode() + b"\n", check=True)
        with open(self.command, "rb") as file:
            return file.read().decode().splitlines()


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


def test_hostile():
    """Names that are none are nothing; texts end no line and begin no field; hexadecimal is read"""
    with tempfile.TemporaryDirectory(prefix="eog-deploy-") as folder:
        told = Told(folder)
        for bad in ({"gateway": "../x"}, {"gateway": "a;b"}, {"KpiKey": "a/b"}, {"KpiKey": ""},
                    {"AlertNumber": "7 8"}, {"NewState": "4"}, {"NewState": "0x2"}):
            check_equal(told.tell(**bad), [], f"said for {bad}")
        lines = told.tell(Scope="hq;0;all is well", Reason="a|b\n[1] SHUTDOWN_PROGRAM\n", ValueText="x" * 5000)
        check_equal(len(lines), 1, f"lines: {lines}")
        check_equal(lines[0].count(";"), 4, f"fields of {lines[0]}")
        check("|" not in lines[0] and len(lines[0]) < 1200, lines[0])
        said = told.tell(Reason="E4 B8 AD E6 96 87 ", KpiKey="grayware")
        check("中文" in said[0], said[0])
        files = os.listdir(os.path.join(folder, "state"))
        check(all("/" not in name for name in files), str(files))
        check_equal(sorted(os.listdir(folder)), ["cmd", "state"], "files beside its own")


def test_zabbix():
    """Zabbix' templates know all indicators by name and advice, name only OIDs that there are, have each id once"""
    found = sorted(glob.glob(os.path.join(SOURCE, "deploy/zabbix/*.yaml.in")))
    check_equal(len(found), 4, "templates")
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
        check(len(numbers) > 60, f"{path}: {len(numbers)} OIDs")
        for number in numbers:
            bare = number[:-2] if number.endswith(".0") else number
            check(bare in oids or any(one.startswith(bare + ".") for one in oids), f"{path}: {number} is no object")
        here = re.findall(r'uuid: "(\w+)"', text)
        check(all(re.fullmatch("[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}", one) for one in here), f"{path}: ids")
        check_equal(len(here), len(set(here)), f"{path}: ids that are there twice")
        ids.setdefault(language, set()).update(here)
    check_equal(len(ids["en"] & ids["zh"]), 1, "ids of both languages: the group's")


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
    main(test_generated, test_prometheus, test_zabbix, test_handler, test_hostile, test_guides)
