/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What leaves the site: fields hidden and hashed, their values in other texts, mistakes. */
#include "gateway/feed/privacy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/address.h"
#include "tests/support/suite.h"
#include "tests/support/unit.h"

static struct gw_event event;
static struct arena arena;
static char key_path[] = "/tmp/eog-feed-key-XXXXXX";

static void write_key(const char *text)
{
    FILE *file = fopen(key_path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static size_t errors_of(const struct feed_section *section)
{
    struct feed_privacy privacy;
    struct diag diag = {0};
    bool is_fine = feed_privacy_init(&privacy, section, &diag);
    size_t n = diag.total;
    CU_ASSERT_EQUAL(is_fine, n == 0);
    diag_free(&diag);
    feed_privacy_wipe(&privacy);
    return n;
}

static struct feed_privacy privacy_of(const char *hide, const char *hash)
{
    struct feed_section section = {.hide = hide, .hash = hash, .hash_key_file = key_path};
    struct feed_privacy privacy;
    struct diag diag = {0};
    CU_ASSERT_TRUE(feed_privacy_init(&privacy, &section, &diag));
    CU_ASSERT_EQUAL(diag.total, 0);
    return privacy;
}

static void begin(void)
{
    arena_reset(&arena);
    gw_event_clear(&event);
    event.kind = GW_KIND_MALWARE_FOUND;
}

static void set(enum gw_field field, const char *text)
{
    CU_ASSERT_TRUE(gw_event_set_text(&event, field, slice_from(text)));
}

static struct slice text(enum gw_field field)
{
    return gw_event_text(&event, field);
}

static void test_mistakes(void)
{
    write_key("0123456789abcdef\n");
    CU_ASSERT_EQUAL(errors_of(&(struct feed_section){.hide = "user host ip mac file process email "
                                                             "subject url message"}),
                    0);
    CU_ASSERT_EQUAL(errors_of(&(struct feed_section){.hide = "users"}), 1);
    CU_ASSERT_EQUAL(errors_of(&(struct feed_section){.hide = "user", .has_raw = true}), 1);
    CU_ASSERT_EQUAL(errors_of(&(struct feed_section){.has_raw = true}), 0);
    CU_ASSERT_EQUAL(errors_of(&(struct feed_section){.hash = "user"}), 1); /* no key */
    CU_ASSERT_EQUAL(
        errors_of(&(struct feed_section){.hash = "user", .hash_key_file = "/nowhere/key"}), 1);
    struct feed_section section = {.hide = "user", .hash = "user", .hash_key_file = key_path};
    CU_ASSERT_EQUAL(errors_of(&section), 1);
    section.hide = NULL;
    CU_ASSERT_EQUAL(errors_of(&section), 0);
    write_key("0123456789abcde\n");
    CU_ASSERT_EQUAL(errors_of(&section), 1);
    write_key("0123456789abcdef\n");
}

static void test_hide(void)
{
    struct feed_privacy privacy = privacy_of("user subject", NULL);
    begin();
    set(GW_FIELD_USER_NAME, "jsmith");
    set(GW_FIELD_HOST_NAME, "pc-1");
    set(GW_FIELD_EMAIL_SUBJECT, "Re: your salary");
    set(GW_FIELD_MESSAGE, "JSMITH on pc-1 (jsmith): jsmith2 is another, so is xjsmith");
    set(GW_FIELD_FILE_PATH, "C:\\Users\\jsmith\\a.doc");
    gw_event_add_unmapped(&event, SLICE("suid"), SLICE("jsmith"));
    feed_privacy_apply(&privacy, &event, &arena);
    CU_ASSERT_FALSE(gw_event_has(&event, GW_FIELD_USER_NAME));
    CU_ASSERT_FALSE(gw_event_has(&event, GW_FIELD_EMAIL_SUBJECT));
    UNIT_TEXT(text(GW_FIELD_HOST_NAME), "pc-1");
    UNIT_TEXT(text(GW_FIELD_MESSAGE), "*** on pc-1 (***): jsmith2 is another, so is xjsmith");
    UNIT_TEXT(text(GW_FIELD_FILE_PATH), "C:\\Users\\***\\a.doc");
    CU_ASSERT_EQUAL(event.n_unmapped, 0);
    CU_ASSERT_EQUAL(event.n_values, 3);
    /* The places of those that stayed are right. */
    for (size_t i = 0; i < event.n_values; i++)
        CU_ASSERT_EQUAL(event.at[event.values[i].field], i + 1);
}

static void test_unmapped(void)
{
    struct feed_section section = {.hide = "user", .unmapped = FEED_UNMAPPED_YES};
    struct feed_privacy privacy;
    CU_ASSERT_TRUE(feed_privacy_init(&privacy, &section, NULL));
    begin();
    set(GW_FIELD_USER_NAME, "jsmith");
    gw_event_add_unmapped(&event, SLICE("suid"), SLICE("S-1-5 jsmith"));
    feed_privacy_apply(&privacy, &event, &arena);
    CU_ASSERT_EQUAL(event.n_unmapped, 1);
    UNIT_TEXT(event.unmapped[0].value, "S-1-5 ***");
    section = (struct feed_section){.unmapped = FEED_UNMAPPED_NO};
    CU_ASSERT_TRUE(feed_privacy_init(&privacy, &section, NULL));
    feed_privacy_apply(&privacy, &event, &arena);
    CU_ASSERT_EQUAL(event.n_unmapped, 0);
    section = (struct feed_section){.unmapped = FEED_UNMAPPED_AUTO};
    CU_ASSERT_TRUE(feed_privacy_init(&privacy, &section, NULL));
    gw_event_add_unmapped(&event, SLICE("a"), SLICE("b"));
    feed_privacy_apply(&privacy, &event, &arena);
    CU_ASSERT_EQUAL(event.n_unmapped, 1);
}

/* HMAC-SHA-256 of "host" NUL "pc-1" by Python's hmac. */
static void test_hash(void)
{
    struct feed_privacy privacy = privacy_of(NULL, "host user ip mac email");
    begin();
    set(GW_FIELD_HOST_NAME, "PC-1");
    set(GW_FIELD_SRC_NAME, "pc-1");
    set(GW_FIELD_USER_NAME, "pc-1");
    set(GW_FIELD_HOST_IP, "192.0.2.7");
    set(GW_FIELD_SRC_IP, "192.0.2.7");
    set(GW_FIELD_DST_IP, "2001:db8::7");
    set(GW_FIELD_HOST_MAC, "00:1b:21:aa:bb:cc");
    set(GW_FIELD_EMAIL_FROM, "jsmith@example.net");
    set(GW_FIELD_MESSAGE, "PC-1 192.0.2.7 192.0.2.70");
    feed_privacy_apply(&privacy, &event, &arena);
    UNIT_TEXT(text(GW_FIELD_HOST_NAME), "h-d620fad9797dfe0068e827e768b1fe5a");
    CU_ASSERT_TRUE(slice_equal(text(GW_FIELD_HOST_NAME), text(GW_FIELD_SRC_NAME)));
    CU_ASSERT_FALSE(slice_equal(text(GW_FIELD_HOST_NAME), text(GW_FIELD_USER_NAME)));
    CU_ASSERT_TRUE(slice_equal(text(GW_FIELD_HOST_IP), text(GW_FIELD_SRC_IP)));
    CU_ASSERT_FALSE(slice_equal(text(GW_FIELD_HOST_IP), text(GW_FIELD_DST_IP)));
    CU_ASSERT_TRUE(address_is_ip(text(GW_FIELD_HOST_IP)));
    CU_ASSERT_TRUE(slice_starts_with(text(GW_FIELD_HOST_IP), SLICE("100::")));
    CU_ASSERT_EQUAL(text(GW_FIELD_HOST_MAC).n, 17);
    CU_ASSERT_TRUE(strchr("26ae", text(GW_FIELD_HOST_MAC).p[1]) != NULL);
    CU_ASSERT_TRUE(slice_ends_with(text(GW_FIELD_EMAIL_FROM), SLICE("@h.invalid")));
    CU_ASSERT_TRUE(slice_search(text(GW_FIELD_MESSAGE), SLICE("192.0.2.7 ")) ==
                   text(GW_FIELD_MESSAGE).n);
    CU_ASSERT_TRUE(slice_ends_with(text(GW_FIELD_MESSAGE), SLICE(" 192.0.2.70")));
    feed_privacy_wipe(&privacy);
}

/* Each receiver of a list is a value of its own, here and elsewhere. */
static void test_receivers(void)
{
    struct feed_privacy privacy = privacy_of("email", NULL);
    begin();
    set(GW_FIELD_EMAIL_TO, "ann@example.net;Bob Li <bob@example.net>, cy@example.net");
    set(GW_FIELD_MESSAGE, "to cy@example.net, bob@example.net and dy@example.net");
    feed_privacy_apply(&privacy, &event, &arena);
    CU_ASSERT_FALSE(gw_event_has(&event, GW_FIELD_EMAIL_TO));
    UNIT_TEXT(text(GW_FIELD_MESSAGE), "to ***, *** and dy@example.net");
    privacy = privacy_of(NULL, "email");
    gw_event_clear(&event);
    set(GW_FIELD_EMAIL_FROM, "bob@example.net");
    set(GW_FIELD_EMAIL_TO, "ann@example.net;Bob Li <bob@example.net>");
    set(GW_FIELD_MESSAGE, "bob@example.net");
    feed_privacy_apply(&privacy, &event, &arena);
    struct slice first, second;
    CU_ASSERT_TRUE(slice_cut(text(GW_FIELD_EMAIL_TO), ';', &first, &second));
    CU_ASSERT_TRUE(slice_ends_with(first, SLICE("@h.invalid")));
    CU_ASSERT_TRUE(slice_equal(second, text(GW_FIELD_EMAIL_FROM)));
    CU_ASSERT_TRUE(slice_equal(second, text(GW_FIELD_MESSAGE)));
    /* However many there are, what they cost is bounded, and none is left as it was. */
    gw_event_clear(&event);
    struct buf list = {0};
    for (int i = 0; i < 1000; i++)
        buf_printf(&list, "u%d@example.net;", i);
    set(GW_FIELD_EMAIL_TO, buf_text(&list));
    feed_privacy_apply(&privacy, &event, &arena);
    CU_ASSERT_TRUE(text(GW_FIELD_EMAIL_TO).n < 4000);
    CU_ASSERT_EQUAL(slice_search(text(GW_FIELD_EMAIL_TO), SLICE("example")),
                    text(GW_FIELD_EMAIL_TO).n);
    buf_free(&list);
    feed_privacy_wipe(&privacy);
}

/* Another key, other names. */
static void test_key(void)
{
    struct feed_privacy privacy = privacy_of(NULL, "host");
    begin();
    set(GW_FIELD_HOST_NAME, "pc-1");
    feed_privacy_apply(&privacy, &event, &arena);
    feed_privacy_wipe(&privacy);
    struct slice first = text(GW_FIELD_HOST_NAME);
    write_key("another key of 16 bytes\n");
    privacy = privacy_of(NULL, "host");
    gw_event_clear(&event);
    set(GW_FIELD_HOST_NAME, "pc-1");
    feed_privacy_apply(&privacy, &event, &arena);
    CU_ASSERT_FALSE(slice_equal(first, text(GW_FIELD_HOST_NAME)));
    feed_privacy_wipe(&privacy);
    write_key("0123456789abcdef\n");
}

static void test_words(void)
{
    struct feed_privacy privacy = privacy_of("user host file", NULL);
    begin();
    /* The longest first: the path goes whole. */
    set(GW_FIELD_FILE_NAME, "a.doc");
    set(GW_FIELD_FILE_PATH, "C:\\x\\a.doc");
    set(GW_FIELD_USER_NAME, "\xe5\xbc\xa0\xe4\xb8\x89"); /* two Chinese characters */
    set(GW_FIELD_HOST_NAME, "x");                        /* one letter is no name to look for */
    set(GW_FIELD_MESSAGE, "C:\\x\\a.doc a.doc x \xe7\x94\xa8\xe5\xbc\xa0\xe4\xb8\x89\xe7\x99\xbb");
    /* Names of ours stay, whatever people are called. */
    set(GW_FIELD_SITE, "a.doc");
    feed_privacy_apply(&privacy, &event, &arena);
    UNIT_TEXT(text(GW_FIELD_MESSAGE), "*** *** x \xe7\x94\xa8***\xe7\x99\xbb");
    UNIT_TEXT(text(GW_FIELD_SITE), "a.doc");
}

/* Who is named with a domain is known without it, too. */
static void test_short_names(void)
{
    struct feed_privacy privacy = privacy_of("host user", NULL);
    begin();
    set(GW_FIELD_HOST_NAME, "dc1.corp.example.net");
    set(GW_FIELD_SRC_NAME, "LAB\\pc-7$");
    set(GW_FIELD_DST_NAME, "192.0.2.9"); /* has no shorter name */
    set(GW_FIELD_USER_NAME, "jsmith@corp.example.net");
    set(GW_FIELD_TARGET_USER, "CORP\\mara");
    set(GW_FIELD_SYSLOG_HOSTNAME, "dc1");
    set(GW_FIELD_FILE_PATH, "C:\\Users\\jsmith\\192\\a.doc");
    set(GW_FIELD_MESSAGE, "DC1.corp.example.net: mara on PC-7, not on dc12");
    feed_privacy_apply(&privacy, &event, &arena);
    UNIT_TEXT(text(GW_FIELD_SYSLOG_HOSTNAME), "***");
    UNIT_TEXT(text(GW_FIELD_FILE_PATH), "C:\\Users\\***\\192\\a.doc");
    UNIT_TEXT(text(GW_FIELD_MESSAGE), "***: *** on ***, not on dc12");
    /* The hash is that of a record which has the short name alone. */
    privacy = privacy_of(NULL, "host");
    begin();
    set(GW_FIELD_HOST_NAME, "pc-1.corp.example.net");
    set(GW_FIELD_MESSAGE, "PC-1");
    feed_privacy_apply(&privacy, &event, &arena);
    UNIT_TEXT(text(GW_FIELD_MESSAGE), "h-d620fad9797dfe0068e827e768b1fe5a");
    feed_privacy_wipe(&privacy);
}

/* The field has one form of it, the message the sender's own. */
static void test_mac_forms(void)
{
    struct feed_privacy privacy = privacy_of("mac", NULL);
    begin();
    set(GW_FIELD_SRC_MAC, "00:15:c7:26:61:0a");
    set(GW_FIELD_MESSAGE,
        "Vlan51 0015.c726.610a, 00-15-C7-26-61-0A, 0015-C726-610A (0015c726610a)");
    set(GW_FIELD_EVENT_NAME, "0015.c726.610b 0015c726610a0 a0015.c726.610a 00:15:c7");
    feed_privacy_apply(&privacy, &event, &arena);
    UNIT_TEXT(text(GW_FIELD_MESSAGE), "Vlan51 ***, ***, *** (***)");
    UNIT_TEXT(text(GW_FIELD_EVENT_NAME), "0015.c726.610b 0015c726610a0 a0015.c726.610a 00:15:c7");
}

/* A full record, every field of it. */
static void test_all(void)
{
    struct feed_privacy privacy =
        privacy_of("user host ip mac file process email subject url message", NULL);
    begin();
    for (int field = 1; field < GW_FIELD_END && event.n_values < GW_EVENT_VALUES_MAX; field++)
        if (gw_field_name((enum gw_field)field)) {
            gw_event_set_text(&event, (enum gw_field)field, SLICE("secret"));
            gw_event_set_int(&event, (enum gw_field)field, 1);
        }
    CU_ASSERT_EQUAL(event.n_values, GW_EVENT_VALUES_MAX);
    feed_privacy_apply(&privacy, &event, &arena);
    CU_ASSERT_TRUE(event.n_values > 20 && event.n_values < GW_EVENT_VALUES_MAX);
    for (size_t i = 0; i < event.n_values; i++)
        CU_ASSERT_EQUAL(event.at[event.values[i].field], i + 1);
    CU_ASSERT_FALSE(gw_event_has(&event, GW_FIELD_HOST_NAME));
    UNIT_TEXT(text(GW_FIELD_STATUS_DETAIL), "");
    UNIT_TEXT(text(GW_FIELD_SYSLOG_HOSTNAME), event.at[GW_FIELD_SYSLOG_HOSTNAME] ? "***" : "");
    UNIT_TEXT(text(GW_FIELD_ACTION), "***");
}

/* Whatever is an address is of the class that says so. */
static void test_addresses(void)
{
    struct feed_privacy privacy = privacy_of("ip", NULL);
    begin();
    for (int field = 1; field < GW_FIELD_END; field++)
        if (gw_field_type((enum gw_field)field) == GW_TYPE_IP)
            set((enum gw_field)field, "192.0.2.7");
    CU_ASSERT_TRUE(event.n_values >= 9);
    feed_privacy_apply(&privacy, &event, &arena);
    CU_ASSERT_EQUAL(event.n_values, 0);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"mistakes", test_mistakes},        {"hidden", test_hide},
        {"unmapped", test_unmapped},        {"hashed", test_hash},
        {"another key", test_key},          {"words", test_words},
        {"every field", test_all},          {"addresses", test_addresses},
        {"receivers", test_receivers},      {"short names", test_short_names},
        {"forms of a MAC", test_mac_forms},
    };
    int fd = mkstemp(key_path);
    if (fd < 0)
        return 1;
    close(fd);
    arena_init(&arena, 0);
    int status = suite_run("privacy", tests, sizeof tests / sizeof *tests);
    arena_fini(&arena);
    unlink(key_path);
    return status;
}
