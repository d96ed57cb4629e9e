# SPDX-License-Identifier: GPL-3.0-or-later
"""A store's figures for SQL: store.db has them packed, which eogd and eogctl alone can read. Here they are unpacked by
the form's own words (gateway/store/pack.c) into temporary tables detection_hour and detection_day, added up."""

import collections
import sqlite3

IDS = ("computer", "malware", "source", "kind", "action", "product", "site")
HAS_N = 128


def varint(data, at):
    value, shift = 0, 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value >> 1 ^ -(value & 1), at


def unpack(data):
    """Of each figure its ids and its count."""
    at, ids = 0, [0] * len(IDS)
    while at < len(data):
        mask = data[at]
        at += 1
        for i in range(len(IDS)):
            if mask >> i & 1:
                delta, at = varint(data, at)
                ids[i] += delta
        n = 1
        if mask & HAS_N:
            n, at = varint(data, at)
        yield tuple(ids), n


def open_store(path):
    db = sqlite3.connect(path, timeout=10)
    for is_day, time in enumerate(("hour", "day")):
        found = collections.Counter()
        for row in db.execute(f"SELECT {time}, {', '.join(IDS)}, n FROM {time}_row"):
            found[row[:-1]] += row[-1]
        for period, data in db.execute("SELECT period, figures FROM pack WHERE is_day = ?", (is_day,)):
            for ids, n in unpack(data):
                found[(period, *ids)] += n
        db.execute(f"CREATE TEMP TABLE detection_{time}({time}, {', '.join(IDS)}, n)")
        rows = [(*key, n) for key, n in found.items() if n]
        db.executemany(f"INSERT INTO temp.detection_{time} VALUES({', '.join('?' * (len(IDS) + 2))})", rows)
    db.commit()
    return db
