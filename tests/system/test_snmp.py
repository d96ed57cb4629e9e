#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent from outside: who may read and how, version 3 over restarts, what is refused and counted,
and requests that no manager sends."""
import contextlib
import os
import socket
import subprocess
import tempfile
import threading

import ber
import mib
from asker import NO_ACCESS, NO_ERROR, NO_SUCH_NAME, ROOT, Asker, arcs, dotted, feed, gateway
from harness import PATIENCE_S, Sink, check, check_equal, free_port, main, run, tool, wait_for

MODULE = mib.Module()
DATAGRAM_MAX = 1472  # an Ethernet frame's over IPv4
TOO_BIG = 1
IN_PACKETS, BAD_VERSIONS, PARSE_ERRORS = (f"1.3.6.1.2.1.11.{n}.0" for n in (1, 3, 6))
BAD_COMMUNITIES, WRONG_DIGESTS = "1.3.6.1.2.1.11.4.0", "1.3.6.1.6.3.15.1.1.5.0"
UNKNOWN_CONTEXTS = "1.3.6.1.6.3.12.1.5.0"
UNKNOWN_USERS, ENGINE_ID = "1.3.6.1.6.3.15.1.1.3.0", "1.3.6.1.6.3.10.2.1.1.0"
ENGINE_BOOTS, SYS_DESCR = "1.3.6.1.6.3.10.2.1.2.0", "1.3.6.1.2.1.1.1.0"

# ---- who may read, and how ----

USER = '<user name="nms" auth="SHA-256" auth-file="auth" privacy="AES-128" privacy-file="privacy"/>'
FILES = {"auth": "authentication\n", "privacy": "privacy words\n"}


def get_v3(
    gw,
    name,
    auth="authentication",
    privacy="privacy words",
    user="nms",
    level="authPriv",
    context="",
    port=None,
):
    """snmpget by version 3; (exit code, output)."""
    command = [
        tool("snmpget"),
        "-v3",
        "-l",
        level,
        "-u",
        user,
        "-n",
        context,
        "-m",
        "",
        "-On",
        "-r",
        "0",
        "-t",
        "1",
    ]
    command += ["-a", "SHA-256", "-A", auth, "-x", "AES", "-X", privacy]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [*command, f"127.0.0.1:{port or gw.port['agent']}", name],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "SNMP_PERSISTENT_DIR": folder, "SNMPCONFPATH": folder},
            check=False,
        )
    return done.returncode, done.stdout.decode(errors="replace")


def test_version_3():
    """Version 3, SHA-256 and AES: the right keys read; wrong ones are refused and counted"""
    with gateway(extra=USER, files=FILES) as gw, Asker(gw) as asker:
        gw.start()
        name = gw.oids["eogGatewayName"] + ".0"
        code, text = get_v3(gw, name)
        check(code == 0 and "gw-test" in text, f"the right keys: {code} {text}")
        for count, words, wrong in (
            (WRONG_DIGESTS, "Authentication failure", {"auth": "wrong words"}),
            (UNKNOWN_USERS, "Unknown user", {"user": "eve"}),
            (UNKNOWN_CONTEXTS, "Timeout", {"context": "bridge1"}),
            (None, "Timeout", {"privacy": "wrong words"}),
            (None, "authorizationError", {"level": "authNoPriv"}),
            # A user that has keys is none without them.
            (None, "authorizationError", {"level": "noAuthNoPriv"}),
        ):
            before = asker.get(count)[1] if count else 0
            code, text = get_v3(gw, name, **wrong)
            check(code != 0 and words.lower() in text.lower(), f"{wrong}: {code} {text}")
            check("gw-test" not in text, f"{wrong} were answered: {text}")
            if count:
                check_equal(asker.get(count)[1], before + 1, f"counted of {wrong}")
        check_equal(get_v3(gw, name)[0], 0, "exit code with the right keys afterwards")


def test_passphrase_changes():
    """A changed passphrase is the only one that counts, a removed user is gone: no key is kept"""
    with gateway(extra=USER, files=FILES) as gw:
        gw.start()
        name = gw.oids["eogGatewayName"] + ".0"
        check_equal(get_v3(gw, name)[0], 0, "exit code with the first passphrase")
        gw.write_file("auth", "another phrase\n")
        gw.reload()
        gw.wait_for(lambda: get_v3(gw, name, auth="another phrase")[0] == 0, "the new one counts")
        check(get_v3(gw, name)[0] != 0, "the old passphrase still counts")
        gw.extra = '<inventory file="inventory.csv"/>'
        gw.write_config()
        gw.stop()
        gw.start()
        check(
            "Unknown user" in get_v3(gw, name, auth="another phrase")[1], "the user is still there"
        )
        for folder, _, names in os.walk(gw.state):
            for file in names:
                if not os.path.isfile(os.path.join(folder, file)):
                    continue
                with open(os.path.join(folder, file), "rb") as kept:
                    check(b"another phrase" not in kept.read(), f"a passphrase is in {file}")


def test_boots():
    """engineBoots grows over kill -9, over a stop and over a start that fails; the id stays"""
    with gateway(extra=USER, files=FILES) as gw:
        seen = []

        def look():
            gw.start()
            with Asker(gw) as asker:
                seen.append((asker.get(ENGINE_ID)[1], asker.get(ENGINE_BOOTS)[1]))
            check_equal(get_v3(gw, SYS_DESCR)[0], 0, "exit code of a version 3 GET")

        for _ in range(2):
            look()
            gw.kill()
        look()
        gw.stop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", gw.port["agent"]))
            gw.start(is_ready=False)
            check(gw.process.wait(PATIENCE_S) != 0, "eogd started on an address in use")
        look()
        check_equal({engine for engine, _ in seen}, {seen[0][0]}, "engine ids")
        boots = [boots for _, boots in seen]
        check_equal(boots[:3], [1, 2, 3], "engineBoots over two kills and a stop")
        check(boots[3] > 3, f"engineBoots {boots[3]} after a start that failed")


def test_replay():
    """A version 3 request recorded before a restart is not answered after it (RFC 3414 2.2.2)"""
    with gateway(extra=USER, files=FILES) as gw:
        gw.start()
        recorded = record_v3(gw)
        with Asker(gw) as asker:
            check(recorded, "nothing was recorded")
            answers = [asker.send(data) for data in recorded]
            check(any(answers), "the recording is not answered even now")
            authenticated = recorded[-1]
            check(len(asker.send(authenticated)) > 150, "the last one is no answered GET")
        gw.kill()
        gw.start()
        with Asker(gw) as asker:
            late = "1.3.6.1.6.3.15.1.1.2.0"
            before = asker.get(late)[1]
            asker.send(authenticated, 0.5)
            check_equal(asker.get(late)[1], before + 1, "counted as outside the time window")


def record_v3(gw):
    """The datagrams of one snmpget, by way of a relay."""
    recorded, is_done = [], threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as relay, Asker(gw) as agent:
        relay.bind(("127.0.0.1", 0))
        relay.settimeout(0.1)

        def carry():
            while not is_done.is_set():
                try:
                    data, peer = relay.recvfrom(65535)
                except socket.timeout:
                    continue
                recorded.append(data)
                relay.sendto(agent.send(data), peer)

        thread = threading.Thread(target=carry)
        thread.start()
        try:
            code, text = get_v3(gw, SYS_DESCR, port=relay.getsockname()[1])
            check_equal(code, 0, f"exit code by way of the relay: {text}")
        finally:
            is_done.set()
            thread.join()
    return recorded


def test_community():
    """A wrong community is answered by silence and counted, in both versions; so is a SET by it"""
    with gateway() as gw:
        gw.start()
        name = gw.oids["eogGatewayName"] + ".0"
        with Asker(gw) as asker:
            for wrong in ("private", "", "Public", "public ", "public\0", "p" * 255, "publi"):
                for version in (0, 1):
                    before = asker.get(BAD_COMMUNITIES)[1]
                    null = [(name, ber.wrap(ber.NULL, b""))]
                    for tag in (ber.GET, ber.SET):
                        data = ber.request(tag, null, community=wrong, version=version)
                        check(asker.send(data, 0.1) is None, f"community {wrong!r} was answered")
                    check_equal(asker.get(BAD_COMMUNITIES)[1], before + 2, "bad communities")


def test_source():
    """A community bound to a network is silence from elsewhere"""
    with gateway(sections={"community": '<community name="public" source="127.0.0.2/32"/>'}) as gw:
        gw.start(is_ready=True)
        data = ber.request(ber.GET, [(SYS_DESCR, ber.wrap(ber.NULL, b""))])
        for source, is_answered in (("127.0.0.1", False), ("127.0.0.2", True)):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
                asker.bind((source, 0))
                asker.settimeout(5 if is_answered else 0.3)
                asker.sendto(data, ("127.0.0.1", gw.port["agent"]))
                try:
                    answer = asker.recv(65535)
                except socket.timeout:
                    answer = None
                check_equal(answer is not None, is_answered, f"an answer to {source}")


def test_set():
    """SET is refused: noAccess, in version 1 noSuchName; nothing changes"""
    with gateway() as gw:
        gw.start()
        for version, expected in ((0, NO_SUCH_NAME), (1, NO_ACCESS)):
            with Asker(gw, version) as asker:
                for name in (
                    gw.oids["eogGatewayName"] + ".0",
                    gw.oids["eogKpiState"] + ".11.1.97",
                    "1.3.6.1.2.1.1.5.0",
                    "1.3.6.1.2.1.11.30.0",
                    dotted(ROOT),
                    "1.3.6.1.4.1.1.1.0",
                ):
                    error, _ = asker.ask(ber.SET, name, value=ber.octets("changed"))
                    check_equal(error, expected, f"error of SET {name}, version {version}")
        check_equal(gw.get("eogGatewayName"), "gw-test", "the name")
        check(
            "noAccess" in run_any(gw, "snmpset", gw.oids["eogGatewayName"] + ".0", "s", "x"),
            "snmpset does not say noAccess",
        )


def run_any(gw, command, *arguments):
    done = subprocess.run(
        [
            tool(command),
            "-v2c",
            "-c",
            "public",
            "-m",
            "",
            f"127.0.0.1:{gw.port['agent']}",
            *arguments,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.stdout.decode(errors="replace")


# ---- requests that no manager sends ----


def test_long_names():
    """Names of 128 arcs are answered, longer ones dropped and counted; the largest arcs are right"""
    with gateway() as gw:
        gw.start()
        feed(gw)
        with Asker(gw) as asker:
            whole = [name for name, _, _ in asker.walk(ROOT)]
            state = ROOT + MODULE.objects["eogKpiState"].oid
            for start in (ROOT, state, state + (11,), state + (11, 7), whole[0], whole[-1]):
                for arc in (0, 1, 255, 2**31, 2**32 - 1):
                    name = start + (arc,) * (128 - len(start))
                    tag, _ = asker.get(dotted(name))
                    check(tag in (ber.NO_SUCH_OBJECT, ber.NO_SUCH_INSTANCE), f"{name}: {tag:#x}")
                    error, (pair,) = asker.ask(ber.GETNEXT, dotted(name))
                    check_equal(error, NO_ERROR, f"error of GETNEXT {name}")
                    following = next((n for n in whole if n > name), None)
                    if following:
                        check_equal(pair[0], dotted(following), f"what follows {name}")
                    else:
                        check(arcs(pair[0]) > ROOT + (2**32 - 1,), f"{pair[0]} follows {name}")
            refused = int(gw.get("eogTrafficAgentRefused"))
            for length in (129, 200, 1000):
                null = ber.wrap(ber.NULL, b"")
                data = ber.request(ber.GET, [(dotted(ROOT + (1,) * (length - len(ROOT))), null)])
                check(asker.send(data, 0.2) is None, f"a name of {length} arcs was answered")
            check_equal(int(gw.get("eogTrafficAgentRefused")), refused + 3, "messages refused")


def test_bulk():
    """GETBULK with repetitions beyond all measure: one bounded answer, the beginning of the walk"""
    with gateway() as gw:
        gw.start()
        feed(gw)
        with Asker(gw) as asker:
            whole = [dotted(name) for name, _, _ in asker.walk(ROOT)]
            for repetitions in (51, 1000, 2**31 - 1):
                error, found = asker.ask(ber.GETBULK, dotted(ROOT), counts=(0, repetitions))
                check_equal(error, NO_ERROR, f"error of GETBULK({repetitions})")
                check(1 <= len(found) <= 2000, f"{len(found)} rows in one answer")
                check_equal([p[0] for p in found], whole[: len(found)], "names")
            columns = [dotted(ROOT + d.oid) for d in MODULE.objects.values() if len(d.oid) == 4]
            error, found = asker.ask(ber.GETBULK, *columns, counts=(0, 2**31 - 1))
            check(error == NO_ERROR and len(found) <= 2000, f"{len(found)} rows of all columns")
            check(asker.size <= DATAGRAM_MAX, f"an answer of {asker.size} octets")
            # More non-repeaters than names: each once (RFC 3416 section 4.2.3). Negative: none. Who asks
            # for nothing at all is told the next of each: Zabbix 6.0 would ask again for ever.
            for counts, expected in (
                ((2**31 - 1, 5), 2),
                ((-5, 1), 2),
                ((1, 0), 1),
                ((2, -7), 2),
                ((0, -7), 2),
                ((0, 0), 2),
                ((-3, 0), 2),
            ):
                error, found = asker.ask(ber.GETBULK, columns[1], columns[2], counts=counts)
                check_equal((error, len(found)), (NO_ERROR, expected), f"GETBULK{counts}")
            # Behind the end: endOfMibView, and not for ever.
            error, found = asker.ask(ber.GETBULK, "2.999", counts=(0, 2**31 - 1))
            check(error == NO_ERROR and 1 <= len(found) <= 50, f"{len(found)} ends of view")
            check_equal({tag for _, tag, _ in found}, {ber.END_OF_MIB_VIEW}, "behind the end")
            # 4096 names are the most that is let through.
            null = ber.wrap(ber.NULL, b"")
            data = ber.request(ber.GETBULK, [("1.3", null)] * 4096, counts=(0, 2**31 - 1))
            check(len(data) < 65507, "the request does not fit a datagram")
            asker.send(data)
            check_equal(asker.get(gw.oids["eogGatewayName"] + ".0")[1], b"gw-test", "afterwards")


def test_size():
    """No answer by datagram is larger than a frame: GETBULK gives what fits, others say tooBig"""
    port = free_port()
    both = '<agent mode="standalone" address="udp:127.0.0.1:{},tcp:127.0.0.1:{}"/>'
    with gateway(extra=USER, files=FILES) as gw:
        gw.sections["agent"] = both.format(gw.port["agent"], port)
        gw.write_config()
        gw.start()
        feed(gw)
        null = ber.wrap(ber.NULL, b"")
        with Asker(gw) as asker, Asker(gw, 0) as first:
            whole = [dotted(name) for name, _, _ in asker.walk(ROOT)]
            sizes = []
            for at in range(0, len(whole), 13):
                error, found = asker.ask(ber.GETBULK, whole[at], counts=(0, 50))
                expected = whole[at + 1 : at + 1 + len(found)]  # behind it other groups come
                names = [name for name, _, _ in found][: len(expected)]
                check_equal((error, names), (NO_ERROR, expected), f"GETBULK after {whole[at]}")
                sizes.append(asker.size)
            check(max(sizes) <= DATAGRAM_MAX, f"an answer of {max(sizes)} octets")
            check(max(sizes) > DATAGRAM_MAX * 3 / 4, f"{max(sizes)} octets: room is wasted")
            text = gw.oids["eogKpiSummaryAdvice"]
            long_ones = [f"{text}.{i}" for i in range(1, 29)]
            for one, version in ((asker, 1), (first, 0)):
                for tag, names in ((ber.GET, long_ones), (ber.GETNEXT, long_ones)):
                    error, found = one.ask(tag, *names)
                    check_equal((error, found), (TOO_BIG, []), f"{tag:#x} by version {version}")
                    error, found = one.ask(tag, *names[:4])
                    check_equal((error, len(found)), (NO_ERROR, 4), "fewer names")
                    check(one.size <= DATAGRAM_MAX, f"an answer of {one.size} octets")
        # A stream is nobody else's: there all 50 come.
        with connect(port) as stream:
            stream.sendall(ber.request(ber.GETBULK, [(dotted(ROOT), null)], 7, counts=(0, 50)))
            check_equal(len(ber.read_pdu(read_message(stream))[3]), 50, "rows over TCP")
        # By version 3, where all of the message counts; seen by a relay in between.
        command = [tool("snmpbulkwalk"), "-v3", "-l", "authPriv", "-u", "nms", "-a", "SHA-256",
                   "-A", "authentication", "-x", "AES", "-X", "privacy words", "-m", "", "-On",
                   "-Cr50", "-r", "1"]
        rows, largest = relayed(gw, command, dotted(ROOT))
        check_equal(rows, len(whole), "rows by version 3")
        check(DATAGRAM_MAX * 3 / 4 < largest <= DATAGRAM_MAX, f"an answer of {largest} octets")


def relayed(gw, command, top):
    """Lines of a walk by way of a relay, and the octets of the largest answer."""
    sizes, is_done = [], threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as relay, Asker(gw) as agent:
        relay.bind(("127.0.0.1", 0))
        relay.settimeout(0.1)

        def carry():
            while not is_done.is_set():
                with contextlib.suppress(socket.timeout):
                    data, peer = relay.recvfrom(65535)
                    answer = agent.send(data)
                    sizes.append(len(answer))
                    relay.sendto(answer, peer)

        thread = threading.Thread(target=carry)
        thread.start()
        try:
            with tempfile.TemporaryDirectory() as folder:
                text = run([*command, f"127.0.0.1:{relay.getsockname()[1]}", top],
                           env={"SNMP_PERSISTENT_DIR": folder, "SNMPCONFPATH": folder})
        finally:
            is_done.set()
            thread.join()
    return sum(line.startswith(f".{top}.") for line in text.splitlines()), max(sizes)


def counters(asker):
    """snmpInPkts, snmpInASNParseErrs and snmpInBadVersions (RFC 3418)."""
    return tuple(asker.get(name)[1] for name in (IN_PACKETS, PARSE_ERRORS, BAD_VERSIONS))


def test_garbage():
    """Datagrams that are no requests are counted or ignored, and the next request is answered"""
    with gateway() as gw:
        gw.start()
        good = ber.request(ber.GET, [(SYS_DESCR, ber.wrap(ber.NULL, b""))])
        with Asker(gw) as asker:
            check(asker.send(good), "a good request is not answered")
            refused = int(gw.get("eogTrafficAgentRefused"))
            packets, errors, versions = counters(asker)
            for n in range(len(good)):
                check(asker.send(good[:n], 0.005) is None, f"{n} octets of a request were answered")
            wait_for(
                lambda: int(gw.get("eogTrafficAgentRefused")) == refused + len(good),
                "each cut request is counted",
            )
            now = counters(asker)
            check(now[0] >= packets + len(good), f"snmpInPkts {now[0]}, before {packets}")
            check_equal(now[1:], (errors + len(good), versions), "snmpInASNParseErrs, snmpInBadVersions")
            for kind in (ber.RESPONSE, ber.TRAP_V2, ber.INFORM, 0xA8, 0xAF):
                asker.send(ber.request(kind, [(SYS_DESCR, ber.wrap(ber.NULL, b""))]), 0.02)
            for version in (2, 4, -1, 2**31 - 1):
                asker.send(
                    ber.request(ber.GET, [(SYS_DESCR, ber.wrap(ber.NULL, b""))], version=version),
                    0.02,
                )
        with Asker(gw) as asker:
            check(asker.send(good), "a good request is not answered any more")
            check_equal(counters(asker)[2], versions + 4, "snmpInBadVersions")
        check(gw.is_alive(), "eogd ended")


# ---- over a stream ----


def read_message(stream):
    """One whole message from a stream; None at its end."""
    data = b""
    while True:
        try:
            tag, content, rest = ber.take(data)
            check(not rest, f"{len(rest)} octets behind an answer")
            return ber.wrap(tag, content)
        except (IndexError, ValueError):
            pass
        try:
            more = stream.recv(65535)
        except ConnectionError:
            return None
        if not more:
            return None
        data += more


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def asked(stream, number=1):
    """sysDescr over a stream; the whole answer, or None when the stream ended."""
    stream.sendall(ber.request(ber.GET, [(SYS_DESCR, ber.wrap(ber.NULL, b""))], number))
    return read_message(stream)


def test_stream():
    """TCP: requests in pieces and in a row; what is no SNMP ends its connection and no other"""
    port = free_port()
    null = ber.wrap(ber.NULL, b"")
    both = '<agent mode="standalone" address="udp:127.0.0.1:{},tcp:127.0.0.1:{}"/>'
    with gateway() as gw:
        gw.sections["agent"] = both.format(gw.port["agent"], port)
        gw.write_config()
        gw.start()
        with connect(port) as steady:
            check(asked(steady), "no answer over TCP")
            with connect(port) as stream:
                request = ber.request(ber.GET, [(SYS_DESCR, null)], 2)
                for i in range(len(request)):
                    stream.sendall(request[i : i + 1])
                check_equal(ber.read_pdu(read_message(stream))[1], 2, "octet by octet")
                stream.sendall(
                    b"".join(ber.request(ber.GET, [(SYS_DESCR, null)], n) for n in (3, 4))
                )
                first = stream.recv(65535)
                while first.count(b"eog-gateway") < 2:
                    more = stream.recv(65535)
                    check(more, "two requests at once: the stream ended")
                    first += more
            refused = int(gw.get("eogTrafficAgentRefused"))
            for n, garbage in enumerate(
                (
                    b"GET / HTTP/1.0\r\n\r\n",
                    b"\x30\x80\x00\x00",  # indefinite length
                    b"\x30\x84\x7f\xff\xff\xff",
                    b"\x30\x83\x01\x00\x01",  # one more than the longest
                    b"\x30\x03\x02\x01\x01",  # whole, and no message
                ),
                1,
            ):
                with connect(port) as stream:
                    stream.sendall(garbage)
                    check_equal(read_message(stream), None, f"answer to {garbage!r}")
                check_equal(
                    int(gw.get("eogTrafficAgentRefused")), refused + n, f"{garbage!r} counted"
                )
            check(asked(steady, 5), "another connection was ended too")


def test_many_streams():
    """TCP: idle connections beyond the bound make room for new ones; UDP is answered meanwhile"""
    port = free_port()
    null = ber.wrap(ber.NULL, b"")
    both = '<agent mode="standalone" address="udp:127.0.0.1:{},tcp:127.0.0.1:{}"/>'
    with gateway() as gw:
        gw.sections["agent"] = both.format(gw.port["agent"], port)
        gw.write_config()
        gw.start()
        idle = []
        with contextlib.ExitStack() as stack:
            for number in range(80):
                # Answered at once, whatever else is open: the one idle longest makes room.
                stream = stack.enter_context(connect(port))
                check(asked(stream, number), f"connection {number} is not answered")
                idle.append(stream)
            check_equal(idle[0].recv(1), b"", "what the oldest connection reads")
            check(asked(idle[-1]), "the newest connection was cut")
            check(asked(idle[-32]), "one within the bound was cut")
            # One that asks for much and reads nothing is cut, and holds up nobody.
            refused = int(gw.get("eogTrafficAgentRefused"))
            deaf = stack.enter_context(socket.socket())
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.settimeout(0.2)
            deaf.connect(("127.0.0.1", port))
            request = ber.request(ber.GETBULK, [(dotted(ROOT), null)], counts=(0, 50))
            with contextlib.suppress(OSError):  # it is cut, or its own buffer is full
                for _ in range(5000):
                    deaf.sendall(request)
            with Asker(gw) as asker:
                asker.get(SYS_DESCR)
            check(asked(idle[-1]), "no answer beside a connection that does not read")
            # It, and the one that made room for it.
            gw.wait_for(
                lambda: int(gw.get("eogTrafficAgentRefused")) == refused + 2, "it is cut, once"
            )


def test_dead_sink():
    """A sink where nobody listens delays no other sink; both are counted for each notification"""
    dead = free_port()
    with gateway(extra=f'<sink address="127.0.0.1:{dead}" community="public"/>') as gw, Sink(
        gw
    ) as sink:
        gw.start()
        feed(gw)
        sink.find("eogAlertRaised", "outbreak")
        sink.find("eogAlertRaised", "pattern-outdated", "default/osce01")
        check("bad" not in str([n for n in sink.received if "bad" in n]), "a broken notification")

        def counted():
            now = gw.status()["counters"]
            done = now["notifications_sent"] + now["notifications_failed"]
            check_equal(done, 2 * len(sink.received), "notifications counted for two sinks")
            return done

        gw.wait_for(counted, "each notification is counted for both sinks")


main(
    test_version_3,
    test_passphrase_changes,
    test_boots,
    test_replay,
    test_community,
    test_source,
    test_set,
    test_long_names,
    test_bulk,
    test_size,
    test_garbage,
    test_stream,
    test_many_streams,
    test_dead_sink,
)
