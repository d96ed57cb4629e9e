/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words, numbers, times and names as a report says them. */
#include "gateway/report/words.h"

#include <inttypes.h>

#include "gateway/base/civil.h"
#include "gateway/base/utf8.h"
#include "gateway/kpi/chinese.h"
#include "gateway/kpi/snapshot.h"
#include "gateway/schema/event.h"

static const char *const words[WORD_WORDS][REPORT_LANGUAGES] = {
#define WORD(name, english, chinese) [WORD_##name] = {english, chinese},
#include "gateway/report/words.def"
#undef WORD
};

const char *report_word(enum report_word word, enum report_language language)
{
    return words[word][language];
}

void report_say(struct buf *out, enum report_word word, enum report_language language,
                const char *const values[REPORT_SAY_MAX])
{
    for (const char *p = words[word][language]; *p; p++) {
        if (p[0] == '{' && p[1] >= '1' && p[1] < '1' + REPORT_SAY_MAX && p[2] == '}') {
            buf_slice(out, slice_from(values[p[1] - '1']));
            p += 2;
        } else
            buf_byte(out, *p);
    }
}

const char *report_title(const struct report_view *view, enum report_language language)
{
    static const enum report_word titles[] = {
        [REPORT_DAY] = WORD_TITLE_DAY,
        [REPORT_WEEK] = WORD_TITLE_WEEK,
        [REPORT_MONTH] = WORD_TITLE_MONTH,
        [REPORT_RANGE] = WORD_TITLE,
    };
    return words[titles[view->plan->period]][language];
}

enum report_word report_table_word(const struct report_table *table)
{
    static const enum report_word all[STORE_GROUPS] = {
        [STORE_BY_MALWARE] = WORD_BY_MALWARE,   [STORE_BY_SOURCE] = WORD_BY_SOURCE,
        [STORE_BY_COMPUTER] = WORD_BY_COMPUTER, [STORE_BY_PRODUCT] = WORD_BY_PRODUCT,
        [STORE_BY_ACTION] = WORD_BY_ACTION,     [STORE_BY_KIND] = WORD_BY_KIND,
        [STORE_BY_SITE] = WORD_BY_SITE,
    };
    if (table->is_infection && table->group == STORE_BY_MALWARE)
        return WORD_TOP_MALWARE;
    if (table->is_infection && table->group == STORE_BY_SOURCE)
        return WORD_TOP_SOURCE;
    if (table->is_infection && table->group == STORE_BY_COMPUTER)
        return WORD_TOP_COMPUTER;
    return all[table->group];
}

enum report_word report_name_word(enum store_group group)
{
    static const enum report_word heads[STORE_GROUPS] = {
        [STORE_BY_MALWARE] = WORD_MALWARE,   [STORE_BY_SOURCE] = WORD_SOURCE,
        [STORE_BY_COMPUTER] = WORD_COMPUTER, [STORE_BY_PRODUCT] = WORD_PRODUCT,
        [STORE_BY_ACTION] = WORD_ACTION,     [STORE_BY_KIND] = WORD_KIND,
        [STORE_BY_SITE] = WORD_SITE,
    };
    return heads[group];
}

enum report_word report_category(int64_t kpi)
{
    if (kpi >= 1 && kpi <= 10)
        return WORD_MANAGEMENT;
    if (kpi >= 11 && kpi <= 21)
        return WORD_VIRUS;
    return kpi >= 22 && kpi <= 28 ? WORD_NETWORK : WORD_OWN;
}

/* OCSF 1.8.0, disposition_id. */
static const char *const actions[][REPORT_LANGUAGES] = {
    [1] = {"Allowed", "已放行"},
    [2] = {"Blocked", "已阻止"},
    [3] = {"Quarantined", "已隔离"},
    [4] = {"Isolated", "已断网隔离"},
    [5] = {"Deleted", "已删除"},
    [6] = {"Dropped", "已丢弃"},
    [7] = {"Custom action", "自定义处置"},
    [8] = {"Approved", "已批准"},
    [9] = {"Restored", "已恢复"},
    [10] = {"Exonerated", "已排除嫌疑"},
    [11] = {"Corrected", "已清除"},
    [12] = {"Partially corrected", "部分清除"},
    [13] = {"Uncorrected", "未清除"},
    [14] = {"Delayed", "已推迟"},
    [15] = {"Detected", "已检测"},
    [16] = {"No action", "未处置"},
    [17] = {"Logged", "仅记录"},
    [18] = {"Tagged", "已标记"},
    [19] = {"Alert", "已告警"},
    [20] = {"Count", "仅计数"},
    [21] = {"Reset", "已重置连接"},
    [22] = {"Captcha", "验证码"},
    [23] = {"Challenge", "质询"},
    [24] = {"Access revoked", "已撤销访问"},
    [25] = {"Rejected", "已拒绝"},
    [26] = {"Unauthorized", "未授权"},
    [27] = {"Error", "错误"},
    [99] = {"Other", "其他"},
};

static const char *const kinds[GW_KIND_END][REPORT_LANGUAGES] = {
    [GW_KIND_MALWARE_FOUND] = {"Malware found", "发现病毒"},
    [GW_KIND_MALWARE_CLEANED] = {"Malware cleaned", "病毒已清除"},
    [GW_KIND_MALWARE_QUARANTINED] = {"Malware quarantined", "病毒已隔离"},
    [GW_KIND_MALWARE_DELETED] = {"Malware deleted", "病毒已删除"},
    [GW_KIND_MALWARE_BLOCKED] = {"Malware blocked", "病毒已阻止"},
    [GW_KIND_MALWARE_PASSED] = {"Malware passed", "病毒已放行"},
    [GW_KIND_MALWARE_CLEAN_FAILED] = {"Malware not cleaned", "病毒清除失败"},
    [GW_KIND_MALWARE_SUSPECTED] = {"Malware suspected", "疑似病毒"},
    [GW_KIND_MALWARE_GRAYWARE] = {"Spyware and grayware", "间谍软件/灰色软件"},
    [GW_KIND_SANDBOX_DETECTED] = {"Sandbox: malicious object", "沙箱恶意对象"},
    [GW_KIND_BEHAVIOUR_VIOLATION] = {"Behaviour violation", "行为监控违规"},
    [GW_KIND_CNC_CALLBACK] = {"C&C callback", "C&C 回连"},
    [GW_KIND_WEB_REPUTATION] = {"Malicious web address", "恶意网址访问"},
    [GW_KIND_IPS_DETECT] = {"Intrusion", "入侵检测"},
    [GW_KIND_DLP_VIOLATION] = {"Data leak", "数据泄露"},
    [GW_KIND_DEVCTL_BLOCK] = {"Device control", "设备管控"},
    [GW_KIND_APPCTL_BLOCK] = {"Application control", "应用管控"},
    [GW_KIND_EMAIL_THREAT] = {"Mail threat", "邮件威胁"},
};

const char *report_row_name(const struct report_table *table, const struct report_row *row,
                            enum report_language language)
{
    const char *name = NULL;
    uint64_t number = (uint64_t)row->number;
    if (table->group == STORE_BY_ACTION && number < sizeof actions / sizeof *actions)
        name = actions[number][language];
    else if (table->group == STORE_BY_KIND && number < GW_KIND_END)
        name = kinds[number][language];
    if (!name)
        name = row->name;
    return name && *name ? name : words[WORD_NOT_TOLD][language];
}

const char *report_site_name(const struct report_view *view, const char *id)
{
    for (const struct report_site *site = view->named; id && site; site = site->next)
        if (slice_equal_nocase(slice_from(id), slice_from(site->id)))
            return site->shown;
    return id;
}

const char *report_alert_scope(const struct report_view *view, const struct report_alert *alert)
{
    const char *scope = report_site_name(view, alert->scope);
    return scope == alert->scope && *alert->scope_name ? alert->scope_name : scope;
}

const char *report_state_word(int state, enum report_language language)
{
    static const char *const states[REPORT_STATES][REPORT_LANGUAGES] = {
        {"ok", "正常"}, {"warning", "警告"}, {"critical", "严重"}, {"unknown", "未知"}};
    static const char *const none[REPORT_LANGUAGES] = {"no data", "无数据"};
    return state < 0 || state >= REPORT_STATES ? none[language] : states[state][language];
}

const char *report_why_unknown(const struct report_line *line)
{
    bool is_unknown = line->state == KPI_UNKNOWN && line->n_bands > 0;
    return is_unknown ? line->bands[line->n_bands - 1].reason : "";
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

void report_day(struct buf *out, int64_t day)
{
    struct civil c = civil_from_ms(day * INT64_C(86400000));
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

void report_change(struct buf *out, const struct report_view *view, int64_t n, int64_t before,
                   enum report_language language)
{
    static const char *const fresh[REPORT_LANGUAGES] = {"new", "新增"};
    static const char *const same[REPORT_LANGUAGES] = {"same", "持平"};
    if (view->is_before_part)
        buf_slice(out, SLICE("–"));
    else if (before == 0)
        buf_printf(out, "%s", n == 0 ? same[language] : fresh[language]);
    else if (n == before)
        buf_printf(out, "%s", same[language]);
    else {
        buf_byte(out, n > before ? '+' : '-');
        report_number(out, n > before ? n - before : before - n);
    }
}

void report_reason(struct buf *out, const char *text, enum report_language language)
{
    if (language == REPORT_ZH)
        kpi_put_chinese(out, text);
    else
        buf_slice(out, slice_from(text ? text : ""));
}

static void put_thousands(struct buf *out, uint64_t n)
{
    if (n >= 1000)
        put_thousands(out, n / 1000);
    buf_printf(out, n >= 1000 ? ",%03" PRIu64 : "%" PRIu64, n % 1000);
}

void report_number(struct buf *out, int64_t n)
{
    if (n < 0)
        buf_byte(out, '-');
    put_thousands(out, n < 0 ? (uint64_t)0 - (uint64_t)n : (uint64_t)n);
}

void report_before(struct buf *out, const struct report_view *view, int64_t before)
{
    if (view->is_before_unknown)
        buf_slice(out, SLICE("–"));
    else
        report_number(out, before);
}

void report_share(struct buf *out, int64_t n, int64_t total)
{
    double share = total > 0 ? 100.0 * (double)n / (double)total : 0;
    if (total <= 0)
        return;
    if (n > 0 && share < 0.05)
        buf_slice(out, SLICE("< 0.1 %"));
    else if (n < total && share >= 99.95)
        buf_slice(out, SLICE("> 99.9 %"));
    else
        buf_printf(out, "%.1f %%", share);
}

void report_inert(struct buf *out, const char *text)
{
    struct slice s = slice_from(text ? text : "");
    const unsigned char *p = (const unsigned char *)s.p;
    for (size_t i = 0, n; i < s.n; i += n) {
        n = utf8_char(p + i, s.n - i);
        if (n == 0) {
            n = 1;
            buf_printf(out, "\\x%02x", p[i]);
        } else if (utf8_is_steering(utf8_code(p + i, n)))
            buf_printf(out, "\\u{%x}", (unsigned)utf8_code(p + i, n));
        else
            buf_append(out, p + i, n);
    }
}
