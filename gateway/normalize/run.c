/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a compiled mapping over one message: no allocation but for converted texts, no search but
 * the tables'. Every read of a source goes through run_value(). Statements write by place() and its
 * kin, callers what is no statement's by run_put_...(); each is noted for traces.
 */
#include "gateway/normalize/run.h"

#include <string.h>

#include "gateway/mapping/pattern.h"
#include "gateway/normalize/convert.h"
#include "parsers/instant.h"
#include "parsers/timestamp.h"
#include "parsers/varbinds.h"

/* An event dated further ahead than this counts at its receipt. Source: the KPI catalogue, Time. */
enum { AHEAD_MAX_MS = 5 * 60 * 1000 };

enum { MAC_TEXT_BYTES = sizeof "00:11:22:33:44:55" };

enum { REF_CONSTANT = UINT16_MAX };

void run_begin(struct run *run)
{
    memset(run->placed, 0, sizeof run->placed);
    run->has_kind = run->has_severity = run->has_time = false;
    run->last_row.table = NULL;
}

/* ---- slots ---- */

/* "1.3.6.1.2.1.2.2.1.1.5" is asked for as "1.3.6.1.2.1.2.2.1.1.", then shorter. */
static uint32_t slot_without_instance(const struct run *run, struct slice oid)
{
    for (int arcs = 0; arcs < 24 && oid.n > 0; arcs++) {
        do
            oid.n--;
        while (oid.n > 0 && oid.p[oid.n - 1] != '.');
        uint32_t slot = lookup_get(&run->mapping->slots, oid);
        if (slot != LOOKUP_NONE)
            return slot;
    }
    return LOOKUP_NONE;
}

void run_fill_slots(struct run *run, struct slice body, int body_origin)
{
    const struct mapping *mapping = run->mapping;
    const struct lookup slots = mapping->slots; /* in registers */
    const struct fields *fields = run->fields;
    bool cuts_instances = mapping->has_oid_prefixes && fields->format == GW_FORMAT_VARBINDS;
    memset(run->slots, 0, mapping->n_slots * sizeof *run->slots);
    memset(run->origin, 0xff, mapping->n_slots * sizeof *run->origin);
    /* Of the body always: ops that need nothing are never passed over. */
    run->said = (uint64_t)1 << MAPPING_SLOT_BODY;
    run_set_slot(run, MAPPING_SLOT_BODY, body);
    run->origin[MAPPING_SLOT_BODY] = (int16_t)body_origin;
    for (size_t i = 0; i < fields->n; i++) {
        uint32_t slot = lookup_find(&slots, fields->v[i].name, false);
        if (slot == LOOKUP_NONE && cuts_instances)
            slot = slot_without_instance(run, fields->v[i].name);
        if (slot == LOOKUP_NONE || run->origin[slot] >= 0)
            continue;
        run_set_slot(run, slot, fields->v[i].value);
        run->origin[slot] = (int16_t)i;
    }
}

void run_set_variable(struct run *run, struct slice name, struct slice value)
{
    uint32_t slot = lookup_get(&run->mapping->slots, name);
    if (slot != LOOKUP_NONE)
        run_set_slot(run, slot, value);
}

static int origin_of(const struct run *run, uint16_t ref)
{
    return ref & MAPPING_REF_PLACED ? -1 : run->origin[ref];
}

/* ---- writing ---- */

void run_trace(struct run *run, enum gw_field field, const char *what, uint16_t ref, int line)
{
    struct normalize_trace *trace = run->trace;
    if (trace->n_steps == NORMALIZE_TRACE_MAX)
        return;
    struct slice source = SLICE_NONE;
    if (ref != REF_CONSTANT && ref & MAPPING_REF_PLACED)
        source = slice_from(gw_field_name((enum gw_field)(ref & ~MAPPING_REF_PLACED)));
    else if (ref != REF_CONSTANT)
        source = run->mapping->slot_names[ref];
    trace->steps[trace->n_steps++] = (struct normalize_step){(uint16_t)field, what, source, line};
}

void run_put_text(struct run *run, enum gw_field field, struct slice text)
{
    if (text.n && !gw_event_has(run->event, field) && gw_event_set_text(run->event, field, text))
        run_note(run, field, NULL, REF_CONSTANT, 0);
}

void run_put_int(struct run *run, enum gw_field field, int64_t number)
{
    if (!gw_event_has(run->event, field) && gw_event_set_int(run->event, field, number))
        run_note(run, field, NULL, REF_CONSTANT, 0);
}

void run_fault(struct run *run, const char *reason)
{
    run->event->flags |= GW_EVENT_MALFORMED;
    run_put_text(run, GW_FIELD_PARSE_ERROR, slice_from(reason));
}

int64_t run_receipt_ms(const struct run *run)
{
    int64_t received_ms = run->event->received_ms,
            relay_ms = gw_event_int(run->event, GW_FIELD_RELAY_TIME, received_ms);
    return relay_ms < received_ms ? relay_ms : received_ms;
}

bool run_put_time(struct run *run, const struct parsed_time *time)
{
    struct gw_event *event = run->event;
    int64_t ms, receipt_ms = run_receipt_ms(run);
    if (!parsed_time_to_ms(time, run->source ? run->source->zone : NULL, receipt_ms, &ms))
        return false;
    run->has_time = true;
    if (run->source && run->source->time_is_receipt) {
        event->time_ms = receipt_ms;
    } else if (ms > receipt_ms + AHEAD_MAX_MS) {
        event->time_ms = receipt_ms;
        event->flags |= GW_EVENT_TIME_AHEAD;
    } else {
        event->time_ms = ms;
    }
    return true;
}

/* ---- patterns ---- */

static bool finds(struct run *run, uint32_t pattern, struct slice value, struct slice *groups)
{
    enum pattern_result result =
        pattern_match(run->mapping->patterns[pattern].pattern, run->scratch, value, groups);
    if (result == PATTERN_GAVE_UP)
        run_fault(run, "a pattern of the mapping reached its limit on this text");
    return result == PATTERN_FOUND;
}

/* ---- tests ---- */

/* The row of a value, asked for once where several columns of it are wanted. */
static int find_row(struct run *run, const struct value_table *table, struct slice value)
{
    struct run_row *last = &run->last_row;
    if (last->table != table || last->value.p != value.p || last->value.n != value.n)
        *last = (struct run_row){table, value, value_table_row(table, value)};
    return last->row;
}

static bool is_in_table(struct run *run, const struct value_table *table, int column,
                        struct slice value)
{
    int row = find_row(run, table, value);
    return row >= 0 && (column < 0 || value_table_cell(table, row, (size_t)column)->text.n > 0);
}

/* One of the two is text that somebody put into a value: a file's name may hold "key=value". */
static bool is_repeated(const struct run *run, uint16_t ref)
{
    const struct fields *fields = run->fields;
    int origin = origin_of(run, ref);
    for (size_t i = (size_t)(origin + 1); origin >= 0 && i < fields->n; i++)
        if (slice_equal(fields->v[i].name, fields->v[origin].name) && fields->v[i].value.n > 0 &&
            !slice_equal(fields->v[i].value, fields->v[origin].value))
            return true;
    return false;
}

bool run_test(struct run *run, const struct mapping_test *test)
{
    struct slice groups[PATTERN_GROUPS_MAX];
    bool passes = false;
    for (size_t i = 0; i < test->n_refs && !passes; i++) {
        struct slice value = run_value(run, run->mapping->refs[test->refs + i]);
        int64_t number;
        if (value.n == 0 && test->code != MAPPING_TEST_REPEATED)
            continue;
        switch (test->code) {
        case MAPPING_TEST_REPEATED:
            passes = is_repeated(run, run->mapping->refs[test->refs + i]);
            break;
        case MAPPING_TEST_TABLE:
            passes = is_in_table(run, run->mapping->tables[test->table], test->column, value);
            break;
        case MAPPING_TEST_RANGE:
            passes = slice_to_int(value, &number) && number >= test->min && number <= test->max;
            break;
        case MAPPING_TEST_MATCHES:
            passes = finds(run, test->pattern, value, groups);
            break;
        default:
            passes = true;
            break;
        }
    }
    return passes != test->negated;
}

/* ---- set ---- */

struct slice run_address(const struct run *run, int number, struct slice value)
{
    struct slice octets = number < 0 ? SLICE_NONE : varbinds_octets(run->fields, (size_t)number);
    if (octets.n == 0)
        return convert_hex_ip(value, run->arena);
    if (convert_ip(value, run->arena).n)
        return value;
    struct slice address = convert_octets_ip(octets, run->arena);
    return address.n ? convert_said(address) : value;
}

static struct slice cut(const struct mapping_op *op, struct slice value)
{
    struct slice separator = op->separator;
    size_t at = value.n;
    if (op->cut == MAPPING_CUT_NONE)
        return value;
    if (op->cut == MAPPING_CUT_BEFORE || op->cut == MAPPING_CUT_AFTER) {
        at = slice_search(value, separator);
    } else if (value.n >= separator.n) {
        for (size_t i = value.n - separator.n + 1; i-- > 0 && at == value.n;)
            if (memcmp(value.p + i, separator.p, separator.n) == 0)
                at = i;
    }
    bool wants_before = op->cut == MAPPING_CUT_BEFORE || op->cut == MAPPING_CUT_BEFORE_LAST;
    if (at == value.n)
        return wants_before ? SLICE_NONE : value;
    return wants_before ? slice_head(value, at) : slice_skip(value, at + separator.n);
}

static struct slice trim_bytes(struct slice value, struct slice set)
{
    while (value.n && memchr(set.p, value.p[0], set.n))
        value = slice_skip(value, 1);
    while (value.n && memchr(set.p, value.p[value.n - 1], set.n))
        value.n--;
    return value;
}

/* What a conversion made in the record's arena; nothing of something, in a full one, is told. */
static struct slice made(struct run *run, struct slice value, size_t needs_bytes)
{
    if (value.n == 0 && needs_bytes > arena_left(run->arena))
        run->event->flags |= GW_EVENT_TRUNCATED;
    return value;
}

static struct slice reshape(struct run *run, const struct mapping_op *op, struct slice value)
{
    value = cut(op, value);
    if (op->trim.n)
        value = trim_bytes(value, op->trim);
    switch (op->convert) {
    case MAPPING_CONVERT_LOWER:
        value = made(run, convert_case(value, false, run->arena), value.n);
        break;
    case MAPPING_CONVERT_UPPER:
        value = made(run, convert_case(value, true, run->arena), value.n);
        break;
    case MAPPING_CONVERT_UNC_HOST:
        value = convert_unc_host(value);
        break;
    case MAPPING_CONVERT_SHORT_HOST:
        value = convert_short_host(value);
        break;
    case MAPPING_CONVERT_MAC:
        value = made(run, convert_mac(value, run->arena), MAC_TEXT_BYTES);
        break;
    default:
        break;
    }
    return convert_said(value);
}

static bool to_number(const struct mapping_op *op, struct slice value, int64_t *number)
{
    if (op->convert == MAPPING_CONVERT_VERSION)
        return convert_version(value, number);
    if (op->convert == MAPPING_CONVERT_PATTERN)
        return convert_pattern(value, number);
    return slice_to_int(value, number);
}

/* parse_timestamp(), which a text that was read last need not be asked again. */
static bool read_timestamp(const struct run *run, struct slice value, struct parsed_time *time)
{
    struct run_time *last = run->last_time;
    if (value.n == 0 || value.n > sizeof last->text)
        return parse_timestamp(value, time);
    if (value.n != last->n || memcmp(value.p, last->text, value.n) != 0) {
        memcpy(last->text, value.p, value.n);
        last->n = value.n;
        last->is_time = parse_timestamp(value, &last->time);
    }
    if (last->is_time)
        *time = last->time;
    return last->is_time;
}

static bool to_time(const struct run *run, struct slice value, int64_t *ms)
{
    struct parsed_time time;
    return read_timestamp(run, value, &time) &&
           parsed_time_to_ms(&time, run->source ? run->source->zone : NULL, run_receipt_ms(run),
                             ms);
}

/* Another name of a host that is placed already; said word for word the same, it is placed with it.
 */
static bool is_known_host(struct run *run, const struct mapping_op *op, uint16_t ref,
                          struct slice value)
{
    for (size_t i = 0; i < op->n_differs; i++) {
        struct slice other = run_value(run, run->mapping->refs[op->differs + i]);
        if (!convert_same_host(value, other))
            continue;
        if (slice_equal_nocase(value, other))
            run_mark_placed(run, origin_of(run, ref));
        return true;
    }
    return false;
}

static bool place_number(struct run *run, const struct mapping_op *op, bool is_time,
                         struct slice value)
{
    int64_t number;
    bool is_number = is_time ? to_time(run, value, &number)
                             : to_number(op, value, &number) &&
                                   !__builtin_add_overflow(number, op->add, &number);
    return is_number && gw_event_set_int(run->event, (enum gw_field)op->field, number);
}

static bool names_computer(enum gw_field field)
{
    return field == GW_FIELD_HOST_NAME || field == GW_FIELD_SOURCE_NAME ||
           field == GW_FIELD_SRC_NAME || field == GW_FIELD_DST_NAME;
}

static inline bool place(struct run *run, const struct mapping_op *op, struct slice value)
{
    enum gw_field field = (enum gw_field)op->field;
    enum gw_type type = gw_field_type(field);
    if (type == GW_TYPE_INT || type == GW_TYPE_TIME)
        return place_number(run, op, type == GW_TYPE_TIME, value);
    if (type == GW_TYPE_IP) {
        value = made(run, convert_ip(value, run->arena), value.n);
        if (value.n == 0)
            return false;
    } else if (value.n == CONVERT_PADDED_IP_BYTES && names_computer(field)) {
        struct slice ip = convert_ip(value, run->arena);
        value = ip.n ? ip : value;
    }
    return gw_event_set_text(run->event, field, value);
}

/* Through the op's table: what the cell says; the value itself when it is missed and to be kept. */
static bool place_from_table(struct run *run, const struct mapping_op *op, struct slice value)
{
    const struct value_table *table = run->mapping->tables[op->table];
    enum gw_field field = (enum gw_field)op->field;
    int row = find_row(run, table, value);
    const struct value_cell *cell = row >= 0 ? value_table_cell(table, row, op->column) : NULL;
    if (!cell || cell->text.n == 0)
        return op->keeps_missed && place(run, op, value);
    if (gw_field_type(field) == GW_TYPE_INT)
        return cell->is_number && gw_event_set_int(run->event, field, cell->number);
    return place(run, op, cell->text);
}

static void place_constant(struct run *run, const struct mapping_op *op)
{
    enum gw_field field = (enum gw_field)op->field;
    enum gw_type type = gw_field_type(field);
    bool is_number = type == GW_TYPE_INT || type == GW_TYPE_TIME;
    if (is_number ? gw_event_set_int(run->event, field, op->number)
                  : gw_event_set_text(run->event, field, op->constant))
        run_note(run, field, NULL, REF_CONSTANT, op->line);
}

/* The field has a value: another source that says the same has nothing to add. */
static void mark_same(struct run *run, const struct mapping_op *op)
{
    const struct gw_value *have = gw_event_find(run->event, (enum gw_field)op->field);
    for (size_t i = 0; i < op->n_refs; i++) {
        uint16_t ref = run->mapping->refs[op->refs + i];
        struct slice value = run_value(run, ref);
        if (value.n && have && (have->type == GW_TYPE_TEXT || have->type == GW_TYPE_IP) &&
            slice_equal(value, have->text))
            run_mark_placed(run, origin_of(run, ref));
    }
}

static void run_set(struct run *run, const struct mapping_op *op)
{
    if (gw_event_has(run->event, (enum gw_field)op->field) && !op->replaces) {
        mark_same(run, op);
        return;
    }
    bool is_address = run->fields->format == GW_FORMAT_VARBINDS && !op->has_table &&
                      gw_field_type((enum gw_field)op->field) == GW_TYPE_IP;
    for (size_t i = 0; i < op->n_refs; i++) {
        uint16_t ref = run->mapping->refs[op->refs + i];
        struct slice value = run_value(run, ref);
        if (value.n == 0)
            continue;
        if (op->reshapes)
            value = reshape(run, op, value);
        else if (is_address)
            value = run_address(run, origin_of(run, ref), value);
        if (value.n == 0 && op->cut != MAPPING_CUT_NONE)
            break; /* the parts of a name are of one source: no domain of another's user */
        if (value.n == 0 || is_known_host(run, op, ref, value))
            continue;
        if (op->has_table ? place_from_table(run, op, value) : place(run, op, value)) {
            run_mark_placed(run, origin_of(run, ref));
            run_note(run, (enum gw_field)op->field, NULL, ref, op->line);
            return;
        }
    }
    if (op->has_constant)
        place_constant(run, op);
}

/* ---- the other ops ---- */

/* The number a kind or severity op comes to, or -1; *ref gets its source. */
static int chosen(struct run *run, const struct mapping_op *op, uint16_t *ref)
{
    *ref = REF_CONSTANT;
    if (op->has_constant)
        return (int)op->number;
    const struct value_table *table = run->mapping->tables[op->table];
    for (size_t i = 0; i < op->n_refs; i++) {
        *ref = run->mapping->refs[op->refs + i];
        struct slice value = run_value(run, *ref);
        int row = value.n ? find_row(run, table, value) : -1;
        const struct value_cell *cell = row >= 0 ? value_table_cell(table, row, op->column) : NULL;
        if (cell && cell->text.n)
            return (int)cell->number;
    }
    return -1;
}

static void run_kind(struct run *run, const struct mapping_op *op)
{
    uint16_t ref;
    int kind = run->has_kind ? -1 : chosen(run, op, &ref);
    if (kind < 0)
        return;
    run->event->kind = (uint16_t)kind;
    run->has_kind = true;
    run_note(run, (enum gw_field)0, "kind", ref, op->line);
}

static void run_severity(struct run *run, const struct mapping_op *op)
{
    uint16_t ref;
    int severity = run->has_severity ? -1 : chosen(run, op, &ref);
    if (severity < 0)
        return;
    run->event->severity = (uint8_t)severity;
    run->has_severity = true;
    run_note(run, (enum gw_field)0, "severity", ref, op->line);
}

/* The first of refs that carries a value; *at is it. */
static struct slice first_value(const struct run *run, uint32_t refs, uint16_t n, uint16_t *at)
{
    struct slice value = SLICE_NONE;
    for (size_t i = 0; i < n && value.n == 0; i++) {
        *at = run->mapping->refs[refs + i];
        value = run_value(run, *at);
    }
    return value;
}

/* "date clock zone" as one text; blanks that old firmware writes inside the clock ("10: 13:03") go.
 */
static struct slice join_time(struct run *run, struct slice date, struct slice clock,
                              struct slice zone)
{
    char *to = arena_bytes(run->arena, date.n + clock.n + zone.n + 2);
    size_t n = 0;
    if (!to) {
        run->event->flags |= GW_EVENT_TRUNCATED;
        return SLICE_NONE;
    }
    memcpy(to, date.p, date.n);
    n = date.n;
    to[n++] = ' ';
    for (size_t i = 0; i < clock.n; i++)
        if (clock.p[i] != ' ')
            to[n++] = clock.p[i];
    if (zone.n) {
        to[n++] = ' ';
        memcpy(to + n, zone.p, zone.n);
        n += zone.n;
    }
    return slice_of(to, n);
}

/* The time that a value says, with its clock and zone where the op has them: then *value becomes
 * all of them. */
static bool read_time(struct run *run, const struct mapping_op *op, struct slice *value,
                      struct parsed_time *time)
{
    uint16_t clock_ref = 0, zone_ref = 0;
    struct slice clock = first_value(run, op->clock, op->n_clock, &clock_ref);
    struct slice zone = first_value(run, op->zone, op->n_zone, &zone_ref);
    if (clock.n == 0)
        return op->n_clock == 0 && read_timestamp(run, *value, time);
    struct slice date = *value;
    *value = join_time(run, date, clock, zone);
    if (zone.n && !read_timestamp(run, *value, time)) {
        zone = SLICE_NONE; /* no offset that can be read: the source's zone counts */
        *value = join_time(run, date, clock, zone);
    }
    if (!read_timestamp(run, *value, time))
        return false;
    run_mark_placed(run, origin_of(run, clock_ref));
    if (zone.n)
        run_mark_placed(run, origin_of(run, zone_ref));
    return true;
}

static void run_time(struct run *run, const struct mapping_op *op)
{
    for (size_t i = 0; i < op->n_refs && !run->has_time; i++) {
        uint16_t ref = run->mapping->refs[op->refs + i];
        struct slice value = run_value(run, ref);
        struct parsed_time time;
        if (value.n == 0 || !read_time(run, op, &value, &time) || !run_put_time(run, &time))
            continue;
        run_put_text(run, GW_FIELD_ORIGINAL_TIME, value);
        run_mark_placed(run, origin_of(run, ref));
        run_note(run, (enum gw_field)0, "time", ref, op->line);
    }
}

static void run_drop(struct run *run, const struct mapping_op *op)
{
    for (size_t i = 0; i < op->n_refs; i++)
        run_mark_placed(run, origin_of(run, run->mapping->refs[op->refs + i]));
}

static void run_extract(struct run *run, const struct mapping_op *op)
{
    struct slice groups[PATTERN_GROUPS_MAX];
    const struct mapping_pattern *pattern = &run->mapping->patterns[op->pattern];
    for (size_t i = 0; i < op->n_refs; i++) {
        struct slice value = run_value(run, run->mapping->refs[op->refs + i]);
        if (value.n == 0 || !finds(run, op->pattern, value, groups))
            continue;
        for (size_t k = 0; k < pattern->n_groups; k++)
            run_set_slot(run, pattern->groups[k].slot, groups[pattern->groups[k].group]);
        return;
    }
}

void run_ops(struct run *run, uint32_t first, uint32_t n)
{
    const struct mapping_op *ops = run->mapping->ops;
    for (uint32_t i = first; i < first + n; i++) {
        const struct mapping_op *op = &ops[i];
        if (!(op->needs & run->said))
            continue;
        switch (op->code) {
        case MAPPING_OP_SET:
            run_set(run, op);
            break;
        case MAPPING_OP_KIND:
            run_kind(run, op);
            break;
        case MAPPING_OP_SEVERITY:
            run_severity(run, op);
            break;
        case MAPPING_OP_TIME:
            run_time(run, op);
            break;
        case MAPPING_OP_DROP:
            run_drop(run, op);
            break;
        case MAPPING_OP_EXTRACT:
            run_extract(run, op);
            break;
        case MAPPING_OP_UNLESS:
            if (!run_test(run, &run->mapping->tests[op->test]))
                i = op->target - 1;
            break;
        default:
            i = op->target - 1;
            break;
        }
    }
}
