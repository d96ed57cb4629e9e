#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""malloc fails at call N, for many N through start, messages, informs, a reload and the stop: the
daemon carries on or ends by one logged abort, and the journal has all that was acknowledged. The
long form tries a thousand places of one failure, and a hundred of lasting ones."""
import os
import signal
import tempfile
import time

import messages
from disk import failing
from harness import IS_LONG, Failed, Gateway, check, check_equal, main, program, run, say
from senders import Informs, expect_informs

EVER = 1 << 40
ROOMS = 3000  # calls that the rooms need to start
SECTIONS = {"journal": '<journal segment-size="1M"/>', "sink": None}
REFUSED = "refused to start"
ENDINGS = {0: "carried on", 1: REFUSED, 2: REFUSED, -signal.SIGABRT: "aborted"}


def live(gw, informs):
    """What a day brings, in a second. Raises Failed or OSError when it ends in the middle."""
    gw.wait_ready()
    gw.wait_for(lambda: informs.n >= 3, "informs are answered")
    gw.send_tcp(*[messages.virus("TROJ_GEN.A", f"wks-{n:03d}") for n in range(10)])
    gw.reload()
    gw.wait_for(lambda: "reload: " in gw.log_text(), "a reload has been tried")
    goal = informs.n + 3
    gw.wait_for(lambda: informs.n >= goal, "informs are answered after it")


def start_and_stop(gw, _):
    gw.wait_ready()


def run_with(gw, env, way=live):
    """One life; its exit code."""
    gw.env = env
    gw.start(is_ready=False)
    with Informs(gw) as informs:
        try:
            way(gw, informs)
        except (Failed, OSError):
            if gw.is_alive():
                raise
        if gw.is_alive():
            gw.process.send_signal(signal.SIGTERM)
        code = gw.process.wait(60)
    gw.process = None
    return code, informs


def count_calls(way):
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report")
        with Gateway("memory", sections=SECTIONS) as gw:
            code, _ = run_with(gw, failing("malloc", EVER, report=report), way)
            check_equal(code, 0, "exit code when nothing fails")
        with open(report) as file:
            return int(file.read().split()[-1])


def life_with(at, count):
    """How it ended when calls at..at+count-1 failed."""
    what = f"malloc {at} and {count - 1} more fail"
    with Gateway("memory", sections=SECTIONS) as gw:
        code, informs = run_with(gw, failing("malloc", at, count))
        check(code in ENDINGS, f"{what}: exit code {code}\n{gw.log_tail()}")
        aborts = gw.log_text().count("out of memory size=")
        check_equal(aborts, 1 if code == -signal.SIGABRT else 0, f"{what}: aborts logged")
        gw.env = {}
        gw.start()
        expect_informs(gw, informs)
        check_equal(gw.status()["journal"]["damaged"], 0, f"{what}: damaged records")
        gw.stop()
        run([program("eogctl"), "journal", "verify", "--state", gw.state])
    return ENDINGS[code]


def spread(begin, end, n):
    """n places, not the same in two runs."""
    step = max(1, (end - begin) // n)
    return [begin + i * step + os.getpid() % step for i in range(n)]


def places(started, ended, n):
    """Most calls are made while mappings are read, at the start and at the reload; most of ours are
    made around the moment when everything is up."""
    around = spread(max(1, started - ROOMS), min(started + ROOMS // 2, ended), n - n // 3)
    return spread(1, ended, n // 3) + around


def try_all(started, calls, n, count):
    begun, ended = time.monotonic(), {}
    for at in places(started, calls, n):
        ending = life_with(at, count)
        ended[ending] = ended.get(ending, 0) + 1
    say(f"      {n} of {calls} places, {count} failing: {ended} in {time.monotonic() - begun:.0f} s")
    check(ended.get("aborted"), "none of the places was reached")


def test_malloc():
    """malloc fails once, at places all over a life; then for good"""
    started, calls = count_calls(start_and_stop), count_calls(live)
    try_all(started, calls, 1000 if IS_LONG else 9, 1)
    if IS_LONG:
        try_all(started, calls, 100, EVER)


main(test_malloc)
