/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Staging: records that are appended and not yet on disk. Two buffers take turns: appenders fill
 * the active one, the writer has the other. The lock is held to reserve a place and a sequence
 * only; the bytes are copied outside of it, and `copying` tells the writer when the last copy is
 * done. Heads get marker and CRC later, when the writer knows segment and offset.
 */
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "gateway/base/error.h"
#include "gateway/base/log.h"
#include "gateway/base/pause.h"
#include "gateway/journal/journal_internal.h"

enum {
    KEEP_TOUCHED = 4 * 1024 * 1024, /* memory that a buffer keeps after a burst */
    BATCH_ENOUGH = 1024 * 1024 /* beside so many bytes a sync costs little: no waiting for more */
};

static bool buffer_init(struct staging_buffer *buffer, size_t capacity)
{
    /* Address space only: pages come as they are used, and go back after a burst. */
    void *p = mmap(NULL, capacity, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return false;
    buffer->p = p;
    buffer->capacity = capacity;
    return true;
}

int staging_init(struct staging *staging, int64_t limit_bytes, int pace_ms, uint64_t next_sequence)
{
    memset(staging, 0, sizeof *staging);
    pthread_mutexattr_t mutex;
    pthread_mutexattr_init(&mutex);
#ifdef PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP
    pthread_mutexattr_settype(&mutex, PTHREAD_MUTEX_ADAPTIVE_NP);
#endif
    pthread_mutex_init(&staging->lock, &mutex);
    pthread_mutexattr_destroy(&mutex);
    journal_cond_init(&staging->filled);
    staging->limit = (size_t)limit_bytes;
    staging->pace_ms = pace_ms;
    staging->next_sequence = next_sequence;
    staging->marked = next_sequence - 1;
    /* One record, or some together, may be larger than the limit: taken when nothing else is
       staged. */
    size_t capacity = format_record_bytes(JOURNAL_TOGETHER_MAX);
    if (capacity < staging->limit)
        capacity = staging->limit;
    for (int i = 0; i < 2; i++) {
        if (!buffer_init(&staging->buffers[i], capacity)) {
            log_error("journal", "no address space for staging bytes=%zu", capacity);
            staging_fini(staging);
            return GW_ERR_FULL;
        }
    }
    staging->active = &staging->buffers[0];
    staging->active->first = next_sequence;
    return GW_OK;
}

void staging_fini(struct staging *staging)
{
    for (int i = 0; i < 2; i++)
        if (staging->buffers[i].p)
            munmap(staging->buffers[i].p, staging->buffers[i].capacity);
    pthread_mutex_destroy(&staging->lock);
    pthread_cond_destroy(&staging->filled);
}

/* The writer waits for the appenders that reserved before the swap: nanoseconds, unless one of them
   was preempted in the middle of its copy. */
static void await_copies(struct staging_buffer *buffer)
{
    for (unsigned i = 0; atomic_load_explicit(&buffer->copying, memory_order_acquire) > 0; i++) {
        if (i < 100)
            sched_yield();
        else
            nanosleep(&(struct timespec){0, 50000}, NULL);
    }
}

bool staging_has_room(struct staging *staging, int eighths)
{
    size_t most = staging->limit / 8 * (size_t)(8 - eighths);
    if (atomic_load_explicit(&staging->total, memory_order_relaxed) <= most)
        return true;
    pthread_mutex_lock(&staging->lock);
    bool is_in_vain = staging->is_refusing || staging->is_closing;
    pthread_mutex_unlock(&staging->lock);
    return is_in_vain;
}

/* Why nothing may be staged now, or GW_OK. */
static int refusal(const struct staging *staging, size_t bytes)
{
    if (staging->is_closing)
        return GW_ERR_CLOSED;
    if (staging->is_refusing)
        return GW_ERR_IO;
    if (staging->total > 0 && staging->total + bytes > staging->limit)
        return GW_ERR_FULL;
    return GW_OK;
}

/* Room at *to for n records of so many bytes in all, with the sequences from *first on. The writer
   waits for whoever has it until he calls copied(). */
static int reserve(struct staging *staging, size_t bytes, size_t n, bool is_marked, uint64_t *first,
                   struct staging_buffer **out, uint8_t **to)
{
    pthread_mutex_lock(&staging->lock);
    int error = refusal(staging, bytes);
    if (error != GW_OK) {
        pthread_mutex_unlock(&staging->lock);
        return error;
    }
    struct staging_buffer *buffer = *out = staging->active;
    *to = buffer->p + buffer->used;
    buffer->used += bytes;
    staging->total += bytes;
    *first = staging->next_sequence;
    staging->next_sequence += n;
    if (is_marked)
        atomic_store_explicit(&staging->marked, *first + n - 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&buffer->copying, 1, memory_order_relaxed);
    if (staging->writer == STAGING_IDLE ||
        (staging->writer == STAGING_PACED && buffer->used >= BATCH_ENOUGH)) {
        staging->writer = STAGING_BUSY;
        pthread_cond_signal(&staging->filled);
    }
    pthread_mutex_unlock(&staging->lock);
    return GW_OK;
}

/* Writes one record to the place reserved. Returns where the next one goes. */
static uint8_t *copy(uint8_t *to, const struct format_head *head, struct slice payload)
{
    size_t bytes = format_record_bytes(payload.n);
    format_put_head(head, to);
    if (payload.n)
        memcpy(to + FORMAT_HEAD_BYTES, payload.p, payload.n);
    memset(to + FORMAT_HEAD_BYTES + payload.n, 0, bytes - FORMAT_HEAD_BYTES - payload.n);
    return to + bytes;
}

static void copied(struct staging_buffer *buffer)
{
    atomic_fetch_sub_explicit(&buffer->copying, 1, memory_order_release);
}

int staging_append(struct staging *staging, struct slice payload, uint64_t *sequence)
{
    struct staging_buffer *buffer;
    uint8_t *to;
    if (payload.n > JOURNAL_RECORD_MAX)
        return GW_ERR_INVALID;
    struct format_head head = {.length = (uint32_t)payload.n,
                               .payload_crc = format_payload_crc(payload.p, payload.n)};
    int error =
        reserve(staging, format_record_bytes(payload.n), 1, true, &head.sequence, &buffer, &to);
    if (error != GW_OK)
        return error;
    copy(to, &head, payload);
    copied(buffer);
    *sequence = head.sequence;
    return GW_OK;
}

int staging_append_all(struct staging *staging, const struct slice *payloads, size_t n,
                       uint64_t *last)
{
    struct staging_buffer *buffer;
    uint8_t *to;
    uint64_t first;
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        bytes += format_record_bytes(payloads[i].n);
        if (payloads[i].n > JOURNAL_RECORD_MAX || bytes > staging->buffers[0].capacity)
            return GW_ERR_INVALID;
    }
    int error = reserve(staging, bytes, n, false, &first, &buffer, &to);
    if (error != GW_OK)
        return error;
    for (size_t i = 0; i < n; i++) {
        struct slice payload = payloads[i];
        struct format_head head = {.length = (uint32_t)payload.n,
                                   .sequence = first + i,
                                   .payload_crc = format_payload_crc(payload.p, payload.n)};
        to = copy(to, &head, payload);
    }
    copied(buffer);
    *last = first + n - 1;
    return GW_OK;
}

/* A sync costs the processor 100 us and more, however little it writes, so commits keep a distance
   unless somebody waits for one. After a pause there is no delay. The lock is held. */
static void keep_pace(struct staging *staging)
{
    while (staging->active->used < BATCH_ENOUGH && !staging->is_hurried && !staging->is_closing) {
        staging->writer = STAGING_PACED;
        if (pthread_cond_timedwait(&staging->filled, &staging->lock, &staging->next_commit) != 0)
            break;
    }
}

struct staging_buffer *staging_take(struct staging *staging, int timeout_ms, bool *is_closing)
{
    struct timespec until = pause_deadline(timeout_ms);
    struct staging_buffer *taken = NULL;
    pthread_mutex_lock(&staging->lock);
    int wait = 0;
    while (staging->active->used == 0 && !staging->is_closing && wait == 0) {
        staging->writer = STAGING_IDLE;
        wait = pthread_cond_timedwait(&staging->filled, &staging->lock, &until);
    }
    if (staging->active->used > 0) {
        keep_pace(staging);
        taken = staging->active;
        staging->active =
            taken == &staging->buffers[0] ? &staging->buffers[1] : &staging->buffers[0];
        staging->active->first = staging->next_sequence;
        staging->is_hurried = false;
        staging->next_commit = pause_deadline(staging->pace_ms);
    }
    staging->writer = STAGING_BUSY;
    *is_closing = staging->is_closing;
    pthread_mutex_unlock(&staging->lock);
    if (taken)
        await_copies(taken);
    return taken;
}

void staging_hurry(struct staging *staging)
{
    pthread_mutex_lock(&staging->lock);
    if (staging->active->used > 0 && !staging->is_hurried) {
        staging->is_hurried = true;
        if (staging->writer == STAGING_PACED)
            pthread_cond_signal(&staging->filled);
    }
    pthread_mutex_unlock(&staging->lock);
}

void staging_release(struct staging *staging, struct staging_buffer *buffer)
{
    size_t used = buffer->used;
    if (used > buffer->touched)
        buffer->touched = used;
    if (buffer->touched > KEEP_TOUCHED && used < buffer->touched / 8) {
        madvise(buffer->p + KEEP_TOUCHED, buffer->touched - KEEP_TOUCHED, MADV_DONTNEED);
        buffer->touched = KEEP_TOUCHED;
    }
    pthread_mutex_lock(&staging->lock);
    buffer->used = 0;
    staging->total -= used;
    pthread_mutex_unlock(&staging->lock);
}

bool staging_pause(struct staging *staging, int timeout_ms)
{
    struct timespec until = pause_deadline(timeout_ms);
    pthread_mutex_lock(&staging->lock);
    int wait = 0;
    while (!staging->is_closing && wait == 0)
        wait = pthread_cond_timedwait(&staging->filled, &staging->lock, &until);
    bool is_closing = staging->is_closing;
    pthread_mutex_unlock(&staging->lock);
    return is_closing;
}

void staging_refuse(struct staging *staging, bool is_refusing)
{
    pthread_mutex_lock(&staging->lock);
    staging->is_refusing = is_refusing;
    pthread_mutex_unlock(&staging->lock);
}

void staging_close(struct staging *staging)
{
    pthread_mutex_lock(&staging->lock);
    staging->is_closing = true;
    pthread_cond_broadcast(&staging->filled);
    pthread_mutex_unlock(&staging->lock);
}

uint64_t staging_last(struct staging *staging)
{
    pthread_mutex_lock(&staging->lock);
    uint64_t last = staging->next_sequence - 1;
    pthread_mutex_unlock(&staging->lock);
    return last;
}
