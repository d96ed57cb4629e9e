/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_REPORTS_H
#define GATEWAY_CTL_REPORTS_H

#include <jansson.h>

/* eogctl reports: what is made on schedule, when next, and what became of the last. */
int ctl_reports(int argc, char **argv);

/* Lines for the head of eogctl status: of each report, and of letters that wait or failed. */
void reports_show_lines(const json_t *reports, const json_t *letters);

#endif
