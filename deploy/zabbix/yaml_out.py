# SPDX-License-Identifier: GPL-3.0-or-later
"""Zabbix' YAML without a library: block lists and maps, every text in double quotes."""
import json
import uuid

SPACE = uuid.UUID("5f0c1c1e-6d0b-4d7e-9b58-0d2b7f1f6a28")


def stable_id(*names):
    """The same for the same names for ever, in the shape of a random one: Zabbix takes no other."""
    number = uuid.uuid5(SPACE, "\n".join(names)).int
    return uuid.UUID(int=number, version=4).hex


def lines(value, indent):
    pad = "  " * indent
    if isinstance(value, dict):
        for key, one in value.items():
            if one in (None, [], {}):
                continue
            if isinstance(one, (dict, list)):
                yield f"{pad}{key}:"
                yield from lines(one, indent + 1)
            else:
                yield f"{pad}{key}: {json.dumps(str(one), ensure_ascii=False)}"
    else:
        for one in value:
            if isinstance(one, dict):
                inner = list(lines(one, indent + 1))
                yield pad + "- " + inner[0][len(pad) + 2:]
                yield from inner[1:]
            else:
                yield f"{pad}- {json.dumps(str(one), ensure_ascii=False)}"


def text(value, head):
    return head + "\n".join(lines(value, 0)) + "\n"
