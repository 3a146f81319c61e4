/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every file of the preloaded library begins with: how a function of libc
 * is taken over (EXPORT) and how the one behind it is reached (REAL).
 */
#ifndef EMULATOR_SHIM_H
#define EMULATOR_SHIM_H

/* The inline wrappers of fortified headers would be taken over instead of the functions. */
#undef _FORTIFY_SOURCE

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include <limits.h>

#if ULONG_MAX != 0xffffffffffffffffUL
#error "the emulator needs a 64-bit system: open and open64 are taken to be the same"
#endif

#define EXPORT __attribute__((visibility("default")))

/* The next definition of @name behind this library; resolved once, when first needed. */
#define REAL(name)                                                                      \
	(__extension__({                                                                \
		static void *real_##name;                                               \
		void *found_##name = __atomic_load_n(&real_##name, __ATOMIC_ACQUIRE);   \
                                                                                        \
		if (__builtin_expect(!found_##name, 0)) {                               \
			found_##name = real_find(#name);                                \
			__atomic_store_n(&real_##name, found_##name, __ATOMIC_RELEASE); \
		}                                                                       \
		(__typeof__(&name))found_##name;                                        \
	}))

/* Ends the program with a message when there is no such function. */
void *real_find(const char *name);

#endif
