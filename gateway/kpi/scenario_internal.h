/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_SCENARIO_INTERNAL_H
#define GATEWAY_KPI_SCENARIO_INTERNAL_H

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/kpi/engine.h"
#include "gateway/kpi/scenario.h"
#include "gateway/kpi/settings.h"

/* The files of the scenario player see this: scenario.c, scenario_act.c, scenario_expect.c. */
enum { WORDS_MAX = 64, LISTS_MAX = 64, SAID_MAX = 4096 };

struct said {
    uint16_t kind;
    int state, old_state;
    bool is_seen, is_muted;
    char key[64], scope[80];
};

struct player {
    struct diag *diag;
    const char *file;
    int line;
    struct slice title;
    bool has_failed, is_restarting;
    const struct kpi_scenario_data *data;
    const struct kpi_catalogue *catalogue;
    struct kpi_scenario_tally *tally;
    struct kpi_reached *reached;

    struct kpi_engine *engine;
    struct gw_event *event;
    struct arena arena; /* of the sample */
    uint64_t sequence;
    int64_t now_ms, mono_ms, start_ms;
    unsigned runs; /* boots of the gateway */
    bool is_running;

    struct kpi_settings settings;
    struct kpi_site sites[LISTS_MAX];
    struct kpi_override overrides[LISTS_MAX];
    struct kpi_declared_source sources[LISTS_MAX];
    struct kpi_maintenance maintenance[LISTS_MAX];
    struct kpi_newest newest[LISTS_MAX];
    struct buf inventory, watchlist;
    bool has_changed; /* what configures */
    struct slice from[WORDS_MAX];
    size_t n_from;

    struct said *said;
    size_t n_said;
};

#define COMPLAIN(player, ...) scenario_complain(player, arena_printf(&(player)->arena, __VA_ARGS__))

/* scenario.c: words. What is wrong with one is said, and something harmless is returned. */
void scenario_complain(struct player *p, const char *what);
bool scenario_next_word(struct player *p, struct slice *rest, struct slice *word);
int64_t scenario_duration(struct player *p, struct slice text);
int64_t scenario_number(struct player *p, struct slice text);
/* enum kpi_state, or -1. */
int scenario_state(struct slice text);
bool scenario_cut_pair(struct player *p, struct slice word, struct slice *name,
                       struct slice *value);
/* How many a {1..5} in the text stands for; 1. */
int64_t scenario_count(struct slice text);
/* The text with the i-th (from 0) in its place. */
struct slice scenario_expand(struct player *p, struct slice text, int64_t i);

/* scenario_act.c: the engine's side */
void scenario_on_emit(void *context, uint64_t number, const struct gw_event *event);
void scenario_apply(struct player *p);
void scenario_tick(struct player *p);
/* Loads what was configured since the last time; starts the gateway. */
void scenario_be_ready(struct player *p);
/* Saved, and restored into a fresh engine. */
void scenario_restart(struct player *p);
void scenario_do_listed(struct player *p, struct slice rest);

/* One verb each; words[0] is what stands behind it. */
typedef void scenario_verb_fn(struct player *p, struct slice *words, size_t n);
scenario_verb_fn scenario_do_site, scenario_do_level, scenario_do_known, scenario_do_alive,
    scenario_do_clear_hold, scenario_do_raise_hold, scenario_do_watch, scenario_do_unlisted,
    scenario_do_remind, scenario_do_maintenance, scenario_do_newest;
scenario_verb_fn scenario_do_from, scenario_do_record, scenario_do_repeat, scenario_do_wait,
    scenario_do_down, scenario_do_set_clock;
/* scenario_expect.c */
scenario_verb_fn scenario_do_expect, scenario_do_said, scenario_do_quiet, scenario_do_unrepeated,
    scenario_do_ack;

#endif
