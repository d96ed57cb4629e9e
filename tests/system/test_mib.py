#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""EOG-GATEWAY-MIB: its text checked by smilint, by its golden file and against the table that the
code is compiled from; the agent walked as a whole and compared with it."""
import os
import re
import subprocess
import sys
import tempfile

import ber
import messages
import mib
from asker import NO_SUCH_NAME, ROOT, Asker, arcs, dotted, feed, gateway
from harness import BUILD, SHARED, SOURCE, Failed, check, check_equal, main, read_root, run, tool

MODULE = mib.Module()
TAGS = {
    "SnmpAdminString": ber.OCTETS,
    "DateAndTime": ber.OCTETS,
    "INTEGER": ber.INTEGER,
    "Integer32": ber.INTEGER,
    "TruthValue": ber.INTEGER,
    "Gauge32": ber.GAUGE32,
    "Unsigned32": ber.GAUGE32,
    "Counter64": ber.COUNTER64,
}
SYS_DESCR = "1.3.6.1.2.1.1.1.0"


# ---- the module's text ----


def module_text(root):
    """The module as the build makes it, for any root."""
    return run(["awk", "-v", f"oid={root}", "-f", f"{SOURCE}/mibs/fill.awk", mib.TEXT])


def lint(text, folders):
    """What smilint says of the module, at its strictest."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "EOG-GATEWAY-MIB")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        with open(os.path.join(folder, "smi.conf"), "w", encoding="utf-8") as file:
            file.write("path " + ":".join(folders) + "\n")
        done = subprocess.run(
            [tool("smilint"), "-c", os.path.join(folder, "smi.conf"), "-l", "6", path],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return done.stdout.decode().strip()


def test_lint():
    """smilint -l 6 is silent, for the default root, a private number and a deep root"""
    own = [os.path.join(SOURCE, "tests", "system", "mibs")]
    ietf = os.path.join(SHARED, "mibs", "net-snmp")
    for folders in [own] + ([[ietf]] if os.path.isdir(ietf) else []):
        for root in (read_root(), "1.3.6.1.4.1.99999", "1.3.6.1.4.1.8072.1.2.3.4.5.6.7"):
            check_equal(lint(module_text(root), folders), "", f"smilint of root {root}")
        broken = module_text(read_root()).replace("SYNTAX DateAndTime", "SYNTAX DateAndTim", 1)
        check(lint(broken, folders), "smilint says nothing of a broken module: it reads nothing")
    with open(os.path.join(BUILD, "mibs", "EOG-GATEWAY-MIB.txt"), encoding="utf-8") as file:
        check_equal(file.read(), module_text(read_root()), "the module that is installed")


# Numbers that count nothing, and values whose unit stands in eogKpiUnit or eogNotifyUnit.
WITHOUT_UNITS = re.compile(r"eog\w*(Id|Number|Rank)|eogKpi(Warning|Critical)Level|eog(Kpi|Alert|Notify)Value")


def test_told():
    """Every object says what it is, every measure its unit; no index is read; enumerations have no gap"""
    with open(mib.TEXT, encoding="utf-8") as file:
        text = file.read()
    objects = [d for d in MODULE.objects.values() if d.macro in ("OBJECT-TYPE", "NOTIFICATION-TYPE")]
    for definition in objects:
        name, syntax = definition.name, definition.syntax or ""
        body = re.search(rf"^{name} {definition.macro}(.*?)::= {{", text, re.S | re.M).group(1)
        check(re.search(r'DESCRIPTION\s+"[^"]{5,}"', body), f"{name} has no description")
        if re.match("Gauge32|Counter64|Integer32|Unsigned32", syntax):
            check_equal("UNITS" in body, not WITHOUT_UNITS.fullmatch(name), f"{name} has UNITS")
        for index in definition.index:
            check_equal(MODULE.objects[index].access, "not-accessible", f"access of the index {index}")
        values = [int(n) for n in re.findall(r"\((\d+)\)", MODULE.conventions.get(syntax, syntax))]
        if "{" in MODULE.conventions.get(syntax, syntax):
            check_equal(values, list(range(values[0], values[0] + len(values))), f"numbers of {name}")
    check(len(objects) > 150, f"only {len(objects)} objects")


def test_golden():
    """Every definition stands in the golden file with its OID, access and syntax, none moved"""
    with open(mib.GOLDEN, encoding="utf-8") as file:
        golden = file.read().splitlines()
    now = MODULE.golden()
    gone = [line for line in golden if line not in now]
    check(not gone, f"moved, changed or gone: {gone[:3]}")
    new = [line for line in now if line not in golden]
    check(not new, f"not in {mib.GOLDEN} (see mibs/gateway_mib.py): {new[:3]}")
    check(len(golden) > 150, f"only {len(golden)} lines in the golden file")


def test_page():
    """The page made of the module is the one made now; each object and notification is on it"""
    done = run([sys.executable, "-B", os.path.join(SOURCE, "mibs", "page.py")])
    with open(mib.PAGE, encoding="utf-8") as file:
        check_equal(file.read(), done, "mibs/EOG-GATEWAY-MIB.md (mibs/page.py makes it)")
    rows = [line.split(" | ") for line in done.splitlines() if line.startswith("| ")]
    objects = [d for d in MODULE.definitions() if d.macro in ("OBJECT-TYPE", "NOTIFICATION-TYPE")]
    for d in (d for d in objects if not (d.index or (d.syntax or "").startswith("SEQUENCE"))):
        where = "eogGatewayMIB." + dotted(d.oid)
        found = [row for row in rows if d.name in row]
        check_equal(len(found), 2 if d.name == "eogGatewayName" else 1, f"rows of {d.name}")
        text = " | ".join(found[0])
        for told in (where, d.unit, d.access or "", d.description.split("\n")[0][:60]):
            check(told in text, f"{d.name}: {told!r} is not in {text}")
        for number, label in MODULE.labels(d.syntax or "").items():
            check(f"{number} {label}" in text or d.syntax == "EogState", f"{d.name} has no {label}")


def compiled():
    """name -> (arcs behind the root, TYPE) of the table in the code."""
    group, found = (), {}
    with open(os.path.join(SOURCE, "gateway", "snmp", "eog_mib.def"), encoding="utf-8") as table:
        for line in table:
            row = re.match(r'EOG_(\w+)\((?:\w+, )?(\d+),(?: \w+,)? ?"(\w+)"(?:, (\w+))?\)', line)
            if not row:
                continue
            kind, number, name, syntax = row.groups()
            if kind in ("SCALARS", "TABLE"):
                group = (1, int(number)) + ((1,) if kind == "TABLE" else ())
                found[name + ("Table" if kind == "TABLE" else "")] = (group[:2], None)
            elif kind == "NOTIFICATION":
                found[name] = ((0, int(number)), None)
            else:
                found[name] = (group + (int(number),), syntax)
    return found


def test_compiled():
    """The table in the code and the module's text agree, object by object"""
    types = {
        "TEXT": "SnmpAdminString",
        "INTEGER": "INTEGER Integer32",
        "STATE": "EogState",
        "TRUTH": "TruthValue",
        "GAUGE": "Gauge32 Unsigned32",
        "COUNTER64": "Counter64",
        "DATE": "DateAndTime",
    }
    table = compiled()
    for name, (oid, syntax) in table.items():
        definition = MODULE.objects.get(name)
        check(definition, f"{name} is compiled in and not in the module")
        check_equal(definition.oid, oid, f"OID of {name}")
        if syntax:
            seen = re.match(r"\w+", definition.syntax).group(0)
            check(seen in types[syntax].split(), f"{name} is {seen}, compiled in as {syntax}")
    wanted = {
        d.name
        for d in MODULE.objects.values()
        if d.macro == "NOTIFICATION-TYPE"
        or (d.macro == "OBJECT-TYPE" and not d.name.endswith("Entry"))
    }
    check_equal(wanted - set(table), set(), "in the module and not compiled in")


def test_names():
    """snmptranslate finds each object by its name where the agent serves it"""
    folders = f"{SOURCE}/tests/system/mibs:{BUILD}/mibs"
    names = [d.name for d in MODULE.definitions()]
    out = run(
        [tool("snmptranslate"), "-M", folders, "-m", "EOG-GATEWAY-MIB", "-On"]
        + [f"EOG-GATEWAY-MIB::{name}" for name in names]
    ).split()
    expected = ["." + dotted(ROOT + MODULE.objects[name].oid) for name in names]
    check_equal(out, expected, "OIDs by snmptranslate")


# ---- the walk ----


def split_index(definition, rest):
    """The index objects' values in the arcs behind a column; Failed when they do not fit."""
    entry = next(
        d for d in MODULE.objects.values() if d.index and d.oid == definition.oid[: len(d.oid)]
    )
    values = []
    for name in entry.index:
        column = MODULE.objects[name]
        check(rest, f"{definition.name}: the index ends before {name}")
        if MODULE.base(column) != "SnmpAdminString":
            value, rest = rest[0], rest[1:]
            low, high = re.search(r"\((\d+)\.\.(\d+)\)", column.syntax + "(0..4294967295)").groups()
            check(int(low) <= value <= int(high), f"{name} is {value}, not {column.syntax}")
            values.append(value)
            continue
        length, text, rest = rest[0], rest[1 : 1 + rest[0]], rest[1 + rest[0] :]
        check(1 <= length <= 64 and len(text) == length, f"{name} has {length} octets")
        check(all(octet < 256 for octet in text), f"{name} has an octet above 255")
        values.append(bytes(text).decode("utf-8"))
    check(not rest, f"{definition.name}: the index has {len(rest)} arcs too many")
    return values


def check_date(name, content):
    check_equal(len(content), 11, f"octets of {name}")
    month, day, hour, minute, second, tenths = content[2:8]
    check(
        1 <= month <= 12
        and 1 <= day <= 31
        and hour < 24
        and minute < 60
        and second < 61
        and tenths < 10
        and content[8:] == b"+\0\0",
        f"{name} is no DateAndTime in UTC: {content.hex()}",
    )


def check_value(definition, tag, content):
    """Type and range as the module's SYNTAX has them."""
    name, syntax = definition.name, definition.syntax
    check_equal(tag, TAGS[MODULE.base(definition)], f"type of {name} ({syntax})")
    value = ber.value_of(tag, content)
    if syntax == "DateAndTime":
        check_date(name, content)
    elif tag == ber.OCTETS:
        check(len(content) <= 255, f"{name} has {len(content)} octets")
        content.decode("utf-8")
    elif syntax == "TruthValue":
        check(value in (1, 2), f"{name} is {value}, no TruthValue")
    elif "{" in MODULE.conventions.get(syntax, syntax):
        allowed = re.findall(r"\((\d+)\)", MODULE.conventions.get(syntax, syntax))
        check(str(value) in allowed, f"{name} is {value}, not of {syntax}")
    bounds = re.search(r"\((-?\d+)\.\.(\d+)\)", syntax)
    if bounds and tag != ber.OCTETS:
        check(int(bounds[1]) <= value <= int(bounds[2]), f"{name} is {value}, not of {syntax}")
    return value


def object_of(name):
    """The definition that an instance belongs to, and the arcs behind it."""
    behind = name[len(ROOT) :]
    for n in range(len(behind), 0, -1):
        for definition in MODULE.objects.values():
            if definition.oid == behind[:n]:
                return definition, behind[n:]
    raise Failed(f"{dotted(name)} belongs to no object of the module")


def test_walk():
    """A whole walk: every object of the module with its type and a sound index, in order"""
    with gateway() as gw:
        gw.start()
        feed(gw)
        with Asker(gw) as asker:
            found = asker.walk(ROOT)
            rows = {}
            for name, tag, content in found:
                definition, rest = object_of(name)
                check(definition.is_read(), f"{definition.name} is served, and {definition.access}")
                value = check_value(definition, tag, content)
                if len(definition.oid) == 3:
                    check_equal(rest, (0,), f"instance of the scalar {definition.name}")
                else:
                    index = tuple(split_index(definition, rest))
                    rows.setdefault(definition.oid[:2], {}).setdefault(index, {})[
                        definition.name
                    ] = value
            check_complete({object_of(name)[0].name for name, _, _ in found}, rows)
            check_index_columns(rows)
            # The same by GETBULK of any size; counters and times may have moved meanwhile.
            for repetitions in (1, 7, 50):
                again = asker.bulk_walk(ROOT, repetitions)
                check_equal(
                    [name for name, _, _ in again],
                    [name for name, _, _ in found],
                    f"names by GETBULK({repetitions})",
                )
            check_unserved(asker)


def check_complete(seen, rows):
    """Each object that can be read was; each row has all its columns."""
    for definition in MODULE.objects.values():
        if definition.is_read():
            check(definition.name in seen, f"{definition.name} was not answered")
    for table, found in rows.items():
        columns = {
            d.name
            for d in MODULE.objects.values()
            if d.is_read() and len(d.oid) == 4 and d.oid[:2] == table
        }
        for index, cells in found.items():
            check_equal(set(cells), columns, f"columns of row {index}")


def check_index_columns(rows):
    """Readable copies of the index say what the index says."""
    copies = {
        "eogKpiTable": ("eogKpiNumber", "eogKpiScopeKey"),
        "eogProductTable": ("eogProductKey",),
        "eogAlertTable": ("eogAlertNumber",),
        "eogSourceTable": ("eogSourceAddress",),
    }
    for table, names in copies.items():
        for index, cells in rows[MODULE.objects[table].oid].items():
            for value, name in zip(index, names):
                seen = cells[name].decode() if isinstance(cells[name], bytes) else cells[name]
                check_equal(seen, value, f"{name} of row {index}")


def test_last_change():
    """eogGatewayTableLastChange is another when an alert opened or was closed, and rests meanwhile"""
    with gateway() as gw:
        gw.start()
        feed(gw)
        seen = [gw.get("eogGatewayTableLastChange")]
        for time, name, alerts in (("rests", "wks-07", 5), ("raised", "osce01", 4), ("again", "osce01", 5)):
            status = {"raised": 1, "again": 4}.get(time, 1)
            gw.receive(messages.pattern_status(name, status=status))
            gw.wait_for(lambda n=alerts: gw.tick() or int(gw.get("eogGatewayOpenAlerts")) == n,
                        f"{alerts} alerts")
            seen.append(gw.get("eogGatewayTableLastChange"))
        check_equal(seen[1], seen[0], "nothing came or went")
        check(len({*seen}) == 3, f"an alert went and one came: {seen}")


def check_unserved(asker):
    """Objects that are not accessible, or are for notifications only, are none to GET."""
    for definition in MODULE.objects.values():
        if definition.macro == "OBJECT-TYPE" and not definition.is_read():
            for instance in ((), (0,), (1,), (1, 1)):
                name = dotted(ROOT + definition.oid + instance)
                tag, _ = asker.get(name)
                served = any(
                    d.is_read() and d.oid == (definition.oid + instance)[: len(d.oid)]
                    for d in MODULE.objects.values()
                )
                check(
                    served or tag in (ber.NO_SUCH_OBJECT, ber.NO_SUCH_INSTANCE),
                    f"{definition.name}{instance} is served",
                )


def test_own_groups():
    """Standing alone, the agent has the groups that managers ask first, and ends after them"""
    with gateway() as gw:
        gw.start()
        with Asker(gw) as asker:
            found = asker.walk((1, 3))
            groups = {}
            for name, _, _ in found:
                for group in ((1, 3, 6, 1, 2, 1, 1), (1, 3, 6, 1, 2, 1, 11), ROOT):
                    if name[: len(group)] == group:
                        groups.setdefault(group, []).append(name[len(group) :])
            check_equal(groups[(1, 3, 6, 1, 2, 1, 1)], [(i, 0) for i in range(1, 8)], "system")
            check_equal(
                groups[(1, 3, 6, 1, 2, 1, 11)],
                [(i, 0) for i in (1, 3, 4, 5, 6, 30, 31, 32)],
                "the snmp group",
            )
            check_equal(asker.get("1.3.6.1.2.1.1.2.0")[1], read_root(), "sysObjectID")
            check("eog-gateway" in asker.get(SYS_DESCR)[1].decode(), "sysDescr")
            # The names of RFC 3411, RFC 3413 and RFC 3414 are behind the private ones.
            check_equal(
                [n[-3:-1] for n, _, _ in found[-12:]],
                [(1, i) for i in (1, 2, 3, 4, 4, 5, 1, 2, 3, 4, 5, 6)],
                "engine, contexts and usmStats",
            )
            error, (pair,) = asker.ask(ber.GETNEXT, "2.999")
            check_equal((error, pair[1]), (0, ber.END_OF_MIB_VIEW), "behind everything")


def test_version_1():
    """Version 1 knows no Counter64: a walk passes them by, a GET has none (RFC 3584 4.2.2.1)"""
    with gateway() as gw:
        gw.start()
        feed(gw)
        with Asker(gw, version=0) as one, Asker(gw) as two:
            names = [name for name, _, _ in one.walk(ROOT)]
            expected = [name for name, tag, _ in two.walk(ROOT) if tag != ber.COUNTER64]
            check_equal(names, expected, "names by version 1")
            error, _ = one.ask(ber.GET, gw.oids["eogTrafficReceived"] + ".0")
            check_equal(error, NO_SUCH_NAME, "GET of a Counter64 by version 1")


def test_alive():
    """The tables' time moves on a gateway where nothing happens"""
    with gateway() as gw:
        gw.start()
        first = gw.get("eogGatewaySnapshotTime")
        gw.wait_for(
            lambda: gw.get("eogGatewaySnapshotTime") != first, "the tables are made anew", 40
        )


main(
    test_lint,
    test_told,
    test_golden,
    test_page,
    test_compiled,
    test_names,
    test_walk,
    test_last_change,
    test_own_groups,
    test_version_1,
    test_alive,
)
