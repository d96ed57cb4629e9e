/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Threads by name. */
#include "gateway/base/thread.h"

#include "gateway/base/error.h"

int gw_thread_start(pthread_t *thread, const char *name, void *(*run)(void *context), void *context)
{
    if (pthread_create(thread, NULL, run, context) != 0)
        return GW_ERR_IO;
    pthread_setname_np(*thread, name); /* a thread without its name works as well */
    return GW_OK;
}
