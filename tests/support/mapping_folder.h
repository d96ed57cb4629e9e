/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_SUPPORT_MAPPING_FOLDER_H
#define TESTS_SUPPORT_MAPPING_FOLDER_H

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/diag.h"
#include "gateway/mapping/mapping.h"

#ifndef TEST_TOP_SRCDIR
#define TEST_TOP_SRCDIR "."
#endif

/**
 * A folder of mappings of a test's own, checked by the shipped mapping.rng. TEST_TOP_SRCDIR: the
 * source tree. What cannot be written ends the program.
 */
struct mapping_folder {
    char path[256];
    struct diag diag;        /* of the last load */
    struct mapping_set *set; /* NULL: it failed */
};

static inline void mapping_folder_fail(const char *what)
{
    perror(what);
    abort();
}

static inline struct mapping_folder mapping_folder_new(void)
{
    struct mapping_folder f = {.set = NULL};
    const char *base = getenv("TMPDIR");
    char schema[PATH_MAX], link_path[300];
    snprintf(f.path, sizeof f.path, "%.200s/eog-mappings-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(f.path))
        mapping_folder_fail(f.path);
    snprintf(link_path, sizeof link_path, "%s/mapping.rng", f.path);
    if (!realpath(TEST_TOP_SRCDIR "/mappings/mapping.rng", schema) || symlink(schema, link_path))
        mapping_folder_fail(link_path);
    return f;
}

/* name: "vendor/product.xml". Replaces the file of that name. */
static inline void mapping_folder_put(const struct mapping_folder *f, const char *name,
                                      const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    mkdir(path, 0700);
    *slash = '/';
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(text, 1, strlen(text), file) != strlen(text) || fclose(file) != 0)
        mapping_folder_fail(path);
}

/* A mapping of format CEF that takes vendor Example's product Box: the parts between. */
static inline void mapping_folder_put_box(const struct mapping_folder *f, const char *parts)
{
    size_t size = strlen(parts) + 512;
    char *text = malloc(size);
    if (!text)
        abort();
    snprintf(text, size,
             "<mapping vendor=\"Example\" product=\"Box\"><guide title=\"none\"/>"
             "<recognise format=\"cef\"><product>Box</product></recognise>\n%s</mapping>\n",
             parts);
    mapping_folder_put(f, "example/box.xml", text);
    free(text);
}

static inline struct mapping_set *mapping_folder_load(struct mapping_folder *f)
{
    mapping_set_free(f->set);
    diag_free(&f->diag);
    mapping_set_load(f->path, &f->diag, &f->set);
    return f->set;
}

static inline int mapping_folder_unlink(const char *path, const struct stat *info, int type,
                                        struct FTW *place)
{
    (void)info, (void)type, (void)place;
    return remove(path);
}

static inline void mapping_folder_free(struct mapping_folder *f)
{
    mapping_set_free(f->set);
    diag_free(&f->diag);
    nftw(f->path, mapping_folder_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
