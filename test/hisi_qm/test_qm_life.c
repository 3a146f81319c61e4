/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Life of a queue: opening and each way it fails, stopping, handing back,
 * restarting, fork. The checklist's lines on it (queue facts, section 16) are
 * c<line>_..., of the fault matrix f<row>_...
 */
#include <sys/wait.h>
#include <unistd.h>
#include "ring.h"
#include "runner.h"

static struct ring r;
static struct job jobs[1100];
static struct wd_msg *done[1100];

/* The allocation with this number from now on fails; 0: none. */
static int failing_allocation;

void *__real_calloc(size_t n, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);

static bool allocation_fails(void)
{
	return failing_allocation && !--failing_allocation;
}

void *__wrap_calloc(size_t n, size_t size)
{
	return allocation_fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
	return allocation_fails() ? NULL : __real_aligned_alloc(align, size);
}

static void submit_some(int n)
{
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(ring_submit(&r, &jobs[i]), 0);
}

static void one_job_works(void)
{
	ck_assert_int_eq(ring_submit(&r, &jobs[0]), 0);
	fake_complete(&r.fake);
	ck_assert_int_eq(ring_reap(&r, done, 2), 1);
	ck_assert_ptr_eq(done[0], &jobs[0].msg.head);
}

/* ---------------------------------------------------------------- opening */

static int try_open(struct fake *f, uint32_t op_type)
{
	struct wd_queue_config config = { .ctx = fake_ctx(f), .op_type = op_type };
	struct wd_queue *q = NULL;
	int ret = hisi_zip_driver.queue_open(&config, &q);

	if (ret)
		ck_assert_ptr_null(q);
	else
		hisi_zip_driver.queue_close(q);
	return ret;
}

static void check_open_fails(enum fake_call call, int error)
{
	fake_init(&r.fake, 3);
	r.fake.error[call] = error;
	ck_assert_int_eq(try_open(&r.fake, 0), -error);
	ck_assert_uint_eq(r.fake.mapped, 0);
	ck_assert_int_eq(r.fake.state, FAKE_INIT);
	ck_assert_int_eq(fake_log_lines(), 1);
	/* The same context can be opened when the cause is gone. */
	r.fake.error[call] = 0;
	ck_assert_int_eq(try_open(&r.fake, 0), 0);
	ck_assert_uint_eq(r.fake.mapped, 0);
	fake_free(&r.fake);
}

TEST(f17_open_fails_at_each_step_and_leaves_nothing)
{
	check_open_fails(FAKE_MAP_DUS, ENXIO);
	check_open_fails(FAKE_MAP_MMIO, ENOMEM);
	check_open_fails(FAKE_SET_CTX, ENXIO);
	check_open_fails(FAKE_SET_INFO, EFAULT);
	check_open_fails(FAKE_START, EPERM);
	check_open_fails(FAKE_START, EIO);
	check_open_fails(FAKE_START, ETIMEDOUT);
}

TEST(f18_open_without_memory_gives_enomem_at_each_allocation)
{
	int n = 0, ret;

	do {
		fake_init(&r.fake, 3);
		failing_allocation = ++n;
		ret = try_open(&r.fake, 0);
		ck_assert(ret == 0 || ret == -WD_ENOMEM);
		ck_assert_uint_eq(r.fake.mapped, 0);
		failing_allocation = 0;
		fake_free(&r.fake);
	} while (ret);
	ck_assert_int_eq(n, 3); /* queue and slots failed, then none did */
}

TEST(c16_set_qp_info_einval_means_depth_1024)
{
	fake_init(&r.fake, 3);
	r.fake.error[FAKE_SET_INFO] = EINVAL;
	ring_open(&r);
	ck_assert_uint_eq(ring_qm(&r)->depth, 1024);
	ck_assert_uint_eq(r.q->capacity, 1023);
	one_job_works();
	ring_free(&r);
}

TEST(op_type_becomes_the_queue_type)
{
	fake_init(&r.fake, 3);
	ck_assert_int_eq(try_open(&r.fake, WD_DIR_DECOMPRESS), 0);
	ck_assert_uint_eq(r.fake.qc_type, ZIP_QUEUE_DECOMP);
	ck_assert_int_eq(try_open(&r.fake, WD_DIR_MAX), -WD_EINVAL);
	fake_free(&r.fake);
}

TEST(version_1_is_refused_with_one_line)
{
	fake_init(&r.fake, 1);
	ck_assert_int_eq(try_open(&r.fake, 0), -WD_ENODEV);
	ck_assert_int_eq(fake_log_lines(), 1);
	ck_assert_ptr_nonnull(strstr(fake_log_text(), "hisi_qm_v1"));
	ck_assert_int_eq(r.fake.calls[FAKE_MAP_DUS], 0);
	fake_free(&r.fake);
}

TEST(api_number_is_read_exactly)
{
	static const struct {
		const char *api;
		unsigned int version;
	} t[] = { { "hisi_qm_v1", 1 },		{ "hisi_qm_v2", 2 },
		  { "hisi_qm_v3", 3 },		{ "hisi_qm_v5", 5 },
		  { "hisi_qm_v12", 12 },	{ "hisi_qm_v3_noiommu", 3 },
		  { "hisi_qm_v", 0 },		{ "hisi_qm_v0", 0 },
		  { "hisi_qm_vx", 0 },		{ "hisi_qm_v3x", 0 },
		  { "hisi_qm_v3_", 0 },		{ "", 0 },
		  { "other_v3", 0 },		{ "hisi_qm_v-3", 0 },
		  { "hisi_qm_v99999999999", 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		ck_assert_uint_eq(qm_api_version(t[i].api), t[i].version);
	ck_assert_uint_eq(qm_api_version(NULL), 0);
	fake_init(&r.fake, 3);
	strcpy(r.fake.dev.api, "hisi_qm_v");
	ck_assert_int_eq(try_open(&r.fake, 0), -WD_EINVAL);
}

static void check_numbers_refused(uint32_t sqe, uint16_t sq, uint16_t cq)
{
	fake_init(&r.fake, 3);
	r.fake.sqe_nbytes = sqe;
	r.fake.sq_depth = sq;
	r.fake.cq_depth = cq;
	ck_assert_int_eq(try_open(&r.fake, 0), -WD_EINVAL);
	ck_assert_uint_eq(r.fake.mapped, 0);
	fake_free(&r.fake);
}

TEST(impossible_ring_numbers_are_refused)
{
	check_numbers_refused(64, 1024, 1024);
	check_numbers_refused(128, 1, 1024);
	check_numbers_refused(128, 0, 0);
	check_numbers_refused(128, 1024, 1);
	check_numbers_refused(128, 1024, 2048);
	check_numbers_refused(128, 2048, 1024);
}

TEST(region_smaller_than_its_rings_is_refused)
{
	fake_init(&r.fake, 3);
	r.fake.sq_depth = 512; /* the region that is mapped; then the kernel says 1024 */
	r.fake.error[FAKE_SET_INFO] = EINVAL;
	ck_assert_int_eq(try_open(&r.fake, 0), -WD_EINVAL);
	ck_assert_uint_eq(r.fake.mapped, 0);
	fake_free(&r.fake);
}

TEST(shadow_that_cannot_be_had_is_done_without)
{
	static const enum fake_call calls[] = { FAKE_SHADOW, FAKE_MAP_SHADOW };

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		fake_init(&r.fake, 3);
		r.fake.offers_shadow = true;
		r.fake.error[calls[i]] = EINVAL;
		ring_open(&r);
		ck_assert_ptr_null(ring_qm(&r)->shadow);
		r.fake.shadow_enabled = false;
		one_job_works();
		ring_free(&r);
	}
}

TEST(idle_queue_costs_less_than_32_kib)
{
	ck_assert_uint_lt(sizeof(struct zip_queue) + 1024 * sizeof(struct wd_msg *), 32768);
	ring_new(&r, 3);
	ck_assert_ptr_null(ring_qm(&r)->sgls.of_slot);
	ck_assert_uint_eq(ring_qm(&r)->sgls.idle_nbytes, 0);
	ring_free(&r);
}

/* ------------------------------------------------------- stop and restart */

static void open_model(bool old_put)
{
	fake_init(&r.fake, 3);
	r.fake.old_put = old_put;
	ring_open(&r);
}

static void is_stopped(void)
{
	ck_assert_int_eq(ring_submit(&r, &jobs[1099]), -WD_EIO);
	ck_assert_int_eq(ring_reap(&r, done, 9), -WD_EIO);
	ck_assert_int_eq(hisi_zip_driver.arm(r.q), -WD_EIO);
	fake_doorbell(&r.fake);
	hisi_zip_driver.kick(r.q);
	ck_assert_uint_eq(fake_doorbell(&r.fake), FAKE_NO_DOORBELL);
}

static void stop_abort_restart(bool old_put)
{
	bool seen[7] = { false };

	open_model(old_put);
	submit_some(7);
	fake_complete(&r.fake);
	ck_assert_int_eq(ring_reap(&r, done, 9), 1);
	ck_assert_int_eq(hisi_zip_driver.stop(r.q), 0);
	is_stopped();
	ck_assert_int_eq(hisi_zip_driver.stop(r.q), 0);
	ck_assert_int_eq(r.fake.calls[FAKE_PUT], 1);
	ck_assert_int_eq(hisi_zip_driver.restart(r.q), -WD_EBUSY); /* not handed back yet */

	ck_assert_int_eq(hisi_zip_driver.abort(r.q, done, 4), 4);
	ck_assert_int_eq(hisi_zip_driver.abort(r.q, done + 4, 4), 2);
	ck_assert_int_eq(hisi_zip_driver.abort(r.q, done + 6, 4), 0);
	for (int i = 0; i < 6; i++) {
		struct job *j = (struct job *)done[i];

		ck_assert_int_eq(done[i]->result, -WD_EIO);
		ck_assert(!seen[j - jobs]);
		seen[j - jobs] = true;
	}
	ck_assert(!seen[0]);
	is_stopped();

	ck_assert_int_eq(hisi_zip_driver.restart(r.q), 0);
	ck_assert_int_eq(r.fake.calls[FAKE_REOPEN], 1);
	one_job_works();
	ring_free(&r);
	ck_assert_uint_eq(r.fake.mapped, 0);
}

TEST(stop_abort_restart_with_put_that_only_stops)
{
	stop_abort_restart(false);
}

TEST(stop_abort_restart_with_put_that_releases)
{
	stop_abort_restart(true);
}

TEST(abort_without_stop_hands_nothing_back)
{
	open_model(false);
	submit_some(2);
	ck_assert_int_eq(hisi_zip_driver.abort(r.q, done, 9), 0);
	ck_assert_int_eq(hisi_zip_driver.restart(r.q), -WD_EBUSY);
	fake_complete(&r.fake);
	ck_assert_int_eq(ring_reap(&r, done, 9), 1);
	ring_free(&r);
}

TEST(f13_late_completion_after_stop_reaches_nobody)
{
	open_model(false);
	submit_some(3);
	ck_assert_int_eq(hisi_zip_driver.stop(r.q), 0);
	fake_complete(&r.fake);
	ck_assert_int_eq(ring_reap(&r, done, 9), -WD_EIO);
	ck_assert_int_eq(hisi_zip_driver.abort(r.q, done, 9), 3);
	ck_assert_int_eq(hisi_zip_driver.restart(r.q), 0);
	/* The old completion is not in the new ring. */
	ck_assert_int_eq(ring_submit(&r, &jobs[0]), 0);
	ck_assert_int_eq(ring_reap(&r, done, 9), 0);
	fake_complete(&r.fake);
	ck_assert_int_eq(ring_reap(&r, done, 9), 1);
	ring_free(&r);
}

TEST(c21_after_a_reset_a_restart_works_and_the_old_queue_never)
{
	open_model(false);
	submit_some(5);
	fake_set_tx(&r.fake, 1);
	fake_set_rx(&r.fake, 1);
	ck_assert_int_eq(ring_submit(&r, &jobs[9]), -WD_HW_EACCESS);
	ck_assert_int_eq(ring_reap(&r, done, 9), -WD_HW_EACCESS);
	ck_assert_int_eq(ring_reap(&r, done, 9), -WD_HW_EACCESS);
	ck_assert_int_eq(hisi_zip_driver.stop(r.q), 0);
	ck_assert_int_eq(hisi_zip_driver.abort(r.q, done, 9), 5);
	ck_assert_int_eq(hisi_zip_driver.restart(r.q), 0);
	one_job_works();
	ring_free(&r);
}

TEST(restart_that_fails_stays_stopped_and_can_be_tried_again)
{
	static const enum fake_call calls[] = {FAKE_REOPEN, FAKE_MAP_DUS, FAKE_MAP_MMIO,
					       FAKE_SET_CTX, FAKE_START};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		open_model(false);
		submit_some(2);
		ck_assert_int_eq(hisi_zip_driver.stop(r.q), 0);
		ck_assert_int_eq(hisi_zip_driver.abort(r.q, done, 9), 2);
		r.fake.error[calls[i]] = EPERM;
		ck_assert_int_eq(hisi_zip_driver.restart(r.q), -EPERM);
		ck_assert_int_eq(ring_submit(&r, &jobs[0]), -WD_EIO);
		ck_assert_int_eq(ring_reap(&r, done, 9), -WD_EIO);
		ck_assert_int_eq(hisi_zip_driver.arm(r.q), -WD_EIO);
		hisi_zip_driver.kick(r.q);
		ck_assert_uint_eq(r.fake.mapped, 0);
		r.fake.error[calls[i]] = 0;
		ck_assert_int_eq(hisi_zip_driver.restart(r.q), 0);
		one_job_works();
		ring_free(&r);
	}
}

TEST(restart_into_another_depth)
{
	open_model(false);
	ck_assert_int_eq(hisi_zip_driver.stop(r.q), 0);
	free(r.fake.dus);
	r.fake.dus = NULL;
	r.fake.sq_depth = 2048;
	r.fake.cq_depth = 2048;
	ck_assert_int_eq(hisi_zip_driver.restart(r.q), 0);
	ck_assert_uint_eq(r.q->capacity, 2047);
	for (int i = 0; i < 3000; i++)
		one_job_works();
	ring_free(&r);
}

TEST(stop_that_the_kernel_refuses_closes_the_descriptor)
{
	open_model(false);
	submit_some(2);
	r.fake.error[FAKE_PUT] = EBADF;
	ck_assert_int_eq(hisi_zip_driver.stop(r.q), 0);
	ck_assert_int_eq(r.fake.calls[FAKE_REOPEN], 1);
	ck_assert_int_eq(hisi_zip_driver.abort(r.q, done, 9), 2);
	r.fake.error[FAKE_PUT] = 0;
	ck_assert_int_eq(hisi_zip_driver.restart(r.q), 0);
	one_job_works();
	ring_free(&r);
}

TEST(stop_that_cannot_be_done_says_so_and_still_hands_back)
{
	open_model(false);
	submit_some(2);
	r.fake.error[FAKE_PUT] = EBADF;
	r.fake.error[FAKE_REOPEN] = EMFILE;
	ck_assert_int_eq(hisi_zip_driver.stop(r.q), -EBADF);
	ck_assert_int_eq(fake_log_lines(), 1);
	ck_assert_int_eq(hisi_zip_driver.abort(r.q, done, 9), 2);
	ring_free(&r);
}

TEST(close_of_a_running_queue_stops_it_and_null_is_fine)
{
	open_model(false);
	submit_some(3);
	ring_free(&r);
	ck_assert_int_eq(r.fake.calls[FAKE_PUT], 1);
	ck_assert_uint_eq(r.fake.mapped, 0);
	hisi_zip_driver.queue_close(NULL);
}

/* ------------------------------------------------------------------- fork */

static void child_checks(void)
{
	int puts = r.fake.calls[FAKE_PUT];

	hisi_zip_driver.forked(r.q);
	is_stopped();
	ck_assert_uint_eq(wd_queue_inflight(r.q), 0);
	ck_assert_int_eq(hisi_zip_driver.abort(r.q, done, 9), 0);
	ck_assert_int_eq(hisi_zip_driver.stop(r.q), 0);
	ck_assert_int_eq(r.fake.calls[FAKE_PUT], puts); /* the parent's queue is left alone */
	r.fake.mapped = 0;				/* mappings are not inherited */
	ck_assert_int_eq(hisi_zip_driver.restart(r.q), 0);
	one_job_works();
	ring_free(&r);
}

TEST(f21_forked_child_forgets_and_restarts_even_with_locks_held)
{
	int status;
	pid_t pid;

	open_model(false);
	submit_some(3);
	wd_lock_acquire(&ring_qm(&r)->sq_lock);
	wd_lock_acquire(&ring_qm(&r)->cq_lock);
	wd_lock_acquire(&ring_qm(&r)->ctl);
	pid = fork();
	if (!pid) {
		alarm(20);
		child_checks();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	wd_lock_release(&ring_qm(&r)->sq_lock);
	wd_lock_release(&ring_qm(&r)->cq_lock);
	wd_lock_release(&ring_qm(&r)->ctl);
	/* The parent goes on. */
	for (int i = 0; i < 3; i++)
		fake_complete(&r.fake);
	ck_assert_int_eq(ring_reap(&r, done, 9), 3);
	ring_free(&r);
}

/* ------------------------------------------------------- scattered requests */

static struct wd_datalist in_list = { jobs[0].in, sizeof(jobs[0].in), NULL };
static struct wd_datalist out_list = { jobs[0].out, sizeof(jobs[0].out), NULL };

static int submit_scattered(struct job *j)
{
	job_prepare(&r, j);
	j->msg.data_fmt = WD_SGL_BUF;
	j->msg.list_src = &in_list;
	j->msg.list_dst = &out_list;
	return hisi_zip_driver.submit(r.q, &j->msg.head);
}

TEST(f18_scattered_request_without_memory_gives_enomem_at_each_allocation)
{
	int n = 0, ret;

	do {
		ring_new(&r, 3);
		failing_allocation = ++n;
		ret = submit_scattered(&jobs[0]);
		failing_allocation = 0;
		ck_assert(ret == 0 || ret == -WD_ENOMEM);
		if (ret)
			ck_assert_uint_eq(ring_qm(&r)->sgls.used_nbytes, 0);
		ck_assert_uint_eq(wd_queue_inflight(r.q), !ret);
		ring_free(&r);
	} while (ret);
	ck_assert_int_eq(n, 4); /* table, list of the input, list of the output; then none failed */
}

TEST(f21_lists_in_flight_at_a_fork_are_the_child_s_to_use_again)
{
	int status;
	pid_t pid;

	ring_new(&r, 3);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(submit_scattered(&jobs[i]), 0);
	pid = fork();
	if (!pid) {
		alarm(20);
		hisi_zip_driver.forked(r.q);
		ck_assert_uint_eq(ring_qm(&r)->sgls.used_nbytes, 0);
		ck_assert_uint_gt(ring_qm(&r)->sgls.idle_nbytes, 0);
		r.fake.mapped = 0;
		ck_assert_int_eq(hisi_zip_driver.restart(r.q), 0);
		ck_assert_int_eq(submit_scattered(&jobs[0]), 0);
		ring_free(&r);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ring_free(&r);
}

TEST(lists_follow_a_restart_into_a_deeper_ring)
{
	open_model(false);
	ck_assert_int_eq(submit_scattered(&jobs[0]), 0);
	ck_assert_int_eq(hisi_zip_driver.stop(r.q), 0);
	ck_assert_int_eq(hisi_zip_driver.abort(r.q, done, 9), 1);
	free(r.fake.dus);
	r.fake.dus = NULL;
	r.fake.sq_depth = 2048;
	r.fake.cq_depth = 2048;
	ck_assert_int_eq(hisi_zip_driver.restart(r.q), 0);
	for (int i = 0; i < 2100; i++) {
		ck_assert_int_eq(submit_scattered(&jobs[0]), 0);
		fake_complete(&r.fake);
		ck_assert_int_eq(ring_reap(&r, done, 2), 1);
	}
	ck_assert_uint_eq(ring_qm(&r)->sgls.used_nbytes, 0);
	ring_free(&r);
}

TEST(usage_needs_version_5_and_reads_the_register)
{
	uint32_t *usage;

	ring_new(&r, 3);
	ck_assert_int_eq(hisi_zip_driver.usage(r.q, 0), -WD_EINVAL);
	ring_free(&r);
	ring_new(&r, 5);
	usage = (uint32_t *)(r.fake.mmio + QM_USAGE_OFFSET);
	ck_assert_int_eq(hisi_zip_driver.usage(r.q, 0), -WD_EIO); /* total of 0 */
	usage[0] = 50 | 200u << 16;
	usage[1] = 300 | 200u << 16;
	ck_assert_int_eq(hisi_zip_driver.usage(r.q, 0), 25);
	ck_assert_int_eq(hisi_zip_driver.usage(r.q, 1), 100);
	ck_assert_int_eq(hisi_zip_driver.usage(r.q, 2), -WD_EINVAL);
	ck_assert_int_eq(hisi_zip_driver.stop(r.q), 0);
	ck_assert_int_eq(hisi_zip_driver.usage(r.q, 0), -WD_EIO);
	ring_free(&r);
}

int main(void)
{
	return run_tests("qm_life", NULL, NULL);
}
