/* SPDX-License-Identifier: Apache-2.0 */
/* Checksums, running lengths and trailers of raw deflate, zlib and gzip streams. */
#ifndef EMULATOR_ZIP_CHECKSUM_H
#define EMULATOR_ZIP_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

#define ZIP_TRAILER_MAX 8

struct zip_sum {
	uint32_t type;	/* ZIP_REQ_DEFLATE, _ZLIB or _GZIP */
	uint32_t value; /* Adler-32 or CRC-32 as everybody writes them; 0 for raw deflate */
	uint32_t isize; /* uncompressed bytes so far, modulo 2^32 */
};

void zip_sum_start(struct zip_sum *sum, uint32_t type);
void zip_sum_add(struct zip_sum *sum, const uint8_t *data, size_t nbytes);

/* The device's form of the value, and back (hardware facts, section 9). */
uint32_t zip_sum_word(const struct zip_sum *sum);
void zip_sum_resume(struct zip_sum *sum, uint32_t type, uint32_t word, uint32_t isize);

/* Number of trailer bytes, which are put into @trailer. */
size_t zip_sum_trailer(const struct zip_sum *sum, uint8_t trailer[ZIP_TRAILER_MAX]);

#endif
