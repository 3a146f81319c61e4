/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bringing a queue up and down: mapping, agreeing with the kernel on numbers,
 * the attempt at shadow doorbells, START, and all of it once more for a restart.
 * Order of the calls: uacce facts, section 10.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include "qm.h"

#define API_PREFIX "hisi_qm_v"

unsigned int qm_api_version(const char *api)
{
	unsigned int version = 0;

	if (!api || strncmp(api, API_PREFIX, sizeof(API_PREFIX) - 1))
		return 0;
	for (api += sizeof(API_PREFIX) - 1; *api >= '0' && *api <= '9' && version < 10000; api++)
		version = version * 10 + (*api - '0');
	return *api && strcmp(api, UACCE_API_VER_NOIOMMU_SUBFIX) ? 0 : version;
}

/* ioctl through libwd: 0 or a negative errno. */
static int command(struct qm_queue *q, unsigned long cmd, void *arg)
{
	int ret = wd_ctx_set_io_cmd(q->base.ctx, cmd, arg);

	if (ret == -1)
		return errno ? -errno : -WD_EIO;
	return ret < 0 ? ret : 0;
}

static int map_region(struct qm_queue *q, unsigned int region, void **base)
{
	errno = 0;
	*base = wd_ctx_mmap_qfr(q->base.ctx, region);
	if (*base)
		return 0;
	return errno ? -errno : -WD_EINVAL;
}

void qm_unmap(struct qm_queue *q)
{
	if (!q->mapped)
		return;
	if (q->shadow)
		wd_ctx_unmap_qfr(q->base.ctx, WD_SHADOW_REGION);
	q->shadow = NULL;
	wd_ctx_unmap_qfr(q->base.ctx, UACCE_QFRT_MMIO);
	wd_ctx_unmap_qfr(q->base.ctx, UACCE_QFRT_DUS);
	q->mmio = NULL;
	q->dus = NULL;
	q->mapped = false;
}

static int map_all(struct qm_queue *q)
{
	int ret = map_region(q, UACCE_QFRT_DUS, &q->dus);

	if (ret)
		return ret;
	ret = map_region(q, UACCE_QFRT_MMIO, &q->mmio);
	if (ret)
		wd_ctx_unmap_qfr(q->base.ctx, UACCE_QFRT_DUS);
	q->mapped = !ret;
	return ret;
}

/* Number and depths of the queue; kernels that cannot tell the depths have rings of 1024. */
static int ask_numbers(struct qm_queue *q)
{
	struct hisi_qp_ctx ctx = { .qc_type = q->op_type };
	struct hisi_qp_info info = { 0 };
	int ret = command(q, HISI_QM_IOC_SET_QP_CTX, &ctx);

	if (ret)
		return ret;
	q->id = ctx.id;
	ret = command(q, HISI_QM_IOC_SET_QP_INFO, &info);
	if (ret == -EINVAL) {
		info.sqe_size = q->sqe_nbytes;
		info.sq_depth = HISI_QM_DEPTH_DEFAULT;
		info.cq_depth = HISI_QM_DEPTH_DEFAULT;
	} else if (ret) {
		return ret;
	}
	/* No device has rings of two lengths; what it would do is not known (facts, section 15). */
	if (info.sqe_size != q->sqe_nbytes || info.sq_depth < 2 || info.cq_depth != info.sq_depth) {
		WD_ERR("%s: elements of %u bytes, rings of %u and %u: no such device is known",
		       wd_ctx_get_dev_name(q->base.ctx), info.sqe_size, info.sq_depth,
		       info.cq_depth);
		return -WD_EINVAL;
	}
	q->depth = info.sq_depth;
	return 0;
}

static size_t doorbell_offset(const struct qm_queue *q)
{
	return q->version == 1 ? QM_DOORBELL_OFFSET_V1 : QM_DOORBELL_OFFSET_V2;
}

/* The sizes of the regions are the kernel's, the depths too: they must agree. */
static int check_regions(struct qm_queue *q)
{
	size_t dus = wd_ctx_get_region_size(q->base.ctx, UACCE_QFRT_DUS);
	size_t mmio = wd_ctx_get_region_size(q->base.ctx, UACCE_QFRT_MMIO);
	size_t rings = (size_t)q->depth * (q->sqe_nbytes + sizeof(struct hisi_qm_cqe));

	if (dus >= rings + QM_STATUS_RX_FROM_END && mmio >= doorbell_offset(q) + sizeof(uint64_t))
		return 0;
	WD_ERR("%s: regions of %zu and %zu bytes are too small for rings of %u",
	       wd_ctx_get_dev_name(q->base.ctx), dus, mmio, q->depth);
	return -WD_EINVAL;
}

static int size_slots(struct qm_queue *q, uint32_t old_depth)
{
	struct wd_msg *_Atomic *slots;

	if (q->slots && q->depth == old_depth)
		return 0;
	slots = calloc(q->depth, sizeof(*slots));
	if (!slots)
		return -WD_ENOMEM;
	free(q->slots);
	q->slots = slots;
	return 0;
}

/*
 * A device that is emulated may offer shadow doorbells (uapi/wd_shadow.h). Every
 * other one answers EINVAL, and whatever goes wrong the MMIO doorbell works.
 */
static void try_shadow(struct qm_queue *q)
{
	struct wd_shadow_enable enable = { .version = WD_SHADOW_VERSION };
	void *page;

	if (command(q, WD_SHADOW_IOC_ENABLE, &enable) || enable.version != WD_SHADOW_VERSION)
		return;
	if (map_region(q, WD_SHADOW_REGION, &page))
		return;
	/* The kernel's own regions are never inherited; this one shall not be either. */
	madvise(page, wd_ctx_get_region_size(q->base.ctx, WD_SHADOW_REGION), MADV_DONTFORK);
	q->shadow = page;
}

static void place_submission(struct qm_queue *q)
{
	size_t dus = wd_ctx_get_region_size(q->base.ctx, UACCE_QFRT_DUS);

	q->sq = q->dus;
	q->doorbell = (uint64_t *)((char *)q->mmio + doorbell_offset(q));
	q->sq_doorbell = q->version == 1 ? qm_doorbell_v1(q->id, QM_DOORBELL_SQ, 0, 0) :
					   qm_doorbell_v2(q->id, QM_DOORBELL_SQ, 0, 0);
	q->sq_direct = q->shadow ? NULL : q->doorbell;
	q->tail = 0;
	q->base.capacity = q->depth - 1; /* one slot stays free */
	q->limit = atomic_load_explicit(&q->base.submitted, memory_order_relaxed) +
		   q->base.capacity;
	atomic_store_explicit(&q->sq_error, 0, memory_order_relaxed);
	atomic_store_explicit(&q->tx_word, (uint32_t *)(q->sq + dus - QM_STATUS_TX_FROM_END),
			      memory_order_relaxed);
}

static void place_completion(struct qm_queue *q)
{
	size_t dus = wd_ctx_get_region_size(q->base.ctx, UACCE_QFRT_DUS);

	q->cq = (struct hisi_qm_cqe *)(q->sq + (size_t)q->depth * q->sqe_nbytes);
	q->cq_doorbell = q->version == 1 ? qm_doorbell_v1(q->id, QM_DOORBELL_CQ, 0, 0) :
					   qm_doorbell_v2(q->id, QM_DOORBELL_CQ, 0, 0);
	q->cq_direct = q->shadow ? NULL : q->doorbell;
	q->head = 0;
	q->phase = QM_PHASE_BIT;
	q->rearm = false;
	atomic_store_explicit(&q->cq_error, 0, memory_order_relaxed);
	atomic_store_explicit(&q->rx_word, (uint32_t *)(q->sq + dus - QM_STATUS_RX_FROM_END),
			      memory_order_relaxed);
}

/* START put the device at slot 0 and phase 1; let both sides work. */
static void begin_at_zero(struct qm_queue *q)
{
	wd_lock_acquire(&q->sq_lock);
	wd_lock_acquire(&q->cq_lock);
	place_submission(q);
	place_completion(q);
	q->stopped = false;
	wd_lock_release(&q->cq_lock);
	wd_lock_release(&q->sq_lock);
}

/* From an opened descriptor with nothing mapped to a started queue. */
static int bring_up(struct qm_queue *q)
{
	uint32_t old_depth = q->depth;
	const char *doing = "map";
	int ret = map_all(q);

	if (ret)
		goto err_log;
	doing = "set up";
	ret = ask_numbers(q);
	if (ret)
		goto err_unmap;
	ret = check_regions(q);
	if (ret)
		goto err_unmap;
	ret = size_slots(q, old_depth);
	if (ret)
		goto err_unmap;
	try_shadow(q);
	doing = "start";
	ret = wd_ctx_start(q->base.ctx);
	if (ret)
		goto err_unmap;
	begin_at_zero(q);
	return 0;

err_unmap:
	q->depth = q->slots ? old_depth : 0;
	qm_unmap(q);
err_log:
	WD_ERR("%s: cannot %s a queue (%d)", wd_ctx_get_dev_name(q->base.ctx), doing, ret);
	return ret;
}

int qm_open(struct qm_queue *q, const struct wd_queue_config *config, uint32_t sqe_nbytes)
{
	int ret;

	q->base.ctx = config->ctx;
	q->op_type = config->op_type;
	q->sqe_nbytes = sqe_nbytes;
	q->stopped = true;
	q->version = qm_api_version(wd_ctx_get_api(config->ctx));
	if (!q->version) {
		WD_ERR("%s: interface '%s' is none of the queue manager's",
		       wd_ctx_get_dev_name(config->ctx), wd_ctx_get_api(config->ctx));
		return -WD_EINVAL;
	}
	wd_lock_init(&q->ctl);
	wd_lock_init(&q->sq_lock);
	wd_lock_init(&q->cq_lock);
	sgl_pool_init(&q->sgls);
	atomic_init(&q->tx_word, &qm_disabled_word);
	atomic_init(&q->rx_word, &qm_disabled_word);
	ret = bring_up(q);
	if (ret)
		free(q->slots);
	return ret;
}

void qm_close(struct qm_queue *q)
{
	if (!q->stopped)
		qm_stop(&q->base);
	qm_unmap(q);
	sgl_pool_destroy(&q->sgls);
	free(q->slots);
}

/*
 * START after PUT on the same descriptor would leave completions of the last life
 * in the ring, with phases that may look valid: the node is opened again, which
 * gives a fresh queue and a cleared ring.
 */
int qm_restart(struct wd_queue *wq)
{
	struct qm_queue *q = qm_of(wq);
	int ret;

	wd_lock_acquire(&q->ctl);
	if (!q->stopped || wd_queue_inflight(wq)) {
		ret = -WD_EBUSY;
		goto out;
	}
	qm_unmap(q);
	ret = wd_ctx_reopen(wq->ctx);
	if (!ret)
		ret = bring_up(q);
out:
	wd_lock_release(&q->ctl);
	return ret;
}
