/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is written around and between chunks so that they make a file of the
 * format: one gzip member, one zlib or deflate stream, one LZ4 frame.
 */
#ifndef ZIP_FRAME_H
#define ZIP_FRAME_H

#include <stdbool.h>
#include <stdint.h>
#include "chunk.h"
#include "output.h"

struct frame {
	enum format format;
	int level;
	const char *name; /* gzip: to be saved, or NULL */
	uint32_t mtime;	  /* gzip: to be saved, or 0 */
	/* so far */
	uint64_t nbytes; /* of input */
	uint32_t check;
	bool final;	 /* the last chunk was finished */
	void *xxh;	 /* LZ4: running checksum */
};

/* 0, or -1 and it has been said why. */
int frame_begin(struct frame *fr, struct output *out);
int frame_chunk(struct frame *fr, struct output *out, const struct chunk *c);
int frame_end(struct frame *fr, struct output *out);
/* Free what frame_begin() took, whether or not it went well; may be called again. */
void frame_free(struct frame *fr);

#endif
