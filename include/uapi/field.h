/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Bit fields of little-endian hardware elements made of 32-bit words.
 *
 * A field is declared once, FIELD(word, high bit, low bit), and then read and
 * written by name; a field that leaves its word does not compile. The element
 * is any structure with an array of words called dw. Nothing else lives here.
 */
#ifndef WD_UAPI_FIELD_H
#define WD_UAPI_FIELD_H

#include <endian.h>
#include <stdint.h>

/* Evaluates to 0; its only purpose is to fail at compile time. */
#define FIELD_FITS(high, low) (0 * (int)sizeof(char[(high) < 32 && (low) <= (high) ? 1 : -1]))

#define FIELD(word, high, low) ((word) << 12 | (high) << 6 | (low) | FIELD_FITS(high, low))

#define FIELD_WORD(f) ((f) >> 12)
#define FIELD_LOW(f) ((f) & 63)
#define FIELD_MASK(f) (0xffffffffu >> (31 - (((f) >> 6 & 63) - FIELD_LOW(f))))

static inline uint32_t field_extract(uint32_t word, unsigned int f)
{
	return le32toh(word) >> FIELD_LOW(f) & FIELD_MASK(f);
}

static inline uint32_t field_insert(uint32_t word, unsigned int f, uint32_t value)
{
	uint32_t host = le32toh(word) & ~(FIELD_MASK(f) << FIELD_LOW(f));

	return htole32(host | (value & FIELD_MASK(f)) << FIELD_LOW(f));
}

#define field_get(element, f) field_extract((element)->dw[FIELD_WORD(f)], f)
#define field_set(element, f, value) \
	((void)((element)->dw[FIELD_WORD(f)] = \
			field_insert((element)->dw[FIELD_WORD(f)], f, value)))

/* A 64-bit address in two neighbouring words, low word first. */
#define field_get_addr(element, word) \
	((uint64_t)le32toh((element)->dw[(word) + 1]) << 32 | le32toh((element)->dw[word]))
#define field_set_addr(element, word, value) \
	((void)((element)->dw[word] = htole32((uint32_t)(uint64_t)(value)), \
		(element)->dw[(word) + 1] = htole32((uint32_t)((uint64_t)(value) >> 32))))

#endif
