/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The configuration file against option rows. Structure and values are checked here first, because
 * a schema's message names neither the missing attribute nor what to write instead; a file that
 * passes is then held against a RELAX NG schema made from the same rows (config_schema.c), which
 * finds what this reader does not look at, such as words between the sections.
 */
#include "gateway/config/config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/xml/document.h"

/* All of an element, in the order of the file. */
struct entries {
    struct entries *next;
    const struct section *section;
    void **data; /* n of the section's structs */
    size_t n, cap;
};

struct config {
    struct arena arena;
    struct entries *first;
};

static struct entries *find_entries(const struct config *config, const char *element)
{
    struct entries *entries = config->first;
    while (entries && strcmp(entries->section->element, element) != 0)
        entries = entries->next;
    return entries;
}

static void *add_entry(struct config *config, const struct section *section)
{
    struct entries *entries = find_entries(config, section->element);
    if (!entries) {
        entries = arena_alloc(&config->arena, sizeof *entries);
        *entries = (struct entries){.next = config->first, .section = section};
        config->first = entries;
    }
    if (entries->n == entries->cap) {
        entries->cap = entries->cap ? entries->cap * 2 : 1;
        entries->data = gw_realloc(entries->data, entries->cap * sizeof *entries->data);
    }
    return entries->data[entries->n++] = arena_alloc(&config->arena, section->size);
}

static const struct section *find_section(const struct section *const *sections, size_t n,
                                          const char *element)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(sections[i]->element, element) == 0)
            return sections[i];
    return NULL;
}

/* Attributes that no row knows, and rows that must be there. */
static void check_attributes(const struct section *section, const struct xml_node *node,
                             const char *file, struct diag *diag)
{
    const void *position = NULL;
    const char *name, *value;
    while (xml_next_attribute(node, &position, &name, &value)) {
        bool is_known = false;
        for (size_t i = 0; i < section->n_rows; i++)
            is_known |= strcmp(section->rows[i].name, name) == 0;
        if (!is_known)
            diag_add(diag, file, xml_line(node),
                     "<%s %s>: there is no such option; eogd --options lists them",
                     section->element, name);
    }
    for (size_t i = 0; i < section->n_rows; i++)
        if (section->rows[i].is_required && !xml_attribute(node, section->rows[i].name))
            diag_add(diag, file, xml_line(node), "<%s>: needs %s=\"...\": %s", section->element,
                     section->rows[i].name, section->rows[i].help);
    if (xml_child(node))
        diag_add(diag, file, xml_line(xml_child(node)), "<%s>: <%s> cannot stand inside it",
                 section->element, xml_name(xml_child(node)));
}

static void read_options(struct config *config, const struct section *section,
                         const struct xml_node *node, const char *file, const char *folder,
                         struct diag *diag)
{
    char *data = add_entry(config, section);
    option_defaults(section, folder, data, &config->arena);
    *(struct section_place *)data = (struct section_place){file, xml_line(node)};
    check_attributes(section, node, file, diag);
    for (size_t i = 0; i < section->n_rows; i++) {
        const struct option *row = &section->rows[i];
        const char *text = xml_attribute(node, row->name);
        struct buf error = {0};
        if (text && !option_parse(row, text, folder, data, &config->arena, &error))
            diag_add(diag, file, xml_line(node), "<%s %s>: %s", section->element, row->name,
                     buf_text(&error));
        buf_free(&error);
    }
}

static void read_sections(struct config *config, const struct xml_document *document,
                          const char *folder, const struct section *const *sections, size_t n,
                          struct diag *diag)
{
    const char *file = arena_text(&config->arena, slice_from(xml_file(document)));
    const struct xml_node *root = xml_root(document);
    if (strcmp(xml_name(root), "eog-gateway") != 0)
        diag_add(diag, file, xml_line(root), "<%s>: a configuration begins with <eog-gateway>",
                 xml_name(root));
    for (const struct xml_node *node = xml_child(root); node; node = xml_next(node)) {
        const struct section *section = find_section(sections, n, xml_name(node));
        if (!section)
            diag_add(diag, file, xml_line(node),
                     "<%s>: there is no such section; eogd --options lists them", xml_name(node));
        else if (!section->is_many && config_get(config, section->element))
            diag_add(diag, file, xml_line(node), "<%s>: stands here for the second time",
                     section->element);
        if (section)
            read_options(config, section, node, file, folder, diag);
    }
}

/* Only for a file that this reader found sound. */
static void check_schema(struct slice text, const char *name, const struct section *const *sections,
                         size_t n, struct diag *diag)
{
    struct buf schema = {0};
    struct xml_document *document;
    config_write_schema(sections, n, &schema);
    xml_load_checked(text, name, buf_get(&schema), diag, &document);
    xml_free(document);
    buf_free(&schema);
}

int config_load_text(struct slice text, const char *name, const char *folder,
                     const struct section *const *sections, size_t n, struct diag *diag,
                     struct config **out)
{
    struct xml_document *document;
    *out = NULL;
    int result = xml_load_text(text, name, NULL, diag, &document);
    if (result != GW_OK)
        return result;

    struct config *config = gw_alloc(sizeof *config);
    arena_init(&config->arena, 0);
    read_sections(config, document, folder, sections, n, diag);
    xml_free(document);
    if (diag_is_empty(diag))
        check_schema(text, name, sections, n, diag);
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

int config_load(const char *path, const struct section *const *sections, size_t n,
                struct diag *diag, struct config **out)
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
    for (struct entries *entries = config->first; entries; entries = entries->next)
        free(entries->data);
    arena_fini(&config->arena);
    free(config);
}

const void *config_at(const struct config *config, const char *element, size_t i)
{
    const struct entries *entries = find_entries(config, element);
    return entries && i < entries->n ? entries->data[i] : NULL;
}

const void *config_get(const struct config *config, const char *element)
{
    return config_at(config, element, 0);
}

size_t config_count(const struct config *config, const char *element)
{
    const struct entries *entries = find_entries(config, element);
    return entries ? entries->n : 0;
}

void config_list_restarts(const struct config *before, const struct config *after,
                          const struct section *const *sections, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        const struct section *section = sections[i];
        size_t count = config_count(before, section->element);
        bool is_same_count = count == config_count(after, section->element);
        for (size_t k = 0; k < section->n_rows; k++) {
            const struct option *row = &section->rows[k];
            bool is_same = is_same_count;
            for (size_t j = 0; j < count && is_same; j++)
                is_same = option_is_same(row, config_at(before, section->element, j),
                                         config_at(after, section->element, j));
            if (!is_same && row->needs_restart)
                buf_printf(out, " <%s %s>", section->element, row->name);
        }
    }
}
