# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's snmpd as the master of our subagent."""
import os
import shutil
import socket
import subprocess
import tempfile

from harness import free_port, tool, wait_for


def listens_at(place):
    """A path, or tcp:HOST:PORT."""
    if place.startswith("tcp:"):
        _, host, port = place.split(":")
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
            return True
        except OSError:
            return False
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(place) == 0


class Master:
    """A private snmpd: its own folder, its own port, its own AgentX socket on loopback."""

    def __init__(self, agentx=None):
        self.folder = tempfile.mkdtemp(prefix="eog-snmpd-")
        # A socket's path: a TCP port would rest in TIME_WAIT after kill -9, and snmpd does not
        # reuse it.
        self.port, self.agentx = free_port(), agentx or os.path.join(self.folder, "agentx")
        self.process = None
        with open(os.path.join(self.folder, "snmpd.conf"), "w") as file:
            file.write(
                f"master agentx\nagentXSocket {self.agentx}\nrocommunity public 127.0.0.1\n"
                f"agentaddress udp:127.0.0.1:{self.port}\n"
            )

    def start(self):
        env = {
            **os.environ,
            "MIBS": "",
            # Not the folder of snmpd.conf: snmpd keeps its own state in a file of that name.
            "SNMP_PERSISTENT_DIR": os.path.join(self.folder, "state"),
            "SNMPCONFPATH": self.folder,
        }
        with open(os.path.join(self.folder, "snmpd.log"), "ab") as log:
            self.process = subprocess.Popen(
                [
                    tool("snmpd"),
                    "-f",
                    "-Lo",
                    "-C",
                    "-c",
                    os.path.join(self.folder, "snmpd.conf"),
                    "-I",
                    "-smux",
                    "-p",
                    os.path.join(self.folder, "snmpd.pid"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=env,
            )
        wait_for(
            lambda: listens_at(self.agentx),
            f"snmpd listens on {self.agentx}",
            alive=lambda: self.process.poll() is None,
        )

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
