/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting on several descriptors of which some are device nodes. */
#ifndef EMULATOR_WAIT_H
#define EMULATOR_WAIT_H

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* As ppoll; @nodes[i] says whether @fds[i] is a node, @work has room for @count. */
int wait_poll(struct pollfd *fds, nfds_t count, const unsigned char *nodes, struct pollfd *work,
	      const struct timespec *timeout, const sigset_t *mask);

/* Memory for one call; not malloc, since poll may be called in a signal handler. */
void *wait_alloc(size_t nbytes);
void wait_free(void *memory, size_t nbytes);

/* How long a wait may still take: a point in time, or for ever. */
struct wait_limit {
	int64_t until_ns; /* -1: for ever */
};
struct wait_limit wait_limit(const struct timespec *timeout);
/* What is left, in @left; NULL: for ever. */
struct timespec *wait_left(const struct wait_limit *limit, struct timespec *left);

#endif
