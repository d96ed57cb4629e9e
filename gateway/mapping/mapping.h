/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_MAPPING_MAPPING_H
#define GATEWAY_MAPPING_MAPPING_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/diag.h"
#include "gateway/base/slice.h"

struct fields;
struct mapping;
struct mapping_set;
struct names;
struct pattern_scratch;

/**
 * All product mappings of a folder, compiled. Loaded once a configuration, then read by any number
 * of threads; libxml2 must be initialised (xml_init).
 *
 * The folder holds <vendor>/<product>.xml, each with its <product>.samples, and mapping.rng, their
 * schema, and notifications.txt, names of SNMP notifications and objects (gateway/mapping/names.h);
 * other files at its top level are other rooms'. <vendor>/vendor.xml, where it exists, is what
 * the mappings of one vendor share: aliases of its name, value tables, blocks, sets of rules; it
 * may be divided, vendor-IDEA.xml beside it holding a part.
 */

/**
 * Load every mapping under dir. GW_OK; GW_ERR_NOT_FOUND when there is no such folder;
 * GW_ERR_INVALID with every mistake of every file in diag, and *out NULL: all or nothing.
 */
int mapping_set_load(const char *dir, struct diag *diag, struct mapping_set **out);
void mapping_set_free(struct mapping_set *set);

/* In order of their ids. */
size_t mapping_set_count(const struct mapping_set *set);
const struct mapping *mapping_set_at(const struct mapping_set *set, size_t i);
/* NULL: none of that id ("trendmicro/apex-central"). */
const struct mapping *mapping_set_get(const struct mapping_set *set, const char *id);

/* NULL: the folder has no notifications.txt. */
const struct names *mapping_set_names(const struct mapping_set *set);

struct mapping_match {
    struct slice product;   /* the name to record: as the mapping words the alias that was seen */
    const char *how;        /* constant words for people: "vendor and product", "trap OID" ... */
    struct slice text;      /* what was recognised begins with what the syslog header took for a tag
                               ("Virus/Malware:"): the text with it; else empty */
    struct slice delimiter; /* the text is columns with this between them; empty: it is not */
    struct slice sd_id;     /* recognised by this element of structured_data; empty: by another */
    struct slice structured_data;
};

/**
 * Which product sent this. NULL: no mapping knows it. The time does not depend on how many mappings
 * the set holds: one or two questions to hash tables, for free text one pass over its beginning.
 */
const struct mapping *mapping_find(const struct mapping_set *set, const struct fields *fields,
                                   struct pattern_scratch *scratch, struct mapping_match *match);
/* Whether the text may have a sign of a mapping's that begins in its first n bytes; more than some
 * thirty behind them are not looked at. */
bool mapping_may_begin(const struct mapping_set *set, struct slice text, size_t n);

/* ---- one mapping, for `eogctl test` and `eogctl explain` ---- */
const char *mapping_id(const struct mapping *mapping);
const char *mapping_file(const struct mapping *mapping);
size_t mapping_rule_count(const struct mapping *mapping);
const char *mapping_rule_name(const struct mapping *mapping, size_t rule);
/* Where it stands: the mapping's file, or the vendor.xml whose <rules> it uses. */
const char *mapping_rule_file(const struct mapping *mapping, size_t rule);
int mapping_rule_line(const struct mapping *mapping, size_t rule);
bool mapping_rule_is_shared(const struct mapping *mapping, size_t rule);

#endif
