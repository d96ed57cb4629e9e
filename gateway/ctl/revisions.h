/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_REVISIONS_H
#define GATEWAY_CTL_REVISIONS_H

#include <stddef.h>
#include <stdint.h>

/**
 * Which correction of a record is the newest, for records from..to. Bounded: if there are more
 * corrections than rows, `to` is lowered, and the caller reads the journal again from there.
 * revisions_begin(), revisions_note() for each correction in the journal's order, revisions_seal(),
 * then revisions_newest().
 */
struct revisions_row {
    uint64_t of, sequence;
};

struct revisions {
    struct revisions_row *rows;
    size_t n, max;
    uint64_t from, to; /* sequences of records; `to` itself is not among them */
};

/* max: rows, at least 2. */
void revisions_init(struct revisions *revisions, size_t max);
void revisions_free(struct revisions *revisions);

/* Forget all; of records from here on. */
void revisions_begin(struct revisions *revisions, uint64_t from);
/* The record `of` is corrected by the record `sequence`, greater than any noted before. */
void revisions_note(struct revisions *revisions, uint64_t of, uint64_t sequence);
void revisions_seal(struct revisions *revisions);
/* The newest correction of a record from..to; 0: none. */
uint64_t revisions_newest(const struct revisions *revisions, uint64_t of);

#endif
