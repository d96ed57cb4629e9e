#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an indicator promises holds whichever product tells it: the same thing, said by consoles and
appliances of several vendors as each says it, turns the same row by the same value."""
import contextlib
import socket
import time

import ber
from harness import Gateway, check, check_equal, main

CALLBACK, RANSOMWARE, MAIL = (22, "c2-callback"), (19, "ransomware"), (25, "email-threat")
OFFLINE, PROTECTION = (1, "product-offline"), (7, "protection-disabled")

# Sources: an address each, so that each is a site of its own and nothing is counted together.
SITES = [f"s{n:02d}" for n in range(1, 25)]


def stamp(form, zone_h=0):
    return time.strftime(form, time.gmtime(time.time() + 3600 * zone_h))


def now():
    """The words for this moment that messages below are filled with; consoles in China write UTC+8."""
    return {
        "rfc3164": stamp("%b %e %H:%M:%S", 8),
        "rt": stamp("%b %d %Y %H:%M:%S GMT+00:00"),
        "rfc5424": stamp("%Y-%m-%dT%H:%M:%SZ"),
        "local": stamp("%Y-%m-%d %H:%M:%S", 8),
        "slashed": stamp("%Y/%m/%d %H:%M:%S", 8),
        "utc": stamp("%Y-%m-%d %H:%M:%S"),
        "unix": int(time.time()),
    }


@contextlib.contextmanager
def gateway(*keys, inventory=None):
    sites = "".join(f'<site id="{site}" zone="Asia/Shanghai"/>' for site in SITES)
    sources = "".join(
        f'<source address="127.1.0.{n}" site="{site}" charset="GB18030" zone="Asia/Shanghai"/>'
        for n, site in enumerate(SITES, 1)
    )
    sections = {
        "gateway": f'<gateway id="gw-test" site="{SITES[0]}"/>',
        "site": sites,
        "source": sources,
        "kpi": "".join(f'<kpi key="{key}" enabled="yes"/>' for _, key in keys),
        "inventory": inventory and '<inventory file="inventory.csv"/>',
    }
    files = {"inventory.csv": inventory} if inventory else {}
    with Gateway("products", sections=sections, files=files) as gw:
        yield gw.start()


def send(gw, site, *messages, to="syslog"):
    """From the site's own address, text in the charset that its source declares."""
    goal = gw.counter("received") + len(messages)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((f"127.1.0.{SITES.index(site) + 1}", 0))
        for message in messages:
            data = message if isinstance(message, bytes) else message.encode("gb18030")
            sender.sendto(data, ("127.0.0.1", gw.port[to]))
    gw.wait_for(lambda: gw.counter("received") >= goal, f"{goal} messages are received")
    gw.settle()


def each_turns(kpi, state, value, messages, n=3, scope="{site}"):
    """Each product alone: n messages of it, {i} in them another each, make that state and value."""
    with gateway(kpi) as gw:
        for site, (product, text) in zip(SITES, messages.items()):
            lines = [text.format(i=i, **now()) for i in range(1, n + 1)]
            send(gw, site, *lines)
            row = gw.wait_state(*kpi, scope.format(site=site, name=product), state)
            check_equal(row["value"], value, f"{kpi[1]} by {product}")
        check(len(messages) <= len(SITES), "as many sites as products")


CALLBACKS = {
    "Cisco ASA": "<164>{rfc3164} asa1 %ASA-4-338002: Dynamic filter permitted black listed TCP traffic from"
    " inside:10.4.1.{i}/1030 (198.51.100.1/40003) to outside:203.0.113.66/80 (203.0.113.66/80),"
    " destination 203.0.113.66 resolved from dynamic list: bad.example.com",
    "Cisco ASA, called from outside": "<164>{rfc3164} asa1 %ASA-4-338001: Dynamic filter monitored"
    " blacklisted TCP traffic from outside:203.0.113.66/443 (203.0.113.66/443) to"
    " inside:10.4.1.{i}/1031 (198.51.100.1/40004), source 203.0.113.66 resolved from local list: x.example",
    "Hillstone": "<188>{rfc3164} 2610(root) 46a4941d Threat@FLOW: From 10.4.1.{i}(UNKNOWN:-@-):5104"
    "(ethernet0/1) to 203.0.113.9(UNKNOWN:-@-):80(ethernet0/2), threat name: Botnet C&C IP, threat type:"
    " Malware, threat subtype: Trojan, App/Protocol: HTTP, action: log, defender: BOTNET DETECT",
    "Juniper SRX": "<14>1 {rfc5424} srx1 RT_SECINTEL - SECINTEL_ACTION_LOG [junos@2636.1.1.1.2.40"
    ' category="CC" sub-category="Blacklist" action="BLOCK" http-host="bad.example"'
    ' source-address="10.4.1.{i}" source-port="5492" destination-address="198.51.100.1"]',
    "Sangfor AF": "<23>{rfc3164} localhost fwlog: 日志类型:僵尸网络日志, 策略名称:-, 规则ID:34014989, 源IP:10.4.1.{i},"
    " 源端口:4720, 目的IP:203.0.113.220, 目的端口:80, 攻击类型:僵尸网络, 严重级别:低, 系统动作:拒绝, URL:-",
    "Topsec": '<134>{rfc3164} fw-hq id="NGTOS" version="V3.2294" time="{local}" dev="fw-hq" pri="6"'
    ' type="僵尸网络" recorder="TVD" index="2142" protoname="DNS" src="10.4.1.{i}" sport="5709"'
    ' dst="198.51.100.5" dport="53" bad_domain="bot.example.com" action="告警" attack_type="恶意软件"',
    "Venustech": '<186>{rfc3164} ips APT_CB_BLOCK: SerialNum=01 GenTime="{local}" SrcIP=10.4.1.{i} SrcIP6='
    ' SrcIPVer=4 DstIP=203.0.113.32 DstIP6= DstIPVer=4 SrcPort=1064 DstPort=21 Content="callback"',
    "Cisco FTD": "<113>{rfc5424} ftd1 : %FTD-6-430003: EventPriority: High, AccessControlRuleAction: Block,"
    " AccessControlRuleReason: IP Block, SrcIP: 10.4.1.{i}, DstIP: 203.0.113.66, SrcPort: 50000, DstPort: 443,"
    " Protocol: tcp, ACPolicy: default, IPReputationSICategory: CnC",
    "Suricata": '<33>{rfc3164} ids1 suricata[1]: {{"timestamp":"{rfc5424}","event_type":"alert",'
    '"src_ip":"10.4.1.{i}","src_port":44321,"dest_ip":"203.0.113.66","dest_port":80,"proto":"TCP","alert":'
    '{{"action":"allowed","signature_id":900002,"signature":"SAMPLE checkin","category":"Malware Command and'
    ' Control Activity Detected","severity":1}}}}',
    "Deep Discovery": "<134>{rfc3164} ddi-1 CEF:0|Trend Micro|Deep Discovery Inspector|3.8.1175|20|Malware URL"
    " requested - Type 1|6|dvc=192.0.2.143 dvchost=ddi-1 rt={rt} app=HTTP deviceDirection=1"
    " dhost=bad.example dst=198.51.100.2 dpt=80 src=10.4.1.{i} spt=12121 act=not blocked"
    " cat=Callback",
}


def test_callbacks():
    """C&C callbacks: three computers behind a firewall are three, not the firewall nor none"""
    each_turns(CALLBACK, "critical", 3, CALLBACKS)


RANSOMWARES = {
    "Rising": "<0> {local} rx01 AV 0 Trojan.Agent!1.AA{i} 勒索病毒 清除成功 自定义查杀 a.exe C:\\t {local} PC-{i} 10.4.1.{i}"
    " 00-0C-29-68-0B-0{i}",
    "Sangfor EDR": '<165>{rfc3164} edr1 EDR.[26566]: virus : [{{"_id":"0{i}","virus_name":'
    '"Ransom.Win32.Test.a","risk_level":1,"time":{unix},"found_time":{unix},"agent_id":"422309165{i}",'
    '"file_path":"c:\\\\t\\\\dig.exe"}}]',
    "Topsec EDR": 'group_name="研发" detail_virus_type="Ransom" version_dbtime="1772902390"'
    ' detail_file_path="C:\\\\t\\\\a.exe" detail_virus_name="Test.b" hostname="PC-{i}" client_ip="10.4.1.{i}"'
    ' detail_treatment="2" time="{unix}" client_id="1209F{i}" version_product="1.0.6.1" fname="filemon"'
    ' virus_name="Test.b" virus_type="Ransom"',
    "Venustech": "<28>{rfc3164} av1 av[18146]: devid=\"9c5ca7a{i}\" time={unix} event_class_id=0x0700"
    ' event_id=0x0701 alarm=0 level=3 virus_name="Trojan.Filecoder.Z" virus_type="木马" op_result="已隔离"'
    ' dev_name="PC-{i}" ip="10.4.1.{i}"',
    "Symantec": "<51>{rfc3164} sepm1 SymantecServer: Virus found,IP Address: 10.4.1.{i},Computer name: PC-{i},"
    "Source: Auto-Protect scan,Risk name: Ransom.Sample,Occurrences: 1,File path: C:\\t\\a.exe,Description: ,"
    "Actual action: Quarantined,Requested action: Cleaned,Secondary action: Quarantined,Event time: {utc}",
    "Kaspersky": '<132>1 {rfc5424} ksc1 KES|11.0.0.0 - GNRL_EV_VIRUS_FOUND [event@23668 p2="C:\\\\t\\\\a.exe"'
    ' p5="Trojan-Ransom.Win32.Sample" et="GNRL_EV_VIRUS_FOUND" tdn="File Threat Protection"'
    ' etdn="Malicious object detected" hdn="PC-{i}" hip="10.4.1.{i}"] Result: Detected',
    "ESET": '<12>1 {rfc5424} era1 ERAServer 1 - - {{"event_type":"Threat_Event","ipv4":"10.4.1.{i}",'
    '"hostname":"PC-{i}","severity":"Warning","threat_type":"trojan","threat_name":"Win32/Filecoder.Sample",'
    '"object_uri":"file:///C:/t/a.exe","action_taken":"cleaned by deleting","threat_handled":true,'
    '"need_restart":false}}',
    "Sophos Central": '{{"created_at":"{rfc5424}","source_info":{{"ip":"10.4.1.{i}"}},"severity":"high",'
    '"threat":"Troj/Ransom-Sample","endpoint_id":"e{i}","endpoint_type":"computer","type":'
    '"Event::Endpoint::Threat::Detected","name":"Malware detected","location":"PC-{i}","id":"k{i}",'
    '"when":"{rfc5424}","group":"MALWARE","datastream":"event"}}',
    "ePolicy Orchestrator": "<29>1 {rfc5424} epo1 EPOEvents - EventFwd - <EPOevent><MachineInfo><MachineName>"
    "PC-{i}</MachineName><AgentGUID>{{{i}}}</AgentGUID><IPAddress>10.4.1.{i}</IPAddress></MachineInfo>"
    "<SoftwareInfo><Event><EventID>1027</EventID><Severity>3</Severity><CommonFields><ThreatCategory>av.detect"
    "</ThreatCategory><ThreatName>Ransom-Sample</ThreatName><ThreatActionTaken>IDS_ALERT_ACT_TAK_DEL"
    "</ThreatActionTaken><ThreatHandled>True</ThreatHandled></CommonFields></Event></SoftwareInfo></EPOevent>",
    "Apex Central": "<134>{rfc3164} apex1 CEF:0|Trend Micro|Apex Central|2019|AV:File quarantined|"
    "Ransom_CRYPTESLA.SM|3|rt={rt} cnt=1 dhost=PC-{i} act=File quarantined fname=a.exe dst=10.4.1.{i}"
    " deviceFacility=Apex One devicePayloadId=0C43407C83F9-0000000{i}-0000000{i}",
}


def test_ransomware():
    """Ransomware: by its class in any tongue, or by its name"""
    each_turns(RANSOMWARE, "critical", 3, RANSOMWARES)


# By the name of the appliance, whose row it is.
MAILS = {
    "imsva1": "<134>{rfc3164} imsva1 polevt.imss: {slashed} GMT+08:00\t133B0D2C-B405-8DE7-9C11-0A1B2C3D4E{i:02d}\t"
    "<{i}@mail.example>\ta@mail.example\tb@example.com\tInvoice\t198.51.100.7\tinvoice.zip\t"
    "Default virus\tTROJ_SAMPLE.A\tQuarantine",
    "ex1": "<134>{rfc3164} EX1 SMEX[6480]: CEF:0|Trend Micro|SMEX|14.0|100101|Virus Detection|High|rt={rt}"
    " foundAt=Mailbox suser=sender@mail.example; duser=a{i}@example.com; msg=x act=Clean fail, pass"
    " virusName=TROJ_SAMPLE.A threatType=Trojans fname=x.exe",
    "mx1": "<22>{rfc3164} mx1 mail_logs: Info: MID {i} antivirus positive 'EICAR-AV-Test'",
    "ddei5": "<134>{rfc3164} ddei5 CEF:0|Trend Micro|Deep Discovery Email Inspector|5.1.0.1288|100130|"
    "EMAIL_DETECTION|8|rt={rt} cs3Label=messageId cs3=<{i}@mail.example> cs2Label=msgUuid"
    " cs2=DA1CCC{i:02d} dvchost=ddei5 suser=a@mail.example duser=b@mail.example msg=Invoice"
    " src=203.0.113.8 act=quarantined cs1Label=threats cs1=FRAUD_PHISHING.WRS cn1Label=threatType cn1=2",
}


def test_mails():
    """E-mail threats: twenty bad mails are twenty, whether told as mails or as the malware in them"""
    each_turns(MAIL, "warning", 20, MAILS, n=20, scope="{site}/{name}")


WINDOWS = (
    '<14>{rfc3164} pc{i} nxWinEvt[12]: {{"EventTime":"{local}","Hostname":"pc{i}.example.net","EventType":"INFO",'
    '"EventID":%d,"SourceName":"Microsoft-Windows-Windows Defender","Version":0,"RecordNumber":9195{i},'
    '"Channel":"Microsoft-Windows-Windows Defender/Operational","Message":"text","Product Name":"Microsoft'
    ' Defender Antivirus"}}'
)
MANAGER = "<134>{rfc3164} dsm1 CEF:0|Trend Micro|Deep Security Manager|20.0|%s|8|target=srv-{i} (10.4.1.{i})"
PROTECTIONS = {
    "Defender, each computer for itself": (WINDOWS % 5001, WINDOWS % 5000),
    "Symantec, by its manager": (
        "<54>{rfc3164} sepm1 SymantecServer: PC-{i},Category: 0,Symantec AntiVirus,Event Description: Symantec"
        " Endpoint Protection Auto-Protect disabled.,Event time: {utc}",
        "<54>{rfc3164} sepm1 SymantecServer: PC-{i},Category: 0,Symantec AntiVirus,Event Description: Symantec"
        " Endpoint Protection Auto-Protect enabled.,Event time: {utc}",
    ),
    "ServerProtect, each server for itself": (
        "<12>{rfc3164} fs{i} ServerProtect: 7: Real-time scan has been unloaded",
        "<12>{rfc3164} fs{i} ServerProtect: 7: Real-time scan has been loaded",
    ),
    "Deep Security, by its manager": (
        MANAGER % "738|Intrusion Prevention Engine Offline",
        MANAGER % "739|Intrusion Prevention Engine Back Online",
    ),
}


def test_protection():
    """Protection disabled: hosts of a console, and those that speak for themselves; and back"""
    with gateway(PROTECTION) as gw:
        for site, (off, on) in zip(SITES, PROTECTIONS.values()):
            for text, state, value in ((off, "warning", 2), (on, "ok", 0)):
                send(gw, site, *[text.format(i=i, **now()) for i in (1, 2)])
                row = gw.wait_state(*PROTECTION, site, state)
                check_equal(row["value"], value, f"hosts of {site} whose protection is off")


def test_notifications():
    """A console's notifications speak of others: of three computers, of a product it cannot reach"""
    root = "1.3.6.1.4.1.6101.100"
    inventory = f"site,name,role\n{SITES[0]},osce01,product\n"

    def told(text):
        return ber.v1_trap(root, 6, 1, [(root + ".1.0", ber.octets(text))], agent="192.0.2.30")

    with gateway(CALLBACK, OFFLINE, inventory=inventory) as gw:
        calls = [told(f"C&C callback alert: PC-{i} called back 198.51.100.4") for i in (1, 2, 3)]
        send(gw, SITES[0], *calls, told("Managed product unreachable: osce01"), to="trap")
        check_equal(gw.wait_state(*CALLBACK, SITES[0], "critical")["value"], 3, "computers that called")
        gw.wait_state(*OFFLINE, f"{SITES[0]}/osce01", "critical")
        gw.wait_state(*OFFLINE, f"{SITES[0]}/192.0.2.30", "ok")


main(test_callbacks, test_ransomware, test_mails, test_protection, test_notifications)
