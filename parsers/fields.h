/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSERS_FIELDS_H
#define PARSERS_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"
#include "gateway/schema/event.h"

/**
 * What a parser understood. Parsers know formats, not products: names are the format's own.
 * Slices point into the message, or into the arena where an escape was removed.
 */
enum parse_status { PARSE_OK, PARSE_MORE, PARSE_MALFORMED };

enum { FIELDS_MAX = 256 };

struct field {
    struct slice name;
    struct slice value;
};

/* A time as the message has it: which parts it carries decides what must be supplied. */
struct parsed_time {
    bool is_set;
    bool has_year;
    bool has_zone; /* offset_s is valid */
    int offset_s;  /* east of UTC */
    int year, month, day, hour, minute, second, millisecond;
};

/* The syslog header. Empty slice: absent or NILVALUE. Source: RFC 5424 section 6, RFC 3164
 * section 4. */
struct syslog_header {
    bool is_present; /* some header was recognised */
    int pri;         /* -1: none */
    int version;     /* 0: not RFC 5424 */
    struct parsed_time time;
    struct slice timestamp; /* as sent */
    struct slice hostname, appname, procid, msgid;
    struct slice structured_data; /* as sent, with brackets; RFC 5424 only */
    struct slice msg;             /* what follows the header */
};

struct varbind;

struct fields {
    enum gw_format format;
    const struct varbind *varbinds; /* what v[n_header] and those behind it were made of; lives as
                                       long as the notification; NULL: of no notification */
    struct syslog_header syslog;
    /* The body's fields: the format's header first (n_header of them, standard names such as
       "device_vendor" for CEF), then extensions, varbinds or columns in the order sent. */
    struct field v[FIELDS_MAX];
    size_t n_header, n;
    bool is_truncated;   /* FIELDS_MAX or the arena's cap was reached */
    bool has_replaced;   /* varbinds, whose charset is applied value by value: bytes that are no
                            character became U+FFFD */
    const char *guessed; /* the same way: a set that nobody declared (charset.h); NULL: none */
    size_t error_at;     /* bytes from the message's start; valid with error */
    const char *error;   /* constant text; NULL: none */
};

static inline void fields_clear(struct fields *fields)
{
    fields->format = GW_FORMAT_NONE;
    fields->varbinds = NULL;
    fields->syslog = (struct syslog_header){.pri = -1};
    fields->n_header = fields->n = 0;
    fields->is_truncated = fields->has_replaced = false;
    fields->guessed = NULL;
    fields->error_at = 0;
    fields->error = NULL;
}

static inline bool fields_add(struct fields *fields, struct slice name, struct slice value)
{
    if (fields->n == FIELDS_MAX) {
        fields->is_truncated = true;
        return false;
    }
    struct field *field = &fields->v[fields->n++];
    field->name = name;
    field->value = value;
    return true;
}

/* The first field of that name: a later one, perhaps forged inside a value, never overrides. NULL:
 * none. */
static inline const struct field *fields_find(const struct fields *fields, struct slice name)
{
    for (size_t i = 0; i < fields->n; i++)
        if (slice_equal(fields->v[i].name, name))
            return &fields->v[i];
    return NULL;
}

#endif
