/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The independent judge: zlib and LZ4. A file of its own because zlib.h and
 * wd_zlibwrapper.h exclude each other.
 */
#ifndef TEST_COMP_JUDGE_H
#define TEST_COMP_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "wd_comp.h"

/* How the judge compresses, so that a decompressor sees every kind of block. */
enum judge_style {
	JUDGE_FAST,	/* level 1 */
	JUDGE_BEST,	/* level 9 */
	JUDGE_STORED,	/* level 0 */
	JUDGE_FIXED,	/* fixed Huffman codes only */
	JUDGE_HUFFMAN,	/* no matches */
	JUDGE_FLUSHED,	/* a sync or full flush every few KiB: many blocks, empty ones too */
	JUDGE_STYLES,
};

#define JUDGE_FAILED ((size_t)-1)

/* Bytes written, or JUDGE_FAILED. WD_DEFLATE, WD_ZLIB, WD_GZIP. */
size_t judge_compress(enum wd_comp_alg_type alg, enum judge_style style, const void *src,
		      size_t src_nbytes, void *dst, size_t dst_nbytes);
/* A gzip stream whose header has every optional field. */
size_t judge_compress_gzip_fields(const void *src, size_t src_nbytes, void *dst, size_t dst_nbytes);

/*
 * Is @src, all of it, exactly one complete stream, and does it decode to @expected?
 * Formats as above and WD_LZ4.
 */
bool judge_accepts(enum wd_comp_alg_type alg, const void *src, size_t src_nbytes,
		   const void *expected, size_t expected_nbytes);
/* As judge_accepts() for raw deflate; no match reaches back further than 2^window_bits bytes. */
bool judge_accepts_window(int window_bits, const void *src, size_t src_nbytes,
			  const void *expected, size_t expected_nbytes);

/* What zlib's inflate() with Z_FINISH says of a whole buffer: its return code. */
int judge_verdict(enum wd_comp_alg_type alg, const void *src, size_t src_nbytes, void *dst,
		  size_t dst_nbytes);

#endif
