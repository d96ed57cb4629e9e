#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every command of eogctl has in common, walked from `eogctl --help`: its help with examples,
its exit codes, --json, text from messages that does nothing to a terminal, a reader that goes away,
colours, and what shells complete. A new command is walked too: with --state alone, unless
Walked.arguments() has something for it."""
import fcntl
import json
import os
import pty
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import termios

import messages
from harness import SOURCE, Gateway, Skipped, check, check_equal, free_port, main, program, run, wait_for

# What a terminal obeys: C0 and C1 controls, DEL, marks that turn what follows.
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
HOSTILE = "pc-1\x1b[31m\x7f\u009b31m\u202eend\u2066\u061c"
HOSTILE_LINE = f"CEF:0|Nobody|Knows|1|E1|Door {HOSTILE}|5|shost={HOSTILE} msg={HOSTILE}"
# It prints no data.
WITHOUT_JSON = {"completion"}


class Walked(Gateway):
    """A gateway with something in it for each command to show."""

    def begin(self):
        self.start()
        self.receive(messages.virus("TROJ_GEN.A", "wks-1"), messages.virus("TROJ_GEN.A", "wks-2"),
                     HOSTILE_LINE, HOSTILE_LINE.replace("CEF:0|Nobody|Knows", "nobody"))
        self.lines = self.write_file("lines.log", HOSTILE_LINE + "\n" + messages.virus("A", "b") + "\n")
        self.list = self.write_file("new.csv", "name,site,role\nwks-9,default,host\n")
        self.watchlist = self.write_file("new.xml", "<watchlist><entry pattern='abc'/></watchlist>")
        self.settle()
        return self

    def arguments(self, command):
        """What comes behind the command's name: the state it asks, and what it cannot do without."""
        state = ["--state", self.state]
        return {
            "ack": ["4000000000", *state],
            "tail": ["-n", "100", "--all", *state],
            "decode": ["--data", SOURCE, self.lines],
            "explain": ["--data", SOURCE],
            "test": ["--data", SOURCE, "cisco/asa"],
            "send": ["--udp", "--to", f"127.0.0.1:{self.port['syslog']}", self.lines],
            "inventory": ["check", self.list, *state],
            "watchlist": ["check", self.watchlist, "--data", SOURCE, *state],
            "journal": ["cat", *state],
            "backup": ["-o", f"{self.folder}/backup.tar", *state],
            "restore": [f"{self.folder}/backup.tar", "--state", f"{self.folder}/restored"],
            "renormalize": ["--from", "2020-01-01", "--to", "2040-01-01", "--dry-run", "--config",
                            self.config_path, "--data", SOURCE, *state],
            "report": ["--data", SOURCE, *state],
            "completion": ["bash"],
        }.get(command, state)

    def do(self, command, *more, timeout_s=30, **options):
        """Exit code, standard output and error."""
        if command == "backup" and os.path.exists(f"{self.folder}/backup.tar"):
            os.unlink(f"{self.folder}/backup.tar")
        shutil.rmtree(f"{self.folder}/restored", ignore_errors=True)
        line = [program("eogctl"), command, *self.arguments(command), *more]
        if command == "tail":
            return self.tail(line)
        with open(self.lines, "rb") as stdin:
            done = subprocess.run(line, stdin=stdin, timeout=timeout_s, check=False,
                                  **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options})
        return done.returncode, (done.stdout or b"").decode(), done.stderr.decode()

    def tail(self, line):
        """The same of tail, which never ends: it is let go a moment after it has begun to print."""
        path = self.write_file("tail.out", "")
        with open(path, "wb") as out:
            tail = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE)
        try:
            self.wait_for(lambda: os.path.getsize(path) or tail.poll() is not None, "tail prints")
            tail.wait(0.5)
        except subprocess.TimeoutExpired:
            pass
        finally:
            tail.terminate()
            said = tail.communicate()[1].decode()
        with open(path, "rb") as out:
            printed = b"".join(part for part in out if part.endswith(b"\n"))  # the last may be cut
        return 0 if tail.returncode == -signal.SIGTERM else tail.returncode, printed.decode(), said


def commands():
    found = re.findall(r"^  ([a-z]+)  +\S", run([program("eogctl"), "--help"]), re.M)
    check(len(found) >= 20, f"commands are {found}")
    return found


def eogctl(*arguments):
    done = subprocess.run([program("eogctl"), *arguments], stdin=subprocess.DEVNULL, timeout=30,
                          capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def help_of(command):
    return run([program("eogctl"), command, "--help"])


def test_help():
    """each command explains itself with examples, and has --json"""
    for command in commands():
        text = help_of(command)
        check(text.startswith(f"usage: eogctl {command}"), f"{command} --help begins otherwise: {text}")
        check(re.search(rf"^  (eval .*)?eogctl {command}", text, re.M), f"{command} --help has no example")
        check_equal(eogctl(command, "-h"), (0, text, ""), f"{command} -h")
        check(("--json" in text) == (command not in WITHOUT_JSON), f"{command} --help on --json")
        check(max(map(len, text.splitlines())) <= 100, f"{command} --help is too wide: {text}")


def test_usage():
    """wrong usage is 2, says by whom and what, and prints nothing else"""
    for command in commands():
        for wrong in (["--no-such-option"], ["no", "such", "words", "at", "all"]):
            if command in ("decode", "test") and len(wrong) > 1:
                continue  # names of files, parts of names
            code, out, said = eogctl(command, *wrong)
            check_equal((code, out), (2, ""), f"eogctl {command} {wrong}: {said}")
            check(f"eogctl {command}" in said or f"eogctl: unknown option {wrong[0]}" in said, said)
    code, out, said = eogctl()
    check(code == 2 and not out and said.startswith("usage: eogctl COMMAND"), said)
    for word, meant in (("jurnal", "journal"), ("statsu", "status"), ("renorm", "renormalize"),
                        ("aler", "alerts"), ("tpo", "top")):
        code, out, said = eogctl(word)
        check(code == 2 and not out and f"did you mean '{meant}'?" in said, f"{word}: {said}")
    code, out, said = eogctl("x" * 5000)
    check(code == 2 and "did you mean" not in said and "eogctl --help" in said, said)
    check_equal(eogctl("status", "--color=blue")[0], 2, "exit code of a colour that is none")
    for line, expected, words in (
            (["alerts", "--since", "2026-03-01"], 2, "--since goes with --history"),
            (["top", "--period", "year"], 2, "--period 'year': one of day week month all"),
            (["top", "--kind", "virus"], 2, "--kind 'virus': one of malware source computer all"),
            # The number was cut to 16 bits: the messages went to a port that nobody had named.
            (["send", "--to", "127.0.0.1:65537", "--wait", "0", __file__], 3, "'127.0.0.1:65537' is no HOST:PORT")):
        code, out, said = eogctl(*line)
        check_equal((code, out, words in said), (expected, "", True), f"eogctl {line}: {said}")


def test_cannot():
    """what cannot be done is 3, says why, and prints nothing else"""
    for command in commands():
        text = help_of(command)
        if "--state" not in text or command in ("restore", "inventory"):
            continue
        arguments = {"ack": ["1"], "journal": ["ls"], "backup": ["-o", "/nonexistent/x.tar"],
                     "renormalize": ["--from", "2026-01-01", "--to", "2026-01-02", "--data", SOURCE]}
        code, out, said = eogctl(command, *arguments.get(command, []), "--state", "/nonexistent")
        check_equal((code, out), (3, ""), f"eogctl {command} of no gateway: {said}")
        check("/nonexistent" in said, f"{command} does not say where: {said}")
    for line in (["decode", "/nonexistent"], ["send", "/nonexistent"], ["restore", "/nonexistent"],
                 ["inventory", "check", "/nonexistent"], ["watchlist", "check", "/nonexistent"],
                 ["watchlist", "load", "/nonexistent"], ["explain", "--data", "/nonexistent"],
                 ["test", "--data", "/nonexistent"],
                 ["send", "--wait", "0.1", "--to", f"127.0.0.1:{free_port()}", __file__]):
        code, _, said = eogctl(*line)
        check(code == 3 and said, f"{line}: {code}, {said}")


def test_unreadable():
    """input that cannot be read is not an input without lines"""
    folder = os.open("/", os.O_RDONLY)
    for line in (["explain", "--data", SOURCE], ["explain", "--data", SOURCE, "--json"],
                 ["decode", "--data", SOURCE], ["send", "--dry-run", "-"]):
        done = subprocess.run([program("eogctl"), *line], stdin=folder, capture_output=True, timeout=30, check=False)
        check(done.returncode == 3 and b"Is a directory" in done.stderr, f"{line}: {done}")
    os.close(folder)


def test_stranger():
    """who may not read a state folder hears so, of which file, and who may; not that it is not there"""
    if os.geteuid() != 0:
        raise Skipped("only root becomes somebody else")
    with Gateway("stranger") as gw, tempfile.TemporaryDirectory(prefix="eog-stranger-") as folder:
        gw.start()
        os.chmod(folder, 0o755)
        eogctl = shutil.copy(program("eogctl"), folder)
        for mode in (0o755, 0o750):
            os.chmod(gw.folder, 0o755)
            os.chmod(gw.state, mode)
            for line in (["report", "--data", SOURCE], ["alerts", "--history"], ["journal", "ls"],
                         ["store", "rebuild"]):
                done = subprocess.run([eogctl, *line, "--state", gw.state], capture_output=True, timeout=30,
                                      check=False, user=65534, group=65534, extra_groups=())
                said = done.stderr.decode()
                check(done.returncode == 3 and gw.state in said and "ask as root" in said.lower()
                      and "not there" not in said, f"{line} of {mode:o}: {done}")


def test_asking():
    """a state folder is named either way; who may not ask is told who may"""
    for words in (["--state", "/nonexistent"], ["--state=/nonexistent"]):
        code, _, said = eogctl("status", *words)
        check(code == 3 and "/nonexistent/control.sock: No such file" in said and "Is eogd running?" in said, said)
    code, _, said = eogctl("status", "--state")
    check(code == 2 and "--state wants a value" in said, said)
    if os.geteuid() != 0:
        return
    with tempfile.TemporaryDirectory(prefix="eog-commands-") as folder:
        shutil.copy(program("eogctl"), folder)
        os.chmod(folder, 0o755)
        os.mkdir(f"{folder}/state", 0o700)
        done = subprocess.run([f"{folder}/eogctl", "status", "--state", f"{folder}/state"], user=65534, group=65534,
                              extra_groups=[], capture_output=True, timeout=30, check=False)
        said = done.stderr.decode()
        check(done.returncode == 3 and "Permission denied" in said, said)
        check("member of the gateway's group" in said and "Is eogd running?" not in said, said)


def test_mute():
    """a gateway that takes questions and answers none is left after a while, with words"""
    asked = [["status"], ["alerts"], ["ack", "1"], ["sources"], ["feed"], ["mail"], ["store"], ["reports"], ["top"],
             ["watchlist"], ["watchlist", "reset"]]
    with tempfile.TemporaryDirectory(prefix="eog-mute-") as folder, socket.socket(socket.AF_UNIX) as mute:
        mute.bind(f"{folder}/control.sock")
        mute.listen(len(asked))
        all_of_them = [subprocess.Popen([program("eogctl"), *words, "--state", folder], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE) for words in asked]
        for words, one in zip(asked, all_of_them):
            out, said = one.communicate(timeout=60)
            check_equal((one.returncode, out), (3, b""), f"eogctl {words}")
            check(b"the gateway has not answered for 20 s" in said, f"eogctl {words}: {said}")


def test_tail_ends():
    """tail of a gateway that ends says so and has not done what it was asked for"""
    with Gateway("tail") as gw:
        gw.start()
        gw.receive(messages.virus("TROJ_GEN.A", "wks-1"))
        with open(gw.write_file("tail.out", ""), "r+b") as out:
            tail = subprocess.Popen([program("eogctl"), "tail", "--state", gw.state], stdout=out,
                                    stderr=subprocess.PIPE)
            gw.wait_for(lambda: os.path.getsize(out.name), "it has printed")
            gw.stop()
            said = tail.communicate(timeout=30)[1].decode()
        check_equal((tail.returncode, said), (3, "eogctl tail: the gateway ended, or closed a reader that was too "
                                              "slow\n"), "the end of tail")


def test_tail_unread():
    """tail whose reader went away ends, without a record that has to come first"""
    with Gateway("unread") as gw:
        gw.start()
        gw.receive(messages.virus("TROJ_GEN.A", "wks-1"))
        gw.settle()
        tail = subprocess.Popen([program("eogctl"), "tail", "-n", "1", "--state", gw.state],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            check(tail.stdout.readline(), "it has printed nothing")
            gw.process.send_signal(signal.SIGSTOP)  # no record comes
            tail.stdout.close()
            wait_for(lambda: tail.poll() is not None, "tail has ended")
        finally:
            gw.process.send_signal(signal.SIGCONT)
            tail.kill()
        check_equal((tail.wait(), tail.stderr.read()), (0, b""), "a reader that goes away is no error")


def walk(gw, command):
    for more in ([], ["--json"])[: 1 if command in WITHOUT_JSON else 2]:
        code, out, said = gw.do(command, *more)
        if command == "ack":
            check(code == 3 and "alert" in said, f"there is no alert: {said}")
        else:
            check_equal((code, said), (0, ""), f"eogctl {command} {more}")
            check(out, f"{command} {more} prints nothing")
        found = OBEYED.search(out + said)
        check(not found, f"{command} {more}: the terminal obeys {found and found.group()!r}: {out}")
        if more and out:
            # A document, or one a line.
            for one in out.splitlines() if command in ("tail", "decode", "journal") else [out]:
                check(isinstance(json.loads(one), dict), f"{command} --json: {one}")


def test_walk():
    """each command prints JSON if asked to, and nothing that a terminal obeys"""
    with Walked("commands") as gw:
        gw.begin()
        with open(gw.log_path, encoding="utf-8") as log:
            hint = re.search(r"^  ask it +eogctl (.+)$", log.read(), re.M).group(1)
        check_equal(eogctl(*hint.split())[0], 0, f"what eogd says asks it: eogctl {hint}")
        for command in commands():
            walk(gw, command)
        for line in (["sources", "--unknown"], ["alerts", "--history"], ["journal", "ls"], ["journal", "verify"],
                     ["store", "verify"], ["watchlist"]):
            for more in ([], ["--json"]):
                code, out, said = eogctl(*line, *more, "--state", gw.state)
                check_equal((code, said), (0, ""), f"eogctl {line} {more}")
                check(not OBEYED.search(out), f"{line} {more}: {out!r}")
                check(not more or isinstance(json.loads(out), dict), out)
        told = json.loads(eogctl("inventory", "check", gw.list, "--json", "--state", gw.state)[1])
        check_equal((told["sound"], told["compared"], told["problems"], told["lines"]),
                    (True, True, [], [{"change": "new", "role": "host", "site": "default",
                                       "name": "wks-9"}]), "the inventory's changes")
        bad = gw.write_file("bad.csv", "name,site,role\nwks-9,default,hose\n")
        code, out, _ = eogctl("inventory", "check", bad, "--json", "--state", gw.state)
        check_equal((code, json.loads(out)["problems"][0]["line"]), (1, 2), "a list with a mistake")
        readers(gw)
        colours(gw)
        narrow(gw)
        # An empty EOG_STATE is none, for all of them.
        os.symlink(gw.state, f"{gw.folder}/var")
        for line in (["status"], ["journal", "ls"], ["store", "verify"], ["backup", "-o", f"{gw.folder}/empty.tar"],
                     ["inventory", "check", gw.list]):
            done = subprocess.run([program("eogctl"), *line], cwd=gw.folder, env={**os.environ, "EOG_STATE": ""},
                                  capture_output=True, timeout=30, check=False)
            check(done.returncode == 0 and b"no checkpoint" not in done.stdout, f"EOG_STATE= {line}: {done}")


def readers(gw):
    """a reader that went away is no trouble, a disk that is full is"""
    for command in commands():
        if command in ("ack", "backup", "restore", "tail", "send"):
            continue  # what they print is one line at the end, or never ends
        reading, writing = os.pipe()
        os.close(reading)
        code, _, said = gw.do(command, stdout=writing)
        os.close(writing)
        check_equal((code, said), (0, ""), f"eogctl {command} | true")
        if command in ("renormalize", "test"):
            continue  # one that loads all mappings is enough
        with open("/dev/full", "wb") as full:
            code, _, said = gw.do(command, stdout=full)
        check(code == 3 and "standard output" in said, f"{command} > /dev/full: {code} {said!r}")


def test_full():
    """whatever prints says when what it printed is lost; a reader that went away is no trouble"""
    words = {"eogd": ("--options", "--defaults", "--version", "--help"), "eogctl": ("--help", "--version"),
             "check_eog": ("--help", "--version")}
    for line in ([program(name), option] for name, options in words.items() for option in options):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(line, stdout=full, stderr=subprocess.PIPE, timeout=30, check=False)
        check(done.returncode != 0 and b"standard output: " in done.stderr, f"{line}: {done}")
        if line[0] == program("check_eog"):
            continue  # its help is no state that is known
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(line, stdout=writing, stderr=subprocess.PIPE, timeout=30, check=False)
        os.close(writing)
        check_equal((done.returncode, done.stderr), (0, b""), f"{line} | true")


def test_closed():
    """a program that is begun without its standard streams takes nothing else for one of them"""
    with Walked("closed") as gw:
        closed = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"]
        gw.process = subprocess.Popen([*closed, *gw.command("--foreground")])
        gw.wait_ready()
        gw.receive(HOSTILE_LINE)
        opened = [os.readlink(f"/proc/{gw.process.pid}/fd/{n}") for n in range(3)]
        check_equal(opened, ["/dev/null"] * 3, "what eogd has for its standard streams")
        # Its answers to a closed standard output went into its own connection, as requests.
        closed[2] = 'exec "$@" >&-'
        done = subprocess.run([*closed, program("eogctl"), "tail", "--state", gw.state], timeout=30,
                              stderr=subprocess.PIPE, check=False)
        check_equal((done.returncode, done.stderr[:24]), (3, b"eogctl: standard output:"), f"eogctl tail >&-: {done}")
        done = subprocess.run([*closed, program("check_eog"), "--help"], timeout=30,
                              stderr=subprocess.PIPE, check=False)
        check_equal((done.returncode, done.stderr[:27]), (3, b"check_eog: standard output:"), f"check_eog >&-: {done}")


GATE = """<mapping vendor="Acme" product="Gate"><guide title="none"/>
<recognise format="text"><starts>acmegate: </starts></recognise>
<common><set field="message" from="@body"/></common>
<rule name="all" kind="system.status" severity="informational"><match any="yes"/></rule></mapping>
"""


def test_named():
    """a name that no mapping has is told, whatever stands beside it"""
    for line, is_fine in ((["cisco/asa"], True), (["cisco/asa", "cisco/ass"], False), (["kpi", "cisco/ass"], False)):
        code, out, said = eogctl("test", "--data", SOURCE, *line)
        check_equal((code, "no mapping is named 'cisco/ass'" in out), (0, False) if is_fine else (1, True),
                    f"eogctl test {line}: {out}{said}")


def test_samples():
    """text of samples, which messages of strangers are, does nothing to the terminal that tests them"""
    with tempfile.TemporaryDirectory(prefix="eog-commands-") as folder:
        shutil.copytree(os.path.join(SOURCE, "mappings"), os.path.join(folder, "mappings"),
                        ignore=lambda of, names: [name for name in names if os.path.isdir(os.path.join(of, name))])
        os.mkdir(os.path.join(folder, "mappings", "acme"))
        for name, text in (("gate.xml", GATE), ("gate.samples", f"sample {HOSTILE}\n"
                           "message acmegate: \\x1b]0;title\\x07\\xc2\\x9b31m\nrule = all\nmessage = another\n")):
            with open(os.path.join(folder, "mappings", "acme", name), "w", encoding="utf-8") as file:
                file.write(text)
        for more in (["-v"], ["--json"]):
            code, out, said = eogctl("test", "--data", folder, *more, "acme")
            check(code == 1 and "acmegate" in out and not said, f"{more}: {code} {out!r} {said!r}")
            check(not OBEYED.search(out), f"{more}: {out!r}")


def on_terminal(line, columns=0, **env):
    """What a terminal gets."""
    leader, follower = pty.openpty()
    fcntl.ioctl(leader, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    child = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=follower, stderr=subprocess.DEVNULL,
                             env={**{k: v for k, v in os.environ.items() if k != "NO_COLOR"}, **env})
    os.close(follower)
    out = b""
    try:
        while part := os.read(leader, 65536):
            out += part
    except OSError:
        pass  # Linux says so when the other end is closed
    os.close(leader)
    check_equal(child.wait(timeout=30), 0, f"exit code of {line}")
    return out


def colours(gw):
    """colours on a terminal that can, unless told otherwise"""
    line = [program("eogctl"), "status", "--state", gw.state]
    for more, env, has in (([], {"TERM": "xterm"}, True), ([], {"TERM": "dumb"}, False),
                           ([], {"TERM": "xterm", "NO_COLOR": "1"}, False),
                           ([], {"TERM": "xterm", "NO_COLOR": ""}, True),
                           (["--color=never"], {"TERM": "xterm"}, False),
                           (["--color=always"], {"TERM": "dumb", "NO_COLOR": "1"}, True)):
        out = on_terminal(line + more, **env)
        check_equal((b"\x1b[32mok\x1b[0m" in out, b"\x1b" in out), (has, has), f"{more} {env}")
    check("\x1b" not in run(line), "colours in a pipe")
    check("\x1b[32mok\x1b[0m" in run([*line, "--color=always"]), "no colours in a pipe that wants them")


def has_all(gw, columns):
    out = on_terminal([program("eogctl"), "status", "--color=never", "--state", gw.state], columns).decode()
    lines = out.replace("\r", "").split("ID  KPI", 1)[1].splitlines()
    check(max(map(len, lines)) <= columns, f"lines are longer than {columns} columns: {lines}")
    for row in gw.status()["kpis"]:
        for cell in (row["state"], row["reason"]):
            check("".join(cell.split()) in "".join("".join(lines).split()), f"{cell!r} is not in {out}")
    return True


def narrow(gw):
    """nothing is lost on a narrow terminal: not the state, nor why"""
    for columns in (40, 80):
        gw.wait_for(lambda at=columns: has_all(gw, at), f"all is shown in {columns} columns")


def test_dry_run():
    """What send would send stays as it is for a program, and does nothing to a terminal"""
    with tempfile.TemporaryDirectory(prefix="eog-commands-") as folder:
        for name, text in (("lines", HOSTILE_LINE + "\n"), ("bad.csv", f"{HOSTILE},{HOSTILE}\n1,2\n1,2\n")):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        line = [program("eogctl"), "send", "--dry-run", os.path.join(folder, "lines")]
        check_equal(run(line), HOSTILE_LINE + "\n", "in a pipe")
        shown = on_terminal(line).decode().replace("\r\n", "\n")
        check("Door pc-1?[31m" in shown and not OBEYED.search(shown), f"on a terminal: {shown!r}")
        code, out, said = eogctl("send", "--csv", "--dry-run", os.path.join(folder, "bad.csv"))
        check((code, out) == (3, "") and "two columns are called" in said, f"{code} {out!r} {said!r}")
        check(not OBEYED.search(said), f"what is wrong: {said!r}")


def complete(words, at=None, env=None, cwd=None):
    """What bash completes, by the script that it is given."""
    names = " ".join(f"'{word}'" for word in words)
    script = (f'source <("{program("eogctl")}" completion bash); COMP_WORDS=({names}); '
              f'COMP_CWORD={len(words) - 1 if at is None else at}; _eogctl "${{COMP_WORDS[0]}}"; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    path = os.path.dirname(program("eogctl")) + ":" + os.environ["PATH"]
    done = subprocess.run(["bash", "-c", script], capture_output=True, timeout=30, check=False, cwd=cwd,
                          env={**os.environ, "PATH": path, "EOG_DATA": SOURCE, **(env or {})})
    check_equal((done.returncode, done.stderr), (0, b""), f"bash on {words}")
    return done.stdout.decode().split()


def test_completion():
    """bash completes commands, options, words, files, and the gateway's own names"""
    check_equal(complete(["eogctl", ""]), commands(), "commands")
    check_equal(complete(["eogctl", "re"]), [c for c in commands() if c.startswith("re")], "re...")
    check_equal(complete(["eogctl", "rm", ""]), [], "behind a command that there is not")
    for command in commands():
        options = complete(["eogctl", command, "--"])
        check("--help" in options, f"{command}: {options}")
        check(("--json" in options) == (command not in WITHOUT_JSON), f"{command}: {options}")
        check(all(one in help_of(command) or one == "--help" for one in options), options)
    check_equal(complete(["eogctl", "journal", ""]), ["ls", "cat", "verify"], "journal")
    check_equal(complete(["eogctl", "journal", "cat", "--kind", "cnc"]), ["cnc.callback"], "kinds")
    check_equal(complete(["eogctl", "top", "--period", ""]), ["day", "week", "month", "all"], "periods")
    check_equal(complete(["eogctl", "top", "--period", "=", "w"]), ["week"], "--period=w")
    check_equal(complete(["eogctl", "test", "cisco/as"]), ["cisco/asa", "cisco/asyncos"], "products")
    check_equal(complete(["check_eog", "-k", "outb"]), ["outbreak"], "indicators")
    check("--auth-file" in complete(["check_eog", "--"]), "options of check_eog")
    check_equal(complete(["eogctl", "status", "--", "x"], at=2)[0], "--json", "in the middle")
    with Gateway("completion") as gw:
        os.makedirs(f"{gw.folder}/in/deep er")
        gw.write_file("in/lines one.log", "")
        check_equal(sorted(complete(["eogctl", "decode", "in/"], cwd=gw.folder)),
                    ["er", "in/deep", "in/lines", "one.log"], "files")
        check_equal(complete(["eogctl", "status", "--state", "in/"], cwd=gw.folder),
                    ["in/deep", "er"], "folders")
        gw.extra = ('<feed name="core" address="127.0.0.1:1"/><feed name="copy" kind="file" '
                    'file="out.jsonl"/><site id="hq" name="Head office" hosts="1"/>')
        gw.write_config()
        gw.start()
        gw.receive(messages.virus("TROJ_GEN.A", "$(reboot)"))
        env = {"EOG_STATE": gw.state}
        check_equal(sorted(complete(["eogctl", "feed", "forget", ""], env=env)), ["copy", "core"], "feeds")
        check_equal(complete(["eogctl", "feed", "forget", "cor", "--state", gw.state], at=3), ["core"],
                    "feeds of a gateway that is named")
        gw.wait_for(lambda: "hq" in complete(["eogctl", "journal", "cat", "--site", ""], env=env), "sites")
        check("hq" in complete(["check_eog", "-s", "h"], env=env), "scopes")
        check_equal(sorted(complete(["eogctl", "ack", ""], env=env)),
                    sorted(str(one["id"]) for one in json.loads(gw.ctl("alerts", "--json"))["alerts"]),
                    "alerts")


if __name__ == "__main__":
    main(test_help, test_usage, test_cannot, test_unreadable, test_stranger, test_asking, test_mute,
         test_tail_ends, test_tail_unread, test_walk, test_full, test_closed, test_named, test_samples,
         test_dry_run, test_completion)
