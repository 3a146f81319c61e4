// SPDX-License-Identifier: Apache-2.0
/*
 * The emulated queue manager from its client's side: every line of the
 * conformance checklist (hisi-qm facts, section 16) that is marked M, on queue
 * manager versions 2, 3 and 5, through MMIO doorbells (shadow doorbells: device_shadow.c).
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "device_client.h"

static const char *const versions[] = {"v2", "v3", "v5"};
#define VERSIONS 3

static struct daemon daemon_;
static struct client client;

static void start(int version, const char *kind, const char *more)
{
	char spec[128];

	snprintf(spec, sizeof(spec), "%s,qm=%s%s", kind, versions[version], more);
	daemon_start_device(&daemon_, spec);
}

static void start_with_client(int version, const char *more)
{
	start(version, "null", more);
	client_start(&client, &daemon_, NAME0, 0);
}

static void finish(void)
{
	client_close(&client);
	daemon_stop(&daemon_);
}

/* checklist 1 */
START_TEST(submission_number_depth_without_consumption_is_refused)
{
	start_with_client(_i, ",depth=8,drain-ms=10");
	ck_assert_str_eq(daemon_control(&daemon_, "fault " NAME0 " hang"), "ok");
	client_submit(&client, 7, 100);
	wait_until(daemon_counter(&daemon_, client.id, "submitted") == 7);
	/* The tail would meet the head again: a full ring looks empty. */
	client_submit(&client, 1, 200);
	wait_until(daemon_counter(&daemon_, client.id, "refused") == 1);
	ck_assert_uint_eq(daemon_counter(&daemon_, client.id, "submitted"), 7);
	ck_assert_uint_eq(client_tx(&client), 0);
	finish();
}
END_TEST

/* checklist 2 and 4 */
static void run_laps(unsigned int laps, unsigned int batch)
{
	unsigned int depth = client.info.sq_depth, k, total = laps * depth + 3, i;
	struct hisi_qm_cqe cqe;

	for (k = 0; k < total; k += i) {
		client_submit(&client, batch, k);
		for (i = 0; i < batch; i++) {
			client_wait_cqe(&client, (k + i) % depth, 1 - (k + i) / depth % 2);
			cqe = client_cqe(&client, (k + i) % depth);
			ck_assert_uint_eq(field_get(&cqe, QM_CQE_SQ_HEAD), (k + i) % depth);
			client_consume(&client, (k + i) % depth, k + i);
		}
	}
}

START_TEST(completion_k_is_in_slot_k_with_the_phase_of_its_lap)
{
	start_with_client(_i, ",depth=16");
	ck_assert_uint_eq(client.info.sq_depth, 16);
	run_laps(5, 1);
	finish();
}
END_TEST

START_TEST(batches_that_wrap_complete_in_submission_order)
{
	start_with_client(_i, ",depth=100");
	run_laps(20, 37);
	finish();
}
END_TEST

START_TEST(default_depth_completes_three_laps_of_full_batches)
{
	start_with_client(_i, "");
	ck_assert_uint_eq(client.info.sq_depth, 1024);
	run_laps(3, 1023);
	finish();
}
END_TEST

START_TEST(slow_elements_on_many_workers_complete_in_submission_order)
{
	const char *const args[] = {"--device", "null,depth=64", "--engines", "4", NULL};
	unsigned int k;

	daemon_start(&daemon_, args);
	client_start(&client, &daemon_, NAME0, 0);
	/* Every third is slow, so that its followers are done before it. */
	ck_assert_str_eq(daemon_control(&daemon_, "fault " NAME0 " delay usec=2000 every=3"), "ok");
	client_submit(&client, 60, 0);
	for (k = 0; k < 60; k++)
		client_consume(&client, k, k);
	finish();
}
END_TEST

START_TEST(workers_share_the_elements_of_one_queue)
{
	const char *const args[] = {"--device", "null,qm=v5", "--engines", "4", NULL};
	unsigned int k;
	int error;

	daemon_start(&daemon_, args);
	client_start(&client, &daemon_, NAME0, 0);
	ck_assert_str_eq(daemon_control(&daemon_, "fault " NAME0 " delay usec=500000"), "ok");
	client_submit(&client, 16, 0);
	/* The usage register counts engines at work. */
	wait_until((client_load(&client, QM_USAGE_OFFSET, 4, &error) & 0xffff) == 4);
	ck_assert_str_eq(daemon_control(&daemon_, "fault " NAME0 " clear"), "ok");
	for (k = 0; k < 16; k++)
		client_consume(&client, k, k);
	finish();
}
END_TEST

/* checklist 12 */
START_TEST(tx_word_is_set_before_rx_word_and_both_stay)
{
	uint32_t rx, tx;

	start_with_client(_i, ",queues=1");
	ck_assert_str_eq(daemon_control(&daemon_, "fault " NAME0 " delay usec=300000"), "ok");
	client_submit(&client, 5, 0);
	if (fork() == 0) {
		daemon_control(&daemon_, "reset " NAME0 " 50");
		_exit(0);
	}
	do {
		rx = client_rx(&client);
		tx = client_tx(&client);
		ck_assert(!rx || tx);
	} while (!rx);
	wait(NULL);
	ck_assert_int_eq(client_ioctl(&client, UACCE_IOC_PUT, NULL), 0);
	ck_assert_uint_eq(client_tx(&client), 1);
	ck_assert_uint_eq(client_rx(&client), 1);
	client_close(&client);
	daemon_control(&daemon_, "fault " NAME0 " clear");
	wait_until(daemon_number(&daemon_, NAME0, "available_instances") == 1);
	client_start(&client, &daemon_, NAME0, 0);
	ck_assert_uint_eq(client_tx(&client), 0);
	ck_assert_uint_eq(client_rx(&client), 0);
	client_check_alive(&client, 77);
	finish();
}
END_TEST

/* checklist 17 */
START_TEST(doorbell_with_a_wrong_random_number_is_ignored)
{
	start_with_client(_i, "");
	client_fill(&client, 0, 5);
	client_store(&client, QM_DOORBELL_OFFSET_V2, 8,
		     qm_doorbell_v2(client.id, QM_DOORBELL_SQ, 1, 0) | 0xaaaaull << 16);
	wait_until(daemon_counter(&daemon_, client.id, "refused") == 1);
	ck_assert_uint_eq(daemon_counter(&daemon_, client.id, "submitted"), 0);
	client_check_alive(&client, 6);
	finish();
}
END_TEST

START_TEST(doorbell_for_another_queue_or_with_an_unknown_command_is_ignored)
{
	struct client other;

	start_with_client(_i, "");
	client_start(&other, &daemon_, NAME0, 0);
	client_fill(&other, 0, 5);
	client_store(&client, QM_DOORBELL_OFFSET_V2, 8,
		     qm_doorbell_v2(other.id, QM_DOORBELL_SQ, 1, 0));
	client_store(&client, QM_DOORBELL_OFFSET_V2, 8,
		     qm_doorbell_v2(client.id, (enum qm_doorbell_cmd)7, 1, 0));
	client_store(&client, QM_DOORBELL_OFFSET_V2, 4, 1);
	client_store(&client, 0x340, 8, qm_doorbell_v2(client.id, QM_DOORBELL_SQ, 1, 0));
	wait_until(daemon_counter(&daemon_, client.id, "refused") == 4);
	ck_assert_uint_eq(daemon_counter(&daemon_, other.id, "submitted"), 0);
	client_check_alive(&client, 6);
	client_check_alive(&other, 7);
	client_close(&other);
	finish();
}
END_TEST

START_TEST(doorbell_index_outside_the_ring_kills_only_its_queue)
{
	struct client other;

	start_with_client(_i, "");
	client_start(&other, &daemon_, NAME0, 0);
	client_ring_sq(&client, 1024);
	wait_until(client_tx(&client) == 1 && client_rx(&client) == 1);
	client_check_alive(&other, 7);
	client_ring_cq(&other, 0xffff, 0);
	wait_until(client_tx(&other) == 1 && client_rx(&other) == 1);
	client_close(&other);
	finish();
}
END_TEST

/* checklist 18 and 19 */
static const char plain[] = "so that there is something to compress, compress, compress, compress";

static void fill_zip(unsigned int slot, unsigned int version, unsigned int request,
		     const void *source, size_t nbytes, void *dest, size_t room)
{
	struct hisi_zip_sqe *sqe = client_sqe(&client, slot);
	unsigned int type = version == 0 ? 0 : 3;

	memset(sqe, 0, sizeof(*sqe));
	field_set(sqe, ZIP_INPUT_LENGTH, (uint32_t)nbytes);
	field_set(sqe, ZIP_SQE_TYPE, type);
	field_set(sqe, ZIP_STREAM_NEW, 1);
	field_set(sqe, ZIP_FLUSH_TYPE, ZIP_FLUSH_FINISH);
	field_set(sqe, ZIP_REQUEST_TYPE, request);
	field_set(sqe, ZIP_WINDOW_SIZE, 4);
	field_set(sqe, ZIP_DEST_AVAIL, (uint32_t)room);
	field_set_addr(sqe, ZIP_ADDR_SOURCE, (uintptr_t)source);
	field_set_addr(sqe, ZIP_ADDR_DEST, (uintptr_t)dest);
}

static struct hisi_zip_sqe *run_zip(unsigned int k)
{
	client_ring_sq(&client, k + 1);
	client_wait_cqe(&client, k, 1);
	client_ring_cq(&client, k + 1, 0);
	return client_sqe(&client, k);
}

START_TEST(queue_type_chooses_compression_or_decompression)
{
	unsigned char packed[256] = {0x78, 0x9c}, unpacked[256];
	uLongf nbytes = sizeof(unpacked);
	struct hisi_zip_sqe *sqe;
	unsigned int produced;

	start(_i, "zip", "");
	client_start(&client, &daemon_, NAME0, ZIP_QUEUE_COMP);
	fill_zip(0, (unsigned int)_i, ZIP_REQ_ZLIB, plain, sizeof(plain), packed + 2, 254);
	sqe = run_zip(0);
	produced = field_get(sqe, ZIP_PRODUCED);
	ck_assert_uint_eq(field_get(sqe, ZIP_CONSUMED), sizeof(plain));
	ck_assert_int_eq(uncompress(unpacked, &nbytes, packed, produced + 2), Z_OK);
	ck_assert_uint_eq(nbytes, sizeof(plain));
	ck_assert_mem_eq(unpacked, plain, sizeof(plain));
	client_close(&client);

	nbytes = sizeof(packed);
	ck_assert_int_eq(compress(packed, &nbytes, (const Bytef *)plain, sizeof(plain)), Z_OK);
	memset(unpacked, 0, sizeof(unpacked));
	client_start(&client, &daemon_, NAME0, ZIP_QUEUE_DECOMP);
	fill_zip(0, (unsigned int)_i, ZIP_REQ_ZLIB, packed + 2, nbytes - 2, unpacked, 256);
	sqe = run_zip(0);
	ck_assert_uint_eq(field_get(sqe, ZIP_PRODUCED), sizeof(plain));
	ck_assert_mem_eq(unpacked, plain, sizeof(plain));
	finish();
}
END_TEST

START_TEST(queue_without_a_type_compresses)
{
	unsigned char packed[256] = {0x78, 0x9c}, unpacked[256];
	struct hisi_qp_ctx late = {.qc_type = ZIP_QUEUE_DECOMP};
	uLongf nbytes = sizeof(unpacked);

	start(_i, "zip", "");
	ck_assert_int_eq(client_open(&client, &daemon_, NAME0), 0);
	client_map_rings(&client, &daemon_, NAME0);
	ck_assert_int_eq(client_ioctl(&client, UACCE_IOC_START, NULL), 0);
	/* Too late: the type counts at START only. */
	ck_assert_int_eq(client_ioctl(&client, HISI_QM_IOC_SET_QP_CTX, &late), 0);
	client.id = late.id;
	ck_assert_int_eq(client_ioctl(&client, HISI_QM_IOC_SET_QP_INFO, &client.info), 0);
	fill_zip(0, (unsigned int)_i, ZIP_REQ_ZLIB, plain, sizeof(plain), packed + 2, 254);
	ck_assert_int_eq(
		uncompress(unpacked, &nbytes, packed, 2 + field_get(run_zip(0), ZIP_PRODUCED)),
		Z_OK);
	ck_assert_mem_eq(unpacked, plain, sizeof(plain));
	finish();
}
END_TEST

START_TEST(rejected_element_completes_with_a_status_and_the_next_one_works)
{
	unsigned char packed[256] = {0x78, 0x9c}, unpacked[256];
	uLongf nbytes = sizeof(unpacked);
	struct hisi_zip_sqe *sqe;

	start(_i, "zip", "");
	client_start(&client, &daemon_, NAME0, ZIP_QUEUE_COMP);
	fill_zip(0, (unsigned int)_i, 0x77, plain, sizeof(plain), packed, sizeof(packed));
	sqe = run_zip(0);
	ck_assert_uint_ne(field_get(sqe, ZIP_STATUS), 0);
	ck_assert_uint_ne(field_get(sqe, ZIP_STATUS), ZIP_ST_NEGATIVE_COMP);
	fill_zip(1, (unsigned int)_i, ZIP_REQ_ZLIB, (void *)8, 100, packed, sizeof(packed));
	sqe = run_zip(1);
	ck_assert_uint_ne(field_get(sqe, ZIP_STATUS), 0);
	ck_assert_uint_ne(field_get(sqe, ZIP_STATUS), ZIP_ST_NEGATIVE_COMP);
	fill_zip(2, (unsigned int)_i, ZIP_REQ_ZLIB, plain, sizeof(plain), packed + 2, 254);
	sqe = run_zip(2);
	ck_assert_int_eq(uncompress(unpacked, &nbytes, packed, field_get(sqe, ZIP_PRODUCED) + 2),
			 Z_OK);
	ck_assert_mem_eq(unpacked, plain, sizeof(plain));
	ck_assert_uint_eq(client_tx(&client), 0);
	finish();
}
END_TEST

/* checklist 20 */
START_TEST(cq_overflow_kills_exactly_one_queue)
{
	struct client other;
	unsigned int i;

	start_with_client(_i, ",depth=8");
	client_start(&other, &daemon_, NAME0, 0);
	/* Eight unread completions fit, the ninth does not. */
	for (i = 0; i < 8; i++) {
		client_submit(&client, 1, i);
		client_wait_cqe(&client, i, 1);
	}
	ck_assert_uint_eq(client_tx(&client), 0);
	client_submit(&client, 1, 8);
	wait_until(client_tx(&client) == 1 && client_rx(&client) == 1);
	/* The unread ones are not overwritten. */
	ck_assert_uint_eq(daemon_counter(&daemon_, client.id, "completed"), 8);
	for (i = 0; i < 20; i++)
		client_check_alive(&other, i);
	ck_assert_uint_eq(client_tx(&other), 0);
	client_close(&other);
	finish();
}
END_TEST

/* checklist 23 */
START_TEST(notify_flag_decides_about_interrupts)
{
	unsigned int i;

	start_with_client(_i, "");
	/* Armed by START, without any doorbell of the client. */
	client_submit(&client, 1, 0);
	ck_assert(client_interrupt(&client, 10000));
	client_consume(&client, 0, 0);
	wait_until(client_drain_interrupts(&client) == 0);
	for (i = 1; i < 50; i++)
		client_check_alive(&client, i);
	ck_assert_uint_eq(client_drain_interrupts(&client), 0);
	/* Flag 1: the next completion wakes. */
	client_ring_cq(&client, client.head, 1);
	client_submit(&client, 1, 50);
	ck_assert(client_interrupt(&client, 10000));
	ck_assert_uint_ne(client_poll(&client), 0);
	finish();
}
END_TEST

START_TEST(notify_flag_that_arrives_late_raises_for_completions_that_wait)
{
	start_with_client(_i, "");
	client_check_alive(&client, 0);
	wait_until(daemon_counter(&daemon_, client.id, "traps") == 2);
	client_drain_interrupts(&client);
	client_submit(&client, 1, 1);
	client_wait_cqe(&client, 1, 1);
	wait_until(daemon_counter(&daemon_, client.id, "completed") == 2);
	ck_assert(!client_interrupt(&client, 0));
	client_ring_cq(&client, 1, 1);
	ck_assert(client_interrupt(&client, 10000));
	finish();
}
END_TEST

/* checklist 25 and 26; uacce 19 and 25 */
START_TEST(readiness_walk_with_stale_phase_reports_once)
{
	start_with_client(_i, ",queues=1,depth=8");
	/* One lap leaves the kernel's phase at 0. */
	for (unsigned int i = 0; i < 8; i++)
		client_check_alive(&client, i);
	ck_assert_uint_ne(client_poll(&client), 0);
	client_close(&client);
	wait_until(daemon_number(&daemon_, NAME0, "available_instances") == 1);
	ck_assert_int_eq(client_open(&client, &daemon_, NAME0), 0);
	ck_assert_uint_ne(client_poll(&client), 0);
	ck_assert_uint_eq(client_poll(&client), 0);
	finish();
}
END_TEST

START_TEST(poll_after_more_than_a_lap_misses_completions)
{
	unsigned int i;

	start_with_client(_i, "");
	for (i = 0; i < 1500; i++)
		client_check_alive(&client, i);
	ck_assert_uint_eq(client_poll(&client), 0);
	finish();
}
END_TEST

START_TEST(poll_reports_new_completions_once)
{
	start_with_client(_i, "");
	ck_assert_uint_eq(client_poll(&client), 0);
	client_submit(&client, 3, 0);
	client_wait_cqe(&client, 2, 1);
	ck_assert_uint_eq(client_poll(&client), 0x41);
	ck_assert_uint_eq(client_poll(&client), 0);
	client_submit(&client, 1, 0);
	client_wait_cqe(&client, 3, 1);
	ck_assert_uint_eq(client_poll(&client), 0x41);
	finish();
}
END_TEST

START_TEST(submission_ring_outlives_its_owner_and_completion_ring_is_cleared)
{
	struct hisi_zip_sqe before[8];
	unsigned int i;

	start_with_client(_i, ",queues=1");
	for (i = 0; i < 8; i++)
		client_check_alive(&client, 1000 + i);
	memcpy(before, client_sqe(&client, 0), sizeof(before));
	ck_assert_uint_eq(field_get(&before[3], ZIP_CONSUMED), 1003);
	daemon_control(&daemon_, "reset " NAME0);
	ck_assert_uint_eq(client_tx(&client), 1);
	client_close(&client);
	wait_until(daemon_number(&daemon_, NAME0, "available_instances") == 1);
	client_start(&client, &daemon_, NAME0, 0);
	ck_assert_mem_eq(before, client_sqe(&client, 0), sizeof(before));
	for (i = 128 * 1024; i < client.dus_nbytes; i++)
		ck_assert_uint_eq(client.dus[i], 0);
	finish();
}
END_TEST

START_TEST(restart_after_put_leaves_stale_completions)
{
	struct hisi_qm_cqe stale;

	start_with_client(_i, "");
	client_check_alive(&client, 1);
	client_check_alive(&client, 2);
	ck_assert_int_eq(client_ioctl(&client, UACCE_IOC_PUT, NULL), 0);
	ck_assert_int_eq(client_ioctl(&client, UACCE_IOC_START, NULL), 0);
	stale = client_cqe(&client, 1);
	ck_assert_uint_eq(field_get(&stale, QM_CQE_PHASE), 1);
	ck_assert_uint_ne(client_poll(&client), 0);
	client.tail = client.head = 0;
	client_submit(&client, 1, 3);
	wait_until(daemon_counter(&daemon_, client.id, "completed") == 3);
	ck_assert_uint_eq(field_get(client_sqe(&client, 0), ZIP_CONSUMED), 3);
	finish();
}
END_TEST

/* hisi-qm section 13 */
START_TEST(usage_register_shows_engines_on_v5_only)
{
	uint64_t word;
	int error;

	start_with_client(_i, "");
	word = client_load(&client, QM_USAGE_OFFSET, 4, &error);
	ck_assert_int_eq(error, 0);
	if (_i < 2) {
		ck_assert_uint_eq(word, 0);
	} else {
		ck_assert_uint_eq(word & 0xffff, 0);
		ck_assert_uint_gt(word >> 16, 0);
		daemon_control(&daemon_, "fault " NAME0 " delay usec=500000 count=1");
		client_submit(&client, 1, 0);
		wait_until((client_load(&client, QM_USAGE_OFFSET, 4, &error) & 0xffff) == 1);
		ck_assert_uint_eq(client_load(&client, QM_USAGE_OFFSET + 4, 4, &error) & 0xffff, 0);
	}
	ck_assert_uint_eq(client_load(&client, 0x300, 8, &error), 0);
	finish();
}
END_TEST

#define add(test) tcase_add_loop_test(tcase, test, 0, VERSIONS)

static void add_tests(TCase *tcase)
{
	add(submission_number_depth_without_consumption_is_refused);
	add(completion_k_is_in_slot_k_with_the_phase_of_its_lap);
	add(batches_that_wrap_complete_in_submission_order);
	add(default_depth_completes_three_laps_of_full_batches);
	tcase_add_test(tcase, slow_elements_on_many_workers_complete_in_submission_order);
	tcase_add_test(tcase, workers_share_the_elements_of_one_queue);
	add(tx_word_is_set_before_rx_word_and_both_stay);
	add(doorbell_with_a_wrong_random_number_is_ignored);
	add(doorbell_for_another_queue_or_with_an_unknown_command_is_ignored);
	add(doorbell_index_outside_the_ring_kills_only_its_queue);
	add(queue_type_chooses_compression_or_decompression);
	add(queue_without_a_type_compresses);
	add(rejected_element_completes_with_a_status_and_the_next_one_works);
	add(cq_overflow_kills_exactly_one_queue);
	add(notify_flag_decides_about_interrupts);
	add(notify_flag_that_arrives_late_raises_for_completions_that_wait);
	add(readiness_walk_with_stale_phase_reports_once);
	add(poll_after_more_than_a_lap_misses_completions);
	add(poll_reports_new_completions_once);
	add(submission_ring_outlives_its_owner_and_completion_ring_is_cleared);
	add(restart_after_put_leaves_stale_completions);
	add(usage_register_shows_engines_on_v5_only);
}

int main(void)
{
	return device_test_run("emulated queue", 60, add_tests);
}
