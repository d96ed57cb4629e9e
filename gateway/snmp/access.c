/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may read: the decision for one request. Communities are compared in constant time. */
#include "gateway/snmp/access.h"

#include <string.h>

#include "gateway/base/secret.h"

static const char *const auth_names[] = {"MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512"};
static const char *const privacy_names[] = {"none",    "DES",       "AES-128",  "AES-192",
                                            "AES-256", "AES-192-C", "AES-256-C"};

const char *gwsnmp_auth_name(enum gwsnmp_auth auth)
{
    return auth_names[auth];
}

const char *gwsnmp_privacy_name(enum gwsnmp_privacy privacy)
{
    return privacy_names[privacy];
}

static int by_name(const char *const *names, size_t n, struct slice text)
{
    for (size_t i = 0; i < n; i++)
        if (slice_equal_nocase(slice_from(names[i]), text))
            return (int)i;
    return -1;
}

int gwsnmp_auth_by_name(struct slice text)
{
    if (slice_equal_nocase(text, SLICE("SHA-1")) || slice_equal_nocase(text, SLICE("SHA1")))
        return GWSNMP_AUTH_SHA;
    return by_name(auth_names, sizeof auth_names / sizeof *auth_names, text);
}

int gwsnmp_privacy_by_name(struct slice text)
{
    if (slice_equal_nocase(text, SLICE("AES")))
        return GWSNMP_PRIVACY_AES_128;
    return by_name(privacy_names, sizeof privacy_names / sizeof *privacy_names, text);
}

static bool is_from(const struct gwsnmp_community *community, struct slice source)
{
    return community->is_from_anywhere || network_has(&community->source, source);
}

/* The first that fits; NULL: none. All are looked at, however many fit. */
static const struct gwsnmp_community *find_community(const struct gwsnmp_access *access,
                                                     const struct gwsnmp_request *request)
{
    const struct gwsnmp_community *found = NULL;
    for (size_t i = access->n_communities; i-- > 0;)
        if ((int)secret_is_same(request->name, slice_from(access->communities[i].name)) &
            (int)is_from(&access->communities[i], request->source))
            found = &access->communities[i];
    return found;
}

static const struct gwsnmp_user *find_user(const struct gwsnmp_access *access, struct slice name)
{
    for (size_t i = 0; i < access->n_users; i++)
        if (slice_equal(name, slice_from(access->users[i].name)))
            return &access->users[i];
    return NULL;
}

static enum gwsnmp_decision decide_user(const struct gwsnmp_access *access,
                                        const struct gwsnmp_request *request)
{
    const struct gwsnmp_user *user = find_user(access, request->name);
    if (!user)
        return GWSNMP_NO_SUCH_NAME;
    if (request->has_context)
        return GWSNMP_NO_SUCH_CONTEXT;
    if (request->level < (user->privacy ? GWSNMP_LEVEL_PRIV : GWSNMP_LEVEL_AUTH))
        return GWSNMP_NO_ACCESS;
    return request->is_write ? GWSNMP_NO_ACCESS : GWSNMP_ALLOWED;
}

enum gwsnmp_decision gwsnmp_access_decide(const struct gwsnmp_access *access,
                                          const struct gwsnmp_request *request)
{
    if (request->version == 3)
        return decide_user(access, request);
    if (!find_community(access, request))
        return GWSNMP_NO_SUCH_NAME;
    return request->is_write ? GWSNMP_NO_ACCESS : GWSNMP_ALLOWED;
}

const struct gwsnmp_view *gwsnmp_access_view(const struct gwsnmp_access *access,
                                             const struct gwsnmp_request *request)
{
    const struct gwsnmp_community *community =
        request->version == 3 ? NULL : find_community(access, request);
    const struct gwsnmp_user *user =
        request->version == 3 ? find_user(access, request->name) : NULL;
    size_t view = community ? community->view : user ? user->view : 0;
    return view ? &access->views[view - 1] : NULL;
}

bool gwsnmp_access_is_manager(const struct gwsnmp_access *access, struct slice source)
{
    for (size_t i = 0; i < access->n_communities; i++) {
        const struct gwsnmp_community *community = &access->communities[i];
        if (!community->is_from_anywhere && community->source.bits > 0 &&
            network_has(&community->source, source))
            return true;
    }
    return false;
}

static const char *text_dup(struct arena *arena, const char *text)
{
    return text ? arena_text(arena, slice_from(text)) : NULL;
}

struct gwsnmp_user gwsnmp_user_dup(struct arena *arena, const struct gwsnmp_user *user)
{
    struct gwsnmp_user copy = *user;
    copy.name = text_dup(arena, user->name);
    copy.auth_passphrase = text_dup(arena, user->auth_passphrase);
    copy.privacy_passphrase = text_dup(arena, user->privacy_passphrase);
    return copy;
}

static bool is_same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool gwsnmp_user_is_same(const struct gwsnmp_user *a, const struct gwsnmp_user *b)
{
    return is_same_text(a->name, b->name) && a->auth == b->auth && a->privacy == b->privacy &&
           is_same_text(a->auth_passphrase, b->auth_passphrase) &&
           is_same_text(a->privacy_passphrase, b->privacy_passphrase);
}

struct gwsnmp_access gwsnmp_access_dup(struct arena *arena, const struct gwsnmp_access *access)
{
    struct gwsnmp_community *communities =
        arena_alloc(arena, access->n_communities * sizeof *communities);
    struct gwsnmp_user *users = arena_alloc(arena, access->n_users * sizeof *users);
    struct gwsnmp_sender *senders = arena_alloc(arena, access->n_senders * sizeof *senders);
    for (size_t i = 0; i < access->n_communities; i++) {
        communities[i] = access->communities[i];
        communities[i].name = text_dup(arena, access->communities[i].name);
    }
    for (size_t i = 0; i < access->n_users; i++)
        users[i] = gwsnmp_user_dup(arena, &access->users[i]);
    for (size_t i = 0; i < access->n_senders; i++) {
        senders[i] = access->senders[i];
        senders[i].user = gwsnmp_user_dup(arena, &access->senders[i].user);
    }
    struct gwsnmp_view *views = arena_alloc(arena, access->n_views * sizeof *views);
    for (size_t i = 0; i < access->n_views; i++) {
        size_t size = access->views[i].n * sizeof *views[i].families;
        struct gwsnmp_view_family *families = arena_alloc(arena, size);
        if (size)
            memcpy(families, access->views[i].families, size);
        views[i] = (struct gwsnmp_view){text_dup(arena, access->views[i].name), families,
                                        access->views[i].n};
    }
    struct gwsnmp_access copy = *access;
    copy.views = views;
    copy.communities = communities;
    copy.users = users;
    copy.senders = senders;
    return copy;
}
