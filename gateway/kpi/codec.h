/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_CODEC_H
#define GATEWAY_KPI_CODEC_H

#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/base/cursor.h"
#include "gateway/base/slice.h"

/* What checkpoints and settings are written with: signed numbers (zigzag) and texts. */
void kpi_put_int(struct buf *out, int64_t value);
int64_t kpi_get_int(struct cursor *in);
void kpi_put_text(struct buf *out, struct slice text);

#endif
