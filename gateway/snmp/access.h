/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SNMP_ACCESS_H
#define GATEWAY_SNMP_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/address.h"
#include "gateway/base/arena.h"
#include "gateway/base/slice.h"
#include "gateway/snmp/view.h"

/**
 * Who may read: communities bound to source networks, and users of the User-based Security Model.
 * Nobody may write. The decision is a pure function of one request, so it is tested alone; the
 * agent asks it for every request and every variable (RFC 3415's isAccessAllowed).
 */
enum gwsnmp_auth {
    GWSNMP_AUTH_MD5,
    GWSNMP_AUTH_SHA,
    GWSNMP_AUTH_SHA_224,
    GWSNMP_AUTH_SHA_256,
    GWSNMP_AUTH_SHA_384,
    GWSNMP_AUTH_SHA_512
};
#define GWSNMP_AUTH_CHOICES "MD5 SHA SHA-224 SHA-256 SHA-384 SHA-512"

enum gwsnmp_privacy {
    GWSNMP_PRIVACY_NONE,
    GWSNMP_PRIVACY_DES,
    GWSNMP_PRIVACY_AES_128,
    GWSNMP_PRIVACY_AES_192,
    GWSNMP_PRIVACY_AES_256,
    GWSNMP_PRIVACY_AES_192_C, /* key extension as Cisco does it */
    GWSNMP_PRIVACY_AES_256_C
};
#define GWSNMP_PRIVACY_CHOICES "none DES AES-128 AES-192 AES-256 AES-192-C AES-256-C"

/* The library's name of a protocol, as its own configuration writes it. */
const char *gwsnmp_auth_name(enum gwsnmp_auth auth);
const char *gwsnmp_privacy_name(enum gwsnmp_privacy privacy);
/* -1 when text is none of the choices; case is ignored, and "AES" is AES-128, "SHA-1" is SHA. */
int gwsnmp_auth_by_name(struct slice text);
int gwsnmp_privacy_by_name(struct slice text);

struct gwsnmp_community {
    const char *name;
    bool is_from_anywhere; /* else from source alone */
    struct network source;
    size_t view; /* 1 to n_views: what it may read; 0: everything */
};

struct gwsnmp_user {
    const char *name;
    enum gwsnmp_auth auth;
    const char *auth_passphrase;
    enum gwsnmp_privacy privacy;
    const char *privacy_passphrase; /* NULL without privacy */
    size_t view;                    /* as a community's */
};

/* A copy in arena. */
struct gwsnmp_user gwsnmp_user_dup(struct arena *arena, const struct gwsnmp_user *user);
/* In name, protocols and passphrases. */
bool gwsnmp_user_is_same(const struct gwsnmp_user *a, const struct gwsnmp_user *b);

/** Who may send notifications of version 3. */
struct gwsnmp_sender {
    struct gwsnmp_user user;
    unsigned char engine[32]; /* the sender's; without one, any engine */
    size_t n_engine;
};

struct gwsnmp_access {
    const struct gwsnmp_community *communities;
    size_t n_communities;
    const struct gwsnmp_user *users;
    size_t n_users;
    const struct gwsnmp_sender *senders;
    size_t n_senders;
    const struct gwsnmp_view *views;
    size_t n_views;
    /* Answers by datagram that a source gets in a second, and that one gets which is no manager
       (guard.h); 0: no bound. */
    int64_t max_rate, max_rate_strangers;
};

/* A copy in arena: access then owes nothing to the original. */
struct gwsnmp_access gwsnmp_access_dup(struct arena *arena, const struct gwsnmp_access *access);

enum { GWSNMP_NAME_MAX = 32, GWSNMP_PASSPHRASE_MIN = 8, GWSNMP_PASSPHRASE_MAX = 256 };

enum gwsnmp_level { GWSNMP_LEVEL_NONE = 1, GWSNMP_LEVEL_AUTH = 2, GWSNMP_LEVEL_PRIV = 3 };

struct gwsnmp_request {
    int version;             /* 1, 2 (v2c) or 3 */
    struct slice name;       /* community, or user */
    struct slice source;     /* as address_bytes() gives it; empty when unknown */
    enum gwsnmp_level level; /* v3: as the message was protected */
    bool is_write;
    bool has_context; /* v3: a context name that is not empty */
};

enum gwsnmp_decision {
    GWSNMP_ALLOWED,
    GWSNMP_NO_SUCH_NAME, /* no such community from that source, or no such user: no answer */
    GWSNMP_NO_ACCESS, /* known, but not like this: weaker protection than the user's, or a write */
    GWSNMP_NO_SUCH_CONTEXT
};
enum gwsnmp_decision gwsnmp_access_decide(const struct gwsnmp_access *access,
                                          const struct gwsnmp_request *request);
/* What an allowed request may read: the view of the first community or user that allows it. NULL:
   everything. */
const struct gwsnmp_view *gwsnmp_access_view(const struct gwsnmp_access *access,
                                             const struct gwsnmp_request *request);
/* Whether the source is declared as a manager: a community is bound to a network that it is in. */
bool gwsnmp_access_is_manager(const struct gwsnmp_access *access, struct slice source);

#endif
