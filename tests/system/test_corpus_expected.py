#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our records against what others read in the same messages, field by field.

Beside many logs of the corpus stands what another project made of each line: <log>.expected.jsonl (ECS of
Elastic; columns of Metron, napalm-logs and others; event classes of NOC), for Trend Micro *.expected.json.
Where a mapping of ours knows the line, each key field that they name is looked for in our record:

    agree       ours means the same: the case of hosts, a zone behind IPv6, quotes and a domain before a
                user do not count, and ours may say more
    missing     ours does not say it
    differ      ours says something else
    explained   of the two before, those for which a row of REASONS says why

Fails where a folder is below its bars, where disagreements without a reason are more than a folder may
have, and where a reason explains nothing. Skips without a corpus ($EOG_SHARED/corpus).
--show FOLDER prints the disagreements of folders (a pattern), --fields the table by field as well.
"""

import argparse
import collections
import fnmatch
import glob
import ipaddress
import json
import os
import re
import sys

sys.dont_write_bytecode = True
import corpus

# Folder (a pattern; the first that fits counts), per cent that agree at least, disagreements without a
# reason at most.
BARS = [
    ("trendmicro/apex-central", 93, 0),
    ("trendmicro/deep-security", 85, 0),
    ("trendmicro/vision-one", 82, 0),
    # Folders that no mapping is held to yet: shown.
    ("trendmicro/*", 0, 0),
    ("network/cisco-asa", 92, 0),
    ("network/cisco-ios", 98, 0),
    ("network/huawei-vrp", 100, 0),
    ("network/h3c-comware", 100, 0),
    ("network/fortinet-fortigate", 98, 0),
    ("network/paloalto-panos", 96, 0),
    ("network/sonicwall", 88, 0),
    ("network/sophos", 99, 0),
    ("network/linux", 99, 0),
    # Two thirds of what is read otherwise is the sender's address, taken for a client's.
    ("network/citrix-netscaler", 65, 0),
    ("network/*", 0, 0),
]
# Of all folders that a bar names.
ALL_BAR = 95

# Where ours is not theirs, and why: file (a pattern), field, expression for "theirs | ours | message".
# A row stands for a choice of theirs that we do not follow, never for a mistake of ours.
REASONS = [
    ("trendmicro/apex-central/*", "[hd][os]*t", r"^localhost \| .* dvchost=localhost ",
     "the server calls itself localhost: it is the computer that counts"),
    ("trendmicro/apex-central/*", "src", r"^0\.0\.0\.0 \| ", "0.0.0.0 is no address of anybody"),
    ("trendmicro/apex-central/*", "src", r"^(\S+) \| .* dst=\1 ", "dst is the computer where it was found"),
    ("trendmicro/apex-central/*", "code", r"^(\d+) \| .* cn2=\1 ", "the pattern's id is no signature's"),
    ("trendmicro/deep-security/*", "user", r"^System \| .* suser=System ", "the manager itself is no user"),
    ("trendmicro/deep-security/*", "src", r"^(\S+) \| .*\bsrc=\1 suser=System ", "src is the manager's own address"),
    ("trendmicro/deep-security/*", "src", r"^(\S+) \| (\S+) .*\bsrc=\1 .*msg=User signed in from \2$",
     "src is the manager's own address, the text says whence"),
    ("trendmicro/vision-one/*-detection*", "host", r'^(\S+) \| .*"dhost":"\1".*"endpointHostName":"',
     "the endpoint is the one with a name and an id of its own, dhost the other end"),
    ("trendmicro/vision-one/*-detection*", "file", r'^(\S+) \| .*"filePathName":"\1".*"fullPath":"',
     "of two paths of one file theirs is the shorter key's"),
    ("trendmicro/vision-one/*-detection*", "hash", r'^(\S+) \| .*"(object|process)FileHash\w+":"\1"',
     "the hash of another file, which a process touched"),
    ("network/cisco-*/*", "dst*", r"^(\S+) \| .*-30501[12]: .* to (\S+:)?(\S+/)?\1\b",
     "what an address is translated to is its own outer side, no destination"),
    ("network/cisco-*/*", "src", r"^(\S+) \| .*-302020: Built inbound ICMP .* laddr \1/",
     "they take laddr for the source whoever began: inbound is the foreign end's doing"),
    ("network/cisco-*/*", "dst", r"^(\S+) \| .*-302020: Built inbound ICMP .* faddr \1/", "the same"),
    ("network/cisco-*/*", "src", r"^(\S+) \| .*-302021: Teardown ICMP .* laddr \1/",
     "nothing says who began: the outer end stands first in every other teardown, for them too"),
    ("network/cisco-*/*", "dst", r"^(\S+) \| .*-302021: Teardown ICMP .* faddr \1/", "the same"),
    ("network/cisco-*/*", "src*", r"^(\S+) \| .*-313005: .*payload: (udp|tcp) src (\S+/)?\1\b",
     "of an ICMP error they take the ends of the packet within; it was the error that was refused"),
    ("network/cisco-*/*", "dst*", r"^(\S+) \| .*-313005: .*payload: (udp|tcp) src .* dst (\S+/)?\1\b", "the same"),
    ("network/cisco-*/*", "dst", r"^(\S+) \| .* server = +\1 : user = ",
     "the server that was asked for an account is not where one logs on"),
    ("network/cisco-*/*", "dst", r"^(\S+) \| .* IP = \1, Session disconnected\. ",
     "the user's own address, which is the session's source"),
    ("network/cisco-*/*", "user", r"^(\S+) \| \1\$", "the $ of a computer's account belongs to its name"),
    ("network/cisco-*/*", "target", r"^(\S+) \| \1\$", "the same"),
    ("network/cisco-*/*", "src", r"^0\.0\.0\.0 \| ", "0.0.0.0 is no address of anybody"),
    ("network/cisco-*/elastic-*", "verdict", r"^deny .*-11303[1246]: .*(not applied|ignored|used instead|invalid)\.",
     "a setting was passed over; the session goes on"),
    ("network/cisco-*/*", "src*", r"^(\S+) \| .*: Built outbound \w+ connection \d+ for \S+[:/]\1[/ ]",
     "some take the ends as they stand; outbound is the inner end's doing"),
    ("network/cisco-*/*", "dst*", r"^(\S+) \| .*: Built outbound \w+ connection .* to \S+[:/]\1[/ ]", "the same"),
    ("network/cisco-*/*", "interface", r"^(\S+) \| .*: Built outbound \w+ connection \d+ for \1:", "the same"),
    ("network/cisco-*/metron-*", "verdict", r"-305011: Built ", "a translation lets nothing through"),
    ("network/cisco-*/*", "user", r"^console \| .*%SYS-5-CONFIG_I: ", "the console is a line, not a user"),
    ("network/cisco-*/noc-*", "kind", r"-OVERLAPIP: ", "an address that stands twice is no attack"),
    ("network/cisco-*/noc-*", "kind", r"^service\.start .*-COLDSTART: ",
     "a cold start is the device's, as the trap of that name is"),
    ("network/citrix-*/*", "src", r"^81\.2\.69\.144 \| .* <local0\.info> 81\.2\.69\.144 ",
     "they take whoever sent the line for its client: it is the appliance"),
    ("network/citrix-*/*-cef*", "url", r"^\S+\?abc\\=def \| ", "theirs still holds the backslash of the form"),
    ("network/citrix-*/*", "dst.port", r"^(\d+) \| (\d+) .* - Vserver \S+:\1 - .* - Destination \S+:\2 - ",
     "of a connection that is passed on they take the balancer's own side too; the server is its destination"),
    ("network/citrix-*/*", "dst.port",
     r"^(\d+) \| (\d+) .* NAT_\w*CONN_DELINK .* Destination \S+:\2 - .* Destination \S+:\1 ",
     "of two destinations the first is what the client asked for"),
    ("network/citrix-*/*", "dst*", r"^(\S+) \| .* - (ICAPServer|OriginServer) (\S+:)?\1\b",
     "the server that looks into content is not where it goes"),
    ("network/citrix-*/*", "src", r"^(\S+) \| .* - Client_ip \1 - .* - Source ",
     "of a flow in a tunnel the source is within the tunnel"),
    ("network/citrix-*/*", "src*",
     r"^(\S+) \| .* (Backend SPCBId|SSL_CRL_UPDATE_FAILURE) .*(ServerIP|ServerPort|server_ip|server_port) \1\b",
     "a server that the appliance calls is no source"),
    ("network/fortinet-*/*", "rule", r"^\d+ \| .* subtype=\"(ips|anomaly)\" ",
     "of an attack the signature is the rule; the policy's number stays under its own name"),
    ("network/fortinet-*/*", "url", r"subtype=\"ha\" .* hostname=", "the name of a cluster's member is no URL's"),
    ("network/fortinet-*/*", "src", r"^0\.0\.0\.0 \| ", "0.0.0.0 is no address of anybody"),
    ("network/fortinet-*/*", "dst", r"^(\S+) \| .* tunneltype=\"ssl.* remip=\1 ", "who dials in is the source"),
    ("network/fortinet-*/*", "mail", r"^sip:", "a telephone's address is no mail's"),
    ("network/fortinet-*/*", "host", r"^(\S+) \| .*(?i: srcname=\"\1\" )",
     "the name of the source is the source's, no reporter's"),
    ("network/linux/wazuh-sshd*", "kind", r"sshd\[\d+\]: (Invalid user|Postponed keyboard-interactive) ",
     "sshd says behind it that the logon failed: counted there, once"),
    ("network/sonicwall/*", "host", r"^firewall \| .*\bid=firewall ", "every SonicWall names itself so"),
    ("network/sophos/*", "[sd][rs][ct]", r"^0\.0\.0\.0 \| ", "0.0.0.0 is no address of anybody"),
    ("network/sophos/*utm-http*", "file", r'^(\S+) \| .* function="\w+" file="\1" line="',
     "a file of the proxy's own source"),
    ("network/sophos/*", "verdict", r'^deny .* log_subtype="(Detect|Alert)"',
     "seen and let pass, whatever is said of it"),
    ("network/sophos/*", "verdict", r'^deny .* spamaction="Accept"', "spam, and accepted"),
    ("network/sophos/*", "verdict", r'^deny .* log_type="WAF" .* httpstatus=401 reason="-"',
     "the server behind it wants a password; the firewall let the request through"),
    ("network/sophos/*", "dst", r'^(\S+) \| .* log_type="Sandbox" .* source="\1"',
     "where the file came from is its source"),
    ("network/paloalto-panos/*", "threat", r"^URL-filtering \| .*,THREAT,url,.*\(9999\)",
     "9999 stands for no threat; the name is theirs"),
    ("network/paloalto-panos/*", "*.port", r"^0 \| ", "0 is no port: it stands where there was none"),
    ("network/paloalto-panos/*", "code", r"^[01]\d* \| .*,(USERID|IPTAG),",
     "a column that is 0 in every log of the kind"),
]

# ---- theirs: what each project's names mean ----


def values(tree, path):
    """All leaves at the path of a tree; keys may hold dots."""
    if path == "":
        for item in tree if isinstance(tree, list) else [tree]:
            if not isinstance(item, dict):
                yield item
        return
    for item in tree if isinstance(tree, list) else [tree]:
        if isinstance(item, dict):
            for key, value in item.items():
                if path == key:
                    yield from values(value, "")
                elif path.startswith(key + "."):
                    yield from values(value, path[len(key) + 1:])


# ECS and what vendors' packages put beside it. A field's name may stand several times.
ECS = [
    ("host", "observer.hostname observer.name host.hostname host.name log.syslog.hostname"),
    ("user", "user.name source.user.name client.user.name"),
    ("target", "destination.user.name server.user.name user.target.name"),
    ("src", "source.ip source.address client.ip"),
    ("src.port", "source.port client.port"),
    ("dst", "destination.ip destination.address server.ip"),
    ("dst.port", "destination.port server.port"),
    ("protocol", "network.iana_number"),
    ("interface", "observer.ingress.interface.name"),
    ("rule", "rule.name rule.id cisco.asa.rule_name cisco.ftd.rule_name"),
    ("threat", "fortinet.firewall.virus fortinet.firewall.attack sophos.xg.virus sophos.xg.threatname "
     "sophos.xg.signature_msg panw.panos.threat.name juniper.srx.attack_name threat.software.name "
     "cisco.ftd.security.threat_name cisco.ftd.security.sha_disposition"),
    ("file", "file.name file.path"),
    ("url", "url.original url.full url.domain"),
    ("hash", "file.hash.md5 file.hash.sha1 file.hash.sha256 process.hash.md5 process.hash.sha1 process.hash.sha256"),
    ("code", "event.code"),
    ("verdict", "fortinet.firewall.action panw.panos.action sophos.xg.action juniper.srx.action"),
    ("mail", "email.from.address email.to.address"),
    ("subject", "email.subject"),
    ("query", "dns.question.name"),
    ("app", "network.application"),
    ("src.mac", "source.mac"),
    ("dst.mac", "destination.mac"),
    ("reason", "event.reason"),
]
# How products and readers word that traffic passed or was stopped.
WORDS = {
    "allow": "accept accepted allow allowed permit permitted pass passed passthrough built monitored bypass "
    "start close closed alert detected client-rst server-rst timeout",
    "deny": "deny denied drop dropped block blocked reset reset-both reset-client reset-server block-url discarded "
    "drop-icmp drop-all-packets drop-packet sinkhole",
}
VERDICTS = {word: verdict for verdict, words in WORDS.items() for word in words.split()}


def read_ecs(event):
    types = {"allowed", "denied"} & set(values(event, "event.type"))
    if len(types) == 1:
        yield "verdict", "allow" if "allowed" in types else "deny"
    for field, paths in ECS:
        for path in paths.split():
            for value in values(event, path):
                if field != "verdict":
                    yield field, value
                elif not types and str(value).lower() in VERDICTS:
                    yield field, VERDICTS[str(value).lower()]
    if "authentication" in set(values(event, "event.category")):
        for outcome in values(event, "event.outcome"):
            if outcome in ("success", "failure"):
                yield "outcome", outcome


def read_sekoia(event):
    """Their rule.id is the signature, our code; what they call code is the number of a log."""
    for field, value in read_ecs(event):
        if field != "code" and value not in values(event, "rule.id"):
            yield field, value
    yield from (("code", value) for value in values(event, "rule.id"))


def read_metron(event):
    for field, key in (("src", "ip_src_addr"), ("dst", "ip_dst_addr"), ("src.port", "ip_src_port"),
                       ("dst.port", "ip_dst_port"), ("host", "syslog_host")):
        yield field, event.get(key)
    yield "code", event["ciscotag"].rsplit("-", 1)[-1]
    if event.get("action", "").lower() in VERDICTS:
        yield "verdict", VERDICTS[event["action"].lower()]


# Event classes of NOC and errors of napalm-logs: the kinds of ours that mean the same.
CLASSES = [
    (r"Network \| Link \| Link Up|INTERFACE_UP", "link.up"),
    (r"Network \| Link \| Link Down|INTERFACE_DOWN", "link.down"),
    (r"Security \| Authentication \| Login", "auth.logon_ok"),
    (r"Security \| Authentication \| (Login Failed|Authentication Failed|Privilege Level Change Fail|"
     r"SNMP Authentication Failure)", "auth.logon_fail"),
    (r"Security \| Authentication \| Logout|USER_LOGOUT", "auth.logoff"),
    (r"Config \| Config (Changed|Downloaded Successfully|Synced)|CONFIGURATION_\w+", "config.change"),
    (r"Security \| Audit \| Command", "admin.audit config.change"),
    (r"System \| (Reboot|Started|Halt)|SYSTEM_\w*RE\w+", "device.restart"),
    (r"Network \| (BFD|BGP|OSPF|EIGRP|IS-IS|MPLS|MSDP|PIM|RSVP) \| (\w+ )?(Neighbor|Peer|Session|Adjacency) Down|"
     r"(OSPF|ISIS)_NEIGHBOR_DOWN", "net.neighbor_down"),
    (r"Network \| (BFD|BGP|OSPF|EIGRP|IS-IS|MPLS|MSDP|PIM|RSVP) \| (\w+ )?((Neighbor|Peer|Session|Adjacency) Up|"
     r"Established)|(OSPF|ISIS)_NEIGHBOR_UP", "net.neighbor_up"),
    (r"Chassis \| (PSU|Fan) \| \w+ (Failed|Removed)|Environment \| (Temperature|.* Voltage) Out of Range|"
     r"Chassis \| Hardware \| Hardware (Port Error|Warning)", "hardware.fault"),
    (r"Chassis \| (PSU|Fan) \| \w+ Recovered|Environment \| (Temperature|.* Voltage) Returned to Normal Range",
     "hardware.ok"),
    (r"Security \| ACL \| ACL Deny|Network \| Port Security \| Port Security Violation", "fw.deny"),
    (r"Security \| ACL \| ACL Permit", "fw.allow"),
    (r"Security \| Attack \| .*", "ips.detect"),
    (r"System \| Process Started", "service.start"),
]


def read_class(name):
    for pattern, kinds in CLASSES:
        if re.fullmatch(pattern, name):
            yield "kind", kinds


def read_noc(event):
    yield from read_class(event["event_class"])


def read_napalm(event):
    yield from read_class(event["error"])
    yield "host", event.get("host")
    for key in (event.get("yang_message") or {}).get("interfaces", {}).get("interface", {}):
        yield "interface", key
    yield from (("neighbor", key) for key in keys_under(event.get("yang_message"), ("neighbor", "neighbors")))
    yield from (("user", key) for key in keys_under(event.get("yang_message"), ("user",)))


def keys_under(tree, names):
    """Keys that name the items of a list: {"neighbor": {"192.0.2.1": {...}}}."""
    for key, value in (tree or {}).items():
        if not isinstance(value, dict):
            continue
        if key in names and not set(value) & set(names):
            yield from value
        else:
            yield from keys_under(value, names)


def read_github(event):
    for field, key in (("host", "hostname"), ("user", "username"), ("src", "src_ip"), ("interface", "interface"),
                       ("code", "mnemonic")):
        yield field, event.get(key)


def read_syslogng(event):
    found = re.fullmatch(r"(<[^>]*>)*<([^>]*)>", event.get("result", "") if isinstance(event, dict) else "")
    if found and "device_name" in event.get("template", ""):
        yield "host", found[2]


WAZUH = [
    (r"(?i).*\b(failed login|login failed|authentication failed|user login failed|password mismatch|"
     r"attempt to login|user missed|invalid user).*", "auth.logon_fail"),
    (r"(?i).*\b(successful login|authentication successful|login session opened).*", "auth.logon_ok"),
    (r"(?i).*\b(login session closed).*", "auth.logoff"),
    (r"(?i).*firewall (configuration|command).*|.*user created or modified.*",
     "config.change admin.audit account.change"),
    (r"(?i).*\battack in progress.*|cisco ios ids.*", "ips.detect"),
    (r"cisco ios: acl ?|(?i:.*: (drop|reject|block|quarantine)\b.*|.*blocked \(shunned\).*)|Junos deny", "fw.deny"),
]


def read_wazuh(event):
    for pattern, kinds in WAZUH:
        if re.fullmatch(pattern, event.get("case", "")):
            yield "kind", kinds
            return


def read_loghub(event):
    """Columns of a table, whose names are not those of what stands in them."""
    if "level" in event:
        yield "host", event["level"]
    elif "user" in event:
        yield "host", event["user"]
    else:
        yield "host", event.get("component")


READERS = {"elastic": read_ecs, "sekoia": read_sekoia, "metron": read_metron, "noc": read_noc, "napalm": read_napalm,
           "github": read_github, "syslogng": read_syslogng, "wazuh": read_wazuh, "loghub": read_loghub}
NOTHING = ("", "-", "n/a", "unknown", "none", "null", "(none)")


def read_theirs(name, event, message):
    """Pairs of a key field and what they read there, each once."""
    reader = READERS.get(os.path.basename(name).split("-")[0])
    if not reader or event is None:
        return []
    pairs = ((field, str(value).strip()) for field, value in reader(event) if value is not None)
    # A host that the message does not name is out of their configuration.
    message = message.decode("utf-8", "replace").lower()
    return list(dict.fromkeys((field, value) for field, value in pairs if value.lower() not in NOTHING
                              and (field != "host" or value.lower() in message)))


# ---- ours ----

# Where our record may say it; behind a bar: where, too, when nothing is there before it.
OURS = {
    "host": "product.host host.name syslog.hostname product.ip host.ip",
    "user": "user.name source.user user.target",
    "target": "user.target user.name",
    "src": "src.ip src.name source.ip source.name | host.ip host.name",
    "src.port": "src.port",
    "dst": "dst.ip dst.name | host.ip host.name product.ip",
    "dst.port": "dst.port",
    "protocol": "net.protocol",
    "interface": "interface.name",
    "rule": "rule.name rule.id policy.name event.name",
    "threat": "malware.name rule.name event.name",
    "file": "file.path file.name file.inner process.path process.name",
    "url": "url dns.query dst.name src.name source.name dst.ip",
    "hash": "file.sha256 file.sha1 file.md5",
    "code": "event.code",
    "mail": "email.from email.to",
    "neighbor": "neighbor",
    "subject": "email.subject",
    "query": "dns.query",
    "app": "net.app",
    "src.mac": "src.mac host.mac source.mac",
    "dst.mac": "dst.mac host.mac",
    "reason": "reason status.detail message event.name",
}
OUTCOMES = {"auth.logon_ok": "success", "auth.logoff": "success", "auth.logon_fail": "failure"}
ALLOWING = ("fw.allow", "auth.logon_ok", "malware.passed")
DENYING = ("fw.deny", "dns.block", "auth.logon_fail", "malware.blocked", "malware.quarantined", "malware.deleted",
           "malware.cleaned", "devctl.block", "appctl.block")


def ours_of(field, record):
    """What our record says of the field: texts."""
    if field == "kind":
        return [record["kind"]]
    if field == "verdict":
        said = {1: "allow", 2: "deny", 3: "allow", 4: "deny"}.get(record.get("action.id"))
        said = said or ("allow" if record["kind"] in ALLOWING else "deny" if record["kind"] in DENYING else None)
        return [said] if said else []
    if field == "outcome":
        said = {1: "success", 2: "failure"}.get(record.get("status.id"))
        said = said or OUTCOMES.get(record["kind"])
        return [said] if said else []
    if field == "url" and str(record.get("url", "")).startswith("/"):
        return [str(record[name]) + tail for name in ("dst.name", "dst.ip") if name in record
                for tail in ("", record["url"])] + [record["url"]]
    for group in OURS[field].split("|"):
        found = [str(record[name]) for name in group.split() if name in record]
        if found:
            return found
    return []


def address(text):
    try:
        return str(ipaddress.ip_address(text.split("%")[0]))
    except ValueError:
        return None


def account(text):
    """The name of a user without the domain before or behind it."""
    return re.split(r"[\\/]", text)[-1].split("@")[0]


def same(field, ours, theirs):
    ours, theirs = ours.strip().rstrip("\\").casefold(), theirs.strip().rstrip("\\").casefold()
    if ours == theirs:
        return True
    if field in ("src", "dst", "host", "neighbor"):
        if address(theirs):
            return address(ours) == address(theirs)
        return ours.split(".")[0] == theirs.split(".")[0] and "." in ours + theirs and not address(ours)
    if field in ("user", "target"):
        return account(ours) == account(theirs)
    if field == "kind":
        return ours in theirs.split()
    if field.endswith(".mac"):
        return re.sub(r"[-:.]", "", ours) == re.sub(r"[-:.]", "", theirs)
    if field == "reason":
        return theirs in ours
    if field in ("src.port", "dst.port", "protocol"):
        return ours.isdigit() and theirs.isdigit() and int(ours) == int(theirs)
    if field == "url":
        short = re.sub(r"^\w+://", "", ours)
        return short == re.sub(r"^\w+://", "", theirs) or re.split(r"[/:?]", short)[0] == theirs
    if field == "file":
        return re.split(r"[\\/]", ours)[-1] == theirs
    # A log's number may stand within a longer one: Sophos' 031106210001 is message 10001.
    return field == "code" and (ours.lstrip("0") == theirs.lstrip("0") or len(theirs) > 4 and ours.endswith(theirs))


def compare(pairs, record):
    """For each pair of theirs: field, theirs, ours, outcome."""
    for field, theirs in pairs:
        ours = ours_of(field, record)
        agrees = any(same(field, text, theirs) for text in ours)
        yield field, theirs, ours, "agree" if agrees else "differ" if ours else "missing"


def explain(text):
    """One record a line of the text; None for a line that no mapping knows."""
    answer = json.loads(corpus.eogctl("explain", text, "--json"))["messages"]
    for message in answer:
        if not (message.get("mapping") or {}).get("product"):
            yield None
            continue
        record = {f["name"]: f["value"] for f in message["fields"]}
        record["kind"] = message["kind"]["value"]
        yield record


def cases(folder):
    """Of each file with expectations: name, messages, what they read in each."""
    for path in sorted(glob.glob(os.path.join(corpus.CORPUS, folder, "*.expected.json*"))):
        name = os.path.relpath(path, corpus.CORPUS)
        log = re.sub(r"\.expected\.jsonl?$", ".log", path)
        lines = []
        if os.path.exists(log):
            with open(log, "rb") as f:
                lines = f.read().removesuffix(b"\n").split(b"\n")
        with open(path, encoding="utf-8") as f:
            if path.endswith("l"):
                yield name, lines, [json.loads(line) for line in f]
                continue
            answer = json.load(f)
        answer = answer["expected"] if isinstance(answer, dict) else answer
        pairs = []
        for item in answer:
            if not item:
                continue
            if "line" in item:
                pairs.append((lines[item["line"] - 1], item["expected"]))
            elif next(values(item, "event.original"), None):
                pairs.append((next(values(item, "event.original")).encode(), item))
        yield name, [line for line, _ in pairs], [event for _, event in pairs]


class Row:
    def __init__(self):
        self.lines = self.unknown = self.compared = self.agree = self.missing = self.differ = self.explained = 0
        self.shown, self.problems = [], []
        self.fields = collections.defaultdict(collections.Counter)

    def add_folder(self, folder, used):
        """All its files in one run: the mappings take longer to read than the messages."""
        found = []
        for name, lines, expected in cases(folder):
            if len(lines) != len(expected):
                self.problems.append(f"{name}: {len(lines)} messages, {len(expected)} expectations")
                continue
            for n, (line, event) in enumerate(zip(lines, expected), 1):
                pairs = read_theirs(name, event, line)
                if pairs:
                    found.append((name, n, line, pairs))
        self.lines = len(found)
        records = list(explain(b"".join(line + b"\n" for _, _, line, _ in found))) if found else []
        if len(records) != len(found):
            self.problems.append(f"{folder}: {len(found)} messages, {len(records)} records")
            return
        self.unknown = records.count(None)
        for (name, n, line, pairs), record in zip(found, records):
            if record:
                self.add_line(name, n, line.decode("utf-8", "replace"), compare(pairs, record), used)

    def add_line(self, name, n, line, results, used):
        for field, theirs, ours, outcome in results:
            self.compared += 1
            self.fields[field][outcome] += 1
            setattr(self, outcome, getattr(self, outcome) + 1)
            if outcome == "agree":
                continue
            text = f"{theirs} | {', '.join(ours)} | {line}"
            row = reason(name, field, text)
            if row is not None:
                used[row] += 1
                self.explained += 1
            why = "NO REASON" if row is None else REASONS[row][-1]
            self.shown.append(f"{name}:{n}: {field}: {outcome}: {text[:420]}\n        {why}")

    def share(self):
        return 100 * self.agree / max(self.compared, 1)

    def unexplained(self):
        return self.missing + self.differ - self.explained

    def below(self, agree, unexplained):
        """Words for each bar that the row does not reach."""
        if self.compared == 0:
            yield "nothing was compared"
        if self.share() < agree:
            yield f"agreement below {agree} %"
        if self.unexplained() > unexplained:
            yield f"more than {unexplained} disagreements without a reason"

    def add(self, other):
        for name in ("lines", "unknown", "compared", "agree", "missing", "differ", "explained"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for field, counts in other.fields.items():
            self.fields[field].update(counts)

    def show(self, folder):
        print(f"{folder:28} {self.lines:6} {self.unknown:7} {self.compared:8} {self.agree:6} {self.share():6.1f} % "
              f"{self.missing:7} {self.differ:6} {self.explained:9} {self.unexplained():10}")


def reason(name, field, text):
    """Number of the row that says why, or None."""
    for n, (pattern, of, expression, _) in enumerate(REASONS):
        if fnmatch.fnmatch(field, of) and fnmatch.fnmatch(name, pattern) and re.search(expression, text):
            return n
    return None


def self_check():
    """A comparison that cannot fail proves nothing."""
    record = {"kind": "fw.deny", "src.ip": "fe80::1", "src.port": 22, "user.name": "LAB\\anna",
              "product.host": "FW-1.example.com"}
    theirs = {"source": {"ip": "FE80:0::1%eth0", "port": "022"}, "user.name": "anna", "observer": {"hostname": "fw-1"},
              "event": {"type": ["denied"]}}
    assert [r[-1] for r in compare(read_theirs("elastic-x", theirs, b"fw-1"), record)] == ["agree"] * 5
    theirs = {"source": {"ip": "fe80::2", "port": 23}, "user.name": "ann", "observer": {"hostname": "fw-10"},
              "event": {"type": ["allowed"]}, "destination": {"ip": "192.0.2.1"}}
    found = [r[-1] for r in compare(read_theirs("elastic-x", theirs, b"fw-10"), record)]
    assert sorted(found) == ["differ"] * 5 + ["missing"], found
    assert read_theirs("noc-x", {"event_class": "Network | Link | Link Down"}, b"") == [("kind", "link.down")]
    assert not same("kind", "link.up", "link.down") and not same("dst", "192.0.2.1", "192.0.2.10")
    row = Row()
    assert list(row.below(0, 0)) == ["nothing was compared"]
    row.compared, row.agree, row.missing, row.differ, row.explained = 100, 94, 4, 2, 5
    assert list(row.below(94, 1)) == [] and len(list(row.below(95, 0))) == 2


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--fields", action="store_true")
    parser.add_argument("folder", nargs="*")
    args = parser.parse_args()
    self_check()
    status = corpus.missing()
    if status is not None:
        return status
    wanted = corpus.wanted_of([f for f in corpus.folders(BARS) if next(cases(f), None)], args.folder)
    failures = 0 if wanted else 1
    total, used = Row(), collections.Counter()
    print(f"{'folder':28} {'lines':>6} {'unknown':>7} {'compared':>8} {'agree':>6} {'':8} {'missing':>7} {'differ':>6} "
          f"{'explained':>9} {'no reason':>10}")
    for folder in wanted:
        row = Row()
        row.add_folder(folder, used)
        bars = corpus.bars_of(folder, BARS)
        is_held = any(bar[0] == folder for bar in BARS)
        if not is_held and not row.compared and not row.problems:
            continue
        row.show(folder)
        faults = row.problems + ([f"{folder}: {fault}" for fault in row.below(*bars)] if is_held else [])
        for text in faults + (row.shown if args.show else []):
            print("    " + text)
        failures += len(faults)
        if is_held:
            total.add(row)
    total.show("held")
    if args.fields:
        for field, counts in sorted(total.fields.items()):
            print(f"    {field:10} {counts['agree']:6} agree {counts['missing']:5} missing {counts['differ']:5} differ")
    if not args.folder:
        stale = [row for n, row in enumerate(REASONS) if not used[n]]
        for row in stale:
            print(f"    a reason that explains nothing: {row}")
        failures += len(stale)
        if total.share() < ALL_BAR:
            print(f"    agreement below {ALL_BAR} %")
            failures += 1
    print(f"{len(wanted)} folders, {failures} failures")
    return 1 if failures else 0


sys.exit(main())
