# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages as the consoles send them, built from the documented keys of each event."""
import re
import os
import time

import harness

_serial = 0


def serial():
    """A number that no other message of this run has."""
    global _serial  # pylint: disable=global-statement
    _serial += 1
    return _serial


def rt(when_s):
    """The console's time: `Nov 24 2026 04:12:20 GMT+00:00`."""
    return time.strftime("%b %d %Y %H:%M:%S GMT+00:00", time.gmtime(when_s))


def header(host="apexcentral01", pri=134, when_s=None):
    return (
        f"<{pri}>"
        + time.strftime("%b %e %H:%M:%S", time.gmtime(when_s or time.time()))
        + f" {host} "
    )


def cef(
    signature,
    name,
    fields,
    product="Apex Central",
    version="2019",
    when_s=None,
    console="apexcentral01",
):
    """fields: pairs or a dict; rt and deviceExternalId are put first, devicePayloadId last."""
    when = time.time() if when_s is None else when_s
    number = serial()
    pairs = list(fields.items()) if isinstance(fields, dict) else list(fields)
    named = dict(pairs)
    text = f"CEF:0|Trend Micro|{product}|{version}|{signature}|{name}|3|deviceExternalId={number}"
    if "rt" not in named:
        text += f" rt={rt(when)}"
    for key, value in pairs:
        text += f" {key}={value}"
    if "devicePayloadId" not in named:
        text += f" devicePayloadId=0C43407C83F9-{os.getpid():08X}-{number:08X}"
    return header(console, when_s=when) + text


def pattern_status(host, status=1, connection=1, version="19.301.00", address="10.1.2.3", **more):
    """800101; status is cn3: 1 up to date, 2 = one version behind, ... 7 = six or more."""
    return cef(
        "800101",
        "Pattern Update Status",
        {
            "shost": host,
            "cs1Label": "Operating_System",
            "cs1": "Windows 10",
            "cs2Label": "Product/Endpoint_IP",
            "cs2": address,
            "cs3Label": "Update_Agent",
            "cs3": "0",
            "cs4Label": "Domain",
            "cs4": "Default",
            "cn1Label": "Connection_Status",
            "cn1": connection,
            "cn2Label": "Pattern/Rule",
            "cn2": 2048,
            "cs5Label": "Pattern/Rule_Version",
            "cs5": version,
            "cn3Label": "Pattern/Rule_Status",
            "cn3": status,
            "cs6Label": "AUComponent_Type",
            "cs6": 2,
            "deviceFacility": "Apex One",
        },
        **more,
    )


def engine_status(host, status=1, connection=1, version="22.590.1004", address="10.1.2.3", **more):
    """800102; status is cn3: 1 up to date, 2 out of date."""
    return cef(
        "800102",
        "Engine Update Status",
        {
            "shost": host,
            "cs2Label": "Product/Endpoint_IP",
            "cs2": address,
            "cn1Label": "Connection_Status",
            "cn1": connection,
            "cn2Label": "Engine",
            "cn2": 4096,
            "cs5Label": "Engine_Version",
            "cs5": version,
            "cn3Label": "Engine_Status",
            "cn3": status,
            "cs6Label": "AUComponent_Type",
            "cs6": 1,
            "deviceFacility": "Apex One",
        },
        **more,
    )


def virus(
    malware,
    host,
    action="File quarantined",
    source=None,
    address="10.1.2.3",
    file="invoice.docm",
    **more,
):
    fields = {
        "cnt": 1,
        "dhost": host,
        "duser": "ACME\\\\jsmith",
        "act": action,
        "cn1Label": "Pattern",
        "cn1": 1930100,
        "cn2Label": "Second_Action",
        "cn2": 1,
        "cs1Label": "VLF_FunctionCode",
        "cs1": "Real-time Scan",
        "cs2Label": "Engine",
        "cs2": "22.590.1004",
        "cs3Label": "Product_Version",
        "cs3": "14.0",
        "cs5Label": "First_Action_Result",
        "cs5": action,
        "cs6Label": "Second_Action_Result",
        "cs6": "N/A",
        "cat": 1703,
        "dvchost": "osce01",
        "cn3Label": "Overall_Risk_Rating",
        "cn3": 1,
        "fname": file,
        "filePath": "C:\\\\Users\\\\Public\\\\",
    }
    if source:
        fields["shost"] = source
    fields.update({"dst": address, "deviceFacility": "Apex One"})
    return cef("AV:" + action, malware, fields, **more)


def suspected(host, name="Troj.Win32.TRX.XXPE50FFF039", **more):
    """PML: predictive machine learning."""
    return cef(
        "PML:File quarantined",
        name,
        {
            "cat": 1763,
            "deviceFacility": "Apex One",
            "dvchost": "osce01",
            "dhost": host,
            "dst": "10.1.2.3",
            "app": 10,
            "act": 36,
            "cn1Label": "ThreatType",
            "cn1": 35148,
            "cn2Label": "DetectionType",
            "cn2": 0,
            "cn3Label": "Confidence",
            "cn3": 93,
            "cs2Label": "DetectionName",
            "cs2": name,
            "cs3Label": "InfectionLocation",
            "cs3": "https://files.example.net/a",
            "fname": "a.exe",
            "filePath": "C:\\\\Temp\\\\",
        },
        **more,
    )


def deep_security_manager(number, name, host, severity=3, address="10.1.2.3"):
    """An event of the manager about a computer."""
    return header("dsm01", pri=190) + (
        f"CEF:0|Trend Micro|Deep Security Manager|20.0.1|{number}|{name}|{severity}|src=10.1.2.9 "
        f"suser=System target={host} ({address}) msg=Description Omitted TrendMicroDsTenant=Primary"
    )


def deep_security_agent(malware, host, action="Quarantine", result="Quarantined"):
    """A detection of real-time scan, as the manager relays it."""
    return header("dsm01", pri=190) + (
        f"CEF:0|Trend Micro|Deep Security Agent|20.0.1|4000000|{malware}|6|dvchost={host} "
        f"filePath=C:\\\\a{serial()}.exe act={action} result={result} msg=Realtime"
    )


def watched_malware():
    """A name that the delivered watchlist matches: its first entry, with something for each `*`."""
    with open(os.path.join(harness.SOURCE, "mappings", "watchlist.xml"), encoding="utf-8") as file:
        found = re.search(
            r'(?:pattern|name)="([^"]+)"', re.sub(r"<!--.*?-->", "", file.read(), flags=re.S)
        )
    harness.check(found, "mappings/watchlist.xml has no entry")
    return found.group(1).replace("*", "X")
