/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A record's bytes as the journal holds them, or as damage left them: read or refused, and what is
   read can be written again, as a record, as an event and as a CEF line. */
#include "gateway/base/buf.h"
#include "gateway/base/error.h"
#include "gateway/base/utf8.h"
#include "gateway/schema/cef_write.h"
#include "gateway/schema/event.h"
#include "gateway/schema/ocsf.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_own_seeds[] = {"event", NULL};
const char *const fuzz_shared_seeds[] = {NULL};

static void check_line(const struct buf *out)
{
    FUZZ_CHECK(utf8_is_valid(buf_get(out)));
    FUZZ_CHECK(slice_find(buf_get(out), '\n') == out->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gw_event event, again;
    static const struct ocsf_context context = {
        {"gw1", 3}, {"8ff24f2f0be5ca7d", 16}, {"0.1", 3}, true, true};
    struct buf out = {0}, twice = {0};
    if (gw_event_decode(fuzz_slice(data, size), &event) != GW_OK)
        return 0;
    fuzz_touch(event.raw);
    fuzz_touch(event.text);
    gw_event_encode(&event, &out);
    FUZZ_CHECK(gw_event_decode(buf_get(&out), &again) == GW_OK);
    gw_event_encode(&again, &twice);
    FUZZ_CHECK(slice_equal(buf_get(&out), buf_get(&twice)));
    buf_clear(&out);
    ocsf_write(&event, &context, &out);
    check_line(&out);
    buf_clear(&out);
    cef_write(&event, &out);
    check_line(&out);
    buf_free(&out);
    buf_free(&twice);
    return 0;
}
