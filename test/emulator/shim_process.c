// SPDX-License-Identifier: Apache-2.0
/*
 * The life of a node's descriptor: duplicates, fork, exec, being sent to another
 * process, being closed in bulk; and descriptors of the emulator's own, which
 * the program must neither see nor hit.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shim_run.h"

#define QUEUES 64

extern char **environ;

static int ctx_ioctl(int fd)
{
	struct qp_ctx ctx = {0, 0};

	return ioctl(fd, IOC_SET_QP_CTX, &ctx) ? -1 : ctx.id;
}

/* The queues of the test before may still be on their way back. */
static void setup(void)
{
	wait_until(attribute("available_instances") == QUEUES);
}

static int end_of_child(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void check_all_free(long before)
{
	wait_until(attribute("available_instances") == before);
}

START_TEST(duplicates_are_the_same_queue)
{
	long before = attribute("available_instances");
	int fd = open(NODE0, O_RDWR | O_CLOEXEC), id = ctx_ioctl(fd), copies[4], i;

	copies[0] = dup(fd);
	copies[1] = fcntl(fd, F_DUPFD, 100);
	copies[2] = fcntl(fd, F_DUPFD_CLOEXEC, 200);
	copies[3] = dup2(fd, 300);
	ck_assert_int_eq(copies[3], 300);
	ck_assert_int_eq(dup3(fd, 300, O_CLOEXEC), 300);
	ck_assert_int_eq(attribute("available_instances"), before - 1);
	close(fd);
	for (i = 0; i < 4; i++) {
		ck_assert_int_eq(ctx_ioctl(copies[i]), id);
		close(copies[i]);
		ck_assert_errno(ctx_ioctl(copies[i]), EBADF);
	}
	check_all_free(before);
}
END_TEST

/* The library must not go on seeing a node where there is something else now. */
START_TEST(number_of_a_closed_node_is_free_for_others)
{
	int fd = open(NODE0, O_RDWR), pipe_fds[2];
	FILE *stream = fdopen(fd, "r+");
	struct stat st;
	char byte;

	/* Closed behind our back. */
	fclose(stream);
	ck_assert_int_eq(pipe(pipe_fds), 0);
	ck_assert_int_eq(dup2(pipe_fds[0], fd) >= 0, 1);
	ck_assert_int_eq(write(pipe_fds[1], "x", 1), 1);
	ck_assert_int_eq(read(fd, &byte, 1), 1);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert(S_ISFIFO(st.st_mode));
	ck_assert_errno(ctx_ioctl(fd), ENOTTY);
	close(fd);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	/* And the other way round: a number known to be something else becomes a node. */
	fd = open("/dev/null", O_RDWR);
	ck_assert_int_eq(write(fd, "x", 1), 1);
	close(fd);
	ck_assert_int_eq(open(NODE0, O_RDWR), fd);
	ck_assert_int_ge(ctx_ioctl(fd), 0);
	close(fd);
}
END_TEST

START_TEST(descriptor_is_shared_with_a_child)
{
	long before = attribute("available_instances");
	int fd = open(NODE0, O_RDWR), id = ctx_ioctl(fd);
	pid_t pid = fork();

	if (pid == 0) {
		if (ctx_ioctl(fd) != id || attribute("available_instances") != before - 1)
			_exit(1);
		/* With a queue of its own beside it. */
		struct queue q;

		queue_open(&q);
		if (q.id == id)
			_exit(2);
		queue_check(&q);
		_exit(0);
	}
	ck_assert_int_eq(end_of_child(pid), 0);
	ck_assert_int_eq(ctx_ioctl(fd), id);
	close(fd);
	check_all_free(before);
}
END_TEST

START_TEST(last_close_in_a_child_frees_the_queue)
{
	long before = attribute("available_instances");
	int fd = open(NODE0, O_RDWR), fds[2];
	pid_t pid;
	char byte;

	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		close(fds[1]);
		/* Until the parent has closed both. */
		_exit(read(fds[0], &byte, 1) != 0);
	}
	close(fd);
	ck_assert_int_eq(attribute("available_instances"), before - 1);
	close(fds[1]);
	ck_assert_int_eq(end_of_child(pid), 0);
	check_all_free(before);
	close(fds[0]);
}
END_TEST

/* The mapping, not inherited, must not keep the queue when the parent has given it up. */
START_TEST(child_keeps_no_mapping_of_its_parent)
{
	long before = attribute("available_instances");
	struct queue q;
	int fds[2];
	pid_t pid;
	char byte;

	queue_open(&q);
	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		close(fds[1]);
		close(q.fd);
		_exit(read(fds[0], &byte, 1) != 0);
	}
	queue_check(&q);
	queue_close(&q);
	check_all_free(before);
	close(fds[1]);
	ck_assert_int_eq(end_of_child(pid), 0);
	close(fds[0]);
}
END_TEST

/* exec: this program again, told which descriptor to look at. */
static int look_at(const char *number)
{
	struct pollfd pollfd = {.fd = atoi(number), .events = POLLIN};
	char link[64], target[64] = "";
	struct stat st;

	if (fcntl(pollfd.fd, F_GETFD) < 0)
		return 10;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", pollfd.fd);
	if (readlink(link, target, sizeof(target) - 1) < 0 || strcmp(target, NODE0))
		return 11;
	if (fstat(pollfd.fd, &st) || !S_ISCHR(st.st_mode))
		return 12;
	if (poll(&pollfd, 1, 0) != 0)
		return 13;
	return ctx_ioctl(pollfd.fd) < 0 ? 14 : 0;
}

static int run_look_at(int fd)
{
	char name[] = "shim_process", number[16], *argv[] = {name, number, NULL};
	pid_t pid;

	snprintf(number, sizeof(number), "%d", fd);
	ck_assert_int_eq(posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environ), 0);
	return end_of_child(pid);
}

START_TEST(exec_keeps_or_closes_as_asked)
{
	int fd = open(NODE0, O_RDWR);

	ck_assert_int_eq(ioctl(fd, IOC_START), 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), 0);
	ck_assert_int_eq(run_look_at(fd), 0);
	ck_assert_int_eq(fcntl(fd, F_SETFD, FD_CLOEXEC), 0);
	ck_assert_int_eq(run_look_at(fd), 10);
	close(fd);
	fd = open(NODE0, O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(run_look_at(fd), 10);
	close(fd);
}
END_TEST

static void send_fd(int to, int fd)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control_data = {0};
	char byte = 'f';
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control_data.space,
			     .msg_controllen = sizeof(control_data.space)};

	control_data.head.cmsg_level = SOL_SOCKET;
	control_data.head.cmsg_type = SCM_RIGHTS;
	control_data.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control_data.head), &fd, sizeof(int));
	ck_assert_int_eq(sendmsg(to, &msg, 0), 1);
}

static int receive_fd(int from)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control_data = {0};
	char byte;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control_data.space,
			     .msg_controllen = sizeof(control_data.space)};
	int fd;

	ck_assert_int_eq(recvmsg(from, &msg, 0), 1);
	memcpy(&fd, CMSG_DATA(&control_data.head), sizeof(int));
	return fd;
}

START_TEST(sent_descriptor_is_the_same_queue)
{
	int pair[2], fd = open(NODE0, O_RDWR), id = ctx_ioctl(fd), known;
	pid_t pid;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid = fork();
	if (pid == 0) {
		close(fd);
		/* The number is known as something else. */
		known = open("/dev/null", O_RDWR);
		if (write(known, "x", 1) != 1)
			_exit(1);
		close(known);
		fd = receive_fd(pair[1]);
		_exit(fd == known && ctx_ioctl(fd) == id ? 0 : 2);
	}
	send_fd(pair[0], fd);
	ck_assert_int_eq(end_of_child(pid), 0);
	close(fd);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

START_TEST(closing_everything_leaves_the_mappings)
{
	struct queue q;
	int fd;

	queue_open(&q);
	for (fd = 3; fd < 4096; fd++)
		close(fd);
	queue_check(&q);
	munmap(q.dus, q.dus_nbytes);
	munmap((void *)(uintptr_t)q.mmio, q.mmio_nbytes);
	queue_open(&q);
	ck_assert_int_eq(close_range(3, ~0U, 0), 0);
	queue_check(&q);
	closefrom(3);
	queue_check(&q);
}
END_TEST

START_TEST(new_descriptors_have_the_lowest_numbers)
{
	struct queue q;
	int lowest = dup(0), fd;

	close(lowest);
	queue_open(&q);
	ck_assert_int_eq(q.fd, lowest);
	fd = dup(0);
	ck_assert_int_eq(fd, lowest + 1);
	close(fd);
	queue_close(&q);
}
END_TEST

/* The program may want just the numbers that we have chosen. */
START_TEST(dup2_to_any_number_hurts_no_mapping)
{
	struct queue q;
	int fd;

	queue_open(&q);
	for (fd = 500; fd < 1000; fd++)
		ck_assert_int_eq(dup2(0, fd), fd);
	queue_check(&q);
	for (fd = 500; fd < 1000; fd++)
		ck_assert_int_eq(close(fd), 0);
	queue_check(&q);
	queue_close(&q);
}
END_TEST

#define CYCLES 300

static unsigned int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

START_TEST(open_and_close_leave_nothing)
{
	unsigned int before, i;
	struct queue q;

	queue_open(&q);
	queue_close(&q);
	before = count_descriptors();
	for (i = 0; i < CYCLES; i++) {
		queue_open(&q);
		queue_close(&q);
	}
	ck_assert_uint_eq(count_descriptors(), before);
}
END_TEST

/* --- fork while others work --- */

static atomic_bool stop_working;

static void *work(void *arg)
{
	struct queue q;

	(void)arg;
	while (!stop_working) {
		queue_open(&q);
		queue_check(&q);
		queue_close(&q);
	}
	return NULL;
}

/* Without libcheck, whose lock another thread of the parent may have held. */
static int ring_once(size_t dus_nbytes)
{
	volatile uint16_t *phase;
	struct queue q = {.fd = open(NODE0, O_RDWR)};
	uint64_t end = now_ms() + 20000;

	if (q.fd < 0)
		return 1;
	q.dus = mmap(NULL, dus_nbytes, PROT_READ | PROT_WRITE, MAP_SHARED, q.fd,
		     sysconf(_SC_PAGESIZE));
	q.mmio = mmap(NULL, 2 * DOORBELL, PROT_READ | PROT_WRITE, MAP_SHARED, q.fd, 0);
	if (q.dus == MAP_FAILED || q.mmio == MAP_FAILED)
		return 2;
	q.id = (uint16_t)ctx_ioctl(q.fd);
	if (ioctl(q.fd, IOC_START))
		return 3;
	doorbell(&q, 0, 1, 0);
	phase = (volatile uint16_t *)(void *)(q.dus + 128 * DEPTH + 14);
	while (!(*phase & 1)) {
		if (now_ms() > end)
			return 4;
	}
	return 0;
}

START_TEST(fork_amid_working_threads_gives_a_sound_child)
{
	size_t dus_nbytes = (size_t)attribute("region_dus_size");
	pthread_t threads[2];
	int i;
	pid_t pid;

	for (i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, work, NULL);
	for (i = 0; i < 40; i++) {
		pid = fork();
		if (pid == 0)
			_exit(ring_once(dus_nbytes));
		ck_assert_int_eq(end_of_child(pid), 0);
	}
	stop_working = true;
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}
END_TEST

START_TEST(killed_process_gives_its_queues_back)
{
	long before = attribute("available_instances");
	struct queue q;
	char byte;
	int fds[2];
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		queue_open(&q);
		queue_submit(&q, 100);
		if (write(fds[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	ck_assert_int_eq(read(fds[0], &byte, 1), 1);
	ck_assert_int_lt(attribute("available_instances"), before);
	kill(pid, SIGKILL);
	end_of_child(pid);
	check_all_free(before);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite;
	TCase *tcase;

	if (argc == 2)
		return look_at(argv[1]);
	suite = suite_create("shim_process");
	tcase = tcase_create("process");
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, duplicates_are_the_same_queue);
	tcase_add_test(tcase, number_of_a_closed_node_is_free_for_others);
	tcase_add_test(tcase, descriptor_is_shared_with_a_child);
	tcase_add_test(tcase, last_close_in_a_child_frees_the_queue);
	tcase_add_test(tcase, child_keeps_no_mapping_of_its_parent);
	tcase_add_test(tcase, exec_keeps_or_closes_as_asked);
	tcase_add_test(tcase, sent_descriptor_is_the_same_queue);
	tcase_add_test(tcase, closing_everything_leaves_the_mappings);
	tcase_add_test(tcase, new_descriptors_have_the_lowest_numbers);
	tcase_add_test(tcase, dup2_to_any_number_hurts_no_mapping);
	tcase_add_test(tcase, open_and_close_leave_nothing);
	tcase_add_test(tcase, fork_amid_working_threads_gives_a_sound_child);
	tcase_add_test(tcase, killed_process_gives_its_queues_back);
	suite_add_tcase(suite, tcase);
	return shim_main(argv, "null", suite);
}
