/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scratch memory of one worker thread, kept from job to job so that a small job
 * allocates nothing. Holds nothing of a client beyond the element being run.
 */
#ifndef EMULATOR_ZIP_WORKER_H
#define EMULATOR_ZIP_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <zlib.h>

#include "dma_span.h"
#include "inflate.h"

struct match_finder;

enum {
	ZIP_PIECE_NBYTES = 256 << 10, /* data moves between client and engine in such pieces */
	ZIP_WINDOW_NBYTES = 32768,
	ZIP_DEFLATE_STREAMS = 4, /* window bits 12..15 */
};

struct zip_scratch {
	uint8_t *data;
	size_t nbytes;
};

struct zip_worker {
	struct dma_span in, out, literals;
	z_stream deflate[ZIP_DEFLATE_STREAMS];
	bool deflate_is_ready[ZIP_DEFLATE_STREAMS];
	struct inflate inflate;
	struct match_finder *finder;		/* made by the first LZ77 request */
	struct zip_scratch whole_in, whole_out; /* for algorithms that need all at once */
	uint8_t in_piece[ZIP_PIECE_NBYTES];
	/* History, then fresh output right behind it, so that inflating a match is a copy. */
	uint8_t window_and_out[ZIP_WINDOW_NBYTES + ZIP_PIECE_NBYTES + INFLATE_OUT_SLACK];
};

void *zip_worker_new(void);
void zip_worker_free(void *worker);

/* A raw deflate stream at its start, or NULL on out of memory. */
z_stream *zip_worker_deflate(struct zip_worker *worker, unsigned int window_bits);
/* At least @nbytes, or NULL; the content does not survive. */
uint8_t *zip_scratch_get(struct zip_scratch *scratch, size_t nbytes);
/* After each job: give back what a huge one needed. */
void zip_worker_trim(struct zip_worker *worker);

#endif
