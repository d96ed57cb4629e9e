/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_TAIL_H
#define GATEWAY_CTL_TAIL_H

/* `eogctl tail [-n N] [--json]`: records as they come; exit 0 when the reader goes, 1 without a
 * gateway. */
int ctl_tail(int argc, char **argv);

#endif
