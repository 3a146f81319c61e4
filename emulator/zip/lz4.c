/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns LZ4 requests: one raw LZ4 block from one buffer, compression only. The
 * block is liblz4's work, which wants all of input and output at once.
 */
#include <lz4.h>

#include "dma_span.h"
#include "request.h"
#include "worker.h"

int zip_lz4(struct zip_request *r)
{
	int bound = LZ4_compressBound((int)r->input_nbytes);
	int room = r->out->left < (uint64_t)bound ? (int)r->out->left : bound;
	uint8_t *in = zip_scratch_get(&r->worker->whole_in, r->input_nbytes);
	uint8_t *out = zip_scratch_get(&r->worker->whole_out, (size_t)bound);
	int produced, ret;

	if (!in || !out)
		return ZIP_ST_NO_MEMORY;
	ret = dma_span_read(r->in, in, r->input_nbytes);
	if (ret)
		return ret;
	produced = LZ4_compress_default((const char *)in, (char *)out, (int)r->input_nbytes, room);
	if (produced <= 0)
		return ZIP_ST_DEST_FULL;
	ret = dma_span_write(r->out, out, (size_t)produced);
	if (ret)
		return ret;
	r->consumed = r->input_nbytes;
	r->produced = (uint32_t)produced;
	return r->produced >= r->input_nbytes ? ZIP_ST_NEGATIVE_COMP : ZIP_ST_OK;
}
