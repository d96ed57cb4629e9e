/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The body formats, in the order they are asked. A new format is a row: whether it stands in a
 * message, and its reader.
 */
#include "parsers/registry.h"

#include "parsers/cef.h"
#include "parsers/colon_list.h"
#include "parsers/json.h"
#include "parsers/kv.h"
#include "parsers/leef.h"
#include "parsers/mnemonic.h"
#include "parsers/syslog.h"
#include "parsers/tmcm.h"

struct body_format {
    /* Whether the format stands in msg, and where. */
    bool (*find)(struct slice msg, size_t *at);
    /* Fills format and fields; error_at counts from in.p. */
    enum parse_status (*parse)(struct slice in, const struct parse_options *options,
                               struct arena *arena, struct fields *out);
};

static const struct body_format body_formats[] = {
    {parse_cef_find, parse_cef},   {parse_leef_find, parse_leef},
    {parse_tmcm_find, parse_tmcm}, {parse_mnemonic_find, parse_mnemonic},
    {parse_json_find, parse_json}, {parse_colon_list_find, parse_colon_list},
    {parse_kv_find, parse_kv},
};

enum parse_status parse_message(struct slice in, const struct parse_options *options,
                                struct arena *arena, struct fields *out)
{
    enum parse_status status = parse_syslog(in, options, arena, out);
    struct slice msg = out->syslog.msg;
    for (size_t i = 0; i < sizeof body_formats / sizeof *body_formats; i++) {
        size_t at;
        if (!body_formats[i].find(msg, &at))
            continue;
        struct slice body = slice_skip(msg, at);
        if (!out->syslog.is_present && at == 0)
            out->error = NULL; /* no header is no fault where the body says what it is */
        const char *header_error = out->error;
        size_t header_error_at = out->error_at;
        out->error = NULL;
        status = body_formats[i].parse(body, options, arena, out);
        if (status == PARSE_MALFORMED)
            out->error_at += (size_t)(body.p - in.p);
        if (header_error) {
            out->error = header_error;
            out->error_at = header_error_at;
            status = PARSE_MALFORMED;
        }
        return status;
    }
    out->format = GW_FORMAT_TEXT;
    return status;
}
