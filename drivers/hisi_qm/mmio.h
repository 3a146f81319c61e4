/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stores to and loads from device registers, and the order between them and
 * ordinary memory.
 *
 * Five orders matter on a queue. Each has two observers and a name of its own:
 *
 * 1. mmio_order_elements_before_doorbell(): this thread's stores to ring and
 *    buffers, against the device, which reads them once it has seen the
 *    doorbell. The load of the TX word before it needs nothing: the doorbell
 *    depends on a branch on it. Partner: the device's fetch.
 * 2. mmio_order_phase_before_result(): this thread's load of the phase bit,
 *    against its later loads of what the device wrote before it set that bit.
 *    Partner: the device writes the element first and the phase last.
 * 3. mmio_order_result_before_ack(): this thread's loads of completion and
 *    element, against the device, which may overwrite the completion as soon as
 *    it has seen the completion doorbell.
 * 4. shadow_store_and_look(): this thread's store of a doorbell value, against
 *    its own next load of a flag (or ring) that the device writes. The device
 *    does the two in the other order, so one side always sees the other.
 * 5. Between threads of this process the counters of struct wd_queue order
 *    everything, as C11 release and acquire; nothing here is needed for that.
 *
 * aarch64: the device is an observer in the outer shareable domain, hence dmb
 * osh*: st for 1, ld for 2 and 3 (ld also keeps later stores behind the loads).
 * x86-64 keeps stores in order, loads in order, and stores behind earlier loads,
 * to write-back and to uncached memory alike: for 1 to 3 it is enough that the
 * compiler moves nothing; 4 needs a locked instruction.
 */
#ifndef HISI_QM_MMIO_H
#define HISI_QM_MMIO_H

#include <stdatomic.h>
#include <stdint.h>
#include <linux/types.h>

#if defined(__SANITIZE_THREAD__)
#define MMIO_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define MMIO_TSAN 1
#endif
#endif
#ifndef MMIO_TSAN
#define MMIO_TSAN 0
#endif

static inline void mmio_order_elements_before_doorbell(void)
{
#if defined(__aarch64__)
	__asm__ volatile("dmb oshst" ::: "memory");
#elif defined(__x86_64__)
	__asm__ volatile("" ::: "memory");
#else
	__sync_synchronize();
#endif
}

static inline void mmio_order_phase_before_result(void)
{
#if defined(__aarch64__)
	__asm__ volatile("dmb oshld" ::: "memory");
#elif defined(__x86_64__)
	__asm__ volatile("" ::: "memory");
#else
	__sync_synchronize();
#endif
}

static inline void mmio_order_result_before_ack(void)
{
	mmio_order_phase_before_result(); /* the same instruction keeps stores behind loads */
}

/*
 * A register of 64 bits, written with one store that a trapping emulator can
 * decode whatever the compiler's mood: MOV or STR, base register, no offset.
 * Ordering is the caller's. The thread sanitizer cannot see into assembly and
 * gets an atomic store.
 */
static inline void mmio_store64(uint64_t *reg, uint64_t value)
{
#if MMIO_TSAN
	__atomic_store_n(reg, value, __ATOMIC_RELEASE);
#elif defined(__x86_64__)
	__asm__ volatile("movq %0, (%1)" ::"r"(value), "r"(reg) : "memory");
#elif defined(__aarch64__)
	__asm__ volatile("str %x0, [%1]" ::"r"(value), "r"(reg) : "memory");
#else
	*(volatile uint64_t *)reg = value;
#endif
}

static inline uint32_t mmio_load32(const uint32_t *reg)
{
	uint32_t value;

#if MMIO_TSAN
	value = __atomic_load_n(reg, __ATOMIC_ACQUIRE);
#elif defined(__x86_64__)
	__asm__ volatile("movl (%1), %0" : "=r"(value) : "r"(reg) : "memory");
#elif defined(__aarch64__)
	__asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(reg) : "memory");
#else
	value = *(volatile const uint32_t *)reg;
#endif
	return value;
}

/*
 * Loads of memory the device writes: once, whole, and never again by the
 * compiler's choice. With the thread sanitizer the phase is an acquire, because
 * it does not know the barrier that follows.
 */
static inline uint32_t dma_load32(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

/* Two neighbouring words. */
typedef uint64_t __attribute__((may_alias)) dma_pair_t;

static inline uint64_t dma_load64(const void *p)
{
	return __atomic_load_n((const dma_pair_t *)p, __ATOMIC_RELAXED);
}

static inline uint8_t dma_load8(const uint8_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

/* Half of a word. */
typedef uint16_t __attribute__((may_alias)) dma_half_t;

static inline uint16_t dma_load16(const void *p)
{
	return __atomic_load_n((const dma_half_t *)p, __ATOMIC_RELAXED);
}

static inline uint32_t dma_load_phase(const uint32_t *p)
{
	return __atomic_load_n(p, MMIO_TSAN ? __ATOMIC_ACQUIRE : __ATOMIC_RELAXED);
}

/* Shadow doorbells are ordinary shared memory: the release covers order 1. */
static inline void shadow_store(__u64 *shadow, uint64_t value)
{
	__atomic_store_n(shadow, value, __ATOMIC_RELEASE);
}

static inline void shadow_store_and_look(__u64 *shadow, uint64_t value)
{
#if defined(__x86_64__) || MMIO_TSAN
	(void)__atomic_exchange_n(shadow, value, __ATOMIC_SEQ_CST);
#else
	shadow_store(shadow, value);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

#endif
