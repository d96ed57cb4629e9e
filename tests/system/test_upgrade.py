#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A state folder of an earlier version (state-v1.tar.xz: journal 1, cursors 1, checkpoint 2) is
taken over by this one, and one of a later version is refused by name.

The folder was made by eogd once and is never made anew. When a format changes, `test_upgrade.py
--write state-v2.tar.xz` makes the next one beside it, and every one that is there is tried."""
import contextlib
import glob
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
import tempfile

import messages
from harness import SOURCE, Gateway, check, check_equal, main, program, run

FIXTURES = sorted(glob.glob(os.path.join(SOURCE, "tests", "system", "state-v*.tar.xz")))
CLOCK_COLUMNS = ("eogKpiSince", "eogKpiLastChange")


def write_fixture(path):
    """A small day: a site with three computers, an outbreak, an outdated pattern."""
    with Gateway("fixture", sections={"sink": None}) as gw:
        gw.start()
        gw.receive(*[messages.virus("WORM_DOWNAD.AD", f"wks-{n:03d}") for n in range(12)])
        gw.receive(messages.pattern_status("wks-001", status=4))
        gw.wait_state(11, "outbreak", "default", "critical")
        gw.stop()
        with tarfile.open(path, "w:xz") as to:
            for name in ("journal", "kpi.checkpoint", "snmp"):
                to.add(os.path.join(gw.state, name), name, filter=clean)


def clean(info):
    """Nothing of the machine it was made on."""
    info.uid = info.gid = info.mtime = 0
    info.uname = info.gname = ""
    is_state = info.isdir() or info.name == "kpi.checkpoint" or info.name == "snmp/engine"
    is_journal = info.name.startswith("journal/") and not info.name.endswith("lock")
    return info if is_state or is_journal else None


@contextlib.contextmanager
def gateway_of(fixture, change=None):
    """A gateway with the fixture's state, not started; change(folder) works on it before."""
    with tempfile.TemporaryDirectory(prefix="eog-upgrade-") as folder:
        gw = Gateway("upgraded", folder=folder, sections={"sink": None})
        with tarfile.open(fixture) as source:
            source.extractall(gw.state)
        if change:
            change(gw.state)
        with gw:
            yield gw


def wait_tick(gw):
    """One comes a second after traffic."""
    gw.receive(messages.virus("TROJ_GEN.A", "wks-001"))
    begun = gw.committed()
    gw.wait_for(lambda: gw.evaluated() > begun, "a tick is judged", 30)


def table(gw):
    """State, value and count of every row of the indicator table."""
    columns = {
        gw.column(name)
        for name in gw.oids
        if name.startswith("eogKpi")
        and not name.startswith("eogKpiSummary")
        and gw.oids[name].startswith(gw.oids["eogKpiTable"] + ".")
        and name not in CLOCK_COLUMNS + ("eogKpiScope",)
    }
    return gw.walk("eogKpiTable", columns=columns)


def judged(fixture, change=None):
    """The table that comes of it, and what the log said."""
    with gateway_of(fixture, change) as gw:
        gw.start()
        wait_tick(gw)
        check_equal(gw.status()["journal"]["damaged"], 0, "damaged records")
        rows, log = table(gw), gw.log_text()
        gw.stop()
        run([program("eogctl"), "journal", "verify", "--state", gw.state])
        return rows, log


def raised(fixture):
    with gateway_of(fixture) as gw:
        text = run([program("eogctl"), "journal", "cat", "--state", gw.state, "--kind", "alert"])
        return sorted(json.loads(line)["metadata"]["uid"] for line in text.splitlines())


def without_checkpoint(state):
    os.unlink(os.path.join(state, "kpi.checkpoint"))


def test_taken_over():
    """Journal, cursors and checkpoint are read; the checkpoint comes to what a replay comes to"""
    check(FIXTURES, "no fixture")
    for fixture in FIXTURES:
        check(raised(fixture), "no alert in the fixture")
        rows, log = judged(fixture)
        for words in ("refused", "damaged", "cannot be read"):
            check(words not in log, f"{fixture}: {words} in\n{log}")
        check(len(rows) > 50, f"{len(rows)} cells")
        replayed, _ = judged(fixture, without_checkpoint)
        check_equal(rows, replayed, f"{fixture}: from the checkpoint, and from the journal alone")


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return (crc ^ 0xFFFFFFFF).to_bytes(4, "little")


def raise_version(path, begin, end):
    """The version behind a magic of eight bytes at begin becomes 99; the CRC before end is new."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    end = end or len(data)
    data[begin + 8 : begin + 12] = (99).to_bytes(4, "little")
    data[end - 4 : end] = crc32c(data[begin : end - 4])
    with open(path, "wb") as file:
        file.write(data)


def newer_journal(state):
    path = max(glob.glob(os.path.join(state, "journal", "*.seg")))
    raise_version(path, 0, 512)
    raise_version(path, 512, 1024)


def newer_cursor(state):
    raise_version(os.path.join(state, "journal", "cursors", "kpi"), 0, 64)


def newer_checkpoint(state):
    raise_version(os.path.join(state, "kpi.checkpoint"), 0, None)


def test_newer_journal():
    """A journal or a cursor of a later version: not started, by name, and nothing is touched"""
    for change, name in ((newer_journal, ".seg has format version 99"), (newer_cursor, "cursors/kpi")):
        with gateway_of(FIXTURES[0], change) as gw:
            before = tree(gw.state)
            gw.start(is_ready=False)
            check_equal(gw.process.wait(60), 1, "exit code")
            gw.process = None
            check(name in gw.log_text(), f"{name!r} is not in\n{gw.log_tail()}")
            check_equal(tree(gw.state), before, "the journal's folder")


def tree(state):
    found = {}
    for folder, _, names in os.walk(os.path.join(state, "journal")):
        for name in names:
            if name != "lock":
                with open(os.path.join(folder, name), "rb") as file:
                    found[name] = file.read()
    return found


def test_newer_checkpoint():
    """A checkpoint of a later version is refused by name, and the journal is replayed"""
    rows, log = judged(FIXTURES[0], newer_checkpoint)
    check("kpi.checkpoint" in log and "version" in log, f"not refused by name:\n{log}")
    check_equal(rows, judged(FIXTURES[0], without_checkpoint)[0], "the table")


def newer_store(state):
    with contextlib.closing(sqlite3.connect(os.path.join(state, "store.db"))) as store:
        store.execute("PRAGMA user_version = 99")


def test_newer_asked():
    """eogctl of an earlier version says of each file what is the matter, and which eogctl can"""
    with Gateway("newer") as gw:
        gw.start()
        gw.receive(messages.virus("TROJ_GEN.A", "wks-001"))
        gw.settle()
        gw.stop()
        for change in (newer_journal, newer_store, newer_checkpoint):
            change(gw.state)
        listed = gw.write_file("new.csv", "name,site,role\nwks-9,default,host\n")
        watched = gw.write_file("new.xml", "<watchlist><entry pattern='abc'/></watchlist>")
        for code, file, *line in (
            (3, "journal", "journal", "ls"),
            (3, "journal", "journal", "verify"),
            (3, "journal", "backup", "-o", os.path.join(gw.folder, "backup.tar")),
            (3, "journal", "renormalize", "--dry-run", "--from", "2020-01-01", "--to", "2040-01-01", "--data", SOURCE),
            (3, "store.db", "report", "--data", SOURCE),
            (3, "store.db", "alerts", "--history"),
            (0, "kpi.checkpoint", "inventory", "check", listed),
            (0, "kpi.checkpoint", "watchlist", "check", watched, "--data", SOURCE),
        ):
            done = subprocess.run([program("eogctl"), *line, "--state", gw.state], capture_output=True, timeout=60,
                                  check=False)
            said = done.stderr.decode()
            check_equal(done.returncode, code, f"{line}: {said}")
            check(f"{gw.state}/{file}" in said and "the eogctl of that version" in said, f"{line}: {said}")
            check("replayed" not in said and "--state" not in said and said.count("\n") == 1, f"{line}: {said}")


if sys.argv[1:2] == ["--write"]:
    write_fixture(sys.argv[2])
else:
    main(test_taken_over, test_newer_journal, test_newer_checkpoint, test_newer_asked)
