/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times as prefixes and whole, and the zone reader with the same bytes as a file. */
#include "gateway/base/zone.h"
#include "parsers/epoch.h"
#include "parsers/instant.h"
#include "parsers/timestamp.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_own_seeds[] = {"timestamp", NULL};
const char *const fuzz_shared_seeds[] = {NULL};

static void check(const struct parsed_time *time, const struct zone *zone)
{
    int64_t at_ms = INT64_MIN;
    FUZZ_CHECK(time->is_set && time->offset_s > -86400 && time->offset_s < 86400);
    FUZZ_CHECK(parsed_time_to_ms(time, zone, 1794000000000, &at_ms));
    FUZZ_CHECK(at_ms > -70000000000000 && at_ms < 260000000000000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t instants[] = {INT64_MIN, -1, 0, 1794000000000, 4102444800000, INT64_MAX};
    struct slice in = fuzz_slice(data, size);
    struct parsed_time time;
    size_t used;
    struct zone *zone = zone_read(in);
    if (zone)
        for (size_t i = 0; i < sizeof instants / sizeof *instants; i++) {
            int offset_s = zone_offset_at_utc(zone, instants[i]);
            FUZZ_CHECK(offset_s >= -26 * 3600 && offset_s <= 26 * 3600);
            if (i && i < 5)
                zone_local_to_utc(zone, instants[i]);
        }
    if (parse_timestamp_prefix(in, &time, &used)) {
        FUZZ_CHECK(used > 0 && used <= size);
        check(&time, zone);
    }
    if (parse_epoch_prefix(in, &time, &used)) {
        FUZZ_CHECK(used >= 10 && used <= size);
        check(&time, zone);
    }
    if (parse_timestamp(in, &time))
        check(&time, zone);
    if (parse_timestamp_rfc5424(in, &time))
        check(&time, zone);
    if (parse_timestamp_rfc3164(in, &time))
        check(&time, zone);
    zone_free(zone);
    return 0;
}
