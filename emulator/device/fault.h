/* SPDX-License-Identifier: Apache-2.0 */
/* Faults on demand: which ones there are, and the question asked at each fault point. */
#ifndef EMULATOR_FAULT_H
#define EMULATOR_FAULT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum fault_kind {
	FAULT_LOSE_DOORBELL,	 /* fetch: a new SQ tail goes unseen */
	FAULT_DELAY,		 /* execute: the engine takes longer, argument microseconds */
	FAULT_HANG,		 /* execute: the element never finishes */
	FAULT_CORRUPT_LENGTH,	 /* write-back: consumed and produced become the argument */
	FAULT_CORRUPT_STATUS,	 /* write-back: the status byte becomes the argument */
	FAULT_DROP_COMPLETION,	 /* completion: none is written */
	FAULT_REPEAT_COMPLETION, /* completion: written twice */
	FAULT_BAD_INDEX,	 /* completion: sq_head becomes the argument */
	FAULT_BAD_PHASE,	 /* completion: phase bit inverted */
	FAULT_DROP_INTERRUPT,	 /* notification: not sent */
	FAULT_REFUSE_DRAIN,	 /* drain: a stop request is never answered */
	FAULT_KINDS
};

struct fault;

struct fault_table {
	atomic_bool armed; /* false: no fault is set, the only thing the data path reads */
	pthread_mutex_t lock;
	struct fault *first;
	unsigned int count;
};

void fault_table_init(struct fault_table *table);
void fault_table_clear(struct fault_table *table);
/*
 * Add the fault that @words ("KIND key=value ...") describe; 0 or -errno.
 * Keys: queue=N, count=N, every=N, arg=N (also usec=, index=, value=, status=).
 */
int fault_table_add(struct fault_table *table, char *words);
void fault_table_print(struct fault_table *table, FILE *out);
bool fault_table_hit(struct fault_table *table, enum fault_kind kind, unsigned int queue,
		     uint64_t *arg);

static inline bool fault_table_armed(struct fault_table *table)
{
	return __builtin_expect(atomic_load_explicit(&table->armed, memory_order_relaxed), 0);
}

/* Does @kind strike now on @queue? @arg (may be NULL) receives its argument. */
static inline bool fault_strikes(struct fault_table *table, enum fault_kind kind,
				 unsigned int queue, uint64_t *arg)
{
	return fault_table_armed(table) && fault_table_hit(table, kind, queue, arg);
}

#endif
