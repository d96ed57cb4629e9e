/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_STORE_FILL_H
#define GATEWAY_STORE_FILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/base/arena.h"
#include "gateway/base/slice.h"
#include "gateway/journal/journal.h"
#include "gateway/schema/event.h"

/**
 * Fills the database with records, in the journal's order. What they add and how far it came are
 * one transaction: after a kill at any place the database holds what the records up to its cursor
 * say, each once. Figures hang on records alone, the clock is that of the journal's ticks: the same
 * journal gives the same figures. One thread.
 */
struct store_fill;

/* A site, its IANA zone and the name that people gave it; NULL where it has none. */
struct store_site {
    const char *id, *zone, *name;
};
/* What the settings of a load record say of sites: how many, all in arena; -1: not readable. The
   indicators' room, which knows their form, is of the same rank. */
typedef int store_sites_fn(struct slice settings, struct arena *arena, struct store_site **sites);

struct store_fill_options {
    const char *path, *epoch;             /* epoch: journal_epoch() */
    uint64_t oldest;                      /* the first record that the journal still has */
    uint64_t committed;                   /* and its last */
    int64_t hours_ms, days_ms, max_bytes; /* <store> */
    store_sites_fn *read_sites;
    /* A record of before, for a correction of it; false: the journal has it no more. */
    bool (*fetch)(void *context, uint64_t sequence, struct gw_event *out);
    void *context;
};

struct store_fill_figures {
    uint64_t detections;  /* records that were counted */
    uint64_t repeats;     /* that told what was told before */
    uint64_t corrections; /* taken */
    uint64_t unfit;       /* corrections whose record is gone: the figures stand as they were */
    uint64_t late;        /* older than what is kept by the day */
    uint64_t unreadable;  /* records that cannot be decoded */
    uint64_t missed;      /* let go by the journal before they were read */
};

/* GW_OK; or an error with trouble, of size bytes, in words: GW_ERR_VERSION, GW_ERR_DAMAGED (it is
   to be set aside), GW_ERR_EXISTS (it is of another journal: the same), GW_ERR_BUSY, GW_ERR_IO. */
int store_fill_open(const struct store_fill_options *options, struct store_fill **out,
                    char *trouble, size_t size);
/* What is not committed is undone. NULL is fine. */
void store_fill_close(struct store_fill *fill);

/* Ends a statement that runs, from another thread: the batch is given up. */
void store_fill_interrupt(struct store_fill *fill);
/* The last record that is in the database for good. */
uint64_t store_fill_cursor(struct store_fill *fill);
/* It has never come to the journal's end yet. */
bool store_fill_is_new(struct store_fill *fill);
void store_fill_note_end(struct store_fill *fill);

/* No settings came yet: those of the first record that has some hold for all before it. */
bool store_fill_wants_settings(const struct store_fill *fill);
void store_fill_settings(struct store_fill *fill, const struct gw_event *event);

/* GW_OK, or the first error of this batch, which is then to be given up by closing. */
int store_fill_take(struct store_fill *fill, const struct journal_record *record);
int store_fill_commit(struct store_fill *fill, uint64_t cursor);
/* The journal let go what is older. */
void store_fill_note_oldest(struct store_fill *fill, uint64_t oldest);
/* Figures that wait in memory for the commit. */
size_t store_fill_waiting(const struct store_fill *fill);
const char *store_fill_trouble(const struct store_fill *fill);
void store_fill_get_figures(const struct store_fill *fill, struct store_fill_figures *out);
int64_t store_fill_bytes(struct store_fill *fill);

#endif
