/* SPDX-License-Identifier: Apache-2.0 */
/* The directory the daemon lives in. */
#ifndef EMULATOR_RUNDIR_H
#define EMULATOR_RUNDIR_H

/* Open or make it, take it over from a dead daemon, lock it; 0, or -1 after a message. */
int rundir_open(const char *path);
/* Remove everything the daemon made; the directory too if it made that. */
void rundir_close(void);
int rundir_fd(void);

#endif
