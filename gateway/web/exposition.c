/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics as text: names, escapes, and which of the two forms is asked for. */
#include "gateway/web/exposition.h"

#include <inttypes.h>
#include <string.h>

#include "gateway/base/utf8.h"

void exposition_begin(struct exposition *e, struct buf *out, enum exposition_form form)
{
    *e = (struct exposition){.out = out, .form = form};
}

/* The Prometheus form names a family as its samples are named, and knows no type "info". */
static const char *suffix(const struct exposition *e, bool is_sample)
{
    if (!is_sample && e->form == EXPOSITION_OPENMETRICS)
        return "";
    return e->type == EXPOSITION_COUNTER ? "_total" : e->type == EXPOSITION_INFO ? "_info" : "";
}

void exposition_family(struct exposition *e, const char *name, enum exposition_type type,
                       const char *help)
{
    static const char *const types[] = {"gauge", "counter", "info"};
    bool is_open = e->form == EXPOSITION_OPENMETRICS;
    e->name = name;
    e->type = type;
    buf_printf(e->out, "# HELP %s%s %s\n", name, suffix(e, false), help);
    buf_printf(e->out, "# TYPE %s%s %s\n", name, suffix(e, false),
               type == EXPOSITION_INFO && !is_open ? "gauge" : types[type]);
}

void exposition_sample(struct exposition *e)
{
    buf_slice(e->out, slice_from(e->name));
    buf_slice(e->out, slice_from(suffix(e, true)));
    e->has_label = false;
}

static void put_character(struct buf *out, struct slice character)
{
    if (character.n == 0) {
        buf_slice(out, SLICE("\xef\xbf\xbd"));
        return;
    }
    char c = character.p[0];
    if (c == '\\' || c == '"' || c == '\n') {
        buf_byte(out, '\\');
        buf_byte(out, c == '\n' ? 'n' : c);
    } else {
        buf_slice(out, character);
    }
}

void exposition_label(struct exposition *e, const char *key, struct slice value)
{
    buf_byte(e->out, e->has_label ? ',' : '{');
    e->has_label = true;
    buf_slice(e->out, slice_from(key));
    buf_slice(e->out, SLICE("=\""));
    while (value.n) {
        size_t n = utf8_char((const unsigned char *)value.p, value.n);
        put_character(e->out, slice_head(value, n));
        value = slice_skip(value, n ? n : 1);
    }
    buf_byte(e->out, '"');
}

static void end_labels(struct exposition *e)
{
    if (e->has_label)
        buf_byte(e->out, '}');
    buf_byte(e->out, ' ');
}

void exposition_int(struct exposition *e, int64_t value)
{
    end_labels(e);
    buf_printf(e->out, "%" PRId64 "\n", value);
}

void exposition_uint(struct exposition *e, uint64_t value)
{
    end_labels(e);
    buf_printf(e->out, "%" PRIu64 "\n", value);
}

void exposition_ms(struct exposition *e, int64_t ms)
{
    uint64_t size = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
    end_labels(e);
    buf_printf(e->out, "%s%" PRIu64 ".%03u\n", ms < 0 ? "-" : "", size / 1000,
               (unsigned)(size % 1000));
}

void exposition_end(struct exposition *e)
{
    if (e->form == EXPOSITION_OPENMETRICS)
        buf_slice(e->out, SLICE("# EOF\n"));
}

const char *exposition_media_type(enum exposition_form form)
{
    return form == EXPOSITION_OPENMETRICS
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}

/* ---- Accept ---- */

/* "0.5" as 500; -1: no quality. */
static int quality(struct slice text)
{
    int value = 0, unit = 1000;
    if (text.n == 0 || text.n > 5 || (text.p[0] != '0' && text.p[0] != '1'))
        return -1;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (i == 1 ? c != '.' : c < '0' || c > '9')
            return -1;
        if (i != 1) {
            value += (c - '0') * unit;
            unit /= 10;
        }
    }
    return value <= 1000 ? value : -1;
}

/* Of one media range: its quality; 0 when that cannot be read, or the version is another one. */
static int judge(struct slice parameters, const char *version)
{
    int q = 1000;
    struct slice one, key, value;
    while (parameters.n) {
        slice_cut(parameters, ';', &one, &parameters);
        slice_cut(slice_trim(one), '=', &key, &value);
        if (slice_equal_nocase(key, SLICE("q")))
            q = quality(value) < 0 ? 0 : quality(value);
        else if (slice_equal_nocase(key, SLICE("version")) && version &&
                 !slice_equal(value, slice_from(version)))
            return 0;
    }
    return q;
}

enum exposition_form exposition_choose(struct slice accept)
{
    int open = 0, plain = 0;
    struct slice range, type, parameters;
    while (accept.n) {
        slice_cut(accept, ',', &range, &accept);
        slice_cut(slice_trim(range), ';', &type, &parameters);
        type = slice_trim(type);
        if (slice_equal_nocase(type, SLICE("application/openmetrics-text"))) {
            int q = judge(parameters, "1.0.0");
            open = q > open ? q : open;
        } else if (slice_equal_nocase(type, SLICE("text/plain"))) {
            int q = judge(parameters, NULL);
            plain = q > plain ? q : plain;
        }
    }
    return open > 0 && open >= plain ? EXPOSITION_OPENMETRICS : EXPOSITION_PROMETHEUS;
}
