/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rings of the queue manager on plain memory: the client's lines of the queue
 * facts' checklist (section 16), each as the test c<line>_..., and the device
 * that breaks the rules.
 */
#include <stdlib.h>
#include "ring.h"
#include "runner.h"

static struct ring r;
static struct job jobs[1025];
static struct wd_msg *done[1025];

static void setup(void)
{
	ring_new(&r, 3);
}

static void teardown(void)
{
	ring_free(&r);
}

/* n jobs through the ring, one after the other. */
static void cycle(uint32_t n)
{
	while (n--) {
		ck_assert_int_eq(ring_submit(&r, &jobs[0]), 0);
		fake_complete(&r.fake);
		ck_assert_int_eq(ring_reap(&r, done, 1), 1);
		ck_assert_ptr_eq(done[0], &jobs[0].msg.head);
	}
}

TEST(c01_depth_minus_one_outstanding_and_the_next_is_refused)
{
	ck_assert_uint_eq(r.q->capacity, 1023);
	for (int i = 0; i < 1023; i++)
		ck_assert_int_eq(ring_submit(&r, &jobs[i]), 0);
	fake_doorbell(&r.fake);
	ck_assert_int_eq(ring_submit(&r, &jobs[1023]), -WD_EBUSY);
	ck_assert_uint_eq(fake_doorbell(&r.fake), FAKE_NO_DOORBELL);
	ck_assert_uint_eq(wd_queue_inflight(r.q), 1023);
	fake_complete(&r.fake);
	ck_assert_int_eq(ring_reap(&r, done, 1), 1);
	ck_assert_int_eq(ring_submit(&r, &jobs[1023]), 0);
	ck_assert_int_eq(ring_submit(&r, &jobs[1024]), -WD_EBUSY);
}

TEST(c03_phase_flips_once_per_lap_and_head_is_n_mod_depth)
{
	uint32_t n = 0;

	for (uint32_t laps = 0; laps < 5; laps++) {
		uint32_t step = laps * 700 + 1;

		cycle(step);
		n += step;
		ck_assert_uint_eq(ring_qm(&r)->head, n % 1024);
		ck_assert_uint_eq(ring_qm(&r)->phase, n / 1024 % 2 ? 0 : QM_PHASE_BIT);
	}
}

TEST(c06_elements_across_the_end_of_the_ring_continue_at_slot_0)
{
	struct hisi_zip_sqe *sqe;

	cycle(1022);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(ring_submit(&r, &jobs[i]), 0);
		ck_assert_uint_eq(QM_DOORBELL_INDEX(fake_doorbell(&r.fake)), (1022 + i + 1) % 1024);
		sqe = fake_sqe(&r.fake, (1022 + i) % 1024);
		ck_assert_uint_eq(field_get_addr(sqe, ZIP_ADDR_SOURCE), (uintptr_t)jobs[i].in);
	}
	for (int i = 0; i < 4; i++)
		fake_complete(&r.fake);
	ck_assert_int_eq(ring_reap(&r, done, 10), 4);
	for (int i = 0; i < 4; i++)
		ck_assert_ptr_eq(done[i], &jobs[i].msg.head);
}

TEST(c07_submission_doorbell_of_queue_5_tail_7)
{
	cycle(6);
	ck_assert_int_eq(ring_submit(&r, &jobs[0]), 0);
	ck_assert_uint_eq(fake_doorbell(&r.fake), 0x0000000700000005);
}

static void nine_done_then_arm(void)
{
	cycle(9);
	ck_assert_int_eq(hisi_zip_driver.arm(r.q), 0);
}

TEST(c08_completion_doorbell_v2_of_queue_5_head_9_notify)
{
	nine_done_then_arm();
	ck_assert_uint_eq(fake_doorbell(&r.fake), 0x0001000900001005);
}

TEST(completion_doorbell_without_notify_has_no_flag)
{
	cycle(9);
	ck_assert_uint_eq(fake_doorbell(&r.fake), 0x0000000900001005);
}

/* ZIP refuses version 1, so these two work on the queue manager alone. */
static void open_bare(struct fake *f, struct qm_queue *q, uint32_t sqe_nbytes)
{
	struct wd_queue_config config = { .ctx = fake_ctx(f), .op_type = 0 };

	memset(q, 0, sizeof(*q));
	f->sqe_nbytes = sqe_nbytes;
	ck_assert_int_eq(qm_open(q, &config, sqe_nbytes), 0);
}

static bool ignore_element(void *sqe, struct wd_msg *msg)
{
	(void)sqe;
	msg->result = 0;
	return true;
}

static int nothing_unusual(struct qm_queue *q, struct wd_msg **msgs, int n, int max)
{
	(void)q;
	(void)msgs;
	ck_abort_msg("reaping stopped at %d of %d", n, max);
	return -1;
}

static void cycle_bare(struct fake *f, struct qm_queue *q, uint32_t n)
{
	struct wd_msg msg;

	while (n--) {
		int slot = qm_reserve(q);

		ck_assert_int_ge(slot, 0);
		qm_publish(q, slot, &msg);
		fake_complete(f);
		ck_assert_int_eq(
			qm_reap(q, done, 1, q->sqe_nbytes, ignore_element, nothing_unusual), 1);
		ck_assert_ptr_eq(done[0], &msg);
	}
}

TEST(c09_completion_doorbell_v1_of_queue_5_head_9_notify)
{
	static struct fake f;
	static struct qm_queue q;

	fake_init(&f, 1);
	open_bare(&f, &q, 128);
	cycle_bare(&f, &q, 9);
	ck_assert_int_eq(qm_arm(&q.base), 0);
	ck_assert_uint_eq(fake_doorbell(&f), 0x0001000900010005);
	qm_close(&q);
	fake_free(&f);
}

TEST(c10_doorbell_offset_by_api_number)
{
	static const struct {
		const char *api;
		size_t offset;
	} t[] = { { "hisi_qm_v1", 0x340 },	    { "hisi_qm_v2", 0x1000 },
		  { "hisi_qm_v3", 0x1000 },	    { "hisi_qm_v5", 0x1000 },
		  { "hisi_qm_v4", 0x1000 },	    { "hisi_qm_v17", 0x1000 },
		  { "hisi_qm_v1_noiommu", 0x340 }, { "hisi_qm_v3_noiommu", 0x1000 } };
	static struct fake f;
	static struct qm_queue q;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		fake_init(&f, 3);
		strcpy(f.dev.api, t[i].api);
		open_bare(&f, &q, 128);
		ck_assert_uint_eq((uint8_t *)q.doorbell - f.mmio, t[i].offset);
		cycle_bare(&f, &q, 1);
		qm_close(&q);
		fake_free(&f);
	}
}

TEST(c11_tx_word_1_refuses_and_rings_nothing)
{
	fake_set_tx(&r.fake, 1);
	ck_assert_int_eq(ring_submit(&r, &jobs[0]), -WD_HW_EACCESS);
	ck_assert_uint_eq(fake_doorbell(&r.fake), FAKE_NO_DOORBELL);
	ck_assert_uint_eq(wd_queue_inflight(r.q), 0);
	/* Sticky: also when the word is cleared again. */
	fake_set_tx(&r.fake, 0);
	ck_assert_int_eq(ring_submit(&r, &jobs[0]), -WD_HW_EACCESS);
}

TEST(c11_tx_word_1_still_lets_completions_arrive)
{
	ck_assert_int_eq(ring_submit(&r, &jobs[0]), 0);
	fake_set_tx(&r.fake, 1);
	ck_assert_int_eq(ring_submit(&r, &jobs[1]), -WD_HW_EACCESS);
	fake_complete(&r.fake);
	ck_assert_int_eq(ring_reap(&r, done, 2), 1);
}

TEST(c11_rx_word_1_refuses_to_receive)
{
	ck_assert_int_eq(ring_submit(&r, &jobs[0]), 0);
	fake_doorbell(&r.fake);
	fake_set_rx(&r.fake, 1);
	ck_assert_int_eq(ring_reap(&r, done, 1), -WD_HW_EACCESS);
	fake_complete(&r.fake);
	ck_assert_int_eq(ring_reap(&r, done, 1), -WD_HW_EACCESS);
	ck_assert_uint_eq(fake_doorbell(&r.fake), FAKE_NO_DOORBELL);
	ck_assert_int_eq(hisi_zip_driver.arm(r.q), -WD_HW_EACCESS);
	ck_assert_int_eq(ring_submit(&r, &jobs[1]), -WD_HW_EACCESS);
}

TEST(c11_status_words_of_2_are_ignored)
{
	fake_set_rx(&r.fake, 2);
	fake_set_tx(&r.fake, 2);
	cycle(3);
}

/* Everything about a device that broke the protocol: sticky, counted, one line, nobody called. */
static void is_broken(void)
{
	ck_assert_int_eq(ring_reap(&r, done, 10), -WD_EIO);
	ck_assert_int_eq(fake_log_lines(), 1);
	ck_assert_uint_eq(ring_qm(&r)->bad_completions, 1);
	ck_assert_int_eq(ring_reap(&r, done, 10), -WD_EIO);
	ck_assert_int_eq(ring_submit(&r, &jobs[9]), -WD_EIO);
	ck_assert_int_eq(hisi_zip_driver.arm(r.q), -WD_EIO);
	ck_assert_int_eq(fake_log_lines(), 0);
	ck_assert_uint_eq(ring_qm(&r)->bad_completions, 1);
}

TEST(c13_completion_for_slot_depth_breaks_the_queue)
{
	ck_assert_int_eq(ring_submit(&r, &jobs[0]), 0);
	fake_complete_slot(&r.fake, 1024);
	is_broken();
	ck_assert_uint_eq(wd_queue_inflight(r.q), 1);
}

TEST(completion_for_slot_65535_breaks_the_queue)
{
	ck_assert_int_eq(ring_submit(&r, &jobs[0]), 0);
	fake_complete_slot(&r.fake, 65535);
	is_broken();
}

TEST(completion_for_a_slot_not_in_flight_breaks_the_queue)
{
	ck_assert_int_eq(ring_submit(&r, &jobs[0]), 0);
	fake_complete_slot(&r.fake, 1);
	is_broken();
}

TEST(completion_out_of_order_breaks_the_queue)
{
	ck_assert_int_eq(ring_submit(&r, &jobs[0]), 0);
	ck_assert_int_eq(ring_submit(&r, &jobs[1]), 0);
	fake_complete_slot(&r.fake, 1);
	is_broken();
}

TEST(duplicate_completion_breaks_the_queue_and_keeps_the_good_one)
{
	ck_assert_int_eq(ring_submit(&r, &jobs[0]), 0);
	ck_assert_int_eq(ring_submit(&r, &jobs[1]), 0);
	fake_complete_slot(&r.fake, 0);
	fake_complete_slot(&r.fake, 0);
	ck_assert_int_eq(ring_reap(&r, done, 10), 1);
	ck_assert_ptr_eq(done[0], &jobs[0].msg.head);
	is_broken();
	ck_assert_uint_eq(wd_queue_inflight(r.q), 1);
}

TEST(completion_of_the_next_slot_before_its_submission_breaks_the_queue)
{
	ck_assert_int_eq(ring_submit(&r, &jobs[0]), 0);
	fake_complete(&r.fake);
	fake_complete(&r.fake);
	ck_assert_int_eq(ring_reap(&r, done, 10), 1);
	/* Nothing is in flight: the bad one is found at the next look with something in flight. */
	ck_assert_int_eq(ring_reap(&r, done, 10), -WD_EIO);
	ck_assert_int_eq(ring_submit(&r, &jobs[1]), -WD_EIO);
}

TEST(wrong_phase_is_no_completion)
{
	ck_assert_int_eq(ring_submit(&r, &jobs[0]), 0);
	r.fake.phase = 0;
	fake_complete(&r.fake);
	ck_assert_int_eq(ring_reap(&r, done, 10), 0);
	ck_assert_uint_eq(wd_queue_inflight(r.q), 1);
}

TEST(c14_status_words_are_at_the_end_of_the_region_for_each_page_size)
{
	static const struct {
		uint32_t page, size;
	} t[] = { { 4096, 151552 }, { 16384, 163840 }, { 65536, 262144 } };
	static struct ring other;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		fake_init(&other.fake, 3);
		other.fake.page = t[i].page;
		ring_open(&other);
		ck_assert_uint_eq(wd_ctx_get_region_size(other.q->ctx, UACCE_QFRT_DUS), t[i].size);
		ck_assert_ptr_eq((const uint8_t *)atomic_load(&ring_qm(&other)->tx_word),
				  other.fake.dus + t[i].size - 4);
		ck_assert_ptr_eq((const uint8_t *)atomic_load(&ring_qm(&other)->rx_word),
				  other.fake.dus + t[i].size - 8);
		ring_free(&other);
	}
}

TEST(c15_completion_ring_offset_of_both_element_sizes)
{
	static const struct {
		uint32_t sqe, offset;
	} t[] = { { 128, 131072 }, { 64, 65536 } };
	static struct fake f;
	static struct qm_queue q;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		fake_init(&f, 3);
		open_bare(&f, &q, t[i].sqe);
		ck_assert_uint_eq((uint8_t *)q.cq - f.dus, t[i].offset);
		cycle_bare(&f, &q, 1500);
		qm_close(&q);
		fake_free(&f);
	}
}

TEST(c22_a_million_jobs_in_random_batches_balance)
{
	static struct job ring_jobs[64];
	uint64_t submitted = 0, consumed = 0;
	unsigned int seed = 22;

	while (consumed < 1000000) {
		int burst = 1 + rand_r(&seed) % 60, n;

		for (int i = 0; i < burst; i++, submitted++)
			ck_assert_int_eq(ring_submit(&r, &ring_jobs[submitted % 64]), 0);
		for (int i = 0; i < burst; i++)
			fake_complete(&r.fake);
		while (burst) {
			n = ring_reap(&r, done, 1 + rand_r(&seed) % 16);
			ck_assert_int_gt(n, 0);
			for (int i = 0; i < n; i++, consumed++)
				ck_assert_ptr_eq(done[i], &ring_jobs[consumed % 64].msg.head);
			burst -= n;
			ck_assert_uint_eq(wd_queue_inflight(r.q), submitted - consumed);
		}
	}
}

TEST(c24_a_wake_up_without_data_changes_nothing)
{
	ck_assert_int_eq(ring_submit(&r, &jobs[0]), 0);
	ck_assert_int_eq(hisi_zip_driver.arm(r.q), 0);
	ck_assert_int_eq(ring_reap(&r, done, 1), 0);
	ck_assert_int_eq(hisi_zip_driver.arm(r.q), 0);
	fake_complete(&r.fake);
	ck_assert_int_eq(ring_reap(&r, done, 1), 1);
}

TEST(reaping_an_idle_queue_gives_nothing_and_rings_nothing)
{
	ck_assert_int_eq(ring_reap(&r, done, 1), 0);
	ck_assert_uint_eq(fake_doorbell(&r.fake), FAKE_NO_DOORBELL);
}

TEST(one_completion_doorbell_per_batch)
{
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(ring_submit(&r, &jobs[i]), 0);
	for (int i = 0; i < 20; i++)
		fake_complete(&r.fake);
	fake_doorbell(&r.fake);
	ck_assert_int_eq(ring_reap(&r, done, 16), 16);
	ck_assert_uint_eq(fake_doorbell(&r.fake), qm_doorbell_v2(5, QM_DOORBELL_CQ, 16, 0));
	ck_assert_int_eq(ring_reap(&r, done, 16), 4);
	ck_assert_uint_eq(fake_doorbell(&r.fake), qm_doorbell_v2(5, QM_DOORBELL_CQ, 20, 0));
}

TEST(arm_behind_a_waiting_completion_is_repeated_by_the_reader)
{
	ck_assert_int_eq(ring_submit(&r, &jobs[0]), 0);
	ck_assert_int_eq(ring_submit(&r, &jobs[1]), 0);
	fake_complete(&r.fake);
	/* The device may have written it before it knew of the wish for an event. */
	ck_assert_int_eq(hisi_zip_driver.arm(r.q), 0);
	fake_doorbell(&r.fake);
	ck_assert_int_eq(ring_reap(&r, done, 10), 1);
	ck_assert_uint_eq(fake_doorbell(&r.fake), qm_doorbell_v2(5, QM_DOORBELL_CQ, 1, 1));
	fake_complete(&r.fake);
	ck_assert_int_eq(ring_reap(&r, done, 10), 1);
	ck_assert_uint_eq(fake_doorbell(&r.fake), qm_doorbell_v2(5, QM_DOORBELL_CQ, 2, 0));
}

TEST(kick_rings_the_last_tail_again)
{
	cycle(3);
	ck_assert_int_eq(ring_submit(&r, &jobs[0]), 0);
	ck_assert_uint_eq(fake_doorbell(&r.fake), 0x0000000400000005);
	hisi_zip_driver.kick(r.q);
	ck_assert_uint_eq(fake_doorbell(&r.fake), 0x0000000400000005);
}

TEST(counters_wrap_at_32_bits)
{
	atomic_store(&r.q->submitted, UINT32_MAX - 1);
	atomic_store(&r.q->completed, UINT32_MAX - 1);
	ring_qm(&r)->limit = UINT32_MAX - 1 + 1023u;
	for (int i = 0; i < 1023; i++)
		ck_assert_int_eq(ring_submit(&r, &jobs[i]), 0);
	ck_assert_int_eq(ring_submit(&r, &jobs[1023]), -WD_EBUSY);
	for (int i = 0; i < 1023; i++)
		fake_complete(&r.fake);
	ck_assert_int_eq(ring_reap(&r, done, 1025), 1023);
	ck_assert_uint_eq(atomic_load(&r.q->completed), 1021);
	ck_assert_uint_eq(wd_queue_inflight(r.q), 0);
}

TEST(smallest_ring_holds_one)
{
	static struct ring small;

	fake_init(&small.fake, 3);
	small.fake.sq_depth = 2;
	small.fake.cq_depth = 2;
	ring_open(&small);
	ck_assert_uint_eq(small.q->capacity, 1);
	for (int i = 0; i < 9; i++) {
		ck_assert_int_eq(ring_submit(&small, &jobs[0]), 0);
		ck_assert_int_eq(ring_submit(&small, &jobs[1]), -WD_EBUSY);
		fake_complete(&small.fake);
		ck_assert_int_eq(ring_reap(&small, done, 5), 1);
	}
	ring_free(&small);
}

static void open_shadow(void)
{
	fake_init(&r.fake, 3);
	r.fake.offers_shadow = true;
	ring_open(&r);
	ck_assert_ptr_nonnull(ring_qm(&r)->shadow);
}

TEST(shadow_doorbells_leave_mmio_alone_while_the_device_is_awake)
{
	teardown();
	open_shadow();
	cycle(6);
	ck_assert_int_eq(ring_submit(&r, &jobs[0]), 0);
	ck_assert_uint_eq(fake_doorbell(&r.fake), FAKE_NO_DOORBELL);
	ck_assert_uint_eq(r.fake.shadow->sq_doorbell, 0x0000000700000005);
	ck_assert_uint_eq(r.fake.shadow->cq_doorbell, 0x0000000600001005);
}

TEST(shadow_doorbell_of_a_sleeping_device_rings_mmio_too)
{
	teardown();
	open_shadow();
	r.fake.shadow->sq_sleeping = 1;
	ck_assert_int_eq(ring_submit(&r, &jobs[0]), 0);
	ck_assert_uint_eq(r.fake.shadow->sq_doorbell, 0x0000000100000005);
	ck_assert_uint_eq(fake_doorbell(&r.fake), 0x0000000100000005);
}

TEST(shadow_arm_and_kick)
{
	teardown();
	open_shadow();
	ck_assert_int_eq(hisi_zip_driver.arm(r.q), 0);
	ck_assert_uint_eq(r.fake.shadow->cq_doorbell, 0x0001000000001005);
	ck_assert_uint_eq(fake_doorbell(&r.fake), FAKE_NO_DOORBELL);
	hisi_zip_driver.kick(r.q);
	ck_assert_uint_eq(fake_doorbell(&r.fake), 0x0000000000000005);
}

int main(void)
{
	return run_tests("qm_ring", setup, teardown);
}
