#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes Icinga 2's list of indicators of the KPI catalogue: generate.py [--check]"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import catalogue  # noqa: E402


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$") + '"'


def row(kpi):
    parts = [f"category = {quoted(kpi.category)}", f"number = {kpi.number}"]
    for language in ("en", "zh"):
        parts.append(f"name_{language} = {quoted(kpi.name[language])}")
        parts.append(f"advice_{language} = {quoted(kpi.advice[language])}")
    return f"  {quoted(kpi.key)} = {{\n    " + "\n    ".join(parts) + "\n  }\n"


TEXT = (
    "// SPDX-License-Identifier: GPL-3.0-or-later\n"
    "// The security indicators, made by generate.py of the KPI catalogue; eog-gateway.conf has a service\n"
    "// of each.\n"
    "const EogIndicators = {\n" + "".join(row(kpi) for kpi in catalogue.kpis()) + "}\n"
)
catalogue.main({"icinga/eog-indicators.conf": TEXT})
