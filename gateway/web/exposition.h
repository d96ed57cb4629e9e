/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_WEB_EXPOSITION_H
#define GATEWAY_WEB_EXPOSITION_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"

/**
 * Writer of metrics as text. A page is families; a family is a name, a type, a help text, once, and
 * its samples; a sample is labels and a value:
 *
 *     exposition_family(&e, "eog_feed_sent_records", EXPOSITION_COUNTER, "Records sent.");
 *     exposition_sample(&e);
 *     exposition_label(&e, "feed", name);
 *     exposition_uint(&e, n);
 *
 * Names, keys and help are constant text that needs no escape; a counter's name comes without its
 * _total. Values of labels are any bytes: backslash, quote and line feed are escaped, each byte
 * that is no UTF-8 becomes U+FFFD. No two samples of a family may have the same labels: a scraper
 * refuses the page then.
 * Source: Prometheus text exposition format 0.0.4; OpenMetrics 1.0.0.
 */
enum exposition_form { EXPOSITION_PROMETHEUS, EXPOSITION_OPENMETRICS };
enum exposition_type { EXPOSITION_GAUGE, EXPOSITION_COUNTER, EXPOSITION_INFO };

struct exposition {
    struct buf *out;
    enum exposition_form form;
    enum exposition_type type;
    const char *name;
    bool has_label;
};

void exposition_begin(struct exposition *e, struct buf *out, enum exposition_form form);
void exposition_family(struct exposition *e, const char *name, enum exposition_type type,
                       const char *help);
void exposition_sample(struct exposition *e);
void exposition_label(struct exposition *e, const char *key, struct slice value);
/* One of these ends a sample. */
void exposition_int(struct exposition *e, int64_t value);
void exposition_uint(struct exposition *e, uint64_t value);
/* Milliseconds, written as seconds. */
void exposition_ms(struct exposition *e, int64_t ms);
/* After the last family. */
void exposition_end(struct exposition *e);

/* The media type of a form, for Content-Type. */
const char *exposition_media_type(enum exposition_form form);

/**
 * What a request's Accept asks for: OpenMetrics if its 1.0.0 (or any) is named and not liked less
 * than plain text; else, and when there is no Accept, the Prometheus form. Hostile bytes are fine.
 * Source: RFC 9110 section 12.5.1.
 */
enum exposition_form exposition_choose(struct slice accept);

#endif
