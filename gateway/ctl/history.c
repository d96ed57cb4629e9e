/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Alerts of the past, out of the store: it needs no gateway that runs. */
#include "gateway/ctl/history.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "gateway/base/civil.h"
#include "gateway/base/error.h"
#include "gateway/ctl/client.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/inert.h"
#include "gateway/ctl/journal_place.h"
#include "gateway/kpi/snapshot.h"
#include "gateway/store/file.h"
#include "gateway/store/read.h"

void history_store_path(const struct client_options *options, char *out, size_t size)
{
    char folder[PATH_MAX];
    journal_place_find(options->state, NULL, folder, sizeof folder);
    int n = (int)(strlen(folder) - strlen("/journal"));
    snprintf(out, size, "%.*s/%s", n > 4000 ? 4000 : n, folder, STORE_FILE);
}

static json_t *time_of(int64_t ms)
{
    char when[CIVIL_RFC3339_MAX];
    if (ms == INT64_MAX || ms == 0)
        return json_null();
    return json_stringn(when, civil_format(ms, when));
}

static const char *state_of(int state)
{
    return kpi_state_name((enum kpi_state)(state & 3));
}

/* They come the oldest first. */
static bool on_alert(void *context, const struct store_alert *a)
{
    json_array_insert_new(
        context, 0,
        json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:s, s:o, s:s, s:s}",
                  "id", (json_int_t)a->id, "kpi", (json_int_t)a->kpi, "key", a->key, "scope",
                  a->scope, "scope_name", a->scope_name, "site", a->site, "opened",
                  time_of(a->opened_ms), "closed", time_of(a->closed_ms), "state",
                  state_of(a->state), "worst", state_of(a->worst), "value_text", a->value_text,
                  "reason", a->reason, "acknowledged", time_of(a->ack_ms), "ack_name", a->ack_name,
                  "ack_note", a->ack_note));
    return true;
}

static void show(const json_t *alerts)
{
    static const char *const columns[][3] = {
        {"ID", "id"},
        {"INDICATOR", "key"},
        {"SCOPE", "scope"},
        {"WORST", "worst"},
        {"OPENED", "opened"},
        {"CLOSED", "closed", "open"},
        {"IN HAND", "ack_name"},
        {"VALUE", "value_text"},
        {"REASON", "reason"},
    };
    if (json_array_size(alerts))
        client_show_table(alerts, columns, sizeof columns / sizeof *columns);
    else
        puts("no alert is known");
}

int history_show(const struct client_options *options, const char *since)
{
    char path[PATH_MAX], trouble[300];
    struct store_reader *reader;
    int64_t since_ms = 0;
    json_t *alerts;
    int code = CTL_OK;

    if (since && !journal_place_time("alerts", "since", since, &since_ms))
        return CTL_USAGE;
    history_store_path(options, path, sizeof path);
    int error = store_reader_open(path, &reader, trouble, sizeof trouble);
    if (error) {
        fprintf(stderr, "eogctl alerts: %s%s\n", trouble, ctl_advice(error));
        return CTL_CANNOT;
    }
    alerts = json_array();
    if (store_read_alerts(reader, NULL, since_ms, INT64_MAX, on_alert, alerts) != GW_OK) {
        fprintf(stderr, "eogctl alerts: %s: %s\n", path, store_reader_trouble(reader));
        code = CTL_CANNOT;
    } else if (options->is_json) {
        json_t *all = json_pack("{s:O}", "alerts", alerts);
        inert_print_json(all, stdout);
        json_decref(all);
    } else {
        show(alerts);
    }
    json_decref(alerts);
    store_reader_close(reader);
    return code;
}
