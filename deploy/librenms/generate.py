#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes LibreNMS' definitions (detection and discovery) of the MIB and the KPI catalogue:
generate.py [--check]"""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, ".."), os.path.join(HERE, "..", "..", "mibs")]
import catalogue  # noqa: E402
import gateway_mib  # noqa: E402

MIB = gateway_mib.Module()
LANGUAGES = ("en", "zh")
NAME = "EOG-GATEWAY-MIB::"
# Text indexes as numbers, as the OID has them; enumerations as numbers.
FLAGS = "-OQUbe"
STATES = {"en": ("ok", "warning", "critical", "unknown"), "zh": ("正常", "警告", "严重", "未知")}
# A state of the MIB is LibreNMS' generic state of the same number.
CATEGORIES = {"management": ("Product management", "产品管理"), "virus": ("Virus management", "病毒管理"),
              "network": ("Network and data", "网络与数据")}
WORDS = {
    "gateway": ("Gateway", "网关"), "worst": ("Worst of all scopes", "各范围最差"),
    "own": ("Indicators of one's own", "自定义指标"), "products": ("Products", "产品"), "feeds": ("Feeds", "转发"),
    "worst state": ("Worst state", "最差状态"), "journal": ("Journal", "日志库"), "feed": ("Feed", "转发"),
    "alerts": ("Open alerts", "未关闭告警"), "waiting": ("records waiting", "待转发记录"),
    "age": ("age of the oldest waiting", "最旧待转发记录的时长"), "size": ("Journal, KiB on disk", "日志库占用磁盘 KiB"),
    "offline": ("computers offline", "离线计算机"),
}


def say(key, language):
    return (WORDS.get(key) or CATEGORIES[key])[LANGUAGES.index(language)]


def quote(text):
    return "'" + text.replace("'", "''") + "'"


def field(name):
    return "{{ " + NAME + name + " }}"


def sensor(table, value, descr, group, language=None, index=None, skip=()):
    """One entry of a class of sensors; language: of the states' names, when it is a state."""
    oid = ".".join([".@ENTERPRISE_OID@", *map(str, MIB.objects[value].oid)])
    lines = [f"oid: {quote(NAME + table)}", f"value: {quote(NAME + value)}", f"num_oid: '{oid}.{{{{ $index }}}}'",
             f"index: {quote(value + '.' + (index or '{{ $index }}'))}", f"descr: {quote(descr)}",
             f"group: {quote(group)}", f"snmp_flags: {quote(FLAGS)}"]
    if skip:
        name, operation, number = skip
        rule = f"oid: {quote(NAME + name)}, op: '{operation}', value: {json.dumps(number)}"
        lines += ["skip_values:", f"    - {{ {rule} }}"]
    if language:
        lines += [f"state_name: {quote(value)}", "states:"]
        lines += [f"    - {{ value: {n}, generic: {n}, graph: 1, descr: {quote(name)} }}"
                  for n, name in enumerate(STATES[language])]
    return ["                -"] + ["                    " + line for line in lines]


def indicators(language):
    """Names are the catalogue's: LibreNMS reads texts that are not ASCII as octets."""
    kpis = catalogue.kpis()
    worst = ("eogKpiSummaryTable", "eogKpiSummaryWorstState")
    scope = field("eogKpiNumber") + "." + field("eogKpiScopeKey")
    for kpi in kpis:
        yield sensor(*worst, kpi.name[language], say("worst", language), language,
                     skip=("eogKpiSummaryKey", "!=", kpi.key))
    yield sensor(*worst, field("eogKpiSummaryKey"), say("worst", language), language,
                 skip=("eogKpiSummaryKey", "in_array", [kpi.key for kpi in kpis]))
    for kpi in kpis:
        yield sensor("eogKpiTable", "eogKpiState", f"{kpi.name[language]}: {field('eogKpiScopeKey')}",
                     say(kpi.category, language), language, scope, ("eogKpiNumber", "!=", kpi.number))
    yield sensor("eogKpiTable", "eogKpiState", f"{field('eogKpiKey')}: {field('eogKpiScopeKey')}", say("own", language),
                 language, scope, ("eogKpiNumber", "in_array", [kpi.number for kpi in kpis]))


def states(language):
    for name, word in (("eogGatewayWorstState", "worst state"), ("eogJournalState", "journal")):
        yield sensor(name, name, say(word, language), say("gateway", language), language)
    yield from indicators(language)
    yield sensor("eogProductTable", "eogProductState", field("eogProductKey"), say("products", language), language)
    yield sensor("eogFeedTable", "eogFeedState", f"{say('feed', language)} {field('eogFeedTarget')}",
                 say("feeds", language), language)


def counts(language):
    feed = f"{say('feed', language)} {field('eogFeedTarget')}: "
    yield sensor("eogGatewayOpenAlerts", "eogGatewayOpenAlerts", say("alerts", language), say("gateway", language))
    yield sensor("eogJournalSize", "eogJournalSize", say("size", language), say("gateway", language))
    yield sensor("eogFeedTable", "eogFeedBacklogRecords", feed + say("waiting", language), say("feeds", language))
    yield sensor("eogProductTable", "eogProductOffline", f"{field('eogProductKey')}: {say('offline', language)}",
                 say("products", language))


def delays(language):
    feed = f"{say('feed', language)} {field('eogFeedTarget')}: "
    yield sensor("eogFeedTable", "eogFeedBacklogAge", feed + say("age", language), say("feeds", language))


HEAD = "# SPDX-License-Identifier: GPL-3.0-or-later\n# Made by generate.py of the MIB and the KPI catalogue.\n"


def discovery(language):
    lines = ["mib: EOG-GATEWAY-MIB", "modules:", "    os:", f"        version: '{NAME}eogGatewayVersion.0'",
             f"        features: '{NAME}eogGatewayName.0'", "    sensors:"]
    for kind, made in (("state", states), ("count", counts), ("delay", delays)):
        lines += [f"        {kind}:", "            data:"] + [line for one in made(language) for line in one]
    return HEAD + "\n".join(lines) + "\n"


DETECTION = HEAD + """os: eog-gateway
text: 'EOG gateway'
type: appliance
mib_dir: eog
discovery:
    -
        sysObjectID:
            - .@ENTERPRISE_OID@
discovery_modules:
    ports: false
    processors: false
    mempools: false
poller_modules:
    ports: false
    processors: false
    mempools: false
"""

files = {f"librenms/discovery{'' if language == 'en' else '-zh'}.yaml.in": discovery(language)
         for language in LANGUAGES}
catalogue.main({**files, "librenms/detection.yaml.in": DETECTION})
