#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the offline commands print for programs: one JSON document each, of the shape that the manual
page tells, with the figures that people are shown."""
import json
import os
import re
import shutil
import subprocess
import tempfile

from harness import SOURCE, check, check_equal, main, program, stretch

VIRUS = (b"CEF:0|Trend Micro|Apex Central|2019|800101|Pattern Update Status|3|"
         b"shost=pc-1 cn1=1 cn2=2048 cn3=4 cs5=1548 cs6=2")
PROBLEM = {"file", "line", "text"}


def eogctl(*arguments, stdin=b"", code=0):
    done = subprocess.run([program("eogctl"), *arguments], input=stdin, capture_output=True,
                          timeout=60 * stretch(), check=False)
    check_equal(done.returncode, code, f"exit of {arguments}: {done.stderr.decode()}")
    return done.stdout.decode("utf-8")  # whatever the message was


def explain(*messages):
    text = b"".join(message + b"\n" for message in messages)
    answer = json.loads(eogctl("explain", "--data", SOURCE, "--json", stdin=text))
    check_equal(list(answer), ["messages"], "members")
    return answer["messages"], eogctl("explain", "--data", SOURCE, stdin=text)


def test_explain():
    """explain --json has each field with its origin, as people are shown it"""
    (one,), shown = explain(VIRUS)
    check_equal(
        {"format", "header", "error", "mapping", "code", "template", "rule", "flags", "kind",
         "severity", "time", "fields", "unmapped"} - set(one), set(), "members that are missing")
    check_equal((one["format"], one["header"], one["error"]), ("cef", None, None), "parsed")
    check_equal(one["mapping"]["product"], "trendmicro/apex-central", "product")
    check(one["mapping"]["file"].endswith("mappings/trendmicro/apex-central.xml"), one["mapping"])
    check_equal((one["code"], one["kind"]["value"]), ("800101", "content.outdated"), "matched")
    fields = {field["name"]: field for field in one["fields"]}
    check_equal(fields["content.lag"]["value"], 3, "a number is a number")
    check_equal((fields["host.name"]["value"], fields["host.name"]["source"]), ("pc-1", "shost"),
                "a text and where it is from")
    line = fields["host.name"]["line"]
    check(f"host.name            \"pc-1\"   <- shost, line {line}\n" in shown, shown)
    check(f"\nrule     {one['rule']['name']}, line {one['rule']['line']}\n" in shown, shown)
    check_equal([field["name"] for field in one["fields"]],
                re.findall(r"^  ([a-z_.0-9]+) +\S", shown.split("unmapped")[0], re.M), "fields")


def test_explain_hostile():
    """explain --json stays JSON in UTF-8 whatever comes, one member a line"""
    messages, _ = explain(b"", b"\xff\xfe\x00\x1b[2J\"\\", b"<14>1 - - - - - [x", b"CEF:0|a|b",
                          b"{\"a\":\"\xc3\"}", b"x" * 70000, bytes(range(1, 10)) + bytes(range(11, 256)))
    check_equal(len(messages), 7, "messages explained")
    for one in messages:
        check_equal((one["mapping"], one["rule"], one["template"]), (None, None, None), "no mapping")
        check_equal(one["kind"]["value"], "gateway.untranslatable", "kind")
    check_equal(json.loads(eogctl("explain", "--data", SOURCE, "--json")), {"messages": []}, "nothing")


def run_samples(folder, *arguments, code=0):
    answer = json.loads(eogctl("test", "--data", folder, "--json", *arguments, code=code))
    check({"mappings", "problems", "failures"} <= set(answer), f"members: {list(answer)}")
    check_equal(answer["failures"] == 0, code == 0, "failures and the exit code")
    return answer


def test_samples():
    """test --json has the table's figures"""
    answer = run_samples(SOURCE)
    shown = eogctl("test", "--data", SOURCE)
    rows = re.findall(r"^(\S+/\S+) +(\d+) +(\d+) +(\d+)/(\d+) +(\d+) +(\d+)$", shown, re.M)
    check(len(rows) > 10, f"{len(rows)} mappings")
    keys = ("samples", "failed", "rules_reached", "rules", "fields", "unmapped")
    check_equal([(m["product"], *(str(m[key]) for key in keys)) for m in answer["mappings"]], rows,
                "figures of the mappings")
    check_equal([m["problems"] for m in answer["mappings"] if m["problems"]], [], "problems")
    kpi = answer["kpi"]
    check(f" {kpi['samples']} " in shown and f"{kpi['indicators']} indicators, {kpi['expectations']} "
          f"expectations, {kpi['records']} records" in shown, f"{kpi} in {shown}")
    check_equal((kpi["failed"], kpi["problems"], answer["problems"]), (0, [], []), "problems")
    one = run_samples(SOURCE, "-v", "cisco/asa")
    check_equal(([m["product"] for m in one["mappings"]], "kpi" in one), (["cisco/asa"], False), "one")


def test_samples_fail():
    """test --json says of each problem where it is: in a mapping, in the indicators, in neither"""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(os.path.join(SOURCE, "mappings"), os.path.join(folder, "mappings"))
        path = os.path.join(folder, "mappings/cisco/asa.samples")
        with open(path, "a") as file:
            file.write("\nsample wrong\nmessage nonsense \\xff\nkind link.up\n")
        with open(os.path.join(folder, "mappings/cisco/nobody.samples"), "w") as file:
            file.write("")
        with open(os.path.join(folder, "mappings/kpi.samples"), "a") as file:
            file.write("\nsample wrong\nexpect outbreak * critical\n")
        answer = run_samples(folder, code=1)
        failed = [m for m in answer["mappings"] if m["problems"]]
        check_equal([m["product"] for m in failed], ["cisco/asa"], "mappings with problems")
        for problem in (failed[0]["problems"] + answer["kpi"]["problems"] + answer["problems"]):
            check_equal(set(problem), PROBLEM, "members of a problem")
        check(all(p["file"].startswith(path[:-8]) and p["line"] for p in failed[0]["problems"]),
              failed[0]["problems"])  # the samples' file, or the mapping's
        check(answer["kpi"]["failed"] == 1 and "wrong" in answer["kpi"]["problems"][0]["text"],
              answer["kpi"])
        check(any("nobody" in problem["file"] for problem in answer["problems"]), answer["problems"])
        check_equal(len(eogctl("test", "--data", folder, code=1).splitlines())
                    > len(failed[0]["problems"]), True, "people are told too")
    answer = run_samples(SOURCE, "no/such", code=1)
    check_equal((answer["mappings"], len(answer["problems"])), ([], 1), "a name that names nothing")
    check_equal(eogctl("test", "--data", "/nonexistent", "--json", code=3), "", "nothing to run")


main(test_explain, test_explain_hostile, test_samples, test_samples_fail)
