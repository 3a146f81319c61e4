// SPDX-License-Identifier: Apache-2.0
/*
 * fork() as this library sees it. It owns the generation count, which the child
 * handler advances, and the list of process-wide locks, which it frees. Contexts
 * and pools ask here whether they are still in the process that made them.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>
#include "fork.h"

#define MAX_LOCKS 8 /* one per file with process-wide state */

static _Atomic uint32_t generation;
static struct wd_lock *_Atomic locks[MAX_LOCKS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Only async-signal-safe steps: other threads of the parent are gone, wherever they were. */
static void in_child(void)
{
	atomic_fetch_add_explicit(&generation, 1, memory_order_relaxed);
	for (int i = 0; i < MAX_LOCKS; i++) {
		struct wd_lock *lock = atomic_load_explicit(&locks[i], memory_order_relaxed);

		if (lock)
			wd_lock_init(lock);
	}
}

static void watch(void)
{
	pthread_atfork(NULL, NULL, in_child);
}

/*
 * The number counts fork() calls; the pid is for children made without the C
 * library's fork(), which runs no handlers.
 */
struct wd_process wd_process_self(void)
{
	struct wd_process self = { .pid = getpid() };

	pthread_once(&once, watch);
	self.generation = atomic_load_explicit(&generation, memory_order_relaxed);
	return self;
}

bool wd_process_is_self(const struct wd_process *p)
{
	struct wd_process self = wd_process_self();

	return p->generation == self.generation && p->pid == self.pid;
}

static void remember(struct wd_lock *lock)
{
	for (int i = 0; i < MAX_LOCKS; i++) {
		struct wd_lock *known = NULL;

		if (atomic_compare_exchange_strong(&locks[i], &known, lock) || known == lock)
			return;
	}
}

void wd_fork_lock(struct wd_lock *lock)
{
	pthread_once(&once, watch);
	remember(lock);
	wd_lock_acquire(lock);
}
