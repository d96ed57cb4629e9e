/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_SHAPE_H
#define GATEWAY_CTL_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"
#include "parsers/fields.h"

/**
 * Messages that look alike, for `eogctl sources --unknown` and `eogctl learn`. What a message's
 * shape is:
 *
 *     cef:Vendor/Product/signature     leef, tmef alike: the header's words
 *     trap:OID                         a notification's name
 *     kv:app/name,name,name            json, tmcm alike: the first names, behind the syslog tag
 *     text:app/first words, digits # alike
 *
 * Bounded: beyond SHAPES_MAX shapes, messages of further ones are only counted.
 */
enum { SHAPES_MAX = 512, SHAPE_PEERS_MAX = 4, SHAPE_RAW_MAX = 16384 };

struct shape {
    char *key;   /* as above: printable UTF-8 */
    char *group; /* what one mapping would take: the key without signature, or the trap's module */
    uint64_t count;
    int64_t last_ms;
    char *peers[SHAPE_PEERS_MAX];
    size_t n_peers;
    bool has_more_peers;
    bool is_notification;
    char *code;       /* as recorded; of a notification that cannot be read again, its OID */
    struct slice raw; /* the first one, owned: text, or the octets of a notification */
};

struct shapes;
struct shapes *shapes_new(void);
void shapes_free(struct shapes *shapes);

/* One message; everything is copied. */
void shapes_add(struct shapes *shapes, struct slice raw, bool is_notification, struct slice code,
                struct slice peer, int64_t when_ms);

/* The most frequent first. */
void shapes_sort(struct shapes *shapes);
size_t shapes_count(const struct shapes *shapes);
const struct shape *shapes_at(const struct shapes *shapes, size_t i);
uint64_t shapes_others(const struct shapes *shapes);

/* A message read as in the daemon: false where a notification cannot be (fields are then empty). */
bool shape_parse(struct slice raw, bool is_notification, struct arena *arena, struct fields *out);

/* The value of a header field, or empty. */
struct slice shape_header(const struct fields *fields, const char *name);

#endif
