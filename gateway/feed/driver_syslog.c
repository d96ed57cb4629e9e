/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Syslog over TCP, octet-counted (RFC 6587 section 3.4.1).
 *
 * The protocol has no acknowledgement. What counts as one here: the target's system has the bytes
 * (TCP acknowledged them: written minus SIOCOUTQ). That is more than "written", which a dead link
 * takes megabytes of, and less than RELP: what the target's program had not read when it died is
 * lost, and nobody can know. Where records must not be lost, use RELP.
 *
 * The kernel tells nobody that its queue became shorter, so it is looked at every 20 ms while
 * something is on its way.
 */
#include <stdlib.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/feed/driver.h"
#include "gateway/feed/stream.h"

enum { OUT_MAX = 512 * 1024, FLIGHT_MAX = 8192 /* a power of two */, LOOK_MS = 20 };

struct flight {
    uint64_t sequence, end; /* end: bytes of the stream up to and including this one */
};

struct syslog {
    struct feed_host host;
    struct feed_stream stream;
    struct flight *flights;
    size_t first, n;
    uint64_t taken; /* bytes given to stream.out, of this connection */
    bool is_up;
};

static int create(const struct feed_driver_options *options, void **out)
{
    struct syslog *syslog = gw_alloc(sizeof *syslog);
    syslog->host = options->host;
    syslog->flights = gw_alloc(FLIGHT_MAX * sizeof *syslog->flights);
    *out = syslog;
    return feed_stream_init(&syslog->stream, options->section, &syslog->host);
}

static void destroy(void *driver)
{
    struct syslog *syslog = driver;
    if (!syslog)
        return;
    feed_stream_fini(&syslog->stream);
    free(syslog->flights);
    free(syslog);
}

static int begin(void *driver)
{
    return feed_stream_open(&((struct syslog *)driver)->stream);
}

static void drop(void *driver)
{
    struct syslog *syslog = driver;
    feed_stream_close(&syslog->stream);
    syslog->n = syslog->first = 0;
    syslog->taken = 0;
    syslog->is_up = false;
}

static enum feed_answer take(void *driver, const struct feed_record *record)
{
    struct syslog *syslog = driver;
    struct buf *out = &syslog->stream.out;
    if (!syslog->is_up || out->n >= OUT_MAX || syslog->n == FLIGHT_MAX)
        return FEED_FULL;
    size_t before = out->n;
    buf_printf(out, "%zu ", record->bytes.n);
    buf_slice(out, record->bytes);
    syslog->taken += out->n - before;
    syslog->flights[(syslog->first + syslog->n++) & (FLIGHT_MAX - 1)] =
        (struct flight){record->sequence, syslog->taken};
    return FEED_TAKEN;
}

/* What the target's system has. */
static void acknowledge(struct syslog *syslog)
{
    uint64_t waiting = syslog->n ? feed_stream_undelivered(&syslog->stream) : 0;
    if (waiting > syslog->stream.written)
        return;
    uint64_t delivered = syslog->stream.written - waiting;
    while (syslog->n && syslog->flights[syslog->first].end <= delivered) {
        syslog->stream.is_good = true;
        syslog->host.acknowledged(syslog->host.context, syslog->flights[syslog->first].sequence);
        syslog->first = (syslog->first + 1) & (FLIGHT_MAX - 1);
        syslog->n--;
    }
}

static enum feed_link work(void *driver, int wake_fd, int timeout_ms)
{
    struct syslog *syslog = driver;
    if (syslog->n && timeout_ms > LOOK_MS)
        timeout_ms = LOOK_MS;
    enum feed_link link = feed_stream_work(&syslog->stream, wake_fd, timeout_ms);
    buf_clear(&syslog->stream.in); /* nothing is expected, and nothing of it is of use */
    if (link == FEED_LINK_UP)
        acknowledge(syslog);
    syslog->is_up = link == FEED_LINK_UP;
    return link;
}

const struct feed_driver feed_driver_syslog = {
    .kind = "syslog",
    .is_syslog = true,
    .check = feed_stream_check,
    .create = create,
    .destroy = destroy,
    .open = begin,
    .send = take,
    .poll = work,
    .close = drop,
};
