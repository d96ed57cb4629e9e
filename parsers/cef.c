/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CEF, and TMEF, which is CEF with other keys. The hot path: one pass over the extension finds '=',
 * '\' and what no key has in it, 64 bytes at a time; behind the last of those before an '=' its key
 * begins. Values stay slices of the message; only one with a backslash is copied.
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

/* ---- the extension ---- */

struct extension {
    const char *start, *end;
    const char *word;      /* behind the last byte of the blocks before that no key has in it */
    const char *value;     /* of the key that is open */
    struct slice key;      /* n 0: none yet */
    const char *backslash; /* the last one seen */
    bool has_bare_equals;  /* an '=' without any key before it */
    char blank;            /* what separates, beside a tab */
    struct arena *arena;
    struct fields *out;
};

/* Close the open value at end. False when the table is full. */
static inline bool close_value(struct extension *x, const char *end)
{
    struct slice value = slice_of(x->value, (size_t)(end - x->value)), key = x->key;
    /* Most have neither blanks nor quotes at their ends. */
    bool is_bare = value.n && (unsigned char)value.p[0] > '"' && (unsigned char)end[-1] > '"';
    if (!is_bare)
        value = parse_trim_blanks(value);
    if (!key.n) {
        if (!value.n)
            return true;
        key = SLICE("_text");
    }
    if (x->backslash >= x->value && value.n)
        value = parse_unescape(key, value, x->arena, &x->out->is_truncated);
    return fields_add(x->out, key, is_bare ? value : parse_without_quotes(value));
}

enum { BLOCK_BYTES = 64 };

/* Where they are in a block: bit i is byte i. */
struct marks {
    uint64_t equals, backslashes, others; /* others: what no key has in it */
};

#ifdef __SSE2__
static inline uint64_t bits_of(__m128i block)
{
    return (unsigned)_mm_movemask_epi8(block);
}

static inline __m128i is_byte(__m128i block, char c)
{
    return _mm_cmpeq_epi8(block, _mm_set1_epi8(c));
}

/* From first to last, which may not be more than 127 apart. */
static inline __m128i is_in_range(__m128i block, char first, char last)
{
    __m128i from_first = _mm_sub_epi8(block, _mm_set1_epi8(first));
    return _mm_cmpeq_epi8(from_first,
                          _mm_min_epu8(from_first, _mm_set1_epi8((char)(last - first))));
}

/* As key_class says: "," to "9" are ",-./" and the digits. */
static inline __m128i is_of_key(__m128i block)
{
    __m128i lower = _mm_or_si128(block, _mm_set1_epi8(0x20));
    __m128i brackets = _mm_or_si128(is_byte(block, '['), is_byte(block, ']'));
    __m128i words = _mm_or_si128(is_in_range(lower, 'a', 'z'), is_in_range(block, ',', '9'));
    return _mm_or_si128(_mm_or_si128(words, brackets), is_byte(block, '_'));
}

static inline struct marks find_marks(const char *p)
{
    struct marks marks = {0, 0, 0};
    for (int i = 0; i < BLOCK_BYTES; i += 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        marks.equals |= bits_of(is_byte(block, '=')) << i;
        marks.backslashes |= bits_of(is_byte(block, '\\')) << i;
        marks.others |= bits_of(is_of_key(block)) << i;
    }
    marks.others = ~marks.others;
    return marks;
}
#else
static inline struct marks find_marks(const char *p)
{
    struct marks marks = {0, 0, 0};
    for (int i = 0; i < BLOCK_BYTES; i++) {
        marks.equals |= (uint64_t)(p[i] == '=') << i;
        marks.backslashes |= (uint64_t)(p[i] == '\\') << i;
        marks.others |= (uint64_t) !(key_class[(unsigned char)p[i]] & KEY_LATER) << i;
    }
    return marks;
}
#endif

static inline int last_of(uint64_t marks)
{
    return 63 - __builtin_clzll(marks);
}

/* An '=' at p: a key ends here, or it belongs to the value. key: where it begins, if it is one.
 * False when the table is full. */
static inline bool at_equals(struct extension *x, const char *key, const char *p)
{
    bool is_separated = key == x->start || key[-1] == x->blank || key[-1] == '\t';
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

/* A block at p. False: the table is full. */
static inline bool scan_block(struct extension *x, const char *p, struct marks marks)
{
    for (uint64_t equals = marks.equals; equals; equals &= equals - 1) {
        uint64_t before = (equals & -equals) - 1;
        const char *key = marks.others & before ? p + last_of(marks.others & before) + 1 : x->word;
        if (marks.backslashes & before)
            x->backslash = p + last_of(marks.backslashes & before);
        if (!at_equals(x, key, p + __builtin_ctzll(equals)))
            return false;
    }
    if (marks.others)
        x->word = p + last_of(marks.others) + 1;
    if (marks.backslashes)
        x->backslash = p + last_of(marks.backslashes);
    return true;
}

static void scan_extension(struct extension *x)
{
    const char *p = x->start;
    for (; x->end - p >= BLOCK_BYTES; p += BLOCK_BYTES)
        if (!scan_block(x, p, find_marks(p)))
            return;
    char rest[BLOCK_BYTES] = {0};
    memcpy(rest, p, (size_t)(x->end - p));
    if (scan_block(x, p, find_marks(rest)))
        close_value(x, x->end);
}

/* key='value' with tabs between the pairs, as AsiaInfo's TDA writes it: blanks are of the values.
 */
static bool is_tabbed_list(struct slice s)
{
    size_t at = slice_find(s, '=') + 1;
    return at < s.n && s.p[at] == '\'' && slice_search(s, SLICE("'\t")) < s.n;
}

static void take_off_apostrophes(struct fields *out)
{
    for (size_t i = out->n_header; i < out->n; i++) {
        struct slice *value = &out->v[i].value;
        if (value->n > 1 && value->p[0] == '\'' && value->p[value->n - 1] == '\'')
            *value = slice_of(value->p + 1, value->n - 2);
    }
}

static const char *parse_extension(struct slice s, struct arena *arena, struct fields *out)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = slice_skip(s, 1);
    s = parse_without_line_end(s);
    if (!s.n)
        return NULL;
    bool is_tabbed = is_tabbed_list(s);
    struct extension x = {.start = s.p,
                          .end = s.p + s.n,
                          .word = s.p,
                          .value = s.p,
                          .blank = is_tabbed ? '\t' : ' ',
                          .arena = arena,
                          .out = out};
    scan_extension(&x);
    if (is_tabbed)
        take_off_apostrophes(out);
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
        if (value.p + value.n > backslash)
            value = parse_unescape_of(value, SLICE("\\|="), arena, &out->is_truncated);
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
