/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * blast_trap [-v 1|2c|3] [-f link|text] [-r RATE] [-n COUNT | -t SECONDS] [-g] [-c COMMUNITY]
 * ADDRESS PORT
 *
 * Notifications at a steady rate, 4,096 different ones in turn. link: linkDown with ifIndex,
 * ifAdminStatus, ifOperStatus; text: an OfficeScan virus notification, one varbind of text. Of
 * version 3 they come from 16 engines, authPriv, the user named as the community.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/ctl/ber_write.h"
#include "tests/bench/blast.h"
#include "tests/bench/blast_v3.h"

/* By version 3 a message that came before is a replay: as many are made as are sent. */
enum { VARIANTS = 4096, V3_VARIANTS_MAX = 1 << 19, PACKET_MAX = 512 };

struct form {
    bool is_v1, is_v3, is_text;
    const char *community;
    struct v3_senders senders;
};

static void put_varbind_name(struct ber_writer *w, const char *oid, size_t mark)
{
    ber_put_oid(w, slice_from(oid));
    ber_wrap(w, BER_SEQUENCE, mark);
}

static void put_link(struct ber_writer *w, unsigned i)
{
    static const char *const columns[] = {"8", "7", "1"};
    for (int k = 0; k < 3; k++) {
        char oid[64];
        size_t mark = w->at;
        snprintf(oid, sizeof oid, "1.3.6.1.2.1.2.2.1.%s.%u", columns[k], 1 + i % 96);
        ber_put_int(w, BER_INTEGER, k == 2 ? 1 + i % 96 : 2);
        put_varbind_name(w, oid, mark);
    }
}

static void put_text(struct ber_writer *w, unsigned i)
{
    char text[256];
    size_t mark = w->at;
    snprintf(text, sizeof text,
             "Virus/Malware: TROJ_GEN.R%03uC0D Computer: WKS-%05u Domain: ACME File: "
             "C:\\Users\\Public\\f%u.exe "
             "Date/Time: 11/24/2026 04:%02u:%02u Result: File quarantined",
             i % 97, i % 3000, i, i / 60 % 60, i % 60);
    ber_put_octets(w, BER_OCTETS, slice_from(text));
    put_varbind_name(w, "1.3.6.1.4.1.6101.141", mark);
}

static struct slice make_packet(uint8_t *room, const struct form *form, unsigned i)
{
    struct ber_writer w = ber_writer_of(room, PACKET_MAX);
    size_t end = w.at, mark;
    (form->is_text ? put_text : put_link)(&w, i);
    if (form->is_v1) {
        ber_wrap(&w, BER_SEQUENCE, end);
        ber_put_unsigned(&w, BER_TIMETICKS, 100000 + i);
        ber_put_int(&w, BER_INTEGER, form->is_text ? 1 : 0);
        ber_put_int(&w, BER_INTEGER, form->is_text ? 6 : 2);
        ber_put_octets(&w, BER_IPADDRESS, SLICE("\x0a\x01\x02\x03"));
        ber_put_oid(&w,
                    form->is_text ? SLICE("1.3.6.1.4.1.6101.141") : SLICE("1.3.6.1.4.1.9.1.1208"));
        ber_wrap(&w, BER_PDU_TRAP_V1, end);
    } else {
        mark = w.at;
        ber_put_oid(&w, form->is_text ? SLICE("1.3.6.1.4.1.6101.141.0.1")
                                      : SLICE("1.3.6.1.6.3.1.1.5.3"));
        put_varbind_name(&w, "1.3.6.1.6.3.1.1.4.1.0", mark);
        mark = w.at;
        ber_put_unsigned(&w, BER_TIMETICKS, 100000 + i);
        put_varbind_name(&w, "1.3.6.1.2.1.1.3.0", mark);
        ber_wrap(&w, BER_SEQUENCE, end);
        ber_put_int(&w, BER_INTEGER, 0);
        ber_put_int(&w, BER_INTEGER, 0);
        ber_put_int(&w, BER_INTEGER, 0x10000 + i);
        ber_wrap(&w, BER_PDU_TRAP_V2, end);
    }
    if (form->is_v3) {
        uint8_t pdu[PACKET_MAX];
        struct slice made = ber_encoding(&w);
        memcpy(pdu, made.p, made.n);
        return v3_seal(&form->senders, i, slice_of((const char *)pdu, made.n), room, PACKET_MAX);
    }
    ber_put_octets(&w, BER_OCTETS, slice_from(form->community));
    ber_put_int(&w, BER_INTEGER, form->is_v1 ? 0 : 1);
    ber_wrap(&w, BER_SEQUENCE, end);
    return ber_encoding(&w);
}

int main(int argc, char **argv)
{
    struct blast_options options = {0};
    struct form form = {.community = "public"};
    int option;
    while ((option = getopt(argc, argv, "v:f:c:" BLAST_OPTIONS)) != -1) {
        switch (option) {
        case 'v':
            form.is_v1 = strcmp(optarg, "1") == 0;
            form.is_v3 = strcmp(optarg, "3") == 0;
            break;
        case 'f':
            form.is_text = strcmp(optarg, "text") == 0;
            break;
        case 'c':
            form.community = optarg;
            break;
        default:
            if (!blast_option(&options, option, optarg))
                return 2;
        }
    }
    if (argc - optind != 2)
        return 2;
    blast_count(&options);
    if (form.is_v3)
        v3_senders_init(&form.senders, form.community);
    size_t n = VARIANTS;
    if (form.is_v3 && options.count > n)
        n = options.count < V3_VARIANTS_MAX ? options.count : V3_VARIANTS_MAX;
    uint8_t *room = malloc(n * PACKET_MAX);
    struct iovec *list = malloc(n * sizeof *list);
    if (!room || !list)
        return 1;
    for (unsigned i = 0; i < n; i++) {
        struct slice packet = make_packet(room + (size_t)i * PACKET_MAX, &form, i);
        if (packet.n == 0) {
            fprintf(stderr, "a packet does not fit\n");
            return 1;
        }
        list[i] = (struct iovec){(void *)packet.p, packet.n};
    }
    if (options.count == 0)
        options.count = VARIANTS;
    blast_datagrams(blast_open_udp(argv[optind], argv[optind + 1]), list, n, &options);
    return 0;
}
