/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns decompression requests: moves the data in pieces between the client and
 * the decoder, keeps a stream's state in the context area, checks the trailer
 * and tells the client where the stream stands (hardware facts, 8.4). The device
 * never keeps plain text that found no room: it stops before it.
 */
#include <string.h>

#include "checksum.h"
#include "context.h"
#include "dma_span.h"
#include "request.h"
#include "worker.h"

enum stage {
	STAGE_DATA,
	STAGE_SUM,  /* before the 4 checksum bytes of the trailer */
	STAGE_SIZE, /* before the 4 length bytes (gzip) */
	STAGE_DONE,
	STAGE_BROKEN, /* no way on from here */
	STAGES
};

enum halt { NOT_HALTED, STARVED, FULL };

struct decompression {
	struct zip_request *r;
	struct inflate *st;
	struct inflate_io io;
	struct zip_sum sum;
	enum stage stage;
	enum halt halt;	    /* why there is no way on inside this request */
	uint8_t *out_start; /* of the output piece; history lies before it */
	uint8_t *unwritten; /* from here to io.out: not yet with the client */
	uint32_t fed;	    /* input bytes taken from the client */
};

static int context_load(struct decompression *d)
{
	struct zip_request *r = d->r;
	unsigned int nbits = ZIP_CTX0_TAIL_BITS(r->ctx_word[0]);
	int window = zip_context_window_nbytes(r);
	struct inflate_saved saved;
	uint64_t bits = 0;
	uint32_t stage;
	int ret;

	ret = zip_context_open(r, ZIP_CONTEXT_INFLATE, r->type, &stage);
	if (ret)
		return ret;
	if (window < 0 || stage >= STAGES)
		return ZIP_ST_BAD_CONTEXT;
	ret = zip_context_read(r, &saved, ZIP_CONTEXT_OWN, sizeof(saved));
	if (!ret)
		ret = zip_context_read(r, d->out_start - window, ZIP_CTX_WINDOW, (size_t)window);
	if (!ret && nbits)
		ret = zip_context_read(r, &bits, zip_context_tail(r), sizeof(bits));
	if (ret)
		return ret;
	if (!inflate_restore(d->st, &saved, le64toh(bits), nbits,
			     r->ctx_word[0] & ZIP_CTX0_FINAL_BLOCK,
			     r->ctx_word[1] & ZIP_CTX1_STORED_MASK))
		return ZIP_ST_BAD_CONTEXT;
	if (d->st->match_left && d->st->match_dist > (uint32_t)window)
		return ZIP_ST_BAD_CONTEXT;
	if ((stage == STAGE_SUM || stage == STAGE_SIZE) &&
	    (d->st->mode != INFLATE_ENDED || nbits % 8))
		return ZIP_ST_BAD_CONTEXT;
	d->stage = stage;
	d->io.oldest = d->out_start - window;
	zip_sum_resume(&d->sum, r->type, r->checksum, r->isize);
	return 0;
}

static uint32_t context_word0(const struct decompression *d)
{
	bool is_final = d->st->is_final && d->stage == STAGE_DATA;
	uint32_t word = d->st->nbits << 10 | (is_final ? ZIP_CTX0_FINAL_BLOCK : 0);

	if (d->stage != STAGE_DATA)
		return word;
	if (d->halt == STARVED && d->st->mode == INFLATE_HEAD)
		return word | ZIP_CTX_ST_BLOCK_NOT_STARTED;
	if (d->halt != FULL)
		return word;
	/*
	 * "Last block" makes clients ask with no input: right only if all of the
	 * input is in the device. Otherwise they come again with the rest of it.
	 */
	if (is_final && d->r->consumed == d->r->input_nbytes)
		return word | ZIP_CTX_ST_LAST_NO_SPACE;
	return word | ZIP_CTX_ST_MIDDLE_NO_SPACE;
}

static int context_save(struct decompression *d)
{
	struct zip_request *r = d->r;
	size_t history = (size_t)(d->io.out - d->io.oldest);
	struct inflate_saved saved;
	uint64_t bits = htole64(d->st->bits);
	int ret;

	if (history > ZIP_WINDOW_NBYTES)
		history = ZIP_WINDOW_NBYTES;
	r->ctx_word[0] = context_word0(d);
	r->ctx_word[1] = d->st->mode == INFLATE_STORED ? d->st->stored_left : 0;
	r->ctx_word[2] = (uint32_t)history;
	inflate_save(d->st, &saved);
	ret = zip_context_save(r, ZIP_CONTEXT_INFLATE, r->type, d->stage);
	if (!ret)
		ret = zip_context_write(r, ZIP_CONTEXT_OWN, &saved, sizeof(saved));
	if (!ret && (r->produced || r->is_first))
		ret = zip_context_write(r, ZIP_CTX_WINDOW, d->io.out - history, history);
	if (!ret)
		ret = zip_context_write(r, zip_context_tail(r), &bits, sizeof(bits));
	return ret;
}

/* Hand what was decoded to the client. */
static int flush_output(struct decompression *d)
{
	size_t nbytes = (size_t)(d->io.out - d->unwritten);
	int ret;

	if (!nbytes)
		return 0;
	ret = dma_span_write(d->r->out, d->unwritten, nbytes);
	if (ret)
		return ret;
	zip_sum_add(&d->sum, d->unwritten, nbytes);
	d->r->produced += (uint32_t)nbytes;
	d->unwritten = d->io.out;
	return 0;
}

/* Flushed: go on at the start of the output piece, with the history moved before it. */
static void rewind_output(struct decompression *d)
{
	size_t history = (size_t)(d->io.out - d->io.oldest);
	uint64_t room = d->r->out->left;

	if (history > ZIP_WINDOW_NBYTES)
		history = ZIP_WINDOW_NBYTES;
	memmove(d->out_start - history, d->io.out - history, history);
	d->io.oldest = d->out_start - history;
	d->io.out = d->out_start;
	d->unwritten = d->out_start;
	d->io.out_end = d->out_start + (room < ZIP_PIECE_NBYTES ? room : ZIP_PIECE_NBYTES);
}

static int feed_input(struct decompression *d)
{
	uint64_t left = d->r->in->left;
	size_t nbytes = left < ZIP_PIECE_NBYTES ? (size_t)left : ZIP_PIECE_NBYTES;
	int ret = dma_span_read(d->r->in, d->r->worker->in_piece, nbytes);

	if (ret)
		return ret;
	d->io.in = d->r->worker->in_piece;
	d->io.in_end = d->io.in + nbytes;
	d->fed += (uint32_t)nbytes;
	return 0;
}

/*
 * Input bytes of this request that no decoding step has touched go back to the
 * client: behind the stream's end they are another stream's, and where the output
 * was full they come again. A decoder that wants more keeps what it has: clients
 * may come with a byte at a time.
 */
static void return_input(struct decompression *d)
{
	uint32_t nbytes = d->halt == STARVED ? 0 : d->st->nbits / 8;
	uint32_t unread = (uint32_t)(d->io.in_end - d->io.in);

	if (nbytes > d->fed - unread)
		nbytes = d->fed - unread;
	d->st->nbits -= 8 * nbytes;
	d->st->bits &= (1ull << d->st->nbits) - 1;
	d->r->consumed = d->fed - unread - nbytes;
}

static uint32_t trailer_word(const struct decompression *d)
{
	uint8_t trailer[ZIP_TRAILER_MAX];
	uint32_t word;

	zip_sum_trailer(&d->sum, trailer);
	memcpy(&word, trailer + (d->stage == STAGE_SIZE ? 4 : 0), sizeof(word));
	return le32toh(word);
}

static int want_input(struct decompression *d)
{
	if (d->r->in->left)
		return feed_input(d);
	d->halt = STARVED;
	return 0;
}

static int want_output(struct decompression *d)
{
	int ret = flush_output(d);

	if (ret)
		return ret;
	if (d->r->out->left)
		rewind_output(d);
	else
		d->halt = FULL;
	return 0;
}

static int end_of_data(struct decompression *d)
{
	inflate_align(d->st);
	d->stage = d->r->type == ZIP_REQ_DEFLATE ? STAGE_DONE : STAGE_SUM;
	return flush_output(d); /* and so complete the checksum */
}

static int step_data(struct decompression *d)
{
	switch (inflate_run(d->st, &d->io)) {
	case INFLATE_NEED_INPUT:
		return want_input(d);
	case INFLATE_NEED_OUTPUT:
		return want_output(d);
	case INFLATE_END:
		return end_of_data(d);
	case INFLATE_BAD:
		break;
	}
	d->stage = STAGE_BROKEN;
	return ZIP_ST_BAD_STREAM;
}

static int step_trailer(struct decompression *d)
{
	uint32_t word;

	if (!inflate_take_word(d->st, &d->io, &word))
		return want_input(d);
	if (word != trailer_word(d)) {
		d->stage = STAGE_BROKEN;
		return ZIP_ST_CHECKSUM_BAD;
	}
	d->stage = d->stage == STAGE_SUM && d->r->type == ZIP_REQ_GZIP ? STAGE_SIZE : STAGE_DONE;
	return 0;
}

static int run(struct decompression *d)
{
	int ret = 0;

	while (!ret && d->halt == NOT_HALTED && d->stage < STAGE_DONE)
		ret = d->stage == STAGE_DATA ? step_data(d) : step_trailer(d);
	if (ret >= 0) {
		int flushed = flush_output(d);

		ret = flushed ? flushed : ret;
	}
	return_input(d);
	return ret;
}

static void report(struct decompression *d)
{
	d->r->isize = d->sum.isize;
	d->r->checksum = zip_sum_word(&d->sum);
	d->r->is_last_block = d->stage == STAGE_DONE;
}

static int run_stateless(struct decompression *d)
{
	int ret = run(d);

	if (!ret && d->halt == FULL)
		ret = ZIP_ST_DEST_FULL;
	else if (!ret && d->halt == STARVED)
		ret = ZIP_ST_BAD_STREAM; /* nothing can follow */
	if (ret) {
		d->r->consumed = 0;
		d->r->produced = 0;
		return ret;
	}
	report(d);
	return ZIP_ST_OK;
}

static int run_stateful(struct decompression *d)
{
	int ret = d->r->is_first ? 0 : context_load(d);
	int saved;

	if (!ret && d->stage == STAGE_BROKEN)
		ret = ZIP_ST_BAD_STREAM;
	if (ret)
		return ret;
	ret = run(d);
	if (ret < 0)
		return ret;
	report(d);
	saved = context_save(d);
	if (saved)
		return saved;
	return !ret && d->stage == STAGE_DONE ? ZIP_ST_DECOMP_END : ret;
}

int zip_decompress(struct zip_request *r)
{
	struct decompression d = {
		.r = r,
		.st = &r->worker->inflate,
		.out_start = r->worker->window_and_out + ZIP_WINDOW_NBYTES,
	};

	d.io.in = r->worker->in_piece;
	d.io.in_end = d.io.in;
	d.io.oldest = d.out_start;
	d.io.out = d.out_start;
	inflate_start(d.st);
	zip_sum_start(&d.sum, r->type);
	rewind_output(&d);
	return r->is_stateful ? run_stateful(&d) : run_stateless(&d);
}
