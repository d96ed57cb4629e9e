/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_BASE_WRITE_H
#define GATEWAY_BASE_WRITE_H

#include "gateway/base/slice.h"

/* All bytes to a blocking descriptor, however often it is interrupted or takes but a part. GW_OK,
   or GW_ERR_IO with errno; some may be written then. */
int write_whole(int fd, struct slice bytes);

#endif
