/* SPDX-License-Identifier: Apache-2.0 */
/* Hardware scatter-gather lists: see sgl.h. Format: hisi-zip facts, section 13. */
#include <stdlib.h>
#include <string.h>
#include "sgl.h"
#include "wd.h"

/* A program's list may be circular: look at no more pieces than the device could take. */
#define SGL_MAX_PIECES (HISI_SGL_MAX_ENTRIES * HISI_SGL_MAX_LISTS)

static uint32_t node_entries(enum sgl_size size)
{
	return size == SGL_SMALL ? SGL_SMALL_ENTRIES : HISI_SGL_MAX_ENTRIES;
}

static uint32_t node_nbytes(enum sgl_size size)
{
	uint32_t nbytes = sizeof(struct sgl_node) + node_entries(size) * sizeof(struct hisi_sge);

	return (nbytes + 63) & ~63u;
}

void sgl_pool_init(struct sgl_pool *pool)
{
	memset(pool, 0, sizeof(*pool));
	wd_lock_init(&pool->lock);
}

static void chain_free(struct sgl_node *chain)
{
	struct sgl_node *next;

	for (; chain; chain = next) {
		next = chain->next;
		free(chain);
	}
}

void sgl_pool_destroy(struct sgl_pool *pool)
{
	for (uint32_t i = 0; pool->of_slot && i < pool->depth; i++)
		chain_free(pool->of_slot[i]);
	free(pool->of_slot);
	for (int i = 0; i < SGL_SIZES; i++)
		chain_free(pool->idle[i]);
	sgl_pool_init(pool);
}

/* The bound on idle lists is not kept here: freeing is not allowed in a child of fork(). */
void sgl_pool_forked(struct sgl_pool *pool)
{
	struct sgl_node *node;

	wd_lock_init(&pool->lock);
	for (uint32_t i = 0; pool->of_slot && i < pool->depth; i++) {
		while ((node = pool->of_slot[i])) {
			pool->of_slot[i] = node->next;
			node->next = pool->idle[node->size];
			pool->idle[node->size] = node;
			pool->idle_nbytes += node_nbytes(node->size);
		}
	}
	pool->used_nbytes = 0;
}

int sgl_pool_prepare(struct sgl_pool *pool, uint32_t depth)
{
	struct sgl_node **table = NULL;
	int ret = 0;

	wd_lock_acquire(&pool->lock);
	if (pool->depth < depth) {
		table = calloc(depth, sizeof(*table));
		if (!table) {
			ret = -WD_ENOMEM;
		} else if (pool->of_slot) { /* a restart found a deeper ring; nothing is in use */
			free(pool->of_slot);
		}
	}
	if (table) {
		pool->of_slot = table;
		pool->depth = depth;
	}
	wd_lock_release(&pool->lock);
	return ret;
}

static int node_get(struct sgl_pool *pool, enum sgl_size size, struct sgl_node **node)
{
	uint32_t nbytes = node_nbytes(size);
	struct sgl_node *n = NULL;

	wd_lock_acquire(&pool->lock);
	if (pool->used_nbytes + nbytes > SGL_POOL_MAX_NBYTES) {
		wd_lock_release(&pool->lock);
		return -WD_EBUSY;
	}
	pool->used_nbytes += nbytes;
	if (pool->idle[size]) {
		n = pool->idle[size];
		pool->idle[size] = n->next;
		pool->idle_nbytes -= nbytes;
	}
	wd_lock_release(&pool->lock);
	if (!n)
		n = aligned_alloc(64, nbytes);
	if (!n) {
		wd_lock_acquire(&pool->lock);
		pool->used_nbytes -= nbytes;
		wd_lock_release(&pool->lock);
		return -WD_ENOMEM;
	}
	memset(&n->hw, 0, sizeof(n->hw));
	n->size = size;
	*node = n;
	return 0;
}

void sgl_put(struct sgl_pool *pool, struct sgl_node *chain)
{
	struct sgl_node *surplus = NULL, *next;

	if (!chain)
		return;
	wd_lock_acquire(&pool->lock);
	for (; chain; chain = next) {
		uint32_t nbytes = node_nbytes(chain->size);
		struct sgl_node **to = &surplus;

		next = chain->next;
		pool->used_nbytes -= nbytes;
		if (pool->idle_nbytes + nbytes <= SGL_POOL_IDLE_NBYTES) {
			pool->idle_nbytes += nbytes;
			to = &pool->idle[chain->size];
		}
		chain->next = *to;
		*to = chain;
	}
	wd_lock_release(&pool->lock);
	chain_free(surplus);
}

void sgl_release(struct sgl_pool *pool, uint32_t slot)
{
	struct sgl_node *chain;

	if (!pool->of_slot)
		return;
	chain = pool->of_slot[slot];
	pool->of_slot[slot] = NULL;
	sgl_put(pool, chain);
}

void *sgl_peek(struct sgl_cursor *at, uint32_t *nbytes)
{
	for (uint32_t i = 0; at->piece && i < SGL_MAX_PIECES; i++) {
		if (at->piece->data && at->offset < at->piece->len) {
			*nbytes = at->piece->len - at->offset;
			return (char *)at->piece->data + at->offset;
		}
		at->piece = at->piece->next;
		at->offset = 0;
	}
	return NULL;
}

int sgl_copy_out(struct sgl_cursor *at, const void *src, uint32_t nbytes)
{
	uint32_t n;
	void *to;

	for (; nbytes; nbytes -= n) {
		to = sgl_peek(at, &n);
		if (!to)
			return -WD_EINVAL;
		n = n < nbytes ? n : nbytes;
		memcpy(to, src, n);
		src = (const char *)src + n;
		sgl_advance(at, n);
	}
	return 0;
}

/* How many pieces hold the next @nbytes bytes; negative if they cannot be described. */
static int count_pieces(struct sgl_cursor at, uint32_t nbytes)
{
	int pieces = 0;
	uint32_t n;

	while (nbytes) {
		if (!sgl_peek(&at, &n) || ++pieces > SGL_MAX_PIECES)
			return -WD_EINVAL;
		n = n < nbytes ? n : nbytes;
		if (n > HISI_SGL_MAX_ENTRY_NBYTES)
			return -WD_EINVAL;
		sgl_advance(&at, n);
		nbytes -= n;
	}
	return pieces;
}

static uint32_t fill_list(struct hisi_sgl *hw, struct sgl_cursor *at, uint32_t nbytes,
			  uint32_t entries)
{
	for (uint32_t i = 0; i < entries; i++) {
		struct hisi_sge *sge = &hw->entries[i];
		uint32_t n = 0;
		void *data = sgl_peek(at, &n);

		n = n < nbytes ? n : nbytes;
		memset(sge, 0, sizeof(*sge));
		sge->buf = htole64((uintptr_t)data);
		sge->len = htole32(n);
		sgl_advance(at, n);
		nbytes -= n;
	}
	hw->entry_sum_in_sgl = htole16(entries);
	return nbytes;
}

int sgl_build(struct sgl_pool *pool, struct sgl_cursor *at, uint32_t nbytes,
	      struct sgl_node **chain, uint64_t *address)
{
	int pieces = count_pieces(*at, nbytes), left, ret;
	struct hisi_sgl *last = NULL;

	if (pieces <= 0)
		return -WD_EINVAL;
	for (left = pieces; left;) {
		enum sgl_size size = left > SGL_SMALL_ENTRIES ? SGL_LARGE : SGL_SMALL;
		int entries = left < HISI_SGL_MAX_ENTRIES ? left : HISI_SGL_MAX_ENTRIES;
		struct sgl_node *node;

		ret = node_get(pool, size, &node);
		if (ret)
			return ret;
		node->next = *chain;
		*chain = node;
		/* The true number of all: the only value every reading of the field allows. */
		node->hw.entry_sum_in_chain = htole16(pieces);
		node->hw.entry_capacity = htole16(node_entries(size));
		nbytes = fill_list(&node->hw, at, nbytes, entries);
		if (last)
			last->next = htole64((uintptr_t)&node->hw);
		else
			*address = (uintptr_t)&node->hw;
		last = &node->hw;
		left -= entries;
	}
	return 0;
}
