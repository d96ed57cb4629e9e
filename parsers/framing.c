/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TCP stream framing, by connection:
 *
 *     AUTO --"12 <"--> OCTET --no count--> JUNK, delivered as damaged --LF or "12 <34>"--> AUTO
 *       \--first LF or NUL--> LF | NUL      LF, of empty lines alone, --"12 <3"--> OCTET
 *
 * A sender that counts wrong, say characters for bytes, must not cost what it sends next: no LF may
 * ever come.
 *
 * An oversize message's head is copied and the rest counted, so that it is delivered once, with its
 * true size, and the byte after it begins the next one. Counts are compared before they are used:
 * nothing is added to or multiplied that could wrap.
 * Source: RFC 6587 section 3.4, RFC 5425 section 4.3.
 */
#include "parsers/framing.h"

/* RESYNC_MAX: bytes of a count, the one before it, and a PRI: "x123456789 <191>". */
enum { COUNT_DIGITS_MAX = 9, RESYNC_MAX = 16 };

void framing_init(struct framing *framing, enum framing_mode mode, size_t max_bytes)
{
    *framing = (struct framing){.mode = mode,
                                .max_bytes = max_bytes ? max_bytes : FRAMING_MESSAGE_MAX,
                                .is_open = mode == FRAMING_AUTO};
}

void framing_fini(struct framing *framing)
{
    buf_free(&framing->head);
}

static size_t count_digits(struct slice s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    return n;
}

enum count_form { COUNT_NONE, COUNT_GOOD, COUNT_BAD, COUNT_SHORT };

/* "LEN SP" at the start of s. *count_n: its length with the blank. */
static enum count_form read_count(struct slice s, size_t *count_n, uint64_t *count)
{
    size_t n = count_digits(slice_head(s, 32));
    if (n == 0)
        return COUNT_NONE;
    if (n == 32)
        return COUNT_BAD;
    if (n == s.n)
        return COUNT_SHORT;
    if (s.p[n] != ' ')
        return COUNT_NONE;
    *count_n = n + 1;
    if (s.p[0] == '0' || n > COUNT_DIGITS_MAX)
        return COUNT_BAD;
    *count = 0;
    for (size_t i = 0; i < n; i++)
        *count = *count * 10 + (uint64_t)(s.p[i] - '0');
    return *count > FRAMING_COUNT_MAX ? COUNT_BAD : COUNT_GOOD;
}

/* Decide the mode from the first bytes. False: more are needed. */
static bool detect(struct framing *f, struct slice s, bool is_end)
{
    size_t count_n = 0;
    uint64_t count = 0;
    s = slice_head(
        s, f->max_bytes); /* never more: how the bytes were cut on their way must not matter */
    enum count_form form = read_count(s, &count_n, &count);
    if (form == COUNT_SHORT && !is_end && s.n < f->max_bytes)
        return false;
    if (form == COUNT_BAD && count_n == 0) { /* endless digits */
        f->mode = FRAMING_OCTET;
        return true;
    }
    if (form == COUNT_GOOD || form == COUNT_BAD) {
        struct slice body = slice_skip(s, count_n);
        if (!body.n && !is_end && s.n < f->max_bytes)
            return false;
        if (!body.n || body.p[0] == '<') {
            f->mode = FRAMING_OCTET;
            return true;
        }
        /* "5 abcd\n" is counted; "2018 Apr 20 13:15:07 ...\n" is a line: its LF comes too early. */
        if (form == COUNT_GOOD) {
            size_t n = count < body.n ? (size_t)count : body.n;
            size_t lf = slice_find(slice_head(body, n), '\n');
            if (lf == n && n < count && !is_end && s.n < f->max_bytes)
                return false;
            if (n == count && lf + 1 >= n) {
                f->mode = FRAMING_OCTET;
                return true;
            }
        }
    }
    size_t lf = slice_find(s, '\n');
    size_t nul = slice_find(slice_head(s, lf), '\0');
    if (lf == s.n && nul == lf && !is_end && s.n < f->max_bytes)
        return false;
    /* A NUL ends a message if another begins behind it; else it may stand inside a line. */
    bool ends_message = nul < lf && nul + 1 < s.n && s.p[nul + 1] == '<';
    if (nul < lf && !ends_message && lf == s.n && !is_end && s.n < f->max_bytes)
        return false;
    f->mode = ends_message || (nul < lf && lf == s.n) ? FRAMING_NUL : FRAMING_LF;
    f->is_open = true;
    f->nul_frames = 0;
    return true;
}

static struct slice without_cr(struct framing *f, struct slice frame)
{
    if (f->mode == FRAMING_NUL)
        return frame;
    while (frame.n && (frame.p[frame.n - 1] == '\r' || frame.p[frame.n - 1] == '\0'))
        frame.n--;
    return frame;
}

static void begin_oversize(struct framing *f, struct slice head, uint64_t full, bool is_junk)
{
    buf_clear(&f->head);
    buf_slice(&f->head, head);
    f->head_full = full;
    f->is_junk = is_junk;
    f->scanned = 0;
}

static enum parse_status deliver_head(struct framing *f, struct slice *frame)
{
    f->is_truncated = true;
    f->full_size_bytes = f->head_full;
    *frame = buf_get(&f->head);
    f->state = FRAMING_READ;
    if (!f->is_junk)
        return PARSE_OK;
    f->mode = FRAMING_AUTO;
    return PARSE_MALFORMED;
}

/* The rest of an oversize counted frame. */
static enum parse_status skip_count(struct framing *f, struct slice s, struct slice *frame,
                                    size_t *consumed, bool is_end)
{
    *consumed = f->skip_bytes < s.n ? (size_t)f->skip_bytes : s.n;
    f->skip_bytes -= *consumed;
    if (f->skip_bytes && !is_end)
        return PARSE_MORE;
    f->skip_bytes = 0;
    return deliver_head(f, frame);
}

/* Length of "<134>" at i, 0: none. */
static size_t pri_length(struct slice s, size_t i)
{
    size_t n = count_digits(slice_head(slice_skip(s, i + 1), 4));
    return i < s.n && s.p[i] == '<' && n >= 1 && n <= 3 && i + n + 1 < s.n && s.p[i + n + 1] == '>'
               ? n + 2
               : 0;
}

/*
 * Where the count begins whose blank is before the PRI at lt; lt: none. Digits of the text before
 * may stand right before it: it has as many as the last one, or more where these would not even
 * hold the PRI.
 */
static size_t count_start(const struct framing *f, struct slice s, size_t lt)
{
    size_t pri_n = pri_length(s, lt), end = lt - 1, first = end, value = 0, scale = 1;
    size_t least = f->count_digits ? f->count_digits : 3;
    while (first > 0 && s.p[first - 1] >= '0' && s.p[first - 1] <= '9' && end - first < 10)
        first--;
    if (!pri_n || s.p[end] != ' ' || first == 0 || end - first > COUNT_DIGITS_MAX)
        return lt; /* what stands first is the count that was bad */
    for (size_t i = end; i-- > first; scale *= 10) {
        value += scale * (size_t)(s.p[i] - '0');
        if ((i == first || end - i >= least) && s.p[i] != '0' && value >= pri_n)
            return i;
    }
    return lt;
}

/* Where junk ends, looked for from from on: an LF, of which *mark_n is 1, or a count; else s.n. */
static size_t junk_end(const struct framing *f, struct slice s, size_t from, size_t *mark_n)
{
    size_t lf = from + slice_find(slice_skip(s, from), '\n');
    *mark_n = lf < s.n;
    for (size_t lt = from; lt < lf; lt++) {
        lt += slice_find(slice_of(s.p + lt, lf - lt), '<');
        size_t start = lt > 1 && lt < lf ? count_start(f, s, lt) : lt;
        if (start < lt) {
            *mark_n = 0;
            return start;
        }
    }
    return lf;
}

/* Of n bytes of junk those that are no beginning of a count. */
static size_t before_count(size_t n)
{
    return n > RESYNC_MAX ? n - RESYNC_MAX : 0;
}

/* Where the frame from the start of s on ends; the end mark behind it has *mark_n bytes. */
static inline size_t marked_end(const struct framing *f, struct slice s, bool is_junk,
                                size_t *mark_n)
{
    size_t from = f->scanned < s.n ? f->scanned : s.n;
    if (is_junk)
        return junk_end(f, s, from, mark_n);
    size_t n = from + slice_find(slice_skip(s, from), f->mode == FRAMING_NUL ? '\0' : '\n');
    *mark_n = n < s.n;
    return n;
}

/* The rest of an oversize frame that an end mark closes. */
static enum parse_status skip_mark(struct framing *f, struct slice s, struct slice *frame,
                                   size_t *consumed, bool is_end)
{
    size_t mark_n, n = marked_end(f, s, f->is_junk, &mark_n);
    bool has_end = n < s.n || is_end;
    if (!has_end && f->is_junk)
        n = before_count(n);
    f->head_full += n;
    *consumed = n + mark_n;
    return has_end ? deliver_head(f, frame) : PARSE_MORE;
}

/* A frame that an end mark closes; junk too. */
static enum parse_status read_marked(struct framing *f, struct slice s, struct slice *frame,
                                     size_t *consumed, bool is_end)
{
    bool is_junk = f->state == FRAMING_JUNK;
    size_t mark_n, n = marked_end(f, s, is_junk, &mark_n);
    bool has_end = n < s.n || is_end;
    struct slice whole = slice_head(s, n);
    if (!has_end && is_junk)
        n = before_count(n);
    if (!has_end && n <= f->max_bytes) {
        f->scanned = n;
        return PARSE_MORE;
    }
    f->is_open &= n == 0;
    if (n > f->max_bytes) {
        begin_oversize(f, slice_head(s, f->max_bytes), n, is_junk);
        *consumed = n + mark_n;
        if (has_end)
            return deliver_head(f, frame);
        f->state = FRAMING_SKIP_MARK;
        return PARSE_MORE;
    }
    f->scanned = 0;
    f->state = FRAMING_READ;
    *frame = without_cr(f, whole);
    *consumed = n + mark_n;
    f->nul_frames += f->mode == FRAMING_NUL && f->nul_frames < 2;
    if (!is_junk)
        return PARSE_OK;
    f->mode = FRAMING_AUTO;
    return PARSE_MALFORMED;
}

static enum parse_status read_counted(struct framing *f, struct slice s, struct slice *frame,
                                      size_t *consumed, bool is_end)
{
    size_t count_n = 0;
    uint64_t count = 0;
    enum count_form form = read_count(s, &count_n, &count);
    if (form == COUNT_SHORT && !is_end)
        return PARSE_MORE;
    if (form != COUNT_GOOD) {
        f->state = FRAMING_JUNK;
        f->scanned = 0;
        return read_marked(f, s, frame, consumed, is_end);
    }
    f->count_digits = count_n - 1;
    struct slice body = slice_skip(s, count_n);
    if (count > f->max_bytes) {
        if (body.n < f->max_bytes && !is_end)
            return PARSE_MORE;
        if (body.n < count) {
            struct slice cut = slice_head(body, f->max_bytes);
            begin_oversize(f, cut, count, is_end);
            f->skip_bytes = count - body.n;
            *consumed = s.n;
            f->state = FRAMING_SKIP_COUNT;
            return is_end ? deliver_head(f, frame) : PARSE_MORE;
        }
        f->is_truncated = true;
        f->full_size_bytes = count;
        *frame = slice_head(body, f->max_bytes);
        *consumed = count_n + (size_t)count;
        return PARSE_OK;
    }
    if (body.n < count) {
        if (!is_end)
            return PARSE_MORE;
        *frame = s; /* cut by the connection's end */
        *consumed = s.n;
        return PARSE_MALFORMED;
    }
    *frame = slice_head(body, (size_t)count);
    *consumed = count_n + (size_t)count;
    return PARSE_OK;
}

/* A line that begins "12 <3" is none. */
static inline bool begins_counted(struct slice s)
{
    size_t count_n;
    uint64_t count;
    return s.p[0] >= '1' && s.p[0] <= '9' && read_count(s, &count_n, &count) == COUNT_GOOD &&
           s.n > count_n + 1 && s.p[count_n] == '<' && count_digits(slice_skip(s, count_n + 1));
}

static enum parse_status step(struct framing *f, struct slice s, struct slice *frame,
                              size_t *consumed, bool is_end)
{
    if (f->state == FRAMING_SKIP_COUNT)
        return skip_count(f, s, frame, consumed, is_end);
    if (f->state == FRAMING_SKIP_MARK)
        return skip_mark(f, s, frame, consumed, is_end);
    if (s.n == 0)
        return PARSE_MORE;
    if (f->state == FRAMING_JUNK)
        return read_marked(f, s, frame, consumed, is_end);
    if (f->mode == FRAMING_AUTO && !detect(f, s, is_end))
        return PARSE_MORE;
    if (f->mode == FRAMING_NUL && f->nul_frames == 1) {
        /* LF right behind the first NUL: that one was a C string's end, not the stream's mark. The
           message is not held back for it: the next byte may be long in coming. */
        f->nul_frames = 2;
        if (s.p[0] == '\n') {
            f->mode = FRAMING_LF;
            *consumed = 1;
            return PARSE_OK;
        }
    }
    /* Not behind a line: one may be a text's second, and so a stranger's, who would have what the
       others send next taken for his message's rest. */
    if (f->mode == FRAMING_LF && f->is_open && begins_counted(s)) {
        f->mode = FRAMING_OCTET;
        f->scanned = 0;
    }
    return f->mode == FRAMING_OCTET ? read_counted(f, s, frame, consumed, is_end)
                                    : read_marked(f, s, frame, consumed, is_end);
}

static enum parse_status run(struct framing *f, struct slice buffered, struct slice *frame,
                             size_t *consumed, bool is_end)
{
    *consumed = 0;
    *frame = SLICE_NONE;
    f->is_truncated = false;
    f->full_size_bytes = 0;
    if (f->state == FRAMING_READ && f->head.cap)
        buf_free(&f->head); /* delivered: most messages are not oversize */
    for (;;) {
        size_t used = 0;
        enum parse_status status = step(f, slice_skip(buffered, *consumed), frame, &used, is_end);
        *consumed += used;
        if (status == PARSE_MORE || frame->n)
            return status;
        if (used == 0)
            return PARSE_MORE; /* an empty frame at the end */
    }
}

enum parse_status framing_next(struct framing *framing, struct slice buffered, struct slice *frame,
                               size_t *consumed)
{
    return run(framing, buffered, frame, consumed, false);
}

enum parse_status framing_end(struct framing *framing, struct slice buffered, struct slice *frame,
                              size_t *consumed)
{
    return run(framing, buffered, frame, consumed, true);
}
