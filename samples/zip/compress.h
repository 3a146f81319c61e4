/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a file to its compressed form: input is cut into chunks, as many as
 * -T says are in the device at once, and what comes back is written in order.
 */
#ifndef ZIP_COMPRESS_H
#define ZIP_COMPRESS_H

#include "chunk.h"
#include "frame.h"
#include "input.h"
#include "options.h"
#include "output.h"

struct compressor {
	struct engine *engine;
	const struct options *opts;
	const struct chunk_sender_ops *ops;
	struct chunk_sender *sender; /* NULL until the first chunk */
	struct chunk *ring[OPTIONS_MAX_THREADS];
};

/* Compress @in to @out with what @fr says. 0, or -1 and it has been said why. */
int compress_file(struct compressor *z, struct frame *fr, const struct input *in,
		  struct output *out);
void compressor_free(struct compressor *z);

#endif
