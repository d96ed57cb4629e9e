/* SPDX-License-Identifier: GPL-3.0-or-later */
/* <feed>: its option rows, and what can be wrong in them whatever the kind. */
#include "gateway/feed/settings.h"

#include <string.h>

#include "gateway/base/ascii.h"
#include "gateway/feed/driver.h"
#include "gateway/feed/filter.h"
#include "gateway/feed/privacy.h"
#include "gateway/schema/event.h"

#define AT(member) .offset = offsetof(struct feed_section, member)

enum { MINUTE_MS = 60000, DAY_MS = 86400000 };

static const struct option rows[] = {
    {.name = "name",
     .type = OPTION_TEXT,
     AT(name),
     .is_required = true,
     .help =
         "Name of the target, at most 32 letters, digits, '-' and '_'; its place in the journal "
         "is kept under it (cursor feed-NAME)."},
    {.name = "kind",
     .type = OPTION_ENUM,
     AT(kind),
     .fallback = "relp",
     .choices = "relp syslog file kafka nats",
     .help =
         "How: RELP (each record is acknowledged by the target), syslog over TCP (counted as "
         "delivered when the target's system has it), a file; where built in, Kafka (acks=all) and "
         "NATS JetStream."},
    {.name = "address",
     .type = OPTION_TEXT,
     AT(address),
     .help =
         "The target, NAME:PORT, 192.0.2.1:2514 or [2001:db8::1]:2514; kafka, nats: one server or "
         "more, blanks between them."},
    {.name = "file", .type = OPTION_FILE, AT(file), .help = "file: the path to append to."},
    {.name = "format",
     .type = OPTION_ENUM,
     AT(format),
     .fallback = "ocsf",
     .choices = "ocsf cef rfc5424 rfc5675",
     .help =
         "OCSF as JSON, CEF, RFC 5424 with the record as structured data; rfc5675: only the SNMP "
         "notifications, each as it came, as structured data (RFC 5675), but for "
         "syslogMsgNotification, which was syslog before. Not together with hide or hash."},
    {.name = "from",
     .type = OPTION_ENUM,
     AT(from),
     .fallback = "now",
     .choices = "now oldest",
     .help = "Where a target of a new name begins: with what comes, or with the oldest record "
             "kept."},
    {.name = "kinds",
     .type = OPTION_TEXT,
     AT(kinds),
     .help = "Only records of these kinds, blanks between them, by their beginning: \"malware. "
             "alert.\"; absent: all but gateway.tick, gateway.config and kpi.value."},
    {.name = "except",
     .type = OPTION_TEXT,
     AT(except),
     .help =
         "Not records of these kinds, by their beginning; of the two lists the longer beginning "
         "decides."},
    {.name = "severity",
     .type = OPTION_ENUM,
     AT(severity),
     .fallback = "unknown",
     .choices = "unknown informational low medium high critical fatal",
     .help = "The least severity; records about indicators and alerts pass whatever theirs is."},
    {.name = "sites",
     .type = OPTION_TEXT,
     AT(sites),
     .help = "Only records of these sites, blanks between them; absent: all."},
    {.name = "hide",
     .type = OPTION_TEXT,
     AT(hide),
     .help =
         "Fields to leave out, blanks between them: user host ip mac file process email subject "
         "url message. Such a value is masked in the record's other texts too."},
    {.name = "hash",
     .type = OPTION_TEXT,
     AT(hash),
     .help = "Fields to replace by a keyed hash (HMAC-SHA-256), the same names: equal values stay "
             "equal, so that they can be counted."},
    {.name = "hash-key-file",
     .type = OPTION_FILE,
     AT(hash_key_file),
     .help = "A file whose first line is the key of the hashes, at least 16 bytes."},
    {.name = "raw",
     .type = OPTION_BOOL,
     AT(has_raw),
     .fallback = "no",
     .help = "ocsf: with raw_data, the message as it came. Not together with hide or hash."},
    {.name = "unmapped",
     .type = OPTION_ENUM,
     AT(unmapped),
     .fallback = "auto",
     .choices = "auto yes no",
     .help = "With what no mapping placed; auto: yes, but no where hide or hash is set, for nobody "
             "knows what stands in it."},
    {.name = "window",
     .type = OPTION_INT,
     AT(window),
     .fallback = "128",
     .min = 1,
     .max = 1024,
     .help = "relp, nats: records sent and not yet acknowledged; the most that a break repeats."},
    {.name = "max-message",
     .type = OPTION_SIZE,
     AT(max_message_bytes),
     .fallback = "64k",
     .min = 1024,
     .max = 16777216,
     .unit = "bytes",
     .help = "Longest record the target takes. A longer one is sent without raw_data and unmapped, "
             "then with its longest texts cut (is_truncated); if that does not help it is counted "
             "as refused, named in the log and passed over."},
    {.name = "facility",
     .type = OPTION_INT,
     AT(facility),
     .fallback = "16",
     .max = 23,
     .help = "relp, syslog: facility of the syslog header; 16 is local0."},
    {.name = "snmp-facility",
     .type = OPTION_INT,
     AT(snmp_facility),
     .fallback = "3",
     .max = 23,
     .help = "format rfc5675: facility of the syslog header; 3 is daemon."},
    {.name = "snmp-severity",
     .type = OPTION_INT,
     AT(snmp_severity),
     .fallback = "5",
     .max = 7,
     .help = "format rfc5675: severity of the syslog header of all; 5 is notice."},
    {.name = "connect-timeout",
     .type = OPTION_DURATION,
     AT(connect_timeout_ms),
     .fallback = "10s",
     .min = 100,
     .max = 10 * MINUTE_MS,
     .unit = "ms",
     .help = "How long a connection may take to stand, TLS and RELP's opening included."},
    {.name = "ack-timeout",
     .type = OPTION_DURATION,
     AT(ack_timeout_ms),
     .fallback = "30s",
     .min = 100,
     .max = 60 * MINUTE_MS,
     .unit = "ms",
     .help = "A target that acknowledges nothing for so long while records wait for it counts as "
             "gone: it is connected to again. A record that it was silent at before is waited for "
             "twice as long each time; one that it is silent at again and again, while it takes "
             "others, is passed over."},
    {.name = "tls",
     .type = OPTION_BOOL,
     AT(has_tls),
     .fallback = "no",
     .help = "By TLS (RFC 5425 with syslog); the target must show a certificate for the name or "
             "address of address, by one of ca."},
    TLS_ROWS(offsetof(struct feed_section, tls)),
    {.name = "user", .type = OPTION_TEXT, AT(user), .help = "kafka (SASL), nats: log in as."},
    {.name = "password-file",
     .type = OPTION_FILE,
     AT(password_file),
     .help = "A file whose first line is user's password; read anew for each connection."},
    {.name = "sasl",
     .type = OPTION_ENUM,
     AT(sasl),
     .fallback = "scram-sha-512",
     .choices = "plain scram-sha-256 scram-sha-512",
     .help = "kafka: how user logs in. plain shows the password to the broker: only with tls."},
    {.name = "topic",
     .type = OPTION_TEXT,
     AT(topic),
     .fallback = "eog",
     .help = "kafka: the topic; its key is the site, of an indicator or an alert its scope, in "
             "lower case, so that records of one stay in order."},
    {.name = "nkey-file",
     .type = OPTION_FILE,
     AT(nkey_file),
     .help = "nats: a file with the seed of user, which then is the public nkey."},
    {.name = "stream",
     .type = OPTION_TEXT,
     AT(stream),
     .fallback = "EOG",
     .help = "nats: the stream that must have stored a record before it counts as acknowledged."},
    {.name = "subject",
     .type = OPTION_TEXT,
     AT(subject),
     .fallback = "eog",
     .help = "nats: records are published to SUBJECT.SITE.KIND; SITE is in lower case, and what is "
             "no letter, digit, '-' or '_' in it becomes '_'."},
    {.name = "create",
     .type = OPTION_BOOL,
     AT(must_create),
     .fallback = "no",
     .help = "nats: create the stream if there is none, of SUBJECT.>, on disk. One that is there "
             "is never changed."},
    {.name = "replicas",
     .type = OPTION_INT,
     AT(replicas),
     .fallback = "3",
     .min = 1,
     .max = 5,
     .help = "nats: copies of a stream that is created. Servers before 2.10 write to disk every "
             "two minutes only: copies are what a machine's death is survived by."},
    {.name = "duplicate-window",
     .type = OPTION_DURATION,
     AT(duplicate_window_ms),
     .fallback = "10m",
     .min = 1000,
     .max = DAY_MS,
     .unit = "ms",
     .help = "nats: for how long a stream that is created knows a record (by its uid) again and "
             "drops the repeat."},
    {.name = "rotate-size",
     .type = OPTION_SIZE,
     AT(rotate_bytes),
     .fallback = "256M",
     .max = INT64_C(1) << 40,
     .unit = "bytes",
     .help = "file: beyond this it becomes FILE.1 and a new one is begun; 0: never."},
    {.name = "rotate-age",
     .type = OPTION_DURATION,
     AT(rotate_age_ms),
     .fallback = "0s",
     .max = INT64_C(3650) * DAY_MS,
     .unit = "ms",
     .help = "file: the same by the age of its first record; 0s: never."},
    {.name = "keep",
     .type = OPTION_INT,
     AT(keep),
     .fallback = "7",
     .min = 1,
     .max = 9999,
     .help = "file: how many rotated files are kept; older ones are deleted."},
    {.name = "warning",
     .type = OPTION_DURATION,
     AT(warning_ms),
     .fallback = "5m",
     .min = 1000,
     .max = INT64_C(365) * DAY_MS,
     .unit = "ms",
     .help = "The feed's state is warning when the oldest record that waits is older."},
    {.name = "critical",
     .type = OPTION_DURATION,
     AT(critical_ms),
     .fallback = "30m",
     .min = 1000,
     .max = INT64_C(365) * DAY_MS,
     .unit = "ms",
     .help = "The same, critical."},
};

const struct section feed_section = {.element = "feed",
                                     .rows = rows,
                                     .n_rows = sizeof rows / sizeof *rows,
                                     .size = sizeof(struct feed_section),
                                     .is_many = true,
                                     .help = "A target that records are sent to: the core of a "
                                             "monitoring centre, a log host, a file."};

/* The name is a cursor's, a MIB index and an argument of eogctl. */
static bool is_name(const char *name)
{
    return ascii_is_word(name, "-_", FEED_NAME_MAX);
}

/* What filter and privacy find wrong. */
static void check_parts(const struct feed_section *feed, struct diag *diag)
{
    struct arena arena;
    struct feed_filter filter;
    struct feed_privacy privacy;
    arena_init(&arena, 0);
    feed_filter_init(&filter, feed, &arena, diag);
    feed_privacy_init(&privacy, feed, diag);
    feed_privacy_wipe(&privacy);
    arena_fini(&arena);
}

static void check_one(const struct feed_section *feed, struct diag *diag)
{
    const struct section_place place = feed->place;
    const struct feed_driver *driver = feed_driver_find((enum feed_kind)feed->kind);
    if (!is_name(feed->name))
        diag_add_at(diag, place, "<feed name=\"%s\">: write 1 to %d letters, digits, '-' or '_'",
                    feed->name, FEED_NAME_MAX);
    if (!driver)
        diag_add_at(diag, place,
                    "<feed kind=\"%s\">: this build does not have it; install %s and configure "
                    "--with-%s",
                    feed_kind_name((enum feed_kind)feed->kind),
                    feed->kind == FEED_KIND_KAFKA ? "librdkafka-dev" : "libnats-dev",
                    feed_kind_name((enum feed_kind)feed->kind));
    else
        driver->check(feed, diag);
    if (!feed->has_tls && tls_settings_are_given(&feed->tls))
        diag_add_at(diag, place,
                    "<feed>: cert, key, ca, crl and peers are of TLS, and without it records go in "
                    "the clear; add tls=\"yes\", or leave them out");
    if (feed->hash_key_file && !feed->hash)
        diag_add_at(
            diag, place,
            "<feed hash-key-file>: hashes nothing without hash=\"user host ...\"; add it, or "
            "leave the key out");
    check_parts(feed, diag);
    if (feed->format == FEED_FORMAT_RFC5675 && (feed->hide || feed->hash))
        diag_add_at(
            diag, place,
            "<feed format=\"rfc5675\">: sends notifications as they came; take hide and hash "
            "away, or another format");
    if (feed->critical_ms < feed->warning_ms)
        diag_add_at(diag, place,
                    "<feed critical>: is shorter than warning; a backlog gets older, not younger");
}

bool feed_check(const struct config *config, struct diag *diag)
{
    const struct feed_section *feed, *other;
    size_t before = diag->total, n = config_count(config, "feed");
    for (size_t i = 0; (feed = config_at(config, "feed", i)); i++) {
        check_one(feed, diag);
        for (size_t k = 0; k < i; k++) {
            other = config_at(config, "feed", k);
            if (strcmp(feed->name, other->name) == 0)
                diag_add_at(
                    diag, feed->place,
                    "<feed name=\"%s\">: stands in line %d already; two targets need two names",
                    feed->name, other->place.line);
        }
    }
    if (n > FEEDS_MAX)
        diag_add(diag, ((const struct feed_section *)config_at(config, "feed", 0))->place.file, 0,
                 "<feed>: %zu of them; at most %d", n, FEEDS_MAX);
    return diag->total == before;
}
