// SPDX-License-Identifier: Apache-2.0
/*
 * The emulated queue behind shadow doorbells (include/uapi/wd_shadow.h), on queue
 * manager versions 2, 3 and 5.
 */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

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

/* checklist 5 */
static void *submit_rounds(void *arg)
{
	unsigned int depth = client.info.sq_depth, rounds = *(unsigned int *)arg, n;

	for (n = 0; n < rounds; n++) {
		while (n - __atomic_load_n(&client.shadow->pad0[0], __ATOMIC_ACQUIRE) >= depth - 1)
			sched_yield();
		client_fill(&client, n % depth, n);
		client_ring_sq(&client, (n + 1) % depth);
	}
	return NULL;
}

START_TEST(element_is_final_when_its_phase_is_valid)
{
	unsigned int rounds = 20000, n;
	pthread_t submitter;

	start(_i, "null", ",depth=16");
	client_start_shadow(&client, &daemon_, NAME0);
	ck_assert_int_eq(pthread_create(&submitter, NULL, submit_rounds, &rounds), 0);
	for (n = 0; n < rounds; n++) {
		client_consume(&client, n % 16, n);
		/* The page's padding tells the submitter how far we are. */
		__atomic_store_n(&client.shadow->pad0[0], (uint64_t)n + 1, __ATOMIC_RELEASE);
	}
	pthread_join(submitter, NULL);
	finish();
}
END_TEST

/* wd_shadow.h */
START_TEST(shadow_doorbells_carry_all_submissions)
{
	unsigned int i;

	start(_i, "null", ",depth=32");
	client_start_shadow(&client, &daemon_, NAME0);
	ck_assert_uint_eq(client.shadow->sq_sleeping, 1);
	for (i = 0; i < 5000; i++)
		client_check_alive(&client, i);
	wait_until(daemon_counter(&daemon_, client.id, "completed") == 5000);
	finish();
}
END_TEST

START_TEST(shadow_doorbells_need_no_trap_while_all_workers_are_busy)
{
	const char *const args[] = {"--device", "null", "--engines", "1", NULL};
	unsigned int i;

	daemon_start(&daemon_, args);
	client_start_shadow(&client, &daemon_, NAME0);
	daemon_control(&daemon_, "fault " NAME0 " delay usec=1000000 count=1");
	client_submit(&client, 1, 0);
	wait_until(__atomic_load_n(&client.shadow->sq_sleeping, __ATOMIC_SEQ_CST) == 0);
	for (i = 1; i < 6; i++)
		client_submit(&client, 1, i);
	for (i = 0; i < 6; i++)
		client_consume(&client, i, i);
	ck_assert_uint_eq(daemon_counter(&daemon_, client.id, "traps"), 1);
	finish();
}
END_TEST

START_TEST(shadow_head_is_read_when_elements_are_fetched)
{
	unsigned int i;

	start(_i, "null", ",depth=8,drain-ms=10");
	client_start_shadow(&client, &daemon_, NAME0);
	client_submit(&client, 7, 0);
	client_wait_cqe(&client, 6, 1);
	wait_until(daemon_counter(&daemon_, client.id, "completed") == 7);
	ck_assert_uint_eq(daemon_counter(&daemon_, client.id, "acknowledged"), 0);
	for (i = 0; i < 7; i++)
		client_consume(&client, i, i);
	/*
	 * The first of the next lap hangs, so no completion makes the device look.
	 * Did it look at none of the seven, a fast client could lap it, and the head
	 * would seem not to have moved.
	 */
	ck_assert_str_eq(daemon_control(&daemon_, "fault " NAME0 " hang count=1"), "ok");
	client_submit(&client, 7, 7);
	wait_until(daemon_counter(&daemon_, client.id, "acknowledged") == 7);
	ck_assert_uint_eq(daemon_counter(&daemon_, client.id, "completed"), 7);
	finish();
}
END_TEST

START_TEST(shadow_queue_falls_asleep_and_wakes_by_mmio)
{
	unsigned int i;

	start(_i, "null", "");
	client_start_shadow(&client, &daemon_, NAME0);
	for (i = 0; i < 5; i++) {
		client_check_alive(&client, i);
		wait_until(__atomic_load_n(&client.shadow->sq_sleeping, __ATOMIC_SEQ_CST) == 1);
	}
	ck_assert_uint_eq(daemon_counter(&daemon_, client.id, "traps"), 5);
	finish();
}
END_TEST

START_TEST(mmio_doorbell_behind_the_shadow_value_is_only_a_kick)
{
	start(_i, "null", ",depth=16");
	client_start_shadow(&client, &daemon_, NAME0);
	client_check_alive(&client, 0);
	client_check_alive(&client, 1);
	client_store(&client, QM_DOORBELL_OFFSET_V2, 8,
		     qm_doorbell_v2(client.id, QM_DOORBELL_SQ, 1, 0));
	client_check_alive(&client, 2);
	ck_assert_uint_eq(daemon_counter(&daemon_, client.id, "submitted"), 3);
	finish();
}
END_TEST

START_TEST(shadow_queue_notifies_through_the_shadow_flag)
{
	start(_i, "null", "");
	client_start_shadow(&client, &daemon_, NAME0);
	client_submit(&client, 1, 0);
	ck_assert(client_interrupt(&client, 10000));
	client_consume(&client, 0, 0);
	client_submit(&client, 1, 1);
	client_wait_cqe(&client, 1, 1);
	wait_until(daemon_counter(&daemon_, client.id, "completed") == 2);
	ck_assert(!client_interrupt(&client, 0));
	client_consume(&client, 1, 1);
	client_ring_cq(&client, 2, 1);
	client_submit(&client, 1, 2);
	ck_assert(client_interrupt(&client, 10000));
	finish();
}
END_TEST

START_TEST(mmio_doorbells_work_on_a_shadow_queue_that_does_not_use_its_page)
{
	struct wd_shadow_page *page;

	start(_i, "null", "");
	client_start_shadow(&client, &daemon_, NAME0);
	page = client.shadow;
	client.shadow = NULL;
	client_check_alive(&client, 0);
	client_check_alive(&client, 1);
	client.shadow = page;
	finish();
}
END_TEST

START_TEST(shadow_is_refused_when_off_or_malformed_or_late)
{
	struct wd_shadow_enable enable = {.version = WD_SHADOW_VERSION};

	start_with_client(_i, "");
	ck_assert_int_eq(client_ioctl(&client, WD_SHADOW_IOC_ENABLE, &enable), EINVAL);
	client_close(&client);
	ck_assert_int_eq(client_open(&client, &daemon_, NAME0), 0);
	ck_assert_int_eq(client_map(&client, WD_SHADOW_REGION, 4096, NULL, NULL), EINVAL);
	enable.version = 0;
	ck_assert_int_eq(client_ioctl(&client, WD_SHADOW_IOC_ENABLE, &enable), EINVAL);
	enable.version = WD_SHADOW_VERSION;
	enable.reserved = 1;
	ck_assert_int_eq(client_ioctl(&client, WD_SHADOW_IOC_ENABLE, &enable), EINVAL);
	enable.reserved = 0;
	enable.version = 7;
	ck_assert_int_eq(client_ioctl(&client, WD_SHADOW_IOC_ENABLE, &enable), 0);
	ck_assert_uint_eq(enable.version, WD_SHADOW_VERSION);
	finish();
	start(_i, "null", ",shadow=off");
	ck_assert_int_eq(client_open(&client, &daemon_, NAME0), 0);
	ck_assert_int_eq(client_ioctl(&client, WD_SHADOW_IOC_ENABLE, &enable), EINVAL);
	finish();
}
END_TEST

#define add(test) tcase_add_loop_test(tcase, test, 0, VERSIONS)

static void add_tests(TCase *tcase)
{
	add(element_is_final_when_its_phase_is_valid);
	add(shadow_doorbells_carry_all_submissions);
	tcase_add_test(tcase, shadow_doorbells_need_no_trap_while_all_workers_are_busy);
	add(shadow_head_is_read_when_elements_are_fetched);
	add(shadow_queue_falls_asleep_and_wakes_by_mmio);
	add(mmio_doorbell_behind_the_shadow_value_is_only_a_kick);
	add(shadow_queue_notifies_through_the_shadow_flag);
	add(mmio_doorbells_work_on_a_shadow_queue_that_does_not_use_its_page);
	add(shadow_is_refused_when_off_or_malformed_or_late);
}

int main(void)
{
	return device_test_run("shadow doorbells", 60, add_tests);
}
