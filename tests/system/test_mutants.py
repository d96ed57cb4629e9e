#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""R12: everything that the packages deliver to be edited, damaged in 100 ways, under load by TCP and
RELP. The configuration is the delivered one with all that it shows in comments. For each mutant
`eogd --check` and a SIGHUP of the running daemon must agree: what is broken is refused by both in
the same words, by file and line, and the old rules serve on; what happens to be valid is applied.
Meanwhile no connection ends and no line is lost, doubled or put in another order.

16 mutants, of Trend Micro's mappings; EOG_LONG=1: 100, of all.
"""
import os
import random
import re
import shutil
import subprocess

import namespace
from harness import IS_LONG, SOURCE, Gateway, check, check_equal, free_port, main, program, say
from relp_sender import RelpSender
from senders import Lines
from tls import Certificates

MUTANTS = 100 if IS_LONG else 16
REFUSED_MIN = 60 if IS_LONG else 8
TAG = re.compile(rb"<!--.*?-->|<\?.*?\?>|<(/?)([a-zA-Z][\w-]*)[^>]*?(/?)>", re.S)
POSITION = re.compile(r"(\S+?/[^\s:]+):(\d+): (.+)")
SECRETS = ("community", "nms.auth", "nms.privacy", "mail.password", "page.token")


# ---- what is delivered ----


def delivered_config(gw, certificates):
    """The package's configuration, all of its examples switched on, here and not in the world."""
    with open(os.path.join(SOURCE, "deploy", "debian", "eogd.xml"), encoding="utf-8") as file:
        text = file.read()
    text, n = re.subn(r"<!--\n(  <.*?)\n  -->", r"\1", text, flags=re.S)
    check(n >= 4, f"{n} examples in the delivered configuration")
    text = re.sub(r' state="[^"]*"', "", text)
    text = re.sub(r'  <agent mode="agentx"[^>]*>\n', "", text)
    for port, kind in (("514", "syslog"), ("162", "trap"), ("161", "agent")):
        text = re.sub(rf'"((?:udp:)?)0\.0\.0\.0:{port}"', rf'"\g<1>127.0.0.1:{gw.port[kind]}"', text)
    text = text.replace("0.0.0.0:2514", f"127.0.0.1:{gw.relp}").replace(
        "0.0.0.0:6514", f"127.0.0.1:{free_port()}").replace(
        "127.0.0.1:8080", f"127.0.0.1:{free_port()}")
    for name, path in (("gw.pem", "server.pem"), ("gw.key", "server.key"), ("ca.pem", "ca.pem")):
        text = text.replace(f'"{name}"', f'"{certificates.path(path)}"')
    check("0.0.0.0" not in text, f"an address is not replaced:\n{text}")
    knowledge = ('  <data mappings="mappings" catalogue="mappings/kpi.xml"'
                 ' watchlist="mappings/watchlist.xml"/>\n')
    return text.replace("</eog-gateway>", knowledge + "</eog-gateway>")


class Delivered(Gateway):
    """A gateway that runs on copies of what is delivered."""

    def __init__(self, certificates):
        self.relp = free_port()
        super().__init__("mutants", files={name: "secret-of-sixteen\n" for name in SECRETS})
        shutil.copyfile(os.path.join(SOURCE, "deploy", "demo", "inventory.csv"),
                        os.path.join(self.folder, "inventory.csv"))
        self.write_file("inventory.csv", self.read("inventory.csv") + b"default,PC-1,host,,\n")
        for name in SECRETS:
            os.chmod(os.path.join(self.folder, name), 0o600)
        self.copy_mappings()
        self.write_config(delivered_config(self, certificates))
        self.mappings = sorted(
            os.path.relpath(os.path.join(folder, name), self.folder)
            for folder, _, names in os.walk(os.path.join(self.folder, "mappings"))
            for name in names if name.endswith(".xml")
            and os.path.basename(folder) != "mappings")
        check(len(self.mappings) > 10, f"{len(self.mappings)} mappings")

    def copy_mappings(self):
        source, target = os.path.join(SOURCE, "mappings"), os.path.join(self.folder, "mappings")
        os.mkdir(target)
        for name in sorted(os.listdir(source)):
            path = os.path.join(source, name)
            if not os.path.isdir(path):
                shutil.copy(path, target)
            elif IS_LONG or name == "trendmicro":
                shutil.copytree(path, os.path.join(target, name))

    def read(self, name):
        with open(os.path.join(self.folder, name), "rb") as file:
            return file.read()


# ---- ways to damage a file: each takes its bytes and a random.Random, and gives other bytes ----


def elements(data):
    """(begin, end) of each element but the root."""
    found, stack = [], []
    for tag in TAG.finditer(data):
        if not tag.group(2):
            continue
        if tag.group(1):
            found.append((stack.pop(), tag.end()))
        elif tag.group(3):
            found.append((tag.start(), tag.end()))
        else:
            stack.append(tag.start())
    return sorted(found)[1:]


def tags(data):
    """Where each start tag's name ends, comments left out."""
    return [m.end(2) for m in TAG.finditer(data) if m.group(2) and not m.group(1)]


def values(data, like):
    """(begin, end) of each attribute's value that is like this."""
    return [(tag.start() + m.start(1), tag.start() + m.end(1)) for tag in TAG.finditer(data)
            if tag.group(2) for m in re.finditer(rb'="([^"]*)"', tag.group(0))
            if re.fullmatch(like, m.group(1))]


def replaced(data, place, new):
    return data[: place[0]] + new + data[place[1]:]


def cut(data, chance):
    return data[: chance.randrange(1, data.rindex(b"</"))]


def remove_element(data, chance):
    return replaced(data, chance.choice(elements(data)), b"")


def double_element(data, chance):
    begin, end = chance.choice(elements(data))
    return data[:end] + data[begin:end] + data[end:]


def wrong_number(data, chance):
    place = chance.choice(values(data, rb"[0-9]+[smhd%]?"))
    return replaced(data, place, chance.choice(
        (b"-1", b"99999999999999999999", b"1e9", b"many", b"", b"0x10", b"4294967296")))


def broken_utf8(data, chance):
    begin, end = chance.choice(values(data, rb".+"))
    return replaced(data, (begin, end), data[begin:end] + chance.choice(
        (b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80", b"\xe4\xb8")))


def unknown_attribute(data, chance):
    at = chance.choice(tags(data))
    return data[:at] + b' colour="red"' + data[at:]


def renamed_element(data, chance):
    begin, end = chance.choice(elements(data))
    text = data[begin:end]
    name = TAG.match(text).group(2)
    text = b"<" + name + b"x" + text[1 + len(name):]
    if not text.endswith(b"/>"):
        text = text[: text.rindex(b"</")] + b"</" + name + b"x>"
    return replaced(data, (begin, end), text)


def renamed_attribute(data, chance):
    tag = chance.choice([m for m in TAG.finditer(data) if m.group(2) and b"=" in m.group(0)])
    at = tag.start() + chance.choice([m.start() for m in re.finditer(rb'="', tag.group(0))])
    return data[:at] + b"s" + data[at:]


def removed_attribute(data, chance):
    tag = chance.choice([m for m in TAG.finditer(data) if m.group(2) and b"=" in m.group(0)])
    m = chance.choice(list(re.finditer(rb'\s+[\w:-]+="[^"]*"', tag.group(0))))
    return replaced(data, (tag.start() + m.start(), tag.start() + m.end()), b"")


def lost_mark(data, chance):
    at = chance.choice([m.start() for m in re.finditer(rb'[<>"]', data)])
    return data[:at] + data[at + 1:]


def an_entity(data, chance):
    begin, _ = chance.choice(values(data, rb".+"))
    return data[:begin] + b"&nothing;" + data[begin:]


def a_doctype(data, _):
    """Entities that grow, and one that is a file."""
    root = re.search(rb"<[a-z][\w-]*", re.sub(rb"<!--.*?-->", lambda m: b" " * len(m.group(0)), data,
                                             flags=re.S))
    return (data[: root.start()] + b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">'
            b'<!ENTITY f SYSTEM "file:///etc/passwd">]>\n' + data[root.start():])


def another_word(data, chance):
    """A value of another attribute in this one's place."""
    places = values(data, rb".+")
    begin, end = chance.choice(places)
    other = chance.choice(places)
    return replaced(data, (begin, end), data[other[0]: other[1]])


def nested_deeply(data, chance):
    begin, _ = chance.choice(elements(data))
    return data[:begin] + b"<x>" * 5000 + b"</x>" * 5000 + data[begin:]


def nothing(_data, _chance):
    return b""


def noise(_data, chance):
    return bytes(chance.randrange(256) for _ in range(4000))


def other_language(_data, _chance):
    return b'<?xml version="1.0"?>\n<html><body/></html>\n'


def utf16(data, _chance):
    """Valid, if a file says so: XML may be so written."""
    return re.sub(rb"<\?xml.*?\?>", b'<?xml version="1.0" encoding="UTF-16"?>', data, count=1).decode(
        "utf-8").encode("utf-16")


def csv_cells(data, chance):
    """A row of the inventory with another number of cells, a role that is none, an open quote."""
    lines = data.splitlines(keepends=True)
    at = chance.randrange(2, len(lines))
    lines[at] = chance.choice((b"hq\n", b"hq,PC,spaceship,,\n", b'hq,"open,host,,\n',
                               b"nowhere,PC,host,,\n", b",,,,\n", b"hq,\xff\xfe,host,,\n"))
    return b"".join(lines)


def csv_head(data, chance):
    return data.replace(b"site,name,role", chance.choice(
        (b"name,role", b"site,name,name", b"site;name;role", b"")), 1)


WAYS = (cut, remove_element, double_element, wrong_number, broken_utf8, unknown_attribute,
        renamed_element, renamed_attribute, removed_attribute, lost_mark, an_entity, a_doctype,
        another_word, nested_deeply, nothing, noise, other_language, utf16)


def mutant(gw, turn, chance):
    """(what it is, file, its bytes): each file in turn, each way in turn."""
    names = ("eog-gateway.xml", None, "mappings/kpi.xml", "eog-gateway.xml", "mappings/watchlist.xml",
             "inventory.csv", "eog-gateway.xml", None)
    name = names[turn % len(names)] or chance.choice(gw.mappings)
    ways = (csv_cells, csv_head, nothing, noise) if name == "inventory.csv" else WAYS
    way = ways[turn // len(names) % 4] if name == "inventory.csv" else ways[turn * 7 % len(ways)]
    data = gw.read(name)
    for _ in range(20):
        try:
            bad = way(data, chance)
        except IndexError:  # nothing in this file that could be damaged so
            way = chance.choice(ways)
            continue
        if bad != data:
            return f"mutant {turn}, {way.__name__} in {name}", name, bad
    raise AssertionError(f"{name} cannot be damaged")


# ---- what --check and the running daemon say ----


def mistakes(text, gw):
    return sorted((os.path.relpath(path, gw.folder), int(line), words)
                  for path, line, words in POSITION.findall(text))


def ask_both(gw, what):
    """--check and a SIGHUP at the same time; both must say the same. Returns the mistakes."""
    before = len(gw.log_text())
    asked = subprocess.Popen(gw.command("--check"), stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
    gw.reload()

    def answered():
        return re.search(r"reload: (refused|done)", gw.log_text()[before:])

    verdict = gw.wait_for(answered, f"{what}: the reload ends", 60).group(1)
    said = asked.communicate(timeout=60)[0].decode(errors="replace")
    log = gw.log_text()[before:]
    check_equal(asked.returncode, {"refused": 2, "done": 0}[verdict],
                f"{what}: --check's exit code, where the reload is {verdict}:\n{said}\n{log}")
    told = [mistakes(text, gw) for text in (said, log)]
    check_equal(told[1], told[0], f"{what}: what the log says, against --check")
    if verdict == "refused":
        check(told[0], f"{what}: no file and line is named:\n{said}")
        for name, line, words in told[0]:
            inside = gw.read(name).count(b"\n") + 1  # the mutant is still in its place
            check(1 <= line <= inside and len(words) > 8, f"{what}: {name}:{line}: {words}")
    return told[0] if verdict == "refused" else None


def try_mutant(gw, what, name, bad):
    """Returns whether it was refused."""
    good, generation = gw.read(name), gw.status()["generation"]
    gw.write_file(name, bad)
    told = ask_both(gw, what)
    gw.write_file(name, good)
    check_equal(gw.status()["generation"] > generation, told is None,
                f"{what}: the rules are others than before")
    if os.environ.get("EOG_VERBOSE"):
        say(f"      {what}: {told[0] if told else 'valid'}")
    return told is not None


# ---- the load ----


def on_disk(gw):
    """Numbers of the lines by TCP and by RELP in the journal, in its order."""
    found = {b" line: ": [], b"eogid=": []}
    with subprocess.Popen([program("eogctl"), "journal", "cat", "--state", gw.state],
                          stdout=subprocess.PIPE) as cat:
        for row in cat.stdout:
            match = re.search(rb'"raw_data":"[^"]*?( line: |eogid=)(\d{8})', row)
            if match:
                found[match.group(1)].append(int(match.group(2)))
    check_equal(cat.returncode, 0, "exit code of eogctl journal cat")
    return found


def under_load(gw, lines, relp):
    chance, refused = random.Random(12), 0
    for turn in range(MUTANTS):
        sent, acked = lines.sent, relp.acked
        refused += try_mutant(gw, *mutant(gw, turn, chance))
        gw.wait_for(lambda: lines.sent > sent and relp.acked > acked, "the load goes on")
    say(f"      {refused} refused, {MUTANTS - refused} valid and applied,"
        f" beside {lines.sent} lines by TCP and {relp.acked} by RELP")
    check(refused >= REFUSED_MIN, f"only {refused} of {MUTANTS} were refused")


def test_mutants():
    """Damaged configuration, mappings, catalogue, watchlist and inventory under load: refused by
    file:line as --check does, the old rules serve on, nothing is lost"""
    texts = [f"<134>Nov 24 04:12:20 sw1 app: eogid={i:08d}" for i in range(400000)]
    with Certificates() as certificates, Delivered(certificates) as gw:
        gw.start()
        check_equal(ask_both(gw, "what is delivered"), None, "mistakes in what is delivered")
        relp = RelpSender(gw.relp, texts, rate=300)
        try:
            with Lines(gw) as lines:
                gw.wait_for(lambda: lines.sent > 20 and relp.acked > 20, "the load is under way")
                under_load(gw, lines, relp)
                check_equal(gw.counter("connections_open"), 2, "connections")
        finally:
            relp.stop()
        check_equal(relp.sessions, 1, "sessions of the RELP sender")
        gw.wait_for(lambda: gw.counter("received") >= lines.sent + relp.acked, "all are received")
        gw.settle()
        check_equal(gw.counter("dropped_full"), 0, "dropped")
        found = on_disk(gw)
        check_equal(found[b" line: "], list(range(1, lines.sent + 1)), "lines by TCP on disk")
        check_equal(found[b"eogid="][: relp.acked], list(range(relp.acked)), "acknowledged lines")
        check_equal(found[b"eogid="], list(range(len(found[b"eogid="]))), "lines by RELP on disk")


namespace.enter()
main(test_mutants)
