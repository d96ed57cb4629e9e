#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway's own page of metrics: every line by the grammar, values as eogctl says them, a dead
feed target's backlog, and clients that are many, silent, slow or send what is no HTTP."""
import contextlib
import random
import re
import shutil
import socket
import subprocess
import threading
import time

import messages
from disk import failing
from harness import STATES, Gateway, check, check_equal, free_port, main, run, wait_for

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
VALUE = r"(?:[^\\\"\n]|\\[\\\"n])*"
LABEL = rf'([a-zA-Z_][a-zA-Z0-9_]*)="({VALUE})"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (?P<value>-?[0-9]+(?:\.[0-9]+)?)")
OPEN = "application/openmetrics-text;version=1.0.0"


def unescape(text):
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)


def sample_of(line):
    found = SAMPLE.fullmatch(line)
    check(found, f"is no sample: {line!r}")
    labels = re.findall(LABEL, found[2] or "")
    check_equal(len({key for key, _ in labels}), len(labels), f"keys of {line!r}")
    labels = frozenset((key, unescape(value)) for key, value in labels)
    return found[1], labels, float(found["value"])


def family_of(words, seen, is_open):
    """A HELP and its TYPE: the family's samples' name."""
    helped, typed = words
    found = re.fullmatch(rf"# HELP ({NAME}) (\S.*)", helped)
    check(found, f"is no HELP: {helped!r}")
    type_ = re.fullmatch(rf"# TYPE {re.escape(found[1])} (gauge|counter|info)", typed)
    check(type_, f"is not the TYPE of {found[1]}: {typed!r}")
    check(found[1] not in seen, f"{found[1]} comes twice")
    seen.add(found[1])
    if is_open:
        return found[1] + {"counter": "_total", "info": "_info"}.get(type_[1], "")
    check(type_[1] != "info", f"the text format has no info: {typed!r}")
    check_equal(found[1].endswith("_total"), type_[1] == "counter", f"{found[1]} ends in _total")
    return found[1]


def parse(text, is_open=False):
    """{(name, labels): value}; fails at the first line that is not of the exposition grammar."""
    check(text.endswith("\n"), "the last line ends")
    lines = text.split("\n")[:-1]
    if is_open:
        check_equal(lines.pop(), "# EOF", "the last line")
    found, seen, name, i = {}, set(), None, 0
    while i < len(lines):
        if lines[i].startswith("#"):
            name = family_of(lines[i : i + 2], seen, is_open)
            i += 2
            continue
        sample, labels, value = sample_of(lines[i])
        check_equal(sample, name, f"family of {lines[i]!r}")
        check((sample, labels) not in found, f"comes twice: {lines[i]!r}")
        found[sample, labels] = value
        i += 1
    check(len(seen) > 50, f"only {len(seen)} families")
    return found


class Page:
    """A gateway with its page."""

    def __init__(self, stack, name, extra="", web="", env=None):
        self.port = free_port()
        extra += f'<web address="127.0.0.1:{self.port}" {web}/>'
        self.gw = stack.enter_context(Gateway(name, extra=extra, env=env))
        self.gw.start()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def talk(self, data):
        """All that comes back until the end."""
        with self.connect() as client:
            with contextlib.suppress(OSError):
                client.sendall(data)
                client.shutdown(socket.SHUT_WR)
            return read_all(client)

    def ask(self, path="/metrics", method="GET", headers=(), host=None):
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host or f'127.0.0.1:{self.port}'}", *headers]
        with self.connect() as client:
            client.sendall("\r\n".join([*lines, "", ""]).encode())
            answer = read_all(client)
        head, _, body = answer.partition(b"\r\n\r\n")
        status, *fields = head.decode("latin-1").split("\r\n")
        check(status.startswith("HTTP/1.1 "), f"{method} {path}: {answer[:200]!r}")
        named = {key.lower(): value for key, value in (line.split(": ", 1) for line in fields)}
        return int(status.split()[1]), named, body

    def metrics(self):
        status, _, body = self.ask()
        check_equal(status, 200, "status of /metrics")
        return parse(body.decode("utf-8"))

    def value(self, name, **labels):
        return self.metrics().get((name, frozenset(labels.items())))

    def is_served(self):
        return self.ask("/healthz")[0] == 200


def read_all(client):
    seen = b""
    with contextlib.suppress(ConnectionResetError):
        while part := client.recv(1 << 20):
            seen += part
    return seen


def at(page, name, **labels):
    value = page.get((name, frozenset(labels.items())))
    check(value is not None, f"the page has no {name} {labels}")
    return value


COUNTERS = {
    "received": "eog_received_messages_total",
    "bytes": "eog_received_bytes_total",
    "unclassified": "eog_unclassified_messages_total",
    "malformed": "eog_malformed_messages_total",
    "truncated": "eog_truncated_messages_total",
    "repeated_informs": "eog_repeated_informs_total",
    "corrections": "eog_corrections_total",
    "connections_refused": "eog_refused_connections_total",
    "bad_origins": "eog_bad_origins_total",
    "handshakes_failed": "eog_failed_handshakes_total",
    "notifications_sent": "eog_notifications_sent_total",
    "messages_listed": "eog_syslog_mib_messages_total",
    "messages_told": "eog_syslog_mib_notifications_total",
    "messages_untold": "eog_syslog_mib_untold_messages_total",
    "messages_circular": "eog_syslog_mib_circular_messages_total",
    "agent_limited": "eog_agent_limited_answers_total",
}


def compare(status, page):
    for key, name in COUNTERS.items():
        check_equal(at(page, name), status["counters"][key], name)
    for reason in ("full", "kernel", "frame", "rate", "snmp"):
        seen = at(page, "eog_dropped_messages_total", reason=reason)
        check_equal(seen, status["counters"]["dropped_" + reason], f"dropped by {reason}")
    for row in status["kpis"]:
        seen = at(page, "eog_kpi_state", kpi=row["key"], scope=row["scope"])
        check_equal(STATES[int(seen)], row["state"], f"{row['key']} of {row['scope']}")
        if row["state"] != "unknown":
            labels = {"kpi": row["key"], "scope": row["scope"], "unit": row["unit"]}
            check_equal(at(page, "eog_kpi_value", **labels), row["value"], f"value of {labels}")
    for row in status["summary"]:
        seen = at(page, "eog_kpi_worst_state", kpi=row["key"])
        check_equal(STATES[int(seen)], row["state"], f"worst of {row['key']}")
    active = {}
    for row in status["alerts"]:
        active[row["state"]] = active.get(row["state"], 0) + 1
    for state in STATES:
        seen = at(page, "eog_alerts_active", severity=state, acknowledged="no")
        check_equal(seen, active.get(state, 0), f"alerts that are {state}")
    check(active, "there is no alert to compare")


def test_values():
    """Every line by the grammar in both forms, and what it says is what eogctl says"""
    with contextlib.ExitStack() as stack:
        page = Page(stack, "metrics")
        gw = page.gw
        viruses = [messages.virus("WORM_X", f"pc-{n}") for n in range(30)]
        gw.receive(*viruses, "what is this", by="tcp")
        gw.send_udp(b"<14>nobody knows this either")
        gw.wait_for(lambda: gw.counter("received") >= 32, "the datagram is there")
        gw.wait_for(lambda: gw.settle()["alerts"], "an alert is raised")

        def agree():
            before = gw.status()
            seen, after = page.metrics(), gw.status()
            check(before["counters"] == after["counters"], "nothing moved meanwhile")
            compare(before, seen)
            return seen

        seen = gw.wait_for(agree, "the page and eogctl say the same")
        check_equal(at(seen, "eog_intake_received_messages_total", transport="tcp"), 31, "by TCP")
        check_equal(at(seen, "eog_intake_received_messages_total", transport="udp"), 1, "by UDP")
        source = {"source": "127.0.0.1", "transport": "tcp"}
        check_equal(at(seen, "eog_source_received_messages_total", **source), 31, "of the sender")
        check_equal(at(seen, "eog_metrics_left_out", table="kpi"), 0, "left out")
        check(at(seen, "eog_journal_records_total") >= 32, "records of the journal")
        check_equal(at(seen, "eog_journal_failing"), 0, "the journal is well")
        gw.wait_for(lambda: page.value("eog_store_detections_total") == 30, "the store has them")
        check_equal(page.value("eog_store_state"), 0, "the store is well")
        check(page.value("eog_store_cursor_sequence") >= 32, "the store's cursor")
        check(at(seen, "eog_journal_segments") >= 1, "segments of the journal")
        check(at(seen, "process_resident_memory_bytes") > 1 << 20, "resident memory")
        address = f"127.0.0.1:{gw.port['sink']}"
        sink = {"sink": "1", "address": address, "version": "2c", "kind": "trap"}
        sent = at(seen, "eog_sink_sent_notifications_total", **sink)
        check(sent >= 1, "the alert went to the sink")
        status, headers, body = page.ask(headers=["Accept: " + OPEN + ";q=0.5,text/plain;q=0.3"])
        check_equal(status, 200, "status of OpenMetrics")
        check(headers["content-type"].startswith("application/openmetrics-text"), f"{headers}")
        opened = parse(body.decode("utf-8"), is_open=True)
        check_equal(len(opened), len(page.metrics()), "samples of both forms")
        judge_by_promtool(page)


def judge_by_promtool(page):
    promtool = shutil.which("promtool")
    if promtool:
        run([promtool, "check", "metrics"], data=page.ask()[2])


def test_requests():
    """GET and HEAD of two pages; other methods, paths and names of the host are refused"""
    with contextlib.ExitStack() as stack:
        page = Page(stack, "metrics-requests")
        check_equal(page.ask("/healthz")[0::2], (200, b"ok\n"), "/healthz")
        status, headers, body = page.ask(method="HEAD")
        check_equal((status, body), (200, b""), "HEAD")
        check(int(headers["content-length"]) > 5000, f"HEAD tells the length: {headers}")
        check_equal(page.ask("/metrics?name=x")[0], 200, "a query")
        check_equal(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8", "its type")
        for path in ("/metrics/", "/..%2fmetrics", "//metrics", "/metrics%00", "/nothing"):
            check_equal(page.ask(path)[0], 404, path)
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"):
            status, headers, _ = page.ask(method=method, headers=["Content-Length: 0"])
            check_equal((status, headers.get("allow")), (405, "GET, HEAD"), method)
        check_equal(page.ask(method="FETCH")[0], 501, "no method at all")
        check_equal(page.ask(host="evil.example.net")[0], 421, "another name")
        check_equal(page.ask(host="localhost")[0], 200, "localhost")
        check_equal(page.ask(host="[::1]:9116")[0], 200, "an IPv6 address")
        answer = page.talk(b"GET /healthz HTTP/1.0\r\n\r\n")
        is_good = answer.startswith(b"HTTP/1.0 200 ") and answer.endswith(b"\r\n\r\nok\n")
        check(is_good, f"{answer!r}")
        check_equal(page.value("eog_web_answers_total", code="405"), 6, "counted")


def test_feed():
    """The backlog of a target that is dead, in records and in seconds, and its link"""
    dead = f'<feed name="dead" address="127.0.0.1:{free_port()}"/>'
    with contextlib.ExitStack() as stack:
        page = Page(stack, "metrics-feed", extra=dead)
        gw = page.gw
        gw.receive(*(messages.virus("WORM_X", f"pc-{n}") for n in range(50)), by="tcp")
        gw.wait_for(
            lambda: page.value("eog_feed_backlog_seconds", feed="dead") >= 1, "seconds grow"
        )
        first = page.metrics()
        check(at(first, "eog_feed_backlog_records", feed="dead") >= 50, "records wait")
        acknowledged = at(first, "eog_feed_acknowledged_records_total", feed="dead")
        check_equal(acknowledged, 0, "acknowledged")
        check_equal(at(first, "eog_feed_link", feed="dead", standing="connected"), 0, "the link")
        gw.receive(messages.virus("WORM_X", "pc-x"), by="tcp")

        def grows():
            seen = page.metrics()
            return all(
                at(seen, name, feed="dead") > at(first, name, feed="dead")
                for name in ("eog_feed_backlog_records", "eog_feed_backlog_seconds")
            )

        gw.wait_for(grows, "records and seconds grow on")
        rows = {row["name"]: row for row in gw.status()["feeds"]}
        check(rows["dead"]["backlog_records"] >= at(first, "eog_feed_backlog_records", feed="dead"),
              "eogctl says as much")


def test_clients():
    """Many who say nothing, drip or do not read: others are served, the gateway goes on judging"""
    with contextlib.ExitStack() as stack:
        page = Page(stack, "metrics-clients", web='max-connections="4" idle="500ms"')
        gw = page.gw
        for i in range(60):
            client = stack.enter_context(page.connect())
            if i % 3 == 1:
                client.sendall(b"GET /metrics HTTP/1.1\r\nX-Slow: ")
            elif i % 3 == 2:
                client.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        check(page.is_served(), "one more is served")
        gw.receive("who waits for whom", by="tcp")
        gw.wait_for(
            lambda: page.value("eog_web_displaced_connections_total") >= 40, "they made room"
        )
        silent = stack.enter_context(page.connect())
        check_equal(read_all(silent), b"", "what a silent client is told before the end")
        began = time.monotonic()
        with page.connect() as drip, contextlib.suppress(OSError):
            while time.monotonic() - began < 20:  # a byte is never idle
                drip.sendall(b"G")
                threading.Event().wait(0.05)
        check(time.monotonic() - began < 20, "who drips is closed after three times idle")
        check(page.value("eog_web_expired_connections_total") >= 1, "and counted")
        stack.enter_context(page.connect()).sendall(b"GET /metrics HTTP/1.1\r\n")
        check(page.is_served(), "with one more that says half")
        gw.stop()  # whoever is there


def test_garbage():
    """What is no HTTP: answered with an error or closed, nothing else is held up"""
    draw = random.Random(2819)
    pieces = [b"GET ", b"/metrics", b" HTTP/1.1", b"\r\n", b"Host: ", b"\0", b"%", b"\xff\xfe",
              b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n", b"ffffffffffffffff\r\n",
              b"Accept: " + b"application/openmetrics-text;q=" * 40, b"A" * 5000, b"\n\n",
              b"PRI * "]
    wholes = [b"", b"\r\n" * 3000, b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n",
              b"GET / HTTP/9.9\r\n\r\n",
              b"GET http://[ HTTP/1.1\r\n\r\n", b"GET /metrics HTTP/1.1\r\nHost: [\r\n\r\n",
              b"GET /metrics HTTP/1.1\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
              b"POST /metrics HTTP/1.1\r\nHost: ::1\r\nContent-Length: 99999999999\r\n\r\n",
              b"POST /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n",
              b"GET /metrics HTTP/1.1\r\nExpect: 100-continue\r\n\r\n",
              b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200]
    with contextlib.ExitStack() as stack:
        page = Page(stack, "metrics-garbage", web='idle="300ms"')
        for data in wholes + [b"".join(draw.choices(pieces, k=9)) for _ in range(150)]:
            answer = page.talk(data)
            check(not answer or answer.startswith(b"HTTP/1."), f"to {data[:80]!r}: {answer[:80]!r}")
            check(b" 500 " not in answer[:20], f"to {data[:80]!r}: {answer[:80]!r}")
        check(page.is_served(), "the request after all that")
        check(page.gw.is_alive(), "the gateway lives")


def test_asking_much():
    """Ten who ask without a pause: messages, ticks and eogctl go on as ever"""
    with contextlib.ExitStack() as stack:
        page = Page(stack, "metrics-much")
        gw = page.gw
        is_over, asked = threading.Event(), [0] * 10

        def ask(i):
            while not is_over.is_set():
                check_equal(page.ask()[0], 200, "status")
                asked[i] += 1

        threads = [threading.Thread(target=ask, args=(i,)) for i in range(10)]
        for thread in threads:
            thread.start()
        try:
            wait_for(lambda: min(asked) > 5, "each was answered")
            gw.receive(*(messages.virus("WORM_X", f"pc-{n}") for n in range(30)), by="tcp")
            gw.wait_for(lambda: gw.settle()["alerts"], "an alert is raised")
            gw.reload()
            gw.wait_for(
                lambda: page.value("eog_configuration_generation") == 2, "a reload is taken"
            )
        finally:
            is_over.set()
            for thread in threads:
                thread.join()


def test_health():
    """A disk that refuses for a while: /healthz and the page say so, and when it is over"""
    with contextlib.ExitStack() as stack:
        page = Page(stack, "metrics-health", env=failing("fdatasync", 12, 2))
        answers = []

        def is_failing():
            page.gw.send_udp(b"<14>something to write")
            answers.append(page.ask("/healthz"))
            return answers[-1][0] == 503

        page.gw.wait_for(is_failing, "it is not healthy")
        check(b"the journal's disk refuses: " in answers[-1][2], f"why: {answers[-1]}")
        page.gw.wait_for(page.is_served, "it is healthy again")
        check_equal(page.value("eog_journal_failing"), 0, "eog_journal_failing")


def test_address():
    """Loopback alone; none configured: none served; one that is taken keeps no record out"""
    with contextlib.ExitStack() as stack:
        gw = stack.enter_context(Gateway("metrics-address", extra='<web address="0.0.0.0:9116"/>'))
        for address, why in {"0.0.0.0:9116": "loopback", "[2001:db8::1]:80": "loopback",
                             "192.0.2.1:1": "loopback", "localhost:80": "no address"}.items():
            gw.extra = f'<web address="{address}"/>'
            gw.write_config()
            checked = subprocess.run(
                gw.command("--check"), capture_output=True, check=False, text=True
            )
            check_equal(checked.returncode, 2, f"--check of {address}")
            check(why in checked.stderr + checked.stdout, f"{address}: {checked}")
        taken = stack.enter_context(socket.socket())
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        gw.extra = f'<web address="127.0.0.1:{taken.getsockname()[1]}"/>'
        gw.write_config()
        gw.start()
        gw.receive("a message all the same", by="tcp")
        check("cannot listen" in gw.log_text(), "the log says why")


main(test_values, test_requests, test_feed, test_clients, test_garbage, test_asking_much,
     test_health, test_address)
