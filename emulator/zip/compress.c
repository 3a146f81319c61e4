/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns compression requests for deflate, zlib and gzip: the stream itself is
 * zlib's work; here are the window and checksum that outlive a request in the
 * context area, and the trailer. Each request ends on a byte boundary with
 * nothing held back, so the window is all the next one needs.
 */
#include <string.h>

#include "checksum.h"
#include "context.h"
#include "dma_span.h"
#include "request.h"
#include "worker.h"

enum stage { STAGE_OPEN, STAGE_FINISHED };

/* Below this a history cannot help: no match fits into the input. */
enum { INPUT_WORTH_HISTORY = 4 };

struct compression {
	struct zip_request *r;
	z_stream *z;
	struct zip_sum sum;
	uint8_t *history; /* the last plain text, as much as the window takes */
	uint32_t history_nbytes;
	uint8_t *out_piece;
};

static int context_load(struct compression *c)
{
	struct zip_request *r = c->r;
	int history = zip_context_window_nbytes(r);
	uint32_t stage;
	int ret = zip_context_open(r, ZIP_CONTEXT_DEFLATE, r->type, &stage);

	if (ret)
		return ret;
	if (history < 0 || stage != STAGE_OPEN)
		return ZIP_ST_BAD_CONTEXT;
	c->history_nbytes = (uint32_t)history;
	zip_sum_resume(&c->sum, r->type, r->checksum, r->isize);
	return zip_context_read(r, c->history, ZIP_CTX_WINDOW, c->history_nbytes);
}

static int context_save(struct compression *c)
{
	struct zip_request *r = c->r;
	int ret = 0;

	r->ctx_word[0] = 0;
	r->ctx_word[1] = 0;
	r->ctx_word[2] = c->history_nbytes;
	if (r->consumed || r->is_first)
		ret = zip_context_write(r, ZIP_CTX_WINDOW, c->history, c->history_nbytes);
	if (ret)
		return ret;
	return zip_context_save(r, ZIP_CONTEXT_DEFLATE, r->type,
				r->is_finish ? STAGE_FINISHED : STAGE_OPEN);
}

static void history_add(struct compression *c, const uint8_t *data, uint32_t nbytes)
{
	uint32_t window = c->r->window_nbytes;
	uint32_t kept = c->history_nbytes;

	if (nbytes > window) {
		data += nbytes - window;
		nbytes = window;
	}
	if (kept > window - nbytes) {
		memmove(c->history, c->history + kept - (window - nbytes), window - nbytes);
		kept = window - nbytes;
	}
	memcpy(c->history + kept, data, nbytes);
	c->history_nbytes = kept + nbytes;
}

static int put(struct compression *c, const uint8_t *data, size_t nbytes)
{
	if (nbytes > c->r->out->left)
		return ZIP_ST_DEST_FULL;
	c->r->produced += (uint32_t)nbytes;
	return dma_span_write(c->r->out, data, nbytes);
}

/* All of z's input through the compressor, to the client as it comes out. */
static int deflate_piece(struct compression *c, int flush)
{
	int ret = 0;

	do {
		c->z->next_out = c->out_piece;
		c->z->avail_out = ZIP_PIECE_NBYTES;
		deflate(c->z, flush);
		ret = put(c, c->out_piece, ZIP_PIECE_NBYTES - c->z->avail_out);
	} while (!ret && !c->z->avail_out);
	return ret;
}

static int deflate_input(struct compression *c, int last_flush)
{
	struct dma_span *in = c->r->in;
	uint8_t *piece = c->r->worker->in_piece;
	int ret;

	do {
		uint32_t nbytes =
			in->left < ZIP_PIECE_NBYTES ? (uint32_t)in->left : ZIP_PIECE_NBYTES;

		ret = dma_span_read(in, piece, nbytes);
		if (ret)
			return ret;
		zip_sum_add(&c->sum, piece, nbytes);
		if (c->r->is_stateful)
			history_add(c, piece, nbytes);
		c->z->next_in = piece;
		c->z->avail_in = nbytes;
		ret = deflate_piece(c, in->left ? Z_NO_FLUSH : last_flush);
	} while (!ret && in->left);
	return ret;
}

static int finish(struct compression *c)
{
	uint8_t trailer[ZIP_TRAILER_MAX];

	return put(c, trailer, zip_sum_trailer(&c->sum, trailer));
}

static unsigned int window_bits(uint32_t window_nbytes)
{
	return 31 - (unsigned int)__builtin_clz(window_nbytes); /* 24 KiB: 14 */
}

static int run(struct compression *c)
{
	struct zip_request *r = c->r;
	bool is_finish = r->is_finish || !r->is_stateful;
	int ret;

	if (!is_finish && !r->input_nbytes)
		return 0; /* nothing is ever held back, so nothing to flush */
	c->z = zip_worker_deflate(r->worker, window_bits(r->window_nbytes));
	if (!c->z)
		return ZIP_ST_NO_MEMORY;
	if (c->history_nbytes && r->input_nbytes >= INPUT_WORTH_HISTORY)
		deflateSetDictionary(c->z, c->history, c->history_nbytes);
	ret = deflate_input(c, is_finish ? Z_FINISH : Z_SYNC_FLUSH);
	if (!ret && is_finish)
		ret = finish(c);
	return ret;
}

int zip_compress(struct zip_request *r)
{
	struct compression c = {
		.r = r,
		.history = r->worker->window_and_out,
		.out_piece = r->worker->window_and_out + ZIP_WINDOW_NBYTES,
	};
	int ret = 0;

	zip_sum_start(&c.sum, r->type);
	if (r->is_stateful && !r->is_first)
		ret = context_load(&c);
	if (!ret)
		ret = run(&c);
	if (!ret) {
		r->consumed = r->input_nbytes;
		if (r->is_stateful)
			ret = context_save(&c);
	}
	if (ret) {
		r->consumed = 0;
		r->produced = 0;
		return ret;
	}
	r->isize = c.sum.isize;
	r->checksum = zip_sum_word(&c.sum);
	if (!r->is_stateful && r->produced >= r->input_nbytes)
		return ZIP_ST_NEGATIVE_COMP;
	return ZIP_ST_OK;
}
