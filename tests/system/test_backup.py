#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`eogctl backup` of a gateway under load and at rest, `eogctl restore` of what it made: nothing
that was on disk before is missing, no number is used twice, and what is damaged or hostile is
refused."""
import contextlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import threading

import messages
from harness import Failed, Gateway, check, check_equal, main, program, run, say

FILLER = "x" * 1500
SECTIONS = {"journal": '<journal segment-size="1M"/>'}


def eogctl(*arguments, ok=(0,)):
    return run([program("eogctl"), *arguments], ok=ok, timeout_s=120)


def refused(*arguments):
    """Words of a command that must fail, and leave nothing."""
    try:
        eogctl(*arguments)
    except Failed as failed:
        return str(failed)
    raise Failed(f"eogctl {' '.join(arguments)} did not fail")


def lines_of(gw, word="line"):
    """(number in the text, sequence) of the test's own lines in the journal, in order."""
    found = []
    for line in eogctl("journal", "cat", os.path.join(gw.state, "journal")).splitlines():
        event = json.loads(line)
        raw = event.get("raw_data") or ""
        if f" {word}: " in raw:
            sequence = int(event["metadata"]["uid"].rsplit(".", 1)[1])
            found.append((int(raw.split(f" {word}: ")[1][:8]), sequence))
    return found


def boots_of(gw):
    with open(os.path.join(gw.state, "snmp", "engine")) as file:
        words = file.read().split()
    return words[1], int(words[3])


class Load:
    """Numbered lines over one connection, until it is left."""

    def __init__(self, gw):
        self.gw, self.sent, self.is_open = gw, 0, True
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        with self.gw.connect() as sock:
            while self.is_open:
                self.sent += 1
                line = f"<134>Nov 24 04:12:20 sw1 line: {self.sent:08d} {FILLER}\n"
                sock.sendall(line.encode())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_open = False
        self.thread.join()


@contextlib.contextmanager
def restored(gw, backup):
    """A gateway made of a backup, not started yet."""
    with tempfile.TemporaryDirectory(prefix="eog-restored-") as folder:
        other = Gateway("restored", folder=folder, sections=SECTIONS)
        os.rmdir(other.state)
        other.restore_text = eogctl("restore", backup, "--state", other.state)
        with other:
            yield other


def restores_well(gw, backup, before, last):
    """before: lines on disk when the backup began; last: the last number given out by the gateway
    it was taken of."""
    with restored(gw, backup) as other:
        seen = [number for number, _ in lines_of(other)]
        check_equal(seen, list(range(1, len(seen) + 1)), f"lines in {backup}")
        check(len(seen) >= before, f"{backup} has {len(seen)} lines, {before} were on disk")
        eogctl("journal", "verify", "--state", other.state)
        engine, boots = boots_of(other)
        check_equal(engine, boots_of(gw)[0], "SNMP engine")
        check(boots > boots_of(gw)[1] + 100, f"boots {boots} after {boots_of(gw)[1]}")
        other.start()
        other.receive(*[f"<134>Nov 24 04:12:20 sw1 more: {n}" for n in range(5)])
        status = other.status()["journal"]
        check_equal(status["damaged"], 0, "damaged records")
        check_equal(status["epoch"], gw.epoch, "epoch")
        check("records that a reader had passed are gone" not in other.log_text(), "a cursor leads")
        check("checkpoint refused" not in other.log_text(), "the checkpoint does not fit")
        other.stop()
        eogctl("journal", "verify", "--state", other.state)
        new = [sequence for _, sequence in lines_of(other, "more")]
        check_equal(len(new), 5, "lines taken after the restore")
        check(new[0] > last + 1000000, f"it goes on at {new[0]}, the first one was at {last}")
        check(status["records"] < last + 1000, f"{status['records']} records are counted")
        return len(seen)


def test_under_load():
    """Backups of a gateway under load, of each kind: sound, whole, and never used twice"""
    with Gateway("busy", sections=SECTIONS) as gw, tempfile.TemporaryDirectory() as folder:
        gw.start()
        kinds = {"a.tar": (), "b": (), "c": ("--link",)}
        before = {}
        with Load(gw) as load:
            gw.wait_for(lambda: gw.status()["journal"]["bytes"] > 5 << 20, "a few segments")
            for name, options in kinds.items():
                before[name] = gw.committed() - 100  # some are its own
                text = eogctl("backup", "-o", f"{folder}/{name}", "--state", gw.state, *options)
                check("every record is sound" in text, text)
            gw.wait_for(lambda: load.sent > 5000, "it went on")
        gw.settle()
        gw.epoch = gw.status()["journal"]["epoch"]
        last = gw.committed()
        check_equal(sorted(os.listdir(folder)), sorted(kinds), "what backups left")
        links = [os.stat(e.path).st_nlink for e in os.scandir(f"{folder}/c/journal") if e.is_file()]
        check(links.count(2) >= 3, f"hard links: {links}")
        names = tarfile.open(f"{folder}/a.tar").getnames()
        check("MANIFEST" in names and names[-1] == "MANIFEST", f"{names}")
        check(any(n.startswith("store.db") for n in os.listdir(gw.state)), "there is no store")
        check(not [n for n in names if n.startswith("store.db")], f"the store is in it: {names}")
        whole = [restores_well(gw, f"{folder}/{name}", before[name], last) for name in kinds]
        say(f"      {load.sent} lines sent, {whole} in the backups")


def test_at_rest():
    """A stopped gateway's backup restored: same states, same alerts, its configuration beside"""
    files = {"inventory.csv": "site,name,role\ndefault,wks-001,host\n", "auth": "some words here\n"}
    extra = (
        '<inventory file="inventory.csv"/>'
        '<user name="nms" auth="SHA-256" auth-file="auth"/>'
    )
    with Gateway("rest", sections=SECTIONS, extra=extra, files=files) as gw:
        os.chmod(os.path.join(gw.folder, "auth"), 0o600)
        gw.start()
        gw.receive(*[messages.virus("WORM_DOWNAD.AD", f"wks-{n:03d}") for n in range(12)])
        gw.wait_state(11, "outbreak", "default", "critical")
        alerts = [(a["id"], a["key"], a["scope"]) for a in gw.status()["alerts"]]
        gw.stop()
        backup = os.path.join(gw.folder, "backup.tar")
        eogctl("backup", "-o", backup, "--state", gw.state)
        check_equal(os.stat(backup).st_mode & 0o777, 0o600, "mode of the backup")
        with restored(gw, backup) as other:
            beside = os.path.join(other.state, "restored-config")
            names = sorted(os.listdir(beside))
            check_equal(
                names,
                ["0-eog-gateway.xml", "1-inventory.csv", "2-auth", "MANIFEST"],
                "restored-config",
            )
            for name, original in zip(names, ("eog-gateway.xml", "inventory.csv", "auth")):
                with open(os.path.join(beside, name)) as one, open(
                    os.path.join(gw.folder, original)
                ) as two:
                    check_equal(one.read(), two.read(), name)
                check(f"{name} was {gw.folder}/{original}" in other.restore_text, "what was where")
            other.start()
            other.wait_state(11, "outbreak", "default", "critical")
            check_equal(
                [(a["id"], a["key"], a["scope"]) for a in other.status()["alerts"]],
                alerts,
                "alerts",
            )


def test_cursors():
    """A reader's place is in the backup whatever the feed is called; locks are not"""
    feed = '<feed name="block" kind="file" file="out.jsonl"/>'
    with Gateway("cursors", sections=SECTIONS, extra=feed) as gw:
        gw.start()
        gw.receive("<134>Nov 24 04:12:20 sw1 line: 00000001")
        gw.wait_for(lambda: gw.status()["feeds"][0]["sent"], "the feed has it")
        gw.stop()
        eogctl("backup", "-o", f"{gw.folder}/all.tar", "--state", gw.state)
        names = tarfile.open(f"{gw.folder}/all.tar").getnames()
        check("journal/cursors/feed-block" in names, f"no cursor: {names}")
        check("journal/lock" not in names, f"a lock: {names}")


def test_left_out():
    """A file whose name a backup cannot hold, such as a report of a Chinese site, is told"""
    with Gateway("leftout", sections=SECTIONS) as gw:
        gw.start()
        gw.stop()
        os.mkdir(f"{gw.state}/reports")
        for name in ("monthly-北京.pdf", "monthly-hq.pdf", "half.new"):
            gw.write_file(f"state/reports/{name}", "a report")
        done = subprocess.run([program("eogctl"), "backup", "-o", f"{gw.folder}/all.tar", "--state", gw.state],
                              capture_output=True, timeout=60, check=True)
        names = [n for n in tarfile.open(f"{gw.folder}/all.tar").getnames() if n.startswith("reports")]
        check_equal(names, ["reports/monthly-hq.pdf"], "reports in the backup")
        check_equal(done.stderr.decode(), "eogctl backup: reports/monthly-北京.pdf is left out: a name in a "
                    "backup has fewer than 100 letters, digits, '.', '_' and '-'\n", "what is said")


def make_backup(folder):
    """A gateway at rest with a few records, and its backup as a tar file."""
    gw = Gateway("small", folder=os.path.join(folder, "gw"), sections=SECTIONS)
    with gw:
        gw.start()
        gw.receive(*[f"<134>Nov 24 04:12:20 sw1 line: {n:08d}" for n in range(1, 51)])
        gw.stop()
    eogctl("backup", "-o", f"{folder}/good.tar", "--state", gw.state)
    return gw


def rewrite(path, change):
    """The tar file anew, each member (name, bytes) as change returns it; None leaves it out."""
    out = path.replace("good", "bad")
    with tarfile.open(path) as source, tarfile.open(out, "w", format=tarfile.USTAR_FORMAT) as to:
        for member in source:
            changed = change(member.name, source.extractfile(member).read())
            if changed is None:
                continue
            info = tarfile.TarInfo(changed[0])
            info.size = len(changed[1])
            to.addfile(info, io.BytesIO(changed[1]))
    return out


def add_member(path, info):
    out = path.replace("good", "bad")
    shutil.copy(path, out)
    with tarfile.open(out, "a", format=tarfile.USTAR_FORMAT) as to:
        to.addfile(info, io.BytesIO(b"x" * info.size))
    return out


def member(name, kind=tarfile.REGTYPE, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    info.size = 5 if kind == tarfile.REGTYPE else 0
    return info


def newer(name, data):
    return name, data.replace(b'"format":1', b'"format":2') if name == "MANIFEST" else data


def flipped(name, data):
    at = len(data) // 2
    is_it = name.endswith(".seg")
    return name, data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :] if is_it else data


def test_refused():
    """Restore refuses what is cut, changed, newer, hostile, or not wanted there; and leaves nothing"""
    with tempfile.TemporaryDirectory(prefix="eog-backup-") as folder:
        gw = make_backup(folder)
        good, state = f"{folder}/good.tar", f"{folder}/state"

        def expect(backup, words):
            text = refused("restore", backup, "--state", state)
            check(words in text, f"{words!r} is not in {text}")
            check(not os.path.exists(state), f"{words}: left {state}")
            check(not os.path.exists(f"{folder}/evil"), "it wrote outside")

        expect(f"{folder}/nothing.tar", "No such file")
        expect(rewrite(good, newer), "has format 2; this program reads up to 1")
        expect(rewrite(good, flipped), "its checksum is wrong")
        expect(rewrite(good, lambda n, d: None if n == "MANIFEST" else (n, d)), "is not in it")
        expect(
            rewrite(good, lambda n, d: None if n == "kpi.checkpoint" else (n, d)),
            "lacks kpi.checkpoint",
        )
        for name in ("../evil", "/evil", "a/../../evil", "a/.evil", "a//b"):
            expect(add_member(good, member(name)), "no name of a backup's file")
        expect(add_member(good, member("a", tarfile.SYMTYPE, "/etc/passwd")), "has no place")
        expect(add_member(good, member("a")), "not in its MANIFEST")
        with open(good, "rb") as file:
            whole = file.read()
        for size in [0, 1, 511, 512, *range(700, len(whole) - 1024, len(whole) // 9)]:
            with open(f"{folder}/bad.tar", "wb") as file:
                file.write(whole[:size])
            expect(f"{folder}/bad.tar", "eogctl restore: ")
        check("not empty" in refused("restore", good, "--state", gw.state), "a state in use")
        check("File exists" in refused("backup", "-o", good, "--state", gw.state), "overwritten")
        eogctl("restore", good, "--state", state)


def short(name, data):
    """The configuration's file under a name that is not of its folder."""
    if name == "MANIFEST":
        return name, data.replace(b'"config/0-eog-gateway.xml"', b'"a"')
    return ("a", data) if name.startswith("config/") else (name, data)


def test_short_name():
    """What a MANIFEST names outside of config/ is told as no file of the configuration"""
    with tempfile.TemporaryDirectory(prefix="eog-backup-") as folder:
        make_backup(folder)
        bad = rewrite(f"{folder}/good.tar", short)
        text = eogctl("restore", bad, "--state", f"{folder}/one")
        check("restored as of" in text and " was " not in text, text)
        told = json.loads(eogctl("restore", bad, "--state", f"{folder}/two", "--json"))
        check_equal(told["configuration"], [], "configuration")


ESCAPE = "\x1b]0;evil\x07\u202e"


def steering(name, data):
    """A MANIFEST whose texts a terminal would obey."""
    if name != "MANIFEST":
        return name, data
    manifest = json.loads(data)
    manifest["taken"] += ESCAPE
    for row in manifest["files"]:
        if "path" in row:
            row["path"] += ESCAPE
    return name, json.dumps(manifest).encode()


def lacking(name, data):
    """A MANIFEST that names a file which is not there."""
    if name != "MANIFEST":
        return name, data
    manifest = json.loads(data)
    manifest["files"].append({"name": f"gone{ESCAPE}", "size": 1, "crc32c": 1})
    return name, json.dumps(manifest).encode()


def test_inert():
    """What a backup of somebody's says does nothing to the terminal"""
    with tempfile.TemporaryDirectory(prefix="eog-backup-") as folder:
        make_backup(folder)
        good = f"{folder}/good.tar"
        told = [eogctl("restore", rewrite(good, steering), "--state", f"{folder}/one")]
        check("restored as of" in told[0] and " was " in told[0], told[0])
        for make, change, words in (
                (rewrite, lacking, "lacks gone"), (add_member, member(f"x{ESCAPE}"), "no name of a backup's file"),
                (rewrite, lambda n, d: (n, ESCAPE.encode() if n == "MANIFEST" else d), "no backup")):
            told.append(refused("restore", make(good, change), "--state", f"{folder}/two"))
            check(words in told[-1], told[-1])
        for text in told:
            check(not set(text) & set(ESCAPE[:1] + ESCAPE[-2:]), f"the terminal obeys {text!r}")


def spoilt(name, data):
    """An SNMP engine's file that is none, which its checksum does not tell."""
    if name == "snmp/engine":
        return name, b"x"
    if name != "MANIFEST":
        return name, data
    manifest = json.loads(data)
    row = next(row for row in manifest["files"] if row["name"] == "snmp/engine")
    row["size"], row["crc32c"] = 1, 0xa93c5f93
    return name, json.dumps(manifest).encode()


def test_again():
    """A restore that failed leaves nothing behind that the next one would find"""
    with tempfile.TemporaryDirectory(prefix="eog-backup-") as folder:
        make_backup(folder)
        good, state = f"{folder}/good.tar", f"{folder}/state"
        os.mkdir(state)
        text = refused("restore", rewrite(good, spoilt), "--state", state)
        check("snmp: " in text, text)
        check_equal(os.listdir(state), [], "what it left")
        eogctl("restore", good, "--state", state)


def test_damaged():
    """A damaged record: the backup has it as it is, says so with exit code 1, and is restored"""
    with tempfile.TemporaryDirectory(prefix="eog-backup-") as folder:
        gw = make_backup(folder)
        journal = os.path.join(gw.state, "journal")
        segment = max(n for n in os.listdir(journal) if n.endswith(".seg"))
        with open(os.path.join(journal, segment), "r+b") as file:
            at = file.read().index(b"line: 00000025")
            file.seek(at)
            file.write(b"LINE")
        text = refused("backup", "-o", f"{folder}/b", "--state", gw.state)
        check("DAMAGED: 1 records lost" in text and "exit 1" in text, text)
        text = eogctl("restore", f"{folder}/b", "--state", f"{folder}/state")
        check("1 damaged records" in text, text)


main(test_under_load, test_at_rest, test_cursors, test_left_out, test_refused, test_short_name, test_inert,
     test_again, test_damaged)
