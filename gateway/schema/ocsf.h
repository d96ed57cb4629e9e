/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_SCHEMA_OCSF_H
#define GATEWAY_SCHEMA_OCSF_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/slice.h"
#include "gateway/schema/event.h"

#define OCSF_VERSION "1.8.0"

/** Who writes, and how much. All slices are borrowed for the call. */
struct ocsf_context {
    struct slice gateway_id; /* "gw1"; first part of every uid */
    struct slice epoch;      /* the journal's; empty offline */
    struct slice version;    /* the gateway's own version; empty: left out */
    bool has_raw;            /* write raw_data */
    bool has_unmapped;       /* write unmapped */
};

/**
 * Append one record to out as one OCSF 1.8.0 event: a JSON object in one line, without the newline.
 *
 * The event is valid whatever the record holds: a record that lacks what its kind's class requires
 * is written as a class that it can fill (Detection Finding, else Base Event) and keeps its kind in
 * metadata.labels; a value that the schema would refuse (an address, a hash, a port) goes to
 * `unmapped` as text, with every other field that has no home. There a sender's name that is one of
 * the gateway's own (snmp.user, peer, kpi.state ...) is written as sent.NAME: without that it is
 * the gateway's word alone. Bytes that are not UTF-8 become U+FFFD.
 *
 * metadata.uid is gateway.epoch.sequence, of a correction the sequence of the record it corrects;
 * its label eog.revision:N (from 2) says which of several with one uid holds. A record without
 * sequence (read offline) gets gateway.0.HASH, a hash of its bytes and kind, so that the same
 * message has the same uid again.
 *
 * Allocates nothing beyond out. Thread-safe: no state. Never fails.
 * Source: OCSF schema 1.8.0, https://schema.ocsf.io/1.8.0/
 */
void ocsf_write(const struct gw_event *event, const struct ocsf_context *context, struct buf *out);

/**
 * OCSF disposition_id of a record, as ocsf_write() has it: 0 to 27 or 99.
 *
 * A kind that names what became of a malware (cleaned, passed ...) says it alone, so that one fact
 * is one disposition whatever its product calls it; of any other kind it is the record's, and the
 * kind's own where the record has none that OCSF knows. 0 where neither says anything.
 */
int64_t gw_ocsf_disposition(const struct gw_event *event);

#endif
