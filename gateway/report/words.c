/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gateway/report/words.h"

#include <inttypes.h>

#include "gateway/base/civil.h"

static const char *const words[WORD_WORDS][REPORT_LANGUAGES] = {
    [WORD_TITLE] = {"Security report", "安全报告"},
};

const char *report_word(enum report_word word, enum report_language language)
{
    return words[word][language];
}

const char *report_state_word(int state, enum report_language language)
{
    static const char *const states[REPORT_STATES][REPORT_LANGUAGES] = {
        {"ok", "正常"}, {"warning", "警告"}, {"critical", "严重"}, {"unknown", "未知"}};
    static const char *const none[REPORT_LANGUAGES] = {"no data", "无数据"};
    return state < 0 || state >= REPORT_STATES ? none[language] : states[state][language];
}

static struct civil local(const struct report_view *view, int64_t ms)
{
    return civil_from_ms(ms + zone_offset_at_utc(view->plan->zone, ms) * INT64_C(1000));
}

void report_date(struct buf *out, const struct report_view *view, int64_t ms)
{
    struct civil c = local(view, ms);
    buf_printf(out, "%04d-%02d-%02d", c.year, c.month, c.day);
}

void report_time(struct buf *out, const struct report_view *view, int64_t ms,
                 enum report_language language)
{
    static const char *const open[REPORT_LANGUAGES] = {"still open", "未结束"};
    struct civil c;
    if (ms == INT64_MAX) {
        buf_printf(out, "%s", open[language]);
        return;
    }
    c = local(view, ms);
    buf_printf(out, "%04d-%02d-%02d %02d:%02d", c.year, c.month, c.day, c.hour, c.minute);
}

void report_duration(struct buf *out, int64_t ms, enum report_language language)
{
    static const struct {
        int64_t seconds;
        const char *name[REPORT_LANGUAGES];
    } units[] = {
        {86400, {"d", "天"}}, {3600, {"h", "小时"}}, {60, {"min", "分钟"}}, {1, {"s", "秒"}}};
    enum { UNITS = sizeof(units) / sizeof(*units) };
    int64_t seconds = ms / 1000;
    size_t i = 0;
    while (i + 1 < UNITS && seconds < units[i].seconds)
        i++;
    buf_printf(out, "%" PRId64 " %s", seconds / units[i].seconds, units[i].name[language]);
    seconds %= units[i].seconds;
    if (i + 1 < UNITS && seconds / units[i + 1].seconds > 0) /* two units are enough */
        buf_printf(out, " %" PRId64 " %s", seconds / units[i + 1].seconds,
                   units[i + 1].name[language]);
}

void report_change(struct buf *out, int64_t n, int64_t before, enum report_language language)
{
    static const char *const fresh[REPORT_LANGUAGES] = {"new", "新增"};
    static const char *const same[REPORT_LANGUAGES] = {"same", "持平"};
    if (before == 0)
        buf_printf(out, "%s", n == 0 ? same[language] : fresh[language]);
    else if (n == before)
        buf_printf(out, "%s", same[language]);
    else {
        buf_byte(out, n > before ? '+' : '-');
        report_number(out, n > before ? n - before : before - n);
    }
}

void report_number(struct buf *out, int64_t n)
{
    uint64_t left = n < 0 ? (uint64_t)0 - (uint64_t)n : (uint64_t)n;
    uint64_t unit = 1;
    while (left / unit >= 1000)
        unit *= 1000;
    if (n < 0)
        buf_byte(out, '-');
    buf_printf(out, "%" PRIu64, left / unit);
    while (unit > 1) {
        left %= unit;
        unit /= 1000;
        buf_printf(out, ",%03" PRIu64, left / unit);
    }
}
