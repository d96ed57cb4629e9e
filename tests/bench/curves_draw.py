#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws the points of tests/bench/curves/NAME.jsonl as NAME.svg: CPU a message above, memory below.
The same points give the same bytes: no date, no random ids, text as text.

    curves_draw.py [NAME...]
"""
import glob
import json
import os
import sys

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "curves")
# name -> (title, the axis, starts at 0)
TITLES = {
    "size": ("Size of a message", "bytes", False),
    "sources": ("Senders, by UDP", "addresses", False),
    "hosts": ("Computers that messages speak of", "computers", False),
    "kpis": ("Indicators switched on; the last two with 30 and 100 of one's own", "indicators", False),
    "sites": ("Sites, a sender each, every indicator on", "sites", False),
    "mappings": ("Mappings loaded: messages of Apex Central and Deep Security", "mappings", False),
    "mappings-text": ("Mappings loaded: text that no mapping knows", "mappings", False),
    "watchlist": ("Entries of the watchlist", "entries", True),
    "connections": ("Open TCP connections, eight messages at a time", "connections", False),
}


def read(name):
    with open(os.path.join(OUT, f"{name}.jsonl"), encoding="ascii") as file:
        return [json.loads(line) for line in file]


def draw(name):
    try:
        import matplotlib
    except ImportError:
        sys.exit("curves_draw.py: python3-matplotlib is not installed (deploy/packages.sh, packages_bench)")
    matplotlib.use("svg")
    matplotlib.rcParams.update({
        "svg.fonttype": "none", "svg.hashsalt": name, "font.family": "sans-serif", "font.size": 9,
        "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.3})
    from matplotlib import pyplot, ticker

    title, unit, from_zero = TITLES[name]
    points = read(name)
    x = [point["x"] for point in points]
    figure, (above, below) = pyplot.subplots(2, 1, sharex=True, figsize=(6.4, 5.0), layout="constrained")
    above.set_title(title, loc="left")
    runs = [point["cpu_us_runs"] for point in points]
    above.vlines(x, [min(run) for run in runs], [max(run) for run in runs], color="#2a6f97", alpha=0.4, lw=4)
    above.plot(x, [point["cpu_us"] for point in points], "o-", color="#2a6f97", ms=4)
    above.set_ylabel("CPU, us a message")
    below.plot(x, [point["peak_mb"] for point in points], "^-", color="#bc6c25", ms=4, label="highest")
    below.plot(x, [point["rss_mb"] for point in points], "o-", color="#606c38", ms=4, label="after the load")
    below.plot(x, [point["started_mb"] for point in points], "s:", color="#8d99ae", ms=3, label="started")
    below.set_ylabel("resident, MB")
    below.set_xlabel(unit)
    below.legend(frameon=False, fontsize=8)
    below.set_xscale("symlog", linthresh=10) if from_zero else below.set_xscale("log")
    below.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,.0f}"))
    above.set_ylim(0, 1.1 * max(max(run) for run in runs))
    below.set_ylim(0, 1.25 * max(point["peak_mb"] for point in points))
    if max(point["cpu_us"] for point in points) > 8 * min(point["cpu_us"] for point in points):
        above.set_yscale("log")
        above.set_ylim(min(min(run) for run in runs) * 0.8, max(max(run) for run in runs) * 1.25)
        above.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    figure.savefig(os.path.join(OUT, f"{name}.svg"), metadata={"Date": None, "Creator": None})
    pyplot.close(figure)


def main():
    names = sys.argv[1:] or sorted(
        os.path.basename(path)[:-6] for path in glob.glob(os.path.join(OUT, "*.jsonl")))
    for name in names:
        draw(name)


if __name__ == "__main__":
    main()
