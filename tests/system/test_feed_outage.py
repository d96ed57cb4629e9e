#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The core is away while messages come, then is back: its backlog is drained at twice the live rate
or more while messages go on coming without a delay, in order, each once, in bounded memory.
EOG_LONG: ten minutes at 5,000/s (make check-outage)."""
import os

import messages
from core import Rsyslog
from harness import IS_LONG, Gateway, check, main, say
from outage import judge_order, run_outage

RATE = 5000 if IS_LONG else 1500  # that other tests run beside it makes no difference then
DOWN_S = 600 if IS_LONG else 3


def test_outage():
    """A core that is away, then back: drained at twice the live rate, in order, in 128 MB"""
    with Gateway("outage") as gw, Rsyslog(os.path.join(gw.folder, "core")) as core:
        lines = gw.write_file(
            "lines",
            "".join(messages.virus("WORM_X", f"wks-{n % 500:05d}") + "\n" for n in range(20000)),
        )
        gw.extra = f'<feed name="core" address="127.0.0.1:{core.relp_port}"/>'
        gw.write_config()
        gw.start()
        figures = run_outage(gw, core, lines, RATE, DOWN_S)
        arrived = judge_order(core, figures["sent"])
        say(
            f"      {figures['waiting']} waited, drained at {figures['drained_s']:.0f}/s"
            f" ({figures['drained_s'] / RATE:.1f} x live), intake p99 {figures['lag_p99_s']:.3f} s"
            f" behind, {figures['rss_mb']:.0f} MB, {arrived} arrived in order"
        )
        is_plain = not os.environ.get("EOG_PATIENCE")
        check(
            not is_plain or figures["drained_s"] >= 2 * RATE, f"drained at {figures['drained_s']}/s"
        )
        check(figures["lag_p99_s"] <= 1, f"intake was {figures['lag_p99_s']} s behind")
        check(not is_plain or figures["rss_mb"] <= 128, f"{figures['rss_mb']} MB")


main(test_outage)
