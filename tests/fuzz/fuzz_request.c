/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What comes to the agent's port, by datagram or stream: a length is told as soon as it can be and
 * stays, and what the guard lets through net-snmp's own reader takes without harm. And what comes
 * as an answer, to the discovery of engines and to the bounds on reports.
 */
#include "gateway/snmp/discovery.h"
#include "gateway/snmp/guard.h"
#include "gateway/snmp/v3_head.h"
#include "parsers/varbinds.h"
#include "tests/fuzz/fuzz.h"
#include "tests/gateway/snmp/library.h"

const char *const fuzz_own_seeds[] = {"request", "notification", NULL};
const char *const fuzz_shared_seeds[] = {"snmp", "cve-derived/snmp", NULL};

/* As octets arrive: not known, then one answer for ever. */
static void check_size(struct slice in)
{
    size_t known = 0;
    for (size_t n = 0; n <= in.n && n <= 16; n++) {
        size_t size = gwsnmp_guard_message_size(slice_head(in, n));
        FUZZ_CHECK(known == 0 || size == known);
        FUZZ_CHECK(n < 6 || size != 0);
        FUZZ_CHECK(size == SIZE_MAX || size <= GWSNMP_GUARD_MESSAGE_MAX + 6);
        known = size;
    }
}

static void check_answer(struct slice in)
{
    struct gwsnmp_engine engine = {0};
    static const uint32_t id = UINT32_C(1) << 30;
    gwsnmp_is_report(in);
    gwsnmp_is_authenticated(in);
    gwsnmp_is_of_other_version(in);
    if (gwsnmp_discovery_read(in, id, &engine))
        FUZZ_CHECK(engine.n_id >= 5 && engine.n_id <= sizeof engine.id && engine.boots == 0);
}

/* The reader reads: a GET of sysUpTime.0 it takes, half of it it does not. */
static void begin(void)
{
    static const char get[] = "\x30\x26\x02\x01\x01\x04\x06public\xa0\x19\x02\x01\x01\x02\x01"
                              "\x00\x02\x01\x00\x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01"
                              "\x03\x00\x05\x00";
    library_begin();
    FUZZ_CHECK(parse_snmp_is_safe(slice_of(get, sizeof get - 1)));
    FUZZ_CHECK(library_reads(slice_of(get, sizeof get - 1)));
    FUZZ_CHECK(!library_reads(slice_of(get, sizeof get / 2)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool has_begun;
    struct slice in = fuzz_slice(data, size);
    if (!has_begun)
        begin();
    has_begun = true;
    check_size(in);
    check_answer(in);
    if (parse_snmp_is_safe(in))
        library_reads(in);
    return 0;
}
