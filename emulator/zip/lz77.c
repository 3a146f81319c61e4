/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns LZ77 requests: splits the input into literals and sequences in the two
 * formats of the hardware facts, section 11, for a consumer that does the entropy
 * coding itself.
 *
 * Choices where the facts are silent: the 8 overflow bytes, the frequency area
 * and the diagnostic bytes of lz77_only are written as zeros, as far as the
 * sequence buffer goes; repeat offset codes name only distances that this stream
 * used before, so that no start values need to be agreed on (0 = none yet);
 * there is no entry for the literals after the last match.
 */
#include <endian.h>
#include <string.h>

#include "context.h"
#include "dma_span.h"
#include "match.h"
#include "request.h"
#include "worker.h"

enum {
	SEQUENCE_NBYTES = 8,
	SEQUENCES_STAGED = 512,
	OVERFLOW_NBYTES = 8,
	LZ77_ONLY_TAIL_NBYTES = 16, /* the smallest sequence buffer clients give */
	LAZY_ENOUGH = 64,
};

struct lz77_saved {
	uint32_t repeat[3];
	uint32_t literal_carry;
};
_Static_assert(ZIP_CTX_REPEAT_OFFSETS + offsetof(struct lz77_saved, literal_carry) ==
		       ZIP_CTX_LITERAL_CARRY,
	       "the two lie side by side");

struct lz77 {
	struct zip_request *r;
	bool is_zstd;
	bool is_deep;
	const uint8_t *data; /* history, then input */
	uint32_t history_nbytes;
	uint32_t nbytes; /* both */
	uint32_t repeat[3];
	uint64_t carry;	      /* literals that wait for the next match */
	uint32_t tail_nbytes; /* of the sequence buffer, not for sequences */
	unsigned int nstaged;
	uint8_t stage[SEQUENCES_STAGED * SEQUENCE_NBYTES];
	uint32_t overflow_count, overflow_index;
};

static int flush_sequences(struct lz77 *z)
{
	size_t nbytes = (size_t)z->nstaged * SEQUENCE_NBYTES;

	if (z->r->out->left < nbytes + z->tail_nbytes)
		return ZIP_ST_DEST_FULL;
	z->nstaged = 0;
	return dma_span_write(z->r->out, z->stage, nbytes);
}

/*
 * The code of @dist behind a literal run of @run bytes, and what becomes of the
 * repeat offsets: RFC 8878, 3.1.1.5, with its shift by one when the run is empty.
 */
static uint32_t offset_code(struct lz77 *z, uint32_t dist, uint64_t run)
{
	uint32_t *repeat = z->repeat;
	uint32_t candidate[] = {repeat[0], repeat[1], repeat[2], repeat[0] ? repeat[0] - 1 : 0};
	unsigned int shift = run ? 0 : 1;
	unsigned int used = shift;

	while (used < 3 + shift && candidate[used] != dist)
		used++;
	if (used != 0) {
		if (used != 1)
			repeat[2] = repeat[1];
		repeat[1] = repeat[0];
		repeat[0] = dist;
	}
	return used < 3 + shift ? used - shift + 1 : dist + 3;
}

static void encode_zstd(struct lz77 *z, uint8_t *entry, uint64_t run, struct found_match m)
{
	uint32_t code = htole32(offset_code(z, m.dist, run));
	uint16_t lengths[2] = {htole16((uint16_t)run), htole16((uint16_t)(m.length - 3))};

	memcpy(entry, &code, 4);
	memcpy(entry + 4, lengths, 4);
	if (run > 65535) {
		z->overflow_count++;
		z->overflow_index = z->r->produced;
	}
}

static void encode_only(uint8_t *entry, uint64_t run, struct found_match m)
{
	uint32_t run32 = htole32((uint32_t)run);
	uint16_t rest[2] = {htole16((uint16_t)(m.dist - 1)), htole16((uint16_t)(m.length - 3))};

	memcpy(entry, &run32, 4);
	memcpy(entry + 4, rest, 4);
}

static int put_literals(struct lz77 *z, uint32_t from, uint32_t to)
{
	z->carry += to - from;
	z->r->literal_nbytes += to - from;
	return dma_span_write(z->r->literals, z->data + from, to - from);
}

static int put_sequence(struct lz77 *z, struct found_match m)
{
	uint8_t *entry = z->stage + (size_t)z->nstaged * SEQUENCE_NBYTES;

	if (z->is_zstd)
		encode_zstd(z, entry, z->carry, m);
	else
		encode_only(entry, z->carry, m);
	z->carry = 0;
	z->r->produced++;
	return ++z->nstaged == SEQUENCES_STAGED ? flush_sequences(z) : 0;
}

/* A match at *pos, or a better one a few bytes on: *pos moves to it. */
static struct found_match find_lazily(struct lz77 *z, struct match_finder *finder, uint32_t *pos)
{
	struct found_match best = match_finder_find(finder, *pos, z->repeat[0]);

	while (best.length && best.length < LAZY_ENOUGH) {
		struct found_match next;

		match_finder_add(finder, *pos + 1);
		next = match_finder_find(finder, *pos + 1, z->repeat[0]);
		if (next.length <= best.length)
			break;
		best = next;
		++*pos;
	}
	return best;
}

static int split(struct lz77 *z, struct match_finder *finder)
{
	uint32_t pos = z->history_nbytes;
	uint32_t anchor = pos;
	int ret;

	match_finder_start(finder, z->data, z->nbytes, z->r->window_nbytes, z->is_deep);
	while (pos < z->nbytes) {
		struct found_match m;

		match_finder_add(finder, pos);
		m = find_lazily(z, finder, &pos);
		if (!m.length) {
			pos++;
			continue;
		}
		ret = put_literals(z, anchor, pos);
		if (!ret)
			ret = put_sequence(z, m);
		if (ret)
			return ret;
		pos += m.length;
		anchor = pos;
	}
	ret = put_literals(z, anchor, z->nbytes);
	return ret ? ret : flush_sequences(z);
}

static int put_tail(struct lz77 *z)
{
	static const uint8_t zeros[OVERFLOW_NBYTES + ZIP_LZ77_FREQ_NBYTES];
	size_t nbytes = z->is_zstd ? sizeof(zeros) : LZ77_ONLY_TAIL_NBYTES;

	if (nbytes > z->r->out->left)
		nbytes = z->r->out->left;
	return dma_span_write(z->r->out, zeros, nbytes);
}

static uint32_t context_type(const struct lz77 *z)
{
	return z->is_zstd ? ZIP_REQ_LZ77_ZSTD : ZIP_REQ_LZ77_ONLY;
}

/* What earlier requests of the stream left, all but the window's bytes. */
static int context_load(struct lz77 *z)
{
	int history = zip_context_window_nbytes(z->r);
	struct lz77_saved saved;
	uint32_t stage;
	int ret = zip_context_open(z->r, ZIP_CONTEXT_LZ77, context_type(z), &stage);

	if (ret)
		return ret;
	if (history < 0)
		return ZIP_ST_BAD_CONTEXT;
	z->history_nbytes = (uint32_t)history;
	ret = zip_context_read(z->r, &saved, ZIP_CTX_REPEAT_OFFSETS, sizeof(saved));
	for (int i = 0; i < 3; i++)
		z->repeat[i] = le32toh(saved.repeat[i]);
	z->carry = le32toh(saved.literal_carry);
	return ret;
}

static int context_save(struct lz77 *z)
{
	struct zip_request *r = z->r;
	struct lz77_saved saved = {.literal_carry = htole32((uint32_t)z->carry)};
	uint32_t history = z->nbytes < r->window_nbytes ? z->nbytes : r->window_nbytes;
	int ret;

	for (int i = 0; i < 3; i++)
		saved.repeat[i] = htole32(z->repeat[i]);
	r->ctx_word[0] = 0;
	r->ctx_word[1] = 0;
	r->ctx_word[2] = history;
	ret = zip_context_write(r, ZIP_CTX_WINDOW, z->data + z->nbytes - history, history);
	if (!ret)
		ret = zip_context_write(r, ZIP_CTX_REPEAT_OFFSETS, &saved, sizeof(saved));
	return ret ? ret : zip_context_save(r, ZIP_CONTEXT_LZ77, context_type(z), 0);
}

/* History and input side by side. */
static int gather(struct lz77 *z)
{
	struct zip_request *r = z->r;
	uint8_t *data;
	int ret;

	z->nbytes = z->history_nbytes + r->input_nbytes;
	data = zip_scratch_get(&r->worker->whole_in, z->nbytes);
	if (!data)
		return ZIP_ST_NO_MEMORY;
	z->data = data;
	ret = zip_context_read(r, data, ZIP_CTX_WINDOW, z->history_nbytes);
	return ret ? ret : dma_span_read(r->in, data + z->history_nbytes, r->input_nbytes);
}

static int run(struct lz77 *z)
{
	struct zip_request *r = z->r;
	int ret;

	if (r->literals->left < (uint64_t)r->input_nbytes + ZIP_LZ77_LITERAL_SLACK)
		return ZIP_ST_DEST_FULL;
	if (!r->worker->finder)
		r->worker->finder = match_finder_new();
	if (!r->worker->finder)
		return ZIP_ST_NO_MEMORY;
	ret = r->is_stateful && !r->is_first ? context_load(z) : 0;
	if (!ret)
		ret = gather(z);
	if (!ret)
		ret = split(z, r->worker->finder);
	if (!ret)
		ret = put_tail(z);
	if (!ret && r->is_stateful)
		ret = context_save(z);
	return ret;
}

static bool is_zstd(uint32_t type)
{
	return type == ZIP_REQ_LZ77_ZSTD || type == ZIP_REQ_LZ77_ZSTD_PRICE;
}

int zip_lz77(struct zip_request *r)
{
	struct lz77 z = {.r = r, .is_zstd = is_zstd(r->type)};
	int ret;

	z.is_deep = r->type == ZIP_REQ_LZ77_ONLY_PRICE || r->type == ZIP_REQ_LZ77_ZSTD_PRICE;
	z.tail_nbytes = z.is_zstd ? ZIP_LZ77_FREQ_NBYTES : LZ77_ONLY_TAIL_NBYTES;
	ret = run(&z);
	if (ret) {
		r->produced = 0;
		r->literal_nbytes = 0;
		return ret;
	}
	r->consumed = r->input_nbytes;
	if (z.is_zstd)
		r->checksum = (z.overflow_count > 255 ? 255 : z.overflow_count) << 24 |
			      (z.overflow_index & 0xffffff);
	return ZIP_ST_OK;
}
