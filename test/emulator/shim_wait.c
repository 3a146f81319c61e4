// SPDX-License-Identifier: Apache-2.0
/*
 * poll, select and epoll on nodes: readiness as uacce reports it, once for each
 * batch of completions, and mixed with descriptors that are something else.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "shim_run.h"

static struct queue q;
static struct epoll_event event;

static void setup(void)
{
	queue_open(&q);
}

static void teardown(void)
{
	queue_close(&q);
}

static int poll_node(int timeout_ms)
{
	struct pollfd pollfd = {.fd = q.fd, .events = POLLIN};
	int ready = poll(&pollfd, 1, timeout_ms);

	ck_assert_int_eq(pollfd.revents, ready > 0 ? POLLIN : 0);
	return ready;
}

/* 19 of the checklist */
START_TEST(poll_reports_a_batch_once)
{
	ck_assert_int_eq(poll_node(0), 0);
	queue_submit(&q, 3);
	wait_until(queue_is_done(&q));
	ck_assert_int_eq(poll_node(20000), 1);
	ck_assert_int_eq(poll_node(0), 0);
	queue_consume(&q, 1);
	ck_assert_int_eq(poll_node(0), 0);
	queue_submit(&q, 1);
	ck_assert_int_eq(poll_node(20000), 1);
	queue_consume(&q, 1);
}
END_TEST

START_TEST(poll_without_a_completion_waits_as_long_as_told)
{
	uint64_t begin = now_ms();

	ck_assert_int_eq(poll_node(150), 0);
	ck_assert_uint_ge(now_ms() - begin, 149);
}
END_TEST

START_TEST(completions_seen_by_busy_polling_are_still_reported)
{
	queue_submit(&q, 2);
	queue_consume(&q, 0);
	ck_assert_int_eq(poll_node(0), 1);
	ck_assert_int_eq(poll_node(0), 0);
}
END_TEST

START_TEST(poll_never_says_writable_or_more)
{
	struct pollfd pollfd = {.fd = q.fd, .events = POLLOUT | POLLPRI | POLLHUP};

	ck_assert_int_eq(poll(&pollfd, 1, 50), 0);
	pollfd.events = POLLIN | POLLRDNORM | POLLOUT;
	queue_submit(&q, 1);
	ck_assert_int_eq(poll(&pollfd, 1, 20000), 1);
	ck_assert_int_eq(pollfd.revents, POLLIN | POLLRDNORM);
	queue_consume(&q, 1);
}
END_TEST

START_TEST(poll_mixes_nodes_and_pipes)
{
	struct pollfd fds[100];
	int pipe_fds[2];
	size_t i;

	ck_assert_int_eq(pipe(pipe_fds), 0);
	for (i = 0; i < 100; i++)
		fds[i] = (struct pollfd){.fd = pipe_fds[0], .events = POLLIN};
	fds[3] = (struct pollfd){.fd = q.fd, .events = POLLIN};
	fds[5] = (struct pollfd){.fd = -1, .events = POLLIN};
	fds[6] = (struct pollfd){.fd = 5000, .events = POLLIN};
	ck_assert_int_eq(poll(fds, 6, 30), 0);
	ck_assert_int_eq(poll(fds, 100, 30), 1);
	ck_assert_int_eq(fds[6].revents, POLLNVAL);
	fds[6].fd = -1;
	queue_submit(&q, 1);
	ck_assert_int_eq(poll(fds, 100, 20000), 1);
	ck_assert_int_eq(fds[3].revents, POLLIN);
	queue_consume(&q, 1);
	ck_assert_int_eq(write(pipe_fds[1], "x", 1), 1);
	ck_assert_int_eq(poll(fds, 100, 20000), 97);
	ck_assert_int_eq(fds[3].revents, 0);
	ck_assert_int_eq(fds[99].revents, POLLIN);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}
END_TEST

static void *submit_later(void *arg)
{
	(void)arg;
	usleep(50000);
	queue_submit(&q, 1);
	return NULL;
}

START_TEST(sleeping_poll_is_woken_by_a_completion)
{
	struct pollfd pollfd = {.fd = q.fd, .events = POLLIN};
	pthread_t thread;

	queue_check(&q);
	doorbell(&q, 1, q.head, 1);
	poll_node(0);
	pthread_create(&thread, NULL, submit_later, NULL);
	ck_assert_int_eq(poll(&pollfd, 1, -1), 1);
	pthread_join(thread, NULL);
	queue_consume(&q, 1);
}
END_TEST

static volatile sig_atomic_t alarms;

static void count_alarm(int sig)
{
	(void)sig;
	alarms++;
}

static void *send_alarm(void *arg)
{
	usleep(50000);
	pthread_kill(*(pthread_t *)arg, SIGALRM);
	return NULL;
}

START_TEST(sleeping_poll_is_interrupted_by_a_signal)
{
	struct sigaction action = {.sa_handler = count_alarm, .sa_flags = SA_RESTART};
	struct pollfd pollfd = {.fd = q.fd, .events = POLLIN};
	pthread_t thread, self = pthread_self();
	struct timespec timeout = {20, 0};
	sigset_t blocked, none;

	sigaction(SIGALRM, &action, NULL);
	pthread_create(&thread, NULL, send_alarm, &self);
	ck_assert_errno(poll(&pollfd, 1, 20000), EINTR);
	pthread_join(thread, NULL);
	ck_assert_int_eq(alarms, 1);
	/* ppoll opens the mask for as long as it waits. */
	sigemptyset(&none);
	sigfillset(&blocked);
	pthread_sigmask(SIG_SETMASK, &blocked, NULL);
	raise(SIGALRM);
	ck_assert_int_eq(alarms, 1);
	ck_assert_errno(ppoll(&pollfd, 1, &timeout, &none), EINTR);
	ck_assert_int_eq(alarms, 2);
	pthread_sigmask(SIG_SETMASK, &none, NULL);
}
END_TEST

START_TEST(select_reports_and_counts)
{
	struct timeval timeout = {0, 50000};
	fd_set in, out, except;
	int pipe_fds[2], most;

	ck_assert_int_eq(pipe(pipe_fds), 0);
	most = pipe_fds[1] > q.fd ? pipe_fds[1] : q.fd;
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&except);
	FD_SET(q.fd, &in);
	FD_SET(q.fd, &out);
	FD_SET(q.fd, &except);
	ck_assert_int_eq(select(most + 1, &in, &out, &except, &timeout), 0);
	ck_assert(!FD_ISSET(q.fd, &in) && !FD_ISSET(q.fd, &out) && !FD_ISSET(q.fd, &except));
	ck_assert_int_eq(timeout.tv_sec + timeout.tv_usec, 0);
	queue_submit(&q, 1);
	timeout = (struct timeval){20, 0};
	FD_SET(q.fd, &in);
	FD_SET(pipe_fds[0], &in);
	FD_SET(pipe_fds[1], &out);
	wait_until(queue_has_completion(&q));
	ck_assert_int_eq(select(most + 1, &in, &out, NULL, &timeout), 2);
	ck_assert(FD_ISSET(q.fd, &in) && !FD_ISSET(pipe_fds[0], &in));
	ck_assert(FD_ISSET(pipe_fds[1], &out));
	ck_assert_int_le(timeout.tv_sec, 20);
	ck_assert_int_gt(timeout.tv_sec, 0);
	queue_consume(&q, 1);
	close(pipe_fds[0]);
	FD_ZERO(&in);
	FD_SET(pipe_fds[0], &in);
	FD_SET(q.fd, &in);
	ck_assert_errno(select(most + 1, &in, NULL, NULL, &timeout), EBADF);
	close(pipe_fds[1]);
}
END_TEST

START_TEST(pselect_waits_for_a_node)
{
	struct timespec timeout = {20, 0};
	fd_set in;

	FD_ZERO(&in);
	FD_SET(q.fd, &in);
	queue_submit(&q, 1);
	ck_assert_int_eq(pselect(q.fd + 1, &in, NULL, NULL, &timeout, NULL), 1);
	ck_assert(FD_ISSET(q.fd, &in));
	queue_consume(&q, 1);
}
END_TEST

static int watch(uint32_t events)
{
	struct epoll_event wanted = {.events = events, .data.u64 = 0xfeedfacecafebeef};
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	ck_assert_int_ge(epoll_fd, 0);
	ck_assert_int_eq(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, q.fd, &wanted), 0);
	ck_assert_errno(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, q.fd, &wanted), EEXIST);
	return epoll_fd;
}

static void check_event(int epoll_fd)
{
	memset(&event, 0, sizeof(event));
	ck_assert_int_eq(epoll_wait(epoll_fd, &event, 1, 20000), 1);
	ck_assert_uint_eq(event.events, EPOLLIN);
	ck_assert_uint_eq(event.data.u64, 0xfeedfacecafebeef);
}

START_TEST(epoll_reports_a_batch_once_and_gives_the_data_back)
{
	int epoll_fd = watch(EPOLLIN), i;

	ck_assert_int_eq(epoll_wait(epoll_fd, &event, 1, 0), 0);
	for (i = 0; i < 20; i++) {
		queue_submit(&q, 1);
		check_event(epoll_fd);
		queue_consume(&q, 1);
		ck_assert_int_eq(epoll_wait(epoll_fd, &event, 1, 0), 0);
	}
	close(epoll_fd);
}
END_TEST

START_TEST(epoll_edge_and_one_shot_are_kept)
{
	int epoll_fd = watch(EPOLLIN | EPOLLONESHOT);
	struct epoll_event again = {.events = EPOLLIN | EPOLLET, .data.u64 = 0xfeedfacecafebeef};

	queue_submit(&q, 1);
	check_event(epoll_fd);
	queue_consume(&q, 1);
	queue_check(&q);
	doorbell(&q, 1, q.head, 1);
	ck_assert_int_eq(epoll_wait(epoll_fd, &event, 1, 100), 0);
	ck_assert_int_eq(epoll_ctl(epoll_fd, EPOLL_CTL_MOD, q.fd, &again), 0);
	epoll_wait(epoll_fd, &event, 1, 0);
	queue_submit(&q, 1);
	check_event(epoll_fd);
	queue_consume(&q, 1);
	close(epoll_fd);
}
END_TEST

START_TEST(epoll_forgets_what_was_deleted)
{
	int epoll_fd = watch(EPOLLIN);

	ck_assert_int_eq(epoll_ctl(epoll_fd, EPOLL_CTL_DEL, q.fd, NULL), 0);
	ck_assert_errno(epoll_ctl(epoll_fd, EPOLL_CTL_DEL, q.fd, NULL), ENOENT);
	queue_submit(&q, 1);
	ck_assert_int_eq(epoll_wait(epoll_fd, &event, 1, 100), 0);
	queue_consume(&q, 1);
	close(epoll_fd);
}
END_TEST

START_TEST(epoll_mixes_nodes_and_pipes)
{
	struct epoll_event wanted = {.events = EPOLLIN, .data.fd = 42}, events[4];
	int epoll_fd = watch(EPOLLIN), pipe_fds[2], count, i, nodes;
	struct timespec timeout = {20, 0};

	ck_assert_int_eq(pipe(pipe_fds), 0);
	ck_assert_int_eq(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, pipe_fds[0], &wanted), 0);
	ck_assert_int_eq(write(pipe_fds[1], "x", 1), 1);
	ck_assert_int_eq(epoll_pwait(epoll_fd, events, 4, 20000, NULL), 1);
	ck_assert_int_eq(events[0].data.fd, 42);
	queue_submit(&q, 1);
	/* The pipe is ready all the time, the node once. */
	for (nodes = 0; !nodes;) {
		count = epoll_pwait2(epoll_fd, events, 4, &timeout, NULL);
		ck_assert_int_gt(count, 0);
		for (i = 0; i < count; i++)
			nodes += events[i].data.u64 == 0xfeedfacecafebeef;
	}
	queue_consume(&q, 1);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	close(epoll_fd);
}
END_TEST

/* 20 of the checklist; last, since it takes the device away for a moment */
START_TEST(removed_device_is_never_ready)
{
	struct pollfd pollfd = {.fd = q.fd, .events = POLLIN};
	int epoll_fd = watch(EPOLLIN);
	uint64_t begin;

	queue_submit(&q, 1);
	wait_until(queue_has_completion(&q));
	ck_assert_str_eq(control("unplug " NAME0), "ok");
	begin = now_ms();
	ck_assert_int_eq(poll(&pollfd, 1, 60), 0);
	ck_assert_int_eq(epoll_wait(epoll_fd, &event, 1, 60), 0);
	ck_assert_uint_ge(now_ms() - begin, 118);
	ck_assert_str_eq(control("plug null"), "ok " NAME0);
	queue_open(&q);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *suite = suite_create("shim_wait");
	TCase *tcase = tcase_create("wait");

	(void)argc;
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, poll_reports_a_batch_once);
	tcase_add_test(tcase, poll_without_a_completion_waits_as_long_as_told);
	tcase_add_test(tcase, completions_seen_by_busy_polling_are_still_reported);
	tcase_add_test(tcase, poll_never_says_writable_or_more);
	tcase_add_test(tcase, poll_mixes_nodes_and_pipes);
	tcase_add_test(tcase, sleeping_poll_is_woken_by_a_completion);
	tcase_add_test(tcase, sleeping_poll_is_interrupted_by_a_signal);
	tcase_add_test(tcase, select_reports_and_counts);
	tcase_add_test(tcase, pselect_waits_for_a_node);
	tcase_add_test(tcase, epoll_reports_a_batch_once_and_gives_the_data_back);
	tcase_add_test(tcase, epoll_edge_and_one_shot_are_kept);
	tcase_add_test(tcase, epoll_forgets_what_was_deleted);
	tcase_add_test(tcase, epoll_mixes_nodes_and_pipes);
	tcase_add_test(tcase, removed_device_is_never_ready);
	suite_add_tcase(suite, tcase);
	return shim_main(argv, "null", suite);
}
