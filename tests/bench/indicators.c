/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The indicators' share of a message, for bench_parsers. */
#include "tests/bench/indicators.h"

#include <stdio.h>

#include "gateway/base/buf.h"
#include "gateway/base/diag.h"
#include "gateway/base/error.h"
#include "gateway/kpi/engine.h"
#include "gateway/kpi/record.h"
#include "gateway/schema/event.h"
#include "gateway/xml/document.h"

static const int64_t BEGIN_MS = INT64_C(1795493106000);

static struct kpi_engine *engine;
static struct gw_event event;
static uint64_t sequence;
static char key[] = "7476CF8987B3-6F9B-2AC2-00000000"; /* of the finding, as a console has it */

static void apply(void)
{
    event.sequence = ++sequence;
    kpi_engine_apply(engine, &event);
}

static bool load(enum kpi_load which, const char *folder, const char *name)
{
    char path[1024], hash[KPI_LOAD_HASH_MAX];
    struct buf text = {0};
    struct diag diag = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    bool is_read = xml_read_file(path, &text, &diag) == GW_OK;
    if (is_read) {
        kpi_record_load(&event, which, slice_from(path), buf_get(&text), BEGIN_MS, hash);
        apply();
    }
    diag_print(&diag, stderr);
    diag_free(&diag);
    buf_free(&text);
    return is_read;
}

static void on_emit(void *context, uint64_t number, const struct gw_event *said)
{
    (void)context;
    (void)number;
    (void)said;
}

bool indicators_open(const char *folder)
{
    engine = kpi_engine_new(1, on_emit, NULL);
    if (!load(KPI_LOAD_CATALOGUE, folder, "kpi.xml") ||
        !load(KPI_LOAD_WATCHLIST, folder, "watchlist.xml"))
        return false;
    struct clock_reading now = {.wall_ms = BEGIN_MS, .mono_ms = 1000};
    kpi_record_tick(&event, now, SLICE("boot"));
    apply();
    return true;
}

static void next_key(void)
{
    size_t at = sizeof key - 2;
    while (key[at] == '9')
        key[at--] = '0';
    key[at]++;
}

void indicators_take(struct slice record)
{
    if (gw_event_decode_mapped(record, &event) != GW_OK)
        return;
    next_key();
    gw_event_set_text(&event, GW_FIELD_EVENT_KEY, SLICE(key));
    apply();
}

bool indicators_counted(void)
{
    struct kpi_engine_figures figures;
    kpi_engine_figures(engine, &figures);
    return figures.names > 0 && figures.repeats == 0;
}

void indicators_close(void)
{
    kpi_engine_free(engine);
    engine = NULL;
}
