/* SPDX-License-Identifier: Apache-2.0 */
/* The main() of a test program with one suite. */
#ifndef TEST_LIB_RUN_H
#define TEST_LIB_RUN_H

#include <check.h>
#include <stdlib.h>

static inline int run_suite(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
