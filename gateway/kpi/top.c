/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bounded counters and the periods they belong to.
 *
 *     record -> day list ──(midnight)──► week's rest, month's rest ──(their end)──► gone
 *        └──► ahead (a day that no tick has seen yet) ──(midnight)──► day list
 *
 * So a record costs one counter a kind, not three: a week is its rest and the day added up when it
 * is shown. All that is decided hangs on the order of records and ticks alone: which counter is
 * given away by a hand that goes round (as the clock of page replacement does), ties of a rank by
 * count, error and name.
 */
#include "gateway/kpi/top.h"

#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/base/civil.h"
#include "gateway/kpi/codec.h"
#include "gateway/kpi/names.h"
#include "gateway/schema/who.h"

static const int64_t DAY_MS = 86400000;
static const int64_t LAST_MS = INT64_C(253000000000000); /* in the year 9987 */

/* ---- one list ---- */

static void free_list(struct kpi_top_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->all[i].name);
    free(l->all);
    kpi_table_free(&l->places);
    *l = (struct kpi_top_list){0};
}

static struct kpi_top_counter *find(const struct kpi_top_list *l, uint64_t key)
{
    const uint32_t *place = kpi_table_get(&l->places, key);
    return place ? &l->all[*place] : NULL;
}

static uint64_t plus(uint64_t a, uint64_t b)
{
    return a + b < a ? UINT64_MAX : a + b;
}

static char *clean_name(struct slice name)
{
    char clean[KPI_NAME_MAX + 1];
    if (!name.n)
        return NULL;
    gw_clean_text(name, clean, KPI_NAME_MAX, false);
    return gw_strdup(clean);
}

/* The hand goes round and takes the first counter that is rare enough. A round without one raises
   what counts as rare by at least an eighth, so that nobody can choose names to make every search
   long. */
static struct kpi_top_counter *give_away(struct kpi_top_list *l)
{
    for (;;) {
        uint64_t least = UINT64_MAX;
        for (size_t i = 0; i < l->n; i++) {
            struct kpi_top_counter *c = &l->all[l->hand];
            l->hand = l->hand + 1 == l->n ? 0 : l->hand + 1;
            if (c->count <= l->rare)
                return c;
            least = c->count < least ? c->count : least;
        }
        uint64_t more = plus(l->rare, l->rare / 8);
        l->rare = more > least ? more : least;
    }
}

/* A counter for a key that has none: a free one, or somebody's, with all that it counted. */
static struct kpi_top_counter *take_counter(struct kpi_top_list *l, uint64_t key)
{
    struct kpi_top_counter *c;
    if (l->n < KPI_TOP_COUNTERS) {
        if (l->n == l->cap) {
            l->cap = l->cap ? l->cap * 2 : 16;
            l->all = gw_realloc(l->all, l->cap * sizeof *l->all);
        }
        c = &l->all[l->n++];
        c->count = c->error = l->missed;
    } else {
        c = give_away(l);
        kpi_table_remove(&l->places, c->key);
        free(c->name);
        l->missed = c->count > l->missed ? c->count : l->missed;
        c->error = c->count;
    }
    c->key = key;
    c->name = NULL;
    *kpi_table_put(&l->places, key, NULL) = (uint32_t)(c - l->all);
    return c;
}

static void count(struct kpi_top_list *l, const struct kpi_top_item *item, uint32_t n)
{
    struct kpi_top_counter *c = find(l, item->key);
    if (!c) {
        c = take_counter(l, item->key);
        c->name = clean_name(item->name);
    }
    c->count = plus(c->count, n);
    l->total = plus(l->total, n);
}

/* Adds what `from` counted to `to`. A name that only one of them has may have been found in the
   other as often as that one's `missed` says: it becomes part of the error. */
static void merge(struct kpi_top_list *to, const struct kpi_top_list *from)
{
    for (size_t i = 0; i < to->n && from->missed; i++) {
        if (find(from, to->all[i].key))
            continue;
        to->all[i].count = plus(to->all[i].count, from->missed);
        to->all[i].error = plus(to->all[i].error, from->missed);
    }
    uint64_t missed = plus(to->missed, from->missed);
    for (size_t i = 0; i < from->n; i++) {
        const struct kpi_top_counter *f = &from->all[i];
        struct kpi_top_counter *c = find(to, f->key);
        if (!c) {
            c = take_counter(to, f->key);
            c->name = f->name ? gw_strdup(f->name) : NULL;
        }
        c->count = plus(c->count, f->count);
        c->error = plus(c->error, f->error);
    }
    to->missed = to->missed > missed ? to->missed : missed;
    to->total = plus(to->total, from->total);
}

static void remap_list(struct kpi_top_list *l, uint32_t (*remap)(void *, uint32_t), void *context)
{
    bool is_other = false;
    for (size_t i = 0; i < l->n && !is_other; i++)
        is_other = remap(context, (uint32_t)l->all[i].key) != l->all[i].key;
    if (!is_other)
        return;
    size_t n = 0;
    kpi_table_free(&l->places);
    for (size_t i = 0; i < l->n; i++) {
        struct kpi_top_counter moved = l->all[i];
        moved.key = remap(context, (uint32_t)moved.key);
        struct kpi_top_counter *c = find(l, moved.key);
        if (c) {
            c->count = plus(c->count, moved.count);
            c->error = plus(c->error, moved.error);
            free(moved.name);
            continue;
        }
        *kpi_table_put(&l->places, moved.key, NULL) = (uint32_t)n;
        l->all[n++] = moved;
    }
    l->n = n;
    l->hand = 0;
}

/* ---- periods ---- */

static int64_t floor_to(int64_t n, int64_t unit)
{
    int64_t rest = n % unit;
    return n - rest - (rest < 0 ? unit : 0);
}

/* The period of the calendar that a moment lies in. A midnight that the clocks skip is the moment
 * they do; of one that comes twice it is the first. */
static void period_of(const struct zone *zone, enum kpi_top_period period, int64_t time_ms,
                      struct kpi_top_span *out)
{
    time_ms = time_ms < 0 ? 0 : time_ms > LAST_MS ? LAST_MS : time_ms;
    int64_t local = time_ms + (int64_t)zone_offset_at_utc(zone, time_ms) * 1000;
    int64_t begin = floor_to(local, DAY_MS), end = begin + DAY_MS;
    if (period == KPI_TOP_WEEK) { /* 1970-01-01 was a Thursday */
        begin = floor_to(begin + 3 * DAY_MS, 7 * DAY_MS) - 3 * DAY_MS;
        end = begin + 7 * DAY_MS;
    } else if (period == KPI_TOP_MONTH) {
        struct civil month = civil_from_ms(begin);
        struct civil first = {.year = month.year, .month = month.month, .day = 1};
        begin = civil_to_ms(&first);
        first.year += first.month == 12;
        first.month = first.month == 12 ? 1 : first.month + 1;
        end = civil_to_ms(&first);
    }
    out->begin_ms = zone_local_to_utc(zone, begin);
    out->end_ms = zone_local_to_utc(zone, end);
}

static bool has(const struct kpi_top_span *span, int64_t time_ms)
{
    return time_ms >= span->begin_ms && time_ms < span->end_ms;
}

static void free_span(struct kpi_top_span *span)
{
    for (int k = 0; k < KPI_TOP_KINDS; k++)
        free_list(&span->lists[k]);
    *span = (struct kpi_top_span){0};
}

static bool is_empty(const struct kpi_top_span *span)
{
    uint64_t total = 0;
    for (int k = 0; k < KPI_TOP_KINDS; k++)
        total |= span->lists[k].total;
    return total == 0;
}

/* A day ends: what it counted is added to its week and its month. */
static void retire(struct kpi_top *top, struct kpi_top_span *day)
{
    for (int p = KPI_TOP_WEEK; p < KPI_TOP_PERIODS; p++)
        for (int k = 0; k < KPI_TOP_KINDS && has(&top->spans[p], day->begin_ms); k++)
            merge(&top->spans[p].lists[k], &day->lists[k]);
    free_span(day);
}

/* An empty span of the calendar. What the one before it reached into counted there. */
static void begin_span(const struct kpi_top *top, enum kpi_top_period period, int64_t now_ms,
                       int64_t after_ms, struct kpi_top_span *out)
{
    *out = (struct kpi_top_span){0};
    period_of(top->zone, period, now_ms, out);
    if (after_ms > out->begin_ms && after_ms <= now_ms)
        out->begin_ms = after_ms;
}

static void turn_day(struct kpi_top *top, int64_t now_ms)
{
    struct kpi_top_span *day = &top->spans[KPI_TOP_DAY], next;
    int64_t after_ms = day->end_ms;
    if (has(&top->ahead, now_ms)) {
        retire(top, day);
        *day = top->ahead;
        top->ahead = (struct kpi_top_span){0};
        return;
    }
    if (now_ms < day->begin_ms) { /* the clock was set back, and may come again */
        retire(top, &top->ahead);
        top->ahead = *day;
        *day = (struct kpi_top_span){0};
    }
    retire(top, day);
    if (top->ahead.begin_ms <= now_ms)
        retire(top, &top->ahead);
    begin_span(top, KPI_TOP_DAY, now_ms, after_ms, &next);
    *day = next;
}

bool kpi_top_turn(struct kpi_top *top, int64_t now_ms)
{
    bool has_turned = false;
    for (int p = KPI_TOP_WEEK; p < KPI_TOP_PERIODS; p++) {
        struct kpi_top_span *span = &top->spans[p], next;
        if (has(span, now_ms))
            continue;
        begin_span(top, (enum kpi_top_period)p, now_ms, span->end_ms, &next);
        free_span(span);
        *span = next;
        has_turned = true;
    }
    if (!has(&top->spans[KPI_TOP_DAY], now_ms)) {
        turn_day(top, now_ms);
        has_turned = true;
    }
    return has_turned;
}

int64_t kpi_top_next_ms(const struct kpi_top *top)
{
    int64_t next_ms = INT64_MAX;
    for (int p = 0; p < KPI_TOP_PERIODS; p++)
        if (top->spans[p].end_ms && top->spans[p].end_ms < next_ms)
            next_ms = top->spans[p].end_ms;
    return next_ms;
}

void kpi_top_begin_at(struct kpi_top *top, int64_t now_ms)
{
    for (int p = 0; p < KPI_TOP_PERIODS; p++)
        top->spans[p].begin_ms = top->spans[p].end_ms = now_ms;
}

static struct kpi_top_span *ahead_for(struct kpi_top *top, int64_t time_ms)
{
    if (time_ms >= top->ahead.end_ms) {
        retire(top, &top->ahead);
        begin_span(top, KPI_TOP_DAY, time_ms, top->spans[KPI_TOP_DAY].end_ms, &top->ahead);
    }
    return has(&top->ahead, time_ms) ? &top->ahead : NULL;
}

static void count_all(struct kpi_top_span *span, const struct kpi_top_item *items, uint32_t n)
{
    for (int k = 0; k < KPI_TOP_KINDS; k++)
        if (items[k].key)
            count(&span->lists[k], &items[k], n);
}

void kpi_top_add(struct kpi_top *top, int64_t time_ms, uint32_t n,
                 const struct kpi_top_item items[KPI_TOP_KINDS])
{
    struct kpi_top_span *day = &top->spans[KPI_TOP_DAY];
    if (!has(day, time_ms))
        day = time_ms >= day->end_ms ? ahead_for(top, time_ms) : NULL;
    if (day) {
        count_all(day, items, n);
        return;
    }
    for (int p = KPI_TOP_WEEK; p < KPI_TOP_PERIODS; p++)
        if (has(&top->spans[p], time_ms))
            count_all(&top->spans[p], items, n);
}

bool kpi_top_set_zone(struct kpi_top *top, struct slice tzif)
{
    zone_free(top->zone);
    top->zone = tzif.n ? zone_read(tzif) : NULL;
    for (int p = 0; p < KPI_TOP_PERIODS; p++)
        if (is_empty(&top->spans[p]))
            top->spans[p].end_ms = top->spans[p].begin_ms;
    return !tzif.n || top->zone;
}

void kpi_top_remap(struct kpi_top *top, uint32_t (*remap)(void *context, uint32_t key),
                   void *context)
{
    for (int p = 0; p < KPI_TOP_PERIODS; p++)
        remap_list(&top->spans[p].lists[KPI_TOP_COMPUTER], remap, context);
    remap_list(&top->ahead.lists[KPI_TOP_COMPUTER], remap, context);
}

/* ---- the ten ---- */

static int compare_rows(const struct kpi_top_row *a, const struct kpi_top_row *b)
{
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    if (a->error != b->error)
        return a->error < b->error ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* Into its place among the best, if it has one; behind its equals, two computers of one name. */
static void rank(struct kpi_top_result *out, const struct kpi_top_row *row)
{
    size_t at = out->n;
    while (at > 0 && compare_rows(row, &out->rows[at - 1]) < 0)
        at--;
    if (at == KPI_TOP_RANKS)
        return;
    out->n += out->n < KPI_TOP_RANKS;
    memmove(&out->rows[at + 1], &out->rows[at], (out->n - at - 1) * sizeof *row);
    out->rows[at] = *row;
}

void kpi_top_best(const struct kpi_top *top, enum kpi_top_period period, enum kpi_top_kind kind,
                  const char *(*name_of)(const void *context, uint64_t key), const void *context,
                  struct kpi_top_result *out)
{
    static const struct kpi_top_list none;
    const struct kpi_top_list *day = &top->spans[KPI_TOP_DAY].lists[kind];
    const struct kpi_top_list *rest =
        period == KPI_TOP_DAY ? &none : &top->spans[period].lists[kind];
    const struct kpi_top_list *const parts[2] = {day, rest};
    *out = (struct kpi_top_result){.total = plus(day->total, rest->total),
                                   .missed = plus(day->missed, rest->missed)};
    for (int i = 0; i < 2; i++) {
        const struct kpi_top_list *other = parts[1 - i];
        for (size_t k = 0; k < parts[i]->n; k++) {
            const struct kpi_top_counter *c = &parts[i]->all[k], *o = NULL;
            /* By this list alone too few to be among the ten, whatever the other one missed. A name
               that has a counter in both was summed in the first round. */
            bool is_far = out->n == KPI_TOP_RANKS &&
                          plus(c->count, other->missed) < out->rows[KPI_TOP_RANKS - 1].count;
            if ((i == 1 && is_far) || ((o = find(other, c->key)) && i == 1))
                continue;
            struct kpi_top_row row = {.counter = c, .name = c->name};
            row.count = plus(c->count, o ? o->count : other->missed);
            row.error = plus(c->error, o ? o->error : other->missed);
            if (out->n == KPI_TOP_RANKS && row.count < out->rows[KPI_TOP_RANKS - 1].count)
                continue;
            if (!row.name)
                row.name = name_of(context, c->key);
            rank(out, &row);
        }
    }
}

/* ---- checkpoint ---- */

size_t kpi_top_bytes(const struct kpi_top *top)
{
    const struct kpi_top_span *const all[] = {&top->spans[0], &top->spans[1], &top->spans[2],
                                              &top->ahead};
    size_t bytes = 0;
    for (size_t s = 0; s < sizeof all / sizeof *all; s++) {
        for (int k = 0; k < KPI_TOP_KINDS; k++) {
            const struct kpi_top_list *l = &all[s]->lists[k];
            bytes += l->cap * sizeof *l->all + kpi_table_bytes(&l->places);
            for (size_t i = 0; i < l->n; i++)
                bytes += l->all[i].name ? strlen(l->all[i].name) + 17 : 0;
        }
    }
    return bytes;
}

static void encode_list(const struct kpi_top_list *l, struct buf *out)
{
    buf_varint(out, l->n);
    if (!l->n)
        return;
    buf_varint(out, l->hand);
    buf_varint(out, l->total);
    buf_varint(out, l->missed);
    buf_varint(out, l->rare);
    for (size_t i = 0; i < l->n; i++) {
        const struct kpi_top_counter *c = &l->all[i];
        buf_varint(out, c->key);
        buf_varint(out, c->count);
        buf_varint(out, c->error);
        kpi_put_text(out, slice_from(c->name));
    }
}

static void decode_list(struct kpi_top_list *l, uint64_t max_key, struct cursor *in)
{
    uint64_t n = cursor_varint(in);
    if (n > KPI_TOP_COUNTERS || n > cursor_left(in))
        cursor_fail(in);
    if (in->failed || !n)
        return;
    l->hand = (size_t)cursor_varint(in);
    l->total = cursor_varint(in);
    l->missed = cursor_varint(in);
    l->rare = cursor_varint(in);
    if (l->hand >= n || !l->total)
        cursor_fail(in);
    l->cap = (size_t)n;
    l->all = gw_alloc(l->cap * sizeof *l->all);
    while (l->n < n && !in->failed) {
        struct kpi_top_counter c = {.key = cursor_varint(in)};
        bool is_new = true;
        c.count = cursor_varint(in);
        c.error = cursor_varint(in);
        struct slice name = cursor_text(in);
        if (!c.key || c.key > max_key || c.error > c.count || name.n > KPI_NAME_MAX) {
            cursor_fail(in);
            break;
        }
        *kpi_table_put(&l->places, c.key, &is_new) = (uint32_t)l->n;
        if (!is_new) {
            cursor_fail(in);
            break;
        }
        c.name = clean_name(name);
        l->all[l->n++] = c;
    }
}

void kpi_top_encode(const struct kpi_top *top, struct buf *out)
{
    for (int s = 0; s <= KPI_TOP_PERIODS; s++) {
        const struct kpi_top_span *span = s < KPI_TOP_PERIODS ? &top->spans[s] : &top->ahead;
        kpi_put_int(out, span->begin_ms);
        kpi_put_int(out, span->end_ms);
        for (int k = 0; k < KPI_TOP_KINDS; k++)
            encode_list(&span->lists[k], out);
    }
}

void kpi_top_decode(struct kpi_top *top, uint64_t max_computer, struct cursor *in)
{
    for (int s = 0; s <= KPI_TOP_PERIODS && !in->failed; s++) {
        struct kpi_top_span *span = s < KPI_TOP_PERIODS ? &top->spans[s] : &top->ahead;
        span->begin_ms = kpi_get_int(in);
        span->end_ms = kpi_get_int(in);
        if (span->end_ms < span->begin_ms)
            cursor_fail(in);
        for (int k = 0; k < KPI_TOP_KINDS && !in->failed; k++)
            decode_list(&span->lists[k], k == KPI_TOP_COMPUTER ? max_computer : UINT64_MAX, in);
    }
}

void kpi_top_free(struct kpi_top *top)
{
    for (int p = 0; p < KPI_TOP_PERIODS; p++)
        free_span(&top->spans[p]);
    free_span(&top->ahead);
    zone_free(top->zone);
    *top = (struct kpi_top){0};
}
