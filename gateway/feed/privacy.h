/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_FEED_PRIVACY_H
#define GATEWAY_FEED_PRIVACY_H

#include <stdbool.h>

#include "gateway/base/arena.h"
#include "gateway/base/diag.h"
#include "gateway/feed/settings.h"
#include "gateway/schema/event.h"
#include "gateway/tls/mac.h"

/**
 * What of a record leaves the site: <feed hide= hash= hash-key-file= unmapped=>.
 *
 * A hidden field is removed, a hashed one replaced by HMAC-SHA-256 of its class and its text in
 * lower case (ASCII), cut to what its form holds:
 *
 *     text    h-<32 hex digits>           128 bits
 *     e-mail  <32 hex digits>@h.invalid   128 bits
 *     IP      100::<64 bits>              RFC 6666: an address that no host has
 *     MAC     <46 bits>                   locally administered
 *
 * so equal values stay equal, in all fields of a class and in all records, as long as the key is
 * the same, and schemas still accept them. Wherever else in the record such a value stands as a
 * word of its own (a message, a path) it is replaced too: by its hash, or by "***"; so is the name
 * of a host or user without its domain. Of a list of e-mail addresses each is a value, those behind
 * the 63rd are one.
 *
 * What this does not do: find a name that no field of the record holds. Scopes and the texts of
 * alerts name consoles and network devices: who must not send those leaves out their kinds.
 */
enum feed_class {
    FEED_CLASS_USER,
    FEED_CLASS_HOST,
    FEED_CLASS_IP,
    FEED_CLASS_MAC,
    FEED_CLASS_FILE,
    FEED_CLASS_PROCESS,
    FEED_CLASS_EMAIL,
    FEED_CLASS_SUBJECT,
    FEED_CLASS_URL,
    FEED_CLASS_MESSAGE,
    FEED_CLASSES
};
enum feed_treatment { FEED_KEEP, FEED_HIDE, FEED_HASH };

struct feed_privacy {
    uint8_t treatment[FEED_CLASSES]; /* enum feed_treatment */
    bool is_on;                      /* anything is hidden or hashed */
    bool drops_unmapped;
    struct tls_mac *key;         /* NULL: nothing is hashed */
    uint8_t mark[TLS_MAC_BYTES]; /* of the key: the same for the same one */
};

/**
 * Reads the key file. False with the reason in diag (NULL: it goes to the log): an unknown class, a
 * key that cannot be read or is shorter than 16 bytes, raw="yes" beside hide or hash.
 */
bool feed_privacy_init(struct feed_privacy *privacy, const struct feed_section *section,
                       struct diag *diag);
/* Reads the key file again. Thread-safe. */
bool feed_privacy_is_same_key(const struct feed_privacy *privacy,
                              const struct feed_section *section);
void feed_privacy_wipe(struct feed_privacy *privacy);

/* Change the record; new text lives in arena, the caller's, until he resets it. */
void feed_privacy_apply(const struct feed_privacy *privacy, struct gw_event *event,
                        struct arena *arena);

#endif
