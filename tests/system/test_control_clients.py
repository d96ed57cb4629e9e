#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many at the control socket at once, some of whom do not read, and some who send what is no
request: nobody is held up, nothing grows without bound, everybody is told why."""
import contextlib
import json
import os
import random
import re
import resource
import socket
import time

from harness import Gateway, check, check_equal, main

CLIENTS_MAX = 32
REQUEST_MAX = 1024
SITES = 150  # their states are more than the socket and the gateway hold ready
SEQUENCE = re.compile(rb'"uid":"[^"]*\.(\d+)"')


class Client:
    """One connection to the control socket."""

    def __init__(self, gw):
        self.socket = socket.socket(socket.AF_UNIX)
        # Blocking: with a time limit Python connects non-blocking, which fails at once (EAGAIN)
        # while the gateway has not yet accepted those before; eogctl waits there, as anybody does.
        self.socket.connect(os.path.join(gw.state, "control.sock"))
        self.socket.settimeout(30)
        self.seen = b""

    def send(self, data):
        # Closed already, or at this moment; why is there to be read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def line(self):
        """The next line without its end; None when the gateway has closed."""
        while b"\n" not in self.seen:
            try:
                part = self.socket.recv(1 << 20)
            except ConnectionResetError:
                part = b""
            if not part:
                return None
            self.seen += part
        line, self.seen = self.seen.split(b"\n", 1)
        return line

    def answer(self):
        line = self.line()
        return None if line is None else json.loads(line)

    def ask(self, request):
        self.send(request + b"\n")
        return self.answer()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def gateway(idle="1h"):
    own = f'<gateway id="gw-test" site="default" control-idle="{idle}"/>'
    return Gateway("clients", sections={"gateway": own})


def is_served(gw):
    with Client(gw) as client:
        return "counters" in client.ask(b"status")


def send_until_held_back(gw, client, request, most):
    """How many requests the gateway and the socket take from somebody who does not read, and what
    is left of one that was taken in part."""
    client.socket.setblocking(False)
    sent = held = 0
    while held < 3 and sent < most * len(request):
        try:
            at = sent % len(request)
            sent += client.socket.send(request[at:])
            held = 0
        except BlockingIOError:
            held += 1
            check(is_served(gw), "another is served meanwhile")  # so the loop has been round
    client.socket.settimeout(30)
    check(sent < most * len(request), f"{sent} bytes of requests are taken, answers unread")
    return sent // len(request), request[sent % len(request):]


def test_unread_answers():
    """Who asks and does not read is not read from either, and has every answer when he reads"""
    with gateway() as gw, contextlib.ExitStack() as stack:
        gw.start()
        client = stack.enter_context(Client(gw))
        request = b"status".rjust(900) + b"\n"
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        n, rest = send_until_held_back(gw, client, request, most=4000)
        check(n > 10, f"only {n} requests were taken")
        for i in range(n):
            check("counters" in (client.answer() or {}), f"answer {i + 1} of {n}")
        client.send(rest or request)
        check("counters" in (client.answer() or {}), "the answer to the last one")
        check("alerts" in client.ask(b"alerts"), "the next request is answered as ever")


def sequence_of(line):
    return int(SEQUENCE.search(line).group(1))


def begin_tail(client):
    """Its first record's number: what comes after this is in the tail, however busy the machine."""
    client.send(b"tail 1 all\n")
    return sequence_of(client.line())


def test_full_house():
    """As many as may, tailing and not reading: the gateway works on, and none has missed a record"""
    with gateway() as gw, contextlib.ExitStack() as stack:
        gw.start()
        idle = [stack.enter_context(Client(gw)) for _ in range(CLIENTS_MAX - 1)]
        gw.receive("<14>full-house: before", by="tcp")
        firsts = [begin_tail(client) for client in idle]
        gw.receive(*(f"<14>full-house: message {i} {'x' * 400}" for i in range(800)), by="tcp")
        last = gw.committed()
        with Client(gw) as other:
            check("counters" in other.ask(b"status"), "the last place is served")
            with Client(gw) as late:
                answer = late.ask(b"status")
                check("too many" in (answer or {}).get("error", ""), f"one too many is told {answer}")
                check_equal(late.line(), None, "what follows a refusal")
        gw.wait_for(lambda: is_served(gw), "a place that was given back is somebody else's")
        for client, first in zip(idle, firsts):
            sequences = [first]
            while sequences[-1] < last:
                sequences.append(sequence_of(client.line()))
            check_equal(sequences, list(range(sequences[0], sequences[-1] + 1)), "a tail's records")
            check(len(sequences) > 800, f"a tail of {len(sequences)} records")


def read_until(client, words):
    """Reads a tail up to the record with these words; what ends before is an error."""
    line = b""
    while words not in line:
        line = client.line()
        check(line is not None, f"the tail ended before {words}")


def test_idle():
    """Who neither reads nor writes keeps no place that others want, and is told so; a tail that is
    read stays, whoever comes"""
    with gateway(idle="200ms") as gw, contextlib.ExitStack() as stack:
        gw.start()
        gw.receive("<14>idle: before", by="tcp")
        reader = stack.enter_context(Client(gw))
        reader.send(b"tail 1\n")
        unread = stack.enter_context(Client(gw))
        unread.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        begin_tail(unread)
        gw.receive(*(f"<14>idle: message {i} {'x' * 400}" for i in range(800)), by="tcp")
        read_until(reader, b"idle: message 799 ")
        silent = [stack.enter_context(Client(gw)) for _ in range(CLIENTS_MAX - 2)]
        late = [stack.enter_context(Client(gw)) for _ in range(CLIENTS_MAX - 1)]
        for i, client in enumerate(late):

            def is_in(i=i):
                answer = late[i].ask(b"status")
                if "counters" in (answer or {}):
                    return True
                check("too many" in (answer or {}).get("error", ""), f"the answer is {answer}")
                late[i].socket.close()
                late[i] = stack.enter_context(Client(gw))
                return False

            gw.wait_for(is_in, f"number {i + 1} of {len(late)} has a place")
        for client in silent:
            check("idle" in client.answer()["error"], "the silent ones are told")
            check_equal(client.line(), None, "what follows")
        lines = 0
        while unread.line() is not None:
            lines += 1
        check(lines < 800, f"the unread tail was given {lines} records")
        gw.receive("<14>idle: after", by="tcp")
        read_until(reader, b"idle: after")


def test_long_answer_unread():
    """Who stops reading within a long answer is closed in the end, so that no picture of all states
    is held for him; who reads it slowly has all of it"""
    sites = "".join(f'<site id="s{i}"/>' for i in range(SITES))
    own = '<gateway id="gw-test" site="default" control-idle="2s"/>'
    with Gateway("clients", sections={"gateway": own}, extra=sites) as gw, \
            contextlib.ExitStack() as stack:
        gw.start()
        gw.wait_for(lambda: len(gw.status()["kpis"]) > SITES, "the states of all sites")
        stopped, slow = [stack.enter_context(Client(gw)) for _ in range(2)]
        for client in (stopped, slow):
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.send(b"status\n")

        def is_closed():
            if not slow.seen.endswith(b"\n"):
                slow.seen += slow.socket.recv(1 << 16)  # goes on, if no faster than this
            return "a client that does not read its answer is closed" in gw.log_text()

        gw.wait_for(is_closed, "who does not read is closed")
        check_equal(stopped.line(), None, "the answer of who did not read has no end")
        check(len(stopped.seen) > 1000, f"it began: {len(stopped.seen)} bytes")
        check(len(slow.answer()["kpis"]) > SITES, "who reads slowly has all")


def test_idle_default():
    """Without a word in the configuration it takes longer than this test: the reason is told"""
    with Gateway("clients") as gw, contextlib.ExitStack() as stack:
        gw.start()
        for _ in range(CLIENTS_MAX):
            stack.enter_context(Client(gw))
        with Client(gw) as late:
            answer = late.answer()
            check("too many" in answer["error"] and "control-idle" in answer["error"], answer)
            check_equal(late.line(), None, "what follows a refusal")


def cpu_seconds(gw):
    with open(f"/proc/{gw.process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_no_descriptor():
    """Without a descriptor for who comes it waits, not spins; and serves him when there is one"""
    with gateway() as gw:
        gw.start()
        check(is_served(gw), "before")
        limits = resource.prlimit(gw.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(gw.process.pid, resource.RLIMIT_NOFILE, (3, limits[1]))
        with Client(gw) as client:
            client.send(b"status\n")
            began, used = time.monotonic(), cpu_seconds(gw)
            while time.monotonic() - began < 3 and cpu_seconds(gw) - used < 0.5:
                time.sleep(0.05)
            used = cpu_seconds(gw) - used
            resource.prlimit(gw.process.pid, resource.RLIMIT_NOFILE, limits)
            check("counters" in client.answer(), "the answer, when a descriptor is free")
        check(used < 0.5, f"{used} s of a processor used by waiting")


def in_pieces(gw, data, step):
    """Every answer to these bytes, sent so many at a time; then the connection is of no more use."""
    with Client(gw) as client:
        for i in range(0, len(data), step):
            client.send(data[i:i + step])
        answers = []
        for _ in range(data.count(b"\n")):
            answers.append(client.answer())
            if answers[-1] is None:
                break
        return answers


def test_length():
    """A request is as long as promised or refused with the reason, however its bytes arrive"""
    with gateway() as gw:
        gw.start()
        for step in (1, 7, 1000, 1 << 20):
            fits = in_pieces(gw, b"alerts".ljust(REQUEST_MAX) + b"\n", step)
            check("alerts" in fits[0], f"{REQUEST_MAX} bytes, {step} at a time: {fits}")
            for n in (REQUEST_MAX + 1, 1500, 5000):
                answers = in_pieces(gw, b"alerts\n" + b"alerts".ljust(n) + b"\nalerts\n", step)
                check("alerts" in answers[0], f"before {n} bytes, {step} at a time: {answers}")
                check("1024" in (answers[1] or {}).get("error", ""),
                      f"{n} bytes, {step} at a time: {answers}")
                check_equal(answers[2:], [None], f"after {n} bytes, {step} at a time")


def test_hostile_bytes():
    """Whatever the bytes are: an error a line, and the next request is answered"""
    with gateway() as gw:
        gw.start()
        draw = random.Random(20261128)
        lines = [b"", b" ", b"\0", b"status\0", b"STATUS", b"\xff\xfe", b"tail x", b"tail -1",
                 b"tail 1 everything", b"tail 1 all all", b"tail 99999999999999999999999", b"ack",
                 b"ack\t1\tname", b"%s%n%s", b"\x1b[2J", b"{\"ask\":\"status\"}", b"GET / HTTP/1.1"]
        for _ in range(200):
            noise = bytes(draw.randrange(256) for _ in range(draw.randrange(1, REQUEST_MAX)))
            lines.append(noise.replace(b"\n", b"\r"))
        with Client(gw) as client:
            for line in lines:
                answer = client.ask(line)
                check_equal(list(answer or {}), ["error"], f"answer to {line!r}")
            check("counters" in client.ask(b"status"), "the request after all that")


main(test_unread_answers, test_full_house, test_idle, test_long_answer_unread,
     test_idle_default, test_no_descriptor, test_length, test_hostile_bytes)
