/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Most records are no business of a target with a filter: those are known by their kind alone. */
#include "gateway/feed/outgoing.h"

#include "gateway/base/error.h"
#include "gateway/feed/format_snmp.h"

enum { KEY_MAX = 64 };

bool feed_outgoing_init(struct feed_outgoing *outgoing, const struct feed_section *section,
                        const struct feed_format_context *context)
{
    outgoing->format = *context;
    outgoing->max_bytes = (size_t)section->max_message_bytes;
    arena_init(&outgoing->settings, 0);
    arena_init(&outgoing->scratch, 0);
    feed_filter_init(&outgoing->filter, section, &outgoing->settings, NULL);
    return feed_privacy_init(&outgoing->privacy, section, NULL);
}

void feed_outgoing_fini(struct feed_outgoing *outgoing)
{
    feed_privacy_wipe(&outgoing->privacy);
    buf_free(&outgoing->bytes);
    buf_free(&outgoing->uid);
    arena_fini(&outgoing->scratch);
    arena_fini(&outgoing->settings);
}

static struct slice key_of(const struct gw_event *event)
{
    struct slice scope = gw_event_text(event, GW_FIELD_KPI_SCOPE);
    return slice_head(scope.n ? scope : gw_event_text(event, GW_FIELD_SITE), KEY_MAX);
}

/* Without raw text and unmapped when that makes it fit. False: it is too long. */
static bool format(struct feed_outgoing *outgoing)
{
    struct feed_format_context context = outgoing->format;
    buf_clear(&outgoing->bytes);
    if (!feed_format(&context, &outgoing->event, &outgoing->bytes))
        return false;
    if (outgoing->bytes.n <= outgoing->max_bytes)
        return true;
    context.has_raw = false;
    outgoing->event.n_unmapped = 0;
    buf_clear(&outgoing->bytes);
    feed_format(&context, &outgoing->event, &outgoing->bytes);
    return outgoing->bytes.n <= outgoing->max_bytes;
}

enum feed_made feed_outgoing_make(struct feed_outgoing *outgoing,
                                  const struct journal_record *record, bool is_again,
                                  const char **reason)
{
    struct gw_event *event = &outgoing->event;
    if (!is_again &&
        !feed_filter_wants_kind(&outgoing->filter, gw_event_peek_kind(record->payload)))
        return FEED_NOT_WANTED;
    *reason = "cannot be read by this version";
    if (gw_event_decode(record->payload, event) != GW_OK)
        return FEED_UNFIT;
    bool is_snmp = outgoing->format.format == FEED_FORMAT_RFC5675;
    if (!is_again &&
        (!feed_filter_wants(&outgoing->filter, event) || (is_snmp && !feed_snmp_wants(event))))
        return FEED_NOT_WANTED;
    arena_reset(&outgoing->scratch);
    event->sequence = record->sequence;
    feed_privacy_apply(&outgoing->privacy, event, &outgoing->scratch);
    *reason = "longer than max-message";
    if (!format(outgoing)) {
        if (!outgoing->bytes.n)
            *reason = "is no valid notification";
        return FEED_UNFIT;
    }
    feed_format_uid(&outgoing->format, record->sequence, &outgoing->uid);
    outgoing->received_ms = event->received_ms;
    outgoing->record =
        (struct feed_record){.sequence = record->sequence,
                             .key = key_of(event),
                             .uid = buf_get(&outgoing->uid),
                             .kind = slice_from(gw_kind_name((enum gw_kind)event->kind)),
                             .bytes = buf_get(&outgoing->bytes)};
    return FEED_MADE;
}
