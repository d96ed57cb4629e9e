/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_JOURNAL_H
#define GATEWAY_CTL_JOURNAL_H

/**
 * `eogctl journal ls|cat|verify`: reads a journal's folder; changes and locks nothing, so the
 * daemon may run. Returns a code of exit.h: CTL_NO when (cat, verify) something is damaged.
 */
int ctl_journal(int argc, char **argv);

#endif
