// SPDX-License-Identifier: Apache-2.0
/*
 * Owns what the two instruction sets have in common: which decoder is asked,
 * and how a finished load or store changes the registers. The instruction
 * formats are in decode_x86_64.c and decode_aarch64.c; both are built on every
 * host, so that both are tested everywhere. Nothing here may allocate, lock or
 * fail in another way: it runs inside a signal handler.
 */
#include "decode.h"

#include <string.h>

enum decode_result decode(enum decode_arch arch, const uint8_t *bytes, size_t nbytes,
			  const struct decode_regs *regs, struct decode_access *access)
{
	memset(access, 0, sizeof(*access));
	access->parts = 1;
	access->writeback_reg = DECODE_NO_WRITEBACK;
	return arch == DECODE_X86_64 ? decode_x86_64(bytes, nbytes, regs, access)
				     : decode_aarch64(bytes, nbytes, regs, access);
}

static uint64_t as_loaded(const struct decode_access *access, uint64_t value)
{
	value = decode_truncate(value, access->nbytes);
	if (access->byte_swap)
		value = __builtin_bswap64(value) >> (8 - access->nbytes) * 8;
	return access->sign_extend ? decode_sign_extend(value, access->nbytes) : value;
}

/* A narrow register of x86-64 keeps its neighbours, a 32-bit one clears them. */
static void set_gpr(const struct decode_access *access, unsigned int part, uint64_t value,
		    struct decode_regs *regs)
{
	uint64_t *reg = &regs->gpr[access->reg[part] & 31];
	uint64_t mask = decode_truncate(UINT64_MAX, access->reg_nbytes) << access->reg_shift;

	if (access->reg[part] == DECODE_ZERO_REG)
		return;
	value = value << access->reg_shift & mask;
	*reg = access->reg_nbytes < 4 ? (*reg & ~mask) | value : value;
}

static void set_vec(const struct decode_access *access, const uint64_t *value,
		    struct decode_regs *regs)
{
	unsigned int lane = access->reg_shift / 8;
	uint64_t parts[DECODE_PARTS_MAX] = {0};

	if (access->target == DECODE_TO_VEC_HALF) {
		memcpy(regs->vec[access->reg[0]] + lane, value, sizeof(*value));
		return;
	}
	parts[0] = decode_truncate(value[0], access->nbytes);
	if (access->parts == 2)
		parts[1] = value[1];
	memcpy(regs->vec[access->reg[0]], parts, sizeof(parts));
}

void decode_finish(enum decode_arch arch, const struct decode_access *access,
		   const uint64_t value[DECODE_PARTS_MAX], struct decode_regs *regs)
{
	unsigned int i;

	if (access->writeback_reg != DECODE_NO_WRITEBACK)
		regs->gpr[access->writeback_reg] = access->writeback;
	switch (access->target) {
	case DECODE_TO_NOTHING:
		break;
	case DECODE_TO_GPR:
		for (i = 0; i < access->parts; i++)
			set_gpr(access, i, as_loaded(access, value[i]), regs);
		break;
	case DECODE_TO_VEC:
	case DECODE_TO_VEC_HALF:
		set_vec(access, value, regs);
		break;
	case DECODE_TO_ALU:
		if (arch == DECODE_X86_64)
			decode_x86_64_alu(access, decode_truncate(value[0], access->nbytes), regs);
		break;
	}
	regs->pc += access->length;
}
