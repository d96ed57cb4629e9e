# SPDX-License-Identifier: GPL-3.0-or-later
"""The real snmptrapd, for tests of notifications that go out."""
import os
import re
import subprocess
import tempfile

from harness import check, free_port, read_oids, tool

OIDS = read_oids()
ENGINE = "0x80001f8805aabbccdd"
AUTH, PRIVACY = "authentication words", "privacy words"


class Trapd:
    """snmptrapd on a port of its own. users: (name, authentication, privacy, engine of a trap's
    sender or None for informs)."""

    def __init__(self, port=None, users=(), auth=AUTH, privacy=PRIVACY):
        self.port = port or free_port()
        self.folder = tempfile.TemporaryDirectory(prefix="eog-trapd-")
        lines = [f"exactEngineID {ENGINE}", "disableAuthorization yes"]
        for name, digest, cipher, engine in users:
            at = f"-e 0x{engine} " if engine else ""
            cipher = "AES" if cipher == "AES-128" else cipher
            lines.append(f'createUser {at}{name} {digest} "{auth}" {cipher} "{privacy}"')
        self.write("snmptrapd.conf", "\n".join(lines) + "\n")
        self.process = None

    def write(self, name, text):
        with open(os.path.join(self.folder.name, name), "w", encoding="utf-8") as file:
            file.write(text)

    def __enter__(self):
        folder = self.folder.name
        self.output = open(os.path.join(folder, "received"), "wb")
        self.process = subprocess.Popen(
            [tool("snmptrapd"), "-f", "-C", "-c", os.path.join(folder, "snmptrapd.conf"), "-Lo",
             "-On", "-n", "-m", "", f"udp:127.0.0.1:{self.port}"],
            stdout=self.output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env={**os.environ, "SNMP_PERSISTENT_DIR": folder, "SNMPCONFPATH": folder})
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.output.close()
        self.folder.cleanup()

    def text(self):
        check(self.process.poll() is None, "snmptrapd ended")
        with open(os.path.join(self.folder.name, "received"), errors="replace") as file:
            return file.read()

    def uids(self):
        """eogNotifyUid of each notification, as they came."""
        name = re.escape("." + OIDS["eogNotifyUid"] + ".0")
        return re.findall(name + r' = STRING: "([^"]+)"', self.text())
