# SPDX-License-Identifier: GPL-3.0-or-later
"""The delivered configurations for relays (deploy/rsyslog, deploy/syslog-ng), run by the real
programs: of them only addresses, ports, folders and a disk's size are changed."""
import os
import re
import shutil
import signal
import subprocess

import harness


def delivered(kind):
    path = os.path.join(harness.SOURCE, "deploy", kind, "eog-forward.conf")
    with open(path, encoding="utf-8") as file:
        return file.read()


def replace(text, *pairs):
    for old, new in pairs:
        harness.check(old in text, f"the delivered configuration has no {old!r}")
        text = text.replace(old, new)
    return text


def uncomment(text, *begins):
    """Lines that a person takes the # from."""
    for begin in begins:
        text, n = re.subn(rf"(?m)^#( *{re.escape(begin)})", r"\1", text)
        harness.check(n > 0, f"no comment begins {begin!r}")
    return text


class Forwarder:
    """A relay that receives on self.port, UDP and TCP, all addresses, and sends to target:to_port."""

    def __init__(self, folder):
        self.folder, self.port = folder, harness.free_port()
        os.makedirs(folder, exist_ok=True)
        self.config, self.process = os.path.join(folder, "conf"), None

    def write(self, text):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)
        harness.run([*self.check_command(), self.config])

    def is_open(self):
        mark = f":{self.port:04X} 00000000:0000 "
        for table in ("/proc/net/udp", "/proc/net/tcp"):
            with open(table) as file:
                if mark not in file.read():
                    return False
        return True

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        harness.wait_for(self.is_open, f"{self.command()[0]} receives",
                         alive=lambda: self.process.poll() is None)
        return self

    def stop(self):
        """As its service manager does: it keeps what it has. Killed if that takes too long."""
        if not self.process or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise harness.Failed(f"{self.command()[0]} does not end") from None

    def kill(self):
        self.process.kill()
        self.process.wait()
        if os.path.exists(os.path.join(self.folder, "pid")):
            os.unlink(os.path.join(self.folder, "pid"))

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        try:
            self.stop()
        except harness.Failed:
            if kind is None:
                raise


class Rsyslog(Forwarder):
    """certificates: a Certificates of tls.py; the gateway is then asked for its own."""

    def __init__(self, folder, target, relp_port, certificates=None):
        super().__init__(folder)
        self.counted_port = self.port  # it detects what is counted
        self.path = harness.tool("rsyslogd")
        if not any(os.path.exists(f"{lib}/rsyslog/omrelp.so") for lib in (
                "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib")):
            raise harness.Skipped("rsyslog-relp is not installed")
        text = replace(
            delivered("rsyslog"), ('port="514"', f'port="{self.port}"'),
            ('target="gateway.example.net" port="2514"', f'target="{target}" port="{relp_port}"'),
            ('"/var/spool/rsyslog"', f'"{folder}"'), ('resumeInterval="5"', 'resumeInterval="1"'))
        if certificates:
            text = replace(
                uncomment(text, "tls=", "tls."),
                ('\nmodule(load="omrelp")', '\nmodule(load="omrelp" tls.tlslib="openssl")'),
                ('"gateway.example.net"', '"server.example.net"'),
                ("/etc/rsyslog.d/eog/relay", certificates.path("client")),
                ("/etc/rsyslog.d/eog/ca", certificates.path("ca")))
        self.write(f'global(workDirectory="{folder}")\n' + text)

    def waiting(self):
        """Messages in the queue that a kill leaves."""
        try:
            with open(os.path.join(self.folder, "eog-forward.qi")) as file:
                return int(re.search(r"iQueueSize:\d+:\d+:(\d+):", file.read()).group(1))
        except (OSError, AttributeError):  # not yet, or just being written
            return 0

    def check_command(self):
        return [self.path, "-N1", "-f"]

    def command(self):
        return [self.path, "-n", "-f", self.config, "-i", os.path.join(self.folder, "pid")]


class SyslogNg(Forwarder):
    def __init__(self, folder, target, to_port, certificates=None):
        super().__init__(folder)
        self.path = shutil.which("syslog-ng", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if not self.path:
            raise harness.Skipped("syslog-ng is not installed")
        self.counted_port = harness.free_port()
        text = replace(delivered("syslog-ng"), ("port(514) log", f"port({self.port}) log"),
                       ("port(601)", f"port({self.counted_port})"),
                       ("time-reopen(5)", "time-reopen(1)"), ("10737418240", "16777216"),
                       ("mem-buf-size(67108864)", f'mem-buf-size(4194304) dir("{folder}")'))
        plain = '    syslog("gateway.example.net" transport("tcp") port(514)'
        if certificates:
            text = replace(
                uncomment(text.replace(plain, ""), '  syslog("gateway', "  tls(", "    key-file("),
                ("gateway.example.net", target), ("6514", str(to_port)),
                ("/etc/syslog-ng/eog/relay", certificates.path("client")),
                ("/etc/syslog-ng/eog/ca", certificates.path("ca")))
        else:
            text = replace(text, (plain, f'    syslog("{target}" transport("tcp") port({to_port})'))
        self.write("@version: 3.38\n" + text)

    def check_command(self):
        return [self.path, "-s", "-f"]

    def command(self):
        own = [f"--{name}={os.path.join(self.folder, name)}"
               for name in ("persist-file", "control", "pidfile")]
        return [self.path, "-F", "-f", self.config, *own]
