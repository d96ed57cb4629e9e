# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the real eogd on loopback ports of its own and looks at it from outside: by SNMP, by
eogctl, by the notifications it sends. Everything waits for a condition; a condition that never
comes fails with what was seen last.

The build under test is EOG_BUILD, else top_builddir (make check-system sets it), else the folder
`build` beside the sources. Exit codes are automake's: 0 passed, 1 failed, 77 cannot be judged here.
"""
import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ber  # noqa: E402

SOURCE = os.path.abspath(
    os.environ.get("top_srcdir") or os.path.join(os.path.dirname(__file__), "..", "..")
)
BUILD = os.path.abspath(
    os.environ.get("EOG_BUILD") or os.environ.get("top_builddir") or os.path.join(SOURCE, "build")
)
SHARED = os.environ.get("EOG_SHARED") or os.path.join(SOURCE, "..", "shared")
IS_LONG = os.environ.get("EOG_LONG") == "1"
# A sanitized daemon is several times slower: waits are longer, loads are the same.
PATIENCE_S = float(os.environ.get("EOG_PATIENCE") or 20)
STATES = ["ok", "warning", "critical", "unknown"]


class Failed(Exception):
    """What was expected and what was seen, in words."""


class Skipped(Exception):
    """Why this cannot be judged here."""


def say(text):
    print(text, flush=True)


def check(condition, text):
    if not condition:
        raise Failed(text)


def check_equal(seen, expected, what):
    if seen != expected:
        raise Failed(f"{what}: expected {expected!r}, seen {seen!r}")


def stretch():
    """How many times longer than on a machine of its own a program may take: others' load is theirs."""
    return max(1.0, 2 * os.getloadavg()[0] / (os.cpu_count() or 1))


def is_over(begun, timeout_s):
    """Asked again and again: a load that has just come shows in the average later."""
    return time.monotonic() - begun > timeout_s * stretch()


def wait_for(condition, what, timeout_s=None, alive=None):
    """Polls condition() until it is true and returns that; condition may raise Failed meanwhile."""
    begun, seen, pause_s = time.monotonic(), None, 0.02
    while True:
        try:
            seen = condition()
            if seen:
                return seen
        except Failed as failed:
            seen = failed
        if alive and not alive():
            raise Failed(f"the daemon ended while waiting until {what}")
        if is_over(begun, timeout_s or PATIENCE_S):
            raise Failed(f"{time.monotonic() - begun:.0f} s passed without: {what} (last seen: {seen})")
        time.sleep(pause_s)
        pause_s = min(pause_s * 1.3, 0.2)  # a look is often a program: they are most of the load


def program(name):
    """A program of the build."""
    for folder in ("", "gateway/daemon", "gateway/ctl", "gateway/check", "tests/bench"):
        path = os.path.join(BUILD, folder, name)
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    raise Failed(f"{name} is not built in {BUILD}; set EOG_BUILD to the build's folder")


def tool(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not path:
        raise Skipped(f"{name} is not installed")
    return path


_ports_given = set()
_ports_lock = threading.Lock()
_ports_file = os.open(os.path.join(tempfile.gettempdir(), f"eog-test-ports-{os.getuid()}"),
                      os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def free_port():
    """A port that is free for UDP and TCP on 127.0.0.1 right now, and was not given out before, nor by
    another test that runs: a byte of a file is locked for it as long as this process lives. Taken
    below the range out of which the kernel serves connections, so that none of those steals it."""
    with _ports_lock:
        return _find_port()


def _is_ours(port):
    """Locked before it is tried: whoever has it would find it taken by the one who tries. A program that
    another thread starts meanwhile has our probe too, until it has begun: with SO_REUSEADDR that does
    not keep a server, which has it as well, from the port."""
    try:
        fcntl.lockf(_ports_file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    with contextlib.ExitStack() as stack:
        try:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                probe = stack.enter_context(socket.socket(socket.AF_INET, kind))
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, kind == socket.SOCK_STREAM)
                probe.bind(("127.0.0.1", port))
        except OSError:
            fcntl.lockf(_ports_file, fcntl.LOCK_UN, 1, port)
            return False
    return True


def _find_port():
    base = 15000 + os.getpid() * 37 % 15000
    for i in range(15000):
        port = 15000 + (base + i * 7 - 15000) % 15000
        if port in _ports_given:
            continue
        if _is_ours(port):
            _ports_given.add(port)
            return port
    raise Failed("no free port")


def run(command, timeout_s=30, ok=(0,), data=None, env=None):
    """Output of a command as text; Failed with its words when the exit code is not in ok."""
    begun = time.monotonic()
    with tempfile.TemporaryFile() as given:  # a pipe is not written to by who asks a second time
        given.write(data or b"")
        given.seek(0)
        with subprocess.Popen(command, stdin=None if data is None else given, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env={**os.environ, **(env or {})}) as process:
            while True:
                try:
                    output, errors = process.communicate(timeout=timeout_s)
                    break
                except subprocess.TimeoutExpired:
                    if is_over(begun, timeout_s):
                        process.kill()
                        raise
    if process.returncode not in ok:
        raise Failed(
            f"{' '.join(command)}: exit"
            f" {process.returncode}\n{errors.decode(errors='replace')[-2000:]}"
            f"{output.decode(errors='replace')[-2000:]}"
        )
    return output.decode(errors="replace")


# ---- names of the MIB ----


def read_root():
    with open(os.path.join(BUILD, "config.h")) as header:
        found = re.search(r'#define EOG_ENTERPRISE_OID "([0-9.]+)"', header.read())
    return found.group(1)


def read_oids():
    """name -> OID without instance, out of the table that the agent is compiled from."""
    root, group, found = read_root(), None, {}
    with open(os.path.join(SOURCE, "gateway", "snmp", "eog_mib.def")) as table:
        for line in table:
            word = re.findall(r'"[^"]*"|[A-Za-z0-9_]+', line)
            if not line.startswith("EOG_") or len(word) < 4:
                continue
            name = next(w.strip('"') for w in word if w.startswith('"'))
            if word[0] == "EOG_SCALARS":
                group = f"{root}.1.{word[2]}"
            elif word[0] == "EOG_TABLE":
                group = f"{root}.1.{word[2]}.1"
                found[name + "Table"] = f"{root}.1.{word[2]}"
            elif word[0] in ("EOG_OBJECT", "EOG_INDEX"):
                found[name] = f"{group}.{word[2]}"
            elif word[0] == "EOG_NOTIFICATION":
                found[name] = f"{root}.0.{word[1]}"
    return found


def scope_index(scope):
    """A variable-length string as an index (RFC 2578 section 7.7)."""
    text = scope.encode()
    return ".".join(str(n) for n in [len(text), *text])


# ---- the daemon ----


class Gateway:
    """One eogd with its folder, its ports and its configuration. Use it in a `with` block.

    extra       XML inside <eog-gateway>, added to the sections made here
    sections    replaces single sections: {"engine": '<engine .../>'}; None leaves one out
    files       name -> text or bytes, written beside the configuration (inventory.csv,
    watchlist.xml)
    """

    def __init__(self, name="gateway", extra="", sections=None, files=None, folder=None, env=None):
        self.name = name
        self.is_own_folder = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix=f"eog-{name}-")
        self.state = os.path.join(self.folder, "state")
        self.config_path = os.path.join(self.folder, "eog-gateway.xml")
        self.log_path = os.path.join(self.folder, "eogd.log")
        self.port = {kind: free_port() for kind in ("syslog", "trap", "agent", "sink")}
        self.extra, self.sections, self.env = extra, sections or {}, env or {}
        self.process = None
        self.oids = read_oids()
        os.makedirs(self.state, exist_ok=True)
        for file, content in (files or {}).items():
            self.write_file(file, content)
        self.write_config()

    def write_file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return path

    def config_text(self):
        port = self.port
        sections = {
            "gateway": '<gateway id="gw-test" site="default"/>',
            "site": '<site id="default" name="Default site" hosts="0"/>',
            "source": '<source address="127.0.0.0/8" site="default" charset="GB18030"/>',
            "syslog-udp": f'<syslog-udp address="127.0.0.1:{port["syslog"]}"/>',
            "syslog-tcp": f'<syslog-tcp address="127.0.0.1:{port["syslog"]}"/>',
            "notifications": (
                f'<notifications address="127.0.0.1:{port["trap"]}" community="public"/>'
            ),
            "engine": '<engine clear-hold="1s"/>',
            "agent": f'<agent mode="standalone" address="udp:127.0.0.1:{port["agent"]}"/>',
            "community": '<community name="public" source="127.0.0.0/8"/>',
            "sink": f'<sink address="127.0.0.1:{port["sink"]}" version="2c" community="public"/>',
            **self.sections,
        }
        lines = [line for line in sections.values() if line] + [self.extra]
        return "<eog-gateway>\n  " + "\n  ".join(lines) + "\n</eog-gateway>\n"

    def write_config(self, text=None):
        self.write_file("eog-gateway.xml", text or self.config_text())

    def command(self, *more):
        return [
            program("eogd"),
            "--config",
            self.config_path,
            "--state",
            self.state,
            "--data",
            SOURCE,
            *more,
        ]

    def start(self, is_ready=True):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command("--foreground"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.env},
            )
        if is_ready:
            self.wait_ready()
        return self

    def wait_ready(self):
        """It answers on its control socket and has judged what is in the journal."""
        self.wait_for(lambda: self.status()["catching_up"] is False, "eogd is up and has caught up")

    def wait_for(self, condition, what, timeout_s=None):
        try:
            return wait_for(condition, what, timeout_s, self.is_alive)
        except Failed as failed:
            raise Failed(f"{failed}\n-- the end of {self.name}'s log:\n{self.log_tail()}") from None

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def log_text(self):
        if not os.path.exists(self.log_path):
            return ""  # never started
        with open(self.log_path, errors="replace") as log:
            return log.read()

    def log_tail(self):
        return "\n".join(self.log_text().splitlines()[-25:])

    def stop(self, within_s=None):
        """SIGTERM; its promise is to be gone within 5 s, with exit code 0."""
        if not self.is_alive():
            check(
                self.process is None or self.process.returncode == 0,
                (
                    f"{self.name} had ended with"
                    f" {self.process and self.process.returncode}:\n{self.log_tail()}"
                ),
            )
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait((within_s or max(5.0, PATIENCE_S / 2)) * stretch())
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed(f"{self.name} did not stop:\n{self.log_tail()}") from None
        check_equal(code, 0, f"exit code of {self.name} after SIGTERM\n{self.log_tail()}\n")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.stop()
            elif self.is_alive():
                self.process.kill()
                self.process.wait()
        finally:
            if kind is not None and os.environ.get("EOG_KEEP"):
                say(f"kept: {self.folder}")
            elif self.is_own_folder:
                shutil.rmtree(self.folder, ignore_errors=True)

    # ---- looking at it ----

    def ctl(self, *arguments, timeout_s=30, ok=(0,)):
        return run([program("eogctl"), *arguments, "--state", self.state], timeout_s, ok)

    def status(self):
        text = self.ctl("status", "--json")
        try:
            status = json.loads(text)
        except ValueError:
            raise Failed(f"eogctl status --json: {text[:500]!r}") from None
        check("catching_up" in status, "no tables are published yet")
        return status

    def counter(self, name):
        return self.status()["counters"][name]

    def committed(self):
        return self.status()["journal"]["committed"]

    def evaluated(self):
        return self.status()["evaluated_sequence"]

    def settle(self):
        """Everything received so far is on disk and judged. Returns the status then."""
        goal = self.status()["journal"]["staged"]
        self.wait_for(
            lambda: self.status()["evaluated_sequence"] >= goal, f"record {goal} is judged"
        )
        return self.status()

    def records(self, n=1000):
        """The last n records as the promised JSON, oldest first."""
        with Tail(self, n) as tail:
            last = self.committed()
            wait_for(
                lambda: tail.events and tail.last_sequence() >= last,
                "the tail is at the journal's end",
            )
            return list(tail.events)

    def snmp(self, command, *oids, options=()):
        return run(
            [
                tool(command),
                "-v2c",
                "-c",
                "public",
                "-m",
                "",
                "-On",
                "-Oe",
                "-OU",
                "-r",
                "2",
                "-t",
                "2",
                *options,
                f"127.0.0.1:{self.port['agent']}",
                *oids,
            ]
        )

    def get(self, name, instance="0"):
        """One object by snmpget; the value as text, without its type."""
        line = self.snmp("snmpget", f"{self.oids[name]}.{instance}").strip()
        if "No Such" in line:
            raise Failed(line)
        return snmp_value(line)

    def kpi(self, kpi, scope, column="eogKpiState"):
        return self.get(column, f"{kpi}.{scope_index(scope)}")

    def walk(self, name="eogKpiTable", columns=None):
        """A table by snmpbulkwalk: {OID behind the table's entry: value}, in order."""
        entry = self.oids[name] + ".1"
        text = self.snmp("snmpbulkwalk", entry, options=("-Cr50", "-Oq"))
        found, last = {}, None
        for line in text.splitlines():
            match = re.match(r"\.([0-9.]+) ?(.*)", line)
            if match and match.group(1).startswith(entry + "."):
                last = match.group(1)[len(entry) + 1 :]
                if columns is None or int(last.split(".")[0]) in columns:
                    found[last] = match.group(2)
                else:
                    last = None
            elif last:
                found[last] += "\n" + line
        return found

    def column(self, name):
        return int(self.oids[name].rsplit(".", 1)[1])

    # ---- feeding it ----

    def send_udp(self, *messages):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for message in messages:
                sender.sendto(
                    message if isinstance(message, bytes) else message.encode(),
                    ("127.0.0.1", self.port["syslog"]),
                )

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port["syslog"]), timeout=10)

    def send_tcp(self, *messages, is_counted=False):
        with self.connect() as sender:
            for message in messages:
                data = message if isinstance(message, bytes) else message.encode()
                sender.sendall(b"%d " % len(data) + data if is_counted else data + b"\n")

    def send_packet(self, packet):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(packet, ("127.0.0.1", self.port["trap"]))

    def receive(self, *messages, by="tcp"):
        """Send, and wait until they are counted, on disk and judged."""
        goal = self.counter("received") + len(messages)
        (self.send_tcp if by == "tcp" else self.send_udp)(*messages)
        self.wait_for(lambda: self.counter("received") >= goal, f"{goal} messages are received")
        return self.settle()

    def tick(self):
        """Time is judged a second after traffic, else every five: this is traffic, of no meaning."""
        self.receive("<14>quiet: nothing happened")

    # ---- waiting for states ----

    def wait_state(self, kpi, key, scope, state, timeout_s=None):
        """snmpget and eogctl agree on the state of a row. Returns the row of `eogctl status
        --json`."""

        def look():
            seen = self.kpi(kpi, scope)
            rows = [
                row
                for row in self.status().get("kpis", [])
                if row["key"] == key and row["scope"] == scope
            ]
            check(rows, f"eogctl status has no row {key} {scope}")
            reason = rows[0]["reason"]
            check(
                STATES[int(seen)] == state,
                f"snmpget: {STATES[int(seen)]}, value {rows[0]['value_text']!r}, because: {reason}",
            )
            check(
                rows[0]["state"] == state, f"eogctl status: {rows[0]['state']}, because: {reason}"
            )
            return rows[0]

        return self.wait_for(look, f"{key} of {scope} is {state}", timeout_s)


def snmp_value(line):
    """`.1.3.6 = INTEGER: 3` -> `3`; quotes of strings go."""
    value = line.split(" = ", 1)[1] if " = " in line else line
    value = re.sub(
        r"^(INTEGER|STRING|Gauge32|Counter32|Counter64|Hex-STRING|Timeticks|OID|IpAddress): ",
        "",
        value,
    )
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value.strip()


class Tail:
    """`eogctl tail --all --json`, read as it comes."""

    def __init__(self, gateway, n=500):
        self.events = []
        self.bad_lines = []
        self.process = subprocess.Popen(
            [program("eogctl"), "tail", "-n", str(n), "--all", "--json", "--state", gateway.state],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        for line in self.process.stdout:
            try:
                self.events.append(json.loads(line.decode("utf-8")))
            except ValueError as error:
                self.bad_lines.append((line, error))

    def last_sequence(self):
        return int(self.events[-1]["metadata"]["uid"].rsplit(".", 1)[1])

    def find(self, condition, what):
        def look():
            check(
                not self.bad_lines,
                f"eogctl tail printed what is no JSON in UTF-8: {self.bad_lines[:1]}",
            )
            return next((event for event in list(self.events) if condition(event)), None)

        return wait_for(look, what)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.thread.join()  # it reads to the end of what was written
        self.process.stdout.close()


def kind_of(event):
    labels = event.get("metadata", {}).get("labels", [])
    return next((label[9:] for label in labels if label.startswith("eog.kind:")), None)


class Sink:
    """Receives the gateway's notifications."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", gateway.port["sink"]))
        self.socket.settimeout(0.2)
        self.received = []
        self.is_open = True
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        while self.is_open:
            try:
                data = self.socket.recv(65535)
            except socket.timeout:
                continue
            except OSError:
                return
            try:
                self.received.append(ber.read_v2(data))
            except (ValueError, IndexError) as error:
                self.received.append({"bad": data, "error": error, "varbinds": {}})

    def text(self, notification, name):
        value = notification["varbinds"].get(self.gateway.oids[name] + ".0")
        return value.decode("utf-8") if isinstance(value, bytes) else value

    def find(self, name, key, scope=None, since=0, has_ticks=False):
        """The first notification of that name about the KPI, after the first `since` received
        ones; has_ticks: of what only time brings."""
        ticked = time.monotonic()

        def look():
            nonlocal ticked
            if has_ticks and time.monotonic() > ticked + 0.5:
                self.gateway.tick()
                ticked = time.monotonic()
            for seen in self.received[since:]:
                check("bad" not in seen, f"a notification is broken: {seen}")
                if (
                    seen["varbinds"].get(ber.TRAP_OID) == self.gateway.oids[name]
                    and self.text(seen, "eogNotifyKpiKey") == key
                    and scope in (None, self.text(seen, "eogNotifyScope"))
                ):
                    return seen
            return None

        return self.gateway.wait_for(look, f"notification {name} about {key} {scope or ''}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.is_open = False
        self.thread.join()
        self.socket.close()


# ---- a test program ----


def main(*tests):
    """Runs functions; each is one case. Its docstring or name is printed. Ends the program."""
    failed = passed = skipped = 0
    only = sys.argv[1:]
    for test in tests:
        if only and test.__name__ not in only:
            continue
        begun = time.monotonic()
        title = " ".join((test.__doc__ or test.__name__).split())
        try:
            test()
            passed += 1
            say(f"ok    {title} [{time.monotonic() - begun:.1f} s]")
        except Skipped as reason:
            skipped += 1
            say(f"skip  {title}: {reason}")
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            say(
                f"FAIL  {title} [{time.monotonic() - begun:.1f} s]\n      "
                + str(error).replace("\n", "\n      ")
            )
            if not isinstance(error, Failed):
                traceback.print_exc(file=sys.stdout)
    say(f"{passed} passed, {failed} failed, {skipped} skipped")
    if failed or (passed == 0 and skipped == 0):
        sys.exit(1)
    sys.exit(77 if passed == 0 else 0)
