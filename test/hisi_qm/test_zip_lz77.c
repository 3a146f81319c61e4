/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LZ77 requests through the driver and an engine: literals and sequences must
 * rebuild the input, by a decoder of this test written from the ZIP facts (11.3)
 * alone, and, where libzstd is there, through zstd's own entropy coder and
 * decoder. Checklist lines (section 16) are z<line>_...
 */
#include "config.h"
#include "data.h"
#include "inline_device.h"
#include "runner.h"
#ifdef HAVE_ZSTD
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#endif

#define MIB (1u << 20)

static struct inline_device dev;
static uint8_t *in, *buf, *out;
static void *stream;
static struct wd_lz77_zstd_data result;

static void setup(void)
{
	inline_device_open(&dev, 3, WD_DIR_COMPRESS);
	in = malloc(9 * MIB);
	buf = malloc(20 * MIB);
	out = malloc(9 * MIB);
	stream = aligned_alloc(64, (hisi_zip_driver.stream_nbytes + 63) & ~63ul);
	hisi_zip_driver.stream_reset(stream);
}

static void teardown(void)
{
	inline_device_close(&dev);
	free(in);
	free(buf);
	free(out);
	free(stream);
}

static struct wd_template tmpl;

static void prepare(struct wd_comp_msg *msg, uint32_t alg, uint32_t level, uint32_t src_len,
		    uint32_t dst_len)
{
	struct wd_comp_params p = { alg, level, WD_COMP_WS_32K, WD_DIR_COMPRESS };

	ck_assert_int_eq(hisi_zip_driver.session_init(dev.q, &p, &tmpl), 0);
	memset(msg, 0, sizeof(*msg));
	msg->tmpl = &tmpl;
	msg->src = in;
	msg->src_len = src_len;
	msg->dst = buf;
	msg->dst_len = dst_len;
	msg->lz77 = &result;
}

static uint16_t get16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

/* One sequence as distance (or repeat code 1..3 with zstd), literals, match. */
struct sequence {
	uint32_t offset, literals, match;
};

static struct sequence sequence_at(uint32_t alg, uint32_t i)
{
	const uint8_t *p = (const uint8_t *)result.sequences_start + 8 * (size_t)i;

	if (alg == WD_LZ77_ONLY)
		return (struct sequence){ get16(p + 4) + 1u, get32(p), get16(p + 6) + 3u };
	return (struct sequence){get32(p),
				 get16(p + 4) + (result.lit_length_overflow_cnt &&
								 result.lit_length_overflow_pos == i
							 ? 65536u
							 : 0u),
				 get16(p + 6) + 3u};
}

/* Distance of a zstd sequence; updates the repeat offsets (RFC 8878, 3.1.1.5). */
static uint32_t zstd_distance(uint32_t rep[3], struct sequence s)
{
	uint32_t code = s.offset, distance, i;

	if (code > 3) {
		distance = code - 3;
		i = 2;
	} else {
		i = code - 1 + !s.literals;
		distance = i == 3 ? rep[0] - 1 : rep[i];
		if (i == 3)
			i = 2;
	}
	for (; i; i--)
		rep[i] = rep[i - 1];
	rep[0] = distance;
	return distance;
}

/* Rebuild a block at out + at; its length. rep may be NULL with lz77_only. */
static uint32_t rebuild(uint32_t alg, uint32_t at, uint32_t rep[3])
{
	const uint8_t *literals = result.literals_start;
	uint32_t used = 0, from = at;

	for (uint32_t i = 0; i < result.seq_num; i++) {
		struct sequence s = sequence_at(alg, i);
		uint32_t distance = alg == WD_LZ77_ONLY ? s.offset : zstd_distance(rep, s);

		ck_assert_uint_le(used + s.literals, result.lit_num);
		memcpy(out + at, literals + used, s.literals);
		used += s.literals;
		at += s.literals;
		ck_assert_uint_ge(at, distance);
		ck_assert_uint_le(at + s.match, 9 * MIB);
		for (uint32_t k = 0; k < s.match; k++, at++)
			out[at] = out[at - distance];
	}
	memcpy(out + at, literals + used, result.lit_num - used);
	return at + result.lit_num - used - from;
}

static void one_block(uint32_t alg, uint32_t level, enum data_kind kind, uint32_t n)
{
	uint32_t rep[3] = { 1, 4, 8 };
	struct wd_comp_msg msg;

	data_fill(in, n, kind);
	prepare(&msg, alg, level, n, 20 * MIB);
	ck_assert_int_eq(inline_device_run(&dev, &msg), 0);
	ck_assert_int_eq(msg.head.result, 0);
	ck_assert_uint_eq(msg.status, WD_SUCCESS);
	ck_assert_uint_eq(msg.consumed, n);
	ck_assert_uint_eq(msg.produced, result.lit_num + 8 * result.seq_num);
	ck_assert_ptr_eq(result.literals_start, buf);
	ck_assert_ptr_eq(result.sequences_start, buf + n + 16);
	if (alg == WD_LZ77_ZSTD)
		ck_assert_ptr_eq(result.freq, buf + n + 16 + 8 * result.seq_num + 8);
	else
		ck_assert_ptr_null(result.freq);
	ck_assert_uint_eq(rebuild(alg, 0, rep), n);
	ck_assert_int_eq(memcmp(in, out, n), 0);
}

TEST(z23_z25_literals_and_sequences_rebuild_the_input)
{
	static const uint32_t sizes[] = { 1, 2, 3, 4, 100, 65535, 65536, 131072 };

	for (int kind = 0; kind < DATA_KINDS; kind++)
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
			for (uint32_t level = 8; level <= 9; level++) {
				one_block(WD_LZ77_ZSTD, level, kind, sizes[i]);
				one_block(WD_LZ77_ONLY, level, kind, sizes[i]);
			}
}

TEST(z24_literal_run_above_65535_is_reported)
{
	uint32_t rep[3] = { 1, 4, 8 };
	struct wd_comp_msg msg;

	data_fill(in, 131072, DATA_RANDOM);
	memcpy(in + 100000, in + 99000, 500); /* one match behind a long run */
	prepare(&msg, WD_LZ77_ZSTD, 8, 131072, MIB);
	ck_assert_int_eq(inline_device_run(&dev, &msg), 0);
	ck_assert_uint_eq(result.lit_length_overflow_cnt, 1);
	ck_assert_uint_lt(result.lit_length_overflow_pos, result.seq_num);
	ck_assert_uint_eq(rebuild(WD_LZ77_ZSTD, 0, rep), 131072);
	ck_assert_int_eq(memcmp(in, out, 131072), 0);
}

static int submit_only(uint32_t alg, uint32_t level, uint32_t src, uint32_t dst, bool streaming)
{
	struct wd_comp_msg msg;

	prepare(&msg, alg, level, src, dst);
	msg.stream = streaming ? stream : NULL;
	return inline_device_run(&dev, &msg);
}

TEST(input_limits)
{
	ck_assert_int_eq(submit_only(WD_LZ77_ZSTD, 8, 131073, 20 * MIB, false), -WD_EINVAL);
	ck_assert_int_eq(submit_only(WD_LZ77_ZSTD, 8, 131072, 20 * MIB, false), 0);
	ck_assert_int_eq(submit_only(WD_LZ77_ONLY, 8, 8 * MIB - 15, 20 * MIB, false), -WD_EINVAL);
	data_fill(in, 8 * MIB, DATA_TEXT);
	ck_assert_int_eq(submit_only(WD_LZ77_ONLY, 8, 8 * MIB - 16, 20 * MIB, false), 0);
	ck_assert_int_eq(submit_only(WD_LZ77_ONLY, 8, 0, 20 * MIB, false), -WD_EINVAL);
}

/* Least destination: section 11.1. */
static void check_minimum(uint32_t alg, uint32_t level, bool streaming, uint32_t room)
{
	data_fill(in, 100, DATA_RANDOM);
	hisi_zip_driver.stream_reset(stream);
	ck_assert_int_eq(submit_only(alg, level, 100, 100 + 16 + room - 1, streaming), -WD_EINVAL);
	ck_assert_int_eq(submit_only(alg, level, 100, 100 + 16 + room, streaming), 0);
	ck_assert_int_eq(submit_only(alg, level, 100, 100 + 16, streaming), -WD_EINVAL);
	ck_assert_int_eq(submit_only(alg, level, 100, 0, streaming), -WD_EINVAL);
}

TEST(destination_limits)
{
	check_minimum(WD_LZ77_ZSTD, 8, false, 784);
	check_minimum(WD_LZ77_ZSTD, 9, false, 784);
	check_minimum(WD_LZ77_ZSTD, 8, true, 1001);
	check_minimum(WD_LZ77_ZSTD, 9, true, 4096 + 784 + 16 + 1);
	check_minimum(WD_LZ77_ONLY, 8, false, 16);
	check_minimum(WD_LZ77_ONLY, 9, false, 16);
	check_minimum(WD_LZ77_ONLY, 8, true, 201);
	check_minimum(WD_LZ77_ONLY, 9, true, 4097);
}

TEST(a_caller_without_result_structure_gets_the_lengths)
{
	struct wd_comp_msg msg;

	data_fill(in, 1000, DATA_RANDOM);
	prepare(&msg, WD_LZ77_ONLY, 8, 1000, 5000);
	msg.lz77 = NULL;
	ck_assert_int_eq(inline_device_run(&dev, &msg), 0);
	ck_assert_uint_ge(msg.produced, 1000);
}

/* -------------------------------------------------------------- scattered */

TEST(scattered_blocks_rebuild_the_input_and_share_no_piece)
{
	static struct wd_datalist src[400], dst[4];
	uint32_t rep[3] = { 1, 4, 8 };
	struct wd_comp_msg msg;

	data_fill(in, 40000, DATA_TEXT);
	for (int i = 0; i < 400; i++)
		src[i] = (struct wd_datalist){ in + 100 * i, 100, i < 399 ? &src[i + 1] : NULL };
	/* 40016 bytes of literals end in the third piece; sequences begin in the fourth. */
	dst[0] = (struct wd_datalist){ buf, 20000, &dst[1] };
	dst[1] = (struct wd_datalist){ buf + 20000, 20000, &dst[2] };
	dst[2] = (struct wd_datalist){ buf + 40000, 1000, &dst[3] };
	dst[3] = (struct wd_datalist){ buf + MIB, MIB, NULL };
	prepare(&msg, WD_LZ77_ZSTD, 8, 40000, 41000 + MIB);
	msg.data_fmt = WD_SGL_BUF;
	msg.list_src = src;
	msg.list_dst = dst;
	ck_assert_int_eq(inline_device_run(&dev, &msg), 0);
	ck_assert_uint_eq(msg.status, WD_SUCCESS);
	ck_assert_ptr_eq(result.literals_start, buf);
	ck_assert_ptr_eq(result.sequences_start, buf + MIB);
	ck_assert_uint_eq(rebuild(WD_LZ77_ZSTD, 0, rep), 40000);
	ck_assert_int_eq(memcmp(in, out, 40000), 0);
	/* No piece left for the sequences; and no streams of lists. */
	msg.dst_len = 41000;
	ck_assert_int_eq(inline_device_run(&dev, &msg), -WD_EINVAL);
	msg.dst_len = 41000 + MIB;
	msg.stream = stream;
	ck_assert_int_eq(inline_device_run(&dev, &msg), -WD_EINVAL);
	ck_assert_uint_eq(qm_of(dev.q)->sgls.used_nbytes, 0);
}

/* ---------------------------------------------------------------- streams */

/*
 * A stream in blocks, of which the consumer stores some raw (0): a decoder's
 * repeat offsets then do not change with the block, and the next block must
 * start from the older ones.
 */
static void stream_of_blocks(uint32_t alg, uint32_t level, unsigned int raw_mask)
{
	uint32_t rep[3] = { 1, 4, 8 }, trial[3], at = 0;
	struct wd_comp_msg msg;

	data_fill(in, 64000, DATA_BINARY);
	hisi_zip_driver.stream_reset(stream);
	result.blk_type = 2;
	for (unsigned int i = 0; i < 8; i++) {
		prepare(&msg, alg, level, 8000, MIB);
		msg.src = in + at;
		msg.stream = stream;
		msg.last = i == 7;
		ck_assert_int_eq(inline_device_run(&dev, &msg), 0);
		ck_assert_uint_eq(msg.status, i == 7 ? WD_STREAM_END : WD_SUCCESS);
		memcpy(trial, rep, sizeof(rep));
		ck_assert_uint_eq(rebuild(alg, at, trial), 8000);
		ck_assert_int_eq(memcmp(in + at, out + at, 8000), 0);
		at += 8000;
		result.blk_type = raw_mask >> i & 1 ? 0 : 2;
		if (result.blk_type)
			memcpy(rep, trial, sizeof(rep));
	}
}

TEST(q8_q9_streams_with_blocks_stored_raw_in_between)
{
	for (unsigned int mask = 0; mask < 128; mask += 3) {
		stream_of_blocks(WD_LZ77_ZSTD, 8, mask);
		stream_of_blocks(WD_LZ77_ZSTD, 9, mask);
	}
	stream_of_blocks(WD_LZ77_ONLY, 8, 0);
	stream_of_blocks(WD_LZ77_ONLY, 9, 0);
}

static uint32_t carry_seen;

static void see_carry(struct inline_device *d, struct hisi_zip_sqe *sqe)
{
	uint8_t *area = (uint8_t *)(uintptr_t)field_get_addr(sqe, ZIP_ADDR_CTX);

	(void)d;
	carry_seen |= get32(area + 796);
}

static void leave_carry(struct inline_device *d, struct hisi_zip_sqe *sqe)
{
	uint8_t *area = (uint8_t *)(uintptr_t)field_get_addr(sqe, ZIP_ADDR_CTX);

	(void)d;
	memset(area + 796, 0xff, 4);
}

TEST(q8_literal_carry_is_cleared_before_every_request)
{
	dev.before = see_carry;
	dev.after = leave_carry;
	stream_of_blocks(WD_LZ77_ZSTD, 8, 0);
	stream_of_blocks(WD_LZ77_ONLY, 8, 0);
	ck_assert_uint_eq(carry_seen, 0);
}

TEST(end_of_a_stream_without_input)
{
	struct wd_comp_msg msg;

	prepare(&msg, WD_LZ77_ZSTD, 8, 0, MIB);
	msg.stream = stream;
	ck_assert_int_eq(inline_device_run(&dev, &msg), WD_SUBMIT_DONE);
	ck_assert_uint_eq(msg.status, WD_SUCCESS);
	msg.last = 1;
	ck_assert_int_eq(inline_device_run(&dev, &msg), WD_SUBMIT_DONE);
	ck_assert_uint_eq(msg.status, WD_STREAM_END);
	ck_assert_uint_eq(result.seq_num, 0);
	ck_assert_uint_eq(result.lit_num, 0);
}

/* ------------------------------------------------------- hostile results */

static uint32_t claim_literals, claim_sequences, claim_consumed;

static void claim(struct inline_device *d, struct hisi_zip_sqe *sqe)
{
	(void)d;
	field_set(sqe, ZIP_CONSUMED, claim_consumed);
	field_set(sqe, ZIP_COMP_DATA_LENGTH, claim_literals);
	field_set(sqe, ZIP_PRODUCED, claim_sequences);
}

static void check_claim(uint32_t consumed, uint32_t literals, uint32_t sequences, int result_code)
{
	struct wd_comp_msg msg;

	claim_consumed = consumed;
	claim_literals = literals;
	claim_sequences = sequences;
	dev.after = claim;
	memset(&result, 0, sizeof(result));
	prepare(&msg, WD_LZ77_ZSTD, 8, 1000, 1016 + 1600);
	ck_assert_int_eq(inline_device_run(&dev, &msg), 0);
	ck_assert_int_eq(msg.head.result, result_code);
	if (result_code) {
		ck_assert_uint_eq(result.lit_num + result.seq_num, 0);
		ck_assert_uint_eq(msg.produced, 0);
	}
}

TEST(f05_counts_beyond_the_buffers_fail_the_job)
{
	data_fill(in, 1000, DATA_RANDOM);
	check_claim(1000, 1016, 200, 0);
	ck_assert_ptr_null(result.freq); /* no room for it behind so many */
	check_claim(1001, 0, 0, -WD_EIO);
	check_claim(0, 1017, 0, -WD_EIO);
	check_claim(0, 0, 201, -WD_EIO);
	check_claim(0, 0, 0x20000001, -WD_EIO); /* times 8 is small again in 32 bits */
	check_claim(UINT32_MAX, UINT32_MAX, UINT32_MAX, -WD_EIO);
}

static uint32_t claim_status;

static void fail_element(struct inline_device *d, struct hisi_zip_sqe *sqe)
{
	(void)d;
	field_set(sqe, ZIP_STATUS, claim_status);
}

TEST(error_of_the_device_ends_a_stream_until_it_is_reset)
{
	struct wd_comp_msg msg;

	data_fill(in, 1000, DATA_TEXT);
	claim_status = 0x0e;
	dev.after = fail_element;
	prepare(&msg, WD_LZ77_ZSTD, 8, 1000, MIB);
	msg.stream = stream;
	ck_assert_int_eq(inline_device_run(&dev, &msg), 0);
	ck_assert_uint_eq(msg.status, WD_OUT_EPARA);
	ck_assert_uint_eq(msg.consumed + msg.produced, 0);
	dev.after = NULL;
	ck_assert_int_eq(inline_device_run(&dev, &msg), WD_SUBMIT_DONE);
	ck_assert_uint_eq(msg.status, WD_OUT_EPARA);
	hisi_zip_driver.stream_reset(stream);
	ck_assert_int_eq(inline_device_run(&dev, &msg), 0);
	ck_assert_uint_eq(msg.status, WD_SUCCESS);
}

#ifdef HAVE_ZSTD
/*
 * The blocks in zstd's own coding: ZSTD_compressSequences() takes sequences with
 * distances, so this shows literals and matches; the repeat offset rule is shown
 * by the streams above.
 */
TEST(z26_sequences_survive_zstd_s_entropy_coder_and_decoder)
{
	static ZSTD_Sequence seqs[131072];
	uint32_t rep[3] = { 1, 4, 8 }, n = 0;
	ZSTD_CCtx *cctx = ZSTD_createCCtx();
	struct wd_comp_msg msg;
	uint64_t covered = 0;
	size_t len;

	data_fill(in, 131072, DATA_TEXT);
	prepare(&msg, WD_LZ77_ZSTD, 9, 131072, 2 * MIB);
	ck_assert_int_eq(inline_device_run(&dev, &msg), 0);
	for (uint32_t i = 0; i < result.seq_num; i++) {
		struct sequence s = sequence_at(WD_LZ77_ZSTD, i);

		seqs[n].offset = zstd_distance(rep, s);
		seqs[n].litLength = s.literals;
		seqs[n].matchLength = s.match;
		covered += s.literals + s.match;
		n++;
	}
	seqs[n] = (ZSTD_Sequence){ .litLength = 131072 - covered };
	n++;
	ZSTD_CCtx_setParameter(cctx, ZSTD_c_blockDelimiters, ZSTD_sf_explicitBlockDelimiters);
	ZSTD_CCtx_setParameter(cctx, ZSTD_c_validateSequences, 1);
	len = ZSTD_compressSequences(cctx, buf + 4 * MIB, 4 * MIB, seqs, n, in, 131072);
	ck_assert_msg(!ZSTD_isError(len), "%s", ZSTD_getErrorName(len));
	ck_assert_uint_eq(ZSTD_decompress(out, 131072, buf + 4 * MIB, len), 131072);
	ck_assert_int_eq(memcmp(in, out, 131072), 0);
	ck_assert_uint_lt(len, 65536);
	ZSTD_freeCCtx(cctx);
}
#endif

int main(void)
{
	return run_tests("zip_lz77", setup, teardown);
}
