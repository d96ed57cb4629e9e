/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_GATEWAY_FEED_RIG_H
#define TESTS_GATEWAY_FEED_RIG_H

#include <stdatomic.h>

#include "gateway/feed/target.h"
#include "gateway/schema/event.h"
#include "tests/gateway/journal/support.h"

/**
 * A target with a driver that does what drivers do: takes some, acknowledges in any order and late,
 * is full, breaks, cannot connect, rejects, dies. One at a time.
 */
enum { RECORDS = 4000, FLIGHT_MAX = 50 };

/* How one record fared, by sequence. */
struct fate {
    bool is_wanted, is_done; /* for this target; acknowledged or refused */
    unsigned takes;
};

struct rig {
    char dir[JT_PATH];
    struct journal *journal;
    struct feed_target *target;
    struct feed_section section;
    struct fate fates[RECORDS + 1000];
    uint64_t last;

    /* the driver */
    struct feed_host host;
    uint64_t flight[FLIGHT_MAX];
    size_t n_flight;
    uint64_t last_taken;
    bool is_open, is_random;
    atomic_uint opens, polls; /* a test waits for them while the target's thread goes on */
    unsigned window;
    size_t longest;
    char keys[RECORDS / 100][64 + 1];      /* of the first records, by sequence */
    uint64_t reject;                       /* this one is rejected whenever it comes; 0: none */
    bool is_rejection_final, tells_singly; /* one answer a poll */
    bool hangs_up, has_hung_up;            /* right after a rejection, before the other answers */
    atomic_bool rejects_all;
    uint64_t fatal;      /* the target dies of it, without an answer; 0: of none */
    bool stays_on_line;  /* when it dies: it is mute, and hangs up never */
    bool answers_others; /* and is mute at that one alone */
    int64_t slow_ms;     /* then it does answer after so long; 0: never */
    int64_t fatal_ms;    /* when it was given that record last */
    bool is_indifferent; /* the driver says that no record is the cause of an end */
    atomic_bool is_all_fatal, is_cured;
    atomic_bool is_mute, is_away; /* acknowledges nothing; cannot be reached */
    atomic_bool has_lied;         /* the cursor was ahead of the acknowledgements */
    bool has_holes;               /* the journal lets go what nobody had: no lie then */
    atomic_uint out_of_order;
    unsigned chance;
};

extern struct rig *rig; /* of the running test */

/* The record that rig_append_event() appends. */
extern struct gw_event rig_record;
void rig_begin_event(enum gw_kind kind);
uint64_t rig_append_event(void);
uint64_t rig_append(enum gw_kind kind, size_t text_n);
/* Of as many fields as there is room for. */
void rig_append_full(void);
/* n records, every third of which this target does not want. */
void rig_fill(size_t n);

void rig_begin(const char *name);
void rig_begin_with(const char *name, const struct journal_options *options,
                    const struct journal_io *io);
void rig_start(void);
void rig_end(void);

struct feed_row rig_row_now(void);
void rig_expect_all_done(void);
/* For jt_until(). */
bool rig_is_drained(void *context);
bool rig_is_passed_over(void *context);
bool rig_was_opened_after(void *context); /* context: an unsigned, of rig->opens */

#endif
