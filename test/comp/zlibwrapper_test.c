// SPDX-License-Identifier: Apache-2.0
/*
 * wd_deflate() and wd_inflate() with zlib as judge, and zlib's own rules for the
 * codes and pointers of a z_stream.
 */
#include "corpus.h"
#include "jobs.h"
#include "judge.h"
#include "runner.h"
#include "wd_zlibwrapper.h"

#include <stddef.h>

#define NBYTES 50000

static uint8_t packed[2 * NBYTES + 1000], unpacked[NBYTES + 1000];
static const int bits_of[] = { 15, 31, -15 };
static const enum wd_comp_alg_type alg_of[] = { WD_ZLIB, WD_GZIP, WD_DEFLATE };
static const size_t pieces[] = { 1, 2, 199, 200, 201, 1000, 100000 };
#define PIECES 7

static const uint8_t *text(void)
{
	return corpus(CORPUS_TEXT);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool format_offered(int i)
{
	return job_offered(alg_of[i]);
}

static void give(z_stream *z, const void *src, size_t n)
{
	z->next_in = src;
	z->avail_in = (uint32_t)n;
}

static void offer(z_stream *z, void *dst, size_t n)
{
	z->next_out = dst;
	z->avail_out = (uint32_t)n;
}

/* The whole of it, in pieces, as programs do with zlib. */
static size_t deflate_all(z_stream *z, const uint8_t *src, size_t nbytes, size_t in, size_t out,
			  int flush)
{
	size_t given = 0;
	int rc = Z_OK;

	z->avail_in = 0;
	while (rc != Z_STREAM_END) {
		if (!z->avail_in) {
			size_t n = least(in, nbytes - given);

			give(z, src + given, n);
			given += n;
		}
		ck_assert_uint_lt(z->total_out, sizeof(packed));
		offer(z, packed + z->total_out, least(out, sizeof(packed) - z->total_out));
		rc = wd_deflate(z, given == nbytes ? Z_FINISH : flush);
		ck_assert_msg(rc == Z_OK || rc == Z_STREAM_END, "%d after %llu of %zu", rc,
			      (unsigned long long)z->total_in, nbytes);
	}
	ck_assert_uint_eq(z->total_in, nbytes);
	ck_assert_ptr_eq(z->next_out, packed + z->total_out);
	return z->total_out;
}

START_TEST(deflate_in_pieces_is_taken_by_zlib)
{
	int flushes[] = { Z_NO_FLUSH, Z_PARTIAL_FLUSH, Z_SYNC_FLUSH };
	z_stream z;

	if (!format_offered(_i))
		return;
	memset(&z, 0xa5, sizeof(z));
	ck_assert_int_eq(wd_deflate_init(&z, Z_DEFAULT_COMPRESSION, bits_of[_i]), Z_OK);
	for (int in = 0; in < PIECES; in++) {
		for (int out = 0; out < PIECES; out++) {
			size_t nbytes = least(NBYTES, 60 * least(pieces[in], pieces[out]) + 7);
			size_t n;

			ck_assert_int_eq(wd_deflate_reset(&z), Z_OK);
			ck_assert_uint_eq(z.total_in, 0);
			ck_assert_uint_eq(z.total_out, 0);
			n = deflate_all(&z, text(), nbytes, pieces[in], pieces[out],
					flushes[(in + out) % 3]);
			ck_assert_msg(judge_accepts(alg_of[_i], packed, n, text(), nbytes),
				      "in pieces of %zu to %zu", pieces[in], pieces[out]);
		}
	}
	ck_assert_int_eq(wd_deflate_end(&z), Z_OK);
}
END_TEST

static void inflate_all(z_stream *z, size_t packed_nbytes, size_t nbytes, size_t in, size_t out)
{
	size_t given = 0;
	int rc = Z_OK, idle = 0;

	z->avail_in = 0;
	while (rc != Z_STREAM_END) {
		if (!z->avail_in) {
			size_t n = least(in, packed_nbytes - given);

			give(z, packed + given, n);
			given += n;
		}
		offer(z, unpacked + z->total_out, least(out, sizeof(unpacked) - z->total_out));
		rc = wd_inflate(z, Z_NO_FLUSH);
		idle = rc == Z_BUF_ERROR ? idle + 1 : 0;
		ck_assert_msg((rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR) && idle < 2,
			      "%d after %llu of %zu", rc, (unsigned long long)z->total_in,
			      packed_nbytes);
	}
	ck_assert_uint_eq(z->total_in, packed_nbytes);
	ck_assert_uint_eq(z->total_out, nbytes);
	ck_assert(!memcmp(unpacked, text(), nbytes));
}

START_TEST(inflate_takes_what_zlib_makes_in_pieces)
{
	z_stream z;

	if (!format_offered(_i))
		return;
	memset(&z, 0xa5, sizeof(z));
	ck_assert_int_eq(wd_inflate_init(&z, bits_of[_i]), Z_OK);
	for (int in = 0; in < PIECES; in++) {
		for (int out = 0; out < PIECES; out++) {
			size_t nbytes = least(NBYTES, 60 * least(pieces[in], pieces[out]) + 7);
			size_t n = judge_compress(alg_of[_i], (in + out) % JUDGE_STYLES, text(), nbytes,
						  packed, sizeof(packed));

			ck_assert_int_eq(wd_inflate_reset(&z), Z_OK);
			inflate_all(&z, n, nbytes, pieces[in], pieces[out]);
		}
	}
	ck_assert_int_eq(wd_inflate_end(&z), Z_OK);
}
END_TEST

START_TEST(inflate_into_exact_room_ends_with_finish_in_one_call)
{
	z_stream z;

	if (!format_offered(_i))
		return;
	ck_assert_int_eq(wd_inflate_init(&z, bits_of[_i]), Z_OK);
	for (int style = 0; style < JUDGE_STYLES; style++) {
		size_t n = judge_compress(alg_of[_i], style, text(), NBYTES, packed, sizeof(packed));

		ck_assert_int_eq(wd_inflate_reset(&z), Z_OK);
		give(&z, packed, n);
		offer(&z, unpacked, NBYTES);
		ck_assert_int_eq(wd_inflate(&z, Z_FINISH), Z_STREAM_END);
		ck_assert_uint_eq(z.total_out, NBYTES);
		ck_assert_uint_eq(z.avail_in, 0);
		ck_assert(!memcmp(unpacked, text(), NBYTES));
	}
	ck_assert_int_eq(wd_inflate_end(&z), Z_OK);
}
END_TEST

/* zlib needs no room to see the end: neither may this. */
START_TEST(inflate_sees_the_end_when_the_trailer_comes_after_the_room_is_full)
{
	z_stream z;
	size_t n;
	int rc;

	ck_assert_int_eq(wd_inflate_init(&z, 31), Z_OK);
	n = judge_compress(WD_GZIP, JUDGE_BEST, text(), NBYTES, packed, sizeof(packed));
	give(&z, packed, n - 8);
	offer(&z, unpacked, NBYTES);
	ck_assert_int_eq(wd_inflate(&z, Z_NO_FLUSH), Z_OK);
	ck_assert_uint_eq(z.avail_out, 0);
	do {
		ck_assert_uint_lt(z.total_in, n);
		give(&z, packed + z.total_in, 1);
		rc = wd_inflate(&z, Z_NO_FLUSH);
	} while (rc == Z_OK);
	ck_assert_int_eq(rc, Z_STREAM_END);
	ck_assert_uint_eq(z.total_in, n);
	ck_assert_uint_eq(z.total_out, NBYTES);
	ck_assert_int_eq(wd_inflate_end(&z), Z_OK);
}
END_TEST

START_TEST(inflate_without_room_keeps_the_byte_that_comes)
{
	size_t n = judge_compress(WD_ZLIB, JUDGE_BEST, text(), 3000, packed, sizeof(packed));
	z_stream z;

	ck_assert_int_eq(wd_inflate_init(&z, 15), Z_OK);
	give(&z, packed, n);
	offer(&z, unpacked, 0);
	for (int i = 0; i < 3; i++)
		wd_inflate(&z, Z_NO_FLUSH);
	ck_assert_uint_eq(z.total_out, 0);
	for (int i = 0; i < 8000 && z.total_out < 3000; i++) {
		offer(&z, unpacked + z.total_out, i % 2);
		ck_assert_int_ge(wd_inflate(&z, Z_NO_FLUSH), Z_BUF_ERROR);
	}
	ck_assert_uint_eq(z.total_out, 3000);
	ck_assert(!memcmp(unpacked, text(), 3000));
	offer(&z, unpacked, 1);
	ck_assert_int_eq(wd_inflate(&z, Z_NO_FLUSH), Z_STREAM_END);
	ck_assert_int_eq(wd_inflate_end(&z), Z_OK);
}
END_TEST

/* ---------------------------------------------------------------- windows */

START_TEST(every_window_of_every_format_is_taken_and_kept)
{
	z_stream z;

	for (int i = 0; i < 3; i++) {
		if (!format_offered(i))
			continue;
		for (int bits = 8; bits <= 15; bits++) {
			int sign = bits_of[i] < 0 ? -bits : bits_of[i] == 31 ? bits + 16 : bits;
			size_t n;

			ck_assert_int_eq(wd_deflate_init(&z, 6, sign), Z_OK);
			n = deflate_all(&z, text(), NBYTES, NBYTES, sizeof(packed), Z_SYNC_FLUSH);
			ck_assert(judge_accepts(alg_of[i], packed, n, text(), NBYTES));
			/* 4 KiB is the smallest a device has. */
			if (i == 2)
				ck_assert(judge_accepts_window(bits < 12 ? 12 : bits, packed, n, text(),
							       NBYTES));
			ck_assert_int_eq(wd_deflate_end(&z), Z_OK);
			ck_assert_int_eq(wd_inflate_init(&z, sign), Z_OK);
			inflate_all(&z, n, NBYTES, n, sizeof(unpacked));
			ck_assert_int_eq(wd_inflate_end(&z), Z_OK);
		}
	}
}
END_TEST

START_TEST(bad_arguments_are_stream_errors_and_leave_nothing_to_end)
{
	static const int bad_bits[] = { 0, 1, 7, -7, -16, 16, 23, 32, 47, -31, 1000, -1000 };
	z_stream z;

	for (int i = 0; i < 12; i++) {
		ck_assert_int_eq(wd_deflate_init(&z, 6, bad_bits[i]), Z_STREAM_ERROR);
		ck_assert_int_eq(wd_inflate_init(&z, bad_bits[i]), Z_STREAM_ERROR);
	}
	ck_assert_int_eq(wd_deflate_init(&z, -2, 15), Z_STREAM_ERROR);
	ck_assert_int_eq(wd_deflate_init(&z, 16, 15), Z_STREAM_ERROR);
	ck_assert_int_eq(wd_deflate_init(NULL, 6, 15), Z_STREAM_ERROR);
	ck_assert_int_eq(wd_inflate_init(NULL, 15), Z_STREAM_ERROR);
	ck_assert_int_eq(wd_deflate(NULL, Z_FINISH), Z_STREAM_ERROR);
	ck_assert_int_eq(wd_inflate(NULL, Z_FINISH), Z_STREAM_ERROR);
	ck_assert_int_eq(wd_deflate_reset(NULL), Z_STREAM_ERROR);
	ck_assert_int_eq(wd_inflate_reset(NULL), Z_STREAM_ERROR);
	ck_assert_int_eq(wd_deflate_end(NULL), Z_STREAM_ERROR);
	ck_assert_int_eq(wd_inflate_end(NULL), Z_STREAM_ERROR);
}
END_TEST

START_TEST(a_stream_of_the_other_direction_or_ended_is_a_stream_error)
{
	z_stream z;

	ck_assert_int_eq(wd_deflate_init(&z, 6, 15), Z_OK);
	give(&z, text(), 10);
	offer(&z, packed, 100);
	ck_assert_int_eq(wd_inflate(&z, Z_FINISH), Z_STREAM_ERROR);
	ck_assert_int_eq(wd_inflate_end(&z), Z_STREAM_ERROR);
	ck_assert_int_eq(wd_inflate_reset(&z), Z_STREAM_ERROR);
	ck_assert_int_eq(wd_deflate_end(&z), Z_OK);
	ck_assert_int_eq(wd_deflate_end(&z), Z_STREAM_ERROR);
	ck_assert_int_eq(wd_deflate(&z, Z_FINISH), Z_STREAM_ERROR);
	ck_assert_int_eq(wd_deflate_reset(&z), Z_STREAM_ERROR);
}
END_TEST

/* ------------------------------------------------------- rules of progress */

START_TEST(deflate_follows_zlibs_rules)
{
	z_stream z;

	ck_assert_int_eq(wd_deflate_init(&z, 6, 15), Z_OK);
	give(&z, text(), 1000);
	offer(&z, packed, sizeof(packed));
	ck_assert_int_eq(wd_deflate(&z, Z_FULL_FLUSH), Z_STREAM_ERROR);
	ck_assert_int_eq(wd_deflate(&z, -1), Z_STREAM_ERROR);
	ck_assert_int_eq(wd_deflate(&z, 5), Z_STREAM_ERROR);
	z.avail_out = 0;
	ck_assert_int_eq(wd_deflate(&z, Z_SYNC_FLUSH), Z_BUF_ERROR);
	offer(&z, NULL, 100);
	ck_assert_int_eq(wd_deflate(&z, Z_SYNC_FLUSH), Z_STREAM_ERROR);
	offer(&z, packed, sizeof(packed));
	z.next_in = NULL;
	ck_assert_int_eq(wd_deflate(&z, Z_SYNC_FLUSH), Z_STREAM_ERROR);

	give(&z, text(), 1000);
	ck_assert_int_eq(wd_deflate(&z, Z_NO_FLUSH), Z_OK);
	ck_assert_uint_eq(z.avail_in, 0);
	ck_assert_int_eq(wd_deflate(&z, Z_NO_FLUSH), Z_BUF_ERROR);
	ck_assert_int_eq(wd_deflate(&z, Z_SYNC_FLUSH), Z_OK); /* more of a flush than before */
	ck_assert_int_eq(wd_deflate(&z, Z_SYNC_FLUSH), Z_BUF_ERROR);
	ck_assert_int_eq(wd_deflate(&z, Z_FINISH), Z_STREAM_END);
	ck_assert_int_eq(wd_deflate(&z, Z_FINISH), Z_STREAM_END);
	ck_assert_int_eq(wd_deflate(&z, Z_SYNC_FLUSH), Z_STREAM_ERROR);
	give(&z, text(), 1);
	ck_assert_int_eq(wd_deflate(&z, Z_FINISH), Z_BUF_ERROR);
	ck_assert(judge_accepts(WD_ZLIB, packed, z.total_out, text(), 1000));
	ck_assert_int_eq(wd_deflate_end(&z), Z_OK);
}
END_TEST

START_TEST(deflate_of_nothing_is_an_empty_stream)
{
	z_stream z;

	if (!format_offered(_i))
		return;
	ck_assert_int_eq(wd_deflate_init(&z, 6, bits_of[_i]), Z_OK);
	give(&z, NULL, 0);
	offer(&z, packed, sizeof(packed));
	ck_assert_int_eq(wd_deflate(&z, Z_FINISH), Z_STREAM_END);
	ck_assert(judge_accepts(alg_of[_i], packed, z.total_out, "", 0));
	ck_assert_int_eq(wd_deflate_end(&z), Z_OK);
}
END_TEST

START_TEST(inflate_follows_zlibs_rules)
{
	size_t n = judge_compress(WD_ZLIB, JUDGE_BEST, text(), 5000, packed, sizeof(packed));
	z_stream z;

	ck_assert_int_eq(wd_inflate_init(&z, 15), Z_OK);
	give(&z, NULL, 0);
	offer(&z, unpacked, sizeof(unpacked));
	ck_assert_int_eq(wd_inflate(&z, Z_NO_FLUSH), Z_BUF_ERROR);
	z.avail_in = 10;
	ck_assert_int_eq(wd_inflate(&z, Z_NO_FLUSH), Z_STREAM_ERROR);
	give(&z, packed, n);
	ck_assert_int_eq(wd_inflate(&z, 5), Z_STREAM_ERROR);
	offer(&z, NULL, 10);
	ck_assert_int_eq(wd_inflate(&z, Z_NO_FLUSH), Z_STREAM_ERROR);
	ck_assert_uint_eq(z.total_in, 0);

	/* Finish without all input, then without all room: no harm. */
	give(&z, packed, n / 2);
	offer(&z, unpacked, sizeof(unpacked));
	ck_assert_int_eq(wd_inflate(&z, Z_FINISH), Z_BUF_ERROR);
	give(&z, packed + z.total_in, n - z.total_in);
	offer(&z, unpacked + z.total_out, 5000 - z.total_out - 1);
	ck_assert_int_eq(wd_inflate(&z, Z_FINISH), Z_BUF_ERROR);
	ck_assert_uint_eq(z.total_out, 4999);
	offer(&z, unpacked + z.total_out, 10);
	ck_assert_int_eq(wd_inflate(&z, Z_FINISH), Z_STREAM_END);
	ck_assert_uint_eq(z.total_out, 5000);
	ck_assert_uint_eq(z.total_in, n);
	ck_assert(!memcmp(unpacked, text(), 5000));
	ck_assert_int_eq(wd_inflate(&z, Z_NO_FLUSH), Z_STREAM_END);
	ck_assert_int_eq(wd_inflate_end(&z), Z_OK);
}
END_TEST

START_TEST(inflate_leaves_what_follows_the_stream)
{
	size_t n = judge_compress(WD_GZIP, JUDGE_BEST, text(), 5000, packed, sizeof(packed));
	z_stream z;

	n += judge_compress(WD_GZIP, JUDGE_FAST, text() + 5000, 3000, packed + n, 10000);
	ck_assert_int_eq(wd_inflate_init(&z, 31), Z_OK);
	give(&z, packed, n);
	offer(&z, unpacked, sizeof(unpacked));
	ck_assert_int_eq(wd_inflate(&z, Z_NO_FLUSH), Z_STREAM_END);
	ck_assert_uint_eq(z.total_out, 5000);
	ck_assert_uint_gt(z.avail_in, 0);
	ck_assert_int_eq(wd_inflate_reset(&z), Z_OK);
	ck_assert_int_eq(wd_inflate(&z, Z_NO_FLUSH), Z_STREAM_END);
	ck_assert_uint_eq(z.total_out, 3000);
	ck_assert_uint_eq(z.avail_in, 0);
	ck_assert(!memcmp(unpacked, text(), 8000));
	ck_assert_int_eq(wd_inflate_end(&z), Z_OK);
}
END_TEST

START_TEST(inflate_of_rubbish_is_a_data_error_until_reset)
{
	size_t n = judge_compress(WD_ZLIB, JUDGE_BEST, text(), 5000, packed, sizeof(packed));
	z_stream z;

	ck_assert_int_eq(wd_inflate_init(&z, 15), Z_OK);
	for (size_t at = 0; at < n; at += n - 1) { /* the header; the checksum */
		packed[at] ^= 0x5a;
		give(&z, packed, n);
		offer(&z, unpacked, sizeof(unpacked));
		ck_assert_int_eq(wd_inflate(&z, Z_NO_FLUSH), Z_DATA_ERROR);
		ck_assert_int_eq(wd_inflate(&z, Z_NO_FLUSH), Z_DATA_ERROR);
		packed[at] ^= 0x5a;
		ck_assert_int_eq(wd_inflate_reset(&z), Z_OK);
		give(&z, packed, n);
		offer(&z, unpacked, sizeof(unpacked));
		ck_assert_int_eq(wd_inflate(&z, Z_FINISH), Z_STREAM_END);
		ck_assert(!memcmp(unpacked, text(), 5000));
		ck_assert_int_eq(wd_inflate_reset(&z), Z_OK);
	}
	ck_assert_int_eq(wd_inflate_end(&z), Z_OK);
}
END_TEST

/* --------------------------------------------------------------- instance */

START_TEST(the_instance_lives_from_the_first_stream_to_the_last)
{
	char alg[] = "zlib";
	z_stream a, b;

	ck_assert_int_eq(wd_deflate_init(&a, 6, 15), Z_OK);
	job_expect_open_queues(4);
	ck_assert_int_eq(wd_inflate_init(&b, 15), Z_OK);
	ck_assert_int_eq(wd_deflate_end(&a), Z_OK);
	job_expect_open_queues(4);
	ck_assert_int_eq(wd_inflate_end(&b), Z_OK);
	job_expect_open_queues(0);
	/* Beside one the program made itself. */
	ck_assert_int_eq(wd_comp_init2(alg, SCHED_POLICY_RR, TASK_HW), 0);
	ck_assert_int_eq(wd_deflate_init(&a, 6, 31), Z_OK);
	wd_comp_uninit2();
	ck_assert_uint_gt(deflate_all(&a, text(), 5000, 5000, 10000, Z_SYNC_FLUSH), 0);
	ck_assert_int_eq(wd_deflate_end(&a), Z_OK);
	job_expect_open_queues(0);
}
END_TEST

static void add_tests(TCase *tests)
{
	tcase_add_loop_test(tests, deflate_in_pieces_is_taken_by_zlib, 0, 3);
	tcase_add_loop_test(tests, inflate_takes_what_zlib_makes_in_pieces, 0, 3);
	tcase_add_loop_test(tests, inflate_into_exact_room_ends_with_finish_in_one_call, 0, 3);
	tcase_add_test(tests, inflate_sees_the_end_when_the_trailer_comes_after_the_room_is_full);
	tcase_add_test(tests, inflate_without_room_keeps_the_byte_that_comes);
	tcase_add_test(tests, every_window_of_every_format_is_taken_and_kept);
	tcase_add_test(tests, bad_arguments_are_stream_errors_and_leave_nothing_to_end);
	tcase_add_test(tests, a_stream_of_the_other_direction_or_ended_is_a_stream_error);
	tcase_add_test(tests, deflate_follows_zlibs_rules);
	tcase_add_loop_test(tests, deflate_of_nothing_is_an_empty_stream, 0, 3);
	tcase_add_test(tests, inflate_follows_zlibs_rules);
	tcase_add_test(tests, inflate_leaves_what_follows_the_stream);
	tcase_add_test(tests, inflate_of_rubbish_is_a_data_error_until_reset);
	tcase_add_test(tests, the_instance_lives_from_the_first_stream_to_the_last);
}

int main(void)
{
	corpus(CORPUS_TEXT);
	job_count_queues();
	return run_suite("zlibwrapper", add_tests);
}
