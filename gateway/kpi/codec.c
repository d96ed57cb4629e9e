/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signed numbers and texts as bytes; a text is read with cursor_text(). */
#include "gateway/kpi/codec.h"

void kpi_put_int(struct buf *out, int64_t value)
{
    buf_varint(out, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

int64_t kpi_get_int(struct cursor *in)
{
    uint64_t raw = cursor_varint(in);
    return (int64_t)(raw >> 1) ^ -(int64_t)(raw & 1);
}

void kpi_put_text(struct buf *out, struct slice text)
{
    buf_varint(out, text.n);
    if (text.n)
        buf_slice(out, text);
}
