/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pair of queues with an engine behind them, one stream memory, and the means to
 * put data through in pieces: what the tests of streams start from.
 */
#ifndef TEST_HISI_QM_STREAM_H
#define TEST_HISI_QM_STREAM_H

#include "data.h"
#include "inline_device.h"
#include "runner.h"

#define MIB (1u << 20)

static struct inline_device comp, decomp;
static uint8_t *in, *mid, *out;
static void *stream;

static inline void setup_version(unsigned int version)
{
	inline_device_open(&comp, version, WD_DIR_COMPRESS);
	inline_device_open(&decomp, version, WD_DIR_DECOMPRESS);
	in = malloc(2 * MIB);
	mid = malloc(4 * MIB);
	out = malloc(2 * MIB);
	stream = aligned_alloc(64, (hisi_zip_driver.stream_nbytes + 63) & ~63ul);
	memset(stream, 0xa5, hisi_zip_driver.stream_nbytes); /* reset must do with anything */
	hisi_zip_driver.stream_reset(stream);
}

static inline void setup(void)
{
	setup_version(3);
}

static inline void teardown(void)
{
	inline_device_close(&comp);
	inline_device_close(&decomp);
	free(in);
	free(mid);
	free(out);
	free(stream);
}

/* One step; buffers of exactly the given size, so that the sanitizer sees a byte too much. */
static inline void step(struct inline_device *d, struct wd_comp_msg *msg, uint32_t alg,
			const uint8_t *src, uint32_t src_len, uint8_t *dst, uint32_t dst_len,
			bool last)
{
	struct wd_comp_params p = { .alg_type = alg, .win_sz = WD_COMP_WS_32K,
				    .op_type = d->fake.qc_type };
	uint8_t *exact_in = malloc(src_len), *exact_out = malloc(dst_len);
	struct wd_template t;
	int ret;

	ck_assert_int_eq(hisi_zip_driver.session_init(d->q, &p, &t), 0);
	memset(msg, 0, sizeof(*msg));
	msg->tmpl = &t;
	msg->src = memcpy(exact_in, src, src_len);
	msg->src_len = src_len;
	msg->dst = exact_out;
	msg->dst_len = dst_len;
	msg->last = last;
	msg->stream = stream;
	ret = inline_device_run(d, msg);
	ck_assert(ret == 0 || ret == WD_SUBMIT_DONE);
	ck_assert_uint_le(msg->consumed, src_len);
	ck_assert_uint_le(msg->produced, dst_len);
	if (!msg->head.result)
		memcpy(dst, exact_out, msg->produced);
	free(exact_in);
	free(exact_out);
}

/* Compress in[0..n) in pieces of @piece into mid with @room per call; its length. */
static inline uint32_t deflate_all(uint32_t alg, uint32_t n, uint32_t piece, uint32_t room)
{
	uint32_t from = 0, to = 0, len;
	struct wd_comp_msg msg;

	do {
		len = piece < n - from ? piece : n - from;
		ck_assert_uint_lt(to + room, 4 * MIB);
		step(&comp, &msg, alg, in + from, len, mid + to, room, from + len == n);
		ck_assert_int_eq(msg.head.result, 0);
		ck_assert(msg.status == WD_SUCCESS || msg.status == WD_EAGAIN ||
			  msg.status == WD_STREAM_END);
		from += msg.consumed;
		to += msg.produced;
	} while (msg.status != WD_STREAM_END);
	ck_assert_uint_eq(from, n);
	return to;
}

/* Decompress mid[0..n) in pieces of @piece into out with @room per call; its length. */
static inline uint32_t inflate_all(uint32_t alg, uint32_t n, uint32_t piece, uint32_t room)
{
	uint32_t from = 0, to = 0, len, idle = 0;
	struct wd_comp_msg msg;

	do {
		len = piece < n - from ? piece : n - from;
		step(&decomp, &msg, alg, mid + from, len, out + to, room, false);
		ck_assert_int_eq(msg.head.result, 0);
		ck_assert_msg(msg.status == WD_SUCCESS || msg.status == WD_EAGAIN ||
				      msg.status == WD_STREAM_END,
			      "status %u at %u of %u", msg.status, from, n);
		from += msg.consumed;
		to += msg.produced;
		idle = msg.consumed || msg.produced ? 0 : idle + 1;
		ck_assert_msg(idle < 3, "no progress at %u of %u, %u out", from, n, to);
	} while (msg.status != WD_STREAM_END);
	ck_assert_uint_eq(from, n);
	return to;
}

#endif
