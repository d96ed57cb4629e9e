/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_REPORT_REASON_H
#define GATEWAY_REPORT_REASON_H

#include "gateway/base/buf.h"
#include "gateway/report/report.h"

/* A reason or a value's text, which the gateway says in English, in the report's language; what is
   not known here stays as it is. It holds strangers' names. */
void report_reason(struct buf *out, const char *text, enum report_language language);

#endif
