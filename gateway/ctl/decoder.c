/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stages of the daemon's pipeline in the same order, without journal: charset, syntax, mapping.
 * Of a configuration file it needs a few attributes only, and checks none: that is eogd --check's.
 */
#include "gateway/ctl/decoder.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "gateway/base/address.h"
#include "gateway/base/diag.h"
#include "gateway/base/error.h"
#include "gateway/base/zone.h"
#include "gateway/ctl/offline.h"
#include "gateway/xml/document.h"
#include "parsers/framing.h"
#include "parsers/registry.h"

enum { ARENA_CAP = 1024 * 1024 };

/* What a configuration file says that matters here; strings in decoder->strings. */
struct said {
    const char *gateway_id, *mappings, *site, *charset, *zone;
    bool time_is_receipt;
};

static const char *keep(struct decoder *decoder, const char *text)
{
    return text ? arena_text(&decoder->strings, slice_from(text)) : NULL;
}

/* Paths of a configuration file are relative to its folder. */
static const char *keep_path(struct decoder *decoder, const char *file, const char *path)
{
    const char *slash = strrchr(file, '/');
    if (!path || path[0] == '/' || !slash)
        return keep(decoder, path);
    return arena_printf(&decoder->strings, "%.*s/%s", (int)(slash - file), file, path);
}

static bool is_source(const struct xml_node *node, const char *address)
{
    const char *declared = xml_attribute(node, "address");
    struct network network;
    struct address peer;
    char text[ADDRESS_TEXT_MAX];
    if (!declared || strcmp(xml_name(node), "source") != 0)
        return false;
    if (strcmp(declared, address) == 0)
        return true;
    snprintf(text, sizeof text, strchr(address, ':') ? "[%.45s]:1" : "%.45s:1", address);
    return network_parse(slice_from(declared), &network) &&
           address_parse(slice_from(text), &peer) &&
           network_has(&network, address_bytes((const struct sockaddr *)&peer.storage));
}

static bool read_config(struct decoder *decoder, const struct decoder_options *options,
                        struct said *said)
{
    struct diag diag = {0};
    struct xml_document *document;
    if (!options->config)
        return true;
    if (xml_load_file(options->config, NULL, &diag, &document) != GW_OK) {
        diag_print(&diag, stderr);
        diag_free(&diag);
        return false;
    }
    bool is_found = !options->source;
    for (const struct xml_node *node = xml_child(xml_root(document)); node; node = xml_next(node)) {
        if (strcmp(xml_name(node), "gateway") == 0) {
            said->gateway_id = keep(decoder, xml_attribute(node, "id"));
            if (!said->site)
                said->site = keep(decoder, xml_attribute(node, "site"));
        } else if (strcmp(xml_name(node), "data") == 0) {
            said->mappings = keep_path(decoder, options->config, xml_attribute(node, "mappings"));
        } else if (!is_found && is_source(node, options->source)) {
            const char *time = xml_attribute(node, "time");
            const char *site = xml_attribute(node, "site");
            is_found = true;
            said->site = site ? keep(decoder, site) : said->site;
            said->charset = keep(decoder, xml_attribute(node, "charset"));
            said->zone = keep(decoder, xml_attribute(node, "zone"));
            said->time_is_receipt = time && strcmp(time, "receipt") == 0;
        }
    }
    if (!is_found)
        fprintf(stderr, "eogctl: %s: no <source> declares %s\n", options->config, options->source);
    xml_free(document);
    diag_free(&diag);
    return is_found;
}

static bool load_mappings(struct decoder *decoder, const struct decoder_options *options,
                          const struct said *said)
{
    struct diag diag = {0};
    const char *folder = said->mappings && !options->data
                             ? said->mappings
                             : offline_mappings(&decoder->strings, options->data);
    int result = mapping_set_load(folder, &diag, &decoder->mappings);
    diag_print(&diag, stderr);
    if (result != GW_OK)
        fprintf(stderr, "eogctl: %s: the mappings cannot be loaded: %s\n", folder,
                gw_error_text(result));
    diag_free(&diag);
    return result == GW_OK;
}

static bool open_declared(struct decoder *decoder, const struct decoder_options *options,
                          const struct said *said)
{
    const char *charset = options->charset ? options->charset : said->charset;
    decoder->profile.site = said->site;
    decoder->profile.time_is_receipt = said->time_is_receipt;
    if (!(decoder->profile.charset = charset_open(charset))) {
        fprintf(stderr, "eogctl: '%s' is no character set known here\n", charset);
        return false;
    }
    if (said->zone && !(decoder->zone = zone_open(said->zone))) {
        fprintf(stderr, "eogctl: '%s' is no time zone known here\n", said->zone);
        return false;
    }
    decoder->profile.zone = decoder->zone;
    return true;
}

bool decoder_open(const struct decoder_options *options, struct decoder **out)
{
    struct decoder *decoder = gw_alloc(sizeof *decoder);
    struct said said = {0};
    decoder->normalizer = normalizer_new();
    arena_init(&decoder->strings, 0);
    arena_init(&decoder->arena, ARENA_CAP);
    decoder->is_strict = options->is_strict;
    if (!read_config(decoder, options, &said) || !load_mappings(decoder, options, &said) ||
        !open_declared(decoder, options, &said)) {
        decoder_close(decoder);
        return false;
    }
    decoder->ocsf = (struct ocsf_context){
        .gateway_id = said.gateway_id ? slice_from(said.gateway_id) : SLICE("offline"),
        .version = SLICE(PACKAGE_VERSION),
        .has_raw = true,
        .has_unmapped = true,
    };
    *out = decoder;
    return true;
}

void decoder_close(struct decoder *decoder)
{
    if (!decoder)
        return;
    normalizer_free(decoder->normalizer);
    mapping_set_free(decoder->mappings);
    charset_close(decoder->profile.charset);
    zone_free(decoder->zone);
    arena_fini(&decoder->arena);
    arena_fini(&decoder->strings);
    free(decoder);
}

static void begin_event(struct decoder *decoder, struct slice raw, int64_t received_ms)
{
    struct gw_event *event = &decoder->event;
    gw_event_clear(event);
    event->raw = event->text = raw;
    event->received_ms = received_ms;
}

void decoder_begin(struct decoder *decoder)
{
    arena_reset(&decoder->arena);
    fields_clear(&decoder->fields);
}

void decoder_read_message(struct decoder *decoder, struct slice message, int64_t received_ms)
{
    struct gw_event *event = &decoder->event;
    struct parse_options options = {.strict = decoder->is_strict};
    decoder_begin(decoder);
    begin_event(decoder, slice_head(message, FRAMING_MESSAGE_MAX), received_ms);
    if (message.n > FRAMING_MESSAGE_MAX) {
        event->full_size_bytes = message.n < UINT32_MAX ? (uint32_t)message.n : UINT32_MAX;
        event->flags |= GW_EVENT_TRUNCATED;
    }
    normalize_text(decoder->profile.charset, &decoder->arena, event);
    parse_message(event->text, &options, &decoder->arena, &decoder->fields);
    normalize_event(decoder->normalizer, decoder->mappings, &decoder->profile, &decoder->fields,
                    &decoder->arena, event);
}

void decoder_read_fields(struct decoder *decoder, struct slice raw, int64_t received_ms)
{
    begin_event(decoder, raw, received_ms);
    decoder->event.transport = GW_TRANSPORT_SNMP;
    normalize_event(decoder->normalizer, decoder->mappings, &decoder->profile, &decoder->fields,
                    &decoder->arena, &decoder->event);
}

void decoder_refuse(struct decoder *decoder, struct slice raw, const char *reason,
                    int64_t received_ms)
{
    struct gw_event *event = &decoder->event;
    decoder_begin(decoder);
    begin_event(decoder, raw, received_ms);
    decoder->fields.error = reason;
    event->kind = GW_KIND_GATEWAY_UNTRANSLATABLE;
    event->severity = GW_SEVERITY_LOW;
    event->flags = GW_EVENT_MALFORMED | GW_EVENT_NO_TIME;
    event->time_ms = received_ms;
    gw_event_set_text(event, GW_FIELD_MESSAGE, slice_from(reason));
}
