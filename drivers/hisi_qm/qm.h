/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A queue of the HiSilicon queue manager: submission and completion ring,
 * doorbells, status words, and which message sits in which slot. It knows no
 * engine: an engine's driver has a structure that begins with struct qm_queue,
 * submits with qm_reserve(), its own writing of the element, qm_publish(), and
 * collects with qm_reap() and its own reading of the element, all inlined into
 * one function each. Everything seldom is out of line in qm.c, qm_open.c, sgl.c.
 *
 * What the device writes (completions, elements, status words) is untrusted:
 * loaded once, checked, then used. Pointers are kept in slots[], which the device
 * never sees.
 *
 * Locks: sq_lock for submission, cq_lock for completion, ctl for stop, abort,
 * restart. Order: ctl, sq_lock, cq_lock. Mapped memory is touched only under
 * sq_lock or cq_lock and only while that side has no error, so that restart may
 * unmap it.
 */
#ifndef HISI_QM_QM_H
#define HISI_QM_QM_H

#include "drv/wd_driver.h"
#include "drv/wd_lock.h"
#include "mmio.h"
#include "sgl.h"
#include "uapi/hisi_qm.h"
#include "uapi/wd_shadow.h"

#define qm_unlikely(x) __builtin_expect(!!(x), 0)

struct qm_queue {
	struct wd_queue base;

	/* Read by both sides, constant from START to stop. */
	_Alignas(64) uint8_t *sq;
	struct hisi_qm_cqe *cq;
	struct wd_msg **slots;
	uint64_t *doorbell;
	struct wd_shadow_page *shadow; /* NULL: the device has no shadow doorbells */
	uint64_t sq_doorbell;	       /* doorbell words with index 0, flag 0 */
	uint64_t cq_doorbell;
	const uint32_t *tx_word;

	const uint32_t *rx_word;
	uint32_t sq_depth;
	uint32_t cq_depth;

	/* Submitters, under sq_lock. */
	_Alignas(64) struct wd_lock sq_lock;
	uint32_t tail;
	_Atomic uint32_t room; /* capacity, or 0 once submission has failed for good */
	_Atomic int sq_error;  /* why room is 0 */

	/* Consumers, under cq_lock. */
	_Alignas(64) struct wd_lock cq_lock;
	uint32_t head;	/* next CQE */
	uint32_t oldest; /* slot of the oldest message in flight: the next to complete */
	uint32_t phase;	/* of a CQE not read yet */
	bool rearm;	/* an event was asked for and perhaps missed: ask again */
	_Atomic int cq_error;
	uint32_t bad_completions;

	/* Control. */
	_Alignas(64) struct wd_lock ctl;
	bool stopped; /* the device touches nothing of this queue */
	bool mapped;
	unsigned int version; /* number in the api string */
	uint32_t sqe_nbytes;
	uint32_t op_type;
	uint16_t id;
	void *mmio;
	void *dus;
	struct sgl_pool sgls;
};

static inline struct qm_queue *qm_of(struct wd_queue *q)
{
	return (struct qm_queue *)q;
}

/* Number in "hisi_qm_v<number>[_noiommu]", 0 if it is no such name. */
unsigned int qm_api_version(const char *api);

/*
 * Bring up the queue of config->ctx. q is zeroed memory; sqe_nbytes is the
 * engine's element size. 0 or negative, and then q holds nothing.
 */
int qm_open(struct qm_queue *q, const struct wd_queue_config *config, uint32_t sqe_nbytes);
/* Stop, unmap, free what qm_open() made; not q itself. */
void qm_close(struct qm_queue *q);

/* Take all regions out of the process; both sides must be shut. */
void qm_unmap(struct qm_queue *q);

/* Operations of struct wd_driver that need nothing of the engine. */
int qm_arm(struct wd_queue *q);
void qm_kick(struct wd_queue *q);
int qm_stop(struct wd_queue *q);
int qm_abort(struct wd_queue *q, struct wd_msg **msgs, int max);
int qm_restart(struct wd_queue *q);
void qm_forked(struct wd_queue *q);
/* Load of one channel in percent; -WD_EINVAL if the device is too old to tell. */
int qm_usage(struct qm_queue *q, unsigned int channel);

/* Out of line parts of the functions below. */
int qm_refuse(struct qm_queue *q);
int qm_denied(struct qm_queue *q);
int qm_receive_denied(struct qm_queue *q);
int qm_bad_completion(struct qm_queue *q, uint32_t sq_head, uint32_t completed);
void qm_rearm(struct qm_queue *q);
/* One line, unless there were too many in this second. */
void qm_complain(struct qm_queue *q, const char *what, uint32_t value);

static inline uint32_t qm_next(uint32_t index, uint32_t depth)
{
	return index + 1 == depth ? 0 : index + 1;
}

static inline void *qm_sqe(struct qm_queue *q, uint32_t slot, uint32_t sqe_nbytes)
{
	return q->sq + (size_t)slot * sqe_nbytes;
}

static inline void qm_ring_sq(struct qm_queue *q, uint32_t tail)
{
	uint64_t value = q->sq_doorbell | (uint64_t)tail << 32;

	if (q->shadow) {
		shadow_store_and_look(&q->shadow->sq_doorbell, value);
		if (!__atomic_load_n(&q->shadow->sq_sleeping, __ATOMIC_RELAXED))
			return;
	}
	mmio_order_elements_before_doorbell();
	mmio_store64(q->doorbell, value);
}

/*
 * Lock the submission side and return its next slot; or -WD_EBUSY,
 * -WD_HW_EACCESS, -WD_EIO with the lock not held. The acquire of `completed`
 * orders the consumer's last load of the slot before the new element is written.
 */
static inline int qm_reserve(struct qm_queue *q)
{
	uint32_t inflight;

	wd_lock_acquire(&q->sq_lock);
	inflight = atomic_load_explicit(&q->base.submitted, memory_order_relaxed) -
		   atomic_load_explicit(&q->base.completed, memory_order_acquire);
	if (qm_unlikely(inflight >= atomic_load_explicit(&q->room, memory_order_relaxed)))
		return qm_refuse(q);
	if (qm_unlikely(dma_load32(q->tx_word) == htole32(QM_STATUS_DISABLED)))
		return qm_denied(q);
	return (int)q->tail;
}

/*
 * The element in the slot that qm_reserve() gave is complete: give it to the
 * device, unlock. `submitted` grows before the doorbell, so that a consumer who
 * sees the completion finds the message in flight.
 */
static inline void qm_publish(struct qm_queue *q, uint32_t slot, struct wd_msg *msg)
{
	uint32_t tail = qm_next(slot, q->sq_depth);
	uint32_t submitted = atomic_load_explicit(&q->base.submitted, memory_order_relaxed);

	q->slots[slot] = msg;
	q->tail = tail;
	atomic_store_explicit(&q->base.submitted, submitted + 1, memory_order_release);
	qm_ring_sq(q, tail);
	wd_lock_release(&q->sq_lock);
}

static inline void qm_ring_cq(struct qm_queue *q, uint32_t head)
{
	uint64_t value = q->cq_doorbell | (uint64_t)head << 32;

	if (q->shadow) {
		shadow_store(&q->shadow->cq_doorbell, value);
		return;
	}
	mmio_order_result_before_ack();
	mmio_store64(q->doorbell, value);
}

/* Slots are free and the device may write completions again from here on. */
static inline void qm_acknowledge(struct qm_queue *q, uint32_t completed)
{
	atomic_store_explicit(&q->base.completed, completed, memory_order_release);
	if (qm_unlikely(q->rearm))
		qm_rearm(q);
	else
		qm_ring_cq(q, q->head);
}

/* The engine's reading of the element of one completed message; it sets msg->result. */
typedef void (*qm_decode_t)(struct qm_queue *q, uint32_t slot, void *sqe, struct wd_msg *msg);

/* Where collecting has got to; in registers while it lasts. */
struct qm_position {
	uint32_t head;
	uint32_t oldest;
	uint32_t phase;
};

static inline void qm_advance(const struct qm_queue *q, struct qm_position *at)
{
	at->oldest = qm_next(at->oldest, q->sq_depth);
	at->head++;
	if (qm_unlikely(at->head == q->cq_depth)) {
		at->head = 0;
		at->phase ^= 1;
	}
}

/*
 * The reap() of an engine: decode and sqe_nbytes are constants there. A message
 * handed back before the queue failed is good; the failure is told by the next
 * call, which comes here again because it is sticky.
 */
static inline __attribute__((always_inline)) int qm_reap(struct qm_queue *q, struct wd_msg **done,
							  int max, uint32_t sqe_nbytes,
							  qm_decode_t decode)
{
	uint32_t completed = atomic_load_explicit(&q->base.completed, memory_order_relaxed);
	struct qm_position at;
	int n = 0, error;

	/* Nothing in flight: a poll of an idle queue takes no lock. */
	if (atomic_load_explicit(&q->base.submitted, memory_order_relaxed) == completed)
		return atomic_load_explicit(&q->cq_error, memory_order_relaxed);
	if (qm_unlikely(!wd_lock_try(&q->cq_lock)))
		return 0;
	error = atomic_load_explicit(&q->cq_error, memory_order_relaxed);
	if (qm_unlikely(error))
		goto out;
	if (qm_unlikely(dma_load32(q->rx_word) == htole32(QM_STATUS_DISABLED))) {
		error = qm_receive_denied(q);
		goto out;
	}
	completed = atomic_load_explicit(&q->base.completed, memory_order_relaxed);
	at = (struct qm_position){ q->head, q->oldest, q->phase };
	for (; n < max; n++) {
		const struct hisi_qm_cqe *cqe = &q->cq[at.head];
		uint32_t sq_head;

		if (field_extract(dma_load_phase(&cqe->dw[3]), QM_CQE_PHASE) != at.phase)
			break;
		mmio_order_phase_before_result();
		sq_head = field_extract(dma_load32(&cqe->dw[2]), QM_CQE_SQ_HEAD);
		/* Behind the phase: whoever was completed is counted in `submitted` already. */
		if (qm_unlikely(sq_head != at.oldest ||
				atomic_load_explicit(&q->base.submitted, memory_order_acquire) ==
					completed + n)) {
			error = qm_bad_completion(q, sq_head, completed + n);
			break;
		}
		done[n] = q->slots[sq_head];
		decode(q, sq_head, qm_sqe(q, sq_head, sqe_nbytes), done[n]);
		qm_advance(q, &at);
	}
	if (n) {
		q->head = at.head;
		q->oldest = at.oldest;
		q->phase = at.phase;
		qm_acknowledge(q, completed + n);
		error = n;
	}
out:
	wd_lock_release(&q->cq_lock);
	return error;
}

#endif
