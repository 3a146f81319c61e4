/* SPDX-License-Identifier: Apache-2.0 */
/* The interrupted thread's registers, between the kernel's form and the decoder's. */
#ifndef EMULATOR_MACHINE_H
#define EMULATOR_MACHINE_H

#include <signal.h>
#include <ucontext.h>

#include "decode.h"

#if defined(__x86_64__)
#define MACHINE_ARCH DECODE_X86_64
#elif defined(__aarch64__)
#define MACHINE_ARCH DECODE_AARCH64
#else
#error "no decoder for this architecture"
#endif

void machine_get_regs(ucontext_t *context, struct decode_regs *regs);
/* Registers as decode_finish() left them. */
void machine_set_regs(ucontext_t *context, const struct decode_regs *regs,
		      const struct decode_access *access);
/* The address of a fault without what is no part of it. */
uint64_t machine_fault_address(const siginfo_t *info);
/* The address an instruction computed, likewise. */
uint64_t machine_data_address(uint64_t address);

#endif
