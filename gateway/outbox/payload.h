/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_OUTBOX_PAYLOAD_H
#define GATEWAY_OUTBOX_PAYLOAD_H

#include <stdint.h>

#include "gateway/base/buf.h"
#include "gateway/outbox/change.h"

/**
 * What a webhook is sent: one JSON object, as eogd.xml(5) describes it under WEBHOOK. Members may
 * be added; those that are there keep their meaning while "version" is 1. Any thread.
 */
void payload_write(const struct change *change, struct buf *out);
void payload_write_test(const char *gateway, int64_t now_ms, struct buf *out);

#endif
