/* SPDX-License-Identifier: GPL-3.0-or-later */
/* <mail>, <webhook>: their option rows, and what can be wrong in them. */
#include "gateway/outbox/settings.h"

#include <string.h>

#include "gateway/base/ascii.h"
#include "gateway/base/zone.h"
#include "gateway/outbox/place.h"
#include "gateway/outbox/template.h"
#include "gateway/outbox/transfer.h"

#define AT(member) .offset = offsetof(struct outbox_section, member)

enum { SECOND_MS = 1000, MINUTE_MS = 60000, DAY_MS = 86400000 };

/* ---- rows that both have ---- */

#define NAME_ROW                                                                                   \
    {                                                                                              \
        .name = "name", .type = OPTION_TEXT, AT(name), .is_required = true,                        \
        .help =                                                                                    \
            "Name, at most 32 letters, digits, '-' and '_', no two of <mail> and <webhook> the "   \
            "same; its place in the journal is kept under it."                                     \
    }
#define SITES_ROW                                                                                  \
    {                                                                                              \
        .name = "sites", .type = OPTION_TEXT, AT(sites),                                           \
        .help = "Only alerts of these sites, blanks between them; absent: all."                    \
    }
#define SEVERITY_ROW                                                                               \
    {                                                                                              \
        .name = "severity", .type = OPTION_ENUM, AT(severity), .fallback = "warning",              \
        .choices = "warning critical",                                                             \
        .help = "critical: only alerts that have been critical; whatever becomes of such a one "   \
                "later is told too."                                                               \
    }
#define CA_ROW                                                                                     \
    {                                                                                              \
        .name = "ca", .type = OPTION_FILE, AT(ca),                                                 \
        .help = "PEM file of the CAs that may have issued the server's certificate; absent: "      \
                "those of the system."                                                             \
    }
#define TIMEOUT_ROW                                                                                \
    {                                                                                              \
        .name = "timeout", .type = OPTION_DURATION, AT(timeout_ms), .fallback = "60s",             \
        .min = SECOND_MS, .max = 10 * MINUTE_MS, .unit = "ms",                                     \
        .help = "How long one attempt may take, from the name's look-up to the server's last "     \
                "answer."                                                                          \
    }
#define RETRY_ROW                                                                                  \
    {                                                                                              \
        .name = "retry", .type = OPTION_DURATION, AT(retry_ms), .fallback = "60s", .min = 100,     \
        .max = 60 * MINUTE_MS, .unit = "ms",                                                       \
        .help = "Longest pause between two attempts; they begin with 1s and double."               \
    }
#define GIVE_UP_ROW                                                                                \
    {                                                                                              \
        .name = "give-up", .type = OPTION_DURATION, AT(give_up_ms), .fallback = "5d",              \
        .max = INT64_C(365) * DAY_MS, .unit = "ms",                                                \
        .help = "What could not be told for so long is counted as expired, logged and passed "     \
                "over; 0s: never."                                                                 \
    }

static const struct option mail_rows[] = {
    NAME_ROW,
    {.name = "address",
     .type = OPTION_TEXT,
     AT(address),
     .is_required = true,
     .help = "The mail server, NAME:PORT, 192.0.2.1:587 or [2001:db8::1]:587."},
    {.name = "tls",
     .type = OPTION_ENUM,
     AT(encryption),
     .fallback = "starttls",
     .choices = "starttls smtps no",
     .help = "starttls: the server must offer it (usually port 587 or 25); smtps: TLS from the "
             "first byte (465); no: in the clear. The certificate must be for the name in "
             "address."},
    CA_ROW,
    {.name = "user",
     .type = OPTION_TEXT,
     AT(user),
     .help = "Log in as; not over a connection in the clear, but to this machine."},
    {.name = "password-file",
     .type = OPTION_FILE,
     AT(password_file),
     .help = "A file whose first line is user's password; read anew for each mail."},
    {.name = "from",
     .type = OPTION_TEXT,
     AT(from),
     .is_required = true,
     .help = "Address of the sender; its domain is that of the mails' Message-ID too."},
    {.name = "to",
     .type = OPTION_TEXT,
     AT(to),
     .is_required = true,
     .help = "Addresses of the receivers, blanks between them. Each gets its own mail, so that "
             "one that is refused or must wait holds up no other."},
    SITES_ROW,
    SEVERITY_ROW,
    {.name = "lang",
     .type = OPTION_ENUM,
     AT(language),
     .fallback = "en",
     .choices = "en zh",
     .help = "Language of the mails: English or Simplified Chinese."},
    {.name = "zone",
     .type = OPTION_TEXT,
     AT(zone),
     .help = "Time zone of times in the mails (IANA name); default: UTC."},
    {.name = "template",
     .type = OPTION_FILE,
     AT(template_file),
     .help = "A file of subject and text in place of the built-in ones; see MAIL."},
    {.name = "per-minute",
     .type = OPTION_INT,
     AT(per_minute),
     .fallback = "10",
     .min = 1,
     .max = 600,
     .help = "Most mails a minute to an address. What comes beyond half of it at once is told in "
             "digests: one mail for many changes."},
    TIMEOUT_ROW,
    RETRY_ROW,
    GIVE_UP_ROW,
};

static const struct option webhook_rows[] = {
    NAME_ROW,
    {.name = "url",
     .type = OPTION_TEXT,
     AT(url),
     .is_required = true,
     .help = "Where to POST to: https://NAME/PATH, or http:// in the clear. Redirections are not "
             "followed."},
    CA_ROW,
    {.name = "cert",
     .type = OPTION_FILE,
     AT(cert),
     .help = "PEM file of the certificate to show, then of the CAs between it and the root."},
    {.name = "key",
     .type = OPTION_FILE,
     AT(key),
     .help = "PEM file of its key, without a passphrase; absent: in the file of cert."},
    {.name = "token-file",
     .type = OPTION_FILE,
     AT(token_file),
     .help = "A file whose first line is sent as \"Authorization: Bearer\"; read anew for each "
             "request. Not over http, but to this machine."},
    SITES_ROW,
    SEVERITY_ROW,
    TIMEOUT_ROW,
    RETRY_ROW,
    GIVE_UP_ROW,
};

const struct section outbox_mail_section = {
    .element = "mail",
    .rows = mail_rows,
    .n_rows = sizeof mail_rows / sizeof *mail_rows,
    .size = sizeof(struct outbox_section),
    .is_many = true,
    .help = "People who are told of each alert by mail: raised, changed, acknowledged, cleared."};

const struct section outbox_webhook_section = {
    .element = "webhook",
    .rows = webhook_rows,
    .n_rows = sizeof webhook_rows / sizeof *webhook_rows,
    .size = sizeof(struct outbox_section),
    .is_many = true,
    .help = "A program that is told of each alert, as JSON by HTTP POST; see WEBHOOK."};

bool outbox_gives_up(const struct outbox_section *section, int64_t since_ms, int64_t down_since_ms,
                     struct clock_reading now)
{
    int64_t give_up_ms = section->give_up_ms, tried_ms = give_up_ms < DAY_MS ? give_up_ms : DAY_MS;
    return give_up_ms && now.wall_ms - since_ms > give_up_ms &&
           now.mono_ms - down_since_ms >= tried_ms;
}

const struct outbox_section *outbox_section_at(const struct config *config, size_t i)
{
    size_t mails = config_count(config, "mail");
    return i < mails ? config_at(config, "mail", i) : config_at(config, "webhook", i - mails);
}

/* ---- checks ---- */

/* The name is a cursor's and an argument of eogctl. */
static bool is_name(const char *name)
{
    return ascii_is_word(name, "-_", OUTBOX_NAME_MAX);
}

static void check_receivers(const struct outbox_section *section, struct diag *diag)
{
    struct slice list = slice_from(section->to), word, rest, other;
    size_t n = 0;
    while (slice_next_word(&list, &word)) {
        n++;
        if (!place_is_mailbox(word))
            diag_add_at(diag, section->place,
                        "<mail to>: '%.*s' is no mail address; write name@example.net",
                        SLICE_FMT(word));
        for (rest = list; slice_next_word(&rest, &other);)
            if (slice_equal_nocase(word, other))
                diag_add_at(diag, section->place, "<mail to>: '%.*s' stands there twice",
                            SLICE_FMT(word));
    }
    if (n == 0)
        diag_add_at(diag, section->place, "<mail to>: names nobody");
}

static void check_template(const struct outbox_section *section, struct diag *diag)
{
    struct outbox_template template;
    struct buf error = {0};
    if (!outbox_template_load(section->template_file, &template, &error))
        diag_add_at(diag, section->place, "<mail template>: %s", buf_text(&error));
    outbox_template_free(&template);
    buf_free(&error);
}

static void check_mail(const struct outbox_section *section, struct diag *diag)
{
    struct place place;
    bool is_known = place_of_server(section->address, &place);
    if (!is_known)
        diag_add_at(diag, section->place,
                    "<mail address=\"%s\">: write NAME:PORT, 192.0.2.1:587 or [2001:db8::1]:587",
                    section->address);
    if (!place_is_mailbox(slice_from(section->from)))
        diag_add_at(diag, section->place,
                    "<mail from=\"%s\">: is no mail address; write eog@example.net", section->from);
    check_receivers(section, diag);
    if (!section->user != !section->password_file)
        diag_add_at(diag, section->place,
                    "<mail>: user and password-file go together; one is missing");
    if (is_known && section->user && section->encryption == OUTBOX_PLAIN && !place.is_loopback)
        diag_add_at(diag, section->place,
                    "<mail tls=\"no\">: would show the password to the network; write tls=\""
                    "starttls\" or \"smtps\"");
    struct zone *zone = section->zone ? zone_open(section->zone) : NULL;
    if (section->zone && !zone)
        diag_add_at(diag, section->place,
                    "<mail zone=\"%s\">: no such time zone here; write an IANA name such as "
                    "Asia/Shanghai",
                    section->zone);
    zone_free(zone);
    if (section->template_file)
        check_template(section, diag);
}

static void check_webhook(const struct outbox_section *section, struct diag *diag)
{
    struct place place;
    if (!place_of_url(section->url, &place))
        diag_add_at(
            diag, section->place,
            "<webhook url>: '%s' is none to post to; write https://NAME/PATH, without user or "
            "password",
            section->url);
    else if (section->token_file && !place.is_encrypted && !place.is_loopback)
        diag_add_at(diag, section->place,
                    "<webhook url>: http would show the token to the network; write https");
}

static const char *element_of(const struct outbox_section *section)
{
    return section->address ? "mail" : "webhook";
}

static void check_one(const struct outbox_section *section, struct diag *diag)
{
    struct buf error = {0};
    if (!is_name(section->name))
        diag_add_at(diag, section->place,
                    "<%s name=\"%s\">: write 1 to %d letters, digits, '-' or '_'",
                    element_of(section), section->name, OUTBOX_NAME_MAX);
    if (section->address)
        check_mail(section, diag);
    else
        check_webhook(section, diag);
    if (!transfer_check_files(section, &error))
        diag_add_at(diag, section->place, "<%s>: %s", element_of(section), buf_text(&error));
    buf_free(&error);
}

static size_t count_targets(const struct outbox_section *section)
{
    struct slice list = slice_from(section->to), word;
    size_t n = section->url ? 1 : 0;
    while (slice_next_word(&list, &word))
        n++;
    return n;
}

bool outbox_check(const struct config *config, struct diag *diag)
{
    const struct outbox_section *section, *other;
    size_t before = diag->total, n_targets = 0;
    for (size_t i = 0; (section = outbox_section_at(config, i)); i++) {
        check_one(section, diag);
        for (size_t k = 0; k < i; k++) {
            other = outbox_section_at(config, k);
            if (strcmp(section->name, other->name) == 0)
                diag_add_at(diag, section->place, "<%s name=\"%s\">: stands in line %d already",
                            element_of(section), section->name, other->place.line);
        }
        size_t n = count_targets(section);
        if (n_targets <= OUTBOX_TARGETS_MAX && n_targets + n > OUTBOX_TARGETS_MAX)
            diag_add_at(
                diag, section->place,
                "<%s>: more than %d addresses and webhooks; let the mail server have a list",
                element_of(section), OUTBOX_TARGETS_MAX);
        n_targets += n;
    }
    return diag->total == before;
}
