#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make mappings/notifications.txt, the names of notifications and objects, from definitions.

    mibs/names.py < trap-definitions.jsonl > mappings/notifications.txt

Each line of the input is an object with name, oid (of a notification) and objects, a list of
[module, name, oid]. Only numbers and names are taken. What a notification means is said by RULES:
the first whose pattern is found in the name counts. The same input gives the same bytes.
"""
import json
import re
import sys

VENDORS = {
    "1.3.6.1.2.1": "IETF",
    "1.3.6.1.6.3": "IETF",
    "1.3.6.1.4.1.9": "Cisco",
    "1.3.6.1.4.1.11": "Hewlett Packard Enterprise",
    "1.3.6.1.4.1.43": "3Com",
    "1.3.6.1.4.1.318": "APC",
    "1.3.6.1.4.1.2011": "Huawei",
    "1.3.6.1.4.1.2620": "Check Point",
    "1.3.6.1.4.1.2636": "Juniper Networks",
    "1.3.6.1.4.1.3375": "F5",
    "1.3.6.1.4.1.3884": "SonicWall",
    "1.3.6.1.4.1.6101": "Trend Micro",
    "1.3.6.1.4.1.8072": "Net-SNMP",
    "1.3.6.1.4.1.8239": "Juniper Networks",
    "1.3.6.1.4.1.8714": "SonicWall",
    "1.3.6.1.4.1.8741": "SonicWall",
    "1.3.6.1.4.1.10734": "TippingPoint",
    "1.3.6.1.4.1.12356": "Fortinet",
    "1.3.6.1.4.1.12532": "Pulse Secure",
    "1.3.6.1.4.1.14988": "MikroTik",
    "1.3.6.1.4.1.25461": "Palo Alto Networks",
    "1.3.6.1.4.1.25506": "H3C",
    "1.3.6.1.4.1.30065": "Arista",
}

# Of standards, beside those that the definitions have: notifications, then objects.
STANDARD = {
    "1.3.6.1.2.1.15.0.1": "bgpEstablishedNotification",
    "1.3.6.1.2.1.15.0.2": "bgpBackwardTransNotification",
}
STANDARD_OBJECTS = {
    "1.3.6.1.2.1.1.1": "sysDescr",
    "1.3.6.1.2.1.1.2": "sysObjectID",
    "1.3.6.1.2.1.31.1.1.1.1": "ifName",
    "1.3.6.1.2.1.31.1.1.1.18": "ifAlias",
    "1.3.6.1.2.1.33.1.2.2": "upsSecondsOnBattery",
    "1.3.6.1.2.1.33.1.2.3": "upsEstimatedMinutesRemaining",
}

# Back to normal; of two that differ by this word the other one is the fault.
OVER = (r"(Resume|Restore[ds]?|Recover|Normal(?!Reset)|OK|Ok(?=$|[A-Z])|Clear|ReTrap|FanUp$"
        r"|(?<!Not)(?<!not)Inserted$|(?:Fan|Power)Insert$)")
BAD = (r"(Fail|fail|Fault|Error|Err$|Bad|High|Low|Over|OutOf|Loss|Lost|Absent|Invalid|Unusable"
       r"|Alarm|Abnormal|Rising|Falling|Exce|Exceed|Threshold|Critical|Mjr|Mnr|Insufficien|NoPower"
       r"|Remove|Expired|Shutdown)")
PART = (r"(Fan(?!out)|^hh?3c?cfan|hh3cfan|Power(?!Level|Change|Lv)|power(?=fail)|PSU|PowerSupply"
        r"|Temp(?!late|t)|Thermal|Volt|Batter)")
NO_PART = r"(?!.*(Optic|Radio|RRM|PoePd|Onu|[Aa]ttempt|Tunnel|VMMan|Rx|Tx|Laser))"
ROUTING = r"(bgp|Bgp|BGP|ospf|Ospf|OSPF|[Ii]sis|Ldp|LDP|Rsvp|RIP|Rip|Pim|PIM|Vrrp|vrrp|Xrrp|Bfd)"

RULES = [
    (r"^(bgpEstablished|cbgpPeer2EstablishedNotification|aristaBgp4V2Established|hwBgpPeerEstabl"
     r"|panROUTINGRoutedBGPPeerEnterEst|hwBgpPeerAvailable$|hwOspfV2NeighborUnavailableClear"
     r"|panROUTINGRoutedOSPFNeighborFull|panROUTINGRoutedPIMNeighborDiscovered"
     r"|jnx(Mpls)?LdpSes(sion)?Up|jnxBgpM2Established|hwIsisAdjacencyChangeClear"
     r"|hh?3?c?.*BgpPeer.*Established)", "net.neighbor_up", "informational"),
    (r"^(c?bgp(Peer2)?BackwardTrans|aristaBgp4V2Backward|hwBgpPeerBackward"
     r"|hwBgpPeerUnavailable$|panROUTINGRoutedBGPPeer(LeftEst|Failed)|hwOspfV2NeighborUnavailable$"
     r"|panROUTINGRoutedOSPFNeighborDown|panROUTINGRoutedPIMNeighborDisappeared"
     r"|jnx(Mpls)?LdpSes(sion)?Down|jnxBgpM2Backward|hpicfPim6?NeighborLoss"
     r"|tptSmsEgpNeighborDown)", "net.neighbor_down", "high"),
    (r"^(cefcFanTray|cefcPower|ciscoEnvMon.*StatusChange|.*Fru(Insertion|Removal))",
     "system.status", "medium"),
    (r"^(jnx(Fabric)?FruPowerOff)", "hardware.fault", "medium"),
    (r"^(jnx(Fabric)?FruPowerOn)", "hardware.ok", "informational"),
    (r"^(ciscoEnvMon(Voltage|Temperature|Fan|RedundantSupply|Shutdown)Notification"
     r"|chkpnt(Temperture|FanSpeed|Voltage|PowerSupply)Trap|upsTrapOnBattery"
     r"|jnxOverTemperature|bigip.*(FanBad|PowerSupplyBad|NoPower|FanTrayBad|DiskFailure)"
     r"|tptHardwareNotify|mtxrTemperatureException|ive(Fan|PowerSupply|Temperature)Notify)",
     "hardware.fault", "high"),
    (rf"^{NO_PART}(?=.*{PART}).*{OVER}", "hardware.ok", "informational"),
    (rf"^{NO_PART}(?=.*{PART}).*{BAD}", "hardware.fault", "high"),
    (r"(AvVirus|AntiVirus$|fnTrapAvEvent)", "malware.found", "high"),
    (r"^(f[gn]TrapIps(Signature|Anomaly)|fnTrapIds|fnTrapNids|swFwTrapAttack|swFwTrapWlanIDS"
     r"|swFwTrapEnh(LegacyAttacks|IntrusionDetection|WlanIds)|jnxJsIdpAttackLog|jnxJsScreenAttack"
     r"|bigipAsm.*(Attack|Violation|Blocked)|bigipDosAttackStart|hh?3c?.*DDosAttackStart"
     r"|h3cDDosAttackStart|.*WIDSDetectAttack|hwWlanWids.*AttackDetected|hpicfIntrusionTrap"
     r"|tptPolicy(Log)?Notify|tptNgfwPolicyNotify)", "ips.detect", "high"),
    (r"^(ciscoConfigManEvent|ccmCLIRunningConfigChanged|aristaConfigManEvent|fgFmTrapConfChange"
     r"|chkpntSystemConfiguration(Change|Save)Trap|jnxCmCfgChange|hwConfigurationChangedEvent"
     r"|configChange|fnTrapDemoUpdateConfig|hh?3?c?.*CfgManEventlog|hwCfgManEventlog"
     r"|bigipConfigLoaded)", "config.change", "low"),
    (rf"^(?!.*{ROUTING})(?!.*(I[Kk][Ee]|I[Pp][Ss]ec|RSA|MD5|RADIUS|Radius|Resume|Clear|Server))"
     r".*([Aa]uthenticationFailure|SnmpAuthFail|Auth(en)?(tication)?Fail|AuthenFail"
     r"|LogIn(Authen)?Fail|Log[io]n(Auth)?Fail|LoginFail|AuthenticateFail|TooManyFailedLogin"
     r"|AuthenticationError|UserAuthLocked|LogInAuthenFailure)", "auth.logon_fail", "medium"),
    (r"^(hh?3cSecureLogon|h3cLogIn$|hh3cLogIn$|hwUserLogin$|h3cSSHUserLogin|hh3cSSHUserLogin"
     r"|panGeneralAuthSuccess|panGlobalProtect(Gateway|Portal)AuthSucc|panSSLVPNSslvpnAuthSucc)",
     "auth.logon_ok", "informational"),
    (r"^(coldStart|warmStart|fnTrapColdStart|hw(Sys)?(Cold|Warm)Start|hwSys(Cold|Warm)StartTrap"
     r"|hwRebootSendTrap|hh3cRebootSendTrap|hh3cSys(Cold|Warm)Start|h3cSysStartUp"
     r"|panGeneralSystemStart|tptSms(Reboot|SystemRestart)|tptDeviceBooted|iveReboot"
     r"|boot(Factory|Previous))", "device.restart", "medium"),
    (r"(LicenseE?(Will|AboutTo)?.*(AboutToExpire|WillExpire|ExpireWarning|Expired|ExpireAlarm)"
     r"|bigipLicense(Failed|Expired)|InvalidLicense)", "license.expiring", "medium"),
    (r"^(linkDown|.*(Uni|Net|Ext|Stack|Css|Inner|Client|Cops|Ia|Monitor|Physical)LinkDown"
     r"|f[gn]TrapVpnTunDown|ive.*InterfaceDown|jnxVpn(If|Pw)Down|hpicfServiceTunnelIfDown"
     r"|chkpntTrapNetIfUnplugged|hpicfUdldLinkfault|.*EponUniLinkDown)", "link.down", "medium"),
    (r"^(linkUp|.*(Uni|Net|Ext|Stack|Css|Inner|Client|Cops|Ia|Monitor|Physical)Link[Uu]p"
     r"|f[gn]TrapVpnTunUp|jnxVpn(If|Pw)Up|hpicfServiceTunnelIfUp|hpicfUdldLinkUp"
     r"|.*EponUniLinkUp)", "link.up", "informational"),
    (r"^(nsNotifyStart|bigipAgentStart|iveStart)$", "service.start", "informational"),
    (r"^(nsNotifyShutdown|bigipAgentShutdown|iveShutdown)$", "service.stop", "medium"),
    (rf"{OVER}", "system.status", "informational"),
    (r"(Fail|fail|Fault|Down|Alarm|Lost|Loss|Exceed|Error|Full|Attack|Conflict|Abnormal|Unreach"
     r"|(Cpu|CPU|cpu|Mem|Memory|Disk).*(High|Hi$|Low|Rising|Threshold|Overload|Full)|Expire"
     r"|Critical|Violation|NotAvail)", "system.status", "medium"),
    (r"", "system.status", "informational"),
]
RULES = [(re.compile(pattern), kind, severity) for pattern, kind, severity in RULES]


def arcs(oid):
    return tuple(int(arc) for arc in oid.split("."))


def meaning(names):
    """Two definitions of one number that do not mean the same: nobody can say which it is."""
    found = {next((k, s) for p, k, s in RULES if p.search(name)) for name in names}
    return found.pop() if len(found) == 1 else ("system.status", "informational")


def read(stream):
    """Names by OID, the surest first."""
    notifications, objects = {}, {}
    definitions = [json.loads(line) for line in stream]
    for d in sorted(definitions, key=lambda d: not d.get("verified")):
        notifications.setdefault(d["oid"], []).append(d["name"])
        for found in d.get("objects", []):
            if len(found) > 2 and found[2]:
                objects.setdefault(found[2], found[1])
    for oid, name in STANDARD.items():
        notifications.setdefault(oid, [name])
    return notifications, {**STANDARD_OBJECTS, **objects}


def lines(notifications, objects):
    """In order of the OIDs' numbers; ".2.3 name" stands below the last line that is digits alone."""
    base = None
    for oid in sorted({*VENDORS, *objects, *notifications}, key=arcs):
        if oid in VENDORS:
            yield f"{oid} {VENDORS[oid]}"
        if oid not in notifications and oid not in objects:
            continue
        if base is None or not oid.startswith(base + "."):
            base = oid.rsplit(".", 2)[0]
            yield base
        if oid in notifications:
            names = notifications[oid]
            yield " ".join([oid[len(base):], names[0], *meaning(names)])
        else:
            yield f"{oid[len(base):]} {objects[oid]}"


print("# SPDX-License-Identifier: GPL-3.0-or-later")
print("# Made by mibs/names.py; lines may be added. OID vendor; OID alone, and below it")
print("# .N object, or .N notification kind severity. In the order of the OIDs' numbers.")
for row in lines(*read(sys.stdin)):
    print(row)
