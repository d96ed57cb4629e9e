/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_NAMES_H
#define GATEWAY_KPI_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/cursor.h"
#include "gateway/base/slice.h"
#include "gateway/kpi/table.h"

/**
 * Texts by number: malware names, sources, field values. Lower case, cleaned of control characters,
 * at most KPI_NAME_MAX bytes. Bounded: beyond KPI_NAMES_MAX everything is number 0, "(others)".
 */
enum { KPI_NAME_MAX = 160, KPI_NAMES_MAX = 300000 };
/* As far as undeclared senders may fill it. */
enum { KPI_STRANGE_NAMES_MAX = KPI_NAMES_MAX / 2 };
struct kpi_names {
    uint64_t seed;
    bool is_strange;    /* whoever gives names now is undeclared */
    const char **texts; /* NULL: free */
    struct arena arena; /* of the texts, with those given back until it is half of them */
    size_t dropped_bytes;
    size_t n, cap, live;
    uint32_t *free_ids;
    size_t n_free, cap_free;
    struct kpi_table by_hash;
    uint64_t refused;
};
void kpi_names_init(struct kpi_names *names, uint64_t seed);
void kpi_names_fini(struct kpi_names *names);
uint32_t kpi_names_put(struct kpi_names *names, struct slice text);
const char *kpi_names_text(const struct kpi_names *names, uint32_t id);
/* Give back every name whose used[id] is 0; used has names->n entries. */
void kpi_names_collect(struct kpi_names *names, const uint8_t *used);
void kpi_names_encode(const struct kpi_names *names, struct buf *out);
bool kpi_names_decode(struct kpi_names *names, struct cursor *in);

#endif
