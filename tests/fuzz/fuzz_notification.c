/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SNMP datagrams: decoding, fields through two charsets, the inform's response, the guard. */
#include "parsers/varbinds.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_own_seeds[] = {"notification", NULL};
const char *const fuzz_shared_seeds[] = {"snmp", "cve-derived/snmp", NULL};

static void touch_fields(const struct notification *n, struct charset *charset, size_t cap)
{
    static struct fields fields;
    struct arena arena;
    arena_init(&arena, cap);
    parse_varbinds(n, charset, &arena, &fields);
    for (size_t i = 0; i < fields.n; i++) {
        fuzz_touch(fields.v[i].name);
        fuzz_touch(fields.v[i].value);
    }
    arena_fini(&arena);
}

static void check_response(const struct notification *n)
{
    static struct notification again;
    struct buf out = {0};
    if (notification_make_response(n, &out)) {
        FUZZ_CHECK(parse_snmp_is_safe(buf_get(&out)));
        /* As an inform it reads the same, with both error fields 0. */
        size_t at = 0;
        parse_notification(buf_get(&out), &again);
        at = again.pdu_at;
        FUZZ_CHECK(at > 0 && at < out.n && (uint8_t)out.p[at] == 0xA2);
        out.p[at] = (char)NOTIFICATION_INFORM;
        parse_notification(buf_get(&out), &again);
        FUZZ_CHECK(again.request_id == n->request_id && again.n == n->n);
        FUZZ_CHECK(again.error_status.n == 1 && again.error_status.p[0] == 0);
        FUZZ_CHECK(again.error_index.n == 1 && again.error_index.p[0] == 0);
    }
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct notification n;
    static struct charset *charset;
    struct slice in = fuzz_slice(data, size);
    char text[OID_TEXT_MAX];

    if (!charset)
        charset = charset_open("GB18030");
    bool is_safe = parse_snmp_is_safe(in);
    parse_snmp_version(in);
    enum parse_status status = parse_notification(in, &n);
    FUZZ_CHECK(n.n <= VARBINDS_MAX && n.error_at <= size);
    FUZZ_CHECK((status == PARSE_MALFORMED) == (n.error != NULL));
    FUZZ_CHECK(notification_trap_oid(&n, text) <= sizeof text);
    if (status == PARSE_OK) {
        /* What we read, the guard lets through, but for enterprises that only we have room for. */
        FUZZ_CHECK(is_safe || n.version == SNMP_MESSAGE_V1);
        FUZZ_CHECK(notification_trap_oid(&n, text) > 0);
        check_response(&n);
    }
    touch_fields(&n, NULL, 0);
    touch_fields(&n, charset, 0);
    touch_fields(&n, charset, 64);
    return 0;
}
