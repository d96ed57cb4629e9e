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
#include <sys/stat.h>

#include "config.h"
#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/civil.h"
#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/base/json.h"
#include "gateway/base/slice.h"
#include "gateway/base/utf8.h"
#include "gateway/ctl/client.h"
#include "gateway/ctl/progress.h"
#include "gateway/ctl/table.h"
#include "gateway/journal/journal.h"
#include "gateway/kpi/record.h"
#include "gateway/kpi/settings.h"
#include "gateway/schema/event.h"
#include "gateway/schema/ocsf.h"
#include "parsers/instant.h"
#include "parsers/timestamp.h"

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

/* Code point of a character that a terminal would obey although JSON allows it as it is (DEL, C1
   controls, marks that turn the direction of what follows); 0: a harmless one. */
static unsigned unsafe_code(const unsigned char *p, size_t n)
{
    if (n == 1)
        return *p == 0x7f ? 0x7f : 0;
    if (n == 2)
        return p[0] == 0xc2 && p[1] < 0xa0 ? p[1] : 0;
    if (n != 3 || p[0] != 0xe2 || (p[1] != 0x80 && p[1] != 0x81))
        return 0;
    unsigned code = 0x2000 | (unsigned)(p[1] & 1) << 6 | (p[2] & 63);
    return code == 0x200e || code == 0x200f || (code >= 0x2028 && code <= 0x202e) ||
                   (code >= 0x2066 && code <= 0x2069)
               ? code
               : 0;
}

/* The same JSON, with such characters as escapes: they can stand only inside of strings. */
static void put_inert(struct buf *out, struct slice json)
{
    const unsigned char *p = (const unsigned char *)json.p;
    size_t from = 0;
    for (size_t i = 0; i < json.n;) {
        if (p[i] < 0x7f) {
            i++;
            continue;
        }
        size_t n = utf8_char(p + i, json.n - i);
        unsigned code = n ? unsafe_code(p + i, n) : 0;
        if (code) {
            buf_append(out, p + from, i - from);
            buf_printf(out, "\\u%04x", code);
            from = i + n;
        }
        i += n ? n : 1;
    }
    buf_append(out, p + from, json.n - from);
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
           (!options->site.n || slice_equal(gw_event_text(event, GW_FIELD_SITE), options->site));
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
    put_inert(&job->out, buf_get(&line));
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
    return job->failed || job->scan.damaged || job->unreadable ? 1 : 0;
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
        return 1;
    return options->verb == VERIFY && is_damaged(job) ? 1 : 0;
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
    int code = 1;
    if (result == GW_OK)
        code = end(&job, folder);
    else
        fprintf(stderr, "eogctl journal: %s: %s\n", folder,
                result == GW_ERR_NOT_FOUND ? "no journal there; name it with --state DIR or FOLDER"
                                           : gw_error_text(result));
    table_free(job.table);
    free(job.gateway_id);
    free(job.event);
    buf_free(&job.out);
    return code;
}

/* ---- options ---- */

static bool has_journal(const char *state, char *out, size_t size)
{
    struct stat st;
    int n = snprintf(out, size, "%s/journal", state);
    return n > 0 && (size_t)n < size && stat(out, &st) == 0 && S_ISDIR(st.st_mode);
}

/* FOLDER may be the journal's or the state's. */
static void find_folder(const struct options *options, char *out, size_t size)
{
    const char *state = options->state ? options->state : getenv("EOG_STATE");
    if (options->folder) {
        if (!has_journal(options->folder, out, size))
            snprintf(out, size, "%s", options->folder);
    } else if (state) {
        has_journal(state, out, size);
    } else if (!has_journal("var", out, size)) {
        has_journal(client_packaged_state(), out, size);
    }
}

/* A day, or a day and a time without seconds, is completed before it is read. */
static bool read_time(const char *name, const char *text, int64_t *out)
{
    char whole[64];
    struct parsed_time time = {0};
    size_t n = strlen(text);
    bool is_iso = n >= 10 && n < 40 && strspn(text, "0123456789") == 4 && text[4] == '-';
    snprintf(whole, sizeof whole, "%.40s%s", text, n == 10 ? "T00:00:00Z" : n == 16 ? ":00Z" : "");
    if (is_iso && parse_timestamp(slice_from(whole), &time) &&
        parsed_time_to_ms(&time, NULL, clock_read(&clock_system).wall_ms, out))
        return true;
    fprintf(stderr,
            "eogctl journal: --%s '%s' is no time; write 2026-11-24 or 2026-11-24T04:12:20Z\n",
            name, text);
    return false;
}

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
        return read_time("from", optarg, &out->from_ms);
    case 't':
        return read_time("to", optarg, &out->to_ms);
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
        if (letter == 'h') {
            fputs(help, stdout);
            return 0;
        }
        if (letter == '?')
            return 2;
        if (letter == 's')
            out->state = optarg;
        else if (letter == 'j')
            out->is_json = true;
        else if (!read_filter(letter, out))
            return 2;
    }
    if (optind == argc || !read_verb(argv[optind], out) || argc - optind > 2) {
        fputs(help, stderr);
        return 2;
    }
    out->folder = argv[optind + 1]; /* NULL ends argv */
    if (out->folder && out->state) {
        fputs("eogctl journal: either --state DIR or FOLDER\n", stderr);
        return 2;
    }
    if (out->has_filter && out->verb != CAT) {
        fputs("eogctl journal: --from, --to, --kind, --site and -n are cat's\n", stderr);
        return 2;
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
    find_folder(&options, folder, sizeof folder);
    return run(&options, folder);
}
