/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes of segments, records, seals and cursors: format.h has the picture. Nothing here does
 * I/O or keeps state. Everything read is taken as hostile: it counts only when its CRC does.
 */
#include "gateway/journal/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gateway/base/crc32c.h"
#include "gateway/base/error.h"

static const char segment_magic[8] = "EOGJRNL\n";
static const char cursor_magic[8] = "EOGCURS\n";
enum { CRC_AT_HEADER = FORMAT_HEADER_BYTES - 4, CRC_AT_CURSOR = FORMAT_CURSOR_BYTES - 4 };

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

static void put64(uint8_t *p, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get64(const uint8_t *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

void format_put_segment(const struct format_segment *segment, uint8_t *out)
{
    memset(out, 0, FORMAT_DATA_START);
    memcpy(out, segment_magic, sizeof segment_magic);
    put32(out + 8, segment->version);
    put32(out + 12, segment->marker);
    put64(out + 16, segment->epoch);
    put64(out + 24, segment->first);
    put64(out + 32, (uint64_t)segment->created_ms);
    put64(out + 40, segment->salt);
    put64(out + 48, (uint64_t)segment->wall_ms);
    put32(out + CRC_AT_HEADER, crc32c(0, out, CRC_AT_HEADER));
    memcpy(out + FORMAT_HEADER_BYTES, out, FORMAT_HEADER_BYTES);
}

static bool is_sound(const uint8_t *in, const char magic[8], size_t crc_at)
{
    return memcmp(in, magic, 8) == 0 && get32(in + crc_at) == crc32c(0, in, crc_at);
}

int format_get_segment(const uint8_t *in, size_t n, struct format_segment *out, int *damaged_copies)
{
    const uint8_t *sound = NULL;
    int damaged = 0;
    for (size_t at = 0; at < FORMAT_DATA_START; at += FORMAT_HEADER_BYTES) {
        if (n < at + FORMAT_HEADER_BYTES || !is_sound(in + at, segment_magic, CRC_AT_HEADER))
            damaged++;
        else if (!sound)
            sound = in + at;
    }
    if (damaged_copies)
        *damaged_copies = damaged;
    *out = (struct format_segment){0};
    if (!sound)
        return GW_ERR_DAMAGED;
    out->version = get32(sound + 8);
    if (out->version > FORMAT_VERSION)
        return GW_ERR_VERSION;
    out->marker = get32(sound + 12);
    out->epoch = get64(sound + 16);
    out->first = get64(sound + 24);
    out->created_ms = (int64_t)get64(sound + 32);
    out->salt = get64(sound + 40);
    out->wall_ms = (int64_t)get64(sound + 48);
    return out->first ? GW_OK : GW_ERR_DAMAGED;
}

uint32_t format_payload_crc(const void *payload, size_t n)
{
    static const uint8_t zeros[FORMAT_ALIGN];
    uint32_t crc = crc32c(0, payload, n);
    size_t padding = format_record_bytes(n) - FORMAT_HEAD_BYTES - n;
    return padding ? crc32c(crc, zeros, padding) : crc;
}

void format_put_head(const struct format_head *head, uint8_t *out)
{
    put32(out + 4, (uint32_t)head->type << FORMAT_LENGTH_BITS | head->length);
    put64(out + 8, head->sequence);
    put32(out + 16, head->payload_crc);
}

uint32_t format_staged_length(const uint8_t *head)
{
    return get32(head + 4) & ((1u << FORMAT_LENGTH_BITS) - 1);
}

static uint32_t head_crc(const struct format_segment *segment, int64_t offset, const uint8_t *head)
{
    uint8_t keyed[16 + 20];
    put64(keyed, segment->salt);
    put64(keyed + 8, (uint64_t)offset);
    memcpy(keyed + 16, head, 20);
    return crc32c(0, keyed, sizeof keyed);
}

void format_seal_head(const struct format_segment *segment, int64_t offset, uint8_t *head)
{
    put32(head, segment->marker);
    put32(head + 20, head_crc(segment, offset, head));
}

bool format_get_head(const struct format_segment *segment, int64_t offset, const uint8_t *in,
                     struct format_head *out)
{
    if (get32(in) != segment->marker || get32(in + 20) != head_crc(segment, offset, in))
        return false;
    uint32_t word = get32(in + 4);
    *out = (struct format_head){.type = word >> FORMAT_LENGTH_BITS,
                                .length = word & ((1u << FORMAT_LENGTH_BITS) - 1),
                                .sequence = get64(in + 8),
                                .payload_crc = get32(in + 16)};
    return out->type <= FORMAT_SEAL;
}

void format_put_seal(const struct format_segment *segment, int64_t offset, uint64_t sequence,
                     const struct format_seal *seal, uint8_t *out)
{
    uint8_t *payload = out + FORMAT_HEAD_BYTES;
    put64(payload, seal->records);
    put64(payload + 8, (uint64_t)seal->data_bytes);
    put64(payload + 16, (uint64_t)seal->closed_ms);
    struct format_head head = {.type = FORMAT_SEAL,
                               .length = FORMAT_SEAL_PAYLOAD,
                               .sequence = sequence,
                               .payload_crc = format_payload_crc(payload, FORMAT_SEAL_PAYLOAD)};
    format_put_head(&head, out);
    format_seal_head(segment, offset, out);
}

void format_put_cursor(const struct format_cursor *cursor, uint8_t *out)
{
    memset(out, 0, FORMAT_CURSOR_BYTES);
    memcpy(out, cursor_magic, sizeof cursor_magic);
    put32(out + 8, FORMAT_VERSION);
    put64(out + 16, cursor->epoch);
    put64(out + 24, cursor->sequence);
    put64(out + 32, (uint64_t)cursor->written_ms);
    put32(out + CRC_AT_CURSOR, crc32c(0, out, CRC_AT_CURSOR));
}

int format_get_cursor(const uint8_t *in, size_t n, struct format_cursor *out)
{
    *out = (struct format_cursor){0};
    if (n != FORMAT_CURSOR_BYTES || !is_sound(in, cursor_magic, CRC_AT_CURSOR))
        return GW_ERR_DAMAGED;
    if (get32(in + 8) > FORMAT_VERSION)
        return GW_ERR_VERSION;
    *out = (struct format_cursor){get64(in + 16), get64(in + 24), (int64_t)get64(in + 32)};
    return GW_OK;
}

void format_segment_name(uint64_t first, char *out)
{
    snprintf(out, FORMAT_NAME_MAX, "%020" PRIu64 ".seg", first);
}

bool format_parse_name(const char *name, uint64_t *first)
{
    if (strlen(name) != 24 || strcmp(name + 20, ".seg") != 0)
        return false;
    uint64_t value = 0;
    for (int i = 0; i < 20; i++) {
        if (name[i] < '0' || name[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(name[i] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *first = value;
    return value > 0;
}
