#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is delivered for LibreNMS, done as LibreNMS does it: the tables are walked by net-snmp with the
definitions' flags, and each sensor's OID is asked. The handler of notifications, run by PHP."""
import json
import os
import re
import shutil
import subprocess
import tempfile

from asker import feed, gateway
from harness import BUILD, SOURCE, Skipped, check, check_equal, main, read_root, run, tool
from mib import Module

FOLDERS = f"{SOURCE}/tests/system/mibs:{BUILD}/mibs"
PREFIX = "EOG-GATEWAY-MIB::"


def definitions(name):
    try:
        import yaml
    except ImportError as error:
        raise Skipped("python3-yaml is not installed") from error
    with open(os.path.join(BUILD, "deploy", "librenms", name), encoding="utf-8") as file:
        return yaml.safe_load(file)


def net_snmp(gw, command, *arguments):
    return run([tool(command), "-v2c", "-c", "public", "-M", FOLDERS, "-m", "EOG-GATEWAY-MIB", *arguments],
               timeout_s=60)


def walk(gw, oid, flags):
    """{index: {object: value}}, as LibreNMS' snmpwalk_cache_oid makes it."""
    rows = {}
    for line in net_snmp(gw, "snmpbulkwalk", flags, "-Ih", f"127.0.0.1:{gw.port['agent']}", oid).splitlines():
        name, _, value = line.partition(" = ")
        if name.startswith(PREFIX):
            name, _, index = name.partition(".")
            rows.setdefault(index, {})[name] = value.strip('"')
    return rows


def is_skipped(data, row):
    for rule in data.get("skip_values", []):
        seen, value = row[rule["oid"]], rule["value"]
        values = [str(one) for one in value] if isinstance(value, list) else str(value)
        if {"!=": lambda: seen != values, "in_array": lambda: seen in values}[rule["op"]]():
            return True
    return False


def fill(text, index, row):
    return re.sub(r"\{\{ \$?([\w:-]+) \}\}", lambda found: index if found[1] == "index" else row[found[1]], text)


def sensors(gw, document):
    """(class, data, index, row, OID, unique index, description) of each that would be discovered."""
    walks = {}
    for kind, group in document["modules"]["sensors"].items():
        for data in group["data"]:
            if data["oid"] not in walks:
                walks[data["oid"]] = walk(gw, data["oid"], data["snmp_flags"])
            for index, row in walks[data["oid"]].items():
                if not is_skipped(data, row):
                    yield (kind, data, row, fill(data["num_oid"], index, row), fill(data["index"], index, row),
                           fill(data["descr"], index, row))


def check_sensors(gw, name):
    found = list(sensors(gw, definitions(name)))
    for one in found:
        check(len(one[3]) <= 255 and len(one[4]) <= 128 and one[5], f"too long or without words: {one}")
        if one[0] == "state":
            numbers = [(state["value"], state["generic"]) for state in one[1]["states"]]
            check_equal(numbers, [(n, n) for n in range(4)], f"states of {one[5]}")
    for what in (3, 5):
        check_equal(len({(one[0], one[what]) for one in found}), len(found), "sensors that are one another's twins")
    check_equal(len({(one[0], one[1].get("state_name"), one[4]) for one in found}), len(found), "indexes")
    oids = [one[3] for one in found]
    values = []
    for n in range(0, len(oids), 40):
        values += net_snmp(gw, "snmpget", "-OQve", f"127.0.0.1:{gw.port['agent']}", *oids[n : n + 40]).splitlines()
    for one, value in zip(found, values):
        check(re.fullmatch(r"\d+( .*)?", value), f"{one[5]}, {one[3]}: {value}")
    seen = [one for one in found if one[1]["value"] == PREFIX + "eogKpiState"]
    check_equal(len(seen), len(gw.status()["kpis"]), "sensors of indicators in scopes")
    return {one[5]: values[n] for n, one in enumerate(found)}


def test_sensors():
    """Each row of each table is one sensor, whose OID has its value, in both languages"""
    with gateway() as gw:
        gw.start()
        feed(gw)
        detected = definitions("detection.yaml")["discovery"][0]["sysObjectID"]
        check_equal(detected, ["." + read_root()], "sysObjectID")
        for name, outbreak, pattern in (
            ("discovery.yaml", "Virus outbreak: default", "Virus pattern outdated: default/osce01"),
            ("discovery-zh.yaml", "病毒爆发: default", "病毒码过期: default/osce01"),
        ):
            shown = check_sensors(gw, name)
            check_equal((shown[outbreak], shown[pattern]), ("1", "1"), f"states by {name}")


STUBS = """<?php
namespace App\\Models { class Device {} }
namespace LibreNMS\\Enum { enum Severity { case Ok; case Info; case Notice; case Warning; case Error; } }
namespace LibreNMS\\Interfaces { interface SnmptrapHandler {} }
namespace LibreNMS\\Snmptrap { class Trap {
    function __construct(private array $data) {}
    function findOid($search) {
        foreach ($this->data as $oid => $_) if (str_contains($oid, $search)) return $oid;
        return '';
    }
    function getOidData($oid) { return $this->data[$oid] ?? ''; }
    function getTrapOid() { return $this->data['SNMPv2-MIB::snmpTrapOID.0']; }
    function log($message, $severity) { echo $severity->name, ' ', $message, "\\n"; } } }
namespace {
    require $argv[1];
    $handler = new \\LibreNMS\\Snmptrap\\Handlers\\EogGateway;
    foreach (json_decode(file_get_contents('php://stdin'), true) as $data)
        $handler->handle(new \\App\\Models\\Device, new \\LibreNMS\\Snmptrap\\Trap($data));
}
"""


def test_handler():
    """Each notification is a line of its severity, states by name or by number; the README names all"""
    with open(os.path.join(SOURCE, "deploy", "librenms", "README.md"), encoding="utf-8") as file:
        text = file.read()
    for definition in Module().notifications():
        check(definition.name in text, f"README does not name {definition.name}")
    if not shutil.which("php"):
        raise Skipped("php is not installed")
    told = []
    for what, state in (("AlertRaised", "critical"), ("AlertChanged", "1"), ("AlertCleared", "ok"),
                        ("AlertAcknowledged", "2"), ("KpiStateChange", "unknown"), ("GatewayFault", "")):
        told.append({"SNMPv2-MIB::snmpTrapOID.0": f"{PREFIX}eog{what}", f"{PREFIX}eogNotifyKpiKey.0": "outbreak",
                     f"{PREFIX}eogNotifyScope.0": "hq", f"{PREFIX}eogNotifyScopeName.0": "HQ",
                     f"{PREFIX}eogNotifyNewState.0": state, f"{PREFIX}eogNotifyValue.0": "12",
                     f"{PREFIX}eogNotifyValueText.0": "12 hosts", f"{PREFIX}eogNotifyReason.0": "0"})
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "stubs.php")
        with open(path, "w", encoding="utf-8") as file:
            file.write(STUBS)
        handler = os.path.join(SOURCE, "deploy", "librenms", "EogGateway.php")
        done = subprocess.run(["php", "-d", "display_errors=stderr", path, handler], input=json.dumps(told),
                              capture_output=True, text=True, check=False)
    check_equal((done.returncode, done.stderr), (0, ""), "php")
    check_equal(done.stdout.splitlines(), [
        f"{severity} {what}: outbreak hq is {state}: 12 hosts, 0" for severity, what, state in (
            ("Error", "AlertRaised", "critical"), ("Warning", "AlertChanged", "warning"), ("Ok", "AlertCleared", "ok"),
            ("Info", "AlertAcknowledged", "critical"), ("Notice", "KpiStateChange", "unknown"),
            ("Notice", "GatewayFault", "unknown"))], "lines")


main(test_sensors, test_handler)
