/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_REPORT_H
#define GATEWAY_CTL_REPORT_H

/* eogctl report. Returns the exit code. */
int ctl_report(int argc, char **argv);

#endif
