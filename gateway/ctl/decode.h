/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_DECODE_H
#define GATEWAY_CTL_DECODE_H

/**
 * eogctl decode [--config FILE] [--data DIR] [--source ADDRESS] [--charset NAME]
 *               [--input line|json|trap|frames] [--strict] [--format ocsf|cef|fields] [FILE...]
 *
 * Reads standard input where no FILE is named ("-" is it too). Exactly one line out for each line
 * in, in order, whatever the line holds: what cannot be read gives a record that says so. A line's
 * answer is written before the next read that would wait. argv[0] is "decode"; xml_init() must have
 * been called. Returns a code of exit.h.
 */
int ctl_decode(int argc, char **argv);

#endif
