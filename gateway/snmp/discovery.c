/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Engine discovery: one constant message, and a bounded reader of as much of the answer as tells
 * the engine. Source: RFC 3412 section 6, RFC 3414 sections 2.4 and 4. */
#include "gateway/snmp/discovery.h"

#include <string.h>

#include "gateway/base/cursor.h"

enum { INTEGER = 0x02, OCTETS = 0x04, SEQUENCE = 0x30, AT_MESSAGE_ID = 9, AT_REQUEST_ID = 52 };

/* Reportable, no engine id, no user, an empty GET. */
static const unsigned char question[GWSNMP_DISCOVERY_SIZE] = {
    0x30, 0x3e, 0x02, 0x01, 0x03,                               /* version 3 */
    0x30, 0x11, 0x02, 0x04, 0x00, 0x00, 0x00, 0x00,             /* msgID */
    0x02, 0x03, 0x00, 0xff, 0xe3,                               /* msgMaxSize */
    0x04, 0x01, 0x04, 0x02, 0x01, 0x03,                         /* reportable; USM */
    0x04, 0x10, 0x30, 0x0e, 0x04, 0x00, 0x02, 0x01, 0x00, 0x02, /* no engine id, boots, time */
    0x01, 0x00, 0x04, 0x00, 0x04, 0x00, 0x04, 0x00,             /* user, digest, salt */
    0x30, 0x14, 0x04, 0x00, 0x04, 0x00,                         /* context */
    0xa0, 0x0e, 0x02, 0x04, 0x00, 0x00, 0x00, 0x00, 0x02, 0x01, /* GET */
    0x00, 0x02, 0x01, 0x00, 0x30, 0x00};

static void put_id(uint32_t id, unsigned char *out)
{
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(id >> (24 - 8 * i));
}

void gwsnmp_discovery_make(uint32_t id, unsigned char out[GWSNMP_DISCOVERY_SIZE])
{
    memcpy(out, question, sizeof question);
    put_id(id, out + AT_MESSAGE_ID);
    put_id(id, out + AT_REQUEST_ID);
}

/* The content of the next element, which must have this tag. */
static struct slice take(struct cursor *c, uint8_t tag)
{
    if (cursor_u8(c) != tag)
        cursor_fail(c);
    size_t n = cursor_u8(c);
    if (n == 0x81) {
        n = cursor_u8(c);
    } else if (n == 0x82) {
        n = cursor_u8(c);
        n = n << 8 | cursor_u8(c);
    } else if (n >= 0x80) {
        cursor_fail(c);
    }
    return cursor_take(c, n);
}

bool gwsnmp_discovery_read(struct slice answer, uint32_t id, struct gwsnmp_engine *out)
{
    unsigned char wanted[4];
    struct cursor whole = cursor_of(answer);
    struct cursor message = cursor_of(take(&whole, SEQUENCE));
    struct slice version = take(&message, INTEGER);
    struct cursor header = cursor_of(take(&message, SEQUENCE));
    struct slice message_id = take(&header, INTEGER);
    struct cursor security = cursor_of(take(&message, OCTETS));
    struct cursor parameters = cursor_of(take(&security, SEQUENCE));
    struct slice engine = take(&parameters, OCTETS);

    put_id(id, wanted);
    /* What fails leaves nothing to read, so the last reader's word stands for all before it. */
    if (parameters.failed || !slice_equal(version, SLICE("\x03")) ||
        !slice_equal(message_id, slice_of((const char *)wanted, sizeof wanted)) || engine.n < 5 ||
        engine.n > sizeof out->id)
        return false;
    *out = (struct gwsnmp_engine){.n_id = engine.n};
    memcpy(out->id, engine.p, engine.n);
    return true;
}
