/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Streams, at once and byte by byte; oversize, damage, counts that lie. The common cases are in
 * syslog-cases.jsonl. */
#include "gateway/base/buf.h"
#include "parsers/framing.h"
#include "tests/support/guard.h"
#include "tests/support/unit.h"

/* All frames of a stream that arrives step bytes at a time, as text: "ok:..." "bad:..." "cut
 * 99:...", '|' between. */
static struct slice cut(struct slice in, enum framing_mode mode, size_t max, size_t step,
                        struct buf *out)
{
    struct framing f;
    struct slice frame, held = {in.p, 0};
    size_t consumed, arrived = 0;
    bool is_end = false;
    buf_clear(out);
    framing_init(&f, mode, max);
    for (;;) {
        enum parse_status status = is_end ? framing_end(&f, held, &frame, &consumed)
                                          : framing_next(&f, held, &frame, &consumed);
        CU_ASSERT_FATAL(consumed <= held.n);
        held = slice_skip(held, consumed);
        if (status != PARSE_MORE) {
            buf_printf(out, "%s%s", out->n ? "|" : "", status == PARSE_OK ? "ok" : "bad");
            if (f.is_truncated)
                buf_printf(out, " %llu", (unsigned long long)f.full_size_bytes);
            buf_printf(out, ":%.*s", SLICE_FMT(frame));
        } else if (is_end) {
            break;
        } else if (arrived == in.n) {
            is_end = true;
        } else {
            CU_ASSERT(held.n <= f.max_bytes + 32);
            size_t n = in.n - arrived < step ? in.n - arrived : step;
            held.n += n;
            arrived += n;
        }
    }
    framing_fini(&f);
    return buf_get(out);
}

static void streams(void)
{
    static const struct {
        const char *in;
        size_t n; /* 0: strlen */
        const char *expected;
    } cases[] = {
        {"", 0, ""},
        {"\n\r\n\n", 0, ""},
        {"<1>a\n<2>b", 0, "ok:<1>a|ok:<2>b"},
        {"<1>a\r\n<2>b\r\n", 0, "ok:<1>a|ok:<2>b"},
        {"<1>a\0<2>b\n\0", 11, "ok:<1>a|ok:<2>b\n"},
        {"<1>a\0\n<2>b\0\n", 12, "ok:<1>a|ok:<2>b"}, /* C strings on lines */
        {"4 <1>a4 <2>b", 0, "ok:<1>a|ok:<2>b"},
        {"5 <1>a\n5 <2>b\n", 0, "ok:<1>a\n|ok:<2>b\n"},
        {"4 <1>a\n4 <2>b\n", 0, "ok:<1>a|ok:<2>b"}, /* an LF that is not counted */
        {"5 abcd\n", 0, "ok:abcd\n"},
        {"2018 Apr 20 13:15:07 x\n<1>b\n", 0, "ok:2018 Apr 20 13:15:07 x|ok:<1>b"},
        {"1709552720 host x\n<1>b\n", 0, "ok:1709552720 host x|ok:<1>b"},
        {"12<1>a\n", 0, "ok:12<1>a"},
        {"0 <1>a\n4 <2>b", 0, "bad:0 <1>a|ok:<2>b"},
        {"007 <1>a\n<2>b\n", 0, "bad:007 <1>a|ok:<2>b"},
        {"99999999999999999999 <1>a\n4 <2>b", 0, "bad:99999999999999999999 <1>a|ok:<2>b"},
        {"18446744073709551620 <1>a\n4 <2>b", 0,
         "bad:18446744073709551620 <1>a|ok:<2>b"}, /* 2^64 + 4 */
        {"2147483648 <1>a\n4 <2>b", 0, "bad:2147483648 <1>a|ok:<2>b"},
        {"4 <1>aJUNK\n4 <2>b", 0, "ok:<1>a|bad:JUNK|ok:<2>b"},
        /* A count that was wrong costs what it miscounted, not all that follows. */
        {"4 <1>aJUNK4 <2>b4 <3>c", 0, "ok:<1>a|bad:JUNK|ok:<2>b|ok:<3>c"},
        {"4 <1>aJUNK74 <2>b4 <3>c", 0, "ok:<1>a|bad:JUNK7|ok:<2>b|ok:<3>c"},
        {"8 <134>abcJUNK12 <134>abcdefg8 <134>abc", 0,
         "ok:<134>abc|bad:JUNK|ok:<134>abcdefg|ok:<134>abc"},
        {"4 <1>a <2>b 5 <x>c 0 <1>d 4 <2>b", 0, "ok:<1>a|bad: <2>b 5 <x>c 0 <1>d |ok:<2>b"},
        {"4 <1>\xe7\x97\x85"
         "4 <2>b5 <3>cd",
         0, "ok:<1>\xe7|bad:\x97\x85|ok:<2>b|ok:<3>cd"}, /* characters were counted */
        {"3 <1>a3 <2>b3 <3>c", 0, "ok:<1>|bad:a|ok:<2>|bad:b|ok:<3>|bad:c"},
        {"\n4 <1>a4 <2>b", 0, "ok:<1>a|ok:<2>b"},
        /* A text's second line must not take what comes next. */
        {"<1>a\n99 <2>b\n<3>c\n", 0, "ok:<1>a|ok:99 <2>b|ok:<3>c"},
        {"<1>a\n4 b<2>\n12\n<3>c\n", 0, "ok:<1>a|ok:4 b<2>|ok:12|ok:<3>c"},
        {"9 <1>a", 0, "bad:9 <1>a"}, /* cut by the end */
        {"12", 0, "ok:12"},
    };
    struct buf out = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice in = slice_of(cases[i].in, cases[i].n ? cases[i].n : strlen(cases[i].in));
        UNIT_TEXT(cut(in, FRAMING_AUTO, 0, in.n ? in.n : 1, &out), cases[i].expected);
        UNIT_TEXT(cut(in, FRAMING_AUTO, 0, 1, &out), cases[i].expected);
        UNIT_TEXT(cut(in, FRAMING_AUTO, 0, 3, &out), cases[i].expected);
    }
    UNIT_TEXT(cut(SLICE("4 <1>a\n"), FRAMING_LF, 0, 1, &out), "ok:4 <1>a");
    UNIT_TEXT(cut(SLICE("<1>a\n"), FRAMING_OCTET, 0, 1, &out), "bad:<1>a");
    for (size_t step = 1; step < 16; step += 7) { /* the first NUL was a C string's end */
        UNIT_TEXT(cut(SLICE("<1>a\0\n<2>b\n<3>c\n"), FRAMING_NUL, 0, step, &out),
                  "ok:<1>a|ok:<2>b|ok:<3>c");
        UNIT_TEXT(cut(SLICE("<1>a\0<2>b\0\n<3>c\0"), FRAMING_NUL, 0, step, &out),
                  "ok:<1>a|ok:<2>b|ok:\n<3>c");
    }
    buf_free(&out);
}

static void oversize(void)
{
    struct buf out = {0};
    for (size_t step = 1; step < 60; step += 7) {
        UNIT_TEXT(cut(SLICE("<1>0123456789abcdef\n<2>b\n"), FRAMING_AUTO, 10, step, &out),
                  "ok 19:<1>0123456|ok:<2>b");
        UNIT_TEXT(cut(SLICE("19 <1>0123456789abcdef4 <2>b"), FRAMING_AUTO, 10, step, &out),
                  "ok 19:<1>0123456|ok:<2>b");
        UNIT_TEXT(cut(SLICE("10 <1>01234564 <2>b"), FRAMING_AUTO, 10, step, &out),
                  "ok:<1>0123456|ok:<2>b");
        UNIT_TEXT(cut(SLICE("<1>0123456789abcdef"), FRAMING_AUTO, 10, step, &out),
                  "ok 19:<1>0123456");
        UNIT_TEXT(cut(SLICE("4 <1>aJUNKJUNKJUNKJUNK\n4 <2>b"), FRAMING_AUTO, 10, step, &out),
                  "ok:<1>a|bad 16:JUNKJUNKJU|ok:<2>b");
        UNIT_TEXT(cut(SLICE("4 <1>aJUNKJUNKJUNKJUNK4 <2>b4 <3>c"), FRAMING_AUTO, 10, step, &out),
                  "ok:<1>a|bad 16:JUNKJUNKJU|ok:<2>b|ok:<3>c");
        UNIT_TEXT(
            cut(SLICE("4 <1>aJUNKJUNKJUNKJUNKJUNKJUNKJUNKJUNK <191"), FRAMING_AUTO, 10, step, &out),
            "ok:<1>a|bad 37:JUNKJUNKJU");
    }
    /* 64 KiB and one byte, then the next whole. */
    char *line = malloc(70000 + 8);
    memset(line, 'x', 70000);
    memcpy(line, "<1>", 3);
    memcpy(line + 70000, "\n<2>b\n", 6);
    struct slice result = cut(slice_of(line, 70006), FRAMING_AUTO, 0, 4096, &out);
    CU_ASSERT_TRUE(slice_starts_with(result, SLICE("ok 70000:<1>xxx")));
    CU_ASSERT_TRUE(slice_ends_with(result, SLICE("xxx|ok:<2>b")));
    free(line);
    /* A thousand digits are junk up to the LF, and bounded. */
    char digits[1100];
    memset(digits, '9', 1000);
    memcpy(digits + 1000, " <1>a\n<2>b\n", 11);
    UNIT_TEXT(cut(slice_of(digits, 1011), FRAMING_AUTO, 40, 1, &out),
              "bad 1005:9999999999999999999999999999999999999999|ok:<2>b");
    buf_free(&out);
}

/* However a stream was cut on its way, its messages are the same. */
static void whatever_cuts(void)
{
    static const struct slice parts[] = {
        SLICE("4 <1>a"), SLICE("10 <134>abcde"), SLICE("<1>b\n"), SLICE("\n"),     SLICE("7"),
        SLICE("12 "),    SLICE("<191>"),         SLICE(" <2"),    SLICE("0 <1>"),  SLICE("x"),
        SLICE("\0"),     SLICE("123456789 <1>"), SLICE(">"),      SLICE("33 <1>"),
    };
    struct buf stream = {0}, whole = {0}, pieces = {0};
    srand(5);
    for (int round = 0; round < 20000; round++) {
        buf_clear(&stream);
        for (int n = 1 + rand() % 12; n > 0; n--)
            buf_slice(&stream, parts[(size_t)rand() % (sizeof parts / sizeof *parts)]);
        size_t max = rand() % 2 ? 0 : 8 + (size_t)rand() % 20;
        cut(buf_get(&stream), FRAMING_AUTO, max, stream.n, &whole);
        size_t step = 1 + (size_t)rand() % 9;
        UNIT_TEXT(cut(buf_get(&stream), FRAMING_AUTO, max, step, &pieces), buf_text(&whole));
    }
    buf_free(&stream);
    buf_free(&whole);
    buf_free(&pieces);
}

static void slow_drip(void)
{
    /* A line that comes byte by byte is not searched from its start each time: this would take
     * minutes. */
    enum { SIZE = 60000 };
    struct framing f;
    struct slice frame;
    size_t consumed;
    char *line = malloc(SIZE);
    memset(line, 'x', SIZE);
    line[SIZE - 1] = '\n';
    framing_init(&f, FRAMING_LF, 0);
    for (size_t n = 1; n < SIZE; n++) {
        CU_ASSERT_EQUAL_FATAL(framing_next(&f, slice_of(line, n), &frame, &consumed), PARSE_MORE);
        CU_ASSERT_EQUAL_FATAL(f.scanned, n);
    }
    CU_ASSERT_EQUAL(framing_next(&f, slice_of(line, SIZE), &frame, &consumed), PARSE_OK);
    CU_ASSERT_EQUAL(frame.n, SIZE - 1);
    framing_fini(&f);
    free(line);
}

static void touch(struct slice s, void *context)
{
    cut(s, FRAMING_AUTO, 12, 5, context);
}

static void damage(void)
{
    static const char text[] =
        "5 <13>a4 <1>b99 <13>long enough to be cut\n<13>x\r\n<1>\0<2>c\n12345678901 <";
    struct guard g = guard_new(128);
    struct buf out = {0};
    guard_truncate(&g, slice_of(text, sizeof text - 1), touch, &out);
    guard_flip(&g, slice_of(text, sizeof text - 1), touch, &out);
    buf_free(&out);
    guard_free(&g);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"streams", streams},     {"oversize", oversize}, {"whatever cuts", whatever_cuts},
        {"slow drip", slow_drip}, {"damage", damage},     CU_TEST_INFO_NULL,
    };
    return unit_run("framing", tests);
}
