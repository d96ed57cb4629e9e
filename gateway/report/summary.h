/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_SUMMARY_H
#define GATEWAY_REPORT_SUMMARY_H

#include "gateway/report/words.h"

/** A sentence that a report says, for report_say() or a writer's own way of it. */
struct report_sentence {
    enum report_word word;
    bool is_bad; /* someone has to do something */
    /* The blanks' values, "" where there are none; they live as long as the call. */
    const char *values[REPORT_SAY_MAX];
    unsigned strange; /* bit i: values[i] is a stranger's text, not inert yet */
};
typedef void report_sentence_fn(void *context, const struct report_sentence *sentence);

/* The period in words, what matters most first: what the figures do not cover, what was worst,
   alerts, infections, what was not understood. At least one sentence. */
void report_summary(const struct report_view *view, enum report_language language,
                    report_sentence_fn *on_sentence, void *context);
/* Its beginning alone, maybe nothing: that nothing is known, or not of all of the period. */
void report_cover(const struct report_view *view, enum report_language language,
                  report_sentence_fn *on_sentence, void *context);
/* What is to be known of the figures: the limits of what was kept, late records. */
void report_notes(const struct report_view *view, enum report_language language,
                  report_sentence_fn *on_sentence, void *context);

/** Which lines of the inspection a person is shown: all that were not always ok or are not known to
   have been, of the others of each indicator the first sites and fewer products. {0} before the
   first. */
struct report_listing {
    int64_t kpi;
    size_t n_sites, n_products; /* always ok, listed */
    size_t n_left;              /* always ok, not listed */
};
/* Of the next line, in their order. A line of another indicator begins anew. */
bool report_is_listed(struct report_listing *listing, const struct report_inspection *line);

struct report_sums {
    int64_t detections, infections, detections_before, infections_before;
    size_t critical, warning, ok, unknown_at_end; /* indicators, by their worst state; see left */
};
void report_sum(const struct report_view *view, struct report_sums *out);

#endif
