/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_STATUS_H
#define GATEWAY_CTL_STATUS_H

/* `eogctl status`, `eogctl alerts`, `eogctl sources`: codes of exit.h. */
int ctl_status(int argc, char **argv);
int ctl_alerts(int argc, char **argv);
int ctl_sources(int argc, char **argv);

#endif
