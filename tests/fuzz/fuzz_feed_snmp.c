/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A notification of any octets as structured syslog (RFC 5675): nothing is written, or one line
 * that is RFC 5424 to the letter and says each varbind once, under a number of its own.
 *
 * An input is a datagram; behind it, if its last octet says so, texts for what else is in a record.
 */
#include <string.h>

#include "gateway/base/utf8.h"
#include "gateway/feed/format_snmp.h"
#include "parsers/rfc5424.h"
#include "parsers/syslog.h"
#include "parsers/varbinds.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_own_seeds[] = {"notification", "feed_snmp", NULL};
const char *const fuzz_shared_seeds[] = {"snmp", NULL};

enum { PARAMS_MAX = 3 * VARBINDS_MAX + 16 };

/* What version 3 and a mapping add. */
static void fill(struct gw_event *event, struct slice text)
{
    gw_event_clear(event);
    event->kind = GW_KIND_LINK_DOWN;
    event->transport = GW_TRANSPORT_SNMP;
    event->received_ms = 1794000000000;
    gw_event_set_text(event, GW_FIELD_SNMP_ENGINE_ID, text);
    gw_event_set_text(event, GW_FIELD_PEER, text);
    gw_event_set_text(event, GW_FIELD_MESSAGE, text);
}

/* Each varbind's name, then its value: v1 o1 v2 x2 a2 v3 ... */
static size_t count_varbinds(struct slice structured_data)
{
    static struct sd_param params[PARAMS_MAX];
    struct arena arena;
    size_t varbinds = 0;
    arena_init(&arena, 0);
    bool is_cut;
    size_t n = parse_structured_data(structured_data, &arena, params, PARAMS_MAX, &is_cut);
    FUZZ_CHECK(n > 0 && n < PARAMS_MAX);
    FUZZ_CHECK(slice_equal(params[0].id, SLICE("snmp")) && params[0].name.n == 0);
    for (size_t i = 1; i < n && params[i].name.n; i++) {
        int64_t number;
        FUZZ_CHECK(params[i].name.n > 1);
        if (slice_starts_with(params[i].name, SLICE("ctx")))
            continue;
        varbinds += params[i].name.p[0] == 'v';
        FUZZ_CHECK(slice_to_int(slice_skip(params[i].name, 1), &number));
        FUZZ_CHECK(number == (int64_t)varbinds);
    }
    arena_fini(&arena);
    return varbinds;
}

static void check_line(struct slice line, const struct notification *n)
{
    struct syslog_header header = {0};
    size_t at, behind = slice_find(line, '>');
    const char *wrong = parse_rfc5424_check(line, &at);
    if (wrong)
        fprintf(stderr, "%s at %zu of: %.*s\n", wrong, at, SLICE_FMT(line));
    FUZZ_CHECK(!wrong && utf8_is_valid(line));
    for (size_t i = 0; i < line.n; i++)
        FUZZ_CHECK((unsigned char)line.p[i] >= 0x20 && line.p[i] != 0x7f);
    FUZZ_CHECK(parse_rfc5424(slice_skip(line, behind + 1), &header));
    size_t more = n->pdu == NOTIFICATION_TRAP_V1 ? 2 : 0; /* and two that it may lack */
    size_t varbinds = count_varbinds(header.structured_data);
    FUZZ_CHECK(varbinds >= n->n + more && varbinds <= n->n + 2 * more);
}

static void write_one(struct slice datagram, struct slice text)
{
    static struct gw_event event;
    static struct notification notification;
    const struct feed_format_context context = {
        .gateway_id = text, .format = FEED_FORMAT_RFC5675, .facility = 3, .snmp_severity = 5};
    struct buf out = {0};
    fill(&event, text);
    event.raw = event.text = datagram;
    bool is_fine = parse_notification(datagram, &notification) == PARSE_OK;
    FUZZ_CHECK(feed_snmp_wants(&event) || is_fine);
    FUZZ_CHECK(feed_snmp_format(&context, &event, &out) == is_fine);
    FUZZ_CHECK(is_fine || out.n == 0);
    if (is_fine)
        check_line(buf_get(&out), &notification);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice in = fuzz_slice(data, size);
    size_t n = size && data[size - 1] < size ? data[size - 1] : 0;
    write_one(in, SLICE("gw1"));
    write_one(slice_head(in, size - n), slice_skip(in, size - n));
    return 0;
}
