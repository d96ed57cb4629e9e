#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guard of `make check`: how many instructions of our own code one message takes, parser by
parser, from a message of Apex Central to the journal's bytes, and from those to JSON and to the
indicators. callgrind counts them, the same on every run, however busy the machine is. Of the C
library, which chooses its code by the processor, and of PCRE2 only the calls are counted.
tests/bench/instructions.tsv holds the numbers and what they were compiled by; another compiler or
other flags give others, and are not judged.

More than a tenth above the table fails. After a change that is meant, or one that made it cheaper,
write the table anew:

    EOG_INSTRUCTIONS=write make check TESTS=tests/bench/instructions.py
"""
import collections
import os
import platform
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "system"))
import mappings  # noqa: E402
from harness import SOURCE, Failed, Skipped, check, check_equal, main, program, say  # noqa: E402

TABLE = os.path.join(SOURCE, "tests", "bench", "instructions.tsv")
IS_WRITING = os.environ.get("EOG_INSTRUCTIONS") == "write"
TOLERANCE = 0.10
LINES = 40


def count_of(path, ours):
    """Of one of callgrind's files: the instructions of our own program by function, and its calls
    of libraries."""
    found, calls = collections.Counter(), 0
    function, is_ours, is_call, called = "", False, False, ours
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("ob="):
                is_ours = line[3:].strip() == ours
            elif line.startswith("fn="):
                function = line[3:].strip()
            elif line.startswith("cob="):
                called = line[4:].strip()
            elif line.startswith("calls="):
                if is_ours and called != ours:
                    calls += int(line[6:].split()[0])
                is_call, called = True, ours  # what follows is the callee's, with all it called
            elif line[:1].isdigit():
                if is_ours and not is_call:
                    found[function] += int(line.split()[1])
                is_call = False
    return found, calls


def count_all(folder, data):
    """[(case, instructions a message, calls a message, instructions by function)]"""
    ours = os.path.realpath(program("bench_parsers"))
    lines = subprocess.run(
        [program("gen_cef"), "-n", "200", "-b", "1795493106"], stdout=subprocess.PIPE, check=True
    ).stdout.splitlines(keepends=True)
    lines = [line for line in lines if b"|Apex Central|" in line][:LINES]
    check_equal(len(lines), LINES, "lines of Apex Central")
    path = os.path.join(folder, "lines")
    with open(path, "wb") as file:
        file.writelines(lines)
    out = os.path.join(folder, "out")
    said = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--compress-strings=no",
         "--compress-pos=no", "--zero-before=counted", "--dump-after=counted", ours, "--count",
         os.path.join(data, "mappings"), path],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    check(said.returncode == 0, f"valgrind: {said.stderr[-2000:]}")
    counted = []
    for number, row in enumerate(said.stdout.splitlines(), 1):
        name, messages, items = row.split("\t")
        check(int(items) > 0, f"{name}: nothing was understood")
        if name.startswith(("message to ", "record's ")):
            check_equal(items, messages, f"{name}: lines that a mapping knew")
        functions, calls = count_of(f"{out}.{number}", ours)
        messages = int(messages)
        counted.append((name, sum(functions.values()) / messages, calls / messages, functions))
    return counted


def compiled_by():
    said = subprocess.run([program("bench_parsers"), "--compiled"], stdout=subprocess.PIPE,
                          text=True, check=True).stdout
    return f"{said.strip()}, {platform.machine()}"


def read_table():
    """What it was compiled by, and {case: (instructions, calls)}."""
    with open(TABLE, encoding="utf-8") as file:
        lines = [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]
    return lines[0][1], {row[0]: (float(row[1]), float(row[2])) for row in lines[1:]}


def write_table(compiled, counted):
    with open(TABLE, "w", encoding="utf-8") as file:
        file.write("# SPDX-License-Identifier: GPL-3.0-or-later\n")
        file.write("# A message's instructions of our own code, and its calls of libraries; written\n"
                   "# by instructions.py.\n")
        file.write(f"compiled by\t{compiled}\n")
        file.writelines(f"{name}\t{number:.1f}\t{calls:.2f}\n" for name, number, calls, _ in counted)
    say(f"written: {TABLE}")


def judge(what, seen, expected, name):
    """A complaint, or None."""
    if seen < expected * (1 - TOLERANCE) - 0.1:
        say(f"      {name}: {what} are lower: write the table anew (EOG_INSTRUCTIONS=write)")
    if seen <= expected * (1 + TOLERANCE) + 0.1:
        return None
    return f"{name}: {seen:.1f} {what} a message, {expected:.1f} in the table"


def judge_case(name, number, calls, functions, table):
    say(f"      {name}: {number:.0f} instructions, table {table[0]:.0f}; {calls:.1f} calls, table"
        f" {table[1]:.1f}")
    wrong = [judge("instructions", number, table[0], name), judge("calls", calls, table[1], name)]
    wrong = [complaint for complaint in wrong if complaint]
    if wrong:
        most = (f"{what} {100 * n / functions.total():.0f} %" for what, n in functions.most_common(8))
        wrong.append(f"      its instructions: {', '.join(most)}")
    return wrong


def test_instructions():
    """Instructions a message, parser by parser and whole, as in the table"""
    instrumented = os.environ.get("GW_INSTRUMENTED")
    if instrumented:
        raise Skipped(f"built with {instrumented}")
    if not shutil.which("valgrind"):
        raise Skipped("valgrind is not installed")
    here = compiled_by()
    compiled, table = (here, {}) if IS_WRITING else read_table()
    if here != compiled:
        raise Skipped(f"compiled by {here}; the table is of {compiled}")
    folder, data = tempfile.mkdtemp(prefix="eog-count-"), mappings.folder_of_one()
    try:
        counted = count_all(folder, data)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(data, ignore_errors=True)
    if IS_WRITING:
        write_table(here, counted)
        return
    check_equal(sorted(row[0] for row in counted), sorted(table), "cases of the table")
    wrong = sum((judge_case(*row, table[row[0]]) for row in counted), [])
    if wrong:
        raise Failed("\n".join(wrong))


main(test_instructions)
