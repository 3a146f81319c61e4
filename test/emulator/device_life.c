// SPDX-License-Identifier: Apache-2.0
/*
 * How queues and devices end: isolation, reset, PUT and close with work in
 * flight, and clients that die.
 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device_client.h"

static const char *const versions[] = {"v2", "v3", "v5"};
static struct daemon daemon_;
static struct client client;

static void start(const char *spec)
{
	daemon_start_device(&daemon_, spec);
}

static void start_version(int version, const char *more)
{
	char spec[128];

	snprintf(spec, sizeof(spec), "null,qm=%s%s", versions[version], more);
	start(spec);
}

static void finish(void)
{
	client_close(&client);
	daemon_stop(&daemon_);
}

static void wait_available(long count)
{
	wait_until(daemon_number(&daemon_, NAME0, "available_instances") == count);
}

/* uacce 22, 23, 24 */
START_TEST(isolate_strategy_takes_numbers_up_to_65535)
{
	start("null");
	ck_assert_int_eq(strncmp(daemon_control(&daemon_, "isolate-strategy " NAME0 " 65536"),
				 "error EINVAL", 12),
			 0);
	ck_assert_int_eq(strncmp(daemon_control(&daemon_, "isolate-strategy " NAME0 " abc"),
				 "error EINVAL", 12),
			 0);
	ck_assert_int_eq(
		strncmp(daemon_control(&daemon_, "isolate-strategy " NAME0), "error EINVAL", 12),
		0);
	ck_assert_str_eq(daemon_control(&daemon_, "isolate-strategy " NAME0 " 0x10"), "ok");
	ck_assert_int_eq(daemon_number(&daemon_, NAME0, "isolate_strategy"), 16);
	ck_assert_str_eq(daemon_control(&daemon_, "isolate-strategy " NAME0 " 010"), "ok");
	ck_assert_int_eq(daemon_number(&daemon_, NAME0, "isolate_strategy"), 8);
	ck_assert_str_eq(daemon_control(&daemon_, "isolate-strategy " NAME0 " 65535"), "ok");
	finish();
}
END_TEST

static void reset_twice_then_once_more(void)
{
	ck_assert_str_eq(daemon_control(&daemon_, "reset " NAME0), "ok");
	ck_assert_str_eq(daemon_control(&daemon_, "reset " NAME0), "ok");
	ck_assert_int_eq(daemon_number(&daemon_, NAME0, "isolate"), 0);
	ck_assert_str_eq(daemon_control(&daemon_, "reset " NAME0), "ok");
	ck_assert_int_eq(daemon_number(&daemon_, NAME0, "isolate"), 1);
}

START_TEST(third_error_of_an_hour_isolates_at_threshold_two)
{
	start("null");
	ck_assert_str_eq(daemon_control(&daemon_, "isolate-strategy " NAME0 " 2"), "ok");
	reset_twice_then_once_more();
	ck_assert_int_eq(strncmp(daemon_control(&daemon_, "isolate-strategy " NAME0 " 5"),
				 "error EPERM", 11),
			 0);
	/* Only advice: it can still be opened and used. */
	client_start(&client, &daemon_, NAME0, 0);
	client_check_alive(&client, 1);
	finish();
}
END_TEST

START_TEST(isolation_threshold_of_the_command_line_counts)
{
	start("null,isolate-strategy=2");
	ck_assert_int_eq(daemon_number(&daemon_, NAME0, "isolate_strategy"), 2);
	reset_twice_then_once_more();
	finish();
}
END_TEST

START_TEST(writing_the_threshold_forgets_errors_and_zero_means_never)
{
	unsigned int i;

	start("null");
	for (i = 0; i < 5; i++)
		ck_assert_str_eq(daemon_control(&daemon_, "reset " NAME0), "ok");
	ck_assert_int_eq(daemon_number(&daemon_, NAME0, "isolate"), 0);
	ck_assert_str_eq(daemon_control(&daemon_, "isolate-strategy " NAME0 " 1"), "ok");
	ck_assert_str_eq(daemon_control(&daemon_, "reset " NAME0), "ok");
	ck_assert_str_eq(daemon_control(&daemon_, "isolate-strategy " NAME0 " 1"), "ok");
	ck_assert_str_eq(daemon_control(&daemon_, "reset " NAME0), "ok");
	ck_assert_int_eq(daemon_number(&daemon_, NAME0, "isolate"), 0);
	finish();
}
END_TEST

START_TEST(failed_reset_isolates_at_once_and_refuses_opens)
{
	start("null");
	ck_assert_str_eq(daemon_control(&daemon_, "reset " NAME0 " failed"), "ok");
	ck_assert_int_eq(daemon_number(&daemon_, NAME0, "isolate"), 1);
	ck_assert_int_eq(client_open(&client, &daemon_, NAME0), EPERM);
	/* The next one may succeed; the device stays isolated. */
	ck_assert_str_eq(daemon_control(&daemon_, "reset " NAME0), "ok");
	ck_assert_int_eq(daemon_number(&daemon_, NAME0, "isolate"), 1);
	client_start(&client, &daemon_, NAME0, 0);
	client_check_alive(&client, 1);
	finish();
}
END_TEST

/* hisi-qm section 12 */
START_TEST(open_and_start_during_a_reset_are_eperm)
{
	int error;

	start_version(_i, "");
	ck_assert_int_eq(client_open(&client, &daemon_, NAME0), 0);
	if (fork() == 0) {
		daemon_control(&daemon_, "reset " NAME0 " 500");
		_exit(0);
	}
	wait_until((error = client_open(&(struct client){0}, &daemon_, NAME0)) != 0);
	ck_assert_int_eq(error, EPERM);
	ck_assert_int_eq(client_ioctl(&client, UACCE_IOC_START, NULL), EPERM);
	ck_assert_int_eq(client_ioctl(&client, UACCE_IOC_PUT, NULL), 0);
	ck_assert_int_eq(strncmp(daemon_control(&daemon_, "reset " NAME0), "error EBUSY", 11), 0);
	wait(NULL);
	client_close(&client);
	client_start(&client, &daemon_, NAME0, 0);
	client_check_alive(&client, 1);
	finish();
}
END_TEST

START_TEST(reset_loses_what_is_in_flight_and_new_queues_work)
{
	unsigned int i;

	start_version(_i, "");
	for (i = 0; i < 20; i++) {
		daemon_control(&daemon_, "fault " NAME0 " delay usec=20000");
		client_start(&client, &daemon_, NAME0, 0);
		client_submit(&client, 100, 0);
		ck_assert_str_eq(daemon_control(&daemon_, "reset " NAME0), "ok");
		ck_assert_uint_eq(client_tx(&client), 1);
		ck_assert_uint_eq(client_rx(&client), 1);
		daemon_control(&daemon_, "fault " NAME0 " clear");
		client_ring_sq(&client, 200);
		client_close(&client);
	}
	client_start(&client, &daemon_, NAME0, 0);
	client_check_alive(&client, 1);
	finish();
}
END_TEST

/* stopping */
START_TEST(put_answers_after_accepted_elements_are_done)
{
	unsigned int i;

	start_version(_i, "");
	daemon_control(&daemon_, "fault " NAME0 " delay usec=20000");
	client_start(&client, &daemon_, NAME0, 0);
	client_submit(&client, 6, 100);
	wait_until(daemon_counter(&daemon_, client.id, "submitted") == 6);
	ck_assert_int_eq(client_ioctl(&client, UACCE_IOC_PUT, NULL), 0);
	for (i = 0; i < 6; i++)
		client_consume(&client, i, 100 + i);
	finish();
}
END_TEST

static void put_gives_up_on(const char *fault)
{
	uint8_t *before;
	char line[64];

	start("null,drain-ms=50");
	snprintf(line, sizeof(line), "fault " NAME0 " %s", fault);
	ck_assert_str_eq(daemon_control(&daemon_, line), "ok");
	client_start(&client, &daemon_, NAME0, 0);
	client_submit(&client, 30, 0);
	wait_until(daemon_counter(&daemon_, client.id, "submitted") == 30);
	ck_assert_int_eq(client_ioctl(&client, UACCE_IOC_PUT, NULL), 0);
	/* From now on the rings are ours alone. */
	before = malloc(client.dus_nbytes);
	memcpy(before, client.dus, client.dus_nbytes);
	usleep(200000);
	ck_assert_mem_eq(before, client.dus, client.dus_nbytes);
	free(before);
	daemon_control(&daemon_, "fault " NAME0 " clear");
	memset(client.dus, 0, client.dus_nbytes);
	client.head = client.tail = 0;
	ck_assert_int_eq(client_ioctl(&client, UACCE_IOC_START, NULL), 0);
	client_check_alive(&client, 5);
	finish();
}

START_TEST(put_gives_up_on_a_hung_element)
{
	put_gives_up_on("hang count=1");
}
END_TEST

START_TEST(put_gives_up_on_a_slow_engine)
{
	put_gives_up_on("delay usec=150000");
}
END_TEST

START_TEST(put_gives_up_on_a_device_that_refuses_to_drain)
{
	put_gives_up_on("refuse-drain count=1");
}
END_TEST

START_TEST(killed_client_frees_its_queues_at_once)
{
	struct client others[3];
	uint64_t killed_ms;
	unsigned int i;
	int ready[2];
	pid_t pid;
	char byte;

	start_version(_i, ",queues=4,drain-ms=60000");
	daemon_control(&daemon_, "fault " NAME0 " hang");
	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		for (i = 0; i < 3; i++) {
			client_start(&others[i], &daemon_, NAME0, 0);
			client_submit(&others[i], 500, 0);
		}
		if (write(ready[1], "r", 1) == 1)
			pause();
		_exit(1);
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	kill(pid, SIGKILL);
	killed_ms = test_now_ms();
	waitpid(pid, NULL, 0);
	wait_available(4);
	ck_assert_uint_lt(test_now_ms() - killed_ms, 5000);
	daemon_control(&daemon_, "fault " NAME0 " clear");
	for (i = 0; i < 4; i++) {
		client_start(&client, &daemon_, NAME0, 0);
		client_check_alive(&client, i);
		client_close(&client);
	}
	finish();
}
END_TEST

/* A child opens a queue and hands us the descriptor, as by descriptor passing. */
static pid_t open_in_child(int stay_fd)
{
	int pair[2], pid;
	char byte;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	pid = fork();
	if (pid == 0) {
		client_start(&client, &daemon_, NAME0, 0);
		client_check_alive(&client, 1);
		client_send_fd(pair[1], client.fd);
		_exit(read(stay_fd, &byte, 1) == 1 ? 0 : 1);
	}
	client.fd = client_receive_fd(pair[0]);
	close(pair[0]);
	close(pair[1]);
	return pid;
}

START_TEST(queue_dies_with_its_opener_whoever_holds_the_descriptor)
{
	struct hisi_qp_ctx ctx = {0};
	int stay[2], status;
	pid_t pid;

	start("null,queues=1");
	client = (struct client){.dus_token = -1, .mmio_token = -1, .shadow_token = -1};
	ck_assert_int_eq(pipe(stay), 0);
	pid = open_in_child(stay[0]);
	ck_assert_int_eq(client_ioctl(&client, HISI_QM_IOC_SET_QP_CTX, &ctx), 0);
	ck_assert_int_eq(write(stay[1], "x", 1), 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	wait_until(client_ioctl(&client, HISI_QM_IOC_SET_QP_CTX, &ctx) == ENXIO);
	ck_assert_uint_eq(client_poll(&client), 0);
	/* The number is the descriptor's until that is closed. */
	ck_assert_int_eq(daemon_number(&daemon_, NAME0, "available_instances"), 0);
	client_close(&client);
	wait_available(1);
	finish();
}
END_TEST

#define add(test) tcase_add_loop_test(tcase, test, 0, 3)
#define add_once(test) tcase_add_test(tcase, test)

static void add_tests(TCase *tcase)
{
	add_once(isolate_strategy_takes_numbers_up_to_65535);
	add_once(third_error_of_an_hour_isolates_at_threshold_two);
	add_once(isolation_threshold_of_the_command_line_counts);
	add_once(writing_the_threshold_forgets_errors_and_zero_means_never);
	add_once(failed_reset_isolates_at_once_and_refuses_opens);
	add(open_and_start_during_a_reset_are_eperm);
	add(reset_loses_what_is_in_flight_and_new_queues_work);
	add(put_answers_after_accepted_elements_are_done);
	add_once(put_gives_up_on_a_hung_element);
	add_once(put_gives_up_on_a_slow_engine);
	add_once(put_gives_up_on_a_device_that_refuses_to_drain);
	add(killed_client_frees_its_queues_at_once);
	add_once(queue_dies_with_its_opener_whoever_holds_the_descriptor);
}

int main(void)
{
	return device_test_run("ends of queues and devices", 60, add_tests);
}
