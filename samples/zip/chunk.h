/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A piece of input on its way through the device, and the two ways to send it
 * there: streams for the deflate formats, blocks for LZ4. Who sends chunks
 * (compress.c) keeps as many in flight as he likes and takes them back in order.
 */
#ifndef ZIP_CHUNK_H
#define ZIP_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "engine.h"
#include "format.h"
#include "options.h"

/*
 * Chunks do not refer to each other, so each one loses the first window's worth
 * of matches: with 1 MiB some tenths of a percent. A multiple of 4, which some
 * devices want where a stream goes on, and a block size of LZ4 frames.
 */
#define CHUNK_NBYTES (1u << 20)
/* Streams need 9/8 of the input; a header and a trailer may come with it. */
#define CHUNK_DST_NBYTES (CHUNK_NBYTES / 8 * 9 + 4096)

/* A struct chunk.problem that both senders may find. */
#define CHUNK_NOT_VERIFIED \
	"verification failed: what the device made does not give back the input"

struct chunk {
	uint8_t *src;
	uint8_t *dst;
	uint32_t src_nbytes;
	uint32_t dst_nbytes; /* of the result */
	uint32_t check;	     /* CRC-32 or Adler-32 of the input, if the format has one */
	bool last;	     /* nothing follows it */
	bool raw;	     /* LZ4: the result is the input */
	/* How it went: 0, or a code of libwd_comp, or problem says what. */
	int code;
	const char *problem;

	/* the sender's own */
	bool done;
	struct chunk *next;
	void *sender;
};

/* NULL, and it has been said why. */
struct chunk *chunk_new(const char *file);
void chunk_free(struct chunk *c);

struct chunk_sender;

struct chunk_sender_ops {
	struct chunk_sender *(*open)(struct engine *e, const struct options *o, enum format f);
	/* The chunk is the sender's until wait() for it returns. */
	void (*send)(struct chunk_sender *s, struct chunk *c);
	void (*wait)(struct chunk_sender *s, struct chunk *c);
	/* No chunk may be out, unless wait() said that it is lost. */
	void (*close)(struct chunk_sender *s);
};

extern const struct chunk_sender_ops chunk_streams; /* gzip, zlib, deflate */
extern const struct chunk_sender_ops chunk_blocks;  /* lz4 */

#endif
