/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The configuration file against option rows. The structure (which element, which attribute) is
 * checked by a RELAX NG schema that is made from the same rows (config_schema.c); values are checked
 * here, so that the error can say what to write instead.
 */
#include "gateway/config/config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/xml/document.h"

struct entry {
    struct entry *next;
    const struct section *section;
    void *data; /* the section's struct */
};

struct config {
    struct arena arena;
    struct entry *first, **last;
};

static void *add_entry(struct config *config, const struct section *section)
{
    struct entry *entry = arena_alloc(&config->arena, sizeof *entry);
    entry->section = section;
    entry->data = arena_alloc(&config->arena, section->size);
    *config->last = entry;
    config->last = &entry->next;
    return entry->data;
}

static const struct section *find_section(const struct section *const *sections, size_t n, const char *element)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(sections[i]->element, element) == 0)
            return sections[i];
    return NULL;
}

static void read_options(struct config *config, const struct section *section, const struct xml_node *node,
                         const char *file, const char *folder, struct diag *diag)
{
    char *data = add_entry(config, section);
    option_defaults(section, folder, data, &config->arena);
    *(struct section_place *)data = (struct section_place){file, xml_line(node)};
    for (size_t i = 0; i < section->n_rows; i++) {
        const struct option *row = &section->rows[i];
        const char *text = xml_attribute(node, row->name);
        struct buf error = {0};
        if (text && !option_parse(row, text, folder, data, &config->arena, &error))
            diag_add(diag, file, xml_line(node), "<%s %s>: %s", section->element, row->name, buf_text(&error));
        buf_free(&error);
    }
}

static void read_sections(struct config *config, const struct xml_document *document, const char *folder,
                          const struct section *const *sections, size_t n, struct diag *diag)
{
    const char *file = arena_text(&config->arena, slice_from(xml_file(document)));
    for (const struct xml_node *node = xml_child(xml_root(document)); node; node = xml_next(node)) {
        const struct section *section = find_section(sections, n, xml_name(node));
        if (section) /* the schema has refused all others */
            read_options(config, section, node, file, folder, diag);
    }
}

int config_load_text(struct slice text, const char *name, const char *folder, const struct section *const *sections,
                     size_t n, struct diag *diag, struct config **out)
{
    struct buf schema = {0};
    struct xml_document *document;
    *out = NULL;
    config_write_schema(sections, n, &schema);
    int result = xml_load_checked(text, name, buf_get(&schema), diag, &document);
    buf_free(&schema);
    if (result != GW_OK)
        return result;

    struct config *config = gw_alloc(sizeof *config);
    arena_init(&config->arena, 0);
    config->last = &config->first;
    read_sections(config, document, folder, sections, n, diag);
    xml_free(document);
    for (size_t i = 0; i < n; i++)
        if (!sections[i]->is_many && !config_get(config, sections[i]->element))
            option_defaults(sections[i], folder, add_entry(config, sections[i]), &config->arena);
    if (!diag_is_empty(diag)) {
        config_free(config);
        return GW_ERR_INVALID;
    }
    *out = config;
    return GW_OK;
}

int config_load(const char *path, const struct section *const *sections, size_t n, struct diag *diag, struct config **out)
{
    struct buf text = {0};
    *out = NULL;
    int result = xml_read_file(path, &text, diag);
    if (result == GW_OK) {
        const char *slash = strrchr(path, '/');
        char folder[PATH_MAX] = ".";
        if (slash == path)
            memcpy(folder, "/", 2);
        else if (slash && (size_t)(slash - path) < sizeof folder) {
            memcpy(folder, path, (size_t)(slash - path));
            folder[slash - path] = '\0';
        }
        result = config_load_text(buf_get(&text), path, folder, sections, n, diag, out);
    }
    buf_free(&text);
    return result;
}

void config_free(struct config *config)
{
    if (!config)
        return;
    arena_fini(&config->arena);
    free(config);
}

const void *config_at(const struct config *config, const char *element, size_t i)
{
    for (const struct entry *entry = config->first; entry; entry = entry->next)
        if (strcmp(entry->section->element, element) == 0 && i-- == 0)
            return entry->data;
    return NULL;
}

const void *config_get(const struct config *config, const char *element)
{
    return config_at(config, element, 0);
}

size_t config_count(const struct config *config, const char *element)
{
    size_t n = 0;
    for (const struct entry *entry = config->first; entry; entry = entry->next)
        n += strcmp(entry->section->element, element) == 0;
    return n;
}
