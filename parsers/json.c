/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON to flat fields, without a tree: the path to where the reader stands is kept in a buffer that
 * grows and shrinks with the depth. Source: RFC 8259.
 */
#include "parsers/json.h"

enum { DEPTH_MAX = 16, PATH_MAX_BYTES = 512 };

struct reader {
    struct slice in;
    size_t at;
    unsigned depth;
    struct arena *arena;
    struct fields *out;
    const char *error; /* the first */
    size_t error_at;
    char path[PATH_MAX_BYTES];
    size_t path_n;
};

static bool fail(struct reader *r, const char *error)
{
    if (!r->error) {
        r->error = error;
        r->error_at = r->at;
    }
    return false;
}

static size_t behind_blanks(struct slice s, size_t i)
{
    while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t' || s.p[i] == '\n' || s.p[i] == '\r'))
        i++;
    return i;
}

static void skip_blanks(struct reader *r)
{
    r->at = behind_blanks(r->in, r->at);
}

static bool take(struct reader *r, char c)
{
    skip_blanks(r);
    if (r->at >= r->in.n || r->in.p[r->at] != c)
        return false;
    r->at++;
    return true;
}

/* "@cee:", which syslog puts before JSON, and blanks: their length. */
static size_t cookie_length(struct slice s)
{
    return slice_starts_with(s, SLICE("@cee:")) ? behind_blanks(s, 5) : 0;
}

/* "name": at i. */
static bool has_name(struct slice s, size_t i)
{
    if (i >= s.n || s.p[i] != '"')
        return false;
    for (i++; i < s.n && s.p[i] != '"'; i++)
        i += s.p[i] == '\\';
    i = behind_blanks(s, i + 1);
    return i < s.n && s.p[i] == ':';
}

bool parse_json_find(struct slice msg, size_t *at)
{
    struct slice s = slice_trim(msg);
    *at = (size_t)(s.p - msg.p);
    s = slice_skip(s, cookie_length(s));
    if (s.n < 2 || s.p[0] != '{')
        return false;
    size_t i = behind_blanks(s, 1);
    if (s.p[s.n - 1] == '}')
        return s.p[i] == '"' || s.p[i] == '}';
    return has_name(s, i); /* of a message that was cut the beginning tells */
}

/* ---- strings ---- */

static int hex4(struct slice s, size_t i)
{
    int value = 0;
    if (i + 4 > s.n)
        return -1;
    for (size_t k = i; k < i + 4; k++) {
        char c = s.p[k];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

static size_t put_utf8(char *to, unsigned c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xC0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xE0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3F));
        to[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    to[0] = (char)(0xF0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3F));
    to[2] = (char)(0x80 | (c >> 6 & 0x3F));
    to[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

static bool is_escape(struct slice s, size_t i)
{
    char c = i + 1 < s.n ? s.p[i + 1] : '\0';
    return c == 'u' ? hex4(s, i + 2) >= 0 : c && strchr("\"\\/bfnrt", c);
}

/* A valid escape gives fewer bytes than it has; another one is what it is. */
static struct slice unescape(struct reader *r, struct slice raw)
{
    static const char plain[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char *to = arena_bytes(r->arena, raw.n);
    if (!to) {
        r->out->is_truncated = true;
        return raw;
    }
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++) {
        if (raw.p[i] != '\\' || !is_escape(raw, i)) {
            to[n++] = raw.p[i];
            continue;
        }
        char c = raw.p[++i];
        if (c != 'u') {
            to[n++] = meant[strchr(plain, c) - plain];
            continue;
        }
        unsigned value = (unsigned)hex4(raw, i + 1);
        i += 4;
        if (value >= 0xD800 && value < 0xDC00 && i + 2 < raw.n && raw.p[i + 1] == '\\' &&
            raw.p[i + 2] == 'u') {
            unsigned low = (unsigned)hex4(raw, i + 3);
            if (low >= 0xDC00 && low < 0xE000) {
                value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
                i += 6;
            }
        }
        if (value >= 0xD800 && value < 0xE000)
            value = 0xFFFD;
        n += put_utf8(to + n, value);
    }
    return slice_of(to, n);
}

/* Behind the opening quote. What the sender should have escaped is told, and taken as it is. */
static bool read_string(struct reader *r, struct slice *out)
{
    size_t start = r->at;
    bool has_escape = false;
    for (; r->at < r->in.n && r->in.p[r->at] != '"'; r->at++) {
        unsigned char c = (unsigned char)r->in.p[r->at];
        if (c < 32)
            fail(r, "JSON string holds a control character");
        if (c != '\\')
            continue;
        if (is_escape(r->in, r->at)) {
            has_escape = true;
            r->at++; /* of four digits none is a quote */
        } else {
            fail(r, "JSON string holds an escape that does not exist");
        }
    }
    if (r->at >= r->in.n)
        return fail(r, "JSON string has no end");
    struct slice raw = slice_of(r->in.p + start, r->at++ - start);
    *out = has_escape ? unescape(r, raw) : raw;
    return true;
}

/* ---- values ---- */

static bool add(struct reader *r, struct slice value)
{
    struct slice name = arena_dup(r->arena, slice_of(r->path, r->path_n));
    if (!name.n && r->path_n)
        r->out->is_truncated = true;
    fields_add(r->out, name, value);
    return true;
}

static size_t skip_digits(struct slice s, size_t i)
{
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
        i++;
    return i;
}

/* RFC 8259 section 6. */
static bool is_json_number(struct slice s)
{
    size_t i = s.n && s.p[0] == '-', start = i;
    i = skip_digits(s, i);
    if (i == start || (s.p[start] == '0' && i - start > 1))
        return false;
    if (i < s.n && s.p[i] == '.') {
        start = i + 1;
        i = skip_digits(s, start);
        if (i == start)
            return false;
    }
    if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
        start = i + 1;
        if (start < s.n && (s.p[start] == '+' || s.p[start] == '-'))
            start++;
        i = skip_digits(s, start);
        if (i == start)
            return false;
    }
    return i == s.n;
}

/* true, false, null or a number. */
static bool read_word(struct reader *r)
{
    size_t start = r->at;
    while (r->at < r->in.n && strchr("+-.0123456789eEaflnrstu", r->in.p[r->at]) && r->in.p[r->at])
        r->at++;
    struct slice word = slice_of(r->in.p + start, r->at - start);
    if (slice_equal(word, SLICE("null")))
        return add(r, SLICE_NONE);
    bool is_number = is_json_number(word);
    if (!is_number && !slice_equal(word, SLICE("true")) && !slice_equal(word, SLICE("false"))) {
        r->at = start;
        return fail(r, "JSON has no value here");
    }
    return add(r, word);
}

static bool push_byte(struct reader *r, char c)
{
    if (r->path_n + 1 >= sizeof r->path)
        return fail(r, "JSON names are too long together");
    r->path[r->path_n++] = c;
    return true;
}

/* 0 before or behind: nothing stands there. A name ends at a NUL. Names are short: a byte at a time
   costs less than calls would. */
static bool push(struct reader *r, char before, struct slice name, char behind)
{
    if (before && !push_byte(r, before))
        return false;
    for (size_t i = 0; i < name.n && name.p[i]; i++)
        if (!push_byte(r, name.p[i]))
            return false;
    return !behind || push_byte(r, behind);
}

static struct slice index_text(unsigned index, char *end)
{
    char *p = end;
    do
        *--p = (char)('0' + index % 10);
    while (index /= 10);
    return slice_of(p, (size_t)(end - p));
}

static bool read_value(struct reader *r);

/* Behind '{' or '['. */
static bool read_container(struct reader *r, bool is_object)
{
    char close = is_object ? '}' : ']';
    size_t path_n = r->path_n;
    if (++r->depth > DEPTH_MAX)
        return fail(r, "JSON is nested too deeply");
    if (!take(r, close)) {
        unsigned index = 0;
        do {
            char number[16];
            struct slice name = SLICE_NONE;
            if (is_object) {
                if (!take(r, '"'))
                    return fail(r, "JSON object has no name here");
                if (!read_string(r, &name))
                    return false;
                if (!take(r, ':'))
                    return fail(r, "JSON object has no ':' here");
            } else {
                name = index_text(index++, number + sizeof number);
            }
            bool is_inner = is_object && path_n > 0;
            if (!push(r, is_object ? is_inner ? '.' : 0 : '[', name, is_object ? 0 : ']') ||
                !read_value(r))
                return false;
            r->path_n = path_n;
        } while (take(r, ','));
        if (!take(r, close))
            return fail(r, "JSON has neither ',' nor an end here");
    }
    r->depth--;
    return true;
}

static bool read_value(struct reader *r)
{
    struct slice text;
    if (take(r, '{'))
        return read_container(r, true);
    if (take(r, '['))
        return read_container(r, false);
    if (take(r, '"'))
        return read_string(r, &text) && add(r, text);
    return read_word(r);
}

enum parse_status parse_json(struct slice in, const struct parse_options *options,
                             struct arena *arena, struct fields *out)
{
    (void)options;
    struct reader r = {.in = in, .at = cookie_length(in), .arena = arena, .out = out};
    out->format = GW_FORMAT_JSON;
    out->n_header = out->n;
    if (!take(&r, '{'))
        fail(&r, "JSON object has no beginning");
    else if (read_container(&r, true)) {
        skip_blanks(&r);
        if (r.at < in.n)
            fail(&r, "text stands behind the JSON object");
    }
    out->error = r.error;
    out->error_at = r.error_at;
    return r.error ? PARSE_MALFORMED : PARSE_OK;
}
