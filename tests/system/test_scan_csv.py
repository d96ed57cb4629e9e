#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scanner's report as CSV: eogctl sends it, indicator 27 counts computers with an open critical
weakness, and the next report closes what is gone."""
import subprocess

from harness import Gateway, check, main, program

HEAD = "IP,Hostname,Port,CVSS,Severity,NVT Name,Summary,NVT OID,CVEs,Task Name\n"
OID = "1.3.6.1.4.1.25623.1.0."


def row(host, cvss, number, name="Example Service Code Execution", cve="CVE-2026-0001"):
    return f'192.0.2.{host},wks-{host}.example.com,445,{cvss},x,"{name}",' \
           f'"Of two lines,\r\nwith a ""quote""",{OID}{number},"{cve}",weekly\n'


def send(gw, report, *options, ok=(0,)):
    path = gw.write_file("report.csv", report)
    command = [program("eogctl"), "send", "--csv", *options,
               "--to", f"127.0.0.1:{gw.port['syslog']}", path]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False, text=True)
    said = done.stdout + done.stderr
    check(done.returncode in ok, f"exit code {done.returncode}: {said}")
    return said


def wait_state(gw, state):
    return gw.wait_state(27, "vulnerability-exposure", "default", state)


def test_report():
    """Findings open the indicator, a later report closes what it has no more"""
    sections = {"kpi": '<kpi key="vulnerability-exposure" enabled="yes"/>'}
    with Gateway("scan", sections=sections) as gw:
        gw.start()
        first = "Report of the week\n" + HEAD
        for host in (21, 22, 23):
            first += row(host, "9.8", 1) if host < 23 else ""
            first += row(host, "5.0", 2, "A lesser one") + row(host, "0.0", 3, "OS", "")
        send(gw, first, "--each", "IP")
        row_of = wait_state(gw, "warning")
        check(row_of["value_text"].startswith("2 "), "two computers")
        # The second report: 21 is patched; a record of a wrong number of columns is said.
        second = HEAD + row(21, "5.0", 2) + row(22, "9.8", 1) + row(23, "0.0", 3, "OS", "")
        said = send(gw, second + "192.0.2.24,wks-24\n", "--each", "IP", ok=(1,))
        check("report.csv:8: another number of columns" in said, f"it says where: {said!r}")
        gw.wait_for(lambda: wait_state(gw, "warning")["value_text"].startswith("1 "), "one is closed")
        third = HEAD + "".join(row(host, "0.0", 3, "OS", "") for host in (21, 22, 23))
        send(gw, third, "--each", "IP")
        wait_state(gw, "ok")


def test_wrong():
    """What is no table is refused with its line; a dry run sends nothing"""
    with Gateway("scan-wrong") as gw:
        gw.start()
        before = gw.counter("received")
        said = send(gw, "IP,IP\n1,2\n3,4\n", ok=(3,))
        check('line 1: two columns are called "IP"' in said, said)
        said = send(gw, HEAD + row(21, "9.8", 1), "--each", "Host", ok=(3,))
        check('no column "Host"; there are: IP, Hostname' in said, said)
        said = send(gw, HEAD + row(21, "9.8", 1), "--each", "IP", "--dry-run")
        check('{"eog.each":"IP","IP":"192.0.2.21"' in said, said)
        check(gw.counter("received") == before, "nothing was sent")


main(test_report, test_wrong)
