/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Held by two: who asks and the thread. The last one frees it. */
#include "gateway/base/resolve.h"

#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/base/arena.h"

struct resolve {
    char host[RESOLVE_HOST_MAX];
    char port[8];
    int fd;
    atomic_int holders;
    /* the thread's, until is_done */
    atomic_bool is_done;
    int error;
    size_t n;
    struct address found[RESOLVE_MAX];
};

bool resolve_split(struct slice text, char *host, unsigned *port)
{
    struct slice name = text;
    size_t colon = text.n;
    int64_t number = 0;
    while (colon && text.p[colon - 1] != ':')
        colon--;
    if (colon < 2)
        return false;
    name.n = colon - 1;
    bool has_brackets = name.p[0] == '[' && name.p[name.n - 1] == ']';
    if (has_brackets)
        name = slice_of(name.p + 1, name.n - 2);
    if (!name.n || name.n >= RESOLVE_HOST_MAX || !slice_to_int(slice_skip(text, colon), &number) ||
        number < 1 || number > 65535)
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] > '~' || (name.p[i] == ':' && !has_brackets))
            return false;
    memcpy(host, name.p, name.n);
    host[name.n] = '\0';
    *port = (unsigned)number;
    return true;
}

static void let_go(struct resolve *resolve)
{
    if (atomic_fetch_sub(&resolve->holders, 1) > 1)
        return;
    close(resolve->fd);
    free(resolve);
}

static void *run(void *context)
{
    struct resolve *resolve = context;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
    uint64_t one = 1;
    resolve->error = getaddrinfo(resolve->host, resolve->port, &hints, &list);
    for (struct addrinfo *a = list; a && resolve->n < RESOLVE_MAX; a = a->ai_next) {
        if (a->ai_addrlen > sizeof resolve->found->storage)
            continue;
        struct address *to = &resolve->found[resolve->n++];
        memcpy(&to->storage, a->ai_addr, a->ai_addrlen);
        to->length = a->ai_addrlen;
    }
    if (list)
        freeaddrinfo(list);
    atomic_store(&resolve->is_done, true);
    (void)!write(resolve->fd, &one, sizeof one);
    let_go(resolve);
    return NULL;
}

struct resolve *resolve_start(const char *host, unsigned port)
{
    pthread_t thread;
    struct resolve *resolve = gw_alloc(sizeof *resolve);
    snprintf(resolve->host, sizeof resolve->host, "%s", host);
    snprintf(resolve->port, sizeof resolve->port, "%u", port);
    resolve->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    atomic_store(&resolve->holders, 2);
    if (resolve->fd < 0 || pthread_create(&thread, NULL, run, resolve) != 0) {
        if (resolve->fd >= 0)
            close(resolve->fd);
        free(resolve);
        return NULL;
    }
    pthread_detach(thread);
    return resolve;
}

int resolve_fd(const struct resolve *resolve)
{
    return resolve->fd;
}

bool resolve_get(struct resolve *resolve, struct address *out, size_t *n, const char **reason)
{
    *n = 0;
    if (!atomic_load(&resolve->is_done))
        return false;
    *n = resolve->n;
    memcpy(out, resolve->found, resolve->n * sizeof *out);
    *reason = resolve->error ? gai_strerror(resolve->error) : "no address";
    return true;
}

void resolve_end(struct resolve *resolve)
{
    if (resolve)
        let_go(resolve);
}
