/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The driver of the tests, the journal it is fed from, and what is asked of both. */
#include "tests/gateway/feed/rig.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/error.h"

struct rig *rig; /* the driver's create() has no other way to it */

static unsigned roll(struct rig *r, unsigned sides)
{
    r->chance = r->chance * 1103515245u + 12345u;
    return (r->chance >> 16) % sides;
}

static bool check(const struct feed_section *section, struct diag *diag)
{
    (void)section;
    (void)diag;
    return true;
}

static int create(const struct feed_driver_options *options, void **out)
{
    rig->host = options->host;
    *out = rig;
    return GW_OK;
}

static void destroy(void *driver)
{
    (void)driver;
}

static int begin_open(void *driver)
{
    struct rig *r = driver;
    atomic_fetch_add(&r->opens, 1);
    r->last_taken = 0;
    if (atomic_load(&r->is_away)) {
        r->host.trouble(r->host.context, "away");
        return GW_ERR_IO;
    }
    r->is_open = true;
    return GW_OK;
}

static enum feed_answer take(void *driver, const struct feed_record *record)
{
    struct rig *r = driver;
    if (!r->is_open || r->n_flight == r->window)
        return FEED_FULL;
    if (r->is_random && roll(r, 50) == 0)
        return FEED_FULL;
    if (r->is_random && roll(r, 400) == 0) {
        r->host.trouble(r->host.context, "broke while sending");
        return FEED_LOST;
    }
    if (record->sequence <= r->last_taken)
        atomic_fetch_add(&r->out_of_order, 1);
    r->last_taken = record->sequence;
    if (record->sequence == r->fatal)
        r->fatal_ms = clock_read(&clock_system).mono_ms;
    r->longest = record->bytes.n > r->longest ? record->bytes.n : r->longest;
    if (record->sequence < sizeof r->keys / sizeof *r->keys)
        snprintf(r->keys[record->sequence], sizeof *r->keys, "%.*s", SLICE_FMT(record->key));
    r->flight[r->n_flight++] = record->sequence;
    r->fates[record->sequence].takes++;
    return FEED_TAKEN;
}

/* The cursor that a restart would find: everything up to it must be done. */
static void look_at_cursor(struct rig *r)
{
    struct journal_cursor cursors[4];
    size_t n = r->has_holes ? 0 : journal_list_cursors(r->journal, cursors, 4);
    for (size_t i = 0; i < n; i++)
        for (uint64_t s = 1; s <= cursors[i].sequence; s++)
            if (r->fates[s].is_wanted && !r->fates[s].is_done)
                atomic_store(&r->has_lied, true);
}

static void tell(struct rig *r, size_t i)
{
    uint64_t sequence = r->flight[i];
    memmove(&r->flight[i], &r->flight[i + 1], (--r->n_flight - i) * sizeof *r->flight);
    if (sequence == r->reject || atomic_load(&r->rejects_all)) {
        if (sequence == r->reject && (r->is_rejection_final || r->fates[sequence].takes >= 3))
            r->fates[sequence].is_done = true;
        r->host.rejected(r->host.context, sequence, r->is_rejection_final, "not this one");
        r->has_hung_up = r->hangs_up;
        return;
    }
    r->fates[sequence].is_done = true;
    r->host.acknowledged(r->host.context, sequence);
    if (r->is_random && roll(r, 20) == 0)
        r->host.acknowledged(r->host.context, sequence); /* twice */
}

static enum feed_link work(void *driver, int wake_fd, int timeout_ms)
{
    struct rig *r = driver;
    struct pollfd fd = {.fd = wake_fd, .events = POLLIN};
    bool can_tell = r->n_flight && !atomic_load(&r->is_mute);
    atomic_fetch_add(&r->polls, 1);
    look_at_cursor(r);
    if (!can_tell && timeout_ms)
        poll(&fd, 1, timeout_ms > 20 ? 20 : timeout_ms);
    size_t n = !can_tell         ? 0
               : r->is_random    ? roll(r, (unsigned)r->n_flight + 1)
               : r->tells_singly ? 1
                                 : r->n_flight;
    for (; n > 0 && !r->has_hung_up; n--) {
        bool is_left_out = r->answers_others && r->flight[0] == r->fatal;
        if (is_left_out && r->n_flight > 1)
            tell(r, 1);
        if (is_left_out)
            continue;
        bool is_fatal = (r->flight[0] == r->fatal && !atomic_load(&r->is_cured)) ||
                        atomic_load(&r->is_all_fatal);
        bool is_slow =
            is_fatal && r->slow_ms && clock_read(&clock_system).mono_ms - r->fatal_ms >= r->slow_ms;
        if (is_fatal && !is_slow && r->stays_on_line)
            break;
        if (is_fatal && !is_slow)
            r->has_hung_up = true;
        else
            tell(r, r->is_random ? roll(r, (unsigned)r->n_flight) : 0);
    }
    if (atomic_load(&r->is_away) || r->has_hung_up || (r->is_random && roll(r, 100) == 0)) {
        r->host.trouble(r->host.context, "broke");
        return FEED_LINK_LOST;
    }
    return FEED_LINK_UP;
}

static void drop(void *driver)
{
    struct rig *r = driver;
    r->is_open = r->has_hung_up = false;
    r->n_flight = 0;
}

#define SCRIPTED                                                                                   \
    .kind = "scripted", .check = check, .create = create, .destroy = destroy, .open = begin_open,  \
    .send = take, .poll = work, .close = drop

static const struct feed_driver scripted = {SCRIPTED};
static const struct feed_driver indifferent = {SCRIPTED, .is_indifferent = true};

/* ---- the stage ---- */

struct gw_event rig_record;

void rig_begin_event(enum gw_kind kind)
{
    gw_event_clear(&rig_record);
    rig_record.kind = (uint16_t)kind;
    rig_record.severity = GW_SEVERITY_HIGH;
    rig_record.received_ms = clock_read(&clock_system).wall_ms;
}

uint64_t rig_append_event(void)
{
    struct buf bytes = {0};
    uint64_t sequence = 0;
    gw_event_encode(&rig_record, &bytes);
    CU_ASSERT_EQUAL(journal_append(rig->journal, buf_get(&bytes), &sequence), GW_OK);
    buf_free(&bytes);
    return sequence;
}

uint64_t rig_append(enum gw_kind kind, size_t text_n)
{
    static char text[8192];
    rig_begin_event(kind);
    memset(text, 'x', sizeof text);
    gw_event_set_text(&rig_record, GW_FIELD_MESSAGE, slice_of(text, text_n));
    return rig_append_event();
}

/* Of as many fields as there is room for. */
void rig_append_full(void)
{
    rig_begin_event(GW_KIND_MALWARE_FOUND);
    for (int field = 1; field < GW_FIELD_END; field++)
        gw_event_set_text(&rig_record, (enum gw_field)field,
                          SLICE("no text is shorter than the least that is left of a longer one"));
    rig_append_event();
}

/* n records, every third of which this target does not want. */
void rig_fill(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        bool is_wanted = i % 3 != 0;
        /* Before it is there: the driver's thread may see it at once. */
        rig->fates[rig->last + 1].is_wanted = is_wanted;
        rig->last = rig_append(is_wanted ? GW_KIND_MALWARE_FOUND : GW_KIND_LINK_UP, 10);
    }
}

void rig_start(void)
{
    struct feed_target_options options = {
        .section = &rig->section,
        .journal = rig->journal,
        .clock = &clock_system,
        .gateway_id = "gw1",
        .version = "1",
        .driver = rig->is_indifferent ? &indifferent : &scripted,
    };
    CU_ASSERT_EQUAL_FATAL(feed_target_start(&options, &rig->target), GW_OK);
}

void rig_begin_with(const char *name, const struct journal_options *options,
                    const struct journal_io *io)
{
    struct journal_setup setup;
    journal_setup_default(&setup);
    setup.io = io;
    rig = calloc(1, sizeof *rig);
    rig->section = (struct feed_section){.name = "t",
                                         .kind = FEED_KIND_FILE,
                                         .kinds = "malware.",
                                         .from = FEED_FROM_OLDEST,
                                         .max_message_bytes = 4096,
                                         .connect_timeout_ms = 10000,
                                         .ack_timeout_ms = 10000,
                                         .warning_ms = 3600000,
                                         .critical_ms = 3600000};
    rig->window = FLIGHT_MAX;
    rig->chance = 1;
    jt_log_capture();
    jt_dir(rig->dir, name);
    CU_ASSERT_EQUAL_FATAL(journal_open_with(rig->dir, options, &setup, &rig->journal), GW_OK);
}

void rig_begin(const char *name)
{
    struct journal_options options = jt_options(1 << 20, false);
    rig_begin_with(name, &options, &journal_io_system);
}

void rig_end(void)
{
    feed_target_stop(rig->target);
    CU_ASSERT_FALSE(atomic_load(&rig->has_lied));
    CU_ASSERT_EQUAL(atomic_load(&rig->out_of_order), 0);
    journal_close(rig->journal);
    jt_remove(rig->dir);
    jt_log_clear();
    free(rig);
}

bool rig_is_drained(void *context)
{
    struct feed_row row;
    (void)context;
    feed_target_get(rig->target, &row);
    return row.cursor >= rig->last && row.in_flight == 0;
}

struct feed_row rig_row_now(void)
{
    struct feed_row row;
    feed_target_get(rig->target, &row);
    return row;
}

void rig_expect_all_done(void)
{
    for (uint64_t s = 1; s <= rig->last; s++) {
        CU_ASSERT_EQUAL_FATAL(rig->fates[s].is_done, rig->fates[s].is_wanted);
        CU_ASSERT_EQUAL_FATAL(rig->fates[s].takes > 0, rig->fates[s].is_wanted);
    }
}

bool rig_was_opened_after(void *context)
{
    return atomic_load(&rig->opens) > *(const unsigned *)context + 1;
}

bool rig_is_passed_over(void *context)
{
    (void)context;
    return rig_row_now().counters.refused == 1 && rig_is_drained(NULL);
}
