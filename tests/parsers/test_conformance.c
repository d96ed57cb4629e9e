/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Agreement with other implementations' published test cases, one a line of JSON. Our own few stand
 * in this folder and must all pass; the large collections are read when ../shared (or EOG_SHARED)
 * is there. There, cases of the standards and of go-syslog are the measure: 98 % at least. Each
 * disagreement is printed with its reason; where implementations contradict each other, the case is
 * named in known[] with the choice made.
 */
#include <CUnit/Basic.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "parsers/framing.h"
#include "parsers/instant.h"
#include "parsers/registry.h"
#include "parsers/rfc5424.h"
#include "parsers/timestamp.h"

/* Cases that we read otherwise, on purpose. */
static const struct {
    const char *id, *why;
} known[] = {
    {"sys-influxdata-go-syslog-116",
     "RFC 5424 6.3.3: a backslash before another character is kept"},
    {"sys-elastic-beats-fork-andrewkro-038",
     "a word with a colon behind the time is a tag (rsyslog), not a host"},
    {"sys-syslog-ng-syslog-ng-030",
     "%PIX-... is for the body's reader; fields_write shows it as tag"},
    {"sys-syslog-ng-syslog-ng-032", "as 030"},
    {"sys-syslog-ng-syslog-ng-031",
     "the case drops the pid in brackets, others of its suite keep it"},
    {"sys-syslog-ng-syslog-ng-044",
     "of three escapes the case removes one; RFC 5424 6.3.3 removes all"},
    {"cef-graylog2-graylog-plugin-23", "an empty header field is empty, not \"None\""},
    {"sys-rsyslog-rsyslog-011", "syslogd's \"-- MARK --\" is message, no tag"},
    {"sys-fluent-fluentd-009",
     "a word without ':' before no sentence is message (go-syslog, beats)"},
    {"sys-rfc-3164-ietf-5-4-ex-4-001",
     "the time with its year in front is understood (the case allows it)"},
    {"leef-apache-metron-04", "a custom key behind a blank is a key; the case takes it for value"},
    {"cef-elastic-beats-35", "blanks at a value's end are removed (vrl), not kept"},
    {"cef-vectordotdev-vrl-10", "\\r is CR (graylog, logstash, elastic), not LF"},
    {"cef-davidjbianco-pycef-06", "empty header fields are accepted, as the case prefers"},
    {"cef-davidjbianco-pycef-07", "as pycef-06"},
    {"cef-davidjbianco-pycef-10", "as pycef-06"},
    {"cef-davidjbianco-pycef-13", "as pycef-06"},
};

static const char *known_reason(const char *id)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].id, id) == 0)
            return known[i].why;
    return NULL;
}

struct tally {
    unsigned run, failed, excused;
};

static struct arena arena;
static struct fields fields;
static char reason[400];

static struct slice input_of(json_t *one)
{
    json_t *input = json_object_get(one, "input");
    struct slice text = slice_of(json_string_value(input), json_string_length(input));
    const char *encoding = json_string_value(json_object_get(one, "input_encoding"));
    if (!encoding || strcmp(encoding, "latin-1") != 0)
        return arena_dup(&arena, text);
    char *p = arena_bytes(&arena, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (c >= 0xC2 && i + 1 < text.n)
            c = (unsigned char)((c & 3) << 6 | ((unsigned char)text.p[++i] & 0x3F));
        p[n++] = (char)c;
    }
    return slice_of(p, n);
}

static struct slice json_slice(const json_t *value)
{
    return json_is_string(value) ? slice_of(json_string_value(value), json_string_length(value))
                                 : SLICE_NONE;
}

static bool same_text(const char *key, const json_t *expected, struct slice got)
{
    char number[32];
    struct slice want = json_slice(expected);
    if (json_is_integer(expected)) {
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(expected));
        want = slice_from(number);
    }
    if (slice_equal(want, got))
        return true;
    snprintf(reason, sizeof reason, "%s: expected \"%.*s\", got \"%.*s\"", key,
             (int)(want.n > 120 ? 120 : want.n), want.p ? want.p : "",
             (int)(got.n > 120 ? 120 : got.n), got.p ? got.p : "");
    return false;
}

static bool same_number(const char *key, const json_t *expected, int got)
{
    int want = json_is_integer(expected) ? (int)json_integer_value(expected) : -1;
    if (want == got)
        return true;
    snprintf(reason, sizeof reason, "%s: expected %d, got %d", key, want, got);
    return false;
}

/* Two messages of a tag's blank and a byte order mark apart are the same. */
static struct slice bare_msg(struct slice s, bool strip_blank)
{
    if (strip_blank && s.n && s.p[0] == ' ')
        s = slice_skip(s, 1);
    if (slice_starts_with(s, SLICE("\xEF\xBB\xBF")))
        s = slice_skip(s, 3);
    while (s.n && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r'))
        s.n--;
    return s;
}

static bool same_time(const json_t *expected)
{
    const struct syslog_header *h = &fields.syslog;
    struct slice want = json_slice(expected);
    if (!want.n) {
        if (!h->timestamp.n)
            return true;
        snprintf(reason, sizeof reason, "timestamp: expected none, got \"%.*s\"",
                 SLICE_FMT(h->timestamp));
        return false;
    }
    /* Both as times: the case's own text is one of the forms, MM-DDT... but for its year. */
    struct parsed_time a = {0}, b = h->time;
    char with_year[96];
    bool no_year = want.n > 5 && want.p[2] == '-' && want.p[5] == 'T';
    snprintf(with_year, sizeof with_year, "%s%.*s", no_year ? "2000-" : "", SLICE_FMT(want));
    if (!parse_timestamp(slice_from(with_year), &a)) {
        snprintf(reason, sizeof reason, "timestamp: the case's own is unreadable: %s", with_year);
        return false;
    }
    if (!a.has_zone)
        b.has_zone = false, b.offset_s = 0;
    int64_t at_a = 0, at_b = 0;
    if (no_year || !a.has_year)
        a.year = b.year = 2000, a.has_year = b.has_year = true;
    if (b.is_set && parsed_time_to_ms(&a, NULL, 0, &at_a) &&
        parsed_time_to_ms(&b, NULL, 0, &at_b) && at_a == at_b)
        return true;
    snprintf(reason, sizeof reason, "timestamp: expected %s, got \"%.*s\"", with_year,
             SLICE_FMT(h->timestamp));
    return false;
}

/* One value of structured data, with its escapes or without: suites differ, RFC 5424 does not. */
static bool same_sd_value(const json_t *expected, struct slice got, struct slice whole)
{
    struct slice want = json_slice(expected);
    if (json_is_array(expected)) {
        for (size_t i = 0; i < json_array_size(expected); i++)
            if (same_sd_value(json_array_get(expected, i), got, whole))
                return true;
        return false;
    }
    if (slice_equal(want, got))
        return true;
    struct buf quoted = {0};
    buf_printf(&quoted, "\"%.*s\"", SLICE_FMT(want));
    bool is_raw =
        slice_search(whole, buf_get(&quoted)) < whole.n && slice_find(want, '\\') < want.n;
    buf_free(&quoted);
    return is_raw;
}

static bool same_structured_data(json_t *expected)
{
    struct sd_param v[128];
    struct slice sd = fields.syslog.structured_data;
    bool is_cut;
    size_t n = parse_structured_data(sd, &arena, v, 128, &is_cut), params = 0, want = 0;
    for (size_t i = 0; i < n; i++) {
        char id[128], name[128];
        snprintf(id, sizeof id, "%.*s", SLICE_FMT(v[i].id));
        snprintf(name, sizeof name, "%.*s", SLICE_FMT(v[i].name));
        json_t *element = json_object_get(expected, id);
        if (!element && !v[i].name.n)
            continue; /* an element without parameters: some suites do not list it */
        if (!element) {
            snprintf(reason, sizeof reason, "structured_data: %s is not expected", id);
            return false;
        }
        if (!v[i].name.n)
            continue;
        params++;
        json_t *value = json_object_get(element, name);
        if (!value || !same_sd_value(value, v[i].value, sd)) {
            snprintf(reason, sizeof reason, "structured_data: %s.%s is \"%.*s\"", id, name,
                     SLICE_FMT(v[i].value));
            return false;
        }
    }
    const char *id;
    json_t *element;
    json_object_foreach(expected, id, element)
    {
        const char *name;
        json_t *value;
        json_object_foreach(element, name, value) want +=
            json_is_array(value) ? json_array_size(value) : 1;
    }
    if (want != params)
        snprintf(reason, sizeof reason, "structured_data: %zu parameters expected, %zu found", want,
                 params);
    return want == params;
}

static bool check_key(json_t *one, const char *key, json_t *expected)
{
    const struct syslog_header *h = &fields.syslog;
    if (strcmp(key, "pri") == 0)
        return same_number(key, expected, h->pri);
    if (strcmp(key, "facility") == 0)
        return same_number(key, expected, h->pri < 0 ? -1 : h->pri / 8);
    if (strcmp(key, "severity") == 0)
        return same_number(key, expected, h->pri < 0 ? -1 : h->pri % 8);
    if (strcmp(key, "version") == 0)
        return same_number(key, expected, h->version ? h->version : -1);
    if (strcmp(key, "timestamp") == 0)
        return json_is_false(json_object_get(one, "timestamp_checked")) || same_time(expected);
    if (strcmp(key, "hostname") == 0)
        return same_text(key, expected, h->hostname);
    if (strcmp(key, "appname") == 0)
        return same_text(key, expected, h->appname);
    if (strcmp(key, "procid") == 0)
        return same_text(key, expected, h->procid);
    if (strcmp(key, "msgid") == 0)
        return same_text(key, expected, h->msgid);
    if (strcmp(key, "structured_data") == 0)
        return same_structured_data(expected);
    if (strcmp(key, "msg") == 0) {
        bool strip = json_object_get(one, "raw_tag") != NULL;
        struct slice got = bare_msg(h->msg, strip), want = bare_msg(json_slice(expected), strip);
        json_t *bare = json_stringn(want.p ? want.p : "", want.n);
        bool same = same_text(key, bare, got);
        json_decref(bare);
        return same;
    }
    snprintf(reason, sizeof reason, "the case has an unknown key %s", key);
    return false;
}

static bool also_allows(json_t *one, const char *key)
{
    json_t *also = json_object_get(one, "also");
    for (size_t i = 0; i < json_array_size(also); i++) {
        json_t *value = json_object_get(json_array_get(also, i), key);
        if (value && check_key(one, key, value))
            return true;
    }
    return false;
}

static bool check_syslog(json_t *one)
{
    struct parse_options strict = {.strict = true};
    struct slice in = input_of(one);
    if (json_object_get(one, "expect_error")) {
        snprintf(reason, sizeof reason, "strict mode accepts it");
        return parse_message(in, &strict, &arena, &fields) == PARSE_MALFORMED && fields.error;
    }
    parse_message(in, NULL, &arena, &fields);
    const char *key;
    json_t *expected;
    json_object_foreach(json_object_get(one, "expect"), key, expected)
    {
        if (!check_key(one, key, expected) && !also_allows(one, key))
            return false;
    }
    return true;
}

static bool check_framing(json_t *one)
{
    struct slice in = input_of(one), frame;
    struct framing f;
    size_t consumed, n = 0;
    bool has_error = false, is_good = true;
    const char *mode = json_string_value(json_object_get(one, "mode"));
    json_t *expected = json_object_get(one, "expect_frames");
    framing_init(&f,
                 mode && strcmp(mode, "octet") == 0 ? FRAMING_OCTET
                 : mode && strcmp(mode, "nul") == 0 ? FRAMING_NUL
                                                    : FRAMING_AUTO,
                 0);
    for (int at_end = 0; at_end < 2;) {
        enum parse_status status = at_end ? framing_end(&f, in, &frame, &consumed)
                                          : framing_next(&f, in, &frame, &consumed);
        in = slice_skip(in, consumed);
        if (status == PARSE_MORE)
            at_end++;
        else if (status == PARSE_MALFORMED)
            has_error = true;
        else if (n >= json_array_size(expected) ||
                 !same_text("frame", json_array_get(expected, n++), frame))
            is_good = false;
    }
    framing_fini(&f);
    if (is_good && n != json_array_size(expected)) {
        snprintf(reason, sizeof reason, "%zu frames expected, %zu found", json_array_size(expected),
                 n);
        return false;
    }
    if (is_good && has_error != (json_object_get(one, "expect_error") != NULL)) {
        snprintf(reason, sizeof reason, has_error ? "no error expected" : "an error expected");
        return false;
    }
    return is_good;
}

static const struct field *find_extension(const char *name)
{
    for (size_t i = fields.n_header; i < fields.n; i++)
        if (slice_equal(fields.v[i].name, slice_from(name)))
            return &fields.v[i];
    return NULL;
}

static bool same_instant(struct slice a, struct slice b)
{
    struct parsed_time time_a, time_b;
    int64_t at_a, at_b;
    return parse_timestamp(a, &time_a) && parse_timestamp(b, &time_b) &&
           parsed_time_to_ms(&time_a, NULL, 0, &at_a) &&
           parsed_time_to_ms(&time_b, NULL, 0, &at_b) && at_a == at_b;
}

/* CEF and LEEF. */
static bool check_body(json_t *one, enum gw_format format)
{
    struct parse_options strict = {.strict = true};
    struct slice in = input_of(one);
    if (json_object_get(one, "expect_error")) {
        snprintf(reason, sizeof reason, "strict mode accepts it");
        return parse_message(in, &strict, &arena, &fields) == PARSE_MALFORMED && fields.error;
    }
    enum parse_status status = parse_message(in, NULL, &arena, &fields);
    if (fields.format != format || status != PARSE_OK) {
        snprintf(reason, sizeof reason, "not read: %s", fields.error ? fields.error : "no format");
        return false;
    }
    json_t *expect = json_object_get(one, "expect"), *expected;
    const char *name;
    json_object_foreach(json_object_get(expect, "header"), name, expected)
    {
        const struct field *f = fields_find(&fields, slice_from(name));
        if (!same_text(name, expected, f ? f->value : SLICE_NONE))
            return false;
    }
    json_t *extensions = json_object_get(expect, "extensions");
    json_object_foreach(extensions, name, expected)
    {
        const struct field *f = find_extension(name);
        /* Some suites turn a value into an instant. */
        struct slice want = json_slice(expected);
        if (f && !slice_equal(want, f->value) && same_instant(want, f->value))
            continue;
        if (!f && want.n == 0)
            continue;
        if (!f) {
            snprintf(reason, sizeof reason, "extension %s is missing", name);
            return false;
        }
        if (!same_text(name, expected, f->value))
            return false;
    }
    if (json_is_object(extensions) && !json_object_get(one, "extensions_partial"))
        for (size_t i = fields.n_header; i < fields.n; i++) {
            char key[256];
            snprintf(key, sizeof key, "%.*s", SLICE_FMT(fields.v[i].name));
            if (fields.v[i].value.n && !json_object_get(extensions, key)) {
                snprintf(reason, sizeof reason, "extension %s is not expected", key);
                return false;
            }
        }
    return true;
}

static bool check_case(json_t *one, bool *is_ours)
{
    const char *format = json_string_value(json_object_get(one, "format"));
    const char *kind = json_string_value(json_object_get(one, "kind"));
    *is_ours = true;
    if (kind && strcmp(kind, "framing") == 0)
        return check_framing(one);
    if (!format)
        return check_syslog(one);
    if (strcmp(format, "CEF") == 0)
        return check_body(one, GW_FORMAT_CEF);
    if (strcmp(format, "LEEF") == 0)
        return check_body(one, GW_FORMAT_LEEF);
    *is_ours = false;
    return true;
}

static bool run_file(const char *path, struct tally *tally)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    if (!file)
        return false;
    while ((n = getline(&line, &room, file)) > 0) {
        json_error_t error;
        json_t *one = json_loadb(line, (size_t)n, JSON_ALLOW_NUL, &error);
        const char *id = json_string_value(json_object_get(one, "id"));
        bool is_ours = false;
        if (!one) /* numbers beyond 64 bits */
            one = json_loadb(line, (size_t)n, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
        CU_ASSERT_PTR_NOT_NULL(one);
        if (!one)
            printf("  unreadable line: %s: %.60s\n", error.text, line);
        arena_reset(&arena);
        reason[0] = '\0';
        bool is_good = one && id && check_case(one, &is_ours);
        if (is_ours) {
            const char *why = known_reason(id);
            tally->run++;
            if (!is_good && why) {
                tally->excused++;
                printf("  chosen otherwise: %s: %s\n", id, why);
            } else if (!is_good) {
                tally->failed++;
                printf("  DISAGREES: %s: %s\n", id, reason);
            }
        }
        json_decref(one);
    }
    free(line);
    fclose(file);
    printf("  %s: %u cases, %u agree, %u chosen otherwise, %u disagree\n", path, tally->run,
           tally->run - tally->failed - tally->excused, tally->excused, tally->failed);
    return true;
}

static const char *source_folder(void)
{
    const char *folder = getenv("srcdir");
    return folder ? folder : TEST_TOP_SRCDIR;
}

static void own_cases(void)
{
    static const char *const files[] = {"syslog-cases.jsonl", "cef-cases.jsonl"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[512];
        struct tally tally = {0};
        snprintf(path, sizeof path, "%s/tests/parsers/%s", source_folder(), files[i]);
        CU_ASSERT_TRUE_FATAL(run_file(path, &tally));
        CU_ASSERT_TRUE(tally.run >= 20);
        CU_ASSERT_EQUAL(tally.failed, 0);
        CU_ASSERT_EQUAL(tally.excused, 0);
    }
}

static void shared_cases(void)
{
    static const char *const files[] = {"syslog-conformance.jsonl", "cef-leef-conformance.jsonl"};
    const char *shared = getenv("EOG_SHARED");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[512];
        struct tally tally = {0};
        if (shared)
            snprintf(path, sizeof path, "%s/corpus/%s", shared, files[i]);
        else
            snprintf(path, sizeof path, "%s/../shared/corpus/%s", source_folder(), files[i]);
        if (!run_file(path, &tally)) {
            printf("  %s is not there: our own cases alone\n", path);
            continue;
        }
        CU_ASSERT_TRUE(tally.run >= 40);
        CU_ASSERT_TRUE(tally.failed * 100 <= tally.run * 2);
    }
}

int main(void)
{
    arena_init(&arena, 0);
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("conformance", NULL, NULL);
    CU_add_test(suite, "own cases", own_cases);
    CU_add_test(suite, "shared cases", shared_cases);
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_failures();
    CU_cleanup_registry();
    arena_fini(&arena);
    return failed ? 1 : 0;
}
