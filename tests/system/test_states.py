#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real messages turn states and back to ok, as the delivered catalogue says; each turn is seen by
snmpget, by eogctl status and by a received notification. Windows end because the daemon's wall clock
is set ahead by their length: no state passes before it was looked at, and none is waited for."""
import contextlib

import messages
from disk import WallClock
from harness import Gateway, Sink, check, check_equal, main, wait_for

HOUR, DAY = 3600, 86400

HOSTS = [f"wks-{i:02d}" for i in range(1, 21)]
PRODUCT, MANAGER = "osce01", "tmcm01"

# KPI: number, key
OFFLINE, PATTERN, ENGINE = (1, "product-offline"), (2, "pattern-outdated"), (3, "engine-outdated")
INSTALL, AGENTS = (4, "install-rate"), (5, "agent-offline")
OUTBREAK, HIGH_RISK, SUSPECTED = (11, "outbreak"), (12, "high-risk-virus"), (13, "suspected-virus")
LEVEL, SOURCE = (14, "infection-level"), (15, "infection-source")


def inventory():
    rows = ["site,name,role"] + [f"default,{host},host" for host in HOSTS]
    return "\n".join(rows + [f"default,{PRODUCT},product", f"default,{MANAGER},product"]) + "\n"


@contextlib.contextmanager
def gateway(has_clock=False):
    """A gateway that knows twenty hosts, all of them up to date and connected, and two products."""
    with Gateway(
        "states",
        extra='<inventory file="inventory.csv"/>',
        files={"inventory.csv": inventory()},
    ) as gw, Sink(gw) as sink:
        if has_clock:
            gw.clock = WallClock(gw.folder)
            gw.env = gw.clock.env
        gw.start()
        gw.receive(
            *[messages.pattern_status(host) for host in HOSTS],
            *[messages.engine_status(host) for host in HOSTS],
            messages.pattern_status(PRODUCT),
            messages.engine_status(PRODUCT),
        )
        yield gw, sink


def turn(gw, sink, kpi, scope, state, *lines):
    """Send lines; the row reaches the state, and the notification that belongs to it arrives."""
    since = len(sink.received)
    if lines:
        gw.receive(*lines)
    row = gw.wait_state(*kpi, scope, state)
    if state == "ok":
        seen = sink.find("eogAlertCleared", kpi[1], scope, since, has_ticks=True)
    else:
        seen = sink.find("eogAlertRaised", kpi[1], scope, since)
        check_equal(
            ["ok", "warning", "critical", "unknown"][sink.text(seen, "eogNotifyNewState")],
            state,
            f"new state in the notification about {kpi[1]}",
        )
    check(sink.text(seen, "eogNotifyReason"), f"the notification about {kpi[1]} gives no reason")
    check_equal(sink.text(seen, "eogNotifyKpiNumber"), kpi[0], "KPI number in the notification")
    return row


def end_window(gw, sink, kpi, window_s):
    """By the clock alone."""
    gw.clock.set(window_s + 60)
    gw.tick()
    turn(gw, sink, kpi, "default", "ok")


def test_pattern():
    """Pattern outdated: 800101 with cn3=4 for a listed product, back with cn3=1"""
    with gateway() as (gw, sink):
        scope = f"default/{PRODUCT}"
        gw.wait_state(*PATTERN, scope, "ok")
        row = turn(gw, sink, PATTERN, scope, "warning", messages.pattern_status(PRODUCT, status=4))
        check_equal(row["value"], 3, "versions behind")
        turn(gw, sink, PATTERN, scope, "ok", messages.pattern_status(PRODUCT, status=1))


def test_pattern_share():
    """Pattern outdated at the site: 1 of 20 hosts behind is 5 %, a warning; 4 of 20 are critical"""
    with gateway() as (gw, sink):
        gw.wait_state(*PATTERN, "default", "ok")
        turn(gw, sink, PATTERN, "default", "warning", messages.pattern_status(HOSTS[0], status=4))
        since = len(sink.received)
        gw.receive(*[messages.pattern_status(host, status=4) for host in HOSTS[1:4]])
        gw.wait_state(*PATTERN, "default", "critical")
        sink.find("eogAlertChanged", PATTERN[1], "default", since)
        turn(
            gw,
            sink,
            PATTERN,
            "default",
            "ok",
            *[messages.pattern_status(host) for host in HOSTS[:4]],
        )


def test_control_manager():
    """On Control Manager 7.0 cn3 is no lag: 800101 with cn3=4 turns nothing"""
    with gateway() as (gw, sink):
        when = dict(product="Control Manager", version="7.0")
        gw.receive(
            messages.pattern_status(MANAGER, status=4, **when),
            messages.pattern_status(HOSTS[0], status=4, **when),
        )
        # What follows is judged later, so the line above has been judged too.
        turn(
            gw,
            sink,
            PATTERN,
            f"default/{PRODUCT}",
            "warning",
            messages.pattern_status(PRODUCT, status=4),
        )
        for scope in ("default", f"default/{MANAGER}"):
            state = next(
                (
                    row["state"]
                    for row in gw.status()["kpis"]
                    if row["key"] == PATTERN[1] and row["scope"] == scope
                ),
                "no row",
            )
            check(
                state in ("ok", "unknown", "no row"),
                f"pattern-outdated of {scope} is {state} from a Control Manager's cn3",
            )


def test_engine():
    """Engine outdated: 800102 with cn3=2 for a listed product, back with cn3=1"""
    with gateway() as (gw, sink):
        scope = f"default/{PRODUCT}"
        gw.wait_state(*ENGINE, scope, "ok")
        turn(gw, sink, ENGINE, scope, "warning", messages.engine_status(PRODUCT, status=2))
        turn(gw, sink, ENGINE, scope, "ok", messages.engine_status(PRODUCT, status=1))


def test_offline():
    """Product offline: cn1=0 for a listed server, back with cn1=1; 102 (roaming) is not offline"""
    with gateway() as (gw, sink):
        scope = f"default/{PRODUCT}"
        gw.receive(messages.pattern_status(PRODUCT, connection=102))
        gw.wait_state(*OFFLINE, scope, "ok")
        turn(gw, sink, OFFLINE, scope, "critical", messages.pattern_status(PRODUCT, connection=0))
        turn(gw, sink, OFFLINE, scope, "ok", messages.pattern_status(PRODUCT, connection=1))


def test_agents_offline():
    """Agents offline: 2 of 20 are 10 %, a warning; back when they connect"""
    with gateway() as (gw, sink):
        gw.wait_state(*AGENTS, "default", "ok")
        turn(
            gw,
            sink,
            AGENTS,
            "default",
            "warning",
            *[messages.pattern_status(host, connection=0) for host in HOSTS[:2]],
        )
        turn(
            gw,
            sink,
            AGENTS,
            "default",
            "ok",
            *[messages.pattern_status(host) for host in HOSTS[:2]],
        )


def test_install_rate():
    """Install rate by the inventory: 16 of 20 listed hosts with an agent are critical, all 20
    are ok"""
    with Gateway(
        "install",
        extra='<inventory file="inventory.csv"/>',
        files={"inventory.csv": inventory()},
    ) as gw, Sink(gw) as sink:
        gw.start()
        row = turn(
            gw,
            sink,
            INSTALL,
            "default",
            "critical",
            *[messages.pattern_status(host) for host in HOSTS[:16]],
        )
        check_equal(row["value"], 8000, "hundredths of a percent")
        turn(gw, sink, INSTALL, "default", "ok", *[messages.pattern_status(host) for host in HOSTS])


def test_outbreak():
    """Outbreak: one malware on four hosts is none, on five a warning, on ten critical; over with
    the window"""
    with gateway(has_clock=True) as (gw, sink):
        gw.receive(*[messages.virus("WORM_DOWNAD.AD", host) for host in HOSTS[:4]])
        gw.wait_state(*OUTBREAK, "default", "ok")
        row = turn(
            gw, sink, OUTBREAK, "default", "warning", messages.virus("WORM_DOWNAD.AD", HOSTS[4])
        )
        check_equal(row["value"], 5, "hosts")
        gw.receive(*[messages.virus("WORM_DOWNAD.AD", host) for host in HOSTS[5:10]])
        gw.wait_state(*OUTBREAK, "default", "critical")
        end_window(gw, sink, OUTBREAK, HOUR)


def windowed(kpi, state, lines):
    with gateway(has_clock=True) as (gw, sink):
        gw.wait_state(*kpi, "default", "ok")
        turn(gw, sink, kpi, "default", state, *lines)
        end_window(gw, sink, kpi, DAY)


def test_deep_security():
    """Deep Security: agents that its manager lost and found again; a worm on five servers"""
    with gateway() as (gw, sink):
        gw.wait_state(*AGENTS, "default", "ok")
        for number, name, severity, state in (
            (730, "Offline", 8, "warning"),
            (731, "Back Online", 3, "ok"),
        ):
            lines = [
                messages.deep_security_manager(number, name, host, severity) for host in HOSTS[:2]
            ]
            turn(gw, sink, AGENTS, "default", state, *lines)
        lines = [messages.deep_security_agent("WORM_DOWNAD.AD", host) for host in HOSTS[:5]]
        row = turn(gw, sink, OUTBREAK, "default", "warning", *lines)
        check_equal(row["value"], 5, "hosts")


def test_high_risk():
    """High-risk malware: one detection of a name on the watchlist is critical"""
    windowed(HIGH_RISK, "critical", [messages.virus(messages.watched_malware(), HOSTS[0])])


def test_suspected():
    """Suspected malware: one verdict of machine learning is a warning"""
    windowed(SUSPECTED, "warning", [messages.suspected(HOSTS[0])])


def test_level():
    """Infection level: 1 infected host of 20 is 5 %, critical; blocked malware is no infection"""
    with gateway(has_clock=True) as (gw, sink):
        gw.receive(messages.virus("TROJ_GEN.A", HOSTS[1], action="Access denied"))
        gw.wait_state(*LEVEL, "default", "ok")
        row = turn(gw, sink, LEVEL, "default", "critical", messages.virus("TROJ_GEN.A", HOSTS[0]))
        check_equal(row["value"], 500, "hundredths of a percent")
        end_window(gw, sink, LEVEL, DAY)


def test_source():
    """Infection source: one source on two hosts is a warning; N/A and the host itself are none"""
    with gateway(has_clock=True) as (gw, sink):
        gw.receive(
            *[
                messages.virus("TROJ_GEN.A", host, source=source)
                for host in HOSTS[:3]
                for source in ("N/A", host)
            ]
        )
        gw.wait_state(*SOURCE, "default", "ok")
        turn(
            gw,
            sink,
            SOURCE,
            "default",
            "warning",
            *[messages.virus("TROJ_GEN.A", host, source="FILESRV1") for host in HOSTS[:2]],
        )
        end_window(gw, sink, SOURCE, DAY)


def test_summary():
    """28 summary rows from the start; what is not built or has no source is unknown, and says
    why"""
    with Gateway("summary") as gw:
        gw.start()
        states = gw.walk("eogKpiSummaryTable", columns={gw.column("eogKpiSummaryWorstState")})
        check_equal(
            sorted(int(index.split(".")[1]) for index in states),
            list(range(1, 29)),
            "KPI numbers in the summary",
        )
        check_equal(set(states.values()), {"3"}, "states before any message")
        reasons = {row["reason"] for row in gw.status()["kpis"]}
        check(reasons and all(reasons), f"unknown without a reason: {reasons}")
        wait_for(lambda: gw.get("eogGatewayWorstState") == "3", "the worst state is unknown")


main(
    test_summary,
    test_pattern,
    test_pattern_share,
    test_control_manager,
    test_engine,
    test_offline,
    test_agents_offline,
    test_install_rate,
    test_outbreak,
    test_deep_security,
    test_high_risk,
    test_suspected,
    test_level,
    test_source,
)
