/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoding tables of canonical Huffman codes as deflate uses them. A table is
 * looked up with its root bits; codes longer than that go on in a subtable
 * behind it.
 */
#ifndef EMULATOR_ZIP_INFLATE_TABLE_H
#define EMULATOR_ZIP_INFLATE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

enum inflate_op {
	INFLATE_EXTRA_MASK = 0x0f,  /* length or distance: number of extra bits */
	INFLATE_OP_BASE = 0x10,	    /* value is the base of a length or distance */
	INFLATE_OP_LITERAL = 0x20,  /* value is the byte (code lengths: the symbol) */
	INFLATE_OP_END = 0x40,	    /* end of block */
	INFLATE_OP_SUBTABLE = 0x80, /* value is its index, the low bits of op its width */
	INFLATE_OP_INVALID = 0x00,
};

struct inflate_entry {
	uint16_t value;
	uint8_t nbits; /* of the whole code; of a subtable's pointer: unused */
	uint8_t op;
};

enum {
	INFLATE_LITLEN_SYMBOLS = 288,
	INFLATE_DIST_SYMBOLS = 32,
	INFLATE_PRECODE_SYMBOLS = 19,

	INFLATE_LITLEN_ROOT = 10,
	INFLATE_DIST_ROOT = 8,
	INFLATE_PRECODE_ROOT = 7,

	/* A subtable holds two codes or more and is at most 15 - root bits wide. */
	INFLATE_LITLEN_ENTRIES = (1 << 10) + INFLATE_LITLEN_SYMBOLS / 2 * (1 << 5),
	INFLATE_DIST_ENTRIES = (1 << 8) + INFLATE_DIST_SYMBOLS / 2 * (1 << 7),
	INFLATE_PRECODE_ENTRIES = 1 << 7,
};

enum inflate_alphabet { INFLATE_LITLEN, INFLATE_DIST, INFLATE_PRECODE };

/*
 * Build the table of @alphabet for the code lengths of @nsymbols symbols (each
 * at most 15, the rest of the alphabet unused). False when zlib would refuse
 * the code: over-subscribed, or incomplete, except that literal/length and
 * distance codes may consist of one single-bit code. A code of no symbols is
 * taken, as by zlib: the first use of it fails, except that such a code length
 * code stands for zeros of one bit each (and fails for want of an end code).
 */
bool inflate_table_build(struct inflate_entry *table, enum inflate_alphabet alphabet,
			 const uint8_t *lens, unsigned int nsymbols);

#endif
