/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request as the engine sees it after the element was decoded and judged:
 * what to do, with which memory, and where the results go. engine.c fills it and
 * writes the results into the element; each algorithm is one function on it.
 */
#ifndef EMULATOR_ZIP_REQUEST_H
#define EMULATOR_ZIP_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "include/uapi/hisi_zip.h"

struct dma_span;
struct emu_dma;
struct zip_worker;

/*
 * Status codes of this engine beside those of the hardware facts (section 7),
 * which say of any other code only that clients take it as an input error.
 */
enum zip_engine_status {
	ZIP_ST_BAD_REQUEST = 0x80, /* type, mode, direction, size or window impossible */
	ZIP_ST_BAD_STREAM = 0x81,  /* not a deflate stream, or cut short (stateless) */
	ZIP_ST_BAD_CONTEXT = 0x82, /* stream state does not fit the request or was damaged */
	ZIP_ST_BAD_LIST = 0x83,	   /* scatter-gather list malformed or shorter than the input */
	ZIP_ST_DMA_FAULT = 0x84,   /* an address could not be read or written */
	ZIP_ST_NO_MEMORY = 0x85,   /* the engine itself ran out of memory */
};

/* What one element may cost; hardware lists could describe far more. */
#define ZIP_MAX_REQUEST_NBYTES (64u << 20)

struct zip_request {
	struct zip_worker *worker;
	struct emu_dma *dma;
	uint32_t type; /* enum hisi_zip_request */
	bool is_stateful;
	bool is_first;	/* of its stream */
	bool is_finish; /* compression: end the stream */
	uint32_t window_nbytes;
	uint32_t input_nbytes;
	struct dma_span *in;
	struct dma_span *out;
	struct dma_span *literals; /* LZ77 only */
	uint64_t ctx_addr;

	/* Stream words: as the client gave them, then as it gets them back. */
	uint32_t ctx_word[3];
	uint32_t isize;
	uint32_t checksum;

	/* Results. */
	uint32_t consumed;
	uint32_t produced;
	uint32_t literal_nbytes;
	bool is_last_block;
};

/*
 * The algorithms. Each returns a status (>= 0) or the -errno of the DMA. On
 * ZIP_ST_DEST_FULL nothing counts as consumed or produced and the stream's state
 * is as before.
 */
int zip_compress(struct zip_request *r);
int zip_decompress(struct zip_request *r);
int zip_lz4(struct zip_request *r);
int zip_lz77(struct zip_request *r);

#endif
