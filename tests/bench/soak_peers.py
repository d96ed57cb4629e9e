# SPDX-License-Identifier: GPL-3.0-or-later
"""The soak's senders and its core, each a process of its own. A message carries `eogid=`, a letter
for its stream and a number that counts up: what arrived is judged by these alone."""
import multiprocessing
import os
import re
import select
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
import ber  # noqa: E402
import messages  # noqa: E402
from relp_sender import RelpSender  # noqa: E402
from tls import counted  # noqa: E402

HOSTS = 200
TICK_S = 0.005
BEHIND_MAX_S = 0.5  # a sender that could not send does not make up for more than this
NEVER = 10**9
CEF = messages.virus("WORM_SOAK.A", "HOST").replace("apexcentral01", "console01")
LEEF = ("<134>%s HOST LEEF:2.0|Trend Micro|Deep Security Agent|20.0|4000000|cat=Anti-Malware\t"
        "name=TROJ_SOAK.B\tsev=6\ttarget=HOST\tmsg=found")
CHINESE = "<134>%s HOST 防病毒: 在计算机 HOST 上发现病毒，已隔离文件，请检查"
IETF = ('<165>1 %s HOST app 42 ID47 [exampleSDID@32473 iut="3" eventSource="Application"] '
        "An application event")
BSD = "<187>%s HOST 4711: %%LINEPROTO-5-UPDOWN: Line protocol on Interface Gi0/1, changed state to up"
LINK_DOWN, IF_INDEX, TEXT = "1.3.6.1.6.3.1.1.5.3", "1.3.6.1.2.1.2.2.1.1.7", "1.3.6.1.2.1.2.2.1.2.7"


class Messages:
    """The messages of a stream by their number: five formats in turn, of 200 computers. The last
    ones stay what they were when they are asked for again."""

    def __init__(self, stream):
        self.stream, self.second, self.forms = stream.encode(), 0, ()
        self.made = [(-1, b"")] * 1024

    def __len__(self):
        return NEVER

    def __getitem__(self, number):
        at = number % len(self.made)
        if self.made[at][0] != number:
            self.made[at] = (number, self.make(number))
        return self.made[at][1]

    def make(self, number):
        now = int(time.time())
        if now != self.second:
            bsd = time.strftime("%b %e %H:%M:%S", time.gmtime(now))
            ietf = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
            self.forms = [text.encode("gb18030") for text in (
                BSD % bsd, IETF % ietf, CEF, LEEF % bsd, CHINESE % bsd)]
            self.second = now
        host = b"wks-%03d" % (number % HOSTS)
        return (self.forms[number % len(self.forms)].replace(b"HOST", host)
                + b" eogid=%s%09d" % (self.stream, number))


class Sender(multiprocessing.Process):
    """Sends `rate` messages a second until told to stop. n: those sent, of RELP those that were
    acknowledged. away: it ends its connection and comes back when that is cleared."""

    def __init__(self, stream, rate, **more):
        super().__init__(daemon=True)
        self.stream, self.rate, self.more = stream, rate, more
        self.count = multiprocessing.Value("q", 0)
        self.is_over, self.away = multiprocessing.Event(), multiprocessing.Event()

    @property
    def n(self):
        return self.count.value

    def run(self):
        os.nice(5)
        getattr(self, "run_" + self.more["by"])(Messages(self.stream))

    def due(self):
        """How many messages it is time for, again and again."""
        last, owed = time.monotonic(), 0.0
        while not self.is_over.is_set():
            now = time.monotonic()
            owed = min(owed + (now - last) * self.rate, BEHIND_MAX_S * self.rate)
            last = now
            yield int(owed)
            owed -= int(owed)
            time.sleep(TICK_S)

    def run_udp(self, lines):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for n in self.due():
                for number in range(self.n, self.n + n):
                    sock.sendto(lines[number], ("127.0.0.1", self.more["port"]))
                self.count.value += n

    def run_trap(self, _):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for n in self.due():
                for number in range(self.n, self.n + n):
                    text = b"eogid=%s%09d" % (self.stream.encode(), number)
                    packet = ber.v2_notification(
                        LINK_DOWN, [(IF_INDEX, ber.integer(7)), (TEXT, ber.octets(text))], number)
                    sock.sendto(packet, ("127.0.0.1", self.more["port"]))
                self.count.value += n

    def run_tcp(self, lines):
        self.run_stream(lines, b"%s\n",
                        lambda: socket.create_connection(("127.0.0.1", self.more["port"]), 30))

    def run_tls(self, lines):
        certificates, port = self.more["certificates"], self.more["port"]
        self.run_stream(lines, None, lambda: certificates.connect(port))

    def run_stream(self, lines, form, connect):
        sock = None
        for n in self.due():
            try:
                if self.away.is_set():
                    sock = sock and take_leave(sock)
                    continue
                sock = sock or connect()
                first = self.n
                self.count.value += n  # what a broken connection took with it is not sent again
                sock.sendall(b"".join(form % lines[i] if form else counted(lines[i])
                                      for i in range(first, first + n)))
            except OSError:
                sock = None
                time.sleep(0.1)
        if sock:
            take_leave(sock)

    def run_relp(self, lines):
        sender = RelpSender(self.more["port"], lines, rate=self.rate)
        while not self.is_over.is_set():
            self.count.value = sender.acked
            if self.away.is_set():
                sender.cut()
            time.sleep(0.02)
        sender.stop()
        self.count.value = sender.acked

    def stop(self):
        self.is_over.set()
        self.join(90)


def take_leave(sock):
    """Ends a connection as one should: all that was written is read. Returns None."""
    sock.settimeout(60)
    try:
        if hasattr(sock, "unwrap"):
            sock = sock.unwrap()
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(65536):
            pass
    except OSError:
        pass
    sock.close()


# ---- the core ----

OPENED = b"200 OK\nrelp_version=0\nrelp_software=soak\ncommands=syslog"
FRAME = re.compile(rb"(\d+) (\w+) (\d+)[ \n]")
UID = re.compile(rb'"uid":"[^".]*\.([^".]*)\.(\d+)"')
ID = re.compile(rb"eogid=([a-z])(\d{9})")


class Stream:
    """What came of one sender, in the order it came."""

    def __init__(self):
        self.next, self.gaps, self.again, self.resent = 0, [], 0, 0

    def take(self, number, record):
        if number == self.next:
            self.next += 1
        elif number > self.next:
            self.gaps.append((self.next, number))
            self.next = number + 1
        elif b"eog.flag:resent" in record:
            self.resent += 1  # behind a break its sender could not know that it had arrived
        else:
            self.again += 1


class Core(multiprocessing.Process):
    """A RELP server that judges each record as it comes. Told `up`, `down`, `figures`, `end`."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port = port
        self.near, self.far = multiprocessing.Pipe()
        self.streams, self.last, self.repeats, self.records = {}, (b"", 0), 0, 0

    def tell(self, word):
        """Returns the answer."""
        self.near.send(word)
        return self.near.recv()

    def run(self):
        os.nice(5)
        listener, stream, data = None, None, b""
        while True:
            waiting = [f for f in (self.far, listener if not stream else None, stream) if f]
            for ready in select.select(waiting, [], [])[0]:
                if ready is self.far:
                    word = self.far.recv()
                    if word == "up":
                        listener = socket.create_server(("127.0.0.1", self.port))
                    elif word == "down":
                        for sock in (listener, stream):
                            if sock:
                                sock.close()
                        listener = stream = None
                    elif word == "end":
                        return
                    self.far.send(self.figures())
                elif ready is listener:
                    stream, data = listener.accept()[0], b""
                elif ready is stream:
                    data = self.serve(stream, data)
                    if data is None:
                        stream.close()
                        stream = None

    def figures(self):
        return {"repeats": self.repeats, "records": self.records,
                "streams": {k: vars(s) for k, s in self.streams.items()}}

    def serve(self, stream, data):
        """Takes what came. Returns the rest; None: the session is over."""
        try:
            more = stream.recv(1 << 18)
            if not more:
                return None
            data, at, answers = data + more, 0, []
            while (frame := FRAME.match(data, at)) and len(data) > frame.end() + int(frame.group(3)):
                end = frame.end() + int(frame.group(3))
                command, number = frame.group(2), frame.group(1)
                if command == b"close":
                    stream.sendall(b"".join(answers) + b"%s rsp 0\n" % number)
                    return None
                if command == b"open":
                    answers.append(b"%s rsp %d %s\n" % (number, len(OPENED), OPENED))
                else:
                    self.take(data[frame.end(): end])
                    answers.append(b"%s rsp 6 200 OK\n" % number)
                at = end + 1 if data[end: end + 1] == b"\n" else end
            stream.sendall(b"".join(answers))
            return data[at:]
        except OSError:
            return None

    def take(self, record):
        uid, found = UID.search(record), ID.search(record)
        place = (uid.group(1), int(uid.group(2)))
        if place[0] == self.last[0] and place[1] <= self.last[1]:
            self.repeats += 1  # the same record by its uid: dropped, as a core does
            return
        self.last = place
        self.records += 1
        if found:
            self.streams.setdefault(found.group(1).decode(), Stream()).take(
                int(found.group(2)), record)
