// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the packets of ../protocol.h but for MMIO accesses. Nothing here is a
 * cancellation point: a thread that were cancelled between question and answer
 * would leave descriptors behind.
 */
#include "shim.h"

#include "request.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "deadline.h"

/* Longer than the longest drain a device can be configured for. */
#define ANSWER_TIMEOUT_MS 120000
#define IN_FLIGHT_MAX 128

/* Descriptors waited on, plus one; a child has no use for them. */
static atomic_int in_flight[IN_FLIGHT_MAX];

union control {
	struct cmsghdr head;
	char space[CMSG_SPACE(sizeof(int))];
};

static void close_quietly(int fd)
{
	int saved_errno = errno;

	syscall(SYS_close, fd);
	errno = saved_errno;
}

static atomic_int *in_flight_add(int fd)
{
	unsigned int i;
	int unused;

	for (i = 0; i < IN_FLIGHT_MAX; i++) {
		unused = 0;
		if (atomic_compare_exchange_strong(&in_flight[i], &unused, fd + 1))
			return &in_flight[i];
	}
	return NULL;
}

static void in_flight_remove(atomic_int *slot)
{
	if (slot)
		atomic_store(slot, 0);
}

void request_after_fork(void)
{
	unsigned int i;
	int fd;

	for (i = 0; i < IN_FLIGHT_MAX; i++) {
		fd = atomic_exchange(&in_flight[i], 0);
		if (fd)
			close_quietly(fd - 1);
	}
}

/* The connection may have been made non-blocking by the program. */
static int send_packet(int fd, struct emu_request *request, int attached)
{
	struct deadline deadline = deadline_in_ms(ANSWER_TIMEOUT_MS);
	struct iovec iov = {.iov_base = request, .iov_len = sizeof(*request)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	union control control = {0};

	request->version = EMU_PROTOCOL_VERSION;
	if (attached >= 0) {
		msg.msg_control = control.space;
		msg.msg_controllen = sizeof(control.space);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &attached, sizeof(int));
	}
	while (syscall(SYS_sendmsg, fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
		if (errno == ETOOMANYREFS) {
			/* Descriptors on their way are limited; they are few and arrive soon. */
			syscall(SYS_sched_yield);
			if (deadline_now_ns() > deadline.ns)
				return ETIMEDOUT;
		} else if (errno == EAGAIN) {
			if (!deadline_poll(&deadline, fd, POLLOUT))
				return ETIMEDOUT;
		} else if (errno != EINTR) {
			return errno == EPIPE || errno == ECONNRESET ? ENXIO : errno;
		}
	}
	return 0;
}

static int attached_fd(struct msghdr *msg)
{
	struct cmsghdr *head = CMSG_FIRSTHDR(msg);
	int fd;

	if (!head || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS ||
	    head->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return fd;
}

static int receive_reply(int fd, struct emu_reply *reply, int *memory)
{
	struct deadline deadline = deadline_in_ms(ANSWER_TIMEOUT_MS);
	struct iovec iov = {.iov_base = reply, .iov_len = sizeof(*reply)};
	struct msghdr msg;
	union control control;
	long got;
	int attached;

	for (;;) {
		msg = (struct msghdr){.msg_iov = &iov,
				      .msg_iovlen = 1,
				      .msg_control = control.space,
				      .msg_controllen = sizeof(control.space)};
		got = syscall(SYS_recvmsg, fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (got >= 0)
			break;
		if (errno != EAGAIN && errno != EINTR)
			return ENXIO;
		if (errno == EAGAIN && !deadline_poll(&deadline, fd, POLLIN))
			return ETIMEDOUT;
	}
	attached = attached_fd(&msg);
	if (memory)
		*memory = attached;
	else if (attached >= 0)
		close_quietly(attached);
	if (got == 0)
		return ENXIO;
	if (got == sizeof(*reply) && reply->version == EMU_PROTOCOL_VERSION)
		return 0;
	if (memory && attached >= 0) {
		close_quietly(attached);
		*memory = -1;
	}
	return EPROTO;
}

int request_ask(int fd, struct emu_request *request, struct emu_reply *reply, int *token,
		int *memory)
{
	atomic_int *slots[2];
	int pair[2], error;

	if (syscall(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return errno;
	slots[0] = in_flight_add(pair[0]);
	slots[1] = in_flight_add(pair[1]);
	error = send_packet(fd, request, pair[1]);
	in_flight_remove(slots[1]);
	close_quietly(pair[1]);
	if (!error)
		error = receive_reply(pair[0], reply, memory);
	in_flight_remove(slots[0]);
	if (!error && token)
		*token = pair[0];
	else
		close_quietly(pair[0]);
	return error;
}

int request_open(int fd, const char *name)
{
	struct emu_request request = {.op = EMU_OPEN};
	struct emu_reply reply;
	int error;

	strncpy(request.name, name, sizeof(request.name) - 1);
	error = send_packet(fd, &request, -1);
	if (!error)
		error = receive_reply(fd, &reply, NULL);
	return error ? error : reply.error;
}

unsigned int request_poll(int fd)
{
	struct emu_request request = {.op = EMU_POLL};
	struct emu_reply reply;

	if (request_ask(fd, &request, &reply, NULL, NULL) || reply.error)
		return 0;
	return (unsigned int)reply.value;
}

bool request_drain(int fd)
{
	char interrupts[64];
	long got;

	do {
		got = syscall(SYS_recvfrom, fd, interrupts, sizeof(interrupts), MSG_DONTWAIT, NULL,
			      NULL);
	} while (got > 0 || (got < 0 && errno == EINTR));
	return got < 0 && errno == EAGAIN;
}
