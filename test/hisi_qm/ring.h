/* SPDX-License-Identifier: Apache-2.0 */
/* A ZIP queue on a fake device, and flat messages for it: what the ring tests start from. */
#ifndef TEST_HISI_QM_RING_H
#define TEST_HISI_QM_RING_H

#include <check.h>
#include "drivers/hisi_qm/zip.h"
#include "fake.h"

struct ring {
	struct fake fake;
	struct wd_queue *q;
	struct wd_template tmpl;
};

/* One message with its buffers. */
struct job {
	struct wd_comp_msg msg;
	uint8_t in[64], out[64];
};

/* Open the queue of r->fake, which fake_init() and the test have prepared. */
static inline void ring_open(struct ring *r)
{
	struct wd_queue_config config = { .ctx = fake_ctx(&r->fake), .op_type = WD_DIR_COMPRESS };
	struct wd_comp_params params = { .alg_type = WD_ZLIB, .op_type = WD_DIR_COMPRESS };

	ck_assert_int_eq(hisi_zip_driver.queue_open(&config, &r->q), 0);
	ck_assert_int_eq(hisi_zip_driver.session_init(r->q, &params, &r->tmpl), 0);
	fake_log_lines();
}

static inline void ring_new(struct ring *r, unsigned int version)
{
	fake_init(&r->fake, version);
	ring_open(r);
}

static inline void ring_free(struct ring *r)
{
	hisi_zip_driver.queue_close(r->q);
	fake_free(&r->fake);
}

static inline struct qm_queue *ring_qm(struct ring *r)
{
	return qm_of(r->q);
}

static inline struct wd_msg *job_prepare(struct ring *r, struct job *j)
{
	memset(&j->msg, 0, sizeof(j->msg));
	j->msg.head.result = 12345;
	j->msg.tmpl = &r->tmpl;
	j->msg.src = j->in;
	j->msg.src_len = sizeof(j->in);
	j->msg.dst = j->out;
	j->msg.dst_len = sizeof(j->out);
	return &j->msg.head;
}

static inline int ring_submit(struct ring *r, struct job *j)
{
	return hisi_zip_driver.submit(r->q, job_prepare(r, j));
}

static inline int ring_reap(struct ring *r, struct wd_msg **done, int max)
{
	return hisi_zip_driver.reap(r->q, done, max);
}

/* The device's answer to the element in @slot, without completion. */
static inline void ring_answer(struct ring *r, uint32_t slot, uint32_t consumed, uint32_t produced,
			       uint32_t status)
{
	struct hisi_zip_sqe *sqe = fake_sqe(&r->fake, slot);

	field_set(sqe, ZIP_CONSUMED, consumed);
	field_set(sqe, ZIP_PRODUCED, produced);
	field_set(sqe, ZIP_STATUS, status);
}

#endif
