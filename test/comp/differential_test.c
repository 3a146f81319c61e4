// SPDX-License-Identifier: Apache-2.0
/*
 * Compression and decompression against zlib and LZ4 as judges: formats, levels,
 * windows, ways to run a job, sizes, and streams cut in pieces of every awkward
 * size. Run on a device of each version.
 */
#include "corpus.h"
#include "jobs.h"
#include "judge.h"
#include "runner.h"

#define MIB (1u << 20)
#define DEVICE_MAX (8 * MIB)

static const enum wd_comp_alg_type formats[] = { WD_DEFLATE, WD_ZLIB, WD_GZIP, WD_LZ4 };
/* Of these the first ones can be streams and can be decompressed. */
#define STREAM_FORMATS 3
#define FORMATS 4

static uint8_t *packed, *unpacked; /* room for any result */
static size_t packed_room = CORPUS_MAX_NBYTES + CORPUS_MAX_NBYTES / 8 + 4096;

static void make_room(void)
{
	for (int kind = 0; kind < CORPUS_KINDS; kind++)
		corpus(kind);
	packed = malloc(packed_room);
	unpacked = malloc(CORPUS_MAX_NBYTES + 1);
	if (!packed || !unpacked)
		abort();
}

static void compress_and_judge(handle_t sess, enum wd_comp_alg_type alg, enum job_way way,
			       enum corpus_kind kind, size_t nbytes)
{
	size_t n = job_run(sess, way, WD_DIR_COMPRESS, corpus(kind), nbytes, packed,
			   job_bound(nbytes));

	ck_assert_msg(judge_accepts(alg, packed, n, corpus(kind), nbytes),
		      "%s, %s, %zu bytes of %s became %zu: refused by the judge",
		      job_alg_names[alg], job_way_names[way], nbytes, corpus_names[kind], n);
}

static void decompress_and_compare(handle_t sess, enum job_way way, size_t packed_nbytes,
				   const uint8_t *expected, size_t nbytes, size_t room)
{
	size_t n = job_run(sess, way, WD_DIR_DECOMPRESS, packed, packed_nbytes, unpacked, room);

	ck_assert_uint_eq(n, nbytes);
	ck_assert(!memcmp(unpacked, expected, nbytes));
}

/* -------------------------------------------------------- stateless jobs */

START_TEST(every_level_and_window_is_taken_and_decodes)
{
	enum wd_comp_alg_type alg = formats[_i];

	if (!job_offered(alg))
		return;
	job_init();
	for (unsigned int level = 0; level <= WD_COMP_L15; level++) {
		for (unsigned int window = 0; window <= WD_COMP_WS_32K; window++) {
			handle_t sess = job_session_at(alg, WD_DIR_COMPRESS, level, window);

			compress_and_judge(sess, alg, JOB_SYNC, CORPUS_TEXT, 20000);
			wd_comp_free_sess(sess);
		}
	}
}
END_TEST

START_TEST(no_match_reaches_further_back_than_the_window)
{
	/* 24 KiB has no number of bits: 32 KiB must do. */
	static const int bits[] = { 12, 13, 14, 15, 15 };
	const uint8_t *src = corpus(CORPUS_TEXT);
	size_t n;

	if (!job_offered(WD_DEFLATE))
		return;
	job_init();
	for (unsigned int window = 0; window <= WD_COMP_WS_32K; window++) {
		handle_t sess = job_session_at(WD_DEFLATE, WD_DIR_COMPRESS, 0, window);

		n = job_run(sess, JOB_SYNC, WD_DIR_COMPRESS, src, 100000, packed, packed_room);
		ck_assert(judge_accepts_window(bits[window], packed, n, src, 100000));
		n = job_stream(sess, WD_DIR_COMPRESS, src, 100000, 7777, packed, packed_room,
			       packed_room);
		ck_assert(judge_accepts_window(bits[window], packed, n, src, 100000));
		wd_comp_free_sess(sess);
	}
}
END_TEST

static const size_t sizes[] = { 1, 2, 3, 17, 199, 200, 201, 4096, 65535, 65537, 300001 };
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

START_TEST(every_way_compresses_all_data_and_sizes)
{
	enum wd_comp_alg_type alg = formats[_i];
	handle_t sess;

	if (!job_offered(alg))
		return;
	job_init();
	sess = job_session(alg, WD_DIR_COMPRESS);
	for (enum job_way way = 0; way < JOB_WAYS; way++) {
		if (alg == WD_LZ4 && way == JOB_SYNC2)
			continue; /* no streams of it */
		for (int kind = 0; kind < CORPUS_KINDS; kind++)
			for (size_t i = 0; i < SIZES; i++)
				compress_and_judge(sess, alg, way, kind, sizes[i]);
	}
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(every_way_decompresses_all_kinds_of_blocks)
{
	enum wd_comp_alg_type alg = formats[_i / JUDGE_STYLES];
	enum judge_style style = _i % JUDGE_STYLES;
	handle_t sess;

	if (!job_offered(alg))
		return;
	job_init();
	sess = job_session(alg, WD_DIR_DECOMPRESS);
	for (int kind = 0; kind < CORPUS_KINDS; kind++) {
		for (size_t i = 0; i < SIZES; i++) {
			size_t n = judge_compress(alg, style, corpus(kind), sizes[i], packed,
						  packed_room);

			ck_assert_uint_ne(n, JUDGE_FAILED);
			for (enum job_way way = 0; way < JOB_WAYS; way++)
				decompress_and_compare(sess, way, n, corpus(kind), sizes[i],
						       sizes[i] + (i % 2 ? 0 : 1000));
		}
	}
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(empty_input_as_one_job_is_einval_and_as_a_stream_is_a_stream)
{
	enum wd_comp_alg_type alg = formats[_i];
	struct wd_comp_req req;
	handle_t sess;
	size_t n;

	if (!job_offered(alg))
		return;
	job_init();
	sess = job_session(alg, WD_DIR_COMPRESS);
	ck_assert_int_eq(job_sync(sess, WD_DIR_COMPRESS, corpus(0), 0, packed, 100, &req),
			 -WD_EINVAL);
	n = job_stream(sess, WD_DIR_COMPRESS, NULL, 0, 1, packed, 100, 100);
	ck_assert(judge_accepts(alg, packed, n, "", 0));
	wd_comp_free_sess(sess);

	sess = job_session(alg, WD_DIR_DECOMPRESS);
	n = judge_compress(alg, JUDGE_BEST, "", 0, packed, 100);
	ck_assert_uint_eq(job_run(sess, JOB_SYNC, WD_DIR_DECOMPRESS, packed, n, unpacked, 10), 0);
	ck_assert_uint_eq(job_stream(sess, WD_DIR_DECOMPRESS, packed, n, n, unpacked, 10, 10), 0);
	ck_assert_uint_eq(job_stream(sess, WD_DIR_DECOMPRESS, packed, n, 1, unpacked, 10, 1), 0);
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(eight_mib_is_taken_in_one_job)
{
	enum wd_comp_alg_type alg = formats[_i / CORPUS_KINDS];
	enum corpus_kind kind = _i % CORPUS_KINDS;
	handle_t sess;
	size_t n;

	if (!job_offered(alg) || (!test_is_sweep() && alg != WD_ZLIB && kind != CORPUS_ZEROS))
		return;
	job_init();
	sess = job_session(alg, WD_DIR_COMPRESS);
	/* What does not get smaller does not fit into the 8 MiB a device gives at once. */
	if (kind != CORPUS_NOISE)
		compress_and_judge(sess, alg, JOB_SYNC, kind, DEVICE_MAX);
	wd_comp_free_sess(sess);
	if (alg == WD_LZ4)
		return;
	sess = job_session(alg, WD_DIR_DECOMPRESS);
	n = judge_compress(alg, JUDGE_FAST, corpus(kind), DEVICE_MAX, packed, packed_room);
	if (n <= DEVICE_MAX)
		decompress_and_compare(sess, JOB_SYNC, n, corpus(kind), DEVICE_MAX, DEVICE_MAX);
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(one_byte_more_than_eight_mib_is_einval_as_one_job_and_works_by_sync2)
{
	enum wd_comp_alg_type alg = formats[_i];
	size_t nbytes = DEVICE_MAX + 1;
	struct wd_comp_req req;
	handle_t sess;
	size_t n;

	if (!job_offered(alg) || (!test_is_sweep() && alg != WD_GZIP))
		return;
	job_init();
	sess = job_session(alg, WD_DIR_COMPRESS);
	ck_assert_int_eq(job_sync(sess, WD_DIR_COMPRESS, corpus(CORPUS_TEXT), nbytes, packed,
				  packed_room, &req),
			 -WD_EINVAL);
	compress_and_judge(sess, alg, JOB_SYNC2, CORPUS_TEXT, nbytes);
	compress_and_judge(sess, alg, JOB_SYNC2, CORPUS_NOISE, nbytes);
	wd_comp_free_sess(sess);

	sess = job_session(alg, WD_DIR_DECOMPRESS);
	n = judge_compress(alg, JUDGE_FAST, corpus(CORPUS_NOISE), nbytes, packed, packed_room);
	ck_assert_uint_gt(n, DEVICE_MAX);
	ck_assert_int_eq(job_sync(sess, WD_DIR_DECOMPRESS, packed, n, unpacked, nbytes, &req),
			 -WD_EINVAL);
	decompress_and_compare(sess, JOB_SYNC2, n, corpus(CORPUS_NOISE), nbytes, nbytes);
	wd_comp_free_sess(sess);
}
END_TEST

/* The trailer is then in a piece of its own, when all room is used up. */
START_TEST(sync2_decompresses_into_exact_room_wherever_its_pieces_end)
{
	enum wd_comp_alg_type alg = formats[_i];
	handle_t sess;

	if (!job_offered(alg))
		return;
	job_init();
	sess = job_session(alg, WD_DIR_DECOMPRESS);
	for (size_t nbytes = MIB - 500; nbytes < MIB; nbytes++) {
		size_t n = judge_compress(alg, JUDGE_STORED, corpus(CORPUS_NOISE), nbytes, packed,
					  packed_room);

		if (n >= MIB && n < MIB + 12)
			decompress_and_compare(sess, JOB_SYNC2, n, corpus(CORPUS_NOISE), nbytes,
					       nbytes);
	}
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(gzip_headers_with_all_optional_fields_are_read)
{
	const uint8_t *src = corpus(CORPUS_TEXT);
	static const size_t pieces[] = { 1, 7, 300, 65536 };
	handle_t sess;
	size_t n;

	if (!job_offered(WD_GZIP))
		return;
	job_init();
	sess = job_session(WD_GZIP, WD_DIR_DECOMPRESS);
	n = judge_compress_gzip_fields(src, 5000, packed, packed_room);
	ck_assert_uint_ne(n, JUDGE_FAILED);
	for (enum job_way way = 0; way < JOB_WAYS; way++)
		decompress_and_compare(sess, way, n, src, 5000, 5000);
	for (int i = 0; i < 4; i++) {
		ck_assert_uint_eq(job_stream(sess, WD_DIR_DECOMPRESS, packed, n, pieces[i],
					     unpacked, 5000 + 1, 5001),
				  5000);
		ck_assert(!memcmp(unpacked, src, 5000));
	}
	wd_comp_free_sess(sess);
}
END_TEST

/* What comes of input that may be no stream at all; -1 refused, else bytes. */
static long verdict(handle_t sess, const uint8_t *in, size_t nbytes, uint8_t *out, size_t room)
{
	struct wd_comp_req req;
	int rc = job_sync(sess, WD_DIR_DECOMPRESS, in, nbytes, out, room, &req);

	ck_assert_int_eq(rc, 0);
	return req.status == WD_SUCCESS ? (long)req.dst_len : -1;
}

START_TEST(truncated_and_changed_input_is_judged_as_zlib_does)
{
	enum wd_comp_alg_type alg = formats[_i];
	uint8_t changed[1000], theirs[4000], ours[4000];
	handle_t sess;
	size_t n;

	if (!job_offered(alg))
		return;
	job_init();
	sess = job_session(alg, WD_DIR_DECOMPRESS);
	n = judge_compress(alg, JUDGE_BEST, corpus(CORPUS_TEXT), 900, packed, packed_room);
	ck_assert_uint_lt(n, sizeof(changed));
	for (size_t cut = 1; cut < n; cut++)
		ck_assert_msg(verdict(sess, packed, cut, ours, sizeof(ours)) == -1,
			      "%s cut to %zu of %zu bytes was taken", job_alg_names[alg], cut, n);
	for (size_t bit = 0; bit < n * 8; bit++) {
		bool zlib_takes;
		long got;

		memcpy(changed, packed, n);
		changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		zlib_takes = judge_verdict(alg, changed, n, theirs, sizeof(theirs)) == 1;
		got = verdict(sess, changed, n, ours, sizeof(ours));
		ck_assert_msg((got >= 0) == zlib_takes, "%s with bit %zu changed: zlib %s, we %ld",
			      job_alg_names[alg], bit, zlib_takes ? "takes" : "refuses", got);
		ck_assert(got < 0 || !memcmp(ours, theirs, (size_t)got));
	}
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(what_follows_a_stream_is_left_alone)
{
	enum wd_comp_alg_type alg = formats[_i];
	const uint8_t *src = corpus(CORPUS_TEXT);
	struct wd_comp_req req;
	handle_t sess;
	size_t n, both;

	if (!job_offered(alg))
		return;
	job_init();
	sess = job_session(alg, WD_DIR_DECOMPRESS);
	n = judge_compress(alg, JUDGE_BEST, src, 3000, packed, packed_room);
	both = n + judge_compress(alg, JUDGE_FAST, src, 2000, packed + n, packed_room - n);
	ck_assert_int_eq(job_sync(sess, WD_DIR_DECOMPRESS, packed, both, unpacked, 10000, &req), 0);
	ck_assert_uint_eq(req.status, WD_SUCCESS);
	ck_assert_uint_eq(req.src_len, n);
	ck_assert_uint_eq(req.dst_len, 3000);
	wd_comp_free_sess(sess);
}
END_TEST

/* ---------------------------------------------------------------- streams */

/* 200 bytes of room are what the device cannot do without. */
static const size_t pieces[] = { 1, 200, 201, 65536, 2, 3, 199, 4, 236, 1000, 8190 };

/* All in the long run; else those of most interest, and on one version of the device more of them. */
static size_t pieces_tried(void)
{
	struct uacce_dev *dev;
	bool is_v3;

	if (test_is_sweep())
		return sizeof(pieces) / sizeof(pieces[0]);
	dev = wd_get_accel_dev("zlib");
	is_v3 = dev && !strcmp(dev->api, "hisi_qm_v3");
	free(dev);
	return is_v3 ? 7 : 4;
}

/* So much data that a test of one combination is some hundred steps. */
static size_t worthwhile(size_t in, size_t out)
{
	size_t least = in < out ? in : out;
	size_t steps = test_is_sweep() ? 2000 : 24;
	size_t most = test_is_sweep() ? 1000000 : 150000;

	return least * steps < most ? least * steps + 5 : most;
}

START_TEST(streams_compress_in_pieces_of_every_size)
{
	enum wd_comp_alg_type alg = formats[_i / CORPUS_KINDS];
	enum corpus_kind kind = _i % CORPUS_KINDS;
	size_t tried = pieces_tried();
	handle_t sess;

	if (!job_offered(alg))
		return;
	job_init();
	sess = job_session(alg, WD_DIR_COMPRESS);
	for (size_t in = 0; in < tried; in++) {
		for (size_t out = 0; out < tried; out++) {
			size_t nbytes = worthwhile(pieces[in], pieces[out]);
			/* A flush after every byte is what costs room. */
			size_t room = nbytes * 16 + 1000, n;

			n = job_stream(sess, WD_DIR_COMPRESS, corpus(kind), nbytes, pieces[in],
				       packed, room < packed_room ? room : packed_room, pieces[out]);
			ck_assert_msg(judge_accepts(alg, packed, n, corpus(kind), nbytes),
				      "%s, %zu bytes of %s in pieces of %zu to %zu",
				      job_alg_names[alg], nbytes, corpus_names[kind], pieces[in],
				      pieces[out]);
		}
	}
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(streams_decompress_in_pieces_of_every_size)
{
	enum wd_comp_alg_type alg = formats[_i / JUDGE_STYLES / CORPUS_KINDS];
	enum judge_style style = _i / CORPUS_KINDS % JUDGE_STYLES;
	enum corpus_kind kind = _i % CORPUS_KINDS;
	size_t tried = pieces_tried();
	handle_t sess;

	if (!job_offered(alg) || (!test_is_sweep() && (int)kind != (int)style % CORPUS_KINDS))
		return;
	job_init();
	sess = job_session(alg, WD_DIR_DECOMPRESS);
	for (size_t in = 0; in < tried; in++) {
		for (size_t out = 0; out < tried; out++) {
			size_t nbytes = worthwhile(pieces[in], pieces[out]);
			size_t n = judge_compress(alg, style, corpus(kind), nbytes, packed,
						  packed_room);
			size_t got = job_stream(sess, WD_DIR_DECOMPRESS, packed, n, pieces[in],
						unpacked, nbytes + 1, pieces[out]);

			ck_assert_msg(got == nbytes && !memcmp(unpacked, corpus(kind), nbytes),
				      "%s, %zu bytes of %s in pieces of %zu to %zu: %zu came",
				      job_alg_names[alg], nbytes, corpus_names[kind], pieces[in],
				      pieces[out], got);
		}
	}
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(streams_take_pieces_of_eight_mib)
{
	enum wd_comp_alg_type alg = formats[_i];
	const uint8_t *src = corpus(CORPUS_NOISE);
	size_t nbytes = CORPUS_MAX_NBYTES, n;
	handle_t sess;

	if (!job_offered(alg) || (!test_is_sweep() && alg != WD_ZLIB))
		return;
	job_init();
	sess = job_session(alg, WD_DIR_COMPRESS);
	n = job_stream(sess, WD_DIR_COMPRESS, src, nbytes, DEVICE_MAX, packed, packed_room,
		       packed_room);
	ck_assert(judge_accepts(alg, packed, n, src, nbytes));
	wd_comp_free_sess(sess);
	sess = job_session(alg, WD_DIR_DECOMPRESS);
	ck_assert_uint_eq(job_stream(sess, WD_DIR_DECOMPRESS, packed, n, DEVICE_MAX, unpacked,
				     nbytes + 1, nbytes + 1),
			  nbytes);
	ck_assert(!memcmp(unpacked, src, nbytes));
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(streams_decompress_into_exact_room)
{
	enum wd_comp_alg_type alg = formats[_i / JUDGE_STYLES];
	enum judge_style style = _i % JUDGE_STYLES;
	handle_t sess;

	if (!job_offered(alg))
		return;
	job_init();
	sess = job_session(alg, WD_DIR_DECOMPRESS);
	for (int kind = 0; kind < CORPUS_KINDS; kind++) {
		for (size_t i = 0; i < SIZES; i++) {
			size_t n = judge_compress(alg, style, corpus(kind), sizes[i], packed,
						  packed_room);
			struct wd_comp_req req = { .src = packed,
						   .src_len = (uint32_t)n,
						   .dst = unpacked,
						   .dst_len = (uint32_t)sizes[i],
						   .op_type = WD_DIR_DECOMPRESS,
						   .last = 1 };
			uint8_t more[8];

			ck_assert_int_eq(wd_do_comp_strm(sess, &req), 0);
			ck_assert_uint_eq(req.dst_len, sizes[i]);
			ck_assert(!memcmp(unpacked, corpus(kind), sizes[i]));
			/* The end may need another call, but no byte may come with it. */
			if (req.status != WD_STREAM_END) {
				ck_assert_uint_eq(job_stream(sess, WD_DIR_DECOMPRESS,
							     packed + req.src_len, n - req.src_len,
							     n, more, sizeof(more), sizeof(more)),
						  0);
			}
		}
	}
	wd_comp_free_sess(sess);
}
END_TEST

#define INTERLEAVED 6

START_TEST(streams_of_one_thread_do_not_disturb_each_other)
{
	size_t done_in[INTERLEAVED] = { 0 }, done_out[INTERLEAVED] = { 0 };
	size_t nbytes = 60000, open = 0;
	enum wd_comp_alg_type algs[INTERLEAVED];
	handle_t sess[INTERLEAVED];
	uint8_t *out[INTERLEAVED];
	uint64_t seed = 3;

	job_init();
	for (int i = 0; i < INTERLEAVED; i++) {
		algs[i] = i % 2 ? WD_GZIP : WD_ZLIB;
		sess[i] = job_session(algs[i], WD_DIR_COMPRESS);
		out[i] = malloc(nbytes * 2);
		open++;
	}
	while (open) {
		int i = (int)(corpus_random(&seed) % INTERLEAVED);
		size_t in = corpus_random(&seed) % 3000 + 1;
		struct wd_comp_req req = { .src = (void *)(corpus(i % CORPUS_KINDS) + done_in[i]),
					   .dst = out[i] + done_out[i],
					   .dst_len = (uint32_t)(nbytes * 2 - done_out[i]),
					   .op_type = WD_DIR_COMPRESS };

		if (!sess[i])
			continue;
		if (in > nbytes - done_in[i])
			in = nbytes - done_in[i];
		req.src_len = (uint32_t)in;
		req.last = done_in[i] + in == nbytes;
		ck_assert_int_eq(wd_do_comp_strm(sess[i], &req), 0);
		done_in[i] += req.src_len;
		done_out[i] += req.dst_len;
		if (job_stream_ended(&req, nbytes - done_in[i])) {
			ck_assert(judge_accepts(algs[i], out[i], done_out[i],
						corpus(i % CORPUS_KINDS), nbytes));
			wd_comp_free_sess(sess[i]);
			sess[i] = 0;
			free(out[i]);
			open--;
		}
	}
}
END_TEST

START_TEST(members_one_after_the_other_are_streams_one_after_the_other)
{
	enum wd_comp_alg_type alg = formats[_i];
	const uint8_t *src = corpus(CORPUS_BINARY);
	size_t total = 0, used = 0, out = 0, starts[5] = { 0 };
	handle_t sess;

	if (!job_offered(alg))
		return;
	job_init();
	for (int m = 0; m < 4; m++) {
		total += judge_compress(alg, m, src + m * 5000, 5000, packed + total,
					packed_room - total);
		starts[m + 1] = total;
	}
	sess = job_session(alg, WD_DIR_DECOMPRESS);
	for (int m = 0; m < 4;) {
		struct wd_comp_req req = { .src = packed + used,
					   .src_len = (uint32_t)(total - used),
					   .dst = unpacked + out,
					   .dst_len = 777,
					   .op_type = WD_DIR_DECOMPRESS,
					   .last = 1 };

		ck_assert_int_eq(wd_do_comp_strm(sess, &req), 0);
		ck_assert(req.status == WD_SUCCESS || req.status == WD_EAGAIN ||
			  req.status == WD_STREAM_END);
		used += req.src_len;
		out += req.dst_len;
		if (req.status == WD_STREAM_END)
			ck_assert_uint_eq(used, starts[++m]);
	}
	ck_assert_uint_eq(out, 4 * 5000);
	ck_assert(!memcmp(unpacked, src, out));
	wd_comp_free_sess(sess);
}
END_TEST

START_TEST(a_format_the_device_does_not_list_gives_no_session)
{
	enum wd_comp_alg_type alg = formats[_i];
	struct wd_comp_sess_setup setup = { .alg_type = alg, .op_type = WD_DIR_COMPRESS };

	if (job_offered(alg))
		return;
	job_init();
	errno = 0;
	ck_assert_uint_eq(wd_comp_alloc_sess(&setup), 0);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, every_level_and_window_is_taken_and_decodes, 0, FORMATS);
	tcase_add_test(tests, no_match_reaches_further_back_than_the_window);
	tcase_add_loop_test(tests, every_way_compresses_all_data_and_sizes, 0, FORMATS);
	tcase_add_loop_test(tests, every_way_decompresses_all_kinds_of_blocks, 0,
			    STREAM_FORMATS * JUDGE_STYLES);
	tcase_add_loop_test(tests, empty_input_as_one_job_is_einval_and_as_a_stream_is_a_stream, 0,
			    STREAM_FORMATS);
	tcase_add_loop_test(tests, eight_mib_is_taken_in_one_job, 0, FORMATS * CORPUS_KINDS);
	tcase_add_loop_test(tests,
			    one_byte_more_than_eight_mib_is_einval_as_one_job_and_works_by_sync2, 0,
			    STREAM_FORMATS);
	tcase_add_loop_test(tests, sync2_decompresses_into_exact_room_wherever_its_pieces_end, 0,
			    STREAM_FORMATS);
	tcase_add_test(tests, gzip_headers_with_all_optional_fields_are_read);
	tcase_add_loop_test(tests, truncated_and_changed_input_is_judged_as_zlib_does, 0,
			    STREAM_FORMATS);
	tcase_add_loop_test(tests, what_follows_a_stream_is_left_alone, 0, STREAM_FORMATS);
	tcase_add_loop_test(tests, streams_compress_in_pieces_of_every_size, 0,
			    STREAM_FORMATS * CORPUS_KINDS);
	tcase_add_loop_test(tests, streams_decompress_in_pieces_of_every_size, 0,
			    STREAM_FORMATS * JUDGE_STYLES * CORPUS_KINDS);
	tcase_add_loop_test(tests, streams_take_pieces_of_eight_mib, 0, STREAM_FORMATS);
	tcase_add_loop_test(tests, streams_decompress_into_exact_room, 0,
			    STREAM_FORMATS * JUDGE_STYLES);
	tcase_add_test(tests, streams_of_one_thread_do_not_disturb_each_other);
	tcase_add_loop_test(tests, members_one_after_the_other_are_streams_one_after_the_other, 0,
			    STREAM_FORMATS);
	tcase_add_loop_test(tests, a_format_the_device_does_not_list_gives_no_session, 0, FORMATS);
}

int main(void)
{
	make_room();
	return run_suite("differential", add_tests);
}
