// SPDX-License-Identifier: Apache-2.0
/*
 * Owns what waiting on a node means: the daemon is asked as the kernel would
 * ask the driver (which walks over the completions it has not seen, so that
 * each batch is reported once), and between two questions the connection is
 * waited on, over which a packet comes for each interrupt. The packets are
 * taken before the question is asked, so what happens later leaves a new one.
 */
#include "shim.h"

#include "wait.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "chain.h"
#include "deadline.h"
#include "request.h"

#define NS_PER_S 1000000000

void *wait_alloc(size_t nbytes)
{
	void *memory = REAL(mmap)(NULL, nbytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				  -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void wait_free(void *memory, size_t nbytes)
{
	int saved_errno = errno;

	if (memory)
		REAL(munmap)(memory, nbytes);
	errno = saved_errno;
}

struct wait_limit wait_limit(const struct timespec *timeout)
{
	struct wait_limit limit = {-1};

	if (!timeout)
		return limit;
	if (timeout->tv_sec > INT32_MAX)
		return limit; /* 68 years */
	limit.until_ns = deadline_now_ns() + timeout->tv_sec * (int64_t)NS_PER_S + timeout->tv_nsec;
	return limit;
}

struct timespec *wait_left(const struct wait_limit *limit, struct timespec *left)
{
	int64_t ns;

	if (limit->until_ns < 0)
		return NULL;
	ns = limit->until_ns - deadline_now_ns();
	if (ns < 0)
		ns = 0;
	left->tv_sec = ns / NS_PER_S;
	left->tv_nsec = ns % NS_PER_S;
	return left;
}

/* One look at all nodes; how many are ready. */
static int ask_nodes(struct pollfd *fds, nfds_t count, const unsigned char *nodes,
		     struct pollfd *work)
{
	int ready = 0;
	nfds_t i;

	for (i = 0; i < count; i++) {
		work[i] = fds[i];
		fds[i].revents = 0;
		if (!nodes[i])
			continue;
		work[i].events = POLLIN;
		if (request_drain(fds[i].fd))
			fds[i].revents = (short)(request_poll(fds[i].fd) &
						 (unsigned int)(fds[i].events | POLLERR | POLLHUP));
		else
			work[i].fd = -1; /* removed: nothing will come any more */
		if (fds[i].revents)
			ready++;
	}
	return ready;
}

/* Results of the others; how many are ready. *woken: some node has to be asked again. */
static int take_results(struct pollfd *fds, nfds_t count, const unsigned char *nodes,
			const struct pollfd *work, bool *woken)
{
	int ready = 0;
	nfds_t i;

	*woken = false;
	for (i = 0; i < count; i++) {
		if (nodes[i]) {
			*woken |= work[i].fd >= 0 && work[i].revents;
			continue;
		}
		fds[i].revents = work[i].revents;
		if (fds[i].revents)
			ready++;
	}
	return ready;
}

int wait_poll(struct pollfd *fds, nfds_t count, const unsigned char *nodes, struct pollfd *work,
	      const struct timespec *timeout, const sigset_t *mask)
{
	static const struct timespec at_once = {0, 0};
	struct wait_limit limit = wait_limit(timeout);
	struct timespec left, *wait;
	int ready, others, result;
	bool woken, last;

	for (;;) {
		ready = ask_nodes(fds, count, nodes, work);
		wait = wait_left(&limit, &left);
		last = ready || (wait && !wait->tv_sec && !wait->tv_nsec);
		result = REAL(ppoll)(work, count, last ? &at_once : wait, mask);
		if (result < 0 && !ready)
			return -1;
		if (result < 0)
			return ready; /* a signal does not undo what was found */
		others = take_results(fds, count, nodes, work, &woken);
		if (ready + others && !(woken && !ready))
			return ready + others;
		if (last && !woken)
			return 0;
	}
}
