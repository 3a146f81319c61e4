// SPDX-License-Identifier: Apache-2.0
/*
 * Both decoders on any host: instructions as the assemblers of GNU binutils
 * encode them, with what their manuals say they do, and instructions that must
 * be refused. `decode_table --list ARCH` prints the bytes and the text, for
 * decode_table.sh to have them checked by an assembler.
 */
#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/shim/decode.h"

/* What is in the registers: number N holds the byte N eight times, but for these. */
#define BASE UINT64_C(0x123456780000)
#define STACK UINT64_C(0x7fff00000000)
#define PC UINT64_C(0x400000)
#define ZERO UINT64_C(0xf0e1d2c3b4a59687) /* rax; ah is AH */
#define AH 0x96
#define ONE UINT64_C(0x0101010101010101)
#define FIVE UINT64_C(0x0505050505050505)
#define SIX UINT64_C(0x0606060606060606)
#define VEC_LOW UINT64_C(0xa1a2a3a4a5a6a7a8)
#define VEC_HIGH UINT64_C(0xb1b2b3b4b5b6b7b8)
/* What every load reads. */
#define LOW UINT64_C(0x8182838485868788)
#define HIGH UINT64_C(0x9192939495969798)

enum target { TO_NOTHING, TO_REG, TO_VEC };

struct insn {
	const uint8_t *bytes;
	size_t nbytes_code;
	const char *text;
	bool store;
	unsigned int nbytes, parts;
	uint64_t address;
	enum target target;
	unsigned int reg;
	uint64_t value[2]; /* stored, or in the target afterwards */
};

struct refused {
	const uint8_t *bytes;
	size_t nbytes_code;
	const char *text;
};

#define BYTES(text) (const uint8_t *)text, sizeof(text) - 1

static const struct insn aarch64_insns[] = {
	{BYTES("\x05\x08\x00\xf9"), "str x5, [x0, #16]", .store = true, .nbytes = 8, .parts = 1,
	 .address = BASE + 16, .value = {FIVE, 0}},
	{BYTES("\x1f\x04\x00\xb9"), "str wzr, [x0, #4]", .store = true, .nbytes = 4, .parts = 1,
	 .address = BASE + 4, .value = {0, 0}},
	{BYTES("\x05\x00\x00\x39"), "strb w5, [x0]", .store = true, .nbytes = 1, .parts = 1,
	 .address = BASE, .value = {5, 0}},
	{BYTES("\x05\x0c\x00\x79"), "strh w5, [x0, #6]", .store = true, .nbytes = 2, .parts = 1,
	 .address = BASE + 6, .value = {0x0505, 0}},
	{BYTES("\x05\x80\x1f\xf8"), "stur x5, [x0, #-8]", .store = true, .nbytes = 8, .parts = 1,
	 .address = BASE - 8, .value = {FIVE, 0}},
	{BYTES("\x05\x84\x00\xf8"), "str x5, [x0], #8", .store = true, .nbytes = 8, .parts = 1,
	 .address = BASE, .value = {FIVE, 0}},
	{BYTES("\x05\x8c\x1f\xf8"), "str x5, [x0, #-8]!", .store = true, .nbytes = 8, .parts = 1,
	 .address = BASE - 8, .value = {FIVE, 0}},
	{BYTES("\x05\x68\x21\xf8"), "str x5, [x0, x1]", .store = true, .nbytes = 8, .parts = 1,
	 .address = BASE + 8, .value = {FIVE, 0}},
	{BYTES("\x05\x78\x21\xf8"), "str x5, [x0, x1, lsl #3]", .store = true, .nbytes = 8,
	 .parts = 1, .address = BASE + 64, .value = {FIVE, 0}},
	{BYTES("\x05\xd8\x22\xb8"), "str w5, [x0, w2, sxtw #2]", .store = true, .nbytes = 4,
	 .parts = 1, .address = BASE - 32, .value = {0x05050505, 0}},
	{BYTES("\x05\x48\x22\xb8"), "str w5, [x0, w2, uxtw]", .store = true, .nbytes = 4,
	 .parts = 1, .address = BASE + 0xfffffff8, .value = {0x05050505, 0}},
	{BYTES("\xe5\x07\x00\xf9"), "str x5, [sp, #8]", .store = true, .nbytes = 8, .parts = 1,
	 .address = STACK + 8, .value = {FIVE, 0}},
	{BYTES("\x05\xfc\x9f\xc8"), "stlr x5, [x0]", .store = true, .nbytes = 8, .parts = 1,
	 .address = BASE, .value = {FIVE, 0}},
	{BYTES("\xe5\xff\x9f\x08"), "stlrb w5, [sp]", .store = true, .nbytes = 1, .parts = 1,
	 .address = STACK, .value = {5, 0}},
	{BYTES("\x05\x80\x00\xd9"), "stlur x5, [x0, #8]", .store = true, .nbytes = 8, .parts = 1,
	 .address = BASE + 8, .value = {FIVE, 0}},
	{BYTES("\x05\x18\x01\xa9"), "stp x5, x6, [x0, #16]", .store = true, .nbytes = 8, .parts = 2,
	 .address = BASE + 16, .value = {FIVE, SIX}},
	{BYTES("\x05\x7c\x81\x28"), "stp w5, wzr, [x0], #8", .store = true, .nbytes = 4, .parts = 2,
	 .address = BASE, .value = {0x05050505, 0}},
	{BYTES("\x04\x04\x00\xfd"), "str d4, [x0, #8]", .store = true, .nbytes = 8, .parts = 1,
	 .address = BASE + 8, .value = {VEC_LOW, 0}},
	{BYTES("\x04\x00\x00\xbd"), "str s4, [x0]", .store = true, .nbytes = 4, .parts = 1,
	 .address = BASE, .value = {(uint32_t)VEC_LOW, 0}},
	{BYTES("\x04\x04\x80\x3d"), "str q4, [x0, #16]", .store = true, .nbytes = 8, .parts = 2,
	 .address = BASE + 16, .value = {VEC_LOW, VEC_HIGH}},
	{BYTES("\x05\x08\x40\xf9"), "ldr x5, [x0, #16]", .store = false, .nbytes = 8, .parts = 1,
	 .address = BASE + 16, .target = TO_REG, .reg = 5, .value = {LOW}},
	{BYTES("\x05\x00\x40\xb9"), "ldr w5, [x0]", .store = false, .nbytes = 4, .parts = 1,
	 .address = BASE, .target = TO_REG, .reg = 5, .value = {0x85868788}},
	{BYTES("\x05\x04\x40\x39"), "ldrb w5, [x0, #1]", .store = false, .nbytes = 1, .parts = 1,
	 .address = BASE + 1, .target = TO_REG, .reg = 5, .value = {0x88}},
	{BYTES("\x05\x00\x80\x39"), "ldrsb x5, [x0]", .store = false, .nbytes = 1, .parts = 1,
	 .address = BASE, .target = TO_REG, .reg = 5, .value = {0xffffffffffffff88}},
	{BYTES("\x05\x04\x80\xb9"), "ldrsw x5, [x0, #4]", .store = false, .nbytes = 4, .parts = 1,
	 .address = BASE + 4, .target = TO_REG, .reg = 5, .value = {0xffffffff85868788}},
	{BYTES("\x05\x24\xc0\x78"), "ldrsh w5, [x0], #2", .store = false, .nbytes = 2, .parts = 1,
	 .address = BASE, .target = TO_REG, .reg = 5, .value = {0xffff8788}},
	{BYTES("\x05\xfc\xdf\x88"), "ldar w5, [x0]", .store = false, .nbytes = 4, .parts = 1,
	 .address = BASE, .target = TO_REG, .reg = 5, .value = {0x85868788}},
	{BYTES("\x05\xc0\xbf\xf8"), "ldapr x5, [x0]", .store = false, .nbytes = 8, .parts = 1,
	 .address = BASE, .target = TO_REG, .reg = 5, .value = {LOW}},
	{BYTES("\x05\xf0\xdf\x19"), "ldapursb w5, [x0, #-1]", .store = false, .nbytes = 1,
	 .parts = 1, .address = BASE - 1, .target = TO_REG, .reg = 5, .value = {0xffffff88}},
	{BYTES("\x05\x18\x40\xa9"), "ldp x5, x6, [x0]", .store = false, .nbytes = 8, .parts = 2,
	 .address = BASE, .target = TO_REG, .reg = 5, .value = {LOW}},
	{BYTES("\x05\x18\x41\x69"), "ldpsw x5, x6, [x0, #8]", .store = false, .nbytes = 4,
	 .parts = 2, .address = BASE + 8, .target = TO_REG, .reg = 5,
	 .value = {0xffffffff85868788}},
	{BYTES("\x04\x04\x40\xfd"), "ldr d4, [x0, #8]", .store = false, .nbytes = 8, .parts = 1,
	 .address = BASE + 8, .target = TO_VEC, .value = {LOW, 0}},
	{BYTES("\x04\x00\xc0\x3d"), "ldr q4, [x0]", .store = false, .nbytes = 8, .parts = 2,
	 .address = BASE, .target = TO_VEC, .value = {LOW, HIGH}},
	{BYTES("\x05\x88\x40\xf8"), "ldtr x5, [x0, #8]", .store = false, .nbytes = 8, .parts = 1,
	 .address = BASE + 8, .target = TO_REG, .reg = 5, .value = {LOW}},
	{BYTES("\x1f\x00\x40\xf9"), "ldr xzr, [x0]", .store = false, .nbytes = 8, .parts = 1,
	 .address = BASE, .target = TO_REG, .reg = 31, .value = {STACK}},
};

static const struct insn x86_64_insns[] = {
	{BYTES("\x48\x89\x87\x00\x10\x00\x00"), "movq %rax, 0x1000(%rdi)", .store = true,
	 .nbytes = 8, .parts = 1, .address = BASE + 0x1000, .value = {ZERO, 0}},
	{BYTES("\x44\x89\x0f"), "movl %r9d, (%rdi)", .store = true, .nbytes = 4, .parts = 1,
	 .address = BASE, .value = {0x09090909, 0}},
	{BYTES("\x88\x67\x01"), "movb %ah, 1(%rdi)", .store = true, .nbytes = 1, .parts = 1,
	 .address = BASE + 1, .value = {AH, 0}},
	{BYTES("\x66\xc7\x07\x34\x12"), "movw $0x1234, (%rdi)", .store = true, .nbytes = 2,
	 .parts = 1, .address = BASE, .value = {0x1234, 0}},
	{BYTES("\x48\xc7\x47\x08\xff\xff\xff\xff"), "movq $-1, 8(%rdi)", .store = true, .nbytes = 8,
	 .parts = 1, .address = BASE + 8, .value = {UINT64_MAX, 0}},
	{BYTES("\xc7\x05\x08\x00\x00\x00\x07\x00\x00\x00"), "movl $7, 8(%rip)", .store = true,
	 .nbytes = 4, .parts = 1, .address = PC + 10 + 8, .value = {7, 0}},
	{BYTES("\x48\x89\x4c\xb7\xf8"), "movq %rcx, -8(%rdi,%rsi,4)", .store = true, .nbytes = 8,
	 .parts = 1, .address = BASE + 24, .value = {ONE, 0}},
	{BYTES("\x48\xa3\x88\x77\x66\x55\x44\x33\x22\x11"), "movabs %rax, 0x1122334455667788",
	 .store = true, .nbytes = 8, .parts = 1, .address = 0x1122334455667788, .value = {ZERO, 0}},
	{BYTES("\xa2\x88\x77\x66\x55\x44\x33\x22\x11"), "movabs %al, 0x1122334455667788",
	 .store = true, .nbytes = 1, .parts = 1, .address = 0x1122334455667788,
	 .value = {ZERO & 0xff, 0}},
	{BYTES("\x67\xa3\x44\x33\x22\x11"), "addr32 movabs %eax, 0x11223344", .store = true,
	 .nbytes = 4, .parts = 1, .address = 0x11223344, .value = {(uint32_t)ZERO, 0}},
	{BYTES("\x67\x48\x89\x07"), "movq %rax, (%edi)", .store = true, .nbytes = 8, .parts = 1,
	 .address = (uint32_t)BASE, .value = {ZERO, 0}},
	{BYTES("\x67\x89\x44\x77\xfc"), "movl %eax, -4(%edi,%esi,2)", .store = true, .nbytes = 4,
	 .parts = 1, .address = (uint32_t)(BASE + 12), .value = {(uint32_t)ZERO, 0}},
	{BYTES("\x48\x89\x04\x25\x44\x33\x22\x11"), "movq %rax, 0x11223344", .store = true,
	 .nbytes = 8, .parts = 1, .address = 0x11223344, .value = {ZERO, 0}},
	{BYTES("\x48\x0f\xc3\x07"), "movnti %rax, (%rdi)", .store = true, .nbytes = 8, .parts = 1,
	 .address = BASE, .value = {ZERO, 0}},
	{BYTES("\x48\x0f\x38\xf9\x07"), "movdiri %rax, (%rdi)", .store = true, .nbytes = 8,
	 .parts = 1, .address = BASE, .value = {ZERO, 0}},
	{BYTES("\x0f\x38\xf9\x4f\x04"), "movdiri %ecx, 4(%rdi)", .store = true, .nbytes = 4,
	 .parts = 1, .address = BASE + 4, .value = {0x01010101, 0}},
	{BYTES("\x48\x0f\x38\xf1\x07"), "movbe %rax, (%rdi)", .store = true, .nbytes = 8,
	 .parts = 1, .address = BASE, .value = {__builtin_bswap64(ZERO), 0}},
	{BYTES("\x48\xab"), "stosq", .store = true, .nbytes = 8, .parts = 1, .address = BASE,
	 .value = {ZERO, 0}},
	{BYTES("\xf2\x0f\x11\x27"), "movsd %xmm4, (%rdi)", .store = true, .nbytes = 8, .parts = 1,
	 .address = BASE, .value = {VEC_LOW, 0}},
	{BYTES("\x0f\x11\x27"), "movups %xmm4, (%rdi)", .store = true, .nbytes = 8, .parts = 2,
	 .address = BASE, .value = {VEC_LOW, VEC_HIGH}},
	{BYTES("\xc5\xf9\xd6\x67\x08"), "vmovq %xmm4, 8(%rdi)", .store = true, .nbytes = 8,
	 .parts = 1, .address = BASE + 8, .value = {VEC_LOW, 0}},
	{BYTES("\x4c\x8b\x47\x10"), "movq 16(%rdi), %r8", .store = false, .nbytes = 8, .parts = 1,
	 .address = BASE + 16, .target = TO_REG, .reg = 8, .value = {LOW}},
	{BYTES("\xa1\x88\x77\x66\x55\x44\x33\x22\x11"), "movabs 0x1122334455667788, %eax",
	 .store = false, .nbytes = 4, .parts = 1, .address = 0x1122334455667788, .target = TO_REG,
	 .reg = 0, .value = {0x85868788}},
	{BYTES("\x0f\xb6\x07"), "movzbl (%rdi), %eax", .store = false, .nbytes = 1, .parts = 1,
	 .address = BASE, .target = TO_REG, .reg = 0, .value = {0x88}},
	{BYTES("\x48\x63\x07"), "movslq (%rdi), %rax", .store = false, .nbytes = 4, .parts = 1,
	 .address = BASE, .target = TO_REG, .reg = 0, .value = {0xffffffff85868788}},
	{BYTES("\xf7\x07\x01\x00\x00\x00"), "testl $1, (%rdi)", .store = false, .nbytes = 4,
	 .parts = 1, .address = BASE, .target = TO_REG, .reg = 0, .value = {ZERO}},
	{BYTES("\x48\x39\x07"), "cmpq %rax, (%rdi)", .store = false, .nbytes = 8, .parts = 1,
	 .address = BASE, .target = TO_REG, .reg = 0, .value = {ZERO}},
	{BYTES("\x0b\x07"), "orl (%rdi), %eax", .store = false, .nbytes = 4, .parts = 1,
	 .address = BASE, .target = TO_REG, .reg = 0, .value = {0x85868788 | (uint32_t)ZERO}},
	{BYTES("\xf2\x0f\x10\x27"), "movsd (%rdi), %xmm4", .store = false, .nbytes = 8, .parts = 1,
	 .address = BASE, .target = TO_VEC, .value = {LOW, 0}},
	{BYTES("\xc5\xfa\x6f\x27"), "vmovdqu (%rdi), %xmm4", .store = false, .nbytes = 8,
	 .parts = 2, .address = BASE, .target = TO_VEC, .value = {LOW, HIGH}},
	{BYTES("\x0f\x16\x27"), "movhps (%rdi), %xmm4", .store = false, .nbytes = 8, .parts = 1,
	 .address = BASE, .target = TO_VEC, .value = {VEC_LOW, LOW}},
};

static const struct refused aarch64_refused[] = {
	{BYTES("\x05\x7c\x5f\xc8"), "ldxr x5, [x0]"},
	{BYTES("\x05\x7c\x06\xc8"), "stxr w6, x5, [x0]"},
	{BYTES("\x05\x98\x7f\xc8"), "ldaxp x5, x6, [x0]"},
	{BYTES("\x05\xfc\x06\x88"), "stlxr w6, w5, [x0]"},
	{BYTES("\x05\x7c\x5f\x08"), "ldxrb w5, [x0]"},
	{BYTES("\x06\x7c\xa5\xc8"), "cas x5, x6, [x0]"},
	{BYTES("\x06\x7c\x24\x48"), "casp x4, x5, x6, x7, [x0]"},
	{BYTES("\x06\x80\x25\xf8"), "swp x5, x6, [x0]"},
	{BYTES("\x06\x00\x25\xf8"), "ldadd x5, x6, [x0]"},
	{BYTES("\x1f\x30\x25\xb8"), "stset w5, [x0]"},
	{BYTES("\x00\x00\x80\xf9"), "prfm pldl1keep, [x0]"},
	{BYTES("\x00\x10\x80\xf8"), "prfum pldl1keep, [x0, #1]"},
	{BYTES("\x20\x74\x0b\xd5"), "dc zva, x0"},
	{BYTES("\x04\x70\x40\x4c"), "ld1 {v4.16b}, [x0]"},
	{BYTES("\x04\x7c\x9f\x4c"), "st1 {v4.2d}, [x0], #16"},
	{BYTES("\x04\x14\x40\xad"), "ldp q4, q5, [x0]"},
	{BYTES("\x04\x14\x00\x6d"), "stp d4, d5, [x0]"},
	{BYTES("\x45\x00\x00\x58"), "ldr x5, .+8"},
	{BYTES("\x44\x00\x00\x5c"), "ldr d4, .+8"},
	{BYTES("\x05\x04\x20\xf8"), "ldraa x5, [x0]"},
	{BYTES("\x05\x00\x60\xd9"), "ldg x5, [x0]"},
	{BYTES("\x05\x18\x00\x69"), "stgp x5, x6, [x0]"},
	{BYTES("\x1f\x20\x03\xd5"), "nop"},
	{BYTES("\x05\x20\x00\x91"), "add x5, x0, #8"},
	{BYTES("\xc0\x03\x5f\xd6"), "ret"},
};

static const struct refused x86_64_refused[] = {
	{BYTES("\xf0\xff\x07"), "lock incl (%rdi)"},
	{BYTES("\xff\x07"), "incl (%rdi)"},
	{BYTES("\x01\x07"), "addl %eax, (%rdi)"},
	{BYTES("\x83\x0f\x01"), "orl $1, (%rdi)"},
	{BYTES("\xf7\x17"), "notl (%rdi)"},
	{BYTES("\x48\xf7\x1f"), "negq (%rdi)"},
	{BYTES("\xd1\x27"), "shll $1, (%rdi)"},
	{BYTES("\x48\x87\x07"), "xchg %rax, (%rdi)"},
	{BYTES("\x48\x0f\xb1\x0f"), "cmpxchg %rcx, (%rdi)"},
	{BYTES("\xf0\x48\x0f\xb1\x0f"), "lock cmpxchg %rcx, (%rdi)"},
	{BYTES("\x0f\xc1\x07"), "xadd %eax, (%rdi)"},
	{BYTES("\x0f\xba\x2f\x01"), "btsl $1, (%rdi)"},
	{BYTES("\xf3\xaa"), "rep stosb"},
	{BYTES("\xf2\x48\xab"), "repne stosq"},
	{BYTES("\x48\xa5"), "movsq"},
	{BYTES("\xf3\xa4"), "rep movsb"},
	{BYTES("\x48\xad"), "lodsq"},
	{BYTES("\xae"), "scasb"},
	{BYTES("\xa6"), "cmpsb"},
	{BYTES("\x64\x48\x89\x07"), "movq %rax, %fs:(%rdi)"},
	{BYTES("\x65\x48\x8b\x07"), "movq %gs:(%rdi), %rax"},
	{BYTES("\xff\x37"), "pushq (%rdi)"},
	{BYTES("\x8f\x07"), "popq (%rdi)"},
	{BYTES("\xff\x17"), "call *(%rdi)"},
	{BYTES("\xff\x27"), "jmp *(%rdi)"},
	{BYTES("\x48\x89\xc7"), "movq %rax, %rdi"},
	{BYTES("\x0f\xb6\xc0"), "movzbl %al, %eax"},
	{BYTES("\x66\x0f\x7e\xe0"), "movd %xmm4, %eax"},
	{BYTES("\xc5\xfc\x11\x27"), "vmovups %ymm4, (%rdi)"},
	{BYTES("\xc5\xfe\x6f\x27"), "vmovdqu (%rdi), %ymm4"},
	{BYTES("\x62\xf1\xfe\x48\x7f\x27"), "vmovdqu64 %zmm4, (%rdi)"},
	{BYTES("\x62\xf1\xfe\x08\x7f\x27"), "vmovdqu64 %xmm4, (%rdi)"},
	{BYTES("\xc5\xd8\x12\x2f"), "vmovlps (%rdi), %xmm4, %xmm5"},
	{BYTES("\x66\x0f\x38\xf8\x37"), "movdir64b (%rdi), %rsi"},
	{BYTES("\xf2\x0f\x38\xf8\x37"), "enqcmd (%rdi), %rsi"},
	{BYTES("\x0f\xae\x3f"), "clflush (%rdi)"},
	{BYTES("\x0f\x18\x0f"), "prefetcht0 (%rdi)"},
	{BYTES("\x0f\xe7\x0f"), "movntq %mm1, (%rdi)"},
	{BYTES("\x0f\x7f\x0f"), "movq %mm1, (%rdi)"},
	{BYTES("\x0f\x6e\x0f"), "movd (%rdi), %mm1"},
	{BYTES("\xdd\x07"), "fldl (%rdi)"},
	{BYTES("\xdf\x3f"), "fistpll (%rdi)"},
	{BYTES("\x0f\xae\x07"), "fxsave (%rdi)"},
	{BYTES("\x0f\xae\x27"), "xsave (%rdi)"},
	{BYTES("\xf2\x0f\x2a\x27"), "cvtsi2sdl (%rdi), %xmm4"},
	{BYTES("\x0f\x58\x27"), "addps (%rdi), %xmm4"},
	{BYTES("\x66\x0f\xfe\x27"), "paddd (%rdi), %xmm4"},
	{BYTES("\x66\x0f\xf7\xec"), "maskmovdqu %xmm4, %xmm5"},
	{BYTES("\xf2\x0f\x38\xf1\x07"), "crc32l (%rdi), %eax"},
	{BYTES("\x0f\xaf\x07"), "imull (%rdi), %eax"},
	{BYTES("\xf7\x27"), "mull (%rdi)"},
	{BYTES("\x0f\x44\x07"), "cmovel (%rdi), %eax"},
	{BYTES("\x0f\x94\x07"), "sete (%rdi)"},
	{BYTES("\x8c\x1f"), ".byte 0x8c, 0x1f"},
	{BYTES("\x8e\x1f"), ".byte 0x8e, 0x1f"},
	{BYTES("\x6c"), "insb"},
	{BYTES("\x6e"), "outsb"},
	{BYTES("\x0f\x01\x07"), "sgdt (%rdi)"},
	{BYTES("\x48\x0f\xc7\x0f"), "cmpxchg16b (%rdi)"},
	{BYTES("\x0f\x1f\x07"), "nopl (%rdi)"},
	{BYTES("\x0f\x0b"), "ud2"},
	{BYTES("\xc3"), "ret"},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static uint8_t vecs[32][16];

static void fill_regs(struct decode_regs *regs, enum decode_arch arch)
{
	const uint64_t vec[2] = {VEC_LOW, VEC_HIGH};
	unsigned int i;

	for (i = 0; i < 32; i++) {
		memset(&regs->gpr[i], (int)i, sizeof(regs->gpr[i]));
		memcpy(vecs[i], vec, sizeof(vec));
	}
	regs->pc = PC;
	regs->flags = 2;
	regs->vec = vecs;
	if (arch == DECODE_X86_64) {
		regs->gpr[0] = ZERO;
		regs->gpr[7] = BASE; /* rdi */
		regs->gpr[6] = 8;    /* rsi */
		return;
	}
	regs->gpr[0] = BASE;
	regs->gpr[1] = 8;
	regs->gpr[2] = UINT64_C(0xdeadbeeffffffff8);
	regs->gpr[31] = STACK;
}

static void check_result(const struct insn *insn, const struct decode_regs *regs)
{
	if (insn->target == TO_REG)
		ck_assert_msg(regs->gpr[insn->reg] == insn->value[0], "%s: %llx", insn->text,
			      (unsigned long long)regs->gpr[insn->reg]);
	if (insn->target == TO_VEC)
		ck_assert_msg(!memcmp(vecs[4], insn->value, 16), "%s: vector", insn->text);
	ck_assert_msg(regs->pc == PC + insn->nbytes_code, "%s: next", insn->text);
}

static void check_insn(const struct insn *insn, enum decode_arch arch)
{
	const uint64_t loaded[2] = {LOW, HIGH};
	struct decode_access access;
	struct decode_regs regs;
	unsigned int i;

	fill_regs(&regs, arch);
	ck_assert_msg(decode(arch, insn->bytes, insn->nbytes_code, &regs, &access) == DECODE_OK,
		      "%s", insn->text);
	ck_assert_msg(access.length == insn->nbytes_code, "%s: length", insn->text);
	ck_assert_msg(access.store == insn->store, "%s: direction", insn->text);
	ck_assert_msg(access.nbytes == insn->nbytes && access.parts == insn->parts,
		      "%s: %u parts of %u bytes", insn->text, access.parts, access.nbytes);
	ck_assert_msg(access.address == insn->address, "%s: address %llx", insn->text,
		      (unsigned long long)access.address);
	for (i = 0; insn->store && i < insn->parts; i++)
		ck_assert_msg(access.value[i] == insn->value[i], "%s: value %llx", insn->text,
			      (unsigned long long)access.value[i]);
	decode_finish(arch, &access, loaded, &regs);
	check_result(insn, &regs);
}

START_TEST(aarch64_access_is_what_the_manual_says)
{
	check_insn(&aarch64_insns[_i], DECODE_AARCH64);
}
END_TEST

START_TEST(x86_64_access_is_what_the_manual_says)
{
	check_insn(&x86_64_insns[_i], DECODE_X86_64);
}
END_TEST

static void check_refused(const struct refused *refused, enum decode_arch arch)
{
	uint8_t bytes[DECODE_LENGTH_MAX] = {0};
	struct decode_access access;
	struct decode_regs regs;

	fill_regs(&regs, arch);
	memcpy(bytes, refused->bytes, refused->nbytes_code);
	ck_assert_msg(decode(arch, bytes, sizeof(bytes), &regs, &access) == DECODE_REFUSED, "%s",
		      refused->text);
}

START_TEST(aarch64_other_instructions_are_refused)
{
	check_refused(&aarch64_refused[_i], DECODE_AARCH64);
}
END_TEST

START_TEST(x86_64_other_instructions_are_refused)
{
	check_refused(&x86_64_refused[_i], DECODE_X86_64);
}
END_TEST

/* Base and data register the same: what the processor does is not defined. */
START_TEST(aarch64_write_back_to_the_data_register_is_refused)
{
	static const uint32_t words[] = {
		0xf8008400, /* str x0, [x0], #8 */
		0xf8408400, /* ldr x0, [x0], #8 */
		0xf8408c00, /* ldr x0, [x0, #8]! */
		0xa8c11801, /* ldp x1, x6, [x0], #16: allowed */
		0xa8c10006, /* ldp x6, x0, [x0], #16 */
		0xa9401405, /* ldp x5, x5, [x0] */
	};
	struct decode_access access;
	struct decode_regs regs;
	size_t i;

	fill_regs(&regs, DECODE_AARCH64);
	for (i = 0; i < COUNT(words); i++)
		ck_assert_msg(decode(DECODE_AARCH64, (const uint8_t *)&words[i], 4, &regs,
				     &access) == (i == 3 ? DECODE_OK : DECODE_REFUSED),
			      "%08x", words[i]);
}
END_TEST

START_TEST(x86_64_longer_than_an_instruction_may_be_is_refused)
{
	uint8_t bytes[DECODE_LENGTH_MAX + 8];
	struct decode_access access;
	struct decode_regs regs;

	fill_regs(&regs, DECODE_X86_64);
	memset(bytes, 0x66, sizeof(bytes));
	ck_assert(decode(DECODE_X86_64, bytes, sizeof(bytes), &regs, &access) == DECODE_REFUSED);
	/* 13 prefixes and two bytes are 15 and just right; one more is not. */
	bytes[13] = 0x89;
	bytes[14] = 0x07;
	ck_assert(decode(DECODE_X86_64, bytes, sizeof(bytes), &regs, &access) == DECODE_OK);
	ck_assert_uint_eq(access.length, 15);
	bytes[13] = 0x66;
	bytes[14] = 0x89;
	bytes[15] = 0x07;
	ck_assert(decode(DECODE_X86_64, bytes, sizeof(bytes), &regs, &access) == DECODE_REFUSED);
}
END_TEST

START_TEST(without_vector_registers_their_moves_are_refused)
{
	struct decode_access access;
	struct decode_regs regs;

	fill_regs(&regs, DECODE_X86_64);
	regs.vec = NULL;
	ck_assert(decode(DECODE_X86_64, (const uint8_t *)"\xf2\x0f\x11\x27", 4, &regs, &access) ==
		  DECODE_REFUSED);
	ck_assert(decode(DECODE_AARCH64, (const uint8_t *)"\x04\x04\x00\xfd", 4, &regs, &access) ==
		  DECODE_REFUSED);
}
END_TEST

static void print_line(const uint8_t *bytes, size_t nbytes, const char *text)
{
	size_t i;

	for (i = 0; i < nbytes; i++)
		printf("%02x", bytes[i]);
	printf("\t%s\n", text);
}

static int list(const char *arch)
{
	size_t i;

	if (!strcmp(arch, "aarch64")) {
		for (i = 0; i < COUNT(aarch64_insns); i++)
			print_line(aarch64_insns[i].bytes, aarch64_insns[i].nbytes_code,
				   aarch64_insns[i].text);
		for (i = 0; i < COUNT(aarch64_refused); i++)
			print_line(aarch64_refused[i].bytes, aarch64_refused[i].nbytes_code,
				   aarch64_refused[i].text);
		return EXIT_SUCCESS;
	}
	for (i = 0; i < COUNT(x86_64_insns); i++)
		print_line(x86_64_insns[i].bytes, x86_64_insns[i].nbytes_code,
			   x86_64_insns[i].text);
	for (i = 0; i < COUNT(x86_64_refused); i++)
		print_line(x86_64_refused[i].bytes, x86_64_refused[i].nbytes_code,
			   x86_64_refused[i].text);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	SRunner *runner;
	Suite *suite;
	TCase *tcase;
	int failed;

	if (argc == 3 && !strcmp(argv[1], "--list"))
		return list(argv[2]);
	suite = suite_create("decode_table");
	tcase = tcase_create("table");
	tcase_add_loop_test(tcase, aarch64_access_is_what_the_manual_says, 0,
			    (int)COUNT(aarch64_insns));
	tcase_add_loop_test(tcase, x86_64_access_is_what_the_manual_says, 0,
			    (int)COUNT(x86_64_insns));
	tcase_add_loop_test(tcase, aarch64_other_instructions_are_refused, 0,
			    (int)COUNT(aarch64_refused));
	tcase_add_loop_test(tcase, x86_64_other_instructions_are_refused, 0,
			    (int)COUNT(x86_64_refused));
	tcase_add_test(tcase, aarch64_write_back_to_the_data_register_is_refused);
	tcase_add_test(tcase, x86_64_longer_than_an_instruction_may_be_is_refused);
	tcase_add_test(tcase, without_vector_registers_their_moves_are_refused);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
