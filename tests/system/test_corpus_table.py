#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the mappings make of real messages, as a table: a row a folder of the corpus.

    lines       messages read: files *.log *.txt *.jsonl, not what other readers expect of them
    recognised  some mapping knows whose message it is
    typed       its kind says what happened: none of the kinds that say nothing
    events      lines that tell of a link, a logon, an attack ... by their own words (corpus_events.py)
    typed       of these: most lines of gear are states by right, an event is none
    placed      values in the record, on average, beside its frame (class, time, metadata, raw text)
    left        parsed values that no mapping placed, on average: they stand in unmapped
    unplaced    left as a share of both

Fails where a folder is below its bars, where a record is not valid OCSF, where a line gives no line, and
where a folder of a bar is not there. Skips without a corpus ($EOG_SHARED/corpus). To see some folders
alone: test_corpus_table.py trendmicro/deep-security 'network/cisco-*'; --untyped prints their lines that
say nothing, --events the events among them, --left which parsed fields nobody placed, most frequent first.
"""

import argparse
import collections
import json
import os
import sys

sys.dont_write_bytecode = True
import corpus
import corpus_events

sys.path.insert(0, os.path.join(corpus.TOP, "tests", "ocsf"))
import validate

# Folder (a pattern; the first that fits counts), per cent recognised and typed at least, unplaced at most.
BARS = [
    ("trendmicro/apex-central", 98, 98, 100),
    ("trendmicro/control-manager", 98, 98, 100),
    ("trendmicro/officescan", 98, 98, 10),
    # A manager speaks much of its own well-being: those lines are system.status by right.
    ("trendmicro/deep-security", 98, 74, 35),
    # An Inspector tells of logons that it saw: no attack.
    ("trendmicro/deep-discovery", 98, 65, 50),
    # A mail's way is traffic; an answer without items is no event.
    ("trendmicro/email-security", 98, 80, 45),
    ("trendmicro/vision-one", 98, 88, 80),
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
    ("network/cisco-nxos", 99, 53, 40),
    ("network/huawei-vrp", 98, 65, 45),
    ("network/huawei-usg", 98, 90, 45),
    ("network/h3c-comware", 98, 84, 40),
    ("network/fortinet-fortigate", 98, 70, 70),
    ("network/paloalto-panos", 98, 93, 75),
    # The name server of the UTM says nothing of its product.
    ("network/sophos", 97, 88, 65),
    ("network/sonicwall", 98, 95, 50),
    ("network/juniper-srx", 98, 89, 50),
    # Of 174 lines 100 are a generator's words: known where an event's name stands in its place, not where
    # it stands for the host ("message repeated"), and most say nothing of what happened.
    ("network/juniper-junos", 78, 41, 25),
    # Telephones, sandbox verdicts of clean files, contracts that are in order: by right no more than a state.
    ("network/checkpoint", 98, 73, 56),
    # Much of what a Firebox says is of its own well-being: DHCP, updates, clusters.
    ("network/watchguard", 98, 65, 30),
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
    ("network/hpe-procurve", 98, 61, 50),
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
    ("network/linux-iptables", 98, 77, 25),
    ("network/freebsd", 98, 60, 25),
    ("network/mikrotik", 98, 77, 25),
    # Leases, names asked for and an IKE daemon's settings are no events; columns of a packet no field has.
    ("network/pfsense", 98, 31, 60),
    # A notebook's daemons at work; programs of others on it are not Apple's (QQ, WeChat, Dropbox, Google's
    # updater), but for what Apple's frameworks write in their names.
    ("network/macos", 94, 1, 25),
    # Most is of services at work: counters reset, commands built, names looked up.
    ("network/vmware", 98, 14, 50),
    # A generator's words stand before 12 real lines.
    ("network/juniper-netscreen", 98, 32, 20),
    # Alerts of many lines in a file: what follows the first line is no alert of its own.
    ("network/snort", 98, 35, 60),
    # Handshakes, latencies and rewritten addresses are states.
    # Facility and severity, which most of its lines name in words, are in unmapped like a PRI's.
    ("network/citrix-netscaler", 99, 62, 32),
    # All but three lines are a generator's words; what it wrote of cron and a mailer is nobody's.
    ("network/f5-bigip", 91, 47, 20),
    # A web firewall's own notes, and mail that waits, are states.
    ("network/barracuda", 98, 60, 40),
    ("network/a10", 98, 98, 60),
    ("network/other-security", 98, 98, 50),
    # Flows that end, and the end of too many flows, are states.
    ("network/paloalto-other", 98, 50, 60),
    # A vendor and a product of that name are nobody's: examples of the form.
    ("network/leef", 0, 0, 100),
    # Columns of another program's test; four lines hold a head of Cisco's all the same.
    ("network/multi-vendor", 22, 11, 25),
    # Of two lines the numbers are no JSON, since those who shared them made zeros of them: what stands behind is lost.
    ("network/zscaler", 98, 75, 80),
    # Debugging and queues of a mail gateway and a manager are states.
    ("network/fortinet-other", 98, 50, 75),
    # Leases and names asked for are no events; a watchdog's words are any system's.
    ("network/infoblox", 98, 11, 50),
    # Tests, scripts that ran, attacks that ended.
    ("network/netscout", 98, 66, 20),
    ("network/pulsesecure", 98, 98, 40),
    ("network/radware", 98, 98, 40),
    ("network/*", 0, 0, 100),
]
# Of the events of a folder so many per cent are typed at least; a folder without a row of its own in BARS is
# not held. Lower, with the reason:
EVENT_BAR = 90
EVENT_BARS = {
    # A page that is asked for is no logon.
    "network/cisco-content": 88,
    # Columns of another program's test.
    "network/multi-vendor": 40,
    # Attacks that are over, and what a controller could not send on.
    "network/cisco-aironet": 50,
    # A page of the web interface that is called /login.
    "network/cisco-content": 88,
    # Files that are named like malware, and were looked up.
    "network/cisco-ftd": 84,
    # Second parts of a message, without its code.
    "network/cisco-ise": 88,
    # Signatures that came, or could not be used.
    "network/citrix-netscaler": 88,
    # ARP that is off on the interface that waits is no link.
    "network/infoblox": 83,
    # The same: what happened is one of its words.
    "network/juniper-netscreen": 83,
    # The second line of an alert: the first has been counted.
    "network/snort": 87,
    # Logons that an Inspector saw on the network.
    "trendmicro/deep-discovery": 57,
    # One of nine: an agent's disk that the manager could not read.
    "trendmicro/deep-security": 88,
}
UNTYPED = ("none", "system.status", "gateway.untranslatable", "gateway.error")
FRAME = ("raw_data", "unmapped", "metadata", "class_uid", "category_uid", "activity_id", "type_uid", "time",
         "severity_id")
SCHEMA = validate.Schema()


def decode_lines(lines):
    """Of each line of the files its record and what the parsers saw of it: one process for all of them."""
    text = b"".join(line + b"\n" for line in lines)
    return [corpus.eogctl("decode", text, "--format", form).split(b"\n")[:-1] for form in ("ocsf", "fields")]


def count_leaves(value):
    if isinstance(value, dict):
        return sum(map(count_leaves, value.values()))
    return sum(map(count_leaves, value)) if isinstance(value, list) else 1


class Row:
    def __init__(self):
        self.lines = self.recognised = self.typed = self.placed = self.left = 0
        self.events = self.events_typed = 0
        self.problems = []
        self.untyped, self.untyped_events, self.left_names = [], [], collections.Counter()

    def add_file(self, name, lines, records, fields):
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
        is_typed = kind not in UNTYPED
        self.typed += is_typed
        what = corpus_events.event_of(line)
        self.events += what is not None
        self.events_typed += what is not None and is_typed
        self.placed += sum(count_leaves(v) for k, v in event.items() if k not in FRAME)
        self.left += count_leaves(left)
        code = event["metadata"].get("event_code", "")
        self.left_names.update(f"{code}: {key}" for key in left)
        if not is_typed:
            text = line[:300].decode("utf-8", "replace")
            self.untyped.append(f"{where}: {kind}: {text}")
            if what is not None:
                self.untyped_events.append(f"{where}: {what}: {text}")

    def add(self, other):
        for name in ("lines", "recognised", "typed", "events", "events_typed", "placed", "left"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def share(self, n):
        return 100 * n / max(self.lines, 1)

    def unplaced(self):
        return 100 * self.left / max(self.left + self.placed, 1)

    def event_share(self):
        return 100 * self.events_typed / self.events if self.events else 100

    def below(self, recognised, typed, unplaced, event_bar):
        """Words for each bar that the row does not reach."""
        if self.lines == 0:
            yield "no message was read"
        if self.share(self.recognised) < recognised:
            yield f"recognised below {recognised} %"
        if self.share(self.typed) < typed:
            yield f"typed below {typed} %"
        if self.event_share() < event_bar:
            yield f"events typed below {event_bar} %"
        if self.unplaced() > unplaced:
            yield f"unplaced above {unplaced} %"

    def show(self, folder):
        n = max(self.lines, 1)
        print(f"{folder:32} {self.lines:6} {self.share(self.recognised):9.1f} % {self.share(self.typed):6.1f} % "
              f"{self.events:6} {self.event_share():5.1f} % "
              f"{self.placed / n:7.1f} {self.left / n:6.1f} {self.unplaced():7.1f} %")


def self_check():
    """A bar that cannot fail holds nobody."""
    row = Row()
    row.lines, row.recognised, row.typed, row.placed, row.left = 100, 97, 96, 10, 10
    row.events, row.events_typed = 50, 45
    assert list(row.below(97, 96, 50, 90)) == []
    assert len(list(row.below(98, 97, 49, 91))) == 4
    assert list(Row().below(0, 0, 100, 90)) == ["no message was read"]
    faults = list(corpus_events.self_check())
    assert faults == [], faults


def event_bar_of(folder):
    return EVENT_BARS.get(folder, EVENT_BAR if any(bar[0] == folder for bar in BARS) else 0)


def read_rows(folders):
    """A row for each folder."""
    files = [(folder, name, lines_of(text)) for folder in folders for name, text in corpus.messages(folder)]
    everything = [line for _, _, lines in files for line in lines]
    records, fields = decode_lines(everything)
    is_whole = len(everything) == len(records) == len(fields)
    rows, at = {folder: Row() for folder in folders}, 0
    for folder, name, lines in files:
        end = at + len(lines)
        # Where a line is missing the file is found that it is missing in.
        found = (records[at:end], fields[at:end]) if is_whole else decode_lines(lines)
        rows[folder].add_file(name, lines, *found)
        at = end
    return rows


def lines_of(text):
    lines = text.split(b"\n")
    return lines[:-1] if lines[-1] == b"" else lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--untyped", action="store_true")
    parser.add_argument("--events", action="store_true")
    parser.add_argument("--left", action="store_true")
    parser.add_argument("folder", nargs="*")
    args = parser.parse_args()
    self_check()
    status = corpus.missing()
    if status is not None:
        return status
    wanted = corpus.wanted_of(corpus.folders(BARS), args.folder)
    failures = 0 if wanted else 1
    print(f"{'folder':32} {'lines':>6} {'recognised':>11} {'typed':>8} {'events':>6} {'typed':>7} {'placed':>7} "
          f"{'left':>6} {'unplaced':>9}")
    total = Row()
    for folder, row in read_rows(wanted).items():
        row.show(folder)
        total.add(row)
        below = row.below(*corpus.bars_of(folder, BARS), event_bar_of(folder))
        faults = row.problems[:20] + [f"{folder}: {fault}" for fault in below]
        shown = (row.untyped if args.untyped else []) + (row.untyped_events if args.events else []) + (
            [f"{n:5} {name}" for name, n in row.left_names.most_common(60)] if args.left else [])
        for text in faults + shown:
            print("    " + text)
        failures += len(faults)
    total.show("all")
    print(f"{len(wanted)} folders, {failures} failures")
    return 1 if failures else 0


sys.exit(main())
