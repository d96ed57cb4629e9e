#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The feed to Kafka by TLS and with a login: who is let in, who is not and with which reason. What is
behind the door is tested with the library's own brokers (tests/gateway/feed/test_driver_kafka)."""
import os

from core import make_certificates
from harness import BUILD, Gateway, Skipped, check, check_equal, main, say
from kafka import Door

SECRET = "not a real secret"


def need_kafka():
    with open(os.path.join(BUILD, "config.h")) as header:
        if "#define HAVE_KAFKA 1" not in header.read():
            raise Skipped("configured without kafka")


def feed(name, door, extra):
    return (
        f'<feed name="{name}" kind="kafka" address="{door.host}:{door.port}" tls="yes"'
        f' from="oldest" {extra}/>'
    )


def wait_trouble(gw, name):
    def look():
        row = next(row for row in gw.status()["feeds"] if row["name"] == name)
        return row if row["trouble"] else None

    row = gw.wait_for(look, f"feed {name} has a reason")
    check_equal([row["connects"], row["acknowledged"]], [0, 0], f"feed {name}: {row}")
    say(f"      {name}: {row['trouble']}")
    return row["trouble"]


def test_door():
    """By TLS, a login or none: to a broker of a known CA and for its address, with the right password"""
    need_kafka()
    with Gateway("kafka") as gw:
        make_certificates(gw.folder)
        for name, password, mode in (("good.pass", SECRET, 0o600), ("bad.pass", "wrong", 0o644)):
            os.chmod(gw.write_file(name, password + "\n"), mode)
        with Door(gw.folder) as plain, Door(gw.folder, "127.0.0.2") as other, Door(
            gw.folder, user="eog", password=SECRET
        ) as login:
            user = 'ca="ca.pem" user="eog" password-file='
            gw.extra = feed("open", plain, 'ca="ca.pem"')
            gw.extra += feed("plain", login, user + '"good.pass" sasl="plain"')
            gw.extra += feed("scram", login, user + '"good.pass" sasl="scram-sha-256"')
            gw.extra += feed("wrong", login, user + '"bad.pass" sasl="scram-sha-256"')
            gw.extra += feed("stranger", login, user + '"bad.pass" sasl="plain"')
            gw.extra += feed("elsewhere", other, 'ca="ca.pem"')
            gw.extra += feed("nobodys", plain, 'ca="client.pem"')
            gw.write_config()
            gw.start()
            gw.wait_for(lambda: plain.entered, "the feed without a login comes in")
            gw.wait_for(lambda: "PLAIN eog" in login.entered, "the feed with PLAIN comes in")
            gw.wait_for(lambda: "SCRAM-SHA-256 eog" in login.entered, "the feed with SCRAM comes in")
            for name in ("wrong", "stranger"):
                check("wrong user or password" in wait_trouble(gw, name), f"{name}: the broker's words")
            for name in ("elsewhere", "nobodys"):
                check("certificate" in wait_trouble(gw, name), f"{name}: why TLS failed")
            check_equal(
                sorted(set(login.entered)), ["PLAIN eog", "SCRAM-SHA-256 eog"], "who came in"
            )
        check(SECRET not in gw.log_text(), "the password is in the log")
        check_equal(gw.log_text().count("everybody may read"), 2, "told once of each feed with bad.pass")


main(test_door)
