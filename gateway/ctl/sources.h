/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_SOURCES_H
#define GATEWAY_CTL_SOURCES_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/address.h"
#include "gateway/base/arena.h"
#include "gateway/base/charset.h"
#include "gateway/base/map.h"
#include "gateway/kpi/settings.h"
#include "gateway/normalize/normalize.h"
#include "gateway/normalize/tenants.h"
#include "gateway/schema/event.h"

/**
 * Every <source> of a configuration, as the daemon finds them by a record's sender. One thread.
 */
struct sources_row {
    const char *address;
    bool is_local; /* "unix:PATH", "file:PATH": no network then */
    struct network network;
    struct zone *zone; /* owned; the profile has it too */
    struct source_profile profile;
};

struct sources {
    struct arena strings;
    struct sources_row *rows; /* the first: senders that no declaration matches */
    size_t n;
    struct tenants tenants;
    const char *mappings; /* folder; NULL: the configuration names none */
    uint32_t declared;    /* as struct kpi_settings has it */
    struct map *found;    /* rows by their senders; NULL: none yet */
};

/* config NULL: as the embedded defaults declare. False after saying what is wrong; free it anyway.
 */
bool sources_load(const char *config, struct sources *out);
void sources_free(struct sources *sources);

/**
 * What is declared of a recorded message's sender. NULL: it cannot be told, since it came over a
 * socket or out of a file of this machine, of which the record does not keep the name, and several
 * are declared that differ.
 */
const struct source_profile *sources_find(struct sources *sources, const struct gw_event *record);

/* Whether a daemon of these settings has the same declarations; one that does not tell has not. */
bool sources_are_of(const struct sources *sources, const struct kpi_settings *settings);

#endif
