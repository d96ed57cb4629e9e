/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whose message is this? Each format has its own question: the header's vendor and product, the
 * trap's OID, the text's words. A key in the tables is the format's number and the words asked for,
 * so one table serves all formats, and no table grows slower with more mappings.
 */
#include "gateway/mapping/dispatch.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/mapping/literals.h"
#include "gateway/mapping/pattern.h"
#include "parsers/delimited.h"
#include "parsers/fields.h"
#include "parsers/rfc5424.h"

/* Free text is looked at this far; what a message is stands at its beginning. */
enum { TEXT_SCAN_MAX = 2048, KEYS_ASKED_MAX = 48, VARBINDS_ASKED_MAX = 16, ARCS_ASKED_MAX = 128 };
enum { SD_IDS_ASKED_MAX = 4, SD_LEAD_MAX = 128 };
/* Between a tag and the text: "[process id]:" and blanks. */
enum { TAG_GAP_MAX = 64 };
/* As many bytes of a sign tell it from other texts. */
enum { SIGN_HEAD = 32 };
/* Expressions that one text is tried with for its recognition; beyond, a guarded sign is none. */
enum { GUARDS_MAX = 8 };

void dispatch_init(struct dispatch *dispatch)
{
    *dispatch = (struct dispatch){.all_texts = literals_new()};
    for (size_t i = 0; i < DISPATCH_TABLES; i++)
        lookup_init(&dispatch->tables[i], true);
}

void dispatch_fini(struct dispatch *dispatch)
{
    for (size_t i = 0; i < DISPATCH_TABLES; i++) {
        for (size_t row = 0; row < dispatch->tables[i].n; row++)
            free((char *)dispatch->tables[i].rows[row].key.p);
        lookup_fini(&dispatch->tables[i]);
    }
    for (size_t i = 0; i < GW_FORMAT_END; i++)
        literals_free(dispatch->texts[i]);
    literals_free(dispatch->all_texts);
    free(dispatch->entries);
}

/* Length of a mark that does not count: TM, registered, copyright. */
static size_t mark_at(struct slice s, size_t i)
{
    if (slice_starts_with(slice_skip(s, i), SLICE("\xE2\x84\xA2")))
        return 3;
    if (slice_starts_with(slice_skip(s, i), SLICE("\xC2\xAE")) ||
        slice_starts_with(slice_skip(s, i), SLICE("\xC2\xA9")))
        return 2;
    return 0;
}

size_t dispatch_fold(struct slice name, char *out, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < name.n && n < cap; i++) {
        unsigned char c = (unsigned char)name.p[i], letter = c | 32;
        if ((letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9')) {
            out[n++] = (char)letter; /* of a digit that is itself */
        } else if (c >= 0x80) {
            size_t mark = mark_at(name, i);
            if (mark)
                i += mark - 1;
            else
                out[n++] = (char)c;
        }
    }
    return n;
}

static uint32_t add_entry(struct dispatch *dispatch, struct dispatch_entry entry)
{
    if (dispatch->n == dispatch->cap) {
        dispatch->cap = dispatch->cap ? dispatch->cap * 2 : 32;
        dispatch->entries =
            gw_realloc(dispatch->entries, dispatch->cap * sizeof *dispatch->entries);
    }
    dispatch->entries[dispatch->n] = entry;
    return (uint32_t)dispatch->n++;
}

const struct mapping *dispatch_add(struct dispatch *dispatch, enum dispatch_by by,
                                   enum gw_format format, struct slice key,
                                   struct dispatch_entry entry)
{
    char *full = gw_alloc(key.n + 2);
    full[0] = (char)format;
    memcpy(full + 1, key.p, key.n);
    struct slice whole = slice_of(full, key.n + 1);
    uint32_t old = lookup_peek(&dispatch->tables[by], whole);
    if (old != LOOKUP_NONE) {
        free(full);
        return dispatch->entries[old].mapping;
    }
    lookup_add(&dispatch->tables[by], whole, add_entry(dispatch, entry));
    if (by == DISPATCH_KEY)
        dispatch->has_keys[format] = true;
    return NULL;
}

const struct mapping *dispatch_add_text(struct dispatch *dispatch, enum gw_format format,
                                        bool anywhere, struct slice literal,
                                        struct dispatch_entry entry)
{
    if (!dispatch->texts[format])
        dispatch->texts[format] = literals_new();
    uint32_t value = (uint32_t)dispatch->n, any = 0;
    if (anywhere)
        literals_add_inside(dispatch->all_texts, literal, &any);
    else
        literals_add_start(dispatch->all_texts, literal, &any);
    bool added = anywhere ? literals_add_inside(dispatch->texts[format], literal, &value)
                          : literals_add_start(dispatch->texts[format], literal, &value);
    if (!added)
        return dispatch->entries[value].mapping;
    add_entry(dispatch, entry);
    return NULL;
}

/* The number of a delimiter, added when it is new; n_delimiters where there is no room. */
static size_t delimiter_number(struct dispatch *dispatch, struct slice delimiter)
{
    size_t i = 0;
    while (i < dispatch->n_delimiters && !slice_equal(dispatch->delimiters[i].text, delimiter))
        i++;
    if (i == dispatch->n_delimiters && i < DISPATCH_DELIMITERS_MAX)
        dispatch->delimiters[dispatch->n_delimiters++].text = delimiter;
    return i;
}

/* "<delimiter's number><column's number><value>", as find_by_column() asks. */
static size_t column_key(char *key, size_t cap, size_t delimiter, unsigned number,
                         struct slice value)
{
    if (value.n + 2 > cap)
        return 0;
    key[0] = (char)('0' + delimiter);
    key[1] = (char)number;
    memcpy(key + 2, value.n ? value.p : "", value.n);
    return value.n + 2;
}

const struct mapping *dispatch_add_column(struct dispatch *dispatch, unsigned number,
                                          struct slice value, struct dispatch_entry entry,
                                          bool *is_full)
{
    char key[DISPATCH_KEY_MAX];
    size_t delimiter = delimiter_number(dispatch, entry.delimiter);
    size_t n = column_key(key, sizeof key - 1, delimiter, number, value);
    *is_full = delimiter == DISPATCH_DELIMITERS_MAX || n == 0;
    if (*is_full)
        return NULL;
    struct dispatch_delimiter *asked = &dispatch->delimiters[delimiter];
    asked->lengths[number - 1] |= lookup_length(value.n);
    if (number > asked->n_columns)
        asked->n_columns = number;
    return dispatch_add(dispatch, DISPATCH_KEY, GW_FORMAT_CSV, slice_of(key, n), entry);
}

void dispatch_build(struct dispatch *dispatch)
{
    for (size_t i = 0; i < DISPATCH_TABLES; i++)
        lookup_build(&dispatch->tables[i]);
    for (size_t i = 0; i < GW_FORMAT_END; i++)
        if (dispatch->texts[i])
            literals_build(dispatch->texts[i]);
    literals_build(dispatch->all_texts);
}

/* ---- asking ---- */

static const struct mapping *hit(const struct dispatch *dispatch, uint32_t entry, const char *how,
                                 struct mapping_match *match)
{
    if (entry == LOOKUP_NONE)
        return NULL;
    *match = (struct mapping_match){.product = dispatch->entries[entry].product,
                                    .how = how,
                                    .delimiter = dispatch->entries[entry].delimiter};
    return dispatch->entries[entry].mapping;
}

/* key[0] is free for the format. */
static uint32_t ask(const struct dispatch *dispatch, enum dispatch_by by, enum gw_format format,
                    char *key, size_t n)
{
    key[0] = (char)format;
    return lookup_get(&dispatch->tables[by], slice_of(key, n));
}

static struct slice header(const struct fields *fields, struct slice name)
{
    for (size_t i = 0; i < fields->n_header; i++)
        if (slice_equal(fields->v[i].name, name))
            return fields->v[i].value;
    return SLICE_NONE;
}

static const struct mapping *find_by_names(const struct dispatch *dispatch,
                                           const struct fields *fields, enum gw_format format,
                                           struct mapping_match *match)
{
    char key[DISPATCH_KEY_MAX];
    struct slice vendor = header(fields, SLICE("device_vendor"));
    struct slice product = header(fields, SLICE("device_product"));
    if (product.n == 0)
        return NULL;
    size_t n = 1 + dispatch_fold(vendor, key + 1, sizeof key / 2);
    key[n++] = '|';
    size_t product_at = n;
    n += dispatch_fold(product, key + n, sizeof key - n);
    uint32_t entry = ask(dispatch, DISPATCH_NAMES, format, key, n);
    if (entry != LOOKUP_NONE)
        return hit(dispatch, entry, "vendor and product", match);
    memmove(key + 1, key + product_at, n - product_at);
    entry = ask(dispatch, DISPATCH_PRODUCT, format, key, 1 + n - product_at);
    return hit(dispatch, entry, "product name", match);
}

/* The longest known OID that is oid itself or above it: one question an arc. */
static uint32_t ask_under(const struct dispatch *dispatch, enum dispatch_by by, struct slice oid)
{
    char key[DISPATCH_KEY_MAX];
    size_t n = oid.n < sizeof key - 1 ? oid.n : sizeof key - 1;
    if (dispatch->tables[by].n == 0)
        return LOOKUP_NONE;
    memcpy(key + 1, oid.n ? oid.p : "", n);
    for (int arcs = 0; n > 0 && arcs < ARCS_ASKED_MAX; arcs++) {
        uint32_t entry = ask(dispatch, by, GW_FORMAT_VARBINDS, key, n + 1);
        if (entry != LOOKUP_NONE)
            return entry;
        while (n > 0 && key[n] != '.')
            n--;
        if (n > 0)
            n--;
    }
    return LOOKUP_NONE;
}

static const struct mapping *find_by_oid(const struct dispatch *dispatch,
                                         const struct fields *fields, struct mapping_match *match)
{
    char key[DISPATCH_KEY_MAX];
    struct slice trap = header(fields, SLICE("trap_oid"));
    size_t n = trap.n < sizeof key - 1 ? trap.n : sizeof key - 1;
    memcpy(key + 1, trap.n ? trap.p : "", n);
    uint32_t entry = ask(dispatch, DISPATCH_TRAP, GW_FORMAT_VARBINDS, key, n + 1);
    if (entry != LOOKUP_NONE)
        return hit(dispatch, entry, "trap OID", match);
    entry = ask_under(dispatch, DISPATCH_TRAP_UNDER, trap);
    if (entry == LOOKUP_NONE)
        entry = ask_under(dispatch, DISPATCH_TRAP_UNDER, header(fields, SLICE("enterprise")));
    if (entry != LOOKUP_NONE)
        return hit(dispatch, entry, "trap OID below its subtree", match);
    for (size_t i = fields->n_header; i < fields->n && i < fields->n_header + VARBINDS_ASKED_MAX;
         i++) {
        entry = ask_under(dispatch, DISPATCH_VARBIND_UNDER, fields->v[i].name);
        if (entry != LOOKUP_NONE)
            return hit(dispatch, entry, "OID of a varbind", match);
    }
    return NULL;
}

static const struct mapping *find_by_key(const struct dispatch *dispatch,
                                         const struct fields *fields, struct mapping_match *match)
{
    char key[DISPATCH_KEY_MAX];
    uint32_t named = LOOKUP_NONE, common = LOOKUP_NONE;
    if (!dispatch->has_keys[fields->format])
        return NULL;
    /* A head of network gear is made of fields as well, and the form of a list is one: who sends
       them is told by no other. */
    bool asks_header = fields->format == GW_FORMAT_TEXT || fields->format == GW_FORMAT_KV;
    size_t first = asks_header ? 0 : fields->n_header;
    for (size_t i = first; i < fields->n && i < first + KEYS_ASKED_MAX; i++) {
        struct slice name = fields->v[i].name, value = fields->v[i].value;
        if (name.n + value.n + 2 > sizeof key) {
            if (name.n + 2 > sizeof key)
                continue;
            value = SLICE_NONE;
        }
        memcpy(key + 1, name.n ? name.p : "", name.n);
        if (named == LOOKUP_NONE)
            named = ask(dispatch, DISPATCH_KEY, fields->format, key, name.n + 1);
        key[name.n + 1] = '=';
        memcpy(key + name.n + 2, value.n ? value.p : "", value.n);
        uint32_t entry = ask(dispatch, DISPATCH_KEY, fields->format, key, name.n + value.n + 2);
        if (entry == LOOKUP_NONE)
            continue;
        if (!dispatch->entries[entry].is_common)
            return hit(dispatch, entry, "a field's value", match);
        if (common == LOOKUP_NONE)
            common = entry;
    }
    if (common != LOOKUP_NONE)
        return hit(dispatch, common, "a field's value", match);
    return hit(dispatch, named, "a field's name", match);
}

/*
 * A text's first words may look like a tag to the syslog header: "Virus/Malware: name ...". The
 * whole text from there, or msg where the tag does not stand right before it.
 */
static struct slice text_with_tag(const struct syslog_header *syslog, struct slice msg)
{
    if (syslog->version != 0 || syslog->appname.n == 0 || msg.n == 0)
        return msg;
    const char *tag_end = syslog->appname.p + syslog->appname.n;
    if (tag_end >= msg.p || msg.p - tag_end > TAG_GAP_MAX ||
        (*tag_end != ':' && *tag_end != '[' && *tag_end != ' '))
        return msg;
    return slice_of(syslog->appname.p, (size_t)(msg.p - syslog->appname.p) + msg.n);
}

/*
 * The line of columns in a message. A tag that holds the delimiter is none: "ALT,v4:1,..." begins
 * with its first columns.
 */
static struct slice line_of(const struct fields *fields, struct slice delimiter,
                            struct mapping_match *match)
{
    struct slice msg = fields->syslog.msg, tag = fields->syslog.appname;
    struct slice whole =
        slice_search(tag, delimiter) < tag.n ? text_with_tag(&fields->syslog, msg) : msg;
    if (whole.n > msg.n)
        match->text = whole;
    return match->text.n ? match->text : msg;
}

/* The mapping, unless it is for lines of columns and this line has not as many as it must. */
static const struct mapping *fit(const struct dispatch *dispatch, const struct fields *fields,
                                 uint32_t number, const struct mapping *mapping,
                                 struct mapping_match *match)
{
    const struct dispatch_entry *entry = number == LOOKUP_NONE ? NULL : &dispatch->entries[number];
    if (!mapping || entry->delimiter.n == 0)
        return mapping;
    struct slice line = line_of(fields, entry->delimiter, match);
    if (delimited_has_columns(line, entry->delimiter, entry->columns_min, entry->columns_max))
        return mapping;
    *match = (struct mapping_match){.how = "nothing"};
    return NULL;
}

/* Each delimiter once: its first columns, one question for each that some mapping asks about. */
static const struct mapping *find_by_column(const struct dispatch *dispatch,
                                            const struct fields *fields,
                                            struct mapping_match *match)
{
    char key[DISPATCH_KEY_MAX];
    uint32_t common = LOOKUP_NONE;
    for (size_t i = 0; i < dispatch->n_delimiters; i++) {
        const struct dispatch_delimiter *delimiter = &dispatch->delimiters[i];
        struct mapping_match tagged = {0};
        struct slice columns[DISPATCH_COLUMN_MAX];
        size_t most =
            delimiter->n_columns > 1 ? delimiter->n_columns : 2; /* one is no line of it */
        size_t n_columns = delimited_first(line_of(fields, delimiter->text, &tagged),
                                           delimiter->text, columns, most);
        for (size_t at = 0; at < n_columns && n_columns > 1; at++) {
            if (!delimiter->lengths[at])
                continue;
            struct slice value = slice_trim(columns[at]);
            if (!(delimiter->lengths[at] & lookup_length(value.n)))
                continue;
            size_t n = column_key(key + 1, sizeof key - 1, i, (unsigned)at + 1, value);
            uint32_t entry =
                n ? ask(dispatch, DISPATCH_KEY, GW_FORMAT_CSV, key, n + 1) : LOOKUP_NONE;
            const struct mapping *mapping = hit(dispatch, entry, "a column's value", match);
            mapping = fit(dispatch, fields, entry, mapping, match);
            if (mapping && !dispatch->entries[entry].is_common)
                return mapping;
            if (mapping && common == LOOKUP_NONE)
                common = entry;
        }
    }
    *match = (struct mapping_match){.how = "nothing"};
    return fit(dispatch, fields, common, hit(dispatch, common, "a column's value", match), match);
}

/* Where a header has none, the text may: behind a few words, the rest of a header whose VERSION was
 * left out. An SD-ID with its enterprise number tells it from a word in brackets. */
static struct slice structured_data_of(const struct syslog_header *syslog)
{
    struct slice msg = syslog->msg;
    if (syslog->structured_data.n)
        return syslog->structured_data;
    size_t at = slice_find(slice_head(msg, SD_LEAD_MAX), '[');
    if (at >= msg.n || msg.p[at] != '[' || (at > 0 && msg.p[at - 1] != ' '))
        return SLICE_NONE;
    struct slice data = parse_structured_data_prefix(slice_skip(msg, at));
    return slice_find(data, '@') < slice_find(data, ' ') ? data : SLICE_NONE;
}

static const struct mapping *find_by_sd_id(const struct dispatch *dispatch,
                                           const struct fields *fields, struct mapping_match *match)
{
    struct slice ids[SD_IDS_ASKED_MAX];
    char key[DISPATCH_KEY_MAX];
    if (dispatch->tables[DISPATCH_SD_ID].n == 0)
        return NULL;
    struct slice data = structured_data_of(&fields->syslog);
    size_t n = data.n ? parse_structured_data_ids(data, ids, SD_IDS_ASKED_MAX) : 0;
    for (size_t i = 0; i < n; i++) {
        if (ids[i].n >= sizeof key)
            continue;
        memcpy(key + 1, ids[i].p, ids[i].n);
        uint32_t entry = ask(dispatch, DISPATCH_SD_ID, GW_FORMAT_TEXT, key, ids[i].n + 1);
        if (entry == LOOKUP_NONE)
            entry = ask(dispatch, DISPATCH_SD_ID, GW_FORMAT_TEXT, key, slice_find(ids[i], '@') + 1);
        if (entry == LOOKUP_NONE)
            continue;
        const struct mapping *mapping = hit(dispatch, entry, "SD-ID", match);
        match->sd_id = ids[i];
        match->structured_data = data;
        return mapping;
    }
    return NULL;
}

/* One text while its signs are looked for: an expression is tried on it once. */
struct guarding {
    const struct dispatch *dispatch;
    struct pattern_scratch *scratch;
    struct slice text;
    uint32_t refused[GUARDS_MAX];
    size_t n_refused;
};

static bool holds(void *context, uint32_t entry)
{
    struct guarding *guarding = context;
    struct pattern *guard = guarding->dispatch->entries[entry].guard;
    struct slice groups[PATTERN_GROUPS_MAX];
    if (!guard)
        return true;
    for (size_t i = 0; i < guarding->n_refused; i++)
        if (guarding->refused[i] == entry)
            return false;
    if (guarding->n_refused == GUARDS_MAX)
        return false;
    if (pattern_match(guard, guarding->scratch, guarding->text, groups) == PATTERN_FOUND)
        return true;
    guarding->refused[guarding->n_refused++] = entry;
    return false;
}

static const struct mapping *find_in_message(const struct dispatch *dispatch,
                                             const struct fields *fields, enum gw_format format,
                                             struct pattern_scratch *scratch,
                                             struct mapping_match *match)
{
    const struct literals *texts = dispatch->texts[format];
    struct slice msg = slice_trim(fields->syslog.msg);
    struct slice whole = text_with_tag(&fields->syslog, msg);
    struct guarding guarding = {.dispatch = dispatch, .scratch = scratch, .text = msg};
    struct literals_filter filter = {holds, &guarding};
    const struct mapping *mapping;
    struct literals_hit found;
    if (!texts)
        return NULL;
    if (literals_find_start(texts, msg, &filter, &found)) {
        mapping = hit(dispatch, found.value, "the text's beginning", match);
        return fit(dispatch, fields, found.value, mapping, match);
    }
    guarding.text = whole;
    guarding.n_refused = 0;
    if (whole.n > msg.n && literals_find_start(texts, whole, &filter, &found))
        mapping = hit(dispatch, found.value, "the text's beginning", match);
    else if (literals_find_inside(texts, whole, TEXT_SCAN_MAX, &filter, &found))
        mapping = hit(dispatch, found.value, "words in the text", match);
    else
        return NULL;
    if (found.at < whole.n - msg.n)
        match->text = whole;
    return fit(dispatch, fields, found.value, mapping, match);
}

static const struct mapping *find_in_text(const struct dispatch *dispatch, enum gw_format format,
                                          struct slice text, struct pattern_scratch *scratch,
                                          struct mapping_match *match)
{
    const struct literals *texts = dispatch->texts[format];
    struct guarding guarding = {.dispatch = dispatch, .scratch = scratch, .text = text};
    struct literals_filter filter = {holds, &guarding};
    struct literals_hit found;
    if (!texts)
        return NULL;
    if (literals_find_start(texts, text, &filter, &found))
        return hit(dispatch, found.value, "the text's beginning", match);
    if (literals_find_inside(texts, text, TEXT_SCAN_MAX, &filter, &found))
        return hit(dispatch, found.value, "words in the text", match);
    return NULL;
}

static const struct mapping *find_by_app_name(const struct dispatch *dispatch, enum dispatch_by by,
                                              const struct fields *fields, enum gw_format format,
                                              struct pattern_scratch *scratch,
                                              struct mapping_match *match)
{
    struct slice name = fields->syslog.appname;
    struct guarding guarding = {
        .dispatch = dispatch, .scratch = scratch, .text = slice_trim(fields->syslog.msg)};
    char key[DISPATCH_KEY_MAX];
    if (name.n == 0 || name.n >= sizeof key)
        return NULL;
    memcpy(key + 1, name.p, name.n);
    uint32_t entry = ask(dispatch, by, format, key, name.n + 1);
    if (entry != LOOKUP_NONE && !holds(&guarding, entry))
        return NULL;
    const struct mapping *mapping = hit(dispatch, entry, "APP-NAME", match);
    return fit(dispatch, fields, entry, mapping, match);
}

static const struct mapping *find_by_text(const struct dispatch *dispatch,
                                          const struct fields *fields,
                                          struct pattern_scratch *scratch,
                                          struct mapping_match *match)
{
    enum gw_format format = fields->format == GW_FORMAT_NONE ? GW_FORMAT_TEXT : fields->format;
    if (format == GW_FORMAT_VARBINDS) {
        const struct mapping *mapping = NULL;
        for (size_t i = fields->n_header; i < fields->n && !mapping; i++)
            mapping = find_in_text(dispatch, format, fields->v[i].value, scratch, match);
        return mapping;
    }
    const struct mapping *mapping =
        find_by_app_name(dispatch, DISPATCH_APP_NAME, fields, format, scratch, match);
    if (!mapping)
        mapping = find_in_message(dispatch, fields, format, scratch, match);
    if (!mapping)
        mapping =
            find_by_app_name(dispatch, DISPATCH_COMMON_APP_NAME, fields, format, scratch, match);
    return mapping;
}

const struct mapping *dispatch_find(const struct dispatch *dispatch, const struct fields *fields,
                                    struct pattern_scratch *scratch, struct mapping_match *match)
{
    const struct mapping *mapping = NULL;
    *match = (struct mapping_match){.how = "nothing"};
    switch (fields->format) {
    case GW_FORMAT_CEF:
    case GW_FORMAT_LEEF:
        return find_by_names(dispatch, fields, fields->format, match);
    case GW_FORMAT_TMEF:
        /* CEF with other keys: a mapping that speaks of CEF alone knows the product all the same.
         */
        mapping = find_by_names(dispatch, fields, GW_FORMAT_TMEF, match);
        return mapping ? mapping : find_by_names(dispatch, fields, GW_FORMAT_CEF, match);
    case GW_FORMAT_VARBINDS:
        mapping = find_by_oid(dispatch, fields, match);
        break;
    case GW_FORMAT_NONE:
    case GW_FORMAT_TEXT:
        /* A head of network gear is many a vendor's; the process before it is one's. */
        if (fields->n_header)
            mapping = find_by_app_name(dispatch, DISPATCH_APP_NAME, fields, GW_FORMAT_TEXT, scratch,
                                       match);
        if (!mapping)
            mapping = find_by_key(dispatch, fields, match);
        if (!mapping)
            mapping = find_by_sd_id(dispatch, fields, match);
        if (!mapping)
            mapping = find_by_column(dispatch, fields, match);
        break;
    default:
        mapping = find_by_key(dispatch, fields, match);
        break;
    }
    return mapping ? mapping : find_by_text(dispatch, fields, scratch, match);
}

bool dispatch_may_begin(const struct dispatch *dispatch, struct slice text, size_t n)
{
    return literals_may_begin(dispatch->all_texts, slice_head(text, n + SIGN_HEAD), n);
}
