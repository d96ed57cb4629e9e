/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_EXPLAIN_H
#define GATEWAY_CTL_EXPLAIN_H

/**
 * eogctl explain [--data DIR] [--charset NAME] [--zone NAME] [--json] < messages: for each line of
 * standard input, what the parser saw, which mapping and rule matched and by what, and where each
 * field came from; with --json {"messages":[...]}, each as explain_write.h says. Returns a code
 * of exit.h: CTL_CANNOT for mappings that do not load.
 */
int ctl_explain(int argc, char **argv);

#endif
