# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that a gateway delivers to, one class a kind, each with a good state and bad ones: what
came, in the order it came, by the journal's numbers."""
import glob
import os
import re
import socket
import sys
import threading

import ber
import core
import told
from disk import Tmpfs
from harness import check, free_port
from nats import Cluster


def number_of(text, raised):
    """Of EPOCH.alert-ID-OPENED.REVISION; the revision of a raise is 1, else it is the number."""
    alert, revision = re.fullmatch(r"[^.]+\.alert-(\d+)-\d+\.(\d+)", text).groups()
    return raised.get(int(alert), sys.maxsize) if revision == "1" else int(revision)


class Target:
    """name: of the feed, mail or webhook. bad(turn) makes it worse than good; heal() good again."""

    name = None
    is_alerts = False  # gets alerts alone
    raised = {}  # numbers of their raises, by the alerts' ids

    def __init__(self):
        self.is_bad = False

    def bad(self, chance):
        self.is_bad = True
        self.worsen(chance.choice(self.ways))

    def heal(self):
        if self.is_bad:
            self.mend()
        self.is_bad = False

    def element(self, variant):
        """Configuration; each variant is another one of the same target."""
        raise NotImplementedError

    def close(self):
        pass


class File(Target):
    """On a disk of its own, which fills; rotated by size."""

    name, ways = "file", ("full", "gone")

    def __init__(self, folder):
        super().__init__()
        self.folder, self.filler = os.path.join(folder, "out"), None
        os.mkdir(self.folder)
        self.disk = Tmpfs(self.folder, "48m")

    def worsen(self, way):
        if way == "full":
            self.filler = self.disk.fill()
        else:  # a folder in its place
            self.moved = os.path.join(self.folder, "records.jsonl")
            if os.path.isfile(self.moved):
                os.rename(self.moved, self.moved + ".0")
            os.mkdir(self.moved)

    def mend(self):
        if self.filler:
            os.unlink(self.filler)
            self.filler = None
        else:
            os.rmdir(self.moved)
            if os.path.exists(self.moved + ".0"):
                os.rename(self.moved + ".0", self.moved)

    def element(self, variant):
        return (f'<feed name="file" kind="file" file="{self.folder}/records.jsonl" from="oldest"'
                f' rotate-size="{1 + variant}M" keep="1000"/>')

    def sequences(self):
        def number(path):
            end = path.rsplit(".", 1)[1]
            return -int(end) if end.isdigit() else 1

        found = []
        for path in sorted(glob.glob(f"{self.folder}/records.jsonl*"), key=number):
            lines = core.Lines(path)
            found += lines.sequences()
        return found

    def close(self):
        self.disk.close()


class Relp(Target):
    """Away, mute, or one that hangs up."""

    name, ways = "relp", ("away", "mute", "cut")

    def __init__(self):
        super().__init__()
        self.server = core.Relp().start()

    def worsen(self, way):
        if way == "mute":
            self.server.answers = "none"
        else:
            self.server.stop()
        if way == "cut":
            self.server.start()

    def mend(self):
        self.server.answers = "ok"
        if self.server.listener is None:
            self.server.start()

    def element(self, variant):
        return (f'<feed name="relp" kind="relp" address="127.0.0.1:{self.server.port}" from="oldest"'
                f' window="{(16, 64, 512)[variant]}" ack-timeout="2s"/>')

    def sequences(self):
        return self.server.sequences()

    def close(self):
        self.server.stop()


class Syslog(Target):
    """Octet-counted, by TCP or TLS. It reads what its system has before it goes: what dies in there
    nobody can know of (README.md)."""

    name, ways = "syslog", ("away", "unread", "cut")

    def __init__(self, tls=None, ca=None):
        super().__init__()
        self.tls, self.ca = tls, ca
        self.name = "secure" if tls else "syslog"
        self.port, self.lock, self.listener = free_port(), threading.Lock(), None
        self.reads = threading.Event()
        self.reads.set()
        self.sessions, self.connections = [], {}  # sessions: the messages of each, in the order they began
        self.begin()

    def begin(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            got = []
            thread = threading.Thread(target=self._serve, args=(connection, got), daemon=True)
            with self.lock:
                self.sessions.append(got)
                self.connections[connection] = thread
                thread.start()

    def _serve(self, connection, got):
        buffered = b""
        try:
            stream = self.tls.wrap_socket(connection, server_side=True) if self.tls else connection
            while True:
                self.reads.wait()
                data = stream.recv(65536)
                if not data:
                    break
                buffered += data
                while match := re.match(rb"(\d+) ", buffered):
                    end = match.end() + int(match.group(1))
                    if len(buffered) < end:
                        break
                    got.append(buffered[match.end() : end].decode())
                    buffered = buffered[end:]
        except OSError:
            pass
        finally:
            with self.lock:
                self.connections.pop(connection, None)
            connection.close()

    def _end(self):
        """Nobody new; those who are there are told, and read to their end."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.listener = None
        with self.lock:
            open_ones = dict(self.connections)
        for connection, thread in open_ones.items():
            try:
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            thread.join(60)

    def worsen(self, way):
        if way == "unread":
            self.reads.clear()
            return
        self._end()
        if way == "cut":
            self.begin()

    def mend(self):
        self.reads.set()
        if self.listener is None:
            self.begin()

    def element(self, variant):
        tls = f' tls="yes" ca="{self.ca}"' if self.tls else ""
        return (f'<feed name="{self.name}" kind="syslog" address="127.0.0.1:{self.port}" from="oldest"'
                f' ack-timeout="{3 + variant}s"{tls}/>')

    def sequences(self):
        with self.lock:
            return [core.sequence_of(core.record_of(message)) for got in self.sessions for message in got]

    def close(self):
        self.reads.set()
        if self.listener:
            self._end()


class Nats(Target):
    """A real server, killed or stopped in its tracks."""

    name, ways = "nats", ("killed", "stopped")

    def __init__(self):
        super().__init__()
        self.cluster = Cluster(1)
        self.cluster.__enter__()

    def worsen(self, way):
        if way == "killed":
            self.cluster.kill(0)
        else:
            self.cluster.processes[0].send_signal(19)

    def mend(self):
        if self.cluster.processes[0]:
            self.cluster.processes[0].send_signal(18)
        else:
            self.cluster.start(0)
            self.cluster.wait_ready()

    def element(self, variant):
        return (f'<feed name="nats" kind="nats" address="127.0.0.1:{self.cluster.ports[0]}" from="oldest"'
                f' stream="EOG" create="yes" replicas="1" window="{(32, 256, 1024)[variant]}" ack-timeout="3s"/>')

    def sequences(self):
        self.cluster.leader = lambda name: 0
        return [core.sequence_of(record) for _, _, record in self.cluster.messages("EOG")]

    def close(self):
        self.mend()
        self.cluster.__exit__(None)


class Webhook(Target):
    name, ways, is_alerts = "hook", ("away", "503", "hang", "close"), True

    def __init__(self):
        super().__init__()
        self.server = told.Http()
        self.server.__enter__()

    def worsen(self, way):
        if way == "away":
            self.server.__exit__()
        else:
            self.server.script[:] = [way] * 1000

    def mend(self):
        self.server.script.clear()
        if not self.server.is_open:
            self.server.__enter__()

    def element(self, variant):
        return (f'<webhook name="hook" url="http://127.0.0.1:{self.server.port}/" timeout="{2 + variant}s"'
                ' retry="1s"/>')

    def sequences(self):
        return [number_of(headers["Idempotency-Key"], self.raised) for headers, _, _ in self.server.received]

    def close(self):
        self.mend()
        self.server.__exit__()


class Mail(Target):
    name, ways, is_alerts = "night", ("away", "450 RCPT", "451 body", "hang DATA", "close body"), True

    def __init__(self):
        super().__init__()
        self.server = told.Smtp()
        self.server.__enter__()

    def worsen(self, way):
        if way == "away":
            self.server.__exit__()
        else:
            self.server.script[:] = [way] * 1000

    def mend(self):
        self.server.script.clear()
        if not self.server.is_open:
            self.server.__enter__()

    def element(self, variant):
        return (f'<mail name="night" address="127.0.0.1:{self.server.port}" tls="no" from="eog@example.org"'
                f' to="ops@example.net" per-minute="600" timeout="{2 + variant}s" retry="1s"/>')

    def sequences(self):
        ids = [re.search(rb"Message-ID:\s*<([^@>]+)@", data).group(1) for _, data, _, _ in self.server.received]
        return [number_of(text.decode(), self.raised) for text in ids]

    def close(self):
        self.mend()
        self.server.__exit__()


class Informs(Target):
    """A receiver of informs of version 2c."""

    name, ways, is_alerts = "sink", ("away", "mute"), True

    def __init__(self, uid_oid):
        super().__init__()
        self.uid_oid, self.port, self.way = uid_oid, free_port(), "ok"
        self.uids = []
        self.is_open, self.socket = True, None
        self.begin()

    def begin(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", self.port))
        self.socket.settimeout(0.1)
        self.thread = threading.Thread(target=self._read, args=(self.socket,), daemon=True)
        self.thread.start()

    def _read(self, sock):
        while self.socket is sock:
            try:
                data, peer = sock.recvfrom(65535)
            except TimeoutError:
                continue
            except OSError:
                return
            if self.way == "mute":
                continue
            tag, number, _, _ = ber.read_pdu(data)
            check(tag == ber.INFORM, f"{tag}")
            uid = ber.read_v2(data)["varbinds"].get(self.uid_oid)
            if uid:
                self.uids.append(uid.decode())
            answer = ber.message(1, b"public", ber.wrap(ber.RESPONSE, ber.integer(number)
                                                                     + ber.integer(0) + ber.integer(0)
                                                                     + ber.varbinds([])))
            sock.sendto(answer, peer)

    def _end(self):
        sock, self.socket = self.socket, None
        self.thread.join()
        sock.close()

    def worsen(self, way):
        self.way = way
        if way == "away":
            self._end()

    def mend(self):
        self.way = "ok"
        if self.socket is None:
            self.begin()

    def element(self, variant):
        return (f'<sink address="127.0.0.1:{self.port}" version="2c" community="public" kind="inform"'
                f' timeout="{(300, 500, 900)[variant]}ms"/>')

    def sequences(self):
        return [int(uid.rsplit(".", 1)[1]) for uid in self.uids if re.fullmatch(r"[^.]+\.[^.]+\.\d+", uid)]

    def close(self):
        self.mend()
        self._end()
