/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages, notifications and byte streams out of JSON lines. */
#include "gateway/ctl/decode_input.h"

#include <jansson.h>
#include <string.h>

#include "gateway/base/json.h"
#include "parsers/framing.h"

#define GENERIC_TRAPS "1.3.6.1.6.3.1.1.5"

/* NULL: the line is not JSON. An integer beyond 64 bits is JSON all the same, and read as a real.
 */
static json_t *load(struct slice line)
{
    const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
    const char *text = line.p ? line.p : "";
    json_error_t error;
    json_t *root = json_loadb(text, line.n, flags, &error);
    return root ? root : json_loadb(text, line.n, flags | JSON_DECODE_INT_AS_REAL, &error);
}

/* ---- messages ---- */

/* Each code point one octet; false when one is above 255. text is valid UTF-8. */
static bool put_latin1(const char *text, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0xc4)
            return false;
        if (c >= 0xc2) /* U+0080 to U+00FF are C2 80 to C3 BF */
            c = (unsigned char)((c & 3) << 6 | (text[++i] & 0x3f));
        buf_byte(out, (char)c);
    }
    return true;
}

/* The message that a loaded line holds, appended to out. */
static const char *put_input(json_t *root, struct buf *out)
{
    json_t *input = json_is_object(root) ? json_object_get(root, "input") : root;
    if (!json_is_string(input))
        return json_is_object(root) ? "the object has no text member \"input\""
                                    : "neither a JSON string nor an object";
    const char *text = json_string_value(input);
    size_t n = json_string_length(input);
    json_t *encoding = json_is_object(root) ? json_object_get(root, "input_encoding") : NULL;
    if (!encoding || json_is_null(encoding) ||
        (json_is_string(encoding) && strcmp(json_string_value(encoding), "utf-8") == 0)) {
        buf_append(out, text, n);
        return NULL;
    }
    if (!json_is_string(encoding) || strcmp(json_string_value(encoding), "latin-1") != 0)
        return "input_encoding is neither utf-8 nor latin-1";
    return put_latin1(text, n, out) ? NULL : "input is not latin-1: a character above U+00FF";
}

const char *decode_json(struct slice line, struct buf *scratch, struct slice *message)
{
    json_t *root = load(line);
    buf_clear(scratch);
    const char *error = root ? put_input(root, scratch) : "the line is not JSON";
    json_decref(root);
    *message = buf_get(scratch);
    return error;
}

/* ---- notifications ---- */

/* Text of a JSON scalar; numbers as digits. Empty for anything else. */
static struct slice scalar_text(json_t *value, struct arena *arena)
{
    if (json_is_string(value))
        return arena_dup(arena, slice_of(json_string_value(value), json_string_length(value)));
    if (json_is_integer(value))
        return slice_from(arena_printf(arena, "%lld", (long long)json_integer_value(value)));
    if (json_is_real(value)) {
        double number = json_real_value(value);
        bool is_whole = number >= 0 && number < 0x1p64 && (double)(uint64_t)number == number;
        return slice_from(arena_printf(arena, is_whole ? "%.0f" : "%.17g", number));
    }
    if (json_is_boolean(value))
        return json_is_true(value) ? SLICE("true") : SLICE("false");
    return SLICE_NONE;
}

static struct slice oid_text(json_t *value, struct arena *arena)
{
    struct slice text = scalar_text(value, arena);
    return text.n && text.p[0] == '.' ? slice_skip(text, 1) : text;
}

static const json_t *varbind_value(json_t *varbinds, const char *oid)
{
    size_t i;
    json_t *varbind;
    json_array_foreach(varbinds, i, varbind)
    {
        const char *name = json_string_value(json_array_get(varbind, 0));
        if (name && strcmp(*name == '.' ? name + 1 : name, oid) == 0)
            return json_array_get(varbind, 2);
    }
    return NULL;
}

/* RFC 3584 section 3.1: generic traps 0 to 5 have names of their own, others are
   enterprise.0.specific. */
static struct slice v1_trap_oid(json_t *root, struct arena *arena)
{
    json_t *generic = json_object_get(root, "generic"),
           *specific = json_object_get(root, "specific");
    struct slice enterprise = oid_text(json_object_get(root, "enterprise"), arena);
    if (json_is_integer(generic) && json_integer_value(generic) >= 0 &&
        json_integer_value(generic) < 6)
        return slice_from(
            arena_printf(arena, GENERIC_TRAPS ".%d", (int)json_integer_value(generic) + 1));
    if (enterprise.n && json_is_integer(specific))
        return slice_from(arena_printf(arena, "%.*s.0.%lld", SLICE_FMT(enterprise),
                                       (long long)json_integer_value(specific)));
    return oid_text(json_object_get(root, "trap_oid"), arena);
}

/* object: what a proxy moves the member to, in a v2c notification made of a v1 one (RFC 3584
   section 3.1); NULL: it moves nowhere. */
static void add_header(json_t *root, const char *member, const char *name, const char *object,
                       struct arena *arena, struct fields *out)
{
    json_t *value = json_object_get(root, member);
    if (!value && object)
        value = (json_t *)varbind_value(json_object_get(root, "varbinds"), object);
    struct slice text = scalar_text(value, arena);
    if (text.n)
        fields_add(out, slice_from(name), text);
}

static const char *add_varbinds(json_t *varbinds, struct arena *arena, struct fields *out)
{
    size_t i;
    json_t *varbind;
    if (varbinds && !json_is_array(varbinds) && !json_is_null(varbinds))
        return "varbinds is no array";
    json_array_foreach(varbinds, i, varbind)
    {
        struct slice name = oid_text(json_array_get(varbind, 0), arena);
        if (!name.n)
            return "a varbind is not [OID, type, value]";
        fields_add(out, name, scalar_text(json_array_get(varbind, 2), arena));
    }
    return NULL;
}

static const char *add_notification(json_t *root, struct arena *arena, struct fields *out)
{
    json_t *varbinds = json_object_get(root, "varbinds");
    const char *version = json_string_value(json_object_get(root, "version"));
    bool is_v1 = version && (strcmp(version, "v1") == 0 || strcmp(version, "1") == 0);
    struct slice trap_oid;
    if (!version)
        return "a notification needs a version";
    if (is_v1) {
        trap_oid = v1_trap_oid(root, arena);
    } else {
        trap_oid = oid_text((json_t *)varbind_value(varbinds, "1.3.6.1.6.3.1.1.4.1.0"), arena);
        if (!trap_oid.n)
            trap_oid = oid_text(json_object_get(root, "trap_oid"), arena);
    }
    if (trap_oid.n)
        fields_add(out, SLICE("trap_oid"), trap_oid);
    fields_add(out, SLICE("version"),
               is_v1 ? SLICE("1")
                     : arena_dup(arena, slice_from(*version == 'v' ? version + 1 : version)));
    add_header(root, "enterprise", "enterprise", is_v1 ? NULL : "1.3.6.1.6.3.1.1.4.3.0", arena,
               out);
    if (is_v1) {
        add_header(root, "generic", "generic", NULL, arena, out);
        add_header(root, "specific", "specific", NULL, arena, out);
    }
    add_header(root, "agent_addr", "agent_addr", is_v1 ? NULL : "1.3.6.1.6.3.18.1.3.0", arena, out);
    add_header(root, "timestamp", "uptime", is_v1 ? NULL : "1.3.6.1.2.1.1.3.0", arena, out);
    out->n_header = out->n;
    if (!trap_oid.n && !json_array_size(varbinds))
        return "a notification needs trap_oid, enterprise with specific, or varbinds";
    return add_varbinds(varbinds, arena, out);
}

const char *decode_trap(struct slice line, struct arena *arena, struct fields *out)
{
    json_t *root = load(line);
    const char *error = !root ? "the line is not JSON" : "a notification is a JSON object";
    fields_clear(out);
    out->format = GW_FORMAT_VARBINDS;
    if (json_is_object(root))
        error = add_notification(root, arena, out);
    json_decref(root);
    if (!arena_left(arena))
        out->is_truncated = true;
    return error;
}

/* ---- byte streams ---- */

static enum framing_mode mode_of(json_t *root)
{
    const char *mode =
        json_is_object(root) ? json_string_value(json_object_get(root, "mode")) : NULL;
    if (mode && strcmp(mode, "octet") == 0)
        return FRAMING_OCTET;
    if (mode && strcmp(mode, "lf") == 0)
        return FRAMING_LF;
    return mode && strcmp(mode, "nul") == 0 ? FRAMING_NUL : FRAMING_AUTO;
}

/* One step of the framer; false at the end. */
static bool put_frame(struct framing *framing, struct slice *rest, bool is_strict,
                      struct json *json)
{
    struct slice frame;
    size_t consumed = 0;
    enum parse_status status = framing_next(framing, *rest, &frame, &consumed);
    if (status == PARSE_MORE && consumed == 0)
        status = framing_end(framing, *rest, &frame, &consumed);
    bool is_over = status == PARSE_MORE && consumed == 0;
    if (status == PARSE_OK) {
        json_text(json, SLICE_NONE, frame);
    } else if (status == PARSE_MALFORMED && is_strict) {
        is_over = true;
    } else if (status == PARSE_MALFORMED) {
        json_begin_object(json, SLICE_NONE);
        json_member_string(json, JSON_KEY("error"), SLICE("no frame begins here, or it was cut"));
        json_member_string(json, JSON_KEY("input"), frame);
        json_end_object(json);
    }
    *rest = slice_skip(*rest, consumed);
    return !is_over;
}

void decode_frames(struct slice line, bool is_strict, struct buf *scratch, struct buf *out)
{
    struct json json;
    struct framing framing;
    json_t *root = load(line);
    buf_clear(scratch);
    if (!root || put_input(root, scratch)) {
        buf_clear(scratch);
        buf_slice(scratch, line);
    }
    framing_init(&framing, mode_of(root), 0);
    json_begin(&json, out);
    json_begin_array(&json, SLICE_NONE);
    struct slice rest = buf_get(scratch);
    while (put_frame(&framing, &rest, is_strict, &json))
        continue;
    json_end_array(&json);
    framing_fini(&framing);
    json_decref(root);
}
