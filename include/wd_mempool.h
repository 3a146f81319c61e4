/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host memory on one NUMA node, on huge pages where there are any, handed out in blocks of one
 * size. It owns two objects: the memory pool, which is a reserve, and block pools cut from it.
 * Programs include it through wd.h. Pools of memory for devices that do not share addresses are in
 * wd_bmm.h.
 */
#ifndef WD_MEMPOOL_H
#define WD_MEMPOOL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef handle_t
#define handle_t uintptr_t
#endif

/**
 * enum wd_page_type - pages a memory pool is made of
 * @WD_HUGE_PAGE: huge pages of the system's default size
 * @WD_NORMAL_PAGE: ordinary pages
 */
enum wd_page_type {
	WD_HUGE_PAGE = 0,
	WD_NORMAL_PAGE,
};

/**
 * struct wd_mempool_stats - state of a memory pool
 * @page_type: kind of pages
 * @page_size: bytes of one page
 * @page_num: pages in the pool
 * @blk_size: bytes of the unit in which block pools take from it
 * @blk_num: units in the pool
 * @free_blk_num: units not taken
 * @blk_usage_rate: units taken, in percent
 */
struct wd_mempool_stats {
	enum wd_page_type page_type;
	unsigned long page_size;
	unsigned long page_num;
	unsigned long blk_size;
	unsigned long blk_num;
	unsigned long free_blk_num;
	unsigned long blk_usage_rate;
};

/**
 * struct wd_blockpool_stats - state of a block pool
 * @block_size: bytes of one block
 * @block_num: blocks in the pool
 * @free_block_num: blocks not handed out
 * @block_usage_rate: blocks handed out, in percent
 * @mem_waste_rate: memory taken from the memory pool that is in no block, in percent
 */
struct wd_blockpool_stats {
	unsigned long block_size;
	unsigned long block_num;
	unsigned long free_block_num;
	unsigned long block_usage_rate;
	unsigned long mem_waste_rate;
};

/**
 * wd_mempool_create() - reserve memory on one NUMA node, from which block pools are cut.
 *
 * Huge pages are used if the system has enough free on that node, ordinary ones otherwise.
 *
 * @size: bytes, more than 0; rounded up to whole pages.
 * @node: NUMA node, or NUMA_NO_NODE for any.
 *
 * Return: the pool, or an error handle (see WD_IS_ERR()): -WD_EINVAL for a bad size or node,
 *	-WD_ENOMEM. errno holds the same code. Never 0.
 *
 * Ownership: the caller destroys it with wd_mempool_destroy(). Any thread.
 */
handle_t wd_mempool_create(size_t size, int node);

/**
 * wd_mempool_destroy() - give the memory of a pool back to the system.
 *
 * @mempool: from wd_mempool_create(); 0 and error handles are allowed.
 *
 * Return: nothing.
 *
 * Ownership: takes the pool. Its block pools must be destroyed before. The caller keeps other
 *	threads off.
 */
void wd_mempool_destroy(handle_t mempool);

/**
 * wd_mempool_stats() - read the state of a memory pool.
 *
 * @mempool: the pool; 0 does nothing.
 * @stats: receives the state; NULL does nothing.
 *
 * Return: nothing.
 *
 * Ownership: @stats stays the caller's. Any thread; the numbers are of one moment.
 */
void wd_mempool_stats(handle_t mempool, struct wd_mempool_stats *stats);

/**
 * wd_blockpool_create() - cut blocks of one size from a memory pool.
 *
 * @mempool: from wd_mempool_create().
 * @block_size: bytes of a block, more than 0.
 * @block_num: number of blocks, more than 0.
 *
 * Return: the pool, or an error handle (see WD_IS_ERR()): -WD_EINVAL for a bad argument, -WD_ENOMEM
 *	if the memory pool has not enough left in one piece. errno holds the same code. Never 0.
 *
 * Ownership: the caller destroys it with wd_blockpool_destroy(), before the memory pool. Any
 *	thread.
 */
handle_t wd_blockpool_create(handle_t mempool, size_t block_size, size_t block_num);

/**
 * wd_blockpool_destroy() - give the memory of a block pool back to its memory pool.
 *
 * @blkpool: from wd_blockpool_create(); 0 and error handles are allowed.
 *
 * Return: nothing.
 *
 * Ownership: takes the pool and all its blocks, also those handed out. The caller keeps other
 *	threads off.
 */
void wd_blockpool_destroy(handle_t blkpool);

/**
 * wd_block_alloc() - take a block.
 *
 * @blkpool: the pool.
 *
 * Return: the block, its content undefined; NULL with errno EINVAL if @blkpool is 0, ENOMEM if none
 *	is left.
 *
 * Ownership: the caller returns it with wd_block_free(). Any thread, never sleeps.
 */
void *wd_block_alloc(handle_t blkpool);

/**
 * wd_block_free() - give a block back.
 *
 * @blkpool: the pool it came from.
 * @addr: from wd_block_alloc(); NULL is allowed.
 *
 * Return: nothing. An address that is no block of the pool is logged and left alone.
 *
 * Ownership: takes the block. Any thread, never sleeps.
 */
void wd_block_free(handle_t blkpool, void *addr);

/**
 * wd_blockpool_stats() - read the state of a block pool.
 *
 * @blkpool: the pool; 0 does nothing.
 * @stats: receives the state; NULL does nothing.
 *
 * Return: nothing.
 *
 * Ownership: @stats stays the caller's. Any thread; the numbers are of one moment.
 */
void wd_blockpool_stats(handle_t blkpool, struct wd_blockpool_stats *stats);

#ifdef __cplusplus
}
#endif

#endif /* WD_MEMPOOL_H */
