#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""R18: 10,000 requests a second with a wrong HMAC: each is counted, an honest poller is answered as
before and by his own name still; and what is recorded is answered for 150 seconds at most.

2 seconds; EOG_LONG=1: 60, and the poller's p99 is judged."""
import multiprocessing
import socket
import time

import ber
import namespace
from asker import Asker
from harness import IS_LONG, Gateway, check, check_equal, main, say
from usm import PASSPHRASE, Sessions, Source

ATTACKER, HONEST = "192.0.2.2", "192.0.2.1"
RATE, SECONDS = 10000, 60 if IS_LONG else 2
TOO_BIG = 1
WRONG_DIGESTS, NOT_IN_TIME = "1.3.6.1.6.3.15.1.1.5.0", "1.3.6.1.6.3.15.1.1.2.0"
SLOWEST_MS = 5  # below it twice as slow means nothing


def gateway():
    gw = Gateway("usm", files={"auth": PASSPHRASE.decode() + "\n"},
                 extra='<user name="nms" auth="SHA-256" auth-file="auth"/>')
    port = gw.port["agent"]
    gw.sections["agent"] = f'<agent address="udp:127.0.0.1:{port},udp:{HONEST}:{port}"/>'
    gw.write_config()
    return gw


def dropped(port):
    """Datagrams that the kernel had no room for."""
    with open("/proc/net/udp") as table:
        return sum(int(row.split()[-1]) for row in table if row.split()[1].endswith(f":{port:04X}"))


def attack(port, engine, count, is_under_way):
    """Each with a digest of its own; answers are not read. In a process of its own."""
    with Source(ATTACKER, HONEST, port) as source:
        forger = Sessions(source)
        begun = time.monotonic()
        while count.value < RATE * SECONDS:
            due = int((time.monotonic() - begun) * RATE)
            for n in range(count.value, min(due, RATE * SECONDS)):
                source.socket.send(forger.message(*engine, n.to_bytes(24, "big")))
                count.value += 1
            is_under_way.set()
            time.sleep(0.001)


def polls(sessions, engine, is_over):
    """How long each poll took in ms, sorted; every one is answered."""
    took = []
    while not is_over():
        begun = time.monotonic()
        sessions.get((*engine[:2], engine[2] + int(sum(took) / 1000)))
        took.append((time.monotonic() - begun) * 1000)
        time.sleep(0.002)
    return sorted(took)


def p99(took):
    return took[int(len(took) * 0.99)]


def under_attack(gw, sessions, engine, asker):
    port = gw.port["agent"]
    before, count = asker.get(WRONG_DIGESTS)[1], multiprocessing.Value("q", 0)
    is_under_way = multiprocessing.Event()
    process = multiprocessing.Process(target=attack, args=(port, engine, count, is_under_way))
    process.start()
    begun = time.monotonic()
    try:
        check(is_under_way.wait(20), "the attack does not begin")
        took = polls(sessions, engine, lambda: not process.is_alive())
    finally:
        process.kill()
        process.join()
    check_equal(count.value, RATE * SECONDS, "requests of the attacker")
    rate = count.value / (time.monotonic() - begun)
    gw.wait_for(lambda: asker.get(WRONG_DIGESTS)[1] - before + dropped(port) == count.value,
                "each wrong digest is counted, or by the kernel as dropped")
    return took, rate


def test_flood():
    """10,000 wrong HMACs a second: each is counted, the honest poller is answered as before"""
    with gateway() as gw, Source(HONEST, HONEST, gw.port["agent"]) as source, Asker(gw) as asker:
        gw.start()
        sessions = Sessions(source)
        engine, until = sessions.discover(), time.monotonic() + (5 if IS_LONG else 0.5)
        calm = polls(sessions, engine, lambda: time.monotonic() > until)
        took, rate = under_attack(gw, sessions, sessions.discover(), asker)
        say(f"      {rate:.0f} wrong HMACs a second, {dropped(gw.port['agent'])} dropped by the kernel;"
            f" {len(took)} polls, p99 {p99(took):.2f} ms, before {p99(calm):.2f} ms")
        check(len(took) > 20, f"{len(took)} polls")
        if IS_LONG:
            check(p99(took) <= max(2 * p99(calm), SLOWEST_MS), "the poller has to wait")
        sessions.get()  # nobody is locked out


def test_window():
    """A request of a time 200 seconds off, or of other boots, gets a report and is counted"""
    with gateway() as gw, Source(HONEST, HONEST, gw.port["agent"]) as source, Asker(gw) as asker:
        gw.start()
        sessions = Sessions(source)
        gw.wait_for(lambda: sessions.discover()[2] >= 2, "the engine's time is not its first")
        engine, boots, seconds = sessions.discover()
        sessions.get((engine, boots, seconds))
        for boots_off, off in ((0, 200), (-1, 0), (1, 0)):
            before = asker.get(NOT_IN_TIME)[1]
            answer = source.ask(sessions.signed((engine, boots + boots_off, seconds + off)))
            check(bytes.fromhex("2b060106030f010102") in answer, f"no report: {answer.hex()}")
            check_equal(asker.get(NOT_IN_TIME)[1], before + 1, f"counted with {boots_off}, {off}")
        sessions.get()


def pdu_of(answer):
    """(tag, request id, error-status, varbinds) of a message of version 3 in the clear."""
    _, body, _ = ber.take(answer)
    for _ in range(3):  # version, header, security parameters
        _, _, body = ber.take(body)
    _, scoped, _ = ber.take(body)
    for _ in range(2):  # whose engine, which context
        _, _, scoped = ber.take(scoped)
    return ber.read_pdu(ber.message(1, "", scoped))


def over_tcp(port):
    def ask(data):
        with socket.create_connection((HONEST, port), timeout=20) as stream:
            stream.sendall(data)
            return stream.recv(65535)
    return ask


def test_small_messages():
    """Who takes no more than 484 octets gets as many rows as those hold, or tooBig (RFC 3416)"""
    with gateway() as gw, Source(HONEST, HONEST, gw.port["agent"]) as source:
        gw.sections["agent"] = gw.sections["agent"].replace('"/>', f',tcp:{HONEST}:{gw.port["sink"]}"/>')
        gw.write_config()
        gw.start()
        sessions = Sessions(source)
        advice = [f'{gw.oids["eogKpiSummaryAdvice"]}.{n}' for n in range(1, 7)]
        for way, ask in (("UDP", source.ask), ("TCP", over_tcp(gw.port["sink"]))):
            for size in (484, 700, 1400):
                answer = ask(sessions.signed(sessions.discover(), names=[gw.oids["eogKpiSummaryTable"]],
                                             tag=ber.GETBULK, counts=(0, 50), max_size=size))
                what = f"GETBULK by {way}, at most {size} octets"
                check(0 < len(answer) <= size, f"{what}: {len(answer)}")
                tag, _, error, rows = pdu_of(answer)
                check_equal((tag, error), (ber.RESPONSE, 0), what)
                check(size > 484 or len(rows) >= 2, f"{what}: {len(rows)} rows")
                check(len(answer) > size / 2 or len(rows) == 50, f"{what}: {len(answer)} octets, room is wasted")
            answer = ask(sessions.signed(sessions.discover(), names=advice, max_size=484))
            check_equal(pdu_of(answer)[2:], (TOO_BIG, []), f"GET of too much by {way}")


namespace.enter(HONEST, ATTACKER)
main(test_flood, test_window, test_small_messages)
