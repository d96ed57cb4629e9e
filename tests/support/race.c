/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two threads, one number, no lock: what the thread sanitizer must see (threads.sh). */
#include <pthread.h>
#include <stddef.h>

static int number;

static void *touch(void *context)
{
    (void)context;
    number++;
    return NULL;
}

int main(void)
{
    pthread_t one, two;
    if (pthread_create(&one, NULL, touch, NULL) != 0 ||
        pthread_create(&two, NULL, touch, NULL) != 0)
        return 0;
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    return 0;
}
