// SPDX-License-Identifier: Apache-2.0
/*
 * Messages of asynchronous jobs of one queue: a lock-free stack of free slots,
 * last in first out so that the warm one is used next. Slots are made in chunks
 * when the stack runs empty, up to the number of jobs the queue can hold, and
 * stay until the queue closes. Knows nothing of what a message means.
 */
#include <stdlib.h>
#include <string.h>
#include "core_slots.h"

#define CHUNK_SLOTS WD_CORE_CHUNK_SLOTS

int wd_core_slots_init(struct wd_core_slots *s, uint32_t max, uint32_t msg_nbytes)
{
	memset(s, 0, sizeof(*s));
	s->max = max;
	s->slot_nbytes = (uint32_t)(offsetof(struct wd_core_slot, msg) + msg_nbytes + WD_CORE_CACHELINE - 1) &
			 ~(WD_CORE_CACHELINE - 1u);
	s->chunks = calloc((max + CHUNK_SLOTS - 1) / CHUNK_SLOTS, sizeof(*s->chunks));
	return s->chunks ? 0 : -WD_ENOMEM;
}

void wd_core_slots_destroy(struct wd_core_slots *s)
{
	uint32_t nchunks = (s->max + CHUNK_SLOTS - 1) / CHUNK_SLOTS;

	for (uint32_t i = 0; s->chunks && i < nchunks; i++)
		free(atomic_load_explicit(&s->chunks[i], memory_order_relaxed));
	free((void *)s->chunks);
	s->chunks = NULL;
}

/* In the child of fork: who used slots is gone, all of them are free again. Single-threaded. */
void wd_core_slots_forget(struct wd_core_slots *s)
{
	uint32_t count = atomic_load_explicit(&s->count, memory_order_relaxed);

	wd_lock_init(&s->grow_lock);
	atomic_store_explicit(&s->head, 0, memory_order_relaxed);
	for (uint32_t i = count; i-- > 0;)
		wd_core_slots_push(s, wd_core_slot_by_index(s, i), wd_core_slot_by_index(s, i));
}

/* Make one more chunk and keep its first slot for the caller. */
static struct wd_core_slot *grow_locked(struct wd_core_slots *s)
{
	uint32_t count = atomic_load_explicit(&s->count, memory_order_relaxed);
	uint32_t n = s->max - count < CHUNK_SLOTS ? s->max - count : CHUNK_SLOTS;
	char *chunk;

	if (!n)
		return NULL;
	chunk = aligned_alloc(WD_CORE_CACHELINE, (size_t)CHUNK_SLOTS * s->slot_nbytes);
	if (!chunk)
		return NULL;
	memset(chunk, 0, (size_t)CHUNK_SLOTS * s->slot_nbytes);
	atomic_store_explicit(&s->chunks[count / CHUNK_SLOTS], chunk, memory_order_release);
	for (uint32_t i = 0; i < n; i++)
		wd_core_slot_by_index(s, count + i)->index = count + i;
	for (uint32_t i = 1; i + 1 < n; i++)
		atomic_store_explicit(&wd_core_slot_by_index(s, count + i)->next, count + i + 2,
				      memory_order_relaxed);
	atomic_store_explicit(&s->count, count + n, memory_order_release);
	if (n > 1)
		wd_core_slots_push(s, wd_core_slot_by_index(s, count + 1), wd_core_slot_by_index(s, count + n - 1));
	return wd_core_slot_by_index(s, count);
}

struct wd_core_slot *wd_core_slots_pop_or_grow(struct wd_core_slots *s)
{
	struct wd_core_slot *slot;

	wd_lock_acquire(&s->grow_lock);
	slot = wd_core_slots_pop(s);
	if (!slot)
		slot = grow_locked(s);
	wd_lock_release(&s->grow_lock);
	return slot;
}

uint32_t wd_core_slot_tag(const struct wd_msg *msg)
{
	return wd_core_slot_of(msg)->index;
}

struct wd_msg *wd_core_slot_at(struct wd_core_slots *s, uint32_t tag)
{
	if (tag >= atomic_load_explicit(&s->count, memory_order_acquire))
		return NULL;
	return &wd_core_slot_by_index(s, tag)->msg;
}
