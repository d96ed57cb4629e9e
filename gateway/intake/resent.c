/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kept hashes: two generations of peers, so that the oldest go without a list of their ages.
 * Sessions that live: a list for each peer, the newest first.
 */
#include "gateway/intake/resent.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/map.h"

struct kept {
    uint64_t hashes[RESENT_KEPT]; /* a ring; 0: none, or taken */
    size_t next;
};

/* A peer some of whose sessions live. */
struct present {
    struct resent_session *first;
    uint64_t openings;
    struct slice peer; /* its bytes are behind */
};

struct resent {
    pthread_mutex_t lock;    /* guards all below, and the sessions */
    struct map *young, *old; /* kept, by peer; old ones go when young is full */
    struct map *presents;    /* by peer */
};

struct resent_session {
    struct resent *resent;
    struct present *present;
    struct resent_session *next, **place; /* of the peer's */
    uint64_t recent[RESENT_WINDOW];       /* a ring; 0: taken by another session */
    uint64_t n_taken;
    uint64_t openings;   /* the present's when it was last asked */
    unsigned to_look_up; /* messages that may have come by others */
};

struct resent *resent_new(void)
{
    struct resent *resent = gw_alloc(sizeof *resent);
    pthread_mutex_init(&resent->lock, NULL);
    resent->young = map_new();
    resent->old = map_new();
    resent->presents = map_new();
    return resent;
}

void resent_free(struct resent *resent)
{
    if (!resent)
        return;
    map_free(resent->young, free);
    map_free(resent->old, free);
    map_free(resent->presents, free);
    pthread_mutex_destroy(&resent->lock);
    free(resent);
}

uint64_t resent_hash(struct slice sender, struct slice message)
{
    return (map_hash(message) + 31 * map_hash(sender)) | 1;
}

/* ---- behind sessions ---- */

static struct kept *kept_of(struct resent *resent, struct slice peer)
{
    struct kept *kept = map_get(resent->young, peer);
    return kept ? kept : map_get(resent->old, peer);
}

static struct kept *new_kept(struct resent *resent, struct slice peer)
{
    struct kept *kept = gw_alloc(sizeof *kept);
    if (map_count(resent->young) >= RESENT_PEERS_MAX) {
        map_free(resent->old, free);
        resent->old = resent->young;
        resent->young = map_new();
    }
    map_put(resent->young, peer, kept);
    return kept;
}

static void keep(struct resent *resent, struct slice peer, const uint64_t *hashes, size_t n)
{
    struct kept *kept = kept_of(resent, peer);
    if (!kept && n)
        kept = new_kept(resent, peer);
    for (size_t i = 0; i < n; i++)
        kept->hashes[kept->next++ % RESENT_KEPT] = hashes[i];
}

void resent_keep(struct resent *resent, struct slice peer, const uint64_t *hashes, size_t n)
{
    pthread_mutex_lock(&resent->lock);
    keep(resent, peer, hashes, n);
    pthread_mutex_unlock(&resent->lock);
}

/* ---- sessions ---- */

static struct present *present_of(struct resent *resent, struct slice peer)
{
    struct present *present = map_get(resent->presents, peer);
    if (present)
        return present;
    present = gw_alloc(sizeof *present + peer.n);
    present->peer = slice_of((char *)(present + 1), peer.n);
    memcpy(present + 1, peer.p, peer.n);
    map_put(resent->presents, peer, present);
    return present;
}

struct resent_session *resent_begin(struct resent *resent, struct slice peer)
{
    struct resent_session *session = gw_alloc(sizeof *session);
    session->resent = resent;
    pthread_mutex_lock(&resent->lock);
    struct present *present = present_of(resent, peer);
    present->openings++;
    session->present = present;
    session->next = present->first;
    session->place = &present->first;
    if (session->next)
        session->next->place = &session->next;
    present->first = session;
    pthread_mutex_unlock(&resent->lock);
    return session;
}

static void keep_recent(const struct resent_session *session)
{
    uint64_t hashes[RESENT_WINDOW], first = 0;
    size_t n = 0;
    if (session->n_taken > RESENT_WINDOW)
        first = session->n_taken - RESENT_WINDOW;
    for (uint64_t i = first; i < session->n_taken; i++)
        if (session->recent[i % RESENT_WINDOW])
            hashes[n++] = session->recent[i % RESENT_WINDOW];
    keep(session->resent, session->present->peer, hashes, n);
}

void resent_end(struct resent_session *session, bool has_closed)
{
    struct resent *resent = session->resent;
    pthread_mutex_lock(&resent->lock);
    if (!has_closed)
        keep_recent(session);
    *session->place = session->next;
    if (session->next)
        session->next->place = session->place;
    if (!session->present->first)
        free(map_remove(resent->presents, session->present->peer));
    pthread_mutex_unlock(&resent->lock);
    free(session);
}

/* One of them is it: it is so once. */
static bool take_from(uint64_t *hashes, size_t n, uint64_t hash)
{
    for (size_t i = 0; i < n; i++) {
        if (hashes[i] == hash) {
            hashes[i] = 0;
            return true;
        }
    }
    return false;
}

static bool came_before(struct resent_session *session, uint64_t hash)
{
    struct kept *kept = kept_of(session->resent, session->present->peer);
    if (kept && take_from(kept->hashes, RESENT_KEPT, hash))
        return true;
    struct resent_session *other = session->present->first;
    for (int i = 0; other && i < RESENT_CROWD; i++, other = other->next)
        if (other != session && take_from(other->recent, RESENT_WINDOW, hash))
            return true;
    return false;
}

static void note(struct resent_session *session, uint64_t hash)
{
    session->recent[session->n_taken++ % RESENT_WINDOW] = hash;
}

bool resent_take(struct resent_session *session, uint64_t hash)
{
    bool is_found = false;
    pthread_mutex_lock(&session->resent->lock);
    if (session->openings != session->present->openings) {
        session->openings = session->present->openings;
        session->to_look_up = RESENT_WINDOW;
    }
    if (session->to_look_up) {
        session->to_look_up--;
        is_found = came_before(session, hash);
    }
    note(session, hash);
    pthread_mutex_unlock(&session->resent->lock);
    return is_found;
}

void resent_untake(struct resent_session *session)
{
    pthread_mutex_lock(&session->resent->lock);
    session->recent[--session->n_taken % RESENT_WINDOW] = 0;
    pthread_mutex_unlock(&session->resent->lock);
}

void resent_note(struct resent_session *session, uint64_t hash)
{
    pthread_mutex_lock(&session->resent->lock);
    note(session, hash);
    pthread_mutex_unlock(&session->resent->lock);
}
