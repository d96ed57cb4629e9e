/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may read: the decision for one request. Communities are compared in constant time. */
#include "gateway/snmp/access.h"

#include <arpa/inet.h>
#include <string.h>

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

static bool prefix_equal(const unsigned char *a, const unsigned char *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(a, b, whole) != 0)
        return false;
    return !rest || ((a[whole] ^ b[whole]) & (0xff00 >> rest) & 0xff) == 0;
}

bool gwsnmp_network_parse(struct slice text, struct gwsnmp_network *out)
{
    memset(out, 0, sizeof *out);
    if (slice_equal(text, SLICE("any")))
        return true;

    struct slice address, prefix;
    char buffer[INET6_ADDRSTRLEN];
    bool has_prefix = slice_cut(text, '/', &address, &prefix);
    if (address.n == 0 || address.n >= sizeof buffer)
        return false;
    memcpy(buffer, address.p, address.n);
    buffer[address.n] = '\0';
    if (strlen(buffer) != address.n)
        return false;
    if (inet_pton(AF_INET, buffer, out->address) == 1)
        out->family = 4;
    else if (inet_pton(AF_INET6, buffer, out->address) == 1)
        out->family = 6;
    else
        return false;

    int64_t bits = out->family == 4 ? 32 : 128;
    if (has_prefix &&
        (!slice_to_int(prefix, &bits) || bits < 0 || bits > (out->family == 4 ? 32 : 128)))
        return false;
    out->bits = (unsigned)bits;
    unsigned char masked[16] = {0};
    memcpy(masked, out->address, out->bits / 8);
    if (out->bits % 8)
        masked[out->bits / 8] =
            (unsigned char)(out->address[out->bits / 8] & (0xff00 >> out->bits % 8));
    return memcmp(masked, out->address, sizeof masked) == 0;
}

bool gwsnmp_network_has(const struct gwsnmp_network *network, struct slice address)
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const unsigned char *p = (const unsigned char *)address.p;

    if (network->family == 0)
        return true;
    if (address.n == 16 && memcmp(p, mapped, sizeof mapped) == 0) {
        p += 12;
        address.n = 4;
    }
    if (address.n != (network->family == 4 ? 4u : 16u))
        return false;
    return prefix_equal(p, network->address, network->bits);
}

/* Time depends on the length of what was sent alone, not on where it differs. */
static bool equal_constant_time(struct slice sent, const char *name)
{
    size_t n = strlen(name);
    unsigned char difference = sent.n != n;
    for (size_t i = 0; i < sent.n; i++)
        difference |= (unsigned char)(sent.p[i] ^ name[n ? i % n : 0]);
    return difference == 0;
}

static enum gwsnmp_decision decide_community(const struct gwsnmp_access *access,
                                             const struct gwsnmp_request *request)
{
    bool is_known = false;
    for (size_t i = 0; i < access->n_communities; i++)
        is_known |= (int)equal_constant_time(request->name, access->communities[i].name) &
                    (int)gwsnmp_network_has(&access->communities[i].source, request->source);
    if (!is_known)
        return GWSNMP_NO_SUCH_NAME;
    return request->is_write ? GWSNMP_NO_ACCESS : GWSNMP_ALLOWED;
}

static enum gwsnmp_decision decide_user(const struct gwsnmp_access *access,
                                        const struct gwsnmp_request *request)
{
    for (size_t i = 0; i < access->n_users; i++) {
        const struct gwsnmp_user *user = &access->users[i];
        if (!slice_equal(request->name, slice_from(user->name)))
            continue;
        if (request->has_context)
            return GWSNMP_NO_SUCH_CONTEXT;
        if (request->level < (user->privacy ? GWSNMP_LEVEL_PRIV : GWSNMP_LEVEL_AUTH))
            return GWSNMP_NO_ACCESS;
        return request->is_write ? GWSNMP_NO_ACCESS : GWSNMP_ALLOWED;
    }
    return GWSNMP_NO_SUCH_NAME;
}

enum gwsnmp_decision gwsnmp_access_decide(const struct gwsnmp_access *access,
                                          const struct gwsnmp_request *request)
{
    return request->version == 3 ? decide_user(access, request) : decide_community(access, request);
}

static const char *text_dup(struct arena *arena, const char *text)
{
    return text ? arena_text(arena, slice_from(text)) : NULL;
}

static struct gwsnmp_user user_dup(struct arena *arena, const struct gwsnmp_user *user)
{
    struct gwsnmp_user copy = *user;
    copy.name = text_dup(arena, user->name);
    copy.auth_passphrase = text_dup(arena, user->auth_passphrase);
    copy.privacy_passphrase = text_dup(arena, user->privacy_passphrase);
    return copy;
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
        users[i] = user_dup(arena, &access->users[i]);
    for (size_t i = 0; i < access->n_senders; i++) {
        senders[i] = access->senders[i];
        senders[i].user = user_dup(arena, &access->senders[i].user);
    }
    struct gwsnmp_access copy = *access;
    copy.communities = communities;
    copy.users = users;
    copy.senders = senders;
    return copy;
}
