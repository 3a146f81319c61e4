// SPDX-License-Identifier: Apache-2.0
/*
 * Fuzz target of the decoder: any bytes, any registers, both architectures. It
 * must not read beyond what it was given, and what it accepts must be whole:
 * a length within the bytes, sizes that exist, one access or two, registers
 * within the file, and the same answer when it is asked again or given more
 * bytes than it needs.
 *
 * With libFuzzer (configure --enable-fuzzers) it is driven by that; otherwise it
 * is a program that runs seeds and pseudo-random inputs: decode_fuzz [RUNS].
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/shim/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes);

#define REQUIRE(condition)                                                                       \
	do {                                                                                     \
		if (!(condition)) {                                                              \
			fprintf(stderr, "decode_fuzz: line %d: not %s\n", __LINE__, #condition); \
			abort();                                                                 \
		}                                                                                \
	} while (0)

static uint8_t vecs[32][16];

static void check_access(enum decode_arch arch, const struct decode_access *access, size_t nbytes)
{
	unsigned int i, vectors = arch == DECODE_X86_64 ? 16 : 32;

	REQUIRE(access->length > 0 && access->length <= nbytes);
	REQUIRE(arch == DECODE_X86_64 || access->length == 4);
	REQUIRE(access->parts == 1 || access->parts == 2);
	REQUIRE(access->nbytes == 1 || access->nbytes == 2 || access->nbytes == 4 ||
		access->nbytes == 8);
	REQUIRE(access->store == (access->target == DECODE_TO_NOTHING));
	for (i = 0; access->store && i < access->parts; i++)
		REQUIRE(decode_truncate(access->value[i], access->nbytes) == access->value[i]);
	REQUIRE(access->writeback_reg == DECODE_NO_WRITEBACK || access->writeback_reg < 32);
	for (i = 0; i < access->parts; i++)
		REQUIRE(access->reg[i] <= DECODE_ZERO_REG);
	if (access->target == DECODE_TO_VEC || access->target == DECODE_TO_VEC_HALF)
		REQUIRE(access->reg[0] < vectors);
	if (access->target == DECODE_TO_GPR || access->target == DECODE_TO_ALU)
		REQUIRE(access->reg_nbytes == 1 || access->reg_nbytes == 2 ||
			access->reg_nbytes == 4 || access->reg_nbytes == 8);
}

static void check_again(enum decode_arch arch, const uint8_t *code, size_t nbytes,
			const struct decode_regs *regs, const struct decode_access *access)
{
	struct decode_access again;
	uint8_t *exact = malloc(access->length);

	REQUIRE(exact);
	/* Just as many bytes as it said: none beyond may have mattered. */
	memcpy(exact, code, access->length);
	REQUIRE(decode(arch, exact, access->length, regs, &again) == DECODE_OK);
	REQUIRE(!memcmp(&again, access, sizeof(again)));
	free(exact);
	REQUIRE(decode(arch, code, nbytes, regs, &again) == DECODE_OK);
}

static void try_arch(enum decode_arch arch, const uint8_t *code, size_t nbytes,
		     struct decode_regs regs)
{
	const uint64_t value[DECODE_PARTS_MAX] = {UINT64_MAX, 0x5555};
	struct decode_access access;
	uint64_t pc = regs.pc;

	if (decode(arch, code, nbytes, &regs, &access) != DECODE_OK)
		return;
	check_access(arch, &access, nbytes);
	check_again(arch, code, nbytes, &regs, &access);
	decode_finish(arch, &access, value, &regs);
	REQUIRE(regs.pc == pc + access.length);
}

/* First byte: how many of the following are code; the rest are registers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
	struct decode_regs regs;
	size_t code_nbytes;
	uint8_t *code;

	if (nbytes < 1)
		return 0;
	code_nbytes = data[0] % (DECODE_LENGTH_MAX + 2);
	data++;
	nbytes--;
	if (code_nbytes > nbytes)
		code_nbytes = nbytes;
	memset(&regs, 0x5a, sizeof(regs));
	memcpy(&regs, data + code_nbytes,
	       nbytes - code_nbytes < sizeof(regs) ? nbytes - code_nbytes : sizeof(regs));
	regs.vec = regs.flags & 1 << 20 ? NULL : vecs;
	/* On the heap and exact, for the sanitizer to see a byte too many. */
	code = malloc(code_nbytes ? code_nbytes : 1);
	REQUIRE(code);
	memcpy(code, data, code_nbytes);
	try_arch(DECODE_X86_64, code, code_nbytes, regs);
	try_arch(DECODE_AARCH64, code, code_nbytes, regs);
	free(code);
	return 0;
}

#ifndef WITH_LIBFUZZER

#define DEFAULT_RUNS 300000

static uint64_t random_bits(void)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* Bytes that instructions of interest are made of, more often than others. */
static uint8_t random_byte(void)
{
	static const uint8_t likely[] = {0x48, 0x66, 0x67, 0xf2, 0xf3, 0x0f, 0x38, 0x89,
					 0x8b, 0xc7, 0x88, 0xc4, 0xc5, 0x10, 0x11, 0x6f,
					 0x7f, 0xd6, 0x04, 0x05, 0x07, 0x44, 0x80, 0xf6,
					 0xf9, 0xa3, 0xab, 0x00, 0xb8, 0x38};

	return random_bits() & 1 ? likely[random_bits() % sizeof(likely)] : (uint8_t)random_bits();
}

int main(int argc, char **argv)
{
	unsigned long runs = argc > 1 ? strtoul(argv[1], NULL, 10) : DEFAULT_RUNS, i;
	uint8_t input[1 + DECODE_LENGTH_MAX + 2 + 64];
	size_t nbytes, j;

	for (i = 0; i < runs; i++) {
		nbytes = random_bits() % (sizeof(input) + 1);
		for (j = 0; j < nbytes; j++)
			input[j] = random_byte();
		LLVMFuzzerTestOneInput(input, nbytes);
	}
	return EXIT_SUCCESS;
}

#endif
