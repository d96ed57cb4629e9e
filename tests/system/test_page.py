#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The status page: its files and their words in both languages, the JSON behind it beside what eogctl
says, acknowledging by token, and, where a Chromium is, what a browser makes of hostile names."""
import http.client
import json
import os
import re
import shutil
import ssl
import subprocess

import messages
from core import make_certificates
from harness import SOURCE, STATES, Gateway, Tail, check, check_equal, free_port, kind_of, main, program, say

TOKEN = "0123456789abcdef of a test"
HOSTILE = '<img src=x onerror="document.title=1">\u202egpj.exe'
NAMED = HOSTILE.replace("\u202e", "?")  # as the indicators know it
FILES = ("index.html", "page.css", "page.js", "words.js")


class Page:
    """A gateway with its page, in a `with` block."""

    def __init__(self, name, has_token=True):
        self.port = free_port()
        token = ' token-file="token"' if has_token else ""
        self.gw = Gateway(name, extra=f'<web address="127.0.0.1:{self.port}"{token}/>')

    def __enter__(self):
        self.gw.__enter__()
        os.chmod(self.gw.write_file("token", TOKEN + "\n"), 0o600)
        self.gw.start()
        return self

    def __exit__(self, *what):
        return self.gw.__exit__(*what)

    def ask(self, path, method="GET", body=None, **headers):
        """Status, headers, body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        return answer.status, dict(answer.getheaders()), said

    def get(self, path):
        status, headers, body = self.ask(path)
        check_equal((status, headers["Content-Type"]), (200, "application/json"), path)
        return json.loads(body)

    def acknowledge(self, said, token=TOKEN, content_type="application/json"):
        """Status and what is wrong; "" when nothing is."""
        body = said if isinstance(said, str) else json.dumps(said)
        status, _, answer = self.ask("/api/ack", "POST", body.encode(), Content_Type=content_type,
                                     Authorization=f"Bearer {token}")
        text = answer.decode()
        return status, json.loads(text).get("error", "") if text.startswith("{") else text.strip()


def read(name):
    with open(os.path.join(SOURCE, "gateway/web/page", name), encoding="utf-8") as file:
        return file.read()


# ---- the files ----

def words():
    """{language: {key: word}} of words.js."""
    out = {}
    for language, body in re.findall(r"^    (en|zh): \{$(.*?)^    \},$", read("words.js"), re.M | re.S):
        pairs = re.findall(r'(\w+): "((?:[^"\\]|\\.)*)"', body)
        check_equal(len(pairs), len(dict(pairs)), f"a key stands twice in {language}")
        out[language] = dict(pairs)
    return out


def test_words():
    """Every word of the page is there in both languages"""
    known = words()
    check_equal(sorted(known["en"]), sorted(known["zh"]), "keys of both languages")
    used = set()
    for argument in re.findall(r"word\(([^()]*)\)", read("page.js")):
        used |= set(re.findall(r'"(\w+)"', argument))
    used |= set(re.findall(r'data-word="(\w+)"', read("index.html")))
    used |= set(re.findall(r'category="(\w+)"', open(os.path.join(SOURCE, "mappings/kpi.xml")).read()))
    # Words of the gateway's own that the page shows.
    for file, function in (("gateway/schema/event.c", "gw_severity_name"),
                           ("gateway/feed/feed.c", "feed_standing_name")):
        with open(os.path.join(SOURCE, file), encoding="ascii") as code:
            body = re.search(rf"\*{function}\(.*?^\}}", code.read(), re.M | re.S).group()
        names = re.findall(r'"(\w+)"', body)
        check(len(names) > 3, f"{function}: {names}")
        used |= set(names)
    used |= set(STATES) | {"malware", "source", "computer", "day", "week", "month"}
    check(len(used) > 50, f"only {len(used)} words are used")
    check_equal(sorted(used - set(known["en"])), [], "words that are used and not there")
    # A key that is built from what the gateway says is used by no literal: those are the ones above.
    tabs = set(re.search(r"TABS = \[(.*?)\]", read("page.js"))[1].replace('"', "").split(", "))
    check_equal(sorted(set(known["en"]) - used - tabs), [], "words that nothing uses")


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast():
    """Colours of text and ground differ by 4.5 to 1 or more, in the light and in the dark (WCAG 2.1)"""
    schemes = re.findall(r":root \{(.*?)\}", read("page.css"), re.S)
    check_equal(len(schemes), 2, "schemes of colours")
    for scheme in schemes:
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", scheme))
        pairs = [(state, state + "-back") for state in STATES]
        pairs += [(ink, ground) for ink in ("text", "soft", "accent") for ground in ("card", "back")]
        for ink, ground in pairs:
            light, dark = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
            ratio = (light + 0.05) / (dark + 0.05)
            check(ratio >= 4.5, f"{ink} on {ground}: {ratio:.2f}")


def test_files():
    """The files are served as they are, ask for nothing from elsewhere, and forbid it"""
    with Page("pagefiles") as page:
        for name in FILES:
            status, headers, body = page.ask("/" if name == "index.html" else "/" + name)
            check_equal((status, body.decode()), (200, read(name)), name)
            check("default-src 'none'" in headers["Content-Security-Policy"], f"{name}: {headers}")
            check_equal(headers["X-Content-Type-Options"], "nosniff", name)
            check(not re.search(r"https?://|//[a-z]+\.[a-z]", read(name)), f"{name} names another place")
        check(not re.search(r"(inner|outer)HTML\s*[+]?=[^=]|insertAdjacent|document\.write", read("page.js")),
              "markup is made of text")
        for path, method, goal in (("/", "POST", 405), ("/api/ack", "GET", 405), ("/page.py", "GET", 404),
                                   ("/../page/page.js", "GET", 404), ("/api", "GET", 404),
                                   ("/api/status", "DELETE", 405), ("/page.css", "HEAD", 200)):
            check_equal(page.ask(path, method)[0], goal, f"{method} {path}")
        check_equal(page.ask("/api/status", Host="evil.example:80")[0], 421, "another name")


# ---- the JSON ----

def test_answers():
    """What the page is told is what eogctl says; rows are chosen by site, indicator and state"""
    with Page("pagejson") as page:
        gw = page.gw
        gw.receive(*[messages.virus(HOSTILE, f"pc-{n}") for n in range(12)], "what is this")
        gw.wait_for(lambda: gw.settle()["alerts"], "an alert is raised")
        said = gw.wait_for(lambda: both_agree(page), "the page and eogctl say the same")
        counts = {name: sum(row["state"] == name for row in said["kpis"]) for name in STATES}
        (site,) = page.get("/api/status")["sites"]
        check_equal(site, {"site": "default", "name": "Default site", **counts}, "states of the site")
        rows = page.get("/api/kpis")["kpis"]
        key = lambda row: (row["id"], row["scope"])  # noqa: E731
        check_equal(sorted(rows, key=key), sorted(said["kpis"], key=key), "all rows")
        order = [("critical", "warning", "unknown", "ok").index(row["state"]) for row in rows]
        check_equal(order, sorted(order), "the worst first")
        bad = page.get("/api/kpis?state=bad&limit=1")
        check_equal(len(bad["kpis"]), 1, "as many as asked for")
        check_equal([bad["ok"], bad["critical"]], [0, counts["critical"]], "and how many there are")
        check_equal({row["id"] for row in page.get("/api/kpis?kpi=11")["kpis"]}, {11}, "one indicator")
        check_equal(page.get("/api/kpis?site=nowhere")["kpis"], [], "no such site")
        check_equal(len(page.get("/api/kpis?site=%64efault")["kpis"]), len(rows), "an escape")
        for query in ("kpis?limit=0", "kpis?limit=x", "kpis?kpi=-1", "kpis?state=good", "kpis?site=%",
                      "kpis?site=%00", "kpis?site=" + "x" * 65, "top?period=year", "top?kind=" + "y" * 400,
                      "events?n=0", "events?n=201", "events?after=-1", "events?after=9" * 9):
            status, _, body = page.ask("/api/" + query)
            check_equal(status, 400, query)
            check(json.loads(body)["error"], query)
        check_events(page)
        (source,) = page.get("/api/sources")["sources"]
        check_equal([source["peer"], source["received"]], ["127.0.0.1", 13], "the sender")
        tops = page.get("/api/top?period=day&kind=malware")["tops"]
        check_equal([(top["period"], top["rows"][0]["name"]) for top in tops], [("day", NAMED)], "top")


def both_agree(page):
    before = page.gw.status()
    alerts = page.get("/api/alerts")["alerts"]
    shown = page.get("/api/status")
    check_equal(shown["evaluated"], page.gw.status()["evaluated"], "one look")
    check_equal(alerts, before["alerts"], "alerts")
    for name in ("gateway", "counters", "summary", "feeds", "sinks"):
        check_equal(shown[name], before[name], name)
    return before


def check_events(page):
    seen = page.get("/api/events?n=200")
    names = [row.get("what") for row in seen["events"]]
    check_equal(names.count(HOSTILE), 12, "viruses among the records")
    check(any("what is this" in row["message"] for row in seen["events"]), "the unknown one")
    numbers = [row["sequence"] for row in seen["events"]]
    check_equal(numbers, sorted(set(numbers)), "in order, each once")
    last = numbers[-1]
    news = page.get(f"/api/events?after={last}")
    check(all(row["sequence"] > last for row in news["events"]), "only newer ones")
    check_equal(page.get(f"/api/events?after={2**62}")["events"], [], "behind the end")
    with Tail(page.gw, 1) as everything:
        everything.find(lambda event: kind_of(event) == "gateway.tick", "a tick")
    check_equal(len(page.get("/api/events?n=1")["events"]), 1, "the newest, though a tick came after it")


def acknowledged(said):
    return next((row for row in said["alerts"] if row["acknowledged"]), None)


def test_acknowledge():
    """Only who has the token acknowledges, few guesses a minute; it outlives a kill"""
    with Page("pageack") as page:
        gw = page.gw
        gw.receive(*[messages.virus("WORM_X", f"pc-{n}") for n in range(12)])
        alert = gw.wait_for(lambda: gw.settle()["alerts"], "an alert is raised")[0]
        said = {"id": alert["id"], "name": "王 Lee", "note": "is looked into"}
        check_equal(page.acknowledge(said, content_type="text/plain")[0], 415, "a form's type")
        for body in ("", "[]", "{", '{"id":1}', '{"id":"1","name":"x"}', '{"id":1,"id":1,"name":"x"}',
                     '{"id":1,"name":"x\\u0000y"}', '{"id":1,"name":7}', "[" * 4000):
            check_equal(page.acknowledge(body)[0], 400, body[:40])
        for change, words_ in (({"id": 4711}, "no open alert"), ({"name": " "}, "wants a name"),
                               ({"name": "a\nb"}, "control"), ({"note": "x" * 600}, "longer"),
                               ({"name": "a\tb", "note": ""}, "control"), ({"note": "a\tb"}, "control")):
            status, error = page.acknowledge({**said, **change})
            check(status == 400 and words_ in error, f"{change}: {status} {error}")
        check_equal(page.ask("/api/ack", "POST", b"x" * 5000, Content_Type="application/json")[0], 413, "too much")
        check_equal(page.acknowledge(said), (200, ""), "the right token")
        row = gw.wait_for(lambda: acknowledged(page.get("/api/alerts")), "it is acknowledged")
        check_equal([row["ack_name"], row["ack_note"]], [said["name"], said["note"]], "by whom")
        os.chmod(os.path.join(gw.folder, "token"), 0o644)
        gw.kill()
        gw.start()
        row = gw.wait_for(lambda: acknowledged(gw.status()), "it still is")
        check_equal(row["ack_name"], said["name"], "by whom, after the kill")
        seen = [page.acknowledge(said, token="guess")[0] for _ in range(12)]
        check_equal(seen, [401] * 10 + [429] * 2, "guesses")
        check_equal(page.acknowledge(said)[0], 429, "the right one among too many")
        check(TOKEN not in gw.log_text(), "the token is in the log")
        check_equal(gw.log_text().count("everybody may read this secret"), 1, "told by the second start alone")
    with Page("pageread", has_token=False) as page:
        check_equal(page.acknowledge({"id": 1, "name": "x"})[0], 403, "no token is configured")


def fetch(page, path, token=None):
    """By TLS, to an address that is no loopback one."""
    context = ssl.create_default_context(cafile=os.path.join(page.gw.folder, "ca.pem"))
    connection = http.client.HTTPSConnection("127.0.0.1", page.port, timeout=30, context=context)
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
    answer = connection.getresponse()
    said = answer.read().decode()
    connection.close()
    return answer.status, dict(answer.getheaders()), said


def test_remote():
    """Where others can reach it: only by TLS, and with the token"""
    with Page("pagetls") as page:
        gw = page.gw
        gw.stop()
        make_certificates(gw.folder)
        check_config(gw, f'<web address="0.0.0.0:{page.port}" token-file="token"/>', "needs cert")
        check_config(gw, f'<web address="0.0.0.0:{page.port}" cert="server.pem" key="server.key"/>', "token-file")
        check_config(gw, f'<web address="127.0.0.1:{page.port}" cert="client.key"/>', "<web>")
        gw.extra = f'<web address="127.0.0.1:{page.port}" token-file="token" cert="server.pem" key="server.key"/>'
        gw.write_config()
        gw.start()
        check(f" https://127.0.0.1:{page.port}/ " in gw.log_text(), "who starts it is shown where the page is")
        check_equal(fetch(page, "/")[0], 200, "the frame, which says nothing")
        check_equal(fetch(page, "/healthz")[0], 200, "health")
        for path in ("/metrics", "/api/status", "/api/kpis", "/api/events"):
            status, headers, body = fetch(page, path)
            check_equal((status, headers["WWW-Authenticate"]), (401, "Bearer"), path)
            check("gw-test" not in body, path)
            check_equal(fetch(page, path, "wrong")[0], 401, f"{path} with a wrong token")
        for path in ("/metrics", "/api/status", "/api/kpis", "/api/events"):
            check_equal(fetch(page, path, TOKEN)[0], 200, path)
        try:
            seen = page.ask("/metrics")[0]
        except (OSError, http.client.HTTPException) as error:
            seen = str(error)
        check(seen != 200, "answers without TLS")


def check_config(gw, section, words_):
    """That this is refused, with these words."""
    path = gw.write_file("wrong.xml", f"<eog-gateway>{section}</eog-gateway>")
    done = subprocess.run([program("eogd"), "--config", path, "--check"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env={**os.environ, "EOG_DATA": SOURCE}, check=False)
    said = done.stdout.decode()
    check(done.returncode == 2 and words_ in said, f"{section}: {done.returncode} {said}")


# ---- the script ----

# A page of which nothing is seen: whatever it asks the browser for is there and does nothing.
STAGE = """
const listeners = {}, shown = [], kept = new Map([["eog-token", "a token that is wrong"]]);
const nothing = (name) => new Proxy(function () {}, {
    get: (on, key) => key === "addEventListener" ? (what, call) => { listeners[name + " " + what] = call; }
        : key === Symbol.iterator ? function* () {} : key === Symbol.toPrimitive ? () => "" : on[key] ?? nothing(name),
    set: (on, key, value) => { on[key] = value; return true; }, apply: () => nothing(name),
});
const elements = {}, element = (id) => elements[id] ??= nothing(id);
globalThis.document = new Proxy({ getElementById: element, querySelectorAll: () => [], addEventListener: () => {},
    createElement: element, createTextNode: element }, { get: (on, key) => on[key] ?? nothing("document") });
for (const name of ["history", "Node", "CSS"]) globalThis[name] = nothing(name);
globalThis.location = { search: "", hash: "" };
globalThis.localStorage = { getItem: () => null, setItem: () => {} };
globalThis.sessionStorage = { getItem: (key) => kept.get(key) ?? null, removeItem: (key) => kept.delete(key),
    setItem: (key, value) => kept.set(key, value) };
globalThis.setTimeout = globalThis.clearTimeout = () => {};
Object.defineProperty(globalThis, "navigator", { value: { language: "en" }, configurable: true });
globalThis.fetch = async (path, options) => {
    shown.push(options.headers.Authorization ?? "");
    return { ok: false, status: 401, text: async () => "wrong token" };
};
"""
ACTS = """
const settle = () => new Promise((done) => setImmediate(done));
(async () => {
    await settle();
    for (let i = 0; i < 3; i++) { await ask(); }
    const said = [shown, element("login-error").textContent];
    element("login-token").value = "another";
    listeners["login-form submit"]({ preventDefault: () => {} });
    await settle();
    console.log(JSON.stringify([...said, shown.at(-1)]));
})();
"""


def test_wrong_token():
    """A token that was wrong is shown once, not by each look at the gateway; not where there is no Node.js"""
    node = shutil.which("node")
    if not node:
        say("      no node here: the script did not run")
        return
    script = STAGE + read("words.js") + read("page.js") + ACTS
    done = subprocess.run([node, "-"], input=script.encode(), stdout=subprocess.PIPE, timeout=60, check=True)
    shown, error, last = json.loads(done.stdout)
    check_equal(shown[0], "Bearer a token that is wrong", "the first look")
    check(len(shown) > 3 and not any(shown[1:-1]), f"later ones: {shown}")
    check_equal(error, "wrong token", "what the person reads")
    check_equal(last, "Bearer another", "the token typed then")


# What the engine says of each kind of test, and what the reports' own translation makes of it.
SAID = """
const said = [["worm in 3: 12 hosts in 1 h", "worm in 3：1 小时内 12 台计算机"], ["12 mails", "12 封邮件"], ["", ""],
    ["heard from, no hosts reported", "有消息上报，未报告任何一台计算机"], ["5.00 %", "5.00 %"], ["news", "news"],
    ["learning: 12 of 50 pauses, 3 of 24 hours", "正在学习：已有 12/50 次间隔、3/24 小时"],
    ["hosts, constructor: 3 hosts in 7 d", "hosts, constructor：7 天内 3 台计算机"],
    ["constructor: 3 constructor in 7 d", "constructor：7 天内 3 constructor"],
    ["hosts: 3 hosts in 7 d", "hosts：7 天内 3 台计算机"],
    ["5.00 % in 24 h", "24 小时内 5.00 %"], ["licence ends in -2 days", "授权已过期 2 天"]];
const english = said.map(([text]) => translated(text));
view.language = "zh";
console.log(JSON.stringify([english, said.map(([text]) => translated(text)), said]));
"""


def test_reasons():
    """Reasons are said in Chinese by the rows that reports and mails have; said where there is a Node.js"""
    with open(os.path.join(SOURCE, "gateway/kpi/chinese.c"), encoding="utf-8") as file:
        rows = re.findall(r'\{"([^"]*)",\s*"([^"]*)"\}', file.read())
    script = read("words.js")
    own = re.findall(r'^    \["([^"]*)", "([^"]*)"\],$', script, re.M)
    own += re.findall(r'(\w+): "([^"]*)"', script[script.index("const UNITS_ZH"):])
    check(len(rows) > 40, f"rows: {len(rows)}")
    check_equal(own, rows, "the page's rows")
    node = shutil.which("node")
    if node:
        script = STAGE + script + read("page.js") + SAID
        done = subprocess.run([node, "-"], input=script.encode(), stdout=subprocess.PIPE, timeout=60, check=True)
        english, chinese, said = json.loads(done.stdout)
        check_equal(english, [text for text, _ in said], "in English")
        check_equal(chinese, [text for _, text in said], "in Chinese")


# ---- a browser ----

def dump(browser, folder, address):
    """What a browser has made of the page after some seconds of its own time."""
    command = [browser, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}",
               "--virtual-time-budget=3000", "--dump-dom", address]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120,
                          check=True).stdout.decode()


def test_browser():
    """In a browser: each tab in both languages, hostile names as text; not where there is no Chromium"""
    browser = shutil.which("chromium")
    if not browser:
        say("      no chromium here: not seen by a browser")
        return
    with Page("pagebrowser") as page:
        gw = page.gw
        gw.receive(*[messages.virus(HOSTILE, f"pc-{n}") for n in range(12)])
        gw.wait_for(lambda: gw.settle()["alerts"], "an alert is raised")
        for language, tab, goal in (("en", "states", "Virus outbreak"), ("zh", "states", "病毒爆发"),
                                    ("zh", "alerts", "病毒爆发"), ("en", "tops", "Malware found most"),
                                    ("en", "events", "malware."), ("zh", "sources", "127.0.0.1"),
                                    ("zh", "feeds", "通知接收方")):
            address = f"http://127.0.0.1:{page.port}/?lang={language}#/{tab}"
            seen = dump(browser, os.path.join(gw.folder, "browser"), address)
            check(goal in seen, f"{tab} in {language} does not show {goal}: {seen[-2000:]}")
            check(not re.search(r"<img|undefined|\[object|NaN", seen), f"{tab} in {language}: {seen}")
            if tab in ("alerts", "tops", "events"):
                name = HOSTILE.replace("\u202e", "[U+202E]") if tab == "events" else NAMED
                name = name.replace("<", "&lt;").replace(">", "&gt;")
                check(name in seen, f"{tab}: the hostile name as text: {seen[-3000:]}")
            check("\u202e" not in seen, f"{tab}: turns the direction")


main(test_words, test_contrast, test_files, test_answers, test_acknowledge, test_remote, test_wrong_token,
     test_reasons, test_browser)
