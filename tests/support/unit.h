/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_SUPPORT_UNIT_H
#define TESTS_SUPPORT_UNIT_H

#include <CUnit/Basic.h>
#include <stdio.h>

#include "gateway/base/slice.h"

/* Run the tests, up to a row without a name; the value for main(): not 0 when one failed, or none
 * ran. */
static inline int unit_run(const char *suite_name, const CU_TestInfo *tests)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 2;
    CU_pSuite suite = CU_add_suite(suite_name, NULL, NULL);
    for (const CU_TestInfo *test = tests; suite && test->pName; test++)
        CU_add_test(suite, test->pName, test->pTestFunc);
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    int bad = CU_get_number_of_failures() > 0 || CU_get_number_of_tests_run() == 0;
    CU_cleanup_registry();
    return bad;
}

/* Compare with a literal, and say what was there when it differs. */
static inline void unit_text(struct slice got, const char *expected, const char *file,
                             unsigned line)
{
    bool same = slice_equal(got, slice_from(expected));
    if (!same)
        printf("\n    %s:%u: expected \"%s\", got \"%.*s\"\n", file, line, expected,
               SLICE_FMT(got));
    CU_assertImplementation(same, line, expected, file, "", CU_FALSE);
}
#define UNIT_TEXT(got, expected) unit_text((got), (expected), __FILE__, __LINE__)

#endif
