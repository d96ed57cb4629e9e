# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands at the other end of a feed: a real rsyslog (imrelp, imtcp), and a RELP server of a
few lines that can be told to answer late, wrong or not at all."""
import json
import os
import re
import signal
import socket
import subprocess
import threading

import harness

CONFIG = """\
global(workDirectory="{folder}" maxMessageSize="64k")
module(load="imrelp")
module(load="imtcp" maxSessions="100")
template(name="whole" type="string" string="%rawmsg%\\n")
input(type="imrelp" port="{relp}" address="127.0.0.1" maxDataSize="64k" ruleset="relp")
input(type="imtcp" port="{tcp}" address="127.0.0.1" ruleset="tcp")
# Direct: a message is acknowledged when it is written, not when it is in a queue.
ruleset(name="relp" queue.type="Direct") {{
    action(type="omfile" file="{folder}/relp.log" template="whole" fileCreateMode="0644")
}}
ruleset(name="tcp" queue.type="Direct") {{
    action(type="omfile" file="{folder}/tcp.log" template="whole" fileCreateMode="0644")
}}
"""


# The same inputs by TLS; a client needs a certificate of the same CA.
TLS_CONFIG = """\
global(workDirectory="{folder}" maxMessageSize="64k" DefaultNetstreamDriver="ossl"
    DefaultNetstreamDriverCAFile="{folder}/ca.pem"
    DefaultNetstreamDriverCertFile="{folder}/server.pem"
    DefaultNetstreamDriverKeyFile="{folder}/server.key")
module(load="imrelp" tls.tlslib="openssl")
module(load="imtcp" maxSessions="100" StreamDriver.Name="ossl" StreamDriver.Mode="1"
    StreamDriver.AuthMode="x509/certvalid")
template(name="whole" type="string" string="%rawmsg%\\n")
input(type="imrelp" port="{relp}" address="127.0.0.1" maxDataSize="64k" ruleset="relp" tls="on"
    tls.caCert="{folder}/ca.pem" tls.myCert="{folder}/server.pem"
    tls.myPrivKey="{folder}/server.key" tls.authMode="certvalid")
input(type="imtcp" port="{tcp}" address="127.0.0.1" ruleset="tcp")
ruleset(name="relp" queue.type="Direct") {{
    action(type="omfile" file="{folder}/relp.log" template="whole" fileCreateMode="0644")
}}
ruleset(name="tcp" queue.type="Direct") {{
    action(type="omfile" file="{folder}/tcp.log" template="whole" fileCreateMode="0644")
}}
"""


def make_certificates(folder):
    """ca.pem; server.pem and .key for localhost and 127.0.0.1; client.pem and .key."""
    openssl = harness.tool("openssl")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    def path(name):
        return os.path.join(folder, name)

    harness.run([openssl, "req", "-x509", *key, "-keyout", path("ca.key"), "-out", path("ca.pem"),
                 "-days", "60", "-subj", "/CN=Test CA"])
    for name, names in (("server", "DNS:localhost,IP:127.0.0.1"), ("client", "DNS:gw-test")):
        harness.run([openssl, "req", *key, "-keyout", path(name + ".key"),
                     "-out", path(name + ".csr"), "-subj", f"/CN={name}"])
        with open(path(name + ".ext"), "w") as file:
            file.write(f"subjectAltName={names}\n")
        harness.run([openssl, "x509", "-req", "-in", path(name + ".csr"), "-CA", path("ca.pem"),
                     "-CAkey", path("ca.key"), "-CAcreateserial", "-days", "60",
                     "-extfile", path(name + ".ext"), "-out", path(name + ".pem")])


def record_of(line):
    """The JSON of a line, behind its syslog header if it has one; None: the line is torn."""
    try:
        return json.loads(line[line.index("{") :])
    except ValueError:
        return None


def sequence_of(record):
    return int(record["metadata"]["uid"].rsplit(".", 1)[1])


class Lines:
    """A file of records that grows; read from where the last look ended."""

    def __init__(self, path):
        self.path, self.offset, self.records, self.torn = path, 0, [], 0

    def look(self):
        if os.path.exists(self.path):
            with open(self.path, "rb") as file:
                file.seek(self.offset)
                data = file.read()
            whole = data[: data.rfind(b"\n") + 1]
            self.offset += len(whole)
            for line in whole.decode("utf-8", errors="strict").splitlines():
                record = record_of(line)
                if record is None:
                    self.torn += 1
                else:
                    self.records.append(record)
        return self.records

    def sequences(self):
        return [sequence_of(record) for record in self.look()]


class Rsyslog:
    """The real one, unprivileged, on ports of its own."""

    def __init__(self, folder, has_tls=False):
        self.path = harness.tool("rsyslogd")
        for module in ("imrelp.so", "imtcp.so", *(["lmnsd_ossl.so"] if has_tls else [])):
            if not any(
                os.path.exists(os.path.join(lib, "rsyslog", module))
                for lib in ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib")
            ):
                raise harness.Skipped(
                    f"rsyslog's {module} is not installed (rsyslog-relp, rsyslog-openssl)"
                )
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        self.relp_port, self.tcp_port = harness.free_port(), harness.free_port()
        self.config = os.path.join(folder, "rsyslog.conf")
        if has_tls:
            make_certificates(folder)
        with open(self.config, "w") as file:
            file.write(
                (TLS_CONFIG if has_tls else CONFIG).format(
                    folder=folder, relp=self.relp_port, tcp=self.tcp_port
                )
            )
        self.relp = Lines(os.path.join(folder, "relp.log"))
        self.tcp = Lines(os.path.join(folder, "tcp.log"))
        self.process = None

    def start(self):
        with open(os.path.join(self.folder, "rsyslogd.log"), "ab") as log:
            self.process = subprocess.Popen(
                [self.path, "-n", "-f", self.config, "-i", os.path.join(self.folder, "pid")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        for port in (self.relp_port, self.tcp_port):
            harness.wait_for(lambda port=port: is_listening(port), "rsyslog listens")
        return self

    def kill(self, how=signal.SIGKILL):
        self.process.send_signal(how)
        self.process.wait()
        pid = os.path.join(self.folder, "pid")
        if os.path.exists(pid):
            os.unlink(pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.kill()


def is_listening(port):
    """By the kernel's table: a connection would be one more client."""
    with open("/proc/net/tcp") as table:
        return re.search(rf": 0100007F:{port:04X} 00000000:0000 0A ", table.read()) is not None


class Sticks(Exception):
    pass


class Relp:
    """A RELP server that keeps what it gets and answers as it is told.

    answers   "ok"; "none": takes messages and says nothing; "refuse": 500 to records whose text
              has `refused` in it; "die": it hangs up at them, and says nothing of what came with
              them; "stick": it stays on the line then, and says nothing any more
    """

    def __init__(self, port=None):
        self.port = port or harness.free_port()
        self.answers, self.refused = "ok", None
        self.messages, self.sessions = [], 0
        self.lock = threading.Lock()
        self.listener = None
        self.open_sockets = []
        self.threads = []

    def start(self):
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen(16)
        self._spawn(self._accept, self.listener)
        return self

    def _spawn(self, run, *arguments):
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        self.threads.append(thread)
        thread.start()

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.sessions += 1
                self.open_sockets.append(connection)
            self._spawn(self._serve, connection)

    def _serve(self, connection):
        buffered = b""
        try:
            while True:
                data = connection.recv(65536)
                if not data:
                    return
                buffered = self._take(connection, buffered + data)
        except Sticks:
            while connection.recv(65536):
                pass
        except (OSError, ValueError):
            return
        finally:
            connection.close()

    def _take(self, connection, buffered):
        answers = b""
        while True:
            match = re.match(rb"(\d+) (\w+) (\d+)( |\n)", buffered)
            if not match:
                break
            size, at = int(match.group(3)), match.end()
            end = at + size + 1 if size else at
            if len(buffered) < end:
                break
            answers += self._answer(match.group(1), match.group(2), buffered[at : at + size])
            buffered = buffered[end:]
        if answers:
            connection.sendall(answers)
        return buffered

    def _answer(self, number, command, data):
        text = b"200 OK"
        if command == b"open":
            text += b"\nrelp_version=0\nrelp_software=test\ncommands=syslog"
        elif command == b"syslog":
            if self.answers == "die" and self.refused.encode() in data:
                raise ValueError("it dies")
            if self.answers == "stick" and self.refused.encode() in data:
                raise Sticks
            with self.lock:
                self.messages.append(data.decode())
            if self.answers == "none":
                return b""
            if self.answers == "refuse" and self.refused.encode() in data:
                text = b"500 not this one"
        return b"%s rsp %d %s\n" % (number, len(text), text)

    def sequences(self):
        with self.lock:
            return [sequence_of(record_of(message)) for message in self.messages]

    def stop(self):
        """The port is closed, and every session with it."""
        if self.listener:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
        self.listener = None
        with self.lock:
            sockets, self.open_sockets = self.open_sockets, []
        for connection in sockets:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def kind_name(record):
    return harness.kind_of(record)


def wait_cursor(gw, goal, what, name="core"):
    """The feed of that name has everything up to goal acknowledged."""

    def look():
        row = next(row for row in gw.status()["feeds"] if row["name"] == name)
        harness.check(row["cursor"] >= goal, f"{row}")
        return row

    return gw.wait_for(look, what, 60)


class Load:
    """Sends messages in the background, over as many connections as it takes."""

    def __init__(self, gw, lines):
        self.gw, self.lines, self.at = gw, lines, 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while self.at < len(self.lines) and not self.ended.is_set():
            try:
                with self.gw.connect() as sock:
                    while self.at < len(self.lines) and not self.ended.is_set():
                        part = self.lines[self.at : self.at + 50]
                        sock.sendall(("\n".join(part) + "\n").encode())
                        self.at += len(part)
            except OSError:
                self.ended.wait(0.05)
        self.ended.set()

    def stop(self):
        self.ended.set()
        self.thread.join()
