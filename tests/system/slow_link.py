# SPDX-License-Identifier: GPL-3.0-or-later
"""A link between two programs that is slow: what goes in comes out delay_s later, and no more than
bytes_s a second each way. It holds little, so that the sender feels it as on a real one."""
import queue
import socket
import threading
import time

import harness


class SlowLink:
    """Listens on self.port and passes each connection on to target_port."""

    def __init__(self, target_port, delay_s=0.05, bytes_s=125000):
        self.target_port, self.delay_s, self.bytes_s = target_port, delay_s, bytes_s
        self.port = harness.free_port()
        self.carried = 0  # bytes, towards the target
        self.sockets = []
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen(8)
        self._spawn(self._accept)

    def widen(self):
        """From now on it is as fast as it goes."""
        self.delay_s, self.bytes_s = 0, 0

    @staticmethod
    def _spawn(run, *arguments):
        threading.Thread(target=run, args=arguments, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target_port), timeout=60)
            except OSError:
                if self.listener.fileno() < 0:
                    return
                near.close()
                continue
            self.sockets += [near, far]
            self._spawn(self._carry, near, far, True)
            self._spawn(self._carry, far, near, False)

    def _carry(self, source, target, is_forth):
        """Reads at the link's rate; what was read waits its delay, then goes on."""
        waiting = queue.Queue()
        self._spawn(self._deliver, waiting, target)
        try:
            while True:
                data = source.recv(4096)
                if not data:
                    break
                waiting.put((time.monotonic() + self.delay_s, data))
                if self.bytes_s:
                    time.sleep(len(data) / self.bytes_s)
                if is_forth:
                    self.carried += len(data)
        except OSError:
            pass
        waiting.put((0, b""))

    @staticmethod
    def _deliver(waiting, target):
        try:
            while True:
                due, data = waiting.get()
                if not data:
                    break
                time.sleep(max(0, due - time.monotonic()))
                target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        for end in self.sockets:
            end.close()
