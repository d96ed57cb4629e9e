/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports on schedule: what they are of, who makes them, who sends them. */
#include "gateway/daemon/reports.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/pages.h"
#include "gateway/daemon/settings.h"
#include "gateway/report/settings.h"

/* ---- checks ---- */

static bool has_mail(const struct config *config, struct slice name)
{
    const struct outbox_section *mail;
    for (size_t i = 0; (mail = config_at(config, "mail", i)); i++)
        if (slice_equal(slice_from(mail->name), name))
            return true;
    return false;
}

void reports_check(const struct config *config, struct diag *diag)
{
    const struct report_section *section;
    const struct store_section *store = config_get(config, "store");
    report_check(config, diag);
    for (size_t i = 0; (section = config_at(config, "report", i)); i++) {
        struct slice list = slice_from(section->mail), word;
        while (slice_next_word(&list, &word))
            if (!has_mail(config, word))
                diag_add_at(
                    diag, section->place,
                    "<report mail>: there is no <mail name=\"%.*s\">; declare it, or name one "
                    "that there is",
                    SLICE_FMT(word));
        if (!store->is_enabled)
            diag_add_at(diag, section->place,
                        "<report>: is made of the store, which is switched off; write <store "
                        "enabled=\"yes\">, or take it out");
    }
}

/* ---- plans ---- */

static const struct site_settings *find_site(const struct config *config, struct slice id)
{
    const struct site_settings *site;
    for (size_t i = 0; (site = config_at(config, "site", i)); i++)
        if (slice_equal(slice_from(site->id), id))
            return site;
    return NULL;
}

/* Its own zone; of one site that site's; else the first site's. */
static const char *zone_of(const struct config *config, const struct report_section *section)
{
    const struct site_settings *first = config_at(config, "site", 0), *site;
    struct slice list = slice_from(section->sites), word, rest;
    if (section->zone)
        return section->zone;
    if (slice_next_word(&list, &word) && (site = find_site(config, word)) && site->zone) {
        rest = list;
        if (!slice_next_word(&rest, &word))
            return site->zone;
    }
    return first ? first->zone : NULL;
}

/* Those of its sites, each once: what a site's clocks are, as the store has it. */
static void list_zones(const struct config *config, struct schedule_plan *plan, struct arena *arena)
{
    const struct site_settings *first = config_at(config, "site", 0), *site;
    const char **zones = arena_alloc(arena, (config_count(config, "site") + 1) * sizeof *zones);
    bool is_of_all = false;
    for (size_t i = 0; i < plan->n_sites; i++)
        is_of_all |= plan->sites[i] == NULL;
    for (size_t i = 0; (site = config_at(config, "site", i)); i++) {
        const char *zone = site->zone ? site->zone : first->zone;
        bool is_new = true, is_ours = is_of_all;
        for (size_t k = 0; k < plan->n_zones && is_new; k++)
            is_new = zone != zones[k] && (!zone || !zones[k] || strcmp(zone, zones[k]) != 0);
        for (size_t k = 0; k < plan->n_sites && is_new && !is_ours; k++)
            is_ours = strcmp(plan->sites[k], site->id) == 0;
        if (is_new && is_ours)
            zones[plan->n_zones++] = zone;
    }
    plan->zones = zones;
}

static void add_site(struct schedule_plan *plan, const char **sites, const char *site)
{
    for (size_t i = 0; i < plan->n_sites; i++)
        if (site == sites[i] || (site && sites[i] && strcmp(site, sites[i]) == 0))
            return;
    sites[plan->n_sites++] = site;
}

/* NULL among the sites: all of them together. */
static void list_sites(const struct config *config, struct schedule_plan *plan, struct arena *arena)
{
    struct slice list = slice_from(plan->section->sites), word;
    size_t n_sites = config_count(config, "site"), most = n_sites + 2;
    while (slice_next_word(&list, &word))
        most++;
    const char **sites = arena_alloc(arena, most * sizeof *sites);
    list = slice_from(plan->section->sites);
    while (slice_next_word(&list, &word)) {
        if (slice_equal(word, SLICE("all")))
            add_site(plan, sites, NULL);
        else if (!slice_equal(word, SLICE("*")))
            add_site(plan, sites, arena_text(arena, word));
        else if (n_sites == 0)
            add_site(plan, sites, "default");
        else
            for (size_t i = 0; i < n_sites; i++)
                add_site(plan, sites,
                         ((const struct site_settings *)config_at(config, "site", i))->id);
    }
    plan->sites = sites;
}

/* They live as long as arena and config. */
static struct schedule_plan *plans_of(const struct config *config, struct arena *arena, size_t *n)
{
    *n = config_count(config, "report");
    const struct data_settings *data = config_get(config, "data");
    struct schedule_plan *plans = arena_alloc(arena, (*n + 1) * sizeof *plans);
    for (size_t i = 0; i < *n; i++) {
        plans[i] = (struct schedule_plan){.section = config_at(config, "report", i)};
        plans[i].zone = zone_of(config, plans[i].section);
        plans[i].catalogue = data->catalogue;
        plans[i].own_catalogue = data->own_catalogue;
        list_sites(config, &plans[i], arena);
        list_zones(config, &plans[i], arena);
    }
    return plans;
}

/* ---- what the schedule asks for ---- */

static uint64_t newest(void *context)
{
    const struct reports *reports = context;
    return journal_committed(reports->journal);
}

static uint64_t stored(void *context)
{
    const struct reports *reports = context;
    struct store_status status;
    return store_get_status(reports->store, &status) ? status.cursor : 0;
}

/* Not mapped: others may write to the folder, and what they cut off would be a signal. */
static int read_file(const char *path, struct pages *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    *out = (struct pages){0};
    if (fd < 0)
        return GW_ERR_IO;
    int result = pages_read(out, fd);
    close(fd);
    return result;
}

static int post(void *context, const struct schedule_letter *letter)
{
    const struct reports *reports = context;
    struct mail_file *files = gw_alloc((letter->n_files + 1) * sizeof *files);
    struct pages *pages = gw_alloc((letter->n_files + 1) * sizeof *pages);
    int result = GW_OK;
    for (size_t i = 0; i < letter->n_files && result == GW_OK; i++) {
        result = read_file(letter->files[i].path, &pages[i]);
        files[i] = (struct mail_file){letter->files[i].name, letter->files[i].type,
                                      slice_of(pages[i].bytes, pages[i].n)};
    }
    const struct mail_letter mail = {
        .id = letter->id,
        .subject = letter->subject,
        .text = letter->text,
        .time_ms = letter->time_ms,
        .files = files,
        .n_files = letter->n_files,
    };
    if (result == GW_OK)
        result = postbox_post(reports->postbox, letter->mail, &mail);
    for (size_t i = 0; i < letter->n_files; i++)
        pages_free(&pages[i]);
    free(pages);
    free(files);
    return result;
}

/* ---- start and end ---- */

/* Beside our own program, as in a build folder; else where it is installed. */
static void find_eogctl(char *out, size_t size)
{
    char own[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);
    own[n > 0 ? n : 0] = '\0';
    char *end = strrchr(own, '/');
    snprintf(out, size, "%.*s/eogctl", end ? (int)(end - own) : 0, own);
    if (!end || access(out, X_OK) != 0)
        snprintf(out, size, EOG_BIN_DIR "/eogctl");
}

static int start_schedule(struct reports *reports, const struct reports_options *options,
                          const struct config *config)
{
    char program[PATH_MAX], data_dir[PATH_MAX];
    struct arena arena;
    size_t n;
    find_eogctl(program, sizeof program);
    struct schedule_options schedule = {
        .state_dir = options->state_dir,
        .program = program,
        .data_dir = realpath(options->data_dir, data_dir) ? data_dir : options->data_dir,
        .gateway_id = options->gateway_id,
        .clock = options->clock,
        .newest = newest,
        .stored = stored,
        .post = post,
        .context = reports,
    };
    arena_init(&arena, 0);
    const struct schedule_plan *plans = plans_of(config, &arena, &n);
    int result = schedule_start(&schedule, plans, n, &reports->schedule);
    arena_fini(&arena);
    return result;
}

int reports_start(struct reports *reports, const struct reports_options *options,
                  const struct config *config)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%.4000s/letters", options->state_dir);
    const struct postbox_options postbox = {
        .folder = folder,
        .gateway_id = options->gateway_id,
        .epoch = journal_epoch(options->journal),
        .clock = options->clock,
    };
    reports->journal = options->journal;
    reports->store = options->store;
    int result = postbox_start(&postbox, config, &reports->postbox);
    if (result == GW_OK)
        result = start_schedule(reports, options, config);
    return result;
}

void reports_reload(struct reports *reports, const struct config *config)
{
    struct arena arena;
    size_t n;
    postbox_reload(reports->postbox, config);
    arena_init(&arena, 0);
    const struct schedule_plan *plans = plans_of(config, &arena, &n);
    schedule_reload(reports->schedule, plans, n);
    arena_fini(&arena);
}

void reports_stop(struct reports *reports)
{
    schedule_stop(reports->schedule);
    postbox_stop(reports->postbox);
}
