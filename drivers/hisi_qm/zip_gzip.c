/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Headers and trailers that the device never sees: the zlib header (RFC 1950)
 * and the gzip header with all its optional parts (RFC 1952) on the way in, and
 * the trailer the driver itself must write when it ends a stream (ZIP facts,
 * sections 8.3 and 9). The input is a stranger's: it may be cut anywhere and may
 * be anything.
 */
#include "zip.h"

/* FLG of gzip; FTEXT says nothing of use. */
#define GZIP_FHCRC 0x02
#define GZIP_FEXTRA 0x04
#define GZIP_FNAME 0x08
#define GZIP_FCOMMENT 0x10
#define GZIP_RESERVED 0xe0

enum { ZLIB_CMF_METHOD = 8, ZLIB_CINFO_MAX = 7, ZLIB_FDICT = 0x20 };

enum header_state {
	HDR_START, /* nothing seen */
	HDR_ZLIB_FLG,
	HDR_GZIP_FIXED, /* left counts down from 9 */
	HDR_GZIP_EXTRA_LEN,
	HDR_GZIP_EXTRA,
	HDR_GZIP_NAME,
	HDR_GZIP_COMMENT,
	HDR_GZIP_CRC,
	HDR_DONE,
};

/* CRC-32 by half bytes: headers are short, and most have no checksum. */
static uint32_t crc_byte(uint32_t crc, uint8_t byte)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};

	crc = crc >> 4 ^ table[(crc ^ byte) & 15];
	return crc >> 4 ^ table[(crc ^ byte >> 4) & 15];
}

bool zip_header_is_done(const struct zip_header *h)
{
	return h->state == HDR_DONE;
}

/* The parts of a gzip header come in this order, each if its flag is set. */
static void next_part(struct zip_header *h)
{
	h->value = 0;
	h->left = 2;
	if (h->flags & GZIP_FEXTRA)
		h->state = HDR_GZIP_EXTRA_LEN;
	else if (h->flags & GZIP_FNAME)
		h->state = HDR_GZIP_NAME;
	else if (h->flags & GZIP_FCOMMENT)
		h->state = HDR_GZIP_COMMENT;
	else if (h->flags & GZIP_FHCRC)
		h->state = HDR_GZIP_CRC;
	else
		h->state = HDR_DONE;
}

static void end_part(struct zip_header *h, uint8_t flag)
{
	h->flags &= ~flag;
	next_part(h);
}

/* Bytes 1..9: second magic, method, flags, time, extra flags, system. */
static int take_fixed(struct zip_header *h, uint8_t byte)
{
	switch (h->left--) {
	case 9:
		return byte == 0x8b ? 0 : -1;
	case 8:
		return byte == 8 ? 0 : -1;
	case 7:
		h->flags = byte;
		return byte & GZIP_RESERVED ? -1 : 0;
	case 1:
		next_part(h);
	}
	return 0;
}

static void take_extra_len(struct zip_header *h, uint8_t byte)
{
	h->value |= h->left == 2 ? byte : byte << 8;
	if (--h->left)
		return;
	h->state = HDR_GZIP_EXTRA;
	h->left = h->value;
	if (!h->left)
		end_part(h, GZIP_FEXTRA);
}

static int take_crc(struct zip_header *h, uint8_t byte)
{
	h->value |= h->left == 2 ? byte : byte << 8;
	if (--h->left)
		return 0;
	if (h->value != (uint16_t)~h->crc)
		return -1;
	end_part(h, GZIP_FHCRC);
	return 0;
}

static int take_byte(struct zip_header *h, uint32_t kind, uint8_t byte)
{
	switch (h->state) {
	case HDR_START:
		h->value = byte;
		if (kind & ZIP_KIND_GZIP) {
			h->state = HDR_GZIP_FIXED;
			h->left = 9;
			return byte == 0x1f ? 0 : -1;
		}
		h->state = HDR_ZLIB_FLG;
		return (byte & 15) == ZLIB_CMF_METHOD && byte >> 4 <= ZLIB_CINFO_MAX ? 0 : -1;
	case HDR_ZLIB_FLG:
		h->state = HDR_DONE;
		return (h->value << 8 | byte) % 31 || byte & ZLIB_FDICT ? -1 : 0;
	case HDR_GZIP_FIXED:
		return take_fixed(h, byte);
	case HDR_GZIP_EXTRA_LEN:
		take_extra_len(h, byte);
		return 0;
	case HDR_GZIP_EXTRA:
		if (!--h->left)
			end_part(h, GZIP_FEXTRA);
		return 0;
	case HDR_GZIP_NAME:
		if (!byte)
			end_part(h, GZIP_FNAME);
		return 0;
	case HDR_GZIP_COMMENT:
		if (!byte)
			end_part(h, GZIP_FCOMMENT);
		return 0;
	default:
		return take_crc(h, byte);
	}
}

int zip_header_take(struct zip_header *h, uint32_t kind, const uint8_t *p, uint32_t nbytes)
{
	static const uint8_t usual[] = { 0x1f, 0x8b, 8, 0 };
	uint32_t i;

	if (!(kind & (ZIP_KIND_ZLIB | ZIP_KIND_GZIP)))
		h->state = HDR_DONE;
	if (h->state == HDR_START) {
		h->crc = ~0u;
		/* No optional part and all of it here: nearly every stream. */
		if (kind & ZIP_KIND_GZIP && nbytes >= ZIP_GZIP_HEADER_NBYTES &&
		    !memcmp(p, usual, sizeof(usual))) {
			h->state = HDR_DONE;
			return ZIP_GZIP_HEADER_NBYTES;
		}
	}
	for (i = 0; i < nbytes && h->state != HDR_DONE; i++) {
		/* It covers what is before itself; until the flags are known it is kept anyway. */
		if (h->state != HDR_GZIP_CRC &&
		    (h->flags & GZIP_FHCRC || h->state <= HDR_GZIP_FIXED))
			h->crc = crc_byte(h->crc, p[i]);
		if (take_byte(h, kind, p[i]))
			return -1;
	}
	return i;
}

static uint32_t reverse32(uint32_t v)
{
	v = (v >> 1 & 0x55555555) | (v & 0x55555555) << 1;
	v = (v >> 2 & 0x33333333) | (v & 0x33333333) << 2;
	v = (v >> 4 & 0x0f0f0f0f) | (v & 0x0f0f0f0f) << 4;
	return __builtin_bswap32(v);
}

uint32_t zip_gzip_crc(uint32_t word)
{
	return reverse32(~word);
}

static void put32(uint8_t *to, uint32_t v, bool big_endian)
{
	for (int i = 0; i < 4; i++)
		to[i] = v >> 8 * (big_endian ? 3 - i : i);
}

uint32_t zip_trailer_write(uint32_t kind, uint32_t checksum_word, uint32_t isize, uint8_t *to)
{
	if (kind & ZIP_KIND_ZLIB) {
		put32(to, checksum_word, true);
		return 4;
	}
	if (kind & ZIP_KIND_GZIP) {
		put32(to, zip_gzip_crc(checksum_word), false);
		put32(to + 4, isize, false);
		return 8;
	}
	return 0;
}
