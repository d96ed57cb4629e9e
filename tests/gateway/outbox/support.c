/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An alert of our own making. */
#include "tests/gateway/outbox/support.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/diag.h"
#include "gateway/base/error.h"

void ot_event(struct gw_event *event, enum gw_kind kind)
{
    gw_event_clear(event);
    event->sequence = 4711;
    event->kind = (uint16_t)kind;
    event->time_ms = event->received_ms = INT64_C(1774958520000); /* 2026-03-31 12:02:00 UTC */
    gw_event_set_int(event, GW_FIELD_EMISSION, 9);
    gw_event_set_int(event, GW_FIELD_KPI_ID, 11);
    gw_event_set_text(event, GW_FIELD_KPI_KEY, SLICE("outbreak"));
    gw_event_set_text(event, GW_FIELD_KPI_SCOPE, SLICE("hq"));
    gw_event_set_text(event, GW_FIELD_KPI_SCOPE_NAME, SLICE("Head office"));
    gw_event_set_text(event, GW_FIELD_SITE, SLICE("hq"));
    gw_event_set_int(event, GW_FIELD_KPI_OLD_STATE, KPI_OK);
    gw_event_set_int(event, GW_FIELD_KPI_STATE, KPI_CRITICAL);
    gw_event_set_int(event, GW_FIELD_KPI_VALUE, 12);
    gw_event_set_text(event, GW_FIELD_KPI_VALUE_TEXT, SLICE("12 hosts"));
    gw_event_set_text(event, GW_FIELD_KPI_UNIT, SLICE("hosts"));
    gw_event_set_text(event, GW_FIELD_REASON, SLICE("WORM_EXAMPLE.A: 12 hosts in 1 h"));
    gw_event_set_int(event, GW_FIELD_ALERT_ID, 7);
    gw_event_set_int(event, GW_FIELD_ALERT_WORST, KPI_CRITICAL);
    gw_event_set_int(event, GW_FIELD_ALERT_OPENED, INT64_C(1774958400000));
    gw_event_set_text(event, GW_FIELD_ALERT_EVIDENCE,
                      SLICE("gw1.0123456789abcdef.4700 "
                            "gw1.0123456789abcdef.4709"));
    gw_event_set_text(event, GW_FIELD_ADVICE, SLICE("Isolate the computers named."));
}

struct kpi_catalogue *ot_catalogue(void)
{
    char path[4096];
    const char *top = getenv("top_srcdir");
    struct kpi_catalogue *catalogue = NULL;
    struct diag diag = {0};
    snprintf(path, sizeof path, "%s/mappings/kpi.xml", top ? top : ".");
    CU_ASSERT_EQUAL_FATAL(kpi_catalogue_load(path, NULL, &diag, &catalogue), GW_OK);
    diag_free(&diag);
    return catalogue;
}

struct change ot_change(const struct gw_event *event, const struct kpi_catalogue *catalogue,
                        struct arena *arena)
{
    struct change change;
    CU_ASSERT_FATAL(change_from(event, "gw1", "0123456789abcdef", catalogue, arena, &change));
    return change;
}

const struct outbox_section ot_section_en = {
    .name = "night",
    .address = "192.0.2.25:587",
    .from = "eog@example.net",
    .to = "ops@example.net night.shift@example.org",
    .language = OUTBOX_ENGLISH,
};
const struct outbox_section ot_section_zh = {
    .name = "yeban",
    .address = "192.0.2.25:587",
    .from = "eog@example.net",
    .to = "ops@example.net",
    .language = OUTBOX_CHINESE,
};

struct mail_writer ot_writer(const struct outbox_section *section, struct outbox_template *template,
                             struct zone *zone)
{
    outbox_template_built_in((enum outbox_language)section->language, template);
    return (struct mail_writer){.section = section,
                                .template = template,
                                .zone = zone,
                                .gateway = "gw1",
                                .epoch = "0123456789abcdef"};
}
