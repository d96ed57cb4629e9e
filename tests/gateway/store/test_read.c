/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What reports get: top tens, states, coverage, alerts, what was not understood. */
#include "gateway/store/read.h"

#include <stdio.h>
#include <string.h>

#include "gateway/base/error.h"
#include "gateway/store/store_internal.h"
#include "tests/gateway/store/support.h"

enum { ROWS = 10 };

static const int64_t HOUR_MS = 3600000, DAY_MS = 86400000;
static char text[8192]; /* what callbacks were told, a line each */

static struct store_reader *open_reader(struct st_world *w)
{
    char trouble[200];
    struct store_reader *reader = NULL;
    st_commit(w);
    CU_ASSERT_EQUAL_FATAL(store_reader_open(w->path, &reader, trouble, sizeof trouble), GW_OK);
    CU_ASSERT_EQUAL(store_reader_begin(reader), GW_OK);
    *text = '\0';
    return reader;
}

static void close_reader(struct store_reader *reader)
{
    store_reader_end(reader);
    store_reader_close(reader);
}

/* One walk for several tables finds the same: in memory, and where there is no room for all names.
 */
static void same_in_one_walk(struct store_reader *reader, const struct store_query *query,
                             const struct store_top_row *rows, size_t n,
                             const struct store_total *total)
{
    static const size_t rooms[] = {STORE_TOPS_CELLS, 2};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        struct store_top_row kinds[ROWS], found[ROWS];
        struct store_top tops[] = {{STORE_BY_KIND, false, kinds, ROWS, {0}},
                                   {query->group, query->is_infection, found, ROWS, {0}}};
        CU_ASSERT_EQUAL(store_read_tops_within(reader, query, rooms[i], tops, 2, NULL, 1), GW_OK);
        CU_ASSERT_EQUAL_FATAL(tops[1].n, n);
        CU_ASSERT_EQUAL(memcmp(&tops[1].total, total, sizeof *total), 0);
        CU_ASSERT(tops[0].total.n >= total->n);
        for (size_t j = 0; j < n; j++) {
            CU_ASSERT_STRING_EQUAL(found[j].name, rows[j].name);
            CU_ASSERT_STRING_EQUAL(found[j].site, rows[j].site);
            CU_ASSERT_EQUAL(found[j].number, rows[j].number);
            CU_ASSERT_EQUAL(found[j].n, rows[j].n);
            CU_ASSERT_EQUAL(found[j].before, rows[j].before);
        }
    }
}

/* "name:n/before name:n/before; total/before of names". */
static const char *top(struct st_world *w, const struct store_query *query)
{
    struct store_reader *reader = open_reader(w);
    struct store_top_row rows[ROWS];
    struct store_total total;
    size_t n = ROWS, used = 0;
    CU_ASSERT_EQUAL(store_read_top(reader, query, rows, &n, &total), GW_OK);
    same_in_one_walk(reader, query, rows, n, &total);
    for (size_t i = 0; i < n; i++) {
        char number[24];
        snprintf(number, sizeof number, "%lld", (long long)rows[i].number);
        bool is_number = query->group == STORE_BY_ACTION || query->group == STORE_BY_KIND;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s:%lld/%lld ", rows[i].site,
                                 *rows[i].site ? "/" : "", is_number ? number : rows[i].name,
                                 (long long)rows[i].n, (long long)rows[i].before);
    }
    snprintf(text + used, sizeof text - used, "= %lld/%lld of %lld", (long long)total.n,
             (long long)total.before, (long long)total.names);
    close_reader(reader);
    return text;
}

static void put_many(struct st_world *w, int64_t at, const char *malware, int n)
{
    st_malware(w, at, "wks-1", malware);
    gw_event_set_int(w->event, GW_FIELD_EVENT_COUNT, n);
    st_put(w);
}

static void test_top(void)
{
    struct st_world *w = st_begin("store-top");
    int64_t at = st_utc(2026, 11, 24, 12, 0), day = at / DAY_MS;
    struct store_query query = {.group = STORE_BY_MALWARE,
                                .is_infection = true,
                                .from = day,
                                .to = day + 1,
                                .before_from = day - 1,
                                .before_to = day};
    CU_ASSERT_STRING_EQUAL(top(w, &query), "= 0/0 of 0");
    put_many(w, at, "B", 5);
    put_many(w, at, "A", 5);
    put_many(w, at, "C", 9);
    put_many(w, at, "", 3); /* nameless: in no top ten */
    put_many(w, at - DAY_MS, "C", 4);
    put_many(w, at - DAY_MS, "GONE", 2);
    st_malware(w, at, "wks-2", "PUA");
    w->event->kind = GW_KIND_MALWARE_GRAYWARE;
    gw_event_set_int(w->event, GW_FIELD_DISPOSITION_ID, 2);
    st_text(w, GW_FIELD_SITE, "lab");
    st_put(w);
    CU_ASSERT_STRING_EQUAL(top(w, &query), "C:9/4 A:5/0 B:5/0 = 19/6 of 3");
    query.is_infection = false;
    CU_ASSERT_STRING_EQUAL(top(w, &query), "C:9/4 A:5/0 B:5/0 PUA:1/0 = 20/6 of 4");
    query.site = "lab";
    CU_ASSERT_STRING_EQUAL(top(w, &query), "PUA:1/0 = 1/0 of 1");
    query.site = "nowhere";
    CU_ASSERT_STRING_EQUAL(top(w, &query), "= 0/0 of 0");
    query.site = NULL;
    query.group = STORE_BY_SITE;
    CU_ASSERT_STRING_EQUAL(top(w, &query), "hq:22/6 lab:1/0 = 23/6 of 2");
    query.group = STORE_BY_ACTION;
    CU_ASSERT_STRING_EQUAL(top(w, &query), "11:22/6 2:1/0 = 23/6 of 2");
    query.group = STORE_BY_KIND;
    query.kind = GW_KIND_MALWARE_GRAYWARE;
    CU_ASSERT_STRING_EQUAL(top(w, &query), "9:1/0 = 1/0 of 1");
    query.kind = 0;
    query.group = STORE_BY_PRODUCT;
    CU_ASSERT_STRING_EQUAL(top(w, &query), "Apex Central:23/6 = 23/6 of 1");
    query.group = STORE_BY_SOURCE;
    CU_ASSERT_STRING_EQUAL(top(w, &query), "= 0/0 of 0");
    st_end(w);
}

static void test_hours(void)
{
    struct st_world *w = st_begin("store-hours");
    int64_t at = st_utc(2026, 11, 24, 12, 0);
    for (int i = 0; i < 6; i++)
        put_many(w, at + i * HOUR_MS / 2, i < 3 ? "A" : "B", 1);
    struct store_query query = {.group = STORE_BY_MALWARE,
                                .is_by_hour = true,
                                .from = (at + HOUR_MS) / 1000,
                                .to = (at + 3 * HOUR_MS) / 1000,
                                .before_from = (at - HOUR_MS) / 1000,
                                .before_to = (at + HOUR_MS) / 1000};
    CU_ASSERT_STRING_EQUAL(top(w, &query), "B:3/0 A:1/2 = 4/2 of 2");
    st_end(w);
}

/* How much was found when, beside the tables. */
static void test_slots(void)
{
    struct st_world *w = st_begin("store-slots");
    int64_t at = st_utc(2026, 11, 24, 0, 0), day = at / DAY_MS;
    for (int i = 0; i < 6; i++)
        put_many(w, at + i * 16 * HOUR_MS, "A", 1 << i); /* days 0, 0, 1, 2, 2, 3 */
    st_malware(w, at + DAY_MS, "wks-1", "PUA");
    w->event->kind = GW_KIND_MALWARE_GRAYWARE;
    st_put(w);
    struct store_query query = {.from = day,
                                .to = day + 3,
                                .before_from = day + 2, /* they may overlap */
                                .before_to = day + 4};
    struct store_count days[4] = {{0}}, hours[40] = {{0}};
    struct store_top_row row;
    struct store_top top = {STORE_BY_MALWARE, true, &row, 1, {0}};
    struct store_reader *reader = open_reader(w);
    CU_ASSERT_EQUAL(store_read_tops(reader, &query, &top, 1, days, 1), GW_OK);
    CU_ASSERT_EQUAL(days[0].infections, 1 + 2);
    CU_ASSERT_EQUAL(days[1].infections, 4);
    CU_ASSERT_EQUAL(days[1].detections, 5);
    CU_ASSERT_EQUAL(days[2].infections, 8 + 16);
    CU_ASSERT_EQUAL(days[3].infections, 0);
    CU_ASSERT_EQUAL(row.n, 31);
    CU_ASSERT_EQUAL(row.before, 8 + 16 + 32);
    query = (struct store_query){
        .is_by_hour = true, .from = at / 1000, .to = (at + 40 * HOUR_MS) / 1000};
    CU_ASSERT_EQUAL(store_read_tops(reader, &query, NULL, 0, hours, 3600), GW_OK);
    CU_ASSERT_EQUAL(hours[0].infections, 1);
    CU_ASSERT_EQUAL(hours[16].infections, 2);
    CU_ASSERT_EQUAL(hours[24].detections, 1);
    CU_ASSERT_EQUAL(hours[32].infections, 4);
    close_reader(reader);
    st_end(w);
}

/* Names that were found as often: they decide, also where there is room for some of them alone. */
static void test_ties(void)
{
    struct st_world *w = st_begin("store-ties");
    int64_t at = st_utc(2026, 11, 24, 12, 0);
    struct store_query query = {.group = STORE_BY_MALWARE, .from = 0, .to = INT64_MAX};
    put_many(w, at, "most", 9);
    for (int i = 39; i >= 0; i--) {
        char name[24];
        snprintf(name, sizeof name, "M-%02d", i * 7 % 40);
        put_many(w, at, name, 2);
    }
    CU_ASSERT_STRING_EQUAL(top(w, &query),
                           "most:9/0 M-00:2/0 M-01:2/0 M-02:2/0 M-03:2/0 M-04:2/0 M-05:2/0 "
                           "M-06:2/0 M-07:2/0 M-08:2/0 = 89/0 of 41");
    st_end(w);
}

/* More names than rows: the total knows them all. */
static void test_many(void)
{
    struct st_world *w = st_begin("store-many");
    int64_t at = st_utc(2026, 11, 24, 12, 0);
    for (int i = 0; i < 40; i++) {
        char name[24];
        snprintf(name, sizeof name, "wks-%02d", i);
        st_malware(w, at, name, "A");
        gw_event_set_int(w->event, GW_FIELD_EVENT_COUNT, 1 + i);
        st_put(w);
    }
    struct store_query query = {.group = STORE_BY_COMPUTER, .from = 0, .to = INT64_MAX};
    const char *seen = top(w, &query);
    CU_ASSERT_EQUAL(strncmp(seen, "hq/wks-39:40/0 hq/wks-38:39/0 ", 30), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(seen, "hq/wks-30:31/0 = 820/0 of 40"));
    st_end(w);
}

static void computer(struct st_world *w, const char *guid, const char *name, const char *ip)
{
    st_malware(w, st_utc(2026, 11, 24, 12, 0), name, "A");
    st_text(w, GW_FIELD_HOST_GUID, guid);
    st_text(w, GW_FIELD_HOST_IP, ip);
    st_put(w);
}

static void test_computers(void)
{
    struct st_world *w = st_begin("store-computers");
    struct store_query query = {.group = STORE_BY_COMPUTER, .from = 0, .to = INT64_MAX};
    computer(w, "", "", "192.0.2.7");
    computer(w, "", "PC-1", "");
    CU_ASSERT_STRING_EQUAL(top(w, &query), "hq/192.0.2.7:1/0 hq/PC-1:1/0 = 2/0 of 2");
    computer(w, "", "pc-1.corp.example.net", "192.0.2.7"); /* all the same one */
    CU_ASSERT_STRING_EQUAL(top(w, &query), "hq/pc-1:3/0 = 3/0 of 1");
    computer(w, "guid-1", "pc-1", "192.0.2.7");
    CU_ASSERT_STRING_EQUAL(top(w, &query), "hq/pc-1:4/0 = 4/0 of 1");
    computer(w, "guid-2", "pc-2", "");
    computer(w, "", "pc-2.corp", "");
    CU_ASSERT_STRING_EQUAL(top(w, &query), "hq/pc-1:4/0 hq/pc-2:2/0 = 6/0 of 2");
    computer(w, "", "pc-2.lab", ""); /* of another domain: another one, and "pc-2" says no more */
    computer(w, "", "pc-2", "");
    CU_ASSERT_STRING_EQUAL(top(w, &query),
                           "hq/pc-1:4/0 hq/pc-2:2/0 hq/pc-2:1/0 hq/pc-2:1/0 = 8/0 of 4");
    st_end(w);
}

/* People know it by its name: the first that it is seen with, then the newest. */
static void test_labels(void)
{
    struct st_world *w = st_begin("store-labels");
    struct store_query query = {.group = STORE_BY_COMPUTER, .from = 0, .to = INT64_MAX};
    computer(w, "guid-1", "", "192.0.2.7");
    CU_ASSERT_STRING_EQUAL(top(w, &query), "hq/guid-1:1/0 = 1/0 of 1");
    computer(w, "guid-1", "PC-1", "");
    CU_ASSERT_STRING_EQUAL(top(w, &query), "hq/PC-1:2/0 = 2/0 of 1");
    computer(w, "guid-1", "", "");
    computer(w, "guid-1", "PC-9", "");
    CU_ASSERT_STRING_EQUAL(top(w, &query), "hq/PC-9:4/0 = 4/0 of 1");
    computer(w, "", "pc-1", ""); /* a late one, or one that learns slowly */
    computer(w, "guid-1", "pc-1", "");
    CU_ASSERT_STRING_EQUAL(top(w, &query), "hq/PC-9:6/0 = 6/0 of 1");
    computer(w, "", "pc-2.corp", ""); /* the name leads elsewhere before */
    computer(w, "guid-2", "", "");
    computer(w, "guid-2", "PC-2", "");
    CU_ASSERT_STRING_EQUAL(top(w, &query), "hq/PC-9:6/0 hq/PC-2:3/0 = 9/0 of 2");
    st_end(w);
}

/* An address that two computers bore tells nothing: neither gets what is under it, nor later. */
static void test_shared(void)
{
    struct st_world *w = st_begin("store-shared");
    struct store_query query = {.group = STORE_BY_COMPUTER, .from = 0, .to = INT64_MAX};
    const char *const names[] = {"pc-1", "", "pc-2", "", "pc-1"}; /* and it stays so */
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        computer(w, "", names[i], "192.0.2.7");
    CU_ASSERT_STRING_EQUAL(top(w, &query), "hq/192.0.2.7:2/0 hq/pc-1:2/0 hq/pc-2:1/0 = 5/0 of 3");
    for (int day = 24; day < 28; day++) /* what is old was swept away meanwhile */
        st_tick(w, st_utc(2026, 11, day, 13, 0));
    computer(w, "", "pc-2", "192.0.2.7");
    CU_ASSERT_STRING_EQUAL(top(w, &query), "hq/192.0.2.7:2/0 hq/pc-1:2/0 hq/pc-2:2/0 = 6/0 of 3");
    /* The same name at another site is another computer. */
    st_malware(w, st_utc(2026, 11, 24, 12, 0), "pc-1", "A");
    st_text(w, GW_FIELD_SITE, "lab");
    st_put(w);
    query.site = "lab";
    CU_ASSERT_STRING_EQUAL(top(w, &query), "lab/pc-1:1/0 = 1/0 of 1");
    st_end(w);
}

/* ---- the rest ---- */

static bool on_unknown(void *context, const struct store_unknown *row)
{
    (void)context;
    sprintf(text + strlen(text), "%lld %s %s %s %lld %lld\n",
            (long long)(row->day == INT64_MIN ? -1 : row->day), row->site, row->sender,
            row->product, (long long)row->unknown, (long long)row->malformed);
    return true;
}

static void strange(struct st_world *w, int64_t at, const char *peer, bool is_known)
{
    st_new(w, is_known ? GW_KIND_SYSTEM_STATUS : GW_KIND_GATEWAY_UNTRANSLATABLE, at);
    w->event->transport = GW_TRANSPORT_UDP;
    w->event->flags = is_known ? GW_EVENT_MALFORMED : 0;
    st_text(w, GW_FIELD_SITE, "hq");
    st_text(w, GW_FIELD_PEER, peer);
    st_text(w, GW_FIELD_PRODUCT_NAME, is_known ? "IOS" : "");
    st_put(w);
}

static void test_unknown(void)
{
    struct st_world *w = st_begin("store-unknown");
    for (int i = 0; i < 3; i++) {
        strange(w, i * DAY_MS, "192.0.2.1", false);
        strange(w, i * DAY_MS, "192.0.2.2", i % 2);
    }
    struct store_reader *reader = open_reader(w);
    CU_ASSERT_EQUAL(store_read_unknown(reader, NULL, 0, 2, true, on_unknown, NULL), GW_OK);
    CU_ASSERT_STRING_EQUAL(text, "0 hq 192.0.2.1  1 0\n0 hq 192.0.2.2  1 0\n"
                                 "1 hq 192.0.2.1  1 0\n1 hq 192.0.2.2 IOS 0 1\n");
    *text = '\0';
    CU_ASSERT_EQUAL(store_read_unknown(reader, "hq", 0, 9, false, on_unknown, NULL), GW_OK);
    CU_ASSERT_STRING_EQUAL(text, "-1 hq 192.0.2.1  3 0\n-1 hq 192.0.2.2  2 0\n"
                                 "-1 hq 192.0.2.2 IOS 0 1\n");
    *text = '\0';
    CU_ASSERT_EQUAL(store_read_unknown(reader, "lab", 0, 9, false, on_unknown, NULL), GW_OK);
    CU_ASSERT_STRING_EQUAL(text, "");
    close_reader(reader);
    st_end(w);
}

static void change(struct st_world *w, int64_t at, const char *key, const char *scope, int state,
                   int64_t value)
{
    char words[32];
    snprintf(words, sizeof words, "%lld %%", (long long)value);
    st_new(w, GW_KIND_KPI_CHANGED, at);
    gw_event_set_int(w->event, GW_FIELD_EMISSION, (int64_t)w->sequence + 1);
    gw_event_set_int(w->event, GW_FIELD_KPI_ID, strcmp(key, "outbreak") == 0 ? 11 : 4);
    st_text(w, GW_FIELD_KPI_KEY, key);
    st_text(w, GW_FIELD_KPI_SCOPE, scope);
    st_text(w, GW_FIELD_SITE, "hq");
    st_text(w, GW_FIELD_KPI_VALUE_TEXT, words);
    gw_event_set_int(w->event, GW_FIELD_KPI_STATE, state);
    gw_event_set_int(w->event, GW_FIELD_KPI_OLD_STATE, 3);
    gw_event_set_int(w->event, GW_FIELD_KPI_VALUE, value);
    st_put(w);
}

/* The value moved, the state did not: given as the gateway says it. */
static void moves(struct st_world *w, int64_t at, const char *scope, int64_t value)
{
    char words[32];
    snprintf(words, sizeof words, "%lld %%", (long long)value);
    st_new(w, GW_KIND_KPI_VALUE, at);
    gw_event_set_int(w->event, GW_FIELD_EMISSION, (int64_t)w->sequence + 1);
    gw_event_set_int(w->event, GW_FIELD_KPI_ID, 4);
    st_text(w, GW_FIELD_KPI_KEY, "install-rate");
    st_text(w, GW_FIELD_KPI_SCOPE, scope);
    st_text(w, GW_FIELD_SITE, "hq");
    st_text(w, GW_FIELD_KPI_VALUE_TEXT, words);
    gw_event_set_int(w->event, GW_FIELD_KPI_STATE, 1);
    gw_event_set_int(w->event, GW_FIELD_KPI_VALUE, value);
    st_put(w);
}

static bool on_band(void *context, const struct store_band *b)
{
    (void)context;
    sprintf(text + strlen(text), "%s %s %lld..%lld %d\n", b->key, b->scope, (long long)b->from_ms,
            (long long)(b->until_ms == INT64_MAX ? -1 : b->until_ms), b->state);
    return true;
}

static bool on_value(void *context, const struct store_value *v)
{
    (void)context;
    sprintf(text + strlen(text), "%lld %s\n", (long long)v->time_ms, v->value_text);
    return true;
}

static void test_states(void)
{
    struct st_world *w = st_begin("store-bands");
    change(w, 1000, "install-rate", "hq", 0, 99);
    change(w, DAY_MS + 1000, "install-rate", "hq", 2, 70);
    change(w, DAY_MS + 5000, "install-rate", "hq", 1, 90);
    change(w, DAY_MS + 6000, "outbreak", "hq", 2, 12);
    change(w, 2 * DAY_MS + 1, "install-rate", "hq/osce", 0, 100);
    st_tick(w, 3 * DAY_MS + 1000);
    struct store_reader *reader = open_reader(w);
    CU_ASSERT_EQUAL(store_read_bands(reader, "hq", 0, 0, INT64_MAX, on_band, NULL), GW_OK);
    CU_ASSERT_STRING_EQUAL(text, "install-rate hq 1000..86401000 0\n"
                                 "install-rate hq 86401000..86405000 2\n"
                                 "install-rate hq 86405000..-1 1\n"
                                 "install-rate hq/osce 172800001..-1 0\n"
                                 "outbreak hq 86406000..-1 2\n");
    *text = '\0';
    CU_ASSERT_EQUAL(store_read_bands(reader, NULL, 4, 86401000, 86401001, on_band, NULL), GW_OK);
    CU_ASSERT_STRING_EQUAL(text, "install-rate hq 86401000..86405000 2\n");
    close_reader(reader);
    st_end(w);
}

/* Each day's newest value; what a later state said stays. */
static void test_values(void)
{
    struct st_world *w = st_begin("store-values");
    change(w, 1000, "install-rate", "hq", 1, 90);
    moves(w, 2000, "hq", 91);
    moves(w, 3000, "hq", 92);
    moves(w, DAY_MS + 1000, "hq", 88);
    moves(w, DAY_MS + 1000, "lab", 1); /* another scope's */
    st_new(w, GW_KIND_KPI_VALUE, DAY_MS + 5000);
    gw_event_set_int(w->event, GW_FIELD_KPI_ID, 4); /* of nobody: it was never emitted */
    st_text(w, GW_FIELD_KPI_SCOPE, "hq");
    st_put(w);
    moves(w, DAY_MS + 3000, "hq", 89);
    change(w, 3 * DAY_MS + 1000, "install-rate", "hq", 2, 70);
    st_tick(w, 4 * DAY_MS + 1000);
    struct store_reader *reader = open_reader(w);
    static const struct {
        int64_t from, to;
        const char *expected;
    } cases[] = {{0, 99, "3000 92 %\n86403000 89 %\n"},
                 {0, 1, "3000 92 %\n"},
                 {1, 99, "3000 92 %\n86403000 89 %\n"}, /* the newest before is needed, too */
                 {2, 3, "86403000 89 %\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        *text = '\0';
        CU_ASSERT_EQUAL(
            store_read_values(reader, 4, "hq", cases[i].from, cases[i].to, on_value, NULL), GW_OK);
        CU_ASSERT_STRING_EQUAL(text, cases[i].expected);
    }
    *text = '\0';
    CU_ASSERT_EQUAL(store_read_bands(reader, "hq", 0, 0, INT64_MAX, on_band, NULL), GW_OK);
    CU_ASSERT_STRING_EQUAL(text, "install-rate hq 1000..259201000 1\n"
                                 "install-rate hq 259201000..-1 2\n");
    close_reader(reader);
    CU_ASSERT_EQUAL(st_sql(w->path, "SELECT count(*) FROM kpi_value"), 3);
    st_end(w);
}

/* A store of before there were such values: read as it was, and written to from its opening on. */
static void test_before_values(void)
{
    struct st_world *w = st_begin("store-before-values");
    change(w, 1000, "install-rate", "hq", 1, 90);
    st_tick(w, 2000);
    st_commit(w);
    st_sql(w->path, "DROP TABLE kpi_value");
    struct store_reader *reader = open_reader(w);
    CU_ASSERT_EQUAL(store_read_values(reader, 4, "hq", 0, 99, on_value, NULL), GW_OK);
    CU_ASSERT_STRING_EQUAL(text, "");
    *text = '\0';
    CU_ASSERT_EQUAL(store_read_bands(reader, "hq", 0, 0, INT64_MAX, on_band, NULL), GW_OK);
    CU_ASSERT_STRING_EQUAL(text, "install-rate hq 1000..-1 1\n");
    close_reader(reader);
    st_kill(w);
    CU_ASSERT_FATAL(st_open(w));
    CU_ASSERT_EQUAL(st_sql(w->path, "SELECT count(*) FROM kpi_value"), 0);
    st_end(w);
}

static bool on_alert(void *context, const struct store_alert *a)
{
    struct store_reader *reader = context;
    (void)reader;
    sprintf(text + strlen(text), "%lld %lld..%lld %s %s\n", (long long)a->id,
            (long long)a->opened_ms, (long long)(a->closed_ms == INT64_MAX ? -1 : a->closed_ms),
            a->ack_name, a->ack_note);
    return true;
}

static bool on_event(void *context, const struct store_alert_event *e)
{
    (void)context;
    sprintf(text + strlen(text), "%s %lld %s\n", gw_kind_name((enum gw_kind)e->kind),
            (long long)e->time_ms, e->ack_name);
    return true;
}

static void new_alert(struct st_world *w, int64_t id, enum gw_kind kind, int64_t at)
{
    st_new(w, kind, at);
    gw_event_set_int(w->event, GW_FIELD_EMISSION, (int64_t)w->sequence + 1);
    gw_event_set_int(w->event, GW_FIELD_ALERT_ID, id);
    gw_event_set_int(w->event, GW_FIELD_ALERT_OPENED, id * 1000);
    st_text(w, GW_FIELD_SITE, "hq");
    st_text(w, GW_FIELD_ALERT_ACK_NAME, kind == GW_KIND_ALERT_ACKNOWLEDGED ? "wang" : "");
}

static void alert(struct st_world *w, int64_t id, enum gw_kind kind, int64_t at)
{
    new_alert(w, id, kind, at);
    st_put(w);
}

static void test_alerts(void)
{
    struct st_world *w = st_begin("store-read-alerts");
    alert(w, 1, GW_KIND_ALERT_RAISED, 1000);
    alert(w, 2, GW_KIND_ALERT_RAISED, 2000);
    alert(w, 1, GW_KIND_ALERT_ACKNOWLEDGED, 3000);
    alert(w, 1, GW_KIND_ALERT_CLEARED, 4000);
    struct store_reader *reader = open_reader(w);
    CU_ASSERT_EQUAL(store_read_alerts(reader, "hq", 0, INT64_MAX, on_alert, reader), GW_OK);
    CU_ASSERT_STRING_EQUAL(text, "1 1000..4000 wang \n2 2000..-1  \n");
    *text = '\0';
    CU_ASSERT_EQUAL(store_read_alerts(reader, NULL, 4001, INT64_MAX, on_alert, reader), GW_OK);
    CU_ASSERT_STRING_EQUAL(text, "2 2000..-1  \n");
    *text = '\0';
    CU_ASSERT_EQUAL(store_read_alert_events(reader, 1, on_event, NULL), GW_OK);
    CU_ASSERT_STRING_EQUAL(
        text, "alert.raised 1000 \nalert.acknowledged 3000 wang\nalert.cleared 4000 \n");
    close_reader(reader);
    st_end(w);
}

static bool on_words(void *context, const struct store_alert *a)
{
    (void)context;
    sprintf(text + strlen(text), "%d %d %s: %s\n", a->state, a->worst, a->value_text, a->reason);
    return true;
}

static void say(struct st_world *w, int64_t id, enum gw_kind kind, int state, int worst,
                const char *value)
{
    char reason[40];
    new_alert(w, id, kind, id * 1000 + (int64_t)w->sequence);
    gw_event_set_int(w->event, GW_FIELD_KPI_STATE, state);
    gw_event_set_int(w->event, GW_FIELD_ALERT_WORST, worst);
    snprintf(reason, sizeof reason, "%s in 1 h", value);
    st_text(w, GW_FIELD_KPI_VALUE_TEXT, value);
    st_text(w, GW_FIELD_REASON, reason);
    st_put(w);
}

/* Why it is over is no reason that it was: what is closed says what it was at its worst. */
static void test_words(void)
{
    struct st_world *w = st_begin("store-read-words");
    for (int64_t id = 1; id <= 2; id++) {
        say(w, id, GW_KIND_ALERT_RAISED, 1, 1, "5 hosts");
        say(w, id, GW_KIND_ALERT_CHANGED, 2, 2, "10 hosts");
        say(w, id, GW_KIND_ALERT_REPEATED, 2, 2, "12 hosts");
        say(w, id, GW_KIND_ALERT_CHANGED, 1, 2, "6 hosts");
    }
    say(w, 1, GW_KIND_ALERT_CLEARED, 0, 2, "0 hosts");
    say(w, 3, GW_KIND_ALERT_CLEARED, 0, 2, "1 hosts"); /* its life is not known */
    struct store_reader *reader = open_reader(w);
    CU_ASSERT_EQUAL(store_read_alerts(reader, NULL, 0, INT64_MAX, on_words, NULL), GW_OK);
    CU_ASSERT_STRING_EQUAL(text, "0 2 12 hosts: 12 hosts in 1 h\n"
                                 "1 2 6 hosts: 6 hosts in 1 h\n"
                                 "0 2 1 hosts: 1 hosts in 1 h\n");
    close_reader(reader);
    st_end(w);
}

static void on_finding(void *context, const char *finding)
{
    (void)context;
    sprintf(text + strlen(text), "%s\n", finding);
}

/* Without its hour. */
static void add_to_day(struct st_world *w, int64_t day, int n)
{
    char sql[200];
    snprintf(sql, sizeof sql,
             "INSERT INTO day_row SELECT day, site, kind, product, malware, source, computer,"
             " action, %d FROM detection_day WHERE day = %d LIMIT 1 RETURNING n",
             n, (int)day);
    CU_ASSERT_EQUAL(st_sql(w->path, sql), n);
}

static void test_extent(void)
{
    struct st_world *w = st_begin("store-extent");
    uint64_t findings = 99;
    struct store_extent extent;
    st_settings(w, "hq=Asia/Shanghai\nlab=UTC");
    put_many(w, st_utc(2026, 11, 24, 12, 0), "A", 1);
    st_tick(w, st_utc(2026, 11, 24, 12, 1));
    struct store_reader *reader = open_reader(w);
    CU_ASSERT_EQUAL(store_read_extent(reader, &extent), GW_OK);
    CU_ASSERT(extent.is_filling);
    CU_ASSERT_EQUAL(extent.cursor, 3);
    CU_ASSERT_EQUAL(extent.now_ms, st_utc(2026, 11, 24, 12, 1));
    char name[64];
    zone_free(store_site_zone(reader, "hq", name, sizeof name));
    CU_ASSERT_STRING_EQUAL(name, "Asia/Shanghai");
    zone_free(store_site_zone(reader, "lab", name, sizeof name));
    CU_ASSERT_STRING_EQUAL(name, "UTC");
    zone_free(store_site_zone(reader, NULL, name, sizeof name));
    CU_ASSERT_STRING_EQUAL(name, "Asia/Shanghai"); /* as the first site */
    CU_ASSERT_EQUAL(store_read_check(reader, on_finding, NULL, &findings), GW_OK);
    CU_ASSERT_EQUAL(findings, 0);
    /* One moment: what is written meanwhile is not in it. */
    put_many(w, st_utc(2026, 11, 24, 18, 0), "B", 1);
    st_commit(w);
    CU_ASSERT_EQUAL(w->result, GW_OK);
    CU_ASSERT_EQUAL(store_read_extent(reader, &extent), GW_OK);
    CU_ASSERT_EQUAL(extent.cursor, 3);
    store_reader_end(reader);
    CU_ASSERT_EQUAL(store_reader_begin(reader), GW_OK);
    CU_ASSERT_EQUAL(store_read_extent(reader, &extent), GW_OK);
    CU_ASSERT_EQUAL(extent.cursor, 4);
    close_reader(reader);
    add_to_day(w, st_utc(2026, 11, 24, 0, 0) / DAY_MS, 8);
    reader = open_reader(w);
    CU_ASSERT_EQUAL(store_read_check(reader, on_finding, NULL, &findings), GW_OK);
    CU_ASSERT_EQUAL(findings, 1);
    CU_ASSERT_STRING_EQUAL(text, "hours and days of site hq differ: 2 and 10\n");
    close_reader(reader);
    st_end(w);
}

static const char *check(struct st_world *w)
{
    uint64_t findings;
    *text = '\0';
    struct store_reader *reader = open_reader(w);
    CU_ASSERT_EQUAL(store_read_check(reader, on_finding, NULL, &findings), GW_OK);
    CU_ASSERT_EQUAL(findings, *text ? 1 : 0);
    close_reader(reader);
    return text;
}

/* Hours go from the second day on: of what is kept whole of both they must agree all the same. */
static void test_check(void)
{
    struct st_world *w = st_begin("store-check");
    int64_t day = st_utc(2026, 11, 24, 0, 0) / DAY_MS;
    st_settings(w, "hq=Asia/Shanghai\nlab=UTC");
    for (int hour = -24 * 45; hour < 0; hour++) {
        put_many(w, day * DAY_MS + hour * (DAY_MS / 24), "A", 1);
        if (hour % 24 == 0)
            st_tick(w, day * DAY_MS + hour * (DAY_MS / 24));
    }
    st_tick(w, day * DAY_MS);
    st_commit(w);
    CU_ASSERT(st_sql(w->path, "SELECT value FROM meta WHERE key = 'hours_from'") > 0);
    CU_ASSERT_STRING_EQUAL(check(w), "");
    /* A day of which the hours are gone in part. */
    add_to_day(w, day - 42, 1);
    CU_ASSERT_STRING_EQUAL(check(w), "");
    add_to_day(w, day - 2, 1);
    CU_ASSERT_STRING_EQUAL(check(w), "hours and days of site hq differ: 944 and 945\n");
    /* Its clocks are others now: which hour was of which day nobody knows. */
    st_settings(w, "hq=Asia/Tokyo\nlab=UTC");
    st_commit(w);
    CU_ASSERT_STRING_EQUAL(check(w), "");
    st_end(w);
}

static void test_none(void)
{
    struct store_reader *reader;
    char trouble[200];
    CU_ASSERT_EQUAL(store_reader_open("no-such-store.db", &reader, trouble, sizeof trouble),
                    GW_ERR_NOT_FOUND);
    CU_ASSERT_PTR_NULL(reader);
    CU_ASSERT_PTR_NOT_NULL(strstr(trouble, "no-such-store.db is not there"));
}

int main(void)
{
    static const struct jt_test tests[] = {
        {"top tens, with their change", test_top},
        {"by the hour", test_hours},
        {"in one walk, by day and by hour", test_slots},
        {"as often as the last", test_ties},
        {"more names than rows", test_many},
        {"keys of one computer", test_computers},
        {"what a computer is called", test_labels},
        {"a key of two computers", test_shared},
        {"what was not understood", test_unknown},
        {"states", test_states},
        {"values that move within a state", test_values},
        {"a store of before there were values", test_before_values},
        {"alerts", test_alerts},
        {"words of alerts", test_words},
        {"how far it goes, and one moment", test_extent},
        {"what verify finds", test_check},
        {"no store", test_none},
    };
    return jt_main("store: read", tests, sizeof tests / sizeof *tests);
}
