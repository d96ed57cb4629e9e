#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that is full, turns read-only or fails to sync: the daemon lives, acknowledges nothing
that is not on disk, counts what it must drop, says so in the MIB, the log and by notification, and
goes on when the disk does."""
import os
import re
import socket
import time

import messages
from disk import Ext4, Tmpfs, enter_namespace, failing
from harness import (
    IS_LONG,
    Failed,
    Gateway,
    Sink,
    Skipped,
    check,
    check_equal,
    is_over,
    kind_of,
    main,
    say,
    stretch,
    wait_for,
)
from senders import Informs, Lines, expect_informs, numbers_on_disk
from told import Http, Smtp

ALARM_S, RECOVERY_S = 2.0, 5.0
SMALL = {"journal": '<journal segment-size="1M"/>'}


def alarm(gw, sink):
    """The three alarms, each in time. Returns what was notified."""
    # Blocks that were reserved ahead take records for a while yet.
    refuses = "the disk refuses, nothing is acknowledged"
    gw.wait_for(lambda: refuses in gw.log_text(), "the log tells")
    begun = time.monotonic()
    check_equal(
        wait_for(lambda: int(gw.get("eogJournalState")) == 2, "eogJournalState is critical"), True,
        "eogJournalState",
    )
    check(not is_over(begun, ALARM_S), f"the MIB told after {time.monotonic() - begun:.1f} s")
    check_equal(gw.get("eogGatewayWorstState"), "2", "eogGatewayWorstState")
    check(gw.get("eogJournalFailure"), "eogJournalFailure is empty")
    told = sink.find("eogGatewayFault", "journal")
    check(not is_over(begun, ALARM_S), f"it was notified after {time.monotonic() - begun:.1f} s")
    return told


def healed(gw, sink, begun):
    gw.wait_for(lambda: int(gw.get("eogJournalState")) == 0, "eogJournalState is ok again")
    sink.find("eogGatewayFaultCleared", "journal")
    took = time.monotonic() - begun
    check(took <= RECOVERY_S * stretch(), f"it went on after {took:.1f} s only")
    return took


def disk_full(gw, sink, disk, informs, lines):
    filler = disk.fill()
    told = alarm(gw, sink)
    check("No space left" in sink.text(told, "eogNotifyReason"), f"{told}")
    # Nothing more is acknowledged or read; datagrams are counted, each.
    time.sleep(0.3)
    answered, dropped = informs.n, gw.counter("dropped_full")
    gw.send_udp(*[f"<134>Nov 24 04:12:20 sw1 udp: {n}" for n in range(50)])
    gw.wait_for(
        lambda: gw.counter("dropped_full") == dropped + 50,
        "50 datagrams are counted as dropped",
    )
    gw.wait_for(lambda: lines.is_held(), "TCP is read no more")
    check_equal(informs.n, answered, "informs answered while the disk is full")
    os.unlink(filler)
    begun = time.monotonic()
    took = healed(gw, sink, begun)
    gw.wait_for(lambda: informs.n > answered + 5, "informs are answered again")
    return took


def test_full():
    """The disk fills: no acknowledgement, drops counted, three alarms in 2 s; room: 5 s"""
    with Gateway("full", sections=SMALL) as gw:
        disk = Tmpfs(gw.state, "16m")
        try:
            with Sink(gw) as sink:
                gw.start()
                with Informs(gw) as informs, Lines(gw) as lines:
                    gw.wait_for(lambda: informs.n > 20 and lines.sent > 200, "both are under way")
                    took = disk_full(gw, sink, disk, informs, lines)
                    lines.stop()
                    gw.wait_for(
                        lambda: numbers_on_disk(gw)[0] == list(range(1, lines.sent + 1)),
                        "every line is on disk once, in order",
                    )
                say(f"      {informs.n} informs, {lines.sent} lines; well {took:.1f} s after room")
            expect_informs(gw, informs)
            kinds = [kind_of(event) for event in gw.records(100000)]
            check_equal(kinds.count("gateway.error"), 1, "gateway.error records")
            gw.kill()
            gw.start()
            expect_informs(gw, informs)
            gw.stop()
        finally:
            if gw.is_alive():
                gw.kill()
            disk.close()


def test_full_reload():
    """A reload while the disk is full is refused whole: neither sources nor indicators change"""
    with Gateway("full", sections=SMALL) as gw:
        disk = Tmpfs(gw.state, "16m")
        try:
            gw.start()
            filler = disk.fill()

            def is_failing():
                gw.send_udp(*["<134>Nov 24 04:12:20 sw1 udp: " + "x" * 1000] * 200)
                return gw.status()["journal"]["failing"]

            gw.wait_for(is_failing, "the journal refuses")
            before = gw.status()["generation"]
            gw.extra = '<site id="new"/><kpi key="outbreak" warning="3"/>'
            gw.write_config()
            gw.reload()
            gw.wait_for(lambda: "reload: refused; the configuration of before" in gw.log_text(), "refused")
            check_equal(gw.status()["generation"], before, "the configuration in force")
            check("reload: done" not in gw.log_text(), gw.log_tail())
            os.unlink(filler)
            gw.wait_for(lambda: not gw.status()["journal"]["failing"], "there is room")
            gw.reload()
            gw.wait_for(lambda: "reload: done" in gw.log_text(), "the reload is done")
            check(gw.status()["generation"] > before, "the new configuration is not in force")
            gw.stop()
        finally:
            if gw.is_alive():
                gw.kill()
            disk.close()


def test_full_at_start():
    """A start on a full disk tells its alarm, and heals"""
    with Gateway("full", sections=SMALL) as gw:
        disk = Tmpfs(gw.state, "16m")
        try:
            gw.start()
            gw.stop()
            filler = disk.fill()
            with Sink(gw) as sink:
                gw.start(is_ready=False)
                gw.wait_for(lambda: int(gw.get("eogJournalState")) == 2, "it is told")
                sink.find("eogGatewayFault", "journal")
                os.unlink(filler)
                healed(gw, sink, time.monotonic())
                gw.receive(messages.virus("TROJ_GEN.A", "wks-001"))
            gw.stop()
        finally:
            if gw.is_alive():
                gw.kill()
            disk.close()


def test_full_new_feed():
    """A start on a full disk with a feed, a webhook and a mail that are new: it runs, says so, and
    they begin when there is room"""
    with Gateway("full", sections=SMALL) as gw, Http() as hook, Smtp() as smtp:
        disk = Tmpfs(gw.state, "16m")
        try:
            gw.start()
            gw.stop()
            gw.extra = (
                f'<feed name="copy" kind="file" file="{gw.folder}/copy" from="oldest"/>'
                f'<webhook name="hook" url="http://127.0.0.1:{hook.port}/"/>'
                f'<mail name="night" address="127.0.0.1:{smtp.port}" tls="no" from="eog@example.org"'
                ' to="ops@example.net"/>'
            )
            gw.write_config()
            filler = disk.fill()
            gw.start(is_ready=False)
            gw.wait_for(lambda: int(gw.get("eogJournalState")) == 2, "it is told")
            feeds = gw.wait_for(lambda: gw.status()["feeds"], "the feed is listed")
            check_equal(
                [(row["name"], row["standing"], row["state"]) for row in feeds],
                [("copy", "waiting", "warning")],
                "the feed",
            )
            check("feed forget copy" not in gw.log_text(), gw.log_tail())
            os.unlink(filler)
            gw.wait_for(lambda: not gw.status()["journal"]["failing"], "there is room")

            def begun():
                status = gw.status()
                check_equal([row["standing"] for row in status["feeds"]], ["connected"], "feeds")
                check_equal([row["state"] for row in status["mails"]], ["ok"] * 2, "mails")
                return True

            gw.wait_for(begun, "all have begun", 60)
            gw.receive(messages.pattern_status("osce01", status=7))
            gw.wait_for(lambda: hook.received and smtp.received, "people are told")
            gw.wait_for(lambda: "osce01" in open(f"{gw.folder}/copy").read(), "the feed has it")
            gw.stop()
        finally:
            if gw.is_alive():
                gw.kill()
            disk.close()


def test_full_copy():
    """A file feed's disk is full for a long record and has room for short ones: none overtakes it,
    and it is not passed over"""
    with Gateway("fullcopy") as gw:
        out = os.path.join(gw.folder, "out")
        os.mkdir(out)
        disk = Tmpfs(out, "4m")
        try:
            gw.extra = f'<feed name="copy" kind="file" file="{out}/copy" kinds="malware." raw="yes"/>'
            gw.write_config()
            gw.start()
            filler = disk.fill()
            os.truncate(filler, os.path.getsize(filler) - 8192)
            long = messages.virus("WORM_X", "wks-long") + " msg=" + "x" * 12000
            gw.receive(long, *[messages.virus("WORM_X", f"wks-{n}") for n in range(5)])

            def row():
                return gw.status()["feeds"][0]

            gw.wait_for(lambda: row()["connects"] >= 8, "it was tried again and again", 60)
            check_equal((row()["acknowledged"], row()["refused"]), (0, 0), "acknowledged, refused")
            os.unlink(filler)
            gw.wait_for(lambda: row()["acknowledged"] == 6, "all are written")
            with open(f"{out}/copy") as file:
                hosts = [re.search("wks-[a-z0-9]+", line).group() for line in file]
            check_equal(hosts, ["wks-long"] + [f"wks-{n}" for n in range(5)], "lines")
            gw.stop()
        finally:
            if gw.is_alive():
                gw.kill()
            disk.close()


def turns_read_only():
    with Gateway("read-only", sections=SMALL) as gw:
        disk = Ext4(gw.state, os.path.join(gw.folder, "image"))
        try:
            with Sink(gw) as sink, Informs(gw) as informs:
                gw.start()
                gw.wait_for(lambda: informs.n > 20, "informs are answered")
                disk.break_it()
                alarm(gw, sink)
                answered = informs.n
                time.sleep(0.5)
                check(informs.n <= answered + 1, "informs are answered on a read-only disk")
            gw.stop()
            disk.umount()
            disk.repair()
            disk.mount()
            gw.start()
            expect_informs(gw, informs)
            gw.stop()
        finally:
            if gw.is_alive():
                gw.kill()
            disk.umount()


def test_read_only():
    """The file system turns read-only under it: as above; mended, nothing acknowledged is lost"""
    # A sync that is under way then says that all is well, one of some times.
    for _ in range(60 if IS_LONG else 2):
        turns_read_only()


def test_hangs():
    """A write does not return: nothing is acknowledged, datagrams wait, a fault is told; then all are
    recorded. Programs of this machine do not stand still with it: theirs are counted as dropped"""
    sent, local = 3000, 2000
    with Gateway("hangs", sections={"journal": '<journal segment-size="1M" staging="1M"/>'}) as gw:
        path = os.path.join(gw.folder, "log.sock")
        gw.extra = f'<syslog-unix path="{path}"/>'
        gw.write_config()
        disk = Ext4(gw.state, os.path.join(gw.folder, "image"))
        try:
            with Sink(gw) as sink, Informs(gw) as informs:
                gw.start()
                gw.wait_for(lambda: informs.n > 20, "informs are answered")
                disk.freeze()
                try:
                    gw.send_udp(*[f"<134>Nov 24 04:12:20 sw1 udp: {n} {'x' * 500}" for n in range(sent)])
                    gw.wait_for(lambda: "datagrams wait in the kernel" in gw.log_text(), "it says that they wait")
                    answered = informs.n
                    told = sink.find("eogGatewayFault", "journal")
                    check("not returned for 10 s" in sink.text(told, "eogNotifyReason"), f"{told}")
                    check(informs.n <= answered + 1, "informs are answered while the disk hangs")
                    check_equal(gw.get("eogGatewayWorstState"), "2", "eogGatewayWorstState")
                    send_local(path, local)
                finally:
                    disk.thaw()
                begun = time.monotonic()
                say(f"      well {healed(gw, sink, begun):.1f} s after it goes on")
            gw.wait_for(lambda: len(numbered(gw, "udp")) == sent, "every datagram is recorded")
            check_equal(numbered(gw, "udp"), list(range(sent)), "datagrams on disk")
            gw.wait_for(lambda: len(numbered(gw, "local")) + gw.counter("dropped_full") == local,
                        "what programs of this machine sent is recorded or counted")
            check(gw.counter("dropped_full") > 0, "nothing was refused")
            check_equal(gw.counter("dropped_kernel"), 0, "dropped by the kernel")
            expect_informs(gw, informs)
            gw.stop()
        finally:
            if gw.is_alive():
                gw.kill()
            disk.umount()


def send_local(path, n):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.settimeout(20)  # a program that logs would stand still for ever
        sender.connect(path)
        for i in range(n):
            sender.send(f"<134>local: {i} {'x' * 500}".encode())


def numbered(gw, word):
    raws = [event.get("raw_data", "") for event in gw.records(100000)]
    return [int(raw.split(f"{word}: ")[1].split()[0]) for raw in raws if f"{word}: " in raw]


def sync_fails_at(n, count):
    """One run whose syncs n..n+count-1 fail. Returns whether it started at all."""
    with Gateway("sync", sections={**SMALL, "sink": None}) as gw:
        report = os.path.join(gw.folder, "report")
        gw.env = failing("fdatasync", n, count, report=report)
        gw.start(is_ready=False)
        try:
            gw.wait_for(lambda: gw.status()["catching_up"] is False, "it is up")
        except Failed:
            check_equal(gw.process.wait(), 1, f"exit code when sync {n} fails\n{gw.log_tail()}")
            check("error journal: " in gw.log_text(), gw.log_tail())
            check("eogd: not started" in gw.log_text(), gw.log_tail())
            gw.process = None
            return False
        with Informs(gw) as informs:
            gw.wait_for(
                lambda: informs.n >= 10
                and os.path.exists(report)
                and not gw.status()["journal"]["failing"],
                "informs are answered before and after",
            )
        with open(report) as file:
            words = file.read().split()
        check("failed" in words, "no sync failed")
        check("misuse" not in words, f"a file whose sync {n} failed was used again")
        gw.kill()
        gw.env = {}
        gw.start()
        expect_informs(gw, informs)
        check_equal(gw.status()["journal"]["damaged"], 0, f"damaged, sync {n} failed")
    return True


def test_sync():
    """fdatasync fails at call N: what was acknowledged is there, the file is never used again"""
    places = range(1, 61) if IS_LONG else (1, 6, 12)
    started = [n for n in places if sync_fails_at(n, 3 if n % 2 else 1)]
    # The first ones are of a new journal and its cursors, in an order that its threads decide: without
    # them there is nothing to run on.
    check(set(n for n in places if n > 9) <= set(started), f"it started with {started} only")


try:
    enter_namespace()
except Skipped as reason:
    say(f"skip  {reason}")
    raise SystemExit(77) from None
main(test_full, test_full_reload, test_full_at_start, test_full_new_feed, test_full_copy, test_read_only, test_hangs,
     test_sync)
