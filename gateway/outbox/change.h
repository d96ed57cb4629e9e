/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_OUTBOX_CHANGE_H
#define GATEWAY_OUTBOX_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/kpi/catalogue.h"
#include "gateway/kpi/snapshot.h"
#include "gateway/outbox/settings.h"
#include "gateway/schema/event.h"

/**
 * What people and programs are told: that an alert was raised, changed, acknowledged or cleared.
 * Texts have been made inert (mime_clean), so that they can stand wherever a mail or a page shows
 * them. An alert is known by uid; what became of it by uid and revision: two of the same are the
 * same, told twice. Raised is revision 1, what comes later the journal's number of it, which grows.
 */
enum change_kind { CHANGE_RAISED, CHANGE_CHANGED, CHANGE_ACKNOWLEDGED, CHANGE_CLEARED };

struct change {
    enum change_kind kind;
    const char *gateway;
    const char *uid; /* "EPOCH.alert-7-1774958400000": letters, digits, '.' and '-' */
    uint64_t revision;
    int64_t alert_id, kpi_id, value;
    int64_t time_ms, opened_ms;
    enum kpi_state old_state, state, worst;
    const char *key;                    /* "outbreak" */
    const char *name[OUTBOX_LANGUAGES]; /* of the indicator */
    const char *advice[OUTBOX_LANGUAGES];
    const char *site, *scope, *scope_name, *value_text, *unit, *reason, *origin;
    const char *ack_name, *ack_note; /* "": nobody has it in hand */
    const char *evidence;            /* uids of records, one blank between them */
};

/* "raised" */
const char *change_kind_name(enum change_kind kind);

/* By its encoded bytes' kind alone: it may be one. */
bool change_is_candidate(int kind);

/**
 * False: it is none to tell of, such as a person's acknowledgement that the engine has not answered
 * yet. catalogue may be NULL, or not know the indicator: then its key stands for its name. out
 * lives as long as arena.
 */
bool change_from(const struct gw_event *event, const char *gateway, const char *epoch,
                 const struct kpi_catalogue *catalogue, struct arena *arena, struct change *out);

/* By severity and site. */
bool change_is_wanted(const struct change *change, const struct outbox_section *section);

#endif
