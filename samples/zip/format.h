/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The four file formats: their names, suffixes and first bytes, the headers of
 * gzip (RFC 1952) and zlib (RFC 1950), and stored deflate blocks (RFC 1951
 * section 3.2.4). What lies between header and trailer is the device's affair;
 * how both make a file is frame.h.
 */
#ifndef ZIP_FORMAT_H
#define ZIP_FORMAT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum format { FORMAT_AUTO, FORMAT_GZIP, FORMAT_ZLIB, FORMAT_DEFLATE, FORMAT_LZ4 };

const char *format_name(enum format f);
const char *format_suffix(enum format f);
/* FORMAT_AUTO if there is no such format. */
enum format format_from_name(const char *name);
/* By the first bytes; FORMAT_AUTO if they are of no format that has a mark. */
enum format format_detect(const uint8_t *data, size_t nbytes);

#define GZIP_HEADER_MIN 10
#define GZIP_HEADER_MAX (GZIP_HEADER_MIN + NAME_MAX + 1) /* of those written here */
#define GZIP_TRAILER 8
#define ZLIB_HEADER 2
#define ZLIB_TRAILER 4

struct gzip_header {
	size_t nbytes;
	uint32_t mtime; /* 0: none */
	bool has_name;
	char name[NAME_MAX + 1]; /* cut if longer */
};

enum gzip_header_fault {
	GZIP_HEADER_OK,
	GZIP_HEADER_SHORT, /* may become a header with more bytes */
	GZIP_HEADER_MAGIC,
	GZIP_HEADER_METHOD,
	GZIP_HEADER_FLAGS,
	GZIP_HEADER_CRC,
};

/* @name NULL: none. Returns the number of bytes, at most GZIP_HEADER_MAX. */
size_t gzip_header_write(uint8_t out[static GZIP_HEADER_MAX], const char *name, uint32_t mtime,
			 int level);
enum gzip_header_fault gzip_header_parse(struct gzip_header *h, const uint8_t *in, size_t nbytes);
const char *gzip_header_fault_text(enum gzip_header_fault fault);

void zlib_header_write(uint8_t out[static ZLIB_HEADER], int level);
bool zlib_header_is_valid(const uint8_t *in, size_t nbytes);

/* Bytes that @nbytes take in stored blocks. */
size_t deflate_stored_size(size_t nbytes);
/* Make them; the last block is final if @final. @out has room for deflate_stored_size(). */
size_t deflate_store(uint8_t *out, const uint8_t *in, size_t nbytes, bool final);

void put_le32(uint8_t *out, uint32_t value);
void put_be32(uint8_t *out, uint32_t value);
uint32_t get_le32(const uint8_t *in);
uint32_t get_be32(const uint8_t *in);

#endif
