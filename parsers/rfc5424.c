/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RFC 5424: HEADER SP STRUCTURED-DATA [SP MSG]. Two readers: a strict check that names the first
 * breach, and a lenient reader that makes the best of it: it cuts over-long fields.
 */
#include "parsers/rfc5424.h"

#include "gateway/base/utf8.h"
#include "parsers/escape.h"
#include "parsers/timestamp.h"

/* RFC 5424, section 6: how long a field may be. The lenient reader cuts there, as a field is a name
 * to look things up by; the message has it whole. */
enum { HOSTNAME_MAX = 255, APPNAME_MAX = 48, PROCID_MAX = 128, MSGID_MAX = 32, SD_NAME_MAX = 32 };

static bool is_sd_name(char c)
{
    return c > 32 && c < 127 && c != '=' && c != ']' && c != '"';
}

/* Index behind an SD-NAME that starts at i. */
static size_t skip_sd_name(struct slice s, size_t i)
{
    while (i < s.n && is_sd_name(s.p[i]))
        i++;
    return i;
}

/* i stands behind the opening quote; returns the index of the closing one, or s.n. */
static size_t find_quote(struct slice s, size_t i)
{
    while (i < s.n && s.p[i] != '"')
        i += s.p[i] == '\\' ? 2 : 1;
    return i < s.n ? i : s.n;
}

static size_t skip_blanks(struct slice s, size_t i)
{
    while (i < s.n && s.p[i] == ' ')
        i++;
    return i;
}

struct sd_reader {
    struct slice s;
    size_t at;
    struct slice id;
};

enum sd_step { SD_ELEMENT, SD_PARAM, SD_END, SD_DAMAGED };

/* One step through structured data: an element's id, or a parameter with its raw value. */
static enum sd_step sd_next(struct sd_reader *r, struct slice *name, struct slice *raw)
{
    size_t i = r->at;
    if (r->id.n == 0) {
        if (i >= r->s.n || r->s.p[i] != '[')
            return SD_END;
        size_t end = skip_sd_name(r->s, ++i);
        if (end == i)
            return SD_DAMAGED;
        r->id = slice_of(r->s.p + i, end - i);
        r->at = end;
        return SD_ELEMENT;
    }
    size_t start = skip_blanks(r->s, i);
    if (start < r->s.n && r->s.p[start] == ']') {
        r->at = start + 1;
        r->id = SLICE_NONE;
        return sd_next(r, name, raw);
    }
    size_t end = skip_sd_name(r->s, start);
    size_t equals = skip_blanks(r->s, end);
    if (start == i || end == start || equals >= r->s.n || r->s.p[equals] != '=')
        return SD_DAMAGED;
    size_t open = skip_blanks(r->s, equals + 1);
    if (open >= r->s.n || r->s.p[open] != '"')
        return SD_DAMAGED;
    size_t close = find_quote(r->s, open + 1);
    if (close >= r->s.n)
        return SD_DAMAGED;
    *name = slice_of(r->s.p + start, end - start);
    *raw = slice_of(r->s.p + open + 1, close - open - 1);
    r->at = close + 1;
    return SD_PARAM;
}

/* Length of well-enough formed structured data at the start of s; 0: none. */
static size_t sd_length(struct slice s)
{
    struct sd_reader r = {.s = s};
    struct slice name, raw;
    enum sd_step step;
    do
        step = sd_next(&r, &name, &raw);
    while (step == SD_ELEMENT || step == SD_PARAM);
    /* "[id a="b"]text" is clear, "[12:34]text" is text. */
    bool is_clear = r.at == s.n || s.p[r.at] == ' ' || (r.at > 1 && s.p[r.at - 2] == '"');
    return step != SD_DAMAGED && is_clear ? r.at : 0;
}

size_t parse_structured_data(struct slice structured_data, struct arena *arena,
                             struct sd_param *out, size_t max, bool *is_truncated)
{
    struct sd_reader r = {.s = structured_data};
    size_t n = 0;
    while (n < max) {
        struct slice name = SLICE_NONE, raw = SLICE_NONE;
        enum sd_step step = sd_next(&r, &name, &raw);
        if (step == SD_END || step == SD_DAMAGED)
            break;
        struct slice value = parse_unescape_of(raw, SLICE("\"\\]"), arena, is_truncated);
        out[n++] = (struct sd_param){r.id, name, value};
    }
    return n;
}

bool parse_structured_data_value(struct slice structured_data, struct slice id, struct slice name,
                                 struct slice *raw)
{
    struct sd_reader r = {.s = structured_data};
    struct slice found;
    bool is_inside = false;
    for (;;) {
        enum sd_step step = sd_next(&r, &found, raw);
        if (step == SD_END || step == SD_DAMAGED || (step == SD_ELEMENT && is_inside))
            return false;
        is_inside |= step == SD_ELEMENT && slice_equal(r.id, id);
        if (step == SD_PARAM && is_inside && slice_equal(found, name))
            return true;
    }
}

size_t parse_structured_data_ids(struct slice structured_data, struct slice *ids, size_t max)
{
    struct sd_reader r = {.s = structured_data};
    struct slice name, raw;
    size_t n = 0;
    while (n < max) {
        enum sd_step step = sd_next(&r, &name, &raw);
        if (step == SD_END || step == SD_DAMAGED)
            break;
        if (step == SD_ELEMENT)
            ids[n++] = r.id;
    }
    return n;
}

size_t parse_structured_data_count(struct slice structured_data)
{
    struct sd_reader r = {.s = structured_data};
    struct slice name, raw;
    enum sd_step step;
    size_t n = 0;
    while ((step = sd_next(&r, &name, &raw)) == SD_ELEMENT || step == SD_PARAM)
        n += step == SD_PARAM;
    return n;
}

bool parse_structured_data_has(struct slice structured_data, struct slice id)
{
    struct sd_reader r = {.s = structured_data};
    struct slice name, raw;
    enum sd_step step;
    while ((step = sd_next(&r, &name, &raw)) == SD_ELEMENT || step == SD_PARAM)
        if (step == SD_ELEMENT && slice_equal(r.id, id))
            return true;
    return false;
}

struct slice parse_structured_data_prefix(struct slice text)
{
    return slice_head(text, sd_length(text));
}

/* ---- lenient ---- */

/* VERSION: 1 to 3 digits, no leading zero, a blank behind. */
static bool take_version(struct slice s, size_t *at, int *version)
{
    size_t i = 0;
    *version = 0;
    while (i < s.n && i < 3 && s.p[i] >= '0' && s.p[i] <= '9')
        *version = *version * 10 + (s.p[i++] - '0');
    if (i == 0 || s.p[0] == '0' || i >= s.n || s.p[i] != ' ')
        return false;
    *at = i + 1;
    return true;
}

static bool take_time(struct slice s, size_t *at, struct syslog_header *out)
{
    struct slice rest = slice_skip(s, *at);
    size_t used;
    if (rest.n && rest.p[0] == '-' && (rest.n == 1 || rest.p[1] == ' ')) {
        *at += 1;
        return true;
    }
    used = slice_find(rest, ' ');
    if (!parse_timestamp_rfc5424(slice_head(rest, used), &out->time) &&
        !parse_timestamp_prefix(rest, &out->time, &used))
        return false;
    if (used < rest.n && rest.p[used] != ' ')
        return false;
    /* "Oct 11 ..." behind a number is no RFC 5424. */
    if (!(rest.p[0] >= '0' && rest.p[0] <= '9'))
        return false;
    out->timestamp = slice_head(rest, used);
    *at += used;
    return true;
}

/* " word": the word, or nothing for '-'. False at the end. */
static bool take_word(struct slice s, size_t *at, struct slice *out)
{
    if (*at + 1 >= s.n || s.p[*at] != ' ')
        return false;
    struct slice rest = slice_skip(s, *at + 1);
    size_t n = slice_find(rest, ' ');
    if (n == 0)
        return false;
    *out = n == 1 && rest.p[0] == '-' ? SLICE_NONE : slice_head(rest, n);
    *at += 1 + n;
    return true;
}

/* "tag:", "tag[pid]", "LEEF:1.0|...", "1,2026/11/24": a BSD header behind a VERSION, or a body. */
static bool looks_like_tag(struct slice s)
{
    bool starts_with_digit = s.n && s.p[0] >= '0' && s.p[0] <= '9';
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '[' || s.p[i] == '|' || (s.p[i] == ',' && starts_with_digit))
            return true;
    return s.n && s.p[s.n - 1] == ':';
}

bool parse_rfc5424(struct slice in, struct syslog_header *out)
{
    struct syslog_header h = *out;
    size_t at;
    if (!take_version(in, &at, &h.version) || !take_time(in, &at, &h) ||
        !take_word(in, &at, &h.hostname) || !take_word(in, &at, &h.appname) ||
        looks_like_tag(h.appname) || !take_word(in, &at, &h.procid) || looks_like_tag(h.procid) ||
        !take_word(in, &at, &h.msgid))
        return false;
    h.hostname = slice_head(h.hostname, HOSTNAME_MAX);
    h.appname = slice_head(h.appname, APPNAME_MAX);
    h.procid = slice_head(h.procid, PROCID_MAX);
    h.msgid = slice_head(h.msgid, MSGID_MAX);
    struct slice rest = slice_skip(in, at);
    if (rest.n && rest.p[0] == ' ')
        rest = slice_skip(rest, 1);
    if (rest.n && rest.p[0] == '-' && (rest.n == 1 || rest.p[1] == ' ')) {
        rest = slice_skip(rest, 1);
    } else {
        size_t n = sd_length(rest);
        h.structured_data = slice_head(rest, n);
        rest = slice_skip(rest, n);
        if (n == 0) { /* no structured data: all of it is the message */
            h.msg = rest;
            *out = h;
            return true;
        }
    }
    h.msg = rest.n && rest.p[0] == ' ' ? slice_skip(rest, 1) : rest;
    *out = h;
    return true;
}

/* ---- strict ---- */

struct check {
    struct slice in;
    size_t at;
    const char *error;
};

static bool check_fail(struct check *c, const char *error)
{
    if (!c->error)
        c->error = error;
    return false;
}

static bool check_char(struct check *c, char expected, const char *error)
{
    if (c->at >= c->in.n || c->in.p[c->at] != expected)
        return check_fail(c, error);
    c->at++;
    return true;
}

static bool check_pri(struct check *c)
{
    int value = 0;
    size_t n = 0;
    if (!check_char(c, '<', "PRI does not begin with '<'"))
        return false;
    size_t start = c->at;
    while (c->at < c->in.n && n < 4 && c->in.p[c->at] >= '0' && c->in.p[c->at] <= '9') {
        value = value * 10 + (c->in.p[c->at++] - '0');
        n++;
    }
    if (n == 0 || n > 3 || value > 191 || (n > 1 && c->in.p[start] == '0'))
        return check_fail(c, "PRI is not a number from 0 to 191");
    return check_char(c, '>', "PRI does not end with '>'");
}

static bool check_time(struct check *c)
{
    struct slice rest = slice_skip(c->in, c->at);
    size_t n = slice_find(rest, ' ');
    struct parsed_time time;
    if (!(n == 1 && rest.p[0] == '-') && !parse_timestamp_rfc5424(slice_head(rest, n), &time))
        return check_fail(c, "TIMESTAMP is not RFC 3339 as RFC 5424 asks");
    c->at += n;
    return true;
}

static bool check_field(struct check *c, size_t max, const char *error)
{
    if (!check_char(c, ' ', error))
        return false;
    size_t start = c->at;
    while (c->at < c->in.n && c->in.p[c->at] > 32 && c->in.p[c->at] < 127)
        c->at++;
    if (c->at == start || c->at - start > max)
        return check_fail(c, error);
    return true;
}

static bool check_sd_name(struct check *c)
{
    size_t end = skip_sd_name(c->in, c->at);
    if (end == c->at || end - c->at > SD_NAME_MAX)
        return check_fail(
            c, "structured data has a name that is empty, too long or of wrong characters");
    c->at = end;
    return true;
}

static bool check_sd_value(struct check *c)
{
    size_t start = ++c->at; /* behind the quote */
    while (c->at < c->in.n && c->in.p[c->at] != '"') {
        if (c->in.p[c->at] == ']')
            return check_fail(c, "structured data has an unescaped ']'");
        c->at += c->in.p[c->at] == '\\' && c->at + 1 < c->in.n ? 2 : 1;
    }
    if (c->at >= c->in.n)
        return check_fail(c, "structured data has a value without end");
    if (!utf8_is_valid(slice_of(c->in.p + start, c->at - start)))
        return check_fail(c, "structured data has a value that is not UTF-8");
    c->at++;
    return true;
}

/* One element, its id compared with those before it, which stand from first on. */
static bool check_sd_element(struct check *c, size_t first)
{
    size_t open = c->at++;
    size_t id_at = c->at;
    if (!check_sd_name(c))
        return false;
    struct slice id = slice_of(c->in.p + id_at, c->at - id_at);
    struct sd_reader r = {.s = slice_of(c->in.p + first, open - first)};
    struct slice name, raw;
    for (enum sd_step step; (step = sd_next(&r, &name, &raw)) <= SD_PARAM;)
        if (step == SD_ELEMENT && slice_equal(r.id, id))
            return check_fail(c, "structured data has the same SD-ID twice");
    while (c->at < c->in.n && c->in.p[c->at] == ' ') {
        c->at++;
        if (!check_sd_name(c) || !check_char(c, '=', "structured data lacks '='"))
            return false;
        if (c->at >= c->in.n || c->in.p[c->at] != '"')
            return check_fail(c, "structured data has a value without quotes");
        if (!check_sd_value(c))
            return false;
    }
    return check_char(c, ']', "structured data does not end with ']'");
}

static bool check_sd(struct check *c)
{
    enum { ELEMENTS_MAX = 64 }; /* ids are compared pairwise: a hostile list must stay cheap */
    if (c->at < c->in.n && c->in.p[c->at] == '-') {
        c->at++;
        return true;
    }
    size_t first = c->at;
    if (c->at >= c->in.n || c->in.p[c->at] != '[')
        return check_fail(c, "structured data is neither '-' nor '['");
    for (int n = 0; c->at < c->in.n && c->in.p[c->at] == '['; n++) {
        if (n == ELEMENTS_MAX)
            return check_fail(c, "structured data has too many elements");
        if (!check_sd_element(c, first))
            return false;
    }
    return true;
}

static bool check_all(struct check *c)
{
    int version;
    size_t behind;
    if (!check_pri(c))
        return false;
    if (!take_version(slice_skip(c->in, c->at), &behind, &version))
        return check_fail(c, "VERSION is not a number from 1 to 999");
    c->at += behind;
    if (!check_time(c) ||
        !check_field(c, HOSTNAME_MAX, "HOSTNAME is missing, too long or not printable") ||
        !check_field(c, APPNAME_MAX, "APP-NAME is missing, too long or not printable") ||
        !check_field(c, PROCID_MAX, "PROCID is missing, too long or not printable") ||
        !check_field(c, MSGID_MAX, "MSGID is missing, too long or not printable") ||
        !check_char(c, ' ', "structured data is missing") || !check_sd(c))
        return false;
    if (c->at == c->in.n)
        return true;
    if (!check_char(c, ' ', "structured data is not followed by a blank"))
        return false;
    struct slice msg = slice_skip(c->in, c->at);
    if (slice_starts_with(msg, SLICE("\xEF\xBB\xBF")) && !utf8_is_valid(msg))
        return check_fail(c, "MSG begins with a byte order mark and is not UTF-8");
    return true;
}

const char *parse_rfc5424_check(struct slice in, size_t *error_at)
{
    struct check c = {.in = in};
    *error_at = 0;
    if (check_all(&c))
        return NULL;
    *error_at = c.at < in.n ? c.at : in.n;
    return c.error;
}
