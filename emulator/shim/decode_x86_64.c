// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the x86-64 instruction formats that load or store memory once: MOV in
 * all its forms, moves to and from XMM registers, and the ALU instructions that
 * only read memory (compilers fold a volatile load into them). Refused: whatever
 * reads and writes memory, is locked, repeats, uses fs or gs, or is wider than
 * 16 bytes.
 */
#include "decode.h"

#include <string.h>

enum { RAX = 0, RDI = 7 };

#define PREFIX_REPNE 0xf2
#define PREFIX_REP 0xf3

enum { REX_B = 1, REX_X = 2, REX_R = 4, REX_W = 8 };

enum { FLAG_CF = 1 << 0, FLAG_PF = 1 << 2, FLAG_AF = 1 << 4, FLAG_ZF = 1 << 6, FLAG_SF = 1 << 7 };
#define FLAG_DF (1u << 10)
#define FLAG_OF (1u << 11)
#define FLAGS_ALU (FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)

/* As in bits 5:3 of the opcodes; TEST is our own number. */
enum alu_op { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP, ALU_TEST };

struct insn {
	const uint8_t *bytes;
	size_t nbytes;
	size_t pos;
	bool more; /* bytes ran out */
	const struct decode_regs *regs;
	struct decode_access *access;
	uint8_t rex;
	uint8_t repeat; /* 0, PREFIX_REPNE, PREFIX_REP */
	bool operand16;
	bool address32;
	bool vex;
	/* ModRM */
	uint8_t reg;	    /* extended by REX.R */
	uint8_t opcode_ext; /* the same three bits alone */
	bool rip_relative;
};

static uint64_t fetch(struct insn *insn, unsigned int nbytes)
{
	uint64_t value = 0;
	unsigned int i;

	if (insn->pos + nbytes > insn->nbytes) {
		insn->more = true;
		return 0;
	}
	for (i = 0; i < nbytes; i++)
		value |= (uint64_t)insn->bytes[insn->pos + i] << i * 8;
	insn->pos += nbytes;
	return value;
}

static uint64_t fetch_signed(struct insn *insn, unsigned int nbytes)
{
	return decode_sign_extend(fetch(insn, nbytes), nbytes);
}

static unsigned int operand_nbytes(const struct insn *insn)
{
	if (insn->rex & REX_W)
		return 8;
	return insn->operand16 ? 2 : 4;
}

static uint64_t read_gpr(const struct insn *insn, unsigned int reg, unsigned int nbytes)
{
	if (nbytes == 1 && !insn->rex && reg >= 4 && reg < 8)
		return insn->regs->gpr[reg - 4] >> 8 & 0xff;
	return decode_truncate(insn->regs->gpr[reg], nbytes);
}

/* False: refused. */
static bool parse_prefixes(struct insn *insn, uint8_t *opcode)
{
	uint8_t byte;

	for (;;) {
		byte = (uint8_t)fetch(insn, 1);
		if (insn->more)
			return true;
		switch (byte) {
		case 0x26: /* es, cs, ss, ds: without meaning in 64-bit mode */
		case 0x2e:
		case 0x36:
		case 0x3e:
			insn->rex = 0;
			break;
		case 0x64: /* fs, gs: the bases are not in the register file */
		case 0x65:
		case 0xf0:
			return false;
		case 0x66:
			insn->operand16 = true;
			insn->rex = 0;
			break;
		case 0x67:
			insn->address32 = true;
			insn->rex = 0;
			break;
		case PREFIX_REPNE:
		case PREFIX_REP:
			insn->repeat = byte;
			insn->rex = 0;
			break;
		default:
			if ((byte & 0xf0) != 0x40) {
				*opcode = byte;
				return true;
			}
			insn->rex = byte;
		}
	}
}

static uint64_t parse_sib(struct insn *insn, unsigned int mod)
{
	uint8_t sib = (uint8_t)fetch(insn, 1);
	unsigned int index = (sib >> 3 & 7) | (insn->rex & REX_X ? 8 : 0);
	unsigned int base = (sib & 7) | (insn->rex & REX_B ? 8 : 0);
	uint64_t address = 0;

	if (index != 4)
		address = insn->regs->gpr[index] << (sib >> 6);
	if ((sib & 7) == 5 && mod == 0)
		return address + fetch_signed(insn, 4);
	return address + insn->regs->gpr[base];
}

/* ModRM and what belongs to it. False: no memory operand. */
static bool parse_modrm(struct insn *insn)
{
	uint8_t modrm = (uint8_t)fetch(insn, 1);
	unsigned int mod = modrm >> 6, rm = modrm & 7;
	uint64_t address;

	if (insn->more)
		return true;
	insn->opcode_ext = modrm >> 3 & 7;
	insn->reg = (uint8_t)(insn->opcode_ext | (insn->rex & REX_R ? 8 : 0));
	if (mod == 3)
		return false;
	if (rm == 4) {
		address = parse_sib(insn, mod);
	} else if (rm == 5 && mod == 0) {
		address = fetch_signed(insn, 4);
		insn->rip_relative = true;
	} else {
		address = insn->regs->gpr[rm | (insn->rex & REX_B ? 8 : 0)];
	}
	if (mod == 1)
		address += fetch_signed(insn, 1);
	else if (mod == 2)
		address += fetch_signed(insn, 4);
	insn->access->address = address;
	return true;
}

/* All bytes are taken: what depends on the length. */
static enum decode_result finish(struct insn *insn)
{
	struct decode_access *access = insn->access;

	if (insn->more)
		return insn->nbytes < DECODE_LENGTH_MAX ? DECODE_MORE : DECODE_REFUSED;
	if (insn->rip_relative)
		access->address += insn->regs->pc + insn->pos;
	if (insn->address32)
		access->address = (uint32_t)access->address;
	access->length = (uint8_t)insn->pos;
	return DECODE_OK;
}

static enum decode_result store(struct insn *insn, unsigned int nbytes, uint64_t value)
{
	insn->access->store = true;
	insn->access->nbytes = (uint8_t)nbytes;
	insn->access->value[0] = decode_truncate(value, nbytes);
	return finish(insn);
}

static enum decode_result load_to(struct insn *insn, enum decode_target target, unsigned int reg,
				  unsigned int nbytes, unsigned int reg_nbytes)
{
	struct decode_access *access = insn->access;

	access->target = target;
	access->nbytes = (uint8_t)nbytes;
	access->reg_nbytes = (uint8_t)reg_nbytes;
	access->reg[0] = (uint8_t)reg;
	if (reg_nbytes == 1 && !insn->rex && reg >= 4 && reg < 8) {
		access->reg[0] = (uint8_t)(reg - 4);
		access->reg_shift = 8;
	}
	return finish(insn);
}

static enum decode_result load(struct insn *insn, unsigned int reg, unsigned int nbytes,
			       unsigned int reg_nbytes)
{
	return load_to(insn, DECODE_TO_GPR, reg, nbytes, reg_nbytes);
}

static enum decode_result load_alu(struct insn *insn, enum alu_op op, unsigned int nbytes,
				   bool memory_first, uint64_t operand)
{
	insn->access->alu_op = (uint8_t)op;
	insn->access->alu_memory_first = memory_first;
	insn->access->alu_operand = decode_truncate(operand, nbytes);
	return load_to(insn, DECODE_TO_ALU, insn->reg, nbytes, nbytes);
}

static enum decode_result decode_mov(struct insn *insn, uint8_t opcode)
{
	unsigned int nbytes = opcode & 1 ? operand_nbytes(insn) : 1;

	if (!parse_modrm(insn))
		return DECODE_REFUSED;
	if (insn->more)
		return finish(insn);
	if (opcode & 2)
		return load(insn, insn->reg, nbytes, nbytes);
	return store(insn, nbytes, read_gpr(insn, insn->reg, nbytes));
}

static enum decode_result decode_mov_imm(struct insn *insn, uint8_t opcode)
{
	unsigned int nbytes = opcode & 1 ? operand_nbytes(insn) : 1;

	if (!parse_modrm(insn) || insn->opcode_ext != 0)
		return DECODE_REFUSED;
	return store(insn, nbytes, fetch_signed(insn, nbytes == 8 ? 4 : nbytes));
}

static enum decode_result decode_moffs(struct insn *insn, uint8_t opcode)
{
	unsigned int nbytes = opcode & 1 ? operand_nbytes(insn) : 1;

	insn->access->address = fetch(insn, insn->address32 ? 4 : 8);
	if (opcode & 2)
		return store(insn, nbytes, insn->regs->gpr[RAX]);
	return load(insn, RAX, nbytes, nbytes);
}

static enum decode_result decode_stos(struct insn *insn, uint8_t opcode)
{
	unsigned int nbytes = opcode & 1 ? operand_nbytes(insn) : 1;
	uint64_t rdi = insn->regs->gpr[RDI];

	insn->access->address = rdi;
	rdi += insn->regs->flags & FLAG_DF ? (uint64_t)0 - nbytes : nbytes;
	insn->access->writeback_reg = RDI;
	insn->access->writeback = insn->address32 ? (uint32_t)rdi : rdi;
	return store(insn, nbytes, insn->regs->gpr[RAX]);
}

/* Register, memory: the register is read and, but for CMP, written. */
static enum decode_result decode_alu(struct insn *insn, uint8_t opcode)
{
	unsigned int nbytes = opcode & 1 ? operand_nbytes(insn) : 1;
	enum alu_op op = opcode >> 3 & 7;
	bool memory_first = false;

	if ((opcode & 0xfe) == 0x84) {
		op = ALU_TEST;
	} else if (!(opcode & 2)) {
		if (op != ALU_CMP)
			return DECODE_REFUSED;
		memory_first = true;
	}
	if (!parse_modrm(insn))
		return DECODE_REFUSED;
	return load_alu(insn, op, nbytes, memory_first, read_gpr(insn, insn->reg, nbytes));
}

/* CMP and TEST of memory with a constant; the others of the groups write. */
static enum decode_result decode_alu_imm(struct insn *insn, uint8_t opcode)
{
	unsigned int nbytes = opcode & 1 ? operand_nbytes(insn) : 1;
	unsigned int imm_nbytes = nbytes == 8 ? 4 : nbytes;
	bool test = opcode >= 0xf6;

	if (!parse_modrm(insn))
		return DECODE_REFUSED;
	if (test ? insn->opcode_ext > 1 : insn->opcode_ext != ALU_CMP)
		return DECODE_REFUSED;
	if (opcode == 0x83)
		imm_nbytes = 1;
	return load_alu(insn, test ? ALU_TEST : ALU_CMP, nbytes, true,
			fetch_signed(insn, imm_nbytes));
}

static enum decode_result decode_movsxd(struct insn *insn)
{
	unsigned int nbytes = operand_nbytes(insn);

	if (!parse_modrm(insn))
		return DECODE_REFUSED;
	insn->access->sign_extend = true;
	return load(insn, insn->reg, nbytes == 2 ? 2 : 4, nbytes);
}

static enum decode_result decode_one_byte(struct insn *insn, uint8_t opcode)
{
	if (insn->repeat)
		return DECODE_REFUSED;
	if (opcode < 0x40 && (opcode & 7) < 4)
		return decode_alu(insn, opcode);
	switch (opcode) {
	case 0x63:
		return decode_movsxd(insn);
	case 0x80:
	case 0x81:
	case 0x83:
	case 0xf6:
	case 0xf7:
		return decode_alu_imm(insn, opcode);
	case 0x84:
	case 0x85:
		return decode_alu(insn, opcode);
	case 0x88:
	case 0x89:
	case 0x8a:
	case 0x8b:
		return decode_mov(insn, opcode);
	case 0xa0:
	case 0xa1:
	case 0xa2:
	case 0xa3:
		return decode_moffs(insn, opcode);
	case 0xaa:
	case 0xab:
		return decode_stos(insn, opcode);
	case 0xc6:
	case 0xc7:
		return decode_mov_imm(insn, opcode);
	default:
		return DECODE_REFUSED;
	}
}

/* Moves between memory and XMM registers: opcode, mandatory prefix, what they do. */
enum { PP_NONE = 1, PP_66 = 2, PP_F3 = 4, PP_F2 = 8 };

static const struct vec_move {
	uint8_t opcode;
	uint8_t prefixes;
	bool store;
	uint8_t nbytes; /* 0: 4, or 8 with W */
	int8_t half;	/* -1: from the bottom; 0, 1: that half alone */
} vec_moves[] = {
	{0x10, PP_NONE | PP_66, false, 16, -1},
	{0x10, PP_F3, false, 4, -1},
	{0x10, PP_F2, false, 8, -1},
	{0x11, PP_NONE | PP_66, true, 16, -1},
	{0x11, PP_F3, true, 4, -1},
	{0x11, PP_F2, true, 8, -1},
	{0x12, PP_NONE | PP_66, false, 8, 0},
	{0x13, PP_NONE | PP_66, true, 8, 0},
	{0x16, PP_NONE | PP_66, false, 8, 1},
	{0x17, PP_NONE | PP_66, true, 8, 1},
	{0x28, PP_NONE | PP_66, false, 16, -1},
	{0x29, PP_NONE | PP_66, true, 16, -1},
	{0x2b, PP_NONE | PP_66, true, 16, -1},
	{0x6e, PP_66, false, 0, -1},
	{0x7e, PP_66, true, 0, -1},
	{0x7e, PP_F3, false, 8, -1},
	{0xd6, PP_66, true, 8, -1},
	{0x6f, PP_66 | PP_F3, false, 16, -1},
	{0x7f, PP_66 | PP_F3, true, 16, -1},
	{0xe7, PP_66, true, 16, -1},
	{0xf0, PP_F2, false, 16, -1},
};

static const struct vec_move *find_vec_move(uint8_t opcode, unsigned int prefix)
{
	size_t i;

	for (i = 0; i < sizeof(vec_moves) / sizeof(vec_moves[0]); i++) {
		if (vec_moves[i].opcode == opcode && vec_moves[i].prefixes & prefix)
			return &vec_moves[i];
	}
	return NULL;
}

static unsigned int mandatory_prefix(const struct insn *insn)
{
	if (insn->repeat)
		return insn->repeat == PREFIX_REP ? PP_F3 : PP_F2;
	return insn->operand16 ? PP_66 : PP_NONE;
}

static enum decode_result decode_vec(struct insn *insn, uint8_t opcode)
{
	const struct vec_move *move = find_vec_move(opcode, mandatory_prefix(insn));
	struct decode_access *access = insn->access;
	unsigned int nbytes;

	if (!move || !insn->regs->vec || !parse_modrm(insn))
		return DECODE_REFUSED;
	/* With VEX these merge two registers. */
	if (insn->vex && move->half >= 0 && !move->store)
		return DECODE_REFUSED;
	nbytes = move->nbytes;
	if (!nbytes)
		nbytes = insn->rex & REX_W ? 8 : 4;
	access->parts = nbytes == 16 ? 2 : 1;
	access->nbytes = (uint8_t)(nbytes == 16 ? 8 : nbytes);
	access->store = move->store;
	if (move->store) {
		memcpy(access->value, insn->regs->vec[insn->reg] + (move->half > 0 ? 8 : 0),
		       nbytes);
		return finish(insn);
	}
	access->target = move->half >= 0 ? DECODE_TO_VEC_HALF : DECODE_TO_VEC;
	access->reg[0] = insn->reg;
	access->reg_shift = move->half > 0 ? 64 : 0;
	access->clear_upper = insn->vex;
	return finish(insn);
}

static enum decode_result decode_extend(struct insn *insn, uint8_t opcode)
{
	unsigned int nbytes = operand_nbytes(insn);

	if (!parse_modrm(insn))
		return DECODE_REFUSED;
	insn->access->sign_extend = opcode >= 0xbe;
	/* The destination is never a byte, so it can not be a high-byte register. */
	return load(insn, insn->reg, opcode & 1 ? 2 : 1, nbytes);
}

static enum decode_result decode_three_byte(struct insn *insn, uint8_t opcode)
{
	unsigned int nbytes = operand_nbytes(insn);
	uint64_t value;

	if (insn->repeat || (opcode == 0xf9 && insn->operand16) || !parse_modrm(insn))
		return DECODE_REFUSED;
	value = read_gpr(insn, insn->reg, nbytes);
	switch (opcode) {
	case 0xf0: /* MOVBE */
		insn->access->byte_swap = true;
		return load(insn, insn->reg, nbytes, nbytes);
	case 0xf1:
		return store(insn, nbytes, __builtin_bswap64(value) >> (8 - nbytes) * 8);
	case 0xf9: /* MOVDIRI */
		return store(insn, nbytes, value);
	default:
		return DECODE_REFUSED;
	}
}

static enum decode_result decode_two_byte(struct insn *insn)
{
	uint8_t opcode = (uint8_t)fetch(insn, 1);

	if (insn->more)
		return finish(insn);
	switch (opcode) {
	case 0x38:
		opcode = (uint8_t)fetch(insn, 1);
		return insn->more ? finish(insn) : decode_three_byte(insn, opcode);
	case 0xb6:
	case 0xb7:
	case 0xbe:
	case 0xbf:
		return insn->repeat ? DECODE_REFUSED : decode_extend(insn, opcode);
	case 0xc3: /* MOVNTI */
		if (insn->repeat || insn->operand16 || !parse_modrm(insn))
			return DECODE_REFUSED;
		return store(insn, operand_nbytes(insn),
			     read_gpr(insn, insn->reg, operand_nbytes(insn)));
	default:
		return decode_vec(insn, opcode);
	}
}

static enum decode_result decode_vex(struct insn *insn, uint8_t first)
{
	static const uint8_t repeat_of[] = {0, 0, PREFIX_REP, PREFIX_REPNE};
	uint8_t second = (uint8_t)fetch(insn, 1), last = second;

	if (insn->rex || insn->repeat || insn->operand16)
		return DECODE_REFUSED;
	if (first == 0xc4)
		last = (uint8_t)fetch(insn, 1);
	if (insn->more)
		return finish(insn);
	/* Map 0f, no second source, 128 bits. The R, X, B bits are inverted. */
	if ((first == 0xc4 && (second & 0x1f) != 1) || (last & 0x78) != 0x78 || last & 4)
		return DECODE_REFUSED;
	insn->rex = second & 0x80 ? 0 : REX_R;
	if (first == 0xc4) {
		insn->rex |= second & 0x40 ? 0 : REX_X;
		insn->rex |= second & 0x20 ? 0 : REX_B;
		insn->rex |= last & 0x80 ? REX_W : 0;
	}
	insn->operand16 = (last & 3) == 1;
	insn->repeat = repeat_of[last & 3];
	insn->vex = true;
	first = (uint8_t)fetch(insn, 1);
	return insn->more ? finish(insn) : decode_vec(insn, first);
}

static enum decode_result decode_any(struct insn *insn)
{
	uint8_t opcode = 0;

	if (!parse_prefixes(insn, &opcode))
		return DECODE_REFUSED;
	if (insn->more)
		return DECODE_MORE;
	if (opcode == 0x0f)
		return decode_two_byte(insn);
	if (opcode == 0xc4 || opcode == 0xc5)
		return decode_vex(insn, opcode);
	return decode_one_byte(insn, opcode);
}

enum decode_result decode_x86_64(const uint8_t *bytes, size_t nbytes,
				 const struct decode_regs *regs, struct decode_access *access)
{
	struct insn insn = {.bytes = bytes, .regs = regs, .access = access};
	enum decode_result result;

	insn.nbytes = nbytes < DECODE_LENGTH_MAX ? nbytes : DECODE_LENGTH_MAX;
	result = decode_any(&insn);
	/* What was missing may have looked like something to refuse. */
	return insn.more ? finish(&insn) : result;
}

struct alu {
	uint64_t a, b; /* truncated to nbytes */
	unsigned int nbytes;
	unsigned int carry;
	uint64_t flags; /* FLAG_CF, FLAG_AF and FLAG_OF of the result */
};

static uint64_t flag_if(bool condition, unsigned int flag)
{
	return condition ? flag : 0;
}

static uint64_t alu_add(struct alu *alu)
{
	uint64_t sum = decode_truncate(alu->a + alu->b + alu->carry, alu->nbytes);
	uint64_t sign = UINT64_C(1) << (alu->nbytes * 8 - 1);

	alu->flags = flag_if(sum < alu->a || (alu->carry && sum == alu->a), FLAG_CF) |
		     flag_if((alu->a ^ alu->b ^ sum) & 0x10, FLAG_AF) |
		     flag_if((alu->a ^ sum) & (alu->b ^ sum) & sign, FLAG_OF);
	return sum;
}

static uint64_t alu_sub(struct alu *alu)
{
	uint64_t difference = decode_truncate(alu->a - alu->b - alu->carry, alu->nbytes);
	uint64_t sign = UINT64_C(1) << (alu->nbytes * 8 - 1);

	alu->flags = flag_if(alu->a < alu->b || (alu->carry && alu->a == alu->b), FLAG_CF) |
		     flag_if((alu->a ^ alu->b ^ difference) & 0x10, FLAG_AF) |
		     flag_if((alu->a ^ alu->b) & (alu->a ^ difference) & sign, FLAG_OF);
	return difference;
}

static uint64_t alu_result(struct alu *alu, enum alu_op op, bool carry)
{
	switch (op) {
	case ALU_ADC:
		alu->carry = carry;
		return alu_add(alu);
	case ALU_ADD:
		return alu_add(alu);
	case ALU_SBB:
		alu->carry = carry;
		return alu_sub(alu);
	case ALU_SUB:
	case ALU_CMP:
		return alu_sub(alu);
	case ALU_OR:
		return alu->a | alu->b;
	case ALU_XOR:
		return alu->a ^ alu->b;
	default:
		return alu->a & alu->b;
	}
}

/* Operation number access->alu_op on the operand and the loaded @value. */
void decode_x86_64_alu(const struct decode_access *access, uint64_t value, struct decode_regs *regs)
{
	struct alu alu = {.a = access->alu_operand, .b = value, .nbytes = access->nbytes};
	enum alu_op op = access->alu_op;
	uint64_t result, *reg = &regs->gpr[access->reg[0]], mask;

	if (access->alu_memory_first) {
		alu.a = value;
		alu.b = access->alu_operand;
	}
	result = alu_result(&alu, op, regs->flags & FLAG_CF);
	regs->flags &= ~(uint64_t)FLAGS_ALU;
	regs->flags |= alu.flags | flag_if(!result, FLAG_ZF) |
		       flag_if(result >> (alu.nbytes * 8 - 1) & 1, FLAG_SF) |
		       flag_if(!(__builtin_popcountll(result & 0xff) & 1), FLAG_PF);
	if (op == ALU_CMP || op == ALU_TEST)
		return;
	mask = decode_truncate(UINT64_MAX, access->reg_nbytes) << access->reg_shift;
	result = result << access->reg_shift & mask;
	*reg = access->reg_nbytes < 4 ? (*reg & ~mask) | result : result;
}
