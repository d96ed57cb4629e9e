/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GATEWAY_CTL_TEST_H
#define GATEWAY_CTL_TEST_H

/**
 * eogctl test [--data DIR] [--json] [-v] [PRODUCT...]: run the mappings' own samples. PRODUCT is a
 * mapping's id ("trendmicro/apex-central") or a part of it. Prints every mismatch, then a table; a
 * rule that no sample reaches, a mapping without samples and samples without a mapping fail as
 * well. With --json one document; members stay, new ones may come:
 *
 *     {"mappings":[{"product","problems":[PROBLEM...],"samples","failed","expectations","rules",
 *                   "rules_reached","fields","unmapped"}...],
 *      "kpi":{"samples","failed","expectations","indicators","records","problems":[PROBLEM...]},
 *      "problems":[PROBLEM...],"failures"}      PROBLEM: {"file","line","text"}
 *
 * "kpi" is there when the indicators' samples were run. "failures" counts failed samples and other
 * problems: 0 goes with exit code 0.
 * Returns a code of exit.h: CTL_NO something failed, CTL_CANNOT the mappings do not load (standard
 * output is empty then).
 */
int ctl_test(int argc, char **argv);

#endif
