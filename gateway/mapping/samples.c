/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads .samples files; the form stands in samples.h. */
#include "gateway/mapping/samples.h"

#include <stdio.h>
#include <string.h>

#include "gateway/base/buf.h"
#include "gateway/base/error.h"
#include "gateway/xml/document.h"
#include "parsers/instant.h"
#include "parsers/timestamp.h"

struct reader {
    struct arena *arena;
    struct diag *diag;
    const char *file;
    int line;
    struct sample *sample; /* being filled; NULL before the first */
    struct sample **next;
};

/* 2026-01-01T00:00:00Z: a fixed moment, so that samples mean the same for ever. */
static const int64_t default_received_ms = 1767225600000;

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \xHH, \\, \t, \n; another backslash stands for itself. */
static struct slice unescape(struct reader *r, struct slice in)
{
    char *out = arena_bytes(r->arena, in.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < in.n; i++) {
        char next = i + 1 < in.n ? in.p[i + 1] : '\0';
        if (in.p[i] != '\\' || !next) {
            out[n++] = in.p[i];
        } else if (next == 'x' && i + 3 < in.n && hex(in.p[i + 2]) >= 0 && hex(in.p[i + 3]) >= 0) {
            out[n++] = (char)(hex(in.p[i + 2]) << 4 | hex(in.p[i + 3]));
            i += 3;
        } else if (next == '\\' || next == 't' || next == 'n') {
            out[n++] = next == '\\' ? '\\' : next == 't' ? '\t' : '\n';
            i++;
        } else {
            out[n++] = in.p[i];
        }
    }
    out[n] = '\0';
    return slice_of(out, n);
}

static bool need_sample(struct reader *r)
{
    if (!r->sample)
        diag_add(r->diag, r->file, r->line, "stands before the first 'sample' line");
    return r->sample != NULL;
}

static void begin_sample(struct reader *r, struct slice title)
{
    struct sample *sample = arena_alloc(r->arena, sizeof *sample);
    if (r->sample && !r->sample->is_trap && r->sample->message.n == 0)
        diag_add(r->diag, r->file, r->sample->line, "has no message and no trap");
    sample->title = title;
    sample->line = r->line;
    sample->received_ms = default_received_ms;
    *r->next = sample;
    r->next = &sample->next;
    r->sample = sample;
}

static void add_message(struct reader *r, struct slice text)
{
    struct sample *sample = r->sample;
    text = unescape(r, text);
    char *joined = arena_bytes(r->arena, sample->message.n + text.n + 1);
    if (sample->message.n)
        memcpy(joined, sample->message.p, sample->message.n);
    memcpy(joined + sample->message.n, text.p, text.n);
    sample->message = slice_of(joined, sample->message.n + text.n);
}

static bool next_word(struct slice *rest, struct slice *word)
{
    *rest = slice_trim(*rest);
    slice_cut(*rest, ' ', word, rest);
    return word->n > 0;
}

static bool next_number(struct slice *rest, int *number)
{
    struct slice word;
    int64_t value;
    if (!next_word(rest, &word) || !slice_to_int(word, &value) || value < 0 || value > INT32_MAX)
        return false;
    *number = (int)value;
    return true;
}

static void set_trap(struct reader *r, struct slice rest)
{
    struct sample *sample = r->sample;
    struct slice version;
    bool sound = next_word(&rest, &version) && next_word(&rest, &sample->trap_oid);
    sample->is_trap = true;
    sample->is_v1 = slice_equal(version, SLICE("1"));
    if (sample->is_v1)
        sound = sound && next_number(&rest, &sample->generic) &&
                next_number(&rest, &sample->specific) && next_word(&rest, &sample->agent_address);
    else
        sound = sound && slice_equal(version, SLICE("2c"));
    if (!sound)
        diag_add(r->diag, r->file, r->line,
                 "write 'trap 2c OID' or 'trap 1 ENTERPRISE GENERIC SPECIFIC ADDRESS'");
}

static void add_varbind(struct reader *r, struct slice rest)
{
    struct sample *sample = r->sample;
    struct sample_varbind varbind;
    struct slice type;
    if (!next_word(&rest, &varbind.oid) || !next_word(&rest, &type) || type.n != 1 ||
        !memchr("siota", type.p[0], 5)) {
        diag_add(r->diag, r->file, r->line,
                 "write 'varbind OID TYPE VALUE', TYPE one of s i o t a");
        return;
    }
    if (sample->n_varbinds == SAMPLE_VARBINDS_MAX) {
        diag_add(r->diag, r->file, r->line, "more than %d varbinds", SAMPLE_VARBINDS_MAX);
        return;
    }
    varbind.type = type.p[0];
    varbind.value = unescape(r, rest);
    sample->varbinds[sample->n_varbinds++] = varbind;
}

static void add_expect(struct reader *r, enum sample_check check, struct slice name,
                       struct slice value)
{
    struct sample *sample = r->sample;
    if (sample->n_expect == SAMPLE_EXPECT_MAX) {
        diag_add(r->diag, r->file, r->line, "expects more than %d things", SAMPLE_EXPECT_MAX);
        return;
    }
    sample->expect[sample->n_expect++] =
        (struct sample_expect){check, name, unescape(r, value), r->line};
}

/* "NAME = VALUE" or "NAME =". */
static bool cut_equals(struct slice line, struct slice *name, struct slice *value)
{
    size_t at = slice_search(line, SLICE(" ="));
    if (at == line.n)
        return false;
    *name = slice_trim(slice_head(line, at));
    *value = slice_trim(slice_skip(line, at + 2));
    return true;
}

static void set_received(struct reader *r, struct slice text)
{
    struct parsed_time time;
    if (!parse_timestamp(text, &time) ||
        !parsed_time_to_ms(&time, NULL, 0, &r->sample->received_ms))
        diag_add(r->diag, r->file, r->line, "'%.*s' is no time", SLICE_FMT(text));
}

/* "NAME = VALUE" or "NAME absent", even where NAME is an order too. */
static bool is_expectation(struct slice rest)
{
    return slice_equal(rest, SLICE("=")) || slice_starts_with(rest, SLICE("= ")) ||
           slice_equal(rest, SLICE("absent"));
}

static bool read_order(struct reader *r, struct slice word, struct slice rest)
{
    struct slice name, value;
    if (slice_equal(word, SLICE("note")))
        r->sample->note = rest;
    else if (slice_equal(word, SLICE("charset")))
        r->sample->charset = arena_text(r->arena, rest);
    else if (slice_equal(word, SLICE("zone")))
        r->sample->zone = arena_text(r->arena, rest);
    else if (slice_equal(word, SLICE("peer")))
        r->sample->peer = slice_trim(rest);
    else if (slice_equal(word, SLICE("received")))
        set_received(r, rest);
    else if (slice_equal(word, SLICE("message")))
        add_message(r, rest);
    else if (slice_equal(word, SLICE("trap")))
        set_trap(r, rest);
    else if (slice_equal(word, SLICE("varbind")))
        add_varbind(r, rest);
    else if (slice_equal(word, SLICE("complete")) && rest.n == 0)
        r->sample->is_complete = true;
    else if (slice_equal(word, SLICE("unmapped")) && cut_equals(rest, &name, &value))
        add_expect(r, SAMPLE_UNMAPPED, name, value);
    else
        return false;
    return true;
}

static void read_line(struct reader *r, struct slice line)
{
    struct slice word, rest, name, value;
    slice_cut(line, ' ', &word, &rest);
    if (slice_equal(word, SLICE("sample"))) {
        begin_sample(r, slice_trim(rest));
        return;
    }
    if (!need_sample(r) || (!is_expectation(rest) && read_order(r, word, rest)))
        return;
    if (cut_equals(line, &name, &value))
        add_expect(r, SAMPLE_EQUALS, name, value);
    else if (slice_equal(rest, SLICE("absent")))
        add_expect(r, SAMPLE_ABSENT, word, SLICE_NONE);
    else
        diag_add(r->diag, r->file, r->line, "'%.*s': not understood; see gateway/mapping/samples.h",
                 SLICE_FMT(line));
}

int samples_read(struct slice text, const char *name, struct arena *arena, struct diag *diag,
                 struct sample **out)
{
    struct reader r = {.arena = arena, .diag = diag, .file = name};
    size_t errors = diag->total;
    bool more = text.n > 0;
    *out = NULL;
    r.next = out;
    while (more) {
        struct slice line;
        more = slice_cut(text, '\n', &line, &text);
        r.line++;
        if (line.n && line.p[line.n - 1] == '\r')
            line.n--;
        if (line.n == 0 || line.p[0] == '#')
            continue;
        read_line(&r, line);
    }
    if (!*out)
        diag_add(diag, name, 0, "holds no sample");
    else if (!r.sample->is_trap && r.sample->message.n == 0)
        diag_add(diag, name, r.sample->line, "has no message and no trap");
    return diag->total > errors ? GW_ERR_INVALID : GW_OK;
}

int samples_load(const char *path, struct arena *arena, struct diag *diag, struct sample **out)
{
    struct buf text = {0};
    *out = NULL;
    int result = xml_read_file(path, &text, diag);
    if (result == GW_OK)
        result = samples_read(arena_dup(arena, buf_get(&text)), arena_text(arena, slice_from(path)),
                              arena, diag, out);
    buf_free(&text);
    return result;
}
