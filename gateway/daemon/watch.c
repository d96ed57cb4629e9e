/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The watchlist in force, and how another one gets there. */
#include "gateway/daemon/watch.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/write.h"
#include "gateway/kpi/record.h"
#include "gateway/kpi/watchlist.h"
#include "gateway/schema/event.h"
#include "gateway/tls/digest.h"
#include "gateway/xml/document.h"

_Static_assert((int)KPI_PUSHED_HEX == (int)TLS_SHA256_HEX, "a SHA-256 has its room");

struct watch {
    char kept[PATH_MAX], schema[PATH_MAX];
    char configured_file[PATH_MAX], configured[KPI_PUSHED_HEX]; /* its SHA-256 as it was loaded */
    pthread_mutex_t lock;                                       /* guards status */
    struct watch_status status;
};

struct watch *watch_new(const char *state_dir, const char *data_dir)
{
    struct watch *watch = gw_alloc(sizeof *watch);
    snprintf(watch->kept, sizeof watch->kept, "%.4000s/%s", state_dir, KPI_PUSHED_NAME);
    snprintf(watch->schema, sizeof watch->schema, "%.4000s/mappings/watchlist.rng", data_dir);
    pthread_mutex_init(&watch->lock, NULL);
    write_forget(watch->kept); /* of a death between writing and taking */
    return watch;
}

void watch_free(struct watch *watch)
{
    if (!watch)
        return;
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

void watch_get_status(struct watch *watch, struct watch_status *out)
{
    pthread_mutex_lock(&watch->lock);
    *out = watch->status;
    pthread_mutex_unlock(&watch->lock);
}

/* What is in force now; counters go on. */
static void set_status(struct watch *watch, const struct kpi_pushed *list, bool is_pushed,
                       const char *trouble)
{
    pthread_mutex_lock(&watch->lock);
    struct watch_status *s = &watch->status;
    bool is_reloaded = !is_pushed && !s->is_pushed && strcmp(s->sha256, list->sha256) == 0;
    s->since_ms = is_reloaded ? s->since_ms : list->time_ms;
    s->is_pushed = is_pushed;
    s->entries = list->entries;
    snprintf(s->sha256, sizeof s->sha256, "%s", list->sha256);
    snprintf(s->file, sizeof s->file, "%s", list->file);
    snprintf(s->by, sizeof s->by, "%s", is_pushed ? list->by : "");
    snprintf(s->trouble, sizeof s->trouble, "%s", trouble);
    s->unusable += *trouble != '\0';
    pthread_mutex_unlock(&watch->lock);
}

static void count(struct watch *watch, uint64_t *counter)
{
    pthread_mutex_lock(&watch->lock);
    ++*counter;
    pthread_mutex_unlock(&watch->lock);
}

/* ---- at a start, at a reload ---- */

/* GW_OK, or an error and why in words. */
static int read_kept(const struct watch *watch, struct kpi_pushed *out, char *why, size_t size)
{
    char sha256[KPI_PUSHED_HEX];
    struct diag diag = {0};
    struct kpi_watchlist *list = NULL;
    int error = kpi_pushed_read(watch->kept, out);
    snprintf(why, size, "%s", error == GW_ERR_IO ? strerror(errno) : gw_error_text(error));
    if (error)
        return error;
    tls_sha256(out->text, sha256);
    if (strcmp(sha256, out->sha256) != 0) {
        snprintf(why, size, "its SHA-256 is another than it says");
        return GW_ERR_DAMAGED;
    }
    /* It was checked when it was pushed, perhaps by another program: as the engine will read it. */
    error = kpi_watchlist_load_text(out->text, watch->kept, NULL, &diag, &list);
    if (error)
        snprintf(why, size, "%s:%d: %.150s", KPI_PUSHED_NAME, diag.items[0].line,
                 diag.items[0].text);
    kpi_watchlist_free(list);
    diag_free(&diag);
    return error;
}

static void describe_configured(const struct knowledge *knowledge, int64_t now_ms,
                                struct kpi_pushed *out)
{
    const char *file = knowledge->file[KPI_LOAD_WATCHLIST];
    *out = (struct kpi_pushed){.time_ms = now_ms, .entries = knowledge->watch_entries};
    tls_sha256(buf_get(&knowledge->text[KPI_LOAD_WATCHLIST]), out->sha256);
    snprintf(out->file, sizeof out->file, "%.255s", file ? file : "");
}

static void put_kept(struct knowledge *knowledge, const struct kpi_pushed *kept)
{
    struct buf *text = &knowledge->text[KPI_LOAD_WATCHLIST];
    buf_clear(text);
    buf_slice(text, kept->text);
    free(knowledge->file[KPI_LOAD_WATCHLIST]);
    knowledge->file[KPI_LOAD_WATCHLIST] = gw_strdup(kept->file);
}

void watch_choose(const struct watch *watch, struct knowledge *knowledge, int64_t now_ms,
                  struct watch_choice *out)
{
    const char *file = knowledge->file[KPI_LOAD_WATCHLIST];
    *out = (struct watch_choice){0};
    snprintf(out->configured_file, sizeof out->configured_file, "%s", file ? file : "");
    describe_configured(knowledge, now_ms, &out->configured);
    int error = read_kept(watch, &out->kept, out->why, sizeof out->why);
    out->made = kpi_pushed_choose(error, &out->kept, out->configured.sha256);
    if (out->made == KPI_PUSHED_WINS)
        put_kept(knowledge, &out->kept);
}

static void remove_outdated(struct watch *watch, const struct watch_choice *choice)
{
    const struct kpi_pushed *kept = &choice->kept;
    log_notice("watch",
               "the configured watchlist was changed since one was pushed: it is in force, the "
               "pushed one is removed file=%s removed_sha256=%s pushed=%s",
               choice->configured.file, kept->sha256, kept->by);
    if (kpi_pushed_remove(watch->kept) != GW_OK)
        log_error("watch", "the outdated pushed list cannot be removed file=%s reason=\"%s\"",
                  watch->kept, strerror(errno));
}

void watch_settle(struct watch *watch, const struct watch_choice *choice)
{
    const struct kpi_pushed *configured = &choice->configured, *kept = &choice->kept;
    char trouble[sizeof watch->status.trouble] = "";
    snprintf(watch->configured_file, sizeof watch->configured_file, "%s", choice->configured_file);
    memcpy(watch->configured, configured->sha256, sizeof watch->configured);
    if (choice->made == KPI_PUSHED_WINS)
        log_notice("watch",
                   "the pushed watchlist is in force, as %s is what it was at the push "
                   "entries=%" PRIu64 " sha256=%s pushed=%s file=\"%s\"",
                   configured->file, kept->entries, kept->sha256, kept->by, kept->file);
    if (choice->made == KPI_PUSHED_OUTDATED)
        remove_outdated(watch, choice);
    if (choice->made == KPI_PUSHED_UNUSABLE) {
        snprintf(trouble, sizeof trouble, "the kept pushed list cannot be used: %.150s",
                 choice->why);
        log_error("watch",
                  "the pushed watchlist that is kept cannot be used, the configured one is in "
                  "force; push it again, or eogctl watchlist reset file=%s reason=\"%s\"",
                  watch->kept, choice->why);
    }
    bool is_pushed = choice->made == KPI_PUSHED_WINS;
    set_status(watch, is_pushed ? kept : configured, is_pushed, trouble);
}

void watch_choice_fini(struct watch_choice *choice)
{
    kpi_pushed_fini(&choice->kept);
}

int watch_append(struct watch *watch, struct knowledge *knowledge, const struct rules *rules,
                 const char *gateway_id, struct journal *journal, int64_t now_ms)
{
    struct watch_choice choice;
    watch_choose(watch, knowledge, now_ms, &choice);
    int result = knowledge_append(knowledge, rules, gateway_id, journal, now_ms);
    if (result == GW_OK)
        watch_settle(watch, &choice);
    watch_choice_fini(&choice);
    return result;
}

/* ---- a push ---- */

void watch_change_fini(struct watch_change *change)
{
    kpi_pushed_fini(&change->list);
    *change = (struct watch_change){0};
}

static void fill(struct watch_change *change, struct slice text, struct slice file, const char *by,
                 int64_t now_ms, const struct kpi_watchlist *list)
{
    struct kpi_pushed *to = &change->list;
    buf_slice(&to->bytes, text);
    to->text = buf_get(&to->bytes);
    to->time_ms = now_ms;
    to->entries = kpi_watchlist_count(list);
    tls_sha256(text, to->sha256);
    snprintf(to->file, sizeof to->file, "%.*s", SLICE_FMT(file));
    snprintf(to->by, sizeof to->by, "%s", by);
}

/* Of the configured list as it is on disk now: an edit that no reload has taken up yet was there
   before the push, and the push is newer. Unreadable: as it was loaded. */
static void hash_configured(const struct watch *watch, char *out)
{
    struct buf text = {0};
    struct diag ignored = {0};
    bool is_read = xml_read_file(watch->configured_file, &text, &ignored) == GW_OK;
    if (is_read)
        tls_sha256(buf_get(&text), out);
    else
        memcpy(out, watch->configured, sizeof watch->configured);
    diag_free(&ignored);
    buf_free(&text);
}

int watch_prepare(struct watch *watch, struct slice text, struct slice file, const char *by,
                  int64_t now_ms, struct diag *diag, struct watch_change *out)
{
    char name[KPI_PUSHED_FILE_MAX];
    struct kpi_watchlist *list = NULL;
    struct buf bytes = {0};
    *out = (struct watch_change){0};
    snprintf(name, sizeof name, "%.*s", SLICE_FMT(file));
    int error = kpi_watchlist_load_pushed(text, name, watch->schema, diag, &list);
    if (error) {
        count(watch, &watch->status.refused);
        log_warn("watch",
                 "a pushed watchlist is refused, the one in force goes on %s file=\"%s\" "
                 "mistakes=%zu first=\"%d: %s\"",
                 by, name, diag->total, diag->items[0].line, diag->items[0].text);
        return error;
    }
    fill(out, text, file, by, now_ms, list);
    hash_configured(watch, out->list.configured);
    kpi_watchlist_free(list);
    kpi_pushed_encode(&out->list, &bytes);
    error = write_beside(watch->kept, buf_get(&bytes));
    if (error) {
        diag_add(diag, watch->kept, 0, "cannot be written: %s", strerror(errno));
        log_error("watch",
                  "a pushed watchlist cannot be kept and is not taken file=%s "
                  "reason=\"%s\"",
                  watch->kept, strerror(errno));
        watch_change_fini(out);
    }
    buf_free(&bytes);
    return error;
}

int watch_prepare_reset(struct watch *watch, const char *by, int64_t now_ms, struct diag *diag,
                        struct watch_change *out)
{
    struct kpi_watchlist *list = NULL;
    struct buf text = {0};
    *out = (struct watch_change){.is_reset = true};
    int error = xml_read_file(watch->configured_file, &text, diag);
    if (!error)
        error = kpi_watchlist_load_text(buf_get(&text), watch->configured_file, watch->schema, diag,
                                        &list);
    if (!error)
        fill(out, buf_get(&text), slice_from(watch->configured_file), by, now_ms, list);
    kpi_watchlist_free(list);
    buf_free(&text);
    return error;
}

void watch_record(const struct watch_change *change, struct buf *out)
{
    char hash[KPI_LOAD_HASH_MAX];
    const struct kpi_pushed *list = &change->list;
    struct gw_event *event = gw_alloc(sizeof *event);
    kpi_record_load(event, KPI_LOAD_WATCHLIST, slice_from(list->file), list->text, list->time_ms,
                    hash);
    gw_event_set_text(event, GW_FIELD_LOAD_SHA256, slice_from(list->sha256));
    gw_event_set_int(event, GW_FIELD_LOAD_COUNT, (int64_t)list->entries);
    gw_event_set_text(event, GW_FIELD_LOAD_BY, slice_from(list->by));
    gw_event_encode(event, out);
    free(event);
}

int watch_take(struct watch *watch, const struct watch_change *change, uint64_t sequence)
{
    const struct kpi_pushed *list = &change->list;
    bool is_pushed = !change->is_reset;
    int error = is_pushed ? write_adopt(watch->kept) : kpi_pushed_remove(watch->kept);
    if (error)
        log_error("watch",
                  "the watchlist is in force until the next start only: its file cannot be %s "
                  "file=%s reason=\"%s\"",
                  is_pushed ? "replaced" : "removed", watch->kept, strerror(errno));
    if (!is_pushed)
        memcpy(watch->configured, list->sha256, sizeof watch->configured);
    set_status(watch, list, is_pushed, "");
    count(watch, is_pushed ? &watch->status.pushes : &watch->status.resets);
    log_notice("watch", "%s entries=%" PRIu64 " sha256=%s %s file=\"%s\" record=%" PRIu64,
               is_pushed ? "a pushed watchlist is in force"
                         : "the configured watchlist is in force",
               list->entries, list->sha256, list->by, list->file, sequence);
    return error;
}

void watch_drop(struct watch *watch, const struct watch_change *change)
{
    if (!change->is_reset && change->list.text.n)
        write_forget(watch->kept);
}
