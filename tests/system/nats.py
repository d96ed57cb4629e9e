# SPDX-License-Identifier: GPL-3.0-or-later
"""A real cluster of nats-server with JetStream on loopback, and a client of a few lines."""
import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile

import harness

CONFIG = """\
server_name: n{number}
listen: "127.0.0.1:{client}"
jetstream {{ store_dir: "{folder}", max_mem: 64M, max_file: 1G }}
"""
ROUTES = 'cluster {{ name: test, listen: "127.0.0.1:{route}", routes: [{routes}] }}\n'


def _with_crc(data):
    """CRC-16 by XMODEM, low octet first, as nkeys end with it."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return base64.b32encode(data + crc.to_bytes(2, "little")).decode().rstrip("=")


class Nkey:
    """A user's Ed25519 key, its seed and its public half as nats-server spells them."""

    SEED, USER = 18 << 3, 20 << 3
    PKCS8 = bytes.fromhex("302e020100300506032b657004220420")  # RFC 8410: a seed follows

    def __init__(self):
        seed = os.urandom(32)
        public = subprocess.run(
            ["openssl", "pkey", "-inform", "DER", "-pubout", "-outform", "DER"],
            input=self.PKCS8 + seed,
            stdout=subprocess.PIPE,
            check=True,
        ).stdout[-32:]
        self.seed = _with_crc(bytes([self.SEED | self.USER >> 5, self.USER << 3 & 0xFF]) + seed)
        self.public = _with_crc(bytes([self.USER]) + public)


class Client:
    """Requests by the text protocol, one at a time."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 5)
        self.file = self.socket.makefile("rb")
        self.inbox = f"_INBOX.{os.getpid()}.{id(self)}"
        self.file.readline()  # INFO
        self.socket.sendall(
            b'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n'
            + f"SUB {self.inbox} 1\r\n".encode()
        )

    def request(self, subject, text=""):
        """The answer as JSON; None: nobody there."""
        data = text.encode()
        self.socket.sendall(
            f"PUB {subject} {self.inbox} {len(data)}\r\n".encode() + data + b"\r\n"
        )
        while True:
            words = self.file.readline().split()
            if not words:
                raise OSError("the server closed")
            if words[0] == b"PING":
                self.socket.sendall(b"PONG\r\n")
            elif words[0] in (b"MSG", b"HMSG"):
                body = self.file.read(int(words[-1]) + 2)[:-2]
                return json.loads(body) if words[0] == b"MSG" else None

    def close(self):
        self.file.close()
        self.socket.close()


class Cluster:
    """Servers n1, n2 ...; use it in a `with` block."""

    def __init__(self, size=3):
        self.path = harness.tool("nats-server")
        self.folder = tempfile.mkdtemp(prefix="eog-nats-")
        self.ports = [harness.free_port() for _ in range(size)]
        routes = [harness.free_port() for _ in range(size)]
        peers = ", ".join(f'"nats://127.0.0.1:{port}"' for port in routes)
        self.processes = [None] * size
        for i in range(size):
            with open(self.config(i), "w") as file:
                file.write(
                    CONFIG.format(
                        number=i + 1,
                        client=self.ports[i],
                        folder=os.path.join(self.folder, f"n{i + 1}"),
                    )
                    + (ROUTES.format(route=routes[i], routes=peers) if size > 1 else "")
                )

    def config(self, i):
        return os.path.join(self.folder, f"n{i + 1}.conf")

    def address(self):
        return " ".join(f"127.0.0.1:{port}" for port in self.ports)

    def start(self, i):
        with open(os.path.join(self.folder, f"n{i + 1}.log"), "ab") as log:
            self.processes[i] = subprocess.Popen(
                [self.path, "-c", self.config(i)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def kill(self, i, how=signal.SIGKILL):
        self.processes[i].send_signal(how)
        self.processes[i].wait()
        self.processes[i] = None

    def request(self, subject, text=""):
        """Asks the first server that answers."""
        for i, process in enumerate(self.processes):
            if process:
                try:
                    client = Client(self.ports[i])
                    client.socket.settimeout(5)
                    try:
                        answer = client.request(subject, text)
                    finally:
                        client.close()
                    if answer and "error" not in answer:
                        return answer
                except OSError:
                    pass
        return None

    def wait_ready(self):
        """JetStream has its leader."""
        harness.wait_for(lambda: self.request("$JS.API.INFO"), "JetStream is there", 60)

    def stream(self, name):
        """What the stream says of itself; None: there is none, or no leader."""
        return self.request(f"$JS.API.STREAM.INFO.{name}")

    def leader(self, name):
        info = self.stream(name)
        leader = info and info.get("cluster", {}).get("leader")
        return int(leader[1:]) - 1 if leader else None

    def wait_whole(self, name):
        """All replicas of the stream are there and have all of it."""

        def look():
            info = self.stream(name)
            replicas = info["cluster"].get("replicas", []) if info else []
            return len(replicas) == len(self.processes) - 1 and all(
                replica["current"] and not replica.get("offline") for replica in replicas
            )

        harness.wait_for(look, "all replicas are current", 60)

    def messages(self, name):
        """(subject, headers, data) of all that the stream holds."""
        info = self.stream(name)
        client = Client(self.ports[self.leader(name)])
        out = []
        for sequence in range(info["state"]["first_seq"], info["state"]["last_seq"] + 1):
            message = client.request(f"$JS.API.STREAM.MSG.GET.{name}", f'{{"seq":{sequence}}}')
            harness.check(message and "message" in message, f"message {sequence}: {message}")
            found = message["message"]
            out.append(
                (
                    found["subject"],
                    base64.b64decode(found.get("hdrs", "")).decode(),
                    json.loads(base64.b64decode(found["data"])),
                )
            )
        client.close()
        return out

    def __enter__(self):
        for i in range(len(self.processes)):
            self.start(i)
        try:
            self.wait_ready()
        except BaseException:
            self.__exit__(True)
            raise
        return self

    def __exit__(self, kind, *_):
        for i, process in enumerate(self.processes):
            if process:
                self.kill(i)
        if kind is None:
            shutil.rmtree(self.folder, ignore_errors=True)
