/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CONFIG_CONFIG_H
#define GATEWAY_CONFIG_CONFIG_H

#include <stddef.h>

#include "gateway/base/buf.h"
#include "gateway/base/diag.h"
#include "gateway/base/option.h"
#include "gateway/base/slice.h"

/**
 * The configuration file read against the rooms' option rows. One root element <eog-gateway>, flat
 * sections, attributes for options. Loading is all or nothing: a file with an error gives no
 * config. A loaded config never changes; whoever holds it may read it from any thread.
 */
struct config;

/* sections: the table of every room, in the order of the manual; borrowed for the config's life. */
int config_load(const char *path, const struct section *const *sections, size_t n,
                struct diag *diag, struct config **out);
/* text stands for a file; name in errors, folder for relative paths. */
int config_load_text(struct slice text, const char *name, const char *folder,
                     const struct section *const *sections, size_t n, struct diag *diag,
                     struct config **out);
void config_free(struct config *config);

/* The struct of a section that stands once; defaults when the file leaves it out. NULL: no such
 * section. */
const void *config_get(const struct config *config, const char *element);
/* The i-th of a section that may stand many times; NULL beyond the last. */
const void *config_at(const struct config *config, const char *element, size_t i);
size_t config_count(const struct config *config, const char *element);

/* Appends " <element option>" for each option that differs between the two and needs a restart. */
void config_list_restarts(const struct config *before, const struct config *after,
                          const struct section *const *sections, size_t n, struct buf *out);

/* The RELAX NG schema made from the rows; the manual's option list made from the same. */
void config_write_schema(const struct section *const *sections, size_t n, struct buf *out);
void config_write_manual(const struct section *const *sections, size_t n, struct buf *out);

#endif
