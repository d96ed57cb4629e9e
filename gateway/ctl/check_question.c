/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking the gateway, and saying why it could not be asked: what all questions have in common. */
#include "gateway/ctl/check_question.h"

#include <inttypes.h>
#include <string.h>

#include "gateway/base/civil.h"
#include "gateway/base/error.h"
#include "gateway/base/utf8.h"
#include "gateway/ctl/check_text.h"

enum { REPETITIONS = 30 };

/* ---- names and values ---- */

struct gwsnmp_oid check_column(enum eog_group group, uint32_t number)
{
    const uint32_t base[] = {EOG_TABLE_BASE(group)};
    struct gwsnmp_oid name = {.n = sizeof base / sizeof *base};
    memcpy(name.v, base, sizeof base);
    name.v[name.n++] = number;
    return name;
}

struct gwsnmp_oid check_scalar(enum eog_group group, uint32_t number)
{
    const uint32_t base[] = {EOG_SCALARS_BASE(group)};
    struct gwsnmp_oid name = {.n = sizeof base / sizeof *base};
    memcpy(name.v, base, sizeof base);
    name.v[name.n++] = number;
    name.v[name.n++] = 0;
    return name;
}

static bool has_prefix(const struct gwsnmp_oid *name, const struct gwsnmp_oid *prefix)
{
    return name->n > prefix->n && memcmp(name->v, prefix->v, prefix->n * sizeof *name->v) == 0;
}

bool check_is_missing(const struct gwsnmp_value *value)
{
    return value->type == GWSNMP_NO_SUCH_OBJECT || value->type == GWSNMP_NO_SUCH_INSTANCE;
}

struct slice check_text_of(const struct gwsnmp_value *value)
{
    return value->type == GWSNMP_OCTETS ? value->octets : SLICE_NONE;
}

uint32_t check_count_of(const struct gwsnmp_value *value)
{
    return value->type == GWSNMP_GAUGE ? value->gauge : 0;
}

bool check_state_of(const struct gwsnmp_value *value, enum kpi_state *out)
{
    if (value->type != GWSNMP_INTEGER || value->integer < KPI_OK || value->integer > KPI_UNKNOWN)
        return false;
    *out = (enum kpi_state)value->integer;
    return true;
}

/* -1: never, or no DateAndTime in UTC. */
int64_t check_date_of(const struct gwsnmp_value *value)
{
    struct slice s = check_text_of(value);
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

void check_fail(struct check_question *q, const struct buf *reason)
{
    q->out->state = KPI_UNKNOWN;
    buf_clear(&q->out->line);
    check_add_text(&q->out->line, buf_get(reason));
}

void check_fail_text(struct check_question *q, const char *text)
{
    struct buf reason = {0};
    buf_printf(&reason, "%s", text);
    check_fail(q, &reason);
    buf_free(&reason);
}

/* An honest text has at most 255 octets; a longer one is cut. */
void check_add_part(struct buf *out, const char *separator, struct slice text)
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

void check_add_counts(struct check_question *q, const uint32_t *count)
{
    static const enum kpi_state order[] = {KPI_CRITICAL, KPI_WARNING, KPI_UNKNOWN, KPI_OK};
    struct check_result *out = q->out;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const char *name = kpi_state_name(order[i]);
        buf_printf(&out->line, "%s%" PRIu32 " %s", i ? ", " : "", count[order[i]], name);
        if (out->values.n)
            buf_byte(&out->values, ' ');
        check_add_count(&out->values, name, count[order[i]]);
    }
}

/* ---- asking ---- */

/* GET; false after a failure was said. */
bool check_get(struct check_question *q, const struct gwsnmp_oid *names, size_t n,
               struct gwsnmp_value *values)
{
    struct buf error = {0};
    int result = gwsnmp_client_get(q->client, names, n, q->arena, values, &error);
    if (result)
        check_fail(q, &error);
    buf_free(&error);
    return result == GW_OK;
}

bool check_each(struct check_question *q, const struct gwsnmp_oid *prefix, check_cell_fn *on_cell,
                void *context)
{
    static const size_t repetitions = REPETITIONS;
    struct gwsnmp_varbind *answer = arena_alloc(q->arena, repetitions * sizeof *answer);
    struct gwsnmp_oid at = *prefix;
    struct buf error = {0};
    size_t got = 0;
    int result;

    do {
        result = gwsnmp_client_bulk(q->client, &at, repetitions, q->arena, answer, &got, &error);
        for (size_t i = 0; result == GW_OK && i < got; i++) {
            struct gwsnmp_oid index;
            if (!has_prefix(&answer[i].name, prefix)) {
                got = 0;
                break;
            }
            index.n = answer[i].name.n - prefix->n;
            memcpy(index.v, answer[i].name.v + prefix->n, index.n * sizeof *index.v);
            if (!on_cell(context, &index, &answer[i].value)) {
                got = 0;
                break;
            }
        }
        if (result == GW_OK && got)
            at = answer[got - 1].name;
    } while (result == GW_OK && got);
    if (result)
        check_fail(q, &error);
    buf_free(&error);
    return result == GW_OK;
}

struct cells {
    struct check_cell *out;
    int n, max;
};

static bool keep_cell(void *context, const struct gwsnmp_oid *index,
                      const struct gwsnmp_value *value)
{
    struct cells *cells = context;
    cells->out[cells->n++] = (struct check_cell){index->v[0], *value};
    return cells->n < cells->max;
}

int check_walk(struct check_question *q, const struct gwsnmp_oid *prefix, struct check_cell *out,
               int max)
{
    struct cells cells = {.out = out, .max = max};
    return check_each(q, prefix, keep_cell, &cells) ? cells.n : -1;
}

void check_add_head(struct gwsnmp_oid *names)
{
    names[CHECK_HEAD_NAME] = check_scalar(EOG_GROUP_GATEWAY, EOG_GATEWAY_NAME);
    names[CHECK_HEAD_TIME] = check_scalar(EOG_GROUP_GATEWAY, EOG_GATEWAY_SNAPSHOT_TIME);
}

bool check_is_refusing(const struct gwsnmp_value *journal_state)
{
    enum kpi_state state;
    return check_state_of(journal_state, &state) && state == KPI_CRITICAL;
}

bool check_add_journal(struct buf *out, const char *separator, const struct gwsnmp_value *failure,
                       const struct gwsnmp_value *held_by)
{
    if (check_text_of(failure).n) {
        buf_printf(out, "%sthe journal refuses, nothing is acknowledged", separator);
        check_add_part(out, ": ", check_text_of(failure));
        return true;
    }
    if (!check_text_of(held_by).n)
        return false;
    buf_printf(out, "%sthe journal grows", separator);
    check_add_part(out, ", waiting for ", check_text_of(held_by));
    return true;
}

/* False after a failure was said: no gateway, none that has judged, or one that does no more. */
bool check_is_alive(struct check_question *q, const struct gwsnmp_value *head)
{
    if (check_is_missing(&head[CHECK_HEAD_NAME])) {
        check_fail_text(q, "the agent there serves no EOG-GATEWAY-MIB at " EOG_ENTERPRISE_OID
                           ": no eog-gateway, or not registered with its master agent");
        return false;
    }
    int64_t time_ms = check_date_of(&head[CHECK_HEAD_TIME]);
    if (time_ms < 0) {
        check_fail_text(q, "the gateway is starting and has judged nothing yet");
        return false;
    }
    int64_t age_ms = q->wall_ms - time_ms, most_ms = q->options->max_age_ms;
    if (!most_ms || (age_ms <= most_ms && age_ms >= -most_ms))
        return true;
    struct buf reason = {0};
    if (age_ms > 0)
        buf_printf(&reason,
                   "the gateway's tables are %" PRId64 " s old: it judges no more, or the clocks "
                   "differ",
                   age_ms / 1000);
    else
        buf_printf(&reason,
                   "the gateway's tables are %" PRId64 " s ahead of this machine's clock: whether "
                   "it judges still cannot be said",
                   -age_ms / 1000);
    check_fail(q, &reason);
    buf_free(&reason);
    return false;
}
