/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_SEND_H
#define GATEWAY_CTL_SEND_H

/**
 * eogctl send: a load and replay tool. Returns a code of exit.h: CTL_OK all was sent (and read by a
 * TCP target, acknowledged over RELP, answered by a target of informs), CTL_NO some lines were no
 * notifications, or some records of a table did not fit its head.
 *
 * With --json the final figures are one object; members stay, new ones may come:
 *
 *     {"sent","bytes","elapsed_ms","per_s","answered":N|null,"refused","complete",
 *      "error":TEXT|null}
 *
 * answered: of informs and RELP alone. refused: lines that are no notification, records left out.
 * complete: every line asked for was sent, and answered where answers are waited for. Nothing is
 * printed when there was no beginning: no such file, nobody listens.
 */
int ctl_send(int argc, char **argv);

#endif
