# SPDX-License-Identifier: GPL-3.0-or-later
"""What the indicators must say, worked out from what was planted: plain lists and sums, after the
catalogue's own words, without a line of the gateway's. Times are milliseconds."""
import collections
import datetime
import zoneinfo

MINUTE, HOUR, DAY = 60000, 3600000, 86400000
CLEAR_HOLD = 10 * MINUTE
OK, WARNING, CRITICAL = 0, 1, 2
STATES = ("ok", "warning", "critical")
INFECTIONS = ("malware.quarantined", "malware.cleaned", "malware.clean_failed")

Test = collections.namedtuple("Test", "measure window warning critical")
# Of tests that count records; the rest stands in Truth.bands().
COUNTED = {
    6: [Test("count", DAY, 3, 10)],
    10: [Test("count", HOUR, 5, 20)],
    11: [Test("group", HOUR, 5, 10), Test("count-of-two", HOUR, 50, 100)],
    12: [Test("count", DAY, None, 1)],
    13: [Test("count", DAY, 1, 10)],
    14: [Test("share", DAY, 1, 5)],
    15: [Test("group", DAY, 2, 5)],
    16: [Test("count", DAY, 1, 5)],
    17: [Test("sum", 7 * DAY, 3, 10)],
    18: [Test("count", DAY, 20, 100)],
    19: [Test("count", DAY, None, 1)],
    20: [Test("count", DAY, 10, 50)],
    21: [Test("count", DAY, 1, 5)],
    22: [Test("group", DAY, 1, 3)],
    23: [Test("count", HOUR, 50, 200)],
    24: [Test("count", HOUR, 20, 100)],
    25: [Test("count", HOUR, 20, 100)],
    26: [Test("count", DAY, 5, 20)],
    28: [Test("count", HOUR, 1, 3)],
}
Alert = collections.namedtuple("Alert", "kpi scope opened closed worst")


def level(value, before, warning, critical, scale=1):
    """Rising: from the level on, until below four fifths of it."""
    for state, least in ((CRITICAL, critical), (WARNING, warning)):
        if least is None:
            continue
        least *= scale
        if value >= least or (before >= state and value >= max(1, least * 8 // 10)):
            return state
    return OK


class Steps:
    """A value that changes at moments; moments become ticks, as states change at ticks alone."""

    def __init__(self, tick_of):
        self.tick_of, self.changes = tick_of, collections.defaultdict(list)

    def add(self, begin, end, what):
        """what is there from begin until end."""
        begin, end = self.tick_of(begin), self.tick_of(end)
        if begin < end:
            self.changes[begin].append((what, 1))
            self.changes[end].append((what, -1))

    def walk(self, take, judge):
        """[(tick, state)]: take() is given each change, judge() the state before."""
        states, state = [], OK
        for tick in sorted(self.changes):
            for change in self.changes[tick]:
                take(*change)
            new = judge(state)
            if new != state:
                states.append((tick, new))
                state = new
        return states


def expiry(when, window):
    """A window is sixty buckets; a record goes with its bucket."""
    width = window // 60
    return (when // width + 60) * width


def union(spans):
    """Overlapping (begin, end) made one."""
    found = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1][1] = max(found[-1][1], end)
        else:
            found.append([begin, end])
    return found


class Truth:
    """records: (kpi, scope) -> [(received, when, group, member, n)]
    spans: (kpi, scope) -> [(begin, end, n, test)], what is held, or a share's part, by test
    fixed: (kpi, scope) -> [(begin, end, state)], said outright"""

    def __init__(self, begin, end, tick, zones):
        self.begin, self.end, self.tick = begin, end, tick
        self.records = collections.defaultdict(list)
        self.spans = collections.defaultdict(list)
        self.fixed = collections.defaultdict(list)
        self.managed = {}  # by site
        self.zones = {site: zoneinfo.ZoneInfo(name) for site, name in zones.items()}
        self.found = collections.Counter()  # (day, site, kind, malware, source, host) -> findings
        self.infections = []  # (when, malware, source, computer, findings)
        self.unknown = collections.Counter()  # (day, site)
        self.sent = collections.Counter()  # records by kind

    def tick_of(self, when):
        return min(-(-(when - self.begin) // self.tick) * self.tick + self.begin, self.end + DAY)

    def day_of(self, site, when):
        """Days since 1970 of the site's clocks."""
        local = datetime.datetime.fromtimestamp(when / 1000, self.zones[site])
        return local.date().toordinal() - datetime.date(1970, 1, 1).toordinal()

    # ---- one test's states ----

    def counted(self, scope, test, records):
        steps = Steps(self.tick_of)
        live = [r for r in records if expiry(r[1], test.window) > r[0]]
        if test.measure in ("count", "sum", "count-of-two"):
            for received, when, group, _, n in live:
                key = group if test.measure == "sum" else None
                steps.add(received, expiry(when, test.window), (key, n))
        if test.measure != "count" and test.measure != "sum":
            members = collections.defaultdict(list)
            for received, when, group, member, _ in live:
                key = group if test.measure == "group" else "member"
                if key is not None:
                    members[key, member].append((received, expiry(when, test.window)))
            for (key, _), spans in members.items():
                for begin, end in union(spans):
                    steps.add(begin, end, (key, 1))
        totals = collections.Counter()

        def take(what, sign):
            totals[what[0]] += sign * what[1]
            if not totals[what[0]]:
                del totals[what[0]]

        def judge(before):
            value, scale = max(totals.values(), default=0), 1
            if test.measure == "count-of-two":
                value = totals[None] if totals["member"] >= 2 else 0
            elif test.measure == "share":
                value, scale = value * 10000 // self.managed[scope], 100
            return level(value, before, test.warning, test.critical, scale)

        return steps.walk(take, judge)

    def held(self, scope, kpi, spans):
        """Shares of a site's managed computers, or a plain number of them."""
        warning, critical = {1: (None, 1), 2: (5, 20), 3: (5, 20), 5: (10, 30), 28: (None, 1)}.get(
            kpi, (1, 10)
        )
        steps, total = Steps(self.tick_of), [0]
        for begin, end, n, _ in spans:
            steps.add(begin, end, n)

        def take(n, sign):
            total[0] += sign * n

        def judge(before):
            if kpi in (2, 3, 5):
                part = total[0] * 10000 // self.managed[scope]
                return level(part, before, warning, critical, 100)
            return level(total[0], before, warning, critical)

        return steps.walk(take, judge)

    # ---- all ----

    def bands(self):
        """(kpi, scope) -> [[begin, end, state]], what is bad, the worst of all tests."""
        tests = collections.defaultdict(list)
        for (kpi, scope), records in self.records.items():
            for test in COUNTED[kpi]:
                tests[kpi, scope].append(self.counted(scope, test, records))
        for (kpi, scope), spans in self.spans.items():
            for one in {span[3] for span in spans}:
                part = [span for span in spans if span[3] == one]
                tests[kpi, scope].append(self.held(scope, kpi, part))
        for key, spans in self.fixed.items():
            for begin, end, state in spans:
                changes = [(self.tick_of(begin), state)]
                tests[key].append(changes + ([(self.tick_of(end), OK)] if end else []))
        return {key: found for key in tests if (found := self.worst(tests[key]))}

    def worst(self, tests):
        moments = sorted({tick for test in tests for tick, _ in test if tick <= self.end})
        state, found, now = OK, [], [OK] * len(tests)
        at = [0] * len(tests)
        for moment in moments:
            for i, test in enumerate(tests):
                while at[i] < len(test) and test[at[i]][0] <= moment:
                    now[i] = test[at[i]][1]
                    at[i] += 1
            if max(now) == state:
                continue
            if state != OK:
                found[-1][1] = moment
            state = max(now)
            if state != OK:
                found.append([moment, None, state])
        return found

    def alerts(self, bands):
        """One from the first bad moment until all was well for the clear hold."""
        found = []
        for (kpi, scope), rows in sorted(bands.items()):
            alert = None
            for begin, end, state in rows:
                if alert and alert[1] is not None and begin < alert[1] + CLEAR_HOLD:
                    alert[1:] = [end, max(alert[2], state)]
                else:
                    if alert:
                        found.append(self.closed(kpi, scope, alert))
                    alert = [begin, end, state]
            if alert:
                found.append(self.closed(kpi, scope, alert))
        return found

    def closed(self, kpi, scope, alert):
        closed = alert[1] and alert[1] + CLEAR_HOLD
        return Alert(kpi, scope, alert[0], closed if closed and closed <= self.end else None, alert[2])

    def top(self, kind, since, until):
        """Names by findings of infections in a time, the most first; kind: malware, source,
        computer."""
        total = collections.Counter()
        for when, *names, n in self.infections:
            name = names[("malware", "source", "computer").index(kind)]
            if since <= when < until and name:
                total[name] += n
        return sorted(total.items(), key=lambda row: (-row[1], row[0]))

    def top_of_days(self, kind, site, days, before):
        """[(name, findings, before)] of days of each site's clocks; and how many names there are."""
        total, past = collections.Counter(), collections.Counter()
        for (day, of, what, malware, source, host), n in self.found.items():
            name = {"malware": malware, "source": source, "computer": host}[kind]
            if what in INFECTIONS and name and site in (None, of):
                total[name] += n * (day in days)
                past[name] += n * (day in before)
        rows = [(name, n, past[name]) for name, n in total.items() if n]
        return sorted(rows, key=lambda row: (-row[1], row[0]))
