/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns the decoding of deflate blocks, from bits to bytes in a caller's buffer
 * that also holds the history. Every step is atomic: it either has all the bits
 * it needs (at most 48) or takes none, so that the state between two steps is
 * small and plain. Accepts and refuses what zlib accepts and refuses. Knows
 * nothing of requests, contexts, checksums and trailers.
 */
#include "inflate.h"

#include <stddef.h>
#include <string.h>

void inflate_prepare(struct inflate *st)
{
	uint8_t lens[INFLATE_LITLEN_SYMBOLS];

	memset(st, 0, sizeof(*st));
	memset(lens, 8, 144);
	memset(lens + 144, 9, 112);
	memset(lens + 256, 7, 24);
	memset(lens + 280, 8, 8);
	inflate_table_build(st->fixed_litlen, INFLATE_LITLEN, lens, INFLATE_LITLEN_SYMBOLS);
	memset(lens, 5, INFLATE_DIST_SYMBOLS);
	inflate_table_build(st->fixed_dist, INFLATE_DIST, lens, INFLATE_DIST_SYMBOLS);
}

void inflate_start(struct inflate *st)
{
	st->bits = 0;
	st->nbits = 0;
	st->mode = INFLATE_HEAD;
	st->is_final = false;
	st->stored_left = 0;
	st->match_left = 0;
}

/*
 * Bits above nbits may be set: they are the next bits of the input, so that
 * or-ing them in once more does no harm. Whoever moves io->in by other means, or
 * leaves this file, masks them first.
 */
struct reader {
	uint64_t bits;
	unsigned int nbits;
	const uint8_t *in, *in_end;
};

static inline uint64_t low_bits(uint64_t v, unsigned int n)
{
	return v & ((1ull << n) - 1); /* n < 64 */
}

static inline void refill(struct reader *r)
{
	uint64_t word;

	if (r->in_end - r->in >= (ptrdiff_t)sizeof(word)) {
		memcpy(&word, r->in, sizeof(word));
		r->bits |= le64toh(word) << r->nbits;
		r->in += (63 - r->nbits) >> 3;
		r->nbits |= 56;
		return;
	}
	while (r->nbits < 56 && r->in < r->in_end) {
		r->bits |= (uint64_t)*r->in++ << r->nbits;
		r->nbits += 8;
	}
}

static inline void drop(struct reader *r, unsigned int n)
{
	r->bits >>= n;
	r->nbits -= n;
}

static struct reader reader_open(const struct inflate *st, const struct inflate_io *io)
{
	return (struct reader){st->bits, st->nbits, io->in, io->in_end};
}

static void reader_close(const struct reader *r, struct inflate *st, struct inflate_io *io)
{
	st->bits = low_bits(r->bits, r->nbits);
	st->nbits = r->nbits;
	io->in = r->in;
}

/* A step's field of @n <= 32 bits; false and nothing taken when there are too few. */
static bool take(struct inflate *st, struct inflate_io *io, unsigned int n, uint32_t *value)
{
	struct reader r = reader_open(st, io);
	bool ok;

	refill(&r);
	ok = r.nbits >= n;
	if (ok) {
		*value = (uint32_t)low_bits(r.bits, n);
		drop(&r, n);
	}
	reader_close(&r, st, io);
	return ok;
}

bool inflate_take_word(struct inflate *st, struct inflate_io *io, uint32_t *word)
{
	return take(st, io, 32, word);
}

void inflate_align(struct inflate *st)
{
	unsigned int n = st->nbits % 8;

	st->bits >>= n;
	st->nbits -= n;
}

enum { GO_ON = -1 }; /* beside enum inflate_result: to the next step */

static int block_head(struct inflate *st, struct inflate_io *io)
{
	uint32_t head;

	if (st->is_final) {
		st->mode = INFLATE_ENDED;
		return GO_ON;
	}
	if (!take(st, io, 3, &head))
		return INFLATE_NEED_INPUT;
	st->is_final = head & 1;
	st->is_fixed = head >> 1 == 1;
	switch (head >> 1) {
	case 0:
		inflate_align(st);
		st->mode = INFLATE_STORED_HEAD;
		return GO_ON;
	case 1:
		st->mode = INFLATE_CODES;
		return GO_ON;
	case 2:
		st->mode = INFLATE_DYNAMIC_HEAD;
		return GO_ON;
	default:
		return INFLATE_BAD;
	}
}

static int stored_head(struct inflate *st, struct inflate_io *io)
{
	uint32_t lengths;

	if (!take(st, io, 32, &lengths))
		return INFLATE_NEED_INPUT;
	if ((lengths & 0xffff) != (~lengths >> 16))
		return INFLATE_BAD;
	st->stored_left = lengths & 0xffff;
	st->mode = INFLATE_STORED;
	return GO_ON;
}

static uint32_t least(uint32_t a, size_t b, size_t c)
{
	if (b < a)
		a = (uint32_t)b;
	return c < a ? (uint32_t)c : a;
}

static int stored(struct inflate *st, struct inflate_io *io)
{
	uint32_t n;

	while (st->nbits && st->stored_left && io->out < io->out_end) {
		*io->out++ = (uint8_t)st->bits;
		st->bits >>= 8;
		st->nbits -= 8;
		st->stored_left--;
	}
	if (!st->nbits) {
		n = least(st->stored_left, (size_t)(io->in_end - io->in),
			  (size_t)(io->out_end - io->out));
		if (n)
			memcpy(io->out, io->in, n);
		io->in += n;
		io->out += n;
		st->stored_left -= n;
	}
	if (!st->stored_left) {
		st->mode = INFLATE_HEAD;
		return GO_ON;
	}
	return st->nbits || io->in < io->in_end ? INFLATE_NEED_OUTPUT : INFLATE_NEED_INPUT;
}

static int dynamic_head(struct inflate *st, struct inflate_io *io)
{
	uint32_t counts;

	if (!take(st, io, 14, &counts))
		return INFLATE_NEED_INPUT;
	st->hlit = 257 + (counts & 31);
	st->hdist = 1 + (counts >> 5 & 31);
	st->hclen = 4 + (counts >> 10);
	if (st->hlit > INFLATE_HLIT_MAX || st->hdist > INFLATE_HDIST_MAX)
		return INFLATE_BAD;
	memset(st->precode_lens, 0, sizeof(st->precode_lens));
	st->nread = 0;
	st->mode = INFLATE_DYNAMIC_PRECODE;
	return GO_ON;
}

static int dynamic_precode(struct inflate *st, struct inflate_io *io)
{
	static const uint8_t order[INFLATE_PRECODE_SYMBOLS] = {16, 17, 18, 0, 8,  7, 9,	 6, 10, 5,
							       11, 4,  12, 3, 13, 2, 14, 1, 15};

	for (; st->nread < st->hclen; st->nread++) {
		uint32_t len;

		if (!take(st, io, 3, &len))
			return INFLATE_NEED_INPUT;
		st->precode_lens[order[st->nread]] = (uint8_t)len;
	}
	if (!inflate_table_build(st->precode, INFLATE_PRECODE, st->precode_lens,
				 INFLATE_PRECODE_SYMBOLS))
		return INFLATE_BAD;
	st->nread = 0;
	st->mode = INFLATE_DYNAMIC_LENS;
	return GO_ON;
}

/* Symbols 16, 17, 18: repeat the last length 3..6 times, zero 3..10, 11..138 times. */
static int repeat_length(struct inflate *st, unsigned int symbol, unsigned int extra)
{
	unsigned int times = extra + (symbol == 18 ? 11 : 3);
	uint8_t len = 0;

	if (symbol == 16) {
		if (!st->nread)
			return INFLATE_BAD;
		len = st->lens[st->nread - 1];
	}
	if (times > st->hlit + st->hdist - st->nread)
		return INFLATE_BAD;
	memset(st->lens + st->nread, len, times);
	st->nread += times;
	return GO_ON;
}

static int next_length(struct inflate *st, struct inflate_io *io)
{
	static const uint8_t repeat_nbits[] = {2, 3, 7};
	struct reader r = reader_open(st, io);
	struct inflate_entry e;
	unsigned int nextra;
	int ret = INFLATE_NEED_INPUT;

	refill(&r);
	e = st->precode[low_bits(r.bits, INFLATE_PRECODE_ROOT)];
	nextra = e.value < 16 ? 0 : repeat_nbits[e.value - 16];
	if (e.nbits + nextra <= r.nbits) {
		unsigned int extra = (unsigned int)low_bits(r.bits >> e.nbits, nextra);

		drop(&r, e.nbits + nextra);
		ret = GO_ON;
		if (e.value < 16)
			st->lens[st->nread++] = (uint8_t)e.value;
		else
			ret = repeat_length(st, e.value, extra);
	}
	reader_close(&r, st, io);
	return ret;
}

static bool build_dynamic(struct inflate *st)
{
	return st->lens[256] &&
	       inflate_table_build(st->litlen, INFLATE_LITLEN, st->lens, st->hlit) &&
	       inflate_table_build(st->dist, INFLATE_DIST, st->lens + st->hlit, st->hdist);
}

static int dynamic_lens(struct inflate *st, struct inflate_io *io)
{
	while (st->nread < st->hlit + st->hdist) {
		int ret = next_length(st, io);

		if (ret != GO_ON)
			return ret;
	}
	if (!build_dynamic(st))
		return INFLATE_BAD;
	st->mode = INFLATE_CODES;
	return GO_ON;
}

/* May write up to 7 bytes behind @n: INFLATE_OUT_SLACK. */
static inline void copy_match(uint8_t *out, uint32_t dist, uint32_t n)
{
	const uint8_t *from = out - dist;
	uint8_t *end = out + n;

	if (dist >= 8) {
		for (; out < end; out += 8, from += 8)
			memcpy(out, from, 8);
	} else if (dist == 1) {
		memset(out, *from, n);
	} else {
		while (out < end)
			*out++ = *from++;
	}
}

/* The rest of a match that the end of the output had cut. */
static void continue_match(struct inflate *st, struct inflate_io *io)
{
	uint32_t n = least(st->match_left, (size_t)(io->out_end - io->out), SIZE_MAX);

	copy_match(io->out, st->match_dist, n);
	io->out += n;
	st->match_left -= n;
}

static inline struct inflate_entry look_up(const struct inflate_entry *table, unsigned int root,
					   uint64_t bits)
{
	struct inflate_entry e = table[low_bits(bits, root)];

	if (e.op & INFLATE_OP_SUBTABLE)
		e = table[e.value + low_bits(bits >> root, e.op & INFLATE_EXTRA_MASK)];
	return e;
}

struct match {
	uint32_t length, dist;
	unsigned int nbits; /* of the codes and extra bits together */
};

/* @e: the entry of the length code at the start of r->bits. GO_ON, or why not. */
static inline int decode_match(const struct reader *r, struct inflate_entry e,
			       const struct inflate_entry *dist_table, struct match *m)
{
	unsigned int nextra = e.op & INFLATE_EXTRA_MASK;
	uint64_t bits = r->bits >> e.nbits;

	m->length = e.value + (uint32_t)low_bits(bits, nextra);
	m->nbits = e.nbits + nextra;
	bits >>= nextra;
	e = look_up(dist_table, INFLATE_DIST_ROOT, bits);
	if (m->nbits + e.nbits > r->nbits)
		return INFLATE_NEED_INPUT;
	if (e.op == INFLATE_OP_INVALID)
		return INFLATE_BAD;
	nextra = e.op & INFLATE_EXTRA_MASK;
	m->dist = e.value + (uint32_t)low_bits(bits >> e.nbits, nextra);
	m->nbits += e.nbits + nextra;
	return m->nbits > r->nbits ? INFLATE_NEED_INPUT : GO_ON;
}

/*
 * The inner loop. An entry that was looked up with too few bits asks for more of
 * them than there are, because the missing ones only lengthen a code.
 */
static int codes_loop(struct inflate *st, struct inflate_io *io, struct reader *r)
{
	const struct inflate_entry *litlen = st->is_fixed ? st->fixed_litlen : st->litlen;
	const struct inflate_entry *dist = st->is_fixed ? st->fixed_dist : st->dist;
	uint8_t *out_end = io->out_end;
	uint8_t *out = io->out;
	int ret = GO_ON;

	while (ret == GO_ON) {
		struct inflate_entry e;
		struct match m;

		refill(r);
		e = look_up(litlen, INFLATE_LITLEN_ROOT, r->bits);
		if (e.nbits > r->nbits) {
			ret = INFLATE_NEED_INPUT;
		} else if (e.op == INFLATE_OP_LITERAL) {
			if (out == out_end) {
				ret = INFLATE_NEED_OUTPUT;
				break;
			}
			drop(r, e.nbits);
			*out++ = (uint8_t)e.value;
		} else if (e.op == INFLATE_OP_END) {
			drop(r, e.nbits);
			st->mode = INFLATE_HEAD;
			break;
		} else if (e.op == INFLATE_OP_INVALID) {
			ret = INFLATE_BAD;
		} else {
			ret = decode_match(r, e, dist, &m);
			if (ret != GO_ON)
				break;
			if (m.dist > out - io->oldest) {
				ret = INFLATE_BAD;
				break;
			}
			if (out == out_end) {
				ret = INFLATE_NEED_OUTPUT;
				break;
			}
			drop(r, m.nbits);
			if (m.length > out_end - out) {
				st->match_left = m.length - (uint32_t)(out_end - out);
				st->match_dist = m.dist;
				m.length -= st->match_left;
				ret = INFLATE_NEED_OUTPUT;
			}
			copy_match(out, m.dist, m.length);
			out += m.length;
		}
	}
	io->out = out;
	return ret;
}

static int codes(struct inflate *st, struct inflate_io *io)
{
	struct reader r;
	int ret;

	if (st->match_left)
		continue_match(st, io);
	if (st->match_left)
		return INFLATE_NEED_OUTPUT;
	r = reader_open(st, io);
	ret = codes_loop(st, io, &r);
	reader_close(&r, st, io);
	return ret;
}

static int ended(struct inflate *st, struct inflate_io *io)
{
	(void)st;
	(void)io;
	return INFLATE_END;
}

enum inflate_result inflate_run(struct inflate *st, struct inflate_io *io)
{
	static int (*const step[INFLATE_MODES])(struct inflate *, struct inflate_io *) = {
		[INFLATE_HEAD] = block_head,
		[INFLATE_STORED_HEAD] = stored_head,
		[INFLATE_STORED] = stored,
		[INFLATE_DYNAMIC_HEAD] = dynamic_head,
		[INFLATE_DYNAMIC_PRECODE] = dynamic_precode,
		[INFLATE_DYNAMIC_LENS] = dynamic_lens,
		[INFLATE_CODES] = codes,
		[INFLATE_ENDED] = ended,
	};
	int ret;

	do {
		ret = step[st->mode](st, io);
	} while (ret == GO_ON);
	return (enum inflate_result)ret;
}
