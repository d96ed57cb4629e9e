/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What arrived that no mapping knows, read back from the gateway's journal. */
#include "gateway/ctl/unknown.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "gateway/base/buf.h"
#include "gateway/base/civil.h"
#include "gateway/base/json.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/inert.h"
#include "gateway/ctl/table.h"

bool unknown_take_count(int *argc, char **argv, int64_t *out)
{
    const char *count = NULL;
    if (!client_take(argc, argv, "-n", &count))
        return false;
    if (count && (!slice_to_int(slice_from(count), out) || *out < 1)) {
        fputs("eogctl: -n wants a number of records\n", stderr);
        return false;
    }
    return true;
}

static struct slice text_of(const json_t *object, const char *key)
{
    const json_t *text = json_object_get(object, key);
    return slice_of(json_string_value(text), json_string_length(text));
}

static int nibble(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A notification's octets stand in raw_data as hexadecimal digits. */
static bool from_hex(struct slice text, struct buf *out)
{
    buf_clear(out);
    for (size_t i = 0; i + 1 < text.n; i += 2) {
        int high = nibble(text.p[i]), low = nibble(text.p[i + 1]);
        if (high < 0 || low < 0)
            return false;
        buf_byte(out, (char)(high << 4 | low));
    }
    return true;
}

static void add_line(struct shapes *shapes, const char *line, struct buf *octets)
{
    json_t *event = json_loads(line, JSON_ALLOW_NUL, NULL);
    const json_t *metadata = json_object_get(event, "metadata");
    struct slice raw = text_of(event, "raw_data");
    bool is_notification = slice_equal(text_of(metadata, "log_format"), SLICE("varbinds"));
    if (is_notification)
        raw = from_hex(raw, octets) ? buf_get(octets) : SLICE_NONE;
    if (event)
        shapes_add(shapes, raw, is_notification, text_of(metadata, "event_code"),
                   text_of(json_object_get(metadata, "reporter"), "ip"),
                   (int64_t)json_integer_value(json_object_get(metadata, "logged_time")));
    json_decref(event);
}

struct shapes *unknown_ask(const struct client_options *options, int64_t n)
{
    char request[64], *line = NULL;
    size_t size = 0;
    struct buf octets = {0};
    snprintf(request, sizeof request, "tail %" PRId64 " unknown", n);
    FILE *stream = client_connect(options, request);
    struct shapes *shapes = stream ? shapes_new() : NULL;
    if (stream)
        client_wait_on(stream);
    while (shapes && getline(&line, &size, stream) > 0) {
        if (client_is_error(options, line)) {
            shapes_free(shapes);
            shapes = NULL;
        } else {
            add_line(shapes, line, &octets);
        }
    }
    if (shapes)
        shapes_sort(shapes);
    if (stream)
        fclose(stream);
    buf_free(&octets);
    free(line);
    return shapes;
}

/* One line of a sample; a notification says nothing that a person could read. */
static struct slice sample_of(const struct shape *shape, struct buf *out)
{
    struct slice line, rest;
    buf_clear(out);
    if (shape->is_notification)
        buf_printf(out, "notification, %zu bytes", shape->raw.n);
    else {
        slice_cut(slice_trim(shape->raw), '\n', &line, &rest);
        buf_slice(out, slice_head(line, 400));
    }
    return buf_get(out);
}

static void show_json(const struct shapes *shapes)
{
    struct buf out = {0}, sample = {0};
    struct json json;
    char time[CIVIL_RFC3339_MAX];
    json_begin(&json, &out);
    json_begin_object(&json, SLICE_NONE);
    json_begin_array(&json, SLICE("unknown"));
    for (size_t i = 0; i < shapes_count(shapes); i++) {
        const struct shape *shape = shapes_at(shapes, i);
        json_begin_object(&json, SLICE_NONE);
        json_text(&json, SLICE("shape"), slice_from(shape->key));
        json_int(&json, SLICE("count"), (int64_t)shape->count);
        json_text(&json, SLICE("last_seen"), slice_of(time, civil_format(shape->last_ms, time)));
        json_begin_array(&json, SLICE("peers"));
        for (size_t k = 0; k < shape->n_peers; k++)
            json_text(&json, SLICE_NONE, slice_from(shape->peers[k]));
        json_end_array(&json);
        json_bool(&json, SLICE("more_peers"), shape->has_more_peers);
        json_text(&json, SLICE("sample"), sample_of(shape, &sample));
        json_end_object(&json);
    }
    json_end_array(&json);
    json_int(&json, SLICE("others"), (int64_t)shapes_others(shapes));
    json_end_object(&json);
    inert_print(buf_get(&out), stdout);
    buf_free(&out);
    buf_free(&sample);
}

static void show_table(const struct shapes *shapes)
{
    static const char *const headings[] = {"COUNT", "LAST SEEN", "FROM", "SHAPE", "SAMPLE"};
    struct table *table = table_new(headings, 5);
    struct buf peers = {0}, sample = {0};
    for (size_t i = 0; i < shapes_count(shapes); i++) {
        const struct shape *shape = shapes_at(shapes, i);
        char count[24], time[CIVIL_RFC3339_MAX + 1];
        snprintf(count, sizeof count, "%" PRIu64, shape->count);
        time[civil_format(shape->last_ms, time)] = '\0';
        buf_clear(&peers);
        for (size_t k = 0; k < shape->n_peers; k++)
            buf_printf(&peers, "%s%s", k ? " " : "", shape->peers[k]);
        if (shape->has_more_peers)
            buf_printf(&peers, " ...");
        sample_of(shape, &sample);
        const char *cells[] = {count, time, buf_text(&peers), shape->key, buf_text(&sample)};
        table_add(table, cells);
    }
    table_print(table, stdout);
    table_free(table);
    buf_free(&peers);
    buf_free(&sample);
    if (shapes_others(shapes))
        printf("and %" PRIu64 " messages of further shapes\n", shapes_others(shapes));
    if (shapes_count(shapes))
        puts("\nA mapping to start from: eogctl learn SHAPE");
}

int unknown_show(const struct client_options *options, int64_t n)
{
    struct shapes *shapes = unknown_ask(options, n);
    if (!shapes)
        return CTL_CANNOT;
    if (options->is_json)
        show_json(shapes);
    else
        show_table(shapes);
    shapes_free(shapes);
    return 0;
}
