/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The record's form on disk: what is decoded is what was encoded, encoding it again gives the same
 * bytes, and no damage makes the decoder read outside of what it was given (records are copied to
 * memory of their exact size, where a sanitizer sees each byte too far).
 */
#include <stdlib.h>
#include <string.h>

#include "gateway/base/cursor.h"
#include "gateway/base/error.h"
#include "gateway/schema/event.h"
#include "tests/support/suite.h"

static const char raw_text[] =
    "<13>CEF:0|Trend Micro|Apex Central|2019|AV:File quarantined|Eicar|3|dhost=PC1 cs1=a";
static const char legacy_raw[] = "<13>\xb2\xa1\xb6\xbe=1";
static const char legacy_text[] = "<13>\xe7\x97\x85\xe6\xaf\x92=1";

static struct gw_event event, back;
static struct buf out, again;

static void fill_plain(void)
{
    struct slice raw = slice_from(raw_text);
    gw_event_clear(&event);
    event.kind = GW_KIND_MALWARE_QUARANTINED;
    event.severity = 4;
    event.flags = GW_EVENT_NO_TIME;
    event.transport = GW_TRANSPORT_TCP;
    event.format = GW_FORMAT_CEF;
    event.time_ms = 1795536000000;
    event.received_ms = 1795536000200;
    event.raw = event.text = raw;
    gw_event_set_text(&event, GW_FIELD_PRODUCT_VENDOR, slice_of(raw.p + 10, 11));
    gw_event_set_text(&event, GW_FIELD_HOST_NAME, slice_of(raw.p + 73, 3));
    gw_event_set_text(&event, GW_FIELD_SITE, SLICE("hq")); /* not in raw */
    gw_event_set_int(&event, GW_FIELD_EVENT_COUNT, 3);
    gw_event_set_int(&event, GW_FIELD_KPI_VALUE, INT64_MIN);
    gw_event_set_text(&event, GW_FIELD_ADVICE, SLICE("also not in raw"));
    gw_event_add_unmapped(&event, slice_of(raw.p + 77, 3), slice_of(raw.p + 81, 1));
    gw_event_add_unmapped(&event, SLICE("made"), SLICE_NONE);
}

static void fill_legacy(void)
{
    gw_event_clear(&event);
    event.kind = GW_KIND_GATEWAY_UNTRANSLATABLE;
    event.time_ms = -5;
    event.received_ms = INT64_MAX;
    event.full_size_bytes = UINT32_MAX;
    event.raw = slice_from(legacy_raw);
    event.text = slice_from(legacy_text);
    gw_event_set_text(&event, GW_FIELD_MALWARE_NAME, slice_of(legacy_text + 4, 6));
    gw_event_set_text(&event, GW_FIELD_MESSAGE, slice_of(legacy_raw + 8, 2));
    gw_event_set_text(&event, GW_FIELD_SITE, SLICE("hq"));
}

static void fill_empty(void)
{
    gw_event_clear(&event);
}

static void fill_to_the_brim(void)
{
    fill_plain();
    for (int f = 1; f < GW_FIELD_END; f++)
        if (gw_field_type((enum gw_field)f) == GW_TYPE_TEXT)
            gw_event_set_text(&event, (enum gw_field)f,
                              slice_from(gw_field_name((enum gw_field)f)));
    while (gw_event_add_unmapped(&event, slice_of(raw_text + event.n_unmapped % 40, 5),
                                 SLICE("elsewhere")))
        continue;
}

static void fill_correction(void)
{
    fill_plain();
    event.correction = (struct gw_correction){UINT64_MAX, UINT32_MAX, true};
}

static void (*const fillers[])(void) = {fill_plain, fill_legacy, fill_empty, fill_to_the_brim,
                                        fill_correction};
enum { FILLERS = sizeof fillers / sizeof *fillers };

static void check_same(const struct gw_event *a, const struct gw_event *b)
{
    CU_ASSERT(a->kind == b->kind && a->severity == b->severity && a->flags == b->flags);
    CU_ASSERT(a->transport == b->transport && a->format == b->format);
    CU_ASSERT(a->time_ms == b->time_ms && a->received_ms == b->received_ms);
    CU_ASSERT(a->full_size_bytes == b->full_size_bytes);
    CU_ASSERT(slice_equal(a->raw, b->raw) && slice_equal(a->text, b->text));
    CU_ASSERT_EQUAL(a->correction.of, b->correction.of);
    CU_ASSERT_EQUAL(a->correction.revision, b->correction.revision);
    CU_ASSERT_EQUAL(a->correction.is_for_feed, b->correction.is_for_feed);
    CU_ASSERT_EQUAL_FATAL(a->n_values, b->n_values);
    for (int f = 1; f < GW_FIELD_END; f++) {
        CU_ASSERT_EQUAL(gw_event_has(a, (enum gw_field)f), gw_event_has(b, (enum gw_field)f));
        CU_ASSERT(
            slice_equal(gw_event_text(a, (enum gw_field)f), gw_event_text(b, (enum gw_field)f)));
        CU_ASSERT_EQUAL(gw_event_int(a, (enum gw_field)f, 9), gw_event_int(b, (enum gw_field)f, 9));
    }
    CU_ASSERT_EQUAL_FATAL(a->n_unmapped, b->n_unmapped);
    for (size_t i = 0; i < a->n_unmapped; i++) {
        CU_ASSERT(slice_equal(a->unmapped[i].name, b->unmapped[i].name));
        CU_ASSERT(slice_equal(a->unmapped[i].value, b->unmapped[i].value));
    }
}

static void test_round_trip(void)
{
    for (size_t i = 0; i < FILLERS; i++) {
        fillers[i]();
        buf_clear(&out);
        gw_event_encode(&event, &out);
        CU_ASSERT_EQUAL_FATAL(gw_event_decode(buf_get(&out), &back), GW_OK);
        check_same(&event, &back);
        buf_clear(&again);
        gw_event_encode(&back, &again);
        CU_ASSERT(slice_equal(buf_get(&out), buf_get(&again)));
    }
}

/* A record is little larger than its message: what lies in raw is not stored twice. */
static void test_size(void)
{
    fill_plain();
    buf_clear(&out);
    gw_event_encode(&event, &out);
    CU_ASSERT(out.n < event.raw.n + 100);
}

/* Decodes bytes in memory of their exact size and touches all that it says. */
static int decode_exactly(const char *p, size_t n)
{
    char *exact = malloc(n ? n : 1);
    memcpy(exact, p, n);
    int error = gw_event_decode(slice_of(exact, n), &back);
    unsigned sum = 0;
    for (size_t i = 0; i < back.n_values; i++)
        for (size_t k = 0; back.values[i].type != GW_TYPE_INT &&
                           back.values[i].type != GW_TYPE_TIME && k < back.values[i].text.n;
             k++)
            sum += (unsigned char)back.values[i].text.p[k];
    for (size_t i = 0; i < back.n_unmapped; i++)
        for (size_t k = 0; k < back.unmapped[i].value.n; k++)
            sum += (unsigned char)back.unmapped[i].value.p[k];
    if (error == GW_OK) {
        for (size_t k = 0; k < back.text.n; k++)
            sum += (unsigned char)back.text.p[k];
        buf_clear(&again);
        gw_event_encode(&back, &again); /* whatever decodes can be encoded */
    }
    volatile unsigned sink = sum;
    (void)sink;
    free(exact);
    return error;
}

static void test_truncation(void)
{
    for (size_t i = 0; i < FILLERS; i++) {
        fillers[i]();
        buf_clear(&out);
        gw_event_encode(&event, &out);
        unsigned accepted = 0;
        for (size_t n = 0; n < out.n; n++)
            accepted += decode_exactly(out.p, n) == GW_OK;
        CU_ASSERT_EQUAL(accepted, 0);
        CU_ASSERT_EQUAL(back.n_values, 0);
    }
}

static void test_bit_flips(void)
{
    for (size_t i = 0; i < FILLERS; i++) {
        fillers[i]();
        buf_clear(&out);
        gw_event_encode(&event, &out);
        unsigned refused = 0;
        for (size_t at = 0; at < out.n; at++) {
            for (int bit = 0; bit < 8; bit++) {
                out.p[at] ^= (char)(1 << bit);
                refused += decode_exactly(out.p, out.n) != GW_OK;
                out.p[at] ^= (char)(1 << bit);
            }
        }
        CU_ASSERT(refused > 0);
    }
}

static void test_random_bytes(void)
{
    char bytes[200];
    srand(11);
    for (int round = 0; round < 50000; round++) {
        size_t n = 1 + (size_t)rand() % (sizeof bytes - 1);
        for (size_t i = 0; i < n; i++)
            bytes[i] = (char)(rand() % 2 ? rand() % 4 : rand());
        bytes[0] = (char)(1 + round % 2);
        decode_exactly(bytes, n);
    }
    CU_PASS("alive");
}

static void test_versions(void)
{
    fill_plain();
    buf_clear(&out);
    gw_event_encode(&event, &out);
    out.p[0] = 3;
    CU_ASSERT_EQUAL(gw_event_decode(buf_get(&out), &back), GW_ERR_VERSION);
    out.p[0] = 0;
    CU_ASSERT_EQUAL(gw_event_decode(buf_get(&out), &back), GW_ERR_DAMAGED);
    CU_ASSERT_EQUAL(gw_event_decode(SLICE_NONE, &back), GW_ERR_DAMAGED);
}

/* fill_plain() as the first version of this program wrote it: it reads the same for ever, and what
 * is no correction is still written so. */
static void test_first_version(void)
{
    static const char record[] =
        "\x01\x03\x04\x08\x02\x01\x80\xd0\xc8\xe4\xc1\x68\x90\x03\x00\x53"
        "<13>CEF:0|Trend Micro|Apex Central|2019|AV:File quarantined|Eicar|3|dhost=PC1 cs1=a"
        "\x15hqalso not in rawmade\x00\x06\x28\x14\x0b\x3c\x68\x03\x06\x0e\x02\x0f\x06\xf5\x02"
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x86\x03\x00\x0f\x02\x2d\x03\x02\x01\x24\x04\x00"
        "\x00";
    struct slice bytes = slice_of(record, sizeof record - 1);
    struct gw_correction correction;
    fill_plain();
    buf_clear(&out);
    gw_event_encode(&event, &out);
    CU_ASSERT(slice_equal(buf_get(&out), bytes));
    CU_ASSERT_EQUAL_FATAL(gw_event_decode(bytes, &back), GW_OK);
    check_same(&event, &back);
    CU_ASSERT(!gw_event_is_correction(&back) && gw_event_is_for_feed(&back));
    CU_ASSERT(!gw_event_peek_correction(bytes, &correction) && correction.of == 0);
    CU_ASSERT_EQUAL(gw_event_peek_kind(bytes), GW_KIND_MALWARE_QUARANTINED);
    back.sequence = 12;
    CU_ASSERT_EQUAL(gw_event_origin(&back), 12);
}

static void test_correction(void)
{
    struct gw_correction seen;
    fill_plain();
    event.correction = (struct gw_correction){300, 2, false};
    buf_clear(&out);
    gw_event_encode(&event, &out);
    CU_ASSERT_EQUAL(out.p[0], 2);
    CU_ASSERT_EQUAL(gw_event_peek_kind(buf_get(&out)), GW_KIND_MALWARE_QUARANTINED);
    CU_ASSERT(gw_event_peek_correction(buf_get(&out), &seen));
    CU_ASSERT(seen.of == 300 && seen.revision == 2 && !seen.is_for_feed);
    CU_ASSERT_EQUAL_FATAL(gw_event_decode(buf_get(&out), &back), GW_OK);
    CU_ASSERT(gw_event_is_correction(&back) && !gw_event_is_for_feed(&back));
    back.sequence = 900;
    CU_ASSERT_EQUAL(gw_event_origin(&back), 300);
    out.p[1] = 1;
    CU_ASSERT(gw_event_decode(buf_get(&out), &back) == GW_OK && gw_event_is_for_feed(&back));
}

/* Of no record, of revision 1, with flags that nobody knows: none of these was ever written. */
static void test_false_corrections(void)
{
    static const char *const heads[] = {"\x02\x00\x02\x00", "\x02\x00\x01\x05", "\x02\x00\x00\x05",
                                        "\x02\x02\x02\x05"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct gw_correction seen;
        fill_plain();
        buf_clear(&out);
        buf_append(&out, heads[i], 4);
        gw_event_encode(&event, &again);
        buf_append(&out, again.p + 1, again.n - 1);
        buf_clear(&again);
        CU_ASSERT_EQUAL(gw_event_decode(buf_get(&out), &back), GW_ERR_DAMAGED);
        CU_ASSERT(!gw_event_peek_correction(buf_get(&out), &seen) && seen.of == 0);
        CU_ASSERT_EQUAL(gw_event_peek_kind(buf_get(&out)), -1);
    }
}

/* A field of a number that this version does not know is skipped; one that stands twice counts
 * once. */
static void test_unknown_fields(void)
{
    static const char record[] = "\x01\x50\x01\0\0\0\0\0\0" /* header: kind 80 */
                                 "\x02hi\0\0"               /* raw, no extra, text is raw */
                                 "\x04"                     /* values */
                                 "\xff\xff\x01\x02"         /* field 16383 = 1 */
                                 "\xfe\xfd\x01\0\x02"       /* field 16255 = "hi" */
                                 "\x0f\x02"                 /* event.count = 1 */
                                 "\x0f\x04"                 /* event.count = 2 */
                                 "\0";                      /* unmapped */
    CU_ASSERT_EQUAL_FATAL(gw_event_decode(slice_of(record, sizeof record - 1), &back), GW_OK);
    CU_ASSERT_EQUAL(back.kind, 80);
    CU_ASSERT(slice_equal(back.raw, SLICE("hi")));
    CU_ASSERT_EQUAL(back.n_values, 1);
    CU_ASSERT_EQUAL(gw_event_int(&back, GW_FIELD_EVENT_COUNT, 0), 1);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"round trip", test_round_trip},         {"size", test_size},
        {"truncation", test_truncation},         {"bit flips", test_bit_flips},
        {"random bytes", test_random_bytes},     {"versions", test_versions},
        {"unknown fields", test_unknown_fields}, {"first version", test_first_version},
        {"correction", test_correction},         {"false corrections", test_false_corrections},
    };
    int status = suite_run("event codec", tests, sizeof tests / sizeof *tests);
    buf_free(&out);
    buf_free(&again);
    return status;
}
