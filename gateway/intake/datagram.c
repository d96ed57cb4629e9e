/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Datagrams in batches: one recvmmsg(2) for up to INTAKE_BATCH of them. The kernel is asked once a
 * second what it dropped for want of buffer: loss that nobody counts is the worst kind. It would
 * also say so with each datagram (SO_RXQ_OVFL), but of what it dropped behind the last one not
 * before there is another.
 *
 * While the journal has no room, as when the disk stands still for a moment, nothing is read: the
 * kernel's buffer is there to ride it out, and to read what would be refused is to lose it.
 * Programs of this machine stand still, though, while a local socket's few places are taken: for
 * them it is a second, then what comes is read and refused, lest nobody can log in to see about the
 * disk.
 *
 * Several threads may read a socket. Reading is by one at a time and numbers the batches; what is
 * costly is done beside each other; the ends of the batches come by their numbers again.
 */
#include "gateway/intake/datagram.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/local.h"
#include "gateway/base/log.h"
#include "gateway/base/thread.h"
#include "gateway/intake/rate.h"

enum { BATCH = INTAKE_BATCH, BATCHES_A_TURN = 16, LOOK_MS = 1000, TELL_MS = 5000 };
/* More than the largest receive buffer that is asked for by default holds. */
enum { REST_MAX = 1 << 17, ROOM_LOOK_MS = 10 };

/* Not a power of two: beginnings that far apart would all want the same few lines of the caches. */
enum { STRIDE = DATAGRAM_MAX + 17 * 64 };

struct datagram_socket {
    int fd;
    bool tells_local, is_unix;
    const char *address;
    struct worker *worker; /* who waits for it; what follows belongs to it */
    struct loop_io *io;
    struct loop_timer *look;
    int64_t paused_ms;     /* monotonic; 0: it is not */
    uint32_t kernel_drops; /* as last counted; the kernel's counter wraps at 2^32 */
    unsigned long untold;  /* of them */
    struct log_limit drop_log, pause_log;
    pthread_mutex_t reading; /* of what follows */
    uint64_t n_read;         /* batches */
    pthread_mutex_t ending;  /* of what follows */
    pthread_cond_t ended;
    uint64_t n_ended;
};

struct datagram_reader {
    struct datagram_socket *socket;
    struct worker *worker;
    const struct datagram_calls *calls;
    void *context;
    struct mmsghdr headers[BATCH];
    struct iovec vectors[BATCH];
    struct sockaddr_storage from[BATCH];
    union local_control local[BATCH];
    char (*bytes)[STRIDE];
};

static void count_kernel_drops(struct datagram_socket *socket, struct stats *stats)
{
    uint32_t memory[SK_MEMINFO_VARS];
    socklen_t length = sizeof memory;
    if (getsockopt(socket->fd, SOL_SOCKET, SO_MEMINFO, memory, &length) != 0 ||
        length <= SK_MEMINFO_DROPS * sizeof *memory)
        return;
    uint32_t drops = memory[SK_MEMINFO_DROPS] - socket->kernel_drops;
    socket->kernel_drops += drops;
    socket->untold += drops;
    stats_add(&stats->dropped_kernel, drops);
}

/* Of a local socket: its senders no longer stand still. */
static bool has_waited(const struct datagram_socket *socket, int64_t now_ms)
{
    return socket->is_unix && socket->paused_ms && now_ms - socket->paused_ms >= LOOK_MS;
}

static void on_look(void *context)
{
    struct datagram_socket *socket = context;
    const struct intake_options *options = &socket->worker->intake->options;
    int64_t now_ms = clock_read(options->clock).mono_ms;
    unsigned long held;
    count_kernel_drops(socket, options->stats);
    if (socket->paused_ms && now_ms - socket->paused_ms >= LOOK_MS &&
        log_allowed(&socket->pause_log, TELL_MS, &held))
        log_error("intake",
                  "datagrams wait in the kernel: the journal takes no more; check the disk "
                  "address=%s for_ms=%lld",
                  socket->address, (long long)(now_ms - socket->paused_ms));
    if (has_waited(socket, now_ms))
        loop_io_set(socket->io, LOOP_READ);
    if (socket->untold == 0 || !log_allowed(&socket->drop_log, TELL_MS, &held))
        return;
    log_error("intake",
              "datagrams dropped by the kernel: its buffer was full, as they came faster than they "
              "were read; raise receive-buffer, or see what the machine is busy with address=%s "
              "dropped=%lu",
              socket->address, socket->untold);
    socket->untold = 0;
}

bool datagram_socket_watch(struct datagram_socket *socket, struct worker *worker, loop_io_fn *fn,
                           void *context)
{
    socket->worker = worker;
    socket->io = loop_io_new(worker->loop, socket->fd, LOOP_READ, fn, context);
    socket->look = loop_timer_new(worker->loop, LOOK_MS, on_look, socket);
    return socket->io && socket->look;
}

static bool has_room(struct datagram_reader *reader)
{
    struct datagram_socket *socket = reader->socket;
    const struct intake_options *options = &reader->worker->intake->options;
    if (journal_has_room(options->journal, JOURNAL_ROOM_DATAGRAM))
        return true;
    if (reader->worker != socket->worker || !socket->io)
        return false;
    int64_t now_ms = clock_read(options->clock).mono_ms;
    if (!socket->paused_ms) {
        socket->paused_ms = now_ms;
        loop_io_set(socket->io, 0);
    }
    return has_waited(socket, now_ms);
}

void datagram_socket_go_on(struct datagram_socket *socket)
{
    if (!socket->paused_ms ||
        !journal_has_room(socket->worker->intake->options.journal, JOURNAL_ROOM_DATAGRAM))
        return;
    socket->paused_ms = 0;
    loop_io_set(socket->io, LOOP_READ);
}

struct datagram_reader *datagram_reader_new(struct datagram_socket *socket, struct worker *worker,
                                            const struct datagram_calls *calls, void *context)
{
    struct datagram_reader *reader = gw_alloc(sizeof *reader);
    reader->socket = socket;
    reader->worker = worker;
    reader->calls = calls;
    reader->context = context;
    /* calloc maps zero pages: only buffers that long datagrams touch cost memory */
    reader->bytes = gw_alloc(sizeof *reader->bytes * BATCH);
    for (int i = 0; i < BATCH; i++)
        reader->vectors[i] = (struct iovec){reader->bytes[i], DATAGRAM_MAX};
    return reader;
}

void datagram_reader_free(struct datagram_reader *reader)
{
    if (!reader)
        return;
    free(reader->bytes);
    free(reader);
}

/* ---- more waits than one turn takes ---- */

/* HELP_FIRST_MS: what lasts longer is no burst; while every thread that reads went first, those
 * that judge what was read would have nothing left. */
enum { CALM_LOOK_MS = 1000, HELP_FIRST_MS = 120 * 1000 };

static void go_back(struct worker *worker)
{
    if (worker->is_first)
        gw_thread_goes_back(worker->usual_niceness);
    worker->is_first = false;
}

static void on_calm_look(void *context)
{
    struct worker *worker = context;
    int64_t now_ms = clock_read(worker->intake->options.clock).mono_ms;
    bool is_helper = worker != worker->intake->workers;
    if (is_helper && now_ms - worker->pressed_since_ms >= HELP_FIRST_MS)
        go_back(worker);
    if (now_ms - worker->pressed_ms < CALM_LOOK_MS)
        return;
    go_back(worker);
    loop_timer_free(worker->calm_look);
    worker->calm_look = NULL;
}

/* The kernel loses what its queue does not hold; what others have to do is done later. */
static void press(struct worker *worker, int64_t mono_ms)
{
    journal_press(worker->intake->options.journal, mono_ms);
    worker->pressed_ms = mono_ms;
    if (worker->calm_look)
        return;
    worker->calm_look = loop_timer_new(worker->loop, CALM_LOOK_MS, on_calm_look, worker);
    if (!worker->calm_look)
        return;
    worker->pressed_since_ms = mono_ms;
    worker->usual_niceness = gw_thread_goes_first();
    worker->is_first = true;
}

/* ---- reading ---- */

/* How many; 0: nothing waits. */
static int read_batch(struct datagram_reader *reader, uint64_t *number)
{
    struct datagram_socket *socket = reader->socket;
    for (int i = 0; i < BATCH; i++)
        reader->headers[i].msg_hdr = (struct msghdr){
            .msg_name = &reader->from[i],
            .msg_namelen = sizeof reader->from[i],
            .msg_iov = &reader->vectors[i],
            .msg_iovlen = 1,
            .msg_control = socket->tells_local ? &reader->local[i] : NULL,
            .msg_controllen = socket->tells_local ? sizeof reader->local[i] : 0,
        };
    pthread_mutex_lock(&socket->reading);
    int n = recvmmsg(socket->fd, reader->headers, BATCH, MSG_DONTWAIT | MSG_TRUNC, NULL);
    if (n > 0)
        *number = socket->n_read++;
    pthread_mutex_unlock(&socket->reading);
    return n > 0 ? n : 0;
}

static void await_turn(struct datagram_socket *socket, uint64_t number)
{
    pthread_mutex_lock(&socket->ending);
    while (socket->n_ended != number)
        pthread_cond_wait(&socket->ended, &socket->ending);
    pthread_mutex_unlock(&socket->ending);
}

static void end_turn(struct datagram_socket *socket)
{
    pthread_mutex_lock(&socket->ending);
    socket->n_ended++;
    pthread_cond_broadcast(&socket->ended);
    pthread_mutex_unlock(&socket->ending);
}

static void deliver(struct datagram_reader *reader, int i, struct clock_reading now)
{
    struct msghdr *header = &reader->headers[i].msg_hdr;
    size_t size = reader->headers[i].msg_len; /* by MSG_TRUNC, as it was sent */
    struct datagram datagram = {
        .bytes = slice_of(reader->bytes[i], size < DATAGRAM_MAX ? size : DATAGRAM_MAX),
        .full_size_bytes = size,
        .from = (struct sockaddr *)&reader->from[i],
        .from_n = header->msg_namelen,
        .is_cut = size > DATAGRAM_MAX,
        .received_ms = now.wall_ms,
        .mono_ms = now.mono_ms,
        .header = header,
    };
    reader->calls->on_datagram(reader->context, &datagram);
}

enum datagram_rest datagram_read(struct datagram_reader *reader)
{
    struct clock_reading now = {0};
    for (int turn = 0; turn < BATCHES_A_TURN; turn++) {
        uint64_t number;
        if (!has_room(reader))
            return DATAGRAM_NO_ROOM;
        int n = read_batch(reader, &number);
        if (n == 0)
            return DATAGRAM_NOTHING;
        now = clock_read(reader->worker->intake->options.clock);
        for (int i = 0; i < n; i++)
            deliver(reader, i, now);
        await_turn(reader->socket, number);
        reader->calls->on_batch(reader->context);
        end_turn(reader->socket);
        if (n < BATCH)
            return DATAGRAM_NOTHING;
    }
    press(reader->worker, now.mono_ms);
    return DATAGRAM_MORE;
}

/* It may come faster than it is counted: not for ever. */
static size_t count_rest(struct datagram_reader *reader)
{
    size_t n = 1, lost = 0;
    for (uint64_t number; n && lost < REST_MAX; lost += n)
        n = (size_t)read_batch(reader, &number);
    return lost;
}

void datagram_read_rest(struct datagram_reader *reader, int64_t until_ms)
{
    const struct intake_options *options = &reader->worker->intake->options;
    enum datagram_rest rest = DATAGRAM_MORE;
    while (rest != DATAGRAM_NOTHING && clock_read(options->clock).mono_ms < until_ms) {
        rest = datagram_read(reader);
        if (rest == DATAGRAM_NO_ROOM)
            journal_wait_committed(options->journal, journal_committed(options->journal) + 1,
                                   ROOM_LOOK_MS);
    }
    size_t lost = rest != DATAGRAM_NOTHING ? count_rest(reader) : 0;
    stats_add(&options->stats->dropped_full, lost);
    count_kernel_drops(reader->socket, options->stats);
    if (lost)
        log_warn("intake", "datagrams dropped: they came while all stops dropped=%zu", lost);
}

bool datagram_has_turn(struct worker *worker, const struct intake_listener *settings,
                       const struct datagram *datagram, enum gw_transport transport)
{
    int64_t now_ns = datagram->mono_ms * 1000000;
    if (settings->max_rate == 0)
        return true;
    struct intake_peer own;
    struct stats_source *source = peers_get(worker->peers, datagram->from, transport, &own)->stats;
    if (rate_has_turn(source, settings->max_rate, now_ns)) {
        rate_spend(source, settings->max_rate, now_ns);
        return true;
    }
    stats_add(&source->dropped, 1);
    stats_add(&worker->intake->options.stats->dropped_rate, 1);
    unsigned long held;
    if (log_allowed(&worker->rate_log, 5000, &held))
        log_warn("intake", "datagrams dropped: beyond max-rate peer=%s address=%s dropped=%lu",
                 source->peer, settings->address, held + 1);
    return false;
}

static void set_receive_buffer(int fd, int64_t wanted_bytes, const char *address)
{
    int size = wanted_bytes > 1 << 30 ? 1 << 30 : (int)wanted_bytes;
    /* FORCE goes beyond net.core.rmem_max where the process may. */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    int got = 0;
    socklen_t length = sizeof got;
    /* The kernel doubles the figure for its own bookkeeping. */
    if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &got, &length) == 0 && got / 2 < size)
        log_notice("intake",
                   "receive buffer smaller than asked; raise net.core.rmem_max address=%s bytes=%d "
                   "asked=%d",
                   address, got / 2, size);
}

/* ---- sockets ---- */

static struct datagram_socket *socket_new(const struct intake_listener *listener, int fd)
{
    struct datagram_socket *socket = gw_alloc(sizeof *socket);
    set_receive_buffer(fd, listener->receive_buffer_bytes, listener->address);
    socket->fd = fd;
    socket->address = listener->address;
    pthread_mutex_init(&socket->reading, NULL);
    pthread_mutex_init(&socket->ending, NULL);
    pthread_cond_init(&socket->ended, NULL);
    return socket;
}

void datagram_socket_close(struct datagram_socket *socket)
{
    if (!socket)
        return;
    loop_timer_free(socket->look);
    loop_io_free(socket->io);
    close(socket->fd);
    pthread_cond_destroy(&socket->ended);
    pthread_mutex_destroy(&socket->ending);
    pthread_mutex_destroy(&socket->reading);
    free(socket);
}

void datagram_socket_tell_local(struct datagram_socket *socket)
{
    socket->tells_local = local_tell(socket->fd);
}

int datagram_socket_fd(const struct datagram_socket *socket)
{
    return socket->fd;
}

struct datagram_socket *datagram_socket_open(const struct intake_listener *listener,
                                             const char *element, struct diag *diag)
{
    struct address address;
    if (!address_parse(slice_from(listener->address), &address)) {
        intake_check(listener, element, diag);
        return NULL;
    }
    int fd = socket(address.storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address.storage, address.length) < 0) {
        diag_add_at(diag, listener->place, "<%s address=\"%s\">: cannot listen: %s", element,
                    listener->address, strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    return socket_new(listener, fd);
}

/* A socket that a dead process left is in the way; a living one's, or a file, is not ours. */
static bool is_left_over(const struct sockaddr_un *address)
{
    struct stat stat;
    if (lstat(address->sun_path, &stat) < 0 || !S_ISSOCK(stat.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool is_dead = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 &&
                   errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    return is_dead;
}

struct datagram_socket *datagram_socket_open_unix(const struct intake_listener *listener,
                                                  struct diag *diag)
{
    static const mode_t modes[] = {0600, 0660, 0666};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = -1;
    errno = ENAMETOOLONG;
    if (strlen(listener->address) < sizeof address.sun_path) {
        strcpy(address.sun_path, listener->address);
        if (is_left_over(&address))
            unlink(address.sun_path);
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    }
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        chmod(address.sun_path, modes[listener->mode]) < 0) {
        diag_add_at(diag, listener->place, "<syslog-unix path=\"%s\">: cannot listen: %s",
                    listener->address, strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    struct datagram_socket *socket = socket_new(listener, fd);
    socket->is_unix = true;
    return socket;
}
