/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One hardware queue pair of the emulated device: its memory, its positions and
 * what can be done to it. Main thread: everything above "workers". Workers: the
 * rest. The fields marked [lock] change under the queue's lock only.
 */
#ifndef EMULATOR_QUEUE_H
#define EMULATOR_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "dma.h"
#include "wd_shadow.h"

struct emu_device;

#define BURST_MAX 64

struct queue_counters {
	uint64_t submitted;    /* elements the device accepted */
	uint64_t completed;    /* completions written */
	uint64_t acknowledged; /* of these, acknowledged by the client */
	uint64_t errors;       /* elements with bad addresses, dead queues */
	uint64_t refused;      /* doorbells ignored */
	uint64_t traps;	       /* MMIO stores */
	uint64_t interrupts;
};

struct emu_queue {
	struct emu_device *dev;
	unsigned int number;

	/* Memory belongs to the queue number and outlives its owners. */
	int dus_fd;
	int shadow_fd;
	uint8_t *dus;
	struct wd_shadow_page *shadow;
	uint8_t *done; /* [lock] per slot: executed, waits for its turn to complete */

	/* Released, but a worker has not come back. Main thread only. */
	bool quarantined;

	/* Kernel model: its own walk over the completion ring. Main thread only. */
	unsigned int poll_head;
	unsigned int poll_phase;

	struct emu_dma dma;

	pthread_mutex_t lock;
	bool running;	      /* [lock] contexts are valid: elements may be fetched */
	bool draining;	      /* [lock] no new doorbells, stop when empty */
	bool drain_refused;   /* [lock] fault: never reports drained */
	bool shadow_on;	      /* [lock] shadow doorbells negotiated */
	bool shadow_used;     /* [lock] a shadow SQ doorbell was seen since START */
	bool awake;	      /* [lock] sq_sleeping is 0: a worker will look at the shadow page */
	bool notify;	      /* [lock] flag of the CQ context */
	bool rx_owed;	      /* [lock] RX word to be set by the last worker that leaves */
	bool waited_for;      /* [lock] main thread wants to hear when it is quiet */
	int notify_fd;	      /* [lock] where interrupts go, -1 none */
	uint32_t generation;  /* [lock] changes at START and when it is abandoned */
	unsigned int qc_type; /* [lock] as programmed by START */
	unsigned int workers; /* [lock] workers executing elements */
	/* [lock] Counted since START; ring index = count modulo depth. */
	uint64_t tail;	  /* accepted from doorbells */
	uint64_t claimed; /* given to workers */
	uint64_t retired; /* completed, in order */
	uint64_t written; /* completion elements written */
	uint64_t acked;	  /* completion elements acknowledged */
	uint64_t sq_seen; /* last raw shadow values */
	uint64_t cq_seen;
	uint64_t element_ns;		/* running average of the engine's time */
	uint64_t worked_ns;		/* when the last element finished */
	struct queue_counters counters; /* [lock] */

	/* Scheduler's, under its lock. */
	struct emu_queue *run_next;
	struct emu_queue *watch_next;
	bool in_run;
	bool in_watch;
	unsigned int holders;
};

/* Faults that strike an element, decided in submission order. */
struct element_fault {
	bool hangs; /* never completed */
	bool bad_length, bad_status;
	uint64_t delay_us;
	uint32_t length, status;
};

/* What one worker took in one turn. */
struct queue_burst {
	uint64_t first;
	unsigned int count;
	uint32_t generation;
	bool faulty;	       /* faults[] is valid */
	int errors[BURST_MAX]; /* filled by the worker */
	struct element_fault faults[BURST_MAX];
};

void queue_init(struct emu_queue *q, struct emu_device *dev, unsigned int number);
void queue_destroy(struct emu_queue *q);

/* Main thread. 0 or a positive errno. */
int queue_open(struct emu_queue *q, pid_t pid, int pidfd);
int queue_enable_shadow(struct emu_queue *q);
int queue_start(struct emu_queue *q, unsigned int qc_type, int notify_fd);
/* Stop after the accepted elements; true: already quiet. */
bool queue_drain(struct emu_queue *q);
/* Stop at once: what is in flight is lost, nothing of it is written any more. */
void queue_abandon(struct emu_queue *q);
/* As an asynchronous error does: status words and stop, if it runs. */
void queue_stop_now(struct emu_queue *q, const char *why);
bool queue_is_quiet(struct emu_queue *q);
void queue_close(struct emu_queue *q);
void queue_set_tx(struct emu_queue *q);
void queue_set_rx(struct emu_queue *q);
/* uacce readiness: walk over completions not seen before. */
bool queue_poll(struct emu_queue *q);
/* No interrupt goes to the connection any more; it is about to be closed. */
void queue_mute(struct emu_queue *q);
void queue_doorbell_mmio(struct emu_queue *q, uint64_t value);
void queue_count_trap(struct emu_queue *q, bool refused);
struct queue_counters queue_read_counters(struct emu_queue *q, bool *running);

/* Workers. */
bool queue_claim(struct emu_queue *q, struct emu_job *jobs, struct queue_burst *burst);
void queue_finish(struct emu_queue *q, struct emu_job *jobs, struct queue_burst *burst,
		  uint64_t spent_ns);
/* Look at the shadow doorbell of an awake queue; put it to sleep when it is idle. */
void queue_look(struct emu_queue *q);
/* The queue was stopped under the worker: it should hurry to return. */
bool queue_is_cut(struct emu_queue *q);

/* With the lock held; shared by queue.c, completion.c, doorbell.c. */
void queue_kill(struct emu_queue *q, const char *why);
void queue_raise(struct emu_queue *q);
void queue_retire(struct emu_queue *q);
void queue_settle_stop(struct emu_queue *q);
void doorbell_mmio(struct emu_queue *q, uint64_t value);
void doorbell_read_shadow_sq(struct emu_queue *q);
void doorbell_read_shadow_cq(struct emu_queue *q);
void doorbell_awaken(struct emu_queue *q);
/* False: a doorbell came in between, the queue stays awake. */
bool doorbell_sleep(struct emu_queue *q);

static inline uint64_t queue_pending(const struct emu_queue *q)
{
	return q->tail - q->claimed;
}

#endif
