# SPDX-License-Identifier: GPL-3.0-or-later
"""The template of notifications that eog-zabbix-traps has written into SNMPTrapperFile: one item
whose values are lines, and a problem for each alert, closed by the alert's own number."""
import json
import re

import catalogue
import words
import yaml_out

VERSION = "6.0"
# Lines in the order in which triggers look for them: what strangers wrote comes behind those that
# are ours, and is one line each.
LINES_JS = r"""var n = JSON.parse(value.substring(value.indexOf('{'))), kpis = KPIS, states = STATES;
var fault = FAULT, scope = SCOPE, out = [];
var isFault = n.event.indexOf('fault') === 0, kpi = kpis[n.kpi] || [n.kpi, n.advice];
function line(key, text) {
  if (text !== undefined && text !== '') out.push(key + ': ' + String(text).replace(/\s+/g, ' '));
}
var words = [n.value_text, n.reason].filter(function (one) { return one; }).join(': ');
line('event', n.event);
line('state', n.state);
line('alert', n.gateway + '/' + (n.alert || 'fault/' + n.kpi));
line('kpi', n.kpi);
line('title', isFault ? fault + n.kpi : scope[0] + kpi[0] + scope[1] + n.scope + scope[2]);
line('text', words || states[n.state]);
line('site', isFault ? '' : n.scope.split('/')[0]);
line('scope', isFault ? '' : n.scope);
line('scope_name', n.scope_name);
line('advice', kpi[1]);
line('origin', n.origin);
line('time', n.time);
line('person', n.person);
line('note', n.note);
line('uid', n.uid);
return out.join('\n');"""
STATES = ("ok", "warning", "critical", "unknown")


def field(name):
    return '{{ITEM.VALUE}.regsub("(?m)^%s: (.*)", "\\1")}' % name


class Notifications:
    def __init__(self, language):
        self.language = language
        self.host = "EOG gateway notifications" + ("" if language == "en" else " zh")
        self.key = 'snmptrap["EOG [{]\\"gateway\\":\\"{$EOG.GATEWAY.ID}\\","]'

    def say(self, key):
        return words.of(words.SAID, key, self.language)

    def id(self, *names):
        return yaml_out.stable_id(self.language, "notifications", *names)

    def lines_js(self):
        kpis = {kpi.key: [kpi.name[self.language], kpi.advice[self.language]] for kpi in catalogue.kpis()}
        script = LINES_JS
        for name, value in (("KPIS", kpis), ("STATES", [self.say(state) for state in STATES]),
                            ("FAULT", self.say("fault") + self.say("colon")),
                            ("SCOPE", re.split("{#[A-Z.]+}", self.say("scope")))):
            script = script.replace(f"= {name}", "= " + json.dumps(value, ensure_ascii=False))
        return script

    def is_now(self, pattern):
        return f'find(/{self.host}/{self.key},,"regexp","^event: {pattern}")=1'

    def trigger(self, name, severity, title, begins, ends, scope, **tags):
        return {
            "uuid": self.id("trigger", name), "expression": self.is_now(begins),
            "recovery_mode": "RECOVERY_EXPRESSION", "recovery_expression": " or ".join(map(self.is_now, ends)),
            "name": self.say("told") + title, "event_name": field("title") + title, "opdata": field("text"),
            "priority": severity, "description": field("advice"), "type": "MULTIPLE", "manual_close": "YES",
            "correlation_mode": "TAG_VALUE", "correlation_tag": "eog_alert",
            "tags": [{"tag": tag, "value": value} for tag, value in {
                "eog_alert": field("alert"), "kpi": field("kpi"), "scope": scope, "source": "notification",
                **tags}.items()]}

    def triggers(self):
        more = {"site": field("site"), "eog_scope": field("scope")}
        for state, severity in ((2, "HIGH"), (1, "WARNING"), (3, "WARNING")):
            other = "".join(str(one) for one in range(4) if one != state)
            yield self.trigger(
                STATES[state], severity, self.say("colon") + self.say(STATES[state]),
                f"(raised|changed)[[:space:]]state: {state}",
                ("cleared", f"(raised|changed)[[:space:]]state: [{other}]"), "security", **more)
        yield self.trigger("fault", "AVERAGE", "", "fault[[:space:]]", ("faultcleared",), "availability")

    def whole(self):
        item = {
            "uuid": self.id("item"), "name": self.say("notifications"), "type": "SNMP_TRAP", "key": self.key,
            "delay": "0", "history": "90d", "trends": "0", "value_type": "TEXT",
            "description": self.say("notifications about"),
            "preprocessing": [{"type": "JAVASCRIPT", "parameters": [self.lines_js()]}],
            "tags": [{"tag": "component", "value": "notifications"}], "triggers": list(self.triggers())}
        group = {"name": "Templates/Security"}
        return {"zabbix_export": {
            "version": VERSION, "groups": [{"uuid": yaml_out.stable_id("group", group["name"]), **group}],
            "templates": [{
                "uuid": self.id("template"), "template": self.host, "name": self.say("notifications template"),
                "description": self.say("notifications about"), "groups": [group], "items": [item],
                "tags": [{"tag": "class", "value": "security"}, {"tag": "target", "value": "eog-gateway"}],
                "macros": [{"macro": "{$EOG.GATEWAY.ID}", "value": ".*", "description": self.say("macro gateway")}]}]}}
