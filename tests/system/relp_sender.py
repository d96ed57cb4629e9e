# SPDX-License-Identifier: GPL-3.0-or-later
"""A sender by RELP that never gives up: what was not acknowledged when its session broke is sent
again in the next one."""
import re
import socket
import threading
import time

WINDOW = 128


class RelpSender:
    """Sends lines in the background. Of lines[:acked] each was acknowledged; the longest wait for
    an answer is in slowest_s, how many sessions there were in sessions. rate: lines a second; 0: as
    fast as it goes. tls: an SSLContext."""

    def __init__(self, port, lines, rate=0, tls=None):
        self.port, self.lines, self.rate, self.tls = port, lines, rate, tls
        self.acked, self.slowest_s, self.sessions, self.socket = 0, 0.0, 0, None
        self.is_stopped = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while self.acked < len(self.lines) and not self.is_stopped.is_set():
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=60) as sock:
                    self.sessions, self.socket = self.sessions + 1, sock
                    if self.tls:
                        with self.tls.wrap_socket(sock, server_hostname="localhost") as secure:
                            self._session(secure)
                    else:
                        self._session(sock)
            except OSError:
                self.is_stopped.wait(0.05)

    def _session(self, sock):
        sock.sendall(_frame(1, b"open", b"relp_version=0\nrelp_software=test\ncommands=syslog"))
        first, sent, buffered, times = self.acked, self.acked, b"", {}
        begun = time.monotonic()
        answered = 0  # of this session, the opening included
        while self.acked < len(self.lines) and not self.is_stopped.is_set():
            out = []
            limit = len(self.lines)
            if self.rate:
                limit = min(limit, first + int((time.monotonic() - begun) * self.rate) + 1)
            while answered and sent < limit and sent - self.acked < WINDOW:
                out.append(_frame(sent - first + 2, b"syslog", _bytes(self.lines[sent])))
                times[sent] = time.monotonic()
                sent += 1
            if out:
                sock.sendall(b"".join(out))
            elif answered and sent == self.acked:
                self.is_stopped.wait(0.002)  # ahead of its rate
                continue
            buffered += _received(sock)
            while True:
                match = re.match(rb"(\d+) rsp (\d+) ", buffered)
                end = match and match.end() + int(match.group(2)) + 1
                if not match or len(buffered) < end:
                    break
                if not buffered[match.end() :].startswith(b"200"):
                    raise OSError("refused")
                buffered = buffered[end:]
                if answered:
                    self.slowest_s = max(
                        self.slowest_s, time.monotonic() - times.pop(self.acked)
                    )
                    self.acked += 1
                answered += 1

    def join(self, timeout_s=None):
        self.thread.join(timeout_s)
        return not self.thread.is_alive()

    def cut(self):
        """The connection breaks; the next one is opened at once."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except (AttributeError, OSError):
            pass  # there is none

    def stop(self):
        self.is_stopped.set()
        self.thread.join(70)


def _bytes(line):
    return line if isinstance(line, bytes) else line.encode()


def _frame(number, command, data):
    return b"%d %s %d %s\n" % (number, command, len(data), data)


def _received(sock):
    data = sock.recv(65536)
    if not data:
        raise OSError("the session is closed")
    return data
