/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_MAPPING_SAMPLES_H
#define GATEWAY_MAPPING_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/arena.h"
#include "gateway/base/diag.h"
#include "gateway/base/slice.h"

/* clang-format off */
/**
 * A mapping's own samples: mappings/<vendor>/<product>.samples, a text file that `eogctl test` and
 * `make check` run. Its form, line by line:
 *
 *     # a comment; empty lines separate nothing and mean nothing
 *     sample TITLE              begins a sample; the title is for people
 *     note WORDS                where it comes from: "documentation", "made from the value tables"
 *     charset GB18030           the source's declared character set; default none
 *     zone Asia/Shanghai        the source's declared zone; default none
 *     peer 192.0.2.1            the address it comes from; default none
 *     received 2026-11-24T04:12:00Z   the moment of receipt; default 2026-01-01T00:00:00Z
 *     message TEXT              one message, or its next line of input (no line end is added)
 *     trap 2c OID               a notification instead of a message: "1 ENTERPRISE GENERIC SPECIFIC
 *                               ADDRESS" or "2c TRAP-OID"
 *     varbind OID TYPE VALUE    next varbind; TYPE: s text, i integer, o OID, t time ticks, a IPv4
 *                               address
 *     NAME = VALUE              expected: a field of the schema by its name, or kind = NAME,
 *                               severity = NAME, time = RFC 3339, format = NAME, rule = NAME
 *                               (of the mapping), product = ID or none, flags = ahead no-time
 *                               malformed replaced truncated
 *     NAME absent               the field must not be there
 *     unmapped NAME = VALUE     what must be left in unmapped under that name
 *     complete                  every field that is not expected is a mistake (but syslog.*,
 *                               product.*, snmp.*, mapping and peer)
 *
 * A line whose second word is "=", or whose only other one is "absent", is always an expectation:
 * "message = x" expects the field message.
 * In message, varbind and expected values \xHH is a byte, \\ a backslash, \t a tab, \n a line
 * feed; another backslash stands for itself, so Windows paths read well. A message's bytes are
 * given to the road that the daemon takes: charset, syslog header, body format, mapping.
 */
/* clang-format on */
enum sample_check { SAMPLE_EQUALS, SAMPLE_ABSENT, SAMPLE_UNMAPPED };

struct sample_expect {
    enum sample_check check;
    struct slice name, value;
    int line;
};

struct sample_varbind {
    struct slice oid, value;
    char type;
};

enum { SAMPLE_EXPECT_MAX = 96, SAMPLE_VARBINDS_MAX = 32 };

struct sample {
    struct slice title, note;
    const char *charset, *zone; /* NULL: not declared */
    struct slice peer;          /* empty: none */
    int64_t received_ms;
    bool is_trap, is_v1;
    struct slice message;
    struct slice trap_oid; /* v1: the enterprise */
    int generic, specific;
    struct slice agent_address; /* dotted */
    struct sample_varbind varbinds[SAMPLE_VARBINDS_MAX];
    size_t n_varbinds;
    struct sample_expect expect[SAMPLE_EXPECT_MAX];
    size_t n_expect;
    bool is_complete;
    int line;
    struct sample *next;
};

/**
 * Read a file of samples; they live in the arena. GW_OK with the first in *out (at least one), or
 * GW_ERR_NOT_FOUND, GW_ERR_INVALID with every mistake in diag.
 */
int samples_load(const char *path, struct arena *arena, struct diag *diag, struct sample **out);
int samples_read(struct slice text, const char *name, struct arena *arena, struct diag *diag,
                 struct sample **out);

#endif
