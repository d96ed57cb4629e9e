#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`eogctl renormalize`: better mappings over a real daemon's past. Originals stay, corrections have
their uid and a higher revision, states do not move, and another run finds nothing to do."""
import collections
import json
import os
import re
import shutil
import socket
import subprocess
import time

import ber
import messages
from harness import SOURCE, Gateway, check, check_equal, free_port, kind_of, main, program, run, say

BOX = """<mapping vendor="Example" product="Box"><guide title="none"/>
<recognise format="cef"><product>Box</product></recognise>
<rule name="alarm" kind="{kind}" severity="low"><match any="yes"/>
<set field="host.name" from="shost"/>{more}</rule></mapping>
"""
MODULE = "1.3.6.1.4.1.32473.9"
TRAPS = f"""<mapping vendor="Example" product="Meter"><guide title="none"/>
<recognise format="varbinds"><trap under="{MODULE}"/></recognise>
<rule name="alarm" kind="device.restart" severity="low"><match any="yes"/>
<set field="message" from="{MODULE}.1."/></rule></mapping>
"""
STEERING = "a\x1b[2Jb\x7fc\u009b2Jd\u202ee"
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
DAY = ("--from", "2020-01-01", "--to", "2199-01-01")
ALARMS = 1200
V3 = ('<notification-user name="eog" auth="SHA-256" auth-file="auth" privacy="AES-128" '
      'privacy-file="priv"/>')


def alarm(number, name="TROJ_GEN.A"):
    return f"CEF:0|Example|Box|2|1|a name|3|shost=pc-{number} virus={name}"


class Renormalized(Gateway):
    """A daemon with a mapping folder of its own."""

    def __init__(self, name, **more):
        super().__init__(name, **more)
        self.mappings = os.path.join(self.folder, "mappings")
        shutil.copytree(os.path.join(SOURCE, "mappings"), self.mappings)
        self.put_mapping("box", BOX.format(kind="system.status", more=""))

    def put_mapping(self, name, text):
        path = os.path.join(self.mappings, "example", name + ".xml")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def improve(self):
        self.put_mapping("box", BOX.format(kind="malware.found",
                                           more='<set field="malware.name" from="virus"/>'))
        self.put_mapping("meter", TRAPS)

    def command(self, *more):
        return [program("eogd"), "--config", self.config_path, "--state", self.state,
                "--data", self.folder, *more]

    def renormalize(self, *more, ok=(0,)):
        return run([program("eogctl"), "renormalize", *DAY, "--data", self.folder,
                    "--config", self.config_path, "--state", self.state, *more], ok=ok)

    def report(self, *more, ok=(0,)):
        return json.loads(self.renormalize("--json", *more, ok=ok))

    def cat(self, *more):
        return [json.loads(line) for line in self.ctl("journal", "cat", *more).splitlines()]


def revision(event):
    return next((int(label[13:]) for label in event["metadata"]["labels"]
                 if label.startswith("eog.revision:")), 1)


def by_uid(events):
    found = collections.defaultdict(list)
    for event in events:
        found[event["metadata"]["uid"]].append(event)
    return found


def states(gw):
    return [(row["key"], row["scope"], row["state"], row["value"], row["events"])
            for row in gw.status()["kpis"]]


def fill(gw, n=3):
    gw.receive(messages.virus("EICAR", "wks-1"), "<134>Nov 24 04:12:20 sw1 port: no product",
               *[alarm(number) for number in range(n)])
    goal = gw.counter("received") + 2
    gw.send_packet(ber.v2_notification(f"{MODULE}.0.7", [(f"{MODULE}.1.1", ber.octets(b"full"))]))
    gw.send_packet(ber.v1_trap(MODULE, 6, 8, [(f"{MODULE}.1.2", ber.octets(b"low"))]))
    gw.wait_for(lambda: gw.counter("received") >= goal, "the notifications are received")
    gw.settle()


def send_v3(gw):
    """One notification of version 3, by net-snmp's tool, if that is there."""
    if not shutil.which("snmptrap"):
        return 0
    goal = gw.counter("received") + 1
    run(["snmptrap", "-v3", "-u", "eog", "-l", "authPriv", "-m", "", "-a", "SHA-256", "-A",
         "first-authentication", "-x", "AES", "-X", "first-privacy", "-e", "0x8000000001020304",
         f"127.0.0.1:{gw.port['trap']}", "42", f"{MODULE}.0.9", f"{MODULE}.1.3", "s", "lid"])
    gw.wait_for(lambda: gw.counter("received") >= goal, "the notification of v3 is received")
    gw.settle()
    return 1


def counts(report):
    return {name: report[name] for name in ("changed", "understood", "lost", "failed", "written")}


def check_corrected(gw, before, corrected):
    """The journal has what it had, and behind it the corrections of these kinds."""
    after = gw.cat()
    old = {event["metadata"]["uid"]: event for event in before}
    for event in before:
        check(event in after, f"gone or changed: {event}")
    found = [event for event in after if revision(event) > 1]
    check_equal(sorted(kind_of(event) for event in found), sorted(corrected), "kinds corrected to")
    for event in found:
        first = old[event["metadata"]["uid"]]
        check_equal(revision(event), 2, "revision")
        check(event["metadata"]["sequence"] > first["metadata"]["sequence"], f"{event}")
        for name in ("raw_data", "time"):
            check_equal(event[name], first[name], f"{name} of a correction")
        check_equal(event["metadata"]["logged_time"], first["metadata"]["logged_time"], "receipt")


def test_live():
    """By the running daemon: dry, for real, again; traps of every version; states stay"""
    files = {"auth": "first-authentication\n", "priv": "first-privacy\n"}
    with Renormalized("renormalize", extra=V3, files=files) as gw:
        for name in files:
            os.chmod(os.path.join(gw.folder, name), 0o600)
        gw.start()
        fill(gw)
        gw.receive(alarm(9, STEERING))
        traps = 2 + send_v3(gw)
        # Each message reads as it was read by the daemon.
        report = gw.report("--dry-run")
        check_equal((report["read"], report["unchanged"]), (6 + traps, 6 + traps), "before")
        gw.improve()
        gw.wait_for(lambda: any(row[2] == "critical" for row in states(gw)), "wks-1 is judged")
        gw.wait_for(lambda: any(kind_of(event) == "alert.raised" for event in gw.cat()), "the alert")
        before, seen = gw.cat(), states(gw)
        due = {"changed": 4, "understood": traps, "lost": 0, "failed": 0, "written": 0}
        report = gw.report("--dry-run")
        check_equal(counts(report), due, "of the dry run")
        rules = {(row["product"], row["rule"]): row["read"] for row in report["rules"]}
        check_equal((rules[("example/box", "alarm")], rules[("example/meter", "alarm")]), (4, traps),
                    "read by rule")
        check({"was": "system.status", "is": "malware.found", "records": 4} in report["kinds"],
              f"kinds: {report['kinds']}")
        fields = [f for e in report["examples"] for f in e["fields"] if f["field"] == "malware.name"]
        check({"field": "malware.name", "was": "", "is": "TROJ_GEN.A"} in fields, f"{report}")
        check_equal(gw.cat(), before, "the journal after a dry run")
        text = gw.renormalize("--dry-run", "-n", "9")
        check_equal(UNSAFE.search(text), None, "a character that steers a terminal")
        check("\\u202e" in text and "malware.name: \"\" -> " in text, text)
        check_equal(UNSAFE.search(gw.renormalize("--dry-run", "-n", "9", "--json")), None, "JSON")
        report = gw.report()
        check_equal(counts(report), {**due, "written": 4 + traps}, "for real")
        gw.settle()
        check_corrected(gw, before, ["malware.found"] * 4 + ["device.restart"] * traps)
        check_equal(states(gw), seen, "states")
        check_equal(gw.counter("corrections"), 4 + traps, "counter")
        check(f"corrections={4 + traps} uid={os.getuid()}" in gw.log_text(), "no word in the log")
        check("nothing to do" in gw.renormalize(), "another run finds something")
        check("correction, revision 2: " in run(
            ["timeout", "1", program("eogctl"), "tail", "--state", gw.state], ok=(124,)), "tail")
        unknown = json.loads(gw.ctl("sources", "--unknown", "--json"))["unknown"]
        check_equal(sum(row["count"] for row in unknown), 1 + traps, "unknown messages")
        # A restart from the journal alone judges the same.
        gw.stop()
        os.unlink(os.path.join(gw.state, "kpi.checkpoint"))
        gw.start()
        raised = {row[:2]: row[2:4] for row in states(gw)}
        check_equal(raised, {row[:2]: row[2:4] for row in seen}, "states after a replay")


def test_stopped():
    """Under the journal's own lock; then worse mappings, then better ones: revisions go on"""
    with Renormalized("renormalize-off") as gw:
        gw.start()
        fill(gw)
        before = gw.cat()
        gw.stop()
        gw.improve()
        before += [event for event in gw.cat() if event not in before]
        check_equal(gw.report("--product", "example/meter", "--dry-run")["read"], 2, "--product")
        check_equal(gw.report("--kind", "malware", "--dry-run")["read"], 1, "--kind")
        check_equal(gw.report("--site", "nowhere", "--dry-run")["read"], 0, "--site")
        early = json.loads(run([program("eogctl"), "renormalize", "--json", "--dry-run", "--to",
                                "2020-01-01", "--from", "2019-01-01", "--state", gw.state,
                                "--data", gw.folder, "--config", gw.config_path]))
        check_equal(early["read"], 0, "before it was received")
        if os.getuid() == 0:  # another user's journal stays his
            os.chmod(gw.folder, 0o755)
            for folder, _, files in os.walk(gw.state):
                for path in [folder, *[os.path.join(folder, name) for name in files]]:
                    os.chown(path, 65534, 65534)
        report = gw.report("--product", "example/meter", "--feed")
        check_equal((report["written"], report["for_feed"]), (2, True), "one product")
        check_equal(gw.report()["written"], 3, "the rest")
        check("nothing to do" in gw.renormalize(), "another run finds something")
        check_corrected(gw, before, ["malware.found"] * 3 + ["device.restart"] * 2)
        gw.put_mapping("box", BOX.format(kind="system.status", more=""))
        check_equal(gw.report()["written"], 3, "back again")
        os.unlink(os.path.join(gw.mappings, "example", "box.xml"))
        report = gw.report()
        check_equal((report["lost"], report["written"]), (3, 3), "no mapping any more")
        check("nothing to do" in gw.renormalize(), "another run finds something")
        found = [sorted(revision(event) for event in events) for events in by_uid(gw.cat()).values()]
        check_equal(sorted(r for r in found if len(r) > 1),
                    [[1, 2], [1, 2]] + [[1, 2, 3, 4]] * 3, "revisions")
        check(json.loads(gw.ctl("journal", "verify", "--json"))["sound"], "the journal is damaged")
        if os.getuid() == 0:
            owners = {os.stat(os.path.join(folder, name)).st_uid
                      for folder, _, files in os.walk(gw.state) for name in files}
            check_equal(owners, {65534}, "owners of what is in the state folder")
        gw.start()  # and the daemon goes on with what we wrote
        gw.receive(alarm(77))


def socket_of(gw):
    asker = socket.socket(socket.AF_UNIX)
    asker.settimeout(20)
    asker.connect(os.path.join(gw.state, "control.sock"))
    return asker


def ask(asker, request):
    """Sends, and reads one answer, not a byte of the next."""
    asker.sendall(request)
    answer = b""
    while not answer.endswith(b"\n"):
        part = asker.recv(1)
        check(part, f"closed without an answer to {request[:40]}")
        answer += part
    return json.loads(answer)


def journal_bytes(gw):
    folder = os.path.join(gw.state, "journal")
    return sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder))


def corrections(gw):
    return sum(revision(event) > 1 for event in gw.cat())


def test_torn():
    """What is torn or no correction leaves nothing; one corrects at a time; a kill loses nothing"""
    with Renormalized("renormalize-torn") as gw:
        gw.start()
        gw.receive(*[alarm(number, "x" * 2000) for number in range(ALARMS)])
        gw.improve()
        with socket_of(gw) as first, socket_of(gw) as second:
            check_equal(ask(first, b"correct 0\n"), {"appended": 0}, "may it?")
            # A batch holds what strangers sent: behind a refusal no line of it is a request.
            check("one at a time" in ask(second, b"correct 12\nack 1\tmallory\n")["error"], "two at once")
            check_equal(second.recv(100), b"", "an answer to a line of the batch")
            check_equal(gw.renormalize(ok=(3,)), "", "the tool too")
            check("cannot be read" in ask(first, b"correct 5\n\x04abcd")["error"], "no record")
            check("cannot be read" in ask(first, b"correct 2\n\x09a")["error"], "a torn record")
            plain = b"\x01\x50\x01\0\0\0\0\0\0\x02hi\0\0\0\0"
            check("corrects nothing" in ask(
                first, b"correct %d\n%c%s" % (len(plain) + 1, len(plain), plain))["error"],
                "a plain record")
            ahead = b"\x02\0\x02\xff\xff\xff\x07" + plain[1:]
            check("corrects nothing" in ask(
                first, b"correct %d\n%c%s" % (len(ahead) + 1, len(ahead), ahead))["error"],
                "of a record that is not there")
            own = b"\x02\0\x02\x01" + plain[1:]
            check("own records" in ask(
                first, b"correct %d\n%c%s" % (len(own) + 1, len(own), own))["error"], "of a tick")
            for byte in b"correct %d\n%c%s" % (len(own) + 1, len(own), own):
                first.sendall(bytes([byte]))
            check("own records" in ask(first, b"")["error"], "the same, byte by byte")
            first.sendall(b"correct 1\n\x05correct 0\nnonsense\n")  # all at once
            check("cannot be read" in ask(first, b"")["error"], "a batch of one byte")
            check_equal(ask(first, b""), {"appended": 0}, "an empty batch behind it")
            check("status" in ask(first, b"")["error"], "a request behind that")
            first.sendall(b"correct 1000\n" + b"\x10" * 500)
        for request in (b"correct 4194305\n", b"correct -1\n", b"correct x\n"):
            with socket_of(gw) as asker:
                check("number of bytes" in ask(asker, request)["error"], f"{request}")
                check_equal(asker.recv(10), b"", "open after a batch that nobody can take")
        check_equal(corrections(gw), 0, "corrections out of nothing")
        # Killed while it works: whole batches are there, the next run does the rest.
        size = journal_bytes(gw)
        tool = subprocess.Popen(
            [program("eogctl"), "renormalize", *DAY, "--data", gw.folder, "--config",
             gw.config_path, "--state", gw.state], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        while journal_bytes(gw) < size + 10000 and tool.poll() is None:
            time.sleep(0.0005)
        gw.kill()
        tool.wait()
        gw.start()
        begun = corrections(gw)
        check(begun >= 1, "nothing was begun")
        say(f"      killed behind {begun} of {ALARMS} corrections")
        check_equal(gw.report()["written"], ALARMS - begun, "the rest")
        check("nothing to do" in gw.renormalize(), "another run finds something")
        found = by_uid(event for event in gw.cat("--kind", "malware"))
        check_equal([[revision(e) for e in events] for events in found.values()], [[2]] * ALARMS,
                    "revisions")


def on_own_ports(gw, text):
    """A configuration that has the known ports, on the test's."""
    own = {"5514": gw.port["syslog"], "1162": gw.port["trap"], "1161": gw.port["agent"],
           "2514": free_port(), "8080": free_port()}
    return re.sub(r"127\.0\.0\.1:([0-9]+)", lambda known: f"127.0.0.1:{own[known[1]]}", text)


def test_defaults():
    """Without --config: as the embedded configuration has it, or not at all"""
    text = run([program("eogd"), "--defaults"])
    with Renormalized("renormalize-defaults") as gw:
        gw.write_config(on_own_ports(gw, text))
        gw.start()
        gw.receive("<13>Nov 24 04:12:20 pc port: 病毒".encode("gb18030"), alarm(1))
        command = [program("eogctl"), "renormalize", *DAY, "--json", "--dry-run", "--data",
                   gw.folder, "--state", gw.state]
        report = json.loads(run(command))
        check_equal((report["read"], report["unchanged"]), (2, 2), "by the defaults")
        loopback = '<source address="127.0.0.0/8" site="default"'
        check(loopback in text, text)
        gw.write_config(text.replace(loopback, loopback + ' charset="Big5"'))
        gw.reload()
        gw.wait_for(lambda: "done generation=2" in gw.log_text(), "it is reloaded")
        gw.settle()
        gw.wait_for(lambda: run(command, ok=(0, 2)) == "", "other sources are seen")
        report = gw.report("--dry-run")
        check_equal((report["read"], report["changed"]), (2, 1), "another charset")


def test_other_sites():
    """Without --config: a gateway whose sources have the embedded networks, but another site, is refused"""
    with open(os.path.join(SOURCE, "deploy", "demo", "eogd.xml"), encoding="utf-8") as file:
        text = re.sub(r"<(inventory|web) [^>]*>", "", file.read())
    with Renormalized("renormalize-demo") as gw:
        gw.write_config(on_own_ports(gw, text))
        gw.start()
        gw.receive(alarm(1))
        before = gw.cat()
        command = [program("eogctl"), "renormalize", *DAY, "--data", gw.folder, "--state", gw.state]
        for more in ([], ["--dry-run"]):
            done = subprocess.run([*command, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            check_equal((done.returncode, done.stdout), (2, b""), f"{more}: {done.stderr.decode()}")
            check(b"--config" in done.stderr, done.stderr.decode())
        check_equal(gw.cat(), before, "the journal")
        report = gw.report()
        check_equal((report["changed"], report["written"]), (0, 0), "by its own configuration")


def test_usage():
    """Wrong usage is 2, no journal 3, each with its reason"""
    some = ["--from", "2026-11-24", "--to", "2026-11-25"]
    for arguments, code in (
        ([], 2), (some[:2], 2), (some[2:], 2), (["--from", "x", *some[2:]], 2),
        ([*some, "word"], 2), ([*some, "-n", "x"], 2), ([*some, "--nope"], 2),
        (["--from", "2026-11-25", "--to", "2026-11-24"], 2),
        ([*some, "--data", SOURCE, "--state", "/nonexistent"], 3),
        ([*some, "--data", SOURCE, "--dry-run", "--state", "/nonexistent"], 3),
        ([*some, "--data", "/nonexistent"], 3), ([*some, "--config", "/nonexistent"], 3),
    ):
        done = subprocess.run([program("eogctl"), "renormalize", *arguments], check=False,
                              capture_output=True, timeout=60)
        check_equal(done.returncode, code, f"exit code of {arguments}: {done.stderr}")
        check(done.stderr and not done.stdout, f"{arguments}: {done}")
    check("eogctl renormalize --from" in run([program("eogctl"), "renormalize", "--help"]), "help")


if __name__ == "__main__":
    main(test_live, test_stopped, test_torn, test_defaults, test_other_sites, test_usage)
