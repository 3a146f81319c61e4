/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns the writing of zstd frames from ready sequences (RFC 8878, sections 3.1.1
 * and 4.1). The encoder is the decoder's table read backwards: to come to a state
 * it looks for the one that leads there.
 */
#include "zstd_frame.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_NBYTES_MAX = 128 << 10, STATES_MAX = 64 };

/* One field of the bit stream, in the order in which a decoder reads them. */
struct field {
	uint32_t value;
	unsigned int nbits;
};

struct table {
	unsigned int log;
	struct {
		uint8_t symbol, nbits;
		uint16_t base;
	} state[STATES_MAX];
};

/* RFC 8878, 3.1.1.3.2.2. */
static const int8_t run_counts[] = {4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1,  1,  2,  2,
				    2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1};
static const int8_t length_counts[] = {1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1,	 1,  1,	 1,  1,	 1,  1, 1,
				       1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,	 1,  1,	 1,  1,	 1,  1, 1,
				       1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1};
static const int8_t offset_counts[] = {1, 1, 1, 1, 1, 1, 2, 2, 2, 1,  1,  1,  1,  1, 1,
				       1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1};

/* RFC 8878, 4.1.1: from counts to states. */
static void table_build(struct table *t, const int8_t *counts, unsigned int nsymbols,
			unsigned int log)
{
	unsigned int size = 1u << log, high = size, pos = 0, next[64];

	t->log = log;
	for (unsigned int s = 0; s < nsymbols; s++) {
		next[s] = counts[s] == -1 ? 1 : (unsigned int)counts[s];
		if (counts[s] == -1)
			t->state[--high].symbol = (uint8_t)s;
	}
	for (unsigned int s = 0; s < nsymbols; s++) {
		for (int i = 0; i < counts[s]; i++) {
			t->state[pos].symbol = (uint8_t)s;
			do {
				pos = (pos + (size >> 1) + (size >> 3) + 3) % size;
			} while (pos >= high);
		}
	}
	for (unsigned int i = 0; i < size; i++) {
		unsigned int x = next[t->state[i].symbol]++;
		unsigned int nbits = log - (31 - (unsigned int)__builtin_clz(x));

		t->state[i].nbits = (uint8_t)nbits;
		t->state[i].base = (uint16_t)((x << nbits) - size);
	}
}

/* A state of @symbol that leads to *next with the bits put into @f; *next becomes it. */
static void step_back(const struct table *t, unsigned int symbol, unsigned int *next,
		      struct field *f)
{
	for (unsigned int i = 0; i < 1u << t->log; i++) {
		unsigned int base = t->state[i].base, nbits = t->state[i].nbits;

		if (t->state[i].symbol == symbol && *next >= base && *next < base + (1u << nbits)) {
			*f = (struct field){*next - base, nbits};
			*next = i;
			return;
		}
	}
	abort();
}

static unsigned int any_state(const struct table *t, unsigned int symbol)
{
	for (unsigned int i = 0; i < 1u << t->log; i++) {
		if (t->state[i].symbol == symbol)
			return i;
	}
	abort();
}

struct code {
	unsigned int symbol;
	struct field extra;
};

/* RFC 8878, 3.1.1.3.2.1: codes of literal runs, match lengths and offsets. */
static struct code code_of(uint32_t value, const uint32_t *bases, const uint8_t *nbits,
			   unsigned int first, unsigned int n)
{
	unsigned int i = n - 1;

	if (value < bases[0])
		return (struct code){first + value, {0, 0}};
	while (value < bases[i])
		i--;
	return (struct code){first + bases[0] + i, {value - bases[i], nbits[i]}};
}

static struct code run_code(uint32_t run)
{
	static const uint32_t bases[] = {16,   18,   20,   22,	  24,	 28,   32,
					 40,   48,   64,   128,	  256,	 512,  1024,
					 2048, 4096, 8192, 16384, 32768, 65536};
	static const uint8_t nbits[] = {1, 1, 1, 1,  2,	 2,  3,	 3,  4,	 6,
					7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

	return code_of(run, bases, nbits, 0, 20);
}

static struct code length_code(uint32_t length)
{
	static const uint32_t bases[] = {32,   34,   36,   38,	 40,	44,    48,
					 56,   64,   80,   96,	 128,	256,   512,
					 1024, 2048, 4096, 8192, 16384, 32768, 65536};
	static const uint8_t nbits[] = {1, 1, 1, 1,  2,	 2,  3,	 3,  4,	 4, 5,
					7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

	return code_of(length - 3, bases, nbits, 0, 21);
}

static struct code offset_code(uint32_t offset)
{
	unsigned int symbol = 31 - (unsigned int)__builtin_clz(offset);

	return (struct code){symbol, {offset - (1u << symbol), symbol}};
}

static struct table runs, lengths, offsets;

static void tables_prepare(void)
{
	table_build(&runs, run_counts, sizeof(run_counts), 6);
	table_build(&lengths, length_counts, sizeof(length_counts), 6);
	table_build(&offsets, offset_counts, sizeof(offset_counts), 5);
}

/* The decoder reads from the end: put the fields last to first, then a mark of one bit. */
static size_t put_fields(uint8_t *to, const struct field *fields, size_t nfields)
{
	uint64_t bits = 0;
	unsigned int nbits = 0;
	size_t n = 0;

	for (size_t i = nfields + 1; i-- > 0;) {
		struct field f = i ? fields[i - 1] : (struct field){1, 1};

		bits |= (uint64_t)f.value << nbits;
		for (nbits += f.nbits; nbits >= 8; nbits -= 8, bits >>= 8)
			to[n++] = (uint8_t)bits;
	}
	if (nbits)
		to[n++] = (uint8_t)bits;
	return n;
}

static size_t put_sequences(uint8_t *to, const struct zstd_sequence *seq, size_t nseq)
{
	enum { PER_SEQUENCE = 6 };
	struct field *fields = malloc((3 + PER_SEQUENCE * nseq) * sizeof(*fields));
	unsigned int run = 0, length = 0, offset = 0;
	size_t n;

	if (!fields)
		abort();
	for (size_t i = nseq; i-- > 0;) {
		struct code r = run_code(seq[i].run), m = length_code(seq[i].length);
		struct code o = offset_code(seq[i].offset_code);
		struct field *f = fields + 3 + PER_SEQUENCE * i;

		f[0] = o.extra;
		f[1] = m.extra;
		f[2] = r.extra;
		if (i + 1 == nseq) {
			run = any_state(&runs, r.symbol);
			length = any_state(&lengths, m.symbol);
			offset = any_state(&offsets, o.symbol);
			f[3] = f[4] = f[5] = (struct field){0, 0};
		} else {
			step_back(&runs, r.symbol, &run, &f[3]);
			step_back(&lengths, m.symbol, &length, &f[4]);
			step_back(&offsets, o.symbol, &offset, &f[5]);
		}
	}
	fields[0] = (struct field){run, runs.log};
	fields[1] = (struct field){offset, offsets.log};
	fields[2] = (struct field){length, lengths.log};
	n = put_fields(to, fields, 3 + PER_SEQUENCE * nseq);
	free(fields);
	return n;
}

size_t zstd_put_frame_head(uint8_t *to)
{
	/* Magic number, no content size nor checksum, window of 1 MiB. */
	static const uint8_t head[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 10 << 3};

	tables_prepare();
	memcpy(to, head, sizeof(head));
	return sizeof(head);
}

static void put_block_head(uint8_t *to, unsigned int type, size_t nbytes, bool is_last)
{
	uint32_t head = (uint32_t)is_last | type << 1 | (uint32_t)nbytes << 3;

	to[0] = (uint8_t)head;
	to[1] = (uint8_t)(head >> 8);
	to[2] = (uint8_t)(head >> 16);
}

size_t zstd_put_raw_block(uint8_t *to, const uint8_t *plain, size_t nbytes, bool is_last)
{
	put_block_head(to, 0, nbytes, is_last);
	memcpy(to + 3, plain, nbytes);
	return 3 + nbytes;
}

size_t zstd_put_block(uint8_t *to, const uint8_t *literals, size_t nliterals,
		      const struct zstd_sequence *sequences, size_t nsequences, bool is_last)
{
	uint32_t head = 3u << 2 | (uint32_t)nliterals << 4; /* raw literals, 20-bit size */
	uint8_t *p = to + 3;

	*p++ = (uint8_t)head;
	*p++ = (uint8_t)(head >> 8);
	*p++ = (uint8_t)(head >> 16);
	memcpy(p, literals, nliterals);
	p += nliterals;
	if (nsequences < 128) {
		*p++ = (uint8_t)nsequences;
	} else if (nsequences < 0x7f00) {
		*p++ = (uint8_t)((nsequences >> 8) + 128);
		*p++ = (uint8_t)nsequences;
	} else {
		*p++ = 255;
		*p++ = (uint8_t)(nsequences - 0x7f00);
		*p++ = (uint8_t)((nsequences - 0x7f00) >> 8);
	}
	if (nsequences) {
		*p++ = 0; /* predefined tables */
		p += put_sequences(p, sequences, nsequences);
	}
	if (p - to - 3 > BLOCK_NBYTES_MAX)
		return 0;
	put_block_head(to, 2, (size_t)(p - to) - 3, is_last);
	return (size_t)(p - to);
}
