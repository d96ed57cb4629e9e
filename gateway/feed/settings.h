/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_FEED_SETTINGS_H
#define GATEWAY_FEED_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/diag.h"
#include "gateway/base/option.h"
#include "gateway/config/config.h"
#include "gateway/tls/tls.h"

/* <feed kind="...">: in the order of the choices. */
enum feed_kind {
    FEED_KIND_RELP,
    FEED_KIND_SYSLOG,
    FEED_KIND_FILE,
    FEED_KIND_KAFKA,
    FEED_KIND_NATS
};
enum feed_format { FEED_FORMAT_OCSF, FEED_FORMAT_CEF, FEED_FORMAT_RFC5424, FEED_FORMAT_RFC5675 };
enum feed_from { FEED_FROM_NOW, FEED_FROM_OLDEST };
enum feed_sasl { FEED_SASL_PLAIN, FEED_SASL_SCRAM_SHA_256, FEED_SASL_SCRAM_SHA_512 };
enum feed_unmapped { FEED_UNMAPPED_AUTO, FEED_UNMAPPED_YES, FEED_UNMAPPED_NO };

/** One <feed>: a target that records are sent to. Text is NULL when absent. */
struct feed_section {
    struct section_place place;
    const char *name;
    int64_t kind;        /* enum feed_kind */
    const char *address; /* "host:port"; of kafka and nats several, blanks or commas between */
    const char *file;
    int64_t format, from;
    /* which records */
    const char *kinds, *except; /* prefixes of kinds, blanks between them */
    int64_t severity;           /* enum gw_severity: the least */
    const char *sites;
    /* what of them */
    const char *hide, *hash, *hash_key_file; /* classes of fields, blanks between them */
    bool has_raw;
    int64_t unmapped;
    /* how */
    int64_t window, max_message_bytes, facility;
    int64_t snmp_facility, snmp_severity; /* format rfc5675 */
    int64_t connect_timeout_ms, ack_timeout_ms;
    int64_t rotate_bytes, rotate_age_ms, keep;
    bool has_tls; /* all but file */
    struct tls_settings tls;
    /* kafka, nats */
    const char *user, *password_file, *nkey_file;
    const char *topic;
    int64_t sasl;
    const char *subject, *stream;
    bool must_create;
    int64_t replicas, duplicate_window_ms;
    /* when to say that something is wrong */
    int64_t warning_ms, critical_ms; /* age of the oldest record that waits */
};
extern const struct section feed_section;

enum { FEED_NAME_MAX = 32, FEEDS_MAX = 16 };

/* What can be told to be wrong in all <feed> of a configuration without connecting. */
bool feed_check(const struct config *config, struct diag *diag);

#endif
