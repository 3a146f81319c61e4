/* SPDX-License-Identifier: Apache-2.0 */
/* See fake.h. Behaviour of the kernel: uacce facts, sections 7, 8, 10, 15. */
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include "fake.h"

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static int log_lines;
static char log_text[512];

static struct fake *fake_of(handle_t h)
{
	return (struct fake *)h;
}

/* ------------------------------------------------------------ the queue */

void fake_init(struct fake *f, unsigned int version)
{
	memset(f, 0, sizeof(*f));
	f->pub.dev = &f->dev;
	f->pub.fd = 100;
	f->pub.dev_name = (char *)"fake_zip-0";
	snprintf(f->dev.api, sizeof(f->dev.api), "hisi_qm_v%u", version);
	strcpy(f->dev.algs, version == 2 ? "zlib\ngzip\n" :
					   "zlib\ngzip\ndeflate\nlz77_zstd\nlz77_only\nlz4\n");
	f->page = 4096;
	f->sqe_nbytes = 128;
	f->sq_depth = 1024;
	f->cq_depth = 1024;
	f->id = 5;
	f->phase = 1;
}

static void free_regions(struct fake *f)
{
	free(f->dus);
	free(f->mmio);
	free(f->shadow);
	f->dus = NULL;
	f->mmio = NULL;
	f->shadow = NULL;
}

void fake_free(struct fake *f)
{
	free_regions(f);
}

size_t fake_dus_nbytes(const struct fake *f)
{
	size_t rings = (size_t)f->sqe_nbytes * f->sq_depth + 16 * (size_t)f->cq_depth;

	return (rings + f->page - 1) / f->page * f->page + f->page;
}

static size_t mmio_nbytes(const struct fake *f)
{
	return f->page == 4096 ? 8192 : f->page;
}

static uint64_t *doorbell(struct fake *f)
{
	return (uint64_t *)(f->mmio + (strncmp(f->dev.api, "hisi_qm_v1", 10) || f->dev.api[10] > '9'
					       ? QM_DOORBELL_OFFSET_V2
					       : QM_DOORBELL_OFFSET_V1));
}

uint64_t fake_doorbell(struct fake *f)
{
	return __atomic_exchange_n(doorbell(f), FAKE_NO_DOORBELL, __ATOMIC_ACQ_REL);
}

struct hisi_qm_cqe *fake_cqe(struct fake *f, uint32_t index)
{
	return (struct hisi_qm_cqe *)(f->dus + (size_t)f->sqe_nbytes * f->sq_depth) + index;
}

void *fake_sqe(struct fake *f, uint32_t index)
{
	return f->dus + (size_t)index * f->sqe_nbytes;
}

void fake_set_rx(struct fake *f, uint32_t value)
{
	__atomic_store_n((uint32_t *)(f->dus + fake_dus_nbytes(f) - 8), htole32(value),
			 __ATOMIC_RELEASE);
}

void fake_set_tx(struct fake *f, uint32_t value)
{
	__atomic_store_n((uint32_t *)(f->dus + fake_dus_nbytes(f) - 4), htole32(value),
			 __ATOMIC_RELEASE);
}

void fake_complete_slot(struct fake *f, uint32_t sq_head)
{
	struct hisi_qm_cqe *cqe = fake_cqe(f, f->cq_tail);

	__atomic_store_n(&cqe->dw[2], htole32(sq_head | (uint32_t)f->id << 16), __ATOMIC_RELAXED);
	__atomic_store_n(&cqe->dw[3], htole32(f->phase << 16), __ATOMIC_RELEASE);
	if (++f->cq_tail == f->cq_depth) {
		f->cq_tail = 0;
		f->phase ^= 1;
	}
}

void fake_complete(struct fake *f)
{
	uint32_t slot = f->sq_head;

	f->sq_head = (slot + 1) % f->sq_depth;
	fake_complete_slot(f, slot);
}

uint32_t fake_tail(struct fake *f)
{
	uint64_t value = f->shadow_enabled ?
				 __atomic_load_n(&f->shadow->sq_doorbell, __ATOMIC_ACQUIRE) :
				 __atomic_load_n(doorbell(f), __ATOMIC_ACQUIRE);

	/* Both doorbells share one address: the other one's value says nothing of the tail. */
	if (value == FAKE_NO_DOORBELL || QM_DOORBELL_V2_CMD(value) != QM_DOORBELL_SQ)
		return f->sq_head;
	return QM_DOORBELL_INDEX(value);
}

/* ------------------------------------------------------ what libwd offers */

/* Count a call; whether it fails, with errno set. */
static bool call_fails(struct fake *f, enum fake_call call)
{
	f->calls[call]++;
	errno = f->error[call];
	return f->error[call];
}

static void *allocate(size_t nbytes)
{
	void *p;

	/* Not aligned_alloc(): tests let that one fail to see what the driver does. */
	if (posix_memalign(&p, 4096, nbytes))
		abort();
	return memset(p, 0, nbytes);
}

void *wd_ctx_mmap_qfr(handle_t h, enum uacce_qfrt region)
{
	struct fake *f = fake_of(h);
	bool dus = region == UACCE_QFRT_DUS, shadow = region == WD_SHADOW_REGION;

	if (call_fails(f, dus ? FAKE_MAP_DUS : shadow ? FAKE_MAP_SHADOW : FAKE_MAP_MMIO))
		return NULL;
	f->mapped |= 1u << region;
	if (dus) {
		if (!f->dus)
			f->dus = allocate(fake_dus_nbytes(f));
		return f->dus;
	}
	if (shadow) {
		if (!f->shadow)
			f->shadow = allocate(f->page);
		return f->shadow;
	}
	if (!f->mmio) {
		f->mmio = allocate(mmio_nbytes(f));
		fake_doorbell(f);
	}
	return f->mmio;
}

void wd_ctx_unmap_qfr(handle_t h, enum uacce_qfrt region)
{
	fake_of(h)->mapped &= ~(1u << region);
}

unsigned long wd_ctx_get_region_size(handle_t h, enum uacce_qfrt region)
{
	struct fake *f = fake_of(h);

	return region == UACCE_QFRT_DUS	 ? fake_dus_nbytes(f) :
	       region == UACCE_QFRT_MMIO ? mmio_nbytes(f) :
					   f->page;
}

static int set_ctx(struct fake *f, struct hisi_qp_ctx *arg)
{
	if (call_fails(f, FAKE_SET_CTX))
		return -1;
	f->qc_type = arg->qc_type;
	arg->id = f->id;
	return 0;
}

static int set_info(struct fake *f, struct hisi_qp_info *arg)
{
	if (call_fails(f, FAKE_SET_INFO))
		return -1;
	arg->sqe_size = f->sqe_nbytes;
	arg->sq_depth = f->sq_depth;
	arg->cq_depth = f->cq_depth;
	return 0;
}

int wd_ctx_set_io_cmd(handle_t h, unsigned long cmd, void *arg)
{
	struct fake *f = fake_of(h);

	if (f->state == FAKE_ZOMBIE) {
		errno = ENXIO;
		return -1;
	}
	switch (cmd) {
	case HISI_QM_IOC_SET_QP_CTX:
		return set_ctx(f, arg);
	case HISI_QM_IOC_SET_QP_INFO:
		return set_info(f, arg);
	case WD_SHADOW_IOC_ENABLE:
		if (call_fails(f, FAKE_SHADOW))
			return -1;
		if (!f->offers_shadow)
			break;
		f->shadow_enabled = true;
		return 0;
	}
	errno = EINVAL;
	return -1;
}

/* Positions of device and kernel; the completion ring keeps what it holds. */
int wd_ctx_start(handle_t h)
{
	struct fake *f = fake_of(h);

	if (call_fails(f, FAKE_START))
		return -f->error[FAKE_START];
	if (f->state != FAKE_INIT)
		return f->state == FAKE_ZOMBIE ? -ENXIO : -EINVAL;
	f->state = FAKE_STARTED;
	fake_doorbell(f);
	f->sq_head = 0;
	f->cq_tail = 0;
	f->phase = 1;
	return 0;
}

int wd_release_ctx_force(handle_t h)
{
	struct fake *f = fake_of(h);

	if (call_fails(f, FAKE_PUT))
		return -f->error[FAKE_PUT];
	if (f->state == FAKE_ZOMBIE)
		return -ENXIO;
	f->state = f->old_put ? FAKE_ZOMBIE : FAKE_INIT;
	return 0;
}

/* A new queue: completions and status words are clear, elements as the last owner left them. */
int wd_ctx_reopen(handle_t h)
{
	struct fake *f = fake_of(h);

	if (call_fails(f, FAKE_REOPEN))
		return -f->error[FAKE_REOPEN];
	if (f->mapped)
		return -WD_EBUSY;
	if (f->dus) {
		memset(fake_cqe(f, 0), 0, 16 * (size_t)f->cq_depth);
		fake_set_rx(f, 0);
		fake_set_tx(f, 0);
	}
	if (f->shadow)
		memset(f->shadow, 0, sizeof(*f->shadow));
	f->shadow_enabled = false;
	f->state = FAKE_INIT;
	return 0;
}

char *wd_ctx_get_api(handle_t h)
{
	return fake_of(h)->dev.api;
}

char *wd_ctx_get_dev_name(handle_t h)
{
	return fake_of(h)->pub.dev_name;
}

int wd_ctx_fd(handle_t h)
{
	return fake_of(h)->pub.fd;
}

void wd_log(int level, const char *fmt, ...)
{
	va_list args;

	if (level != WD_LOG_ERR)
		return;
	va_start(args, fmt);
	pthread_mutex_lock(&log_lock);
	log_lines++;
	vsnprintf(log_text, sizeof(log_text), fmt, args);
	pthread_mutex_unlock(&log_lock);
	va_end(args);
}

int fake_log_lines(void)
{
	int lines;

	pthread_mutex_lock(&log_lock);
	lines = log_lines;
	log_lines = 0;
	pthread_mutex_unlock(&log_lock);
	return lines;
}

const char *fake_log_text(void)
{
	return log_text;
}
