/* SPDX-License-Identifier: GPL-3.0-or-later */
/* <syslog-mib>: its option rows, what they mean, and what must not become a notification. */
#include "gateway/agent/syslog_filter.h"

#include <stddef.h>

#include "parsers/rfc5424.h"

#define AT(member) .offset = offsetof(struct agent_syslog_section, member)

enum { FACILITIES = 24 };

/* As syslog.conf has them; the others are of RFC 5427. */
static const char *const facilities[FACILITIES] = {
    "kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",     "news",
    "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "console", "cron2",
    "local0", "local1", "local2",   "local3", "local4", "local5", "local6",  "local7",
};

static const struct option rows[] = {
    {.name = "rows",
     .type = OPTION_INT,
     AT(rows),
     .fallback = "0",
     .min = 0,
     .max = 10000,
     .unit = "messages",
     .needs_restart = true,
     .help = "How many messages syslogMsgTable holds, the oldest goes first "
             "(syslogMsgTableMaxSize); each takes 13 KiB of memory at most, twice that while the "
             "table is walked. 0: the MIB is not served."},
    {.name = "severity",
     .type = OPTION_ENUM,
     AT(severity),
     .fallback = "err",
     .choices = "emerg alert crit err warning notice info debug",
     .help = "Messages of this syslog severity or a graver one; one without a PRI is notice."},
    {.name = "facilities",
     .type = OPTION_TEXT,
     AT(facilities),
     .help =
         "Messages of these facilities, blanks between them, as in syslog.conf (kern, daemon, "
         "authpriv, local0 ...; 13 to 15 are audit, console, cron2) or by number; absent: all."},
    {.name = "from",
     .type = OPTION_TEXT,
     AT(from),
     .help = "Messages that come from these networks, blanks between them: 192.0.2.0/24, "
             "2001:db8::/32, one address, any4 or any6; absent: from anywhere. What comes by "
             "<syslog-unix> or <follow> is from 127.0.0.1."},
    {.name = "notifications",
     .type = OPTION_BOOL,
     AT(has_notifications),
     .fallback = "no",
     .help = "Also send each as syslogMsgNotification to every <sink> that tells=\"messages\" or "
             "\"all\" (syslogMsgEnableNotifications); but for what another gateway's feed sends, "
             "which is in the table alone, lest two gateways tell each other without end."},
    {.name = "max-rate",
     .type = OPTION_INT,
     AT(max_rate),
     .fallback = "10",
     .min = 1,
     .max = 1000,
     .unit = "notifications/s",
     .help = "Notifications a second, with a burst of one second; beyond it messages are in the "
             "table alone, and counted. A notification is tried once: it does not outlive a "
             "restart, nor the 100 that wait for a sink."},
};

const struct section agent_syslog_section = {
    .element = "syslog-mib",
    .rows = rows,
    .n_rows = sizeof rows / sizeof *rows,
    .size = sizeof(struct agent_syslog_section),
    .help = "Received syslog messages as SYSLOG-MSG-MIB (RFC 5676), 1.3.6.1.2.1.192, read-only. "
            "Whoever may read everything may read the messages too; a <view> bounds that. What "
            "carries an SNMP notification (RFC 5675), or was sent by this gateway, is not in it."};

/* -1: none. */
static int facility_of(struct slice word)
{
    int64_t number;
    if (slice_to_int(word, &number) && number >= 0 && number < FACILITIES)
        return (int)number;
    for (int i = 0; i < FACILITIES; i++)
        if (slice_equal(word, slice_from(facilities[i])))
            return i;
    return -1;
}

static bool take_facilities(const struct agent_syslog_section *section, struct diag *diag,
                            struct syslog_filter *out)
{
    struct slice rest = slice_from(section->facilities), word;
    bool is_fine = true;
    while (slice_next_word(&rest, &word)) {
        int facility = facility_of(word);
        if (facility >= 0) {
            out->facilities |= UINT32_C(1) << facility;
            continue;
        }
        diag_add_at(
            diag, section->place,
            "<syslog-mib facilities>: '%.*s' is no facility; write daemon, local0 or 0 to 23",
            SLICE_FMT(word));
        is_fine = false;
    }
    if (!out->facilities)
        out->facilities = (UINT32_C(1) << FACILITIES) - 1;
    return is_fine;
}

static bool take_networks(const struct agent_syslog_section *section, struct diag *diag,
                          struct syslog_filter *out)
{
    struct slice rest = slice_from(section->from), word;
    bool is_fine = true;
    while (slice_next_word(&rest, &word)) {
        if (out->n_networks == SYSLOG_NETWORKS_MAX) {
            diag_add_at(diag, section->place, "<syslog-mib from>: more than %d networks",
                        SYSLOG_NETWORKS_MAX);
            return false;
        }
        if (network_parse(word, &out->networks[out->n_networks++]))
            continue;
        diag_add_at(diag, section->place,
                    "<syslog-mib from>: '%.*s' is no network; write 192.0.2.0/24 or 2001:db8::/32 "
                    "with no bit set behind the prefix, one address, any4 or any6",
                    SLICE_FMT(word));
        is_fine = false;
    }
    return is_fine;
}

bool syslog_filter_init(const struct agent_syslog_section *section, struct diag *diag,
                        struct syslog_filter *out)
{
    *out = (struct syslog_filter){.severity = (unsigned)section->severity};
    bool is_fine = take_facilities(section, diag, out);
    return take_networks(section, diag, out) && is_fine;
}

bool syslog_filter_wants(const struct syslog_filter *filter, unsigned facility, unsigned severity,
                         struct slice peer)
{
    struct network from;
    if (severity > filter->severity || !(filter->facilities >> facility & 1))
        return false;
    if (!filter->n_networks)
        return true;
    if (!network_parse(peer, &from))
        return false;
    for (size_t i = 0; i < filter->n_networks; i++)
        if (network_has(&filter->networks[i], slice_of((const char *)from.bytes, from.n)))
            return true;
    return false;
}

/* ---- where it comes from ---- */

static bool has(struct slice text, struct slice what)
{
    return slice_search(text, what) < text.n;
}

/* Structured data that was cut on the way is not seen as such, and stands in the message. */
static bool is_tunnelled(const struct syslog_header *header)
{
    if (parse_structured_data_has(header->structured_data, SLICE("snmp")))
        return true;
    return header->version && !header->structured_data.n &&
           slice_starts_with(header->msg, SLICE("[")) &&
           (has(header->msg, SLICE("[snmp v1=\"")) || has(header->msg, SLICE("[snmp ctx")));
}

enum syslog_origin syslog_origin(const struct syslog_header *header, struct slice gateway_id,
                                 int64_t pid)
{
    int64_t sender;
    if (is_tunnelled(header))
        return SYSLOG_CIRCULAR;
    if (slice_equal(header->appname, SLICE("eogd")) && slice_to_int(header->procid, &sender) &&
        sender == pid)
        return SYSLOG_CIRCULAR;
    if (!slice_equal(header->appname, SLICE("eog-gateway")))
        return SYSLOG_GENUINE;
    return slice_equal(header->hostname, gateway_id) ? SYSLOG_CIRCULAR : SYSLOG_OF_GATEWAY;
}
