/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The built-in templates, the fields' names, and filling them in: values are only put in, never
 * read for fields themselves. */
#include "gateway/outbox/template.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/base/arena.h"
#include "gateway/base/utf8.h"

enum { FILE_MAX_BYTES = 65536, NAME_MAX_BYTES = 32 };

static const char *const names[TEMPLATE_FIELDS] = {
    [TEMPLATE_GATEWAY] = "gateway",
    [TEMPLATE_CHANGE] = "change",
    [TEMPLATE_STATE] = "state",
    [TEMPLATE_OLD_STATE] = "old-state",
    [TEMPLATE_WORST] = "worst",
    [TEMPLATE_ALERT] = "alert",
    [TEMPLATE_KPI] = "kpi",
    [TEMPLATE_NAME] = "name",
    [TEMPLATE_SITE] = "site",
    [TEMPLATE_SCOPE] = "scope",
    [TEMPLATE_SCOPE_NAME] = "scope-name",
    [TEMPLATE_VALUE] = "value",
    [TEMPLATE_REASON] = "reason",
    [TEMPLATE_ADVICE] = "advice",
    [TEMPLATE_OPENED] = "opened",
    [TEMPLATE_TIME] = "time",
    [TEMPLATE_ORIGIN] = "origin",
    [TEMPLATE_ACK_NAME] = "ack-name",
    [TEMPLATE_ACK_NOTE] = "ack-note",
    [TEMPLATE_ACK_COMMAND] = "ack-command",
    [TEMPLATE_EVIDENCE] = "evidence",
    [TEMPLATE_UID] = "uid",
};

static const char *const built_in[OUTBOX_LANGUAGES] = {
    [OUTBOX_ENGLISH] = "Subject: [{state}] {name}, {scope-name}: {change}\n"
                       "\n"
                       "{name}, {scope-name}: {old-state} -> {state}\n"
                       "{reason}\n"
                       "\n"
                       "What to do: {advice}\n"
                       "\n"
                       "In hand: {ack-name}\n"
                       "Note:    {ack-note}\n"
                       "\n"
                       "Alert:   {alert}, {change} at {time}\n"
                       "Opened:  {opened}, worst state {worst}\n"
                       "Scope:   {scope}\n"
                       "KPI:     {kpi}\n"
                       "Value:   {value}\n"
                       "Origin:  {origin}\n"
                       "Gateway: {gateway}\n"
                       "Records: {evidence}\n"
                       "\n"
                       "To take it in hand: {ack-command}\n",
    [OUTBOX_CHINESE] = "Subject: [{state}] {name}，{scope-name}：{change}\n"
                       "\n"
                       "{name}，{scope-name}：{old-state} -> {state}\n"
                       "{reason}\n"
                       "\n"
                       "处理建议：{advice}\n"
                       "\n"
                       "处理人：  {ack-name}\n"
                       "备注：    {ack-note}\n"
                       "\n"
                       "告警编号：{alert}，{time} {change}\n"
                       "首次发生：{opened}，最严重状态：{worst}\n"
                       "范围：    {scope}\n"
                       "指标：    {kpi}\n"
                       "数值：    {value}\n"
                       "来源地址：{origin}\n"
                       "网关：    {gateway}\n"
                       "相关记录：{evidence}\n"
                       "\n"
                       "确认告警：{ack-command}\n",
};

/* The field that text begins with, "{name}", and how long that is; -1: none. */
static int field_at(struct slice text, size_t *n)
{
    *n = slice_find(slice_head(text, NAME_MAX_BYTES), '}');
    if (!text.n || text.p[0] != '{' || *n >= NAME_MAX_BYTES || *n >= text.n)
        return -1;
    struct slice name = slice_skip(slice_head(text, *n), 1);
    *n += 1;
    for (int i = 0; i < TEMPLATE_FIELDS; i++)
        if (slice_equal(name, slice_from(names[i])))
            return i;
    return -1;
}

/* ---- reading ---- */

static bool check_fields(struct slice text, struct buf *error)
{
    for (int line = 1; text.n; text = slice_skip(text, 1)) {
        size_t n;
        line += text.p[0] == '\n';
        if (text.p[0] != '{' || field_at(text, &n) >= 0)
            continue;
        buf_printf(error, "line %d: '%.*s' is none of:", line,
                   SLICE_FMT(slice_head(text, n < text.n && n <= NAME_MAX_BYTES ? n : 1)));
        for (int i = 0; i < TEMPLATE_FIELDS; i++)
            buf_printf(error, " {%s}", names[i]);
        return false;
    }
    return true;
}

bool outbox_template_parse(struct slice text, struct outbox_template *out, struct buf *error)
{
    static const char mark[] = "Subject: ";
    struct slice line;
    *out = (struct outbox_template){0};
    if (!utf8_is_valid(text) || memchr(text.p ? text.p : "", '\0', text.n)) {
        buf_printf(error, "is no UTF-8 text");
        return false;
    }
    if (!check_fields(text, error))
        return false;
    slice_cut(text, '\n', &line, &out->text);
    line = slice_trim(line);
    if (!slice_starts_with(line, slice_from(mark)) || !slice_trim(out->text).n) {
        buf_printf(error, "needs a first line \"Subject: ...\", an empty line, and text");
        return false;
    }
    out->subject = slice_trim(slice_skip(line, sizeof mark - 1));
    struct slice rest = out->text;
    while (slice_cut(rest, '\n', &line, &rest) && !slice_trim(line).n)
        out->text = rest;
    return true;
}

static bool read_file(const char *path, struct buf *bytes, struct buf *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = fd < 0 ? -1 : read(fd, buf_reserve(bytes, FILE_MAX_BYTES + 1), FILE_MAX_BYTES + 1);
    if (n < 0)
        buf_printf(error, "cannot read '%s': %s", path, strerror(errno));
    else if (n > FILE_MAX_BYTES)
        buf_printf(error, "'%s' is longer than %d bytes", path, FILE_MAX_BYTES);
    bytes->n = n > 0 ? (size_t)n : 0;
    if (fd >= 0)
        close(fd);
    return n >= 0 && n <= FILE_MAX_BYTES;
}

bool outbox_template_load(const char *path, struct outbox_template *out, struct buf *error)
{
    struct buf bytes = {0}, why = {0};
    *out = (struct outbox_template){0};
    bool is_fine = read_file(path, &bytes, error);
    if (is_fine && !outbox_template_parse(buf_get(&bytes), out, &why)) {
        buf_printf(error, "'%s' %s", path, buf_text(&why));
        is_fine = false;
    }
    out->bytes = bytes.p;
    buf_free(&why);
    return is_fine;
}

void outbox_template_free(struct outbox_template *template)
{
    free(template->bytes);
    *template = (struct outbox_template){0};
}

void outbox_template_built_in(enum outbox_language language, struct outbox_template *out)
{
    struct buf error = {0};
    outbox_template_parse(slice_from(built_in[language]), out, &error);
    buf_free(&error);
}

/* ---- filling ---- */

/* False: all fields of the line are empty, and there is one. */
static bool fill_line(struct slice line, const char *const *values, struct buf *out)
{
    int n_fields = 0, n_full = 0;
    while (line.n) {
        size_t n = 1;
        int field = field_at(line, &n);
        if (field >= 0) {
            n_fields++;
            n_full += values[field][0] != '\0';
            buf_slice(out, slice_from(values[field]));
        } else {
            n = 1;
            buf_byte(out, line.p[0]);
        }
        line = slice_skip(line, n);
    }
    return n_full > 0 || n_fields == 0;
}

void outbox_template_fill(struct slice text, const char *const values[TEMPLATE_FIELDS],
                          struct buf *out)
{
    bool is_after_empty = true;
    struct slice line;
    while (text.n) {
        size_t begin = out->n;
        bool has_end = slice_cut(text, '\n', &line, &text);
        if (line.n && line.p[line.n - 1] == '\r')
            line = slice_head(line, line.n - 1);
        if (!fill_line(line, values, out) || (line.n == 0 && is_after_empty)) {
            out->n = begin;
            continue;
        }
        is_after_empty = line.n == 0;
        if (has_end)
            buf_byte(out, '\n');
    }
}
