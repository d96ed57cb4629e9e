#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes Prometheus' alert rules of the KPI catalogue, in English and Chinese, for what snmp_exporter
polls and for the gateway's own /metrics: generate.py [--check]"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import catalogue  # noqa: E402

# Way in -> job, series of a state by indicator and scope, label of the scope, the gateway's own series.
WAYS = {
    "snmp": ("eog", 'eogKpiState{{eogKpiSummaryKey="{key}"}}', "eogKpiScope",
             ("eogGatewaySnapshotTime", "eogJournalState == 2", "eogTrafficDropped", "eogFeedState",
              "eogFeedIndexName")),
    "metrics": ("eog-metrics", 'eog_kpi_state{{kpi="{key}"}}', "scope",
                ("eog_evaluated_timestamp_seconds", "eog_journal_failing == 1",
                 'sum by (instance, job) (increase(eog_dropped_messages_total{reason!="snmp"}[10m]))',
                 "eog_feed_state", "feed")),
}
STATES = ((1, "warning"), (2, "critical"))
OWN = {
    "EogGatewayDown": {
        "en": ("The gateway does not answer", "Nothing is known of its indicators until it does."),
        "zh": ("网关无应答", "恢复之前无法得知各指标的状态。"),
    },
    "EogGatewayNotJudging": {
        "en": ("The gateway judges no more", "Its states are older than five minutes."),
        "zh": ("网关已停止判定", "各指标的状态是五分钟以前的。"),
    },
    "EogJournalFailing": {
        "en": ("The gateway's disk refuses", "Free or repair the disk: eogctl status names the fault."),
        "zh": ("网关磁盘拒绝写入", "请清理或修复磁盘：eogctl status 显示原因。"),
    },
    "EogMessagesLost": {
        "en": ("The gateway loses messages", "eogctl status names the reason."),
        "zh": ("网关丢失消息", "eogctl status 显示原因。"),
    },
    "EogFeedBehind": {
        "en": ("Records wait for the core", "Look whether the core answers: eogctl status."),
        "zh": ("记录未能送达监控中心", "请检查监控中心是否应答：eogctl status。"),
    },
}


def rule(name, expr, minutes, labels, summary, description):
    quoted = {k: json.dumps(v, ensure_ascii=False) for k, v in
              {"expr": expr, "summary": summary, "description": description}.items()}
    lines = [f"      - alert: {name}", f"        expr: {quoted['expr']}"]
    lines += [f"        for: {minutes}m"] if minutes else []
    lines += ["        labels:"] + [f"          {key}: {value}" for key, value in labels.items()]
    lines += ["        annotations:", f"          summary: {quoted['summary']}",
              f"          description: {quoted['description']}"]
    return "\n".join(lines) + "\n"


def own_rules(way, language):
    job, _, _, (judged, failing, lost, feed, feed_label) = WAYS[way]
    lost = lost if lost.startswith("sum") else f"increase({lost}[10m])"
    exprs = {
        "EogGatewayDown": (f'up{{job="{job}"}} == 0', 2, "critical", ""),
        "EogGatewayNotJudging": (f"time() - {judged} > 300", 0, "critical", ""),
        "EogJournalFailing": (failing, 0, "critical", ""),
        "EogMessagesLost": (f"{lost} > 0", 0, "warning", ""),
        "EogFeedBehind": (f"{feed} == 1 or {feed} == 2", 5, "warning", f" ({{{{ $labels.{feed_label} }}}})"),
    }
    for name, (expr, minutes, severity, more) in exprs.items():
        summary, description = OWN[name][language]
        yield rule(name, expr, minutes, {"severity": severity, "category": "gateway"},
                   f"{summary}: {{{{ $labels.instance }}}}{more}", description)


def kpi_rules(kpi, way, language):
    """A rule for warning, one for critical. Unknown (3) is neither: nothing can be said then."""
    _, series, scope, _ = WAYS[way]
    name = "Eog" + "".join(word.capitalize() for word in kpi.key.split("-"))
    for state, severity in STATES:
        yield rule(name, f"{series.format(key=kpi.key)} == {state}", 0,
                   {"severity": severity, "category": kpi.category, "kpi": kpi.key},
                   f"{kpi.name[language]}: {{{{ $labels.{scope} }}}}", kpi.advice[language])


def text(way, language):
    head = ("# SPDX-License-Identifier: GPL-3.0-or-later\n# Made by generate.py of the KPI catalogue. "
            "Take one language of it.\ngroups:\n")
    body = f"  - name: eog-{way}-gateway\n    rules:\n" + "".join(own_rules(way, language))
    body += f"  - name: eog-{way}-indicators\n    rules:\n"
    return head + body + "".join(r for kpi in catalogue.kpis() for r in kpi_rules(kpi, way, language))


catalogue.main({f"prometheus/eog-rules-{way}{'' if language == 'en' else '-zh'}.yml": text(way, language)
                for way in WAYS for language in ("en", "zh")})
