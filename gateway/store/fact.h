/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_STORE_FACT_H
#define GATEWAY_STORE_FACT_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/schema/event.h"

/**
 * What one record adds to the figures, and nothing but the record decides it: so a correction can
 * take away what the record before it added.
 */
enum { STORE_KEYS_MAX = 5, STORE_NAME_MAX = 160, STORE_KEY_MAX = STORE_NAME_MAX + 3 };

struct store_fact {
    bool is_detection; /* of a kind that is counted */
    bool is_unknown;   /* no mapping knew it */
    bool is_malformed; /* a parser refused part of it */
    int64_t time_ms;   /* when it happened; never after its receipt */
    int64_t kind;      /* enum gw_kind */
    int64_t action;    /* OCSF disposition_id, as the feed has it; 0: not told */
    int64_t n;         /* findings that it stands for */
    char site[65];     /* "(unlisted)": it has none */
    /* Cleaned; empty: none. product: as it names itself; of what no mapping knew there is none. */
    char product[STORE_NAME_MAX + 1], malware[STORE_NAME_MAX + 1], source[STORE_NAME_MAX + 1];
    char sender[65];                   /* its address, else the host name in its header */
    char computer[STORE_NAME_MAX + 1]; /* as people know it: short name, else GUID, MAC, IP */
    /* What the computer is known by, the strongest first, lower case: "g:" GUID, "d:" name.domain,
       "n:" name, "m:" MAC, "i:" IP. */
    char keys[STORE_KEYS_MAX][STORE_KEY_MAX + 1];
    size_t n_keys;
};

/* Whether records of this kind are counted as detections. */
bool store_is_detection(int kind);
/* Whether they are infections: what the top tens count (the default catalogue's input). */
bool store_is_infection(int kind);

void store_fact_of(const struct gw_event *event, struct store_fact *out);

#endif
