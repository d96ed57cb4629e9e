#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports on schedule: what was missed is made when the gateway starts, once; sent by mail, byte for
byte what lies in the folder, at least once over kill -9 and always under the same Message-ID; what
fails or hangs is killed, tried again and shown. A program of our own stands for `eogctl report`."""
import calendar
import contextlib
import os
import re
import stat
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from disk import WallClock
from harness import (SOURCE, Gateway, Skipped, check, check_equal, free_port, main, program, run, say,
                     wait_for)
from told import Smtp

OPS = "ops@example.net"
DAY_S = 86400

# What it is to do stands in a file beside it: ok, fail, hang, empty.
STAND_IN = r"""#!/bin/sh
here=$(dirname "$0")
echo "$@" >> "$here/calls"
echo "$$ $(ps -o ni= -p $$) $(ulimit -v) $(ls /proc/self/fd | tr '\n' ' ')" >> "$here/manners"
case $(cat "$here/mode") in
fail)
    printf 'the store is \033[31mgone\n' >&2
    exit 1
    ;;
hang) sleep 600 ;;
empty) exit 0 ;;
esac
while [ $# -gt 0 ]; do
    [ "$1" = -o ] && out=$2
    shift
done
head -c 30000 /dev/urandom > "$out"
"""


def noon_zone():
    """A zone whose clocks show about noon now: no day ends while a test runs."""
    east = 12 - time.gmtime().tm_hour
    return f"Etc/GMT{-east:+d}" if east else "UTC", east * 3600


ZONE, EAST_S = noon_zone()
TODAY = int((time.time() + EAST_S) // DAY_S)


def date_of(day):
    return time.strftime("%Y-%m-%d", time.gmtime(day * DAY_S))


class Scheduled(Gateway):
    """eogd beside a stand-in for eogctl. made: a line of what it remembers to have made. Its sites have
    the zone of the reports: a day is made when it is over by theirs."""

    def __init__(self, report, made=None, mail="", sites=f'<site id="default" zone="{ZONE}"/>', data=None):
        sections = {"site": sites, **({"data": data} if data else {})}
        super().__init__("report", extra=report + mail, sections=sections)
        self.bin = os.path.join(self.folder, "bin")
        os.mkdir(self.bin)
        # By others: a child that another thread forks would have what we write open, "text busy".
        run(["cp", program("eogd"), self.bin])
        run(["sh", "-c", 'cat > "$0" && chmod 755 "$0"', os.path.join(self.bin, "eogctl")],
            data=STAND_IN.encode())
        self.set_mode("ok")
        if made:
            self.write_file("state/reports.made", "eog-reports 1\n" + made)

    def command(self, *more):
        return [os.path.join(self.bin, "eogd"), *super().command(*more)[1:]]

    def set_mode(self, mode):
        self.write_file("bin/mode", mode + "\n")

    def lines(self, name):
        path = os.path.join(self.bin, name)
        if not os.path.exists(path):
            return []
        with open(path) as file:
            return file.read().splitlines()

    def reports(self):
        return os.path.join(self.state, "reports")

    def files(self):
        folder = self.reports()
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

    def row(self):
        return self.status()["reports"][0]


def element(more="", name="daily"):
    return f'<report name="{name}" zone="{ZONE}" at="06:00" memory="0" {more}/>'


def mail_to(port, to=OPS, more=""):
    return (f'<mail name="night" address="127.0.0.1:{port}" from="eog@example.org" to="{to}"'
            f' tls="no" retry="200ms" timeout="2s" {more}/>')


def of_yesterday(name="daily"):
    """All was made but for yesterday's."""
    return f"{name} {TODAY - 1} 0 0 0 0\n"


def test_missed_and_mailed():
    """What was missed is made, each file once, and mailed as it lies there; a restart repeats none"""
    page = free_port()
    sites = "".join(f'<site id="{site}" name="{name}" zone="{ZONE}"/>' for site, name in (
        ("bj", "Beijing"), ("a:b", "Odd"), ("default", "default")))
    with Smtp() as server, Scheduled(
        element('site="all *" lang="zh en" format="pdf json" mail="night"'),
        of_yesterday(), mail_to(server.port, OPS + " second@example.net")
        + f'<web address="127.0.0.1:{page}"/>', sites,
    ) as gw:
        gw.start()
        gw.wait_for(lambda: len(server.received) == 2, "both have it", 60)  # twelve files
        day = date_of(TODAY - 1)
        names = gw.files()
        odd = next(n for n in names if "a_b" in n).split(".")[0]
        check(re.fullmatch(rf"daily-{day}-a_b~[0-9a-f]{{4}}", odd), odd)
        stems = [f"daily-{day}", odd, f"daily-{day}-bj", f"daily-{day}-default"]
        check_equal(names, sorted(s + e for s in stems for e in (".zh.pdf", ".en.pdf", ".json")),
                    "files")
        for to in (OPS, "second@example.net"):
            (mail,) = server.mails(to)
            text, *files = mail.iter_parts()
            check(day in text.get_content() and f"{names[0]} (30 KiB)" in text.get_content(),
                  text.get_content())
            check_equal(mail["Subject"], f"安全报告 daily，{day}", "subject")
            check_equal(sorted(f.get_filename() for f in files), names, "attachments")
            for part in files:
                with open(os.path.join(gw.reports(), part.get_filename()), "rb") as file:
                    check(file.read() == part.get_payload(decode=True), part.get_filename())
        mode = os.stat(os.path.join(gw.reports(), names[0])).st_mode
        check_equal(stat.S_IMODE(mode), 0o640, "mode")
        calls = gw.lines("calls")
        check_equal(len(calls), 12, "calls")
        check(f"report --state {os.path.realpath(gw.state)} --gateway gw-test --data" in calls[0]
              and f"--period day --date {day} --lang zh --format pdf -o" in calls[0], calls[0])
        check("--site bj" in "".join(calls), "the site")
        pid, nice, _, *fds = gw.lines("manners")[0].split()
        check_equal((nice, sorted(fds)[:3]), (str(min(19, os.nice(0) + 10)), ["0", "1", "2"]), f"manners of {pid}")
        check(len(fds) <= 4, f"descriptors {fds}")

        row = gw.row()
        check_equal((row["standing"], row["first_day"], row["last_day"], row["files"], row["made"]),
                    ("waiting", day, day, 12, 1), "row")
        table = gw.ctl("reports")
        check("daily" in table and "second@example.net" in table and day in table, table)
        check("report daily: waiting" in gw.ctl("status"), "status")
        with urllib.request.urlopen(f"http://127.0.0.1:{page}/metrics") as answer:
            metrics = answer.read().decode()
        check('eog_report_made_total{report="daily"} 1' in metrics, "metrics")
        check(f'eog_letter_sent_total{{mail="night",receiver="{OPS}"}} 1' in metrics, "metrics")
        check_equal(os.listdir(os.path.join(gw.state, "letters")), [], "letters left")

        gw.kill()
        gw.start()
        gw.wait_for(lambda: gw.row()["standing"] == "waiting", "it waits again")
        gw.reload()
        gw.wait_for(lambda: "done generation=2" in gw.log_text(), "reloaded")
        check_equal((len(gw.lines("calls")), len(server.received)), (12, 2), "repeated")


def test_down_for_long():
    """Down for a month: the last seven days are made; old files go, those of others stay"""
    with Scheduled(element('keep="10d" format="csv"'), f"daily {TODAY - 30} 0 0 0 0\n") as gw:
        os.mkdir(gw.reports())
        others = ["daily-summary.csv", f"daily2-{date_of(TODAY - 90)}.en.csv", "notes.txt"]
        for name in [*others, f"daily-{date_of(TODAY - 90)}.en.csv", ".daily-2026-01-01.en.csv.part"]:
            gw.write_file(f"state/reports/{name}", "x")
        gw.start()
        gw.wait_for(lambda: gw.row()["made"] == 7, "seven are made", 60)
        check_equal(gw.files(), sorted(
            [*others, *(f"daily-{date_of(TODAY - d)}.en.csv" for d in range(1, 8))]), "files")
        check_equal(gw.row()["given_up"], 1, "what is too old is said to be given up")
        check("not made any more" in gw.log_text(), "the log")


def test_clock_steps():
    """A clock that stood elsewhere for a moment, at once or at the start, makes none of days to come,
    none again, and deletes none"""
    with Scheduled(element('format="csv" keep="30d"'), of_yesterday()) as gw:
        clock = WallClock(gw.folder)
        gw.env = clock.env
        gw.start()
        gw.wait_for(lambda: gw.row()["made"] == 1, "yesterday's is made")
        gw.wait_for(lambda: gw.row()["standing"] == "waiting", "it waits for the next")
        made = gw.files()
        for days in (400, -400):
            clock.set(days * DAY_S)
            time.sleep(3)  # it looks each second
            check_equal((len(gw.lines("calls")), gw.files()), (1, made), f"calls and files, {days} days away")
            clock.set(0)
            time.sleep(3)
            check_equal((len(gw.lines("calls")), gw.files()), (1, made), f"and back from {days} days")
        gw.stop()
        clock.set(100 * DAY_S - time.time())
        gw.start()
        time.sleep(3)
        clock.set(0)
        time.sleep(3)
        check_equal((len(gw.lines("calls")), gw.files()), (1, made), "begun in 1970")
        gw.stop()
        gw.set_mode("fail")
        clock.set(400 * DAY_S)
        gw.start()
        gw.wait_for(lambda: gw.row()["failed"] > 0, "it looked")
        check_equal(gw.files(), made, "begun in a year to come")


def test_zones():
    """A day is made when it is over by the clocks of each site that it is of, not by the first's"""
    sites = '<site id="sh" zone="Asia/Shanghai"/><site id="lab"/><site id="ny" zone="America/New_York"/>'
    reports = "".join(f'<report name="{name}" site="{of}" at="06:00"/>' for name, of in (
        ("all", "all"), ("each", "*"), ("here", "sh lab"), ("there", "ny")))
    with Scheduled(reports, sites=sites) as gw:
        clock = WallClock(gw.folder)
        gw.env = clock.env
        gw.sections |= {"gateway": '<gateway id="gw-test" site="sh"/>', "source": None}
        gw.write_config()
        clock.set(calendar.timegm((2027, 1, 10, 0, 0, 0)) - time.time())  # a Sunday, 08:00 in Shanghai
        gw.start()
        gw.wait_for(lambda: all(row["next_time"] for row in gw.status()["reports"]), "it is known")
        check_equal({row["name"]: row["next_time"][:16] for row in gw.status()["reports"]},
                    {"all": "2027-01-10T05:05", "each": "2027-01-10T05:05", "here": "2027-01-10T22:00",
                     "there": "2027-01-10T11:00"}, "when which becomes due")


def test_arguments():
    """All that a configuration says of a report is handed on"""
    sunday = TODAY - (TODAY + 4) % 7  # day 0 was a Thursday
    own = """<kpi-catalogue><kpi id="1001" key="usb" category="own" sources="*">
      <name lang="en">Worms</name><name lang="zh">蠕虫</name>
      <advice lang="en">Ask the desk.</advice><advice lang="zh">联系服务台。</advice>
      <input id="worm" kinds="malware.quarantined"/>
      <test measure="count" input="worm" window="1h" unit="worms" warning="2"/>
    </kpi></kpi-catalogue>"""
    with open(os.path.join(SOURCE, "mappings", "kpi.xml"), encoding="utf-8") as file:
        catalogue = file.read()
    with Scheduled(
        element('period="week" week-start="sunday" site="default" lang="zh" format="csv"'),
        f"daily {sunday - 7} 0 0 0 0\n", data='<data catalogue="kpi.xml" own-catalogue="own.xml"/>',
    ) as gw:
        gw.write_file("kpi.xml", catalogue)
        gw.write_file("own.xml", own)
        gw.start()
        gw.wait_for(lambda: gw.row()["made"] == 1, "made")
        (call,) = gw.lines("calls")
        folder = os.path.realpath(gw.folder)
        check(f" --catalogue {folder}/kpi.xml --own-catalogue {folder}/own.xml"
              f" --period week --date {date_of(sunday - 7)} --week-start sunday --site default --lang zh"
              " --format csv -o" in call, call)


def test_failing():
    """What fails, writes nothing or hangs is counted, shown, not mailed; and made when it can be"""
    with Smtp() as server, Scheduled(element('mail="night"'), of_yesterday(),
                                     mail_to(server.port)) as gw:
        patient = gw.extra
        failures = 0
        for mode, trouble in (("fail", "the store is  [31mgone"), ("empty", "nothing was written"),
                              ("hang", "took longer than 1 s, killed")):
            gw.set_mode(mode)
            if mode == "hang":
                gw.extra = patient.replace('at="06:00"', 'at="06:00" timeout="1s"')
                gw.write_config()
            gw.reload() if gw.process else gw.start()
            failures += 1
            gw.wait_for(lambda n=failures: gw.row()["failed"] == n, f"it fails by {mode}")
            row = gw.row()
            check(trouble in row["trouble"], row["trouble"])
            check_equal((row["standing"], row["made"], gw.files()), ("failing", 0, []), mode)
            check("failing" in gw.ctl("status") and trouble.strip()[-8:] in gw.ctl("status"), mode)
            check(trouble in gw.log_text(), "the log")
        pid = gw.lines("manners")[-1].split()[0]
        check(not os.path.exists(f"/proc/{pid}"), "who hung still runs")
        gw.set_mode("ok")
        gw.extra = patient
        gw.write_config()
        gw.reload()
        gw.wait_for(lambda: len(server.received) == 1, "made and mailed")
        check_equal(len(gw.files()), 1, "files")


def test_killed():
    """kill -9 while it is made, and while it is mailed: mailed all the same, under one Message-ID"""
    with Smtp(["close body", "hang DATA"]) as server, Scheduled(
        element('mail="night"'), of_yesterday(), mail_to(server.port, more='give-up="1h"'),
    ) as gw:
        gw.set_mode("hang")
        gw.start()
        gw.wait_for(lambda: gw.lines("manners"), "it is being made")
        pid = gw.lines("manners")[0].split()[0]
        gw.kill()
        wait_for(lambda: not os.path.exists(f"/proc/{pid}"), "who made it dies with the gateway")
        gw.set_mode("ok")
        gw.start()
        gw.wait_for(lambda: server.attempts >= 2, "it is being mailed again")
        gw.kill()
        gw.start()
        gw.wait_for(lambda: server.received, "mailed")
        ids = {re.search(rb"Message-ID: (\S+)", data)[1] for data in server.seen} | {
            m["Message-ID"].encode() for m in server.mails()}
        check(len(server.seen) >= 1 and len(ids) == 1, f"ids {ids}")
        check(b".report-daily-" in ids.pop(), "the id")
        gw.wait_for(lambda: not os.listdir(os.path.join(gw.state, "letters")), "none is left")
        check_equal(len(gw.lines("calls")), 2, "made twice: what was killed, and whole")


def test_cut_short():
    """A report that becomes shorter while it is read for a mail costs that attempt, and no more"""
    large = 'mail="night" mail-size="64M" format="html pdf csv json"'
    with Smtp() as server, Scheduled(element(large), of_yesterday(), mail_to(server.port)) as gw:
        ended = threading.Event()

        def cut():
            while not ended.is_set():
                for name in gw.files():
                    for size in (4096, 15 << 20):
                        with contextlib.suppress(FileNotFoundError):  # it got its name meanwhile
                            os.truncate(os.path.join(gw.reports(), name), size)
                time.sleep(0.001)  # it is long, most of the time

        cutter = threading.Thread(target=cut)
        cutter.start()
        try:
            gw.start()
            gw.wait_for(lambda: gw.row()["failed"] + gw.row()["made"], "it was tried")
        finally:
            ended.set()
            cutter.join()


def test_refused_and_large():
    """Refused for ever: counted and passed over. Too large: the mail says where it lies"""
    with Smtp(["450 RCPT", "550 DATA"]) as server, Scheduled(
        element('mail="night"') + element('mail="night" mail-size="20k"', "large"),
        of_yesterday() + of_yesterday("large"), mail_to(server.port),
    ) as gw:
        gw.start()
        gw.wait_for(lambda: gw.status()["letters"] and gw.status()["letters"][0]["sent"] == 1,
                    "one is sent")
        row = gw.status()["letters"][0]
        check_equal((row["retried"], row["refused"], row["waiting"]), (1, 1, 0), "counted")
        check("letter refused" in gw.log_text() and "550" in row["trouble"], row["trouble"])
        (mail,) = server.mails()
        check_equal((mail["Subject"].split(",")[0], mail.is_multipart()),
                    ("Security report large", False), "which")
        check(gw.reports() in mail.get_content().replace(os.path.realpath(gw.folder), gw.folder),
              mail.get_content())


def test_check():
    """--check says where and what; a report that is new begins with what becomes due next"""
    wrong = [
        ('name="a b"', r"name=\"a b\">: write 1 to 32 letters"),
        ('name="x" at="24:00"', "is no time of the day; write HH:MM such as 07:30"),
        ('name="x" zone="Mars/Base"', "no such time zone here"),
        ('name="x" period="year"', "day week month"),
        ('name="x" lang="en fr"', "lang>: 'fr' is none; write one or more of: en zh"),
        ('name="x" format="pdf pdf"', "format>: 'pdf' stands there twice"),
        ('name="x" site="nowhere"', "site=\"nowhere\">: no such site is declared"),
        ('name="x" mail="nobody"', "there is no <mail name=\"nobody\">"),
        ('name="x"/><report name="x"', "stands in line"),
        ('name="x"/><store enabled="no"', "is made of the store, which is switched off"),
    ]
    with Scheduled(element()) as gw:
        for attributes, text in wrong:
            gw.extra = f"<report {attributes}/>"
            gw.write_config()
            said = run([*gw.command(), "--check"], ok=(2,))
            check(text.replace("\\", "") in said and re.search(r"\.xml:\d+: ", said),
                  f"{attributes}: {said}")
        gw.extra = element()
        gw.write_config()
        gw.start()
        gw.wait_for(lambda: gw.row()["next_time"], "it is known")
        row = gw.row()
        check_equal((row["standing"], row["made_time"], gw.lines("calls")), ("waiting", None, []),
                    "new")
        expected = time.gmtime((TODAY + 1) * DAY_S - EAST_S + 6 * 3600)
        check_equal(row["next_time"][:19], time.strftime("%Y-%m-%dT%H:%M:%S", expected), "next")


def test_real():
    """What `eogctl report` itself makes of the store, by the week from Sunday too"""
    forms = {"html": b"<!DOCTYPE html>", "pdf": b"%PDF-", "csv": b"\xef\xbb\xbf", "json": b"{"}
    sunday = TODAY - (TODAY + 4) % 7  # day 0 was a Thursday
    with Smtp() as server, Scheduled(
        element('lang="zh en" format="html pdf csv json" mail="night"')
        + element('period="week" week-start="sunday" format="json"', "weekly"),
        of_yesterday() + f"weekly {sunday - 7} 0 0 0 0\n", mail_to(server.port),
    ) as gw:
        run(["cp", "--remove-destination", program("eogctl"), gw.bin])
        gw.start()
        gw.wait_for(lambda: len(server.received) == 1 and
                    all(r["made"] == 1 for r in gw.status()["reports"]), "made and mailed")
        files = list(server.mails()[0].iter_parts())[1:]
        check_equal(len(files), 7, "attachments")
        for part in files:
            data, end = part.get_payload(decode=True), part.get_filename().rsplit(".")[-1]
            check(data.startswith(forms[end]), f"{part.get_filename()}: {data[:20]}")
            with open(os.path.join(gw.reports(), part.get_filename()), "rb") as file:
                check(file.read() == data, part.get_filename())
        with open(os.path.join(gw.reports(), f"daily-{date_of(TODAY - 1)}.json")) as file:
            check("gw-test" in file.read(), "the gateway's name")
        with open(os.path.join(gw.reports(), f"weekly-{date_of(sunday - 7)}.json")) as file:
            text = file.read()
        check(date_of(sunday - 7) in text and date_of(sunday - 1) in text, text[:500])


CASES = (test_missed_and_mailed, test_down_for_long, test_clock_steps, test_zones, test_arguments, test_failing,
         test_killed, test_cut_short, test_refused_and_large, test_check, test_real)


def test_all_at_once():
    """Reports on schedule and by mail, each case with a gateway of its own, some at the same time"""
    with ThreadPoolExecutor(3) as pool:
        running = [(case, pool.submit(case)) for case in CASES]
    failed = []
    for case, done in running:
        if isinstance(done.exception(), Skipped):
            say(f"skip  {case.__name__}: {done.exception()}")
        elif done.exception():
            failed.append(f"{case.__name__}: {done.exception()}")
    check(not failed, "\n".join(failed))


# They wait, most of the time. Named on the command line one runs alone.
if len(sys.argv) > 1:
    main(*CASES)
main(test_all_at_once)
