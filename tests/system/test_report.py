#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`eogctl report` of a real gateway: its numbers are those of what was sent, in each format and
language; names that strangers wrote are inert in all of them; what is empty, a part or wrong says so."""
import collections
import csv
import datetime
import html.parser
import io
import json
import os
import stat
import subprocess
import tempfile
import time

import messages
from harness import SOURCE, Failed, Gateway, check, check_equal, main, program

DAY_S = 86400
TODAY = datetime.datetime.now(datetime.timezone.utc).date()
YESTERDAY, BEFORE = TODAY - datetime.timedelta(days=1), TODAY - datetime.timedelta(days=2)
NOON = int(time.time()) // DAY_S * DAY_S - DAY_S // 2  # of yesterday
HOSTILE = [
    "<script>alert(1)</script>",
    "</td><h1>x",
    "=cmd|'/c calc'!A1",
    "@SUM(1+1)",
    "+1-1",
    "a\u202egpj.exe",
    "\u6728\u9a6c.\u75c5\u6bd2",
    "W" * 64,
    'quo"te,comma',
]
SENT = [("WORM_DOWNAD.AD", "wks-01", 9, 3), ("TROJ_GEN.A", "wks-02", 5, 8), ("PE_SALITY.ER", "wks-03", 2, 0)]
SENT += [(name, f"host-{i}", 1, 0) for i, name in enumerate(HOSTILE)]


def report(gw, *more, ok=0):
    done = subprocess.run(
        [program("eogctl"), "report", "--state", gw.state, "--data", SOURCE, "--gateway", "gw-test", *more],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False)
    check_equal(done.returncode, ok, f"eogctl report {more}: {done.stderr.decode()}")
    return done.stdout if ok == 0 else done.stderr.decode()


def as_json(gw, *more):
    return json.loads(report(gw, "--json", *more))


def top(answer, by, of="infections"):
    return next(t for t in answer["tables"] if (t["by"], t["of"]) == (by, of))


def fill(gw):
    inventory = [messages.pattern_status(f"wks-0{i}") for i in range(1, 4)]
    found = []
    for malware, host, n, before in SENT:
        for i in range(n):
            found.append(messages.virus(malware, host, source=f"10.9.9.{n}", when_s=NOON + i))
        for i in range(before):
            found.append(messages.virus(malware, host, when_s=NOON - DAY_S + i))
    gw.receive(*inventory, *found)
    gw.settle()
    end = gw.committed()
    gw.wait_for(lambda: gw.status()["store"]["cursor"] >= end, "all is in the store")


def check_numbers(gw):
    answer = as_json(gw, "--period", "day", "--date", str(YESTERDAY))
    check_equal((answer["from"], answer["to"], answer["compared_from"]), (str(YESTERDAY), str(YESTERDAY), str(BEFORE)),
                "its days")
    found = top(answer, "malware")
    wanted = {name: (n, before) for name, _, n, before in SENT}
    check_equal((found["total"], found["total_before"], found["names"]),
                (sum(n for n, _ in wanted.values()), sum(b for _, b in wanted.values()), len(SENT)), "in all")
    order = sorted(wanted.items(), key=lambda item: (-item[1][0], item[0].encode()))[:10]
    rows = {row["name"]: (row["n"], row["before"]) for row in found["rows"]}
    check_equal(len(found["rows"]), 10, "rows of a top ten")
    for name, counts in order[:3]:
        check_equal(rows[name], counts, f"{name}, before")
    hosts = {row["name"]: row["n"] for row in top(answer, "computer")["rows"]}
    wanted_hosts = {"wks-01": 9, "wks-02": 5, "wks-03": 2}
    check_equal({name: hosts[name] for name in wanted_hosts}, wanted_hosts, "computers")
    sources = {row["name"]: row["n"] for row in top(answer, "source")["rows"]}
    check_equal(sources, {"10.9.9.9": 9, "10.9.9.5": 5, "10.9.9.2": 2, "10.9.9.1": len(HOSTILE)}, "sources")
    check_equal(sum(p["infections"] for p in answer["course"]), found["total"], "the course's sum")
    check_equal([p["infections"] for p in answer["course"]].index(found["total"]), 12, "the hour of noon")
    both = as_json(gw, "--from", str(BEFORE), "--to", str(YESTERDAY))
    check_equal(top(both, "malware")["total"], found["total"] + found["total_before"], "two days")
    check_equal([p["infections"] for p in both["course"]], [found["total_before"], found["total"]], "each day")
    site = as_json(gw, "--period", "day", "--date", str(YESTERDAY), "--site", "default")
    check_equal(top(site, "malware"), found, "the only site")
    return answer


def check_alerts(gw):
    """Those of now, with what the gateway itself says of them."""
    gw.receive(*[messages.virus("WORM_DOWNAD.AD", f"wks-{i:02d}") for i in range(1, 12)])
    gw.wait_state(11, "outbreak", "default", "critical")

    def alerts():
        today = datetime.datetime.now(datetime.timezone.utc).date()  # it may end meanwhile
        answer = as_json(gw, "--period", "day", "--date", str(today))
        return answer, {(a["kpi"], a["scope"]): a for a in answer["alerts"]}

    def is_told():
        now = {(a["kpi"], a["scope"]) for a in json.loads(gw.ctl("alerts", "--json"))["alerts"]}
        return (11, "default") in now and now == set(alerts()[1])

    gw.wait_for(is_told, "the report has the alerts that are open")
    answer, told = alerts()
    check(answer["is_part"], "the day is over?")
    outbreak = told[11, "default"]
    check_equal((outbreak["worst"], outbreak["closed"]), ("critical", None), "the outbreak")
    check_equal(answer["alert_counts"]["open_at_end"], len(told), "open at the end")
    past = json.loads(gw.ctl("alerts", "--history", "--json"))["alerts"]
    check_equal({(a["kpi"], a["scope"]) for a in past}, set(told), "the history")

    def history(*since):
        return json.loads(gw.ctl("alerts", "--history", *since, "--json"))["alerts"]

    def is_open_then():  # one may end between two looks
        return history("--since", "2040-01-01") == [a for a in history() if a["closed"] is None]

    gw.wait_for(is_open_then, "what is open now is open then")
    kpi = next(k for k in answer["indicators"] if k["key"] == "outbreak")
    check_equal([b["state"] for b in kpi["scopes"][0]["bands"]][-1], "critical", "its last band")


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = collections.Counter(), []

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        check(not any(name.startswith("on") for name, _ in attrs), f"a handler: {tag} {attrs}")
        for name, value in attrs:
            check(name not in ("src", "href") or value.startswith("#"), f"from elsewhere: {name}={value}")

    def handle_data(self, data):
        self.text.append(data)


def check_formats(gw, answer, folder):
    day = ("--period", "day", "--date", str(YESTERDAY))
    malware = top(answer, "malware")
    for language, word in (("en", "Malware found most"), ("zh", "\u6700\u591a\u53d1\u73b0\u7684\u75c5\u6bd2")):
        page = Page()
        page.feed(report(gw, *day, "--lang", language).decode())
        text = "".join(page.text)
        check(word in text and "script" not in page.tags, f"{language}: {page.tags}")
        check(page.tags["h1"] == 1, f"headings: {page.tags}")
        for row in malware["rows"]:
            shown = row["name"].replace("\u202e", "\\u{202e}")
            check(shown in text, f"{shown} is not in the page")
        check("\u202e" not in text, "a mark that turns the direction")

        text = report(gw, *day, "--lang", language, "--format", "csv").decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))
        begin = rows.index([word])
        table = {row[0]: row[2:4] for row in rows[begin + 2 : begin + 2 + len(malware["rows"])]}
        for row in malware["rows"]:
            shown = row["name"].replace("\u202e", "\\u{202e}")
            shown = "'" + shown if shown[0] in "=+-@" else shown
            check_equal(table.get(shown), [str(row["n"]), str(row["before"])], f"{shown} of {table}")
        check(not any(cell[:1] in ("=", "@", "\t") for row in rows for cell in row), "a formula")

        path = os.path.join(folder, f"r.{language}.pdf")
        report(gw, *day, "--lang", language, "-o", path)
        check_equal(os.stat(path).st_mode & 0o777, 0o640, "the file's mode")
        said = subprocess.run(["pdftotext", "-layout", path, "-"], stdout=subprocess.PIPE, check=True).stdout.decode()
        check(word in said and "WORM_DOWNAD.AD" in said and "wks-01" in said, said[:500])
        check("\u202e" not in said, "a mark that turns the direction in the PDF")
        label = {"en": "Change: ", "zh": "\u53d8\u5316\uff1a"}[language]
        check(label in said, f"no label {label!r} in the PDF: {said[:500]}")
    check_equal(sorted(os.listdir(folder)), ["r.en.pdf", "r.zh.pdf"], "nothing is left beside them")


def check_out(gw):
    """What is no file is written to, not replaced: of root's /dev/null a file was made; a link stays one."""
    fifo, link, target = (os.path.join(gw.folder, name) for name in ("fifo", "link", "target"))
    os.mkfifo(fifo)
    with subprocess.Popen(["cat", fifo], stdout=subprocess.PIPE) as reader:
        report(gw, "--format", "csv", "-o", fifo)
        if not stat.S_ISFIFO(os.stat(fifo).st_mode):
            reader.kill()
            raise Failed("a FIFO was replaced by a file")
        check(reader.communicate()[0], "nothing was written to the FIFO")
    gw.write_file("target", "")
    os.symlink(target, link)
    report(gw, "--format", "csv", "-o", link)
    check(os.path.islink(link) and os.path.getsize(target) > 0, "a link was replaced, not what it names")


def check_wrong(gw):
    for wrong, named in ((["--date", "2026-02-30"], "2026-02-30"), (["--period", "year"], "year"),
                         (["--from", "2026-03-01"], "--to"), (["--format", "docx"], "docx"),
                         (["--from", "2026-03-02", "--to", "2026-03-01"], "2026-03-01"), (["--lang", "de"], "de")):
        check(named in report(gw, *wrong, ok=2), f"{wrong}: what is wrong is not named")
    said = report(gw, "--date", str(YESTERDAY), "-o", "/nonexistent/x.html", ok=3)
    check("/nonexistent/x.html" in said, said)
    with open(os.path.join(SOURCE, "mappings", "kpi.xml"), encoding="utf-8") as file:
        renamed = file.read().replace('<name lang="en">Product offline', '<name lang="en">Console away')
    other = gw.write_file("other.xml", renamed)
    page = report(gw, "--date", str(YESTERDAY), "--catalogue", other)
    check(b"Console away" in page and b"Product offline" not in page, "the name in a catalogue")
    own = gw.write_file("own.xml", "<kpi-catalogue>\n<kpis/>\n</kpi-catalogue>\n")
    said = report(gw, "--own-catalogue", own, ok=3)
    check(f"{own}:2: " in said, f"a catalogue that is none is not told: {said!r}")
    done = subprocess.run([program("eogctl"), "report", "--state", "/nonexistent"], stderr=subprocess.PIPE, check=False)
    check(done.returncode == 3 and b"/nonexistent" in done.stderr, str(done))


def test_report():
    """Numbers, formats, languages, hostile names, an empty day, a part, what is wrong; without the daemon too"""
    inventory = "site,name,role\n" + "".join(f"default,wks-{i:02d},host\n" for i in range(1, 12))
    with tempfile.TemporaryDirectory(prefix="eog-reports-") as folder, Gateway(
        "report", extra='<inventory file="inventory.csv"/>', files={"inventory.csv": inventory}) as gw:
        gw.start()
        fill(gw)
        answer = check_numbers(gw)
        check_formats(gw, answer, folder)
        check_out(gw)
        check_wrong(gw)
        empty = as_json(gw, "--period", "day", "--date", "2001-01-01")
        check_equal((empty["is_empty"], top(empty, "malware")["total"]), (True, 0), "a day of which nothing is known")
        page = report(gw, "--period", "day", "--date", "2001-01-01")
        check(b"Nothing is known of this period" in page, "it does not say that it is empty")
        check_alerts(gw)
        gw.stop()
        again = as_json(gw, "--period", "day", "--date", str(YESTERDAY))
        check_equal(again["tables"], answer["tables"], "without the daemon")


if __name__ == "__main__":
    main(test_report)
