/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A report by hand: it reads the store of a state folder, beside the gateway that fills it or
 * without one, and writes a file whole or not at all. What runs on schedule runs this.
 */
#include "gateway/ctl/report.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/base/write.h"
#include "gateway/ctl/client.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/history.h"
#include "gateway/ctl/offline.h"
#include "gateway/kpi/catalogue.h"
#include "gateway/report/plan.h"
#include "gateway/report/report.h"
#include "gateway/report/write.h"
#include "gateway/store/read.h"
#include "gateway/xml/document.h"

static const char help[] =
    "usage: eogctl report [--period day|week|month] [--date DATE] [--site SITE]\n"
    "                     [--format html|pdf|csv|json] [--lang en|zh] [-o FILE] [--state DIR]\n"
    "       eogctl report --from DATE --to DATE [--site SITE] ...\n"
    "The report of a day, a week, a month or any days, of one site or of all: top tens with their\n"
    "change, indicators and alerts over time, coverage, what was not understood.\n\n"
    "  --period day|week|month  default: month\n"
    "  --date DATE       a day that lies in it, 2026-03-01; default: the last one that is over\n"
    "  --from DATE       any days, --to the last of them, in place of a period\n"
    "  --to DATE\n"
    "  --site SITE       default: all sites together\n"
    "  --format html|pdf|csv|json  default: by FILE's end, else html\n"
    "  --json            the same as --format json\n"
    "  --lang en|zh      default: en\n"
    "  -o, --out FILE    written whole or not at all; - or none: standard output\n"
    "  --week-start monday|sunday  default: monday\n"
    "  --gateway NAME    as the head names it; default: this machine's name\n"
    "  --data DIR        the folder that holds mappings/ (default: $EOG_DATA, else as installed)\n"
    "  --catalogue FILE  the indicators, in place of those of the folder\n"
    "  --own-catalogue FILE  indicators of your own, as the configuration's <data> names them\n"
    "  --state DIR       the gateway's state\n"
    "Exit code: 0 written, 2 wrong usage, 3 it cannot be made.\n\n"
    "  eogctl report -o march.pdf --date 2026-03-01\n"
    "  eogctl report --period week --site hq --lang zh -o week.html\n"
    "  eogctl report --from 2026-03-01 --to 2026-03-10 --json | jq '.tables[0].rows'\n";

struct wishes {
    struct client_options client;
    const char *period, *date, *from, *to, *site, *format, *language, *out, *week, *gateway, *data,
        *catalogue, *own;
};

static int wrong(const char *option, const char *value, const char *wanted)
{
    fprintf(stderr, "eogctl report: %s '%s' is not %s\n", option, value, wanted);
    return CTL_USAGE;
}

static bool take_wishes(int *argc, char **argv, struct wishes *w)
{
    const struct {
        const char *name, **value;
    } options[] = {
        {"--period", &w->period},
        {"--date", &w->date},
        {"--from", &w->from},
        {"--to", &w->to},
        {"--site", &w->site},
        {"--format", &w->format},
        {"--lang", &w->language},
        {"--out", &w->out},
        {"-o", &w->out},
        {"--week-start", &w->week},
        {"--gateway", &w->gateway},
        {"--data", &w->data},
        {"--catalogue", &w->catalogue},
        {"--own-catalogue", &w->own},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (!client_take(argc, argv, options[i].name, options[i].value))
            return false;
    return client_parse(*argc, argv, &w->client);
}

static int choose_days(const struct wishes *w, int64_t today, struct report_plan *plan)
{
    enum report_period period = REPORT_MONTH;
    enum report_week week = REPORT_WEEK_MONDAY;
    int64_t day, last;

    if (w->period && !report_plan_period_of(slice_from(w->period), &period))
        return wrong("--period", w->period, "day, week or month");
    if (w->week && strcmp(w->week, "sunday") == 0)
        week = REPORT_WEEK_SUNDAY;
    else if (w->week && strcmp(w->week, "monday") != 0)
        return wrong("--week-start", w->week, "monday or sunday");
    if (w->from || w->to) {
        if (w->period || w->date || !w->from || !w->to) {
            fputs("eogctl report: --from and --to go together, without --period and --date\n",
                  stderr);
            return CTL_USAGE;
        }
        if (!report_plan_date(slice_from(w->from), &day))
            return wrong("--from", w->from, "a date such as 2026-03-01");
        if (!report_plan_date(slice_from(w->to), &last))
            return wrong("--to", w->to, "a date such as 2026-03-01");
        if (last < day || last - day > 3660)
            return wrong("--to", w->to, "a date after --from, within ten years of it");
        report_plan_range(plan, day, last);
    } else if (w->date) {
        if (!report_plan_date(slice_from(w->date), &day))
            return wrong("--date", w->date, "a date such as 2026-03-01");
        report_plan_period(plan, period, day, week);
    } else {
        report_plan_last(plan, period, today, week);
    }
    return CTL_OK;
}

static int choose_form(const struct wishes *w, enum report_format *format,
                       enum report_language *language)
{
    const char *end = w->out ? strrchr(w->out, '.') : NULL;
    *format = REPORT_HTML;
    *language = REPORT_EN;
    if (w->client.is_json)
        *format = REPORT_JSON;
    else if (w->format && !report_format_of(w->format, format))
        return wrong("--format", w->format, "html, pdf, csv or json");
    else if (!w->format && end)
        report_format_of(end + 1, format);
    if (w->language && strcmp(w->language, "zh") == 0)
        *language = REPORT_ZH;
    else if (w->language && strcmp(w->language, "en") != 0)
        return wrong("--lang", w->language, "en or zh");
    return CTL_OK;
}

/* NULL: standard error says why. */
static struct kpi_catalogue *load_catalogue(const struct wishes *w)
{
    struct kpi_catalogue *catalogue = NULL;
    struct buf text = {0}, own = {0};
    struct diag diag = {0};
    struct arena arena;

    arena_init(&arena, 0);
    const char *mappings = offline_mappings(&arena, w->data),
               *path = w->catalogue ? w->catalogue : arena_printf(&arena, "%s/kpi.xml", mappings),
               *schema = arena_printf(&arena, "%s/kpi.rng", mappings);
    if (xml_read_file(path, &text, &diag) != GW_OK ||
        (w->own && xml_read_file(w->own, &own, &diag) != GW_OK) ||
        kpi_catalogue_load_both(buf_get(&text), path, buf_get(&own), w->own, schema, &diag,
                                &catalogue) != GW_OK)
        diag_print(&diag, stderr);
    diag_free(&diag);
    buf_free(&text);
    buf_free(&own);
    arena_fini(&arena);
    return catalogue;
}

/* Beside the file, synced, then renamed: whoever looks sees the old one or the new one. */
static int replace(const char *path, struct slice bytes)
{
    struct buf temporary = {0};
    buf_printf(&temporary, "%s.XXXXXX", path);
    int fd = mkostemp((char *)(uintptr_t)buf_text(&temporary), O_CLOEXEC);
    bool is_fine = fd >= 0 && fchmod(fd, 0640) == 0 && write_whole(fd, bytes) == GW_OK &&
                   fsync(fd) == 0 && rename(temporary.p, path) == 0;
    int why = is_fine ? 0 : errno;
    if (fd >= 0)
        close(fd);
    if (fd >= 0 && !is_fine)
        unlink(temporary.p);
    buf_free(&temporary);
    return why;
}

static int write_through(const char *path, struct slice bytes)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int why = fd >= 0 && write_whole(fd, bytes) == GW_OK ? 0 : errno;
    if (fd >= 0 && close(fd) != 0 && !why)
        why = errno;
    return why;
}

/* A device or a FIFO must not become a file, nor a link. */
static int write_file(const char *path, struct slice bytes)
{
    char named[PATH_MAX];
    struct stat there;
    int why = stat(path, &there) == 0 && !S_ISREG(there.st_mode)
                  ? write_through(path, bytes)
                  : replace(realpath(path, named) ? named : path, bytes);
    if (why)
        fprintf(stderr, "eogctl report: %s: %s\n", path, strerror(why));
    return why ? CTL_CANNOT : CTL_OK;
}

static int put_out(const struct wishes *w, enum report_format format, struct slice bytes)
{
    if (w->out && strcmp(w->out, "-") != 0)
        return write_file(w->out, bytes);
    if (format == REPORT_PDF && isatty(STDOUT_FILENO)) {
        fputs("eogctl report: a PDF is nothing for a terminal; name a file with -o\n", stderr);
        return CTL_USAGE;
    }
    return fwrite(bytes.p, 1, bytes.n, stdout) == bytes.n ? CTL_OK : CTL_CANNOT;
}

static int make(const struct wishes *w, struct store_reader *reader)
{
    char zone_name[64], host[65] = "", trouble[300] = "";
    struct report_plan plan = {.site = w->site, .gateway = w->gateway};
    struct zone *zone = store_site_zone(reader, w->site, zone_name, sizeof zone_name);
    struct kpi_catalogue *catalogue = NULL;
    struct buf out = {0};
    struct report *report = NULL;
    enum report_format format;
    enum report_language language;
    int code;

    plan.zone = zone;
    plan.zone_name = zone_name;
    plan.made_ms = clock_read(&clock_system).wall_ms;
    if (!plan.gateway) {
        gethostname(host, sizeof host - 1);
        plan.gateway = host;
    }
    code = choose_days(w, store_day(zone, plan.made_ms), &plan);
    if (code == CTL_OK)
        code = choose_form(w, &format, &language);
    if (code == CTL_OK && !(catalogue = load_catalogue(w)))
        code = CTL_CANNOT;
    if (code == CTL_OK) {
        plan.catalogue = catalogue;
        if (report_make(reader, &plan, &report, trouble, sizeof trouble) != GW_OK ||
            report_write(report_view(report), format, language, &out, trouble, sizeof trouble) !=
                GW_OK) {
            fprintf(stderr, "eogctl report: %s\n", trouble);
            code = CTL_CANNOT;
        } else {
            /* A slip of the pen, or a site without any record. */
            if (w->site && report_view(report)->n_sites == 0)
                fprintf(stderr, "eogctl report: nothing is known of a site '%s' in this period\n",
                        w->site);
            if (*trouble) /* it is written, but not all as it should be */
                fprintf(stderr, "eogctl report: %s\n", trouble);
            code = put_out(w, format, buf_get(&out));
        }
    }
    report_free(report);
    kpi_catalogue_free(catalogue);
    buf_free(&out);
    zone_free(zone);
    return code;
}

int ctl_report(int argc, char **argv)
{
    struct wishes w = {.period = NULL};
    char path[PATH_MAX], trouble[300];
    struct store_reader *reader;
    int code;

    if (!take_wishes(&argc, argv, &w))
        return CTL_USAGE;
    if (w.client.is_help || w.client.n_rest > 0)
        return ctl_help(help, w.client.is_help);
    history_store_path(&w.client, path, sizeof path);
    int error = store_reader_open(path, &reader, trouble, sizeof trouble);
    if (error) {
        fprintf(stderr, "eogctl report: %s%s. Reports are made of the store: <store/>\n", trouble,
                ctl_advice(error));
        return CTL_CANNOT;
    }
    code = make(&w, reader);
    store_reader_close(reader);
    return code;
}
