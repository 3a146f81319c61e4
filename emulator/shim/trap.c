// SPDX-License-Identifier: Apache-2.0
/*
 * Owns the way of one trapped access: is the address a register of a device,
 * which instruction was it, carry it out, go on behind it. Everything here and
 * below runs in a signal handler: no lock that is held elsewhere, no memory, no
 * library call but system calls and memcpy.
 */
#include "shim.h"

#include "trap.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "decode.h"
#include "machine.h"
#include "mmio.h"
#include "region.h"

/* No system has smaller pages, and none of ours has the next instruction byte beyond two. */
#define FETCH_PAGE 4096

static char *put_text(char *out, const char *text)
{
	while (*text)
		*out++ = *text++;
	return out;
}

static char *put_hex(char *out, uint64_t value, unsigned int digits)
{
	while (digits--)
		*out++ = "0123456789abcdef"[value >> digits * 4 & 15];
	return out;
}

static void complain(const struct decode_regs *regs, const uint8_t *bytes, size_t nbytes,
		     uint64_t address)
{
	char line[192], *out = line;
	size_t i;

	out = put_text(out, "wd-emulate: cannot carry out the access to device address 0x");
	out = put_hex(out, address, 16);
	out = put_text(out, " by the instruction at 0x");
	out = put_hex(out, regs->pc, 16);
	out = put_text(out, ":");
	for (i = 0; i < nbytes; i++) {
		*out++ = ' ';
		out = put_hex(out, bytes[i], 2);
	}
	*out++ = '\n';
	if (write(STDERR_FILENO, line, (size_t)(out - line)) < 0)
		return; /* nobody to tell */
}

/*
 * The instruction was just fetched from here, so its bytes can be read. What is
 * behind it may not be mapped: go beyond the end of its page only when it does.
 */
static enum decode_result fetch_and_decode(const struct decode_regs *regs, uint8_t *bytes,
					   size_t *nbytes, struct decode_access *access)
{
	const uint8_t *code = (const uint8_t *)(uintptr_t)regs->pc;
	size_t in_page = FETCH_PAGE - regs->pc % FETCH_PAGE;
	enum decode_result result;

	*nbytes = in_page < DECODE_LENGTH_MAX ? in_page : DECODE_LENGTH_MAX;
	memcpy(bytes, code, *nbytes);
	result = decode(MACHINE_ARCH, bytes, *nbytes, regs, access);
	while (result == DECODE_MORE && *nbytes < DECODE_LENGTH_MAX) {
		bytes[*nbytes] = code[*nbytes];
		++*nbytes;
		result = decode(MACHINE_ARCH, bytes, *nbytes, regs, access);
	}
	return result;
}

static void carry_out(struct region_register *reg, const struct decode_access *access,
		      struct decode_regs *regs)
{
	uint64_t value[DECODE_PARTS_MAX] = {0};
	uint64_t offset = reg->offset;
	unsigned int i;

	for (i = 0; i < access->parts; i++, offset += access->nbytes) {
		if (access->store)
			mmio_store(reg->region, offset, access->nbytes, access->value[i]);
		else
			value[i] = mmio_load(reg->region, offset, access->nbytes);
	}
	decode_finish(MACHINE_ARCH, access, value, regs);
}

/* Jumped into the registers: there is no instruction to be read. */
static bool runs_in_region(uint64_t pc)
{
	struct region_register reg;

	if (!region_enter(pc, &reg))
		return false;
	region_leave(&reg);
	return true;
}

static bool emulate(struct region_register *reg, uint64_t address, ucontext_t *context)
{
	uint8_t bytes[DECODE_LENGTH_MAX];
	struct decode_access access;
	struct decode_regs regs;
	size_t nbytes;

	machine_get_regs(context, &regs);
	if (runs_in_region(regs.pc))
		return false;
	if (fetch_and_decode(&regs, bytes, &nbytes, &access) != DECODE_OK ||
	    machine_data_address(access.address) != address ||
	    (uint64_t)access.nbytes * access.parts > reg->room) {
		complain(&regs, bytes, nbytes, address);
		return false;
	}
	if (!(reg->prot & (access.store ? PROT_WRITE : PROT_READ)))
		return false;
	carry_out(reg, &access, &regs);
	machine_set_regs(context, &regs, &access);
	return true;
}

bool trap_handle(int sig, siginfo_t *info, void *context)
{
	uint64_t address = machine_fault_address(info);
	struct region_register reg;
	bool done;

	(void)sig;
	/* Sent by a process, not raised by an access. */
	if (info->si_code <= 0 || !region_enter(address, &reg))
		return false;
	done = emulate(&reg, address, context);
	region_leave(&reg);
	return done;
}
