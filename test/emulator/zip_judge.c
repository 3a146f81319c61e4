/* SPDX-License-Identifier: Apache-2.0 */
/* Owns zlib's verdicts; see the header. Puts the format headers on and off as a driver would. */
#include "zip_judge.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "include/uapi/hisi_zip.h"

static const uint8_t zlib_head[] = {0x78, 0x9c};
static const uint8_t gzip_head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};

static size_t head_of(uint32_t type, const uint8_t **head)
{
	*head = type == ZIP_REQ_GZIP ? gzip_head : zlib_head;
	if (type == ZIP_REQ_ZLIB)
		return sizeof(zlib_head);
	return type == ZIP_REQ_GZIP ? sizeof(gzip_head) : 0;
}

static int bits_of(uint32_t type)
{
	return type == ZIP_REQ_DEFLATE ? -15 : type == ZIP_REQ_GZIP ? 31 : 15;
}

long judge_decode(uint32_t type, const uint8_t *body, size_t nbody, uint8_t *plain, size_t nplain)
{
	const uint8_t *head;
	size_t nhead = head_of(type, &head);
	uint8_t spare[1];
	z_stream z = {0};
	long n = -1;

	if (inflateInit2(&z, bits_of(type)) != Z_OK)
		abort();
	z.next_out = nplain ? plain : spare;
	z.avail_out = (uInt)(nplain ? nplain : 1);
	z.next_in = (Bytef *)(uintptr_t)head;
	z.avail_in = (uInt)nhead;
	if (nhead)
		inflate(&z, Z_NO_FLUSH);
	z.next_in = (Bytef *)(uintptr_t)body;
	z.avail_in = (uInt)nbody;
	if (inflate(&z, Z_FINISH) == Z_STREAM_END && !z.avail_in)
		n = (long)z.total_out;
	inflateEnd(&z);
	return n;
}

size_t judge_encode(uint32_t type, int level, const uint8_t *plain, size_t nplain, uint8_t *body,
		    size_t nbody)
{
	const uint8_t *head;
	size_t nhead = head_of(type, &head);
	uint8_t *whole = malloc(nbody + nhead);
	z_stream z = {0};
	size_t n;

	if (!whole || deflateInit2(&z, level, Z_DEFLATED, bits_of(type), 8, 0) != Z_OK)
		abort();
	z.next_in = (Bytef *)(uintptr_t)plain;
	z.avail_in = (uInt)nplain;
	z.next_out = whole;
	z.avail_out = (uInt)(nbody + nhead);
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	n = z.total_out - nhead;
	memcpy(body, whole + nhead, n);
	deflateEnd(&z);
	free(whole);
	return n;
}

int judge_inflate(const uint8_t *in, size_t nin, uint8_t *out, size_t nout, size_t *consumed,
		  size_t *produced)
{
	z_stream z = {0};
	int ret;

	if (inflateInit2(&z, -15) != Z_OK)
		abort();
	z.next_in = (Bytef *)(uintptr_t)in;
	z.avail_in = (uInt)nin;
	z.next_out = out;
	z.avail_out = (uInt)nout;
	ret = inflate(&z, Z_SYNC_FLUSH);
	*consumed = z.total_in;
	*produced = z.total_out;
	inflateEnd(&z);
	if (ret == Z_STREAM_END)
		return 1;
	return ret == Z_OK || ret == Z_BUF_ERROR ? 0 : -1;
}

bool judge_window_is_enough(const uint8_t *body, size_t nbody, int window_bits, uint8_t *plain,
			    size_t nplain)
{
	z_stream z = {0};
	int ret = Z_OK;

	/* One byte a call: within one call zlib finds any distance in the output itself. */
	if (inflateInit2(&z, -window_bits) != Z_OK)
		abort();
	z.next_in = (Bytef *)(uintptr_t)body;
	z.avail_in = (uInt)nbody;
	z.next_out = plain;
	while (ret == Z_OK && z.total_out < nplain) {
		z.avail_out = 1;
		ret = inflate(&z, Z_NO_FLUSH);
	}
	inflateEnd(&z);
	return (ret == Z_OK || ret == Z_STREAM_END) && z.total_out == nplain;
}
