#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""One cloud console, many customers' branches: the tenant that a message names tells its site, in
the record, for the indicators, and again when the past is read anew."""
import json

from harness import Gateway, check, check_equal, main, program, run

SITES = ('<site id="default"/><site id="bj" name="Beijing" hosts="10"/><site id="sh" hosts="10"/>'
         '<tenant name="Example Beijing" site="bj"/><tenant name="sh.example.com" site="sh"/>')


def mail(tenant, name):
    return ("CEF:0|Trend Micro|TMES|1.0.0.0|100101|DETECTION|6|rt=2026-01-01T00:00:00.728Z"
            f" cs1Label=eventType cs1=virus cs2Label=domainName cs2={tenant} suser=a@mail.example"
            f" duser={name}@example.com msg=test act=Quarantine")


def site_of(event):
    """Where the record says it belongs."""
    return next(label[9:] for label in event["metadata"]["labels"] if label.startswith("eog.site:"))


def sites(gw):
    """Receiver -> site."""
    found = {}
    for line in gw.ctl("journal", "cat").splitlines():
        event = json.loads(line)
        if "suser=" in event.get("raw_data", ""):
            found[event["raw_data"].split("duser=")[1].split("@")[0]] = site_of(event)
    return found


def test_site():
    """The tenant's site, in any case of its letters; the sender's where nobody declared the tenant"""
    with Gateway("tenants", sections={"site": SITES}) as gw:
        gw.start()
        gw.receive(mail("Example Beijing", "one"), mail("SH.example.COM", "two"),
                   mail("other.example", "three"), mail("", "four"))
        gw.stop()
        expected = {"one": "bj", "two": "sh", "three": "default", "four": "default"}
        check_equal(sites(gw), expected, "sites")
        # Read anew, nothing is otherwise.
        report = json.loads(run([program("eogctl"), "renormalize", "--json", "--dry-run", "--config",
                                 gw.config_path, "--state", gw.state, "--from", "2020-01-01", "--to",
                                 "2199-01-01"], env={"EOG_DATA": gw.command()[6]}))
        check_equal(report["changed"], 0, f"records that would change: {report}")


def test_mistakes():
    """A site that is not there, and a tenant of two sites: told by --check, with the line"""
    for more, what in (('<tenant name="x" site="none"/>', 'no such site is declared'),
                       ('<tenant name="EXAMPLE beijing" site="sh"/>', "has a site already")):
        with Gateway("tenants", sections={"site": SITES}, extra="\n" + more) as gw:
            line = gw.config_text().split(more, maxsplit=1)[0].count("\n") + 1
            text = run(gw.command("--check"), ok=(2,))
            check(f"eog-gateway.xml:{line}: " in text and what in text, f"{more}: {text}")


main(test_site, test_mistakes)
