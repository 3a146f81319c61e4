/* SPDX-License-Identifier: Apache-2.0 */
/* The reserve block pools are cut from (mempool.c), as they see it. */
#ifndef WD_LIB_MEMPOOL_H
#define WD_LIB_MEMPOOL_H

#include <stddef.h>
#include "wd.h"

struct mempool;

/* The pool behind a handle, or NULL for 0 and error handles. */
struct mempool *wd_mempool_of(handle_t h);

/*
 * Take @nbytes in one piece, rounded up to whole units in *@taken_nbytes, and a
 * reference on the pool. NULL when there is no such piece.
 */
void *wd_mempool_take(struct mempool *mp, size_t nbytes, size_t *taken_nbytes);
void wd_mempool_give(struct mempool *mp, void *p, size_t taken_nbytes);

#endif
