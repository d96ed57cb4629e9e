/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The catalogue of indicators against its samples; their form stands in gateway/kpi/scenario.h. */
#include "gateway/ctl/kpi_samples.h"

#include "gateway/base/error.h"
#include "gateway/xml/document.h"

static size_t run(const char *samples_file, const char *catalogue_file, const char *schema_file,
                  struct slice samples, struct slice watchlist, struct kpi_samples_result *out)
{
    struct kpi_catalogue *catalogue;
    static const struct kpi_reached nothing;
    struct kpi_reached reached = nothing;
    struct buf text = {0};
    if (xml_read_file(catalogue_file, &text, &out->diag) != GW_OK ||
        kpi_catalogue_load(catalogue_file, schema_file, &out->diag, &catalogue) != GW_OK) {
        buf_free(&text);
        return 1;
    }
    const struct kpi_scenario_data data = {buf_get(&text), watchlist};
    int error = kpi_scenario_run(samples, samples_file, &data, &out->diag, &out->tally, &reached);
    size_t gaps = kpi_scenario_check(catalogue, &reached, samples_file, &out->diag);
    out->indicators = catalogue->n_entries;
    kpi_catalogue_free(catalogue);
    buf_free(&text);
    return out->tally.failed + gaps + (error != GW_OK && out->tally.failed == 0);
}

void ctl_kpi_samples(const char *mappings_dir, struct kpi_samples_result *out)
{
    struct arena arena;
    struct buf samples = {0}, watchlist = {0};
    *out = (struct kpi_samples_result){.failures = 1};
    arena_init(&arena, 0);
    const char *samples_file = arena_printf(&arena, "%s/kpi.samples", mappings_dir);
    if (xml_read_file(samples_file, &samples, &out->diag) == GW_OK &&
        xml_read_file(arena_printf(&arena, "%s/watchlist.xml", mappings_dir), &watchlist,
                      &out->diag) == GW_OK)
        out->failures = run(samples_file, arena_printf(&arena, "%s/kpi.xml", mappings_dir),
                            arena_printf(&arena, "%s/kpi.rng", mappings_dir), buf_get(&samples),
                            buf_get(&watchlist), out);
    buf_free(&samples);
    buf_free(&watchlist);
    arena_fini(&arena);
}
