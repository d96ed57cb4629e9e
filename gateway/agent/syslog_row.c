/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A syslog header made a row: drafted on the stack at its largest, kept at its size. */
#include "gateway/agent/syslog_row.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/civil.h"
#include "gateway/base/utf8.h"
#include "parsers/instant.h"
#include "parsers/rfc5424.h"

/* A message without PRI: user.notice, as a relay would say (RFC 3164 section 4.3.3). */
enum { PRI_UNKNOWN = 13, MICROSECONDS = 1000000, HOURS_MAX = 13 };

enum {
    DRAFT_MAX = SYSLOG_HOSTNAME_MAX + SYSLOG_APPNAME_MAX + SYSLOG_PROCID_MAX + SYSLOG_MSGID_MAX +
                SYSLOG_TEXT_MAX + SYSLOG_PARAMS_MAX * 2 * SYSLOG_SD_NAME_MAX + SYSLOG_VALUES_MAX
};

struct draft {
    struct syslog_param params[SYSLOG_PARAMS_MAX];
    size_t n_params, n;
    char text[DRAFT_MAX];
};

uint32_t syslog_row_index(uint64_t sequence)
{
    return (uint32_t)((sequence - 1) % UINT32_MAX) + 1;
}

struct slice syslog_row_cut(struct slice text, size_t max)
{
    if (text.n <= max)
        return text;
    return utf8_is_valid(text) ? utf8_head(text, max) : slice_head(text, max);
}

/* ---- time ---- */

/* Digits behind the seconds' point, as microseconds. */
static uint32_t fraction(struct slice as_sent)
{
    uint32_t value = 0;
    size_t at = slice_find(as_sent, '.') + 1;
    for (uint32_t unit = MICROSECONDS / 10; unit; unit /= 10, at++) {
        if (at >= as_sent.n || as_sent.p[at] < '0' || as_sent.p[at] > '9')
            break;
        value += (uint32_t)(as_sent.p[at] - '0') * unit;
    }
    return value;
}

/* 23:59:60 stays itself, though the calendar's functions read it as the second after it. */
static struct civil civil_at(int64_t ms, bool is_leap_second)
{
    struct civil civil = civil_from_ms(is_leap_second ? ms - 1000 : ms);
    if (is_leap_second)
        civil.second = 60;
    return civil;
}

/* The date and time on the sender's clock; false: there is none. */
static bool local_time(const struct parsed_time *time, int64_t received_ms, struct civil *out)
{
    int64_t ms;
    if (!parsed_time_to_ms(time, NULL, received_ms, &ms))
        return false;
    *out = civil_at(ms + (time->has_zone ? (int64_t)time->offset_s * 1000 : 0), time->second == 60);
    return true;
}

size_t syslog_row_time(const struct parsed_time *time, struct slice as_sent, bool is_5424,
                       int64_t received_ms, char *out)
{
    struct civil civil;
    if (!local_time(time, received_ms, &civil) || civil.year < 0 || civil.year > UINT16_MAX)
        return 0;
    int minutes = time->has_zone ? time->offset_s / 60 : 0;
    if (abs(minutes) / 60 > HOURS_MAX) {
        civil = civil_at(civil_to_ms(&civil) - (int64_t)minutes * 60000, civil.second == 60);
        minutes = 0;
    }
    uint32_t micro = is_5424 ? fraction(as_sent) : (uint32_t)time->millisecond * 1000;
    const unsigned char octets[SYSLOG_TIME_MAX] = {
        (unsigned char)(civil.year >> 8),
        (unsigned char)civil.year,
        (unsigned char)civil.month,
        (unsigned char)civil.day,
        (unsigned char)civil.hour,
        (unsigned char)civil.minute,
        (unsigned char)civil.second,
        (unsigned char)(micro >> 16),
        (unsigned char)(micro >> 8),
        (unsigned char)micro,
        minutes < 0 ? '-' : '+',
        (unsigned char)(abs(minutes) / 60),
        (unsigned char)(abs(minutes) % 60),
    };
    memcpy(out, octets, sizeof octets);
    return time->has_zone ? sizeof octets : 10;
}

/* ---- text ---- */

/* DisplayString: what is not printable ASCII becomes '?'. */
static struct slice put_printable(struct draft *to, struct slice text, size_t max)
{
    char *p = to->text + to->n;
    size_t n = text.n < max ? text.n : max;
    for (size_t i = 0; i < n; i++)
        p[i] = text.p[i] >= ' ' && text.p[i] <= '~' ? text.p[i] : '?';
    to->n += n;
    return slice_of(p, n);
}

static struct slice put_octets(struct draft *to, struct slice text)
{
    char *p = to->text + to->n;
    if (text.n)
        memcpy(p, text.p, text.n);
    to->n += text.n;
    return slice_of(p, text.n);
}

/* SyslogParamValueString: what is no UTF-8 becomes U+FFFD. */
static struct slice put_utf8(struct draft *to, struct slice text, size_t max)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    char *p = to->text + to->n;
    size_t n = 0;
    while (text.n) {
        size_t k = utf8_char((const unsigned char *)text.p, text.n);
        const char *from = k ? text.p : replacement;
        size_t size = k ? k : sizeof replacement - 1;
        if (n + size > max)
            break;
        memcpy(p + n, from, size);
        n += size;
        text = slice_skip(text, k ? k : 1);
    }
    to->n += n;
    return slice_of(p, n);
}

static void put_params(struct draft *to, struct slice structured_data)
{
    /* As many elements as parameters may stand among them. */
    struct sd_param read[2 * SYSLOG_PARAMS_MAX];
    struct arena arena; /* without a cap */
    size_t left = SYSLOG_VALUES_MAX;
    bool is_truncated;
    arena_init(&arena, 0);
    size_t n =
        parse_structured_data(structured_data, &arena, read, 2 * SYSLOG_PARAMS_MAX, &is_truncated);
    for (size_t i = 0; i < n && to->n_params < SYSLOG_PARAMS_MAX && left; i++) {
        if (!read[i].name.n)
            continue;
        struct syslog_param *param = &to->params[to->n_params++];
        param->id = put_printable(to, read[i].id, SYSLOG_SD_NAME_MAX);
        param->name = put_printable(to, read[i].name, SYSLOG_SD_NAME_MAX);
        param->value = put_utf8(to, read[i].value, left < SYSLOG_TEXT_MAX ? left : SYSLOG_TEXT_MAX);
        left -= param->value.n;
    }
    arena_fini(&arena);
}

/* ---- the row ---- */

static struct slice moved(struct slice text, const char *from, const char *to)
{
    return slice_of(to + (text.p - from), text.n);
}

static struct syslog_row *keep(const struct draft *draft, const struct syslog_row *head)
{
    size_t n_params = draft->n_params * sizeof *draft->params;
    struct syslog_row *row = gw_alloc(sizeof *row + n_params + draft->n);
    char *text = (char *)row->params + n_params;
    memcpy(row, head, sizeof *row);
    memcpy(text, draft->text, draft->n);
    atomic_init(&row->holders, 1);
    row->hostname = moved(head->hostname, draft->text, text);
    row->appname = moved(head->appname, draft->text, text);
    row->procid = moved(head->procid, draft->text, text);
    row->msgid = moved(head->msgid, draft->text, text);
    row->msg = moved(head->msg, draft->text, text);
    row->n_params = draft->n_params;
    for (size_t i = 0; i < draft->n_params; i++)
        row->params[i] = (struct syslog_param){moved(draft->params[i].id, draft->text, text),
                                               moved(draft->params[i].name, draft->text, text),
                                               moved(draft->params[i].value, draft->text, text)};
    return row;
}

/* A byte order mark that says that it is UTF-8 is part of MSG (RFC 5424 section 6.4): it stands in
   front of the text, and behind a header. */
static struct slice with_mark(const struct syslog_header *header)
{
    struct slice msg = header->msg, mark = SLICE("\xEF\xBB\xBF");
    bool has_mark = header->version > 0 && msg.n && memcmp(msg.p - mark.n, mark.p, mark.n) == 0;
    return has_mark ? slice_of(msg.p - mark.n, msg.n + mark.n) : msg;
}

struct syslog_row *syslog_row_new(const struct syslog_header *header, int64_t received_ms,
                                  uint64_t sequence)
{
    struct draft draft;
    int pri = header->pri < 0 ? PRI_UNKNOWN : header->pri;
    draft.n = draft.n_params = 0;
    struct syslog_row row = {
        .sequence = sequence,
        .index = syslog_row_index(sequence),
        .facility = (uint8_t)(pri / 8),
        .severity = (uint8_t)(pri % 8),
        .version = (uint16_t)header->version,
        .n_sent = (uint32_t)parse_structured_data_count(header->structured_data),
    };
    row.n_time = syslog_row_time(&header->time, header->timestamp, header->version > 0, received_ms,
                                 row.time);
    row.hostname = put_printable(&draft, header->hostname, SYSLOG_HOSTNAME_MAX);
    row.appname = put_printable(&draft, header->appname, SYSLOG_APPNAME_MAX);
    row.procid = put_printable(&draft, header->procid, SYSLOG_PROCID_MAX);
    row.msgid = put_printable(&draft, header->msgid, SYSLOG_MSGID_MAX);
    row.msg = put_octets(&draft, syslog_row_cut(with_mark(header), SYSLOG_TEXT_MAX));
    put_params(&draft, header->structured_data);
    return keep(&draft, &row);
}

struct syslog_row *syslog_row_hold(struct syslog_row *row)
{
    atomic_fetch_add_explicit(&row->holders, 1, memory_order_relaxed);
    return row;
}

void syslog_row_put(struct syslog_row *row)
{
    if (row && atomic_fetch_sub_explicit(&row->holders, 1, memory_order_acq_rel) == 1)
        free(row);
}
