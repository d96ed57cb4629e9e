/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_GATEWAY_INTAKE_FIXTURE_H
#define TESTS_GATEWAY_INTAKE_FIXTURE_H

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/error.h"
#include "gateway/intake/intake.h"
#include "gateway/intake/resent.h"
#include "gateway/journal/io.h"
#include "gateway/journal/journal_internal.h"
#include "tests/support/suite.h"

/**
 * Intake over real loopback sockets into a real journal; the sink is scripted, so that the journal
 * can be "full" for as long as a test wants. Every wait is for a condition, with a generous bound.
 */
enum { MESSAGES_MAX = 65536, WAIT_MS = 20000, LISTENERS = 4, IDLE_MS = 3600000 };
#define GATED "<13>gated"
enum sync_mode { SYNC_WORKS, SYNC_HANGS, SYNC_FAILS };

struct fixture {
    char dir[64];
    struct journal *journal;
    struct stats *stats;
    struct intake *intake;
    struct resent *resent;
    struct intake_listener udp, tcp, traps, relp;
    char addresses[LISTENERS][32];
    struct journal_io io;
    _Atomic int sync_mode; /* what the disk does */
    pthread_mutex_t lock;
    struct buf messages[MESSAGES_MAX];
    uint32_t full_sizes[MESSAGES_MAX];
    bool is_resent[MESSAGES_MAX], is_damaged[MESSAGES_MAX];
    char ways[MESSAGES_MAX][2 * ADDRESS_TEXT_MAX]; /* "192.0.2.7 via 127.0.0.1" */
    int64_t relay_times[MESSAGES_MAX];             /* 0: none */
    int n;
    bool is_full; /* the sink refuses */
    long refused;
    _Atomic long noted;    /* whether they were put or not */
    _Atomic bool is_gated; /* GATED's thread stays in the sink */
    _Atomic long at_gate;
};

/* What the fixture notes of an envelope. */
struct kept {
    struct buf bytes;
    char way[2 * ADDRESS_TEXT_MAX];
    struct stats_source *source, *names_it; /* the relay's row that names the source */
    int64_t relay_time;
    uint32_t full_size;
    bool is_resent, is_damaged;
};

struct lane {
    struct fixture *f;
    struct kept kept[INTAKE_BATCH];
    size_t n;
};

static inline void *lane_new(void *context)
{
    struct lane *lane = gw_alloc(sizeof *lane);
    lane->f = context;
    return lane;
}

static inline void lane_free(void *context)
{
    struct lane *lane = context;
    for (size_t i = 0; i < INTAKE_BATCH; i++)
        buf_free(&lane->kept[i].bytes);
    free(lane);
}

static inline void note(struct fixture *f, const struct envelope *envelope, struct kept *out)
{
    const struct relayed *by = envelope->relayed;
    if (slice_equal(envelope->bytes, SLICE(GATED)))
        atomic_fetch_add(&f->at_gate, 1);
    while (slice_equal(envelope->bytes, SLICE(GATED)) && atomic_load(&f->is_gated))
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    buf_clear(&out->bytes);
    buf_slice(&out->bytes, envelope->bytes);
    snprintf(out->way, sizeof out->way, "%s%s%.*s", envelope->peer->text, by ? " via " : "",
             by ? (int)by->ip.n : 0, by ? by->ip.p : "");
    out->source = envelope->peer->stats;
    out->names_it = by && by->is_named ? by->stats : NULL;
    out->relay_time = by ? by->time_ms : 0;
    out->full_size = envelope->full_size_bytes;
    out->is_resent = envelope->is_resent;
    out->is_damaged = envelope->is_damaged;
    atomic_fetch_add(&f->noted, 1);
}

static inline int put_message(struct fixture *f, const struct kept *kept, uint64_t *sequence)
{
    int result = GW_ERR_FULL;
    pthread_mutex_lock(&f->lock);
    if (f->is_full || f->n == MESSAGES_MAX) {
        f->refused++;
    } else if ((result = journal_append(f->journal, buf_get(&kept->bytes), sequence)) == GW_OK) {
        buf_slice(&f->messages[f->n], buf_get(&kept->bytes));
        f->is_resent[f->n] = kept->is_resent;
        f->is_damaged[f->n] = kept->is_damaged;
        snprintf(f->ways[f->n], sizeof f->ways[f->n], "%s", kept->way);
        f->relay_times[f->n] = kept->relay_time;
        f->full_sizes[f->n++] = kept->full_size;
        if (kept->names_it)
            stats_add(&kept->names_it->relayed, 1);
    }
    pthread_mutex_unlock(&f->lock);
    return result;
}

static inline int take(void *context, const struct envelope *envelope, uint64_t *sequence)
{
    struct lane *lane = context;
    note(lane->f, envelope, &lane->kept[0]);
    return put_message(lane->f, &lane->kept[0], sequence);
}

static inline void keep(void *context, const struct envelope *envelope)
{
    struct lane *lane = context;
    CU_ASSERT_FATAL(lane->n < INTAKE_BATCH);
    note(lane->f, envelope, &lane->kept[lane->n++]);
}

static inline size_t append_kept(void *context)
{
    struct lane *lane = context;
    size_t n_refused = 0;
    uint64_t sequence;
    for (size_t i = 0; i < lane->n; i++) {
        if (put_message(lane->f, &lane->kept[i], &sequence) == GW_OK)
            continue;
        stats_add(&lane->f->stats->dropped_full, 1);
        stats_add(&lane->kept[i].source->dropped, 1);
        n_refused++;
    }
    lane->n = 0;
    return n_refused;
}

static inline int scripted_sync(void *context, int fd)
{
    struct fixture *f = context;
    while (atomic_load(&f->sync_mode) == SYNC_HANGS)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    if (atomic_load(&f->sync_mode) == SYNC_FAILS) {
        errno = EIO;
        return -1;
    }
    return journal_io_system.datasync(NULL, fd);
}

/* The journal's, of what a test starts; 0: as by default. */
static int64_t staging_bytes;

static inline void open_journal(struct fixture *f)
{
    struct journal_options options;
    struct journal_setup setup;
    journal_options_default(&options);
    journal_setup_default(&setup);
    if (staging_bytes)
        options.staging_bytes = staging_bytes;
    f->io = journal_io_system;
    f->io.context = f;
    f->io.datasync = scripted_sync;
    setup.io = &f->io;
    setup.retry_ms = 20;
    CU_ASSERT_EQUAL_FATAL(journal_open_with(f->dir, &options, &setup, &f->journal), GW_OK);
}

/* A port that is free; the socket that holds it, so that no other is given the same. */
static inline int hold_address(char *out, size_t size, int type)
{
    struct address address;
    address_parse(SLICE("127.0.0.1:0"), &address);
    int fd = socket(AF_INET, type, 0);
    bind(fd, (struct sockaddr *)&address.storage, address.length);
    getsockname(fd, (struct sockaddr *)&address.storage, &address.length);
    char text[ADDRESS_TEXT_MAX];
    address_format((struct sockaddr *)&address.storage, text);
    snprintf(out, size, "%.31s", text);
    return fd;
}

/* One of each, but without RELP if window is below 0; limits of a sender are 0 where a test does
 * not set them. */
static struct intake_listener limits;
/* Of all that a test starts. */
static const struct clock *fixture_clock = &clock_system;

static inline struct fixture *start(size_t max_message, int64_t max_connections)
{
    struct fixture *f = gw_alloc(sizeof *f);
    struct diag diag = {0};
    pthread_mutex_init(&f->lock, NULL);
    snprintf(f->dir, sizeof f->dir, "test_intake.XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(f->dir));
    open_journal(f);
    f->stats = stats_new();
    int types[LISTENERS] = {SOCK_DGRAM, SOCK_STREAM, SOCK_DGRAM, SOCK_STREAM}, held[LISTENERS];
    struct intake_listener *listeners[LISTENERS] = {&f->udp, &f->tcp, &f->traps, &f->relp};
    for (int i = 0; i < LISTENERS; i++) {
        held[i] = hold_address(f->addresses[i], sizeof f->addresses[i], types[i]);
        *listeners[i] = (struct intake_listener){
            .address = f->addresses[i],
            .receive_buffer_bytes = 1 << 20,
            .max_message_bytes = (int64_t)max_message,
            .max_connections = max_connections,
            .max_connections_per_source = limits.max_connections_per_source,
            .max_rate = limits.max_rate,
            .relays = limits.relays,
            .has_proxy = limits.has_proxy,
            .proxies = limits.proxies,
            .window = limits.window ? limits.window : 4096,
            .idle_ms = IDLE_MS,
            .community = "public",
        };
    }
    const struct intake_listener *udp = &f->udp, *tcp = &f->tcp, *traps = &f->traps,
                                 *relp = &f->relp;
    struct intake_options options = {
        .udp = &udp,
        .n_udp = 1,
        .tcp = &tcp,
        .n_tcp = 1,
        .relp = &relp,
        .n_relp = limits.window >= 0,
        .notifications = &traps,
        .n_notifications = 1,
        .threads = 2,
        .sink = {lane_new, lane_free, take, keep, append_kept, f},
        .journal = f->journal,
        .stats = f->stats,
        .clock = fixture_clock,
        .resent = f->resent = resent_new(),
    };
    for (int i = 0; i < LISTENERS; i++)
        close(held[i]);
    CU_ASSERT_EQUAL_FATAL(intake_start(&options, &diag, &f->intake), GW_OK);
    return f;
}

static inline void stop(struct fixture *f)
{
    char command[128];
    intake_stop(f->intake);
    resent_free(f->resent);
    journal_close(f->journal);
    stats_free(f->stats);
    for (int i = 0; i < MESSAGES_MAX; i++)
        buf_free(&f->messages[i]);
    snprintf(command, sizeof command, "rm -rf %s", f->dir);
    CU_ASSERT_EQUAL(system(command), 0);
    free(f);
}

static inline int open_to(const char *text, int type)
{
    struct address address;
    address_parse(slice_from(text), &address);
    int fd = socket(AF_INET, type, 0);
    CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&address.storage, address.length), 0);
    return fd;
}

/* From another address of loopback: another sender. */
static inline int open_from(const char *from, const char *to)
{
    struct address address, own;
    address_parse(slice_from(to), &address);
    address_parse(slice_from(from), &own);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&own.storage, own.length), 0);
    CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&address.storage, address.length), 0);
    return fd;
}

static inline bool wait_until(struct fixture *f, bool (*is_so)(struct fixture *f, long want),
                              long want)
{
    for (int i = 0; i < WAIT_MS; i++) {
        pthread_mutex_lock(&f->lock);
        bool yes = is_so(f, want);
        pthread_mutex_unlock(&f->lock);
        if (yes)
            return true;
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
    return false;
}

static inline bool has_messages(struct fixture *f, long want)
{
    return f->n >= want;
}

static inline int n_messages(struct fixture *f)
{
    pthread_mutex_lock(&f->lock);
    int n = f->n;
    pthread_mutex_unlock(&f->lock);
    return n;
}

static inline bool is_at_gate(struct fixture *f, long want)
{
    return atomic_load(&f->at_gate) >= want;
}

static inline bool has_noted(struct fixture *f, long want)
{
    return atomic_load(&f->noted) >= want;
}

static inline bool has_refused(struct fixture *f, long want)
{
    return f->refused >= want;
}

static inline bool has_dropped(struct fixture *f, long want)
{
    return stats_read(&f->stats->dropped_full) >= (uint64_t)want;
}

static inline bool has_rate_drops(struct fixture *f, long want)
{
    return stats_read(&f->stats->dropped_rate) >= (uint64_t)want;
}

static inline bool has_refused_connections(struct fixture *f, long want)
{
    return stats_read(&f->stats->connections_refused) >= (uint64_t)want;
}

static inline bool has_bad_snmp(struct fixture *f, long want)
{
    return stats_read(&f->stats->dropped_snmp) >= (uint64_t)want;
}

static inline void set_full(struct fixture *f, bool is_full)
{
    pthread_mutex_lock(&f->lock);
    f->is_full = is_full;
    pthread_mutex_unlock(&f->lock);
}

static inline bool is_message(struct fixture *f, int i, const char *text)
{
    return slice_equal(buf_get(&f->messages[i]), slice_from(text));
}

/* What is allocated beside the fixture's own copies of messages. */
static inline size_t allocated(struct fixture *f)
{
    pthread_mutex_lock(&f->lock);
    for (int i = 0; i < f->n; i++)
        buf_free(&f->messages[i]);
    size_t n = mallinfo2().uordblks + mallinfo2().hblkhd;
    pthread_mutex_unlock(&f->lock);
    return n;
}

static inline void send_text(int fd, const char *text)
{
    CU_ASSERT_EQUAL(send(fd, text, strlen(text), 0), (ssize_t)strlen(text));
}

#endif
