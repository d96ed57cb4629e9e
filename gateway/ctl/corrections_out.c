/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The journal's lock tells whether a daemon runs. A batch is on disk before the next is made: what
 * a kill leaves is whole, and the next run finds what is missing.
 */
#include "gateway/ctl/corrections_out.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/ctl/client.h"
#include "gateway/journal/journal.h"
#include "gateway/schema/corrections.h"

enum { BATCH_BYTES = 256 * 1024, COMMIT_MS = 60000, VARINT_MAX = 10 };

struct corrections_out {
    struct client_options options;
    FILE *daemon; /* NULL: the journal is ours */
    struct journal *journal;
    struct buf encoded, batch; /* batch: of records for the daemon */
    uint64_t last;             /* appended, by ourselves */
    uint64_t waiting, written; /* records */
    bool failed;
};

static void no_log(void *context, enum log_level level, const char *room, const char *text)
{
    (void)context, (void)level, (void)room, (void)text;
}

/* For a process of root's: to somebody and back. */
static bool become(uid_t user, gid_t group)
{
    return (geteuid() == user && getegid() == group) ||
           (seteuid(0) == 0 && setegid(group) == 0 && seteuid(user) == 0);
}

/* Nothing that root writes may be in the way of the daemon later. */
static bool become_owner(const char *folder)
{
    struct stat st;
    if (geteuid() != 0 || stat(folder, &st) != 0 || st.st_uid == 0)
        return true;
    if (become(st.st_uid, st.st_gid))
        return true;
    fprintf(stderr, "eogctl renormalize: %s: cannot become its owner: %s\n", folder,
            strerror(errno));
    return false;
}

/* Retention is the daemon's business: nothing goes while we have it open. */
static int open_journal(const char *folder, struct journal **out)
{
    struct journal_options options;
    journal_options_default(&options);
    options.retention_ms = options.replay_window_ms = INT64_MAX;
    options.max_bytes = 0;
    log_set_sink(no_log, NULL);
    int result = journal_open(folder, &options, out);
    log_set_sink(NULL, NULL);
    return result;
}

static bool ask(struct corrections_out *out)
{
    char *line = NULL;
    size_t size = 0;
    bool is_taken = client_read(&out->options, out->daemon, &line, &size) &&
                    !client_is_error(&out->options, line);
    if (is_taken) {
        json_t *answer = json_loads(line, 0, NULL);
        out->written += (uint64_t)json_integer_value(json_object_get(answer, "appended"));
        json_decref(answer);
    }
    free(line);
    return is_taken;
}

struct corrections_out *corrections_out_open(const char *state, const char *folder)
{
    struct corrections_out *out = gw_alloc(sizeof *out);
    uid_t user = geteuid();
    gid_t group = getegid();
    out->options.state = state;
    if (!become_owner(folder)) {
        corrections_out_close(out);
        return NULL;
    }
    int result = open_journal(folder, &out->journal);
    bool is_open = result == GW_OK;
    if (result == GW_ERR_BUSY) {
        become(user, group); /* the daemon logs who asks */
        out->daemon = client_connect(&out->options, "correct 0");
        is_open = out->daemon && ask(out);
    } else if (result != GW_OK) {
        fprintf(stderr, "eogctl renormalize: %s: %s\n", folder, gw_error_text(result));
    }
    if (is_open)
        return out;
    corrections_out_close(out);
    return NULL;
}

void corrections_out_close(struct corrections_out *out)
{
    if (!out)
        return;
    if (out->daemon)
        fclose(out->daemon);
    journal_close(out->journal);
    buf_free(&out->encoded);
    buf_free(&out->batch);
    free(out);
}

static bool send_batch(struct corrections_out *out)
{
    char request[40];
    int fd = fileno(out->daemon);
    int n = snprintf(request, sizeof request, "correct %zu\n", out->batch.n);
    if (client_send(fd, slice_of(request, (size_t)n)))
        client_send(fd, buf_get(&out->batch));
    out->failed = !ask(out);
    buf_clear(&out->batch);
    return !out->failed;
}

static bool put_batch(struct corrections_out *out, struct slice payload)
{
    if (payload.n + VARINT_MAX > GW_CORRECTIONS_MAX) {
        fputs("eogctl renormalize: a record is too large to be handed over\n", stderr);
        out->failed = true;
        return false;
    }
    if (out->batch.n && out->batch.n + payload.n + VARINT_MAX > BATCH_BYTES && !send_batch(out))
        return false;
    buf_varint(&out->batch, payload.n);
    buf_slice(&out->batch, payload);
    return true;
}

static bool commit(struct corrections_out *out)
{
    int result = journal_wait_committed(out->journal, out->last, COMMIT_MS);
    if (result != GW_OK) {
        fprintf(stderr, "eogctl renormalize: the journal's disk: %s\n", gw_error_text(result));
        out->failed = true;
        return false;
    }
    out->written += out->waiting;
    out->waiting = 0;
    return true;
}

static bool put_journal(struct corrections_out *out, struct slice payload)
{
    int result = journal_append(out->journal, payload, &out->last);
    if (result == GW_ERR_FULL && commit(out))
        result = journal_append(out->journal, payload, &out->last);
    if (result == GW_OK)
        out->waiting++;
    else if (!out->failed)
        fprintf(stderr, "eogctl renormalize: the journal: %s\n", gw_error_text(result));
    out->failed |= result != GW_OK;
    return !out->failed;
}

bool corrections_out_put(struct corrections_out *out, const struct gw_event *correction)
{
    if (out->failed)
        return false;
    buf_clear(&out->encoded);
    gw_event_encode(correction, &out->encoded);
    return out->daemon ? put_batch(out, buf_get(&out->encoded))
                       : put_journal(out, buf_get(&out->encoded));
}

bool corrections_out_finish(struct corrections_out *out)
{
    if (out->failed)
        return false;
    if (out->daemon)
        return out->batch.n == 0 || send_batch(out);
    return out->last == 0 || commit(out);
}

uint64_t corrections_out_written(const struct corrections_out *out)
{
    return out->written;
}

bool corrections_out_is_daemon(const struct corrections_out *out)
{
    return out->daemon != NULL;
}
