/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The journal offline: its segments, its records, its damage. One pass of the journal's own scan;
 * the three commands differ in what they do with what it tells.
 */
#include "gateway/ctl/journal.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/civil.h"
#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/base/json.h"
#include "gateway/base/slice.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/inert.h"
#include "gateway/ctl/journal_place.h"
#include "gateway/ctl/progress.h"
#include "gateway/ctl/table.h"
#include "gateway/journal/journal.h"
#include "gateway/kpi/record.h"
#include "gateway/kpi/settings.h"
#include "gateway/schema/event.h"
#include "gateway/schema/ocsf.h"

static const char help[] =
    "usage: eogctl journal ls|cat|verify [OPTIONS] [FOLDER]\n"
    "Reads a journal's folder. Nothing is changed or locked; the daemon may run.\n\n"
    "  ls      a row a segment: its records, its bytes, when they happened, what is damaged\n"
    "  cat     records as OCSF events, a JSON object a line; without the engine's own ticks\n"
    "          and settings\n"
    "  verify  checks every record; exit code 1 and the places where something is damaged\n\n"
    "  --state DIR    the state folder that holds journal/ (default: $EOG_STATE, ./var, the\n"
    "                 packaged one); or name the journal's FOLDER itself\n"
    "  --json         one JSON object (cat prints JSON anyway)\n"
    "  --from TIME    cat: what happened at TIME or later: 2026-11-24, 2026-11-24T04:12,\n"
    "                 2026-11-24T04:12:20+08:00; UTC without a zone\n"
    "  --to TIME      cat: what happened before TIME\n"
    "  --kind PREFIX  cat: records of these kinds: malware, content.outdated, gateway. ...\n"
    "  --site SITE    cat: records of this site\n"
    "  -n N           cat: stop after N records\n"
    "  --help         this text\n\n"
    "  eogctl journal verify\n"
    "  eogctl journal ls --state /var/lib/eog-gateway\n"
    "  eogctl journal cat --from 2026-11-24 --to 2026-11-25 --kind malware | jq .raw_data\n";

struct options {
    enum { LS, CAT, VERIFY } verb;
    const char *state, *folder;
    bool is_json;
    bool has_filter; /* one of cat's own options was given */
    int64_t from_ms, to_ms, limit;
    struct slice kind, site;
};

struct job {
    const struct options *options;
    struct journal_scan scan;
    struct gw_event *event;
    struct buf out; /* JSON on its way */
    struct json json;
    struct table *table;
    struct progress progress;
    char *gateway_id;
    uint64_t printed, unreadable;
    int64_t earliest_ms, latest_ms; /* of this segment; earliest > latest: none */
    bool failed;                    /* standard output is gone */
};

/* ---- output ---- */

static void flush(struct job *job)
{
    if (job->out.n && fwrite(job->out.p, 1, job->out.n, stdout) != job->out.n)
        job->failed = true;
    buf_clear(&job->out);
}

static const char *file_of(uint64_t first, char name[JOURNAL_SEGMENT_NAME_MAX])
{
    journal_segment_name(first, name);
    return name;
}

static void begin_progress(struct job *job)
{
    progress_begin(&job->progress, stderr, (uint64_t)job->scan.bytes >> 20,
                   clock_read(&clock_system).mono_ms);
    job->progress.unit = " MiB";
    job->progress.is_shown &= job->progress.total > 0; /* the rest is over at once */
}

/* ---- cat ---- */

/* Whose records these are stands in the settings that each start of the daemon journals. */
static void take_settings(struct job *job)
{
    struct kpi_settings settings;
    struct arena arena;
    if (job->event->kind != GW_KIND_GATEWAY_CONFIG ||
        !slice_equal(gw_event_text(job->event, GW_FIELD_LOAD_TYPE),
                     slice_from(kpi_load_name(KPI_LOAD_SETTINGS))))
        return;
    arena_init(&arena, 0);
    if (kpi_settings_decode(job->event->raw, &arena, &settings) == GW_OK && settings.gateway_id) {
        free(job->gateway_id);
        job->gateway_id = gw_strdup(settings.gateway_id);
    }
    arena_fini(&arena);
}

static bool find_settings(void *context, const struct journal_record *record)
{
    struct job *job = context;
    if (gw_event_peek_kind(record->payload) == GW_KIND_GATEWAY_CONFIG &&
        gw_event_decode(record->payload, job->event) == GW_OK)
        take_settings(job);
    return job->gateway_id == NULL;
}

static bool is_wanted(const struct options *options, const struct gw_event *event)
{
    const char *kind = gw_kind_name((enum gw_kind)event->kind);
    if (options->kind.n)
        return slice_starts_with(slice_from(kind), options->kind);
    return event->kind != GW_KIND_GATEWAY_TICK && event->kind != GW_KIND_GATEWAY_CONFIG;
}

static bool is_matching(const struct options *options, const struct gw_event *event)
{
    return event->time_ms >= options->from_ms && event->time_ms < options->to_ms &&
           is_wanted(options, event) &&
           (!options->site.n ||
            slice_equal_nocase(gw_event_text(event, GW_FIELD_SITE), options->site));
}

static bool print_record(struct job *job)
{
    enum { FLUSH_BYTES = 1024 * 1024 };
    if (!is_matching(job->options, job->event))
        return true;
    struct buf line = {0};
    struct ocsf_context context = {
        .gateway_id = slice_from(job->gateway_id),
        .epoch = slice_from(job->scan.epoch),
        .version = SLICE(PACKAGE_VERSION),
        .has_raw = true,
        .has_unmapped = true,
    };
    ocsf_write(job->event, &context, &line);
    inert_json(&job->out, buf_get(&line));
    buf_byte(&job->out, '\n');
    buf_free(&line);
    if (job->out.n >= FLUSH_BYTES)
        flush(job);
    return ++job->printed != (uint64_t)job->options->limit && !job->failed;
}

/* ---- what the scan tells ---- */

static bool on_record(void *context, const struct journal_record *record)
{
    enum { DRAW_EVERY = 64 };
    struct job *job = context;
    if (job->options->verb != CAT && job->scan.records == 1)
        begin_progress(job);
    if (job->options->verb != CAT && job->scan.records % DRAW_EVERY == 0)
        progress_draw(&job->progress, (uint64_t)job->scan.bytes_read >> 20,
                      clock_read(&clock_system).mono_ms);
    if (gw_event_decode(record->payload, job->event) != GW_OK) {
        job->unreadable++;
        return true;
    }
    job->event->sequence = record->sequence;
    if (job->options->verb == CAT) {
        take_settings(job);
        return print_record(job);
    }
    if (job->event->time_ms < job->earliest_ms)
        job->earliest_ms = job->event->time_ms;
    if (job->event->time_ms > job->latest_ms)
        job->latest_ms = job->event->time_ms;
    return true;
}

static void put_time(struct json *json, struct json_key key, bool is_known, int64_t ms)
{
    char text[CIVIL_RFC3339_MAX];
    if (is_known)
        json_member_string(json, key, slice_of(text, civil_format(ms, text)));
}

static void list_json(struct job *job, const struct journal_scan_segment *segment)
{
    struct json *json = &job->json;
    char name[JOURNAL_SEGMENT_NAME_MAX];
    bool has_times = job->earliest_ms <= job->latest_ms;
    json_begin_object(json, SLICE_NONE);
    json_member_string(json, JSON_KEY("file"), slice_from(file_of(segment->first, name)));
    json_member_int(json, JSON_KEY("first"), (int64_t)segment->first);
    json_member_int(json, JSON_KEY("last"), (int64_t)segment->last);
    json_member_int(json, JSON_KEY("records"), (int64_t)segment->records);
    json_member_int(json, JSON_KEY("bytes"), segment->bytes);
    put_time(json, JSON_KEY("created"), segment->created_ms > 0, segment->created_ms);
    put_time(json, JSON_KEY("from"), has_times, job->earliest_ms);
    put_time(json, JSON_KEY("to"), has_times, job->latest_ms);
    json_member_int(json, JSON_KEY("damaged"), (int64_t)segment->damaged);
    json_member_int(json, JSON_KEY("damaged_marks"), (int64_t)segment->damaged_marks);
    json_bool(json, SLICE("sealed"), segment->is_sealed);
    json_bool(json, SLICE("torn"), segment->is_torn);
    json_end_object(json);
}

static void list_row(struct job *job, const struct journal_scan_segment *segment)
{
    char name[JOURNAL_SEGMENT_NAME_MAX], first[24], last[24] = "-", records[24], bytes[24];
    char from[CIVIL_RFC3339_MAX] = "-", to[CIVIL_RFC3339_MAX] = "-", damage[96] = "";
    snprintf(first, sizeof first, "%" PRIu64, segment->first);
    if (segment->records)
        snprintf(last, sizeof last, "%" PRIu64, segment->last);
    snprintf(records, sizeof records, "%" PRIu64, segment->records);
    snprintf(bytes, sizeof bytes, "%" PRId64, segment->bytes);
    if (job->earliest_ms <= job->latest_ms) {
        civil_format(job->earliest_ms, from);
        civil_format(job->latest_ms, to);
    }
    if (segment->damaged || segment->damaged_marks)
        snprintf(damage, sizeof damage, "%" PRIu64 " records lost, %" PRIu64 " marks damaged",
                 segment->damaged, segment->damaged_marks);
    else
        snprintf(damage, sizeof damage, "%s",
                 segment->is_torn     ? "none; ends in part of a record"
                 : segment->is_sealed ? "none"
                                      : "none; open");
    const char *cells[] = {
        file_of(segment->first, name), first, last, records, bytes, from, to, damage};
    table_add(job->table, cells);
}

static void on_segment(void *context, const struct journal_scan_segment *segment)
{
    struct job *job = context;
    if (job->table)
        list_row(job, segment);
    else if (job->options->verb == LS)
        list_json(job, segment);
    job->earliest_ms = INT64_MAX;
    job->latest_ms = INT64_MIN;
}

static const char *words_of(const char *what)
{
    return strcmp(what, "header") == 0    ? "one of two headers is damaged; nothing is lost by it"
           : strcmp(what, "segment") == 0 ? "no sound header: its records cannot be read"
           : strcmp(what, "seal") == 0    ? "the seal is damaged; nothing is lost by it"
                                          : "bytes that are no record, behind the last one";
}

static void on_damage(void *context, const struct journal_scan_damage *damage)
{
    struct job *job = context;
    char name[JOURNAL_SEGMENT_NAME_MAX];
    if (job->options->verb != VERIFY)
        return;
    if (job->options->is_json) {
        json_begin_object(&job->json, SLICE_NONE);
        json_member_string(&job->json, JSON_KEY("file"),
                           slice_from(file_of(damage->segment, name)));
        json_member_int(&job->json, JSON_KEY("offset"), damage->offset);
        json_member_string(&job->json, JSON_KEY("what"), slice_from(damage->what));
        if (damage->from) {
            json_member_int(&job->json, JSON_KEY("from"), (int64_t)damage->from);
            json_member_int(&job->json, JSON_KEY("to"), (int64_t)damage->to);
        }
        json_end_object(&job->json);
        return;
    }
    progress_end(&job->progress);
    printf("%s offset %" PRId64 ": ", file_of(damage->segment, name), damage->offset);
    if (damage->from)
        printf("records %" PRIu64 " to %" PRIu64 " are lost\n", damage->from, damage->to);
    else
        printf("%s\n", words_of(damage->what));
}

/* ---- the end of each command ---- */

static bool is_damaged(const struct job *job)
{
    return job->scan.damaged || job->scan.damaged_marks || job->unreadable;
}

static void end_json(struct job *job, const char *folder)
{
    struct json *json = &job->json;
    const struct journal_scan *scan = &job->scan;
    json_end_array(json);
    json_member_string(json, JSON_KEY("folder"), slice_from(folder));
    json_member_string(json, JSON_KEY("epoch"), slice_from(scan->epoch));
    json_member_int(json, JSON_KEY("first"), (int64_t)scan->first);
    json_member_int(json, JSON_KEY("last"), (int64_t)scan->last);
    json_member_int(json, JSON_KEY("records"), (int64_t)scan->records);
    json_member_int(json, JSON_KEY("bytes"), scan->bytes);
    json_member_int(json, JSON_KEY("damaged"), (int64_t)scan->damaged);
    json_member_int(json, JSON_KEY("damaged_marks"), (int64_t)scan->damaged_marks);
    json_member_int(json, JSON_KEY("unreadable"), (int64_t)job->unreadable);
    json_bool(json, SLICE("torn"), scan->is_torn);
    json_bool(json, SLICE("sound"), !is_damaged(job));
    json_end_object(json);
    buf_byte(&job->out, '\n');
    flush(job);
}

static void end_verify(const struct job *job)
{
    const struct journal_scan *scan = &job->scan;
    printf("%zu segments, %" PRIu64 " records, %" PRIu64 " to %" PRIu64 ", %.1f MiB: ",
           scan->segments, scan->records, scan->first, scan->last, (double)scan->bytes / 1048576);
    if (!is_damaged(job))
        puts("sound");
    else
        printf("DAMAGED: %" PRIu64 " records lost, %" PRIu64 " marks damaged, %" PRIu64
               " records that this version cannot read\n",
               scan->damaged, scan->damaged_marks, job->unreadable);
    if (scan->is_torn)
        puts("The last segment ends in part of a record: the daemon is writing it, or was killed "
             "before it\nwas acknowledged; the next start cuts it off.");
}

static int end_cat(struct job *job)
{
    flush(job);
    if (fflush(stdout) != 0)
        job->failed = true;
    if (job->scan.damaged || job->unreadable)
        fprintf(stderr,
                "eogctl journal cat: %" PRIu64 " records are lost and %" PRIu64
                " cannot be read; eogctl journal verify says where\n",
                job->scan.damaged, job->unreadable);
    return job->failed ? CTL_CANNOT : job->scan.damaged || job->unreadable ? CTL_NO : CTL_OK;
}

static int end(struct job *job, const char *folder)
{
    const struct options *options = job->options;
    if (options->verb == CAT)
        return end_cat(job);
    if (options->is_json)
        end_json(job, folder);
    else if (options->verb == LS)
        table_print(job->table, stdout);
    else
        end_verify(job);
    if (fflush(stdout) != 0 || job->failed)
        return CTL_CANNOT;
    return options->verb == VERIFY && is_damaged(job) ? CTL_NO : CTL_OK;
}

static int run(const struct options *options, const char *folder)
{
    static const char *const headings[] = {"SEGMENT", "FIRST", "LAST", "RECORDS",
                                           "BYTES",   "FROM",  "TO",   "DAMAGE"};
    struct job job = {.options = options,
                      .event = gw_alloc(sizeof *job.event),
                      .earliest_ms = INT64_MAX,
                      .latest_ms = INT64_MIN};
    struct journal_scan_calls calls = {on_record, on_segment, on_damage, &job};
    int result = GW_OK;
    if (options->verb == CAT) {
        struct journal_scan ignored;
        result = journal_scan_dir(folder, &ignored, find_settings, &job);
        if (!job.gateway_id)
            job.gateway_id = gw_strdup("gw1"); /* the daemon's default */
    } else if (options->is_json) {
        json_begin(&job.json, &job.out);
        json_begin_object(&job.json, SLICE_NONE);
        json_begin_array(&job.json, options->verb == LS ? SLICE("segments") : SLICE("damage"));
    } else if (options->verb == LS) {
        job.table = table_new(headings, 8);
    }
    if (result == GW_OK)
        result = journal_scan_dir_calls(folder, &job.scan, &calls);
    progress_end(&job.progress);
    int code = CTL_CANNOT;
    if (result == GW_OK)
        code = end(&job, folder);
    else
        fprintf(stderr, "eogctl journal: %s: %s%s\n", folder,
                result == GW_ERR_NOT_FOUND ? "no journal there" : gw_error_text(result),
                result == GW_ERR_NOT_FOUND ? "; name it with --state DIR or FOLDER"
                                           : ctl_advice(result));
    table_free(job.table);
    free(job.gateway_id);
    free(job.event);
    buf_free(&job.out);
    return code;
}

/* ---- options ---- */

static bool read_verb(const char *word, struct options *out)
{
    static const char *const verbs[] = {"ls", "cat", "verify"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(word, verbs[i]) == 0) {
            out->verb = i;
            return true;
        }
    }
    return false;
}

static bool read_filter(int letter, struct options *out)
{
    out->has_filter = true;
    switch (letter) {
    case 'f':
        return journal_place_time("journal", "from", optarg, &out->from_ms);
    case 't':
        return journal_place_time("journal", "to", optarg, &out->to_ms);
    case 'k':
        out->kind = slice_from(optarg);
        return true;
    case 'i':
        out->site = slice_from(optarg);
        return true;
    default:
        if (slice_to_int(slice_from(optarg), &out->limit) && out->limit > 0)
            return true;
        fputs("eogctl journal: -n wants a number from 1\n", stderr);
        return false;
    }
}

/* -1: go on; else the exit code. */
static int read_options(int argc, char **argv, struct options *out)
{
    static const struct option rows[] = {
        {"state", required_argument, NULL, 's'}, {"json", no_argument, NULL, 'j'},
        {"from", required_argument, NULL, 'f'},  {"to", required_argument, NULL, 't'},
        {"kind", required_argument, NULL, 'k'},  {"site", required_argument, NULL, 'i'},
        {"help", no_argument, NULL, 'h'},        {0},
    };
    int letter;
    optind = 1;
    while ((letter = getopt_long(argc, argv, "hn:", rows, NULL)) != -1) {
        if (letter == 'h')
            return ctl_help(help, true);
        if (letter == '?')
            return CTL_USAGE;
        if (letter == 's')
            out->state = optarg;
        else if (letter == 'j')
            out->is_json = true;
        else if (!read_filter(letter, out))
            return CTL_USAGE;
    }
    if (optind == argc || !read_verb(argv[optind], out) || argc - optind > 2)
        return ctl_help(help, false);
    out->folder = argv[optind + 1]; /* NULL ends argv */
    if (out->folder && out->state) {
        fputs("eogctl journal: either --state DIR or FOLDER\n", stderr);
        return CTL_USAGE;
    }
    if (out->has_filter && out->verb != CAT) {
        fputs("eogctl journal: --from, --to, --kind, --site and -n are cat's\n", stderr);
        return CTL_USAGE;
    }
    return -1;
}

int ctl_journal(int argc, char **argv)
{
    struct options options = {.from_ms = INT64_MIN, .to_ms = INT64_MAX};
    char folder[4096];
    int code = read_options(argc, argv, &options);
    if (code >= 0)
        return code;
    journal_place_find(options.state, options.folder, folder, sizeof folder);
    return run(&options, folder);
}
