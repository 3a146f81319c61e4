// SPDX-License-Identifier: Apache-2.0
/*
 * Clients that break every rule, next to one that keeps them: the daemon must
 * stay alive, the good client must be served, and resources must come back.
 * Random input comes from a fixed seed.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device_client.h"

static const char *const versions[] = {"v2", "v3", "v5"};
static struct daemon daemon_;
static struct client good;
static uint32_t good_value;
static uint64_t random_state = 0x9e3779b97f4a7c15ull;

static uint64_t random_u64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void fill_random(void *to, size_t nbytes)
{
	uint8_t *bytes = to;

	while (nbytes--)
		*bytes++ = (uint8_t)(random_u64() >> 24);
}

/* hisi_zip-0 is null and has the good client, hisi_zip-1 is a ZIP engine. */
static void start(int version)
{
	char null[64], zip[64];
	const char *const args[] = {"--device", null, "--device", zip, NULL};

	snprintf(null, sizeof(null), "null,queues=8,qm=%s", versions[version]);
	snprintf(zip, sizeof(zip), "zip,queues=8,drain-ms=100,qm=%s", versions[version]);
	daemon_start(&daemon_, args);
	client_start(&good, &daemon_, NAME0, 0);
	good_value = 1;
}

static void check_good(void)
{
	ck_assert(daemon_is_alive(&daemon_));
	client_check_alive(&good, good_value++);
}

static void finish(void)
{
	unsigned int i;

	for (i = 0; i < 2000; i++)
		check_good();
	ck_assert_uint_eq(client_tx(&good), 0);
	client_close(&good);
	wait_until(daemon_number(&daemon_, NAME0, "available_instances") == 8);
	wait_until(daemon_number(&daemon_, "hisi_zip-1", "available_instances") == 8);
	daemon_stop(&daemon_);
}

START_TEST(garbage_on_a_fresh_connection_is_survived)
{
	uint8_t garbage[512];
	size_t nbytes;
	unsigned int i;
	int fd;

	start(_i);
	for (i = 0; i < 500; i++) {
		fd = daemon_connect(&daemon_, SOCK_SEQPACKET, "socket");
		nbytes = random_u64() % sizeof(garbage);
		fill_random(garbage, nbytes);
		/* Some get past the version. */
		if (i % 3 == 0 && nbytes >= 8)
			memcpy(garbage, (uint32_t[]){EMU_PROTOCOL_VERSION, i % 8}, 8);
		if (i % 6 == 0)
			nbytes = sizeof(struct emu_request);
		send(fd, garbage, nbytes, MSG_NOSIGNAL);
		close(fd);
	}
	check_good();
	finish();
}
END_TEST

START_TEST(open_with_an_unterminated_name_is_einval)
{
	struct emu_request request = {.version = EMU_PROTOCOL_VERSION, .op = EMU_OPEN};
	struct emu_reply reply;
	int fd;

	start(_i);
	fd = daemon_connect(&daemon_, SOCK_SEQPACKET, "socket");
	memset(request.name, 'x', sizeof(request.name));
	ck_assert_int_eq(send(fd, &request, sizeof(request), 0), sizeof(request));
	ck_assert_int_eq(recv(fd, &reply, sizeof(reply), 0), sizeof(reply));
	ck_assert_int_eq(reply.error, EINVAL);
	ck_assert_int_eq(recv(fd, &reply, sizeof(reply), 0), 0);
	close(fd);
	finish();
}
END_TEST

START_TEST(request_before_open_ends_the_connection)
{
	struct emu_request request = {.version = EMU_PROTOCOL_VERSION, .op = EMU_POLL};
	struct emu_reply reply;
	int fd;

	start(_i);
	fd = daemon_connect(&daemon_, SOCK_SEQPACKET, "socket");
	ck_assert_int_eq(send(fd, &request, sizeof(request), 0), sizeof(request));
	ck_assert_int_eq(recv(fd, &reply, sizeof(reply), 0), sizeof(reply));
	ck_assert_int_eq(reply.error, EPROTO);
	ck_assert_int_eq(recv(fd, &reply, sizeof(reply), 0), 0);
	close(fd);
	finish();
}
END_TEST

static void send_fds(int to, const void *data, size_t nbytes, const int *fds, size_t count)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(16 * sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)data, .iov_len = nbytes};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)),
	};

	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(&control.head), fds, count * sizeof(int));
	sendmsg(to, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
}

START_TEST(wrong_descriptors_for_the_answer_are_survived)
{
	struct emu_request request = {.version = EMU_PROTOCOL_VERSION, .length = 4096};
	struct client bad;
	unsigned int i;
	int fds[16];

	start(_i);
	client_start(&bad, &daemon_, "hisi_zip-1", 0);
	for (i = 0; i < 300; i++) {
		request.op = EMU_IOCTL + i % 6;
		request.value = i % 4;
		request.cmd = i % 5 ? UACCE_IOC_START : UACCE_IOC_PUT;
		fds[0] = open(i % 2 ? "/dev/null" : "/", O_RDONLY);
		for (unsigned int n = 1; n < 16; n++)
			fds[n] = dup(fds[0]);
		send(bad.fd, &request, sizeof(request), MSG_NOSIGNAL | MSG_DONTWAIT);
		send_fds(bad.fd, &request, sizeof(request), fds, 1 + i % 16);
		send_fds(bad.fd, &request, i % sizeof(request), fds, 1);
		for (unsigned int n = 0; n < 16; n++)
			close(fds[n]);
		check_good();
	}
	client_close(&bad);
	finish();
}
END_TEST

START_TEST(malformed_requests_are_answered_eproto)
{
	struct emu_request request = {.op = 99};
	struct emu_reply reply;
	struct client bad;

	start(_i);
	client_start(&bad, &daemon_, "hisi_zip-1", 0);
	ck_assert_int_eq(client_request(&bad, &request, &reply, NULL, NULL), EPROTO);
	request.op = EMU_STORE;
	ck_assert_int_eq(client_request(&bad, &request, &reply, NULL, NULL), EPROTO);
	request.op = EMU_OPEN;
	ck_assert_int_eq(client_request(&bad, &request, &reply, NULL, NULL), EPROTO);
	client_close(&bad);
	finish();
}
END_TEST

START_TEST(client_that_never_reads_does_not_stall_others)
{
	struct emu_request request = {.version = EMU_PROTOCOL_VERSION, .op = EMU_POLL};
	struct client bad;
	unsigned int i;
	int pair[2];

	start(_i);
	client_start(&bad, &daemon_, NAME0, 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	for (i = 0; i < 5000; i++) {
		send_fds(bad.fd, &request, sizeof(request), &pair[1], 1);
		/* Notification stays armed and unread. */
		client_submit(&bad, 1, i);
		client_wait_cqe(&bad, bad.head, bad.phase);
		bad.phase ^= ++bad.head == 1024;
		bad.head %= 1024;
		client_ring_cq(&bad, bad.head, 1);
		if (i % 100 == 0)
			check_good();
	}
	close(pair[0]);
	close(pair[1]);
	client_close(&bad);
	finish();
}
END_TEST

START_TEST(wild_stores_and_loads_hurt_nobody_else)
{
	struct emu_request request = {.version = EMU_PROTOCOL_VERSION};
	struct client bad;
	unsigned int i;

	start(_i);
	client_start(&bad, &daemon_, NAME0, 0);
	for (i = 0; i < 20000; i++) {
		request.op = random_u64() % 8 ? EMU_STORE : EMU_LOAD;
		request.cmd = random_u64() % 2 ? 8 : (uint32_t)random_u64();
		request.offset = random_u64() % 4 ? 0x1000 : random_u64();
		request.value = random_u64();
		if (i % 2)
			request.value &= 0xffff00000000f000ull;
		/* Answers to loads are never read: the buffer fills up. */
		send(bad.mmio_token, &request, sizeof(request), MSG_NOSIGNAL);
		if (i % 500 == 0)
			check_good();
	}
	client_close(&bad);
	finish();
}
END_TEST

/* An element that is random, or nearly right so that it gets deep into the engine. */
static void make_element(struct hisi_zip_sqe *sqe, void *memory, size_t nbytes, int version)
{
	static const uint8_t requests[] = {1, 2, 3, 4, 0x40, 0x41, 0x42, 0x43, 0x99};

	fill_random(sqe, sizeof(*sqe));
	if (random_u64() % 4 == 0)
		return;
	field_set(sqe, ZIP_SQE_TYPE, version == 0 ? 0 : 3);
	field_set(sqe, ZIP_REQUEST_TYPE, requests[random_u64() % sizeof(requests)]);
	field_set(sqe, ZIP_BUFFER_TYPE, random_u64() % 2);
	field_set(sqe, ZIP_INPUT_LENGTH, (uint32_t)(random_u64() % (2 * nbytes)));
	field_set(sqe, ZIP_DEST_AVAIL, (uint32_t)(random_u64() % (2 * nbytes)));
	field_set_addr(sqe, ZIP_ADDR_SOURCE, (uintptr_t)memory + random_u64() % nbytes);
	field_set_addr(sqe, ZIP_ADDR_DEST, (uintptr_t)memory + random_u64() % nbytes);
	field_set_addr(sqe, ZIP_ADDR_CTX, (uintptr_t)memory);
	field_set_addr(sqe, ZIP_ADDR_LITERAL, (uintptr_t)memory + random_u64() % nbytes);
}

static void scribble_rings(struct client *bad, void *memory, size_t nbytes, int version)
{
	unsigned int i, tail = 0;

	for (i = 0; i < 400; i++) {
		make_element(client_sqe(bad, tail), memory, nbytes, version);
		if (i % 16 == 0)
			fill_random(bad->dus + 131072, 4096);
		tail = (tail + 1) % 1024;
		if (bad->shadow && i % 64 == 63)
			fill_random(bad->shadow, sizeof(*bad->shadow));
		else
			client_ring_sq(bad, tail);
		client_ring_cq(bad, (unsigned int)random_u64() % 1024, i % 2);
	}
}

/* A process of its own: what it lets the device write goes anywhere in its memory. */
static void run_scribbler(int version)
{
	size_t nbytes = 1 << 18;
	uint8_t *memory =
		mmap(NULL, nbytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct client bad;
	unsigned int round;

	for (round = 0; round < 8; round++) {
		random_state += round;
		fill_random(memory, nbytes / 2);
		if (round % 2)
			client_start(&bad, &daemon_, "hisi_zip-1", round / 2 % 3);
		else
			client_start_shadow(&bad, &daemon_, "hisi_zip-1");
		scribble_rings(&bad, memory, nbytes, version);
		client_close(&bad);
	}
}

START_TEST(random_elements_and_rings_hurt_nobody_else)
{
	pid_t pid;

	start(_i);
	pid = fork();
	if (pid == 0) {
		run_scribbler(_i);
		_exit(0);
	}
	/* It may well be hit by its own writes: how it ends is its own affair. */
	while (waitpid(pid, NULL, WNOHANG) == 0)
		check_good();
	finish();
}
END_TEST

START_TEST(shared_memory_cannot_be_shrunk_under_the_daemon)
{
	struct client bad;
	int memory, token;

	start(_i);
	ck_assert_int_eq(client_open(&bad, &daemon_, NAME0), 0);
	ck_assert_int_eq(client_map(&bad, UACCE_REGION_DUS,
				    (uint64_t)daemon_number(&daemon_, NAME0, "region_dus_size"),
				    &token, &memory),
			 0);
	ck_assert_int_eq(ftruncate(memory, 0), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(ftruncate(memory, 1 << 20), -1);
	close(memory);
	close(token);
	client_close(&bad);
	finish();
}
END_TEST

START_TEST(deep_backlog_of_one_queue_does_not_starve_another)
{
	const char *const args[] = {"--engines", "1", "--device", "null", "--device", "null", NULL};
	struct client busy;
	unsigned int i;

	daemon_start(&daemon_, args);
	client_start_shadow(&busy, &daemon_, NAME0);
	client_start_shadow(&good, &daemon_, NAME0);
	daemon_control(&daemon_, "fault " NAME0 " delay usec=3000");
	client_submit(&busy, 1000, 0);
	for (i = 0; i < 20; i++)
		client_check_alive(&good, i);
	/* In turn: as many of the one as of the other, give or take some. */
	ck_assert_uint_lt(daemon_counter(&daemon_, busy.id, "completed"), 100);
	ck_assert_uint_ge(daemon_counter(&daemon_, busy.id, "completed"), 10);
	daemon_control(&daemon_, "fault " NAME0 " clear");
	for (i = 0; i < 1000; i++)
		client_consume(&busy, i, i);
	client_close(&busy);
	client_close(&good);
	daemon_stop(&daemon_);
}
END_TEST

START_TEST(daemon_out_of_descriptors_recovers)
{
	struct rlimit limit = {40, 40};
	unsigned int i, opened = 0;
	unsigned long ticks;
	int fds[40];

	start(_i);
	ck_assert_int_eq(prlimit(daemon_.pid, RLIMIT_NOFILE, &limit, NULL), 0);
	for (i = 0; i < 40; i++)
		fds[i] = daemon_connect(&daemon_, SOCK_SEQPACKET, "socket");
	check_good();
	ticks = daemon_ticks(&daemon_);
	usleep(300000);
	ck_assert_uint_le(daemon_ticks(&daemon_) - ticks, 5);
	for (i = 0; i < 40; i++)
		opened += close(fds[i]) == 0;
	ck_assert_uint_eq(opened, 40);
	for (i = 0; i < 3; i++) {
		struct client next;

		wait_until(client_open(&next, &daemon_, "hisi_zip-1") == 0);
		client_close(&next);
	}
	finish();
}
END_TEST

/* Until it is killed. The elements are no ZIP requests, but they complete. */
static void run_victim(const char *name)
{
	struct client victim;
	unsigned int i, lap;

	client_start_shadow(&victim, &daemon_, name);
	for (lap = 0;; lap++) {
		for (i = 0; i < 1024; i++) {
			client_submit(&victim, 1, i);
			client_wait_cqe(&victim, i, 1 - lap % 2);
			client_ring_cq(&victim, (i + 1) % 1024, 0);
		}
	}
}

START_TEST(client_killed_at_any_moment_leaves_no_queue_behind)
{
	unsigned int round;
	pid_t pid;

	start(_i);
	for (round = 0; round < 60; round++) {
		pid = fork();
		if (pid == 0) {
			run_victim(round % 2 ? NAME0 : "hisi_zip-1");
			_exit(0);
		}
		usleep((useconds_t)(random_u64() % 8000));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		check_good();
	}
	wait_until(daemon_number(&daemon_, NAME0, "available_instances") == 7);
	finish();
}
END_TEST

START_TEST(garbage_on_the_control_socket_is_survived)
{
	char garbage[3000], byte;
	unsigned int i;
	int fd;

	start(_i);
	for (i = 0; i < 200; i++) {
		fd = daemon_connect(&daemon_, SOCK_STREAM, "control");
		fill_random(garbage, sizeof(garbage));
		for (unsigned int n = 0; n < sizeof(garbage); n += 1 + n % 700)
			garbage[n] = '\n';
		send(fd, garbage, sizeof(garbage), MSG_NOSIGNAL);
		close(fd);
	}
	/* A line without an end is cut off. */
	fd = daemon_connect(&daemon_, SOCK_STREAM, "control");
	memset(garbage, 'x', sizeof(garbage));
	send(fd, garbage, sizeof(garbage), MSG_NOSIGNAL);
	ck_assert_int_le(recv(fd, &byte, 1, 0), 0);
	close(fd);
	ck_assert_int_eq(strncmp(daemon_control(&daemon_, ""), "error EINVAL", 12), 0);
	finish();
}
END_TEST

START_TEST(control_client_that_never_reads_does_not_stall_others)
{
	static const char command[] = "stats\n";
	unsigned int i;
	int fd;

	start(_i);
	fd = daemon_connect(&daemon_, SOCK_STREAM, "control");
	for (i = 0; i < 20000; i++) {
		if (send(fd, command, sizeof(command) - 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			break;
	}
	check_good();
	ck_assert_str_eq(daemon_control(&daemon_, "list"), "ok hisi_zip-0 hisi_zip-1");
	close(fd);
	finish();
}
END_TEST

#define add(test) tcase_add_loop_test(tcase, test, 0, 3)
#define add_once(test) tcase_add_loop_test(tcase, test, 1, 2)

static void add_tests(TCase *tcase)
{
	add(garbage_on_a_fresh_connection_is_survived);
	add_once(open_with_an_unterminated_name_is_einval);
	add_once(request_before_open_ends_the_connection);
	add(wrong_descriptors_for_the_answer_are_survived);
	add_once(malformed_requests_are_answered_eproto);
	add(client_that_never_reads_does_not_stall_others);
	add(wild_stores_and_loads_hurt_nobody_else);
	add(random_elements_and_rings_hurt_nobody_else);
	add_once(shared_memory_cannot_be_shrunk_under_the_daemon);
	add_once(deep_backlog_of_one_queue_does_not_starve_another);
	add_once(daemon_out_of_descriptors_recovers);
	add(client_killed_at_any_moment_leaves_no_queue_behind);
	add_once(garbage_on_the_control_socket_is_survived);
	add_once(control_client_that_never_reads_does_not_stall_others);
}

int main(void)
{
	return device_test_run("hostile clients", 120, add_tests);
}
