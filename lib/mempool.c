// SPDX-License-Identifier: Apache-2.0
/*
 * A reserve of memory on one node, from which pieces in whole units are taken.
 * It owns the pages and the map of which units are taken. It lives until its
 * owner has destroyed it and the last piece has come back.
 */
#include <stdatomic.h>
#include "bitmap.h"
#include "drv/wd_lock.h"
#include "mempool.h"
#include "pages.h"

struct mempool {
	struct wd_pages pages;
	size_t unit_nbytes; /* an ordinary page */
	uint32_t nunits;
	uint32_t nfree;
	uint64_t *taken;
	struct wd_lock lock; /* over taken and nfree */
	_Atomic uint32_t refs; /* the owner and every piece */
};

static handle_t failed(int rc)
{
	errno = -rc;
	return (handle_t)WD_ERR_PTR(rc);
}

struct mempool *wd_mempool_of(handle_t h)
{
	return !h || WD_IS_ERR(h) ? NULL : (struct mempool *)h;
}

handle_t wd_mempool_create(size_t size, int node)
{
	struct mempool *mp;
	int rc;

	if (!size || size > SIZE_MAX / 2)
		return failed(-WD_EINVAL);
	mp = calloc(1, sizeof(*mp));
	if (!mp)
		return failed(-WD_ENOMEM);
	rc = wd_pages_map(&mp->pages, size, node);
	if (rc)
		goto err_free;
	mp->unit_nbytes = sysconf(_SC_PAGESIZE);
	rc = -WD_ENOMEM;
	if (mp->pages.nbytes / mp->unit_nbytes >= UINT32_MAX)
		goto err_unmap;
	mp->nunits = mp->pages.nbytes / mp->unit_nbytes;
	mp->nfree = mp->nunits;
	mp->taken = bitmap_new(mp->nunits);
	if (!mp->taken)
		goto err_unmap;
	atomic_init(&mp->refs, 1);
	return (handle_t)mp;

err_unmap:
	wd_pages_unmap(&mp->pages);
err_free:
	free(mp);
	return failed(rc);
}

static void put(struct mempool *mp)
{
	/* Release what this user did to the pool; acquire what all others did, before freeing it. */
	if (atomic_fetch_sub_explicit(&mp->refs, 1, memory_order_acq_rel) != 1)
		return;
	wd_pages_unmap(&mp->pages);
	free(mp->taken);
	free(mp);
}

void wd_mempool_destroy(handle_t mempool)
{
	struct mempool *mp = wd_mempool_of(mempool);

	if (!mp)
		return;
	if (atomic_load_explicit(&mp->refs, memory_order_relaxed) > 1)
		WD_ERR("a memory pool was destroyed before its block pools: it is kept for them\n");
	put(mp);
}

void *wd_mempool_take(struct mempool *mp, size_t nbytes, size_t *taken_nbytes)
{
	uint32_t n, at = BITMAP_NONE;

	if (nbytes > mp->pages.nbytes)
		return NULL;
	n = (nbytes + mp->unit_nbytes - 1) / mp->unit_nbytes;
	wd_lock_acquire(&mp->lock);
	if (n <= mp->nfree)
		at = bitmap_find_run(mp->taken, 0, mp->nunits, n);
	if (at != BITMAP_NONE) {
		bitmap_set_run(mp->taken, at, n);
		mp->nfree -= n;
	}
	wd_lock_release(&mp->lock);
	if (at == BITMAP_NONE)
		return NULL;
	atomic_fetch_add_explicit(&mp->refs, 1, memory_order_relaxed);
	*taken_nbytes = n * mp->unit_nbytes;
	return mp->pages.base + at * mp->unit_nbytes;
}

void wd_mempool_give(struct mempool *mp, void *p, size_t taken_nbytes)
{
	uint32_t at = ((char *)p - mp->pages.base) / mp->unit_nbytes;
	uint32_t n = taken_nbytes / mp->unit_nbytes;

	wd_lock_acquire(&mp->lock);
	bitmap_clear_run(mp->taken, at, n);
	mp->nfree += n;
	wd_lock_release(&mp->lock);
	put(mp);
}

void wd_mempool_stats(handle_t mempool, struct wd_mempool_stats *stats)
{
	struct mempool *mp = wd_mempool_of(mempool);

	if (!mp || !stats)
		return;
	stats->page_type = mp->pages.type;
	stats->page_size = mp->pages.page_nbytes;
	stats->page_num = mp->pages.nbytes / mp->pages.page_nbytes;
	stats->blk_size = mp->unit_nbytes;
	stats->blk_num = mp->nunits;
	wd_lock_acquire(&mp->lock);
	stats->free_blk_num = mp->nfree;
	wd_lock_release(&mp->lock);
	stats->blk_usage_rate = (stats->blk_num - stats->free_blk_num) * 100 / stats->blk_num;
}
