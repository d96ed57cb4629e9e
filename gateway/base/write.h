/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_WRITE_H
#define GATEWAY_BASE_WRITE_H

#include "gateway/base/slice.h"

/* All bytes to a blocking descriptor, however often it is interrupted or takes but a part. GW_OK,
   or GW_ERR_IO with errno; some may be written then. */
int write_whole(int fd, struct slice bytes);

/**
 * A file replaced so that whoever reads it, after a death at any moment too, finds the old one or
 * the new one, whole: bytes go beside it (path and ".new", mode 0600) and are synced; then its name
 * is theirs. Between the two nothing has changed. GW_OK, or GW_ERR_IO with errno; nothing is left
 * beside after a failure.
 */
int write_beside(const char *path, struct slice bytes);
int write_adopt(const char *path);
/* What was written beside is not wanted. */
void write_forget(const char *path);

/* Names in the folder of path are on disk: after a rename or an unlink. GW_OK, or GW_ERR_IO. */
int write_sync_folder(const char *path);

/* A program's first act: standard descriptors that it was begun without (`>&-`) are taken, so that
   no file or socket becomes one and gets what is printed. To read or write them fails as before. */
void write_hold_standard(void);

/* At a program's end: has all that was printed arrived? When it has not, standard error says so. A
   reader that went away (`| head`) is no trouble, though perhaps why a command failed. */
enum write_end { WRITE_ARRIVED, WRITE_UNREAD, WRITE_LOST };
enum write_end write_end_output(const char *program);

#endif
