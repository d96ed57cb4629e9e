/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows are made when they are first counted in: one a rule, one a mapping for what none of its
 * rules knew, one for what no mapping knows. Examples are written down as they come, since the
 * records are gone a moment later.
 */
#include "gateway/ctl/renormalize_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/civil.h"
#include "gateway/base/json.h"
#include "gateway/ctl/inert.h"
#include "gateway/ctl/table.h"
#include "gateway/mapping/program.h"
#include "gateway/schema/event_diff.h"

enum { EXAMPLES_BYTES = 1024 * 1024, VALUE_BYTES = 300, REASONS_MAX = 8 };

struct counts {
    uint64_t of[RENORMAL_RESULTS];
};

struct reason {
    const char *why;
    uint64_t n;
};

struct renormalize_report {
    const struct mapping_set *set;
    struct counts **rows; /* a mapping: its rules, and one more; NULL: not met */
    struct counts unknown, all;
    uint64_t (*kinds)[GW_KIND_END]; /* recorded, now */
    struct reason reasons[REASONS_MAX];
    int64_t examples;
    struct buf text, items; /* examples for people, and as members of a JSON array */
    struct json json;
};

static const char *const result_names[RENORMAL_RESULTS] = {"unchanged", "changed", "understood",
                                                           "lost", "failed"};

struct renormalize_report *renormalize_report_new(const struct mapping_set *set, int64_t examples)
{
    struct renormalize_report *report = gw_alloc(sizeof *report);
    report->set = set;
    report->examples = examples;
    report->rows = gw_alloc((mapping_set_count(set) + 1) * sizeof *report->rows);
    report->kinds = gw_alloc(GW_KIND_END * sizeof *report->kinds);
    json_begin(&report->json, &report->items);
    json_begin_array(&report->json, SLICE_NONE);
    return report;
}

void renormalize_report_free(struct renormalize_report *report)
{
    if (!report)
        return;
    for (size_t i = 0; i < mapping_set_count(report->set); i++)
        free(report->rows[i]);
    free(report->rows);
    free(report->kinds);
    buf_free(&report->text);
    buf_free(&report->items);
    free(report);
}

/* ---- counting ---- */

/* Its product now; of what none knows any more, its product as recorded. */
static struct counts *row_of(struct renormalize_report *report, const struct gw_event *was,
                             const struct renormal *is, enum renormal_result result)
{
    const struct mapping *mapping = is->trace.mapping;
    int rule = mapping ? is->trace.rule : -1;
    if (!mapping && (result == RENORMAL_LOST || result == RENORMAL_FAILED)) {
        char id[128];
        snprintf(id, sizeof id, "%.*s", SLICE_FMT(gw_event_text(was, GW_FIELD_MAPPING)));
        mapping = mapping_set_get(report->set, id);
    }
    if (!mapping)
        return &report->unknown;
    struct counts **rows = &report->rows[mapping->number];
    if (!*rows)
        *rows = gw_alloc((mapping->n_rules + 1) * sizeof **rows);
    return &(*rows)[rule >= 0 ? (size_t)rule : mapping->n_rules];
}

static void count_reason(struct renormalize_report *report, const char *why)
{
    for (size_t i = 0; i < REASONS_MAX; i++) {
        struct reason *reason = &report->reasons[i];
        if (reason->why && reason->why != why)
            continue;
        reason->why = why;
        reason->n++;
        return;
    }
}

/* ---- examples ---- */

static struct slice cut(struct slice text)
{
    return slice_head(text, VALUE_BYTES);
}

/* Quoted as JSON, and harmless on a terminal. */
static void put_quoted(struct buf *out, struct slice text)
{
    struct buf quoted = {0};
    json_quote(&quoted, cut(text));
    inert_json(out, buf_get(&quoted));
    buf_free(&quoted);
}

static void tell(void *context, struct slice name, struct slice was, struct slice is)
{
    struct renormalize_report *report = context;
    struct json *json = &report->json;
    json_begin_object(json, SLICE_NONE);
    json_text(json, SLICE("field"), cut(name));
    json_text(json, SLICE("was"), cut(was));
    json_text(json, SLICE("is"), cut(is));
    json_end_object(json);
    buf_printf(&report->text, "    ");
    if (slice_starts_with(name, SLICE("unmapped.")))
        put_quoted(&report->text, name);
    else
        buf_slice(&report->text, name);
    buf_printf(&report->text, ": ");
    put_quoted(&report->text, was);
    buf_printf(&report->text, " -> ");
    put_quoted(&report->text, is);
    buf_byte(&report->text, '\n');
}

static void add_example(struct renormalize_report *report, const struct gw_event *was,
                        const struct gw_event *is)
{
    char received[CIVIL_RFC3339_MAX];
    struct json *json = &report->json;
    struct slice time = slice_of(received, civil_format(was->received_ms, received));
    const char *old = gw_kind_name((enum gw_kind)was->kind),
               *new = gw_kind_name((enum gw_kind)is->kind);
    uint64_t record = gw_event_origin(was);
    json_begin_object(json, SLICE_NONE);
    json_int(json, SLICE("record"), (int64_t)record);
    json_text(json, SLICE("received"), time);
    json_text(json, SLICE("was"), slice_from(old));
    json_text(json, SLICE("is"), slice_from(new));
    json_begin_array(json, SLICE("fields"));
    buf_printf(&report->text, "  record %" PRIu64 ", received %.*s: %s -> %s\n", record,
               SLICE_FMT(time), old, new);
    gw_event_differences(was, is, tell, report);
    json_end_array(json);
    json_end_object(json);
}

void renormalize_report_add(struct renormalize_report *report, const struct gw_event *was,
                            const struct renormal *is, enum renormal_result result)
{
    row_of(report, was, is, result)->of[result]++;
    report->all.of[result]++;
    if (result == RENORMAL_FAILED)
        count_reason(report, is->why);
    if (result == RENORMAL_SAME || result == RENORMAL_FAILED || was->kind >= GW_KIND_END)
        return;
    uint64_t seen = report->kinds[was->kind][is->event.kind]++;
    if (seen < (uint64_t)report->examples && report->items.n < EXAMPLES_BYTES)
        add_example(report, was, &is->event);
}

uint64_t renormalize_report_count(const struct renormalize_report *report,
                                  enum renormal_result result)
{
    return report->all.of[result];
}

static uint64_t sum(const struct counts *counts)
{
    uint64_t n = 0;
    for (int i = 0; i < RENORMAL_RESULTS; i++)
        n += counts->of[i];
    return n;
}

/* ---- walking what was counted ---- */

typedef void row_fn(void *context, const char *product, const char *rule,
                    const struct counts *counts);

static void each_row(const struct renormalize_report *report, row_fn *call, void *context)
{
    for (size_t m = 0; m < mapping_set_count(report->set); m++) {
        const struct mapping *mapping = mapping_set_at(report->set, m);
        const struct counts *rows = report->rows[mapping->number];
        for (size_t r = 0; rows && r <= mapping->n_rules; r++)
            if (sum(&rows[r]))
                call(context, mapping->id, r < mapping->n_rules ? mapping->rules[r].name : "(none)",
                     &rows[r]);
    }
    if (sum(&report->unknown))
        call(context, "(none)", "(none)", &report->unknown);
}

typedef void kinds_fn(void *context, const char *was, const char *is, uint64_t n);

static void each_kind(const struct renormalize_report *report, kinds_fn *call, void *context)
{
    for (int was = 0; was < GW_KIND_END; was++)
        for (int is = 0; is < GW_KIND_END; is++)
            if (report->kinds[was][is])
                call(context, gw_kind_name((enum gw_kind)was), gw_kind_name((enum gw_kind)is),
                     report->kinds[was][is]);
}

/* ---- for people ---- */

enum { COLUMNS = 3 + RENORMAL_RESULTS };

static void print_row(void *context, const char *product, const char *rule,
                      const struct counts *counts)
{
    char numbers[1 + RENORMAL_RESULTS][24];
    const char *cells[COLUMNS] = {product, rule};
    snprintf(numbers[0], sizeof numbers[0], "%" PRIu64, sum(counts));
    for (int i = 0; i < RENORMAL_RESULTS; i++)
        snprintf(numbers[1 + i], sizeof numbers[1 + i], "%" PRIu64, counts->of[i]);
    for (int i = 0; i <= RENORMAL_RESULTS; i++)
        cells[2 + i] = numbers[i];
    table_add(context, cells);
}

static void print_kind(void *context, const char *was, const char *is, uint64_t n)
{
    fprintf(context, "  %s -> %s: %" PRIu64 "\n", was, is, n);
}

static void print_corrections(const struct renormalize_report *report,
                              const struct renormalize_end *end, FILE *out)
{
    uint64_t due = report->all.of[RENORMAL_CHANGED] + report->all.of[RENORMAL_UNDERSTOOD] +
                   report->all.of[RENORMAL_LOST];
    if (due == 0)
        fputs("nothing to do\n", out);
    else if (end->is_dry)
        fprintf(out, "%" PRIu64 " corrections would be written; nothing was\n", due);
    else
        fprintf(out, "%" PRIu64 " of %" PRIu64 " corrections written%s%s\n", end->written, due,
                end->is_by_daemon ? " by the gateway" : "",
                end->is_for_feed ? ", for feeds too" : "");
}

void renormalize_report_print(const struct renormalize_report *report,
                              const struct renormalize_end *end, FILE *out)
{
    static const char *const headings[COLUMNS] = {"PRODUCT", "RULE",       "READ", "UNCHANGED",
                                                  "CHANGED", "UNDERSTOOD", "LOST", "FAILED"};
    struct table *table = table_new(headings, COLUMNS);
    uint64_t due = sum(&report->all) - report->all.of[RENORMAL_SAME];
    each_row(report, print_row, table);
    if (sum(&report->all)) {
        print_row(table, "all", "", &report->all);
        table_print(table, out);
    }
    table_free(table);
    if (due > report->all.of[RENORMAL_FAILED])
        fputs("\nkinds, as recorded and now:\n", out);
    each_kind(report, print_kind, out);
    if (report->text.n) {
        fputs("\nfor example:\n", out);
        fwrite(report->text.p, 1, report->text.n, out);
    }
    for (size_t i = 0; i < REASONS_MAX && report->reasons[i].why; i++)
        fprintf(out, "\nnot read again: %" PRIu64 ": %s\n", report->reasons[i].n,
                report->reasons[i].why);
    if (sum(&report->all))
        fputc('\n', out);
    print_corrections(report, end, out);
}

/* ---- as JSON ---- */

static void put_counts(struct json *json, const struct counts *counts)
{
    json_int(json, SLICE("read"), (int64_t)sum(counts));
    for (int i = 0; i < RENORMAL_RESULTS; i++)
        json_int(json, slice_from(result_names[i]), (int64_t)counts->of[i]);
}

static void put_row(void *context, const char *product, const char *rule,
                    const struct counts *counts)
{
    struct json *json = context;
    json_begin_object(json, SLICE_NONE);
    json_text(json, SLICE("product"), slice_from(product));
    json_text(json, SLICE("rule"), slice_from(rule));
    put_counts(json, counts);
    json_end_object(json);
}

static void put_kind(void *context, const char *was, const char *is, uint64_t n)
{
    struct json *json = context;
    json_begin_object(json, SLICE_NONE);
    json_text(json, SLICE("was"), slice_from(was));
    json_text(json, SLICE("is"), slice_from(is));
    json_int(json, SLICE("records"), (int64_t)n);
    json_end_object(json);
}

static void put_end(struct json *json, const struct renormalize_end *end)
{
    char time[CIVIL_RFC3339_MAX];
    json_text(json, SLICE("from"), slice_of(time, civil_format(end->from_ms, time)));
    json_text(json, SLICE("to"), slice_of(time, civil_format(end->to_ms, time)));
    json_bool(json, SLICE("dry_run"), end->is_dry);
    json_bool(json, SLICE("for_feed"), end->is_for_feed);
    json_int(json, SLICE("written"), (int64_t)end->written);
    json_int(json, SLICE("journal_damaged"), (int64_t)end->damaged);
    json_int(json, SLICE("journal_unreadable"), (int64_t)end->unreadable);
    json_bool(json, SLICE("whole"), end->is_whole);
}

void renormalize_report_print_json(const struct renormalize_report *report,
                                   const struct renormalize_end *end, FILE *out)
{
    struct buf text = {0};
    struct json json;
    json_begin(&json, &text);
    json_begin_object(&json, SLICE_NONE);
    put_end(&json, end);
    put_counts(&json, &report->all);
    json_begin_array(&json, SLICE("rules"));
    each_row(report, put_row, &json);
    json_end_array(&json);
    json_begin_array(&json, SLICE("kinds"));
    each_kind(report, put_kind, &json);
    json_end_array(&json);
    json_begin_array(&json, SLICE("not_read_again"));
    for (size_t i = 0; i < REASONS_MAX && report->reasons[i].why; i++) {
        json_begin_object(&json, SLICE_NONE);
        json_text(&json, SLICE("why"), slice_from(report->reasons[i].why));
        json_int(&json, SLICE("records"), (int64_t)report->reasons[i].n);
        json_end_object(&json);
    }
    json_end_array(&json);
    buf_printf(&text, ",\"examples\":");
    buf_slice(&text, buf_get(&report->items));
    buf_printf(&text, "]}\n");
    inert_print(buf_get(&text), out);
    buf_free(&text);
}
