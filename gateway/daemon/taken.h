/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_TAKEN_H
#define GATEWAY_DAEMON_TAKEN_H

#include "gateway/base/diag.h"
#include "gateway/config/config.h"

/* Two that would listen at one address, listeners, agent and page: that is a gateway that does not
   start, and which of the two is meant only a person knows. What is no address was told before.
   And a feed to a listener or a followed file of our own, which would never end, and two that write
   one file. */
void taken_check(const struct config *config, struct diag *diag);

#endif
