/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Address to peer, so that a message costs one lookup and no formatting. */
#include "gateway/intake/peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/map.h"

struct peers {
    struct stats *stats;
    struct map *by_address;
    struct intake_peer *last; /* senders come in bursts */
    struct slice last_key;
    char last_bytes[17];
};

struct peers *peers_new(struct stats *stats)
{
    struct peers *peers = gw_alloc(sizeof *peers);
    peers->stats = stats;
    peers->by_address = map_new();
    return peers;
}

void peers_free(struct peers *peers)
{
    if (!peers)
        return;
    map_free(peers->by_address, free);
    free(peers);
}

static void fill(struct peers *peers, struct intake_peer *peer, const struct sockaddr *address,
                 enum gw_transport transport)
{
    *peer = (struct intake_peer){0};
    peer->text_n = address_format_host(address, peer->text);
    peer->ip = peer->name = slice_of(peer->text, peer->text_n);
    peer->stats = stats_source(peers->stats, slice_of(peer->text, peer->text_n), transport);
}

struct intake_peer *peers_local(struct peers *peers, const char *kind, const char *path,
                                enum gw_transport transport)
{
    size_t n = strlen(kind) + strlen(path);
    struct intake_peer *peer = gw_alloc(sizeof *peer + n + 1);
    char *name = (char *)(peer + 1);
    peer->name = slice_of(name, n);
    sprintf(name, "%s%s", kind, path);
    struct intake_peer *before = map_get(peers->by_address, peer->name);
    if (before) { /* others hold it */
        free(peer);
        return before;
    }
    /* Too long for a row of statistics: its end tells files apart better than its beginning. */
    bool is_long = n >= sizeof peer->text;
    snprintf(peer->text, sizeof peer->text, "%s%s%s", kind, is_long ? "~" : "",
             is_long ? path + (n + 2 - sizeof peer->text) : path);
    peer->text_n = strlen(peer->text);
    peer->ip = SLICE("127.0.0.1");
    peer->stats = stats_source(peers->stats, slice_of(peer->text, peer->text_n), transport);
    map_put(peers->by_address, peer->name, peer);
    return peer;
}

struct intake_peer *peers_get(struct peers *peers, const struct sockaddr *address,
                              enum gw_transport transport, struct intake_peer *own)
{
    struct slice bytes = address_bytes(address);
    char key[17] = {(char)transport};
    memcpy(key + 1, bytes.n ? bytes.p : "", bytes.n);
    struct slice wanted = slice_of(key, bytes.n + 1);
    if (peers->last && slice_equal(peers->last_key, wanted))
        return peers->last;

    struct intake_peer *peer = map_get(peers->by_address, wanted);
    if (!peer) {
        if (map_count(peers->by_address) >= STATS_SOURCES_MAX) {
            fill(peers, own, address, transport);
            return own;
        }
        peer = gw_alloc(sizeof *peer);
        fill(peers, peer, address, transport);
        map_put(peers->by_address, wanted, peer);
    }
    memcpy(peers->last_bytes, key, sizeof key);
    peers->last_key = slice_of(peers->last_bytes, wanted.n);
    peers->last = peer;
    return peer;
}
