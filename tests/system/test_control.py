#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control socket at work: an alert is acknowledged by a person, who may, and what is refused."""
import json
import os
import pwd
import socket
import stat
import subprocess

import messages
from harness import Gateway, Skipped, Tail, check, check_equal, kind_of, main, program, run, Sink

PRODUCT = "osce01"
SCOPE = f"default/{PRODUCT}"
KEY = "pattern-outdated"
INVENTORY = f"site,name,role\ndefault,{PRODUCT},product\n"


def gateway():
    return Gateway("control", extra='<inventory file="inventory.csv"/>',
                   files={"inventory.csv": INVENTORY})


def alerts(gw):
    return json.loads(gw.ctl("alerts", "--json"))["alerts"]


def raised(gw):
    """The number of an alert that is open."""
    gw.receive(messages.pattern_status(PRODUCT, status=4))
    return gw.wait_for(
        lambda: next((a["id"] for a in alerts(gw) if a["scope"] == SCOPE and a["key"] == KEY), None),
        "an alert is open")


def row_of(gw, number):
    return next((a for a in alerts(gw) if a["id"] == number), None)


def wait_acknowledged(gw, number, name, note):
    gw.wait_for(lambda: (row_of(gw, number) or {}).get("acknowledged"), "the alert is acknowledged")
    row = row_of(gw, number)
    check_equal((row["ack_name"], row["ack_note"]), (name, note), "who and what in the row")


def ask(gw, request):
    """One request as it is, one answer; None when the gateway closes without."""
    with socket.socket(socket.AF_UNIX) as asker:
        asker.settimeout(20)
        asker.connect(os.path.join(gw.state, "control.sock"))
        answer = b""
        try:
            asker.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            pass  # closed already; why is there to be read
        try:
            while not answer.endswith(b"\n"):
                part = asker.recv(65536)
                if not part:
                    break
                answer += part
        except ConnectionResetError:
            pass
    return json.loads(answer) if answer else None


def refused(gw, *arguments, code):
    done = subprocess.run([program("eogctl"), "ack", *arguments, "--state", gw.state],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=30)
    check_equal(done.returncode, code, f"exit code of ack {arguments} ({done.stderr!r})")
    check_equal(done.stdout, b"", f"output of ack {arguments}")
    check(done.stderr, f"ack {arguments} is refused without a word")
    return done.stderr.decode()


def test_ack():
    """An alert is acknowledged: row, table and notification say by whom; a restart keeps it"""
    with gateway() as gw, Sink(gw) as sink:
        gw.start()
        number = raised(gw)
        check_equal(row_of(gw, number)["acknowledged"], False, "acknowledged before anybody did")
        said = gw.ctl("ack", str(number), "--name", "王 night shift", "--note", "ticket 4711")
        check("acknowledged by 王 night shift" in said, f"eogctl ack says {said!r}")
        wait_acknowledged(gw, number, "王 night shift", "ticket 4711")
        check("王 night shift" in gw.ctl("alerts"), "the table of alerts has the name")
        # snmpget shows what is not ASCII in hexadecimal
        gw.wait_for(lambda: bytes.fromhex(gw.get("eogAlertAckName", number).replace('"', ""))
                    == "王 night shift".encode(),
                    "the row of eogAlertTable has the name")
        check_equal(gw.get("eogAlertIsAcknowledged", number), "1", "eogAlertIsAcknowledged")
        sink.find("eogAlertAcknowledged", KEY, SCOPE)
        gw.stop()
        gw.start()
        wait_acknowledged(gw, number, "王 night shift", "ticket 4711")
        gw.kill()
        gw.start()
        wait_acknowledged(gw, number, "王 night shift", "ticket 4711")
        check_equal(sum(n["varbinds"].get("1.3.6.1.6.3.1.1.4.1.0") ==
                        gw.oids["eogAlertAcknowledged"] for n in sink.received), 1,
                    "notifications about one acknowledgement")


def test_default_name():
    """Without --name it is the caller's user name, behind sudo the person's; --json is the answer"""
    with gateway() as gw:
        gw.start()
        number = raised(gw)
        os.environ.pop("SUDO_USER", None)
        answer = json.loads(gw.ctl("ack", str(number), "--json"))
        check(answer["acknowledged"] is True and answer["record"] > 0, f"--json says {answer}")
        wait_acknowledged(gw, number, pwd.getpwuid(os.getuid()).pw_name, "")
        if os.getuid() == 0:
            os.environ["SUDO_USER"] = "lin"
            gw.ctl("ack", str(number))
            del os.environ["SUDO_USER"]
            gw.wait_for(lambda: row_of(gw, number)["ack_name"] == "lin", "the person behind sudo")


def test_refused():
    """Unknown and closed alerts, bad names, long notes: refused with a reason, nothing journaled"""
    with gateway() as gw:
        gw.start()
        number = raised(gw)
        check("no open alert" in refused(gw, "4000000000", code=3), "an unknown alert")
        refused(gw, "x", code=2)
        refused(gw, "-1", code=2)
        refused(gw, code=2)
        refused(gw, str(number), "--name", code=2)
        refused(gw, str(number), "--name", "a\x1b[31mb", code=2)
        refused(gw, str(number), "--note", "a\nb", code=2)
        refused(gw, str(number), "--name", "n" * 128, code=3)
        refused(gw, str(number), "--note", "n" * 512, code=3)
        refused(gw, str(number), "--note", "n" * 4000, code=2)
        bad = [b"ack", b"ack \t\t", b"ack %d" % number, b"ack %d\t \tnote" % number,
               b"ack %d\ta\x1b[2Jb" % number, b"ack %d\ta\xc2\x9bb" % number,
               b"ack %d\t\xff" % number, b"ack %d\tname\ta\tb" % number, b"ack 99999999999\tx",
               b"ack 0\tx", b"ack " + b"9" * 30 + b"\tx"]
        for request in bad:
            answer = ask(gw, request + b"\n")
            check(answer and answer.get("error"), f"{request!r} is answered by {answer}")
        answer = ask(gw, b"ack %d\t" % number + b"n" * 5000 + b"\n")
        check(answer and answer.get("error"), f"a request without end is answered by {answer}")
        check(not any("alert.acknowledged" in str(e) for e in gw.records()), "nothing is journaled")
        check_equal(row_of(gw, number)["acknowledged"], False, "the alert")
        gw.receive(messages.pattern_status(PRODUCT, status=1))
        gw.wait_for(lambda: not row_of(gw, number), "the alert is closed")
        check("no open alert" in refused(gw, str(number), code=3), "a closed alert")


def ask_as(gw, user, group, more):
    """The answer to `alerts`, asked by a process of that user and those groups."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups(more)
            os.setresgid(group, group, group)
            os.setresuid(user, user, user)
            os.write(writer, json.dumps(ask(gw, b"alerts\n")).encode())
            code = 0
        finally:
            os._exit(code)  # pylint: disable=protected-access
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    check_equal(os.waitpid(child, 0)[1], 0, f"status of the asker ({user}, {group}, {more})")
    return json.loads(text)


def test_who():
    """A stranger is told that he may not, even where the file would let him; the group may"""
    if os.getuid() != 0:
        raise Skipped("needs root, to be somebody else")
    with gateway() as gw:
        gw.start()
        path = os.path.join(gw.state, "control.sock")
        check_equal(stat.S_IMODE(os.stat(path).st_mode), 0o660, "mode of the socket")
        for folder in (gw.folder, gw.state):
            os.chmod(folder, 0o711)
        os.chmod(path, 0o666)
        own = os.getgid()
        stranger = ask_as(gw, 65534, 65534, [])
        check("only root" in stranger.get("error", ""), f"a stranger is told {stranger}")
        check_equal(list(stranger), ["error"], "what a stranger is told")
        check("alerts" in ask_as(gw, 65534, own, []), "the group, as primary one")
        check("alerts" in ask_as(gw, 65534, 65534, [7, own]), "the group, as a further one")


def test_tail():
    """tail says once what is name and title both, and nothing in it steers the terminal"""
    name = "WORM_TWICE.A"
    with gateway() as gw:
        gw.start()
        gw.receive("<14>plain: a\x1b[31mb \u202e c", messages.virus(name, "wks-01"),
                   "<14>plain: the end")
        tail = subprocess.Popen([program("eogctl"), "tail", "-n", "50", "--state", gw.state],
                                stdout=subprocess.PIPE)
        lines = []

        def look():
            lines.append(tail.stdout.readline().decode())
            return "the end" in lines[-1]
        try:
            gw.wait_for(look, "the last message is shown")
        finally:
            tail.kill()
            tail.wait()
            tail.stdout.close()
        shown = [line for line in lines if name in line]
        check_equal([line.count(name) for line in shown], [1], f"how often {shown} names it")
        text = "".join(lines)
        check("\x1b" not in text and "\u202e" not in text, f"the terminal is steered: {text!r}")
        check("a?[31mb ? c" in text, f"the rest of the text is shown: {text!r}")


def test_tail_of_quiet():
    """tail shows the last records there are, however many ticks came after them"""
    with gateway() as gw:
        gw.start()
        gw.receive("<14>plain: the only one")
        with Tail(gw, 1) as everything:
            gw.wait_for(lambda: [kind_of(event) for event in everything.events].count("gateway.tick") > 1, "ticks")
        with subprocess.Popen(["timeout", "30", program("eogctl"), "tail", "-n", "1", "--state", gw.state],
                              stdout=subprocess.PIPE) as tail:
            shown = tail.stdout.readline().decode()
            tail.terminate()
        check("the only one" in shown, f"the last record is {shown!r}")


main(test_tail, test_tail_of_quiet, test_ack, test_default_name, test_refused, test_who)
