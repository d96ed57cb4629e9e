# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that alerts are told to, as good and as bad as a test wants them: SMTP (in the clear,
STARTTLS, AUTH) and HTTP(S). Everything they get is kept; what they do next is a script."""
import base64
import email
import email.policy
import http.server
import json
import re
import socket
import ssl
import threading

from harness import free_port

USER, PASSWORD = "eog@example.net", "a password"


class Server:
    """script: what to do with the next transactions, one word each; behind its end "ok"."""

    def __init__(self, script=(), context=None, port=None):
        self.port = port or free_port()
        self.script, self.context = list(script), context
        self.lock = threading.Lock()
        self.attempts = 0
        self.is_open = False

    def next_step(self):
        with self.lock:
            self.attempts += 1
            return self.script.pop(0) if self.script else "ok"

    def hang(self, connection):
        """Say nothing until the other end goes or the test is over."""
        connection.settimeout(0.1)
        while self.is_open:
            try:
                if not connection.recv(4096):
                    return
            except TimeoutError:
                continue
            except OSError:
                return


class Smtp(Server):
    """Steps: "ok"; a code with a word where, "450 RCPT", "550 DATA", "554 greeting", "535 AUTH";
    "hang DATA", "close DATA", "close body" (after the message, without an answer). user: asks for
    AUTH. is_smtps: TLS from the first byte, else STARTTLS. spam: a mail with it is refused. As many
    servers do, it offers Kerberos first, and refuses a client whose name is not a whole one."""

    def __init__(self, script=(), context=None, user=False, port=None, is_smtps=False, spam=None):
        super().__init__(script, context, port)
        self.spam = spam
        self.has_user, self.is_smtps = user, is_smtps
        self.received = []  # (receiver, bytes, with TLS, with AUTH)
        self.seen = []  # bytes of those too that were not taken

    def __enter__(self):
        self.is_open = True
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.listener.settimeout(0.1)
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()
        return self

    def __exit__(self, *_):
        self.is_open = False
        for thread in self.threads:
            thread.join()
        self.listener.close()

    def _accept(self):
        while self.is_open:
            try:
                connection, _ = self.listener.accept()
            except TimeoutError:
                continue
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _serve(self, connection):
        connection.settimeout(20)
        try:
            if self.is_smtps:
                connection = self.context.wrap_socket(connection, server_side=True)
            session = Session(self, connection)
            session.talk()
            session.close()
        except (OSError, EOFError):
            pass
        connection.close()

    def mails(self, receiver=None):
        """Parsed, those for one receiver or all."""
        found = [
            email.message_from_bytes(data, policy=email.policy.default)
            for to, data, _, _ in list(self.received)
            if receiver in (None, to)
        ]
        for mail in found:
            assert not mail.defects, mail.defects
        return found


class Session:
    """One connection of an SMTP client."""

    def __init__(self, server, connection):
        self.server, self.connection = server, connection
        self.file = connection.makefile("rb")
        self.step = server.next_step()
        self.is_secure, self.is_known = server.is_smtps, False
        self.receiver, self.client = None, ""

    def close(self):
        self.file.close()
        self.connection.close()

    def say(self, text):
        self.connection.sendall(text.encode() + b"\r\n")

    def does(self, where):
        """True: something else than the usual was done at this place; the client may go on."""
        what, _, place = self.step.partition(" ")
        if place != where:
            return False
        if what == "hang":
            self.server.hang(self.connection)
            raise EOFError
        if what == "close":
            raise EOFError
        self.say(f"{what} 4.0.0 because the test wants it")
        return True

    def line(self):
        line = self.file.readline(2000)
        if not line:
            raise EOFError
        return line.decode(errors="replace").rstrip("\r\n")

    def talk(self):
        if self.does("greeting"):
            return
        self.say("220 test ESMTP")
        while True:
            line = self.line()
            verb = line.split(" ", 1)[0].upper()
            if verb == "QUIT":
                self.say("221 bye")
                return
            if not self.does(verb):
                getattr(self, "on_" + verb.lower(), self.on_other)(line)

    def on_other(self, _):
        self.say("502 unknown")

    def on_ehlo(self, line):
        self.client = line.split(" ")[1]
        words = ["test"]
        if self.server.context and not self.is_secure:
            words.append("STARTTLS")
        elif self.server.has_user:
            words.append("AUTH GSSAPI PLAIN LOGIN")
        words.append("SIZE 1000000")
        for word in words[:-1]:
            self.say("250-" + word)
        self.say("250 " + words[-1])

    def on_starttls(self, _):
        self.say("220 go on")
        self.file.close()
        self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        self.file = self.connection.makefile("rb")
        self.is_secure = True

    def on_auth(self, line):
        words = line.split(" ")
        if len(words) < 3:
            self.say("334 ")
            words.append(self.line())
        _, user, password = base64.b64decode(words[2]).decode().split("\0")
        self.is_known = (user, password) == (USER, PASSWORD)
        self.say("235 welcome" if self.is_known else "535 5.7.8 wrong user or password")

    def on_mail(self, _):
        is_let_in = self.is_known or not self.server.has_user
        self.say("250 ok" if is_let_in else "530 5.7.0 log in first")

    def on_rcpt(self, line):
        self.receiver = line.split("<")[1].split(">")[0]
        is_whole = re.fullmatch(r"(?i)[a-z0-9-]+(\.[a-z0-9-]+)+", self.client)
        self.say("250 ok" if is_whole else f"504 5.5.2 <{self.client}>: need a whole name")

    def on_data(self, _):
        self.say("354 go on")
        lines = []
        while True:
            line = self.file.readline(2000)
            if not line:
                raise EOFError
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        data = b"".join(lines)
        self.server.seen.append(data)
        if self.does("body"):
            return
        if self.server.spam and self.server.spam in data.replace(b"=\r\n", b""):
            self.say("554 5.7.1 looks like spam")
            return
        self.server.received.append((self.receiver, data, self.is_secure, self.is_known))
        self.say("250 2.0.0 queued as 4711")


class Http(Server):
    """Steps: "ok" (204); a status, "503" or "429 1" with Retry-After; "hang", "close", "slow" (a
    body without end)."""

    def __init__(self, script=(), context=None, port=None):
        super().__init__(script, context, port)
        self.received = []  # (headers, object, common name of the client's certificate)

    def __enter__(self):
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # pylint: disable=invalid-name
                server.answer(self)

            def log_message(self, *_):
                pass

        self.is_open = True
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        if self.context:
            self.server.socket = self.context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_open = False
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def answer(self, request):
        data = request.rfile.read(int(request.headers["Content-Length"]))
        step, _, after = self.next_step().partition(" ")
        if step == "hang":
            self.hang(request.connection)
            return
        if step == "close":
            request.close_connection = True
            return
        status = 200 if step in ("ok", "slow") else int(step)
        if status == 200:
            self.received.append((request.headers, json.loads(data), self._client(request)))
        request.send_response(status)
        if after:
            request.send_header("Retry-After", after)
        request.end_headers()
        if step == "slow":
            try:
                while self.is_open:
                    request.wfile.write(b"x" * 4096)
            except OSError:
                pass
        request.close_connection = True

    def _client(self, request):
        if not self.context:
            return None
        names = request.connection.getpeercert().get("subject", ())
        return next((value for part in names for key, value in part if key == "commonName"), None)


def server_context(certificates, asks_client=False):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.path("server.pem"), certificates.path("server.key"))
    if asks_client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(certificates.path("ca.pem"))
    return context
