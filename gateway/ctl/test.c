/* SPDX-License-Identifier: GPL-3.0-or-later */
/* eogctl test: each mapping against its .samples file; the form stands in
 * gateway/mapping/samples.h. What is found goes to standard output as it comes, in lines for
 * people, or into one JSON document that is printed at the end. */
#include "gateway/ctl/test.h"

#include <dirent.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/civil.h"
#include "gateway/base/error.h"
#include "gateway/base/json.h"
#include "gateway/ctl/exit.h"
#include "gateway/ctl/inert.h"
#include "gateway/ctl/kpi_samples.h"
#include "gateway/ctl/offline.h"
#include "gateway/ctl/table.h"
#include "parsers/instant.h"
#include "parsers/timestamp.h"

struct tally {
    size_t samples, failed, expectations, rules, reached, steps, unmapped;
};

/* A rule of a vendor.xml: a sample of any mapping that uses it is enough. */
struct shared_rule {
    const char *name, *file;
    int line;
    bool is_reached;
};

struct tester {
    const struct mapping_set *set;
    const struct mapping *mapping;
    struct offline offline;
    const char *samples_file;
    const struct sample *sample;
    struct tally tally;
    bool *reached; /* [rule] */
    struct shared_rule *shared;
    size_t n_shared, shared_cap;
    bool sample_failed, is_verbose;
    size_t failures; /* of the whole run */
    bool is_json;
    struct buf out; /* the JSON so far; a mapping's problems stand before its counts */
    struct json json;
};

/* Samples hold what strangers wrote. */
static void put_line(const char *text)
{
    table_put_text(text, INT_MAX, stdout);
    putchar('\n');
}

static void put_problem(struct tester *t, const char *file, int line, const char *text)
{
    if (!t->is_json) {
        printf("%s:%d: ", file, line);
        put_line(text);
        return;
    }
    json_begin_object(&t->json, SLICE_NONE);
    json_member_string(&t->json, JSON_KEY("file"), slice_from(file));
    json_member_int(&t->json, JSON_KEY("line"), line);
    json_member_string(&t->json, JSON_KEY("text"), slice_from(text));
    json_end_object(&t->json);
}

/* "file:line: what", as compilers do, so that an editor finds it. */
__attribute__((format(printf, 4, 5))) static void problem(struct tester *t, const char *file,
                                                          int line, const char *format, ...)
{
    struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    put_problem(t, file, line, buf_text(&text));
    buf_free(&text);
}

static void problems(struct tester *t, const struct diag *diag)
{
    for (size_t i = 0; i < diag->n; i++)
        put_problem(t, diag->items[i].file, diag->items[i].line, diag->items[i].text);
    if (diag->total > diag->n)
        problem(t, diag->items[0].file, 0, "... and %zu more", diag->total - diag->n);
}

static void fail(struct tester *t, int line, const char *what, struct slice name,
                 struct slice expected, struct slice found)
{
    problem(t, t->samples_file, line, "%.*s: %s %.*s: expected '%.*s', found '%.*s'",
            SLICE_FMT(t->sample->title), what, SLICE_FMT(name), SLICE_FMT(expected),
            SLICE_FMT(found));
    t->sample_failed = true;
}

static struct slice field_text(struct tester *t, enum gw_field field)
{
    const struct gw_value *value = gw_event_find(&t->offline.event, field);
    if (!value)
        return SLICE_NONE;
    if (value->type == GW_TYPE_TEXT || value->type == GW_TYPE_IP)
        return value->text;
    return slice_from(arena_printf(&t->offline.arena, "%" PRId64, value->number));
}

static struct slice flags_text(struct tester *t)
{
    unsigned flags = t->offline.event.flags;
    return slice_trim(slice_from(arena_printf(
        &t->offline.arena, "%s%s%s%s%s%s", flags & GW_EVENT_TIME_AHEAD ? "ahead " : "",
        flags & GW_EVENT_NO_TIME ? "no-time " : "", flags & GW_EVENT_MALFORMED ? "malformed " : "",
        flags & GW_EVENT_REPLACED ? "replaced " : "", flags & GW_EVENT_GUESSED ? "guessed " : "",
        flags & GW_EVENT_TRUNCATED ? "truncated " : "")));
}

/* The words that are no field of the schema. */
static bool special_text(struct tester *t, struct slice name, struct slice *found)
{
    const struct gw_event *event = &t->offline.event;
    const struct normalize_trace *trace = &t->offline.trace;
    char *time = arena_bytes(&t->offline.arena, CIVIL_RFC3339_MAX);
    if (slice_equal(name, SLICE("kind")))
        *found = slice_from(gw_kind_name((enum gw_kind)event->kind));
    else if (slice_equal(name, SLICE("severity")))
        *found = slice_from(gw_severity_name((enum gw_severity)event->severity));
    else if (slice_equal(name, SLICE("format")))
        *found = slice_from(gw_format_name((enum gw_format)event->format));
    else if (slice_equal(name, SLICE("product")))
        *found = trace->mapping ? slice_from(mapping_id(trace->mapping)) : SLICE("none");
    else if (slice_equal(name, SLICE("rule")))
        *found = trace->mapping && trace->rule >= 0
                     ? slice_from(mapping_rule_name(trace->mapping, (size_t)trace->rule))
                     : SLICE("none");
    else if (slice_equal(name, SLICE("flags")))
        *found = flags_text(t);
    else if (slice_equal(name, SLICE("time")))
        *found = slice_of(time, civil_format(event->time_ms, time));
    else
        return false;
    return true;
}

/* Times are compared as instants, so that a sample may be written with any zone and fraction. */
static bool same_time(struct slice text, int64_t ms)
{
    struct parsed_time time;
    int64_t expected;
    return parse_timestamp(text, &time) && parsed_time_to_ms(&time, NULL, 0, &expected) &&
           expected == ms;
}

static void check_equals(struct tester *t, const struct sample_expect *expect)
{
    struct slice found;
    if (special_text(t, expect->name, &found)) {
        bool same = slice_equal_nocase(found, expect->value) ||
                    (slice_equal(expect->name, SLICE("time")) &&
                     same_time(expect->value, t->offline.event.time_ms));
        if (!same)
            fail(t, expect->line, "", expect->name, expect->value, found);
        return;
    }
    enum gw_field field = gw_field_by_name(expect->name);
    if (field == 0)
        fail(t, expect->line, "no such field", expect->name, expect->value, SLICE_NONE);
    else if (!slice_equal(field_text(t, field), expect->value))
        fail(t, expect->line, "", expect->name, expect->value, field_text(t, field));
}

static void check_absent(struct tester *t, const struct sample_expect *expect)
{
    enum gw_field field = gw_field_by_name(expect->name);
    if (field == 0)
        fail(t, expect->line, "no such field", expect->name, SLICE_NONE, SLICE_NONE);
    else if (gw_event_has(&t->offline.event, field))
        fail(t, expect->line, "", expect->name, SLICE("nothing"), field_text(t, field));
}

static void check_unmapped(struct tester *t, const struct sample_expect *expect)
{
    struct slice found = SLICE_NONE;
    for (size_t i = 0; i < t->offline.event.n_unmapped; i++) {
        const struct gw_pair *pair = &t->offline.event.unmapped[i];
        if (!slice_equal(pair->name, expect->name))
            continue;
        if (slice_equal(pair->value, expect->value))
            return;
        found = pair->value;
    }
    fail(t, expect->line, "unmapped", expect->name, expect->value, found);
}

static bool is_envelope(enum gw_field field)
{
    struct slice name = slice_from(gw_field_name(field));
    return field == GW_FIELD_MAPPING || field == GW_FIELD_PEER ||
           slice_starts_with(name, SLICE("syslog.")) ||
           slice_starts_with(name, SLICE("product.")) || slice_starts_with(name, SLICE("snmp."));
}

static void check_complete(struct tester *t)
{
    for (size_t i = 0; i < t->offline.event.n_values; i++) {
        enum gw_field field = (enum gw_field)t->offline.event.values[i].field;
        struct slice name = slice_from(gw_field_name(field));
        bool expected = is_envelope(field);
        for (size_t k = 0; k < t->sample->n_expect && !expected; k++)
            expected = slice_equal(t->sample->expect[k].name, name);
        if (!expected)
            fail(t, t->sample->line, "not expected:", name, SLICE("nothing"), field_text(t, field));
    }
}

static void check_product(struct tester *t)
{
    const struct normalize_trace *trace = &t->offline.trace;
    for (size_t i = 0; i < t->sample->n_expect; i++)
        if (slice_equal(t->sample->expect[i].name, SLICE("product")))
            return; /* a sample of what this mapping must leave to others */
    if (trace->mapping != t->mapping)
        fail(t, t->sample->line, "", SLICE("product"), slice_from(mapping_id(t->mapping)),
             trace->mapping ? slice_from(mapping_id(trace->mapping)) : SLICE("none"));
}

static void run_sample(struct tester *t, const struct sample *sample)
{
    t->sample = sample;
    t->sample_failed = false;
    const char *wrong = offline_sample(&t->offline, t->set, sample);
    if (wrong) {
        fail(t, sample->line, wrong, SLICE_NONE, SLICE_NONE, SLICE_NONE);
    } else {
        const struct normalize_trace *trace = &t->offline.trace;
        if (trace->mapping == t->mapping && trace->rule >= 0)
            t->reached[trace->rule] = true;
        check_product(t);
        for (size_t i = 0; i < sample->n_expect; i++) {
            if (sample->expect[i].check == SAMPLE_EQUALS)
                check_equals(t, &sample->expect[i]);
            else if (sample->expect[i].check == SAMPLE_ABSENT)
                check_absent(t, &sample->expect[i]);
            else
                check_unmapped(t, &sample->expect[i]);
        }
        if (sample->is_complete)
            check_complete(t);
        t->tally.steps += t->offline.event.n_values;
        t->tally.unmapped += t->offline.event.n_unmapped;
    }
    if (sample->n_expect == 0)
        fail(t, sample->line, "expects nothing", SLICE_NONE, SLICE_NONE, SLICE_NONE);
    t->tally.samples++;
    t->tally.expectations += sample->n_expect;
    t->tally.failed += t->sample_failed;
    if (t->is_verbose && !t->is_json) {
        printf("%s %s: ", t->sample_failed ? "FAIL" : "ok  ", mapping_id(t->mapping));
        put_line(arena_text(&t->offline.arena, sample->title));
    }
}

static void note_shared(struct tester *t, size_t rule)
{
    const char *file = mapping_rule_file(t->mapping, rule);
    int line = mapping_rule_line(t->mapping, rule);
    size_t i = 0;
    while (i < t->n_shared && (t->shared[i].line != line || strcmp(t->shared[i].file, file) != 0))
        i++;
    if (i == t->shared_cap) {
        t->shared_cap = t->shared_cap ? t->shared_cap * 2 : 64;
        t->shared = gw_realloc(t->shared, t->shared_cap * sizeof *t->shared);
    }
    if (i == t->n_shared)
        t->shared[t->n_shared++] =
            (struct shared_rule){mapping_rule_name(t->mapping, rule), file, line, false};
    t->shared[i].is_reached |= t->reached[rule];
}

static void check_shared(struct tester *t)
{
    for (size_t i = 0; i < t->n_shared; i++) {
        if (t->shared[i].is_reached)
            continue;
        problem(t, t->shared[i].file, t->shared[i].line,
                "rule '%s' is reached by no sample of any mapping that uses it", t->shared[i].name);
        t->failures++;
    }
}

static void check_rules(struct tester *t)
{
    size_t n = mapping_rule_count(t->mapping);
    for (size_t i = 0; i < n; i++) {
        if (mapping_rule_is_shared(t->mapping, i)) {
            note_shared(t, i);
            continue;
        }
        t->tally.rules++;
        if (t->reached[i]) {
            t->tally.reached++;
            continue;
        }
        problem(t, mapping_file(t->mapping), mapping_rule_line(t->mapping, i),
                "rule '%s' is reached by no sample", mapping_rule_name(t->mapping, i));
        t->failures++;
    }
}

static void put_tally(struct tester *t)
{
    if (t->is_json) {
        json_member_int(&t->json, JSON_KEY("samples"), (int64_t)t->tally.samples);
        json_member_int(&t->json, JSON_KEY("failed"), (int64_t)t->tally.failed);
        json_member_int(&t->json, JSON_KEY("expectations"), (int64_t)t->tally.expectations);
        json_member_int(&t->json, JSON_KEY("rules"), (int64_t)t->tally.rules);
        json_member_int(&t->json, JSON_KEY("rules_reached"), (int64_t)t->tally.reached);
        json_member_int(&t->json, JSON_KEY("fields"), (int64_t)t->tally.steps);
        json_member_int(&t->json, JSON_KEY("unmapped"), (int64_t)t->tally.unmapped);
        return;
    }
    printf("%-44s %7zu %6zu %7zu/%-5zu %7zu %8zu\n", mapping_id(t->mapping), t->tally.samples,
           t->tally.failed, t->tally.reached, t->tally.rules, t->tally.steps, t->tally.unmapped);
}

static void test_mapping(struct tester *t, const struct mapping *mapping)
{
    struct arena arena;
    struct diag diag = {0};
    struct sample *samples;
    arena_init(&arena, 0);
    const char *file = mapping_file(mapping);
    t->mapping = mapping;
    t->tally = (struct tally){0};
    t->samples_file = arena_printf(&arena, "%.*s.samples", (int)strlen(file) - 4, file);
    t->reached = gw_alloc((mapping_rule_count(mapping) + 1) * sizeof *t->reached);
    if (access(t->samples_file, F_OK) != 0) {
        problem(t, file, 1, "has no samples: %s is not there", t->samples_file);
        t->failures++;
    } else if (samples_load(t->samples_file, &arena, &diag, &samples) == GW_OK) {
        for (const struct sample *sample = samples; sample; sample = sample->next)
            run_sample(t, sample);
    } else {
        problems(t, &diag);
        t->failures++;
    }
    check_rules(t);
    t->failures += t->tally.failed;
    free(t->reached);
    diag_free(&diag);
    arena_fini(&arena);
}

/* Samples whose mapping is not there: nobody would ever run them. */
static void find_orphans(struct tester *t, const char *dir, const char *vendor)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, vendor);
    DIR *folder = opendir(path);
    if (!folder)
        return;
    for (struct dirent *entry; (entry = readdir(folder));) {
        struct slice name = slice_from(entry->d_name);
        if (!slice_ends_with(name, SLICE(".samples")))
            continue;
        snprintf(path, sizeof path, "%s/%.*s", vendor, (int)(name.n - 8), name.p);
        if (!mapping_set_get(t->set, path)) {
            char file[PATH_MAX];
            snprintf(file, sizeof file, "%s/%s/%s", dir, vendor, entry->d_name);
            problem(t, file, 1, "there is no mapping %s.xml", path);
            t->failures++;
        }
    }
    closedir(folder);
}

static void find_all_orphans(struct tester *t, const char *dir)
{
    DIR *folder = opendir(dir);
    if (!folder)
        return;
    for (struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.')
            find_orphans(t, dir, entry->d_name);
    closedir(folder);
}

static bool is_wanted(const char *id, char **products, int n)
{
    if (n == 0)
        return true;
    for (int i = 0; i < n; i++)
        if (strstr(id, products[i]))
            return true;
    return false;
}

/* A folder of mappings may be of mappings alone; then the indicators stand elsewhere. */
static bool has_catalogue(const char *dir)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/kpi.xml", dir);
    return n > 0 && n < PATH_MAX && access(path, F_OK) == 0;
}

static void test_kpis(struct tester *t, const char *dir)
{
    struct kpi_samples_result result;
    ctl_kpi_samples(dir, &result);
    t->failures += result.failures;
    if (t->is_json) {
        json_member_object(&t->json, JSON_KEY("kpi"));
        json_member_int(&t->json, JSON_KEY("samples"), (int64_t)result.tally.samples);
        json_member_int(&t->json, JSON_KEY("failed"), (int64_t)result.tally.failed);
        json_member_int(&t->json, JSON_KEY("expectations"), (int64_t)result.tally.expectations);
        json_member_int(&t->json, JSON_KEY("indicators"), (int64_t)result.indicators);
        json_member_int(&t->json, JSON_KEY("records"), (int64_t)result.tally.records);
        json_member_array(&t->json, JSON_KEY("problems"));
        problems(t, &result.diag);
        json_end_array(&t->json);
        json_end_object(&t->json);
    } else {
        if (result.indicators)
            printf("%-44s %7zu %6zu   %zu indicators, %zu expectations, %zu records\n", "kpi",
                   result.tally.samples, result.tally.failed, result.indicators,
                   result.tally.expectations, result.tally.records);
        problems(t, &result.diag);
    }
    diag_free(&result.diag);
}

static void test_mappings(struct tester *t, char **products, int n)
{
    if (t->is_json)
        json_member_array(&t->json, JSON_KEY("mappings"));
    else
        printf("%-44s %7s %6s %13s %7s %8s\n", "mapping", "samples", "failed", "rules reached",
               "fields", "unmapped");
    for (size_t i = 0; i < mapping_set_count(t->set); i++) {
        const struct mapping *mapping = mapping_set_at(t->set, i);
        if (!is_wanted(mapping_id(mapping), products, n))
            continue;
        if (t->is_json) {
            json_begin_object(&t->json, SLICE_NONE);
            json_member_string(&t->json, JSON_KEY("product"), slice_from(mapping_id(mapping)));
            json_member_array(&t->json, JSON_KEY("problems"));
        }
        test_mapping(t, mapping);
        if (t->is_json)
            json_end_array(&t->json);
        put_tally(t);
        if (t->is_json)
            json_end_object(&t->json);
    }
    if (t->is_json)
        json_end_array(&t->json);
}

static bool is_name_of_any(const struct tester *t, char *product)
{
    if (is_wanted("kpi", &product, 1))
        return true;
    for (size_t i = 0; i < mapping_set_count(t->set); i++)
        if (is_wanted(mapping_id(mapping_set_at(t->set, i)), &product, 1))
            return true;
    return false;
}

/* What belongs to no mapping: samples without one, shared rules, names that name nothing. */
static void test_rest(struct tester *t, const char *dir, char **products, int n)
{
    if (t->is_json)
        json_member_array(&t->json, JSON_KEY("problems"));
    if (n == 0) {
        find_all_orphans(t, dir);
        check_shared(t);
    }
    for (int i = 0; i < n; i++) {
        if (is_name_of_any(t, products[i]))
            continue;
        problem(t, dir, 0, "no mapping is named '%s'", products[i]);
        t->failures++;
    }
    if (t->is_json)
        json_end_array(&t->json);
}

static int run(struct tester *t, const char *dir, char **products, int n)
{
    offline_init(&t->offline);
    json_begin(&t->json, &t->out);
    json_put_object(&t->json);
    test_mappings(t, products, n);
    if (is_wanted("kpi", products, n) && (n > 0 || has_catalogue(dir)))
        test_kpis(t, dir);
    test_rest(t, dir, products, n);
    if (t->is_json) {
        json_member_int(&t->json, JSON_KEY("failures"), (int64_t)t->failures);
        json_end_object(&t->json);
        inert_print(buf_get(&t->out), stdout);
    }
    buf_free(&t->out);
    free(t->shared);
    offline_fini(&t->offline);
    return t->failures == 0 ? CTL_OK : CTL_NO;
}

static const char help[] =
    "usage: eogctl test [--data DIR] [--json] [-v] [PRODUCT...]\n"
    "Runs the samples beside the mappings. PRODUCT: an id such as trendmicro/apex-central, "
    "or a part;\n"
    "kpi: the indicators.\n"
    "  --data DIR  the folder that holds mappings/ (default: $EOG_DATA, else as installed)\n"
    "  --json      one JSON document\n"
    "  -v          name every sample (not with --json)\n\n"
    "  eogctl test\n"
    "  eogctl test --data . trendmicro/apex-central\n"
    "  eogctl test --json | jq '.mappings[] | select(.failed > 0) | .problems[]'\n";

static int load_and_run(struct tester *t, const char *data_dir, char **products, int n)
{
    struct arena arena;
    struct diag diag = {0};
    struct mapping_set *set;
    arena_init(&arena, 0);
    const char *dir = offline_mappings(&arena, data_dir);
    int result = CTL_CANNOT;
    if (mapping_set_load(dir, &diag, &set) == GW_OK) {
        t->set = set;
        result = run(t, dir, products, n);
        mapping_set_free(set);
    }
    diag_print(&diag, stderr);
    diag_free(&diag);
    arena_fini(&arena);
    return result;
}

int ctl_test(int argc, char **argv)
{
    static const struct option options[] = {{"data", required_argument, NULL, 'd'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *data_dir = NULL;
    struct tester *t = gw_alloc(sizeof *t);
    int option, result = -1;
    optind = 1;
    while (result < 0 && (option = getopt_long(argc, argv, "hv", options, NULL)) != -1) {
        if (option == 'd')
            data_dir = optarg;
        else if (option == 'j')
            t->is_json = true;
        else if (option == 'v')
            t->is_verbose = true;
        else
            result = option == 'h' ? ctl_help(help, true) : CTL_USAGE;
    }
    if (result < 0)
        result = load_and_run(t, data_dir, argv + optind, argc - optind);
    free(t);
    return result;
}
