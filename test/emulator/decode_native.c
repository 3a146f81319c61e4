// SPDX-License-Identifier: Apache-2.0
/*
 * The decoder against the processor: each instruction is run on ordinary
 * memory, and emulated from the same state on a copy of that memory. Registers,
 * flags, vectors and memory must be the same afterwards.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode_native.h"

#define ROUNDS 64

uint8_t native_memory[NATIVE_MEMORY] __attribute__((aligned(64)));

#if defined(__x86_64__) || defined(__aarch64__)

struct world {
	struct native_state state;
	uint8_t memory[NATIVE_MEMORY];
};

static uint64_t random_bits(void)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* Values at the edges as often as others. */
static uint64_t random_value(void)
{
	static const uint64_t edges[] = {0,
					 1,
					 0x7f,
					 0x80,
					 0xff,
					 0x7fff,
					 0x8000,
					 0x7fffffff,
					 0x80000000,
					 0xffffffff,
					 0x7fffffffffffffff,
					 0x8000000000000000,
					 0xffffffffffffffff};

	if (random_bits() & 1)
		return edges[random_bits() % (sizeof(edges) / sizeof(edges[0]))];
	return random_bits();
}

static void fill(struct world *world, unsigned int round)
{
	unsigned int i;
	uint64_t value;

	for (i = 0; i < 32; i++)
		world->state.gpr[i] = random_value();
	for (i = 0; i < NATIVE_VECS * 16; i++)
		world->state.vec[i / 16][i % 16] = (uint8_t)random_bits();
	for (i = 0; i < NATIVE_MEMORY; i += sizeof(value)) {
		value = random_value();
		memcpy(world->memory + i, &value, sizeof(value));
	}
	world->state.flags = random_bits();
	world->state.unused = 0;
	native_set_addresses(&world->state, round);
}

static void run_native(struct world *world, const struct native_insn *insn)
{
	memcpy(native_memory, world->memory, NATIVE_MEMORY);
	native_run(&world->state, insn->start);
	memcpy(world->memory, native_memory, NATIVE_MEMORY);
}

/* Carry out the decoded access on the copy. */
static void run_decoded(struct world *world, const struct native_insn *insn)
{
	size_t length = (size_t)(insn->end - insn->start), offset;
	uint64_t value[DECODE_PARTS_MAX] = {0};
	struct decode_access access;
	struct decode_regs regs;
	unsigned int i;

	memcpy(regs.gpr, world->state.gpr, sizeof(regs.gpr));
	regs.flags = world->state.flags;
	regs.pc = (uintptr_t)insn->start;
	regs.vec = world->state.vec;
	ck_assert_msg(decode(native_arch, insn->start, DECODE_LENGTH_MAX, &regs, &access) ==
			      DECODE_OK,
		      "%s", insn->text);
	ck_assert_msg(access.length == length, "%s: length %u", insn->text, access.length);
	offset = access.address - (uintptr_t)native_memory;
	ck_assert_msg(offset + access.parts * (size_t)access.nbytes <= NATIVE_MEMORY, "%s: address",
		      insn->text);
	for (i = 0; i < access.parts; i++, offset += access.nbytes) {
		if (access.store)
			memcpy(world->memory + offset, &access.value[i], access.nbytes);
		else
			memcpy(&value[i], world->memory + offset, access.nbytes);
	}
	decode_finish(native_arch, &access, value, &regs);
	ck_assert_msg(regs.pc == (uintptr_t)insn->end, "%s: next instruction", insn->text);
	memcpy(world->state.gpr, regs.gpr, sizeof(regs.gpr));
	world->state.flags = regs.flags;
}

static void compare(const struct world *native, const struct world *decoded,
		    const struct native_insn *insn)
{
	uint64_t flags = native_flags & ~insn->undefined_flags;
	unsigned int i;

	for (i = 0; i < 32; i++) {
		if (i != native_stack_pointer)
			ck_assert_msg(native->state.gpr[i] == decoded->state.gpr[i],
				      "%s: register %u is %llx, not %llx", insn->text, i,
				      (unsigned long long)decoded->state.gpr[i],
				      (unsigned long long)native->state.gpr[i]);
	}
	ck_assert_msg((native->state.flags & flags) == (decoded->state.flags & flags),
		      "%s: flags %llx, not %llx", insn->text,
		      (unsigned long long)(decoded->state.flags & flags),
		      (unsigned long long)(native->state.flags & flags));
	for (i = 0; i < NATIVE_VECS; i++)
		ck_assert_msg(!memcmp(native->state.vec[i], decoded->state.vec[i], 16),
			      "%s: vector register %u", insn->text, i);
	ck_assert_msg(!memcmp(native->memory, decoded->memory, NATIVE_MEMORY), "%s: memory",
		      insn->text);
}

START_TEST(decoded_instructions_do_what_the_processor_does)
{
	struct native_insn insn = native_insn((unsigned int)_i);
	static struct world native, decoded;
	unsigned int round;

	if (!native_has_feature(insn.feature))
		return;
	for (round = 0; round < ROUNDS; round++) {
		fill(&native, round);
		decoded = native;
		run_native(&native, &insn);
		run_decoded(&decoded, &insn);
		compare(&native, &decoded, &insn);
	}
}
END_TEST

/* In a page's last bytes there may be only a part of the instruction. */
START_TEST(part_of_an_instruction_asks_for_more)
{
	struct native_insn insn = native_insn((unsigned int)_i);
	size_t length = (size_t)(insn.end - insn.start), nbytes;
	struct decode_access access;
	static struct world world;
	struct decode_regs regs = {.pc = (uintptr_t)insn.start, .vec = world.state.vec};

	for (nbytes = 0; nbytes < length; nbytes++)
		ck_assert_msg(decode(native_arch, insn.start, nbytes, &regs, &access) ==
				      DECODE_MORE,
			      "%s: %zu bytes", insn.text, nbytes);
	ck_assert(decode(native_arch, insn.start, length, &regs, &access) == DECODE_OK);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("decode_native");
	TCase *tcase = tcase_create("native");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, decoded_instructions_do_what_the_processor_does, 0,
			    (int)native_insn_count);
	tcase_add_loop_test(tcase, part_of_an_instruction_asks_for_more, 0, (int)native_insn_count);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	/* The code under test touches no memory but its own: one process is enough. */
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#else

int main(void)
{
	return 77;
}

#endif
