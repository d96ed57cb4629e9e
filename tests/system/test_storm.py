#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A storm of 100,000 detections, as fast as TCP takes them, is one outbreak: one alert, told once to
each who is to be told, or twice if a look fell between what is a warning and what is critical;
every detection is counted; and the page answers meanwhile."""
import http.client
import json
import threading
import time

import messages
from harness import PATIENCE_S, Gateway, Sink, check, check_equal, free_port, main, say
from told import Http, Smtp

DETECTIONS, HOSTS, CHUNK = 100000, 5000, 500
MALWARE = "WORM_STORM.A"
ASK_EVERY_S = 0.2
# What a person still takes for an answer; measured on a machine of two cores that also builds.
P99_S = 1.0
WARNING, CRITICAL = 1, 2


def storm():
    """Chunks of lines; each detection has a key of its own."""
    line = messages.virus(MALWARE, "HOST", action="File cleaned") + "\n"
    head, _, tail = line.rpartition("devicePayloadId=")
    tail = tail.split("-")[0]
    before, after = head.split("HOST")
    for at in range(0, DETECTIONS, CHUNK):
        yield "".join(
            f"{before}wks-{n % HOSTS:05d}{after}devicePayloadId={tail}-{n:08X}\n"
            for n in range(at, at + CHUNK)
        ).encode()


class Watcher(threading.Thread):
    """Asks the page, as a browser of somebody does who watches the storm."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.took, self.failed, self.is_done = port, [], [], threading.Event()

    def run(self):
        while not self.is_done.is_set():
            begun = time.monotonic()
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                connection.request("GET", "/api/status")
                answer = connection.getresponse()
                said = json.loads(answer.read())
                connection.close()
                if answer.status != 200 or "journal" not in said:
                    self.failed.append(answer.status)
            except (OSError, ValueError, http.client.HTTPException) as error:
                self.failed.append(error)
            self.took.append(time.monotonic() - begun)
            self.is_done.wait(max(0, ASK_EVERY_S - self.took[-1]))

    def end(self):
        self.is_done.set()
        self.join()
        return sorted(self.took)


def states(sink):
    """What notifications about the outbreak tell."""
    return [sink.text(n, "eogNotifyNewState") for n in sink.received
            if sink.text(n, "eogNotifyKpiKey") == "outbreak"]


def mails(smtp):
    return [m["Subject"] for m in smtp.mails() if "outbreak" in m["Subject"].lower()]


def posts(hook):
    return [said for _, said, _ in hook.received if said["kpi"]["key"] == "outbreak"]


def test_storm():
    """100,000 detections: one alert, one notification, one mail, one request; the page answers"""
    with Smtp() as smtp, Http() as hook:
        page = free_port()
        extra = (
            f'<web address="127.0.0.1:{page}"/>'
            f'<mail name="night" address="127.0.0.1:{smtp.port}" from="eog@example.org"'
            ' to="ops@example.net" tls="no"/>'
            f'<webhook name="tickets" url="http://127.0.0.1:{hook.port}/alerts"/>'
        )
        with Gateway("storm", extra=extra) as gw, Sink(gw) as sink:
            gw.start()
            chunks, watcher = list(storm()), Watcher(page)
            before = gw.counter("received")
            watcher.start()
            begun = time.monotonic()
            with gw.connect() as sock:
                sock.settimeout(120)
                for chunk in chunks:
                    sock.sendall(chunk)
            gw.wait_for(
                lambda: gw.counter("received") >= before + DETECTIONS, "all are received", 120
            )
            gw.settle()
            lasted = time.monotonic() - begun
            gw.wait_state(11, "outbreak", "default", "critical")
            gw.wait_for(lambda: states(sink)[-1:] == [CRITICAL], "it is told")
            took = watcher.end()
            check_told_once(gw, sink, smtp, hook)
            check(not watcher.failed, f"the page: {watcher.failed[:3]}")
            p99 = took[len(took) * 99 // 100]
            say(
                f"      {DETECTIONS} in {lasted:.1f} s, {DETECTIONS / lasted:.0f}/s; the page was"
                f" asked {len(took)} times: median {took[len(took) // 2] * 1e3:.0f} ms, p99"
                f" {p99 * 1e3:.0f} ms, slowest {took[-1] * 1e3:.0f} ms"
            )
            check(len(took) >= 3, "the page was hardly asked")
            check(p99 <= P99_S * PATIENCE_S / 20, f"the page's p99 is {p99:.2f} s")


def check_told_once(gw, sink, smtp, hook):
    """At another look behind the last detection nothing more is told."""
    looked = gw.evaluated()
    gw.wait_for(lambda: gw.evaluated() > looked, "one more look", 30)
    alerts = [row for row in gw.status()["alerts"] if row["key"] == "outbreak"]
    check_equal(len(alerts), 1, "outbreak alerts")
    check_equal((alerts[0]["scope"], alerts[0]["state"]), ("default", "critical"), "the alert")
    told = states(sink)
    check(told in ([CRITICAL], [WARNING, CRITICAL]), f"the states that notifications tell: {told}")
    gw.wait_for(lambda: min(len(mails(smtp)), len(posts(hook))) >= len(told), "all are told")
    check_equal(len(mails(smtp)), len(told), f"mails about it: {mails(smtp)}")
    check_equal(len(posts(hook)), len(told), "requests about it")
    tops = json.loads(gw.ctl("top", "--json"))["tops"]
    day = next(top for top in tops if (top["period"], top["kind"]) == ("week", "malware"))
    check_equal([(row["name"], row["count"]) for row in day["rows"]], [(MALWARE, DETECTIONS)], "top")
    check_equal(gw.status()["counters"]["dropped_full"], 0, "dropped")


main(test_storm)
