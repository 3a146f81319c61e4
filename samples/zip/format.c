// SPDX-License-Identifier: Apache-2.0
/*
 * Names and marks of the formats, gzip and zlib headers, stored blocks.
 */
#include <string.h>
#include <zlib.h>
#include "format.h"

static const struct {
	const char *name;
	const char *suffix;
} formats[] = {
	[FORMAT_AUTO] = { "unknown", "" },
	[FORMAT_GZIP] = { "gzip", ".gz" },
	[FORMAT_ZLIB] = { "zlib", ".zz" },
	[FORMAT_DEFLATE] = { "deflate", ".deflate" },
	[FORMAT_LZ4] = { "lz4", ".lz4" },
};

#define NFORMATS (sizeof(formats) / sizeof(formats[0]))

const char *format_name(enum format f)
{
	return formats[f].name;
}

const char *format_suffix(enum format f)
{
	return formats[f].suffix;
}

enum format format_from_name(const char *name)
{
	for (size_t i = FORMAT_GZIP; i < NFORMATS; i++)
		if (!strcmp(name, formats[i].name))
			return (enum format)i;
	return FORMAT_AUTO;
}

enum format format_detect(const uint8_t *data, size_t nbytes)
{
	if (nbytes >= 2 && data[0] == 0x1f && data[1] == 0x8b)
		return FORMAT_GZIP;
	if (nbytes >= 4 && get_le32(data) == 0x184d2204)
		return FORMAT_LZ4;
	/* A skippable frame may come first. */
	if (nbytes >= 4 && (get_le32(data) & 0xfffffff0) == 0x184d2a50)
		return FORMAT_LZ4;
	if (zlib_header_is_valid(data, nbytes))
		return FORMAT_ZLIB;
	return FORMAT_AUTO;
}

void put_le32(uint8_t *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(value >> 8 * i);
}

void put_be32(uint8_t *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(value >> (24 - 8 * i));
}

uint32_t get_le32(const uint8_t *in)
{
	return in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

uint32_t get_be32(const uint8_t *in)
{
	return in[3] | (uint32_t)in[2] << 8 | (uint32_t)in[1] << 16 | (uint32_t)in[0] << 24;
}

/* ------------------------------------------------------------------ gzip */

enum { FHCRC = 0x02, FEXTRA = 0x04, FNAME = 0x08, FCOMMENT = 0x10, FRESERVED = 0xe0 };

size_t gzip_header_write(uint8_t out[static GZIP_HEADER_MAX], const char *name, uint32_t mtime,
			 int level)
{
	size_t name_nbytes = name ? strnlen(name, NAME_MAX) : 0;

	memcpy(out, "\x1f\x8b\x08", 3);
	out[3] = name_nbytes ? FNAME : 0;
	put_le32(out + 4, mtime);
	out[8] = level == 9 ? 2 : level == 1 ? 4 : 0; /* XFL: slowest, fastest */
	out[9] = 3;				      /* Unix */
	if (!name_nbytes)
		return GZIP_HEADER_MIN;
	memcpy(out + GZIP_HEADER_MIN, name, name_nbytes);
	out[GZIP_HEADER_MIN + name_nbytes] = 0;
	return GZIP_HEADER_MIN + name_nbytes + 1;
}

/* Offset behind the string that begins at @at, or 0 if it has no end yet. */
static size_t skip_string(const uint8_t *in, size_t nbytes, size_t at)
{
	const uint8_t *end = at < nbytes ? memchr(in + at, 0, nbytes - at) : NULL;

	return end ? (size_t)(end - in) + 1 : 0;
}

static void take_name(struct gzip_header *h, const uint8_t *name, size_t nbytes)
{
	if (nbytes > sizeof(h->name))
		nbytes = sizeof(h->name);
	memcpy(h->name, name, nbytes);
	h->name[sizeof(h->name) - 1] = 0;
	h->has_name = true;
}

static enum gzip_header_fault check_start(const uint8_t *in, size_t nbytes)
{
	if ((nbytes > 0 && in[0] != 0x1f) || (nbytes > 1 && in[1] != 0x8b))
		return GZIP_HEADER_MAGIC;
	if (nbytes > 2 && in[2] != 8)
		return GZIP_HEADER_METHOD;
	if (nbytes > 3 && in[3] & FRESERVED)
		return GZIP_HEADER_FLAGS;
	return nbytes < GZIP_HEADER_MIN ? GZIP_HEADER_SHORT : GZIP_HEADER_OK;
}

static enum gzip_header_fault parse_header_crc(struct gzip_header *h, const uint8_t *in,
					       size_t nbytes, size_t at)
{
	if (nbytes - at < 2)
		return GZIP_HEADER_SHORT;
	if ((crc32(0, in, (uInt)at) & 0xffff) != (in[at] | (uint32_t)in[at + 1] << 8))
		return GZIP_HEADER_CRC;
	h->nbytes = at + 2;
	return GZIP_HEADER_OK;
}

enum gzip_header_fault gzip_header_parse(struct gzip_header *h, const uint8_t *in, size_t nbytes)
{
	enum gzip_header_fault fault = check_start(in, nbytes);
	size_t at = GZIP_HEADER_MIN, next;

	memset(h, 0, sizeof(*h));
	if (fault != GZIP_HEADER_OK)
		return fault;
	h->mtime = get_le32(in + 4);
	if (in[3] & FEXTRA) {
		if (nbytes - at < 2)
			return GZIP_HEADER_SHORT;
		at += 2 + (in[at] | (size_t)in[at + 1] << 8);
		if (at > nbytes)
			return GZIP_HEADER_SHORT;
	}
	if (in[3] & FNAME) {
		next = skip_string(in, nbytes, at);
		if (!next)
			return GZIP_HEADER_SHORT;
		take_name(h, in + at, next - at);
		at = next;
	}
	if (in[3] & FCOMMENT) {
		at = skip_string(in, nbytes, at);
		if (!at)
			return GZIP_HEADER_SHORT;
	}
	h->nbytes = at;
	return in[3] & FHCRC ? parse_header_crc(h, in, nbytes, at) : GZIP_HEADER_OK;
}

const char *gzip_header_fault_text(enum gzip_header_fault fault)
{
	switch (fault) {
	case GZIP_HEADER_OK:
		break;
	case GZIP_HEADER_SHORT:
		return "unexpected end of file";
	case GZIP_HEADER_MAGIC:
		return "not in gzip format";
	case GZIP_HEADER_METHOD:
		return "unknown compression method";
	case GZIP_HEADER_FLAGS:
		return "gzip header has unknown flags";
	case GZIP_HEADER_CRC:
		return "gzip header checksum error";
	}
	return "";
}

/* ------------------------------------------------------------------ zlib */

void zlib_header_write(uint8_t out[static ZLIB_HEADER], int level)
{
	unsigned int flevel = level == 1 ? 0 : level < 6 ? 1 : level == 6 ? 2 : 3;

	out[0] = 0x78; /* deflate, window of 32 KiB */
	out[1] = (uint8_t)(flevel << 6);
	out[1] |= (uint8_t)(31 - (out[0] * 256u + out[1]) % 31);
}

bool zlib_header_is_valid(const uint8_t *in, size_t nbytes)
{
	/* Method 8, window at most 32 KiB, no preset dictionary, check bits. */
	return nbytes >= ZLIB_HEADER && (in[0] & 0x0f) == 8 && in[0] >> 4 <= 7 && !(in[1] & 0x20) &&
	       (in[0] * 256u + in[1]) % 31 == 0;
}

/* --------------------------------------------------------- stored blocks */

#define STORED_MAX 65535u
#define STORED_HEAD 5u

size_t deflate_stored_size(size_t nbytes)
{
	size_t blocks = nbytes ? (nbytes + STORED_MAX - 1) / STORED_MAX : 1;

	return nbytes + blocks * STORED_HEAD;
}

size_t deflate_store(uint8_t *out, const uint8_t *in, size_t nbytes, bool final)
{
	uint8_t *p = out;

	do {
		uint16_t n = (uint16_t)(nbytes < STORED_MAX ? nbytes : STORED_MAX);

		nbytes -= n;
		p[0] = final && !nbytes;
		p[1] = (uint8_t)n;
		p[2] = (uint8_t)(n >> 8);
		p[3] = (uint8_t)~n;
		p[4] = (uint8_t)(~n >> 8);
		memcpy(p + STORED_HEAD, in, n);
		p += STORED_HEAD + n;
		in += n;
	} while (nbytes);
	return (size_t)(p - out);
}
