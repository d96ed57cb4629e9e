/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times that are off as by a zone that nobody declared, and those that are off otherwise. */
#include "gateway/daemon/zone_hint.h"

#include "gateway/base/zone.h"
#include "tests/support/suite.h"

/* 2026-11-24T08:00:00Z */
#define RECEIVED 1795507200000

static int32_t hint(const char *as_sent, int64_t time_ms, unsigned flags, const struct zone *zone)
{
    static struct gw_event event;
    gw_event_clear(&event);
    event.received_ms = RECEIVED;
    event.time_ms = time_ms;
    event.flags = (uint8_t)flags;
    gw_event_set_text(&event, GW_FIELD_ORIGINAL_TIME, slice_from(as_sent));
    return zone_hint_of(&event, zone);
}

static void test_hints(void)
{
    static const struct {
        const char *as_sent;
        int64_t behind_s; /* what became of it */
        unsigned flags;
        int32_t expected;
    } cases[] = {
        {"Nov 24 08:00:01", -1, 0, 0},
        {"Nov 24 07:45:00", 15 * 60, 0, 0}, /* late, but near */
        {"Nov 24 16:00:20", 0, GW_EVENT_TIME_AHEAD, 8 * 3600},
        {"2026-11-24 15:58:45", 0, GW_EVENT_TIME_AHEAD, 8 * 3600},
        {"2026-11-24 13:30:00", 0, GW_EVENT_TIME_AHEAD, 5 * 3600 + 1800},
        {"Nov 24 03:00:05", 5 * 3600 - 5, 0, -5 * 3600},
        {"2026-11-24 07:30:00", 1800, 0, -1800},
        /* Off by something else. */
        {"Nov 24 03:07:00", 4 * 3600 + 53 * 60, 0, ZONE_HINT_NOTHING},
        {"Nov 24 16:02:00", 0, GW_EVENT_TIME_AHEAD, ZONE_HINT_NOTHING},
        {"2026-11-23 08:00:00", 24 * 3600, 0, ZONE_HINT_NOTHING}, /* no zone is a day away */
        /* It says its zone; its number has none; it has no time; it came before. */
        {"2026-11-24T16:00:00Z", 0, GW_EVENT_TIME_AHEAD, ZONE_HINT_NOTHING},
        {"2026-11-24T08:00:00+08:00", 8 * 3600, 0, ZONE_HINT_NOTHING},
        {"1795536000", 0, GW_EVENT_TIME_AHEAD, ZONE_HINT_NOTHING},
        {"", 0, GW_EVENT_NO_TIME, ZONE_HINT_NOTHING},
        {"Nov 24 03:00:05", 5 * 3600 - 5, GW_EVENT_RESENT, ZONE_HINT_NOTHING},
        {"no time", 5 * 3600, 0, ZONE_HINT_NOTHING},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CU_ASSERT_EQUAL(
            hint(cases[i].as_sent, RECEIVED - cases[i].behind_s * 1000, cases[i].flags, NULL),
            cases[i].expected);
}

/* A zone that is declared, and is not where the sender is: at UTC. */
static void test_declared(void)
{
    struct zone *zone = zone_open("Asia/Shanghai");
    CU_ASSERT_PTR_NOT_NULL_FATAL(zone);
    CU_ASSERT_EQUAL(hint("Nov 24 16:00:00", RECEIVED, 0, zone), 0);
    CU_ASSERT_EQUAL(hint("Nov 24 08:00:00", RECEIVED - 8 * 3600 * 1000, 0, zone), -8 * 3600);
    zone_free(zone);
}

static void test_notes(void)
{
    struct stats *stats = stats_new();
    struct stats_source *source = stats_source(stats, SLICE("192.0.2.7"), GW_TRANSPORT_UDP);
    int told = 0;
    for (int i = 0; i < 4; i++)
        CU_ASSERT_FALSE(zone_hint_note(source, 8 * 3600));
    CU_ASSERT_EQUAL(zone_hint_get(source), 0); /* not yet */
    /* One that is off otherwise, or right, begins it anew. */
    zone_hint_note(source, ZONE_HINT_NOTHING);
    for (int i = 0; i < 4; i++)
        CU_ASSERT_FALSE(zone_hint_note(source, 8 * 3600));
    zone_hint_note(source, 0);
    for (int i = 0; i < 20; i++)
        told += zone_hint_note(source, 8 * 3600);
    CU_ASSERT_EQUAL(told, 1);
    CU_ASSERT_EQUAL(zone_hint_get(source), 8 * 3600);
    for (int i = 0; i < 20; i++) /* summer is over */
        told += zone_hint_note(source, 7 * 3600);
    CU_ASSERT_EQUAL(told, 2);
    CU_ASSERT_EQUAL(zone_hint_get(source), 7 * 3600);
    CU_ASSERT_FALSE(zone_hint_note(source, 0)); /* declared now */
    CU_ASSERT_EQUAL(zone_hint_get(source), 0);
    for (int i = 0; i < 20; i++)
        CU_ASSERT_FALSE(zone_hint_note(source, ZONE_HINT_NOTHING));
    CU_ASSERT_EQUAL(zone_hint_get(source), 0);
    stats_free(stats);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"hints", test_hints}, {"declared", test_declared}, {"notes", test_notes}};
    return suite_run("zone_hint", tests, sizeof tests / sizeof *tests);
}
