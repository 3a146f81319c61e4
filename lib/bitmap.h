/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of small numbers as bits, for the pools: no locking, no memory of its own. */
#ifndef WD_LIB_BITMAP_H
#define WD_LIB_BITMAP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define BITMAP_NONE UINT32_MAX

static inline uint64_t *bitmap_new(uint32_t nbits)
{
	return calloc((size_t)nbits / 64 + 1, sizeof(uint64_t));
}

static inline bool bitmap_has(const uint64_t *map, uint32_t i)
{
	return map[i / 64] >> i % 64 & 1;
}

static inline void bitmap_set(uint64_t *map, uint32_t i)
{
	map[i / 64] |= 1ULL << i % 64;
}

static inline void bitmap_clear(uint64_t *map, uint32_t i)
{
	map[i / 64] &= ~(1ULL << i % 64);
}

static inline void bitmap_set_run(uint64_t *map, uint32_t first, uint32_t n)
{
	for (uint32_t i = first; i < first + n; i++)
		bitmap_set(map, i);
}

static inline void bitmap_clear_run(uint64_t *map, uint32_t first, uint32_t n)
{
	for (uint32_t i = first; i < first + n; i++)
		bitmap_clear(map, i);
}

/* First of @n neighbouring clear bits in [@from, @end), or BITMAP_NONE. Full words are skipped. */
static inline uint32_t bitmap_find_run(const uint64_t *map, uint32_t from, uint32_t end, uint32_t n)
{
	uint32_t run = 0, i = from;

	while (i < end) {
		if (!(i % 64) && map[i / 64] == UINT64_MAX) {
			run = 0;
			i += 64;
			continue;
		}
		run = bitmap_has(map, i++) ? 0 : run + 1;
		if (run == n)
			return i - n;
	}
	return BITMAP_NONE;
}

#endif
