/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_LEARN_H
#define GATEWAY_CTL_LEARN_H

/* eogctl learn [SHAPE] [-o DIR] [-n N] [--json] [--state DIR]. Returns the exit code: 1 where there
   is nothing to learn from, or files cannot be written. */
int ctl_learn(int argc, char **argv);

#endif
