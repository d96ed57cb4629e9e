/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_BACKUP_H
#define GATEWAY_CTL_BACKUP_H

/**
 * `eogctl backup -o FILE.tar|DIR`: journal, cursors, checkpoint, SNMP engine and the configuration
 * of a gateway that runs or does not. `eogctl restore BACKUP`: into a state folder that is empty.
 * Return a code of exit.h: CTL_NO when (backup) something in the journal is damaged, CTL_CANNOT
 * when there is no backup or no restored state.
 */
int ctl_backup(int argc, char **argv);
int ctl_restore(int argc, char **argv);

/* "format" in MANIFEST, the last file of a backup. */
enum { BACKUP_FORMAT = 1 };

#endif
