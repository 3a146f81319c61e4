/* SPDX-License-Identifier: Apache-2.0 */
/* The engines' threads, and which queue gets the next turn. */
#ifndef EMULATOR_WORKER_H
#define EMULATOR_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "queue.h"

#define WORKERS_MAX 64

/* 0 or a positive errno. */
int sched_start(unsigned int workers);
/* False: a worker did not come back in time. */
bool sched_stop(void);
/* Replace workers that clients hold up; the time of the next look. */
uint64_t sched_service(uint64_t now_ns);
unsigned int sched_workers(void);
/* Workers that execute elements of this algorithm type at the moment. */
unsigned int sched_busy(unsigned int qc_type);

/* The queue has work; @wake: and another worker should come for it. */
void sched_push(struct emu_queue *q, bool wake);
/* The queue is awake: look at its shadow page now and then. */
void sched_watch(struct emu_queue *q);
/* The caller is about to be busy: somebody else should take the watch. */
void sched_hand_over(void);

enum sched_cover {
	COVER_BUSY,    /* every other worker is busy */
	COVER_WATCHED, /* another worker is watching queues */
	COVER_ASLEEP,  /* another worker is free, and sleeps */
};
enum sched_cover sched_cover(void);

/* How long a queue is watched after its last element. */
uint64_t sched_watch_ns(void);

/* Take the queue off all lists; false: a worker holds it still. */
bool sched_forget(struct emu_queue *q);

#endif
