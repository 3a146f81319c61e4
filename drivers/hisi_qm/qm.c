/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seldom part of a running queue: refusing, breaking, asking for events,
 * stopping, handing back what never completed. The every-job part is inline in
 * qm.h; opening and restarting are in qm_open.c.
 */
#include <stdio.h>
#include <time.h>
#include "qm.h"

#define COMPLAINTS_PER_SECOND 8

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
const uint32_t qm_disabled_word = QM_STATUS_DISABLED;
#else
const uint32_t qm_disabled_word = (uint32_t)QM_STATUS_DISABLED << 24;
#endif

static void submission_dies(struct qm_queue *q, int error)
{
	atomic_store_explicit(&q->sq_error, error, memory_order_relaxed);
	/* Release: who sees the word sees the error. Pairs with qm_reserve_locked(). */
	atomic_store_explicit(&q->tx_word, &qm_disabled_word, memory_order_release);
}

static void reception_dies(struct qm_queue *q, int error)
{
	atomic_store_explicit(&q->cq_error, error, memory_order_relaxed);
	atomic_store_explicit(&q->rx_word, &qm_disabled_word, memory_order_relaxed);
}

/* TX word: the kernel lets nobody submit. Completions may still come. */
static int submission_denied(struct qm_queue *q)
{
	const uint32_t *word = atomic_load_explicit(&q->tx_word, memory_order_acquire);

	if (word == &qm_disabled_word)
		return atomic_load_explicit(&q->sq_error, memory_order_relaxed);
	if (dma_load32(word) != htole32(QM_STATUS_DISABLED))
		return 0;
	submission_dies(q, -WD_HW_EACCESS);
	WD_ERR("%s: queue %u was disabled by the system (a reset?): close it, open a new one",
	       wd_ctx_get_dev_name(q->base.ctx), q->id);
	return -WD_HW_EACCESS;
}

/*
 * No slot at hand: see how many came back since the last look. The acquire orders
 * the consumers' last loads of those slots before they are written anew.
 */
__attribute__((cold)) int qm_reserve_locked(struct qm_queue *q)
{
	int error = submission_denied(q);

	if (!error) {
		q->limit = atomic_load_explicit(&q->base.completed, memory_order_acquire) +
			   q->base.capacity;
		if (q->limit != atomic_load_explicit(&q->base.submitted, memory_order_relaxed))
			return q->tail;
		error = -WD_EBUSY;
	}
	wd_lock_release(&q->sq_lock);
	return error;
}

/* RX word: no completion will come. cq_lock held. */
__attribute__((cold)) int qm_receive_denied(struct qm_queue *q)
{
	int error = atomic_load_explicit(&q->cq_error, memory_order_relaxed);

	if (error)
		return error;
	reception_dies(q, -WD_HW_EACCESS);
	submission_dies(q, -WD_HW_EACCESS);
	return -WD_HW_EACCESS;
}

__attribute__((cold)) void qm_complain(struct qm_queue *q, const char *what, uint32_t value)
{
	/* One budget for all queues: second in the upper half, lines in the lower. */
	static _Atomic uint64_t budget;
	uint64_t old = atomic_load_explicit(&budget, memory_order_relaxed), new;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	do {
		new = old >> 32 == (uint32_t)now.tv_sec ? old + 1 :
							  (uint64_t)(uint32_t)now.tv_sec << 32 | 1;
		if ((uint32_t)new > COMPLAINTS_PER_SECOND)
			return;
	} while (!atomic_compare_exchange_weak_explicit(&budget, &old, new, memory_order_relaxed,
							memory_order_relaxed));
	WD_ERR("%s: queue %u: %s (%u)", wd_ctx_get_dev_name(q->base.ctx), q->id, what, value);
}

/*
 * A completion that cannot be: for a slot outside the ring, for one that has no
 * message, or not for the oldest one. What the device believes about this queue
 * is unknown from here on, so nothing it says counts any more. cq_lock held.
 */
__attribute__((cold)) void qm_bad_completion(struct qm_queue *q, uint32_t sq_head)
{
	const char *what = "completion out of order";

	if (sq_head >= q->depth)
		what = "completion for a slot outside the ring";
	else if (!atomic_load_explicit(&q->slots[sq_head], memory_order_relaxed))
		what = "completion for a slot not in flight";
	q->bad_completions++;
	reception_dies(q, -WD_EIO);
	submission_dies(q, -WD_EIO);
	qm_complain(q, what, sq_head);
}

/*
 * Ask for an event at the next completion. A completion that is there already
 * was perhaps written before the device knew of the wish; then nobody is woken
 * for it, and the wish must be repeated by whoever collects it. The barrier is
 * order 4 of mmio.h: the doorbell, then the ring.
 */
__attribute__((cold)) void qm_rearm(struct qm_queue *q)
{
	struct qm_position at = qm_position_get(q);
	uint64_t value = q->cq_doorbell | (uint64_t)at.head << 32 | 1ull << 48;

	if (q->shadow) {
		shadow_store_and_look(&q->shadow->cq_doorbell, value);
	} else {
		mmio_order_result_before_ack();
		mmio_store64(q->doorbell, value);
		__sync_synchronize();
	}
	q->rearm = qm_cqe_is_new(&q->cq[at.head], at);
	q->cq_direct = q->rearm || q->shadow ? NULL : q->doorbell;
}

int qm_arm(struct wd_queue *wq)
{
	struct qm_queue *q = qm_of(wq);
	int error;

	wd_lock_acquire(&q->cq_lock);
	error = qm_is_disabled(&q->rx_word) ? qm_receive_denied(q) : 0;
	if (!error)
		qm_rearm(q);
	wd_lock_release(&q->cq_lock);
	return error;
}

void qm_kick(struct wd_queue *wq)
{
	struct qm_queue *q = qm_of(wq);

	wd_lock_acquire(&q->sq_lock);
	if (!atomic_load_explicit(&q->sq_error, memory_order_relaxed)) {
		mmio_order_elements_before_doorbell();
		mmio_store64(q->doorbell, q->sq_doorbell | (uint64_t)q->tail << 32);
	}
	wd_lock_release(&q->sq_lock);
}

/* Afterwards no thread touches mapped memory of the queue, and none begins to. */
static void shut_both_sides(struct qm_queue *q)
{
	wd_lock_acquire(&q->sq_lock);
	wd_lock_acquire(&q->cq_lock);
	submission_dies(q, -WD_EIO);
	reception_dies(q, -WD_EIO);
	q->rearm = false;
	wd_lock_release(&q->cq_lock);
	wd_lock_release(&q->sq_lock);
}

/*
 * Old kernels release the queue at the first PUT and answer ENXIO (still older
 * ones EINVAL) from then on; a device that is gone answers ENXIO too. In all
 * these cases the device is off our memory.
 */
static int put_queue(handle_t ctx)
{
	int ret = wd_release_ctx_force(ctx);

	return ret == -ENXIO || ret == -ENODEV || ret == -EINVAL ? 0 : ret;
}

/*
 * A kernel does not refuse PUT; what fails is a descriptor somebody closed under
 * us. Without mappings and descriptor the kernel has to release the queue.
 */
static __attribute__((cold)) int stop_by_closing(struct qm_queue *q, int error)
{
	qm_unmap(q);
	if (!wd_ctx_reopen(q->base.ctx))
		return 0;
	WD_ERR("%s: queue %u cannot be stopped (%d): the device may still write to its buffers",
	       wd_ctx_get_dev_name(q->base.ctx), q->id, error);
	return error;
}

int qm_stop(struct wd_queue *wq)
{
	struct qm_queue *q = qm_of(wq);
	int ret = 0;

	wd_lock_acquire(&q->ctl);
	if (!q->stopped) {
		shut_both_sides(q);
		/* Without the locks: draining may take seconds, and others shall fail at once. */
		ret = put_queue(q->base.ctx);
		if (ret)
			ret = stop_by_closing(q, ret);
		q->stopped = true;
	}
	wd_lock_release(&q->ctl);
	return ret;
}

int qm_abort(struct wd_queue *wq, struct wd_msg **msgs, int max)
{
	struct qm_queue *q = qm_of(wq);
	uint32_t completed, submitted;
	int n = 0;

	wd_lock_acquire(&q->ctl);
	wd_lock_acquire(&q->cq_lock);
	completed = atomic_load_explicit(&wq->completed, memory_order_relaxed);
	submitted = atomic_load_explicit(&wq->submitted, memory_order_acquire);
	for (; q->stopped && n < max && completed + n != submitted; n++) {
		msgs[n] = atomic_exchange_explicit(&q->slots[q->head], NULL, memory_order_acquire);
		msgs[n]->result = -WD_EIO;
		sgl_release(&q->sgls, q->head);
		q->head = qm_next(q->head, q->depth);
	}
	atomic_store_explicit(&wq->completed, completed + n, memory_order_release);
	wd_lock_release(&q->cq_lock);
	wd_lock_release(&q->ctl);
	return n;
}

/* Plain stores only: another thread of the parent may have held any lock, also malloc's. */
void qm_forked(struct wd_queue *wq)
{
	struct qm_queue *q = qm_of(wq);

	wd_lock_init(&q->ctl);
	wd_lock_init(&q->sq_lock);
	wd_lock_init(&q->cq_lock);
	submission_dies(q, -WD_EIO);
	reception_dies(q, -WD_EIO);
	atomic_store_explicit(&wq->completed,
			      atomic_load_explicit(&wq->submitted, memory_order_relaxed),
			      memory_order_relaxed);
	for (uint32_t i = 0; q->slots && i < q->depth; i++)
		atomic_store_explicit(&q->slots[i], NULL, memory_order_relaxed);
	q->sq = NULL;
	q->cq = NULL;
	q->doorbell = NULL;
	q->shadow = NULL;
	q->mmio = NULL;
	q->dus = NULL;
	q->rearm = false;
	q->mapped = false;
	q->stopped = true;
	sgl_pool_forked(&q->sgls);
}

int qm_usage(struct qm_queue *q, unsigned int channel)
{
	uint32_t value, used, total;

	if (q->version < 5)
		return -WD_EINVAL;
	wd_lock_acquire(&q->cq_lock);
	if (atomic_load_explicit(&q->cq_error, memory_order_relaxed)) {
		wd_lock_release(&q->cq_lock);
		return -WD_EIO;
	}
	value = mmio_load32((const uint32_t *)((char *)q->mmio + QM_USAGE_OFFSET) + channel);
	wd_lock_release(&q->cq_lock);
	used = value & 0xffff;
	total = value >> 16;
	if (!total)
		return -WD_EIO;
	return used >= total ? 100 : (int)(used * 100 / total);
}
