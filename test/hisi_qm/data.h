/* SPDX-License-Identifier: Apache-2.0 */
/* Test data of known kinds, and zlib as the judge of every format. */
#ifndef TEST_HISI_QM_DATA_H
#define TEST_HISI_QM_DATA_H

#include <stddef.h>
#include <stdint.h>

enum data_kind { DATA_TEXT, DATA_BINARY, DATA_ZEROS, DATA_RANDOM, DATA_KINDS };

/* Fill with data of a kind; the same for the same arguments. */
void data_fill(uint8_t *to, size_t nbytes, enum data_kind kind);

/* zlib's windowBits for enum wd_comp_alg_type DEFLATE, ZLIB, GZIP. */
int data_window_bits(unsigned int alg_type);
/* Inflate all of @in; the length of the result, or -1 if zlib does not take it to its end. */
long data_inflate(unsigned int alg_type, const uint8_t *in, size_t in_nbytes, uint8_t *out,
		  size_t room);
/* Deflate with zlib; the length of the result. */
size_t data_deflate(unsigned int alg_type, int level, const uint8_t *in, size_t nbytes,
		    uint8_t *out, size_t room);

#endif
