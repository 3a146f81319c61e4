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
	struct wd_msg *_Atomic *slots; /* message in flight, or NULL */
	uint64_t *doorbell;
	struct wd_shadow_page *shadow; /* NULL: the device has no shadow doorbells */
	uint64_t sq_doorbell;	       /* doorbell words with index 0, flag 0 */
	uint64_t cq_doorbell;
	uint32_t depth;		       /* of both rings */

	/* Submitters, under sq_lock. */
	_Alignas(64) struct wd_lock sq_lock;
	uint32_t tail;
	uint32_t limit; /* value of `submitted` at which `completed` must be looked at again */
	_Atomic int sq_error; /* why tx_word says "disabled" for good */
	const uint32_t *_Atomic tx_word;
	uint64_t *sq_direct; /* the doorbell, or NULL: there is more to do than storing there */

	/* Consumers, under cq_lock. */
	_Alignas(64) struct wd_lock cq_lock;
	uint32_t head;	/* next CQE, and, as completions are in order, slot of the oldest message */
	uint32_t phase;	/* third word of a CQE not read yet has this in QM_PHASE_BIT */
	bool rearm;	/* an event was asked for and perhaps missed: ask again */
	_Atomic int cq_error;
	const uint32_t *_Atomic rx_word;
	uint64_t *cq_direct; /* as sq_direct */
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

#define QM_PHASE_BIT 0x10000u
_Static_assert(FIELD_LOW(QM_CQE_PHASE) == 16 && FIELD_WORD(QM_CQE_PHASE) == 3, "the phase bit");

/*
 * Status words. When a side of the queue fails for good, its pointer is turned to
 * a word of our own that says "disabled": one check serves both, and nothing
 * mapped is touched any more.
 */
extern const uint32_t qm_disabled_word;

static inline bool qm_is_disabled(const uint32_t *const _Atomic *word)
{
	const uint32_t *at = atomic_load_explicit((const uint32_t *_Atomic *)word,
						  memory_order_relaxed);

	return dma_load32(at) == htole32(QM_STATUS_DISABLED);
}

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
int qm_reserve_locked(struct qm_queue *q);
int qm_receive_denied(struct qm_queue *q);
void qm_bad_completion(struct qm_queue *q, uint32_t sq_head);
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
	uint64_t *direct = q->sq_direct;

	if (!direct) {
		shadow_store_and_look(&q->shadow->sq_doorbell, value);
		if (!__atomic_load_n(&q->shadow->sq_sleeping, __ATOMIC_RELAXED))
			return;
		direct = q->doorbell;
	}
	mmio_order_elements_before_doorbell();
	mmio_store64(direct, value);
}

/*
 * With sq_lock held: is there a slot, as far as can be seen without looking at
 * the consumers' side? If so it is q->tail. If not, qm_reserve_locked() decides.
 */
static inline bool qm_slot_at_hand(struct qm_queue *q)
{
	return atomic_load_explicit(&q->base.submitted, memory_order_relaxed) != q->limit &&
	       !qm_is_disabled(&q->tx_word);
}

/*
 * Lock the submission side and return its next slot; or -WD_EBUSY,
 * -WD_HW_EACCESS, -WD_EIO with the lock not held. What follows until
 * qm_publish() must be short and cannot fail.
 */
static inline int qm_reserve(struct qm_queue *q)
{
	wd_lock_acquire(&q->sq_lock);
	return qm_slot_at_hand(q) ? (int)q->tail : qm_reserve_locked(q);
}

/*
 * The element in the reserved slot is complete: give it to the device, unlock.
 * `submitted` grows before the doorbell, so that a consumer who sees the
 * completion finds the message in flight.
 */
static inline void qm_publish(struct qm_queue *q, uint32_t slot, struct wd_msg *msg)
{
	uint32_t tail = qm_next(slot, q->depth);
	uint32_t submitted = atomic_load_explicit(&q->base.submitted, memory_order_relaxed);

	/* Release: who finds the message sees what submit() wrote to it. Pairs with qm_reap(). */
	atomic_store_explicit(&q->slots[slot], msg, memory_order_release);
	q->tail = tail;
	atomic_store_explicit(&q->base.submitted, submitted + 1, memory_order_release);
	qm_ring_sq(q, tail);
	wd_lock_release(&q->sq_lock);
}

static inline void qm_ring_cq(struct qm_queue *q, uint32_t head)
{
	uint64_t value = q->cq_doorbell | (uint64_t)head << 32;
	uint64_t *direct = q->cq_direct;

	if (qm_unlikely(!direct)) {
		if (q->rearm)
			qm_rearm(q);
		else
			shadow_store(&q->shadow->cq_doorbell, value);
		return;
	}
	mmio_order_result_before_ack();
	mmio_store64(direct, value);
}

/* Where collecting has got to; in registers while it lasts. */
struct qm_position {
	uint32_t head, phase;
};

static inline struct qm_position qm_position_get(const struct qm_queue *q)
{
	return (struct qm_position){ q->head, q->phase };
}

static inline void qm_position_put(struct qm_queue *q, struct qm_position at)
{
	q->head = at.head;
	q->phase = at.phase;
}

static inline void qm_advance(const struct qm_queue *q, struct qm_position *at)
{
	if (qm_unlikely(++at->head == q->depth)) {
		at->head = 0;
		at->phase ^= QM_PHASE_BIT;
	}
}

/* Whether a completion has arrived; after that, its slot. */
static inline bool qm_cqe_is_new(const struct hisi_qm_cqe *cqe, struct qm_position at)
{
	return !((le32toh(dma_load_phase(&cqe->dw[3])) ^ at.phase) & QM_PHASE_BIT);
}

static inline uint32_t qm_cqe_slot(const struct hisi_qm_cqe *cqe)
{
	return le16toh(dma_load16(&cqe->dw[FIELD_WORD(QM_CQE_SQ_HEAD)]));
}
_Static_assert(FIELD_LOW(QM_CQE_SQ_HEAD) == 0 && FIELD_MASK(QM_CQE_SQ_HEAD) == 0xffff,
	       "the slot is a half-word");

/*
 * Hand back n: the device may write completions again, then slots are free. In
 * this order: a submitter who sees free slots may fill the ring at once, and the
 * device must know by then that there is room for as many completions.
 */
static inline int qm_acknowledge(struct qm_queue *q, struct qm_position at, int n)
{
	uint32_t completed = atomic_load_explicit(&q->base.completed, memory_order_relaxed);

	if (n) {
		qm_position_put(q, at);
		qm_ring_cq(q, at.head);
		atomic_store_explicit(&q->base.completed, completed + n, memory_order_release);
	}
	wd_lock_release(&q->cq_lock);
	return n;
}

/*
 * The engine's reading of one completed element. A quick one returns false for
 * whatever it does not want to deal with, and has changed nothing then; the full
 * one deals with everything and sets msg->result.
 */
typedef bool (*qm_quick_t)(void *sqe, struct wd_msg *msg);
typedef void (*qm_decode_t)(struct qm_queue *q, uint32_t slot, void *sqe, struct wd_msg *msg);

/* How an engine goes on when qm_reap() met something unusual: by qm_reap_on() and its decode. */
typedef int (*qm_reap_on_t)(struct qm_queue *q, struct wd_msg **done, int n, int max);

/*
 * The reap() of an engine: the usual case, in line and without a call. quick,
 * reap_on and sqe_nbytes are constants there.
 */
static inline __attribute__((always_inline)) int qm_reap(struct qm_queue *q, struct wd_msg **done,
							  int max, uint32_t sqe_nbytes,
							  qm_quick_t quick, qm_reap_on_t reap_on)
{
	struct qm_position at;
	int n = 0;

	if (qm_unlikely(!wd_lock_try(&q->cq_lock)))
		return 0;
	if (qm_unlikely(qm_is_disabled(&q->rx_word)))
		return reap_on(q, done, 0, max);
	at = qm_position_get(q);
	for (; n < max; n++) {
		const struct hisi_qm_cqe *cqe = &q->cq[at.head];
		struct wd_msg *_Atomic *slot = &q->slots[at.head];
		struct wd_msg *msg;

		if (!qm_cqe_is_new(cqe, at))
			break;
		mmio_order_phase_before_result();
		msg = atomic_load_explicit(slot, memory_order_acquire);
		if (qm_unlikely(!msg || qm_cqe_slot(cqe) != at.head ||
				!quick(qm_sqe(q, at.head, sqe_nbytes), msg)))
			goto unusual;
		atomic_store_explicit(slot, NULL, memory_order_relaxed);
		done[n] = msg;
		qm_advance(q, &at);
	}
	return qm_acknowledge(q, at, n);
unusual:
	qm_position_put(q, at);
	return reap_on(q, done, n, max);
}

/*
 * The rest of a qm_reap() that met something unusual; cq_lock is held and n
 * messages are in done already, not acknowledged. A message handed back before the
 * queue failed is good; the failure is told by the next call.
 */
static inline __attribute__((always_inline)) int qm_reap_on(struct qm_queue *q,
							    struct wd_msg **done, int n, int max,
							    uint32_t sqe_nbytes, qm_decode_t decode)
{
	struct qm_position at = qm_position_get(q);
	int error = 0;

	if (qm_is_disabled(&q->rx_word))
		error = qm_receive_denied(q);
	for (; !error && n < max && qm_cqe_is_new(&q->cq[at.head], at); n++) {
		uint32_t slot;

		mmio_order_phase_before_result();
		slot = qm_cqe_slot(&q->cq[at.head]);
		/* The slot at head first: nothing else of the table is looked at. */
		done[n] = atomic_load_explicit(&q->slots[at.head], memory_order_acquire);
		if (slot != at.head || !done[n]) {
			qm_bad_completion(q, slot);
			error = -WD_EIO;
			break;
		}
		decode(q, slot, qm_sqe(q, slot, sqe_nbytes), done[n]);
		atomic_store_explicit(&q->slots[slot], NULL, memory_order_relaxed);
		qm_advance(q, &at);
	}
	if (!error)
		return qm_acknowledge(q, at, n);
	/* No doorbell: nobody listens any more. */
	qm_position_put(q, at);
	atomic_store_explicit(&q->base.completed,
			      atomic_load_explicit(&q->base.completed, memory_order_relaxed) + n,
			      memory_order_release);
	wd_lock_release(&q->cq_lock);
	return n ? n : error;
}

#endif
