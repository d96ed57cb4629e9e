/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The last checkpoint of a state folder, and a file's mistakes: for dry runs. */
#include "gateway/ctl/in_force.h"

#include "gateway/base/buf.h"
#include "gateway/base/error.h"
#include "gateway/ctl/exit.h"

struct kpi_engine *in_force_engine(const char *command, const char *folder)
{
    struct buf path = {0};
    struct kpi_engine *engine = kpi_engine_new(0, NULL, NULL);
    buf_printf(&path, "%s/kpi.checkpoint", folder);
    int error = kpi_checkpoint_read(engine, buf_text(&path));
    if (error) {
        if (error != GW_ERR_NOT_FOUND)
            fprintf(stderr, "eogctl %s: %s: %s%s\n", command, buf_text(&path), gw_error_text(error),
                    ctl_advice(error));
        kpi_engine_free(engine);
        engine = NULL;
    }
    buf_free(&path);
    return engine;
}

void in_force_put_problems(struct json *json, const struct diag *diag)
{
    json_begin_array(json, SLICE("problems"));
    for (size_t i = 0; i < diag->n; i++) {
        json_begin_object(json, SLICE_NONE);
        json_text(json, SLICE("file"), slice_from(diag->items[i].file));
        json_int(json, SLICE("line"), diag->items[i].line);
        json_text(json, SLICE("text"), slice_from(diag->items[i].text));
        json_end_object(json);
    }
    json_end_array(json);
    json_int(json, SLICE("problems_total"), (int64_t)diag->total);
}
