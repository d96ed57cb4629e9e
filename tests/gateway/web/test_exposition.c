/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics as text: both forms to the byte, labels that are hostile, and what Accept asks for. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/utf8.h"
#include "gateway/web/exposition.h"
#include "tests/support/unit.h"

static void write_page(struct buf *out, enum exposition_form form)
{
    struct exposition e;
    exposition_begin(&e, out, form);
    exposition_family(&e, "a_records", EXPOSITION_COUNTER, "Records.");
    exposition_sample(&e);
    exposition_uint(&e, UINT64_MAX);
    exposition_family(&e, "a_age_seconds", EXPOSITION_GAUGE, "Age.");
    exposition_sample(&e);
    exposition_label(&e, "x", SLICE("1"));
    exposition_label(&e, "y", SLICE(""));
    exposition_ms(&e, 12005);
    exposition_sample(&e);
    exposition_label(&e, "x", SLICE("2"));
    exposition_ms(&e, INT64_MIN);
    exposition_family(&e, "a_gateway", EXPOSITION_INFO, "Who.");
    exposition_sample(&e);
    exposition_int(&e, -1);
    exposition_end(&e);
}

static void test_forms(void)
{
    struct buf out = {0};
    write_page(&out, EXPOSITION_PROMETHEUS);
    UNIT_TEXT(buf_get(&out), "# HELP a_records_total Records.\n"
                             "# TYPE a_records_total counter\n"
                             "a_records_total 18446744073709551615\n"
                             "# HELP a_age_seconds Age.\n"
                             "# TYPE a_age_seconds gauge\n"
                             "a_age_seconds{x=\"1\",y=\"\"} 12.005\n"
                             "a_age_seconds{x=\"2\"} -9223372036854775.808\n"
                             "# HELP a_gateway_info Who.\n"
                             "# TYPE a_gateway_info gauge\n"
                             "a_gateway_info -1\n");
    buf_clear(&out);
    write_page(&out, EXPOSITION_OPENMETRICS);
    UNIT_TEXT(buf_get(&out), "# HELP a_records Records.\n"
                             "# TYPE a_records counter\n"
                             "a_records_total 18446744073709551615\n"
                             "# HELP a_age_seconds Age.\n"
                             "# TYPE a_age_seconds gauge\n"
                             "a_age_seconds{x=\"1\",y=\"\"} 12.005\n"
                             "a_age_seconds{x=\"2\"} -9223372036854775.808\n"
                             "# HELP a_gateway Who.\n"
                             "# TYPE a_gateway info\n"
                             "a_gateway_info -1\n"
                             "# EOF\n");
    buf_free(&out);
    CU_ASSERT_STRING_EQUAL(exposition_media_type(EXPOSITION_PROMETHEUS),
                           "text/plain; version=0.0.4; charset=utf-8");
}

static struct slice label(struct buf *out, struct slice value)
{
    struct exposition e;
    buf_clear(out);
    exposition_begin(&e, out, EXPOSITION_PROMETHEUS);
    e.name = "a";
    exposition_sample(&e);
    exposition_label(&e, "k", value);
    return buf_get(out);
}

static void test_labels(void)
{
    struct buf out = {0};
    UNIT_TEXT(label(&out, SLICE("a\\b\"c\nd")), "a{k=\"a\\\\b\\\"c\\nd\"");
    UNIT_TEXT(label(&out, SLICE("\"} 1\nevil 2\n")), "a{k=\"\\\"} 1\\nevil 2\\n\"");
    UNIT_TEXT(label(&out, SLICE("\\n")), "a{k=\"\\\\n\"");
    UNIT_TEXT(label(&out, SLICE("总部/osce")), "a{k=\"总部/osce\"");
    UNIT_TEXT(label(&out, SLICE("\xff"
                                "a\xe7\x8e")),
              "a{k=\"\xef\xbf\xbd"
              "a\xef\xbf\xbd\xef\xbf\xbd\"");
    /* a surrogate, an overlong quote: three bytes and two that are no UTF-8 */
    UNIT_TEXT(label(&out, SLICE("\xed\xa0\x80\xc0\xa2")),
              "a{k=\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
    UNIT_TEXT(label(&out, SLICE_NONE), "a{k=\"\"");
    buf_free(&out);
}

/* Whatever the bytes are: one line, valid UTF-8, closed by the one quote that is not escaped. */
static void test_any_bytes(void)
{
    struct buf out = {0};
    char bytes[64];
    srand(2819);
    for (int round = 0; round < 20000; round++) {
        size_t n = (size_t)rand() % sizeof bytes;
        for (size_t i = 0; i < n; i++)
            bytes[i] = rand() % 3 ? (char)rand() : "\\\"\n\xe7\x8e\x8b"[rand() % 6];
        struct slice text = label(&out, slice_of(bytes, n));
        size_t quotes = 0;
        bool is_escaped = false, has_line_feed = false;
        for (size_t i = 0; i < text.n; i++) {
            quotes += text.p[i] == '"' && !is_escaped;
            has_line_feed |= text.p[i] == '\n';
            is_escaped = text.p[i] == '\\' && !is_escaped;
        }
        CU_ASSERT_EQUAL_FATAL(quotes, 2);
        CU_ASSERT_FALSE_FATAL(has_line_feed || is_escaped);
        CU_ASSERT_TRUE_FATAL(utf8_is_valid(text));
    }
    buf_free(&out);
}

static void test_accept(void)
{
    static const struct {
        const char *accept;
        bool is_open;
    } cases[] = {
        {"", false},
        {"*/*", false},
        {"text/plain", false},
        {"application/openmetrics-text", true},
        {"application/openmetrics-text; version=1.0.0; charset=utf-8", true},
        {"application/openmetrics-text;version=2.0.0", false},
        {"application/openmetrics-text;version=0.0.1", false},
        {"application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;"
         "version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
         true},
        {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
         "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.5,*/*;q=0.2",
         true},
        {"application/openmetrics-text;q=0.3,text/plain;version=0.0.4;q=0.5", false},
        {"application/openmetrics-text;q=0.5 , text/plain;q=0.5", true},
        {"APPLICATION/OpenMetrics-Text", true},
        {"application/openmetrics-text;q=0", false},
        {"application/openmetrics-text;q=0.0001", false},
        {"application/openmetrics-text;q=2", false},
        {"application/openmetrics-text;q=1.001", false},
        {"application/openmetrics-text;q=-1", false},
        {"application/openmetrics-text;q=", false},
        {"application/openmetrics-textual", false},
        {",,;;,=;q", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CU_ASSERT_EQUAL(exposition_choose(slice_from(cases[i].accept)),
                        cases[i].is_open ? EXPOSITION_OPENMETRICS : EXPOSITION_PROMETHEUS);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"forms", test_forms},   {"labels", test_labels}, {"any bytes", test_any_bytes},
        {"accept", test_accept}, CU_TEST_INFO_NULL,
    };
    return unit_run("exposition", tests);
}
