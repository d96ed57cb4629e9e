/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The SNMP thread. Order of the library's start, each step for a reason:
 *   1. environment: no configuration, MIB text or state folder but ours can be named in it;
 *   2. -smux: the module would listen on port 199; role and quiet flags before init_agent();
 *   3. init_agent, then our access control in place of the library's VACM;
 *   4. the engine's exact id and boots, kept by engine.c and fed as configuration lines, since the
 *      library itself writes boots only at a clean end;
 *   5. init_snmp, users, listening sockets behind the guard, subtrees, sinks.
 * Then one loop over the library's sockets and an eventfd by which other threads hand in jobs: a
 * notification, a new access list, the end. Whoever hands in a job waits until it is done.
 */
#include "gateway/snmp/session.h"

#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>
#include <net-snmp/library/fd_event_manager.h>
#include <net-snmp/library/snmp_transport.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/address.h"
#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/secret.h"
#include "gateway/base/thread.h"
#include "gateway/snmp/guard.h"
#include "gateway/snmp/snmp_internal.h"

#define APPLICATION "eogd"
enum { REPETITIONS_MAX = 50, RESPONSES_MAX = 2000, RECEIVE_BUFFER = 4 << 20 };

enum job_type { JOB_NOTIFY, JOB_RELOAD, JOB_RECEIVE, JOB_STOP_RECEIVING, JOB_STOP };

struct job {
    enum job_type type;
    const struct gwsnmp_notification *notification;
    const struct gwsnmp_access *access;
    const struct gwsnmp_sink *sinks;
    size_t n_sinks;
    const struct gwsnmp_receiver *receiver;
    int fd;
    int result;
};

struct gwsnmp_session {
    struct gwsnmp_session_options options; /* pointers in it are valid during the start only,
                                              but for subtrees, is_safe and stats */
    pthread_t thread;
    int wake_fd;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct job *job; /* handed in and not done yet */
    bool is_closed;  /* no more jobs are taken */
    bool is_started; /* start has an outcome */
    int outcome;

    /* The SNMP thread's own. */
    bool is_running;
    char *engine_dir;
    struct gwsnmp_engine engine;
    struct gwsnmp_system system;
    struct gwsnmp_subtree own_subtrees[GWSNMP_OWN_SUBTREES];
    struct arena *access_arena;
    struct gwsnmp_access access;
    struct gwsnmp_sinks *sinks;
    struct gwsnmp_receiving *receiving;
    struct gwsnmp_master *master; /* NULL: no subagent */
};

/* The library can be started once in a process. */
static _Atomic int session_count;

/* ---- who may read ---- */

static void free_keys(struct gwsnmp_user_keys *keys, const struct gwsnmp_access *access)
{
    if (keys)
        secret_wipe(keys, (access->n_users + access->n_senders) * sizeof *keys);
    free(keys);
}

/* Of the users, then of the senders. NULL: those of one cannot be made (logged). */
static struct gwsnmp_user_keys *make_keys(const struct gwsnmp_access *access)
{
    size_t n = access->n_users + access->n_senders;
    struct gwsnmp_user_keys *keys = gw_alloc((n + 1) * sizeof *keys);
    int error = GW_OK;
    for (size_t i = 0; i < n && !error; i++)
        error = gwsnmp_usm_make_keys(
            i < access->n_users ? &access->users[i] : &access->senders[i - access->n_users].user,
            &keys[i]);
    if (!error)
        return keys;
    free_keys(keys, access);
    return NULL;
}

static int install_access(struct gwsnmp_session *session, const struct gwsnmp_access *access,
                          const struct gwsnmp_user_keys *keys)
{
    struct arena *arena = gw_alloc(sizeof *arena), *old = session->access_arena;
    arena_init(arena, 0);
    session->access = gwsnmp_access_dup(arena, access);
    session->access_arena = arena;
    gwsnmp_guard_set_access(&session->access);
    if (old) {
        arena_fini(old);
        free(old);
    }
    int error = gwsnmp_usm_set_users(session->access.users, keys, session->access.n_users,
                                     &session->engine);
    gwsnmp_receiving_set_access(session->receiving, &session->access, keys + access->n_users);
    gwsnmp_sinks_add_users(session->sinks);
    return error;
}

/* ---- start ---- */

static uint32_t uptime(void)
{
    return (uint32_t)netsnmp_get_agent_uptime();
}

static uint32_t engine_time(void)
{
    return (uint32_t)snmpv3_local_snmpEngineTime();
}

static uint32_t count(enum gwsnmp_counted what)
{
    static const int numbers[] = {
        [GWSNMP_IN_PACKETS] = STAT_SNMPINPKTS,
        [GWSNMP_IN_BAD_VERSIONS] = STAT_SNMPINBADVERSIONS,
        [GWSNMP_IN_BAD_COMMUNITY_NAMES] = STAT_SNMPINBADCOMMUNITYNAMES,
        [GWSNMP_IN_BAD_COMMUNITY_USES] = STAT_SNMPINBADCOMMUNITYUSES,
        [GWSNMP_IN_PARSE_ERRORS] = STAT_SNMPINASNPARSEERRS,
        [GWSNMP_SILENT_DROPS] = STAT_SNMPSILENTDROPS,
        [GWSNMP_UNKNOWN_CONTEXTS] = STAT_SNMPUNKNOWNCONTEXTS,
        [GWSNMP_UNSUPPORTED_LEVELS] = STAT_USMSTATSUNSUPPORTEDSECLEVELS,
        [GWSNMP_NOT_IN_TIME_WINDOWS] = STAT_USMSTATSNOTINTIMEWINDOWS,
        [GWSNMP_UNKNOWN_USERS] = STAT_USMSTATSUNKNOWNUSERNAMES,
        [GWSNMP_UNKNOWN_ENGINES] = STAT_USMSTATSUNKNOWNENGINEIDS,
        [GWSNMP_WRONG_DIGESTS] = STAT_USMSTATSWRONGDIGESTS,
        [GWSNMP_DECRYPTION_ERRORS] = STAT_USMSTATSDECRYPTIONERRORS,
    };
    return snmp_get_statistic(numbers[what]);
}

static int register_subtrees(struct gwsnmp_session *session)
{
    const struct gwsnmp_session_options *options = &session->options;
    /* A subagent's master decides who may read. */
    const struct gwsnmp_access *access =
        options->mode == GWSNMP_MODE_STANDALONE ? &session->access : NULL;
    if (options->mode == GWSNMP_MODE_OFF)
        return GW_OK;
    if (options->mode == GWSNMP_MODE_STANDALONE) {
        session->system = (struct gwsnmp_system){gw_strdup(options->name),
                                                 gw_strdup(options->description),
                                                 session->engine,
                                                 uptime,
                                                 engine_time,
                                                 count};
        gwsnmp_system_subtrees(&session->system, session->own_subtrees);
        for (size_t i = 0; i < GWSNMP_OWN_SUBTREES; i++)
            if (gwsnmp_subtree_register(&session->own_subtrees[i], access) != GW_OK)
                return GW_ERR_IO;
    }
    for (size_t i = 0; i < options->n_subtrees; i++)
        if (gwsnmp_subtree_register(&options->subtrees[i], access) != GW_OK)
            return GW_ERR_IO;
    return GW_OK;
}

static void set_library_options(const struct gwsnmp_session_options *options)
{
    bool is_agentx = options->mode == GWSNMP_MODE_AGENTX;
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_ROLE, is_agentx);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PRINT_UNITS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID,
                           NETSNMP_DS_AGENT_DONT_LOG_TCPWRAPPERS_CONNECTS, 1);
    netsnmp_ds_set_int(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_SERVERRECVBUF, RECEIVE_BUFFER);
    netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_MAX_GETBULKREPEATS,
                       REPETITIONS_MAX);
    netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_MAX_GETBULKRESPONSES,
                       RESPONSES_MAX);
    if (!is_agentx)
        netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_PORTS, "none");
}

/* As the library wants it: the boots of the last start, with the id that they belong to; it counts
   this start itself. */
static void set_library_engine(const struct gwsnmp_engine *engine)
{
    char line[64 + 2 * GWSNMP_ENGINE_ID_MAX], hex[2 * GWSNMP_ENGINE_ID_MAX + 1];
    set_exact_engineID(engine->id, engine->n_id);
    gwsnmp_engine_hex(engine, hex);
    snprintf(line, sizeof line, "oldEngineID 0x%s", hex);
    netsnmp_config_remember(line);
    snprintf(line, sizeof line, "engineBoots %u", engine->boots - 1);
    netsnmp_config_remember(line);
}

static int start_library(struct gwsnmp_session *session)
{
    static char no_smux[] = "-smux";
    const struct gwsnmp_session_options *options = &session->options;

    if (gwsnmp_engine_start(session->engine_dir, &session->engine) != GW_OK)
        return GW_ERR_IO;
    gwsnmp_log_bridge();
    gwsnmp_guard_init(options->is_safe, options->stats);
    add_to_init_list(no_smux);
    set_configuration_directory(session->engine_dir);
    set_persistent_directory(session->engine_dir);
    set_library_options(options);
    if (init_agent(APPLICATION) != 0)
        return GW_ERR_IO;
    /* After init_agent(), which sets a ping interval of its own. */
    if (options->mode == GWSNMP_MODE_AGENTX)
        session->master = gwsnmp_master_new(options->master);
    gwsnmp_authorize_begin(&session->access);
    set_library_engine(&session->engine);
    init_snmp(APPLICATION);
    if (snmpv3_local_snmpEngineBoots() != session->engine.boots) {
        log_error("snmp", "the library does not take the engine's boots wanted=%u has=%lu",
                  session->engine.boots, snmpv3_local_snmpEngineBoots());
        return GW_ERR_IO;
    }
    if (options->mode != GWSNMP_MODE_AGENTX && init_master_agent() != 0)
        return GW_ERR_IO;
    return GW_OK;
}

static int start_access(struct gwsnmp_session *session)
{
    const struct gwsnmp_access *access = &session->options.access;
    struct gwsnmp_user_keys *keys = make_keys(access);
    int error = keys ? install_access(session, access, keys) : GW_ERR_INVALID;
    free_keys(keys, access);
    return error;
}

static int start(struct gwsnmp_session *session)
{
    const struct gwsnmp_session_options *options = &session->options;
    int error = start_library(session);
    if (!error)
        error = start_access(session);
    if (!error)
        error = register_subtrees(session);
    if (!error && options->mode == GWSNMP_MODE_STANDALONE)
        error = gwsnmp_listen(options->listen);
    if (!error)
        error = gwsnmp_sinks_new(&session->engine, options->stats, &session->receiving,
                                 &session->sinks);
    if (!error)
        error = gwsnmp_sinks_set(session->sinks, options->sinks, options->n_sinks);
    return error;
}

/* ---- jobs ---- */

/* What can fail comes before anything is changed. */
static int reload(struct gwsnmp_session *session, const struct job *job)
{
    struct gwsnmp_user_keys *keys = make_keys(job->access);
    int error = keys ? gwsnmp_sinks_set(session->sinks, job->sinks, job->n_sinks) : GW_ERR_INVALID;
    if (!error)
        error = install_access(session, job->access, keys);
    free_keys(keys, job->access);
    return error;
}

static void do_job(struct gwsnmp_session *session, struct job *job)
{
    switch (job->type) {
    case JOB_NOTIFY:
        gwsnmp_sinks_send(session->sinks, job->notification, uptime());
        job->result = GW_OK;
        break;
    case JOB_RELOAD:
        job->result = reload(session, job);
        break;
    case JOB_RECEIVE:
        job->result =
            session->receiving
                ? GW_ERR_EXISTS
                : gwsnmp_receiving_start(job->receiver, job->fd, &session->access, &session->engine,
                                         session->sinks, &session->receiving);
        break;
    case JOB_STOP_RECEIVING:
        gwsnmp_receiving_stop(session->receiving);
        session->receiving = NULL;
        job->result = GW_OK;
        break;
    case JOB_STOP:
        session->is_running = false;
        job->result = GW_OK;
        break;
    }
}

static void on_wake(int fd, void *context)
{
    struct gwsnmp_session *session = context;
    uint64_t count;
    if (read(fd, &count, sizeof count) != (ssize_t)sizeof count)
        return;
    /* Done under the lock: whoever stops waiting for his job takes it back untouched, or finds it
       done. */
    pthread_mutex_lock(&session->lock);
    if (session->job) {
        do_job(session, session->job);
        session->job = NULL;
        pthread_cond_broadcast(&session->changed);
    }
    pthread_mutex_unlock(&session->lock);
    gwsnmp_receiving_committed(session->receiving);
}

static struct timespec deadline_in(int ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

/* Hand a job in and wait for its end; timeout_ms < 0: for ever. */
static int give(struct gwsnmp_session *session, struct job *job, int timeout_ms)
{
    static const uint64_t one = 1;
    struct timespec deadline = deadline_in(timeout_ms < 0 ? 0 : timeout_ms);
    bool is_given = false;
    int result = GW_ERR_CLOSED, rc = 0;

    pthread_mutex_lock(&session->lock);
    while (rc == 0) {
        if (is_given ? session->job != job : session->is_closed)
            break;
        if (!is_given && !session->job) {
            session->job = job;
            is_given = true;
            if (write(session->wake_fd, &one, sizeof one) != (ssize_t)sizeof one)
                log_error("snmp", "cannot wake the thread reason=\"%s\"", strerror(errno));
        }
        rc = timeout_ms < 0 ? pthread_cond_wait(&session->changed, &session->lock)
                            : pthread_cond_timedwait(&session->changed, &session->lock, &deadline);
    }
    if (is_given && session->job != job)
        result = job->result;
    else if (rc != 0)
        result = GW_ERR_BUSY;
    if (session->job == job)
        session->job = NULL;
    if (job->type == JOB_STOP)
        session->is_closed = true;
    pthread_mutex_unlock(&session->lock);
    return result;
}

/* ---- the thread ---- */

static void end(struct gwsnmp_session *session)
{
    unregister_readfd(session->wake_fd);
    gwsnmp_receiving_stop(session->receiving);
    session->receiving = NULL;
    gwsnmp_authorize_end(&session->access);
    gwsnmp_sinks_free(session->sinks);
    session->sinks = NULL;
    gwsnmp_master_free(session->master); /* the library frees what callbacks are given */
    snmp_shutdown(APPLICATION);
    shutdown_agent();
    gwsnmp_guard_fini();
}

static void *run(void *context)
{
    struct gwsnmp_session *session = context;
    gw_thread_is_prompt();
    gw_thread_goes_first(); /* as those that take a flood */
    int outcome = start(session);

    pthread_mutex_lock(&session->lock);
    session->outcome = outcome;
    session->is_started = true;
    pthread_cond_broadcast(&session->changed);
    pthread_mutex_unlock(&session->lock);

    if (outcome == GW_OK) {
        session->is_running = true;
        register_readfd(session->wake_fd, on_wake, session);
        while (session->is_running)
            agent_check_and_process(1);
    }
    end(session);
    return NULL;
}

static void session_free(struct gwsnmp_session *session)
{
    if (session->access_arena) {
        arena_fini(session->access_arena);
        free(session->access_arena);
    }
    free((char *)(uintptr_t)session->system.name);
    free((char *)(uintptr_t)session->system.description);
    free(session->engine_dir);
    if (session->wake_fd >= 0)
        close(session->wake_fd);
    pthread_cond_destroy(&session->changed);
    pthread_mutex_destroy(&session->lock);
    free(session);
}

/* "state_dir/snmp", absolute: the library changes no folder, but a daemon may. */
static char *make_engine_dir(const char *state_dir)
{
    char *absolute = realpath(state_dir, NULL), *path = NULL;
    if (absolute && asprintf(&path, "%s/snmp", absolute) < 0)
        path = NULL;
    free(absolute);
    if (path && mkdir(path, 0700) != 0 && errno != EEXIST) {
        free(path);
        path = NULL;
    }
    if (!path)
        log_error("snmp", "state folder cannot be used dir=%s reason=\"%s\"", state_dir,
                  strerror(errno));
    return path;
}

static struct gwsnmp_session *session_new(const struct gwsnmp_session_options *options)
{
    struct gwsnmp_session *session = gw_alloc(sizeof *session);
    pthread_condattr_t attributes;

    session->options = *options;
    pthread_mutex_init(&session->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&session->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    session->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    session->engine_dir = make_engine_dir(options->state_dir);
    return session;
}

int gwsnmp_session_start(const struct gwsnmp_session_options *options, struct gwsnmp_session **out)
{
    *out = NULL;
    if (atomic_fetch_add_explicit(&session_count, 1, memory_order_relaxed) != 0)
        return GW_ERR_EXISTS;
    gwsnmp_library_isolate();

    struct gwsnmp_session *session = session_new(options);
    if (!session->engine_dir || session->wake_fd < 0 ||
        gw_thread_start(&session->thread, "snmp", run, session) != 0) {
        session_free(session);
        return GW_ERR_IO;
    }
    pthread_mutex_lock(&session->lock);
    while (!session->is_started)
        pthread_cond_wait(&session->changed, &session->lock);
    int outcome = session->outcome;
    pthread_mutex_unlock(&session->lock);
    if (outcome) {
        pthread_join(session->thread, NULL);
        session_free(session);
        return outcome;
    }
    *out = session;
    return GW_OK;
}

void gwsnmp_session_stop(struct gwsnmp_session *session)
{
    struct job job = {.type = JOB_STOP};
    if (!session)
        return;
    give(session, &job, -1);
    pthread_join(session->thread, NULL);
    session_free(session);
}

int gwsnmp_session_notify(struct gwsnmp_session *session,
                          const struct gwsnmp_notification *notification, int timeout_ms)
{
    struct job job = {.type = JOB_NOTIFY, .notification = notification};
    return give(session, &job, timeout_ms);
}

int gwsnmp_session_reload(struct gwsnmp_session *session, const struct gwsnmp_access *access,
                          const struct gwsnmp_sink *sinks, size_t n_sinks)
{
    struct job job = {.type = JOB_RELOAD, .access = access, .sinks = sinks, .n_sinks = n_sinks};
    return give(session, &job, 30000);
}

int gwsnmp_session_receive(struct gwsnmp_session *session, int fd, const struct gwsnmp_receiver *to)
{
    struct job job = {.type = JOB_RECEIVE, .fd = fd, .receiver = to};
    return give(session, &job, -1);
}

void gwsnmp_session_stop_receiving(struct gwsnmp_session *session)
{
    struct job job = {.type = JOB_STOP_RECEIVING};
    give(session, &job, -1);
}

void gwsnmp_session_committed(struct gwsnmp_session *session)
{
    static const uint64_t one = 1;
    if (gwsnmp_receiving_waits(session->receiving) &&
        write(session->wake_fd, &one, sizeof one) != (ssize_t)sizeof one)
        log_error("snmp", "cannot wake the thread reason=\"%s\"", strerror(errno));
}

size_t gwsnmp_session_engines(struct gwsnmp_session *session, struct gwsnmp_engine_row *out,
                              size_t max)
{
    return gwsnmp_receiving_list(session->receiving, out, max);
}

size_t gwsnmp_session_sinks(struct gwsnmp_session *session, struct gwsnmp_sink_row *out, size_t max)
{
    return gwsnmp_sinks_list(session->sinks, out, max);
}

uint64_t gwsnmp_session_oldest_waiting(struct gwsnmp_session *session)
{
    return gwsnmp_sinks_oldest_waiting(session->sinks);
}

void gwsnmp_session_engine_id(const struct gwsnmp_session *session, char *out)
{
    gwsnmp_engine_hex(&session->engine, out);
}

uint64_t gwsnmp_session_refused(const struct gwsnmp_session *session)
{
    (void)session;
    return gwsnmp_guard_refused();
}
