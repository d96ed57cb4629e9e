/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_SUPPORT_SUITE_H
#define TESTS_SUPPORT_SUITE_H

#include <CUnit/Basic.h>
#include <stddef.h>

/* One CUnit suite a program: a row a test. */
struct suite_test {
    const char *name;
    void (*run)(void);
};

/* Runs all and returns the program's exit status. A suite without tests fails. */
static inline int suite_run(const char *name, const struct suite_test *tests, size_t n)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    CU_pSuite suite = CU_add_suite(name, NULL, NULL);
    for (size_t i = 0; i < n; i++)
        if (!suite || !CU_add_test(suite, tests[i].name, tests[i].run))
            return 1;
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_failures() + (CU_get_number_of_tests_run() != n) + (n == 0);
    CU_cleanup_registry();
    return failed != 0;
}

#endif
