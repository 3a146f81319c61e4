/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main() of a test program here: each test in a process of its own, with a time
 * limit that only a hang reaches. WD_TEST_SWEEP=1 asks for the long form of the
 * tests that have one.
 */
#ifndef TEST_COMP_RUNNER_H
#define TEST_COMP_RUNNER_H

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TEST_TIME_LIMIT_S 120
#define SWEEP_TIME_LIMIT_S 3600

static inline bool test_is_sweep(void)
{
	const char *text = getenv("WD_TEST_SWEEP");

	return text && !strcmp(text, "1");
}

static inline int run_suite(const char *name, void (*add_tests)(TCase *tests))
{
	Suite *suite = suite_create(name);
	TCase *tests = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, test_is_sweep() ? SWEEP_TIME_LIMIT_S : TEST_TIME_LIMIT_S);
	add_tests(tests);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
