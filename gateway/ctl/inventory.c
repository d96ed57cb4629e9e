/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A dry run of an inventory: its mistakes; then, beside the one in force, its lines that are new,
 * gone or other; then the rows of indicators that would change. The gateway's last checkpoint (of
 * the last minute) is restored into an engine here, which is given the new list as the journal
 * would give it. Nothing is written.
 */
#include "gateway/ctl/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/arena.h"
#include "gateway/base/error.h"
#include "gateway/base/json.h"
#include "gateway/ctl/client.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/in_force.h"
#include "gateway/ctl/inert.h"
#include "gateway/ctl/table.h"
#include "gateway/kpi/engine.h"
#include "gateway/kpi/inventory.h"
#include "gateway/kpi/record.h"
#include "gateway/kpi/table.h"
#include "gateway/xml/document.h"

static const char help[] =
    "usage: eogctl inventory check FILE [--json] [--state DIR]\n"
    "What FILE would change if it were the inventory: its mistakes, as FILE:LINE; lines that are\n"
    "new (+), gone (-) or other (~) beside the one in force; and the indicators' rows that would\n"
    "come, go or change their state, by the gateway's last checkpoint. Nothing is changed. DIR is\n"
    "the gateway's state; where none is found, FILE is only read.\n"
    "Exit code: 0 FILE is sound, 1 it is not, 2 wrong usage, 3 it cannot be read.\n\n"
    "  eogctl inventory check new.csv --state /var/lib/eog-gateway\n"
    "  eogctl inventory check new.csv --json | jq -r '.rows[] | select(.then != .now).kpi'\n";

enum { SHOWN_MAX = 40 };

struct dry_run {
    struct kpi_engine *engine;
    struct gw_event event;
    struct buf text;                       /* the new one */
    struct kpi_inventory *new_list, *list; /* list: in force; NULL */
    bool is_json;
    struct buf out; /* JSON on its way */
    struct json json;
};

/* ---- lines ---- */

static uint64_t key_of(const struct kpi_inventory_row *row)
{
    return kpi_hash_nocase(kpi_hash_nocase(1, (uint64_t)row->role + 1, row->site), 2, row->name);
}

static bool is_same(const struct kpi_inventory_row *a, const struct kpi_inventory_row *b)
{
    return slice_equal(a->product, b->product) && slice_equal(a->address, b->address) &&
           slice_equal(a->uplinks, b->uplinks) && a->is_expected == b->is_expected &&
           a->heartbeat_ms == b->heartbeat_ms && a->license_end_ms == b->license_end_ms;
}

enum change { ADDED, GONE, OTHER };

struct changes {
    struct json *json; /* NULL: for a person */
    size_t shown, n[3];
};

static void show(struct changes *changes, enum change change, const struct kpi_inventory_row *row)
{
    static const char *const roles[] = {"host", "product", "device"};
    static const char *const names[] = {"new", "gone", "other"};
    changes->n[change]++;
    if (changes->json) {
        json_begin_object(changes->json, SLICE_NONE);
        json_text(changes->json, SLICE("change"), slice_from(names[change]));
        json_text(changes->json, SLICE("role"), slice_from(roles[row->role]));
        json_text(changes->json, SLICE("site"), row->site);
        json_text(changes->json, SLICE("name"), row->name);
        json_end_object(changes->json);
        return;
    }
    if (changes->shown++ >= SHOWN_MAX)
        return;
    struct buf line = {0};
    buf_printf(&line, "%c %-7s %.*s/%.*s", "+-~"[change], roles[row->role], SLICE_FMT(row->site),
               SLICE_FMT(row->name));
    table_put_text(buf_text(&line), 4096, stdout);
    putchar('\n');
    buf_free(&line);
}

/* The rows of a list by their key, their place + 1. */
static void index_list(const struct kpi_inventory *list, struct kpi_table *out)
{
    for (size_t i = 0; list && i < list->n_rows; i++)
        *kpi_table_put(out, key_of(&list->rows[i]), NULL) = (uint32_t)i + 1;
}

static void compare_lines(struct dry_run *run)
{
    struct kpi_table old = {0}, new = {0};
    struct changes changes = {.json = run->is_json ? &run->json : NULL};
    if (run->is_json)
        json_begin_array(&run->json, SLICE("lines"));
    index_list(run->list, &old);
    index_list(run->new_list, &new);
    for (size_t i = 0; i < run->new_list->n_rows; i++) {
        const struct kpi_inventory_row *row = &run->new_list->rows[i];
        const uint32_t *was = kpi_table_get(&old, key_of(row));
        if (!was)
            show(&changes, ADDED, row);
        else if (!is_same(row, &run->list->rows[*was - 1]))
            show(&changes, OTHER, row);
    }
    for (size_t i = 0; run->list && i < run->list->n_rows; i++)
        if (!kpi_table_get(&new, key_of(&run->list->rows[i])))
            show(&changes, GONE, &run->list->rows[i]);
    if (changes.shown > SHOWN_MAX)
        printf("  and %zu more lines\n", changes.shown - SHOWN_MAX);
    if (run->is_json)
        json_end_array(&run->json);
    else
        printf("%zu lines are new, %zu gone, %zu other, beside an inventory of %zu\n",
               changes.n[ADDED], changes.n[GONE], changes.n[OTHER],
               run->list ? run->list->n_rows : 0);
    kpi_table_free(&old);
    kpi_table_free(&new);
}

/* ---- rows ---- */

static void apply(struct dry_run *run)
{
    run->event.sequence = kpi_engine_sequence(run->engine) + 1;
    kpi_engine_apply(run->engine, &run->event);
}

static struct snapshot *look(struct dry_run *run)
{
    struct clock_reading now = {.wall_ms = kpi_engine_now_ms(run->engine) + 1, .mono_ms = 1};
    kpi_record_tick(&run->event, now, SLICE("dry-run"));
    apply(run);
    return kpi_engine_snapshot(run->engine, false);
}

/* Both are sorted by KPI and scope. */
static int compare_places(const struct kpi_row *a, const struct kpi_row *b)
{
    return a->kpi != b->kpi ? (a->kpi < b->kpi ? -1 : 1)
                            : snapshot_compare_scope(a->scope, b->scope);
}

static void put_row(struct json *json, const struct kpi_row *was, const struct kpi_row *is)
{
    const struct kpi_row *any = was ? was : is;
    json_begin_object(json, SLICE_NONE);
    json_text(json, SLICE("kpi"), slice_from(any->about->key));
    json_text(json, SLICE("scope"), slice_from(any->scope));
    json_text(json, SLICE("now"), slice_from(was ? kpi_state_name(was->state) : "no row"));
    json_text(json, SLICE("then"), slice_from(is ? kpi_state_name(is->state) : "no row"));
    json_text(json, SLICE("value"), slice_from(is ? is->value_text : ""));
    json_text(json, SLICE("reason"), slice_from(is ? is->reason : ""));
    json_end_object(json);
}

static void add_row(struct table *table, size_t *n, const struct kpi_row *was,
                    const struct kpi_row *is)
{
    const struct kpi_row *any = was ? was : is;
    const char *cells[] = {any->about->key,
                           any->scope,
                           was ? kpi_state_name(was->state) : "no row",
                           is ? kpi_state_name(is->state) : "no row",
                           is ? is->value_text : "",
                           is ? is->reason : ""};
    if ((*n)++ < SHOWN_MAX)
        table_add(table, cells);
}

static void print_rows(const struct table *table, size_t n)
{
    printf("%zu rows of indicators would change%s\n", n, n ? ":" : "");
    if (n)
        table_print(table, stdout);
    if (n > SHOWN_MAX)
        printf("  and %zu more\n", n - SHOWN_MAX);
}

static void compare_rows(struct dry_run *run, const struct snapshot *before,
                         const struct snapshot *after)
{
    static const char *const headings[] = {"KPI", "SCOPE", "NOW", "THEN", "VALUE", "REASON"};
    struct table *table = table_new(headings, 6);
    size_t b = 0, a = 0, n = 0;
    if (run->is_json)
        json_begin_array(&run->json, SLICE("rows"));
    while (b < before->n_kpis || a < after->n_kpis) {
        int order = b == before->n_kpis  ? 1
                    : a == after->n_kpis ? -1
                                         : compare_places(&before->kpis[b], &after->kpis[a]);
        const struct kpi_row *was = order <= 0 ? &before->kpis[b++] : NULL;
        const struct kpi_row *is = order >= 0 ? &after->kpis[a++] : NULL;
        if (was && is && was->state == is->state && strcmp(was->value_text, is->value_text) == 0)
            continue;
        if (run->is_json)
            put_row(&run->json, was, is);
        else
            add_row(table, &n, was, is);
    }
    if (run->is_json)
        json_end_array(&run->json);
    else
        print_rows(table, n);
    table_free(table);
}

/* ---- the whole ---- */

/* The engine of the state folder, with the list in force; false: there is none. */
static bool open_engine(struct dry_run *run, const char *state)
{
    struct diag ignored = {0};
    const char *folders[CLIENT_STATES];
    size_t n = client_states(state, folders);
    for (size_t i = 0; i < n && !run->engine; i++)
        run->engine = in_force_engine("inventory", folders[i]);
    if (!run->engine)
        return false;
    struct slice text = kpi_engine_loaded(run->engine, KPI_LOAD_INVENTORY);
    if (text.n)
        kpi_inventory_load_text(text, "in force", &ignored, &run->list);
    diag_free(&ignored);
    return true;
}

static void compare(struct dry_run *run, const char *file)
{
    char hash[KPI_LOAD_HASH_MAX];
    compare_lines(run);
    struct snapshot *before = look(run);
    kpi_record_load(&run->event, KPI_LOAD_INVENTORY, slice_from(file), buf_get(&run->text),
                    kpi_engine_now_ms(run->engine), hash);
    apply(run);
    struct snapshot *after = look(run);
    compare_rows(run, before, after);
    snapshot_put(before);
    snapshot_put(after);
}

/* A list that is sound, beside what is in force. */
static void compare_all(struct dry_run *run, const char *file, const char *state)
{
    bool has_state = open_engine(run, state);
    if (run->is_json) {
        json_int(&run->json, SLICE("inventory"), (int64_t)run->new_list->n_rows);
        json_bool(&run->json, SLICE("compared"), has_state);
    }
    if (has_state)
        compare(run, file);
    else if (!run->is_json)
        printf("%zu lines are sound; no checkpoint of a gateway can be read to compare them with, "
               "see --state\n",
               run->new_list->n_rows);
}

static int judge(struct dry_run *run, const char *file, const char *state)
{
    struct diag diag = {0};
    bool is_read = xml_read_file(file, &run->text, &diag) == GW_OK;
    bool is_sound = is_read && kpi_inventory_load_text(buf_get(&run->text), file, &diag,
                                                       &run->new_list) == GW_OK;
    if (run->is_json && is_read) {
        json_bool(&run->json, SLICE("sound"), is_sound);
        in_force_put_problems(&run->json, &diag);
    } else {
        diag_print(&diag, stderr);
    }
    diag_free(&diag);
    if (is_sound)
        compare_all(run, file, state);
    return is_sound ? CTL_OK : is_read ? CTL_NO : CTL_CANNOT;
}

static int check(const char *file, const struct client_options *options)
{
    struct dry_run *run = gw_alloc(sizeof *run);
    run->is_json = options->is_json;
    json_begin(&run->json, &run->out);
    json_begin_object(&run->json, SLICE_NONE);
    int code = judge(run, file, options->state);
    json_end_object(&run->json);
    if (run->is_json && code != CTL_CANNOT)
        inert_print(buf_get(&run->out), stdout);
    kpi_engine_free(run->engine);
    kpi_inventory_free(run->new_list);
    kpi_inventory_free(run->list);
    buf_free(&run->text);
    buf_free(&run->out);
    free(run);
    return code;
}

int ctl_inventory(int argc, char **argv)
{
    struct client_options options;
    if (!client_parse(argc, argv, &options))
        return CTL_USAGE;
    if (options.is_help || options.n_rest != 2 || strcmp(argv[1], "check"))
        return ctl_help(help, options.is_help);
    return check(argv[2], &options);
}
