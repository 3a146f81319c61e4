// SPDX-License-Identifier: Apache-2.0
/*
 * Loads and stores of aarch64 for decode_native.c: the assembler makes the
 * words, the processor says what they do. x0 points into the memory, x1 is a
 * small index, x2 a small negative one whose upper half is rubbish, x3 is like
 * x0. x16 to x18 and x30 belong to the harness.
 */
#include "decode_native.h"

#if defined(__aarch64__)

const enum decode_arch native_arch = DECODE_AARCH64;
const unsigned int native_stack_pointer = 31;
const uint64_t native_flags = 0; /* no load or store changes them */

__asm__(".text\n"
	".type native_run, %function\n"
	".globl native_run\n"
	"native_run:\n"
	"	stp x29, x30, [sp, #-176]!\n"
	"	stp x19, x20, [sp, #16]\n	stp x21, x22, [sp, #32]\n"
	"	stp x23, x24, [sp, #48]\n	stp x25, x26, [sp, #64]\n"
	"	stp x27, x28, [sp, #80]\n	stp d8, d9, [sp, #96]\n"
	"	stp d10, d11, [sp, #112]\n	stp d12, d13, [sp, #128]\n"
	"	stp d14, d15, [sp, #144]\n	str x0, [sp, #160]\n"
	"	mov x17, x1\n	mov x16, x0\n"
	"	.irp n, 0,1,2,3,4,5,6,7,16,17,24,31\n"
	"	ldr q\\n, [x16, #272+16*\\n]\n"
	"	.endr\n"
	"	.irp n, 0,2,4,6,8,10,12,14,20,22,24,26,28\n"
	"	ldr x\\n, [x16, #8*\\n]\n"
	"	.endr\n"
	"	.irp n, 1,3,5,7,9,11,13,15,19,21,23,25,27,29\n"
	"	ldr x\\n, [x16, #8*\\n]\n"
	"	.endr\n"
	"	blr x17\n"
	"	ldr x16, [sp, #160]\n"
	"	.irp n, 0,2,4,6,8,10,12,14,20,22,24,26,28\n"
	"	str x\\n, [x16, #8*\\n]\n"
	"	.endr\n"
	"	.irp n, 1,3,5,7,9,11,13,15,19,21,23,25,27,29\n"
	"	str x\\n, [x16, #8*\\n]\n"
	"	.endr\n"
	"	.irp n, 0,1,2,3,4,5,6,7,16,17,24,31\n"
	"	str q\\n, [x16, #272+16*\\n]\n"
	"	.endr\n"
	"	ldp x19, x20, [sp, #16]\n	ldp x21, x22, [sp, #32]\n"
	"	ldp x23, x24, [sp, #48]\n	ldp x25, x26, [sp, #64]\n"
	"	ldp x27, x28, [sp, #80]\n	ldp d8, d9, [sp, #96]\n"
	"	ldp d10, d11, [sp, #112]\n	ldp d12, d13, [sp, #128]\n"
	"	ldp d14, d15, [sp, #144]\n	ldp x29, x30, [sp], #176\n"
	"	ret\n"
	".size native_run, . - native_run\n");

/* clang-format off */
#define INSNS(X)                                                                                   \
	X("strb w5, [x0]")		X("strh w5, [x0, #6]")		X("str w5, [x0, #12]")     \
	X("str x5, [x0, #16]")		X("str xzr, [x0]")		X("str wzr, [x0]")         \
	X("stur x5, [x0, #-13]")	X("sturb w5, [x0, #-1]")	X("sturh w5, [x0, #3]")    \
	X("stur w5, [x0, #200]")	X("str x5, [x0], #-24")		X("str x5, [x0, #40]!")    \
	X("strb w5, [x0], #1")		X("strh w5, [x0, #-2]!")	X("str x5, [x0, x1]")      \
	X("str x5, [x0, x1, lsl #3]")	X("str w5, [x0, w2, sxtw]")	X("str w5, [x0, w2, sxtw #2]") \
	X("str w5, [x0, w1, uxtw #2]")	X("strh w5, [x0, x1, sxtx #1]")	X("strb w5, [x0, xzr]")    \
	X("stlr x5, [x0]")		X("stlrb w5, [x0]")		X("stlrh w5, [x0]")        \
	X("stlr w5, [x0]")		X("sttr x5, [x0, #8]")		X("sttrb w5, [x0]")        \
	X("stp x5, x6, [x0]")		X("stp w5, w6, [x0, #-8]")	X("stp xzr, x6, [x0], #16") \
	X("stp x5, x6, [x0, #-32]!")	X("stnp x5, x6, [x0, #16]")	X("str x0, [x0]")          \
	X("ldrb w5, [x0]")		X("ldrh w5, [x0, #6]")		X("ldr w5, [x0, #12]")     \
	X("ldr x5, [x0, #16]")		X("ldr xzr, [x0]")		X("ldr x0, [x0]")          \
	X("ldrsb w5, [x0]")		X("ldrsb x5, [x0, #1]")		X("ldrsh w5, [x0, #2]")    \
	X("ldrsh x5, [x0, #2]")		X("ldrsw x5, [x0, #4]")		X("ldur x5, [x0, #-9]")    \
	X("ldursb x5, [x0, #-9]")	X("ldursw x5, [x0, #-9]")	X("ldr x5, [x0], #64")     \
	X("ldr x5, [x0, #-64]!")	X("ldrsw x5, [x0], #4")		X("ldr x5, [x0, x1, lsl #3]") \
	X("ldrsw x5, [x0, w2, sxtw #2]") X("ldrsb w5, [x0, x1]")	X("ldrb w5, [x0, w1, uxtw]") \
	X("ldar x5, [x0]")		X("ldarb w5, [x0]")		X("ldarh w5, [x0]")        \
	X("ldar w5, [x0]")		X("ldtr x5, [x0, #8]")		X("ldtrsw x5, [x0]")       \
	X("ldp x5, x6, [x0]")		X("ldp w5, w6, [x0, #8]")	X("ldpsw x5, x6, [x0, #16]") \
	X("ldp x5, x6, [x0], #-16")	X("ldp x5, xzr, [x0, #16]!")	X("ldnp w5, w6, [x0]")     \
	X("str b4, [x0]")		X("str h4, [x0, #2]")		X("str s4, [x0]")          \
	X("str d4, [x0, #8]")		X("str q4, [x0, #16]")		X("stur q4, [x0, #-5]")    \
	X("str d4, [x0], #8")		X("str q4, [x0, x1, lsl #4]")	X("str s4, [x0, w2, sxtw #2]") \
	X("ldr b4, [x0]")		X("ldr h4, [x0, #2]")		X("ldr s4, [x0]")          \
	X("ldr d4, [x0, #8]")		X("ldr q4, [x0, #16]")		X("ldur d4, [x0, #-5]")    \
	X("ldr q31, [x0, #-16]!")	X("ldr d4, [x0, x1, lsl #3]")
/* clang-format on */

#define CODE(insn)                                  \
	"	.text\n1:	" insn "\n2:	ret\n" \
	"	.section .data.rel.ro\n	.quad 1b, 2b\n"
__asm__(".section .data.rel.ro\n	.balign 8\nnative_code:\n" INSNS(CODE) ".text\n");

struct code {
	const uint8_t *start, *end;
};
extern const struct code native_code[];

#define TEXT(insn) insn,
static const char *const texts[] = {INSNS(TEXT)};

const unsigned int native_insn_count = sizeof(texts) / sizeof(texts[0]);

struct native_insn native_insn(unsigned int i)
{
	return (struct native_insn){texts[i], native_code[i].start, native_code[i].end, NULL, 0};
}

void native_set_addresses(struct native_state *state, unsigned int round)
{
	uint64_t middle = (uintptr_t)native_memory + NATIVE_MEMORY / 2;

	state->gpr[0] = middle;
	state->gpr[1] = round % 8;
	state->gpr[2] = (state->gpr[2] << 32) | (uint32_t) - (int32_t)(round % 8);
	state->gpr[3] = middle;
	state->flags = 0;
}

bool native_has_feature(const char *feature)
{
	return !feature;
}

#endif
