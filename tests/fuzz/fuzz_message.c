/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A whole message, or what a notification holds, on its road to a record, by the mappings that are
 * shipped: what a relay left of it is put together again, a mapping found, its fields converted.
 * The record can be written as the journal keeps it, and as it leaves; with room for little it is
 * cut.
 */
#include "gateway/base/charset.h"
#include "gateway/base/error.h"
#include "gateway/base/utf8.h"
#include "gateway/mapping/mapping.h"
#include "gateway/normalize/normalize.h"
#include "gateway/schema/ocsf.h"
#include "gateway/xml/document.h"
#include "parsers/registry.h"
#include "parsers/relayed.h"
#include "parsers/varbinds.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_own_seeds[] = {"message", NULL};
const char *const fuzz_shared_seeds[] = {NULL};

enum { ROOM = 1 << 20, LITTLE_ROOM = 2048 };

static struct mapping_set *set;
static struct normalizer *normalizer;
static struct charset *chinese, *undeclared;

static void clean_up(void)
{
    charset_close(chinese);
    charset_close(undeclared);
    normalizer_free(normalizer);
    mapping_set_free(set);
    xml_fini();
}

/* Before main(): what a search allows an input is less than the mappings take under a sanitizer. */
__attribute__((constructor)) static void begin(void)
{
    struct diag diag = {0};
    xml_init();
    if (mapping_set_load(TEST_TOP_SRCDIR "/mappings", &diag, &set) != GW_OK) {
        diag_print(&diag, stderr);
        abort();
    }
    diag_free(&diag);
    normalizer = normalizer_new();
    chinese = charset_open("GB18030");
    undeclared = charset_open(NULL);
    atexit(clean_up);
}

/* What may have been before a relay has all that is left of it, and begins as it is said to. */
static void check_relayed(const struct syslog_header *header)
{
    struct arena arena;
    char room[RELAYED_BEGIN];
    arena_init(&arena, 0);
    for (unsigned i = 0; i < RELAYED_TEXTS; i++) {
        struct slice text = parse_relayed_text(header, i, &arena);
        struct slice head = parse_relayed_begin(header, i, room);
        FUZZ_CHECK(!text.n || slice_ends_with(text, header->msg));
        FUZZ_CHECK(!text.n == !head.n && slice_search(text, head) < text.n + !text.n);
    }
    arena_fini(&arena);
}

static void check_record(const struct gw_event *event)
{
    static struct gw_event again;
    static const struct ocsf_context context = {
        {"gw1", 3}, {"8ff24f2f0be5ca7d", 16}, {"0.1", 3}, true, true};
    struct buf out = {0}, line = {0};
    FUZZ_CHECK(event->kind != GW_KIND_NONE);
    gw_event_encode(event, &out);
    FUZZ_CHECK(gw_event_decode(buf_get(&out), &again) == GW_OK);
    ocsf_write(&again, &context, &line);
    FUZZ_CHECK(utf8_is_valid(buf_get(&line)));
    buf_free(&out);
    buf_free(&line);
}

static void run(struct slice in, struct charset *charset, size_t cap)
{
    static struct fields fields;
    static struct gw_event event;
    static struct notification notification;
    static const struct source_profile profile = {0};
    struct arena arena;
    arena_init(&arena, cap);
    gw_event_clear(&event);
    event.raw = event.text = in;
    event.received_ms = 1795493540000;
    if (parse_notification(in, &notification) == PARSE_OK) {
        parse_varbinds(&notification, charset, &arena, &fields);
    } else {
        normalize_text(charset, &arena, &event);
        FUZZ_CHECK(utf8_is_valid(event.text));
        parse_message(event.text, NULL, &arena, &fields);
        check_relayed(&fields.syslog);
    }
    normalize_event(normalizer, set, &profile, &fields, &arena, &event);
    check_record(&event);
    arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run(fuzz_slice(data, size), undeclared, ROOM);
    run(fuzz_slice(data, size), chinese, ROOM);
    run(fuzz_slice(data, size), undeclared, LITTLE_ROOM);
    return 0;
}
