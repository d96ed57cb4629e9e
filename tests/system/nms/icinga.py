#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The delivered Icinga 2 configuration in a real Icinga 2, looked at by its REST API: as nagios.py."""
import base64
import json
import os
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request

from nms import (FILES, ID, KEY, SCOPE, Table, as_user, check, deliver, folder, free_port, gateway,
                 need, owned, program, sink, started, trapd, turn, write)

ICINGA, USER = "/usr/sbin/icinga2", "nagios"
STATES = ["ok", "warning", "critical", "unknown"]
PASSWORD = "a word for the trial"

MAIN = """const PluginDir = "{d}/plugins"
const PluginContribDir = "{d}/plugins"
const ManubulonPluginDir = "{d}/plugins"
const NodeName = "trial"
const ZoneName = NodeName
object Endpoint NodeName {{ host = "127.0.0.1" }}
object Zone ZoneName {{ endpoints = [ NodeName ] }}
include <itl>
include "{d}/eog/*.conf"
object CheckerComponent "checker" {{ }}
object IcingaApplication "app" {{ enable_host_checks = {active}; enable_service_checks = {active} }}
object FileLogger "main" {{ severity = "information", path = LogDir + "/icinga2.log" }}
object ExternalCommandListener "command" {{ command_path = "{d}/run/icinga2.cmd" }}
object ApiListener "api" {{ bind_host = "127.0.0.1"; bind_port = {port} }}
object ApiUser "trial" {{ password = "{password}"; permissions = [ "*" ] }}
"""

# As the README says; seconds in place of minutes, so that the trial is short.
HOSTS = """template Host "trial" {{
  import "eog-gateway"
  check_interval = 2s
  retry_interval = 1s
  max_check_attempts = 2
}}
object Host "{id}" {{
  import "trial"
  address = "127.0.0.1"
  vars.eog = true
  vars.eog_has_feeds = true
  vars.eog_agent = "127.0.0.1:{agent}"
  vars.eog_scopes["one product"] = {{ kpi = "{key}", scope = "{scope}" }}
}}
object Host "{id}-v3" {{
  import "trial"
  address = "127.0.0.1"
  vars.eog = true
  vars.eog_has_feeds = true
  vars.eog_agent = "127.0.0.1:{agent}"
  vars.eog_protocol = "3"
  vars.eog_user = "nms"
  vars.eog_auth_file = "{d}/auth"
  vars.eog_privacy_file = "{d}/privacy"
  vars.eog_language = "zh"
}}
"""


class Icinga:
    def __init__(self, port):
        self.url = f"https://127.0.0.1:{port}/v1/objects/"
        self.context = ssl._create_unverified_context()  # its own certificate, on this machine
        self.token = base64.b64encode(f"trial:{PASSWORD}".encode()).decode()

    def ask(self, what):
        request = urllib.request.Request(self.url + what, headers={"Authorization": f"Basic {self.token}"})
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=10) as answer:
                return [row["attrs"] for row in json.load(answer)["results"]]
        except (urllib.error.URLError, OSError):
            return []

    def services(self, host):
        return [row for row in self.ask("services") if row["host_name"] == host]

    def checked(self, host):
        return [row for row in self.services(host) if row["last_check_result"]]

    def is_state(self, host, name, state):
        for row in self.services(host):
            if row["name"] == name and row["last_check_result"]:
                if STATES[int(row["state"])] == state:
                    return row["last_check_result"]["output"].split("\n")[0]
        return False

    def host(self, name):
        for row in self.ask("hosts"):
            if row["name"] == name and row["last_check_result"]:
                return "up" if row["state"] == 0 else "down"
        return "none"


def prepare(path, gw):
    for name in ("eog", "plugins", "data", "log", "cache", "spool", "run"):
        os.mkdir(os.path.join(path, name))
    shutil.copy(program("check_eog"), f"{path}/plugins/check_eog")
    shutil.copy(deliver("icinga/eog-indicators.conf"), f"{path}/eog")
    with open(deliver("icinga/eog-gateway.conf"), encoding="utf-8") as file:
        text = file.read()
    check(text.count("interval = 1m") == 3, "the delivered intervals are not what the trial shortens")
    write(f"{path}/eog/eog-gateway.conf", text.replace("interval = 1m", "interval = 3s"))
    write(f"{path}/eog/hosts.conf", HOSTS.format(
        d=path, id=ID, agent=gw.port["agent"], key=KEY, scope=SCOPE))
    for name, words in FILES.items():
        write(f"{path}/{name}", words, 0o600)


def options(path):
    return [part for name in ("data", "log", "cache", "spool") for part in
            ("-D", f"{name.capitalize()}Dir={path}/{name}")] + ["-D", f"InitRunDir={path}/run"]


def certificates(path):
    """Of a private authority, by its own commands."""
    certs = f"{path}/data/certs"
    os.makedirs(certs)

    def pki(*words):
        subprocess.run([ICINGA, "pki", words[0], *options(path), *words[1:]], check=True,
                       stdout=subprocess.DEVNULL, preexec_fn=as_user(USER))

    owned(path, USER)
    pki("new-ca")
    pki("new-cert", "--cn", "trial", "--key", f"{certs}/trial.key", "--csr", f"{certs}/trial.csr")
    pki("sign-csr", "--csr", f"{certs}/trial.csr", "--cert", f"{certs}/trial.crt")
    shutil.copy(f"{path}/data/ca/ca.crt", f"{certs}/ca.crt")


def run(path, port, active):
    write(f"{path}/icinga2.conf", MAIN.format(d=path, port=port, password=PASSWORD,
                                              active="true" if active else "false"))
    owned(path, USER)
    command = [ICINGA, "daemon", *options(path), "-c", f"{path}/icinga2.conf"]
    done = subprocess.run([*command, "-C"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          preexec_fn=as_user(USER), check=False)
    text = done.stdout.decode(errors="replace")
    check(done.returncode == 0 and "warning/" not in text, f"icinga2 daemon -C says:\n{text}")
    return started(command, f"{path}/out", preexec_fn=as_user(USER),
                   ready=lambda: Icinga(port).ask("hosts"))


def main():
    need(ICINGA, "/usr/sbin/snmptrapd")
    notifications, api = free_port(), free_port()
    table = Table("Icinga 2")
    with folder("icinga") as path, gateway(extra=sink(notifications)) as gw:
        prepare(path, gw)
        certificates(path)
        icinga = Icinga(api)
        with run(path, api, active=True):
            for host, n in ((ID, 32), (f"{ID}-v3", 31)):
                table.wait(f"{host}: all services are checked, the host is up",
                           lambda: len(icinga.checked(host)) == n and icinga.host(host) == "up")
                table.wait(f"{host}: {KEY} ok", lambda: icinga.is_state(host, f"EOG {KEY}", "ok"))
            names = {row["display_name"] for row in icinga.services(f"{ID}-v3")}
            check("病毒码过期" in names, f"no Chinese names: {names}")
            check("Virus pattern outdated" in {row["display_name"] for row in icinga.services(ID)}, "no names")
            sent = turn(gw, "warning")
            for host in (ID, f"{ID}-v3"):
                table.wait(f"{host}: polled, {KEY} warning, names the product",
                           lambda: "osce02" in str(icinga.is_state(host, f"EOG {KEY}", "warning")), sent)
            table.wait("a service of one scope too", lambda: icinga.is_state(ID, "EOG one product", "warning"))
            sent = turn(gw, "ok")
            for host in (ID, f"{ID}-v3"):
                table.wait(f"{host}: polled, {KEY} ok again",
                           lambda: icinga.is_state(host, f"EOG {KEY}", "ok"), sent)
            gw.kill()
            table.wait("killed: the host is down", lambda: icinga.host(ID) == "down")
            table.wait("killed: every indicator is unknown, none an alarm", lambda: all(
                STATES[int(row["state"])] == "unknown" for row in icinga.services(ID)))
            gw.start()
            table.wait("started: the host is up, the indicator ok", lambda: (
                icinga.host(ID) == "up" and icinga.is_state(ID, f"EOG {KEY}", "ok")))
        handler = f"{deliver('nagios/eog-traphandle')} {path}/run/icinga2.cmd {path}/alerts"
        with run(path, api, active=False), trapd(handler, notifications):
            for state, words in (("warning", "osce02"), ("ok", "no alert is open")):
                sent = turn(gw, state)
                table.wait(f"told, not polled: {KEY} {state}",
                           lambda: words in str(icinga.is_state(ID, f"EOG {KEY}", state)), sent)


if __name__ == "__main__":
    main()
