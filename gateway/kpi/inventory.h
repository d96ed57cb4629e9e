/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_INVENTORY_H
#define GATEWAY_KPI_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/diag.h"
#include "gateway/base/slice.h"

/**
 * The customer's list of what should be there: UTF-8 CSV (RFC 4180 quoting), a header row, then one
 * computer, product or device a line. Columns in any order: site, name, role (host | product |
 * device) are required; product, address, expected (yes | no: no agent is expected on this host, so
 * that the install rate leaves it out), heartbeat (5m, 24h), license_end (2026-12-31), uplinks (of
 * a device: its interfaces that must be up, as it writes them, separated by ;) may stand. Lines
 * that begin with # and empty lines are skipped.
 */
enum kpi_role { KPI_ROLE_HOST, KPI_ROLE_PRODUCT, KPI_ROLE_DEVICE };

struct kpi_inventory_row {
    struct slice site, name, product, address;
    struct slice uplinks; /* of a device: names of its interfaces, separated by ; */
    enum kpi_role role;
    bool is_expected;
    int64_t heartbeat_ms;   /* 0: none */
    int64_t license_end_ms; /* end of that day, UTC; 0: none */
    int line;
};

struct kpi_inventory {
    struct arena arena;
    struct kpi_inventory_row *rows; /* in the file's order */
    size_t n_rows;
};

enum { KPI_INVENTORY_MAX = 500000 };

/* GW_OK; GW_ERR_INVALID with every error in diag, name as their file. */
int kpi_inventory_load_text(struct slice text, const char *name, struct diag *diag,
                            struct kpi_inventory **out);
void kpi_inventory_free(struct kpi_inventory *inventory);

#endif
