/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_SEND_H
#define GATEWAY_CTL_SEND_H

/**
 * eogctl send: a load and replay tool. argv[0] is "send". Returns the exit code: 0 all was sent
 * (and read by a TCP target, acknowledged over RELP, answered by a target of informs), 1 not, 2
 * wrong usage.
 */
int ctl_send(int argc, char **argv);

#endif
