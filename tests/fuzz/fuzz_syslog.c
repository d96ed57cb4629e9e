/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole message: header, structured data, body formats, lenient and strict, with and without a
 * cap. */
#include "parsers/instant.h"
#include "parsers/registry.h"
#include "parsers/rfc5424.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_own_seeds[] = {"syslog", "cef", NULL};
const char *const fuzz_shared_seeds[] = {"syslog", "cve-derived/syslog", "cef", "cve-derived/cef",
                                         NULL};

static void touch_fields(const struct fields *f, struct arena *arena)
{
    const struct syslog_header *h = &f->syslog;
    int64_t at_ms;
    fuzz_touch(h->timestamp);
    fuzz_touch(h->hostname);
    fuzz_touch(h->appname);
    fuzz_touch(h->procid);
    fuzz_touch(h->msgid);
    fuzz_touch(h->msg);
    fuzz_touch(h->structured_data);
    FUZZ_CHECK(h->pri >= -1 && h->pri <= 191);
    FUZZ_CHECK(h->version >= 0 && h->version <= 999);
    FUZZ_CHECK(f->n <= FIELDS_MAX && f->n_header <= f->n);
    for (size_t i = 0; i < f->n; i++) {
        fuzz_touch(f->v[i].name);
        fuzz_touch(f->v[i].value);
    }
    if (h->time.is_set)
        FUZZ_CHECK(parsed_time_to_ms(&h->time, NULL, 1794000000000, &at_ms));
    fuzz_touch(parsed_time_text(&h->time, h->timestamp, arena));
    struct sd_param params[32];
    bool is_cut;
    size_t n = parse_structured_data(h->structured_data, arena, params, 32, &is_cut);
    for (size_t i = 0; i < n; i++) {
        fuzz_touch(params[i].id);
        fuzz_touch(params[i].name);
        fuzz_touch(params[i].value);
    }
    struct slice raw;
    if (n > 1 && params[1].name.n &&
        parse_structured_data_value(h->structured_data, params[0].id, params[1].name, &raw))
        FUZZ_CHECK(raw.n >= params[1].value.n);
    else
        FUZZ_CHECK(n <= 1 || !params[1].name.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fields fields;
    struct slice in = fuzz_slice(data, size);
    struct parse_options strict = {.strict = true};
    struct arena arena;

    arena_init(&arena, 0);
    enum parse_status status = parse_message(in, NULL, &arena, &fields);
    FUZZ_CHECK(status != PARSE_MORE && (status == PARSE_MALFORMED) == (fields.error != NULL));
    FUZZ_CHECK(fields.error_at <= size);
    touch_fields(&fields, &arena);
    /* No byte is lost: the message is the input's tail, but for line ends. */
    struct slice msg = fields.syslog.msg;
    if (msg.n) {
        FUZZ_CHECK(msg.p >= in.p && msg.p + msg.n <= in.p + in.n);
        for (const char *p = msg.p + msg.n; p < in.p + in.n; p++)
            FUZZ_CHECK(*p == '\n' || *p == '\r' || *p == '\0');
    }
    status = parse_message(in, &strict, &arena, &fields);
    FUZZ_CHECK((status == PARSE_MALFORMED) == (fields.error != NULL) && fields.error_at <= size);
    touch_fields(&fields, &arena);
    arena_fini(&arena);

    arena_init(&arena, 16);
    parse_message(in, NULL, &arena, &fields);
    touch_fields(&fields, &arena);
    arena_fini(&arena);
    return 0;
}
