# SPDX-License-Identifier: GPL-3.0-or-later
"""A customer's month (or week): sites, computers that report four times a day, detections of a quiet
day, and what is planted among them. Writes the lines of tests/bench/write_journal.c, and keeps in a
Truth what it planted and counted. The same seed makes the same month."""
import datetime
import heapq
import random
import time

from month_truth import DAY, HOUR, INFECTIONS, MINUTE, CRITICAL, WARNING, Truth

BEGIN = 1772323200000  # 1 March 2026, 00:00 UTC: clocks change in New York and in Berlin
ROUND = 6 * HOUR  # each computer reports once in it
CHAT = 15 * MINUTE  # mail gateways, managers and switches say something as often
RELEASE = 2 * HOUR  # of a new pattern, each day
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "UTC")
NAMES = [f"TROJ_GEN.{n:03d}" for n in range(60)]
WATCHED = "WORM_DOWNAD.AD"  # on the delivered watchlist; no other name here is
ACTIONS = ("File quarantined", "File cleaned")
KINDS = {
    "File quarantined": "malware.quarantined",
    "File cleaned": "malware.cleaned",
    "Unable to clean file": "malware.clean_failed",
    "Access denied": "malware.blocked",
}
KEYS = (
    "product-offline pattern-outdated engine-outdated install-rate agent-offline update-failure"
    " protection-disabled license-expiry log-silence console-logon-failure outbreak high-risk-virus"
    " suspected-virus infection-level infection-source clean-failure repeat-infection grayware"
    " ransomware behaviour-violation sandbox-detection c2-callback web-violation exploit-attack"
    " email-threat data-leak vulnerability-exposure network-device-fault"
).split()


class World:
    """days, sites, hosts: how large. tick: between two ticks, at most 30 s."""

    def __init__(self, days, sites, hosts, tick, seed=28):
        self.days, self.n_hosts, self.tick = days, hosts, tick
        self.end = BEGIN + days * DAY
        self.sites = [f"s{n:02d}" for n in range(sites)]
        self.zone = {site: ZONES[n % len(ZONES)] for n, site in enumerate(self.sites)}
        self.address = {site: f"127.1.0.{n + 1}" for n, site in enumerate(self.sites)}
        self.truth = Truth(BEGIN, self.end, tick, self.zone)
        self.chance = random.Random(seed)
        self.queue = []  # (received, order, line) of what is not a round's report
        self.order = self.key = 0
        self.records = 0  # written so far
        self.facts = []  # (what, kpi, scope, worst, when)
        self.frozen, self.engine_old, self.offline = {}, {}, {}  # host -> (from, until)
        self.speechless = {}  # site -> (from, until): its server
        self.vanished, self.missing = {}, {}  # host -> from; host -> until
        self.silent = {}  # site -> (from, until): nothing comes from its Apex Central
        self.behind = {}  # console -> (from, until)
        self.license = {}
        self.first_seen = {}  # day -> when a computer had its pattern first
        self.last_word = {}  # host that vanished -> its last report
        self.last_heard = {}  # site that is silent -> its console's last word before that
        self.last_served = {}  # site -> its server's, before that says no more
        self.updated = {}  # host that was frozen, or had an old engine -> first report afterwards
        self.reported_old = {}
        for site in self.sites:
            self.truth.managed[site] = hosts
        self.plan()
        self.quiet_days()
        heapq.heapify(self.queue)

    def hosts(self, site):
        return [f"{site}-pc{n:04d}" for n in range(self.n_hosts)]

    def heard(self, site):
        """Those of which nothing is planned that a detection would change."""
        return self.hosts(site)[self.n_hosts // 10 : self.n_hosts * 8 // 10]

    def site(self, n):
        return self.sites[n % len(self.sites)]

    def at(self, share, hours=0.0):
        """A moment by its share of the whole time, at that hour of the day."""
        day = int(share * self.days)
        return BEGIN + day * DAY + int(hours * HOUR)

    # ---- lines ----

    def put(self, received, line):
        self.order += 1
        self.queue.append((received, self.order, line))

    def put_message(self, site, received, text):
        self.put(received, f"M\t{received}\t{self.address[site]}\t{text}\n")

    def server(self, site, when):
        """Whose computers they are: one that is said to be offline tells nothing of them."""
        begin, end = self.speechless.get(site, (0, 0))
        if begin <= when < end:
            return ""
        if when < begin:
            self.last_served[site] = max(when, self.last_served.get(site, 0))
        return f" dvchost=osce-{site}"

    def apex(self, site, when, code, name, rest, delay=0, osce=True):
        """A message of the site's Apex Central about something at `when`."""
        received = when + delay
        silent = self.silent.get(site)
        if silent and silent[0] <= received < silent[1]:
            return False
        host = self.server(site, received) if osce else ""
        self.put_message(
            site,
            received,
            f"<134>{stamp(received)} apex-{site} CEF:0|Trend Micro|Apex Central|2019|{code}|{name}|3|"
            f"rt={rt(when)}{host} {rest}",
        )
        return True

    def dsm(self, site, when, number, name, rest):
        self.put_message(
            site,
            when,
            f"<134>{stamp(when)} dsm-{site} CEF:0|Trend Micro|Deep Security Manager|20.0|{number}|"
            f"{name}|3|{rest}",
        )

    def switch(self, site, when, text):
        self.put_message(site, when, f"<189>{stamp(when)} sw-{site} {text}")

    def count(self, site, kind, when, malware=None, source=None, host=None, n=1):
        self.truth.sent[kind] += 1
        self.truth.found[self.truth.day_of(site, when), site, kind, malware, source, host] += n

    def note(self, kpi, scope, when, delay=0, group=None, member=None, n=1):
        """A record of it counts in the indicator. Messages have whole seconds."""
        when -= when % 1000
        self.truth.records[kpi, scope].append((when + delay, when, group, member, n))

    def next_key(self):
        self.key += 1
        return f"0C43407C83F9-{self.key:08X}"

    # ---- what can happen ----

    def virus(self, site, when, host, name, action="File quarantined", source=None, n=1, delay=0,
              is_ransomware=False, is_told_twice=False):
        when -= when % 1000
        origin = f"shost={source} " if source else ""
        reason = "reason=G " if is_ransomware else ""
        text = (
            f"cnt={n} dhost={host} act={action} cn3=1 fname=a.exe {origin}{reason}"
            f"deviceFacility=Apex One devicePayloadId={self.next_key()}"
        )
        for turn in range(1 + is_told_twice):
            if not self.apex(site, when, "AV:" + action, name, text, delay + turn * 2000):
                return
        kind = KINDS[action]
        self.count(site, kind, when, name, source, host, n)
        if is_ransomware:
            self.note(19, site, when, delay, n=n)
        if name == WATCHED:
            self.note(12, site, when, delay, n=n)
        if kind == "malware.clean_failed":
            self.note(16, site, when, delay, n=n)
        if kind not in INFECTIONS:
            return
        self.truth.infections.append((when, name, source, host, n))
        self.note(11, site, when, delay, name, host, n)
        self.note(14, site, when, delay, member=host)
        self.note(15, site, when, delay, source, host)
        self.note(17, site, when, delay, (host, name), None, n)

    def finding(self, kpi, site, when, host, kind, code, name, rest, malware=None):
        """A detection that one indicator counts."""
        if self.apex(site, when, code, name, rest):
            self.count(site, kind, when, malware, None, host)
            self.note(kpi, site, when, member=host, group="all")

    def suspect(self, site, when, host):
        name = "Troj.Win32.TRX.XXPE50FFF039"
        rest = f"dhost={host} act=36 cs2={name} fname=a.exe devicePayloadId={self.next_key()}"
        self.finding(13, site, when, host, "malware.suspected", "PML:File quarantined", name, rest, name)

    def grayware(self, site, when, host):
        rest = f"cnt=1 dhost={host} cs1=ADW_SAMPLE cs5=Reboot system successfully fname=r.bin"
        name = "Spyware Detected"
        self.finding(18, site, when, host, "malware.grayware", name, name, rest, "ADW_SAMPLE")

    def behave(self, site, when, host):
        rest = f"cn1Label=Risk_Level cn1=1 cs2Label=Policy cs2=1000 sproc=u.exe cn2=4 act=3 shost={host}"
        self.finding(
            20, site, when, host, "behaviour.violation", "BM:1000", "Behavior Monitoring", rest
        )

    def sandbox(self, site, when, host):
        name = "VAN_DROPPER.SAMPLE"
        rest = f"dhost={host} fname=q.zip cs1Label=Security_Threat cs1={name} cn1Label=Risk_Level cn1=3"
        self.finding(21, site, when, host, "sandbox.detected", "VAD", name, rest, name)

    def call_home(self, site, when, host):
        rest = f"cat=1756 act=Block shost={host} dst=198.51.100.71 cs2Label=NCIE_ThreatName cs2=C2_SAMPLE"
        self.finding(
            22, site, when, host, "cnc.callback", "NCIE:Block", "Suspicious Connection", rest,
            "C2_SAMPLE",
        )

    def surf(self, site, when, host):
        rest = f"app=5 cnt=1 dpt=80 act=2 request=http://bad.example/ shost={host}"
        self.finding(23, site, when, host, "web.reputation", "WB:36", "36", rest)

    def attack(self, site, when, host):
        rest = f"src=198.51.100.120 dst=192.0.2.120 dpt=445 cn1Label=Rule cn1=1008306 dhost={host}"
        self.finding(24, site, when, host, "ips.detect", "Log", "Intrusion Prevention", rest)

    def leak(self, site, when, host):
        rest = f"shost={host} suser=q@corp.example duser=out@bad.example fname=l.xlsx"
        self.finding(26, site, when, host, "dlp.violation", "700106", "Data Loss Prevention", rest)

    def mail(self, site, when):
        rest = (
            f"dhost=a@corp.example duser=a@corp.example act=Quarantine cat=1705 dvchost=mail-{site}"
            " msg=Invoice shost=evil@bad.example suser=evil@bad.example src=198.51.100.91"
        )
        if self.apex(site, when, "MS:Quarantine", "Spam policy", rest, osce=False):
            self.count(site, "email.threat", when)
            self.note(25, f"{site}/mail-{site}", when)

    def fail_logon(self, site, when):
        rest = (
            f"shost=mail-{site} deviceFacility=ScanMail for Microsoft Exchange msg=Logon failed. Detail"
            " Information:UserName:guest,IP address:192.0.2.142,EventType:Log in/out"
        )
        if self.apex(site, when, "700211", "Managed Product Logon/Logoff Events", rest, osce=False):
            self.truth.sent["auth.logon_fail"] += 1
            self.note(10, f"{site}/mail-{site}", when)

    def fail_update(self, site, when, host):
        name = "Security Update: Pattern Update on Agents/Appliances Failed"
        self.dsm(site, when, 2205, name, f"suser=System target={host} msg=There was a failure.")
        self.truth.sent["content.update_failed"] += 1
        self.note(6, f"{site}/dsm-{site}", when)

    def protect(self, site, host, begin, end):
        self.dsm(site, begin, 738, "Intrusion Prevention Engine Offline", f"target={host}")
        self.dsm(site, end, 739, "Intrusion Prevention Engine Back Online", f"target={host}")
        self.truth.spans[7, site].append((begin, end, 1, 0))

    def link(self, site, when, state, port="GigabitEthernet0/1"):
        self.switch(site, when, f"%LINK-3-UPDOWN: Interface {port}, changed state to {state}")

    def scanner(self, site, when, kind, host):
        self.put(when, f"R\t{when}\t{self.address[site]}\t{kind}\t{host}\n")

    # ---- what is planted ----

    def fact(self, what, key, scope, worst, when):
        """worst None: nothing of it may fire there then."""
        self.facts.append((what, KEYS.index(key) + 1, scope, worst, when))

    def spread(self, n, begin, within, first=0):
        """n moments evenly over a time."""
        return [(i + first, begin + i * within // n) for i in range(n)]

    def plan(self):
        self.plan_outbreaks()
        self.plan_detections()
        self.plan_network()
        self.plan_consoles()
        self.plan_computers()

    def plan_outbreaks(self):
        site, when = self.site(1), self.at(0.2, 10)
        hosts = self.hosts(site)
        for i, moment in self.spread(12, when, 6 * MINUTE):
            self.virus(site, moment, hosts[i], "WORM_SPREAD.A")
        self.fact("outbreak: one worm on 12 computers in 6 min", "outbreak", site, CRITICAL, when)
        site, when = self.site(2), self.at(0.45, 14)
        hosts = self.hosts(site)
        for i, moment in self.spread(130, when, 40 * MINUTE):
            self.virus(site, moment, hosts[100 + i % 6], f"PE_MANY.{i:03d}")
        self.fact("outbreak: 130 infections on 6 computers", "outbreak", site, CRITICAL, when)
        site, when = self.site(4), self.at(0.6, 3)
        hosts = self.hosts(site)
        for i, moment in self.spread(8, when, 6 * HOUR):
            delay = when + 8 * HOUR - moment
            self.virus(site, moment, hosts[200 + i], "WORM_LATE.A", delay=delay)
        self.fact("8 infections of 6 h come in one second", "outbreak", site, None, when + 8 * HOUR)
        site, when = self.site(3), self.at(0.3, 9)
        hosts = self.hosts(site)
        for i, moment in self.spread(4, when, 50 * MINUTE):
            self.virus(site, moment, hosts[20 + i], "WORM_FOUR.A")
        self.fact("one worm on 4 computers", "outbreak", site, None, when)

    def plan_detections(self):
        site, when = self.site(5), self.at(0.35, 11)
        self.virus(site, when, self.hosts(site)[3], WATCHED)
        self.fact("malware of the watchlist", "high-risk-virus", site, CRITICAL, when)
        site, when = self.site(6), self.at(0.5, 8)
        for i, moment in self.spread(3, when, HOUR):
            self.suspect(site, moment, self.hosts(site)[i])
        self.fact("3 suspected", "suspected-virus", site, WARNING, when)
        site, when = self.site(7), self.at(0.75, 13)
        for i, moment in self.spread(12, when, HOUR):
            self.suspect(site, moment, self.hosts(site)[i])
        self.fact("12 suspected", "suspected-virus", site, CRITICAL, when)
        site, when = self.site(8), self.at(0.4, 7)
        for i, moment in self.spread(6, when, 9 * HOUR):
            self.virus(site, moment, self.hosts(site)[40 + i], NAMES[i], source=f"FILESRV-{site}")
        self.fact("one source on 6 computers", "infection-source", site, CRITICAL, when)
        site, when = self.site(9), self.at(0.55, 9)
        for i, moment in self.spread(int(self.n_hosts * 0.06), when, 12 * HOUR):
            self.virus(site, moment, self.hosts(site)[i], NAMES[i % 60], action="File cleaned")
        self.fact("6 % of the computers infected", "infection-level", site, CRITICAL, when)
        site, when = self.site(10), self.at(0.65, 15)
        for i, moment in self.spread(6, when, HOUR):
            self.virus(site, moment, self.hosts(site)[60 + i], NAMES[i], action="Unable to clean file")
        self.fact("6 not cleaned", "clean-failure", site, CRITICAL, when)
        site, when = self.site(11), self.at(0.25, 9)
        for i in range(4):
            self.virus(site, when + i * DAY // 2, self.hosts(site)[70], "TROJ_AGAIN.A")
        third = when + DAY
        self.fact("the same on one computer 4 times", "repeat-infection", site, WARNING, third)
        site, when = self.site(0), self.at(0.7, 12)
        self.virus(site, when, self.hosts(site)[80], "TROJ_LOCKER.A", is_ransomware=True)
        self.fact("ransomware", "ransomware", site, CRITICAL, when)
        for n, share, what, count, within, key, worst in (
            (12, 0.15, self.grayware, 25, 5 * HOUR, "grayware", WARNING),
            (13, 0.33, self.behave, 14, 5 * HOUR, "behaviour-violation", WARNING),
            (14, 0.8, self.sandbox, 2, HOUR, "sandbox-detection", WARNING),
            (15, 0.58, self.call_home, 4, HOUR, "c2-callback", CRITICAL),
            (16, 0.22, self.surf, 70, 30 * MINUTE, "web-violation", WARNING),
            (17, 0.68, self.attack, 120, 40 * MINUTE, "exploit-attack", CRITICAL),
            (18, 0.48, self.leak, 7, 4 * HOUR, "data-leak", WARNING),
        ):
            site, when = self.site(n), self.at(share, 10)
            for i, moment in self.spread(count, when, within):
                what(site, moment, self.hosts(site)[100 + i])
            self.fact(f"{count} of {key}", key, site, worst, when)

    def plan_network(self):
        site, when = self.site(19), self.at(0.37, 16)
        for _, moment in self.spread(30, when, 50 * MINUTE):
            self.mail(site, moment)
        self.fact("30 bad mails in 50 min", "email-threat", f"{site}/mail-{site}", WARNING, when)
        site, when = self.site(0), self.at(0.52, 2)
        for _, moment in self.spread(25, when, 10 * MINUTE):
            self.fail_logon(site, moment)
        scope = f"{site}/mail-{site}"
        self.fact("25 logons fail in 10 min", "console-logon-failure", scope, CRITICAL, when)
        site, when = self.site(1), self.at(0.63, 5)
        scope, up = f"{site}/sw-{site}", when + 90 * MINUTE
        self.link(site, when, "down")
        self.link(site, up, "up")
        self.truth.spans[28, scope].append((when, up, 1, 0))
        self.fact("an uplink is down for 90 min", "network-device-fault", scope, CRITICAL, when)
        site, when = self.site(2), self.at(0.72, 6)
        self.switch(site, when, "%SYS-5-RESTART: System restarted --")
        self.note(28, f"{site}/sw-{site}", when)
        scope = f"{site}/sw-{site}"
        self.fact("a switch restarts", "network-device-fault", scope, WARNING, when)
        site, when = self.site(3), self.at(0.82, 6)
        for i in range(5):
            state = "up" if i % 2 else "down"
            self.link(site, when + i * MINUTE, state, "GigabitEthernet0/7")
        self.note(28, f"{site}/sw-{site}", when + 4 * MINUTE)
        scope = f"{site}/sw-{site}"
        self.fact("a link flaps", "network-device-fault", scope, WARNING, when)
        site, when = self.site(4), self.at(0.42, 9)
        for host in self.hosts(site)[:2]:
            self.scanner(site, when, "vuln.found", host)
            self.scanner(site, when + DAY, "vuln.resolved", host)
            self.truth.spans[27, site].append((when, when + DAY, 1, 0))
        self.fact("2 computers vulnerable", "vulnerability-exposure", site, WARNING, when)

    def plan_consoles(self):
        site, when = self.site(5), self.at(0.57, 8)
        scope, back = f"{site}/osce-{site}", when + 3 * HOUR
        self.console(site, when, connection=0)
        self.console(site, back)
        self.speechless[site] = (when, back)
        self.truth.spans[1, scope].append((when, back, 1, 0))
        self.fact("a server is said to be offline", "product-offline", scope, CRITICAL, when)
        self.fact("its log", "log-silence", scope, CRITICAL, when + 15 * MINUTE)
        site, when = self.site(7), self.at(0.28, 18)
        back = when + 5 * HOUR
        self.silent[site] = (when, back)
        scope = f"{site}/apex-{site}"
        self.fact("a console is silent for 5 h", "product-offline", scope, CRITICAL, when + HOUR)
        self.fact("its log", "log-silence", scope, CRITICAL, when + 15 * MINUTE)
        site, when = self.site(6), self.at(0.85, 8)
        scope, back = f"{site}/osce-{site}", when + 8 * HOUR
        self.behind[site] = (when, back)
        self.console(site, when, status=6)
        self.console(site, back)
        self.truth.fixed[2, scope].append((when, back, CRITICAL))
        self.fact("a console 5 versions behind", "pattern-outdated", scope, CRITICAL, when)
        site, when = self.site(8), self.at(0.2, 6)
        for i, moment in self.spread(4, when, 2 * HOUR):
            self.fail_update(site, moment, self.hosts(site)[i])
        scope = f"{site}/dsm-{site}"
        self.fact("4 updates fail", "update-failure", scope, WARNING, when)
        site = self.site(9)
        end = BEGIN + int(self.days * 0.75) * DAY
        self.license[site] = datetime.datetime.fromtimestamp(end / 1000, datetime.UTC).date()
        end += DAY
        scope = f"{site}/apex-{site}"
        self.truth.fixed[8, scope].append((BEGIN, end - 7 * DAY, WARNING))
        self.truth.fixed[8, scope].append((max(BEGIN, end - 7 * DAY), None, CRITICAL))
        near = max(BEGIN, end - 7 * DAY)
        self.fact("a licence runs out", "license-expiry", scope, CRITICAL, near)

    def plan_computers(self):
        site, when = self.site(10), self.at(0.78, 9)
        for i in range(2):
            self.protect(site, self.hosts(site)[i], when, when + 3 * HOUR)
        self.fact("protection off on 2 computers", "protection-disabled", site, WARNING, when)
        site, when = self.site(11), self.at(0.15, 1)
        self.stale = (site, when, self.at(0.72, 1))
        for host in self.hosts(site)[-(self.n_hosts * 3 // 10) :]:
            self.frozen[host] = self.stale[1:]
        later = when + HOUR + 3 * DAY
        self.fact("30 % of the patterns are stale", "pattern-outdated", site, CRITICAL, later)
        site, when = self.site(12), self.at(0.62, 10)
        for host in self.hosts(site)[-(self.n_hosts // 10) :]:
            self.engine_old[host] = (when, when + DAY)
            self.report(site, host, when)
            self.report(site, host, when + DAY)
            self.truth.spans[3, site].append((when, when + DAY, 1, 0))
        self.fact("10 % of the engines are old", "engine-outdated", site, WARNING, when)
        site, when = self.site(13), self.at(0.88, 9)
        for host in self.hosts(site)[-(self.n_hosts * 15 // 100) :]:
            self.offline[host] = (when, when + 5 * HOUR)
            self.report(site, host, when)
            self.report(site, host, when + 5 * HOUR)
            self.truth.spans[5, site].append((when, when + 5 * HOUR, 1, 0))
        self.fact("15 % of the agents are offline", "agent-offline", site, WARNING, when)
        site, when = self.site(14), self.at(0.6, 12)
        gone = self.hosts(site)[: self.n_hosts // 10]
        for host in gone:
            self.missing[host] = when
            self.report(site, host, when + 1000)
        self.truth.fixed[4, site].append((BEGIN, when + 1000, WARNING))
        self.fact("10 % of the listed have no agent", "install-rate", site, WARNING, BEGIN)
        if self.days > 20:
            site, when = self.site(15), self.at(0.4, 12)
            for host in self.hosts(site)[-(self.n_hosts * 15 // 100) :]:
                self.vanished[host] = when
            later = when + 7 * DAY
            self.fact("15 % of the agents unheard for a week", "agent-offline", site, WARNING, later)

    # ---- quiet days ----

    def quiet_days(self):
        for site in self.sites:
            zone = self.truth.zones[site]
            for day in range(self.days):
                for _ in range(max(1, self.n_hosts * 4 // 1000)):
                    self.quiet_detection(site, zone, BEGIN + day * DAY)
            for turn in range(self.days * DAY // CHAT):
                when = BEGIN + turn * CHAT + self.chance.randrange(MINUTE)
                self.mail(site, when)
                self.dsm(site, when + 1000, 600, "User Signed In", "suser=System target=admin msg=in")
                self.switch(site, when + 2000, "%SYS-5-CONFIG_I: Configured from console by admin")
                self.put_message(site, when + 3000, f"<13>{stamp(when)} box-{site} zzz: {turn}")
                self.truth.unknown[self.truth.day_of(site, when - when % 1000), site] += 1
            for hour in range(1, self.days * 24):
                self.console(site, BEGIN + hour * HOUR + 7000)

    def quiet_detection(self, site, zone, day):
        """Most of them while people work."""
        hour = min(23.99, max(0, self.chance.gauss(13, 3)))
        offset = zone.utcoffset(datetime.datetime.fromtimestamp(day / 1000, zone)).total_seconds()
        when = day + int(hour * HOUR - offset * 1000)
        if not BEGIN + HOUR <= when < self.end - HOUR:
            return
        host = self.chance.choice(self.heard(site))
        turn = self.chance.random()
        action = "Access denied" if turn < 0.3 else self.chance.choice(ACTIONS)
        source = f"SRC-{self.chance.randrange(500):03d}" if turn > 0.6 else None
        self.virus(site, when, host, self.chance.choice(NAMES), action, source,
                   1 + (turn > 0.9), self.chance.randrange(3) * 1000, False, turn > 0.95)

    # ---- computers' reports ----

    def console(self, site, when, connection=1, status=None):
        """The server's own pattern, as its Apex Central has it."""
        behind = self.behind.get(site, (0, 0))
        status = status or (6 if behind[0] <= when < behind[1] else 1)
        self.truth.sent["console"] += 1
        newest = pattern((when - BEGIN - RELEASE) // DAY)
        rest = f"shost=osce-{site} cn1={connection} cn2=2048 cs5={newest} cn3={status} cs6=2"
        if site == self.site(5) and connection and self.is_down(site, when):
            return
        self.apex(site, when, "800101", "Pattern Update Status", rest, osce=False)

    def is_down(self, site, when):
        spans = self.truth.spans.get((1, f"{site}/osce-{site}"), ())
        return any(begin <= when < end for begin, end, _, _ in spans)

    def report(self, site, host, when):
        """Both its reports, at once."""
        address, begin = self.address[site], f"{stamp(when)} apex-{site}"
        self.put(when, self.reports(site, host, when, address, begin, rt(when)))

    def reports(self, site, host, when, address, begin, clock):
        day = (when - BEGIN - RELEASE) // DAY
        status, engine, connection = 1, 1, 1
        frozen = self.frozen.get(host)
        if frozen and frozen[0] <= when < frozen[1]:
            newest, day = day, (frozen[0] - BEGIN - RELEASE) // DAY
            status = min(7, 1 + newest - day)
        elif frozen and when >= frozen[1]:
            self.updated.setdefault(host, when)
        if day >= 0 and day not in self.first_seen:
            self.first_seen[day] = when
        if host in self.engine_old and self.engine_old[host][0] <= when < self.engine_old[host][1]:
            engine = 2
        if host in self.offline and self.offline[host][0] <= when < self.offline[host][1]:
            connection = 0
        if host in self.vanished:
            self.last_word[host] = when
        head = f"M\t{when}\t{address}\t<134>{begin} CEF:0|Trend Micro|Apex Central|2019|"
        tail = f"rt={clock}{self.server(site, when)} shost={host} cn1={connection} "
        return (
            f"{head}800101|Pattern Update Status|3|{tail}cn2=2048 cs5={pattern(day)} cn3={status}"
            f" cs6=2\n{head}800102|Engine Update Status|3|{tail}cn2=4096 cs5=22.590.1004 cn3={engine}"
            " cs6=1\n"
        )

    def is_quiet(self, host, site, when):
        silent = self.silent.get(site)
        return (
            when >= self.vanished.get(host, when + 1)
            or when < self.missing.get(host, when)
            or (silent and silent[0] <= when < silent[1])
        )

    def lines(self):
        """All of them, in order of time, with the ticks."""
        slots = [[] for _ in range(ROUND // self.tick)]
        special = set(self.vanished) | set(self.missing) | set(self.silent)
        all_hosts = [(site, host) for site in self.sites for host in self.hosts(site)]
        random.Random(self.n_hosts).shuffle(all_hosts)
        for n, (site, host) in enumerate(all_hosts):
            slots[n * len(slots) // len(all_hosts)].append((site, host))
        yield f"T\t{BEGIN}\n"
        yield from self.some(all_hosts, BEGIN + 1000, special)
        yield from (self.first_console(site) for site in self.sites)
        for turn in range(1, self.days * DAY // self.tick + 1):
            now = BEGIN + turn * self.tick
            while self.queue and self.queue[0][0] <= now:
                yield heapq.heappop(self.queue)[2]
            yield from self.some(slots[turn % len(slots)], now - 500, special)
            yield f"T\t{now}\n"
        self.finish()

    def first_console(self, site):
        """Before the first look, as all reports of the beginning."""
        return (
            f"M\t{BEGIN + 1000}\t{self.address[site]}\t<134>{stamp(BEGIN)} apex-{site} CEF:0|Trend Micro|"
            f"Apex Central|2019|800101|Pattern Update Status|3|rt={rt(BEGIN)} shost=osce-{site} cn1=1"
            f" cn2=2048 cs5={pattern(-1)} cn3=1 cs6=2\n"
        )

    def some(self, hosts, when, special):
        clock, begin = rt(when), stamp(when)
        for site, host in hosts:
            if (host in special or site in special) and self.is_quiet(host, site, when):
                continue
            if site in self.silent and when < self.silent[site][0]:
                self.last_heard[site] = when
            yield self.reports(site, host, when, self.address[site], f"{begin} apex-{site}", clock)

    def finish(self):
        """What is known when all was said."""
        site, _, _ = self.stale
        day = (self.stale[1] - BEGIN - RELEASE) // DAY
        third = self.first_seen[day + 3]
        for host in self.frozen:
            end = self.updated.get(host, self.end + DAY)
            self.truth.spans[2, site].append((third, end, 1, 0))
        for host, when in self.last_word.items():
            site, day = host.split("-")[0], (when - BEGIN - RELEASE) // DAY
            self.truth.spans[5, site].append((when + 7 * DAY, self.end + DAY, 1, 1))
            self.truth.spans[2, site].append((self.first_seen[day + 3], self.end + DAY, 1, 0))
        self.finish_silence()

    def finish_silence(self):
        """Heartbeats are missed after 1 and 4 hours; a log is silent after 3 and 10 times what is
        usual: 5 minutes, of the mail gateway a quarter of an hour."""
        for site, (begin, end) in self.silent.items():
            apex, osce, mail = (f"{site}/{name}-{site}" for name in ("apex", "osce", "mail"))
            fixed, begin = self.truth.fixed, self.last_heard[site]
            fixed[1, apex] += [(begin + HOUR, end, WARNING), (begin + 4 * HOUR, end, CRITICAL)]
            for scope in (apex, osce):
                fixed[9, scope].append((begin + 15 * MINUTE, end, WARNING))
                fixed[9, scope].append((begin + 50 * MINUTE, end, CRITICAL))
            fixed[9, mail].append((begin + 3 * CHAT, end, WARNING))
            fixed[9, mail].append((begin + 10 * CHAT, end, CRITICAL))
        for site, (_, end) in self.speechless.items():
            osce, begin = f"{site}/osce-{site}", self.last_served[site]
            self.truth.fixed[9, osce].append((begin + 15 * MINUTE, end, WARNING))
            self.truth.fixed[9, osce].append((begin + 50 * MINUTE, end, CRITICAL))

    # ---- what the gateway is given ----

    def inventory(self):
        yield "site,name,role,heartbeat,license_end,uplinks\n"
        for site in self.sites:
            heartbeat = "1h" if site in self.silent else ""
            yield f"{site},apex-{site},product,{heartbeat},{self.license.get(site, '')},\n"
            yield from (f"{site},{name}-{site},product,,,\n" for name in ("osce", "mail", "dsm"))
            yield f"{site},sw-{site},device,,,GigabitEthernet0/1\n"
            yield from (f"{site},{host},host,,,\n" for host in self.hosts(site))

    def sections(self):
        lines = [f'<site id="{site}" zone="{self.zone[site]}"/>' for site in self.sites]
        lines += [f'<source address="{self.address[site]}" site="{site}"/>' for site in self.sites]
        lines += [f'<kpi key="{key}"/>' for key in KEYS]
        return {
            "gateway": f'<gateway id="gw-month" site="{self.sites[0]}"/>',
            "site": "\n".join(lines + ['<inventory file="inventory.csv"/>']),
            "source": None,
            "engine": '<engine remind="0s"/>',
        }


def pattern(day):
    return f"19.{302 + day}.00"


def stamp(when):
    return time.strftime("%b %e %H:%M:%S", time.gmtime(when // 1000))


def rt(when):
    return time.strftime("%b %d %Y %H:%M:%S GMT+00:00", time.gmtime(when // 1000))
