/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What newer mappings changed: asked for each record, told for a few. */
#include "gateway/schema/event_diff.h"

#include <inttypes.h>
#include <stdio.h>

#include "gateway/base/civil.h"

static bool is_same_value(const struct gw_value *a, const struct gw_value *b)
{
    if (!a || !b)
        return a == b;
    if (a->type == GW_TYPE_INT || a->type == GW_TYPE_TIME)
        return a->number == b->number;
    return slice_equal(a->text, b->text);
}

static bool is_same_pair(const struct gw_pair *a, const struct gw_pair *b)
{
    return slice_equal(a->name, b->name) && slice_equal(a->value, b->value);
}

/* Whether a product has agents is said for the indicators, and those never look at a correction. */
static unsigned told_flags(const struct gw_event *event)
{
    return event->flags & ~(unsigned)GW_EVENT_BY_AGENT;
}

bool gw_event_is_same(const struct gw_event *a, const struct gw_event *b)
{
    bool is_same = a->kind == b->kind && a->severity == b->severity &&
                   told_flags(a) == told_flags(b) && a->format == b->format &&
                   a->time_ms == b->time_ms && a->n_values == b->n_values &&
                   a->n_unmapped == b->n_unmapped && slice_equal(a->text, b->text);
    for (size_t i = 0; i < a->n_values && is_same; i++)
        is_same = is_same_value(&a->values[i], gw_event_find(b, (enum gw_field)a->values[i].field));
    for (size_t i = 0; i < a->n_unmapped && is_same; i++)
        is_same = is_same_pair(&a->unmapped[i], &b->unmapped[i]);
    return is_same;
}

/* ---- told ---- */

struct telling {
    gw_difference_fn *tell;
    void *context;
};

static void tell_text(const struct telling *t, const char *name, struct slice was, struct slice is)
{
    if (!slice_equal(was, is))
        t->tell(t->context, slice_from(name), was, is);
}

static void tell_number(const struct telling *t, const char *name, int64_t was, int64_t is)
{
    char before[24], now[24];
    if (was == is)
        return;
    snprintf(before, sizeof before, "%" PRId64, was);
    snprintf(now, sizeof now, "%" PRId64, is);
    t->tell(t->context, slice_from(name), slice_from(before), slice_from(now));
}

/* room holds CIVIL_RFC3339_MAX bytes; the slice may lie in it. */
static struct slice value_text(const struct gw_value *value, char *room)
{
    if (!value)
        return SLICE_NONE;
    if (value->type == GW_TYPE_TIME)
        return slice_of(room, civil_format(value->number, room));
    if (value->type == GW_TYPE_INT)
        return slice_of(room, (size_t)snprintf(room, CIVIL_RFC3339_MAX, "%" PRId64, value->number));
    return value->text;
}

static void tell_head(const struct telling *t, const struct gw_event *was,
                      const struct gw_event *is)
{
    char before[CIVIL_RFC3339_MAX], now[CIVIL_RFC3339_MAX];
    tell_text(t, "kind", slice_from(gw_kind_name((enum gw_kind)was->kind)),
              slice_from(gw_kind_name((enum gw_kind)is->kind)));
    tell_text(t, "severity", slice_from(gw_severity_name((enum gw_severity)was->severity)),
              slice_from(gw_severity_name((enum gw_severity)is->severity)));
    if (was->time_ms != is->time_ms)
        tell_text(t, "time", slice_of(before, civil_format(was->time_ms, before)),
                  slice_of(now, civil_format(is->time_ms, now)));
    tell_number(t, "flags", told_flags(was), told_flags(is));
    tell_text(t, "format", slice_from(gw_format_name((enum gw_format)was->format)),
              slice_from(gw_format_name((enum gw_format)is->format)));
    tell_text(t, "text", was->text, is->text);
}

static void tell_fields(const struct telling *t, const struct gw_event *was,
                        const struct gw_event *is)
{
    char before[CIVIL_RFC3339_MAX], now[CIVIL_RFC3339_MAX];
    for (int f = 1; f < GW_FIELD_END; f++) {
        const struct gw_value *a = gw_event_find(was, (enum gw_field)f),
                              *b = gw_event_find(is, (enum gw_field)f);
        if (!is_same_value(a, b))
            t->tell(t->context, slice_from(gw_field_name((enum gw_field)f)), value_text(a, before),
                    value_text(b, now));
    }
}

static bool has_pair(const struct gw_event *event, const struct gw_pair *pair)
{
    for (size_t i = 0; i < event->n_unmapped; i++)
        if (is_same_pair(&event->unmapped[i], pair))
            return true;
    return false;
}

static void tell_pair(const struct telling *t, struct slice name, struct slice was, struct slice is)
{
    char text[200];
    int n = snprintf(text, sizeof text, "unmapped.%.*s", name.n < 150 ? (int)name.n : 150,
                     name.n ? name.p : "");
    t->tell(t->context, slice_of(text, (size_t)n), was, is);
}

/* The pairs of one that the other lacks, as gone or as new; whether there were any. */
static bool tell_missing(const struct telling *t, const struct gw_event *of,
                         const struct gw_event *in, bool is_gone)
{
    bool any = false;
    for (size_t i = 0; i < of->n_unmapped; i++) {
        const struct gw_pair *pair = &of->unmapped[i];
        if (has_pair(in, pair))
            continue;
        tell_pair(t, pair->name, is_gone ? pair->value : SLICE_NONE,
                  is_gone ? SLICE_NONE : pair->value);
        any = true;
    }
    return any;
}

static void tell_unmapped(const struct telling *t, const struct gw_event *was,
                          const struct gw_event *is)
{
    bool is_gone = tell_missing(t, was, is, true), is_new = tell_missing(t, is, was, false);
    if (is_gone || is_new)
        return;
    tell_number(t, "unmapped", was->n_unmapped, is->n_unmapped); /* of a pair that stands twice */
    for (size_t i = 0; was->n_unmapped == is->n_unmapped && i < was->n_unmapped; i++)
        if (!is_same_pair(&was->unmapped[i], &is->unmapped[i])) {
            tell_text(t, "unmapped", SLICE("in the order of before"), SLICE("in another order"));
            break;
        }
}

void gw_event_differences(const struct gw_event *was, const struct gw_event *is,
                          gw_difference_fn *tell, void *context)
{
    struct telling t = {tell, context};
    tell_head(&t, was, is);
    tell_fields(&t, was, is);
    tell_unmapped(&t, was, is);
}
