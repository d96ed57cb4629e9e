# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates, and senders that speak TLS, for the system tests."""
import os
import shutil
import socket
import ssl
import tempfile

from harness import SOURCE, run


class Certificates:
    """The folder that tests/support/certificates.sh makes. Use it in a `with` block."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="eog-certificates-")
        run(["sh", os.path.join(SOURCE, "tests/support/certificates.sh"), self.folder])
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def section(self, port, element="syslog-tls", name="server", peers="client.example.net", more=""):
        """A listener that asks clients for certificates."""
        return (
            f'<{element} address="127.0.0.1:{port}" cert="{self.path(name)}.pem"'
            f' key="{self.path(name)}.key" ca="{self.path("ca.pem")}" crl="{self.path("crl.pem")}"'
            f' peers="{peers}" {more}/>'
        )

    def context(self, name="client"):
        """Of a client of Python's; it verifies the gateway."""
        context = ssl.create_default_context(cafile=self.path("ca.pem"))
        if name:
            context.load_cert_chain(self.path(f"{name}.pem"), self.path(f"{name}.key"))
        return context

    def connect(self, port, name="client", source="127.0.0.1"):
        raw = socket.create_connection(("127.0.0.1", port), 20, (source, 0))
        return self.context(name).wrap_socket(raw, server_hostname="localhost")


def counted(message):
    """A frame of RFC 5425."""
    data = message if isinstance(message, bytes) else message.encode()
    return b"%d %s" % (len(data), data)
