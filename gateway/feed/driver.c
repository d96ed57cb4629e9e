/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which kinds of target this build knows: a row a driver. */
#include "gateway/feed/driver.h"

#include "config.h"

#ifdef HAVE_KAFKA
#define KAFKA &feed_driver_kafka
#else
#define KAFKA NULL
#endif
#ifdef HAVE_NATS
#define NATS &feed_driver_nats
#else
#define NATS NULL
#endif

static const struct {
    const char *name;
    const struct feed_driver *driver; /* NULL: not in this build */
} kinds[] = {
    [FEED_KIND_RELP] = {"relp", &feed_driver_relp},
    [FEED_KIND_SYSLOG] = {"syslog", &feed_driver_syslog},
    [FEED_KIND_FILE] = {"file", &feed_driver_file},
    [FEED_KIND_KAFKA] = {"kafka", KAFKA},
    [FEED_KIND_NATS] = {"nats", NATS},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

const struct feed_driver *feed_driver_find(enum feed_kind kind)
{
    return (unsigned)kind < KINDS ? kinds[kind].driver : NULL;
}

const char *feed_kind_name(enum feed_kind kind)
{
    return (unsigned)kind < KINDS ? kinds[kind].name : "unknown";
}
