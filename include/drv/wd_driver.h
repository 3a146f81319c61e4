/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The contract between the library and a user-space driver. The library owns
 * sessions, scheduling, waiting, time-outs, callbacks; the driver owns one
 * device family's queues: rings, doorbells, request formats. Neither knows the
 * inside of the other. A driver is a shared object in the library's private
 * directory whose constructor calls wd_driver_register().
 *
 * Life of a message: the library fills an algorithm message (wd_comp_msg, ...)
 * and gives it to submit(); from then on it belongs to the driver until reap()
 * or abort() hands its pointer back, each pointer exactly once. It stays at its
 * address meanwhile. The driver keeps pointers to messages in its own memory,
 * never in memory the device can write.
 *
 * Threads: submit(), reap(), arm(), kick() may be called by any number of
 * threads at once on one queue; the driver locks inside (submission and
 * completion side separately) and holds no lock while a device works. stop(),
 * abort(), restart() may also race with them; the driver serialises.
 */
#ifndef WD_DRIVER_H
#define WD_DRIVER_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include "wd.h"

#define WD_DRIVER_ABI 1

struct wd_driver;

/* First member of every algorithm's message. */
struct wd_msg {
	_Atomic uint32_t state; /* the library's own; the driver never touches it */
	int32_t result;		/* driver: 0, or negative WD_E* when the job failed */
	void *owner;		/* the library's own */
};

/* First member of a driver's queue; the counters are single-writer under the driver's locks. */
struct wd_queue {
	const struct wd_driver *drv;
	handle_t ctx;
	uint32_t capacity; /* messages that can be in flight at once */
	_Alignas(64) _Atomic uint32_t submitted;
	_Alignas(64) _Atomic uint32_t completed; /* submitted - completed = in flight, mod 2^32 */
};

static inline uint32_t wd_queue_inflight(struct wd_queue *q)
{
	uint32_t done = atomic_load_explicit(&q->completed, memory_order_relaxed);

	return atomic_load_explicit(&q->submitted, memory_order_relaxed) - done;
}

struct wd_queue_config {
	handle_t ctx;	  /* from wd_request_ctx(): opened, nothing mapped, not started */
	uint32_t op_type; /* the algorithm family's direction or 0 */
};

/* What a driver precomputes for a session; opaque to the library, valid on all queues of the driver. */
struct wd_template {
	uint64_t word[4];
};

/* submit() took the message and it is complete already: reap() will not return it. */
#define WD_SUBMIT_DONE 1

struct wd_driver {
	uint32_t abi;		   /* WD_DRIVER_ABI */
	int priority;		   /* higher is preferred; hardware 100 */
	int calc_type;		   /* enum alg_dev_type */
	int op_types;		   /* directions it distinguishes: comp 2 */
	const char *name;	   /* device name without its number: "hisi_zip" */
	const char *family;	   /* message kind: "comp", "cipher", ... */
	const char *const *algs;   /* algorithm names, NULL terminated */
	size_t stream_nbytes;	   /* memory of one stateful stream, 64-byte aligned; 0 none */

	/*
	 * Map, negotiate and START the queue of config->ctx. 0 and *q, or negative
	 * errno; on failure the ctx is left unmapped and may be released.
	 */
	int (*queue_open)(const struct wd_queue_config *config, struct wd_queue **q);
	/* Stop if running, unmap, free. Messages still in flight are forgotten. NULL is fine. */
	void (*queue_close)(struct wd_queue *q);

	/*
	 * Check the session parameters (comp: struct wd_comp_params) against what
	 * the device of @q offers and precompute. 0 or -WD_EINVAL.
	 */
	int (*session_init)(struct wd_queue *q, const void *params, struct wd_template *t);
	/* Bring stream memory (stream_nbytes) to "new stream". */
	void (*stream_reset)(void *stream);

	/*
	 * 0: in flight. WD_SUBMIT_DONE. -WD_EBUSY: full, nothing changed. -WD_EINVAL or
	 * another code: this message is refused, the queue is fine. -WD_HW_EACCESS: the
	 * kernel disabled the queue; -WD_EIO: stopped or broken (both sticky until
	 * restart()).
	 */
	int (*submit)(struct wd_queue *q, struct wd_msg *msg);
	/*
	 * Collect up to @max completed messages, results filled in; their ring
	 * slots are free again and one completion doorbell was rung. Count >= 0 (0
	 * also when another thread is collecting right now), or -WD_HW_EACCESS /
	 * -WD_EIO (sticky) when the queue is dead.
	 */
	int (*reap)(struct wd_queue *q, struct wd_msg **done, int max);
	/* Ask for an event (wd_ctx_wait) at the next completion. 0 or as reap(). */
	int (*arm)(struct wd_queue *q);
	/* Ring the last submission doorbell again: a lost one does no harm. */
	void (*kick)(struct wd_queue *q);

	/*
	 * Make sure that the device touches no buffer of this queue any more; later
	 * submit() and reap() give -WD_EIO. Idempotent. Bounded by the kernel's drain.
	 */
	int (*stop)(struct wd_queue *q);
	/* After stop(): hand back up to @max messages that never completed, result -WD_EIO. Count. */
	int (*abort)(struct wd_queue *q, struct wd_msg **msgs, int max);
	/*
	 * After stop() and a full abort(): open the node again (wd_ctx_reopen()),
	 * map, START. 0 or negative errno (and still stopped).
	 */
	int (*restart)(struct wd_queue *q);
	/*
	 * In the child of fork(): forget the parent's mappings, locks and messages
	 * without touching any of them; the queue is then stopped. Async-signal-safe.
	 */
	void (*forked)(struct wd_queue *q);
	/* Load of the device in percent for a direction, or negative errno; may be NULL. */
	int (*usage)(struct wd_queue *q, unsigned int op_type);
};

/**
 * wd_driver_register() - make a driver known to the library.
 *
 * A driver calls it in its constructor.
 *
 * @drv: what the driver is and does; not NULL.
 *
 * Return: 0; -WD_EINVAL if abi is not WD_DRIVER_ABI or an operation is missing; -WD_EEXIST if the
 *	driver is known already; -WD_ENOMEM.
 *
 * Ownership: @drv is kept, not copied: it must stay loaded and unchanged until
 *	wd_driver_unregister(). Any thread.
 */
int wd_driver_register(const struct wd_driver *drv);

/**
 * wd_driver_unregister() - undo wd_driver_register().
 *
 * A driver calls it in its destructor.
 *
 * @drv: as it was registered; NULL, or one that is not known, does nothing.
 *
 * Return: nothing.
 *
 * Ownership: the library forgets @drv. Any thread; no queue of the driver may be open.
 */
void wd_driver_unregister(const struct wd_driver *drv);

/*
 * For drivers: close the descriptor of @ctx and open its node again under the
 * same number and handle (mappings made before must be gone). 0 or negative errno.
 */
int wd_ctx_reopen(handle_t ctx);
/* The descriptor of @ctx, for poll(); it changes its file, not its number, at reopen. */
int wd_ctx_fd(handle_t ctx);

#endif
