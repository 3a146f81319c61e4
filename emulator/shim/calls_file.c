// SPDX-License-Identifier: Apache-2.0
/*
 * Takes over the functions on open descriptors: what a device node does not
 * allow, ioctl, and everything that copies, closes or receives descriptors.
 */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "descriptor.h"
#include "emudir.h"
#include "node.h"
#include "region.h"

/* --- reading and writing --- */

/* The driver has no such operation; the kernel looks at the open mode before. */
static ssize_t refuse(const struct node *node, int wrong_mode)
{
	errno = node->access_mode == wrong_mode ? EBADF : EINVAL;
	return -1;
}

EXPORT ssize_t read(int fd, void *buf, size_t nbytes)
{
	struct node node;

	if (descriptor_kind(fd, &node) == DESCRIPTOR_NODE)
		return refuse(&node, O_WRONLY);
	return REAL(read)(fd, buf, nbytes);
}

extern ssize_t __read_chk(int fd, void *buf, size_t nbytes, size_t room);
EXPORT ssize_t __read_chk(int fd, void *buf, size_t nbytes, size_t room)
{
	struct node node;

	if (descriptor_kind(fd, &node) == DESCRIPTOR_NODE)
		return refuse(&node, O_WRONLY);
	return REAL(__read_chk)(fd, buf, nbytes, room);
}

EXPORT ssize_t readv(int fd, const struct iovec *iov, int count)
{
	struct node node;

	if (descriptor_kind(fd, &node) == DESCRIPTOR_NODE)
		return refuse(&node, O_WRONLY);
	return REAL(readv)(fd, iov, count);
}

static ssize_t write_strategy(const struct node *node, const void *buf, size_t nbytes)
{
	int error = emudir_write_strategy(node->name, buf, nbytes);

	if (!error)
		return (ssize_t)nbytes;
	errno = error;
	return -1;
}

EXPORT ssize_t write(int fd, const void *buf, size_t nbytes)
{
	struct node node;

	switch (descriptor_kind(fd, &node)) {
	case DESCRIPTOR_NODE:
		return refuse(&node, O_RDONLY);
	case DESCRIPTOR_STRATEGY:
		return write_strategy(&node, buf, nbytes);
	default:
		return REAL(write)(fd, buf, nbytes);
	}
}

EXPORT ssize_t writev(int fd, const struct iovec *iov, int count)
{
	struct node node;

	switch (descriptor_kind(fd, &node)) {
	case DESCRIPTOR_NODE:
		return refuse(&node, O_RDONLY);
	case DESCRIPTOR_STRATEGY:
		if (count < 1)
			return 0;
		/* sysfs, too, takes each segment for a write of its own. */
		return write_strategy(&node, iov[0].iov_base, iov[0].iov_len);
	default:
		return REAL(writev)(fd, iov, count);
	}
}

EXPORT int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (!descriptor_is_node(fd))
		return REAL(ioctl)(fd, request, arg);
	return node_ioctl(fd, request, arg);
}

/* --- copies --- */

static int new_descriptor(int fd)
{
	if (fd >= 0)
		descriptor_forget(fd);
	return fd;
}

static int refuse_own(void)
{
	errno = EBADF;
	return -1;
}

EXPORT int dup(int fd)
{
	return region_owns_descriptor(fd) ? refuse_own() : new_descriptor(REAL(dup)(fd));
}

EXPORT int dup2(int fd, int wanted)
{
	if (region_owns_descriptor(fd))
		return refuse_own();
	region_vacate_descriptor(wanted);
	return new_descriptor(REAL(dup2)(fd, wanted));
}

EXPORT int dup3(int fd, int wanted, int flags)
{
	if (region_owns_descriptor(fd))
		return refuse_own();
	region_vacate_descriptor(wanted);
	return new_descriptor(REAL(dup3)(fd, wanted, flags));
}

/* A connection can always be read and written; the program asked for less, maybe. */
static int correct_flags(int fd, int flags)
{
	struct node node;

	if (flags < 0 || descriptor_kind(fd, &node) != DESCRIPTOR_NODE)
		return flags;
	return (flags & ~O_ACCMODE) | node.access_mode;
}

static int do_fcntl(int fd, int cmd, void *arg)
{
	int result;

	if (region_owns_descriptor(fd))
		return refuse_own();
	result = REAL(fcntl)(fd, cmd, arg);
	if (cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC)
		return new_descriptor(result);
	return cmd == F_GETFL ? correct_flags(fd, result) : result;
}

EXPORT int fcntl(int fd, int cmd, ...)
{
	va_list args;
	void *arg;

	va_start(args, cmd);
	arg = va_arg(args, void *);
	va_end(args);
	return do_fcntl(fd, cmd, arg);
}

EXPORT int fcntl64(int fd, int cmd, ...)
{
	va_list args;
	void *arg;

	va_start(args, cmd);
	arg = va_arg(args, void *);
	va_end(args);
	return do_fcntl(fd, cmd, arg);
}

/* --- closing: what is ours looks closed already --- */

EXPORT int close(int fd)
{
	bool is_node;
	int result;

	if (region_owns_descriptor(fd))
		return refuse_own();
	is_node = descriptor_is_node(fd);
	descriptor_forget(fd);
	result = REAL(close)(fd);
	/* A driver's release is over when close returns: the queue is free again. */
	if (is_node && result == 0)
		emudir_settle();
	return result;
}

static int close_around(unsigned int first, unsigned int last, int flags)
{
	int own, result;

	for (own = region_next_descriptor((int)first); own >= 0 && (unsigned int)own <= last;
	     own = region_next_descriptor((int)first)) {
		if ((unsigned int)own > first) {
			result = REAL(close_range)(first, (unsigned int)own - 1, flags);
			if (result)
				return result;
		}
		first = (unsigned int)own + 1;
	}
	return first <= last ? REAL(close_range)(first, last, flags) : 0;
}

EXPORT int close_range(unsigned int first, unsigned int last, int flags)
{
	if (first > last || first > INT_MAX || flags & (int)CLOSE_RANGE_CLOEXEC)
		return REAL(close_range)(first, last, flags);
	descriptor_forget_range(first, last);
	return close_around(first, last, flags);
}

EXPORT void closefrom(int lowest)
{
	int own, fd;

	if (lowest < 0)
		lowest = 0;
	descriptor_forget_range((unsigned int)lowest, UINT_MAX);
	while ((own = region_next_descriptor(lowest)) >= 0) {
		for (fd = lowest; fd < own; fd++)
			REAL(close)(fd);
		lowest = own + 1;
	}
	REAL(closefrom)(lowest);
}

/* --- arrivals --- */

static void forget_received(struct msghdr *msg)
{
	struct cmsghdr *head;
	size_t i, count;
	int fd;

	for (head = CMSG_FIRSTHDR(msg); head; head = CMSG_NXTHDR(msg, head)) {
		if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
			continue;
		count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < count; i++) {
			memcpy(&fd, CMSG_DATA(head) + i * sizeof(int), sizeof(fd));
			descriptor_forget(fd);
		}
	}
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	ssize_t got = REAL(recvmsg)(fd, msg, flags);

	if (got >= 0 && msg->msg_controllen)
		forget_received(msg);
	return got;
}

EXPORT int recvmmsg(int fd, struct mmsghdr *msgs, unsigned int count, int flags,
		    struct timespec *timeout)
{
	int i, got = REAL(recvmmsg)(fd, msgs, count, flags, timeout);

	for (i = 0; i < got; i++)
		forget_received(&msgs[i].msg_hdr);
	return got;
}

EXPORT int pidfd_getfd(int pidfd, int fd, unsigned int flags)
{
	return new_descriptor(REAL(pidfd_getfd)(pidfd, fd, flags));
}
