/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The option rows and sections of the listeners, and what --check asks of them beyond the rows. */
#include "gateway/intake/settings.h"

#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "gateway/base/address.h"
#include "gateway/intake/relay.h"

#define ROW(type_, name_, member, fallback_, min_, max_, unit_, help_)                             \
    {                                                                                              \
        .name = name_, .type = type_, .offset = offsetof(struct intake_listener, member),          \
        .fallback = fallback_, .min = min_, .max = max_, .unit = unit_, .help = help_,             \
        .needs_restart = true                                                                      \
    }

/* Off by default: who is bound loses messages, or gets them late. */
#define ROW_RATE(beyond_)                                                                          \
    ROW(OPTION_INT, "max-rate", max_rate, "0", 0, 1000000, "messages/s",                           \
        "Messages a second of one sender, with a burst of one second; 0: no bound. " beyond_)

#define ROW_RELAYS                                                                                 \
    ROW(OPTION_TEXT, "relays", relays, NULL, 0, 0, "",                                             \
        "Addresses or networks of relays, with blanks between: of what they bring, the sender is " \
        "the address in the [origin ip=\"...\"] that they write. Absent: nobody is believed.")

static const struct option udp_rows[] = {
    {.name = "address",
     .type = OPTION_TEXT,
     .offset = offsetof(struct intake_listener, address),
     .is_required = true,
     .help = "Address and port to receive on, e.g. 0.0.0.0:514 or [::]:514.",
     .needs_restart = true},
    ROW(OPTION_SIZE, "receive-buffer", receive_buffer_bytes, "32M", 65536, 1 << 30, "bytes",
        "Kernel receive buffer; a burst rests here while the journal syncs."),
    ROW(OPTION_SIZE, "max-message", max_message_bytes, "64k", 480, 1 << 20, "bytes",
        "A longer message is cut here, at 64k at the latest, and marked truncated."),
    ROW_RATE("Beyond, datagrams are dropped and counted."),
    ROW_RELAYS,
};
/* What all listeners for streams have. */
#define ROW_ADDRESS(help_)                                                                         \
    {                                                                                              \
        .name = "address", .type = OPTION_TEXT,                                                    \
        .offset = offsetof(struct intake_listener, address), .is_required = true, .help = help_,   \
        .needs_restart = true                                                                      \
    }
#define ROWS_STREAM                                                                                \
    ROW(OPTION_SIZE, "max-message", max_message_bytes, "64k", 480, 1 << 18, "bytes",               \
        "A longer message is cut here and marked truncated; the next one is whole."),              \
        ROW(OPTION_INT, "max-connections", max_connections, "10000", 1, 1000000, "",               \
            "Connections beyond this are refused and counted. So are, while all connections "      \
            "together "                                                                            \
            "keep more than 128 MiB of messages that have not come whole, those with much of one " \
            "that were silent longest."),                                                          \
        ROW(OPTION_INT, "max-connections-per-source", max_connections_per_source, "0", 0, 1000000, \
            "", "Connections of one sender beyond this are refused and counted; 0: no bound."),    \
        ROW_RATE("Beyond, reading waits, so that the sender does."),                               \
        ROW(OPTION_DURATION, "idle", idle_ms, "24h", 1000, 31536000000LL, "ms",                    \
            "A connection silent for longer is closed."),                                          \
        ROW_RELAYS,                                                                                \
        ROW(OPTION_BOOL, "proxy", has_proxy, "no", 0, 0, "",                                       \
            "Each connection begins with a PROXY protocol header, version 2, of a load balancer: " \
            "who connects names the sender, one of relays too."),                                  \
        ROW(OPTION_TEXT, "proxies", proxies, NULL, 0, 0, "",                                       \
            "Addresses or networks of the load balancers, with blanks between: who else connects " \
            "is refused and counted. Absent: anybody may name any sender.")

static const struct option tcp_rows[] = {
    ROW_ADDRESS("Address and port to listen on."),
    ROWS_STREAM,
};
/* Certificates are applied by a reload. */
#define ROWS_TLS                                                                                   \
    TLS_ROWS(offsetof(struct intake_listener, tls)),                                               \
        ROW(OPTION_DURATION, "handshake", handshake_ms, "10s", 1000, 60000, "ms",                  \
            "Of TLS: a connection whose handshake takes longer is closed.")

static const struct option tls_rows[] = {
    ROW_ADDRESS("Address and port to listen on, e.g. 0.0.0.0:6514."),
    ROWS_TLS,
    ROWS_STREAM,
};
static const struct option relp_rows[] = {
    ROW_ADDRESS("Address and port to listen on, e.g. 0.0.0.0:2514."),
    ROWS_TLS,
    ROWS_STREAM,
    ROW(OPTION_INT, "window", window, "4096", 1, 1000000, "messages",
        "Messages of one session that may wait for the disk; beyond, reading waits."),
};
static const struct option unix_rows[] = {
    {.name = "path",
     .type = OPTION_FILE,
     .offset = offsetof(struct intake_listener, address),
     .is_required = true,
     .help = "Path of the datagram socket that programs of this machine send to.",
     .needs_restart = true},
    {.name = "senders",
     .type = OPTION_ENUM,
     .offset = offsetof(struct intake_listener, mode),
     .fallback = "all",
     .choices = "owner group all",
     .help = "Who may send: the daemon's user, its group too, or everybody.",
     .needs_restart = true},
    ROW(OPTION_SIZE, "receive-buffer", receive_buffer_bytes, "4M", 65536, 1 << 30, "bytes",
        "Kernel receive buffer."),
    ROW(OPTION_SIZE, "max-message", max_message_bytes, "64k", 480, 1 << 20, "bytes",
        "A longer message is cut here, at 64k at the latest, and marked truncated."),
};
static const struct option follow_rows[] = {
    {.name = "file",
     .type = OPTION_FILE,
     .offset = offsetof(struct intake_listener, address),
     .is_required = true,
     .help = "A text file that grows, a line a message; it may be rotated.",
     .needs_restart = true},
    ROW(OPTION_SIZE, "max-message", max_message_bytes, "64k", 480, 1 << 18, "bytes",
        "A longer line is cut here and marked truncated."),
};
static const struct option notification_rows[] = {
    {.name = "address",
     .type = OPTION_TEXT,
     .offset = offsetof(struct intake_listener, address),
     .is_required = true,
     .help = "Address and port that SNMP notifications come to.",
     .needs_restart = true},
    ROW(OPTION_TEXT, "community", community, NULL, 0, 0, "",
        "Only v1 and v2c notifications of this community are taken; absent: any."),
    ROW_RATE("Beyond, datagrams are dropped and counted."),
    ROW(OPTION_SIZE, "receive-buffer", receive_buffer_bytes, "32M", 65536, 1 << 30, "bytes",
        "Kernel receive buffer."),
};

#define SECTION(element_, rows_, help_)                                                            \
    {                                                                                              \
        .element = element_, .rows = rows_, .n_rows = sizeof rows_ / sizeof *rows_,                \
        .size = sizeof(struct intake_listener), .is_many = true, .help = help_                     \
    }
const struct section intake_section_syslog_udp =
    SECTION("syslog-udp", udp_rows, "Receive syslog over UDP (RFC 5426).");
const struct section intake_section_syslog_tcp = SECTION(
    "syslog-tcp", tcp_rows,
    "Receive syslog over TCP (RFC 6587): LF, NUL or octet-counted, detected per connection.");
const struct section intake_section_syslog_tls =
    SECTION("syslog-tls", tls_rows,
            "Receive syslog over TLS (RFC 5425), version 1.2 or 1.3; framing as over TCP.");
const struct section intake_section_syslog_relp =
    SECTION("syslog-relp", relp_rows,
            "Receive syslog over RELP, with a certificate over TLS: a message is acknowledged when "
            "it is on disk. What a sender sends again behind a broken session, among its first "
            "4,096 messages, is kept, marked eog.flag:resent, and counts once.");
const struct section intake_section_syslog_unix =
    SECTION("syslog-unix", unix_rows, "Receive syslog of programs of this machine.");
const struct section intake_section_follow =
    SECTION("follow", follow_rows,
            "Follow a log file; its place is kept, so that nothing is lost by a restart.");
const struct section intake_section_notifications =
    SECTION("notifications", notification_rows,
            "Receive SNMP traps and informs; those of version 3 from each <notification-user>.");

static void check_networks(const struct intake_listener *listener, const char *element,
                           const char *option, const char *text, struct diag *diag)
{
    struct relays networks;
    struct slice bad;
    if (!relays_init(&networks, text, &bad))
        diag_add_at(diag, listener->place,
                    "<%s %s=\"%s\">: '%.*s' is no address or network; write 192.0.2.7, "
                    "192.0.2.0/24 or 2001:db8::/32 with the host part zero",
                    element, option, text, (int)bad.n, bad.p);
    relays_fini(&networks);
}

void intake_check(const struct intake_listener *listener, const char *element, struct diag *diag)
{
    struct address address;
    if (!address_parse(slice_from(listener->address), &address))
        diag_add_at(diag, listener->place,
                    "<%s address=\"%s\">: is no address with port; write 0.0.0.0:514 or [::]:514",
                    element, listener->address);
    check_networks(listener, element, "relays", listener->relays, diag);
    check_networks(listener, element, "proxies", listener->proxies, diag);
    if (listener->proxies && !listener->has_proxy)
        diag_add_at(diag, listener->place,
                    "<%s proxies=\"%s\">: says nothing without proxy=\"yes\"", element,
                    listener->proxies);
}

void intake_check_unix(const struct intake_listener *listener, struct diag *diag)
{
    enum { LONGEST = sizeof((struct sockaddr_un *)NULL)->sun_path - 1 };
    struct stat status;
    if (strlen(listener->address) > LONGEST)
        diag_add_at(diag, listener->place,
                    "<syslog-unix path=\"%s\">: is too long for a socket; write at most %d bytes",
                    listener->address, LONGEST);
    else if (lstat(listener->address, &status) == 0 && !S_ISSOCK(status.st_mode))
        diag_add_at(diag, listener->place,
                    "<syslog-unix path=\"%s\">: is there and is no socket; write another path",
                    listener->address);
}

void intake_check_follow(const struct intake_listener *listener, struct diag *diag)
{
    struct stat status;
    if (stat(listener->address, &status) == 0 && !S_ISREG(status.st_mode))
        diag_add_at(diag, listener->place,
                    "<follow file=\"%s\">: is there and is no plain file; write another path",
                    listener->address);
}
