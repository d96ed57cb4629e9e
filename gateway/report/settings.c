/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The option rows of <report>, and what can be wrong in them. */
#include "gateway/report/settings.h"

#include <string.h>

#include "gateway/base/ascii.h"
#include "gateway/base/zone.h"
#include "gateway/report/due.h"

#define AT(member) .offset = offsetof(struct report_section, member)

enum { SECOND_MS = 1000, MINUTE_MS = 60000, DAY_MS = 86400000 };

static const struct option rows[] = {
    {.name = "name",
     .type = OPTION_TEXT,
     AT(name),
     .is_required = true,
     .help = "Name, at most 32 letters, digits, '-' and '_', no two the same: its files are called "
             "after it, and what was made is remembered under it."},
    {.name = "period",
     .type = OPTION_ENUM,
     AT(period),
     .fallback = "day",
     .choices = "day week month",
     .help = "What each one is of: a day, a week or a month that is over."},
    {.name = "at",
     .type = OPTION_TEXT,
     AT(at),
     .fallback = "06:00",
     .help =
         "When it is made, on the day behind its period, HH:MM; see zone. Not before the period "
         "has been over for five minutes: what was sent at its end is on its way. What comes "
         "still later counts by its own time, in weekly and monthly reports and in one that is "
         "made again by hand."},
    {.name = "zone",
     .type = OPTION_TEXT,
     AT(zone),
     .help = "Whose clocks say what time it is (IANA name); default: the site's zone if it is of "
             "one, else the first site's. Its days are those of its sites' own clocks: it is not "
             "made before they are over by all of them."},
    {.name = "week-start",
     .type = OPTION_ENUM,
     AT(week_start),
     .fallback = "monday",
     .choices = "monday sunday",
     .help = "The first day of a week."},
    {.name = "site",
     .type = OPTION_TEXT,
     AT(sites),
     .fallback = "all",
     .help = "all: one of all sites together; *: one of each site; or the sites that one is made "
             "of each, blanks between them. all can stand with others."},
    {.name = "lang",
     .type = OPTION_TEXT,
     AT(languages),
     .fallback = "en",
     .help = "Its languages: en (English), zh (Simplified Chinese), or both with a blank between. "
             "The mail about it is in the first."},
    {.name = "format",
     .type = OPTION_TEXT,
     AT(formats),
     .fallback = "html",
     .help = "html, pdf, csv, json: one file of each that is named."},
    {.name = "folder",
     .type = OPTION_FILE,
     AT(folder),
     .help = "Where its files go, as NAME-DATE-SITE.LANG.FORMAT; made when it is missing. Default: "
             "reports in the state folder."},
    {.name = "keep",
     .type = OPTION_DURATION,
     AT(keep_ms),
     .fallback = "400d",
     .max = INT64_C(36600) * DAY_MS,
     .help = "Its own files are deleted when the first day of their period was so long ago; 0s: "
             "never."},
    {.name = "mail",
     .type = OPTION_TEXT,
     AT(mail),
     .help = "Names of <mail>s whose receivers are sent its files, blanks between them."},
    {.name = "mail-size",
     .type = OPTION_SIZE,
     AT(mail_max_bytes),
     .fallback = "10M",
     .max = 256 << 20,
     .unit = "bytes",
     .help = "Files that are together larger than this are not sent: the mail says where they lie. "
             "In the mail they are a third larger."},
    {.name = "wait",
     .type = OPTION_DURATION,
     AT(wait_ms),
     .fallback = "1h",
     .max = 2 * DAY_MS,
     .unit = "ms",
     .help = "How long it is waited for the store to have all that the journal had when the report "
             "became due; then it is made of what is there, and the log says so."},
    {.name = "timeout",
     .type = OPTION_DURATION,
     AT(timeout_ms),
     .fallback = "5m",
     .min = SECOND_MS,
     .max = 120 * MINUTE_MS,
     .unit = "ms",
     .help = "How long the making of one file may take."},
    {.name = "memory",
     .type = OPTION_SIZE,
     AT(memory_bytes),
     .fallback = "2G",
     .max = INT64_C(1) << 40,
     .unit = "bytes",
     .help = "Address space that the making of one file may use; 0: no limit."},
};

const struct section report_section = {
    .element = "report",
    .rows = rows,
    .n_rows = sizeof rows / sizeof *rows,
    .size = sizeof(struct report_section),
    .is_many = true,
    .help = "A report that is made by itself when its period is over, and sent by mail if so "
            "wished; see eogctl reports. What was missed while the gateway was down is made when "
            "it starts: the last 7 days, 4 weeks or 3 months.",
};

/* ---- checks ---- */

/* The name begins files' names and stands in a mail's Message-ID. */
static bool is_name(const char *name)
{
    return ascii_is_word(name, "-_", REPORT_NAME_MAX);
}

/* Words of known, blanks between them; each once, at least one. */
static void check_list(const struct report_section *section, const char *option, const char *list,
                       const char *known, struct diag *diag)
{
    struct slice rest = slice_from(list), word, others, other;
    size_t n = 0;
    while (slice_next_word(&rest, &word)) {
        bool is_known = !known;
        for (others = slice_from(known); slice_next_word(&others, &other);)
            is_known = is_known || slice_equal(word, other);
        if (!is_known)
            diag_add_at(diag, section->place,
                        "<report %s>: '%.*s' is none; write one or more of: %s", option,
                        SLICE_FMT(word), known);
        for (others = rest; slice_next_word(&others, &other);)
            if (slice_equal(word, other))
                diag_add_at(diag, section->place, "<report %s>: '%.*s' stands there twice", option,
                            SLICE_FMT(word));
        n++;
    }
    if (n == 0)
        diag_add_at(diag, section->place, "<report %s>: names nothing", option);
}

static void check_one(const struct report_section *section, struct diag *diag)
{
    int minute;
    if (!is_name(section->name))
        diag_add_at(diag, section->place,
                    "<report name=\"%s\">: write 1 to %d letters, digits, '-' or '_'",
                    section->name, REPORT_NAME_MAX);
    if (!due_minute(section->at, &minute))
        diag_add_at(diag, section->place,
                    "<report at=\"%s\">: is no time of the day; write HH:MM such as 07:30",
                    section->at);
    struct zone *zone = section->zone ? zone_open(section->zone) : NULL;
    if (section->zone && !zone)
        diag_add_at(diag, section->place,
                    "<report zone=\"%s\">: no such time zone here; write an IANA name such as "
                    "Asia/Shanghai",
                    section->zone);
    zone_free(zone);
    check_list(section, "site", section->sites, NULL, diag);
    check_list(section, "lang", section->languages, "en zh", diag);
    check_list(section, "format", section->formats, "html pdf csv json", diag);
    if (section->mail)
        check_list(section, "mail", section->mail, NULL, diag);
    if (section->folder && !*section->folder)
        diag_add_at(diag, section->place,
                    "<report folder>: is empty; leave it out, or name a folder");
}

bool report_check(const struct config *config, struct diag *diag)
{
    const struct report_section *section, *other;
    size_t before = diag->total;
    for (size_t i = 0; (section = config_at(config, "report", i)); i++) {
        check_one(section, diag);
        for (size_t k = 0; k < i; k++) {
            other = config_at(config, "report", k);
            if (strcmp(section->name, other->name) == 0)
                diag_add_at(diag, section->place, "<report name=\"%s\">: stands in line %d already",
                            section->name, other->place.line);
        }
        if (i == REPORT_SECTIONS_MAX)
            diag_add_at(diag, section->place, "<report>: more than %d of them",
                        REPORT_SECTIONS_MAX);
    }
    return diag->total == before;
}
