/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_ACK_H
#define GATEWAY_CTL_ACK_H

/* eogctl ack ID [--name N] [--note T] [--json] [--state DIR]. Returns a code of exit.h. */
int ctl_ack(int argc, char **argv);

#endif
