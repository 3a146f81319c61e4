/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of the daemon this process belongs to, and its control socket. */
#ifndef EMULATOR_EMUDIR_H
#define EMULATOR_EMUDIR_H

#include <stdbool.h>
#include <stddef.h>

/* Canonical and without a slash at its end; NULL: this process is not emulated. */
const char *emudir(void);
size_t emudir_length(void);
/* Connect to a socket of the daemon; a descriptor or -errno. @local may be NULL. */
int emudir_connect(int type, const char *name, const void *local, unsigned int local_nbytes);
/* Is @path at or below the emulated tree's real place? Then what programs call it, else NULL. */
const char *emudir_virtual(const char *path);
/* A write of @text to the isolate_strategy of @device: 0 or a positive errno. */
int emudir_write_strategy(const char *device, const char *text, size_t nbytes);
/* Returns when the daemon has dealt with what happened before. */
void emudir_settle(void);

#endif
