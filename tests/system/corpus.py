# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the corpus share: where it is, its messages, and a bar a folder."""

import fnmatch
import glob
import os
import subprocess

TOP = os.environ.get("top_srcdir", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.environ.get("top_builddir", ".")
CORPUS = os.path.join(os.environ.get("EOG_SHARED") or os.path.join(TOP, "..", "shared"), "corpus")
EOGCTL = os.environ.get("EOGCTL", os.path.join(BUILD, "eogctl"))


def eogctl(command, text, *options):
    """What the command makes of the text, all bytes."""
    run = [EOGCTL, command, "--data", TOP, *options]
    return subprocess.run(run, input=text, stdout=subprocess.PIPE, check=True).stdout


def messages(folder):
    """Name and bytes of each file that holds a message a line."""
    for path in sorted(glob.glob(os.path.join(CORPUS, folder, "*"))):
        if path.endswith((".log", ".txt", ".jsonl")) and not path.endswith(".expected.jsonl"):
            with open(path, "rb") as f:
                yield os.path.relpath(path, CORPUS), f.read()


def bars_of(folder, bars):
    """The first row whose pattern fits the folder, less the pattern; None when none does."""
    return next((bar[1:] for bar in bars if fnmatch.fnmatch(folder, bar[0])), None)


def folders(bars):
    """Every folder that holds messages, and those that a bar names and are not there."""
    found = [os.path.relpath(path, CORPUS) for path in sorted(glob.glob(os.path.join(CORPUS, "*", "*")))]
    found = [f for f in found if bars_of(f, bars) is not None and next(messages(f), None)]
    named = [bar[0] for bar in bars if "*" not in bar[0]]
    return found + [f for f in named if f not in found]


def wanted_of(found, patterns):
    return [f for f in found if not patterns or any(fnmatch.fnmatch(f, p) for p in patterns)]


def missing():
    """Exit status when there is nothing to run with, else None."""
    if not os.access(EOGCTL, os.X_OK):
        print(f"{EOGCTL} is not built")
        return 1
    if not os.path.isdir(CORPUS):
        print(f"SKIPPED: no corpus in {CORPUS}")
        return 77
    return None
