/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many threads on one ring with a device in a thread of its own: every job comes
 * back once, with its own result. Made for the thread sanitizer, which checks
 * the order of every store and load on both sides; without it a plain test.
 */
#include <pthread.h>
#include <sched.h>
#include "ring.h"
#include "runner.h"

#define THREADS 4
#define WINDOW 40 /* jobs of one thread in flight */
#define JOBS 4000 /* per thread */

static struct ring r;
static pthread_mutex_t device_lock = PTHREAD_MUTEX_INITIALIZER; /* held while the device acts */
static _Atomic bool device_stops;
static _Atomic uint32_t lost, completed;

/* A job with the number of times it came back in this round. */
struct counted {
	struct job job;
	_Atomic uint32_t back;
};

static struct counted all[THREADS][WINDOW];

/* The device: answers each element from what it says, so that a mix-up shows. */
static void device_step(void)
{
	uint32_t tail;

	pthread_mutex_lock(&device_lock);
	if (r.fake.state == FAKE_STARTED) {
		tail = fake_tail(&r.fake);
		while (r.fake.sq_head != tail) {
			struct hisi_zip_sqe *sqe = fake_sqe(&r.fake, r.fake.sq_head);
			uint32_t n = field_get(sqe, ZIP_INPUT_LENGTH);

			ring_answer(&r, r.fake.sq_head, n, n / 2, 0);
			fake_complete(&r.fake);
		}
	}
	pthread_mutex_unlock(&device_lock);
}

static void *device_main(void *arg)
{
	(void)arg;
	while (!device_stops) {
		device_step();
		sched_yield();
	}
	return NULL;
}

/* Hand jobs back to whoever they belong to. */
static void count_back(struct wd_msg **done, int n)
{
	for (int i = 0; i < n; i++) {
		struct counted *c = (struct counted *)done[i];

		if (done[i]->result) {
			atomic_fetch_add(&lost, 1);
		} else {
			ck_assert_uint_eq(c->job.msg.consumed, c->job.msg.src_len);
			ck_assert_uint_eq(c->job.msg.produced, c->job.msg.src_len / 2 + 2);
			atomic_fetch_add(&completed, 1);
		}
		atomic_fetch_add_explicit(&c->back, 1, memory_order_release);
	}
}

/* The fake MMIO page loses doorbells as a shared page does: a kick makes up for it. */
static void reap_some(void)
{
	struct wd_msg *done[8];
	int n = ring_reap(&r, done, 8);

	count_back(done, n);
	if (n > 0)
		return;
	if (!r.fake.offers_shadow)
		hisi_zip_driver.kick(r.q);
	sched_yield();
}

static void submit_counted(struct counted *c, uint32_t src_len)
{
	int ret;

	do {
		job_prepare(&r, &c->job);
		c->job.msg.src_len = src_len;
		atomic_store_explicit(&c->back, 0, memory_order_relaxed);
		ret = hisi_zip_driver.submit(r.q, &c->job.msg.head);
		if (ret)
			reap_some();
	} while (ret == -WD_EBUSY || ret == -WD_EIO);
	ck_assert_int_eq(ret, 0);
}

static void *worker_main(void *arg)
{
	struct counted *mine = arg;
	uint32_t id = (mine - all[0]) / WINDOW;

	for (uint32_t i = 0; i < JOBS; i += WINDOW) {
		for (uint32_t k = 0; k < WINDOW; k++)
			submit_counted(&mine[k], 2 + (id * WINDOW + k) % 60);
		for (uint32_t k = 0; k < WINDOW; k++)
			while (!atomic_load_explicit(&mine[k].back, memory_order_acquire))
				reap_some();
		for (uint32_t k = 0; k < WINDOW; k++)
			ck_assert_uint_eq(mine[k].back, 1);
	}
	return NULL;
}

static void run_workers(void *(*other)(void *))
{
	pthread_t worker[THREADS], device, extra;

	device_stops = false;
	ck_assert_int_eq(pthread_create(&device, NULL, device_main, NULL), 0);
	if (other)
		ck_assert_int_eq(pthread_create(&extra, NULL, other, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&worker[i], NULL, worker_main, all[i]), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(worker[i], NULL);
	device_stops = true;
	pthread_join(device, NULL);
	if (other)
		pthread_join(extra, NULL);
	ck_assert_uint_eq(lost + completed, THREADS * JOBS);
	ck_assert_uint_eq(wd_queue_inflight(r.q), 0);
}

static void open_ring(bool shadow, uint16_t depth)
{
	fake_init(&r.fake, 3);
	r.fake.offers_shadow = shadow;
	r.fake.sq_depth = depth;
	r.fake.cq_depth = depth;
	ring_open(&r);
}

TEST(f26_many_threads_one_queue)
{
	open_ring(false, 1024);
	run_workers(NULL);
	ck_assert_uint_eq(lost, 0);
	ring_free(&r);
}

TEST(f26_many_threads_one_short_ring_with_shadow_doorbells)
{
	open_ring(true, 8);
	run_workers(NULL);
	ck_assert_uint_eq(lost, 0);
	ring_free(&r);
}

static void *pester_main(void *arg)
{
	(void)arg;
	while (!device_stops) {
		hisi_zip_driver.arm(r.q);
		hisi_zip_driver.kick(r.q);
		wd_queue_inflight(r.q);
		sched_yield();
	}
	return NULL;
}

TEST(arm_and_kick_from_another_thread_disturb_nobody)
{
	open_ring(true, 64);
	run_workers(pester_main);
	ck_assert_uint_eq(lost, 0);
	ring_free(&r);
}

/* Stop, abort and restart while all others go on. */
static void *restart_main(void *arg)
{
	struct wd_msg *msgs[16];
	int n;

	(void)arg;
	while (!device_stops) {
		for (int i = 0; i < 200 && !device_stops; i++)
			sched_yield();
		pthread_mutex_lock(&device_lock);
		ck_assert_int_eq(hisi_zip_driver.stop(r.q), 0);
		pthread_mutex_unlock(&device_lock);
		do {
			n = hisi_zip_driver.abort(r.q, msgs, 16);
			count_back(msgs, n);
		} while (n == 16);
		pthread_mutex_lock(&device_lock);
		ck_assert_int_eq(hisi_zip_driver.restart(r.q), 0);
		pthread_mutex_unlock(&device_lock);
	}
	return NULL;
}

TEST(f09_f14_stop_abort_restart_race_with_everybody_and_each_job_returns_once)
{
	open_ring(false, 64);
	run_workers(restart_main);
	ring_free(&r);
	open_ring(true, 64);
	lost = completed = 0;
	run_workers(restart_main);
	ring_free(&r);
}

int main(void)
{
	return run_tests("qm_threads", NULL, NULL);
}
