/* SPDX-License-Identifier: Apache-2.0 */
/* The regions of queues that are mapped into this process. */
#ifndef EMULATOR_REGION_H
#define EMULATOR_REGION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One successful mmap; it may be in several pieces by now. */
struct region {
	atomic_int token;  /* the mapping's socket, 0: this entry is free */
	atomic_uint users; /* threads between enter and leave */
	unsigned int pieces;
	bool is_mmio;
	unsigned long open_id; /* which open node it belongs to */
	/* Loads: one at a time, and answers still to come for those given up. */
	atomic_uint load_lock;
	unsigned int late_answers;
};

/* A register of a device at an address of the program, while the region is held. */
struct region_register {
	struct region *region;
	uint64_t offset;
	uint64_t room; /* bytes from here to the end of the piece */
	int prot;
};

/* As mmap, for an open node. */
void *region_map(int fd, void *addr, size_t nbytes, int prot, int flags, off_t offset);
/* Does the range touch a region? Quick when it does not. */
bool region_overlaps(const void *addr, size_t nbytes);
/*
 * @change takes the range out of the address space, or maps something else
 * there; what it says is returned, and unless it is -1 the range counts as
 * unmapped.
 */
long region_replace(void *addr, size_t nbytes, long (*change)(void *arg), void *arg);
/* As mprotect, on a range that touches a region. */
int region_protect(void *addr, size_t nbytes, int prot);

/* Returns when the device has seen all stores made before to the node's registers. */
void region_flush_stores(unsigned long open_id);

/* Safe in a signal handler. */
bool region_enter(uint64_t address, struct region_register *reg);
void region_leave(struct region_register *reg);

/* Descriptors of ours that the program must not see. */
bool region_owns_descriptor(int fd);
/* The next such descriptor at or above @fd, or -1. */
int region_next_descriptor(int fd);
/* The program wants this number for itself. */
void region_vacate_descriptor(int fd);

/* Around fork; the last one where there was no before. */
void region_before_fork(void);
void region_after_fork(void);
void region_after_fork_in_child(void);
void region_after_bare_fork_in_child(void);

#endif
