/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Starting, running, reloading and stopping. The order of gateway_start() is the way of the data
 * backwards: whoever reads is there before what he reads comes.
 */
#include "gateway/daemon/gateway.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "gateway/agent/agent.h"
#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/clock.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/daemon/addresses.h"
#include "gateway/daemon/control.h"
#include "gateway/daemon/feed_rows.h"
#include "gateway/daemon/knowledge.h"
#include "gateway/daemon/pipeline.h"
#include "gateway/daemon/ready.h"
#include "gateway/daemon/recall.h"
#include "gateway/daemon/reports.h"
#include "gateway/daemon/rules.h"
#include "gateway/daemon/settings.h"
#include "gateway/daemon/watch.h"
#include "gateway/daemon/web_answers.h"
#include "gateway/feed/feed.h"
#include "gateway/intake/intake.h"
#include "gateway/journal/journal.h"
#include "gateway/journal/settings.h"
#include "gateway/kpi/core.h"
#include "gateway/kpi/record.h"
#include "gateway/loop/loop.h"
#include "gateway/notify/notify.h"
#include "gateway/outbox/outbox.h"
#include "gateway/snmp/session.h"
#include "gateway/store/store.h"
#include "gateway/web/web.h"
#include "parsers/snmp_guard.h"

/* A tick every 5 s; 1 s after traffic, so that a state is seen soon after what caused it. */
enum { TICK_CHECK_MS = 250, TICK_MS = 5000, TICK_BUSY_MS = 1000, STOP_V3_MS = 1000 };
enum { MEND_MS = 10000 };

struct gateway {
    struct gateway_options options;
    const char *id;
    char *state_dir;
    const struct clock *clock;
    int64_t started_ms;
    struct rules *rules;         /* the newest */
    struct rules *started_rules; /* those of the start: listeners and agent borrow from them */
    struct journal *journal;
    struct stats *stats;
    struct snapshot_board *board;
    struct kpi_core *core;
    struct agent *agent;
    struct notify *notify;
    struct feeds *feeds;
    struct store *store;        /* NULL: switched off */
    struct feed_rows feed_rows; /* what the agent sees of them */
    struct outbox *outbox;
    struct reports reports;
    struct watch *watch;
    struct pipeline *pipeline;
    struct resent *resent; /* what may come again by RELP; NULL: no such listener */
    struct intake *intake;
    int v3_watch; /* of the journal, for informs of version 3; -1: none */
    struct loop *loop;
    struct loop_timer *ticker, *mender;
    struct control_options shown; /* what the control socket and the page tell of */
    struct control *control;
    struct web *web;
    _Atomic uint64_t generation; /* of the rules, for other threads */
    char boot_id[48];
    int64_t last_tick_mono_ms;
    uint64_t taken_at_tick;
    bool is_lagging; /* the last tick could not be appended */
    bool is_refused; /* the last reload */
};

/* ready_running or ready_status, with one line for who asks the service manager. */
static void tell_state(const struct gateway *gateway, void how(const struct ready *, const char *))
{
    char text[READY_TEXT_MAX];
    snprintf(text, sizeof text, "%s%s, configuration %llu%s",
             gateway->is_lagging ? "the journal takes no records, indicators stand still: " : "",
             gateway->id, (unsigned long long)gateway->rules->generation,
             gateway->is_refused ? "; the last reload was refused, the log says why" : "");
    how(gateway->options.ready, text);
}

/* ---- ticks ---- */

static void append_tick(struct gateway *gateway, struct clock_reading now)
{
    static _Thread_local struct gw_event event;
    struct buf encoded = {0};
    uint64_t sequence;
    kpi_record_tick(&event, now, slice_from(gateway->boot_id));
    gw_event_encode(&event, &encoded);
    int result = journal_append(gateway->journal, buf_get(&encoded), &sequence);
    buf_free(&encoded);
    if (result != GW_OK && !gateway->is_lagging)
        log_error("daemon", "tick not journaled: indicators stand still; check the disk reason=%s",
                  gw_error_text(result));
    if (gateway->is_lagging != (result != GW_OK)) {
        gateway->is_lagging = result != GW_OK;
        tell_state(gateway, ready_status);
    }
    gateway->last_tick_mono_ms = now.mono_ms;
}

static void on_ticker(void *context)
{
    struct gateway *gateway = context;
    struct clock_reading now = clock_read(gateway->clock);
    uint64_t taken = pipeline_taken(gateway->pipeline);
    ready_alive(gateway->options.ready, now.mono_ms);
    int64_t waited_ms = now.mono_ms - gateway->last_tick_mono_ms;
    if (waited_ms >= TICK_MS || (waited_ms >= TICK_BUSY_MS && taken != gateway->taken_at_tick)) {
        gateway->taken_at_tick = taken;
        append_tick(gateway, now);
    }
}

/* ---- loading ---- */

static int load_rules(const struct gateway_options *options, uint64_t generation, struct diag *diag,
                      struct rules **rules, struct knowledge *knowledge)
{
    struct config *config;
    int result = settings_load(options->config_path, diag, &config);
    if (result == GW_OK)
        result = rules_load(config, options->data_dir, generation, diag, rules);
    if (result != GW_OK)
        return result;
    result = knowledge_load(*rules, options->data_dir, diag, knowledge);
    if (result != GW_OK) {
        knowledge_free(knowledge);
        rules_put(*rules);
        *rules = NULL;
    }
    return result;
}

int gateway_check(const struct gateway_options *options, struct diag *diag)
{
    struct rules *rules = NULL;
    struct knowledge knowledge;
    int result = load_rules(options, 1, diag, &rules, &knowledge);
    if (result == GW_OK) {
        knowledge_free(&knowledge);
        rules_put(rules);
    }
    return result;
}

static void reload_agent(struct gateway *gateway)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct agent_settings settings = agent_settings_from(gateway->rules->config, &arena);
    if (gateway->agent && agent_reload(gateway->agent, &settings) != GW_OK)
        log_error("reload",
                  "communities, users and sinks of before stay in force; the lines above say why");
    arena_fini(&arena);
}

static bool reload(struct gateway *gateway)
{
    struct rules *rules = NULL;
    struct knowledge knowledge;
    struct diag diag = {0};
    struct buf restarts = {0};
    size_t n;
    const struct section *const *sections = settings_sections(&n);
    int result =
        load_rules(&gateway->options, gateway->rules->generation + 1, &diag, &rules, &knowledge);
    for (size_t i = 0; i < diag.n; i++)
        log_error("reload", "%s:%d: %s", diag.items[i].file, diag.items[i].line,
                  diag.items[i].text);
    diag_free(&diag);
    struct clock_reading now = clock_read(gateway->clock);
    /* The indicators go by what the rest of the gateway does: before it, or not at all. */
    if (result == GW_OK && (result = knowledge_await_room(gateway->journal)) == GW_OK)
        result = watch_append(gateway->watch, &knowledge, rules, gateway->id, gateway->journal,
                              now.wall_ms);
    if (result != GW_OK) {
        log_error("reload", "refused; the configuration of before serves on reason=%s",
                  gw_error_text(result));
        if (rules) {
            knowledge_free(&knowledge);
            rules_put(rules);
        }
        return false;
    }
    config_list_restarts(gateway->started_rules->config, rules->config, sections, n, &restarts);
    if (restarts.n)
        log_warn("reload", "changed, but applied only by a restart:%s", buf_text(&restarts));
    buf_free(&restarts);
    pipeline_set_rules(gateway->pipeline, rules);
    rules_put(gateway->rules);
    gateway->rules = rules;
    gateway->generation = rules->generation;
    append_tick(gateway, now);
    outbox_reload(gateway->outbox, rules->config, buf_get(&knowledge.text[KPI_LOAD_CATALOGUE]));
    knowledge_free(&knowledge);
    reports_reload(&gateway->reports, rules->config);
    intake_reload(gateway->intake, rules->certificates);
    reload_agent(gateway);
    feeds_reload(gateway->feeds, rules->config);
    const struct gateway_settings *settings = config_get(rules->config, "gateway");
    log_set_level((enum log_level)settings->log_level);
    log_notice("reload", "done generation=%llu", (unsigned long long)rules->generation);
    return true;
}

static void on_reload(void *context)
{
    struct gateway *gateway = context;
    ready_reloading(gateway->options.ready, clock_read(gateway->clock).mono_ms);
    gateway->is_refused = !reload(gateway);
    tell_state(gateway, ready_running);
}

/* What could not be started, as on a full disk. */
static void on_mender(void *context)
{
    struct gateway *gateway = context;
    feeds_mend(gateway->feeds, gateway->rules->config);
    outbox_mend(gateway->outbox, gateway->rules->config);
    rules_look(gateway->rules, clock_read(gateway->clock).wall_ms);
}

/* ---- rooms ---- */

static void read_boot_id(struct gateway *gateway)
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
    if (!file || !fgets(gateway->boot_id, sizeof gateway->boot_id, file))
        snprintf(gateway->boot_id, sizeof gateway->boot_id, "unknown");
    gateway->boot_id[strcspn(gateway->boot_id, "\n")] = '\0';
    if (file)
        fclose(file);
}

static int make_state_dir(struct gateway *gateway, const struct gateway_settings *settings,
                          struct diag *diag)
{
    char path[PATH_MAX];
    const char *wanted = gateway->options.state_dir ? gateway->options.state_dir : settings->state;
    if (mkdir(wanted, 0750) < 0 && errno != EEXIST) {
        diag_add(diag, wanted, 0, "cannot make the state folder: %s", strerror(errno));
        return GW_ERR_IO;
    }
    /* net-snmp wants an absolute path for what it keeps */
    if (!realpath(wanted, path)) {
        diag_add(diag, wanted, 0, "cannot use the state folder: %s", strerror(errno));
        return GW_ERR_IO;
    }
    gateway->state_dir = gw_strdup(path);
    return GW_OK;
}

/* state/config leads to the configuration in use, for `eogctl backup`. On a full disk there is
   none: nothing else rests on it. */
static void point_to_config(const struct gateway *gateway)
{
    char link[PATH_MAX], target[PATH_MAX], before[PATH_MAX];
    snprintf(link, sizeof link, "%.4000s/config", gateway->state_dir);
    ssize_t n = readlink(link, before, sizeof before - 1);
    before[n > 0 ? n : 0] = '\0';
    bool has_target =
        gateway->options.config_path && realpath(gateway->options.config_path, target);
    if (has_target && strcmp(before, target) == 0)
        return;
    if (n > 0)
        unlink(link);
    if (has_target && symlink(target, link) != 0)
        log_warn("daemon", "backups will not find the configuration link=%s error=%s", link,
                 strerror(errno));
}

static int open_journal(struct gateway *gateway, struct diag *diag)
{
    char path[PATH_MAX];
    struct journal_options options;
    journal_settings_to_options(config_get(gateway->rules->config, "journal"), &options);
    snprintf(path, sizeof path, "%.4000s/journal", gateway->state_dir);
    int result = journal_open(path, &options, &gateway->journal);
    if (result != GW_OK)
        diag_add(diag, path, 0, "cannot open the journal: %s%s", gw_error_text(result),
                 result == GW_ERR_BUSY ? "; does another eogd use this state folder?" : "");
    return result;
}

static int start_core(struct gateway *gateway, struct diag *diag)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.4000s/kpi.checkpoint", gateway->state_dir);
    struct kpi_core_options options = {.checkpoint = path};
    int result = kpi_core_start(&options, gateway->journal, gateway->board, &gateway->core);
    if (result != GW_OK)
        diag_add(diag, path, 0, "cannot start the indicator engine: %s", gw_error_text(result));
    return result;
}

static int start_snmp(struct gateway *gateway, struct diag *diag)
{
    const struct config *config = gateway->rules->config;
    struct arena arena;
    arena_init(&arena, 0);
    struct agent_options options = {
        .settings = agent_settings_from(config, &arena),
        .board = gateway->board,
        .stats = gateway->stats,
        .journal = gateway->journal,
        .is_safe = parse_snmp_is_safe,
        .state_dir = gateway->state_dir,
        .gateway_id = gateway->id,
        .version = PACKAGE_VERSION,
        .clock = gateway->clock,
        .list_feeds = feed_rows_list,
        .feeds_context = &gateway->feed_rows,
    };
    int result = agent_start(&options, &gateway->agent);
    bool tells_changes = options.settings.agent->tells_changes;
    arena_fini(&arena);
    if (result != GW_OK) {
        diag_add(diag, "agent", 0, "cannot start: %s; the log says why", gw_error_text(result));
        return result;
    }
    struct notify_options notify = {
        .gateway_id = gateway->id,
        .state_dir = gateway->state_dir,
        .tells_changes = tells_changes,
        .send = agent_send,
        .send_context = gateway->agent,
        .oldest_waiting = agent_oldest_waiting,
        .stats = gateway->stats,
        .feeds_state = feed_rows_state,
        .feeds_context = &gateway->feed_rows,
    };
    return notify_start(&notify, gateway->journal, &gateway->notify);
}

static int start_store(struct gateway *gateway, struct diag *diag)
{
    struct store_options options = {
        .state_dir = gateway->state_dir,
        .section = config_get(gateway->rules->config, "store"),
        .journal = gateway->journal,
        .clock = gateway->clock,
        .read_sites = knowledge_read_sites,
    };
    int result = store_start(&options, &gateway->store);
    if (result != GW_OK)
        diag_add(diag, "store", 0, "cannot start: %s", gw_error_text(result));
    return result;
}

static int start_delivery(struct gateway *gateway, const struct knowledge *knowledge,
                          struct diag *diag)
{
    const struct config *config = gateway->rules->config;
    struct feeds_options feeds = {
        .gateway_id = gateway->id,
        .version = PACKAGE_VERSION,
        .journal = gateway->journal,
        .clock = gateway->clock,
    };
    struct outbox_options outbox = {
        .gateway_id = gateway->id,
        .journal = gateway->journal,
        .clock = gateway->clock,
    };
    gateway->feeds = feeds_start(&feeds, config);
    feed_rows_set(&gateway->feed_rows, gateway->feeds);
    int result = outbox_start(&outbox, config, buf_get(&knowledge->text[KPI_LOAD_CATALOGUE]),
                              &gateway->outbox);
    if (result != GW_OK)
        diag_add(diag, "mail", 0, "cannot start: %s; the log says why", gw_error_text(result));
    else
        feed_rows_set_outbox(&gateway->feed_rows, gateway->outbox);
    return result;
}

static int start_reports(struct gateway *gateway, struct diag *diag)
{
    const struct reports_options options = {
        .state_dir = gateway->state_dir,
        .gateway_id = gateway->id,
        .data_dir = gateway->options.data_dir,
        .journal = gateway->journal,
        .store = gateway->store,
        .clock = gateway->clock,
    };
    int result = reports_start(&gateway->reports, &options, gateway->rules->config);
    if (result != GW_OK)
        diag_add(diag, "report", 0, "cannot start: %s; the log says why", gw_error_text(result));
    return result;
}

static const struct intake_listener **listeners(const struct config *config, const char *element,
                                                struct arena *arena, size_t *n)
{
    *n = config_count(config, element);
    const struct intake_listener **list = arena_alloc(arena, *n * sizeof *list);
    for (size_t i = 0; i < *n; i++)
        list[i] = config_at(config, element, i);
    return list;
}

static void on_commit(void *context)
{
    struct gateway *gateway = context;
    agent_committed(gateway->agent);
}

/* Notifications of version 3 go by the SNMP thread. */
static int start_v3(struct gateway *gateway, struct diag *diag)
{
    int fd = intake_v3_socket(gateway->intake);
    if (fd < 0)
        return GW_OK;
    struct gwsnmp_receiver receiver = intake_v3_receiver(gateway->intake);
    int result = agent_receive(gateway->agent, fd, &receiver);
    if (result != GW_OK) {
        diag_add(diag, "notifications", 0, "cannot take SNMPv3: %s", gw_error_text(result));
        return result;
    }
    gateway->v3_watch = journal_watch(gateway->journal, on_commit, gateway);
    return GW_OK;
}

/* Informs whose records get on disk meanwhile are answered. */
static void stop_v3(struct gateway *gateway)
{
    struct journal_status status;
    if (gateway->v3_watch >= 0) {
        journal_get_status(gateway->journal, &status);
        journal_wait_committed(gateway->journal, status.staged, STOP_V3_MS);
        journal_unwatch(gateway->journal, gateway->v3_watch);
    }
    if (gateway->agent)
        agent_stop_receiving(gateway->agent);
}

static int start_intake(struct gateway *gateway, struct diag *diag)
{
    const struct config *config = gateway->rules->config;
    const struct gateway_settings *settings = config_get(config, "gateway");
    struct arena arena;
    struct intake_options options = {
        .threads = (int)settings->threads,
        .certificates = gateway->rules->certificates,
        .sink = pipeline_sink(gateway->pipeline),
        .journal = gateway->journal,
        .stats = gateway->stats,
        .clock = gateway->clock,
        .state_dir = gateway->state_dir,
    };
    arena_init(&arena, 0);
    options.udp = listeners(config, "syslog-udp", &arena, &options.n_udp);
    options.tcp = listeners(config, "syslog-tcp", &arena, &options.n_tcp);
    options.tls = listeners(config, "syslog-tls", &arena, &options.n_tls);
    options.relp = listeners(config, "syslog-relp", &arena, &options.n_relp);
    options.notifications = listeners(config, "notifications", &arena, &options.n_notifications);
    options.unix_ = listeners(config, "syslog-unix", &arena, &options.n_unix);
    options.follow = listeners(config, "follow", &arena, &options.n_follow);
    if (options.n_relp)
        options.resent = gateway->resent = recall_resent(gateway->journal);
    int result = intake_start(&options, diag, &gateway->intake);
    arena_fini(&arena);
    return result == GW_OK ? start_v3(gateway, diag) : result;
}

static uint64_t generation_of(void *context)
{
    return ((struct gateway *)context)->generation;
}

static int start_web(struct gateway *gateway, struct diag *diag)
{
    struct metrics_sources from = {
        .gateway_id = gateway->id,
        .version = PACKAGE_VERSION,
        .started_ms = gateway->started_ms,
        .journal = gateway->journal,
        .board = gateway->board,
        .core = gateway->core,
        .stats = gateway->stats,
        .agent = gateway->agent,
        .feeds = gateway->feeds,
        .store = gateway->store,
        .outbox = gateway->outbox,
        .schedule = gateway->reports.schedule,
        .postbox = gateway->reports.postbox,
        .generation = generation_of,
        .context = gateway,
    };
    struct web_options options = {
        .settings = config_get(gateway->rules->config, "web"),
        .from = &from,
        .context = &gateway->shown,
    };
    options.answers = web_answers(&options.n_answers);
    int result = web_start(&options, &gateway->web);
    if (result != GW_OK)
        diag_add(diag, "web", 0, "cannot start: %s", gw_error_text(result));
    return result;
}

static void on_terminate(void *context)
{
    struct gateway *gateway = context;
    log_info("daemon", "stopping");
    loop_stop(gateway->loop);
}

static int start_loop(struct gateway *gateway, struct diag *diag)
{
    char path[PATH_MAX];
    const struct gateway_settings *settings = config_get(gateway->rules->config, "gateway");
    snprintf(path, sizeof path, "%.4000s/control.sock", gateway->state_dir);
    gateway->shown = (struct control_options){
        .gateway_id = gateway->id,
        .version = PACKAGE_VERSION,
        .started_ms = gateway->started_ms,
        .clock = gateway->clock,
        .journal = gateway->journal,
        .board = gateway->board,
        .core = gateway->core,
        .stats = gateway->stats,
        .agent = gateway->agent,
        .feeds = gateway->feeds,
        .store = gateway->store,
        .outbox = gateway->outbox,
        .watch = gateway->watch,
        .reports = &gateway->reports,
        .generation = generation_of,
        .context = gateway,
        .idle_ms = settings->control_idle_ms,
    };
    gateway->ticker = loop_timer_new(gateway->loop, TICK_CHECK_MS, on_ticker, gateway);
    gateway->mender = loop_timer_new(gateway->loop, MEND_MS, on_mender, gateway);
    bool has_signals = loop_on_signal(gateway->loop, SIGTERM, on_terminate, gateway) &&
                       loop_on_signal(gateway->loop, SIGINT, on_terminate, gateway) &&
                       loop_on_signal(gateway->loop, SIGHUP, on_reload, gateway);
    if (!gateway->ticker || !gateway->mender || !has_signals) {
        diag_add(diag, "daemon", 0, "cannot start: no descriptors left");
        return GW_ERR_IO;
    }
    if (control_start(gateway->loop, path, &gateway->shown, &gateway->control) != GW_OK) {
        diag_add(diag, path, 0, "cannot make the control socket");
        return GW_ERR_IO;
    }
    return GW_OK;
}

static int start_rooms(struct gateway *gateway, struct knowledge *knowledge, struct diag *diag)
{
    struct clock_reading now = clock_read(gateway->clock);
    gateway->started_ms = now.wall_ms;
    gateway->stats = stats_new();
    gateway->board = snapshot_board_new();
    int result = open_journal(gateway, diag);
    if (result != GW_OK)
        return result;
    gateway->watch = watch_new(gateway->state_dir, gateway->options.data_dir);
    result = watch_append(gateway->watch, knowledge, gateway->rules, gateway->id, gateway->journal,
                          now.wall_ms);
    if (result != GW_OK)
        return result;
    append_tick(gateway, now);
    gateway->pipeline = pipeline_new(gateway->journal, gateway->stats, gateway->rules);
    /* net-snmp reads the environment, which its start changes: before the threads that might too */
    if ((result = start_snmp(gateway, diag)) != GW_OK ||
        (result = start_core(gateway, diag)) != GW_OK ||
        (result = start_delivery(gateway, knowledge, diag)) != GW_OK ||
        (result = start_store(gateway, diag)) != GW_OK ||
        (result = start_reports(gateway, diag)) != GW_OK ||
        (result = start_loop(gateway, diag)) != GW_OK ||
        (result = start_intake(gateway, diag)) != GW_OK)
        return result;
    /* Its thread asks every room: after all of them, and gone before any of them. */
    return start_web(gateway, diag);
}

/* Signals go to the main loop alone: what comes before it runs waits for it, and threads started
   meanwhile inherit the mask. */
static void block_signals(int how)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(how, &set, NULL);
}

int gateway_start(const struct gateway_options *options, struct diag *diag, struct gateway **out)
{
    struct knowledge knowledge;
    struct gateway *gateway = gw_alloc(sizeof *gateway);
    *gateway = (struct gateway){.options = *options, .clock = &clock_system, .v3_watch = -1};
    *out = NULL;
    block_signals(SIG_BLOCK);
    int result = load_rules(options, 1, diag, &gateway->rules, &knowledge);
    if (result != GW_OK) {
        block_signals(SIG_UNBLOCK);
        free(gateway);
        return result;
    }
    gateway->started_rules = rules_get(gateway->rules);
    gateway->generation = gateway->rules->generation;
    const struct gateway_settings *settings = config_get(gateway->rules->config, "gateway");
    log_set_level((enum log_level)settings->log_level);
    /* What a reload does not change outlives the configuration it came from. */
    gateway->id = gw_strdup(settings->id);
    read_boot_id(gateway);
    result = make_state_dir(gateway, settings, diag);
    if (result == GW_OK && !(gateway->loop = loop_new()))
        result = GW_ERR_IO;
    if (result == GW_OK)
        result = start_rooms(gateway, &knowledge, diag);
    if (result == GW_OK)
        point_to_config(gateway);
    block_signals(SIG_UNBLOCK);
    knowledge_free(&knowledge);
    if (result != GW_OK) {
        gateway_stop(gateway);
        return result;
    }
    log_info("daemon", "running id=%s version=%s state=%s", gateway->id, PACKAGE_VERSION,
             gateway->state_dir);
    *out = gateway;
    return GW_OK;
}

void gateway_run(struct gateway *gateway)
{
    tell_state(gateway, ready_running);
    loop_run(gateway->loop);
    ready_stopping(gateway->options.ready);
}

void gateway_stop(struct gateway *gateway)
{
    web_stop(gateway->web);
    stop_v3(gateway);
    intake_stop(gateway->intake);
    loop_timer_free(gateway->ticker);
    loop_timer_free(gateway->mender);
    control_stop(gateway->control);
    kpi_core_stop(gateway->core);
    notify_stop(gateway->notify);
    agent_stop(gateway->agent);
    feed_rows_fini(&gateway->feed_rows);
    reports_stop(&gateway->reports);
    outbox_stop(gateway->outbox);
    feeds_stop(gateway->feeds);
    store_stop(gateway->store);
    watch_free(gateway->watch);
    journal_close(gateway->journal);
    resent_free(gateway->resent);
    pipeline_free(gateway->pipeline);
    snapshot_board_free(gateway->board);
    stats_free(gateway->stats);
    loop_free(gateway->loop);
    rules_put(gateway->rules);
    rules_put(gateway->started_rules);
    if (gateway->started_ms)
        log_info("daemon", "stopped");
    free((char *)gateway->id);
    free(gateway->state_dir);
    free(gateway);
}

const char *gateway_state_dir(const struct gateway *gateway)
{
    return gateway->state_dir;
}

void gateway_print_addresses(const struct gateway *gateway)
{
    addresses_print(gateway->rules->config, gateway->state_dir);
}
