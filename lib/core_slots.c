// SPDX-License-Identifier: Apache-2.0
/*
 * Messages of asynchronous jobs of one queue: a lock-free stack of free slots,
 * last in first out so that the warm one is used next. Slots are made in chunks
 * when the stack runs empty, up to the number of jobs the queue can hold, and
 * stay until the queue closes. Knows nothing of what a message means.
 *
 * The stack's head carries a tag that changes with each pop and push, so a slot
 * that was taken and returned between a thread's look and its exchange (ABA)
 * does not fool it. Slots are never unmapped while the queue lives, so reading
 * the link of a slot somebody else has just taken is harmless.
 */
#include <stdlib.h>
#include <string.h>
#include "core.h"

#define CHUNK_SLOTS 32u

struct slot {
	uint32_t index;
	_Atomic uint32_t next; /* index + 1 of the free slot below, 0 none */
	_Alignas(16) struct wd_msg msg;
};

static struct slot *slot_of(const struct wd_msg *msg)
{
	return (struct slot *)((char *)(uintptr_t)msg - offsetof(struct slot, msg));
}

static struct slot *slot_at(struct wd_core_slots *s, uint32_t index)
{
	char *chunk = atomic_load_explicit(&s->chunks[index / CHUNK_SLOTS], memory_order_acquire);

	return (struct slot *)(chunk + (size_t)(index % CHUNK_SLOTS) * s->slot_nbytes);
}

int wd_core_slots_init(struct wd_core_slots *s, uint32_t max, uint32_t msg_nbytes)
{
	memset(s, 0, sizeof(*s));
	s->max = max;
	s->slot_nbytes = (uint32_t)(offsetof(struct slot, msg) + msg_nbytes + WD_CORE_CACHELINE - 1) &
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

static void push_range(struct wd_core_slots *s, struct slot *first, struct slot *last)
{
	uint64_t head = atomic_load_explicit(&s->head, memory_order_relaxed);
	uint64_t mine;

	do {
		atomic_store_explicit(&last->next, (uint32_t)head, memory_order_relaxed);
		mine = ((head >> 32) + 1) << 32 | (first->index + 1);
		/* Release: who pops the slot sees its link and its former user's last writes. */
	} while (!atomic_compare_exchange_weak_explicit(&s->head, &head, mine, memory_order_release,
							memory_order_relaxed));
}

/* In the child of fork: who used slots is gone, all of them are free again. Single-threaded. */
void wd_core_slots_forget(struct wd_core_slots *s)
{
	uint32_t count = atomic_load_explicit(&s->count, memory_order_relaxed);

	wd_lock_init(&s->grow_lock);
	atomic_store_explicit(&s->head, 0, memory_order_relaxed);
	for (uint32_t i = count; i-- > 0;)
		push_range(s, slot_at(s, i), slot_at(s, i));
}

/* Make one more chunk and keep its first slot for the caller. */
static struct slot *grow_locked(struct wd_core_slots *s)
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
		slot_at(s, count + i)->index = count + i;
	for (uint32_t i = 1; i + 1 < n; i++)
		atomic_store_explicit(&slot_at(s, count + i)->next, count + i + 2,
				      memory_order_relaxed);
	atomic_store_explicit(&s->count, count + n, memory_order_release);
	if (n > 1)
		push_range(s, slot_at(s, count + 1), slot_at(s, count + n - 1));
	return slot_at(s, count);
}

static struct slot *pop(struct wd_core_slots *s)
{
	uint64_t head = atomic_load_explicit(&s->head, memory_order_acquire);
	struct slot *slot;
	uint64_t rest;

	do {
		if (!(uint32_t)head)
			return NULL;
		slot = slot_at(s, (uint32_t)head - 1);
		rest = ((head >> 32) + 1) << 32 |
		       atomic_load_explicit(&slot->next, memory_order_relaxed);
	} while (!atomic_compare_exchange_weak_explicit(&s->head, &head, rest, memory_order_acquire,
							memory_order_acquire));
	return slot;
}

static __attribute__((noinline, cold)) struct slot *pop_or_grow(struct wd_core_slots *s)
{
	struct slot *slot;

	wd_lock_acquire(&s->grow_lock);
	slot = pop(s);
	if (!slot)
		slot = grow_locked(s);
	wd_lock_release(&s->grow_lock);
	return slot;
}

struct wd_msg *wd_core_slots_get(struct wd_core_slots *s)
{
	struct slot *slot = pop(s);

	if (__builtin_expect(!slot, 0))
		slot = pop_or_grow(s);
	return slot ? &slot->msg : NULL;
}

void wd_core_slots_put(struct wd_core_slots *s, struct wd_msg *msg)
{
	struct slot *slot = slot_of(msg);

	push_range(s, slot, slot);
}

uint32_t wd_core_slot_tag(const struct wd_msg *msg)
{
	return slot_of(msg)->index;
}

struct wd_msg *wd_core_slot_at(struct wd_core_slots *s, uint32_t tag)
{
	if (tag >= atomic_load_explicit(&s->count, memory_order_acquire))
		return NULL;
	return &slot_at(s, tag)->msg;
}
