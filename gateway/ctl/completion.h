/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_COMPLETION_H
#define GATEWAY_CTL_COMPLETION_H

/* The command completion; returns an exit code. */
int ctl_completion(int argc, char **argv);

#endif
