/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_ACK_H
#define GATEWAY_CTL_ACK_H

/* eogctl ack ID [--name N] [--note T] [--json] [--state DIR]. Returns the exit code: 1 when the
   gateway refuses or does not answer. */
int ctl_ack(int argc, char **argv);

#endif
