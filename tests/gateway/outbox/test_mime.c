/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Encodings, at their bounds; text made inert; headers that nothing can end. */
#include "gateway/outbox/mime.h"

#include <CUnit/Basic.h>
#include <stdlib.h>

#include "tests/support/suite.h"
#include "tests/support/unit.h"

static struct buf out;

static struct slice clean(struct slice text, size_t max)
{
    buf_clear(&out);
    mime_clean(&out, text, max);
    return buf_get(&out);
}

static void test_clean(void)
{
    UNIT_TEXT(clean(SLICE("plain"), 10), "plain");
    UNIT_TEXT(clean(SLICE(" a \r\n\t b "), 10), "a b");
    UNIT_TEXT(clean(SLICE("a\r\nBcc: x@example.com"), 40), "a Bcc: x@example.com");
    UNIT_TEXT(clean(SLICE("\x1b[2Jred\x7f\xc2\x9b"), 40), "[2Jred");
    UNIT_TEXT(clean(SLICE("a\xe2\x80\xae\xe2\x81\xa6gpj.exe\xe2\x80\xa8z"), 40), "a gpj.exe z");
    UNIT_TEXT(clean(SLICE("a\xff\xfe\0b"), 40), "a\xef\xbf\xbd\xef\xbf\xbd b");
    UNIT_TEXT(clean(SLICE("\xe7\x97\x85\xe6\xaf\x92"), 6), "\xe7\x97\x85\xe6\xaf\x92");
    UNIT_TEXT(clean(SLICE("\xe7\x97\x85\xe6\xaf\x92\xe7\xa0\x81"), 8), "\xe7\x97\x85...");
    UNIT_TEXT(clean(SLICE("0123456789"), 9), "012345...");
    UNIT_TEXT(clean(SLICE_NONE, 9), "");
}

static struct slice header(const char *text)
{
    buf_clear(&out);
    mime_header(&out, "Subject", slice_from(text));
    return buf_get(&out);
}

static void test_header(void)
{
    UNIT_TEXT(header("hello"), "Subject: hello\r\n");
    UNIT_TEXT(header("\xe7\x97\x85"), "Subject: =?UTF-8?B?55eF?=\r\n");
    UNIT_TEXT(header("=?UTF-8?Q?x?="), "Subject: =?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?=\r\n");
    UNIT_TEXT(header(""), "Subject: \r\n");
    /* 40 bytes: the character at the bound goes to the second word, whole */
    UNIT_TEXT(header("0123456789012345678901234567890123456\xe7\x97\x85"),
              "Subject: =?UTF-8?B?MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Ng==?=\r\n"
              " =?UTF-8?B?55eF?=\r\n");
}

/* RFC 2047 section 2: 76 for a line with an encoded word; RFC 5322 section 2.1.1: 78 for any. */
static void test_header_lines(void)
{
    struct buf text = {0};
    for (size_t n = 1; n < 200; n++) {
        struct slice rest, line;
        buf_byte(&text, 'a');
        rest = header(buf_text(&text));
        CU_ASSERT(slice_cut(rest, '\r', &line, &rest) && line.n <= 78);
    }
    buf_clear(&text);
    for (size_t n = 1; n < 60; n++) {
        struct slice rest, line;
        buf_slice(&text, SLICE("\xe7\x97\x85"));
        rest = header(buf_text(&text));
        while (slice_cut(rest, '\r', &line, &rest)) /* an LF is of the line before */
            CU_ASSERT(line.n <= 76 + (*line.p == '\n'));
    }
    buf_free(&text);
}

static void test_from(void)
{
    buf_clear(&out);
    mime_header_from(&out, SLICE("eog-gateway gw1"), "eog@example.net");
    UNIT_TEXT(buf_get(&out), "From: eog-gateway gw1\r\n <eog@example.net>\r\n");
    buf_clear(&out);
    mime_header_from(&out, SLICE("gw <evil@example.com>, \""), "eog@example.net");
    UNIT_TEXT(buf_get(&out), "From: =?UTF-8?B?Z3cgPGV2aWxAZXhhbXBsZS5jb20+LCAi?=\r\n"
                             " <eog@example.net>\r\n");
}

static void test_date(void)
{
    struct zone *shanghai = zone_open("Asia/Shanghai"),
                *newfoundland = zone_open("America/St_Johns");
    CU_ASSERT_PTR_NOT_NULL_FATAL(shanghai);
    CU_ASSERT_PTR_NOT_NULL_FATAL(newfoundland);
    buf_clear(&out);
    mime_header_date(&out, 0, NULL);
    mime_header_date(&out, INT64_C(1774958520000), shanghai);
    mime_header_date(&out, INT64_C(1774917000000), shanghai); /* midnight there has passed */
    mime_header_date(&out, INT64_C(1735689600000), newfoundland);
    UNIT_TEXT(buf_get(&out), "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n"
                             "Date: Tue, 31 Mar 2026 20:02:00 +0800\r\n"
                             "Date: Tue, 31 Mar 2026 08:30:00 +0800\r\n"
                             "Date: Tue, 31 Dec 2024 20:30:00 -0330\r\n");
    zone_free(shanghai);
    zone_free(newfoundland);
}

static struct slice body(const char *text)
{
    buf_clear(&out);
    mime_body(&out, slice_from(text));
    struct slice all = buf_get(&out), mark = SLICE("\r\n\r\n");
    return slice_skip(all, slice_search(all, mark) + mark.n);
}

static void test_quoted(void)
{
    UNIT_TEXT(body("a=b\nend \n.\n\nlast"), "a=3Db\r\nend=20\r\n.\r\n\r\nlast\r\n");
    UNIT_TEXT(body("caf\xc3\xa9 with enough plain text\n"), "caf=C3=A9 with enough plain text\r\n");
    /* 76 fit, of 77 the last is broken off; no escape is torn */
    UNIT_TEXT(body("0123456789012345678901234567890123456789012345678901234567890123456789012345"),
              "0123456789012345678901234567890123456789012345678901234567890123456789012345\r\n");
    UNIT_TEXT(body("01234567890123456789012345678901234567890123456789012345678901234567890123456"),
              "012345678901234567890123456789012345678901234567890123456789012345678901234=\r\n"
              "56\r\n");
    UNIT_TEXT(body("0123456789012345678901234567890123456789012345678901234567890123456789012=x"),
              "0123456789012345678901234567890123456789012345678901234567890123456789012=\r\n"
              "=3Dx\r\n");
    UNIT_TEXT(body(""), "");
}

static void test_base64(void)
{
    UNIT_TEXT(body("\xe7\x97\x85\n\xe6\xaf\x92"), "55eFDQrmr5INCg==\r\n");
    CU_ASSERT(slice_search(buf_get(&out), SLICE("Encoding: base64\r\n")) < out.n);
    static char many[1000];
    for (size_t i = 0; i + 3 < sizeof many; i += 3)
        memcpy(many + i, "\xe7\x97\x85", 4);
    struct slice rest = body(many), line;
    size_t n = 0;
    while (slice_cut(rest, '\n', &line, &rest)) {
        CU_ASSERT(line.n <= 77);
        n++;
    }
    CU_ASSERT(n > 10);
}

/* Three parts; the names as every reader can read them; nothing in a text ends a part. */
static void test_parts(void)
{
    buf_clear(&out);
    mime_begin_parts(&out);
    mime_part_text(&out, SLICE("--=_eog-gateway-part--\n"));
    mime_part_file(&out, "daily-2026-03-01.pdf", "application/pdf", SLICE("%PDF\0\xff"));
    mime_part_file(&out, "d-\xe7\x97\x85~1a.csv", "text/csv; charset=UTF-8", SLICE("a"));
    mime_end_parts(&out);
    UNIT_TEXT(buf_get(&out),
              "MIME-Version: 1.0\r\n"
              "Content-Type: multipart/mixed; boundary=\"=_eog-gateway-part\"\r\n\r\n"
              "--=_eog-gateway-part\r\n"
              "Content-Type: text/plain; charset=UTF-8\r\n"
              "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
              "--=3D_eog-gateway-part--\r\n"
              "--=_eog-gateway-part\r\n"
              "Content-Type: application/pdf;\r\n name=\"daily-2026-03-01.pdf\"\r\n"
              "Content-Transfer-Encoding: base64\r\n"
              "Content-Disposition: attachment;\r\n filename=\"daily-2026-03-01.pdf\"\r\n\r\n"
              "JVBERgD/\r\n"
              "--=_eog-gateway-part\r\n"
              "Content-Type: text/csv; charset=UTF-8;\r\n name=\"=?UTF-8?B?ZC3nl4V+MWEuY3N2?=\"\r\n"
              "Content-Transfer-Encoding: base64\r\n"
              "Content-Disposition: attachment;\r\n filename*=UTF-8''d-%E7%97%85~1a.csv\r\n\r\n"
              "YQ==\r\n"
              "--=_eog-gateway-part--\r\n");
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"clean", test_clean},   {"header", test_header}, {"lines of a header", test_header_lines},
        {"from", test_from},     {"date", test_date},     {"quoted", test_quoted},
        {"base64", test_base64}, {"parts", test_parts}};
    int result = suite_run("mime", tests, sizeof tests / sizeof *tests);
    buf_free(&out);
    return result;
}
