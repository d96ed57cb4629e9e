/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A RELP client, on parsers/relp.h. Not librelp: it does not report acknowledgements, so a cursor
 * could only trail the send position by a window. Here each response is seen, and the cursor is
 * exact.
 *
 *     1 open ...  ->      <- 1 rsp ... 200 OK, commands=syslog
 *     2 syslog ...  3 syslog ...  ->      <- 2 rsp 6 200 OK  <- 3 rsp 6 200 OK
 *     n close  ->
 *
 * At most `window` messages wait for their response. Responses come in order from every server
 * known; any order is understood.
 */
#include <stdio.h>
#include <stdlib.h>

#include "config.h"
#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/feed/driver.h"
#include "gateway/feed/stream.h"
#include "parsers/relp.h"

enum { OUT_MAX = 1024 * 1024, RESPONSE_MAX = 4096, LEAVE_MS = 100 };

struct relp {
    const struct feed_section *section;
    struct feed_host host;
    struct feed_stream stream;
    struct relp_reader reader;
    uint32_t txnr; /* the last one used */
    bool is_asked; /* open was sent */
    bool is_open;  /* and answered */
    bool has_failed;

    uint64_t *flights; /* sequences by transaction, oldest first; 0: answered */
    size_t cap, first, n;
    uint32_t first_txnr;
};

static int create(const struct feed_driver_options *options, void **out)
{
    struct relp *relp = gw_alloc(sizeof *relp);
    relp->section = options->section;
    relp->host = options->host;
    relp->cap = (size_t)options->section->window;
    relp->flights = gw_alloc(relp->cap * sizeof *relp->flights);
    relp_reader_init(&relp->reader, RESPONSE_MAX);
    *out = relp;
    return feed_stream_init(&relp->stream, options->section, &relp->host);
}

static void destroy(void *driver)
{
    struct relp *relp = driver;
    if (!relp)
        return;
    feed_stream_fini(&relp->stream);
    relp_reader_fini(&relp->reader);
    free(relp->flights);
    free(relp);
}

static int begin(void *driver)
{
    struct relp *relp = driver;
    relp->txnr = 0;
    return feed_stream_open(&relp->stream);
}

/* Sends a close, as far as the socket takes it at once. */
static void say_close(struct relp *relp)
{
    relp->txnr = relp_txnr_next(relp->txnr);
    relp_write(&relp->stream.out, relp->txnr, SLICE("close"), SLICE_NONE);
    feed_stream_work(&relp->stream, -1, 0);
    if (!relp->stream.out.n)
        feed_stream_work(&relp->stream, -1, LEAVE_MS);
}

static void drop(void *driver)
{
    struct relp *relp = driver;
    if (relp->is_open && !relp->has_failed)
        say_close(relp);
    feed_stream_close(&relp->stream);
    relp_reader_fini(&relp->reader);
    relp_reader_init(&relp->reader, RESPONSE_MAX);
    relp->is_asked = relp->is_open = relp->has_failed = false;
    relp->first = relp->n = 0;
}

static enum feed_answer take(void *driver, const struct feed_record *record)
{
    struct relp *relp = driver;
    if (!relp->is_open || relp->n == relp->cap || relp->stream.out.n >= OUT_MAX)
        return FEED_FULL;
    relp->txnr = relp_txnr_next(relp->txnr);
    if (relp->n == 0)
        relp->first_txnr = relp->txnr;
    relp->flights[(relp->first + relp->n++) % relp->cap] = record->sequence;
    relp_write(&relp->stream.out, relp->txnr, SLICE("syslog"), record->bytes);
    return FEED_TAKEN;
}

/* ---- what the server says ---- */

static enum feed_link fail(struct relp *relp, const char *what, struct slice detail)
{
    relp->has_failed = true;
    relp->host.trouble(relp->host.context, "%s%s%.*s", what, detail.n ? ": " : "", (int)detail.n,
                       detail.n ? detail.p : "");
    return FEED_LINK_LOST;
}

static enum feed_link take_open_response(struct relp *relp, int code, struct slice text,
                                         struct slice offers)
{
    struct slice name, value;
    bool has_syslog = false;
    if (code != 200)
        return fail(relp, "the target refuses the session", text);
    while (relp_next_offer(&offers, &name, &value))
        if (slice_equal(name, SLICE("commands")))
            has_syslog |= relp_has_word(value, SLICE("syslog"));
    if (!has_syslog)
        return fail(relp, "the target does not take syslog messages by RELP", SLICE_NONE);
    relp->is_open = true;
    return FEED_LINK_UP;
}

static void pop_answered(struct relp *relp)
{
    while (relp->n && relp->flights[relp->first] == 0) {
        relp->first = (relp->first + 1) % relp->cap;
        relp->first_txnr = relp_txnr_next(relp->first_txnr);
        relp->n--;
    }
}

static enum feed_link take_response(struct relp *relp, uint32_t txnr, int code, struct slice text)
{
    uint32_t ahead = txnr >= relp->first_txnr ? txnr - relp->first_txnr
                                              : txnr + RELP_TXNR_MAX - relp->first_txnr;
    if (ahead >= relp->n || !relp->flights[(relp->first + ahead) % relp->cap])
        return fail(relp, "the target answers what was not sent", SLICE_NONE);
    uint64_t *flight = &relp->flights[(relp->first + ahead) % relp->cap];
    uint64_t sequence = *flight;
    *flight = 0;
    pop_answered(relp);
    if (code == 200) {
        relp->stream.is_good = true;
        relp->host.acknowledged(relp->host.context, sequence);
    } else {
        char reason[160];
        snprintf(reason, sizeof reason, "%d %.*s", code, (int)(text.n < 120 ? text.n : 120),
                 text.n ? text.p : "");
        relp->host.rejected(relp->host.context, sequence, false, reason);
    }
    return FEED_LINK_UP;
}

static enum feed_link take_frame(struct relp *relp, const struct relp_frame *frame)
{
    struct slice text, rest;
    int code;
    if (slice_equal(frame->command, SLICE("serverclose")))
        return fail(relp, "the target ends the session", SLICE_NONE);
    if (!slice_equal(frame->command, SLICE("rsp")))
        return fail(relp, "the target says what no client expects", SLICE_NONE);
    if (!relp_read_response(frame->data, &code, &text, &rest))
        return fail(relp, "the target's response has no code", SLICE_NONE);
    return relp->is_open ? take_response(relp, frame->txnr, code, text)
                         : take_open_response(relp, code, text, rest);
}

static enum feed_link read_frames(struct relp *relp)
{
    struct buf *in = &relp->stream.in;
    struct slice left = buf_get(in);
    struct relp_frame frame;
    enum feed_link link = FEED_LINK_UP;
    while (link == FEED_LINK_UP && left.n) {
        size_t consumed;
        enum parse_status status = relp_next(&relp->reader, left, &frame, &consumed);
        if (status == PARSE_MALFORMED)
            return fail(relp, "what the target sends is no RELP", slice_from(relp->reader.error));
        if (status == PARSE_OK)
            link = take_frame(relp, &frame);
        left = slice_skip(left, consumed);
        if (status == PARSE_MORE)
            break;
    }
    if (left.n && left.p != in->p)
        memmove(in->p, left.p, left.n);
    in->n = left.n;
    return link;
}

static void ask_open(struct relp *relp)
{
    relp->is_asked = true;
    relp->txnr = relp_txnr_next(relp->txnr);
    relp_write(
        &relp->stream.out, relp->txnr, SLICE("open"),
        SLICE("relp_version=0\nrelp_software=eog-gateway," PACKAGE_VERSION "\ncommands=syslog"));
}

static enum feed_link work(void *driver, int wake_fd, int timeout_ms)
{
    struct relp *relp = driver;
    enum feed_link link = feed_stream_work(&relp->stream, wake_fd, timeout_ms);
    if (link == FEED_LINK_LOST)
        relp->has_failed = true;
    if (link != FEED_LINK_UP)
        return link;
    if (!relp->is_asked) {
        ask_open(relp);
        link = feed_stream_work(&relp->stream, -1, 0);
    }
    if (link == FEED_LINK_UP && relp->stream.in.n)
        link = read_frames(relp);
    if (link == FEED_LINK_UP && !relp->is_open)
        link = FEED_LINK_OPENING;
    return link;
}

const struct feed_driver feed_driver_relp = {
    .kind = "relp",
    .is_syslog = true,
    .check = feed_stream_check,
    .create = create,
    .destroy = destroy,
    .open = begin,
    .send = take,
    .poll = work,
    .close = drop,
};
