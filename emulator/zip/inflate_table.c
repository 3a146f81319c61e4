/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns the building of Huffman decoding tables: judges the code lengths, which
 * come from the stream or from a saved context and are not to be trusted, and
 * fills the table and its subtables. The decoding itself is in inflate.c.
 */
#include "inflate_table.h"

#include <string.h>

enum { CODE_NBITS_MAX = 15 };

static const unsigned int root_nbits[] = {
	[INFLATE_LITLEN] = INFLATE_LITLEN_ROOT,
	[INFLATE_DIST] = INFLATE_DIST_ROOT,
	[INFLATE_PRECODE] = INFLATE_PRECODE_ROOT,
};

/* RFC 1951, 3.2.5: bases and extra bits of length symbols 257.. and distance symbols 0.. */
static const uint16_t length_base[29] = {3,  4,	 5,  6,	  7,   8,   9,	 10,  11, 13,
					 15, 17, 19, 23,  27,  31,  35,	 43,  51, 59,
					 67, 83, 99, 115, 131, 163, 195, 227, 258};
static const uint8_t length_extra[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
					 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
static const uint16_t dist_base[30] = {
	1,   2,	  3,   4,   5,	 7,    9,    13,   17,	 25,   33,   49,   65,	  97,	 129,
	193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};

static struct inflate_entry litlen_entry(unsigned int symbol)
{
	if (symbol < 256)
		return (struct inflate_entry){.value = (uint16_t)symbol, .op = INFLATE_OP_LITERAL};
	if (symbol == 256)
		return (struct inflate_entry){.op = INFLATE_OP_END};
	if (symbol - 257 >= 29)
		return (struct inflate_entry){.op = INFLATE_OP_INVALID};
	return (struct inflate_entry){.value = length_base[symbol - 257],
				      .op = INFLATE_OP_BASE | length_extra[symbol - 257]};
}

static struct inflate_entry dist_entry(unsigned int symbol)
{
	if (symbol >= 30)
		return (struct inflate_entry){.op = INFLATE_OP_INVALID};
	return (struct inflate_entry){
		.value = dist_base[symbol],
		.op = (uint8_t)(INFLATE_OP_BASE | (symbol < 4 ? 0 : symbol / 2 - 1)),
	};
}

static struct inflate_entry symbol_entry(enum inflate_alphabet alphabet, unsigned int symbol)
{
	if (alphabet == INFLATE_LITLEN)
		return litlen_entry(symbol);
	if (alphabet == INFLATE_DIST)
		return dist_entry(symbol);
	return (struct inflate_entry){.value = (uint16_t)symbol, .op = INFLATE_OP_LITERAL};
}

static unsigned int longest_code(const uint16_t *count)
{
	unsigned int longest = CODE_NBITS_MAX;

	while (longest && !count[longest])
		longest--;
	return longest;
}

static bool code_is_allowed(enum inflate_alphabet alphabet, const uint16_t *count,
			    unsigned int longest)
{
	int left = 1;

	for (unsigned int n = 1; n <= longest; n++) {
		left = 2 * left - count[n];
		if (left < 0)
			return false;
	}
	return !left || !longest || (longest == 1 && alphabet != INFLATE_PRECODE);
}

static uint16_t reverse_code(uint16_t code, unsigned int nbits)
{
	unsigned int reversed = 0;

	for (unsigned int i = 0; i < nbits; i++)
		reversed |= (code >> i & 1u) << (nbits - 1 - i);
	return (uint16_t)reversed;
}

/* Every index of the 2^width entries that ends in @code, which is @nbits long. */
static void fill(struct inflate_entry *table, unsigned int width, unsigned int code,
		 unsigned int nbits, struct inflate_entry entry)
{
	for (unsigned int i = code; i < 1u << width; i += 1u << nbits)
		table[i] = entry;
}

struct code {
	uint16_t bits; /* reversed: as it lies in the stream */
	uint8_t nbits;
};

static void assign_codes(const uint8_t *lens, unsigned int nsymbols, const uint16_t *count,
			 struct code *codes)
{
	uint16_t next[CODE_NBITS_MAX + 1] = {0};

	for (unsigned int n = 1; n < CODE_NBITS_MAX; n++)
		next[n + 1] = (uint16_t)((next[n] + count[n]) << 1);
	for (unsigned int s = 0; s < nsymbols; s++) {
		codes[s].nbits = lens[s];
		codes[s].bits = lens[s] ? reverse_code(next[lens[s]]++, lens[s]) : 0;
	}
}

/* Point the root's entries of long codes to subtables as wide as their longest code needs. */
static void place_subtables(struct inflate_entry *table, unsigned int root,
			    const struct code *codes, unsigned int nsymbols)
{
	uint8_t width[1 << INFLATE_LITLEN_ROOT] = {0};
	unsigned int mask = (1u << root) - 1;
	unsigned int next = 1u << root;

	for (unsigned int s = 0; s < nsymbols; s++) {
		uint8_t *w = &width[codes[s].bits & mask];

		if (codes[s].nbits > root + *w)
			*w = (uint8_t)(codes[s].nbits - root);
	}
	for (unsigned int prefix = 0; prefix <= mask; prefix++) {
		if (!width[prefix])
			continue;
		table[prefix] = (struct inflate_entry){.value = (uint16_t)next,
						       .op = INFLATE_OP_SUBTABLE | width[prefix]};
		next += 1u << width[prefix];
	}
}

static void fill_symbol(struct inflate_entry *table, unsigned int root, struct code code,
			struct inflate_entry entry)
{
	entry.nbits = code.nbits;
	if (code.nbits <= root) {
		fill(table, root, code.bits, code.nbits, entry);
	} else {
		struct inflate_entry sub = table[code.bits & ((1u << root) - 1)];

		fill(table + sub.value, sub.op & INFLATE_EXTRA_MASK, code.bits >> root,
		     code.nbits - root, entry);
	}
}

bool inflate_table_build(struct inflate_entry *table, enum inflate_alphabet alphabet,
			 const uint8_t *lens, unsigned int nsymbols)
{
	unsigned int root = root_nbits[alphabet];
	struct code codes[INFLATE_LITLEN_SYMBOLS];
	uint16_t count[CODE_NBITS_MAX + 1] = {0};
	unsigned int nused, longest;

	for (unsigned int s = 0; s < nsymbols; s++)
		count[lens[s]]++;
	nused = nsymbols - count[0];
	count[0] = 0;
	longest = longest_code(count);
	if (!code_is_allowed(alphabet, count, longest))
		return false;
	assign_codes(lens, nsymbols, count, codes);
	/* A code of one symbol or none leaves entries open: invalid after one bit, as in zlib. */
	if (nused <= 1)
		fill(table, root, 0, 0, (struct inflate_entry){.nbits = 1});
	if (longest > root)
		place_subtables(table, root, codes, nsymbols);
	for (unsigned int s = 0; s < nsymbols; s++) {
		if (codes[s].nbits)
			fill_symbol(table, root, codes[s], symbol_entry(alphabet, s));
	}
	return true;
}
