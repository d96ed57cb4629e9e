# SPDX-License-Identifier: GPL-3.0-or-later
"""The section "walk" of bench.py: bulk walks of 5,000 rows by v2c, v3 and AgentX, and GETBULK(20)
in a closed loop, of eogd and of net-snmp's own table helper in an agent (peer_table.c)."""
import contextlib
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time

import changing
import harness
from measure import Daemon
from snmpd import Master

ROWS, WALKS = 5000, 5
PEER_ENTRY = "1.3.6.1.4.1.8072.9999.9999.29.1.1"
SECRETS = {"auth": "authentication\n", "privacy": "privacy words\n"}
V2C = ("-v2c", "-c", "public")
V3 = ("-v3", "-u", "nms", "-l", "authPriv", "-a", "SHA-256", "-A", "authentication", "-x", "AES",
      "-X", "privacy words")
USER = '<user name="nms" auth-file="auth" privacy="AES-128" privacy-file="privacy"/>'


def timed_walk(port, entry, options):
    """Seconds and varbinds of one snmpbulkwalk, the client's start included."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        text = subprocess.run(
            [harness.tool("snmpbulkwalk"), *options, "-m", "", "-On", "-Cr50", "-t", "10",
             f"127.0.0.1:{port}", entry],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
            env={**os.environ, "SNMP_PERSISTENT_DIR": folder, "SNMPCONFPATH": folder},
        ).stdout.decode(errors="replace")
        took = time.monotonic() - begun
    found = re.findall(rf"^\.({re.escape(entry)}\.[0-9.]+) ", text, re.M)
    return took, found


def walked(name, port, entry, options):
    times, found = [], []
    for _ in range(WALKS):
        took, found = timed_walk(port, entry, options)
        times.append(took)
    if len(found) < ROWS:
        raise harness.Failed(f"{name}: {len(found)} varbinds walked")
    row = {"name": name, "varbinds": len(found), "walk_s": round(statistics.median(times), 3)}
    row["us_per_varbind"] = round(statistics.median(times) * 1e6 / len(found), 2)
    return row, found[0]


def bulk(port, column, window):
    return subprocess.run(
        [harness.program("snmp_load"), "-o", "bulk", "-m", "20", "-w", str(window), "-t", "2",
         "127.0.0.1", str(port), column],
        stdout=subprocess.PIPE, check=True, text=True,
    ).stdout.strip()


def add_bulk(row, port, first, entry, process):
    """With one request under way the two processes take turns: on two processors each turn is begun by
    an interrupt, which a virtual machine may need longer for than the agent for its answer. So this is
    measured on one processor too, where the agent has one of its own otherwise."""
    column = first[: len(entry) + 1] + first[len(entry) + 1 :].split(".")[0]
    row["bulk_w1"], row["bulk_w16"] = bulk(port, column, 1), bulk(port, column, 16)
    if process:
        with pinned(process, client=0):
            row["bulk_one"] = bulk(port, column, 1)


def measure_ways(bench, what, port, entry, ways=(("v2c", V2C), ("v3 SHA-256/AES-128", V3)), process=None):
    """process: the agent, unless it is pinned already."""
    for way, options in ways:
        row, first = walked(f"{what}, {way}", port, entry, options)
        if options is V2C:
            add_bulk(row, port, first, entry, process)
        bench.note("walk", row)


def wait_until_rows(gateway):
    gateway.wait_for(lambda: len(gateway.status()["kpis"]) >= ROWS, f"{ROWS} rows exist")


def peer(bench):
    what = "net-snmp table_tdata, 5,000 rows x 8 columns"
    port = harness.free_port()
    state = tempfile.mkdtemp(dir=bench.work)
    log = os.path.join(bench.work, "peer_table.log")
    with Daemon([harness.program("peer_table"), str(port), str(ROWS), state], f"udp:{port}",
                log=log) as daemon:
        measure_ways(bench, what, port, PEER_ENTRY, process=daemon.process)
    with Master() as master, subagent(master, state, log) as process, pinned(master.process,
                                                                             process):
        measure_ways(bench, what, master.port, PEER_ENTRY, (("AgentX", V2C),))


@contextlib.contextmanager
def subagent(master, state, log):
    with open(log, "ab") as out:
        process = subprocess.Popen(
            [harness.program("peer_table"), master.agentx, str(ROWS), state], stdout=out, stderr=out)
    try:
        harness.wait_for(lambda: answers(master.port, PEER_ENTRY), "the peer's table is there",
                         alive=lambda: process.poll() is None)
        yield process
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def pinned(*processes, client=1):
    """Agents on one processor, the client on another or the same. Every row of an AgentX walk is a
    round trip between master and subagent: where the scheduler happens to put them changes it
    threefold."""
    if os.cpu_count() < 2:
        yield
        return
    tasks = [int(task) for process in processes for task in os.listdir(f"/proc/{process.pid}/task")
             if name_of(process, task) in ("snmp", "snmpd", "peer_table")]
    before = os.sched_getaffinity(0)
    for task in tasks:
        os.sched_setaffinity(task, {0})
    os.sched_setaffinity(0, {client})
    try:
        yield
    finally:
        for task in [0] + tasks:
            os.sched_setaffinity(task, before)


def name_of(process, task):
    with open(f"/proc/{process.pid}/task/{task}/comm") as name:
        return name.read().strip()


def answers(port, entry):
    text = subprocess.run(
        [harness.tool("snmpgetnext"), *V2C, "-m", "", "-On", "-t", "1", f"127.0.0.1:{port}", entry],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, text=True).stdout
    return text.startswith(f".{entry}.")


def gateway_ways(bench, what, gateway, port, ways, process=None):
    entry = gateway.oids["eogKpiTable"] + ".1"
    wait_until_rows(gateway)
    harness.wait_for(lambda: answers(port, entry), "eogKpiTable is there")
    measure_ways(bench, f"eogd, eogKpiTable, 5,000 rows x 15 columns{what}", port, entry, ways,
                 process)
    with changing.changes(gateway):
        measure_ways(bench, f"the same, {changing.RATE:,} records a second change it{what}", port,
                     entry, ways, process)


def walk(bench):
    peer(bench)
    if bench.args.peers_only:
        return
    files = {"inventory.csv": changing.inventory(), **SECRETS}
    extra = '<inventory file="inventory.csv"/>'
    ways = (("v2c", V2C), ("v3 SHA-256/AES-128", V3))
    gateway, _, _ = bench.eogd("walk", "udp", extra=extra + USER, files=files)
    with gateway:
        gateway_ways(bench, "", gateway, gateway.port["agent"], ways, gateway.process)
    with Master() as master:
        section = f'<agent mode="agentx" master="{master.agentx}"/>'
        gateway = harness.Gateway("walk", extra=extra, files=files, sections={"agent": section},
                                  folder=tempfile.mkdtemp(dir=bench.journals))
        gateway.start()
        with gateway, pinned(master.process, gateway.process):
            gateway_ways(bench, "", gateway, master.port, (("AgentX", V2C),))
    shutil.rmtree(gateway.folder, ignore_errors=True)


def report(bench):
    rows = bench.rows.get("walk", [])
    if not rows:
        return ""
    head = ("| agent | varbinds | walk s | us per varbind | GETBULK(20), window 1 | on one processor"
            " | window 16 |\n")
    return (
        f"## Polling\n\nsnmpbulkwalk -Cr50 (median of {WALKS}, with the client; AgentX: with"
        " Debian's snmpd in front, it and the subagent's SNMP thread on one processor), and GETBULK(20) in a closed"
        " loop.\n\n" + head
        + "|---|---|---|---|---|---|---|\n"
        + "".join(
            f"| {r['name']} | {r['varbinds']:,} | {r['walk_s']} | {r['us_per_varbind']}"
            f" | {r.get('bulk_w1', '')} | {r.get('bulk_one', '')} | {r.get('bulk_w16', '')} |\n" for r in rows
        ) + "\n"
    )
