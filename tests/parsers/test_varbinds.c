/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notifications from datagrams built here byte by byte; v1 names, responses, the guard's verdicts.
 */
#include "gateway/base/buf.h"
#include "parsers/varbinds.h"
#include "tests/support/guard.h"
#include "tests/support/unit.h"

static struct arena arena;
static struct fields f;
static struct notification n;

/* ---- a small BER writer; pieces are made into a pool that one test uses up ---- */

static char pool[1 << 20];
static size_t pool_used;

static struct slice keep(const void *p, size_t size)
{
    if (pool_used + size > sizeof pool)
        abort();
    memcpy(pool + pool_used, p, size);
    pool_used += size;
    return slice_of(pool + pool_used - size, size);
}

static struct slice cat(struct slice a, struct slice b)
{
    struct buf both = {0};
    buf_slice(&both, a);
    buf_slice(&both, b);
    struct slice s = keep(both.p, both.n);
    buf_free(&both);
    return s;
}

static struct slice tlv(int tag, struct slice contents)
{
    char head[4] = {(char)tag, (char)0x82, (char)(contents.n >> 8), (char)contents.n};
    if (contents.n < 128) {
        head[1] = (char)contents.n;
        return cat(keep(head, 2), contents);
    }
    return cat(keep(head, 4), contents);
}

static struct slice integer(int tag, long long value)
{
    char bytes[8];
    int size = 1;
    while (size < 8 && (value < -(1LL << (size * 8 - 1)) || value >= 1LL << (size * 8 - 1)))
        size++;
    for (int i = 0; i < size; i++)
        bytes[i] = (char)(value >> ((size - 1 - i) * 8));
    return tlv(tag, slice_of(bytes, (size_t)size));
}

static struct slice oid(const char *dotted)
{
    struct buf out = {0};
    unsigned long arc, first = strtoul(dotted, (char **)&dotted, 10);
    for (int i = 0; *dotted == '.'; i++) {
        arc = strtoul(dotted + 1, (char **)&dotted, 10);
        if (i == 0)
            arc += first * 40;
        for (int shift = 35; shift > 0; shift -= 7)
            if (arc >> shift)
                buf_byte(&out, (char)(0x80 | ((arc >> shift) & 0x7F)));
        buf_byte(&out, (char)(arc & 0x7F));
    }
    struct slice s = tlv(0x06, buf_get(&out));
    buf_free(&out);
    return s;
}

static struct slice pair(const char *name, struct slice value)
{
    return tlv(0x30, cat(oid(name), value));
}

static struct slice message(int version, struct slice pdu)
{
    return tlv(0x30, cat(integer(2, version), cat(tlv(4, SLICE("public")), pdu)));
}

static struct slice no_errors(void)
{
    return cat(integer(2, 0), integer(2, 0));
}

static struct slice v2(int tag, struct slice errors, struct slice varbinds)
{
    struct slice head = cat(pair("1.3.6.1.2.1.1.3.0", integer(0x43, 12345)),
                            pair("1.3.6.1.6.3.1.1.4.1.0", oid("1.3.6.1.4.1.99999.0.1")));
    return message(1, tlv(tag, cat(cat(integer(2, 77), errors), tlv(0x30, cat(head, varbinds)))));
}

static struct slice v1(struct slice enterprise, int generic, long long specific)
{
    struct slice body = cat(enterprise, cat(tlv(0x40, slice_of("\xC0\x00\x02\x09", 4)),
                                            cat(integer(2, generic), integer(2, specific))));
    return message(0,
                   tlv(0xA4, cat(cat(body, integer(0x43, 100)),
                                 tlv(0x30, pair("1.3.6.1.4.1.6101.141", tlv(4, SLICE("found")))))));
}

static struct slice enterprise_of(int arcs)
{
    char bytes[256];
    memset(bytes, 1, sizeof bytes);
    bytes[0] = 0x2B; /* 1.3 */
    return tlv(6, slice_of(bytes, (size_t)(arcs - 1)));
}

static struct slice value(const char *name)
{
    const struct field *found = fields_find(&f, slice_from(name));
    return found ? found->value : SLICE_NONE;
}

static enum parse_status fields_of(struct slice datagram, struct charset *charset)
{
    arena_reset(&arena);
    parse_notification(datagram, &n);
    return parse_varbinds(&n, charset, &arena, &f);
}

/* ---- tests ---- */

static void values(void)
{
    pool_used = 0;
    static const char opaque[] = "\x9f\x78\x04\x42\xf6\x00\x00";
    struct slice list = SLICE_NONE;
    const struct slice all[] = {
        integer(2, -5),
        tlv(4, SLICE("plain text")),
        tlv(4, slice_of("\xB2\xA1\xB6\xBE", 4)),
        tlv(4, slice_of("\x00\x1b\x21\xff\x0a\x80", 6)),
        tlv(4, slice_of("text\0", 5)),
        tlv(5, SLICE_NONE),
        oid("1.3.6.1.4.1.4294967295"),
        tlv(0x40, slice_of("\xC0\x00\x02\x63", 4)),
        integer(0x41, 4294967295),
        tlv(0x42, slice_of("\xFF\xFF\xFF\xFF", 4)),
        tlv(0x46, slice_of("\x00\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 9)),
        tlv(0x44, slice_of(opaque, 7)),
        tlv(0x80, SLICE_NONE),
        tlv(4, SLICE_NONE),
        tlv(6, SLICE_NONE),
    };
    static const char *const expected[] = {"-5",
                                           "plain text",
                                           "病毒",
                                           "0x001b21ff0a80",
                                           "text",
                                           "",
                                           "1.3.6.1.4.1.4294967295",
                                           "192.0.2.99",
                                           "4294967295",
                                           "4294967295",
                                           "18446744073709551615",
                                           "0x9f780442f60000",
                                           "",
                                           "",
                                           "0.0"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char name[32];
        snprintf(name, sizeof name, "1.3.6.1.4.1.99999.1.%zu", i);
        list = cat(list, pair(name, all[i]));
    }
    struct slice datagram = v2(0xA7, no_errors(), list);
    struct charset *charset = charset_open("GB18030");
    CU_ASSERT_EQUAL(fields_of(datagram, charset), PARSE_OK);
    CU_ASSERT_EQUAL(f.format, GW_FORMAT_VARBINDS);
    UNIT_TEXT(value("trap_oid"), "1.3.6.1.4.1.99999.0.1");
    UNIT_TEXT(value("version"), "2c");
    UNIT_TEXT(value("uptime"), "12345");
    CU_ASSERT_EQUAL(f.n_header, 3);
    CU_ASSERT_EQUAL_FATAL(f.n, 3 + 2 + sizeof all / sizeof *all);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        UNIT_TEXT(f.v[5 + i].value, expected[i]);
    UNIT_TEXT(f.v[5].name, "1.3.6.1.4.1.99999.1.0");
    charset_close(charset);
    /* Without the charset the GBK octets are no text. */
    fields_of(datagram, NULL);
    UNIT_TEXT(f.v[7].value, "0xb2a1b6be");
    CU_ASSERT_TRUE(parse_snmp_is_safe(datagram));
    CU_ASSERT_EQUAL(parse_snmp_version(datagram), SNMP_MESSAGE_V2C);
}

#define BYTES(literal)                                                                             \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

/* Bytes that became U+FFFD are told; those that stand as hexadecimal are all there. Of no declared
   set, text is what is likely, and octets as short as addresses stay octets. */
static void charsets(void)
{
    static const struct {
        const char *charset;
        struct slice octets;
        bool is_replaced, is_guessed;
        const char *text;
    } cases[] = {
        {"GB18030", BYTES("plain text"), false, false, "plain text"},
        {"GB18030", BYTES("\xb2\xa1\xb6\xbe"), false, false, "病毒"},
        {"GB18030", BYTES("a long text with one \xff"), true, false, "a long text with one \ufffd"},
        {"GB18030", BYTES("\xb2\xa1\xb6\xbe was in a file\xff"), true, false,
         "病毒 was in a file\ufffd"},
        {"GB18030", BYTES("\xff\xff\xff\xff"), false, false, "0xffffffff"},
        {"GB18030", BYTES("\x01\xff"), false, false, "0x01ff"},
        {NULL, BYTES("\xb7\xa2\xcf\xd6\xb2\xa1\xb6\xbe x"), false, true, "发现病毒 x"},
        {NULL, BYTES("\xb5\x6f\xb2\x7b\xaf\x66\xac\x72\xa1\x43"), false, true, "發現病毒。"},
        {NULL, BYTES("\xb2\xa1\xb6\xbe\xc4\xbe\xc2\xed"), false, false, "0xb2a1b6bec4bec2ed"},
        {NULL, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff"), false, false, "0xffffffffffffffffff"},
        {NULL, BYTES("病毒 was found"), false, false, "病毒 was found"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct charset *charset = charset_open(cases[i].charset);
        pool_used = 0;
        struct slice one = pair("1.3.6.1.4.1.6101.141", tlv(4, cases[i].octets));
        struct slice clean = pair("1.3.6.1.4.1.6101.142", tlv(4, SLICE("clean")));
        struct slice lists[] = {one, cat(clean, one), cat(one, clean)}; /* whichever of several */
        for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
            CU_ASSERT_EQUAL(fields_of(v2(0xA7, no_errors(), lists[k]), charset), PARSE_OK);
            UNIT_TEXT(value("1.3.6.1.4.1.6101.141"), cases[i].text);
            CU_ASSERT_EQUAL(f.has_replaced, cases[i].is_replaced);
            CU_ASSERT_EQUAL(f.guessed != NULL, cases[i].is_guessed);
        }
        charset_close(charset);
    }
}

static void v1_names(void)
{
    static const char *const generic[] = {"1.3.6.1.6.3.1.1.5.1", "1.3.6.1.6.3.1.1.5.2",
                                          "1.3.6.1.6.3.1.1.5.3", "1.3.6.1.6.3.1.1.5.4",
                                          "1.3.6.1.6.3.1.1.5.5", "1.3.6.1.6.3.1.1.5.6"};
    for (int g = 0; g < 6; g++) {
        pool_used = 0;
        CU_ASSERT_EQUAL(fields_of(v1(oid("1.3.6.1.4.1.9.1.1"), g, 0), NULL), PARSE_OK);
        UNIT_TEXT(value("trap_oid"), generic[g]);
    }
    CU_ASSERT_EQUAL(fields_of(v1(oid("1.3.6.1.4.1.6101.141"), 6, 26), NULL), PARSE_OK);
    UNIT_TEXT(value("trap_oid"), "1.3.6.1.4.1.6101.141.0.26");
    UNIT_TEXT(value("version"), "1");
    UNIT_TEXT(value("enterprise"), "1.3.6.1.4.1.6101.141");
    UNIT_TEXT(value("generic"), "6");
    UNIT_TEXT(value("specific"), "26");
    UNIT_TEXT(value("agent_addr"), "192.0.2.9");
    UNIT_TEXT(value("uptime"), "100");
    CU_ASSERT_EQUAL(f.n_header, 7);
    UNIT_TEXT(value("1.3.6.1.4.1.6101.141"), "found");
    CU_ASSERT_TRUE(slice_equal(n.community, SLICE("public")));
}

static void v1_bounds(void)
{
    pool_used = 0;
    char text[OID_TEXT_MAX];
    CU_ASSERT_EQUAL(parse_notification(v1(enterprise_of(126), 6, 2147483647), &n), PARSE_OK);
    CU_ASSERT(notification_trap_oid(&n, text) > 250);
    CU_ASSERT_TRUE(parse_snmp_is_safe(n.datagram));
    for (int arcs = 127; arcs <= 130; arcs++) {
        struct slice datagram = v1(enterprise_of(arcs), 6, 1);
        CU_ASSERT_EQUAL(parse_notification(datagram, &n), PARSE_MALFORMED);
        CU_ASSERT_PTR_NOT_NULL(n.error);
        CU_ASSERT_FALSE(parse_snmp_is_safe(datagram));
    }
    /* With a generic number no arc is added: ours reads it, net-snmp never sees it. */
    CU_ASSERT_EQUAL(parse_notification(v1(enterprise_of(128), 2, 0), &n), PARSE_OK);
    CU_ASSERT_FALSE(parse_snmp_is_safe(n.datagram));
    const struct slice bad[] = {
        v1(tlv(6, SLICE_NONE), 6, 1),
        v1(oid("1.3.6"), 7, 1),
        v1(oid("1.3.6"), -1, 1),
        v1(oid("1.3.6"), 6, -1),
        v1(oid("1.3.6"), 2147483647, 1),
        v1(oid("1.3.6"), 6, 4294967296),
        v1(tlv(6, SLICE("\x2B\x86")), 6, 1),
        v1(tlv(6, SLICE("\x2B\x90\x80\x80\x80\x80\x00")), 6, 1),
        v1(tlv(6, SLICE("\x90\x80\x80\x80\x00")), 6, 1), /* 2.4294967216 */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CU_ASSERT_EQUAL(parse_notification(bad[i], &n), PARSE_MALFORMED);
        CU_ASSERT_FALSE(parse_snmp_is_safe(bad[i]));
        /* Fields come all the same: the record is kept. */
        arena_reset(&arena);
        CU_ASSERT_EQUAL(parse_varbinds(&n, NULL, &arena, &f), PARSE_MALFORMED);
    }
}

/* Version 1 has no PDU but GET, GETNEXT, response, SET and its trap (RFC 1157 section 4.1); version
   2c has all others and not that one (RFC 3416 section 3). */
static void versions(void)
{
    for (int tag = 0x9F; tag <= 0xA9; tag++) {
        bool is_v1 = tag >= 0xA0 && tag <= 0xA3, is_v2c = is_v1 || (tag >= 0xA5 && tag <= 0xA8);
        pool_used = 0;
        struct slice pdu =
            tlv(tag,
                cat(integer(2, 1), cat(no_errors(), tlv(0x30, pair("1.3.6", tlv(5, SLICE_NONE))))));
        CU_ASSERT_EQUAL(parse_snmp_is_safe(message(0, pdu)), is_v1);
        CU_ASSERT_EQUAL(parse_snmp_is_safe(message(1, pdu)), is_v2c);
    }
}

static void proxied(void)
{
    pool_used = 0;
    struct slice list =
        cat(pair("1.3.6.1.6.3.18.1.3.0", tlv(0x40, slice_of("\xC0\x00\x02\x07", 4))),
            pair("1.3.6.1.6.3.1.1.4.3.0", oid("1.3.6.1.4.1.318")));
    CU_ASSERT_EQUAL(fields_of(v2(0xA7, no_errors(), list), NULL), PARSE_OK);
    UNIT_TEXT(value("agent_addr"), "192.0.2.7");
    UNIT_TEXT(value("enterprise"), "1.3.6.1.4.1.318");
}

static void refused(void)
{
    pool_used = 0;
    struct slice good = v2(0xA7, no_errors(), SLICE_NONE), many = SLICE_NONE;
    struct slice inner = slice_skip(good, 2);
    char indefinite[256] = "\x30\x80";
    memcpy(indefinite + 2, inner.p, inner.n);
    for (int i = 0; i < 257; i++)
        many = cat(many, pair("1.3.6.1", tlv(5, SLICE_NONE)));
    struct slice empty_list =
        message(1, tlv(0xA7, cat(cat(integer(2, 1), no_errors()), tlv(0x30, SLICE_NONE))));
    const struct slice bad[] = {
        SLICE_NONE,
        SLICE("\x30"),
        SLICE("\x30\x00"),
        cat(good, SLICE("x")),
        slice_of(indefinite, good.n + 2),
        SLICE("\x30\x84\xFF\xFF\xFF\xFF\x02"),
        SLICE("\x30\x88\x00\x00\x00\x00\x00\x00\x00\x03\x02\x01\x01"),
        message(1, tlv(0xA4, SLICE_NONE)),
        message(0, tlv(0xA7, SLICE_NONE)),
        message(4, tlv(0xA7, SLICE_NONE)),
        message(1, tlv(0xA7, SLICE_NONE)),
        v2(0xA0, no_errors(), SLICE_NONE),
        v2(0xA7, no_errors(), SLICE("\x30")),
        v2(0xA7, no_errors(), many),
        v2(0xA7, no_errors(), pair("1.3.6.1", tlv(0x30, SLICE_NONE))),
        v2(0xA7, no_errors(), pair("1.3.6.1", tlv(0x40, SLICE("abc")))),
        v2(0xA7, no_errors(), pair("1.3.6.1", tlv(2, SLICE_NONE))),
        v2(0xA7, no_errors(), pair("1.3.6.1", tlv(2, SLICE("123456789")))),
        v2(0xA7, no_errors(), pair("1.3.6.1", tlv(5, SLICE("x")))),
        v2(0xA7, no_errors(), pair("1.3.6.1", tlv(2, SLICE("12345")))), /* more than 32 bits */
        v2(0xA7, no_errors(), pair("1.3.6.1", tlv(0x41, SLICE("12345")))),
        v2(0xA7, no_errors(), pair("1.3.6.1", tlv(0x41, SLICE("123456")))),
        v2(0xA7, no_errors(), pair("1.3.6.1", tlv(0x41, SLICE_NONE))),
        v2(0xA7, no_errors(), pair("1.3.6.1", tlv(0x46, SLICE("123456789")))), /* Counter64 */
        v2(0xA7, no_errors(), pair("1.3.6.1", tlv(0x46, SLICE("1234567890")))),
        v2(0xA7, no_errors(), tlv(0x30, cat(tlv(6, SLICE_NONE), tlv(5, SLICE_NONE)))),
        v2(0xA7, no_errors(),
           tlv(0x30, cat(cat(oid("1.3"), tlv(5, SLICE_NONE)), tlv(5, SLICE_NONE)))),
        v2(0xA7, cat(integer(2, 4294967296), integer(2, 0)), SLICE_NONE),
        empty_list,
    };
    CU_ASSERT_EQUAL(parse_notification(good, &n), PARSE_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (parse_notification(bad[i], &n) != PARSE_MALFORMED)
            printf("\n    number %zu was accepted\n", i);
        CU_ASSERT_EQUAL(parse_notification(bad[i], &n), PARSE_MALFORMED);
        CU_ASSERT_PTR_NOT_NULL(n.error);
        CU_ASSERT(n.error_at <= bad[i].n);
        CU_ASSERT(n.n <= VARBINDS_MAX);
    }
    /* A notification without its name is sound but for that. */
    CU_ASSERT_EQUAL(parse_snmp_version(empty_list), SNMP_MESSAGE_V2C);
    CU_ASSERT_TRUE(parse_snmp_is_safe(empty_list));
    CU_ASSERT_EQUAL(parse_snmp_version(SLICE("no snmp")), SNMP_MESSAGE_OTHER);
    CU_ASSERT_EQUAL(parse_snmp_version(message(4, SLICE_NONE)), SNMP_MESSAGE_OTHER);
}

static void responses(void)
{
    struct buf out = {0};
    pool_used = 0;
    struct slice inform = v2(0xA6, no_errors(), pair("1.3.6.1", integer(2, 1)));
    CU_ASSERT_EQUAL(parse_notification(inform, &n), PARSE_OK);
    CU_ASSERT_EQUAL(n.request_id, 77);
    CU_ASSERT_TRUE(notification_make_response(&n, &out));
    CU_ASSERT_EQUAL_FATAL(out.n, inform.n);
    unsigned differ = 0;
    for (size_t i = 0; i < out.n; i++)
        differ += out.p[i] != inform.p[i];
    CU_ASSERT_EQUAL(differ, 1);
    CU_ASSERT_EQUAL((unsigned char)out.p[n.pdu_at], 0xA2);
    /* Error fields that are not 0 are; of a longer form, they are written anew. Appended, not
     * replaced. */
    const struct slice errors[] = {cat(integer(2, 5), integer(2, 9)),
                                   cat(tlv(2, slice_of("\0\5", 2)), integer(2, 1000))};
    for (int i = 0; i < 2; i++) {
        buf_clear(&out);
        buf_byte(&out, '!');
        CU_ASSERT_EQUAL(parse_notification(v2(0xA6, errors[i], pair("1.3.6.1", integer(2, 1))), &n),
                        PARSE_OK);
        CU_ASSERT_TRUE(notification_make_response(&n, &out));
        struct slice expected = v2(0xA2, no_errors(), pair("1.3.6.1", integer(2, 1)));
        CU_ASSERT_TRUE(slice_equal(slice_skip(buf_get(&out), 1), expected));
    }
    buf_clear(&out);
    CU_ASSERT_EQUAL(parse_notification(v2(0xA7, no_errors(), SLICE_NONE), &n), PARSE_OK);
    CU_ASSERT_FALSE(notification_make_response(&n, &out));
    CU_ASSERT_EQUAL(out.n, 0);
    buf_free(&out);
}

static struct slice v3(int flags, struct slice engine, size_t auth, size_t priv, struct slice data)
{
    char zeros[64] = {0};
    char flag = (char)flags;
    struct slice header =
        cat(cat(integer(2, 9), integer(2, 65507)), cat(tlv(4, slice_of(&flag, 1)), integer(2, 3)));
    struct slice usm = cat(cat(tlv(4, engine), cat(integer(2, 1), integer(2, 2))),
                           cat(tlv(4, SLICE("user")),
                               cat(tlv(4, slice_of(zeros, auth)), tlv(4, slice_of(zeros, priv)))));
    return tlv(0x30, cat(cat(integer(2, 3), tlv(0x30, header)), cat(tlv(4, tlv(0x30, usm)), data)));
}

static void guard_v3(void)
{
    pool_used = 0;
    struct slice engine = slice_of("\x80\0\0\0\x01", 5);
    struct slice pdu = tlv(
        0xA0, cat(cat(integer(2, 1), no_errors()), tlv(0x30, pair("1.3.6.1", tlv(5, SLICE_NONE)))));
    struct slice scoped = tlv(0x30, cat(tlv(4, engine), cat(tlv(4, SLICE_NONE), pdu)));
    struct slice sealed = tlv(4, SLICE("0123456789abcdef"));
    CU_ASSERT_TRUE(parse_snmp_is_safe(v3(4, SLICE_NONE, 0, 0, scoped))); /* discovery */
    CU_ASSERT_TRUE(parse_snmp_is_safe(v3(5, engine, 12, 0, scoped)));
    CU_ASSERT_TRUE(parse_snmp_is_safe(v3(7, engine, 48, 8, sealed)));
    CU_ASSERT_EQUAL(parse_snmp_version(v3(7, engine, 48, 8, sealed)), SNMP_MESSAGE_V3);
    CU_ASSERT_FALSE(parse_snmp_is_safe(v3(5, engine, 1, 0, scoped)));
    CU_ASSERT_FALSE(parse_snmp_is_safe(v3(5, engine, 0, 0, scoped)));
    CU_ASSERT_FALSE(parse_snmp_is_safe(v3(4, engine, 12, 0, scoped)));
    CU_ASSERT_FALSE(parse_snmp_is_safe(v3(7, engine, 12, 7, sealed)));
    CU_ASSERT_FALSE(
        parse_snmp_is_safe(v3(6, engine, 0, 8, sealed))); /* privacy without authentication */
    CU_ASSERT_FALSE(parse_snmp_is_safe(v3(7, engine, 12, 8, scoped)));
    CU_ASSERT_FALSE(parse_snmp_is_safe(v3(4, SLICE("abc"), 0, 0, scoped)));
    CU_ASSERT_FALSE(
        parse_snmp_is_safe(v3(4, SLICE("0123456789012345678901234567890123"), 0, 0, scoped)));
    CU_ASSERT_FALSE(parse_snmp_is_safe(cat(v3(4, engine, 0, 0, scoped), SLICE("x"))));
    /* The parser of notifications leaves v3 alone. */
    CU_ASSERT_EQUAL(parse_notification(v3(4, engine, 0, 0, scoped), &n), PARSE_MALFORMED);
}

/* What a v3 message says of itself, and one bound after another broken. */
static void claims(void)
{
    pool_used = 0;
    struct snmp_v3_claim claim;
    struct slice engine = slice_of("\x80\0\0\0\x01", 5);
    struct slice sealed = tlv(4, SLICE("0123456789abcdef"));
    for (int flags = 0; flags < 8; flags++) {
        CU_ASSERT_TRUE(parse_snmp_v3_claim(v3(flags, engine, 12, 8, sealed), &claim));
        CU_ASSERT_TRUE(slice_equal(claim.engine, engine));
        UNIT_TEXT(claim.user, "user");
        CU_ASSERT_EQUAL(claim.has_auth, flags & 1);
        CU_ASSERT_EQUAL(claim.has_privacy, (flags & 2) != 0);
    }
    CU_ASSERT_TRUE(parse_snmp_v3_claim(v3(4, SLICE_NONE, 0, 0, sealed), &claim));
    CU_ASSERT_EQUAL(claim.engine.n, 0);
    struct slice good = v3(7, engine, 12, 8, sealed);
    for (size_t i = 0; i + sealed.n < good.n; i++) /* no matter where it ends in the head */
        CU_ASSERT_FALSE(parse_snmp_v3_claim(slice_head(good, i), &claim));
    CU_ASSERT_FALSE(parse_snmp_v3_claim(
        v3(7, SLICE("0123456789012345678901234567890123"), 12, 8, sealed), &claim));
    CU_ASSERT_FALSE(parse_snmp_v3_claim(message(1, tlv(0xA7, SLICE_NONE)), &claim));

    struct slice usm = cat(cat(tlv(4, engine), cat(integer(2, 1), integer(2, 2))),
                           cat(tlv(4, SLICE("user")), cat(tlv(4, SLICE_NONE), tlv(4, SLICE_NONE))));
    struct slice long_user = cat(cat(tlv(4, engine), cat(integer(2, 1), integer(2, 2))),
                                 cat(tlv(4, SLICE("012345678901234567890123456789012")),
                                     cat(tlv(4, SLICE_NONE), tlv(4, SLICE_NONE))));
    static const struct {
        int version, model, n_flags;
        bool is_long, is_good;
    } cases[] = {{3, 3, 1, false, true},  {2, 3, 1, false, false}, {3, 2, 1, false, false},
                 {3, 3, 0, false, false}, {3, 3, 2, false, false}, {3, 3, 1, true, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice header = cat(
            cat(integer(2, 9), integer(2, 65507)),
            cat(tlv(4, slice_of("\4\4", (size_t)cases[i].n_flags)), integer(2, cases[i].model)));
        struct slice parameters = tlv(4, tlv(0x30, cases[i].is_long ? long_user : usm));
        struct slice all = tlv(0x30, cat(cat(integer(2, cases[i].version), tlv(0x30, header)),
                                         cat(parameters, sealed)));
        CU_ASSERT_EQUAL(parse_snmp_v3_claim(all, &claim), cases[i].is_good);
    }
}

/* Every length of authentication and privacy parameters, with every pair of flags. */
static void guard_parameters(void)
{
    struct slice engine = slice_of("\x80\0\0\0\x01", 5);
    for (size_t auth = 0; auth <= 50; auth++)
        for (size_t priv = 0; priv <= 9; priv++)
            for (int flags = 4; flags < 8; flags++) {
                pool_used = 0;
                struct slice pdu = tlv(0xA0, cat(cat(integer(2, 1), no_errors()),
                                                 tlv(0x30, pair("1.3.6.1", tlv(5, SLICE_NONE)))));
                struct slice scoped = tlv(0x30, cat(tlv(4, engine), cat(tlv(4, SLICE_NONE), pdu)));
                struct slice sealed = tlv(4, SLICE("0123456789abcdef"));
                bool has_auth = flags & 1, has_priv = flags & 2;
                bool is_mac = auth == 12 || auth == 16 || auth == 24 || auth == 32 || auth == 48;
                bool is_good = (has_auth ? is_mac : auth == 0) &&
                               (has_priv ? has_auth && priv == 8 : priv == 0 || priv == 8);
                CU_ASSERT_EQUAL(
                    parse_snmp_is_safe(v3(flags, engine, auth, priv, has_priv ? sealed : scoped)),
                    is_good);
            }
    /* Bytes too many or too few within the sealed and the plain part. */
    pool_used = 0;
    struct slice pdu = tlv(
        0xA0, cat(cat(integer(2, 1), no_errors()), tlv(0x30, pair("1.3.6.1", tlv(5, SLICE_NONE)))));
    struct slice context = cat(tlv(4, engine), tlv(4, SLICE_NONE)), none = tlv(5, SLICE_NONE);
    const struct slice bad[] = {cat(tlv(0x30, cat(context, pdu)), none),
                                tlv(0x30, cat(cat(context, pdu), none)),
                                tlv(0x30, context),
                                tlv(0x30, cat(cat(tlv(4, SLICE("abc")), tlv(4, SLICE_NONE)), pdu)),
                                tlv(0x30, SLICE_NONE),
                                none};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_FALSE(parse_snmp_is_safe(v3(4, engine, 0, 0, bad[i])));
    CU_ASSERT_TRUE(parse_snmp_is_safe(v3(4, engine, 0, 0, tlv(0x30, cat(context, pdu)))));
    CU_ASSERT_FALSE(parse_snmp_is_safe(v3(7, engine, 12, 8, tlv(4, SLICE_NONE))));
    CU_ASSERT_FALSE(parse_snmp_is_safe(v3(7, engine, 12, 8, cat(tlv(4, SLICE("x")), none))));
}

static struct slice tlv_large(int tag, struct slice contents)
{
    char head[5] = {(char)tag, (char)0x83, (char)(contents.n >> 16), (char)(contents.n >> 8),
                    (char)contents.n};
    return cat(keep(head, 5), contents);
}

/* Informs of all sizes whose error fields must be written anew: the response is sound, of the same
   request and with the same varbinds. */
static void large_responses(void)
{
    static char text[70000];
    memset(text, 'x', sizeof text);
    for (size_t size = 0; size <= 66000; size += size < 300 ? 5 : 9000) {
        pool_used = 0;
        struct buf out = {0};
        struct slice value =
            size > 60000 ? tlv_large(4, slice_of(text, size)) : tlv(4, slice_of(text, size));
        struct slice one = cat(oid("1.3.6.1"), value);
        struct slice head = cat(pair("1.3.6.1.2.1.1.3.0", integer(0x43, 12345)),
                                pair("1.3.6.1.6.3.1.1.4.1.0", oid("1.3.6.1.4.1.99999.0.1")));
        bool is_large = size > 60000;
        struct slice list = cat(head, is_large ? tlv_large(0x30, one) : tlv(0x30, one));
        list = is_large ? tlv_large(0x30, list) : tlv(0x30, list);
        struct slice errors = cat(tlv(2, slice_of("\0\5", 2)), integer(2, 0));
        struct slice pdu = cat(cat(integer(2, 77), errors), list);
        pdu = is_large ? tlv_large(0xA6, pdu) : tlv(0xA6, pdu);
        struct slice inform = cat(integer(2, 1), cat(tlv(4, SLICE("public")), pdu));
        inform = is_large ? tlv_large(0x30, inform) : tlv(0x30, inform);
        CU_ASSERT_EQUAL_FATAL(parse_notification(inform, &n), PARSE_OK);
        CU_ASSERT_TRUE(notification_make_response(&n, &out));
        struct slice response = buf_get(&out);
        CU_ASSERT_TRUE(parse_snmp_is_safe(response));
        CU_ASSERT_TRUE(slice_ends_with(response, list));
        CU_ASSERT_TRUE(slice_search(response, SLICE("\x02\x01\x4d\x02\x01\x00\x02\x01\x00")) <
                       response.n);
        buf_free(&out);
    }
}

/* More varbinds than fields, a v3 sender's name, values without memory. */
static void field_bounds(void)
{
    pool_used = 0;
    struct slice many = SLICE_NONE;
    for (int i = 0; i < 252; i++)
        many = cat(many, pair("1.3.6.1.6.3.18.1.3.0", tlv(0x40, SLICE("\xC0\0\2\1"))));
    CU_ASSERT_EQUAL(fields_of(v2(0xA7, no_errors(), many), NULL), PARSE_OK);
    CU_ASSERT_TRUE(f.is_truncated && f.n == FIELDS_MAX);
    CU_ASSERT_TRUE(f.n_header <= 10); /* the address that a proxy adds, not as often as it stands */
    UNIT_TEXT(value("agent_addr"), "192.0.2.1");

    struct slice small = v2(0xA7, no_errors(), pair("1.3.6.1", tlv(4, slice_of("\x00\x01", 2))));
    CU_ASSERT_EQUAL(parse_notification(small, &n), PARSE_OK);
    n.version = SNMP_MESSAGE_V3;
    n.user = SLICE("eve");
    n.engine = slice_of("\x80\x00\xff", 3);
    arena_reset(&arena);
    CU_ASSERT_EQUAL(parse_varbinds(&n, NULL, &arena, &f), PARSE_OK);
    UNIT_TEXT(value("version"), "3");
    UNIT_TEXT(value("user"), "eve");
    UNIT_TEXT(value("engine_id"), "0x8000ff");
    UNIT_TEXT(value("1.3.6.1"), "0x0001");
    struct arena none;
    arena_init(&none, 1);
    CU_ASSERT_EQUAL(parse_varbinds(&n, NULL, &none, &f), PARSE_OK);
    CU_ASSERT_TRUE(f.is_truncated || f.n > 0);
    CU_ASSERT_EQUAL(value("1.3.6.1").n, 0);
    arena_fini(&none);
    struct slice empty = v2(0xA7, no_errors(), pair("1.3.6.1", tlv(4, SLICE_NONE)));
    CU_ASSERT_EQUAL(fields_of(empty, NULL), PARSE_OK);
    CU_ASSERT_PTR_NOT_NULL(fields_find(&f, SLICE("1.3.6.1")));
    CU_ASSERT_EQUAL(value("1.3.6.1").n, 0);
    /* A byte that ends text and a DEL that makes it none. */
    CU_ASSERT_EQUAL(
        fields_of(v2(0xA7, no_errors(), pair("1.3.6.1", tlv(4, SLICE("a\tb\r\n\x1b")))), NULL),
        PARSE_OK);
    UNIT_TEXT(value("1.3.6.1"), "a\tb\r\n\x1b");
    CU_ASSERT_EQUAL(fields_of(v2(0xA7, no_errors(), pair("1.3.6.1", tlv(4, SLICE("a\x7f")))), NULL),
                    PARSE_OK);
    UNIT_TEXT(value("1.3.6.1"), "0x617f");
}

static void guard_pdus(void)
{
    pool_used = 0;
    struct slice varbinds = tlv(0x30, pair("1.3.6.1", tlv(5, SLICE_NONE)));
    for (int tag = 0xA0; tag <= 0xA8; tag++) {
        struct slice datagram = message(
            1, tlv(tag, cat(cat(integer(2, 1), cat(integer(2, 0), integer(2, 100000))), varbinds)));
        CU_ASSERT_EQUAL(parse_snmp_is_safe(datagram), tag != 0xA4);
    }
    CU_ASSERT_FALSE(parse_snmp_is_safe(message(1, tlv(0xA9, varbinds))));
    CU_ASSERT_FALSE(parse_snmp_is_safe(message(1, tlv(0x30, varbinds))));
}

static void touch(struct slice s, void *context)
{
    struct charset *charset = context;
    struct buf out = {0};
    char text[OID_TEXT_MAX];
    parse_snmp_is_safe(s);
    parse_notification(s, &n);
    arena_reset(&arena);
    parse_varbinds(&n, charset, &arena, &f);
    notification_trap_oid(&n, text);
    notification_make_response(&n, &out);
    buf_free(&out);
}

static void damage(void)
{
    struct guard g = guard_new(1024);
    struct charset *charset = charset_open("CP932");
    pool_used = 0;
    struct slice list = cat(pair("1.3.6.1.4.1.6101.141", tlv(4, SLICE("\x83\x45\x83\x43 text"))),
                            cat(pair("1.3.6.1.2.1.2.2.1.1.300", integer(2, 300)),
                                pair("1.3", oid("2.999.4294967295"))));
    const struct slice all[] = {v2(0xA6, no_errors(), list),
                                v1(oid("1.3.6.1.4.1.6101.141"), 6, 26)};
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(parse_notification(all[i], &n), PARSE_OK);
        guard_truncate(&g, all[i], touch, charset);
        guard_flip(&g, all[i], touch, charset);
    }
    charset_close(charset);
    guard_free(&g);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"values", values},
        {"character sets", charsets},
        {"v1 names", v1_names},
        {"v1 bounds", v1_bounds},
        {"PDUs of each version", versions},
        {"proxied", proxied},
        {"refused", refused},
        {"responses", responses},
        {"large responses", large_responses},
        {"bounds of fields", field_bounds},
        {"claims of v3", claims},
        {"guard: v3", guard_v3},
        {"guard: v3 parameters", guard_parameters},
        {"guard: PDU types", guard_pdus},
        {"damage", damage},
        CU_TEST_INFO_NULL,
    };
    arena_init(&arena, 0);
    int status = unit_run("varbinds", tests);
    arena_fini(&arena);
    return status;
}
