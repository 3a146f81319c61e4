// SPDX-License-Identifier: Apache-2.0
/*
 * Takes over poll and select. A call without a node among its descriptors goes
 * straight to the kernel.
 */
#include "shim.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

#include "chain.h"
#include "descriptor.h"
#include "emudir.h"
#include "wait.h"

#define ON_STACK 64

/* --- poll --- */

static bool any_node(const struct pollfd *fds, nfds_t count)
{
	nfds_t i;

	for (i = 0; i < count; i++) {
		if (descriptor_is_node(fds[i].fd))
			return true;
	}
	return false;
}

static int poll_with(struct pollfd *fds, nfds_t count, struct pollfd *work, unsigned char *nodes,
		     const struct timespec *timeout, const sigset_t *mask)
{
	nfds_t i;

	for (i = 0; i < count; i++)
		nodes[i] = descriptor_is_node(fds[i].fd);
	return wait_poll(fds, count, nodes, work, timeout, mask);
}

static __attribute__((noinline)) int
poll_nodes(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	struct pollfd work[ON_STACK], *more;
	unsigned char nodes[ON_STACK];
	size_t nbytes = count * (sizeof(*more) + 1);
	int result;

	if (count <= ON_STACK)
		return poll_with(fds, count, work, nodes, timeout, mask);
	more = wait_alloc(nbytes);
	if (!more) {
		errno = ENOMEM;
		return -1;
	}
	result = poll_with(fds, count, more, (unsigned char *)(more + count), timeout, mask);
	wait_free(more, nbytes);
	return result;
}

EXPORT int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};

	if (!emudir() || !any_node(fds, count))
		return REAL(poll)(fds, count, timeout_ms);
	return poll_nodes(fds, count, timeout_ms < 0 ? NULL : &timeout, NULL);
}

EXPORT int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
		 const sigset_t *mask)
{
	sigset_t space;

	mask = chain_mask(mask, &space);
	if (!emudir() || !any_node(fds, count))
		return REAL(ppoll)(fds, count, timeout, mask);
	return poll_nodes(fds, count, timeout, mask);
}

/* Fortified: the room behind @fds is known. */
extern int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms, size_t room);
extern int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
		       const sigset_t *mask, size_t room);

EXPORT int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms, size_t room)
{
	if (room / sizeof(*fds) < count)
		return REAL(__poll_chk)(fds, count, timeout_ms, room);
	return poll(fds, count, timeout_ms);
}

EXPORT int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
		       const sigset_t *mask, size_t room)
{
	if (room / sizeof(*fds) < count)
		return REAL(__ppoll_chk)(fds, count, timeout, mask, room);
	return ppoll(fds, count, timeout, mask);
}

/* --- select, by way of poll --- */

#define BITS_PER_WORD (8 * (int)sizeof(unsigned long))

/* Not FD_ISSET: sets may be larger than FD_SETSIZE. */
static bool in_set(const fd_set *set, int fd)
{
	const unsigned long *words = (const unsigned long *)(const void *)set;

	return set && words[fd / BITS_PER_WORD] >> fd % BITS_PER_WORD & 1;
}

static void put_in_set(fd_set *set, int fd)
{
	unsigned long *words = (unsigned long *)(void *)set;

	words[fd / BITS_PER_WORD] |= 1UL << fd % BITS_PER_WORD;
}

static void empty_set(fd_set *set, int count)
{
	if (set)
		memset(set, 0,
		       (size_t)((count + BITS_PER_WORD - 1) / BITS_PER_WORD) *
			       sizeof(unsigned long));
}

struct sets {
	int count;
	fd_set *in, *out, *except;
};

static bool in_any(const struct sets *sets, int fd)
{
	return in_set(sets->in, fd) || in_set(sets->out, fd) || in_set(sets->except, fd);
}

static bool any_node_in(const struct sets *sets)
{
	int fd;

	for (fd = 0; fd < sets->count; fd++) {
		if (in_any(sets, fd) && descriptor_is_node(fd))
			return true;
	}
	return false;
}

static nfds_t fill_fds(const struct sets *sets, struct pollfd *fds)
{
	nfds_t count = 0;
	int fd;

	for (fd = 0; fd < sets->count; fd++) {
		if (!in_any(sets, fd))
			continue;
		fds[count].fd = fd;
		fds[count].events = 0;
		if (in_set(sets->in, fd))
			fds[count].events |= POLLIN | POLLRDNORM | POLLRDBAND;
		if (in_set(sets->out, fd))
			fds[count].events |= POLLOUT | POLLWRNORM | POLLWRBAND;
		if (in_set(sets->except, fd))
			fds[count].events |= POLLPRI;
		count++;
	}
	return count;
}

static int fill_sets(const struct sets *sets, const struct pollfd *fds, nfds_t count)
{
	const short in = POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR;
	const short out = POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR;
	int bits = 0;
	nfds_t i;

	for (i = 0; i < count; i++) {
		if (fds[i].revents & POLLNVAL) {
			errno = EBADF;
			return -1;
		}
	}
	empty_set(sets->in, sets->count);
	empty_set(sets->out, sets->count);
	empty_set(sets->except, sets->count);
	for (i = 0; i < count; i++) {
		if (fds[i].events & POLLIN && fds[i].revents & in) {
			put_in_set(sets->in, fds[i].fd);
			bits++;
		}
		if (fds[i].events & POLLOUT && fds[i].revents & out) {
			put_in_set(sets->out, fds[i].fd);
			bits++;
		}
		if (fds[i].events & POLLPRI && fds[i].revents & POLLPRI) {
			put_in_set(sets->except, fds[i].fd);
			bits++;
		}
	}
	return bits;
}

static __attribute__((noinline)) int
select_nodes(const struct sets *sets, const struct timespec *timeout, const sigset_t *mask)
{
	size_t nbytes = (size_t)sets->count * sizeof(struct pollfd);
	struct pollfd *fds = wait_alloc(nbytes);
	nfds_t count;
	int result;

	if (!fds) {
		errno = ENOMEM;
		return -1;
	}
	count = fill_fds(sets, fds);
	result = poll_nodes(fds, count, timeout, mask);
	if (result >= 0)
		result = fill_sets(sets, fds, count);
	wait_free(fds, nbytes);
	return result;
}

EXPORT int select(int count, fd_set *restrict in, fd_set *restrict out, fd_set *restrict except,
		  struct timeval *restrict timeout)
{
	const struct sets sets = {count, in, out, except};
	struct timespec limit_space, left;
	struct wait_limit limit;
	int result;

	if (!emudir() || count <= 0 || !any_node_in(&sets))
		return REAL(select)(count, in, out, except, timeout);
	if (!timeout)
		return select_nodes(&sets, NULL, NULL);
	if (timeout->tv_sec < 0 || timeout->tv_usec < 0) {
		errno = EINVAL;
		return -1;
	}
	limit_space.tv_sec = timeout->tv_sec + timeout->tv_usec / 1000000;
	limit_space.tv_nsec = timeout->tv_usec % 1000000 * 1000;
	limit = wait_limit(&limit_space);
	result = select_nodes(&sets, &limit_space, NULL);
	/* Linux tells what was left. */
	if (wait_left(&limit, &left)) {
		timeout->tv_sec = left.tv_sec;
		timeout->tv_usec = left.tv_nsec / 1000;
	}
	return result;
}

EXPORT int pselect(int count, fd_set *restrict in, fd_set *restrict out, fd_set *restrict except,
		   const struct timespec *restrict timeout, const sigset_t *restrict mask)
{
	const struct sets sets = {count, in, out, except};
	sigset_t space;

	mask = chain_mask(mask, &space);
	if (!emudir() || count <= 0 || !any_node_in(&sets))
		return REAL(pselect)(count, in, out, except, timeout, mask);
	return select_nodes(&sets, timeout, mask);
}
