/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_DAEMON_ADDRESSES_H
#define GATEWAY_DAEMON_ADDRESSES_H

#include "gateway/config/config.h"

/* To standard output: where the gateway listens, where its state is, how it is asked. */
void addresses_print(const struct config *config, const char *state_dir);

#endif
