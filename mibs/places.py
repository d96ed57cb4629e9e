# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of a record's fields an object's value belongs into, by its number and its name, and which
one the number of its instance. The first that is found counts; no field: it stays by its name.
"""
import re

IF_MIB = ("1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1")

VALUES = [
    (r"^ifIndex$|(?<!Peer)(?<!Remote)[a-z0-9](IfIndex|InterfaceIndex)$", "interface.index"),
    (r"^if(Name|Descr)$|^svnNetIfName$|^fnTrapIfName$|(?<!Peer)(?<!Pre)(?<!Main)(?<!Lacp)[a-z0-9]IfName$"
     r"|[a-z0-9]IfDescr$|^(?!.*(Ingress|Egress|Aggregate|Receive|Tunnel)).*[a-z]InterfaceName$"
     r"|^hwLdtInterfaceName$", "interface.name"),
    (r"^sysName$|^panHostname$|^alertSystem$|^alertSystemFQDN$", "host.name"),

    (r"PeerRemoteAddr$|^bgpPeerRemoteAddr|PeerIdentifier$|PeerAddr(ess)?$|PeerIpAddr$|RemoteGateway$"
     r"|TunRemote(Inet)?Addr$|NbrIpAddr$|NbrRtrId$|OperRemoteTAddr$|BfdSessPeer\w*Addr$|PeerIp$"
     r"|PeerRemoteIp$|VirtIfNeighbor$|^hwRsvpTeNbr$|FailRemoteAddress$|PeerIPAddress$|IPAddrNbr$"
     r"|^cikePeerRemote|^jnxLdpRtrid$|TunnelDstIP$|NbrAddr(ess)?$|NeighborAddr(ess)?$", "neighbor"),
    (r"^(?!.*(Dst|Peer|Radius|Max|Num)).*[a-z](UserName|LoginName)$|CfgChgEventUser$"
     r"|^pan(ConfigAdmin|AuthUser|SrcUser|UseridUser)$|^hwConfigChangeUser$|^hh?3cLogInName$"
     r"|^hwLoginName$|^hwUserInfoName$|^clauUserName$|^hwCfg\w*UserName$|^bsnStationUserName$", "user.name"),
    (r"^pan(DstUser)$", "user.target"),
    (r"[Ss]rcIp(Address|Addr)?$|SourceIp(Address)?$|^panSource$|(Attack|Atk)(Src)?I[Pp](Addr)?$"
     r"|AttemptIp(v6)?Addr$|SessionUserIpAddr$|FwAuthClientIpAddr$|AuthFailIP$|^blockedIP"
     r"|^panConfigClient$|UserIpAddr(ess)?$|UserInfoIpAddr$|ClientIP(Address)?$|^hwConfigChangeIP$"
     r"|^hwTelnet\w*IP$|^cExtSnmpTargetVrf|authAddr$|LoginFailIP$|^hh?3c\w*LoginIP", "src.ip"),
    (r"TerminalSource$", "src.ip:text"),  # "con0", "vty0", or an address in words
    (r"[Dd]stIp(Address|Addr)?$|DestinationIp$|^panDestination$|TargetIP$", "dst.ip"),
    (r"[a-z]SrcPort$|^panSourcePort$", "src.port"),
    (r"[a-z]DstPort$|^panDestinationPort$", "dst.port"),
    (r"SrcM[Aa][Cc](Addr(ess)?)?$|SecureLastMacAddress$|SourceMac$|SecureAddrMAC$|AtkMac$"
     r"|AttackDevMAC$|SocAttackMacAddr$|hubIntruderAddress$|RogueMAC$|^hwStrackSourceMac$"
     r"|RogueApMacAddress$|RogueAPDot11MacAddress$", "src.mac"),
    (r"SrcResolvedHostName$", "src.name"),
    (r"DstResolvedHostName$", "dst.name"),
    (r"^panApplication$", "net.app"),

    (r"TrapVirName$", "malware.name"),
    (r"TrapSigMsg$|IdpAttackName$|ScreenAttackType$|AttackTypeStr$", "rule.name"),
    (r"^f[gn]Ips(Trap)?SigId$|^panThreatId$", "rule.id"),
    (r"^panRule$", "policy.name"),
    (r"^panFileDigest$", "file.sha256"),
    (r"^panSender$", "email.from"), (r"^panRecipient$", "email.to"), (r"^panSubject$", "email.subject"),

    (r"^chkpntTrapMsgText$|^clogHistMsgText$|^bigipNotifyObjMsg$|^emAlertObjMsg$|^cfwBasicEventDescr"
     r"|^swTrapInfoTrapDescription$|^fnTrapDesc$|^fnGenTrapMsg$|^mtrap(args|info)String$|EventDescr$"
     r"|^xupsTrapMessage$|^pan(System|Auth)Description$|^ctxNotifyMessage$"
     r"|^snAgGblTrapMessage$|^swTrapDisplayString$|[Ee]ventDescription$|[Aa]larmDescription$"
     r"|^docsDevEvText$|^jnxSyslogMessage$|^jnxEventTrapDescr$|^logDescription$|^ntpEntNotifMessage$"
     r"|^cueNotifDescription$|^alertMessage$|^descriptionEvent$|^dmmCA2Message$|^productTrapData$", "message"),
    (r"Reason(Descr|Description|String|Str|Text)$|^hwDCTrapReason$|AlarmReason$|ReasonForError$"
     r"|ErrorString$|LastErrorTxt$|FtpErrorText$", "reason"),
    (r"^ifAlias$|[Ee]nt(ity)?Physical(Name|Descr)$|PhysicalName$|EnvMon\w*StatusDescr$|Sensor(Name|Descr)$"
     r"|ContentsDescr$|FruName$|RedundancyDescr$|EntName$|probeName$|fanDescription$|psDescription$"
     r"|raidDescription$|[a-z]ApName$|^fgVpnTrapPhase1Name$|^jnxVpn\w*VpnName$|RaidName$|(mplsLsp|TunnelI?f?)Name$",
     "status.detail"),
]
INSTANCES = [
    (IF_MIB, r"^if", "interface.index"),
    (("1.3.6.1.2.1.15.3.1", "1.3.6.1.4.1.9.9.187.1.2"), r"^c?bgpPeer", "neighbor"),
]

VALUES = [(re.compile(pattern), field) for pattern, field in VALUES]
INSTANCES = [(tuple(one + "." for one in below), re.compile(pattern), field)
             for below, pattern, field in INSTANCES]


def places(oid, name):
    """The words behind an object's name: "=interface.name @interface.index"."""
    value = next((field for pattern, field in VALUES if pattern.search(name)), None)
    instance = next((field for below, pattern, field in INSTANCES
                     if oid.startswith(below) and pattern.search(name)), None)
    return ([f"={value}"] if value else []) + ([f"@{instance}"] if instance else [])
