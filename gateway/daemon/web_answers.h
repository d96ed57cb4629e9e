/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_WEB_ANSWERS_H
#define GATEWAY_DAEMON_WEB_ANSWERS_H

#include "gateway/daemon/control.h"
#include "gateway/web/web.h"

/**
 * The JSON behind the status page, on the web's thread; its context is a struct control_options.
 * README describes it.
 *
 *     GET  /api/status                                  the gateway, its journal, feeds, indicators
 *     GET  /api/kpis?site=&kpi=&state=&limit=           rows, the worst first
 *     GET  /api/alerts, /api/sources, /api/top?period=&kind=
 *     GET  /api/events?n=&after=                        records, newest last
 *     POST /api/ack {"id":7,"name":"...","note":"..."}  acknowledges an alert
 */
const struct web_answer *web_answers(size_t *n);

#endif
