/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text of others in every field of an alert, in a letter and its file, and as a template, a mail
 * address: a mail stays of printable ASCII in short lines, with the headers it has and no other; a
 * letter has its two parts, and its file comes out byte for byte.
 */
#include <string.h>

#include "gateway/base/utf8.h"
#include "gateway/outbox/mail.h"
#include "gateway/outbox/mime.h"
#include "gateway/outbox/payload.h"
#include "gateway/outbox/place.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_own_seeds[] = {"mail", NULL};
const char *const fuzz_shared_seeds[] = {NULL};

static const char *const headers[] = {"Date",
                                      "From",
                                      "To",
                                      "Subject",
                                      "Message-ID",
                                      "Auto-Submitted",
                                      "X-Auto-Response-Suppress",
                                      "In-Reply-To",
                                      "References",
                                      "Importance",
                                      "MIME-Version",
                                      "Content-Type",
                                      "Content-Transfer-Encoding"};

static void check_header(struct slice line)
{
    struct slice name, rest;
    if (slice_starts_with(line, SLICE(" ")))
        return;
    FUZZ_CHECK(slice_cut(line, ':', &name, &rest));
    size_t known = 0;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        known += slice_equal(name, slice_from(headers[i]));
    FUZZ_CHECK(known == 1);
}

static void check_mail(struct slice mail)
{
    bool is_head = true;
    struct slice line, rest = mail;
    while (slice_cut(rest, '\n', &line, &rest)) {
        FUZZ_CHECK(line.n >= 1 && line.n <= 200 && line.p[line.n - 1] == '\r');
        line = slice_head(line, line.n - 1);
        for (size_t i = 0; i < line.n; i++)
            FUZZ_CHECK((line.p[i] >= ' ' && line.p[i] <= '~') || (!is_head && line.p[i] == '\t'));
        FUZZ_CHECK(is_head || !line.n || !strchr(" \t", line.p[line.n - 1]));
        FUZZ_CHECK(is_head || line.n <= 76);
        if (is_head && line.n)
            check_header(line);
        is_head = is_head && line.n > 0;
    }
    FUZZ_CHECK(rest.n == 0 && !is_head);
}

static void fill(struct gw_event *event, struct slice text, enum gw_kind kind)
{
    static const enum gw_field fields[] = {
        GW_FIELD_KPI_KEY,        GW_FIELD_KPI_SCOPE,      GW_FIELD_KPI_SCOPE_NAME,
        GW_FIELD_SITE,           GW_FIELD_KPI_VALUE_TEXT, GW_FIELD_REASON,
        GW_FIELD_ORIGIN_IP,      GW_FIELD_ALERT_EVIDENCE, GW_FIELD_ADVICE,
        GW_FIELD_ALERT_ACK_NAME, GW_FIELD_ALERT_ACK_NOTE, GW_FIELD_KPI_UNIT};
    gw_event_clear(event);
    event->kind = (uint16_t)kind;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        gw_event_set_text(event, fields[i], text);
    int64_t number = 0;
    memcpy(&number, text.p ? text.p : "", text.n < sizeof number ? text.n : sizeof number);
    gw_event_set_int(event, GW_FIELD_EMISSION, 1);
    gw_event_set_int(event, GW_FIELD_KPI_STATE, number);
    gw_event_set_int(event, GW_FIELD_ALERT_WORST, number & 3);
    gw_event_set_int(event, GW_FIELD_ALERT_ID, number);
}

static void tell(struct slice text, enum outbox_language language,
                 const struct outbox_template *template)
{
    static struct gw_event event;
    const struct outbox_section section = {
        .address = "h:25", .from = "eog@example.net", .to = "a@example.net", .language = language};
    struct mail_writer writer = {
        .section = &section, .template = template, .gateway = "gw1", .epoch = "e"};
    struct mail_digest digest = {0};
    struct arena arena;
    struct change change;
    struct buf out = {0};
    arena_init(&arena, 0);
    for (int kind = GW_KIND_ALERT_RAISED; kind <= GW_KIND_ALERT_CLEARED; kind++) {
        fill(&event, text, (enum gw_kind)kind);
        FUZZ_CHECK(change_from(&event, "gw1", "e", NULL, &arena, &change));
        buf_clear(&out);
        mail_write(&writer, &change, &out);
        check_mail(buf_get(&out));
        mail_digest_add(&digest, &writer, &change, (uint64_t)kind);
        buf_clear(&out);
        payload_write(&change, &out);
        FUZZ_CHECK(utf8_is_valid(buf_get(&out)) && !memchr(out.p, '\n', out.n));
    }
    buf_clear(&out);
    mail_write_digest(&writer, &digest, &out);
    check_mail(buf_get(&out));
    buf_free(&digest.lines);
    buf_free(&out);
    arena_fini(&arena);
}

/* ---- letters ---- */

#define BOUNDARY "--=_eog-gateway-part"

/* Of what has CR LF behind each of its lines. */
static struct slice next_line(struct slice *rest)
{
    struct slice line;
    FUZZ_CHECK(slice_cut(*rest, '\n', &line, rest));
    FUZZ_CHECK(line.n >= 1 && line.n <= 998 && line.p[line.n - 1] == '\r');
    line = slice_head(line, line.n - 1);
    for (size_t i = 0; i < line.n; i++)
        FUZZ_CHECK(line.p[i] >= ' ' && line.p[i] <= '~');
    return line;
}

static int sextet(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static void put_decoded(struct slice line, struct buf *out)
{
    FUZZ_CHECK(line.n <= 76 && line.n % 4 == 0);
    for (size_t i = 0; i < line.n; i += 4) {
        int a = sextet(line.p[i]), b = sextet(line.p[i + 1]);
        int c = sextet(line.p[i + 2]), d = sextet(line.p[i + 3]);
        FUZZ_CHECK(a >= 0 && b >= 0 && (c >= 0 || line.p[i + 2] == '='));
        FUZZ_CHECK(d >= 0 || line.p[i + 3] == '=');
        buf_byte(out, (char)(a << 2 | b >> 4));
        if (c >= 0)
            buf_byte(out, (char)((b & 15) << 4 | c >> 2));
        if (d >= 0)
            buf_byte(out, (char)((c & 3) << 6 | d));
    }
}

/* Headers of a part, folded ones behind theirs, and the empty line. */
static void skip_part_head(struct slice *rest)
{
    struct slice line;
    while ((line = next_line(rest)).n)
        FUZZ_CHECK(slice_starts_with(line, SLICE("Content-")) ||
                   slice_starts_with(line, SLICE(" ")));
}

static void check_letter(struct slice letter, struct slice file)
{
    struct slice line, rest = letter;
    struct buf out = {0};
    while ((line = next_line(&rest)).n)
        check_header(line);
    FUZZ_CHECK(slice_equal(next_line(&rest), SLICE(BOUNDARY)));
    skip_part_head(&rest);
    while (!slice_starts_with(line = next_line(&rest), SLICE("--=_")))
        FUZZ_CHECK(line.n <= 76);
    FUZZ_CHECK(slice_equal(line, SLICE(BOUNDARY)));
    skip_part_head(&rest);
    while (!slice_starts_with(line = next_line(&rest), SLICE("--=_")))
        put_decoded(line, &out);
    FUZZ_CHECK(slice_equal(line, SLICE(BOUNDARY "--")) && rest.n == 0);
    FUZZ_CHECK(slice_equal(buf_get(&out), file));
    buf_free(&out);
}

/* Names, subject and text are clean when a letter is posted; the file is as it is. */
static void write_letter(struct slice in, enum outbox_language language)
{
    const struct outbox_section section = {
        .address = "h:25", .from = "eog@example.net", .to = "a@example.net", .language = language};
    const struct mail_writer writer = {.section = &section, .gateway = "gw1", .epoch = "e"};
    struct buf name = {0}, text = {0}, out = {0};
    mime_clean(&text, in, 200);
    for (const char *p = buf_text(&text); *p; p++)
        buf_byte(&name, *p == '/' ? '_' : *p);
    const struct mail_file file = {buf_text(&name), "application/pdf", in};
    const struct mail_letter letter = {"report-1",    buf_get(&text), buf_get(&text),
                                       1794000000000, &file,          1};
    mail_write_letter(&writer, &letter, &out);
    check_letter(buf_get(&out), in);
    buf_free(&name);
    buf_free(&text);
    buf_free(&out);
}

static void check_clean(struct slice in)
{
    struct buf out = {0};
    for (size_t max = 3; max < 40; max += 7) {
        buf_clear(&out);
        mime_clean(&out, in, max);
        FUZZ_CHECK(out.n <= max && utf8_is_valid(buf_get(&out)));
        FUZZ_CHECK(slice_trim(buf_get(&out)).n == out.n);
    }
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = fuzz_slice(data, size);
    struct outbox_template template;
    struct buf error = {0};
    check_clean(in);
    for (int language = 0; language < OUTBOX_LANGUAGES; language++) {
        outbox_template_built_in((enum outbox_language)language, &template);
        tell(in, (enum outbox_language)language, &template);
        write_letter(in, (enum outbox_language)language);
    }
    if (outbox_template_parse(in, &template, &error))
        tell(SLICE("{name}\r\n"), OUTBOX_ENGLISH, &template);
    else
        FUZZ_CHECK(error.n > 0);
    if (place_is_mailbox(in))
        for (size_t i = 0; i < in.n; i++)
            FUZZ_CHECK(in.p[i] > ' ' && in.p[i] <= '~' && in.p[i] != '<' && in.p[i] != '>');
    buf_free(&error);
    return 0;
}
