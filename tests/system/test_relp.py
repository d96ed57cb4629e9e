#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""RELP: what is acknowledged is in the journal, whatever happens to the daemon: kill -9 under load,
SIGTERM, no descriptors left; with eogctl's client, with rsyslog's omrelp.

Answers come in the order sent, so `eogctl send --relp` tells by one number which messages were
acknowledged. EOG_KILLS says how often the daemon is killed (make check-kill: 200 times).
"""
import collections
import json
import os
import random
import re
import resource
import socket
import subprocess
import tempfile
import time

import messages
from core import Rsyslog
from harness import PATIENCE_S, Failed, Gateway, check, check_equal, free_port, is_over, main, \
    program, run, say, tool

KILLS = int(os.environ.get("EOG_KILLS") or 3)
LINES = 60000 if KILLS < 100 else 8000  # a kill
FEED_WINDOW = 128
LONG_RATE = 20000  # messages a second that the long form must reach
ID = re.compile(rb"eogid=(\d{9})")
UID = re.compile(rb'"uid":"(gw-test\.[^"]+)"')


class Relp(Gateway):
    """A gateway with a RELP listener."""

    def __init__(self, name, options="", **more):
        self.relp = free_port()
        listener = f'<syslog-relp address="127.0.0.1:{self.relp}" {options}/>'
        super().__init__(name, extra=listener, **more)

    def source(self):
        rows = [row for row in self.sources()["sources"] if row["transport"] == "relp"]
        check_equal(len(rows), 1, "rows of senders by RELP")
        return rows[0]

    def sources(self):
        return json.loads(self.ctl("sources", "--json"))

    def client(self, path, *options):
        return [program("eogctl"), "send", "--relp", *options, "--to", f"127.0.0.1:{self.relp}",
                path]

    def ids(self):
        """How often each number is in the journal. The journal's tool reads it, daemon or not."""
        seen = bytearray()
        with subprocess.Popen([program("eogctl"), "journal", "cat", "--state", self.state],
                              stdout=subprocess.PIPE) as cat:
            for line in cat.stdout:
                match = ID.search(line)
                if match:
                    number = int(match.group(1))
                    if number >= len(seen):
                        seen.extend(bytes(number + 1 - len(seen) + LINES))
                    seen[number] = min(seen[number] + 1, 255)
        check_equal(cat.returncode, 0, "exit code of eogctl journal cat")
        return seen


class Session:
    """A RELP client that sends as it is told, and reads answers."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.data, self.number = b"", 0
        self.put(b"open", b"relp_version=0\nrelp_software=test\ncommands=syslog")
        check(self.get().startswith(b"1 rsp"), "the session is open")

    def put(self, command, data):
        self.number += 1
        self.socket.sendall(b"%d %s %d %s\n" % (self.number, command, len(data), data))

    def get(self):
        """The next frame; they are short, and of a data without LF but for the first."""
        while True:
            match = re.match(rb"(\d+) (\w+) (\d+)", self.data)
            end = match and match.end() + 1 + int(match.group(3))
            if match and self.data[match.end():match.end() + 1] == b" " and len(self.data) > end:
                frame, self.data = self.data[:end], self.data[end + 1:]
                return frame
            more = self.socket.recv(65536)
            check(more, "the session is closed")
            self.data += more

    def say(self, text):
        self.put(b"syslog", text.encode())
        check_equal(self.get(), b"%d rsp 6 200 OK" % self.number, "the answer")

    def close(self):
        self.socket.close()


def line(number):
    return f"<13>Nov 24 04:12:20 host app: eogid={number:09d}\n"


def write_lines(gw, begin, count):
    return gw.write_file("lines.log", "".join(line(begin + i) for i in range(count)))


def acknowledged(said):
    found = re.search(r", (\d+) acknowledged", said)
    check(found, f"eogctl send said {said!r}")
    return int(found.group(1))


def test_send():
    """eogctl send --relp: all is acknowledged, over sessions, at a rate, with a window of one"""
    with Relp("relp-send") as gw:
        gw.start()
        path = gw.write_file("lines.log", "".join(
            messages.virus("TROJ_GEN.A", f"wks-{i:03d}") + "\n" for i in range(300)))
        received = 0
        for options, count in ((("--connections", "4"), 300), (("--window", "1"), 300),
                               (("--rate", "500", "--count", "200"), 200)):
            said = run(gw.client(path, *options))
            check_equal(acknowledged(said), count, f"acknowledged with {options}")
            received += count
            check_equal(gw.counter("received"), received, "received when all is acknowledged")
        row = gw.source()
        check_equal(row["received"], received, "received of the sender by RELP")
        check(" relp " in gw.ctl("sources"), "sources name the transport")
        run([program("eogctl"), "send", "--relp", "--wait", "0.2", "--to",
             f"127.0.0.1:{gw.port['syslog']}", path], ok=(3,))  # speaks no RELP


def judge_core(gw, core, promised):
    """The core comes up; the gateway is killed once more while it drains. Each message that was
    acknowledged arrives, once after repeats are dropped by uid."""
    core.start()
    gw.start()
    goal, seen, numbers, repeats = gw.committed(), set(), collections.Counter(), 0

    def cursor():
        return gw.status()["feeds"][0]["cursor"]

    gw.wait_for(lambda: cursor() > goal // 2, "half of it is at the core", 60 + KILLS)
    gw.kill()
    gw.start()
    gw.wait_for(lambda: cursor() >= goal, "all of it is at the core", 60 + KILLS)
    with open(core.relp.path, "rb") as lines:
        for text in lines:
            uid, number = UID.search(text), ID.search(text)
            check(uid and number, f"no record: {text[:200]}")
            if uid.group(1) in seen:
                repeats += 1
            else:
                seen.add(uid.group(1))
                numbers[int(number.group(1))] += 1
    lost = [n for at, done in promised for n in range(at, at + done) if not numbers[n]]
    say(f"      at the core: {len(seen)} records, {repeats} came twice")
    check(not lost, f"{len(lost)} acknowledged messages are not at the core: {lost[:5]}")
    check_equal(max(numbers.values()), 1, "records of a message, repeats dropped by uid")
    check(repeats <= 2 * FEED_WINDOW, f"{repeats} repeats, of a window of {FEED_WINDOW}")


def test_kill():
    """kill -9 under load with the core down, again and again, then SIGTERM: each message
    acknowledged is in the journal once, and at the core when that is up"""
    chance = random.Random(os.getpid())
    promised, sending_s, hits, begin = [], 0.0, 0, 0
    with Relp("relp-kill") as gw, Rsyslog(os.path.join(gw.folder, "core")) as core:
        gw.extra += (f'<feed name="core" address="127.0.0.1:{core.relp_port}" from="oldest"'
                     f' window="{FEED_WINDOW}" kinds="gateway.untranslatable"/>')
        gw.write_config()
        gw.start()
        for turn in range(KILLS + 1):
            path, before = write_lines(gw, begin, LINES), gw.committed()
            goal = before + 1 + chance.randrange(LINES // 2)
            sender = subprocess.Popen(gw.client(path, "--window", "128", "--wait", "2"),
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            begun = time.monotonic()
            try:
                gw.wait_for(lambda: gw.committed() >= goal or sender.poll() is not None,
                            "the load is under way", 60)
                if turn < KILLS:
                    gw.kill()
                else:
                    stopping = time.monotonic()
                    gw.stop()
                    check(not is_over(stopping, 5 * max(1, PATIENCE_S / 20)), "it stops within 5 s")
                sending_s += time.monotonic() - begun
            finally:
                said = sender.communicate(timeout=60)[0]
            done = acknowledged(said)
            promised.append((begin, done))
            hits += 0 < done < LINES
            begin += LINES
            if turn < KILLS:
                gw.start()
        seen = gw.ids()
        lost = [n for at, done in promised for n in range(at, at + done)
                if n >= len(seen) or not seen[n]]
        total = sum(done for _, done in promised)
        say(f"      {total} acknowledged, {hits} of {KILLS + 1} ends in the middle of the load, "
            f"{round(total / sending_s)} acknowledged/s")
        check(not lost, f"{len(lost)} of {total} acknowledged messages are lost: {lost[:5]}")
        check_equal(sum(n > 1 for n in seen), 0, "messages that are there twice")
        check(hits > KILLS / 2, f"only {hits} ends hit the middle of the load")
        if KILLS >= 100:
            check(total / sending_s >= LONG_RATE, f"less than {LONG_RATE} acknowledged/s")
        judge_core(gw, core, promised)


# A window below the 1024 messages of a queue's batch stalls omrelp: it waits for answers to what lies
# in a corked socket, until the kernel sends it after 200 ms.
OMRELP = """
global(workDirectory="{work}")
module(load="imfile")
module(load="omrelp")
template(name="raw" type="string" string="%msg%")
input(type="imfile" file="{file}" tag="t" ruleset="r" freshStartTail="off")
ruleset(name="r") {{
    action(type="omrelp" target="127.0.0.1" port="{port}" template="raw" windowSize="{window}"
           action.resumeInterval="1" action.resumeRetryCount="-1")
}}
"""


def test_omrelp():
    """rsyslog's omrelp, the daemon killed twice under it: all messages arrive, twice at most what
    was under way"""
    count, window = 40000, 2048
    daemon = tool("rsyslogd")
    with Relp("relp-omrelp") as gw:
        gw.start()
        path, work = write_lines(gw, 0, count), os.path.join(gw.folder, "rsyslog")
        os.mkdir(work)
        config = gw.write_file("rsyslog.conf", OMRELP.format(window=window, work=work, file=path,
                                                             port=gw.relp))
        with open(os.path.join(work, "log"), "wb") as log:
            peer = subprocess.Popen([daemon, "-n", "-i", os.path.join(work, "pid"), "-f", config],
                                    stdout=log, stderr=log)
        try:
            for part in (0.2, 0.5):
                goal = gw.committed()
                gw.wait_for(lambda: gw.committed() >= max(goal + 1, part * count),
                            "omrelp's messages arrive", 60)
                gw.kill()
                gw.start()
            gw.wait_for(lambda: count_of(gw) >= count, "all messages are there", 60)
        finally:
            peer.terminate()
            peer.wait(20)
        check_equal(gw.counter("dropped_frame"), 0, "what omrelp sent is understood")
        seen = gw.ids()
        check_equal(sum(1 for n in range(count) if not seen[n]), 0, "messages that are missing")
        twice = sum(n - 1 for n in seen if n > 1)
        say(f"      {twice} of {count} came twice")
        check(twice <= 2 * window, f"{twice} came twice, {window} were under way at each kill")
        flagged = gw.ctl("journal", "cat", "--state", gw.state).count("eog.flag:resent")
        check_equal(flagged, twice, "records that say so")


IMRELP = """
module(load="imrelp")
template(name="raw" type="string" string="%rawmsg%\\n")
ruleset(name="r") {{ action(type="omfile" file="{work}/out" template="raw") }}
input(type="imrelp" port="{port}" address="127.0.0.1" ruleset="r")
"""


def test_imrelp():
    """eogctl send --relp to rsyslog's imrelp: all is acknowledged, the end is clean"""
    daemon, port = tool("rsyslogd"), free_port()
    with tempfile.TemporaryDirectory(prefix="eog-imrelp-") as work:
        paths = [os.path.join(work, name) for name in ("conf", "lines")]
        for path, text in zip(paths, (IMRELP.format(work=work, port=port),
                                      "".join(line(i) for i in range(1000)))):
            with open(path, "w") as file:
                file.write(text)
        with open(os.path.join(work, "log"), "wb") as log:
            peer = subprocess.Popen([daemon, "-n", "-i", os.path.join(work, "pid"), "-f", paths[0]],
                                    stdout=log, stderr=log)
        try:
            said = run([program("eogctl"), "send", "--relp", "--wait", "20", "--to",
                        f"127.0.0.1:{port}", paths[1]])
            check_equal(acknowledged(said), 1000, "acknowledged by imrelp")
        finally:
            peer.terminate()
            peer.wait(20)
        with open(os.path.join(work, "out"), "rb") as out:
            check_equal(len(set(ID.findall(out.read()))), 1000, "messages in imrelp's file")


def count_of(gw):
    """Messages in the journal, each once."""
    return sum(1 for n in gw.ids() if n)


def processor_s(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Cramped(Relp):
    """With 64 descriptors."""

    def command(self, *more):
        return [tool("prlimit"), "--nofile=64", *super().command(*more)]


def test_descriptors():
    """64 descriptors, 500 clients: old sessions live on, no busy loop, and it heals"""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 1024)), hard))
    with Cramped("relp-fds") as gw:
        gw.start()
        old, clients = Session(gw.relp), []
        try:
            old.say("<13>first")
            for _ in range(500):
                clients.append(socket.create_connection(("127.0.0.1", gw.relp), timeout=10))
            gw.wait_for(lambda: "no descriptors left" in gw.log_text(), "clients wait")
            before, begun, said = processor_s(gw.process.pid), time.monotonic(), 0
            while time.monotonic() - begun < 3:
                old.say(f"<13>still here {said}")
                said += 1
                time.sleep(0.1)
            share = (processor_s(gw.process.pid) - before) / (time.monotonic() - begun)
            say(f"      {said} messages of the old session, {share:.1%} of a processor")
            check(share < 0.1, f"{share:.0%} of a processor")
        finally:
            for client in clients:
                client.close()

        def served():
            try:
                session = Session(gw.relp)
                session.say("<13>new")
                session.close()
                return True
            except (OSError, Failed):
                return False
        gw.wait_for(served, "a new client is served", 60)
        old.say("<13>last")
        old.close()


def resend(options, wrap):
    """The gateway is killed; ten of its messages come again, by a client or its relay."""
    with Relp("relp-resent", options) as gw:
        gw.start()
        texts = [wrap(messages.deep_security_agent("TROJ_AGAIN.A", f"pc{i}")) for i in range(25)]
        session = Session(gw.relp)
        for text in texts[:20]:
            session.say(text)
        gw.settle()
        gw.kill()
        session.close()
        gw.start()
        session = Session(gw.relp)
        for text in texts[10:] + texts[24:]:  # the last one happens twice, and is no repeat
            session.say(text)
        session.close()

        def figures():
            return gw.status()["store"]
        gw.wait_for(lambda: figures()["detections"] + figures()["repeats"] == 36, "all counted")
        check_equal(figures()["repeats"], 10, "repeats, for the figures")
        flagged = gw.ctl("journal", "cat", "--state", gw.state).count("eog.flag:resent")
        check_equal(flagged, 10, "records that say so")
        gw.settle()
        gw.stop()
        gw.start()  # the engine's figures in the status are those of its last checkpoint
        check_equal(gw.status()["engine"]["repeats"], 10, "repeats, for the indicators")


def test_resent():
    """What a client sends again behind a kill of the gateway counts once"""
    resend("", lambda text: text)


def test_resent_relayed():
    """So does what a relay sends again, of its senders"""
    head = '<134>1 2026-11-24T04:12:20Z relay1 - - relayed [origin ip="192.0.2.7"] '
    resend('relays="127.0.0.1"', lambda text: head + text)


def test_refused():
    """What is no RELP ends its session, is counted and named; the next session is served"""
    with Relp("relp-bad") as gw:
        gw.start()
        for n, data in enumerate((b"GET / HTTP/1.1\r\n\r\n", b"1 open 14 relp_version=0\n",
                                  b"<13>syslog without RELP\n"), 1):
            with socket.create_connection(("127.0.0.1", gw.relp), timeout=PATIENCE_S) as stream:
                stream.sendall(data)
                while stream.recv(65536):
                    pass
            check_equal(gw.counter("dropped_frame"), n, "sessions that were ended")
        check("RELP session ended peer=127.0.0.1" in gw.log_text(), "the log names it")
        session = Session(gw.relp)
        session.say("<13>good")
        session.close()
        check_equal(gw.source()["malformed"], 3, "malformed of the sender")


main(test_send, test_refused, test_resent, test_resent_relayed, test_kill, test_omrelp, test_imrelp,
     test_descriptors)
