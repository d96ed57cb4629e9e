// SPDX-License-Identifier: GPL-3.0-or-later
// The status page: asks /api, shows it as text. Nothing that a message brought is ever markup:
// every text goes through show(), into a text node, with what could steer a reader made visible.
"use strict";

const STATES = ["critical", "warning", "unknown", "ok"];
const MARKS = { critical: "✖", warning: "▲", unknown: "?", ok: "✔" };
const TABS = ["states", "alerts", "tops", "events", "sources", "feeds"];
const EVERY_MS = 5000;
const EVENTS_KEPT = 200;

const view = {
    language: new URLSearchParams(location.search).get("lang") ?? localStorage.getItem("eog-language") ??
        (navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en"),
    tab: "states", site: "", onlyBad: false, kpi: 0, period: "day", isPaused: false,
    status: null, rows: null, alerts: null, tops: null, sources: null, events: [], after: 0, ack: 0,
};
if (!(view.language in WORDS)) view.language = "en";
if (TABS.includes(location.hash.slice(2))) view.tab = location.hash.slice(2); // "#/alerts"

const $ = (id) => document.getElementById(id);
const word = (key) => WORDS[view.language][key] ?? key;

// Control characters and those that turn a line's direction, as their numbers.
function show(text) {
    return String(text ?? "").replace(
        /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g,
        (c) => `[U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);
}

function make(name, attributes, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes ?? {})) {
        if (key === "class") element.className = value;
        else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
        else if (value !== null && value !== false) element.setAttribute(key, value === true ? "" : value);
    }
    for (const child of children.flat(Infinity))
        if (child !== null && child !== undefined && child !== "")
            element.append(child instanceof Node ? child : document.createTextNode(String(child)));
    return element;
}

const text = (value) => make("bdi", null, show(value));

// The same screen again keeps the focus and the place: it is replaced only when it differs.
function fill(element, ...children) {
    const fresh = make(element.tagName, null, ...children);
    if (fresh.innerHTML === element.innerHTML) return;
    const focused = element.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    element.replaceChildren(...fresh.childNodes);
    const again = focused && element.querySelector(`[data-key="${CSS.escape(focused)}"]`);
    if (again) again.focus();
}

function when(iso) {
    if (!iso) return "";
    const date = new Date(iso);
    return isNaN(date) ? show(iso) : date.toLocaleString(view.language === "zh" ? "zh-CN" : "en-GB");
}

const number = (n) => Number(n ?? 0).toLocaleString("en-GB").replaceAll(",", " ");
const state = (name) => make("span", { class: `state ${name}` }, `${MARKS[name] ?? ""} ${word(name)}`);

const BLANKS = { "#": "([-\\d.,]+)", "@": "([a-z]+)", "*": "(.+)" };

const siteName = (id) => view.status?.sites?.find((row) => row.site === id)?.name || id;
// The name that people gave it, and what it is called in commands.
const named = (name, id) => [text(name || id), name && name !== id ? make("small", null, " ", text(id)) : null];

// A reason, or a value with its unit.
function translated(said) {
    if (view.language !== "zh" || !said) return said;
    for (const [english, chinese] of REASONS_ZH) {
        const found = new RegExp(`^${english.replace(/[#@*]/g, (blank) => BLANKS[blank])}$`).exec(said);
        if (!found) continue;
        const isWord = [...english.matchAll(/[#@*]/g)].map(([blank]) => blank === "@");
        return chinese.replace(/\{(\d)\}/g, (all, n) =>
            isWord[n - 1] && Object.hasOwn(UNITS_ZH, found[n]) ? UNITS_ZH[found[n]] : found[n]);
    }
    return said;
}

// columns: [heading, class, row => node or text]
function table(caption, columns, rows, none) {
    if (!rows.length) return make("p", { class: "none" }, none ?? `${caption}: ${word("noRows")}`);
    return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
        make("table", null,
            make("caption", null, caption),
            make("thead", null, make("tr", null,
                columns.map(([head, kind]) => make("th", { scope: "col", class: kind }, head)))),
            make("tbody", null, rows.map((row) => make("tr", null,
                columns.map(([head, kind, cell]) =>
                    make("td", { class: kind, "data-label": head }, cell(row))))))));
}

const names = (row) => (view.language === "zh" && row.name_zh) || row.name;
const byKey = () => Object.fromEntries((view.status?.summary ?? []).map((row) => [row.key, row]));

// ---- states ----

function worstOf(id) {
    const seen = (view.rows?.kpis ?? []).filter((row) => row.id === id).map((row) => row.state);
    return STATES.find((name) => seen.includes(name)) ?? "unknown";
}

function tile(row) {
    const isAll = !view.site;
    const worst = isAll ? row.state : worstOf(row.id);
    const counts = STATES.filter((name) => isAll && row[name]).map((name) => `${MARKS[name]} ${row[name]}`);
    if (isAll && worst !== "ok" && row.worst_scope) counts.push(show(row.worst_scope));
    return make("button", {
        type: "button", class: `tile ${worst}`, "data-key": `kpi-${row.id}`,
        "aria-pressed": String(view.kpi === row.id),
        onclick: () => { view.kpi = view.kpi === row.id ? 0 : row.id; draw(); ask(); },
    }, make("strong", null, text(names(row))), state(worst),
        make("small", null, text(counts.join("  ") || row.key)));
}

function drawTiles() {
    const summary = view.status?.summary ?? [];
    const groups = [...new Set(summary.map((row) => row.category))];
    fill($("tiles"), groups.map((group) => {
        const rows = summary.filter((row) => row.category === group && (!view.onlyBad ||
            (view.site ? worstOf(row.id) : row.state) !== "ok"));
        return rows.length ? make("div", null, make("h2", null, word(group)),
            make("div", { class: "group" }, rows.map(tile))) : null;
    }));
}

function drawDetail() {
    const chosen = (view.status?.summary ?? []).find((row) => row.id === view.kpi);
    const known = byKey();
    const rows = (view.rows?.kpis ?? []).filter((row) => (!view.kpi || row.id === view.kpi) &&
        (view.kpi || row.state !== "ok"));
    const shown = rows.slice(0, 500);
    const advice = chosen && ((view.language === "zh" && chosen.advice_zh) || chosen.advice);
    const level = (row, n) => n < 0 ? "–" : row.unit === "0.01 %" ? `${n / 100} %` : n;
    const left = (view.rows?.left ?? 0) + rows.length - shown.length;
    fill($("detail"),
        chosen ? make("h2", null, text(names(chosen))) : null,
        advice ? make("p", { class: "advice" }, make("strong", null, word("advice"), ": "), text(advice)) : null,
        table(chosen ? names(chosen) : word("notOk"), [
            [word("indicator"), "", (row) => text(known[row.key] ? names(known[row.key]) : row.key)],
            [word("scope"), "", (row) => named(row.scope_name, row.scope)],
            [word("state"), "", (row) => state(row.state)],
            [word("value"), "", (row) => text(translated(row.value_text))],
            [word("levels"), "", (row) => `${level(row, row.warning)} / ${level(row, row.critical)}`],
            [word("since"), "time", (row) => when(row.since)],
            [word("reason"), "", (row) => text(translated(row.reason))],
        ], shown),
        left > 0 ? make("p", { class: "none" }, `${left} ${word("more")}`) : null);
}

function drawSites() {
    const sites = view.status?.sites ?? [];
    const mark = (row) => STATES.filter((name) => name !== "ok" && row[name])
        .map((name) => `${MARKS[name]}${row[name]}`).join(" ") || MARKS.ok;
    const weight = (row) => row.critical * 1e6 + row.warning * 1e3 + row.unknown;
    fill($("site"), make("option", { value: "", selected: !view.site }, word("allSites")),
        [...sites].sort((a, b) => weight(b) - weight(a)).map((row) =>
            make("option", { value: row.site, selected: view.site === row.site },
                show(row.name && row.name !== row.site ? `${row.name} (${row.site})` : row.site) +
                    "  " + mark(row))));
    $("site").value = view.site;
}

// ---- the other tabs ----

function drawAlerts() {
    const known = byKey();
    const rows = [...(view.alerts?.alerts ?? [])].sort((a, b) =>
        STATES.indexOf(a.state) - STATES.indexOf(b.state) || a.id - b.id);
    fill($("alerts"), table(word("alerts"), [
        ["№", "number", (row) => row.id],
        [word("state"), "", (row) => [state(row.state), row.unverified ? make("small", null, " ", word("unverified")) : null]],
        [word("indicator"), "", (row) => text(known[row.key] ? names(known[row.key]) : row.key)],
        [word("scope"), "", (row) => named(row.scope_name, row.scope)],
        [word("value"), "", (row) => text(translated(row.value_text))],
        [word("reason"), "", (row) => text(translated(row.reason))],
        [word("opened"), "time", (row) => when(row.opened)],
        [word("advice"), "", (row) => text(known[row.key]
            ? (view.language === "zh" && known[row.key].advice_zh) || known[row.key].advice : row.advice)],
        [word("acknowledged"), "", (row) => row.acknowledged
            ? [text(row.ack_name), row.ack_note ? [": ", text(row.ack_note)] : null]
            : make("button", { type: "button", "data-key": `ack-${row.id}`, onclick: () => openAck(row) }, word("acknowledge"))],
    ], rows, word("noAlerts")));
}

function drawTops() {
    const lists = (view.tops?.tops ?? []).filter((list) => list.period === view.period);
    fill($("tops"),
        make("div", { class: "bar", role: "group" }, ["day", "week", "month"].map((period) =>
            make("button", {
                type: "button", "data-key": `period-${period}`, "aria-pressed": String(view.period === period),
                onclick: () => { view.period = period; draw(); },
            }, word(period)))),
        make("div", { class: "lists" }, lists.map((list) => make("div", null, table(
            `${word(list.kind)} · ${word("total")} ${number(list.total)}`, [
                ["№", "number", (row) => row.rank],
                [word("name"), "", (row) => [text(row.name), row.site ? [" (", text(siteName(row.site)), ")"] : null]],
                [word("count"), "number", (row) => number(row.count) + (row.error ? ` (${word("atMost")} ${number(row.error)})` : "")],
            ], list.rows)))));
}

function drawEvents() {
    fill($("events"),
        make("div", { class: "bar" }, make("button", {
            type: "button", "data-key": "pause", "aria-pressed": String(view.isPaused),
            onclick: () => { view.isPaused = !view.isPaused; draw(); ask(); },
        }, word(view.isPaused ? "resume" : "pause"))),
        table(word("events"), [
            [word("time"), "time", (row) => when(row.time)],
            [word("severity"), "", (row) => word(row.severity)],
            [word("kind"), "", (row) => text(row.kind)],
            [word("site"), "", (row) => text(siteName(row.site))],
            [word("product"), "", (row) => text([row.vendor, row.product].filter(Boolean).join(" "))],
            [word("host"), "", (row) => text(row.host)],
            [word("what"), "", (row) => text(row.what)],
            [word("message"), "message", (row) => text(row.message)],
        ], [...view.events].reverse()));
}

// What the declaration of a sender lacks, as `eogctl sources` says it.
function lacking(row) {
    const minutes = Math.abs(row.zone_hint_s ?? 0) / 60;
    const off = `${row.zone_hint_s < 0 ? "-" : "+"}${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
    return [row.guessed_charset && `charset="${row.guessed_charset}"`, minutes && `zone (${off} h)`]
        .filter(Boolean).join(" ");
}

function drawSources() {
    fill($("sources"), table(word("sources"), [
        [word("peer"), "", (row) => text(row.peer)],
        [word("transport"), "", (row) => text(row.transport)],
        [word("received"), "number", (row) => number(row.received)],
        [word("unclassified"), "number", (row) => number(row.unclassified)],
        [word("malformed"), "number", (row) => number(row.malformed)],
        [word("dropped"), "number", (row) => number(row.dropped)],
        [word("lastSeen"), "time", (row) => when(row.last_seen)],
        [word("via"), "", (row) => text(row.via)],
        [word("toDeclare"), "", (row) => text(lacking(row))],
    ], (view.sources?.sources ?? []).slice(0, 500)));
}

function drawFeeds() {
    const status = view.status ?? {};
    fill($("feeds"),
        table(word("feeds"), [
            [word("name"), "", (row) => text(row.name)],
            [word("state"), "", (row) => state(row.state)],
            [word("target"), "", (row) => text(row.target)],
            [word("standing"), "", (row) => word(row.standing)],
            [word("backlog"), "number", (row) => number(row.backlog_records)],
            [word("backlogSeconds"), "number", (row) => number(row.backlog_seconds)],
            [word("sent"), "number", (row) => number(row.sent)],
            [word("trouble"), "", (row) => text(row.trouble)],
        ], status.feeds ?? [], word("noFeeds")),
        make("h2", null, word("sinks")),
        table(word("sinks"), [
            [word("address"), "", (row) => text(row.address)],
            [word("kind"), "", (row) => text(`${row.kind} v${row.version}`)],
            [word("waiting"), "number", (row) => number(row.waiting)],
            [word("sent"), "number", (row) => number(row.sent)],
            [word("acknowledged"), "number", (row) => number(row.acknowledged)],
            [word("trouble"), "", (row) => text(row.trouble)],
        ], status.sinks ?? []),
        make("h2", null, word("journal")),
        table(word("journal"), [
            [word("records"), "number", (row) => number(row.records)],
            [word("bytes"), "number", (row) => number(row.bytes)],
            [word("oldest"), "time", (row) => when(row.oldest_time)],
        ], status.journal ? [status.journal] : []));
}

// ---- the frame ----

function drawFrame() {
    document.documentElement.lang = view.language === "zh" ? "zh-CN" : "en";
    for (const element of document.querySelectorAll("[data-word]"))
        element.textContent = word(element.dataset.word);
    $("language").textContent = word("language");
    $("gateway").textContent = show(view.status?.gateway);
    document.title = `${word("title")} ${show(view.status?.gateway)}`;
    $("when").textContent = view.status ? `${word("evaluated")} ${when(view.status.evaluated)}` : "";
    $("only-bad").checked = view.onlyBad;
    const troubles = [];
    if (view.isLost) troubles.push(word("lost"));
    if (view.status?.catching_up) troubles.push(word("catchingUp"));
    if (view.status?.journal?.failing)
        troubles.push(`${word("journalFails")} ${show(view.status.journal.failure)}`);
    fill($("troubles"), troubles.map((line) => make("p", { class: "trouble" }, line)));
    fill($("tabs"), TABS.map((tab) => make("button", {
        type: "button", role: "tab", id: `tab-${tab}`, "data-key": `tab-${tab}`, "aria-controls": tab,
        "aria-selected": String(view.tab === tab), tabindex: view.tab === tab ? "0" : "-1",
        onclick: () => choose(tab),
    }, word(tab) + (tab === "alerts" && view.status ? ` (${view.status.open_alerts ?? 0})` : ""))));
    for (const tab of TABS) {
        $(tab).hidden = view.tab !== tab;
        $(tab).setAttribute("aria-labelledby", `tab-${tab}`);
    }
}

const DRAW = {
    states: () => { drawSites(); drawTiles(); drawDetail(); }, alerts: drawAlerts, tops: drawTops,
    events: drawEvents, sources: drawSources, feeds: drawFeeds,
};

function draw() {
    drawFrame();
    DRAW[view.tab]();
}

function choose(tab) {
    view.tab = tab;
    history.replaceState(null, "", `#/${tab}`);
    draw();
    ask();
}

$("tabs").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    choose(TABS[(TABS.indexOf(view.tab) + step + TABS.length) % TABS.length]);
    $(`tab-${view.tab}`).focus();
});
$("language").addEventListener("click", () => {
    view.language = view.language === "zh" ? "en" : "zh";
    localStorage.setItem("eog-language", view.language);
    draw();
});
$("site").addEventListener("change", () => { view.site = $("site").value; draw(); ask(); });
$("only-bad").addEventListener("change", () => { view.onlyBad = $("only-bad").checked; draw(); });

// ---- acknowledging ----

function openAck(row) {
    view.ack = row.id;
    $("ack-title").textContent = `${word("ackTitle")} ${row.id}`;
    $("ack-what").textContent = show(`${row.key} ${row.scope}`);
    $("ack-name").value = localStorage.getItem("eog-name") ?? "";
    $("ack-token").value = sessionStorage.getItem("eog-token") ?? "";
    $("ack-note").value = "";
    $("ack-error").textContent = "";
    $("ack").showModal();
}

$("ack-cancel").addEventListener("click", () => $("ack").close());
$("ack-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = $("ack-name").value.trim();
    const token = $("ack-token").value;
    $("ack-error").textContent = word("sending");
    try {
        const answer = await fetch("/api/ack", {
            method: "POST",
            headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
            body: JSON.stringify({ id: view.ack, name, note: $("ack-note").value.trim() }),
        });
        const said = await answer.text();
        if (!answer.ok) {
            let reason = said;
            try { reason = JSON.parse(said).error ?? said; } catch { /* plain text */ }
            $("ack-error").textContent = show(reason.trim());
            return;
        }
    } catch {
        $("ack-error").textContent = word("lost");
        return;
    }
    localStorage.setItem("eog-name", name);
    sessionStorage.setItem("eog-token", token);
    $("ack").close();
    ask();
});

// ---- asking ----

const bearer = () => {
    const token = sessionStorage.getItem("eog-token");
    return token ? { Authorization: `Bearer ${token}` } : {};
};

// Where the page is not at a loopback address it shows nothing without the token.
async function get(path) {
    const headers = bearer();
    const answer = await fetch(path, { cache: "no-store", headers });
    if ([401, 403, 429].includes(answer.status)) {
        if (headers.Authorization) $("login-error").textContent = show((await answer.text()).trim());
        // Each look with it would be another guess, of which few are allowed.
        if (answer.status === 401 && bearer().Authorization === headers.Authorization)
            sessionStorage.removeItem("eog-token");
        if (!$("login").open) $("login").showModal();
    }
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
}

$("login-form").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("eog-token", $("login-token").value);
    $("login").close();
    ask();
});

const ASK = {
    states: async () => {
        const query = new URLSearchParams();
        // A site has few rows; of all sites one indicator's, or what is not ok.
        if (view.site) query.set("site", view.site);
        else if (view.kpi) query.set("kpi", view.kpi);
        else query.set("state", "bad");
        const rows = await get(`/api/kpis?${query}`);
        rows.left = STATES.reduce((sum, name) => sum + rows[name], 0) - rows.kpis.length;
        view.rows = rows;
    },
    alerts: async () => { view.alerts = await get("/api/alerts"); },
    tops: async () => { view.tops = await get("/api/top"); },
    sources: async () => { view.sources = await get("/api/sources"); },
    events: async () => {
        if (view.isPaused) return;
        const news = await get(`/api/events?n=100&after=${view.after}`);
        view.after = news.committed;
        view.events = [...view.events, ...news.events].slice(-EVENTS_KEPT);
    },
    feeds: async () => {},
};

let isAsking = false, isWanted = false, timer = 0;
async function ask() {
    isWanted = true;
    if (isAsking) return;
    isAsking = true;
    clearTimeout(timer);
    while (isWanted) {
        isWanted = false;
        try {
            view.status = await get("/api/status");
            await ASK[view.tab]();
            view.isLost = false;
        } catch {
            view.isLost = true;
        }
        draw();
    }
    isAsking = false;
    timer = setTimeout(ask, document.hidden ? 12 * EVERY_MS : EVERY_MS);
}
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
draw();
ask();
