/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers for texts, and computers. A figure names a computer by the strongest key of its record,
 * so that taking it away again needs nothing but the record. That two keys are one computer's is
 * told by links, followed when figures are read: from a weaker key to the stronger one that a
 * record showed it with (GUID, name.domain, name, MAC, IP). A key that two computers bore leads
 * nowhere any more: better two rows than the wrong one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "gateway/store/store_internal.h"

enum { CHAIN_MAX = STORE_KEYS_MAX, KEY_BYTES = 8 + STORE_KEYS_MAX * (STORE_KEY_MAX + 1) };

int64_t store_name_id(struct store_fill *fill, const char *text)
{
    struct slice key = slice_from(text);
    if (!key.n)
        return 0;
    int64_t id = store_memo_get(fill->names, key);
    if (id)
        return id;
    id = store_db_int(&fill->db, 0, "SELECT id FROM name WHERE text = ?", "t", text);
    if (!id) {
        store_db_run(&fill->db, "INSERT INTO name(text) VALUES(?)", "t", text);
        id = sqlite3_last_insert_rowid(fill->db.sqlite);
    }
    if (id > 0)
        store_memo_put(fill->names, key, id);
    return id;
}

/* ---- computers ---- */

static int64_t root_of(struct store_fill *fill, int64_t id)
{
    for (int i = 0; i < CHAIN_MAX; i++) {
        int64_t parent =
            store_db_int(&fill->db, 0, "SELECT parent FROM computer WHERE id = ?", "i", id);
        if (!parent)
            break;
        id = parent;
    }
    return id;
}

static int64_t link_of(struct store_fill *fill, int64_t site, const char *key)
{
    return store_db_int(&fill->db, -1, "SELECT computer FROM link WHERE site = ? AND key = ?", "it",
                        site, key);
}

static int64_t find_or_make(struct store_fill *fill, int64_t site, const char *key,
                            const char *label)
{
    int64_t id = store_db_int(&fill->db, 0, "SELECT id FROM computer WHERE site = ? AND key = ?",
                              "it", site, key);
    if (id)
        return id;
    int64_t to = link_of(fill, site, key);
    store_db_run(&fill->db,
                 to > 0 ? "INSERT INTO computer(site, key, label, parent) VALUES(?, ?, ?, ?)"
                        : "INSERT INTO computer(site, key, label) VALUES(?, ?, ?)",
                 to > 0 ? "itti" : "itt", site, key, label, to);
    return sqlite3_last_insert_rowid(fill->db.sqlite);
}

static void lead(struct store_fill *fill, int64_t site, const char *key, int64_t to)
{
    store_db_run(&fill->db, "INSERT OR REPLACE INTO link VALUES(?, ?, ?)", "iti", site, key, to);
    store_db_run(&fill->db, "UPDATE computer SET parent = nullif(?, 0) WHERE site = ? AND key = ?",
                 "iit", to, site, key);
}

/* A GUID without a domain, a domain without a GUID, one name: that is one computer, unless the GUID
 * was seen in another domain. True: they are one now. */
static bool join_by_name(struct store_fill *fill, int64_t site, const struct store_fact *fact,
                         int64_t id, int64_t root)
{
    struct store_db *db = &fill->db;
    char key[STORE_KEY_MAX + 1] = "";
    sqlite3_stmt *row;
    if (store_db_row(db, &row, "SELECT key FROM computer WHERE id = ?", "i", root)) {
        const unsigned char *text = sqlite3_column_text(row, 0);
        snprintf(key, sizeof key, "%s", text ? (const char *)text : "");
        store_db_done(row);
    }
    bool has_domain = fact->keys[1][0] == 'd';
    if (fact->keys[0][0] == 'g' && !has_domain && key[0] == 'd' && link_of(fill, site, key) < 0) {
        lead(fill, site, key, id);
        return true;
    }
    if (fact->keys[0][0] == 'd' && key[0] == 'g' && link_of(fill, site, fact->keys[0]) < 0 &&
        !store_db_int(db, 0, "SELECT 1 FROM link WHERE computer = ? AND key >= 'd' AND key < 'e'",
                      "i", root)) {
        lead(fill, site, fact->keys[0], root);
        return true;
    }
    return false;
}

/* A name that came to lead to it is what it is called from now on: it had none, or another. */
static void call(struct store_fill *fill, int64_t id, const struct store_fact *fact)
{
    store_db_run(&fill->db, "UPDATE computer SET label = ? WHERE id = ?", "ti", fact->computer,
                 root_of(fill, id));
}

static void link_key(struct store_fill *fill, int64_t site, const struct store_fact *fact,
                     const char *key, int64_t id)
{
    int64_t to = link_of(fill, site, key);
    if (to == 0 || to == id || fill->db.result)
        return;
    if (to < 0) {
        lead(fill, site, key, id);
        if (key[0] == 'n')
            call(fill, id, fact);
        return;
    }
    int64_t root = root_of(fill, to);
    if (root == root_of(fill, id))
        return;
    if (key[0] == 'n' && join_by_name(fill, site, fact, id, root)) {
        call(fill, id, fact);
        return;
    }
    lead(fill, site, key, 0);
    store_memo_forget(fill->computers); /* what was one may be two now */
}

/* The site and all that the computer is known by, each with its NUL. */
static size_t join_keys(int64_t site, const struct store_fact *fact, char out[KEY_BYTES])
{
    size_t n = sizeof site;
    memcpy(out, &site, sizeof site);
    for (size_t i = 0; i < fact->n_keys; i++) {
        size_t size = strlen(fact->keys[i]) + 1;
        memcpy(out + n, fact->keys[i], size);
        n += size;
    }
    return n;
}

int64_t store_computer_id(struct store_fill *fill, int64_t site, const struct store_fact *fact)
{
    char bytes[KEY_BYTES];
    struct slice key = slice_of(bytes, join_keys(site, fact, bytes));
    if (!fact->n_keys)
        return 0;
    int64_t id = store_memo_get(fill->computers, key);
    if (id)
        return id;
    id = find_or_make(fill, site, fact->keys[0], fact->computer);
    for (size_t i = 1; i < fact->n_keys; i++)
        link_key(fill, site, fact, fact->keys[i], id);
    if (id > 0)
        store_memo_put(fill->computers, key, id);
    return id;
}

/* ---- what goes ---- */

/* Ids that are spoken of, a bit each. */
struct marks {
    uint64_t *bits;
    int64_t n; /* what is beyond is nobody's */
};

static void mark(struct marks *marks, int64_t id)
{
    if (id > 0 && id < marks->n)
        marks->bits[id / 64] |= UINT64_C(1) << id % 64;
}

static struct marks marks_of(struct store_fill *fill, const char *sql)
{
    struct marks marks = {.n = store_db_int(&fill->db, 0, sql, "") + 1};
    marks.bits = gw_alloc(((size_t)marks.n / 64 + 1) * sizeof *marks.bits);
    return marks;
}

static void put_marks(struct store_fill *fill, struct marks *marks)
{
    for (int64_t id = 1; id < marks->n; id++)
        if (marks->bits[id / 64] >> id % 64 & 1)
            store_db_run(&fill->db, "INSERT OR IGNORE INTO used VALUES(?)", "i", id);
    free(marks->bits);
}

static void mark_packs(struct store_fill *fill, struct marks *computers, struct marks *names)
{
    static const int of_names[] = {STORE_ID_SITE, STORE_ID_PRODUCT, STORE_ID_MALWARE,
                                   STORE_ID_SOURCE};
    sqlite3_stmt *row;
    for (bool has = store_db_row(&fill->db, &row, "SELECT figures FROM pack", ""); has;
         has = store_db_next(&fill->db, row)) {
        struct cursor bytes = cursor_of(store_db_blob(row, 0));
        struct store_figure figure = {.n = 0};
        while (store_pack_next(&bytes, &figure)) {
            mark(computers, figure.ids[STORE_ID_COMPUTER]);
            for (size_t i = 0; i < sizeof of_names / sizeof *of_names; i++)
                mark(names, figure.ids[of_names[i]]);
        }
        if (bytes.failed)
            store_db_damaged(&fill->db, STORE_PACK_DAMAGED);
    }
}

/* What no figure speaks of any more. Computers first, with whom their links lead to: four steps at
   the most, from MAC or IP to GUID. That a key leads nowhere is known as long as figures are under
   it: else the next computer that bears it were told all of them. */
void store_names_prune(struct store_fill *fill)
{
    struct marks computers = marks_of(fill, "SELECT max(id) FROM computer"),
                 names = marks_of(fill, "SELECT max(id) FROM name");
    mark_packs(fill, &computers, &names);
    store_db_exec(&fill->db, "CREATE TEMP TABLE used(id INTEGER PRIMARY KEY)");
    put_marks(fill, &computers);
    store_db_exec(
        &fill->db,
        "INSERT OR IGNORE INTO used SELECT computer FROM day_row;"
        "INSERT OR IGNORE INTO used SELECT computer FROM hour_row;"
        "INSERT OR IGNORE INTO used SELECT parent FROM computer WHERE parent > 0 AND id IN"
        " used;"
        "INSERT OR IGNORE INTO used SELECT parent FROM computer WHERE parent > 0 AND id IN"
        " used;"
        "INSERT OR IGNORE INTO used SELECT parent FROM computer WHERE parent > 0 AND id IN"
        " used;"
        "INSERT OR IGNORE INTO used SELECT parent FROM computer WHERE parent > 0 AND id IN"
        " used;"
        "DELETE FROM computer WHERE id NOT IN used;"
        "DELETE FROM link WHERE computer NOT IN (SELECT id FROM computer) AND NOT (computer = 0"
        " AND EXISTS(SELECT 1 FROM computer WHERE site = link.site AND key = link.key));"
        "UPDATE computer SET parent = NULL WHERE parent NOT IN (SELECT id FROM computer);"
        "DELETE FROM used");
    put_marks(fill, &names);
    store_db_exec(&fill->db, "INSERT OR IGNORE INTO used SELECT site FROM day_row;"
                             "INSERT OR IGNORE INTO used SELECT product FROM day_row;"
                             "INSERT OR IGNORE INTO used SELECT malware FROM day_row;"
                             "INSERT OR IGNORE INTO used SELECT source FROM day_row;"
                             "INSERT OR IGNORE INTO used SELECT site FROM hour_row;"
                             "INSERT OR IGNORE INTO used SELECT product FROM hour_row;"
                             "INSERT OR IGNORE INTO used SELECT malware FROM hour_row;"
                             "INSERT OR IGNORE INTO used SELECT source FROM hour_row;"
                             "INSERT OR IGNORE INTO used SELECT site FROM unknown_day;"
                             "INSERT OR IGNORE INTO used SELECT sender FROM unknown_day;"
                             "INSERT OR IGNORE INTO used SELECT product FROM unknown_day;"
                             "INSERT OR IGNORE INTO used SELECT site FROM computer;"
                             "DELETE FROM name WHERE id NOT IN used;"
                             "DROP TABLE used;");
    store_memo_forget(fill->names);
    store_memo_forget(fill->computers);
}
