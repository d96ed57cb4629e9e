#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs all system tests, or those named: run.py [test_states ...]. Each is a program of its own;
make check-system runs them by itself. Closes with `N passed, N failed`."""
import glob
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    names = sys.argv[1:] or [
        os.path.basename(path)[:-3] for path in sorted(glob.glob(os.path.join(HERE, "test_*.py")))
    ]
    passed, failed, skipped = 0, [], 0
    for name in names:
        begun = time.monotonic()
        print(f"== {name}", flush=True)
        code = subprocess.call(
            [sys.executable, os.path.join(HERE, name + ".py")], stdin=subprocess.DEVNULL
        )
        took = time.monotonic() - begun
        verdict = {0: "passed", 77: "skipped"}.get(code, f"FAILED ({code})")
        print(f"== {name}: {verdict} [{took:.1f} s]", flush=True)
        passed += code == 0
        skipped += code == 77
        if code not in (0, 77):
            failed.append(name)
    if failed:
        print("failed: " + ", ".join(failed))
    print(f"{passed} passed, {len(failed)} failed, {skipped} skipped")
    return 1 if failed or passed + skipped == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
