// SPDX-License-Identifier: Apache-2.0
/*
 * Many threads on few queues: as many jobs in flight as there are threads, waiters
 * that spin and waiters that sleep, submitters and pollers that are different
 * threads, poll threads of the library. Every result is looked at; each job is
 * answered once. Meant for ThreadSanitizer, too.
 */
#include "corpus.h"
#include "jobs.h"
#include "judge.h"
#include "runner.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define THREADS_MAX 8
#define ROOM 8192

static unsigned int rounds(void)
{
	return test_is_sweep() ? 4000 : 150;
}

/* One thread's part; it counts what is wrong, because checks belong to the main thread. */
struct worker {
	pthread_t thread;
	unsigned int number;
	handle_t comp, decomp;
	unsigned int wrong;
};

static void run_workers(struct worker *workers, unsigned int n, void *(*body)(void *))
{
	for (unsigned int i = 0; i < n; i++) {
		workers[i].number = i;
		ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, body, &workers[i]), 0);
	}
	for (unsigned int i = 0; i < n; i++) {
		pthread_join(workers[i].thread, NULL);
		ck_assert_msg(!workers[i].wrong, "thread %u of %u: %u wrong results", i, n,
			      workers[i].wrong);
	}
}

/* Other bytes and another length for each job, so that a result cannot be mistaken. */
static const uint8_t *job_input(unsigned int thread, unsigned int job, size_t *nbytes)
{
	*nbytes = 64 + (thread * 977 + job * 131) % 4000;
	return corpus(job % CORPUS_KINDS) + (thread * 100003 + job * 37) % 1000000;
}

static void *sync_body(void *arg)
{
	struct worker *w = arg;
	uint8_t out[ROOM], back[ROOM];
	struct wd_comp_req req;

	for (unsigned int job = 0; job < rounds(); job++) {
		size_t nbytes, n;
		const uint8_t *src = job_input(w->number, job, &nbytes);

		if (job_sync(w->comp, WD_DIR_COMPRESS, src, nbytes, out, ROOM, &req) || req.status) {
			w->wrong++;
			continue;
		}
		n = req.dst_len;
		w->wrong += !judge_accepts(WD_ZLIB, out, n, src, nbytes);
		if (job_sync(w->decomp, WD_DIR_DECOMPRESS, out, n, back, nbytes, &req) ||
		    req.status || req.dst_len != nbytes || memcmp(back, src, nbytes))
			w->wrong++;
	}
	return NULL;
}

static void sync_threads(unsigned int n, bool shared)
{
	struct worker workers[THREADS_MAX] = { 0 };

	job_init();
	for (unsigned int i = 0; i < n; i++) {
		bool own = !shared || !i;

		workers[i].comp = own ? job_session(WD_ZLIB, WD_DIR_COMPRESS) : workers[0].comp;
		workers[i].decomp = own ? job_session(WD_ZLIB, WD_DIR_DECOMPRESS) : workers[0].decomp;
	}
	run_workers(workers, n, sync_body);
	for (unsigned int i = 0; i < (shared ? 1 : n); i++) {
		wd_comp_free_sess(workers[i].comp);
		wd_comp_free_sess(workers[i].decomp);
	}
	wd_comp_uninit2();
}

START_TEST(threads_with_a_session_each_share_one_queue)
{
	sync_threads(1u << _i, false);
}
END_TEST

START_TEST(threads_share_one_session_for_jobs_that_stand_alone)
{
	sync_threads(1u << _i, true);
}
END_TEST

START_TEST(threads_sleep_for_their_jobs_at_once_when_told_so)
{
	setenv("WD_COMP_EPOLL_EN", "1", 1);
	sync_threads(1u << _i, _i % 2);
}
END_TEST

/* ---------------------------------------------------------- asynchronous */

struct async_job {
	struct worker *w;
	const uint8_t *src;
	size_t nbytes;
	uint8_t out[ROOM];
	_Atomic uint32_t calls;
	_Atomic bool good;
};

static _Atomic uint32_t answered;

static void *on_answer(struct wd_comp_req *req, void *param)
{
	struct async_job *job = param;

	atomic_store(&job->good, !req->status && req->dst == job->out &&
					 req->src_len == job->nbytes &&
					 judge_accepts(WD_GZIP, job->out, req->dst_len, job->src,
						       job->nbytes));
	atomic_fetch_add(&answered, 1);
	atomic_fetch_add(&job->calls, 1); /* last: then the job's memory may go */
	return NULL;
}

static void *submit_body(void *arg)
{
	struct worker *w = arg;
	unsigned int n = rounds();
	struct async_job *jobs = calloc(n, sizeof(*jobs));

	for (unsigned int i = 0; i < n; i++) {
		struct wd_comp_req req = { .dst = jobs[i].out,
					   .dst_len = ROOM,
					   .cb = on_answer,
					   .cb_param = &jobs[i] };
		int rc;

		jobs[i].src = job_input(w->number, i, &jobs[i].nbytes);
		req.src = (void *)(uintptr_t)jobs[i].src;
		req.src_len = (uint32_t)jobs[i].nbytes;
		while ((rc = wd_do_comp_async(w->comp, &req)) == -WD_EBUSY)
			sched_yield(); /* somebody else polls */
		w->wrong += rc != 0;
	}
	for (unsigned int i = 0; i < n; i++) {
		while (!atomic_load(&jobs[i].calls))
			sched_yield();
		w->wrong += !jobs[i].good;
	}
	/* Once more than once would have come by now, or is caught by the sum at the end. */
	for (unsigned int i = 0; i < n; i++)
		w->wrong += jobs[i].calls != 1;
	free(jobs);
	return NULL;
}

static _Atomic bool stop_polling;
static _Atomic uint32_t polled;

static void *poll_body(void *arg)
{
	(void)arg;
	while (!atomic_load(&stop_polling)) {
		uint32_t count = 0;

		wd_comp_poll(16, &count);
		atomic_fetch_add(&polled, count);
		if (!count)
			sched_yield();
	}
	return NULL;
}

static void async_threads(unsigned int submitters, unsigned int pollers)
{
	struct worker workers[THREADS_MAX] = { 0 };
	pthread_t threads[THREADS_MAX];

	for (unsigned int i = 0; i < submitters; i++)
		workers[i].comp = job_session(WD_GZIP, WD_DIR_COMPRESS);
	for (unsigned int i = 0; i < pollers; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, poll_body, NULL), 0);
	run_workers(workers, submitters, submit_body);
	atomic_store(&stop_polling, true);
	for (unsigned int i = 0; i < pollers; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(answered, submitters * rounds());
	if (pollers)
		ck_assert_uint_eq(polled, submitters * rounds());
	for (unsigned int i = 0; i < submitters; i++)
		wd_comp_free_sess(workers[i].comp);
}

START_TEST(jobs_of_many_threads_are_answered_once_by_polls_of_others)
{
	static const struct {
		unsigned int submitters, pollers;
	} mixes[] = { { 1, 1 }, { 4, 1 }, { 1, 3 }, { 4, 2 }, { 8, 4 } };

	job_init();
	async_threads(mixes[_i].submitters, mixes[_i].pollers);
	wd_comp_uninit2();
}
END_TEST

START_TEST(poll_threads_of_the_library_answer)
{
	static const char *const numbers[] = { NULL, "1", "3" };

	setenv("WD_COMP_ASYNC_POLL_EN", "1", 1);
	if (numbers[_i])
		setenv("WD_COMP_ASYNC_POLL_NUM", numbers[_i], 1);
	ck_assert_int_eq(wd_comp_env_init(NULL), 0);
	async_threads(4, 0);
	wd_comp_env_uninit();
}
END_TEST

/* The threads sleep when nothing is to do, and are there when something is. */
START_TEST(poll_threads_of_the_library_wake_up_again_and_again)
{
	struct async_job job = { 0 };
	struct timespec nap = { .tv_nsec = 20000000 };
	handle_t sess;

	setenv("WD_COMP_ASYNC_POLL_EN", "1", 1);
	ck_assert_int_eq(wd_comp_env_init(NULL), 0);
	sess = job_session(WD_GZIP, WD_DIR_COMPRESS);
	for (uint32_t i = 0; i < 20; i++) {
		struct wd_comp_req req = { .dst = job.out,
					   .dst_len = ROOM,
					   .cb = on_answer,
					   .cb_param = &job };

		job.src = job_input(0, i, &job.nbytes);
		req.src = (void *)(uintptr_t)job.src;
		req.src_len = (uint32_t)job.nbytes;
		nanosleep(&nap, NULL);
		ck_assert_int_eq(wd_do_comp_async(sess, &req), 0);
		while (atomic_load(&job.calls) == i)
			sched_yield();
		ck_assert(job.good);
	}
	ck_assert_uint_eq(job.calls, 20);
	wd_comp_free_sess(sess);
	wd_comp_env_uninit();
}
END_TEST

/* -------------------------------------------------- everything at the same time */

static void *stream_body(void *arg)
{
	struct worker *w = arg;
	const uint8_t *src = corpus(w->number % CORPUS_KINDS);
	size_t nbytes = 200000;
	uint8_t *out = malloc(nbytes * 2);

	for (unsigned int round = 0; round < rounds() / 30; round++) {
		struct wd_comp_req req;
		size_t in = 0, n = 0;

		do {
			size_t left = nbytes - in, step = 1 + (w->number * 7919 + round * 31) % 9000;

			req = (struct wd_comp_req){ .src = (void *)(uintptr_t)(src + in),
						    .src_len = (uint32_t)(step < left ? step : left),
						    .dst = out + n,
						    .dst_len = (uint32_t)(nbytes * 2 - n) };
			req.last = req.src_len == left;
			if (wd_do_comp_strm(w->comp, &req))
				break;
			in += req.src_len;
			n += req.dst_len;
		} while (!job_stream_ended(&req, nbytes - in));
		w->wrong += !judge_accepts(WD_ZLIB, out, n, src, nbytes);
	}
	free(out);
	return NULL;
}

static void *mixed_body(void *arg)
{
	struct worker *w = arg;

	return w->number % 2 ? stream_body(w) : sync_body(w);
}

START_TEST(streams_and_single_jobs_share_queues)
{
	struct worker workers[THREADS_MAX] = { 0 };

	if (_i)
		setenv("WD_COMP_EPOLL_EN", "1", 1);
	job_init();
	for (unsigned int i = 0; i < THREADS_MAX; i++) {
		workers[i].comp = job_session(WD_ZLIB, WD_DIR_COMPRESS);
		workers[i].decomp = job_session(WD_ZLIB, WD_DIR_DECOMPRESS);
	}
	run_workers(workers, THREADS_MAX, mixed_body);
	for (unsigned int i = 0; i < THREADS_MAX; i++) {
		wd_comp_free_sess(workers[i].comp);
		wd_comp_free_sess(workers[i].decomp);
	}
}
END_TEST

static void *init_body(void *arg)
{
	struct worker *w = arg;
	struct wd_comp_sess_setup setup = { .alg_type = WD_ZLIB, .op_type = WD_DIR_COMPRESS };
	uint8_t out[ROOM];

	for (unsigned int round = 0; round < rounds() / 10; round++) {
		char alg[] = "zlib";
		int rc = wd_comp_init2(alg, SCHED_POLICY_RR, TASK_HW);
		struct wd_comp_req req;
		const uint8_t *src;
		size_t nbytes;
		handle_t sess;

		w->wrong += rc && rc != -WD_EEXIST;
		sess = wd_comp_alloc_sess(&setup);
		src = job_input(w->number, round, &nbytes);
		if (!sess || job_sync(sess, WD_DIR_COMPRESS, src, nbytes, out, ROOM, &req) ||
		    req.status || !judge_accepts(WD_ZLIB, out, req.dst_len, src, nbytes))
			w->wrong++;
		if (round % 2) {
			wd_comp_uninit2();
			wd_comp_free_sess(sess);
		} else {
			wd_comp_free_sess(sess);
			wd_comp_uninit2();
		}
	}
	return NULL;
}

START_TEST(threads_init_and_uninit_beside_each_other)
{
	struct worker workers[4] = { 0 };

	run_workers(workers, 4, init_body);
	job_expect_open_queues(0);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, threads_with_a_session_each_share_one_queue, 0, 4);
	tcase_add_loop_test(tests, threads_share_one_session_for_jobs_that_stand_alone, 1, 4);
	tcase_add_loop_test(tests, threads_sleep_for_their_jobs_at_once_when_told_so, 0, 4);
	tcase_add_loop_test(tests, jobs_of_many_threads_are_answered_once_by_polls_of_others, 0, 5);
	tcase_add_loop_test(tests, poll_threads_of_the_library_answer, 0, 3);
	tcase_add_test(tests, poll_threads_of_the_library_wake_up_again_and_again);
	tcase_add_loop_test(tests, streams_and_single_jobs_share_queues, 0, 2);
	tcase_add_test(tests, threads_init_and_uninit_beside_each_other);
}

int main(void)
{
	for (int kind = 0; kind < CORPUS_KINDS; kind++)
		corpus(kind);
	job_count_queues();
	return run_suite("threads", add_tests);
}
