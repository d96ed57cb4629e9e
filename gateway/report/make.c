/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One report of one period: a file for each site, language and format, and the letter about it. */
#include "gateway/report/schedule_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/civil.h"
#include "gateway/base/error.h"
#include "gateway/base/log.h"

enum { DAY_MS = 86400000, DATE_MAX = 16 };
/* Of eogctl, those that are not always given too. */
enum { OPTIONS = 12, ARGUMENTS_MAX = 2 + 2 * OPTIONS + 1 };

static const char *date_text(int64_t day, char out[DATE_MAX])
{
    struct civil date = civil_from_ms(day * DAY_MS);
    snprintf(out, DATE_MAX, "%04d-%02u-%02u", date.year % 10000, (unsigned)date.month % 100,
             (unsigned)date.day % 100);
    return out;
}

static const char *media_type(struct slice format)
{
    static const struct {
        const char *format, *type;
    } types[] = {{"html", "text/html; charset=UTF-8"},
                 {"pdf", "application/pdf"},
                 {"csv", "text/csv; charset=UTF-8"},
                 {"json", "application/json"}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (slice_equal(format, slice_from(types[i].format)))
            return types[i].type;
    return "application/octet-stream";
}

/* ---- a file ---- */

struct wanted {
    const char *site, *language, *format; /* site NULL: all together */
};

/* It speaks no language. */
static bool is_json(const char *format)
{
    return strcmp(format, "json") == 0;
}

/* An option that has a value; where the next one goes. */
static const char **put(const char **at, const char *option, const char *value)
{
    if (!value)
        return at;
    at[0] = option;
    at[1] = value;
    return at + 2;
}

/* NULL behind the last. */
static void put_arguments(const struct make *make, const struct wanted *wanted, const char *partial,
                          struct arena *arena, const char **argv)
{
    static const char *const periods[] = {
        [STORE_DAY] = "day", [STORE_WEEK] = "week", [STORE_MONTH] = "month"};
    const struct schedule_plan *plan = make->plan;
    char date[DATE_MAX];
    const char **at = argv;
    *at++ = make->options->program;
    *at++ = "report";
    at = put(at, "--state", make->options->state_dir);
    at = put(at, "--gateway", make->options->gateway_id);
    at = put(at, "--data", make->options->data_dir);
    at = put(at, "--catalogue", plan->catalogue);
    at = put(at, "--own-catalogue", plan->own_catalogue);
    at = put(at, "--period", periods[make->rule->period]);
    at = put(at, "--date", arena_printf(arena, "%s", date_text(make->days.from, date)));
    at = put(at, "--week-start", make->rule->is_from_sunday ? "sunday" : NULL);
    at = put(at, "--site", wanted->site);
    at = put(at, "--lang", wanted->language);
    at = put(at, "--format", wanted->format);
    at = put(at, "-o", partial);
    *at = NULL;
}

static const char *name_of(const struct make *make, const struct wanted *wanted,
                           struct arena *arena)
{
    struct buf name = {0};
    made_put_name(&name, make->plan->section->name, make->days.from, wanted->site,
                  is_json(wanted->format) ? NULL : wanted->language, wanted->format);
    const char *kept = arena_text(arena, buf_get(&name));
    buf_free(&name);
    return kept;
}

static const char *partial_of(const struct make *make, const char *name, struct arena *arena)
{
    struct buf path = {0};
    made_put_partial(&path, make->folder, name);
    const char *kept = arena_text(arena, buf_get(&path));
    buf_free(&path);
    return kept;
}

static void note_failure(struct make_result *out, const char *name, const char *trouble)
{
    if (out->n_failed++ == 0)
        snprintf(out->trouble, sizeof out->trouble, "%.90s: %s", name, trouble);
    log_warn("report", "not made file=%s reason=\"%s\"", name, trouble);
}

/* False: is_ending. */
static bool make_file(const struct make *make, const struct wanted *wanted, struct make_result *out)
{
    const struct report_section *section = make->plan->section;
    const char *argv[ARGUMENTS_MAX], *name = name_of(make, wanted, &out->arena);
    char trouble[CHILD_TROUBLE_MAX];
    const char *partial = partial_of(make, name, &out->arena);
    put_arguments(make, wanted, partial, &out->arena, argv);
    const struct child child = {
        .argv = argv,
        .timeout_ms = section->timeout_ms,
        .memory_bytes = section->memory_bytes,
        .is_ending = make->is_ending,
    };
    struct make_file *file = &out->files[out->n++];
    *file = (struct make_file){
        .name = name,
        .path = arena_printf(&out->arena, "%s/%s", make->folder, name),
        .type = media_type(slice_from(wanted->format)),
        .bytes = -1,
    };
    unlink(partial);
    enum child_result result = child_run(&child, trouble);
    if (result == CHILD_DONE &&
        made_adopt(make->folder, name, &file->bytes, trouble, sizeof trouble) != GW_OK) {
        file->bytes = -1;
        result = CHILD_FAILED;
    }
    if (result != CHILD_DONE)
        unlink(partial);
    if (result == CHILD_FAILED)
        note_failure(out, name, trouble);
    return result != CHILD_ENDED;
}

static bool make_site(const struct make *make, const char *site, struct make_result *out)
{
    struct slice languages = slice_from(make->plan->section->languages), language, format;
    bool is_first = true;
    while (slice_next_word(&languages, &language)) {
        struct slice formats = slice_from(make->plan->section->formats);
        while (slice_next_word(&formats, &format)) {
            const struct wanted wanted = {site, arena_text(&out->arena, language),
                                          arena_text(&out->arena, format)};
            if (!is_first && is_json(wanted.format))
                continue;
            if (!make_file(make, &wanted, out))
                return false;
        }
        is_first = false;
    }
    return true;
}

static size_t count_words(const char *list)
{
    struct slice rest = slice_from(list), word;
    size_t n = 0;
    while (slice_next_word(&rest, &word))
        n++;
    return n;
}

bool make_files(const struct make *make, struct make_result *out)
{
    const struct report_section *section = make->plan->section;
    size_t most =
        make->plan->n_sites * count_words(section->languages) * count_words(section->formats);
    *out = (struct make_result){0};
    arena_init(&out->arena, 0);
    out->files = gw_alloc((most + 1) * sizeof *out->files);
    if (made_folder(make->folder, out->trouble, sizeof out->trouble) != GW_OK) {
        out->n_failed = 1;
        return true;
    }
    for (size_t i = 0; i < make->plan->n_sites; i++)
        if (!make_site(make, make->plan->sites[i], out))
            return false;
    return true;
}

void make_free(struct make_result *result)
{
    free(result->files);
    arena_fini(&result->arena);
}

/* ---- the letter ---- */

static void put_days(const struct make *make, struct buf *out, const char *between)
{
    char from[DATE_MAX], last[DATE_MAX];
    buf_printf(out, "%s", date_text(make->days.from, from));
    if (make->days.to - make->days.from > 1)
        buf_printf(out, "%s%s", between, date_text(make->days.to - 1, last));
}

static int64_t sum_of(const struct make_result *result)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < result->n; i++)
        bytes += result->files[i].bytes > 0 ? result->files[i].bytes : 0;
    return bytes;
}

static void put_files(const struct make_result *result, bool is_made, struct buf *out)
{
    for (size_t i = 0; i < result->n; i++) {
        const struct make_file *file = &result->files[i];
        if ((file->bytes >= 0) != is_made)
            continue;
        if (is_made)
            buf_printf(out, "  %s (%" PRId64 " KiB)\n", file->name, (file->bytes + 1023) / 1024);
        else
            buf_printf(out, "  %s\n", file->name);
    }
}

struct words {
    const char *subject, *between, *period, *gateway, *files, *missing, *too_large;
};
static const struct words english = {
    .subject = "Security report %s, ",
    .between = " to ",
    .period = "Period: ",
    .gateway = "Gateway: ",
    .files = "Files:\n",
    .missing = "Could not be made; the gateway's log says why:\n",
    .too_large = "\nThey are too large for a mail and lie on the gateway in\n  ",
};
static const struct words chinese = {
    .subject = "安全报告 %s，",
    .between = " 至 ",
    .period = "统计周期：",
    .gateway = "网关：",
    .files = "文件：\n",
    .missing = "以下文件未能生成，原因见网关日志：\n",
    .too_large = "\n文件过大，未随邮件发送，存放于网关目录：\n  ",
};

static const struct words *words_of(const struct make *make)
{
    struct slice list = slice_from(make->plan->section->languages), word;
    return slice_next_word(&list, &word) && slice_equal(word, SLICE("zh")) ? &chinese : &english;
}

static void put_subject(const struct make *make, struct buf *out)
{
    const struct words *words = words_of(make);
    struct slice before, behind;
    slice_cut(slice_from(words->subject), '%', &before, &behind);
    buf_slice(out, before);
    buf_printf(out, "%s", make->plan->section->name);
    buf_slice(out, slice_skip(behind, 1));
    put_days(make, out, words->between);
}

static void put_text(const struct make *make, const struct make_result *result, bool is_too_large,
                     struct buf *out)
{
    const struct words *words = words_of(make);
    buf_printf(out, "%s", words->period);
    put_days(make, out, words->between);
    buf_printf(out, "\n%s%s\n\n", words->gateway, make->options->gateway_id);
    if (result->n > result->n_failed) {
        buf_printf(out, "%s", words->files);
        put_files(result, true, out);
    }
    if (is_too_large)
        buf_printf(out, "%s%s\n", words->too_large, make->folder);
    if (result->n_failed) {
        buf_printf(out, "\n%s", words->missing);
        put_files(result, false, out);
    }
}

/* Of the report and its period, so that one that is posted twice is known. */
static void put_id(const struct make *make, struct buf *out)
{
    char from[DATE_MAX], last[DATE_MAX];
    buf_printf(out, "report-%s-%s-%s", make->plan->section->name, date_text(make->days.from, from),
               date_text(make->days.to - 1, last));
}

int make_post(const struct make *make, const struct make_result *result, char *trouble, size_t size)
{
    struct slice list = slice_from(make->plan->section->mail), word;
    struct buf subject = {0}, text = {0}, id = {0};
    struct schedule_file *files = gw_alloc((result->n + 1) * sizeof *files);
    bool is_too_large = sum_of(result) > make->plan->section->mail_max_bytes;
    size_t n = 0;
    int code = GW_OK;
    for (size_t i = 0; i < result->n && !is_too_large; i++)
        if (result->files[i].bytes >= 0)
            files[n++] = (struct schedule_file){result->files[i].path, result->files[i].name,
                                                result->files[i].type};
    put_subject(make, &subject);
    put_text(make, result, is_too_large, &text);
    put_id(make, &id);
    while (code == GW_OK && slice_next_word(&list, &word)) {
        char mail[64];
        snprintf(mail, sizeof mail, "%.*s", SLICE_FMT(word));
        const struct schedule_letter letter = {
            .mail = mail,
            .id = buf_text(&id),
            .subject = buf_get(&subject),
            .text = buf_get(&text),
            .time_ms = make->due_ms,
            .files = files,
            .n_files = n,
        };
        code = make->options->post(make->options->context, &letter);
        if (code != GW_OK)
            snprintf(trouble, size, "made, but cannot be posted to <mail name=\"%s\">: %s", mail,
                     gw_error_text(code));
    }
    buf_free(&subject);
    buf_free(&text);
    buf_free(&id);
    free(files);
    return code;
}
