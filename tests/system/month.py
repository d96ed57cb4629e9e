# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts a simulated month into a gateway and compares what it then says with what was planted."""
import collections
import datetime
import json
import os
import subprocess
import time

from disk import WallClock
from figures import open_store
from harness import SOURCE, Failed, Gateway, check, check_equal, kind_of, program, run, say
from month_truth import DAY, HOUR, MINUTE, STATES
from month_world import BEGIN, KEYS

# Where a state may begin or end later than worked out: looks of a quiet site are once a minute.
LOOK = MINUTE
# What is usual in a log is measured in steps; a licence's days are whole; a console was heard a tick ago.
SLACK = {1: MINUTE, 9: 25 * MINUTE, 8: 5 * MINUTE}


def clock_to(clock, when):
    clock.set(when / 1000 - time.time())


def cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        words = stat.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


class Month:
    """A gateway with a past. Use it in a `with` block."""

    def __init__(self, world, extra=""):
        self.world, self.times = world, {}
        sections = world.sections()
        sections["site"] += extra
        files = {"inventory.csv": "".join(world.inventory())}
        self.gw = Gateway("month", sections=sections, files=files)
        self.clock = WallClock(self.gw.folder)
        self.gw.env = self.clock.env

    def __enter__(self):
        self.gw.__enter__()
        return self

    def __exit__(self, *error):
        return self.gw.__exit__(*error)

    def timed(self, what, begun):
        self.times[what] = time.monotonic() - begun

    def make(self):
        """The gateway begins its journal, and stops; the month is appended."""
        begun, gw = time.monotonic(), self.gw
        clock_to(self.clock, BEGIN - 5 * MINUTE)
        gw.start()
        gw.stop(30)
        with subprocess.Popen(
            [program("write_journal"), gw.config_path, SOURCE, gw.state],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1 << 20,
        ) as writer:
            try:
                for line in self.world.lines():
                    writer.stdin.write(line)
                    self.world.records += line.count("\n") if line[0] != "T" else 0
                writer.stdin.close()
            except BrokenPipeError:
                pass
            said = writer.stdout.read()
        check_equal(writer.returncode, 0, f"exit code of write_journal ({said!r})")
        self.timed("made", begun)
        return said.strip()

    def run(self, kills):
        """The gateway comes back at the month's end, and is killed while it catches up and fills
        its store; then it may finish. Returns how far both were at the kills."""
        gw, seen, begun = self.gw, [], time.monotonic()
        clock_to(self.clock, self.world.end + 10000)
        for what, share in kills:
            gw.start(is_ready=False)
            seen.append(self.kill_at(what, share))
        begun_last = time.monotonic()
        gw.start(is_ready=False)
        gw.wait_for(lambda: not gw.status()["catching_up"], "it has caught up", 3600)
        self.timed("caught up, without a kill", begun_last)
        self.settle()
        self.times["of a processor by then"] = cpu_s(gw.process.pid)
        self.timed("caught up and stored, with the kills", begun)
        return seen

    def settle(self):
        gw = self.gw
        goal = gw.committed()
        gw.wait_for(
            lambda: gw.status()["store"]["cursor"] >= goal and not gw.status()["store"]["filling"],
            "all is in the store",
            3600,
        )

    def kill_at(self, what, share):
        gw, last = self.gw, {}

        def look():
            status = gw.status()
            journal = status["journal"]["committed"]
            last["stored"] = 100 * status["store"]["cursor"] // journal
            last["judged"] = 100 * status["evaluated_sequence"] // journal
            return last[what] >= share

        gw.wait_for(look, f"{share} % are {what}", 3600)
        gw.kill()
        return f"stored {last['stored']} %, judged {last['judged']} %"

    # ---- what it says ----

    def query(self, sql, *values):
        with open_store(os.path.join(self.gw.state, "store.db")) as db:
            rows = db.execute(sql, values).fetchall()
        db.close()
        return rows

    def tops(self):
        """(period, kind) -> the ten, of the periods that are under way at the end."""
        return {
            (top["period"], top["kind"]): [(row["name"], row["count"]) for row in top["rows"]]
            for top in json.loads(self.gw.ctl("top", "--json"))["tops"]
        }

    def planted_tops(self):
        """By the clocks of the first site."""
        truth = self.world.truth
        zone = truth.zones[self.world.sites[0]]
        now = datetime.datetime.fromtimestamp(self.world.end / 1000, zone)
        today = now.replace(hour=0, minute=0)
        monday = today - datetime.timedelta(days=today.weekday())
        begins = {"day": today, "week": monday, "month": today.replace(day=1)}
        return {
            (period, kind): truth.top(kind, begin.timestamp() * 1000, self.world.end)[:10]
            for period, begin in begins.items()
            for kind in ("malware", "source", "computer")
        }

    def alerts(self):
        return self.query(
            "SELECT kpi, scope, opened_ms, closed_ms, worst FROM alert WHERE opened_ms < ?"
            " ORDER BY kpi, scope, opened_ms",
            self.world.end,
        )

    def bands(self):
        """(kpi, scope) -> [[begin, end, state]] of what is bad, what touches made one."""
        found = collections.defaultdict(list)
        for kpi, scope, begin, end, state in self.query(
            "SELECT kpi, scope, from_ms, until_ms, state FROM kpi_state WHERE state IN (1, 2)"
            " AND from_ms < ? ORDER BY id",
            self.world.end,
        ):
            found[kpi, scope].append([begin, end, state])
        return dict(found)


def hours(when):
    """Day and hour of the month, as people read it."""
    if when is None:
        return "open"
    past = when - BEGIN
    return f"{past // DAY + 1:2d}. {past % DAY // HOUR:02d}:{past % HOUR // MINUTE:02d}"


def is_near(kpi, seen, expected, end):
    """Both are moments, or both have not come."""
    if seen is not None and seen >= end:
        seen = None
    if seen is None or expected is None:
        return seen is None and expected is None
    slack = SLACK.get(kpi, 0)
    return expected - slack <= seen <= expected + LOOK + slack


def compare_bands(month, expected):
    """What differs, a line each."""
    wrong, seen, end = [], month.bands(), month.world.end
    for key in sorted(seen.keys() | expected.keys()):
        name, kpi = f"{KEYS[key[0] - 1]} {key[1]}", key[0]
        rows = [row for row in expected.get(key, ()) if row[0] < end]
        found = seen.get(key, [])
        for i in range(max(len(rows), len(found))):
            row, other = (some[i] if i < len(some) else None for some in (rows, found))
            if (
                row
                and other
                and row[2] == other[2]
                and is_near(kpi, other[0], row[0], end)
                and is_near(kpi, other[1], row[1], end)
            ):
                continue
            wrong.append(f"{name}: expected {words(row)}, seen {words(other)}")
    return wrong


def words(row):
    return f"{STATES[row[2]]} {hours(row[0])} to {hours(row[1])}" if row else "nothing"


def compare_alerts(month, expected):
    wrong, end = [], month.world.end
    rows, seen = [tuple(row) for row in expected if row.opened < end], month.alerts()
    for row in rows:
        fit = next(
            (
                other
                for other in seen
                if other[:2] == row[:2]
                and other[4] == row[4]
                and is_near(row[0], other[2], row[2], end)
                and is_near(row[0], other[3], row[3], end)
            ),
            None,
        )
        if fit:
            seen.remove(fit)
        else:
            wrong.append(f"missing: {alert_words(row)}")
    return wrong + [f"nobody planted: {alert_words(row)}" for row in seen]


def alert_words(row):
    kpi, scope, opened, closed, worst = row
    return f"{KEYS[kpi - 1]} {scope} {STATES[worst]} {hours(opened)} to {hours(closed)}"


def table(month, bands):
    """A line for each planted fact: expected, seen, verdict. Returns those that are wrong."""
    seen, wrong = month.bands(), []
    say(f"{'planted':46} {'where':16} {'expected':26} {'seen':26}")
    for what, kpi, scope, worst, when in month.world.facts:
        expected, found = (covering(some.get((kpi, scope), ()), when) for some in (bands, seen))
        planted = words_of(expected)
        is_right = planted == words_of(found) or near_words(kpi, expected, found, month.world.end)
        is_right &= (max((row[2] for row in expected), default=None)) == worst
        say(f"{what:46} {scope:16} {planted:26} {words_of(found):26} {'ok' if is_right else 'WRONG'}")
        if not is_right:
            wrong.append(what)
    return wrong


def covering(rows, when):
    """The bands of that moment and of half a day behind it."""
    return [row for row in rows if row[0] <= when + 13 * HOUR and (row[1] is None or row[1] > when)]


def words_of(rows):
    return f"{STATES[max(r[2] for r in rows)]} {hours(rows[0][0])}-{hours(rows[-1][1])}" if rows else "-"


def near_words(kpi, expected, found, end):
    return (
        bool(expected)
        and bool(found)
        and max(row[2] for row in expected) == max(row[2] for row in found)
        and is_near(kpi, found[0][0], expected[0][0], end)
        and is_near(kpi, found[-1][1], expected[-1][1], end)
    )


# ---- top tens of days, weeks and the whole ----


def periods(world):
    """(days, those before), days since 1970: each day, each week, and all."""
    first = BEGIN // DAY
    for length in (1, 7, world.days):
        for begin in range(first, first + world.days, length):
            yield range(begin, begin + length), range(begin - length, begin)


def compare_periods(month):
    """Of each site and of all, with the counts before, as reports read the store. What differs, and
    how many were compared."""
    truth, asked, wrong = month.world.truth, [], []
    for site in [None, *month.world.sites]:
        asked += [(site, *both) for both in periods(month.world)]
    lines = "".join(
        f"{site or '-'} {days.start} {days.stop} {before.start} {before.stop}\n"
        for site, days, before in asked
    )
    begun = time.monotonic()
    store = os.path.join(month.gw.state, "store.db")
    said = run([program("read_tops"), store], timeout_s=600, data=lines.encode()).splitlines()
    month.timed(f"{3 * len(asked)} top tens read", begun)
    said.reverse()
    for site, days, before in asked:
        for kind in ("malware", "source", "computer"):
            _, n, names, total, _ = (int(word) for word in said.pop().split())
            rows = [said.pop().split("\t") for _ in range(n)]
            seen = [(name, int(count), int(past)) for name, count, past in rows]
            expected = truth.top_of_days(kind, site, days, before)
            if (
                seen != expected[:10]
                or names != len(expected)
                or total != sum(row[1] for row in expected)
            ):
                wrong.append(f"{kind} of {site}, {days}: expected {expected[:10]}, seen {seen}")
    return wrong, 3 * len(asked)


# ---- figures ----

FOUND = """
SELECT d.day, s.text, d.kind, m.text, o.text, c.key, sum(d.n) FROM {table} d
JOIN name s ON s.id = d.site LEFT JOIN name m ON m.id = d.malware
LEFT JOIN name o ON o.id = d.source LEFT JOIN computer c ON c.id = d.computer
GROUP BY 1, 2, 3, 4, 5, 6"""


def kinds():
    with open(os.path.join(SOURCE, "gateway/schema/kinds.def"), encoding="utf-8") as file:
        rows = [line.split(",") for line in file if line.startswith("GW_KIND(")]
    return {int(row[0][8:]): row[2].strip().strip('"') for row in rows}


def is_named(kind):
    """Kinds of which the plan knows malware, source and computer, not only how many."""
    return kind.startswith("malware.") and kind not in ("malware.grayware", "malware.suspected")


def key_of(day, site, kind, malware, source, host):
    return (day, site, kind, *((malware, source, host) if is_named(kind) else (None,) * 3))


def stored(month):
    name_of, found = kinds(), collections.Counter()
    for day, site, kind, malware, source, host, n in month.query(FOUND.format(table="detection_day")):
        host = host and host[2:]
        found[key_of(day, site, name_of[kind], malware, source, host)] += n
    return found


def planted(world):
    found = collections.Counter()
    for key, n in world.truth.found.items():
        found[key_of(*key)] += n
    return found


def counted(month):
    """The same once more, out of the journal itself as `eogctl journal cat` prints it, and how many
    records it has."""
    truth, found, seen, records = month.world.truth, collections.Counter(), set(), 0
    wanted = set(key[2] for key in truth.found)
    with subprocess.Popen(
        [program("eogctl"), "journal", "cat", "--state", month.gw.state], stdout=subprocess.PIPE
    ) as cat:
        for line in cat.stdout:
            if b'"eog.kind:content.' in line:
                records += 1
                continue
            event = json.loads(line)
            kind, meta = kind_of(event), event["metadata"]
            if kind.startswith(("alert.", "kpi.")):
                continue
            records += 1
            key = (kind, meta.get("original_event_uid"))
            if kind not in wanted or (key[1] and key in seen):
                continue
            seen.add(key)
            site = site_of(event)
            origin = (event.get("evidences") or [{}])[0].get("src_endpoint", {})
            name = (event.get("malware") or [{}])[0].get("name")
            found[
                key_of(
                    truth.day_of(site, event["time"]),
                    site,
                    kind,
                    name,
                    origin.get("hostname"),
                    (event.get("device") or {}).get("hostname"),
                )
            ] += event.get("count") or 1
    check_equal(cat.returncode, 0, "exit code of eogctl journal cat")
    return found, records


def site_of(event):
    for label in event["metadata"]["labels"]:
        if label.startswith("eog.site:"):
            return label[9:]
    raise Failed(f"no site in {event['metadata']}")


def differences(seen, expected, what, limit=8):
    keys = [key for key in seen.keys() | expected.keys() if seen.get(key) != expected.get(key)]
    keys.sort(key=str)
    lines = [f"{what}: {key} expected {expected.get(key)}, seen {seen.get(key)}" for key in keys[:limit]]
    return lines + ([f"{what}: {len(keys)} differ"] if keys else [])
