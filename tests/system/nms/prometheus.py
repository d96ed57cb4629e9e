#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The delivered module and rules in a real Prometheus with a real snmp_exporter: a gateway by version
2c and by version 3; a real message fires an alert, its all-clear resolves it; a dead gateway is one
alert and no security alarm."""
import json
import re
import urllib.request

from nms import KEY, SCOPE, Table, deliver, folder, free_port, gateway, need, started, turn, write

ALERT = "EogPatternOutdated"
V3 = """  version: 3
  auth:
    security_level: authPriv
    username: nms
    password: authentication words
    auth_protocol: SHA256
    priv_protocol: AES
    priv_password: privacy words
"""


def modules():
    """The module as delivered, and again with a user of version 3."""
    with open(deliver("prometheus/snmp.yml"), encoding="utf-8") as file:
        text = file.read()
    body = text[text.index("\neog:\n") + 1 :]
    third = re.sub(r"  version: 2\n", "", body.replace("eog:\n", "eog_v3:\n", 1))
    return text + re.sub(r"  auth:\n    community: public\n", V3, third)


def configuration(path, agent, exporter):
    """The example with the trial's addresses, and a job of version 3 whose up is the rule's too."""
    with open(deliver("prometheus/prometheus.yml"), encoding="utf-8") as file:
        text = file.read()
    text = text.replace("/etc/prometheus/", path + "/").replace("127.0.0.1:9116", f"127.0.0.1:{exporter}")
    text = text.replace("scrape_interval: 30s", "scrape_interval: 2s").replace("timeout: 20s", "timeout: 2s")
    text = re.sub(r"targets: .*", f'targets: ["127.0.0.1:{agent}"]', text)
    return "global: {evaluation_interval: 1s}\n" + text


class Prometheus:
    def __init__(self, port):
        self.base = f"http://127.0.0.1:{port}"

    def ask(self, path):
        try:
            with urllib.request.urlopen(self.base + path, timeout=10) as answer:
                return json.load(answer)["data"]
        except OSError:
            return None

    def ready(self):
        return self.ask("/api/v1/rules") is not None

    def firing(self):
        """None: it does not say."""
        data = self.ask("/api/v1/alerts")
        return data and [a for a in data["alerts"] if a["state"] == "firing"]

    def is_warning(self):
        for alert in self.firing() or []:
            labels = alert["labels"]
            if (labels["alertname"], labels.get("eogKpiScope")) == (ALERT, SCOPE):
                return labels["severity"] == "warning" and alert["annotations"]["summary"]
        return False

    def is_clear(self):
        alerts = self.firing()
        return alerts is not None and all(a["labels"]["alertname"] != ALERT for a in alerts)

    def is_polled(self):
        data = self.ask(f"/api/v1/query?query=eogKpiState%7BeogKpiSummaryKey%3D%22{KEY}%22%7D")
        return bool(data and data["result"])

    def is_down_alone(self):
        return [a["labels"]["alertname"] for a in self.firing() or []] == ["EogGatewayDown"]


def trial(table, gw, version, path, exporter, port):
    text = configuration(path, gw.port["agent"], exporter)
    if version == "v3":
        text = text.replace("module: [eog]", "module: [eog_v3]")
    write(f"{path}/{version}.yml", text)
    prometheus = Prometheus(port)
    command = ["prometheus", f"--config.file={path}/{version}.yml", f"--storage.tsdb.path={path}/{version}",
               f"--web.listen-address=127.0.0.1:{port}"]
    with started(command, f"{path}/{version}.log", ready=prometheus.ready):
        table.wait(f"{version}: polled", prometheus.is_polled)
        table.wait(f"{version}: {KEY} does not fire", prometheus.is_clear)
        sent = turn(gw, "warning")
        table.wait(f"{version}: {ALERT} fires, warning", prometheus.is_warning, sent)
        sent = turn(gw, "ok")
        table.wait(f"{version}: {ALERT} is resolved", prometheus.is_clear, sent)
        if version == "v2c":
            gw.kill()
            table.wait("killed: EogGatewayDown is the one alert", prometheus.is_down_alone)
            gw.start()
            table.wait("started: nothing fires", lambda: prometheus.firing() == [])


def main():
    need("prometheus", "prometheus-snmp-exporter")
    table = Table("Prometheus")
    exporter, port = free_port(), free_port()
    with folder("prometheus") as path, gateway() as gw:
        write(f"{path}/snmp.yml", modules(), 0o600)
        with open(deliver("prometheus/eog-rules-snmp.yml"), encoding="utf-8") as file:
            # Minutes are made seconds, so that the trial is short.
            write(f"{path}/eog-rules-snmp.yml", re.sub(r"for: (\d)m", r"for: \1s", file.read()))
        command = ["prometheus-snmp-exporter", f"--config.file={path}/snmp.yml",
                   f"--web.listen-address=127.0.0.1:{exporter}"]
        with started(command, f"{path}/exporter.log"):
            for version in ("v2c", "v3"):
                trial(table, gw, version, path, exporter, port)


if __name__ == "__main__":
    main()
