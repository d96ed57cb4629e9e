/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Delimited lines: RFC 4180 quotes, every delimiter, damage. */
#include "parsers/delimited.h"
#include "tests/parsers/body.h"

static struct body_test t;
static struct slice delimiter;

/* "1=a|2=b" */
static struct slice columns(struct slice line, struct slice between)
{
    arena_reset(&t.arena);
    buf_clear(&t.text);
    fields_clear(&t.fields);
    t.status = parse_delimited(line, between, &t.arena, &t.fields);
    CU_ASSERT_EQUAL(t.fields.format, GW_FORMAT_CSV);
    CU_ASSERT_EQUAL(t.fields.n_header, 0);
    for (size_t i = 0; i < t.fields.n; i++) {
        buf_printf(&t.text, "%s%.*s=", i ? "|" : "", SLICE_FMT(t.fields.v[i].name));
        buf_slice(&t.text, t.fields.v[i].value);
    }
    return buf_get(&t.text);
}

static void lines(void)
{
    static const struct {
        const char *between, *line, *expected;
    } cases[] = {
        {",", "1,2018/11/30 16:09:07,0128,TRAFFIC,end",
         "1=1|2=2018/11/30 16:09:07|3=0128|4=TRAFFIC|5=end"},
        {",", "a,\"b,c\",d", "1=a|2=b,c|3=d"},
        {",", "a,\"say \"\"x\"\", or y\",d", "1=a|2=say \"x\", or y|3=d"},
        {",", "\"\",\"\"\"\",\"a\"", "1=|2=\"|3=a"},
        {",", "a, \"b,c\",  d", "1=a|2=b,c|3=  d"},
        {",", "a,b\"c\",\"d\"e\",f", "1=a|2=b\"c\"|3=d\"e|4=f"},
        {",", "", "1="},
        {",", ",", "1=|2="},
        {",", "a,b,\r\n", "1=a|2=b|3="},
        {"\t", "7\t8\t00000001-0001-0001-0001-000000000164\tx \"y\"\t\"z\t1\"",
         "1=7|2=8|3=00000001-0001-0001-0001-000000000164|4=x \"y\"|5=z\t1"},
        {";", "a;\"b;\"\"\";c", "1=a|2=b;\"|3=c"},
        {"|", "ALT|v4|\"x|y\"", "1=ALT|2=v4|3=x|y"},
        /* Between more than one byte nobody quotes: a quote is text. */
        {"<;>", "20260301<;>950<;>EICAR<;>1<;>3<;>0<;>C:\\a \"b<;>c\".com<;>",
         "1=20260301|2=950|3=EICAR|4=1|5=3|6=0|7=C:\\a \"b|8=c\".com|9="},
        {"<;>", "a<;b;>c", "1=a<;b;>c"},
        {" ", "a \"b c\" d", "1=a|2=b c|3=d"},
        {"\"", "a\"b", "1=a|2=b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        UNIT_TEXT(columns(slice_from(cases[i].line), slice_from(cases[i].between)),
                  cases[i].expected);
        CU_ASSERT_EQUAL(t.status, PARSE_OK);
    }
}

/* A quote without an end may hide delimiters: what follows it is that column, never others. */
static void open_quotes(void)
{
    UNIT_TEXT(columns(SLICE("a,\"b,c"), SLICE(",")), "1=a|2=b,c");
    CU_ASSERT_EQUAL(t.status, PARSE_MALFORMED);
    CU_ASSERT_EQUAL(t.fields.error_at, 6);
    UNIT_TEXT(columns(SLICE("\"a\"\",\"\"b"), SLICE(",")), "1=a\",\"b");
    CU_ASSERT_EQUAL(t.status, PARSE_MALFORMED);
}

static void bounds(void)
{
    struct buf line = {0};
    for (int i = 1; i < 300; i++)
        buf_printf(&line, "%d,", i);
    columns(buf_get(&line), SLICE(","));
    CU_ASSERT_EQUAL(t.fields.n, FIELDS_MAX);
    CU_ASSERT(t.fields.is_truncated);
    for (size_t i = 0; i < t.fields.n; i++)
        CU_ASSERT(slice_equal(t.fields.v[i].name, t.fields.v[i].value));
    buf_free(&line);
    /* A full arena: the column stays as sent, and the record says so. */
    struct arena small;
    arena_init(&small, 1);
    arena_bytes(&small, 1);
    fields_clear(&t.fields);
    parse_delimited(SLICE("a,\"b\"\"c\""), SLICE(","), &small, &t.fields);
    UNIT_TEXT(t.fields.v[1].value, "b\"\"c");
    CU_ASSERT(t.fields.is_truncated);
    arena_fini(&small);
}

static void counts(void)
{
    CU_ASSERT(delimited_has_columns(SLICE("a,b,c"), SLICE(","), 3, 3));
    CU_ASSERT_FALSE(delimited_has_columns(SLICE("a,b,c"), SLICE(","), 4, 9));
    CU_ASSERT_FALSE(delimited_has_columns(SLICE("a,b,c"), SLICE(","), 1, 2));
    CU_ASSERT(delimited_has_columns(SLICE("a,\"b,c\"\n"), SLICE(","), 2, 2));
    CU_ASSERT_FALSE(delimited_has_columns(SLICE("words, and more"), SLICE("<;>"), 2, 9));
}

/* The first n columns are those that are had one by one. */
static void firsts_as_asked(struct slice input, struct slice between)
{
    struct slice texts[12];
    struct delimited_column column;
    for (size_t n = 0; n < sizeof texts / sizeof *texts; n++) {
        struct delimited asked = delimited_begin(input, between);
        size_t had = 0, first = delimited_first(input, between, texts, n);
        for (; had < n && delimited_next(&asked, &column); had++)
            CU_ASSERT(had < first && slice_equal(texts[had], column.text));
        CU_ASSERT_EQUAL(first, had);
    }
}

static void firsts(void)
{
    static const char *const texts[] = {"",
                                        ",",
                                        "a",
                                        "a,b,c",
                                        "a, b ,\"c,d\", \"e,f\",,g,",
                                        "a,\"b,c",
                                        "  ,  \"a\"b\", \"\"\",c",
                                        ",,,,,,,,,,,,,,,,"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        firsts_as_asked(slice_from(texts[i]), SLICE(","));
        firsts_as_asked(slice_from(texts[i]), SLICE(" "));
        firsts_as_asked(slice_from(texts[i]), SLICE("\""));
        firsts_as_asked(slice_from(texts[i]), SLICE(", "));
    }
}

static void visit(struct slice input, void *context)
{
    (void)context;
    firsts_as_asked(input, delimiter);
    columns(input, delimiter);
    CU_ASSERT(t.fields.error_at <= input.n && t.status != PARSE_MORE);
    delimited_has_columns(input, delimiter, 2, 5);
}

static void damage(void)
{
    static const char *const texts[][2] = {
        {",", "1,2018/11/30 16:09:07,\"a \"\"b\"\",c\",\"\", \"d\"e\",,x"},
        {"\t", "8\t00000001-0001\t\"x\ty\"\t"},
        {"<;>", "20260301<;>950<;>EICAR<;>1<;><;>\"<;>"},
    };
    struct guard g = guard_new(1024);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        delimiter = slice_from(texts[i][0]);
        guard_truncate(&g, slice_from(texts[i][1]), visit, NULL);
        guard_flip(&g, slice_from(texts[i][1]), visit, NULL);
    }
    guard_free(&g);
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"lines", lines},   {"quotes without end", open_quotes},
                                        {"bounds", bounds}, {"counts", counts},
                                        {"firsts", firsts}, {"damage", damage},
                                        CU_TEST_INFO_NULL};
    int status = unit_run("delimited", tests);
    body_free(&t);
    return status;
}
