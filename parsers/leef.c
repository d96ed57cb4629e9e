/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LEEF: a header between pipes, then attributes between one delimiter, which may be told or
 * guessed. */
#include "parsers/leef.h"

#include <string.h>

#include "gateway/base/utf8.h"
#include "parsers/escape.h"

enum { FIND_MAX = 512, HEADER_FIELDS = 5, KEY_MAX = 128 };

static const struct slice header_names[HEADER_FIELDS] = {
    {"version", 7},         {"device_vendor", 13},         {"device_product", 14},
    {"device_version", 14}, {"device_event_class_id", 21},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_key_char(char c)
{
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '.' || c == '-';
}

/* "1|", "2.0|": its length with the pipe; 0: none. */
static size_t version_length(struct slice s)
{
    size_t n = s.n > 1 && is_digit(s.p[0]) ? 1 : 0;
    if (n && s.n > 3 && s.p[1] == '.' && is_digit(s.p[2]))
        n = 3;
    return n && s.p[n] == '|' ? n + 1 : 0;
}

bool parse_leef_find(struct slice msg, size_t *at)
{
    struct slice head = slice_head(msg, FIND_MAX);
    for (size_t i = 0; i < head.n; i++) {
        i += slice_search(slice_skip(head, i), SLICE("LEEF:"));
        if (i >= head.n)
            return false;
        size_t k = i + 5;
        while (k < msg.n && msg.p[k] == ' ' && k < i + 7)
            k++;
        bool starts_word = i == 0 || msg.p[i - 1] == ' ' || msg.p[i - 1] == ':' ||
                           msg.p[i - 1] == '\t' || (unsigned char)msg.p[i - 1] == 0xBF;
        if (starts_word && version_length(slice_skip(msg, k))) {
            *at = i;
            return true;
        }
    }
    return false;
}

/* ---- the delimiter ---- */

struct delimiter {
    char text[4]; /* one character, in UTF-8 or as a byte that is none */
    size_t n;
    bool is_tab;    /* the default: "#011" and Trend's blanks count too */
    bool is_blanks; /* no tab at all: a blank before "key=" parts */
};

static void set_delimiter(struct delimiter *d, const char *p, size_t n)
{
    memcpy(d->text, p, n);
    d->n = n;
}

/* "x5E", "0x5E", "\\x5E": the number; 0: none below 256. */
static unsigned hex_delimiter(struct slice s)
{
    unsigned value = 0;
    if (s.n > 1 && (s.p[0] == '0' || s.p[0] == '\\'))
        s = slice_skip(s, 1);
    if (s.n < 2 || s.n > 5 || (s.p[0] != 'x' && s.p[0] != 'X'))
        return 0;
    for (size_t i = 1; i < s.n; i++) {
        char d = s.p[i];
        unsigned digit = is_digit(d)            ? (unsigned)(d - '0')
                         : d >= 'a' && d <= 'f' ? (unsigned)(d - 'a' + 10)
                         : d >= 'A' && d <= 'F' ? (unsigned)(d - 'A' + 10)
                                                : 16;
        if (digit > 15)
            return 0;
        value = value * 16 + digit;
    }
    return value < 256 ? value : 0;
}

/*
 * "^", "x5E", "" (tab), one character of UTF-8. A number above 127 is Latin-1, as IBM's own "xa6"
 * is: the attributes have it as UTF-8, or as the byte. False: the field is no delimiter.
 */
static bool read_delimiter(struct slice s, struct slice attributes, struct delimiter *d)
{
    unsigned value = hex_delimiter(s);
    char byte = (char)value;
    char wide[2] = {(char)(0xC0 | value >> 6), (char)(0x80 | (value & 0x3F))};
    if (s.n == 0)
        set_delimiter(d, "\t", 1);
    else if (s.n == 1)
        set_delimiter(d, s.p, 1);
    else if (s.n <= sizeof d->text && (unsigned char)s.p[0] > 127 &&
             utf8_char((const unsigned char *)s.p, s.n) == s.n)
        set_delimiter(d, s.p, s.n);
    else if (value > 127 && slice_search(attributes, slice_of(wide, 2)) < attributes.n)
        set_delimiter(d, wide, 2);
    else if (value)
        set_delimiter(d, &byte, 1);
    return d->n > 0;
}

/* Length of "key=" at i, 0 when there is none. */
static size_t key_length(struct slice s, size_t i)
{
    size_t n = 0;
    while (i + n < s.n && n < KEY_MAX && is_key_char(s.p[i + n]))
        n++;
    return n && i + n < s.n && s.p[i + n] == '=' ? n : 0;
}

static struct delimiter guess_delimiter(struct slice attributes, bool is_v1)
{
    if (slice_find(attributes, '\t') < attributes.n ||
        slice_search(attributes, SLICE("#011")) < attributes.n)
        return (struct delimiter){"\t", 1, .is_tab = true};
    if (is_v1) {
        size_t pipe = slice_find(attributes, '|');
        if (pipe < attributes.n && key_length(attributes, pipe + 1))
            return (struct delimiter){"|", 1, .is_tab = false};
    }
    return (struct delimiter){"\t", 1, .is_tab = true, .is_blanks = true};
}

/* ---- attributes ---- */

/* Digits or capitals inside: "cn1Label", "TrendMicroDsFileMD5"; not a word of a sentence. */
static bool is_custom_key(struct slice key)
{
    for (size_t i = 1; i < key.n; i++)
        if (is_digit(key.p[i]) || (key.p[i] >= 'A' && key.p[i] <= 'Z'))
            return true;
    return false;
}

/* Where the attribute that starts at i ends; *next gets where the following one starts. */
static size_t attribute_end(struct slice s, size_t i, const struct delimiter *d, size_t *next)
{
    for (size_t k = i; k < s.n; k++) {
        if (s.p[k] == d->text[0] && slice_starts_with(slice_skip(s, k), slice_of(d->text, d->n))) {
            *next = k + d->n;
            return k;
        }
        if (d->is_tab && s.p[k] == '#' && slice_starts_with(slice_skip(s, k), SLICE("#011"))) {
            *next = k + 4;
            return k;
        }
        if (d->is_tab && s.p[k] == ' ') {
            size_t n = key_length(s, k + 1);
            if (n && (d->is_blanks || is_custom_key(slice_of(s.p + k + 1, n)))) {
                *next = k + 1;
                return k;
            }
        }
    }
    *next = s.n;
    return s.n;
}

static void add_attributes(struct slice s, const struct delimiter *d, struct arena *arena,
                           struct fields *out)
{
    for (size_t i = 0, next; i < s.n; i = next) {
        size_t end = attribute_end(s, i, d, &next);
        struct slice pair = slice_of(s.p + i, end - i), key, value;
        bool is_pair = slice_cut(pair, '=', &key, &value);
        key = slice_trim(key);
        if (!is_pair || !key.n) {
            key = SLICE("_text");
            value = pair;
        }
        value = parse_trim_blanks(value);
        if (!value.n && key.p[0] == '_')
            continue;
        if (slice_find(value, '\\') < value.n)
            value = parse_unescape(key, value, arena, &out->is_truncated);
        if (!fields_add(out, key, value))
            return;
    }
}

enum parse_status parse_leef(struct slice in, const struct parse_options *options,
                             struct arena *arena, struct fields *out)
{
    (void)options;
    struct slice rest =
        parse_without_line_end(slice_skip(in, slice_starts_with(in, SLICE("LEEF:")) ? 5 : 0));
    out->format = GW_FORMAT_LEEF;
    for (int i = 0; i < HEADER_FIELDS; i++) {
        struct slice value;
        if (!slice_cut(rest, '|', &value, &rest)) {
            if (value.n)
                fields_add(out, header_names[i], value);
            out->n_header = out->n;
            out->error = "LEEF header has fewer than five fields";
            out->error_at = in.n;
            return PARSE_MALFORMED;
        }
        fields_add(out, header_names[i], i ? value : parse_trim_blanks(value));
    }
    bool is_v1 = slice_starts_with(out->v[0].value, SLICE("1"));
    struct delimiter d = {0};
    struct slice field, behind;
    if (!is_v1 && slice_cut(rest, '|', &field, &behind) && slice_find(field, '=') == field.n) {
        bool is_pipe = field.n == 0 && behind.n && behind.p[0] == '|'; /* "|||" */
        if (is_pipe) {
            field = slice_head(behind, 1);
            behind = slice_skip(behind, 1);
        }
        if (read_delimiter(field, behind, &d)) {
            struct slice text = arena_dup(arena, slice_of(d.text, d.n));
            fields_add(out, SLICE("delimiter"), field.n > 1 && text.n ? text : field);
        } else {
            set_delimiter(&d, "\t", 1);
        }
        d.is_tab = d.text[0] == '\t';
        rest = behind;
    } else {
        d = guess_delimiter(rest, is_v1);
    }
    out->n_header = out->n;
    add_attributes(rest, &d, arena, out);
    return PARSE_OK;
}
