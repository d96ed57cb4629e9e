/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames at once and byte by byte, oversize, damage; what is written is read again. */
#include "parsers/relp.h"

#include "tests/support/guard.h"
#include "tests/support/unit.h"

/* All frames of a stream that arrives step bytes at a time, as text: "TXNR COMMAND:DATA", with
 * "/SIZE" behind the command of what was cut; '|' between; "!REASON" ends it. */
static struct slice cut(struct slice in, size_t max, size_t step, struct buf *out)
{
    struct relp_reader reader;
    struct relp_frame frame;
    struct slice held = {in.p, 0};
    size_t consumed, arrived = 0;
    buf_clear(out);
    relp_reader_init(&reader, max);
    for (;;) {
        enum parse_status status = relp_next(&reader, held, &frame, &consumed);
        CU_ASSERT_FATAL(consumed <= held.n);
        held = slice_skip(held, consumed);
        if (status == PARSE_MALFORMED) {
            buf_printf(out, "!%s", reader.error);
            break;
        }
        if (status == PARSE_OK) {
            buf_printf(out, "%s%u %.*s", out->n ? "|" : "", frame.txnr, SLICE_FMT(frame.command));
            if (frame.full_size_bytes)
                buf_printf(out, "/%llu", (unsigned long long)frame.full_size_bytes);
            buf_printf(out, ":%.*s", SLICE_FMT(frame.data));
        } else if (arrived == in.n) {
            break;
        } else {
            CU_ASSERT(held.n <= max + RELP_HEADER_MAX);
            size_t n = in.n - arrived < step ? in.n - arrived : step;
            held.n += n;
            arrived += n;
        }
    }
    relp_reader_fini(&reader);
    return buf_get(out);
}

#define NO_TXNR   "!no transaction number where a frame begins"
#define NO_CMD    "!a command that is none"
#define NO_LENGTH "!a length that is none"
#define NO_END    "!data longer or shorter than its length says"

static void streams(void)
{
    static const struct {
        const char *in, *expected;
    } cases[] = {
        {"", ""},
        {"1 open 9 a=1\nb=2,3\n", "1 open:a=1\nb=2,3"},
        {"2 syslog 4 <1>a\n3 syslog 4 <2>b\n", "2 syslog:<1>a|3 syslog:<2>b"},
        {"2 syslog 1 \n\n3 close 0\n", "2 syslog:\n|3 close:"},
        {"3 close 0 \n4 close 0\n", "3 close:|4 close:"}, /* librelp writes the blank */
        {"2 rsp 6 200 OK\n", "2 rsp:200 OK"},
        {"0 serverclose 0\n", "0 serverclose:"},
        {"999999999 syslog 1 x\n1 syslog 1 y\n", "999999999 syslog:x|1 syslog:y"},
        {"007 syslog 001 x\n", "7 syslog:x"},
        {"1 abcdefghijabcdefghijabcdefghijab 1 x\n", "1 abcdefghijabcdefghijabcdefghijab:x"},
        /* a part of one */
        {"1", ""},
        {"1 sys", ""},
        {"1 syslog 5", ""},
        {"1 syslog 5 abcd", ""},
        {"1 syslog 5 abcde", ""},
        /* none */
        {"\n", NO_TXNR},
        {" 1 syslog 1 x\n", NO_TXNR},
        {"x", NO_TXNR},
        {"-1 syslog 1 x\n", NO_TXNR},
        {"1\n", NO_TXNR},
        {"1234567890 syslog 1 x\n", NO_TXNR},
        {"1  syslog 1 x\n", NO_CMD},
        {"1 sys1og 1 x\n", NO_CMD},
        {"1 \n", NO_CMD},
        {"1 syslog\n", NO_CMD},
        {"1 abcdefghijabcdefghijabcdefghijabc 1 x\n", NO_CMD},
        {"1 syslog x\n", NO_LENGTH},
        {"1 syslog -1 x\n", NO_LENGTH},
        {"1 syslog 1\n", NO_LENGTH},
        {"1 syslog 1x\n", NO_LENGTH},
        {"1 syslog 1234567890 x\n", NO_LENGTH},
        {"1 syslog 1 xy\n", NO_END},
        {"1 syslog 0 x\n", NO_END},
        {"1 syslog 2 x\n2 syslog 1 y\n", NO_END},
        {"5 syslog 1 x\n\n", "5 syslog:x" NO_TXNR},
    };
    struct buf out = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t step = 1; step <= 64; step += 7) {
            struct slice got = cut(slice_from(cases[i].in), 100, step, &out);
            UNIT_TEXT(got, cases[i].expected);
        }
    buf_free(&out);
}

static void oversize(void)
{
    static const struct {
        const char *in, *expected;
    } cases[] = {
        {"1 syslog 5 abcde\n2 syslog 1 x\n", "1 syslog:abcde|2 syslog:x"},
        {"1 syslog 6 abcdef\n2 syslog 1 x\n", "1 syslog/6:abcde|2 syslog:x"},
        {"1 syslog 20 abcdefghijabcdefghij\n2 syslog 1 x\n", "1 syslog/20:abcde|2 syslog:x"},
        {"1 syslog 20 ab\ndefghijabcdef\nhij\n2 syslog 1 x\n", "1 syslog/20:ab\nde|2 syslog:x"},
        {"1 syslog 20 abcdefghijabcdefghijk\n2 syslog 1 x\n", NO_END},
        {"1 syslog 20 abcdefghijabcdefghij", ""},
        {"1 syslog 999999999 abcdefghijabcdefghij\n", ""},
    };
    struct buf out = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t step = 1; step <= 64; step++)
            UNIT_TEXT(cut(slice_from(cases[i].in), 5, step, &out), cases[i].expected);
    buf_free(&out);
}

static void writing(void)
{
    struct buf out = {0}, text = {0};
    relp_write(&out, 1, SLICE("open"), SLICE("a=b"));
    relp_write(&out, RELP_TXNR_MAX, SLICE("syslog"), SLICE("x\ny"));
    relp_write(&out, 0, SLICE("serverclose"), SLICE_NONE);
    relp_write_ok(&out, 1234567);
    relp_write_begin(&out, 7, SLICE("syslog"), 5);
    buf_slice(&out, SLICE("12345"));
    relp_write_end(&out);
    UNIT_TEXT(buf_get(&out), "1 open 3 a=b\n999999999 syslog 3 x\ny\n0 serverclose 0\n"
                             "1234567 rsp 6 200 OK\n7 syslog 5 12345\n");
    UNIT_TEXT(cut(buf_get(&out), 100, 3, &text),
              "1 open:a=b|999999999 syslog:x\ny|0 serverclose:|1234567 rsp:200 OK|7 syslog:12345");
    buf_free(&out);
    buf_free(&text);
}

static void numbers(void)
{
    CU_ASSERT_EQUAL(relp_txnr_next(1), 2);
    CU_ASSERT_EQUAL(relp_txnr_next(RELP_TXNR_MAX), 1);
    CU_ASSERT_TRUE(relp_txnr_follows(1, 2));
    CU_ASSERT_TRUE(relp_txnr_follows(1, 1000));
    CU_ASSERT_TRUE(relp_txnr_follows(RELP_TXNR_MAX, 1));
    CU_ASSERT_TRUE(relp_txnr_follows(RELP_TXNR_MAX - 1, 3));
    CU_ASSERT_FALSE(relp_txnr_follows(2, 2));
    CU_ASSERT_FALSE(relp_txnr_follows(2, 1));
    CU_ASSERT_FALSE(relp_txnr_follows(RELP_TXNR_MAX, RELP_TXNR_MAX - 1));
}

static void responses(void)
{
    static const struct {
        const char *in;
        int code; /* 0: none */
        const char *text, *rest;
    } cases[] = {
        {"", 200, "", ""},
        {"200", 200, "", ""},
        {"200 OK", 200, "OK", ""},
        {"200 OK\nrelp_version=0\ncommands=syslog", 200, "OK", "relp_version=0\ncommands=syslog"},
        {"500 not this\n", 500, "not this", ""},
        {"200\na=b", 200, "", "a=b"},
        {"20", 0, "", ""},
        {"OK", 0, "", ""},
        {"2000", 0, "", ""},
        {"200OK", 0, "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int code = -1;
        struct slice text, rest;
        bool is_one = relp_read_response(slice_from(cases[i].in), &code, &text, &rest);
        CU_ASSERT_EQUAL(is_one, cases[i].code != 0);
        if (!is_one)
            continue;
        CU_ASSERT_EQUAL(code, cases[i].code);
        UNIT_TEXT(text, cases[i].text);
        UNIT_TEXT(rest, cases[i].rest);
    }
}

static void offers(void)
{
    struct slice rest = SLICE("relp_version=0\n\nrelp_software=x=y\nflag\ncommands=a,syslog , b");
    struct slice name, value;
    CU_ASSERT_TRUE(relp_next_offer(&rest, &name, &value));
    UNIT_TEXT(name, "relp_version");
    UNIT_TEXT(value, "0");
    CU_ASSERT_TRUE(relp_next_offer(&rest, &name, &value));
    UNIT_TEXT(name, "relp_software");
    UNIT_TEXT(value, "x=y");
    CU_ASSERT_TRUE(relp_next_offer(&rest, &name, &value));
    UNIT_TEXT(name, "flag");
    UNIT_TEXT(value, "");
    CU_ASSERT_TRUE(relp_next_offer(&rest, &name, &value));
    UNIT_TEXT(name, "commands");
    CU_ASSERT_TRUE(relp_has_word(value, SLICE("syslog")));
    CU_ASSERT_TRUE(relp_has_word(value, SLICE("b")));
    CU_ASSERT_FALSE(relp_has_word(value, SLICE("sys")));
    CU_ASSERT_FALSE(relp_has_word(SLICE_NONE, SLICE("syslog")));
    CU_ASSERT_FALSE(relp_next_offer(&rest, &name, &value));
    rest = SLICE("\n\n");
    CU_ASSERT_FALSE(relp_next_offer(&rest, &name, &value));
}

static void touch(struct slice s, void *context)
{
    struct slice rest = s, name, value, text;
    int code;
    cut(s, 12, 5, context);
    cut(s, 100, s.n + 1, context);
    relp_read_response(s, &code, &text, &rest);
    while (relp_next_offer(&rest, &name, &value))
        relp_has_word(value, SLICE("syslog"));
}

static void damage(void)
{
    static const char text[] = "1 open 24 relp_version=0\ncommands=a\n2 syslog 13 <13>long one\n"
                               "3 rsp 6 200 OK\n999999999 close 0\n0 serverclose 0 \n";
    struct guard g = guard_new(256);
    struct buf out = {0};
    guard_truncate(&g, slice_of(text, sizeof text - 1), touch, &out);
    guard_flip(&g, slice_of(text, sizeof text - 1), touch, &out);
    buf_free(&out);
    guard_free(&g);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"streams", streams}, {"oversize", oversize},   {"writing", writing},
        {"numbers", numbers}, {"responses", responses}, {"offers", offers},
        {"damage", damage},   CU_TEST_INFO_NULL,
    };
    return unit_run("relp", tests);
}
