/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small lock for the few dozen instructions a ring or a free list needs:
 * inline when free, sleeping (futex) when the holder was preempted, so that it
 * neither burns a core nor inverts priorities. Owned by nobody else: no
 * recursion, no deadlines, no condition.
 */
#ifndef WD_LOCK_H
#define WD_LOCK_H

#include <linux/futex.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

struct wd_lock {
	_Atomic uint32_t word; /* 0 free, 1 held, 2 held and somebody sleeps */
};

#define WD_LOCK_SPINS 64

static inline void wd_cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("isb" ::: "memory"); /* longer than yield on most cores */
#else
	atomic_signal_fence(memory_order_seq_cst);
#endif
}

static inline void wd_lock_init(struct wd_lock *l)
{
	atomic_store_explicit(&l->word, 0, memory_order_relaxed);
}

static inline bool wd_lock_try(struct wd_lock *l)
{
	uint32_t free = 0;

	return atomic_compare_exchange_strong_explicit(&l->word, &free, 1, memory_order_acquire,
						       memory_order_relaxed);
}

__attribute__((noinline, cold, unused)) static void wd_lock_contended(struct wd_lock *l)
{
	for (int i = 0; i < WD_LOCK_SPINS; i++) {
		wd_cpu_relax();
		if (!atomic_load_explicit(&l->word, memory_order_relaxed) && wd_lock_try(l))
			return;
	}
	while (atomic_exchange_explicit(&l->word, 2, memory_order_acquire))
		syscall(SYS_futex, &l->word, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
}

static inline void wd_lock_acquire(struct wd_lock *l)
{
	if (__builtin_expect(!wd_lock_try(l), 0))
		wd_lock_contended(l);
}

__attribute__((noinline, cold, unused)) static void wd_lock_wake(struct wd_lock *l)
{
	syscall(SYS_futex, &l->word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static inline void wd_lock_release(struct wd_lock *l)
{
	if (__builtin_expect(atomic_exchange_explicit(&l->word, 0, memory_order_release) == 2, 0))
		wd_lock_wake(l);
}

#endif
