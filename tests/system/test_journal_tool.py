#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`eogctl journal` on the journal of a real daemon: what it lists and prints is what the daemon
has, a flipped bit is found and placed, and no message steers the terminal."""
import contextlib
import json
import os
import pty
import re
import shutil
import subprocess
import time

import messages
from harness import Failed, Gateway, check, check_equal, kind_of, main, program, run

# ESC [ 2 J; DEL; CSI of C1; a mark that turns the direction of what follows.
STEERING = "a\x1b[2Jb\x7fc\u009b2Jd\u202ee"
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
SEGMENT_BYTES = 1048576


def tool(*arguments, ok=(0,)):
    return run([program("eogctl"), "journal", *arguments], ok=ok)


def segments_of(folder):
    return sorted(name for name in os.listdir(folder) if name.endswith(".seg"))


class Journal:
    """A daemon's journal of several segments, with the daemon's own view of it, at rest."""

    def __init__(self):
        sections = {
            "journal": f'<journal segment-size="{SEGMENT_BYTES}"/>',
            "source": '<source address="127.0.0.0/8" site="default"/>',
        }
        self.gateway = Gateway("journal", sections=sections)
        filler = "x" * 16000
        with self.gateway as gw:
            gw.is_own_folder = False
            gw.start()
            gw.receive(
                messages.virus("TROJ_GEN.A", "wks-001", when_s=time.time() - 7200),
                messages.pattern_status("wks-002", status=4),
                f"<134>Nov 24 04:12:20 sw1 port: {STEERING}",
            )
            gw.receive(*[f"<134>Nov 24 04:12:20 sw1 fill: {n} {filler}" for n in range(150)])
            self.events = [
                event
                for event in gw.records(100000)
                if kind_of(event) not in ("gateway.tick", "gateway.config")
            ]
        self.folder = os.path.join(gw.state, "journal")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.gateway.folder, ignore_errors=True)

    def copy(self, name):
        folder = os.path.join(self.gateway.folder, name)
        shutil.copytree(self.folder, folder)
        return folder


def flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 0x10]))


def uid(event):
    return event["metadata"]["uid"]


def cat(folder, *arguments, ok=(0,)):
    return [json.loads(line) for line in tool("cat", folder, *arguments, ok=ok).splitlines()]


def test_cat(journal):
    """cat prints the daemon's records with its uids; filters choose among them"""
    events = cat(journal.folder)
    check(len(events) >= 153, f"{len(events)} records")
    # Alerts may have been raised while the daemon stopped.
    check_equal(events[: len(journal.events)], journal.events, "records of cat and of the daemon")
    check_equal(
        [uid(event) for event in cat(journal.folder, "-n", "2")],
        [uid(event) for event in events[:2]],
        "-n 2",
    )
    for prefix in ("malware", "content.outdated", "gateway.tick"):
        kinds = {kind_of(event) for event in cat(journal.folder, "--kind", prefix)}
        check(kinds and all(kind.startswith(prefix) for kind in kinds), f"{prefix}: {kinds}")
    check_equal(cat(journal.folder, "--site", "nowhere"), [], "--site nowhere")
    inside = {uid(event) for event in events if event["metadata"]["labels"].count("eog.site:default")}
    seen = {uid(event) for event in cat(journal.folder, "--site", "default")}
    check(seen and seen == inside, f"--site default: {len(seen)} of {len(inside)}")


def test_times(journal):
    """--from and --to cut at the times that the records carry, whatever the zone"""
    events = cat(journal.folder)
    edge_ms = (int(time.time()) - 3600) * 1000
    for zone_s, zone in ((0, "Z"), (8 * 3600, "+08:00")):
        text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(edge_ms // 1000 + zone_s)) + zone
        before, after = (
            {uid(event) for event in cat(journal.folder, option, text)}
            for option in ("--to", "--from")
        )
        check_equal(before, {uid(e) for e in events if e["time"] < edge_ms}, f"--to {text}")
        check_equal(after, {uid(e) for e in events if e["time"] >= edge_ms}, f"--from {text}")
        check(before and after, "nothing on one side")
    check_equal(cat(journal.folder, "--from", "2999-01-01"), [], "--from a day to come")
    check_equal(cat(journal.folder, "--to", "1999-12-31T23:59"), [], "--to the past")


def test_inert(journal):
    """control characters of messages come out as escapes, and are still there"""
    text = tool("cat", journal.folder)
    check_equal(UNSAFE.search(text), None, "a character that steers a terminal")
    check(
        any(STEERING in (event.get("raw_data") or "") for event in cat(journal.folder)),
        "the text itself is gone",
    )


def test_ls(journal):
    """ls has a row a segment, and its sums are the files'"""
    names = segments_of(journal.folder)
    check(len(names) >= 3, f"only {names}")
    seen = json.loads(tool("ls", "--json", journal.folder))
    rows = seen["segments"]
    check_equal([row["file"] for row in rows], names, "files")
    check_equal(
        [row["bytes"] for row in rows],
        [os.path.getsize(os.path.join(journal.folder, name)) for name in names],
        "bytes",
    )
    check_equal(sum(row["records"] for row in rows), seen["records"], "records")
    for row, following in zip(rows, rows[1:]):
        check_equal(following["first"], row["last"] + 1, f"the record behind {row}")
    check(all(row["from"] <= row["to"] and row["sealed"] for row in rows), f"{rows}")
    check(seen["sound"] and not seen["torn"], f"{seen}")
    lines = tool("ls", "--state", journal.gateway.state).splitlines()
    check_equal(len(lines), 1 + len(names), "lines")
    check_equal([line.split()[0] for line in lines[1:]], names, "first column")


def test_verify_sound(journal):
    """verify of a sound journal: exit 0, by folder, by --state, by EOG_STATE"""
    text = tool("verify", journal.folder)
    check(text.rstrip().endswith("sound"), text)
    check_equal(tool("verify", "--state", journal.gateway.state), text, "by --state")
    check_equal(tool("verify", journal.gateway.state), text, "by the state's folder")
    env = {"EOG_STATE": journal.gateway.state}
    check_equal(run([program("eogctl"), "journal", "verify"], env=env), text, "by EOG_STATE")


def test_verify_flipped(journal):
    """a flipped bit in a payload is found: its file, its place, its record; cat goes on"""
    folder = journal.copy("flipped")
    name = segments_of(folder)[1]
    path = os.path.join(folder, name)
    with open(path, "rb") as file:
        at = file.read().find(b"fill: ")
    check(at > 0, "the second segment has no message")
    flip(path, at + 100)
    text = tool("verify", folder, ok=(1,))
    found = re.match(r"(\S+) offset (\d+): records (\d+) to (\d+) are lost\n", text)
    check(found and found.group(1) == name, text)
    check(found.group(3) == found.group(4), text)
    check(0 <= at - int(found.group(2)) < 16384, f"flipped at {at}: {text}")
    check("DAMAGED: 1 records lost, 0 marks" in text, text)
    seen = json.loads(tool("verify", "--json", folder, ok=(1,)))
    lost = int(found.group(3))
    check_equal(
        seen["damage"],
        [{"file": name, "offset": int(found.group(2)), "what": "records", "from": lost, "to": lost}],
        "--json",
    )
    check_equal((seen["damaged"], seen["sound"]), (1, False), "--json")
    left = [uid(event) for event in cat(folder, ok=(1,))]
    whole = [uid(event) for event in cat(journal.folder)]
    check_equal(
        [one for one in whole if one not in left],
        [one for one in whole if one.endswith(f".{lost}")],
        "what cat leaves out",
    )
    check_equal(json.loads(tool("ls", "--json", folder))["segments"][1]["damaged"], 1, "ls")


def test_verify_headers(journal):
    """one bad header loses nothing, two lose the segment, a lost file is a hole; all are said"""
    folder = journal.copy("headers")
    names = segments_of(folder)
    path = os.path.join(folder, names[1])
    flip(path, 20)
    text = tool("verify", folder, ok=(1,))
    check("one of two headers is damaged" in text and "DAMAGED: 0 records" in text, text)
    flip(path, 512 + 20)
    text = tool("verify", folder, ok=(1,))
    check(f"{names[1]} offset 0: no sound header" in text, text)
    rows = json.loads(tool("ls", "--json", journal.folder))["segments"]
    check(f"DAMAGED: {rows[1]['records']} records lost" in text, text)
    os.unlink(path)
    text = tool("verify", folder, ok=(1,))
    check(f"DAMAGED: {rows[1]['records']} records lost" in text and names[0] in text, text)


def test_torn(journal):
    """what kill -9 leaves is torn, no damage"""
    folder = journal.copy("torn")
    path = os.path.join(folder, segments_of(folder)[-1])
    os.truncate(path, os.path.getsize(path) - 60)
    seen = json.loads(tool("verify", "--json", folder))
    check(seen["torn"] and seen["sound"], f"{seen}")
    check("part of a record" in tool("verify", folder), "not said")


def test_progress(journal):
    """a terminal is shown how far it is, and a pipe is not"""
    done = {}
    for name, is_terminal in (("terminal", True), ("pipe", False)):
        near, far = pty.openpty() if is_terminal else os.pipe()
        command = [program("eogctl"), "journal", "verify", journal.folder]
        text = subprocess.run(command, stdout=subprocess.PIPE, stderr=far, check=True).stdout
        check(text.endswith(b"sound\n") and b"\x1b" not in text, f"{text}")
        os.close(far)
        done[name] = b""
        with contextlib.suppress(OSError):  # how a terminal says that its other side is gone
            while part := os.read(near, 4096):
                done[name] += part
        os.close(near)
    shown = done["terminal"]
    check(re.search(rb"\[=*> *\] +\d+ %  \d+ of \d+ MiB", shown), f"{shown}")
    check(shown.endswith(b"\r\x1b[K"), f"the line is left there: {shown}")
    check_equal(done["pipe"], b"", "on a pipe")


def test_live():
    """beside a running daemon: no lock, nothing changed, sound"""
    with Gateway("journal-live") as gw:
        gw.start()
        gw.receive(*[messages.virus("TROJ_GEN.A", f"wks-{n}") for n in range(50)])
        found = cat(gw.state, "--kind", "malware")
        check(len(found) >= 50, f"{len(found)} records")
        check(" records, 1 to " in tool("verify", "--state", gw.state), "not sound")
        gw.receive(messages.virus("TROJ_GEN.A", "wks-after"))


def test_usage(journal):
    """wrong usage is 2, an unreadable journal 3, each with its reason"""
    for arguments in (
        [],
        ["list"],
        ["ls", "a", "b"],
        ["ls", "a", "--state", "b"],
        ["ls", "--from", "2026-11-24"],
        ["cat", "--from", "yesterday"],
        ["cat", "--from", "2026-13-24"],
        ["cat", "-n", "0"],
        ["verify", "--unknown"],
        ["verify", "--state"],
    ):
        done = subprocess.run(
            [program("eogctl"), "journal", *arguments], capture_output=True, check=False
        )
        check_equal(done.returncode, 2, f"exit code of {arguments}")
        check(done.stderr and not done.stdout, f"{arguments}: {done}")
    for folder in (os.path.join(journal.gateway.folder, "none"), journal.gateway.config_path):
        for verb in ("ls", "cat", "verify"):
            done = subprocess.run(
                [program("eogctl"), "journal", verb, folder], capture_output=True, check=False
            )
            check_equal(done.returncode, 3, f"exit code of {verb} {folder}")
            check(b"no journal there" in done.stderr and not done.stdout, f"{done}")
    check("eogctl journal verify" in tool("--help"), "no example")


def with_journal(journal, test):
    def case():
        test(journal)

    case.__name__, case.__doc__ = test.__name__, test.__doc__
    return case


if __name__ == "__main__":
    try:
        with Journal() as made:
            at_rest = [
                with_journal(made, test)
                for test in (
                    test_cat,
                    test_times,
                    test_inert,
                    test_ls,
                    test_verify_sound,
                    test_verify_flipped,
                    test_verify_headers,
                    test_torn,
                    test_progress,
                    test_usage,
                )
            ]
            main(*at_rest, test_live)
    except Failed as failed:
        print(f"FAIL  the journal to look at: {failed}")
        raise SystemExit(1) from None
