// SPDX-License-Identifier: Apache-2.0
/*
 * Instructions per job of the software in front of a queue, the device being a
 * few inlined instructions (inline_device.h). Run under callgrind with two run
 * lengths; the difference is exact. Modes:
 *
 *   loop   the hand-written loop: the same ring, element, doorbells, and nothing else
 *   raw    the driver's submit() and reap() without the library above
 *   async  wd_do_comp_async() and wd_comp_poll_ctx()
 *   sync   wd_do_comp_sync()
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "drv/wd_comp_drv.h"
#include "inline_device.h"
#include "wd_comp.h"
#include "wd_sched.h"

#define SRC_NBYTES 4096
#define DST_NBYTES 8192

static char src[SRC_NBYTES], dst[DST_NBYTES];
static unsigned long called_back;
static struct wd_ctx ctxs[2];

static void *on_done(struct wd_comp_req *req, void *param)
{
	called_back += req->status == 0;
	return param;
}

/* ------------------------------------------------------------------ loop */

/* What anybody would write who knows the format and nothing about the next format. */
static void run_loop(struct inline_queue *q, unsigned long jobs, unsigned int batch)
{
	volatile uint64_t *doorbell = (volatile uint64_t *)(q->mmio + QM_DOORBELL_OFFSET_V2);
	uint32_t tail = 0, head = 0, phase = 1;

	for (unsigned long done = 0; done < jobs; done += batch) {
		for (unsigned int i = 0; i < batch; i++) {
			struct hisi_zip_sqe *sqe = &q->sq[tail];

			memset(sqe, 0, sizeof(*sqe));
			sqe->dw[4] = SRC_NBYTES;
			sqe->dw[7] = 0x3a000000;
			sqe->dw[9] = ZIP_REQ_ZLIB | 4 << 12;
			sqe->dw[14] = DST_NBYTES - 2;
			field_set_addr(sqe, ZIP_ADDR_SOURCE, (uintptr_t)src);
			field_set_addr(sqe, ZIP_ADDR_DEST, (uintptr_t)dst + 2);
			sqe->dw[26] = tail;
			tail = tail + 1 == INLINE_DEPTH ? 0 : tail + 1;
			__atomic_thread_fence(__ATOMIC_RELEASE);
			*doorbell = qm_doorbell_v2(0, QM_DOORBELL_SQ, (uint16_t)tail, 0);
		}
		inline_device_complete(q, batch);
		for (unsigned int i = 0; i < batch; i++) {
			struct hisi_qm_cqe *cqe = &q->cq[head];
			struct hisi_zip_sqe *sqe;

			if (field_get(cqe, QM_CQE_PHASE) != phase)
				abort();
			__atomic_thread_fence(__ATOMIC_ACQUIRE);
			sqe = &q->sq[field_get(cqe, QM_CQE_SQ_HEAD)];
			called_back += field_get(sqe, ZIP_STATUS) == ZIP_ST_OK &&
				       sqe->dw[1] <= DST_NBYTES;
			if (++head == INLINE_DEPTH) {
				head = 0;
				phase ^= 1;
			}
		}
		*doorbell = qm_doorbell_v2(0, QM_DOORBELL_CQ, (uint16_t)head, 0);
	}
}

/* ------------------------------------------------------------------- raw */

const struct wd_driver *wd_core_driver_find(const char *alg, const char *device_name);

static void run_raw(unsigned long jobs, unsigned int batch)
{
	const struct wd_driver *drv = wd_core_driver_find("zlib", "hisi_zip");
	struct wd_queue_config config = { .ctx = ctxs[0].ctx };
	struct wd_comp_params params = { .alg_type = WD_ZLIB, .win_sz = WD_COMP_WS_32K };
	struct wd_comp_msg msgs[64], *m;
	struct wd_template tmpl;
	struct wd_msg *done[64];
	struct wd_queue *q;

	if (!drv || drv->queue_open(&config, &q) || drv->session_init(q, &params, &tmpl))
		abort();
	memset(msgs, 0, sizeof(msgs));
	for (unsigned long n = 0; n < jobs; n += batch) {
		for (unsigned int i = 0; i < batch; i++) {
			m = &msgs[i];
			m->tmpl = &tmpl;
			m->src = src;
			m->dst = dst;
			m->src_len = SRC_NBYTES;
			m->dst_len = DST_NBYTES;
			if (drv->submit(q, &m->head))
				abort();
		}
		inline_device_complete(&inline_queues[0], batch);
		if (drv->reap(q, done, (int)batch) != (int)batch)
			abort();
		for (unsigned int i = 0; i < batch; i++)
			called_back += ((struct wd_comp_msg *)done[i])->status == WD_SUCCESS;
	}
	drv->queue_close(q);
}

/* ------------------------------------------------------------------- API */

static handle_t open_session(int mode)
{
	struct wd_ctx_config config = { .ctx_num = 1, .ctxs = ctxs };
	struct sched_params region = { .type = WD_DIR_COMPRESS, .mode = (__u8)mode };
	struct wd_comp_sess_setup setup = {
		.alg_type = WD_ZLIB,
		.win_sz = WD_COMP_WS_32K,
		.op_type = WD_DIR_COMPRESS,
		.sched_param = &region,
	};
	struct wd_sched *sched = wd_sched_rr_alloc(SCHED_POLICY_RR, 1, 1, wd_comp_poll_ctx);
	handle_t sess;

	ctxs[0].ctx_mode = (__u8)mode;
	if (!sched || wd_sched_rr_instance(sched, &region) || wd_comp_init(&config, sched))
		abort();
	sess = wd_comp_alloc_sess(&setup);
	if (!sess)
		abort();
	return sess;
}

static void set_request(struct wd_comp_req *req, int mode)
{
	*req = (struct wd_comp_req){
		.src = src,
		.src_len = SRC_NBYTES,
		.dst = dst,
		.dst_len = DST_NBYTES,
		.op_type = WD_DIR_COMPRESS,
		.cb = mode == CTX_MODE_ASYNC ? on_done : NULL,
	};
}

static void run_async(unsigned long jobs, unsigned int batch)
{
	handle_t sess = open_session(CTX_MODE_ASYNC);
	struct wd_comp_req req;
	uint32_t count;

	set_request(&req, CTX_MODE_ASYNC);
	for (unsigned long n = 0; n < jobs; n += batch) {
		for (unsigned int i = 0; i < batch; i++)
			if (wd_do_comp_async(sess, &req))
				abort();
		inline_device_complete(&inline_queues[0], batch);
		if (wd_comp_poll_ctx(0, batch, &count) || count != batch)
			abort();
	}
}

/* The device is one ahead: it has completed the slot before the job is written into it. */
static void run_sync(unsigned long jobs)
{
	handle_t sess = open_session(CTX_MODE_SYNC);
	struct wd_comp_req req;

	for (unsigned long n = 0; n < jobs; n++) {
		set_request(&req, CTX_MODE_SYNC);
		inline_device_complete(&inline_queues[0], 1);
		if (wd_do_comp_sync(sess, &req))
			abort();
		called_back += req.status == 0;
	}
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	unsigned long jobs = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	unsigned int batch = argc > 3 ? (unsigned int)strtoul(argv[3], NULL, 10) : 1;
	struct uacce_dev dev;

	if (!jobs || !batch || batch > 64 || jobs % batch) {
		fprintf(stderr, "usage: job_cost loop|raw|async|sync JOBS [BATCH]\n");
		return 2;
	}
	inline_device_describe(&dev);
	ctxs[0].ctx = wd_request_ctx(&dev);
	if (!ctxs[0].ctx)
		return 1;
	if (!strcmp(mode, "loop"))
		run_loop(&inline_queues[0], jobs, batch);
	else if (!strcmp(mode, "raw"))
		run_raw(jobs, batch);
	else if (!strcmp(mode, "async"))
		run_async(jobs, batch);
	else if (!strcmp(mode, "sync"))
		run_sync(jobs);
	else
		return 2;
	printf("%s batch %u: %lu jobs, %lu good\n", mode, batch, jobs, called_back);
	return called_back == jobs ? 0 : 1;
}
