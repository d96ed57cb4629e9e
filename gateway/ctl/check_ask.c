/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plugin's questions about indicators. Order: the key's number (a walk of one column of 28
 * rows), then the gateway's head and the summary row in one GET, then the row of the scope in
 * another. With levels from the command line and no scope, all of its rows are asked for in
 * between. Summary and row are each of one moment, but perhaps not of the same: while they
 * contradict each other both are asked for again.
 */
#include "gateway/ctl/check_ask.h"

#include <inttypes.h>
#include <string.h>

#include "gateway/base/ascii.h"
#include "gateway/base/civil.h"
#include "gateway/ctl/check_question.h"
#include "gateway/ctl/check_range.h"
#include "gateway/ctl/check_tables.h"
#include "gateway/ctl/check_text.h"
#include "gateway/snmp/eog_mib.h"

enum { INDICATORS_MAX = 256, SCOPES_NAMED = 10, ATTEMPTS = 3 };

static struct gwsnmp_oid summary_cell(uint32_t number, uint32_t kpi)
{
    struct gwsnmp_oid name = check_column(EOG_GROUP_KPI_SUMMARY, number);
    name.v[name.n++] = kpi;
    return name;
}

static struct gwsnmp_oid row_cell(uint32_t number, uint32_t kpi, struct slice scope)
{
    struct gwsnmp_oid name = check_column(EOG_GROUP_KPI, number);
    name.v[name.n++] = kpi;
    name.n += gwsnmp_index_text(name.v + name.n, GWSNMP_OID_MAX - name.n, scope);
    return name;
}

static void add_since(struct buf *out, int64_t ms)
{
    if (ms < 0)
        return;
    struct civil c = civil_from_ms(ms);
    buf_printf(out, "; since %04d-%02d-%02d %02d:%02d:%02d UTC", c.year, c.month, c.day, c.hour,
               c.minute, c.second);
}

/* ---- all indicators ---- */

static void list_of_state(struct check_question *q, const struct check_cell *keys,
                          const struct check_cell *states, int n, enum kpi_state state)
{
    int found = 0;
    for (int i = 0; i < n; i++) {
        enum kpi_state one;
        if (states[i].id != keys[i].id || !check_state_of(&states[i].value, &one) || one != state)
            continue;
        if (found++ == 0)
            buf_printf(&q->out->more, "%s:", kpi_state_name(state));
        check_add_part(&q->out->more, " ", check_text_of(&keys[i].value));
    }
    if (found)
        buf_byte(&q->out->more, '\n');
}

enum { ALL_JOURNAL = CHECK_HEAD_COUNT, ALL_FAILURE, ALL_HELD_BY, ALL_COUNT };

static void say_all(struct check_question *q, const struct gwsnmp_value *head,
                    const struct check_cell *keys, const struct check_cell *states, int n,
                    const uint32_t *count)
{
    static const enum kpi_state listed[] = {KPI_CRITICAL, KPI_WARNING, KPI_UNKNOWN};
    check_add_part(&q->out->line, "", check_text_of(&head[CHECK_HEAD_NAME]));
    buf_slice(&q->out->line, SLICE(": "));
    check_add_counts(q, count);
    for (size_t i = 0; i < sizeof listed / sizeof *listed; i++)
        list_of_state(q, keys, states, n, listed[i]);
    buf_printf(&q->out->line, " of %d indicators", n);
    check_add_journal(&q->out->line, "; ", &head[ALL_FAILURE], &head[ALL_HELD_BY]);
}

/* False: one is none. worst: as it is without them. */
static bool weigh(const struct check_cell *states, int n, uint32_t *count, enum kpi_state *worst)
{
    for (int i = 0; i < n; i++) {
        enum kpi_state one;
        if (!check_state_of(&states[i].value, &one))
            return false;
        count[one]++;
        *worst = kpi_state_worse(*worst, one);
    }
    return true;
}

/* As eogGatewayWorstState is, of what is told of: that may be of another moment. */
static void ask_all(struct check_question *q)
{
    struct check_cell keys[INDICATORS_MAX], states[INDICATORS_MAX];
    struct gwsnmp_oid names[ALL_COUNT];
    struct gwsnmp_value values[ALL_COUNT];
    uint32_t count[KPI_UNKNOWN + 1] = {0};
    enum kpi_state worst = KPI_OK;

    check_add_head(names);
    names[ALL_JOURNAL] = check_scalar(EOG_GROUP_JOURNAL, EOG_JOURNAL_STATE);
    names[ALL_FAILURE] = check_scalar(EOG_GROUP_JOURNAL, EOG_JOURNAL_FAILURE);
    names[ALL_HELD_BY] = check_scalar(EOG_GROUP_JOURNAL, EOG_JOURNAL_HELD_BY);
    if (!check_get(q, names, ALL_COUNT, values) ||
        (!check_is_refusing(&values[ALL_JOURNAL]) && !check_is_alive(q, values)))
        return;
    bool is_shown = !check_is_missing(&values[ALL_JOURNAL]); /* else a view leaves it out */
    const struct gwsnmp_oid key = check_column(EOG_GROUP_KPI_SUMMARY, EOG_KPI_SUMMARY_KEY),
                            state =
                                check_column(EOG_GROUP_KPI_SUMMARY, EOG_KPI_SUMMARY_WORST_STATE);
    int n = check_walk(q, &key, keys, INDICATORS_MAX);
    int n_states = n < 0 ? -1 : check_walk(q, &state, states, INDICATORS_MAX);
    if (n_states < 0)
        return;
    if (!n || n != n_states || (is_shown && !check_state_of(&values[ALL_JOURNAL], &worst)) ||
        !weigh(states, n, count, &worst)) {
        check_fail_text(q, "the gateway's summary cannot be understood");
        return;
    }
    q->out->state = worst;
    say_all(q, values, keys, states, n, count);
}

/* ---- one indicator ---- */

/* The indicator's number; 0 after a failure was said. */
static uint32_t find_kpi(struct check_question *q)
{
    struct check_cell keys[INDICATORS_MAX];
    struct slice wanted = slice_from(q->options->kpi);
    int64_t number;

    if (slice_to_int(wanted, &number)) {
        if (number >= 1 && number <= UINT32_MAX)
            return (uint32_t)number;
        check_fail_text(q, "an indicator's number is 1 or more");
        return 0;
    }
    const struct gwsnmp_oid prefix = check_column(EOG_GROUP_KPI_SUMMARY, EOG_KPI_SUMMARY_KEY);
    int n = check_walk(q, &prefix, keys, INDICATORS_MAX);
    for (int i = 0; i < n; i++)
        if (slice_equal_nocase(check_text_of(&keys[i].value), wanted))
            return keys[i].id;
    if (n > 0) {
        struct buf reason = {0};
        buf_printf(&reason, "the gateway has no indicator '%s'; it has:", q->options->kpi);
        for (int i = 0; i < n; i++)
            check_add_part(&reason, " ", check_text_of(&keys[i].value));
        check_fail(q, &reason);
        buf_free(&reason);
    } else if (n == 0) {
        struct gwsnmp_oid names[CHECK_HEAD_COUNT];
        struct gwsnmp_value head[CHECK_HEAD_COUNT];
        check_add_head(names);
        if (check_get(q, names, CHECK_HEAD_COUNT, head) && check_is_alive(q, head))
            check_fail_text(q, "the gateway shows no indicators");
    }
    return 0;
}

enum {
    SUMMARY_KEY = CHECK_HEAD_COUNT,
    SUMMARY_WORST,
    SUMMARY_OK,
    SUMMARY_WARNING,
    SUMMARY_CRITICAL,
    SUMMARY_UNKNOWN,
    SUMMARY_SCOPE,
    SUMMARY_COUNT
};

static bool get_summary(struct check_question *q, uint32_t kpi, struct gwsnmp_value *values,
                        enum kpi_state *worst)
{
    struct gwsnmp_oid names[SUMMARY_COUNT];

    check_add_head(names);
    names[SUMMARY_KEY] = summary_cell(EOG_KPI_SUMMARY_KEY, kpi);
    names[SUMMARY_WORST] = summary_cell(EOG_KPI_SUMMARY_WORST_STATE, kpi);
    names[SUMMARY_OK] = summary_cell(EOG_KPI_SUMMARY_OK, kpi);
    names[SUMMARY_WARNING] = summary_cell(EOG_KPI_SUMMARY_WARNING, kpi);
    names[SUMMARY_CRITICAL] = summary_cell(EOG_KPI_SUMMARY_CRITICAL, kpi);
    names[SUMMARY_UNKNOWN] = summary_cell(EOG_KPI_SUMMARY_UNKNOWN, kpi);
    names[SUMMARY_SCOPE] = summary_cell(EOG_KPI_SUMMARY_WORST_SCOPE, kpi);
    if (!check_get(q, names, SUMMARY_COUNT, values) || !check_is_alive(q, values))
        return false;
    if (check_is_missing(&values[SUMMARY_WORST])) {
        struct buf reason = {0};
        buf_printf(&reason, "the gateway has no indicator %" PRIu32, kpi);
        check_fail(q, &reason);
        buf_free(&reason);
        return false;
    }
    if (!check_state_of(&values[SUMMARY_WORST], worst)) {
        check_fail_text(q, "the gateway's summary has a state that is none");
        return false;
    }
    return true;
}

enum {
    ROW_STATE,
    ROW_VALUE,
    ROW_VALUE_TEXT,
    ROW_UNIT,
    ROW_WARNING,
    ROW_CRITICAL,
    ROW_SINCE,
    ROW_SCOPE_KEY,
    ROW_SCOPE_NAME,
    ROW_REASON,
    ROW_ADVICE,
    ROW_COUNT
};

/* ---- levels of the command line ---- */

static bool has_levels(const struct check_options *options)
{
    return options->warning.is_set || options->critical.is_set;
}

/* By them, in place of the gateway's; a value that is not known has none. */
static enum kpi_state judge(const struct check_options *options, enum kpi_state state,
                            const struct gwsnmp_value *value, const struct gwsnmp_value *unit)
{
    if (!has_levels(options) || state == KPI_UNKNOWN || value->type != GWSNMP_INTEGER)
        return state;
    int64_t hundredths = slice_equal(check_text_of(unit), SLICE("0.01 %"))
                             ? value->integer
                             : INT64_C(100) * value->integer;
    return check_range_alerts(&options->critical, hundredths)  ? KPI_CRITICAL
           : check_range_alerts(&options->warning, hundredths) ? KPI_WARNING
                                                               : KPI_OK;
}

enum { SCOPES_MAX = 10000, SCOPES_AT_ONCE = 10 };

struct scopes {
    struct arena *arena;
    struct slice *keys; /* SCOPES_MAX of them */
    size_t n;
};

/* An index of one text: its length, then its octets. */
static bool keep_scope(void *context, const struct gwsnmp_oid *index,
                       const struct gwsnmp_value *value)
{
    struct scopes *scopes = context;
    char *key = arena_bytes(scopes->arena, index->n);
    (void)value;
    for (size_t i = 1; i < index->n; i++)
        key[i - 1] = (char)index->v[i];
    scopes->keys[scopes->n++] = slice_of(key, index->n - 1);
    return scopes->n < SCOPES_MAX;
}

/* Each scope by the levels of the command line: the one that the gateway has for the worst need not
   be the worst by them. False after a failure was said. */
static bool find_worst(struct check_question *q, uint32_t kpi, struct slice *worst, uint32_t *count)
{
    enum { STATE, VALUE, UNIT, CELLS };
    static const uint32_t columns[CELLS] = {EOG_KPI_STATE, EOG_KPI_VALUE, EOG_KPI_UNIT};
    struct gwsnmp_oid prefix = check_column(EOG_GROUP_KPI, EOG_KPI_STATE),
                      names[SCOPES_AT_ONCE * CELLS];
    struct gwsnmp_value values[SCOPES_AT_ONCE * CELLS];
    struct scopes scopes = {q->arena, arena_alloc(q->arena, SCOPES_MAX * sizeof *scopes.keys), 0};
    enum kpi_state state, so_far = KPI_OK;
    prefix.v[prefix.n++] = kpi;
    if (!check_each(q, &prefix, keep_scope, &scopes))
        return false;
    *worst = SLICE_NONE;
    for (size_t from = 0, n; from < scopes.n; from += n) {
        n = scopes.n - from < SCOPES_AT_ONCE ? scopes.n - from : SCOPES_AT_ONCE;
        for (size_t i = 0; i < n * CELLS; i++)
            names[i] = row_cell(columns[i % CELLS], kpi, scopes.keys[from + i / CELLS]);
        if (!check_get(q, names, n * CELLS, values))
            return false;
        for (size_t i = 0; i < n; i++) {
            const struct gwsnmp_value *row = &values[i * CELLS];
            if (!check_state_of(&row[STATE], &state)) /* it went meanwhile */
                continue;
            state = judge(q->options, state, &row[VALUE], &row[UNIT]);
            count[state]++;
            if (!worst->n || kpi_state_worse(so_far, state) != so_far) {
                so_far = state;
                *worst = scopes.keys[from + i];
            }
        }
    }
    return true;
}

/* ---- one row ---- */

static bool get_row(struct check_question *q, uint32_t kpi, struct slice scope,
                    struct gwsnmp_value *values)
{
    static const uint32_t columns[ROW_COUNT] = {
        EOG_KPI_STATE,         EOG_KPI_VALUE,          EOG_KPI_VALUE_TEXT, EOG_KPI_UNIT,
        EOG_KPI_WARNING_LEVEL, EOG_KPI_CRITICAL_LEVEL, EOG_KPI_SINCE,      EOG_KPI_SCOPE_KEY,
        EOG_KPI_SCOPE_NAME,    EOG_KPI_REASON,         EOG_KPI_ADVICE};
    struct gwsnmp_oid names[ROW_COUNT];
    for (size_t i = 0; i < ROW_COUNT; i++)
        names[i] = row_cell(columns[i], kpi, scope);
    return check_get(q, names, ROW_COUNT, values);
}

static void say_no_scope(struct check_question *q, uint32_t kpi, struct slice scope)
{
    struct check_cell keys[SCOPES_NAMED + 1];
    struct gwsnmp_oid prefix = check_column(EOG_GROUP_KPI, EOG_KPI_SCOPE_KEY);
    prefix.v[prefix.n++] = kpi;
    int n = check_walk(q, &prefix, keys, SCOPES_NAMED + 1);
    if (n < 0)
        return;
    struct buf reason = {0};
    buf_printf(&reason, "the indicator has no scope '%.*s'; it has", SLICE_FMT(scope));
    for (int i = 0; i < n && i < SCOPES_NAMED; i++)
        check_add_part(&reason, i ? " " : ": ", check_text_of(&keys[i].value));
    if (n == 0)
        buf_slice(&reason, SLICE(" none"));
    else if (n > SCOPES_NAMED)
        buf_slice(&reason, SLICE(" ..."));
    check_fail(q, &reason);
    buf_free(&reason);
}

static int32_t level_of(const struct gwsnmp_value *value)
{
    return value->type == GWSNMP_INTEGER ? value->integer : -1;
}

static void say_row(struct check_question *q, const struct gwsnmp_value *summary,
                    const struct gwsnmp_value *row, const uint32_t *count)
{
    struct check_result *out = q->out;
    struct slice name = check_text_of(&row[ROW_SCOPE_NAME]),
                 key = check_text_of(&row[ROW_SCOPE_KEY]);
    bool is_known = out->state != KPI_UNKNOWN && row[ROW_VALUE].type == GWSNMP_INTEGER;

    check_add_part(&out->line, "", key);
    if (!slice_equal_nocase(name, key)) {
        check_add_part(&out->line, " (", name);
        buf_byte(&out->line, ')');
    }
    buf_byte(&out->line, ':');
    check_add_part(&out->line, " ", check_text_of(&row[ROW_VALUE_TEXT]));
    check_add_part(&out->line, check_text_of(&row[ROW_VALUE_TEXT]).n ? "; " : " ",
                   check_text_of(&row[ROW_REASON]));
    add_since(&out->line, check_date_of(&row[ROW_SINCE]));
    out->state = judge(q->options, out->state, &row[ROW_VALUE], &row[ROW_UNIT]);
    if (has_levels(q->options))
        check_add_ranged(&out->values, check_text_of(&summary[SUMMARY_KEY]), is_known,
                         is_known ? row[ROW_VALUE].integer : 0, check_text_of(&row[ROW_UNIT]),
                         &q->options->warning, &q->options->critical);
    else
        check_add_value(&out->values, check_text_of(&summary[SUMMARY_KEY]), is_known,
                        is_known ? row[ROW_VALUE].integer : 0, check_text_of(&row[ROW_UNIT]),
                        level_of(&row[ROW_WARNING]), level_of(&row[ROW_CRITICAL]));
    if (!q->options->scope) {
        buf_slice(&out->line, SLICE(" ("));
        check_add_counts(q, count);
        buf_slice(&out->line, SLICE(" scopes)"));
    }
    if (out->state != KPI_OK && check_text_of(&row[ROW_ADVICE]).n) {
        check_add_part(&out->more, "advice: ", check_text_of(&row[ROW_ADVICE]));
        buf_byte(&out->more, '\n');
    }
}

/* ASCII in lower case, as keys of scopes are; lives in the arena. */
static struct slice lower(struct arena *arena, const char *text)
{
    struct slice s = slice_from(text);
    char *copy = arena_bytes(arena, s.n + 1);
    for (size_t i = 0; i < s.n; i++)
        copy[i] = ascii_lower(s.p[i]);
    return slice_of(copy, s.n);
}

/* False: summary and row contradict each other, being of two moments. */
static bool ask_once(struct check_question *q, uint32_t kpi)
{
    struct gwsnmp_value summary[SUMMARY_COUNT], row[ROW_COUNT];
    struct check_result *out = q->out;
    enum kpi_state worst = KPI_UNKNOWN, state = KPI_UNKNOWN;

    if (!get_summary(q, kpi, summary, &worst))
        return true;
    buf_clear(&out->subject);
    check_add_part(&out->subject, "", check_text_of(&summary[SUMMARY_KEY]));
    struct slice scope = q->options->scope ? lower(q->arena, q->options->scope)
                                           : check_text_of(&summary[SUMMARY_SCOPE]);
    uint32_t count[KPI_UNKNOWN + 1] = {[KPI_OK] = check_count_of(&summary[SUMMARY_OK]),
                                       [KPI_WARNING] = check_count_of(&summary[SUMMARY_WARNING]),
                                       [KPI_CRITICAL] = check_count_of(&summary[SUMMARY_CRITICAL]),
                                       [KPI_UNKNOWN] = check_count_of(&summary[SUMMARY_UNKNOWN])};
    bool is_worst_by_levels = !q->options->scope && has_levels(q->options);
    if (is_worst_by_levels) {
        memset(count, 0, sizeof count);
        if (!find_worst(q, kpi, &scope, count))
            return true;
    }
    if (!scope.n) {
        out->state = worst;
        buf_slice(&out->line, SLICE("it has no scope: nothing is judged"));
        return true;
    }
    if (!get_row(q, kpi, scope, row))
        return true;
    if (check_is_missing(&row[ROW_STATE])) {
        if (!q->options->scope)
            return false;
        say_no_scope(q, kpi, scope);
        return true;
    }
    if (!check_state_of(&row[ROW_STATE], &state)) {
        check_fail_text(q, "the gateway's row has a state that is none");
        return true;
    }
    if (!q->options->scope && !is_worst_by_levels && state != worst)
        return false;
    out->state = state;
    say_row(q, summary, row, count);
    return true;
}

void check_ask(struct gwsnmp_client *client, const struct check_options *options, int64_t wall_ms,
               struct arena *arena, struct check_result *out)
{
    struct check_question q = {client, options, wall_ms, arena, out};

    out->state = KPI_UNKNOWN;
    if (options->mode == CHECK_PRODUCTS || options->mode == CHECK_FEEDS) {
        (options->mode == CHECK_PRODUCTS ? check_ask_products : check_ask_feeds)(&q);
        return;
    }
    if (options->mode == CHECK_GATEWAY) {
        check_ask_gateway(&q);
        return;
    }
    if (strcmp(options->kpi, "all") == 0) {
        ask_all(&q);
        return;
    }
    uint32_t kpi = find_kpi(&q);
    if (!kpi)
        return;
    for (int i = 0; i < ATTEMPTS; i++)
        if (ask_once(&q, kpi))
            return;
    check_fail_text(&q, "the gateway's tables change faster than they can be asked for");
}

void check_result_free(struct check_result *result)
{
    buf_free(&result->subject);
    buf_free(&result->line);
    buf_free(&result->values);
    buf_free(&result->more);
}
