/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Queries and bodies. Objects are libjansson's, under another name. */
#include "gateway/web/request.h"

#include <jansson.h>
#include <string.h>

static int hex_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static bool decode(struct slice text, char *out, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i] == '+' ? ' ' : text.p[i];
        if (c == '%') {
            int high = i + 1 < text.n ? hex_of(text.p[i + 1]) : -1;
            int low = i + 2 < text.n ? hex_of(text.p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        }
        if (c == '\0' || n + 1 >= cap)
            return false;
        out[n++] = c;
    }
    out[n] = '\0';
    return true;
}

bool request_query(struct slice query, const char *name, char *out, size_t cap)
{
    struct slice pair, key, value;
    out[0] = '\0';
    while (query.n) {
        slice_cut(query, '&', &pair, &query);
        slice_cut(pair, '=', &key, &value);
        if (!slice_equal(key, slice_from(name)))
            continue;
        if (decode(value, out, cap))
            return true;
        out[0] = '\0';
        return false;
    }
    return true;
}

bool request_query_int(struct slice query, const char *name, int64_t fallback, int64_t min,
                       int64_t max, int64_t *out)
{
    char text[24];
    *out = fallback;
    if (!request_query(query, name, text, sizeof text))
        return false;
    return text[0] == '\0' || (slice_to_int(slice_from(text), out) && *out >= min && *out <= max);
}

struct request_body *request_body_parse(struct slice body)
{
    json_t *value = body.n ? json_loadb(body.p, body.n, JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (json_is_object(value))
        return (struct request_body *)value;
    json_decref(value);
    return NULL;
}

void request_body_free(struct request_body *body)
{
    json_decref((json_t *)body);
}

const char *request_body_text(const struct request_body *body, const char *name)
{
    return json_string_value(json_object_get((const json_t *)body, name));
}

bool request_body_int(const struct request_body *body, const char *name, int64_t *out)
{
    const json_t *value = json_object_get((const json_t *)body, name);
    *out = json_integer_value(value);
    return json_is_integer(value);
}
