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
 * them. uid names the alert; uid and revision name the change, so that one that is told twice can
 * be known. The raise is revision 1, a later change the sequence of its record, which grows.
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

/* By the kind alone, which can be had of an encoded record: it may be a change. */
bool change_is_candidate(int kind);

/**
 * False: not to be told, such as a person's acknowledgement that the engine has not answered yet.
 * catalogue may be NULL, or not know the indicator: then its key stands for its name. out lives as
 * long as arena.
 */
bool change_from(const struct gw_event *event, const char *gateway, const char *epoch,
                 const struct kpi_catalogue *catalogue, struct arena *arena, struct change *out);

/* By severity and site. */
bool change_is_wanted(const struct change *change, const struct outbox_section *section);

#endif
