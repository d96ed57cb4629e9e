# SPDX-License-Identifier: GPL-3.0-or-later
"""Products enough for 5,000 rows of eogKpiTable, records that change them, and walks that are checked."""
import contextlib
import re
import tempfile
import threading
import time

import messages
from harness import check, check_equal, run, tool

PRODUCTS, ROWS, RATE = 1667, 5000, 1000


def host(i):
    return f"apex-{i:05d}"


def inventory(products=PRODUCTS):
    return "site,name,role\n" + "".join(
        f"default,{host(i)},product\n" for i in range(products)
    )


@contextlib.contextmanager
def changes(gw):
    """RATE messages a second, each about another product, as long as the block runs."""
    is_done, sent = threading.Event(), [0]

    def send():
        begun = time.monotonic()
        while not is_done.is_set():
            due = int((time.monotonic() - begun) * RATE)
            for n in range(sent[0], due):
                status = 4 if n // PRODUCTS % 2 else 1
                gw.send_udp(messages.pattern_status(host(n * 7 % PRODUCTS), status=status))
            sent[0] = max(sent[0], due)
            is_done.wait(0.01)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield sent
    finally:
        is_done.set()
        thread.join()


def walk(port, entry, *options):
    """Names of an snmpbulkwalk as (column, row), and its seconds. It stops at a name that does not
    increase, and says so."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        text = run([tool("snmpbulkwalk"), *options, "-m", "", "-On", "-Oq", "-Cr50", "-t", "5",
                    f"127.0.0.1:{port}", entry], timeout_s=120,
                   env={"SNMP_PERSISTENT_DIR": folder, "SNMPCONFPATH": folder})
        took = time.monotonic() - begun
    names = re.findall(rf"^\.{re.escape(entry)}\.([0-9]+)\.([0-9.]+) ", text, re.M)
    return [(int(column), tuple(map(int, row.split(".")))) for column, row in names], took


def standing_rows(gw, port):
    """Those that are there before anything changes; none of them goes."""
    gw.wait_for(lambda: len(gw.status()["kpis"]) >= ROWS, f"{ROWS} rows exist")
    names, _ = walk(port, gw.oids["eogKpiTable"] + ".1.6", "-v2c", "-c", "public")
    rows = {(column,) + row for column, row in names}
    check(len(rows) >= ROWS, f"{len(rows)} rows")
    return rows


def walked(gw, expected, port, what, *options):
    """A walk of all of eogKpiTable: strictly increasing, each column has every expected row. The rows
    that each column has, how many variables, the seconds."""
    names, took = walk(port, gw.oids["eogKpiTable"] + ".1", *options)
    for before, after in zip(names, names[1:]):
        check(before < after, f"{what}: {after} comes after {before}")
    columns = {}
    for column, row in names:
        columns.setdefault(column, set()).add(row)
    check_equal(sorted(columns), list(range(2, 17)), f"{what}: columns")
    for column, rows in columns.items():
        check(not expected - rows, f"{what}: column {column} misses {len(expected - rows)} rows")
    return set.intersection(*columns.values()), len(names), took
