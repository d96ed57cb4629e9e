/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A journal of its own, read again by mappings of its own: every record is corrected once, however
 * little memory there is for what was corrected before and wherever a run was killed.
 */
#include "gateway/ctl/renormalize.h"

#include <inttypes.h>
#include <signal.h>
#include <sys/wait.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/ctl/revisions.h"
#include "gateway/journal/journal.h"
#include "gateway/schema/event_diff.h"
#include "gateway/xml/document.h"
#include "tests/support/mapping_folder.h"
#include "tests/support/unit.h"

enum { MESSAGES = 200, PLAIN = 3 };

static const char system_rule[] =
    "<rule name=\"r\" kind=\"system.status\" severity=\"low\"><match any=\"yes\"/></rule>";
static const char better_rule[] =
    "<rule name=\"r\" kind=\"malware.found\" severity=\"low\"><match any=\"yes\"/>"
    "<set field=\"malware.name\" from=\"virus\"/></rule>";

static struct mapping_folder folder;
static struct sources sources;
static struct renormal renormal;
static char dir[300];

/* ---- the newest revision ---- */

static uint64_t brute_newest(const struct revisions_row *rows, size_t n, uint64_t of)
{
    uint64_t newest = 0;
    for (size_t i = 0; i < n; i++)
        if (rows[i].of == of)
            newest = rows[i].sequence;
    return newest;
}

static void check_rounds(const struct revisions_row *rows, size_t n, size_t max, uint64_t last)
{
    struct revisions revisions;
    uint64_t from = 1, checked = 0;
    revisions_init(&revisions, max);
    while (from != UINT64_MAX) {
        revisions_begin(&revisions, from);
        for (size_t i = 0; i < n; i++)
            revisions_note(&revisions, rows[i].of, rows[i].sequence);
        revisions_seal(&revisions);
        CU_ASSERT_FATAL(revisions.to > from);
        for (uint64_t of = from; of < revisions.to && of <= last; of++, checked++)
            CU_ASSERT_EQUAL(revisions_newest(&revisions, of), brute_newest(rows, n, of));
        from = revisions.to;
    }
    CU_ASSERT_EQUAL(checked, last);
    revisions_free(&revisions);
}

static void test_revisions(void)
{
    enum { ROWS = 300, LAST = 60 };
    static const size_t bounds[] = {2, 3, 7, 64, 1000};
    struct revisions_row rows[ROWS];
    srand(3);
    for (int round = 0; round < 20; round++)
        for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++) {
            for (size_t i = 0; i < ROWS; i++)
                rows[i] = (struct revisions_row){1 + (uint64_t)rand() % LAST, LAST + 1 + i};
            check_rounds(rows, round ? ROWS : 0, bounds[b], LAST);
        }
}

/* ---- a journal ---- */

static struct journal *open_journal(void)
{
    struct journal_options options;
    struct journal *journal = NULL;
    journal_options_default(&options);
    options.sync = false;
    options.segment_bytes = 16 * 1024;
    CU_ASSERT_EQUAL_FATAL(journal_open(dir, &options, &journal), GW_OK);
    return journal;
}

static bool append(void *context, const struct gw_event *event)
{
    struct buf encoded = {0};
    uint64_t sequence = 0;
    gw_event_encode(event, &encoded);
    int result = journal_append(context, buf_get(&encoded), &sequence);
    buf_free(&encoded);
    return result == GW_OK;
}

static void load(const char *rule)
{
    mapping_folder_put_box(&folder, rule);
    if (!mapping_folder_load(&folder))
        diag_print(&folder.diag, stdout);
    CU_ASSERT_PTR_NOT_NULL_FATAL(folder.set);
    renormal.set = folder.set;
}

static void set_envelope(struct gw_event *event, struct slice raw, enum gw_transport transport)
{
    gw_event_clear(event);
    event->raw = event->text = raw;
    event->transport = (uint8_t)transport;
    event->received_ms = 1772438700000;
    gw_event_set_text(event, GW_FIELD_PEER, SLICE("192.0.2.9"));
}

/* Messages of the box, a few that no mapping knows, a tick between. */
static void make_journal(void)
{
    struct gw_event *event = gw_alloc(sizeof *event);
    char message[200];
    nftw(dir, mapping_folder_unlink, 8, FTW_DEPTH | FTW_PHYS);
    load(system_rule);
    struct journal *journal = open_journal();
    for (int i = 0; i < MESSAGES + PLAIN; i++) {
        int n = i < MESSAGES ? snprintf(message, sizeof message,
                                        "CEF:0|Example|Box|2|1|a name|3|virus=V%d", i)
                             : snprintf(message, sizeof message, "nobody knows %d", i);
        set_envelope(event, slice_of(message, (size_t)n), GW_TRANSPORT_TCP);
        renormal_run(&renormal, event);
        append(journal, &renormal.event);
        gw_event_clear(event);
        event->kind = GW_KIND_GATEWAY_TICK;
        append(journal, event);
    }
    journal_close(journal);
    free(event);
}

struct counting {
    struct journal *journal;
    int put, most; /* most: then stop, or be killed */
    bool is_killed;
};

static bool correct(void *context, const struct gw_event *correction)
{
    struct counting *c = context;
    if (c->put == c->most) {
        uint64_t last = journal_committed(c->journal) + 1;
        if (c->is_killed && c->put) /* something of it is there */
            journal_wait_committed(c->journal, last, 1000);
        if (c->is_killed)
            raise(SIGKILL);
        return false;
    }
    c->put++;
    return append(c->journal, correction);
}

/* One run under the journal's lock; how many were corrected. */
static int run_once(size_t revisions_max, int most, bool is_killed)
{
    struct counting counting = {open_journal(), 0, most, is_killed};
    struct renormalize_report *report = renormalize_report_new(folder.set, 2);
    struct renormalize_end end = {0};
    struct renormalize_job job = {
        .folder = dir,
        .to_ms = INT64_MAX,
        .revisions_max = revisions_max,
        .correct = correct,
        .context = &counting,
    };
    CU_ASSERT_EQUAL(renormalize_run(&job, &renormal, report, &end), GW_OK);
    CU_ASSERT_EQUAL(end.is_whole, most > counting.put);
    CU_ASSERT_EQUAL(end.damaged + end.unreadable, 0);
    if (end.is_whole) {
        uint64_t read = 0;
        for (int i = 0; i < RENORMAL_RESULTS; i++)
            read += renormalize_report_count(report, (enum renormal_result)i);
        CU_ASSERT_EQUAL(read, MESSAGES + PLAIN);
        CU_ASSERT_EQUAL(renormalize_report_count(report, RENORMAL_SAME),
                        (uint64_t)(MESSAGES + PLAIN - counting.put));
    }
    renormalize_report_free(report);
    journal_close(counting.journal);
    return counting.put;
}

/* ---- what stands in it ---- */

struct seen {
    uint32_t revision[2 * (MESSAGES + PLAIN) + 1]; /* by original, the newest */
    int corrections;
    bool is_wrong;
};

static bool look(void *context, const struct journal_record *record)
{
    static struct gw_event event;
    struct seen *seen = context;
    if (gw_event_decode(record->payload, &event) != GW_OK) {
        seen->is_wrong = true;
        return false;
    }
    uint64_t of = event.correction.of;
    if (!of)
        return true;
    bool is_next = of <= 2 * (MESSAGES + PLAIN) &&
                   event.correction.revision == (seen->revision[of] ? seen->revision[of] : 1) + 1;
    seen->is_wrong |= !is_next || !slice_starts_with(event.raw, SLICE("CEF:0|Example|Box"));
    if (is_next)
        seen->revision[of] = event.correction.revision;
    seen->corrections++;
    return !seen->is_wrong;
}

/* Each message of the box has that revision, and no revision was skipped or stands twice. */
static void check_journal(uint32_t revision)
{
    struct journal_scan scan;
    struct seen *seen = gw_alloc(sizeof *seen);
    CU_ASSERT_EQUAL_FATAL(journal_scan_dir(dir, &scan, look, seen), GW_OK);
    CU_ASSERT_FALSE(seen->is_wrong);
    CU_ASSERT_EQUAL(seen->corrections, (int)(revision - 1) * MESSAGES);
    for (int i = 0; i < MESSAGES + PLAIN; i++)
        CU_ASSERT_EQUAL(seen->revision[2 * i + 1], i < MESSAGES && revision > 1 ? revision : 0);
    free(seen);
}

static void test_again(void)
{
    static const size_t bounds[] = {0, 2, 16};
    for (size_t b = 0; b < sizeof bounds / sizeof *bounds; b++) {
        make_journal();
        CU_ASSERT_EQUAL(run_once(bounds[b], INT32_MAX, false), 0);
        load(better_rule);
        CU_ASSERT_EQUAL(run_once(bounds[b], INT32_MAX, false), MESSAGES);
        CU_ASSERT_EQUAL(run_once(bounds[b], INT32_MAX, false), 0);
        check_journal(2);
        load(system_rule);
        CU_ASSERT_EQUAL(run_once(bounds[b], INT32_MAX, false), MESSAGES);
        load(better_rule);
        CU_ASSERT_EQUAL(run_once(bounds[b], INT32_MAX, false), MESSAGES);
        CU_ASSERT_EQUAL(run_once(bounds[b], INT32_MAX, false), 0);
        check_journal(4);
    }
}

static void test_stopped(void)
{
    make_journal();
    load(better_rule);
    CU_ASSERT_EQUAL(run_once(8, 77, false), 77);
    CU_ASSERT_EQUAL(run_once(8, INT32_MAX, false), MESSAGES - 77);
    CU_ASSERT_EQUAL(run_once(8, INT32_MAX, false), 0);
    check_journal(2);
}

static int count_corrections(void)
{
    struct journal_scan scan;
    struct seen *seen = gw_alloc(sizeof *seen);
    CU_ASSERT_EQUAL_FATAL(journal_scan_dir(dir, &scan, look, seen), GW_OK);
    CU_ASSERT_FALSE(seen->is_wrong);
    int n = seen->corrections;
    free(seen);
    return n;
}

/* The process dies with the journal in its hands. */
static void test_killed(void)
{
    int status, had = 0;
    make_journal();
    load(better_rule);
    for (int most = 1; most < MESSAGES; most += 60) {
        pid_t child = fork();
        if (child == 0)
            _exit(run_once(8, most, true) ? 0 : 1);
        CU_ASSERT_FATAL(child > 0 && waitpid(child, &status, 0) == child);
        CU_ASSERT(WIFSIGNALED(status) || had + most > MESSAGES);
        CU_ASSERT(count_corrections() >= had);
        had = count_corrections();
    }
    CU_ASSERT(had > 0);
    CU_ASSERT_EQUAL(run_once(8, INT32_MAX, false), MESSAGES - had);
    CU_ASSERT_EQUAL(run_once(8, INT32_MAX, false), 0);
    check_journal(2);
}

/* ---- one record ---- */

static void test_refused(void)
{
    struct gw_event *event = gw_alloc(sizeof *event);
    set_envelope(event, SLICE_NONE, GW_TRANSPORT_UDP);
    CU_ASSERT_EQUAL(renormal_run(&renormal, event), RENORMAL_FAILED);
    CU_ASSERT_STRING_EQUAL(renormal.why, "no raw text is kept");
    static const char *const engines[] = {"0x8", "80001f88", "0x80zz", "0x8000:f"};
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
        set_envelope(event, SLICE("\x30\x00"), GW_TRANSPORT_SNMP);
        gw_event_set_int(event, GW_FIELD_SNMP_VERSION, 3);
        gw_event_set_text(event, GW_FIELD_SNMP_ENGINE_ID, slice_from(engines[i]));
        CU_ASSERT_EQUAL(renormal_run(&renormal, event), RENORMAL_FAILED);
    }
    set_envelope(event, SLICE("\x30\x00"), GW_TRANSPORT_SNMP);
    event->kind = GW_KIND_GATEWAY_UNTRANSLATABLE;
    gw_event_set_int(event, GW_FIELD_SNMP_VERSION, 3);
    gw_event_set_text(event, GW_FIELD_SNMP_USER, SLICE("eog"));
    gw_event_set_text(event, GW_FIELD_SNMP_ENGINE_ID, SLICE("0x80001f88"));
    CU_ASSERT_EQUAL(renormal_run(&renormal, event), RENORMAL_CHANGED);
    UNIT_TEXT(gw_event_text(&renormal.event, GW_FIELD_SNMP_ENGINE_ID), "0x80001f88");
    UNIT_TEXT(gw_event_text(&renormal.event, GW_FIELD_SNMP_USER), "eog");
    gw_event_clear(event);
    CU_ASSERT_FALSE(renormal_is_message(event));
    free(event);
}

static const char *site_of(struct sources *declared, struct gw_event *event, const char *peer,
                           enum gw_transport transport, const char *site)
{
    set_envelope(event, SLICE("x"), transport);
    gw_event_set_text(event, GW_FIELD_PEER, slice_from(peer));
    gw_event_set_text(event, GW_FIELD_SITE, slice_from(site));
    const struct source_profile *profile = sources_find(declared, event);
    return profile ? profile->site : "?";
}

/* As the daemon finds them: the longest network; of this machine by what the record still says. */
static void test_sources(void)
{
    char path[400];
    struct gw_event *event = gw_alloc(sizeof *event);
    struct sources declared;
    mapping_folder_put(&folder, "eogd.xml",
                       "<eog-gateway><gateway id=\"gw\" site=\"rest\"/><data mappings=\"some\"/>"
                       "<source address=\"192.0.2.0/24\" site=\"a\"/>"
                       "<source address=\"192.0.2.8/32\" site=\"b\" charset=\"Big5\" zone=\"UTC\"/>"
                       "<source address=\"unix:/dev/log\" site=\"c\" charset=\"Big5\"/>"
                       "<source address=\"file:/one\" site=\"d\" charset=\"Big5\"/>"
                       "<source address=\"file:/two\" site=\"d\"/></eog-gateway>");
    snprintf(path, sizeof path, "%s/eogd.xml", folder.path);
    CU_ASSERT_FATAL(sources_load(path, &declared));
    CU_ASSERT(declared.mappings && strstr(declared.mappings, "/some"));
    static const struct {
        const char *peer;
        enum gw_transport transport;
        const char *site, *found;
    } rows[] = {
        {"192.0.2.7", GW_TRANSPORT_UDP, "", "a"},
        {"192.0.2.8", GW_TRANSPORT_UDP, "", "b"},
        {"192.0.2.8", GW_TRANSPORT_TCP, "", "b"},
        {"198.51.100.1", GW_TRANSPORT_UDP, "", "rest"},
        {"2001:db8::1", GW_TRANSPORT_SNMP, "", "rest"},
        {"127.0.0.1", GW_TRANSPORT_UNIX, "c", "c"},
        {"127.0.0.1", GW_TRANSPORT_UNIX, "rest", "rest"},
        {"127.0.0.1", GW_TRANSPORT_FILE, "d", "?"},
        {"127.0.0.1", GW_TRANSPORT_FILE, "c", "?"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CU_ASSERT_STRING_EQUAL(
            site_of(&declared, event, rows[i].peer, rows[i].transport, rows[i].site),
            rows[i].found);
    sources_free(&declared);
    free(event);
}

/* Whatever decides how a message reads tells two configurations apart. */
static void test_declared(void)
{
#define DECLARED(id, site, source, tenant)                                                         \
    "<eog-gateway><gateway id=\"" id "\" site=\"" site "\"/><source " source "/>" tenant           \
    "</eog-gateway>"
    static const char *const texts[] = {
        DECLARED("gw", "a", "address=\"::1/128\"", ""),
        DECLARED("demo", "a", "address=\"::1/128\"", ""),
        DECLARED("gw", "b", "address=\"::1/128\"", ""),
        DECLARED("gw", "a", "address=\"::2/128\"", ""),
        DECLARED("gw", "a", "address=\"::1/128\" site=\"c\"", ""),
        DECLARED("gw", "a", "address=\"::1/128\" charset=\"Big5\"", ""),
        DECLARED("gw", "a", "address=\"::1/128\" zone=\"Asia/Shanghai\"", ""),
        DECLARED("gw", "a", "address=\"::1/128\" time=\"receipt\"", ""),
        DECLARED("gw", "a", "address=\"::1/128\"", "<tenant name=\"t\" site=\"a\"/>"),
        DECLARED("gw", "a", "address=\"::1/128\"", "<tenant name=\"t\" site=\"b\"/>")};
    enum { TEXTS = sizeof texts / sizeof *texts };
    struct sources of[TEXTS];
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/eogd.xml", folder.path);
    for (size_t i = 0; i < TEXTS; i++) {
        mapping_folder_put(&folder, "eogd.xml", texts[i]);
        CU_ASSERT_FATAL(sources_load(path, &of[i]));
    }
    for (size_t i = 0; i < TEXTS; i++)
        for (size_t k = 0; k < TEXTS; k++) {
            struct kpi_settings settings = {.declared = of[k].declared};
            CU_ASSERT_EQUAL(sources_are_of(&of[i], &settings), i == k);
        }
    struct kpi_settings of_before = {.declared = 0};
    CU_ASSERT_FALSE(sources_are_of(&of[0], &of_before));
    for (size_t i = 0; i < TEXTS; i++)
        sources_free(&of[i]);
}

int main(void)
{
    static const CU_TestInfo tests[] = {{"the newest revision", test_revisions},
                                        {"sources", test_sources},
                                        {"told apart", test_declared},
                                        {"refused", test_refused},
                                        {"again and again", test_again},
                                        {"stopped", test_stopped},
                                        {"killed", test_killed},
                                        CU_TEST_INFO_NULL};
    xml_init();
    log_set_level(LOG_LEVEL_ERROR);
    folder = mapping_folder_new();
    snprintf(dir, sizeof dir, "%s/journal", folder.path);
    int result = 2;
    if (sources_load(NULL, &sources)) {
        mapping_folder_put_box(&folder, system_rule);
        renormal_init(&renormal, mapping_folder_load(&folder), &sources);
        result = unit_run("renormalize", tests);
        renormal_fini(&renormal);
    }
    sources_free(&sources);
    mapping_folder_free(&folder);
    xml_fini();
    return result;
}
