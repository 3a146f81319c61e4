/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver on a device node: the emulated one, under wd-emulate, or a real one;
 * faults only on the former. Nothing of the library but contexts is between test
 * and driver. The same program runs with several kinds of device.
 */
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "../comp/control.h"
#include "data.h"
#include "drivers/hisi_qm/zip.h"
#include "runner.h"

#define NBYTES 5000
#define ROOM 8192
#define DEADLINE_MS 20000

static struct uacce_dev *dev;

struct side {
	handle_t ctx;
	struct wd_queue *q;
	struct wd_template t;
};

static struct side comp, decomp;

struct job {
	struct wd_comp_msg msg; /* first: what reap() gives is its address */
	uint8_t in[NBYTES], out[ROOM];
	bool done;
};

static struct job jobs[64];

static void side_open(struct side *s, uint32_t op)
{
	struct wd_comp_params p = { .alg_type = WD_GZIP, .win_sz = WD_COMP_WS_32K, .op_type = op };
	struct wd_queue_config config = { .op_type = op };

	s->ctx = wd_request_ctx(dev);
	ck_assert_msg(s->ctx, "cannot open a queue: %s", strerror(errno));
	config.ctx = s->ctx;
	ck_assert_int_eq(hisi_zip_driver.queue_open(&config, &s->q), 0);
	ck_assert_int_eq(hisi_zip_driver.session_init(s->q, &p, &s->t), 0);
}

static void side_close(struct side *s)
{
	hisi_zip_driver.queue_close(s->q);
	wd_release_ctx(s->ctx);
}

static void setup(void)
{
	dev = wd_get_accel_dev("gzip");
	ck_assert_msg(dev, "no device");
	side_open(&comp, WD_DIR_COMPRESS);
	side_open(&decomp, WD_DIR_DECOMPRESS);
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++)
		data_fill(jobs[i].in, NBYTES, i % DATA_KINDS);
}

static void teardown(void)
{
	side_close(&comp);
	side_close(&decomp);
	free(dev);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int submit(struct side *s, struct job *j)
{
	memset(&j->msg, 0, sizeof(j->msg));
	j->msg.tmpl = &s->t;
	j->msg.src = j->in;
	j->msg.src_len = NBYTES;
	j->msg.dst = j->out;
	j->msg.dst_len = ROOM;
	j->done = false;
	return hisi_zip_driver.submit(s->q, &j->msg.head);
}

/* Collect until @n came back or the queue fails; sleeping or spinning. Count or the failure. */
static int collect(struct side *s, int n, bool sleeping)
{
	int64_t deadline = now_ms() + DEADLINE_MS;
	struct wd_msg *done[16];
	int got = 0, ret;

	while (got < n) {
		ck_assert_msg(now_ms() < deadline, "%d of %d came back", got, n);
		ret = hisi_zip_driver.reap(s->q, done, 16);
		if (ret < 0)
			return ret;
		for (int i = 0; i < ret; i++)
			((struct job *)done[i])->done = true;
		got += ret;
		if (ret || !sleeping)
			continue;
		ck_assert_int_eq(hisi_zip_driver.arm(s->q), 0);
		ret = hisi_zip_driver.reap(s->q, done, 16);
		ck_assert_int_ge(ret, 0);
		for (int i = 0; i < ret; i++)
			((struct job *)done[i])->done = true;
		got += ret;
		if (!ret)
			ck_assert_int_ge(wd_ctx_wait(s->ctx, 1000), 0);
	}
	return got;
}

static void check_compressed(struct job *j)
{
	static uint8_t back[NBYTES];

	ck_assert(j->done);
	ck_assert_int_eq(j->msg.head.result, 0);
	ck_assert_uint_eq(j->msg.status, WD_SUCCESS);
	ck_assert_uint_eq(j->msg.consumed, NBYTES);
	ck_assert_int_eq(data_inflate(WD_GZIP, j->out, j->msg.produced, back, NBYTES), NBYTES);
	ck_assert_int_eq(memcmp(back, j->in, NBYTES), 0);
}

static void one_good_job(void)
{
	ck_assert_int_eq(submit(&comp, &jobs[0]), 0);
	ck_assert_int_eq(collect(&comp, 1, false), 1);
	check_compressed(&jobs[0]);
}

static int room_for(struct side *s, int n)
{
	return (int)s->q->capacity < n ? (int)s->q->capacity : n;
}

static void many_jobs(bool sleeping)
{
	int n = room_for(&comp, 64);

	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < n; i++)
			ck_assert_int_eq(submit(&comp, &jobs[i]), 0);
		ck_assert_int_eq(collect(&comp, n, sleeping), n);
		for (int i = 0; i < n; i++)
			check_compressed(&jobs[i]);
	}
	ck_assert_uint_eq(wd_queue_inflight(comp.q), 0);
}

TEST(z05_many_in_flight_collected_by_spinning)
{
	many_jobs(false);
}

TEST(c23_many_in_flight_collected_by_sleeping)
{
	many_jobs(true);
}

TEST(z09_what_was_compressed_is_decompressed_by_the_other_queue)
{
	static struct job back;

	one_good_job();
	memset(&back.msg, 0, sizeof(back.msg));
	back.msg.tmpl = &decomp.t;
	back.msg.src = jobs[0].out;
	back.msg.src_len = jobs[0].msg.produced;
	back.msg.dst = back.out;
	back.msg.dst_len = NBYTES;
	ck_assert_int_eq(hisi_zip_driver.submit(decomp.q, &back.msg.head), 0);
	ck_assert_int_eq(collect(&decomp, 1, true), 1);
	ck_assert_uint_eq(back.msg.status, WD_SUCCESS);
	ck_assert_uint_eq(back.msg.consumed, jobs[0].msg.produced);
	ck_assert_uint_eq(back.msg.produced, NBYTES);
	ck_assert_int_eq(memcmp(back.out, jobs[0].in, NBYTES), 0);
}

/* ---------------------------------------------------------- many threads */

#define THREADS 4
#define THREAD_JOBS 300

static void *thread_main(void *arg)
{
	struct job *mine = arg;
	struct wd_msg *done[4];
	int n, ret;

	for (int i = 0; i < THREAD_JOBS; i++) {
		while ((ret = submit(&comp, mine)) == -WD_EBUSY)
			sched_yield();
		ck_assert_int_eq(ret, 0);
		while (!__atomic_load_n(&mine->done, __ATOMIC_ACQUIRE)) {
			n = hisi_zip_driver.reap(comp.q, done, 4);
			ck_assert_int_ge(n, 0);
			for (int k = 0; k < n; k++)
				__atomic_store_n(&((struct job *)done[k])->done, true,
						 __ATOMIC_RELEASE);
			if (!n)
				sched_yield();
		}
		ck_assert_uint_eq(mine->msg.consumed, NBYTES);
		ck_assert_int_eq(mine->msg.head.result, 0);
	}
	return NULL;
}

TEST(f26_threads_share_one_queue_of_the_device)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, thread_main, &jobs[i]), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < THREADS; i++)
		check_compressed(&jobs[i]);
	ck_assert_uint_eq(atomic_load(&comp.q->completed), THREADS * THREAD_JOBS);
}

/* ----------------------------------------------------------------- streams */

TEST(z10_z15_a_stream_moves_through_the_device_and_back)
{
	void *memory = aligned_alloc(64, (hisi_zip_driver.stream_nbytes + 63) & ~63ul);
	static uint8_t in[100000], mid[200000], out[100000];
	struct wd_comp_msg msg;
	uint32_t from = 0, to = 0, len;
	struct wd_msg *done;
	int ret;

	data_fill(in, sizeof(in), DATA_TEXT);
	hisi_zip_driver.stream_reset(memory);
	do {
		len = sizeof(in) - from < 7777 ? sizeof(in) - from : 7777;
		memset(&msg, 0, sizeof(msg));
		msg.tmpl = &comp.t;
		msg.stream = memory;
		msg.src = in + from;
		msg.src_len = len;
		msg.dst = mid + to;
		msg.dst_len = from % 2 ? 150 : 9000;
		msg.last = from + len == sizeof(in);
		ret = hisi_zip_driver.submit(comp.q, &msg.head);
		ck_assert(ret == 0 || ret == WD_SUBMIT_DONE);
		while (!ret && !(ret = hisi_zip_driver.reap(comp.q, &done, 1)))
			;
		ck_assert_int_eq(ret, 1);
		from += msg.consumed;
		to += msg.produced;
	} while (msg.status != WD_STREAM_END);
	ck_assert_int_eq(data_inflate(WD_GZIP, mid, to, out, sizeof(out)), sizeof(out));
	ck_assert_int_eq(memcmp(in, out, sizeof(in)), 0);
	free(memory);
}

/* ------------------------------------------------------------------ faults */

static int abort_all(struct side *s)
{
	struct wd_msg *lost[16];
	int n, all = 0;

	do {
		n = hisi_zip_driver.abort(s->q, lost, 16);
		for (int i = 0; i < n; i++)
			ck_assert_int_eq(lost[i]->result, -WD_EIO);
		all += n;
	} while (n == 16);
	return all;
}

/* Stop, hand back, open anew: a device in reset refuses for a moment. */
static int recover(struct side *s)
{
	int64_t deadline = now_ms() + DEADLINE_MS;
	int lost, ret;

	ck_assert_int_eq(hisi_zip_driver.stop(s->q), 0);
	lost = abort_all(s);
	while ((ret = hisi_zip_driver.restart(s->q)) == -EPERM && now_ms() < deadline)
		usleep(1000);
	ck_assert_int_eq(ret, 0);
	return lost;
}

static void set_fault(const char *fault)
{
	control(NULL, 0, "fault %s %s", control_device(), fault);
}

TEST(c21_f14_reset_kills_the_queue_and_a_restart_brings_it_back)
{
	static const uint8_t gzip_header[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };
	int n = room_for(&comp, 8);

	one_good_job();
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(submit(&comp, &jobs[i]), 0);
	control(NULL, 0, "reset %s", control_device());
	ck_assert_int_eq(submit(&comp, &jobs[63]), -WD_HW_EACCESS);
	ck_assert_int_eq(collect(&comp, n + 1, false), -WD_HW_EACCESS);
	recover(&comp);
	one_good_job();
	/* The other queue of the function died with it. */
	memcpy(jobs[1].in, gzip_header, sizeof(gzip_header));
	ck_assert_int_eq(submit(&decomp, &jobs[1]), -WD_HW_EACCESS);
	recover(&decomp);
}

TEST(f02_job_that_never_completes_is_given_back_by_stop)
{
	int n = room_for(&comp, 5);

	set_fault("hang count=1");
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(submit(&comp, &jobs[i]), 0);
	ck_assert_int_eq(recover(&comp), n);
	one_good_job();
}

TEST(f02_lost_doorbell_is_made_good_by_a_kick)
{
	int64_t deadline = now_ms() + DEADLINE_MS;
	struct wd_msg *done;

	set_fault("lose-doorbell count=1");
	ck_assert_int_eq(submit(&comp, &jobs[0]), 0);
	while (!hisi_zip_driver.reap(comp.q, &done, 1)) {
		ck_assert_int_lt(now_ms(), deadline);
		usleep(1000);
		hisi_zip_driver.kick(comp.q);
	}
	ck_assert_int_eq(jobs[0].msg.head.result, 0);
	one_good_job();
}

TEST(f04_wrong_index_and_repeated_completion_break_the_queue)
{
	static const char *const faults[] = { "bad-index count=1 arg=65535",
					      "bad-index count=1 arg=5",
					      "repeat-completion count=1" };

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		one_good_job();
		set_fault(faults[i]);
		ck_assert_int_eq(submit(&comp, &jobs[0]), 0);
		if (comp.q->capacity > 1)
			ck_assert_int_eq(submit(&comp, &jobs[1]), 0);
		ck_assert_int_eq(collect(&comp, 3, false), -WD_EIO);
		ck_assert_int_eq(submit(&comp, &jobs[2]), -WD_EIO);
		recover(&comp);
	}
	one_good_job();
}

TEST(f05_impossible_lengths_fail_the_job_and_not_the_queue)
{
	set_fault("corrupt-length count=1 arg=4294967295");
	ck_assert_int_eq(submit(&comp, &jobs[0]), 0);
	ck_assert_int_eq(collect(&comp, 1, false), 1);
	ck_assert_int_eq(jobs[0].msg.head.result, -WD_EIO);
	ck_assert_uint_eq(jobs[0].msg.produced, 0);
	one_good_job();
}

TEST(f07_bad_addresses_are_a_status_or_a_failed_queue_never_a_crash)
{
	ck_assert_int_eq(submit(&comp, &jobs[0]), 0);
	ck_assert_int_eq(collect(&comp, 1, false), 1);
	memset(&jobs[1].msg, 0, sizeof(jobs[1].msg));
	jobs[1].msg.tmpl = &comp.t;
	jobs[1].msg.src = (void *)0xdead0000dead0000;
	jobs[1].msg.src_len = NBYTES;
	jobs[1].msg.dst = jobs[1].out;
	jobs[1].msg.dst_len = ROOM;
	ck_assert_int_eq(hisi_zip_driver.submit(comp.q, &jobs[1].msg.head), 0);
	if (collect(&comp, 1, true) == 1)
		ck_assert_uint_ne(jobs[1].msg.status, WD_SUCCESS);
	else
		recover(&comp);
	one_good_job();
}

TEST(f13_completion_after_stop_reaches_nobody)
{
	set_fault("delay count=1 arg=300000");
	ck_assert_int_eq(submit(&comp, &jobs[0]), 0);
	recover(&comp);
	one_good_job();
	usleep(400000);
	one_good_job();
	ck_assert_uint_eq(wd_queue_inflight(comp.q), 0);
}

TEST(f21_child_of_fork_forgets_and_opens_its_own)
{
	int n = room_for(&comp, 4), status;
	pid_t pid;

	for (int i = 0; i < n; i++)
		ck_assert_int_eq(submit(&comp, &jobs[i]), 0);
	pid = fork();
	if (!pid) {
		alarm(30);
		hisi_zip_driver.forked(comp.q);
		hisi_zip_driver.forked(decomp.q);
		ck_assert_int_eq(submit(&comp, &jobs[9]), -WD_EIO);
		ck_assert_int_eq(abort_all(&comp), 0);
		ck_assert_int_eq(hisi_zip_driver.restart(comp.q), 0);
		one_good_job();
		hisi_zip_driver.queue_close(comp.q);
		hisi_zip_driver.queue_close(decomp.q);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(collect(&comp, n, true), n);
	for (int i = 0; i < n; i++)
		check_compressed(&jobs[i]);
}

TEST(open_and_close_give_every_queue_back)
{
	int before = wd_get_avail_ctx(dev);
	struct side more;

	for (int i = 0; i < 100; i++) {
		side_open(&more, WD_DIR_COMPRESS);
		side_close(&more);
	}
	for (int64_t deadline = now_ms() + DEADLINE_MS; wd_get_avail_ctx(dev) != before;)
		ck_assert_int_lt(now_ms(), deadline);
}

int main(void)
{
	return run_tests("zip_device", setup, teardown);
}
