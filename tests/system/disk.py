# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks that fill, refuse or lie, and clocks that step, for tests: a mount namespace of the test's
own, small file systems in it, and a library that is preloaded (failing.c)."""
import os
import shlex
import subprocess
import sys
import tempfile
import time

from harness import SOURCE, Failed, Skipped, run, tool

_folder = None


def enter_namespace():
    """Begin the program anew in a mount namespace: its mounts are nobody else's, and are gone with
    it. Skipped where that is not allowed."""
    if os.environ.get("EOG_OWN_MOUNTS") == "1":
        return
    command = [tool("unshare"), "--mount"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    if subprocess.run(command + ["true"], stderr=subprocess.DEVNULL, check=False).returncode:
        raise Skipped("no mount namespace may be made here")
    os.environ["EOG_OWN_MOUNTS"] = "1"
    os.execvp(command[0], command + [sys.executable] + sys.argv)


class Tmpfs:
    """A tmpfs of so many bytes on a folder."""

    def __init__(self, folder, size):
        self.folder = folder
        run([tool("mount"), "-t", "tmpfs", "-o", f"size={size},mode=700", "eog-test", folder])

    def fill(self):
        """No byte is left; returns the file that took them."""
        path = os.path.join(self.folder, "filler")
        chunk = b"x" * 65536
        with open(path, "ab", buffering=0) as file:
            while chunk:
                try:
                    if file.write(chunk) < len(chunk):
                        chunk = chunk[: len(chunk) // 2]
                except OSError:
                    chunk = chunk[: len(chunk) // 2]
        return path

    def close(self):
        run([tool("umount"), "-l", self.folder])


class Ext4:
    """A small ext4 in a file, on a folder; it turns read-only when it meets an error."""

    def __init__(self, folder, image):
        self.folder, self.image = folder, image
        with open(image, "wb") as file:
            file.truncate(24 << 20)
        run([tool("mkfs.ext4"), "-q", "-F", image])
        self.mount()

    def mount(self):
        try:
            run([tool("mount"), "-o", "loop,errors=remount-ro", self.image, self.folder])
        except Failed as failed:
            raise Skipped(f"no loop device may be mounted here: {failed}") from None

    def break_it(self):
        """As a dying disk does: the file system is read-only from now on."""
        with open("/proc/self/mounts") as mounts:
            device = next(
                line.split()[0] for line in mounts if line.split()[1] == self.folder
            )
        path = f"/sys/fs/ext4/{os.path.basename(device)}/trigger_fs_error"
        try:
            with open(path, "w") as trigger:
                trigger.write("test")
        except OSError as error:
            raise Skipped(f"{path}: {error}") from None

    def freeze(self):
        """As one behind a network that is gone: what is written does not return."""
        run([tool("fsfreeze"), "--freeze", self.folder])

    def thaw(self):
        run([tool("fsfreeze"), "--unfreeze", self.folder])

    def umount(self):
        run([tool("umount"), self.folder])

    def repair(self):
        """Replays its log and looks over it: 1 is that something was mended."""
        run([tool("e2fsck"), "-f", "-p", self.image], ok=(0, 1))


def shim():
    """failing.c as a library to preload."""
    global _folder  # pylint: disable=global-statement
    if "sanitize" in os.environ.get("GW_INSTRUMENTED", ""):
        raise Skipped("a sanitizer wants to be loaded first")
    if _folder is None:
        _folder = tempfile.TemporaryDirectory(prefix="eog-shim-")
        run(
            shlex.split(os.environ.get("CC") or "cc")
            + ["-std=gnu11", "-D_GNU_SOURCE", "-O1", "-shared", "-fPIC", "-o", _folder.name + "/failing.so"]
            + [os.path.join(SOURCE, "tests/system/failing.c"), "-ldl"],
            timeout_s=120,
        )
    return _folder.name + "/failing.so"


def failing(call, at, count=1, error=5, report=None):
    """The environment in which calls at..at+count-1 of that kind fail."""
    return {
        "LD_PRELOAD": shim(),
        "EOG_FAIL": call,
        "EOG_FAIL_AT": str(at),
        "EOG_FAIL_COUNT": str(count),
        "EOG_FAIL_ERRNO": str(error),
        **({"EOG_FAIL_REPORT": report} if report else {}),
    }




def slow(sync_ms):
    """The environment in which each commit takes as long at least."""
    return {"LD_PRELOAD": shim(), "EOG_SYNC_MS": str(sync_ms)}


def dying(when, name):
    """The environment in which eogd is killed before or after a file gets that name by rename()."""
    return {"LD_PRELOAD": shim(), "EOG_KILL": f"{when} {name}"}


class WallClock:
    """The wall clock of daemons that are started with its env: ahead of the machine's by as many
    seconds as it was told last. The monotonic clock is nobody's to move."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "clock")
        self.set(0)
        self.env = {"LD_PRELOAD": shim(), "EOG_CLOCK": self.path}

    def set(self, seconds):
        self.ahead = int(seconds)
        mode = "r+b" if os.path.exists(self.path) else "wb"
        with open(self.path, mode) as file:
            file.write(self.ahead.to_bytes(8, "little", signed=True))

    def now(self):
        return time.time() + self.ahead
