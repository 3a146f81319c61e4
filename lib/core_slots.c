// SPDX-License-Identifier: Apache-2.0
/*
 * Making and unmaking the message slots of a queue; see core_slots.h.
 */
#include <sys/mman.h>
#include "core_slots.h"

/* Slot numbers begin at 1: one slot's room in front stays unused. */
static size_t reservation(const struct wd_core_slots *s)
{
	return ((size_t)s->max + 1) * s->slot_nbytes;
}

int wd_core_slots_init(struct wd_core_slots *s, uint32_t max, uint32_t msg_nbytes)
{
	void *base;

	s->max = max;
	s->slot_nbytes = (uint32_t)(offsetof(struct wd_core_slot, msg) + msg_nbytes +
				    WD_CORE_CACHELINE - 1) &
			 ~(WD_CORE_CACHELINE - 1u);
	atomic_init(&s->head, 0);
	atomic_init(&s->made, 0);
	base = mmap(NULL, reservation(s), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	s->base = base == MAP_FAILED ? NULL : base;
	return s->base ? 0 : -WD_ENOMEM;
}

void wd_core_slots_destroy(struct wd_core_slots *s)
{
	if (s->base)
		munmap(s->base, reservation(s));
	s->base = NULL;
}

/* In the child of fork: who used slots is gone, all of them are free again. Single-threaded. */
void wd_core_slots_forget(struct wd_core_slots *s)
{
	uint32_t made = atomic_load_explicit(&s->made, memory_order_relaxed);

	atomic_store_explicit(&s->head, 0, memory_order_relaxed);
	for (uint32_t number = made; number; number--) {
		struct wd_core_slot *slot = wd_core_slot_number(s, number);

		slot->number = number; /* its first user may not have got to it */
		wd_core_slots_put(s, &slot->msg);
	}
}

/* The stack is empty: a slot never used before, if there is one. */
struct wd_msg *wd_core_slots_fresh(struct wd_core_slots *s)
{
	uint32_t made = atomic_load_explicit(&s->made, memory_order_relaxed);
	struct wd_core_slot *slot;

	do {
		if (made == s->max)
			return NULL;
	} while (!atomic_compare_exchange_weak_explicit(&s->made, &made, made + 1,
							memory_order_relaxed,
							memory_order_relaxed));
	slot = wd_core_slot_number(s, made + 1);
	slot->number = made + 1;
	return &slot->msg;
}

uint32_t wd_core_slot_tag(const struct wd_msg *msg)
{
	return wd_core_slot_of(msg)->number;
}

struct wd_msg *wd_core_slot_at(struct wd_core_slots *s, uint32_t tag)
{
	if (!tag || tag > atomic_load_explicit(&s->made, memory_order_acquire))
		return NULL;
	return &wd_core_slot_number(s, tag)->msg;
}
