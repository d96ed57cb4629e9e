/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS contexts by the address that they are for. */
#include "gateway/intake/certificates.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gateway/base/arena.h"
#include "gateway/base/buf.h"
#include "gateway/tls/tls.h"

enum { DAY_S = 24 * 3600 };

struct one {
    const struct intake_listener *listener;
    struct tls_context *context;
};

struct certificates {
    struct one *all;
    size_t n;
    int64_t looked_day;
};

struct certificates *certificates_new(void)
{
    struct certificates *certificates = gw_alloc(sizeof *certificates);
    certificates->looked_day = time(NULL) / DAY_S; /* loading does it */
    return certificates;
}

void certificates_free(struct certificates *certificates)
{
    if (!certificates)
        return;
    for (size_t i = 0; i < certificates->n; i++)
        tls_context_put(certificates->all[i].context);
    free(certificates->all);
    free(certificates);
}

void certificates_load(struct certificates *certificates, const char *element,
                       const struct intake_listener *listener, struct diag *diag)
{
    struct buf error = {0};
    struct tls_context *context = tls_context_new(&listener->tls, true, &error);
    if (context) {
        tls_context_warn(context, &listener->tls);
        certificates->all =
            gw_realloc(certificates->all, (certificates->n + 1) * sizeof *certificates->all);
        certificates->all[certificates->n++] =
            (struct one){.listener = listener, .context = context};
    } else {
        diag_add_at(diag, listener->place, "<%s address=\"%s\">: %s", element, listener->address,
                    buf_text(&error));
    }
    buf_free(&error);
}

struct tls_context *certificates_get(const struct certificates *certificates, const char *address)
{
    for (size_t i = 0; i < certificates->n; i++)
        if (strcmp(certificates->all[i].listener->address, address) == 0)
            return tls_context_get(certificates->all[i].context);
    return NULL;
}

void certificates_look(struct certificates *certificates, int64_t now_ms)
{
    int64_t day = now_ms / 1000 / DAY_S;
    for (size_t i = 0; day != certificates->looked_day && i < certificates->n; i++)
        tls_context_warn(certificates->all[i].context, &certificates->all[i].listener->tls);
    certificates->looked_day = day;
}
