/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_FEED_DRIVER_H
#define GATEWAY_FEED_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/clock.h"
#include "gateway/base/diag.h"
#include "gateway/base/slice.h"
#include "gateway/feed/settings.h"

/**
 * How records travel to one kind of target: one file a driver (driver_<kind>.c), one row in
 * driver.c, its option rows in settings.c. What is common to all is not the driver's business:
 * the journal's cursor, filter, privacy, format, sending again, back-off, time-outs, counters.
 *
 * A target has one thread, which makes all calls of its driver, in this order:
 *
 *     create  open  (send* poll)*  close  open ...  close  destroy
 *
 * No call may block longer than it says: the thread must end within a second when the daemon stops.
 * A library's own threads may do what they like, but what they learn is told from within poll().
 *
 * Records are numbered by the journal. send() takes them in that order, with gaps; poll() tells in
 * any order, each once, which of them are safe at the target. After FEED_LOST the framework calls
 * close(), waits, calls open() and sends again from the first that was not acknowledged: so the
 * same number may come again, and the driver forgets in close() what was in flight. Telling a
 * number that is not in flight any more is harmless.
 */
struct feed_record {
    uint64_t sequence;
    struct slice key;   /* records of one key must arrive in order: the site, of an indicator or an
                           alert its scope, in lower case; at most 64 bytes, may be empty */
    struct slice uid;   /* gateway.epoch.sequence: the receiver drops repeats by it; a correction
                           has its own, so that it is no repeat of what it corrects */
    struct slice kind;  /* "malware.found" */
    struct slice bytes; /* the record as the feed's format has it, one line without its end; with
                           is_syslog a whole RFC 5424 message */
};

enum feed_answer {
    FEED_TAKEN,   /* copied; poll() will tell of it */
    FEED_FULL,    /* window or buffer is full, or not connected yet: after the next poll() */
    FEED_REFUSED, /* this one can never be sent (why: host.trouble); counted and passed over */
    FEED_LOST     /* the connection is gone (why: host.trouble) */
};

enum feed_link {
    FEED_LINK_UP,      /* the target takes records */
    FEED_LINK_OPENING, /* not yet: the framework gives it connect-timeout */
    FEED_LINK_LOST     /* the connection is gone (why: host.trouble) */
};

/** What a driver tells; only from within its own calls, on the target's thread. */
struct feed_host {
    void *context;
    /* Safe at the target, as far as its protocol can promise that. */
    void (*acknowledged)(void *context, uint64_t sequence);
    /* The target answered that it does not want this one. The framework then sends no new ones
       until all others in flight have their answer, reconnects, and sends it again; last of all,
       where the target hung up after such an answer. The third time it is counted as refused and
       passed over, so that one record stops no feed. Only a target that took others meanwhile is
       believed: one that takes none has a trouble of its own, and loses nothing by it. is_final:
       the answer would be the same for ever, so it is refused at once. */
    void (*rejected)(void *context, uint64_t sequence, bool is_final, const char *reason);
    /* What is wrong, for people; before FEED_REFUSED, FEED_LOST, FEED_LINK_LOST. */
    void (*trouble)(void *context, const char *format, ...) __attribute__((format(printf, 2, 3)));
};

struct feed_driver_options {
    const struct feed_section *section; /* these live as long as the driver */
    struct feed_host host;
    const struct clock *clock;
    const char *gateway_id;
};

struct feed_driver {
    const char *kind;    /* as in <feed kind="..."> */
    bool is_syslog;      /* takes RFC 5424 messages; else bare records */
    bool is_indifferent; /* to what a record says: none is the cause when the link is lost */
    /* What can be told to be wrong without connecting: true when nothing. */
    bool (*check)(const struct feed_section *section, struct diag *diag);
    /* GW_OK, or an error with host.trouble told. Does not connect. */
    int (*create)(const struct feed_driver_options *options, void **out);
    /* NULL is fine; closed before. */
    void (*destroy)(void *driver);
    /* Begin to connect; does not wait. GW_OK, or an error as if FEED_LOST. */
    int (*open)(void *driver);
    /* Does not wait and need not write: many are sent before a poll. record is borrowed for the
       call. */
    enum feed_answer (*send)(void *driver, const struct feed_record *record);
    /**
     * Work on the connection: write what was taken, read, tell what is acknowledged. Returns after
     * timeout_ms, or as soon as something was told or there is room again after FEED_FULL, or when
     * wake_fd becomes readable (-1: none; it is not read from). timeout_ms 0: only what can be done
     * at once.
     */
    enum feed_link (*poll)(void *driver, int wake_fd, int timeout_ms);
    /* Drop the connection and forget what was in flight. Called after each open(), a failed one
       too. Waits at most 100 ms for a polite end. */
    void (*close)(void *driver);
};

/* NULL: there is no such kind, or this build does not have it. */
const struct feed_driver *feed_driver_find(enum feed_kind kind);
/* "relp", ... */
const char *feed_kind_name(enum feed_kind kind);

extern const struct feed_driver feed_driver_file, feed_driver_syslog, feed_driver_relp;
/* Where the build has their libraries. */
extern const struct feed_driver feed_driver_kafka, feed_driver_nats;

#endif
