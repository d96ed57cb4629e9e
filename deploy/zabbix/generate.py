#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the templates for Zabbix of the MIB and the KPI catalogue: generate.py [--check]"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import catalogue  # noqa: E402
import mib  # noqa: E402
import notifications  # noqa: E402
import words  # noqa: E402
import yaml_out  # noqa: E402

MIB = mib.objects()
STATES = ("ok", "warning", "critical", "unknown")
COUNTED = ("eogJournalRecords", "eogFeedAcknowledged")
# Octets that are not ASCII come from Zabbix 6.0 as hexadecimal digits.
TEXT_JS = r"""function text(v) {
  if (!/^([0-9A-Fa-f]{2}\s+)*[0-9A-Fa-f]{2}\s*$/.test(v) || !/(^|\s)[89A-Fa-f][0-9A-Fa-f]/.test(v)) return v;
  try { return decodeURIComponent(v.trim().replace(/\s*([0-9A-Fa-f]{2})\s*/g, '%$1')); } catch (e) { return v; }
}
"""
TIME_JS = r"""var b = value.trim().split(/\s+/).map(function (x) { return parseInt(x, 16); });
var year = b[0] * 256 + b[1];
if (isNaN(year) || b.length < 8) throw 'no DateAndTime: ' + value;
return year ? Math.floor(Date.UTC(year, b[2] - 1, b[3], b[4], b[5], b[6]) / 1000) : 0;"""
ROWS_JS = r"""var kpis = KPIS;
return JSON.stringify(JSON.parse(value).map(function (row) {
  Object.keys(row).forEach(function (k) { row[k] = text(row[k]); });
  var key = row['{#KPI.KEY}'], kpi = kpis[key] || [key || '', ''];
  row['{#KPI.NAME}'] = kpi[0];
  row['{#KPI.ADVICE}'] = kpi[1];
  row['{#SITE}'] = (row['{#SCOPE.KEY}'] || '').split('/')[0];
  return row;
}));"""
# table of the MIB -> macros of its columns, what an item's name begins with, its columns, further tags
TABLES = {
    "kpis": ({"KPI.KEY": "eogKpiSummaryKey"}, "kpi", "eogKpiSummary", {"kpi": "{#KPI.KEY}"}),
    "scopes": ({"KPI.KEY": "eogKpiKey", "SCOPE.KEY": "eogKpiScopeKey"}, "scope", "eogKpi",
               {"kpi": "{#KPI.KEY}", "scope": "{#SCOPE.KEY}", "site": "{#SITE}"}),
    "products": ({"PRODUCT.KEY": "eogProductKey", "PRODUCT.NAME": "eogProductName",
                  "PRODUCT.SITE": "eogProductSite"}, "product", "eogProduct", {"site": "{#PRODUCT.SITE}"}),
    "feeds": ({"FEED.TARGET": "eogFeedTarget"}, "feed", "eogFeed", {}),
    "alerts": ({"ALERT.NUMBER": "eogAlertNumber", "KPI.KEY": "eogAlertKpiKey", "SCOPE.KEY": "eogAlertScope"},
               "alert", "eogAlert", {"kpi": "{#KPI.KEY}", "scope": "{#SCOPE.KEY}", "site": "{#SITE}"}),
}


def columns(table):
    start = TABLES[table][2]
    return [name for name in words.COLUMNS if name.startswith(start)
            and not (start == "eogKpi" and name.startswith("eogKpiSummary"))]


def tags(**more):
    return [{"tag": tag, "value": value} for tag, value in more.items()]


class Template:
    """One version of the format in one language."""

    def __init__(self, language, version):
        self.language, self.version = language, version
        self.host = "EOG gateway by SNMP" + ("" if language == "en" else " zh")
        self.no_data = {"name": self.say("no data"), "expression": self.no_data_expression()}

    def say(self, key):
        return words.of(words.SAID, key, self.language)

    def id(self, *names):
        """Not of the version: a newer template takes the place of an older one."""
        return yaml_out.stable_id(self.language, *names)

    def no_data_expression(self):
        """Pollers take minutes to give up on a host with many items: that nothing comes shows sooner."""
        return (f"max(/{self.host}/zabbix[host,snmp,available],{{$SNMP.TIMEOUT}})=0 or "
                f"nodata(/{self.host}/eog[eogGatewaySnapshotTime.0],{{$SNMP.TIMEOUT}})=1")

    def walked(self):
        """What one request for all asks for: the groups whole, of tables the columns that are used."""
        whole = [MIB[name].oid.rsplit(".", 1)[0] for name in ("eogGatewayName", "eogJournalState",
                                                              "eogTrafficReceived")]
        wanted = [name for table, row in TABLES.items() for name in (*row[0].values(), *columns(table))]
        return "walk[" + ",".join(whole + [MIB[name].oid for name in dict.fromkeys(wanted)]) + "]"

    def source(self, oid, delay):
        if self.version == "6.0":
            return {"type": "SNMP_AGENT", "snmp_oid": oid, "delay": delay}, []
        return {"type": "DEPENDENT", "delay": "0", "master_item": {"key": "eog.walk"}}, [oid]

    def item(self, name, title, key, instance, **more):
        """An item of an object of the MIB; what becomes of the value follows from its syntax."""
        of = MIB[name]
        head, walk = self.source(f"{of.oid}.{instance}", "{$EOG.INTERVAL}")
        steps = [{"type": "SNMP_WALK_VALUE", "parameters": [oid, "1" if of.syntax == "SnmpAdminString" else "0"]}
                 for oid in walk]
        item = {"uuid": self.id("item", key), "name": title, **head, "key": key, "history": "31d"}
        if of.syntax == "SnmpAdminString":
            item.update(trends="0", value_type="CHAR")
            steps += [{"type": "JAVASCRIPT", "parameters": [TEXT_JS + "return text(value);"]}]
        elif of.syntax == "DateAndTime":
            item.update(trends="0", units="unixtime")
            steps += [{"type": "JAVASCRIPT", "parameters": [TIME_JS]}]
        elif of.syntax == "EogState":
            item.update(valuemap={"name": "EogState"})
        elif of.syntax == "TruthValue":
            item.update(valuemap={"name": "TruthValue"}, trends="0")
        elif of.syntax == "Counter64":
            item.update(value_type="FLOAT", units="Bps" if of.unit == "octets" else f"!{of.unit}/s")
            steps += [{"type": "CHANGE_PER_SECOND", "parameters": [""]}]
        elif of.syntax == "Integer32":
            item.update(value_type="FLOAT")
        if of.is_unknown_at_minus_one:
            item.update(valuemap={"name": "EogAmount"})
        if of.unit == "kibibytes":
            item.update(units="B")
            steps += [{"type": "MULTIPLIER", "parameters": ["1024"]}]
        elif of.unit == "seconds":
            item.update(units="s")
        item["description"] = f"MIB: EOG-GATEWAY-MIB\n{name}: {of.description}"
        return {**item, "preprocessing": steps, **more}

    def trigger(self, key, expression, priority, title, scope, depends=(), **more):
        return {"uuid": self.id("trigger", key), "expression": expression, "name": title, "priority": priority,
                "dependencies": [self.no_data, *depends], "tags": tags(scope=scope, **more.pop("tags", {})), **more}

    def last(self, key, function="last", argument=""):
        return f"{function}(/{self.host}/{key}{argument})"

    def scalars(self):
        triggers = {
            "eogGatewaySnapshotTime": [self.trigger(
                "judges", self.last("eog[eogGatewaySnapshotTime.0]", "fuzzytime", ",{$EOG.SNAPSHOT.MAX_AGE}") + "=0",
                "HIGH", self.say("judges"), "availability", event_name=self.say("judges long"),
                description=self.say("judges about"))],
            "eogJournalState": [
                self.trigger("journal critical", self.last("eog[eogJournalState.0]") + "=2", "HIGH",
                             self.say("journal critical"), "availability"),
                self.trigger("journal warning", self.last("eog[eogJournalState.0]") + "=1", "WARNING",
                             self.say("journal warning"), "capacity")],
            "eogTrafficDropped": [self.trigger(
                "lost", self.last("eog[eogTrafficDropped.0]", "max", ",5m") + ">0", "AVERAGE", self.say("lost"),
                "availability")],
            "eogJournalDamaged": [self.trigger(
                "damaged", self.last("eog[eogJournalDamaged.0]", "max", ",1h") + ">0", "AVERAGE",
                self.say("damaged"), "availability")],
        }
        for name in words.SCALARS:
            title = words.of(words.SCALARS, name, self.language)
            component = {"G": "health", "J": "storage", "T": "network"}[name[3]]
            yield self.item(name, title, f"eog[{name}.0]", "0", tags=tags(component=component),
                            triggers=triggers.get(name))

    def items(self):
        snmp = {
            "uuid": self.id("item", "snmp"), "name": self.say("snmp"), "type": "INTERNAL",
            "key": "zabbix[host,snmp,available]", "delay": "{$EOG.INTERVAL}", "history": "31d",
            "valuemap": {"name": "zabbix.host.available"}, "tags": tags(component="health"),
            "triggers": [{
                "uuid": self.id("trigger", "no data"), "expression": self.no_data["expression"],
                "name": self.no_data["name"], "event_name": self.say("no data long"), "priority": "AVERAGE",
                "description": self.say("no data about"), "tags": tags(scope="availability")}]}
        master = {"uuid": self.id("item", "walk"), "name": "SNMP walk", "type": "SNMP_AGENT",
                  "snmp_oid": self.walked(), "key": "eog.walk", "delay": "{$EOG.INTERVAL}", "history": "0",
                  "trends": "0", "value_type": "TEXT", "tags": tags(component="raw")}
        return [snmp] + ([master] if self.version != "6.0" else []) + list(self.scalars())

    def filters(self, table):
        if table not in ("kpis", "scopes"):
            return None
        rows = [("{#KPI.KEY}", "{$EOG.KPI.MATCHES}", None),
                ("{#KPI.KEY}", "{$EOG.KPI.NOT_MATCHES}", "NOT_MATCHES_REGEX")]
        if table == "scopes":
            rows.append(("{#SCOPE.KEY}", "{$EOG.SCOPE.MATCHES}", None))
        return {"evaltype": "AND", "conditions": [
            {"macro": macro, "value": value, "operator": operator, "formulaid": "ABC"[i]}
            for i, (macro, value, operator) in enumerate(rows)]}

    def discovery_js(self, table):
        if "KPI.KEY" not in TABLES[table][0]:
            kpis = "{}"
        else:
            kpis = json.dumps({kpi.key: [kpi.name[self.language], kpi.advice[self.language]]
                               for kpi in catalogue.kpis()}, ensure_ascii=False)
        return TEXT_JS + ROWS_JS.replace("KPIS", kpis)

    def scope_triggers(self):
        state, value, reason = (f"eog.scopes[{name}.{{#SNMPINDEX}}]" for name in
                                ("eogKpiState", "eogKpiValueText", "eogKpiReason"))
        # The two texts are there for the operational data only; they are always true.
        said = f" and length({self.last(value)})>=0 and length({self.last(reason)})>=0"
        critical = self.last(state) + "=2" + said
        title = self.say("scope") + self.say("colon")
        # A value is cut after 20 characters, but not when a function takes it.
        whole = '{{ITEM.LASTVALUE%d}.regsub("(.*)", "\\1")}'
        more = {"opdata": f"{whole % 2}: {whole % 3}", "description": "{#KPI.ADVICE}",
                "tags": {"kpi": "{#KPI.KEY}", "site": "{#SITE}", "eog_scope": "{#SCOPE.KEY}"}}
        yield self.trigger("kpi critical", critical, "HIGH", title + self.say("critical"), "security",
                           **{**more, "tags": dict(more["tags"])})
        yield self.trigger("kpi warning", self.last(state) + "=1" + said, "WARNING", title + self.say("warning"),
                           "security", [{"name": title + self.say("critical"), "expression": critical}],
                           **{**more, "tags": dict(more["tags"])})
        unknown = (self.last(state) + "=3 and {$EOG.UNKNOWN.IS_PROBLEM}=1 and "
                   + self.last(reason, "find", ',,"like","not enabled"') + "=0")
        yield self.trigger("kpi unknown", unknown, "INFO", title + self.say("unknown"), "notice",
                           **{**more, "opdata": whole % 2})

    def feed_triggers(self):
        key = "eog.feeds[eogFeedState.{#SNMPINDEX}]"
        critical = self.last(key) + "=2"
        yield self.trigger("feed critical", critical, "AVERAGE", self.say("feed critical"), "availability")
        yield self.trigger("feed warning", self.last(key) + "=1", "WARNING", self.say("feed warning"), "availability",
                           [{"name": self.say("feed critical"), "expression": critical}])

    def rule(self, table):
        macros, title, _, more = TABLES[table]
        pairs = [(f"{{#{macro}}}", MIB[name].oid) for macro, name in macros.items()]
        delay = "{$EOG.INTERVAL}" if table == "alerts" else "{$EOG.DISCOVERY.INTERVAL}"
        oid = "discovery[" + ",".join(part for pair in pairs for part in pair) + "]"
        head, walk = self.source(oid, delay)
        steps = [{"type": "SNMP_WALK_TO_JSON", "parameters": [
            part for macro, oid in pairs for part in (macro, oid, "1")]} for _ in walk]
        steps.append({"type": "JAVASCRIPT", "parameters": [self.discovery_js(table)]})
        prototypes = []
        for name in columns(table):
            key = f"eog.{table}[{name}.{{#SNMPINDEX}}]"
            called = self.say(title) + self.say("colon") + words.of(words.COLUMNS, name, self.language)
            prototypes.append(self.item(name, called, key, "{#SNMPINDEX}", tags=tags(component=table, **more)))
        triggers = {"scopes": self.scope_triggers, "feeds": self.feed_triggers}.get(table)
        return {
            "uuid": self.id("rule", table), "name": self.say(table), **head, "key": f"eog.{table}.discovery",
            "lifetime": "1h" if table == "alerts" else "7d", "filter": self.filters(table),
            "item_prototypes": prototypes, "trigger_prototypes": list(triggers()) if triggers else None,
            "graph_prototypes": [self.kpi_graph()] if table == "kpis" else None, "preprocessing": steps}

    def graph_items(self, keys):
        return [{"sortorder": str(i), "color": color, "item": {"host": self.host, "key": key}}
                for i, (color, key) in enumerate(keys)]

    def kpi_graph(self):
        colors = ("1A7C11", "FFA000", "D50000", "9E9E9E")
        return {"uuid": self.id("graph", "kpi"), "name": self.say("kpi graph"), "type": "STACKED",
                "show_legend": "NO", "ymin_type_1": "FIXED", "graph_items": self.graph_items(
                    [(color, f"eog.kpis[eogKpiSummary{state.capitalize()}.{{#SNMPINDEX}}]")
                     for color, state in zip(colors, STATES)])}

    def graphs(self):
        return [{"uuid": self.id("graph", "traffic"), "name": self.say("traffic graph"), "ymin_type_1": "FIXED",
                 "graph_items": self.graph_items([
                     (color, f"eog[eogTraffic{name}.0]") for color, name in
                     (("1A7C11", "Received"), ("9E9E9E", "Unclassified"), ("D50000", "Dropped"))])}]

    def dashboards(self):
        """Zabbix 6.0 has 24 columns, 7.0 has 72 and other names of the widgets."""
        old = self.version == "6.0"
        scale = 1 if old else 3

        def widget(kind, x, y, width, height, *fields, name=None):
            return {"type": kind if old else kind.replace("_CLASSIC", "").replace("_", "").lower(), "name": name,
                    "x": str(x * scale), "y": str(y), "width": str(width * scale), "height": str(height),
                    "fields": [{"type": one, "name": field, "value": value} for one, field, value in fields]}

        at = "" if old else ".0"
        widgets = [widget("ITEM", 6 * i, 0, 6, 3, ("ITEM", "itemid" + at, {"host": self.host, "key": f"eog[{name}.0]"}),
                          ("INTEGER", "show" + at, "2"), ("INTEGER", "value_size", size),
                          name=words.of(words.SCALARS, name, self.language))
                   for i, (name, size) in enumerate((("eogGatewayWorstState", "30"), ("eogGatewayOpenAlerts", "30"),
                                                     ("eogJournalState", "30"), ("eogGatewaySnapshotTime", "18")))]
        graph = {"host": self.host, "name": self.say("traffic graph")}
        widgets.append(widget("GRAPH_CLASSIC", 0, 3, 24, 4, ("GRAPH", "graphid" + at, graph)))
        widgets.append(widget(
            "GRAPH_PROTOTYPE", 0, 7, 24, 28, ("INTEGER", "columns", "4"), ("INTEGER", "rows", "7"),
            ("GRAPH_PROTOTYPE", "graphid" + at, {"host": self.host, "name": self.say("kpi graph")})))
        return [{"uuid": self.id("dashboard"), "name": self.say("dashboard"), "pages": [{"widgets": widgets}]}]

    def valuemaps(self):
        maps = {
            "EogState": [self.say(state) for state in STATES],
            "EogAmount": {-1: self.say("unknown")},
            "TruthValue": {1: self.say("yes"), 2: self.say("no")},
            "zabbix.host.available": [self.say("unavailable"), self.say("available"), self.say("unknown")],
        }
        return [{"uuid": self.id("valuemap", name), "name": name, "mappings": [
            {"value": str(i), "newvalue": value}
            for i, value in (values if isinstance(values, dict) else dict(enumerate(values))).items()]}
            for name, values in maps.items()]

    def macros(self):
        rows = [("EOG.INTERVAL", "1m", "macro interval"), ("EOG.DISCOVERY.INTERVAL", "5m", "macro discovery"),
                ("EOG.KPI.MATCHES", ".*", "macro kpi"), ("EOG.KPI.NOT_MATCHES", "CHANGE_IF_NEEDED", "macro not kpi"),
                ("EOG.SCOPE.MATCHES", ".*", "macro scope"), ("EOG.UNKNOWN.IS_PROBLEM", "0", "macro unknown"),
                ("EOG.SNAPSHOT.MAX_AGE", "5m", "macro age"), ("SNMP.TIMEOUT", "5m", "macro timeout")]
        return [{"macro": f"{{${name}}}", "value": value, "description": self.say(about)}
                for name, value, about in rows]

    def whole(self):
        groups = "groups" if self.version == "6.0" else "template_groups"
        group = "Templates/Security"
        template = {
            "uuid": self.id("template"), "template": self.host, "name": self.say("template"),
            "description": self.say("about"), "groups": [{"name": group}], "items": self.items(),
            "discovery_rules": [self.rule(table) for table in TABLES],
            "tags": tags(**{"class": "security", "target": "eog-gateway"}), "macros": self.macros(),
            "dashboards": self.dashboards(), "valuemaps": self.valuemaps()}
        return {"zabbix_export": {
            "version": self.version, groups: [{"uuid": yaml_out.stable_id("group", group), "name": group}],
            "templates": [template], "graphs": self.graphs()}}


HEAD = "# SPDX-License-Identifier: GPL-3.0-or-later\n# Made by generate.py of the MIB and the KPI catalogue.\n"
FILES = {f"zabbix/eog-gateway-{version}{end}.yaml.in": Template(language, version)
         for version in ("6.0", "7.0") for language, end in (("en", ""), ("zh", "-zh"))}
FILES.update({f"zabbix/eog-notifications-{notifications.VERSION}{end}.yaml": notifications.Notifications(language)
              for language, end in (("en", ""), ("zh", "-zh"))})
catalogue.main({path: yaml_out.text(made.whole(), HEAD) for path, made in FILES.items()})
