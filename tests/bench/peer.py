# SPDX-License-Identifier: GPL-3.0-or-later
"""Peers that a benchmark is run beside: where their programs are, and which are missing. Debian's
syslog-ng cannot be installed beside rsyslog, so it is unpacked into a folder instead."""
import glob
import os
import shutil
import subprocess

from measure import Daemon, LineCounter

HERE = os.path.dirname(os.path.abspath(__file__))
SYSLOG_NG = ("syslog-ng-core", "libivykis0", "libnet1", "libwrap0")
ALL = ("rsyslogd", "syslog-ng", "snmptrapd", "snmpd", "snmpbulkwalk")


class Missing(Exception):
    """A peer that is not installed."""


def find(name):
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if not path:
        raise Missing(name)
    return path


def missing(work):
    """Names of those that are not here."""
    found = []
    for name in ALL:
        try:
            syslog_ng(work) if name == "syslog-ng" else find(name)
        except Missing:
            found.append(name)
    return found


def syslog_ng(work):
    """The program and its environment: installed, or unpacked from Debian's packages under work."""
    try:
        return find("syslog-ng"), {}
    except Missing:
        pass
    root = os.path.join(work, "syslog-ng")
    if not os.path.exists(root):
        os.makedirs(root)
        subprocess.run(["apt-get", "-q", "download", *SYSLOG_NG], cwd=root, check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for package in glob.glob(os.path.join(root, "*.deb")):
            subprocess.run(["dpkg", "-x", package, root], check=True)
    program = os.path.join(root, "usr", "sbin", "syslog-ng")
    if not os.path.exists(program):
        raise Missing("syslog-ng")
    folders = ("usr/lib/syslog-ng", "usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu")
    return program, {"LD_LIBRARY_PATH": ":".join(os.path.join(root, folder) for folder in folders)}


def configuration(work, config, **words):
    """A file of peers/ with its words put in; its path."""
    with open(os.path.join(HERE, "peers", config), encoding="utf-8") as file:
        text = file.read()
    for key, value in words.items():
        text = text.replace(f"@{key}@", str(value))
    path = os.path.join(work, config)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def output(work, name="out.json"):
    path = os.path.join(work, name)
    if os.path.exists(path):
        os.unlink(path)
    return path


def start_syslog_ng(work, config, kind, port):
    program, env = syslog_ng(work)
    out = output(work)
    path = configuration(work, config, PORT=port, KIND=kind, OUT=out,
                         FLAGS="flow-control" if kind == "tcp" else "")
    command = [program, "-F", "--no-caps", "-f", path, "-R", os.path.join(work, "syslog-ng.persist"),
               "-p", os.path.join(work, "syslog-ng.pid"), "-c", os.path.join(work, "syslog-ng.ctl")]
    modules = glob.glob(os.path.join(work, "syslog-ng", "usr", "lib", "syslog-ng", "*", "libafsocket.so"))
    if modules:
        command += ["--module-path", os.path.dirname(modules[0])]
    daemon = Daemon(command, f"{kind}:{port}", env=env, log=os.path.join(work, "syslog-ng.log"))
    return daemon, LineCounter(out)
