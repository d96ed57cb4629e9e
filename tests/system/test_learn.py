#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no mapping knows: shown by its shape, and turned into a mapping that loads and whose samples
pass, as it is and with every proposal taken."""
import json
import os
import re
import resource
import shutil
import subprocess

import ber
import messages
from harness import SOURCE, Gateway, check, check_equal, main, program

MODULE = "1.3.6.1.4.1.32473.9"
HOSTILE = '<14>evil: a\x1b[31mb "<&> --> ]]> \\ 漢字 -- end'


def unknown_messages():
    doors = [f"CEF:0|Acme & Sons|Gate <1>|1.2|{code}|Door {code}|5|rt=Nov 28 2026 10:00:00 src=192.0.2.1"
             f" spt=4{i} suser=li msg=door {i} open -- again" for i in range(5) for code in ("E1", "E2")]
    pumps = [f"<14>Nov 28 10:00:0{i} pump01 pumpd[12]: pump {i} failed after {i}{i} tries" for i in range(4)]
    keys = [f"devname=fw{i} level=notice srcip=192.0.2.{i} action=accept" for i in range(3)]
    plain = [f"Battery low on unit {i}" for i in range(2)]
    return doors + pumps + keys + plain + [HOSTILE, '{"turns\u009b31m\u202ename": "x", "level": "notice"}']


def unknown(gw, *more):
    return json.loads(gw.ctl("sources", "--unknown", "--json", *more))


def fill(gw):
    gw.receive(messages.pattern_status("wks-01"), *unknown_messages())
    goal = gw.counter("received") + 2
    for number in (7, 8):
        gw.send_packet(ber.v2_notification(f"{MODULE}.0.{number}", [
            (f"{MODULE}.1.1", ber.octets(b"caf\xc3\xa9\x01")), (f"{MODULE}.1.2.3", ber.integer(5))]))
    gw.wait_for(lambda: gw.counter("received") == goal, "the notifications are received")
    gw.wait_for(lambda: (at := gw.status()["journal"])["committed"] == at["staged"], "all is on disk")
    gw.settle()


def test_unknown():
    """Shapes, the most frequent first: count, last seen, sender, a sample; the known are not there"""
    with Gateway("unknown") as gw:
        gw.start()
        check_equal(unknown(gw), {"unknown": [], "others": 0}, "of an empty journal")
        fill(gw)
        seen = {row["shape"]: row for row in unknown(gw)["unknown"]}
        counts = {shape: row["count"] for shape, row in seen.items() if not re.match("text:evil|json:", shape)}
        check_equal(counts, {
            "cef:Acme & Sons/Gate <1>/E1": 5,
            "cef:Acme & Sons/Gate <1>/E2": 5,
            "text:pumpd/pump # failed after #": 4,
            "kv:devname,level,srcip,action": 3,
            "text:Battery low on unit #": 2,
            f"trap:{MODULE}.0.7": 1,
            f"trap:{MODULE}.0.8": 1,
        }, "shapes and counts")
        row = seen["text:pumpd/pump # failed after #"]
        check_equal(row["peers"], ["127.0.0.1"], "senders")
        check("pumpd[12]" in row["sample"] and row["last_seen"] > "2026", f"the row is {row}")
        table = gw.ctl("sources", "--unknown")
        check("\x1b" not in table and "evil" in table, "an escape of a message steers the terminal")
        last = unknown(gw, "-n", "1")["unknown"]
        check(len(last) <= 1, f"of the last record alone: {last}")
        for bad in (["-n", "x"], ["-n", "0"], ["-n"], ["--nope"], ["word"]):
            gw.ctl("sources", "--unknown", *bad, ok=(2,))


def test_bounds():
    """More shapes than are told apart: the rest is counted, nothing is lost, and it ends"""
    with Gateway("bounds") as gw:
        gw.start()
        letters = "abcdefghijklmnopqrstuvwxyz"
        names = [a + b + c for a in "xyz" for b in letters for c in letters][:600]
        gw.receive(*[f"<14>{name}: word" for name in names for _ in range(10)])
        answer = unknown(gw)
        rows = answer["unknown"]
        check_equal(len(rows), 512, "shapes told apart")
        check_equal(sum(row["count"] for row in rows) + answer["others"], 6000, "messages")
        check_equal(answer["others"], 880, "messages of further shapes")
        check("880 messages of further shapes" in gw.ctl("sources", "--unknown"), "said to people")


def run_samples(folder, product):
    done = subprocess.run([program("eogctl"), "test", "--data", folder, product], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    check_equal(done.returncode, 0, f"eogctl test {product}: {done.stdout.decode()}")
    return done.stdout.decode()


def take_proposals(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    taken, n = re.subn(r"<!-- (<(?:set|time) [^>]*/>) -->", r"\1", text)
    with open(path, "w", encoding="utf-8") as file:
        file.write(taken)
    return n, text


def test_learn():
    """A stub of each shape loads beside all mappings, and its samples pass; then nothing is unknown"""
    with Gateway("learn") as gw:
        shutil.copytree(os.path.join(SOURCE, "mappings"), os.path.join(gw.folder, "mappings"))
        gw.start()
        gw.ctl("learn", ok=(1,))
        fill(gw)
        expected = [("cef:Acme", "acme-sons/gate-1", 5 * 2, 2), ("text:pumpd", "unknown/pumpd", 0, 1),
                    ("kv:dev", "unknown/kv-devname-level-srcip-action", 2, 1),
                    ("text:Battery", "unknown/text-battery-low-on-unit", 0, 1),
                    ("text:evil", "unknown/evil", 0, 1), ("json:", "unknown/json-turns-31m-name-level", 0, 1),
                    (f"trap:{MODULE}", "unknown/trap-" + MODULE.replace(".", "-"), 0, 2)]
        for shape, product, proposals, rules in expected:
            shown = gw.ctl("learn", shape)
            check(not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", shown), f"a terminal obeys {shown!r}")
            said = gw.ctl("learn", shape, "-o", gw.folder)
            path = os.path.join(gw.folder, "mappings", product + ".xml")
            check(path in said, f"learn {shape} says {said}")
            run_samples(gw.folder, product)
            taken, text = take_proposals(path)
            check_equal((taken, text.count("<rule ")), (proposals, rules), f"proposals, rules of {shape}")
            run_samples(gw.folder, product)
            gw.ctl("learn", shape, "-o", gw.folder, ok=(3,))  # edited files are not overwritten
        known = os.path.join(gw.folder, "again")
        with Gateway("known", folder=known) as again:
            again.command = lambda *more: [
                program("eogd"), "--config", again.config_path, "--state", again.state,
                "--data", gw.folder, *more]
            again.start()
            fill(again)
            check_equal(unknown(again)["unknown"], [], "unknown with the mappings learnt")
        both = gw.ctl("learn", "cef:Acme")
        check("<mapping" in both and "\nsample cef:Acme" in both, "the stub on standard output")
        answer = json.loads(gw.ctl("learn", "--json"))
        check_equal(answer["id"], "acme-sons/gate-1", "learnt without a word")
        gw.ctl("learn", "nothing like that", ok=(1,))
        gw.ctl("learn", "a", "b", ok=(2,))
        check("eogctl learn" in gw.ctl("learn", "--help"), "help has examples")


def files_of(folder):
    return sorted(os.path.join(at, name) for at, _, names in os.walk(folder) for name in names)


def test_full():
    """Of a mapping that cannot be written whole nothing is left, so that the next attempt can be made"""
    def fill_after(size):
        # SIGXFSZ stays ignored, as Python has it: a write beyond that size fails, as on a full disk.
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    with Gateway("full") as gw:
        gw.start()
        gw.receive(*[f"<14>Nov 28 10:00:00 pump01 pumpd[12]: pump failed {'x' * 3000}"])
        to = os.path.join(gw.folder, "to")
        line = [program("eogctl"), "learn", "-o", to, "--state", gw.state]
        for size in (20, 2000):  # the mapping is longer than the first, its samples than the second
            done = subprocess.run(line, capture_output=True, timeout=30, check=False, restore_signals=False,
                                  preexec_fn=fill_after(size))
            check_equal((done.returncode, done.stdout), (3, b""), f"with room for {size} bytes: {done.stderr}")
            check("File too large" in done.stderr.decode(), f"{done.stderr}")
            check_equal(files_of(to), [], f"what is left, of {size} bytes")
        gw.ctl("learn", "-o", to)
        check_equal([os.path.basename(path) for path in files_of(to)], ["pumpd.samples", "pumpd.xml"], "then")


main(test_unknown, test_bounds, test_learn, test_full)
