# SPDX-License-Identifier: GPL-3.0-or-later
"""BADINPUT.md: what broke others, and what this daemon was seen to do about it. The lessons are
written here; what was seen comes out of seeds.tsv, which test_seeds.py measures, and out of the
named tests, which fail when it is otherwise. test_seeds.py checks that the page is what this makes."""
import collections
import fnmatch
import os
import re

HEAD = """<!-- SPDX-License-Identifier: GPL-3.0-or-later -->
# Bad input

What broke other receivers of syslog and SNMP (a CVE, a fix, a lesson), what of its kind is sent to a
running eogd, by which protocol, and what was seen. Made by `EOG_SEEDS=write python3
tests/system/test_seeds.py`, not by hand; `seeds.tsv` has every seed. After each the daemon lives and
the next good message comes out whole: a test fails otherwise.

What stands in the fourth column is what moved, by the names that `eogctl status --json` has:
`received` is a record made of it, `truncated` a record cut at its bound, `dropped_frame` a frame that
nothing could be made of, `dropped_snmp` a datagram on the notifications' port that is no notification,
`refused` one on the agent's port that our own BER check keeps from net-snmp. *answered* is any answer
(RELP's, a response, a report); *closed* is a connection that eogd ended; *nothing* is silence.

| what broke | what is sent | by | seen | held by |
|---|---|---|---|---|
"""

# (what broke and the lesson, what is sent, seeds by their name, the test)
SEEDS = "test_seeds"
ROWS = (
    ("rsyslog CVE-2022-24903: the digits of an octet count written past a buffer",
     "counts of 1,000 digits, of 1,000 zeros, beyond 2^31 and 2^32", "oct-1000* oct-wrap5 oct-2p31"),
    ("fluent-bit 992a4e5c8: a length that wraps leaves the connection mute",
     "a count one digit below and above SIZE_MAX", "oct-sizemax10"),
    ("octet counts that lie", "a count of zero, without its blank, shorter than its message; both "
     "framings in one stream", "oct-zero oct-nospace oct-short-then-lf oct-mixed"),
    ("rsyslog CVE-2026-19654 and 526ad6600: behind an oversize message the length is -1, a byte is "
     "glued to the next", "a line of 100 kB, then a good one", "lf-100k"),
    ("rsyslog CVE-2026-61548; syslog-ng fixes: structured data, stored names copied without bound",
     "structured data without an end of each kind, of 10,000 elements, of long names", "sd-*"),
    ("rsyslog CVE-2014-3634, -3683; syslog-ng 48e4632a1: a PRI above 191 indexes a table",
     "PRI 192, 999999, of 20 digits, negative, empty, without an end", "pri-*"),
    ("rsyslog CVE-2019-17041, -17042: a vendor's parser assumes a colon or a blank",
     "AIX and Cisco headers without theirs", "aix-* cisco-names-nocolon"),
    ("rsyslog CVE-2011-3200: a tag off by two", "a tag of 600 bytes, one that ends in a bracket",
     "tag-600 tag-bracket-eof"),
    ("syslog-ng CVE-2022-38725 and fixes: reads past the end of a date, of a sequence number",
     "messages that end in the middle of either", "ts-eof* cisco-seq-* cisco-star-eof"),
    ("dates that are none or far away", "30 February, years 1900, 2038 and 9999, a leap second",
     "date-*"),
    ("fluent-bit CVE-2025-12972, -12977, -12978; rsyslog omfile: names out of messages as paths, "
     "tags, routes", "a host that is a path, a tag with a line end; no name out of a message is ever "
     "a path here", "host-traversal tag-newline crlf-forge lf"),
    ("CVE-2021-44228 and its kin; terminals that obey", "${jndi:...}, format strings, escapes",
     "jndi format ansi"),
    ("text that is no UTF-8", "cut, overlong, surrogates, Shift-JIS, NULs", "utf8-* sjis nul"),
    ("fluent-bit: no bound on what is unpacked until 2026-05", "a gzip bomb as rsyslog's omfwd packs",
     "gzip-bomb-z"),
    ("datagrams as long as there are", "65,507 bytes", "udp-64k"),
    ("nothing at all", "an empty message", "empty"),
    ("fluent-bit CVE-2024-4323, -50608, -50609, CVE-2025-12970: another protocol on the port",
     "HTTP, TLS, the PROXY protocol, frames of NULs to plain TCP",
     "http-on-plain tls-on-plain proxy-v1* nul-frames"),
    ("librelp's history; RELP's grammar", "lengths that lie, transaction numbers of no order, a "
     "command too long or not offered, a second open, 15,000 offers", "relp/*"),
    ("CEF itself: text in msg forges later keys", "act= within msg, a key twice, none, 10,000",
     "ext-*"),
    ("CEF headers", "cut, ending in an escape, numbers out of range",
     "header-escape-eof pipe-missing sev-* ver-big cnt-big multiline leef"),
    ("net-snmp CVE-2025-68615; Debian's snmptrapd 5.9.3 dies of one such trap (seen)",
     "version 1 traps with an enterprise of no arcs, of 127, 128, 129", "v1-trap-e*"),
    ("net-snmp 26ab2f1aa7: trap type + 1 overflows", "generic 2^31-1, specific -1",
     "v1-trap-generic-maxint v1-trap-specific-negative"),
    ("version 1's own types", "agent addresses of 3 and 16 octets, a Counter64",
     "v1-trap-agentaddr-* v1-trap-counter64"),
    ("net-snmp 9baf2585e5, adb31f2290: OIDs", "2.4294967216, an arc of 33 bits, one without an end",
     "v2-oid-*"),
    ("net-snmp CVE-2014-3565, CVE-2015-5621: a value's type is not the MIB's",
     "NULL for an INTEGER, a trap OID that is a string, neither varbind that must be there",
     "v2-varbind-null-for-int v2-vad-* v2-trapoid-wrong-type v2-trap-no-*"),
    ("PROTOS c06, CVE-2002-0012, -0013: BER lengths, communities, format strings",
     "lengths of 2^32-1, of 8 octets, without end, beyond the datagram; 2,000 levels; a community of "
     "60,000 octets, of %n; 4,000 varbinds; bytes behind the end",
     "len-* truncated-1 nested-seq-2000 community-* varbinds-4000 vads-4000* trailing-garbage onebyte "
     "version-4 snmp/empty"),
    ("net-snmp CVE-2022-24805 to -24810, -44792, -44793: SET, malformed indexes",
     "SET of a read-only object, GETNEXT of a broken index", "set-readonly getnext-malformed-vacm"),
    ("net-snmp CVE-2008-4309: GETBULK's count multiplies memory", "repetitions 2^31-1 and -1",
     "getbulk-*"),
    ("net-snmp CVE-2008-0960: the HMAC's length is the packet's word; 428084a996, bf9368753c: short "
     "keys and parameters", "HMACs of 1, 3 and 12 octets, engine ids of 1 to 200, boots at their end, "
     "privacy without authentication, a model that is none", "v3-*"),
)

# What no seed can be: (what broke, what is sent, by, what was seen, the test that holds it).
TOLD = (
    ("syslog-ng CVE-2024-47619: a wildcard matched too widely", "a client certificate for *.net, for "
     "a name with a NUL, for another name", "tls", "refused: \"too wide a wildcard\", \"has a NUL in "
     "it\", \"for another name: ...\"; handshakes_failed +1 each, nothing received",
     "test_tls test_refused"),
    ("librelp CVE-2018-1000140: snprintf's result as a length while names are joined",
     "1,000 subject alternative names; long ones", "tls", "refused: \"1000 names, more than 256\", "
     "\"certificate or greeting of more than\"; handshakes_failed +1 each", "test_tls test_refused"),
    ("certificates out of order", "expired, not yet valid, revoked, of an unknown CA, self-signed, "
     "without names, for servers only, a weak key, none", "tls", "each refused by its reason in the "
     "log; handshakes_failed +1 each", "test_tls test_refused"),
    ("rsyslog imbeats: a listener stuck behind a failed handshake", "200 connections that dribble a "
     "byte a second, half in their handshake (EOG_LONG: 1,000, a minute)", "tls", "handshakes end in "
     "their time, an honest sender keeps 90 % of its rate, a connection has 64 KB at most",
     "test_slow_tls test_slow"),
    ("librelp: descriptors leaked, fd >= 1024 with select; rsyslog: epoll-add-failure",
     "500 clients to a daemon of 64 descriptors", "relp", "old sessions go on, clients wait (\"no "
     "descriptors left\"), less than 10 % of a processor; it heals", "test_relp test_descriptors"),
    ("syslog-ng CVE-2008-5110: chroot without chdir", "nothing: eogd has no chroot; its unit confines "
     "it", "-", "systemd-analyze security 2.0 or less", "test_deploy test_packages"),
    ("net-snmp d9b63c8151, liblognorm: a reload loses handlers, a rule with LF crashes",
     "what is delivered, damaged in 100 ways, SIGHUP under load", "signal", "refused by file:line as "
     "--check does, the old rules serve on, nothing is lost", "test_mutants test_mutants"),
    ("CEF itself: text of an attacker in msg forges keys", "act\\=Passed, escaped as it must be, before "
     "act=Blocked; unescaped before and behind it", "tcp", "received +1 each; escaped: "
     "malware.blocked; twice: malware.found, no outcome is believed, the second is kept in "
     "`unmapped`", "test_badinput test_forged"),
    ("messages that unpack without bound", "20 MB in zlib, gzip, gzip in gzip", "udp tcp",
     "received +1, a record of bytes; the daemon grows by less than 8 MB", "test_badinput test_bombs"),
    ("Content-Length, methods, names of the host", "what is no HTTP, HTTP that is not ours", "web",
     "an error or the end; nothing else is held up", "test_metrics test_garbage"),
    ("fluent-bit CVE-2025-12977, -12978, CVE-2024-4323: names without bound, types of an "
     "administrator's interface that are believed", "whatever bytes, requests too long, to the control "
     "socket", "control socket", "an error a line, and the next request is answered",
     "test_control_clients test_hostile_bytes"),
    ("a stored record is input too", "segments cut at each byte, bits flipped", "disk",
     "only the damaged record is lost, and counted", "tests/gateway/journal/test_damage"),
)


def is_of(path, patterns):
    """path: kind/name.bin or cve-derived/kind/name.bin"""
    kind, name = path.rsplit("/", 2)[-2:]
    name = re.sub(r"\.bin$", "", name)
    for pattern in patterns.split():
        if "/" in pattern:
            if fnmatch.fnmatch(f"{kind}/{name}", pattern):
                return True
        elif kind != "relp" and fnmatch.fnmatch(name, pattern):
            return True
    return False


def words_of(answer):
    return "nothing" if answer == "-" else re.sub(r"(\w+)\+(\d+)", r"`\1` +\2", answer)


def rows_of(what, sent, patterns, seeds, table):
    """A line of the page for protocols of the same answers; seeds of one answer stand together."""
    by_way = {}
    for name, path in seeds:
        if not is_of(path, patterns):
            continue
        for (seed, way), answer in table.items():
            if seed == name:
                stem = re.sub(r"\.bin$", "", path.rsplit("/", 1)[1])
                group = by_way.setdefault(way, collections.OrderedDict())
                group.setdefault(words_of(answer), []).append(stem)
    if not by_way:
        raise AssertionError(f"no seed is of {patterns}")
    ways_of = {}
    for way, groups in by_way.items():
        seen = next(iter(groups)) if len(groups) == 1 else "; ".join(
            f"{answer}: {', '.join(names)}" for answer, names in groups.items())
        ways_of.setdefault(seen, []).append(way)
    for seen, ways in ways_of.items():
        yield f"| {what} | {sent} | {', '.join(ways)} | {seen} | {SEEDS} |\n"
        what = sent = ""


def page(seeds, table):
    """seeds: (name, path) of those that are derived from what is known; table: (name, way) ->
    answer, as in seeds.tsv."""
    lines = [HEAD]
    for what, sent, patterns in ROWS:
        lines += rows_of(what, sent, patterns, seeds, table)
    for row in TOLD:
        lines.append("| " + " | ".join(row) + " |\n")
    return "".join(lines)


def tests_missing(folder):
    """Tests that the page names and that are none."""
    for row in TOLD:
        words = row[-1].split()
        path = words[0] + ".c" if "/" in words[0] else f"tests/system/{words[0]}.py"
        try:
            with open(os.path.join(folder, path), encoding="utf-8") as file:
                text = file.read()
        except OSError:
            text = ""
        if not text or any(f"def {name}(" not in text for name in words[1:]):
            yield row[-1]


def left_out(seeds):
    """Paths of seeds that no row shows."""
    return [path for _, path in seeds if not any(is_of(path, row[2]) for row in ROWS)]
