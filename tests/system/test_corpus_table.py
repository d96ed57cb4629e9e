#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the mappings make of real messages, as a table: a row a folder of the corpus.

    lines       messages read: files *.log *.txt *.jsonl, not what other readers expect of them
    recognised  some mapping knows whose message it is
    typed       its kind says what happened: none of the kinds that say nothing
    placed      values in the record, on average, beside its frame (class, time, metadata, raw text)
    left        parsed values that no mapping placed, on average: they stand in unmapped
    unplaced    left as a share of both

Fails where a folder is below its bars, where a record is not valid OCSF, where a line gives no line, and
where a folder of a bar is not there. Skips without a corpus ($EOG_SHARED/corpus). To see some folders
alone: test_corpus_table.py trendmicro/deep-security 'network/cisco-*'; --untyped prints their lines that
say nothing, --left which parsed fields nobody placed, most frequent first.
"""

import argparse
import collections
import json
import os
import sys

sys.dont_write_bytecode = True
import corpus

sys.path.insert(0, os.path.join(corpus.TOP, "tests", "ocsf"))
import validate

# Folder (a pattern; the first that fits counts), per cent recognised and typed at least, unplaced at most.
BARS = [
    ("trendmicro/apex-central", 98, 98, 100),
    ("trendmicro/control-manager", 98, 98, 100),
    ("trendmicro/officescan", 98, 98, 10),
    # A manager speaks much of its own well-being: those lines are system.status by right.
    ("trendmicro/deep-security", 98, 70, 35),
    # An Inspector tells of logons that it saw: no attack.
    ("trendmicro/deep-discovery", 98, 65, 50),
    # A mail's way is traffic; an answer without items is no event.
    ("trendmicro/email-security", 98, 80, 45),
    ("trendmicro/vision-one", 88, 88, 80),
    ("trendmicro/ossec", 98, 98, 50),
    # Folders that no mapping is held to yet: shown, and each record valid.
    ("trendmicro/*", 0, 0, 100),
    # Of gear most lines are by right system.status: the share that says more is kept from falling.
    ("network/cisco-ios", 98, 68, 40),
    ("network/cisco-asa", 97, 49, 40),
    # What wireless clients do beside logons is by right a state; a time of nine digits is no header.
    ("network/cisco-meraki", 98, 84, 30),
    # Teardowns and translations say no more than that a flow ended.
    ("network/cisco-ftd", 98, 48, 40),
    # Half of what a policy server writes is what it thinks: by right a state.
    ("network/cisco-ise", 98, 37, 45),
    ("network/arista-eos", 98, 90, 40),
    # Figures of load are most of what it sends.
    ("network/arista-ngfw", 98, 60, 70),
    # Of a controller most is complaints about single frames; a link without a duplex is no link down.
    ("network/cisco-aironet", 96, 12, 40),
    ("network/cisco-smb", 98, 60, 25),
    # A mail's way, pages of the web interface and engines at work are states.
    ("network/cisco-content", 98, 43, 40),
    # Calls, counters and issues told in words.
    ("network/cisco-other", 98, 46, 45),
    # Jobs and requests within a cluster, logs that fill.
    ("network/cisco-ucs", 98, 16, 45),
    # Prefix limits, clocks and addresses twice have no kind of their own.
    ("network/cisco-iosxr", 98, 78, 40),
    # "last message repeated" names nobody.
    ("network/cisco-nxos", 88, 53, 40),
    ("network/huawei-vrp", 98, 65, 45),
    ("network/huawei-usg", 98, 90, 45),
    ("network/h3c-comware", 98, 75, 40),
    ("network/fortinet-fortigate", 98, 65, 70),
    ("network/paloalto-panos", 98, 93, 75),
    # The name server of the UTM says nothing of its product.
    ("network/sophos", 97, 88, 65),
    # A relay's address without a header before some: no firewall writes so.
    ("network/sonicwall", 94, 90, 50),
    # Debugging of its drivers names no product; a line of NSM is another's.
    ("network/juniper-srx", 97, 88, 50),
    # Of 174 lines 100 are a generator's words.
    ("network/juniper-junos", 49, 31, 25),
    # Telephones, sandbox verdicts of clean files, contracts that are in order: by right no more than a state.
    ("network/checkpoint", 98, 73, 56),
    # Much of what a Firebox says is of its own well-being: DHCP, updates, clusters.
    ("network/watchguard", 98, 53, 30),
    # Switches, wireless, server hardware, Chinese gear: what is not typed is spanning tree, NTP, load.
    ("network/alcatel", 98, 80, 40),
    ("network/apc", 98, 93, 40),
    ("network/brocade", 98, 85, 40),
    # A line of a switch of another vendor's stands there, and is known as that.
    ("network/dell-idrac", 98, 33, 55),
    ("network/dell-networking", 98, 80, 50),
    ("network/dlink", 98, 67, 25),
    ("network/hillstone", 98, 66, 35),
    ("network/hpe-aruba", 98, 55, 50),
    ("network/hpe-ilo", 98, 98, 50),
    ("network/hpe-other", 98, 57, 40),
    # ", Interface ethernet" is in other vendors' texts too: no word of the ProCurve 9300's own stands beside.
    ("network/hpe-procurve", 92, 53, 50),
    # What ports of a console server write is no event.
    ("network/opengear", 98, 40, 50),
    # The other line is a load balancer's.
    ("network/other-power", 50, 50, 60),
    ("network/other-switch", 97, 64, 30),
    ("network/riverbed", 98, 98, 50),
    ("network/ruckus", 98, 0, 50),
    ("network/sangfor", 98, 98, 30),
    ("network/ubiquiti", 98, 53, 40),
    ("network/zyxel", 98, 98, 40),
    # Ends of connections, a kernel's start and an FTP server's connections are no more than that.
    ("network/linux", 98, 57, 25),
    # Packets that a rule only logs, and lines cut short.
    ("network/linux-iptables", 94, 72, 25),
    ("network/freebsd", 98, 60, 25),
    # A line without its topics says nowhere whose it is.
    ("network/mikrotik", 88, 66, 25),
    # Leases, names asked for and an IKE daemon's settings are no events; columns of a packet no field has.
    ("network/pfsense", 98, 31, 60),
    # A notebook's daemons at work; programs of others on it are not Apple's.
    ("network/macos", 89, 1, 25),
    # Most is of services at work: counters reset, commands built, names looked up.
    ("network/vmware", 98, 14, 50),
    # A generator's words stand before 12 real lines.
    ("network/juniper-netscreen", 98, 9, 20),
    # Alerts of many lines in a file: no line of them says whose it is.
    ("network/snort", 28, 28, 60),
    # Handshakes, latencies and rewritten addresses are states.
    ("network/citrix-netscaler", 98, 60, 30),
    # All but three lines are a generator's words; what it wrote of cron and a mailer is nobody's.
    ("network/f5-bigip", 91, 47, 20),
    # A web firewall's own notes, and mail that waits, are states.
    ("network/barracuda", 98, 60, 40),
    # Debugging and queues of a mail gateway and a manager are states.
    ("network/fortinet-other", 94, 37, 75),
    ("network/pulsesecure", 98, 98, 40),
    ("network/radware", 98, 98, 40),
    ("network/*", 0, 0, 100),
]
UNTYPED = ("none", "system.status", "gateway.untranslatable", "gateway.error")
FRAME = ("raw_data", "unmapped", "metadata", "class_uid", "category_uid", "activity_id", "type_uid", "time",
         "severity_id")
SCHEMA = validate.Schema()


def decode(text, form):
    return corpus.eogctl("decode", text, "--format", form).split(b"\n")[:-1]


def count_leaves(value):
    if isinstance(value, dict):
        return sum(map(count_leaves, value.values()))
    return sum(map(count_leaves, value)) if isinstance(value, list) else 1


class Row:
    def __init__(self):
        self.lines = self.recognised = self.typed = self.placed = self.left = 0
        self.problems = []
        self.untyped, self.left_names = [], collections.Counter()

    def add_file(self, name, text):
        lines = text.split(b"\n")
        lines = lines[:-1] if lines[-1] == b"" else lines
        records, fields = decode(text, "ocsf"), decode(text, "fields")
        if not len(lines) == len(records) == len(fields):
            self.problems.append(f"{name}: {len(lines)} lines in, {len(records)} and {len(fields)} out")
            return
        for n, (line, record, field) in enumerate(zip(lines, records, fields), 1):
            if line.strip():
                self.add_line(f"{name}:{n}", line, record, json.loads(field))

    def add_line(self, where, line, text, fields):
        event, problems = validate.check_line(SCHEMA, text)
        self.problems += [f"{where}: {p.path}: {p.kind}: {p.text}" for p in problems]
        self.lines += 1
        if not event:
            return
        kind = event["metadata"]["labels"][0].removeprefix("eog.kind:")
        left = event.get("unmapped", {})
        self.recognised += fields["product"] is not None
        self.typed += kind not in UNTYPED
        self.placed += sum(count_leaves(v) for k, v in event.items() if k not in FRAME)
        self.left += count_leaves(left)
        code = event["metadata"].get("event_code", "")
        self.left_names.update(f"{code}: {key}" for key in left)
        if kind in UNTYPED:
            self.untyped.append(f"{where}: {kind}: {line[:300].decode('utf-8', 'replace')}")

    def share(self, n):
        return 100 * n / max(self.lines, 1)

    def unplaced(self):
        return 100 * self.left / max(self.left + self.placed, 1)

    def below(self, recognised, typed, unplaced):
        """Words for each bar that the row does not reach."""
        if self.lines == 0:
            yield "no message was read"
        if self.share(self.recognised) < recognised:
            yield f"recognised below {recognised} %"
        if self.share(self.typed) < typed:
            yield f"typed below {typed} %"
        if self.unplaced() > unplaced:
            yield f"unplaced above {unplaced} %"

    def show(self, folder):
        n = max(self.lines, 1)
        print(f"{folder:32} {self.lines:6} {self.share(self.recognised):9.1f} % {self.share(self.typed):6.1f} % "
              f"{self.placed / n:7.1f} {self.left / n:6.1f} {self.unplaced():7.1f} %")


def self_check():
    """A bar that cannot fail holds nobody."""
    row = Row()
    row.lines, row.recognised, row.typed, row.placed, row.left = 100, 97, 96, 10, 10
    assert list(row.below(97, 96, 50)) == []
    assert len(list(row.below(98, 97, 49))) == 3
    assert list(Row().below(0, 0, 100)) == ["no message was read"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--untyped", action="store_true")
    parser.add_argument("--left", action="store_true")
    parser.add_argument("folder", nargs="*")
    args = parser.parse_args()
    self_check()
    status = corpus.missing()
    if status is not None:
        return status
    wanted = corpus.wanted_of(corpus.folders(BARS), args.folder)
    failures = 0 if wanted else 1
    print(f"{'folder':32} {'lines':>6} {'recognised':>11} {'typed':>8} {'placed':>7} {'left':>6} {'unplaced':>9}")
    for folder in wanted:
        row = Row()
        for name, text in corpus.messages(folder):
            row.add_file(name, text)
        row.show(folder)
        faults = row.problems[:20] + [f"{folder}: {fault}" for fault in row.below(*corpus.bars_of(folder, BARS))]
        shown = (row.untyped if args.untyped else []) + (
            [f"{n:5} {name}" for name, n in row.left_names.most_common(60)] if args.left else [])
        for text in faults + shown:
            print("    " + text)
        failures += len(faults)
    print(f"{len(wanted)} folders, {failures} failures")
    return 1 if failures else 0


sys.exit(main())
