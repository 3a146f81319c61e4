/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for one descriptor until a point of the monotonic clock. Safe in a signal handler. */
#ifndef EMULATOR_DEADLINE_H
#define EMULATOR_DEADLINE_H

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct deadline {
	int64_t ns; /* CLOCK_MONOTONIC */
};

static inline int64_t deadline_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline struct deadline deadline_in_ms(int64_t ms)
{
	return (struct deadline){deadline_now_ns() + ms * 1000000};
}

/* True: something happened on @fd; false: time is up. */
static inline bool deadline_poll(const struct deadline *deadline, int fd, short events)
{
	struct pollfd pollfd = {.fd = fd, .events = events};
	struct timespec left;
	int64_t ns;
	long result;

	do {
		ns = deadline->ns - deadline_now_ns();
		if (ns < 0)
			ns = 0;
		left.tv_sec = ns / 1000000000;
		left.tv_nsec = ns % 1000000000;
		/* Not libc's: that one is a cancellation point, and may be ours. */
		result = syscall(SYS_ppoll, &pollfd, 1, &left, NULL, 0);
	} while (result < 0 && errno == EINTR);
	return result != 0;
}

#endif
