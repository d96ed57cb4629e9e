/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_INTAKE_DATAGRAM_H
#define GATEWAY_INTAKE_DATAGRAM_H

#include "gateway/intake/intake_internal.h"

/** Datagrams of one socket, by one thread or by several in turn. */
struct datagram {
    struct slice bytes;
    struct sockaddr *from;
    socklen_t from_n;
    size_t full_size_bytes;       /* as sent */
    bool is_cut;                  /* it was longer than DATAGRAM_MAX */
    int64_t received_ms, mono_ms; /* of its batch */
    const struct msghdr *header;  /* as it was received */
};

/* Bound, with its buffer set and the kernel's drops counted. NULL: diag says why. Of a Unix socket
 * its file is the caller's to remove. */
struct datagram_socket;
struct datagram_socket *datagram_socket_open(const struct intake_listener *listener,
                                             const char *element, struct diag *diag);
struct datagram_socket *datagram_socket_open_unix(const struct intake_listener *listener,
                                                  struct diag *diag);
void datagram_socket_close(struct datagram_socket *socket);
int datagram_socket_fd(const struct datagram_socket *socket);
/**
 * On the loop of worker, which reads with the first reader: fn runs while something waits, but not
 * while the journal has no room. What is not read stays with the kernel, which counts what it drops
 * for want of buffer. False: no descriptors left.
 */
bool datagram_socket_watch(struct datagram_socket *socket, struct worker *worker, loop_io_fn *fn,
                           void *context);
/* The journal has committed; on that worker's thread. */
void datagram_socket_go_on(struct datagram_socket *socket);
/* Each datagram's header says where it came to (base/local.h). Before the first reader is made. */
void datagram_socket_tell_local(struct datagram_socket *socket);

/** What a reader does. */
struct datagram_calls {
    void (*on_datagram)(void *context, const struct datagram *datagram);
    /* After each batch, at most INTAKE_BATCH datagrams: in the order in which the batches were
     * read, whoever reads them, and one at a time. */
    void (*on_batch)(void *context);
};

/* A worker's part in reading a socket; both outlive it. */
struct datagram_reader;
struct datagram_reader *datagram_reader_new(struct datagram_socket *socket, struct worker *worker,
                                            const struct datagram_calls *calls, void *context);
void datagram_reader_free(struct datagram_reader *reader);
/**
 * Read what waits, for one turn; on the worker's thread. DATAGRAM_MORE: more waits than a turn
 * takes. Then the thread goes before the rest of the machine until there was calm for a second.
 * DATAGRAM_NO_ROOM: the journal has none for another batch.
 */
enum datagram_rest { DATAGRAM_NOTHING, DATAGRAM_MORE, DATAGRAM_NO_ROOM };
enum datagram_rest datagram_read(struct datagram_reader *reader);
/* At the end, when no thread reads any more: what the kernel still has is read until until_ms by
   the monotonic clock; what is left then is lost, counted and told. */
void datagram_read_rest(struct datagram_reader *reader, int64_t until_ms);

/* Whether the sender of a datagram has its turn (max-rate); if not, it is counted as dropped. */
bool datagram_has_turn(struct worker *worker, const struct intake_listener *settings,
                       const struct datagram *datagram, enum gw_transport transport);

#endif
