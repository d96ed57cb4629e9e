#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes OpenNMS' definitions of events, with their alarms, and its data collection of the MIB and the
KPI catalogue: generate.py [--check]"""
import os
import sys
from xml.sax.saxutils import escape, quoteattr

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "mibs")]
import catalogue  # noqa: E402
import gateway_mib  # noqa: E402

MIB = gateway_mib.Module()
LANGUAGES = ("en", "zh")
ROOT = ".@ENTERPRISE_OID@"
UEI = "uei.opennms.org/vendor/eog-gateway/traps/"
# State of the MIB -> severity here, the state's name.
SEVERITIES = {1: ("Warning", ("warning", "警告")), 2: ("Critical", ("critical", "严重"))}
STATES = {0: ("ok", "正常"), 1: SEVERITIES[1][1], 2: SEVERITIES[2][1], 3: ("unknown", "未知")}
ALERT, FAULT = "eog-gateway/alert:{gateway}:{key}:{scope}", "eog-gateway/fault:{gateway}:{key}"
LINE = {"en": "{key}, {scope}: {old} -> {new}, {value}. {reason}",
        "zh": "{key}，{scope}：{old} -> {new}，{value}。{reason}"}
LABELS = {
    "eogAlertRaised": ("alert", "告警"), "eogAlertChanged": ("alert changed", "告警变化"),
    "eogAlertAcknowledged": ("alert acknowledged", "告警已确认"), "eogAlertCleared": ("alert cleared", "告警解除"),
    "eogGatewayFault": ("fault of the gateway", "网关故障"),
    "eogGatewayFaultCleared": ("fault of the gateway cleared", "网关故障解除"),
    "eogKpiStateChange": ("state of an indicator changed", "指标状态变化"),
    "other": ("notification that this file does not know", "本文件未定义的通知"),
}
UPDATES = ("severity", "descr", "operinstruct")


def parameters():
    """{object: the expression that OpenNMS replaces by its value}: its variables count from 1, behind
    sysUpTime and snmpTrapOID."""
    objects = MIB.notifications()[0].objects
    return {name: f"%parm[#{n}]%" for n, name in enumerate(objects, 1)}


PARAMETERS = parameters()


def fill(text):
    words = {"gateway": "eogGatewayName", "key": "eogNotifyKpiKey", "scope": "eogNotifyScope",
             "old": "eogNotifyOldState", "new": "eogNotifyNewState", "value": "eogNotifyValueText",
             "reason": "eogNotifyReason"}
    return text.format(**{word: PARAMETERS[name] for word, name in words.items()})


def mask(specific, state):
    """What an event's notification is known by; specific None: any of the module."""
    elements = [("id", ROOT), ("generic", "6")] + ([("specific", str(specific))] if specific else [])
    lines = ["  <mask>"]
    for name, value in elements:
        lines += ["   <maskelement>", f"    <mename>{name}</mename>", f"    <mevalue>{value}</mevalue>",
                  "   </maskelement>"]
    if state is not None:
        number = list(PARAMETERS).index("eogNotifyNewState") + 1
        lines += ["   <varbind>", f"    <vbnumber>{number}</vbnumber>", f"    <vbvalue>{state}</vbvalue>",
                  "   </varbind>"]
    return lines + ["  </mask>"]


def decoded(name, values):
    number = PARAMETERS[name].strip("%")
    rows = [f"   <decode varbindvalue={quoteattr(str(value))} varbinddecodedstring={quoteattr(text)}/>"
            for value, text in values.items()]
    return ["  <varbindsdecode>", f"   <parmid>{number}</parmid>", *rows, "  </varbindsdecode>"]


def description(name, language):
    lead = f"<p>{MIB.objects[name].description}</p>" if language == "en" and name in MIB.objects else ""
    rows = "".join(f"<tr><td>{of}</td><td>{value}</td></tr>" for of, value in PARAMETERS.items())
    return f"{lead}<table>{rows}</table>"


def alarm(kind, key, clear=None, updates=UPDATES, **expressions):
    """kind: 1 a problem that is cleared, 2 what clears it, 3 a problem that nothing clears."""
    attributes = {"reduction-key": fill(key), "alarm-type": str(kind)}
    attributes.update({"clear-key": fill(clear)} if clear else {})
    head = "  <alarm-data " + " ".join(f"{k}={quoteattr(v)}" for k, v in attributes.items()) + ' auto-clean="false"'
    fields = [f'   <update-field field-name="{name}" update-on-reduction="true"/>' for name in updates]
    fields += [f'   <update-field field-name="{name}" update-on-reduction="true" value-expression={quoteattr(value)}/>'
               for name, value in expressions.items()]
    return [head + ">", *fields, "  </alarm-data>"] if fields else [head + "/>"]


def event(name, language, severity, alarm_lines, state=None, dest="logndisplay"):
    specific = MIB.objects[name].oid[-1] if name in MIB.objects else None
    word = STATES[state][0] if state is not None else ""
    label = "EOG gateway: " + LABELS[name][LANGUAGES.index(language)]
    if state is not None:
        label += f" ({STATES[state][LANGUAGES.index(language)]})"
    names = {kpi.key: kpi.name[language] for kpi in catalogue.kpis()}
    states = {n: both[LANGUAGES.index(language)] for n, both in STATES.items()}
    return [
        " <event>", *mask(specific, state), f"  <uei>{UEI}{name}{'/' + word if word else ''}</uei>",
        f"  <event-label>{escape(label)}</event-label>", f"  <descr>{escape(description(name, language))}</descr>",
        f'  <logmsg dest="{dest}">{escape(fill(LINE[language]))}</logmsg>', f"  <severity>{severity}</severity>",
        f"  <operinstruct>{escape(PARAMETERS['eogNotifyAdvice'])}</operinstruct>",
        *decoded("eogNotifyOldState", states), *decoded("eogNotifyNewState", states),
        *decoded("eogNotifyKpiKey", names), *alarm_lines, " </event>"]


def events(language):
    """The first whose mask fits counts: those of a state before those of any."""
    for name in ("eogAlertRaised", "eogAlertChanged"):
        for state, (severity, _) in SEVERITIES.items():
            yield event(name, language, severity, alarm(1, ALERT), state)
        # Not judged any more: the alarm stays as bad as it was.
        yield event(name, language, "Warning", alarm(1, ALERT, updates=("descr",)))
    yield event("eogAlertAcknowledged", language, "Warning",
                alarm(1, ALERT, updates=(), acktime="now", ackuser=PARAMETERS["eogNotifyPerson"]))
    yield event("eogAlertCleared", language, "Normal", alarm(2, "eog-gateway/clear/" + ALERT[12:], ALERT, ()))
    yield event("eogGatewayFault", language, "Major", alarm(1, FAULT))
    yield event("eogGatewayFaultCleared", language, "Normal", alarm(2, "eog-gateway/clear/" + FAULT[12:], FAULT, ()))
    yield event("eogKpiStateChange", language, "Normal", [], dest="logonly")
    yield event("other", language, "Warning", alarm(3, "eog-gateway/other:{gateway}:%specific%", updates=("descr",)))


HEAD = ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- SPDX-License-Identifier: GPL-3.0-or-later -->\n"
        "<!-- Made by generate.py of the MIB and the KPI catalogue. -->\n")


def events_file(language):
    body = "\n".join(line for lines in events(language) for line in lines)
    return f'{HEAD}<events xmlns="http://xmlns.opennms.org/xsd/eventconf">\n{body}\n</events>\n'


# Data collection: group -> (resource type or None, {object: alias of at most 19 characters}).
TYPES = {"Counter64": "counter", "Gauge32": "gauge", "Integer32": "gauge", "EogState": "gauge",
         "SnmpAdminString": "string"}
GROUPS = {
    "eog-gateway": (None, {
        "eogGatewayWorstState": "eogWorstState", "eogGatewayOpenAlerts": "eogOpenAlerts",
        "eogJournalState": "eogJournalState", "eogJournalSize": "eogJournalSize", "eogTrafficReceived": "eogReceived",
        "eogTrafficUnclassified": "eogUnclassified", "eogTrafficDropped": "eogDropped"}),
    "eog-indicators": ("eogKpiSummaryEntry", {
        "eogKpiSummaryKey": "eogSumKey", "eogKpiSummaryName": "eogSumName", "eogKpiSummaryWorstState": "eogSumState",
        "eogKpiSummaryWarning": "eogSumWarning", "eogKpiSummaryCritical": "eogSumCritical",
        "eogKpiSummaryUnknown": "eogSumUnknown"}),
    "eog-scopes": ("eogKpiEntry", {
        "eogKpiKey": "eogKpiKey", "eogKpiScopeKey": "eogKpiScopeKey", "eogKpiState": "eogKpiState",
        "eogKpiValue": "eogKpiValue"}),
    "eog-feeds": ("eogFeedEntry", {
        "eogFeedTarget": "eogFeedTarget", "eogFeedState": "eogFeedState",
        "eogFeedBacklogRecords": "eogFeedBacklog", "eogFeedBacklogAge": "eogFeedBacklogAge"}),
}
SUPPORT = "org.opennms.netmgt.collection.support"
RESOURCES = {"eogKpiSummaryEntry": ("EOG indicators", "${eogSumName}"),
             "eogKpiEntry": ("EOG indicators by scope", "${eogKpiKey} ${eogKpiScopeKey}"),
             "eogFeedEntry": ("EOG feeds", "${eogFeedTarget}")}


def collection():
    lines = ['<datacollection-group xmlns="http://xmlns.opennms.org/xsd/config/datacollection" name="EOG gateway">']
    for name, (label, resource) in RESOURCES.items():
        lines += [f' <resourceType name="{name}" label="{label}" resourceLabel="{resource}">',
                  f'  <persistenceSelectorStrategy class="{SUPPORT}.PersistAllSelectorStrategy"/>',
                  f'  <storageStrategy class="{SUPPORT}.IndexStorageStrategy"/>', " </resourceType>"]
    for name, (instance, aliases) in GROUPS.items():
        lines.append(f' <group name="{name}" ifType="{"all" if instance else "ignore"}">')
        for of, alias in aliases.items():
            oid = ".".join([ROOT, *map(str, MIB.objects[of].oid)])
            kind = TYPES[MIB.objects[of].syntax.split()[0]]
            lines.append(f'  <mibObj oid="{oid}" instance="{instance or 0}" alias="{alias}" type="{kind}"/>')
        lines.append(" </group>")
    lines += [' <systemDef name="EOG gateway">', f"  <sysoid>{ROOT}</sysoid>", "  <collect>",
              *[f"   <includeGroup>{name}</includeGroup>" for name in GROUPS], "  </collect>", " </systemDef>"]
    return HEAD + "\n".join(lines) + "\n</datacollection-group>\n"


files = {f"opennms/eog-gateway{'' if language == 'en' else '-zh'}.events.xml.in": events_file(language)
         for language in LANGUAGES}
catalogue.main({**files, "opennms/eog-gateway.datacollection.xml.in": collection()})
