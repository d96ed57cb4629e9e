/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_RULES_H
#define GATEWAY_DAEMON_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/address.h"
#include "gateway/base/diag.h"
#include "gateway/base/slice.h"
#include "gateway/config/config.h"
#include "gateway/normalize/tenants.h"

struct certificates;
struct mapping_set;
struct zone;

/** What the pipeline knows about senders of one declaration. */
struct rules_source {
    struct network network;
    const char *local;          /* "unix:PATH", "file:PATH": no network then */
    const char *site, *charset; /* charset NULL: UTF-8 only */
    struct zone *zone;          /* NULL: UTC */
    bool time_is_receipt;
    size_t number; /* 0: senders that no declaration matches */
};

/**
 * One generation of everything a reload replaces at once: the configuration, compiled mappings,
 * source declarations, certificates. Immutable; shared by reference count between lanes.
 */
struct rules {
    struct config *config;
    struct mapping_set *mappings;
    struct certificates *certificates; /* of listeners */
    struct rules_source *sources;
    size_t n_sources;
    struct tenants tenants;
    uint64_t generation;
    int references;
};

/* Takes over config, also on failure. data_dir: the folder that holds mappings/. */
int rules_load(struct config *config, const char *data_dir, uint64_t generation, struct diag *diag,
               struct rules **out);
/* What ends with time: certificates_look(). */
void rules_look(const struct rules *rules, int64_t now_ms);
struct rules *rules_get(struct rules *rules);
void rules_put(struct rules *rules);

/* The declaration of the longest prefix that holds the sender's address; never NULL. */
const struct rules_source *rules_find(const struct rules *rules, struct slice peer);

/* Path of a knowledge file: as configured, else in the data folder. out holds PATH_MAX. */
void rules_path(const struct rules *rules, const char *data_dir, const char *which, char *out);

#endif
