/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_ERROR_H
#define GATEWAY_BASE_ERROR_H

/**
 * What an operation returns: 0, or one of these. errno stops in the room that made the
 * system call; it logs the reason once, and hands up only what a caller can act on.
 */
enum gw_error {
    GW_OK = 0,
    GW_ERR_INVALID = -1,   /* a value or text that cannot be right; a diag says where */
    GW_ERR_IO = -2,        /* the disk or the network refused */
    GW_ERR_NOT_FOUND = -3, /* no such file, row, user */
    GW_ERR_EXISTS = -4,    /* there already */
    GW_ERR_FULL = -5,      /* a bound of ours is reached; try later or drop and count */
    GW_ERR_CLOSED = -6,    /* the other end, or this object, is shut down */
    GW_ERR_DAMAGED = -7,   /* stored data fails its check */
    GW_ERR_VERSION = -8,   /* stored data of a newer format */
    GW_ERR_DENIED = -9,    /* the system does not permit it */
    GW_ERR_BUSY = -10      /* somebody else holds it */
};

/* A short constant text, for logs and messages. */
const char *gw_error_text(int error);

#endif
