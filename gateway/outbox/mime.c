/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two encodings of bytes, base64 and quoted-printable, and where each may stand. */
#include "gateway/outbox/mime.h"

#include <stdbool.h>
#include <string.h>

#include "gateway/base/civil.h"
#include "gateway/base/utf8.h"

enum {
    LINE_MAX_BYTES = 76, /* RFC 2045 section 6.7, 6.8 */
    /* Behind "Subject: ": of 78 characters, RFC 5322 section 2.1.1; of 76, RFC 2047 section 2. */
    PLAIN_HEADER_MAX = 69,
    WORD_BYTES = 39,
    REPLACEMENT_BYTES = 3
};

void mime_clean(struct buf *out, struct slice text, size_t max)
{
    const unsigned char *p = (const unsigned char *)text.p;
    size_t begin = out->n, cut = out->n;
    bool is_blank_due = false;
    for (size_t i = 0; i < text.n;) {
        size_t n = utf8_char(p + i, text.n - i);
        uint32_t code = n ? utf8_code(p + i, n) : 0;
        size_t blank = is_blank_due && out->n > begin;
        if (n && (code == ' ' || utf8_is_steering(code))) {
            is_blank_due = true;
            i += n;
            continue;
        }
        size_t wanted = blank + (n ? n : REPLACEMENT_BYTES);
        if (out->n - begin + wanted > max) {
            out->n = cut;
            buf_slice(out, SLICE("..."));
            return;
        }
        if (blank)
            buf_byte(out, ' ');
        if (n)
            buf_append(out, p + i, n);
        else
            buf_slice(out, SLICE("\xef\xbf\xbd"));
        if (out->n - begin + 3 <= max)
            cut = out->n;
        is_blank_due = false;
        i += n ? n : 1;
    }
}

/* ---- base64 ---- */

static void put_base64(struct buf *out, struct slice bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.n; i += 3) {
        unsigned bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (i + k < bytes.n ? (unsigned char)bytes.p[i + k] : 0);
        buf_byte(out, digits[bits >> 18]);
        buf_byte(out, digits[bits >> 12 & 63]);
        buf_byte(out, i + 1 < bytes.n ? digits[bits >> 6 & 63] : '=');
        buf_byte(out, i + 2 < bytes.n ? digits[bits & 63] : '=');
    }
}

static void put_base64_lines(struct buf *out, struct slice bytes)
{
    enum { BYTES_A_LINE = LINE_MAX_BYTES / 4 * 3 };
    while (bytes.n) {
        put_base64(out, slice_head(bytes, BYTES_A_LINE));
        buf_slice(out, SLICE("\r\n"));
        bytes = slice_skip(bytes, BYTES_A_LINE);
    }
}

/* ---- quoted-printable ---- */

static bool is_literal(unsigned char c, bool is_last)
{
    return (c > ' ' && c <= '~' && c != '=') || ((c == ' ' || c == '\t') && !is_last);
}

static void put_quoted_line(struct buf *out, struct slice line)
{
    size_t used = 0;
    for (size_t i = 0; i < line.n; i++) {
        unsigned char c = (unsigned char)line.p[i];
        bool is_last = i + 1 == line.n, literal = is_literal(c, is_last);
        size_t width = literal ? 1 : 3;
        if (used + width > LINE_MAX_BYTES - (is_last ? 0 : 1)) {
            buf_slice(out, SLICE("=\r\n"));
            used = 0;
        }
        if (literal)
            buf_byte(out, (char)c);
        else
            buf_printf(out, "=%02X", c);
        used += width;
    }
    buf_slice(out, SLICE("\r\n"));
}

static void put_quoted(struct buf *out, struct slice text)
{
    struct slice line;
    while (text.n) {
        slice_cut(text, '\n', &line, &text);
        put_quoted_line(out, line);
    }
}

/* ---- headers ---- */

static bool is_plain(struct slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < ' ' || text.p[i] > '~')
            return false;
    return text.n <= PLAIN_HEADER_MAX && slice_search(text, SLICE("=?")) == text.n;
}

/* One encoded word holds whole characters. */
static void put_words(struct buf *out, struct slice text)
{
    bool is_first = true;
    do {
        struct slice part = utf8_head(text, WORD_BYTES);
        buf_slice(out, is_first ? SLICE("=?UTF-8?B?") : SLICE("\r\n =?UTF-8?B?"));
        put_base64(out, part);
        buf_slice(out, SLICE("?="));
        text = slice_skip(text, part.n);
        is_first = false;
    } while (text.n);
}

void mime_header(struct buf *out, const char *name, struct slice text)
{
    buf_printf(out, "%s: ", name);
    if (is_plain(text))
        buf_slice(out, text);
    else
        put_words(out, text);
    buf_slice(out, SLICE("\r\n"));
}

void mime_header_from(struct buf *out, struct slice text, const char *address)
{
    bool is_atoms = is_plain(text) && text.n > 0;
    for (size_t i = 0; i < text.n; i++)
        is_atoms = is_atoms && !strchr("()<>[]:;@\\,.\"", text.p[i]);
    buf_slice(out, SLICE("From: "));
    if (is_atoms)
        buf_slice(out, text);
    else
        put_words(out, text);
    buf_printf(out, "\r\n <%s>\r\n", address);
}

void mime_header_date(struct buf *out, int64_t ms, const struct zone *zone)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"},
                             *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    enum { DAY_MS = 86400000 };
    int offset_s = zone_offset_at_utc(zone, ms),
        minutes = (offset_s < 0 ? -offset_s : offset_s) / 60;
    int64_t local = ms + (int64_t)offset_s * 1000;
    int64_t day = local / DAY_MS - (local % DAY_MS < 0);
    struct civil civil = civil_from_ms(local);
    buf_printf(out, "Date: %s, %d %s %04d %02d:%02d:%02d %c%02d%02d\r\n", days[(day % 7 + 7) % 7],
               civil.day, months[civil.month - 1], civil.year, civil.hour, civil.minute,
               civil.second, offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

/* ---- body ---- */

static void put_text(struct buf *out, struct slice text)
{
    size_t n_quoted = 0;
    for (size_t i = 0; i < text.n; i++)
        n_quoted += (unsigned char)text.p[i] > '~' || text.p[i] == '=';
    bool is_base64 = n_quoted * 6 > text.n; /* one byte becomes three, against four thirds of all */
    buf_printf(out,
               "Content-Type: text/plain; charset=UTF-8\r\n"
               "Content-Transfer-Encoding: %s\r\n\r\n",
               is_base64 ? "base64" : "quoted-printable");
    if (!is_base64) {
        put_quoted(out, text);
        return;
    }
    struct buf lines = {0}; /* what is encoded has the line ends of a mail */
    struct slice line;
    while (text.n) {
        slice_cut(text, '\n', &line, &text);
        buf_slice(&lines, line);
        buf_slice(&lines, SLICE("\r\n"));
    }
    put_base64_lines(out, buf_get(&lines));
    buf_free(&lines);
}

void mime_body(struct buf *out, struct slice text)
{
    buf_slice(out, SLICE("MIME-Version: 1.0\r\n"));
    put_text(out, text);
}

/* ---- parts ---- */

/* Neither encoding can write "=_". */
#define BOUNDARY "=_eog-gateway-part"

void mime_begin_parts(struct buf *out)
{
    buf_slice(out, SLICE("MIME-Version: 1.0\r\n"
                         "Content-Type: multipart/mixed; boundary=\"" BOUNDARY "\"\r\n\r\n"));
}

void mime_end_parts(struct buf *out)
{
    buf_slice(out, SLICE("--" BOUNDARY "--\r\n"));
}

void mime_part_text(struct buf *out, struct slice text)
{
    buf_slice(out, SLICE("--" BOUNDARY "\r\n"));
    put_text(out, text);
}

/* RFC 2231: attribute-char; RFC 2045: a quoted-string needs less, but this one fits both. */
static bool is_attribute_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c && strchr("-._~+", c));
}

static void put_name(struct buf *out, const char *attribute, const char *name)
{
    size_t n = 0;
    while (is_attribute_char(name[n]))
        n++;
    if (!name[n]) {
        buf_printf(out, ";\r\n %s=\"%s\"", attribute, name);
        return;
    }
    buf_printf(out, ";\r\n %s*=UTF-8''", attribute);
    for (; *name; name++)
        if (is_attribute_char(*name))
            buf_byte(out, *name);
        else
            buf_printf(out, "%%%02X", (unsigned char)*name);
}

void mime_part_file(struct buf *out, const char *name, const char *type, struct slice bytes)
{
    struct slice text = slice_from(name);
    buf_printf(out, "--" BOUNDARY "\r\nContent-Type: %s;\r\n name=\"", type);
    if (is_plain(text))
        buf_slice(out, text);
    else
        put_words(out, text);
    buf_slice(out, SLICE("\"\r\nContent-Transfer-Encoding: base64\r\n"
                         "Content-Disposition: attachment"));
    put_name(out, "filename", name);
    buf_slice(out, SLICE("\r\n\r\n"));
    put_base64_lines(out, bytes);
}
