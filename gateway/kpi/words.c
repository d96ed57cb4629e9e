/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people read: a value with its unit, and why a state is what it is. chinese.c and the page's
   words.js translate these sentences: a new one needs a row there. */
#include "gateway/base/civil.h"
#include "gateway/kpi/engine_internal.h"

static const char *number_text(const struct kpi_test *test, int32_t value, struct arena *arena)
{
    if (test->is_percent)
        return arena_printf(arena, "%d.%02d %%", value / 100, value % 100);
    if (test->measure == KPI_MEASURE_SILENCE)
        return arena_printf(arena, "%d.%d times", value / 10, value % 10);
    return arena_printf(arena, "%d %s", value, test->unit);
}

const char *kpi_value_text(const struct kpi_engine *engine, const struct kpi_run *run,
                           const struct row *row, struct arena *arena)
{
    (void)engine;
    if (row->state == KPI_UNKNOWN)
        return "";
    return number_text(&run->entry->tests[row->worst_test], row->value, arena);
}

static const char *unknown_reason(const struct row *row, const struct kpi_test *test,
                                  struct arena *arena)
{
    const struct row_test *t = &row->tests[row->worst_test];
    char time[CIVIL_RFC3339_MAX];
    switch (row->why) {
    case WHY_NOT_ENABLED:
        return "not enabled";
    case WHY_SILENT:
        civil_format(row->silent_since_ms - row->silent_since_ms % 1000, time);
        return arena_printf(arena, "source silent since %s", time);
    case WHY_NO_BASE:
        return "no source: no managed computers known";
    case WHY_NO_INVENTORY:
        return "no source: neither an inventory nor a number of computers is given";
    case WHY_NO_STATUS:
        return arena_printf(arena, "no source: no %s status reported",
                            test->component == GW_COMPONENT_ENGINE ? "engine" : "pattern");
    case WHY_LEARNING:
        return arena_printf(arena, "learning: %u of %d pauses, %u of 24 hours", t->part,
                            KPI_GAPS_LEARNT, t->whole);
    case WHY_WEEKEND:
        return "learning: silent on its first weekend, when it may rest";
    case WHY_FULL:
        return "table full: not all that was reported could be counted";
    default:
        return "no source";
    }
}

/* "WORM_X on 5 hosts in 1 h" */
static const char *group_reason(const struct kpi_engine *engine, const struct kpi_test *test,
                                const struct row_test *t, struct arena *arena)
{
    bool is_pair = test->group[1].kind != KPI_KEY_NONE;
    const char *first =
        kpi_key_name(engine, &test->group[0], is_pair ? t->detail >> 32 : t->detail);
    if (is_pair)
        return arena_printf(arena, "%s, %s: %d %s in %s", first,
                            kpi_key_name(engine, &test->group[1], t->detail & UINT32_MAX), t->value,
                            test->unit, test->window_text);
    return arena_printf(arena, "%s: %d %s in %s", first, t->value, test->unit, test->window_text);
}

const char *kpi_reason(const struct kpi_engine *engine, const struct kpi_run *run, uint32_t scope,
                       const struct row *row, struct arena *arena)
{
    const struct kpi_test *test = &run->entry->tests[row->worst_test];
    const struct row_test *t = &row->tests[row->worst_test];
    (void)scope;
    if (row->state == KPI_UNKNOWN)
        return unknown_reason(row, test, arena);
    switch (test->measure) {
    case KPI_MEASURE_MAX_GROUP:
        if (t->detail)
            return group_reason(engine, test, t, arena);
        break;
    case KPI_MEASURE_SHARE:
        if (t->detail)
            return arena_printf(arena,
                                "%u of %u listed computers; %llu unlisted ones have an agent",
                                t->part, t->whole, (unsigned long long)t->detail);
        return arena_printf(arena, "%u of %u %s", t->part, t->whole,
                            test->whole == KPI_WHOLE_LISTED ? "listed computers"
                                                            : "managed computers");
    case KPI_MEASURE_HELD:
        return t->value
                   ? arena_printf(arena, "%d %s reported and not taken back", t->value, test->unit)
                   : arena_printf(arena, "heard from, no %s reported", test->unit);
    case KPI_MEASURE_LAG:
        return arena_printf(arena, "%d versions behind the newest known", t->value);
    case KPI_MEASURE_AGE:
        return arena_printf(arena, "a newer version has been known for %d days", t->value);
    case KPI_MEASURE_HEARTBEAT:
        return arena_printf(arena, "%d heartbeat intervals without a message", t->value);
    case KPI_MEASURE_SILENCE:
        if (t->detail)
            return arena_printf(arena,
                                "silent for %u s, %llu s of them at hours when it rests; of its "
                                "pauses 95 %% are of at most %u s",
                                t->part, (unsigned long long)t->detail, t->whole);
        return arena_printf(arena, "silent for %u s; of its pauses 95 %% are of at most %u s",
                            t->part, t->whole);
    case KPI_MEASURE_DAYS_LEFT:
        if (t->detail)
            return arena_printf(arena,
                                "the product says that a licence ends soon, not when; taken for %d "
                                "days",
                                t->value);
        return arena_printf(arena, "licence ends in %d days", t->value);
    default:
        break;
    }
    return arena_printf(arena, "%s in %s", number_text(test, t->value, arena), test->window_text);
}

const char *kpi_evidence_text(const struct kpi_engine *engine, const struct row *row,
                              struct arena *arena)
{
    const char *gateway = engine->settings.gateway_id, *epoch = engine->settings.epoch;
    struct buf text = {0};
    uint32_t n = row->n_evidence < EVIDENCE_MAX ? row->n_evidence : EVIDENCE_MAX;
    for (uint32_t i = row->n_evidence - n; i < row->n_evidence; i++)
        buf_printf(&text, "%s%s.%s.%llu", text.n ? " " : "", gateway ? gateway : "gw",
                   epoch ? epoch : "0", (unsigned long long)row->evidence[i % EVIDENCE_MAX]);
    const char *kept = arena_text(arena, buf_get(&text));
    buf_free(&text);
    return kept;
}
