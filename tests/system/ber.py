# SPDX-License-Identifier: GPL-3.0-or-later
"""BER as SNMP uses it, in a few lines: packets that no tool would send, and notifications read
back."""
import socket

INTEGER, OCTETS, NULL, OID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
IP_ADDRESS, COUNTER32, GAUGE32, TIME_TICKS, COUNTER64 = 0x40, 0x41, 0x42, 0x43, 0x46
GET, GETNEXT, RESPONSE, SET, TRAP_V1 = 0xA0, 0xA1, 0xA2, 0xA3, 0xA4
GETBULK, INFORM, TRAP_V2 = 0xA5, 0xA6, 0xA7
NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW = 0x80, 0x81, 0x82

UPTIME = "1.3.6.1.2.1.1.3.0"
TRAP_OID = "1.3.6.1.6.3.1.1.4.1.0"


def wrap(tag, content):
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def integer(value, tag=INTEGER):
    return wrap(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def octets(value, tag=OCTETS):
    return wrap(tag, value if isinstance(value, bytes) else value.encode())


def oid(text):
    arcs = [int(arc) for arc in text.strip(".").split(".")]
    content = b""
    for arc in [arcs[0] * 40 + arcs[1]] + arcs[2:]:
        part = bytes([arc & 0x7F])
        while arc := arc >> 7:
            part = bytes([0x80 | arc & 0x7F]) + part
        content += part
    return wrap(OID, content)


def varbinds(pairs):
    """pairs: (oid, encoded value)."""
    return wrap(SEQUENCE, b"".join(wrap(SEQUENCE, oid(name) + value) for name, value in pairs))


def message(version, community, pdu):
    return wrap(SEQUENCE, integer(version) + octets(community) + pdu)


def v2_notification(trap_oid, pairs, request_id=1, tag=TRAP_V2, community="public"):
    head = [(UPTIME, integer(4711, TIME_TICKS)), (TRAP_OID, oid(trap_oid))]
    pdu = wrap(tag, integer(request_id) + integer(0) + integer(0) + varbinds(head + pairs))
    return message(1, community, pdu)


def v1_trap(enterprise, generic, specific, pairs, agent="192.0.2.7", community="public"):
    pdu = wrap(
        TRAP_V1,
        oid(enterprise)
        + octets(socket.inet_aton(agent), IP_ADDRESS)
        + integer(generic)
        + integer(specific)
        + integer(4711, TIME_TICKS)
        + varbinds(pairs),
    )
    return message(0, community, pdu)


def take(data):
    """tag, content, rest"""
    tag, length, at = data[0], data[1], 2
    if length & 0x80:
        count = length & 0x7F
        length = int.from_bytes(data[2 : 2 + count], "big")
        at += count
    if len(data) < at + length:
        raise ValueError("cut short")
    return tag, data[at : at + length], data[at + length :]


def oid_text(content):
    arcs, value = [], 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in [first, arcs[0] - 40 * first] + arcs[1:])


def value_of(tag, content):
    if tag == OID:
        return oid_text(content)
    if tag == INTEGER:
        return int.from_bytes(content, "big", signed=True)
    if tag in (COUNTER32, GAUGE32, TIME_TICKS, COUNTER64):
        return int.from_bytes(content, "big")
    if tag == IP_ADDRESS:
        return socket.inet_ntoa(content)
    return content


def request(tag, pairs, request_id=1, community="public", version=1, counts=(0, 0)):
    """pairs as in varbinds(); counts: error-status and -index, or a GETBULK's non-repeaters and
    repetitions."""
    head = integer(request_id) + b"".join(integer(count) for count in counts)
    return message(version, community, wrap(tag, head + varbinds(pairs)))


def read_pdu(data):
    """A v1 or v2c PDU that is no v1 trap: (tag, request id, error-status, [(oid, tag, content)])."""
    _, body, _ = take(data)
    _, _version, rest = take(body)
    _, _community, rest = take(rest)
    tag, pdu, _ = take(rest)
    _, request_id, rest = take(pdu)
    _, error, rest = take(rest)
    _, _index, rest = take(rest)
    _, items, _ = take(rest)
    found = []
    while items:
        _, item, items = take(items)
        _, name, rest = take(item)
        value_tag, content, _ = take(rest)
        found.append((oid_text(name), value_tag, content))
    return (
        tag,
        int.from_bytes(request_id, "big", signed=True),
        int.from_bytes(error, "big"),
        found,
    )


def read_v2(data):
    """A v2c message: {"tag", "request_id", "error", "varbinds": {oid: value}} in the order sent."""
    _, body, _ = take(data)
    _, _version, rest = take(body)
    _, community, rest = take(rest)
    tag, pdu, _ = take(rest)
    _, request_id, rest = take(pdu)
    _, error, rest = take(rest)
    _, _index, rest = take(rest)
    _, items, _ = take(rest)
    found = {}
    while items:
        _, item, items = take(items)
        _, name, rest = take(item)
        value_tag, content, _ = take(rest)
        found[oid_text(name)] = value_of(value_tag, content)
    return {
        "tag": tag,
        "community": community,
        "request_id": int.from_bytes(request_id, "big", signed=True),
        "error": int.from_bytes(error, "big"),
        "varbinds": found,
    }
