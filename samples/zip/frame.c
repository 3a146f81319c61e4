// SPDX-License-Identifier: Apache-2.0
/*
 * Frames of gzip (RFC 1952), zlib (RFC 1950), raw deflate (RFC 1951) and LZ4
 * ("LZ4 Frame Format Description" 1.6.3).
 */
#include <errno.h>
#include <string.h>
#include <xxhash.h>
#include <zlib.h>
#include "frame.h"
#include "report.h"

/* Version 1, blocks independent, checksum of the content. */
#define LZ4_FLG 0x64
/* Blocks of at most 1 MiB. */
#define LZ4_BD 0x60
#define LZ4_BLOCK_RAW 0x80000000u

_Static_assert(CHUNK_NBYTES == 1u << 20, "LZ4_BD must say how large a chunk is");

static int begin_gzip(struct frame *fr, struct output *out)
{
	uint8_t head[GZIP_HEADER_MAX];

	fr->check = (uint32_t)crc32(0, NULL, 0);
	return output_write(out, head, gzip_header_write(head, fr->name, fr->mtime, fr->level));
}

static int begin_zlib(struct frame *fr, struct output *out)
{
	uint8_t head[ZLIB_HEADER];

	fr->check = (uint32_t)adler32(0, NULL, 0);
	zlib_header_write(head, fr->level);
	return output_write(out, head, sizeof(head));
}

static int begin_lz4(struct frame *fr, struct output *out)
{
	uint8_t head[7] = { 0x04, 0x22, 0x4d, 0x18, LZ4_FLG, LZ4_BD, 0 };

	fr->xxh = XXH32_createState();
	if (!fr->xxh) {
		report_error(out->name, "%s", strerror(ENOMEM));
		return -1;
	}
	XXH32_reset(fr->xxh, 0);
	head[6] = (uint8_t)(XXH32(head + 4, 2, 0) >> 8);
	return output_write(out, head, sizeof(head));
}

int frame_begin(struct frame *fr, struct output *out)
{
	fr->nbytes = 0;
	fr->final = false;
	fr->xxh = NULL;
	switch (fr->format) {
	case FORMAT_GZIP:
		return begin_gzip(fr, out);
	case FORMAT_ZLIB:
		return begin_zlib(fr, out);
	case FORMAT_LZ4:
		return begin_lz4(fr, out);
	default:
		return 0;
	}
}

static int chunk_lz4(struct frame *fr, struct output *out, const struct chunk *c)
{
	uint8_t head[4];

	XXH32_update(fr->xxh, c->src, c->src_nbytes);
	put_le32(head, c->dst_nbytes | (c->raw ? LZ4_BLOCK_RAW : 0));
	if (output_write(out, head, sizeof(head)))
		return -1;
	return output_write(out, c->raw ? c->src : c->dst, c->dst_nbytes);
}

int frame_chunk(struct frame *fr, struct output *out, const struct chunk *c)
{
	fr->nbytes += c->src_nbytes;
	fr->final = c->last;
	if (fr->format == FORMAT_LZ4)
		return chunk_lz4(fr, out, c);
	if (fr->format == FORMAT_GZIP)
		fr->check = (uint32_t)crc32_combine(fr->check, c->check, c->src_nbytes);
	else if (fr->format == FORMAT_ZLIB)
		fr->check = (uint32_t)adler32_combine(fr->check, c->check, c->src_nbytes);
	return output_write(out, c->dst, c->dst_nbytes);
}

static int end_lz4(struct frame *fr, struct output *out)
{
	uint8_t tail[8] = { 0 }; /* end mark, checksum */

	put_le32(tail + 4, XXH32_digest(fr->xxh));
	return output_write(out, tail, sizeof(tail));
}

int frame_end(struct frame *fr, struct output *out)
{
	/* Where the last chunk did not know that it is the last: an empty final block. */
	static const uint8_t final_block[] = { 0x03, 0x00 };
	uint8_t tail[sizeof(final_block) + GZIP_TRAILER];
	size_t n = 0;

	if (fr->format == FORMAT_LZ4)
		return end_lz4(fr, out);
	if (!fr->final) {
		memcpy(tail, final_block, sizeof(final_block));
		n = sizeof(final_block);
	}
	if (fr->format == FORMAT_GZIP) {
		put_le32(tail + n, fr->check);
		put_le32(tail + n + 4, (uint32_t)fr->nbytes);
		n += GZIP_TRAILER;
	} else if (fr->format == FORMAT_ZLIB) {
		put_be32(tail + n, fr->check);
		n += ZLIB_TRAILER;
	}
	return output_write(out, tail, n);
}

void frame_free(struct frame *fr)
{
	XXH32_freeState(fr->xxh);
	fr->xxh = NULL;
}
