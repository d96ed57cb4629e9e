/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RELP frames. A frame whose data is longer than the limit is delivered once, cut, with its true
 * length, when all of it has come; nothing of it is kept but its head. Numbers have at most nine
 * digits, so that none can wrap.
 * Source: The Reliable Event Logging Protocol; librelp 1.11 (src/relpframe.c) where it says less: a
 * length of 0 is followed by LF, or by a blank and LF.
 */
#include "parsers/relp.h"

#include <string.h>

enum { NUMBER_DIGITS = 9 };

void relp_reader_init(struct relp_reader *reader, size_t max_data)
{
    *reader = (struct relp_reader){.max_data = max_data};
}

void relp_reader_fini(struct relp_reader *reader)
{
    buf_free(&reader->head);
}

static enum parse_status malformed(struct relp_reader *reader, const char *error)
{
    reader->error = error;
    return PARSE_MALFORMED;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Digits at *at, which moves behind them. PARSE_MORE: the bytes end before the number does. */
static enum parse_status read_number(struct slice s, size_t *at, uint32_t *value)
{
    size_t begin = *at;
    uint32_t number = 0;
    while (*at < s.n && is_digit(s.p[*at])) {
        if (*at - begin == NUMBER_DIGITS)
            return PARSE_MALFORMED;
        number = number * 10 + (uint32_t)(s.p[(*at)++] - '0');
    }
    *value = number;
    if (*at == s.n)
        return PARSE_MORE;
    return *at > begin ? PARSE_OK : PARSE_MALFORMED;
}

static enum parse_status read_command(struct slice s, size_t *at, struct slice *command)
{
    size_t begin = *at;
    while (*at < s.n && is_letter(s.p[*at]) && *at - begin < RELP_COMMAND_MAX)
        ++*at;
    *command = slice_of(s.p + begin, *at - begin);
    if (*at == s.n)
        return PARSE_MORE;
    return *at > begin && s.p[*at] == ' ' ? PARSE_OK : PARSE_MALFORMED;
}

/* "TXNR SP COMMAND SP DATALEN [SP]". *length is the data's; *header_n ends where the data begins,
 * or at LF when there is none. */
static enum parse_status read_header(struct relp_reader *reader, struct slice s,
                                     struct relp_frame *frame, size_t *header_n, uint32_t *length)
{
    size_t at = 0;
    enum parse_status status = read_number(s, &at, &frame->txnr);
    if (status == PARSE_MALFORMED || (status == PARSE_OK && s.p[at] != ' '))
        return malformed(reader, "no transaction number where a frame begins");
    if (status == PARSE_MORE)
        return status;
    at++;
    status = read_command(s, &at, &frame->command);
    if (status == PARSE_MALFORMED)
        return malformed(reader, "a command that is none");
    if (status == PARSE_MORE)
        return status;
    at++;
    status = read_number(s, &at, length);
    if (status == PARSE_MALFORMED || (status == PARSE_OK && s.p[at] != ' ' && s.p[at] != '\n') ||
        (status == PARSE_OK && s.p[at] == '\n' && *length > 0))
        return malformed(reader, "a length that is none");
    if (status == PARSE_MORE)
        return status;
    *header_n = at + (s.p[at] == ' ');
    return PARSE_OK;
}

/* What is too long: its head is kept, the rest counted. */
static void begin_skip(struct relp_reader *reader, const struct relp_frame *frame,
                       struct slice head, uint64_t length, uint64_t left)
{
    buf_clear(&reader->head);
    buf_slice(&reader->head, head);
    reader->txnr = frame->txnr;
    memcpy(reader->command, frame->command.p, frame->command.n);
    reader->command_n = frame->command.n;
    reader->full_size = length;
    reader->skip_bytes = left;
    reader->is_skipping = true;
}

static enum parse_status skip(struct relp_reader *reader, struct slice s, struct relp_frame *frame,
                              size_t *consumed)
{
    *consumed = reader->skip_bytes < s.n ? (size_t)reader->skip_bytes : s.n;
    reader->skip_bytes -= *consumed;
    if (*consumed == s.n)
        return PARSE_MORE;
    if (s.p[*consumed] != '\n')
        return malformed(reader, "data longer or shorter than its length says");
    ++*consumed;
    reader->is_skipping = false;
    *frame = (struct relp_frame){.txnr = reader->txnr,
                                 .command = slice_of(reader->command, reader->command_n),
                                 .data = buf_get(&reader->head),
                                 .full_size_bytes = reader->full_size};
    return PARSE_OK;
}

enum parse_status relp_next(struct relp_reader *reader, struct slice buffered,
                            struct relp_frame *frame, size_t *consumed)
{
    size_t header_n;
    uint32_t length;
    *consumed = 0;
    *frame = (struct relp_frame){0};
    if (reader->is_skipping)
        return skip(reader, buffered, frame, consumed);
    if (reader->head.cap)
        buf_free(&reader->head); /* delivered: most messages are not oversize */
    enum parse_status status = read_header(reader, buffered, frame, &header_n, &length);
    if (status != PARSE_OK)
        return status;
    struct slice body = slice_skip(buffered, header_n);
    if (body.n <= length && length <= reader->max_data)
        return PARSE_MORE;
    if (length > reader->max_data) {
        if (body.n <= reader->max_data)
            return PARSE_MORE;
        size_t n = body.n < length ? body.n : length;
        begin_skip(reader, frame, slice_head(body, reader->max_data), length, length - n);
        status = skip(reader, slice_skip(body, n), frame, consumed);
        *consumed += header_n + n;
        return status;
    }
    if (body.p[length] != '\n')
        return malformed(reader, "data longer or shorter than its length says");
    frame->data = slice_head(body, length);
    *consumed = header_n + length + 1;
    return PARSE_OK;
}

/* ---- writing ---- */

static char *put_text(char *to, struct slice text)
{
    if (text.n)
        memcpy(to, text.p, text.n);
    return to + text.n;
}

void relp_write_begin(struct buf *out, uint32_t txnr, struct slice command, size_t data_n)
{
    char *to = buf_reserve(out, 64 + command.n), *begin = to;
    to += gw_put_uint(to, txnr);
    *to++ = ' ';
    to = put_text(to, command);
    *to++ = ' ';
    to += gw_put_uint(to, data_n);
    if (data_n)
        *to++ = ' ';
    out->n += (size_t)(to - begin);
}

void relp_write_end(struct buf *out)
{
    buf_byte(out, '\n');
}

void relp_write(struct buf *out, uint32_t txnr, struct slice command, struct slice data)
{
    relp_write_begin(out, txnr, command, data.n);
    buf_slice(out, data);
    relp_write_end(out);
}

void relp_write_ok(struct buf *out, uint32_t txnr)
{
    char *begin = buf_reserve(out, 32), *to = begin + gw_put_uint(begin, txnr);
    to = put_text(to, SLICE(" rsp 6 200 OK\n"));
    out->n += (size_t)(to - begin);
}

/* ---- what frames say ---- */

bool relp_read_response(struct slice data, int *code, struct slice *text, struct slice *rest)
{
    *code = 200;
    *text = *rest = SLICE_NONE;
    if (data.n == 0)
        return true;
    if (data.n < 3 || !is_digit(data.p[0]) || !is_digit(data.p[1]) || !is_digit(data.p[2]) ||
        (data.n > 3 && data.p[3] != ' ' && data.p[3] != '\n'))
        return false;
    *code = (data.p[0] - '0') * 100 + (data.p[1] - '0') * 10 + (data.p[2] - '0');
    slice_cut(slice_skip(data, 3), '\n', text, rest);
    *text = slice_trim(*text);
    return true;
}

bool relp_next_offer(struct slice *rest, struct slice *name, struct slice *value)
{
    struct slice line;
    do {
        if (rest->n == 0)
            return false;
        slice_cut(*rest, '\n', &line, rest);
    } while (line.n == 0);
    slice_cut(line, '=', name, value);
    return true;
}

bool relp_has_word(struct slice value, struct slice word)
{
    struct slice one;
    while (value.n) {
        slice_cut(value, ',', &one, &value);
        if (slice_equal(slice_trim(one), word))
            return true;
    }
    return false;
}
