/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The journal's end, read once at the start, for what senders were not told. */
#include "gateway/daemon/recall.h"

#include "gateway/base/error.h"
#include "gateway/schema/event.h"

/* As many as are read in some milliseconds; of each sender the last RESENT_KEPT count. */
enum { RECALLED_MAX = 20000 };

struct resent *recall_resent(struct journal *journal)
{
    static _Thread_local struct gw_event event;
    struct resent *resent = resent_new();
    struct journal_reader *reader;
    struct journal_record record;
    uint64_t last = journal_committed(journal);
    if (journal_reader_open(journal, NULL, last > RECALLED_MAX ? last - RECALLED_MAX + 1 : 0,
                            &reader) != GW_OK)
        return resent;
    while (journal_reader_next(reader, &record) == GW_OK && record.sequence <= last) {
        if (gw_event_decode(record.payload, &event) != GW_OK ||
            event.transport != GW_TRANSPORT_RELP)
            continue;
        struct slice sender = gw_event_text(&event, GW_FIELD_PEER);
        uint64_t hash = resent_hash(sender, event.raw);
        bool is_relayed = gw_event_has(&event, GW_FIELD_RELAY);
        resent_keep(resent, is_relayed ? gw_event_text(&event, GW_FIELD_RELAY) : sender, &hash, 1);
    }
    journal_reader_close(reader);
    return resent;
}
