/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns the search for repetitions: hash chains over the last 32 KiB. Bounded in
 * time by the depth of the search and by being content with a long match. Knows
 * nothing of sequences and their formats.
 */
#include "match.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum {
	HASH_NBITS = 15,
	CHAIN_NBYTES = 32768, /* the largest window */
	DEPTH = 16,
	DEPTH_DEEP = 96,
	LONG_ENOUGH = 258,
};

struct match_finder {
	const uint8_t *data;
	uint32_t nbytes;
	uint32_t window_nbytes;
	unsigned int depth;
	uint32_t next;			 /* positions below are known */
	uint32_t head[1 << HASH_NBITS];	 /* position + 1, 0: none */
	uint32_t previous[CHAIN_NBYTES]; /* of position modulo its size: the same */
};

struct match_finder *match_finder_new(void)
{
	return malloc(sizeof(struct match_finder));
}

void match_finder_free(struct match_finder *finder)
{
	free(finder);
}

void match_finder_start(struct match_finder *finder, const uint8_t *data, uint32_t nbytes,
			uint32_t window_nbytes, bool is_deep)
{
	finder->data = data;
	finder->nbytes = nbytes;
	finder->window_nbytes = window_nbytes < CHAIN_NBYTES ? window_nbytes : CHAIN_NBYTES;
	finder->depth = is_deep ? DEPTH_DEEP : DEPTH;
	finder->next = 0;
	memset(finder->head, 0, sizeof(finder->head));
}

static uint32_t hash_at(const uint8_t *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return le32toh(word) * 2654435761u >> (32 - HASH_NBITS);
}

void match_finder_add(struct match_finder *finder, uint32_t end)
{
	for (; finder->next < end; finder->next++) {
		uint32_t pos = finder->next;
		uint32_t *head;

		if (finder->nbytes - pos < MATCH_MIN)
			continue;
		head = &finder->head[hash_at(finder->data + pos)];
		finder->previous[pos % CHAIN_NBYTES] = *head;
		*head = pos + 1;
	}
}

static uint32_t common_length(const uint8_t *a, const uint8_t *b, uint32_t limit)
{
	uint32_t n = 0;

	while (limit - n >= 8) {
		uint64_t x, y;

		memcpy(&x, a + n, 8);
		memcpy(&y, b + n, 8);
		x = le64toh(x) ^ le64toh(y);
		if (x)
			return n + (uint32_t)__builtin_ctzll(x) / 8;
		n += 8;
	}
	while (n < limit && a[n] == b[n])
		n++;
	return n;
}

static void try_distance(const struct match_finder *finder, uint32_t pos, uint32_t dist,
			 uint32_t limit, struct found_match *best)
{
	const uint8_t *here = finder->data + pos;
	uint32_t length = common_length(here, here - dist, limit);

	if (length >= MATCH_MIN && length > best->length)
		*best = (struct found_match){length, dist};
}

struct found_match match_finder_find(const struct match_finder *finder, uint32_t pos, uint32_t hint)
{
	uint32_t limit = finder->nbytes - pos < MATCH_MAX ? finder->nbytes - pos : MATCH_MAX;
	struct found_match best = {0, 0};
	uint32_t link;

	if (limit < MATCH_MIN)
		return best;
	if (hint && hint <= pos && hint <= finder->window_nbytes)
		try_distance(finder, pos, hint, limit, &best);
	link = finder->head[hash_at(finder->data + pos)];
	for (unsigned int n = 0; link && n < finder->depth && best.length < LONG_ENOUGH; n++) {
		uint32_t dist = pos - (link - 1);

		if (dist > finder->window_nbytes)
			break;
		try_distance(finder, pos, dist, limit, &best);
		link = finder->previous[(link - 1) % CHAIN_NBYTES];
	}
	return best;
}
