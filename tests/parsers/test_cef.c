/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CEF's mechanics; the cases of meaning are in cef-cases.jsonl. */
#include "parsers/cef.h"
#include "tests/support/guard.h"
#include "tests/support/unit.h"

#define HEAD "CEF:0|Example|Console|1|100|n|3|"

static struct arena arena;
static struct fields f;

static enum parse_status read_text(const char *text)
{
    arena_reset(&arena);
    fields_clear(&f);
    return parse_cef(slice_from(text), NULL, &arena, &f);
}

static struct slice value(const char *name)
{
    const struct field *found = fields_find(&f, slice_from(name));
    return found ? found->value : SLICE_NONE;
}

static void finding(void)
{
    size_t at = 99;
    CU_ASSERT_TRUE(parse_cef_find(SLICE("CEF:0|x"), &at));
    CU_ASSERT_EQUAL(at, 0);
    CU_ASSERT_TRUE(parse_cef_find(SLICE("Logs CEF: 0|x"), &at));
    CU_ASSERT_EQUAL(at, 5);
    CU_ASSERT_TRUE(parse_cef_find(SLICE("\xEF\xBB\xBF"
                                        "CEF:0|x"),
                                  &at));
    CU_ASSERT_EQUAL(at, 3);
    CU_ASSERT_TRUE(parse_cef_find(SLICE("0|a|b|c|d|e|5|"), &at));
    CU_ASSERT_EQUAL(at, 0);
    CU_ASSERT_FALSE(parse_cef_find(SLICE("0|a|b|c"), &at));
    CU_ASSERT_FALSE(parse_cef_find(SLICE("xCEF:0|a"), &at));
    CU_ASSERT_FALSE(parse_cef_find(SLICE("CEF:|a"), &at));
    CU_ASSERT_TRUE(parse_cef_find(SLICE("LEEF:1.0|x TMEF: 0|x"), &at));
    CU_ASSERT_EQUAL(at, 11);
    CU_ASSERT_FALSE(parse_cef_find(SLICE("XTMEF:0|x MEF:0|x EF:0|x EF:"), &at));
    CU_ASSERT_FALSE(parse_cef_find(SLICE("CEF:x|a"), &at));
    CU_ASSERT_FALSE(parse_cef_find(SLICE("CEF:123456789|a"), &at));
    CU_ASSERT_FALSE(parse_cef_find(SLICE("LEEF:1.0|a|b|c|d|e|"), &at));
    CU_ASSERT_FALSE(parse_cef_find(SLICE_NONE, &at));
}

static void in_place(void)
{
    const char *text = HEAD "src=192.0.2.1 msg=a b c dst=192.0.2.2";
    CU_ASSERT_EQUAL(read_text(text), PARSE_OK);
    CU_ASSERT_EQUAL(f.n, 10);
    CU_ASSERT_EQUAL(arena.used_bytes, 0); /* nothing was copied */
    CU_ASSERT_EQUAL(value("src").p, text + strlen(HEAD) + 4);
    UNIT_TEXT(value("msg"), "a b c");
    /* Around every alignment of the blocks. */
    char line[320];
    for (int pad = 0; pad < 140; pad++) {
        int n = snprintf(line, sizeof line, HEAD "k=%*s a\\=b=c key=v\\\\ z=1", pad, "x");
        CU_ASSERT(n > 0);
        CU_ASSERT_EQUAL(read_text(line), PARSE_OK);
        UNIT_TEXT(value("key"), "v\\");
        UNIT_TEXT(value("z"), "1");
        CU_ASSERT_TRUE(slice_ends_with(value("k"), SLICE("x a=b=c")));
    }
}

/* A key of every length, in every place of a block; what no key has in it ends one. */
static void keys(void)
{
    static const char all[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.,[]/-"
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.,[]/-";
    char line[512], key[160];
    for (int length = 1; length < 135; length++) {
        snprintf(key, sizeof key, "%.*s", length, all);
        for (int pad = 1; pad < 66; pad++) {
            snprintf(line, sizeof line, HEAD "k=%*s %s=v z=1", pad, "x", key);
            CU_ASSERT_EQUAL(read_text(line), PARSE_OK);
            CU_ASSERT_EQUAL(f.n, 10);
            UNIT_TEXT(value(key), "v");
        }
    }
    for (int c = 1; c < 256; c++) {
        bool is_of_key = strchr(all, c) || c == ' ' || c == '\t';
        if (c == '=' || c == '\\' || c == '\n' || c == '\r')
            continue;
        snprintf(line, sizeof line, HEAD "k=x a%cb=v", c);
        CU_ASSERT_EQUAL(read_text(line), PARSE_OK);
        CU_ASSERT_EQUAL(f.n, is_of_key ? 9 : 8);
    }
}

static void forged(void)
{
    /* What stands in a value comes later in the list, and the first of a name is the one found. */
    CU_ASSERT_EQUAL(read_text(HEAD "src=192.0.2.1 name=evil msg=x src=192.0.2.66"), PARSE_OK);
    UNIT_TEXT(value("src"), "192.0.2.1");
    UNIT_TEXT(value("name"), "n"); /* the header's */
    CU_ASSERT_EQUAL(f.n, 11);
}

static void quotes(void)
{
    read_text("CEF:0|\"A\"|Console|1|100|n|3|a=\"x y\" b=\"x\" \"y\" c=\" d=\"\"");
    UNIT_TEXT(value("device_vendor"), "A");
    UNIT_TEXT(value("a"), "x y");
    UNIT_TEXT(value("b"), "\"x\" \"y\"");
    UNIT_TEXT(value("c"), "\"");
    CU_ASSERT_EQUAL(value("d").n, 0);
    /* A list that quotes with ' has tabs between its pairs: what a value holds is no key. */
    read_text(HEAD
              "a='1'\tb='GET /?victim=1 victim=2; x=\\r\\n'\tc=3\td=['4']\te=''\tf='\tg='it's'");
    UNIT_TEXT(value("a"), "1");
    UNIT_TEXT(value("b"), "GET /?victim=1 victim=2; x=\r\n");
    UNIT_TEXT(value("c"), "3");
    UNIT_TEXT(value("d"), "['4']");
    CU_ASSERT_EQUAL(value("e").n, 0);
    UNIT_TEXT(value("f"), "'");
    UNIT_TEXT(value("g"), "it's");
    CU_ASSERT_PTR_NULL(fields_find(&f, SLICE("victim")));
    /* One that does not is as ever. */
    read_text(HEAD "msg='x' b=2");
    UNIT_TEXT(value("msg"), "'x'");
    UNIT_TEXT(value("b"), "2");
}

static void bounds(void)
{
    char *line = malloc(300 * 1024);
    strcpy(line, HEAD);
    char *p = line + strlen(line);
    for (int i = 0; i < 10000; i++)
        p += sprintf(p, "k%d=v%d ", i, i);
    CU_ASSERT_EQUAL(read_text(line), PARSE_OK);
    CU_ASSERT_EQUAL(f.n, FIELDS_MAX);
    CU_ASSERT_TRUE(f.is_truncated);
    free(line);
    /* The arena's cap: the raw value, and the mark. */
    struct arena tiny;
    arena_init(&tiny, 4);
    fields_clear(&f);
    parse_cef(SLICE(HEAD "msg=a\\=b\\=c\\=d k=v"), NULL, &tiny, &f);
    CU_ASSERT_TRUE(f.is_truncated);
    UNIT_TEXT(value("msg"), "a\\=b\\=c\\=d");
    UNIT_TEXT(value("k"), "v");
    arena_fini(&tiny);
}

/* What parsers of others broke on: a path that unescaped twice has a carriage return, an empty last
 * value, Apex Central's way to write a time. */
static void others(void)
{
    CU_ASSERT_EQUAL(
        read_text(HEAD "filePath=C:\\\\Windows\\\\reg.exe msg=\\\\\\\\srv\\\\new cs1=a\\\\\\rb "
                       "rt=Aug 22 2022 12:10:12 GMT+00:00 cs2="),
        PARSE_OK);
    UNIT_TEXT(value("filePath"), "C:\\Windows\\reg.exe");
    UNIT_TEXT(value("msg"), "\\\\srv\\new");
    UNIT_TEXT(value("cs1"), "a\\\rb");
    UNIT_TEXT(value("rt"), "Aug 22 2022 12:10:12 GMT+00:00");
    CU_ASSERT_PTR_NOT_NULL(fields_find(&f, SLICE("cs2")));
    UNIT_TEXT(value("cs2"), "");
}

static void touch(struct slice s, void *context)
{
    size_t at;
    unsigned *good = context;
    arena_reset(&arena);
    fields_clear(&f);
    if (parse_cef_find(s, &at) && parse_cef(slice_skip(s, at), NULL, &arena, &f) == PARSE_OK)
        ++*good;
}

static void damage(void)
{
    static const char text[] = HEAD "msg=x\\=y\\n\\\\ filePath=C:\\\\T\\\\ cs1=\\\\s\\h\\n "
                                    "a.b[0]=c request=http://h/?a=b last=\\";
    struct guard g = guard_new(256);
    unsigned good = 0;
    guard_truncate(&g, slice_from(text), touch, &good);
    CU_ASSERT(good > 60);
    guard_flip(&g, slice_from(text), touch, &good);
    guard_free(&g);
}

/* By its prefix, or by the two keys that every event of it has. */
static void tmef(void)
{
    static const struct {
        const char *text;
        enum gw_format format;
    } cases[] = {
        {"TMEF:0|Trend Micro|P|6.0|20|n|6|pComp=NCIE ptype=IDS", GW_FORMAT_TMEF},
        {"TMEF: 0|Trend Micro|P|6.0|20|n|6|", GW_FORMAT_TMEF},
        {HEAD "deviceMacAddress=00:00:5E:00:53:01 deviceGUID=1-2 pComp=NCIE", GW_FORMAT_TMEF},
        {HEAD "deviceMacAddress=00:00:5E:00:53:01 pComp=NCIE", GW_FORMAT_CEF},
        {HEAD "msg=deviceGUID deviceMacAddress deviceGUID=1", GW_FORMAT_CEF},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CU_ASSERT_EQUAL(read_text(cases[i].text), PARSE_OK);
        CU_ASSERT_EQUAL(f.format, cases[i].format);
        CU_ASSERT_EQUAL(f.n_header, 7);
        UNIT_TEXT(value("version"), "0");
    }
    read_text(cases[0].text);
    UNIT_TEXT(value("device_vendor"), "Trend Micro");
    UNIT_TEXT(value("severity"), "6");
    UNIT_TEXT(value("ptype"), "IDS");
    CU_ASSERT_EQUAL(read_text("TMEF:0|Trend Micro|P"), PARSE_MALFORMED);
    CU_ASSERT_EQUAL(f.format, GW_FORMAT_TMEF);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"finding", finding}, {"in place", in_place}, {"keys", keys}, {"forged fields", forged},
        {"quotes", quotes},   {"bounds", bounds},     {"tmef", tmef}, {"damage", damage},
        {"others", others},   CU_TEST_INFO_NULL,
    };
    arena_init(&arena, 0);
    int status = unit_run("cef", tests);
    arena_fini(&arena);
    return status;
}
