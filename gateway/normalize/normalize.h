/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_NORMALIZE_NORMALIZE_H
#define GATEWAY_NORMALIZE_NORMALIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"
#include "gateway/mapping/mapping.h"
#include "gateway/schema/event.h"
#include "parsers/fields.h"

struct charset;
struct tenants;
struct zone;

/**
 * Parsed fields and a compiled mapping make one record.
 *
 * A normalizer is the working memory of one thread: made once, used for every message, its state
 * nothing between two of them.
 */
struct normalizer;
struct normalizer *normalizer_new(void);
void normalizer_free(struct normalizer *normalizer);

/* What is declared about the source of a message; all members may be zero. */
struct source_profile {
    const char *site;
    const struct tenants *tenants; /* whose tenant it names; above site. NULL: none are declared */
    const struct zone *zone; /* of times without one; NULL: what the mapping knows, else UTC */
    struct charset *charset; /* used before parsing, by normalize_text() */
    bool time_is_receipt;    /* its clock is not to be believed */
};

enum { NORMALIZE_TRACE_MAX = 192 };

/* How a value came to its field, for `eogctl explain`. */
struct normalize_step {
    uint16_t field;      /* enum gw_field; 0: kind, severity or time, as what says */
    const char *what;    /* "kind", "severity", "time", or NULL */
    struct slice source; /* name of the parsed field or variable; empty: a constant */
    int line;            /* of the statement in the mapping's file, or vendor.xml; 0: built in */
};

struct normalize_trace {
    const struct mapping *mapping; /* NULL: no mapping knows the message */
    const char *how;               /* by what the product was recognised */
    struct slice notification;     /* its name, where that is all that is known */
    struct slice code;             /* event code that chose the rule */
    int rule;                      /* number in the mapping, -1: none */
    int template;                  /* number of the template that fitted, -1: none */
    struct normalize_step steps[NORMALIZE_TRACE_MAX];
    size_t n_steps;
};

/* A record's text: its raw bytes as UTF-8 by the source's charset, with the flags of what was lost.
 * For parsers, before normalize_event(). Returns the set that was guessed, static; NULL: none was.
 */
const char *normalize_text(struct charset *charset, struct arena *arena, struct gw_event *event);

/**
 * Fill kind, severity, time, fields, unmapped and flags of a record. The caller has cleared it and
 * set raw, text, transport, received_ms and PEER, and RELAY and RELAY_TIME of what a relay brought;
 * a field that is set already is kept.
 *
 * A product no mapping knows gives gateway.untranslatable, a message of a known product that no
 * rule knows system.status (or what the mapping's <common> says); nothing is ever refused. A
 * notification that no rule knows is what the set's names say of it, and its varbinds that nobody
 * placed have their objects' names.
 *
 * - normalizer: the calling thread's own.
 * - set: borrowed during the call. Any number of threads may use one set.
 * - source: what is declared of the sender; NULL: nothing.
 * - fields: UTF-8, as the parsers left them; borrowed. Text that a mapping knows to be columns is
 *   cut into them here, and the format is then CSV. Of a message that a mapping knows only as it
 *   was before a relay took it apart (parsers/relayed.h) they become that one's.
 * - arena: the record's; receives what had to be made new. A full arena or table marks the record
 *   truncated.
 * - event: slices of it point into fields' memory, the arena and the set: it must not outlive the
 *   set unless it was encoded.
 * - trace: NULL, or receives why.
 *
 * Time: the product's own, else the syslog header's, else receipt (GW_EVENT_NO_TIME); more than
 * 5 minutes ahead of receipt counts at receipt (GW_EVENT_TIME_AHEAD). Receipt is the relay's where
 * it says when. A pattern that reaches its
 * limit found nothing, and marks the record malformed.
 */
void normalize_event(struct normalizer *normalizer, const struct mapping_set *set,
                     const struct source_profile *source, struct fields *fields,
                     struct arena *arena, struct gw_event *event);
void normalize_event_traced(struct normalizer *normalizer, const struct mapping_set *set,
                            const struct source_profile *source, struct fields *fields,
                            struct arena *arena, struct gw_event *event,
                            struct normalize_trace *trace);

#endif
