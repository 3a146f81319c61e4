/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of asynchronous jobs of one queue: a lock-free stack of free slots,
 * last in first out so that the warm one is used next. The slots lie in one
 * piece of address space of which only what was used has memory behind it.
 * Taking and giving back is here, the rest in core_slots.c; neither knows what
 * a message means.
 *
 * The stack's head carries a tag that changes with each pop and push, so a slot
 * that was taken and returned between a thread's look and its exchange (ABA)
 * does not fool it. Slots are never unmapped while the queue lives, so reading
 * the link of a slot somebody else has just taken is harmless.
 */
#ifndef WD_CORE_SLOTS_H
#define WD_CORE_SLOTS_H

#include "core.h"

struct wd_core_slot {
	uint32_t number;       /* its own, from 1 */
	_Atomic uint32_t next; /* number of the free slot below, 0 none */
	_Alignas(16) struct wd_msg msg;
};

static inline struct wd_core_slot *wd_core_slot_of(const struct wd_msg *msg)
{
	return (struct wd_core_slot *)((char *)(uintptr_t)msg - offsetof(struct wd_core_slot, msg));
}

static inline struct wd_core_slot *wd_core_slot_number(struct wd_core_slots *s, uint32_t number)
{
	return (struct wd_core_slot *)(s->base + (size_t)number * s->slot_nbytes);
}

struct wd_msg *wd_core_slots_fresh(struct wd_core_slots *s);

/* NULL when all are out. */
static inline struct wd_msg *wd_core_slots_get(struct wd_core_slots *s)
{
	uint64_t head = atomic_load_explicit(&s->head, memory_order_acquire);
	struct wd_core_slot *slot;
	uint64_t rest;

	do {
		if (__builtin_expect(!(uint32_t)head, 0))
			return wd_core_slots_fresh(s);
		slot = wd_core_slot_number(s, (uint32_t)head);
		rest = (head & ~0xffffffffull) + (1ull << 32) +
		       atomic_load_explicit(&slot->next, memory_order_relaxed);
	} while (!atomic_compare_exchange_weak_explicit(&s->head, &head, rest, memory_order_acquire,
							memory_order_acquire));
	return &slot->msg;
}

static inline void wd_core_slots_put(struct wd_core_slots *s, struct wd_msg *msg)
{
	struct wd_core_slot *slot = wd_core_slot_of(msg);
	uint64_t head = atomic_load_explicit(&s->head, memory_order_relaxed);
	uint64_t mine;

	do {
		atomic_store_explicit(&slot->next, (uint32_t)head, memory_order_relaxed);
		mine = (head & ~0xffffffffull) + (1ull << 32) + slot->number;
		/* Release: who pops the slot sees its link and its former user's last writes. */
	} while (!atomic_compare_exchange_weak_explicit(&s->head, &head, mine, memory_order_release,
							memory_order_relaxed));
}

#endif
