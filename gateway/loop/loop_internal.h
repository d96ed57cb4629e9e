/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_LOOP_LOOP_INTERNAL_H
#define GATEWAY_LOOP_LOOP_INTERNAL_H

#include "gateway/loop/loop.h"

/* What the room's other files hang their events on. */
struct event_base *loop_base(struct loop *loop);

#endif
