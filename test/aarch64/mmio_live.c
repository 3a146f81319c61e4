// SPDX-License-Identifier: Apache-2.0
/*
 * The MMIO decoder against real instructions: accesses as a compiler makes them, and
 * the driver's own doorbell store, go to a page without permissions; a handler
 * takes each one apart, does it on ordinary memory, and lets the program go on. Needs
 * the C library only, so that it can be made for another machine and run by QEMU.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ucontext.h>
#include "drivers/hisi_qm/mmio.h"
#include "emulator/shim/decode.h"

#define PAGE_NBYTES 65536 /* the largest page there is */

static uint8_t *page;
static _Alignas(16) uint8_t device[PAGE_NBYTES];
static volatile sig_atomic_t stores, loads;

/* ------------------------------------------------------------- registers */

#if defined(__x86_64__)
#define ARCH DECODE_X86_64

static const int numbers[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
				 REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
				 REG_R12, REG_R13, REG_R14, REG_R15 };

static void take_registers(ucontext_t *uc, struct decode_regs *regs)
{
	for (int i = 0; i < 16; i++)
		regs->gpr[i] = (uint64_t)uc->uc_mcontext.gregs[numbers[i]];
	regs->pc = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
	regs->flags = (uint64_t)uc->uc_mcontext.gregs[REG_EFL];
	regs->vec = (uint8_t(*)[16])uc->uc_mcontext.fpregs->_xmm;
}

static void give_registers(ucontext_t *uc, const struct decode_regs *regs)
{
	for (int i = 0; i < 16; i++)
		uc->uc_mcontext.gregs[numbers[i]] = (greg_t)regs->gpr[i];
	uc->uc_mcontext.gregs[REG_RIP] = (greg_t)regs->pc;
	uc->uc_mcontext.gregs[REG_EFL] = (greg_t)regs->flags;
}
#elif defined(__aarch64__)
#define ARCH DECODE_AARCH64

static void take_registers(ucontext_t *uc, struct decode_regs *regs)
{
	struct fpsimd_context *fp = (struct fpsimd_context *)uc->uc_mcontext.__reserved;

	for (int i = 0; i < 31; i++)
		regs->gpr[i] = uc->uc_mcontext.regs[i];
	regs->gpr[31] = uc->uc_mcontext.sp;
	regs->pc = uc->uc_mcontext.pc;
	regs->vec = fp->head.magic == FPSIMD_MAGIC ? (uint8_t(*)[16])fp->vregs : NULL;
}

static void give_registers(ucontext_t *uc, const struct decode_regs *regs)
{
	for (int i = 0; i < 31; i++)
		uc->uc_mcontext.regs[i] = regs->gpr[i];
	uc->uc_mcontext.sp = regs->gpr[31];
	uc->uc_mcontext.pc = regs->pc;
}
#endif

/* --------------------------------------------------------------- handler */

static void do_access(const struct decode_access *access, uint64_t value[DECODE_PARTS_MAX])
{
	uint8_t *at = device + (access->address - (uint64_t)(uintptr_t)page);

	for (int i = 0; i < access->parts; i++, at += access->nbytes) {
		value[i] = 0;
		if (access->store)
			memcpy(at, &access->value[i], access->nbytes);
		else
			memcpy(&value[i], at, access->nbytes);
	}
	if (access->store)
		stores++;
	else
		loads++;
}

static void handle(int sig, siginfo_t *info, void *context)
{
	struct decode_regs regs = { 0 };
	struct decode_access access;
	uint64_t value[DECODE_PARTS_MAX];

	(void)info;
	take_registers(context, &regs);
	if (decode(ARCH, (const uint8_t *)(uintptr_t)regs.pc, DECODE_LENGTH_MAX, &regs, &access) ||
	    access.address - (uint64_t)(uintptr_t)page >= PAGE_NBYTES) {
		signal(sig, SIG_DFL);
		return;
	}
	do_access(&access, value);
	decode_finish(ARCH, &access, value, &regs);
	give_registers(context, &regs);
}

/* ----------------------------------------------------------------- cases */

static int checks, failed;

static void expect(int good, const char *what)
{
	checks++;
	failed += !good;
	if (!good)
		printf("FAIL: %s\n", what);
}

#define SIZE_CASE(type, value)                                                                  \
	do {                                                                                    \
		volatile type *reg = (volatile type *)(void *)page;                             \
		type seen;                                                                      \
                                                                                                \
		reg[3] = (type)(value);                                                         \
		memcpy(&seen, device + 3 * sizeof(type), sizeof(seen));                         \
		expect(seen == (type)(value), "store of " #type);                               \
		expect(reg[3] == (type)(value), "load of " #type);                              \
	} while (0)

static void sizes(void)
{
	SIZE_CASE(uint8_t, 0xa5);
	SIZE_CASE(int8_t, -7);
	SIZE_CASE(uint16_t, 0xbeef);
	SIZE_CASE(int16_t, -1234);
	SIZE_CASE(uint32_t, 0xdeadbeef);
	SIZE_CASE(int32_t, -123456789);
	SIZE_CASE(uint64_t, 0x0123456789abcdef);
	SIZE_CASE(int64_t, -1);
}

/* What a compiler makes of a loop: indexed, pre- or post-incremented addresses. */
static void loops(void)
{
	volatile uint64_t *reg = (volatile uint64_t *)(void *)(page + 0x400);
	uint64_t sum = 0, want = 0;

	for (uint64_t i = 0; i < 64; i++) {
		*reg++ = i * i;
		want += i * i;
	}
	for (int i = 0; i < 64; i++)
		sum += *--reg;
	expect(sum == want, "64 stores upwards and 64 loads downwards");
}

static void floats(void)
{
	volatile double *reg = (volatile double *)(void *)(page + 0x800);

	*reg = 2.75;
	expect(*reg == 2.75, "store and load of a double");
}

static void driver(void)
{
	uint64_t *doorbell = (uint64_t *)(void *)(page + 0x1000), seen;
	sig_atomic_t before = stores;

	mmio_store64(doorbell, 0x0001000900001005);
	memcpy(&seen, device + 0x1000, sizeof(seen));
	expect(seen == 0x0001000900001005, "the driver's doorbell");
	expect(stores == before + 1, "the driver's doorbell is one access");
	expect(mmio_load32((uint32_t *)(void *)doorbell) == 0x00001005, "the driver's load");
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO };

	page = mmap(NULL, PAGE_NBYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED || sigaction(SIGSEGV, &action, NULL))
		return EXIT_FAILURE;
	sizes();
	loops();
	floats();
	driver();
	expect(stores + loads >= 2 * 8 + 128 + 2 + 2, "every access came by");
	printf("%d checks, %d failed\n", checks, failed);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
