/* SPDX-License-Identifier: GPL-3.0-or-later */
/* eogctl learn: from what no mapping knew to a mapping and samples to edit. */
#include "gateway/ctl/learn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/error.h"
#include "gateway/base/json.h"
#include "gateway/base/write.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/inert.h"
#include "gateway/ctl/offline.h"
#include "gateway/ctl/stub.h"
#include "gateway/ctl/table.h"
#include "gateway/ctl/unknown.h"
#include "gateway/mapping/names.h"

static const char help[] =
    "usage: eogctl learn [SHAPE] [-o DIR] [-n N] [--json] [--state DIR]\n"
    "A mapping to start from, with its samples, out of what no mapping knew among the last N\n"
    "records (default 100000): how to recognise it, a rule for each event seen, proposals for\n"
    "known names as comments. SHAPE is the beginning of one that `eogctl sources --unknown`\n"
    "shows; without it, the most frequent.\n"
    "  -o DIR  write DIR/mappings/VENDOR/PRODUCT.xml and .samples, new files only\n"
    "The samples hold what was received: put invented names and addresses in before you share\n"
    "them.\n\n"
    "  eogctl learn 'cef:Acme/Gate' -o .\n"
    "  eogctl test --data . acme/gate\n";

/* A message on stderr; `more` may hold words of a stranger's message. */
static void say(const char *what, const char *more)
{
    fputs("eogctl learn: ", stderr);
    table_put_text(what, INT_MAX, stderr);
    fputs(": ", stderr);
    table_put_text(more, INT_MAX, stderr);
    putc('\n', stderr);
}

/* Those of one group that begin with the words asked for; the first one says which group. */
static size_t choose(const struct shapes *shapes, const char *wanted, const struct shape **out)
{
    size_t n = 0;
    for (size_t i = 0; i < shapes_count(shapes); i++) {
        const struct shape *shape = shapes_at(shapes, i);
        if (wanted && strncmp(shape->key, wanted, strlen(wanted)) != 0)
            continue;
        if (n == 0 || strcmp(shape->group, out[0]->group) == 0)
            out[n++] = shape;
        else if (wanted)
            say("left out, a mapping of its own", shape->key);
    }
    return n;
}

static bool make_folder(const char *path)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST;
}

/* Whole or not at all. */
static bool write_file(const char *path, struct slice text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    bool is_made = fd >= 0, is_written = is_made && write_whole(fd, text) == GW_OK;
    if (!is_written)
        fprintf(stderr, "eogctl learn: %s: %s\n", path, strerror(errno));
    if (is_made && close(fd) < 0 && is_written) {
        fprintf(stderr, "eogctl learn: %s: %s\n", path, strerror(errno));
        is_written = false;
    }
    if (is_made && !is_written)
        unlink(path);
    return is_written;
}

static bool write_files(const char *folder, struct stub *stub, bool is_quiet)
{
    char mappings[PATH_MAX], vendor[PATH_MAX], path[PATH_MAX], samples[PATH_MAX];
    struct slice name, product;
    slice_cut(buf_get(&stub->id), '/', &name, &product);
    int n = snprintf(mappings, sizeof mappings, "%.3000s/mappings", folder);
    snprintf(vendor, sizeof vendor, "%.3200s/%.*s", mappings, SLICE_FMT(name));
    if (n < 0 || strlen(folder) > 3000 || !make_folder(folder) || !make_folder(mappings) ||
        !make_folder(vendor)) {
        fprintf(stderr, "eogctl learn: %s: %s\n", folder, strerror(errno));
        return false;
    }
    snprintf(path, sizeof path, "%.3400s/%.*s.xml", vendor, SLICE_FMT(product));
    snprintf(samples, sizeof samples, "%.3400s/%.*s.samples", vendor, SLICE_FMT(product));
    if (!write_file(path, buf_get(&stub->mapping)))
        return false;
    if (!write_file(samples, buf_get(&stub->samples))) {
        unlink(path);
        return false;
    }
    if (!is_quiet)
        printf("%s\n%s\n", path, samples);
    return true;
}

static void print(const struct client_options *options, struct stub *stub)
{
    if (!options->is_json) {
        printf("%s\n<!-- ==== %s.samples ==== -->\n%s", buf_text(&stub->mapping),
               buf_text(&stub->id), buf_text(&stub->samples));
        return;
    }
    struct buf out = {0};
    struct json json;
    json_begin(&json, &out);
    json_begin_object(&json, SLICE_NONE);
    json_text(&json, SLICE("id"), buf_get(&stub->id));
    json_text(&json, SLICE("mapping"), buf_get(&stub->mapping));
    json_text(&json, SLICE("samples"), buf_get(&stub->samples));
    json_end_object(&json);
    inert_print(buf_get(&out), stdout);
    buf_free(&out);
}

/* Names for the comments alone: without them the stub has numbers. */
static struct names *find_names(void)
{
    struct arena arena;
    struct diag diag = {0};
    struct names *names;
    arena_init(&arena, 0);
    names_load(arena_printf(&arena, "%s/notifications.txt", offline_mappings(&arena, NULL)), &diag,
               &names);
    diag_free(&diag);
    arena_fini(&arena);
    return names;
}

static int learn(const struct client_options *options, const struct shapes *shapes,
                 const char *wanted, const char *folder)
{
    const struct shape *chosen[SHAPES_MAX];
    struct stub stub;
    size_t n = choose(shapes, wanted, chosen);
    if (n == 0) {
        fprintf(stderr, wanted ? "eogctl learn: no unknown message has such a shape; see eogctl "
                                 "sources --unknown\n"
                               : "eogctl learn: the mappings knew every message\n");
        return CTL_NO;
    }
    struct names *names = find_names();
    const char *wrong = stub_write(chosen, n, names, &stub);
    names_free(names);
    int result = wrong ? CTL_NO : CTL_OK;
    if (wrong)
        say(chosen[0]->key, wrong);
    else if (folder && !write_files(folder, &stub, options->is_json))
        result = CTL_CANNOT;
    else if (!folder || options->is_json)
        print(options, &stub);
    stub_free(&stub);
    return result;
}

int ctl_learn(int argc, char **argv)
{
    struct client_options options;
    const char *folder = NULL;
    int64_t n = UNKNOWN_LOOK;
    if (!client_take(&argc, argv, "-o", &folder) || !unknown_take_count(&argc, argv, &n) ||
        !client_parse(argc, argv, &options))
        return CTL_USAGE;
    if (options.is_help || options.n_rest > 1)
        return ctl_help(help, options.is_help);
    struct shapes *shapes = unknown_ask(&options, n);
    if (!shapes)
        return CTL_CANNOT;
    int result = learn(&options, shapes, options.n_rest ? argv[1] : NULL, folder);
    shapes_free(shapes);
    return result;
}
