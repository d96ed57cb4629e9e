/* SPDX-License-Identifier: GPL-3.0-or-later */
/* <recognise>: what tells a product's messages from all others, as keys of the dispatch. */
#include "gateway/mapping/compile.h"

#include <string.h>

#include "parsers/delimited.h"

static struct dispatch_entry entry_for(struct compiler *c, struct slice product)
{
    return (struct dispatch_entry){.mapping = c->mapping,
                                   .product = product.n ? product : c->mapping->product};
}

static void report_taken(struct compiler *c, const struct xml_node *node,
                         const struct mapping *owner, struct slice words)
{
    if (owner)
        compile_error(c, node, "'%.*s' is recognised by %s already", SLICE_FMT(words),
                      owner == c->mapping ? "this mapping" : owner->id);
}

static void add_name_pair(struct compiler *c, const struct xml_node *node, enum gw_format format,
                          struct slice vendor, struct slice product, struct slice as)
{
    char key[DISPATCH_KEY_MAX];
    size_t n = dispatch_fold(vendor, key, sizeof key / 2 - 1);
    key[n++] = '|';
    n += dispatch_fold(product, key + n, sizeof key - 1 - n);
    report_taken(
        c, node,
        dispatch_add(c->dispatch, DISPATCH_NAMES, format, slice_of(key, n), entry_for(c, as)),
        product);
}

/* Each vendor name with each product name; the vendor's own name and aliases where none is written.
 */
static void add_product(struct compiler *c, const struct xml_node *parent,
                        const struct xml_node *node, enum gw_format format, struct slice product)
{
    struct slice as = compile_has(node, "as") ? compile_text(c, node, "as") : product;
    bool has_vendor = false;
    for (const struct xml_node *child = xml_child(parent); child; child = xml_next(child)) {
        if (strcmp(xml_name(child), "vendor") != 0)
            continue;
        struct slice vendor = slice_trim(arena_dup(c->arena, slice_from(xml_text(child))));
        add_name_pair(c, node, format, vendor, product, as);
        has_vendor = true;
    }
    if (!has_vendor) {
        add_name_pair(c, node, format, c->mapping->vendor, product, as);
        for (size_t i = 0; c->vendor && i < c->vendor->aliases.n; i++)
            add_name_pair(c, node, format, ((struct slice *)c->vendor->aliases.p)[i], product, as);
    }
    if (compile_flag(node, "any-vendor")) {
        char key[DISPATCH_KEY_MAX];
        size_t n = dispatch_fold(product, key, sizeof key);
        report_taken(
            c, node,
            dispatch_add(c->dispatch, DISPATCH_PRODUCT, format, slice_of(key, n), entry_for(c, as)),
            product);
    }
}

static bool is_oid(struct slice text)
{
    bool digit_before = false;
    for (size_t i = 0; i < text.n; i++) {
        bool digit = text.p[i] >= '0' && text.p[i] <= '9';
        if (!digit && (text.p[i] != '.' || !digit_before))
            return false;
        digit_before = digit;
    }
    return digit_before;
}

static void add_oid(struct compiler *c, const struct xml_node *node, const char *attribute,
                    enum dispatch_by by)
{
    struct slice oid = compile_text(c, node, attribute);
    if (!is_oid(oid))
        compile_error(c, node, "%s: '%.*s' is no OID; write 1.3.6.1...", attribute, SLICE_FMT(oid));
    else
        report_taken(
            c, node,
            dispatch_add(c->dispatch, by, GW_FORMAT_VARBINDS, oid, entry_for(c, SLICE_NONE)), oid);
}

static void add_key(struct compiler *c, const struct xml_node *node, enum gw_format format)
{
    struct slice key = compile_text(c, node, "name");
    struct dispatch_entry entry = entry_for(c, SLICE_NONE);
    entry.is_common = compile_flag(node, "common");
    if (compile_has(node, "value"))
        key = slice_from(
            arena_printf(c->arena, "%.*s=%s", SLICE_FMT(key), xml_attribute(node, "value")));
    report_taken(c, node, dispatch_add(c->dispatch, DISPATCH_KEY, format, key, entry), key);
}

/* matches= of a sign of text. */
static struct dispatch_entry guarded(struct compiler *c, const struct xml_node *node,
                                     struct dispatch_entry entry)
{
    uint32_t number;
    if (compile_has(node, "matches") &&
        compile_pattern(c, node, compile_text(c, node, "matches"), false, &number))
        entry.guard = ((struct mapping_pattern *)c->patterns.p)[number].pattern;
    return entry;
}

static void compile_sign(struct compiler *c, const struct xml_node *parent,
                         const struct xml_node *node, enum gw_format format)
{
    const char *name = xml_name(node);
    struct slice text = slice_trim(arena_dup(c->arena, slice_from(xml_text(node))));
    struct dispatch_entry entry = guarded(c, node, entry_for(c, SLICE_NONE));
    bool wants_varbinds = strcmp(name, "trap") == 0 || strcmp(name, "varbind") == 0;
    bool wants_text = !wants_varbinds && strcmp(name, "key") != 0;
    if (wants_text && text.n == 0)
        compile_error(c, node, "holds no word");
    else if (wants_varbinds && format != GW_FORMAT_VARBINDS)
        compile_error(c, node, "<%s> belongs to format='varbinds'", name);
    else if (strcmp(name, "sd-id") == 0 && format != GW_FORMAT_TEXT)
        compile_error(c, node, "<%s> belongs to format='text'", name);
    else if (strcmp(name, "product") == 0)
        add_product(c, parent, node, format, text);
    else if (strcmp(name, "trap") == 0)
        add_oid(c, node, compile_has(node, "oid") ? "oid" : "under",
                compile_has(node, "oid") ? DISPATCH_TRAP : DISPATCH_TRAP_UNDER);
    else if (strcmp(name, "varbind") == 0)
        add_oid(c, node, "under", DISPATCH_VARBIND_UNDER);
    else if (strcmp(name, "starts") == 0 || strcmp(name, "contains") == 0)
        report_taken(c, node, dispatch_add_text(c->dispatch, format, name[0] == 'c', text, entry),
                     text);
    else if (strcmp(name, "app-name") == 0)
        report_taken(c, node,
                     dispatch_add(c->dispatch,
                                  compile_flag(node, "common") ? DISPATCH_COMMON_APP_NAME
                                                               : DISPATCH_APP_NAME,
                                  format, text, entry),
                     text);
    else if (strcmp(name, "sd-id") == 0)
        report_taken(c, node, dispatch_add(c->dispatch, DISPATCH_SD_ID, format, text, entry), text);
    else if (strcmp(name, "key") == 0)
        add_key(c, node, format);
}

/* ---- delimited lines ---- */

/* The entry of a <recognise format="csv">; false after an error. */
static bool columns_entry(struct compiler *c, const struct xml_node *node,
                          struct dispatch_entry *entry)
{
    struct slice delimiter = compile_text(c, node, "delimiter");
    struct slice min = compile_text(c, node, "columns"), max = compile_text(c, node, "columns-max");
    int64_t least = 2, most = FIELDS_MAX;
    *entry = entry_for(c, SLICE_NONE);
    entry->delimiter = slice_equal(delimiter, SLICE("tab")) ? SLICE("\t") : delimiter;
    if (delimiter.n == 0 || delimiter.n > DELIMITER_MAX_BYTES) {
        compile_error(c, node, "format='csv' needs delimiter=: 'tab', or 1 to %d bytes",
                      DELIMITER_MAX_BYTES);
        return false;
    }
    if ((min.n && !slice_to_int(min, &least)) || (max.n && !slice_to_int(max, &most)) ||
        least < 2 || most > FIELDS_MAX || least > most) {
        compile_error(c, node,
                      "columns= and columns-max= are numbers from 2 to %d, the smaller first",
                      FIELDS_MAX);
        return false;
    }
    entry->columns_min = (size_t)least;
    entry->columns_max = (size_t)most;
    return true;
}

static void add_column(struct compiler *c, const struct xml_node *node, struct dispatch_entry entry)
{
    struct slice value = slice_trim(compile_text(c, node, "value"));
    int64_t number = 0;
    bool is_full;
    entry.is_common = compile_flag(node, "common");
    if (!slice_to_int(compile_text(c, node, "name"), &number) || number < 1 ||
        number > DISPATCH_COLUMN_MAX || value.n == 0) {
        compile_error(c, node, "name= is a column's number from 1 to %d, and value= what it holds",
                      DISPATCH_COLUMN_MAX);
        return;
    }
    report_taken(c, node,
                 dispatch_add_column(c->dispatch, (unsigned)number, value, entry, &is_full), value);
    if (is_full)
        compile_error(c, node, "value= is too long, or more than %d delimiters are in use",
                      DISPATCH_DELIMITERS_MAX);
}

/* Columns are found in what no other format has claimed: among the words that tell free texts. */
static void compile_columns(struct compiler *c, const struct xml_node *node)
{
    struct dispatch_entry entry;
    if (!columns_entry(c, node, &entry))
        return;
    for (const struct xml_node *child = xml_child(node); child; child = xml_next(child)) {
        const char *name = xml_name(child);
        struct slice text = slice_trim(arena_dup(c->arena, slice_from(xml_text(child))));
        if (text.n == 0 && strcmp(name, "key") != 0)
            compile_error(c, child, "holds no word");
        else if (strcmp(name, "starts") == 0 || strcmp(name, "contains") == 0)
            report_taken(c, child,
                         dispatch_add_text(c->dispatch, GW_FORMAT_TEXT, name[0] == 'c', text,
                                           guarded(c, child, entry)),
                         text);
        else if (strcmp(name, "app-name") == 0)
            report_taken(c, child,
                         dispatch_add(c->dispatch, DISPATCH_APP_NAME, GW_FORMAT_TEXT, text,
                                      guarded(c, child, entry)),
                         text);
        else if (strcmp(name, "key") == 0)
            add_column(c, child, entry);
        else
            compile_error(c, child, "<%s> says nothing of a line of columns", name);
    }
}

void compile_recognise(struct compiler *c, const struct xml_node *node)
{
    struct slice rest = compile_text(c, node, "format"), word;
    bool more = rest.n > 0;
    if (slice_equal(rest, SLICE("csv"))) {
        compile_columns(c, node);
        return;
    }
    if (compile_has(node, "delimiter") || compile_has(node, "columns") ||
        compile_has(node, "columns-max"))
        compile_error(c, node, "delimiter=, columns= and columns-max= belong to format='csv'");
    while (more) {
        more = slice_cut(rest, ' ', &word, &rest);
        int format = word.n ? gw_format_by_name(word) : -1;
        if (word.n && format <= 0)
            compile_error(c, node, "no format is named '%.*s'", SLICE_FMT(word));
        if (format == GW_FORMAT_CSV)
            compile_error(c, node, "format='csv' stands alone in its <recognise>");
        if (format <= 0 || format == GW_FORMAT_CSV)
            continue;
        for (const struct xml_node *child = xml_child(node); child; child = xml_next(child))
            compile_sign(c, node, child, (enum gw_format)format);
    }
}
