// SPDX-License-Identifier: Apache-2.0
/*
 * Each fault that the control socket can inject, and clients whose memory never
 * answers the device.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device_client.h"

static struct daemon daemon_;
static struct client client;

static void finish(void)
{
	client_close(&client);
	daemon_stop(&daemon_);
}

static void start_faulty(const char *fault)
{
	const char *const args[] = {"--engines", "2", "--device", "null,drain-ms=20", NULL};
	char line[128];

	daemon_start(&daemon_, args);
	client_start(&client, &daemon_, NAME0, 0);
	snprintf(line, sizeof(line), "fault " NAME0 " %s", fault);
	ck_assert_str_eq(daemon_control(&daemon_, line), "ok");
}

START_TEST(fault_drop_completion)
{
	start_faulty("drop-completion count=1");
	client_submit(&client, 2, 10);
	/* The first completion is that of the second element. */
	client_consume(&client, 1, 11);
	ck_assert_uint_eq(daemon_counter(&daemon_, client.id, "completed"), 1);
	finish();
}
END_TEST

START_TEST(fault_repeat_completion)
{
	start_faulty("repeat-completion count=1");
	client_submit(&client, 2, 10);
	client_consume(&client, 0, 10);
	client_consume(&client, 0, 10);
	client_consume(&client, 1, 11);
	finish();
}
END_TEST

START_TEST(fault_bad_index)
{
	struct hisi_qm_cqe cqe;

	start_faulty("bad-index index=5000 every=2");
	client_submit(&client, 2, 10);
	client_consume(&client, 0, 10);
	client_wait_cqe(&client, 1, 1);
	cqe = client_cqe(&client, 1);
	ck_assert_uint_eq(field_get(&cqe, QM_CQE_SQ_HEAD), 5000);
	finish();
}
END_TEST

START_TEST(fault_bad_phase)
{
	struct hisi_qm_cqe cqe;

	start_faulty("bad-phase count=1");
	client_submit(&client, 3, 10);
	client_wait_cqe(&client, 2, 1);
	cqe = client_cqe(&client, 0);
	ck_assert_uint_eq(field_get(&cqe, QM_CQE_PHASE), 0);
	cqe = client_cqe(&client, 1);
	ck_assert_uint_eq(field_get(&cqe, QM_CQE_SQ_HEAD), 1);
	finish();
}
END_TEST

START_TEST(fault_corrupt_length_and_status)
{
	start_faulty("corrupt-length count=1");
	ck_assert_str_eq(
		daemon_control(&daemon_, "fault " NAME0 " corrupt-status status=0x42 every=2"),
		"ok");
	client_submit(&client, 3, 10);
	client_wait_cqe(&client, 2, 1);
	ck_assert_uint_eq(field_get(client_sqe(&client, 0), ZIP_CONSUMED), UINT32_MAX);
	ck_assert_uint_eq(field_get(client_sqe(&client, 0), ZIP_PRODUCED), UINT32_MAX);
	ck_assert_uint_eq(field_get(client_sqe(&client, 1), ZIP_STATUS), 0x42);
	ck_assert_uint_eq(field_get(client_sqe(&client, 2), ZIP_STATUS), 0);
	ck_assert_uint_eq(field_get(client_sqe(&client, 2), ZIP_CONSUMED), 12);
	finish();
}
END_TEST

START_TEST(fault_lose_doorbell)
{
	start_faulty("lose-doorbell count=1");
	client_submit(&client, 1, 10);
	wait_until(daemon_counter(&daemon_, client.id, "traps") == 1);
	ck_assert_uint_eq(daemon_counter(&daemon_, client.id, "submitted"), 0);
	/* Ringing once more helps. */
	client_ring_sq(&client, 1);
	client_consume(&client, 0, 10);
	finish();
}
END_TEST

START_TEST(kick_repeats_a_lost_shadow_doorbell)
{
	daemon_start(&daemon_, NULL);
	client_start_shadow(&client, &daemon_, NAME0);
	client_check_alive(&client, 1);
	ck_assert_str_eq(daemon_control(&daemon_, "fault " NAME0 " lose-doorbell count=1"), "ok");
	client_submit(&client, 1, 2);
	wait_until(strstr(daemon_control(&daemon_, "fault " NAME0 " list"), "\"left\":0"));
	ck_assert_uint_eq(daemon_counter(&daemon_, client.id, "submitted"), 1);
	client_store(&client, QM_DOORBELL_OFFSET_V2, 8,
		     qm_doorbell_v2(client.id, QM_DOORBELL_SQ, 2, 0));
	client_consume(&client, 1, 2);
	finish();
}
END_TEST

START_TEST(fault_hang_holds_back_only_its_queue)
{
	struct client other;

	start_faulty("hang queue=0 count=1 every=3");
	client_start(&other, &daemon_, NAME0, 0);
	client_submit(&client, 5, 10);
	client_submit(&other, 5, 20);
	for (unsigned int i = 0; i < 5; i++)
		client_consume(&other, i, 20 + i);
	client_consume(&client, 0, 10);
	client_consume(&client, 1, 11);
	ck_assert_uint_eq(daemon_counter(&daemon_, client.id, "completed"), 2);
	client_close(&other);
	finish();
}
END_TEST

START_TEST(fault_drop_interrupt)
{
	start_faulty("drop-interrupt count=1");
	client_submit(&client, 1, 10);
	client_wait_cqe(&client, 0, 1);
	wait_until(daemon_counter(&daemon_, client.id, "completed") == 1);
	ck_assert_uint_eq(daemon_counter(&daemon_, client.id, "interrupts"), 0);
	client_submit(&client, 1, 11);
	ck_assert(client_interrupt(&client, 10000));
	finish();
}
END_TEST

START_TEST(fault_delay)
{
	uint64_t start_ms;

	start_faulty("delay usec=50000 count=2");
	start_ms = test_now_ms();
	client_check_alive(&client, 1);
	client_check_alive(&client, 2);
	ck_assert_uint_ge(test_now_ms() - start_ms, 99);
	ck_assert_str_eq(daemon_control(&daemon_, "fault " NAME0 " clear"), "ok");
	ck_assert_str_eq(daemon_control(&daemon_, "fault " NAME0 " list"), "ok []");
	client_check_alive(&client, 3);
	finish();
}
END_TEST

/* A page that its owner does not provide: who reads it waits. */
static void *make_trap_page(int *uffd)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register range = {.mode = UFFDIO_REGISTER_MODE_MISSING};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	void *mem;

	*uffd = fd;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api))
		return NULL;
	mem = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range.range.start = (uintptr_t)mem;
	range.range.len = page;
	return ioctl(fd, UFFDIO_REGISTER, &range) ? NULL : mem;
}

static void compress_from(struct client *c, const void *source, void *dest)
{
	struct hisi_zip_sqe *sqe = client_sqe(c, 0);

	memset(sqe, 0, sizeof(*sqe));
	field_set(sqe, ZIP_SQE_TYPE, 3);
	field_set(sqe, ZIP_REQUEST_TYPE, ZIP_REQ_ZLIB);
	field_set(sqe, ZIP_INPUT_LENGTH, 100);
	field_set(sqe, ZIP_DEST_AVAIL, 100);
	field_set(sqe, ZIP_FLUSH_TYPE, ZIP_FLUSH_FINISH);
	field_set_addr(sqe, ZIP_ADDR_SOURCE, (uintptr_t)source);
	field_set_addr(sqe, ZIP_ADDR_DEST, (uintptr_t)dest);
	client_ring_sq(c, 1);
}

static void provide_page(int uffd, void *page)
{
	struct uffdio_zeropage zero = {
		.range = {.start = (uintptr_t)page, .len = (size_t)sysconf(_SC_PAGESIZE)},
	};

	ck_assert_int_eq(ioctl(uffd, UFFDIO_ZEROPAGE, &zero), 0);
}

START_TEST(worker_that_returns_after_put_was_answered_touches_nothing)
{
	uint8_t dest[100] = {0}, untouched[100] = {0}, *before;
	int uffd, error = 0;
	void *trap;

	daemon_start_device(&daemon_, "zip,drain-ms=20");
	client_start(&client, &daemon_, NAME0, ZIP_QUEUE_COMP);
	trap = make_trap_page(&uffd);
	if (!trap) {
		fprintf(stderr, "userfaultfd is not allowed here: not tested\n");
		finish();
		return;
	}
	compress_from(&client, trap, dest);
	wait_until(daemon_counter(&daemon_, client.id, "submitted") == 1);
	ck_assert_int_eq(client_ioctl(&client, UACCE_IOC_PUT, NULL), 0);
	before = malloc(client.dus_nbytes);
	memcpy(before, client.dus, client.dus_nbytes);
	/* The queue number is not usable as long as the worker is away. */
	ck_assert_int_eq(client_ioctl(&client, UACCE_IOC_START, NULL), EIO);
	provide_page(uffd, trap);
	wait_until((error = client_ioctl(&client, UACCE_IOC_START, NULL)) != EIO);
	ck_assert_int_eq(error, 0);
	ck_assert_mem_eq(before, client.dus, client.dus_nbytes);
	ck_assert_mem_eq(dest, untouched, sizeof(dest));
	free(before);
	close(uffd);
	finish();
}
END_TEST

/* In a process of its own: all workers get stuck in its trap page. */
static void run_trapper(int told)
{
	int uffd;
	void *trap = make_trap_page(&uffd);
	struct client bad[4];
	unsigned int i;

	for (i = 0; trap && i < 4; i++) {
		client_start(&bad[i], &daemon_, "hisi_zip-1", ZIP_QUEUE_COMP);
		compress_from(&bad[i], trap, trap);
	}
	if (write(told, trap ? "y" : "n", 1) == 1)
		pause();
}

START_TEST(workers_held_up_by_a_client_are_replaced)
{
	const char *const args[] = {
		"--engines", "2", "--device", "null", "--device", "zip,queues=4,drain-ms=50", NULL};
	unsigned int i;
	int told[2];
	char byte;
	pid_t pid;

	daemon_start(&daemon_, args);
	client_start(&client, &daemon_, NAME0, 0);
	ck_assert_int_eq(pipe(told), 0);
	pid = fork();
	if (pid == 0) {
		run_trapper(told[1]);
		_exit(1);
	}
	ck_assert_int_eq(read(told[0], &byte, 1), 1);
	for (i = 0; byte == 'y' && i < 1000; i++)
		client_check_alive(&client, i);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	wait_until(daemon_number(&daemon_, "hisi_zip-1", "available_instances") == 4);
	for (i = 0; i < 1000; i++)
		client_check_alive(&client, i);
	finish();
	if (byte != 'y')
		fprintf(stderr, "userfaultfd is not allowed here: not tested\n");
}
END_TEST

START_TEST(queue_with_a_stuck_worker_goes_to_quarantine_and_returns)
{
	const char *const args[] = {
		"--engines", "1", "--device", "null", "--device", "zip,queues=4,drain-ms=50", NULL};
	int told[2];
	char byte;
	pid_t pid;

	daemon_start(&daemon_, args);
	client = (struct client){.fd = -1, .dus_token = -1, .mmio_token = -1, .shadow_token = -1};
	ck_assert_int_eq(pipe(told), 0);
	pid = fork();
	if (pid == 0) {
		run_trapper(told[1]);
		_exit(1);
	}
	ck_assert_int_eq(read(told[0], &byte, 1), 1);
	/* The reset cannot end while a worker may still write: it fails instead of hanging. */
	if (byte == 'y') {
		ck_assert_str_eq(daemon_control(&daemon_, "reset hisi_zip-1"), "ok");
		ck_assert_int_eq(client_open(&client, &daemon_, "hisi_zip-1"), EPERM);
		ck_assert_int_eq(daemon_number(&daemon_, "hisi_zip-1", "isolate"), 1);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	wait_until(daemon_number(&daemon_, "hisi_zip-1", "available_instances") == 4);
	finish();
}
END_TEST

#define add(test) tcase_add_test(tcase, test)

static void add_tests(TCase *tcase)
{
	add(fault_drop_completion);
	add(fault_repeat_completion);
	add(fault_bad_index);
	add(fault_bad_phase);
	add(fault_corrupt_length_and_status);
	add(fault_lose_doorbell);
	add(kick_repeats_a_lost_shadow_doorbell);
	add(fault_hang_holds_back_only_its_queue);
	add(fault_drop_interrupt);
	add(fault_delay);
	add(worker_that_returns_after_put_was_answered_touches_nothing);
	add(workers_held_up_by_a_client_are_replaced);
	add(queue_with_a_stuck_worker_goes_to_quarantine_and_returns);
}

int main(void)
{
	return device_test_run("faults on demand", 60, add_tests);
}
