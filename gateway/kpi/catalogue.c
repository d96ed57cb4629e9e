/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the catalogue's XML to plain tables. The RELAX NG schema has said what may stand where; here
 * names become numbers, levels take their unit, and what a schema cannot see is checked: ids twice,
 * fields and kinds that do not exist, a measure without what it needs. All errors of one run are
 * reported, each with its line.
 */
#include "gateway/kpi/catalogue.h"

#include <stdlib.h>

#include "gateway/base/error.h"
#include "gateway/kpi/burst.h"
#include "gateway/kpi/table.h"
#include "gateway/xml/document.h"

struct loader {
    struct diag *diag;
    const char *file;
    struct kpi_catalogue *catalogue;
    struct kpi_input *inputs;
    size_t n_inputs, n_shared;
    struct kpi_entry *entries;
    size_t n_entries;
};

#define COMPLAIN(loader, node, ...)                                                                \
    diag_add((loader)->diag, (loader)->file, xml_line(node), __VA_ARGS__)

static const char *keep(struct loader *l, const char *text)
{
    return arena_text(&l->catalogue->arena, slice_trim(slice_from(text)));
}

static int choose(struct loader *l, const struct xml_node *node, const char *attribute,
                  const char *const *choices, int fallback)
{
    const char *text = xml_attribute(node, attribute);
    if (!text)
        return fallback;
    for (int i = 0; choices[i]; i++)
        if (!strcmp(text, choices[i]))
            return i;
    COMPLAIN(l, node, "%s=\"%s\" is not known here", attribute, text);
    return fallback;
}

static int64_t duration(struct loader *l, const struct xml_node *node, const char *attribute)
{
    const char *text = xml_attribute(node, attribute);
    if (!text)
        return 0;
    struct slice s = slice_from(text);
    int64_t n = 0, unit = 0;
    if (s.n > 1)
        switch (s.p[s.n - 1]) {
        case 's':
            unit = 1000;
            break;
        case 'm':
            unit = 60000;
            break;
        case 'h':
            unit = 3600000;
            break;
        case 'd':
            unit = 86400000;
            break;
        default:
            break;
        }
    if (!unit || !slice_to_int(slice_head(s, s.n - 1), &n) || n < 1 || n > 100000) {
        COMPLAIN(l, node, "%s=\"%s\" is no duration; write 30s, 10m, 1h or 7d", attribute, text);
        return 0;
    }
    return n * unit;
}

static int64_t number(struct loader *l, const struct xml_node *node, const char *attribute,
                      int64_t fallback, int64_t max)
{
    const char *text = xml_attribute(node, attribute);
    int64_t n;
    if (!text)
        return fallback;
    if (!slice_to_int(slice_from(text), &n) || n < 0 || n > max) {
        COMPLAIN(l, node, "%s=\"%s\" is no number from 0 to %lld", attribute, text, (long long)max);
        return fallback;
    }
    return n;
}

/* "a|b|c" into trimmed slices of the arena. */
static const struct slice *alternatives(struct loader *l, const char *text, char separator,
                                        size_t *n)
{
    struct slice rest = arena_dup(&l->catalogue->arena, slice_from(text));
    size_t max = 1;
    for (size_t i = 0; i < rest.n; i++)
        max += rest.p[i] == separator;
    struct slice *out = arena_alloc(&l->catalogue->arena, max * sizeof *out);
    *n = 0;
    while (rest.n) {
        struct slice head;
        slice_cut(rest, separator, &head, &rest);
        head = slice_trim(head);
        if (head.n)
            out[(*n)++] = head;
    }
    return out;
}

static enum gw_field field_named(struct loader *l, const struct xml_node *node, struct slice name)
{
    enum gw_field field = gw_field_by_name(name);
    if (!field)
        COMPLAIN(l, node, "there is no field \"%.*s\"", SLICE_FMT(name));
    return field;
}

static void load_where(struct loader *l, const struct xml_node *node, struct kpi_where *out)
{
    static const char *const names[] = {"is",  "not", "like",    "unlike",
                                        "min", "max", "watched", NULL};
    const char *field = xml_attribute(node, "field");
    int found = 0;
    out->field = field ? field_named(l, node, slice_from(field)) : 0;
    for (int i = 0; names[i]; i++) {
        const char *value = xml_attribute(node, names[i]);
        if (!value)
            continue;
        found++;
        out->op = (enum kpi_where_op)i;
        if (i == KPI_WHERE_MIN || i == KPI_WHERE_MAX)
            out->number = number(l, node, names[i], 0, INT64_MAX);
        else
            out->texts = alternatives(l, value, '|', &out->n_texts);
    }
    if (found != 1)
        COMPLAIN(l, node, "<where> takes one of is, not, like, unlike, min, max, watched; found %d",
                 found);
}

static void load_kinds(struct loader *l, const struct xml_node *node, const char *text,
                       struct kpi_input *out)
{
    size_t n;
    const struct slice *names = alternatives(l, text, ' ', &n);
    for (size_t i = 0; i < n; i++) {
        int kind = gw_kind_by_name(names[i]);
        if (kind < 0)
            COMPLAIN(l, node, "there is no kind \"%.*s\"", SLICE_FMT(names[i]));
        else
            out->kinds[kind] = true;
    }
}

static uint16_t find_input(const struct loader *l, const char *id, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (!strcmp(l->inputs[i].id, id))
            return (uint16_t)i;
    return KPI_NO_INPUT;
}

static struct kpi_key load_key(struct loader *l, const struct xml_node *node, struct slice name)
{
    static const char *const names[] = {"", "host", "source", "product", "link", NULL};
    for (int i = 1; names[i]; i++)
        if (slice_equal(name, slice_from(names[i])))
            return (struct kpi_key){.kind = (enum kpi_key_kind)i};
    enum gw_field field = field_named(l, node, name);
    return (struct kpi_key){.kind = KPI_KEY_FIELD, .field = field};
}

/* One or two names of keys. */
static void load_keys(struct loader *l, const struct xml_node *node, const char *attribute,
                      struct kpi_key out[2])
{
    const char *text = xml_attribute(node, attribute);
    size_t n = 0;
    const struct slice *names = text ? alternatives(l, text, ' ', &n) : NULL;
    if (n > 2)
        COMPLAIN(l, node, "at most two names in %s", attribute);
    for (size_t i = 0; i < n && i < 2; i++)
        out[i] = load_key(l, node, names[i]);
}

static void load_burst(struct loader *l, const struct xml_node *node, struct kpi_input *input)
{
    load_keys(l, node, "of", input->burst_of);
    const char *changes = xml_attribute(node, "changes");
    input->burst_of_changes = changes && !strcmp(changes, "yes");
    input->burst_within_ms = duration(l, node, "within");
    int64_t least = number(l, node, "least", 0, KPI_BURST_LEAST_MAX);
    if (least < 2 || input->burst_within_ms == 0 || input->burst_of[0].kind == KPI_KEY_NONE) {
        COMPLAIN(l, node, "<burst> needs of, within, and least from 2 to %d", KPI_BURST_LEAST_MAX);
        return;
    }
    if (input->burst_least)
        COMPLAIN(l, node, "a second <burst>");
    input->burst_least = (uint8_t)least;
}

static enum gw_severity severity(struct loader *l, const struct xml_node *node)
{
    const char *name = xml_attribute(node, "min-severity");
    int found = name ? gw_severity_by_name(slice_from(name)) : GW_SEVERITY_UNKNOWN;
    if (found > GW_SEVERITY_UNKNOWN)
        return (enum gw_severity)found;
    if (name)
        COMPLAIN(l, node, "min-severity=\"%s\": low, medium, high or critical is expected", name);
    return GW_SEVERITY_UNKNOWN;
}

static void load_input(struct loader *l, const struct xml_node *node, size_t from)
{
    const char *id = xml_attribute(node, "id"), *kinds = xml_attribute(node, "kinds");
    const char *has = xml_attribute(node, "has");
    if (!id || (!kinds && !has)) {
        COMPLAIN(l, node, "<input> needs an id, and kinds or has");
        return;
    }
    if (l->n_inputs == KPI_INPUTS_MAX) {
        COMPLAIN(l, node, "more than %d inputs", KPI_INPUTS_MAX);
        return;
    }
    if (find_input(l, id, from, l->n_inputs) != KPI_NO_INPUT)
        COMPLAIN(l, node, "a second <input id=\"%s\">", id);
    struct kpi_input *input = &l->inputs[l->n_inputs++];
    input->id = keep(l, id);
    if (kinds)
        load_kinds(l, node, kinds, input);
    if (has) {
        size_t n;
        const struct slice *names = alternatives(l, has, ' ', &n);
        enum gw_field *fields = arena_alloc(&l->catalogue->arena, (n + 1) * sizeof *fields);
        for (size_t i = 0; i < n; i++)
            fields[i] = field_named(l, node, names[i]);
        input->has = fields;
        input->n_has = n;
    }
    const char *by_agent = xml_attribute(node, "by-agent");
    input->by_agent = by_agent && !strcmp(by_agent, "yes");
    input->least = severity(l, node);
    size_t n_wheres = 0;
    for (const struct xml_node *w = xml_child(node); w; w = xml_next(w))
        n_wheres++;
    struct kpi_where *wheres = arena_alloc(&l->catalogue->arena, (n_wheres + 1) * sizeof *wheres);
    for (const struct xml_node *w = xml_child(node); w; w = xml_next(w)) {
        if (!strcmp(xml_name(w), "burst"))
            load_burst(l, w, input);
        else
            load_where(l, w, &wheres[input->n_wheres++]);
    }
    input->wheres = wheres;
}

/* One input, or up to max of them, blank separated. */
static void inputs_of(struct loader *l, const struct xml_node *node, const char *attribute,
                      size_t own, size_t max, uint16_t *out)
{
    const char *text = xml_attribute(node, attribute);
    size_t n = 0;
    const struct slice *ids = text ? alternatives(l, text, ' ', &n) : NULL;
    for (size_t i = 0; i < max; i++)
        out[i] = KPI_NO_INPUT;
    if (n > max)
        COMPLAIN(l, node, "%s: at most %zu inputs", attribute, max);
    for (size_t i = 0; i < n && i < max; i++) {
        const char *id = arena_text(&l->catalogue->arena, ids[i]);
        out[i] = find_input(l, id, own, l->n_inputs);
        if (out[i] == KPI_NO_INPUT)
            out[i] = find_input(l, id, 0, l->n_shared);
        if (out[i] == KPI_NO_INPUT)
            COMPLAIN(l, node, "%s=\"%s\": there is no such <input>", attribute, id);
    }
}

/* A level in the unit that people read ("5", "99.5"); percent become hundredths. */
static int32_t level(struct loader *l, const struct xml_node *node, const char *attribute,
                     bool is_percent)
{
    const char *text = xml_attribute(node, attribute);
    if (!text)
        return KPI_NO_LEVEL;
    struct slice whole, fraction;
    int64_t value, part = 0;
    slice_cut(slice_from(text), '.', &whole, &fraction);
    bool is_good = slice_to_int(whole, &value) && value >= 0 && value <= 10000000;
    if (is_good && fraction.n)
        is_good = is_percent && fraction.n <= 2 && slice_to_int(fraction, &part) && part >= 0;
    if (!is_good) {
        COMPLAIN(l, node, "%s=\"%s\" is no level%s", attribute, text,
                 is_percent ? "; write percent with at most two decimals"
                            : "; write a whole number");
        return KPI_NO_LEVEL;
    }
    if (is_percent)
        value = value * 100 + (fraction.n == 1 ? part * 10 : part);
    return (int32_t)value;
}

static void check_test(struct loader *l, const struct xml_node *node, const struct kpi_test *t)
{
    bool is_windowed = t->measure == KPI_MEASURE_COUNT || t->measure == KPI_MEASURE_DISTINCT ||
                       t->measure == KPI_MEASURE_MAX_GROUP || t->part == KPI_PART_DISTINCT;
    bool is_held = t->measure == KPI_MEASURE_HELD || t->part == KPI_PART_HELD;
    bool is_component = t->measure == KPI_MEASURE_LAG || t->measure == KPI_MEASURE_AGE ||
                        t->part == KPI_PART_BEHIND;
    if (is_windowed && (t->on[0] == KPI_NO_INPUT || t->window_ms < 1000))
        COMPLAIN(l, node, "this measure needs an input and a window");
    if (is_held && t->on[0] == KPI_NO_INPUT)
        COMPLAIN(l, node, "held needs an input");
    if (t->is_of_uplinks && (t->measure != KPI_MEASURE_HELD || t->scope != KPI_SCOPE_DEVICE ||
                             t->member.kind != KPI_KEY_LINK))
        COMPLAIN(l, node,
                 "listed=\"uplinks\" is of measure=\"held\" scope=\"device\" "
                 "distinct=\"link\"");
    if (t->heard_ms && (t->measure != KPI_MEASURE_HELD || t->scope != KPI_SCOPE_PRODUCT ||
                        t->member.kind != KPI_KEY_NONE))
        COMPLAIN(l, node, "heard is of measure=\"held\" scope=\"product\" without distinct");
    if (is_component && t->component == GW_COMPONENT_OTHER)
        COMPLAIN(l, node, "this measure needs component=\"pattern\" or component=\"engine\"");
    if ((t->measure == KPI_MEASURE_DISTINCT || t->part == KPI_PART_DISTINCT || t->at_least) &&
        t->member.kind == KPI_KEY_NONE)
        COMPLAIN(l, node, "distinct=\"...\" must say of what");
    if (t->measure == KPI_MEASURE_MAX_GROUP && t->group[0].kind == KPI_KEY_NONE)
        COMPLAIN(l, node, "max-group needs group=\"...\"");
    if (t->measure == KPI_MEASURE_SHARE && (t->part == KPI_PART_NONE || t->scope != KPI_SCOPE_SITE))
        COMPLAIN(l, node, "share needs part=\"...\" and scope=\"site\"");
    if (t->part == KPI_PART_BEHIND && t->behind_versions < 0 && t->behind_days < 0)
        COMPLAIN(l, node, "part=\"behind\" needs versions or days");
    if ((t->measure == KPI_MEASURE_LAG || t->measure == KPI_MEASURE_AGE ||
         t->measure == KPI_MEASURE_HEARTBEAT || t->measure == KPI_MEASURE_SILENCE ||
         t->measure == KPI_MEASURE_DAYS_LEFT) &&
        t->scope == KPI_SCOPE_SITE)
        COMPLAIN(l, node, "this measure is of a product or device; its scope cannot be a site");
    if (t->warning < 0 && t->critical < 0)
        COMPLAIN(l, node, "a test needs warning, critical or both");
    if (t->warning >= 0 && t->critical >= 0 &&
        (t->is_falling ? t->critical > t->warning : t->critical < t->warning))
        COMPLAIN(l, node, "critical comes before warning");
    if (!t->is_falling && (t->warning == 0 || t->critical == 0))
        COMPLAIN(l, node, "a level of 0 would always be reached");
}

static uint64_t shape_of(const struct loader *l, const struct kpi_test *t)
{
    struct buf text = {0};
    buf_printf(&text, "%d %d %lld %lld %d.%d %d.%d %d.%d %u %d %d %d %lld %d %d %d", t->measure,
               t->scope, (long long)t->window_ms, (long long)t->expire_ms, t->group[0].kind,
               t->group[0].field, t->group[1].kind, t->group[1].field, t->member.kind,
               t->member.field, t->at_least, t->population, t->component, t->is_stated_only,
               (long long)t->unheard_ms, t->part, t->whole, t->is_of_uplinks);
    /* Not what ends a state: one that holds is no other for what will end it from now on. */
    const uint16_t used[] = {t->on[0], t->on[1], t->on[2], t->on[3]};
    for (size_t u = 0; u < sizeof used / sizeof *used; u++) {
        if (used[u] == KPI_NO_INPUT)
            continue;
        const struct kpi_input *in = &l->inputs[used[u]];
        buf_printf(&text, "|%zu", u);
        for (int k = 0; k < GW_KIND_END; k++)
            if (in->kinds[k])
                buf_printf(&text, " %d", k);
        for (size_t i = 0; i < in->n_has; i++)
            buf_printf(&text, " +%d", in->has[i]);
        for (size_t i = 0; i < in->n_wheres; i++) {
            buf_printf(&text, " ?%d %d %lld", in->wheres[i].field, in->wheres[i].op,
                       (long long)in->wheres[i].number);
            for (size_t j = 0; j < in->wheres[i].n_texts; j++)
                buf_printf(&text, " '%.*s'", SLICE_FMT(in->wheres[i].texts[j]));
        }
        if (in->least)
            buf_printf(&text, " !%d", in->least);
        if (in->by_agent)
            buf_printf(&text, " @");
    }
    uint64_t shape = kpi_hash(1, 1, buf_get(&text));
    buf_free(&text);
    return shape;
}

static const char *window_text(struct loader *l, int64_t ms)
{
    if (ms == 0)
        return "";
    if (ms % 86400000 == 0 && ms > 86400000)
        return arena_printf(&l->catalogue->arena, "%lld d", (long long)(ms / 86400000));
    if (ms % 3600000 == 0)
        return arena_printf(&l->catalogue->arena, "%lld h", (long long)(ms / 3600000));
    if (ms % 60000 == 0)
        return arena_printf(&l->catalogue->arena, "%lld min", (long long)(ms / 60000));
    return arena_printf(&l->catalogue->arena, "%lld s", (long long)(ms / 1000));
}

static void load_test(struct loader *l, const struct xml_node *node, size_t own, struct kpi_test *t)
{
    static const char *const measures[] = {"count",     "distinct", "max-group", "held",
                                           "share",     "lag",      "age",       "days-left",
                                           "heartbeat", "silence",  NULL};
    static const char *const scopes[] = {"site", "product", "device", NULL};
    static const char *const parts[] = {"", "agents", "distinct", "held", "behind", NULL};
    static const char *const wholes[] = {"managed", "listed", NULL};
    static const char *const populations[] = {"all", "products", "endpoints", NULL};
    static const char *const components[] = {"", "engine", "pattern", NULL};
    static const char *const directions[] = {"rising", "falling", NULL};
    static const char *const bases[] = {"any", "stated", NULL};
    t->measure = (enum kpi_measure)choose(l, node, "measure", measures, 0);
    t->scope = (enum kpi_scope_kind)choose(l, node, "scope", scopes, KPI_SCOPE_SITE);
    t->part = (enum kpi_part)choose(l, node, "part", parts, 0);
    t->whole = (enum kpi_whole)choose(l, node, "whole", wholes, 0);
    t->population = (enum kpi_population)choose(l, node, "population", populations, 0);
    t->component = (enum gw_component)choose(l, node, "component", components, 0);
    t->is_falling = choose(l, node, "direction", directions, 0) == 1;
    t->is_stated_only = choose(l, node, "basis", bases, 0) == 1;
    inputs_of(l, node, "input", own, KPI_TEST_INPUTS, t->on);
    inputs_of(l, node, "off", own, 1, &t->off);
    t->window_ms = duration(l, node, "window");
    t->expire_ms = duration(l, node, "expire");
    t->unheard_ms = duration(l, node, "unheard");
    t->heard_ms = duration(l, node, "heard");
    t->at_least = (uint32_t)number(l, node, "at-least", 0, 1000000);
    t->behind_versions = (int32_t)number(l, node, "versions", -1, 1000);
    t->behind_days = (int32_t)number(l, node, "days", -1, 10000);
    t->undated_days = (int32_t)number(l, node, "undated", -1, 10000);
    load_keys(l, node, "group", t->group);
    const char *distinct = xml_attribute(node, "distinct");
    if (distinct)
        t->member = load_key(l, node, slice_from(distinct));
    t->is_of_uplinks = xml_attribute(node, "listed") != NULL;
    const char *unit = xml_attribute(node, "unit");
    t->is_percent = t->measure == KPI_MEASURE_SHARE;
    t->is_days = t->measure == KPI_MEASURE_AGE || t->measure == KPI_MEASURE_DAYS_LEFT;
    t->unit = t->is_percent ? "0.01 %" : t->is_days ? "days" : keep(l, unit ? unit : "records");
    t->warning = level(l, node, "warning", t->is_percent);
    t->critical = level(l, node, "critical", t->is_percent);
    t->window_text = window_text(l, t->window_ms);
    check_test(l, node, t);
    t->shape = shape_of(l, t);
}

/* <name lang="en"> and the like: both languages, each once. */
static void load_words(struct loader *l, const struct xml_node *node, const char *element,
                       const char **en, const char **zh)
{
    for (const struct xml_node *c = xml_child(node); c; c = xml_next(c)) {
        const char *lang = xml_attribute(c, "lang");
        if (strcmp(xml_name(c), element) || !lang)
            continue;
        const char **place = !strcmp(lang, "zh") ? zh : en;
        if (**place)
            COMPLAIN(l, c, "a second <%s lang=\"%s\">", element, lang);
        *place = keep(l, xml_text(c));
    }
    if (!**en || !**zh)
        COMPLAIN(l, node, "<%s> is missing in English or Chinese", element);
}

static void load_kpi(struct loader *l, const struct xml_node *node)
{
    struct kpi_entry *e = &l->entries[l->n_entries];
    const char *key = xml_attribute(node, "key"), *category = xml_attribute(node, "category");
    const char *enabled = xml_attribute(node, "enabled"), *sources = xml_attribute(node, "sources");
    size_t own = l->n_inputs, n_tests = 0;
    e->id = (uint32_t)number(l, node, "id", 0, 65535);
    if (e->id == 0 || !key || !*key || strlen(key) > 48) {
        COMPLAIN(l, node, "<kpi> needs an id from 1 to 65535 and a key of at most 48 characters");
        return;
    }
    for (size_t i = 0; i < l->n_entries; i++)
        if (l->entries[i].id == e->id || !strcmp(l->entries[i].key, key))
            COMPLAIN(l, node, "id %u or key \"%s\" is used by another KPI", e->id, key);
    e->key = keep(l, key);
    e->category = keep(l, category ? category : "");
    e->is_enabled = !enabled || !strcmp(enabled, "yes");
    e->name = e->name_zh = e->advice = e->advice_zh = "";
    load_words(l, node, "name", &e->name, &e->name_zh);
    load_words(l, node, "advice", &e->advice, &e->advice_zh);
    e->sources = alternatives(l, sources ? sources : "*", ' ', &e->n_sources);
    struct kpi_test *tests = arena_alloc(&l->catalogue->arena, KPI_TESTS_MAX * sizeof *tests);
    for (const struct xml_node *c = xml_child(node); c; c = xml_next(c)) {
        if (!strcmp(xml_name(c), "input"))
            load_input(l, c, own);
        else if (!strcmp(xml_name(c), "test") && n_tests == KPI_TESTS_MAX)
            COMPLAIN(l, c, "more than %d tests", KPI_TESTS_MAX);
        else if (!strcmp(xml_name(c), "test"))
            load_test(l, c, own, &tests[n_tests++]);
    }
    if (n_tests == 0)
        COMPLAIN(l, node, "a KPI needs a <test>");
    inputs_of(l, node, "told", own, KPI_TEST_INPUTS, e->told);
    e->tests = tests;
    e->n_tests = n_tests;
    l->n_entries++;
}

static int by_id(const void *a, const void *b)
{
    const struct kpi_entry *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void load_shared(struct loader *l, const struct xml_document *document)
{
    l->file = xml_file(document);
    for (const struct xml_node *c = xml_child(xml_root(document)); c; c = xml_next(c))
        if (!strcmp(xml_name(c), "input"))
            load_input(l, c, 0);
    l->n_shared = l->n_inputs;
}

static void load_kpis(struct loader *l, const struct xml_document *document)
{
    l->file = xml_file(document);
    for (const struct xml_node *c = xml_child(xml_root(document)); c; c = xml_next(c)) {
        if (strcmp(xml_name(c), "kpi"))
            continue;
        if (l->n_entries == KPI_MAX) {
            COMPLAIN(l, c, "more than %d KPIs", KPI_MAX);
            break;
        }
        load_kpi(l, c);
    }
}

static void finish(struct loader *l, const struct xml_document *first)
{
    const struct xml_node *root = xml_root(first);
    struct kpi_catalogue *cat = l->catalogue;
    l->file = xml_file(first);
    if (l->n_entries == 0)
        COMPLAIN(l, root, "no <kpi> in this catalogue");
    qsort(l->entries, l->n_entries, sizeof *l->entries, by_id);
    cat->inputs = l->inputs;
    cat->n_inputs = l->n_inputs;
    cat->entries = l->entries;
    cat->n_entries = l->n_entries;
    cat->agent_evidence = find_input(l, "agent-evidence", 0, l->n_shared);
    cat->agent_finding = find_input(l, "agent-finding", 0, l->n_shared);
    cat->component_status = find_input(l, "component-status", 0, l->n_shared);
    cat->agent_removed = find_input(l, "agent-removed", 0, l->n_shared);
    cat->infection = find_input(l, "infection", 0, l->n_shared);
    if (cat->agent_evidence == KPI_NO_INPUT || cat->component_status == KPI_NO_INPUT ||
        cat->agent_removed == KPI_NO_INPUT)
        COMPLAIN(
            l, root,
            "the shared inputs agent-evidence, agent-removed and component-status must be there");
}

/* The first is the catalogue, the second adds to it; frees both. */
static int load_documents(struct xml_document *const *documents, size_t n, struct diag *diag,
                          struct kpi_catalogue **out)
{
    size_t before = diag->total;
    struct kpi_catalogue *catalogue = gw_alloc(sizeof *catalogue);
    arena_init(&catalogue->arena, 0);
    struct loader l = {.diag = diag, .catalogue = catalogue};
    l.inputs = arena_alloc(&catalogue->arena, KPI_INPUTS_MAX * sizeof *l.inputs);
    l.entries = arena_alloc(&catalogue->arena, KPI_MAX * sizeof *l.entries);
    for (size_t i = 0; i < n; i++)
        load_shared(&l, documents[i]);
    for (size_t i = 0; i < n; i++)
        load_kpis(&l, documents[i]);
    finish(&l, documents[0]);
    for (size_t i = 0; i < n; i++)
        xml_free(documents[i]);
    if (diag->total != before) {
        kpi_catalogue_free(catalogue);
        return GW_ERR_INVALID;
    }
    *out = catalogue;
    return GW_OK;
}

int kpi_catalogue_load(const char *path, const char *schema_path, struct diag *diag,
                       struct kpi_catalogue **out)
{
    struct xml_document *document;
    int error = xml_load_file(path, schema_path, diag, &document);
    return error ? error : load_documents(&document, 1, diag, out);
}

int kpi_catalogue_load_both(struct slice text, const char *name, struct slice own,
                            const char *own_name, const char *schema_path, struct diag *diag,
                            struct kpi_catalogue **out)
{
    struct xml_document *documents[2];
    int error = xml_load_text(text, name, schema_path, diag, &documents[0]);
    if (error || !own_name)
        return error ? error : load_documents(documents, 1, diag, out);
    error = xml_load_text(own, own_name, schema_path, diag, &documents[1]);
    if (error) {
        xml_free(documents[0]);
        return error;
    }
    return load_documents(documents, 2, diag, out);
}

int kpi_catalogue_load_text(struct slice text, const char *name, const char *schema_path,
                            struct diag *diag, struct kpi_catalogue **out)
{
    struct slice first, own;
    slice_cut(text, '\0', &first, &own);
    return kpi_catalogue_load_both(first, name, own, own.n ? name : NULL, schema_path, diag, out);
}

void kpi_catalogue_free(struct kpi_catalogue *catalogue)
{
    if (!catalogue)
        return;
    arena_fini(&catalogue->arena);
    free(catalogue);
}

const struct kpi_entry *kpi_catalogue_find(const struct kpi_catalogue *catalogue, struct slice key)
{
    for (size_t i = 0; i < catalogue->n_entries; i++)
        if (slice_equal(slice_from(catalogue->entries[i].key), key))
            return &catalogue->entries[i];
    return NULL;
}

bool kpi_like(struct slice text, struct slice pattern)
{
    bool open_start = pattern.n && pattern.p[0] == '*';
    bool open_end = pattern.n && pattern.p[pattern.n - 1] == '*';
    struct slice body = slice_skip(pattern, open_start);
    if (open_end && body.n)
        body.n--;
    if (open_start && open_end)
        return slice_contains_nocase(text, body);
    if (body.n > text.n)
        return false;
    if (open_end)
        return slice_equal_nocase(slice_head(text, body.n), body);
    if (open_start)
        return slice_equal_nocase(slice_skip(text, text.n - body.n), body);
    return slice_equal_nocase(text, body);
}
