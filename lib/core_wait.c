// SPDX-License-Identifier: Apache-2.0
/*
 * How threads wait for their jobs on a queue they share. Of those that wait
 * exactly one, the leader, looks at the ring for some microseconds, then lets
 * others run between looks, then sleeps in poll() on the device; it collects for
 * all. The others sleep on their message's state word. A leader whose own job is
 * done promotes another.
 *
 * Every wait ends at the job's deadline, and then the queue is stopped before
 * the wait returns, because until then the buffers belong to the device.
 */
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include "core.h"

#define SPIN_NS 20000ull
#define YIELD_NS 120000ull
/* The kernel wakes no waiter at a reset: look at the status words this often. */
#define TICK_MS 100

struct wd_core_sleeper {
	struct wd_msg *msg;
	struct wd_core_sleeper *next;
};

uint64_t wd_core_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static bool is_done(struct wd_msg *msg)
{
	return atomic_load_explicit(&msg->state, memory_order_acquire) == WD_MSG_DONE;
}

/* Collect once; a dead queue is mended, which ends all its jobs. */
static void collect(struct wd_core_queue *cq)
{
	if (wd_core_reap_sync(cq) < 0)
		wd_core_recover(cq, NULL);
}

/* ------------------------------------------------------------- followers */

static void enlist(struct wd_core_queue *cq, struct wd_core_sleeper *self)
{
	wd_lock_acquire(&cq->sleep_lock);
	self->next = cq->sleepers;
	cq->sleepers = self;
	wd_lock_release(&cq->sleep_lock);
}

static void delist(struct wd_core_queue *cq, struct wd_core_sleeper *self)
{
	struct wd_core_sleeper **p;

	wd_lock_acquire(&cq->sleep_lock);
	for (p = &cq->sleepers; *p; p = &(*p)->next) {
		if (*p == self) {
			*p = self->next;
			break;
		}
	}
	wd_lock_release(&cq->sleep_lock);
}

/* Wake one sleeper to be the leader, if there is none. Its frame cannot go away under the lock. */
static void promote_one(struct wd_core_queue *cq)
{
	struct wd_core_sleeper *s;

	wd_lock_acquire(&cq->sleep_lock);
	for (s = cq->sleepers; s; s = s->next) {
		uint32_t old = WD_MSG_SLEEPING;

		/* Sequentially consistent behind the store to leader: pairs with follow(). */
		if (atomic_compare_exchange_strong(&s->msg->state, &old, WD_MSG_PROMOTED)) {
			syscall(SYS_futex, &s->msg->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
			break;
		}
	}
	wd_lock_release(&cq->sleep_lock);
}

static void futex_wait_until(_Atomic uint32_t *word, uint32_t value, uint64_t deadline_ns)
{
	struct timespec ts = { .tv_sec = (time_t)(deadline_ns / 1000000000u),
			       .tv_nsec = (long)(deadline_ns % 1000000000u) };

	/* The bitset form takes an absolute CLOCK_MONOTONIC time. */
	syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, value, &ts, NULL, FUTEX_BITSET_MATCH_ANY);
}

/* Somebody else leads: sleep until done, promoted, or out of time. */
static void follow(struct wd_core_queue *cq, struct wd_msg *msg, uint64_t deadline_ns)
{
	struct wd_core_sleeper self = { .msg = msg };
	uint32_t state = WD_MSG_PENDING;

	enlist(cq, &self);
	if (!atomic_compare_exchange_strong(&msg->state, &state, WD_MSG_SLEEPING))
		goto out; /* done meanwhile */
	/*
	 * Sequentially consistent against the leader, which clears the mark and
	 * then looks for sleepers: one of the two sees the other.
	 */
	if (atomic_load(&cq->leader))
		futex_wait_until(&msg->state, WD_MSG_SLEEPING, deadline_ns);
	state = WD_MSG_SLEEPING;
	if (!atomic_compare_exchange_strong(&msg->state, &state, WD_MSG_PENDING) &&
	    state == WD_MSG_PROMOTED)
		atomic_compare_exchange_strong(&msg->state, &state, WD_MSG_PENDING);
out:
	delist(cq, &self);
}

/* ---------------------------------------------------------------- leader */

static uint16_t ms_until(uint64_t deadline_ns)
{
	uint64_t now = wd_core_now_ns();
	uint64_t ms = deadline_ns > now ? (deadline_ns - now + 999999) / 1000000 : 0;

	return ms < TICK_MS ? (uint16_t)ms : TICK_MS;
}

static bool look_until(struct wd_core_queue *cq, struct wd_msg *msg, uint64_t until_ns, bool yield)
{
	while (!is_done(msg)) {
		collect(cq);
		if (is_done(msg))
			break;
		if (wd_core_now_ns() >= until_ns)
			return false;
		if (yield)
			sched_yield();
		else
			wd_cpu_relax();
	}
	return true;
}

/* Look at the ring for a while: alone, because two who look only take turns at the lock. */
static bool look(struct wd_core_queue *cq, struct wd_msg *msg)
{
	uint64_t start_ns = wd_core_now_ns();

	return look_until(cq, msg, start_ns + SPIN_NS, false) ||
	       look_until(cq, msg, start_ns + YIELD_NS, true);
}

static void sleep_in_poll(struct wd_core_queue *cq, struct wd_msg *msg, uint64_t deadline_ns)
{
	uint64_t kick_ns = wd_core_now_ns() + cq->core->timeout_ns / 2;
	uint16_t ms;

	while (!is_done(msg)) {
		/*
		 * Ask for the event first and look at the ring after: what completes
		 * before the asking is seen by the look, what completes later raises
		 * the event.
		 */
		if (cq->drv->arm(cq->q) < 0) {
			wd_core_recover(cq, NULL);
			break;
		}
		collect(cq);
		ms = ms_until(deadline_ns);
		if (is_done(msg) || !ms)
			break;
		wd_ctx_wait(cq->ctx, ms);
		collect(cq);
		if (!is_done(msg) && wd_core_now_ns() > kick_ns) {
			cq->drv->kick(cq->q); /* a doorbell may have been lost */
			kick_ns = UINT64_MAX;
		}
	}
}

static void wait_turn(struct wd_core_queue *cq, struct wd_msg *msg, uint64_t deadline_ns)
{
	uint32_t nobody = 0;

	if (!atomic_compare_exchange_strong(&cq->leader, &nobody, 1)) {
		follow(cq, msg, deadline_ns);
		return;
	}
	if (cq->core->sleep_at_once || !look(cq, msg))
		sleep_in_poll(cq, msg, deadline_ns);
	atomic_store(&cq->leader, 0);
}

void wd_core_wait(struct wd_core_queue *cq, struct wd_msg *msg, uint64_t deadline_ns)
{
	while (!is_done(msg)) {
		if (wd_core_now_ns() >= deadline_ns)
			wd_core_recover(cq, msg);
		else
			wait_turn(cq, msg, deadline_ns);
	}
	/* Whether this thread led, or was promoted and did not get to it: somebody must. */
	if (!atomic_load(&cq->leader))
		promote_one(cq);
}

/* The ring is full: collect for others until there is room. 0, or -WD_EBUSY at the deadline. */
int wd_core_wait_room(struct wd_core_queue *cq, uint64_t deadline_ns)
{
	for (unsigned int i = 0; wd_queue_inflight(cq->q) >= cq->q->capacity; i++) {
		struct timespec nap = { .tv_nsec = 50000 };

		collect(cq);
		if (wd_core_now_ns() >= deadline_ns)
			return -WD_EBUSY;
		if (i < 64)
			sched_yield();
		else
			nanosleep(&nap, NULL);
	}
	return 0;
}
