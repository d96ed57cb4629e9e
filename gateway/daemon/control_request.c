/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What clients of the control socket send: bytes of anybody who may enter, trusted in nothing. */
#include "gateway/daemon/control_request.h"

#include "gateway/base/utf8.h"
#include "gateway/kpi/watchlist.h"

enum control_cut control_request_cut(struct slice *in, struct slice *line)
{
    size_t n = slice_find(*in, '\n');
    *line = SLICE_NONE;
    if (n > CONTROL_REQUEST_MAX)
        return CONTROL_CUT_TOO_LONG;
    if (n == in->n)
        return CONTROL_CUT_MORE;
    *line = slice_trim(slice_head(*in, n));
    *in = slice_skip(*in, n + 1);
    return CONTROL_CUT_LINE;
}

const char *control_request_tail(struct slice argument, struct control_tail *out)
{
    struct slice number, word;
    int64_t n = 0;
    *out = (struct control_tail){0};
    slice_cut(argument, ' ', &number, &word);
    if (!slice_is_empty(number) && (!slice_to_int(number, &n) || n < 0))
        return "tail wants a number of records";
    out->n = (uint64_t)n;
    out->has_own = slice_equal(word, SLICE("all"));
    out->is_unknown = slice_equal(word, SLICE("unknown"));
    if (!slice_is_empty(word) && !out->has_own && !out->is_unknown)
        return "tail knows the words all and unknown";
    return NULL;
}

const char *control_request_ack(struct slice argument, struct control_ack *out)
{
    struct slice number, rest;
    int64_t id = 0;
    *out = (struct control_ack){0};
    slice_cut(argument, '\t', &number, &rest);
    slice_cut(rest, '\t', &out->name, &out->note);
    out->name = slice_trim(out->name);
    out->note = slice_trim(out->note);
    if (!slice_to_int(number, &id) || id < 1 || id > UINT32_MAX)
        return "ack wants the number of an alert";
    out->id = (uint32_t)id;
    if (slice_is_empty(out->name))
        return "ack wants a name";
    if (out->name.n > CONTROL_ACK_NAME_MAX)
        return "the name is longer than 127 bytes";
    if (out->note.n > CONTROL_ACK_NOTE_MAX)
        return "the note is longer than 511 bytes";
    /* They go to terminals, notifications and mails: nothing in them may steer one. */
    if (!utf8_is_inert(out->name) || !utf8_is_inert(out->note))
        return "the name or note has control characters or is not UTF-8";
    return NULL;
}

const char *control_request_watch(struct slice argument, struct control_watch_request *out)
{
    struct slice word, rest, bytes;
    int64_t n = 0;
    *out = (struct control_watch_request){0};
    slice_cut(argument, ' ', &word, &rest);
    if (slice_is_empty(argument))
        return NULL;
    if (slice_equal(argument, SLICE("reset"))) {
        out->what = CONTROL_WATCH_RESET;
        return NULL;
    }
    if (!slice_equal(word, SLICE("load")))
        return "watchlist knows: load, reset";
    slice_cut(rest, ' ', &bytes, &out->file);
    if (!slice_to_int(bytes, &n) || n < 1 || n > KPI_WATCH_PUSHED_MAX)
        return "watchlist load wants a number of bytes, from 1 to 16777216";
    if (slice_is_empty(out->file) || out->file.n > CONTROL_WATCH_FILE_MAX ||
        !utf8_is_inert(out->file))
        return "watchlist load wants the name of a file: UTF-8 without control characters, at most "
               "255 bytes";
    out->what = CONTROL_WATCH_LOAD;
    out->bytes = (size_t)n;
    return NULL;
}

const char *control_top_period(uint32_t period)
{
    static const char *const words[] = {"all", "day", "week", "month"};
    return period < sizeof words / sizeof *words ? words[period] : NULL;
}

const char *control_top_kind(uint32_t kind)
{
    static const char *const words[] = {"all", "malware", "source", "computer"};
    return kind < sizeof words / sizeof *words ? words[kind] : NULL;
}

/* Without a word: all. */
static bool find_word(struct slice word, const char *(*word_of)(uint32_t), uint32_t *out)
{
    *out = 0;
    if (slice_is_empty(word))
        return true;
    while (word_of(*out) && !slice_equal(word, slice_from(word_of(*out))))
        ++*out;
    return word_of(*out) != NULL;
}

const char *control_request_top(struct slice argument, struct control_top *out)
{
    struct slice period, kind;
    slice_cut(argument, ' ', &period, &kind);
    if (!find_word(period, control_top_period, &out->period))
        return "top knows the periods day, week, month and all";
    if (!find_word(kind, control_top_kind, &out->kind))
        return "top knows the kinds malware, source, computer and all";
    return NULL;
}
