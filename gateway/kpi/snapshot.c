/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Publication of immutable tables: a mutex held for a pointer copy, references for lifetime. */
#include "gateway/kpi/snapshot.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { TENTH_MS = 100 };

struct snapshot_board {
    pthread_mutex_t lock;
    struct snapshot *newest;
    uint64_t generation;
};

struct snapshot_board *snapshot_board_new(void)
{
    struct snapshot_board *board = gw_alloc(sizeof *board);
    pthread_mutex_init(&board->lock, NULL);
    return board;
}

void snapshot_board_free(struct snapshot_board *board)
{
    if (!board)
        return;
    if (board->newest)
        snapshot_put(board->newest);
    pthread_mutex_destroy(&board->lock);
    free(board);
}

struct snapshot *snapshot_new(void)
{
    struct snapshot *snapshot = gw_alloc(sizeof *snapshot);
    arena_init(&snapshot->arena, 0);
    snapshot->references = 1;
    return snapshot;
}

static bool has_same_rows(const struct snapshot *a, const struct snapshot *b)
{
    bool is_same =
        a->n_kpis == b->n_kpis && a->n_products == b->n_products && a->n_alerts == b->n_alerts;
    for (size_t i = 0; is_same && i < a->n_kpis; i++)
        is_same =
            a->kpis[i].kpi == b->kpis[i].kpi && strcmp(a->kpis[i].scope, b->kpis[i].scope) == 0;
    for (size_t i = 0; is_same && i < a->n_products; i++)
        is_same = strcmp(a->products[i].index, b->products[i].index) == 0;
    for (size_t i = 0; is_same && i < a->n_alerts; i++)
        is_same = a->alerts[i].id == b->alerts[i].id;
    return is_same;
}

/* Another for each change: the MIB tells tenths of a second. */
static int64_t table_change(const struct snapshot *before, const struct snapshot *now)
{
    if (!before)
        return now->taken_ms;
    if (has_same_rows(before, now))
        return before->table_changed_ms;
    bool is_other = now->taken_ms / TENTH_MS != before->table_changed_ms / TENTH_MS;
    return is_other ? now->taken_ms : before->table_changed_ms + TENTH_MS;
}

void snapshot_publish(struct snapshot_board *board, struct snapshot *snapshot)
{
    snapshot->table_changed_ms = table_change(board->newest, snapshot); /* there is one writer */
    pthread_mutex_lock(&board->lock);
    struct snapshot *old = board->newest;
    snapshot->generation = ++board->generation;
    board->newest = snapshot;
    pthread_mutex_unlock(&board->lock);
    if (old)
        snapshot_put(old);
}

const struct snapshot *snapshot_get(struct snapshot_board *board)
{
    pthread_mutex_lock(&board->lock);
    struct snapshot *snapshot = board->newest;
    if (snapshot)
        __atomic_add_fetch(&snapshot->references, 1, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&board->lock);
    return snapshot;
}

void snapshot_put(const struct snapshot *snapshot)
{
    struct snapshot *s = (struct snapshot *)snapshot;
    if (s && __atomic_sub_fetch(&s->references, 1, __ATOMIC_ACQ_REL) == 0) {
        arena_fini(&s->arena);
        free(s);
    }
}

int snapshot_compare_scope(const char *a, const char *b)
{
    size_t na = strlen(a), nb = strlen(b);
    if (na != nb)
        return na < nb ? -1 : 1;
    return memcmp(a, b, na);
}

const char *kpi_state_name(enum kpi_state state)
{
    static const char *const names[] = {"ok", "warning", "critical", "unknown"};
    return (unsigned)state <= KPI_UNKNOWN ? names[state] : "unknown";
}

enum kpi_state kpi_state_worse(enum kpi_state a, enum kpi_state b)
{
    static const int rank[] = {0, 2, 3, 1};
    return rank[a] >= rank[b] ? a : b;
}
