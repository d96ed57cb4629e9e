/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_GATEWAY_OUTBOX_SUPPORT_H
#define TESTS_GATEWAY_OUTBOX_SUPPORT_H

#include "gateway/outbox/change.h"
#include "gateway/outbox/mail.h"

/** An alert to tell of, and who writes the mail. */

/* Sets kind and all that the engine puts into such a record: alert 7, outbreak at "Head office". */
void ot_event(struct gw_event *event, enum gw_kind kind);
/* Of the catalogue in the source tree; the caller frees it. NULL: it cannot be read. */
struct kpi_catalogue *ot_catalogue(void);
/* Gateway "gw1", epoch "0123456789abcdef"; fails the test when it is none. */
struct change ot_change(const struct gw_event *event, const struct kpi_catalogue *catalogue,
                        struct arena *arena);

extern const struct outbox_section ot_section_en, ot_section_zh;
/* template is filled by the section's language; zone Asia/Shanghai for Chinese. */
struct mail_writer ot_writer(const struct outbox_section *section, struct outbox_template *template,
                             struct zone *zone);

#endif
