// SPDX-License-Identifier: Apache-2.0
/*
 * fork() at every moment. A child has queues of its own from its first request on,
 * the parent loses nothing and gets nothing twice, and a child that ends without
 * a word, or becomes another program, does no harm.
 */
#include "corpus.h"
#include "jobs.h"
#include "judge.h"
#include "runner.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define NBYTES 20000

static const uint8_t *text(void)
{
	return corpus(CORPUS_TEXT);
}

/* Without checks of the test library: for children and threads. 0 if all is right. */
static int try_job(handle_t sess, const uint8_t *src, size_t nbytes)
{
	uint8_t *out = malloc(job_bound(nbytes));
	struct wd_comp_req req;
	int rc = job_sync(sess, WD_DIR_COMPRESS, src, nbytes, out, job_bound(nbytes), &req);

	if (rc)
		rc = 1;
	else if (req.status)
		rc = 2;
	else if (!judge_accepts(WD_ZLIB, out, req.dst_len, src, nbytes))
		rc = 3;
	free(out);
	return rc;
}

static int try_own_session(void)
{
	struct wd_comp_sess_setup setup = { .alg_type = WD_ZLIB, .op_type = WD_DIR_COMPRESS };
	handle_t sess = wd_comp_alloc_sess(&setup);
	int rc = sess ? try_job(sess, text(), NBYTES) : 10;

	wd_comp_free_sess(sess);
	return rc;
}

static void expect_child(pid_t pid)
{
	int status = -1;

	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && !WEXITSTATUS(status), "the child %s %d",
		      WIFEXITED(status) ? "returned" : "died of signal",
		      WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

static int try_everything(void)
{
	char alg[] = "zlib";
	int rc = wd_comp_init2(alg, SCHED_POLICY_RR, TASK_HW);

	if (rc)
		return 20;
	rc = try_own_session();
	wd_comp_uninit2();
	return rc;
}

START_TEST(fork_before_init_gives_two_users)
{
	pid_t pid = fork();

	if (!pid)
		_exit(try_everything());
	ck_assert_int_eq(try_everything(), 0);
	expect_child(pid);
}
END_TEST

START_TEST(a_child_compresses_at_once_with_an_inherited_session)
{
	handle_t sess;
	pid_t pid;

	job_init();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	if (_i)
		ck_assert_int_eq(try_job(sess, text(), NBYTES), 0);
	pid = fork();
	if (!pid)
		_exit(try_job(sess, text(), NBYTES));
	ck_assert_int_eq(try_job(sess, text() + 1, NBYTES), 0);
	expect_child(pid);
	ck_assert_int_eq(try_job(sess, text() + 2, NBYTES), 0);
	wd_comp_free_sess(sess);
	wd_comp_uninit2();
	job_expect_open_queues(0);
}
END_TEST

START_TEST(a_child_makes_sessions_of_its_own_and_ends_the_instance)
{
	pid_t pid;

	job_init();
	ck_assert_int_eq(try_own_session(), 0);
	pid = fork();
	if (!pid) {
		int rc = try_own_session();

		wd_comp_uninit2();
		_exit(rc ? rc : try_everything());
	}
	expect_child(pid);
	ck_assert_int_eq(try_own_session(), 0);
	wd_comp_uninit2();
	job_expect_open_queues(0);
}
END_TEST

START_TEST(a_grandchild_compresses_too)
{
	handle_t sess;
	pid_t pid;

	job_init();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	pid = fork();
	if (!pid) {
		int status = 0;

		if (_i && try_job(sess, text(), NBYTES))
			_exit(30);
		pid = fork();
		if (!pid)
			_exit(try_job(sess, text(), NBYTES));
		if (try_job(sess, text(), NBYTES))
			_exit(31);
		if (waitpid(pid, &status, 0) != pid)
			_exit(32);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 33);
	}
	expect_child(pid);
	ck_assert_int_eq(try_job(sess, text(), NBYTES), 0);
	wd_comp_free_sess(sess);
	wd_comp_uninit2();
	job_expect_open_queues(0);
}
END_TEST

START_TEST(a_child_that_ends_without_a_word_does_no_harm)
{
	handle_t sess;

	job_init();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	for (int i = 0; i < 10; i++) {
		pid_t pid = fork();

		if (!pid) {
			if (i % 3 == 1)
				try_job(sess, text(), NBYTES);
			if (i % 3 == 2)
				raise(SIGKILL);
			_exit(0);
		}
		ck_assert_int_eq(try_job(sess, text(), NBYTES), 0);
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	}
	ck_assert_int_eq(try_job(sess, text(), NBYTES), 0);
	job_expect_open_queues(4);
	wd_comp_free_sess(sess);
	wd_comp_uninit2();
	job_expect_open_queues(0);
}
END_TEST

/* exit() runs destructors and handlers of exit in the child. */
START_TEST(a_child_that_exits_in_order_does_no_harm)
{
	handle_t sess;
	pid_t pid;

	job_init();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	pid = fork();
	if (!pid) {
		wd_comp_free_sess(sess);
		wd_comp_uninit2();
		exit(0);
	}
	expect_child(pid);
	ck_assert_int_eq(try_job(sess, text(), NBYTES), 0);
	wd_comp_free_sess(sess);
}
END_TEST

/* ------------------------------------------------------ in the middle of work */

struct busy {
	pthread_t thread;
	handle_t sess;
	_Atomic bool *stop;
	unsigned int done, wrong;
};

static void *busy_main(void *arg)
{
	struct busy *b = arg;

	while (!atomic_load(b->stop) || b->done < 20) {
		b->wrong += try_job(b->sess, text() + b->done % 1000, 5000) != 0;
		b->done++;
	}
	return NULL;
}

START_TEST(fork_while_other_threads_have_jobs_in_flight)
{
	struct busy busy[3];
	_Atomic bool stop = false;
	handle_t sess;

	if (_i)
		setenv("WD_COMP_EPOLL_EN", "1", 1);
	job_init();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	for (int i = 0; i < 3; i++) {
		busy[i] = (struct busy){ .sess = sess, .stop = &stop };
		ck_assert_int_eq(pthread_create(&busy[i].thread, NULL, busy_main, &busy[i]), 0);
	}
	for (int i = 0; i < 15; i++) {
		pid_t pid = fork();

		if (!pid) {
			for (int job = 0; job < 3; job++) {
				int rc = try_job(sess, text(), NBYTES);

				if (rc)
					_exit(rc);
			}
			_exit(try_own_session());
		}
		expect_child(pid);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < 3; i++) {
		pthread_join(busy[i].thread, NULL);
		ck_assert_msg(!busy[i].wrong, "%u of %u jobs of a parent's thread", busy[i].wrong,
			      busy[i].done);
	}
	wd_comp_free_sess(sess);
	wd_comp_uninit2();
	job_expect_open_queues(0);
}
END_TEST

struct answer {
	_Atomic uint32_t calls;
	uint32_t wrong;
	const uint8_t *src;
	uint8_t out[6000];
};

static _Atomic uint32_t answers;

static void *on_answer(struct wd_comp_req *req, void *param)
{
	struct answer *a = param;

	a->wrong += req->status || !judge_accepts(WD_ZLIB, a->out, req->dst_len, a->src, 4000);
	atomic_fetch_add(&a->calls, 1);
	atomic_fetch_add(&answers, 1);
	return NULL;
}

static int send(handle_t sess, struct answer *a, const uint8_t *src)
{
	struct wd_comp_req req = { .src = (void *)(uintptr_t)src,
				   .src_len = 4000,
				   .dst = a->out,
				   .dst_len = sizeof(a->out),
				   .cb = on_answer,
				   .cb_param = a };

	a->src = src;
	return wd_do_comp_async(sess, &req);
}

#define IN_FLIGHT 100

/* The child has none of the parent's jobs; with those of its own all is as ever. */
static int child_of_asynchronous(handle_t sess)
{
	struct answer *a = calloc(IN_FLIGHT, sizeof(*a));
	uint32_t total = 0, count;

	for (int i = 0; i < 100; i++) {
		count = 0;
		wd_comp_poll(10, &count);
		if (count)
			return 40;
	}
	answers = 0;
	for (int i = 0; i < IN_FLIGHT; i++)
		if (send(sess, &a[i], text() + i))
			return 41;
	while (total < IN_FLIGHT) {
		count = 0;
		wd_comp_poll(10, &count);
		total += count;
	}
	for (int i = 0; i < IN_FLIGHT; i++)
		if (a[i].calls != 1 || a[i].wrong)
			return 42;
	free(a);
	return 0;
}

START_TEST(fork_with_asynchronous_jobs_in_flight)
{
	struct answer *a = calloc(IN_FLIGHT, sizeof(*a));
	handle_t sess;
	pid_t pid;

	job_init();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	for (int round = 0; round < 3; round++) {
		atomic_store(&answers, 0);
		for (int i = 0; i < IN_FLIGHT; i++)
			ck_assert_int_eq(send(sess, &a[i], text() + i * 10), 0);
		pid = fork();
		if (!pid)
			_exit(child_of_asynchronous(sess));
		job_poll_until(&answers, IN_FLIGHT);
		expect_child(pid);
		for (int i = 0; i < IN_FLIGHT; i++) {
			ck_assert_uint_eq(a[i].calls, (uint32_t)round + 1);
			ck_assert_uint_eq(a[i].wrong, 0);
		}
	}
	wd_comp_free_sess(sess);
	wd_comp_uninit2();
	free(a);
}
END_TEST

static pid_t forked_in_callback;

static void *on_fork(struct wd_comp_req *req, void *param)
{
	(void)req;
	forked_in_callback = fork();
	atomic_fetch_add((_Atomic uint32_t *)param, 1);
	return NULL;
}

START_TEST(fork_in_a_callback)
{
	struct answer *a = calloc(IN_FLIGHT, sizeof(*a));
	_Atomic uint32_t calls = 0;
	struct wd_comp_req req = { .src = (void *)text(),
				   .src_len = 4000,
				   .dst = a->out,
				   .dst_len = sizeof(a->out),
				   .cb = on_fork,
				   .cb_param = &calls };
	uint32_t count = 0;
	handle_t sess;

	job_init();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	ck_assert_int_eq(wd_do_comp_async(sess, &req), 0);
	while (!atomic_load(&calls))
		wd_comp_poll(1, &count);
	/* Both return from it. */
	if (!forked_in_callback)
		_exit(child_of_asynchronous(sess));
	expect_child(forked_in_callback);
	ck_assert_int_eq(child_of_asynchronous(sess), 0);
	wd_comp_free_sess(sess);
	wd_comp_uninit2();
	free(a);
}
END_TEST

START_TEST(poll_threads_of_the_library_exist_in_the_child_too)
{
	struct answer *a = calloc(2, sizeof(*a));
	handle_t sess;
	pid_t pid;

	setenv("WD_COMP_ASYNC_POLL_EN", "1", 1);
	ck_assert_int_eq(wd_comp_env_init(NULL), 0);
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	ck_assert_int_eq(send(sess, &a[0], text()), 0);
	while (!atomic_load(&a[0].calls))
		sched_yield();
	pid = fork();
	if (!pid) {
		if (send(sess, &a[1], text()))
			_exit(50);
		while (!atomic_load(&a[1].calls))
			sched_yield();
		_exit(a[1].wrong ? 51 : 0);
	}
	ck_assert_int_eq(send(sess, &a[1], text()), 0);
	while (!atomic_load(&a[1].calls))
		sched_yield();
	expect_child(pid);
	ck_assert_uint_eq(a[0].wrong + a[1].wrong, 0);
	wd_comp_free_sess(sess);
	wd_comp_env_uninit();
	free(a);
}
END_TEST

START_TEST(a_stream_goes_on_in_parent_and_child)
{
	static uint8_t packed[2 * NBYTES];
	struct wd_comp_req req = { .src = (void *)text(),
				   .src_len = NBYTES / 2,
				   .dst = packed,
				   .dst_len = sizeof(packed) };
	handle_t sess;
	size_t n;
	pid_t pid;

	job_init();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	ck_assert_int_eq(wd_do_comp_strm(sess, &req), 0);
	ck_assert_uint_eq(req.src_len, NBYTES / 2);
	n = req.dst_len;
	pid = fork();
	/* A stream is memory: each has one. The second halves differ. */
	n += job_stream(sess, WD_DIR_COMPRESS, text() + NBYTES / 2, NBYTES / 2 - (pid ? 0 : 1000),
			NBYTES, packed + n, sizeof(packed) - n, NBYTES);
	if (!pid)
		_exit(!judge_accepts(WD_ZLIB, packed, n, text(), NBYTES - 1000));
	expect_child(pid);
	ck_assert(judge_accepts(WD_ZLIB, packed, n, text(), NBYTES));
	wd_comp_free_sess(sess);
}
END_TEST

/* ------------------------------------------------------------- other programs */

START_TEST(vfork_and_exec_of_another_program)
{
	handle_t sess;

	job_init();
	sess = job_session(WD_ZLIB, WD_DIR_COMPRESS);
	for (int i = 0; i < 5; i++) {
		pid_t pid;

		ck_assert_int_eq(try_job(sess, text(), NBYTES), 0);
		pid = _i ? fork() : vfork();
		if (!pid) {
			execl("/bin/true", "true", (char *)NULL);
			_exit(60);
		}
		expect_child(pid);
	}
	ck_assert_int_eq(try_job(sess, text(), NBYTES), 0);
	ck_assert_int_eq(system("exit 0"), 0);
	ck_assert_int_eq(try_job(sess, text(), NBYTES), 0);
	wd_comp_free_sess(sess);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_test(tests, fork_before_init_gives_two_users);
	tcase_add_loop_test(tests, a_child_compresses_at_once_with_an_inherited_session, 0, 2);
	tcase_add_test(tests, a_child_makes_sessions_of_its_own_and_ends_the_instance);
	tcase_add_loop_test(tests, a_grandchild_compresses_too, 0, 2);
	tcase_add_test(tests, a_child_that_ends_without_a_word_does_no_harm);
	tcase_add_test(tests, a_child_that_exits_in_order_does_no_harm);
	tcase_add_loop_test(tests, fork_while_other_threads_have_jobs_in_flight, 0, 2);
	tcase_add_test(tests, fork_with_asynchronous_jobs_in_flight);
	tcase_add_test(tests, fork_in_a_callback);
	tcase_add_test(tests, poll_threads_of_the_library_exist_in_the_child_too);
	tcase_add_test(tests, a_stream_goes_on_in_parent_and_child);
	tcase_add_loop_test(tests, vfork_and_exec_of_another_program, 0, 2);
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN true
#endif
#endif
#if !defined(UNDER_TSAN) && defined(__SANITIZE_THREAD__)
#define UNDER_TSAN true
#elif !defined(UNDER_TSAN)
#define UNDER_TSAN false
#endif

int main(void)
{
	if (UNDER_TSAN) {
		puts("ThreadSanitizer's own memory does not survive a fork among threads");
		return 77;
	}
	corpus(CORPUS_TEXT);
	job_count_queues();
	return run_suite("fork", add_tests);
}
