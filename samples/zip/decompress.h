/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a compressed file to its content: gzip with all its members, zlib and
 * deflate on the device, LZ4 frames on the CPU, because the device only makes
 * LZ4.
 */
#ifndef ZIP_DECOMPRESS_H
#define ZIP_DECOMPRESS_H

#include "engine.h"
#include "input.h"
#include "options.h"
#include "output.h"
#include "source.h"

struct decompressor {
	struct engine *engine;
	const struct options *opts;
	uint8_t *room; /* what the device writes to */
};

/* What a file turned out to be. */
struct content {
	enum format format;
	struct gzip_header header; /* of the first member */
	uint64_t in_nbytes, out_nbytes;
	uint32_t check;		   /* as in the last trailer; 0 if the format has none */
};

/*
 * Find out the format (@hint: what the name says) and, for gzip, name and time.
 * Nothing is taken from @src. 0, or -1 and it has been said for @file why.
 * FORMAT_AUTO: it is none, and -f with -c lets it through.
 */
int content_detect(struct content *ct, struct source *src, enum format hint,
		   const struct options *o, const char *file);
/* Write the content to @out. 0, or -1 and it has been said for @file why. */
int content_decompress(struct decompressor *d, struct content *ct, struct source *src,
		       struct output *out, const char *file);
void decompressor_free(struct decompressor *d);

/* lz4_decode.c; arguments as above */
int lz4_decode(struct content *ct, struct source *src, struct output *out, uint8_t *room,
	       size_t room_nbytes, const char *file);
/*
 * After the end of a compressed file: what follows is nothing, or zeros, or
 * worth a warning.
 */
void content_end(struct source *src, const char *file);

#endif
