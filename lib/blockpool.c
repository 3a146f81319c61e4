// SPDX-License-Identifier: Apache-2.0
/*
 * Blocks of one size out of a piece of a memory pool. It owns the stack of free
 * blocks and the map of those handed out; both lie outside the blocks, where a
 * program that writes past one cannot reach them, and by the map a block that comes
 * back twice is recognised.
 */
#include "bitmap.h"
#include "drv/wd_lock.h"
#include "mempool.h"

#define BLOCK_ALIGN 16 /* as malloc(): any object may be put in a block */

struct blockpool {
	struct mempool *mp;
	char *base;
	size_t taken_nbytes;
	size_t block_nbytes;
	size_t stride; /* bytes from block to block */
	uint32_t nblocks;
	struct wd_lock lock; /* over what follows */
	uint32_t nfree;
	uint64_t *out;	 /* blocks handed out */
	uint32_t free[]; /* a stack: the block freed last is still in the cache */
};

static handle_t failed(int rc)
{
	errno = -rc;
	return (handle_t)WD_ERR_PTR(rc);
}

static struct blockpool *blockpool_of(handle_t h)
{
	return !h || WD_IS_ERR(h) ? NULL : (struct blockpool *)h;
}

/* Blocks are aligned, unless the memory pool was made for exactly so many bytes of odd size. */
static bool take_memory(struct blockpool *bp)
{
	bp->stride = (bp->block_nbytes + BLOCK_ALIGN - 1) / BLOCK_ALIGN * BLOCK_ALIGN;
	bp->base = wd_mempool_take(bp->mp, bp->stride * bp->nblocks, &bp->taken_nbytes);
	if (bp->base)
		return true;
	bp->stride = bp->block_nbytes;
	bp->base = wd_mempool_take(bp->mp, bp->stride * bp->nblocks, &bp->taken_nbytes);
	return bp->base;
}

handle_t wd_blockpool_create(handle_t mempool, size_t block_size, size_t block_num)
{
	struct mempool *mp = wd_mempool_of(mempool);
	struct blockpool *bp;

	if (!mp || !block_size || !block_num)
		return failed(-WD_EINVAL);
	/* More than any pool has; and the products below cannot overflow. */
	if (block_num >= UINT32_MAX || block_size > SIZE_MAX / 2 / block_num - BLOCK_ALIGN)
		return failed(-WD_ENOMEM);
	bp = calloc(1, sizeof(*bp) + block_num * sizeof(bp->free[0]));
	if (!bp)
		return failed(-WD_ENOMEM);
	bp->mp = mp;
	bp->block_nbytes = block_size;
	bp->nblocks = bp->nfree = block_num;
	bp->out = bitmap_new(bp->nblocks);
	if (!bp->out)
		goto err_free;
	if (!take_memory(bp))
		goto err_free_map;
	for (uint32_t i = 0; i < bp->nblocks; i++)
		bp->free[i] = bp->nblocks - 1 - i;
	return (handle_t)bp;

err_free_map:
	free(bp->out);
err_free:
	free(bp);
	return failed(-WD_ENOMEM);
}

void wd_blockpool_destroy(handle_t blkpool)
{
	struct blockpool *bp = blockpool_of(blkpool);

	if (!bp)
		return;
	wd_mempool_give(bp->mp, bp->base, bp->taken_nbytes);
	free(bp->out);
	free(bp);
}

void *wd_block_alloc(handle_t blkpool)
{
	struct blockpool *bp = blockpool_of(blkpool);
	uint32_t i;

	if (!bp) {
		errno = EINVAL;
		return NULL;
	}
	wd_lock_acquire(&bp->lock);
	if (!bp->nfree) {
		wd_lock_release(&bp->lock);
		errno = ENOMEM;
		return NULL;
	}
	i = bp->free[--bp->nfree];
	bitmap_set(bp->out, i);
	wd_lock_release(&bp->lock);
	return bp->base + i * bp->stride;
}

static __attribute__((noinline, cold)) void refuse(const void *addr, const char *why)
{
	WD_ERR("a block is not freed: %p %s\n", addr, why);
	errno = EINVAL;
}

void wd_block_free(handle_t blkpool, void *addr)
{
	struct blockpool *bp = blockpool_of(blkpool);
	size_t offset, i;
	bool was_out;

	if (!bp || !addr)
		return;
	offset = (uintptr_t)addr - (uintptr_t)bp->base; /* huge if it lies before */
	i = offset / bp->stride;
	if (i >= bp->nblocks || i * bp->stride != offset) {
		refuse(addr, "is no block of this pool");
		return;
	}
	wd_lock_acquire(&bp->lock);
	was_out = bitmap_has(bp->out, i);
	if (was_out) {
		bitmap_clear(bp->out, i);
		bp->free[bp->nfree++] = i;
	}
	wd_lock_release(&bp->lock);
	if (!was_out)
		refuse(addr, "is free already");
}

void wd_blockpool_stats(handle_t blkpool, struct wd_blockpool_stats *stats)
{
	struct blockpool *bp = blockpool_of(blkpool);
	size_t used;

	if (!bp || !stats)
		return;
	stats->block_size = bp->block_nbytes;
	stats->block_num = bp->nblocks;
	wd_lock_acquire(&bp->lock);
	stats->free_block_num = bp->nfree;
	wd_lock_release(&bp->lock);
	stats->block_usage_rate = (stats->block_num - stats->free_block_num) * 100 /
				  stats->block_num;
	used = bp->block_nbytes * bp->nblocks;
	stats->mem_waste_rate = (bp->taken_nbytes - used) * 100 / bp->taken_nbytes;
}
