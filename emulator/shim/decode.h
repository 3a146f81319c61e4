/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One machine instruction that touches memory, taken apart and finished by
 * hand. Pure: bytes and registers in, a description out; no state, no I/O.
 */
#ifndef EMULATOR_DECODE_H
#define EMULATOR_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum decode_arch { DECODE_X86_64, DECODE_AARCH64 };

#define DECODE_LENGTH_MAX 15 /* bytes of the longest instruction of any architecture */
#define DECODE_PARTS_MAX 2

/*
 * The register file as the instruction sees it. x86-64: gpr[0..15] are rax,
 * rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8..r15. aarch64: x0..x30, and gpr[31] is
 * the stack pointer. @vec points to 16 bytes for each vector register (16 or 32
 * of them), or is NULL when there is no access to them.
 */
struct decode_regs {
	uint64_t gpr[32];
	uint64_t pc;
	uint64_t flags; /* x86-64: eflags */
	uint8_t (*vec)[16];
};

/* What becomes of a loaded value. */
enum decode_target {
	DECODE_TO_NOTHING, /* a store */
	DECODE_TO_GPR,
	DECODE_TO_VEC,	    /* the rest of the 16 bytes becomes zero */
	DECODE_TO_VEC_HALF, /* only 8 bytes of the register change */
	DECODE_TO_ALU,	    /* x86-64: gpr and flags, or flags alone */
};

struct decode_access {
	uint64_t address;
	bool store;
	uint8_t length;			  /* of the instruction */
	uint8_t parts;			  /* 1, or 2 neighbouring accesses in address order */
	uint8_t nbytes;			  /* of each part: 1, 2, 4, 8 */
	uint64_t value[DECODE_PARTS_MAX]; /* of a store, zero-extended */

	/* Of a load; gpr number 32 is the zero register. */
	enum decode_target target;
	uint8_t reg[DECODE_PARTS_MAX];
	uint8_t reg_nbytes; /* of a gpr: 1, 2 keep the rest of it, 4, 8 zero or sign extended */
	uint8_t reg_shift;  /* 8: high-byte register of x86-64 */
	bool sign_extend;
	bool byte_swap;
	bool clear_upper; /* VEX: what lies above the 16 bytes becomes zero */
	uint8_t alu_op;	  /* DECODE_TO_ALU: number of the operation, see decode_x86_64.c */
	bool alu_memory_first;
	uint64_t alu_operand;

	/* aarch64 pre- and post-index; for 0xff nothing is written back. */
	uint8_t writeback_reg;
	uint64_t writeback;
};

enum decode_result {
	DECODE_OK = 0,
	DECODE_MORE = 1,    /* the instruction is longer than @nbytes */
	DECODE_REFUSED = 2, /* not a plain load or store, or one not known */
};

enum decode_result decode(enum decode_arch arch, const uint8_t *bytes, size_t nbytes,
			  const struct decode_regs *regs, struct decode_access *access);

/* Bring the registers to the state after the instruction; @value is what a load has read. */
void decode_finish(enum decode_arch arch, const struct decode_access *access,
		   const uint64_t value[DECODE_PARTS_MAX], struct decode_regs *regs);

/* The architectures behind decode() and decode_finish(). */
enum decode_result decode_x86_64(const uint8_t *bytes, size_t nbytes,
				 const struct decode_regs *regs, struct decode_access *access);
void decode_x86_64_alu(const struct decode_access *access, uint64_t value,
		       struct decode_regs *regs);
enum decode_result decode_aarch64(const uint8_t *bytes, size_t nbytes,
				  const struct decode_regs *regs, struct decode_access *access);

#define DECODE_ZERO_REG 32
#define DECODE_NO_WRITEBACK 0xff

static inline uint64_t decode_truncate(uint64_t value, unsigned int nbytes)
{
	return nbytes >= 8 ? value : value & ((UINT64_C(1) << nbytes * 8) - 1);
}

static inline uint64_t decode_sign_extend(uint64_t value, unsigned int nbytes)
{
	uint64_t sign = UINT64_C(1) << (nbytes * 8 - 1);

	return nbytes >= 8 ? value : (decode_truncate(value, nbytes) ^ sign) - sign;
}

#endif
