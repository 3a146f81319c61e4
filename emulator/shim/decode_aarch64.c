// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the aarch64 instruction formats that load or store memory once, or two
 * neighbouring words of it: LDR and STR with every addressing mode, the
 * unscaled, unprivileged, acquire and release forms, LDP and STP of general
 * registers, and SIMD registers up to 16 bytes. Refused: exclusives, atomics,
 * prefetches, and what is constrained unpredictable.
 */
#include "decode.h"

#include <string.h>

#define STACK_POINTER 31

static uint32_t bits(uint32_t word, unsigned int high, unsigned int low)
{
	return word >> low & (0xffffffffu >> (31 - (high - low)));
}

static int64_t signed_bits(uint32_t word, unsigned int high, unsigned int low)
{
	int64_t sign = INT64_C(1) << (high - low);

	return ((int64_t)bits(word, high, low) ^ sign) - sign;
}

/* The base register may be the stack pointer, a data register the zero register. */
static uint64_t read_data(const struct decode_regs *regs, unsigned int reg)
{
	return reg == STACK_POINTER ? 0 : regs->gpr[reg];
}

static uint8_t data_reg(unsigned int reg)
{
	return reg == STACK_POINTER ? DECODE_ZERO_REG : (uint8_t)reg;
}

static enum decode_result transfer_vec(uint32_t word, const struct decode_regs *regs,
				       struct decode_access *access, unsigned int nbytes,
				       bool store)
{
	unsigned int reg = bits(word, 4, 0);

	if (!regs->vec)
		return DECODE_REFUSED;
	access->parts = nbytes == 16 ? 2 : 1;
	access->nbytes = (uint8_t)(nbytes == 16 ? 8 : nbytes);
	access->store = store;
	if (store) {
		memcpy(access->value, regs->vec[reg], nbytes);
	} else {
		access->target = DECODE_TO_VEC;
		access->reg[0] = (uint8_t)reg;
	}
	return DECODE_OK;
}

/* @opc: 0 store, 1 load, 2 load sign-extended to 64 bits, 3 to 32 bits. */
static enum decode_result transfer_gpr(uint32_t word, const struct decode_regs *regs,
				       struct decode_access *access, unsigned int size,
				       unsigned int opc)
{
	unsigned int reg = bits(word, 4, 0);

	/* 64 bits can not be extended (that is a prefetch), 32 bits only to 64. */
	if (opc >= 2 && size + opc > 4)
		return DECODE_REFUSED;
	access->nbytes = (uint8_t)(1u << size);
	access->store = opc == 0;
	if (access->store) {
		access->value[0] = decode_truncate(read_data(regs, reg), access->nbytes);
		return DECODE_OK;
	}
	access->target = DECODE_TO_GPR;
	access->reg[0] = data_reg(reg);
	access->sign_extend = opc >= 2;
	access->reg_nbytes = opc == 2 || size == 3 ? 8 : 4;
	return DECODE_OK;
}

/* Fields size, V, opc of the single register forms. */
static enum decode_result transfer(uint32_t word, const struct decode_regs *regs,
				   struct decode_access *access, unsigned int *scale)
{
	unsigned int size = bits(word, 31, 30), opc = bits(word, 23, 22);

	*scale = size;
	if (!bits(word, 26, 26))
		return transfer_gpr(word, regs, access, size, opc);
	if (opc >= 2) {
		if (size)
			return DECODE_REFUSED;
		*scale = 4;
	}
	return transfer_vec(word, regs, access, 1u << *scale, !(opc & 1));
}

static enum decode_result write_back(uint32_t word, struct decode_access *access, uint64_t value)
{
	unsigned int base = bits(word, 9, 5);

	/* Base and data the same: unpredictable. */
	if (!bits(word, 26, 26) && base != STACK_POINTER && base == bits(word, 4, 0))
		return DECODE_REFUSED;
	access->writeback_reg = (uint8_t)base;
	access->writeback = value;
	return DECODE_OK;
}

static enum decode_result decode_register_offset(uint32_t word, const struct decode_regs *regs,
						 struct decode_access *access, unsigned int scale)
{
	uint64_t offset = read_data(regs, bits(word, 20, 16));

	switch (bits(word, 15, 13)) {
	case 2: /* UXTW */
		offset = (uint32_t)offset;
		break;
	case 3: /* LSL */
	case 7: /* SXTX */
		break;
	case 6: /* SXTW */
		offset = decode_sign_extend(offset, 4);
		break;
	default:
		return DECODE_REFUSED;
	}
	if (bits(word, 12, 12))
		offset <<= scale;
	access->address = regs->gpr[bits(word, 9, 5)] + offset;
	return DECODE_OK;
}

/* 9-bit offset: unscaled, post-index, unprivileged, pre-index. */
static enum decode_result decode_imm9(uint32_t word, const struct decode_regs *regs,
				      struct decode_access *access)
{
	uint64_t base = regs->gpr[bits(word, 9, 5)];
	uint64_t moved = base + (uint64_t)signed_bits(word, 20, 12);

	access->address = moved;
	switch (bits(word, 11, 10)) {
	case 0:
		return DECODE_OK;
	case 1:
		access->address = base;
		return write_back(word, access, moved);
	case 2: /* LDTR, STTR: the process is unprivileged anyway; no SIMD form */
		return bits(word, 26, 26) ? DECODE_REFUSED : DECODE_OK;
	default:
		return write_back(word, access, moved);
	}
}

/* LDAPR sits among the atomics. */
static bool is_ldapr(uint32_t word)
{
	return (word & 0x3ffffc00) == 0x38bfc000;
}

static enum decode_result decode_single(uint32_t word, const struct decode_regs *regs,
					struct decode_access *access)
{
	enum decode_result result;
	unsigned int scale;

	if (is_ldapr(word)) {
		access->address = regs->gpr[bits(word, 9, 5)];
		return transfer_gpr(word, regs, access, bits(word, 31, 30), 1);
	}
	result = transfer(word, regs, access, &scale);
	if (result != DECODE_OK)
		return result;
	if (bits(word, 24, 24)) {
		access->address =
			regs->gpr[bits(word, 9, 5)] + ((uint64_t)bits(word, 21, 10) << scale);
		return DECODE_OK;
	}
	if (!bits(word, 21, 21))
		return decode_imm9(word, regs, access);
	if (bits(word, 11, 10) != 2)
		return DECODE_REFUSED;
	return decode_register_offset(word, regs, access, scale);
}

/* LDP, STP, LDNP, STNP, LDPSW of general registers. */
static enum decode_result transfer_pair(uint32_t word, const struct decode_regs *regs,
					struct decode_access *access)
{
	unsigned int opc = bits(word, 31, 30), first = bits(word, 4, 0);
	unsigned int second = bits(word, 14, 10);
	bool load = bits(word, 22, 22);

	if (bits(word, 26, 26) || opc == 3 || (opc == 1 && !load))
		return DECODE_REFUSED;
	if (load && first == second)
		return DECODE_REFUSED;
	access->parts = 2;
	access->nbytes = opc == 2 ? 8 : 4;
	access->store = !load;
	if (load) {
		access->target = DECODE_TO_GPR;
		access->reg[0] = data_reg(first);
		access->reg[1] = data_reg(second);
		access->sign_extend = opc == 1;
		access->reg_nbytes = opc ? 8 : 4;
	} else {
		access->value[0] = decode_truncate(read_data(regs, first), access->nbytes);
		access->value[1] = decode_truncate(read_data(regs, second), access->nbytes);
	}
	return DECODE_OK;
}

static enum decode_result decode_pair(uint32_t word, const struct decode_regs *regs,
				      struct decode_access *access)
{
	enum decode_result result = transfer_pair(word, regs, access);
	unsigned int base = bits(word, 9, 5);
	uint64_t moved;

	if (result != DECODE_OK)
		return result;
	moved = regs->gpr[base] + (uint64_t)(signed_bits(word, 21, 15) * access->nbytes);
	access->address = bits(word, 24, 23) == 1 ? regs->gpr[base] : moved;
	/* Without write-back: 0 is the non-temporal form, 2 the plain one. LDPSW has no 0. */
	if (!bits(word, 23, 23))
		return bits(word, 24, 23) == 0 && bits(word, 31, 30) == 1 ? DECODE_REFUSED
									  : DECODE_OK;
	if (base != STACK_POINTER && base == bits(word, 14, 10))
		return DECODE_REFUSED;
	return write_back(word, access, moved);
}

/* LDAR, STLR, LDLAR, STLLR: the non-exclusive half of the group. */
static enum decode_result decode_ordered(uint32_t word, const struct decode_regs *regs,
					 struct decode_access *access)
{
	/* o2 set, o1 clear, Rs and Rt2 all ones (should be, and are) */
	if (!bits(word, 23, 23) || bits(word, 21, 21) || bits(word, 20, 16) != 31 ||
	    bits(word, 14, 10) != 31)
		return DECODE_REFUSED;
	access->address = regs->gpr[bits(word, 9, 5)];
	return transfer_gpr(word, regs, access, bits(word, 31, 30), bits(word, 22, 22));
}

/* LDAPUR, STLUR and the sign-extending ones: always unscaled. */
static enum decode_result decode_ordered_unscaled(uint32_t word, const struct decode_regs *regs,
						  struct decode_access *access)
{
	access->address = regs->gpr[bits(word, 9, 5)] + (uint64_t)signed_bits(word, 20, 12);
	return transfer_gpr(word, regs, access, bits(word, 31, 30), bits(word, 23, 22));
}

enum decode_result decode_aarch64(const uint8_t *bytes, size_t nbytes,
				  const struct decode_regs *regs, struct decode_access *access)
{
	uint32_t word;

	if (nbytes < 4)
		return DECODE_MORE;
	/* Little endian whatever the data are. */
	word = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
	access->length = 4;
	if ((word & 0x3a000000) == 0x38000000)
		return decode_single(word, regs, access);
	if ((word & 0x3a000000) == 0x28000000)
		return decode_pair(word, regs, access);
	if ((word & 0x3f000000) == 0x08000000)
		return decode_ordered(word, regs, access);
	if ((word & 0x3f200c00) == 0x19000000)
		return decode_ordered_unscaled(word, regs, access);
	return DECODE_REFUSED;
}
