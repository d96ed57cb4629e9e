/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Messages that come through a relay. Only who is configured as one is believed, and only by what
 * it wrote itself: it must put its own [origin ip="..."] first. The relay stays the one whose
 * connection and rate are bounded; the sender is whom the record and the counters are of.
 */
#include "gateway/intake/relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "parsers/instant.h"
#include "parsers/rfc5424.h"
#include "parsers/syslog.h"

bool relays_init(struct relays *out, const char *text, struct slice *bad)
{
    struct slice rest = slice_trim(text ? slice_from(text) : SLICE_NONE), word;
    *out = (struct relays){0};
    while (rest.n) {
        word = slice_head(rest, slice_find(rest, ' '));
        out->networks = gw_realloc(out->networks, (out->n + 1) * sizeof *out->networks);
        if (!network_parse(word, &out->networks[out->n++])) {
            *bad = word;
            relays_fini(out);
            return false;
        }
        rest = slice_trim(slice_skip(rest, word.n));
    }
    return true;
}

void relays_fini(struct relays *relays)
{
    free(relays->networks);
    *relays = (struct relays){0};
}

bool relays_have(const struct relays *relays, const struct sockaddr *peer)
{
    struct slice bytes = address_bytes(peer);
    for (size_t i = 0; i < relays->n; i++)
        if (network_has(&relays->networks[i], bytes))
            return true;
    return false;
}

/* ---- the header ---- */

static bool read_ip(struct slice text, struct sockaddr_storage *out)
{
    char host[INET6_ADDRSTRLEN];
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    text = slice_head(text, slice_find(text, '%')); /* "fe80::1%eth0": the zone is the relay's */
    if (text.n == 0 || text.n >= sizeof host || memchr(text.p, 0, text.n))
        return false;
    memcpy(host, text.p, text.n);
    host[text.n] = '\0';
    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1)
        memcpy(out, &v4, sizeof v4);
    else if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1)
        memcpy(out, &v6, sizeof v6);
    else
        return false;
    return true;
}

static enum relay_finding judge(const struct sockaddr_storage *from)
{
    static const unsigned char loopback6[16] = {[15] = 1}, nowhere6[16];
    struct slice bytes = address_bytes((const struct sockaddr *)from);
    const unsigned char *p = (const unsigned char *)bytes.p;
    if (bytes.n == 4)
        return p[0] == 127 ? RELAY_ITSELF : p[0] == 0 || p[0] >= 224 ? RELAY_BAD : RELAY_SENDER;
    if (memcmp(p, loopback6, sizeof loopback6) == 0)
        return RELAY_ITSELF;
    return p[0] == 0xff || memcmp(p, nowhere6, sizeof nowhere6) == 0 ? RELAY_BAD : RELAY_SENDER;
}

void relay_read(struct slice message, int64_t received_ms, struct relay_word *out)
{
    struct fields fields; /* only its header is touched */
    const struct syslog_header *header = &fields.syslog;
    struct slice ip;
    out->finding = RELAY_SILENT;
    out->time_ms = INT64_MIN;
    out->message = message;
    parse_syslog(message, NULL, NULL, &fields);
    if (!header->version ||
        !parse_structured_data_value(header->structured_data, SLICE("origin"), SLICE("ip"), &ip))
        return;
    out->finding = read_ip(ip, &out->from) ? judge(&out->from) : RELAY_BAD;
    if (!slice_equal(header->msgid, SLICE("relayed")) || header->msg.n == 0)
        return;
    out->message = header->msg;
    if (header->time.is_set && header->time.has_zone &&
        !parsed_time_to_ms(&header->time, NULL, received_ms, &out->time_ms))
        out->time_ms = INT64_MIN;
}

/* ---- taking ---- */

static void count_bad(struct worker *worker, const struct intake_peer *relay)
{
    unsigned long held;
    stats_add(&worker->intake->options.stats->bad_origins, 1);
    stats_add(&relay->stats->bad_origins, 1);
    if (log_allowed(&worker->origin_log, 5000, &held))
        log_warn("intake", "a relay names a sender that is no address relay=%s messages=%lu",
                 relay->text, held + 1);
}

/* The sender's envelope, and what it borrows. */
struct inner {
    struct envelope envelope;
    struct relay_word word;
    struct relayed relayed;
    struct intake_peer own;
};

static void open_envelope(struct worker *worker, const struct envelope *envelope, struct inner *out)
{
    struct relay_word *word = &out->word;
    relay_read(envelope->bytes, envelope->received_ms, word);
    out->relayed = (struct relayed){.ip = envelope->peer->ip,
                                    .stats = envelope->peer->stats,
                                    .is_named = word->finding == RELAY_SENDER,
                                    .time_ms = word->time_ms};
    out->envelope = *envelope;
    out->envelope.bytes = word->message;
    if (envelope->full_size_bytes)
        out->envelope.full_size_bytes -= (uint32_t)(word->message.p - envelope->bytes.p);
    if (word->finding != RELAY_SILENT)
        out->envelope.relayed = &out->relayed;
    if (word->finding == RELAY_SENDER)
        out->envelope.peer = peers_get(worker->peers, (struct sockaddr *)&word->from,
                                       envelope->transport, &out->own);
}

int relay_take(struct worker *worker, const struct envelope *envelope, uint64_t *sequence)
{
    struct inner inner;
    open_envelope(worker, envelope, &inner);
    int result = worker_take(worker, &inner.envelope, sequence);
    if (result == GW_OK && inner.word.finding == RELAY_BAD)
        count_bad(worker, envelope->peer);
    return result;
}

void relay_keep(struct worker *worker, const struct envelope *envelope)
{
    struct inner inner;
    open_envelope(worker, envelope, &inner);
    worker_keep(worker, &inner.envelope);
    if (inner.word.finding == RELAY_BAD)
        count_bad(worker, envelope->peer);
}
