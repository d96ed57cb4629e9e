/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_JOURNAL_FORMAT_H
#define GATEWAY_JOURNAL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * What a segment looks like on disk; every number is little-endian.
 *
 *        0   header, copy A   512 bytes: magic, version, epoch, first sequence, ...;
 *                               the last 4 are its CRC
 *      512   header, copy B   the same bytes: one damaged sector does not lose the segment
 *     1024   record           a head of 24 bytes, the payload, zeros up to a multiple of 8
 *      ...   record
 *      end   seal             a record of type SEAL: the segment was closed in order
 *
 * A record's head, with the offset of each part and its size in bytes:
 *
 *        0   marker (4)
 *        4   type (5 bits) and length of the payload (27 bits)
 *        8   sequence (8)
 *       16   CRC-32C of payload and zeros (4)
 *       20   CRC-32C of the segment's salt, the head's offset in the file and bytes 0 to 19 (4)
 *
 * Marker and salt are drawn at random for each segment, and the head's CRC covers its offset. So
 * the scan that looks for the next sound record behind a damaged head cannot be led astray by a
 * message that contains what looks like a record, nor by stale or misplaced sectors: nobody who
 * writes messages knows the marker or the salt. The head has a CRC of its own, so that a damaged
 * payload is stepped over by its length, and a damaged length is found out.
 */
enum {
    FORMAT_VERSION = 1,
    FORMAT_HEADER_BYTES = 512, /* one copy */
    FORMAT_DATA_START = 2 * FORMAT_HEADER_BYTES,
    FORMAT_HEAD_BYTES = 24, /* before each payload */
    FORMAT_SEAL_PAYLOAD = 24,
    FORMAT_SEAL_BYTES = FORMAT_HEAD_BYTES + FORMAT_SEAL_PAYLOAD,
    FORMAT_CURSOR_BYTES = 64,
    FORMAT_LENGTH_BITS = 27,
    FORMAT_ALIGN = 8
};

enum format_type { FORMAT_RECORD = 0, FORMAT_SEAL = 1 };

struct format_segment {
    uint32_t version;
    uint64_t epoch;
    uint64_t first;     /* sequence of the first record */
    int64_t created_ms; /* wall clock, as far as it was believed */
    int64_t wall_ms;    /* what it said; 0: written by a version that did not keep it */
    uint64_t salt;
    uint32_t marker; /* first bytes of every record head; never 0 */
};

struct format_head {
    enum format_type type;
    uint32_t length; /* of the payload */
    uint64_t sequence;
    uint32_t payload_crc;
};

struct format_seal {
    uint64_t records;   /* in this segment */
    int64_t data_bytes; /* offset of the seal */
    int64_t closed_ms;
};

struct format_cursor {
    uint64_t epoch;
    uint64_t sequence;
    int64_t written_ms;
};

/* Bytes a record of this payload takes, head and padding included. */
static inline size_t format_record_bytes(size_t payload)
{
    return (FORMAT_HEAD_BYTES + payload + FORMAT_ALIGN - 1) & ~(size_t)(FORMAT_ALIGN - 1);
}

/* Both copies: out holds FORMAT_DATA_START bytes. */
void format_put_segment(const struct format_segment *segment, uint8_t *out);
/**
 * in holds FORMAT_DATA_START bytes (n: how many could be read). The first sound copy counts;
 * *damaged_copies (or NULL) gets how many are not sound. GW_OK, GW_ERR_DAMAGED, GW_ERR_VERSION.
 * The 512 bytes with magic, version and CRC in these places are promised for every version, so
 * that an older program can tell a newer file from a damaged one.
 */
int format_get_segment(const uint8_t *in, size_t n, struct format_segment *out,
                       int *damaged_copies);

/* CRC over the payload and its zeros up to the next multiple of 8. */
uint32_t format_payload_crc(const void *payload, size_t n);
/* Length, sequence and payload CRC of a record; format_seal_head() makes it valid for its place. */
void format_put_head(const struct format_head *head, uint8_t *out);
/* Payload length out of a head that format_put_head() wrote in memory. */
uint32_t format_staged_length(const uint8_t *head);
void format_seal_head(const struct format_segment *segment, int64_t offset, uint8_t *head);
/* False: these bytes are no head of this segment at this offset. */
bool format_get_head(const struct format_segment *segment, int64_t offset, const uint8_t *in,
                     struct format_head *out);

/* A whole seal record: FORMAT_SEAL_BYTES. sequence: the one after the last. */
void format_put_seal(const struct format_segment *segment, int64_t offset, uint64_t sequence,
                     const struct format_seal *seal, uint8_t *out);

void format_put_cursor(const struct format_cursor *cursor, uint8_t *out);
/* GW_OK, GW_ERR_DAMAGED, GW_ERR_VERSION. */
int format_get_cursor(const uint8_t *in, size_t n, struct format_cursor *out);

/* "00000000000000000001.seg"; out holds FORMAT_NAME_MAX bytes. */
enum { FORMAT_NAME_MAX = 32 };
void format_segment_name(uint64_t first, char *out);
/* False when name is no segment's. */
bool format_parse_name(const char *name, uint64_t *first);

#endif
