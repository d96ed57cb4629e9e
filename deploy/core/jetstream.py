#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes a JetStream stream of gateways' records into the spool of core.sh: for a monitoring centre
of many gateways. `core.sh jetstream --server HOST:PORT` runs it; --help has the options.

A message is acknowledged when its line is in the spool and synced, so a kill at any moment loses
nothing; what comes twice for it, the table drops by its uid. Python's own library alone: Debian 12
has no client for it, and the client's side of the protocol is lines of text.
Source: the NATS client protocol; the JetStream API of nats-server 2.9.
"""
import argparse
import itertools
import json
import os
import secrets
import signal
import socket
import ssl
import sys
import time

LINE_MAX = 1 << 20  # bytes of a record; the server's own bound of a message is as much
BATCH_MAX = 1 << 24
HEADER_MAX = 1 << 16
WAIT_S = 30  # for an answer of the server
CONTROL = {byte: 32 for byte in range(32)}


class Broken(Exception):
    """The connection is of no use any more; the text says why."""


def say(text):
    print(time.strftime("%Y-%m-%dT%H:%M:%SZ ", time.gmtime()) + text, flush=True)


def line_of(data):
    """What the loader takes: one line of UTF-8, whatever came. A newline is white space to JSON;
    left as it is, it would let one message pass for two records."""
    text = data[:LINE_MAX].decode("utf-8", "replace").translate(CONTROL)
    return b" " + text.encode() + b"\n"


class Connection:
    """One server: messages in, publications out."""

    def __init__(self, server, options):
        host, _, port = server.rpartition(":")
        self.socket = socket.create_connection((host.strip("[]"), int(port)), WAIT_S)
        try:
            self.file = self.socket.makefile("rb")
            info = self._info()
            if options.ca or info.get("tls_required"):
                self._begin_tls(host.strip("[]"), options)
            self.inbox = "_INBOX." + secrets.token_hex(12)
            self._greet(options)
        except BaseException:
            self.close()
            raise

    def close(self):
        self.socket.close()

    def _info(self):
        verb, _, rest = self._read_line().partition(b" ")
        if verb != b"INFO":
            raise Broken("this is no NATS server")
        return json.loads(rest)

    def _begin_tls(self, host, options):
        context = ssl.create_default_context(cafile=options.ca)
        if options.cert:
            context.load_cert_chain(options.cert, options.key)
        self.socket = context.wrap_socket(self.socket, server_hostname=host)
        self.file = self.socket.makefile("rb")

    def _greet(self, options):
        words = {"verbose": False, "pedantic": False, "headers": True, "no_responders": True,
                 "lang": "python3", "version": "1", "name": "eog-core"}
        if options.user:
            with open(options.password_file, encoding="utf-8") as file:
                words.update(user=options.user, **{"pass": file.readline().rstrip("\n")})
        self.send(b"CONNECT %s\r\nSUB %s.* 1\r\n"
                  % (json.dumps(words).encode(), self.inbox.encode()))
        self.settle()

    def _read_line(self):
        line = self.file.readline(HEADER_MAX)
        if not line.endswith(b"\n"):
            raise Broken("the server has closed the connection")
        return line.rstrip(b"\r\n")

    def _read(self, count):
        data = self.file.read(count)
        if len(data) != count:
            raise Broken("the server has closed the connection")
        return data

    def send(self, data):
        self.socket.sendall(data)

    def publish(self, subject, data, reply=""):
        self.send(b"PUB %s %s %d\r\n%s\r\n"
                  % (subject.encode(), reply.encode(), len(data), data))

    def next(self, wait_s):
        """(verb, reply, status, data) of what comes next: MSG or PONG."""
        self.socket.settimeout(wait_s)
        while True:
            words = self._read_line().split()
            verb = words[0].upper() if words else b""
            if verb == b"PING":
                self.send(b"PONG\r\n")
            elif verb == b"PONG":
                return verb, "", 0, b""
            elif verb in (b"MSG", b"HMSG"):
                return (b"MSG", *self._message(verb, words))
            elif verb == b"-ERR":
                raise Broken(b" ".join(words[1:]).decode(errors="replace"))

    def _message(self, verb, words):
        total = int(words[-1])
        if not 0 <= total <= 64 * LINE_MAX:
            raise Broken("a message of an impossible size")
        data, status = self._read(total), 0
        self._read(2)
        reply_at = 4 if verb == b"MSG" else 5
        reply = words[3].decode() if len(words) > reply_at else ""
        if verb == b"HMSG":
            head, data = data[: int(words[-2])], data[int(words[-2]):]
            first = head.split(b"\r\n", 1)[0].split()
            status = int(first[1]) if len(first) > 1 and first[1].isdigit() else 0
        return reply, status, data

    def settle(self):
        """Everything sent before has reached the server."""
        self.send(b"PING\r\n")
        while self.next(WAIT_S)[0] != b"PONG":
            pass

    def ask(self, subject, question):
        self.publish("$JS.API." + subject, json.dumps(question).encode(), self.inbox + ".api")
        verb, _, status, data = self.next(WAIT_S)
        if verb != b"MSG" or status:
            raise Broken(f"JetStream does not answer: status {status}")
        answer = json.loads(data)
        if "error" in answer:
            raise Broken(answer["error"].get("description", "refused"))
        return answer


class Consumer:
    """A durable pull consumer: each server of the cluster goes on where the other was."""

    def __init__(self, connection, options):
        self.connection = connection
        self.stream, self.name, self.batch = options.stream, options.durable, options.batch
        connection.ask(
            f"CONSUMER.DURABLE.CREATE.{self.stream}.{self.name}",
            {"stream_name": self.stream,
             "config": {"durable_name": self.name, "ack_policy": "explicit",
                        "deliver_policy": "all", "ack_wait": options.ack_wait * 10**9,
                        "max_ack_pending": 2 * self.batch}})

    def fetch(self):
        """Up to a batch of (reply, data), after at most a second."""
        self.connection.publish(
            f"$JS.API.CONSUMER.MSG.NEXT.{self.stream}.{self.name}",
            json.dumps({"batch": self.batch, "max_bytes": BATCH_MAX, "expires": 10**9}).encode(),
            self.connection.inbox + ".next")
        found = []
        while len(found) < self.batch:
            _, reply, status, data = self.connection.next(WAIT_S)
            if status in (404, 408) or (status == 409 and found):  # 409: the bytes are full, too
                break
            if status or not reply.startswith("$JS.ACK."):
                raise Broken(f"JetStream ends the request: status {status}")
            found.append((reply, data))
        return found

    def acknowledge(self, found):
        self.connection.send(b"".join(b"PUB %s 4\r\n+ACK\r\n" % reply.encode()
                                      for reply, _ in found))
        self.connection.settle()


class Spool:
    """A file a second, as core.sh's loader reads them, of a name that nobody else writes to: what a
    kill or a full disk cuts off in the middle of a line is glued to no line that comes later. So
    after an error, a new one."""

    def __init__(self, folder):
        self.folder, self.name = folder, secrets.token_hex(6)

    def keep(self, found):
        """When it returns, the lines are synced."""
        path = os.path.join(self.folder, f"{int(time.time())}.{self.name}")
        is_new = not os.path.exists(path)
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            data = b"".join(line_of(data) for _, data in found)
            while data:
                data = data[os.write(fd, data):]
            os.fsync(fd)
        finally:
            os.close(fd)
        if is_new:
            fd = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)


class Pause:
    """Longer from trouble to trouble, until something has worked."""

    def __init__(self):
        self.length_s = 0.2

    def wait(self):
        time.sleep(self.length_s)
        self.length_s = min(2 * self.length_s, 30)

    def end(self):
        self.length_s = 0.2


def serve(connection, options, pause):
    consumer, spool = Consumer(connection, options), Spool(options.spool)
    say(f"stream={options.stream} consumer={options.durable} connected")
    taken, told_at = 0, time.monotonic()
    while True:
        found = consumer.fetch()
        if found:
            spool.keep(found)
            consumer.acknowledge(found)
            taken += len(found)
        pause.end()
        if time.monotonic() - told_at >= 60:
            waiting = found[-1][0].rsplit(".", 1)[1] if found else "0"
            say(f"taken={taken} waiting={waiting}")
            taken, told_at = 0, time.monotonic()


def read_options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", action="append", required=True, metavar="HOST:PORT",
                        help="a server of the cluster; may stand many times")
    parser.add_argument("--stream", default="EOG", help="the gateways' too (default EOG)")
    parser.add_argument("--durable", default="core", help="the consumer's name (default core)")
    parser.add_argument("--spool", required=True, help="core.sh's spool/")
    parser.add_argument("--batch", type=int, default=1000, help="messages a sync (default 1000)")
    parser.add_argument("--ack-wait", type=int, default=30, metavar="SECONDS",
                        help="after a kill, how long until what was under way comes again"
                        " (default 30)")
    parser.add_argument("--ca", help="PEM: TLS, and who may have issued the server's certificate")
    parser.add_argument("--cert", help="PEM of the certificate to show")
    parser.add_argument("--key", help="PEM of its key")
    parser.add_argument("--user")
    parser.add_argument("--password-file", help="its first line is the password")
    options = parser.parse_args()
    for server in options.server:
        host, _, port = server.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            parser.error(f"--server {server}: write HOST:PORT")
    if not 1 <= options.batch <= 10000:
        parser.error("--batch: 1 to 10000")
    if options.ack_wait < 1:
        parser.error("--ack-wait: a second or more")
    if bool(options.user) != bool(options.password_file):
        parser.error("--user and --password-file go together")
    if options.user and not options.ca:
        parser.error("--user: needs --ca; a password goes by TLS alone")
    if not os.access(options.spool, os.W_OK | os.X_OK):
        parser.error(f"{options.spool}: no folder that can be written")
    return options


def main():
    options = read_options()
    for number in (signal.SIGTERM, signal.SIGINT):
        # Anywhere: what is not acknowledged comes again.
        signal.signal(number, lambda *_: sys.exit(0))
    pause = Pause()
    for server in itertools.cycle(options.server):
        try:
            connection = Connection(server, options)
            try:
                serve(connection, options, pause)
            finally:
                connection.close()
        except (Broken, OSError, ValueError, IndexError) as error:
            say(f"server={server} lost reason=\"{error}\"")
            pause.wait()


if __name__ == "__main__":
    main()
