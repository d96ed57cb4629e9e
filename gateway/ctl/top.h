/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_TOP_H
#define GATEWAY_CTL_TOP_H

/* eogctl top [--period P] [--kind K] [--json] [--state DIR]. Returns a code of exit.h. */
int ctl_top(int argc, char **argv);

#endif
