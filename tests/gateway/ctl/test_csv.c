/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables as scanners write them, and as nobody should. */
#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/ctl/csv.h"
#include "tests/support/suite.h"

static struct buf out, error;
static struct csv_figures figures;

static bool read_n(const char *text, size_t n, const char *charset, const char *each)
{
    struct csv_options options = {charset, each};
    buf_clear(&out);
    buf_clear(&error);
    return csv_to_json(slice_of(text, n), &options, &out, &figures, &error);
}

static bool read_text(const char *text, const char *each)
{
    return read_n(text, strlen(text), NULL, each);
}

static bool is_out(const char *expected)
{
    bool is_so = strcmp(buf_text(&out), expected) == 0;
    if (!is_so)
        printf("\n    got \"%s\", error \"%s\"\n", buf_text(&out), buf_text(&error));
    return is_so;
}

static bool says(const char *part)
{
    if (!strstr(buf_text(&error), part))
        printf("\n    error is \"%s\"\n", buf_text(&error));
    return strstr(buf_text(&error), part) != NULL;
}

static void test_values(void)
{
    static const struct {
        const char *text, *lines;
    } cases[] = {
        {"a,b\n1,2\n", "{\"a\":\"1\",\"b\":\"2\"}\n"},
        {"a,b\r\n1,2", "{\"a\":\"1\",\"b\":\"2\"}\n"},
        {"a;b\n1,5;2\n", "{\"a\":\"1,5\",\"b\":\"2\"}\n"},
        {"a\tb\n1\t2\n", "{\"a\":\"1\",\"b\":\"2\"}\n"},
        {"\xef\xbb\xbf\"a\",\"b c\"\n\"1\",\"2\"\n", "{\"a\":\"1\",\"b c\":\"2\"}\n"},
        /* Quotes: line ends, delimiters and doubled quotes inside belong to the value. */
        {"a,b\n\"x\ny, \"\"z\"\"\",2\n", "{\"a\":\"x\\ny, \\\"z\\\"\",\"b\":\"2\"}\n"},
        {"a,b\n\"\",\"\"\"\"\n", "{\"b\":\"\\\"\"}\n"},
        /* A quote in the middle is a character. */
        {"a,b\n5\" disk,2\n", "{\"a\":\"5\\\" disk\",\"b\":\"2\"}\n"},
        {"a,b\n\"1\"x,2\n", "{\"a\":\"1\",\"b\":\"2\"}\n"},
        /* Columns without a name, values that are empty. */
        {"a,,b\n1,2,3\n", "{\"a\":\"1\",\"b\":\"3\"}\n"},
        {"a,b,\n1,2,\n", "{\"a\":\"1\",\"b\":\"2\"}\n"},
        {" a , b \n 1 ,\n", "{\"a\":\"1\"}\n"},
        {"a,b\n\n\n1,2\n\n", "{\"a\":\"1\",\"b\":\"2\"}\n"},
        /* A member of ours cannot be made up. */
        {"a,b\n\"\"\"eog.each\"\":1\",2\n", "{\"a\":\"\\\"eog.each\\\":1\",\"b\":\"2\"}\n"},
        {"a,b\n\x1b[31m,\x80\n", "{\"a\":\"\\u001b[31m\",\"b\":\"\xef\xbf\xbd\"}\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CU_ASSERT_TRUE(read_text(cases[i].text, NULL));
        CU_ASSERT_TRUE(is_out(cases[i].lines));
        CU_ASSERT_EQUAL(figures.records, 1);
        CU_ASSERT_EQUAL(figures.odd + figures.before + figures.cut, 0);
    }
}

static void test_head(void)
{
    /* One record with a delimiter too many is no head; nor are lines that come before it. */
    CU_ASSERT_TRUE(read_text("x,y\nx,y\nIP,Name,CVSS\n1,2,3,4\n192.0.2.1,x,9.8\n", NULL));
    CU_ASSERT_TRUE(is_out("{\"IP\":\"192.0.2.1\",\"Name\":\"x\",\"CVSS\":\"9.8\"}\n"));
    CU_ASSERT_TRUE(read_text("a;b\n1,5,6,7,8;2\n", NULL));
    CU_ASSERT_TRUE(is_out("{\"a\":\"1,5,6,7,8\",\"b\":\"2\"}\n"));
    CU_ASSERT_TRUE(read_text("Report of\n\"Site, one\",2026\n\nIP,Name,CVSS\n1,2\n\"a\nb\",x\n"
                             "192.0.2.1,x,9.8\n",
                             NULL));
    CU_ASSERT_TRUE(is_out("{\"IP\":\"192.0.2.1\",\"Name\":\"x\",\"CVSS\":\"9.8\"}\n"));
    CU_ASSERT_EQUAL(figures.before, 2);
    CU_ASSERT_EQUAL(figures.odd, 2);
    CU_ASSERT_EQUAL(figures.odd_line, 5);
}

static void test_each(void)
{
    CU_ASSERT_TRUE(read_text("IP,V\n192.0.2.1,a\n192.0.2.2,b\n192.0.2.1,c\n,d\n", "IP"));
    CU_ASSERT_TRUE(is_out("{\"eog.each\":\"IP\",\"IP\":\"192.0.2.1\",\"V\":\"a\"}\n"
                          "{\"eog.each\":\"IP\",\"IP\":\"192.0.2.2\",\"V\":\"b\"}\n"
                          "{\"IP\":\"192.0.2.1\",\"V\":\"a\"}\n"
                          "{\"IP\":\"192.0.2.2\",\"V\":\"b\"}\n"
                          "{\"IP\":\"192.0.2.1\",\"V\":\"c\"}\n"
                          "{\"V\":\"d\"}\n"));
    CU_ASSERT_EQUAL(figures.each, 2);
    CU_ASSERT_EQUAL(figures.records, 4);
    CU_ASSERT_FALSE(read_text("IP,V\n1,2\n", "Host"));
    CU_ASSERT_TRUE(says("no column \"Host\"; there are: IP, V"));
}

static void test_refused(void)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "no table"},
        {"\n\n", "no table"},
        {"just a line\nand one\n", "no table"},
        {"a,b\n", "no table"},
        {"a,b\n1,2,3\n", "no table"},
        {"a,b,a\n1,2,3\n", "line 1: two columns are called \"a\""},
        {"\n\nx\na, a \n1,2\n", "line 4: two columns are called \"a\""},
        {"\"a,b\n1,2\n", "line 1: a quoted value does not end"},
        {"a,b\n1,2\n3,\"4\n5,6\n", "line 3: a quoted value does not end"},
        {"\xff\xfe"
         "a",
         "UTF-16"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CU_ASSERT_FALSE(read_text(cases[i].text, NULL));
        CU_ASSERT_TRUE(says(cases[i].says));
    }
    CU_ASSERT_FALSE(read_n("a,b\n1,2\n", 8, "no-such", NULL));
    CU_ASSERT_TRUE(says("no charset \"no-such\""));
    struct buf wide = {0};
    for (int i = 0; i < 2 * CSV_COLUMNS_MAX + 2; i++)
        buf_printf(&wide, "c%d%c", i, i % (CSV_COLUMNS_MAX + 1) == CSV_COLUMNS_MAX ? '\n' : ',');
    CU_ASSERT_FALSE(read_n(wide.p, wide.n, NULL, NULL));
    CU_ASSERT_TRUE(says("more than 512 columns"));
    buf_free(&wide);
}

static void test_charset(void)
{
    /* The second byte of one is '|' or '"'-like in a double-byte set: converted first. */
    CU_ASSERT_TRUE(read_n("a,b\n\xd6\xd0\xce\xc4,2\n", 11, "GB18030", NULL));
    CU_ASSERT_TRUE(is_out("{\"a\":\"\xe4\xb8\xad\xe6\x96\x87\",\"b\":\"2\"}\n"));
    CU_ASSERT_EQUAL(figures.replaced, 0);
    CU_ASSERT_PTR_NULL(figures.guessed);
    CU_ASSERT_TRUE(read_n("a,b\n\xd6\xd0\xce\xc4,2\n", 11, NULL, NULL));
    CU_ASSERT_TRUE(is_out("{\"a\":\"\xe4\xb8\xad\xe6\x96\x87\",\"b\":\"2\"}\n"));
    CU_ASSERT_STRING_EQUAL(figures.guessed, "GB18030");
    CU_ASSERT_TRUE(read_n("a,b\n\xff\xfd,2\n", 9, NULL, NULL));
    CU_ASSERT_EQUAL(figures.replaced, 2);
    CU_ASSERT_PTR_NULL(figures.guessed);
}

/* A message stays one that a listener takes, and valid JSON, however long the values are. */
static void test_long(void)
{
    struct buf text = {0};
    buf_printf(&text, "a,b\n%*s,x\n", CSV_VALUE_MAX + 5, "y");
    for (char *p = text.p; p < text.p + text.n; p++)
        *p = *p == ' ' ? 'y' : *p;
    CU_ASSERT_TRUE(read_n(text.p, text.n, NULL, NULL));
    CU_ASSERT_EQUAL(figures.cut, 1);
    CU_ASSERT_EQUAL(out.n, CSV_VALUE_MAX + strlen("{\"a\":\"\",\"b\":\"x\"}\n"));
    buf_free(&text);
    for (int i = 0; i < 100; i++)
        buf_printf(&text, "c%d%c", i, i == 99 ? '\n' : ',');
    for (int i = 0; i < 100; i++)
        buf_printf(&text, "%01500d%c", i, i == 99 ? '\n' : ',');
    CU_ASSERT_TRUE(read_n(text.p, text.n, NULL, NULL));
    CU_ASSERT_TRUE(out.n < CSV_MESSAGE_MAX);
    CU_ASSERT_EQUAL(figures.cut, 1);
    buf_free(&text);
}

/* Every cut of a table, and every byte of it exchanged: an answer, and lines that end. */
static void test_damaged(void)
{
    static const char whole[] = "Report\nIP;N\n\"192.0.2.1\";\"a \"\"b\"\"\nc\"\n192.0.2.2;d\r\n";
    char text[sizeof whole];
    for (size_t n = 0; n < sizeof whole; n++) {
        read_n(whole, n, NULL, "IP");
        CU_ASSERT_TRUE(out.n == 0 || out.p[out.n - 1] == '\n');
    }
    static const char bytes[] = {'"', ';', ',', '\n', '\r', '\0', '\xff'};
    for (size_t at = 0; at < sizeof whole - 1; at++) {
        for (size_t b = 0; b < sizeof bytes; b++) {
            memcpy(text, whole, sizeof whole);
            text[at] = bytes[b];
            read_n(text, sizeof whole - 1, NULL, "IP");
            CU_ASSERT_TRUE(out.n == 0 || out.p[out.n - 1] == '\n');
        }
    }
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"values", test_values},   {"the head", test_head},   {"each", test_each},
        {"refused", test_refused}, {"charset", test_charset}, {"long", test_long},
        {"damaged", test_damaged},
    };
    int code = suite_run("CSV", tests, sizeof tests / sizeof *tests);
    buf_free(&out);
    buf_free(&error);
    return code;
}
