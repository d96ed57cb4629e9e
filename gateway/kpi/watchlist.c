/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The high-risk list: one hash table for exact names and prefixes, told apart by the hash's domain.
 */
#include "gateway/kpi/watchlist.h"

#include <stdlib.h>

#include "gateway/base/error.h"
#include "gateway/kpi/table.h"
#include "gateway/xml/document.h"

enum { DOMAIN_EXACT = 1, DOMAIN_PREFIX = 2, SEED = 0x5eed };

struct kpi_watchlist {
    struct arena arena;
    struct kpi_watch_entry *entries;
    size_t n, cap;
    struct kpi_table by_text;                  /* -> entry number + 1 */
    unsigned char lengths[KPI_WATCH_NAME_MAX]; /* of prefixes in use, longest first */
    size_t n_lengths;
    uint32_t globs[KPI_WATCH_GLOBS_MAX];
    size_t n_globs;
};

static bool glob_matches(struct slice text, struct slice pattern)
{
    size_t t = 0, p = 0, star = SIZE_MAX, mark = 0;
    while (t < text.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern.n &&
                   slice_equal_nocase(slice_of(text.p + t, 1), slice_of(pattern.p + p, 1))) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

static void add_length(struct kpi_watchlist *w, size_t length)
{
    size_t i = 0;
    while (i < w->n_lengths && w->lengths[i] > length)
        i++;
    if (i < w->n_lengths && w->lengths[i] == length)
        return;
    memmove(w->lengths + i + 1, w->lengths + i, w->n_lengths - i);
    w->lengths[i] = (unsigned char)length;
    w->n_lengths++;
}

static void index_pattern(struct kpi_watchlist *w, struct slice pattern, struct diag *diag,
                          const char *file, int line)
{
    size_t star = slice_find(pattern, '*');
    if (star < pattern.n && star + 1 < pattern.n) {
        if (w->n_globs == KPI_WATCH_GLOBS_MAX)
            diag_add(diag, file, line, "more than %d patterns with a * that is not at the end",
                     KPI_WATCH_GLOBS_MAX);
        else
            w->globs[w->n_globs++] = (uint32_t)w->n - 1;
        return;
    }
    bool is_prefix = star < pattern.n, is_new;
    struct slice body = slice_head(pattern, star);
    uint64_t key = kpi_hash_nocase(SEED, is_prefix ? DOMAIN_PREFIX : DOMAIN_EXACT, body);
    uint32_t *number = kpi_table_put(&w->by_text, key, &is_new);
    if (!is_new) {
        diag_add(diag, file, line, "pattern \"%.*s\" stands twice", SLICE_FMT(pattern));
        return;
    }
    *number = (uint32_t)w->n;
    if (is_prefix)
        add_length(w, body.n);
}

static const char *words(struct kpi_watchlist *w, const struct xml_node *node, const char *element,
                         const char *lang)
{
    for (const struct xml_node *c = xml_child(node); c; c = xml_next(c)) {
        const char *of = xml_attribute(c, "lang"); /* a link without one serves both */
        if (!strcmp(xml_name(c), element) && (!of || !strcmp(of, lang)))
            return arena_text(&w->arena, slice_trim(slice_from(xml_text(c))));
    }
    return "";
}

static void load_entry(struct kpi_watchlist *w, const struct xml_node *node, struct diag *diag,
                       const char *file)
{
    const char *pattern = xml_attribute(node, "pattern"), *risk = xml_attribute(node, "risk");
    const char *since = xml_attribute(node, "since"), *region = xml_attribute(node, "region");
    struct slice text = slice_trim(slice_from(pattern));
    size_t solid = 0;
    for (size_t i = 0; i < text.n; i++)
        solid += text.p[i] != '*';
    if (solid < 3 || text.n >= KPI_WATCH_NAME_MAX) {
        diag_add(diag, file, xml_line(node), "pattern \"%s\" must have 3 to %d characters beside *",
                 pattern ? pattern : "", KPI_WATCH_NAME_MAX - 1);
        return;
    }
    if (w->n == KPI_WATCH_MAX) {
        diag_add(diag, file, xml_line(node), "more than %d entries", KPI_WATCH_MAX);
        return;
    }
    if (w->n == w->cap) {
        w->cap = w->cap ? w->cap * 2 : 64;
        w->entries = gw_realloc(w->entries, w->cap * sizeof *w->entries);
    }
    w->entries[w->n++] = (struct kpi_watch_entry){
        .pattern = arena_text(&w->arena, text),
        .risk = arena_text(&w->arena, slice_from(risk ? risk : "high")),
        .since = arena_text(&w->arena, slice_from(since ? since : "")),
        .region = arena_text(&w->arena, slice_from(region ? region : "")),
        .advice = words(w, node, "advice", "en"),
        .advice_zh = words(w, node, "advice", "zh"),
        .link = words(w, node, "link", "en"),
        .link_zh = words(w, node, "link", "zh"),
    };
    index_pattern(w, text, diag, file, xml_line(node));
}

static int load_document(struct xml_document *document, struct diag *diag,
                         struct kpi_watchlist **out)
{
    size_t before = diag->total;
    struct kpi_watchlist *w = gw_alloc(sizeof *w);
    arena_init(&w->arena, 0);
    for (const struct xml_node *c = xml_child(xml_root(document)); c; c = xml_next(c))
        if (!strcmp(xml_name(c), "entry"))
            load_entry(w, c, diag, xml_file(document));
    xml_free(document);
    if (diag->total != before) {
        kpi_watchlist_free(w);
        return GW_ERR_INVALID;
    }
    *out = w;
    return GW_OK;
}

int kpi_watchlist_load(const char *path, const char *schema_path, struct diag *diag,
                       struct kpi_watchlist **out)
{
    struct xml_document *document;
    int error = xml_load_file(path, schema_path, diag, &document);
    return error ? error : load_document(document, diag, out);
}

int kpi_watchlist_load_text(struct slice text, const char *name, const char *schema_path,
                            struct diag *diag, struct kpi_watchlist **out)
{
    struct xml_document *document;
    int error = xml_load_text(text, name, schema_path, diag, &document);
    return error ? error : load_document(document, diag, out);
}

void kpi_watchlist_free(struct kpi_watchlist *watchlist)
{
    if (!watchlist)
        return;
    kpi_table_free(&watchlist->by_text);
    free(watchlist->entries);
    arena_fini(&watchlist->arena);
    free(watchlist);
}

size_t kpi_watchlist_count(const struct kpi_watchlist *watchlist)
{
    return watchlist ? watchlist->n : 0;
}

/* A hit of the hash is believed only when the text agrees. */
static const struct kpi_watch_entry *look_up(const struct kpi_watchlist *w, int domain,
                                             struct slice text)
{
    const uint32_t *number =
        kpi_table_get(&w->by_text, kpi_hash_nocase(SEED, (uint64_t)domain, text));
    if (!number)
        return NULL;
    const struct kpi_watch_entry *entry = &w->entries[*number - 1];
    return slice_equal_nocase(slice_head(slice_from(entry->pattern), text.n), text) ? entry : NULL;
}

const struct kpi_watch_entry *kpi_watchlist_match(const struct kpi_watchlist *w, struct slice name)
{
    if (!w || name.n == 0)
        return NULL;
    const struct kpi_watch_entry *entry = look_up(w, DOMAIN_EXACT, name);
    for (size_t i = 0; !entry && i < w->n_lengths; i++)
        if (w->lengths[i] <= name.n)
            entry = look_up(w, DOMAIN_PREFIX, slice_head(name, w->lengths[i]));
    for (size_t i = 0; !entry && i < w->n_globs; i++)
        if (glob_matches(slice_head(name, 1024), slice_from(w->entries[w->globs[i]].pattern)))
            entry = &w->entries[w->globs[i]];
    return entry;
}
