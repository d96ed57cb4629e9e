/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_INTAKE_CERTIFICATES_H
#define GATEWAY_INTAKE_CERTIFICATES_H

#include "gateway/base/diag.h"
#include "gateway/intake/intake.h"

/**
 * The certificates of all listeners of one configuration, by their addresses: loaded with it, so
 * that a reload has all or none, and handed to intake when it starts and at each reload. Which they
 * are does not change once loaded.
 */
struct certificates;
struct tls_context;

struct certificates *certificates_new(void);
void certificates_free(struct certificates *certificates);

/* Those of one listener, which is borrowed; element is its section's. What is wrong is in diag. */
void certificates_load(struct certificates *certificates, const char *element,
                       const struct intake_listener *listener, struct diag *diag);

/* A reference, or NULL: the address has none. */
struct tls_context *certificates_get(const struct certificates *certificates, const char *address);

/* Once a day, however often it is called, logs which of them have ended or end soon, as loading
   does: what is shown to peers, not what lies in the files by now. By one thread. */
void certificates_look(struct certificates *certificates, int64_t now_ms);

#endif
