# SPDX-License-Identifier: GPL-3.0-or-later
"""deploy/core/core.sh, run in a folder of a test."""
import glob
import os
import signal
import time

from harness import SOURCE, Skipped, check, free_port, run

SCRIPT = os.path.join(SOURCE, "deploy", "core", "core.sh")
CUT_LINE = '{"cut":'


class Core:
    """deploy/core/core.sh in a folder of its own."""

    def __init__(self, folder):
        if not glob.glob("/usr/lib/postgresql/*/bin/initdb"):
            raise Skipped("PostgreSQL is not installed (packages_core in deploy/packages.sh)")
        if not glob.glob("/usr/lib/*/rsyslog/imrelp.so"):
            raise Skipped("rsyslog-relp is not installed (packages_core in deploy/packages.sh)")
        self.folder, self.port = folder, free_port()
        # What runs it is another user when the test is root.
        os.chmod(os.path.dirname(folder), 0o711)
        self.env = {"EOG_CORE": folder, "EOG_CORE_PORT": str(self.port), "EOG_CORE_TLS": "yes"}

    def do(self, *command, ok=(0,)):
        return run(["sh", SCRIPT, *command], 120, ok, env=self.env)

    def rows(self, statement):
        text = self.do("sql", f"copy ({statement}) to stdout")
        return [line.split("\t") for line in text.splitlines()]

    def count(self):
        return int(self.rows("select count(*) from record")[0][0])

    def waits(self):
        """Bytes of the spool that are not rows yet."""
        status = self.do("status", ok=(0, 1))
        line = next((l for l in status.splitlines() if l.startswith("backlog")), None)
        check(line, f"core.sh status: {status}")
        return int(line.split()[1])

    def pids(self):
        """Of everything that runs here, children too."""
        found = []
        for name in ("rsyslog.pid", "loader.pid", "postgresql/postmaster.pid"):
            path = os.path.join(self.folder, name)
            if os.path.exists(path):
                with open(path) as file:
                    pid = file.readline().strip()
                if not os.path.exists(f"/proc/{pid}"):
                    continue
                found.append(int(pid))
                children = run(["ps", "-o", "pid=", "--ppid", pid], ok=(0, 1))
                found += [int(word) for word in children.split()]
        return found

    def kill(self):
        for pid in self.pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def cut_lines(self, seconds):
        """As if the writer had been killed in the middle of a line, in each second that comes."""
        for number in range(seconds):
            path = os.path.join(self.folder, "spool", str(int(time.time()) + 1 + number))
            with open(path, "ab") as file:
                file.write(b" " + CUT_LINE.encode())
            os.chown(path, os.stat(self.folder).st_uid, -1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.do("stop", ok=(0, 1))
        self.kill()
