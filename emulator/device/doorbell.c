// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the meaning of doorbells, from MMIO and from the shadow page. Every
 * value is the client's: copied once, then checked. The choices made where the
 * hardware facts are silent:
 *  - another queue's number, a random number other than 0 (the contexts hold
 *    0), an unknown command, a queue that is not started: ignored, counted;
 *  - an index outside the ring: the queue dies (status words), so that the
 *    client sees its mistake instead of waiting for ever;
 *  - an SQ tail that would make depth or more elements outstanding, a CQ head
 *    beyond what was written: ignored, counted;
 *  - an MMIO SQ doorbell of a queue that has used its shadow page is a kick:
 *    the shadow value counts, since that one cannot be out of date.
 * All functions are called with the queue's lock held.
 */
#include <stdatomic.h>

#include "device.h"
#include "hisi_qm.h"
#include "queue.h"

static void ring_sq(struct emu_queue *q, uint64_t value)
{
	unsigned int depth = q->dev->config.depth;
	unsigned int index = QM_DOORBELL_INDEX(value);
	uint64_t tail;

	if (index >= depth) {
		queue_kill(q, "SQ doorbell index outside the ring");
		return;
	}
	tail = q->tail + (index + depth - q->tail % depth) % depth;
	if (tail == q->tail)
		return;
	if (q->draining || tail - q->retired > depth - 1) {
		q->counters.refused++;
		return;
	}
	if (fault_strikes(&q->dev->faults, FAULT_LOSE_DOORBELL, q->number, NULL))
		return;
	q->counters.submitted += tail - q->tail;
	q->tail = tail;
}

static void ring_cq(struct emu_queue *q, uint64_t value)
{
	unsigned int depth = q->dev->config.depth;
	unsigned int index = QM_DOORBELL_INDEX(value);
	unsigned int ahead;

	if (index >= depth) {
		queue_kill(q, "CQ doorbell index outside the ring");
		return;
	}
	ahead = (unsigned int)((index + depth - q->acked % depth) % depth);
	if (ahead <= q->written - q->acked) {
		q->acked += ahead;
		q->counters.acknowledged += ahead;
	} else {
		q->counters.refused++;
	}
	q->notify = QM_DOORBELL_PRIORITY(value) & 1;
	/*
	 * Completions written before the flag arrived raised nothing. MMIO stores
	 * travel while the client goes on to wait, so tell it now.
	 */
	if (q->notify && q->written != q->acked)
		queue_raise(q);
}

static bool is_for_queue(const struct emu_queue *q, uint64_t value, enum qm_doorbell_cmd cmd)
{
	return QM_DOORBELL_V2_QN(value) == q->number && QM_DOORBELL_V2_CMD(value) == cmd &&
	       QM_DOORBELL_V2_RAND(value) == 0;
}

/* @again: also if it is what was seen last; a kick may repeat a doorbell that was lost. */
static void look_at_shadow_sq(struct emu_queue *q, bool again)
{
	/*
	 * Acquire: the elements the client filled before its release store of the
	 * doorbell are seen by queue_claim() after this load.
	 */
	uint64_t value = __atomic_load_n(&q->shadow->sq_doorbell, __ATOMIC_ACQUIRE);

	if (value == q->sq_seen && !again)
		return;
	q->sq_seen = value;
	if (!is_for_queue(q, value, QM_DOORBELL_SQ)) {
		q->counters.refused++;
		return;
	}
	q->shadow_used = true;
	ring_sq(q, value);
}

void doorbell_read_shadow_sq(struct emu_queue *q)
{
	look_at_shadow_sq(q, false);
}

void doorbell_mmio(struct emu_queue *q, uint64_t value)
{
	if (!q->running) {
		q->counters.refused++;
	} else if (is_for_queue(q, value, QM_DOORBELL_SQ)) {
		if (q->shadow_on)
			look_at_shadow_sq(q, q->shadow_used);
		if (!q->shadow_used)
			ring_sq(q, value);
	} else if (is_for_queue(q, value, QM_DOORBELL_CQ)) {
		ring_cq(q, value);
	} else {
		q->counters.refused++;
	}
}

/*
 * A CQ head tells no more than the position in the lap, so it has to be read
 * before the client can have gone round once more: at every claim, after the SQ
 * tail. A client that submits has acknowledged what it consumed before (or
 * else the ring would hold depth elements), and the acquire of the tail makes
 * that acknowledgement visible here.
 */
void doorbell_read_shadow_cq(struct emu_queue *q)
{
	uint64_t value = __atomic_load_n(&q->shadow->cq_doorbell, __ATOMIC_ACQUIRE);

	if (value == q->cq_seen)
		return;
	q->cq_seen = value;
	if (is_for_queue(q, value, QM_DOORBELL_CQ))
		ring_cq(q, value);
	else
		q->counters.refused++;
}

void doorbell_awaken(struct emu_queue *q)
{
	if (q->awake)
		return;
	q->awake = true;
	__atomic_store_n(&q->shadow->sq_sleeping, 0, __ATOMIC_RELEASE);
}

bool doorbell_sleep(struct emu_queue *q)
{
	__atomic_store_n(&q->shadow->sq_sleeping, 1, __ATOMIC_RELAXED);
	/*
	 * Observer: the client's submitter, which stores the doorbell, has a full
	 * barrier, and reads sq_sleeping. Either it sees 1 and traps, or we see its
	 * doorbell now.
	 */
	atomic_thread_fence(memory_order_seq_cst);
	q->awake = false;
	doorbell_read_shadow_sq(q);
	if (!q->running || !queue_pending(q))
		return true;
	doorbell_awaken(q);
	return false;
}
