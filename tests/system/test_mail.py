#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alerts by mail and webhook, from a message that comes in to the mail at a server: whole and
readable, once a change, over STARTTLS and AUTH; whatever the server does, and over kill -9, none is
missing and nobody else waits."""
import os
import re
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import messages
from harness import Gateway, Sink, check, check_equal, free_port, main, program, run, stretch
from tls import Certificates
from told import PASSWORD, USER, Http, Smtp, server_context

OPS = "ops@example.net"


def inventory(n):
    rows = [f"default,osce{i:02d},product" for i in range(1, n + 1)]
    return "\n".join(["site,name,role", *rows]) + "\n"


def mail(port, name="night", to=OPS, more='tls="no"'):
    return (f'<mail name="{name}" address="127.0.0.1:{port}" from="eog@example.org" to="{to}"'
            f' {more}/>')


def told(*elements, products=4, files=None):
    """A gateway that tells alerts of osce01 ... that way."""
    extra = '<inventory file="inventory.csv"/>' + "".join(elements)
    files = {"inventory.csv": inventory(products), "password": PASSWORD + "\n",
             "token": "a-token\n", **(files or {})}
    gw = Gateway("mail", extra=extra, files=files)
    for name in ("password", "token"):
        os.chmod(os.path.join(gw.folder, name), 0o600)
    return gw


def worsen(gw, *numbers, status=4):
    """One alert a product: three versions behind is a warning."""
    gw.receive(*[messages.pattern_status(f"osce{i:02d}", status=status) for i in numbers])


def row(gw, name="night", to=""):
    rows = [r for r in gw.status()["mails"] if r["name"] == name and to in r["target"]]
    check_equal(len(rows), 1, f"rows of {name} {to}")
    return rows[0]


def alerts_of(mails):
    """Numbers in the subjects' scopes: osce01 -> 1."""
    return [int(m["Subject"].split("osce")[1][:2]) for m in mails]


def test_whole():
    """Raised, acknowledged, cleared: mails in both languages, STARTTLS, AUTH; JSON over HTTPS"""
    with Certificates() as c, Smtp() as plain, Smtp(
        context=server_context(c), user=True
    ) as secure, Http(context=server_context(c, True)) as hook:
        zh = (f'tls="starttls" ca="{c.path("ca.pem")}" user="{USER}" password-file="password"'
              ' lang="zh" zone="Asia/Shanghai" severity="warning" sites="default"')
        elements = [
            mail(plain.port, to=f"{OPS}, second@example.net"),
            mail(secure.port, "yeban", "a@example.com", zh),
            mail(plain.port, "worst", "worst@example.net", 'tls="no" severity="critical"'),
            f'<webhook name="hook" url="https://localhost:{hook.port}/in?secret=1"'
            f' ca="{c.path("ca.pem")}" cert="{c.path("client.pem")}" key="{c.path("client.key")}"'
            ' token-file="token"/>',
        ]
        page = free_port()
        elements.append(f'<web address="127.0.0.1:{page}"/>')
        with told(*elements) as gw, Sink(gw) as sink:
            gw.start()
            worsen(gw, 1)
            sink.find("eogAlertRaised", "pattern-outdated")
            number = gw.status()["alerts"][0]["id"]
            gw.ctl("ack", str(number), "--name", "夜班 <b>", "--note", "ticket 4711")
            sink.find("eogAlertAcknowledged", "pattern-outdated")
            while not gw.status()["alerts"] == []:
                worsen(gw, 1, status=1)  # traffic makes the engine look every second
                time.sleep(0.2)
            for what, n in ((plain, 6), (secure, 3), (hook, 3)):
                gw.wait_for(lambda w=what, k=n: len(w.received) >= k, f"{n} came")
            gw.wait_for(lambda: row(gw, "worst")["filtered"] == 3, "a warning is not for worst")
            check_equal(len(plain.received), 6, "mails in the clear")

            english = plain.mails(OPS)
            check_equal([m["Subject"].rsplit(": ", 1)[1] for m in english],
                        ["raised", "acknowledged", "cleared"], "what became of it")
            first = english[0]
            check_equal((first["From"], first["Auto-Submitted"]),
                        ("eog-gateway gw-test <eog@example.org>", "auto-generated"), "headers")
            check_equal(first["To"], f"{OPS}, second@example.net", "To")
            for later in english[1:]:
                check_equal((later["In-Reply-To"], later["References"]),
                            (first["Message-ID"],) * 2, "the thread")
            check_equal(len({m["Message-ID"] for m in english}), 3, "ids")
            check_equal([m["Message-ID"] for m in plain.mails("second@example.net")],
                        [m["Message-ID"] for m in english], "ids of the second's")
            check("Start an update on the console" in first.get_content(), "no advice")
            check(f"eogctl ack {number}" in first.get_content(), "no way to acknowledge it")
            check("夜班 <b>" in english[1].get_content(), "nobody has it in hand")
            check_equal(english[1].get_content_type(), "text/plain", "type")

            chinese = secure.mails()
            check_equal({(tls, known) for _, _, tls, known in secure.received}, {(True, True)},
                        "TLS and AUTH")
            check("[警告] 病毒码过期" in chinese[0]["Subject"], chinese[0]["Subject"])
            check("处理建议：在控制台手动更新病毒码" in chinese[0].get_content(), "no advice")
            check("+0800" in chinese[0]["Date"], "zone")

            changes = [seen for _, seen, _ in hook.received]
            check_equal([s["change"] for s in changes], ["raised", "acknowledged", "cleared"],
                        "changes")
            check_equal({(s["alert"], s["kpi"]["name_zh"], s["gateway"]) for s in changes},
                        {(number, "病毒码过期", "gw-test")}, "whose")
            check_equal(changes[1]["acknowledged"], {"name": "夜班 <b>", "note": "ticket 4711"},
                        "who")
            headers = hook.received[0][0]
            check_equal((headers["Authorization"], headers["Content-Type"], hook.received[0][2]),
                        ("Bearer a-token", "application/json", "client.example.net"), "headers")
            check_equal([h["Idempotency-Key"] for h, _, _ in hook.received],
                        [f'{s["uid"]}.{s["revision"]}' for s in changes], "keys")
            check_equal(first["Message-ID"], f'<{changes[0]["uid"]}.1@example.org>', "one uid")

            text = gw.ctl("mail", "test", "yeban")
            check("taken, 250 2.0.0 queued as 4711" in text, text)
            check("测试" in secure.mails()[-1]["Subject"], "the test mail")
            check("taken, HTTP 200" in gw.ctl("mail", "test", "hook"), "webhook's test")
            check_equal(hook.received[-1][1]["change"], "test", "the test request")
            gw.ctl("mail", "test", "nobody", ok=(3,))
            table, status = gw.ctl("mail"), gw.ctl("status")
            check("second@example.net" in table and "https://localhost" in status, table + status)
            with urllib.request.urlopen(f"http://127.0.0.1:{page}/metrics") as answer:
                metrics = answer.read().decode()
            check(re.search(r'eog_mail_told_changes_total\{name="yeban",target="[^"]+"\} 3', metrics)
                  and re.search(r'eog_mail_state\{name="hook",[^}]*\} 0', metrics), "metrics")
            check("secret=1" not in table + status + gw.log_text(), "the url's secret is shown")


def test_trouble():
    """Refused for now, closed, hung, wrong password: told when it goes; 5xx and 4xx: passed over"""
    script = ["554 greeting", "450 RCPT", "close DATA", "close body", "hang DATA", "451 body",
              "535 AUTH", "550 MAIL", "ok", "550 RCPT"]
    http = ["503", "429 1", "401", "404", "close", "hang", "slow", "410"]
    with Smtp(script, user=True) as smtp, Http(http) as hook:
        more = f'tls="no" timeout="1s" retry="100ms" user="{USER}" password-file="password"'
        elements = [mail(smtp.port, more=more), mail(free_port(), "dead"),
                    f'<webhook name="hook" url="http://127.0.0.1:{hook.port}/" timeout="1s"'
                    ' retry="100ms"/>']
        with told(*elements) as gw, Sink(gw) as sink:
            gw.start()
            worsen(gw, 1)
            sink.find("eogAlertRaised", "pattern-outdated", "default/osce01")

            gw.wait_for(lambda: smtp.mails() and row(gw)["told"] == 1, "the mail came")
            gw.wait_for(lambda: row(gw, "hook")["told"] == 1, "the request came")
            same = {data.split(b"Message-ID: ")[1].split(b"\r\n")[0] for data in smtp.seen}
            check_equal(len(same), 1, "ids of all attempts")
            check_equal(len(smtp.received), 1, "mails that were taken")
            check_equal((row(gw)["retried"], row(gw)["refused"]), (8, 0), "attempts")
            check_equal((row(gw, "hook")["retried"], len(hook.received)), (6, 1), "attempts")

            worsen(gw, 2, 3)
            gw.wait_for(lambda: row(gw)["told"] == 2 and row(gw)["refused"] == 1, "550, then one")
            gw.wait_for(lambda: row(gw, "hook")["told"] == 2, "410, then one")
            for name in ("night", "hook"):
                check_equal(row(gw, name)["refused"], 1, f"refused of {name}")
            check_equal(gw.log_text().count("alert refused, passed over"), 2, "lines in the log")
            check("RCPT was answered 550" in gw.log_text(), "the log does not say why")
            check_equal(row(gw, "dead")["told"], 0, "dead")
            check(row(gw, "dead")["trouble"], "dead has no trouble")
            check(PASSWORD not in gw.log_text() + gw.ctl("status", "--json"), "the password")


def test_strangers():
    """Nothing goes to a server of the wrong name or CA, or without STARTTLS; what none takes ends"""
    quick = 'timeout="10s" retry="100ms"'
    with Certificates() as c, Smtp() as plain, Smtp(context=server_context(c)) as secure, Http(
        context=server_context(c)
    ) as hook, Smtp(context=server_context(c), is_smtps=True) as right:
        ca = f'ca="{c.path("ca.pem")}"'
        elements = [
            mail(plain.port, "plain", more=quick),
            mail(secure.port, "unknown", more=quick),
            mail(secure.port, "smtps", more=f'{ca} tls="smtps" {quick}'),
            f'<webhook name="hook" url="https://localhost:{hook.port}/" {quick}/>',
            f'<webhook name="other" url="https://localhost:{hook.port}/" {quick}'
            f' ca="{c.path("other-ca.pem")}"/>',
            mail(right.port, "right", more=f'{ca} tls="smtps"'),
            mail(free_port(), "nobody", more=f'{quick} give-up="1s"'),
        ]
        with told(*elements) as gw:
            gw.start()
            worsen(gw, 1, 2)
            gw.wait_for(lambda: row(gw, "nobody")["expired"] == 2, "given up")
            for name, words in (("plain", "STARTTLS"), ("unknown", "certificate"), ("smtps", ""),
                                ("hook", "certificate"), ("other", "certificate")):
                gw.wait_for(lambda n=name, w=words: row(gw, n)["retried"] > 1
                            and w in row(gw, n)["trouble"], f"{name} is tried again: {words}")
                seen = row(gw, name)
                check_equal((seen["sent"], seen["refused"]), (0, 0), f"sent to {name}")
            gw.wait_for(lambda: [r[2] for r in right.received] == [True] * 2, "by smtps")
            check_equal(plain.seen + secure.seen + hook.received, [], "what they got")
            check("NOT taken" in gw.ctl("mail", "test", "plain", ok=(1,)), "the test")
            check_equal(gw.log_text().count("alert given up"), 1, "lines in the log")


def test_kill():
    """kill -9 while the server is down, and while it is silent in DATA: nothing is missing"""
    port = free_port()
    with told(mail(port)) as gw, Sink(gw) as sink:
        gw.start()
        worsen(gw, 1, 2)
        sink.find("eogAlertRaised", "pattern-outdated", "default/osce02")
        gw.wait_for(lambda: row(gw)["retried"], "nobody is there")
        gw.kill()
        with Smtp(["hang body", "hang body"], port=port) as smtp:
            gw.start()
            gw.wait_for(lambda: smtp.seen, "the message is out, without an answer")
            gw.kill()
            check_equal(smtp.received, [], "taken so far")
            gw.start()
            worsen(gw, 3)
            gw.wait_for(lambda: len(smtp.seen) >= 2, "it is out again")
            begun = time.monotonic()
            gw.stop()
            check(time.monotonic() - begun < 5 * stretch(), "a silent server holds up the end")
            gw.start()
            gw.wait_for(lambda: len(smtp.received) >= 3, "all came")
            check_equal(alerts_of(smtp.mails()), [1, 2, 3], "alerts, in order, once each")
            check_equal(len({d.split(b"Message-ID: ")[1].split(b"\r\n")[0] for d in smtp.seen[:3]}),
                        1, "the first's id, told three times")


def test_storm():
    """Sixty alerts at once: a few mails, then digests, in which none is missing"""
    # Alone, all would need two minutes: a slow machine comes to digests too.
    with Smtp() as smtp, told(mail(smtp.port, more='tls="no" per-minute="40"'),
                              products=60) as gw:
        gw.start()
        worsen(gw, *range(1, 61))
        gw.wait_for(lambda: row(gw)["told"] == 60, "all are told")
        mails = smtp.mails()
        digests = [m for m in mails if "changes of alerts" in m["Subject"]]
        single = [m for m in mails if m not in digests]
        lines = [line for m in digests for line in m.get_content().splitlines() if "osce" in line]
        numbers = alerts_of(single) + [int(line.split("osce")[1][:2]) for line in lines]
        check_equal(sorted(numbers), list(range(1, 61)), "alerts")
        check(digests and 20 <= len(single) < 60, f"{len(single)} of {len(mails)} mails alone")
        check_equal((row(gw)["digests"], row(gw)["sent"]), (len(digests), len(mails)), "counted")


def test_storm_refused():
    """A digest that a server refuses for one of its changes: the others are told, one by one"""
    with Smtp(spam=b"osce40") as smtp, told(mail(smtp.port, more='tls="no" per-minute="60"'),
                                            products=40) as gw:
        gw.start()
        worsen(gw, *range(1, 41))
        gw.wait_for(lambda: row(gw)["told"] + row(gw)["refused"] == 40, "all are told or refused",
                    timeout_s=90)
        check(any(b"changes of alerts" in seen for seen in smtp.seen), "there was a digest")
        check_equal((row(gw)["told"], row(gw)["refused"]), (39, 1), "told and refused")


def test_reload():
    """A new address, a template of one's own by SIGHUP; who is taken out is forgotten"""
    template = "Subject: ALARM {kpi}\n\n{scope}\nnote {ack-note}\n"
    with Smtp() as smtp, told(mail(smtp.port), files={"own": template}) as gw:
        gw.start()
        worsen(gw, 1)
        gw.wait_for(lambda: row(gw)["told"] == 1, "the first")
        gw.extra = gw.extra.replace(OPS, "new@example.net").replace("tls=", 'template="own" tls=')
        gw.write_config()
        gw.reload()
        gw.wait_for(lambda: "new@" in row(gw)["target"], "the new one")
        check("forgotten cursor=mail-night-" in gw.log_text(), "the old one is not forgotten")
        worsen(gw, 2)
        gw.wait_for(lambda: row(gw)["told"] == 1, "the second")
        seen = smtp.mails("new@example.net")
        check_equal([(m["Subject"], m.get_content().split()) for m in seen],
                    [("ALARM pattern-outdated", ["default/osce02"])], "by the template")


def test_check():
    """--check names every mistake"""
    cases = [
        ('<mail name="a b" address="h:25" from="a@b" to="c@d" tls="no"/>', 'name="a b"'),
        ('<mail name="a" address="host" from="a@b" to="c@d"/>', "write NAME:PORT"),
        ('<mail name="a" address="h:25" from="a@b" to="c@d, x y@"/>', "'x' is no mail address"),
        ('<mail name="a" address="h:25" from="a" to="c@d"/>', 'from="a"'),
        ('<mail name="a" address="h:25" from="a@b" to="c@d" user="u"/>', "go together"),
        ('<mail name="a" address="h:25" from="a@b" to="c@d" user="u" password-file="password"'
         ' tls="no"/>', "would show the password"),
        ('<mail name="a" address="h:25" from="a@b" to="c@d" template="none"/>', "cannot read"),
        ('<mail name="a" address="h:25" from="a@b" to="c@d" template="bad"/>', "'{nothing}'"),
        ('<mail name="a" address="h:25" from="a@b" to="c@d" ca="none.pem"/>', "none.pem"),
        ('<mail name="a" address="h:25" from="a@b" to="c@d" ca="pipe"/>', "is no plain file"),
        ('<mail name="a" address="h:25" from="a@b" to="c@d" ca="bad"/>', "ca: cannot use"),
        ('<webhook name="a" url="https://h/" cert="bad"/>', "cert: cannot use"),
        ('<mail name="a" address="h:25" from="a@b" to="c@d" zone="Mars/Base"/>', "zone"),
        ('<mail name="a" address="h:25" from="a@b" to="c@d" sites="nowhere"/>', "no such site"),
        ('<webhook name="a" url="ftp://h/"/>', "none to post to"),
        ('<webhook name="a" url="http://h/" token-file="token"/>', "show the token"),
        ('<webhook name="a" url="https://h/" token-file="none"/>', "none"),
        ('<webhook name="a" url="https://h/"/><mail name="a" address="h:25" from="a@b" to="c@d"/>',
         "stands in line"),
    ]
    gw = told(files={"bad": "Subject: x\n\n{nothing}\n"})
    os.mkfifo(os.path.join(gw.folder, "pipe"))
    with gw:
        for element, words in cases:
            gw.extra = element
            gw.write_config()
            text = run(["sh", "-c", '"$0" "$@" 2>&1', *gw.command("--check")], ok=(2,))
            check(words in text and "eog-gateway.xml:" in text, f"{element}: {text}")
        check(program("eogd"), "built")


def test_all_at_once():
    """Mails and webhooks, each case with a gateway of its own, at the same time"""
    cases = (test_whole, test_trouble, test_strangers, test_kill, test_storm, test_storm_refused, test_reload,
             test_check)
    with ThreadPoolExecutor(len(cases)) as pool:
        running = [(case, pool.submit(case)) for case in cases]
    failed = [f"{case.__name__}: {done.exception()}" for case, done in running if done.exception()]
    check(not failed, "\n".join(failed))


# They wait, most of the time. Named on the command line one runs alone.
if len(sys.argv) > 1:
    main(test_whole, test_trouble, test_strangers, test_kill, test_storm, test_storm_refused, test_reload,
         test_check)
main(test_all_at_once)
