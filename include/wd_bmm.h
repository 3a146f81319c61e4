/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory pools tied to a queue, for programs that also run on devices that do not share their
 * addresses: there the memory comes from the kernel and has a second address the device must use.
 * With a device that shares addresses they are ordinary pools. It owns the pools and the
 * process-wide list of contexts from which pools are made.
 */
#ifndef WD_BMM_H
#define WD_BMM_H

#include <stdint.h>
#include "wd.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct wd_mempool_setup - what a pool shall be
 * @block_size: bytes of a block, more than 0
 * @block_num: number of blocks, more than 0
 * @align_size: alignment of each block in bytes, a power of two
 * @ops: the program's own memory, if alloc is set; only with a device that does not share addresses
 */
struct wd_mempool_setup {
	__u32 block_size;
	__u32 block_num;
	__u32 align_size;
	struct wd_mm_ops ops;
};

/**
 * wd_mempool_alloc() - make a pool of blocks a queue's device can reach.
 *
 * @h_ctx: a queue; not 0.
 * @setup: not NULL.
 *
 * Return: the pool, or NULL with errno EINVAL for a bad argument, ENOMEM.
 *
 * Ownership: the caller frees it with wd_mempool_free() before it releases the queue. @setup is
 *	copied. Any thread.
 */
void *wd_mempool_alloc(handle_t h_ctx, struct wd_mempool_setup *setup);

/**
 * wd_mempool_free() - free a pool.
 *
 * @h_ctx: the queue it was made for.
 * @pool: from wd_mempool_alloc(); NULL is allowed.
 *
 * Return: nothing.
 *
 * Ownership: takes the pool and all its blocks. The caller keeps device and other threads off.
 */
void wd_mempool_free(handle_t h_ctx, void *pool);

/**
 * wd_mem_alloc() - take memory from a pool: as many neighbouring blocks as needed.
 *
 * @pool: from wd_mempool_alloc(); not NULL.
 * @size: bytes, more than 0.
 *
 * Return: the memory, or NULL with errno EINVAL for a bad argument, ENOMEM if there are not enough
 *	neighbouring blocks; that is counted for wd_get_fail_num().
 *
 * Ownership: the caller returns it with wd_mem_free(). Any thread.
 */
void *wd_mem_alloc(void *pool, size_t size);

/**
 * wd_mem_free() - give memory back to its pool.
 *
 * @pool: the pool it came from.
 * @buf: from wd_mem_alloc(); NULL is allowed.
 *
 * Return: nothing. An address that was not handed out is logged and left alone.
 *
 * Ownership: takes the memory. Any thread.
 */
void wd_mem_free(void *pool, void *buf);

/**
 * wd_mem_map() - the address a device must use for memory of a pool.
 *
 * @pool: the pool; not NULL.
 * @buf: an address inside memory of wd_mem_alloc(); not NULL.
 * @sz: bytes to be used from there, more than 0.
 *
 * Return: the device's address; equal to @buf if the device shares addresses; NULL with errno
 *	EINVAL for a bad argument or an address that is not in handed-out memory.
 *
 * Ownership: valid while the memory is. Any thread.
 */
void *wd_mem_map(void *pool, void *buf, size_t sz);

/**
 * wd_mem_unmap() - end the use of a device address.
 *
 * @pool: the pool; NULL does nothing.
 * @buf_dma: from wd_mem_map().
 * @buf: the address it was made for.
 * @sz: bytes, as given to wd_mem_map().
 *
 * Return: nothing.
 *
 * Ownership: the memory stays the caller's. Any thread.
 */
void wd_mem_unmap(void *pool, void *buf_dma, void *buf, size_t sz);

/**
 * wd_get_free_num() - blocks of a pool not handed out.
 *
 * @pool: the pool; not NULL.
 * @free_num: receives the number; not NULL.
 *
 * Return: 0, or -WD_EINVAL for a NULL argument.
 *
 * Ownership: nothing is kept. Any thread; the number is of one moment.
 */
int wd_get_free_num(void *pool, __u32 *free_num);

/**
 * wd_get_fail_num() - how often a pool could not serve wd_mem_alloc().
 *
 * @pool: the pool; not NULL.
 * @fail_num: receives the number; not NULL.
 *
 * Return: 0, or -WD_EINVAL for a NULL argument.
 *
 * Ownership: nothing is kept. Any thread; the number is of one moment.
 */
int wd_get_fail_num(void *pool, __u32 *fail_num);

/**
 * wd_get_bufsize() - usable bytes of one block.
 *
 * @pool: the pool.
 *
 * Return: bytes; 0 if @pool is NULL.
 *
 * Ownership: nothing is kept. Any thread.
 */
__u32 wd_get_bufsize(void *pool);

/**
 * wd_get_dev_id() - number of the device a pool's memory is for, as in struct sched_params.
 *
 * @pool: the pool.
 *
 * Return: the number; 0 if @pool is NULL.
 *
 * Ownership: nothing is kept. Any thread.
 */
__u32 wd_get_dev_id(void *pool);

/**
 * wd_insert_ctx_list() - offer a queue to wd_find_ctx().
 *
 * @h_ctx: a queue; a context without hardware is accepted and not listed.
 * @alg_name: algorithm it serves; not NULL. Cut to CRYPTO_MAX_ALG_NAME - 1 characters.
 *
 * Return: 0, -WD_EINVAL for a NULL argument, -WD_ENOMEM.
 *
 * Ownership: the queue stays the caller's and must live until wd_remove_ctx_list(). Any thread.
 */
int wd_insert_ctx_list(handle_t h_ctx, char *alg_name);

/**
 * wd_find_ctx() - take the listed queue nearest to the calling thread.
 *
 * A queue is given out once.
 *
 * @alg_name: part of the algorithm name a queue was listed under; not NULL.
 *
 * Return: the queue; 0 if @alg_name is NULL or none is left.
 *
 * Ownership: the queue stays its lister's. Any thread.
 */
handle_t wd_find_ctx(const char *alg_name);

/**
 * wd_remove_ctx_list() - empty the list of wd_insert_ctx_list(), for all algorithms.
 *
 * Return: nothing.
 *
 * Ownership: the queues themselves are not touched. Any thread.
 */
void wd_remove_ctx_list(void);

#ifdef __cplusplus
}
#endif

#endif /* WD_BMM_H */
