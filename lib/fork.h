/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What fork() means for this library: which process owns a thing, and locks
 * that the child finds free although another thread of the parent held them.
 */
#ifndef WD_LIB_FORK_H
#define WD_LIB_FORK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "drv/wd_lock.h"

/* A process in the life of this library; equal in two places: the same process made both. */
struct wd_process {
	uint32_t generation;
	pid_t pid;
};

struct wd_process wd_process_self(void);
bool wd_process_is_self(const struct wd_process *p);

/*
 * Take @lock, a static object. In the child of fork() it is free again: what it
 * guards must be well-formed after every single store.
 */
void wd_fork_lock(struct wd_lock *lock);

#endif
