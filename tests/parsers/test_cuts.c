/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The messages of the mappings' samples, cut after every byte: nothing is read behind the end, and
 * nothing that stands there changes what is found. And bounds: more fields than there is room for,
 * an arena that is used up; what is left out is said, what is there is true.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsers/registry.h"
#include "tests/support/guard.h"
#include "tests/support/unit.h"

enum { MESSAGE_MAX = 4096, MESSAGES_PER_FILE = 16, WHOLE_CUTS = 200, STEP = 5 };

static struct arena arenas[2];
static struct fields results[2];
static struct guard guard;

static bool is_same_time(const struct parsed_time *x, const struct parsed_time *y)
{
    return x->is_set == y->is_set && x->has_year == y->has_year && x->has_zone == y->has_zone &&
           x->offset_s == y->offset_s && x->year == y->year && x->month == y->month &&
           x->day == y->day && x->hour == y->hour && x->minute == y->minute &&
           x->second == y->second && x->millisecond == y->millisecond;
}

static bool is_same(const struct fields *a, const struct fields *b)
{
    const struct syslog_header *x = &a->syslog, *y = &b->syslog;
    bool same = a->format == b->format && a->n == b->n && a->n_header == b->n_header &&
                a->error == b->error && (!a->error || a->error_at == b->error_at) &&
                a->is_truncated == b->is_truncated && x->is_present == y->is_present &&
                x->pri == y->pri && x->version == y->version && is_same_time(&x->time, &y->time) &&
                slice_equal(x->timestamp, y->timestamp) && slice_equal(x->hostname, y->hostname) &&
                slice_equal(x->appname, y->appname) && slice_equal(x->procid, y->procid) &&
                slice_equal(x->msgid, y->msgid) &&
                slice_equal(x->structured_data, y->structured_data) && slice_equal(x->msg, y->msg);
    for (size_t i = 0; same && i < a->n; i++)
        same = slice_equal(a->v[i].name, b->v[i].name) && slice_equal(a->v[i].value, b->v[i].value);
    return same;
}

/* The first n bytes: before a protected page, and where the rest of the message follows them. */
static bool agrees(struct slice message, size_t n)
{
    enum parse_status status[2];
    struct slice forms[2] = {guard_put(&guard, slice_head(message, n)), slice_head(message, n)};
    for (int i = 0; i < 2; i++) {
        arena_reset(&arenas[i]);
        status[i] = parse_message(forms[i], NULL, &arenas[i], &results[i]);
    }
    return status[0] == status[1] && status[0] != PARSE_MORE && results[0].error_at <= n &&
           is_same(&results[0], &results[1]);
}

static unsigned cut(struct slice message)
{
    unsigned wrong = 0;
    for (size_t n = 0; n <= message.n; n += n < WHOLE_CUTS || n == message.n ? 1 : STEP)
        wrong += !agrees(message, n);
    if (wrong)
        printf("\n    %u cuts: %.*s", wrong, SLICE_FMT(message));
    return wrong;
}

/* "\xHH" and "\\" as samples have them. */
static struct slice unescape(char *text)
{
    size_t n = 0;
    for (const char *p = text; *p && *p != '\n'; n++) {
        if (p[0] == '\\' && p[1] == 'x' && p[2] && p[3]) {
            text[n] = (char)strtoul((char[]){p[2], p[3], '\0'}, NULL, 16);
            p += 4;
        } else {
            p += p[0] == '\\' && p[1];
            text[n] = *p++;
        }
    }
    return slice_of(text, n);
}

static unsigned cut_file(const char *path, unsigned *wrong)
{
    char *line = NULL;
    size_t room = 0;
    unsigned n = 0;
    FILE *in = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(in);
    while (n < MESSAGES_PER_FILE && getline(&line, &room, in) > 0)
        if (strncmp(line, "message ", 8) == 0) {
            struct slice message = unescape(line + 8);
            if (message.n <= MESSAGE_MAX)
                *wrong += cut(message);
            n++;
        }
    free(line);
    fclose(in);
    return n;
}

static void cut_samples(void)
{
    const char *top = getenv("top_srcdir");
    char pattern[512];
    glob_t found;
    unsigned n = 0, wrong = 0;
    snprintf(pattern, sizeof pattern, "%s/mappings/*/*.samples", top ? top : ".");
    CU_ASSERT_EQUAL_FATAL(glob(pattern, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        n += cut_file(found.gl_pathv[i], &wrong);
    globfree(&found);
    CU_ASSERT_TRUE(n > 500);
    CU_ASSERT_EQUAL(wrong, 0);
}

/* ---- bounds ---- */

/* head, then count times part (its "#" is a number), then tail. */
static struct slice repeat(char *to, const char *head, const char *part, int count,
                           const char *tail)
{
    size_t n = (size_t)sprintf(to, "%s", head);
    for (int i = 0; i < count; i++)
        for (const char *p = part; *p; p++)
            n += *p == '#' ? (size_t)sprintf(to + n, "%d", i) : (to[n] = *p, 1);
    n += (size_t)sprintf(to + n, "%s", tail);
    return slice_of(to, n);
}

static const struct {
    const char *head, *part, *tail;
    enum gw_format format;
} many[] = {
    {"CEF:0|V|P|1|E|N|5|", "key#=v ", "", GW_FORMAT_CEF},
    {"LEEF:1.0|V|P|1|E|", "key#=v\t", "", GW_FORMAT_LEEF},
    {"<13>Oct 11 22:14:15 h ", "key#=v ", "", GW_FORMAT_KV},
    {"<13>1 2026-03-02T08:00:00Z h app 1 - - [", "key#:\"v\"; ", "]", GW_FORMAT_KV},
    {"<13>1 2026-03-02T08:00:00Z h app 1 - - {", "\"key#\":1,", "\"x\":2}", GW_FORMAT_JSON},
    {"TMCM:EVT_X ", "Key #=\"v\" ", "", GW_FORMAT_TMCM},
    {"<13>Oct 11 2026 22:14:15 h %%01SEC/4/POLICY(l)[1]: ", "key#=v, ", "", GW_FORMAT_TEXT},
};

/* 400 fields: as many as there is room for, the first ones, each of them whole; and that is said.
 */
static void too_many_fields(void)
{
    static char text[32768];
    for (size_t i = 0; i < sizeof many / sizeof *many; i++) {
        struct slice message = repeat(text, many[i].head, many[i].part, 400, many[i].tail);
        const struct fields *f = &results[0];
        arena_reset(&arenas[0]);
        parse_message(message, NULL, &arenas[0], &results[0]);
        if (f->format != many[i].format || !f->is_truncated || f->n != FIELDS_MAX)
            printf("\n    %s: format %s, %zu fields", many[i].head, gw_format_name(f->format),
                   f->n);
        CU_ASSERT_EQUAL(f->format, many[i].format);
        CU_ASSERT_TRUE(f->is_truncated && f->n == FIELDS_MAX);
        for (size_t k = f->n_header, number = 0; k < f->n; k++) {
            bool is_key = slice_starts_with(f->v[k].name, SLICE("key")) ||
                          slice_starts_with(f->v[k].name, SLICE("Key "));
            if (!is_key)
                continue;
            char last[16];
            snprintf(last, sizeof last, "%zu", number++);
            CU_ASSERT_TRUE(slice_equal(slice_skip(f->v[k].name, *f->v[k].name.p == 'K' ? 4 : 3),
                                       slice_from(last)));
        }
        /* Three less than that are taken whole. */
        arena_reset(&arenas[0]);
        message = repeat(text, many[i].head, many[i].part, 200, many[i].tail);
        parse_message(message, NULL, &arenas[0], &results[0]);
        CU_ASSERT_TRUE(!f->is_truncated && f->n >= 200 && f->n <= 210);
    }
}

/* No memory for a value without its escapes: it is there as sent, and that is said. */
static void no_memory(void)
{
    static const struct {
        const char *message, *name, *value;
    } cases[] = {
        {"CEF:0|V|P\\|Q|1|E|N|5|a=b\\=c", "a", "b\\=c"},
        {"CEF:0|V|P\\|Q|1|E|N|5|a=b", "device_product", "P\\|Q"},
        {"LEEF:1.0|V|P|1|E|a=b\\nc\td=e", "a", "b\\nc"},
        {"<13>Oct 11 22:14:15 h a=\"b\\\"c\" d=e f=g", "a", "b\\\"c"},
        {"<13>1 2026-03-02T08:00:00Z h app 1 - - [a:\"b\\\"c\"; d:\"e\"]", "a", "b\\\"c"},
        {"{\"a\":\"b\\\"c\",\"d\":1}", "", "b\\\"c"},
    };
    struct arena small;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fields *f = &results[0];
        arena_init(&small, 1);
        parse_message(slice_from(cases[i].message), NULL, &small, f);
        CU_ASSERT_TRUE(f->is_truncated);
        bool is_found = false;
        for (size_t k = 0; k < f->n; k++)
            is_found |= slice_equal(f->v[k].name, slice_from(cases[i].name)) &&
                        slice_equal(f->v[k].value, slice_from(cases[i].value));
        if (!is_found)
            printf("\n    %s", cases[i].message);
        CU_ASSERT_TRUE(is_found);
        arena_fini(&small);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"samples, cut after every byte", cut_samples},
                                        {"more fields than there is room for", too_many_fields},
                                        {"no memory for a value", no_memory},
                                        CU_TEST_INFO_NULL};
    guard = guard_new(MESSAGE_MAX);
    for (int i = 0; i < 2; i++)
        arena_init(&arenas[i], 0);
    int status = unit_run("cuts", tests);
    guard_free(&guard);
    for (int i = 0; i < 2; i++)
        arena_fini(&arenas[i]);
    return status;
}
