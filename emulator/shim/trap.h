/* SPDX-License-Identifier: Apache-2.0 */
/* A fault that may be an access to a device's register. */
#ifndef EMULATOR_TRAP_H
#define EMULATOR_TRAP_H

#include <signal.h>
#include <stdbool.h>

/* True: it was one, it was carried out, and the thread may go on behind it. */
bool trap_handle(int sig, siginfo_t *info, void *context);

#endif
