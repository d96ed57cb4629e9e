/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Users of the User-based Security Model (RFC 3414), made from passphrases in memory: nothing of
 * them is written, so a changed or removed user is really changed or gone. Keys are localized to
 * an engine's id (section 2.6); AES-192 and AES-256 extend them as draft-blumenthal-aes-usm-04 or,
 * the -C kind, as draft-reeder-snmpv3-usm-3desede does. A passphrase's own key takes milliseconds:
 * it is made once; localizing it to one more engine then takes microseconds.
 */
#include "gateway/snmp/snmp_internal.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <stdlib.h>
#include <string.h>

#include "gateway/base/error.h"
#include "gateway/base/log.h"

bool gwsnmp_usm_is_forged(const netsnmp_session *session)
{
    return session->s_snmp_errno == SNMPERR_USM_AUTHENTICATIONFAILURE;
}

/* Forget all users but the library's own nameless one. */
static void remove_users(void)
{
    struct usmUser *user = usm_get_userList();
    while (user) {
        struct usmUser *next = user->next;
        if (user->name && user->name[0]) {
            usm_remove_user(user);
            usm_free_user(user);
        }
        user = next;
    }
}

/* A protocol's OID in place of the one that usm_create_user() made. */
static int set_protocol(oid **member, size_t *n_member, const oid *protocol, size_t n)
{
    if (!protocol)
        return GW_ERR_INVALID;
    free(*member);
    *member = snmp_duplicate_objid(protocol, n);
    *n_member = n;
    return *member ? GW_OK : GW_ERR_INVALID;
}

static const oid *auth_oid(enum gwsnmp_auth auth, size_t *n)
{
    int type = usm_lookup_auth_type(gwsnmp_auth_name(auth));
    return type < 0 ? NULL : sc_get_auth_oid(type, n);
}

static int make_master(enum gwsnmp_auth auth, const char *passphrase, struct gwsnmp_key *out)
{
    size_t n;
    const oid *protocol = auth_oid(auth, &n);
    out->n = sizeof out->bytes;
    if (protocol && generate_Ku(protocol, (u_int)n, (const u_char *)passphrase, strlen(passphrase),
                                out->bytes, &out->n) == SNMPERR_SUCCESS)
        return GW_OK;
    out->n = 0;
    return GW_ERR_INVALID;
}

static const netsnmp_priv_alg_info *privacy_of(enum gwsnmp_privacy privacy)
{
    int type = usm_lookup_priv_type(gwsnmp_privacy_name(privacy));
    return type < 0 ? NULL : sc_get_priv_alg_bytype(type);
}

int gwsnmp_usm_make_keys(const struct gwsnmp_user *user, struct gwsnmp_user_keys *out)
{
    *out = (struct gwsnmp_user_keys){.auth.n = 0};
    int error = make_master(user->auth, user->auth_passphrase, &out->auth);
    if (!error && user->privacy)
        error = privacy_of(user->privacy)
                    ? make_master(user->auth, user->privacy_passphrase, &out->privacy)
                    : GW_ERR_INVALID;
    if (error)
        log_error("snmp", "user cannot be made name=%s authentication=%s privacy=%s", user->name,
                  gwsnmp_auth_name(user->auth), gwsnmp_privacy_name(user->privacy));
    return error;
}

/* The passphrase's key, localized to the user's engine. *n: size of key, then used. */
static int localize(const struct usmUser *user, const struct gwsnmp_key *master, u_char *key,
                    size_t *n)
{
    int rc = generate_kul(user->authProtocol, (u_int)user->authProtocolLen, user->engineID,
                          user->engineIDLen, master->bytes, master->n, key, n);
    return rc == SNMPERR_SUCCESS ? GW_OK : GW_ERR_INVALID;
}

static int set_authentication(struct usmUser *user, const struct gwsnmp_user *from,
                              const struct gwsnmp_key *master)
{
    size_t n_oid = 0;
    const oid *protocol = auth_oid(from->auth, &n_oid);
    if (set_protocol(&user->authProtocol, &user->authProtocolLen, protocol, n_oid) != GW_OK)
        return GW_ERR_INVALID;
    int proper =
        sc_get_proper_auth_length_bytype(usm_lookup_auth_type(gwsnmp_auth_name(from->auth)));
    if (proper <= 0)
        return GW_ERR_INVALID;
    user->authKeyLen = (size_t)proper;
    user->authKey = malloc(user->authKeyLen);
    return user->authKey ? localize(user, master, user->authKey, &user->authKeyLen)
                         : GW_ERR_INVALID;
}

static int set_privacy(struct usmUser *user, const struct gwsnmp_user *from,
                       const struct gwsnmp_key *master)
{
    const netsnmp_priv_alg_info *algorithm = privacy_of(from->privacy);
    if (!algorithm || set_protocol(&user->privProtocol, &user->privProtocolLen, algorithm->alg_oid,
                                   algorithm->oid_len) != GW_OK)
        return GW_ERR_INVALID;
    size_t proper = (size_t)algorithm->proper_length;
    if (from->privacy == GWSNMP_PRIVACY_DES)
        proper *= 2; /* half of it is the salt, RFC 3414 section 8.1.1.1 */
    size_t size = proper > user->authKeyLen ? proper : user->authKeyLen;
    user->privKey = malloc(size);
    user->privKeyLen = size;
    if (!user->privKey || localize(user, master, user->privKey, &user->privKeyLen) != GW_OK)
        return GW_ERR_INVALID;
    if (user->privKeyLen < proper && usm_extend_user_kul(user, (u_int)proper) != SNMPERR_SUCCESS)
        return GW_ERR_INVALID;
    if (user->privKeyLen < proper)
        return GW_ERR_INVALID;
    user->privKeyLen = proper;
    return GW_OK;
}

int gwsnmp_usm_add_user(const struct gwsnmp_user *from, const struct gwsnmp_user_keys *keys,
                        struct slice engine)
{
    struct usmUser *user = usm_create_user();
    if (!user)
        return GW_ERR_INVALID;
    user->name = strdup(from->name);
    user->secName = strdup(from->name);
    user->engineID = netsnmp_memdup(engine.p, engine.n);
    user->engineIDLen = engine.n;
    user->userStorageType = SNMP_STORAGE_VOLATILE;
    user->userStatus = SNMP_ROW_ACTIVE;

    int error = set_authentication(user, from, &keys->auth);
    if (!error && from->privacy)
        error = set_privacy(user, from, &keys->privacy);
    if (error) {
        log_error("snmp", "user cannot be made name=%s authentication=%s privacy=%s", from->name,
                  gwsnmp_auth_name(from->auth), gwsnmp_privacy_name(from->privacy));
        usm_free_user(user);
        return error;
    }
    usm_add_user(user);
    return GW_OK;
}

static struct usmUser *find_user(const char *name, struct slice engine)
{
    for (struct usmUser *user = usm_get_userList(); user; user = user->next)
        if (user->name && strcmp(user->name, name) == 0 && user->engineIDLen == engine.n &&
            memcmp(user->engineID, engine.p, engine.n) == 0)
            return user;
    return NULL;
}

bool gwsnmp_usm_has_user(const char *name, struct slice engine)
{
    return find_user(name, engine) != NULL;
}

void gwsnmp_usm_remove_user(const char *name, struct slice engine)
{
    struct usmUser *user = find_user(name, engine);
    if (!user)
        return;
    usm_remove_user(user);
    usm_free_user(user);
}

/* ---- boots and time of engines ---- */

static Enginetime find_time(struct slice engine)
{
    return search_enginetime_list((const u_char *)engine.p, (u_int)engine.n);
}

bool gwsnmp_usm_knows_time(struct slice engine)
{
    const struct enginetime_struct *record = find_time(engine);
    return record && record->authenticatedFlag;
}

/* Not by the library's free_enginetime(): that frees the whole list of the hash table that the
   engine is in, one of 23, perhaps with our own engine. A list's head is out of our reach, so the
   next record moves into the one to be forgotten; a list's last record stays, emptied. */
void gwsnmp_usm_forget_time(struct slice engine)
{
    Enginetime record = find_time(engine), next = record ? record->next : NULL;
    if (next) {
        free(record->engineID);
        *record = *next;
        free(next);
    } else if (record) {
        record->engineBoot = record->engineTime = record->authenticatedFlag = 0;
        record->lastReceivedEngineTime = 0;
    }
}

int gwsnmp_usm_set_users(const struct gwsnmp_user *users, const struct gwsnmp_user_keys *keys,
                         size_t n, const struct gwsnmp_engine *engine)
{
    int error = GW_OK;
    remove_users();
    for (size_t i = 0; i < n; i++) {
        int one = gwsnmp_usm_add_user(&users[i], &keys[i],
                                      slice_of((const char *)engine->id, engine->n_id));
        if (one)
            error = one;
    }
    return error;
}
