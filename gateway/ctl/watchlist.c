/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The high-risk watchlist of a gateway: which one is in force; what another one would change,
 * without a daemon; another one handed to the daemon, which checks it, journals it and keeps it;
 * the configured one back.
 */
#include "gateway/ctl/watchlist.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/error.h"
#include "gateway/base/json.h"
#include "gateway/base/utf8.h"
#include "gateway/ctl/client.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/in_force.h"
#include "gateway/ctl/inert.h"
#include "gateway/ctl/offline.h"
#include "gateway/ctl/table.h"
#include "gateway/kpi/pushed.h"
#include "gateway/kpi/record.h"
#include "gateway/kpi/watchlist.h"
#include "gateway/tls/digest.h"
#include "gateway/xml/document.h"

static const char help[] =
    "usage: eogctl watchlist [--json] [--state DIR]\n"
    "       eogctl watchlist check FILE [--data DIR] [--json] [--state DIR]\n"
    "       eogctl watchlist load FILE [--json] [--state DIR]\n"
    "       eogctl watchlist reset [--json] [--state DIR]\n"
    "Malware names that make 'high-risk malware' critical: which list is in force, and another "
    "one.\n"
    "  check FILE  its mistakes, as FILE:LINE; else entries that would be new (+), gone (-) or\n"
    "              other (~) beside the list in force. Needs no gateway; nothing is changed\n"
    "  load FILE   the running gateway takes it at once and keeps it over restarts, until the\n"
    "              configured list is another or reset; one with a mistake changes nothing.\n"
    "              FILE - is standard input\n"
    "  reset       the configured list again\n"
    "  --data DIR  the folder that holds mappings/ (default: $EOG_DATA, else as installed)\n"
    "Exit code: 0 done, 1 FILE has mistakes, 2 wrong usage, 3 it cannot be done.\n\n"
    "  eogctl watchlist check new.xml && eogctl watchlist load new.xml\n"
    "  ssh gateway eogctl watchlist load - < new.xml\n"
    "  eogctl watchlist --json | jq -r .sha256\n";

enum { SHOWN_MAX = 40, NAME_MAX_BYTES = KPI_PUSHED_FILE_MAX - 1 };

/* ---- what is in force ---- */

void watchlist_show_lines(const json_t *watchlist)
{
    bool is_pushed = strcmp(client_text(watchlist, "from"), "pushed") == 0;
    const char *trouble = client_text(watchlist, "trouble");
    if (!watchlist)
        return;
    printf("watchlist %s, entries %lld, since %s, ", client_text(watchlist, "from"),
           client_int(watchlist, "entries"), client_text(watchlist, "since"));
    if (is_pushed)
        printf("by %s, ", client_text(watchlist, "by"));
    fputs("file ", stdout);
    table_put_text(client_text(watchlist, "file"), 200, stdout);
    putchar('\n');
    if (*trouble) {
        fputs("watchlist: ", stdout);
        table_put_text(trouble, 300, stdout);
        puts("; load it again, or eogctl watchlist reset");
    }
    if (client_int(watchlist, "refused"))
        printf("watchlist: %lld that were pushed had mistakes and were refused\n",
               client_int(watchlist, "refused"));
}

static int show(const struct client_options *options)
{
    json_t *answer = client_ask_json(options, "watchlist");
    const json_t *watchlist = json_object_get(answer, "watchlist");
    if (!answer)
        return CTL_CANNOT;
    if (options->is_json) {
        inert_print_json(watchlist, stdout);
    } else {
        watchlist_show_lines(watchlist);
        printf("sha256 %s\n", client_text(watchlist, "sha256"));
    }
    json_decref(answer);
    return CTL_OK;
}

/* ---- check ---- */

struct dry_run {
    bool is_json;
    struct buf out; /* JSON on its way */
    struct json json;
    struct kpi_watchlist *list, *new_list; /* list: in force; NULL */
    const char *beside;                    /* what that is; NULL: none was found */
    size_t shown, n[4];
};
enum change { ADDED, GONE, OTHER, KEPT };

/* The list that a state folder has: the pushed one, else that of the last checkpoint. */
static void find_in_force(struct dry_run *run, const char *state)
{
    const char *folders[CLIENT_STATES];
    size_t n = client_states(state, folders);
    struct diag ignored = {0};
    for (size_t i = 0; i < n && !run->beside; i++) {
        struct buf path = {0};
        struct kpi_pushed kept;
        buf_printf(&path, "%s/%s", folders[i], KPI_PUSHED_NAME);
        if (kpi_pushed_read(buf_text(&path), &kept) == GW_OK &&
            kpi_watchlist_load_text(kept.text, "in force", NULL, &ignored, &run->list) == GW_OK)
            run->beside = "pushed";
        kpi_pushed_fini(&kept);
        buf_free(&path);
        struct kpi_engine *engine = run->beside ? NULL : in_force_engine("watchlist", folders[i]);
        if (!engine)
            continue;
        struct slice text = kpi_engine_loaded(engine, KPI_LOAD_WATCHLIST);
        if (text.n &&
            kpi_watchlist_load_text(text, "in force", NULL, &ignored, &run->list) == GW_OK)
            run->beside = "checkpoint";
        kpi_engine_free(engine);
    }
    diag_free(&ignored);
}

static void tell(struct dry_run *run, enum change change, const char *pattern)
{
    static const char *const names[] = {"new", "gone", "other"};
    run->n[change]++;
    if (change == KEPT)
        return;
    if (run->is_json) {
        json_begin_object(&run->json, SLICE_NONE);
        json_text(&run->json, SLICE("change"), slice_from(names[change]));
        json_text(&run->json, SLICE("pattern"), slice_from(pattern));
        json_end_object(&run->json);
    } else if (run->shown++ < SHOWN_MAX) {
        printf("%c ", "+-~"[change]);
        table_put_text(pattern, KPI_WATCH_NAME_MAX, stdout);
        putchar('\n');
    }
}

static void compare(struct dry_run *run)
{
    if (run->is_json)
        json_begin_array(&run->json, SLICE("changes"));
    for (size_t i = 0; i < kpi_watchlist_count(run->new_list); i++) {
        const struct kpi_watch_entry *is = kpi_watchlist_at(run->new_list, i);
        const struct kpi_watch_entry *was = kpi_watchlist_find(run->list, slice_from(is->pattern));
        tell(run, !was ? ADDED : kpi_watch_entry_is_same(is, was) ? KEPT : OTHER, is->pattern);
    }
    for (size_t i = 0; i < kpi_watchlist_count(run->list); i++) {
        const struct kpi_watch_entry *was = kpi_watchlist_at(run->list, i);
        if (!kpi_watchlist_find(run->new_list, slice_from(was->pattern)))
            tell(run, GONE, was->pattern);
    }
    if (run->is_json)
        json_end_array(&run->json);
    else if (run->shown > SHOWN_MAX)
        printf("  and %zu more\n", run->shown - SHOWN_MAX);
}

static void report(struct dry_run *run, struct slice text)
{
    static const char *const counts[] = {"added", "removed", "changed", "kept"};
    char sha256[TLS_SHA256_HEX];
    tls_sha256(text, sha256);
    if (!run->is_json) {
        if (run->beside)
            printf("%zu entries are new, %zu gone, %zu other, %zu stay, beside the %zu of %s\n",
                   run->n[ADDED], run->n[GONE], run->n[OTHER], run->n[KEPT],
                   kpi_watchlist_count(run->list),
                   strcmp(run->beside, "pushed") == 0 ? "the list that was pushed"
                                                      : "the gateway's last checkpoint");
        else
            printf("%zu entries are sound; no checkpoint of a gateway can be read to compare "
                   "them with, see --state\n",
                   kpi_watchlist_count(run->new_list));
        printf("sha256 %s\n", sha256);
        return;
    }
    json_int(&run->json, SLICE("entries"), (int64_t)kpi_watchlist_count(run->new_list));
    json_text(&run->json, SLICE("sha256"), slice_from(sha256));
    json_bool(&run->json, SLICE("compared"), run->beside != NULL);
    if (run->beside)
        json_text(&run->json, SLICE("beside"), slice_from(run->beside));
    for (size_t i = 0; run->beside && i < 4; i++)
        json_int(&run->json, slice_from(counts[i]), (int64_t)run->n[i]);
}

/* Whether it could be read; said if not. "-" is standard input. */
static bool read_list(const char *file, struct buf *out)
{
    struct diag diag = {0};
    bool is_read = true;
    if (strcmp(file, "-") == 0) {
        size_t n;
        while (out->n <= KPI_WATCH_PUSHED_MAX &&
               (n = fread(buf_reserve(out, 65536), 1, 65536, stdin)) > 0)
            out->n += n;
        is_read = !ferror(stdin);
        if (!is_read)
            fprintf(stderr, "eogctl watchlist: standard input: %s\n", strerror(errno));
    } else {
        is_read = xml_read_file(file, out, &diag) == GW_OK;
        diag_print(&diag, stderr);
    }
    diag_free(&diag);
    return is_read;
}

static const char *name_of(const char *file)
{
    struct slice name = slice_from(file);
    if (strcmp(file, "-") == 0)
        return "(standard input)";
    bool is_fine = name.n > 0 && name.n <= NAME_MAX_BYTES && utf8_is_inert(name);
    return is_fine ? file : "(a name that cannot be shown)";
}

static int judge(struct dry_run *run, const char *file, const char *schema, const char *state)
{
    struct buf text = {0};
    struct diag diag = {0};
    if (!read_list(file, &text)) {
        buf_free(&text);
        return CTL_CANNOT;
    }
    bool is_sound = kpi_watchlist_load_pushed(buf_get(&text), name_of(file), schema, &diag,
                                              &run->new_list) == GW_OK;
    if (run->is_json) {
        json_bool(&run->json, SLICE("sound"), is_sound);
        in_force_put_problems(&run->json, &diag);
    } else {
        diag_print(&diag, stderr);
    }
    if (is_sound) {
        find_in_force(run, state);
        if (run->beside)
            compare(run);
        report(run, buf_get(&text));
    }
    diag_free(&diag);
    buf_free(&text);
    return is_sound ? CTL_OK : CTL_NO;
}

static int check(const char *file, const char *data, const struct client_options *options)
{
    struct arena arena;
    struct dry_run run = {.is_json = options->is_json};
    arena_init(&arena, 0);
    const char *schema = arena_printf(&arena, "%s/watchlist.rng", offline_mappings(&arena, data));
    json_begin(&run.json, &run.out);
    json_begin_object(&run.json, SLICE_NONE);
    int code = judge(&run, file, schema, options->state);
    json_end_object(&run.json);
    if (run.is_json && code != CTL_CANNOT)
        inert_print(buf_get(&run.out), stdout);
    kpi_watchlist_free(run.list);
    kpi_watchlist_free(run.new_list);
    buf_free(&run.out);
    arena_fini(&arena);
    return code;
}

/* ---- load, reset ---- */

static void print_mistakes(const json_t *answer)
{
    const json_t *problems = json_object_get(answer, "problems"), *row;
    long long more = client_int(answer, "problems_total") - (long long)json_array_size(problems);
    size_t i;
    json_array_foreach(problems, i, row)
    {
        table_put_text(client_text(row, "file"), 1000, stderr);
        fprintf(stderr, ":%lld: ", client_int(row, "line"));
        table_put_text(client_text(row, "text"), 2000, stderr);
        putc('\n', stderr);
    }
    if (more > 0)
        fprintf(stderr, "... and %lld more\n", more);
}

static int print_taken(const struct client_options *options, const json_t *answer)
{
    bool is_kept = json_is_true(json_object_get(answer, "kept"));
    if (options->is_json)
        inert_print_json(answer, stdout);
    else
        printf("in force: %lld entries, sha256 %s, record %lld\n", client_int(answer, "entries"),
               client_text(answer, "sha256"), client_int(answer, "record"));
    if (!is_kept)
        fputs("eogctl watchlist: the next start will not know it: its file cannot be written; the "
              "gateway's log says why\n",
              stderr);
    return is_kept ? CTL_OK : CTL_CANNOT;
}

static int print_refused(const struct client_options *options, const json_t *answer)
{
    if (options->is_json)
        inert_print_json(answer, stdout);
    print_mistakes(answer);
    return CTL_NO;
}

/* No gateway is asked about nothing. */
static int refuse_empty(const struct client_options *options, const char *file)
{
    static const char text[] = "the list is empty; to have the configured one, reset";
    json_t *answer = json_pack("{s:s, s:[{s:s, s:i, s:s}], s:i}", "error", text, "problems", "file",
                               name_of(file), "line", 1, "text", text, "problems_total", 1);
    int code = print_refused(options, answer);
    json_decref(answer);
    return code;
}

static int read_answer(const struct client_options *options, FILE *stream)
{
    char *line = NULL;
    size_t size = 0;
    if (!client_read(options, stream, &line, &size)) {
        free(line);
        return CTL_CANNOT;
    }
    json_t *answer = json_loads(line, 0, NULL);
    int code = CTL_CANNOT;
    if (!answer)
        fputs("eogctl watchlist: the gateway's answer cannot be read\n", stderr);
    else if (json_object_get(answer, "problems"))
        code = print_refused(options, answer);
    else if (!client_is_error(options, line))
        code = print_taken(options, answer);
    json_decref(answer);
    free(line);
    return code;
}

static int load(const char *file, const struct client_options *options)
{
    struct buf text = {0}, request = {0};
    bool is_read = read_list(file, &text);
    if (is_read && text.n == 0) {
        buf_free(&text);
        return refuse_empty(options, file);
    }
    if (!is_read || text.n > KPI_WATCH_PUSHED_MAX) {
        if (text.n > KPI_WATCH_PUSHED_MAX)
            fprintf(stderr,
                    "eogctl watchlist: %s: larger than %d MiB, the most that can be "
                    "pushed\n",
                    name_of(file), KPI_WATCH_PUSHED_MAX / 1024 / 1024);
        buf_free(&text);
        return CTL_CANNOT;
    }
    buf_printf(&request, "watchlist load %zu %s", text.n, name_of(file));
    FILE *stream = client_connect(options, buf_text(&request));
    int code = CTL_CANNOT;
    if (stream) {
        client_send(fileno(stream), buf_get(&text));
        code = read_answer(options, stream);
        fclose(stream);
    }
    buf_free(&text);
    buf_free(&request);
    return code;
}

static int reset(const struct client_options *options)
{
    FILE *stream = client_connect(options, "watchlist reset");
    if (!stream)
        return CTL_CANNOT;
    int code = read_answer(options, stream);
    fclose(stream);
    return code;
}

int ctl_watchlist(int argc, char **argv)
{
    struct client_options options;
    const char *data = NULL;
    if (!client_take(&argc, argv, "--data", &data) || !client_parse(argc, argv, &options))
        return CTL_USAGE;
    const char *word = options.n_rest ? argv[1] : "";
    if (!options.is_help && options.n_rest == 0 && !data)
        return show(&options);
    if (!options.is_help && options.n_rest == 2 && strcmp(word, "check") == 0)
        return check(argv[2], data, &options);
    if (!options.is_help && options.n_rest == 2 && strcmp(word, "load") == 0 && !data)
        return load(argv[2], &options);
    if (!options.is_help && options.n_rest == 1 && strcmp(word, "reset") == 0 && !data)
        return reset(&options);
    return ctl_help(help, options.is_help);
}
