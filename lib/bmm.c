// SPDX-License-Identifier: Apache-2.0
/*
 * Pools of memory a queue's device can reach. It owns the blocks: which are handed
 * out, in runs of neighbours, and their device addresses. The memory itself is
 * bmm_memory.c's business.
 */
#include <stdlib.h>
#include "bitmap.h"
#include "bmm_memory.h"
#include "ctx.h"
#include "device.h"
#include "drv/wd_lock.h"

struct bmm_pool {
	struct bmm_memory mem;
	size_t block_nbytes;
	size_t stride; /* bytes from block to block */
	uint32_t nblocks;
	uint32_t dev_id;
	struct wd_lock lock; /* over what follows */
	uint32_t nfree;
	uint32_t nfail;
	uint32_t hint; /* segment the last run was found in */
	uint64_t *out;
	uint32_t *runs; /* for the first block of a run: its blocks; else 0 */
};

/* ------------------------------------------------------------ make, break */

static bool is_sound(const struct wd_mempool_setup *setup)
{
	return setup->block_size && setup->block_num && setup->align_size &&
	       !(setup->align_size & (setup->align_size - 1));
}

/* Number the blocks through all segments, @want at most. */
static uint32_t lay_out(struct bmm_memory *mem, size_t stride, size_t align, uint32_t want)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < mem->nsegments; i++) {
		struct bmm_segment *s = &mem->segments[i];
		size_t skip = -(uintptr_t)s->va & (align - 1), fit;

		fit = s->nbytes > skip ? (s->nbytes - skip) / stride : 0;
		s->va += skip;
		s->dma += skip;
		s->first = n;
		s->nblocks = fit < want - n ? fit : want - n;
		n += s->nblocks;
	}
	return n;
}

static uint32_t id_of(handle_t ctx)
{
	const char *name = wd_ctx_get_dev_name(ctx);
	size_t n = wd_device_driver_len(name);

	return name[n] ? strtoul(name + n + 1, NULL, 10) : 0;
}

static int fill(struct bmm_pool *pool, handle_t ctx, const struct wd_mempool_setup *setup)
{
	size_t align = setup->align_size, nbytes;
	int rc;

	pool->block_nbytes = setup->block_size;
	pool->stride = (pool->block_nbytes + align - 1) & ~(align - 1);
	if (__builtin_mul_overflow(pool->stride, (size_t)setup->block_num, &nbytes) ||
	    nbytes > SIZE_MAX / 4)
		return -ENOMEM;
	rc = wd_bmm_memory_get(&pool->mem, ctx, &setup->ops, nbytes, pool->stride, align);
	if (rc)
		return rc;
	pool->dev_id = id_of(ctx);
	pool->nblocks = lay_out(&pool->mem, pool->stride, align, setup->block_num);
	pool->nfree = pool->nblocks;
	rc = -ENOMEM;
	if (pool->nblocks < setup->block_num)
		goto err_put_memory;
	pool->out = bitmap_new(pool->nblocks);
	pool->runs = calloc(pool->nblocks, sizeof(*pool->runs));
	if (pool->out && pool->runs)
		return 0;

	free(pool->out);
	free(pool->runs);
err_put_memory:
	wd_bmm_memory_put(&pool->mem);
	return rc;
}

void *wd_mempool_alloc(handle_t h_ctx, struct wd_mempool_setup *setup)
{
	struct bmm_pool *pool;
	int rc;

	if (!wd_ctx_is_hw(h_ctx) || !setup || !is_sound(setup)) {
		errno = EINVAL;
		return NULL;
	}
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return NULL;
	rc = fill(pool, h_ctx, setup);
	if (rc) {
		free(pool);
		errno = -rc;
		return NULL;
	}
	return pool;
}

void wd_mempool_free(handle_t h_ctx, void *pool)
{
	struct bmm_pool *p = pool;

	(void)h_ctx; /* the pool knows it */
	if (!p)
		return;
	wd_bmm_memory_put(&p->mem);
	free(p->out);
	free(p->runs);
	free(p);
}

/* ----------------------------------------------------------- alloc, free */

/* Blocks that hold @nbytes; the last one need not reach to the next one's start. */
static size_t blocks_for(const struct bmm_pool *p, size_t nbytes)
{
	if (nbytes <= p->block_nbytes)
		return 1;
	return 1 + (nbytes - p->block_nbytes + p->stride - 1) / p->stride;
}

/* A free run of @n in one segment, starting with the one that had some the last time. */
static char *take_run(struct bmm_pool *p, uint32_t n)
{
	for (uint32_t i = 0; i < p->mem.nsegments; i++) {
		uint32_t at = (p->hint + i) % p->mem.nsegments;
		struct bmm_segment *s = &p->mem.segments[at];
		uint32_t first = bitmap_find_run(p->out, s->first, s->first + s->nblocks, n);

		if (first == BITMAP_NONE)
			continue;
		bitmap_set_run(p->out, first, n);
		p->runs[first] = n;
		p->nfree -= n;
		p->hint = at;
		return s->va + (first - s->first) * p->stride;
	}
	return NULL;
}

void *wd_mem_alloc(void *pool, size_t size)
{
	struct bmm_pool *p = pool;
	char *buf = NULL;
	size_t n;

	if (!p || !size) {
		errno = EINVAL;
		return NULL;
	}
	n = size <= SIZE_MAX / 2 ? blocks_for(p, size) : SIZE_MAX;
	wd_lock_acquire(&p->lock);
	if (n <= p->nfree)
		buf = take_run(p, n);
	if (!buf)
		p->nfail++;
	wd_lock_release(&p->lock);
	if (!buf)
		errno = ENOMEM;
	return buf;
}

static struct bmm_segment *segment_of(struct bmm_pool *p, const void *addr)
{
	for (uint32_t i = 0; i < p->mem.nsegments; i++) {
		struct bmm_segment *s = &p->mem.segments[i];

		if ((uintptr_t)addr - (uintptr_t)s->va < s->nblocks * p->stride)
			return s;
	}
	return NULL;
}

/* The block that begins at @buf, or BITMAP_NONE. */
static uint32_t block_at(struct bmm_pool *p, const void *buf)
{
	struct bmm_segment *s = segment_of(p, buf);
	size_t offset;

	if (!s)
		return BITMAP_NONE;
	offset = (const char *)buf - s->va;
	return offset % p->stride ? BITMAP_NONE : s->first + offset / p->stride;
}

void wd_mem_free(void *pool, void *buf)
{
	struct bmm_pool *p = pool;
	uint32_t first, n = 0;

	if (!p || !buf)
		return;
	first = block_at(p, buf);
	wd_lock_acquire(&p->lock);
	if (first != BITMAP_NONE && (n = p->runs[first])) {
		bitmap_clear_run(p->out, first, n);
		p->runs[first] = 0;
		p->nfree += n;
	}
	wd_lock_release(&p->lock);
	if (!n) {
		WD_ERR("memory is not freed: %p was not handed out by this pool\n", buf);
		errno = EINVAL;
	}
}

/* ---------------------------------------------------------- map, questions */

/* Do the blocks that [@offset, @offset + @nbytes) of the segment touches belong to one run? */
static bool is_out(struct bmm_pool *p, const struct bmm_segment *s, size_t offset, size_t nbytes)
{
	uint32_t from, to, first;
	bool ok;

	if (nbytes > s->nblocks * p->stride - offset)
		return false;
	from = s->first + offset / p->stride;
	to = s->first + (offset + nbytes - 1) / p->stride;
	wd_lock_acquire(&p->lock);
	first = from;
	while (first > s->first && bitmap_has(p->out, first) && !p->runs[first])
		first--;
	ok = bitmap_has(p->out, from) && p->runs[first] && to < first + p->runs[first];
	wd_lock_release(&p->lock);
	return ok;
}

void *wd_mem_map(void *pool, void *buf, size_t sz)
{
	struct bmm_pool *p = pool;
	struct bmm_segment *s = p && buf && sz ? segment_of(p, buf) : NULL;
	size_t offset = s ? (size_t)((char *)buf - s->va) : 0;

	if (!s || !is_out(p, s, offset, sz)) {
		errno = EINVAL;
		return NULL;
	}
	if (p->mem.kind == BMM_USER)
		return p->mem.ops.iova_map(p->mem.ops.usr, buf, sz);
	return (void *)(s->dma + offset);
}

void wd_mem_unmap(void *pool, void *buf_dma, void *buf, size_t sz)
{
	struct bmm_pool *p = pool;

	if (p && p->mem.kind == BMM_USER)
		p->mem.ops.iova_unmap(p->mem.ops.usr, buf, buf_dma, sz);
}

int wd_get_free_num(void *pool, __u32 *free_num)
{
	struct bmm_pool *p = pool;

	if (!p || !free_num)
		return -WD_EINVAL;
	wd_lock_acquire(&p->lock);
	*free_num = p->nfree;
	wd_lock_release(&p->lock);
	return 0;
}

int wd_get_fail_num(void *pool, __u32 *fail_num)
{
	struct bmm_pool *p = pool;

	if (!p || !fail_num)
		return -WD_EINVAL;
	wd_lock_acquire(&p->lock);
	*fail_num = p->nfail;
	wd_lock_release(&p->lock);
	return 0;
}

__u32 wd_get_bufsize(void *pool)
{
	struct bmm_pool *p = pool;

	return p ? (__u32)p->block_nbytes : 0;
}

__u32 wd_get_dev_id(void *pool)
{
	struct bmm_pool *p = pool;

	return p ? p->dev_id : 0;
}
