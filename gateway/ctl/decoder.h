/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_DECODER_H
#define GATEWAY_CTL_DECODER_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/charset.h"
#include "gateway/base/slice.h"
#include "gateway/mapping/mapping.h"
#include "gateway/normalize/normalize.h"
#include "gateway/schema/event.h"
#include "gateway/schema/ocsf.h"
#include "parsers/fields.h"

/**
 * The pipeline without a daemon: parse and normalize one message as intake would, with the same
 * mappings. For `eogctl decode` and its like.
 */
struct decoder_options {
    const char *config;  /* file; NULL: none */
    const char *data;    /* folder that holds mappings/; NULL: EOG_DATA, else the installed one */
    const char *source;  /* address of a <source> whose declarations hold; NULL: none */
    const char *charset; /* before that of the source */
    bool is_strict;
};

struct decoder {
    struct mapping_set *mappings;
    struct source_profile profile;
    struct normalizer *normalizer;
    struct zone *zone;    /* owned; profile has it too */
    struct arena strings; /* of the configuration file */
    struct ocsf_context ocsf;
    bool is_strict;
    /* Of the message read last: */
    struct arena arena;
    struct fields fields;
    struct gw_event event;
};

/* False after saying on standard error what is wrong. xml_init() must have been called. */
bool decoder_open(const struct decoder_options *options, struct decoder **out);
void decoder_close(struct decoder *decoder);

/* Everything one message gives: decoder->fields, decoder->event. They hold until the next call. */
void decoder_read_message(struct decoder *decoder, struct slice message, int64_t received_ms);

/* The same for fields made elsewhere (a notification): decoder->fields was filled with memory of
   decoder->arena, after decoder_begin(). raw stands for it in the record. */
void decoder_begin(struct decoder *decoder);
void decoder_read_fields(struct decoder *decoder, struct slice raw, int64_t received_ms);

/* A line that holds no message: a record that says why. reason lives as long as the event. */
void decoder_refuse(struct decoder *decoder, struct slice raw, const char *reason,
                    int64_t received_ms);

#endif
