/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns what a zlib or gzip stream says about its plain text: Adler-32, CRC-32,
 * length, the form in which the device reports them, and the trailer made from
 * them. Raw deflate has none: its value stays 0.
 */
#include "checksum.h"

#include <endian.h>
#include <string.h>
#include <zlib.h>

#include "include/uapi/hisi_zip.h"

void zip_sum_start(struct zip_sum *sum, uint32_t type)
{
	sum->type = type;
	sum->value = type == ZIP_REQ_ZLIB ? 1 : 0;
	sum->isize = 0;
}

void zip_sum_add(struct zip_sum *sum, const uint8_t *data, size_t nbytes)
{
	if (sum->type == ZIP_REQ_ZLIB)
		sum->value = (uint32_t)adler32_z(sum->value, data, nbytes);
	else if (sum->type == ZIP_REQ_GZIP)
		sum->value = (uint32_t)crc32_z(sum->value, data, nbytes);
	sum->isize += (uint32_t)nbytes;
}

static uint32_t reverse_bits(uint32_t v)
{
	v = (v >> 1 & 0x55555555u) | (v & 0x55555555u) << 1;
	v = (v >> 2 & 0x33333333u) | (v & 0x33333333u) << 2;
	v = (v >> 4 & 0x0f0f0f0fu) | (v & 0x0f0f0f0fu) << 4;
	return __builtin_bswap32(v);
}

/* The CRC register of the device runs the other way round and is not inverted at the end. */
uint32_t zip_sum_word(const struct zip_sum *sum)
{
	return sum->type == ZIP_REQ_GZIP ? ~reverse_bits(sum->value) : sum->value;
}

void zip_sum_resume(struct zip_sum *sum, uint32_t type, uint32_t word, uint32_t isize)
{
	sum->type = type;
	sum->isize = isize;
	sum->value = type == ZIP_REQ_GZIP ? reverse_bits(~word) : word;
}

size_t zip_sum_trailer(const struct zip_sum *sum, uint8_t trailer[ZIP_TRAILER_MAX])
{
	uint32_t adler = htobe32(sum->value);
	uint32_t gzip[2] = {htole32(sum->value), htole32(sum->isize)};

	switch (sum->type) {
	case ZIP_REQ_ZLIB:
		memcpy(trailer, &adler, sizeof(adler));
		return sizeof(adler);
	case ZIP_REQ_GZIP:
		memcpy(trailer, gzip, sizeof(gzip));
		return sizeof(gzip);
	default:
		return 0;
	}
}
