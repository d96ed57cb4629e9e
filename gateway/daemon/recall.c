/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The journal's end, read once at the start, for what senders were not told. */
#include "gateway/daemon/recall.h"

#include "gateway/base/error.h"
#include "gateway/base/map.h"
#include "gateway/schema/event.h"

/* As many as are read in some milliseconds; of each sender the last RESENT_WINDOW count. */
enum { RECALLED_MAX = 20000 };

/* As if it had come by the one session of its peer. */
static void recall(struct resent *resent, struct map *sessions, const struct gw_event *event)
{
    struct slice sender = gw_event_text(event, GW_FIELD_PEER), peer = sender;
    if (gw_event_has(event, GW_FIELD_RELAY))
        peer = gw_event_text(event, GW_FIELD_RELAY);
    struct resent_session *session = map_get(sessions, peer);
    if (!session) {
        session = resent_begin(resent, peer);
        map_put(sessions, peer, session);
    }
    resent_note(session, resent_hash(sender, event->raw));
}

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
    struct map *sessions = map_new();
    while (journal_reader_next(reader, &record) == GW_OK && record.sequence <= last)
        if (gw_event_decode(record.payload, &event) == GW_OK &&
            event.transport == GW_TRANSPORT_RELP)
            recall(resent, sessions, &event);
    size_t position = 0;
    struct slice peer;
    void *session;
    while (map_next(sessions, &position, &peer, &session))
        resent_end(session, false);
    map_free(sessions, NULL);
    journal_reader_close(reader);
    return resent;
}
