/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What words.c says in English, in Chinese; the status page's words.js has the same rows. */
#include "gateway/kpi/chinese.h"

#include <string.h>

enum { CAPTURES = 5 };

/* # is a number, @ a word, * anything, once a row. */
static const struct {
    const char *english, *chinese;
} reasons[] = {
    {"not enabled", "未启用"},
    {"catching up", "正在追赶日志"},
    {"learning: # of # pauses, # of 24 hours", "正在学习：已有 {1}/{2} 次间隔、{3}/24 小时"},
    {"learning: silent on its first weekend, when it may rest",
     "正在学习：接入后首个周末静默，可能为其休止时段"},
    {"no source", "没有日志源"},
    {"no source: no managed computers known", "没有日志源：尚无受管计算机"},
    {"no source: neither an inventory nor a number of computers is given",
     "没有日志源：未提供资产清单或计算机数量"},
    {"no source: no pattern status reported", "没有日志源：未上报病毒码状态"},
    {"no source: no engine status reported", "没有日志源：未上报扫描引擎状态"},
    {"source silent since *", "日志源自 {1} 起静默"},
    {"table full: not all that was reported could be counted",
     "跟踪表已满：上报的内容未能全部计入"},
    {"# of # listed computers; # unlisted ones have an agent",
     "清单中 {2} 台里的 {1} 台；另有 {3} 台清单外计算机装有客户端"},
    {"# of # listed computers", "清单中 {2} 台里的 {1} 台"},
    {"# of # managed computers", "受管 {2} 台里的 {1} 台"},
    {"# @ reported and not taken back", "已报告 {1} {2}，尚未解除"},
    {"heard from, no @ reported", "有消息上报，未报告任何一{1}"},
    {"# versions behind the newest known", "落后已知最新版本 {1} 个版本"},
    {"a newer version has been known for # days", "已知更新版本已有 {1} 天"},
    {"# heartbeat intervals without a message", "{1} 个心跳周期无消息"},
    {"silent for # s; of its pauses 95 % are of at most # s",
     "静默 {1} 秒；其 95 % 的间隔不超过 {2} 秒"},
    {"silent for # s, # s of them at hours when it rests; of its pauses 95 % are of at most # s",
     "静默 {1} 秒，其中 {2} 秒为其惯常休止时段；其 95 % 的间隔不超过 {3} 秒"},
    {"the product says that a licence ends soon, not when; taken for # days",
     "产品提示授权即将到期，未给出日期，按 {1} 天计"},
    {"licence ends in -# days", "授权已过期 {1} 天"},
    {"licence ends in # days", "授权 {1} 天后到期"},
    {"# @ in # @", "{3} {4}内 {1} {2}"},
    {"# % in # @", "{2} {3}内 {1} %"},
    {"*: # @ in # @", "{1}：{4} {5}内 {2} {3}"},
    {"# times", "{1} 倍"},
    {"# @", "{1} {2}"},
};

static const struct {
    const char *english, *chinese;
} units[] = {
    {"attacks", "次攻击"},
    {"days", "天"},
    {"detections", "次检测"},
    {"failures", "次失败"},
    {"faults", "次故障"},
    {"hosts", "台计算机"},
    {"incidents", "起事件"},
    {"infections", "次感染"},
    {"intervals", "个周期"},
    {"logons", "次登录"},
    {"mails", "封邮件"},
    {"notices", "个通告"},
    {"objects", "个对象"},
    {"products", "个产品"},
    {"requests", "次请求"},
    {"uplinks", "条上行链路"},
    {"versions", "个版本"},
    {"violations", "次违规"},
    {"s", "秒"},
    {"m", "分钟"},
    {"min", "分钟"},
    {"h", "小时"},
    {"d", "天"},
};

struct capture {
    struct slice text;
    bool is_word; /* the gateway's own, not a name */
};

static size_t length_of(char kind, const char *text)
{
    return kind == '#' ? strspn(text, "-0123456789.,") : strspn(text, "abcdefghijklmnopqrstuvwxyz");
}

/* Recurses once a *, of which a row has one: at most the square of a short text's length. */
static bool match(const char *pattern, const char *text, struct capture *captures, size_t n)
{
    for (; *pattern; pattern++) {
        if (*pattern == '*') {
            for (size_t take = strlen(text); take > 0; take--) {
                captures[n] = (struct capture){slice_of(text, take), false};
                if (match(pattern + 1, text + take, captures, n + 1))
                    return true;
            }
            return false;
        }
        if (*pattern == '#' || *pattern == '@') {
            size_t take = length_of(*pattern, text);
            if (take == 0)
                return false;
            captures[n++] = (struct capture){slice_of(text, take), *pattern == '@'};
            text += take;
        } else if (*pattern == *text)
            text++;
        else
            return false;
    }
    return *text == '\0';
}

static struct slice unit_of(struct slice word)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (slice_equal(word, slice_from(units[i].english)))
            return slice_from(units[i].chinese);
    return word;
}

void kpi_put_chinese(struct buf *out, const char *text)
{
    struct capture captures[CAPTURES];
    size_t i = 0, n = sizeof reasons / sizeof *reasons;
    text = text ? text : "";
    while (i < n && !match(reasons[i].english, text, captures, 0))
        i++;
    if (i == n) {
        buf_slice(out, slice_from(text));
        return;
    }
    for (const char *p = reasons[i].chinese; *p; p++) {
        if (*p == '{') {
            const struct capture *found = &captures[p[1] - '1'];
            buf_slice(out, found->is_word ? unit_of(found->text) : found->text);
            p += 2;
        } else {
            buf_byte(out, *p);
        }
    }
}
