# SPDX-License-Identifier: GPL-3.0-or-later
"""What the trials of real monitoring systems have in common: a gateway with a product whose pattern
grows old by a real message and is new again by another, snmptrapd with a handler, and a table of
what was seen. Everything lives in folders of its own and ends with the trial."""
import contextlib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import messages  # noqa: E402
from harness import (  # noqa: E402
    IS_LONG, SOURCE, Gateway, Skipped, check, free_port, program, read_oids, read_root, tool, wait_for)

PATIENCE_S = 120
ID = "gw-test"
KPI, KEY, SCOPE = 2, "pattern-outdated", "default/osce02"
BUILD = os.environ.get("EOG_BUILD") or os.environ["top_builddir"]
HOSTS = [f"wks-{i:02d}" for i in range(1, 21)]
FILES = {"auth": "authentication words\n", "privacy": "privacy words\n"}
USER = '<user name="nms" auth="SHA-256" auth-file="auth" privacy="AES-128" privacy-file="privacy"/>'


def deliver(name):
    """A file as it is delivered: built, else of the source."""
    built = os.path.join(BUILD, "deploy", name)
    return built if os.path.exists(built) else os.path.join(SOURCE, "deploy", name)


def need(*programs):
    for name in programs:
        if not (os.path.exists(name) if name.startswith("/") else shutil.which(name)):
            raise Skipped(f"{name} is not installed; make nms installs what is needed")


@contextlib.contextmanager
def gateway(extra="", **more):
    inventory = "site,name,role\ndefault,osce02,product\n" + "".join(
        f"default,{host},host\n" for host in HOSTS)
    with Gateway(
        "nms",
        extra='<inventory file="inventory.csv"/>' + USER + extra,
        files={"inventory.csv": inventory, **FILES, **more.pop("files", {})},
        **more,
    ) as gw:
        gw.start()
        gw.receive(*[messages.pattern_status(host) for host in HOSTS])
        turn(gw, "ok")
        gw.wait_state(KPI, KEY, "default", "ok")  # the worst of all scopes is ok, then
        yield gw


def turn(gw, state):
    """A real message of a console, by syslog: its pattern is outdated, or is not. When it was sent."""
    sent = time.monotonic()
    gw.receive(messages.pattern_status("osce02", status={"ok": 1, "warning": 4}[state]))
    gw.wait_state(KPI, KEY, SCOPE, state)
    return sent


class Table:
    """A line for each thing that was tried, and how long it took from the message on."""

    rows = []

    def __init__(self, system):
        self.system = system

    def seen(self, what, since=None, text=""):
        took = f"{time.monotonic() - since:5.1f} s" if since else ""
        print(f"{self.system:10} {what:58} {took:8} {text}", flush=True)

    def wait(self, what, condition, since=None, timeout_s=PATIENCE_S):
        """Wait for it; what it gave, when not merely True, is shown."""
        found = wait_for(condition, f"{self.system}: {what}", timeout_s)
        self.seen(what, since, "" if found is True else str(found)[:100])
        return found


def as_user(name):
    """For Popen: become that user, as the packages' own units do."""
    user = pwd.getpwnam(name)

    def become():
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)

    return become


def owned(path, name):
    user = pwd.getpwnam(name)
    for folder, _, files in os.walk(path):
        for entry in [folder, *(os.path.join(folder, file) for file in files)]:
            os.chown(entry, user.pw_uid, user.pw_gid)


@contextlib.contextmanager
def started(command, log, ready=None, **more):
    """A program in the foreground, in a process group of its own, ended with the block."""
    with open(log, "ab") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            start_new_session=True, **more)
    try:
        if ready:
            wait_for(ready, f"{command[0]} is up", PATIENCE_S, lambda: process.poll() is None)
        yield process
    except Exception:
        with open(log, errors="replace") as text:
            print("\n".join(text.read().splitlines()[-20:]), file=sys.stderr)
        raise
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()


def is_bound(port):
    """Somebody listens at that UDP port."""
    with open("/proc/net/udp", encoding="ascii") as file:
        return any(line.split()[1].endswith(f":{port:04X}") for line in file)


@contextlib.contextmanager
def trapd(handler, port, settings=None):
    """snmptrapd that hands each notification to a handler. settings: its configuration, but for the
    handler; without them it takes what comes."""
    with tempfile.TemporaryDirectory(prefix="eog-nms-trapd-") as folder:
        path = os.path.join(folder, "snmptrapd.conf")
        with open(path, "w", encoding="utf-8") as conf:
            conf.write(f"{settings or OPEN}traphandle {read_root()}.0.* {handler}\n")
        command = [tool("snmptrapd"), "-f", "-C", "-c", path, "-Lo", "-n", "-m", "",
                   f"udp:127.0.0.1:{port}"]
        with started(command, os.path.join(folder, "log"), ready=lambda: is_bound(port),
                     env={**os.environ, "SNMP_PERSISTENT_DIR": folder, "SNMPCONFPATH": folder}):
            yield


OPEN = "outputOption n\ndisableAuthorization yes\n"


def sink(port, kind="trap"):
    return f'<sink address="127.0.0.1:{port}" version="2c" kind="{kind}" community="public"/>'


def sink_v3(port, kind="trap"):
    return (f'<sink address="127.0.0.1:{port}" version="3" kind="{kind}" user="told" auth="SHA-256" '
            'auth-file="auth" privacy="AES-128" privacy-file="privacy"/>')


def trapd_user(gw=None):
    """Who sends by sink_v3(), for snmptrapd: of traps the sender's engine must be known before."""
    engine = ""
    if gw:
        with open(os.path.join(gw.state, "snmp", "engine"), encoding="ascii") as file:
            engine = "-e 0x" + dict(line.split() for line in file)["id"]
    words = {name: text.strip() for name, text in FILES.items()}
    return f'createUser {engine} told SHA-256 "{words["auth"]}" AES "{words["privacy"]}"\n'


@contextlib.contextmanager
def folder(name):
    path = tempfile.mkdtemp(prefix=f"eog-nms-{name}-")
    os.chmod(path, 0o755)
    try:
        yield path
    finally:
        if os.environ.get("EOG_KEEP"):
            print(f"kept: {path}")
        else:
            shutil.rmtree(path, ignore_errors=True)


def write(path, text, mode=0o644):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


__all__ = [
    "BUILD", "FILES", "Gateway", "HOSTS", "ID", "IS_LONG", "KEY", "KPI", "SCOPE", "SOURCE", "Skipped",
    "Table", "USER", "as_user", "check", "deliver", "folder", "free_port", "gateway", "messages", "need",
    "owned", "program", "read_oids", "sink", "sink_v3", "started", "tool", "trapd", "trapd_user", "turn",
    "wait_for", "write",
]
