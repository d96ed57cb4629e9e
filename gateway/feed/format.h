/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_FEED_FORMAT_H
#define GATEWAY_FEED_FORMAT_H

#include <stdbool.h>

#include "gateway/base/buf.h"
#include "gateway/feed/settings.h"
#include "gateway/schema/event.h"

/** Who writes; text outlives its use. */
struct feed_format_context {
    struct slice gateway_id, epoch, version;
    enum feed_format format;
    int facility;
    int snmp_severity; /* rfc5675: the severity of all */
    bool is_syslog;    /* a whole RFC 5424 message, whatever the format */
    bool has_raw;
};

/* gateway.epoch.sequence into out, which is cleared. */
void feed_format_uid(const struct feed_format_context *context, uint64_t sequence, struct buf *out);

/**
 * Append one record as one line without its end; the same record always gives the same bytes.
 *
 * ocsf     one JSON object (gateway/schema/ocsf.h); uid is metadata.uid
 * cef      one CEF line (gateway/schema/cef_write.h) with ad.eog.uid
 * rfc5424  a syslog message; the record stands in the element eog@NUMBER (uid, kind, severity, then
 *          each field by its name), what no mapping placed in eogUnmapped@NUMBER, the message or
 *          the raw text in MSG. NUMBER is the enterprise's, as configured.
 * rfc5675  a notification as a syslog message (gateway/feed/format_snmp.h)
 *
 * uid is that of the record as first taken; a correction says its revision beside it: in a label,
 * as ad.eog.revision, as the parameter revision.
 *
 * With is_syslog, ocsf and cef get the header of RFC 5424 before them: HOSTNAME is the gateway's
 * id, APP-NAME eog-gateway, MSGID the kind, TIMESTAMP when it happened; no BOM, as receivers of
 * JSON expect. Severities: fatal 1, critical 2, high 3, medium 4, low 5, all others 6.
 * False, with nothing appended: rfc5675, and the record is no valid notification.
 */
bool feed_format(const struct feed_format_context *context, const struct gw_event *event,
                 struct buf *out);

/* For the forms: HEADER and the blank behind it; facility is context's. */
void feed_format_header(const struct feed_format_context *context, const struct gw_event *event,
                        unsigned severity, int64_t time_ms, struct buf *out);
/* UTF-8 without control characters, so that the message stays one line; is_param: escaped as
 * PARAM-VALUE must be. */
void feed_format_text(struct buf *out, struct slice text, bool is_param);

#endif
