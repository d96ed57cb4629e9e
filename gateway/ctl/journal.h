/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_JOURNAL_H
#define GATEWAY_CTL_JOURNAL_H

/**
 * `eogctl journal ls|cat|verify`: reads a journal's folder; changes and locks nothing, so the
 * daemon may run. Returns the exit code: 0; 1 when it cannot be read or (cat, verify) something is
 * damaged; 2 for usage.
 */
int ctl_journal(int argc, char **argv);

#endif
