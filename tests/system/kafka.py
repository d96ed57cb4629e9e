# SPDX-License-Identifier: GPL-3.0-or-later
"""The door of a Kafka broker: TLS and the login by SASL, as the protocol's guide has them (ApiVersions
0, SaslHandshake 1, SaslAuthenticate 1; RFC 4616, RFC 5802). Who is let in meets nobody behind it."""
import base64
import hashlib
import hmac
import os
import socket
import ssl
import struct
import threading

METADATA, SASL_HANDSHAKE, API_VERSIONS, SASL_AUTHENTICATE = 3, 17, 18, 36
UNSUPPORTED_VERSION, SASL_AUTHENTICATION_FAILED = 35, 58
VERSIONS = ((0, 0, 7), (METADATA, 0, 4), (SASL_HANDSHAKE, 0, 1), (API_VERSIONS, 0, 0), (SASL_AUTHENTICATE, 0, 1))


def _string(text):
    return struct.pack(">h", len(text)) + text.encode()


def _authenticated(said):
    if said is None:
        refusal = struct.pack(">h", SASL_AUTHENTICATION_FAILED) + _string("wrong user or password")
        return refusal + struct.pack(">iq", 0, 0)
    data = said.encode()
    return struct.pack(">hhi", 0, -1, len(data)) + data + struct.pack(">q", 0)


class Scram:
    """The server's half of SCRAM-SHA-256; its first and its last message."""

    ROUNDS = 4096

    def __init__(self, user, password):
        self.user, self.password, self.first = user, password, None

    def answer(self, message):
        """What to say; None: refused."""
        fields = dict(part.split("=", 1) for part in message.split(",") if "=" in part)
        if self.first is None:
            if fields.get("n") != self.user:
                return None
            self.salt, self.nonce = os.urandom(16), base64.b64encode(os.urandom(12)).decode()
            self.first = f"r={fields['r']}{self.nonce},s={base64.b64encode(self.salt).decode()},i={self.ROUNDS}"
            self.said = message.split(",", 2)[2] + "," + self.first
            return self.first
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), self.salt, self.ROUNDS)
        text = (self.said + "," + message.rsplit(",p=", 1)[0]).encode()
        key = hmac.digest(salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(key).digest(), text, "sha256")
        proof = bytes(a ^ b for a, b in zip(key, signature))
        # As Kafka: librdkafka before 2.10 sends its own half twice.
        if not fields["r"].endswith(self.nonce) or base64.b64decode(fields["p"]) != proof:
            return None
        verifier = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), text, "sha256")
        return "v=" + base64.b64encode(verifier).decode()


class Door:
    """Shows server.pem of the folder. entered has how those came in who did: "PLAIN eog", or "" where no
    login is asked for."""

    def __init__(self, folder, host="127.0.0.1", user=None, password=None):
        self.host, self.user, self.password = host, user, password
        self.entered, self.refused = [], 0  # refused: logins
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(os.path.join(folder, "server.pem"), os.path.join(folder, "server.key"))
        self.listener = socket.create_server((host, 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        connection.settimeout(10)
        try:
            with self.tls.wrap_socket(connection, server_side=True) as secure:
                self._talk(secure, secure.makefile("rb"))
        except (OSError, ValueError, struct.error):
            pass

    def _talk(self, secure, file):
        mechanism, scram, is_in = "", None, self.user is None
        while True:
            (size,) = struct.unpack(">i", file.read(4))
            request = file.read(size)
            key, version, correlation, n_client = struct.unpack(">hhih", request[:10])
            body = request[10 + max(n_client, 0) :]
            if key == API_VERSIONS:
                rows = b"".join(struct.pack(">hhh", *row) for row in VERSIONS)
                error = UNSUPPORTED_VERSION if version else 0
                answer = struct.pack(">hi", error, len(VERSIONS)) + rows
            elif key == SASL_HANDSHAKE:
                mechanism = body[2:].decode()
                scram = Scram(self.user, self.password) if mechanism.startswith("SCRAM") else None
                answer = struct.pack(">hi", 0, 1) + _string(mechanism)
            elif key == SASL_AUTHENTICATE:
                is_last = scram is None or scram.first is not None
                said = self._judge(body[4:].decode(), scram)
                is_in = said is not None and is_last
                answer = _authenticated(said)
            else:
                if is_in:
                    self.entered.append(f"{mechanism} {self.user}" if self.user else "")
                return
            secure.sendall(struct.pack(">ii", len(answer) + 4, correlation) + answer)

    def _judge(self, message, scram):
        """What to say to a message of the login; None: refused."""
        if scram:
            said = scram.answer(message)
        else:
            said = "" if message == f"\0{self.user}\0{self.password}" else None
        self.refused += said is None
        return said

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
