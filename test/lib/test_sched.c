// SPDX-License-Identifier: Apache-2.0
/* The schedulers: wd_sched.h. Linked with -lwd_comp alone, as programs do. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include "run.h"
#include "wd_comp.h"
#include "wd_sched.h"

#define MAX_CTX 64

/* A pretended algorithm: what each context has ready, and how it was asked. */
static uint32_t ready[MAX_CTX], asked[MAX_CTX], taken[MAX_CTX];
static int answer[MAX_CTX];

static int poll_pretended(__u32 pos, __u32 expect, __u32 *count)
{
	ck_assert_uint_lt(pos, MAX_CTX);
	asked[pos]++;
	*count = ready[pos] < expect ? ready[pos] : expect;
	ready[pos] -= *count;
	taken[pos] += *count;
	if (answer[pos])
		return answer[pos];
	return *count ? 0 : -WD_EAGAIN;
}

static struct wd_sched *sched_or_die(uint8_t policy, uint8_t types, uint16_t nodes)
{
	struct wd_sched *sched = wd_sched_rr_alloc(policy, types, nodes, poll_pretended);

	ck_assert_ptr_nonnull(sched);
	return sched;
}

static void give(struct wd_sched *sched, int node, int type, int mode, int begin, int end)
{
	struct sched_params set = { .numa_id = node, .type = type, .mode = mode,
				    .begin = begin, .end = end };

	ck_assert_int_eq(wd_sched_rr_instance(sched, &set), 0);
}

static void *session(struct wd_sched *sched, struct sched_params *wish)
{
	handle_t key = sched->sched_init(sched->h_sched_ctx, wish);

	ck_assert(key && !WD_IS_ERR(key));
	return (void *)key;
}

static uint32_t pick(struct wd_sched *sched, void *key, int mode)
{
	return sched->pick_next_ctx(sched->h_sched_ctx, key, mode);
}

/* ------------------------------------------------------------------ making */

START_TEST(alloc_bad_arguments_einval)
{
	ck_assert_ptr_null(wd_sched_rr_alloc(SCHED_POLICY_BUTT, 1, 1, poll_pretended));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_null(wd_sched_rr_alloc(255, 1, 1, poll_pretended));
	ck_assert_ptr_null(wd_sched_rr_alloc(SCHED_POLICY_RR, 0, 1, poll_pretended));
	ck_assert_ptr_null(wd_sched_rr_alloc(SCHED_POLICY_RR, 1, 0, poll_pretended));
	ck_assert_ptr_null(wd_sched_rr_alloc(SCHED_POLICY_RR, 1, 1, NULL));
	wd_sched_rr_release(NULL);
}
END_TEST

/* Programs ask for four nodes on machines that have one. */
START_TEST(alloc_more_nodes_than_the_machine_has_works)
{
	struct wd_sched *sched = sched_or_die(SCHED_POLICY_RR, 2, 4);

	give(sched, 0, 0, CTX_MODE_SYNC, 0, 0);
	give(sched, 3, 1, CTX_MODE_ASYNC, 1, 1);
	wd_sched_rr_release(sched);
	wd_sched_rr_release(sched_or_die(SCHED_POLICY_RR, 255, 65535));
}
END_TEST

START_TEST(instance_bad_arguments_einval)
{
	struct wd_sched *sched = sched_or_die(SCHED_POLICY_RR, 2, 2);
	struct sched_params good = { .numa_id = 1, .type = 1, .mode = 1, .begin = 2, .end = 2 }, p;

	ck_assert_int_eq(wd_sched_rr_instance(NULL, &good), -WD_EINVAL);
	ck_assert_int_eq(wd_sched_rr_instance(sched, NULL), -WD_EINVAL);
	p = good, p.numa_id = 2;
	ck_assert_int_eq(wd_sched_rr_instance(sched, &p), -WD_EINVAL);
	p = good, p.numa_id = -2;
	ck_assert_int_eq(wd_sched_rr_instance(sched, &p), -WD_EINVAL);
	p = good, p.numa_id = INT32_MAX;
	ck_assert_int_eq(wd_sched_rr_instance(sched, &p), -WD_EINVAL);
	p = good, p.type = 2;
	ck_assert_int_eq(wd_sched_rr_instance(sched, &p), -WD_EINVAL);
	p = good, p.mode = CTX_MODE_MAX;
	ck_assert_int_eq(wd_sched_rr_instance(sched, &p), -WD_EINVAL);
	p = good, p.begin = 3;
	ck_assert_int_eq(wd_sched_rr_instance(sched, &p), -WD_EINVAL);
	p = good, p.end = UINT32_MAX;
	ck_assert_int_eq(wd_sched_rr_instance(sched, &p), -WD_EINVAL);
	ck_assert_int_eq(wd_sched_rr_instance(sched, &good), 0);
	wd_sched_rr_release(sched);
}
END_TEST

START_TEST(instance_of_a_schedule_made_by_hand_einval)
{
	struct wd_sched own = { .name = "own" };
	struct sched_params set = { 0 };

	ck_assert_int_eq(wd_sched_rr_instance(&own, &set), -WD_EINVAL);
	wd_sched_rr_release(&own); /* not ours: left alone */
}
END_TEST

/* Older programs have a structure that ends before dev_id: reading it would be reading beyond. */
START_TEST(dev_id_is_read_with_the_device_policy_only)
{
	struct wd_sched *sched = sched_or_die(SCHED_POLICY_RR, 1, 1);
	const size_t old_nbytes = offsetof(struct sched_params, dev_id);
	struct sched_params *p = malloc(old_nbytes); /* a sanitizer sees what is read behind it */
	void *key;

	memset(p, 0, old_nbytes);
	ck_assert_int_eq(wd_sched_rr_instance(sched, p), 0);
	key = session(sched, p);
	ck_assert_uint_eq(pick(sched, key, CTX_MODE_SYNC), 0);
	free(key);
	free(p);
	wd_sched_rr_release(sched);
}
END_TEST

/* ---------------------------------------------------------------- sessions */

START_TEST(sessions_take_the_contexts_in_turn)
{
	struct wd_sched *sched = sched_or_die(SCHED_POLICY_RR, 2, 1);
	struct sched_params wish = { .type = 1 };
	void *key[10];

	give(sched, 0, 0, CTX_MODE_SYNC, 0, 1);
	give(sched, 0, 1, CTX_MODE_SYNC, 2, 4);
	give(sched, 0, 1, CTX_MODE_ASYNC, 7, 8);
	for (int i = 0; i < 10; i++)
		key[i] = session(sched, &wish);
	for (int i = 0; i < 10; i++) {
		ck_assert_uint_eq(pick(sched, key[i], CTX_MODE_SYNC), 2 + i % 3);
		ck_assert_uint_eq(pick(sched, key[i], CTX_MODE_ASYNC), 7 + i % 2);
		/* Nothing in between changes the answer. */
		ck_assert_uint_eq(pick(sched, key[i], CTX_MODE_SYNC), 2 + i % 3);
		free(key[i]);
	}
	wd_sched_rr_release(sched);
}
END_TEST

START_TEST(session_without_parameter_takes_the_nearest)
{
	struct wd_sched *sched = sched_or_die(SCHED_POLICY_RR, 1, 2);
	void *key;

	give(sched, 0, 0, CTX_MODE_SYNC, 3, 3);
	key = session(sched, NULL);
	ck_assert_uint_eq(pick(sched, key, CTX_MODE_SYNC), 3);
	free(key);
	wd_sched_rr_release(sched);
}
END_TEST

START_TEST(session_on_any_node_works)
{
	struct wd_sched *sched = sched_or_die(SCHED_POLICY_RR, 1, 4);
	struct sched_params wish = { .numa_id = -1 };
	void *key;

	give(sched, 2, 0, CTX_MODE_SYNC, 5, 5);
	key = session(sched, &wish);
	ck_assert_uint_eq(pick(sched, key, CTX_MODE_SYNC), 5);
	free(key);
	wish.numa_id = 1000; /* a node nobody has: also the nearest there is */
	key = session(sched, &wish);
	ck_assert_uint_eq(pick(sched, key, CTX_MODE_SYNC), 5);
	free(key);
	wd_sched_rr_release(sched);
}
END_TEST

START_TEST(session_falls_back_to_the_node_that_has_its_kind)
{
	struct wd_sched *sched = sched_or_die(SCHED_POLICY_RR, 2, 2);
	struct sched_params wish = { .numa_id = 0, .type = 1 };
	void *key;

	give(sched, 0, 0, CTX_MODE_SYNC, 0, 0);
	give(sched, 0, 1, CTX_MODE_SYNC, 1, 1);
	give(sched, 1, 1, CTX_MODE_ASYNC, 2, 2);
	key = session(sched, &wish);
	ck_assert_uint_eq(pick(sched, key, CTX_MODE_SYNC), 1);
	ck_assert_uint_eq(pick(sched, key, CTX_MODE_ASYNC), 2);
	free(key);
	wd_sched_rr_release(sched);
}
END_TEST

START_TEST(session_of_a_mode_without_contexts_picks_none)
{
	struct wd_sched *sched = sched_or_die(SCHED_POLICY_RR, 1, 1);
	void *key;

	give(sched, 0, 0, CTX_MODE_ASYNC, 0, 1);
	key = session(sched, NULL);
	ck_assert_uint_eq(pick(sched, key, CTX_MODE_SYNC), INVALID_POS);
	ck_assert_uint_ne(pick(sched, key, CTX_MODE_ASYNC), INVALID_POS);
	ck_assert_uint_eq(pick(sched, key, CTX_MODE_MAX), INVALID_POS);
	ck_assert_uint_eq(pick(sched, key, -1), INVALID_POS);
	ck_assert_uint_eq(pick(sched, NULL, CTX_MODE_ASYNC), INVALID_POS);
	free(key);
	wd_sched_rr_release(sched);
}
END_TEST

START_TEST(session_of_an_operation_out_of_range_einval)
{
	struct wd_sched *sched = sched_or_die(SCHED_POLICY_RR, 2, 1);
	struct sched_params wish = { .type = 2 };

	ck_assert_int_eq((intptr_t)sched->sched_init(sched->h_sched_ctx, &wish), -WD_EINVAL);
	ck_assert_int_eq((intptr_t)sched->sched_init(0, NULL), -WD_EINVAL);
	wd_sched_rr_release(sched);
}
END_TEST

START_TEST(second_instance_of_a_kind_replaces_the_first)
{
	struct wd_sched *sched = sched_or_die(SCHED_POLICY_RR, 1, 1);
	uint32_t count = 0;
	void *key;

	give(sched, 0, 0, CTX_MODE_ASYNC, 0, 3);
	give(sched, 0, 0, CTX_MODE_ASYNC, 9, 9);
	key = session(sched, NULL);
	ck_assert_uint_eq(pick(sched, key, CTX_MODE_ASYNC), 9);
	free(key);
	ck_assert_int_eq(sched->poll_policy(sched->h_sched_ctx, 1, &count), 0);
	ck_assert_uint_eq(asked[0], 0);
	ck_assert_uint_eq(asked[9], 1);
	wd_sched_rr_release(sched);
}
END_TEST

START_TEST(none_and_single_need_no_contexts_told)
{
	struct wd_sched *none = sched_or_die(SCHED_POLICY_NONE, 1, 1);
	struct wd_sched *single = sched_or_die(SCHED_POLICY_SINGLE, 1, 1);
	struct sched_params set = { 0 };
	uint32_t count = 0;

	ck_assert_int_eq(wd_sched_rr_instance(none, &set), 0);
	ck_assert_int_eq(wd_sched_rr_instance(single, &set), 0);
	ck_assert_uint_eq(none->sched_init(none->h_sched_ctx, NULL), 0);
	ck_assert_uint_eq(pick(none, NULL, CTX_MODE_SYNC), 0);
	ck_assert_uint_eq(pick(none, NULL, CTX_MODE_ASYNC), 0);
	ck_assert_uint_eq(pick(single, NULL, CTX_MODE_SYNC), 0);
	ck_assert_uint_eq(pick(single, NULL, CTX_MODE_ASYNC), 1);

	ready[0] = ready[1] = 5;
	ck_assert_int_eq(none->poll_policy(none->h_sched_ctx, 2, &count), 0);
	ck_assert_uint_eq(taken[0], 2);
	ck_assert_int_eq(single->poll_policy(single->h_sched_ctx, 3, &count), 0);
	ck_assert_uint_eq(taken[1], 3);
	ck_assert_uint_eq(count, 5);
	wd_sched_rr_release(none);
	wd_sched_rr_release(single);
}
END_TEST

START_TEST(device_policy_keeps_a_session_on_its_device)
{
	struct wd_sched *sched = sched_or_die(SCHED_POLICY_DEV, 1, 1);
	struct sched_params set = { .mode = CTX_MODE_SYNC, .begin = 4, .end = 5, .dev_id = 3 };
	struct sched_params wish = { .dev_id = 3 };
	void *key;

	ck_assert_int_eq(wd_sched_rr_instance(sched, &set), 0);
	key = session(sched, &wish);
	ck_assert_uint_eq(pick(sched, key, CTX_MODE_SYNC), 4);
	ck_assert_uint_eq(pick(sched, key, CTX_MODE_ASYNC), INVALID_POS);
	free(key);
	key = session(sched, NULL);
	ck_assert_uint_eq(pick(sched, key, CTX_MODE_SYNC), 5);
	free(key);
	wish.dev_id = 2; /* memory of one device is of no use to another */
	ck_assert_int_eq((intptr_t)sched->sched_init(sched->h_sched_ctx, &wish), -WD_EINVAL);
	wish.dev_id = 16;
	ck_assert_int_eq((intptr_t)sched->sched_init(sched->h_sched_ctx, &wish), -WD_EINVAL);
	set.dev_id = 16;
	ck_assert_int_eq(wd_sched_rr_instance(sched, &set), -WD_EINVAL);
	wd_sched_rr_release(sched);
}
END_TEST

/* ----------------------------------------------------------------- polling */

START_TEST(poll_for_nothing_einval)
{
	struct wd_sched *sched = sched_or_die(SCHED_POLICY_RR, 1, 1);
	uint32_t count = 7;

	ck_assert_int_eq(sched->poll_policy(sched->h_sched_ctx, 0, &count), -WD_EINVAL);
	ck_assert_int_eq(sched->poll_policy(sched->h_sched_ctx, 1, NULL), -WD_EINVAL);
	ck_assert_int_eq(sched->poll_policy(0, 1, &count), -WD_EINVAL);
	ck_assert_uint_eq(count, 7);
	ck_assert_int_eq(sched->poll_policy(sched->h_sched_ctx, 1, &count), 0); /* no contexts */
	ck_assert_uint_eq(count, 7);
	wd_sched_rr_release(sched);
}
END_TEST

START_TEST(poll_of_idle_contexts_asks_each_once)
{
	struct wd_sched *sched = sched_or_die(SCHED_POLICY_RR, 2, 2);
	uint32_t count = 0;

	give(sched, 0, 0, CTX_MODE_SYNC, 0, 3); /* never polled */
	give(sched, 0, 0, CTX_MODE_ASYNC, 4, 6);
	give(sched, 1, 1, CTX_MODE_ASYNC, 6, 9); /* 6 is in both */
	ck_assert_int_eq(sched->poll_policy(sched->h_sched_ctx, 100, &count), 0);
	ck_assert_uint_eq(count, 0);
	for (int i = 0; i < 10; i++)
		ck_assert_uint_eq(asked[i], i >= 4);
	wd_sched_rr_release(sched);
}
END_TEST

START_TEST(poll_adds_to_the_count_and_stops_at_what_was_expected)
{
	struct wd_sched *sched = sched_or_die(SCHED_POLICY_RR, 1, 1);
	uint32_t count = 1000;

	give(sched, 0, 0, CTX_MODE_ASYNC, 0, 3);
	for (int i = 0; i < 4; i++)
		ready[i] = 100;
	ck_assert_int_eq(sched->poll_policy(sched->h_sched_ctx, 150, &count), 0);
	ck_assert_uint_eq(count, 1150);
	ck_assert_int_eq(sched->poll_policy(sched->h_sched_ctx, UINT32_MAX, &count), 0);
	ck_assert_uint_eq(count, 1400);
	ck_assert_int_eq(sched->poll_policy(sched->h_sched_ctx, 1, &count), 0);
	ck_assert_uint_eq(count, 1400);
	wd_sched_rr_release(sched);
}
END_TEST

/* Jain's index of what eight always busy contexts got from callers who want @expect each time. */
static double fairness(uint32_t expect, int polls)
{
	struct wd_sched *sched = sched_or_die(SCHED_POLICY_RR, 1, 1);
	double sum = 0, squares = 0;
	uint32_t count = 0;

	give(sched, 0, 0, CTX_MODE_ASYNC, 0, 7);
	memset(taken, 0, sizeof(taken));
	for (int n = 0; n < polls; n++) {
		for (int i = 0; i < 8; i++)
			ready[i] = 1000;
		ck_assert_int_eq(sched->poll_policy(sched->h_sched_ctx, expect, &count), 0);
	}
	ck_assert_uint_eq(count, expect * polls);
	for (int i = 0; i < 8; i++) {
		sum += taken[i];
		squares += (double)taken[i] * taken[i];
	}
	wd_sched_rr_release(sched);
	return sum * sum / (8 * squares);
}

START_TEST(f28_poll_is_fair_to_all_contexts)
{
	for (uint32_t expect = 1; expect < 300; expect++)
		ck_assert_double_ge(fairness(expect, 80), 0.9);
}
END_TEST

START_TEST(poll_error_of_one_context_does_not_starve_the_others)
{
	struct wd_sched *sched = sched_or_die(SCHED_POLICY_RR, 1, 1);
	uint32_t count = 0;

	give(sched, 0, 0, CTX_MODE_ASYNC, 0, 2);
	answer[0] = -WD_EIO;
	ready[0] = 2; /* completions that come with the error count */
	ready[1] = 3;
	answer[2] = -WD_EAGAIN;
	ready[2] = 4; /* as do those with "try again" */
	ck_assert_int_eq(sched->poll_policy(sched->h_sched_ctx, 100, &count), -WD_EIO);
	ck_assert_uint_eq(count, 9);
	answer[0] = 0;
	ck_assert_int_eq(sched->poll_policy(sched->h_sched_ctx, 100, &count), 0);
	ck_assert_uint_eq(count, 9);
	wd_sched_rr_release(sched);
}
END_TEST

/* ----------------------------------------------------------------- threads */

#define NTHREADS 4
#define NSESSIONS 3000

static struct wd_sched *shared;
static _Atomic uint32_t placed[8];

static int poll_nothing(__u32 pos, __u32 expect, __u32 *count)
{
	(void)pos;
	(void)expect;
	*count = 1;
	return 0;
}

static void *make_sessions(void *arg)
{
	uint32_t count = 0;

	(void)arg;
	for (int i = 0; i < NSESSIONS; i++) {
		void *key = (void *)shared->sched_init(shared->h_sched_ctx, NULL);

		placed[shared->pick_next_ctx(shared->h_sched_ctx, key, CTX_MODE_ASYNC)]++;
		shared->poll_policy(shared->h_sched_ctx, 3, &count);
		free(key);
	}
	return (void *)(uintptr_t)count;
}

START_TEST(sessions_of_many_threads_spread_evenly)
{
	struct sched_params set = { .mode = CTX_MODE_ASYNC, .begin = 0, .end = 7 };
	pthread_t thread[NTHREADS];
	void *count;

	shared = wd_sched_rr_alloc(SCHED_POLICY_RR, 1, 1, poll_nothing);
	ck_assert_ptr_nonnull(shared);
	ck_assert_int_eq(wd_sched_rr_instance(shared, &set), 0);
	for (int i = 0; i < NTHREADS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, make_sessions, NULL), 0);
	for (int i = 0; i < NTHREADS; i++) {
		pthread_join(thread[i], &count);
		ck_assert_uint_eq((uintptr_t)count, 3 * NSESSIONS);
	}
	for (int i = 0; i < 8; i++)
		ck_assert_uint_eq(placed[i], NTHREADS * NSESSIONS / 8);
	wd_sched_rr_release(shared);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sched");
	TCase *tc = tcase_create("making");

	tcase_add_test(tc, alloc_bad_arguments_einval);
	tcase_add_test(tc, alloc_more_nodes_than_the_machine_has_works);
	tcase_add_test(tc, instance_bad_arguments_einval);
	tcase_add_test(tc, instance_of_a_schedule_made_by_hand_einval);
	tcase_add_test(tc, dev_id_is_read_with_the_device_policy_only);
	suite_add_tcase(suite, tc);

	tc = tcase_create("sessions");
	tcase_add_test(tc, sessions_take_the_contexts_in_turn);
	tcase_add_test(tc, session_without_parameter_takes_the_nearest);
	tcase_add_test(tc, session_on_any_node_works);
	tcase_add_test(tc, session_falls_back_to_the_node_that_has_its_kind);
	tcase_add_test(tc, session_of_a_mode_without_contexts_picks_none);
	tcase_add_test(tc, session_of_an_operation_out_of_range_einval);
	tcase_add_test(tc, second_instance_of_a_kind_replaces_the_first);
	tcase_add_test(tc, none_and_single_need_no_contexts_told);
	tcase_add_test(tc, device_policy_keeps_a_session_on_its_device);
	suite_add_tcase(suite, tc);

	tc = tcase_create("polling");
	tcase_add_test(tc, poll_for_nothing_einval);
	tcase_add_test(tc, poll_of_idle_contexts_asks_each_once);
	tcase_add_test(tc, poll_adds_to_the_count_and_stops_at_what_was_expected);
	tcase_add_test(tc, f28_poll_is_fair_to_all_contexts);
	tcase_add_test(tc, poll_error_of_one_context_does_not_starve_the_others);
	suite_add_tcase(suite, tc);

	tc = tcase_create("threads");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, sessions_of_many_threads_spread_evenly);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
