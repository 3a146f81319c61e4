/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Owns the form in which a decoder's state survives between two requests. The
 * saved form comes back from the client, who may have made it up: each number is
 * checked, and the tables are built anew from the code lengths by the same
 * builder that judges them in a stream.
 */
#include <string.h>

#include "inflate.h"

void inflate_save(const struct inflate *st, struct inflate_saved *saved)
{
	memset(saved, 0, sizeof(*saved));
	saved->mode = htole32(st->mode);
	saved->is_fixed = htole32(st->is_fixed);
	saved->match_left = htole32(st->match_left);
	saved->match_dist = htole32(st->match_left ? st->match_dist : 0);
	if (st->mode < INFLATE_DYNAMIC_PRECODE || st->mode > INFLATE_CODES || st->is_fixed)
		return;
	saved->hlit = htole32(st->hlit);
	saved->hdist = htole32(st->hdist);
	saved->hclen = htole32(st->hclen);
	saved->nread = htole32(st->nread);
	memcpy(saved->precode_lens, st->precode_lens, sizeof(st->precode_lens));
	if (st->mode != INFLATE_DYNAMIC_PRECODE)
		memcpy(saved->lens, st->lens, st->nread);
}

static bool lens_fit(const uint8_t *lens, unsigned int n, unsigned int longest)
{
	for (unsigned int i = 0; i < n; i++) {
		if (lens[i] > longest)
			return false;
	}
	return true;
}

static bool restore_counts(struct inflate *st, const struct inflate_saved *saved)
{
	st->hlit = le32toh(saved->hlit);
	st->hdist = le32toh(saved->hdist);
	st->hclen = le32toh(saved->hclen);
	st->nread = le32toh(saved->nread);
	return st->hlit >= 257 && st->hlit <= INFLATE_HLIT_MAX && st->hdist >= 1 &&
	       st->hdist <= INFLATE_HDIST_MAX && st->hclen >= 4 &&
	       st->hclen <= INFLATE_PRECODE_SYMBOLS;
}

static bool restore_dynamic(struct inflate *st, const struct inflate_saved *saved)
{
	if (!restore_counts(st, saved))
		return false;
	memcpy(st->precode_lens, saved->precode_lens, sizeof(st->precode_lens));
	if (!lens_fit(st->precode_lens, sizeof(st->precode_lens), 7))
		return false;
	if (st->mode == INFLATE_DYNAMIC_PRECODE)
		return st->nread <= st->hclen;
	if (st->nread > st->hlit + st->hdist)
		return false;
	memcpy(st->lens, saved->lens, sizeof(st->lens));
	if (!lens_fit(st->lens, st->nread, 15))
		return false;
	if (st->mode == INFLATE_DYNAMIC_LENS)
		return inflate_table_build(st->precode, INFLATE_PRECODE, st->precode_lens,
					   INFLATE_PRECODE_SYMBOLS);
	return st->nread == st->hlit + st->hdist && st->lens[256] &&
	       inflate_table_build(st->litlen, INFLATE_LITLEN, st->lens, st->hlit) &&
	       inflate_table_build(st->dist, INFLATE_DIST, st->lens + st->hlit, st->hdist);
}

bool inflate_restore(struct inflate *st, const struct inflate_saved *saved, uint64_t bits,
		     unsigned int nbits, bool is_final, uint32_t stored_left)
{
	inflate_start(st);
	st->mode = le32toh(saved->mode) < INFLATE_MODES ? le32toh(saved->mode) : INFLATE_MODES;
	st->bits = bits & ((1ull << nbits) - 1);
	st->nbits = nbits;
	st->is_final = is_final;
	st->is_fixed = le32toh(saved->is_fixed) != 0;
	st->match_left = le32toh(saved->match_left);
	st->match_dist = le32toh(saved->match_dist);
	if (st->match_left && (st->mode != INFLATE_CODES || st->match_left > 258 ||
			       !st->match_dist || st->match_dist > INFLATE_WINDOW_NBYTES))
		return false;

	switch (st->mode) {
	case INFLATE_HEAD:
	case INFLATE_ENDED:
		return true;
	case INFLATE_STORED_HEAD:
	case INFLATE_STORED:
		st->stored_left = stored_left;
		return nbits % 8 == 0 && stored_left <= 0xffff;
	case INFLATE_DYNAMIC_HEAD:
		return true;
	case INFLATE_DYNAMIC_PRECODE:
	case INFLATE_DYNAMIC_LENS:
		return restore_dynamic(st, saved);
	case INFLATE_CODES:
		return st->is_fixed || restore_dynamic(st, saved);
	case INFLATE_MODES:
		break;
	}
	return false;
}
