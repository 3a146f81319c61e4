/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table behind region.h, for the two files that change it. All but the
 * first four need the lock.
 */
#ifndef EMULATOR_REGION_TABLE_H
#define EMULATOR_REGION_TABLE_H

#include <signal.h>

#include "region.h"

/* A part of the address space where a region is mapped. */
struct piece {
	_Atomic uint64_t start, end; /* equal: free */
	_Atomic uint64_t origin;     /* address of the region's first byte */
	struct region *_Atomic region;
	atomic_int prot;
};

uint64_t region_page_nbytes(void);
uint64_t region_round_up(uint64_t nbytes);
/* From where on tokens are put. */
int region_token_lowest(void);
/* With signals blocked. */
void region_lock(sigset_t *mask);
void region_unlock(const sigset_t *mask);

/* Takes over @token; NULL: no room. */
struct region *region_add(int token, bool is_mmio, unsigned long open_id);
/* It has no pieces any more. */
void region_free(struct region *region);
/* NULL: no room. */
struct piece *piece_add(struct region *region, uint64_t start, uint64_t end, uint64_t origin,
			int prot);
/* The first one from @from on that touches the range; @from NULL: of all. */
struct piece *piece_in(uint64_t start, uint64_t end, struct piece *from);
/* The range is no part of any piece any more. */
void piece_cut_all(uint64_t start, uint64_t end);

#endif
