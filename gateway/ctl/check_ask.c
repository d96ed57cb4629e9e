/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plugin's questions. Order: the key's number (a walk of one column of 28 rows), then the
 * gateway's head and the summary row in one GET, then the row of the scope in another. Summary and
 * row are of one moment each, but maybe not of the same: while they contradict each other both are
 * asked for again.
 */
#include "gateway/ctl/check_ask.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/civil.h"
#include "gateway/base/error.h"
#include "gateway/base/utf8.h"
#include "gateway/ctl/check_text.h"
#include "gateway/snmp/eog_mib.h"

enum { INDICATORS_MAX = 256, SCOPES_NAMED = 10, REPETITIONS = 30, ATTEMPTS = 3 };

struct question {
    struct gwsnmp_client *client;
    const struct check_options *options;
    int64_t wall_ms;
    struct arena *arena;
    struct check_result *out;
};

/* ---- names and values ---- */

static struct gwsnmp_oid column(enum eog_group group, uint32_t number)
{
    const uint32_t base[] = {EOG_TABLE_BASE(group)};
    struct gwsnmp_oid name = {.n = sizeof base / sizeof *base};
    memcpy(name.v, base, sizeof base);
    name.v[name.n++] = number;
    return name;
}

static struct gwsnmp_oid scalar(uint32_t number)
{
    const uint32_t base[] = {EOG_SCALARS_BASE(EOG_GROUP_GATEWAY)};
    struct gwsnmp_oid name = {.n = sizeof base / sizeof *base};
    memcpy(name.v, base, sizeof base);
    name.v[name.n++] = number;
    name.v[name.n++] = 0;
    return name;
}

static struct gwsnmp_oid summary_cell(uint32_t number, uint32_t kpi)
{
    struct gwsnmp_oid name = column(EOG_GROUP_KPI_SUMMARY, number);
    name.v[name.n++] = kpi;
    return name;
}

static struct gwsnmp_oid row_cell(uint32_t number, uint32_t kpi, struct slice scope)
{
    struct gwsnmp_oid name = column(EOG_GROUP_KPI, number);
    name.v[name.n++] = kpi;
    name.n += gwsnmp_index_text(name.v + name.n, GWSNMP_OID_MAX - name.n, scope);
    return name;
}

static bool has_prefix(const struct gwsnmp_oid *name, const struct gwsnmp_oid *prefix)
{
    return name->n > prefix->n && memcmp(name->v, prefix->v, prefix->n * sizeof *name->v) == 0;
}

static bool is_missing(const struct gwsnmp_value *value)
{
    return value->type == GWSNMP_NO_SUCH_OBJECT || value->type == GWSNMP_NO_SUCH_INSTANCE;
}

static struct slice text_of(const struct gwsnmp_value *value)
{
    return value->type == GWSNMP_OCTETS ? value->octets : SLICE_NONE;
}

static uint32_t count_of(const struct gwsnmp_value *value)
{
    return value->type == GWSNMP_GAUGE ? value->gauge : 0;
}

static bool state_of(const struct gwsnmp_value *value, enum kpi_state *out)
{
    if (value->type != GWSNMP_INTEGER || value->integer < KPI_OK || value->integer > KPI_UNKNOWN)
        return false;
    *out = (enum kpi_state)value->integer;
    return true;
}

/* -1: never, or no DateAndTime in UTC. */
static int64_t date_of(const struct gwsnmp_value *value)
{
    struct slice s = text_of(value);
    const unsigned char *p = (const unsigned char *)s.p;
    if (s.n != 8 && s.n != GWSNMP_DATE_SIZE)
        return -1;
    struct civil civil = {.year = p[0] << 8 | p[1],
                          .month = p[2],
                          .day = p[3],
                          .hour = p[4],
                          .minute = p[5],
                          .second = p[6]};
    return civil.year < 1970 || !civil_is_valid(&civil) ? -1 : civil_to_ms(&civil);
}

/* ---- saying ---- */

static void fail(struct question *q, const struct buf *reason)
{
    q->out->state = KPI_UNKNOWN;
    buf_clear(&q->out->line);
    check_add_text(&q->out->line, buf_get(reason));
}

static void fail_text(struct question *q, const char *text)
{
    struct buf reason = {0};
    buf_printf(&reason, "%s", text);
    fail(q, &reason);
    buf_free(&reason);
}

static void add_since(struct buf *out, int64_t ms)
{
    if (ms < 0)
        return;
    struct civil c = civil_from_ms(ms);
    buf_printf(out, "; since %04d-%02d-%02d %02d:%02d:%02d UTC", c.year, c.month, c.day, c.hour,
               c.minute, c.second);
}

/* An honest text has at most 255 octets; a longer one is cut. */
static void add_part(struct buf *out, const char *separator, struct slice text)
{
    struct buf part = {0};
    check_add_text(&part, text);
    if (part.n) {
        buf_slice(out, slice_from(separator));
        buf_slice(out, part.n > GWSNMP_TEXT_MAX ? utf8_head(buf_get(&part), GWSNMP_TEXT_MAX)
                                                : buf_get(&part));
    }
    buf_free(&part);
}

/* ---- asking ---- */

/* GET; false after a failure was said. */
static bool get(struct question *q, const struct gwsnmp_oid *names, size_t n,
                struct gwsnmp_value *values)
{
    struct buf error = {0};
    int result = gwsnmp_client_get(q->client, names, n, q->arena, values, &error);
    if (result)
        fail(q, &error);
    buf_free(&error);
    return result == GW_OK;
}

struct cell {
    uint32_t id; /* the first arc of the index */
    struct gwsnmp_value value;
};

/* The cells below prefix, at most max; -1 after a failure was said. */
static int walk(struct question *q, const struct gwsnmp_oid *prefix, struct cell *out, int max)
{
    static const size_t repetitions = REPETITIONS;
    struct gwsnmp_varbind *answer = arena_alloc(q->arena, repetitions * sizeof *answer);
    struct gwsnmp_oid at = *prefix;
    struct buf error = {0};
    size_t got;
    int n = 0, result;

    do {
        result = gwsnmp_client_bulk(q->client, &at, repetitions, q->arena, answer, &got, &error);
        for (size_t i = 0; result == GW_OK && i < got && n < max; i++) {
            if (!has_prefix(&answer[i].name, prefix)) {
                got = 0;
                break;
            }
            out[n++] = (struct cell){answer[i].name.v[prefix->n], answer[i].value};
        }
        if (result == GW_OK && got)
            at = answer[got - 1].name;
    } while (result == GW_OK && got && n < max);
    if (result)
        fail(q, &error);
    buf_free(&error);
    return result ? -1 : n;
}

/* The head of every GET: whose tables, and of when. */
enum { HEAD_NAME, HEAD_TIME, HEAD_COUNT };

static void add_head(struct gwsnmp_oid *names)
{
    names[HEAD_NAME] = scalar(EOG_GATEWAY_NAME);
    names[HEAD_TIME] = scalar(EOG_GATEWAY_SNAPSHOT_TIME);
}

/* False after a failure was said: no gateway, none that has judged, or one that does no more. */
static bool is_alive(struct question *q, const struct gwsnmp_value *head)
{
    if (is_missing(&head[HEAD_NAME])) {
        fail_text(q, "the agent there serves no EOG-GATEWAY-MIB at " EOG_ENTERPRISE_OID
                     ": no eog-gateway, or not registered with its master agent");
        return false;
    }
    int64_t time_ms = date_of(&head[HEAD_TIME]);
    if (time_ms < 0) {
        fail_text(q, "the gateway is starting and has judged nothing yet");
        return false;
    }
    int64_t age_ms = q->wall_ms - time_ms;
    if (q->options->max_age_ms && age_ms > q->options->max_age_ms) {
        struct buf reason = {0};
        buf_printf(&reason,
                   "the gateway's tables are %" PRId64 " s old: it judges no more, or the clocks "
                   "differ",
                   age_ms / 1000);
        fail(q, &reason);
        buf_free(&reason);
        return false;
    }
    return true;
}

/* ---- all indicators ---- */

static void list_of_state(struct question *q, const struct cell *keys, const struct cell *states,
                          int n, enum kpi_state state)
{
    int found = 0;
    for (int i = 0; i < n; i++) {
        enum kpi_state one;
        if (states[i].id != keys[i].id || !state_of(&states[i].value, &one) || one != state)
            continue;
        if (found++ == 0)
            buf_printf(&q->out->more, "%s:", kpi_state_name(state));
        add_part(&q->out->more, " ", text_of(&keys[i].value));
    }
    if (found)
        buf_byte(&q->out->more, '\n');
}

static void say_all(struct question *q, const struct gwsnmp_value *head, const struct cell *keys,
                    const struct cell *states, int n)
{
    static const enum kpi_state order[] = {KPI_CRITICAL, KPI_WARNING, KPI_UNKNOWN, KPI_OK};
    unsigned count[KPI_UNKNOWN + 1] = {0};
    for (int i = 0; i < n; i++) {
        enum kpi_state one;
        if (state_of(&states[i].value, &one))
            count[one]++;
    }
    add_part(&q->out->line, "", text_of(&head[HEAD_NAME]));
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        buf_printf(&q->out->line, "%s%u %s", i ? ", " : ": ", count[order[i]],
                   kpi_state_name(order[i]));
        if (i)
            buf_byte(&q->out->values, ' ');
        check_add_count(&q->out->values, kpi_state_name(order[i]), count[order[i]]);
        if (order[i] != KPI_OK)
            list_of_state(q, keys, states, n, order[i]);
    }
    buf_printf(&q->out->line, " of %d indicators", n);
}

static void ask_all(struct question *q)
{
    struct cell keys[INDICATORS_MAX], states[INDICATORS_MAX];
    struct gwsnmp_oid names[HEAD_COUNT + 1];
    struct gwsnmp_value values[HEAD_COUNT + 1];
    enum kpi_state worst;

    add_head(names);
    names[HEAD_COUNT] = scalar(EOG_GATEWAY_WORST_STATE);
    if (!get(q, names, HEAD_COUNT + 1, values) || !is_alive(q, values))
        return;
    const struct gwsnmp_oid key = column(EOG_GROUP_KPI_SUMMARY, EOG_KPI_SUMMARY_KEY),
                            state = column(EOG_GROUP_KPI_SUMMARY, EOG_KPI_SUMMARY_WORST_STATE);
    int n = walk(q, &key, keys, INDICATORS_MAX);
    int n_states = n < 0 ? -1 : walk(q, &state, states, INDICATORS_MAX);
    if (n_states < 0)
        return;
    if (n != n_states || !state_of(&values[HEAD_COUNT], &worst)) {
        fail_text(q, "the gateway's summary cannot be understood");
        return;
    }
    q->out->state = worst;
    say_all(q, values, keys, states, n);
}

/* ---- one indicator ---- */

/* The indicator's number; 0 after a failure was said. */
static uint32_t find_kpi(struct question *q)
{
    struct cell keys[INDICATORS_MAX];
    struct slice wanted = slice_from(q->options->kpi);
    int64_t number;

    if (slice_to_int(wanted, &number)) {
        if (number >= 1 && number <= UINT32_MAX)
            return (uint32_t)number;
        fail_text(q, "an indicator's number is 1 or more");
        return 0;
    }
    const struct gwsnmp_oid prefix = column(EOG_GROUP_KPI_SUMMARY, EOG_KPI_SUMMARY_KEY);
    int n = walk(q, &prefix, keys, INDICATORS_MAX);
    for (int i = 0; i < n; i++)
        if (slice_equal_nocase(text_of(&keys[i].value), wanted))
            return keys[i].id;
    if (n > 0) {
        struct buf reason = {0};
        buf_printf(&reason, "the gateway has no indicator '%s'; it has:", q->options->kpi);
        for (int i = 0; i < n; i++)
            add_part(&reason, " ", text_of(&keys[i].value));
        fail(q, &reason);
        buf_free(&reason);
    } else if (n == 0) {
        struct gwsnmp_oid names[HEAD_COUNT];
        struct gwsnmp_value head[HEAD_COUNT];
        add_head(names);
        if (get(q, names, HEAD_COUNT, head) && is_alive(q, head))
            fail_text(q, "the gateway shows no indicators");
    }
    return 0;
}

enum {
    SUMMARY_KEY = HEAD_COUNT,
    SUMMARY_WORST,
    SUMMARY_OK,
    SUMMARY_WARNING,
    SUMMARY_CRITICAL,
    SUMMARY_UNKNOWN,
    SUMMARY_SCOPE,
    SUMMARY_COUNT
};

static bool get_summary(struct question *q, uint32_t kpi, struct gwsnmp_value *values,
                        enum kpi_state *worst)
{
    struct gwsnmp_oid names[SUMMARY_COUNT];

    add_head(names);
    names[SUMMARY_KEY] = summary_cell(EOG_KPI_SUMMARY_KEY, kpi);
    names[SUMMARY_WORST] = summary_cell(EOG_KPI_SUMMARY_WORST_STATE, kpi);
    names[SUMMARY_OK] = summary_cell(EOG_KPI_SUMMARY_OK, kpi);
    names[SUMMARY_WARNING] = summary_cell(EOG_KPI_SUMMARY_WARNING, kpi);
    names[SUMMARY_CRITICAL] = summary_cell(EOG_KPI_SUMMARY_CRITICAL, kpi);
    names[SUMMARY_UNKNOWN] = summary_cell(EOG_KPI_SUMMARY_UNKNOWN, kpi);
    names[SUMMARY_SCOPE] = summary_cell(EOG_KPI_SUMMARY_WORST_SCOPE, kpi);
    if (!get(q, names, SUMMARY_COUNT, values) || !is_alive(q, values))
        return false;
    if (is_missing(&values[SUMMARY_WORST])) {
        struct buf reason = {0};
        buf_printf(&reason, "the gateway has no indicator %" PRIu32, kpi);
        fail(q, &reason);
        buf_free(&reason);
        return false;
    }
    if (!state_of(&values[SUMMARY_WORST], worst)) {
        fail_text(q, "the gateway's summary has a state that is none");
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

static bool get_row(struct question *q, uint32_t kpi, struct slice scope,
                    struct gwsnmp_value *values)
{
    static const uint32_t columns[ROW_COUNT] = {
        EOG_KPI_STATE,         EOG_KPI_VALUE,          EOG_KPI_VALUE_TEXT, EOG_KPI_UNIT,
        EOG_KPI_WARNING_LEVEL, EOG_KPI_CRITICAL_LEVEL, EOG_KPI_SINCE,      EOG_KPI_SCOPE_KEY,
        EOG_KPI_SCOPE_NAME,    EOG_KPI_REASON,         EOG_KPI_ADVICE};
    struct gwsnmp_oid names[ROW_COUNT];
    for (size_t i = 0; i < ROW_COUNT; i++)
        names[i] = row_cell(columns[i], kpi, scope);
    return get(q, names, ROW_COUNT, values);
}

static void say_no_scope(struct question *q, uint32_t kpi, struct slice scope)
{
    struct cell keys[SCOPES_NAMED + 1];
    struct gwsnmp_oid prefix = column(EOG_GROUP_KPI, EOG_KPI_SCOPE_KEY);
    prefix.v[prefix.n++] = kpi;
    int n = walk(q, &prefix, keys, SCOPES_NAMED + 1);
    if (n < 0)
        return;
    struct buf reason = {0};
    buf_printf(&reason, "the indicator has no scope '%.*s'; it has", SLICE_FMT(scope));
    for (int i = 0; i < n && i < SCOPES_NAMED; i++)
        add_part(&reason, i ? " " : ": ", text_of(&keys[i].value));
    if (n == 0)
        buf_slice(&reason, SLICE(" none"));
    else if (n > SCOPES_NAMED)
        buf_slice(&reason, SLICE(" ..."));
    fail(q, &reason);
    buf_free(&reason);
}

static void say_counts(struct question *q, const struct gwsnmp_value *summary)
{
    static const struct {
        int number;
        enum kpi_state state;
    } counts[] = {{SUMMARY_CRITICAL, KPI_CRITICAL},
                  {SUMMARY_WARNING, KPI_WARNING},
                  {SUMMARY_UNKNOWN, KPI_UNKNOWN},
                  {SUMMARY_OK, KPI_OK}};
    struct check_result *out = q->out;
    buf_slice(&out->line, SLICE(" ("));
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        uint32_t n = count_of(&summary[counts[i].number]);
        const char *name = kpi_state_name(counts[i].state);
        buf_printf(&out->line, "%s%u %s", i ? ", " : "", (unsigned)n, name);
        buf_byte(&out->values, ' ');
        check_add_count(&out->values, name, n);
    }
    buf_slice(&out->line, SLICE(" scopes)"));
}

static int32_t level_of(const struct gwsnmp_value *value)
{
    return value->type == GWSNMP_INTEGER ? value->integer : -1;
}

static void say_row(struct question *q, const struct gwsnmp_value *summary,
                    const struct gwsnmp_value *row)
{
    struct check_result *out = q->out;
    struct slice name = text_of(&row[ROW_SCOPE_NAME]), key = text_of(&row[ROW_SCOPE_KEY]);
    bool is_known = out->state != KPI_UNKNOWN && row[ROW_VALUE].type == GWSNMP_INTEGER;

    add_part(&out->line, "", key);
    if (!slice_equal_nocase(name, key)) {
        add_part(&out->line, " (", name);
        buf_byte(&out->line, ')');
    }
    buf_byte(&out->line, ':');
    add_part(&out->line, " ", text_of(&row[ROW_VALUE_TEXT]));
    add_part(&out->line, text_of(&row[ROW_VALUE_TEXT]).n ? "; " : " ", text_of(&row[ROW_REASON]));
    add_since(&out->line, date_of(&row[ROW_SINCE]));
    check_add_value(&out->values, text_of(&summary[SUMMARY_KEY]), is_known,
                    is_known ? row[ROW_VALUE].integer : 0, text_of(&row[ROW_UNIT]),
                    level_of(&row[ROW_WARNING]), level_of(&row[ROW_CRITICAL]));
    if (!q->options->scope)
        say_counts(q, summary);
    if (out->state != KPI_OK && text_of(&row[ROW_ADVICE]).n) {
        add_part(&out->more, "advice: ", text_of(&row[ROW_ADVICE]));
        buf_byte(&out->more, '\n');
    }
}

/* ASCII in lower case, as keys of scopes are; lives in the arena. */
static struct slice lower(struct arena *arena, const char *text)
{
    struct slice s = slice_from(text);
    char *copy = arena_bytes(arena, s.n + 1);
    for (size_t i = 0; i < s.n; i++)
        copy[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + 32 : s.p[i]);
    return slice_of(copy, s.n);
}

/* False: summary and row contradict each other, being of two moments. */
static bool ask_once(struct question *q, uint32_t kpi)
{
    struct gwsnmp_value summary[SUMMARY_COUNT], row[ROW_COUNT];
    struct check_result *out = q->out;
    enum kpi_state worst = KPI_UNKNOWN, state = KPI_UNKNOWN;

    if (!get_summary(q, kpi, summary, &worst))
        return true;
    buf_clear(&out->subject);
    add_part(&out->subject, "", text_of(&summary[SUMMARY_KEY]));
    struct slice scope =
        q->options->scope ? lower(q->arena, q->options->scope) : text_of(&summary[SUMMARY_SCOPE]);
    if (!scope.n) {
        out->state = worst;
        buf_slice(&out->line, SLICE("it has no scope: nothing is judged"));
        return true;
    }
    if (!get_row(q, kpi, scope, row))
        return true;
    if (is_missing(&row[ROW_STATE])) {
        if (!q->options->scope)
            return false;
        say_no_scope(q, kpi, scope);
        return true;
    }
    if (!state_of(&row[ROW_STATE], &state)) {
        fail_text(q, "the gateway's row has a state that is none");
        return true;
    }
    if (!q->options->scope && state != worst)
        return false;
    out->state = state;
    say_row(q, summary, row);
    return true;
}

void check_ask(struct gwsnmp_client *client, const struct check_options *options, int64_t wall_ms,
               struct arena *arena, struct check_result *out)
{
    struct question q = {client, options, wall_ms, arena, out};

    out->state = KPI_UNKNOWN;
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
    fail_text(&q, "the gateway's tables change faster than they can be asked for");
}

void check_result_free(struct check_result *result)
{
    buf_free(&result->subject);
    buf_free(&result->line);
    buf_free(&result->values);
    buf_free(&result->more);
}
