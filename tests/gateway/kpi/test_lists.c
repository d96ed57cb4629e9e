/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What customers write: the inventory's CSV and the watchlist's XML, right and wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/error.h"
#include "gateway/base/utf8.h"
#include "gateway/kpi/inventory.h"
#include "gateway/kpi/watchlist.h"
#include "gateway/xml/document.h"
#include "tests/gateway/kpi/support.h"
#include "tests/support/guard.h"
#include "tests/support/unit.h"

/* ---- inventory ---- */

static struct kpi_inventory *good(const char *text)
{
    struct diag diag = {0};
    struct kpi_inventory *inventory = NULL;
    CU_ASSERT_EQUAL(kpi_inventory_load_text(slice_from(text), "i.csv", &diag, &inventory), GW_OK);
    diag_print(&diag, stdout);
    diag_free(&diag);
    CU_ASSERT_PTR_NOT_NULL_FATAL(inventory);
    return inventory;
}

static void bad(const char *text, int line, const char *says)
{
    struct diag diag = {0};
    struct kpi_inventory *inventory = NULL;
    CU_ASSERT_EQUAL(kpi_inventory_load_text(slice_from(text), "i.csv", &diag, &inventory),
                    GW_ERR_INVALID);
    CU_ASSERT_PTR_NULL(inventory);
    bool is_said = false;
    for (size_t i = 0; i < diag.n; i++)
        is_said |= diag.items[i].line == line && strstr(diag.items[i].text, says) &&
                   !strcmp(diag.items[i].file, "i.csv");
    if (!is_said) {
        printf("\n    expected i.csv:%d: %s\n", line, says);
        diag_print(&diag, stdout);
    }
    CU_ASSERT_TRUE(is_said);
    diag_free(&diag);
}

static void test_plain(void)
{
    struct kpi_inventory *i = good(
        "# made by hand\r\n\r\nName,SITE,role,license_end,heartbeat,address,product,expected\r\n"
        "wks-1,hq,host,,,,,\r\n"
        " osce01 , hq ,Product,2026-12-31,5m,10.0.0.1,\"Apex One, \"\"EU\"\"\",yes\r\n"
        "# between\n"
        "\"two\nlines\",lab,device\n"
        "srv,hq,HOST,,,,,No");
    CU_ASSERT_EQUAL_FATAL(i->n_rows, 4);
    UNIT_TEXT(i->rows[0].name, "wks-1");
    CU_ASSERT_EQUAL(i->rows[0].role, KPI_ROLE_HOST);
    CU_ASSERT_TRUE(i->rows[0].is_expected);
    CU_ASSERT_EQUAL(i->rows[0].line, 4);
    UNIT_TEXT(i->rows[1].name, "osce01");
    UNIT_TEXT(i->rows[1].site, "hq");
    UNIT_TEXT(i->rows[1].product, "Apex One, \"EU\"");
    UNIT_TEXT(i->rows[1].address, "10.0.0.1");
    CU_ASSERT_EQUAL(i->rows[1].role, KPI_ROLE_PRODUCT);
    CU_ASSERT_EQUAL(i->rows[1].heartbeat_ms, 300000);
    CU_ASSERT_EQUAL(i->rows[1].license_end_ms, INT64_C(1798761599999));
    UNIT_TEXT(i->rows[2].name, "two\nlines");
    CU_ASSERT_EQUAL(i->rows[2].line, 7);
    CU_ASSERT_EQUAL(i->rows[3].line, 9);
    CU_ASSERT_FALSE(i->rows[3].is_expected);
    kpi_inventory_free(i);
}

static void test_excel(void)
{
    struct kpi_inventory *i = good(
        "\xef\xbb\xbfsite,name,role\r\n\xe6\x80\xbb\xe9\x83\xa8,\xe4\xb8\xbb\xe6\x9c\xba,host\r\n");
    CU_ASSERT_EQUAL_FATAL(i->n_rows, 1);
    UNIT_TEXT(i->rows[0].site, "\xe6\x80\xbb\xe9\x83\xa8");
    UNIT_TEXT(i->rows[0].name, "\xe4\xb8\xbb\xe6\x9c\xba");
    kpi_inventory_free(i);
    /* Saved as "CSV" by a Chinese Excel: GB18030, refused with the line and what to do. */
    bad("site,name,role\nhq,wks-1,host\n\xd7\xdc\xb2\xbf,wks-2,host\n", 3,
        "save the file as UTF-8");
    bad("\xff\xfes\0i\0", 1, "not UTF-8");
    bad("site;name;role\nhq;a;host\n", 1, "column \"site;name;role\" is not known");
}

static void test_mistakes(void)
{
    bad("", 1, "no header row");
    bad("# only a comment\n", 1, "no header row");
    bad("name,role\na,host\n", 1, "column \"site\" is missing");
    bad("site,name,role,colour\n", 1, "column \"colour\" is not known");
    bad("site,name,role,name\n", 1, "stands twice");
    bad("site,name,role\n,a,host\n", 2, "no site");
    bad("site,name,role\nhq,,host\n", 2, "no name");
    bad("site,name,role\nhq,a,toaster\n", 2, "role \"toaster\"");
    bad("site,name,role\nhq,a\n", 2, "role \"\"");
    bad("site,name,role\nhq,a,host\n\nHQ,A,host\n", 4, "stands in line 2 already");
    bad("site,name,role,address\nhq,a,host,here\n", 2, "no IPv4 or IPv6");
    bad("site,name,role,heartbeat\nhq,a,product,soon\n", 2, "no duration");
    bad("site,name,role,heartbeat\nhq,a,product,0m\n", 2, "no duration");
    bad("site,name,role,heartbeat\nhq,a,product,5\n", 2, "no duration");
    bad("site,name,role,uplinks\nhq,a,host,eth0\n", 2, "uplinks are of a device");
    bad("site,name,role,license_end\nhq,a,product,31.12.2026\n", 2, "no date");
    bad("site,name,role,license_end\nhq,a,product,2026-02-30\n", 2, "no date");
    bad("site,name,role,expected\nhq,a,host,perhaps\n", 2, "write yes or no");
    bad("site,name,role\nhq,\"a,host\n", 2, "not closed");
    bad("site,name,role\nhq,\"a\"b,host\n", 2, "closing quote");
    bad("site,name,role\nhq,a,host\nhq,a,host\nhq,b,x\n", 4, "role \"x\""); /* all of one run */
    bad("site,name,role,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\n", 1, "at most 32");
    struct buf text = {0};
    buf_slice(&text, SLICE("site,name,role\n"));
    buf_printf(&text, "%0*d,a,host\n", 64, 1);
    buf_printf(&text, "hq,%0*d,host\n", 256, 1);
    bad(buf_text(&text), 2, "longer than");
    bad(buf_text(&text), 3, "longer than");
    buf_free(&text);
}

static void test_bounded(void)
{
    struct buf text = {0};
    buf_slice(&text, SLICE("site,name,role\n"));
    for (int i = 0; i <= KPI_INVENTORY_MAX; i++)
        buf_printf(&text, "hq,pc-%d,host\n", i);
    bad(buf_text(&text), KPI_INVENTORY_MAX + 2, "more than 500000 lines");
    buf_free(&text);
}

static void visit(struct slice text, void *context)
{
    struct diag diag = {0};
    struct kpi_inventory *inventory = NULL;
    (void)context;
    int error = kpi_inventory_load_text(text, "i.csv", &diag, &inventory);
    CU_ASSERT_EQUAL(error == GW_OK, diag.total == 0);
    CU_ASSERT_EQUAL(error == GW_OK, inventory != NULL);
    kpi_inventory_free(inventory);
    diag_free(&diag);
}

static void test_bytes(void)
{
    static const char text[] =
        "\xef\xbb\xbfsite,name,role,product,heartbeat,license_end,expected\r\n"
        "hq,\"a\"\"b\",product,\"x, y\",5m,2026-12-31,\r\n\"c\nd\",e,host,,,,no\n";
    struct guard guard = guard_new(sizeof text);
    guard_truncate(&guard, slice_from(text), visit, NULL);
    guard_flip(&guard, slice_from(text), visit, NULL);
    guard_free(&guard);
}

/* ---- watchlist ---- */

static struct kpi_watchlist *watch(const char *patterns, size_t n, struct diag *diag, int *error)
{
    struct kpi_watchlist *w = NULL;
    struct buf text = {0};
    struct slice rest = slice_of(patterns, n), pattern;
    buf_slice(&text, SLICE("<watchlist>\n"));
    while (rest.n) {
        slice_cut(rest, '|', &pattern, &rest);
        buf_printf(&text, "<entry pattern=\"%.*s\"/>\n", SLICE_FMT(pattern));
    }
    buf_slice(&text, SLICE("</watchlist>"));
    *error = kpi_watchlist_load_text(buf_get(&text), "w.xml", NULL, diag, &w);
    buf_free(&text);
    return w;
}

static void test_watch(void)
{
    static const struct {
        const char *name, *pattern;
    } cases[] = {{"exact.name", "Exact.Name"},
                 {"EXACT.NAME", "Exact.Name"},
                 {"exact.name2", NULL},
                 {"prefix", "prefix*"},
                 {"PREFIX.A", "prefix*"},
                 {"prefix.long.x", "prefix.long*"},
                 {"my.prefix", NULL},
                 {"the.suffix", "*suffix"},
                 {"suffix.x", NULL},
                 {"a1b2c", "a*b*c"},
                 {"abc", "a*b*c"},
                 {"ac", NULL},
                 {"xx.inside.yy", "*inside*"},
                 {"", NULL},
                 {"\xe7\x97\x85\xe6\xaf\x92.A", "\xe7\x97\x85\xe6\xaf\x92*"},
                 {"prefix.exact", "prefix.exact"}};
    static const char patterns[] = "Exact.Name|prefix*|prefix.long*|*suffix|a*b*c|*inside*|"
                                   "\xe7\x97\x85\xe6\xaf\x92*|prefix.exact";
    struct diag diag = {0};
    int error;
    struct kpi_watchlist *w = watch(patterns, sizeof patterns - 1, &diag, &error);
    CU_ASSERT_EQUAL_FATAL(error, GW_OK);
    CU_ASSERT_EQUAL(kpi_watchlist_count(w), 8);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct kpi_watch_entry *e = kpi_watchlist_match(w, slice_from(cases[i].name));
        bool is_right = cases[i].pattern ? e && !strcmp(e->pattern, cases[i].pattern) : !e;
        if (!is_right)
            printf("\n    \"%s\": %s\n", cases[i].name, e ? e->pattern : "no match");
        CU_ASSERT_TRUE(is_right);
    }
    CU_ASSERT_PTR_NULL(kpi_watchlist_match(NULL, SLICE("x")));
    CU_ASSERT_EQUAL(kpi_watchlist_count(NULL), 0);
    kpi_watchlist_free(w);
    diag_free(&diag);
}

static void bad_watch(const char *pattern, const char *says)
{
    struct diag diag = {0};
    int error;
    struct kpi_watchlist *w = watch(pattern, strlen(pattern), &diag, &error);
    CU_ASSERT_EQUAL(error, GW_ERR_INVALID);
    CU_ASSERT_PTR_NULL(w);
    CU_ASSERT_TRUE(diag.n && strstr(diag.items[0].text, says) && diag.items[0].line > 1);
    diag_free(&diag);
}

static void test_watch_mistakes(void)
{
    char text[KPI_WATCH_NAME_MAX + 2];
    struct buf many = {0};
    bad_watch("*", "must have 3");
    bad_watch("ab*", "must have 3");
    bad_watch("same|SAME", "stands twice");
    bad_watch("same*|Same*", "stands twice");
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    bad_watch(text, "must have 3");
    for (int i = 0; i <= KPI_WATCH_GLOBS_MAX; i++)
        buf_printf(&many, "*inner-%d|", i);
    bad_watch(buf_text(&many), "more than 1000 patterns");
    buf_free(&many);
}

static void test_watch_words(void)
{
    static const char text[] =
        "<watchlist><entry pattern=\"one\" risk=\"critical\" since=\"2026-01-02\" region=\"cn\">"
        "<advice lang=\"en\"> Do. </advice><advice lang=\"zh\">\xe5\x81\x9a</advice>"
        "<link lang=\"zh\">https://example.net/zh</link>"
        "<link lang=\"en\">https://example.net/en</link></entry>"
        "<entry pattern=\"two\"><link>https://example.net/</link></entry></watchlist>";
    struct diag diag = {0};
    struct kpi_watchlist *w = NULL;
    char schema[600];
    snprintf(schema, sizeof schema, "%s/mappings/watchlist.rng", kt_source());
    CU_ASSERT_EQUAL_FATAL(kpi_watchlist_load_text(slice_from(text), "w", schema, &diag, &w), GW_OK);
    const struct kpi_watch_entry *e = kpi_watchlist_match(w, SLICE("ONE"));
    CU_ASSERT_STRING_EQUAL(e->risk, "critical");
    CU_ASSERT_STRING_EQUAL(e->since, "2026-01-02");
    CU_ASSERT_STRING_EQUAL(e->region, "cn");
    CU_ASSERT_STRING_EQUAL(e->advice, "Do.");
    CU_ASSERT_STRING_EQUAL(e->advice_zh, "\xe5\x81\x9a");
    CU_ASSERT_STRING_EQUAL(e->link, "https://example.net/en");
    CU_ASSERT_STRING_EQUAL(e->link_zh, "https://example.net/zh");
    e = kpi_watchlist_match(w, SLICE("two"));
    CU_ASSERT_STRING_EQUAL(e->risk, "high");
    CU_ASSERT_STRING_EQUAL(e->advice, "");
    CU_ASSERT_STRING_EQUAL(e->link, "https://example.net/");
    CU_ASSERT_STRING_EQUAL(e->link_zh, "https://example.net/");
    kpi_watchlist_free(w);
    diag_free(&diag);
}

static void test_watch_large(void)
{
    struct diag diag = {0};
    struct buf text = {0};
    int error;
    for (int i = 0; i < 100000; i++)
        buf_printf(&text, i % 2 ? "|NAME-%d" : "|PRE-%d.*", i);
    struct kpi_watchlist *w = watch(text.p + 1, text.n - 1, &diag, &error);
    CU_ASSERT_EQUAL_FATAL(error, GW_OK);
    CU_ASSERT_EQUAL(kpi_watchlist_count(w), 100000);
    CU_ASSERT_PTR_NOT_NULL(kpi_watchlist_match(w, SLICE("name-99999")));
    CU_ASSERT_PTR_NOT_NULL(kpi_watchlist_match(w, SLICE("pre-99998.x")));
    CU_ASSERT_PTR_NULL(kpi_watchlist_match(w, SLICE("pre-99999.x")));
    kpi_watchlist_free(w);
    buf_free(&text);
    diag_free(&diag);
}

/* ---- a list from elsewhere ---- */

static const char *schema_path(void)
{
    static char path[600];
    snprintf(path, sizeof path, "%s/mappings/watchlist.rng", kt_source());
    return path;
}

/* Bytes in between may be NULs. */
static struct kpi_watchlist *pushed(struct slice entries, struct diag *diag)
{
    struct kpi_watchlist *w = NULL;
    struct buf text = {0};
    buf_slice(&text, SLICE("<watchlist>\n"));
    buf_slice(&text, entries);
    buf_slice(&text, SLICE("\n</watchlist>\n"));
    int error = kpi_watchlist_load_pushed(buf_get(&text), "p.xml", schema_path(), diag, &w);
    CU_ASSERT_EQUAL(error == GW_OK, w != NULL);
    CU_ASSERT_EQUAL(error == GW_OK, diag->total == 0);
    buf_free(&text);
    return w;
}

/* Refused at that line, in words; no word of the answer steers a terminal. */
static void refused(struct slice entries, int line, const char *says)
{
    struct diag diag = {0};
    bool is_said = false;
    CU_ASSERT_PTR_NULL(pushed(entries, &diag));
    for (size_t i = 0; i < diag.n; i++) {
        struct slice rest = slice_from(diag.items[i].text);
        is_said |= diag.items[i].line == line && strstr(diag.items[i].text, says);
        while (rest.n) {
            const unsigned char *p = (const unsigned char *)rest.p;
            size_t n = utf8_char(p, rest.n);
            CU_ASSERT_FATAL(n > 0);
            CU_ASSERT_FALSE(utf8_is_steering(utf8_code(p, n)));
            rest = slice_skip(rest, n);
        }
    }
    if (!is_said) {
        printf("\n    expected p.xml:%d: %s\n", line, says);
        diag_print(&diag, stdout);
    }
    CU_ASSERT_TRUE(is_said);
    diag_free(&diag);
}

static void test_pushed(void)
{
    struct diag diag = {0};
    struct kpi_watchlist *w = pushed(
        SLICE("<entry pattern='One.*' risk='critical'><advice lang='en'>Two\n\tlines.</advice>"
              "</entry>\n<entry pattern='*\xe7\x97\x85\xe6\xaf\x92*'/><entry pattern='Two'/>"),
        &diag);
    diag_print(&diag, stdout);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    CU_ASSERT_EQUAL_FATAL(kpi_watchlist_count(w), 3);
    CU_ASSERT_STRING_EQUAL(kpi_watchlist_at(w, 2)->pattern, "Two");
    CU_ASSERT_PTR_EQUAL(kpi_watchlist_find(w, SLICE("ONE.*")), kpi_watchlist_at(w, 0));
    CU_ASSERT_PTR_EQUAL(kpi_watchlist_find(w, SLICE("*\xe7\x97\x85\xe6\xaf\x92*")),
                        kpi_watchlist_at(w, 1));
    CU_ASSERT_PTR_EQUAL(kpi_watchlist_find(w, SLICE("two")), kpi_watchlist_at(w, 2));
    CU_ASSERT_PTR_NULL(kpi_watchlist_find(w, SLICE("two*"))); /* another pattern */
    CU_ASSERT_PTR_NULL(kpi_watchlist_find(w, SLICE("one.")));
    CU_ASSERT_PTR_NULL(kpi_watchlist_find(NULL, SLICE("two")));
    CU_ASSERT_TRUE(kpi_watch_entry_is_same(kpi_watchlist_at(w, 1), kpi_watchlist_at(w, 2)));
    CU_ASSERT_FALSE(kpi_watch_entry_is_same(kpi_watchlist_at(w, 0), kpi_watchlist_at(w, 2)));
    kpi_watchlist_free(w);
    diag_free(&diag);
}

static void test_pushed_hostile(void)
{
    refused(SLICE_NONE, 0, "has no entry");
    refused(SLICE("<entry pattern='abc\x1b[31m'/>"), 2, "Char value");
    refused(SLICE("<entry pattern='abc\0def'/>"), 2, "has a NUL");
    refused(SLICE("<entry pattern='abc&#27;'/>"), 2, "27");
    refused(SLICE("\n<entry pattern='abc\xd7\xdc\xb2\xbf'/>"), 3, "UTF-8");
    refused(SLICE("<entry pattern='abc&#10;def'/>"), 2, "pattern of the entry has a character");
    refused(SLICE("<entry pattern='abc\xc2\x9b"
                  "31m'/>"),
            2, "pattern of the entry has");
    refused(SLICE("<entry pattern='abc\xe2\x80\xae'/>"), 2, "pattern of the entry has");
    refused(SLICE("<entry pattern='abc' region='\xe2\x81\xa6'/>"), 2, "region of the entry has");
    refused(SLICE("<entry pattern='abc' since='\xe2\x80\xae'/>"), 2, "");
    refused(SLICE("<entry pattern='abc'><advice lang='en'>\xe2\x80\xae</advice></entry>"), 2,
            "advice of the entry has");
    refused(SLICE("<entry pattern='abc'><link>x&#13;y</link></entry>"), 2, "link of the entry has");
    refused(SLICE("<entry pattern='\xc2\x9b*'/>"), 2, "must have 3");
    refused(SLICE("<entry pattern='a*bcd'/>\n<entry pattern='A*bcd'/>"), 3, "stands twice");
    refused(SLICE("<entry pattern='abc' risk='low'/>"), 2, "risk");
    refused(SLICE("<entry/>"), 2, "pattern \"\" must have 3");
    refused(SLICE("<entry pattern='a'/>\n<entry pattern='abc' colour='x'/>"), 3, "colour");
    refused(SLICE("<entri pattern='abc'/>"), 2, "");
    refused(SLICE("<entry pattern='abc'>"), 3, "");
    refused(SLICE("]]>"), 2, "");
}

/* The whole text, as it came. */
static void refused_whole(struct slice text, int line, const char *says)
{
    struct diag diag = {0};
    struct kpi_watchlist *w = NULL;
    CU_ASSERT_EQUAL(kpi_watchlist_load_pushed(text, "p.xml", schema_path(), &diag, &w),
                    GW_ERR_INVALID);
    CU_ASSERT_PTR_NULL(w);
    bool is_said = diag.n && diag.items[0].line == line && strstr(diag.items[0].text, says);
    if (!is_said) {
        printf("\n    expected p.xml:%d: %s\n", line, says);
        diag_print(&diag, stdout);
    }
    CU_ASSERT_TRUE(is_said);
    diag_free(&diag);
}

static void test_pushed_encoding(void)
{
    static const char *const declarations[] = {
        "<?xml version='1.0' encoding='UTF-8'?>", "<?xml version='1.0' encoding = \"utf-8\" ?>",
        "<?xml version='1.0'?>", "", "<?xml version='1.0' encoding='US-ASCII'?>"};
    static const char *const others[] = {"<?xml version='1.0' encoding='GB18030'?>",
                                         "<?xml version='1.0' encoding='UTF-7'?>",
                                         "<?xml version='1.0' encoding='UTF-16'?>",
                                         "<?xml version='1.0' encoding='IBM037'?>",
                                         "\xef\xbb\xbf<?xml version='1.0' encoding='UTF-7'?>",
                                         "<?xml version='1.0' encoding=''?>",
                                         "<?xml version='1.0' encoding"};
    struct buf text = {0};
    for (size_t i = 0; i < sizeof declarations / sizeof *declarations; i++) {
        struct diag diag = {0};
        struct kpi_watchlist *w = NULL;
        buf_clear(&text);
        buf_printf(&text, "%s<watchlist><entry pattern='abc'/></watchlist>", declarations[i]);
        CU_ASSERT_EQUAL(
            kpi_watchlist_load_pushed(buf_get(&text), "p.xml", schema_path(), &diag, &w), GW_OK);
        diag_print(&diag, stdout);
        diag_free(&diag);
        kpi_watchlist_free(w);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        buf_clear(&text);
        buf_printf(&text, "%s<watchlist><entry pattern='abc'/></watchlist>", others[i]);
        refused_whole(buf_get(&text), 1, "save the file as UTF-8");
    }
    buf_free(&text);
    refused_whole(SLICE("\xff\xfe<\0w\0"), 1, "save the file as UTF-8");
    refused_whole(SLICE("<\0w\0"), 1, "has a NUL");
    refused_whole(SLICE("<watchlist>\n<entry pattern='\xb2\xa1\xb6\xbe'/></watchlist>"), 2,
                  "save the file as UTF-8");
    refused_whole(SLICE("<!-- -->\n<!DOCTYPE watchlist [<!ENTITY a 'b'>]>\n<watchlist/>"), 2,
                  "DOCTYPE");
    refused_whole(SLICE_NONE, 1, "empty");
}

/* What libxml2 would need hours or gigabytes for. */
static void test_pushed_costly(void)
{
    struct buf text = {0};
    buf_slice(&text, SLICE("<watchlist>\n<entry"));
    for (int i = 0; text.n < KPI_WATCH_PUSHED_MAX - 64; i++)
        buf_printf(&text, " a%x=''", (unsigned)i);
    buf_slice(&text, SLICE("/></watchlist>"));
    refused_whole(buf_get(&text), 2, "more than 64 attributes");
    buf_clear(&text);
    buf_slice(&text, SLICE("<watchlist><entry pattern='abc'"));
    for (int i = 0; i < 65; i++)
        buf_printf(&text, " a%d\n=\r\t \"x\"", i);
    buf_slice(&text, SLICE("/></watchlist>"));
    refused_whole(buf_get(&text), 65, "more than 64 attributes");
    buf_clear(&text);
    buf_printf(&text, "<watchlist><!-- %080d = '' = '' --><entry pattern='abc'/><a/></watchlist>",
               0);
    memset(text.p + 16, '=', 80); /* a ruler is no attribute */
    refused_whole(buf_get(&text), 1, "Did not expect element a");
    buf_clear(&text);
    buf_slice(&text, SLICE("<watchlist>\n"));
    while (text.n < KPI_WATCH_PUSHED_MAX - 64)
        buf_slice(&text, SLICE("<a/>"));
    buf_slice(&text, SLICE("</watchlist>"));
    refused_whole(buf_get(&text), 2, "more than 1500000 tags");
    buf_free(&text);
}

static void test_pushed_bounds(void)
{
    struct buf text = {0};
    struct diag diag = {0};
    struct kpi_watchlist *w = NULL;
    buf_printf(&text, "<entry pattern='abc'><advice lang='en'>%0*d</advice></entry>",
               KPI_WATCH_WORDS_MAX + 1, 0);
    refused(buf_get(&text), 2, "advice of the entry is longer");
    buf_clear(&text);
    buf_printf(&text, "<entry pattern='%0*d'/>", 8000, 0);
    refused(buf_get(&text), 2, "must have 3 to 255");
    buf_clear(&text);
    buf_printf(&text, "<entry pattern='%0*d'/>", 1 << 20, 0); /* one line of a mebibyte */
    refused(buf_get(&text), 2, "more than 16384 bytes");
    memset(buf_reserve(&text, KPI_WATCH_PUSHED_MAX), ' ', KPI_WATCH_PUSHED_MAX);
    text.n = KPI_WATCH_PUSHED_MAX + 1;
    CU_ASSERT_EQUAL(kpi_watchlist_load_pushed(buf_get(&text), "p.xml", schema_path(), &diag, &w),
                    GW_ERR_INVALID);
    CU_ASSERT_TRUE(diag.n == 1 && strstr(diag.items[0].text, "larger than 16 MiB"));
    diag_free(&diag);
    buf_free(&text);
}

/* The line is right beyond the 65,535 that libxml2 has room for; mistakes are counted beyond those
   that are kept. */
static void test_pushed_large(void)
{
    struct diag diag = {0};
    struct buf text = {0};
    for (int i = 0; i < 100000; i++)
        buf_printf(&text, "  <entry pattern=\"TROJ_GEN.R%06d\" risk=\"critical\"/>\n", i);
    struct kpi_watchlist *w = pushed(buf_get(&text), &diag);
    CU_ASSERT_EQUAL(kpi_watchlist_count(w), 100000);
    kpi_watchlist_free(w);
    buf_slice(&text, SLICE("<entry pattern='TROJ_GEN.R000007'/>\n"));
    refused(buf_get(&text), 100002, "\"TROJ_GEN.R000007\" stands twice");
    buf_slice(&text, SLICE("<entry risk='high'/>\n"));
    refused(buf_get(&text), 100003, "pattern \"\" must");
    buf_clear(&text);
    for (int i = 0; i < 100000; i++)
        buf_printf(&text, "<entry pattern=\"x%d\xc2\x9b\"/>\n", i);
    CU_ASSERT_PTR_NULL(pushed(buf_get(&text), &diag));
    CU_ASSERT_EQUAL(diag.n, DIAG_MAX);
    CU_ASSERT_EQUAL(diag.total, 100000);
    diag_free(&diag);
    buf_free(&text);
}

static void visit_pushed(struct slice text, void *context)
{
    struct diag diag = {0};
    struct kpi_watchlist *w = NULL;
    (void)context;
    int error = kpi_watchlist_load_pushed(text, "p.xml", NULL, &diag, &w);
    CU_ASSERT_EQUAL(error == GW_OK, diag.total == 0);
    CU_ASSERT_EQUAL(error == GW_OK, w != NULL);
    kpi_watchlist_free(w);
    diag_free(&diag);
}

static void test_pushed_bytes(void)
{
    static const char text[] = "<watchlist><entry pattern=\"a*\xe7\x97\x85 c\" risk=\"high\">"
                               "<advice lang=\"en\">\xe6\xaf\x92 x</advice></entry></watchlist>";
    struct guard guard = guard_new(sizeof text);
    guard_truncate(&guard, slice_from(text), visit_pushed, NULL);
    guard_flip(&guard, slice_from(text), visit_pushed, NULL);
    guard_free(&guard);
}

static void test_delivered(void)
{
    struct diag diag = {0};
    struct kpi_watchlist *w = NULL;
    char path[600], schema[600];
    snprintf(path, sizeof path, "%s/mappings/watchlist.xml", kt_source());
    snprintf(schema, sizeof schema, "%s/mappings/watchlist.rng", kt_source());
    CU_ASSERT_EQUAL(kpi_watchlist_load(path, schema, &diag, &w), GW_OK);
    CU_ASSERT_PTR_NOT_NULL(kpi_watchlist_match(w, SLICE("Ransom.Win64.LOCKBIT.SMYX")));
    CU_ASSERT_PTR_NULL(kpi_watchlist_match(w, SLICE("EICAR_TEST_FILE")));
    const struct kpi_watch_entry *e = kpi_watchlist_match(w, SLICE("worm_downad.ad"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(e);
    CU_ASSERT_STRING_EQUAL(e->risk, "high");
    CU_ASSERT_TRUE(strlen(e->advice) > 10 && strlen(e->advice_zh) > 10);
    kpi_watchlist_free(w);
    diag_free(&diag);
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"inventory", test_plain},
                                        {"inventory from Excel", test_excel},
                                        {"inventory with mistakes", test_mistakes},
                                        {"inventory is bounded", test_bounded},
                                        {"inventory of any bytes", test_bytes},
                                        {"watchlist", test_watch},
                                        {"watchlist: words", test_watch_words},
                                        {"watchlist with mistakes", test_watch_mistakes},
                                        {"watchlist of 100,000", test_watch_large},
                                        {"pushed watchlist", test_pushed},
                                        {"pushed: hostile", test_pushed_hostile},
                                        {"pushed: encoding", test_pushed_encoding},
                                        {"pushed: costly", test_pushed_costly},
                                        {"pushed: bounds", test_pushed_bounds},
                                        {"pushed: 100,000 lines", test_pushed_large},
                                        {"pushed: any bytes", test_pushed_bytes},
                                        {"the delivered watchlist", test_delivered},
                                        {NULL, NULL}};
    xml_init();
    int result = unit_run("kpi lists", tests);
    xml_fini();
    return result;
}
