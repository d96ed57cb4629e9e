/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The high-risk list: one hash table for exact names and prefixes, told apart by the hash's domain.
 */
#include "gateway/kpi/watchlist.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/ascii.h"
#include "gateway/base/error.h"
#include "gateway/base/utf8.h"
#include "gateway/kpi/table.h"
#include "gateway/xml/document.h"

enum { DOMAIN_EXACT = 1, DOMAIN_PREFIX = 2, DOMAIN_GLOB = 3, SEED = 0x5eed, SHOWN_MAX = 100 };

struct kpi_watchlist {
    struct arena arena;
    struct kpi_watch_entry *entries;
    size_t n, cap;
    struct kpi_table by_text;                  /* -> entry number + 1 */
    unsigned char lengths[KPI_WATCH_NAME_MAX]; /* of prefixes in use, longest first */
    size_t n_lengths;
    uint32_t globs[KPI_WATCH_GLOBS_MAX];
    size_t n_globs;
    bool is_pushed; /* it came from elsewhere: more is a mistake */
};

static bool glob_matches(struct slice text, struct slice pattern)
{
    size_t t = 0, p = 0, star = SIZE_MAX, mark = 0;
    while (t < text.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern.n && ascii_lower(text.p[t]) == ascii_lower(pattern.p[p])) {
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

/* What a reader would obey, and what is no UTF-8, becomes '?'. */
static void disarm(char *text)
{
    unsigned char *p = (unsigned char *)text;
    for (size_t left = strlen(text); left;) {
        size_t n = utf8_char(p, left), step = n ? n : 1;
        if (!n || utf8_is_steering(utf8_code(p, n)))
            memset(p, '?', step);
        p += step;
        left -= step;
    }
}

/* A pattern for a person: it may be as long and as wicked as a file is. */
static const char *shown(struct kpi_watchlist *w, struct slice text)
{
    char *clean =
        (char *)(uintptr_t)arena_printf(&w->arena, "%.*s%s", SLICE_FMT(utf8_head(text, SHOWN_MAX)),
                                        text.n > SHOWN_MAX ? "..." : "");
    disarm(clean);
    return clean;
}

/* How a pattern is looked up: whole, by what is before its star, or by trying. */
static int domain_of(struct slice pattern, struct slice *body)
{
    size_t star = slice_find(pattern, '*');
    bool is_glob = star < pattern.n && star + 1 < pattern.n;
    *body = is_glob ? pattern : slice_head(pattern, star);
    return is_glob ? DOMAIN_GLOB : star < pattern.n ? DOMAIN_PREFIX : DOMAIN_EXACT;
}

static void index_pattern(struct kpi_watchlist *w, struct slice pattern, struct diag *diag,
                          const char *file, int line)
{
    bool is_new;
    struct slice body;
    int domain = domain_of(pattern, &body);
    uint32_t *number =
        kpi_table_put(&w->by_text, kpi_hash_nocase(SEED, (uint64_t)domain, body), &is_new);
    if (!is_new && (domain != DOMAIN_GLOB || w->is_pushed)) {
        diag_add(diag, file, line, "pattern \"%s\" stands twice", shown(w, pattern));
        return;
    }
    *number = (uint32_t)w->n;
    if (domain == DOMAIN_PREFIX)
        add_length(w, body.n);
    if (domain == DOMAIN_GLOB && w->n_globs == KPI_WATCH_GLOBS_MAX)
        diag_add(diag, file, line, "more than %d patterns with a * that is not at the end",
                 KPI_WATCH_GLOBS_MAX);
    else if (domain == DOMAIN_GLOB)
        w->globs[w->n_globs++] = (uint32_t)w->n - 1;
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

/* What a value of a list from elsewhere must not have. Line breaks are at home in words alone. */
static const char *wrong_text(const char *value, bool is_words)
{
    struct slice rest = slice_from(value ? value : "");
    if (is_words && rest.n > KPI_WATCH_WORDS_MAX)
        return "is longer than 4096 bytes";
    while (rest.n) {
        const unsigned char *p = (const unsigned char *)rest.p;
        size_t n = utf8_char(p, rest.n); /* libxml2 hands out UTF-8 */
        bool is_blank = is_words && (*p == '\n' || *p == '\t');
        if (n == 0 || (!is_blank && utf8_is_steering(utf8_code(p, n))))
            return "has a character that a terminal obeys (control character, mark of direction)";
        rest = slice_skip(rest, n);
    }
    return NULL;
}

static void check_text(const struct xml_node *node, const char *what, const char *value,
                       bool is_words, struct diag *diag, const char *file)
{
    const char *wrong = wrong_text(value, is_words);
    if (wrong)
        diag_add(diag, file, xml_line(node), "%s of the entry %s", what, wrong);
}

/* Of a list from elsewhere. */
static void check_entry(const struct xml_node *node, struct diag *diag, const char *file)
{
    static const char *const attributes[] = {"pattern", "since", "region"};
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        check_text(node, attributes[i], xml_attribute(node, attributes[i]), false, diag, file);
    for (const struct xml_node *c = xml_child(node); c; c = xml_next(c))
        check_text(c, xml_name(c), xml_text(c), true, diag, file);
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
                 shown(w, text), KPI_WATCH_NAME_MAX - 1);
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

static int load_document(struct xml_document *document, bool is_pushed, struct diag *diag,
                         struct kpi_watchlist **out)
{
    size_t before = diag->total;
    struct kpi_watchlist *w = gw_alloc(sizeof *w);
    arena_init(&w->arena, 0);
    w->is_pushed = is_pushed;
    for (const struct xml_node *c = xml_child(xml_root(document)); c; c = xml_next(c)) {
        if (strcmp(xml_name(c), "entry") != 0)
            continue;
        if (is_pushed)
            check_entry(c, diag, xml_file(document));
        load_entry(w, c, diag, xml_file(document));
    }
    if (is_pushed && diag->total == before && w->n == 0)
        diag_add(diag, xml_file(document), 0, "has no entry: nothing would be watched for");
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
    if (error)
        return error;
    error = load_document(document, false, diag, out);
    xml_free(document);
    return error;
}

int kpi_watchlist_load_text(struct slice text, const char *name, const char *schema_path,
                            struct diag *diag, struct kpi_watchlist **out)
{
    struct xml_document *document;
    int error = xml_load_text(text, name, schema_path, diag, &document);
    if (error)
        return error;
    error = load_document(document, false, diag, out);
    xml_free(document);
    return error;
}

/* The encoding that the XML declaration names, none if there is none: libxml2 would go by it. */
static bool has_other_encoding(struct slice text)
{
    struct slice name, mark = SLICE("\xef\xbb\xbf");
    struct slice head = slice_skip(text, slice_starts_with(text, mark) ? mark.n : 0);
    head = slice_head(head, KPI_WATCH_STRETCH_MAX);
    if (!slice_starts_with(head, SLICE("<?xml")))
        return false;
    size_t n = 0;
    while (n < head.n && !slice_starts_with(slice_skip(head, n), SLICE("?>")))
        n++;
    head = slice_head(head, n);
    for (n = 0; n < head.n && !slice_starts_with(slice_skip(head, n), SLICE("encoding")); n++)
        ;
    if (n == head.n)
        return false;
    name = slice_skip(head, n + strlen("encoding"));
    while (name.n && strchr(" \t\r\n=", *name.p))
        name = slice_skip(name, 1);
    name = slice_head(slice_skip(name, 1), 5); /* behind its quote */
    return !slice_equal_nocase(name, SLICE("UTF-8")) && !slice_equal_nocase(name, SLICE("US-AS"));
}

/* Before libxml2 sees it. */
static void check_bytes(struct slice text, const char *file, struct diag *diag)
{
    const unsigned char *p = (const unsigned char *)text.p;
    const char *wrong = has_other_encoding(text) ? "is not UTF-8: save the file as UTF-8" : NULL;
    size_t marks = 0, stretch = 0, attributes = 0;
    int line = 1;
    unsigned char solid = 0; /* the last byte that is no blank */
    for (size_t i = 0, n; i < text.n && !wrong; i += n) {
        n = p[i] < 0x80 ? 1 : utf8_char(p + i, text.n - i);
        line += p[i] == '\n';
        stretch = p[i] == '<' ? 0 : stretch + n;
        marks += p[i] == '<' || p[i] == '=';
        attributes = p[i] == '<' ? 0 : attributes + (solid == '=' && (p[i] == '"' || p[i] == '\''));
        solid = strchr(" \t\r\n", p[i]) ? solid : p[i];
        if (n == 0)
            wrong = "is not UTF-8: save the file as UTF-8";
        else if (p[i] == '\0')
            wrong = "has a NUL";
        else if (stretch > KPI_WATCH_STRETCH_MAX)
            wrong = "has a tag, a text or a comment of more than 16384 bytes";
        else if (attributes > KPI_WATCH_ATTRIBUTES_MAX)
            wrong = "has a tag of more than 64 attributes";
        else if (marks > KPI_WATCH_MARKS_MAX)
            wrong = "has more than 1500000 tags and attributes";
        else if (p[i] == '<' && slice_starts_with(slice_skip(text, i), SLICE("<!D")))
            wrong = "has a DOCTYPE; remove it, entities are not supported";
    }
    if (wrong)
        diag_add(diag, file, line, "%s", wrong);
}

/* Behind our own checks, as libxml2 does not say where an attribute is missing. What it finds
   without a line is said only when we found nothing. */
static void check_schema(const struct xml_document *document, const char *schema_path,
                         struct diag *diag)
{
    struct diag found = {0};
    bool is_alone = diag_is_empty(diag);
    xml_check(document, schema_path, &found);
    for (size_t i = 0; i < found.n; i++)
        if (is_alone || found.items[i].line > 0)
            diag_add(diag, found.items[i].file, found.items[i].line, "%s", found.items[i].text);
    diag->total += found.total - found.n;
    diag_free(&found);
}

int kpi_watchlist_load_pushed(struct slice text, const char *name, const char *schema_path,
                              struct diag *diag, struct kpi_watchlist **out)
{
    struct xml_document *document;
    size_t before = diag->n;
    *out = NULL;
    if (text.n > KPI_WATCH_PUSHED_MAX) {
        diag_add(diag, name, 0, "larger than %d MiB, the most that can be pushed",
                 KPI_WATCH_PUSHED_MAX / 1024 / 1024);
        return GW_ERR_INVALID;
    }
    check_bytes(text, name, diag);
    if (diag->n != before)
        return GW_ERR_INVALID;
    int error = xml_load_text(text, name, NULL, diag, &document);
    if (!error) {
        error = load_document(document, true, diag, out);
        if (schema_path)
            check_schema(document, schema_path, diag);
        xml_free(document);
    }
    if (!error && diag->n != before) {
        kpi_watchlist_free(*out);
        *out = NULL;
        error = GW_ERR_INVALID;
    }
    for (size_t i = before; i < diag->n; i++)
        disarm(diag->items[i].text); /* libxml2 and schemas repeat what they found */
    return error;
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

const struct kpi_watch_entry *kpi_watchlist_at(const struct kpi_watchlist *watchlist, size_t i)
{
    return &watchlist->entries[i];
}

const struct kpi_watch_entry *kpi_watchlist_find(const struct kpi_watchlist *watchlist,
                                                 struct slice pattern)
{
    struct slice body;
    int domain = domain_of(pattern, &body);
    const uint32_t *number =
        watchlist
            ? kpi_table_get(&watchlist->by_text, kpi_hash_nocase(SEED, (uint64_t)domain, body))
            : NULL;
    const struct kpi_watch_entry *entry = number ? &watchlist->entries[*number - 1] : NULL;
    return entry && slice_equal_nocase(slice_from(entry->pattern), pattern) ? entry : NULL;
}

bool kpi_watch_entry_is_same(const struct kpi_watch_entry *a, const struct kpi_watch_entry *b)
{
    return !strcmp(a->risk, b->risk) && !strcmp(a->since, b->since) &&
           !strcmp(a->region, b->region) && !strcmp(a->advice, b->advice) &&
           !strcmp(a->advice_zh, b->advice_zh) && !strcmp(a->link, b->link) &&
           !strcmp(a->link_zh, b->link_zh);
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
