/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A filter lets few records through: it is asked by the kind alone before a record is decoded. */
#include "gateway/feed/outgoing.h"

#include "gateway/base/error.h"
#include "gateway/base/utf8.h"
#include "gateway/feed/format_snmp.h"

enum { TEXT_LEAST = 64 /* bytes: no text is cut to less */ };

bool feed_outgoing_init(struct feed_outgoing *outgoing, const struct feed_section *section,
                        const struct feed_format_context *context)
{
    bool is_snmp = section->format == FEED_FORMAT_RFC5675;
    outgoing->format = *context;
    outgoing->format.format = (enum feed_format)section->format;
    outgoing->format.facility = (int)(is_snmp ? section->snmp_facility : section->facility);
    outgoing->format.snmp_severity = (int)section->snmp_severity;
    outgoing->format.has_raw = section->has_raw;
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

/* Scopes are in lower case, sites as they were declared: lowered, a site has one key. */
static struct slice key_of(struct feed_outgoing *outgoing)
{
    struct slice scope = gw_event_text(&outgoing->event, GW_FIELD_KPI_SCOPE);
    struct slice key = scope.n ? scope : gw_event_text(&outgoing->event, GW_FIELD_SITE);
    key = slice_head(key, sizeof outgoing->key);
    for (size_t i = 0; i < key.n; i++)
        outgoing->key[i] = key.p[i] >= 'A' && key.p[i] <= 'Z' ? (char)(key.p[i] + 32) : key.p[i];
    return slice_of(outgoing->key, key.n);
}

static bool fits(struct feed_outgoing *outgoing, const struct feed_format_context *context)
{
    buf_clear(&outgoing->bytes);
    return feed_format(context, &outgoing->event, &outgoing->bytes) &&
           outgoing->bytes.n <= outgoing->max_bytes;
}

/* Cuts every text to `most` bytes. True: one was longer. */
static bool cut_texts(struct gw_event *event, size_t most)
{
    bool is_cut = false;
    for (size_t i = 0; i < event->n_values; i++) {
        struct gw_value *value = &event->values[i];
        if (value->type != GW_TYPE_TEXT || value->text.n <= most)
            continue;
        value->text = utf8_head(value->text, most);
        is_cut = true;
    }
    event->flags |= is_cut ? GW_EVENT_TRUNCATED : 0;
    return is_cut;
}

/* Writes the record so that it fits: if it is too long, without raw text and unmapped values, then
   with its longest texts cut. Nobody must be able to keep a detection from the core by the length
   of a file's name. False: too long all the same, or no valid notification (bytes is empty). */
static bool format(struct feed_outgoing *outgoing)
{
    struct feed_format_context context = outgoing->format;
    if (fits(outgoing, &context))
        return true;
    context.has_raw = false;
    outgoing->event.n_unmapped = 0;
    bool is_fit = outgoing->bytes.n && fits(outgoing, &context);
    for (size_t most = outgoing->max_bytes / 8; !is_fit && most >= TEXT_LEAST; most /= 2)
        is_fit = cut_texts(&outgoing->event, most) && fits(outgoing, &context);
    return is_fit;
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
                             .key = key_of(outgoing),
                             .uid = buf_get(&outgoing->uid),
                             .kind = slice_from(gw_kind_name((enum gw_kind)event->kind)),
                             .bytes = buf_get(&outgoing->bytes)};
    return FEED_MADE;
}
