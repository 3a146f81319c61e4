/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hardware scatter-gather lists and the pool each queue keeps of them. Nothing
 * is allocated before the first scattered request; what is idle is kept up to a
 * bound, what is in use is bounded too. The pool also remembers which lists the
 * message in a slot uses. It knows neither rings nor engines.
 */
#ifndef HISI_QM_SGL_H
#define HISI_QM_SGL_H

#include <stdint.h>
#include "drv/wd_lock.h"
#include "uapi/hisi_qm.h"
#include "wd_internal.h"

/* Two sizes of list: most requests have few pieces. */
enum sgl_size { SGL_SMALL, SGL_LARGE, SGL_SIZES };

#define SGL_SMALL_ENTRIES 16
/* Memory of lists in use on one queue: about fifteen of the longest chains there are. */
#define SGL_POOL_MAX_NBYTES (32u << 20)
#define SGL_POOL_IDLE_NBYTES (256u << 10)

/* One list; the part the device reads begins at hw. */
struct sgl_node {
	struct sgl_node *next;
	enum sgl_size size;
	_Alignas(64) struct hisi_sgl hw;
};

struct sgl_pool {
	struct wd_lock lock;
	struct sgl_node *idle[SGL_SIZES];
	uint32_t idle_nbytes;
	uint32_t used_nbytes;
	struct sgl_node **of_slot; /* NULL until the first scattered request */
	uint32_t depth;
};

/* A position in a program's list of pieces. */
struct sgl_cursor {
	const struct wd_datalist *piece;
	uint32_t offset; /* inside the piece */
};

void sgl_pool_init(struct sgl_pool *pool);
/* Frees everything, also lists in use. */
void sgl_pool_destroy(struct sgl_pool *pool);
/* After fork(): nothing is in use any more. No system call. */
void sgl_pool_forked(struct sgl_pool *pool);
/* Make sure that lists can be attached to any of @depth slots. 0 or -WD_ENOMEM. */
int sgl_pool_prepare(struct sgl_pool *pool, uint32_t depth);

/*
 * Make the hardware lists of the next @nbytes bytes from @at on, and move @at
 * behind them. Pieces without address or length are left out. The lists are put
 * in front of *@chain and *@address is what the device gets. 0; -WD_EINVAL if
 * the pieces end before, are too many or too long; -WD_ENOMEM; -WD_EBUSY if too
 * many lists are in use. *@chain may have grown in any case.
 */
int sgl_build(struct sgl_pool *pool, struct sgl_cursor *at, uint32_t nbytes,
	      struct sgl_node **chain, uint64_t *address);
void sgl_put(struct sgl_pool *pool, struct sgl_node *chain);

static inline void sgl_attach(struct sgl_pool *pool, uint32_t slot, struct sgl_node *chain)
{
	pool->of_slot[slot] = chain;
}

/* Give back what is attached to a slot, if anything. */
void sgl_release(struct sgl_pool *pool, uint32_t slot);

/* Next bytes at @at in one piece: their address, and their number (1 or more); or NULL. */
void *sgl_peek(struct sgl_cursor *at, uint32_t *nbytes);
static inline void sgl_advance(struct sgl_cursor *at, uint32_t nbytes)
{
	at->offset += nbytes;
}
/* Copy @nbytes from @src into the pieces from @at on. 0, or -WD_EINVAL if they end before. */
int sgl_copy_out(struct sgl_cursor *at, const void *src, uint32_t nbytes);

#endif
