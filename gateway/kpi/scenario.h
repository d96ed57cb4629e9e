/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_SCENARIO_H
#define GATEWAY_KPI_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/base/diag.h"
#include "gateway/base/slice.h"
#include "gateway/kpi/catalogue.h"

/**
 * Samples of the catalogue: what happens, and the states expected. mappings/kpi.samples is written
 * so, and `eogctl test kpi` runs it. Line by line; words may stand in "quotes", also behind a `=`:
 *
 *     # a comment
 *     sample TITLE                  begins a sample: a gateway that has heard of nothing
 *     begin 2026-01-05T08:00:00Z    when it starts; this is the default
 *     site ID [hosts=N] [name=TEXT] the first site is where undeclared senders belong
 *     known NETWORK                 a declared source
 *     level KEY [site=ID] [test=N] [enabled=yes|no] [warning=N] [critical=N]
 *     alive DURATION                how long a source may be silent; 0s: the default
 *     clear-hold DURATION           an alert is cleared when ok for so long; 0s: the default
 *     raise-hold DURATION
 *     remind DURATION               of what is critical and not acknowledged; 0s: the default
 *     maintenance [site=ID] [scope=PATTERN] days="sat sun" from=22:00 to=04:00
 *     maintenance [site=ID] [scope=PATTERN] begin=2026-01-05T22:00 end=2026-01-06T04:00
 *     newest pattern|engine id=ID number=N [since=2026-01-05T22:00]
 *     listed SITE,NAME,ROLE[,PRODUCT,ADDRESS,HEARTBEAT,LICENSE_END,EXPECTED,
 *                                   UPLINKS]
 *                                   a line of the inventory
 *     unlisted NAME                 all lines with this name go
 *     watch PATTERN                 a watchlist of the sample's own; without: the delivered one
 *     from NAME=VALUE ...           what each record from here on carries; agents=yes: its mapping
 *                                   says so
 *     record KIND NAME=VALUE ...    one record, dated now; `time=-2h` dates it otherwise,
 *                                   `severity=5` is critical.
 *                                   {1..5} or {01..12} makes one of each number
 *     repeat N DURATION KIND NAME=VALUE ...   N times: one record, and then time passes
 *     wait DURATION                 time passes, with ticks
 *     down DURATION                 the gateway does not run for so long
 *     set-clock DURATION            the wall clock is set by so much, forward or back
 *     expect KEY SCOPE STATE [VALUE] [because WORDS]   the row, after a tick; SCOPE *: the summary
 *     expect KEY SCOPE absent       there is no such row
 *     said [muted-]raised|changed|cleared|acknowledged KEY SCOPE STATE [was STATE]
 *                                   the first thing not yet looked at that was said about the row
 *     said [muted-]repeated KEY SCOPE STATE [was STATE]   the same of repetitions
 *     quiet KEY                     nothing more was said about it, but for repetitions
 *     unrepeated KEY                no repetition that was not looked at
 *     ack KEY SCOPE NAME            a person acknowledges the row's alert
 *
 * A duration is -2h, 30s, 10m, 7d. What configures may stand anywhere: it is loaded anew there.
 * Every sample is run twice: as it stands, and in an engine that is saved and restored before each
 * line, with another seed; both must behave as expected.
 */
struct kpi_scenario_data {
    struct slice catalogue; /* kpi.xml */
    struct slice watchlist; /* watchlist.xml; may be empty */
};

struct kpi_scenario_tally {
    size_t samples, failed, expectations, records;
};

/** What samples expected of each KPI, by its place in the catalogue. */
struct kpi_reached {
    unsigned char states[KPI_MAX];                     /* bits 1 << enum kpi_state */
    unsigned char test_states[KPI_MAX][KPI_TESTS_MAX]; /* of rows that show this test's value */
    bool has_cleared[KPI_MAX];                         /* it was said that an alert is over */
};

/**
 * Run all samples of a text. Mistakes and differences go to diag as file:line: title: what. GW_OK;
 * GW_ERR_INVALID when there was one, or when there is no sample.
 * reached: NULL, or where to add what was expected.
 */
int kpi_scenario_run(struct slice text, const char *name, const struct kpi_scenario_data *data,
                     struct diag *diag, struct kpi_scenario_tally *tally,
                     struct kpi_reached *reached);

/**
 * A catalogue's samples are whole when each KPI, enabled or not, is expected to be ok and unknown,
 * each of its tests to reach each level that it has, and its alert to be cleared. Says in diag what
 * is missing; returns how many things are.
 */
size_t kpi_scenario_check(const struct kpi_catalogue *catalogue, const struct kpi_reached *reached,
                          const char *name, struct diag *diag);

#endif
