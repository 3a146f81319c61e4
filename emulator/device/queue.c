// SPDX-License-Identifier: Apache-2.0
/*
 * Owns a queue's memory and its life: open, START, stop, close, and the two
 * status words. Rings and status words are shared with an untrusted process;
 * the descriptors are sealed, so that it cannot take the memory away under us.
 * How elements move is in completion.c, what doorbells mean in doorbell.c.
 */
#include "queue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "device.h"
#include "hisi_qm.h"
#include "log.h"
#include "server.h"
#include "worker.h"

/* Until measured, elements count as slow: one at a time, shared among workers. */
#define ELEMENT_NS_GUESS (10 * NS_PER_US)

void queue_init(struct emu_queue *q, struct emu_device *dev, unsigned int number)
{
	memset(q, 0, sizeof(*q));
	q->dev = dev;
	q->number = number;
	q->dus_fd = -1;
	q->shadow_fd = -1;
	q->notify_fd = -1;
	q->dma.pidfd = -1;
	pthread_mutex_init(&q->lock, NULL);
}

void queue_destroy(struct emu_queue *q)
{
	dma_unbind(&q->dma);
	if (q->dus)
		munmap(q->dus, q->dev->dus_nbytes);
	if (q->shadow)
		munmap(q->shadow, q->dev->page_nbytes);
	if (q->dus_fd >= 0)
		close(q->dus_fd);
	if (q->shadow_fd >= 0)
		close(q->shadow_fd);
	free(q->done);
	pthread_mutex_destroy(&q->lock);
}

/* Memory to be shared with a client who must not be able to shrink it. */
static void *shared_memory_new(const char *name, size_t nbytes, int *fd)
{
	void *mem;

	*fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd < 0)
		return NULL;
	if (ftruncate(*fd, (off_t)nbytes) ||
	    fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		goto err_close;
	mem = mmap(NULL, nbytes, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (mem == MAP_FAILED)
		goto err_close;
	return mem;

err_close:
	close(*fd);
	*fd = -1;
	return NULL;
}

static int queue_make_memory(struct emu_queue *q)
{
	if (!q->done)
		q->done = calloc(q->dev->config.depth, 1);
	if (!q->done)
		return ENOMEM;
	if (!q->dus)
		q->dus = shared_memory_new("wd-emulator-dus", q->dev->dus_nbytes, &q->dus_fd);
	return q->dus ? 0 : ENOMEM;
}

static void set_word(struct emu_queue *q, size_t from_end, uint32_t value)
{
	uint32_t *word = (uint32_t *)(q->dus + q->dev->dus_nbytes - from_end);

	/* Observers: the client reads the words before it rings and after it reads a completion. */
	__atomic_store_n(word, htole32(value), __ATOMIC_SEQ_CST);
}

void queue_set_tx(struct emu_queue *q)
{
	if (q->dus)
		set_word(q, QM_STATUS_TX_FROM_END, QM_STATUS_DISABLED);
}

void queue_set_rx(struct emu_queue *q)
{
	if (q->dus)
		set_word(q, QM_STATUS_RX_FROM_END, QM_STATUS_DISABLED);
}

int queue_open(struct emu_queue *q, pid_t pid, int pidfd)
{
	int error = queue_make_memory(q);

	if (error)
		return error;
	/* The submission ring stays as the previous owner left it (uacce-abi section 10). */
	memset(q->dus + q->dev->cq_offset, 0, q->dev->config.depth * sizeof(struct hisi_qm_cqe));
	set_word(q, QM_STATUS_RX_FROM_END, 0);
	set_word(q, QM_STATUS_TX_FROM_END, 0);
	dma_unbind(&q->dma);
	dma_bind(&q->dma, pid, pidfd);
	return 0;
}

int queue_enable_shadow(struct emu_queue *q)
{
	if (!q->shadow)
		q->shadow =
			shared_memory_new("wd-emulator-shadow", q->dev->page_nbytes, &q->shadow_fd);
	if (!q->shadow)
		return ENOMEM;
	memset(q->shadow, 0, q->dev->page_nbytes);
	pthread_mutex_lock(&q->lock);
	q->shadow_on = true;
	pthread_mutex_unlock(&q->lock);
	return 0;
}

static void reset_positions(struct emu_queue *q)
{
	memset(q->done, 0, q->dev->config.depth);
	q->tail = q->claimed = q->retired = 0;
	q->written = q->acked = 0;
	q->sq_seen = q->cq_seen = 0;
	q->shadow_used = false;
	q->awake = false;
	if (!q->shadow_on)
		return;
	/* Doorbells of the time before START are void; the first one has to trap. */
	__atomic_store_n(&q->shadow->sq_doorbell, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&q->shadow->cq_doorbell, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&q->shadow->sq_sleeping, 1, __ATOMIC_SEQ_CST);
}

int queue_start(struct emu_queue *q, unsigned int qc_type, int notify_fd)
{
	int error = EIO;

	pthread_mutex_lock(&q->lock);
	/* A worker that did not come back from an abandoned element keeps the queue. */
	if (!q->running && !q->workers) {
		reset_positions(q);
		q->generation++;
		q->qc_type = qc_type;
		q->notify = true;
		q->notify_fd = notify_fd;
		q->element_ns = ELEMENT_NS_GUESS;
		q->draining = q->drain_refused = q->rx_owed = false;
		atomic_store(&q->dma.cut, false);
		q->running = true;
		error = 0;
	}
	pthread_mutex_unlock(&q->lock);
	q->poll_head = 0;
	q->poll_phase = 1;
	return error;
}

/* [lock] No element is fetched and no doorbell is read from now on. */
static void queue_halt(struct emu_queue *q)
{
	q->running = q->draining = q->drain_refused = false;
	q->awake = false;
	if (q->shadow_on)
		__atomic_store_n(&q->shadow->sq_sleeping, 1, __ATOMIC_SEQ_CST);
}

/* [lock] The last worker left a halted queue. */
static void went_quiet(struct emu_queue *q)
{
	if (q->rx_owed)
		queue_set_rx(q);
	q->rx_owed = false;
	if (q->waited_for)
		server_poke();
	q->waited_for = false;
}

/* [lock] Halt for good: results of workers still at it are thrown away. */
static void queue_cut(struct emu_queue *q)
{
	queue_halt(q);
	q->generation++;
	atomic_store(&q->dma.cut, true);
	if (!q->workers)
		went_quiet(q);
}

void queue_settle_stop(struct emu_queue *q)
{
	if (q->draining && q->retired == q->tail && !q->workers && !q->drain_refused)
		queue_halt(q);
	if (!q->running && !q->workers)
		went_quiet(q);
}

void queue_kill(struct emu_queue *q, const char *why)
{
	if (!q->running)
		return;
	log_info("%s queue %u stopped: %s", q->dev->name, q->number, why);
	q->counters.errors++;
	queue_set_tx(q);
	q->rx_owed = true;
	queue_cut(q);
}

bool queue_drain(struct emu_queue *q)
{
	bool quiet;

	pthread_mutex_lock(&q->lock);
	if (q->running) {
		if (q->shadow_on)
			doorbell_read_shadow_sq(q);
		q->draining = true;
		q->drain_refused =
			fault_strikes(&q->dev->faults, FAULT_REFUSE_DRAIN, q->number, NULL);
		queue_settle_stop(q);
		if (q->running)
			sched_push(q, true);
	}
	quiet = !q->running && !q->workers;
	q->waited_for = !quiet;
	pthread_mutex_unlock(&q->lock);
	return quiet;
}

void queue_abandon(struct emu_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->waited_for = true;
	queue_cut(q);
	pthread_mutex_unlock(&q->lock);
}

void queue_stop_now(struct emu_queue *q, const char *why)
{
	pthread_mutex_lock(&q->lock);
	queue_kill(q, why);
	pthread_mutex_unlock(&q->lock);
}

bool queue_is_quiet(struct emu_queue *q)
{
	bool quiet;

	pthread_mutex_lock(&q->lock);
	quiet = !q->running && !q->workers;
	pthread_mutex_unlock(&q->lock);
	return quiet;
}

void queue_mute(struct emu_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->notify_fd = -1;
	pthread_mutex_unlock(&q->lock);
}

void queue_close(struct emu_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->notify_fd = -1;
	q->shadow_on = false;
	q->waited_for = q->workers > 0;
	pthread_mutex_unlock(&q->lock);
	/* The binding to the client stays until the next open: a late worker may look at it. */
	atomic_store(&q->dma.cut, true);
}

bool queue_poll(struct emu_queue *q)
{
	const struct hisi_qm_cqe *ring = (const struct hisi_qm_cqe *)(q->dus + q->dev->cq_offset);
	unsigned int depth = q->dev->config.depth;
	struct hisi_qm_cqe cqe = {0};
	unsigned int steps;

	/* One lap at most: a client that rewrites the ring must not keep us walking. */
	for (steps = 0; steps < depth; steps++) {
		cqe.dw[3] = __atomic_load_n(&ring[q->poll_head].dw[3], __ATOMIC_ACQUIRE);
		if (field_get(&cqe, QM_CQE_PHASE) != q->poll_phase)
			break;
		if (++q->poll_head == depth) {
			q->poll_head = 0;
			q->poll_phase ^= 1;
		}
	}
	return steps > 0;
}

void queue_doorbell_mmio(struct emu_queue *q, uint64_t value)
{
	pthread_mutex_lock(&q->lock);
	q->counters.traps++;
	doorbell_mmio(q, value);
	if (q->running && queue_pending(q)) {
		sched_push(q, true);
		/* A worker is on its way: further doorbells need not trap. */
		if (q->shadow_on && !q->draining)
			doorbell_awaken(q);
	}
	pthread_mutex_unlock(&q->lock);
}

void queue_count_trap(struct emu_queue *q, bool refused)
{
	pthread_mutex_lock(&q->lock);
	q->counters.traps++;
	q->counters.refused += refused;
	pthread_mutex_unlock(&q->lock);
}

struct queue_counters queue_read_counters(struct emu_queue *q, bool *running)
{
	struct queue_counters counters;

	pthread_mutex_lock(&q->lock);
	counters = q->counters;
	*running = q->running;
	pthread_mutex_unlock(&q->lock);
	return counters;
}
