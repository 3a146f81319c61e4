// SPDX-License-Identifier: Apache-2.0
/*
 * Jobs on one queue: submitting, collecting, and what happens when the queue
 * dies under them. A queue serves either synchronous jobs, each waited for by
 * its thread, or asynchronous ones, collected by polls; never both. How a
 * thread waits is in core_wait.c, where messages of asynchronous jobs live in
 * core_slots.c, what a message says is the family's business.
 */
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include "core_slots.h"

#define REAP_BATCH 16
#define REOPEN_PATIENCE_NS 2000000000ull
#define SPIN_REAPS 48 /* looks at the ring before the clock is read for the first time */

static bool is_dead(int rc)
{
	return rc == -WD_EIO || rc == -WD_HW_EACCESS;
}

/* ------------------------------------------------------------ completing */

static __attribute__((noinline, cold)) void wake(struct wd_msg *msg)
{
	/*
	 * The waiter may have returned already (a spurious wake-up made it look),
	 * and its stack be gone: then the kernel finds no sleeper at the address,
	 * which is harmless.
	 */
	syscall(SYS_futex, &msg->state, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* Hand a synchronous job back to its thread; the message must not be touched afterwards. */
void wd_core_finish_sync(struct wd_msg *msg)
{
	/* Release: the thread that acquires DONE sees the results. Pairs with is_done(). */
	if (atomic_exchange_explicit(&msg->state, WD_MSG_DONE, memory_order_acq_rel) ==
	    WD_MSG_SLEEPING)
		wake(msg);
}

static inline bool is_done(struct wd_msg *msg)
{
	return atomic_load_explicit(&msg->state, memory_order_acquire) == WD_MSG_DONE;
}

/* Collect what the device has finished, for whichever threads it is. Count or a dead queue's code. */
int wd_core_reap_sync(struct wd_core_queue *cq)
{
	struct wd_msg *done[REAP_BATCH];
	int n = cq->drv->reap(cq->q, done, REAP_BATCH);

	for (int i = 0; i < n; i++)
		wd_core_finish_sync(done[i]);
	return n;
}

static void finish_async(struct wd_core_queue *cq, struct wd_msg *msg)
{
	cq->core->family->complete(msg);
	wd_core_slots_put(&cq->slots, msg);
}

/*
 * Asynchronous jobs that ended elsewhere than in a poll: lost with their queue, or
 * done without the device. They wait, linked through owner, for the next poll,
 * because only polls call back: a submitter may hold locks its callback takes, and
 * who polls waits for the count.
 */
static void ready_push(struct wd_core_queue *cq, struct wd_msg *first, struct wd_msg *last)
{
	struct wd_msg *head = atomic_load_explicit(&cq->ready, memory_order_relaxed);

	do {
		last->owner = head;
		/* Release: the poll that takes them sees their results. */
	} while (!atomic_compare_exchange_weak_explicit(&cq->ready, &head, first,
							memory_order_release,
							memory_order_relaxed));
}

static __attribute__((noinline, cold)) uint32_t ready_deliver(struct wd_core_queue *cq, uint32_t max)
{
	struct wd_msg *msg = atomic_exchange_explicit(&cq->ready, NULL, memory_order_acquire);
	struct wd_msg *last;
	uint32_t n = 0;

	for (struct wd_msg *next; msg && n < max; msg = next, n++) {
		next = msg->owner;
		finish_async(cq, msg);
	}
	if (msg) {
		for (last = msg; last->owner; last = last->owner)
			;
		ready_push(cq, msg, last);
	}
	return n;
}

/* -------------------------------------------------------------- recovery */

/* A device in reset refuses open() for a moment; a full one may get a queue back. */
static bool is_passing(int rc)
{
	return rc == -EPERM || rc == -EBUSY || rc == -EAGAIN;
}

/* Patient the first time only: jobs on a queue that stays lost fail at once. */
static void reopen(struct wd_core_queue *cq)
{
	bool patient = !atomic_load_explicit(&cq->failing, memory_order_relaxed);
	uint64_t until_ns = wd_core_now_ns() + REOPEN_PATIENCE_NS;
	struct timespec nap = { .tv_nsec = 1000000 };
	int rc;

	while ((rc = cq->drv->restart(cq->q)) && patient && is_passing(rc) &&
	       wd_core_now_ns() < until_ns)
		nanosleep(&nap, NULL);
	atomic_store_explicit(&cq->failing, rc != 0, memory_order_relaxed);
	if (rc && patient)
		WD_ERR("%s: a queue was lost and cannot be opened again: %s; its jobs fail until it can\n",
		       wd_ctx_get_dev_name(cq->ctx), strerror(-rc));
}

/* Jobs the device will never finish. Synchronous ones have waiters, the others wait for a poll. */
static void give_up(struct wd_core_queue *cq, struct wd_msg **msgs, int n)
{
	if (!n)
		return;
	if (cq->mode == CTX_MODE_SYNC) {
		for (int i = 0; i < n; i++)
			wd_core_finish_sync(msgs[i]);
		return;
	}
	for (int i = 0; i + 1 < n; i++)
		msgs[i]->owner = msgs[i + 1];
	ready_push(cq, msgs[0], msgs[n - 1]);
}

/*
 * Stop the device, take every job back, open the queue again. @result is what
 * became of the jobs, @timed_out of the one that waited too long.
 */
static void recover_locked(struct wd_core_queue *cq, int result, struct wd_msg *timed_out)
{
	struct wd_msg *msgs[REAP_BATCH];
	int n;

	cq->drv->stop(cq->q);
	do {
		n = cq->drv->abort(cq->q, msgs, REAP_BATCH);
		for (int i = 0; i < n; i++)
			msgs[i]->result = msgs[i] == timed_out ? -WD_ETIMEDOUT : result;
		give_up(cq, msgs, n);
	} while (n == REAP_BATCH);
	atomic_store_explicit(&cq->stall_start_ns, 0, memory_order_relaxed);

	reopen(cq);
}

/* @msg passed its deadline: stop the queue so that the device cannot touch its buffers later. */
static void recover_timeout(struct wd_core_queue *cq, struct wd_msg *msg)
{
	pthread_mutex_lock(&cq->recover_lock);
	if (!is_done(msg)) {
		WD_ERR("%s: a job did not finish in %llu ms; the queue is stopped and opened again\n",
		       wd_ctx_get_dev_name(cq->ctx),
		       (unsigned long long)(cq->core->timeout_ns / 1000000));
		recover_locked(cq, -WD_EIO, msg);
	}
	pthread_mutex_unlock(&cq->recover_lock);
}

/* Collecting said the queue is dead; unless somebody has mended it meanwhile, do so. */
static void recover_reap(struct wd_core_queue *cq)
{
	struct wd_msg *one;
	int n;

	pthread_mutex_lock(&cq->recover_lock);
	if (cq->mode == CTX_MODE_SYNC) {
		n = wd_core_reap_sync(cq);
	} else {
		n = cq->drv->reap(cq->q, &one, 1);
		if (n == 1)
			ready_push(cq, one, one);
	}
	if (is_dead(n))
		recover_locked(cq, -WD_EIO, NULL);
	pthread_mutex_unlock(&cq->recover_lock);
}

/*
 * Submitting said the queue is dead: mend it and submit once more.
 */
static __attribute__((noinline, cold)) int resubmit(struct wd_core_queue *cq, struct wd_msg *msg)
{
	int rc;

	pthread_mutex_lock(&cq->recover_lock);
	rc = cq->drv->submit(cq->q, msg);
	if (is_dead(rc) && !cq->closing) {
		recover_locked(cq, -WD_EIO, NULL);
		rc = cq->drv->submit(cq->q, msg);
	}
	pthread_mutex_unlock(&cq->recover_lock);
	return rc;
}

int wd_core_recover(struct wd_core_queue *cq, struct wd_msg *timed_out)
{
	if (timed_out)
		recover_timeout(cq, timed_out);
	else
		recover_reap(cq);
	return 0;
}

/* ----------------------------------------------------------- synchronous */

static __attribute__((noinline, cold)) int submit_slow(struct wd_core_queue *cq, struct wd_msg *msg,
						       int rc, uint64_t deadline_ns)
{
	if (is_dead(rc))
		rc = resubmit(cq, msg);
	while (rc == -WD_EBUSY && !wd_core_wait_room(cq, deadline_ns))
		rc = cq->drv->submit(cq->q, msg);
	return rc;
}

static __attribute__((noinline)) int run_slow(struct wd_core_queue *cq, struct wd_msg *msg, int rc)
{
	uint64_t deadline_ns = wd_core_now_ns() + cq->core->timeout_ns;

	if (rc && rc != WD_SUBMIT_DONE)
		rc = submit_slow(cq, msg, rc, deadline_ns);
	if (rc == WD_SUBMIT_DONE)
		return msg->result;
	if (rc)
		return rc;
	wd_core_wait(cq, msg, deadline_ns);
	return msg->result;
}

int wd_core_run(struct wd_core_queue *cq, struct wd_msg *msg)
{
	struct wd_msg *done[REAP_BATCH];
	int rc, spins;

	if (__builtin_expect(!cq->q, 0))
		return -WD_ENODEV;
	atomic_store_explicit(&msg->state, WD_MSG_PENDING, memory_order_relaxed);
	rc = cq->drv->submit(cq->q, msg);
	if (__builtin_expect(rc, 0))
		return run_slow(cq, msg, rc);

	spins = cq->core->sleep_at_once ? 1 : SPIN_REAPS;
	while (spins--) {
		bool mine = false;
		int n = cq->drv->reap(cq->q, done, REAP_BATCH);

		for (int i = 0; i < n; i++) {
			if (done[i] == msg)
				mine = true; /* nobody else knows of it: no need for the state word */
			else
				wd_core_finish_sync(done[i]);
		}
		if (mine || is_done(msg))
			return msg->result;
		wd_cpu_relax();
	}
	return run_slow(cq, msg, 0);
}

/* ---------------------------------------------------------- asynchronous */

static __attribute__((noinline, cold)) int async_submit_slow(struct wd_core_queue *cq,
							     struct wd_msg *msg, int rc)
{
	if (is_dead(rc))
		rc = resubmit(cq, msg);
	if (rc == WD_SUBMIT_DONE) {
		ready_push(cq, msg, msg);
		return 0;
	}
	if (rc)
		wd_core_slots_put(&cq->slots, msg);
	return rc;
}

/* On an error the slot is given back. */
int wd_core_async_submit(struct wd_core_queue *cq, struct wd_msg *msg)
{
	int rc = -WD_ENODEV;

	if (__builtin_expect(cq->q != NULL, 1))
		rc = cq->drv->submit(cq->q, msg);
	if (__builtin_expect(rc, 0)) {
		rc = async_submit_slow(cq, msg, rc);
		if (rc)
			return rc;
	}
	if (__builtin_expect(cq->core->pollers != NULL, 0))
		wd_core_pollers_wake(cq->core);
	return 0;
}

/*
 * Nothing came although jobs are out: for how long now? Since when is forgotten as
 * soon as something comes; should that be missed, because another thread collected
 * meanwhile, the number of jobs tells that those were others.
 */
static __attribute__((noinline, cold)) void check_stall(struct wd_core_queue *cq)
{
	uint64_t since = atomic_load_explicit(&cq->stall_start_ns, memory_order_acquire);
	uint32_t of = atomic_load_explicit(&cq->stall_submitted, memory_order_relaxed);
	uint32_t completed = atomic_load_explicit(&cq->q->completed, memory_order_relaxed);
	uint64_t now = wd_core_now_ns();

	if (!since || (int32_t)(completed - of) >= 0) {
		atomic_store_explicit(&cq->stall_submitted,
				      atomic_load_explicit(&cq->q->submitted, memory_order_relaxed),
				      memory_order_relaxed);
		atomic_store_explicit(&cq->stall_kicked, 0, memory_order_relaxed);
		atomic_store_explicit(&cq->stall_start_ns, now, memory_order_release);
		return;
	}
	if (now - since < cq->core->timeout_ns) {
		if (now - since >= cq->core->timeout_ns / 2 &&
		    !atomic_exchange_explicit(&cq->stall_kicked, 1, memory_order_relaxed))
			cq->drv->kick(cq->q); /* a doorbell may have been lost */
		return;
	}
	pthread_mutex_lock(&cq->recover_lock);
	if (atomic_load_explicit(&cq->stall_start_ns, memory_order_relaxed) == since) {
		WD_ERR("%s: no job finished for %llu ms; the queue is stopped and opened again\n",
		       wd_ctx_get_dev_name(cq->ctx),
		       (unsigned long long)(cq->core->timeout_ns / 1000000));
		recover_locked(cq, -WD_ETIMEDOUT, NULL);
	}
	pthread_mutex_unlock(&cq->recover_lock);
}

/* The ring gave nothing, or the queue is dead. What that has ended is called back at once. */
static __attribute__((noinline, cold)) uint32_t poll_nothing(struct wd_core_queue *cq, int n,
							     uint32_t got, uint32_t expt)
{
	if (n < 0)
		recover_reap(cq);
	else if (!got)
		check_stall(cq);
	return ready_deliver(cq, expt - got);
}

/*
 * Collect up to @expt asynchronous jobs of one queue; returns how many came. A
 * job's slot is given back after its callback, which reads the request in it.
 */
static inline __attribute__((always_inline)) uint32_t collect(struct wd_core_queue *cq,
							      uint32_t expt)
{
	void (*complete)(struct wd_msg *) = cq->core->family->complete;
	struct wd_queue *q = cq->q;
	struct wd_msg *done[REAP_BATCH];
	uint32_t got = 0;

	if (__builtin_expect(atomic_load_explicit(&cq->ready, memory_order_relaxed) != NULL, 0))
		got = ready_deliver(cq, expt);
	while (got < expt && wd_queue_inflight(q)) {
		uint32_t room = expt - got;
		int n = cq->drv->reap(q, done, room < REAP_BATCH ? (int)room : REAP_BATCH);

		if (__builtin_expect(n <= 0, 0))
			return got + poll_nothing(cq, n, got, expt);
		if (__builtin_expect(atomic_load_explicit(&cq->stall_start_ns,
							  memory_order_relaxed) != 0, 0))
			atomic_store_explicit(&cq->stall_start_ns, 0, memory_order_relaxed);
		for (int i = 0; i < n; i++) {
			complete(done[i]);
			wd_core_slots_put(&cq->slots, done[i]);
		}
		got += (uint32_t)n;
	}
	return got;
}

/* As above; *@count is set to how many came. 0 when all @expt did, -WD_EAGAIN when fewer. */
int wd_core_poll_queue(struct wd_core_queue *cq, uint32_t expt, uint32_t *count)
{
	*count = 0;
	if (__builtin_expect(!cq->q, 0))
		return -WD_ENODEV;
	*count = collect(cq, expt);
	return *count == expt ? 0 : -WD_EAGAIN;
}

static inline bool is_pollable(const struct wd_core *core, uint32_t idx)
{
	return core && idx < core->nqueues && core->queues[idx].mode == CTX_MODE_ASYNC &&
	       core->queues[idx].q;
}

int wd_core_poll_ctx(struct wd_core_default *d, uint32_t idx, uint32_t expt, uint32_t *count)
{
	struct wd_core *core;
	uint32_t got;

	if (__builtin_expect(!count || !expt, 0))
		return -WD_EINVAL;
	core = wd_core_enter(d);
	if (__builtin_expect(!is_pollable(core, idx), 0)) {
		wd_core_leave(d);
		*count = 0;
		return -WD_EINVAL;
	}
	got = collect(&core->queues[idx], expt);
	wd_core_leave(d);
	*count = got;
	return got == expt ? 0 : -WD_EAGAIN;
}

/*
 * All queues in turn, a burst of each, until @expt came or a whole round brought
 * nothing. 0, or -WD_EAGAIN if nothing came at all.
 */
static int poll_all(struct wd_core *core, uint32_t expt, uint32_t *count)
{
	uint32_t got = 0, round, n;

	do {
		round = 0;
		for (uint32_t i = 0; i < core->nqueues && got < expt; i++) {
			struct wd_core_queue *cq = &core->queues[i];
			uint32_t want = expt - got < REAP_BATCH ? expt - got : REAP_BATCH;

			if (cq->mode != CTX_MODE_ASYNC || !wd_core_queue_has_work(cq))
				continue;
			wd_core_poll_queue(cq, want, &n);
			round += n;
			got += n;
		}
	} while (round && got < expt);
	*count += got;
	return got ? 0 : -WD_EAGAIN;
}

int wd_core_poll(struct wd_core_default *d, uint32_t expt, uint32_t *count)
{
	struct wd_core *core;
	int rc = -WD_EINVAL;

	if (!count || !expt)
		return -WD_EINVAL;
	core = wd_core_enter(d);
	if (core && core->sched_is_rr)
		rc = poll_all(core, expt, count);
	else if (core)
		rc = core->sched.poll_policy(core->sched.h_sched_ctx, expt, count);
	wd_core_leave(d);
	return rc;
}

/* ---------------------------------------------------------------- choice */

struct wd_core_queue *wd_core_queue_at(struct wd_core *core, uint32_t idx, int mode,
				       uint32_t op_type)
{
	struct wd_core_queue *cq;

	if (idx >= core->nqueues)
		return NULL;
	cq = &core->queues[idx];
	return cq->mode == mode && cq->op_type == op_type ? cq : NULL;
}

struct wd_core_queue *wd_core_pick(struct wd_core *core, void *sched_key, int mode, uint32_t op_type)
{
	uint32_t idx = core->sched.pick_next_ctx(core->sched.h_sched_ctx, sched_key, mode);

	return wd_core_queue_at(core, idx, mode, op_type);
}

/* The queue is going: who asked to be called back is called back. */
void wd_core_queue_abandon(struct wd_core_queue *cq)
{
	struct wd_msg *msgs[REAP_BATCH];
	int n;

	pthread_mutex_lock(&cq->recover_lock);
	cq->closing = true; /* what callbacks send from now on is refused */
	pthread_mutex_unlock(&cq->recover_lock);
	cq->drv->stop(cq->q);
	do {
		n = cq->drv->abort(cq->q, msgs, REAP_BATCH);
		for (int i = 0; i < n; i++)
			msgs[i]->result = -WD_EIO;
		give_up(cq, msgs, n);
	} while (n == REAP_BATCH);
	ready_deliver(cq, UINT32_MAX);
}

void *wd_core_msg_at(struct wd_core_default *d, uint32_t idx, uint32_t tag)
{
	struct wd_core *core;
	void *msg = NULL;

	core = wd_core_enter(d);
	if (core && idx < core->nqueues && core->queues[idx].mode == CTX_MODE_ASYNC)
		msg = wd_core_slot_at(&core->queues[idx].slots, tag);
	wd_core_leave(d);
	return msg;
}
