/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_PAGES_H
#define GATEWAY_BASE_PAGES_H

#include <stddef.h>

/**
 * A whole file in pages of its own, which go back to the system as they are read through: what is
 * made of them takes their place, so that the two never stand in memory whole. The file is read,
 * not mapped: a disk that fails is an error then, not a signal. One thread. {0} holds nothing.
 */
struct pages {
    char *bytes; /* NULL: none */
    size_t n;
    size_t passed; /* bytes given back, from the first one on */
};

/* From the file's beginning. GW_OK; GW_ERR_IO; GW_ERR_DAMAGED: it is empty, or ended early. Ends
 * the process when there is no memory. */
int pages_read(struct pages *pages, int fd);
/* Nobody will look at what stands before this byte of theirs. */
void pages_pass(struct pages *pages, const void *byte);
void pages_free(struct pages *pages);

#endif
