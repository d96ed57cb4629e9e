/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Parsed fields to a record, in the order of the steps below: what every message says (header,
 * source), whose it is, its rule, the rule's program, its time, and last what nobody placed.
 */
#include "gateway/normalize/normalize.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/base/charset.h"
#include "gateway/mapping/pattern.h"
#include "gateway/normalize/convert.h"
#include "gateway/normalize/notification.h"
#include "gateway/normalize/recognise.h"
#include "gateway/normalize/run.h"
#include "gateway/normalize/tenants.h"
#include "parsers/delimited.h"
#include "parsers/rfc5424.h"
#include "parsers/template.h"

struct normalizer {
    struct pattern_scratch *scratch;
    struct run_time last_time;
    struct fields again; /* of a message as it may have been before a relay */
};

struct normalizer *normalizer_new(void)
{
    struct normalizer *normalizer = gw_alloc(sizeof *normalizer);
    normalizer->scratch = pattern_scratch_new();
    return normalizer;
}

void normalizer_free(struct normalizer *normalizer)
{
    if (!normalizer)
        return;
    pattern_scratch_free(normalizer->scratch);
    free(normalizer);
}

/* ---- what every message says ---- */

static void put_syslog(struct run *run, bool has_tag)
{
    const struct syslog_header *syslog = &run->fields->syslog;
    if (syslog->pri >= 0) {
        run_put_int(run, GW_FIELD_SYSLOG_FACILITY, syslog->pri / 8);
        run_put_int(run, GW_FIELD_SYSLOG_SEVERITY, syslog->pri % 8);
    }
    run_put_text(run, GW_FIELD_SYSLOG_HOSTNAME, syslog->hostname);
    if (has_tag) {
        run_put_text(run, GW_FIELD_SYSLOG_APPNAME, syslog->appname);
        run_put_text(run, GW_FIELD_SYSLOG_PROCID, syslog->procid);
    }
    run_put_text(run, GW_FIELD_SYSLOG_MSGID, syslog->msgid);
}

static const struct snmp_row {
    const char *name;
    enum gw_field field;
} snmp_rows[] = {
    {"trap_oid", GW_FIELD_SNMP_TRAP_OID},
    {"enterprise", GW_FIELD_SNMP_ENTERPRISE},
    {"user", GW_FIELD_SNMP_USER},
    {"engine_id", GW_FIELD_SNMP_ENGINE_ID},
    {"agent_addr", GW_FIELD_SNMP_AGENT_ADDRESS},
    {"uptime", GW_FIELD_SNMP_UPTIME},
};

static void put_version(struct run *run, struct slice text)
{
    if (slice_equal(text, SLICE("2c")))
        run_put_int(run, GW_FIELD_SNMP_VERSION, 1);
    else if (text.n == 1 && (text.p[0] == '1' || text.p[0] == '3'))
        run_put_int(run, GW_FIELD_SNMP_VERSION, text.p[0] == '1' ? 0 : 3);
}

static void put_snmp_row(struct run *run, const struct snmp_row *row, struct slice value)
{
    int64_t number;
    enum gw_type type = gw_field_type(row->field);
    if (type == GW_TYPE_INT) {
        if (slice_to_int(value, &number))
            run_put_int(run, row->field, number);
    } else if (type != GW_TYPE_IP || convert_is_ip(value)) {
        run_put_text(run, row->field, value);
    }
}

/* sysUpTime.0 and what the administrative framework adds (RFC 3416 4.2.6, RFC 3584): in the head.
 */
static bool is_head_varbind(struct slice name)
{
    return slice_equal(name, SLICE("1.3.6.1.2.1.1.3.0")) ||
           slice_starts_with(name, SLICE("1.3.6.1.6.3.1.1.4.")) ||
           slice_starts_with(name, SLICE("1.3.6.1.6.3.18.1."));
}

/* The head of a notification is the record's, whatever the mapping; it needs no statement. */
static void put_notification(struct run *run)
{
    const struct fields *fields = run->fields;
    for (size_t i = 0; i < fields->n_header; i++) {
        struct slice name = fields->v[i].name, value = fields->v[i].value;
        for (size_t row = 0; row < sizeof snmp_rows / sizeof *snmp_rows; row++)
            if (slice_equal(name, slice_from(snmp_rows[row].name)))
                put_snmp_row(run, &snmp_rows[row], value);
        if (slice_equal(name, SLICE("version")))
            put_version(run, value);
        run_mark_placed(run, (int)i); /* generic and specific are in the trap OID */
    }
    for (size_t i = fields->n_header; i < fields->n; i++)
        if (is_head_varbind(fields->v[i].name))
            run_mark_placed(run, (int)i);
}

/* has_tag: what the header took for a tag is one, and not the text's first words. */
static void put_envelope(struct run *run, bool has_tag)
{
    const struct fields *fields = run->fields;
    struct gw_event *event = run->event;
    event->format = (uint8_t)fields->format;
    if (fields->is_truncated)
        event->flags |= GW_EVENT_TRUNCATED;
    if (fields->has_replaced)
        event->flags |= GW_EVENT_REPLACED;
    if (fields->guessed)
        event->flags |= GW_EVENT_GUESSED;
    if (fields->error) {
        event->flags |= GW_EVENT_MALFORMED;
        run_put_text(run, GW_FIELD_PARSE_ERROR, slice_from(fields->error));
    }
    if (run->source && run->source->site)
        run_put_text(run, GW_FIELD_SITE, slice_from(run->source->site));
    put_syslog(run, has_tag);
    if (fields->format == GW_FORMAT_VARBINDS)
        put_notification(run);
}

/* The text that people would call the message; *origin gets the parsed field it is, or -1. */
static struct slice find_body(const struct fields *fields, int *origin)
{
    const struct syslog_header *syslog = &fields->syslog;
    *origin = -1;
    if (fields->format != GW_FORMAT_VARBINDS) {
        struct slice text = slice_trim(syslog->msg);
        /* A BSD tag with nothing behind it is all that was said. */
        return text.n || syslog->version || syslog->procid.n ? text : syslog->appname;
    }
    for (size_t i = fields->n_header; i < fields->n; i++) {
        struct slice value = slice_trim(fields->v[i].value);
        int64_t number;
        if (value.n && !is_head_varbind(fields->v[i].name) && !slice_to_int(value, &number)) {
            *origin = (int)i;
            return value;
        }
    }
    return SLICE_NONE;
}

/* ---- its rule ---- */

/* The first template that fits fills its variables' slots; its code is the event's. */
static struct slice match_templates(struct run *run)
{
    const struct mapping *mapping = run->mapping;
    struct field variables[TEMPLATE_PIECES_MAX];
    for (size_t i = 0; i < mapping->n_template_refs; i++) {
        uint16_t ref = mapping->template_refs[i];
        struct slice text = run_value(run, ref);
        for (size_t t = 0; text.n && t < mapping->n_templates; t++) {
            const struct mapping_template *template = &mapping->templates[t];
            bool is_ambiguous;
            int n = template_match(template->template, text, variables, TEMPLATE_PIECES_MAX,
                                   &is_ambiguous);
            if (n < 0)
                continue;
            if (is_ambiguous)
                run_fault(run, "a label stands twice: one may be text of a value");
            for (int k = 0; k < n; k++)
                run_set_variable(run, variables[k].name, variables[k].value);
            if (!(ref & MAPPING_REF_PLACED))
                run_mark_placed(run, run->origin[ref]);
            if (run->trace)
                run->trace->template = (int)t;
            return template->code;
        }
    }
    return SLICE_NONE;
}

static struct slice find_code(struct run *run)
{
    const struct mapping *mapping = run->mapping;
    struct slice code = match_templates(run);
    for (size_t i = 0; code.n == 0 && i < mapping->n_code_refs; i++) {
        uint16_t ref = mapping->code_refs[i];
        code = run_value(run, ref);
        if (code.n && !(ref & MAPPING_REF_PLACED))
            run_mark_placed(run, run->origin[ref]);
    }
    return code;
}

static const struct mapping_rule *find_rule(struct run *run, struct slice code)
{
    const struct mapping *mapping = run->mapping;
    for (int step = 0; step < MAPPING_STEPS; step++) {
        struct slice rest;
        uint32_t link = mapping_rule_candidates(mapping, step, code, &rest);
        run_set_slot(run, MAPPING_SLOT_REST, rest);
        for (; link != MAPPING_NO_LINK; link = mapping->links[link].next) {
            const struct mapping_rule *rule = &mapping->rules[mapping->links[link].rule];
            bool passes = true;
            for (uint32_t i = 0; i < rule->n_tests && passes; i++)
                passes = run_test(run, &mapping->tests[rule->tests + i]);
            if (passes)
                return rule;
        }
    }
    run_set_slot(run, MAPPING_SLOT_REST, code);
    return NULL;
}

static void put_product(struct run *run, struct slice product)
{
    const struct fields *fields = run->fields;
    const struct mapping *mapping = run->mapping;
    run_put_text(run, GW_FIELD_MAPPING, mapping->id_text);
    run_put_text(run, GW_FIELD_PRODUCT_VENDOR, mapping->vendor);
    run_put_text(run, GW_FIELD_PRODUCT_NAME, product.n ? product : mapping->product);
    for (size_t i = 0; i < fields->n_header; i++) {
        struct slice name = fields->v[i].name;
        bool is_version = slice_equal(name, SLICE("device_version"));
        if (is_version)
            run_put_text(run, GW_FIELD_PRODUCT_VERSION, fields->v[i].value);
        if (is_version || slice_equal(name, SLICE("device_vendor")) ||
            slice_equal(name, SLICE("device_product")) ||
            slice_equal(name, SLICE("version"))) /* of the format */
            run_mark_placed(run, (int)i);
    }
}

static void run_mapping(struct run *run, const struct names *names, struct slice product,
                        struct slice body, int body_origin)
{
    run_fill_slots(run, body, body_origin);
    put_product(run, product);
    if (run->mapping->has_agents)
        run->event->flags |= GW_EVENT_BY_AGENT;
    run_ops(run, run->mapping->code_ops, run->mapping->n_code_ops);
    struct slice code = find_code(run);
    run_set_slot(run, MAPPING_SLOT_CODE, code);
    const struct mapping_rule *rule = find_rule(run, code);
    if (run->trace) {
        run->trace->code = code;
        run->trace->rule = rule ? (int)(rule - run->mapping->rules) : -1;
    }
    run_put_text(run, GW_FIELD_EVENT_CODE, code);
    if (rule)
        run_ops(run, rule->ops, rule->n_ops);
    run_ops(run, run->mapping->common_ops, run->mapping->n_common_ops);
    if (rule && !run->has_kind) {
        run->event->kind = rule->kind;
        run->has_kind = true;
    }
    if (rule && !run->has_severity && rule->severity != GW_SEVERITY_UNKNOWN) {
        run->event->severity = rule->severity;
        run->has_severity = true;
    }
    if (run->fields->format == GW_FORMAT_VARBINDS) {
        if (!gw_event_has(run->event, GW_FIELD_EVENT_NAME))
            notification_meaning(run, names);
        notification_place(run, names);
    }
    if (!run->has_kind)
        run->event->kind = GW_KIND_SYSTEM_STATUS;
}

/* ---- its end ---- */

static void finish_time(struct run *run)
{
    const struct syslog_header *syslog = &run->fields->syslog;
    struct gw_event *event = run->event;
    if (run->has_time)
        return;
    if (syslog->time.is_set && run_put_time(run, &syslog->time)) {
        run_put_text(run, GW_FIELD_ORIGINAL_TIME, syslog->timestamp);
        return;
    }
    event->time_ms = run_receipt_ms(run);
    if (!run->source || !run->source->time_is_receipt)
        event->flags |= GW_EVENT_NO_TIME;
}

static inline bool is_label(struct slice name)
{
    return name.n > 5 && name.p[name.n - 1] == 'l' && memcmp(name.p + name.n - 5, "Label", 5) == 0;
}

/* Of what is a label; most names are told by their length and the last letter before "Label". */
static inline bool is_label_of(struct slice label, struct slice name)
{
    return label.n == name.n + 5 && name.n > 0 && label.p[name.n - 1] == name.p[name.n - 1] &&
           memcmp(label.p, name.p, name.n) == 0;
}

/* The fields that are labels of others: "cs1Label". */
struct labels {
    size_t n;
    uint8_t at[FIELDS_MAX];
};

static void find_labels(const struct fields *fields, struct labels *labels)
{
    labels->n = 0;
    if (fields->format != GW_FORMAT_CEF && fields->format != GW_FORMAT_LEEF &&
        fields->format != GW_FORMAT_TMEF)
        return;
    for (size_t i = fields->n_header; i < fields->n; i++)
        if (is_label(fields->v[i].name))
            labels->at[labels->n++] = (uint8_t)i;
}

/* Whether a label names a field; mostly the next one. */
static bool has_field(const struct fields *fields, size_t label)
{
    struct slice name = fields->v[label].name;
    bool has = label + 1 < fields->n && is_label_of(name, fields->v[label + 1].name);
    for (size_t i = fields->n_header; i < fields->n && !has; i++)
        has = is_label_of(name, fields->v[i].name);
    return has;
}

/* The label of a field; fields->n: it has none. Of two the one beside it, behind before ahead. */
static size_t label_of(const struct fields *fields, const struct labels *labels, size_t at)
{
    struct slice name = fields->v[at].name;
    size_t found = fields->n;
    for (size_t k = 0; k < labels->n; k++) {
        size_t label = labels->at[k];
        if (!is_label_of(fields->v[label].name, name))
            continue;
        if (label == at + 1)
            return label;
        if (found == fields->n || label + 1 == at)
            found = label;
    }
    return found;
}

/* A custom field's name is its label's words. False: it is such a label, and says nothing alone. */
static bool take_label(const struct fields *fields, const struct labels *labels, size_t at,
                       struct slice *name)
{
    if (is_label(*name))
        return !has_field(fields, at);
    size_t label = label_of(fields, labels, at);
    if (label < fields->n && fields->v[label].value.n > 0)
        *name = fields->v[label].value;
    return true;
}

/* What nobody placed. */
static void keep_unmapped(struct run *run, const struct names *names)
{
    const struct fields *fields = run->fields;
    struct labels labels;
    find_labels(fields, &labels);
    for (size_t i = run_next_unplaced(run, 0); i < fields->n; i = run_next_unplaced(run, i + 1)) {
        struct slice name = fields->v[i].name, value = fields->v[i].value;
        if (value.n == 0)
            continue;
        if (labels.n && i >= fields->n_header && !take_label(fields, &labels, i, &name))
            continue;
        if (fields->format == GW_FORMAT_VARBINDS && i >= fields->n_header)
            name = notification_varbind_name(names, name, run->arena);
        if (!gw_event_add_unmapped(run->event, name, value))
            break;
    }
}

static const struct header_row {
    const char *name;
    enum gw_field field;
} header_rows[] = {
    {"device_vendor", GW_FIELD_PRODUCT_VENDOR},
    {"device_product", GW_FIELD_PRODUCT_NAME},
    {"device_version", GW_FIELD_PRODUCT_VERSION},
    {"device_event_class_id", GW_FIELD_EVENT_CODE},
    {"name", GW_FIELD_EVENT_NAME},
    {"mnemonic", GW_FIELD_EVENT_CODE},
    {"text", GW_FIELD_MESSAGE},
};

/* Nobody knows the product; a format's own header still says who speaks and of what. */
static void finish_unknown(struct run *run, const struct names *names, struct slice body,
                           int body_origin)
{
    const struct fields *fields = run->fields;
    if (fields->format == GW_FORMAT_VARBINDS && notification_fill(run, names))
        return;
    run->event->kind = GW_KIND_GATEWAY_UNTRANSLATABLE;
    for (size_t i = 0; i < fields->n_header; i++)
        for (size_t row = 0; row < sizeof header_rows / sizeof *header_rows; row++)
            if (slice_equal(fields->v[i].name, slice_from(header_rows[row].name))) {
                run_put_text(run, header_rows[row].field, fields->v[i].value);
                run_mark_placed(run, (int)i);
            }
    if (fields->format == GW_FORMAT_VARBINDS)
        run_put_text(run, GW_FIELD_EVENT_CODE, gw_event_text(run->event, GW_FIELD_SNMP_TRAP_OID));
    if (fields->n == 0 || fields->format == GW_FORMAT_VARBINDS) {
        run_put_text(run, GW_FIELD_MESSAGE, body);
        run_mark_placed(run, body_origin);
    }
}

static void finish_site(struct run *run)
{
    const struct tenants *tenants = run->source ? run->source->tenants : NULL;
    const char *site =
        tenants ? tenants_site(tenants, gw_event_text(run->event, GW_FIELD_TENANT)) : NULL;
    if (site && gw_event_set_text(run->event, GW_FIELD_SITE, slice_from(site)))
        run_note(run, GW_FIELD_SITE, NULL, MAPPING_REF_PLACED | GW_FIELD_TENANT, 0);
}

/* Of the user's name the domain is apart, so that one person is one whoever tells of him. */
static void finish_account(struct run *run)
{
    enum gw_field field =
        gw_event_has(run->event, GW_FIELD_USER_NAME) ? GW_FIELD_USER_NAME : GW_FIELD_TARGET_USER;
    struct slice domain, name;
    if (!convert_account(gw_event_text(run->event, field), &domain, &name))
        return;
    if (domain.n && !gw_event_has(run->event, GW_FIELD_USER_DOMAIN)) {
        if (!gw_event_set_text(run->event, GW_FIELD_USER_DOMAIN, domain))
            return;
        run_note(run, GW_FIELD_USER_DOMAIN, NULL, (uint16_t)(MAPPING_REF_PLACED | field), 0);
    }
    gw_event_set_text(run->event, field, name);
}

static void finish_severity(struct run *run)
{
    if (run->has_severity)
        return;
    int pri = run->fields->syslog.pri;
    run->event->severity =
        (uint8_t)(pri >= 0 ? gw_severity_from_syslog(pri % 8) : GW_SEVERITY_INFORMATIONAL);
}

/* The text that the parsers left whole is columns: only its mapping knows. */
static void cut_columns(struct fields *fields, const struct mapping_match *match,
                        struct arena *arena)
{
    const char *error = fields->error;
    size_t error_at = fields->error_at;
    struct slice line = match->text.n ? match->text : fields->syslog.msg;
    fields->n = 0; /* of the text as a whole; it is columns instead */
    parse_delimited(line, match->delimiter, arena, fields);
    if (error) {
        fields->error = error;
        fields->error_at = error_at;
    }
}

/*
 * Parameters become fields: those of the element that told the product, then of the others that an
 * enterprise named; IANA's own ("origin", "timeQuality") speak of the transport.
 */
static void add_parameters(struct fields *fields, const struct mapping_match *match,
                           struct arena *arena)
{
    struct sd_param params[FIELDS_MAX];
    size_t n = parse_structured_data(match->structured_data, arena, params, FIELDS_MAX,
                                     &fields->is_truncated);
    for (int others = 0; others < 2; others++)
        for (size_t i = 0; i < n; i++) {
            const struct sd_param *param = &params[i];
            bool is_other = !slice_equal(param->id, match->sd_id);
            bool is_wanted = !is_other || slice_find(param->id, '@') < param->id.n;
            if (param->name.n && is_wanted && is_other == (others == 1))
                fields_add(fields, param->name, param->value);
        }
}

const char *normalize_text(struct charset *charset, struct arena *arena, struct gw_event *event)
{
    struct charset_loss loss;
    event->text = charset_to_utf8(charset, event->raw, arena, &loss);
    if (loss.replaced)
        event->flags |= GW_EVENT_REPLACED;
    if (loss.guessed)
        event->flags |= GW_EVENT_GUESSED;
    if (loss.is_cut)
        event->flags |= GW_EVENT_TRUNCATED;
    return loss.guessed;
}

void normalize_event_traced(struct normalizer *normalizer, const struct mapping_set *set,
                            const struct source_profile *source, struct fields *fields,
                            struct arena *arena, struct gw_event *event,
                            struct normalize_trace *trace)
{
    struct run run; /* not cleared as a whole: it is large, and run_begin() does what is needed */
    struct mapping_match match;
    struct recogniser recogniser = {set, normalizer->scratch, arena, &normalizer->again, &match};
    const struct names *names = mapping_set_names(set);
    int body_origin;

    run.source = source;
    run.fields = fields;
    run.arena = arena;
    run.scratch = normalizer->scratch;
    run.last_time = &normalizer->last_time;
    run.event = event;
    run.trace = trace;
    run.mapping = recognise(&recogniser, fields);
    if (match.delimiter.n)
        cut_columns(fields, &match, arena);
    else if (match.structured_data.n)
        add_parameters(fields, &match, arena);
    if (trace) {
        trace->mapping = run.mapping;
        trace->how = match.how;
        trace->code = trace->notification = SLICE_NONE;
        trace->rule = trace->template = -1;
        trace->n_steps = 0;
    }
    run_begin(&run);
    put_envelope(&run, match.text.n == 0);
    struct slice body = find_body(fields, &body_origin);
    if (match.text.n)
        body = match.text;
    if (run.mapping)
        run_mapping(&run, names, match.product, body, body_origin);
    else
        finish_unknown(&run, names, body, body_origin);
    finish_time(&run);
    finish_site(&run);
    finish_account(&run);
    finish_severity(&run);
    keep_unmapped(&run, names);
}

void normalize_event(struct normalizer *normalizer, const struct mapping_set *set,
                     const struct source_profile *source, struct fields *fields,
                     struct arena *arena, struct gw_event *event)
{
    normalize_event_traced(normalizer, set, source, fields, arena, event, NULL);
}
