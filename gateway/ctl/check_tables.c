/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One walk of the state column; then a GET for each row that is to be told of. A row that has gone
 * in between is no failure: what it was is in the count.
 */
#include "gateway/ctl/check_tables.h"

#include <inttypes.h>
#include <string.h>

#include "gateway/base/error.h"
#include "gateway/ctl/check_text.h"

enum { COLUMNS_MAX = 4, KEY_MAX = 64 };

/** A table whose rows are named by one text, and what is told of a row. */
struct table {
    const char *subject, *row; /* "PRODUCTS", "products" */
    enum eog_group group;
    uint32_t state;
    uint32_t columns[COLUMNS_MAX];
    size_t n_columns;
    void (*say)(struct check_question *q, const struct gwsnmp_value *values, struct buf *out);
    void (*add_values)(struct check_question *q, const struct gwsnmp_value *values);
};

struct walk {
    struct check_question *q;
    const struct table *table;
    uint32_t count[KPI_UNKNOWN + 1];
    unsigned n;
    struct listed {
        struct gwsnmp_oid index;
        char key[KEY_MAX + 1];
        enum kpi_state state;
    } listed[CHECK_ROWS_LISTED]; /* the worst */
    unsigned n_listed;
};

static bool is_worse(enum kpi_state state, enum kpi_state than)
{
    return kpi_state_worse(than, state) != than;
}

static enum kpi_state worst_of(const struct walk *w)
{
    enum kpi_state worst = KPI_OK;
    for (int i = KPI_OK; i <= KPI_UNKNOWN; i++)
        if (w->count[i])
            worst = kpi_state_worse(worst, (enum kpi_state)i);
    return worst;
}

/* An index of one text of variable length: its length, then its octets. */
static bool read_key(const struct gwsnmp_oid *index, char key[KEY_MAX + 1])
{
    if (index->n < 1 || index->v[0] != index->n - 1 || index->v[0] > KEY_MAX)
        return false;
    for (size_t i = 1; i < index->n; i++) {
        if (index->v[i] > 255)
            return false;
        key[i - 1] = (char)index->v[i];
    }
    key[index->n - 1] = '\0';
    return true;
}

/* Itself, or a site that it lies at. */
static bool is_wanted(const struct check_question *q, const char *key)
{
    struct slice k = slice_from(key), wanted;
    if (!q->options->scope)
        return true;
    wanted = slice_from(q->options->scope);
    if (k.n > wanted.n && k.p[wanted.n] != '/')
        return false;
    return k.n >= wanted.n && slice_equal_nocase(slice_of(k.p, wanted.n), wanted);
}

/* In place of the least when all places are taken. */
static void keep(struct walk *w, const struct listed *row)
{
    unsigned at = w->n_listed;
    if (w->n_listed < CHECK_ROWS_LISTED) {
        w->n_listed++;
    } else {
        at = 0;
        for (unsigned i = 1; i < w->n_listed; i++)
            if (!is_worse(w->listed[i].state, w->listed[at].state))
                at = i;
        if (!is_worse(row->state, w->listed[at].state))
            return;
    }
    w->listed[at] = *row;
}

static bool on_cell(void *context, const struct gwsnmp_oid *index, const struct gwsnmp_value *value)
{
    struct walk *w = context;
    struct listed row = {.index = *index};
    if (!read_key(index, row.key) || !check_state_of(value, &row.state) ||
        !is_wanted(w->q, row.key))
        return true;
    w->n++;
    w->count[row.state]++;
    if (row.state != KPI_OK || w->q->options->scope || w->q->options->is_verbose)
        keep(w, &row);
    return true;
}

static void list_row(struct walk *w, const struct listed *row)
{
    const struct table *t = w->table;
    struct gwsnmp_oid names[COLUMNS_MAX];
    struct gwsnmp_value values[COLUMNS_MAX];
    struct buf text = {0};

    for (size_t i = 0; i < t->n_columns; i++) {
        names[i] = check_column(t->group, t->columns[i]);
        memcpy(names[i].v + names[i].n, row->index.v, row->index.n * sizeof *row->index.v);
        names[i].n += row->index.n;
    }
    if (!check_get(w->q, names, t->n_columns, values))
        return;
    check_add_part(&text, "", slice_from(row->key));
    buf_printf(&text, " %s", kpi_state_name(row->state));
    t->say(w->q, values, &text);
    buf_slice(&w->q->out->more, buf_get(&text));
    buf_byte(&w->q->out->more, '\n');
    if (w->n == 1 && t->add_values)
        t->add_values(w->q, values);
    buf_free(&text);
}

static void say_counts(struct walk *w)
{
    struct check_result *out = w->q->out;
    check_add_counts(w->q, w->count);
    buf_printf(&out->line, " of %u %s", w->n, w->table->row);
    if (w->n_listed && w->listed[0].state != KPI_OK) {
        check_add_part(&out->line, "; ", slice_from(w->listed[0].key));
        buf_printf(&out->line, " is %s", kpi_state_name(w->listed[0].state));
    }
}

static void sort_listed(struct walk *w)
{
    for (unsigned i = 1; i < w->n_listed; i++)
        for (unsigned j = i; j && is_worse(w->listed[j].state, w->listed[j - 1].state); j--) {
            struct listed other = w->listed[j];
            w->listed[j] = w->listed[j - 1];
            w->listed[j - 1] = other;
        }
}

static void ask_table(struct check_question *q, const struct table *table)
{
    struct gwsnmp_oid names[CHECK_HEAD_COUNT];
    struct gwsnmp_value head[CHECK_HEAD_COUNT];
    const struct gwsnmp_oid prefix = check_column(table->group, table->state);
    struct walk w = {.q = q, .table = table};

    buf_printf(&q->out->subject, "%s", table->subject);
    check_add_head(names);
    if (!check_get(q, names, CHECK_HEAD_COUNT, head) || !check_is_alive(q, head) ||
        !check_each(q, &prefix, on_cell, &w))
        return;
    if (!w.n) {
        struct buf reason = {0};
        if (q->options->scope)
            buf_printf(&reason, "the gateway has no '%s' among its %s", q->options->scope,
                       table->row);
        else
            buf_printf(&reason, "the gateway has no %s", table->row);
        check_fail(q, &reason);
        buf_free(&reason);
        return;
    }
    q->out->state = worst_of(&w);
    sort_listed(&w);
    say_counts(&w);
    for (unsigned i = 0; i < w.n_listed; i++)
        list_row(&w, &w.listed[i]);
    if (w.n - w.count[KPI_OK] > w.n_listed)
        buf_printf(&q->out->more, "... and %u more\n", w.n - w.count[KPI_OK] - w.n_listed);
}

/* ---- products ---- */

enum { PRODUCT_NAME, PRODUCT_PATTERN, PRODUCT_ENGINE, PRODUCT_LAST_SEEN };

static void add_age(struct buf *out, const char *words, int64_t now_ms, int64_t ms)
{
    if (ms >= 0)
        buf_printf(out, ", %s %" PRId64 " s ago", words, now_ms > ms ? (now_ms - ms) / 1000 : 0);
}

static void say_product(struct check_question *q, const struct gwsnmp_value *values,
                        struct buf *out)
{
    check_add_part(out, ": ", check_text_of(&values[PRODUCT_NAME]));
    check_add_part(out, ", pattern ", check_text_of(&values[PRODUCT_PATTERN]));
    check_add_part(out, ", engine ", check_text_of(&values[PRODUCT_ENGINE]));
    add_age(out, "heard", q->wall_ms, check_date_of(&values[PRODUCT_LAST_SEEN]));
}

void check_ask_products(struct check_question *q)
{
    static const struct table products = {
        .subject = "products",
        .row = "products",
        .group = EOG_GROUP_PRODUCT,
        .state = EOG_PRODUCT_STATE,
        .columns = {EOG_PRODUCT_NAME, EOG_PRODUCT_PATTERN_VERSION, EOG_PRODUCT_ENGINE_VERSION,
                    EOG_PRODUCT_LAST_SEEN},
        .n_columns = 4,
        .say = say_product,
    };
    ask_table(q, &products);
}

/* ---- feeds ---- */

enum { FEED_TARGET, FEED_BACKLOG, FEED_AGE, FEED_TROUBLE };

static void say_feed(struct check_question *q, const struct gwsnmp_value *values, struct buf *out)
{
    (void)q;
    check_add_part(out, ": ", check_text_of(&values[FEED_TARGET]));
    buf_printf(out, ", %" PRIu32 " records wait, the oldest for %" PRIu32 " s",
               check_count_of(&values[FEED_BACKLOG]), check_count_of(&values[FEED_AGE]));
    check_add_part(out, "; last trouble: ", check_text_of(&values[FEED_TROUBLE]));
}

static void add_feed(struct check_question *q, const struct gwsnmp_value *values)
{
    buf_byte(&q->out->values, ' ');
    check_add_count(&q->out->values, "backlog", check_count_of(&values[FEED_BACKLOG]));
    buf_printf(&q->out->values, " 'backlog_age'=%" PRIu32 "s;;;0",
               check_count_of(&values[FEED_AGE]));
}

void check_ask_feeds(struct check_question *q)
{
    static const struct table feeds = {
        .subject = "feeds",
        .row = "feeds",
        .group = EOG_GROUP_FEED,
        .state = EOG_FEED_STATE,
        .columns = {EOG_FEED_TARGET, EOG_FEED_BACKLOG_RECORDS, EOG_FEED_BACKLOG_AGE,
                    EOG_FEED_TROUBLE},
        .n_columns = 4,
        .say = say_feed,
        .add_values = add_feed,
    };
    ask_table(q, &feeds);
}

/* ---- the gateway itself ---- */

enum {
    GATEWAY_VERSION = CHECK_HEAD_COUNT,
    GATEWAY_CATCHING_UP,
    GATEWAY_ALERTS,
    GATEWAY_JOURNAL,
    GATEWAY_JOURNAL_SIZE,
    GATEWAY_FAILURE,
    GATEWAY_HELD_BY,
    GATEWAY_RECEIVED,
    GATEWAY_UNCLASSIFIED,
    GATEWAY_MALFORMED,
    GATEWAY_DROPPED,
    GATEWAY_COUNT
};
enum { TRUE_VALUE = 1 }; /* of TruthValue */

static void add_counter(struct buf *out, const char *label, const struct gwsnmp_value *value)
{
    if (value->type == GWSNMP_COUNTER64)
        buf_printf(out, " '%s'=%" PRIu64 "c;;;0", label, value->counter64);
}

static void say_gateway(struct check_question *q, const struct gwsnmp_value *values,
                        bool is_catching_up)
{
    struct check_result *out = q->out;
    check_add_part(&out->line, "", check_text_of(&values[CHECK_HEAD_NAME]));
    check_add_part(&out->line, " ", check_text_of(&values[GATEWAY_VERSION]));
    if (is_catching_up && !check_text_of(&values[GATEWAY_FAILURE]).n)
        buf_slice(&out->line, SLICE(": catching up with the journal: states are not known yet"));
    else if (!check_add_journal(&out->line, ": ", &values[GATEWAY_FAILURE],
                                &values[GATEWAY_HELD_BY]))
        buf_slice(&out->line, SLICE(": receives and judges"));
    buf_printf(&out->line, "; %" PRIu32 " alerts open", check_count_of(&values[GATEWAY_ALERTS]));
    check_add_count(&out->values, "alerts", check_count_of(&values[GATEWAY_ALERTS]));
    buf_printf(&out->values, " 'journal'=%" PRIu32 "KB;;;0",
               check_count_of(&values[GATEWAY_JOURNAL_SIZE]));
    add_counter(&out->values, "received", &values[GATEWAY_RECEIVED]);
    add_counter(&out->values, "unclassified", &values[GATEWAY_UNCLASSIFIED]);
    add_counter(&out->values, "malformed", &values[GATEWAY_MALFORMED]);
    add_counter(&out->values, "dropped", &values[GATEWAY_DROPPED]);
}

void check_ask_gateway(struct check_question *q)
{
    struct gwsnmp_oid names[GATEWAY_COUNT];
    struct gwsnmp_value values[GATEWAY_COUNT];
    enum kpi_state state = KPI_UNKNOWN;

    check_add_head(names);
    names[GATEWAY_VERSION] = check_scalar(EOG_GROUP_GATEWAY, EOG_GATEWAY_VERSION);
    names[GATEWAY_CATCHING_UP] = check_scalar(EOG_GROUP_GATEWAY, EOG_GATEWAY_CATCHING_UP);
    names[GATEWAY_ALERTS] = check_scalar(EOG_GROUP_GATEWAY, EOG_GATEWAY_OPEN_ALERTS);
    names[GATEWAY_JOURNAL] = check_scalar(EOG_GROUP_JOURNAL, EOG_JOURNAL_STATE);
    names[GATEWAY_JOURNAL_SIZE] = check_scalar(EOG_GROUP_JOURNAL, EOG_JOURNAL_SIZE);
    names[GATEWAY_FAILURE] = check_scalar(EOG_GROUP_JOURNAL, EOG_JOURNAL_FAILURE);
    names[GATEWAY_HELD_BY] = check_scalar(EOG_GROUP_JOURNAL, EOG_JOURNAL_HELD_BY);
    names[GATEWAY_RECEIVED] = check_scalar(EOG_GROUP_TRAFFIC, EOG_TRAFFIC_RECEIVED);
    names[GATEWAY_UNCLASSIFIED] = check_scalar(EOG_GROUP_TRAFFIC, EOG_TRAFFIC_UNCLASSIFIED);
    names[GATEWAY_MALFORMED] = check_scalar(EOG_GROUP_TRAFFIC, EOG_TRAFFIC_MALFORMED);
    names[GATEWAY_DROPPED] = check_scalar(EOG_GROUP_TRAFFIC, EOG_TRAFFIC_DROPPED);
    buf_slice(&q->out->subject, SLICE("gateway"));
    if (!check_get(q, names, GATEWAY_COUNT, values) ||
        (!check_is_refusing(&values[GATEWAY_JOURNAL]) && !check_is_alive(q, values)))
        return;
    if (!check_state_of(&values[GATEWAY_JOURNAL], &state)) {
        check_fail_text(q, "the journal's state is none");
        return;
    }
    bool is_catching_up = values[GATEWAY_CATCHING_UP].type == GWSNMP_INTEGER &&
                          values[GATEWAY_CATCHING_UP].integer == TRUE_VALUE;
    q->out->state = state == KPI_OK && is_catching_up ? KPI_UNKNOWN : state;
    say_gateway(q, values, is_catching_up);
}
