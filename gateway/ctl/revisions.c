/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows in the order they came; sorted when there is no room, so that older ones of a record go. */
#include "gateway/ctl/revisions.h"

#include <stdlib.h>

#include "gateway/base/arena.h"

void revisions_init(struct revisions *revisions, size_t max)
{
    *revisions = (struct revisions){.max = max, .to = UINT64_MAX};
}

void revisions_free(struct revisions *revisions)
{
    free(revisions->rows);
    *revisions = (struct revisions){0};
}

void revisions_begin(struct revisions *revisions, uint64_t from)
{
    revisions->n = 0;
    revisions->from = from;
    revisions->to = UINT64_MAX;
}

static int order(const void *one, const void *other)
{
    const struct revisions_row *a = one, *b = other;
    if (a->of != b->of)
        return a->of < b->of ? -1 : 1;
    return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

void revisions_seal(struct revisions *revisions)
{
    size_t n = 0;
    if (revisions->n)
        qsort(revisions->rows, revisions->n, sizeof *revisions->rows, order);
    for (size_t i = 0; i < revisions->n; i++) {
        if (n && revisions->rows[n - 1].of == revisions->rows[i].of)
            n--;
        revisions->rows[n++] = revisions->rows[i];
    }
    revisions->n = n;
}

/* The newest of each record alone; if that is still more than half, of the lower half alone. */
static void make_room(struct revisions *revisions)
{
    revisions_seal(revisions);
    if (revisions->n <= revisions->max / 2)
        return;
    revisions->n = revisions->max / 2;
    revisions->to = revisions->rows[revisions->n].of;
}

void revisions_note(struct revisions *revisions, uint64_t of, uint64_t sequence)
{
    if (of < revisions->from || of >= revisions->to)
        return;
    if (!revisions->rows)
        revisions->rows = gw_alloc(revisions->max * sizeof *revisions->rows);
    if (revisions->n == revisions->max)
        make_room(revisions);
    if (of < revisions->to)
        revisions->rows[revisions->n++] = (struct revisions_row){of, sequence};
}

uint64_t revisions_newest(const struct revisions *revisions, uint64_t of)
{
    size_t low = 0, high = revisions->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (revisions->rows[middle].of < of)
            low = middle + 1;
        else
            high = middle;
    }
    return low < revisions->n && revisions->rows[low].of == of ? revisions->rows[low].sequence : 0;
}
