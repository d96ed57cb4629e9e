/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CEF, and TMEF, which is CEF with other keys. The hot path: one pass over the extension finds '='
 * and '\' sixteen bytes at a time; from each '=' the key is read backwards to its blank. Values
 * stay slices of the message; only one with a backslash in it is copied.
 */
#include "parsers/cef.h"

#include <string.h>

#include "parsers/escape.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { HEADER_FIELDS = 7, FIND_MAX = 512, VERSION_MAX = 8 };

static const struct slice header_names[HEADER_FIELDS] = {
    {"version", 7},         {"device_vendor", 13},         {"device_product", 14},
    {"device_version", 14}, {"device_event_class_id", 21}, {"name", 4},
    {"severity", 8},
};

#define KEY_FIRST 1
#define KEY_LATER 2

/* What a key may begin with and consist of. */
static const unsigned char key_class[256] = {
    ['a' ... 'z'] = KEY_FIRST | KEY_LATER,
    ['A' ... 'Z'] = KEY_FIRST | KEY_LATER,
    ['0' ... '9'] = KEY_FIRST | KEY_LATER,
    ['_'] = KEY_FIRST | KEY_LATER,
    ['.'] = KEY_LATER,
    [','] = KEY_LATER,
    ['['] = KEY_LATER,
    [']'] = KEY_LATER,
    ['/'] = KEY_LATER,
    ['-'] = KEY_LATER,
};

/* ---- finding ---- */

/* Length of " *version|" at the start of s, up to and with the pipe; 0: none. */
static size_t version_length(struct slice s)
{
    size_t i = 0;
    while (i < s.n && i < 2 && s.p[i] == ' ')
        i++;
    size_t start = i;
    while (i < s.n && i - start < VERSION_MAX &&
           ((s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '.'))
        i++;
    return i > start && i < s.n && s.p[i] == '|' && s.p[start] != '.' ? i + 1 : 0;
}

static size_t count_pipes(struct slice s, size_t enough)
{
    size_t n = 0;
    for (size_t at = 0; n < enough; n++) {
        at += slice_find(slice_skip(s, at), '|');
        if (at >= s.n)
            break;
        at++;
    }
    return n;
}

/* Length of the name whose "EF:" ends before end: "CEF:", "TMEF:"; 0: another ("LEEF:"). */
static size_t name_length(struct slice head, size_t end)
{
    if (end >= 4 && head.p[end - 4] == 'C')
        return 4;
    return end >= 5 && head.p[end - 4] == 'M' && head.p[end - 5] == 'T' ? 5 : 0;
}

bool parse_cef_find(struct slice msg, size_t *at)
{
    struct slice head = slice_head(msg, FIND_MAX);
    for (size_t end = 0; end < head.n;) {
        end += slice_search(slice_skip(head, end), SLICE("EF:")) + 3;
        if (end > head.n)
            break;
        size_t n = name_length(head, end);
        char before = end > n ? head.p[end - n - 1] : ' ';
        if (n &&
            (before == ' ' || before == ':' || before == '\t' || before == '"' || before == '>' ||
             (unsigned char)before == 0xBF) &&
            version_length(slice_skip(msg, end))) {
            *at = end - n;
            return true;
        }
    }
    /* The tag was eaten: a number, then enough pipes that it is no other list. */
    size_t n = version_length(msg);
    if (n && n <= 4 && count_pipes(slice_skip(msg, n), 5) == 5) {
        *at = 0;
        return true;
    }
    return false;
}

/* ---- values ---- */

/* backslash: the first of the message, or its end. */
static struct slice unescape_header(struct slice value, const char *backslash, struct arena *arena,
                                    struct fields *out)
{
    if (value.p + value.n <= backslash || slice_find(value, '\\') == value.n)
        return value;
    char *to = arena_bytes(arena, value.n);
    if (!to) {
        out->is_truncated = true;
        return value;
    }
    size_t n = 0;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '\\' && i + 1 < value.n &&
            (value.p[i + 1] == '\\' || value.p[i + 1] == '|' || value.p[i + 1] == '='))
            i++;
        to[n++] = value.p[i];
    }
    return slice_of(to, n);
}

/* ---- the extension ---- */

struct extension {
    const char *start, *end;
    const char *value;     /* of the key that is open */
    struct slice key;      /* n 0: none yet */
    const char *backslash; /* the last one seen */
    bool has_bare_equals;  /* an '=' without any key before it */
    struct arena *arena;
    struct fields *out;
};

/* Close the open value at end. False when the table is full. */
static inline bool close_value(struct extension *x, const char *end)
{
    struct slice value = parse_trim_blanks(slice_of(x->value, (size_t)(end - x->value)));
    struct slice key = x->key;
    if (!key.n) {
        if (!value.n)
            return true;
        key = SLICE("_text");
    }
    if (x->backslash >= x->value && value.n)
        value = parse_unescape(key, value, x->arena, &x->out->is_truncated);
    return fields_add(x->out, key, parse_without_quotes(value));
}

/* An '=' at p: a key ends here, or it belongs to the value. False when the table is full. */
static inline bool at_equals(struct extension *x, const char *p)
{
    const char *key = p;
    while (key > x->value && (key_class[(unsigned char)key[-1]] & KEY_LATER))
        key--;
    bool is_separated = key == x->start || key[-1] == ' ' || key[-1] == '\t';
    if (key == p || !is_separated || !(key_class[(unsigned char)*key] & KEY_FIRST)) {
        if (key == p && (key == x->start || key[-1] == ' '))
            x->has_bare_equals = true;
        return true;
    }
    if (!close_value(x, key > x->value ? key - 1 : key)) /* without the one blank that separates */
        return false;
    x->key = slice_of(key, (size_t)(p - key));
    x->value = p + 1;
    return true;
}

enum { BLOCK_BYTES = 16 };

/* Where they are in a block: bit i is byte i. */
struct marks {
    unsigned equals, backslashes;
};

static inline struct marks find_marks(const char *p, size_t n)
{
    struct marks marks = {0, 0};
#ifdef __SSE2__
    if (n >= BLOCK_BYTES) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)p);
        marks.equals = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8('=')));
        marks.backslashes = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8('\\')));
        return marks;
    }
#endif
    for (size_t i = 0; i < n && i < BLOCK_BYTES; i++) {
        marks.equals |= (unsigned)(p[i] == '=') << i;
        marks.backslashes |= (unsigned)(p[i] == '\\') << i;
    }
    return marks;
}

/* The last of marks, in the block at p. */
static inline const char *last_of(const char *p, unsigned marks)
{
    return p + 31 - __builtin_clz(marks);
}

static void scan_extension(struct extension *x)
{
    size_t n = (size_t)(x->end - x->start);
    for (size_t i = 0; i < n; i += BLOCK_BYTES) {
        const char *p = x->start + i;
        struct marks marks = find_marks(p, n - i);
        for (unsigned equals = marks.equals; equals; equals &= equals - 1) {
            unsigned bit = (unsigned)__builtin_ctz(equals);
            unsigned before = marks.backslashes & ((1u << bit) - 1);
            if (before)
                x->backslash = last_of(p, before);
            if (!at_equals(x, p + bit))
                return;
        }
        if (marks.backslashes)
            x->backslash = last_of(p, marks.backslashes);
    }
    close_value(x, x->end);
}

static const char *parse_extension(struct slice s, struct arena *arena, struct fields *out)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = slice_skip(s, 1);
    s = parse_without_line_end(s);
    if (!s.n)
        return NULL;
    struct extension x = {.start = s.p, .end = s.p + s.n, .value = s.p, .arena = arena, .out = out};
    scan_extension(&x);
    if (x.has_bare_equals)
        return "CEF extension has '=' without a key";
    return x.key.n ? NULL : "CEF extension is not a list of key=value";
}

/* ---- the header ---- */

/* Index of the next '|' that is not escaped, or s.n. */
static size_t find_pipe(struct slice s)
{
    for (size_t at = 0; at < s.n; at++) {
        at += slice_find(slice_skip(s, at), '|');
        size_t backslashes = 0;
        while (backslashes < at && s.p[at - 1 - backslashes] == '\\')
            backslashes++;
        if (backslashes % 2 == 0)
            return at;
    }
    return s.n;
}

/* Severity without the pipe behind it: up to the blank before the first key, if there is one. */
static size_t severity_end(struct slice s)
{
    size_t equals = slice_find(s, '=');
    if (equals == s.n)
        return s.n;
    size_t end = equals;
    while (end && s.p[end - 1] != ' ')
        end--;
    return end;
}

static bool has_key(const struct fields *out, struct slice key)
{
    for (size_t i = out->n_header; i < out->n; i++)
        if (slice_equal(out->v[i].name, key))
            return true;
    return false;
}

/*
 * TMEF as appliances print it: behind "CEF:0|", told by its own names for what CEF calls
 * deviceExternalId and dvcmac. Every TMEF event carries both, CEF never the first.
 */
static bool has_tmef_keys(const struct fields *out)
{
    return has_key(out, SLICE("deviceGUID")) && has_key(out, SLICE("deviceMacAddress"));
}

enum parse_status parse_cef(struct slice in, const struct parse_options *options,
                            struct arena *arena, struct fields *out)
{
    struct slice rest = in;
    bool is_tmef = slice_starts_with(in, SLICE("TMEF:"));
    if (is_tmef || slice_starts_with(in, SLICE("CEF:")))
        rest = slice_skip(rest, is_tmef ? 5 : 4);
    size_t version_n = version_length(rest);
    if (!version_n) {
        out->error = "CEF has no version";
        return PARSE_MALFORMED;
    }
    out->format = is_tmef ? GW_FORMAT_TMEF : GW_FORMAT_CEF;
    const char *backslash = rest.p + slice_find(rest, '\\');
    bool has_pipe = true;
    for (int i = 0; i < HEADER_FIELDS && has_pipe; i++) {
        bool is_last = i == HEADER_FIELDS - 1;
        size_t n = find_pipe(rest);
        has_pipe = n < rest.n;
        if (!has_pipe && is_last)
            n = severity_end(rest);
        struct slice value = slice_head(rest, n);
        if (i == 0 || (is_last && !has_pipe))
            value = parse_trim_blanks(value);
        if (!has_pipe && !value.n)
            break; /* "...|https|": the pipe is there, the severity is not */
        value = unescape_header(value, backslash, arena, out);
        fields_add(out, header_names[i], parse_without_quotes(value));
        rest = slice_skip(rest, has_pipe ? n + 1 : n);
    }
    out->n_header = out->n;
    if (out->n < HEADER_FIELDS) {
        out->error = "CEF header has fewer than seven fields";
        out->error_at = in.n;
        return PARSE_MALFORMED;
    }
    const char *why = parse_extension(rest, arena, out);
    if (has_tmef_keys(out))
        out->format = GW_FORMAT_TMEF;
    if (why && parse_options_strict(options)) {
        out->error = why;
        out->error_at = (size_t)(rest.p - in.p);
        return PARSE_MALFORMED;
    }
    return PARSE_OK;
}
