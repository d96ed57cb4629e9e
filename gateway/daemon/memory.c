/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lack of memory, for libraries too: net-snmp, libxml2 and others go on with the NULL that malloc
 * gave them, some into a crash, some with a part of what they were asked for. In this process
 * malloc gives memory or ends it by one logged abort, as gw_alloc() does; the journal has all that
 * was acknowledged. Stands before the C library's by the order of symbols; a sanitizer has a malloc
 * of its own.
 */
#include "gateway/daemon/memory.h"

#include <dlfcn.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdlib.h>

#ifdef __has_feature
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif

#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__ &&                               \
    !HAS_FEATURE(address_sanitizer) && !HAS_FEATURE(thread_sanitizer) &&                           \
    !HAS_FEATURE(memory_sanitizer)

/* dlsym() takes no memory unless it fails; that two threads look at once does no harm. */
#define NEXT(name) (next ? next : (*(void **)&next = dlsym(RTLD_NEXT, name), next))

void *malloc(size_t size)
{
    static void *(*next)(size_t);
    void *p = NEXT("malloc")(size);
    if (!p)
        gw_die_no_memory(size);
    return p;
}

void *calloc(size_t n, size_t size)
{
    static void *(*next)(size_t, size_t);
    void *p = NEXT("calloc")(n, size);
    if (!p)
        gw_die_no_memory(size);
    return p;
}

void *realloc(void *old, size_t size)
{
    static void *(*next)(void *, size_t);
    void *p = NEXT("realloc")(old, size);
    if (!p && size) /* of none: it was freed */
        gw_die_no_memory(size);
    return p;
}

#endif

void memory_set_up(void)
{
#ifdef __GLIBC__
    /* Tables and answers of megabytes come and go. Left to itself the C library soon keeps such in
       its heaps, whose holes stay resident; so they are always mapped, and gone when freed. */
    mallopt(M_MMAP_THRESHOLD, 256 * 1024);
    mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
#endif
}
