#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is told, and when: maintenance windows mute notifications and no state, what is still bad is
told at their end; what is critical and not acknowledged is told again, over a kill -9 too; newest
versions and thresholds as the configuration says them."""
import json
import subprocess
import time

import messages
from harness import Gateway, Sink, check, check_equal, main, program

OUTBREAK, HIGH_RISK = (11, "outbreak"), (12, "high-risk-virus")
WINDOW = '<maintenance days="all" from="00:00" to="24:00"/>'


def alerts(gw):
    return {row["key"]: row for row in json.loads(gw.ctl("alerts", "--json"))["alerts"]}


def seen_of(gw, sink, name, key):
    return [
        one
        for one in sink.received
        if one["varbinds"].get("1.3.6.1.6.3.1.1.4.1.0") == gw.oids[name]
        and sink.text(one, "eogNotifyKpiKey") == key
    ]


def waiting(gw, condition, what):
    """Time passes by ticks: each 5 s, and one second after traffic. So there is some."""

    def look():
        gw.send_udp(messages.pattern_status("wks-00"))
        return condition()

    gw.wait_for(look, what)


def test_window():
    """In a window nobody is told of an outbreak that every table shows; when it is over they are"""
    with Gateway("telling", extra=WINDOW) as gw, Sink(gw) as sink:
        gw.start()
        gw.receive(*[messages.virus("WORM_DOWNAD.AD", f"wks-{n:02d}") for n in range(12)])
        gw.wait_state(*OUTBREAK, "default", "critical")
        check(alerts(gw)["outbreak"]["muted"], "eogctl alerts does not say that it is muted")
        raised = [r for r in gw.records() if "eog.kind:alert.raised" in r["metadata"]["labels"]]
        check(raised, "the journal has no record of the alert")
        gw.extra = ""
        gw.write_config()
        gw.reload()
        told = sink.find("eogAlertRaised", "outbreak", "default")
        check_equal(sink.text(told, "eogNotifyNewState"), 2, "state told at the window's end")
        check_equal(len(seen_of(gw, sink, "eogAlertRaised", "outbreak")), 1, "times it was told")
        check(not alerts(gw)["outbreak"]["muted"], "it is still called muted")


def test_reminder():
    """A critical alert is told again until somebody acknowledges it, also after a kill -9"""
    engine = {"engine": '<engine clear-hold="1s" remind="1s"/>'}
    with Gateway("remind", sections=engine) as gw, Sink(gw) as sink:
        gw.start()
        gw.receive(*[messages.virus("WORM_DOWNAD.AD", f"wks-{n:02d}") for n in range(12)])
        waiting(
            gw,
            lambda: len(seen_of(gw, sink, "eogAlertRaised", "outbreak")) >= 2,
            "the outbreak is told again",
        )
        gw.kill()
        before = len(sink.received)
        gw.start()
        waiting(gw, lambda: len(sink.received) > before, "it is told again after the kill")
        again = sink.find("eogAlertRaised", "outbreak", "default", before)
        number = sink.text(again, "eogNotifyAlertNumber")
        gw.ctl("ack", str(number), "--name", "anna")
        sink.find("eogAlertAcknowledged", "outbreak", "default", before)
        after = len(seen_of(gw, sink, "eogAlertRaised", "outbreak"))
        # What comes later is reminded of, so the outbreak would have been, too.
        gw.receive(messages.virus(messages.watched_malware(), "wks-99"))
        waiting(
            gw,
            lambda: len(seen_of(gw, sink, "eogAlertRaised", "high-risk-virus")) >= 2,
            "another alert is told again",
        )
        check_equal(
            len(seen_of(gw, sink, "eogAlertRaised", "outbreak")), after, "times it was told"
        )


def test_sites():
    """Levels and switches of one site, a version that was pushed: from the configuration to snmpget"""
    extra = """<site id="hq"/><site id="lab"/>
      <tenant name="Lab" site="lab"/>
      <kpi key="outbreak" site="hq" warning="2" critical="3"/>
      <kpi key="outbreak" site="lab" enabled="no"/>
      <kpi key="network-device-fault" site="hq"/>
      <newest id="2048" version="19.999.00" since="2020-01-01"/>"""
    sections = {
        "gateway": '<gateway id="gw-test" site="hq"/>',
        "site": "",
        "source": '<source address="127.0.0.0/8" site="hq"/>',
    }
    files = {"inventory.csv": "site,name,role\nhq,osce01,product\n"}
    extra += '<inventory file="inventory.csv"/>'
    with Gateway("sites", extra=extra, sections=sections, files=files) as gw:
        gw.start()
        gw.receive(
            messages.pattern_status("osce01"),
            *[messages.virus("WORM_DOWNAD.AD", f"wks-{n:02d}") for n in range(3)],
        )
        gw.wait_state(*OUTBREAK, "hq", "critical")
        check_equal(gw.kpi(11, "hq", "eogKpiWarningLevel"), "2", "warning level of hq")
        check_equal(gw.kpi(11, "lab"), "3", "state of an indicator that lab switched off")
        check_equal(gw.kpi(11, "lab", "eogKpiReason"), "not enabled", "reason")
        check_equal(gw.kpi(28, "lab", "eogKpiReason"), "not enabled", "reason of 28 at lab")
        check_equal(gw.kpi(6, "hq", "eogKpiReason"), "not enabled", "reason of 6 at hq")
        gw.wait_state(2, "pattern-outdated", "hq/osce01", "critical")
        check(int(gw.kpi(2, "hq/osce01", "eogKpiValue")) > 2000, "days since 2020")


def test_changes():
    """state-changes: each change of a row's state is told, before there is an alert; unasked none is"""
    for word in ("", ' state-changes="yes"'):
        with Gateway("changes", sections={"engine": '<engine raise-hold="1h"/>'}) as gw, Sink(gw) as sink:
            gw.sections["agent"] = f'<agent address="udp:127.0.0.1:{gw.port["agent"]}"{word}/>'
            gw.write_config()
            gw.start()
            gw.receive(*[messages.virus("WORM_DOWNAD.AD", f"wks-{n:02d}") for n in range(12)])
            gw.wait_state(*OUTBREAK, "default", "critical")
            check_equal(gw.get("eogGatewayOpenAlerts"), "0", "alerts")
            if not word:
                time.sleep(1)  # two looks of who tells
                check_equal(sink.received, [], "told unasked")
                continue
            told = sink.find("eogKpiStateChange", "outbreak", "default")
            names = ("eogNotifyAlertNumber", "eogNotifyKpiNumber", "eogNotifyOldState", "eogNotifyNewState")
            seen = [told["varbinds"][gw.oids[name] + ".0"] for name in names]
            check_equal(seen, [0, 11, 3, 2], f"values of {names}")


OWN = """<kpi-catalogue>
  <kpi id="1001" key="usb" category="own" sources="*">
    <name lang="en">Worms, whatever became of them</name><name lang="zh">蠕虫</name>
    <advice lang="en">Ask the desk.</advice><advice lang="zh">联系服务台。</advice>
    <input id="worm" kinds="malware.quarantined"><where field="malware.name" like="WORM_*"/></input>
    <test measure="count" input="worm" window="1h" unit="worms" warning="2" critical="4"/>
    <test measure="max-group" input="infection" group="host" window="1h" warning="90"/>
  </kpi>
</kpi-catalogue>
"""


def test_own_indicator():
    """An indicator of one's own, one XML entry beside the catalogue: messages to snmpget, a reload"""
    data = {"data": '<data own-catalogue="own.xml"/>'}
    with Gateway("own", sections=data, files={"own.xml": OWN}) as gw, Sink(gw) as sink:
        gw.start()
        gw.receive(*[messages.virus("WORM_DOWNAD.AD", f"wks-{n:02d}") for n in range(2)])
        gw.wait_state(1001, "usb", "default", "warning")
        check_equal(gw.get("eogKpiSummaryKey", "1001"), "usb", "key in the summary")
        told = sink.find("eogAlertRaised", "usb", "default")
        check_equal(sink.text(told, "eogNotifyAdvice"), "Ask the desk.", "advice")
        gw.wait_state(*OUTBREAK, "default", "ok")
        # Levels apart, what was measured so far is measured on.
        gw.write_file("own.xml", OWN.replace('warning="2" critical="4"', 'warning="1" critical="2"'))
        gw.reload()
        gw.wait_state(1001, "usb", "default", "critical")
        code, text = check_config(gw, OWN.replace('id="1001"', 'id="11"'))
        check_equal(code, 2, "exit code of --check with an id that the catalogue has")
        check("own.xml:2: id 11 or key" in text, f"--check names no place: {text}")


def check_config(gw, own):
    gw.write_file("own.xml", own)
    done = subprocess.run(gw.command("--check"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=30, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


def test_inventory_check():
    """eogctl inventory check: mistakes by line; what would change, while nothing does"""
    files = {"inventory.csv": "site,name,role,address\ndefault,wks-00,host,\ndefault,wks-01,host,\n"}
    extra = '<inventory file="inventory.csv"/>'
    with Gateway("inventory", extra=extra, files=files) as gw:
        gw.start()
        gw.receive(*[messages.pattern_status(f"wks-{n:02d}") for n in range(2)])
        gw.wait_state(4, "install-rate", "default", "ok")
        gw.stop()  # writes a checkpoint; a running gateway does once a minute
        new = gw.write_file("new.csv", "name,site,role,address\nwks-00,default,host,192.0.2.9\n"
                            + "".join(f"wks-{n},default,host,\n" for n in range(20, 29)))
        text = gw.ctl("inventory", "check", new)
        for expected in ("+ host    default/wks-20", "- host    default/wks-01",
                         "~ host    default/wks-00", "9 lines are new, 1 gone, 1 other",
                         "beside an inventory of 2"):
            check(expected in text, f"{expected!r} is not in:\n{text}")
        row = next((line for line in text.splitlines() if line.startswith("install-rate")), "")
        check_equal(row.split()[1:4], ["default", "ok", "critical"], f"install-rate in:\n{text}")
        same = gw.ctl("inventory", "check", f"{gw.folder}/inventory.csv")
        check("0 lines are new, 0 gone, 0 other" in same and "0 rows" in same, same)
        bad = gw.write_file("bad.csv", "name,site,role\nwks-00,default,hose\n")
        done = subprocess.run([program("eogctl"), "inventory", "check", bad],
                              stderr=subprocess.PIPE, stdout=subprocess.PIPE, check=False)
        check_equal(done.returncode, 1, "exit code of a list with a mistake")
        check(b"bad.csv:2: role" in done.stderr, done.stderr)


main(test_window, test_reminder, test_sites, test_own_indicator, test_inventory_check, test_changes)
