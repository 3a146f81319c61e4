// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the calls of zlib and LZ4; knows nothing of the library under test but the
 * names of formats.
 */
#include "judge.h"

#include <lz4.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define FLUSH_EVERY 3000

static int window_bits_of(enum wd_comp_alg_type alg)
{
	return alg == WD_DEFLATE ? -15 : alg == WD_GZIP ? 31 : 15;
}

static int begin(z_stream *z, int window_bits, enum judge_style style)
{
	int level = style == JUDGE_FAST ? 1 : style == JUDGE_STORED ? 0 : 9;
	int strategy = style == JUDGE_FIXED	? Z_FIXED :
		       style == JUDGE_HUFFMAN ? Z_HUFFMAN_ONLY :
						Z_DEFAULT_STRATEGY;

	memset(z, 0, sizeof(*z));
	return deflateInit2(z, level, Z_DEFLATED, window_bits, 8, strategy);
}

static size_t finish(z_stream *z, const void *src, size_t src_nbytes, void *dst, size_t dst_nbytes,
		     bool flushed)
{
	int rc = Z_OK;

	z->next_in = (Bytef *)(uintptr_t)src;
	z->next_out = dst;
	z->avail_out = (uInt)dst_nbytes;
	for (size_t at = 0; flushed && rc == Z_OK && at + FLUSH_EVERY < src_nbytes; at += FLUSH_EVERY) {
		z->avail_in = FLUSH_EVERY;
		rc = deflate(z, at % 2 ? Z_FULL_FLUSH : Z_SYNC_FLUSH);
	}
	z->avail_in = (uInt)(src_nbytes - z->total_in);
	if (rc == Z_OK)
		rc = deflate(z, Z_FINISH);
	dst_nbytes = z->total_out;
	deflateEnd(z);
	return rc == Z_STREAM_END ? dst_nbytes : JUDGE_FAILED;
}

size_t judge_compress(enum wd_comp_alg_type alg, enum judge_style style, const void *src,
		      size_t src_nbytes, void *dst, size_t dst_nbytes)
{
	z_stream z;

	if (begin(&z, window_bits_of(alg), style) != Z_OK)
		return JUDGE_FAILED;
	return finish(&z, src, src_nbytes, dst, dst_nbytes, style == JUDGE_FLUSHED);
}

size_t judge_compress_gzip_fields(const void *src, size_t src_nbytes, void *dst, size_t dst_nbytes)
{
	static unsigned char extra[300], name[] = "a name of a file", comment[] = "and a comment";
	gz_header header = { .text = 1,
			     .time = 1234567890,
			     .os = 3,
			     .extra = extra,
			     .extra_len = sizeof(extra),
			     .name = name,
			     .comment = comment,
			     .hcrc = 1 };
	z_stream z;

	if (begin(&z, 31, JUDGE_BEST) != Z_OK || deflateSetHeader(&z, &header) != Z_OK)
		return JUDGE_FAILED;
	return finish(&z, src, src_nbytes, dst, dst_nbytes, false);
}

static bool accepts_lz4(const void *src, size_t src_nbytes, const void *expected,
			size_t expected_nbytes)
{
	char *out = malloc(expected_nbytes + 1);
	int n = LZ4_decompress_safe(src, out, (int)src_nbytes, (int)expected_nbytes);
	bool good = n >= 0 && (size_t)n == expected_nbytes && !memcmp(out, expected, (size_t)n);

	free(out);
	return good;
}

bool judge_accepts(enum wd_comp_alg_type alg, const void *src, size_t src_nbytes,
		   const void *expected, size_t expected_nbytes)
{
	uint8_t *out = malloc(expected_nbytes + 1);
	z_stream z = { .next_in = (Bytef *)(uintptr_t)src,
		       .avail_in = (uInt)src_nbytes,
		       .next_out = out,
		       .avail_out = (uInt)expected_nbytes + 1 };
	bool good;

	if (alg == WD_LZ4) {
		free(out);
		return accepts_lz4(src, src_nbytes, expected, expected_nbytes);
	}
	good = inflateInit2(&z, window_bits_of(alg)) == Z_OK && inflate(&z, Z_FINISH) == Z_STREAM_END &&
	       !z.avail_in && z.total_out == expected_nbytes &&
	       !memcmp(out, expected, expected_nbytes);
	inflateEnd(&z);
	free(out);
	return good;
}

/* With one byte of room at a time zlib sees only what is in its window. */
bool judge_accepts_window(int window_bits, const void *src, size_t src_nbytes,
			  const void *expected, size_t expected_nbytes)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)src, .avail_in = (uInt)src_nbytes };
	const uint8_t *want = expected;
	int rc = inflateInit2(&z, -window_bits);
	uint8_t byte;

	while (rc == Z_OK) {
		size_t at = z.total_out;

		z.next_out = &byte;
		z.avail_out = 1;
		rc = inflate(&z, Z_SYNC_FLUSH);
		if (z.total_out > at && (at >= expected_nbytes || byte != want[at]))
			rc = Z_DATA_ERROR;
	}
	inflateEnd(&z);
	return rc == Z_STREAM_END && !z.avail_in && z.total_out == expected_nbytes;
}

int judge_verdict(enum wd_comp_alg_type alg, const void *src, size_t src_nbytes, void *dst,
		  size_t dst_nbytes)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)src,
		       .avail_in = (uInt)src_nbytes,
		       .next_out = dst,
		       .avail_out = (uInt)dst_nbytes };
	int rc = inflateInit2(&z, window_bits_of(alg));

	if (rc == Z_OK)
		rc = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	return rc;
}
