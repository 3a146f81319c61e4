// SPDX-License-Identifier: Apache-2.0
/*
 * Loads and stores of x86-64 for decode_native.c: the assembler makes the
 * bytes, the processor says what they do. rdi points into the memory, rsi is a
 * small index, rbx is rdi minus a displacement beyond 8 bits, r13 is like rdi
 * (it has an encoding of its own), r12 likewise.
 */
#include "decode_native.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <string.h>

#define AF 0x10

const enum decode_arch native_arch = DECODE_X86_64;
const unsigned int native_stack_pointer = 4;
const uint64_t native_flags = 0xcd5; /* CF PF AF ZF SF DF OF */

__asm__(".text\n"
	".type native_run, @function\n"
	".globl native_run\n"
	"native_run:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	push %rdi; push %rsi; sub $8, %rsp\n"
	"	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
	"	movdqu 272+16*\\n(%rdi), %xmm\\n\n"
	"	.endr\n"
	"	pushq 256(%rdi); popfq\n"
	"	mov 0(%rdi), %rax; mov 8(%rdi), %rcx; mov 16(%rdi), %rdx; mov 24(%rdi), %rbx\n"
	"	mov 40(%rdi), %rbp; mov 48(%rdi), %rsi\n"
	"	mov 64(%rdi), %r8; mov 72(%rdi), %r9; mov 80(%rdi), %r10; mov 88(%rdi), %r11\n"
	"	mov 96(%rdi), %r12; mov 104(%rdi), %r13; mov 112(%rdi), %r14; mov 120(%rdi), %r15\n"
	"	mov 56(%rdi), %rdi\n"
	"	call *8(%rsp)\n"
	"	push %rdi\n"
	"	mov 24(%rsp), %rdi\n"
	"	mov %rax, 0(%rdi); mov %rcx, 8(%rdi); mov %rdx, 16(%rdi); mov %rbx, 24(%rdi)\n"
	"	mov %rbp, 40(%rdi); mov %rsi, 48(%rdi)\n"
	"	mov %r8, 64(%rdi); mov %r9, 72(%rdi); mov %r10, 80(%rdi); mov %r11, 88(%rdi)\n"
	"	mov %r12, 96(%rdi); mov %r13, 104(%rdi); mov %r14, 112(%rdi); mov %r15, 120(%rdi)\n"
	"	popq 56(%rdi)\n"
	"	pushfq; popq 256(%rdi)\n"
	"	cld\n"
	"	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
	"	movdqu %xmm\\n, 272+16*\\n(%rdi)\n"
	"	.endr\n"
	"	add $8, %rsp; pop %rsi; pop %rdi\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n"
	".size native_run, . - native_run\n");

/* clang-format off */
#define INSNS(X)                                                                                   \
	X(NULL, 0, "movb %al, (%rdi)")                                                             \
	X(NULL, 0, "movb %ah, (%rdi)")                                                             \
	X(NULL, 0, "movb %bh, 5(%rdi)")                                                            \
	X(NULL, 0, "movb %sil, (%rdi)")                                                            \
	X(NULL, 0, "movb %r9b, 1(%rdi)")                                                           \
	X(NULL, 0, "movw %ax, (%rdi)")                                                             \
	X(NULL, 0, "movl %eax, (%rdi)")                                                            \
	X(NULL, 0, "movl %r15d, 4(%rdi)")                                                          \
	X(NULL, 0, "movq %rax, (%rdi)")                                                            \
	X(NULL, 0, "movq %r8, 8(%rdi)")                                                            \
	X(NULL, 0, "movq %rdx, -16(%rdi)")                                                         \
	X(NULL, 0, "movq %rdx, 0x1000(%rbx)")                                                      \
	X(NULL, 0, "movq %rdx, (%rdi,%rsi)")                                                       \
	X(NULL, 0, "movq %rdx, 8(%rdi,%rsi,4)")                                                    \
	X(NULL, 0, "movq %rdx, 0x1000(%rbx,%rsi,8)")                                               \
	X(NULL, 0, "movq %rcx, (%r12)")                                                            \
	X(NULL, 0, "movq %rcx, (%r13)")                                                            \
	X(NULL, 0, "movq %rcx, 0(%r13,%rsi,2)")                                                    \
	X(NULL, 0, "movq %rcx, (%rdi,%r14,1)")                                                     \
	X(NULL, 0, "movq %rcx, native_memory+24(%rip)")                                            \
	X(NULL, 0, "movl $0x89abcdef, native_memory+32(%rip)")                                     \
	X(NULL, 0, "movb $0x5a, native_memory+33(%rip)")                                           \
	X(NULL, 0, "movb $0x5a, (%rdi)")                                                           \
	X(NULL, 0, "movw $0x1234, (%rdi)")                                                         \
	X(NULL, 0, "movl $-2, (%rdi)")                                                             \
	X(NULL, 0, "movq $-2, (%rdi)")                                                             \
	X(NULL, 0, "movq $0x12345678, 8(%rdi,%rsi)")                                               \
	X(NULL, 0, "movnti %rax, (%rdi)")                                                          \
	X(NULL, 0, "movnti %ecx, 4(%rdi)")                                                         \
	X(NULL, 0, "ds movq %rax, (%rdi)")                                                         \
	X(NULL, 0, ".byte 0x48, 0x66, 0x89, 0x07") /* a REX that does not count */                 \
	X(NULL, 0, "stosb")                                                                        \
	X(NULL, 0, "stosw")                                                                        \
	X(NULL, 0, "stosl")                                                                        \
	X(NULL, 0, "stosq")                                                                        \
	X(NULL, 0, "movb (%rdi), %al")                                                             \
	X(NULL, 0, "movb (%rdi), %ah")                                                             \
	X(NULL, 0, "movb 3(%rdi), %sil")                                                           \
	X(NULL, 0, "movb 3(%rdi), %r11b")                                                          \
	X(NULL, 0, "movw (%rdi), %cx")                                                             \
	X(NULL, 0, "movl (%rdi), %ecx")                                                            \
	X(NULL, 0, "movl 12(%rdi), %r10d")                                                         \
	X(NULL, 0, "movq (%rdi), %rcx")                                                            \
	X(NULL, 0, "movq (%rdi), %rdi")                                                            \
	X(NULL, 0, "movq native_memory+40(%rip), %r9")                                             \
	X(NULL, 0, "movzbl (%rdi), %eax")                                                          \
	X(NULL, 0, "movzbw (%rdi), %ax")                                                           \
	X(NULL, 0, "movzbq (%rdi), %r8")                                                           \
	X(NULL, 0, "movzwl 2(%rdi), %edx")                                                         \
	X(NULL, 0, "movzwq 2(%rdi), %rsi")                                                         \
	X(NULL, 0, "movsbw (%rdi), %bp")                                                           \
	X(NULL, 0, "movsbl (%rdi), %edx")                                                          \
	X(NULL, 0, "movsbq (%rdi), %rdx")                                                          \
	X(NULL, 0, "movswl (%rdi), %edx")                                                          \
	X(NULL, 0, "movswq (%rdi), %rdx")                                                          \
	X(NULL, 0, "movslq (%rdi), %rdx")                                                          \
	X(NULL, 0, "testb $1, (%rdi)")                                                             \
	X(NULL, 0, "testw $0x8001, (%rdi)")                                                        \
	X(NULL, 0, "testl $0x80000001, (%rdi)")                                                    \
	X(NULL, 0, "testq $-2, (%rdi)")                                                            \
	X(NULL, 0, "testl %ecx, (%rdi)")                                                           \
	X(NULL, 0, "testb %ch, (%rdi)")                                                            \
	X(NULL, 0, "testl $7, native_memory+48(%rip)")                                             \
	X(NULL, 0, "cmpb $0x7f, (%rdi)")                                                           \
	X(NULL, 0, "cmpb $-1, (%rdi)")                                                             \
	X(NULL, 0, "cmpw $0x1234, (%rdi)")                                                         \
	X(NULL, 0, "cmpl $-1, (%rdi)")                                                             \
	X(NULL, 0, "cmpl $0x12345678, (%rdi)")                                                     \
	X(NULL, 0, "cmpq $5, 8(%rdi)")                                                             \
	X(NULL, 0, "cmpq %rax, (%rdi)")                                                            \
	X(NULL, 0, "cmpq (%rdi), %rax")                                                            \
	X(NULL, 0, "cmpl %eax, (%rdi)")                                                            \
	X(NULL, 0, "cmpb (%rdi), %dh")                                                             \
	X(NULL, 0, "addb (%rdi), %al")                                                             \
	X(NULL, 0, "addb (%rdi), %ch")                                                             \
	X(NULL, 0, "addw (%rdi), %ax")                                                             \
	X(NULL, 0, "addl (%rdi), %eax")                                                            \
	X(NULL, 0, "addq (%rdi), %rax")                                                            \
	X(NULL, 0, "adcb (%rdi), %al")                                                             \
	X(NULL, 0, "adcl (%rdi), %eax")                                                            \
	X(NULL, 0, "adcq (%rdi), %rax")                                                            \
	X(NULL, 0, "sbbb (%rdi), %al")                                                             \
	X(NULL, 0, "sbbw (%rdi), %dx")                                                             \
	X(NULL, 0, "sbbq (%rdi), %rax")                                                            \
	X(NULL, 0, "subl (%rdi), %eax")                                                            \
	X(NULL, 0, "subq (%rdi), %r9")                                                             \
	X(NULL, AF, "orl (%rdi), %eax")                                                            \
	X(NULL, AF, "andl (%rdi), %eax")                                                           \
	X(NULL, AF, "andq (%rdi), %rdx")                                                           \
	X(NULL, AF, "xorb (%rdi), %al")                                                            \
	X(NULL, AF, "xorq (%rdi), %rax")                                                           \
	X(NULL, 0, "movss %xmm1, (%rdi)")                                                          \
	X(NULL, 0, "movss (%rdi), %xmm1")                                                          \
	X(NULL, 0, "movsd %xmm9, (%rdi)")                                                          \
	X(NULL, 0, "movsd (%rdi), %xmm9")                                                          \
	X(NULL, 0, "movd %xmm2, (%rdi)")                                                           \
	X(NULL, 0, "movd (%rdi), %xmm2")                                                           \
	X(NULL, 0, "movq %xmm3, (%rdi)")                                                           \
	X(NULL, 0, "movq (%rdi), %xmm3")                                                           \
	X(NULL, 0, ".byte 0x66, 0x48, 0x0f, 0x7e, 0x1f") /* movq xmm3 by its other form */         \
	X(NULL, 0, ".byte 0x66, 0x48, 0x0f, 0x6e, 0x1f")                                           \
	X(NULL, 0, "movlps %xmm4, (%rdi)")                                                         \
	X(NULL, 0, "movlps (%rdi), %xmm4")                                                         \
	X(NULL, 0, "movhps %xmm4, (%rdi)")                                                         \
	X(NULL, 0, "movhpd (%rdi), %xmm15")                                                        \
	X(NULL, 0, "movups %xmm5, (%rdi)")                                                         \
	X(NULL, 0, "movups (%rdi), %xmm5")                                                         \
	X(NULL, 0, "movupd %xmm5, 1(%rdi)")                                                        \
	X(NULL, 0, "movaps %xmm6, (%rdi)")                                                         \
	X(NULL, 0, "movaps (%rdi), %xmm6")                                                         \
	X(NULL, 0, "movapd (%rdi), %xmm6")                                                         \
	X(NULL, 0, "movdqu %xmm10, 2(%rdi)")                                                       \
	X(NULL, 0, "movdqu 2(%rdi), %xmm10")                                                       \
	X(NULL, 0, "movdqa %xmm10, (%rdi)")                                                        \
	X(NULL, 0, "movdqa (%rdi), %xmm10")                                                        \
	X(NULL, 0, "movntdq %xmm0, (%rdi)")                                                        \
	X(NULL, 0, "movntps %xmm0, (%rdi)")                                                        \
	X("sse3", 0, "lddqu (%rdi), %xmm8")                                                        \
	X("movbe", 0, "movbe %rax, (%rdi)")                                                        \
	X("movbe", 0, "movbe %ax, (%rdi)")                                                         \
	X("movbe", 0, "movbe (%rdi), %ecx")                                                        \
	X("movbe", 0, "movbe (%rdi), %r9")                                                         \
	X("movbe", 0, "movbe (%rdi), %dx")                                                         \
	X("avx", 0, "vmovss %xmm1, (%rdi)")                                                        \
	X("avx", 0, "vmovss (%rdi), %xmm1")                                                        \
	X("avx", 0, "vmovsd %xmm9, (%rdi)")                                                        \
	X("avx", 0, "vmovsd (%rdi), %xmm9")                                                        \
	X("avx", 0, "vmovq %xmm3, (%r12)")                                                         \
	X("avx", 0, "vmovq (%rdi,%r14), %xmm13")                                                   \
	X("avx", 0, "vmovd %xmm3, (%rdi)")                                                         \
	X("avx", 0, "vmovdqu %xmm3, (%rdi)")                                                       \
	X("avx", 0, "vmovdqu (%rdi), %xmm3")                                                       \
	X("avx", 0, "vmovups %xmm12, (%r13)")                                                      \
	X("avx", 0, "vmovaps native_memory+64(%rip), %xmm12")
/* clang-format on */

/* The code, each instruction followed by a return, and a table of pointers to it. */
#define CODE(feature, undefined, insn)              \
	"	.text\n1:	" insn "\n2:	ret\n" \
	"	.section .data.rel.ro\n	.quad 1b, 2b\n"
__asm__(".section .data.rel.ro\n	.balign 8\nnative_code:\n" INSNS(CODE) ".text\n");

struct code {
	const uint8_t *start, *end;
};
extern const struct code native_code[];

struct about {
	const char *feature;
	uint64_t undefined;
	const char *text;
};

#define ABOUT(feature, undefined, insn) {feature, undefined, insn},
static const struct about abouts[] = {INSNS(ABOUT)};

const unsigned int native_insn_count = sizeof(abouts) / sizeof(abouts[0]);

struct native_insn native_insn(unsigned int i)
{
	return (struct native_insn){abouts[i].text, native_code[i].start, native_code[i].end,
				    abouts[i].feature, abouts[i].undefined};
}

void native_set_addresses(struct native_state *state, unsigned int round)
{
	uint64_t middle = (uintptr_t)native_memory + NATIVE_MEMORY / 2;

	state->gpr[7] = middle;
	state->gpr[3] = middle - 0x1000;
	state->gpr[6] = round % 8;
	state->gpr[12] = middle + 32;
	state->gpr[13] = middle - 32;
	state->gpr[14] = (uint64_t) - (int64_t)(round % 16);
	state->flags = 0x202 | (state->flags & 0x8d5);
	if (round & 1)
		state->flags |= 0x400;
}

bool native_has_feature(const char *feature)
{
	unsigned int eax, ebx, ecx, edx;

	if (!feature)
		return true;
	__builtin_cpu_init();
	if (!strcmp(feature, "avx"))
		return __builtin_cpu_supports("avx");
	if (!strcmp(feature, "sse3"))
		return __builtin_cpu_supports("sse3");
	if (!strcmp(feature, "movbe"))
		return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && ecx & bit_MOVBE;
	return false;
}

#endif
