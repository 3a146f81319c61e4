/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TEST(name) { ... } defines a test of libcheck and puts it on the list that
 * run_tests() runs, each in a case of its own so that a report names it.
 */
#ifndef TEST_HISI_QM_RUNNER_H
#define TEST_HISI_QM_RUNNER_H

#include <check.h>
#include <stdlib.h>

#define RUNNER_MAX 200

static const TTest *runner_list[RUNNER_MAX];
static int runner_count;

#define TEST(name)                                                                \
	static const TTest *name;                                                 \
	static __attribute__((constructor)) void name##_enlist(void)              \
	{                                                                         \
		if (runner_count == RUNNER_MAX)                                   \
			abort();                                                  \
		runner_list[runner_count++] = name;                               \
	}                                                                         \
	START_TEST(name)

static inline int run_tests(const char *name, SFun setup, SFun teardown)
{
	Suite *suite = suite_create(name);
	SRunner *runner = srunner_create(suite);
	int failed;

	for (int i = 0; i < runner_count; i++) {
		TCase *tcase = tcase_create(runner_list[i]->name);

		tcase_set_timeout(tcase, 120);
		if (setup)
			tcase_add_checked_fixture(tcase, setup, teardown);
		tcase_add_test(tcase, runner_list[i]);
		suite_add_tcase(suite, tcase);
	}
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
