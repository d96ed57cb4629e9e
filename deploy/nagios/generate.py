#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes Nagios' services of the KPI catalogue, in English and Chinese: generate.py [--check]"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import catalogue  # noqa: E402

HEAD = {
    "en": "# SPDX-License-Identifier: GPL-3.0-or-later\n"
    "# The security indicators, a service each, on every host of hostgroup eog-gateways. Made by\n"
    "# generate.py of the KPI catalogue. Take this file or eog-services-zh.cfg, not both.\n",
    "zh": "# SPDX-License-Identifier: GPL-3.0-or-later\n"
    "# 安全指标：hostgroup eog-gateways 中的每台主机各一个服务。由 generate.py 根据指标目录生成。\n"
    "# 本文件与 eog-services.cfg 二选一。\n",
}


def clean(text):
    """Nagios takes ';' for a comment's begin and cuts some characters out of what it shows."""
    return text.replace(";", ",").replace("`", "'")


def service(kpi, language):
    return f"""
define service {{
    use                  eog-indicator
    hostgroup_name       eog-gateways
    service_description  EOG {kpi.key}
    display_name         {clean(kpi.name[language])}
    check_command        check_eog_kpi!{kpi.key}
    notes                {clean(kpi.advice[language])}
    servicegroups        eog-{kpi.category}
}}
"""


def dependency(kpis):
    names = ",".join(f"EOG {kpi.key}" for kpi in kpis)
    return f"""
# A gateway that does not answer is one alarm, not one for each indicator.
define servicedependency {{
    hostgroup_name                 eog-gateways
    service_description            EOG gateway
    dependent_service_description  {names},EOG products,EOG feeds
    notification_failure_criteria  u,p
    inherits_parent                1
}}
"""


def text(language):
    rows = catalogue.kpis()
    return HEAD[language] + "".join(service(kpi, language) for kpi in rows) + dependency(rows)


catalogue.main({"nagios/eog-services.cfg": text("en"), "nagios/eog-services-zh.cfg": text("zh")})
