/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store for a person. Only a daemon fills it. To rebuild it, a running one is asked to, and
 * watched until it is done; without one the store is set aside, and the next start fills a new one.
 */
#include "gateway/ctl/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/ctl/client.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/inert.h"
#include "gateway/ctl/journal_place.h"
#include "gateway/ctl/progress.h"
#include "gateway/ctl/table.h"
#include "gateway/store/file.h"
#include "gateway/store/read.h"

enum { LOOK_MS = 200 };

static const char help[] =
    "usage: eogctl store [--json] [--state DIR]\n"
    "       eogctl store rebuild [--json] [--state DIR]\n"
    "       eogctl store verify [--json] [--state DIR]\n"
    "What reports are made of (store.db): how far it is, what waits for it, what is wrong.\n"
    "rebuild sets it aside as store.db.old and has the gateway fill it anew from the journal, at\n"
    "once, or with its next start. What the journal has let go is in store.db.old alone.\n"
    "verify reads every page of it, and sees whether its figures agree; exit code 1: they do "
    "not.\n\n"
    "  eogctl store\n"
    "  eogctl store rebuild\n"
    "  eogctl store verify --json | jq .findings\n";

void store_show_lines(const json_t *store)
{
    const char *trouble = client_text(store, "trouble");
    if (!store)
        return;
    if (json_is_null(store)) {
        puts("store: switched off");
        return;
    }
    printf("store %s%s, waiting %lld, last commit %s, detections %lld, %.1f MiB%s",
           client_text(store, "state"),
           json_is_true(json_object_get(store, "filling")) ? ", being filled" : "",
           client_int(store, "backlog_records"),
           *client_text(store, "committed_time") ? client_text(store, "committed_time") : "-",
           client_int(store, "detections"), (double)client_int(store, "bytes") / 1048576,
           *trouble ? "; " : "\n");
    if (*trouble) {
        table_put_text(trouble, 200, stdout);
        printf(" since %s\n", client_text(store, "trouble_time"));
    }
    if (client_int(store, "missed") || client_int(store, "unfit"))
        printf("store: the journal let go %lld records before they were read, and the records of "
               "%lld corrections\n",
               client_int(store, "missed"), client_int(store, "unfit"));
}

/* The member "store"; NULL after a message. */
static json_t *ask(const struct client_options *options, const char *request)
{
    json_t *answer = client_ask_json(options, request),
           *store = json_incref(json_object_get(answer, "store"));
    if (answer && !store)
        fputs("eogctl store: the gateway's answer cannot be read\n", stderr);
    json_decref(answer);
    return store;
}

static int show(const struct client_options *options)
{
    json_t *store = ask(options, "store");
    if (!store)
        return CTL_CANNOT;
    if (options->is_json)
        inert_print_json(store, stdout);
    else
        store_show_lines(store);
    json_decref(store);
    return 0;
}

/* ---- rebuild ---- */

static int64_t now_ms(void)
{
    return clock_read(&clock_system).mono_ms;
}

/* Until it is at the journal's end. Ending this ends nothing of the gateway's. */
static json_t *watch(const struct client_options *options, json_t *store)
{
    struct progress progress;
    char said[200] = "";
    const struct timespec pause = {0, LOOK_MS * 1000000};
    uint64_t oldest = (uint64_t)client_int(store, "oldest");
    progress_begin(&progress, stderr, 1, now_ms());
    progress.unit = " records";
    while (store && json_is_true(json_object_get(store, "filling"))) {
        uint64_t cursor = (uint64_t)client_int(store, "cursor"),
                 end = cursor + (uint64_t)client_int(store, "backlog_records");
        progress.total = end >= oldest ? end - oldest + 1 : 1;
        progress_draw(&progress, cursor >= oldest ? cursor - oldest + 1 : 0, now_ms());
        if (*client_text(store, "trouble") && strcmp(said, client_text(store, "trouble")) != 0) {
            snprintf(said, sizeof said, "%s", client_text(store, "trouble"));
            progress_end(&progress);
            fprintf(stderr, "eogctl store: it waits: %s\n", said);
        }
        nanosleep(&pause, NULL);
        json_decref(store);
        store = ask(options, "store");
    }
    progress_end(&progress);
    return store;
}

static int rebuild_by_daemon(const struct client_options *options)
{
    json_t *store = ask(options, "store rebuild");
    store = store ? watch(options, store) : NULL;
    if (!store)
        return CTL_CANNOT;
    if (options->is_json)
        inert_print_json(store, stdout);
    else
        printf("filled anew: %lld detections of records %lld to %lld; what it was is %s.old\n",
               client_int(store, "detections"), client_int(store, "oldest"),
               client_int(store, "cursor"), STORE_FILE);
    json_decref(store);
    return 0;
}

static void find_paths(const struct client_options *options, char *lock, char *path, size_t size)
{
    char folder[PATH_MAX];
    journal_place_find(options->state, NULL, folder, sizeof folder);
    int n = (int)(strlen(folder) - strlen("/journal"));
    snprintf(lock, size, "%.4000s/lock", folder);
    snprintf(path, size, "%.*s/%s", n > 4000 ? 4000 : n, folder, STORE_FILE);
}

/* Who holds the journal's lock is the only one that may fill the store. */
static int rebuild(const struct client_options *options)
{
    char lock[PATH_MAX], path[PATH_MAX];
    find_paths(options, lock, path, sizeof path);
    int fd = open(lock, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        fprintf(stderr, "eogctl store: %s: %s%s\n", lock, strerror(errno),
                ctl_advice(errno == EACCES ? GW_ERR_DENIED : GW_ERR_NOT_FOUND));
        return CTL_CANNOT;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return rebuild_by_daemon(options);
    }
    int result = store_file_set_aside(path, "old");
    close(fd);
    if (result == GW_ERR_IO) {
        fprintf(stderr, "eogctl store: %s cannot be set aside: %s\n", path, strerror(errno));
        return CTL_CANNOT;
    }
    if (options->is_json)
        puts("{\"at_next_start\":true}");
    else
        printf("no gateway runs here; its next start fills %s anew%s\n", path,
               result == GW_OK ? ", what it was is beside it as .old" : "");
    return 0;
}

/* ---- verify ---- */

static void on_finding(void *context, const char *text)
{
    json_array_append_new(context, json_string(text));
}

static void print_findings(const struct client_options *options, const char *path,
                           const struct store_extent *extent, json_t *findings)
{
    const json_t *finding;
    size_t i;
    if (options->is_json) {
        json_t *all =
            json_pack("{s:s, s:I, s:I, s:O}", "path", path, "first", (json_int_t)extent->first,
                      "cursor", (json_int_t)extent->cursor, "findings", findings);
        inert_print_json(all, stdout);
        json_decref(all);
        return;
    }
    printf("%s: records %llu to %llu%s\n", path, (unsigned long long)extent->first,
           (unsigned long long)extent->cursor,
           extent->is_filling ? ", not at the journal's end yet" : "");
    json_array_foreach(findings, i, finding)
    {
        table_put_text(json_string_value(finding), 1000, stdout);
        putchar('\n');
    }
    puts(json_array_size(findings) ? "eogctl store rebuild makes it anew" : "sound");
}

static int verify(const struct client_options *options)
{
    char lock[PATH_MAX], path[PATH_MAX], trouble[200];
    struct store_reader *reader;
    struct store_extent extent;
    uint64_t n = 0;
    find_paths(options, lock, path, sizeof path);
    int error = store_reader_open(path, &reader, trouble, sizeof trouble);
    if (error) {
        fprintf(stderr, "eogctl store: %s%s\n", trouble, ctl_advice(error));
        return CTL_CANNOT;
    }
    json_t *findings = json_array();
    int result = store_reader_begin(reader);
    if (result == GW_OK)
        result = store_read_extent(reader, &extent);
    if (result == GW_OK)
        result = store_read_check(reader, on_finding, findings, &n);
    if (result != GW_OK)
        fprintf(stderr, "eogctl store: %s: %s\n", path, store_reader_trouble(reader));
    else
        print_findings(options, path, &extent, findings);
    json_decref(findings);
    store_reader_end(reader);
    store_reader_close(reader);
    return result != GW_OK ? CTL_CANNOT : n ? CTL_NO : CTL_OK;
}

int ctl_store(int argc, char **argv)
{
    struct client_options options;
    if (!client_parse(argc, argv, &options))
        return CTL_USAGE;
    const char *word = options.n_rest == 1 ? argv[1] : "";
    if (!options.is_help && options.n_rest == 0)
        return show(&options);
    if (!options.is_help && strcmp(word, "rebuild") == 0)
        return rebuild(&options);
    if (!options.is_help && strcmp(word, "verify") == 0)
        return verify(&options);
    return ctl_help(help, options.is_help);
}
