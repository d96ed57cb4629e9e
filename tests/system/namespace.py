# SPDX-License-Identifier: GPL-3.0-or-later
"""A network namespace for a whole test program: addresses other than 127.0.0.0/8 and nobody else."""
import os
import shutil
import subprocess
import sys


def enter(*addresses):
    """This program again, as root of a network whose lo has the addresses; ends it with 77 where none
    can be made. Call it before anything else is done."""
    if os.environ.get("EOG_IN_NAMESPACE"):
        return
    ways = "ip link set lo up" + "".join(
        f" && ip addr add {address}/{128 if ':' in address else 32} dev lo" for address in addresses)
    if not shutil.which("unshare") or subprocess.run(
            ["unshare", "-rn", "sh", "-c", ways], capture_output=True, check=False).returncode:
        print("no network namespace can be made here")
        sys.exit(77)
    os.execvp("unshare", ["unshare", "-rn", "sh", "-c", f'{ways} && EOG_IN_NAMESPACE=1 exec "$@"',
                          "sh", sys.executable, os.path.abspath(sys.argv[0]), *sys.argv[1:]])
