// SPDX-License-Identifier: Apache-2.0
/*
 * A device that hangs, loses, delays, lies, resets or goes away, by the fault
 * commands of the emulator. Each job is answered exactly once and in bounded time,
 * its buffers are left alone from then on, and the next job works as soon as the
 * device does.
 */
#include "control.h"
#include "corpus.h"
#include "jobs.h"
#include "judge.h"
#include "runner.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#define NBYTES 20000
#define TIMEOUT_MS 500

static uint8_t packed[2 * NBYTES];

static const uint8_t *text(void)
{
	return corpus(CORPUS_TEXT);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void nap_ms(unsigned int ms)
{
	struct timespec nap = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&nap, NULL);
}

static void fault(const char *words)
{
	control(NULL, 0, "fault %s %s", control_device(), words);
}

static void set_timeout(int ms)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", ms);
	setenv("WD_JOB_TIMEOUT_MS", text, 1);
	fault("clear");
}

static void begin(void)
{
	set_timeout(TIMEOUT_MS);
	job_init();
}

static int one_job(handle_t sess, struct wd_comp_req *req)
{
	return job_sync(sess, WD_DIR_COMPRESS, text(), NBYTES, packed, sizeof(packed), req);
}

static void expect_good(handle_t sess)
{
	struct wd_comp_req req;

	ck_assert_int_eq(one_job(sess, &req), 0);
	ck_assert_uint_eq(req.status, WD_SUCCESS);
	ck_assert(judge_accepts(WD_ZLIB, packed, req.dst_len, text(), NBYTES));
}

/* ------------------------------------------------------------ one sync job */

static const char *const losses[] = { "hang count=1", "drop-completion count=1",
				      "lose-doorbell count=1000" };

START_TEST(a_job_that_never_ends_is_etimedout_in_time_and_the_next_works)
{
	struct wd_comp_req req;
	uint64_t start;
	handle_t sess;
	int rc;

	if (_i / 3)
		setenv("WD_COMP_EPOLL_EN", "1", 1);
	begin();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	expect_good(sess);
	fault(losses[_i % 3]);
	start = now_ms();
	rc = one_job(sess, &req);
	ck_assert_int_eq(rc, -WD_ETIMEDOUT);
	ck_assert_uint_eq(req.status, WD_ETIMEDOUT);
	ck_assert_uint_ge(now_ms() - start, TIMEOUT_MS);
	/* Stopping waits for the device's drain, at most; nothing here is slower. */
	ck_assert_uint_lt(now_ms() - start, TIMEOUT_MS + 10000);
	fault("clear");
	expect_good(sess);
	wd_comp_free_sess(sess);
	wd_comp_uninit2();
}
END_TEST

/* A doorbell that is lost once costs time, but no job: it is rung again. */
START_TEST(a_lost_doorbell_is_rung_again)
{
	handle_t sess;

	begin();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	fault("lose-doorbell count=1");
	expect_good(sess);
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(a_lost_interrupt_costs_no_job)
{
	handle_t sess;

	setenv("WD_COMP_EPOLL_EN", "1", 1);
	begin();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	fault("drop-interrupt");
	for (int i = 0; i < 3; i++)
		expect_good(sess);
	fault("clear");
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(buffers_are_not_written_after_a_timeout)
{
	static uint8_t out[2 * NBYTES];
	struct wd_comp_req req;
	handle_t sess;

	begin();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	fault("delay usec=1200000 count=1");
	ck_assert_int_eq(job_sync(sess, WD_DIR_COMPRESS, text(), NBYTES, out, sizeof(out), &req),
			 -WD_ETIMEDOUT);
	/* Ours again: what stands there must stay, long after the device would have been done. */
	memset(out, 0x3c, sizeof(out));
	for (int i = 0; i < 15; i++) {
		nap_ms(100);
		for (size_t at = 0; at < sizeof(out); at++)
			ck_assert_msg(out[at] == 0x3c, "byte %zu was written after the time-out", at);
	}
	expect_good(sess);
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(a_slow_device_is_not_a_lost_one)
{
	handle_t sess;

	set_timeout(10000);
	job_init();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	fault("delay usec=100000");
	for (int i = 0; i < 4; i++)
		expect_good(sess);
	fault("clear");
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(a_stream_that_was_cut_off_is_an_error_until_reset)
{
	struct wd_comp_req req = { .src = (void *)text(),
				   .src_len = 1000,
				   .dst = packed,
				   .dst_len = sizeof(packed) };
	handle_t sess;
	size_t n;

	begin();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	ck_assert_int_eq(wd_do_comp_strm(sess, &req), 0);
	fault("hang count=1");
	req.dst_len = sizeof(packed);
	ck_assert_int_eq(wd_do_comp_strm(sess, &req), -WD_ETIMEDOUT);
	fault("clear");
	req.src_len = 1000;
	req.dst_len = sizeof(packed);
	ck_assert_int_lt(wd_do_comp_strm(sess, &req), 0);
	expect_good(sess); /* jobs that stand alone have nothing to do with it */
	ck_assert_int_eq(wd_comp_reset_sess(sess), 0);
	n = job_stream(sess, WD_DIR_COMPRESS, text(), NBYTES, 3000, packed, sizeof(packed), 3000);
	ck_assert(judge_accepts(WD_ZLIB, packed, n, text(), NBYTES));
	wd_comp_free_sess(sess);
}
END_TEST

/* ------------------------------------------------------------ many sync jobs */

struct worker {
	pthread_t thread;
	handle_t sess;
	unsigned int jobs;
	unsigned int good, failed, wrong;
	_Atomic bool *stop;
};

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	uint8_t *out = malloc(job_bound(NBYTES));

	for (unsigned int i = 0; i < w->jobs && !(w->stop && atomic_load(w->stop)); i++) {
		struct wd_comp_req req;
		int rc = job_sync(w->sess, WD_DIR_COMPRESS, text() + i, NBYTES, out,
				  job_bound(NBYTES), &req);

		if (!rc && !req.status && judge_accepts(WD_ZLIB, out, req.dst_len, text() + i, NBYTES))
			w->good++;
		else if (rc == -WD_EIO || rc == -WD_ETIMEDOUT || rc == -WD_HW_EACCESS ||
			 rc == -WD_ENODEV)
			w->failed++;
		else
			w->wrong++;
	}
	free(out);
	return NULL;
}

#define WORKERS 6

static void start_workers(struct worker *workers, handle_t sess, unsigned int jobs, _Atomic bool *stop)
{
	for (int i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker){ .sess = sess, .jobs = jobs, .stop = stop };
		ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]), 0);
	}
}

static unsigned int join_workers(struct worker *workers, unsigned int *failed)
{
	unsigned int good = 0;

	*failed = 0;
	for (int i = 0; i < WORKERS; i++) {
		pthread_join(workers[i].thread, NULL);
		ck_assert_msg(!workers[i].wrong, "thread %d: %u impossible results", i,
			      workers[i].wrong);
		good += workers[i].good;
		*failed += workers[i].failed;
	}
	return good;
}

START_TEST(one_job_that_hangs_among_many_threads_is_survived_by_all)
{
	struct worker workers[WORKERS];
	unsigned int good, failed;
	handle_t sess;

	begin();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	fault("hang every=100 count=2");
	start_workers(workers, sess, 60, NULL);
	good = join_workers(workers, &failed);
	ck_assert_uint_eq(good + failed, WORKERS * 60);
	ck_assert_uint_ge(failed, 1);
	ck_assert_uint_le(failed, 2 * WORKERS);
	fault("clear");
	expect_good(sess);
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(resets_in_the_middle_of_work_lose_no_thread)
{
	struct worker workers[WORKERS];
	_Atomic bool stop = false;
	unsigned int good, failed;
	handle_t sess;

	if (_i)
		setenv("WD_COMP_EPOLL_EN", "1", 1);
	begin();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	start_workers(workers, sess, 1000000, &stop);
	for (int i = 0; i < 5; i++) {
		nap_ms(50);
		control(NULL, 0, "reset %s %d", control_device(), i * 20);
	}
	nap_ms(200);
	atomic_store(&stop, true);
	good = join_workers(workers, &failed);
	ck_assert_uint_gt(good, 0);
	expect_good(sess);
	wd_comp_free_sess(sess);
	wd_comp_uninit2();
	job_expect_open_queues(0);
}
END_TEST

/* ------------------------------------------------------------------- lies */

static const char *const lies[] = { "bad-index count=1", "bad-index index=5 count=1",
				    "repeat-completion count=1", "corrupt-length count=1",
				    "corrupt-length value=70000 count=1", "corrupt-status count=1",
				    "bad-phase count=1" };
#define LIES 7

/* One of them is in trouble, or none; the result is never silently wrong. */
START_TEST(a_device_that_lies_spoils_at_most_jobs_in_flight)
{
	struct wd_comp_req req;
	handle_t sess;

	begin();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	expect_good(sess);
	fault(lies[_i]);
	for (int i = 0; i < 5; i++) {
		int rc = one_job(sess, &req);

		ck_assert_msg(rc == 0 || rc == -WD_EIO || rc == -WD_ETIMEDOUT, "%s: %d", lies[_i], rc);
		ck_assert_uint_le(req.dst_len, sizeof(packed));
		ck_assert_uint_le(req.src_len, NBYTES);
		if (!rc && !req.status)
			ck_assert(judge_accepts(WD_ZLIB, packed, req.dst_len, text(), NBYTES));
	}
	fault("clear");
	expect_good(sess);
	wd_comp_free_sess(sess);
}
END_TEST

/* ----------------------------------------------------------- asynchronous */

struct answer {
	_Atomic uint32_t calls;
	uint32_t status;
	uint8_t out[6000];
};

static _Atomic uint32_t answers;

static void *on_answer(struct wd_comp_req *req, void *param)
{
	struct answer *a = param;

	a->status = req->status;
	if (!req->status && !judge_accepts(WD_ZLIB, a->out, req->dst_len, text(), 4000))
		a->status = 9999;
	atomic_fetch_add(&a->calls, 1);
	atomic_fetch_add(&answers, 1);
	return NULL;
}

static int send(handle_t sess, struct answer *a)
{
	struct wd_comp_req req = { .src = (void *)text(),
				   .src_len = 4000,
				   .dst = a->out,
				   .dst_len = sizeof(a->out),
				   .cb = on_answer,
				   .cb_param = a };

	return wd_do_comp_async(sess, &req);
}

#define IN_FLIGHT 50

/* Poll by the count alone, as programs do; they would wait for ever for a job that is not counted. */
static void poll_for(uint32_t n)
{
	uint32_t total = 0;

	while (total < n) {
		uint32_t count = 0;
		int rc = wd_comp_poll(16, &count);

		ck_assert_msg(!rc || rc == -WD_EAGAIN || rc == -WD_EIO || rc == -WD_HW_EACCESS,
			      "wd_comp_poll: %d", rc);
		ck_assert_uint_le(count, 16);
		total += count;
		if (!count)
			sched_yield();
	}
	ck_assert_uint_eq(total, n);
	ck_assert_uint_eq(answers, n);
}

static unsigned int count_failed(const struct answer *a, uint32_t calls)
{
	unsigned int failed = 0;

	for (int i = 0; i < IN_FLIGHT; i++) {
		ck_assert_uint_eq(a[i].calls, calls);
		ck_assert_msg(a[i].status == 0 || a[i].status == WD_ETIMEDOUT ||
				      a[i].status == WD_EIO || a[i].status == WD_HW_EACCESS,
			      "job %d: status %u", i, a[i].status);
		failed += a[i].status != 0;
	}
	return failed;
}

START_TEST(asynchronous_jobs_that_never_end_are_called_back_once_and_counted)
{
	struct answer *a = calloc(IN_FLIGHT, sizeof(*a));
	handle_t sess;

	begin();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	fault("hang count=1");
	for (int i = 0; i < IN_FLIGHT; i++)
		ck_assert_int_eq(send(sess, &a[i]), 0);
	poll_for(IN_FLIGHT);
	ck_assert_uint_ge(count_failed(a, 1), 1);
	fault("clear");
	atomic_store(&answers, 0);
	for (int i = 0; i < IN_FLIGHT; i++)
		ck_assert_int_eq(send(sess, &a[i]), 0);
	poll_for(IN_FLIGHT);
	ck_assert_uint_eq(count_failed(a, 2), 0);
	wd_comp_free_sess(sess);
	free(a);
}
END_TEST

START_TEST(a_lost_doorbell_of_asynchronous_jobs_is_rung_again)
{
	struct answer *a = calloc(IN_FLIGHT, sizeof(*a));
	handle_t sess;

	begin();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	for (int i = 0; i < IN_FLIGHT; i++) {
		if (i == IN_FLIGHT - 1)
			fault("lose-doorbell count=1");
		ck_assert_int_eq(send(sess, &a[i]), 0);
	}
	poll_for(IN_FLIGHT);
	ck_assert_uint_eq(count_failed(a, 1), 0);
	fault("clear");
	wd_comp_free_sess(sess);
	free(a);
}
END_TEST

START_TEST(asynchronous_jobs_at_a_reset_are_called_back_once_and_counted)
{
	struct answer *a = calloc(IN_FLIGHT, sizeof(*a));
	handle_t sess;

	begin();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	fault("delay usec=5000");
	for (uint32_t round = 1; round <= 3; round++) {
		atomic_store(&answers, 0);
		for (int i = 0; i < IN_FLIGHT / 2; i++)
			ck_assert_int_eq(send(sess, &a[i]), 0);
		control(NULL, 0, "reset %s", control_device());
		/* These find the queue dead: polls alone may call back, all the same. */
		for (int i = IN_FLIGHT / 2; i < IN_FLIGHT; i++) {
			ck_assert_int_eq(send(sess, &a[i]), 0);
			ck_assert_uint_eq(atomic_load(&answers), 0);
		}
		poll_for(IN_FLIGHT);
		ck_assert_uint_ge(count_failed(a, round), 1);
	}
	fault("clear");
	wd_comp_free_sess(sess);
	free(a);
}
END_TEST

START_TEST(jobs_left_in_flight_at_uninit_are_called_back_or_forgotten_but_never_written_later)
{
	struct answer *a = calloc(IN_FLIGHT, sizeof(*a));
	handle_t sess;

	begin();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	fault("delay usec=50000");
	for (int i = 0; i < IN_FLIGHT; i++)
		ck_assert_int_eq(send(sess, &a[i]), 0);
	wd_comp_free_sess(sess);
	wd_comp_uninit2();
	for (int i = 0; i < IN_FLIGHT; i++) {
		ck_assert_uint_le(a[i].calls, 1);
		memset(a[i].out, 0x3c, sizeof(a[i].out));
	}
	fault("clear");
	nap_ms(500);
	for (int i = 0; i < IN_FLIGHT; i++)
		for (size_t at = 0; at < sizeof(a[i].out); at++)
			ck_assert_uint_eq(a[i].out[at], 0x3c);
	free(a);
	job_expect_open_queues(0);
}
END_TEST

START_TEST(library_poll_threads_survive_a_hang_and_a_reset)
{
	struct answer *a = calloc(IN_FLIGHT, sizeof(*a));
	handle_t sess;

	setenv("WD_COMP_ASYNC_POLL_EN", "1", 1);
	set_timeout(TIMEOUT_MS);
	ck_assert_int_eq(wd_comp_env_init(NULL), 0);
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	for (uint32_t round = 1; round <= 2; round++) {
		atomic_store(&answers, 0);
		fault(round == 1 ? "hang count=1" : "delay usec=3000");
		for (int i = 0; i < IN_FLIGHT; i++)
			ck_assert_int_eq(send(sess, &a[i]), 0);
		if (round == 2)
			control(NULL, 0, "reset %s", control_device());
		while (atomic_load(&answers) < IN_FLIGHT)
			sched_yield();
		count_failed(a, round);
		fault("clear");
	}
	wd_comp_free_sess(sess);
	wd_comp_env_uninit();
	free(a);
}
END_TEST

/* Polls by two threads, idle for longer than a time-out between jobs: nothing was lost. */
static _Atomic bool stop_polling;

static void *poll_main(void *arg)
{
	(void)arg;
	while (!atomic_load(&stop_polling)) {
		uint32_t count = 0;

		wd_comp_poll(1, &count);
	}
	return NULL;
}

START_TEST(idle_time_between_jobs_is_no_time_out)
{
	struct answer a = { 0 };
	pthread_t threads[3];
	handle_t sess;

	begin();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	fault("delay usec=2000");
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, poll_main, NULL), 0);
	for (uint32_t i = 0; i < 6; i++) {
		for (uint32_t burst = 0; burst < 20; burst++) {
			uint32_t before = atomic_load(&a.calls);

			ck_assert_int_eq(send(sess, &a), 0);
			while (atomic_load(&a.calls) == before)
				sched_yield();
			ck_assert_uint_eq(a.status, 0);
		}
		nap_ms(TIMEOUT_MS + 50);
	}
	atomic_store(&stop_polling, true);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	fault("clear");
	wd_comp_free_sess(sess);
}
END_TEST

/* ---------------------------------------------------------------- gone for good */

START_TEST(unplug_is_a_clean_error_for_all_and_no_hang)
{
	struct worker workers[WORKERS];
	struct answer *a = calloc(IN_FLIGHT, sizeof(*a));
	struct wd_comp_req req;
	_Atomic bool stop = false;
	handle_t sess;
	int rc;

	begin();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	fault("delay usec=2000");
	start_workers(workers, sess, 1000000, &stop);
	for (int i = 0; i < IN_FLIGHT; i++)
		ck_assert_int_eq(send(sess, &a[i]), 0);
	control(NULL, 0, "unplug %s", control_device());
	poll_for(IN_FLIGHT);
	count_failed(a, 1);
	nap_ms(100);
	atomic_store(&stop, true);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(workers[i].thread, NULL);
	rc = one_job(sess, &req);
	ck_assert_msg(rc == -WD_EIO || rc == -WD_ENODEV || rc == -WD_HW_EACCESS, "%d", rc);
	rc = send(sess, &a[0]);
	ck_assert_msg(rc == -WD_EIO || rc == -WD_ENODEV || rc == -WD_HW_EACCESS, "%d", rc);
	wd_comp_free_sess(sess);
	wd_comp_uninit2();
	free(a);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, a_job_that_never_ends_is_etimedout_in_time_and_the_next_works, 0, 6);
	tcase_add_test(tests, a_lost_doorbell_is_rung_again);
	tcase_add_test(tests, a_lost_interrupt_costs_no_job);
	tcase_add_test(tests, buffers_are_not_written_after_a_timeout);
	tcase_add_test(tests, a_slow_device_is_not_a_lost_one);
	tcase_add_test(tests, a_stream_that_was_cut_off_is_an_error_until_reset);
	tcase_add_test(tests, one_job_that_hangs_among_many_threads_is_survived_by_all);
	tcase_add_loop_test(tests, resets_in_the_middle_of_work_lose_no_thread, 0, 2);
	tcase_add_loop_test(tests, a_device_that_lies_spoils_at_most_jobs_in_flight, 0, LIES);
	tcase_add_test(tests, asynchronous_jobs_that_never_end_are_called_back_once_and_counted);
	tcase_add_test(tests, a_lost_doorbell_of_asynchronous_jobs_is_rung_again);
	tcase_add_test(tests, asynchronous_jobs_at_a_reset_are_called_back_once_and_counted);
	tcase_add_test(tests,
		       jobs_left_in_flight_at_uninit_are_called_back_or_forgotten_but_never_written_later);
	tcase_add_test(tests, library_poll_threads_survive_a_hang_and_a_reset);
	tcase_add_test(tests, idle_time_between_jobs_is_no_time_out);
	/* Last: the device does not come back. */
	tcase_add_test(tests, unplug_is_a_clean_error_for_all_and_no_hang);
}

int main(void)
{
	corpus(CORPUS_TEXT);
	job_count_queues();
	return run_suite("timeout", add_tests);
}
