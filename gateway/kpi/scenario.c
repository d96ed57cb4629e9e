/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The catalogue's samples, played to an engine by a clock of their own. The form stands in the
 * header. Offline and on one thread: nothing here is part of the running gateway.
 */
#include "gateway/kpi/scenario.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/base/civil.h"
#include "gateway/base/error.h"
#include "gateway/kpi/scenario_internal.h"

static const int64_t DEFAULT_BEGIN_MS = INT64_C(1767600000000); /* 2026-01-05T08:00:00Z */

void scenario_complain(struct player *p, const char *what)
{
    diag_add(p->diag, p->file, p->line, "%.*s: %s%s", SLICE_FMT(p->title), what,
             p->is_restarting ? " (restored before every line)" : "");
    p->has_failed = true;
}

/* ---- words ---- */

/* The next word of the line; quotes may begin it or stand behind its `=`. */
bool scenario_next_word(struct player *p, struct slice *rest, struct slice *word)
{
    *rest = slice_trim(*rest);
    if (rest->n == 0)
        return false;
    char *out = arena_bytes(&p->arena, rest->n + 1);
    size_t n = 0, i = 0;
    bool is_quoted = false;
    for (; i < rest->n && (is_quoted || (rest->p[i] != ' ' && rest->p[i] != '\t')); i++) {
        if (rest->p[i] == '"')
            is_quoted = !is_quoted;
        else
            out[n++] = rest->p[i];
    }
    if (is_quoted)
        COMPLAIN(p, "a quote is not closed");
    out[n] = '\0';
    *word = slice_of(out, n);
    *rest = slice_skip(*rest, i);
    return true;
}

static bool duration(struct slice text, int64_t *ms)
{
    static const struct {
        char letter;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    int64_t n;
    for (size_t i = 0; text.n && i < sizeof units / sizeof *units; i++)
        if (text.p[text.n - 1] == units[i].letter &&
            slice_to_int(slice_head(text, text.n - 1), &n)) {
            *ms = n * units[i].ms;
            return true;
        }
    return false;
}

int64_t scenario_duration(struct player *p, struct slice text)
{
    int64_t ms = 0;
    if (!duration(text, &ms))
        COMPLAIN(p, "\"%.*s\" is no duration; write 30s, 10m, 2h, 7d", SLICE_FMT(text));
    return ms;
}

int64_t scenario_number(struct player *p, struct slice text)
{
    int64_t n = 0;
    if (!slice_to_int(text, &n))
        COMPLAIN(p, "\"%.*s\" is no number", SLICE_FMT(text));
    return n;
}

int scenario_state(struct slice text)
{
    for (int state = KPI_OK; state <= KPI_UNKNOWN; state++)
        if (slice_equal(text, slice_from(kpi_state_name((enum kpi_state)state))))
            return state;
    return -1;
}

bool scenario_cut_pair(struct player *p, struct slice word, struct slice *name, struct slice *value)
{
    if (slice_cut(word, '=', name, value))
        return true;
    COMPLAIN(p, "\"%.*s\": NAME=VALUE expected", SLICE_FMT(word));
    return false;
}

/* {1..5}: from, to and how many digits; false when there is none. */
static bool find_range(struct slice text, size_t *at, size_t *end, int64_t *low, int64_t *high,
                       int *width)
{
    *at = slice_find(text, '{');
    if (*at == text.n)
        return false;
    struct slice in = slice_skip(text, *at + 1);
    size_t close = slice_find(in, '}'), dots = slice_search(slice_head(in, close), SLICE(".."));
    if (close == in.n || dots == close)
        return false;
    *end = *at + close + 2;
    *width = (int)dots;
    return slice_to_int(slice_head(in, dots), low) &&
           slice_to_int(slice_of(in.p + dots + 2, close - dots - 2), high) && *high >= *low;
}

int64_t scenario_count(struct slice text)
{
    size_t at, end;
    int64_t low, high;
    int width;
    return find_range(text, &at, &end, &low, &high, &width) ? high - low + 1 : 1;
}

struct slice scenario_expand(struct player *p, struct slice text, int64_t i)
{
    size_t at, end;
    int64_t low, high;
    int width;
    if (!find_range(text, &at, &end, &low, &high, &width))
        return text;
    return slice_from(arena_printf(&p->arena, "%.*s%0*lld%.*s", (int)at, text.p, width,
                                   (long long)(low + i), (int)(text.n - end), text.p + end));
}

/* ---- lines ---- */

struct verb {
    const char *name;
    size_t min, max; /* words behind it */
    bool configures;
    scenario_verb_fn *run;
};

static const struct verb verbs[] = {
    {"site", 1, 3, true, scenario_do_site},
    {"level", 2, 6, true, scenario_do_level},
    {"known", 1, 1, true, scenario_do_known},
    {"alive", 1, 1, true, scenario_do_alive},
    {"clear-hold", 1, 1, true, scenario_do_clear_hold},
    {"raise-hold", 1, 1, true, scenario_do_raise_hold},
    {"remind", 1, 1, true, scenario_do_remind},
    {"maintenance", 2, 5, true, scenario_do_maintenance},
    {"newest", 2, 4, true, scenario_do_newest},
    {"watch", 1, 1, true, scenario_do_watch},
    {"unlisted", 1, 1, true, scenario_do_unlisted},
    {"from", 0, WORDS_MAX, false, scenario_do_from},
    {"record", 1, WORDS_MAX, false, scenario_do_record},
    {"repeat", 3, WORDS_MAX, false, scenario_do_repeat},
    {"wait", 1, 1, false, scenario_do_wait},
    {"down", 1, 1, false, scenario_do_down},
    {"set-clock", 1, 1, false, scenario_do_set_clock},
    {"expect", 3, 6, false, scenario_do_expect},
    {"said", 4, 6, false, scenario_do_said},
    {"quiet", 1, 1, false, scenario_do_quiet},
    {"unrepeated", 1, 1, false, scenario_do_unrepeated},
    {"ack", 3, 3, false, scenario_do_ack},
};

static void do_begin(struct player *p, struct slice text)
{
    struct civil c = {0};
    char copy[32];
    snprintf(copy, sizeof copy, "%.*s", SLICE_FMT(slice_trim(text)));
    if (sscanf(copy, "%d-%d-%dT%d:%d:%dZ", &c.year, &c.month, &c.day, &c.hour, &c.minute,
               &c.second) == 6 &&
        civil_is_valid(&c))
        p->start_ms = civil_to_ms(&c);
    else
        COMPLAIN(p, "\"%s\" is no time; write 2026-01-05T08:00:00Z", copy);
}

static void run_verb(struct player *p, const struct verb *verb, struct slice rest)
{
    struct slice words[WORDS_MAX];
    size_t n = 0;
    while (n < WORDS_MAX && scenario_next_word(p, &rest, &words[n]))
        n++;
    if (n < verb->min || n > verb->max) {
        COMPLAIN(p, "\"%s\" takes %zu to %zu words, found %zu", verb->name, verb->min, verb->max,
                 n);
        return;
    }
    if (verb->configures)
        p->has_changed = true;
    else if (verb->run != scenario_do_from)
        scenario_be_ready(p);
    if (p->is_restarting && p->is_running)
        scenario_restart(p);
    verb->run(p, words, n);
}

static void run_line(struct player *p, struct slice line)
{
    size_t end = slice_find(line, ' ');
    struct slice name = slice_head(line, end), rest = slice_skip(line, end);
    if (slice_equal(name, SLICE("begin"))) {
        do_begin(p, rest);
        return;
    }
    if (slice_equal(name, SLICE("listed"))) {
        scenario_do_listed(p, rest);
        p->has_changed = true;
        return;
    }
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (!slice_equal(name, slice_from(verbs[i].name)))
            continue;
        run_verb(p, &verbs[i], rest);
        return;
    }
    COMPLAIN(p, "\"%.*s\" is not known here", SLICE_FMT(name));
}

/* ---- samples ---- */

static const char DEFAULT_FROM[] = "mapping=trendmicro/apex-central agents=yes peer=192.0.2.10 "
                                   "product.vendor=\"Trend Micro\" product.name=\"Apex Central\"";

static struct player *player_new(const struct player *like, bool is_restarting)
{
    struct player *p = gw_alloc(sizeof *p);
    *p = (struct player){.diag = like->diag,
                         .file = like->file,
                         .line = like->line,
                         .title = like->title,
                         .data = like->data,
                         .catalogue = like->catalogue,
                         .tally = like->tally,
                         .reached = like->reached,
                         .is_restarting = is_restarting,
                         .start_ms = DEFAULT_BEGIN_MS,
                         .mono_ms = 1000};
    arena_init(&p->arena, 0);
    p->event = gw_alloc(sizeof *p->event);
    p->said = gw_alloc(SAID_MAX * sizeof *p->said);
    p->settings.gateway_id = "gw-sample";
    p->settings.epoch = "e";
    p->engine = kpi_engine_new(is_restarting ? 77 : 5, scenario_on_emit, p);
    struct slice rest = SLICE(DEFAULT_FROM);
    while (scenario_next_word(p, &rest, &p->from[p->n_from]))
        p->n_from++;
    return p;
}

static void player_free(struct player *p)
{
    kpi_engine_free(p->engine);
    buf_free(&p->inventory);
    buf_free(&p->watchlist);
    arena_fini(&p->arena);
    free(p->event);
    free(p->said);
    free(p);
}

static bool is_sample(struct slice line)
{
    return slice_starts_with(line, SLICE("sample "));
}

/* Plays the lines of one sample; *rest stands behind it afterwards. */
static bool play(const struct player *like, bool is_restarting, struct slice *rest, int *line)
{
    struct player *p = player_new(like, is_restarting);
    struct slice next = *rest, text;
    while (next.n) {
        slice_cut(next, '\n', &text, &next);
        text = slice_trim(text);
        if (is_sample(text))
            break;
        p->line = ++*line;
        *rest = next;
        if (text.n && text.p[0] != '#')
            run_line(p, text);
    }
    bool is_good = !p->has_failed;
    player_free(p);
    return is_good;
}

static void run_sample(struct player *like, struct slice *rest, int *line)
{
    struct slice again = *rest;
    int line_again = *line;
    struct kpi_scenario_tally *tally = like->tally, unused = {0};
    bool is_good = play(like, false, rest, line);
    like->tally = &unused; /* the same lines are not counted twice */
    if (is_good)
        is_good = play(like, true, &again, &line_again);
    like->tally = tally;
    tally->samples++;
    tally->failed += !is_good;
}

static void run_samples(struct player *like, struct slice rest)
{
    struct slice text;
    int line = 0;
    while (rest.n) {
        slice_cut(rest, '\n', &text, &rest);
        text = slice_trim(text);
        like->line = ++line;
        if (!text.n || text.p[0] == '#')
            continue;
        if (!is_sample(text)) {
            diag_add(like->diag, like->file, line, "\"sample TITLE\" expected");
            continue;
        }
        like->title = slice_trim(slice_skip(text, sizeof "sample"));
        run_sample(like, &rest, &line);
    }
}

int kpi_scenario_run(struct slice text, const char *name, const struct kpi_scenario_data *data,
                     struct diag *diag, struct kpi_scenario_tally *tally,
                     struct kpi_reached *reached)
{
    size_t before = diag->total;
    struct kpi_catalogue *catalogue;
    *tally = (struct kpi_scenario_tally){0};
    int error = kpi_catalogue_load_text(data->catalogue, "kpi.xml", NULL, diag, &catalogue);
    if (error)
        return error;
    struct player *like = gw_alloc(sizeof *like);
    *like = (struct player){.diag = diag,
                            .file = name,
                            .data = data,
                            .catalogue = catalogue,
                            .tally = tally,
                            .reached = reached};
    run_samples(like, text);
    free(like);
    if (tally->samples == 0)
        diag_add(diag, name, 0, "no sample");
    kpi_catalogue_free(catalogue);
    return diag->total == before ? GW_OK : GW_ERR_INVALID;
}

static bool check_level(const struct kpi_entry *e, size_t test, enum kpi_state state, int32_t level,
                        unsigned reached, const char *name, struct diag *diag)
{
    if (level < 0 || reached >> state & 1)
        return true;
    diag_add(diag, name, 0, "no sample expects %s to be %s by its test %zu", e->key,
             kpi_state_name(state), test + 1);
    return false;
}

size_t kpi_scenario_check(const struct kpi_catalogue *catalogue, const struct kpi_reached *reached,
                          const char *name, struct diag *diag)
{
    static const enum kpi_state calm[] = {KPI_OK, KPI_UNKNOWN};
    size_t missing = 0;
    for (size_t k = 0; k < catalogue->n_entries; k++) {
        const struct kpi_entry *e = &catalogue->entries[k];
        for (size_t i = 0; i < sizeof calm / sizeof *calm; i++) {
            if (reached->states[k] >> calm[i] & 1)
                continue;
            diag_add(diag, name, 0, "no sample expects %s to be %s", e->key,
                     kpi_state_name(calm[i]));
            missing++;
        }
        for (size_t t = 0; t < e->n_tests; t++) {
            unsigned states = reached->test_states[k][t];
            missing += !check_level(e, t, KPI_WARNING, e->tests[t].warning, states, name, diag);
            missing += !check_level(e, t, KPI_CRITICAL, e->tests[t].critical, states, name, diag);
        }
        if (reached->has_cleared[k])
            continue;
        diag_add(diag, name, 0, "no sample says that an alert of %s is cleared", e->key);
        missing++;
    }
    return missing;
}
