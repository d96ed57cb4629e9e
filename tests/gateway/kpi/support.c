/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A journal in memory, messages, and snapshots as text, for the tests of room kpi. */
#include "tests/gateway/kpi/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"

const char *kt_source(void)
{
    const char *source = getenv("top_srcdir");
    return source && *source ? source : ".";
}

void kt_read(const char *path, struct buf *out)
{
    char full[1024];
    size_t n;
    snprintf(full, sizeof full, "%s/%s", kt_source(), path);
    FILE *file = fopen(full, "rbe");
    if (!file) {
        fprintf(stderr, "%s: cannot be opened\n", full);
        exit(2);
    }
    while ((n = fread(buf_reserve(out, 65536), 1, 65536, file)) > 0)
        out->n += n;
    fclose(file);
}

void kt_no_log(void *context, enum log_level level, const char *room, const char *text)
{
    (void)context, (void)level, (void)room, (void)text;
}

void kt_journal_free(struct kt_journal *journal)
{
    buf_free(&journal->bytes);
    free(journal->ends);
    *journal = (struct kt_journal){0};
}

void kt_append(struct kt_journal *journal, const struct gw_event *event)
{
    if (journal->n == journal->cap) {
        journal->cap = journal->cap ? journal->cap * 2 : 1024;
        journal->ends = gw_realloc(journal->ends, journal->cap * sizeof *journal->ends);
    }
    gw_event_encode(event, &journal->bytes);
    journal->ends[journal->n++] = journal->bytes.n;
}

void kt_append_load(struct kt_journal *journal, enum kpi_load load, struct slice content,
                    int64_t now_ms)
{
    struct gw_event *event = gw_alloc(sizeof *event);
    char hash[KPI_LOAD_HASH_MAX];
    kpi_record_load(event, load, SLICE("test"), content, now_ms, hash);
    kt_append(journal, event);
    free(event);
}

void kt_append_tick(struct kt_journal *journal, int64_t now_ms, int64_t mono_ms, const char *boot)
{
    struct gw_event *event = gw_alloc(sizeof *event);
    struct clock_reading now = {.wall_ms = now_ms, .mono_ms = mono_ms};
    kpi_record_tick(event, now, slice_from(boot));
    kt_append(journal, event);
    free(event);
}

void kt_begin(struct kt_journal *journal, struct slice catalogue,
              const struct kpi_settings *settings, struct slice inventory, int64_t now_ms)
{
    struct buf delivered = {0}, watchlist = {0}, bytes = {0};
    if (!catalogue.n) {
        kt_read("mappings/kpi.xml", &delivered);
        catalogue = buf_get(&delivered);
    }
    kt_read("mappings/watchlist.xml", &watchlist);
    kpi_settings_encode(settings ? settings : &(struct kpi_settings){.gateway_id = "gw-test"},
                        &bytes);
    kt_append_load(journal, KPI_LOAD_CATALOGUE, catalogue, now_ms);
    kt_append_load(journal, KPI_LOAD_WATCHLIST, buf_get(&watchlist), now_ms);
    kt_append_load(journal, KPI_LOAD_SETTINGS, buf_get(&bytes), now_ms);
    kt_append_load(journal, KPI_LOAD_INVENTORY, inventory, now_ms);
    kt_append_tick(journal, now_ms, 1000, "boot-1");
    buf_free(&delivered);
    buf_free(&watchlist);
    buf_free(&bytes);
}

void kt_replay(const struct kt_journal *journal, size_t from, size_t to, struct kpi_engine *engine)
{
    struct gw_event *event = gw_alloc(sizeof *event);
    for (size_t i = from; i < to && i < journal->n; i++) {
        size_t begin = i ? journal->ends[i - 1] : 0;
        struct slice bytes = slice_of(journal->bytes.p + begin, journal->ends[i] - begin);
        if (gw_event_decode(bytes, event) != GW_OK)
            abort();
        event->sequence = i + 1;
        kpi_engine_apply(engine, event);
    }
    free(event);
}

void kt_message(struct gw_event *event, enum gw_kind kind, const char *host, int64_t now_ms)
{
    gw_event_clear(event);
    event->kind = (uint16_t)kind;
    event->time_ms = event->received_ms = now_ms;
    event->transport = GW_TRANSPORT_TCP;
    gw_event_set_text(event, GW_FIELD_MAPPING, SLICE("trendmicro/apex-central"));
    gw_event_set_text(event, GW_FIELD_PEER, SLICE("192.0.2.10"));
    gw_event_set_text(event, GW_FIELD_PRODUCT_VENDOR, SLICE("Trend Micro"));
    gw_event_set_text(event, GW_FIELD_PRODUCT_NAME, SLICE("Apex Central"));
    if (host)
        gw_event_set_text(event, GW_FIELD_HOST_NAME, slice_from(host));
}

void kt_zone(const char *rule, struct buf *out)
{
    /* Version 2, the counts of six tables: one type of local time, of no name. The rule decides. */
    static const char header[44] = "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\1";
    static const char type[7] = {0};
    for (int block = 0; block < 2; block++) {
        buf_append(out, header, sizeof header);
        buf_append(out, type, sizeof type);
    }
    buf_printf(out, "\n%s\n", rule);
}

static void dump_tops(const struct snapshot *s, struct buf *out)
{
    for (size_t i = 0; i < s->n_top_lists; i++) {
        const struct top_list *l = &s->top_lists[i];
        buf_printf(out, "top list %u %u %lld..%lld %s %llu %llu\n", l->period, l->kind,
                   (long long)l->begin_ms, (long long)l->end_ms, s->top_zone,
                   (unsigned long long)l->total, (unsigned long long)l->missed);
    }
    for (size_t i = 0; i < s->n_tops; i++) {
        const struct top_row *t = &s->tops[i];
        buf_printf(out, "top %u %u %u [%s] [%s] %llu %llu\n", t->period, t->kind, t->rank, t->name,
                   t->site, (unsigned long long)t->count, (unsigned long long)t->error);
    }
}

static void dump_rows(const struct snapshot *s, struct buf *out)
{
    for (size_t i = 0; i < s->n_summary; i++) {
        const struct kpi_summary_row *r = &s->summary[i];
        buf_printf(out, "summary %u %s %d %u/%u/%u/%u %s %lld\n", r->kpi, r->key, r->worst, r->ok,
                   r->warning, r->critical, r->unknown, r->worst_scope, (long long)r->changed_ms);
    }
    for (size_t i = 0; i < s->n_kpis; i++) {
        const struct kpi_row *r = &s->kpis[i];
        buf_printf(out, "row %u %s [%s] %s %d \"%s\" %d/%d %lld %lld \"%s\" %llu\n", r->kpi,
                   r->scope, r->scope_name, kpi_state_name(r->state), r->value, r->value_text,
                   r->warning, r->critical, (long long)r->since_ms, (long long)r->changed_ms,
                   r->reason, (unsigned long long)r->events);
    }
}

void kt_dump(const struct kpi_engine *engine, struct buf *out)
{
    struct snapshot *s = kpi_engine_snapshot(engine, false);
    buf_printf(out, "taken %lld sequence %llu\n", (long long)s->taken_ms,
               (unsigned long long)s->sequence);
    dump_rows(s, out);
    dump_tops(s, out);
    for (size_t i = 0; i < s->n_products; i++) {
        const struct product_row *p = &s->products[i];
        buf_printf(out, "product %s %s %s %s %s %d %lld %s %d %s %u/%u/%u\n", p->index, p->vendor,
                   p->name, p->version, p->address, p->state, (long long)p->seen_ms,
                   p->pattern_version, p->pattern_age_s, p->engine_version, p->managed,
                   p->installed, p->offline);
    }
    for (size_t i = 0; i < s->n_alerts; i++) {
        const struct alert_row *a = &s->alerts[i];
        buf_printf(out, "alert %u %s %s %d %d %d \"%s\" \"%s\" %lld %lld %d%d %s [%s] %llu\n",
                   a->id, a->key, a->scope, a->state, a->worst, a->value, a->value_text, a->reason,
                   (long long)a->opened_ms, (long long)a->changed_ms, a->is_acknowledged,
                   a->is_unverified, a->ack_name, a->evidence, (unsigned long long)a->events);
    }
    snapshot_put(s);
}

const struct kpi_row *kt_row(const struct snapshot *snapshot, const char *key, const char *scope)
{
    for (size_t i = 0; i < snapshot->n_kpis; i++)
        if (!strcmp(snapshot->kpis[i].about->key, key) && !strcmp(snapshot->kpis[i].scope, scope))
            return &snapshot->kpis[i];
    return NULL;
}
