/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_CONTROL_REPORT_H
#define GATEWAY_DAEMON_CONTROL_REPORT_H

#include "gateway/base/json.h"
#include "gateway/daemon/reports.h"

/* Members "reports", each <report>, and "letters", who is sent them and what waits for him. */
void control_report_put(const struct reports *reports, struct json *json);

#endif
