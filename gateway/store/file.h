/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_STORE_FILE_H
#define GATEWAY_STORE_FILE_H

/**
 * The database's file in the state folder: SQLite with a write-ahead log beside it. What is set
 * aside keeps its data for a person and is read by nobody.
 */
#define STORE_FILE "store.db"
/* The name of its place in the journal. */
#define STORE_CURSOR "store"

/* path and what belongs to it become path.WORD; one of before is replaced. Nobody may have it open
   but to read. GW_OK; GW_ERR_NOT_FOUND; GW_ERR_IO. */
int store_file_set_aside(const char *path, const char *word);

/* SQLite for the whole process, before its first database: it need not count its memory, which
   nobody asks for and which costs a lock for each piece. Later it does nothing. */
void store_db_configure(void);

#endif
