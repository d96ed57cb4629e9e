/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_MAIL_H
#define GATEWAY_CTL_MAIL_H

#include <jansson.h>

/* eogctl mail [test NAME]: who is told of alerts by mail or webhook. */
int ctl_mail(int argc, char **argv);

/* A line a target, for the head of eogctl status. */
void mail_show_lines(const json_t *mails);

#endif
