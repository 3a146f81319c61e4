/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The every-job part of core_slots.c: taking a free slot and giving it back.
 *
 * The stack's head carries a tag that changes with each pop and push, so a slot
 * that was taken and returned between a thread's look and its exchange (ABA)
 * does not fool it. Slots are never unmapped while the queue lives, so reading
 * the link of a slot somebody else has just taken is harmless.
 */
#ifndef WD_CORE_SLOTS_H
#define WD_CORE_SLOTS_H

#include "core.h"

#define WD_CORE_CHUNK_SLOTS 32u

struct wd_core_slot {
	uint32_t index;
	_Atomic uint32_t next; /* index + 1 of the free slot below, 0 none */
	_Alignas(16) struct wd_msg msg;
};

static inline struct wd_core_slot *wd_core_slot_of(const struct wd_msg *msg)
{
	return (struct wd_core_slot *)((char *)(uintptr_t)msg - offsetof(struct wd_core_slot, msg));
}

static inline struct wd_core_slot *wd_core_slot_by_index(struct wd_core_slots *s, uint32_t index)
{
	char *chunk = atomic_load_explicit(&s->chunks[index / WD_CORE_CHUNK_SLOTS],
					   memory_order_acquire);

	return (struct wd_core_slot *)(chunk +
				       (size_t)(index % WD_CORE_CHUNK_SLOTS) * s->slot_nbytes);
}

static inline struct wd_core_slot *wd_core_slots_pop(struct wd_core_slots *s)
{
	uint64_t head = atomic_load_explicit(&s->head, memory_order_acquire);
	struct wd_core_slot *slot;
	uint64_t rest;

	do {
		if (__builtin_expect(!(uint32_t)head, 0))
			return NULL;
		slot = wd_core_slot_by_index(s, (uint32_t)head - 1);
		rest = ((head >> 32) + 1) << 32 |
		       atomic_load_explicit(&slot->next, memory_order_relaxed);
	} while (!atomic_compare_exchange_weak_explicit(&s->head, &head, rest, memory_order_acquire,
							memory_order_acquire));
	return slot;
}

static inline void wd_core_slots_push(struct wd_core_slots *s, struct wd_core_slot *first,
				      struct wd_core_slot *last)
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

struct wd_core_slot *wd_core_slots_pop_or_grow(struct wd_core_slots *s);

static inline struct wd_msg *wd_core_slots_get(struct wd_core_slots *s)
{
	struct wd_core_slot *slot = wd_core_slots_pop(s);

	if (__builtin_expect(!slot, 0))
		slot = wd_core_slots_pop_or_grow(s);
	return slot ? &slot->msg : NULL;
}

static inline void wd_core_slots_put(struct wd_core_slots *s, struct wd_msg *msg)
{
	struct wd_core_slot *slot = wd_core_slot_of(msg);

	wd_core_slots_push(s, slot, slot);
}

#endif
