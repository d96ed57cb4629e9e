#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The delivered Nagios configuration in a real Nagios 4: a gateway by version 2c and one by version
3, every indicator a service; a real message turns one, its all-clear resolves it, by polling and by
notification; a dead gateway is unknown and no security alarm."""
import os
import shutil
import subprocess

from nms import (ID, KEY, SOURCE, Skipped, Table, as_user, check, deliver, folder, free_port, gateway,
                 need, owned, program, sink, started, trapd, turn, wait_for, write)

NAGIOS, PLUGINS, USER = "/usr/sbin/nagios4", "/usr/lib/nagios/plugins", "nagios"
STATES = {"0": "ok", "1": "warning", "2": "critical", "3": "unknown"}

MAIN = """log_file={d}/nagios.log
cfg_dir={d}/conf.d
object_cache_file={d}/objects.cache
resource_file={d}/resource.cfg
status_file={d}/status.dat
status_update_interval=1
nagios_user=nagios
nagios_group=nagios
check_external_commands=1
command_file={d}/rw/nagios.cmd
query_socket={d}/rw/nagios.qh
lock_file={d}/nagios.pid
temp_file={d}/nagios.tmp
temp_path={d}
check_result_path={d}/results
state_retention_file={d}/retention.dat
interval_length=1
cached_host_check_horizon=0
execute_service_checks=1
enable_notifications=0
accept_passive_service_checks=1
use_syslog=0
illegal_macro_output_chars=`~$&|'"<>
"""

# What every Nagios has already; and hosts as the README says.
SITE = """
define timeperiod {{
    timeperiod_name 24x7
    alias 24x7
    sunday 00:00-24:00
    monday 00:00-24:00
    tuesday 00:00-24:00
    wednesday 00:00-24:00
    thursday 00:00-24:00
    friday 00:00-24:00
    saturday 00:00-24:00
}}
define command {{
    command_name nothing
    command_line /bin/true
}}
define contact {{
    contact_name someone
    host_notification_period 24x7
    service_notification_period 24x7
    host_notification_commands nothing
    service_notification_commands nothing
    contactgroups admins
}}
define contactgroup {{
    contactgroup_name admins
    alias admins
}}
define host {{
    use eog-gateway
    host_name {id}
    address 127.0.0.1
    _EOG_AGENT 127.0.0.1:{agent}
    _EOG_OPTIONS -C public
}}
define host {{
    use eog-gateway
    host_name {id}-v3
    address 127.0.0.1
    _EOG_AGENT 127.0.0.1:{agent}
    _EOG_OPTIONS -P 3 -u nms --auth-file {d}/auth --privacy-file {d}/privacy
}}
"""


def blocks(path, kind):
    """status.dat: the blocks of a kind, each a table."""
    rows, row = [], None
    if not os.path.exists(path):
        return rows
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            line = line.strip()
            if line == f"{kind} {{":
                row = {}
            elif line == "}" and row is not None:
                rows.append(row)
                row = None
            elif row is not None and "=" in line:
                name, value = line.split("=", 1)
                row[name] = value
    return rows


class Nagios:
    def __init__(self, path):
        self.status = os.path.join(path, "status.dat")

    def service(self, host, name):
        for row in blocks(self.status, "servicestatus"):
            if row["host_name"] == host and row["service_description"] == name:
                if row["has_been_checked"] != "1":
                    return "pending", ""
                return STATES[row["current_state"]], row["plugin_output"]
        return "none", ""

    def services(self, host):
        return [r for r in blocks(self.status, "servicestatus")
                if r["host_name"] == host and r["has_been_checked"] == "1"]

    def host(self, name):
        for row in blocks(self.status, "hoststatus"):
            if row["host_name"] == name and row["has_been_checked"] == "1":
                return "up" if row["current_state"] == "0" else "down"
        return "none"

    def is_state(self, host, name, state):
        seen, output = self.service(host, name)
        return output or True if seen == state else False


def prepare(path, gw, services="eog-services.cfg"):
    for name in ("conf.d", "rw", "results", "plugins"):
        os.mkdir(os.path.join(path, name))
    write(f"{path}/nagios.cfg", MAIN.format(d=path))
    # $USER1$ has the standard plugins, and check_eog beside them.
    for name in os.listdir(PLUGINS):
        os.symlink(f"{PLUGINS}/{name}", f"{path}/plugins/{name}")
    shutil.copy(program("check_eog"), f"{path}/plugins/check_eog")
    write(f"{path}/resource.cfg", f"$USER1$={path}/plugins\n")
    for name in ("auth", "privacy"):
        shutil.copy(os.path.join(gw.folder, name), path)
        os.chmod(f"{path}/{name}", 0o600)
    # interval_length makes minutes seconds, so that the trial is short; the files are as delivered.
    for name in ("eog-gateway.cfg", services):
        shutil.copy(deliver(f"nagios/{name}"), f"{path}/conf.d/{name}")
    write(f"{path}/conf.d/site.cfg", SITE.format(d=path, id=ID, agent=gw.port["agent"]))
    owned(path, USER)


def main():
    need(NAGIOS, f"{PLUGINS}/negate", "/usr/sbin/snmptrapd")
    if os.getuid() != 0:
        raise Skipped("needs root: nagios runs as its own user")
    port = free_port()
    table = Table("Nagios")
    with folder("nagios") as path, gateway(extra=sink(port)) as gw:
        prepare(path, gw)
        handler = f"{deliver('nagios/eog-traphandle')} {path}/rw/nagios.cmd {path}/alerts"
        nagios = Nagios(path)
        with started([NAGIOS, f"{path}/nagios.cfg"], f"{path}/out", preexec_fn=as_user(USER)):
            for host in (ID, f"{ID}-v3"):
                table.wait(f"{host}: all services are checked, the host is up",
                           lambda: len(nagios.services(host)) == 31 and nagios.host(host) == "up")
                table.wait(f"{host}: {KEY} ok", lambda: nagios.is_state(host, f"EOG {KEY}", "ok"))
            sent = turn(gw, "warning")
            for host in (ID, f"{ID}-v3"):
                table.wait(f"{host}: polled, {KEY} warning, names the product",
                           lambda: "osce02" in str(nagios.is_state(host, f"EOG {KEY}", "warning")), sent)
            sent = turn(gw, "ok")
            for host in (ID, f"{ID}-v3"):
                table.wait(f"{host}: polled, {KEY} ok again",
                           lambda: nagios.is_state(host, f"EOG {KEY}", "ok"), sent)
            gw.kill()
            table.wait("killed: the host is down", lambda: nagios.host(ID) == "down")
            table.wait("killed: every indicator is unknown, none an alarm", lambda: all(
                row["current_state"] == "3" for row in nagios.services(ID)))
            gw.start()
            table.wait("started: the host is up, the indicator ok", lambda: (
                nagios.host(ID) == "up" and nagios.is_state(ID, f"EOG {KEY}", "ok")))
        # By notification alone: nothing is polled now.
        write(f"{path}/nagios.cfg", MAIN.format(d=path).replace(
            "execute_service_checks=1", "execute_service_checks=0"))
        owned(path, USER)
        with started([NAGIOS, f"{path}/nagios.cfg"], f"{path}/out", preexec_fn=as_user(USER),
                     ready=lambda: os.path.exists(f"{path}/rw/nagios.cmd")), trapd(handler, port):
            for state, words in (("warning", "osce02"), ("ok", "no alert is open")):
                sent = turn(gw, state)
                table.wait(f"told, not polled: {KEY} {state}",
                           lambda: words in str(nagios.is_state(ID, f"EOG {KEY}", state)), sent)
        check_chinese(path)


def check_chinese(path):
    """The other file of services, by Nagios' own check of a configuration."""
    os.remove(f"{path}/conf.d/eog-services.cfg")
    shutil.copy(os.path.join(SOURCE, "deploy/nagios/eog-services-zh.cfg"), f"{path}/conf.d")
    done = subprocess.run([NAGIOS, "-v", f"{path}/nagios.cfg"], stdout=subprocess.PIPE, check=False)
    text = done.stdout.decode(errors="replace")
    check(done.returncode == 0 and "Total Warnings: 0" in text, text)
    Table("Nagios").seen("the Chinese services: nagios4 -v, no warning")


if __name__ == "__main__":
    main()
