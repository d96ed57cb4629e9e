#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every collected seed of bad input over the real protocols, and what the daemon does about it: the
counters that move, an answer, an end of the connection. tests/system/seeds.tsv has it all; a seed
is named there by its kind and the beginning of its SHA-256. Without the seeds the test is skipped.

After each seed the daemon lives and the next good message comes out whole. After a change that is
meant, write the table and BADINPUT.md anew:

    EOG_SEEDS=write python3 tests/system/test_seeds.py
"""
import glob
import hashlib
import json
import os
import re
import select
import socket
import time

import badinput
import ber
import messages
from asker import Asker
from harness import SHARED, SOURCE, Failed, Gateway, Skipped, Tail, check, check_equal, \
    free_port, kind_of, main, say

PAGE = os.path.join(SOURCE, "tests", "system", "BADINPUT.md")
TABLE = os.path.join(SOURCE, "tests", "system", "seeds.tsv")
IS_WRITING = os.environ.get("EOG_SEEDS") == "write"
# Those that say what became of a message, and not what a mapping made of it: that may change.
COUNTERS = ("received", "truncated", "dropped_full", "dropped_kernel", "dropped_frame",
            "dropped_snmp", "repeated_informs", "connections_refused")
# Where each kind goes. Streams of RELP are as good as any other to the port for syslog, too.
WAYS = {"cef": ("udp", "tcp"), "syslog": ("udp", "tcp"), "tcp-framing": ("tcp",),
        "relp": ("tcp", "relp"), "snmp": ("trap", "agent")}
DATAGRAM_MAX = 1472
LOOPBACK_MAX = 65507
# What comes late was not waited for: only while the table is written, where nobody knows of it.
LATE_S = 0.15


def read_seeds():
    """[(name, kind, path, content)]"""
    root = os.path.join(SHARED, "corpus", "fuzz-seeds")
    if not os.path.isdir(root):
        raise Skipped("no seeds: set EOG_SHARED")
    found = []
    for path in sorted(glob.glob(os.path.join(root, "**", "*.bin"), recursive=True)):
        kind = os.path.basename(os.path.dirname(path))
        with open(path, "rb") as file:
            content = file.read()
        digest = hashlib.sha256(content).hexdigest()[:12]
        found.append((f"{kind}-{digest}", kind, os.path.relpath(path, root), content))
    with open(os.path.join(root, "MANIFEST.tsv")) as manifest:
        named = sum(line.strip() != "" for line in manifest)
    check(len(found) >= named - 1 > 400, f"{len(found)} seeds, {named} lines in their list")
    return found


def read_table():
    with open(TABLE, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]
    return {(name, way): answer for name, way, answer in rows}


class Run:
    """One daemon, and what it did about each seed."""

    def __init__(self, gw, agent, relp):
        self.gw, self.agent, self.relp, self.good = gw, agent, relp, 0
        self.before = self.counters()

    def counters(self):
        # Not by Gateway.status(): there are thousands of looks.
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(os.path.join(self.gw.state, "control.sock"))
            control.sendall(b"status\n")
            data = b""
            while not data.endswith(b"\n"):
                more = control.recv(1 << 20)
                check(more, "the control socket's answer has no end")
                data += more
        return {name: json.loads(data)["counters"][name] for name in COUNTERS}

    def refused(self):
        return self.agent.get(self.gw.oids["eogTrafficAgentRefused"] + ".0")[1]

    def send_good(self):
        """A good message by the way of the seeds; it is found at the end."""
        self.good += 1
        return messages.virus("TROJ_GEN.A", f"host-after-{self.good:04d}").encode()

    # ---- one way each: returns words of what happened, apart from counters ----

    def by_udp(self, content, _):
        self.gw.send_udp(content[:LOOPBACK_MAX])
        self.gw.send_udp(self.send_good())
        return [], 1

    def by_tcp(self, content, expected):
        words = self.by_stream(self.gw.port["syslog"], content, expected)
        self.gw.send_tcp(self.send_good())
        return words, 1

    def by_relp(self, content, expected):
        words = self.by_stream(self.relp, content, expected)
        self.gw.send_tcp(self.send_good())
        return words, 1

    def by_stream(self, port, content, expected):
        words = []
        with socket.create_connection(("127.0.0.1", port), timeout=10) as stream:
            try:
                stream.sendall(content)
                wait_s = 20 if expected.startswith(("closed", "answered")) else LATE_S * IS_WRITING
                if select.select([stream], [], [], wait_s)[0]:
                    words.append("closed" if not peek(stream) else "answered")
                stream.shutdown(socket.SHUT_WR)
                stream.settimeout(20)
                while stream.recv(65536):
                    pass
            except (ConnectionError, OSError) as error:
                check(not isinstance(error, socket.timeout), "the connection is not closed")
                if "closed" not in words:
                    words.append("closed")
        return words

    def by_trap(self, content, expected):
        good = ber.v2_notification("1.3.6.1.6.3.1.1.5.3",
                                   [("1.3.6.1.2.1.2.2.1.1.7", ber.integer(7))])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect(("127.0.0.1", self.gw.port["trap"]))
            sender.send(content[:LOOPBACK_MAX])
            sender.send(good)
            wait_s = 20 if "answered" in expected else LATE_S if IS_WRITING else 0
            if not select.select([sender], [], [], wait_s)[0]:
                return [], 1
            answer = sender.recv(65536)
            check(len(answer) <= max(DATAGRAM_MAX, len(content)), f"{len(answer)} octets answered")
            return ["answered"], 1

    def by_agent(self, content, _):
        """The answer to a request behind it on the same socket tells that it was dealt with."""
        before, words = self.refused(), []
        request = ber.request(ber.GET, [("1.3.6.1.2.1.1.5.0", ber.wrap(ber.NULL, b""))], 424242)
        self.agent.socket.settimeout(20)
        self.agent.socket.send(content[:LOOPBACK_MAX])
        self.agent.socket.send(request)
        while True:
            answer = self.agent.socket.recv(65536)
            if is_answer(answer, 424242):
                break
            check(len(answer) <= DATAGRAM_MAX, f"{len(answer)} octets answered")
            words.append("answered")
        refused = self.refused() - before
        return words + ([f"refused+{refused}"] if refused else []), 0

    def run(self, way, content, expected):
        words, n_good = getattr(self, "by_" + way)(content, expected)

        def moved():
            now = self.counters()
            delta = {name: now[name] - self.before[name] for name in COUNTERS}
            delta["received"] -= n_good
            return words + [f"{name}+{n}" for name, n in delta.items() if n]

        if IS_WRITING:
            self.gw.wait_for(lambda: self.counters()["received"] >=
                             self.before["received"] + n_good, "the good message is counted")
            time.sleep(LATE_S)
            seen = " ".join(moved()) or "-"
        else:
            def look():
                check_equal(" ".join(moved()) or "-", expected, "what it did")
                return expected
            seen = self.gw.wait_for(look, "it does what the table says")
        self.before = self.counters()
        return seen


def peek(stream):
    try:
        return stream.recv(65536, socket.MSG_PEEK)
    except ConnectionError:
        return b""


def is_answer(data, number):
    try:
        return ber.read_pdu(data)[:2] == (ber.RESPONSE, number)
    except (ValueError, IndexError):
        return False


def find_good(gw, tail, n):
    """Each good message behind a seed came out whole."""
    def look():
        hosts = {event.get("device", {}).get("hostname") for event in list(tail.events)
                 if (kind_of(event) or "").startswith("malware.")}
        missing = [i for i in range(1, n + 1) if f"host-after-{i:04d}" not in hosts]
        check(not missing, f"{len(missing)} of {n} good messages are missing: {missing[:5]}")
        return True
    gw.wait_for(look, "all good messages are whole")


def test_seeds():
    """Each seed by its protocol: what the daemon does is what the table says"""
    seeds, rows, wrong = read_seeds(), {}, []
    table = {} if IS_WRITING else read_table()
    port = free_port()
    with Gateway("seeds", extra=f'<syslog-relp address="127.0.0.1:{port}"/>') as gw:
        gw.start()
        with Tail(gw) as tail, Asker(gw) as agent:
            run = Run(gw, agent, port)
            for name, kind, path, content in seeds:
                for way in WAYS[kind]:
                    if (name, way) in rows:
                        continue  # the same input by another name
                    expected = table.get((name, way), "")
                    check(expected or IS_WRITING, f"{path} ({name} by {way}) is not in the table")
                    try:
                        rows[name, way] = run.run(way, content, expected)
                    except Failed as failed:
                        wrong.append(f"{path} ({name} by {way}): {failed}")
                        check(gw.is_alive() and len(wrong) < 5, "\n".join(wrong))
                        rows[name, way] = "wrong"
                        run.before = run.counters()
            find_good(gw, tail, run.good)
        check(not wrong, "\n".join(wrong))
        check("ERROR: AddressSanitizer" not in gw.log_text(), gw.log_tail())
        check(not re.search(r"runtime error:", gw.log_text()), gw.log_tail())
    say(f"      {len(seeds)} seeds, {len(rows)} ways")
    if IS_WRITING:
        with open(TABLE, "w", encoding="utf-8") as file:
            file.write("# SPDX-License-Identifier: GPL-3.0-or-later\n"
                       "# What the daemon does about each seed of bad input, by test_seeds.py.\n"
                       "# seed\tby\tcounters that move, answer, end of the connection\n")
            for (name, way), answer in rows.items():
                file.write(f"{name}\t{way}\t{answer}\n")
    derived = [(name, path) for name, _, path, _ in seeds if path.startswith("cve-derived/")]
    unsaid = [path for path in badinput.left_out(derived) if "good" not in path]
    check_equal(unsaid, [], "seeds that the page does not speak of")
    check_equal(list(badinput.tests_missing(SOURCE)), [], "tests that the page names")
    page = badinput.page(derived, rows)
    if IS_WRITING:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(page)
    else:
        with open(PAGE, encoding="utf-8") as file:
            check(file.read() == page, "BADINPUT.md is not what was seen: write it anew")
        check_equal(set(table) - set(rows), set(), "rows of the table without a seed")


main(test_seeds)
