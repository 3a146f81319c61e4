// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the way of an element through a queue: workers claim elements in order,
 * run them in any order, and completions are written in submission order. Only
 * short steps are under the queue's lock; the engine runs outside it.
 */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "device.h"
#include "hisi_qm.h"
#include "hisi_zip.h"
#include "log.h"
#include "queue.h"
#include "worker.h"

/* One turn of a queue: about this long, so that others get theirs. */
#define TURN_NS (20 * NS_PER_US)
/* Elements at least this long are worth another worker's while. */
#define SLOW_ELEMENT_NS (2 * NS_PER_US)

static uint8_t *slot_address(struct emu_queue *q, uint64_t count)
{
	return q->dus + count % q->dev->config.depth * q->dev->config.engine->sqe_nbytes;
}

/* The ring is shared: each word is loaded once and never looked at again. */
static void copy_words(uint64_t *to, const uint64_t *from, size_t nbytes)
{
	size_t i;

	for (i = 0; i < nbytes / sizeof(*to); i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}

static void store_words(uint64_t *to, const uint64_t *from, size_t nbytes)
{
	size_t i;

	for (i = 0; i < nbytes / sizeof(*to); i++)
		__atomic_store_n(&to[i], from[i], __ATOMIC_RELAXED);
}

static unsigned int burst_limit(const struct emu_queue *q)
{
	uint64_t limit = TURN_NS / (q->element_ns + 1);

	if (limit < 1)
		return 1;
	return limit > BURST_MAX ? BURST_MAX : (unsigned int)limit;
}

static bool is_slow(const struct emu_queue *q)
{
	return q->element_ns >= SLOW_ELEMENT_NS;
}

/* [lock] Who looks at the doorbell while this worker is busy with a claim? */
static void arrange_cover(struct emu_queue *q)
{
	bool pending = queue_pending(q) > 0;

	if (pending)
		sched_push(q, is_slow(q));
	if (is_slow(q))
		sched_hand_over();
	if (!q->shadow_on)
		return;
	if (pending || !is_slow(q)) {
		doorbell_awaken(q);
		return;
	}
	switch (sched_cover()) {
	case COVER_BUSY: /* all workers are busy: the first that is free will look */
		doorbell_awaken(q);
		break;
	case COVER_WATCHED:
		doorbell_awaken(q);
		sched_watch(q);
		break;
	case COVER_ASLEEP: /* somebody is free but sleeps: the doorbell has to trap */
		if (!doorbell_sleep(q))
			sched_push(q, true);
		break;
	}
}

/* [lock] */
static void draw_faults(struct emu_queue *q, struct queue_burst *burst)
{
	struct fault_table *faults = &q->dev->faults;
	struct element_fault *f;
	unsigned int i;
	uint64_t arg;

	burst->faulty = fault_table_armed(faults);
	for (i = 0; burst->faulty && i < burst->count; i++) {
		f = &burst->faults[i];
		memset(f, 0, sizeof(*f));
		f->hangs = fault_strikes(faults, FAULT_HANG, q->number, NULL);
		if (fault_strikes(faults, FAULT_DELAY, q->number, &arg))
			f->delay_us = arg;
		f->bad_length = fault_strikes(faults, FAULT_CORRUPT_LENGTH, q->number, &arg);
		f->length = f->bad_length ? (uint32_t)arg : 0;
		f->bad_status = fault_strikes(faults, FAULT_CORRUPT_STATUS, q->number, &arg);
		f->status = f->bad_status ? (uint32_t)arg : 0;
	}
}

bool queue_claim(struct emu_queue *q, struct emu_job *jobs, struct queue_burst *burst)
{
	unsigned int sqe_nbytes = q->dev->config.engine->sqe_nbytes;
	unsigned int i;

	burst->count = 0;
	pthread_mutex_lock(&q->lock);
	if (q->running && q->shadow_on && !q->draining)
		doorbell_read_shadow_sq(q);
	if (q->running && q->shadow_on)
		doorbell_read_shadow_cq(q);
	if (q->running && queue_pending(q)) {
		burst->first = q->claimed;
		burst->generation = q->generation;
		burst->count = burst_limit(q);
		if (burst->count > queue_pending(q))
			burst->count = (unsigned int)queue_pending(q);
	}
	for (i = 0; i < burst->count; i++) {
		jobs[i].dma = &q->dma;
		jobs[i].qm_version = q->dev->config.qm_version;
		jobs[i].qc_type = q->qc_type;
		copy_words((uint64_t *)jobs[i].sqe,
			   (const uint64_t *)slot_address(q, q->claimed + i), sqe_nbytes);
	}
	q->claimed += burst->count;
	draw_faults(q, burst);
	if (burst->count) {
		q->workers++;
		arrange_cover(q);
	} else if (q->running && q->awake) {
		sched_watch(q);
	}
	pthread_mutex_unlock(&q->lock);
	return burst->count > 0;
}

void queue_raise(struct emu_queue *q)
{
	if (q->notify_fd < 0 ||
	    fault_strikes(&q->dev->faults, FAULT_DROP_INTERRUPT, q->number, NULL))
		return;
	/* Full buffer: the client has unread interrupts, one more tells nothing. */
	if (send(q->notify_fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1)
		q->counters.interrupts++;
}

static void write_completion(struct emu_queue *q, unsigned int sq_head, unsigned int invert)
{
	unsigned int depth = q->dev->config.depth;
	unsigned int phase = 1 ^ (unsigned int)(q->written / depth & 1);
	uint64_t *place = (uint64_t *)(q->dus + q->dev->cq_offset +
				       q->written % depth * sizeof(struct hisi_qm_cqe));
	struct hisi_qm_cqe cqe = {0};
	uint64_t half[2];

	field_set(&cqe, QM_CQE_SQ_HEAD, sq_head);
	field_set(&cqe, QM_CQE_SQ_NUM, q->number);
	field_set(&cqe, QM_CQE_PHASE, phase ^ invert);
	memcpy(half, &cqe, sizeof(half));
	__atomic_store_n(&place[0], half[0], __ATOMIC_RELAXED);
	/*
	 * Index and phase in one store, released after the element's results and
	 * the first half. Pairs with the read barrier the client has between its
	 * look at the phase and its reads of the rest.
	 */
	__atomic_store_n(&place[1], half[1], __ATOMIC_RELEASE);
	q->written++;
	q->counters.completed++;
}

static bool completion_ring_is_full(struct emu_queue *q)
{
	if (q->written - q->acked < q->dev->config.depth)
		return false;
	if (q->shadow_on)
		doorbell_read_shadow_cq(q);
	return q->running && q->written - q->acked >= q->dev->config.depth;
}

/* One completion, with the faults that may befall it. */
static void complete_element(struct emu_queue *q, uint64_t count)
{
	unsigned int sq_head = (unsigned int)(count % q->dev->config.depth);
	struct fault_table *faults = &q->dev->faults;
	unsigned int repeat = 1, invert;
	uint64_t index;

	if (fault_strikes(faults, FAULT_DROP_COMPLETION, q->number, NULL))
		return;
	if (fault_strikes(faults, FAULT_REPEAT_COMPLETION, q->number, NULL))
		repeat = 2;
	if (fault_strikes(faults, FAULT_BAD_INDEX, q->number, &index))
		sq_head = (unsigned int)index & UINT16_MAX;
	invert = fault_strikes(faults, FAULT_BAD_PHASE, q->number, NULL);
	for (; repeat && q->running; repeat--) {
		if (completion_ring_is_full(q))
			queue_kill(q, "CQ overflow");
		else if (q->running)
			write_completion(q, sq_head, invert);
	}
}

void queue_retire(struct emu_queue *q)
{
	unsigned int depth = q->dev->config.depth;
	uint64_t before = q->written;

	while (q->running && q->retired < q->claimed && q->done[q->retired % depth]) {
		q->done[q->retired % depth] = 0;
		complete_element(q, q->retired);
		q->retired++;
	}
	if (q->written == before || !q->running)
		return;
	if (q->shadow_on) {
		/*
		 * Completion stores, then a look at the doorbell; the client stores
		 * the doorbell, then looks at the ring. With a full barrier on both
		 * sides at least one of the two sees the other, so a client that
		 * asked to be told cannot sleep over a completion.
		 */
		atomic_thread_fence(memory_order_seq_cst);
		doorbell_read_shadow_cq(q);
	}
	if (q->running && q->notify)
		queue_raise(q);
}

static void corrupt_results(const struct element_fault *fault, uint8_t *sqe)
{
	struct hisi_zip_sqe *zip = (struct hisi_zip_sqe *)sqe;

	if (fault->bad_length) {
		field_set(zip, ZIP_CONSUMED, fault->length);
		field_set(zip, ZIP_PRODUCED, fault->length);
	}
	if (fault->bad_status)
		field_set(zip, ZIP_STATUS, fault->status);
}

/* Results go into the slots; false: an element was so bad that the queue has to die. */
static bool write_back(struct emu_queue *q, struct emu_job *jobs, const struct queue_burst *burst)
{
	unsigned int sqe_nbytes = q->dev->config.engine->sqe_nbytes;
	unsigned int i;

	for (i = 0; i < burst->count; i++) {
		if (burst->faulty && burst->faults[i].hangs)
			continue;
		if (burst->errors[i] == -EFAULT) {
			q->counters.errors++;
			log_info("%s queue %u: element with a bad address", q->dev->name,
				 q->number);
		} else if (burst->errors[i]) {
			return false;
		}
		if (burst->faulty)
			corrupt_results(&burst->faults[i], jobs[i].sqe);
		store_words((uint64_t *)slot_address(q, burst->first + i),
			    (const uint64_t *)jobs[i].sqe, sqe_nbytes);
		q->done[(burst->first + i) % q->dev->config.depth] = 1;
	}
	return true;
}

/* [lock] After a turn: what happens to the queue next? */
static void queue_settle(struct emu_queue *q)
{
	if (q->running && q->shadow_on && !q->draining)
		doorbell_read_shadow_sq(q);
	if (q->running && queue_pending(q)) {
		sched_push(q, is_slow(q) && queue_pending(q) > 1);
	} else if (q->running && !q->draining && q->shadow_on) {
		doorbell_awaken(q);
		sched_watch(q);
	}
	queue_settle_stop(q);
}

void queue_finish(struct emu_queue *q, struct emu_job *jobs, struct queue_burst *burst,
		  uint64_t spent_ns)
{
	bool sound;

	pthread_mutex_lock(&q->lock);
	q->worked_ns = clock_now_ns();
	/* Another generation: the queue was stopped meanwhile, its rings are not ours. */
	if (burst->generation == q->generation) {
		q->element_ns = (7 * q->element_ns + spent_ns / burst->count) / 8;
		sound = write_back(q, jobs, burst);
		queue_retire(q);
		if (!sound)
			queue_kill(q, "element that cannot be executed");
	}
	q->workers--;
	queue_settle(q);
	pthread_mutex_unlock(&q->lock);
}

void queue_look(struct emu_queue *q)
{
	pthread_mutex_lock(&q->lock);
	if (q->running && q->awake && !q->draining) {
		doorbell_read_shadow_sq(q);
		if (queue_pending(q))
			sched_push(q, true);
		else if (clock_now_ns() - q->worked_ns < sched_watch_ns())
			sched_watch(q);
		else if (!doorbell_sleep(q))
			sched_push(q, true);
	}
	pthread_mutex_unlock(&q->lock);
}

bool queue_is_cut(struct emu_queue *q)
{
	return atomic_load(&q->dma.cut);
}
