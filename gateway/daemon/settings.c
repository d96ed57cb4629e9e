/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of all sections of the configuration file, its defaults, and checks across sections. */
#include "gateway/daemon/settings.h"

#include <stdio.h>
#include <string.h>

#include "gateway/agent/agent.h"
#include "gateway/base/address.h"
#include "gateway/base/ascii.h"
#include "gateway/base/charset.h"
#include "gateway/base/error.h"
#include "gateway/base/map.h"
#include "gateway/base/utf8.h"
#include "gateway/base/zone.h"
#include "gateway/daemon/engine_rows.h"
#include "gateway/daemon/reports.h"
#include "gateway/daemon/taken.h"
#include "gateway/feed/settings.h"
#include "gateway/intake/intake.h"
#include "gateway/journal/settings.h"
#include "gateway/outbox/settings.h"
#include "gateway/report/settings.h"
#include "gateway/store/settings.h"
#include "gateway/web/settings.h"

#define AT(type, member) .offset = offsetof(struct type, member)

static const struct option gateway_rows[] = {
    {.name = "id",
     .type = OPTION_TEXT,
     AT(gateway_settings, id),
     .fallback = "gw1",
     .help = "Name of this gateway, at most 64 bytes: part of every record's uid and of every "
             "notification.",
     .needs_restart = true},
    {.name = "site",
     .type = OPTION_TEXT,
     AT(gateway_settings, site),
     .fallback = "default",
     .help = "Site of senders that no <source> declares."},
    {.name = "state",
     .type = OPTION_FILE,
     AT(gateway_settings, state),
     .fallback = "var",
     .help = "Folder of the journal, checkpoints, cursors and the control socket; --state "
             "overrides it.",
     .needs_restart = true},
    {.name = "log-level",
     .type = OPTION_ENUM,
     AT(gateway_settings, log_level),
     .fallback = "info",
     .choices = "error warning notice info debug",
     .help = "Lines above this level are not written."},
    {.name = "threads",
     .type = OPTION_INT,
     AT(gateway_settings, threads),
     .fallback = "0",
     .max = 64,
     .help = "Intake threads; 0: one a core, at most 8.",
     .needs_restart = true},
    {.name = "control-idle",
     .type = OPTION_DURATION,
     AT(gateway_settings, control_idle_ms),
     .fallback = "30s",
     .min = 1,
     .max = 86400000,
     .unit = "ms",
     .help = "32 clients have a place at the control socket; one more takes that of a client that "
             "has neither read nor written a byte for so long. A tail that is read has nothing to "
             "fear, nor has who waits for an answer. Who stops reading within a long answer loses "
             "his place then, whoever wants it: much memory is held for him.",
     .needs_restart = true},
};
static const struct option data_rows[] = {
    {.name = "mappings",
     .type = OPTION_FILE,
     AT(data_settings, mappings),
     .help = "Folder of product mappings; default: the installed one."},
    {.name = "catalogue",
     .type = OPTION_FILE,
     AT(data_settings, catalogue),
     .help = "KPI catalogue; default: kpi.xml of the installed mappings."},
    {.name = "own-catalogue",
     .type = OPTION_FILE,
     AT(data_settings, own_catalogue),
     .help = "Indicators of one's own, beside those of the catalogue: the same form, with ids and "
             "keys that it has not. They may use its shared inputs."},
    {.name = "watchlist",
     .type = OPTION_FILE,
     AT(data_settings, watchlist),
     .help = "High-risk malware; default: watchlist.xml of the installed mappings. A list that "
             "`eogctl watchlist load` brought stands before it until this file is another."},
};
static const struct option source_rows[] = {
    {.name = "address",
     .type = OPTION_TEXT,
     AT(source_settings, address),
     .is_required = true,
     .help = "Address or network of the sender, e.g. 192.0.2.0/24, the longest match wins; of this "
             "machine unix:PATH or file:PATH."},
    {.name = "site",
     .type = OPTION_TEXT,
     AT(source_settings, site),
     .help = "Site that its records belong to."},
    {.name = "charset",
     .type = OPTION_TEXT,
     AT(source_settings, charset),
     .help = "Character set of text that is not UTF-8: GB18030, Big5, CP932, EUC-KR ... By default "
             "the likeliest of the first three, text by text; what is read so is marked "
             "eog.flag:guessed. UTF-8: no other."},
    {.name = "zone",
     .type = OPTION_TEXT,
     AT(source_settings, zone),
     .help = "Time zone of times without one (IANA name, e.g. Asia/Shanghai); default: UTC."},
    {.name = "time",
     .type = OPTION_ENUM,
     AT(source_settings, time),
     .fallback = "event",
     .choices = "event receipt",
     .help = "receipt: the sender's clock is not believed."},
};
static const struct option site_rows[] = {
    {.name = "id",
     .type = OPTION_TEXT,
     AT(site_settings, id),
     .is_required = true,
     .help = "Short name: the beginning of scope keys."},
    {.name = "name", .type = OPTION_TEXT, AT(site_settings, name), .help = "Name for people."},
    {.name = "zone",
     .type = OPTION_TEXT,
     AT(site_settings, zone),
     .help = "Time zone of the site (IANA name); default: UTC. The days of eogctl top are those of "
             "the first site."},
    {.name = "hosts",
     .type = OPTION_INT,
     AT(site_settings, hosts),
     .fallback = "0",
     .max = 10000000,
     .help = "Computers that should have an agent, where no inventory lists them; 0: not known."},
};
static const struct option tenant_rows[] = {
    {.name = "name",
     .type = OPTION_TEXT,
     AT(tenant_settings, name),
     .is_required = true,
     .help = "As the console names it in its messages; case does not matter."},
    {.name = "site",
     .type = OPTION_TEXT,
     AT(tenant_settings, site),
     .is_required = true,
     .help = "Site that its records belong to, whatever the sender's own."},
};
static const struct option inventory_rows[] = {
    {.name = "file",
     .type = OPTION_FILE,
     AT(inventory_settings, file),
     .help =
         "CSV of the hosts, products and devices that should be there. Columns site, name and "
         "role (host, product, device); product, address, expected (no: no agent is expected), "
         "heartbeat (5m), license_end (2026-12-31) and uplinks (of a device: its interfaces that "
         "must be up, as it writes them, with ; between) may stand."},
};
static const struct option engine_rows[] = {
    {.name = "clear-hold",
     .type = OPTION_DURATION,
     AT(engine_settings, clear_hold_ms),
     .fallback = "10m",
     .max = 86400000,
     .unit = "ms",
     .help = "How long a state must have been ok before its alert is cleared."},
    {.name = "raise-hold",
     .type = OPTION_DURATION,
     AT(engine_settings, raise_hold_ms),
     .fallback = "0s",
     .max = 86400000,
     .unit = "ms",
     .help = "How long a bad state must last before an alert is raised."},
    {.name = "remind",
     .type = OPTION_DURATION,
     AT(engine_settings, remind_ms),
     .fallback = "30m",
     .max = 604800000,
     .unit = "ms",
     .help = "A critical alert that nobody acknowledges, or only when it was a warning, is told "
             "again each time this has passed; 0s: never."},
    {.name = "source-alive",
     .type = OPTION_DURATION,
     AT(engine_settings, source_alive_ms),
     .fallback = "0s",
     .max = 31536000000LL,
     .unit = "ms",
     .help = "A source silent for longer is not alive; 0s: 24 h, or 10 times its usual interval "
             "where that is longer."},
};
static const struct option kpi_rows[] = {
    {.name = "key",
     .type = OPTION_TEXT,
     AT(kpi_override_settings, key),
     .is_required = true,
     .help = "Key of the indicator, e.g. outbreak."},
    {.name = "site",
     .type = OPTION_TEXT,
     AT(kpi_override_settings, site),
     .help = "Only at this site; absent: everywhere."},
    {.name = "enabled",
     .type = OPTION_BOOL,
     AT(kpi_override_settings, is_enabled),
     .fallback = "yes",
     .help = "no: switched off. Switched on it counts what comes from then on, and of what came "
             "before only what lasts, such as a protection that is off."},
    {.name = "test",
     .type = OPTION_INT,
     AT(kpi_override_settings, test),
     .fallback = "1",
     .min = 1,
     .max = 16,
     .help = "Which test of the indicator the levels are for."},
    {.name = "warning",
     .type = OPTION_INT,
     AT(kpi_override_settings, warning),
     .fallback = "-1",
     .min = -1,
     .max = 2147483647,
     .help = "Warning level as kpi.xml writes it: percent of a share, days, hosts ..., tenths for "
             "log-silence; -1: as it says."},
    {.name = "critical",
     .type = OPTION_INT,
     AT(kpi_override_settings, critical),
     .fallback = "-1",
     .min = -1,
     .max = 2147483647,
     .help = "Critical level, the same way."},
};

static const struct option maintenance_rows[] = {
    {.name = "site",
     .type = OPTION_TEXT,
     AT(maintenance_settings, site),
     .help = "Only of this site; absent: of all."},
    {.name = "scope",
     .type = OPTION_TEXT,
     AT(maintenance_settings, scope),
     .help = "Only of scopes such as hq/osce01; a * at the start, the end or both stands for "
             "anything."},
    {.name = "days",
     .type = OPTION_TEXT,
     AT(maintenance_settings, days),
     .help = "Each week, the days on which it begins: mon tue wed thu fri sat sun, or all."},
    {.name = "from",
     .type = OPTION_TEXT,
     AT(maintenance_settings, from),
     .help = "When on these days, e.g. 22:00."},
    {.name = "to",
     .type = OPTION_TEXT,
     AT(maintenance_settings, to),
     .help = "Until when, e.g. 04:00; not after from: on the next day."},
    {.name = "begin",
     .type = OPTION_TEXT,
     AT(maintenance_settings, begin),
     .help = "Once, from then on, e.g. 2026-12-01T22:00."},
    {.name = "end", .type = OPTION_TEXT, AT(maintenance_settings, end), .help = "Until then."},
    {.name = "zone",
     .type = OPTION_TEXT,
     AT(maintenance_settings, zone),
     .help =
         "Whose clocks these are (IANA name); default: the site's zone, else the first site's."},
};
static const struct option newest_rows[] = {
    {.name = "type",
     .type = OPTION_ENUM,
     AT(newest_settings, type),
     .fallback = "pattern",
     .choices = "pattern engine",
     .help = "What it is a version of."},
    {.name = "id",
     .type = OPTION_TEXT,
     AT(newest_settings, id),
     .is_required = true,
     .help = "The component's number or name, as its consoles report it, e.g. 2048."},
    {.name = "version",
     .type = OPTION_TEXT,
     AT(newest_settings, version),
     .is_required = true,
     .help = "As its consoles report it, e.g. 19.307.00."},
    {.name = "since",
     .type = OPTION_TEXT,
     AT(newest_settings, since),
     .help = "The day it came out, e.g. 2026-11-28; default: when this is first loaded."},
};

#define OWN(name, element_, rows_, type, many, help_)                                              \
    static const struct section name = {.element = element_,                                       \
                                        .rows = rows_,                                             \
                                        .n_rows = sizeof rows_ / sizeof *rows_,                    \
                                        .size = sizeof(struct type),                               \
                                        .is_many = many,                                           \
                                        .help = help_}
OWN(gateway_section, "gateway", gateway_rows, gateway_settings, false, "The gateway itself.");
OWN(data_section, "data", data_rows, data_settings, false,
    "Where product and indicator knowledge is read from.");
OWN(source_section, "source", source_rows, source_settings, true,
    "What is known about a sender. Indicators count who is in none under (unlisted); without any "
    "<source> whoever reaches a listener is believed, also whom his HOSTNAME says he is.");
OWN(site_section, "site", site_rows, site_settings, true, "A branch of the customer.");
OWN(tenant_section, "tenant", tenant_rows, tenant_settings, true,
    "A customer of a cloud console that speaks for many: its records' site is told by the tenant "
    "that "
    "they name.");
OWN(inventory_section, "inventory", inventory_rows, inventory_settings, false,
    "What should be there.");
OWN(engine_section, "engine", engine_rows, engine_settings, false, "The indicator engine.");
OWN(kpi_section, "kpi", kpi_rows, kpi_override_settings, true,
    "An indicator switched or its levels changed.");
OWN(maintenance_section, "maintenance", maintenance_rows, maintenance_settings, true,
    "A time in which nobody is told of alerts. States and records go on; what is still bad at its "
    "end is told then, and what was told before is cleared at once when it is over.");
OWN(newest_section, "newest", newest_rows, newest_settings, true,
    "A pattern or engine that is out, whether or not any console has it yet: who has an older one "
    "is behind. A number more than four times that of any version that two computers have, which "
    "only one reports, counts if it is named here.");

/* In the order of the manual. */
static const struct section *const all[] = {
    &gateway_section,
    &data_section,
    &site_section,
    &source_section,
    &tenant_section,
    &intake_section_syslog_udp,
    &intake_section_syslog_tcp,
    &intake_section_syslog_tls,
    &intake_section_syslog_relp,
    &intake_section_syslog_unix,
    &intake_section_follow,
    &intake_section_notifications,
    &inventory_section,
    &engine_section,
    &kpi_section,
    &maintenance_section,
    &newest_section,
    &journal_section,
    &agent_sections[0],
    &agent_sections[1],
    &agent_sections[2],
    &agent_sections[3],
    &agent_sections[4],
    &agent_sections[5],
    &agent_syslog_section,
    &outbox_mail_section,
    &outbox_webhook_section,
    &report_section,
    &feed_section,
    &store_section,
    &web_section,
};
_Static_assert(AGENT_SECTIONS == 6, "each of the agent's sections stands above");
enum { N_ALL = sizeof all / sizeof *all };

const struct section *const *settings_sections(size_t *n)
{
    *n = N_ALL;
    return all;
}

struct slice settings_default_text(void)
{
    return SLICE("<eog-gateway>\n"
                 "  <gateway id=\"gw1\" site=\"default\"/>\n"
                 "  <site id=\"default\" name=\"Default site\"/>\n"
                 "  <source address=\"127.0.0.0/8\" site=\"default\"/>\n"
                 "  <syslog-udp address=\"127.0.0.1:5514\"/>\n"
                 "  <syslog-tcp address=\"127.0.0.1:5514\"/>\n"
                 "  <syslog-relp address=\"127.0.0.1:2514\"/>\n"
                 "  <notifications address=\"127.0.0.1:1162\"/>\n"
                 "  <agent mode=\"standalone\" address=\"udp:127.0.0.1:1161\"/>\n"
                 "  <community name=\"public\" source=\"127.0.0.0/8\"/>\n"
                 "  <web address=\"127.0.0.1:8080\"/>\n"
                 "</eog-gateway>\n");
}

/* ---- checks across sections ---- */

static bool has_site(const struct config *config, const char *id)
{
    size_t n = config_count(config, "site");
    for (size_t i = 0; i < n; i++)
        if (strcmp(((const struct site_settings *)config_at(config, "site", i))->id, id) == 0)
            return true;
    return n == 0 && strcmp(id, "default") == 0;
}

/* A section that stands nowhere in the file has its site by default: then the first <site> is where
 * to look. */
static void check_site(const struct config *config, const struct section_place *place,
                       const char *element, const char *site, struct diag *diag)
{
    const struct site_settings *first = config_at(config, "site", 0);
    if (!site || has_site(config, site))
        return;
    if (place->line == 0 && first)
        place = &first->place;
    diag_add_at(diag, *place,
                "<%s site=\"%s\">: no such site is declared; declare <site id=\"%s\"/>, or write "
                "<%s site=\"%s\">",
                element, site, site, element, first ? first->id : "default");
}

static void check_zone(const struct section_place *place, const char *element, const char *name,
                       struct diag *diag)
{
    struct zone *zone = name ? zone_open(name) : NULL;
    if (name && !zone)
        diag_add_at(
            diag, *place,
            "<%s zone=\"%s\">: no such time zone here; write an IANA name such as Asia/Shanghai",
            element, name);
    zone_free(zone);
}

bool settings_source_is_local(const char *address)
{
    return strncmp(address, "unix:", 5) == 0 || strncmp(address, "file:", 5) == 0;
}

enum { GATEWAY_ID_MAX = 64, SITE_ID_MAX = 32 };

/* One that was declared before would go by one of the two, without a word which. */
static void declare(struct map *declared, struct slice key, const struct section_place *place,
                    const char *element, const char *text, struct diag *diag)
{
    const struct section_place *before = map_put(declared, key, (void *)(uintptr_t)place);
    if (before)
        diag_add_at(diag, *place, "<%s \"%s\">: is declared twice, in line %d already", element,
                    text, before->line);
}

static void check_sources(const struct config *config, struct diag *diag)
{
    const struct source_settings *source;
    struct map *declared = map_new();
    for (size_t i = 0; (source = config_at(config, "source", i)); i++) {
        struct network network;
        struct slice address = slice_from(source->address);
        bool is_local = settings_source_is_local(source->address);
        if (is_local && source->address[5] != '/')
            diag_add_at(diag, source->place,
                        "<source address=\"%s\">: is never met; write the whole path, as in "
                        "unix:/PATH or file:/PATH",
                        source->address);
        else if (is_local || network_parse(address, &network))
            declare(declared, is_local ? address : slice_of((const char *)&network, sizeof network),
                    &source->place, "source", source->address, diag);
        else
            diag_add_at(diag, source->place,
                        "<source address=\"%s\">: is no address or network; write 192.0.2.7, "
                        "192.0.2.0/24 or 2001:db8::/32 with the host part zero",
                        source->address);
        if (source->charset) {
            struct charset *charset = charset_open(source->charset);
            if (!charset)
                diag_add_at(diag, source->place,
                            "<source charset=\"%s\">: unknown character set; write GB18030, Big5, "
                            "CP932, EUC-KR or UTF-8",
                            source->charset);
            charset_close(charset);
        }
        check_zone(&source->place, "source", source->zone, diag);
        check_site(config, &source->place, "source", source->site, diag);
    }
    map_free(declared, NULL);
}

/* Scope keys begin with them, in small letters. */
static void check_site_ids(const struct config *config, struct diag *diag)
{
    const struct site_settings *site;
    struct map *declared = map_new();
    for (size_t i = 0; (site = config_at(config, "site", i)); i++) {
        char key[SITE_ID_MAX];
        size_t n = 0;
        check_zone(&site->place, "site", site->zone, diag);
        if (*site->id == '\0' || strlen(site->id) > SITE_ID_MAX || strpbrk(site->id, "/ ") ||
            !utf8_is_inert(slice_from(site->id)))
            diag_add_at(diag, site->place,
                        "<site id=\"%s\">: write 1 to %d bytes without blank, slash, control "
                        "character or mark of direction",
                        site->id, SITE_ID_MAX);
        if (site->name && !utf8_is_inert(slice_from(site->name)))
            diag_add_at(diag, site->place,
                        "<site name=\"%s\">: write it without control characters and marks of "
                        "direction",
                        site->name);
        for (; n < sizeof key && site->id[n]; n++)
            key[n] = ascii_lower(site->id[n]);
        declare(declared, slice_of(key, n), &site->place, "site", site->id, diag);
    }
    map_free(declared, NULL);
}

/* Of each record's uid and of the names of files and letters: longer ones would be cut there. */
static void check_gateway_id(const struct gateway_settings *gateway, struct diag *diag)
{
    struct slice id = slice_from(gateway->id);
    if (id.n == 0 || id.n > GATEWAY_ID_MAX || !utf8_is_inert(id))
        diag_add_at(diag, gateway->place,
                    "<gateway id=\"%s\">: write 1 to %d bytes, without control characters and "
                    "marks of direction",
                    gateway->id, GATEWAY_ID_MAX);
}

static void check_engine_rows(const struct config *config, struct diag *diag)
{
    const struct maintenance_settings *maintenance;
    const struct newest_settings *newest;
    const char *mistake;
    struct buf zone = {0};
    for (size_t i = 0; (maintenance = config_at(config, "maintenance", i)); i++) {
        struct kpi_maintenance window;
        check_zone(&maintenance->place, "maintenance", maintenance->zone, diag);
        check_site(config, &maintenance->place, "maintenance", maintenance->site, diag);
        if ((mistake = engine_rows_maintenance(config, maintenance, &zone, &window)))
            diag_add_at(diag, maintenance->place, "<maintenance>: %s", mistake);
    }
    for (size_t i = 0; (newest = config_at(config, "newest", i)); i++) {
        struct kpi_newest version;
        if ((mistake = engine_rows_newest(newest, &version)))
            diag_add_at(diag, newest->place, "<newest>: %s", mistake);
    }
    buf_free(&zone);
}

static void check_sites(const struct config *config, const struct section_place *place,
                        const char *element, const char *sites, struct diag *diag)
{
    struct slice rest = slice_from(sites), word;
    while (rest.n) {
        char site[64];
        slice_cut(rest, ' ', &word, &rest);
        snprintf(site, sizeof site, "%.*s", SLICE_FMT(word));
        if (word.n)
            check_site(config, place, element, site, diag);
    }
}

static void check_report_sites(const struct config *config, const struct report_section *report,
                               struct diag *diag)
{
    struct slice list = slice_from(report->sites), word;
    while (slice_next_word(&list, &word)) {
        char site[64];
        snprintf(site, sizeof site, "%.*s", SLICE_FMT(word));
        if (strcmp(site, "all") != 0 && strcmp(site, "*") != 0)
            check_site(config, &report->place, "report", site, diag);
    }
}

static void check_readers(const struct config *config, struct diag *diag)
{
    const struct feed_section *feed;
    const struct outbox_section *told;
    const struct report_section *report;
    feed_check(config, diag);
    outbox_check(config, diag);
    reports_check(config, diag);
    for (size_t i = 0; (report = config_at(config, "report", i)); i++)
        check_report_sites(config, report, diag);
    for (size_t i = 0; (feed = config_at(config, "feed", i)); i++)
        check_sites(config, &feed->place, "feed", feed->sites, diag);
    for (size_t i = 0; (told = outbox_section_at(config, i)); i++)
        check_sites(config, &told->place, told->url ? "webhook" : "mail", told->sites, diag);
}

/* Two readers of one file would record each line twice, and keep one place. */
static void check_path_taken(const struct config *config, const char *element,
                             const char *attribute, struct diag *diag)
{
    const struct intake_listener *listener, *before;
    for (size_t i = 1; (listener = config_at(config, element, i)); i++)
        for (size_t k = 0; k < i && (before = config_at(config, element, k)); k++)
            if (strcmp(listener->address, before->address) == 0)
                diag_add_at(diag, listener->place, "<%s %s=\"%s\">: <%s> of line %d has it already",
                            element, attribute, listener->address, element, before->place.line);
}

static void check_listeners(const struct config *config, struct diag *diag)
{
    static const char *const elements[] = {"syslog-udp", "notifications", "syslog-tcp",
                                           "syslog-tls", "syslog-relp"};
    const struct intake_listener *listener;
    check_path_taken(config, "follow", "file", diag);
    check_path_taken(config, "syslog-unix", "path", diag);
    for (size_t i = 0; (listener = config_at(config, "syslog-unix", i)); i++)
        intake_check_unix(listener, diag);
    for (size_t i = 0; (listener = config_at(config, "follow", i)); i++)
        intake_check_follow(listener, diag);
    for (size_t k = 0; k < sizeof elements / sizeof *elements; k++)
        for (size_t i = 0; (listener = config_at(config, elements[k], i)); i++)
            intake_check(listener, elements[k], diag);
    taken_check(config, diag);
}

static void check_all(const struct config *config, struct diag *diag)
{
    const struct gateway_settings *gateway = config_get(config, "gateway");
    const struct tenant_settings *tenant;
    const struct kpi_override_settings *kpi;

    check_listeners(config, diag);
    check_gateway_id(gateway, diag);
    check_site(config, &gateway->place, "gateway", gateway->site, diag);
    check_site_ids(config, diag);
    check_sources(config, diag);
    for (size_t i = 0; (tenant = config_at(config, "tenant", i)); i++)
        check_site(config, &tenant->place, "tenant", tenant->site, diag);
    for (size_t i = 0; (kpi = config_at(config, "kpi", i)); i++)
        check_site(config, &kpi->place, "kpi", kpi->site, diag);
    check_engine_rows(config, diag);
    struct arena arena;
    arena_init(&arena, 0);
    struct agent_settings agent = agent_settings_from(config, &arena);
    agent_check(&agent, diag);
    arena_fini(&arena);
    check_readers(config, diag);
    web_check(config_get(config, "web"), diag);
}

int settings_load(const char *path, struct diag *diag, struct config **out)
{
    int result = path ? config_load(path, all, N_ALL, diag, out)
                      : config_load_text(settings_default_text(), "(embedded defaults)", NULL, all,
                                         N_ALL, diag, out);
    if (result != GW_OK)
        return result;
    check_all(*out, diag);
    if (diag_is_empty(diag))
        return GW_OK;
    config_free(*out);
    *out = NULL;
    return GW_ERR_INVALID;
}
