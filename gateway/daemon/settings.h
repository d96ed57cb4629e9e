/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_SETTINGS_H
#define GATEWAY_DAEMON_SETTINGS_H

#include "gateway/base/diag.h"
#include "gateway/base/option.h"
#include "gateway/config/config.h"

/**
 * The sections that belong to no single room, and the table of all sections: what the configuration
 * file may say. `eogd --check`, the schema and the manual are made from it.
 */
struct gateway_settings { /* <gateway> */
    struct section_place place;
    const char *id;
    const char *site;  /* of sources that no <source> declares */
    const char *state; /* folder: journal, checkpoints, cursors, control socket */
    int64_t log_level; /* enum log_level */
    int64_t threads;   /* intake threads; 0: one a core */
    int64_t control_idle_ms;
};

struct data_settings { /* <data> */
    struct section_place place;
    const char *mappings, *catalogue, *watchlist; /* NULL: in the data folder */
    const char *own_catalogue;                    /* NULL: none */
};

struct source_settings { /* <source> */
    struct section_place place;
    const char *address; /* network */
    const char *site, *charset, *zone;
    int64_t time; /* 0 event, 1 receipt */
};

struct site_settings { /* <site> */
    struct section_place place;
    const char *id, *name, *zone;
    int64_t hosts; /* expected computers; 0: not given */
};

struct tenant_settings { /* <tenant> */
    struct section_place place;
    const char *name, *site;
};

struct inventory_settings { /* <inventory> */
    struct section_place place;
    const char *file;
};

struct engine_settings { /* <engine> */
    struct section_place place;
    int64_t clear_hold_ms, raise_hold_ms, source_alive_ms;
    int64_t remind_ms; /* 0: never */
};

struct kpi_override_settings { /* <kpi> */
    struct section_place place;
    const char *key, *site;
    bool is_enabled;
    int64_t test;              /* which test of the KPI, from 1 */
    int64_t warning, critical; /* -1: as the catalogue says */
};

struct maintenance_settings { /* <maintenance> */
    struct section_place place;
    const char *site, *scope;
    const char *days, *from, *to; /* each week */
    const char *begin, *end;      /* once */
    const char *zone;
};

struct newest_settings { /* <newest> */
    struct section_place place;
    int64_t type; /* 0 pattern, 1 engine */
    const char *id, *version, *since;
};

const struct section *const *settings_sections(size_t *n);

/* The embedded configuration: what runs when nobody wrote one. */
struct slice settings_default_text(void);

/* A <source>'s address names something of this machine. */
bool settings_source_is_local(const char *address);

/**
 * Load from path (NULL: the embedded defaults) with every cross-check that needs no state:
 * addresses, networks, charsets, zones, sites that are named but not declared. All errors in diag.
 */
int settings_load(const char *path, struct diag *diag, struct config **out);

#endif
