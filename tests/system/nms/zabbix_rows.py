# SPDX-License-Identifier: GPL-3.0-or-later
"""5,000 rows of eogKpiTable, walked by Zabbix in bulk again and again while about 1,000 messages a
second change them: each walk has every row, and its rule never fails. A row's item asks for nothing
itself; Zabbix notes of each when a walk did not have it."""
import os
import time

from nms import FILES, USER, Gateway, check, wait_for  # has the way to the next
from changing import changes, inventory  # noqa: E402

ROWS, WALKS, PATIENCE_S = 5000, 10, 900
SNMP_AGENT, TRAPPER, UNSIGNED = 20, 2, 3


def rule(zabbix, host, oids):
    """Its walks have the states, too, so that each finds something new to look at. (host, rule)"""
    columns = {"KPI": "eogKpiKey", "SCOPE": "eogKpiScopeKey", "STATE": "eogKpiState", "VALUE": "eogKpiValueText"}
    oid = ",".join(f"{{#{macro}}},{oids[name]}" for macro, name in columns.items())
    found = zabbix.ask("host.get", filter={"host": host}, output=["hostid"], selectInterfaces=["interfaceid"])[0]
    made = zabbix.ask("discoveryrule.create", name="rows", key_="rows", hostid=found["hostid"], type=SNMP_AGENT,
                      interfaceid=found["interfaces"][0]["interfaceid"], snmp_oid=f"discovery[{oid}]", delay="5s",
                      lifetime="7d")["itemids"][0]
    zabbix.ask("itemprototype.create", name="row {#SNMPINDEX}", key_="row[{#SNMPINDEX}]", ruleid=made,
               hostid=found["hostid"], type=TRAPPER, value_type=UNSIGNED)
    return found["hostid"], made


class Rows:
    """What Zabbix knows of the rows by now; others may come, of those that were there none goes."""

    def __init__(self, zabbix, host_id, rule_id):
        self.zabbix, self.host_id, self.rule_id = zabbix, host_id, rule_id
        self.walks, self.trouble = set(), []

    def look(self):
        rule_now = self.zabbix.ask("discoveryrule.get", itemids=self.rule_id, output=["state", "error"])[0]
        items = self.zabbix.ask("item.get", hostids=self.host_id, search={"key_": "row["}, startSearch=True,
                                output=["key_"], selectItemDiscovery=["lastcheck", "ts_delete"])
        if rule_now["state"] != "0" or rule_now["error"]:
            self.trouble.append(f"the rule: {rule_now}")
        self.trouble += [f"{item['key_']} is missing" for item in items if item["itemDiscovery"]["ts_delete"] != "0"]
        self.walks.update(item["itemDiscovery"]["lastcheck"] for item in items)
        return {item["key_"][4:-1] for item in items}

    def wait(self, condition, what):
        """Until all rows have met it, and none was missed."""
        wait_for(lambda: condition(self.look()) or self.trouble, what, PATIENCE_S)
        check(not self.trouble, f"{what}: {len(self.trouble)}, {self.trouble[:3]}")


def walk(zabbix, table, group, details):
    files = {"inventory.csv": inventory(), **FILES}
    with Gateway("nms-rows", extra='<inventory file="inventory.csv"/>' + USER, files=files) as gw:
        for name in FILES:
            os.chmod(os.path.join(gw.folder, name), 0o600)
        gw.start()
        gw.wait_for(lambda: len(gw.status()["kpis"]) >= ROWS, f"{ROWS} rows exist")
        state = f"{gw.column('eogKpiState')}."
        wanted = {name[len(state):] for name in gw.walk() if name.startswith(state)}
        check(len(wanted) >= ROWS, f"{len(wanted)} rows")
        with changes(gw) as sent:
            for name, how in details.items():
                host = f"rows-{name}"
                zabbix.host(host, gw.port["agent"], None, group, how)
                rows = Rows(zabbix, *rule(zabbix, host, gw.oids))
                begun = time.monotonic()
                rows.wait(lambda found: found >= wanted, "each row has its item")
                table.seen(f"{name}: {len(wanted)} rows are walked", begun)
                rows.walks.clear()
                rows.wait(lambda found: len(rows.walks) >= WALKS, f"{WALKS} walks")
                table.seen(f"{name}: {len(rows.walks)} walks, no row was missing", begun,
                           f"{sent[0]} messages meanwhile")
                zabbix.ask("host.update", hostid=rows.host_id, status=1)  # polled no more
