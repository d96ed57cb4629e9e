#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The packages in a fresh Debian 12: installed by apt, eogd started as its unit says and with no right
more, asked by the tools beside it; a newer version, a removal and a new installation keep journal and
engineBoots; a purge takes what is the packages' and nothing else.

EOG_PACKAGES: a folder that has the .deb files already. EOG_ROOT: a folder for the root that is kept,
so that another run need not fetch it again. No systemd runs in it: what the unit would do to the
process (user, rights, folders, the socket to tell) is done here, out of the unit's own lines.
"""
import contextlib
import glob
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time

from nms import SOURCE, Skipped, Table, check, folder, need, tool, write

STATE, CONFIG = "/var/lib/eog-gateway", "/etc/eog-gateway/eogd.xml"
UNIT = "/lib/systemd/system/eog-gateway.service"
ENGINE_BOOTS = "1.3.6.1.6.3.10.2.1.2.0"  # snmpEngineBoots of SNMP-FRAMEWORK-MIB
DESK = "/media"  # in the root: what is handed in
NAMES = ("eog-gateway", "eog-gateway-tools", "eog-gateway-mibs", "eog-gateway-monitoring")
EVENT = "800101"
MESSAGE = (f"CEF:0|Trend Micro|Apex Central|2019|{EVENT}|Pattern Update Status|3|"
           "shost=pc-1 cn1=4 cn3=4 cs5=1548 cs6=2 cn2=2048\n")
# Where installed programs and their data are; the rest is the system's own record-keeping.
WATCHED = ("/etc", "/lib", "/opt", "/srv", "/usr", "/run", "/var/lib")
KEPT_BOOKS = ("/var/lib/apt", "/var/lib/dpkg", "/etc/ld.so.cache", "/run/lock", "/etc/passwd-", "/etc/group-",
              "/etc/shadow-", "/etc/gshadow-", "/var/lib/systemd/deb-systemd-helper")


def run(command, ok=(0,), **more):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=1800, check=False, **more)
    text = done.stdout.decode(errors="replace")
    check(done.returncode in ok, f"{' '.join(command)}: exit {done.returncode}\n{text[-4000:]}")
    return text


class Root:
    """A Debian in a folder, and namespaces to run its programs in: with this machine's network, for
    apt, or with a loopback alone, where all ports are free."""

    def __init__(self, path):
        self.path = path
        self.holder = None

    def at(self, path):
        return self.path + path

    def make(self):
        with open("/etc/debian_version", encoding="utf-8") as file:
            check(file.read().startswith("12"), "this machine is a Debian 12")
        mirror = run(["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages", "Codename: bookworm"])
        if not mirror.strip():
            raise Skipped("apt knows no source of Debian 12 packages")
        if not os.path.exists(self.at("/etc/debian_version")):
            run(["debootstrap", "--variant=minbase", "bookworm", self.path, sorted(mirror.split())[0]])
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.at("/etc/apt/sources.list"))
        # The sources, and the proxy or keys, that this machine's apt uses.
        for item in ("sources.list", "sources.list.d", "apt.conf.d", "auth.conf.d", "keyrings", "trusted.gpg.d"):
            if os.path.exists("/etc/apt/" + item):
                run(["cp", "-a", "/etc/apt/" + item, self.at("/etc/apt/")])
        for path in glob.glob("/usr/share/keyrings/*"):
            run(["cp", "-a", path, self.at("/usr/share/keyrings/")])
        for path in ("/etc/resolv.conf", "/etc/hosts"):
            shutil.copy(path, self.at(path))

    @contextlib.contextmanager
    def held(self, has_network):
        """Namespaces that last as long as the block."""
        script = ('mount --bind "$1" "$1" && mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" &&'
                  ' mount -t tmpfs tmpfs "$1/run" && { [ -z "$2" ] || ip link set lo up; } &&'
                  ' echo held && exec chroot "$1" sleep infinity')
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child"] + ([] if has_network else ["--net"])
        with subprocess.Popen([*command, "sh", "-c", script, "sh", self.path, "" if has_network else "lo"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as unshare:
            try:
                check(unshare.stdout.readline() == b"held\n", "namespaces")
                with open(f"/proc/{unshare.pid}/task/{unshare.pid}/children", encoding="utf-8") as file:
                    self.holder = file.read().split()[0]
                yield
            finally:
                unshare.kill()

    def enter(self, *command):
        return ["nsenter", "--target", self.holder, "--mount", "--pid", "--net", "--root", "--wd", "env", "-i",
                "HOME=/root", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", *command]

    def run(self, *command, ok=(0,)):
        return run(self.enter(*command), ok)

    def paths(self):
        text = self.run("find", *WATCHED, "-xdev", "-printf", "%p\n")
        return {p for p in text.splitlines() if not p.startswith(KEPT_BOOKS)}


def unit_lines(root):
    """The unit's section [Service]: name -> values."""
    found, section = {}, None
    with open(root.at(UNIT), encoding="utf-8") as file:
        for line in file:
            if line.startswith("["):
                section = line.strip()
            elif section == "[Service]" and re.match(r"[A-Z]\w*=", line):
                name, _, value = line.strip().partition("=")
                found.setdefault(name, []).append(value)
    return found


class Daemon:
    """eogd as the unit starts it: its user, its one capability, its command; told to a socket of ours."""

    def __init__(self, root, path):
        self.root, self.log = root, os.path.join(path, "eogd.log")
        self.process = self.told = None

    def start(self):
        unit, notify = unit_lines(self.root), DESK + "/notify"
        check(unit["Type"] == ["notify"] and unit["CapabilityBoundingSet"] == unit["AmbientCapabilities"], str(unit))
        rights = unit["AmbientCapabilities"][0].lower().replace("cap_", "+")
        with contextlib.suppress(FileNotFoundError):
            os.remove(self.root.at(notify))
        self.told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.told.bind(self.root.at(notify))
        os.chmod(self.root.at(notify), 0o777)
        self.told.settimeout(60)
        command = self.root.enter(
            f"NOTIFY_SOCKET={notify}", "setpriv", "--reuid", unit["User"][0], "--regid", unit["Group"][0],
            "--init-groups", "--no-new-privs", f"--inh-caps=-all,{rights}", f"--ambient-caps=-all,{rights}",
            f"--bounding-set=-all,{rights}", *shlex.split(unit["ExecStart"][0]))
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        first = self.told.recv(4096).decode()
        with open(self.log, encoding="utf-8", errors="replace") as log:
            check(first.startswith("READY=1\n"), f"told {first!r}\n{log.read()[-3000:]}")
        return first.partition("STATUS=")[2]

    def pid(self):
        """In the root's own numbers."""
        found = [p for p in self.root.run("ls", "/proc").split() if p.isdigit()
                 and self.root.run("cat", f"/proc/{p}/comm", ok=(0, 1)) == "eogd\n"]
        check(len(found) == 1, f"eogd: {found}")
        return found[0]

    def rights(self):
        text = self.root.run("cat", f"/proc/{self.pid()}/status")
        return dict(re.findall(r"^(\w+):\t(.*)$", text, re.M))

    def stop(self):
        self.root.run("sh", "-c", f"kill -TERM {self.pid()}")
        check(self.told.recv(4096).startswith(b"STOPPING=1"), "told when it stops")
        check(self.process.wait(60) == 0, "it stopped with 0")
        self.told.close()
        self.process = None

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


def boots(root):
    """As the agent says, by this machine's snmpget."""
    return int(run(["nsenter", "--target", root.holder, "--net", tool("snmpget"), "-v2c", "-c", "public", "-m", "",
                    "-Oqv", "-r", "20", "-t", "1", "127.0.0.1:161", ENGINE_BOOTS]))


def records(root):
    """uids of the messages received, out of the journal on disk."""
    found = (json.loads(line)["metadata"] for line in root.run("eogctl", "journal", "cat").splitlines())
    return [metadata["uid"] for metadata in found if metadata.get("event_code") == EVENT]


def send(root, *how):
    write(root.at(DESK + "/messages"), MESSAGE)
    root.run("eogctl", "send", *how, DESK + "/messages")


def received(root, n):
    """All n are on disk."""
    found = records(root)
    check(len(found) >= n, f"records: {found}")
    return len(found) == n


def build(path):
    made = os.environ.get("EOG_PACKAGES") or os.path.join(path, "packages")
    if not os.environ.get("EOG_PACKAGES"):
        run(["sh", os.path.join(SOURCE, "deploy", "build-deb.sh"), made],
            env={**os.environ, "DEB_BUILD_OPTIONS": f"noautodbgsym parallel={os.cpu_count()}"})
    found = {name: glob.glob(os.path.join(made, name + "_*.deb")) for name in NAMES}
    check(all(len(files) == 1 for files in found.values()), f"packages: {found}")
    return {name: files[0] for name, files in found.items()}


def newer(packages, path):
    """The same packages, of the next version."""
    made = []
    for name, package in packages.items():
        tree = os.path.join(path, "tree")
        run(["dpkg-deb", "-R", package, tree])
        with open(os.path.join(tree, "DEBIAN", "control"), encoding="utf-8") as file:
            text = file.read()
        version = re.search(r"^Version: (.*)$", text, re.M).group(1)
        text = text.replace(f"Version: {version}\n", f"Version: {version}+1\n")
        write(os.path.join(tree, "DEBIAN", "control"), text.replace(f"(= {version})", f"(= {version}+1)"))
        made.append(os.path.join(path, f"{name}_newer.deb"))
        run(["dpkg-deb", "--root-owner-group", "-b", tree, made[-1]])
        shutil.rmtree(tree)
    return made


def lint(table, packages):
    # The one that is left out wants the number of a bug that an upload to Debian closes.
    run(["lintian", "--allow-root", "--fail-on", "error,warning", "--suppress-tags", "initial-upload-closes-no-bugs",
         *packages])
    table.seen("lintian: no error, no warning")


def on_desk(packages):
    return [f"{DESK}/{os.path.basename(package)}" for package in packages]


def is_in_order(root):
    """What the packages put where."""
    check(root.run("stat", "-c", "%A %U %G", STATE) == "drwxr-x--- eog-gateway eog-gateway\n", STATE)
    check(root.run("stat", "-c", "%A %U %G", "/etc/eog-gateway") == "drwxr-x--- root eog-gateway\n", "/etc/eog-gateway")
    root.run("eogd", "--check", "--config", CONFIG)
    root.run("test", "-x", "/usr/lib/nagios/plugins/check_eog")
    for path in ("snmp/mibs/EOG-GATEWAY-MIB.txt", "eog-gateway/zabbix/eog-gateway-6.0.yaml",
                 "eog-gateway/nagios/eog-traphandle", "man/man5/eogd.xml.5.gz", "man/man8/eogd.8.gz",
                 "man/man1/eogctl.1.gz", "bash-completion/completions/eogctl"):
        root.run("test", "-s", "/usr/share/" + path)
    conffiles = root.run("dpkg-query", "-W", "-f", "${Conffiles}", "eog-gateway")
    check(CONFIG in conffiles, conffiles)


def delivered(table, root, daemon):
    """The configuration as it is, on its ports below 1024, as nobody but its user."""
    table.seen("as delivered: started by the unit's command", text=daemon.start())
    rights = daemon.rights()
    user = root.run("id", "-u", "eog-gateway").strip()
    check(set(rights["Uid"].split()) == {user} and user != "0", f"Uid {rights['Uid']}")
    check(set(rights[name] for name in ("CapEff", "CapPrm", "CapBnd")) == {f"{1 << 10:016x}"}, str(rights))
    send(root, "--udp", "--to", "127.0.0.1:514")
    send(root, "--relp", "--to", "127.0.0.1:2514")
    table.wait("a message by UDP 514, one by RELP: received", lambda: received(root, 2))
    daemon.stop()


def polled(table, root, daemon):
    """With an agent of its own, the edited conffile; the plugin asks it at port 161."""
    with open(root.at(CONFIG), encoding="utf-8") as file:
        text = file.read()
    edited = text.replace('<agent mode="agentx" master="/var/agentx/master"/>',
                          '<agent mode="standalone" address="udp:127.0.0.1:161"/><community name="public"/>')
    check(edited != text, "the agent's line of the configuration")
    with open(root.at(CONFIG), "w", encoding="utf-8") as file:
        file.write(edited)
    daemon.start()
    plugin = root.enter("/usr/lib/nagios/plugins/check_eog", "-H", "127.0.0.1", "-k", "pattern-outdated")
    said = table.wait("check_eog answers at port 161", lambda: "pattern-outdated" in run(plugin, ok=(0, 1, 2, 3))
                      and run(plugin, ok=(0, 1, 2)).splitlines()[0])
    check(said, "the plugin's word")
    return edited


def is_kept(root, edited, uids, before, what):
    """The edited conffile, every record, and an engine that has booted once more."""
    with open(root.at(CONFIG), encoding="utf-8") as file:
        check(file.read() == edited, f"{what}: the conffile is as it was edited")
    check(records(root)[: len(uids)] == uids, f"{what}: records")
    root.run("eogctl", "journal", "verify")
    now = boots(root)
    check(now == before + 1, f"{what}: engineBoots {before}, then {now}")
    return now


def trial(table, root, packages, newer_ones, path):
    daemon = Daemon(root, path)
    try:
        is_in_order(root)
        delivered(table, root, daemon)
        edited = polled(table, root, daemon)
        before, uids = boots(root), records(root)
        check(len(uids) == 2, f"records: {uids}")
        # Under the running daemon, as dpkg does it; the unit's restart follows.
        root.run("dpkg", "-i", *on_desk(newer_ones))
        daemon.stop()
        daemon.start()
        before = is_kept(root, edited, uids, before, "dpkg -i of a newer version")
        table.seen("dpkg -i of the next version: conffile, journal, engineBoots", text=f"engineBoots {before}")
        daemon.stop()
        root.run("dpkg", "-r", *NAMES)
        check(not os.path.exists(root.at("/usr/sbin/eogd")), "eogd is removed")
        root.run("dpkg", "-i", *on_desk(packages))
        daemon.start()
        before = is_kept(root, edited, uids, before, "removed and installed again")
        table.seen("removed, installed again: conffile, journal, engineBoots", text=f"engineBoots {before}")
        daemon.stop()
    finally:
        daemon.end()


def purge(table, root, clean):
    """What was there before, and files of others in the packages' folders."""
    ours = {"/etc/eog-gateway/gw.pem", "/srv/reports", "/srv/reports/2026-11.html"}
    os.makedirs(root.at("/srv/reports"), exist_ok=True)
    for path in ours - {"/srv/reports"}:
        write(root.at(path), "mine\n")
    root.run("dpkg", "-P", *NAMES)
    left = root.paths()
    check(left - clean == ours | {"/etc/eog-gateway"}, f"left, or lost: {sorted(left - clean)}")
    check(not clean - left, f"gone with it: {sorted(clean - left)}")
    root.run("id", "eog-gateway")
    table.seen("purged: all of it gone, files of others stay", text=f"{len(left)} paths compared")
    for path in ours - {"/srv/reports"}:
        os.remove(root.at(path))
    os.rmdir(root.at("/etc/eog-gateway"))
    os.rmdir(root.at("/srv/reports"))


def main():
    need("debootstrap", "dpkg-buildpackage", "lintian", "ip", "nsenter")
    if os.geteuid() != 0:
        raise Skipped("needs root")
    table = Table("packages")
    with folder("packages") as path:
        begun = time.monotonic()
        packages = build(path)
        table.seen("built by deploy/build-deb.sh", begun)
        lint(table, packages.values())
        newer_ones = newer(packages, path)
        root = Root(os.environ.get("EOG_ROOT") or os.path.join(path, "root"))
        os.makedirs(root.path, exist_ok=True)
        os.chmod(root.path, 0o755)
        root.make()
        for package in [*packages.values(), *newer_ones]:
            shutil.copy(package, root.at(DESK))
        with root.held(has_network=True):
            root.run("apt-get", "-q", "update")
            # Once, and purged: what they depend on is there then, and nothing else of them.
            root.run("apt-get", "-q", "-y", "--no-install-recommends", "install", *on_desk(packages.values()))
            root.run("dpkg", "-P", *NAMES)
        with root.held(has_network=False):
            clean = root.paths()
            left = [p for p in clean if re.search("eog-|eogd|eogctl|check_eog", p)]
            check(not left, f"a purge left {left}")
            root.run("dpkg", "-i", *on_desk(packages.values()))
            table.seen("installed in a fresh Debian 12")
            trial(table, root, packages.values(), newer_ones, path)
            purge(table, root, clean)


if __name__ == "__main__":
    try:
        main()
    except Skipped as reason:
        print(f"skipped: {reason}")
        sys.exit(77)
