/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_KPI_CHINESE_H
#define GATEWAY_KPI_CHINESE_H

#include "gateway/base/buf.h"

/* A reason or a value's text, which the engine says in English, in Simplified Chinese; what is not
   known here stays as it is. It holds strangers' names. NULL is "". */
void kpi_put_chinese(struct buf *out, const char *text);

#endif
