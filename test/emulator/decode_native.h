/* SPDX-License-Identifier: Apache-2.0 */
/* One instruction, as the processor carries it out on ordinary memory. */
#ifndef TEST_DECODE_NATIVE_H
#define TEST_DECODE_NATIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "emulator/shim/decode.h"

#define NATIVE_MEMORY 512
#define NATIVE_VECS 32

/* Layout known to the assembly in decode_native_*.c. */
struct native_state {
	uint64_t gpr[32]; /* as in struct decode_regs; the stack pointer is not set */
	uint64_t flags;
	uint64_t unused;
	uint8_t vec[NATIVE_VECS][16];
};

struct native_insn {
	const char *text;
	const uint8_t *start, *end; /* followed by a return */
	const char *feature;	    /* what the processor needs, or NULL */
	uint64_t undefined_flags;   /* after it */
};

extern uint8_t native_memory[NATIVE_MEMORY];
struct native_insn native_insn(unsigned int i);
extern const unsigned int native_insn_count;
extern const enum decode_arch native_arch;
extern const unsigned int native_stack_pointer; /* number of the register not to be compared */
extern const uint64_t native_flags;		/* those that are compared */

/* Registers that the addresses of all instructions need; number @round varies them. */
void native_set_addresses(struct native_state *state, unsigned int round);
bool native_has_feature(const char *feature);
void native_run(struct native_state *state, const void *code);

#endif
