/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_LEARN_H
#define GATEWAY_CTL_LEARN_H

/* eogctl learn [SHAPE] [-o DIR] [-n N] [--json] [--state DIR]. Returns a code of exit.h: CTL_NO
   where there is nothing to learn from. */
int ctl_learn(int argc, char **argv);

#endif
