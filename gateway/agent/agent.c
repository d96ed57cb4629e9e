/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The agent: a view of the gateway's data, given to the SNMP thread as one subtree. */
#include "gateway/agent/agent_internal.h"

#include <stdlib.h>

#include "gateway/agent/syslog_mib.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/snmp/session.h"

static const uint32_t objects_root[] = {EOG_OBJECTS_BASE};

struct agent {
    struct gwsnmp_session *session;
    struct agent_view view;
    struct syslog_mib *syslog_mib;    /* NULL: off */
    struct gwsnmp_subtree subtree[2]; /* our own module, SYSLOG-MSG-MIB */
    char *gateway_id, *version;
};

uint64_t agent_refused(const struct agent *agent)
{
    return gwsnmp_session_refused(agent->session);
}

static uint64_t refused(void *context)
{
    return agent_refused(context);
}

static void log_diag(struct diag *diag)
{
    for (size_t i = 0; i < diag->n; i++)
        log_error("agent", "%s:%d: %s", diag->items[i].file, diag->items[i].line,
                  diag->items[i].text);
    diag_free(diag);
}

static struct agent *agent_new(const struct agent_options *options)
{
    struct agent *agent = gw_alloc(sizeof *agent);
    agent->gateway_id = gw_strdup(options->gateway_id);
    agent->version = gw_strdup(options->version);
    agent->view = (struct agent_view){
        .board = options->board,
        .stats = options->stats,
        .journal = options->journal,
        .clock = options->clock,
        .gateway_id = agent->gateway_id,
        .version = agent->version,
        .start_ms = clock_read(options->clock).wall_ms,
        .list_feeds = options->list_feeds,
        .feeds_context = options->feeds_context,
        .refused = refused,
        .refused_context = agent,
    };
    agent_view_init(&agent->view);
    agent->subtree[0] =
        (struct gwsnmp_subtree){"eogGateway", objects_root,   AGENT_COUNT(objects_root),
                                &agent_mib,   agent_view_pin, &agent->view};
    return agent;
}

static void agent_free(struct agent *agent)
{
    syslog_mib_free(agent->syslog_mib);
    agent_view_fini(&agent->view);
    free(agent->gateway_id);
    free(agent->version);
    free(agent);
}

static void make_syslog_mib(struct agent *agent, const struct agent_options *options)
{
    struct syslog_mib_options of_mib = {
        .section = options->settings.syslog_mib,
        .gateway_id = agent->gateway_id,
        .journal = options->journal,
        .stats = options->stats,
        .clock = options->clock,
        .send = agent_send,
        .send_context = agent,
    };
    if (!options->journal || !of_mib.section->rows)
        return;
    agent->syslog_mib = syslog_mib_new(&of_mib);
    agent->subtree[1] = syslog_mib_subtree(agent->syslog_mib);
}

static int start_session(struct agent *agent, const struct agent_options *options,
                         struct arena *arena)
{
    struct diag diag = {0};
    const struct agent_settings *settings = &options->settings;
    struct gwsnmp_access access;
    struct gwsnmp_sink *sinks;

    if (!agent_settings_resolve(settings, arena, &diag, &access, &sinks)) {
        log_diag(&diag);
        return GW_ERR_INVALID;
    }
    make_syslog_mib(agent, options);
    struct gwsnmp_session_options session_options = {
        .mode = (enum gwsnmp_mode)settings->agent->mode,
        .listen = settings->agent->address,
        .master = settings->agent->master,
        .state_dir = options->state_dir,
        .name = options->gateway_id,
        .description = arena_printf(arena, "eog-gateway %s", options->version),
        .access = access,
        .sinks = sinks,
        .n_sinks = settings->n_sinks,
        .subtrees = agent->subtree,
        .n_subtrees = agent->syslog_mib ? 2 : 1,
        .is_safe = options->is_safe,
        .stats = options->stats,
    };
    return gwsnmp_session_start(&session_options, &agent->session);
}

int agent_start(const struct agent_options *options, struct agent **out)
{
    struct arena arena;
    struct agent *agent = agent_new(options);

    arena_init(&arena, 0);
    int error = start_session(agent, options, &arena);
    arena_fini(&arena);
    if (!error && agent->syslog_mib && (error = syslog_mib_start(agent->syslog_mib)) != GW_OK) {
        agent_stop(agent);
        return error;
    }
    if (error) {
        agent_free(agent);
        return error;
    }
    *out = agent;
    return GW_OK;
}

void agent_stop(struct agent *agent)
{
    if (!agent)
        return;
    syslog_mib_stop(agent->syslog_mib);
    gwsnmp_session_stop(agent->session);
    agent_free(agent);
}

int agent_reload(struct agent *agent, const struct agent_settings *settings)
{
    struct arena arena;
    struct diag diag = {0};
    struct gwsnmp_access access;
    struct gwsnmp_sink *sinks;
    int error = GW_ERR_INVALID;

    arena_init(&arena, 0);
    if (agent_settings_resolve(settings, &arena, &diag, &access, &sinks))
        error = gwsnmp_session_reload(agent->session, &access, sinks, settings->n_sinks);
    else
        log_diag(&diag);
    if (error == GW_OK && agent->syslog_mib)
        syslog_mib_reload(agent->syslog_mib, settings->syslog_mib);
    arena_fini(&arena);
    return error;
}

int agent_send(void *context, const struct gwsnmp_notification *notification, int timeout_ms)
{
    struct agent *agent = context;
    return gwsnmp_session_notify(agent->session, notification, timeout_ms);
}

uint64_t agent_oldest_waiting(void *context)
{
    struct agent *agent = context;
    return gwsnmp_session_oldest_waiting(agent->session);
}

size_t agent_sinks(struct agent *agent, struct gwsnmp_sink_row *out, size_t max)
{
    return gwsnmp_session_sinks(agent->session, out, max);
}

int agent_receive(struct agent *agent, int fd, const struct gwsnmp_receiver *to)
{
    return gwsnmp_session_receive(agent->session, fd, to);
}

void agent_stop_receiving(struct agent *agent)
{
    gwsnmp_session_stop_receiving(agent->session);
}

void agent_committed(struct agent *agent)
{
    gwsnmp_session_committed(agent->session);
}

size_t agent_engines(struct agent *agent, struct gwsnmp_engine_row *out, size_t max)
{
    return gwsnmp_session_engines(agent->session, out, max);
}

void agent_engine_id(const struct agent *agent, char *out)
{
    gwsnmp_session_engine_id(agent->session, out);
}
