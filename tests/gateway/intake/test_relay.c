/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is believed to be a relay, what its header says, and whose a message then is. */
#include "gateway/intake/relay.h"

#include "tests/gateway/intake/fixture.h"
#include "tests/support/guard.h"

#define HEADER   "<134>1 2026-11-24T08:00:00.25+08:00 relay rsyslog - relayed "
#define ORIGINAL "<189>Nov 24 2026 00:00:00 sw1 %%01IFNET/4/LINK(l)[0]:down\xb2\xa1"
enum { RECEIVED_S = 1795478400 }; /* 2026-11-24 00:00 UTC */

static struct relay_word read_text(const char *text)
{
    struct relay_word word;
    relay_read(slice_from(text), RECEIVED_S * INT64_C(1000), &word);
    return word;
}

static void test_list(void)
{
    struct relays relays;
    struct slice bad;
    struct address in, out;
    address_parse(SLICE("192.0.2.200:514"), &in);
    address_parse(SLICE("[::ffff:10.0.0.5]:514"), &out);
    CU_ASSERT_TRUE(relays_init(&relays, " 10.0.0.5   192.0.2.0/24 2001:db8::/32 ", &bad));
    CU_ASSERT_EQUAL(relays.n, 3);
    CU_ASSERT_TRUE(relays_have(&relays, (struct sockaddr *)&in.storage));
    CU_ASSERT_TRUE(relays_have(&relays, (struct sockaddr *)&out.storage));
    address_parse(SLICE("192.0.3.200:514"), &in);
    CU_ASSERT_FALSE(relays_have(&relays, (struct sockaddr *)&in.storage));
    relays_fini(&relays);
    for (const char *const *none = (const char *const[]){"", "  ", NULL};; none++) {
        CU_ASSERT_TRUE(relays_init(&relays, *none, &bad));
        CU_ASSERT_EQUAL(relays.n, 0);
        CU_ASSERT_FALSE(relays_have(&relays, (struct sockaddr *)&in.storage));
        if (!*none)
            break;
    }
    CU_ASSERT_FALSE(relays_init(&relays, "10.0.0.5 192.0.2.7/24", &bad));
    CU_ASSERT_TRUE(slice_equal(bad, SLICE("192.0.2.7/24")));
}

static const struct {
    const char *data; /* behind "relayed " */
    enum relay_finding finding;
    const char *from;
} words[] = {
    {"[origin ip=\"192.0.2.7\"] x", RELAY_SENDER, "192.0.2.7"},
    {"[origin ip=\"2001:db8::7\"] x", RELAY_SENDER, "2001:db8::7"},
    {"[origin ip=\"::ffff:192.0.2.7\"] x", RELAY_SENDER, "192.0.2.7"},
    {"[origin ip=\"fe80::7%eth0\"] x", RELAY_SENDER, "fe80::7"},
    {"[origin software=\"rsyslogd\" ip=\"192.0.2.7\"] x", RELAY_SENDER, "192.0.2.7"},
    {"[meta sequenceId=\"1\"][origin ip=\"192.0.2.7\"] x", RELAY_SENDER, "192.0.2.7"},
    {"[origin ip=\"192.0.2.7\" ip=\"198.51.100.1\"] x", RELAY_SENDER, "192.0.2.7"},
    {"[origin ip=\"192.0.2.7\"][origin ip=\"198.51.100.1\"] x", RELAY_SENDER, "192.0.2.7"},
    {"[origin ip=\"127.0.0.1\"] x", RELAY_ITSELF, NULL},
    {"[origin ip=\"127.8.0.1\"] x", RELAY_ITSELF, NULL},
    {"[origin ip=\"::1\"] x", RELAY_ITSELF, NULL},
    {"[origin ip=\"::ffff:127.0.0.1\"] x", RELAY_ITSELF, NULL},
    {"[origin ip=\"\"] x", RELAY_BAD, NULL},
    {"[origin ip=\"sw1.example.net\"] x", RELAY_BAD, NULL},
    {"[origin ip=\"192.0.2\"] x", RELAY_BAD, NULL},
    {"[origin ip=\"192.0.2.7:514\"] x", RELAY_BAD, NULL},
    {"[origin ip=\"192.0.2.7 \"] x", RELAY_BAD, NULL},
    {"[origin ip=\"\\\"192.0.2.7\"] x", RELAY_BAD, NULL},
    {"[origin ip=\"0.0.0.0\"] x", RELAY_BAD, NULL},
    {"[origin ip=\"224.0.0.1\"] x", RELAY_BAD, NULL},
    {"[origin ip=\"255.255.255.255\"] x", RELAY_BAD, NULL},
    {"[origin ip=\"::\"] x", RELAY_BAD, NULL},
    {"[origin ip=\"ff02::1\"] x", RELAY_BAD, NULL},
    {"[origin ip=\"%eth0\"] x", RELAY_BAD, NULL},
    {"[origin ip=\"1234:1234:1234:1234:1234:1234:1234:1234:1234:1234\"] x", RELAY_BAD, NULL},
    /* The first element of that name is the relay's, a later one whoever's. */
    {"[origin software=\"a\"][origin ip=\"198.51.100.1\"] x", RELAY_SILENT, NULL},
    {"[origin@1 ip=\"198.51.100.1\"] x", RELAY_SILENT, NULL},
    {"[x origin=\"1\" ip=\"198.51.100.1\"] x", RELAY_SILENT, NULL},
    {"[origin ip=\"198.51.100.1] x", RELAY_SILENT, NULL},
    {"- [origin ip=\"198.51.100.1\"] x", RELAY_SILENT, NULL},
    {"[origin ip=\"192.0.2.7\"]", RELAY_SENDER, "192.0.2.7"},
};

static void test_words(void)
{
    char text[256], address[ADDRESS_TEXT_MAX];
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        snprintf(text, sizeof text, HEADER "%s", words[i].data);
        struct relay_word word = read_text(text);
        CU_ASSERT_EQUAL(word.finding, words[i].finding);
        if (word.finding != words[i].finding)
            printf("%s: %d\n", text, (int)word.finding);
        if (!words[i].from || word.finding != RELAY_SENDER)
            continue;
        address_format_host((struct sockaddr *)&word.from, address);
        CU_ASSERT_STRING_EQUAL(address, words[i].from);
    }
}

static void test_original(void)
{
    struct relay_word word = read_text(HEADER "[origin ip=\"192.0.2.7\"] " ORIGINAL);
    CU_ASSERT_TRUE(slice_equal(word.message, SLICE(ORIGINAL)));
    CU_ASSERT_EQUAL(word.time_ms, RECEIVED_S * INT64_C(1000) + 250);
    /* A sender that is none leaves the message as it was sent, too. */
    word = read_text(HEADER "[origin ip=\"sw1\"] " ORIGINAL);
    CU_ASSERT_TRUE(slice_equal(word.message, SLICE(ORIGINAL)));
    /* What does not say that it is wrapped is the message; so is what wraps nothing. */
    static const char *const whole[] = {
        "<134>1 2026-11-24T00:00:00Z sw1 app - - [origin ip=\"192.0.2.7\"] <13>text",
        HEADER "[origin ip=\"192.0.2.7\"]", HEADER "- " ORIGINAL};
    for (size_t i = 0; i < 3; i++) {
        word = read_text(whole[i]);
        CU_ASSERT_TRUE(slice_equal(word.message, slice_from(whole[i])));
        CU_ASSERT_EQUAL(word.time_ms, INT64_MIN);
        CU_ASSERT_EQUAL(word.finding, i < 2 ? RELAY_SENDER : RELAY_SILENT);
    }
    static const char *const no_time[] = {
        "<13>1 - relay rsyslog - relayed [origin ip=\"192.0.2.7\"] x",
        "<13>1 2026-11-24T00:00:00 relay rsyslog - relayed [origin ip=\"192.0.2.7\"] x"};
    for (size_t i = 0; i < 2; i++) {
        word = read_text(no_time[i]);
        CU_ASSERT_EQUAL(word.time_ms, INT64_MIN);
        CU_ASSERT_TRUE(slice_equal(word.message, SLICE("x")));
    }
    word = read_text("<13>Nov 24 00:00:00 sw1 app: [origin ip=\"192.0.2.7\"] x");
    CU_ASSERT_EQUAL(word.finding, RELAY_SILENT);
}

/* Whatever comes, the message lies inside of what came. */
static void visit(struct slice input, void *context)
{
    struct relay_word word;
    (void)context;
    relay_read(input, RECEIVED_S * INT64_C(1000), &word);
    CU_ASSERT_TRUE(word.message.n <= input.n);
    if (word.message.n)
        CU_ASSERT_TRUE(word.message.p >= input.p &&
                       word.message.p + word.message.n <= input.p + input.n);
}

static void test_damaged(void)
{
    struct slice whole = SLICE(HEADER "[origin ip=\"192.0.2.7\"] " ORIGINAL);
    struct guard guard = guard_new(whole.n);
    guard_truncate(&guard, whole, visit, NULL);
    guard_flip(&guard, whole, visit, NULL);
    guard_free(&guard);
}

static uint64_t count_of(struct fixture *f, const char *peer, enum gw_transport transport,
                         size_t offset)
{
    const char *row = (const char *)stats_source(f->stats, slice_from(peer), transport);
    return stats_read((const stats_counter *)(const void *)(row + offset));
}
#define COUNT(f, peer, transport, member)                                                          \
    count_of(f, peer, transport, offsetof(struct stats_source, member))

#define BY_TCP  "<13>1 - relay rsyslog - relayed [origin ip=\"192.0.2.7\"] <14>by tcp\n"
#define SPOOFED "<13>1 - relay rsyslog - relayed [origin ip=\"192.0.2.7\"] <14>forged"

static void test_believed(void)
{
    limits.relays = "127.0.0.0/8";
    struct fixture *f = start(1000, 10);
    limits.relays = NULL;
    int tcp = open_to(f->tcp.address, SOCK_STREAM), udp = open_to(f->udp.address, SOCK_DGRAM);
    char big[1100] = "<13>1 - relay rsyslog - relayed [origin ip=\"2001:db8::9\"] ";
    size_t head_n = strlen(big);
    send_text(tcp, BY_TCP "<13>1 - relay rsyslog - relayed [origin ip=\"me\"] <14>bad\n");
    CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, 2));
    CU_ASSERT_TRUE(is_message(f, 0, "<14>by tcp"));
    CU_ASSERT_STRING_EQUAL(f->ways[0], "192.0.2.7 via 127.0.0.1");
    CU_ASSERT_TRUE(is_message(f, 1, "<14>bad"));
    CU_ASSERT_STRING_EQUAL(f->ways[1], "127.0.0.1 via 127.0.0.1");
    memset(big + head_n, 'x', sizeof big - 1 - head_n);
    send_text(udp, big);
    send_text(udp, "<14>Nov 24 00:00:00 sw1 app: as ever");
    CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, 4));
    CU_ASSERT_EQUAL(f->messages[2].n, 1000 - head_n);
    CU_ASSERT_EQUAL(f->full_sizes[2], sizeof big - 1 - head_n);
    CU_ASSERT_STRING_EQUAL(f->ways[2], "2001:db8::9 via 127.0.0.1");
    CU_ASSERT_STRING_EQUAL(f->ways[3], "127.0.0.1");
    CU_ASSERT_EQUAL(COUNT(f, "127.0.0.1", GW_TRANSPORT_TCP, relayed), 1);
    CU_ASSERT_EQUAL(COUNT(f, "127.0.0.1", GW_TRANSPORT_TCP, bad_origins), 1);
    CU_ASSERT_EQUAL(COUNT(f, "127.0.0.1", GW_TRANSPORT_UDP, relayed), 1);
    CU_ASSERT_EQUAL(stats_read(&f->stats->bad_origins), 1);
    close(tcp);
    close(udp);
    stop(f);
}

static void test_not_believed(void)
{
    static const char *const lists[] = {NULL, "192.0.2.0/24 ::1"};
    for (size_t i = 0; i < 2; i++) {
        limits.relays = lists[i];
        struct fixture *f = start(1000, 10);
        limits.relays = NULL;
        int tcp = open_to(f->tcp.address, SOCK_STREAM), udp = open_to(f->udp.address, SOCK_DGRAM);
        send_text(tcp, SPOOFED "\n");
        CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, 1));
        send_text(udp, SPOOFED);
        CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, 2));
        for (int k = 0; k < 2; k++) {
            CU_ASSERT_TRUE(is_message(f, k, SPOOFED));
            CU_ASSERT_STRING_EQUAL(f->ways[k], "127.0.0.1");
        }
        CU_ASSERT_EQUAL(stats_read(&f->stats->bad_origins), 0);
        close(tcp);
        close(udp);
        stop(f);
    }
}

/* The journal takes no more for a while: the message is read again, its sender the same, and what
 * is wrong with it is counted once. */
static void test_held(void)
{
    limits.relays = "127.0.0.1";
    struct fixture *f = start(1000, 10);
    limits.relays = NULL;
    int fd = open_to(f->tcp.address, SOCK_STREAM);
    uint64_t sequence;
    set_full(f, true);
    send_text(fd, "<13>1 - relay rsyslog - relayed [origin ip=\"me\"] <14>bad\n" BY_TCP);
    for (int i = 1; i < 4; i++) {
        CU_ASSERT_TRUE(wait_until(f, has_refused, i));
        CU_ASSERT_EQUAL(journal_append(f->journal, SLICE("wake"), &sequence), GW_OK);
    }
    set_full(f, false);
    CU_ASSERT_EQUAL(journal_append(f->journal, SLICE("wake"), &sequence), GW_OK);
    CU_ASSERT_TRUE_FATAL(wait_until(f, has_messages, 2));
    CU_ASSERT_STRING_EQUAL(f->ways[1], "192.0.2.7 via 127.0.0.1");
    CU_ASSERT_EQUAL(stats_read(&f->stats->bad_origins), 1);
    CU_ASSERT_EQUAL(COUNT(f, "127.0.0.1", GW_TRANSPORT_TCP, relayed), 1);
    close(fd);
    stop(f);
}

/* Many senders behind one relay: its turn is one, whoever it speaks for. */
static void test_rate(void)
{
    limits.relays = "127.0.0.1";
    limits.max_rate = 1;
    struct fixture *f = start(1000, 10);
    limits = (struct intake_listener){0};
    int fd = open_to(f->udp.address, SOCK_DGRAM);
    char text[128];
    for (int i = 1; i <= 20; i++) {
        snprintf(text, sizeof text,
                 "<13>1 - relay rsyslog - relayed [origin ip=\"192.0.2.%d\"] <14>%d", i, i);
        send_text(fd, text);
    }
    CU_ASSERT_TRUE(wait_until(f, has_rate_drops, 10)); /* in less than ten seconds at least */
    CU_ASSERT_EQUAL(COUNT(f, "127.0.0.1", GW_TRANSPORT_UDP, dropped),
                    stats_read(&f->stats->dropped_rate));
    close(fd);
    stop(f);
}

int main(void)
{
    static const struct suite_test tests[] = {
        {"the list of relays", test_list},
        {"what a header says of the sender", test_words},
        {"the message as it was sent", test_original},
        {"damaged headers", test_damaged},
        {"a relay is believed", test_believed},
        {"others are not", test_not_believed},
        {"a message that waits", test_held},
        {"a relay's rate", test_rate},
    };
    return suite_run("relay", tests, sizeof tests / sizeof *tests);
}
