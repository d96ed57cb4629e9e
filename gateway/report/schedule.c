/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The thread. Of each <report>:
 *
 *     WAITING ──period over, time come──► DUE ──store has it, or wait over──► MAKING
 *        ▲                                                                      │
 *        ├──made, posted, remembered: the next that is pending──────────────────┤
 *        └──not whole: again after a back-off (FAILING), ATTEMPTS_MAX times─────┘
 *
 * Changed by its own thread, or by the main one while that does not run.
 */
#include "gateway/report/schedule.h"

#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/pause.h"
#include "gateway/base/steady.h"
#include "gateway/base/thread.h"
#include "gateway/report/schedule_internal.h"

enum {
    LOOK_MS = 1000, /* the wall's clock may be set */
    STORE_LOOK_MS = 100,
    EXPIRE_MS = 3600000,
    RETRY_FIRST_MS = 60000,
    RETRY_MAX_MS = 3600000,
    ATTEMPTS_MAX = 12, /* over seven hours or so */
    DAY_MS = 86400000
};

struct job {
    struct schedule_plan plan; /* in the arena */
    const char *folder;
    struct due_rule rule;
    struct zone *zone, **zones; /* the rule's; the list is in the arena */
    struct made_memory memory;
    bool is_due; /* waits for the store since due_at, for wanted to be in it */
    int64_t due_at;
    uint64_t wanted;
    unsigned attempts; /* at what is pending */
    int64_t retry_at;  /* monotonic */
    int64_t expire_at;
    struct schedule_row row; /* under lock */
};

struct schedule {
    struct schedule_options options;
    char *state_dir, *data_dir, *program, *memory_path;
    pthread_t thread;
    bool is_running;
    atomic_bool is_stopping;
    struct steady steady;
    struct arena arena;
    struct job jobs[REPORT_SECTIONS_MAX];
    size_t n;
    pthread_mutex_t lock; /* of rows, and n to who looks at them */
    pthread_cond_t changed;
};

const char *schedule_standing_name(enum schedule_standing standing)
{
    static const char *const names[] = {"waiting", "due", "making", "failing"};
    return (unsigned)standing < sizeof names / sizeof *names ? names[standing] : "unknown";
}

/* A clock that stands elsewhere for a moment has none made of days to come, and none again. */
static struct clock_reading now_of(struct schedule *schedule)
{
    struct clock_reading now = clock_read(schedule->options.clock);
    now.wall_ms = steady_read(&schedule->steady, now);
    return now;
}

/* ---- what others see ---- */

static void show(struct schedule *schedule, struct job *job, enum schedule_standing standing)
{
    struct clock_reading now = now_of(schedule);
    int64_t next_ms = due_at_ms(&job->rule, due_next(&job->rule, now.wall_ms));
    if (standing == SCHEDULE_FAILING)
        next_ms = now.wall_ms + (job->retry_at > now.mono_ms ? job->retry_at - now.mono_ms : 0);
    pthread_mutex_lock(&schedule->lock);
    job->row.standing = standing;
    job->row.next_ms = next_ms;
    job->row.made_ms = job->memory.made_ms;
    job->row.from = job->memory.from;
    job->row.to = job->memory.to;
    job->row.files = job->memory.files;
    pthread_mutex_unlock(&schedule->lock);
}

static void note_trouble(struct schedule *schedule, struct job *job, const char *text)
{
    int64_t now_ms = now_of(schedule).wall_ms;
    pthread_mutex_lock(&schedule->lock);
    snprintf(job->row.trouble, sizeof job->row.trouble, "%s", text);
    job->row.trouble_ms = now_ms;
    pthread_mutex_unlock(&schedule->lock);
}

static void count(struct schedule *schedule, uint64_t *counter)
{
    pthread_mutex_lock(&schedule->lock);
    ++*counter;
    pthread_mutex_unlock(&schedule->lock);
}

/* ---- memory ---- */

static void remember(struct schedule *schedule)
{
    struct made_memory *all = gw_alloc(REPORT_SECTIONS_MAX * sizeof *all);
    for (size_t i = 0; i < schedule->n; i++)
        all[i] = schedule->jobs[i].memory;
    if (made_save(schedule->memory_path, all, schedule->n) != GW_OK)
        log_error("report", "not remembered: a restart makes and sends it again file=%s",
                  schedule->memory_path);
    free(all);
}

/* A report that was remembered as made for a time to come, by a clock that was wrong, begins anew
   with what becomes due next. */
static void check_done(struct schedule *schedule, struct job *job, int64_t now_ms)
{
    if (job->memory.done <= store_day(job->zone, now_ms) + 1)
        return;
    log_warn("report", "was made of days to come, begins anew report=%s", job->row.name);
    job->memory.done = due_last(&job->rule, now_ms).to;
    remember(schedule);
}

/* A clock that is behind what was made before is not believed. */
static void begin_clock(struct schedule *schedule)
{
    struct made_memory *all = gw_alloc(REPORT_SECTIONS_MAX * sizeof *all);
    size_t n = made_load(schedule->memory_path, all, REPORT_SECTIONS_MAX);
    struct clock_reading now = clock_read(schedule->options.clock);
    int64_t known_ms = 0;
    for (size_t i = 0; i < n; i++)
        known_ms = all[i].made_ms > known_ms ? all[i].made_ms : known_ms;
    steady_init(&schedule->steady, "report", known_ms > now.wall_ms ? known_ms : 0, now);
    free(all);
}

/* Who is new begins with what becomes due next. */
static void recall(struct schedule *schedule)
{
    struct made_memory *all = gw_alloc(REPORT_SECTIONS_MAX * sizeof *all);
    int64_t now_ms = now_of(schedule).wall_ms;
    size_t n = made_load(schedule->memory_path, all, REPORT_SECTIONS_MAX);
    for (size_t i = 0; i < schedule->n; i++) {
        struct job *job = &schedule->jobs[i];
        const char *name = job->plan.section->name;
        snprintf(job->memory.name, sizeof job->memory.name, "%s", name);
        job->memory.done = due_last(&job->rule, now_ms).to;
        for (size_t k = 0; k < n; k++)
            if (strcmp(all[k].name, name) == 0)
                job->memory = all[k];
    }
    free(all);
    remember(schedule);
}

/* ---- making ---- */

static void finish(struct schedule *schedule, struct job *job, struct store_days days, size_t files)
{
    job->memory.done = days.to;
    if (files) {
        job->memory.made_ms = now_of(schedule).wall_ms;
        job->memory.from = days.from;
        job->memory.to = days.to;
        job->memory.files = (int64_t)files;
    }
    job->is_due = false;
    job->attempts = 0;
    remember(schedule);
}

static void put_off(struct schedule *schedule, struct job *job)
{
    int64_t delay = RETRY_FIRST_MS;
    for (unsigned i = 1; i < job->attempts && delay < RETRY_MAX_MS; i++)
        delay *= 2;
    job->retry_at = now_of(schedule).mono_ms + (delay > RETRY_MAX_MS ? RETRY_MAX_MS : delay);
    show(schedule, job, SCHEDULE_FAILING);
}

/* What became of an attempt. */
static void judge(struct schedule *schedule, struct job *job, const struct make *make,
                  struct make_result *result)
{
    const char *name = job->plan.section->name;
    size_t n_made = result->n > result->n_failed ? result->n - result->n_failed : 0;
    bool is_last = ++job->attempts >= ATTEMPTS_MAX;
    int posted = GW_OK;
    /* After the last attempt people get what there is, and are told what is missing. */
    if (job->plan.section->mail && (result->n_failed == 0 || (is_last && n_made)))
        posted = make_post(make, result, result->trouble, sizeof result->trouble);
    if (result->n_failed == 0 && posted == GW_OK) {
        count(schedule, &job->row.made);
        log_info("report", "made report=%s files=%zu folder=%s", name, n_made, job->folder);
        finish(schedule, job, make->days, n_made);
        return;
    }
    note_trouble(schedule, job, result->trouble);
    count(schedule, &job->row.failed);
    if (!is_last) {
        put_off(schedule, job);
        return;
    }
    count(schedule, &job->row.given_up);
    log_error("report", "given up report=%s made=%zu not_made=%zu reason=\"%s\"", name, n_made,
              result->n_failed, result->trouble);
    finish(schedule, job, make->days, n_made);
}

static void attempt(struct schedule *schedule, struct job *job, struct store_days days)
{
    struct make_result result;
    const struct make make = {
        .options = &schedule->options,
        .plan = &job->plan,
        .folder = job->folder,
        .rule = &job->rule,
        .days = days,
        .due_ms = due_at_ms(&job->rule, days),
        .is_ending = &schedule->is_stopping,
    };
    show(schedule, job, SCHEDULE_MAKING);
    bool is_whole = make_files(&make, &result);
    if (is_whole)
        judge(schedule, job, &make, &result);
    make_free(&result);
}

/* Whether the store has what the journal had when the report became due, or has had its time. */
static bool is_stored(struct schedule *schedule, struct job *job, int64_t now)
{
    void *context = schedule->options.context;
    if (!job->is_due) {
        job->is_due = true;
        job->due_at = now;
        job->wanted = schedule->options.newest(context);
    }
    uint64_t stored = schedule->options.stored(context);
    if (stored >= job->wanted)
        return true;
    if (now - job->due_at < job->plan.section->wait_ms)
        return false;
    log_warn("report", "made of what the store has: it did not catch up report=%s missing=%" PRIu64,
             job->plan.section->name, job->wanted - stored);
    return true;
}

/* `keep` counts back from now or, if that is older, from the newest report: a clock that at the
   start stands in a year to come must not delete everything. */
static void expire(struct job *job, struct clock_reading now)
{
    const struct report_section *section = job->plan.section;
    int64_t newest_ms = job->memory.to ? store_day_begin_ms(job->zone, job->memory.to) : INT64_MAX;
    int64_t until_ms = newest_ms < now.wall_ms ? newest_ms : now.wall_ms;
    if (now.mono_ms < job->expire_at)
        return;
    job->expire_at = now.mono_ms + EXPIRE_MS;
    int64_t before = section->keep_ms ? store_day(job->zone, until_ms - section->keep_ms) : 0;
    size_t n = made_expire(job->folder, section->name, before);
    if (n)
        log_info("report", "old files deleted report=%s files=%zu folder=%s", section->name, n,
                 job->folder);
}

/* Does what is due for a report. Returns for how long nothing more is, in ms. */
static int64_t step(struct schedule *schedule, struct job *job)
{
    struct clock_reading now = now_of(schedule);
    struct store_days days;
    bool passed_over;
    check_done(schedule, job, now.wall_ms);
    expire(job, now);
    if (!due_pending(&job->rule, job->memory.done, now.wall_ms, &days, &passed_over)) {
        job->is_due = false;
        show(schedule, job, SCHEDULE_WAITING);
        return LOOK_MS;
    }
    if (passed_over && !job->is_due) {
        log_warn("report", "the oldest that were missed are not made any more report=%s",
                 job->plan.section->name);
        count(schedule, &job->row.given_up);
        job->memory.done = days.from;
    }
    if (job->attempts && now.mono_ms < job->retry_at)
        return LOOK_MS;
    if (!is_stored(schedule, job, now.mono_ms)) {
        show(schedule, job, SCHEDULE_DUE);
        return STORE_LOOK_MS;
    }
    attempt(schedule, job, days);
    return 0;
}

static void pause_for(struct schedule *schedule, int64_t wait_ms)
{
    struct timespec until = pause_deadline(wait_ms);
    pthread_mutex_lock(&schedule->lock);
    while (!atomic_load(&schedule->is_stopping) &&
           pthread_cond_timedwait(&schedule->changed, &schedule->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&schedule->lock);
}

static void *run(void *context)
{
    struct schedule *schedule = context;
    while (!atomic_load(&schedule->is_stopping)) {
        int64_t wait_ms = LOOK_MS;
        for (size_t i = 0; i < schedule->n && !atomic_load(&schedule->is_stopping); i++) {
            int64_t own_ms = step(schedule, &schedule->jobs[i]);
            wait_ms = own_ms < wait_ms ? own_ms : wait_ms;
        }
        if (wait_ms)
            pause_for(schedule, wait_ms);
    }
    return NULL;
}

/* ---- start and end ---- */

static const char *keep(struct arena *arena, const char *text)
{
    return text ? arena_text(arena, slice_from(text)) : NULL;
}

static void copy_plan(struct schedule *schedule, struct job *job, const struct schedule_plan *plan)
{
    struct arena *arena = &schedule->arena;
    const struct report_section *section = section_dup(&report_section, plan->section, arena);
    size_t n = plan->n_sites ? plan->n_sites : 1;
    const char **sites = arena_alloc(arena, n * sizeof *sites);
    for (size_t i = 0; i < n; i++)
        sites[i] = keep(arena, plan->n_sites ? plan->sites[i] : NULL);
    *job = (struct job){
        .plan = {.section = section,
                 .zone = keep(arena, plan->zone),
                 .catalogue = keep(arena, plan->catalogue),
                 .own_catalogue = keep(arena, plan->own_catalogue),
                 .sites = sites,
                 .n_sites = n},
        .folder = section->folder ? section->folder
                                  : arena_printf(arena, "%s/reports", schedule->state_dir),
        .zone = plan->zone ? zone_open(plan->zone) : NULL,
    };
    job->zones = arena_alloc(arena, (plan->n_zones + 1) * sizeof *job->zones);
    for (size_t i = 0; i < plan->n_zones; i++)
        job->zones[i] = plan->zones[i] ? zone_open(plan->zones[i]) : NULL;
    job->rule = (struct due_rule){
        .period = (enum store_period)section->period,
        .is_from_sunday = section->week_start == 1,
        .zone = job->zone,
        .zones = (const struct zone *const *)job->zones,
        .n_zones = plan->n_zones,
    };
    due_minute(section->at, &job->rule.minute);
    snprintf(job->row.name, sizeof job->row.name, "%s", section->name);
    job->row.period = section->period;
}

/* What was counted before goes on. */
static void copy_plans(struct schedule *schedule, const struct schedule_plan *plans, size_t n,
                       const struct schedule_row *before, size_t n_before)
{
    arena_init(&schedule->arena, 0);
    schedule->n = n < REPORT_SECTIONS_MAX ? n : REPORT_SECTIONS_MAX;
    for (size_t i = 0; i < schedule->n; i++) {
        copy_plan(schedule, &schedule->jobs[i], &plans[i]);
        for (size_t k = 0; k < n_before; k++)
            if (strcmp(before[k].name, schedule->jobs[i].row.name) == 0)
                schedule->jobs[i].row = before[k];
        schedule->jobs[i].row.period = schedule->jobs[i].plan.section->period;
    }
}

static void forget_plans(struct schedule *schedule)
{
    for (size_t i = 0; i < schedule->n; i++) {
        struct job *job = &schedule->jobs[i];
        for (size_t k = 0; k < job->rule.n_zones; k++)
            zone_free(job->zones[k]);
        zone_free(job->zone);
    }
    schedule->n = 0;
    arena_fini(&schedule->arena);
}

/* With every signal blocked: they are the main thread's. */
static int start_thread(struct schedule *schedule)
{
    sigset_t all, before;
    atomic_store(&schedule->is_stopping, false);
    if (schedule->n == 0)
        return GW_OK;
    recall(schedule);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int result = gw_thread_start(&schedule->thread, "report", run, schedule);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    schedule->is_running = result == GW_OK;
    return result;
}

static void stop_thread(struct schedule *schedule)
{
    pthread_mutex_lock(&schedule->lock);
    atomic_store(&schedule->is_stopping, true);
    pthread_cond_broadcast(&schedule->changed);
    pthread_mutex_unlock(&schedule->lock);
    if (schedule->is_running)
        pthread_join(schedule->thread, NULL);
    schedule->is_running = false;
}

static char *path_of(const char *folder, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.4000s/%s", folder, name);
    return gw_strdup(path);
}

int schedule_start(const struct schedule_options *options, const struct schedule_plan *plans,
                   size_t n, struct schedule **out)
{
    struct schedule *schedule = gw_alloc(sizeof *schedule);
    pthread_condattr_t attributes;
    schedule->options = *options;
    schedule->state_dir = gw_strdup(options->state_dir);
    schedule->program = gw_strdup(options->program);
    schedule->data_dir = gw_strdup(options->data_dir);
    schedule->options.state_dir = schedule->state_dir;
    schedule->options.program = schedule->program;
    schedule->options.data_dir = schedule->data_dir;
    schedule->memory_path = path_of(options->state_dir, "reports.made");
    pthread_mutex_init(&schedule->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&schedule->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    begin_clock(schedule);
    copy_plans(schedule, plans, n, NULL, 0);
    int result = start_thread(schedule);
    if (result == GW_OK) {
        *out = schedule;
        return GW_OK;
    }
    log_error("report", "no thread is left to make reports");
    schedule_stop(schedule);
    return result;
}

void schedule_reload(struct schedule *schedule, const struct schedule_plan *plans, size_t n)
{
    struct schedule_row *rows = gw_alloc(REPORT_SECTIONS_MAX * sizeof *rows);
    size_t n_rows = schedule_list(schedule, rows, REPORT_SECTIONS_MAX);
    stop_thread(schedule);
    pthread_mutex_lock(&schedule->lock);
    forget_plans(schedule);
    copy_plans(schedule, plans, n, rows, n_rows);
    pthread_mutex_unlock(&schedule->lock);
    if (start_thread(schedule) != GW_OK)
        log_error("report", "no reports are made until a restart: no thread is left");
    free(rows);
}

void schedule_stop(struct schedule *schedule)
{
    if (!schedule)
        return;
    stop_thread(schedule);
    forget_plans(schedule);
    pthread_cond_destroy(&schedule->changed);
    pthread_mutex_destroy(&schedule->lock);
    free(schedule->state_dir);
    free(schedule->program);
    free(schedule->data_dir);
    free(schedule->memory_path);
    free(schedule);
}

size_t schedule_list(struct schedule *schedule, struct schedule_row *out, size_t max)
{
    size_t n = 0;
    pthread_mutex_lock(&schedule->lock);
    for (size_t i = 0; i < schedule->n && n < max; i++)
        out[n++] = schedule->jobs[i].row;
    pthread_mutex_unlock(&schedule->lock);
    return n;
}
