/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The emulated ZIP engine when its own memory runs out: every allocation of every
 * sort of request fails once. The element completes with an error status, nothing
 * leaks (sanitizer build), and the same element succeeds afterwards. Also: what a
 * huge job needed is given back, and a small one allocates nothing.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "zip_client.h"

/* Linked with --wrap: allocation number fail_at fails; 0 counts only. */
static unsigned int nallocations, fail_at;

void *__real_malloc(size_t nbytes);
void *__real_calloc(size_t n, size_t nbytes);
void *__real_realloc(void *p, size_t nbytes);
void *__wrap_malloc(size_t nbytes);
void *__wrap_calloc(size_t n, size_t nbytes);
void *__wrap_realloc(void *p, size_t nbytes);

static bool is_failing(void)
{
	return ++nallocations == fail_at;
}

void *__wrap_malloc(size_t nbytes)
{
	return is_failing() ? NULL : __real_malloc(nbytes);
}

void *__wrap_calloc(size_t n, size_t nbytes)
{
	return is_failing() ? NULL : __real_calloc(n, nbytes);
}

void *__wrap_realloc(void *p, size_t nbytes)
{
	return is_failing() ? NULL : __real_realloc(p, nbytes);
}

static const uint32_t types[] = {1, 2, 3, 4, 0x40, 0x41, 0x42, 0x43};
enum { NTYPES = 8, N = 20000, ROOM = 60000 };

static struct zip_client *c;
static uint8_t *in, *out, *literals;

static void setup(void)
{
	c = client_new();
	in = client_alloc(c, N);
	out = client_alloc(c, ROOM);
	literals = client_alloc(c, N + 16);
	data_fill(DATA_TEXT, in, N);
}

static void teardown(void)
{
	fail_at = 0;
	client_free(c);
}

static struct hisi_zip_sqe request(uint32_t type, bool is_list)
{
	struct hisi_zip_sqe sqe = element(type, in, N, out, ROOM);

	field_set(&sqe, ZIP_LITERAL_LENGTH, N + 16);
	field_set_addr(&sqe, ZIP_ADDR_LITERAL, (uintptr_t)literals);
	if (is_list) {
		struct hisi_sgl *list[3];
		uint8_t *data[3] = {in, out, literals};
		static const unsigned int words[3] = {ZIP_ADDR_SOURCE, ZIP_ADDR_DEST,
						      ZIP_ADDR_LITERAL};

		for (int i = 0; i < 3; i++) {
			list[i] = client_list(c, 100);
			for (unsigned int k = 0; k < 100; k++)
				list_put(list[i], k, data[i] + 100 * k, 100);
			/* the last one holds the rest */
			list_put(list[i], 99, data[i] + 9900, i ? N + 16 - 9900 : N - 9900);
			field_set_addr(&sqe, words[i], (uintptr_t)list[i]);
		}
		field_set(&sqe, ZIP_BUFFER_TYPE, ZIP_BUF_SGL);
		field_set(&sqe, ZIP_DEST_AVAIL, N + 16);
	}
	return sqe;
}

/* libcheck may be linked statically and allocates too: no assertion in between. */
static uint32_t run_failing(struct hisi_zip_sqe sqe, unsigned int at, unsigned int *nmade)
{
	int ret;

	nallocations = 0;
	fail_at = at;
	ret = client_run(c, ZIP_QUEUE_COMP, &sqe);
	fail_at = 0;
	*nmade = nallocations;
	ck_assert_int_eq(ret, 0);
	return field_get(&sqe, ZIP_STATUS);
}

START_TEST(each_allocation_that_fails_is_a_status)
{
	for (int t = 0; t < NTYPES; t++) {
		struct hisi_zip_sqe sqe = request(types[t], _i);
		unsigned int at = 1, nmade;

		/* A worker that never ran anything, each time. */
		for (;; at++) {
			uint32_t status;

			emu_engine_zip.worker_free(c->worker);
			c->worker = emu_engine_zip.worker_new();
			status = run_failing(sqe, at, &nmade);
			if (status == ZIP_ST_OK)
				break;
			ck_assert_uint_ge(status, 0x80);
			ck_assert_uint_eq(run_failing(sqe, 0, &nmade), ZIP_ST_OK);
		}
		ck_assert_uint_gt(at, 1);
	}
}
END_TEST

START_TEST(second_small_job_allocates_nothing)
{
	for (int t = 0; t < NTYPES; t++) {
		struct hisi_zip_sqe sqe = request(types[t], _i);
		unsigned int nmade;

		ck_assert_uint_eq(run_failing(sqe, 0, &nmade), ZIP_ST_OK);
		ck_assert_uint_eq(run_failing(sqe, 0, &nmade), ZIP_ST_OK);
		ck_assert_uint_eq(nmade, 0);
	}
}
END_TEST

START_TEST(memory_of_a_huge_job_is_given_back)
{
	enum { HUGE_NBYTES = 8 << 20 };
	uint8_t *huge = client_alloc(c, HUGE_NBYTES);
	struct hisi_zip_sqe sqe = element(ZIP_REQ_LZ4, huge, HUGE_NBYTES, out, ROOM);
	unsigned int nmade;

	ck_assert_uint_lt(run_failing(sqe, 0, &nmade), 0x80);
	ck_assert_uint_gt(nmade, 0);
	ck_assert_uint_lt(run_failing(sqe, 0, &nmade), 0x80);
	ck_assert_uint_gt(nmade, 0);
}
END_TEST

START_TEST(worker_new_without_memory_is_null)
{
	void *worker;

	nallocations = 0;
	fail_at = 1;
	worker = emu_engine_zip.worker_new();
	fail_at = 0;
	ck_assert_ptr_null(worker);
	emu_engine_zip.worker_free(NULL);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("zip memory");
	TCase *t = tcase_create("memory");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, each_allocation_that_fails_is_a_status, 0, 2);
	tcase_add_loop_test(t, second_small_job_allocates_nothing, 0, 2);
	tcase_add_test(t, memory_of_a_huge_job_is_given_back);
	tcase_add_test(t, worker_new_without_memory_is_null);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());
	int nfailed;

	srunner_run_all(runner, CK_NORMAL);
	nfailed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return nfailed ? EXIT_FAILURE : EXIT_SUCCESS;
}
