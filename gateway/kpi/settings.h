/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_SETTINGS_H
#define GATEWAY_KPI_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "gateway/kpi/maintenance.h"
#include "gateway/schema/event.h"

/**
 * What the configuration says to the engine. The daemon fills it and appends it to the journal as a
 * load record; the engine takes it from there. Texts are borrowed from whoever filled it, or
 * (decoded) owned by the arena that was handed in.
 */
struct kpi_site {
    const char *id;   /* scope key of the site: lower case */
    const char *name; /* as people call it; NULL: the id */
    const char *zone; /* IANA name; NULL: UTC */
    int64_t hosts;    /* computers there, as the customer says; 0: not given */
};

enum { KPI_LEVEL_KEEP = -2 }; /* the catalogue's level stays; KPI_NO_LEVEL (-1) takes it away */

struct kpi_override {
    const char *key;           /* of the KPI */
    const char *site;          /* id; NULL: every site */
    int8_t enabled;            /* 1 yes, 0 no, -1 as the catalogue says */
    uint8_t test;              /* whose levels: from 1; 0: the first */
    int32_t warning, critical; /* in the unit people read (percent, hosts, days); KPI_LEVEL_KEEP */
};

struct kpi_declared_source {
    const char *network; /* "192.0.2.0/24" */
};

/** A version that somebody says is out, so that nobody need have it for the others to be behind. */
struct kpi_newest {
    enum gw_component type;
    const char *component; /* id, as records name it */
    int64_t number;        /* greater is newer; as records have it */
    int64_t since_ms;      /* 0: since it was said here */
};

struct kpi_settings {
    const char *gateway_id;
    const char *epoch;       /* journal_epoch(): together they begin every record's uid */
    int64_t source_alive_ms; /* 0: max(24 h, 10 x the source's usual interval) */
    int64_t clear_hold_ms;   /* an alert is cleared when ok for so long; 0: 10 min; 1: at once */
    int64_t raise_hold_ms;   /* a bad state must last so long before an alert; 0 */
    int64_t remind_ms;       /* until a critical alert is told again; 0: 30 min; -1: never */
    bool record_changes;     /* kpi.changed records for every change of state */
    const struct kpi_site *sites;
    size_t n_sites;                       /* 0: one site "default" */
    const struct kpi_override *overrides; /* later ones win */
    size_t n_overrides;
    const struct kpi_declared_source *sources; /* none: every peer that reaches a listener counts */
    size_t n_sources;
    const struct kpi_maintenance *maintenance;
    size_t n_maintenance;
    const struct kpi_newest *newest;
    size_t n_newest;
    struct slice zone; /* of the first site, as TZif bytes: when days begin; empty: UTC */
    /* kpi_declared_sum() of <gateway>'s id and site, each <source>'s address, site, charset, zone
       and time, each <tenant>'s name and site, as written; 0: not told. The engine asks for none of
       it: whoever reads the journal's messages again does. */
    uint32_t declared;
};

/* Of what was declared before, and a row's words; NULL: not given. */
uint32_t kpi_declared_sum(uint32_t before, const char *const *words, size_t n);

void kpi_settings_encode(const struct kpi_settings *settings, struct buf *out);
/* GW_OK, GW_ERR_DAMAGED, GW_ERR_VERSION. Texts are copied to arena. */
int kpi_settings_decode(struct slice bytes, struct arena *arena, struct kpi_settings *out);

#endif
