#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A high-risk watchlist pushed to a running gateway: in force at once, kept over restarts and
deaths, whole or not at all, until the configured one is changed or set back; refused with every
mistake's line, and then the old one goes on."""
import hashlib
import json
import os
import socket
import subprocess
import time

import messages
from disk import dying
from harness import IS_LONG, SOURCE, Gateway, Skipped, check, check_equal, free_port, main, program, say
from relp_sender import RelpSender

KPI = (12, "high-risk-virus", "default")
CONFIGURED = "<watchlist>\n  <entry pattern='TROJ_OLD.*'/>\n  <entry pattern='*LOCKED*'/>\n</watchlist>\n"
PUSHED = ("<watchlist>\n  <entry pattern='troj_old.*'/>\n  <entry pattern='TROJ_NEW.*' risk='critical'>"
          "<advice lang='en'>Isolate.</advice></entry>\n</watchlist>\n")
OTHER = "<watchlist>\n  <entry pattern='TROJ_OTHER.*'/>\n</watchlist>\n"


def gateway(name="watch", **more):
    return Gateway(name, extra='<data watchlist="watchlist.xml"/>', files={"watchlist.xml": CONFIGURED}, **more)


def watchlist(gw):
    return json.loads(gw.ctl("watchlist", "--json"))


def load(gw, text, ok=(0,)):
    return gw.ctl("watchlist", "load", gw.write_file("new.xml", text), "--json", ok=ok)


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def expect(gw, source, text):
    """It says so, and a start with that list in force took no other."""
    told = watchlist(gw)
    check_equal((told["from"], told["sha256"]), (source, sha256(text)), f"the list in force: {told}")
    check_equal(gw.status()["watchlist"]["sha256"], sha256(text), "of eogctl status")
    return told


def judged(gw, watched, others=()):
    """A detection of each name; those on the list count, and no other does."""
    goal = value(gw) + len(watched)
    gw.receive(*[messages.virus(f"{name}.{messages.serial()}", "wks-1") for name in [*others, *watched]])
    gw.settle()
    gw.wait_for(lambda: value(gw) == goal, f"{watched} are of high risk, {others} are not")


def value(gw):
    rows = [row for row in gw.status()["kpis"] if row["key"] == KPI[1] and row["scope"] == KPI[2]]
    return rows[0]["value"] if rows else 0


def kept(gw):
    return os.path.join(gw.state, "watchlist.pushed")


def configurations(gw):
    """Watchlists of the journal: (SHA-256, entries, by), of a mere start's (None, None, None)."""
    found = []
    for line in gw.ctl("journal", "cat", "--kind", "gateway.config").splitlines():
        event = json.loads(line)["unmapped"]
        if event["load.type"] == "watchlist":
            found.append(tuple(event.get(f"load.{key}") for key in ("sha256", "count", "by")))
    return found


def test_load():
    """a list is in force at once; a restart and kill -9 keep it; a changed file and reset end it"""
    with gateway() as gw:
        gw.start()
        expect(gw, "configured", CONFIGURED)
        judged(gw, ["TROJ_OLD"], ["TROJ_NEW"])
        took = json.loads(load(gw, PUSHED))
        check_equal((took["entries"], took["sha256"], took["kept"]), (2, sha256(PUSHED), True), "answer")
        judged(gw, ["TROJ_NEW", "TROJ_OLD"], ["XX_LOCKED_X"])
        gw.wait_state(*KPI, "critical")
        told = expect(gw, "pushed", PUSHED)
        check_equal((told["entries"], told["by"], told["pushes"]), (2, f"uid={os.getuid()}", 1), f"{told}")
        check_equal(configurations(gw)[-1], (sha256(PUSHED), "2", f"uid={os.getuid()}"), "its record")
        restarts(gw, told["since"])
        ends(gw)


def restarts(gw, since):
    gw.kill()
    gw.start()
    check_equal(expect(gw, "pushed", PUSHED)["since"], since, "since when")
    gw.reload()
    gw.wait_for(lambda: "done generation=2" in gw.log_text(), "it reloads")
    expect(gw, "pushed", PUSHED)


def ends(gw):
    text = CONFIGURED.replace("OLD", "YET")
    gw.write_file("watchlist.xml", text)
    gw.reload()
    gw.wait_for(lambda: "done generation=3" in gw.log_text(), "it reloads")
    expect(gw, "configured", text)
    check("configured watchlist was changed since one was pushed" in gw.log_text(), gw.log_tail())
    check(not os.path.exists(kept(gw)), "the outdated list is still kept")
    judged(gw, ["TROJ_YET"], ["TROJ_NEW"])
    load(gw, PUSHED)
    gw.write_file("watchlist.xml", CONFIGURED)
    gw.stop()
    gw.start()  # changed while nobody ran
    expect(gw, "configured", CONFIGURED)
    load(gw, PUSHED)
    expect(gw, "pushed", PUSHED)
    check_equal(json.loads(gw.ctl("watchlist", "reset", "--json"))["sha256"], sha256(CONFIGURED), "reset to")
    check_equal(expect(gw, "configured", CONFIGURED)["resets"], 1, "resets")
    check(not os.path.exists(kept(gw)), "a list that was set back is still kept")
    judged(gw, ["TROJ_OLD"], ["TROJ_NEW"])


def ask(gw, request):
    """Lines of answer of the control socket."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(30)
        sock.connect(os.path.join(gw.state, "control.sock"))
        sock.sendall(request)
        sock.shutdown(socket.SHUT_WR)
        data = b""
        while chunk := sock.recv(65536):
            data += chunk
    return [json.loads(line) for line in data.splitlines()]


def test_refused():
    """a list with mistakes is refused with their lines by eogctl and by eogd, and changes nothing"""
    with gateway() as gw:
        gw.start()
        load(gw, PUSHED)
        bad = ("<watchlist>\n<entry pattern='abc\u202e'/>\n<entry/>\n"
               "<entry pattern='abc'/>\n<entry pattern='ABC'/>\n</watchlist>\n")
        dry = json.loads(gw.ctl("watchlist", "check", gw.write_file("bad.xml", bad), "--json", "--data",
                                    SOURCE, ok=(1,)))
        loaded = json.loads(load(gw, bad, ok=(1,)))
        for told in (dry, loaded):
            lines = [row["line"] for row in told["problems"]]
            check_equal(lines[:3], [2, 3, 5], f"lines with mistakes: {told}")
            check("\u202e" not in json.dumps(told, ensure_ascii=False), "it steers a terminal")
        for body in (b"", b"\0" * 100, b"<watchlist/>", b"<watchlist>", PUSHED.encode("utf-16-le"),
                     b"<!DOCTYPE w [<!ENTITY a 'b'>]>" + PUSHED.encode(),
                     b"<watchlist><entry pattern='" + b"x" * 100000 + b"'/></watchlist>",
                     b"<watchlist><entry pattern='abc\xb2\xa1\xb6\xbe'/></watchlist>",
                     b"<watchlist><entry pattern='abc\x1b[2J'/></watchlist>"):
            answers = ask(gw, b"watchlist load %d new.xml\n%b" % (len(body), body))
            check(len(answers) == 1 and "error" in answers[0], f"{body[:50]}: {answers}")
        for line in (b"load", b"load 5", b"load 16777217 x", b"load -1 x", b"load x y", b"load 5 \x1b[2J", b"unload"):
            answers = ask(gw, b"watchlist " + line + b"\n")
            check(len(answers) == 1 and "error" in answers[0], f"{line}: {answers}")
        # It did not come whole.
        check_equal(ask(gw, b"watchlist load 500 x\n<watchlist>"), [], "answers")
        told = expect(gw, "pushed", PUSHED)
        check_equal((told["refused"], told["pushes"]), (9, 1), f"counted: {told}")
        check_equal(len([one for one in configurations(gw) if one[0]]), 1, "records of changes")
        judged(gw, ["TROJ_NEW"], ["ABC"])
        cannot(gw)
        one_at_a_time(gw)
        checked(gw)


def cannot(gw):
    """A list without a byte is one with mistakes; one that cannot be kept has none."""
    empty = gw.write_file("empty.xml", "")
    for word in ("check", "load"):
        done = subprocess.run([program("eogctl"), "watchlist", word, empty, "--state", gw.state], capture_output=True,
                              env={**os.environ, "EOG_DATA": SOURCE}, timeout=30, check=False)
        check(done.returncode == 1 and b"empty.xml:1: " in done.stderr, f"{word} of nothing: {done}")
    os.mkdir(kept(gw) + ".new")
    told = json.loads(load(gw, OTHER, ok=(3,)))
    check("cannot be written: Is a directory" in told["error"], f"{told}")
    os.rmdir(kept(gw) + ".new")
    expect(gw, "pushed", PUSHED)


def one_at_a_time(gw):
    """While a list is on its way another is told so; who goes away half-way makes room."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(os.path.join(gw.state, "control.sock"))
        sock.sendall(b"watchlist load 5000 x\n<watchlist>")

        def second():
            return ask(gw, b"watchlist load %d y\n%b" % (len(OTHER), OTHER.encode()))[0]

        gw.wait_for(lambda: "already" in second().get("error", ""), "the first one is known")
    gw.wait_for(lambda: second().get("entries") == 1, "there is room")
    expect(gw, "pushed", OTHER)


def checked(gw):
    """What a list would change, beside the one that runs, with and without a gateway."""
    arguments = ("watchlist", "check", gw.write_file("would.xml", PUSHED), "--data", SOURCE)
    load(gw, CONFIGURED.replace("LOCKED", "LOCK"))
    told = json.loads(gw.ctl(*arguments, "--json"))
    check_equal([told[key] for key in ("sound", "entries", "beside", "added", "removed", "changed", "kept")],
                [True, 2, "pushed", 1, 1, 0, 1], f"{told}")
    check_equal(told["changes"], [{"change": "new", "pattern": "TROJ_NEW.*"},
                                  {"change": "gone", "pattern": "*LOCK*"}], "changes")
    gw.ctl("watchlist", "reset")
    gw.stop()  # its last checkpoint has the configured one
    told = json.loads(gw.ctl(*arguments, "--json"))
    check_equal([told[key] for key in ("beside", "added", "removed", "kept")], ["checkpoint", 1, 1, 1], f"{told}")
    text = gw.ctl(*arguments)
    check(text.startswith("+ TROJ_NEW.*\n- *LOCKED*\n1 entries are new, 1 gone, 0 other, 1 stay"), text)


def test_death():
    """kill -9 right behind the renaming, and before it, leaves one whole list; damage is said"""
    with gateway(env=dying("after", "watchlist.pushed")) as gw:
        gw.start()
        load(gw, PUSHED, ok=(3,))
        check_equal(gw.process.wait(30), -9, "how it ended")
        gw.env = dying("before", "watchlist.pushed")
        gw.start()
        expect(gw, "pushed", PUSHED)
        load(gw, OTHER, ok=(3,))
        check_equal(gw.process.wait(30), -9, "how it ended")
        check(os.path.exists(kept(gw) + ".new"), "it was not killed between writing and renaming")
        gw.env = {}
        gw.start()
        check(not os.path.exists(kept(gw) + ".new"), "what was left beside is still there")
        expect(gw, "pushed", PUSHED)
        judged(gw, ["TROJ_NEW"], ["TROJ_OTHER"])
        gw.stop()
        damaged(gw)


def damaged(gw):
    """A kept list that is damaged is said and counted; the configured one is in force."""
    with open(kept(gw), "r+b") as file:
        file.seek(-20, os.SEEK_END)
        file.write(b"X")
    gw.start()
    told = expect(gw, "configured", CONFIGURED)
    check_equal(told["unusable"], 1, f"counted: {told}")
    check("the kept pushed list cannot be used" in told["trouble"], f"{told}")
    check("watchlist reset" in gw.ctl("status"), "the status does not say what to do")
    check("cannot be used, the configured one is in force" in gw.log_text(), gw.log_tail())
    judged(gw, ["TROJ_OLD"], ["TROJ_NEW"])
    gw.ctl("watchlist", "reset")
    check_equal(watchlist(gw)["trouble"], "", "trouble after a reset")
    check(not os.path.exists(kept(gw)), "a damaged list is still kept after a reset")


def test_large():
    """100,000 entries while records come: none is lost, and the longest wait for an acknowledgement"""
    if not IS_LONG:
        raise Skipped("EOG_LONG=1 has it")
    port, rate = free_port(), 1000
    rows = "".join(f'  <entry pattern="TROJ_GEN.R{i:06d}" risk="critical" since="2026-11-01" region="cn"/>\n'
                   for i in range(100000))
    with gateway("watch-large", sections={"syslog-relp": f'<syslog-relp address="127.0.0.1:{port}"/>'}) as gw:
        gw.start()
        path = gw.write_file("large.xml", f"<watchlist>\n{rows}</watchlist>\n")
        slowest = []
        for loads in (0, 3):
            sender = RelpSender(port, [messages.virus("TROJ_GEN.R077777", "wks-1") for _ in range(8 * rate)], rate)
            gw.wait_for(lambda sender=sender: sender.acked > rate, "the first ones are acknowledged")
            for _ in range(loads):
                begun = time.monotonic()
                gw.ctl("watchlist", "load", path)
                say(f"      100,000 entries, {os.path.getsize(path)} bytes, took {time.monotonic() - begun:.1f} s")
                gw.ctl("watchlist", "reset")
            gw.wait_for(lambda sender=sender: sender.acked == len(sender.lines), "all are acknowledged", 120)
            sender.join()
            slowest.append(sender.slowest_s)
        say(f"      longest wait for an acknowledgement: {slowest[0]:.2f} s without, {slowest[1]:.2f} s with loads")
        check(slowest[1] < 5, f"an acknowledgement took {slowest[1]:.1f} s")
        check_equal(gw.counter("dropped_full"), 0, "dropped")
        check_equal(gw.counter("received"), 16 * rate, "received")


if __name__ == "__main__":
    main(test_load, test_refused, test_death, test_large)
