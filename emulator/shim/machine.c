// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the signal frame's layout: where the kernel keeps the registers of the
 * thread that trapped, on x86-64 and aarch64.
 */
#include "shim.h"

#include "machine.h"

#include <string.h>

#if defined(__x86_64__)

#include <cpuid.h>

/* XSAVE image behind the 512 bytes of the FXSAVE form (Intel SDM vol. 1, 13.4). */
#define XSAVE_MAGIC 0x46505853u
#define XSAVE_MAGIC_OFFSET 464
#define XSAVE_HEADER_OFFSET 512
#define XSAVE_YMM_OFFSET 576
enum { XSAVE_SSE = 1, XSAVE_YMM = 2, XSAVE_ZMM = 6, CPUID_XSAVE = 0xd };

static const int greg_of[16] = {
	REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
	REG_R8,	 REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

void machine_get_regs(ucontext_t *context, struct decode_regs *regs)
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		regs->gpr[i] = (uint64_t)context->uc_mcontext.gregs[greg_of[i]];
	regs->pc = (uint64_t)context->uc_mcontext.gregs[REG_RIP];
	regs->flags = (uint64_t)context->uc_mcontext.gregs[REG_EFL];
	regs->vec = NULL;
	if (context->uc_mcontext.fpregs)
		regs->vec = (uint8_t(*)[16])(void *)context->uc_mcontext.fpregs->_xmm;
}

static bool has_xsave(const uint8_t *image)
{
	uint32_t magic;

	memcpy(&magic, image + XSAVE_MAGIC_OFFSET, sizeof(magic));
	return magic == XSAVE_MAGIC;
}

/* The kernel restores only components marked as in use, and clears the others. */
static void vec_changed(ucontext_t *context, const struct decode_access *access)
{
	uint8_t *image = (uint8_t *)context->uc_mcontext.fpregs;
	unsigned int eax, ebx, ecx, edx, reg = access->reg[0];
	uint64_t in_use;

	if (!has_xsave(image))
		return;
	memcpy(&in_use, image + XSAVE_HEADER_OFFSET, sizeof(in_use));
	if (access->clear_upper && in_use & UINT64_C(1) << XSAVE_YMM)
		memset(image + XSAVE_YMM_OFFSET + 16 * reg, 0, 16);
	if (access->clear_upper && in_use & UINT64_C(1) << XSAVE_ZMM &&
	    __get_cpuid_count(CPUID_XSAVE, XSAVE_ZMM, &eax, &ebx, &ecx, &edx))
		memset(image + ebx + 32 * reg, 0, 32);
	in_use |= UINT64_C(1) << XSAVE_SSE;
	memcpy(image + XSAVE_HEADER_OFFSET, &in_use, sizeof(in_use));
}

void machine_set_regs(ucontext_t *context, const struct decode_regs *regs,
		      const struct decode_access *access)
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		context->uc_mcontext.gregs[greg_of[i]] = (greg_t)regs->gpr[i];
	context->uc_mcontext.gregs[REG_RIP] = (greg_t)regs->pc;
	context->uc_mcontext.gregs[REG_EFL] = (greg_t)regs->flags;
	if (access->target == DECODE_TO_VEC || access->target == DECODE_TO_VEC_HALF)
		vec_changed(context, access);
}

uint64_t machine_fault_address(const siginfo_t *info)
{
	return (uintptr_t)info->si_addr;
}

uint64_t machine_data_address(uint64_t address)
{
	return address;
}

#elif defined(__aarch64__)

#include <asm/sigcontext.h>

#define TAG_BITS (UINT64_C(0xff) << 56)

static struct fpsimd_context *find_fpsimd(ucontext_t *context)
{
	uint8_t *record = (uint8_t *)context->uc_mcontext.__reserved;
	uint8_t *end = record + sizeof(context->uc_mcontext.__reserved);
	struct _aarch64_ctx head;

	while (record + sizeof(head) <= end) {
		memcpy(&head, record, sizeof(head));
		if (head.magic == FPSIMD_MAGIC)
			return (struct fpsimd_context *)(void *)record;
		if (!head.magic || head.size < sizeof(head))
			break;
		record += head.size;
	}
	return NULL;
}

void machine_get_regs(ucontext_t *context, struct decode_regs *regs)
{
	struct fpsimd_context *fpsimd = find_fpsimd(context);

	memcpy(regs->gpr, context->uc_mcontext.regs, 31 * sizeof(uint64_t));
	regs->gpr[31] = context->uc_mcontext.sp;
	regs->pc = context->uc_mcontext.pc;
	regs->flags = context->uc_mcontext.pstate;
	regs->vec = fpsimd ? (uint8_t(*)[16])(void *)fpsimd->vregs : NULL;
}

void machine_set_regs(ucontext_t *context, const struct decode_regs *regs,
		      const struct decode_access *access)
{
	/* Type of the branch that led here, for guarded pages: over with this instruction. */
	const uint64_t btype = UINT64_C(3) << 10;

	(void)access;
	memcpy(context->uc_mcontext.regs, regs->gpr, 31 * sizeof(uint64_t));
	context->uc_mcontext.sp = regs->gpr[31];
	context->uc_mcontext.pc = regs->pc;
	context->uc_mcontext.pstate &= ~btype;
}

uint64_t machine_fault_address(const siginfo_t *info)
{
	return (uintptr_t)info->si_addr & ~TAG_BITS;
}

uint64_t machine_data_address(uint64_t address)
{
	return address & ~TAG_BITS;
}

#endif
