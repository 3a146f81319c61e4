/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns the memory a worker thread keeps between jobs: compressors ready to be
 * reset, the decoder's tables, buffers. What is rarely needed is made on first
 * use; what a huge job needed is given back after it.
 */
#include "worker.h"

#include <stdlib.h>
#include <string.h>

#include "match.h"

enum {
	DEFLATE_LEVEL = 6, /* the ratio of gzip's default */
	DEFLATE_MEM_LEVEL = 9,
	SCRATCH_KEPT_NBYTES = 1 << 20,
	EXTENTS_KEPT = 4096,
};

void *zip_worker_new(void)
{
	struct zip_worker *worker = calloc(1, sizeof(*worker));

	if (worker)
		inflate_prepare(&worker->inflate);
	return worker;
}

static void scratch_free(struct zip_scratch *scratch)
{
	free(scratch->data);
	scratch->data = NULL;
	scratch->nbytes = 0;
}

void zip_worker_free(void *p)
{
	struct zip_worker *worker = p;

	if (!worker)
		return;
	for (unsigned int i = 0; i < ZIP_DEFLATE_STREAMS; i++) {
		if (worker->deflate_is_ready[i])
			deflateEnd(&worker->deflate[i]);
	}
	dma_span_free(&worker->in);
	dma_span_free(&worker->out);
	dma_span_free(&worker->literals);
	scratch_free(&worker->whole_in);
	scratch_free(&worker->whole_out);
	match_finder_free(worker->finder);
	free(worker);
}

z_stream *zip_worker_deflate(struct zip_worker *worker, unsigned int window_bits)
{
	z_stream *z = &worker->deflate[window_bits - 12];
	bool *is_ready = &worker->deflate_is_ready[window_bits - 12];

	if (*is_ready)
		return deflateReset(z) == Z_OK ? z : NULL;
	memset(z, 0, sizeof(*z));
	*is_ready = deflateInit2(z, DEFLATE_LEVEL, Z_DEFLATED, -(int)window_bits, DEFLATE_MEM_LEVEL,
				 Z_DEFAULT_STRATEGY) == Z_OK;
	return *is_ready ? z : NULL;
}

uint8_t *zip_scratch_get(struct zip_scratch *scratch, size_t nbytes)
{
	if (!scratch->data || scratch->nbytes < nbytes) {
		scratch_free(scratch);
		scratch->data = malloc(nbytes ? nbytes : 1);
		scratch->nbytes = scratch->data ? nbytes : 0;
	}
	return scratch->data;
}

static void span_trim(struct dma_span *span)
{
	if (span->capacity > EXTENTS_KEPT)
		dma_span_free(span);
}

void zip_worker_trim(struct zip_worker *worker)
{
	if (worker->whole_in.nbytes > SCRATCH_KEPT_NBYTES)
		scratch_free(&worker->whole_in);
	if (worker->whole_out.nbytes > SCRATCH_KEPT_NBYTES)
		scratch_free(&worker->whole_out);
	span_trim(&worker->in);
	span_trim(&worker->out);
	span_trim(&worker->literals);
}
