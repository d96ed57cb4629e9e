#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The delivered templates in a real Zabbix 6.0 server with PostgreSQL and its frontend, looked at by
its API: imported as a customer does, polled by v2c and v3."""
import contextlib
import gzip
import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request

import zabbix_rows
from nms import (FILES, HOSTS, ID, IS_LONG, KEY, SCOPE, Table, as_user, check, deliver, folder, free_port, gateway,
                 messages, need, owned, sink, sink_v3, started, trapd, trapd_user, turn, write)

SERVER, POSTGRES, WEB = "/usr/sbin/zabbix_server", "/usr/lib/postgresql/15/bin", "/usr/share/zabbix"
SCHEMA = "/usr/share/zabbix-server-pgsql"
PATIENCE_S = 300  # of its interface
WARNING, AVERAGE, HIGH = "2", "3", "4"
OTHER = "gw-2"
NAMES = {"en": f"Virus pattern outdated ({SCOPE}): warning", "zh": f"病毒码过期（{SCOPE}）：警告"}
OUTBREAK = "Virus outbreak (default): "
NO_DATA = {"en": "No SNMP data (for 10s)", "zh": "没有 SNMP 数据（已 10s）"}

SERVER_CONF = """ListenIP=127.0.0.1
ListenPort={port}
DBHost=127.0.0.1
DBPort={db}
DBName=zabbix
DBUser=zabbix
LogFile={d}/server/log
PidFile={d}/server/pid
SocketDir={d}/server
SNMPTrapperFile={d}/traps
StartSNMPTrapper=1
StartPollers=3
StartPollersUnreachable=1
StartTrappers=1
StartPingers=0
CacheUpdateFrequency=2
UnreachableDelay=2
UnavailableDelay=3
UnreachablePeriod=6
Timeout=1
"""
WEB_CONF = """<?php
$DB = ['TYPE' => 'POSTGRESQL', 'SERVER' => '127.0.0.1', 'PORT' => '{db}', 'DATABASE' => 'zabbix',
  'USER' => 'zabbix', 'PASSWORD' => '', 'SCHEMA' => '', 'ENCRYPTION' => false, 'KEY_FILE' => '',
  'CERT_FILE' => '', 'CA_FILE' => '', 'VERIFY_HOST' => false, 'CIPHER_LIST' => '', 'DOUBLE_IEEE754' => true];
$ZBX_SERVER = '127.0.0.1';
$ZBX_SERVER_PORT = '{port}';
$ZBX_SERVER_NAME = 'trial';
$IMAGE_FORMAT_DEFAULT = IMAGE_FORMAT_PNG;
"""
# As in deploy/zabbix/README.md.
TRAPD = "outputOption n\nauthCommunity execute public\nauthUser execute told priv\n"
RULES = {name: {"createMissing": True, "updateExisting": True} for name in (
    "groups", "templates", "items", "triggers", "graphs", "discoveryRules", "valueMaps", "templateDashboards")}


class Zabbix:
    def __init__(self, port):
        self.url, self.token = f"http://127.0.0.1:{port}/api_jsonrpc.php", None

    def ask(self, method, **params):
        body = {"jsonrpc": "2.0", "method": method, "params": params.pop("list", params), "id": 1}
        if self.token:
            body["auth"] = self.token
        request = urllib.request.Request(self.url, json.dumps(body).encode(),
                                         {"Content-Type": "application/json-rpc"})
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            said = json.load(answer)
        check("error" not in said, f"{method}: {said.get('error')}")
        return said["result"]

    def is_up(self):
        try:
            return bool(self.ask("apiinfo.version", list=[]))
        except (OSError, urllib.error.URLError):
            return False

    def problems(self, host):
        hosts = self.ask("host.get", filter={"host": host}, output=["hostid"])
        return self.ask("problem.get", hostids=hosts[0]["hostid"], output=["name", "severity", "opdata", "clock"])

    def problem(self, host, name, severity):
        """What is said with it, if it is there as it should be."""
        for row in self.problems(host):
            if row["name"] == name:
                check(row["severity"] == severity, f"severity of {row}")
                check(abs(time.time() - int(row["clock"])) < 300, f"time of {row}")
                return row["opdata"] or row["name"]
        return False

    def security(self, host):
        """Problems that tell of the site's security, not of the gateway."""
        hosts = self.ask("host.get", filter={"host": host}, output=["hostid"])
        return self.ask("problem.get", hostids=hosts[0]["hostid"], output=["name", "severity"],
                        tags=[{"tag": "scope", "value": "security", "operator": 1}])

    def items(self, host, search):
        return self.ask("item.get", host=host, search={"key_": search}, startSearch=True,
                        output=["key_", "name", "lastvalue", "lastclock", "state", "error"])

    def template(self, path, name):
        with open(path, encoding="utf-8") as file:
            self.ask("configuration.import", format="yaml", rules=RULES, source=file.read())
        return self.ask("template.get", filter={"host": name}, output=["templateid"])[0]["templateid"]

    def host(self, name, port, template, group, details, **more):
        macros = {"EOG.INTERVAL": "3s", "EOG.DISCOVERY.INTERVAL": "5s", "SNMP.TIMEOUT": "10s", **more}
        templates = [{"templateid": template}] if template else []
        self.ask("host.create", host=name, groups=[{"groupid": group}], templates=templates,
                 macros=[{"macro": f"{{${macro}}}", "value": value} for macro, value in macros.items()],
                 interfaces=[{"type": 2, "main": 1, "useip": 1, "ip": "127.0.0.1", "dns": "",
                              "port": str(port), "details": details}])


@contextlib.contextmanager
def database(path):
    """PostgreSQL with Zabbix' schema, without the syncs that only a real one needs."""
    data, port = f"{path}/db", free_port()
    os.mkdir(data, 0o700)
    owned(data, "postgres")

    def run(*command, **more):
        subprocess.run([f"{POSTGRES}/{command[0]}", *command[1:]], check=True, stdout=subprocess.DEVNULL,
                       preexec_fn=as_user("postgres"), cwd="/", **more)

    def is_up():
        return subprocess.run([f"{POSTGRES}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)],
                              check=False).returncode == 0

    run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale")
    command = [f"{POSTGRES}/postgres", "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1",
               "-c", f"unix_socket_directories={data}", "-c", "fsync=off", "-c", "synchronous_commit=off",
               "-c", "full_page_writes=off"]
    with started(command, f"{path}/db.log", ready=is_up, preexec_fn=as_user("postgres"), cwd="/"):
        where = ["-h", "127.0.0.1", "-p", str(port)]
        run("createuser", *where, "-SDR", "-U", "postgres", "zabbix")
        run("createdb", *where, "-O", "zabbix", "-U", "postgres", "zabbix")
        for name in ("schema", "images", "data"):
            with gzip.open(f"{SCHEMA}/{name}.sql.gz") as file:
                run("psql", "-q", *where, "-U", "zabbix", "zabbix", input=file.read())
        # Without it a query of the interface took minutes by a bad plan, now and then.
        run("psql", "-q", *where, "-U", "zabbix", "zabbix", "-c", "SET client_min_messages = error", "-c", "ANALYZE")
        yield port


@contextlib.contextmanager
def frontend(path, db, server):
    """The frontend by PHP's own server, from a copy: Debian has the path of its configuration inside."""
    port, web = free_port(), f"{path}/web"
    shutil.copytree(WEB, web, ignore=shutil.ignore_patterns("*.po"))
    file = f"{web}/include/classes/core/CConfigFile.php"
    with open(file, encoding="utf-8") as source:
        text = source.read()
    check("/etc/zabbix/zabbix.conf.php" in text, "where the frontend finds its configuration")
    write(file, text.replace("/etc/zabbix/zabbix.conf.php", f"{path}/zabbix.conf.php"))
    write(f"{path}/zabbix.conf.php", WEB_CONF.format(db=db, port=server))
    command = ["php", "-d", "max_execution_time=300", "-d", "memory_limit=256M", "-d", "post_max_size=32M",
               "-d", "max_input_time=300", "-d", "date.timezone=UTC", "-S", f"127.0.0.1:{port}", "-t", web]
    zabbix = Zabbix(port)
    with started(command, f"{path}/web.log", ready=zabbix.is_up, cwd=web,
                 env={**os.environ, "PHP_CLI_SERVER_WORKERS": "4"}):
        zabbix.token = zabbix.ask("user.login", username="Admin", password="zabbix")
        yield zabbix


@contextlib.contextmanager
def system(path):
    need(SERVER, f"{POSTGRES}/postgres", WEB, "php", SCHEMA)
    with database(path) as db:
        server = free_port()
        os.mkdir(f"{path}/server")
        write(f"{path}/traps", "")
        owned(f"{path}/server", "zabbix")
        conf = write(f"{path}/server.conf", SERVER_CONF.format(d=path, db=db, port=server))
        with frontend(path, db, server) as zabbix, started(
                [SERVER, "-f", "-c", conf], f"{path}/server.out", preexec_fn=as_user("zabbix")):
            yield zabbix


def v3():
    """SHA-256 and AES-128, by Zabbix' numbers."""
    words = {name: text.strip() for name, text in FILES.items()}
    return {"version": 3, "bulk": 1, "securityname": "nms", "securitylevel": 2, "authpassphrase": words["auth"],
            "privpassphrase": words["privacy"], "authprotocol": 3, "privprotocol": 1, "contextname": ""}


def healthy(zabbix, host):
    """All 28 indicators have their state, and no item is refused."""
    found = zabbix.items(host, "eog")
    states = [row for row in found if row["key_"].startswith("eog.kpis[eogKpiSummaryWorstState.")
              and row["lastclock"] != "0"]
    return len(states) == 28 and all(row["lastclock"] != "0" for row in found if "Traffic" not in row["key_"])


HOST = {"en": ID, "zh": f"{ID}-v3"}
V2C = {"version": 2, "bulk": 1, "community": "public"}


def prepare(zabbix, table, agent):
    """Both templates of both languages, and a host for each; those of notifications are told apart
    by the gateway's id, since their address is the same. The hosts' group."""
    group = zabbix.ask("hostgroup.create", name="Gateways")["groupids"][0]
    for language, details in (("en", V2C), ("zh", v3())):
        end, more = ("", "") if language == "en" else ("-zh", " zh")
        for what, name in (("gateway", "EOG gateway by SNMP"), ("notifications", "EOG gateway notifications")):
            path = f"zabbix/eog-{what}-6.0{end}.yaml"
            template = zabbix.template(deliver(path), name + more)
            table.seen(f"{path} is imported")
            if what == "gateway":
                zabbix.host(HOST[language], agent, template, group, details)
            else:
                gateway_id = ID if language == "en" else OTHER
                zabbix.host(f"told-{gateway_id}", agent, template, group, V2C, **{"EOG.GATEWAY.ID": gateway_id})
    return group


def poll(zabbix, table, gw):
    for language, host in HOST.items():
        table.wait(f"{host}: 28 indicators have a state", lambda: healthy(zabbix, host))
        bad = [row for row in zabbix.items(host, "eog") if row["state"] != "0"]
        check(not bad, f"items that are not supported: {bad[:3]}")
        check(not zabbix.problems(host), f"problems of a healthy site: {zabbix.problems(host)}")
    sent = turn(gw, "warning")
    for language, host in HOST.items():
        table.wait(f"{host}: polled, {KEY} warning",
                   lambda: zabbix.problem(host, NAMES[language], WARNING), sent)
    sent = turn(gw, "ok")
    for language, host in HOST.items():
        table.wait(f"{host}: polled, {KEY} resolved",
                   lambda: not zabbix.problem(host, NAMES[language], WARNING), sent)


def tell(zabbix, table, gateways):
    """Alerts of two gateways from one address, by version 2c and 3: each host has its own, each
    problem ends with its own alert."""
    told = {language: f"told-{one}" for language, one in (("en", ID), ("zh", OTHER))}
    sent = {language: turn(gateways[language], "warning") for language in told}
    for language, host in told.items():
        table.wait(f"{host}: told by v{'2c' if language == 'en' else 3}, {KEY} warning",
                   lambda: zabbix.problem(host, NAMES[language], WARNING), sent[language])
    gw, host = gateways["en"], told["en"]
    for state, severity, some in (("warning", WARNING, HOSTS[:5]), ("critical", HIGH, HOSTS[5:10])):
        since = time.monotonic()
        gw.receive(*[messages.virus("WORM_DOWNAD.AD", one) for one in some])
        table.wait(f"{host}: told, a second alert is {state}",
                   lambda: zabbix.problem(host, OUTBREAK + state, severity), since)
    check(not zabbix.problem(host, OUTBREAK + "warning", WARNING), "what was a warning is one no more")
    since = turn(gw, "ok")
    table.wait(f"{host}: told, {KEY} resolved",
               lambda: not zabbix.problem(host, NAMES["en"], WARNING), since)
    check(zabbix.problem(host, OUTBREAK + "critical", HIGH), f"the other alert is open: {zabbix.problems(host)}")
    check([row["name"] for row in zabbix.problems(told["zh"])] == [NAMES["zh"]],
          f"the other gateway's is open: {zabbix.problems(told['zh'])}")
    since = turn(gateways["zh"], "ok")
    table.wait(f"{told['zh']}: told, {KEY} resolved", lambda: not zabbix.problems(told["zh"]), since)


def restart(zabbix, table, gw):
    gw.kill()
    sent = time.monotonic()
    for language, host in HOST.items():
        table.wait(f"{host}: killed, no data is the problem",
                   lambda: zabbix.problem(host, NO_DATA[language], AVERAGE), sent, timeout_s=300)
        check(not zabbix.security(host), f"alarms of a dead gateway: {zabbix.security(host)}")
    gw.start()
    sent = time.monotonic()
    for language, host in HOST.items():
        table.wait(f"{host}: started, no problem is left",
                   lambda: not zabbix.problem(host, NO_DATA[language], AVERAGE), sent)


def main():
    table, port = Table("Zabbix"), free_port()
    with folder("zabbix") as path, gateway(sink(port)) as gw, system(path) as zabbix:
        group = prepare(zabbix, table, gw.port["agent"])
        poll(zabbix, table, gw)
        restart(zabbix, table, gw)
        handler = f"{deliver('zabbix/eog-zabbix-traps')} {path}/traps {path}/alerts"
        with gateway(sink_v3(port), sections={"gateway": f'<gateway id="{OTHER}" site="default"/>'}) as other:
            with trapd(handler, port, TRAPD + trapd_user(other)):
                tell(zabbix, table, {"en": gw, "zh": other})
        if IS_LONG:
            zabbix_rows.walk(zabbix, table, group, {"v2c": V2C, "v3": v3()})


if __name__ == "__main__":
    main()
