/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_TAIL_H
#define GATEWAY_CTL_TAIL_H

/* `eogctl tail [-n N] [--json]`: records as they come; CTL_OK when the reader goes, another code
 * of exit.h else. */
int ctl_tail(int argc, char **argv);

#endif
