/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_BACKUP_H
#define GATEWAY_CTL_BACKUP_H

/**
 * `eogctl backup -o FILE.tar|DIR`: journal, cursors, checkpoint, SNMP engine and the configuration
 * of a gateway that runs or does not. `eogctl restore BACKUP`: into a state folder that is empty.
 * Return the exit code: 0; 1 when it failed or (backup) something in the journal is damaged; 2 for
 * usage.
 */
int ctl_backup(int argc, char **argv);
int ctl_restore(int argc, char **argv);

/* "format" in MANIFEST, the last file of a backup. */
enum { BACKUP_FORMAT = 1 };

#endif
