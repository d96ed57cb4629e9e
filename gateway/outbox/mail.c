/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a change to a mail: the words of both languages, the headers, the template filled. */
#include "gateway/outbox/mail.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/base/civil.h"
#include "gateway/kpi/chinese.h"
#include "gateway/outbox/mime.h"

enum { SUBJECT_MAX_BYTES = 250 };

/* ---- words ---- */

static const char *state_word(enum outbox_language language, enum kpi_state state)
{
    static const char *const chinese[] = {"正常", "警告", "严重", "未知"};
    return language == OUTBOX_CHINESE ? chinese[state] : kpi_state_name(state);
}

static const char *change_word(enum outbox_language language, enum change_kind kind)
{
    static const char *const chinese[] = {"告警产生", "告警变化", "告警已确认", "告警解除"};
    return language == OUTBOX_CHINESE ? chinese[kind] : change_kind_name(kind);
}

/* The engine's words on a value or a reason, in the mail's language. */
static const char *said(enum outbox_language language, const char *text, struct arena *arena)
{
    struct buf chinese = {0};
    if (language != OUTBOX_CHINESE)
        return text;
    kpi_put_chinese(&chinese, text);
    const char *kept = arena_text(arena, buf_get(&chinese));
    buf_free(&chinese);
    return kept;
}

static const char *time_text(const struct mail_writer *writer, int64_t ms, struct arena *arena)
{
    int offset_s = zone_offset_at_utc(writer->zone, ms);
    int minutes = abs(offset_s) / 60;
    struct civil civil = civil_from_ms(ms + (int64_t)offset_s * 1000);
    return arena_printf(arena, "%04d-%02d-%02d %02d:%02d:%02d %c%02d%02d", civil.year, civil.month,
                        civil.day, civil.hour, civil.minute, civil.second, offset_s < 0 ? '-' : '+',
                        minutes / 60, minutes % 60);
}

static enum outbox_language language_of(const struct mail_writer *writer)
{
    return (enum outbox_language)writer->section->language;
}

static void fill_values(const struct mail_writer *writer, const struct change *change,
                        struct arena *arena, const char **values)
{
    enum outbox_language language = language_of(writer);
    bool is_open = change->kind == CHANGE_RAISED || change->kind == CHANGE_CHANGED;
    const char *alert = arena_printf(arena, "%" PRId64, change->alert_id);
    values[TEMPLATE_GATEWAY] = change->gateway;
    values[TEMPLATE_CHANGE] = change_word(language, change->kind);
    values[TEMPLATE_STATE] = state_word(language, change->state);
    values[TEMPLATE_OLD_STATE] = state_word(language, change->old_state);
    values[TEMPLATE_WORST] = state_word(language, change->worst);
    values[TEMPLATE_ALERT] = alert;
    values[TEMPLATE_KPI] = change->key;
    values[TEMPLATE_NAME] = change->name[language];
    values[TEMPLATE_SITE] = change->site;
    values[TEMPLATE_SCOPE] = change->scope;
    values[TEMPLATE_SCOPE_NAME] = change->scope_name;
    values[TEMPLATE_VALUE] = said(language, change->value_text, arena);
    values[TEMPLATE_REASON] = said(language, change->reason, arena);
    values[TEMPLATE_ADVICE] = change->kind == CHANGE_CLEARED ? "" : change->advice[language];
    values[TEMPLATE_OPENED] = time_text(writer, change->opened_ms, arena);
    values[TEMPLATE_TIME] = time_text(writer, change->time_ms, arena);
    values[TEMPLATE_ORIGIN] = change->origin;
    values[TEMPLATE_ACK_NAME] = change->ack_name;
    values[TEMPLATE_ACK_NOTE] = change->ack_note;
    values[TEMPLATE_ACK_COMMAND] =
        is_open && !*change->ack_name ? arena_printf(arena, "eogctl ack %s", alert) : "";
    values[TEMPLATE_EVIDENCE] = change->evidence;
    values[TEMPLATE_UID] = change->uid;
}

/* ---- headers ---- */

static const char *domain_of(const struct mail_writer *writer)
{
    const char *at = strchr(writer->section->from, '@');
    return at ? at + 1 : "localhost";
}

static void put_receivers(const struct mail_writer *writer, struct buf *out)
{
    struct slice list = slice_from(writer->section->to), word;
    const char *before = "To: ";
    while (slice_next_word(&list, &word)) {
        buf_printf(out, "%s%.*s", before, SLICE_FMT(word));
        before = ",\r\n ";
    }
    buf_slice(out, SLICE("\r\n"));
}

/* The headers of every mail. Two ask robots not to answer: RFC 3834's, and the one of Exchange. */
static void put_head(const struct mail_writer *writer, int64_t time_ms, const char *id,
                     struct slice subject, struct buf *out)
{
    struct buf text = {0};
    mime_header_date(out, time_ms, writer->zone);
    buf_slice(&text, SLICE("eog-gateway "));
    mime_clean(&text, slice_from(writer->gateway), SUBJECT_MAX_BYTES);
    mime_header_from(out, buf_get(&text), writer->section->from);
    put_receivers(writer, out);
    buf_clear(&text);
    mime_clean(&text, subject, SUBJECT_MAX_BYTES);
    mime_header(out, "Subject", buf_get(&text));
    buf_printf(out,
               "Message-ID: <%s@%s>\r\n"
               "Auto-Submitted: auto-generated\r\n"
               "X-Auto-Response-Suppress: All\r\n",
               id, domain_of(writer));
    buf_free(&text);
}

static void put_urgency(enum kpi_state state, struct buf *out)
{
    if (state == KPI_CRITICAL)
        buf_slice(out, SLICE("Importance: high\r\n"));
}

void mail_write(const struct mail_writer *writer, const struct change *change, struct buf *out)
{
    const char *values[TEMPLATE_FIELDS];
    struct arena arena;
    struct buf subject = {0}, text = {0};
    arena_init(&arena, 0);
    fill_values(writer, change, &arena, values);
    outbox_template_fill(writer->template->subject, values, &subject);
    outbox_template_fill(writer->template->text, values, &text);
    put_head(writer, change->time_ms,
             arena_printf(&arena, "%s.%" PRIu64, change->uid, change->revision), buf_get(&subject),
             out);
    if (change->kind != CHANGE_RAISED)
        buf_printf(out, "In-Reply-To: <%s.1@%s>\r\nReferences: <%s.1@%s>\r\n", change->uid,
                   domain_of(writer), change->uid, domain_of(writer));
    if (change->kind == CHANGE_RAISED || change->kind == CHANGE_CHANGED)
        put_urgency(change->state, out);
    mime_body(out, buf_get(&text));
    buf_free(&subject);
    buf_free(&text);
    arena_fini(&arena);
}

/* ---- digests ---- */

void mail_digest_add(struct mail_digest *digest, const struct mail_writer *writer,
                     const struct change *change, uint64_t sequence)
{
    enum outbox_language language = language_of(writer);
    struct arena arena;
    arena_init(&arena, 0);
    buf_printf(&digest->lines, "%s  [%s] %s, %s: %s #%" PRId64 "%s%s\n",
               time_text(writer, change->time_ms, &arena), state_word(language, change->state),
               change->name[language], change->scope_name, change_word(language, change->kind),
               change->alert_id, *change->reason ? ", " : "",
               said(language, change->reason, &arena));
    arena_fini(&arena);
    digest->worst = digest->n ? kpi_state_worse(digest->worst, change->state) : change->state;
    if (digest->n++ == 0)
        digest->first = sequence;
    digest->last = sequence;
    digest->time_ms = change->time_ms;
}

void mail_digest_clear(struct mail_digest *digest)
{
    struct buf lines = digest->lines;
    buf_clear(&lines);
    *digest = (struct mail_digest){.lines = lines};
}

void mail_write_digest(const struct mail_writer *writer, const struct mail_digest *digest,
                       struct buf *out)
{
    bool is_chinese = language_of(writer) == OUTBOX_CHINESE;
    const char *state = state_word(language_of(writer), digest->worst);
    struct buf subject = {0}, text = {0}, id = {0};
    if (is_chinese) {
        buf_printf(&subject, "[%s] 告警汇总：%zu 项变化", state, digest->n);
        buf_printf(&text, "短时间内告警变化过多，以下 %zu 项变化合并为一封邮件。\n\n", digest->n);
    } else {
        buf_printf(&subject, "[%s] %zu changes of alerts", state, digest->n);
        buf_printf(&text, "Too much at once for a mail each: these are %zu changes.\n\n",
                   digest->n);
    }
    buf_slice(&text, buf_get(&digest->lines));
    buf_printf(&text,
               is_chinese ? "\n详情：eogctl alerts\n" : "\nAll that is open: eogctl alerts\n");
    buf_printf(&id, "%s.digest-%" PRIu64 "-%" PRIu64, writer->epoch, digest->first, digest->last);
    put_head(writer, digest->time_ms, buf_text(&id), buf_get(&subject), out);
    put_urgency(digest->worst, out);
    mime_body(out, buf_get(&text));
    buf_free(&subject);
    buf_free(&text);
    buf_free(&id);
}

void mail_write_test(const struct mail_writer *writer, int64_t now_ms, struct buf *out)
{
    bool is_chinese = language_of(writer) == OUTBOX_CHINESE;
    struct buf id = {0};
    buf_printf(&id, "%s.test-%" PRId64, writer->epoch, now_ms);
    put_head(writer, now_ms, buf_text(&id),
             is_chinese ? SLICE("测试邮件") : SLICE("Test of alerts by mail"), out);
    mime_body(out, is_chinese
                       ? SLICE("有人用 eogctl mail test 发送了这封邮件：告警可以送达此处。\n")
                       : SLICE("Somebody sent this by eogctl mail test: "
                               "alerts would reach you here.\n"));
    buf_free(&id);
}

void mail_write_letter(const struct mail_writer *writer, const struct mail_letter *letter,
                       struct buf *out)
{
    struct buf id = {0};
    buf_printf(&id, "%s.%s", writer->epoch, letter->id);
    put_head(writer, letter->time_ms, buf_text(&id), letter->subject, out);
    if (letter->n_files == 0)
        mime_body(out, letter->text);
    else
        mime_begin_parts(out);
    for (size_t i = 0; i < letter->n_files; i++) {
        if (i == 0)
            mime_part_text(out, letter->text);
        mime_part_file(out, letter->files[i].name, letter->files[i].type, letter->files[i].bytes);
    }
    if (letter->n_files)
        mime_end_parts(out);
    buf_free(&id);
}
