/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bits a device has taken but not decoded (ZIP facts, section 10, "tail
 * check"): do they end a raw deflate stream? A stream without trailer may end
 * inside them without the device saying so. Pure function, no state; the bits
 * come from memory the device writes and may be anything.
 */
#include "zip.h"

#define TAIL_BITS_MAX 40 /* this many or more: the device has work to do, not an end to hide */

struct bits {
	uint64_t value; /* next bit lowest */
	unsigned int n;
};

static bool take(struct bits *b, unsigned int n, uint32_t *value)
{
	if (b->n < n)
		return false;
	*value = b->value & ((1u << n) - 1);
	b->value >>= n;
	b->n -= n;
	return true;
}

/* Huffman codes are stored from their first bit on: append bits until the code is in a range. */
static bool take_code_bits(struct bits *b, unsigned int n, uint32_t *code)
{
	uint32_t bit;

	while (n--) {
		if (!take(b, 1, &bit))
			return false;
		*code = *code << 1 | bit;
	}
	return true;
}

/* One literal/length symbol of the fixed code (RFC 1951, 3.2.6). */
static bool take_symbol(struct bits *b, uint32_t *symbol)
{
	uint32_t code = 0;

	if (!take_code_bits(b, 7, &code))
		return false;
	if (code <= 0x17) {
		*symbol = 256 + code;
		return true;
	}
	if (!take_code_bits(b, 1, &code))
		return false;
	if (code >= 0x30 && code <= 0xbf) {
		*symbol = code - 0x30;
		return true;
	}
	if (code >= 0xc0 && code <= 0xc7) {
		*symbol = 280 + code - 0xc0;
		return true;
	}
	if (!take_code_bits(b, 1, &code))
		return false;
	*symbol = 144 + code - 0x190;
	return true;
}

static unsigned int length_extra_bits(uint32_t symbol)
{
	return symbol < 265 || symbol == 285 ? 0 : (symbol - 261) / 4;
}

static enum zip_tail take_match(struct bits *b, uint32_t symbol)
{
	uint32_t distance = 0, extra;

	if (symbol > 285)
		return ZIP_TAIL_BAD;
	if (!take(b, length_extra_bits(symbol), &extra) || !take_code_bits(b, 5, &distance))
		return ZIP_TAIL_INCOMPLETE;
	if (distance > 29)
		return ZIP_TAIL_BAD;
	return take(b, distance < 4 ? 0 : distance / 2 - 1, &extra) ? ZIP_TAIL_COMPLETE :
								      ZIP_TAIL_INCOMPLETE;
}

static enum zip_tail take_fixed_block(struct bits *b)
{
	enum zip_tail match;
	uint32_t symbol;

	while (take_symbol(b, &symbol)) {
		if (symbol == 256)
			return ZIP_TAIL_COMPLETE;
		match = symbol > 256 ? take_match(b, symbol) : ZIP_TAIL_COMPLETE;
		if (match != ZIP_TAIL_COMPLETE)
			return match;
	}
	return ZIP_TAIL_INCOMPLETE;
}

/* The final bit is not looked at: an empty stored block is how a stream is flushed or ended. */
static enum zip_tail take_stored_block(struct bits *b)
{
	uint32_t padding, length = 0, complement = 0;

	if (b->n < 32)
		return ZIP_TAIL_INCOMPLETE;
	take(b, b->n % 8, &padding);
	take(b, 16, &length);
	take(b, 16, &complement);
	if (length != (~complement & 0xffff))
		return ZIP_TAIL_BAD;
	return length ? ZIP_TAIL_INCOMPLETE : ZIP_TAIL_COMPLETE;
}

enum zip_tail zip_tail_check(uint64_t value, unsigned int n)
{
	struct bits b = { value, n };
	uint32_t final, type;
	enum zip_tail block;

	if (!n || n >= TAIL_BITS_MAX)
		return ZIP_TAIL_INCOMPLETE;
	while (take(&b, 1, &final) && take(&b, 2, &type)) {
		switch (type) {
		case 0:
			return take_stored_block(&b);
		case 1:
			block = take_fixed_block(&b);
			if (block != ZIP_TAIL_COMPLETE || final)
				return block;
			break;
		case 2: /* its tables alone are longer than the cache */
			return ZIP_TAIL_INCOMPLETE;
		default:
			return ZIP_TAIL_BAD;
		}
	}
	return ZIP_TAIL_INCOMPLETE;
}
