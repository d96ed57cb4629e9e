#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages come while, by chance, the gateway is killed, stopped and reloaded, its feeds are removed,
changed and added again, its targets go, hang and come back, its disk is full and its clock steps.
When all is well again each target has each record, in order, but for repeats. Long: only with
EOG_LONG (make check-chaos). EOG_SEED: which sequence; how it goes depends on the machine, too."""
import json
import os
import random
import shutil
import ssl
import tempfile
import time

import chaos
import messages
from core import kind_name, make_certificates, sequence_of
from disk import Tmpfs, WallClock, enter_namespace
from harness import BUILD, IS_LONG, Failed, Gateway, Skipped, check, check_equal, free_port, main, say
from relp_sender import RelpSender

TURNS = 60
OWN = ("gateway.tick", "gateway.config", "kpi.value")
TOLD = ("alert.raised", "alert.changed", "alert.acknowledged", "alert.cleared", "alert.repeated")
PRODUCTS = 12
DAY = 86400


def has(kind):
    with open(os.path.join(BUILD, "config.h")) as header:
        return f"#define HAVE_{kind.upper()} 1" in header.read()


class World:
    """A gateway, its targets, and what happens to them."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.folder = tempfile.mkdtemp(prefix="eog-chaos-")
        self.clock = WallClock(self.folder)
        rows = "".join(f"default,osce{i:02d},product\n" for i in range(PRODUCTS))
        self.gw = Gateway("chaos", folder=self.folder, env=self.clock.env,
                          files={"inventory.csv": "site,name,role\n" + rows},
                          sections={"sink": "", "engine": '<engine clear-hold="1s"/>'})
        self.relp_port = free_port()
        self.disk, self.filler = Tmpfs(self.gw.state, "96m"), None
        make_certificates(self.folder)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(os.path.join(self.folder, "server.pem"), os.path.join(self.folder, "server.key"))
        self.targets = [chaos.File(self.folder), chaos.Relp(), chaos.Syslog(),
                        chaos.Syslog(tls, os.path.join(self.folder, "ca.pem")), chaos.Webhook(), chaos.Mail(),
                        chaos.Informs(self.gw.oids["eogNotifyUid"] + ".0")]
        if has("nats") and shutil.which("nats-server", path=os.environ.get("PATH", "") + ":/usr/sbin"):
            self.targets.append(chaos.Nats())
        self.removed, self.variants, self.sender, self.n_lines = set(), {}, None, 0
        self.events = []

    # ---- what happens ----

    def configure(self):
        rows = [f'<syslog-relp address="127.0.0.1:{self.relp_port}"/>', '<inventory file="inventory.csv"/>']
        rows += [target.element(self.variants.get(target.name, 0)) for target in self.targets
                 if target.name not in self.removed]
        self.gw.extra = "\n  ".join(rows)
        self.gw.write_config()

    def lines(self):
        n = self.chance.choice((5, 50, 500, 2000))
        out = []
        for _ in range(n):
            self.n_lines += 1
            if self.chance.random() < 20 / n:
                out.append(messages.pattern_status(f"osce{self.chance.randrange(PRODUCTS):02d}",
                                                   status=self.chance.randrange(1, 7), when_s=self.clock.now()))
            else:
                out.append(messages.virus("WORM_DOWNAD.AD", f"wks-{self.n_lines:06d}", when_s=self.clock.now()))
        return out

    def send(self):
        if self.sender and self.sender.acked < len(self.sender.lines):
            return  # the ones before still wait
        self.sender = RelpSender(self.relp_port, self.lines())

    def wait_up(self):
        self.gw.wait_for(lambda: self.gw.ctl("status"), "it is up")

    def up(self):
        if not self.gw.is_alive():
            self.gw.start(is_ready=False)

    def kill(self):
        if self.gw.is_alive():
            self.gw.kill()
        self.up()

    def restart(self):
        if not self.filler:
            self.wait_up()
            self.gw.stop()
        self.up()

    def reload(self):
        target = self.chance.choice(self.targets)
        if not target.is_alerts and self.chance.random() < 0.5:
            self.removed ^= {target.name}
        else:
            self.variants[target.name] = (self.variants.get(target.name, 0) + 1) % 3
        self.configure()
        self.wait_up()
        self.gw.reload()

    def worsen(self):
        target = self.chance.choice(self.targets)
        if not target.is_bad:
            target.bad(self.chance)

    def mend(self):
        bad = [target for target in self.targets if target.is_bad]
        if bad:
            self.chance.choice(bad).heal()

    def fill(self):
        if self.filler:
            os.unlink(self.filler)
            self.filler = None
        else:
            self.filler = self.disk.fill()

    def step(self):
        self.clock.set(self.chance.choice((0, 2, -2, DAY, -DAY, 366 * DAY, -366 * DAY)))

    def wait(self):
        """What is under way goes on for a while; this decides nothing."""
        time.sleep(self.chance.random() * 3)

    def happen(self):
        what = self.chance.choice((self.send, self.send, self.send, self.kill, self.restart, self.reload, self.reload,
                                   self.worsen, self.worsen, self.worsen, self.mend, self.mend, self.fill, self.step,
                                   self.wait, self.wait))
        if self.filler and self.chance.random() < 0.3:
            what = self.fill
        self.events.append(what.__name__)
        what()
        time.sleep(self.chance.random() * 0.5)

    # ---- and what is to come of it ----

    def all_well(self):
        if self.filler:
            self.fill()
        self.clock.set(0)
        self.removed.clear()
        self.configure()
        for target in self.targets:
            target.heal()
        self.up()
        self.gw.wait_ready()
        before = self.gw.log_text().count("reload: done")
        self.gw.reload()
        self.gw.wait_for(lambda: self.gw.log_text().count("reload: done") > before, "reloaded", 60)
        if self.sender:
            self.gw.wait_for(lambda: not self.sender.thread.is_alive(), "all is acknowledged", 120)
        self.gw.receive(messages.virus("TROJ_GEN.A", "wks-last"))
        self.gw.settle()

    def drained(self):
        status, goal = self.gw.status(), self.goal
        for row in status["feeds"]:
            check(row["cursor"] >= goal, f"feed {row}")
            check_equal(row["refused"], 0, f"refused: {row}")
        for row in status["mails"]:
            check(row["cursor"] >= goal and not row["waiting"], f"alerts {row}")
            check_equal((row["refused"], row["expired"]), (0, 0), f"refused, expired: {row}")
        for row in status["sinks"]:
            check(not row["waiting"], f"sink {row}")
        return True

    def judge(self):
        self.goal = self.gw.committed()
        self.gw.wait_for(self.drained, f"everything up to {self.goal} is delivered", 180)
        lines = self.gw.ctl("journal", "cat", timeout_s=120).splitlines()
        events = [event for event in map(json.loads, lines) if sequence_of(event) <= self.goal]
        records = [sequence_of(event) for event in events if kind_name(event) not in OWN]
        alerts = [sequence_of(event) for event in events if kind_name(event) in TOLD]
        chaos.Target.raised = {int(event["unmapped"]["alert.id"]): sequence_of(event)
                               for event in events if kind_name(event) == "alert.raised"}
        repeats = {}
        for target in self.targets:
            goal = alerts if target.is_alerts else records
            repeats[target.name] = self.compare(target, goal)
        say(f"      {len(records)} records, {len(alerts)} alerts, repeats {repeats}")

    def compare(self, target, goal):
        came = [number for number in target.sequences() if number <= self.goal]
        first = list(dict.fromkeys(came))
        missing = sorted(set(goal) - set(first))
        check(not missing, f"{target.name}: missing {missing[:5]} ... of {len(goal)}, {len(missing)} in all")
        strange = sorted(set(first) - set(goal))
        check(not strange, f"{target.name}: nobody sent {strange[:5]}")
        late = [b for a, b in zip(first, first[1:]) if b < a]
        check(not late, f"{target.name}: came first after later ones {late[:5]}")
        return len(came) - len(first)

    def close(self):
        if self.sender:
            self.sender.is_stopped.set()
        if self.gw.is_alive():
            self.gw.kill()
        for target in self.targets:
            target.close()
        self.disk.close()


def run_seed(seed):
    world = World(seed)
    is_fine = False
    try:
        world.configure()
        world.gw.start()
        for _ in range(TURNS):
            world.happen()
        world.all_well()
        world.judge()
        world.gw.stop()
        is_fine = True
    except Failed as failed:
        raise Failed(f"seed {seed}: {' '.join(world.events)}\n{failed}") from None
    finally:
        world.close()
        if is_fine or not os.environ.get("EOG_KEEP"):
            shutil.rmtree(world.folder, ignore_errors=True)
        else:
            say(f"kept: {world.folder}")


def test_chaos():
    """By chance: kills, reloads, bad targets, a full disk, steps of the clock: each record comes, in order"""
    if not IS_LONG:
        raise Skipped("takes long; make check-chaos runs it")
    run_seed(int(os.environ.get("EOG_SEED") or 1))


try:
    enter_namespace()
except Skipped as reason:
    say(f"skip  {reason}")
    raise SystemExit(77) from None
main(test_chaos)
