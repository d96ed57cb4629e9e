#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Views: communities and users that may read a part of the agent, by every version and tool; and
what a reload takes away is gone at once."""
import os
import re
import socket
import subprocess
import tempfile

import ber
import messages
from asker import ROOT, Asker, arcs, dotted, feed, gateway
from harness import Failed, Gateway, check, check_equal, main, run, tool

SYSTEM = arcs("1.3.6.1.2.1.1")
SYS_DESCR, SYS_NAME = SYSTEM + (1, 0), SYSTEM + (5, 0)
KPIS, SUMMARY = ROOT + (1, 5), ROOT + (1, 4)
STATES = KPIS + (1, 6)
# name -> (included, excluded)
VIEWS = {
    "summary": ((SUMMARY,), ()),
    "no-kpis": ((arcs("1.3.6.1"),), (KPIS,)),
    "states": ((arcs("1.3.6.1.2.1"), ROOT, STATES), (KPIS,)),
    "one": ((SYS_NAME,), ()),
    "nothing": ((arcs("2.999"),), ()),
}


def view_xml():
    lines = []
    for name, (included, excluded) in VIEWS.items():
        out = f' exclude="{" ".join(map(dotted, excluded))}"' if excluded else ""
        lines.append(f'<view name="{name}" include="{" ".join(map(dotted, included))}"{out}/>')
        lines.append(f'<community name="c-{name}" view="{name}"/>')
        lines.append(f'<user name="u-{name}" auth-file="auth" privacy="AES-128"'
                     f' privacy-file="privacy" view="{name}"/>')
    return "\n".join(lines)


FILES = {"auth": "authentication\n", "privacy": "privacy words\n"}


def is_in(name, view):
    """RFC 3415, section 5: the longest subtree decides."""
    included, excluded = VIEWS[view]
    fitting = [(len(s), True) for s in included if name[: len(s)] == s]
    fitting += [(len(s), False) for s in excluded if name[: len(s)] == s]
    return bool(fitting) and max(fitting)[1]


class Reader(Asker):
    """Asks by another community."""

    def __init__(self, gw, community, version=1):
        super().__init__(gw, version)
        self.community = community

    def ask(self, tag, *names, **more):
        return super().ask(tag, *names, community=self.community, **more)


def test_views():
    """GET, GETNEXT and GETBULK by communities with views: exactly what is in view"""
    with gateway(extra=view_xml(), files=FILES) as gw:
        gw.start()
        feed(gw)
        with Asker(gw) as asker:
            everything = [name for name, _, _ in asker.walk((1, 3))]
        check(len(everything) > 500, f"{len(everything)} instances in all")
        for view in VIEWS:
            expected = [name for name in everything if is_in(name, view)]
            check(bool(expected) == (view != "nothing"), f"{len(expected)} instances in {view}")
            for version in (0, 1):
                with Reader(gw, f"c-{view}", version) as reader:
                    # Counter64 is none of version 1: it is passed over there (RFC 3584 4.2.2.1).
                    seen = [name for name, _, _ in reader.walk((1, 3))]
                    wanted = expected
                    if version == 0:
                        wanted = [n for n in expected if n in set(seen) or not is_wide(gw, n)]
                    check_equal(seen, wanted, f"walk of {view}, version {version + 1}")
            with Reader(gw, f"c-{view}") as reader:
                for repetitions in (1, 7, 50):
                    seen = [name for name, _, _ in reader.bulk_walk((1, 3), repetitions)]
                    check_equal(seen, expected, f"GETBULK({repetitions}) of {view}")
                for name in everything[::17] + [SYS_DESCR, SYS_NAME]:
                    error, (pair,) = reader.ask(ber.GET, dotted(name))
                    hidden = (ber.NO_SUCH_OBJECT, ber.NO_SUCH_INSTANCE)
                    check_equal((error, pair[1] not in hidden), (0, is_in(name, view)),
                                f"GET of {dotted(name)} in {view}")


def is_wide(gw, name):
    with Asker(gw) as asker:
        return asker.ask(ber.GET, dotted(name))[1][0][1] == ber.COUNTER64


def walk_v3(gw, user, top, ok=(0, 1)):
    with tempfile.TemporaryDirectory() as folder:
        text = run([tool("snmpbulkwalk"), "-v3", "-l", "authPriv", "-u", user, "-a", "SHA-256",
                    "-A", "authentication", "-x", "AES", "-X", "privacy words", "-m", "", "-On",
                    "-Oe", "-r", "1", "-t", "2", f"127.0.0.1:{gw.port['agent']}", dotted(top)],
                   ok=ok, env={"SNMP_PERSISTENT_DIR": folder, "SNMPCONFPATH": folder})
    return names_of(text)


def names_of(walk):
    """The OIDs that a tool's walk has printed."""
    return [arcs(name) for name, value in re.findall(r"^\.([0-9.]+) = (.*)", walk, re.M)
            if "No more" not in value and "No Such" not in value]


def test_users():
    """Users with views, by snmpbulkwalk"""
    with gateway(extra=view_xml(), files=FILES) as gw:
        gw.start()
        feed(gw)
        with Asker(gw) as asker:
            everything = [name for name, _, _ in asker.walk((1, 3, 6, 1))]
        for view in VIEWS:
            expected = [name for name in everything if is_in(name, view)]
            check_equal(walk_v3(gw, f"u-{view}", (1, 3, 6, 1)), expected, f"walk of {view}")


SITES = {"hq": "127.0.0.2", "hq2": "127.0.0.3", "bj": "127.0.0.4"}


def site_view(site):
    """As eogd.xml(5) writes it: a site's rows of indicators and products, and whose they are."""
    arcs_of = ".".join(str(n) for n in site.encode())
    rows = (f"1.3.6.1.2.1.1 ROOT.1.1 ROOT.1.5.1.*.*.{len(site)}.{arcs_of}"
            f" ROOT.1.5.1.*.*.*.{arcs_of}.47 ROOT.1.6.1.*.*.{arcs_of}.47")
    return (f'<site id="{site}"/><source address="{SITES[site]}" site="{site}"/>'
            f'<view name="{site}" include="{rows}"/><community name="c-{site}" view="{site}"/>')


def scope_of(name):
    """The scope of an instance's index; None where it has none."""
    n_before = {5: 2, 6: 1}.get(name[len(ROOT) + 1])  # column, number of the indicator
    if n_before is None:
        return None
    index = name[len(ROOT) + 3 + n_before:]
    return bytes(index[1: 1 + index[0]]).decode()


def test_site():
    """A site's manager walks its rows and products and no other's, whatever their names begin with"""
    extra = "".join(map(site_view, SITES)) + '<inventory file="inventory.csv"/>'
    files = {"inventory.csv": "site,name,role\n" + "".join(
        f"{site},console,product\n{site},pc,host\n" for site in SITES)}
    with Gateway("access-site", extra=extra, files=files) as gw:
        gw.start()
        for site, address in SITES.items():
            with socket.create_connection(("127.0.0.1", gw.port["syslog"]), 10, (address, 0)) as sock:
                sock.sendall(messages.virus("WORM_X.A", f"pc-{site}").encode() + b"\n")
        gw.wait_for(lambda: gw.counter("received") == len(SITES), "all are received")
        products = {f"{site}/{product}" for site in SITES
                    for product in ("console", "osce01", "apexcentral01")}

        def all_rows():
            with Asker(gw) as asker:
                names = [name for name, _, _ in asker.walk(ROOT)]
            return names if products <= {scope_of(name) for name in names} else None

        everything = gw.wait_for(all_rows, "the messages' products have rows")
        for site in SITES:
            text = run([tool("snmpbulkwalk"), "-v2c", "-c", f"c-{site}", "-m", "", "-On", "-Oe",
                        f"127.0.0.1:{gw.port['agent']}", dotted(ROOT)])
            seen = names_of(text)
            own = [name for name in everything if name[: len(ROOT) + 2] == ROOT + (1, 1)
                   or (scope_of(name) or "").split("/")[0] == site]
            wrong = [dotted(name) for name in sorted(set(seen) ^ set(own))]
            check(seen == own, f"{site}: {len(seen)} of {len(own)} are walked; not both: {wrong[:5]}")
            scopes = {scope_of(name) for name in seen} - {None}
            check({site, f"{site}/console"} <= scopes, f"scopes of {site}: {scopes}")


def ask_any(gw, expected, *options):
    """What snmpget says; an answer may take longer on a machine that is busy elsewhere."""
    done = subprocess.run(
        [tool("snmpget"), *options, "-m", "", "-On", "-r", "0", "-t", "0.5" if expected == "Timeout" else "10",
         f"127.0.0.1:{gw.port['agent']}", dotted(SYS_NAME)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.stdout.decode(errors="replace")


def test_reload():
    """A reload gives and takes views, communities and users, seen by snmpget"""
    user = '<user name="nms" auth-file="auth"/>'
    v3 = ["-v3", "-u", "nms", "-l", "authNoPriv", "-a", "SHA-256", "-A", "authentication"]
    v2 = ["-v2c", "-c", "site"]
    turns = [
        ('<community name="site"/>' + user, "gw-test", "gw-test"),
        ('<view name="v" include="1.3.6.1.4"/><community name="site" view="v"/>'
         '<user name="nms" auth-file="auth" view="v"/>', "No Such Object", "No Such Object"),
        ('<view name="v" include="1.3.6.1.2"/><community name="site" view="v"/>'
         '<user name="nms" auth-file="auth" view="v"/>', "gw-test", "gw-test"),
        (user, "Timeout", "gw-test"),
        ("", "Timeout", "Unknown user name"),
        ('<community name="site"/>' + user, "gw-test", "gw-test"),
    ]
    with gateway(extra=turns[0][0], files=FILES) as gw:
        gw.start()
        base = '<inventory file="inventory.csv"/>'
        for number, (xml, by_community, by_user) in enumerate(turns):
            gw.extra = base + xml
            gw.write_config()
            gw.reload()
            gw.wait_for(lambda: gw.log_text().count("reload: done") == number + 1, "reloaded")
            for expected, options in ((by_community, v2), (by_user, v3)):
                said = ask_any(gw, expected, *options)
                check(expected in said, f"{xml}: {said}")


def test_check():
    """Mistakes are told with their line by --check"""
    cases = {
        '<community name="a" view="v"/>': 'there is no <view name="v">',
        '<user name="a" auth-file="auth" view="v"/>': 'there is no <view name="v">',
        '<view name="v" include="sysDescr"/>': "'sysDescr' is no OID",
        '<view name="v" include="1.3.6 1.3.7" exclude="1.3.6"/>': "1.3.6 is there twice",
        '<view name="v" include="1.3.* 1.3.0" exclude="1.3.*"/>': "1.3.* is there twice",
        '<view name="v" include="1.3.*7"/>': "'1.3.*7' is no OID",
        '<view name="v" include="ROOTS.1"/>': "'ROOTS.1' is no OID",
        f'<view name="v" include="ROOT" exclude="{dotted(ROOT)}"/>': "is there twice",
        '<view name="v" include="1.3"/><view name="v" include="1.3"/>': "view 'v' is there twice",
    }
    for xml, words in cases.items():
        with gateway(extra=xml, files=FILES) as gw:
            text = ""
            try:
                run(gw.command("--check"))
            except Failed as failed:
                text = str(failed)
            check(words in text, f"{xml}: --check does not say {words!r}: {text}")
            gw.write_config("<eog-gateway/>")


main(test_views, test_users, test_site, test_reload, test_check)
