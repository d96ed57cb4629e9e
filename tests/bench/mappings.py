# SPDX-License-Identifier: GPL-3.0-or-later
"""What the number of mappings costs a message: the work file through `eogctl decode`, with the one
mapping that knows it, and with all."""
import glob
import os
import shutil
import subprocess
import tempfile

import harness

ONLY = "trendmicro/apex-central"


def folder_of_one():
    """A data folder with that mapping, what its vendor's share, and the indicators."""
    top = tempfile.mkdtemp(prefix="eog-mappings-")
    into = os.path.join(top, "mappings", os.path.dirname(ONLY))
    os.makedirs(into)
    for name in ("mapping.rng", "kpi.xml", "watchlist.xml"):
        shutil.copy(os.path.join(harness.SOURCE, "mappings", name), os.path.join(top, "mappings"))
    for name in ("vendor.xml", os.path.basename(ONLY) + ".xml"):
        shutil.copy(os.path.join(harness.SOURCE, "mappings", os.path.dirname(ONLY), name), into)
    return top


def cpu_of(data, file):
    before = os.times()
    with open(file, encoding="utf-8") as lines:
        subprocess.run(
            [harness.program("eogctl"), "decode", "--data", data, "--format", "ocsf"],
            stdin=lines,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


def mappings(bench):
    """Turn by turn, so that what else the machine does falls on both."""
    if bench.args.peers_only:
        return
    one = folder_of_one()
    try:
        known = len(glob.glob(os.path.join(harness.SOURCE, "mappings", "*", "*.xml")))
        known -= len(glob.glob(os.path.join(harness.SOURCE, "mappings", "*", "vendor.xml")))
        for _ in range(max(bench.args.runs, 3)):
            for name, data, n in (("one", one, 1), ("all", harness.SOURCE, known)):
                empty = cpu_of(data, os.devnull)  # reading the mappings is no message's cost
                cpu = (cpu_of(data, bench.file) - empty) * 1e6 / bench.args.messages
                bench.note("mappings", {"name": name, "mappings": n, "cpu_per_unit": round(cpu, 2)})
    finally:
        shutil.rmtree(one, ignore_errors=True)


def report(bench, medians, median, table):
    grouped = medians(bench.rows.get("mappings", []))
    if not grouped:
        return ""
    rows = [
        (r[0]["mappings"], f"{median(r, 'cpu_per_unit'):.2f}", len(r)) for r in grouped.values()
    ]
    ratio = median(grouped["all"], "cpu_per_unit") / median(grouped["one"], "cpu_per_unit")
    return (
        "## One mapping and all\n\nApex Central's CEF through `eogctl decode --format ocsf`: parsing,"
        " mapping and writing; the start without a message taken off.\n\n"
        + table(["mappings loaded", "CPU s per million (median)", "runs"], rows)
        + f"\n**all / one = {ratio:.2f}**\n\n"
    )
