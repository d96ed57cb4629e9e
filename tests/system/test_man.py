#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manual pages say what the programs say: every command and option of each --help stands in its
page, no page names an option that no program has, and the formatter has nothing to remark."""
import os
import re
import shutil
import subprocess
import tempfile

from harness import BUILD, SOURCE, Gateway, Skipped, check, check_equal, main, program, run

PAGES = ("eogd.8", "eogctl.1", "check_eog.1", "eogd.xml.5", "eogd-mapping.5")
# An option, not a part of a word, of a path or of AES-128.
OPTION = re.compile(r"(?<![\w/.=-])(--[a-z][a-z-]*|-[A-Za-z])(?![\w-])")


def path_of(page):
    """The page that is installed: built if it is a built one."""
    for folder in (BUILD, SOURCE):
        path = os.path.join(folder, "deploy", "man", page)
        if os.path.isfile(path):
            return path
    check(False, f"{page} is neither in {BUILD} nor in {SOURCE}")
    return None


def plain(roff):
    """Text without comments, fonts and requests; the words of a line that a macro sets without
    blanks between them are joined."""
    lines = []
    for line in roff.splitlines():
        if line.startswith((r".\"", "'\\\"")):
            continue
        words = re.match(r"\.(BR|RB|IR|RI|BI|IB) (.*)", line)
        if words:
            parts = re.findall(r'"([^"]*)"|(\S+)', words.group(2))
            line = "".join(quoted or bare for quoted, bare in parts)
        else:
            line = re.sub(r"^\.(B|I|TP|PP|EX|EE|RS|RE|br) ?", "", line)
        line = re.sub(r"\\f.", "", line).replace(r"\(aq", "'").replace(r"\-", "-")
        lines.append(line.replace(r"\&", "").replace(r"\e", "\\"))
    return "\n".join(lines)


def read_page(page):
    """Without examples: what stands only there is not explained."""
    with open(path_of(page), encoding="ascii") as file:
        return plain(re.sub(r"^\.EX\n.*?^\.EE\n", "", file.read(), flags=re.M | re.S))


def section(text, heading, level="SH"):
    """What stands between a heading and the next of its level or above."""
    ends = r"\.SH |\Z" if level == "SH" else r"\.S[HS] |\Z"
    found = re.search(rf"^\.{level} {re.escape(heading)}\n(.*?)(?=^(?:{ends}))", text, re.M | re.S)
    check(found, f"no .{level} {heading}")
    return found.group(1)


def options_of(text):
    return set(OPTION.findall(text))


def help_of(*command):
    # A plugin's help is no state: 3.
    ok = (3,) if command[0] == "check_eog" else (0,)
    text = run([program(command[0]), *command[1:], "--help"], ok=ok)
    check(options_of(text) or len(text) > 60, f"{command} --help says nothing: {text!r}")
    # Examples name options of other programs and commands too.
    return re.sub(r"^  eogctl .*\n", "", text, flags=re.M)


def commands():
    found = re.findall(r"^  ([a-z]+)  +\S", help_of("eogctl"), re.M)
    check(len(found) >= 9, f"commands of eogctl --help: {found}")
    return found


def test_eogctl():
    """eogctl.1 has a section for each command, in order, with its options, and no others"""
    page = read_page("eogctl.1")
    body = section(page, "COMMANDS")
    names = commands()
    check_equal(re.findall(r"^\.SS (\S+)$", body, re.M), names, "sections of COMMANDS")
    shared = options_of(section(page, "OPTIONS"))
    missing, foreign = [], []
    for name in names:
        described = section(page, name, "SS")
        has = options_of(help_of("eogctl", name))
        missing += [f"{name} {one}" for one in sorted(has - options_of(described) - {"--help", "-h"})]
        # Another command may be spoken of as `decode --input`.
        own = re.sub(rf"\b({'|'.join(names)}) --[a-z-]+", "", described.replace(f"eogctl {name}", ""))
        foreign += [f"{name} {one}" for one in sorted(options_of(own) - has - shared)]
    check(not missing, f"in --help, but not in eogctl.1: {missing}")
    check(not foreign, f"in eogctl.1, but not in --help: {foreign}")


def test_counters():
    """eogctl.1 says of each counter that status --json has what it counts, and of no other"""
    with Gateway("man") as gw:
        has = set(gw.start().status()["counters"])
    tags = re.findall(r"^[a-z_]+(?:, [a-z_]+)*$", section(read_page("eogctl.1"), "status", "SS"), re.M)
    check_equal(sorted(name for tag in tags for name in tag.split(", ")), sorted(has), "counters")


def test_programs():
    """eogd.8 and check_eog.1 have the options of --help, and no others"""
    for page, name in (("eogd.8", "eogd"), ("check_eog.1", "check_eog")):
        has = options_of(help_of(name))
        check(len(has) > 7, f"{name} --help: {has}")
        described = options_of(section(read_page(page), "OPTIONS"))
        # Every program answers to --help; eogd's does not name itself.
        check_equal(described - {"--help", "-h"}, has - {"--help", "-h"}, f"options of {page}")


def test_configuration():
    """eogd.xml.5 has every section and option that this eogd prints, with default and meaning"""
    sections = section(read_page("eogd.xml.5"), "SECTIONS")
    parts = re.split(r"^\.SS ", sections, flags=re.M)[1:]
    seen = {part.split("\n", 1)[0]: part for part in parts}
    expected, now, lines = 0, None, run([program("eogd"), "--options"]).splitlines()
    for line in lines:
        if line.startswith("<"):
            now = line
            check(now in seen, f"eogd.xml.5 lacks {now}")
        elif line.strip():
            option = re.match(r"    ([a-z0-9-]+) = (.*)", line)
            text = "\n".join(option.groups()) if option else line.strip()
            check(text in seen[now], f"eogd.xml.5 lacks, of {now}: {text}")
            expected += option is not None
    check(expected > 40, f"{expected} options")
    check_equal(len(re.findall(r"^\n?[a-z0-9-]+\n.*; applied by re", sections, re.M)), expected, "options")


def definitions(name):
    """Names in quotes of the schema's rows, and how many rows there are."""
    with open(os.path.join(SOURCE, "gateway", "schema", name), encoding="utf-8") as file:
        return re.findall(r'^GW_[A-Z]+\(\d+, ([A-Z0-9_]+), "([^"]+)"', file.read(), re.M)


def test_mapping_language():
    """eogd-mapping.5 explains every element and attribute of mapping.rng, and names every kind and
    field that a mapping may set"""
    page = read_page("eogd-mapping.5")
    language = page.split(".SH EXAMPLE")[0]
    with open(os.path.join(SOURCE, "mappings", "mapping.rng"), encoding="utf-8") as file:
        grammar = file.read()
    names = set(re.findall(r'<(?:element|attribute) name="([a-z-]+)"', grammar))
    check(len(names) > 40, f"mapping.rng: {names}")
    # The columns of a row are anybody's; row and its keys are explained in the table.
    missing = [one for one in sorted(names) if not re.search(rf"(?<![\w-]){one}(?![\w-])", language)]
    check(not missing, f"eogd-mapping.5 lacks of mapping.rng: {missing}")
    kinds, fields = section(page, "KINDS"), section(page, "FIELDS")
    rows = definitions("kinds.def")
    own = [row[0] for row in rows].index("GATEWAY_TICK")
    listed = re.findall(r"^(\S+)\n(?:Class \d+|Base event)\.$", kinds, re.M)
    check_equal(listed, [name for _, name in rows[:own] if name != "none"], "kinds")
    listed = re.findall(r"^(\S+)\n(?:Number|Text|Time|Address)[.:]", fields, re.M)
    rows = definitions("fields.def")
    own = [row[0] for row in rows].index("BOOT_ID")
    check_equal(listed, [name for _, name in rows[:own]], "fields")


def test_mapping_example():
    """The example of eogd-mapping.5 is a mapping that passes its samples"""
    with open(path_of("eogd-mapping.5"), encoding="ascii") as file:
        text = section(file.read(), "EXAMPLE")
    examples = [plain(one) for one in re.findall(r"^\.EX\n(.*?)^\.EE\n", text, re.M | re.S)]
    check_equal(len(examples), 3, "examples")
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, "mappings", "example"))
        shutil.copy(os.path.join(SOURCE, "mappings", "mapping.rng"), os.path.join(folder, "mappings"))
        for name, content in (("guard.xml", examples[1]), ("guard.samples", examples[2])):
            with open(os.path.join(folder, "mappings", "example", name), "w", encoding="ascii") as file:
                file.write(content)
        check(examples[0].strip() in examples[2], "the sample is the message shown first")
        out = run([program("eogctl"), "test", "--data", folder])
        check(re.search(r"^example/guard +1 +0 +1/1 ", out, re.M), out)


def test_formatter():
    """groff has nothing to remark about any page"""
    if not shutil.which("groff"):
        raise Skipped("groff is not installed")
    for page in PAGES:
        done = subprocess.run(
            ["groff", "-man", "-ww", "-z", path_of(page)], capture_output=True, text=True, check=False
        )
        check_equal((done.returncode, done.stderr), (0, ""), f"groff on {page}")


def test_words():
    """no macro that alternates fonts has run a sentence together"""
    for page in PAGES:
        run_together = re.search(r"\S*(\)[.,;:]?|[a-z][,;])[A-Za-z]{2}\S*", read_page(page))
        check(not run_together, f"{page}: {run_together and run_together.group()!r}")


def test_names():
    """each page begins with its name, and those it refers to are pages of ours"""
    ours = {(page.rsplit(".", 1)[0], page.rsplit(".", 1)[1]) for page in PAGES}
    for page in PAGES:
        text = read_page(page)
        name = page.rsplit(".", 1)[0]
        check(section(text, "NAME").startswith(f"{name} - "), f"NAME of {page}")
        refers = set(re.findall(r"\b([a-z_.-]+)\(([158])\)", text))
        check(refers and refers <= ours, f"{page} refers to {refers - ours}")


if __name__ == "__main__":
    main(
        test_eogctl,
        test_counters,
        test_programs,
        test_configuration,
        test_mapping_language,
        test_mapping_example,
        test_formatter,
        test_words,
        test_names,
    )
