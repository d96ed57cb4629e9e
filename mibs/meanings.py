# SPDX-License-Identifier: GPL-3.0-or-later
"""What a notification means, by its number and its name: a kind and a severity.

A name tells a subject and, of what may break, a side: broken or well again. RULES are the ones that
say all by themselves; PAIRS are subjects with two kinds, so that a fault and its all-clear always
meet. Names that say both, or neither, need the variables: those have a mapping, or stay
system.status. The first that is found counts.
"""
import re

APC, CYBERPOWER = "1.3.6.1.4.1.318", "1.3.6.1.4.1.3808"
EATON, MGE, VERTIV = "1.3.6.1.4.1.534", "1.3.6.1.4.1.705", "1.3.6.1.4.1.476"
UPS, SOCOMEC, GEIST = "1.3.6.1.2.1.33", "1.3.6.1.4.1.4555", "1.3.6.1.4.1.21239"
MEGATEC, TRIPPLITE, HWGROUP = "1.3.6.1.4.1.935", "1.3.6.1.4.1.850", "1.3.6.1.4.1.21796"
FORTIADC, TIPPINGPOINT = "1.3.6.1.4.1.12356.112", "1.3.6.1.4.1.10734"
COMPAQ, NETAPP, NOKIA = "1.3.6.1.4.1.232", "1.3.6.1.4.1.789", "1.3.6.1.4.1.6527"
# Managed servers: Dell's controllers, agents, chassis, and what their boards send by themselves.
DELL = ("1.3.6.1.4.1.674.10892", "1.3.6.1.4.1.674.10893.1.20", "1.3.6.1.4.1.3183.1.1")
POWER_GEAR = (APC, CYBERPOWER, EATON, MGE, VERTIV, UPS, SOCOMEC, GEIST, MEGATEC, TRIPPLITE,
              HWGROUP)

# Well again. These words beat those that tell a fault: hwFanFailResume.
AGAIN = (r"(Resum|RTN$|CLEAR$|BackToNormal|Clr[Ww]arn|AlarmEnd|Not(Too)?(High|Low)|NotOver"
         r"|NotUnder|NotCurrent|ReturnThreshold|Restor|Rec[ov]{2}|Rcvrd|Normal(?!Reset|Off|Mode)|NormOff|(?<!N)OK"
         r"|Ok(?=$|[A-Z])|Okay|Clear(?!.*Count)|Clr$|Abate|Cease$|[Rr]eturnFrom|mgFrom|Resolved"
         r"|Released|Reset(Done|Success|OK)|UnderThreshold|ReTrap|AlarmOff|NotDegraded|Reestablished|Revertive"
         r"|SwitchBackOver|NotIndicated|^noOverload|NoOverLoad|NoInternalFailure)")
UP = (r"((?:Up|UP|(?<=ink)up|(?<=^entity)up)(?=$|[A-Z0-9])|FanUp|Established|Estab$|Estb$|CommEstab|Enter(?=Est)"
      r"|NeighborFull|Discovered|PeerAdd|NeighborAdd|Acquired|Available|Avail$|Reachable|TunnelStart|Build|Connected"
      r"|Online|OnLine|PowerOn|PoweredOn|Inserted|Insert|FRUInserted|Insertion|MemberAdd|NewMember"
      r"|Enabled|Good|Passed|Replaced|PlugIn|RegOK|BidLink|Valid$|Active$|ActiveNotification|TestOK"
      r"|Normal|ModuleAdded|Healthy|Increased?$|Incease$)")
DOWN = (r"((?:Down|DOWN|(?<=[kr])down|(?<=^entity)down|Dn)(?=$|[A-Z0-9])(?!Load)|TooUp|Wrong|PowerCut|Backward|Left"
        r"|Lost|Loss|Disappear|Unavailable|Unvailable|UnAva|NotAva|Unavail|Unreachable|Dropped|PeerDel|TunnelStop"
        r"|SessionDel|TunTerm|Disconnect|Offline|OffLine|PowerOff|PoweredOff|Poweroff|Remov|Absent"
        r"|Missing|Fail|fail|Fuilure|Fault|fault|Damaged|UnderVolt|UnderBudget|Raised|Xsition|TemperatureWarning"
        r"|WillExpire|Error|Err$|Errs?Trap|Bad|High|Low|Over|Slow|OutOf|Invalid|Unusable|Alarm"
        r"|Abnormal|Rising|Falling|Exce|Threshold|Violation|Critical|Mjr|Mnr|Insufficien|NoPower"
        r"|Expired|Shutdown|Degrad|Unstable|Exception|Disabled|PlugOut|TrapUniLink|Unidirectional"
        r"|Inactive|Trouble|Stuck|NotDetected|Reset(?!Done|OK|Success)|Crash|NoResp|Unplugged"
        r"|ErrDisable|Leave|Decrease|(Notification|Alarm)Set$)")
# How the name of an all-clear is made of the name of what it ends: hwApFault(Restore)Notify.
CLEAR_WORDS = ("Resume", "Clear", "Cleared", "Recover", "Recovered", "Recovery", "Restore", "Restored",
               "Recov", "Resolved", "Restoration", "Re")
TAIL = re.compile("(Alarm|Trap|Notify|Notification|Notif|Event)$")
ALL_CLEAR = re.compile(f"(.+?)(?:{'|'.join(sorted(CLEAR_WORDS, key=len, reverse=True))})"
                       "((?:Alarm|Trap|Notify|Notification|Notif|Event)?)$")
BOTH = (r"(UpOrDown|EntSensorAlarm|UpDown|OnOff|StateChange|StatusChange|StatusChg|StateTrap"
        r"|ChangeNotif|Mismatch)")

ROUTING = (r"([Bb]gp|BGP|[Oo]spf|OSPF|[Ii]sis|^cii|Ldp|LDP|[Rr]svp|RIP|Rip|[Pp]im|PIM|[Vv]rrp|Xrrp"
           r"|[Bb]fd|[Ee]igrp|Msdp)")

# What may break in a server, and what is no part of it though it is named like one.
DELL_PART = (r"(Probe|Chassis|Cool|Fan|Power|PS|Ps|Batter|Memory|Processor|Cpu|Temperature|Voltage|Amperage|Current"
             r"|Disk|Drive|Controller|Enclosure|EMM|Redundan|SDModule|SDCard|SDWrite|PCI|StorageManagement|Hardware"
             r"|Channel|Cable|Cord|Sensor|Pool|Intrusion|FiberChannel|BiosPost|Case|FluidCache|CMC|IOM|Thermal)")
DELL_MEEK = r"(Audit|Config|Software|Security|Network|Usage|Detection|Update|License|Log(Warning|Full|Normal)|RRWE)"

# (pattern, kind, severity), or (numbers it must be below, pattern, kind, severity).
RULES = [
    (DELL, r"Licen[cs]e(Warning|Failure)$", "license.expiring", "medium"),
    (DELL, r"LinkStatus(Failure|Warning)$", "link.down", "medium"),
    (DELL, r"RacConfigurationChange", "config.change", "low"),
    (DELL, r"UserHostSystemReset$|ASR(OsReset|PowerCycle)$|AutomaticSystemRecovery$", "device.restart", "medium"),
    # Their words for a grade end the name: NonRecoverable is none of recovery.
    (DELL, rf"^(?!.*{DELL_MEEK}).*{DELL_PART}.*(Cleared|Normal|Restored|FullRedundancy|(?<!Not)(?<!Non)Redundant|Online"
     r"|(?<!Not)Present|Presence|Insertion|Success)$", "hardware.ok", "informational"),
    (DELL, rf"^(?!.*{DELL_MEEK}).*{DELL_PART}.*(NonRecoverable|Failure|Lost|Fail|Error|Err|Critical(Event)?|Shutdown"
     r"|NonRedundant|Trip|Problem|Offline|Uncorrectable\w*|Voltage|Temperature)$", "hardware.fault", "high"),
    (DELL, rf"^(?!.*{DELL_MEEK}).*{DELL_PART}.*(Warning(Event)?|Degraded|Absent|(?<!Install)Removal|NotPresent"
     r"|NotRedundant|IntrusionDetected(Extended)?|Intrusion|Throttle|Disabled|Unresponsive|NotReady|NotResponding"
     r"|Expired)$",
     "hardware.fault", "medium"),
    (DELL, r"^asfTrap(Under|Over)(Temperature|Voltage)$", "hardware.fault", "high"),
    (DELL, r"", "system.status", "informational"),
    # A controller's access points and switches are its neighbours.
    (r"^bsnAP(Down|Disassociated)$|AccessPointIsDown$|^fgTrap(WcAp|FcSw)Down$", "net.neighbor_down", "medium"),
    (r"^bsnAP(Up|Associated)$|AccessPointIsUp$|^fgTrap(WcAp|FcSw)Up$", "net.neighbor_up", "informational"),
    (COMPAQ, r"UnauthorizedLogin", "auth.logon_fail", "medium"),
    (COMPAQ, r"ServerReset$|ServerPowerOutage$", "device.restart", "medium"),
    (COMPAQ, r"ServerPowerO(n|ff)$", "system.status", "informational"),
    (COMPAQ, r"ConnectivityLost$", "link.down", "medium"),
    (COMPAQ, r"ConnectivityRestored$", "link.up", "informational"),
    (COMPAQ, r"PostError$|SelfTestError$|CorrMemReplace", "hardware.fault", "medium"),
    (NETAPP, r"[vV]irus([fF]ound|Detected)", "malware.found", "high"),
    (NETAPP, r"^(disk|fan|powerSupply|overTemp|shelf)Repaired$", "hardware.ok", "informational"),
    (NETAPP, r"^overTemp$|^shelfFault$|^nvramBatteryDischarged$", "hardware.fault", "high"),
    (NETAPP, r"^(fan|powerSupply|shelf|upsBattery)Warning$", "hardware.fault", "medium"),
    (NETAPP, r"^clusterNodeFailed$", "net.neighbor_down", "high"),
    (NETAPP, r"^clusterNodeRepaired$", "net.neighbor_up", "informational"),
    (NETAPP, r"^avUpdateFailed", "content.update_failed", "medium"),
    (NETAPP, r"^av\w*Expir(ed|ing)$", "license.expiring", "medium"),
    (NETAPP, r"^vif\w*Links?Failed$", "link.down", "high"),
    (NETAPP, r"FanStopped$|^(disk|shelf|plex|hba|volume|raid)\w*(Failed|Error|Broken|Missing)",
     "hardware.fault", "high"),
    (NETAPP, r"^reboot(Abn|N)ormal$", "device.restart", "medium"),
    (NOKIA, r"^tmnxConfig(Modify|Create|Delete)$", "config.change", "low"),

    # TippingPoint's have a mapping of their own.
    (TIPPINGPOINT, r"^tptSmsEgpNeighborDown", "net.neighbor_down", "high"),
    (TIPPINGPOINT, r"^tptHardwareNotify", "hardware.fault", "high"),
    (TIPPINGPOINT, r"^tptPolicy(Log)?Notify|^tptNgfwPolicyNotify", "ips.detect", "high"),
    (TIPPINGPOINT, r"^tptSms(Reboot|SystemRestart)|^tptDeviceBooted", "device.restart", "medium"),

    (r"^(?!.*(EventAP|wlsxNum|APNum)).*(Cold|Warm|cold|warm)Start(Trap)?$(?<!ServiceColdStart)(?<!ServiceWarmStart)"
     r"|RebootSendTrap|^(hh3|h3|hw)cSys(StartUp|Reload)|^hwSysReload|^panGeneralSystem(Start"
     r"|Shutdown)|^ive(Reboot|Restart)$|^boot(Factory|Previous)$|^bigipSystemShutdown"
     r"|^fnTrapSystemDown|^fadcTrapSysDevice(Rebooted|Started)|^notifyBootUp|^loadBalTrapReset$"
     r"|^hwStackSystemRestart|^upsRebootStarted|^atsControllerRestart", "device.restart", "medium"),

    (r"AvVirus|AntiVirus$|^(http|smtp|pop3|imap4|ftp)Virus$|^fnTrapAvEvent|^fmlTrapAvThreshold",
     "malware.found", "high"),
    (FORTIADC, r"DlpDetected", "dlp.violation", "high"),
    (FORTIADC, r"(Xss|XSS|Injection|Generic|Exploits|Trojans|Disclosure)Attack|Detected$"
     r"|DosAttackStart|TrapDdos|RequestBlocked|Violate|ProtocolConstraint"
     r"|PeriodBlockIP", "ips.detect", "high"),
    (r"^(?!.*(Resum|Clear|End$|Stop$|FilterChange|Removed|Change$))(?=.*(Attack|Intrusion|DDos"
     r"|SynFlood|PortScan|MacSpoof|SpoofTrap|FloodTrap|SpoofServer|StrackPortAtk|SignalingFlood$"
     r"|Impersonation|WeakIV|IpsSig|IpsAnomaly|Nids$|IpSpoofing|SignatureMatch"
     r"|MitMDetected|^appfw(?!PolicyHit)[A-Z]|[sS]ynfloodRate$|[sS]ynflood$"
     r"|^(syn|tcp|udp|icmp)Flood$|^idpAlert$|Wips|WlanI[Dd][Ss]|CidsAlert"
     r"|bigipAsm.*(Violation|Blocked)))", "ips.detect", "high"),
    (r"^(?!.*(Resum|Clear|Removed|Change|Disappear|Max|Contain))(?=.*(Rogue|Rouge).*(Detect"
     r"|DeviceTrap)|.*DetectRogue|.*AdHocTrap|.*UnauthorSSID|.*User\w*InvalidCer(ti|fi)"
     r"|.*Errant(Reply|Bpdu)|.*GatewayConflict)", "ips.detect", "medium"),
    (r"^(?!.*Resum)(?=.*(Secure|Security|SecureMacAddr|c2900Address|LockedAddress)Violation"
     r"|.*SecureMacAlarm|.*RcvInsecurePkt)", "fw.deny", "medium"),
    (r"^swFwTrap(Enh)?Legacy(Dropped|Denied)|^ipPermitDenied|^loadBalTrapDenial|IpLockErrant"
     r"|DenyPacket|FwConnectionDeny|^bigipPacketRejected|AccessListDeny"
     r"|MacFilterDeny", "fw.deny", "low"),
    (r"^swFwTrap(BlkWebSite|EnhLegacyBlockedWebSites)", "web.reputation", "low"),

    (r"IpsPkgUpdate|IdpSignatureUpdate|AvPatternUpdate|UrlDatabaseSuccess|ASMSigInstallComplete"
     r"|AutoPushContent\w*Success", "content.update_ok", "informational"),
    (r"^panURL(UpdateVersionFail|UrlDownloadFail|FailedToLockUpdate|DownloadSeedError)"
     r"|ASMSig(Install|Update)Failed|AutoPushContent\w*Fail", "content.update_failed", "medium"),
    (r"^panURLUrlDatabaseIsLatest", "content.current", "informational"),
    (r"AvBypass$|IpsFailOpen|AmcIfBypass|EnterBypass", "protection.off", "high"),
    (r"ExitBypass", "protection.on", "informational"),
    (r"AvEnterConserve", "protection.fault", "high"),
    (r"^(?!.*(Resum|Clear))(?=.*(Lic[a-z]*n[cs]e.*(Expir|WillExp|AboutToExp)|Gtl(Expired"
     r"|NearDeadline)|bigipLicense(Failed|Expired)|InvalidLicense"
     r"|ContractExpiry))", "license.expiring", "medium"),

    (r"^user(Added|Deleted|Modified)$|^passwordChange$|PasswdChng$|UserPasswordChangeSucc"
     r"|User(Added|Deleted|Removed)\d?$",
     "account.change", "low"),
    (r"^bigipTamdAlert", "auth.logon_fail", "high"),
    (rf"^(?!.*{ROUTING})(?!.*(I[Kk][Ee]|I[Pp][Ss]ec|RSA|MD5|RADIUS|Radius|Resum|Clear|Server"
     rf"|GuestVlan"
     r"|FailVlan|LogOut|Logout|Satauth|Mesh|Zs|Scsi)).*([Aa]uthenticationFailure|SnmpAuthFail"
     r"|Auth(en|er)?(tication|ticate)?Fail|Auth(en|or)?(tication)?Err|AuthorFail|SystemAuthFail"
     r"|Log[IiOo]n(Authen|Auth)?Fail|LogonFail|RegistFail|TooManyFailedLogin|TooManyFailedAuth"
     r"|TooManyUnsuccess|LoginFailed|FailedLogin|[Ff]ailedUserLogin|InvalidLogin|UserLockout|UserAuthLocked"
     r"|[Ll]ogonIntruder|accessViolation)", "auth.logon_fail", "medium"),
    (r"^(?!.*(FcNs|LiSubscr|AuthServer|RadiusServ|Rsvp|[Ff]ail)).*(Logon|LogIn|UserLogin|UserSshLogin|ValidLogin"
     r"|LoggedIn|AuthSuccess|AuthSucc|RegistSucc|TrapLogin)(Trap|Notif\w*"
     r"|\d)?$", "auth.logon_ok", "informational"),
    (r"^(?!.*(FcNs|LiSubscr)).*(Logoff|LogOff|LogOut|Logout|LoggedOut)(Succ)?(Trap|Notif\w*|\d)?$"
     r"|WaClientLogout", "auth.logoff", "informational"),

    (r"^(?!.*(^ent|ptopo|RingChain|^ntp|Mst|ApConfig|Frr|ClusterConfig|Rtt))(?=.*([Cc]onfigChange|Cfg(Change"
     r"|Chg)|ConfigurationChange|ConfigurationSave|ConfChange|ConfigSaved|ConfigModified"
     r"|ConfigManEvent|CfgManEvent|RunningConfigChanged|RescueChange|DemoUpdateConfig"
     r"|bigipConfigLoaded|panConfigTrap|ConfigSettingChanged|TrapConfig(Execute|Create|Delete"
     r"|Update)))", "config.change", "low"),
    (r"Vlan(Created|Deleted|AddInfo|DelInfo|AttrChangedInfo|ChangedInfo)|EssCreated|EssDeleted"
     r"|(IPSecPolicy|IPsecPolicy|IKEProposal|IsakmpPolicy|IkeConfig(Psk|Policy)|[Cc]ryptomap(Set)?)"
     r"(Add|Del|Attach|Detach)|Dot11Cfg(Cipher|PSK)Change|EnhFwRule$|DosRuleChanged"
     r"|Sys(tem)?ClockChanged|hwClockChanged", "config.change", "low"),

    (r"^(nsNotify|ucd|bigipAgent|ive)(Start|Restart)$|DaemonStartTrap$|^panURL\w*(Process|Engine)Starts"
     r"|TrapAgentUp$|AuthServiceUp$|^restartAgent$|(NetReg|Notif|Dhcpv4|Isns"
     r"|isns)ServerStart(Time)?$",
     "service.start", "informational"),
    (r"^(nsNotify|ucd|bigipAgent|ive)Shutdown$|DaemonExitTrap$|^panURL\w*(Process|Engine)Stopped"
     r"|TrapAgentDown$|AuthServiceDown$|AgentDown$|^panURL(Engine)?StartupFail|RfsProcessFail"
     r"|(NetReg|Notif|Dhcpv4|Isns|isns)Server(Stop|Shutdown)(Time)?$", "service.stop", "medium"),

    (r"^cErrDisableInterfaceEvent", "link.down", "medium"),
    (r"^linkFailureTrap$|^panLACP(LostConn|NegoFail)|PortStateChangeToDown", "link.down", "medium"),
    (r"PortStateChangeToUp", "link.up", "informational"),
    (r"^hwEntityRegSuccess$", "hardware.ok", "informational"),
    (r"^hwIsisAdjacencyChangeClear", "net.neighbor_up", "informational"),
    (r"^(ciscoEnvMon(Voltage|Temperature|Fan|RedundantSupply|Shutdown)Notification"
     r"|chkpnt(Temperture|FanSpeed|Voltage|PowerSupply|RAID\w+)Trap|mtxrTemperatureException"
     r"|ive(Fan|PowerSupply|Temperature|Raid)Notify)", "hardware.fault", "high"),
    (r"^jnx(Fabric)?OverTemperature", "hardware.fault", "high"),
    (r"(Hot|hot)SwapO(n|ff)|^hwUSB|^hwStorageDev|WirelessCard|USBModem"
     r"|BreakOutPort", "system.status",
     "informational"),
]

NO_HARDWARE = (
    r"(RRM|[Oo]nu|ONU|[Aa]ttempt|Tunnel|VMMan|Rx(?!Fail)|Tx(?!Fail)|Laser|Res(ource|ouce)?(Lack"
    r"|Thres|Over|Warn|Exhaust)|Usage|Util|Util$|Mac|ACL|Acl|License|Startup|StartUp|Boot(?!Cpld)"
    r"|Load(?!R)|loading|User|IPv[46]|Update|Upgrade|Mpls|Lsp|Service|Space|Full$|FullTrap"
    r"|NotPreferred|NotAccord|Phony|PowerLevel|PowerChange|Ignore|ChassisFanSpeed|TxPower|PowerLv|RxPower|ModeSet"
    r"|StartMode|TrapPoolUsage|Partition|PowerMixed|Vmem|Memory|MemAlloc|Copy|Ap(Fmea|Optical)"
    r"|Clock(?!Fail)|SynClk|Pd(Change|Class|Prio|Con|Discon)|PwrLevel|Flash(Copy|Misc|Part)|QoS"
    r"|Mgmd|ResExceed|ResCritical|NetworkSlice|Ipfpm|CardSpec|lowmemory|FwdMsg|BrasSbc|^tlb"
    r"|LogDisk(Thres|High|Close)|MailDisk|Harddisk(Reach|over|OK)|VsDisk|HardDiskFull|DiskOverload"
    r"|SiSensor|PoePd|AdminResult|StationReg|Reservation|Unsupported|Starting|Software|LiX3|Policy"
    r"|Mgmt|Dpll|Slotmismatch|Sap|SlotControl|CmtsCm|Adsl|adsl|vdsl|xdsl|Shdsl|Radio(?!Card)"
    r"|CardState|Sonet|Snmp|Config|Image|Reservation|Profile|Session|ServerRaid)")
HARDWARE = (
    r"(Fan(?!out)|[a-z]fan(?=[a-z])|^fan|Power(?=[A-Z]|$)|power(?=fail|Rest|Supply)|^voltage|Pwr|PSU|Psu"
    r"|[Rr]psFailed|panHWPs|bigipPs|Temp(?!late|t|orary)|Thermal|temperature|Volt|Batter|batter"
    r"|Rectifier|Humid|humid|Board|Brd|Subcard|[a-z]Card[A-Z]|Chassis|chassisAlarm|^module(Up"
    r"|Down)$|Fru|FRU|Optical|Optics|SFP|Sfp|Transceiver|DomAlarm|DomLane|[Dd]isk|DISK|[Rr]aid|RAID"
    r"|HWSlot|RpuReset|NpReset|SlotReset|Entity(Ext)?(Remove|Insert|Invalid|Resume|Reset|Offline"
    r"|Online|CheckFail|CheckResume|CommunicateError|CommunicateResume|Unstable|RegFail|Fault"
    r"|Monitor|ECC|Oper)|LCD|Lcd|Cmu[A-Z]|StackMember(Leave|Add)|StackMemberRemoved|StackNewMember"
    r"|VccpMember|MonitorBUS|ExchangeChip|FPGA|Epld|PhyChip|Serdes|ParityCheck|RTCFail|ROMFail"
    r"|Pci(Alarm|Normal)|CpuRemoved|CpuFailure|CpuNormal|Sensor(?!Not)|PlaneOffline|PlaneOnline"
    r"|PlaneFault|Cfcard(Error|Unreg)|HDError|FipsFault|FipsDevice|BladeOffline|BladeNoPower"
    r"|BladePower|MajHwAlarm|MinHwAlarm|HWFailure|HardwareFail|DevSlot|hwSFU|Gate(Alarm|Resume)"
    r"|Fog(Alarm|Resume)|MPUNoResp|MwiReached|AsicErr|hwChassis|entStateOper|cefcFRU|CryAccel"
    r"|VoltBtm|VoltSpr|FRUInserted|hwAsFault|hwAsNormal|CFCardFault|NVRAMFault|Harde?wareFault"
    r"|TrapModule(Ins|Rem)|DiskDamaged|SlaveMPUReset)")

ACROSS = r"(Vpn|VPN|IKE|Ike|ike|I[Pp][Ss]ec|ipSec|IpsSg|Dvpn|SatdTun|gatewayTun|sslvpn|L2tp)"
LINK = (
    r"([Ll]ink|[a-z]Port|(?<=[a-z])If(?=[A-Z])|[Ii]nterface|Physical|Vlanif|Trunk|Pw|PW|^pw|Vc|VC"
    r"|Pvc|Circuit|Lsp|LSP|XC|Tunnel|tlnl|Tnl|Vsi|Vrf|RouteIf|MinMSI|VNet|CNif|PortControl|IfFlow"
    r"|AllMember|LACPLacp|fsTrapMember|vlanif)")
LINK_SIDE = r"(?:(?:Up|UP|Down|DOWN|(?<=ink)up|(?<=ink)down)(?=$|[A-Z0-9])(?!Load|Micro))"

# (numbers or "", must be found, must not be found, kinds of broken and well, severity when broken)
PAIRS = [
    ("", r"((^|[a-z0-9])[Bb]gp(4V2|M2)?(Peer)?2?(Established|Backward|Estb|Xsition)|BgpPeer(Unav|Avail|Estab|Backw"
     r"|Up|Down)|BGPPeer(Enter|Left|Failed)|Msdp(Established|Backward|Neighbor)"
     r"|NeighborUn?a?vailable|[Pp]im6?Neighbor(Loss|Add|Disc|Disap)|PIMNeighbor|PimNbrLoss"
     r"|NbrDownEvent|Nbr(Loss|Lost)|OSPFNeighbor(Full|Down)|RIPPeer(Add|Del)|Ldp(Ses|Session)(Up"
     r"|Down)(?!Event)|([Bb]fd|BFD)\w*(Sess|Neighbor)\w*(Up|Down|Resume)|LocalAdjDown"
     r"|PimBasNeighborLoss|PeerConnection(Up|Down)|NextHopPeer(Up|Down)|RsvpTeHelloLost|PcepSess(Up"
     r"|Down)|TConn(Up|Down)|tripConnection(Est|Dropped)|HaMember(Up|Down)|HAPeerLost|HaHBFail"
     r"|PeerGREDown)",
     r"(Threshold|Exceed|GtpPeer|Restart|EventFailure"
     r"|Limit)", ("net.neighbor_down", "net.neighbor_up"), "high"),
    ("", rf"{ACROSS}.*(Tun|Tunnel|TunMon|TunnelStatus|Session)?(Up|Down|Start|Stop|Build|Del|Term)"
     r"(?=$|Trap|Notif|V2)|VpnTun|EarlyTunTerm", r"(Daemon|Nego|Config|Map|Sync|Recv|Send|If|Pw"
     r"|Boot|UpOrDown|Policy|L3[Vv]pn)", ("net.neighbor_down", "net.neighbor_up"), "medium"),
    ("", r"(Ike|Ikev2|IPSec)Nego\w*Fail|PskIdtype|CertIdMismatch|cipSecSetUpFail|IpsecFlowSetupFail"
     r"|IkeNegFailure|P2ProxyIdBad|ProposalBad"
     r"|DpdDn", r"Simul", ("net.neighbor_down", "net.neighbor_up"),
     "medium"),
    ("", r"^panPBFNh(Up|Down)|^panHAPathMonitor(Up|Down)", r"^$",
     ("net.neighbor_down", "net.neighbor_up"), "medium"),
    ("", rf"^link(Down|Up)$|{LINK}\w*{LINK_SIDE}|[Ee]rrordown|PortErrorDown|Lacp\w*LinkLoss"
     rf"|DldpLink"
     r"|Unidirectional(Link|Port)|TrapUniLink|TrapBidLink|UdldLink|NetIfUnplugged|Link(Abn|N)ormal"
     r"|(Stack|Fabric)PortLinkErr|AggPort(Ina|A)ctive|Radio(If)?Down|LinkMonitor(Up|Down)",
     r"(EventFailure|AutoTunnel|MplsOam|Download|DownLoad|UpDown|UpOrDown|Storm|Restrain|Micro"
     r"|Unlink|GtpPeer|Speed|Threshold|UpLinkSwitch|Server|^tlb\w*Service|L4Gslb|CPUOver|Redirect"
     r"|VccpMember|Errors|Utilization)",
     ("link.down", "link.up"), "medium"),
    # What a balancer or a device asks others for: servers behind it, RADIUS.
    ("", r"^bigip(Service|Node)(Down|Up)$|^bigip(Ltm|Gtm)\w*(Not|Un)?[Aa]vail$|^tlb(Real|Virtual)\w*(Up|Down)$"
     r"|ces(Real|R)[Ss]erverState(Up|Down)|ServerLoadBalanceRealServer(Up|Down)|L4RealServer(Up|Down)$"
     r"|Slb(Pool|VirtualServer)(Up|Down)$|fadcTrapMemberHC(Up|Down)$|Glb(Server|VS|GW)(Not)?Avail$"
     r"|^loadBalTrapService(Down|UP)$|(Radius|RADIUS|AAA|Aaa)\w*Server(Up|Down|Available|Unavailable)"
     r"|Radius\w*Server(Unr|R)eachable|^entity(up|down)$", r"(Threshold|Max|Pend)",
     ("service.stop", "service.start"), "medium"),
    (POWER_GEAR, r".", r"([Tt]est(Trap|InProgress)?$|Heartbeat|Firmware|Notify(User|Login)"
     r"|Outlet(On|Off)|Beacon|Scheduled|Acknowledged|Updated$|PINChanged|calibration|OutletGroup"
     r"|Door|Handle|KeyOver|UserAccess|UserStatus|UserSched|UserConfig|EnvironInput|Emd\w*Input|CancelPending"
     r"|Dns|UpdateAvailable|EpoTestMode|EpoArmed|ToStart|Abort|InProgress|Complete|EventClosed"
     r"|AlarmClosed|Informational(Condition|Alarm)(?!C)|pcnsTest|Relay(On|Off)|AvrReducing"
     r"|SleepIng)",
     ("hardware.fault", "hardware.ok"), None),
    ("", HARDWARE, NO_HARDWARE, ("hardware.fault", "hardware.ok"), None),
]

OPPOSITE = {"hardware.fault": "hardware.ok", "link.down": "link.up", "protection.off": "protection.on",
            "net.neighbor_down": "net.neighbor_up", "service.stop": "service.start"}

# Of power gear: what its words say besides the common ones.
POWER_UP = (r"(Restored|OnInverter|mgFrom|OutputPowered$|AvailableOnBypass|OffByPass|WokeUp"
            r"|TurnedOn|Synchronized|InactiveNotice|ControlOn$|Closed$|Connected|AlarmEntryRemoved"
            r"|EntryRemoved|EstablishedPowerRed|PowerStateChangeOn|SysNormal|NoNotice"
            r"|RedundancyRestored|ByPassAvailable|BatteryAvailable|SwitchReleased|EventCleared"
            r"|ModuleOK|EpoReset|AlarmInactive)")
POWER_DOWN = (r"(OnBattery|[Bb]ypass|ByPass|Discharged|TurnedOff|Sleeping|NeedsReplacement"
              r"|ReplacementIndicated|Overload|OverLoad|Imminent|Pending|BreakerOpen|Opened|Open$"
              r"|ActiveNotice|EPO|EpoTrip|epoAct|SystemOff|^lowBatt|^overload|NotPowered|Desynchron"
              r"|AtLow|UtilityFail|BatteryTest|Collapse|AlarmEntryAdded|EntryAdded|Condition"
              r"|Detected|Undervolt|Overvolt|UnderV|OverV|Rupture|EngineCold|EStop|Lost|Failed"
              r"|noBatteries|ServiceDue|Charger|Disconnect|OutputOff|AwaitingPower|AlternatePower"
              r"|PowerStateChangeOff|CautionaryAlarm|CriticalAlarm|Boost(On)?$|OnBoost|OnBuck"
              r"|WaveformError|Current$|Frequency$|overcurrent|Overcurrent|Undercurrent|Corrupt"
              r"|SourceSwitched|Warning|ControlOff$|NearOverload)")
POWER_CRITICAL = (r"(^lowBattery|LowBattery|upsDischarged|BatteryDischarged|Imminent|Smoke|Fluid"
                  r"|Rupture|EPOActive|EpoTripped|epoActivated|CriticalCondition$|CriticalAlarm$"
                      r"|CriticalEventActive|batteryVoltageCollapse|batteryCritical)")
MILD = (r"(Minor|Mnr|MinHw|Warning|Near|Humid|Remov|Absent|Missing|Invalid|Optical|Optics|SFP|Sfp"
        r"|DomAlarm|DomLane|Offline|OffLine|Unstable|PowerOff|PoweredOff|Poweroff|Inserted"
        r"|Low(?!Batt|Volt|er|Temp)|Reset|PowerState|SourceSwitched|CommLost"
        r"|[Cc]ommunication(s)?Lost|Disabled|PlugOut|Leave|Mwi|Boost|Buck|Config|Door|Breaker|Due"
        r"|Entry)")

FALLBACK = (
    r"(Fail|fail|Fault|Down(?!load|Load|Recov)|Alarm(?!Off)|Lost|Loss|Exceed|Error(?!.*Re)"
    r"|Full(?!Sync|Service|Duplex)|Attack(?!.*End)|Conflict|Abnormal|Unreach|Unavail|NotAvail"
    r"|Overload|Overflow|(Cpu|CPU|cpu|Mem|Memory|Disk).*(High|Hi$|Low(?!Thr)|Rising|Threshold|Full)"
    r"|Expire|Critical|Violation|Switch[Oo]ver|HaSwitch|[Ff]ailover|SplitBrain|Split$|LostRoot"
    r"|Exhaust|NotResp|Crash|LoopDetect|Loopbacked|LogEmerg|LogAlert|LogCrit|LogErr|DataplaneDown"
    r"|MemberStateTrap|ProblemState|LSConnState|ActiveActive|(Power|Fan|Temp\w*|Volt\w*|RAID|Raid"
    r"|Disk|Supp)(State|Status)?Chang|HaState|HAState|HAStatus)")


def compiled(rows):
    for row in rows:
        yield row if len(row) == 4 else ("", *row)


RULES = [(below, re.compile(pattern), kind, severity)
         for below, pattern, kind, severity in compiled(RULES)]
PAIRS = [(below, re.compile(find), re.compile(but), kinds, severity)
         for below, find, but, kinds, severity in PAIRS]
AGAIN, UP, DOWN, BOTH, MILD, FALLBACK, POWER_UP, POWER_DOWN, POWER_CRITICAL = map(
    re.compile, (AGAIN, UP, DOWN, BOTH, MILD, FALLBACK, POWER_UP, POWER_DOWN, POWER_CRITICAL))


def is_below(oid, above):
    above = (above,) if isinstance(above, str) else above
    return any(not one or oid.startswith(one + ".") for one in above)


def side(oid, name):
    """True: broken. False: well again. None: it says neither or both."""
    if AGAIN.search(name):
        return False
    if BOTH.search(name):
        return None
    if is_below(oid, POWER_GEAR):
        if POWER_UP.search(name):
            return False
        if POWER_DOWN.search(name):
            return True
    if DOWN.search(name):
        return True
    return False if UP.search(name) else None


def fault_severity(oid, name):
    if is_below(oid, POWER_GEAR) and POWER_CRITICAL.search(name):
        return "critical"
    return "medium" if MILD.search(name) else "high"


def raised_by(name):
    """The names that a name of an all-clear may be the end of: hwFanFail of hwFanFailResume."""
    found = ALL_CLEAR.match(name)
    if not found:
        return ()
    head, tail = found.groups()
    return head + tail, head, head + "Down" + tail


def meaning(oid, name, siblings=()):
    """(kind, severity); siblings: the names of the same subtree."""
    raised = next((other for other in raised_by(name) if other in siblings), None)
    if raised:
        kind = one_meaning(oid, raised, True)[0]
        return OPPOSITE.get(kind, "system.status"), "informational"
    is_raised = any(form in siblings for form in all_clears(name))
    return one_meaning(oid, name, is_raised)


def all_clears(name):
    tail = TAIL.search(name)
    head, end = (name[:tail.start()], tail.group()) if tail else (name, "")
    for word in CLEAR_WORDS:
        yield head + word + end
        yield name + word


def one_meaning(oid, name, is_raised):
    for below, pattern, kind, severity in RULES:
        if is_below(oid, below) and pattern.search(name):
            return kind, severity
    for below, find, but, kinds, severity in PAIRS:
        if not is_below(oid, below) or not find.search(name) or but.search(name):
            continue
        about = name.removeprefix("chAlarm")
        if kinds[0] != "hardware.fault":
            about = about.replace("Alarm", "")
        is_broken = True if is_raised else side(oid, about)
        if is_broken is None:
            break
        if is_broken:
            return kinds[0], severity or fault_severity(oid, name)
        return kinds[1], "informational"
    if is_raised or (FALLBACK.search(name) and not AGAIN.search(name)):
        return "system.status", "medium"
    return "system.status", "informational"
