/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_MAPPING_DISPATCH_H
#define GATEWAY_MAPPING_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/slice.h"
#include "gateway/mapping/lookup.h"
#include "gateway/mapping/mapping.h"
#include "gateway/schema/event.h"

struct literals;
struct pattern;
struct pattern_scratch;

/**
 * From a message to its mapping, by hash tables that all mappings share: what a <recognise> says
 * becomes entries here. Filled by the compiler, then read by mapping_find() from any thread.
 */
enum dispatch_by {
    DISPATCH_NAMES,      /* header's vendor and product, folded */
    DISPATCH_PRODUCT,    /* product alone: names that only one vendor uses */
    DISPATCH_TRAP,       /* snmpTrapOID, exactly */
    DISPATCH_TRAP_UNDER, /* snmpTrapOID or enterprise below this OID */
    DISPATCH_VARBIND_UNDER,
    DISPATCH_APP_NAME,        /* syslog APP-NAME or tag */
    DISPATCH_COMMON_APP_NAME, /* the same, of a name that many systems have: asked last */
    DISPATCH_SD_ID,           /* an SD-ID, whole or without "@<enterprise number>" */
    DISPATCH_KEY,             /* a field of this name, or name=value */
    DISPATCH_TABLES
};

enum { DISPATCH_DELIMITERS_MAX = 8, DISPATCH_COLUMN_MAX = 16 };

struct dispatch_entry {
    const struct mapping *mapping;
    struct slice product;
    struct pattern *guard; /* must hold in the text, else the sign is none; NULL: none */
    bool is_common;        /* a field's value: counts where no other one tells more */
    /* Delimited text: what stands between its columns, and how many it must have; n 0: other text.
     */
    struct slice delimiter;
    size_t columns_min, columns_max;
};

/* A delimiter that mappings recognise columns by, up to which one, and of each how long what they
   know is (lookup_length()). One text is cut once a delimiter, however many mappings ask. */
struct dispatch_delimiter {
    struct slice text;
    unsigned n_columns;
    uint64_t lengths[DISPATCH_COLUMN_MAX];
};

struct dispatch {
    struct lookup tables[DISPATCH_TABLES]; /* format, key -> entry */
    struct literals *texts[GW_FORMAT_END]; /* starts and contains; NULL: none */
    struct literals *all_texts;            /* of whatever format */
    bool has_keys[GW_FORMAT_END];
    struct dispatch_delimiter delimiters[DISPATCH_DELIMITERS_MAX];
    size_t n_delimiters;
    struct dispatch_entry *entries;
    size_t n, cap;
};

void dispatch_init(struct dispatch *dispatch);
void dispatch_fini(struct dispatch *dispatch);
/* For a vendor's or product's name as people write it: case, blanks, punctuation and marks such as
   the trade mark sign do not count. Returns the length in out (cap bytes). */
size_t dispatch_fold(struct slice name, char *out, size_t cap);

enum { DISPATCH_KEY_MAX = 256 };

/**
 * Add an entry; key as the tables hold it (DISPATCH_NAMES: "vendor|product", both folded) is
 * borrowed for the set's life. NULL, or the mapping that has this key already.
 */
const struct mapping *dispatch_add(struct dispatch *dispatch, enum dispatch_by by,
                                   enum gw_format format, struct slice key,
                                   struct dispatch_entry entry);
const struct mapping *dispatch_add_text(struct dispatch *dispatch, enum gw_format format,
                                        bool anywhere, struct slice literal,
                                        struct dispatch_entry entry);
/**
 * A column's value, number from 1 to DISPATCH_COLUMN_MAX; entry.delimiter is set. *is_full: there
 * is no room for another delimiter.
 */
const struct mapping *dispatch_add_column(struct dispatch *dispatch, unsigned number,
                                          struct slice value, struct dispatch_entry entry,
                                          bool *is_full);
void dispatch_build(struct dispatch *dispatch);

const struct mapping *dispatch_find(const struct dispatch *dispatch, const struct fields *fields,
                                    struct pattern_scratch *scratch, struct mapping_match *match);
/* mapping_may_begin() */
bool dispatch_may_begin(const struct dispatch *dispatch, struct slice text, size_t n);

#endif
