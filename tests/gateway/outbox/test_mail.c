/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole mails in both languages, byte for byte; and hostile names, which stay within their place.
 */
#include "gateway/outbox/mail.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/outbox/payload.h"
#include "gateway/outbox/place.h"
#include "tests/gateway/outbox/support.h"
#include "tests/support/suite.h"
#include "tests/support/unit.h"

static struct gw_event event;

static void write_mail(const struct outbox_section *section, struct zone *zone, struct buf *out)
{
    struct outbox_template template;
    struct arena arena;
    arena_init(&arena, 0);
    struct kpi_catalogue *catalogue = ot_catalogue();
    struct change change = ot_change(&event, catalogue, &arena);
    struct mail_writer writer = ot_writer(section, &template, zone);
    mail_write(&writer, &change, out);
    kpi_catalogue_free(catalogue);
    arena_fini(&arena);
}

static void test_english(void)
{
    struct buf mail = {0};
    ot_event(&event, GW_KIND_ALERT_RAISED);
    write_mail(&ot_section_en, NULL, &mail);
    UNIT_TEXT(buf_get(&mail),
              "Date: Tue, 31 Mar 2026 12:02:00 +0000\r\n"
              "From: eog-gateway gw1\r\n"
              " <eog@example.net>\r\n"
              "To: ops@example.net,\r\n"
              " night.shift@example.org\r\n"
              "Subject: [critical] Virus outbreak, Head office: raised\r\n"
              "Message-ID: <0123456789abcdef.alert-7-1774958400000.1@example.net>\r\n"
              "Auto-Submitted: auto-generated\r\n"
              "X-Auto-Response-Suppress: All\r\n"
              "Importance: high\r\n"
              "MIME-Version: 1.0\r\n"
              "Content-Type: text/plain; charset=UTF-8\r\n"
              "Content-Transfer-Encoding: quoted-printable\r\n"
              "\r\n"
              "Virus outbreak, Head office: ok -> critical\r\n"
              "WORM_EXAMPLE.A: 12 hosts in 1 h\r\n"
              "\r\n"
              "What to do: Isolate the computers named.\r\n"
              "\r\n"
              "Alert:   7, raised at 2026-03-31 12:02:00 +0000\r\n"
              "Opened:  2026-03-31 12:00:00 +0000, worst state critical\r\n"
              "Scope:   hq\r\n"
              "KPI:     outbreak\r\n"
              "Value:   12 hosts\r\n"
              "Gateway: gw1\r\n"
              "Records: gw1.0123456789abcdef.4700 gw1.0123456789abcdef.4709\r\n"
              "\r\n"
              "To take it in hand: eogctl ack 7\r\n");
    buf_free(&mail);
}

static void test_chinese(void)
{
    struct buf mail = {0};
    struct zone *zone = zone_open("Asia/Shanghai");
    ot_event(&event, GW_KIND_ALERT_RAISED);
    write_mail(&ot_section_zh, zone, &mail);
    UNIT_TEXT(buf_get(&mail),
              "Date: Tue, 31 Mar 2026 20:02:00 +0800\r\n"
              "From: eog-gateway gw1\r\n"
              " <eog@example.net>\r\n"
              "To: ops@example.net\r\n"
              "Subject: =?UTF-8?B?W+S4pemHjV0g55eF5q+S54iG5Y+R77yMSGVhZCBvZmZpY2XvvJo=?=\r\n"
              " =?UTF-8?B?5ZGK6K2m5Lqn55Sf?=\r\n"
              "Message-ID: <0123456789abcdef.alert-7-1774958400000.1@example.net>\r\n"
              "Auto-Submitted: auto-generated\r\n"
              "X-Auto-Response-Suppress: All\r\n"
              "Importance: high\r\n"
              "MIME-Version: 1.0\r\n"
              "Content-Type: text/plain; charset=UTF-8\r\n"
              "Content-Transfer-Encoding: base64\r\n"
              "\r\n"
              "55eF5q+S54iG5Y+R77yMSGVhZCBvZmZpY2XvvJrmraPluLggLT4g5Lil6YeNDQpXT1JNX0VYQU1Q\r\n"
              "TEUuQe+8mjEg5bCP5pe25YaFIDEyIOWPsOiuoeeul+acug0KDQrlpITnkIblu7rorq7vvJrpmpTn\r\n"
              "prvmhJ/mn5PorqHnrpfmnLrvvIzpmLvmlq3kvKDmkq3pgJTlvoTvvIjlhbHkuqvjgIHnp7vliqjk\r\n"
              "u4votKjjgIHpgq7ku7bvvInvvIzmm7TmlrDnl4Xmr5LnoIHlkI7muIXpmaTvvIzlubbmn6Xmib7p\r\n"
              "ppbkuKrmhJ/mn5PmupDjgIINCg0K5ZGK6K2m57yW5Y+377yaN++8jDIwMjYtMDMtMzEgMjA6MDI6\r\n"
              "MDAgKzA4MDAg5ZGK6K2m5Lqn55SfDQrpppbmrKHlj5HnlJ/vvJoyMDI2LTAzLTMxIDIwOjAwOjAw\r\n"
              "ICswODAw77yM5pyA5Lil6YeN54q25oCB77ya5Lil6YeNDQrojIPlm7TvvJogICAgaHENCuaMh+ag\r\n"
              "h++8miAgICBvdXRicmVhaw0K5pWw5YC877yaICAgIDEyIOWPsOiuoeeul+acug0K572R5YWz77ya\r\n"
              "ICAgIGd3MQ0K55u45YWz6K6w5b2V77yaZ3cxLjAxMjM0NTY3ODlhYmNkZWYuNDcwMCBndzEuMDEy\r\n"
              "MzQ1Njc4OWFiY2RlZi40NzA5DQoNCuehruiupOWRiuitpu+8mmVvZ2N0bCBhY2sgNw0K\r\n");
    buf_free(&mail);
    zone_free(zone);
}

static size_t count(struct slice text, const char *word)
{
    size_t n = 0, at;
    while ((at = slice_search(text, slice_from(word))) < text.n) {
        n++;
        text = slice_skip(text, at + 1);
    }
    return n;
}

static struct slice head_of(struct slice mail)
{
    return slice_head(mail, slice_search(mail, SLICE("\r\n\r\n")));
}

/* The later ones answer to the first; each change has an id of its own. */
static void test_thread(void)
{
    static const enum gw_kind kinds[] = {GW_KIND_ALERT_CHANGED, GW_KIND_ALERT_ACKNOWLEDGED,
                                         GW_KIND_ALERT_CLEARED};
    struct buf mail = {0};
    for (size_t i = 0; i < 3; i++) {
        ot_event(&event, kinds[i]);
        event.sequence = 5000 + i;
        gw_event_set_text(&event, GW_FIELD_ALERT_ACK_NAME, SLICE("night shift"));
        gw_event_set_text(&event, GW_FIELD_ALERT_ACK_NOTE, SLICE("ticket 4711"));
        buf_clear(&mail);
        write_mail(&ot_section_en, NULL, &mail);
        char id[100];
        snprintf(id, sizeof id, "\r\nMessage-ID: <0123456789abcdef.alert-7-1774958400000.%zu@",
                 5000 + i);
        CU_ASSERT_EQUAL(count(buf_get(&mail), id), 1);
        CU_ASSERT_EQUAL(count(buf_get(&mail), "\r\nIn-Reply-To: <0123456789abcdef.alert-7-"
                                              "1774958400000.1@example.net>\r\n"
                                              "References: <0123456789abcdef.alert-7-"
                                              "1774958400000.1@example.net>\r\n"),
                        1);
        CU_ASSERT_EQUAL(count(buf_get(&mail), "\r\nIn hand: night shift\r\n"
                                              "Note:    ticket 4711\r\n"),
                        1);
        CU_ASSERT_EQUAL(count(buf_get(&mail), "eogctl ack"), 0); /* somebody has it */
    }
    CU_ASSERT_EQUAL(count(buf_get(&mail), "What to do"), 0); /* it is over */
    buf_free(&mail);
}

/* A message's text in every field: no header more, no line more, nothing a reader would obey. */
static void test_hostile(void)
{
    static const char evil[] = "x\r\nBcc: victim@example.com\r\n\r\n<script>alert(1)</script>"
                               "\x1b[2J\xe2\x80\xae{advice}\r\n.\r\nMAIL FROM:<a@example.com>\xff";
    static const enum gw_field fields[] = {
        GW_FIELD_KPI_KEY,        GW_FIELD_KPI_SCOPE,      GW_FIELD_KPI_SCOPE_NAME,
        GW_FIELD_SITE,           GW_FIELD_KPI_VALUE_TEXT, GW_FIELD_REASON,
        GW_FIELD_ORIGIN_IP,      GW_FIELD_ALERT_EVIDENCE, GW_FIELD_ADVICE,
        GW_FIELD_ALERT_ACK_NAME, GW_FIELD_ALERT_ACK_NOTE};
    struct buf mail = {0}, plain = {0};
    ot_event(&event, GW_KIND_ALERT_RAISED);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        gw_event_set_text(&event, fields[i], SLICE("harmless"));
    write_mail(&ot_section_en, NULL, &plain);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        gw_event_set_text(&event, fields[i], slice_of(evil, sizeof evil - 1));
    write_mail(&ot_section_en, NULL, &mail);
    struct slice head = head_of(buf_get(&mail)), line;
    CU_ASSERT_EQUAL(count(head, "\r\nBcc:") + count(head, "script"), 0);
    struct slice usual = head_of(buf_get(&plain));
    CU_ASSERT_EQUAL(count(head, "\r\n") - count(head, "\r\n "),
                    count(usual, "\r\n") - count(usual, "\r\n "));
    struct slice rest = buf_get(&mail);
    while (slice_cut(rest, '\n', &line, &rest)) {
        CU_ASSERT(line.n >= 1 && line.n <= 78 && line.p[line.n - 1] == '\r');
        for (size_t i = 0; i + 1 < line.n; i++)
            CU_ASSERT(line.p[i] >= ' ' && line.p[i] <= '~');
        CU_ASSERT_FALSE(slice_starts_with(line, SLICE("Bcc")) ||
                        slice_starts_with(line, SLICE("MAIL")));
        CU_ASSERT_FALSE(slice_equal(line, SLICE(".\r")));
    }
    CU_ASSERT_EQUAL(rest.n, 0);
    buf_free(&mail);
    buf_free(&plain);
}

static void test_digest(void)
{
    struct outbox_template template;
    struct mail_digest digest = {0};
    struct arena arena;
    struct buf mail = {0};
    struct mail_writer writer = ot_writer(&ot_section_en, &template, NULL);
    arena_init(&arena, 0);
    ot_event(&event, GW_KIND_ALERT_RAISED);
    struct change change = ot_change(&event, NULL, &arena);
    mail_digest_add(&digest, &writer, &change, 4711);
    ot_event(&event, GW_KIND_ALERT_CLEARED);
    gw_event_set_int(&event, GW_FIELD_KPI_STATE, KPI_OK);
    change = ot_change(&event, NULL, &arena);
    mail_digest_add(&digest, &writer, &change, 4720);
    mail_write_digest(&writer, &digest, &mail);
    CU_ASSERT_EQUAL(count(buf_get(&mail), "Subject: [critical] 2 changes of alerts\r\n"), 1);
    CU_ASSERT_EQUAL(count(buf_get(&mail), "<0123456789abcdef.digest-4711-4720@example.net>"), 1);
    CU_ASSERT_EQUAL(count(buf_get(&mail), "\r\n2026-03-31 12:02:00 +0000  [critical] outbreak, "
                                          "Head office: raised #7, WOR=\r\n"),
                    1);
    CU_ASSERT_EQUAL(count(buf_get(&mail), "[ok] outbreak, Head office: cleared #7"), 1);
    mail_digest_clear(&digest);
    CU_ASSERT_EQUAL(digest.n + digest.lines.n, 0);
    buf_free(&digest.lines);
    buf_free(&mail);
    arena_fini(&arena);
}

static void test_wanted(void)
{
    struct arena arena;
    struct outbox_section section = ot_section_en;
    arena_init(&arena, 0);
    ot_event(&event, GW_KIND_ALERT_RAISED);
    struct change change = ot_change(&event, NULL, &arena);
    CU_ASSERT(change_is_wanted(&change, &section));
    section.sites = "bj hq";
    CU_ASSERT(change_is_wanted(&change, &section));
    section.sites = "BJ HQ"; /* as configured; the engine writes it in small letters */
    CU_ASSERT(change_is_wanted(&change, &section));
    section.sites = "bj h";
    CU_ASSERT_FALSE(change_is_wanted(&change, &section));
    section.sites = NULL;
    section.severity = OUTBOX_SEVERITY_CRITICAL;
    CU_ASSERT(change_is_wanted(&change, &section));
    change.state = KPI_OK; /* cleared, but it was critical */
    CU_ASSERT(change_is_wanted(&change, &section));
    change.worst = KPI_WARNING;
    CU_ASSERT_FALSE(change_is_wanted(&change, &section));
    arena_fini(&arena);
}

/* What the engine has not answered, a correction, and what is no alert are nobody's. */
static void test_none(void)
{
    struct arena arena;
    struct change change;
    arena_init(&arena, 0);
    gw_event_clear(&event);
    event.kind = GW_KIND_ALERT_ACKNOWLEDGED;
    CU_ASSERT_FALSE(change_from(&event, "gw1", "e", NULL, &arena, &change));
    event.kind = GW_KIND_KPI_CHANGED;
    CU_ASSERT_FALSE(change_from(&event, "gw1", "e", NULL, &arena, &change));
    ot_event(&event, GW_KIND_ALERT_RAISED);
    event.correction.of = 3;
    CU_ASSERT_FALSE(change_from(&event, "gw1", "e", NULL, &arena, &change));
    gw_event_clear(&event); /* a record with nothing in it is told all the same */
    event.kind = GW_KIND_ALERT_CLEARED;
    CU_ASSERT(change_from(&event, "gw1", "e", NULL, &arena, &change));
    struct buf out = {0};
    payload_write(&change, &out);
    CU_ASSERT(out.n > 0);
    buf_free(&out);
    arena_fini(&arena);
}

/* In a maintenance window nobody is told; behind it what still is bad is, once, by the engine's
 * alert.repeated; a reminder is no mail. */
static void test_maintenance(void)
{
    static const struct {
        enum gw_kind kind;
        enum kpi_state old, now;
        bool is_muted;
        int told; /* -1: not */
    } cases[] = {
        {GW_KIND_ALERT_RAISED, KPI_OK, KPI_WARNING, true, -1},
        {GW_KIND_ALERT_CHANGED, KPI_WARNING, KPI_CRITICAL, true, -1},
        {GW_KIND_ALERT_CLEARED, KPI_CRITICAL, KPI_OK, true, -1},
        {GW_KIND_ALERT_REPEATED, KPI_OK, KPI_CRITICAL, true, -1},
        {GW_KIND_ALERT_REPEATED, KPI_OK, KPI_CRITICAL, false, CHANGE_RAISED},
        {GW_KIND_ALERT_REPEATED, KPI_UNKNOWN, KPI_WARNING, false, CHANGE_RAISED},
        {GW_KIND_ALERT_REPEATED, KPI_WARNING, KPI_CRITICAL, false, CHANGE_CHANGED},
        {GW_KIND_ALERT_REPEATED, KPI_CRITICAL, KPI_CRITICAL, false, -1},
    };
    struct arena arena;
    struct change change;
    arena_init(&arena, 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ot_event(&event, cases[i].kind);
        gw_event_set_int(&event, GW_FIELD_KPI_OLD_STATE, cases[i].old);
        gw_event_set_int(&event, GW_FIELD_KPI_STATE, cases[i].now);
        if (cases[i].is_muted)
            gw_event_set_int(&event, GW_FIELD_ALERT_MUTED, 1);
        CU_ASSERT(change_is_candidate(cases[i].kind));
        bool is_told = change_from(&event, "gw1", "e", NULL, &arena, &change);
        CU_ASSERT_EQUAL(is_told ? (int)change.kind : -1, cases[i].told);
    }
    arena_fini(&arena);
}

static void test_payload(void)
{
    struct arena arena;
    struct buf out = {0};
    arena_init(&arena, 0);
    struct kpi_catalogue *catalogue = ot_catalogue();
    ot_event(&event, GW_KIND_ALERT_CHANGED);
    gw_event_set_text(&event, GW_FIELD_KPI_SCOPE_NAME,
                      SLICE("a\"b\r\n\xe2\x80\xae"
                            "c"));
    gw_event_set_text(&event, GW_FIELD_ALERT_ACK_NAME, SLICE("night"));
    struct change change = ot_change(&event, catalogue, &arena);
    payload_write(&change, &out);
    UNIT_TEXT(
        buf_get(&out),
        "{\"version\":1,\"gateway\":\"gw1\",\"change\":\"changed\","
        "\"uid\":\"0123456789abcdef.alert-7-1774958400000\",\"revision\":4711,"
        "\"time\":\"2026-03-31T12:02:00.000Z\",\"alert\":7,\"opened\":\"2026-03-31T12:00:00.000Z\","
        "\"kpi\":{\"id\":11,\"key\":\"outbreak\",\"name\":\"Virus "
        "outbreak\",\"name_zh\":\"病毒爆发\"},"
        "\"site\":\"hq\",\"scope\":\"hq\",\"scope_name\":\"a\\\"b c\","
        "\"old_state\":\"ok\",\"state\":\"critical\",\"worst\":\"critical\","
        "\"value\":12,\"value_text\":\"12 hosts\",\"unit\":\"hosts\","
        "\"reason\":\"WORM_EXAMPLE.A: 12 hosts in 1 h\","
        "\"advice\":\"Isolate the computers named.\","
        "\"advice_zh\":"
        "\"隔离感染计算机，阻断传播途径（共享、移动介质、邮件），更新病毒码后清除，并查找首个感染源"
        "。\","
        "\"origin\":\"\",\"acknowledged\":{\"name\":\"night\",\"note\":\"\"},"
        "\"evidence\":[\"gw1.0123456789abcdef.4700\",\"gw1.0123456789abcdef.4709\"]}");
    kpi_catalogue_free(catalogue);
    buf_free(&out);
    arena_fini(&arena);
}

static bool parses(const char *text, const char *word)
{
    struct outbox_template template;
    struct buf error = {0};
    bool is = outbox_template_parse(slice_from(text), &template, &error);
    CU_ASSERT_EQUAL(is, error.n == 0);
    CU_ASSERT(is || slice_search(buf_get(&error), slice_from(word)) < error.n);
    buf_free(&error);
    return is;
}

static void test_template(void)
{
    CU_ASSERT(parses("Subject: {state} {name}\n\n{reason}\n", ""));
    CU_ASSERT(parses("Subject: x\r\n\r\n\r\ny", ""));
    CU_ASSERT_FALSE(parses("Subject: {stat}\n\ntext\n", "line 1: '{stat}' is none of"));
    CU_ASSERT_FALSE(parses("Subject: x\n\ny\n{\n", "line 4"));
    CU_ASSERT_FALSE(parses("hello\n", "Subject"));
    CU_ASSERT_FALSE(parses("Subject: x\n", "text"));
    CU_ASSERT_FALSE(parses("Subject: \xff\n\nx\n", "UTF-8"));
    struct buf error = {0};
    struct outbox_template template;
    CU_ASSERT_FALSE(outbox_template_load("/nonexistent/template", &template, &error));
    outbox_template_free(&template);
    const char *values[TEMPLATE_FIELDS];
    for (int i = 0; i < TEMPLATE_FIELDS; i++)
        values[i] = "";
    values[TEMPLATE_NAME] = "{reason}";
    buf_clear(&error);
    outbox_template_fill(SLICE("a\n\n{reason}\n{reason}{name}!\n\n\n{site} gone\nb"), values,
                         &error);
    UNIT_TEXT(buf_get(&error), "a\n\n{reason}!\n\nb");
    buf_free(&error);
}

static void test_place(void)
{
    static const char *const good[] = {"ops@example.net", "a.b+c@x-y.example",
                                       "o'neil@example.net"};
    static const char *const bad[] = {"",
                                      "ops",
                                      "@example.net",
                                      "ops@",
                                      "a..b@example.net",
                                      ".a@example.net",
                                      "a@b..c",
                                      "a b@example.net",
                                      "a@example.net\r\nBcc: x",
                                      "<a@example.net>",
                                      "a@[192.0.2.1]",
                                      "\xe7\x97\x85@example.net"};
    struct place place;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CU_ASSERT(place_is_mailbox(slice_from(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CU_ASSERT_FALSE(place_is_mailbox(slice_from(bad[i])));
    CU_ASSERT(place_of_server("mail.example.net:587", &place) && !place.is_loopback);
    CU_ASSERT(place_of_server("127.0.0.1:25", &place) && place.is_loopback);
    CU_ASSERT(place_of_server("[::1]:25", &place) && place.is_loopback);
    CU_ASSERT_FALSE(place_of_server("mail.example.net", &place));
    CU_ASSERT_FALSE(place_of_server("user@mail.example.net:25", &place));
    CU_ASSERT_FALSE(place_of_server("mail.example.net:70000", &place));
    CU_ASSERT_FALSE(place_of_server("a:25/x", &place));
    CU_ASSERT(place_of_url("https://hooks.example.net/secret/T0", &place));
    UNIT_TEXT(slice_from(place.shown), "https://hooks.example.net");
    CU_ASSERT(place.is_encrypted && !place.is_loopback);
    CU_ASSERT(place_of_url("http://localhost:8080/x", &place) && place.is_loopback);
    CU_ASSERT_FALSE(place_of_url("ftp://example.net/", &place));
    CU_ASSERT_FALSE(place_of_url("https://u:p@example.net/", &place));
    CU_ASSERT_FALSE(place_of_url("example.net/x", &place));
    CU_ASSERT_FALSE(place_of_url("https://example.net/a b", &place));
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"english", test_english}, {"chinese", test_chinese},
        {"thread", test_thread},   {"hostile", test_hostile},
        {"digest", test_digest},   {"wanted", test_wanted},
        {"none", test_none},       {"maintenance", test_maintenance},
        {"payload", test_payload}, {"template", test_template},
        {"place", test_place}};
    return suite_run("mail", tests, sizeof tests / sizeof *tests);
}
