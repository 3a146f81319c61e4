// SPDX-License-Identifier: Apache-2.0
/*
 * Takes over epoll. A node is registered by its connection, with a mark instead
 * of the program's data; when the mark comes out of epoll_wait, the daemon is
 * asked whether there is something to report, and the program gets its own data
 * back. A registration that the kernel drops by itself (last close) leaves its
 * entry here until the same pair of numbers is registered again or entries run
 * out. An epoll descriptor handed to another program by exec does not work.
 */
#include "shim.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "chain.h"
#include "deadline.h"
#include "descriptor.h"
#include "epoll_watch.h"
#include "request.h"
#include "wait.h"

#define WATCHES_MAX 4096
/* What our marks begin with. The program's own data could do so only by intent. */
#define MARK_TAG UINT64_C(0x77644d55a5c30000)
#define MARK_MASK UINT64_C(0xffffffffffff0000)

struct watch {
	bool used;
	int epoll_fd;
	int fd;
	struct epoll_event event; /* as the program gave it */
};

static struct watch watches[WATCHES_MAX];
static atomic_uint watch_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void epoll_watch_before_fork(void)
{
	pthread_mutex_lock(&lock);
}

void epoll_watch_after_fork(void)
{
	pthread_mutex_unlock(&lock);
}

static struct watch *find_watch(int epoll_fd, int fd)
{
	unsigned int i;

	for (i = 0; i < WATCHES_MAX; i++) {
		if (watches[i].used && watches[i].epoll_fd == epoll_fd && watches[i].fd == fd)
			return &watches[i];
	}
	return NULL;
}

static struct watch *take_watch(int epoll_fd, int fd)
{
	struct watch *watch = find_watch(epoll_fd, fd);
	unsigned int i;

	for (i = 0; !watch && i < WATCHES_MAX; i++) {
		if (!watches[i].used || !descriptor_is_node(watches[i].fd))
			watch = &watches[i];
	}
	return watch;
}

static void drop_watch(struct watch *watch)
{
	if (watch->used)
		watch_count--;
	watch->used = false;
}

/* What the connection is watched for: interrupts, if the program wants to know of them. */
static struct epoll_event marked_event(const struct watch *watch, size_t index)
{
	const uint32_t passed = EPOLLET | EPOLLONESHOT | EPOLLEXCLUSIVE | EPOLLWAKEUP;
	struct epoll_event event = {.events = watch->event.events & passed};

	if (watch->event.events & (EPOLLIN | EPOLLRDNORM))
		event.events |= EPOLLIN;
	event.data.u64 = MARK_TAG | index;
	return event;
}

static int control_locked(int epoll_fd, int op, int fd, const struct epoll_event *wanted)
{
	struct watch *watch =
		op == EPOLL_CTL_ADD ? take_watch(epoll_fd, fd) : find_watch(epoll_fd, fd);
	struct epoll_event event = {0};
	struct watch changed;
	int result;

	if (!watch) {
		errno = op == EPOLL_CTL_ADD ? ENOSPC : ENOENT;
		return -1;
	}
	changed = *watch;
	if (op != EPOLL_CTL_DEL) {
		watch->event = *wanted;
		event = marked_event(watch, (size_t)(watch - watches));
	}
	result = REAL(epoll_ctl)(epoll_fd, op, fd, &event);
	if (result) {
		*watch = changed;
		return result;
	}
	if (op == EPOLL_CTL_DEL) {
		drop_watch(watch);
		return 0;
	}
	if (!watch->used)
		watch_count++;
	watch->used = true;
	watch->epoll_fd = epoll_fd;
	watch->fd = fd;
	return 0;
}

EXPORT int epoll_ctl(int epoll_fd, int op, int fd, struct epoll_event *event)
{
	int result;

	if (!descriptor_is_node(fd) || (op != EPOLL_CTL_DEL && !event))
		return REAL(epoll_ctl)(epoll_fd, op, fd, event);
	pthread_mutex_lock(&lock);
	result = control_locked(epoll_fd, op, fd, event);
	pthread_mutex_unlock(&lock);
	return result;
}

static bool is_marked(const struct epoll_event *event)
{
	return (event->data.u64 & MARK_MASK) == MARK_TAG;
}

/* The daemon is gone: nothing will come, and the hang-up would come for ever. */
static void stop_watching(const struct watch *watch)
{
	REAL(epoll_ctl)(watch->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
}

/* EPOLLONESHOT took the registration away for an interrupt that led to nothing. */
static void watch_again(const struct watch *watch, size_t index)
{
	struct epoll_event event = marked_event(watch, index);

	if (event.events & EPOLLONESHOT)
		REAL(epoll_ctl)(watch->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event);
}

/* Makes a marked event the program's; false: there is nothing to report. */
static bool resolve(struct epoll_event *event)
{
	size_t index = event->data.u64 & ~MARK_MASK;
	struct watch watch;
	uint32_t ready;

	if (index >= WATCHES_MAX)
		return false;
	pthread_mutex_lock(&lock);
	watch = watches[index];
	pthread_mutex_unlock(&lock);
	if (!watch.used || !descriptor_is_node(watch.fd))
		return false;
	if (!request_drain(watch.fd)) {
		stop_watching(&watch);
		return false;
	}
	ready = request_poll(watch.fd) & watch.event.events;
	if (!ready) {
		watch_again(&watch, index);
		return false;
	}
	event->events = ready;
	event->data = watch.event.data;
	return true;
}

static int resolve_all(struct epoll_event *events, int count)
{
	int i, kept = 0;

	for (i = 0; i < count; i++) {
		if (!is_marked(&events[i]) || resolve(&events[i]))
			events[kept++] = events[i];
	}
	return kept;
}

static int to_ms(const struct timespec *left)
{
	if (!left)
		return -1;
	if (left->tv_sec >= INT_MAX / 1000)
		return INT_MAX;
	return (int)(left->tv_sec * 1000 + (left->tv_nsec + 999999) / 1000000);
}

static int wait_events(int epoll_fd, struct epoll_event *events, int room,
		       const struct timespec *timeout, const sigset_t *mask)
{
	struct wait_limit limit = wait_limit(timeout);
	struct timespec left;
	int count, ms;

	for (;;) {
		ms = to_ms(wait_left(&limit, &left));
		count = REAL(epoll_pwait)(epoll_fd, events, room, ms, mask);
		if (count <= 0)
			return count;
		count = resolve_all(events, count);
		if (count || ms == 0)
			return count;
	}
}

EXPORT int epoll_pwait(int epoll_fd, struct epoll_event *events, int room, int timeout_ms,
		       const sigset_t *mask)
{
	struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
	sigset_t space;

	mask = chain_mask(mask, &space);
	if (!watch_count)
		return REAL(epoll_pwait)(epoll_fd, events, room, timeout_ms, mask);
	return wait_events(epoll_fd, events, room, timeout_ms < 0 ? NULL : &timeout, mask);
}

EXPORT int epoll_wait(int epoll_fd, struct epoll_event *events, int room, int timeout_ms)
{
	if (!watch_count)
		return REAL(epoll_wait)(epoll_fd, events, room, timeout_ms);
	return epoll_pwait(epoll_fd, events, room, timeout_ms, NULL);
}

EXPORT int epoll_pwait2(int epoll_fd, struct epoll_event *events, int room,
			const struct timespec *timeout, const sigset_t *mask)
{
	sigset_t space;

	mask = chain_mask(mask, &space);
	if (!watch_count)
		return REAL(epoll_pwait2)(epoll_fd, events, room, timeout, mask);
	return wait_events(epoll_fd, events, room, timeout, mask);
}
