/* SPDX-License-Identifier: Apache-2.0 */
/* See data.h. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>
#include "data.h"
#include "wd_comp.h"

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void fill_text(uint8_t *to, size_t nbytes)
{
	static const char *const words[] = {
		"the ",	  "queue ", "takes ", "a ",	  "job ",    "and ",  "gives ",	 "it ",
		"back, ", "when ",  "done. ", "device\n", "memory ", "page ", "stream ", "0x1f8b "};
	uint64_t state = 42;

	while (nbytes) {
		const char *w = words[next(&state) % 16];
		size_t n = strlen(w) < nbytes ? strlen(w) : nbytes;

		memcpy(to, w, n);
		to += n;
		nbytes -= n;
	}
}

void data_fill(uint8_t *to, size_t nbytes, enum data_kind kind)
{
	uint64_t state = 4711;

	if (kind == DATA_TEXT)
		fill_text(to, nbytes);
	else if (kind == DATA_ZEROS)
		memset(to, 0, nbytes);
	else
		for (size_t i = 0; i < nbytes; i++)
			to[i] = kind == DATA_RANDOM ? next(&state) >> 32 :
				i % 16 < 10	    ? i / 16 * (i % 16) :
						      next(&state) >> 60;
}

int data_window_bits(unsigned int alg_type)
{
	return alg_type == WD_DEFLATE ? -15 : alg_type == WD_ZLIB ? 15 : 31;
}

long data_inflate(unsigned int alg_type, const uint8_t *in, size_t in_nbytes, uint8_t *out,
		  size_t room)
{
	z_stream z = { .next_in = (Bytef *)in,
		       .avail_in = in_nbytes,
		       .next_out = out,
		       .avail_out = room };
	int ret;

	ck_assert_int_eq(inflateInit2(&z, data_window_bits(alg_type)), Z_OK);
	ret = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	return ret == Z_STREAM_END && !z.avail_in ? (long)z.total_out : -1;
}

size_t data_deflate(unsigned int alg_type, int level, const uint8_t *in, size_t nbytes,
		    uint8_t *out, size_t room)
{
	z_stream z = { .next_in = (Bytef *)in,
		       .avail_in = nbytes,
		       .next_out = out,
		       .avail_out = room };

	ck_assert_int_eq(deflateInit2(&z, level, Z_DEFLATED, data_window_bits(alg_type), 8,
				      Z_DEFAULT_STRATEGY),
			 Z_OK);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}
