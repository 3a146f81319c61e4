// SPDX-License-Identifier: Apache-2.0
/*
 * Literals and sequences: rebuilt by the rules of the format, and, for zstd, given
 * to libzstd to encode, whose decoder then is the judge.
 */
#include "corpus.h"
#include "jobs.h"
#include "runner.h"

#include <stdlib.h>
#include <string.h>
#ifdef HAVE_ZSTD
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#endif

#define BLOCK_MAX (128u << 10)
#define EXTRA 16      /* what the device wants of literal room beyond the input */
#define FREQUENCIES 784
#define ROOM (BLOCK_MAX + EXTRA + BLOCK_MAX * 8 / 3 + 8192)

static const enum wd_comp_alg_type kinds[] = { WD_LZ77_ZSTD, WD_LZ77_ONLY };
static uint8_t *out;

static uint16_t load16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t load32(const uint8_t *p)
{
	return load16(p) | (uint32_t)load16(p + 2) << 16;
}

struct sequence {
	uint32_t literals, offset, match;
};

struct repeats {
	uint32_t offset[3];
};

static const struct repeats first_repeats = { { 1, 4, 8 } };

/* RFC 8878, 3.1.1.5: offset codes 1 to 3 mean offsets used before. */
static uint32_t zstd_offset(struct repeats *r, uint32_t code, uint32_t literals)
{
	uint32_t offset, at;

	if (code > 3) {
		offset = code - 3;
		at = 2;
	} else {
		at = code - 1 + !literals;
		offset = at == 3 ? r->offset[0] - 1 : r->offset[at];
		if (at == 3)
			at = 2;
	}
	for (; at; at--)
		r->offset[at] = r->offset[at - 1];
	r->offset[0] = offset;
	return offset;
}

static struct sequence sequence_at(enum wd_comp_alg_type kind, const struct wd_lz77_zstd_data *data,
				   uint32_t i, struct repeats *repeats)
{
	const uint8_t *p = (const uint8_t *)data->sequences_start + 8 * (size_t)i;
	struct sequence s = { .match = load16(p + 6) + 3u };

	if (kind == WD_LZ77_ONLY) {
		s.literals = load32(p);
		s.offset = load16(p + 4) + 1u;
		return s;
	}
	s.literals = load16(p + 4);
	if (data->lit_length_overflow_cnt && data->lit_length_overflow_pos == i)
		s.literals += 0x10000;
	s.offset = zstd_offset(repeats, load32(p), s.literals);
	return s;
}

/* Copies literals and matches; fails the test when the result is not @src. */
static void rebuild(enum wd_comp_alg_type kind, const struct wd_lz77_zstd_data *data,
		    const uint8_t *history, const uint8_t *src, size_t nbytes, struct repeats *repeats)
{
	size_t before = (size_t)(src - history), at = before, lit = 0;
	uint8_t *back = malloc(before + nbytes);

	memcpy(back, history, before);
	for (uint32_t i = 0; i < data->seq_num; i++) {
		struct sequence s = sequence_at(kind, data, i, repeats);

		ck_assert_uint_le(lit + s.literals, data->lit_num);
		ck_assert_uint_le(at + s.literals + s.match, before + nbytes);
		memcpy(back + at, (uint8_t *)data->literals_start + lit, s.literals);
		at += s.literals;
		lit += s.literals;
		ck_assert_msg(s.offset && s.offset <= at, "sequence %u: offset %u at %zu", i, s.offset,
			      at);
		for (; s.match; s.match--, at++)
			back[at] = back[at - s.offset];
	}
	ck_assert_uint_eq(before + nbytes - at, data->lit_num - lit);
	memcpy(back + at, (uint8_t *)data->literals_start + lit, data->lit_num - lit);
	ck_assert(!memcmp(back, history, before + nbytes));
	free(back);
}

static struct wd_comp_req request(const void *src, size_t nbytes, struct wd_lz77_zstd_data *data)
{
	return (struct wd_comp_req){ .src = (void *)(uintptr_t)src,
				     .src_len = (uint32_t)nbytes,
				     .dst = out,
				     .dst_len = ROOM,
				     .op_type = WD_DIR_COMPRESS,
				     .data_fmt = WD_FLAT_BUF,
				     .priv = data };
}

static void check_places(enum wd_comp_alg_type kind, const struct wd_comp_req *req, size_t nbytes,
			 const struct wd_lz77_zstd_data *data)
{
	ck_assert_uint_eq(req->status, WD_SUCCESS);
	ck_assert_uint_eq(req->src_len, nbytes);
	ck_assert_ptr_eq(data->literals_start, out);
	ck_assert((uint8_t *)data->sequences_start >= out + data->lit_num);
	ck_assert((uint8_t *)data->sequences_start + 8 * (size_t)data->seq_num <= out + ROOM);
	if (kind == WD_LZ77_ZSTD) {
		ck_assert_ptr_nonnull(data->freq);
		ck_assert((uint8_t *)data->freq >=
			  (uint8_t *)data->sequences_start + 8 * (size_t)data->seq_num);
		ck_assert((uint8_t *)data->freq + FREQUENCIES <= out + ROOM);
	} else {
		ck_assert_ptr_null(data->freq);
	}
}

static void *on_done(struct wd_comp_req *req, void *param)
{
	*(struct wd_comp_req *)param = *req;
	return NULL;
}

static _Atomic uint32_t done;

static void *on_counted(struct wd_comp_req *req, void *param)
{
	on_done(req, param);
	done++;
	return NULL;
}

static void run(handle_t sess, struct wd_comp_req *req, bool async)
{
	struct wd_comp_req sent = *req;

	if (!async) {
		ck_assert_int_eq(wd_do_comp_sync(sess, req), 0);
		return;
	}
	sent.cb = on_counted;
	sent.cb_param = req;
	done = 0;
	ck_assert_int_eq(wd_do_comp_async(sess, &sent), 0);
	job_poll_until(&done, 1);
}

START_TEST(literals_and_sequences_rebuild_the_input)
{
	static const size_t sizes[] = { 1, 2, 3, 4, 17, 200, 4096, 65535, 65536, 70000, BLOCK_MAX };
	enum wd_comp_alg_type kind = kinds[_i / 4];
	unsigned int level = _i / 2 % 2 ? WD_COMP_L9 : WD_COMP_L8;
	handle_t sess;

	job_init();
	if (!job_offered(kind))
		return;
	sess = job_session_at(kind, WD_DIR_COMPRESS, level, WD_COMP_WS_32K);
	for (int c = 0; c < CORPUS_KINDS; c++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			struct repeats repeats = first_repeats;
			struct wd_lz77_zstd_data data = { 0 };
			struct wd_comp_req req = request(corpus(c), sizes[i], &data);

			run(sess, &req, _i % 2);
			check_places(kind, &req, sizes[i], &data);
			rebuild(kind, &data, corpus(c), corpus(c), sizes[i], &repeats);
		}
	}
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(a_long_row_of_literals_is_reported_as_overflow)
{
	uint8_t *src = malloc(BLOCK_MAX);
	struct wd_lz77_zstd_data data = { 0 };
	struct wd_comp_req req = request(src, BLOCK_MAX, &data);
	struct repeats repeats = first_repeats;
	handle_t sess;

	job_init();
	if (!job_offered(WD_LZ77_ZSTD))
		return;
	/* 70,000 bytes without a match, then the same again within the window. */
	memcpy(src, corpus(CORPUS_NOISE), 70000);
	for (size_t at = 70000; at < BLOCK_MAX; at++)
		src[at] = src[at - 20000];
	sess = job_session_at(WD_LZ77_ZSTD, WD_DIR_COMPRESS, WD_COMP_L8, WD_COMP_WS_32K);
	run(sess, &req, false);
	check_places(WD_LZ77_ZSTD, &req, BLOCK_MAX, &data);
	ck_assert_uint_eq(data.lit_length_overflow_cnt, 1);
	ck_assert_uint_lt(data.lit_length_overflow_pos, data.seq_num);
	rebuild(WD_LZ77_ZSTD, &data, src, src, BLOCK_MAX, &repeats);
	wd_comp_free_sess(sess);
	free(src);
}
END_TEST

START_TEST(scattered_requests_rebuild_the_input)
{
	enum wd_comp_alg_type kind = kinds[_i];
	const uint8_t *src = corpus(CORPUS_TEXT);
	size_t nbytes = 50000, piece = 10007;
	struct wd_lz77_zstd_data data = { 0 };
	struct repeats repeats = first_repeats;
	struct wd_datalist in[8] = { 0 }, to[2] = { 0 };
	struct wd_comp_req req = request(src, nbytes, &data);
	handle_t sess;

	job_init();
	if (!job_offered(kind))
		return;
	for (size_t at = 0, i = 0; at < nbytes; at += piece, i++) {
		in[i].data = (void *)(uintptr_t)(src + at);
		in[i].len = (uint32_t)(nbytes - at < piece ? nbytes - at : piece);
		if (i)
			in[i - 1].next = &in[i];
	}
	/* An entry is never shared: literals in the first, sequences in the second. */
	to[0] = (struct wd_datalist){ .data = out, .len = 60000, .next = &to[1] };
	to[1] = (struct wd_datalist){ .data = out + 60000, .len = 300000 };
	req.data_fmt = WD_SGL_BUF;
	req.list_src = in;
	req.list_dst = to;
	req.dst_len = 360000;
	sess = job_session_at(kind, WD_DIR_COMPRESS, WD_COMP_L8, WD_COMP_WS_32K);
	ck_assert_int_eq(wd_do_comp_sync(sess, &req), 0);
	ck_assert_uint_eq(req.status, WD_SUCCESS);
	/* With lists the caller knows where things are: at the starts of those entries. */
	data.literals_start = out;
	data.sequences_start = out + 60000;
	rebuild(kind, &data, src, src, nbytes, &repeats);
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(blocks_of_a_stream_refer_to_those_before)
{
	enum wd_comp_alg_type kind = kinds[_i];
	const uint8_t *src = corpus(CORPUS_TEXT);
	struct repeats repeats = first_repeats;
	handle_t sess;

	job_init();
	if (!job_offered(kind))
		return;
	sess = job_session_at(kind, WD_DIR_COMPRESS, WD_COMP_L8, WD_COMP_WS_32K);
	for (size_t at = 0, block = 20000; at < 5 * block; at += block) {
		struct wd_lz77_zstd_data data = { .blk_type = 2 };
		struct wd_comp_req req = request(src + at, block, &data);

		req.last = at == 4 * block;
		ck_assert_int_eq(wd_do_comp_strm(sess, &req), 0);
		ck_assert(req.status == WD_SUCCESS || req.status == WD_STREAM_END);
		ck_assert_uint_eq(req.src_len, block);
		rebuild(kind, &data, src, src + at, block, &repeats);
	}
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(levels_other_than_8_and_9_and_decompression_are_refused)
{
	job_init();
	for (int k = 0; k < 2; k++) {
		if (!job_offered(kinds[k]))
			continue;
		for (unsigned int level = 0; level <= WD_COMP_L15; level++) {
			struct wd_comp_sess_setup setup = { .alg_type = kinds[k],
							    .comp_lv = (enum wd_comp_level)level };
			bool good = !level || level == WD_COMP_L8 || level == WD_COMP_L9;
			handle_t sess = wd_comp_alloc_sess(&setup);

			ck_assert_msg(!sess == !good, "level %u", level);
			wd_comp_free_sess(sess);
			setup.op_type = WD_DIR_DECOMPRESS;
			ck_assert_uint_eq(wd_comp_alloc_sess(&setup), 0);
		}
	}
}
END_TEST

START_TEST(too_little_room_is_said)
{
	struct wd_lz77_zstd_data data = { 0 };
	struct wd_comp_req req;
	handle_t sess;
	int rc;

	job_init();
	if (!job_offered(WD_LZ77_ZSTD))
		return;
	sess = job_session_at(WD_LZ77_ZSTD, WD_DIR_COMPRESS, WD_COMP_L8, WD_COMP_WS_32K);
	req = request(corpus(CORPUS_TEXT), 4096, &data);
	req.dst_len = 4096 + EXTRA + FREQUENCIES - 1;
	rc = wd_do_comp_sync(sess, &req);
	ck_assert(rc == -WD_EINVAL || (!rc && req.status == WD_OUT_EPARA));
	req = request(corpus(CORPUS_TEXT), BLOCK_MAX + 1, &data);
	ck_assert_int_eq(wd_do_comp_sync(sess, &req), -WD_EINVAL);
	wd_comp_free_sess(sess);
}
END_TEST

#ifdef HAVE_ZSTD
/* The device's sequences, as libzstd takes them: true offsets, literals at the end as a last one. */
static size_t to_zstd(const struct wd_lz77_zstd_data *data, ZSTD_Sequence *to, struct repeats *repeats)
{
	uint32_t i, literals = 0;

	for (i = 0; i < data->seq_num; i++) {
		struct sequence s = sequence_at(WD_LZ77_ZSTD, data, i, repeats);

		to[i] = (ZSTD_Sequence){ .offset = s.offset,
					 .litLength = s.literals,
					 .matchLength = s.match };
		literals += s.literals;
	}
	to[i] = (ZSTD_Sequence){ .litLength = data->lit_num - literals };
	return i + 1;
}

START_TEST(zstd_encodes_the_sequences_and_decodes_the_input)
{
	ZSTD_Sequence *sequences = malloc((BLOCK_MAX / 3 + 2) * sizeof(*sequences));
	uint8_t *frame = malloc(BLOCK_MAX + 4096), *back = malloc(BLOCK_MAX);
	ZSTD_CCtx *encoder = ZSTD_createCCtx();
	handle_t sess;

	job_init();
	if (!job_offered(WD_LZ77_ZSTD))
		return;
	sess = job_session_at(WD_LZ77_ZSTD, WD_DIR_COMPRESS, _i ? WD_COMP_L9 : WD_COMP_L8,
			      WD_COMP_WS_32K);
	ZSTD_CCtx_setParameter(encoder, ZSTD_c_blockDelimiters, ZSTD_sf_explicitBlockDelimiters);
	ZSTD_CCtx_setParameter(encoder, ZSTD_c_validateSequences, 1);
	ZSTD_CCtx_setParameter(encoder, ZSTD_c_minMatch, 3);
	for (int c = 0; c < CORPUS_KINDS; c++) {
		struct repeats repeats = first_repeats;
		struct wd_lz77_zstd_data data = { 0 };
		struct wd_comp_req req = request(corpus(c), BLOCK_MAX, &data);
		size_t n;

		run(sess, &req, false);
		check_places(WD_LZ77_ZSTD, &req, BLOCK_MAX, &data);
		ck_assert_uint_le(data.seq_num, BLOCK_MAX / 3);
		n = ZSTD_compressSequences(encoder, frame, BLOCK_MAX + 4096, sequences,
					   to_zstd(&data, sequences, &repeats), corpus(c), BLOCK_MAX);
		ck_assert_msg(!ZSTD_isError(n), "%s: %s", corpus_names[c], ZSTD_getErrorName(n));
		n = ZSTD_decompress(back, BLOCK_MAX, frame, n);
		ck_assert_uint_eq(n, BLOCK_MAX);
		ck_assert(!memcmp(back, corpus(c), BLOCK_MAX));
	}
	ZSTD_freeCCtx(encoder);
	wd_comp_free_sess(sess);
	free(sequences);
	free(frame);
	free(back);
}
END_TEST
#endif

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, literals_and_sequences_rebuild_the_input, 0, 8);
	tcase_add_test(tests, a_long_row_of_literals_is_reported_as_overflow);
	tcase_add_loop_test(tests, scattered_requests_rebuild_the_input, 0, 2);
	tcase_add_loop_test(tests, blocks_of_a_stream_refer_to_those_before, 0, 2);
	tcase_add_test(tests, levels_other_than_8_and_9_and_decompression_are_refused);
	tcase_add_test(tests, too_little_room_is_said);
#ifdef HAVE_ZSTD
	tcase_add_loop_test(tests, zstd_encodes_the_sequences_and_decodes_the_input, 0, 2);
#endif
}

int main(void)
{
	for (int kind = 0; kind < CORPUS_KINDS; kind++)
		corpus(kind);
	out = malloc(ROOM);
	if (!out)
		abort();
	return run_suite("lz77", add_tests);
}
