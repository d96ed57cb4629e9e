/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * <agent>, <community>, <user>, <notification-user> and <sink>: their option rows, what can be
 * wrong in them, and what the snmp room is given. Secrets are read from files here, each time that
 * settings are taken over.
 */
#include "gateway/agent/agent_internal.h"

#include <string.h>

#include "config.h"
#include "gateway/agent/syslog_filter.h"
#include "gateway/base/log.h"
#include "gateway/base/secret.h"
#include "gateway/snmp/session.h"

#define AT(type, member) offsetof(struct type, member)

static const struct option agent_rows[] = {
    {.name = "mode",
     .type = OPTION_ENUM,
     .offset = AT(agent_section, mode),
     .fallback = "standalone",
     .choices = "standalone agentx off",
     .needs_restart = true,
     .help = "Listen itself, be a subagent of the host's snmpd, or answer nobody."},
    {.name = "address",
     .type = OPTION_TEXT,
     .offset = AT(agent_section, address),
     .fallback = "udp:127.0.0.1:1161",
     .needs_restart = true,
     .help =
         "Where a standalone agent listens: udp, udp6, tcp or tcp6, numeric address, port; several "
         "separated by commas."},
    {.name = "master",
     .type = OPTION_TEXT,
     .offset = AT(agent_section, master),
     .fallback = "/var/agentx/master",
     .needs_restart = true,
     .help =
         "Where a subagent finds its master: a socket's path, or tcp:127.0.0.1:705, where a name "
         "may stand too. One that does not answer for 5 s is left, joined again when it "
         "answers, and holds up nothing else meanwhile."},
    {.name = "max-rate",
     .type = OPTION_INT,
     .offset = AT(agent_section, max_rate),
     .fallback = "5000",
     .min = 0,
     .max = 1000000,
     .unit = "answers/s",
     .help =
         "Answers by datagram that one address gets a second, with a burst of one second; 0: no "
         "bound. Requests beyond it are dropped and counted. It is there because an answer goes "
         "to whoever a datagram claims to come from, and may be 40 times as long. The default is "
         "what a poller reaches that waits for each answer over a network with a round trip of "
         "0.2 ms and does nothing else; what is dropped is answered when asked again a second "
         "later. This machine itself has no bound, nor has TCP. Reports of SNMP version 3, which "
         "nobody needs a name to ask for, are at most 100 a second whatever stands here, besides "
         "those to who then asks with the right passphrase."},
    {.name = "max-rate-strangers",
     .type = OPTION_INT,
     .offset = AT(agent_section, max_rate_strangers),
     .fallback = "100",
     .min = 0,
     .max = 1000000,
     .unit = "answers/s",
     .help = "The same for an address that no <community source> has, if its `any`, `any4` or "
             "`any6` is not counted, and that asks by version 1 or 2c: nobody said that it polls, "
             "and it is as likely the one that an attacker names as his own. 0: max-rate alone. A "
             "poller that needs more is named by the source of a <community>, or asks by version "
             "3, where only the right passphrase brings an answer."},
    {.name = "state-changes",
     .type = OPTION_BOOL,
     .offset = AT(agent_section, tells_changes),
     .fallback = "no",
     .needs_restart = true,
     .help = "Tell the sinks of each change of an indicator's state as well (eogKpiStateChange), "
             "whether or not there is an alert for it."},
};

#define VIEW_HELP                                                                                  \
    "Name of the <view> that is all it may read; absent: everything. As a subagent the master "    \
    "decides."

static const struct option community_rows[] = {
    {.name = "name",
     .type = OPTION_TEXT,
     .offset = AT(agent_community, name),
     .help = "The community: printable ASCII."},
    {.name = "file",
     .type = OPTION_FILE,
     .offset = AT(agent_community, file),
     .help = "A file whose first line is the community, in place of name."},
    {.name = "source",
     .type = OPTION_TEXT,
     .offset = AT(agent_community, source),
     .fallback = "127.0.0.0/8",
     .help =
         "Network that may use it: 192.0.2.0/24, 2001:db8::/32, one address, any4, any6 or any."},
    {.name = "view", .type = OPTION_TEXT, .offset = AT(agent_community, view), .help = VIEW_HELP},
};

static const struct option view_rows[] = {
    {.name = "name",
     .type = OPTION_TEXT,
     .offset = AT(agent_view_section, name),
     .is_required = true,
     .help = "The name by which <community> and <user> refer to it."},
    {.name = "include",
     .type = OPTION_TEXT,
     .offset = AT(agent_view_section, include),
     .is_required = true,
     .help = "OIDs of subtrees that are in view, blanks between them, `*` for an arc that may be "
             "any, ROOT for the module's own; of several that hold an OID the longest decides."},
    {.name = "exclude",
     .type = OPTION_TEXT,
     .offset = AT(agent_view_section, exclude),
     .help = "OIDs of subtrees that are not."},
};

#define USER_ROWS(privacy_help)                                                                    \
    {.name = "name",                                                                               \
     .type = OPTION_TEXT,                                                                          \
     .offset = AT(agent_user, name),                                                               \
     .is_required = true,                                                                          \
     .help = "The user's name, at most 32 octets."},                                               \
        {.name = "auth",                                                                           \
         .type = OPTION_ENUM,                                                                      \
         .offset = AT(agent_user, auth),                                                           \
         .fallback = "SHA-256",                                                                    \
         .choices = GWSNMP_AUTH_CHOICES,                                                           \
         .help = "Authentication protocol."},                                                      \
        {.name = "auth-file",                                                                      \
         .type = OPTION_FILE,                                                                      \
         .offset = AT(agent_user, auth_file),                                                      \
         .is_required = true,                                                                      \
         .help = "A file whose first line is the authentication passphrase, at least 8 octets."},  \
        {.name = "privacy",                                                                        \
         .type = OPTION_ENUM,                                                                      \
         .offset = AT(agent_user, privacy),                                                        \
         .fallback = "none",                                                                       \
         .choices = GWSNMP_PRIVACY_CHOICES,                                                        \
         .help = privacy_help},                                                                    \
    {                                                                                              \
        .name = "privacy-file", .type = OPTION_FILE, .offset = AT(agent_user, privacy_file),       \
        .help = "A file whose first line is the privacy passphrase, at least 8 octets."            \
    }

static const struct option user_rows[] = {
    USER_ROWS("Privacy protocol; a user that has one is answered only with it."),
    {.name = "view", .type = OPTION_TEXT, .offset = AT(agent_user, view), .help = VIEW_HELP},
};

static const struct option sender_rows[] = {
    USER_ROWS("Privacy protocol; from a user that has one only encrypted notifications are taken."),
    {.name = "engine",
     .type = OPTION_TEXT,
     .offset = AT(agent_user, engine),
     .help = "Engine id of the sender in hexadecimal, 0x8000...; absent: this user of any engine."},
};

static const struct option sink_rows[] = {
    {.name = "address",
     .type = OPTION_TEXT,
     .offset = AT(agent_sink, address),
     .is_required = true,
     .help = "Receiver of notifications: 192.0.2.1:162 or [2001:db8::1]:162."},
    {.name = "version",
     .type = OPTION_ENUM,
     .offset = AT(agent_sink, version),
     .fallback = "2c",
     .choices = GWSNMP_SINK_VERSION_CHOICES,
     .help = "Version of SNMP."},
    {.name = "kind",
     .type = OPTION_ENUM,
     .offset = AT(agent_sink, kind),
     .fallback = "trap",
     .choices = GWSNMP_SINK_KIND_CHOICES,
     .help = "Traps, or informs: these are repeated until the receiver acknowledges them."},
    {.name = "tells",
     .type = OPTION_ENUM,
     .offset = AT(agent_sink, topic),
     .fallback = "alerts",
     .choices = GWSNMP_SINK_TOPIC_CHOICES,
     .help = "Of alerts and the gateway's own faults, of syslog messages (see <syslog-mib>), or of "
             "both."},
    {.name = "community",
     .type = OPTION_TEXT,
     .offset = AT(agent_sink, community),
     .help = "The community that notifications carry."},
    {.name = "file",
     .type = OPTION_FILE,
     .offset = AT(agent_sink, file),
     .help = "A file whose first line is the community, in place of community."},
    {.name = "user",
     .type = OPTION_TEXT,
     .offset = AT(agent_sink, user.name),
     .help = "Version 3: the user's name, at most 32 octets."},
    {.name = "auth",
     .type = OPTION_ENUM,
     .offset = AT(agent_sink, user.auth),
     .fallback = "SHA-256",
     .choices = GWSNMP_AUTH_CHOICES,
     .help = "Version 3: authentication protocol."},
    {.name = "auth-file",
     .type = OPTION_FILE,
     .offset = AT(agent_sink, user.auth_file),
     .help = "Version 3: a file whose first line is the authentication passphrase."},
    {.name = "privacy",
     .type = OPTION_ENUM,
     .offset = AT(agent_sink, user.privacy),
     .fallback = "none",
     .choices = GWSNMP_PRIVACY_CHOICES,
     .help = "Version 3: privacy protocol."},
    {.name = "privacy-file",
     .type = OPTION_FILE,
     .offset = AT(agent_sink, user.privacy_file),
     .help = "Version 3: a file whose first line is the privacy passphrase."},
    {.name = "engine",
     .type = OPTION_TEXT,
     .offset = AT(agent_sink, user.engine),
     .help = "Informs of version 3: engine id of the receiver in hexadecimal; absent: it is asked "
             "for it."},
    {.name = "timeout",
     .type = OPTION_DURATION,
     .offset = AT(agent_sink, timeout_ms),
     .fallback = "3s",
     .min = 100,
     .max = 3600000,
     .help = "Informs: how long to wait for the acknowledgement before sending again; each time "
             "twice as long, up to 30 s."},
    {.name = "retries",
     .type = OPTION_INT,
     .offset = AT(agent_sink, retries),
     .fallback = "0",
     .min = 0,
     .max = 100000,
     .help = "Informs: how often to send again before one is given up; 0: until it is acknowledged "
             "(one that the receiver answers with an error is given up after eight of them)."},
};

const struct section agent_sections[AGENT_SECTIONS] = {
    {"agent", agent_rows, AGENT_COUNT(agent_rows), sizeof(struct agent_section), false,
     "The SNMP agent: EOG-GATEWAY-MIB for the monitoring system."},
    {"community", community_rows, AGENT_COUNT(community_rows), sizeof(struct agent_community), true,
     "A community that may read, by SNMP version 1 or 2c."},
    {"user", user_rows, AGENT_COUNT(user_rows), sizeof(struct agent_user), true,
     "A user that may read, by SNMP version 3."},
    {"notification-user", sender_rows, AGENT_COUNT(sender_rows), sizeof(struct agent_user), true,
     "A user that may send notifications of SNMP version 3."},
    {"sink", sink_rows, AGENT_COUNT(sink_rows), sizeof(struct agent_sink), true,
     "A receiver of notifications."},
    {"view", view_rows, AGENT_COUNT(view_rows), sizeof(struct agent_view_section), true,
     "A part of what the agent has, to be all that somebody may read."},
};

static const void **collect(const struct config *config, const char *element, size_t *n,
                            struct arena *arena)
{
    *n = config_count(config, element);
    const void **list = arena_alloc(arena, (*n + 1) * sizeof *list);
    for (size_t i = 0; i < *n; i++)
        list[i] = config_at(config, element, i);
    return list;
}

struct agent_settings agent_settings_from(const struct config *config, struct arena *arena)
{
    struct agent_settings settings = {.agent = config_get(config, "agent"),
                                      .syslog_mib = config_get(config, "syslog-mib")};
    settings.communities = (const struct agent_community *const *)collect(
        config, "community", &settings.n_communities, arena);
    settings.users =
        (const struct agent_user *const *)collect(config, "user", &settings.n_users, arena);
    settings.senders = (const struct agent_user *const *)collect(config, "notification-user",
                                                                 &settings.n_senders, arena);
    settings.sinks =
        (const struct agent_sink *const *)collect(config, "sink", &settings.n_sinks, arena);
    settings.views =
        (const struct agent_view_section *const *)collect(config, "view", &settings.n_views, arena);
    return settings;
}

/* What one run of checks carries. */
struct check {
    struct arena *arena;
    struct diag *diag;
    bool is_fine;
};

#define WRONG(check, where, ...)                                                                   \
    (diag_add_at((check)->diag, (where), __VA_ARGS__), (check)->is_fine = false)

static bool is_same_text(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static bool is_printable(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

/* The secret in a file; NULL after a complaint. */
static const char *secret(struct check *check, struct section_place place, const char *path)
{
    struct buf reason = {0};
    bool is_exposed;
    const char *text = secret_read(path, check->arena, &is_exposed, &reason);
    if (!text)
        WRONG(check, place, "%s", buf_text(&reason));
    else if (is_exposed)
        log_warn("agent", "everybody may read this secret: chmod o-r file=%s", path);
    buf_free(&reason);
    return text;
}

/* A community, by itself or from a file. */
static const char *community(struct check *check, struct section_place place, const char *name,
                             const char *file)
{
    if (!name == !file) {
        WRONG(check, place, "a community needs either the text itself or file=, and not both");
        return NULL;
    }
    const char *text = name ? name : secret(check, place, file);
    if (text && (!*text || strlen(text) > 255 || !is_printable(text))) {
        WRONG(check, place, "this community is no printable ASCII of 1 to 255 characters");
        return NULL;
    }
    return text;
}

static const char *passphrase(struct check *check, struct section_place place, const char *name,
                              const char *what, const char *path)
{
    const char *text = secret(check, place, path);
    size_t n = text ? strlen(text) : 0;
    if (!text)
        return NULL;
    if (n < GWSNMP_PASSPHRASE_MIN || n > GWSNMP_PASSPHRASE_MAX) {
        WRONG(check, place,
              "the %s passphrase of user '%s' has %zu octets; it must have %d to %d (RFC 3414)",
              what, name, n, GWSNMP_PASSPHRASE_MIN, GWSNMP_PASSPHRASE_MAX);
        return NULL;
    }
    return text;
}

/* ---- views ---- */

static size_t count_words(const char *text)
{
    size_t n = 0;
    for (const char *p = text ? text : ""; *(p += strspn(p, " \t\r\n")); n++)
        p += strcspn(p, " \t\r\n");
    return n;
}

/* ROOT at its beginning stands for the module's OID, as in the manual. */
static struct slice spell_out(struct slice word, struct arena *arena)
{
    struct slice root = SLICE("ROOT"), rest = slice_skip(word, root.n);
    if (!slice_starts_with(word, root) || (rest.n && rest.p[0] != '.'))
        return word;
    return slice_from(arena_printf(arena, EOG_ENTERPRISE_OID "%.*s", SLICE_FMT(rest)));
}

static void add_families(struct check *check, struct section_place place, const char *text,
                         bool is_included, struct gwsnmp_view_family *families, size_t *n)
{
    for (const char *p = text ? text : ""; *(p += strspn(p, " \t\r\n"));) {
        struct slice word = slice_of(p, strcspn(p, " \t\r\n"));
        struct gwsnmp_view_family *family = &families[(*n)++];
        if (!gwsnmp_view_parse(spell_out(word, check->arena), is_included, family))
            WRONG(check, place, "'%.*s' is no OID; write 1.3.6.1.2.1.1", SLICE_FMT(word));
        for (size_t i = 0; i + 1 < *n; i++)
            if (memcmp(families[i].any, family->any, sizeof family->any) == 0 &&
                gwsnmp_oid_compare(families[i].subtree.v, families[i].subtree.n, family->subtree.v,
                                   family->subtree.n) == 0)
                WRONG(check, place, "%.*s is there twice", SLICE_FMT(word));
        p += word.n;
    }
}

static void resolve_views(struct check *check, const struct agent_settings *settings,
                          struct gwsnmp_view *out)
{
    for (size_t i = 0; i < settings->n_views; i++) {
        const struct agent_view_section *from = settings->views[i];
        size_t most = count_words(from->include) + count_words(from->exclude);
        struct gwsnmp_view_family *families =
            arena_alloc(check->arena, (most + 1) * sizeof *families);
        out[i] = (struct gwsnmp_view){.name = from->name, .families = families};
        add_families(check, from->place, from->include, true, families, &out[i].n);
        add_families(check, from->place, from->exclude, false, families, &out[i].n);
        for (size_t k = 0; k < i; k++)
            if (is_same_text(out[k].name, from->name))
                WRONG(check, from->place, "view '%s' is there twice", from->name);
    }
}

/* As gwsnmp_community.view. */
static size_t find_view(struct check *check, const struct agent_settings *settings,
                        struct section_place place, const char *name)
{
    for (size_t i = 0; name && i < settings->n_views; i++)
        if (is_same_text(settings->views[i]->name, name))
            return i + 1;
    if (name)
        WRONG(check, place, "there is no <view name=\"%s\">", name);
    return 0;
}

/* ---- who may read ---- */

static void resolve_communities(struct check *check, const struct agent_settings *settings,
                                struct gwsnmp_community *out)
{
    for (size_t i = 0; i < settings->n_communities; i++) {
        const struct agent_community *from = settings->communities[i];
        out[i].name = community(check, from->place, from->name, from->file);
        out[i].view = find_view(check, settings, from->place, from->view);
        out[i].is_from_anywhere = from->source && strcmp(from->source, "any") == 0;
        if (!out[i].is_from_anywhere && !network_parse(slice_from(from->source), &out[i].source))
            WRONG(check, from->place,
                  "'%s' is no network; write 192.0.2.0/24 or 2001:db8::/32 with no bit set behind "
                  "the prefix, "
                  "one address, or any",
                  from->source ? from->source : "");
    }
}

static struct gwsnmp_user resolve_user(struct check *check, const struct agent_user *from)
{
    struct gwsnmp_user user = {.name = from->name,
                               .auth = (enum gwsnmp_auth)from->auth,
                               .privacy = (enum gwsnmp_privacy)from->privacy};
    if (!from->name || !*from->name || strlen(from->name) > GWSNMP_NAME_MAX ||
        !is_printable(from->name)) {
        WRONG(check, from->place,
              "'%s' is no user's name: 1 to %d printable characters without blanks",
              from->name ? from->name : "", GWSNMP_NAME_MAX);
        return user;
    }
    if (from->auth_file)
        user.auth_passphrase =
            passphrase(check, from->place, from->name, "authentication", from->auth_file);
    else
        WRONG(check, from->place, "user '%s' needs auth-file=", from->name);
    if (from->privacy && from->privacy_file)
        user.privacy_passphrase =
            passphrase(check, from->place, from->name, "privacy", from->privacy_file);
    else if (from->privacy)
        WRONG(check, from->place, "user '%s' has privacy and needs privacy-file=", from->name);
    else if (from->privacy_file)
        WRONG(check, from->place,
              "user '%s' has a privacy-file and no privacy; write privacy=\"AES-128\", or leave it "
              "out",
              from->name);
    return user;
}

static void resolve_users(struct check *check, const struct agent_settings *settings,
                          struct gwsnmp_user *out)
{
    for (size_t i = 0; i < settings->n_users; i++) {
        const struct agent_user *from = settings->users[i];
        out[i] = resolve_user(check, from);
        out[i].view = find_view(check, settings, from->place, from->view);
        for (size_t k = 0; k < i; k++)
            if (from->name && is_same_text(settings->users[k]->name, from->name))
                WRONG(check, from->place, "user '%s' is there twice", from->name);
    }
}

/* "0x" is optional; 5 to 32 octets (RFC 3411, SnmpEngineID). */
static bool parse_engine(const char *text, unsigned char engine[32], size_t *n_engine)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        text += 2;
    size_t n = strlen(text);
    if (n % 2 || n < 10 || n > 2 * 32)
        return false;
    for (size_t i = 0; i < n; i++) {
        const char *digit = strchr(digits, text[i]);
        if (!digit)
            return false;
        engine[i / 2] = (unsigned char)(engine[i / 2] << 4 | (digit - digits) % 16);
    }
    *n_engine = n / 2;
    return true;
}

static void resolve_engine(struct check *check, const struct agent_user *from,
                           unsigned char engine[32], size_t *n_engine)
{
    if (from->engine && !parse_engine(from->engine, engine, n_engine))
        WRONG(check, from->place,
              "'%s' is no engine id; write 5 to 32 octets in hexadecimal, 0x80001f88...",
              from->engine);
}

static void resolve_senders(struct check *check, const struct agent_settings *settings,
                            const struct gwsnmp_user *users, struct gwsnmp_sender *out)
{
    for (size_t i = 0; i < settings->n_senders; i++) {
        const struct agent_user *from = settings->senders[i];
        out[i] = (struct gwsnmp_sender){.user = resolve_user(check, from)};
        resolve_engine(check, from, out[i].engine, &out[i].n_engine);
        if (!from->name)
            continue;
        for (size_t k = 0; k < i; k++)
            if (is_same_text(settings->senders[k]->name, from->name) &&
                out[k].n_engine == out[i].n_engine &&
                memcmp(out[k].engine, out[i].engine, out[i].n_engine) == 0)
                WRONG(check, from->place, "notification-user '%s' is there twice", from->name);
        /* Informs name our engine, where the agent's users are too: of one name, they are one. */
        for (size_t k = 0; k < settings->n_users; k++)
            if (!from->engine && is_same_text(settings->users[k]->name, from->name) &&
                !gwsnmp_user_is_same(&users[k], &out[i].user))
                WRONG(check, from->place,
                      "<user> has a '%s' too, with other protocols or passphrases; give them the "
                      "same, or another name",
                      from->name);
    }
}

/* A user of our engine, as a trap's is, must be the only one of that name there. */
static void check_own_user(struct check *check, struct section_place place,
                           const struct gwsnmp_user *user, const struct gwsnmp_user *other,
                           const char *element)
{
    if (is_same_text(user->name, other->name) && !gwsnmp_user_is_same(user, other))
        WRONG(check, place,
              "<%s> has a '%s' too, with other protocols or passphrases; give them the same, or "
              "another name",
              element, user->name);
}

static void check_trap_user(struct check *check, struct section_place place,
                            const struct gwsnmp_access *access, const struct gwsnmp_sink *sinks,
                            size_t at)
{
    const struct gwsnmp_user *user = &sinks[at].user;
    for (size_t i = 0; i < access->n_users; i++)
        check_own_user(check, place, user, &access->users[i], "user");
    for (size_t i = 0; i < access->n_senders; i++)
        if (!access->senders[i].n_engine)
            check_own_user(check, place, user, &access->senders[i].user, "notification-user");
    for (size_t i = 0; i < at; i++)
        if (sinks[i].version == GWSNMP_SINK_V3 && sinks[i].kind == GWSNMP_SINK_TRAP)
            check_own_user(check, place, user, &sinks[i].user, "sink");
}

static void resolve_v3_sink(struct check *check, const struct agent_sink *from,
                            struct gwsnmp_sink *out)
{
    struct agent_user user = from->user;
    user.place = from->place;
    if (from->community || from->file)
        WRONG(check, from->place, "a sink of version 3 has user=, no community");
    out->user = resolve_user(check, &user);
    resolve_engine(check, &user, out->engine, &out->n_engine);
    if (out->n_engine && out->kind == GWSNMP_SINK_TRAP)
        WRONG(check, from->place,
              "engine= is of the receiver of informs; a trap is of this gateway's engine, whose id "
              "'eogctl sources --engines' tells");
}

static void resolve_sinks(struct check *check, const struct agent_settings *settings,
                          const struct gwsnmp_access *access, struct gwsnmp_sink *out)
{
    if (settings->n_sinks > GWSNMP_SINKS_MAX)
        WRONG(check, settings->sinks[GWSNMP_SINKS_MAX]->place, "more than %d sinks",
              GWSNMP_SINKS_MAX);
    for (size_t i = 0; i < settings->n_sinks; i++) {
        const struct agent_sink *from = settings->sinks[i];
        struct buf reason = {0};
        if (!gwsnmp_sink_check(from->address ? from->address : "", &reason))
            WRONG(check, from->place, "%s", buf_text(&reason));
        buf_free(&reason);
        out[i] = (struct gwsnmp_sink){.address = from->address,
                                      .version = (enum gwsnmp_sink_version)from->version,
                                      .kind = (enum gwsnmp_sink_kind)from->kind,
                                      .topic = (enum gwsnmp_sink_topic)from->topic,
                                      .timeout_ms = from->timeout_ms,
                                      .retries = (int)from->retries};
        if (out[i].version == GWSNMP_SINK_V2C) {
            out[i].community = community(check, from->place, from->community, from->file);
            if (from->user.name || from->user.auth_file || from->user.privacy ||
                from->user.privacy_file || from->user.engine)
                WRONG(check, from->place,
                      "user=, auth-file=, privacy=, privacy-file= and engine= want version=\"3\"");
            continue;
        }
        resolve_v3_sink(check, from, &out[i]);
        if (out[i].kind == GWSNMP_SINK_TRAP)
            check_trap_user(check, from->place, access, out, i);
    }
}

/* Who wants to be told of messages is, and by somebody. */
static void check_syslog_mib(struct check *check, const struct agent_settings *settings)
{
    const struct agent_syslog_section *section = settings->syslog_mib;
    bool is_told = section->rows && section->has_notifications;
    size_t n = 0;
    for (size_t i = 0; i < settings->n_sinks; i++) {
        n += settings->sinks[i]->topic != GWSNMP_SINK_ALERTS;
        if (settings->sinks[i]->topic == GWSNMP_SINK_MESSAGES && !is_told)
            WRONG(check, settings->sinks[i]->place,
                  "a sink that tells=\"messages\" wants <syslog-mib rows=\"1000\" "
                  "notifications=\"yes\"/>");
    }
    if (section->has_notifications && !section->rows)
        WRONG(check, section->place, "<syslog-mib notifications>: wants rows=, 1000 or so");
    if (is_told && !n)
        WRONG(check, section->place,
              "<syslog-mib notifications>: wants a <sink tells=\"messages\"> or \"all\"");
}

bool agent_settings_resolve(const struct agent_settings *settings, struct arena *arena,
                            struct diag *diag, struct gwsnmp_access *access,
                            struct gwsnmp_sink **sinks)
{
    struct check check = {arena, diag, true};
    const struct agent_section *agent = settings->agent;
    struct gwsnmp_community *communities =
        arena_alloc(arena, (settings->n_communities + 1) * sizeof *communities);
    struct gwsnmp_user *users = arena_alloc(arena, (settings->n_users + 1) * sizeof *users);
    struct gwsnmp_sender *senders = arena_alloc(arena, (settings->n_senders + 1) * sizeof *senders);
    struct gwsnmp_view *views = arena_alloc(arena, (settings->n_views + 1) * sizeof *views);
    *sinks = arena_alloc(arena, (settings->n_sinks + 1) * sizeof **sinks);

    if (agent->mode == GWSNMP_MODE_STANDALONE) {
        struct buf reason = {0};
        if (!gwsnmp_listen_check(agent->address, &reason))
            WRONG(&check, agent->place, "%s", buf_text(&reason));
        buf_free(&reason);
    }
    if (agent->mode == GWSNMP_MODE_AGENTX && !gwsnmp_master_check(agent->master))
        WRONG(&check, agent->place,
              "'%s' is no place of an AgentX master; write its socket's whole path, as "
              "/var/agentx/master, or tcp:127.0.0.1:705",
              agent->master);
    resolve_views(&check, settings, views);
    resolve_communities(&check, settings, communities);
    resolve_users(&check, settings, users);
    resolve_senders(&check, settings, users, senders);
    *access =
        (struct gwsnmp_access){communities,     settings->n_communities,  users, settings->n_users,
                               senders,         settings->n_senders,      views, settings->n_views,
                               agent->max_rate, agent->max_rate_strangers};
    resolve_sinks(&check, settings, access, *sinks);
    check_syslog_mib(&check, settings);
    struct syslog_filter filter;
    return syslog_filter_init(settings->syslog_mib, diag, &filter) && check.is_fine;
}

bool agent_check(const struct agent_settings *settings, struct diag *diag)
{
    struct arena arena;
    struct gwsnmp_access access;
    struct gwsnmp_sink *sinks;
    arena_init(&arena, 0);
    bool is_fine = agent_settings_resolve(settings, &arena, diag, &access, &sinks);
    arena_fini(&arena);
    return is_fine;
}
