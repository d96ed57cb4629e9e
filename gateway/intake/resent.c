/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One table of all that is kept, by hash: a mark is a message of a session, however often that
 * session had it. A session's ring says which of its marks is the oldest. Sessions that broke wait
 * in a queue, and go when their room is needed.
 */
#include "gateway/intake/resent.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/map.h"

enum { HEADS = RESENT_PLACES / 4 }; /* a power of two */

struct mark {
    uint64_t key;
    struct mark *next, **place; /* of the keys with its head */
    const struct resent_session *by;
    uint32_t told; /* times that it stands in the session's ring */
    uint32_t left; /* of these, not taken yet for another session's */
};

/* A peer with sessions, those that broke among them. */
struct peer {
    size_t n_sessions;
    uint64_t openings;
    uint64_t hash;
    struct slice name; /* its bytes are behind */
};

struct resent {
    pthread_mutex_t lock; /* guards all below, and the sessions */
    struct map *peers;
    struct mark *heads[HEADS];
    size_t n_places;                         /* in the rings of sessions that live */
    struct resent_session *oldest, **newest; /* of those that broke */
    size_t n_broken, n_broken_places;
};

struct resent_session {
    struct resent *resent;
    struct peer *peer;
    struct mark **ring;
    size_t cap; /* a power of two */
    uint64_t n_taken;
    uint64_t openings;   /* the peer's when it was last asked */
    unsigned to_look_up; /* messages that may have come by others */
    /* Of the last message, to undo it: it was looked up, and found among those of found_by, which
     * may be freed since. */
    bool has_looked_up;
    const struct resent_session *found_by;
    struct resent_session *next; /* that broke after it */
};

struct resent *resent_new(void)
{
    struct resent *resent = gw_alloc(sizeof *resent);
    pthread_mutex_init(&resent->lock, NULL);
    resent->peers = map_new();
    resent->newest = &resent->oldest;
    return resent;
}

uint64_t resent_hash(struct slice sender, struct slice message)
{
    return map_hash(message) + 31 * map_hash(sender);
}

/* ---- marks ---- */

static struct mark *find(const struct resent *resent, uint64_t key, const struct resent_session *by)
{
    struct mark *mark = resent->heads[key % HEADS];
    for (int i = 0; mark && i < RESENT_ALIKE; i++, mark = mark->next)
        if (mark->key == key && mark->by == by)
            return mark;
    return NULL;
}

static struct mark *new_mark(const struct resent_session *session, uint64_t key)
{
    struct mark *mark = gw_alloc(sizeof *mark), **head = &session->resent->heads[key % HEADS];
    *mark = (struct mark){.key = key, .next = *head, .place = head, .by = session};
    if (mark->next)
        mark->next->place = &mark->next;
    *head = mark;
    return mark;
}

/* One of its places in the ring is free. */
static void forget(struct mark *mark)
{
    if (!mark)
        return;
    mark->told--;
    if (mark->left > mark->told)
        mark->left = mark->told;
    if (mark->told)
        return;
    *mark->place = mark->next;
    if (mark->next)
        mark->next->place = mark->place;
    free(mark);
}

/* ---- rings ---- */

static struct mark **last_place(const struct resent_session *session)
{
    return &session->ring[session->n_taken & (session->cap - 1)];
}

static void free_session(struct resent_session *session)
{
    struct resent *resent = session->resent;
    for (size_t i = 0; i < session->cap; i++)
        forget(session->ring[i]);
    if (--session->peer->n_sessions == 0)
        free(map_remove(resent->peers, session->peer->name));
    free(session->ring);
    free(session);
}

static void free_oldest(struct resent *resent)
{
    struct resent_session *session = resent->oldest;
    resent->oldest = session->next;
    if (!resent->oldest)
        resent->newest = &resent->oldest;
    resent->n_broken--;
    resent->n_broken_places -= session->cap;
    free_session(session);
}

/* At the end of a turn its oldest place is the first, and what is new stands behind the last. */
static void grow(struct resent_session *session)
{
    struct resent *resent = session->resent;
    size_t cap = session->cap ? 2 * session->cap : RESENT_LEAST, more = cap - session->cap;
    size_t most = cap > RESENT_COMMON ? RESENT_PLACES / 2 : RESENT_PLACES;
    if (cap > RESENT_LEAST && resent->n_places + more > most)
        return;
    session->ring = gw_realloc(session->ring, cap * sizeof(struct mark *));
    memset(session->ring + session->cap, 0, more * sizeof(struct mark *));
    resent->n_places += more;
    session->cap = cap;
}

static void note(struct resent_session *session, uint64_t key)
{
    bool is_at_end =
        session->n_taken >= session->cap && (session->n_taken & (session->cap - 1)) == 0;
    if (is_at_end && session->cap < RESENT_WINDOW)
        grow(session);
    forget(*last_place(session));
    struct mark *mark = find(session->resent, key, session);
    if (!mark)
        mark = new_mark(session, key);
    mark->told++;
    mark->left++;
    *last_place(session) = mark;
    session->n_taken++;
}

/* ---- sessions ---- */

static struct peer *peer_of(struct resent *resent, struct slice name)
{
    struct peer *peer = map_get(resent->peers, name);
    if (peer)
        return peer;
    peer = gw_alloc(sizeof *peer + name.n);
    peer->hash = map_hash(name);
    peer->name = slice_of((char *)(peer + 1), name.n);
    memcpy(peer + 1, name.p, name.n);
    map_put(resent->peers, name, peer);
    return peer;
}

struct resent_session *resent_begin(struct resent *resent, struct slice peer)
{
    struct resent_session *session = gw_alloc(sizeof *session);
    session->resent = resent;
    pthread_mutex_lock(&resent->lock);
    session->peer = peer_of(resent, peer);
    session->peer->n_sessions++;
    session->peer->openings++;
    pthread_mutex_unlock(&resent->lock);
    return session;
}

void resent_end(struct resent_session *session, bool has_closed)
{
    struct resent *resent = session->resent;
    pthread_mutex_lock(&resent->lock);
    resent->n_places -= session->cap;
    if (has_closed || session->n_taken == 0) {
        free_session(session);
    } else {
        *resent->newest = session;
        resent->newest = &session->next;
        resent->n_broken++;
        resent->n_broken_places += session->cap;
    }
    while (resent->n_broken > RESENT_BROKEN || resent->n_broken_places > RESENT_PLACES / 2)
        free_oldest(resent);
    pthread_mutex_unlock(&resent->lock);
}

void resent_free(struct resent *resent)
{
    if (!resent)
        return;
    while (resent->oldest)
        free_oldest(resent);
    map_free(resent->peers, free);
    pthread_mutex_destroy(&resent->lock);
    free(resent);
}

/* ---- messages ---- */

static uint64_t key_of(const struct resent_session *session, uint64_t hash)
{
    return hash + 961 * session->peer->hash;
}

/* Whose it is, and is so once; NULL: nobody's. */
static const struct resent_session *came_before(const struct resent_session *session, uint64_t key)
{
    struct mark *mark = session->resent->heads[key % HEADS];
    for (int i = 0; mark && i < RESENT_ALIKE; i++, mark = mark->next) {
        if (mark->key == key && mark->by != session && mark->left) {
            mark->left--;
            return mark->by;
        }
    }
    return NULL;
}

bool resent_take(struct resent_session *session, uint64_t hash)
{
    pthread_mutex_lock(&session->resent->lock);
    uint64_t key = key_of(session, hash);
    if (session->openings != session->peer->openings) {
        session->openings = session->peer->openings;
        session->to_look_up = RESENT_WINDOW;
    }
    session->has_looked_up = session->to_look_up > 0;
    session->to_look_up -= session->has_looked_up;
    session->found_by = session->has_looked_up ? came_before(session, key) : NULL;
    note(session, key);
    pthread_mutex_unlock(&session->resent->lock);
    return session->found_by != NULL;
}

void resent_untake(struct resent_session *session)
{
    pthread_mutex_lock(&session->resent->lock);
    session->n_taken--;
    session->to_look_up += session->has_looked_up;
    struct mark *own = *last_place(session), *found = NULL;
    if (session->found_by)
        found = find(session->resent, own->key, session->found_by);
    if (found && found->left < found->told)
        found->left++;
    forget(own);
    *last_place(session) = NULL;
    pthread_mutex_unlock(&session->resent->lock);
}

void resent_note(struct resent_session *session, uint64_t hash)
{
    pthread_mutex_lock(&session->resent->lock);
    note(session, key_of(session, hash));
    pthread_mutex_unlock(&session->resent->lock);
}
