/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that stand alone, flat and scattered, through the driver and an
 * engine; zlib and liblz4 judge. Checklist lines of the ZIP facts (section 16)
 * are z<line>_...
 */
#include <lz4.h>
#include <zlib.h>
#include "data.h"
#include "inline_device.h"
#include "runner.h"

#define MIB (1u << 20)

static struct inline_device comp, decomp;
static uint8_t *in, *mid, *out;

static void setup(void)
{
	inline_device_open(&comp, 3, WD_DIR_COMPRESS);
	inline_device_open(&decomp, 3, WD_DIR_DECOMPRESS);
	in = malloc(9 * MIB);
	mid = malloc(11 * MIB);
	out = malloc(9 * MIB);
}

static void teardown(void)
{
	inline_device_close(&comp);
	inline_device_close(&decomp);
	free(in);
	free(mid);
	free(out);
}

static void prepare(struct inline_device *d, struct wd_comp_msg *msg, struct wd_template *t,
		    uint32_t alg, uint32_t win)
{
	struct wd_comp_params p = { .alg_type = alg, .win_sz = win, .op_type = d->fake.qc_type };

	ck_assert_int_eq(hisi_zip_driver.session_init(d->q, &p, t), 0);
	memset(msg, 0, sizeof(*msg));
	msg->tmpl = t;
}

/* One flat request; the message holds the result. */
static int flat(struct inline_device *d, struct wd_comp_msg *msg, uint32_t alg, const uint8_t *src,
		uint32_t src_len, uint8_t *dst, uint32_t dst_len)
{
	struct wd_template t;

	prepare(d, msg, &t, alg, WD_COMP_WS_32K);
	msg->src = (void *)src;
	msg->src_len = src_len;
	msg->dst = dst;
	msg->dst_len = dst_len;
	return inline_device_run(d, msg);
}

static void round_trip(uint32_t alg, enum data_kind kind, uint32_t nbytes)
{
	struct wd_comp_msg msg;

	data_fill(in, nbytes, kind);
	ck_assert_int_eq(flat(&comp, &msg, alg, in, nbytes, mid, 11 * MIB), 0);
	ck_assert_int_eq(msg.head.result, 0);
	ck_assert_uint_eq(msg.status, WD_SUCCESS);
	ck_assert_uint_eq(msg.consumed, nbytes);
	ck_assert_int_eq(data_inflate(alg, mid, msg.produced, out, 9 * MIB), nbytes);
	ck_assert_int_eq(memcmp(in, out, nbytes), 0);

	memset(out, 0x55, nbytes);
	ck_assert_int_eq(flat(&decomp, &msg, alg, mid, msg.produced, out, nbytes), 0);
	ck_assert_int_eq(msg.head.result, 0);
	ck_assert_uint_eq(msg.status, WD_SUCCESS);
	ck_assert_uint_eq(msg.produced, nbytes);
	ck_assert_int_eq(memcmp(in, out, nbytes), 0);
}

TEST(z04_z05_z09_each_format_kind_and_size_round_trips)
{
	static const uint32_t sizes[] = {1, 2, 3, 199, 200, 201, 4096, 65535, 65536, 65537, 300000};

	for (uint32_t alg = WD_DEFLATE; alg <= WD_GZIP; alg++)
		for (int kind = 0; kind < DATA_KINDS; kind++)
			for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
				round_trip(alg, kind, sizes[i]);
}

TEST(z20_eight_mib_round_trip)
{
	round_trip(WD_ZLIB, DATA_TEXT, 8 * MIB);
}

TEST(z04_type_0_elements_round_trip)
{
	teardown();
	inline_device_open(&comp, 2, WD_DIR_COMPRESS);
	inline_device_open(&decomp, 2, WD_DIR_DECOMPRESS);
	in = malloc(9 * MIB);
	mid = malloc(11 * MIB);
	out = malloc(9 * MIB);
	for (uint32_t alg = WD_ZLIB; alg <= WD_GZIP; alg++)
		round_trip(alg, DATA_TEXT, 100000);
}

TEST(zlib_s_own_streams_of_all_levels_decompress)
{
	struct wd_comp_msg msg;
	size_t n;

	for (uint32_t alg = WD_DEFLATE; alg <= WD_GZIP; alg++)
		for (int level = 0; level <= 9; level++) {
			data_fill(in, 200000, level % DATA_KINDS);
			n = data_deflate(alg, level, in, 200000, mid, 11 * MIB);
			ck_assert_int_eq(flat(&decomp, &msg, alg, mid, n, out, 200000), 0);
			ck_assert_uint_eq(msg.status, WD_SUCCESS);
			ck_assert_uint_eq(msg.consumed, n);
			ck_assert_uint_eq(msg.produced, 200000);
			ck_assert_int_eq(memcmp(in, out, 200000), 0);
		}
}

/* A gzip stream by zlib with the optional parts given. */
static size_t gzip_with(gz_header *header, uint32_t nbytes, uint8_t *to)
{
	z_stream z = { 0 };
	size_t n;

	ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	ck_assert_int_eq(deflateSetHeader(&z, header), Z_OK);
	z.next_in = in;
	z.avail_in = nbytes;
	z.next_out = to;
	z.avail_out = MIB;
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	n = z.total_out;
	deflateEnd(&z);
	return n;
}

static gz_header optional_parts(unsigned int mask)
{
	static uint8_t extra[300];
	gz_header h = { .os = 3, .time = 12345 };

	memset(extra, 7, sizeof(extra));
	if (mask & 1) {
		h.extra = extra;
		h.extra_len = sizeof(extra);
	}
	if (mask & 2)
		h.name = (Bytef *)"a file name.txt";
	if (mask & 4)
		h.comment = (Bytef *)"a comment";
	h.hcrc = mask >> 3 & 1;
	return h;
}

TEST(z06_gzip_header_with_all_optional_parts_is_skipped)
{
	struct wd_comp_msg msg;
	size_t n;

	data_fill(in, 5000, DATA_TEXT);
	for (unsigned int mask = 0; mask < 16; mask++) {
		gz_header h = optional_parts(mask);

		n = gzip_with(&h, 5000, mid);
		ck_assert_int_eq(flat(&decomp, &msg, WD_GZIP, mid, n, out, 5000), 0);
		ck_assert_uint_eq(msg.status, WD_SUCCESS);
		ck_assert_uint_eq(msg.consumed, n);
		ck_assert_uint_eq(msg.produced, 5000);
		ck_assert_int_eq(memcmp(in, out, 5000), 0);
	}
}

TEST(f34_each_flipped_bit_of_a_full_gzip_header_is_judged_as_zlib_does)
{
	gz_header h = optional_parts(15);
	struct wd_comp_msg msg;
	size_t n;

	data_fill(in, 500, DATA_TEXT);
	n = gzip_with(&h, 500, mid);
	for (uint32_t bit = 0; bit < 8 * 345; bit++) {
		int ret;
		bool accepted;

		mid[bit / 8] ^= 1 << bit % 8;
		ret = flat(&decomp, &msg, WD_GZIP, mid, n, out, 5000);
		accepted = (ret == 0 || ret == WD_SUBMIT_DONE) && msg.status == WD_SUCCESS;
		ck_assert_msg(accepted == (data_inflate(WD_GZIP, mid, n, out, 5000) >= 0),
			      "bit %u: %d", bit, accepted);
		mid[bit / 8] ^= 1 << bit % 8;
	}
}

TEST(z07_status_of_successful_decompression_is_0)
{
	struct wd_comp_msg msg;
	size_t n;

	data_fill(in, 1000, DATA_TEXT);
	n = data_deflate(WD_ZLIB, 6, in, 1000, mid, MIB);
	ck_assert_int_eq(flat(&decomp, &msg, WD_ZLIB, mid, n, out, 2000), 0);
	ck_assert_uint_eq(msg.status, 0);
}

static void all_stream_bits_off(struct inline_device *d, struct hisi_zip_sqe *sqe)
{
	(void)d;
	field_set(sqe, ZIP_STREAM_NEW, 0);
	field_set(sqe, ZIP_FLUSH_TYPE, 0);
}

TEST(z08_stream_bits_of_a_request_that_stands_alone_do_not_matter)
{
	struct wd_comp_msg a, b;

	data_fill(in, 50000, DATA_TEXT);
	ck_assert_int_eq(flat(&comp, &a, WD_ZLIB, in, 50000, mid, MIB), 0);
	comp.before = all_stream_bits_off;
	ck_assert_int_eq(flat(&comp, &b, WD_ZLIB, in, 50000, out, MIB), 0);
	ck_assert_uint_eq(a.produced, b.produced);
	ck_assert_int_eq(memcmp(mid, out, a.produced), 0);
}

TEST(z18_corrupt_trailer_is_a_verify_error)
{
	struct wd_comp_msg msg;
	size_t n;

	data_fill(in, 3000, DATA_TEXT);
	for (uint32_t alg = WD_ZLIB; alg <= WD_GZIP; alg++) {
		n = data_deflate(alg, 6, in, 3000, mid, MIB);
		mid[n - 4 * (alg == WD_GZIP) - 1] ^= 1; /* last byte of Adler-32, of CRC-32 */
		ck_assert_int_eq(flat(&decomp, &msg, alg, mid, n, out, 3000), 0);
		ck_assert_int_eq(msg.head.result, 0);
		ck_assert_uint_eq(msg.status, WD_VERIFY_ERR);
	}
}

TEST(z19_output_too_small_and_incompressible_data)
{
	struct wd_comp_msg msg;

	data_fill(in, 10000, DATA_RANDOM);
	ck_assert_int_eq(flat(&comp, &msg, WD_ZLIB, in, 10000, mid, 5000), 0);
	ck_assert_uint_eq(msg.status, WD_OUT_EPARA);
	ck_assert_int_eq(flat(&comp, &msg, WD_ZLIB, in, 10000, mid, 12000), 0);
	ck_assert_uint_eq(msg.status, WD_SUCCESS);
	ck_assert_uint_gt(msg.produced, 10000);
	ck_assert_int_eq(data_inflate(WD_ZLIB, mid, msg.produced, out, 10000), 10000);
}

TEST(f34_truncated_streams_are_input_errors)
{
	struct wd_comp_msg msg;
	size_t n;
	int ret;

	data_fill(in, 300, DATA_BINARY);
	for (uint32_t alg = WD_DEFLATE; alg <= WD_GZIP; alg++) {
		n = data_deflate(alg, 6, in, 300, mid, MIB);
		for (size_t cut = 1; cut < n; cut++) {
			ret = flat(&decomp, &msg, alg, mid, cut, out, 300);
			ck_assert(ret == 0 || ret == WD_SUBMIT_DONE);
			ck_assert_int_eq(msg.head.result, 0);
			ck_assert_uint_eq(msg.status, WD_IN_EPARA);
		}
	}
}

TEST(z30_lz4_output_is_a_raw_block)
{
	struct wd_comp_msg msg;

	for (int kind = 0; kind < DATA_KINDS; kind++) {
		data_fill(in, 100000, kind);
		ck_assert_int_eq(flat(&comp, &msg, WD_LZ4, in, 100000, mid, MIB), 0);
		ck_assert_uint_eq(msg.status, WD_SUCCESS);
		ck_assert_int_eq(
			LZ4_decompress_safe((char *)mid, (char *)out, msg.produced, 100000),
			100000);
		ck_assert_int_eq(memcmp(in, out, 100000), 0);
	}
}

/* Whether zlib with a window of 2^bits takes a raw stream. */
static bool inflates_with_window(const uint8_t *p, size_t n, int bits)
{
	z_stream z = {.next_in = (Bytef *)p, .avail_in = n, .next_out = out, .avail_out = 9 * MIB};
	int ret;

	ck_assert_int_eq(inflateInit2(&z, -bits), Z_OK);
	ret = inflate(&z, Z_SYNC_FLUSH);
	inflateEnd(&z);
	return ret == Z_STREAM_END;
}

TEST(z21_window_of_the_session_reaches_the_device)
{
	static const uint32_t window[] = { 4096, 8192, 16384, 24576, 32768 };
	struct wd_template t;
	struct wd_comp_msg msg;
	uint32_t size[5];

	/* Repeats at a distance just inside each window; random otherwise. */
	for (int w = 0; w < 5; w++) {
		data_fill(in, 400000, DATA_RANDOM);
		for (uint32_t i = window[w] - 300; i < 400000; i++)
			in[i] = in[i - (window[w] - 300)];
		for (uint32_t use = 0; use < 5; use++) {
			prepare(&comp, &msg, &t, WD_DEFLATE, use);
			msg.src = in;
			msg.src_len = 400000;
			msg.dst = mid;
			msg.dst_len = MIB;
			ck_assert_int_eq(inline_device_run(&comp, &msg), 0);
			size[use] = msg.produced;
			ck_assert_int_eq(data_inflate(WD_DEFLATE, mid, msg.produced, out, 9 * MIB),
					 400000);
		}
		/* Found only if the window holds it; an engine may use 16 KiB for 24. */
		for (int use = 0; use < 5; use++)
			if (use < w || use != WD_COMP_WS_24K)
				ck_assert_msg((size[use] < 100000) == (use >= w),
					      "window %d used %d: %u", w, use, size[use]);
	}
	ck_assert(inflates_with_window(mid, msg.produced, 15));
}

/* ------------------------------------------------------------ scattered */

/* Cut memory into pieces of these sizes, over and over; returns the head. */
static struct wd_datalist *scatter(struct wd_datalist *nodes, uint8_t *p, uint32_t nbytes,
				   const uint32_t *sizes, int nsizes)
{
	int i = 0;

	for (; nbytes; i++) {
		nodes[i].data = p;
		nodes[i].len = sizes[i % nsizes] < nbytes ? sizes[i % nsizes] : nbytes;
		nodes[i].next = &nodes[i + 1];
		p += nodes[i].len;
		nbytes -= nodes[i].len;
	}
	nodes[i - 1].next = NULL;
	return nodes;
}

static struct wd_datalist in_nodes[70000], out_nodes[70000];

static int scattered(struct inline_device *d, struct wd_comp_msg *msg, uint32_t alg,
		     struct wd_datalist *src, uint32_t src_len, struct wd_datalist *dst,
		     uint32_t dst_len)
{
	struct wd_template t;

	prepare(d, msg, &t, alg, WD_COMP_WS_32K);
	msg->data_fmt = WD_SGL_BUF;
	msg->list_src = src;
	msg->src_len = src_len;
	msg->list_dst = dst;
	msg->dst_len = dst_len;
	return inline_device_run(d, msg);
}

static void scattered_equals_flat(uint32_t alg, uint32_t nbytes, const uint32_t *sizes, int n)
{
	struct wd_comp_msg a, b;

	data_fill(in, nbytes, DATA_TEXT);
	ck_assert_int_eq(flat(&comp, &a, alg, in, nbytes, mid, MIB), 0);
	scatter(in_nodes, in, nbytes, sizes, n);
	scatter(out_nodes, mid + MIB, MIB, sizes, n);
	ck_assert_int_eq(scattered(&comp, &b, alg, in_nodes, nbytes, out_nodes, MIB), 0);
	ck_assert_int_eq(b.head.result, 0);
	ck_assert_uint_eq(b.status, WD_SUCCESS);
	ck_assert_uint_eq(b.consumed, nbytes);
	ck_assert_uint_eq(a.produced, b.produced);
	ck_assert_int_eq(memcmp(mid, mid + MIB, a.produced), 0);

	if (alg == WD_LZ4)
		return;
	scatter(in_nodes, mid, a.produced, sizes, n);
	scatter(out_nodes, out, nbytes, sizes, n);
	ck_assert_int_eq(scattered(&decomp, &b, alg, in_nodes, a.produced, out_nodes, nbytes), 0);
	ck_assert_uint_eq(b.status, WD_SUCCESS);
	ck_assert_uint_eq(b.consumed, a.produced);
	ck_assert_uint_eq(b.produced, nbytes);
	ck_assert_int_eq(memcmp(in, out, nbytes), 0);
}

TEST(scattered_requests_give_what_flat_ones_give)
{
	static const uint32_t sizes[][3] = {{16, 100, 4096}, {100, 1, 3000}, {65536, 7, 31}};
	static const uint32_t algs[] = { WD_DEFLATE, WD_ZLIB, WD_GZIP, WD_LZ4 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		for (size_t k = 0; k < ARRAY_SIZE(algs); k++)
			scattered_equals_flat(algs[k], 150000, sizes[i], 3);
}

static uint32_t lists_seen, entries_seen[4];

static void walk_input(struct inline_device *d, struct hisi_zip_sqe *sqe)
{
	uint64_t addr = field_get_addr(sqe, ZIP_ADDR_SOURCE);

	(void)d;
	if (field_get(sqe, ZIP_BUFFER_TYPE) != ZIP_BUF_SGL)
		return;
	for (lists_seen = 0; addr && lists_seen < 4; lists_seen++) {
		struct hisi_sgl *sgl = (struct hisi_sgl *)(uintptr_t)addr;

		ck_assert_uint_eq(addr % 64, 0);
		entries_seen[lists_seen] = le16toh(sgl->entry_sum_in_sgl);
		addr = le64toh(sgl->next);
	}
}

TEST(z27_three_hundred_pieces_are_two_lists_of_255_and_45)
{
	static const uint32_t size[] = { 50 };

	comp.before = walk_input;
	data_fill(in, 15000, DATA_TEXT);
	scattered_equals_flat(WD_ZLIB, 15000, size, 1);
	ck_assert_uint_eq(lists_seen, 2);
	ck_assert_uint_eq(entries_seen[0], 255);
	ck_assert_uint_eq(entries_seen[1], 45);
}

static uint16_t chain_count;

static void set_chain_count(struct inline_device *d, struct hisi_zip_sqe *sqe)
{
	uint64_t addr = field_get_addr(sqe, ZIP_ADDR_SOURCE);

	(void)d;
	if (field_get(sqe, ZIP_BUFFER_TYPE) != ZIP_BUF_SGL)
		return;
	for (struct hisi_sgl *sgl; addr; addr = le64toh(sgl->next)) {
		sgl = (struct hisi_sgl *)(uintptr_t)addr;
		sgl->entry_sum_in_chain = htole16(chain_count);
	}
}

TEST(z28_entries_in_chain_does_not_matter)
{
	static const uint16_t counts[] = { 255, 510, 300 };
	static const uint32_t size[] = { 50 };

	comp.before = set_chain_count;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		chain_count = counts[i];
		scattered_equals_flat(WD_ZLIB, 15000, size, 1);
	}
}

static uint32_t seen_offset;

static void note_offset(struct inline_device *d, struct hisi_zip_sqe *sqe)
{
	(void)d;
	seen_offset = field_get(sqe, ZIP_IN_SGE_OFFSET);
}

TEST(z29_gzip_header_across_pieces_of_3_bytes)
{
	static const uint32_t sizes[] = { 3, 1, 2, 1000 };
	struct wd_comp_msg msg;
	size_t n;

	decomp.before = note_offset;
	data_fill(in, 5000, DATA_TEXT);
	for (unsigned int mask = 0; mask < 16; mask++) {
		gz_header h = optional_parts(mask);

		n = gzip_with(&h, 5000, mid);
		scatter(in_nodes, mid, n, sizes, mask ? 1 : 4);
		scatter(out_nodes, out, 5000, sizes, 4);
		ck_assert_int_eq(scattered(&decomp, &msg, WD_GZIP, in_nodes, n, out_nodes, 5000),
				 0);
		ck_assert_uint_eq(msg.status, WD_SUCCESS);
		ck_assert_uint_eq(msg.consumed, n);
		ck_assert_uint_eq(msg.produced, 5000);
		ck_assert_int_eq(memcmp(in, out, 5000), 0);
		if (!mask)
			ck_assert_uint_eq(seen_offset, 10);
	}
}

TEST(empty_pieces_are_left_out)
{
	struct wd_datalist src[4] = {
		{NULL, 10, &src[1]}, {in, 0, &src[2]}, {in, 100, &src[3]}, {in + 100, 900, NULL}};
	struct wd_datalist dst = { mid, 4000, NULL };
	struct wd_comp_msg msg;

	data_fill(in, 1000, DATA_TEXT);
	ck_assert_int_eq(scattered(&comp, &msg, WD_ZLIB, src, 1000, &dst, 4000), 0);
	ck_assert_int_eq(data_inflate(WD_ZLIB, mid, msg.produced, out, 1000), 1000);
	ck_assert_int_eq(memcmp(in, out, 1000), 0);
}

TEST(lists_that_are_too_short_circular_or_too_long_are_refused)
{
	struct wd_datalist a = { in, 100, NULL }, b = { mid, 100, NULL }, c = { mid, 0, &c };
	struct wd_datalist huge = { in, 8 * MIB + 1, NULL };
	static const uint32_t one[] = { 1 };
	struct wd_comp_msg msg;

	ck_assert_int_eq(scattered(&comp, &msg, WD_ZLIB, &a, 101, &b, 100), -WD_EINVAL);
	ck_assert_int_eq(scattered(&comp, &msg, WD_ZLIB, &a, 100, &b, 101), -WD_EINVAL);
	ck_assert_int_eq(scattered(&comp, &msg, WD_ZLIB, &a, 0, &b, 100), -WD_EINVAL);
	ck_assert_int_eq(scattered(&comp, &msg, WD_ZLIB, &a, 100, &b, 0), -WD_EINVAL);
	ck_assert_int_eq(scattered(&comp, &msg, WD_ZLIB, &a, 100, &c, 100), -WD_EINVAL);
	ck_assert_int_eq(scattered(&comp, &msg, WD_ZLIB, NULL, 100, &b, 100), -WD_EINVAL);
	ck_assert_int_eq(scattered(&comp, &msg, WD_ZLIB, &huge, 8 * MIB + 1, &b, 100), -WD_EINVAL);
	a.next = &a; /* circular, but every round counts */
	ck_assert_int_eq(scattered(&comp, &msg, WD_ZLIB, &a, UINT32_MAX, &b, 100), -WD_EINVAL);
	/* 255 x 256 pieces are the most a chain can have. */
	scatter(in_nodes, in, 65281, one, 1);
	ck_assert_int_eq(scattered(&comp, &msg, WD_ZLIB, in_nodes, 65281, &b, 100), -WD_EINVAL);
	ck_assert_uint_eq(qm_of(comp.q)->sgls.used_nbytes, 0);
	ck_assert_uint_eq(comp.jobs, 0);
}

TEST(longest_chain_works_and_idle_lists_are_bounded)
{
	static const uint32_t one[] = { 1 };
	struct wd_datalist dst = { mid, MIB, NULL };
	struct wd_comp_msg msg;

	data_fill(in, 65280, DATA_TEXT);
	scatter(in_nodes, in, 65280, one, 1);
	ck_assert_int_eq(scattered(&comp, &msg, WD_ZLIB, in_nodes, 65280, &dst, MIB), 0);
	ck_assert_int_eq(data_inflate(WD_ZLIB, mid, msg.produced, out, 65280), 65280);
	ck_assert_uint_eq(qm_of(comp.q)->sgls.used_nbytes, 0);
	ck_assert_uint_le(qm_of(comp.q)->sgls.idle_nbytes, SGL_POOL_IDLE_NBYTES);
}

TEST(lists_in_use_are_bounded_and_abort_gives_them_back)
{
	static struct wd_comp_msg msgs[1024];
	static const uint32_t one[] = { 1 };
	struct wd_datalist dst = { mid, 4096, NULL };
	struct wd_msg *lost[64];
	struct wd_template t;
	int n, ret;

	scatter(in_nodes, in, 65280, one, 1);
	for (n = 0; n < 1024; n++) {
		prepare(&comp, &msgs[n], &t, WD_ZLIB, 0);
		msgs[n].tmpl = &t;
		msgs[n].data_fmt = WD_SGL_BUF;
		msgs[n].list_src = in_nodes;
		msgs[n].src_len = 65280;
		msgs[n].list_dst = &dst;
		msgs[n].dst_len = 4096;
		ret = hisi_zip_driver.submit(comp.q, &msgs[n].head);
		if (ret)
			break;
	}
	ck_assert_int_eq(ret, -WD_EBUSY);
	ck_assert_int_gt(n, 10);
	ck_assert_int_lt(n, 20);
	ck_assert_uint_le(qm_of(comp.q)->sgls.used_nbytes, SGL_POOL_MAX_NBYTES);
	ck_assert_int_eq(hisi_zip_driver.stop(comp.q), 0);
	ck_assert_int_eq(hisi_zip_driver.abort(comp.q, lost, 64), n);
	ck_assert_uint_eq(qm_of(comp.q)->sgls.used_nbytes, 0);
}

TEST(scattered_header_that_is_malformed_or_all_there_is)
{
	uint8_t bytes[] = { 0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3, 'n', 'a', 'm', 'e' };
	struct wd_datalist src[2] = { { bytes, 7, &src[1] }, { bytes + 7, 7, NULL } };
	struct wd_datalist dst = { out, 1000, NULL };
	struct wd_comp_msg msg;

	for (uint32_t n = 1; n <= 15; n++) {
		ck_assert_int_eq(scattered(&decomp, &msg, WD_GZIP, src, n, &dst, 1000),
				 WD_SUBMIT_DONE);
		ck_assert_uint_eq(msg.status, WD_IN_EPARA);
	}
	bytes[1] = 0;
	ck_assert_int_eq(scattered(&decomp, &msg, WD_GZIP, src, 14, &dst, 1000), WD_SUBMIT_DONE);
	ck_assert_uint_eq(msg.status, WD_IN_EPARA);
	ck_assert_uint_eq(decomp.jobs, 0);
}

TEST(scattered_output_too_small_for_the_header)
{
	struct wd_datalist src = { in, 1000, NULL }, dst = { mid, 10, NULL };
	struct wd_comp_msg msg;

	ck_assert_int_eq(scattered(&comp, &msg, WD_GZIP, &src, 1000, &dst, 10), WD_SUBMIT_DONE);
	ck_assert_uint_eq(msg.status, WD_OUT_EPARA);
}

int main(void)
{
	return run_tests("zip_data", setup, teardown);
}
