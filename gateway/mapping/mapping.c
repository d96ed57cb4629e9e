/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The folder of mappings: walked in order of names, so that the set does not depend on the file
 * system; every file is checked against mapping.rng, compiled, and its mistakes reported together.
 */
#include "gateway/mapping/mapping.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gateway/base/error.h"
#include "gateway/mapping/compile.h"
#include "gateway/mapping/names.h"

struct mapping_set {
    struct arena arena; /* texts of all programs */
    struct mapping **mappings;
    size_t n, cap;
    struct vendor **vendors;
    size_t n_vendors;
    struct dispatch dispatch;
    struct pattern_pool *patterns;
    struct names *names; /* NULL: the folder has none */
};

static struct mapping_set *set_new(void)
{
    struct mapping_set *set = gw_alloc(sizeof *set);
    arena_init(&set->arena, 0);
    dispatch_init(&set->dispatch);
    set->patterns = pattern_pool_new();
    return set;
}

void mapping_set_free(struct mapping_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->n; i++)
        compile_free(set->mappings[i]);
    for (size_t i = 0; i < set->n_vendors; i++)
        compile_vendor_free(set->vendors[i]);
    dispatch_fini(&set->dispatch);
    pattern_pool_free(set->patterns);
    names_free(set->names);
    free(set->mappings);
    free(set->vendors);
    arena_fini(&set->arena);
    free(set);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static void load_mapping(struct mapping_set *set, const struct vendor *vendor, const char *schema,
                         const char *path, const char *id, struct diag *diag)
{
    struct xml_document *document;
    if (xml_load_file(path, schema, diag, &document) != GW_OK)
        return;
    const struct compile_set into = {&set->arena, &set->dispatch, set->patterns};
    struct mapping *mapping = compile_mapping(&into, diag, vendor, id, document);
    xml_free(document);
    if (set->n == set->cap) {
        set->cap = set->cap ? set->cap * 2 : 16;
        set->mappings = gw_realloc(set->mappings, set->cap * sizeof *set->mappings);
    }
    mapping->number = set->n;
    set->mappings[set->n++] = mapping;
}

/* vendor.xml, and vendor-IDEA.xml where one file would be too long. */
static bool is_vendor_file(struct slice file)
{
    return slice_equal(file, SLICE("vendor.xml")) ||
           (slice_starts_with(file, SLICE("vendor-")) && slice_ends_with(file, SLICE(".xml")));
}

static struct vendor *load_vendor(struct mapping_set *set, const char *schema, const char *folder,
                                  struct dirent **entries, int n, struct diag *diag)
{
    struct vendor *vendor = NULL;
    for (int i = 0; i < n; i++) {
        struct xml_document *document;
        if (!is_vendor_file(slice_from(entries[i]->d_name)))
            continue;
        const char *path = arena_printf(&set->arena, "%s/%s", folder, entries[i]->d_name);
        if (xml_load_file(path, schema, diag, &document) == GW_OK)
            vendor = compile_vendor(&set->arena, diag, vendor, document);
    }
    if (vendor) {
        set->vendors = gw_realloc(set->vendors, (set->n_vendors + 1) * sizeof *set->vendors);
        set->vendors[set->n_vendors++] = vendor;
    }
    return vendor;
}

static void load_folder(struct mapping_set *set, const char *schema, const char *dir,
                        const char *name, struct diag *diag)
{
    struct dirent **entries;
    const char *folder = arena_printf(&set->arena, "%s/%s", dir, name);
    int n = scandir(folder, &entries, is_visible, alphasort);
    if (n < 0) {
        diag_add(diag, folder, 0, "cannot be read: %s", strerror(errno));
        return;
    }
    const struct vendor *vendor = load_vendor(set, schema, folder, entries, n, diag);
    for (int i = 0; i < n; i++) {
        struct slice file = slice_from(entries[i]->d_name);
        if (slice_ends_with(file, SLICE(".xml")) && !is_vendor_file(file)) {
            const char *path = arena_printf(&set->arena, "%s/%s", folder, entries[i]->d_name);
            const char *id = arena_printf(&set->arena, "%s/%.*s", name, (int)(file.n - 4), file.p);
            load_mapping(set, vendor, schema, path, id, diag);
        }
        free(entries[i]);
    }
    free(entries);
}

int mapping_set_load(const char *dir, struct diag *diag, struct mapping_set **out)
{
    struct dirent **entries;
    size_t errors = diag->total;
    *out = NULL;
    int n = scandir(dir, &entries, is_visible, alphasort);
    if (n < 0) {
        diag_add(diag, dir, 0, "the folder of mappings cannot be read: %s", strerror(errno));
        return GW_ERR_NOT_FOUND;
    }
    struct mapping_set *set = set_new();
    const char *schema = arena_printf(&set->arena, "%s/mapping.rng", dir);
    if (!is_file(schema))
        diag_add(diag, schema, 0, "the schema of mappings is missing");
    for (int i = 0; i < n; i++) {
        const char *path = arena_printf(&set->arena, "%s/%s", dir, entries[i]->d_name);
        if (is_folder(path) && is_file(schema))
            load_folder(set, schema, dir, entries[i]->d_name, diag);
        free(entries[i]);
    }
    free(entries);
    dispatch_build(&set->dispatch);
    const char *names = arena_printf(&set->arena, "%s/notifications.txt", dir);
    if (is_file(names))
        names_load(names, diag, &set->names);
    if (set->n == 0 && diag->total == errors)
        diag_add(diag, dir, 0, "holds no mapping");
    if (diag->total > errors) {
        mapping_set_free(set);
        return GW_ERR_INVALID;
    }
    *out = set;
    return GW_OK;
}

size_t mapping_set_count(const struct mapping_set *set)
{
    return set->n;
}

const struct mapping *mapping_set_at(const struct mapping_set *set, size_t i)
{
    return i < set->n ? set->mappings[i] : NULL;
}

const struct mapping *mapping_set_get(const struct mapping_set *set, const char *id)
{
    for (size_t i = 0; i < set->n; i++)
        if (strcmp(set->mappings[i]->id, id) == 0)
            return set->mappings[i];
    return NULL;
}

const struct names *mapping_set_names(const struct mapping_set *set)
{
    return set->names;
}

const struct mapping *mapping_find(const struct mapping_set *set, const struct fields *fields,
                                   struct pattern_scratch *scratch, struct mapping_match *match)
{
    return dispatch_find(&set->dispatch, fields, scratch, match);
}

bool mapping_may_begin(const struct mapping_set *set, struct slice text, size_t n)
{
    return dispatch_may_begin(&set->dispatch, text, n);
}

const char *mapping_id(const struct mapping *mapping)
{
    return mapping->id;
}

const char *mapping_file(const struct mapping *mapping)
{
    return mapping->file;
}

size_t mapping_rule_count(const struct mapping *mapping)
{
    return mapping->n_rules;
}

const char *mapping_rule_name(const struct mapping *mapping, size_t rule)
{
    return rule < mapping->n_rules ? mapping->rules[rule].name : NULL;
}

const char *mapping_rule_file(const struct mapping *mapping, size_t rule)
{
    return rule < mapping->n_rules ? mapping->rules[rule].file : NULL;
}

bool mapping_rule_is_shared(const struct mapping *mapping, size_t rule)
{
    return rule < mapping->n_rules && mapping->rules[rule].is_shared;
}

int mapping_rule_line(const struct mapping *mapping, size_t rule)
{
    return rule < mapping->n_rules ? mapping->rules[rule].line : 0;
}
