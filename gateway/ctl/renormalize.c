/* SPDX-License-Identifier: GPL-3.0-or-later */
/* eogctl renormalize: options, what they need, and the way of the corrections. */
#include "gateway/ctl/renormalize.h"

#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/diag.h"
#include "gateway/base/error.h"
#include "gateway/ctl/corrections_out.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/journal_place.h"
#include "gateway/ctl/offline.h"
#include "gateway/ctl/sources.h"
#include "gateway/journal/journal.h"
#include "gateway/kpi/settings.h"

static const char help[] =
    "usage: eogctl renormalize --from TIME --to TIME [OPTIONS]\n"
    "Reads messages of the past again, out of the journal, by the mappings of today. What reads\n"
    "otherwise is appended to the journal as a correction: the same uid, a higher revision. What\n"
    "was recorded stays; indicators and alerts do not change, they were judged when it came.\n"
    "Another run finds nothing more to do.\n\n"
    "  --from TIME       what was received at TIME or later: 2026-11-24, 2026-11-24T04:12,\n"
    "                    2026-11-24T04:12:20+08:00; UTC without a zone\n"
    "  --to TIME         what was received before TIME\n"
    "  --product ID      what this mapping knew or knows now: trendmicro/apex-central\n"
    "  --kind PREFIX     recorded as one of these kinds: gateway.untranslatable, malware ...\n"
    "  --site SITE       recorded as of this site\n"
    "  --dry-run         reports alone; nothing is written or locked\n"
    "  --feed            feeds send the corrections too; else they are for the journal's other\n"
    "                    readers\n"
    "  --config FILE     the gateway's configuration: its sources and its mappings; without it\n"
    "                    the embedded defaults, if they are the gateway's\n"
    "  --data DIR        folder that holds mappings/ (default: as the configuration says,\n"
    "                    $EOG_DATA, the installed one)\n"
    "  -n N              examples, field by field, of each change from kind to kind (default: 3)\n"
    "  --state DIR       the state folder (default: $EOG_STATE, ./var, the packaged one)\n"
    "  --json            one JSON object\n"
    "  --help            this text\n\n"
    "Exit code: 0 done, 1 not all could be read, 2 wrong usage, 3 it could not be done wholly.\n\n"
    "  eogctl renormalize --from 2026-11-24 --to 2026-11-25 --dry-run --config eogd.xml\n"
    "  eogctl renormalize --from 2026-11-24 --to 2026-11-25 --kind gateway.untranslatable\n"
    "  eogctl renormalize --from 2026-11-01 --to 2026-12-01 --product cisco/ios --feed --json\n";

struct options {
    struct renormalize_job job;
    const char *state, *config, *data;
    bool has_from, has_to, is_dry, is_json;
    int64_t examples;
};

struct command {
    const struct options *options;
    struct sources sources;
    struct mapping_set *set;
    struct corrections_out *out; /* NULL: a dry run */
    bool is_refused;
};

/* ---- what the job asks ---- */

static bool put_correction(void *context, const struct gw_event *correction)
{
    const struct command *command = context;
    return corrections_out_put(command->out, correction);
}

/* Read by other declarations, every record would seem to have changed its site or its charset. */
static bool judge_settings(void *context, struct slice bytes)
{
    struct command *command = context;
    struct kpi_settings settings;
    struct arena arena;
    arena_init(&arena, 0);
    bool fits =
        command->options->config || (kpi_settings_decode(bytes, &arena, &settings) == GW_OK &&
                                     sources_are_of(&command->sources, &settings));
    arena_fini(&arena);
    command->is_refused = !fits;
    if (!fits)
        fputs(
            "eogctl renormalize: the gateway of this journal has other sources, sites or another\n"
            "id than the embedded defaults; name its configuration with --config FILE\n",
            stderr);
    return fits;
}

/* ---- running ---- */

static bool load(struct command *command)
{
    const struct options *options = command->options;
    struct diag diag = {0};
    struct arena arena;
    if (!sources_load(options->config, &command->sources))
        return false;
    arena_init(&arena, 0);
    const char *folder = command->sources.mappings && !options->data
                             ? command->sources.mappings
                             : offline_mappings(&arena, options->data);
    int result = mapping_set_load(folder, &diag, &command->set);
    diag_print(&diag, stderr);
    if (result != GW_OK)
        fprintf(stderr, "eogctl renormalize: %s: the mappings cannot be loaded: %s\n", folder,
                gw_error_text(result));
    diag_free(&diag);
    arena_fini(&arena);
    return result == GW_OK;
}

static void say_journal(const char *folder, int error)
{
    fprintf(stderr, "eogctl renormalize: %s: %s%s\n", folder,
            error == GW_ERR_NOT_FOUND ? "no journal there" : gw_error_text(error),
            ctl_advice(error));
}

static int report_end(const struct command *command, const struct renormalize_report *report,
                      const struct renormalize_end *end)
{
    if (command->options->is_json)
        renormalize_report_print_json(report, end, stdout);
    else
        renormalize_report_print(report, end, stdout);
    if (end->damaged || end->unreadable)
        fprintf(stderr,
                "eogctl renormalize: %llu records are lost and %llu cannot be read; eogctl journal "
                "verify says where\n",
                (unsigned long long)end->damaged, (unsigned long long)end->unreadable);
    bool is_good =
        !end->damaged && !end->unreadable && renormalize_report_count(report, RENORMAL_FAILED) == 0;
    if (fflush(stdout) != 0 || !end->is_whole)
        return CTL_CANNOT;
    return is_good ? CTL_OK : CTL_NO;
}

static int run(struct command *command, const struct renormalize_job *job)
{
    struct renormal *renormal = gw_alloc(sizeof *renormal);
    struct renormalize_report *report =
        renormalize_report_new(command->set, command->options->examples);
    struct renormalize_end end = {.from_ms = job->from_ms,
                                  .to_ms = job->to_ms,
                                  .is_dry = command->options->is_dry,
                                  .is_for_feed = job->is_for_feed};
    int code = CTL_CANNOT;
    renormal_init(renormal, command->set, &command->sources);
    int result = renormalize_run(job, renormal, report, &end);
    if (command->out) {
        end.is_whole &= corrections_out_finish(command->out);
        end.written = corrections_out_written(command->out);
        end.is_by_daemon = corrections_out_is_daemon(command->out);
    }
    if (result != GW_OK)
        say_journal(job->folder, result);
    if (command->is_refused)
        code = CTL_USAGE;
    else if (result == GW_OK || end.written)
        code = report_end(command, report, &end);
    renormalize_report_free(report);
    renormal_fini(renormal);
    free(renormal);
    return result == GW_OK ? code : CTL_CANNOT;
}

static bool stop_at_once(void *context, const struct journal_record *record)
{
    (void)context, (void)record;
    return false;
}

/* Nothing is made where no journal is. */
static bool is_journal(const char *folder)
{
    struct journal_scan scan;
    int result = journal_scan_dir(folder, &scan, stop_at_once, NULL);
    if (result != GW_OK)
        say_journal(folder, result);
    return result == GW_OK;
}

static int renormalize(const struct options *options)
{
    char folder[PATH_MAX], state[PATH_MAX];
    struct command command = {.options = options};
    struct renormalize_job job = options->job;
    int code = CTL_CANNOT;
    journal_place_find(options->state, NULL, folder, sizeof folder);
    snprintf(state, sizeof state, "%.*s", (int)(strlen(folder) - strlen("/journal")), folder);
    job.folder = folder;
    job.context = &command;
    job.judge_settings = judge_settings;
    job.has_progress = true;
    if (load(&command) && is_journal(folder)) {
        command.out = options->is_dry ? NULL : corrections_out_open(state, folder);
        job.correct = command.out ? put_correction : NULL;
        if (command.out || options->is_dry)
            code = run(&command, &job);
    }
    corrections_out_close(command.out);
    sources_free(&command.sources);
    mapping_set_free(command.set);
    return code;
}

/* ---- options ---- */

/* False after a message. */
static bool read_option(int letter, struct options *out)
{
    switch (letter) {
    case 'f':
        out->has_from = true;
        return journal_place_time("renormalize", "from", optarg, &out->job.from_ms);
    case 't':
        out->has_to = true;
        return journal_place_time("renormalize", "to", optarg, &out->job.to_ms);
    case 'p':
        out->job.product = slice_from(optarg);
        return true;
    case 'k':
        out->job.kind = slice_from(optarg);
        return true;
    case 'i':
        out->job.site = slice_from(optarg);
        return true;
    case 'c':
        out->config = optarg;
        return true;
    case 'd':
        out->data = optarg;
        return true;
    case 's':
        out->state = optarg;
        return true;
    case 'D':
        out->is_dry = true;
        return true;
    case 'F':
        out->job.is_for_feed = true;
        return true;
    case 'j':
        out->is_json = true;
        return true;
    default:
        if (slice_to_int(slice_from(optarg), &out->examples) && out->examples >= 0)
            return true;
        fputs("eogctl renormalize: -n wants a number\n", stderr);
        return false;
    }
}

/* -1: go on; else the exit code. */
static int read_options(int argc, char **argv, struct options *out)
{
    static const struct option rows[] = {
        {"from", required_argument, NULL, 'f'},
        {"to", required_argument, NULL, 't'},
        {"product", required_argument, NULL, 'p'},
        {"kind", required_argument, NULL, 'k'},
        {"site", required_argument, NULL, 'i'},
        {"config", required_argument, NULL, 'c'},
        {"data", required_argument, NULL, 'd'},
        {"state", required_argument, NULL, 's'},
        {"dry-run", no_argument, NULL, 'D'},
        {"feed", no_argument, NULL, 'F'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int letter;
    optind = 1;
    while ((letter = getopt_long(argc, argv, "hn:", rows, NULL)) != -1) {
        if (letter == 'h')
            return ctl_help(help, true);
        if (letter == '?' || !read_option(letter, out))
            return CTL_USAGE;
    }
    if (optind != argc || !out->has_from || !out->has_to)
        return ctl_help(help, false);
    if (out->job.from_ms < out->job.to_ms)
        return -1;
    fputs("eogctl renormalize: --from must be before --to\n", stderr);
    return CTL_USAGE;
}

int ctl_renormalize(int argc, char **argv)
{
    struct options options = {.examples = 3};
    int code = read_options(argc, argv, &options);
    return code >= 0 ? code : renormalize(&options);
}
