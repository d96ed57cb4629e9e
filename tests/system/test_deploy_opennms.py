#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is delivered for OpenNMS, done as OpenNMS does it: a real gateway's notifications go through the
masks of the definitions, and become alarms by their keys. OIDs, names and lengths of both files."""
import os
import re
import xml.etree.ElementTree as ElementTree

import ber
import messages
from asker import HOSTS, gateway
from harness import BUILD, Sink, check, check_equal, main, read_oids, read_root
from mib import Module

FOLDER = os.path.join(BUILD, "deploy", "opennms")
EVENTS = "{http://xmlns.opennms.org/xsd/eventconf}"
COLLECTION = "{http://xmlns.opennms.org/xsd/config/datacollection}"
SEVERITIES = ("Critical", "Major", "Minor", "Warning", "Normal", "Cleared", "Indeterminate")


def definitions(name):
    return ElementTree.parse(os.path.join(FOLDER, name)).getroot().findall(EVENTS + "event")


def text(event, path):
    return event.findtext("/".join(EVENTS + part for part in path.split("/")))


class OpenNms:
    """Events by the first mask that fits; alarms by their reduction keys (AlarmPersisterImpl)."""

    def __init__(self, name):
        self.events, self.alarms = definitions(name), {}

    def fits(self, event, notification):
        *enterprise, specific = notification["varbinds"][ber.TRAP_OID].split(".")
        enterprise = enterprise[:-1] if enterprise[-1] == "0" else enterprise
        seen = {"id": "." + ".".join(enterprise), "generic": "6", "specific": specific}
        mask = event.find(EVENTS + "mask")
        elements = {text(one, "mename"): text(one, "mevalue") for one in mask.findall(EVENTS + "maskelement")}
        variables = self.parameters(notification)
        return all(seen[name] == value for name, value in elements.items()) and all(
            variables[int(text(one, "vbnumber")) - 1] == text(one, "vbvalue")
            for one in mask.findall(EVENTS + "varbind"))

    @staticmethod
    def parameters(notification):
        """Behind sysUpTime and snmpTrapOID, as text."""
        values = list(notification["varbinds"].values())[2:]
        return [one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in values]

    def expand(self, string, notification, decodes=()):
        def value(found):
            if found[0] == "%specific%":
                return notification["varbinds"][ber.TRAP_OID].rsplit(".", 1)[1]
            seen = self.parameters(notification)[int(found[1]) - 1]
            return next((words.get(seen, seen) for name, words in decodes if name == f"parm[#{found[1]}]"), seen)

        filled = re.sub(r"%parm\[#(\d+)\]%|%specific%", value, string)
        check("%" not in filled.replace(" %", ""), f"not expanded: {filled}")
        return filled

    def take(self, notification):
        """(UEI behind the last '/traps/', the message that is logged)."""
        event = next(one for one in self.events if self.fits(one, notification))
        decodes = [(text(one, "parmid"), {row.get("varbindvalue"): row.get("varbinddecodedstring")
                                         for row in one.findall(EVENTS + "decode")})
                   for one in event.findall(EVENTS + "varbindsdecode")]
        data = event.find(EVENTS + "alarm-data")
        if data is not None:
            self.reduce(event, data, notification)
        return text(event, "uei").partition("/traps/")[2], self.expand(text(event, "logmsg"), notification, decodes)

    def reduce(self, event, data, notification):
        severity, is_clear = text(event, "severity"), data.get("alarm-type") == "2"
        key = self.expand(data.get("clear-key" if is_clear else "reduction-key"), notification)
        updates = {one.get("field-name"): one for one in data.findall(EVENTS + "update-field")}
        alarm = self.alarms.setdefault(key, {"severity": severity, "count": 0, "by": None})
        if is_clear:
            alarm["severity"] = "Cleared"
            return
        alarm["count"] += 1
        if "severity" in updates or alarm["severity"] == "Cleared":
            alarm["severity"] = severity
        if "ackuser" in updates:
            alarm["by"] = self.expand(updates["ackuser"].get("value-expression"), notification)


KEY = "pattern-outdated"


def told(gw, sink):
    """A raise, a change, an acknowledgement and a clear of a real gateway, and how it was made to."""
    gw.receive(messages.pattern_status(HOSTS[0], status=4))
    yield sink.find("eogAlertRaised", KEY, "default")
    gw.receive(*[messages.pattern_status(host, status=4) for host in HOSTS[1:4]])
    seen = sink.find("eogAlertChanged", KEY, "default")
    yield seen
    gw.ctl("ack", str(sink.text(seen, "eogNotifyAlertNumber")), "--name", "Li Na", "--note", "on it")
    yield sink.find("eogAlertAcknowledged", KEY, "default")
    gw.receive(*[messages.pattern_status(host) for host in HOSTS[:4]])
    yield sink.find("eogAlertCleared", KEY, "default", has_ticks=True)


def test_alarms():
    """Raised, worse, acknowledged, cleared: one alarm, its severity, who has it; in both languages"""
    systems = {"en": OpenNms("eog-gateway.events.xml"), "zh": OpenNms("eog-gateway-zh.events.xml")}
    ueis = ("eogAlertRaised/warning", "eogAlertChanged/critical", "eogAlertAcknowledged", "eogAlertCleared")
    expected = (("Warning", 1, None), ("Critical", 2, None), ("Critical", 3, "Li Na"), ("Cleared", 3, "Li Na"))
    with gateway() as gw, Sink(gw) as sink:
        gw.start()
        gw.receive(*[messages.pattern_status(host) for host in HOSTS])
        gw.wait_state(2, KEY, "default", "ok")
        for seen, uei, alarm in zip(told(gw, sink), ueis, expected):
            for language, words in (("en", ("Virus pattern outdated, default: ", "critical")),
                                    ("zh", ("病毒码过期，default：", "严重"))):
                taken, logged = systems[language].take(seen)
                check_equal(taken, uei, "event")
                check(logged.startswith(words[0]), f"message of {uei}: {logged}")
                if "critical" in uei:
                    check(words[1] in logged, f"message of {uei}: {logged}")
                alarms = systems[language].alarms
                check_equal({key: tuple(one.values()) for key, one in alarms.items()},
                            {f"eog-gateway/alert:gw-test:{KEY}:default": alarm}, f"alarms behind {uei}")


def fabricated(name, key, state):
    """A notification with the module's objects in their order; a name that is none: of number 99."""
    objects = Module().notifications()[0].objects
    values = {"eogGatewayName": b"gw-1", "eogNotifyKpiKey": key.encode(), "eogNotifyScope": b"hq",
              "eogNotifyNewState": state, "eogNotifyOldState": 2}
    oids = read_oids()
    oid = oids.get(name, read_root() + ".0.99")
    return {"varbinds": {ber.UPTIME: 1, ber.TRAP_OID: oid, **{oids[of] + ".0": values.get(of, b"") for of in objects}}}


def test_others():
    """What became unknown stays as bad as it was; faults of the gateway; what no definition knows"""
    system = OpenNms("eog-gateway.events.xml")
    for name, state in (("eogAlertRaised", 2), ("eogAlertChanged", 3), ("eogGatewayFault", 2),
                        ("eogGatewayFaultCleared", 0), ("eogKpiStateChange", 2), ("of tomorrow", 2)):
        system.take(fabricated(name, "journal" if "Fault" in name else "outbreak", state))
    check_equal({key: one["severity"] for key, one in system.alarms.items()}, {
        "eog-gateway/alert:gw-1:outbreak:hq": "Critical", "eog-gateway/fault:gw-1:journal": "Cleared",
        "eog-gateway/other:gw-1:99": "Warning"}, "alarms")
    names = {text(one, "uei").partition("/traps/")[2].split("/")[0] for one in system.events}
    check_equal(names, {d.name for d in Module().notifications()} | {"other"}, "events")
    for event in system.events:
        check(text(event, "severity") in SEVERITIES, text(event, "severity"))
        check(text(event, "event-label") and text(event, "descr"), text(event, "uei"))


def test_collection():
    """Each object that is collected is one of the module's, of its type; aliases fit into RRD"""
    root = ElementTree.parse(os.path.join(FOLDER, "eog-gateway.datacollection.xml")).getroot()
    module = Module()
    readable = {"." + read_root() + "." + ".".join(map(str, d.oid)): d for d in module.objects.values() if d.is_read()}
    objects = root.findall(f"{COLLECTION}group/{COLLECTION}mibObj")
    check(len(objects) > 15, f"only {len(objects)} objects")
    aliases = [one.get("alias") for one in objects]
    check(len(set(aliases)) == len(aliases) and max(map(len, aliases)) <= 19, f"aliases: {aliases}")
    resources = {one.get("name") for one in root.findall(COLLECTION + "resourceType")}
    for one in objects:
        definition = readable[one.get("oid")]
        check_equal(one.get("instance") in resources, len(definition.oid) == 4, f"instance of {definition.name}")
        kind = {"SnmpAdminString": "string", "Counter64": "counter"}.get(module.base(definition), "gauge")
        check_equal(one.get("type"), kind, f"type of {definition.name}")
    labels = [one.get("resourceLabel") for one in root.findall(COLLECTION + "resourceType")]
    labels = re.findall(r"\$\{(\w+)\}", " ".join(labels))
    check(labels and set(labels) <= set(aliases), f"labels of {labels}")
    system = root.find(COLLECTION + "systemDef")
    check_equal(system.findtext(COLLECTION + "sysoid"), "." + read_root(), "sysoid")
    check_equal([one.text for one in system.iter(COLLECTION + "includeGroup")],
                [one.get("name") for one in root.findall(COLLECTION + "group")], "groups")


main(test_alarms, test_others, test_collection)
