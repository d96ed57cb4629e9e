/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Headers, RFC 5424's structured data, the table of body formats; the cases of meaning are in
 * syslog-cases.jsonl. */
#include "parsers/registry.h"
#include "parsers/rfc3164.h"
#include "parsers/rfc5424.h"
#include "parsers/syslog.h"
#include "tests/support/guard.h"
#include "tests/support/unit.h"

static struct arena arena;
static struct fields f;
static bool is_cut;

static enum parse_status read_text(const char *text)
{
    arena_reset(&arena);
    return parse_message(slice_from(text), NULL, &arena, &f);
}

static void bad_pri(void)
{
    /* Read over, and said. */
    CU_ASSERT_EQUAL(read_text("<192>Oct 11 22:14:15 h a: b"), PARSE_MALFORMED);
    CU_ASSERT_EQUAL(f.syslog.pri, -1);
    UNIT_TEXT(f.syslog.hostname, "h");
    UNIT_TEXT(f.syslog.msg, "b");
    CU_ASSERT_PTR_NOT_NULL(f.error);
    CU_ASSERT_EQUAL(read_text("<999>x"), PARSE_MALFORMED);
    /* Too long to be one: all of it stays. */
    CU_ASSERT_EQUAL(read_text("<18446744073709551617>x"), PARSE_MALFORMED);
    CU_ASSERT_EQUAL(f.syslog.pri, -1);
    UNIT_TEXT(f.syslog.msg, "<18446744073709551617>x");
    static const char *const plain[] = {"<>x", "<-1>x", "< 3>x", "<1", "<", "<12x>y"};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        CU_ASSERT_EQUAL(read_text(plain[i]), PARSE_OK);
        CU_ASSERT_FALSE(f.syslog.is_present);
        UNIT_TEXT(f.syslog.msg, plain[i]);
        CU_ASSERT_EQUAL(f.format, GW_FORMAT_TEXT);
    }
}

static void empty_and_ends(void)
{
    CU_ASSERT_EQUAL(parse_message(SLICE_NONE, NULL, &arena, &f), PARSE_OK);
    CU_ASSERT_EQUAL(f.syslog.msg.n, 0);
    CU_ASSERT_EQUAL(
        parse_message(slice_of("<13>Oct 11 22:14:15 h a: b\r\n\0", 29), NULL, &arena, &f),
        PARSE_OK);
    UNIT_TEXT(f.syslog.msg, "b");
    /* A NUL inside is text. */
    parse_message(slice_of("<13>Oct 11 22:14:15 h a: b\0c", 28), NULL, &arena, &f);
    CU_ASSERT_EQUAL(f.syslog.msg.n, 3);
}

static void long_fields(void)
{
    char text[1200];
    memset(text, 'x', sizeof text);
    memcpy(text, "<13>Oct 11 22:14:15 h ", 22);
    text[600] = ':';
    text[sizeof text - 1] = '\0';
    CU_ASSERT_EQUAL(read_text(text), PARSE_OK);
    CU_ASSERT_EQUAL(f.syslog.appname.n, 0); /* 578 bytes are no tag */
    CU_ASSERT_EQUAL(f.syslog.msg.n, sizeof text - 1 - 22);
    memcpy(text, "<13>1 2026-11-24T04:05:06Z ", 27);
    memcpy(text + 600, " a p m - hello", 15);
    CU_ASSERT_EQUAL(read_text(text), PARSE_OK);
    CU_ASSERT_EQUAL(f.syslog.hostname.n, 255); /* of 573; strict refuses it */
    UNIT_TEXT(f.syslog.msg, "hello");
    struct parse_options strict = {.strict = true};
    CU_ASSERT_EQUAL(parse_message(slice_from(text), &strict, &arena, &f), PARSE_MALFORMED);
    CU_ASSERT_PTR_NOT_NULL(strstr(f.error, "HOSTNAME"));
    CU_ASSERT(f.error_at > 200 && f.error_at <= 600);
    UNIT_TEXT(f.syslog.msg, "hello");
}

static void structured_data(void)
{
    struct sd_param v[8];
    size_t n = parse_structured_data(SLICE("[a@1 x=\"1\" y=\"q\\\"\\]\\\\\\n\"][b][c z=\"\"]"),
                                     &arena, v, 8, &is_cut);
    CU_ASSERT_EQUAL_FATAL(n, 6);
    UNIT_TEXT(v[0].id, "a@1");
    CU_ASSERT_EQUAL(v[0].name.n, 0);
    UNIT_TEXT(v[1].name, "x");
    UNIT_TEXT(v[1].value, "1");
    UNIT_TEXT(v[2].value, "q\"]\\\\n"); /* \n is two characters: RFC 5424 section 6.3.3 */
    UNIT_TEXT(v[3].id, "b");
    UNIT_TEXT(v[5].name, "z");
    CU_ASSERT_EQUAL(v[5].value.n, 0);
    CU_ASSERT_EQUAL(parse_structured_data(SLICE("[a x=\"1\" y=\"2\"]"), &arena, v, 2, &is_cut), 2);
    CU_ASSERT_EQUAL(parse_structured_data(SLICE("[a x=\"1\" y=2]"), &arena, v, 8, &is_cut),
                    2); /* up to the damage */
    CU_ASSERT_EQUAL(parse_structured_data_count(SLICE("[a x=\"1\" y=\"][b\"][c][d z=\"\"]")), 3);
    CU_ASSERT_EQUAL(parse_structured_data_count(SLICE("[a x=\"1\" y=2]")), 1);
    CU_ASSERT_EQUAL(parse_structured_data_count(SLICE_NONE), 0);
    CU_ASSERT(parse_structured_data_has(SLICE("[a x=\"1\"][snmp]"), SLICE("snmp")));
    CU_ASSERT(!parse_structured_data_has(SLICE("[a snmp=\"[snmp]\"][snmp2]"), SLICE("snmp")));
    CU_ASSERT_EQUAL(parse_structured_data(SLICE("-"), &arena, v, 8, &is_cut), 0);
    CU_ASSERT_EQUAL(parse_structured_data(SLICE_NONE, &arena, v, 8, &is_cut), 0);
    /* What looks like a parameter or an element inside a value is the value's; of a name that
       stands twice the first comes first. */
    n = parse_structured_data(SLICE("[a x=\"1\" m=\"\\\" x=\\\"2\\\"\\][a x=\\\"3\" x=\"4\"]"),
                              &arena, v, 8, &is_cut);
    CU_ASSERT_EQUAL_FATAL(n, 4);
    UNIT_TEXT(v[1].value, "1");
    UNIT_TEXT(v[2].value, "\" x=\"2\"][a x=\"3");
    UNIT_TEXT(v[3].value, "4");
    /* Without room for the unescaped value, the raw one. */
    struct arena none;
    arena_init(&none, 1);
    CU_ASSERT_FALSE(is_cut);
    CU_ASSERT_EQUAL(parse_structured_data(SLICE("[a x=\"\\\"\"]"), &none, v, 8, &is_cut), 2);
    UNIT_TEXT(v[1].value, "\\\"");
    CU_ASSERT_TRUE(is_cut);
    arena_fini(&none);
}

static void structured_data_asked(void)
{
    static const struct {
        const char *data, *id, *name, *value; /* NULL: none */
    } cases[] = {
        {"[a x=\"1\"][origin sw=\"s\" ip=\"192.0.2.1\"]", "origin", "ip", "192.0.2.1"},
        {"[origin ip=\"192.0.2.1\"][a ip=\"2\"]", "origin", "ip", "192.0.2.1"},
        {"[a ip=\"1\"][origin sw=\"s\"]", "origin", "ip", NULL},
        {"[origin sw=\"s\"][a ip=\"1\"]", "origin", "ip", NULL},
        {"[origin sw=\"s\"][origin ip=\"1\"]", "origin", "ip", NULL}, /* the first is asked */
        {"[a m=\"[origin ip=\\\"1\\\"\\]\"]", "origin", "ip", NULL},
        {"[origin ip=1]", "origin", "ip", NULL},
        {"[origin sw=\"s\" ip=", "origin", "ip", NULL},
        {"", "origin", "ip", NULL},
        {"-", "origin", "ip", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice raw = SLICE_NONE;
        bool is_there = parse_structured_data_value(
            slice_from(cases[i].data), slice_from(cases[i].id), slice_from(cases[i].name), &raw);
        CU_ASSERT_EQUAL(is_there, cases[i].value != NULL);
        if (is_there && cases[i].value)
            UNIT_TEXT(raw, cases[i].value);
    }
    struct slice ids[3];
    CU_ASSERT_EQUAL(parse_structured_data_ids(SLICE("[a x=\"[b\\]\"][c][d y=\"2\"]"), ids, 3), 3);
    UNIT_TEXT(ids[0], "a");
    UNIT_TEXT(ids[1], "c");
    UNIT_TEXT(ids[2], "d");
    CU_ASSERT_EQUAL(parse_structured_data_ids(SLICE("[a][c][d]"), ids, 2), 2);
    CU_ASSERT_EQUAL(parse_structured_data_ids(SLICE("[a][c x=][d]"), ids, 3),
                    2); /* to the damage */
    CU_ASSERT_EQUAL(parse_structured_data_ids(SLICE_NONE, ids, 3), 0);
    UNIT_TEXT(parse_structured_data_prefix(SLICE("[a x=\"1\"][b] text")), "[a x=\"1\"][b]");
    UNIT_TEXT(parse_structured_data_prefix(SLICE("[a x=\"1\"]text")), "[a x=\"1\"]");
    UNIT_TEXT(parse_structured_data_prefix(SLICE("[12:34]text")), "");
    UNIT_TEXT(parse_structured_data_prefix(SLICE("[a x=\"1\" text")), "");
    UNIT_TEXT(parse_structured_data_prefix(SLICE("text")), "");
}

/* A VERSION and what is no RFC 5424 behind it: read as RFC 3164, or as text. */
static void no_rfc5424(void)
{
    static const struct {
        const char *in;
        int version;
        const char *hostname, *msg;
    } cases[] = {
        {"<14>1 2026-03-02T08:00:00Z h a p m - x", 1, "h", "x"},
        {"<14>1 - h a p m - x", 1, "h", "x"},
        {"<14>1 - h a p m -", 1, "h", ""},
        {"<14>1 - h a p m x", 1, "h", "x"},
        {"<14>1 - h a p m -x", 1, "h", "-x"},
        {"<14>1 - h a p m [a", 1, "h", "[a"},
        {"<14>1 - h a p m [a][b]", 1, "h", ""},
        {"<14>1 2026-03-02T08:00:00Zx h a p m - x", 0, NULL, NULL},
        {"<14>1 -x h a p m - x", 0, NULL, NULL},
        {"<14>1 - h a: p m - x", 0, NULL, NULL},
        {"<14>1 - h a[1] p m - x", 0, NULL, NULL},
        {"<14>1 - h LEEF:1.0|V p m - x", 0, NULL, NULL},
        {"<14>1 - h 1,2 p m - x", 0, NULL, NULL},
        {"<14>1 - h a,b p m - x", 1, "h", "x"},
        {"<14>1 - h a p: m - x", 0, NULL, NULL},
        {"<14>1 - h  a p m - x", 0, NULL, NULL},
        {"<14>1 - h a p", 0, NULL, NULL},
        {"<14>0 - h a p m - x", 0, NULL, NULL},
        {"<14>1000 - h a p m - x", 0, NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        read_text(cases[i].in);
        if (f.syslog.version != cases[i].version)
            printf("\n    %s: version %d", cases[i].in, f.syslog.version);
        CU_ASSERT_EQUAL(f.syslog.version, cases[i].version);
        if (cases[i].hostname) {
            UNIT_TEXT(f.syslog.hostname, cases[i].hostname);
            UNIT_TEXT(f.syslog.msg, cases[i].msg);
        }
    }
    /* A time of RFC 3164 behind a number: the number is no VERSION. */
    read_text("<14>1 Oct 11 22:14:15 h a p m - x");
    CU_ASSERT_EQUAL(f.syslog.version, 0);
    CU_ASSERT_TRUE(f.syslog.time.is_set && f.syslog.time.month == 10);
}

/* What stands where RFC 3164 has host and tag. */
static void bsd_headers(void)
{
    static const struct {
        const char *in; /* behind the time */
        const char *hostname, *appname, *procid, *msg;
    } cases[] = {
        {"fe80::7:8%eth0 su: x", "fe80::7:8%eth0", "su", "", "x"},
        {"fe80::7:8% su: x", "", "fe80", "", ":7:8% su: x"},
        {"1:2:3:4:5:6:7:8 su: x", "1:2:3:4:5:6:7:8", "su", "", "x"},
        {"[192.0.2.1] su: x", "192.0.2.1", "su", "", "x"},
        {"[0000000001.2.3.444] su: x", "", "", "", "[0000000001.2.3.444] su: x"},
        {"[1.2.3] su: x", "", "", "", "[1.2.3] su: x"},
        {"192.0.2.1: su: x", "192.0.2.1", "su", "", "x"},
        {"- su: x", "", "su", "", "x"},
        {"sshd su: x", "", "sshd", "", "su: x"},
        {"h tag\tx: y", "h", "", "", "tag\tx: y"},
        {"h a|b[1]: x", "h", "a|b", "1", "x"},
        {"h a=b[1]: x", "h", "a=b", "1", "x"},
        {"h a=b c[1]: x", "h", "", "", "a=b c[1]: x"},
        {"h a=b", "h", "", "", "a=b"},
        {"h a|b", "h", "", "", "a|b"},
        {"h 7[1]: x", "h", "7", "1", "x"},
        {"h 7: x", "h", "", "", "7: x"},
        {"h tag[1", "h", "", "", "tag[1"},
        {"h tag[1 2]: x", "h", "", "", "tag[1 2]: x"},
        {"h tag[]: x", "h", "tag", "", "x"},
        {"h tag[] x", "h", "", "", "tag[] x"},
        {"h tag[1]x", "h", "", "", "tag[1]x"},
        {"h tag[1] x", "h", "tag", "1", "x"},
        {"h tag[1]", "h", "tag", "1", ""},
        {"h tag[1]:", "h", "tag", "1", ""},
        {"h tag:", "h", "tag", "", ""},
        {"h <tag>: x", "h", "", "", "<tag>: x"},
        {"h %s: x", "h", "%s", "", "x"}, /* no mnemonic begins with a small letter */
        {"h last message repeated 2 times", "h", "", "", "last message repeated 2 times"},
        {"last message repeated 2 times", "", "", "", "last message repeated 2 times"},
        {"message repeated 2 times: [ x]", "", "", "", "message repeated 2 times: [ x]"},
        {"sw 1 %%10SHELL/5/X: y", "sw 1", "", "", "%%10SHELL/5/X: y"},
        {"sw( 1 %%10SHELL/5/X: y", "", "", "", "sw( 1 %%10SHELL/5/X: y"},
        {"192.0.2.1 sw 1 %%10SHELL/5/X: y", "sw 1", "", "",
         "%%10SHELL/5/X: y"}, /* a relay's view */
        {"192.0.2.1 2026 sw %%10SHELL/5/X: y", "sw", "", "", "%%10SHELL/5/X: y"}, /* its year */
        {"192.0.2.1 %%10SHELL/5/X: y", "192.0.2.1", "", "", "%%10SHELL/5/X: y"},
        {"sw :%LINK-W-Down: y", "sw", "", "", "%LINK-W-Down: y"},
        {"sw 1 %%1xSHELL: y", "sw", "", "", "1 %%1xSHELL: y"},
        {"sw 1 %%x0SHELL: y", "sw", "", "", "1 %%x0SHELL: y"},
        {"h system,error text", "h", "system,error", "", "text"},
        {"h system,error, text", "h", "", "", "system,error, text"},
        {"h tag This is text", "h", "tag", "", "This is text"},
        {"h user Anna went", "h", "", "", "user Anna went"},
        {"h tag this is text", "h", "", "", "tag this is text"},
        {"h tag", "h", "tag", "", ""},
        {"h tag-1.2/3", "h", "tag-1.2/3", "", ""},
        {"h tag,1", "h", "", "", "tag,1"},
        {"h CEF:1", "h", "", "", "CEF:1"},
        {"h TMEF:x", "h", "", "", "TMEF:x"},
        {"h {x", "h", "", "", "{x"},
        {"h \xEF\xBB\xBF"
         "LEEF:1.0|x",
         "h", "", "", "LEEF:1.0|x"}, /* a byte order mark is part of no tag */
        {"\xEF\xBB\xBFh tag: x", "h", "tag", "", "x"},
        {"h \xEF\xBB\xBFtag: x", "h", "tag", "", "x"},
        {"h \xEF\xBB\xBF", "h", "", "", ""},
    };
    char text[200];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "<14>Oct 11 22:14:15 %s", cases[i].in);
        read_text(text);
        CU_ASSERT_TRUE(f.syslog.time.is_set);
        UNIT_TEXT(f.syslog.hostname, cases[i].hostname);
        UNIT_TEXT(f.syslog.appname, cases[i].appname);
        UNIT_TEXT(f.syslog.procid, cases[i].procid);
        UNIT_TEXT(f.syslog.msg, cases[i].msg);
    }
}

/* Numbers, uptimes and origins that Cisco's gear puts before the time, or in its place. */
static void preambles(void)
{
    static const struct {
        const char *in;
        bool has_time;
        const char *hostname, *msg;
    } cases[] = {
        {"<189>7: [syslog@9 s_id=\"x:514\"]: Nov 14 08:30:56: %LINK-5-X: y", true, "",
         "%LINK-5-X: y"},
        {"<189>7: *1y2w3d: %SYS-5-X: y", false, "", "%SYS-5-X: y"},
        {"<189>7: 1w2d: %SYS-5-X: y", false, "", "%SYS-5-X: y"},
        {"<189>7: 00:01:01: %SYS-5-X: y", false, "", "%SYS-5-X: y"},
        {"<189>7: gw: .Nov 14 08:30:56: %SYS-5-X: y", true, "gw", "%SYS-5-X: y"},
        {"<189>7: 2001:db8::7: Nov 14 08:30:56: %SYS-5-X: y", true, "2001:db8::7", "%SYS-5-X: y"},
        {"<189>7: xxxxx: Nov 14 08:30:56: %SYS-5-X: y", true, "", "%SYS-5-X: y"},
        {"<189>gw: 7: Nov 14 08:30:56: %SYS-5-X: y", true, "gw", "%SYS-5-X: y"},
        /* A controller's task, a card, a number, behind the header of a relay. */
        {"<134>Nov 14 08:30:57 gw: *a task: Nov 14 08:30:56.1: %APF-4-X: y", true, "gw",
         "%APF-4-X: y"},
        {"<134>Nov 14 08:30:57 gw *a: Nov 14 08:30:56.1: %APF-4-X: y", true, "gw", "%APF-4-X: y"},
        {"Nov 14 08:30:57 gw RP/0/RP0/CPU0:Nov 14 08:30:56.1 UTC: a[7]: %X-LINK-3-X : y", true,
         "gw", "%X-LINK-3-X : y"},
        {"Nov 14 08:30:57 192.0.2.1 gw RP/0/RP0/CPU0:Nov 14 08:30:56.1 UTC: a[7]: %X-LINK-3-X : y",
         true, "gw", "%X-LINK-3-X : y"},
        {"RP/0/RP0/CPU0:Nov 14 08:30:56.1 UTC: a[7]: %X-LINK-3-X : y", true, "", "%X-LINK-3-X : y"},
        {"a/b: Nov 14 08:30:56 is when it was", false, "", "a/b: Nov 14 08:30:56 is when it was"},
        {"<189>Nov 14 08:30:57 gw <187>7: Nov 14 08:30:56: %SYS-5-X: y", true, "gw", "%SYS-5-X: y"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        read_text(cases[i].in);
        CU_ASSERT_EQUAL(f.syslog.time.is_set, cases[i].has_time);
        UNIT_TEXT(f.syslog.hostname, cases[i].hostname);
        UNIT_TEXT(f.syslog.msg, cases[i].msg);
    }
    /* A weekday and a day alone make no time, but stand where it stands. */
    read_text("<14>Wed 28 03:17:47 h su: x");
    CU_ASSERT_FALSE(f.syslog.time.is_set);
    UNIT_TEXT(f.syslog.timestamp, "Wed 28 03:17:47");
    UNIT_TEXT(f.syslog.hostname, "h");
    static const char *const none[] = {"<14>Wed 28 03:17:4x h su: x", "<14>Xyz 28 03:17:47 h su: x",
                                       "<14>1794000000x h su: x", "<14>Oct 11 22:14:15abc h su: x"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        read_text(none[i]);
        CU_ASSERT_FALSE(f.syslog.time.is_set);
        CU_ASSERT_EQUAL(f.syslog.timestamp.n, 0);
    }
}

/* "facility.level" where a file or Kiwi's keeps what was the PRI. */
static void named_priority(void)
{
    static const struct {
        const char *in;
        int pri;
        const char *hostname, *appname, *msg;
    } cases[] = {
        {"Nov 14 08:30:57 h authpriv.warn su[7]: x", 84, "h", "su", "x"},
        {"Nov 14 08:30:57 local7.notice h su: x", 189, "h", "su", "x"},
        {"Nov 14 08:30:57 <auth.info> h su: x", 38, "h", "su", "x"},
        {"2026-11-14 08:30:57\tLocal7.Error\t192.0.2.1\t7: Nov 14 08:30:56: %SYS-5-X: y", 187,
         "192.0.2.1", "", "%SYS-5-X: y"},
        {"Sat Nov 14 08:30:57 2026 daemon.info su[7]: x", 30, "", "su", "x"},
        {"<14>Nov 14 08:30:57 local7.notice su: x", 14, "local7.notice", "su", "x"},
        {"Nov 14 08:30:57 local7.org su: x", -1, "local7.org", "su", "x"},
        {"Nov 14 08:30:57 local9.info su: x", -1, "local9.info", "su", "x"},
        {"Nov 14 08:30:57 mail.example.info su: x", -1, "mail.example.info", "su", "x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        read_text(cases[i].in);
        CU_ASSERT_EQUAL(f.syslog.pri, cases[i].pri);
        UNIT_TEXT(f.syslog.hostname, cases[i].hostname);
        UNIT_TEXT(f.syslog.appname, cases[i].appname);
        UNIT_TEXT(f.syslog.msg, cases[i].msg);
    }
}

static void checks(void)
{
    size_t at;
    CU_ASSERT_PTR_NULL(
        parse_rfc5424_check(SLICE("<165>1 - - - - - [a b=\"c\"] \xEF\xBB\xBFx"), &at));
    CU_ASSERT_PTR_NOT_NULL(parse_rfc5424_check(SLICE("<165>1 - - - - - - \xEF\xBB\xBF\xFF"), &at));
    CU_ASSERT_PTR_NOT_NULL(parse_rfc5424_check(SLICE("<165>1 - - - - - [a b=\"\xFF\"]"), &at));
    CU_ASSERT_PTR_NOT_NULL(parse_rfc5424_check(SLICE("<165>1 - - - - - [a b=\"c\"]x"), &at));
    CU_ASSERT_EQUAL(at, 26);
    CU_ASSERT_PTR_NULL(parse_rfc3164_check(SLICE("<34>Oct 11 22:14:15 h x"), &at));
    CU_ASSERT_PTR_NOT_NULL(parse_rfc3164_check(SLICE("<34>Oct 11 22:14:15"), &at));
    CU_ASSERT_PTR_NOT_NULL(parse_rfc3164_check(SLICE("<34>Oct 11 22:14:15 onlyhost"), &at));
    /* Ids are compared pairwise: their number is bounded. */
    char many[2048] = "<165>1 - - - - - ";
    for (int i = 0; i < 300; i++)
        sprintf(many + strlen(many), "[%d]", i);
    CU_ASSERT_PTR_NOT_NULL(parse_rfc5424_check(slice_from(many), &at));
    CU_ASSERT_EQUAL(read_text(many), PARSE_OK);
}

static void bodies(void)
{
    struct parse_options strict = {.strict = true};
    CU_ASSERT_EQUAL(read_text("<14>Oct 11 22:14:15 h CEF:0|a|b|c|d|e|5|k=v"), PARSE_OK);
    CU_ASSERT_EQUAL(f.format, GW_FORMAT_CEF);
    CU_ASSERT_EQUAL(f.n_header, 7);
    UNIT_TEXT(f.syslog.hostname, "h");
    UNIT_TEXT(f.syslog.msg, "CEF:0|a|b|c|d|e|5|k=v");
    /* A cut body: what is there, and where it broke. */
    CU_ASSERT_EQUAL(read_text("<14>Oct 11 22:14:15 h CEF:0|a|b|c"), PARSE_MALFORMED);
    CU_ASSERT_EQUAL(f.format, GW_FORMAT_CEF);
    CU_ASSERT_EQUAL(f.n, 4);
    CU_ASSERT_EQUAL(f.error_at, 33);
    /* A list with pipes is no CEF. */
    CU_ASSERT_EQUAL(read_text("1|2|3"), PARSE_OK);
    CU_ASSERT_EQUAL(f.format, GW_FORMAT_TEXT);
    /* Strict: a bare body is fine, a bare text is not, a bad PRI is not cured by a good body. */
    CU_ASSERT_EQUAL(parse_message(SLICE("CEF:0|a|b|c|d|e|5|k=v"), &strict, &arena, &f), PARSE_OK);
    CU_ASSERT_EQUAL(parse_message(SLICE("plain text"), &strict, &arena, &f), PARSE_MALFORMED);
    CU_ASSERT_EQUAL(read_text("<192>CEF:0|a|b|c|d|e|5|k=v"), PARSE_MALFORMED);
    CU_ASSERT_EQUAL(f.format, GW_FORMAT_CEF);
}

/* A program's text may quote anybody: a body there begins it, or is no body. */
static void quoted_bodies(void)
{
#define CEF_BODY "CEF:0|Example|Console|1|2|Virus|3|shost=victim"
#define MNEMONIC "%ASA-6-113015: AAA user authentication Rejected"
    static const struct {
        enum gw_format format;
        const char *text;
    } cases[] = {
        {GW_FORMAT_TEXT, "<38>Nov 24 04:05:06 h sshd[123]: Invalid user x " CEF_BODY},
        {GW_FORMAT_TEXT, "<38>Nov 24 04:05:06 h nginx: 192.0.2.1 \"GET / " CEF_BODY},
        {GW_FORMAT_TEXT, "<38>Nov 24 04:05:06 h smtpd[1]: from=<LEEF:1.0|A|B|1|2|a=b> x"},
        {GW_FORMAT_TEXT, "<38>Nov 24 04:05:06 h smtpd[1]: user LEEF:1.0|A|B|1|2|a=b"},
        {GW_FORMAT_TEXT, "<38>1 2026-11-24T04:05:06Z h sshd 1 - - Invalid user x " CEF_BODY},
        {GW_FORMAT_TEXT, "<38>Nov 24 04:05:06 h login[9]: FAILED for x [a:\"b\"; c:\"d\"]"},
        {GW_FORMAT_TEXT, "<38>Nov 24 04:05:06 h app: 2026-11-24 04:05:06 WARN no user " CEF_BODY},
        /* The same behind a relay's header. */
        {GW_FORMAT_TEXT, "<38>Nov 24 04:05:06 r Nov 24 04:05:06 h sshd[1]: no user x " CEF_BODY},
        {GW_FORMAT_TEXT, "<38>Nov 24 04:05:06 r <38>Nov 24 04:05:06 h sshd[1]: user " CEF_BODY},
        /* The body that begins first. */
        {GW_FORMAT_LEEF, "<38>Nov 24 04:05:06 h LEEF:1.0|A|B|1|2|usrName=x " CEF_BODY},
        {GW_FORMAT_JSON, "<38>Nov 24 04:05:06 h app: {\"user\": \"x " CEF_BODY "\"}"},
        {GW_FORMAT_KV, "<38>Nov 24 04:05:06 h a=1 b=2 c=3 user=\"x " CEF_BODY "\""},
        {GW_FORMAT_TEXT, "<38>Nov 24 04:05:06 h : " MNEMONIC " : user = x " CEF_BODY},
        /* A tag and its body, a host name with blanks, a header behind a header. */
        {GW_FORMAT_CEF, "<38>Nov 24 04:05:06 h dsm[7]: " CEF_BODY},
        {GW_FORMAT_CEF, "<38>1 2026-11-24T04:05:06Z h dsm 7 - - \xEF\xBB\xBF  " CEF_BODY},
        {GW_FORMAT_CEF, "<38>Nov 24 04:05:06 My Own Host " CEF_BODY},
        {GW_FORMAT_CEF, "<38>Nov 24 04:05:06 r Nov 24 04:05:06 My Own Host " CEF_BODY},
        {GW_FORMAT_CEF, "<38>Nov 24 04:05:06 r 2026-11-24T04:05:06+01:00 h SMEX[6]: " CEF_BODY},
        {GW_FORMAT_CEF, "<38>Nov 24 04:05:06 r file: Nov 24 04:05:06 h " CEF_BODY},
        {GW_FORMAT_CEF, "<38>Nov 24 04:05:06 r file: <38>Nov 24 04:05:06 h dsm: " CEF_BODY},
        /* A host name with blanks moves RFC 5424's words on. */
        {GW_FORMAT_CEF, "<38>1 2026-11-24T04:05:06Z My Host - - - - " CEF_BODY},
        {GW_FORMAT_CEF, "<38>1 2026-11-24T04:05:06Z My Own Host dsm - - - " CEF_BODY},
        {GW_FORMAT_TEXT, "<38>1 2026-11-24T04:05:06Z h sshd 1 - - - user x " CEF_BODY},
        {GW_FORMAT_TEXT, "<38>Nov 24 04:05:06 h sshd[1]: - " CEF_BODY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        read_text(cases[i].text);
        CU_assertImplementation(f.format == cases[i].format, __LINE__, cases[i].text, __FILE__, "",
                                CU_FALSE);
    }
    read_text("<38>Nov 24 04:05:06 h sshd[123]: Invalid user x " CEF_BODY);
    UNIT_TEXT(f.syslog.appname, "sshd");
    CU_ASSERT_EQUAL(f.n, 0);
}

/* The mark that RFC 5424 puts before text in UTF-8, and the blank that rsyslog keeps behind a tag,
 * are no part of what is said. */
static void marked_bodies(void)
{
    static const char *const heads[] = {
        "<38>1 2026-11-24T04:05:06Z h app 7 - - \xEF\xBB\xBF",
        "<38>1 2026-11-24T04:05:06Z h app 7 - [a@1 b=\"c\"] \xEF\xBB\xBF",
        "<38>Nov 24 04:05:06 h app[7]: \xEF\xBB\xBF",
        "\xEF\xBB\xBF",
        "<38>1 2026-11-24T04:05:06Z h app 7 - -  ",
        "<38>1 2026-11-24T04:05:06Z h app 7 - - \xEF\xBB\xBF ",
    };
    static const struct {
        enum gw_format format;
        const char *text;
    } bodies[] = {
        {GW_FORMAT_CEF, CEF_BODY},
        {GW_FORMAT_LEEF, "LEEF:1.0|A|B|1|2|a=b"},
        {GW_FORMAT_TMCM, "TMCM:EVT_Y A=\"b\""},
        {GW_FORMAT_TMCM, "EVT_Y A=\"b\""},
        {GW_FORMAT_JSON, "{\"a\":1}"},
        {GW_FORMAT_KV, "a=1 b=2 c=3"},
        {GW_FORMAT_KV, "[a:\"b\"; c:\"d\"]"},
        {GW_FORMAT_TEXT, MNEMONIC},
    };
    char text[300];
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        for (size_t k = 0; k < sizeof bodies / sizeof *bodies; k++) {
            snprintf(text, sizeof text, "%s%s", heads[i], bodies[k].text);
            read_text(text);
            CU_assertImplementation(f.format == bodies[k].format && f.n > 0, __LINE__, text,
                                    __FILE__, "", CU_FALSE);
            UNIT_TEXT(slice_trim(f.syslog.msg), bodies[k].text);
        }
}

static void touch(struct slice s, void *context)
{
    struct parse_options strict = {.strict = true};
    (void)context;
    arena_reset(&arena);
    CU_ASSERT_NOT_EQUAL(parse_message(s, NULL, &arena, &f), PARSE_MORE);
    struct slice msg = f.syslog.msg;
    CU_ASSERT(msg.n == 0 || (msg.p >= s.p && msg.p + msg.n <= s.p + s.n));
    CU_ASSERT(f.syslog.pri >= -1 && f.syslog.pri <= 191);
    parse_message(s, &strict, &arena, &f);
    CU_ASSERT(f.error_at <= s.n);
}

static void damage(void)
{
    static const char *const texts[] = {
        "<34>Oct 11 22:14:15.123 mymachine su[12]: 'su root' failed",
        "<189>521: edge1: *Nov 14 08:30:56.699 CEST: %LINK-5-CHANGED: x",
        ("<165>1 2003-10-11T22:14:15.003Z h app 8710 ID47 [ex@32473 iut=\"3\" e=\"\\]\"][b "
         "c=\"d\"] "
         "\xEF\xBB\xBFmsg"),
        "<37>Oct 11 22:14:15 h CEF: 0|a|b\\||c|d|e|5|msg=x\\=y\\\\ cs1=C:\\\\T\\\\ k=v",
        "<13>2018/10/05 09:52:14 h tag: x",
    };
    struct guard g = guard_new(256);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        guard_truncate(&g, slice_from(texts[i]), touch, NULL);
        guard_flip(&g, slice_from(texts[i]), touch, NULL);
    }
    guard_free(&g);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"bad PRI", bad_pri},
        {"empty, line ends", empty_and_ends},
        {"long fields", long_fields},
        {"structured data", structured_data},
        {"structured data, asked for one", structured_data_asked},
        {"no RFC 5424", no_rfc5424},
        {"RFC 3164's headers", bsd_headers},
        {"preambles", preambles},
        {"a priority by its names", named_priority},
        {"strict checks", checks},
        {"body formats", bodies},
        {"bodies that a text quotes", quoted_bodies},
        {"bodies behind a mark, a blank", marked_bodies},
        {"damage", damage},
        CU_TEST_INFO_NULL,
    };
    arena_init(&arena, 0);
    int status = unit_run("syslog", tests);
    arena_fini(&arena);
    return status;
}
