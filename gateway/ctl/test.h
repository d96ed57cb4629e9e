/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_TEST_H
#define GATEWAY_CTL_TEST_H

/**
 * eogctl test [--data DIR] [-v] [PRODUCT...]: run the mappings' own samples. PRODUCT is a mapping's
 * id
 * ("trendmicro/apex-central") or a part of it. Prints every mismatch, then a table; a rule that no
 * sample reaches, a mapping without samples and samples without a mapping fail as well.
 * Returns the exit code: 0 all well, 1 something failed, 2 wrong usage or mappings that do not
 * load.
 */
int ctl_test(int argc, char **argv);

#endif
