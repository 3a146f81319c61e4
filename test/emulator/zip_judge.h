/* SPDX-License-Identifier: Apache-2.0 */
/* zlib as the judge of deflate, zlib and gzip streams without format header. */
#ifndef TEST_EMULATOR_ZIP_JUDGE_H
#define TEST_EMULATOR_ZIP_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decode @body (as the device gives it: without header, with trailer) into
 * @plain. Bytes of plain text, or -1 when zlib does not accept all of it.
 */
long judge_decode(uint32_t type, const uint8_t *body, size_t nbody, uint8_t *plain, size_t nplain);
/* Compress with zlib and strip the header. Bytes of @body, which must be large enough. */
size_t judge_encode(uint32_t type, int level, const uint8_t *plain, size_t nplain, uint8_t *body,
		    size_t nbody);
/* Verdict on a raw deflate stream: 1 accepted (with its length), 0 cut short, -1 refused. */
int judge_inflate(const uint8_t *in, size_t nin, uint8_t *out, size_t nout, size_t *consumed,
		  size_t *produced);
/* Whether a decoder with a window of 2^window_bits can decode a raw deflate stream. */
bool judge_window_is_enough(const uint8_t *body, size_t nbody, int window_bits, uint8_t *plain,
			    size_t nplain);

#endif
