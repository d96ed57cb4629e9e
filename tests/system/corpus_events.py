# SPDX-License-Identifier: GPL-3.0-or-later
"""Which lines of a log tell of an event, by their own words: no mapping is asked.

A link, a neighbour, a restart, a logon, a change of the configuration, a refusal of a firewall, an
attack, malware, a tunnel, hardware: what people are woken for, against the states that are most of what
gear says. event_of() names the class, or None. Words are looked for as they stand in a line of any
product, in English and Chinese, so this is a measure for many lines, not a judge of one: of ten lines
it picks, about nine are rightly picked.

self_check() holds the table to lines of our own making, and every row of it to be needed.
"""

import re

# No line that has one of these is an event, whatever else it says.
NOT_LINES = [
    ("repeats", r"last message repeated|message repeated \d+ times in last"),
    ("debugging", r"\bdebug\d*\b(?=[:,\"'> ])|%[a-z][\w-]*-7-|\bverbose\b"),
    ("figures", r"\bstatistics\b|\bstats?\b|\bcpu ?rate|\bcpu(usage| usage)\b|\bmem(ory)? ?usage|\bsla\b.*\blatency"),
    ("name and address servers at work", r"\b(named|dhcpd\w*|unbound|dnsmasq|dhclient|dhcp6c)(\[\d+\])?: |\bdhcp ?"
                                         r"(discover|offer|request|ack|nak|inform|release|expire)\b"),
    ("clocks, and what they start", r"\bcron(d)?\b.*\bcmd\b|%ntp-|\bx?ntpd\b|\bntp[ /](peer|server|core|\d)"),
]
# Words that lie are struck out before the classes are asked.
NOT_WORDS = [
    ("addresses of the web, names of files", r"\b\w+://[^\s\"]*|\b(url|uri|path|request|referer|user ?agent|file ?name)"
                                             r"=\"[^\"]*\"|\bfile ?name: ?[^,;]+|/(usr|bin|etc|var|opt|tmp)/\S*"),
    ("keys without a value",
     r"[\w.-]+\"?[=:] ?(\"\"|'none'|\"none\"|\"n/a\"|\"-\"|none\b|n/a\b|null\b|false\b|-(?= ))"),
    ("names of products and features",
     r"anti[- ]?(virus|spam|malware|spyware|spoofing)|threat (protection|prevention|intelligence|feed)|attack surface|"
     r"intrusion (detection|prevention)( system)?|\bdeep security\b|bot protection|malware cloud lookup|"
     r"\bcise [a-z ]+|(virus|signature|threat|ips|attack|malware|dlp|av|pattern)\w* ?(definitions?|database|db|"
     r"updates?|versions?|pattern|engine|license|subscription|protection|rules?|files?|sets?|feed)\b"),
    ("lists of what is kept out", r"\b(block(ed)?|deny|black) ?-?(list|rule|page|time|sites?|invoke)\w*|\bdeny-flows"),
    ("counters of what was kept out", r"\b(drop|error|discard|deny)s?[- ](rate|count\w*|ratio)|"
                                      r"\bdrops? ?[=:] ?\d+|\b0 (packets|blocked|dropped|viruses|threats)"),
    ("states of spanning tree", r"\b(stp|mstp|rstp|spanning tree|bpdu)\b.*"),
    ("backing up, looking up, setting up", r"\b(back|look|set|clean|start|come|coming|wak\w+|pick|not)[- ]?up\b|"
                                           r"\bup[- ]to[- ]?(date)?\b|\btop[- ]down\b|\bnot (up|down)\b"),
    ("addresses of one link, numbers of a port", r"\blink-local\b|\bport[=:] ?\d+"),
    ("a scan that is no attack, a state that is no change, a drive that is a stick",
     r"\bscan for rogue\b|\bconfig status\b|\busb drive\b|\bnetwork is down\b|\bworker warm ?start"),
    ("legends, texts of a mail, what was not done",
     r"\(\d: ?normal[^)]*\)|\bsubj(ect)?[:=] ?(\"[^\"]*\"|.*)|\bnot blocked\b|\b(connection|server) refused\b"),
]
UP_DOWN = r"(up|down|on-?line|off-?line)"
FAIL = r"fail(ed|ures?|s|ing)?"
RESULT = (r"((un)?success\w*|succeed\w*|" + FAIL + r"|den(y|ied)|reject\w*|accept\w*|refus\w*|invalid|incorrect|wrong|"
          r"bad|error|time[d-]? ?out|granted|permitted|allowed|unauthori[sz]ed|passed|unknown|ok)")
LOST = (r"(up|down|lost|loss|established|idle|full|init|unreachable|reachable|dead|expired|time[d-]? ?out|"
        r"went|(dis)?connected|removed|deleted|created|new|reset|closed|torn|chang\w+ (state|from|to)|state chang\w+)")
WHO = r"(user|exec|admin\w*|root|web|vty|console|browser|ssh|telnet|cli|gui|http|https)"
WHAT = r"(policy|policies|rule|object|account|admin\w*|user|password|attribute|settings?|profile|certificate)s?"
DONE = r"(added|created|modified|deleted|changed|edited|renamed|configured)"
PART = (r"(fans?\d*|power ?(supply|supplies|source|system|module|input)?|psu?|pem|temp(eratures?)?|voltage|disks?|"
        r"drives?|hdd|ssd|raid|battery|ups|transceivers?|gbic|[sx]fp\+?|optics?|rx power|tx power|(line ?)?cards?|"
        r"modules?|hardware|sensor|thermal|inlet)")
GEAR = (r"(system|device|switch|router|firewall|unit|chassis|appliance|supervisor|stack|platform|sys|ap|access point|"
        r"node|gateway|controller|host)")
REFUSED = (r"(den(y|ied|ies)|drop(ped|ping|s)?|block(ed|ing|s)?|reject(ed|s)?|disallow\w*|prevent(ed)?|"
           r"discard(ed|ing)?|refused|shunned)")
# Class, and an expression for a line in lower case, with blanks for "_". The first that fits counts.
EVENTS = [
    ("malware", r"\b(virus(es)?|malware|trojan|worm|ransomware|spyware|grayware|backdoor|infected|eicar)\b"),
    ("malware", r"病毒|木马|恶意(软件|代码|程序|文件)|蠕虫|勒索"),
    ("attack", r"\b(attack(s|ed|er|ers|ing)?|intrusions?|exploit\w*|spoof\w*|brute[- ]?force|botnet|break-in|"
               r"command and control|malicious|d?dos|flood(s|ed|ing)?|port ?scan\w*|rogue|evil twin|phish\w*)\b"),
    ("attack", r"\b(threat|signature|ips|ids|idp|anomaly|vulnerability)\b.{0,60}\b(detect\w*|alerts?|match\w*|found|"
               r"block\w*|drop\w*|prevent\w*|reset|trigger\w*|hit|critical|high|medium|low|signature)\b"),
    ("attack", r"\bscan(ning)? (attack|detected|from)|\b(syn|udp|icmp|ping)[- ]?(flood|sweep|scan)|,threat,(vuln|scan)|"
               r"\b(fake|interfering)[- ]ap\b|\[\*\*\] \[\d|\[\d+:\d+:\d+\] .*\[priority"),
    ("attack", r"攻击|入侵|漏洞|扫描|威胁|泛洪|暴力破解|僵尸"),
    ("logon", r"\blog(ged)?[ -]?(in|on|out|off)\b.{0,80}\b" + RESULT + r"\b"),
    ("logon", r"\b" + RESULT + r"\b.{0,60}\blog(ged)?[ -]?(in|on|out|off)\b"),
    ("logon", r"\b(logged|signed)[ -]?(in|on|out|off)\b|\b(log|sign)s (in|on|out|off)\b|\blog(in|on)(fail|succ)|"
              r"loginevent|loggedin\b|\blogouted\b"),
    ("logon", r"\b" + WHO + r"( '?[^ ']+'?)? log(in|on|out|off)\b|\blog(in|on|out|off)( \w+)? (from|by|through|via)\b|"
              r"(,|/)log(in|out|on|off)(,|\(|\b)|\blog(in|out)[: ]+(on|root|admin|user)\b"),
    ("logon", r"\b(type|action|event|activity|subtype|msg)\"?[=:] ?['\"]?(admin |user |administrator )?"
              r"(log|sign)[ -]?(in|on|out|off)\b"),
    ("logon", r"\bauth(enti?\w*|orization|orized)?\b.{0,140}?\b" + RESULT + r"\b|\b" + RESULT +
              r"\b.{0,40}\bauthenticat\w+\b|\buser( \S+)? authenticated\b"),
    ("logon", r"\b(failed|accepted|incorrect|invalid|wrong|bad) (password|publickey|user|username|credential|none for|"
              r"\S+ for)\b|\bpassword (failed|incorrect|mismatch)|\buser unknown\b|\baccess denied\b|"
              r"\bsuccessful su\b|\bnot in sudoers\b|\baaa user\b|\bmissed the password"),
    ("logon", r"\bunauthori[sz]ed (user|access|snmp|log ?in)|\b(invalid|unknown|bad) (snmp )?community"),
    ("logon", r"\bsession (was )?(opened|closed|started|ended|created|terminated|disconnected|not allowed)\b"),
    ("logon", r"\b" + WHO + r" session\b.{0,60}\b(open\w*|clos\w*|start\w*|ended|terminat\w*|disconnect\w*|"
              r"establish\w*|timed? ?out|expired)\b|\b(wpa|8021x|802\.1x|eap|splash)( eap)? (de)?(auth|succ|fail)"),
    ("logon", r"(登录|登陆|登出|注销|认证|鉴权).{0,20}(成功|失败|拒绝|超时|错误|退出)|(用户|管理员).{0,20}(登录|登陆|登出|注销|退出)|"
              r"(成功|失败).{0,6}(登录|登陆|认证)"),
    ("tunnel", r"\b((ssl|sc|bo|mu|ip)?vpn(s|link)?|tunnels?|ike(v?[12])?|ipsec|phase ?-?[12]|isakmp|"
               r"(child|ipsec|ike|p[12]|pm) sa|anyconnect|l2tp|pptp|pppoe|"
               r"openvpn)\b.{0,140}?\b(up|down|establish\w*|" + FAIL + r"|unsuccessful|timed? ?out|torn|"
               r"(dis)?connected|new connection|terminated|deleted|created|built|added|lost|mismatch\w*|reject\w*|"
               r"closed|expired|no proposal|dropp\w*|completed|connectivity change)\b"),
    ("tunnel", r"\b(built|teardown|torn down|lost|establish)\b.{0,40}\b(tunnel|ipsec|ike|[lc]2l sa)\b"),
    ("tunnel", r"(隧道|虚拟专网|vpn|ipsec|ike).{0,30}(建立|断开|失败|中断|拆除|删除)"),
    ("configuration", r"\bconfig(uration|ured|ure|s)?\b.{0,60}\b(chang\w+|commit\w*|sav(e|ed|ing)|modif\w+|updated|"
                      r"restored|delet\w+|cleared|written|edited|applied|rollback|rolled back|reset|imported|"
                      r"installed)\b"),
    ("configuration", r"\b(chang\w+|commit\w*|sav(e|ed|ing)|modif\w+|wrote|writ\w+|cop(y|ied)|restored?|erased?|apply|"
                      r"applied|begin|end)\b.{0,40}\bconfig(uration|s)?\b|\bconfig i\b|\bconfigured (from|by)\b"),
    ("configuration", r"\b" + WHAT + r"( \S+){0,3} (was |were |has been |have been |been |is )?" + DONE + r"\b|"
                      r"\b" + DONE + r" (\S+ )?" + WHAT + r"\b|\b(save|deploy|install|publish)\w* policy\b|"
                      r"\bpolicy (install|deploy)\w*"),
    ("configuration", r",config,\d|\bcommit (complete|succe|fail)|\blogged command\b|\bexecuted (the )?'|"
                      r"\b(running|startup)-config\b|operation\"?[=:] ?\"?(modify|create|delete|add|set|publish|"
                      r"install)"),
    ("configuration", r"配置.{0,12}(修改|变更|保存|更改|提交|恢复|删除|下发|清除)|(修改|变更|保存|更改|提交|恢复|删除).{0,12}(配置|策略|规则)"),
    ("neighbour", r"\b(neighbou?r|peer|adjacency|adjchange|nbr\w*|adj|bgp|ospf|isis|is-is|eigrp|ldp|bfd|rsvp|hsrp|vrrp|"
                  r"msdp|udld|fgfm|lsp)\b.{0,100}?\b" + LOST + r"\b|\b(adj|nbr|session)(up|down)\b"),
    ("neighbour", r"\bnew (neighbou?r|adjacency)\b|\bmpls path +(up|down)\b|\bstate (up|down): .*\bpeer\b"),
    ("neighbour", r"(邻居|对等体|邻接).{0,30}(up|down|建立|断开|失效|丢失|变化|中断)"),
    ("link", r"\b(links?|interfaces?|ports?|line protocol|line|nic|trunk|sfp|ethernet\S*|if|eth\d+|en\d+|lacp|"
             r"aggregat\w+)\b.{0,60}?\b" + UP_DOWN + r"\b"),
    ("link", r"\blink ?(up|down|updown|failure|fail(ed)?|active)\b|\bport ?(up|down)\b|\boper ?status\b.{0,30}\b"
             r"(up|down)\b|\b(err|error)-?disabled\b|\bcarrier change|\bchanged? status to (up|down)\b"),
    ("link", r"\b(disabl(e|ed|ing)|shutting down) (the )?(port|interface)\b|\b(port|interface) (\S+ ){0,2}"
             r"(is |was |has been )?(disabled|shut ?down)\b|\boperation status (up|down)\b"),
    ("link", r"(端口|接口|链路|网口).{0,40}(up\b|down\b|断开|连接|中断|恢复|启用|关闭|状态)"),
    ("restart", r"\b(cold|warm) ?-?(start|boot)(ed|ing)?\b|\bre-?boot(s|ed|ing)?\b|\bfactory.?default|"
                r"\bboot(ed|ing)?[ -]up\b|\bsystem boot"),
    ("restart", r"\b" + GEAR + r"\b.{0,40}\b(re-?start(s|ed|ing)?|re-?load(s|ed|ing)?|shut(ting)? ?down|halt(ed|ing)?|"
                r"power(ed|ing)?[- ](on|off))\b|\b" + GEAR + r" (has |is |was )?(started|starting|initiali[sz])"),
    ("restart", r"\b(re-?start(ed|ing)?|re-?load(ed|ing)?|shut(ting)? ?down)\b.{0,30}\b(system|device|switch|router|"
                r"firewall|unit|requested|appliance)\b|\bhalt by\b"),
    ("restart", r"(系统|设备|主机|单板|主控).{0,10}(重启|启动|复位|关机)|冷启动|热启动|重新启动"),
    ("hardware", r"\b" + PART + r"\b.{0,60}\b(" + FAIL + r"|fault\w*|alarm|critical|low|high|exceed\w*|over|removed|"
                 r"inserted|absent|missing|not (responding|present|supported|ok|rotating|spinning|operational)|normal|"
                 r"recover\w*|restored|lost|broken|degraded|abnormal|unsupported|crossed|bad|depleted|replaced|"
                 r"discharged|overheat\w*|error|went|on battery|returned|ok|stopped|lower)\b"),
    ("hardware", r"\b(inserted|removed|failed|failure of|faulty|lost|overheat\w*|unsupported|on battery)\b.{0,30}\b" +
                 PART + r"\b|\bfan(fail\w*|fault\w*|ok)|\b(over)?temp(alarm|high|ok)|\bovertemp\b|"
                 r"\bpower(fail\w*|down|supply\w*)\b|\bparity error\b"),
    ("hardware", r"(风扇|电源|温度|硬盘|磁盘|光模块|电压|单板|内存条).{0,20}(故障|告警|异常|恢复|过高|过低|失败|正常|拔出|插入|超过|损坏)"),
    ("refusal", r"\b" + REFUSED + r"\b(?=.*(\d+\.\d+\.\d+\.\d+|[0-9a-f:]+:[0-9a-f:]+:|\b(packet|traffic|acl|firewall|"
                r"session|access.list|policy|flow|src|source|from)\b))"),
    ("refusal", r"\b\d+\.\d+\.\d+\.\d+.*\b(" + REFUSED[1:-1] + r"|reset[- ](both|client|server))\b"),
    ("refusal", r"\baction\"?[=:] ?['\"]?(deny|drop|block|reject|discard|quarantine|prevent)|\bsecurity violation\b"),
    ("refusal", r"拒绝|阻断|丢弃|拦截|禁止|封堵|阻止"),
]
# Lines of our own making, and what they must be taken for.
SAMPLES = [
    ("malware", "av: Virus Found: file a.doc, name Test_File_1, action quarantined"),
    ("malware", "fw1 发现病毒 文件 a.doc 源地址 192.0.2.7"),
    ("attack", "RT_IDS: UDP flood attack from 192.0.2.9"),
    ("attack", 'type=utm subtype="ips" level=alert severity=high srcip=192.0.2.9'),
    ("attack", "1,2026/11/29 02:00:00,0001,THREAT,vulnerability,1,192.0.2.9,198.51.100.2"),
    ("attack", "fw1: 日志类型:漏洞攻击, 源IP:192.0.2.9"),
    ("logon", "sw1: Login failed for user anna from 192.0.2.7"),
    ("logon", "sw1: successful SSH logon by anna"),
    ("logon", "vc1: User anna@192.0.2.7 logged out"),
    ("logon", "%%10SHELL/5/SHELL_LOGIN: VTY login from 192.0.2.7"),
    ("logon", 'type=event subtype=admin action="login" user="anna"'),
    ("logon", "asa1 AAA user authentication Successful : local database"),
    ("logon", "sshd[7]: Failed password for anna from 192.0.2.7"),
    ("logon", "ups1: Detected an unauthorized user attempting to access the SNMP interface"),
    ("logon", "su: pam_unix(su:session): session opened for user anna"),
    ("logon", "ap1 events type=8021x_eap_success identity='anna'"),
    ("logon", "sw1: SSH session from 192.0.2.7 has ended"),
    ("logon", "SW2 %%10SHELL/5/SHELL_LOGIN: 管理员登录成功".encode("gb18030")),
    ("tunnel", "fw1: IPSec tunnel to 192.0.2.9 is down"),
    ("tunnel", "fw1: Failed to establish an L2L SA"),
    ("tunnel", "fw1: 隧道 to-hq 已断开"),
    ("configuration", "%MGBL-6-DB_COMMIT: Configuration committed by user anna"),
    ("configuration", "%SYS-5-CONFIG_I: Configured from console by anna"),
    ("configuration", "fw1: rule 7 was deleted by anna"),
    ("configuration", "mgd[7]: UI_COMMIT_COMPLETED: commit complete"),
    ("configuration", "fw1: 管理员 anna 修改了安全策略"),
    ("neighbour", "%BGP-5-ADJCHANGE: neighbor 192.0.2.1 Down"),
    ("neighbour", "rpd[7]: IS-IS new L2 adjacency to r2 on ge-0/0/1"),
    ("neighbour", "rpd[7]: RPD_MPLS_PATH_DOWN: MPLS path  down on LSP r1-r2"),
    ("neighbour", "r1: 邻居 192.0.2.1 状态 down"),
    ("link", "%LINK-3-UPDOWN: Interface Gi0/1, changed state to down"),
    ("link", "%PM-4: bpduguard error, Gi0/2 is err-disabled"),
    ("link", "sw1: storm on Gi0/3, disabling port"),
    ("link", "sw1: 接口 Gi0/1 断开"),
    ("restart", "sw1: cold start"),
    ("restart", "%SYS-5-RELOAD: the system is going to be reloaded"),
    ("restart", "sw1: halt by anna"),
    ("restart", "sw1: 系统重启"),
    ("hardware", "Fan 2 failed"),
    ("hardware", "sw1: unsupported transceiver in port 7"),
    ("hardware", "sw1: 电源 1 故障"),
    ("refusal", "%ASA-4-106023: Deny tcp src outside:192.0.2.9/7 dst inside:198.51.100.2/80"),
    ("refusal", "TRAFFIC,end,192.0.2.9,198.51.100.2,tcp,reset-both"),
    ("refusal", '[action:"Block"; product:"Anti-Bot"]'),
    ("refusal", "fw1 packet: 动作:拒绝"),
    # Nothing of that.
    (None, "%NTP-6-PEERREACH: Peer 192.0.2.1 is reachable"),
    (None, "--- last message repeated 3 times --- sshd login failed"),
    (None, "ise1 24352 DEBUG Local-User-DB: Authentication failed, trying the next"),
    (None, "fw1: statistics: 7 packets blocked from 192.0.2.9"),
    (None, "named[7]: client 192.0.2.1: query denied"),
    (None, 'uvm: {"requestLine":"GET http://www.example.org/virus"}'),
    (None, 'fw1: virus="" srcip=192.0.2.1 dstip=198.51.100.2 action=pass'),
    (None, "fw1: Anti-Virus and the IPS signature database are loaded"),
    (None, "fw1: 192.0.2.9 is on the blocked sites list"),
    (None, "fw1: drop rate of 192.0.2.0/24 is low"),
    (None, "sw1: STP port Gi0/1 goes down to blocking, from 192.0.2.1"),
    (None, "fw1: interface eth1 is set up"),
    (None, "fw1: src-port=443 is down for link-local fe80::1 up"),
    (None, "ap1: starting the scan for rogue access points"),
    (None, "mx1: connect to 192.0.2.1: connection refused"),
    (None, "%ASA-6-302014: Teardown TCP connection 7 for outside:192.0.2.9/80 to inside:198.51.100.2/7"),
    (None, "fw1: connection opened src=192.0.2.1:7 dst=198.51.100.2:443 proto=tcp"),
    (None, "sw1: the CPU is overloaded, 99 %"),
]
NOT_LINE = [re.compile(expression) for _, expression in NOT_LINES]
NOT_WORD = [re.compile(expression) for _, expression in NOT_WORDS]
EVENT = [(name, re.compile(expression)) for name, expression in EVENTS]


def plain(line, not_lines=NOT_LINE, not_words=NOT_WORD):
    """Text of a line: lower case, blanks for "_", lies struck out; "" when it is no event."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = line.decode("gb18030", "replace")
    text = text[:4096].lower().replace("_", " ")
    if any(e.search(text) for e in not_lines):
        return ""
    for expression in not_words:
        text = expression.sub(" ", text)
    return text


def event_of(line, not_lines=NOT_LINE, not_words=NOT_WORD):
    """Class of the event that a line of bytes tells of, or None."""
    text = plain(line, not_lines, not_words)
    return next((name for name, expression in EVENT if expression.search(text)), None)


def without(rows, i):
    return rows[:i] + rows[i + 1:]


def self_check():
    """Words for each sample that is taken for something else, and each row that no sample needs."""
    samples = [(want, line if isinstance(line, bytes) else line.encode()) for want, line in SAMPLES]
    for want, line in samples:
        found = event_of(line)
        if found != want:
            yield f"{line!r} is taken for {found}, not {want}"
    for name, expression in EVENT:
        if not any(want == name and expression.search(plain(line)) for want, line in samples):
            yield f"no sample of {name} has {expression.pattern}"
    for i, (name, _) in enumerate(NOT_LINES):
        if all(event_of(line, not_lines=without(NOT_LINE, i)) == want for want, line in samples):
            yield f"no sample needs the lines: {name}"
    for i, (name, _) in enumerate(NOT_WORDS):
        if all(event_of(line, not_words=without(NOT_WORD, i)) == want for want, line in samples):
            yield f"no sample needs the words: {name}"
